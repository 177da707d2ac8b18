"""[deployment] strategy: blue-green, canary and linear by ECS itself, and the weights of the rule are ECS's."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.plan import Verb
from ecsctl.operations.policy import policies
from ecsctl.operations.status import read
from ecsctl.releases.release import cancel
from ecsctl.releases.verdict import Followed, Outcome, Rolling, verdict_of
from ecsctl.resources.support.deployments import snapshot
from ecsctl.resources.support.strategy import Strategy
from ecsctl.sandbox.aws.ecs import script_tasks
from ecsctl.why import diagnose, gather
from ecsctl.why.causes.rolling import under_way
from tests.stack.client import IMAGE
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same
from tests.stack.test_release_alarms import another_version, ring, service

PLAIN = desired_stack(domain=None, github=None)


def with_(strategy: str, *, service: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {**PLAIN, **({"service": service} if service else {}), "deployment": {"strategy": strategy, **more}}


BLUE_GREEN = with_("blue-green")


def weights(world: World) -> tuple[int, int]:
    """Of the first and of the second target group, in the rule."""
    elb = world.boto("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = [rule for one in listeners for rule in elb.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]]
    [rule] = [rule for rule in rules if rule["Priority"] == "1000"]
    groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    weights = {one["TargetGroupArn"].split("/")[1]: one["Weight"] for one in groups}
    return weights["hello"], weights["hello-second"]


def shift(world: World, first: int, second: int) -> None:
    elb = world.boto("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    groups = {one["TargetGroupName"]: one["TargetGroupArn"] for one in elb.describe_target_groups()["TargetGroups"]}
    weighted = [{"TargetGroupArn": groups["hello"], "Weight": first},
                {"TargetGroupArn": groups["hello-second"], "Weight": second}]  # fmt: skip
    elb.modify_rule(
        RuleArn=next(one["RuleArn"] for one in rules if one["Priority"] == "1000"),
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}],
    )


def verdict(world: World, revision: str) -> Any:
    return verdict_of(Followed(revision), snapshot(world.aws(), "hello", "hello"))


def test_a_new_app_has_all_that_blue_green_needs_and_a_second_run_changes_nothing(world: World) -> None:
    world.up(BLUE_GREEN)
    found = service(world)["deploymentConfiguration"]
    assert (found["strategy"], found["bakeTimeInMinutes"]) == ("BLUE_GREEN", 5)
    assert found["deploymentCircuitBreaker"]["enable"] is False
    assert weights(world) == (0, 100)
    assert not world.plan(BLUE_GREEN).work
    world.down()
    assert world.account()["aws"].keys() <= {"hosted zones"}


def test_the_weights_are_never_compared_and_never_set(world: World) -> None:
    world.running(BLUE_GREEN)
    for share in ((100, 0), (10, 90), (0, 100)):
        shift(world, *share)
        assert not world.plan(BLUE_GREEN).work
    shift(world, 10, 90)
    world.up({**BLUE_GREEN, "tags": {"team": "web"}})
    assert weights(world) == (10, 90)


def test_a_rule_that_lost_a_group_gets_it_back_and_the_tasks_keep_their_requests(world: World) -> None:
    world.running(BLUE_GREEN, image=IMAGE)
    elb = world.boto("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    arn = next(one["RuleArn"] for one in rules if one["Priority"] == "1000")
    second = next(
        one["TargetGroupArn"]
        for one in elb.describe_target_groups()["TargetGroups"]
        if one["TargetGroupName"].endswith("second")
    )
    elb.modify_rule(RuleArn=arn, Actions=[{"Type": "forward", "TargetGroupArn": second}])
    [step] = world.plan(BLUE_GREEN).work
    assert (step.kind, step.changed) == ("shifting-rule", {"target_groups"})
    world.up(BLUE_GREEN)
    assert weights(world) == (0, 1)


def test_a_running_app_changes_over_in_place_and_back(world: World) -> None:
    world.running(PLAIN, image=IMAGE)
    plan = world.plan(BLUE_GREEN)
    assert {step.name: step.verb for step in plan.work} == {
        "second-target-group": Verb.CREATE, "http-shifting": Verb.CREATE, "balancing-role": Verb.CREATE,
        "service": Verb.UPDATE}  # fmt: skip
    world.up(BLUE_GREEN)
    assert weights(world) == (1, 0)
    assert service(world)["deploymentConfiguration"]["strategy"] == "BLUE_GREEN"
    assert not world.plan(BLUE_GREEN).work
    other = with_("canary", canary={"percent": 5, "minutes": 1})
    [change] = [one for step in world.plan(other).work for one in step.changes if one.field == "strategy"]
    assert change.after == {
        "strategy": "CANARY",
        "bake_time_in_minutes": 5,
        "step_percent": 5,
        "step_bake_time_in_minutes": 1,
    }
    before = len(world.boto("ecs").list_service_deployments(cluster="hello", service="hello")["serviceDeployments"])
    world.up(other)
    world.up(PLAIN)  # neither of the two releases anything
    after = world.boto("ecs").list_service_deployments(cluster="hello", service="hello")["serviceDeployments"]
    assert len(after) == before
    assert service(world)["deploymentConfiguration"]["strategy"] == "ROLLING"
    assert service(world)["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"]
    assert not world.plan(PLAIN).work


def test_after_blue_green_a_rolling_release_stays_where_the_requests_go(world: World) -> None:
    world.running(BLUE_GREEN, image=IMAGE)
    world.up(PLAIN)
    another_version(world)
    world.clock.sleep(900)
    assert service(world)["deployments"][0]["rolloutState"] == "COMPLETED"
    assert weights(world) == (0, 100)
    assert {target.state for target in read(world.aws(), "hello").targets} == {"healthy"}
    world.down()
    assert world.account()["aws"].keys() <= {"hosted zones"}


def test_its_progress_is_given_in_requests(world: World) -> None:
    world.running(with_("canary", canary={"percent": 10, "minutes": 20}), image=IMAGE)
    new = another_version(world)
    world.clock.sleep(20)
    begun = verdict(world, new)
    world.clock.sleep(400)
    partly = verdict(world, new)
    assert (isinstance(begun, Rolling), isinstance(partly, Rolling)) == (True, True)
    assert begun.note.endswith("no request goes to it yet")
    assert partly.note == "revision 2: 1 of 1 tasks run, 1 of the version before, 10 % of the requests go to it"
    assert "10 % of the requests go to it" in (read(world.aws(), "hello").release or begun).message
    cause = under_way(gather(world.aws(), "hello")[0])
    assert cause is not None
    assert cause.sentence.endswith("10 % of the requests go to it; nothing speaks against it yet")
    world.clock.sleep(900)
    assert verdict(world, new).note.endswith("all requests go to it, the version before stands by")
    world.clock.sleep(900)
    assert verdict(world, new).outcome is Outcome.DEPLOYED


def test_a_version_that_never_starts_gets_no_request_and_is_cancelled(world: World) -> None:
    world.running(BLUE_GREEN, image=IMAGE)
    script_tasks(ACCOUNT, "", "crash")
    new = another_version(world)
    world.clock.sleep(3 * 3600)
    found = verdict(world, new)
    assert isinstance(found, Rolling)
    assert found.note.endswith("no request goes to it yet, nothing gives it up before a day is over")
    assert diagnose(*gather(world.aws(), "hello")).causes[0].name == "crash"
    session = world.open(BLUE_GREEN)
    done = cancel(session.aws, session.state, say=lambda _: None)
    assert done is not None
    assert done.verdict.outcome is Outcome.STOPPED
    assert done.verdict.sentence.endswith("revision 1 runs again")
    assert weights(world) == (0, 100)


def test_an_alarm_of_the_new_tasks_takes_the_requests_back(world: World) -> None:
    watched = with_("canary", canary={"percent": 10, "minutes": 20}, alarms={"errors_percent": 5})
    world.running(watched, image=IMAGE)
    names = {one["AlarmName"] for one in world.boto("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert names == {"hello-errors", "hello-errors-second"}
    new = another_version(world)
    world.clock.sleep(400)
    assert weights(world) == (10, 90)
    ring(world, "hello-errors")
    world.clock.sleep(60)
    assert weights(world) == (0, 100)
    world.clock.sleep(600)
    found = verdict(world, new)
    assert found.outcome is Outcome.ROLLED_BACK
    assert found.sentence == ("revision 2 was rolled back by the alarm hello-errors: revision 1 runs again")
    assert not [target for target in read(world.aws(), "hello").targets if target.state != "healthy"]


def test_what_ecs_itself_finds_wrong_was_asked_for_by_nobody(world: World) -> None:
    world.running(BLUE_GREEN, image=IMAGE)
    elb = world.boto("elbv2")
    shift(world, 0, 1)
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    rule = next(one for one in rules if one["Priority"] == "1000")
    first = rule["Actions"][0]["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=[{"Type": "forward", "TargetGroupArn": first}])
    new = another_version(world)
    world.clock.sleep(600)
    found = verdict(world, new)
    assert found.outcome is Outcome.ROLLED_BACK
    assert "must be associated with the productionListenerRule" in found.why


WAITS = {
    Strategy(): 0,
    Strategy("BLUE_GREEN", 7): 7,
    Strategy("CANARY", 5, 10, 4): 9,
    Strategy("LINEAR", 1, 30, 2): 7,
    Strategy("LINEAR", 0, 25, 2): 6,
    Strategy("LINEAR", 0, 33.3, 1): 3,
    Strategy("LINEAR", 0, 100, 9): 0,
}


@pytest.mark.parametrize(("strategy", "minutes"), WAITS.items())
def test_how_long_a_release_waits_by_itself(strategy: Strategy, minutes: int) -> None:
    assert strategy.waits == minutes


def test_rights_are_printed_only_where_they_are_used() -> None:
    def about(words: str, configured: dict[str, Any]) -> set[str]:
        found = policies(Config.model_validate(configured), ACCOUNT, REGION).values()
        ours = [one for policy in found for one in policy["Statement"] if words in str(one)]
        return {
            each for one in ours for each in (one["Action"] if isinstance(one["Action"], list) else [one["Action"]])
        }

    assert about("hello-second", PLAIN) == set()
    assert about("-balancing", PLAIN) == set()
    assert "elasticloadbalancing:CreateTargetGroup" in about("hello-second", BLUE_GREEN)
    assert about("-balancing", BLUE_GREEN) == {"iam:AttachRolePolicy", "iam:PassRole"}


def test_changing_to_rolling_and_back_to_blue_green_leaves_nothing_to_do(world: World) -> None:
    world.running(PLAIN)
    world.up(BLUE_GREEN)
    world.up(PLAIN)
    world.up(BLUE_GREEN)
    before = world.account()
    assert not world.plan(BLUE_GREEN).work
    same(before, world.account())
