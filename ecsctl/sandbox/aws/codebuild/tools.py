"""Answers `docker` and `aws` in a build: with local images, and ECR with the permissions of the build's role."""

import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.ecr.models import ecr_backends
from moto.utilities.utils import get_partition

from ecsctl.sandbox.aws import ecr
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.containers.engine import EngineError
from ecsctl.sandbox.containers.images import Ask, Job, begun, keep, started
from ecsctl.sandbox.core import permissions, scratch
from ecsctl.sandbox.core.overlay import Refusal


@dataclass
class BuildContext:
    """The context of one build's tools: the role, the architecture (as in Go), and the results so far."""

    account: str
    region: str
    role: str
    architecture: str
    broken: Callable[[], bool]  # whether `docker build` is to fail
    closed: Callable[[], bool]  # whether the build is over
    passwords: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    images: dict[str, str] = field(default_factory=dict)  # reference: manifest
    logins: dict[str, tuple[str, str]] = field(default_factory=dict)  # in registries other than ECR
    contexts: dict[str, Path] = field(default_factory=dict)  # build contexts for the engine, packed
    jobs: dict[str, tuple[Job, Callable[[str], str]]] = field(default_factory=dict)  # and what to do with the outcome


class _Failed(Exception):
    """The tool ends with this message and this exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


_open: dict[str, BuildContext] = {}
_HOST = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_AWS_FAILED = 254  # AWS CLI guide, "Return codes": the service answered with an error


def opened(context: BuildContext) -> str:
    """The token with which the build's tools call the sandbox."""
    token = secrets.token_urlsafe(24)
    _open[token] = context
    return token


def close(token: str) -> None:
    """End the build: its tools get no more answers, and what the engine still builds for it is stopped."""
    context = _open.pop(token, None)
    if context is not None:
        for job, _ in context.jobs.values():
            job.end()
        for path in context.contexts.values():
            path.unlink(missing_ok=True)


def close_all() -> None:
    """End all builds, since the sandbox ends."""
    for token in list(_open):
        close(token)


