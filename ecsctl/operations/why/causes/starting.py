"""Why a task does not come to start: its image, its secrets, its log, its roles, its way out, the account's quotas.

The words are those of the ECS guide, "Amazon ECS stopped tasks error messages", "CannotPullContainer task errors",
"ResourceInitializationError errors" and "Viewing Amazon ECS service event messages".
"""

from __future__ import annotations

import re

from ecsctl.operations.why.causes.cause import Cause, Certainty, Judge
from ecsctl.operations.why.evidence import Evidence, Facts, Told

NO_ANSWER = (
    r"i/o timeout|context deadline exceeded|no such host|connection refused|There is a connection issue|Client\.Timeout"
)

NEEDED = ("ecr.api", "ecr.dkr", "s3", "logs")
"""The endpoints that a Fargate task without a way to the internet needs (ECR guide, "interface VPC endpoints")."""


def image_missing(facts: Facts) -> Cause | None:
    """ECS could not find the image, or it is in no repository now."""
    image = str(facts.container.get("image", ""))
    found = facts.reason(r"CannotPull.*?(?:ref (\S+): )?.*(?::? not found|manifest unknown|no longer exists)")
    gone = facts.images.get(image) is False
    wished = (facts.service or {}).get("desiredCount", 0)
    if found is None and not (gone and wished and not facts.healthy):
        return None
    seen = [found[1]] if found else []
    if gone:
        seen.append(Evidence("ECR", f"there is no image {image}"))
    mend = ("ecsctl deploy --image URI   (one that exists)", *facts.rollback, "or push it: docker push " + image)
    return Cause("image-missing", f"the image {image} does not exist", tuple(seen), mend)


def architecture(facts: Facts) -> Cause | None:
    """The image is for another processor than the task definition asks for."""
    wanted = (facts.definition.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
    platform = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}.get(wanted, wanted)
    found = facts.reason(r"does not contain descriptor matching platform|exec format error")
    lines = [one for one in facts.tail(20) if "exec format error" in one.text]
    offered = facts.processors.get(str(facts.container.get("image", "")), [])
    if not found and not (lines and facts.failed):
        return None
    seen = [found[1]] if found else lines[-1:]
    if offered:
        seen.append(Evidence("ECR", f"the image is for {', '.join(offered)}"))
    told = f"the image is built for another processor: the tasks run on {wanted} ({platform})"
    mend = (f"docker build --platform {platform} …, push it, then: ecsctl deploy",
            "or set service.architecture in ecsctl.toml, then: ecsctl up")  # fmt: skip
    return Cause("architecture", told, tuple(seen), mend)


def pull_limit(facts: Facts) -> Cause | None:
    """Docker Hub lets anonymous callers pull only so often."""
    found = facts.reason(r"CannotPull.*(toomanyrequests|pull rate limit|429 Too Many)")
    if not found:
        return None
    mend = ("use the same image from public.ecr.aws/docker/library/…, or copy it to the app's own repository",
            "then: ecsctl deploy")  # fmt: skip
    return Cause("pull-limit", "the image's registry lets nobody pull so often without a login", (found[1],), mend)


def pull_denied(facts: Facts) -> Cause | None:
    """The registry refuses; some registries answer the same for an image that does not exist."""
    found = facts.reason(r"CannotPull.*(pull access denied|may require)")
    if found:
        told = "either the image does not exist or its registry asks for a login: look at its name, letter by letter"
        return Cause("pull-refused", told, (found[1],), ("correct the image's name, then: ecsctl deploy --image URI",),
                     Certainty.LIKELY, either=("image-missing", "pull-denied"))  # fmt: skip
    found = facts.reason(r"(?=.*(?:CannotPull|registry auth))(?=.*(?:403 Forbidden|no basic auth|ecr:\w+|AccessDenied))"
                         r"(?!.*(?:secretsmanager|ssm|logs):).*")  # fmt: skip
    if not found:
        return None
    role = facts.definition.get("executionRoleArn", "the execution role")
    told = f"{_short(role)} may not pull the image"
    return Cause("pull-denied", told, (found[1],), ("ecsctl up   (gives the execution role its permissions again)",))


def secret_missing(facts: Facts) -> Cause | None:
    """A secret that the task definition names is not there, or is being deleted."""
    lost = {arn: state for arn, state in facts.secrets.items() if state != "there"}
    found = facts.reason(r"unable to (?:pull|retrieve) secrets?.*(can't find the specified secret|marked for deletion"
                         r"|marked deleted|invalid parameters: |ParameterNotFound)")  # fmt: skip
    if not found and not (lost and not facts.healthy):
        return None
    name = next(iter(lost), "") or _arn(found[1].text if found else "")
    if not name and found and (parameter := re.search(r"invalid parameters: (\S+)", found[1].text)):
        name = parameter[1]
    state = lost.get(name, "missing")
    seen = [found[1]] if found else []
    seen += [Evidence("Secrets Manager", f"{arn}: {how}") for arn, how in lost.items()]
    told = f"the secret {_secret(name)} is {state}"
    mend = (f"aws secretsmanager restore-secret --secret-id {name}" if state == "being deleted"
            else "create it, or correct its ARN in [service.secrets] of ecsctl.toml", "ecsctl up")  # fmt: skip
    return Cause("secret-missing", told, tuple(seen), mend)


