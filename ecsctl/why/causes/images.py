"""Why an image cannot be pulled or started: its name, registry, CPU architecture, size or program.

Each rule requires the place of ECS's reason and phrases of it, which ECS may have truncated. They are taken from the
ECS guide, "CannotPullContainer task errors" and "Amazon ECS stopped tasks error messages".
"""

from __future__ import annotations

import re

from ecsctl.parts import WEB
from ecsctl.resources.support.ecr import PULLS
from ecsctl.resources.support.policy_document import taken
from ecsctl.resources.support.revisions import architecture_of
from ecsctl.why.causes.cause import Cause, Certainty
from ecsctl.why.causes.fixes import Fix, back, by_hand, change, repair, resume, run, wait
from ecsctl.why.causes.wording import certainty_of, right_again, short, tries
from ecsctl.why.evidence import Evidence, Facts, Place, Reason
from ecsctl.why.words import contains, is_cut

DISK = 20
"""Default size of a task's disk in GiB (ECS guide, "Fargate task ephemeral storage")."""


KNOWN = r"(?:^|\.)(?:amazonaws\.com(?:\.cn)?|ecr\.aws|docker\.(?:io|com)|ghcr\.io|gcr\.io|quay\.io|microsoft\.com)$"
"""Registries that are known to exist."""


_OTHER_PROCESSOR = (
    "does not contain descriptor matching platform",
    "no matching manifest for",
    "no match for platform in manifest",
)


def image_missing(facts: Facts) -> Cause | None:
    """The image does not exist, or no longer."""
    image = str(facts.container.get("image", ""))
    found = facts.reason((Place.PULL,), ": not found", "manifest unknown", "manifest for ", "404 Not Found",
        "no longer exists", "does not exist in the registry", "not found in repository",
                       "repository with name")  # fmt: skip
    others = {str(one.get("image", "")): str(one["name"]) for one in facts.definition.get("containerDefinitions", ())
              if one.get("name") != facts.container.get("name")}  # fmt: skip
    beside = next((one for one in others if facts.images.get(one) is False), "")
    beside = beside or next((one for one, name in others.items() if found and found.container == name), "")
    image = beside or image
    gone = facts.images.get(image) is False
    configured = (facts.service or {}).get("desiredCount", 0)
    if found and contains(found.text, *_OTHER_PROCESSOR):
        found = None
    if (found is None or _is_refused(found)) and not (gone and configured and not facts.healthy):
        return None
    named = re.search(r"\b(?:ref|manifest for) (\S+?):? ", found.text) if found else None
    wrong = named[1].strip('"') if named and not gone and "/" in named[1] else image
    observed: list[Evidence] = [found] if found else []
    if gone:
        observed.append(Evidence("ECR", f"there is no image {image}"))
    fix = (run("ecsctl deploy --build", "builds the branch's newest commit") if facts.build or facts.pipeline
            else run("ecsctl deploy --image URI", "one that exists"), *back(facts))  # fmt: skip
    if beside:  # no release changes a sidecar's image
        known = facts.is_sidecar(others[beside])
        fix = (change(f"sidecars.{others[beside]}.image", "to one that exists") if known else
               by_hand(f"push {beside}, or let {others[beside]} have another image"),)  # fmt: skip
    return Cause("image-missing", f"the image {wrong} does not exist", tuple(observed), fix, certainty_of(found))


def image_name(facts: Facts) -> Cause | None:
    """The image has an invalid name, or its registry is unknown to the task's DNS."""
    found = facts.reason((Place.OTHER, Place.PULL), "failed to normalize image reference", "invalid reference format")
    unknown = facts.reason((Place.PULL,), "no such host")
    host = re.search(r"\blookup (\S+?):? (?:on \S+ )?no such host", unknown.text) if unknown else None
    about = found or (unknown if host and not re.search(KNOWN, host[1]) else None)
    if not about:
        return None
    fix = _of_sidecar(about, facts) or (run("ecsctl deploy --image URI", "with the name of an image"),)
    if host and not found:
        sentence = f"the image's name begins with a registry that the task's DNS does not know: {host[1]}"
        return Cause("image-name", sentence, (about,), fix, Certainty.LIKELY, either=("unreachable",))
    sentence = "the image of the task definition has no name that an image can have"
    return Cause("image-name", sentence, (about,), fix, certainty_of(about))


# The messages of the container's start, and of a shell. An init (tini's execvp) passes what the kernel does not run to
# a shell, which reads the program as a script.
_FOREIGN = re.compile(
    r"^(?:standard_init_linux\S* )?exec (?:user process caused:? |\S+: ).?exec format error"
    r"|^\S+:(?: (?:line )?\d+:)? \S+: (?:cannot execute binary file: )?Exec format error$"
    r"|^\S+:(?: (?:line )?\d+:)? \x7fELF.*: not found"
)


