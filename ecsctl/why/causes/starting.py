"""Why a task does not come to start: its image, its secrets, its log, its roles, the account's quotas.

Each rule says about what ECS must give the reason (Place), and in which words, which ECS may have cut short. They are
those of the ECS guide, "Amazon ECS stopped tasks error messages", "CannotPullContainer task errors",
"ResourceInitializationError errors" and "Viewing Amazon ECS service event messages".
"""

from __future__ import annotations

import re

from ecsctl.resources.support.revisions import architecture_of
from ecsctl.why.causes.cause import Cause, Certainty, Judge
from ecsctl.why.causes.fixes import Fix, back, by_hand, change, renewed, repair, run, up, wait
from ecsctl.why.causes.network import ours
from ecsctl.why.evidence import Evidence, Facts, Place, Reason
from ecsctl.why.words import is_cut, whole

RIGHTS = "makes the permissions of the execution role right"


def image_missing(facts: Facts) -> Cause | None:
    """ECS could not find the image, or it is in no repository now."""
    image = str(facts.container.get("image", ""))
    found = facts.told((Place.PULL,), ": not found", "manifest unknown", "404 Not Found", "no longer exists",
        "does not exist in the registry",
                       "repository with name")  # fmt: skip
    others = {str(one.get("image", "")): str(one["name"]) for one in facts.definition.get("containerDefinitions", ())
              if one.get("name") != facts.container.get("name")}  # fmt: skip
    beside = next((one for one in others if facts.images.get(one) is False), "")
    beside = beside or next((one for one, name in others.items() if found and found.container == name), "")
    image = beside or image
    gone = facts.images.get(image) is False
    configured = (facts.service or {}).get("desiredCount", 0)
    if (found is None or _refused(found)) and not (gone and configured and not facts.healthy):
        return None
    named = re.search(r"\bref (\S+?):? ", found.text) if found else None
    wrong = named[1].strip('"') if named and not gone and "/" in named[1] else image
    observed: list[Evidence] = [found] if found else []
    if gone:
        observed.append(Evidence("ECR", f"there is no image {image}"))
    fix = (run("ecsctl deploy --build", "builds the branch's newest commit") if facts.build or facts.pipeline
            else run("ecsctl deploy --image URI", "one that exists"), *back(facts))  # fmt: skip
    if beside:  # no release changes it
        known = facts.is_sidecar(others[beside])
        fix = (change(f"sidecars.{others[beside]}.image", "to one that exists") if known else
               by_hand(f"push {beside}, or let {others[beside]} have another image"),)  # fmt: skip
    return Cause("image-missing", f"the image {wrong} does not exist", tuple(observed), fix, _sure(found))


def image_name(facts: Facts) -> Cause | None:
    """The task definition names what is no image's name."""
    found = facts.told((Place.OTHER, Place.PULL), "failed to normalize image reference", "invalid reference format")
    if not found:
        return None
    fix = (run("ecsctl deploy --image URI", "with the name of an image"),)
    return Cause(
        "image-name",
        "the image of the task definition has no name that an image can have",
        (found,),
        fix,
        _sure(found),
    )


def architecture(facts: Facts) -> Cause | None:
    """The image is for another processor than the task definition asks for."""
    wanted = architecture_of(facts.definition)
    platform = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}.get(wanted, wanted)
    found = facts.told((Place.PULL, Place.START), "does not contain descriptor matching platform", "exec format error")
    pattern = r"^(?:standard_init_linux\S* )?exec (?:user process caused:? |\S+: ).?exec format error"
    lines = [one for one in facts.tail(20) if re.search(pattern, one.text)]
    offered = facts.processors.get(str(facts.container.get("image", "")), [])
    fits = not offered or platform.rsplit("/", maxsplit=1)[-1] not in offered
    if not found and not (lines and facts.failed and not facts.beside):
        return None
    observed = [found] if found else lines[-1:]
    if offered:
        observed = [*observed, Evidence("ECR", f"the image is for {', '.join(offered)}")]
    told = f"the image is built for another processor: the tasks run on {wanted} ({platform})"
    if not fits:
        told = (
            f"a program in the image is for another processor than {platform}, or is a script without a first line #!"
        )
    other = "ARM64" if wanted == "X86_64" else "X86_64"
    fix = (repair(f"build for {platform}: no other --platform in the Dockerfile and buildspec.yml", facts),
            change("service.architecture", f'= "{other}"', "ecsctl up"))  # fmt: skip
    sure = _sure(found) if found else Certainty.CERTAIN if offered and fits else Certainty.LIKELY
    return Cause("architecture", told, tuple(observed), fix, sure)


