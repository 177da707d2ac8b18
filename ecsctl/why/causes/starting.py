"""Why a task does not come to start: its secrets, its log, its roles, the account's quotas; images.py has its image.

Each rule says about what ECS must give the reason (Place), and in which words, which ECS may have cut short. They are
those of the ECS guide, "Amazon ECS stopped tasks error messages", "CannotPullContainer task errors",
"ResourceInitializationError errors" and "Viewing Amazon ECS service event messages".
"""

from __future__ import annotations

import re

from ecsctl.why.causes.cause import Cause, Certainty, Judge
from ecsctl.why.causes.fixes import Fix, by_hand, change, renewed, run, up, wait
from ecsctl.why.causes.images import (
    architecture,
    command_missing,
    disk_full,
    image_missing,
    image_name,
    image_user,
    pull_denied,
    pull_limit,
)
from ecsctl.why.causes.network import ours
from ecsctl.why.causes.wording import RIGHTS, short, sure, tries
from ecsctl.why.evidence import Evidence, Facts, Place
from ecsctl.why.words import whole


def secret_state(facts: Facts) -> Cause | None:
    """A secret that the task definition names is not there, is being deleted, has no value, or not the key."""
    lost = {arn: state for arn, state in facts.secrets.items() if state != "there"}
    observed = tuple(Evidence("Secrets Manager", f"{arn}: {how}") for arn, how in lost.items())
    if empty := facts.told((Place.SECRET,), "can't find the specified secret value"):
        name = _arn(empty.text)
        if whole(empty.text, "secret value") or (not lost and facts.secrets.get(name) == "there"):
            told = f"the secret {_secret(name)} is there and has no value"
            put = run(f"aws secretsmanager put-secret-value --secret-id {name or 'ARN'} --secret-string VALUE")
            return Cause("secret-empty", told, (empty,), (put,), sure(empty))
    found = facts.told((Place.SECRET,), "can't find the specified secret", "marked for deletion", "marked deleted",
                       "invalid parameters:", "invalid ssm parameters:", "ParameterNotFound")  # fmt: skip
    if found or (lost and not facts.healthy):
        name = next(iter(lost), "") or _arn(found.text if found else "")
        if (
            found
            and not name
            and (parameter := re.search(r"invalid (?:ssm )?parameters: (\S+)", found.text, re.IGNORECASE))
        ):
            name = parameter[1]
        gone = found is not None and whole(found.text, "marked for deletion", "marked deleted")
        state = lost.get(name, "being deleted" if gone else "missing")
        fix: tuple[Fix, ...]
        if state == "being deleted":
            fix = (run(f"aws secretsmanager restore-secret --secret-id {name}"),)
        else:
            fix = (
                change("service.secrets", "to ARNs that exist"),
                renewed(f"create {_secret(name)} with its value", "service.secrets", "to its ARN, which is a new one"),
            )
        certain = Certainty.CERTAIN if lost else sure(found)
        return Cause(
            "secret-missing",
            f"the secret {_secret(name)} is {state}",
            (*((found,) if found else ()), *observed),
            fix,
            certain,
        )
    found = facts.told((Place.SECRET,), "did not contain json key", "looking for beginning of value")
    if not found:
        return None
    key = re.search(r"did not contain json key (\S+)", found.text)
    told = f"the secret {_secret(_arn(found.text))} " + (
        f"has no key {key[1]}" if key else "is not JSON, and a key of it is asked for"
    )
    fix = (run(f"aws secretsmanager put-secret-value --secret-id {_arn(found.text) or 'ARN'} --secret-string JSON"),
            change("service.secrets", "to a key that the secret has"))  # fmt: skip
    return Cause("secret-key-missing", told.replace("  ", " "), (found,), (fix[1], fix[0]), sure(found))


