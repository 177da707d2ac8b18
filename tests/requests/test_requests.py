"""What is sent is what AWS allows: by each service's own model, and by what the model says in words.

A sentence of constraint in the documentation of a parameter in use is answered once: in sentences.txt, with the reason
why it is kept; or here, by a check that every recorded call passes. A sentence that is new, and a parameter that is
newly used, is red until someone has read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsctl.sandbox.core.constraints import violation
from tests.requests.recorded import Made, calls
from tests.requests.walking import digest, parameters, sentences

Sent = dict[str, Any]
Check = Callable[[Sent], bool]


def one_of(*names: str) -> Check:
    return lambda sent: sum(name in sent for name in names) == 1


def not_both(*names: str) -> Check:
    return lambda sent: sum(name in sent for name in names) <= 1


def has(name: str) -> Check:
    return lambda sent: bool(sent.get(name))


def two_subnets(sent: Sent) -> bool:
    return len(set(sent["Subnets"])) >= 2


def one_certificate(sent: Sent) -> bool:
    return len(sent["Certificates"]) == 1


def one_store(sent: Sent) -> bool:
    return one_of("artifactStore", "artifactStores")(sent["pipeline"])


def every_rule_filters(sent: Sent) -> bool:
    return all("Filter" in rule or "Prefix" in rule for rule in sent["LifecycleConfiguration"]["Rules"])


def every_rule_has_ports(sent: Sent) -> bool:
    return all({"FromPort", "ToPort"} <= rule.keys() for rule in sent["IpPermissions"] if rule["IpProtocol"] != "-1")


def every_rule_has_one_source(sent: Sent) -> bool:
    kinds = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
    return all(sum(bool(rule.get(kind)) for kind in kinds) == 1 for rule in sent["IpPermissions"])


def every_group_has_an_event(sent: Sent) -> bool:
    return all(any(one["type"] == "EVENT" for one in group) for group in sent["filterGroups"])


def named_revisions(sent: Sent) -> bool:
    arns = sent.get("taskDefinitions") or [sent["taskDefinition"]]
    return all(arn.rpartition(":")[2].isdecimal() for arn in arns)


CHECKED: dict[str, Check] = {
    "871bbc6b application-autoscaling.describe_scalable_targets ScalableDimension": has("ResourceIds"),
    "b8fd60bd logs.describe_log_groups logGroupNamePrefix": not_both("logGroupNamePrefix", "logGroupNamePattern"),
    "c801e2cb resourcegroupstaggingapi.get_resources ResourceTypeFilters": not_both("TagFilters", "ResourceARNList"),
    "c801e2cb resourcegroupstaggingapi.get_resources TagFilters": not_both("TagFilters", "ResourceARNList"),
    "a872cbe4 s3.put_bucket_lifecycle_configuration LifecycleConfiguration.Rules[].Filter": every_rule_filters,
    "d91145e4 ec2.authorize_security_group_ingress IpPermissions[].IpProtocol": every_rule_has_ports,
    "d9149b3c ec2.authorize_security_group_ingress IpPermissions[].IpRanges[].CidrIp": every_rule_has_one_source,
    "dbfcfd70 elbv2.create_load_balancer Subnets": one_of("Subnets", "SubnetMappings"),
    "3bd0476f elbv2.create_load_balancer Subnets": two_subnets,
    "b338d3ad elbv2.create_listener Certificates": one_certificate,
    "1eccf72d codepipeline.create_pipeline pipeline.artifactStore": one_store,
    "1eccf72d codepipeline.update_pipeline pipeline.artifactStore": one_store,
    "4b346d6d logs.filter_log_events logGroupName": one_of("logGroupName", "logGroupIdentifier"),
    "4b346d6d logs.get_log_events logGroupName": one_of("logGroupName", "logGroupIdentifier"),
    "0dd23c23 logs.filter_log_events logStreamNames": not_both("logStreamNames", "logStreamNamePrefix"),
    "55c0e753 secretsmanager.put_secret_value SecretString": one_of("SecretString", "SecretBinary"),
    "d1c47fc5 ecs.delete_task_definitions taskDefinitions": named_revisions,
    "d1c47fc5 ecs.deregister_task_definition taskDefinition": named_revisions,
    "e48c42b8 codebuild.create_webhook filterGroups": every_group_has_an_event,
    "307a6159 ecs.register_task_definition family": has("family"),
}
"""By a sentence's digest and where it stands: what each call that sends the parameter must pass."""


def answered() -> dict[str, str]:
    """Returns what sentences.txt says: by a sentence's digest and where it stands, why it is kept."""
    found, reason = {}, ""
    for line in (Path(__file__).parent / "sentences.txt").read_text().splitlines():
        if line.startswith("# "):
            reason = line[2:]
        elif line:
            found[line] = reason
    return found


def said() -> Iterator[tuple[str, str, Made]]:
    """Every sentence of constraint that a recorded call is subject to: its key in the tables, itself, the call."""
    for call in calls():
        for path, shape, _ in parameters(call.model.input_shape, call.parameters):
            for sentence in sentences(shape):
                yield f"{digest(sentence)} {call.service}.{call.operation} {path}", sentence, call


def test_every_call_is_within_its_services_model() -> None:
    broken = {
        f"{call.service}.{call.operation} ({call.command}): {why}"
        for call in calls()
        if (why := violation(call.service, call.model.name, call.parameters))
    }
    assert broken == set()


def test_every_sentence_of_constraint_is_answered() -> None:
    known = answered().keys() | CHECKED.keys()
    unknown = {f"{key}: {sentence[:300]}" for key, sentence, _ in said() if key not in known}
    assert unknown == set()


def test_every_call_passes_the_checks() -> None:
    failed = {
        f"{key} ({call.command})" for key, _, call in said() if key in CHECKED and not CHECKED[key](call.parameters)
    }
    assert failed == set()


def test_no_answer_is_left_over_and_each_says_why() -> None:
    heard = {key for key, _, _ in said()}
    assert (answered().keys() | CHECKED.keys()) - heard == set()
    assert all(answered().values())


@pytest.mark.parametrize("command", ["up", "plan", "status", "why", "logs", "history", "deploy", "rollback", "creds",
                                     "pipeline", "down"])  # fmt: skip
def test_every_command_is_recorded(command: str) -> None:
    assert any(call.command.split()[0] == command for call in calls())