def pull_limit(facts: Facts) -> Cause | None:
    """A registry lets anonymous callers pull only so often."""
    found = facts.told((Place.PULL,), "toomanyrequests", "pull rate limit", "429 Too Many")
    cut = facts.told((Place.PULL,), "unexpected status code https://registry-1.docker.io")
    if not found and cut and is_cut(cut.text):
        told = ("Docker Hub refused the image, and AWS cut its reason short: either it limits pulls without a login, "
                "or the image needs one: check its name, and whether it is public")  # fmt: skip
        fix = (repair("copy the image to the app's own repository", facts), wait(f"wait some hours{_tries(facts)}"))
        either = ("pull-limit", "pull-denied")
        return Cause("pull-limit", told, (cut,), fix, Certainty.POSSIBLE, either=either)
    if not found:
        return None
    fix = (repair("take the base or the image from public.ecr.aws/docker/library/…, or copy it to the app's own "
                   "repository", facts),
            wait(f"wait some hours{_tries(facts)}"))  # fmt: skip
    who = "ECR Public" if whole(found.text, "public.ecr.aws") else "the image's registry"
    return Cause("pull-limit", f"{who} limits pulls without a login", (found,), fix, _sure(found))


def pull_denied(facts: Facts) -> Cause | None:
    """The registry refuses; some registries answer the same for an image that does not exist."""
    found = facts.told(
        (Place.PULL,), "pull access denied", "may require", "fetch anonymous token", "insufficient_scope"
    )
    if not found:  # another registry than ECR knows nothing of the execution role
        refused = facts.told((Place.PULL,), "403 Forbidden", "401 Unauthorized", "no basic auth", "unauthorized:")
        found = refused if refused and "://" in refused.text and not whole(refused.text, ".dkr.ecr.") else None
    if found:
        told = "either the image does not exist or its registry asks for a login: check its name, letter by letter"
        fix = (run("ecsctl deploy --image URI", "with the image's right name"),)
        return Cause("pull-refused", told, (found,), fix, Certainty.LIKELY, either=("image-missing", "pull-denied"))
    found = facts.told((Place.PULL, Place.LOGIN), "403 Forbidden", "no basic auth", "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
                       "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability", "AccessDenied",
                       "not authorized to perform: ecr",
                       "using the task execution role")  # fmt: skip
    if not found:
        return None
    role = _short(facts.definition.get("executionRoleArn", "the execution role"))
    account = re.search(r"(\d{12})\.dkr\.ecr", found.text)
    if account and f":{account[1]}:" not in facts.suspect:
        fix = (by_hand(f"let account {account[1]} allow the pull in its repository's policy"),)
    else:
        fix = (up(RIGHTS),)
    return Cause("pull-denied", f"{role} may not pull the image", (found,), fix, _sure(found))