def architecture(facts: Facts) -> Cause | None:
    """The image has another CPU architecture than the task definition."""
    desired = architecture_of(facts.definition)
    platform = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}.get(desired, desired)
    found = facts.reason((Place.PULL, Place.START), *_OTHER_PROCESSOR, "exec format error")
    lines = [one for one in facts.tail(20) if _FOREIGN.search(one.text)]
    offered = facts.processors.get(str(facts.container.get("image", "")), [])
    fits = not offered or platform.rsplit("/", maxsplit=1)[-1] not in offered
    if not found and not (lines and facts.failed and not facts.has_sidecar_ended):
        return None
    observed = [found] if found else lines[-1:]
    if offered:
        observed = [*observed, Evidence("ECR", f"the image is for {', '.join(offered)}")]
    sentence = f"the image is built for another processor: the tasks run on {desired} ({platform})"
    if not fits:
        sentence = (
            f"a program in the image is for another processor than {platform}, or is a script without a first line #!"
        )
    other = "ARM64" if desired == "X86_64" else "X86_64"
    beside = _of_sidecar(found, facts)
    fix: tuple[Fix, ...] = beside or (
        repair(f"build for {platform}: no other --platform in the Dockerfile and buildspec.yml", facts),
        change("service.architecture", f'= "{other}"', "ecsctl up"),
    )
    if beside and found:
        sentence = f"the image of the container {found.container} is for another processor than {desired} ({platform})"
    certain = certainty_of(found) if found else Certainty.CERTAIN if offered and fits else Certainty.LIKELY
    return Cause("architecture", sentence, tuple(observed), fix, certain)


def pull_limit(facts: Facts) -> Cause | None:
    """The registry limits anonymous pulls."""
    found = facts.reason((Place.PULL,), "toomanyrequests", "pull rate limit", "429 Too Many")
    cut = facts.reason((Place.PULL,), "unexpected status code https://registry-1.docker.io")
    if not found and cut and is_cut(cut.text):
        sentence = ("Docker Hub refused the image, and AWS cut its reason short: either it limits pulls without a "
                    "login, "
                "or the image needs one: check its name, and whether it is public")  # fmt: skip
        ways = _of_sidecar(cut, facts) or (repair("copy the image to the app's own repository", facts),)
        either = ("pull-limit", "pull-denied")
        fix = (*ways, wait(f"wait some hours{tries(facts)}"))
        return Cause("pull-limit", sentence, (cut,), fix, Certainty.POSSIBLE, either=either)
    if not found:
        return None
    other = _of_sidecar(found, facts) or (
        repair("take the base or the image from public.ecr.aws/docker/library/…, or copy it to the app's own "
               "repository", facts),)  # fmt: skip
    fix = (*other, wait(f"wait some hours{tries(facts)}"))
    who = "ECR Public" if contains(found.text, "public.ecr.aws") else "the image's registry"
    return Cause("pull-limit", f"{who} limits pulls without a login", (found,), fix, certainty_of(found))


def pull_denied(facts: Facts) -> Cause | None:
    """The registry denies the pull; some registries answer the same if the image does not exist."""
    found = facts.reason(
        (Place.PULL,), "pull access denied", "may require", "no pull access", "fetch anonymous token",
        "insufficient_scope",
    )  # fmt: skip
    if not found:  # only ECR uses the execution role
        refused = facts.reason((Place.PULL,), "403 Forbidden", "401 Unauthorized", "no basic auth", "unauthorized:")
        found = refused if refused and "://" in refused.text and not contains(refused.text, ".dkr.ecr.") else None
    if found:
        sentence = "either the image does not exist or its registry asks for a login: check its name, letter by letter"
        fix = _of_sidecar(found, facts) or (run("ecsctl deploy --image URI", "with the image's right name"),)
        return Cause("pull-refused", sentence, (found,), fix, Certainty.LIKELY, either=("image-missing", "pull-denied"))
    found = facts.reason((Place.PULL, Place.LOGIN), "403 Forbidden", "401 Unauthorized", "no basic auth",
        "ecr:BatchGetImage", "ecr:GetAuthorizationToken",
                       "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability", "AccessDenied",
                       "not authorized to perform: ecr",
                       "using the task execution role")  # fmt: skip
    if not found:
        return None
    role = short(facts.definition.get("executionRoleArn", "the execution role"))
    account = re.search(r"(\d{12})\.dkr\.ecr", found.text)
    if account and f":{account[1]}:" not in facts.suspect:
        fix = (by_hand(f"let account {account[1]} allow the pull in its repository's policy"),)
    else:
        fix = right_again(found, facts)
        if kept := _kept_by_policy(found, facts):
            return kept
    return Cause("pull-denied", f"{role} may not pull the image", (found,), fix, certainty_of(found))


def _kept_by_policy(found: Reason, facts: Facts) -> Cause | None:
    """The repository's policy denies the pull, which no permission of the role can override."""
    role = facts.definition.get("executionRoleArn", "")
    for image, document in facts.image_policies.items():
        if role and document and (denies := taken(document, role, PULLS)):
            name = image.partition("/")[2].partition("@")[0].partition(":")[0]
            sentence = f"the policy of the ECR repository {name} denies the pull: somebody has set it"
            said = Evidence("ECR", f"it denies {', '.join(denies)} to {short(role)}")
            fix = by_hand(f"take that out of the policy (aws ecr get-repository-policy --repository-name {name}), or "
                          f"delete it: aws ecr delete-repository-policy --repository-name {name}",
                          *(step.what for step in resume(facts)))  # fmt: skip
            return Cause("pull-denied", sentence, (found, said), (fix,))
    return None


