"""Says what each call needs to be allowed: action, resource and condition keys (Service Authorization Reference)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.acm.models import acm_backends
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends
from moto.efs.models import efs_backends
from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.wafv2.models import wafv2_backends

from ecsctl.sandbox.core import app_call_resources, keys, tagging_calls
from ecsctl.sandbox.core.call_resources import LINKED, RESOURCES
from ecsctl.sandbox.core.permissions import Asked

PREFIXES = {
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
    "bedrock-runtime": "bedrock",
    "dynamodbstreams": "dynamodb",
    "opensearch": "es",
    "sesv2": "ses",
    "stepfunctions": "states",
}

_ROLE = "AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy \
GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags \
PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy".split()
_EC2_KINDS = {"igw": "internet-gateway", "nat": "natgateway", "rtb": "route-table", "sg": "security-group",
              "sgr": "security-group-rule", "eipalloc": "elastic-ip", "subnet": "subnet", "vpc": "vpc"}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call of one service: the operation as AWS writes it, and its parameters."""

    service: str
    operation: str
    parameters: dict[str, Any]
    account: str
    region: str
    partition: str = "aws"

    @property
    def prefix(self) -> str:
        """The service as IAM's actions spell it."""
        return PREFIXES.get(self.service, self.service)

    def arn(self, resource: str) -> str:
        """An ARN of this service; a resource that is one already stays."""
        if resource.startswith("arn:") or resource == "*":
            return resource
        if self.service == "route53":
            return f"arn:{self.partition}:route53:::{resource}"
        return f"arn:{self.partition}:{self.prefix}:{self.region}:{self.account}:{resource}"


def needed(call: Call) -> list[Asked]:
    """All that must be allowed for the call."""
    if call.service == "iam":
        found = [_iam(call)]
    else:
        found = [Asked(f"{call.prefix}:{call.operation}", one, _context(call, one)) for one in _resources(call)]
    return [*found, *_tagging(call), *_besides(call)]


def _iam(call: Call) -> Asked:
    name = call.parameters.get("RoleName", "")
    action = f"iam:{call.operation}"
    if call.operation not in _ROLE:
        about = (call.parameters.get(key) for key in ("PolicyArn", "PolicySourceArn"))
        return Asked(action, next(filter(None, about), "*"))
    role = next((one for one in iam_backends[call.account][call.partition].get_roles() if one.name == name), None)
    arn = role.arn if role else f"arn:{call.partition}:iam::{call.account}:role{call.parameters.get('Path', '/')}{name}"
    context = _requested(call)
    boundary = call.parameters.get("PermissionsBoundary") or (role.permissions_boundary_arn if role else None)
    if boundary:
        context["iam:PermissionsBoundary"] = (boundary,)
    if policy := call.parameters.get("PolicyArn"):
        context["iam:PolicyARN"] = (policy,)
    return Asked(action, arn, context)


def _resources(call: Call) -> list[str]:
    if (call.service, call.operation) == ("ssm", "StartSession"):
        return [*_entered(call)]
    template = _ABOUT.get(call.service, {}).get(call.operation)
    if template is None:
        return [tagging_calls.about(call.operation, call.parameters) or "*"]
    return [call.arn(one) for part in template.split() for one in _filled(call, part)]


_ABOUT = {
    service: app_call_resources.RESOURCES.get(service, {}) | RESOURCES.get(service, {})
    for service in {*app_call_resources.RESOURCES, *RESOURCES}
}


def _entered(call: Call) -> Iterator[str]:
    """Returns what a session is opened in, and the document, where one is named: AWS's own stand in no account.

    ECS guide, "Limiting access to the Start Session action".
    """
    place = f"arn:{call.partition}:ecs:{call.region}:{call.account}"
    cluster, task, _ = (*call.parameters["Target"].removeprefix("ecs:").rsplit("_", 2), "", "")[:3]
    yield f"{place}:task/{cluster}/{task}"
    if document := call.parameters.get("DocumentName"):
        account = "" if document.startswith("AWS-") else call.account
        yield f"arn:{call.partition}:ssm:{call.region}:{account}:document/{document}"


