"""What an account can set for everybody in it, and whether our things lean on it: each setting has an answer.

A parameter of ours that is left out may mean something else in another account, and tomorrow something else in this
one: ECS's log driver dropped no lines by default before June 2025. The settings are found in the SDK's own models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.requests.in_use import uses
from tests.requests.recorded import calls, methods, model
from tests.requests.walking import parameters, plain, shapes

SETS = re.compile(r"^(Put|Modify|Update|Set|Enable)")
FOR_ALL = re.compile(
    r"Account|ByDefault|Default(?!PolicyVersion)|BlockPublicAccess|PublicAccessBlock|Registry|Replication|CreationTemplate"
)
SPOKEN_OF = re.compile(
    r"account setting|account[- ]level|registry[- ]level|default for (?:the|your) account", re.IGNORECASE
)
OTHERS = "speaks of things that are none of ours"

ANSWERS = {
    "ecs containerInsights": "sent: service.container_insights",
    "ecs defaultLogDriverMode": "sent: service.log_mode and service.log_buffer_mib",
    "ecs serviceLongArnFormat": "AWS has no short ARNs any more for what is new",
    "ecs taskLongArnFormat": "AWS has no short ARNs any more for what is new",
    "ecs containerInstanceLongArnFormat": OTHERS,
    "ecs awsvpcTrunking": OTHERS,
    "ecs fargateFIPSMode": "a matter of the whole account's law; no task can ask for it or against it",
    "ecs tagResourceAuthorization": "our policies allow ecs:TagResource, on or off",
    "ecs fargateTaskRetirementWaitPeriod": "no parameter of ours: the account decides when its tasks are renewed",
    "ecs fargateEventWindows": "no parameter of ours: the account decides when its tasks are renewed",
    "ecs guardDutyActivate": "read-only; what its sidecar needs is named by what stands in the way of down",
    "ecr PutAccountSetting": "the version of basic scans and the scope of the registry's policy: no parameter of ours",
    "ecr PutRegistryScanningConfiguration": "enhanced scanning is the account's choice, and covers scan_on_push",
    "ecr PutRegistryPolicy": "may forbid more, never allow less; a refusal is reported as one",
    "ecr PutReplicationConfiguration": "copies elsewhere; nothing here changes",
    "ecr UpdateRepositoryCreationTemplate": "for repositories that a push makes; ours is made by a call of its own",
    "logs DATA_PROTECTION_POLICY": "the account's own choice; masks what it names in our groups too, as it is meant to",
    "logs SUBSCRIPTION_FILTER_POLICY": "copies lines elsewhere; nothing here changes",
    "logs FIELD_INDEX_POLICY": "makes queries faster; nothing here changes",
    "logs TRANSFORMER_POLICY": "changes a copy of each line; logs reads the line itself",
    "logs METRIC_EXTRACTION_POLICY": "makes metrics of lines; nothing here changes",
    "logs RETENTION_POLICY": "sent: logs.retention_days, by a call of its own for each group",
    "s3 PutPublicAccessBlock": "sent for our bucket, whatever the account says",
    "s3 PutBucketReplication": "of one bucket; its owner's addition is left alone",
    "acm PutAccountConfiguration": "how early an expiry is announced; nothing here changes",
    "ec2 EnableEbsEncryptionByDefault": OTHERS,
    "ec2 ModifyEbsDefaultKmsKeyId": OTHERS,
    "ec2 EnableImageBlockPublicAccess": OTHERS,
    "ec2 EnableSnapshotBlockPublicAccess": OTHERS,
    "ec2 ModifyDefaultCreditSpecification": OTHERS,
    "ec2 ModifyInstanceMetadataDefaults": OTHERS,
    "ec2 EnableIpamInternetRegistryAssociation": OTHERS,
    "ec2 EnableIpamOrganizationAdminAccount": OTHERS,
    "ec2 ModifyVpcBlockPublicAccessOptions": "stops all traffic of the world; no network can ask against it",
    "ec2 ModifyVpcBlockPublicAccessExclusion": "the account's exception to the above",
    "ec2 ModifyAccountVpcEncryptionControl": "watches or enforces encryption in networks; no parameter of ours",
    "ssm UpdateDocumentDefaultVersion": OTHERS,
    "iam UpdateAccountPasswordPolicy": OTHERS,
    "iam PutAccountProperties": OTHERS,
    "efs PutAccountPreferences": "how long the ids of new ones are: both lengths are taken",
}
SPOKEN = {
    "ecr.create_repository imageScanningConfiguration": "sent, as long as AWS takes it: ecr.scan_on_push",
    "ecs.update_cluster settings[].value": "it changes the configuration alone: settings have UpdateClusterSettings",
    "ecs.create_service serviceConnectConfiguration.logConfiguration.options": "Service Connect is not used",
    "ecs.update_service serviceConnectConfiguration.logConfiguration.options": "Service Connect is not used",
}
"""Parameters that are not sent, or on their way out, whose documentation speaks of such a setting."""


def settings() -> Iterator[str]:
    """Every setting for a whole account of the services in use, as the SDK's models name them."""
    for service in sorted({use.service for use in uses()}):
        for name in methods(service).values():
            if SETS.match(name) and FOR_ALL.search(name):
                shape = model(service).operation_model(name).input_shape
                members = shape.members if shape else {}
                choices = next((members[one].enum for one in ("name", "policyType") if one in members), [])
                yield from (f"{service} {choice}" for choice in choices or [name])


def test_every_setting_of_an_account_has_an_answer() -> None:
    assert set(settings()) == ANSWERS.keys()


def test_every_parameter_that_is_said_to_follow_such_a_setting_is_sent_or_has_an_answer() -> None:
    sent = {
        f"{call.service}.{call.operation} {path}"
        for call in calls()
        for path, _, _ in parameters(call.model.input_shape, call.parameters)
    }
    changes = {use.name: use for use in uses() if not use.model.name.startswith(("List", "Describe", "Get", "Batch"))}
    spoken = {
        f"{name} {path}"
        for name, use in changes.items()
        for path, shape in shapes(use.model.input_shape)
        if SPOKEN_OF.search(plain(shape))
    }
    assert {one for one in spoken - sent if one not in SPOKEN} == set()
    assert SPOKEN.keys() <= spoken


def test_the_log_drivers_mode_is_sent_with_every_task_definition() -> None:
    registered = [call.parameters for call in calls() if call.operation == "register_task_definition"]
    assert registered
    for definition in registered:
        [container] = definition["containerDefinitions"]
        assert container["logConfiguration"]["options"]["mode"] == "non-blocking"
