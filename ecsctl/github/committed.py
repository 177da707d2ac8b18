"""The content of the branch that is built, as far as git knows here: only what is committed and pushed gets built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecsctl.buildspec import USUAL
from ecsctl.errors import Refused
from ecsctl.github import checkout
from ecsctl.parts import IMAGE

if TYPE_CHECKING:
    from ecsctl.config import Config
    from ecsctl.session import Session

_NOT_BUILT = frozenset({"ecsctl.toml", "ecsctl.schema.json", ".gitignore", "pyproject.toml"})


@dataclass(frozen=True)
class Branch:
    """The branch, by the local repository's root. `ref` is git's name of it; empty: there is no commit to compare
    with.
    """

    root: Path
    name: str
    ref: str
    local: bool = False  # a local commit is enough to be built, as in the sandbox
    home: str = "."  # the folder of ecsctl.toml, from the root

    def has_file(self, path: str) -> bool:
        """Whether there is such a file; without any commit, whether it is in the folder."""
        return checkout.has_file(self.root, self.ref, path) if self.ref else self.is_in_folder(path)

    def is_in_folder(self, path: str) -> bool:
        """Whether the file is in the folder, committed or not."""
        return (self.root / path).is_file()

    @property
    def title(self) -> str:
        """Returns how it is named in messages."""
        return f"the branch {self.name}" + ("" if self.local else " on GitHub")


def branch(folder: Path, config: Config, *, local: bool) -> Branch | None:
    """The branch of [github], if the folder is a checkout of that repository; None if that is not known here.

    `local`: a local commit is on GitHub, as in the sandbox. Nothing is fetched: what git knows of GitHub is as old as
    the last fetch or push.
    """
    if config.github is None:
        return None
    root = checkout.root(folder)
    if root is None:
        return None
    name = config.github.branch
    if local:
        candidates = [f"refs/heads/{name}", "HEAD"]
    else:
        remotes = checkout.remotes(root)
        ours = [
            one for one, repository in remotes.items() if (repository or "").lower() == config.github.repository.lower()
        ]
        if remotes and not ours:
            return None
        candidates = [*(f"refs/remotes/{one}/{name}" for one in ours), "HEAD"]
    ref = next((one for one in candidates if checkout.commit(root, one)), "")
    home = folder.resolve().relative_to(root.resolve()).as_posix()
    return Branch(root, name, ref, local, home)


def own_buildspec(found: Branch | None) -> bool | None:
    """Whether the branch has a buildspec.yml; None if that is not known here."""
    return None if found is None else found.has_file(USUAL)


def context(found: Branch | None, config: Config) -> str:
    """The folder that ecsctl's own buildspec builds: that of ecsctl.toml, if it has a Dockerfile."""
    build = config.build
    if build.context or build.dockerfile or found is None or found.home == ".":
        return build.context or "."
    return found.home if found.has_file(f"{found.home}/Dockerfile") else "."


def missing(found: Branch, config: Config) -> str:
    """Returns why no build of the branch can succeed, in a sentence; empty if no reason is known.

    What a buildspec of the repository's own builds is not known here.
    """
    spec = config.build.spec(found.has_file(USUAL))
    if spec:
        return "" if found.has_file(spec) else f"{found.title} has no {spec}, which is the buildspec"
    path = dockerfile(found, config)
    return "" if found.has_file(path) else f"{found.title} has no {path}"


def unbuildable(session: Session, folder: Path, found: Branch | None) -> Refused | None:
    """Returns why `up` refuses, before anything is created, a new app that nothing can build and that has no image.

    A folder that is no repository has nothing to build: its image is expected from elsewhere.
    """
    config, facts = session.config, session.facts
    if config is None or facts is None or facts.image or not session.state.fresh:
        return None
    tasks = config.processes[config.default_process].least if config.default_process else len(config.jobs)
    why = hint = ""
    if IMAGE not in session.desired_stack.nodes and tasks and checkout.root(folder):
        table = "service" if config.service.web else f"workers.{config.default_process or 'NAME'}"
        why = '[pipeline] has mode = "none"' if config.github else "there is no [github] in ecsctl.toml"
        hint = (
            "fill in [github]; or name an image with ecsctl up --image URI; or make everything but the tasks with "
            f"desired_count = 0 in [{table}], and push an image to the app's repository then"
        )
    elif IMAGE in session.desired_stack.nodes and found and found.ref and (why := missing(found, config)):
        fetch = "" if found.local else "; what others pushed: git fetch"
        hint = f"{_push(found)}; or say where it is in [build]{fetch}"
    if not why:
        return None
    return Refused(
        f"nothing can build {config.name}: {why}", why="there is no image to run either; nothing was made", hint=hint
    )


def dockerfile(found: Branch | None, config: Config) -> str:
    """The Dockerfile that ecsctl's own buildspec builds, relative to the repository's root."""
    folder = context(found, config).rstrip("/")
    return config.build.dockerfile or ("Dockerfile" if folder == "." else f"{folder}/Dockerfile")


def warnings(found: Branch, config: Config) -> Iterator[str]:
    """Returns what a person should know before a build, in sentences."""
    if why := missing(found, config):
        yield f"{why}: {_push(found)}"
    elif not config.build.buildspec and found.is_in_folder(USUAL) and not found.has_file(USUAL):
        yield f"{USUAL} is here and not on {found.title}: ecsctl's own buildspec is used until it is; {_push(found)}"
    if not found.ref:
        return
    changed = [one for one in checkout.changed(found.root) if one not in _NOT_BUILT]
    ahead = 0 if found.local else checkout.ahead(found.root, found.ref, found.name)
    behind = [f"{ahead} commit{'s' if ahead > 1 else ''}"] if ahead else []
    behind += [f"changes to {', '.join(changed[:3])}{' and more' if len(changed) > 3 else ''}"] if changed else []
    if behind:
        missing_parts = " and ".join(behind)
        yield f"{found.title} does not have {missing_parts} of this folder, and it is what is built: {_push(found)}"


def _push(found: Branch) -> str:
    return "commit it" if found.local else f"commit it, and: git push origin {found.name}"