def secret_denied(facts: Facts) -> Cause | None:
    """The execution role may not read a secret, or not use the key that it is encrypted with."""
    found = facts.told((Place.SECRET,), "Access to KMS is not allowed", "kms:Decrypt")
    kms = found is not None
    found = found or facts.told((Place.SECRET,), "AccessDenied", "not authorized to perform")
    if not found:
        return None
    role = short(facts.definition.get("executionRoleArn", "")) or "the execution role"
    told = f"{role} may not {'use the key of' if kms else 'read'} the secret {_secret(_arn(found.text))}".rstrip()
    allow = by_hand(f"allow {role} kms:Decrypt in the policy of the secret's key")
    named = change("service.secrets", "to the secret's whole ARN")
    return Cause("secret-denied", told, (found,), (allow,) if kms else (up(RIGHTS), named), sure(found))


def secret_unread(facts: Facts) -> Cause | None:
    """A secret could not be had, and AWS's sentence ends before it says why."""
    found = facts.told((Place.SECRET,))
    if found is None or not found.text.rstrip().endswith(("...", "…")):
        return None
    told = (f"the task could not read the secret {_secret(_arn(found.text))}, and AWS cut its reason short: either "
            f"it is not there, "
            "or the execution role may not read it, or it is not reached: look first whether it is there")  # fmt: skip
    fix = (
        run("ecsctl plan", "whether role and network are as they shall be"),
        change("service.secrets", "to ARNs that exist"),
    )
    return Cause("secret-unread", told.replace("  ", " "), (found,), fix, Certainty.POSSIBLE,
                 either=("secret-missing", "secret-denied", "unreachable"))  # fmt: skip


def log_denied(facts: Facts) -> Cause | None:
    """The execution role may not write the app's log."""
    found = facts.told((Place.LOG,), "not authorized to perform: logs:", "AccessDeniedException: User:")
    if not found:
        return None
    told = f"{short(facts.definition.get('executionRoleArn', 'the execution role'))} may not write the app's log"
    return Cause("log-denied", told, (found,), (up(RIGHTS),), sure(found))


def log_group_missing(facts: Facts) -> Cause | None:
    """The log driver makes no group by itself."""
    gone = [name for name, there in facts.log_groups.items() if not there]
    found = facts.told((Place.LOG,), "log group does not exist")
    if not found and not (gone and not facts.healthy):
        return None
    observed: list[Evidence] = [found] if found else []
    observed += [Evidence("CloudWatch Logs", f"there is no log group {name}") for name in gone]
    name = gone[0] if gone else (facts.container.get("logConfiguration") or {}).get("options", {}).get("awslogs-group")
    return Cause(
        "log-group-missing",
        f"the log group {name} does not exist",
        tuple(observed),
        (up("makes it"),),
        Certainty.CERTAIN if gone else sure(found),
    )


def role_not_assumable(facts: Facts) -> Cause | None:
    """ECS may not take one of the task's roles: it is gone, or does not trust ecs-tasks.amazonaws.com."""
    found = facts.told((Place.PLACE,), "unable to assume the role")
    bad: dict[str, str] = {}
    for arn, role in facts.roles.items():
        if not role:
            bad[arn] = "does not exist"
        elif "ecs-tasks.amazonaws.com" not in str(role.get("AssumeRolePolicyDocument", "ecs-tasks.amazonaws.com")):
            bad[arn] = "does not trust ecs-tasks.amazonaws.com"
    if not found and not (bad and not facts.healthy):
        return None
    observed: list[Evidence] = [found] if found else []
    observed += [Evidence("IAM", f"{arn} {how}") for arn, how in bad.items()]
    named = re.search(r"assume the role '([^']+)'", found.text) if found else None
    arn = named[1] if named else next(iter(bad), "")
    told = f"ECS cannot assume the role {short(arn)}" + (f": it {bad[arn]}" if arn in bad else "")
    return Cause("role-not-assumable", told, tuple(observed), (up("makes the role and its trust right"),),
                 Certainty.CERTAIN if bad else sure(found))  # fmt: skip


def vcpu_quota(facts: Facts) -> Cause | None:
    """The account may run no more."""
    found = facts.told((Place.PLACE, Place.OTHER), "reached the limit on the number of vCPUs",
        "reached the limit on the number of tasks",
                       "limit on the number of vCPUs you can run", "concurrent Fargate tasks")  # fmt: skip
    if not found:
        return None
    quota = "AWS Fargate, Fargate On-Demand vCPU resource count"
    fix = (by_hand(f"ask for more in Service Quotas: {quota}{tries(facts)}"),
            change("service.cpu", "to less"))  # fmt: skip
    return Cause("vcpu-quota", "the account's quota of Fargate vCPUs is used up", (found,), fix, sure(found))