def _filled(call: Call, template: str) -> list[str]:
    """The template with parameters in it, one for each value of a list; without a value that was left out: `*`."""
    filled = [template]
    for hole in re.findall(r"\{[^}]*\}", template):
        values = _values(call, hole[1:-1])
        filled = [
            value if value.startswith("arn:") and template.endswith(hole) else one.replace(hole, _short(value), 1)
            for one in filled
            for value in values
        ]
    return [_secret(call, one) if call.service == "secretsmanager" else one for one in filled]


def _short(value: str) -> str:
    return value.rpartition("/")[2] if value.startswith("arn:") else value


def _values(call: Call, name: str) -> list[str]:
    path, way, more = re.fullmatch(r"([\w.]+)([:@#/&%!|^]?)(\w*)", name).groups()  # type: ignore[union-attr]  # our own table
    value: Any = call.parameters
    for part in path.split("."):
        value = (value or {}).get(part)
    values = [str(one) for one in (value if isinstance(value, list) else [value]) if one] or ["*"]
    if way == "%":  # a map, by names
        return list(value or ["*"])
    if way == "!":  # a queue's URL
        return [one.rpartition("/")[2] for one in values]
    if way == "|":  # a parameter's name, which may begin with a slash
        return [one.lstrip("/") for one in values]
    if way == ":":  # a build's id: its project, a colon, a number
        return [one.split(":")[0] for one in values]
    if way == "^":  # a key of KMS, by any of its names
        return [key.arn if (key := keys.found(call.account, call.region, one)) else one for one in values]
    if way == "/":
        return [one.removeprefix("/hostedzone/") for one in values]
    if way == "@":  # EC2's ids say by their beginning what they are of
        return [call.arn(f"{_EC2_KINDS.get(one.rpartition('-')[0], '*')}/{one}") for one in values]
    if way == "&":
        return [_of_efs(call, one) for one in values]
    if way == "#":
        return [_associated(call, one, more) for one in values]
    return values


def _of_efs(call: Call, ident: str) -> str:
    """The file system of a mount target; of what is named by its id, what it is."""
    target = efs_backends[call.account][call.region].mount_targets_by_id.get(ident)
    if target is not None:
        return str(target.file_system_id)
    kind = {"fs": "file-system", "fsap": "access-point"}.get(ident.partition("-")[0])
    return call.arn(f"{kind}/{ident}") if kind else ident


def _associated(call: Call, association: str, what: str) -> str:
    """The route table, or the subnet, of an association."""
    for table in ec2_backends[call.account][call.region].route_tables.values():
        if association in table._associations:
            return str(table._associations[association]) if what else str(table.id)
    return "*"


def _secret(call: Call, resource: str) -> str:
    """Secrets Manager asks IAM by the whole ARN where the secret is there, whatever the call named it by."""
    if resource.startswith("arn:"):
        return resource
    held = secretsmanager_backends[call.account][call.region].secrets
    return str(held[resource].arn) if resource in held else f"secret:{resource}-abcdef"


def _context(call: Call, resource: str) -> dict[str, tuple[str, ...]]:
    """The condition keys that go with a resource: tags that are sent for what is new, tags of what is there."""
    new = resource.endswith("/*") or call.operation in ("RequestCertificate", "CreateRole", "CreateTags")
    context = _requested(call) if new or call.service not in ("ec2", "acm") else {}
    for key, value in _tags_of(call, resource).items():
        context[f"aws:ResourceTag/{key}"] = (value,)
    if call.operation == "ChangeResourceRecordSets":
        named = [one["ResourceRecordSet"]["Name"] for one in call.parameters["ChangeBatch"]["Changes"]]
        context["route53:ChangeResourceRecordSetsNormalizedRecordNames"] = tuple(_normalized(name) for name in named)
    # Systems Manager User Guide, "Sample IAM policies for Session Manager": the check of the default document, and
    # whose a session is. The variable stands in a policy for whoever calls.
    if (call.service, call.operation) == ("ssm", "StartSession"):
        context["ssm:SessionDocumentAccessCheck"] = ("true",)
    if (call.service, call.operation) == ("ssm", "TerminateSession"):
        context["ssm:resourceTag/aws:ssmmessages:session-id"] = ("${aws:userid}",)
    if call.service == "kms" and (one := keys.found(call.account, call.region, resource)):
        context["kms:ResourceAliases"] = tuple(one.aliases)
    if call.service == "ecs" and (cluster := call.parameters.get("cluster")):
        context["ecs:cluster"] = (call.arn(f"cluster/{_short(cluster)}"),)
    return context


