"""From the GitHub token to a connection, and back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from ecsctl.cli import app as _app  # noqa: F401 - the commands are there before the sandbox is
from ecsctl.config import editing
from ecsctl.errors import EcsctlError, Refused
from ecsctl.github import connection
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.github.remote import github_hooks
from ecsctl.sandbox.push import push
from tests.commands.conftest import cloud, folder, run  # noqa: F401 - fixtures
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, world  # noqa: F401 - a fixture

ARN = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/1b2c3d4e-0000-4000-8000-000000000000"

PLAIN = """\
name = "hello"

[github]
repository = "ecsctl/hello"  # ours
token_secret = "ci:token"
# branch = "main"

# What is built.
[build]
compute = "small"
"""


def made(world: World, name: str = "ours", provider: str = "GitHub") -> str:  # noqa: F811 - the fixture
    client = world.boto("codeconnections")
    return str(client.create_connection(ProviderType=provider, ConnectionName=name)["ConnectionArn"])


def test_only_the_connections_line_comes_and_every_comment_stays(tmp_path: Path) -> None:
    file = tmp_path / "ecsctl.toml"
    file.write_text(PLAIN)
    lines = PLAIN.splitlines()
    lines[4:5] = [f'connection_arn = "{ARN}"', '# token_secret = "ci:token"']
    assert editing.with_connection(file, ARN).splitlines() == lines

    other = ARN.replace("1b2c", "ffff")
    for text in (
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        PLAIN.replace("token_secret", f'connection_arn = "{other}" #'),
        'name = "hello"\n[github]\nrepository = "a/b"',
        'name = "hello"\ngithub = {repository = "a/b", token_secret = "x"}  # all of it\n',
        'name = "hello"\ngithub.repository = "a/b"\ngithub.token_secret = "x"\n',
    ):
        file.write_bytes(text.encode())
        changed = editing.with_connection(file, ARN)
        parsed = tomllib.loads(changed.removeprefix("\ufeff"))
        assert parsed["github"]["connection_arn"] == ARN
        assert "token_secret" not in parsed["github"]
        editing.put(file, changed)
        assert editing.with_connection(file, ARN) == changed
        assert changed.count("\r\n") in (0, changed.count("\n"))
    project = tmp_path / "pyproject.toml"
    project.write_text('[tool.ecsctl]\nname = "hello"\n[tool.ecsctl.github]\nrepository = "a/b"\n')
    parsed = tomllib.loads(editing.with_connection(project, ARN))
    assert parsed["tool"]["ecsctl"]["github"] == {"repository": "a/b", "connection_arn": ARN}


def test_what_the_environment_says_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ecsctl.toml"
    file.write_text(PLAIN)
    monkeypatch.setenv("ECSCTL_GITHUB__TOKEN_SECRET", "other")
    with pytest.raises(Refused, match="ECSCTL_GITHUB__TOKEN_SECRET is set"):
        editing.with_connection(file, ARN)
    monkeypatch.delenv("ECSCTL_GITHUB__TOKEN_SECRET")
    file.write_text('name = "hello"\n')
    with pytest.raises(Refused, match=r"has no \[github\]"):
        editing.with_connection(file, ARN)


def test_a_connection_that_cannot_be_used_is_refused_and_an_open_one_waited_for(world: World) -> None:  # noqa: F811 - the fixture
    session = world.open()
    aws, identity = session.aws, session.identity

    def refused(arn: str, **options: Any) -> tuple[int, str]:
        with pytest.raises(EcsctlError) as caught:
            connection.usable(aws, identity, arn, say=lambda text: None, **options)
        return caught.value.exit_code, f"{caught.value.message} {caught.value.why} {caught.value.hint}"

    arn = made(world)
    assert refused("the-connection")[0] == 2
    assert "of account 999999999999" in refused(arn.replace(ACCOUNT, "999999999999"))[1]
    assert "of region us-east-1" in refused(arn.replace(REGION, "us-east-1"))[1]
    assert "there is no connection" in refused(ARN)[1]
    assert "leads to Bitbucket" in refused(made(world, "elsewhere", "Bitbucket"))[1]
    code, message = refused(arn, wait=False)
    assert (code, "settings/connections?region=eu-central-1" in message) == (4, True)
    assert refused(arn, limit=60)[0] == 4

    def click(_what: str, _waited: float, _limit: float) -> None:
        complete_handshake("ours")

    said: list[str] = []
    aws.patience.say = click
    connection.usable(aws, identity, arn, say=said.append)
    assert "settings/connections" in said[0]
    complete_handshake("ours", status="ERROR")
    assert "status ERROR" in refused(arn)[1]
    assert aws.changes == 0


def test_up_moves_source_and_webhook_over_and_back_again(
    world: World,  # noqa: F811 - the fixture
    hear: Callable[..., None],
) -> None:
    def source() -> str:
        stages = world.boto("codepipeline").get_pipeline(name="hello")["pipeline"]["stages"]
        return str(stages[0]["actions"][0]["actionTypeId"]["provider"])

    def hears_of_a_push() -> int:
        world.clock.sleep(1800)
        began = push("main")["began"]
        world.clock.sleep(1800)
        return len(began)

    here = desired_stack(domain=None)
    world.up(here)
    assert (source(), len(github_hooks()), hears_of_a_push()) == ("GitHub", 1, 1)

    arn = made(world)
    complete_handshake("ours")
    connected = desired_stack(domain=None, github={"connection_arn": arn})
    dying = [True]

    def dies(**_: Any) -> None:
        if dying:
            raise KeyboardInterrupt

    hear(world.aws().client("codepipeline"), "before-call.codepipeline.UpdatePipeline", dies)
    with pytest.raises(KeyboardInterrupt):
        world.up(connected)
    assert (source(), github_hooks()) == ("GitHub", [])  # the hook is down, the pipeline has not moved
    dying.clear()
    world.up(here)  # and someone has thought better of it
    assert (len(github_hooks()), hears_of_a_push()) == (1, 1)

    world.up(connected)
    assert (source(), github_hooks(), hears_of_a_push()) == ("CodeStarSourceConnection", [], 1)
    assert world.boto("codepipeline").list_webhooks()["webhooks"] == []
    assert world.boto("codebuild").list_source_credentials()["sourceCredentialsInfos"] == []
    project = world.boto("codebuild").batch_get_projects(names=["hello-build"])["projects"][0]
    assert project["source"]["auth"] == {"type": "CODECONNECTIONS", "resource": arn}
    assert world.plan(connected).work == ()

    world.up(here)
    assert (source(), len(github_hooks()), hears_of_a_push()) == ("GitHub", 1, 1)
    assert world.plan(here).work == ()

    moved = desired_stack(domain=None, github={"repository": "ecsctl/moved"})
    world.up(moved)
    assert [repository for repository, _ in github_hooks()] == ["ecsctl/moved"]
    assert hears_of_a_push() == 1


def test_use_connection_writes_ecsctl_toml_once_the_handshake_is_done(
    cloud: None,  # noqa: F811 - the fixture
    folder: Path,  # noqa: F811 - the fixture
    run: Callable[..., Any],  # noqa: F811 - the fixture
) -> None:
    client = boto3.client("codeconnections", region_name=REGION)
    arn = client.create_connection(ProviderType="GitHub", ConnectionName="ours")["ConnectionArn"]
    before = (folder / "ecsctl.toml").read_text()
    pending = run("creds", "use-connection", arn, "--no-wait")
    assert pending.code == 4
    assert "settings/connections" in pending.err
    assert (folder / "ecsctl.toml").read_text() == before

    complete_handshake("ours")
    done = run("creds", "use-connection", arn)
    assert (done.code, done.out) == (0, "")
    assert "ecsctl up" in done.err
    after = (folder / "ecsctl.toml").read_text()
    assert after == before + f'connection_arn = "{arn}"\n'
    assert run("creds", "use-connection", arn).code == 0
    assert (folder / "ecsctl.toml").read_text() == after
    ended = run("creds", "status")
    assert (ended.code, "uses a connection" in ended.err) == (2, True)