def secret_state(facts: Facts) -> Cause | None:
    """A secret that the task definition names is not there, is being deleted, has no value, or not the key."""
    lost = {arn: state for arn, state in facts.secrets.items() if state != "there"}
    observed = tuple(Evidence("Secrets Manager", f"{arn}: {how}") for arn, how in lost.items())
    if empty := facts.told((Place.SECRET,), "can't find the specified secret value"):
        name = _arn(empty.text)
        if whole(empty.text, "secret value") or (not lost and facts.secrets.get(name) == "there"):
            told = f"the secret {_secret(name)} is there and has no value"
            put = run(f"aws secretsmanager put-secret-value --secret-id {name or 'ARN'} --secret-string VALUE")
            return Cause("secret-empty", told, (empty,), (put,), _sure(empty))
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
        sure = Certainty.CERTAIN if lost else _sure(found)
        return Cause(
            "secret-missing",
            f"the secret {_secret(name)} is {state}",
            (*((found,) if found else ()), *observed),
            fix,
            sure,
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
    return Cause("secret-key-missing", told.replace("  ", " "), (found,), (fix[1], fix[0]), _sure(found))


def secret_denied(facts: Facts) -> Cause | None:
    """The execution role may not read a secret, or not use the key that it is encrypted with."""
    found = facts.told((Place.SECRET,), "Access to KMS is not allowed", "kms:Decrypt")
    kms = found is not None
    found = found or facts.told((Place.SECRET,), "AccessDenied", "not authorized to perform")
    if not found:
        return None
    role = _short(facts.definition.get("executionRoleArn", "")) or "the execution role"
    told = f"{role} may not {'use the key of' if kms else 'read'} the secret {_secret(_arn(found.text))}".rstrip()
    allow = by_hand(f"allow {role} kms:Decrypt in the policy of the secret's key")
    named = change("service.secrets", "to the secret's whole ARN")
    return Cause("secret-denied", told, (found,), (allow,) if kms else (up(RIGHTS), named), _sure(found))


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
    told = f"{_short(facts.definition.get('executionRoleArn', 'the execution role'))} may not write the app's log"
    return Cause("log-denied", told, (found,), (up(RIGHTS),), _sure(found))


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
        Certainty.CERTAIN if gone else _sure(found),
    )


def disk_full(facts: Facts) -> Cause | None:
    """The image, unpacked, does not fit beside what the app writes (ECS guide, "Fargate task ephemeral storage")."""
    found = facts.told((Place.PULL, Place.START), "no space left on device")
    cut = found or next((one for one in facts.reasons if one.place == Place.PULL and _breaks_off(one.text)), None)
    if not cut:
        return None
    told = "the image does not fit on the task's disk of 20 GiB"
    return Cause("task-disk-full", told, (cut,), (repair("make the image smaller", facts),),
                 Certainty.CERTAIN if found and whole(found.text,
                 "no space left on device") else Certainty.LIKELY)  # fmt: skip


def image_user(facts: Facts) -> Cause | None:
    """The image names its user by name and has no list of users, or not this one."""
    found = facts.told((Place.START,), "etc/passwd: no such file", "no matching entries in passwd file")
    if not found:
        return None
    told = "the image names the user that it runs as by a name that its /etc/passwd does not have"
    fix = (
        repair(
            "name the user by its number in the Dockerfile (USER 1000), or let the image have an /etc/passwd", facts
        ),
    )
    return Cause("image-user", told, (found,), fix, _sure(found))


def command_missing(facts: Facts) -> Cause | None:
    """The image has no such program, or may not execute it."""
    found = facts.told((Place.START,), "executable file not found", "no such file or directory", "permission denied")
    if not found or image_user(facts):
        return None
    program = re.search(r"exec: \"?([^\":]+)\"?", found.text)
    if not program:
        return None
    why = (
        "it may not be executed (chmod +x)"
        if whole(found.text, "permission denied")
        else "there is no such program in it"
    )
    if beside := _beside(found, facts):
        told = f"the image of the container {beside} cannot run its command {program[1].strip()}: {why}"
        return Cause("command-missing", told, (found,), (by_hand(f"fix the container {beside} where it was added"),),
                     _sure(found))  # fmt: skip
    told = f"the image cannot run its command {program[1].strip()}: {why}"
    fix = (repair("correct CMD or ENTRYPOINT in the Dockerfile, or what it copies", facts),
            change("service.entrypoint" if facts.container.get("entryPoint") else "service.command",
                   "to a program that the image has"))  # fmt: skip
    return Cause("command-missing", told, (found,), fix, _sure(found))


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
    told = f"ECS cannot assume the role {_short(arn)}" + (f": it {bad[arn]}" if arn in bad else "")
    return Cause("role-not-assumable", told, tuple(observed), (up("makes the role and its trust right"),),
                 Certainty.CERTAIN if bad else _sure(found))  # fmt: skip


