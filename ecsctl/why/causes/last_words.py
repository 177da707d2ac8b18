"""Explains a crashed app's error if it comes from the loader, the kernel or AWS rather than from the app itself.

The messages are from public threads: glibc's and musl's loaders (GoogleContainerTools/container-structure-test#59,
sozu-proxy/sozu#292), servers that may not bind a port (imgproxy/imgproxy#787, nginx/docker-nginx#571), a full disk
(CloudSnorkel/cdk-github-runners#444), IAM (hackoregon/civic-devops#252), databases that require TLS
(DataDog/datadog-agent#13318), unknown CAs (leg100/otf#696), host names of Docker Compose (cfn-modules/docs#35).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ecsctl.why.causes.fixes import Fix, by_hand, change, repair
from ecsctl.why.causes.wording import short
from ecsctl.why.evidence import Facts

DISK = 20
"""Default size of a task's disk in GiB (ECS guide, "Fargate task ephemeral storage")."""
RESERVED = 1024
"""Ports below it are for root only, on Fargate too (aws/containers-roadmap#1721)."""


@dataclass(frozen=True)
class Meaning:
    """The meaning of a line, as the end of a sentence, and its fixes."""

    text: str
    fix: tuple[Fix, ...]


def _library(found: re.Match[str], facts: Facts) -> Meaning:
    name = next(filter(None, found.groups()))
    if name.startswith("GLIBC") or name.rsplit("/", maxsplit=1)[-1].startswith("ld-linux"):
        text = f"a program in the image is built for a newer or another C library than the image has ({name})"
        how = "build it on the distribution that it runs on, and of the same version: Alpine has musl, and not glibc"
        return Meaning(text, (repair(how, facts),))
    text = f"the image does not have the library {name}"
    return Meaning(text, (repair(f"install {name} in the Dockerfile, in the stage that runs", facts),))


def _port(found: re.Match[str], facts: Facts) -> Meaning | None:
    port = int(found[1])
    if port >= RESERVED:
        return None
    text = f"only root may listen on a port below {RESERVED}, and the image runs as another user"
    return Meaning(text, (
        repair(f"let the app listen on a port from {RESERVED} on, and set service.port to it", facts),
        change("service.port", f"to one from {RESERVED} on, where the app takes it from PORT"),
    ))  # fmt: skip


def _disk(_: re.Match[str], facts: Facts) -> Meaning:
    size = (facts.definition.get("ephemeralStorage") or {}).get("sizeInGiB", DISK)
    return Meaning(f"a disk of the task is full: its own has {size} GiB", (
        change("service.ephemeral_gib", "to more"), repair("let the app write less, or remove what it wrote", facts),
    ))  # fmt: skip


def _read_only(_: re.Match[str], facts: Facts) -> Meaning | None:
    if not facts.container.get("readonlyRootFilesystem"):
        return None
    ways = (change("service.read_only_root", "= false"), repair("let the app write elsewhere, or not at all", facts))
    return Meaning("its root file system is read-only (service.read_only_root)", ways)


def _role(found: re.Match[str], facts: Facts) -> Meaning:
    role, action, why = found.groups()
    own = short(facts.definition.get("taskRoleArn", "")) or role
    if why:
        text = f"the role {role} may not do {action}, whatever its own policies say: {why}"
        return Meaning(text, (by_hand(f"let {role} do {action} there, or let the app do without"),))
    way = change("service.permissions", f"to allow {action}") if role == own else by_hand(f"allow {role} {action}")
    return Meaning(f"the role {role} lacks {action}", (way,))


def _refused(found: re.Match[str], _: Facts) -> Meaning:
    """An SDK's error that names the operation at most, and not the role."""
    asked = next(filter(None, found.groups()), "")
    what = f"call {asked}" if asked else "do what the app asks"
    text = f"AWS does not let the task's role {what}: its own policies do not allow it, or the resource's does not"
    allow = change("service.permissions", f"to allow {asked or 'it'}")
    return Meaning(text, (allow, by_hand("allow it in the resource's policy too, where it has one")))


def _credentials(_: re.Match[str], facts: Facts) -> Meaning:
    """The task role's are at AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (ECS guide, "Task IAM role")."""
    if not facts.definition.get("taskRoleArn"):
        text = "the app finds no credentials for AWS, and its task has no role of its own"
        return Meaning(text, (change("service.permissions", "to what the app may do"),))
    text = (
        "the app's AWS SDK does not take the credentials of the task's role: it is too old, or is told to take others "
        "(AWS_PROFILE, a credentials file, keys in its configuration)"
    )
    return Meaning(
        text, (repair("let the SDK find its credentials by itself, and let no variable say otherwise", facts),)
    )


def _name(found: re.Match[str], facts: Facts) -> Meaning | None:
    name = next(filter(None, found.groups()))
    if name == "localhost" or re.match(r"ip-\d", name):
        return None
    if name in ("undefined", "None", "null", "nil"):
        text = "the variable that the app takes the other's address from is not set"
        return Meaning(text, (change("service.environment", "to have it"), repair("let the app have it", facts)))
    text = (
        f"nothing is called {name} there, as it is in Docker Compose: containers of one task reach each other at "
        "127.0.0.1, and all else has a longer name"
    )
    return Meaning(text, (
        repair(f"let the app take the address of {name} from its environment", facts),
        change("service.environment", f"to the address of {name}, where the app takes it from there"),
    ))  # fmt: skip