def upload(token: str, content: bytes) -> dict[str, str]:
    """Store a build context (an archive), and return its name for `begin`. To be called without `overlay.lock`."""
    context = _open.get(token)
    if context is None or context.closed():
        return {"context": ""}
    descriptor, path = tempfile.mkstemp(prefix="ecsctl-context-", dir=scratch.place())
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    name = secrets.token_hex(8)
    context.contexts[name] = Path(path)
    return {"context": name}


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Returns what a tool prints, and its exit code. To be called with `overlay.lock` held."""
    context = _open.get(question.get("token", ""))
    try:
        if context is None or context.closed():
            raise _Failed("ExpiredTokenException: The security token included in the request is expired")
        return {"code": 0, "out": _DO[question["do"]](context, question), "err": ""}
    except _Failed as failed:
        return {"code": failed.code, "out": "", "err": f"{failed}\n"}


def _password(context: BuildContext, question: dict[str, Any]) -> str:
    _ask(context, f"{question.get('service', 'ecr')}:GetAuthorizationToken", "*", "get-login-password")
    password = secrets.token_urlsafe(32)
    context.passwords.add(password)
    return f"{password}\n"


def _describe(context: BuildContext, question: dict[str, Any]) -> str:
    name, region = question["repository"], question["region"] or context.region
    operation = "An error occurred ({}) when calling the DescribeImages operation: "
    _ask(context, "ecr:DescribeImages", _repository(region, context.account, name), "describe-images")
    if name not in ecr_backends[context.account][region].repositories:
        message = f"The repository with name '{name}' does not exist in the registry with id '{context.account}'"
        raise _Failed(operation.format("RepositoryNotFoundException") + message, _AWS_FAILED)
    for reference in question["references"]:
        if ecr.find_image(context.account, region, name, reference) is None:
            message = f"The image with imageId {{imageTag:'{reference}'}} does not exist within the repository"
            raise _Failed(operation.format("ImageNotFoundException") + message, _AWS_FAILED)
    return "{}\n"


def _findings(context: BuildContext, question: dict[str, Any]) -> str:
    """Returns what a scan has found, as `--output text` prints the fields of a flat `--query`."""
    name, region, reference = question["repository"], question["region"] or context.region, question["reference"]
    _ask(
        context,
        "ecr:DescribeImageScanFindings",
        _repository(region, context.account, name),
        "describe-image-scan-findings",
    )
    found = ecr.scanned(context.account, region, name, reference)
    if found is None:
        message = (
            f"Image scan does not exist for the image with '{{imageTag:'{reference}'}}' in the repository '{name}'"
        )
        operation = "An error occurred (ScanNotFoundException) when calling the DescribeImageScanFindings operation: "
        raise _Failed(operation + message, _AWS_FAILED)
    facts = {"imageScanStatus.status": "COMPLETE"}
    facts |= {f"imageScanFindings.findingSeverityCounts.{severity}": str(count) for severity, count in found.items()}
    return "\t".join(facts.get(one.strip(), "None") for one in question["query"].strip("[]").split(",")) + "\n"


def _login(context: BuildContext, question: dict[str, Any]) -> str:
    host = question["host"].removeprefix("https://")
    if not _HOST.fullmatch(host) and host != "public.ecr.aws":  # other registries accept any login
        if not question["username"] or not question["password"]:
            raise _Failed(f"Error response from daemon: Get https://{host}/v2/: unauthorized")
        context.logins[host] = (question["username"], question["password"])
        return "Login Succeeded\n"
    if question["username"] != "AWS" or question["password"] not in context.passwords:
        message = f"Error response from daemon: login attempt to https://{host}/v2/ failed with status: 400 Bad Request"
        raise _Failed(message)
    context.hosts.add(host)
    return "Login Succeeded\n"


def _build(context: BuildContext, question: dict[str, Any]) -> str:
    if context.broken():
        raise _Failed("ERROR: failed to solve: process did not complete successfully: exit code: 1")
    architecture = question["platform"].rpartition("linux/")[2].partition("/")[0] or context.architecture
    made = ecr.manifest(secrets.token_hex(32), architecture)
    context.images |= {_full(tag): made for tag in question["tags"]}
    ecr.learn(context.account, context.region, made, question.get("words") or [])
    return "".join(f"naming to {tag} done\n" for tag in question["tags"])


def _engine(_shop: BuildContext, _question: dict[str, Any]) -> str:
    return json.dumps(machine.current is not None)


def _begin(context: BuildContext, question: dict[str, Any]) -> str:
    """Let the engine of this machine build: for its own processor if the build's is wanted, to avoid emulation. The
    image then counts as one for the build's processor (see `_made`)."""
    here, path = machine.current, context.contexts.pop(question["context"], None)
    if here is None or path is None:
        raise _Failed("ERROR: failed to read the context")
    if context.broken():
        raise _Failed("ERROR: failed to solve: process did not complete successfully: exit code: 1")
    other = _other(context, question["platform"])
    asked = Ask(path, question["dockerfile"], tuple(question["arguments"]), question["secrets"], question["target"],
                question["platform"] if other else "", question["pull"], question["no_cache"],
                context.logins)  # fmt: skip
    job = begun(here.engine, here.whose, asked, lambda: path.unlink(missing_ok=True))
    return _under_way(context, job, lambda image: _made(context, question, image))


def _under_way(context: BuildContext, job: Job, then: Callable[[str], str]) -> str:
    """Return the name of a job for `progress`, which calls `then` with the outcome and prints what it returns."""
    name = secrets.token_hex(8)
    context.jobs[name] = job, then
    return json.dumps(name)


def _progress(context: BuildContext, question: dict[str, Any]) -> str:
    job, then = context.jobs[question["job"]]
    code, lines = job.code, job.lines[question["said"] :]
    if code == 0 and job.outcome and not lines:
        outcome, job.outcome = job.outcome, ""
        lines = then(outcome).splitlines()
        job.lines += lines
    return json.dumps({"lines": lines, "code": code})


def _made(context: BuildContext, asked: dict[str, Any], image: str) -> str:
    """Store the image. One for the engine's own processor counts as one for the build's, unless another was named."""
    here = machine.current
    if here is None:
        return ""
    about = here.engine.call("GET", f"/images/{image}/json")
    architecture = str(about.get("Architecture", ""))
    stages = re.findall(r"(?im)^\s*FROM\s+(?:--platform=(\S+)\s+)?", asked["text"])
    said = _other(context, asked["platform"]) or _other(context, stages[-1] if stages and "$" not in stages[-1] else "")
    if architecture == here.engine.architecture and not said:
        architecture = context.architecture
    made = ecr.manifest(about["Id"], architecture, int(about.get("Size") or ecr.LAYER))
    context.images |= {_full(tag): made for tag in asked["tags"]}
    return ""


def _other(context: BuildContext, platform: str) -> str:
    """The processor that a platform names, if it differs from the build's; otherwise empty."""
    named = platform.rpartition("linux/")[2].partition("/")[0]
    return "" if named == context.architecture else named


def _version(context: BuildContext, question: dict[str, Any]) -> str:
    return f"{_formatted(question['format'], Server={'Arch': context.architecture, 'Os': 'linux'})}\n"


