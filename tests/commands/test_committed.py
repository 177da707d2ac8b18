"""What is not committed and pushed is not built: it is said, and what nothing can build is refused before all else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ecsctl.config import Config
from ecsctl.github import committed
from tests.commands.conftest import Ended

CONFIG = Config.model_validate({"name": "hello", "github": {"repository": "acme/hello"}, "build": {"context": "api"}})


def git(folder: Path, *words: str) -> None:
    named = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *words]
    subprocess.run(named, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of acme/hello with one pushed commit, which has a README and no more."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "README").write_text("")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "remote", "add", "origin", "git@github.com:acme/hello.git")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    return folder


def warned(folder: Path, config: Config = CONFIG, *, local: bool = False) -> str:
    found = committed.branch(folder, config, local=local)
    assert found
    return "\n".join(committed.warnings(found, config))


def test_what_is_not_pushed_is_reported_until_it_is(clone: Path) -> None:
    assert "the branch main on GitHub has no api/Dockerfile: commit it, and: git push origin main" in warned(clone)
    (clone / "api").mkdir()
    (clone / "api" / "Dockerfile").write_text("FROM scratch\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "second")
    assert "has no api/Dockerfile" in warned(clone)
    assert "does not have 1 commit of this folder" in warned(clone)
    assert warned(clone, local=True) == "", "in the sandbox a commit will do"
    git(clone, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert warned(clone) == ""
    (clone / "README").write_text("more")
    (clone / "ecsctl.toml").write_text("")
    assert "does not have changes to README of this folder" in warned(clone)


def test_a_buildspec_counts_once_it_is_pushed(clone: Path) -> None:
    assert committed.own_buildspec(committed.branch(clone, CONFIG, local=False)) is False
    (clone / "buildspec.yml").write_text("")
    assert "buildspec.yml is here and not on the branch main on GitHub" in warned(
        clone, Config.model_validate({**CONFIG.model_dump(exclude_unset=True), "build": {"dockerfile": "README"}})
    )
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "second")
    assert committed.own_buildspec(committed.branch(clone, CONFIG, local=False)) is False
    git(clone, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert committed.own_buildspec(committed.branch(clone, CONFIG, local=False)) is True


def test_a_checkout_of_another_repository_tells_nothing(clone: Path, tmp_path: Path) -> None:
    git(clone, "remote", "set-url", "origin", "https://github.com/acme/infrastructure")
    assert committed.branch(clone, CONFIG, local=False) is None
    assert committed.branch(tmp_path, CONFIG, local=False) is None


@pytest.mark.usefixtures("quick")
def test_an_app_that_nothing_can_build_is_refused_before_anything_is_made(
    folder: Path, served: Callable[..., Ended]
) -> None:
    (folder / ".git").rmdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "ecsctl.toml").write_text('name = "hello"\n')
    planned = served("plan", "--sandbox")
    assert planned.code == 0
    assert "nothing can build hello: there is no [github] in ecsctl.toml" in planned.said
    assert "this will be refused" in planned.said
    assert "next:" not in planned.said
    refused = served("up", "--sandbox", "--yes")
    assert refused.code == 1
    assert "nothing can build hello: there is no [github] in ecsctl.toml" in refused.said
    assert "desired_count = 0 in [service]" in refused.said
    document = json.loads(served("status", "--sandbox", "--output", "json").out)
    assert {one["condition"] for one in document["resources"]} == {"missing"}
    (folder / "ecsctl.toml").write_text('name = "hello"\n[service]\ndesired_count = 0\n')
    assert served("up", "--sandbox", "--yes").code == 0


@pytest.mark.usefixtures("quick")
def test_a_repository_without_a_buildspec_is_built_in_the_sandbox_and_nothing_is_asked(
    folder: Path, served: Callable[..., Ended]
) -> None:
    (folder / ".git").rmdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "README").write_text("")
    git(folder, "add", "README")
    git(folder, "commit", "-q", "-m", "first")
    refused = served("up", "--sandbox", "--yes")
    assert refused.code == 1
    assert "nothing can build hello: the branch main has no Dockerfile" in refused.said
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY README .\n")
    git(folder, "add", "Dockerfile")
    git(folder, "commit", "-q", "-m", "second")
    ended = served("up", "--sandbox")
    assert ended.code == 0, ended.err
    log = served("logs", "--build", "--sandbox")
    assert "COPY README ." in log.out + log.err
    (folder / "ecsctl.toml").write_text(
        (folder / "ecsctl.toml").read_text() + '[build]\nenvironment = { BASH_ENV = "x" }\n'
    )
    assert "runs the commands of [build.environment]" in served("up", "--sandbox").said