def secret_key_missing(facts: Facts) -> Cause | None:
    """The secret is there and holds no such key, or is no JSON."""
    found = facts.reason(r"did not contain json key (\S+)|invalid character .* looking for beginning of value")
    if not found:
        return None
    key = f"has no key {found[0][1]}" if found[0][1] else "is not JSON, and a key of it is asked for"
    mend = ("aws secretsmanager put-secret-value …, or correct the key in [service.secrets] of ecsctl.toml, then: "
            "ecsctl up",)  # fmt: skip
    return Cause("secret-key-missing", f"the secret {_secret(_arn(found[1].text))} {key}".replace("  ", " "),
                 (found[1],), mend)  # fmt: skip


def secret_denied(facts: Facts) -> Cause | None:
    """The execution role may not read a secret, or not use the key that it is encrypted with."""
    kms = facts.reason(r"Access to KMS is not allowed|kms:Decrypt")
    found = kms or facts.reason(r"(?=.*AccessDenied)(?=.*(?:secretsmanager:GetSecretValue|ssm:GetParameters"
        r"|secret from asm"
                                r"|secrets from ssm)).*")  # fmt: skip
    if not found:
        return None
    role, what = (
        _short(facts.definition.get("executionRoleArn", "")) or "the execution role",
        _secret(_arn(found[1].text)),
    )
    told = f"{role} may not {'use the key of' if kms else 'read'} the secret {what}".rstrip()
    mend = ("allow the role kms:Decrypt on the secret's key",) if kms else (
        "name the secret by its whole ARN in [service.secrets] of ecsctl.toml, then: ecsctl up",)  # fmt: skip
    return Cause("secret-denied", told, (found[1],), mend)


def log_denied(facts: Facts) -> Cause | None:
    """The execution role may not write the app's log."""
    found = facts.reason(r"(?=.*(?:logger args|logging driver|log stream)).*not authorized to perform: (logs:\w+)")
    if not found:
        return None
    told = f"{_short(facts.definition.get('executionRoleArn', 'the execution role'))} may not write the app's log"
    mend = ("ecsctl up   (gives the execution role its permissions again)",)
    return Cause("log-denied", told, (found[1],), mend)


def disk_full(facts: Facts) -> Cause | None:
    """The image, unpacked, does not fit beside what the app writes (ECS guide, "Fargate task ephemeral storage")."""
    found = facts.reason(r"no space left on device")
    if not found:
        return None
    told = "the image does not fit on the task's disk of 20 GiB"
    return Cause("task-disk-full", told, (found[1],), ("make the image smaller, then: ecsctl deploy",))


def log_group_missing(facts: Facts) -> Cause | None:
    """The log driver makes no group by itself."""
    gone = [name for name, there in facts.log_groups.items() if not there]
    found = facts.reason(r"(?=.*(?:log stream|logger args|logging driver)).*log group does not exist")
    if not found and not (gone and not facts.healthy):
        return None
    seen = [found[1]] if found else []
    seen += [Evidence("CloudWatch Logs", f"there is no log group {name}") for name in gone]
    name = gone[0] if gone else (facts.container.get("logConfiguration") or {}).get("options", {}).get("awslogs-group")
    return Cause("log-group-missing", f"the log group {name} does not exist", tuple(seen), ("ecsctl up",))


def role_not_assumable(facts: Facts) -> Cause | None:
    """ECS may not take one of the task's roles: it is gone, or does not trust ecs-tasks.amazonaws.com."""
    found = facts.reason(r"ECS was unable to assume the role '([^']+)'")
    bad: dict[str, str] = {}
    for arn, role in facts.roles.items():
        if not role:
            bad[arn] = "does not exist"
        elif "ecs-tasks.amazonaws.com" not in str(role.get("AssumeRolePolicyDocument", "ecs-tasks.amazonaws.com")):
            bad[arn] = "does not trust ecs-tasks.amazonaws.com"
    if not found and not (bad and not facts.healthy):
        return None
    seen = [found[1]] if found else []
    seen += [Evidence("IAM", f"{arn} {how}") for arn, how in bad.items()]
    arn = found[0][1] if found else next(iter(bad))
    told = f"ECS cannot assume the role {_short(arn)}" + (f": it {bad[arn]}" if arn in bad else "")
    return Cause("role-not-assumable", told, tuple(seen), ("ecsctl up   (makes the role and its trust right again)",))