def vcpu_quota(facts: Facts) -> Cause | None:
    """The account may run no more."""
    found = facts.told((Place.PLACE, Place.OTHER), "reached the limit on the number of vCPUs",
        "reached the limit on the number of tasks",
                       "limit on the number of vCPUs you can run", "concurrent Fargate tasks")  # fmt: skip
    if not found:
        return None
    quota = "AWS Fargate, Fargate On-Demand vCPU resource count"
    fix = (by_hand(f"ask for more in Service Quotas: {quota}{_tries(facts)}"),
            change("service.cpu", "to less"))  # fmt: skip
    return Cause("vcpu-quota", "the account's quota of Fargate vCPUs is used up", (found,), fix, _sure(found))


def subnet_full(facts: Facts) -> Cause | None:
    """No address is left for a task's network interface."""
    found = facts.told((Place.PLACE, Place.OTHER), "InsufficientFreeAddressesInSubnet",
        "not have enough free addresses",
                       "insufficient free addresses", "has insufficient free IP addresses")  # fmt: skip
    if not found:
        return None
    fix: tuple[Fix, ...] = (by_hand(f"free addresses in the subnet{_tries(facts)}"),)
    if facts.subnet_routes and not any(ours(table, facts) for table in facts.subnet_routes.values()):
        fix += (change(f"vpc.{_subnets(facts)}", "to larger ones"),)
    return Cause("subnet-full", "a subnet of the tasks has no free address left", (found,), fix, _sure(found))


def capacity(facts: Facts) -> Cause | None:
    """AWS itself has no room in a zone: it passes."""
    found = facts.told((Place.PLACE, Place.OTHER), "Capacity is unavailable at this time", "insufficient capacity")
    if not found:
        return None
    fix = (wait(f"wait some minutes{_tries(facts)}"),)
    told = "AWS has no Fargate capacity there at this moment"
    return Cause("capacity", told, (found,), fix, _sure(found))


def network_interface(facts: Facts) -> Cause | None:
    """AWS's own network was slow: it passes."""
    found = facts.told((Place.OTHER,), "Timeout waiting for network interface provisioning")
    if not found:
        return None
    told = "AWS did not give the task its network interface in time"
    return Cause("network-interface", told, (found,), (wait(f"wait some minutes{_tries(facts)}"),), _sure(found))


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


def _sure(found: Reason | None) -> Certainty:
    """AWS's own words make it certain; where it cut them short, likely: what is lost may say otherwise."""
    return Certainty.LIKELY if found and is_cut(found.text) else Certainty.CERTAIN


def _tries(facts: Facts) -> str:
    return "" if facts.given_up else ": ECS tries again by itself"


def _beside(found: Reason, facts: Facts) -> str:
    """The container that a reason is about, if it is not the app's own."""
    own = facts.container.get("name", found.container)
    return found.container if found.container != own else ""


def _subnets(facts: Facts) -> str:
    """The key of the subnets that the tasks stand in: with a public address it is the public ones."""
    placed = (facts.service or {}).get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    return "public_subnets" if placed.get("assignPublicIp") == "ENABLED" else "private_subnets"


def _refused(found: Reason) -> bool:
    return whole(found.text, "pull access denied", "403 Forbidden", "may require")


def _breaks_off(text: str) -> bool:
    """Whether AWS cut the text just where the disk's fullness is told."""
    return bool(
        re.search(r"failed to (?:extract|register) layer\b.*\bwrite\s+\S*(?:\.\.\.|…)$", text.rstrip(), re.IGNORECASE)
    )


def _arn(text: str) -> str:
    """The ARN in a text, without the key, stage and version that a task definition may name after a secret's."""
    found = re.search(r"arn:[\w-]+:(?:secretsmanager|ssm):[^\s,\"]+", text)
    return ":".join(found[0].split(":")[:7]).rstrip(".:…") if found else ""


def _secret(arn: str) -> str:
    return arn.rsplit(":secret:", maxsplit=1)[-1].split(":", maxsplit=1)[0]


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1] if arn.startswith("arn:") else arn


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
