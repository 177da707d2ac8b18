"""A canary in the token's place: whatever is run, and however it fails, nobody ever sees it."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import boto3
import pytest
import typer
from botocore.exceptions import ClientError

from ecsctl import session
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.cli import app, main
from ecsctl.engine import secret
from ecsctl.resources.source_credentials import SourceCredentials
from ecsctl.sandbox.aws.account import TOKEN_SECRET
from ecsctl.sandbox.github.remote import revoke_github_token
from ecsctl.sandbox.server.inprocess import inprocess
from tests.operations.test_execute import Plugin, plugin  # noqa: F401 - a fixture
from tests.stack.conftest import shared_session

FIRST, SECOND, THIRD = 'ghp_Canary+1/&"yellow', "ghp_Canary=2%\\green", "ghp_Canary#3?blue"
SMALL = 'name = "hello"\n[vpc]\negress = "public"\n[github]\nrepository = "a/b"\n'

ROWS = """
up
status
plan
logs
why
creds rotate -
creds set -
creds rotate --stored
creds status
creds use-connection arn:aws:codeconnections:eu-central-1:123456789012:connection/1b2c3d4e-0000-4000-8000-000000000000
exec -- ls
forward 0:db.internal:5432
run -- ls
ps
scale web=1
jobs list
jobs run nightly
jobs pause nightly
jobs resume nightly
deploy
rollback --yes
cancel
continue
init
policy --account 123456789012 --region eu-central-1
pipeline status
pipeline run
pipeline approve
pipeline retry
pipeline stop
pipeline logs
history
history of mailer
history diff 1 2
config show
config schema
config options port
secret set db -
secret list
secret rm db --yes
down --yes --force
"""
SERVERS = {"sandbox start", "sandbox status", "sandbox reset", "sandbox stop", "sandbox push", "sandbox dns"}
"""They manage a process that knows its own token only, and are run by tests of their own."""


def forms(canary: str) -> Iterator[bytes]:
    """The canary as it may be written: as it is, escaped, quoted, in hexadecimal, and in base64 wherever it begins."""
    plain = canary.encode()
    yield from (plain, json.dumps(canary)[1:-1].encode(), repr(canary)[1:-1].encode())
    yield from (one.encode() for one in (quote(canary), quote(canary, safe=""), quote_plus(canary), plain.hex()))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            whole = encode(b"x" * before + plain)
            yield whole[(before * 8 + 5) // 6 : len(whole) - 4]  # without what its neighbours have a part in


class Search:
    """Everything that is visible from outside, and a search in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.observed = folder, io.BytesIO()

    def see(self, what: object) -> None:
        self.observed.write(f"{what}\n".encode())

    def finds(self) -> list[str]:
        files = {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        places = {"what was printed": self.observed.getvalue(), **files}
        return sorted(
            {place for place, text in places.items()
             for canary in (FIRST, SECOND, THIRD) for form in forms(canary) if form in text}
        )  # fmt: skip


@pytest.fixture
def search(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Search:
    """It sees the arguments of every process that is started, and has no part in what `plugin` writes down."""
    found, start = Search(folder), subprocess.Popen.__init__

    def heard(self: Any, args: Any, *more: Any, **options: Any) -> None:
        found.see(args)
        start(self, args, *more, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", heard)
    return found


@pytest.fixture
def run(search: Search, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., int]:
    """Run a command in this process, with a token on stdin, and keep all its output. Its exit code; a bug's is 1."""

    def run(*words: str, token: str = SECOND) -> int:
        monkeypatch.setattr(sys, "argv", ["ecsctl", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(token + "\n"))
        monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
        secret._held.clear()  # a process knows no more than what it reads itself
        capfd.readouterr()
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
        except Exception as bug:  # noqa: BLE001 - as Python itself ends with one
            sys.excepthook(type(bug), bug, bug.__traceback__)
            code = 1
        output = capfd.readouterr()
        search.see(f"{words[0]}: {code}\n{output.out}{output.err}")
        return code

    return run


def commands(of: Any = None, above: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every command, by its words, with its options."""
    of = of or typer.main.get_command(app)
    if above and (not hasattr(of, "commands") or of.invoke_without_command):
        yield above, {option for one in of.params for option in one.opts}
    for name, below in getattr(of, "commands", {}).items():
        yield from commands(below, f"{above} {name}".strip())


def test_a_planted_token_is_found_by_the_search(search: Search, folder: Path) -> None:
    assert search.finds() == []
    for canary in (FIRST, SECOND, THIRD):
        for form in (
            canary,
            json.dumps({"token": canary}),
            f"https://{quote(canary)}@github.com",
            base64.b64encode(f"user:{canary}".encode()).decode(),
            base64.b64encode(f"{canary}\nmore".encode()).decode(),
            repr({"token": canary}),
        ):
            (folder / ".ecsctl").mkdir(exist_ok=True)
            (folder / ".ecsctl" / "state.json.bak").write_text(f"before {form} after")
            assert search.finds() == [str(folder / ".ecsctl" / "state.json.bak")], form
    (folder / ".ecsctl" / "state.json.bak").unlink()
    subprocess.run(["true", FIRST], check=True)
    assert search.finds() == ["what was printed"]


def test_nobody_ever_sees_the_token(
    folder: Path,
    search: Search,
    run: Callable[..., int],
    plugin: Plugin,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (folder / "ecsctl.toml").write_text(SMALL)
    plugin()
    rows = [row.split() for row in ROWS.strip().splitlines()]
    every = dict(commands())
    named = {_name(every, row) for row in rows}
    assert named | SERVERS == every.keys(), "a command has no row here"

    with inprocess() as clock:
        monkeypatch.setattr(
            session.Place,
            "aws",
            lambda self, region=None: Aws(Patience(clock), session=shared_session(), heard=self.heard),
        )
        secrets = boto3.client("secretsmanager", region_name="eu-central-1")
        secrets.put_secret_value(SecretId=TOKEN_SECRET, SecretString=FIRST)

        def through(option: str, *, but: tuple[str, ...]) -> dict[str, int]:
            """Every row, with that option where the command has it, but for those that begin so; its exit codes."""
            codes = {}
            for row in (one for one in rows if not " ".join(one).startswith(but)):
                known = every[_name(every, row)]
                options = [option, *(["json"] if option == "--output" else [])] if option in known else []
                at = row.index("--") if "--" in row else len(row)
                codes[" ".join(row)] = run(*row[:at], *options, *row[at:])
                clock.sleep(30)
            return codes

        def fails(operation: str, code: str) -> Any:
            """Every call of that operation is refused so, with words that repeat all that was sent, within it."""
            service, _, name = operation.partition(".")
            client = Aws(Patience(clock), session=shared_session()).client(service)

            def fail(params: Any, **_: Any) -> None:
                answer = {"Code": code, "Message": f"this is not taken: {params['body']!s} {params['body']!r}"}
                raise ClientError({"Error": answer}, name)

            return _registered(client, f"before-call.{client.meta.service_model.service_id.hyphenize()}.{name}", fail)

        assert run("up", "--yes") == 0
        clock.sleep(1800)
        codes = through("--debug", but=("down",))
        assert {codes[row] for row in ("up", "status", "why", "creds rotate -", "pipeline run")} == {0}, codes
        assert secrets.get_secret_value(SecretId=TOKEN_SECRET)["SecretString"] == SECOND
        clock.sleep(1800)

        revoke_github_token()
        run("creds", "rotate", "-", "--debug", token=THIRD)
        others = ("down", "creds rotate", "creds set", "init", "deploy", "rollback", "cancel", "exec", "logs",
                  "history", "policy", "config")  # fmt: skip
        through("--output", but=others)
        revoke_github_token(works=True)

        for operation, code, token in (
            ("secretsmanager.GetSecretValue", "AccessDeniedException", FIRST),
            ("secretsmanager.PutSecretValue", "AccessDeniedException", FIRST),
            ("codebuild.ImportSourceCredentials", "ValidationException", FIRST),
            ("codepipeline.UpdatePipeline", "ValidationException", SECOND),
        ):
            with fails(operation, code):
                assert run("creds", "rotate", "-", "--debug", token=token) in (1, 3), operation
        with fails(operation, code):
            assert run("up", "-o", "json") == 1
        assert run("creds", "rotate", "--stored") == 0

        def broken(self: SourceCredentials, *_: Any, **__: Any) -> None:
            raise RuntimeError(f"{self!r} {self.token} {vars(self)} and in plain {self.token.reveal()}")

        with monkeypatch.context() as patch:
            patch.setattr(SourceCredentials, "_import", broken)
            assert run("creds", "rotate", "-", "--debug", token=THIRD + "!") == 1
            assert run("creds", "rotate", "-", "-o", "json", token=THIRD) == 1
        assert b"RuntimeError" in search.observed.getvalue()
        assert b"Traceback" in search.observed.getvalue()

        assert run("creds", "set", FIRST) == 2
        assert run("up", "-o", "json") == 0
        assert run("down", "--yes", "--force", "--debug") == 0
        (folder / "bin" / "session").unlink(missing_ok=True)

    assert b"aws codebuild import_source_credentials" in search.observed.getvalue()
    assert search.finds() == []


def _name(every: dict[str, set[str]], row: list[str]) -> str:
    """The command that a row is of."""
    return max((name for name in every if row[: name.count(" ") + 1] == name.split()), key=len)


@contextlib.contextmanager
def _registered(client: Any, event: str, handler: Callable[..., Any]) -> Iterator[None]:
    client.meta.events.register(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)
