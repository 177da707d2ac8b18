"""Pauses of a deployment that shifts requests, as ECS plays them: each is answered by itself, or ends by itself."""

import pytest
from test_ecs_strategies import configured, running, stack

__all__ = ["stack"]
STEPS = {"canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 1}}


def pause(*stages, minutes=60, action="ROLLBACK"):
    timeout = {"timeoutInMinutes": minutes, "action": action}
    return {"targetType": "PAUSE", "lifecycleStages": list(stages), "timeoutConfiguration": timeout}


def begun(stack, *hooks):
    """A canary of a second version on its way, where the first was held nowhere."""
    running(stack, configured("CANARY", bake=0, **STEPS))
    change = {"lifecycleHooks": list(hooks)}
    stack.ecs.update_service(cluster="app", service="web", deploymentConfiguration=change)
    assert stack.read()["deploymentConfiguration"]["strategy"] == "CANARY"
    stack.release()


def hooks(found, status):
    return [one["hookId"] for one in found.get("lifecycleHookDetails", ()) if one["status"] == status]


def held(stack):
    return stack.until(lambda one: hooks(one, "AWAITING_ACTION"))


def answer(stack, found, **more):
    [hook] = hooks(found, "AWAITING_ACTION")
    arn = found["serviceDeploymentArn"]
    return stack.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook, **more)


def test_each_step_is_held_by_a_hook_of_its_own_until_it_is_answered(stack, clock):
    begun(stack, pause("PRE_SCALE_UP", "PRE_PRODUCTION_TRAFFIC_SHIFT"))
    first = held(stack)
    assert first["lifecycleStage"] == "PRE_SCALE_UP"
    clock.sleep(1800)
    assert len(stack.tasks()) == 1  # of the version before
    answer(stack, first)
    shares = []
    while (found := stack.until(lambda one: hooks(one, "AWAITING_ACTION") or one["status"] == "SUCCESSFUL"))[
        "status"
    ] == "IN_PROGRESS":
        shares.append(stack.weights()[0])
        answer(stack, found, action="CONTINUE")
    assert shares == [0, 10]
    assert len({*hooks(found, "SUCCEEDED")}) == 3


def test_an_answer_of_rollback_and_the_end_of_the_time_bring_the_version_before_back(stack, clock):
    begun(stack, pause("POST_PRODUCTION_TRAFFIC_SHIFT"))
    shifted = held(stack)
    assert stack.weights() == (100, 0)
    answer(stack, shifted, action="ROLLBACK")
    assert stack.newest()["status"] == "ROLLBACK_REQUESTED"
    back = stack.until(lambda one: one["status"] == "ROLLBACK_SUCCESSFUL")
    assert (stack.weights(), len(hooks(back, "FAILED"))) == ((0, 100), 1)
    stack.release("public.ecr.aws/app:3")
    held(stack)
    clock.sleep(3600)
    late = stack.until(lambda one: one["status"] == "ROLLBACK_SUCCESSFUL")
    assert (stack.weights(), len(hooks(late, "TIMED_OUT"))) == ((0, 100), 1)


def test_the_end_of_the_time_may_let_it_go_on(stack):
    begun(stack, pause("POST_SCALE_UP", minutes=10, action="CONTINUE"))
    held(stack)
    stack.until(lambda one: one["status"] == "SUCCESSFUL")
    assert stack.weights() == (100, 0)


def test_only_what_waits_for_an_answer_takes_one(stack):
    begun(stack, pause("POST_SCALE_UP"))
    found = held(stack)
    arn, wrong = found["serviceDeploymentArn"], stack.ecs.exceptions.InvalidParameterException
    ask = stack.ecs.continue_service_deployment
    with pytest.raises(wrong, match="not awaiting"):
        ask(serviceDeploymentArn=arn, hookId="ecs-pause-other")
    with pytest.raises(wrong, match="CONTINUE,ROLLBACK"):
        answer(stack, found, action="STOP")
    with pytest.raises(stack.ecs.exceptions.ServiceDeploymentNotFoundException):
        ask(serviceDeploymentArn=arn + "x", hookId=hooks(found, "AWAITING_ACTION")[0])
    answer(stack, found)
    with pytest.raises(wrong, match="not awaiting"):
        answer(stack, found)


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (pause("PRODUCTION_TRAFFIC_SHIFT"), "cannot be configured"),
        (pause("POST_SCALE_UP", minutes=20161), "timeoutConfiguration"),
        ({"lifecycleStages": ["POST_SCALE_UP"]}, "hookTargetArn"),
    ],
)
def test_a_hook_that_the_guide_excludes_is_refused(stack, hook, words):
    running(stack, configured("BLUE_GREEN"))
    with pytest.raises(stack.ecs.exceptions.InvalidParameterException, match=words):
        stack.ecs.update_service(cluster="app", service="web", deploymentConfiguration={"lifecycleHooks": [hook]})
