"""Whose account and which region a command works in: boto3's own choice, unless ecsctl is given another one."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
import botocore.session
import pexpect
import pytest
from botocore.exceptions import EndpointConnectionError, ProfileNotFound

from ecsctl.account.identity import identify
from ecsctl.aws import access
from ecsctl.errors import AccessError, EcsctlError, UsageError
from ecsctl.session import Place

CONFIG = """\
[default]
[profile ambient]
{region}
[profile legacy]
[profile asked]
{region}
"""
KEYS = """\
[default]
aws_access_key_id = DEFAULT
aws_secret_access_key = x
[ambient]
aws_access_key_id = AMBIENT
aws_secret_access_key = x
[legacy]
aws_access_key_id = LEGACY
aws_secret_access_key = x
[asked]
aws_access_key_id = ASKED
aws_secret_access_key = x
"""
PAIR = {"AWS_ACCESS_KEY_ID": "KEYS", "AWS_SECRET_ACCESS_KEY": "x"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with nothing of AWS in it, and an environment likewise."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "ECSCTL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".aws").mkdir()
    return tmp_path


def configured(home: Path, config: str, credentials: str = "") -> None:
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(credentials)


def chosen(session: Any) -> tuple[object, ...]:
    """Returns where a session works, and what it would sign with."""
    found = session.get_credentials()
    return session.region_name, found and found.access_key, found and found.secret_key, found and found.token


def outcome(ask: Callable[[], tuple[object, ...]]) -> object:
    try:
        return ask()
    except (ProfileNotFound, EcsctlError) as error:
        return "no such profile" if "rofile" in str(error) else error


ENVIRONMENTS = [
    {name: value for name, value in found.items() if value}
    for found in (
        {"AWS_PROFILE": one, "AWS_DEFAULT_PROFILE": other, **keys, "AWS_REGION": region, "AWS_DEFAULT_REGION": usual}
        for (one, other), keys, region, usual in itertools.product(
            (("", ""), ("ambient", ""), ("", "legacy"), ("ambient", "legacy"), ("nowhere", "")),
            ({}, PAIR, PAIR | {"AWS_SESSION_TOKEN": "t"}), ("", "ca-central-1"), ("", "sa-east-1"),
        )
    )
]  # fmt: skip


def test_times_are_in_utc_whatever_the_time_zone_of_this_machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        configured(home, "", KEYS)
        made: Any = access.session(None, "eu-west-1", None, None)
        model = made.client("secretsmanager").meta.service_model
        answer = {"status_code": 200, "headers": {}, "body": b'{"LastChangedDate": 1000000000}'}
        parser = made._session.get_component("response_parser_factory").create_parser("json")
        parsed = parser.parse(answer, model.operation_model("DescribeSecret").output_shape)
        assert f"{parsed['LastChangedDate']:%Y-%m-%d %H:%M:%S}" == "2001-09-09 01:46:40"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("kept", ["", "region = eu-north-1"], ids=["no region in the profile", "one in it"])
@pytest.mark.parametrize("profile", [None, "asked"], ids=["no option", "--profile"])
def test_credentials_and_region_are_boto3s_own_choice(
    home: Path, monkeypatch: pytest.MonkeyPatch, profile: str | None, kept: str
) -> None:
    """In every environment. AWS_REGION, which boto3 alone of AWS's tools does not read, comes before its own."""
    configured(home, CONFIG.format(region=kept), KEYS)
    # What a session registers for its calls takes most of the time that it takes to make one, and none is called here.
    monkeypatch.setattr(botocore.session.Session, "_register_builtin_handlers", lambda self, events: None)
    for environment in ENVIRONMENTS:
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            theirs = outcome(lambda: chosen(boto3.session.Session(profile_name=profile)))
            for option, file in itertools.product((None, "us-west-2"), (None, "eu-west-3")):
                ours = outcome(lambda: chosen(Place(home, profile, option).aws(file).session))  # noqa: B023
                if not isinstance(theirs, tuple):
                    assert ours == theirs, (environment, option, file)
                    continue
                usual = environment.get("AWS_REGION", theirs[0])
                assert ours == (option or file or usual, *theirs[1:]), (environment, option, file)


