"""What was released, as people and programs get it; and what differs between revisions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ecsctl.errors import Refused
from ecsctl.releases.history import Difference, PastRelease, compare, differences, history
from ecsctl.releases.release import deploy, rollback
from ecsctl.sandbox.aws import ecs
from ecsctl.ui import history as shown
from tests.releases.conftest import Service
from tests.stack.conftest import ACCOUNT

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_releases_are_listed_newest_first_with_image_commit_author_and_end(service: Service) -> None:
    service.start(service.push("v1"))
    second = service.push("v2", COMMIT)
    deploy(*service.app(), say=service.say)
    ecs.script_tasks(ACCOUNT, "v3", "crash")
    service.push("v3")
    deploy(*service.app(), say=service.say)
    rollback(*service.app(), agree=lambda now, then: None, say=service.say)
    session = service.session()
    session.aws.read_only = True
    found = history(session.aws, session.state)
    assert [(one.revision, one.outcome, one.current) for one in found] == [
        (1, "deployed", True),
        (3, "rolled back", False),
        (2, "deployed", False),
        (1, "deployed", False),
    ]
    again, crashed, good, first = found
    assert (good.image, good.digest, good.commit) == (second, second.partition("@")[2], COMMIT)
    assert set(good.tags) == {"v2", COMMIT}
    assert (good.who, first.who, again.who) == ("ecsctl (moto)", "moto", "")  # AWS tells who registered, once
    assert crashed.why == "ECS deployment circuit breaker: tasks failed to start."
    assert good.ended is not None
    assert good.since < good.ended < crashed.since


def test_a_copy_of_what_ecsctl_made_is_not_shown_as_made_by_ecsctl(service: Service) -> None:
    tag = {"key": "ecsctl:digest", "value": "0123456789abcdef"}  # of what was sent: AWS fills in more
    service.tags.append(tag)
    service.start(service.push("v1"))
    service.point(service.register(service.push("v2")))
    service.clock.sleep(600)
    copy, original = history(*service.app())
    assert (original.who, copy.who) == ("ecsctl (moto)", "moto")


def test_what_rolls_out_is_reported_as_such(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    deploy(*service.app(), say=service.say, limit=5)
    newest, first = history(*service.app())
    assert (newest.outcome, newest.ended, newest.current) == ("rolling out", None, False)
    assert first.outcome == "deployed"


def test_without_a_service_there_is_no_history(service: Service) -> None:
    with pytest.raises(Refused, match="there is no ECS service hello"):
        history(*service.app())


def test_a_diff_tells_only_what_differs_and_no_secret(service: Service) -> None:
    one, two = service.push("v1"), service.push("v2")
    service.start(one)
    service.register(one, {"SAME": "same", "GREETING": "hello", "API_TOKEN": "first"})
    service.register(two, {"SAME": "same", "MORE": "", "GREETING": "hi", "API_TOKEN": "second"})
    session = service.session()
    session.aws.read_only = True
    before, after, found = compare(session.aws, session.state, "2", "hello:3")
    assert (before.arn.rpartition("/")[2], after.arn.rpartition("/")[2]) == ("hello:2", "hello:3")
    assert set(found) == {
        Difference("container.hello.image", one, two),
        Difference("container.hello.env.GREETING", "hello", "hi"),
        Difference("container.hello.env.API_TOKEN", "***", "***"),
        Difference("container.hello.env.MORE", None, ""),
    }
    assert compare(session.aws, session.state, "3", "3")[2] == []


def test_a_diff_names_secrets_by_their_arn_and_settings_by_their_path() -> None:
    def definition(secret: str, cpu: str, ports: list[int]) -> dict[str, object]:
        container = {
            "name": "app",
            "secrets": [{"name": "DATABASE", "valueFrom": secret}],
            "portMappings": [{"containerPort": port, "protocol": "tcp"} for port in ports],
            "command": ["serve", "--all"] if len(ports) > 1 else ["serve"],
        }
        return {"family": "app", "cpu": cpu, "containerDefinitions": [container]}

    found = differences(definition("arn:old", "256", [80]), definition("arn:new", "512", [80, 81]))
    assert found == [
        Difference("cpu", "256", "512"),
        Difference("container.app.secret.DATABASE", "arn:old", "arn:new"),
        Difference("container.app.command", "serve", "serve --all"),
        Difference("container.app.portMappings.81.containerPort", None, "81"),
        Difference("container.app.portMappings.81.protocol", None, "tcp"),
    ]


NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)
DIGEST_OF = "sha256:" + "ab" * 32


def past(**changed: object) -> PastRelease:
    fields: dict[str, object] = {
        "revision": 7, "outcome": "deployed", "current": True, "image": f"host/app@{DIGEST_OF}", "digest": DIGEST_OF,
        "tags": ("latest", COMMIT, "v2"), "commit": COMMIT, "message": "Greet everybody", "who": "pipeline",
        "since": datetime(2026, 7, 2, 9, tzinfo=UTC), "ended": None, "why": "",
    }  # fmt: skip
    return PastRelease(**(fields | changed))  # type: ignore[arg-type]  # a row of a table


def test_the_table_shows_each_release_on_a_line_and_why_one_ended_badly() -> None:
    bad = past(revision=8, outcome="rolled back", current=False, tags=(), commit="", message="", who="ann",
               why="tasks failed\x1b[2J")  # fmt: skip
    lines = [line.plain.rstrip() for line in shown.table([bad, past()], NOW)]
    assert lines == [
        "  revision  outcome      image              commit                   who       when",
        "  8         rolled back  abababababab                                ann       3 h ago",
        "    tasks failed\\x1b[2J",
        "→ 7         deployed     v2 (abababababab)  0123456 Greet everybody  pipeline  3 h ago",
    ]


def test_json_tells_all_of_a_release() -> None:
    where = {"app": "shop", "account": ACCOUNT, "region": "eu-central-1"}
    document = shown.document([past()], where, "web")
    assert {name: document[name] for name in ("version", "kind", *where)} == {"version": 1, "kind": "history", **where}
    assert document["releases"][0] | {"tags": None} == {
        "revision": 7, "outcome": "deployed", "current": True, "image": f"host/app@{DIGEST_OF}", "digest": DIGEST_OF,
        "tags": None, "commit": COMMIT, "message": "Greet everybody", "who": "pipeline",
        "since": "2026-07-02T09:00:00+00:00", "ended": None, "why": "",
    }  # fmt: skip
