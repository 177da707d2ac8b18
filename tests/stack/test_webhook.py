"""notify.webhook: a URL that is a secret gets the failures, and is shown nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.plan import Verb
from ecsctl.errors import EcsctlError
from ecsctl.operations.policy import policies
from ecsctl.sandbox.core import authorization
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same

PLAIN = desired_stack(domain=None, github=None)
URL = "https://hooks.example.com/services/T000/B000/a1b2c3d4e5f6"
OTHER = "https://hooks.example.com/services/T000/B000/z9y8x7w6v5u4"


def posting(source: str = "chat", **more: Any) -> dict[str, Any]:
    return {**PLAIN, "notify": {"webhook": source, **more}}


def stored(world: World, value: str = URL, name: str = "chat") -> None:
    world.boto("secretsmanager").create_secret(Name=name, SecretString=value)


def posted(world: World) -> list[tuple[str, str]]:
    """Returns where the rule of failed deployments posts, and what."""
    events = world.boto("events")
    found = []
    for one in events.list_targets_by_rule(Rule="hello-failed-deployments")["Targets"]:
        if ":api-destination/" in one["Arn"]:
            name = one["Arn"].split("/")[1]
            url = events.describe_api_destination(Name=name)["InvocationEndpoint"]
            found.append((url, json.loads(one["InputTransformer"]["InputTemplate"])["text"]))
    return found


def test_a_chat_gets_messages_in_its_own_format_and_down_leaves_nothing(world: World) -> None:
    stored(world)
    before = world.account()
    world.up(posting())
    [(url, text)] = posted(world)
    assert url == URL
    assert "A deployment of hello in eu-central-1" in text
    assert world.boto("sns").list_topics()["Topics"] == []
    assert world.plan(posting()).work == ()
    world.state_file.unlink()
    assert world.plan(posting()).work == ()
    world.down()
    world.clock.sleep(7200)
    same(before, world.account())


def test_the_url_is_nowhere_but_on_aws(world: World) -> None:
    stored(world, json.dumps({"url": URL}))
    plan = world.up(posting("chat:url"))
    changed = world.boto("secretsmanager")
    changed.put_secret_value(SecretId="chat", SecretString=json.dumps({"url": OTHER}))
    [step] = [one for one in world.plan(posting("chat:url")).work if one.kind == "webhook"]
    assert (step.verb, {*step.changed}) == (Verb.UPDATE, {"invocation_endpoint"})
    everything = f"{plan} {step} {world.state_file.read_text()} {world.events}"
    assert "hooks.example.com" not in everything
    world.up(posting("chat:url"))
    assert [url for url, _ in posted(world)] == [OTHER]


def test_an_own_secret_goes_before_another_of_its_name(world: World) -> None:
    stored(world)
    ours = [{"Key": "ecsctl:app", "Value": "hello"}, {"Key": "ecsctl:resource", "Value": "secret chat"}]
    world.boto("secretsmanager").create_secret(Name="hello/chat", SecretString=OTHER, Tags=ours)
    world.up(posting())
    assert [url for url, _ in posted(world)] == [OTHER]


def test_an_address_and_a_chat_are_both_notified(world: World) -> None:
    stored(world)
    both = posting(email=["ops@example.com"])
    world.up(both)
    targets = world.boto("events").list_targets_by_rule(Rule="hello-failed-deployments")["Targets"]
    assert {one["Arn"].split(":")[2] for one in targets} == {"sns", "events"}
    world.up({**PLAIN, "notify": {"email": ["ops@example.com"]}})
    [target] = world.boto("events").list_targets_by_rule(Rule="hello-failed-deployments")["Targets"]
    assert target["Arn"].split(":")[2] == "sns"
    assert world.boto("events").list_connections()["Connections"] == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "there is no secret chat"),
        ("http://hooks.example.com/a1b2c3d4e5f6", "holds no URL that begins with https://"),
        (json.dumps({"url": URL}), "is JSON: expected :key after its name"),
    ],
)
def test_a_secret_that_is_no_url_is_refused_before_any_change(world: World, value: str | None, says: str) -> None:
    if value:
        stored(world, value)
    before = world.exact()
    with pytest.raises(EcsctlError) as refused:
        world.up(posting())
    assert says in refused.value.message
    assert "a1b2c3d4e5f6" not in str(vars(refused.value))
    same(before, world.exact())


def test_an_app_that_runs_needs_its_secret_no_more(world: World) -> None:
    stored(world)
    world.up(posting())
    world.boto("secretsmanager").delete_secret(SecretId="chat")
    assert world.plan(posting()).work == ()


def test_a_url_in_place_of_the_secrets_name_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="never the URL itself") as refused:
        Config.model_validate(posting(URL))
    assert "a1b2c3d4e5f6" not in str(refused.value)


def test_a_connection_of_the_same_name_that_is_not_ours_is_refused(world: World) -> None:
    stored(world)
    world.boto("events").create_connection(
        Name="hello-webhook", AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}})  # fmt: skip
    [step] = world.plan(posting()).refusals
    assert step.kind == "webhook"


def test_the_printed_policies_are_enough(world: World) -> None:
    stored(world)
    authorization.enforce(policies(Config.model_validate(posting()), ACCOUNT, REGION))
    world.up(posting())
    assert world.plan(posting()).work == ()
    world.down()
    authorization.enforce(None)
    assert world.boto("events").list_connections()["Connections"] == []