def _inspect(context: BuildContext, question: dict[str, Any]) -> str:
    found = context.images.get(_full(question["image"]))
    if found is None:
        raise _Failed(f"Error response from daemon: No such image: {question['image']}")
    architecture = ecr.processor(context.account, context.region, found)
    return f"{_formatted(question['format'], Architecture=architecture, Os='linux')}\n"


def _formatted(template: str, **facts: Any) -> str:
    """Fill in a Go template of plain fields, such as `{{.Server.Arch}}`."""

    def value(match: re.Match[str]) -> str:
        found: Any = facts
        for name in match[1].split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found is None:
            raise _Failed(f"the sandbox's docker does not know the field {match[1]}")
        return str(found)

    if not template:
        raise _Failed("the sandbox's docker prints only what --format asks for")
    return re.sub(r"\{\{\s*\.([\w.]+)\s*\}\}", value, template)


def _tag(context: BuildContext, question: dict[str, Any]) -> str:
    name = _full(question["image"])
    if name not in context.images:
        raise _Failed(f"Error response from daemon: No such image: {name}")
    context.images[_full(question["name"])] = context.images[name]
    return ""


def _pull(context: BuildContext, question: dict[str, Any]) -> str:
    host, region, name, tag = _parsed(context, question["image"], "ecr:BatchGetImage")
    found = ecr.pulled(context.account, region, name, tag)
    if found is None:
        raise _Failed(f"Error response from daemon: manifest for {host}/{name}:{tag} not found: manifest unknown")
    context.images[f"{host}/{name}:{tag}"] = found
    return f"Status: Downloaded newer image for {host}/{name}:{tag}\n"


def _push(context: BuildContext, question: dict[str, Any]) -> str:
    reference = _full(question["image"])
    if reference not in context.images:
        raise _Failed(f"An image does not exist locally with the tag: {reference.rpartition(':')[0]}")
    _, region, name, tag = _parsed(context, reference, "ecr:InitiateLayerUpload", "ecr:PutImage")
    local, here = context.images[reference], machine.current
    origin = ecr.origin(ecr_backends[context.account][region], local) if here else None

    def put(manifest: str) -> str:
        if origin:
            ecr.came_from(context.account, region, manifest, origin)
        try:
            digest = ecr.push(context.account, region, name, [tag], manifest)
        except Refusal as refusal:
            raise _Failed(f"tag invalid: {refusal.message}") from None
        if here and origin:
            keep(here.engine, origin.image, reference)
            here.registry.rename(reference)
        return f"{tag}: digest: {digest}\n"

    if here is None or origin is None or not (here.registry.usable and ecr.is_local(local)):
        return _under_way(context, Job(put(local).splitlines(), 0), put)
    registry, image = here.registry, origin.image

    def pushed(job: Job) -> int:
        try:
            job.outcome = registry.push(image, reference, job.lines)
        except EngineError as error:
            job.lines.append(f"[sandbox] the image stays in the engine alone: {error.message}")
            job.outcome = local
        return 0

    return _under_way(context, started(pushed), put)


def _parsed(context: BuildContext, image: str, *actions: str) -> tuple[str, str, str, str]:
    """Host, region, repository and tag of an image. Fails without a login, the permissions or the repository."""
    host, _, rest = _full(image).partition("/")
    name, _, tag = rest.rpartition(":")
    matched = _HOST.fullmatch(host)
    if matched is None:
        raise _Failed(f"Error response from daemon: the sandbox has no registry {host}")
    if host not in context.hosts:
        raise _Failed("no basic auth credentials")
    account, region = matched.groups()
    for action in actions:
        _ask(context, action, _repository(region, account, name), "denied")
    if account != context.account or name not in ecr_backends[account][region].repositories:
        message = f"The repository with name '{name}' does not exist in the registry with id '{account}'"
        raise _Failed(f"name unknown: {message}")
    return host, region, name, tag


def _repository(region: str, account: str, name: str) -> str:
    return f"arn:{get_partition(region)}:ecr:{region}:{account}:repository/{name}"


def _full(image: str) -> str:
    return image if ":" in image.rpartition("/")[2] else f"{image}:latest"


def _ask(context: BuildContext, action: str, resource: str, what: str) -> None:
    if denied := permissions.denied_by(context.account, context.role, action, resource):
        message = f"{context.role} is not authorized to perform: {action} on resource: {resource}"
        raise _Failed(f"{what}: {message} {denied}")


_DO = {"password": _password, "describe": _describe, "login": _login, "build": _build, "tag": _tag, "pull": _pull,
       "push": _push, "version": _version, "inspect": _inspect, "engine": _engine, "begin": _begin,
       "progress": _progress, "findings": _findings}  # fmt: skip
