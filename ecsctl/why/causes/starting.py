"""Why a task does not start: its log, its roles, the account's quotas. For images see images.py, for secrets
secret_reading.py.

Each rule requires the place of ECS's reason and phrases of it, which ECS may have truncated. They are taken from the
ECS guide, "Amazon ECS stopped tasks error messages", "CannotPullContainer task errors",
"ResourceInitializationError errors" and "Viewing Amazon ECS service event messages".
"""

from __future__ import annotations

import re

from ecsctl.why.causes.cause import Cause, Certainty, Check
from ecsctl.why.causes.fixes import Fix, by_hand, change, up, wait
from ecsctl.why.causes.images import (
    architecture,
    command_missing,
    disk_full,
    image_format,
    image_missing,
    image_name,
    image_user,
    pull_denied,
    pull_limit,
)
from ecsctl.why.causes.network import BEGINS, is_ours
from ecsctl.why.causes.secret_reading import secret_denied, secret_misnamed, secret_state, secret_unread
from ecsctl.why.causes.wording import certainty_of, right_again, short, tries
from ecsctl.why.evidence import Evidence, Facts, Place
from ecsctl.why.words import contains


def log_denied(facts: Facts) -> Cause | None:
    """The execution role may not write the app's log."""
    found = facts.reason((Place.LOG,), "not authorized to perform: logs:", "AccessDeniedException: User:")
    if not found:
        return None
    sentence = f"{short(facts.definition.get('executionRoleArn', 'the execution role'))} may not write the app's log"
    return Cause("log-denied", sentence, (found,), right_again(found, facts), certainty_of(found))


def log_group_missing(facts: Facts) -> Cause | None:
    """The log group does not exist, and the log driver does not create it."""
    gone = [name for name, exists in facts.log_groups.items() if not exists]
    found = facts.reason((Place.LOG,), "log group does not exist")
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
        Certainty.CERTAIN if gone else certainty_of(found),
    )


def env_file_unread(facts: Facts) -> Cause | None:
    """An environment file is missing or not readable: without the right to list, S3 answers the same."""
    found = facts.reason((Place.FILE,), "AccessDenied", "Forbidden", "NoSuchKey", "NoSuchBucket", "NotFound")
    if not found:
        return None
    role = short(facts.definition.get("executionRoleArn", "")) or "the execution role"
    sentence = f"an environment file in S3 does not exist, or {role} may not read it"
    allow = by_hand(f"put the file where environmentFiles in [raw] expects it, and allow {role} s3:GetObject on it "
                    f"and s3:GetBucketLocation on its bucket{tries(facts)}")  # fmt: skip
    return Cause("env-file-unread", sentence, (found,), (allow,), certainty_of(found))


def role_not_assumable(facts: Facts) -> Cause | None:
    """ECS cannot assume a role of the task: it does not exist, or does not trust ecs-tasks.amazonaws.com."""
    found = facts.reason((Place.PLACE,), "unable to assume the role")
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
    sentence = f"ECS cannot assume the role {short(arn)}" + (f": it {bad[arn]}" if arn in bad else "")
    return Cause("role-not-assumable", sentence, tuple(observed), (up("makes the role and its trust right"),),
                 Certainty.CERTAIN if bad else certainty_of(found))  # fmt: skip


def vcpu_quota(facts: Facts) -> Cause | None:
    """The account's quota of vCPUs is used up."""
    found = facts.reason((Place.PLACE, Place.OTHER), "reached the limit on the number of vCPUs",
        "reached the limit on the number of tasks", "reached the limit on the number of spot tasks",
        "configuration is above your limit",
                       "limit on the number of vCPUs you can run", "concurrent Fargate tasks")  # fmt: skip
    if not found:
        return None
    kind = "Spot" if "spot" in found.text.casefold() else "On-Demand"
    quota = f"AWS Fargate, Fargate {kind} vCPU resource count"
    fix = (by_hand(f"ask for more in Service Quotas: {quota}{tries(facts)}"),
            change("service.cpu", "to less"))  # fmt: skip
    return Cause("vcpu-quota", "the account's quota of Fargate vCPUs is used up", (found,), fix, certainty_of(found))


def account_blocked(facts: Facts) -> Cause | None:
    """AWS has blocked the account, since it is new or a bill is unpaid.

    See coiled/feedback#225, and for EKS on Fargate clowdhaus/eks-reference-architecture#12.
    """
    found = facts.reason((Place.PLACE, Place.OTHER), "account is currently blocked", "account is blocked",
                         "account has been blocked", "aws-verification@amazon.com")  # fmt: skip
    if not found:
        return None
    fix = by_hand(f"check the account's billing page and mails, and ask AWS support to unblock it{tries(facts)}")
    return Cause("account-blocked", "AWS has blocked the account: no task can start in it", (found,), (fix,),
                 certainty_of(found))  # fmt: skip


