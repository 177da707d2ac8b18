"""What neither ecsctl.toml nor the state file knows: `plan` finds it by the tagging API, `down` without."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from botocore.exceptions import ClientError

from ecsctl.aws.clients import Aws
from ecsctl.engine.plan import Verb
from tests.stack.conftest import World


def topic(world: World) -> None:
    """A topic as another machine has made one a moment ago."""
    me = world.open().engine.label.of("topic")
    world.boto("sns").create_topic(Name="hello", Tags=me.upper())


def test_what_no_record_knows_is_found_by_a_plan_once_aws_lists_it_and_by_down_at_once(world: World) -> None:
    world.running()
    topic(world)
    assert world.plan().work == ()
    assert "topic" in [owned.name for owned in world.open().engine.survey.all()]
    world.clock.sleep(60)
    assert [(step.name, step.verb) for step in world.plan().work] == [("topic", Verb.DELETE)]


def test_where_the_tagging_api_may_not_be_asked_a_plan_searches_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> NoReturn:
        answer: Any = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
        raise ClientError(answer, "GetResources")

    world.running()
    topic(world)
    monkeypatch.setattr(Aws, "tagged", refused)
    assert [(step.name, step.verb) for step in world.plan().work] == [("topic", Verb.DELETE)]