def _without_tls(_: re.Match[str], facts: Facts) -> Meaning:
    text = "the database lets no one in without TLS, as those of RDS do unless it is turned off"
    return Meaning(text, (repair("let the app connect to the database with TLS, as sslmode=require", facts),))


def _authority(_: re.Match[str], facts: Facts) -> Meaning:
    text = (
        "the image does not know who signed the other server's certificate: it has no list of authorities "
        "(ca-certificates), or that one is not in it, as that of RDS"
    )
    how = (
        "install ca-certificates in the Dockerfile, in the stage that runs; of RDS add the bundle "
        "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
    )
    return Meaning(text, (repair(how, facts),))


def _taken(_: re.Match[str], facts: Facts) -> Meaning:
    text = "the port is taken by another process of the task, whose containers share one address"
    how = "let the image start its server once, and each container of the task listen on a port of its own"
    return Meaning(text, (repair(how, facts),))


def _php_limit(_: re.Match[str], facts: Facts) -> Meaning:
    text = "a limit of PHP's own (memory_limit), and not that of the task"
    return Meaning(text, (repair("raise memory_limit in the image's php.ini, or let the app need less", facts),))


def _instruction(_: re.Match[str], facts: Facts) -> Meaning:
    """Tasks run on processors of several generations, and none of them may be the one that built the image."""
    text = "a program in the image needs instructions that the task's processor does not have"
    how = "build it, or take a release of it, for every processor of its kind: without -march=native, AVX or AVX-512"
    return Meaning(text, (repair(how, facts),))


LAST_WORDS: tuple[tuple[str, Callable[[re.Match[str], Facts], Meaning | None]], ...] = (
    (r"error while loading shared libraries: ([^\s:]+): .*No such file"
     r"|Error loading shared library ([^\s:]+): No such file"
     r"|(?:^|[\s:'\"])([\w./+-]+\.so[\w.]*): cannot open shared object file: No such file"
     r"|version [`'](GLIBC\w*_[\d.]+)' not found", _library),
    (r"(?=.*(?:permission denied|\bEACCES\b|Can't connect to \('))"
     r".*?(?:\bbind\b|\blisten(?:ing)?\b|Can't connect to \().*?(?::|\bport |', )(\d{1,5})\b", _port),
    (r"^(?!.*(?:file watchers|/dev/shm)).*(?:no space left on device|\bENOSPC\b)", _disk),
    (r"read-only file system|\bEROFS\b|No usable temporary directory found", _read_only),
    (r"assumed-role/([^/\s]+)/.*not authorized to perform:? ([\w-]+:\w+)(?:.*?\b(?:because|with) "
     r"((?:an explicit deny in an? (?!identity)[\w-]+(?: [\w-]+)*? policy|no (?:permissions boundary"
     r"|service control policy|resource control policy|session policy|VPC endpoint policy) allows)))?", _role),
    (r"An error occurred \((?:AccessDenied\w*|AuthorizationError\w*|UnauthorizedOperation)\) when calling the (\w+) "
     r"operation|operation error [\w ]+: (\w+), .*api error (?:AccessDenied\w*|UnauthorizedOperation):"
     r"|Error Code: AccessDenied\w*;|\bAccessDenied(?:Exception)?: Access Denied", _refused),
    (r"Unable to locate credentials|\bNoCredentialsError\b|Could not load credentials from"
     r"|Missing credentials in config|Unable to load (?:AWS )?credentials from any|no valid providers in chain"
     r"|no EC2 IMDS role found"
     r"|Unable to get IAM security credentials|MissingCredentialsError|credentials from the instance profile metadata"
     r"|the credential provider was not enabled|no providers in chain provided credentials", _credentials),
    (r"no pg_hba\.conf entry for .*(?:no encryption|SSL off)|Connections using insecure transport are prohibited"
     r"|SSL connection is required\. Please specify SSL options", _without_tls),
    (r"certificate signed by unknown authority|unable to get (?:local )?issuer certificate|PKIX path building failed"
     r"|self[- ]signed certificate in certificate chain|invalid peer certificate: UnknownIssuer", _authority),
    (r"host not found in upstream \"([\w-]+)(?::\d+)?\"|getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w-]+)(?![\w.-])"
     r"|could not translate host name \"([\w-]+)\"|failed to resolve host '([\w-]+)'"
     r"|UnknownHostException: ([\w-]+)(?![\w.-])|getaddrinfo for ([\w-]+) failed"
     r"|\blookup ([\w-]+)(?: on [\d.:]+)?: (?:no such host|server misbehaving|Temporary failure)", _name),
    (r"address already in use|\bEADDRINUSE\b", _taken),
    (r"Allowed memory size of \d+ bytes exhausted", _php_limit),
    (r"^(?:.*: )?(?:\d+ )?Illegal instruction\b|compiled to use \S+ instructions.* aren't available", _instruction),
)  # fmt: skip
"""The first match with a meaning counts."""


def meaning(line: str, facts: Facts) -> Meaning | None:
    """Return the meaning of an app's error; None if it is specific to the app."""
    hits = ((found, means) for pattern, means in LAST_WORDS if (found := re.search(pattern, line, re.IGNORECASE)))
    return next(filter(None, (means(found, facts) for found, means in hits)), None)
