"""The program that tells GitHub of a run of the pipeline: really run, against the GitHub of the sandbox."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from ecsctl.buildspec import reporting
from ecsctl.ensure import policies
from ecsctl.in_build import deployments as program
from ecsctl.names import Names
from ecsctl.resources.support.rights import Scope
from ecsctl.sandbox.github import api
from ecsctl.sandbox.server.inprocess import inprocess
from tests.stack.conftest import ACCOUNT, REGION

SCOPE = Scope(Names("shop", ACCOUNT, REGION), ACCOUNT, REGION)
COMMIT, NEXT, TOKEN = "c" * 40, "d" * 40, "token-canary"


class World:
    """A run of the pipeline in a given state, and the GitHub that it is reported to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.environment = monkeypatch
        self.state, self.run, self.commit, self.posts = "InProgress", "run-1", COMMIT, 0

    def aws(self, *words: str) -> Any:
        """The one call that the program makes, which its role must be allowed."""
        service, operation, _, pipeline, _, run = words
        [runs] = [one for one in policies.reporting(SCOPE, "") if one.sid == "Runs"]
        assert (service, operation, run) == ("codepipeline", "get-pipeline-execution", self.run)
        assert (runs.actions, runs.resources) == (
            ("codepipeline:GetPipelineExecution",),
            (SCOPE.arn(service, pipeline),),
        )
        revisions = [{"name": "Source", "revisionId": self.commit}] if self.commit else []
        return {"pipelineExecution": {"status": self.state, "artifactRevisions": revisions}}

    def github(self, method: str, path: str, said: Any = None) -> Any:
        """GitHub, asked with the token of the build."""
        self.posts += method == "POST"
        return api.call(ACCOUNT, REGION, TOKEN, method, path, said)

    def reported(self, state: str, run: str = "run-1", commit: str = COMMIT) -> tuple[list[str], list[list[str]]]:
        """An event comes: the states that the commit has had, and those of each deployment."""
        self.state, self.run, self.commit = state, run, commit
        self.environment.setenv("PIPELINE_RUN", run)
        assert program.main() == 0
        heard = api.github_deployments(REGION)
        statuses = [one["state"] for one in heard["statuses"] if one["sha"] == commit]
        return statuses, [[each["state"] for each in one["states"]] for one in heard["deployments"]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(monkeypatch)
    variables = {"PIPELINE": "shop", "REPOSITORY": "acme/shop", "ENVIRONMENT": "shop", "GITHUB_AUTH_TOKEN": TOKEN,
                 "ENVIRONMENT_URL": "https://shop.example.com", "RUN_URL": "https://console/RUN_ID"}  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(program, "aws", made.aws)
    monkeypatch.setattr(program, "github", made.github)
    monkeypatch.setattr(program, "EVERY", 0.0)
    with inprocess():
        yield made


def test_a_release_is_a_status_of_its_commit_and_a_deployment_of_the_environment(world: World) -> None:
    assert world.reported("InProgress") == (["pending"], [["in_progress"]])
    assert world.reported("Succeeded") == (["pending", "success"], [["in_progress", "success"]])
    heard = api.github_deployments(REGION)
    [deployment], last = heard["deployments"], heard["statuses"][-1]
    assert (deployment["ref"], deployment["environment"]) == (COMMIT, "shop")
    assert deployment["states"][-1]["environment_url"] == "https://shop.example.com"
    assert (last["context"], last["target_url"]) == ("ecsctl/shop", "https://console/run-1")


def test_an_event_that_comes_twice_or_late_changes_nothing(world: World) -> None:
    reported = world.reported("Succeeded")
    posts = world.posts
    assert world.reported("Succeeded") == reported == (["success"], [["success"]])
    assert world.posts == posts


@pytest.mark.parametrize(
    ("state", "of_commit", "of_deployment"),
    [("Failed", "failure", "failure"), ("Superseded", "error", "inactive"), ("Stopped", "error", "error")],
)
def test_a_run_that_brings_nothing_is_reported_as_what_it_is(
    world: World, state: str, of_commit: str, of_deployment: str
) -> None:
    world.reported("InProgress")
    assert world.reported(state) == (["pending", of_commit], [["in_progress", of_deployment]])


def test_a_failed_run_that_is_retried_is_the_same_deployment(world: World) -> None:
    world.reported("Failed")
    assert world.reported("InProgress") == (["failure", "pending"], [["failure", "in_progress"]])


def test_the_next_release_is_a_deployment_of_its_own_and_ends_the_one_before(world: World) -> None:
    world.reported("Succeeded")
    assert world.reported("Succeeded", "run-2", NEXT) == (["success"], [["success", "inactive"], ["success"]])
    assert len(world.reported("Succeeded", "run-3")[1]) == 3, "the same commit again, by a run of its own"


def test_a_run_without_a_commit_is_not_reported(world: World) -> None:
    assert world.reported("Failed", commit="") == ([], [])


class Api(http.server.BaseHTTPRequestHandler):
    """GitHub on loopback: it answers with what is next, and keeps what it was asked."""

    answers: ClassVar[list[int]] = []
    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        self.send_response(self.answers.pop(0))
        self.end_headers()
        self.wfile.write(b'{"statuses": []}')

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_github_is_asked_again_when_it_stumbles_and_the_token_is_in_a_header_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "EVERY", 0.0)
    monkeypatch.setenv("GITHUB_AUTH_TOKEN", TOKEN)
    with http.server.HTTPServer(("127.0.0.1", 0), Api) as server:
        monkeypatch.setattr(program, "API", f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Api.answers[:] = [502, 200, 403]
        assert program.github("GET", "/a") == {"statuses": []}
        with pytest.raises(SystemExit) as ended:
            program.github("GET", "/b")
        server.shutdown()
    assert ended.value.code == 1
    assert Api.asked == [(path, f"Bearer {TOKEN}") for path in ("/a", "/a", "/b")]
    said = capsys.readouterr().out
    assert "Deployments, read and write" in said
    assert TOKEN not in said


def test_the_buildspec_holds_the_whole_program() -> None:
    [command] = yaml.safe_load(reporting())["phases"]["build"]["commands"]
    first, *lines, last = command.rstrip().splitlines()
    assert (first, last) == ("python3 - <<'PROGRAM'", "PROGRAM")
    assert "\n".join(lines) + "\n" == Path(str(program.__file__)).read_text()