def test_keys_in_the_environment_win_over_a_profile_there_and_not_over_an_option(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(home, CONFIG.format(region=""), KEYS)
    for name, value in {**PAIR, "AWS_PROFILE": "ambient"}.items():
        monkeypatch.setenv(name, value)
    assert chosen(Place(home).aws().session)[1] == "KEYS"
    assert chosen(Place(home, "asked").aws().session)[1] == "ASKED"


def test_the_records_region_is_taken_where_nothing_else_names_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".ecsctl").mkdir()
    (home / ".ecsctl" / "state.json").write_text(json.dumps({"app": "hello", "region": "eu-west-2"}))
    assert Place(home).aws().session.region_name == "eu-west-2"
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert Place(home).aws().session.region_name == "us-east-1", "a record of elsewhere is then refused by State.load"
    assert Place(home).aws("eu-west-3").session.region_name == "eu-west-3"


@pytest.mark.parametrize(
    ("region", "says", "hint"),
    [
        ("eu-west-1a", "is an availability zone", "eu-west-1"),
        ("us-west-2-lax-1a", "is an availability zone", "us-west-2"),
        ("Frankfurt", "is not a region", "eu-central-1"),
        ("eu_central_1", "is not a region", "eu-central-1"),
        ("", "no AWS region", "ecsctl.toml"),
    ],
)
def test_what_is_no_region_is_said_before_the_first_call(home: Path, region: str, says: str, hint: str) -> None:
    aws = Place(home, region=region or None).aws()
    with pytest.raises(UsageError) as refused:
        identify(aws)
    assert says in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-isob-east-1"])
def test_regions_of_every_partition_are_regions(home: Path, region: str) -> None:
    assert access.checked_region(Place(home, region=region).aws().session) == region


def test_a_region_that_no_host_answers_for_is_reported_as_such(home: Path) -> None:
    gone = EndpointConnectionError(endpoint_url="https://sts.eu-centrall-1.amazonaws.com/")
    error = access.located(gone, Place(home, region="eu-centrall-1").aws().session)
    assert isinstance(error, UsageError)
    assert "did you mean eu-central-1?" in error.hint
    error = access.located(gone, Place(home, region="eu-central-1").aws().session)
    assert (error.exit_code, "cannot be reached" in error.message) == (1, True)