def _normalized(name: str) -> str:
    r"""A record's name as IAM compares it: lower case, without a dot at the end, `\052` for `*` and so on.

    Route 53 guide, "Using IAM policy conditions for fine-grained access control".
    """
    plain = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), name).lower().rstrip(".")
    return re.sub(r"[^a-z0-9._-]", lambda found: f"\\{ord(found[0]):03o}", plain)


def _requested(call: Call) -> dict[str, tuple[str, ...]]:
    tags = _sent(call)
    context: dict[str, tuple[str, ...]] = {f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}
    return {**context, "aws:TagKeys": tuple(tags)} if tags else context


def _sent(call: Call) -> dict[str, str]:
    """The tags that a call brings along, in all of AWS's spellings."""
    specified = call.parameters.get("TagSpecifications") or []
    given: Any = (
        call.parameters.get("Tags") or call.parameters.get("tags") or (specified[0]["Tags"] if specified else [])
    )
    if isinstance(given, dict):
        return {str(key): str(value) for key, value in given.items()}
    found = [{key.lower(): value for key, value in one.items()} for one in given]
    return {one["key"]: one.get("value", "") for one in found}


def _tags_of(call: Call, resource: str) -> dict[str, str]:
    ident = resource.rpartition("/")[2]
    if call.service == "ec2" and ident != "*":
        return dict(ec2_backends[call.account][call.region].tags.get(ident, {}))
    if call.service == "efs" and ident != "*":
        held = efs_backends[call.account][call.region].tagging_service.get_tag_dict_for_resource(ident)
        return {key: value or "" for key, value in held.items()}
    if call.service == "acm" and resource != "*":
        certificate = acm_backends[call.account][call.region]._certificates.get(resource)
        return {key: value or "" for key, value in certificate.tags.items()} if certificate else {}
    return {}


def _tagging(call: Call) -> Iterator[Asked]:
    if call.service == "ec2" and call.parameters.get("TagSpecifications"):
        for one in call.parameters["TagSpecifications"]:
            context = {**_requested(call), "ec2:CreateAction": (call.operation,)}
            yield Asked("ec2:CreateTags", call.arn(f"{one['ResourceType']}/*"), context)
    elif _sent(call) and (verb := tagging_calls.besides(call.service, call.operation)):
        action = f"{call.prefix}:{verb}"
        context = {**_requested(call), f"{call.prefix}:CreateAction": (call.operation,)}
        for resource in _tagged(call):
            yield Asked(action, resource, context)


def _tagged(call: Call) -> list[str]:
    """Returns what a create tags: the thing itself, not what it is made in."""
    if call.service == "iam":
        return [_iam(call).resource]
    if call.operation == "CreateListener":
        return [call.parameters["LoadBalancerArn"].replace(":loadbalancer/", ":listener/") + "/*"]
    if call.operation == "RequestCertificate":
        return [call.arn("certificate/*")]
    if call.service == "efs":
        return [call.arn("access-point/*" if call.operation == "CreateAccessPoint" else "file-system/*")]
    if call.operation == "RunTask":
        return [call.arn(f"task/{_short(call.parameters.get('cluster') or 'default')}/*")]
    if call.service == "logs":
        return [call.arn(f"log-group:{call.parameters['logGroupName']}")]
    return _resources(call)[:1]


