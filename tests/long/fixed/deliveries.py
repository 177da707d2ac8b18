"""How builds and the pipeline are broken."""

from __future__ import annotations

import json
from typing import Any

from ecsctl.sandbox import push
from ecsctl.sandbox.aws.codebuild import state as codebuild_state
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.aws.codepipeline.actions import fail_next_action
from ecsctl.sandbox.github import remote
from tests.long.fixed.case import Deed
from tests.stack.conftest import REGION
from tests.why.person import HOUR, Person


def built(phase: str, message: str, code: str = "CLIENT_ERROR") -> Deed:
    """A commit of which no build succeeds."""

    def breaks(person: Person) -> None:
        commit = push.push("main")["commit"]
        codebuild_state.fail_builds(commit, phase, message, code)
        person.clock.sleep(HOUR / 2)

    return breaks


def once(phase: str, message: str, code: str = "CLIENT_ERROR") -> Deed:
    """The next build fails, whatever its commit: what fixes it in AWS is not played."""

    def breaks(person: Person) -> None:
        codebuild_state.fail_next_build(phase, message, code)
        push.push("main")
        person.clock.sleep(HOUR / 2)

    return breaks


def said(command: str, *lines: str, phase: str = "BUILD", exit: int = 1) -> Deed:
    """A commit of which a command fails and writes these lines to the build's log."""
    reason = f"Error while executing command: {command}. Reason: exit status {exit}"
    return lambda person: (built(phase, reason, "COMMAND_EXECUTION_ERROR")(person), _wrote(person, command, *lines))


def once_said(command: str, *lines: str, exit: int = 1) -> Deed:
    """The same of the next build, whatever its commit."""
    reason = f"Error while executing command: {command}. Reason: exit status {exit}"
    return lambda person: (once("BUILD", reason, "COMMAND_EXECUTION_ERROR")(person), _wrote(person, command, *lines))


def _wrote(person: Person, command: str, *lines: str) -> None:
    builds = person.boto("codebuild")
    newest = builds.list_builds()["ids"][:1]
    logs = builds.batch_get_builds(ids=newest)["builds"][0]["logs"]
    prefix = "[Container] 2026/03/02 10:03:00.123456"
    log = [f"{prefix} Running command {command}", *lines,
           f"{prefix} Command did not exit successfully {command} exit status 1"]  # fmt: skip
    where = {"logGroupName": logs["groupName"], "logStreamName": logs["streamName"]}
    client = person.boto("logs")
    found = client.describe_log_streams(logGroupName=logs["groupName"], logStreamNamePrefix=logs["streamName"])
    if not found["logStreams"]:
        client.create_log_stream(**where)
    now = int(person.clock.now() * 1000)
    client.put_log_events(**where, logEvents=[{"timestamp": now + n, "message": text} for n, text in enumerate(log)])


def refused(action: str, message: str, code: str = "ConfigurationError") -> Deed:
    """The pipeline's next attempt of an action fails in these words; what fixes it in AWS is not played."""

    def breaks(person: Person) -> None:
        fail_next_action(action, message, code)
        push.push("main")
        person.clock.sleep(HOUR / 2)

    return breaks


def no_builds(person: Person) -> None:
    codebuild_state.limit_builds(0)
    delivered(person)


def builds_again(_: Person) -> None:
    codebuild_state.limit_builds(None)


def connected(person: Person) -> dict[str, Any]:
    """An app whose source comes through a connection that someone has completed."""
    name = f"github-{person.clock.now():.0f}"
    arn = person.boto("codeconnections").create_connection(ProviderType="GitHub", ConnectionName=name)["ConnectionArn"]
    complete_handshake(name, REGION)
    return {"github": {"repository": "ecsctl/hello", "connection_arn": arn}}


def _connection(person: Person) -> str:
    arn = person.toml["github"]["connection_arn"]
    name: str = person.boto("codeconnections").get_connection(ConnectionArn=arn)["Connection"]["ConnectionName"]
    return name


def withdrawn(person: Person) -> None:
    """GitHub's side of the connection is taken away: it waits for a person again."""
    complete_handshake(_connection(person), REGION, "PENDING")
    delivered(person)


def completed(person: Person) -> None:
    complete_handshake(_connection(person), REGION)


def registry_login(person: Person) -> str:
    name = f"registry/{person.clock.now():.0f}"
    value = json.dumps({"username": "me", "password": "s3cr3t"})
    arn: str = person.boto("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]
    return arn


def delivered(person: Person) -> None:
    person.push()


def waits(person: Person) -> None:
    push.push("main")
    person.clock.sleep(HOUR / 2)


def rejected(person: Person) -> None:
    waits(person)
    assert person.ecsctl("ecsctl pipeline approve --reject")[0] == 0
    person.clock.sleep(60)


def smoke_fails(person: Person) -> None:
    push.push("main")
    person.clock.sleep(40)
    person.boto("codepipeline").get_pipeline_state(name="hello")  # by now its build has begun
    codebuild_state.fail_next_build("BUILD", "smoke is out", "COMMAND_EXECUTION_ERROR")
    person.clock.sleep(HOUR / 2)


def release_fails(person: Person) -> None:
    push.push("main", "release")
    person.clock.sleep(HOUR / 4)


def shut(person: Person) -> None:
    person.boto("codepipeline").disable_stage_transition(
        pipelineName="hello", stageName="Deploy", transitionType="Inbound", reason="a freeze")  # fmt: skip


def revoked(person: Person) -> None:
    remote.revoke_github_token()
    push.push("main")
    person.clock.sleep(HOUR / 2)


def new_token_works(_: Person) -> None:
    remote.revoke_github_token(works=True)


def stopped_build(person: Person) -> None:
    push.push("main")
    person.clock.sleep(45)
    builds = person.boto("codebuild")
    builds.stop_build(id=builds.list_builds()["ids"][0])
    person.clock.sleep(HOUR / 2)
