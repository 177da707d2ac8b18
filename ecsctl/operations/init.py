"""Finds out about a repository for `ecsctl init`, and writes the ecsctl.toml for it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ecsctl.buildspec import OURS, PARTS, USUAL, ours
from ecsctl.config.editing import put, read_text
from ecsctl.discovery.apps import choosing
from ecsctl.discovery.apps.selection import Ask
from ecsctl.discovery.files.spec import missing_steps
from ecsctl.discovery.files.tree import Tree, within
from ecsctl.discovery.image import NO_DOCKERFILE, Image, observed
from ecsctl.discovery.needs.listing import Need
from ecsctl.errors import EcsctlError, Refused, UsageError
from ecsctl.github import checkout

SCHEMA = "ecsctl.schema.json"
IGNORED = ".ecsctl/"
"""The folder of the state file and the sandbox: it stays on this machine."""
_WHEREVER = frozenset({".ecsctl", ".ecsctl/", "**/.ecsctl", "**/.ecsctl/"})  # in any folder
_OF_SERVICE = (
    "port ", "health path ", "the app listens ", "the app reads ", "[service.environment] sets ", "the task has ",
    "the processor ", "it serves no requests",
)  # fmt: skip
"""How the notes begin that say where the values of [service] were found."""
GITHUB = (
    "for the pipeline, AWS reaches GitHub through a connection that you make in its console (Developer Tools, "
    "Settings, Connections), then: ecsctl creds use-connection ARN; or with a token: ecsctl creds set"
)


@dataclass(frozen=True)
class Proposal:
    """An ecsctl.toml for a repository, and what was found or guessed on the way, in sentences."""

    folder: Path
    name: str
    root: Path  # of the repository
    repository: str | None  # "owner/name" on GitHub
    branch: str
    image: Image | None  # None: there is no Dockerfile
    notes: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()  # what the app uses besides itself
    elsewhere: str = ""  # why it is not known to be on GitHub
    account_id: str = ""
    builds: bool = True  # False: the image comes from elsewhere
    every: bool = False  # whether the file names every other option too
    paths: tuple[str, ...] = ()  # what a push has to change to concern this app, in a repository with others

    @property
    def path(self) -> Path:
        """The path of the ecsctl.toml to write."""
        from ecsctl.config import FILE

        return self.folder / FILE

    @property
    def values(self) -> dict[str, Any]:
        """The file's text without comments."""
        values: dict[str, Any] = {"name": self.name}
        if self.account_id:
            values["account_id"] = self.account_id
        if self.image:
            values |= {name: table for name, table in self.image.values.items() if self.builds or name != "build"}
        if self.repository and self.builds:
            values["github"] = {"repository": self.repository, "branch": self.branch}
        return values

    def check(self) -> None:
        """Raises Refused if nothing can build the app, unless its image comes from elsewhere."""
        lacks = [] if self.image else [NO_DOCKERFILE]
        lacks += [] if self.repository else [self.elsewhere]
        if not lacks or not self.builds:
            return
        fix = [] if self.image else ["write a Dockerfile"]
        begun = "git remote add origin …" if self.elsewhere != checkout.NO_GIT else "git init, git remote add origin …"
        fix += [] if self.repository else [f"push the repository to GitHub ({begun})"]
        raise Refused(
            f"nothing can build this app: {'; '.join(lacks)}",
            why="nothing was written",
            hint=f"{' and '.join(fix)}, then: ecsctl init; or for an image from elsewhere: ecsctl init --no-build",
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """Those of the notes that a person has to check, or to do something about."""
        return self.image.doubts if self.image else ()

    def unpushed(self) -> tuple[str, ...]:
        """The git commands that publish what was written; none if git has all of it, or is missing."""
        ours = [self.folder / name for name in (self.path.name, SCHEMA, ".gitignore")]
        ours += [self.root / USUAL, *([self.root / self.image.dockerfile] if self.image else [])]
        paths = [one.relative_to(self.root).as_posix() for one in ours]
        found = dict.fromkeys(checkout.uncommitted(self.root, paths))  # git names one twice that has left its index
        new = [os.path.relpath(self.root / one, self.folder) for one in found]
        if not new:
            return ()
        return (
            f"git add {shlex.join(new)}",
            'git commit -m "Deploy with ecsctl"',
            f"git push origin {shlex.quote(self.branch)}",
        )

    @cached_property
    def text(self) -> str:
        """The file as a whole."""
        from ecsctl.config.printing import toml
        from ecsctl.config.writing import template

        remarks = {
            "service": self._found(*_OF_SERVICE),
            "build": self._found("the image is built ", "the stage ", "there are several Dockerfiles"),
        }
        if self.needs:
            remarks["service"].append("You will have to say where these are; ecsctl does not create them by itself:")
            remarks["service"] += [f"- {one.line}" for one in self.needs]
        if self.image and self.image.lacking and self.builds:
            lacking = ", ".join(self.image.lacking)
            remarks["build"].append(f"Set these in args, since the Dockerfile has no default for them: {lacking}")
        if self.paths and self.builds:
            listed = ", ".join(f'"{one}"' for one in self.paths)
            remarks["pipeline"] = [f"This repository contains other apps too. With a connection, paths = [{listed}] "
                                   "builds this one only for pushes that change it."]  # fmt: skip
        processes = self.image.processes if self.image else ()
        if self.image and self.image.web and not self.image.port and any(one.name for one in processes):
            remarks["service"].append("If this app serves no requests: web = false, and the workers below.")
        for one in processes:
            if not one.name:
                remarks["release"] = [f"{one.where} runs this at each release: command = {toml(one.words)}"]
        workers = {one.name: (f"{one.where} runs this" if one.command else "What the image starts", one.words)
                   for one in processes if one.name}  # fmt: skip
        return template(self.values, remarks, workers, self.doubts, every=self.every)

    def _found(self, *begins: str) -> list[str]:
        """Say what was found and where, from the notes that begin like this."""
        notes = [  # the doubts stand at the top already
            one for one in (self.image.notes if self.image else ()) if one.startswith(begins) and one not in self.doubts
        ]
        return [f"Found: {'; '.join(notes)}"] if notes and self.builds else []


def propose(folder: Path, ask: Ask | None = None, dockerfile: str = "") -> Proposal:
    """Examine the repository that a folder is in. Changes nothing, and contacts no other machine.

    `ask` has a person choose if several things are possible; without it the likeliest is taken, and the notes say so.
    `dockerfile` is the one to use, relative to the repository's root. Raises UsageError if it is none.
    """
    found = checkout.read(folder)
    tree = Tree.of(found.root)
    here = folder.resolve().relative_to(found.root.resolve()).as_posix()
    image = observed(tree, here, ask=ask, dockerfile=dockerfile, called=found.repository or "")
    name = app_name((found.repository or found.root.name).rsplit("/", 1)[-1])
    home = _home(tree, here, image)
    if home != ".":
        whole = app_name(f"{name}-{home.rpartition('/')[2]}")
        name = whole if whole.endswith(app_name(home.rpartition("/")[2])) else app_name(home.rpartition("/")[2])
    notes = [f"the app is called {name}", *found.notes]
    if home != ".":
        notes.append(f"the repository contains other apps too: ecsctl.toml is for this folder, {home}; its paths are "
                     "relative to the repository's root")  # fmt: skip
    notes += image.notes if image else [NO_DOCKERFILE]
    if others := [one.name or "a release command" for one in (image.processes if image else ())]:
        as_comments = ", as comments" if image and image.web else ""
        notes.append(f"the same image runs {', '.join(others)}: proposed in ecsctl.toml{as_comments}")
    if image and image.needs:
        notes.append(
            "[service] in ecsctl.toml lists what else it needs: "
            + ", ".join(dict.fromkeys(one.kind for one in image.needs))
        )
    if found.repository:
        notes.append(GITHUB)
    return Proposal(
        folder=found.root if home == "." else found.root / home,
        name=name,
        root=found.root,
        paths=_paths(home, image) if home != "." else (),
        repository=found.repository,
        branch=found.branch,
        image=image,
        notes=tuple(notes),
        needs=image.needs if image else (),
        elsewhere="" if found.repository else found.notes[0].partition(":")[0],
    )


def _home(tree: Tree, here: str, image: Image | None) -> str:
    """The folder of ecsctl.toml, relative to the root: the current one, if it is one of several apps'."""
    if here == "." or image is None or not within(image.dockerfile, here):
        return "."
    others = [one for one in choosing.dockerfiles(tree) if choosing.is_likely(one) and choosing.serves(tree, one)]
    files = [one for one in tree.files if one.rpartition("/")[2] == "ecsctl.toml"]
    return here if any(not within(one, here) for one in (*others, *files)) else "."


def _paths(home: str, image: Image | None) -> tuple[str, ...]:
    """The folders of this app: its own, and the one that it is built from, if that is another one below the root."""
    context = image.context if image else home
    return (f"{home}/**",) if context == "." or within(context, home) else (f"{context}/**",)


def write(
    proposal: Proposal, force: bool = False, buildspec: bool = False, say: Callable[[str], None] = lambda _: None
) -> Path:
    """Write ecsctl.toml and what belongs to it: its schema, a line in .gitignore; ecsctl's buildspec.yml on request.

    `say` gets a line for each further file. Does nothing if everything exists already. Raises UsageError rather than
    replace an ecsctl.toml, unless `force` says so; a buildspec.yml is never replaced.
    """
    from ecsctl.config import schema

    path = proposal.path
    if proposal.account_id and not re.fullmatch("[0-9]{12}", proposal.account_id):
        raise UsageError(f'--account-id: expected twelve digits, found "{proposal.account_id}"')
    existing = read_text(path)
    if existing not in (None, proposal.text) and not force:
        raise UsageError(f"{path} exists already", hint="edit it, or replace it with: ecsctl init --force")
    ignore = proposal.folder / ".gitignore"
    before = read_text(ignore) or ""
    above = read_text(proposal.root / ".gitignore") or ""
    if _with_entry(before) != before and not _WHEREVER & {line.strip() for line in above.splitlines()}:
        put(ignore, _with_entry(before))
        say(f".gitignore: {IGNORED} added, the folder of the state file and of the sandbox")
    for name, text, wanted, purpose in (
        (SCHEMA, schema(), True, "so that an editor knows the options of ecsctl.toml"),
        (USUAL, ours(*PARTS), buildspec, "what CodeBuild runs at each push: it builds and pushes the image"),
    ):
        place = (proposal.folder if name == SCHEMA else proposal.root) / name
        if wanted and ((force and name == SCHEMA) or not place.exists()):
            put(place, text)
            say(f"{name}: written, {purpose}")
        elif name == USUAL and (kept := read_text(place)) is not None and kept != text:
            say(f"{name}: existed, and is left unchanged; {_review_of(kept, proposal.name)}")
    # Last, so that a run that dies before can be repeated.
    put(path, proposal.text)
    return path


def _review_of(buildspec: str, container: str) -> str:
    """Say what an existing buildspec does not do, and what to do about it."""
    missing = missing_steps(buildspec, container)
    if not missing:
        return "it builds the image"
    return (f"it does not {', nor '.join(missing)}, which the pipeline needs: fix it, or "
            f'build with ecsctl\'s own by buildspec = "{OURS}" in [build]')  # fmt: skip


def caller() -> tuple[str, str]:
    """The account and the caller of the current credentials; empty if there are none, or AWS does not answer quickly.

    No MFA code is asked for, and nothing is retried: it only serves to offer a default.
    """
    from botocore.config import Config as Settings
    from botocore.exceptions import BotoCoreError, ClientError

    from ecsctl.aws import access

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


def _with_entry(text: str) -> str:
    """A .gitignore that names our folder."""
    if (_WHEREVER | {"/.ecsctl", "/.ecsctl/"}) & {line.strip() for line in text.splitlines()}:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    return text + (end if text and not text.endswith("\n") else "") + IGNORED + end