def _besides(call: Call) -> Iterator[Asked]:
    given = call.parameters
    if call.operation in LINKED and call.service in ("ecs", "efs", "events", "elbv2", "application-autoscaling"):
        service, name = LINKED[call.operation]
        if not any(one.name == name for one in iam_backends[call.account][call.partition].get_roles()):
            role = f"arn:{call.partition}:iam::{call.account}:role/aws-service-role/{service}/{name}"
            yield Asked("iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": (service,)})
    # EFS makes the interfaces of mount targets with the caller's rights (EFS API reference, each one's permissions).
    if call.service == "efs" and (action := _INTERFACES.get(call.operation)):
        place = f"arn:{call.partition}:ec2:{call.region}:{call.account}"
        yield Asked(f"ec2:{action}", f"{place}:network-interface/*")
        if action == "CreateNetworkInterface":
            yield Asked(f"ec2:{action}", f"{place}:subnet/{given['SubnetId']}")
            for group in given.get("SecurityGroups") or ():
                yield Asked(f"ec2:{action}", f"{place}:security-group/{group}")
            for read in ("DescribeNetworkInterfaces", "DescribeSubnets"):
                yield Asked(f"ec2:{read}", "*")
    # EventBridge keeps what a connection sends in a secret, with the caller's rights (AWS managed policy reference,
    # AmazonEventBridgeFullAccess).
    if call.service == "events" and (actions := _KEEPS.get(call.operation)):
        secret = f"arn:{call.partition}:secretsmanager:{call.region}:{call.account}:secret:events!connection"
        yield from (Asked(f"secretsmanager:{one}", f"{secret}/{given['Name']}/auth") for one in actions.split())
    for key, actions in keys.used(call.service, call.operation, call.parameters, call.account, call.region):
        via = {"kms:ViaService": (f"{call.prefix}.{call.region}.amazonaws.com",)}
        aliases = {"kms:ResourceAliases": tuple(key.aliases)}
        yield from (Asked(f"kms:{one}", key.arn, {**via, **aliases}) for one in actions.split())
    for role, to in _passed(call):
        yield Asked("iam:PassRole", role, {"iam:PassedToService": (f"{to}.amazonaws.com",)})
    # Application Auto Scaling asks with the caller's rights too (its guide, "Permissions validation for API calls on
    # target resources"); a target tracking policy makes and deletes alarms.
    if call.service == "application-autoscaling" and call.operation in _SCALES:
        target = given.get("ResourceId", "*")
        for action in ("ecs:DescribeServices", "ecs:UpdateService"):
            yield Asked(action, f"arn:{call.partition}:ecs:{call.region}:{call.account}:{target}")
        alarm = (
            f"arn:{call.partition}:cloudwatch:{call.region}:{call.account}:alarm:TargetTracking-{target}-AlarmHigh-1"
        )
        makes_alarms = (call.operation, given.get("PolicyType")) != ("PutScalingPolicy", "StepScaling")
        for action in _SCALES[call.operation].split() if makes_alarms else ():
            yield Asked(f"cloudwatch:{action}", alarm)
    # Service Authorization Reference, "Amazon EventBridge Scheduler": a group's schedules are deleted with it.
    if (call.service, call.operation) == ("scheduler", "DeleteScheduleGroup"):
        yield Asked("scheduler:DeleteSchedule", call.arn(f"schedule/{given['Name']}/*"))
    # WAF guide, "How AWS WAF works with IAM".
    if call.service == "wafv2" and call.operation in ("AssociateWebACL", "DisassociateWebACL"):
        yield Asked("elasticloadbalancing:SetWebAcl", given["ResourceArn"])
    if (call.service, call.operation) == ("wafv2", "GetWebACLForResource"):
        acl = wafv2_backends[call.account][call.region].get_web_acl_for_resource(given["ResourceArn"])
        if acl is not None:
            yield Asked("wafv2:GetWebACL", acl.arn)
    for connection, to, repository in _handed(call):
        prefix = connection.split(":")[2]
        yield Asked(f"{prefix}:PassConnection", connection, {f"{prefix}:PassedToService": (f"{to}.amazonaws.com",)})
        yield Asked(f"{prefix}:UseConnection", connection, {f"{prefix}:FullRepositoryId": (repository,)})