def disk_full(facts: Facts) -> Cause | None:
    """The unpacked image does not fit on the task's disk (ECS guide, "Fargate task ephemeral storage")."""
    found = facts.reason((Place.PULL, Place.START), "no space left on device")
    cut = found or next((one for one in facts.reasons if one.place == Place.PULL and _is_cut_off(one.text)), None)
    if not cut:
        return None
    size = (facts.definition.get("ephemeralStorage") or {}).get("sizeInGiB", DISK)
    sentence = f"the image does not fit on the task's disk of {size} GiB"
    fix: tuple[Fix, ...] = (change("service.ephemeral_gib", "to more"),)
    if not _of_sidecar(cut, facts):
        fix += (repair("make the image smaller", facts),)
    certain = Certainty.CERTAIN if found and contains(found.text, "no space left on device") else Certainty.LIKELY
    return Cause("task-disk-full", sentence, (cut,), fix, certain)


def image_user(facts: Facts) -> Cause | None:
    """The image's user is a name that is not in its /etc/passwd."""
    found = facts.reason((Place.START,), "etc/passwd: no such file", "no matching entries in passwd file")
    if not found:
        return None
    sentence = "the image names the user that it runs as by a name that its /etc/passwd does not have"
    fix = (
        repair(
            "name the user by its number in the Dockerfile (USER 1000), or let the image have an /etc/passwd", facts
        ),
    )
    return Cause("image-user", sentence, (found,), fix, certainty_of(found))


def image_format(facts: Facts) -> Cause | None:
    """The image's name refers to something that ECS cannot unpack, such as a build's attestation."""
    found = facts.reason((Place.PULL,), "no processor for media-type", "unsupported manifest media type",
                         "unknown image config media type")  # fmt: skip
    if not found:
        return None
    attested = contains(found.text, "in-toto")
    sentence = ("the image's name stands for the attestation of a build, not for the image" if attested else
                "the image is stored in a format that ECS does not unpack")  # fmt: skip
    fix = _of_sidecar(found, facts) or (
        repair("build with docker buildx build --provenance=false --sbom=false, which pushes the image alone"
               if attested else "build and push it again, with the newest Docker", facts),)  # fmt: skip
    return Cause("image-format", sentence, (found,), fix, certainty_of(found))


def command_missing(facts: Facts) -> Cause | None:
    """The program is not in the image, or not executable."""
    found = facts.reason((Place.START,), "executable file not found", "no such file or directory", "permission denied")
    if not found or image_user(facts):
        return None
    program = re.search(r"exec:? (?!user process)\\*\"?([^\\\\\":]+)", found.text)
    if not program:
        return None
    why, how = "there is no such program in it", "correct CMD or ENTRYPOINT in the Dockerfile, or what it copies"
    if contains(found.text, "permission denied"):
        why = "it may not be executed (chmod +x)"
        how = "make it executable, where it is and in git: chmod +x, git update-index --chmod=+x"
    if beside := _beside(found, facts):
        sentence = f"the image of the container {beside} cannot run its command {program[1].strip()}: {why}"
        ways: tuple[Fix, ...] = (by_hand(f"fix the container {beside} where it was added"),)
        if facts.is_sidecar(beside):
            program_of = "entrypoint" if facts.definition_of(beside).get("entryPoint") else "command"
            ways = (change(f"sidecars.{beside}.{program_of}", "to a program that the image has"),)
        return Cause("command-missing", sentence, (found,), ways, certainty_of(found))
    sentence = f"the image cannot run its command {program[1].strip()}: {why}"
    fix = (repair(how, facts),
            change("service.entrypoint" if facts.container.get("entryPoint") else "service.command",
                   "to a program that the image has"))  # fmt: skip
    if facts.process != WEB:  # a worker has its own command
        sentence, fix = f"the image cannot run the command of {facts.who}, {program[1].strip()}: {why}", fix[::-1]
    return Cause("command-missing", sentence, (found,), fix, certainty_of(found))


def _of_sidecar(found: Reason | None, facts: Facts) -> tuple[Fix, ...]:
    """Return the fix for a sidecar's image, which no build and no release changes."""
    name = _beside(found, facts) if found else ""
    return (change(f"sidecars.{name}.image", "to one that fits"),) if name and facts.is_sidecar(name) else ()


def _beside(found: Reason, facts: Facts) -> str:
    """Return the container that a reason names, if it is not the app's own."""
    own = facts.container.get("name", found.container)
    return found.container if found.container != own else ""


def _is_refused(found: Reason) -> bool:
    return contains(found.text, "pull access denied", "403 Forbidden", "may require")


def _is_cut_off(text: str) -> bool:
    """Whether AWS truncated the text where it says that the disk is full."""
    return bool(
        re.search(r"failed to (?:extract|register) layer\b.*\bwrite\s+\S*(?:\.\.\.|…)$", text.rstrip(), re.IGNORECASE)
    )
