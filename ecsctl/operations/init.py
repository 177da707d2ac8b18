"""What `ecsctl init` finds out about a repository, and the ecsctl.toml that it writes for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from ecsctl.config.editing import put, read_text
from ecsctl.engine.errors import EcsctlError, UsageError
from ecsctl.operations import checkout

DOCKERFILE = "Dockerfile"
IGNORED = ".ecsctl/"
"""The folder of the record and the sandbox: it stays on this machine."""
GITHUB = (
    "AWS reaches GitHub through a connection, which you make in the console (Developer Tools, Settings, Connections; "
    "install its GitHub App on this repository alone), then: ecsctl creds use-connection ARN; or else with a token: "
    "ecsctl creds set"
)


@dataclass(frozen=True)
class Proposal:
    """An ecsctl.toml for a repository, and what was found or guessed on the way, in sentences."""

    folder: Path
    name: str
    repository: str | None  # "owner/name" on GitHub
    branch: str
    context: str  # the folder of the Dockerfile, from the repository's root
    port: int | None
    notes: tuple[str, ...] = ()
    account_id: str = ""

    @property
    def path(self) -> Path:
        """Where it belongs."""
        from ecsctl.config import FILE

        return self.folder / FILE

    @property
    def values(self) -> dict[str, Any]:
        """What stands in the file without a #."""
        guard = {"account_id": self.account_id} if self.account_id else {}
        values: dict[str, Any] = {"name": self.name, **guard, "build": {"environment": {"BUILD_CONTEXT": self.context}}}
        if self.port:
            values["service"] = {"port": self.port}
        if self.repository:
            values["github"] = {"repository": self.repository, "branch": self.branch}
        return values

    @cached_property
    def text(self) -> str:
        """The file as a whole, with every option."""
        from ecsctl.config.writing import template

        return template(self.values)


def propose(folder: Path) -> Proposal:
    """Look at the repository that a folder is in. Changes nothing, and asks no other machine."""
    found = checkout.look(folder)
    root, notes = found.root, [*found.notes]
    dockerfiles = _dockerfiles(root)
    port = None
    if dockerfiles:
        first = dockerfiles[0].relative_to(root)
        if len(dockerfiles) > 1:
            listed = ", ".join(str(one.relative_to(root)) for one in dockerfiles)
            notes.append(f"there are several Dockerfiles: {listed}; the first is taken")
        port = exposed(dockerfiles[0].read_text(encoding="utf-8", errors="replace"))
        said = f"port {port} from its EXPOSE" if port else "which EXPOSEs no TCP port: 8000 is a guess, see [service]"
        notes.append(f"the image is built from {first}, {said}")
    else:
        notes.append(f"there is no {DOCKERFILE} here or one folder down: put one here, and see [service] for its port")
    name = app_name((found.repository or root.name).rsplit("/", 1)[-1])
    if found.repository:
        notes.append(GITHUB)
    return Proposal(
        folder=root,
        name=name,
        repository=found.repository,
        branch=found.branch,
        context=str(dockerfiles[0].parent.relative_to(root)) if dockerfiles else ".",
        port=port,
        notes=(f"the app is called {name}", *notes),
    )


def write(proposal: Proposal, force: bool = False) -> Path:
    """Write ecsctl.toml and what goes with it: its schema, a line in .gitignore, a buildspec.yml where there is none.

    Does nothing where all is there already. Raises UsageError rather than replace an ecsctl.toml, unless `force` says
    so; a buildspec.yml is never replaced.
    """
    from ecsctl.config import schema
    from ecsctl.config.writing import SCHEMA

    path = proposal.path
    if proposal.account_id and not re.fullmatch("[0-9]{12}", proposal.account_id):
        raise UsageError(f"{proposal.account_id} is no account's id", hint="it has twelve digits")
    there = read_text(path)
    if there not in (None, proposal.text) and not force:
        raise UsageError(f"{path} is there already", hint="edit it, or replace it with: ecsctl init --force")
    ignore = proposal.folder / ".gitignore"
    put(ignore, _with_entry(read_text(ignore) or ""))
    for name, text, anew in ((SCHEMA, schema(), force), ("buildspec.yml", _buildspec(), False)):
        if anew or not (proposal.folder / name).exists():
            put(proposal.folder / name, text)
    # Last, so that a run that dies before can be repeated.
    put(path, proposal.text)
    return path


def caller() -> tuple[str, str]:
    """The account and the caller of the credentials at hand; empty where there are none, or AWS does not answer soon.

    Nobody is asked for an MFA code, and nothing is tried twice: it is only for an offer.
    """
    from botocore.config import Config as Settings
    from botocore.exceptions import BotoCoreError, ClientError

    from ecsctl import access

    settings = Settings(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})
    try:
        found = access.session(None, None, "us-east-1", None).client("sts", config=settings).get_caller_identity()
    except (BotoCoreError, ClientError, EcsctlError):
        return "", ""
    return found["Account"], found["Arn"]


def app_name(name: str) -> str:
    """A repository's name as an app's name: at most 20 of a-z, 0-9 and single hyphens."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    words = re.sub(r"^(?:internal-|sthree-|amzn-s3-demo-)+", "", words)
    words = words if re.match("[a-z]", words) else f"app-{words}"
    short = words[:20].strip("-")
    return short if len(short) > 1 else "app"


def exposed(dockerfile: str) -> int | None:
    """The first TCP port that the image of a Dockerfile EXPOSEs: of its last stage, with ARG and ENV put in."""
    found: int | None = None
    known: dict[str, str] = {}
    for line in re.sub(r"\\[ \t]*\r?\n", " ", dockerfile).splitlines():
        word, _, rest = line.strip().partition(" ")
        match word.upper():
            case "FROM":
                found = None
            case "ARG" | "ENV":
                known.update(re.findall(r"(\w+)=[\"']?([^\s\"']+)", rest) or re.findall(r"(\w+)\s+(\S+)", rest)[:1])
            case "EXPOSE" if found is None:
                found = next((port for one in rest.split() if (port := _port(one, known))), None)
    return found


def _port(text: str, known: Mapping[str, str]) -> int | None:
    """The port of "8000", "8000/tcp", "8000-8010" or "${PORT:-8000}"; None for UDP and for what cannot be known."""

    def value(match: re.Match[str]) -> str:
        return known.get(match[1] or match[3]) or match[2] or ""

    text = re.sub(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))", value, text)
    match = re.fullmatch(r"([0-9]{1,5})(?:-[0-9]+)?(?:/tcp)?", text, re.IGNORECASE)
    return int(match[1]) if match and 1 <= int(match[1]) <= 65535 else None


def _dockerfiles(root: Path) -> list[Path]:
    """The Dockerfiles in the root and one folder down, the root's first, in the order of their folders' names."""
    below = sorted(one for one in root.glob(f"*/{DOCKERFILE}") if not one.parent.name.startswith("."))
    return [one for one in (root / DOCKERFILE, *below) if one.is_file()]


def _buildspec() -> str:
    """The buildspec that comes with ecsctl: in the package, or beside it in a checkout."""
    package = resources.files("ecsctl")
    for place in (package / "_template" / "buildspec.yml", Path(str(package)).parent / "buildspec.yml"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise EcsctlError("this installation of ecsctl lacks its buildspec.yml", hint="install it again")


def _with_entry(text: str) -> str:
    """A .gitignore that names our folder."""
    if {".ecsctl", ".ecsctl/", "/.ecsctl", "/.ecsctl/"} & {line.strip() for line in text.splitlines()}:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    return text + (end if text and not text.endswith("\n") else "") + IGNORED + end