def subnet_full(facts: Facts) -> Cause | None:
    """No address is left for a task's network interface."""
    found = facts.told((Place.PLACE, Place.OTHER), "InsufficientFreeAddressesInSubnet",
        "not have enough free addresses",
                       "insufficient free addresses", "has insufficient free IP addresses")  # fmt: skip
    if not found:
        return None
    fix: tuple[Fix, ...] = (by_hand(f"free addresses in the subnet{tries(facts)}"),)
    if facts.subnet_routes and not any(ours(table, facts) for table in facts.subnet_routes.values()):
        fix += (change(f"vpc.{_subnets(facts)}", "to larger ones"),)
    return Cause("subnet-full", "a subnet of the tasks has no free address left", (found,), fix, sure(found))


def capacity(facts: Facts) -> Cause | None:
    """AWS itself has no room in a zone: it passes."""
    found = facts.told((Place.PLACE, Place.OTHER), "Capacity is unavailable at this time", "insufficient capacity")
    if not found:
        return None
    fix = (wait(f"wait some minutes{tries(facts)}"),)
    told = "AWS has no Fargate capacity there at this moment"
    return Cause("capacity", told, (found,), fix, sure(found))


def network_interface(facts: Facts) -> Cause | None:
    """AWS's own network was slow: it passes."""
    found = facts.told((Place.OTHER,), "Timeout waiting for network interface provisioning")
    if not found:
        return None
    told = "AWS did not give the task its network interface in time"
    return Cause("network-interface", told, (found,), (wait(f"wait some minutes{tries(facts)}"),), sure(found))


def maintenance(facts: Facts) -> Cause | None:
    """AWS replaces what the task ran on: planned, and another task takes its place."""
    found = facts.told((Place.OTHER,), "ECS is performing maintenance on the underlying infrastructure")
    if not found:
        return None
    told = "AWS does maintenance on what a task ran on, and ECS starts another in its place"
    return Cause("maintenance", told, (found,), (wait("wait: ECS replaces the task by itself"),), calm=True)


def spot_interruption(facts: Facts) -> Cause | None:
    """AWS took Spot capacity back (ECS guide, "Amazon ECS clusters for Fargate": Fargate Spot termination notices)."""
    found = facts.told((Place.OTHER,), "Your Spot Task was interrupted", "SpotInterruption")
    if not found:
        return None
    told = "AWS took the Spot capacity of a task back, and ECS starts another in its place where there is some"
    fix = (wait("wait: ECS replaces the task by itself"), change("service.spot.base", "to keep some on Fargate"))
    return Cause("spot-interruption", told, (found,), fix, calm=True)


def _subnets(facts: Facts) -> str:
    """The key of the subnets that the tasks stand in: with a public address it is the public ones."""
    placed = (facts.service or {}).get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    return "public_subnets" if placed.get("assignPublicIp") == "ENABLED" else "private_subnets"


def _arn(text: str) -> str:
    """The ARN in a text, without the key, stage and version that a task definition may name after a secret's."""
    found = re.search(r"arn:[\w-]+:(?:secretsmanager|ssm):[^\s,\"]+", text)
    return ":".join(found[0].split(":")[:7]).rstrip(".:…") if found else ""


def _secret(arn: str) -> str:
    return arn.rsplit(":secret:", maxsplit=1)[-1].split(":", maxsplit=1)[0]


JUDGES: tuple[Judge, ...] = (
    vcpu_quota,
    capacity,
    subnet_full,
    role_not_assumable,
    secret_denied,
    secret_state,
    log_group_missing,
    log_denied,
    disk_full,
    pull_limit,
    image_missing,
    image_name,
    architecture,
    pull_denied,
    image_user,
    command_missing,
    network_interface,
    maintenance,
    spot_interruption,
    secret_unread,
)
