"""What each run looks up again is for what is new: for what exists, its own values count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from moto.elbv2 import responses as elbv2

from ecsctl.account import gathering
from ecsctl.account.facts import Facts
from ecsctl.account.identity import Identity, identify
from ecsctl.account.in_use import as_recorded
from ecsctl.blueprint import blueprint
from ecsctl.engine.label import OWNER
from ecsctl.engine.plan import Plan
from ecsctl.errors import ConfigError
from ecsctl.resources import listener
from ecsctl.sandbox.aws import ec2, ecr
from ecsctl.sandbox.aws.codebuild import images
from tests.stack.conftest import REGION, World, desired_stack

Change = Callable[[World, pytest.MonkeyPatch], None]


def another_caller(_world: World, patch: pytest.MonkeyPatch) -> None:
    """The same role in another session, as every run of CI and every second person has."""

    def somebody_else(*asked: Any) -> Identity:
        found = identify(*asked)
        return replace(found, arn=f"arn:aws:sts::{found.account}:assumed-role/deployers/run-4711")

    patch.setattr("ecsctl.session.identify", somebody_else)


def an_ill_zone(world: World, _patch: pytest.MonkeyPatch) -> None:
    ec2.zone(_zones(world)[0], "impaired")


def another_zone_in_the_region(_world: World, _patch: pytest.MonkeyPatch) -> None:
    ec2.zone("euc1-az0", "available")  # it sorts before the others


def one_zone_left(world: World, _patch: pytest.MonkeyPatch) -> None:
    for zone in _zones(world)[1:]:
        ec2.zone(zone, "unavailable")


def a_closer_hosted_zone(world: World, _patch: pytest.MonkeyPatch) -> None:
    world.boto("route53").create_hosted_zone(Name="hello.ecsctl.example.", CallerReference="closer")


def a_hosted_zone_of_the_same_name(world: World, _patch: pytest.MonkeyPatch) -> None:
    world.boto("route53").create_hosted_zone(Name="ecsctl.example.", CallerReference="twin")


def a_better_tls_policy(_world: World, patch: pytest.MonkeyPatch) -> None:
    """The region has it from now on, and this ecsctl knows it."""
    name = "ELBSecurityPolicy-TLS13-1-3-2030-01"
    patch.setitem(elbv2.SSL_POLICIES, name, elbv2.SSL_POLICIES[listener.TLS_POLICIES[-1]])
    patch.setattr(gathering, "TLS_POLICIES", (name, *listener.TLS_POLICIES))


def a_newer_build_image(_world: World, patch: pytest.MonkeyPatch) -> None:
    newer = ("aws/codebuild/amazonlinux-aarch64-standard:9.0", "AL2033 aarch64")
    patch.setitem(images._CURATED, "AMAZON_LINUX", [*images._CURATED["AMAZON_LINUX"], newer])


def a_newer_image(_world: World, _patch: pytest.MonkeyPatch) -> None:
    ecr.put_image("123456789012", REGION, "hello", ["of-somebody"])


def another_build(world: World, _patch: pytest.MonkeyPatch) -> None:
    world.boto("codebuild").start_build(projectName="hello-build")
    world.clock.sleep(3600)


CHANGES: dict[str, tuple[Change, ...] | str] = {
    "identity": (another_caller,),
    "zones": (an_ill_zone, another_zone_in_the_region, one_zone_left),
    "hosted_zones": (a_closer_hosted_zone, a_hosted_zone_of_the_same_name),
    "zone_unread": "only what is said of a list that may not be read: the zone is the recorded one then",
    "tls_policy": (a_better_tls_policy,),
    "build_image": (a_newer_build_image,),
    "past_commands": "of the release command, not to take a task of before for this run's",
    "curated_image": "as build_image; of the project that runs the release command",
    "webhook": "as token: its URL is the user's",
    "token": "its value is the user's: a rotated token has to be brought everywhere",
    "reporting": "as token_arn and token_reference, of the token by which GitHub hears of releases",
    "token_arn": "the roles must be allowed to read the very secret that is there now",
    "token_reference": "as token_arn",
    "token_readable": "as token: in which form it is kept is the user's",
    "image": (a_newer_image,),
    "given": "the user names it, with up --image",
    "unobserved": "for status alone, which changes nothing",
    "unfit": "what the user named is gone, or of no use any more: that is reported before anything rests on it",
    "past_builds": (another_build,),
    "broken": "a first version that never ran gives way to what is newer",
    "own_buildspec": "what the branch has is the user's; where nothing tells it, what stands stays: test_own_buildspec",
    "certified": "from the state file: which certificate the listener has until its successor is issued",
    "cautions": "sentences, which decide nothing",
    "context": "what the branch has is the user's",
    "key": "to which key an alias leads is the user's: what has another one is changed, or refused",
    "storage_key": "as key",
    "secret_keys": "the roles must be allowed to use the very keys that the secrets have now",
    "shifted": "read from the service itself, which keeps what a strategy of before has brought",
    "moving": "the tasks' processor is the user's, and what runs on the other one has to be built anew",
}
CASES = [(name, change) for name, changes in CHANGES.items() if not isinstance(changes, str) for change in changes]


def _zones(world: World) -> list[str]:
    listed = world.boto("ec2").describe_availability_zones()["AvailabilityZones"]
    return sorted(zone["ZoneId"] for zone in listed)


def test_every_fact_is_changed_here_or_says_why_it_decides() -> None:
    assert CHANGES.keys() == {item.name for item in fields(Facts)}


@pytest.mark.parametrize(("fact", "change"), CASES, ids=[f"{fact}-{change.__name__}" for fact, change in CASES])
@pytest.mark.parametrize("state_file", ["kept", "lost"])
def test_what_only_is_looked_up_changes_nothing_that_is_there(
    world: World, monkeypatch: pytest.MonkeyPatch, fact: str, change: Change, state_file: str
) -> None:
    world.running()
    change(world, monkeypatch)
    if state_file == "lost":
        world.state_file.unlink()
    assert shown(world.plan()) == []
    world.up()
    assert world.changes == 0


def test_facts_that_differ_are_no_difference_of_what_is_there(world: World) -> None:
    world.running()
    session = world.open()
    assert session.config
    assert session.facts
    other = replace(session.facts, zones=("euc1-az3", "euc1-az9"), tls_policy=listener.TLS_POLICIES[-1],
                    build_image="aws/codebuild/amazonlinux-aarch64-standard:9.0")  # fmt: skip
    assert shown(session.engine.plan(blueprint(session.config, other))) == []


def test_what_is_in_the_state_file_is_what_the_run_had_looked_up(world: World) -> None:
    """Who may not look it up again goes by the state file: under another name there it would be empty."""
    world.running()
    session = world.open()
    assert session.facts
    recorded = as_recorded(session.state.book.entries)
    for fact in ("zones", "tls_policy", "build_image"):
        assert recorded[fact] == getattr(session.facts, fact), fact


def test_a_weak_tls_policy_and_another_family_of_build_images_are_still_drift(world: World) -> None:
    world.running()
    elb, codebuild = world.boto("elbv2"), world.boto("codebuild")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    https = next(one for one in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"] if one["Port"] == 443)
    elb.modify_listener(ListenerArn=https["ListenerArn"], SslPolicy="ELBSecurityPolicy-2016-08")
    project = codebuild.batch_get_projects(names=["hello-build"])["projects"][0]
    spoilt = {**project["environment"], "image": "aws/codebuild/amazonlinux2-aarch64-standard:3.0"}
    codebuild.update_project(name="hello-build", environment=spoilt)
    assert shown(world.plan()) == ["build: image", "https: ssl_policy"]


def test_a_second_person_changes_what_is_asked_for_and_leaves_the_first_ones_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.running()
    first = _owners(world)
    another_caller(world, monkeypatch)
    more = desired_stack(tags={"team": "web"}, logs={"retention_days": 7})
    world.up(more)
    assert len(first) > 20
    assert _owners(world) == first
    assert world.plan(more).work == ()


def test_an_owner_that_is_asked_for_is_still_brought_everywhere(world: World) -> None:
    world.running()
    world.up(desired_stack(owner="shop-team"))
    assert set(_owners(world).values()) == {"shop-team"}


def test_a_subnet_that_is_gone_comes_back_beside_its_twin(world: World) -> None:
    """Not where another one stands: a balancer takes one subnet of a zone."""
    small = desired_stack(domain=None, github=None)
    world.running(small)
    ec2.zone(_zones(world)[0], "impaired")
    session = world.open(small)
    session.engine.plan(session.desired_stack)
    client = world.boto("ec2")
    private = session.engine.ids("private-a").subnet_id
    table = client.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [private]}])
    for association in table["RouteTables"][0]["Associations"]:
        client.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
    client.delete_subnet(SubnetId=private)
    assert world.open(small).facts.zones == session.facts.zones  # type: ignore[union-attr]  # a session over a stack has them


def test_with_one_zone_nothing_new_is_begun(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one_zone_left(world, monkeypatch)
    with pytest.raises(ConfigError, match="two availability zones"):
        world.plan()


def shown(plan: Plan) -> list[str]:
    return [f"{step.name}: {', '.join(sorted(step.changed)) or step.verb}" for step in plan.work + plan.refusals]


def _owners(world: World) -> dict[str, str]:
    session = world.open()
    session.engine.plan(session.desired_stack)
    tags = {name: observed.tags or {} for name, observed in session.engine.observed.items() if observed}
    return {name: owned[OWNER] for name, owned in tags.items() if OWNER in owned}