def subnet_full(facts: Facts) -> Cause | None:
    """The subnet has no free address for a task's network interface."""
    found = facts.reason((Place.PLACE, Place.OTHER), "InsufficientFreeAddressesInSubnet",
        "not have enough free addresses",
                       "insufficient free addresses", "has insufficient free IP addresses")  # fmt: skip
    if not found:
        return None
    fix: tuple[Fix, ...] = (by_hand(f"free addresses in the subnet{tries(facts)}"),)
    if facts.subnet_routes and not any(is_ours(table, facts) for table in facts.subnet_routes.values()):
        fix += (change(f"vpc.{_subnets(facts)}", "to larger ones"),)
    return Cause("subnet-full", "a subnet of the tasks has no free address left", (found,), fix, certainty_of(found))


def capacity(facts: Facts) -> Cause | None:
    """AWS has no capacity in a zone, which passes."""
    found = facts.reason((Place.PLACE, Place.OTHER), "Capacity is unavailable at this time", "insufficient capacity")
    if not found:
        return None
    fix: tuple[Fix, ...] = (wait(f"wait some minutes{tries(facts)}"),)
    sentence = "AWS has no Fargate capacity there right now"
    providers = {one["capacityProvider"] for one in (facts.service or {}).get("capacityProviderStrategy") or ()}
    if "FARGATE_SPOT" in providers:  # none takes the other's place (aws/containers-roadmap#852)
        fix += (change("service.spot.base", "to as many as must always run"),)
        sentence = "AWS has no Fargate Spot capacity there right now"
        if len(providers) > 1:
            sentence = "AWS has no Fargate capacity there right now: more likely Spot than On-Demand"
    return Cause("capacity", sentence, (found,), fix, certainty_of(found))


def network_interface(facts: Facts) -> Cause | None:
    """AWS was slow to create the network interface, which passes."""
    found = facts.reason(
        (Place.OTHER,), "Timeout waiting for network interface provisioning", "failed to configure ENI"
    )
    if not found:
        return None
    sentence = "AWS did not give the task its network interface in time"
    return Cause(
        "network-interface", sentence, (found,), (wait(f"wait some minutes{tries(facts)}"),), certainty_of(found)
    )


def agent_timeout(facts: Facts) -> Cause | None:
    """The agent got no answer from the container runtime, usually because disk or CPU were busy.

    It then stops the task, whatever the app does (aws/amazon-ecs-agent#336, aws/containers-roadmap#833).
    """
    found = facts.reason((Place.AGENT,))
    if not found:
        return None
    fix = (wait(f"wait some minutes{tries(facts)}"), change("service.cpu", "to more, where it comes back"))
    if contains(found.text, *BEGINS):
        sentence = (
            "AWS's agent could not start a container of the task in time: either the machine was too busy to answer "
            "it, or the task does not reach its registry or its log: check the subnet's route table"
        )
        either = ("agent-timeout", "unreachable")
        return Cause("agent-timeout", sentence, (found,), fix, Certainty.POSSIBLE, either=either)
    sentence = "AWS's agent could not manage a container of the task in time: the machine was too busy to answer it"
    if not contains(found.text, "timed out", "timeout"):
        sentence = f"AWS's agent could not manage a container of the task: {found.text}"
    return Cause("agent-timeout", sentence, (found,), fix, Certainty.LIKELY)


def maintenance(facts: Facts) -> Cause | None:
    """AWS replaces the host of a task, as planned; ECS starts another task."""
    found = facts.reason((Place.OTHER,), "ECS is performing maintenance on the underlying infrastructure")
    if not found:
        return None
    sentence = "AWS does maintenance on what a task ran on, and ECS starts another in its place"
    return Cause("maintenance", sentence, (found,), (wait("wait: ECS replaces the task by itself"),), waiting=True)


def spot_interruption(facts: Facts) -> Cause | None:
    """AWS reclaimed Spot capacity (ECS guide, "Amazon ECS clusters for Fargate": Fargate Spot termination notices)."""
    found = facts.reason((Place.OTHER,), "Your Spot Task was interrupted", "SpotInterruption")
    if not found:
        return None
    sentence = "AWS took the Spot capacity of a task back, and ECS starts another in its place where there is some"
    fix = (wait("wait: ECS replaces the task by itself"), change("service.spot.base", "to keep some on Fargate"))
    return Cause("spot-interruption", sentence, (found,), fix, waiting=True)


def _subnets(facts: Facts) -> str:
    """Return the key of the tasks' subnets: the public ones if tasks have public addresses."""
    placed = (facts.service or {}).get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    return "public_subnets" if placed.get("assignPublicIp") == "ENABLED" else "private_subnets"


CHECKS: tuple[Check, ...] = (
    account_blocked,
    vcpu_quota,
    capacity,
    subnet_full,
    role_not_assumable,
    secret_misnamed,
    secret_denied,
    secret_state,
    log_group_missing,
    log_denied,
    env_file_unread,
    disk_full,
    pull_limit,
    image_missing,
    image_name,
    architecture,
    pull_denied,
    image_format,
    image_user,
    command_missing,
    network_interface,
    agent_timeout,
    maintenance,
    spot_interruption,
    secret_unread,
)
