"""`ecsctl init` on a terminal: the account that it offers as the only one."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from ecsctl.operations.init import propose
from ecsctl.sandbox.server import process as sandbox
from tests import forked
from tests.commands.conftest import Ended


def on_github(folder: Path) -> None:
    """Make it a repository with something to build."""
    (folder / ".git").rmdir()
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "remote", "add", "origin", "git@github.com:acme/hello.git"], check=True)
    (folder / "Dockerfile").write_text("FROM scratch\nEXPOSE 80\n")


@pytest.fixture
def screen(folder: Path, served: Callable[..., Ended]) -> Callable[[], pexpect.spawn[str]]:
    """Run `ecsctl init` on a terminal, with credentials of the sandbox's account."""
    (folder / "ecsctl.toml").unlink()
    on_github(folder)
    environment = {**sandbox.environment(forked.start(folder / ".ecsctl")), "TERM": "xterm"}
    environment.pop("CI", None)

    def screen() -> pexpect.spawn[str]:
        return pexpect.spawn(
            sys.executable, ["-m", "ecsctl", "init"], cwd=str(folder), env=environment, timeout=60,
            encoding="utf-8", dimensions=(40, 200),
        )  # fmt: skip

    return screen


def test_the_account_of_the_credentials_is_offered_as_the_only_one(
    folder: Path, screen: Callable[[], pexpect.spawn[str]]
) -> None:
    file = folder / "ecsctl.toml"
    for answer, written in (("n", None), ("", "123456789012")):
        asking = screen()
        asking.expect_exact("are of account 123456789012, as arn:aws:")
        asking.expect_exact("[Y/n]")
        asking.sendline(answer)
        asking.expect(pexpect.EOF)
        assert asking.wait() == 0
        assert tomllib.loads(file.read_text()).get("account_id") == written
        file.unlink()
    asking = screen()
    asking.expect_exact("[Y/n]")
    asking.sendintr()
    asking.expect(pexpect.EOF)
    assert asking.wait() == 130
    assert not file.exists()


def test_without_a_terminal_nothing_is_asked_and_an_option_names_it(folder: Path, run: Callable[..., Ended]) -> None:
    file = folder / "ecsctl.toml"
    on_github(folder)
    ended = run("init", "--force")
    assert ended.code == 0
    assert "git add .gitignore Dockerfile ecsctl.schema.json ecsctl.toml" in ended.said
    assert "git push origin main" in ended.said
    in_sandbox = run("init", "--force", "--sandbox")
    assert "git push" not in in_sandbox.said
    assert "git commit" in in_sandbox.said
    assert "account_id" not in tomllib.loads(file.read_text())
    assert run("init", "--force", "--account-id", "210987654321").code == 0
    assert tomllib.loads(file.read_text())["account_id"] == "210987654321"
    wrong = run("init", "--force", "--account-id", "ours")
    assert (wrong.code, "twelve digits" in wrong.err) == (2, True)
    assert tomllib.loads(file.read_text())["account_id"] == "210987654321"


@pytest.mark.parametrize("answers", [False, True], ids=["no credentials", "no answer"])
def test_where_the_account_is_not_known_there_is_no_offer(monkeypatch: pytest.MonkeyPatch, answers: bool) -> None:
    from ecsctl.operations.init import caller

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, os.devnull)
    if answers:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert caller() == ("", "")


@pytest.mark.parametrize(("lacks", "expected"), [
    ("Dockerfile", "there is no Dockerfile here"),
    ("remote", "there is no remote"),
])  # fmt: skip
def test_where_nothing_can_be_built_it_is_reported_at_once_and_nothing_is_written(
    folder: Path, run: Callable[..., Ended], lacks: str, expected: str
) -> None:
    (folder / "ecsctl.toml").unlink()
    on_github(folder)
    if lacks == "remote":
        subprocess.run(["git", "-C", str(folder), "remote", "remove", "origin"], check=True)
    else:
        (folder / "Dockerfile").unlink()
    before = sorted(one.name for one in folder.iterdir())
    ended = run("init")
    assert ended.code == 1
    assert f"nothing can build this app: {expected}" in ended.said
    assert sorted(one.name for one in folder.iterdir()) == before
    assert run("init", "--no-build").code == 0
    assert "github" not in tomllib.loads((folder / "ecsctl.toml").read_text())


def test_a_port_that_is_none_is_asked_for_again(folder: Path) -> None:
    (folder / "ecsctl.toml").unlink()
    on_github(folder)
    (folder / "Dockerfile").write_text('FROM scratch\nCMD ["/serve"]\n')

    def port(*answers: str) -> tuple[int | None, list[str]]:
        left, questions = iter(answers), list[str]()

        def ask(question: str, _answers: object) -> str:
            questions.append(question)
            return next(left)

        return propose(folder, ask).values.get("service", {}).get("port"), questions

    found, questions = port("abc", "0", "99999", "8080")
    assert found == 8080
    assert [question.partition(".")[0] for question in questions] == [
        "The port that the app listens on was not found",
        *(f"Expected a number from 1 to 65535, found {one}" for one in ("abc", "0", "99999")),
    ]
    assert len(port("")[1]) == 1


def test_without_a_repository_the_way_to_one_is_named(folder: Path, run: Callable[..., Ended]) -> None:
    (folder / ".git").rmdir()
    (folder / "ecsctl.toml").unlink()
    (folder / "Dockerfile").write_text("FROM scratch\nEXPOSE 80\n")
    ended = run("init")
    assert ended.code == 1
    assert "push the repository to GitHub (git init, git remote add origin …), then: ecsctl init" in ended.said