_KEEPS = {"CreateConnection": "CreateSecret GetSecretValue PutSecretValue", "DeleteConnection": "DeleteSecret"}
_INTERFACES = {
    "CreateMountTarget": "CreateNetworkInterface",
    "DeleteMountTarget": "DeleteNetworkInterface",
    "ModifyMountTargetSecurityGroups": "ModifyNetworkInterfaceAttribute",
}
_SCALES = {
    "RegisterScalableTarget": "DescribeAlarms",
    "PutScalingPolicy": "DescribeAlarms PutMetricAlarm",
    "DeleteScalingPolicy": "DeleteAlarms",
    "DeregisterScalableTarget": "DeleteAlarms",
}


def _passed(call: Call) -> Iterator[tuple[str, str]]:
    """Roles that the call hands to a service."""
    given = call.parameters
    if (call.service, call.operation) == ("ecs", "RegisterTaskDefinition"):
        yield from ((given[key], "ecs-tasks") for key in ("executionRoleArn", "taskRoleArn") if given.get(key))
    if (call.service, call.operation) == ("ecs", "RunTask"):
        yield from ((role, "ecs-tasks") for role in _roles_of(call))
    if call.service == "ecs" and call.operation in ("CreateService", "UpdateService"):
        between = [one.get("advancedConfiguration") or {} for one in given.get("loadBalancers") or ()]
        yield from ((one["roleArn"], "ecs") for one in between if one.get("roleArn"))
    if call.service == "codebuild" and given.get("serviceRole"):
        yield given["serviceRole"], "codebuild"
    if call.service == "codepipeline" and isinstance(given.get("pipeline"), dict):
        yield given["pipeline"]["roleArn"], "codepipeline"
    if call.service == "scheduler" and call.operation in ("CreateSchedule", "UpdateSchedule"):
        yield given["Target"]["RoleArn"], "scheduler"
    if (call.service, call.operation) == ("events", "PutTargets"):
        yield from ((one["RoleArn"], "events") for one in given["Targets"] if one.get("RoleArn"))


def _roles_of(call: Call) -> Iterator[str]:
    """The roles of the task definition that is run (IAM User Guide, "Grant a user permissions to pass a role")."""
    known: Any = ecs_backends[call.account][call.region].task_definitions
    family, _, number = _short(call.parameters["taskDefinition"]).partition(":")
    held = known.get(family, {})
    found = held.get(int(number) if number.isdecimal() else max(held, default=0))
    document: dict[str, Any] = found.document if found is not None else {}
    yield from (document[key] for key in ("executionRoleArn", "taskRoleArn") if document.get(key))


def _handed(call: Call) -> Iterator[tuple[str, str, str]]:
    """Connections that the call hands to a service, which, and for which repository.

    Developer Tools guide, "Permissions for AWS CodeConnections". That the caller must be able to use them, too, is an
    assumption.
    """
    given = call.parameters
    if call.service == "codepipeline" and isinstance(given.get("pipeline"), dict):
        for stage in given["pipeline"]["stages"]:
            for action in stage["actions"]:
                settings = action.get("configuration", {})
                if arn := settings.get("ConnectionArn"):
                    yield arn, "codepipeline", settings["FullRepositoryId"]
    auth = (given.get("source") or {}).get("auth") or {} if call.service == "codebuild" else {}
    if auth.get("type") == "CODECONNECTIONS":
        repository = given["source"].get("location", "").removeprefix("https://github.com/").removesuffix(".git")
        yield auth["resource"], "codebuild", repository