def no_way_out(facts: Facts) -> Cause | None:
    """The task reaches neither the registry nor the secrets, and its routes tell whether that is why."""
    found = facts.reason(rf"(?=.*(?:CannotPull|ResourceInitialization)).*(?:{NO_ANSWER})")
    if not found:
        return None
    shut = [one for one in (dead_end(subnet, table, facts) for subnet, table in facts.subnet_routes.items()) if one]
    if shut:
        told = f"the tasks have no way out: {shut[0].text}"
        return Cause("no-way-out", told, (found[1], *shut), ("ecsctl up   (makes the routes right again)",))
    closed = [one for one in facts.groups if not one.get("IpPermissionsEgress", ["unknown"])]
    if closed:
        seen = Evidence("security group", f"{closed[0]['GroupId']} lets nothing out")
        return Cause("egress-closed", f"the tasks' security group {closed[0]['GroupId']} lets nothing out",
                     (found[1], seen), ("ecsctl up   (makes the group's rules right again)",))  # fmt: skip
    told = ("the task did not reach AWS's services although its route leads out: either a network ACL, the VPC's DNS "
            "settings or a firewall stands in between: look at the network ACL of its subnet first")  # fmt: skip
    if not facts.subnet_routes:
        told = ("the task did not reach AWS's services: either its subnet has no way out, or a security group "
            "or network "
                "ACL stands in between: look at the subnet's route table first")  # fmt: skip
    return Cause("unreachable", told, (found[1],), ("ecsctl plan   (shows what differs in the network)",),
                 Certainty.LIKELY, either=("no-way-out", "egress-closed", "network-acl"))  # fmt: skip


def vcpu_quota(facts: Facts) -> Cause | None:
    """The account may run no more."""
    found = facts.reason(r"reached the limit on the number of (?:vCPUs|tasks)|vCPU limit|concurrent Fargate tasks")
    if not found:
        return None
    mend = ("ask for more in Service Quotas: AWS Fargate, Fargate On-Demand vCPU resource count",
            "or stop other tasks, or set a smaller service.cpu in ecsctl.toml, then: ecsctl up")  # fmt: skip
    return Cause("vcpu-quota", "the account's quota of Fargate vCPUs is used up", (found[1],), mend)


def capacity(facts: Facts) -> Cause | None:
    """AWS itself has no room in a zone: it passes."""
    found = facts.reason(r"Capacity is unavailable at this time|insufficient capacity")
    if not found:
        return None
    return Cause("capacity", "AWS has no Fargate capacity there at this moment; ECS tries again by itself",
                 (found[1],), ("wait, or: ecsctl up",))  # fmt: skip


def dead_end(subnet: str, table: Told, facts: Facts) -> Evidence | None:
    """Why nothing in the subnet reaches the internet nor AWS's services, or None if a way is there."""
    routes = [one for one in table.get("Routes", ()) if one.get("DestinationCidrBlock") == "0.0.0.0/0"]
    kinds = (
        "NatGatewayId",
        "GatewayId",
        "TransitGatewayId",
        "NetworkInterfaceId",
        "InstanceId",
        "EgressOnlyInternetGatewayId",
    )
    network = ((facts.service or {}).get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    public = network.get("assignPublicIp") == "ENABLED"
    name = f"route table {table.get('RouteTableId', '')}".strip()
    for route in routes:
        target = next((str(route[kind]) for kind in kinds if route.get(kind)), "")
        if route.get("State") == "blackhole":
            return Evidence(name, f"the route out of {subnet} leads to {target}, which is gone")
        if target.startswith("igw-") and not public:
            return Evidence(name, f"{subnet} leads to an internet gateway, and the tasks have no public address")
        return None
    held = {one["ServiceName"].split(".", 3)[-1] for one in facts.endpoints}
    lacking = [name for name in NEEDED if name not in held]
    if not lacking:
        return None
    missing = f", and the VPC lacks the endpoints {', '.join(lacking)}" if held else ""
    return Evidence(name, f"{subnet} has no route to the internet{missing}")


def _arn(text: str) -> str:
    found = re.search(r"arn:[\w-]+:(?:secretsmanager|ssm):[^\s,\"]+", text)
    return found[0].rstrip(".:") if found else ""


def _secret(arn: str) -> str:
    return arn.split(":secret:")[-1].split(":")[0]


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1] if arn.startswith("arn:") else arn


JUDGES: tuple[Judge, ...] = (
    vcpu_quota,
    role_not_assumable,
    secret_denied,
    secret_missing,
    secret_key_missing,
    log_group_missing,
    log_denied,
    disk_full,
    no_way_out,
    pull_limit,
    image_missing,
    architecture,
    pull_denied,
    capacity,
)