class Sts(BaseHTTPRequestHandler):
    """An STS that knows two regions by their signatures, and a role that wants an MFA code."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers.get("content-length", 0))).decode())
        action, region = asked.get("Action", [""])[0], self.headers["Authorization"].split("/")[2]
        if action not in ("GetCallerIdentity", "AssumeRole"):  # other services'
            text, status = "<Response><Errors><Error><Code>AccessDenied</Code></Error></Errors></Response>", 403
        elif region in self.server.closed:  # type: ignore[attr-defined]
            body, status = "<Code>InvalidClientTokenId</Code><Message>The security token is invalid</Message>", 403
            text = f"<ErrorResponse><Error>{body}</Error></ErrorResponse>"
        elif action == "GetCallerIdentity":
            key = self.headers["Authorization"].split("Credential=")[1].split("/")[0]
            inner = f"<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/{key}</Arn><UserId>x</UserId>"
            text, status = f"<R><GetCallerIdentityResult>{inner}</GetCallerIdentityResult></R>", 200
        else:
            self.server.codes.append(asked.get("TokenCode", ["none"])[0])  # type: ignore[attr-defined]
            until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
            inner = (f"<AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                     f"<SessionToken>t</SessionToken><Expiration>{until}</Expiration>")  # fmt: skip
            text = f"<R><AssumeRoleResult><Credentials>{inner}</Credentials></AssumeRoleResult></R>"
            status = 200
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_HEAD = do_POST

    def log_message(self, *words: object) -> None:
        """Be silent."""


@pytest.fixture
def sts(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Such a server, and the environment that leads there."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sts)
    server.codes, server.closed = [], set()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    configured(home, MFA, KEYS)
    yield server
    server.shutdown()
    server.server_close()


MFA = """\
[default]
region = eu-central-1
[profile admin]
region = eu-central-1
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/ann
"""


def test_an_mfa_code_is_asked_once_for_all_runs(home: Path, sts: Any) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "123456"

    for _ in range(3):
        aws = Place(home, "admin", ask=ask).aws()
        access.sign_in(aws.session)
        assert identify(aws).arn.endswith("/ROLE")
    assert asked == ["Enter MFA code for arn:aws:iam::123456789012:mfa/ann: "]
    assert sts.codes == ["123456"]
    kept = list((home / ".aws" / "cli" / "cache").iterdir())
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600], "where the AWS CLI keeps and finds it too"


def test_a_region_that_is_not_enabled_is_reported_as_such(home: Path, sts: Any) -> None:
    sts.closed.add("af-south-1")
    with pytest.raises(AccessError) as refused:
        identify(Place(home, region="af-south-1").aws())
    assert "account 123456789012 has not enabled af-south-1" in refused.value.message
    assert "aws account enable-region --region-name af-south-1" in refused.value.hint


def test_wrong_keys_are_wrong_keys_in_every_region(home: Path, sts: Any) -> None:
    sts.closed |= {"af-south-1", "us-east-1"}
    with pytest.raises(AccessError, match="credentials are not valid"):
        identify(Place(home, region="af-south-1").aws())


PROFILES = {
    "an SSO session that never began": (
        "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\nsso_account_id = 123456789012\n"
        "sso_role_name = admin",
        "SSO session has not begun or has expired", "aws sso login",
    ),
    "an sso-session that never began": (
        "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = admin\n"
        "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1",
        "SSO session has not begun or has expired", "aws sso login",
    ),
    "a login session, which needs a part of the SDK of its own": (
        "login_session = arn:aws:iam::123456789012:user/ann", "not installed", "aws configure export-credentials",
    ),
    "a process that fails": ("credential_process = /bin/false", "does not give credentials", "credential_process"),
    "a process that is not there": ("credential_process = /nowhere", "does not give credentials", "credential_process"),
    "a source profile that is missing": (
        "role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = gone", "is not valid",
        "~/.aws/config",
    ),
    "a role without a source": (
        "role_arn = arn:aws:iam::123456789012:role/x", "a part of the AWS credentials is missing", "source_profile",
    ),
    "half a key pair": ("aws_access_key_id = HALF", "a part of the AWS credentials is missing", "AWS_SECRET_ACC"),
}  # fmt: skip


@pytest.mark.parametrize(("profile", "says", "hint"), PROFILES.values(), ids=list(PROFILES))
def test_a_profile_that_gives_no_credentials_is_reported_with_its_fix(
    home: Path, profile: str, says: str, hint: str
) -> None:
    configured(home, f"[profile p]\nregion = eu-central-1\n{profile}\n")
    with pytest.raises(AccessError) as refused:
        access.sign_in(Place(home, "p").aws().session)
    assert says in refused.value.message
    assert hint in refused.value.hint
    assert refused.value.exit_code == 3


def test_an_unknown_profile_is_access_not_found(home: Path) -> None:
    with pytest.raises(AccessError, match="no such AWS profile") as refused:
        access.sign_in(Place(home, "nowhere").aws().session)
    assert "nowhere" in refused.value.why


@pytest.fixture
def ecsctl(home: Path, sts: Any) -> Callable[..., pexpect.spawn]:
    """Run a command on a terminal of its own, with the profile that wants an MFA code."""
    (home / "ecsctl.toml").write_text('name = "hello"\n')

    def ecsctl(*words: str) -> pexpect.spawn:
        environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"}
        command = ["-m", "ecsctl", *words, "--profile", "admin"]
        return pexpect.spawn(sys.executable, command, env=environment, cwd=str(home), timeout=60, encoding="utf-8")

    return ecsctl


QUESTION = "Enter MFA code for arn:aws:iam::123456789012:mfa/ann:"


def test_an_mfa_code_is_asked_before_anything_moves_on_the_screen(ecsctl: Callable[..., Any], sts: Any) -> None:
    screen = ecsctl("status")
    screen.expect_exact(QUESTION)
    assert "reading what exists" not in screen.before
    screen.sendline("654321")
    screen.expect(pexpect.EOF)
    assert sts.codes == ["654321"]


def test_ctrl_c_at_the_question_for_a_code_ends_with_130(ecsctl: Callable[..., Any], sts: Any) -> None:
    screen = ecsctl("status")
    screen.expect_exact(QUESTION)
    screen.sendintr()
    screen.expect(pexpect.EOF)
    assert "Traceback" not in screen.before
    assert screen.wait() == 130
    assert sts.codes == []


def test_without_a_terminal_the_question_for_a_code_is_refused_with_the_way_out(home: Path, sts: Any) -> None:
    (home / "ecsctl.toml").write_text('name = "hello"\n')
    done = subprocess.run(
        [sys.executable, "-m", "ecsctl", "status", "--profile", "admin"],
        cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "needs an MFA code, and there is no terminal to ask on" in done.stderr
    assert "aws sts get-caller-identity --profile admin" in done.stderr
    assert sts.codes == []
