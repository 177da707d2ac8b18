"""The scheduler by itself, on a toy world: nothing of moto, no clock."""

import copy
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsctl.sandbox.aws.ecs.outside import Checks, Run, Start
from ecsctl.sandbox.aws.ecs.rollout import schedule, threshold
from ecsctl.sandbox.aws.ecs.state import Definition, Deployment, Interface, Release, Service
from ecsctl.sandbox.aws.ecs.time import advance, launch, next_due

DAY = 24 * 3600.0


class Toy:
    """A world in which everything goes as its attributes say."""

    def __init__(self, run=None, start=None, refusal=None, outcomes=None):
        self.how = {"run": run or Run(), "start": start or Start(), "outcomes": outcomes or {}}
        self.refusal = refusal
        self.addresses = 0
        self.health = {}

    def refuses(self, definition):
        return self.refusal

    def attach(self, task):
        self.addresses += 1
        return Interface(f"eni-{self.addresses}", f"10.0.0.{self.addresses}", "subnet-1", "02:00", "a", ("sg-1",))

    def detach(self, task, when):
        pass

    def start(self, task):
        return self.how["start"]

    def run(self, task):
        return self.how["run"]

    def outcomes(self, task):
        return self.how["outcomes"]

    def checks(self, target_group_arn):
        return Checks(interval=10.0, healthy=2, unhealthy=2, delay=30.0)

    def target(self, task, balancer, state, reason="", description=""):
        self.health[task.interface.address] = state

    def log(self, task, t, lines, container=""):
        pass

    def prepare(self, task):
        pass

    def launch(self, task):
        pass

    def halt(self, task):
        pass

    def facts(self, task):
        return None

    def pace(self):
        return 1.0


def definition(revision=1):
    containers = [{"name": "app", "image": "app", "essential": True}]
    return Definition(f"td:{revision}", "app", revision, {"containerDefinitions": containers}, [])


def a_service(desired=1, low=100, high=200, breaker=True):
    balancer = {"targetGroupArn": "tg", "containerName": "app", "containerPort": 8000}
    made = Service(
        cluster_arn="arn:cluster",
        arn="arn:aws:ecs:r:a:service/app/web",
        name="web",
        cluster_name="app",
        settings={
            "desiredCount": desired,
            "loadBalancers": [balancer],
            "deploymentConfiguration": {
                "minimumHealthyPercent": low,
                "maximumPercent": high,
                "deploymentCircuitBreaker": {"enable": breaker, "rollback": True},
            },
        },
    )
    deploy(made, 0.0)
    return made


def deploy(service, t):
    number = len(service.releases) + 1
    made = Deployment(
        id=f"ecs-svc/{number}",
        revision_arn=f"revision/{number}",
        definition=definition(number),
        terms={"loadBalancers": service.settings["loadBalancers"]},
        created=t,
        desired=service.desired_count,
    )
    for deployment in service.deployments:
        deployment.status = "ACTIVE"
    service.deployments.insert(0, made)
    service.releases.append(Release(f"release/{number}", made, [], t, {}))
    service.steady = False
    service.agenda["launch"] = t
    return made


def counts(service):
    alive = [task for task in service.tasks if task.wanted]
    return sum(task.healthy for task in alive), len(alive)


def messages(service):
    return [text for _, text in reversed(service.events)]


def test_the_state_does_not_depend_on_how_often_it_was_read():
    watched, absent = a_service(2), a_service(2)
    toy, other = Toy(), Toy()
    for second in range(400):
        advance(watched, toy, float(second))
    advance(absent, other, 399.0)
    assert watched == absent
    assert toy.health == other.health


@settings(max_examples=60)
@given(
    st.lists(st.floats(0.1, 500), max_size=12),
    st.sampled_from([Run(), Run("exit", 5.0, 1), Run("unhealthy"), Run("healthy", 90.0), Run("sick")]),
    st.sampled_from([Start(), Start(5.0, "CannotPullContainerError: no")]),
    st.integers(0, 4),
    st.booleans(),
)
def test_it_does_not_matter_when_requests_come(pauses, run, start, desired, breaker):
    often, once = a_service(desired, breaker=breaker), a_service(desired, breaker=breaker)
    now = 0.0
    world = Toy(run, start)
    advance(often, world, now)
    for pause in pauses:
        now += pause
        advance(often, world, now)
    advance(once, Toy(run, start), now)
    assert often == once


@settings(max_examples=80)
@given(
    st.integers(1, 5),
    st.sampled_from([(100, 200), (50, 100), (0, 100), (50, 200), (100, 150), (66, 134)]),
    st.sampled_from([Run(), Run("exit", 5.0, 1), Run("unhealthy"), Run("healthy", 60.0)]),
)
def test_a_deployment_keeps_within_its_percentages(desired, percentages, run):
    service, world = a_service(desired, *percentages), Toy()
    advance(service, world, 200.0)
    assert counts(service) == (desired, desired)
    world.how["run"] = run
    deploy(service, 200.0)
    floor = -(-desired * percentages[0] // 100)
    ceiling = desired * percentages[1] // 100
    now = 200.0
    while (due := next_due(service)) is not None and due <= 2000:
        now = due
        advance(service, world, now)
        healthy, alive = counts(service)
        assert healthy >= min(floor, desired), now
        assert alive <= max(ceiling, desired), now


def test_a_healthy_service_needs_no_attention_for_days():
    service = a_service(2)
    advance(service, Toy(), 30 * DAY)
    assert counts(service) == (2, 2)
    assert len(service.tasks) == 2
    assert len(service.events) == 100
    assert set(messages(service)[10:]) == {"(service web) has reached a steady state."}


def test_failing_without_a_circuit_breaker_goes_on_for_ever_ever_more_slowly():
    service = a_service(1, breaker=False)
    world = Toy(start=Start(5.0, "CannotPullContainerError: no"))
    starts = []
    while (due := next_due(service)) <= DAY:
        advance(service, world, due)
        starts += [task.created for task in service.tasks if task.created not in starts]
    pauses = [late - early for early, late in itertools.pairwise(starts)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 900 + 12 + 5
    assert service.primary.rollout == "IN_PROGRESS"
    assert service.primary.failed == len(starts) - 1 or service.primary.failed == len(starts)
    assert "(service web) is unable to consistently start tasks successfully." in messages(service)


def test_a_message_is_not_repeated_within_six_hours():
    service = a_service(1, breaker=False)
    advance(service, Toy(start=Start(5.0, "CannotPullContainerError: no")), 5 * 3600.0)
    message = "(service web) was unable to place a task. Reason: CannotPullContainerError: no."
    assert messages(service).count(message) == 1
    advance(service, Toy(start=Start(5.0, "CannotPullContainerError: no")), 8 * 3600.0)
    assert messages(service).count(message) == 2


def test_a_crash_is_not_throttled():
    service = a_service(1, breaker=False)
    advance(service, Toy(Run("exit", 5.0, 1)), 1000.0)
    assert service.launched > 1000 // (12 + 15 + 3 + 5) - 2


@pytest.mark.parametrize(
    ("desired", "configuration", "expected"),
    [
        (1, {}, 3),
        (25, {}, 13),
        (400, {}, 200),
        (800, {}, 200),
        (1, {"type": "COUNT", "value": 1}, 1),
        (20, {"type": "BOUNDED_PERCENT", "value": 10}, 3),
        (20, {"type": "UNBOUNDED_PERCENT", "value": 10}, 2),
    ],
)
def test_the_circuit_breakers_threshold_follows_the_desired_count_and_the_configuration(
    desired, configuration, expected
):
    service = a_service(desired)
    breaker = service.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
    if configuration:
        breaker["thresholdConfiguration"] = configuration
    assert threshold(service) == expected


def rolled_out(cleanup, percent, low):
    """Returns when a second deployment of four tasks counts as done, and how many of each were there then."""
    service = a_service(4, low=low)
    toy = Toy()
    advance(service, toy, 300.0)
    service.settings["deploymentConfiguration"]["earlySuccessCriteria"] = {
        "enable": True, "healthyPercent": percent, "sourceServiceRevisionCleanup": cleanup}  # fmt: skip
    second = deploy(service, 300.0)
    for moment in range(300, 900):
        advance(service, toy, float(moment))
        if second.rollout == "COMPLETED":
            new = sum(task.healthy for task in service.of(second))
            old = sum(task.status != "STOPPED" for task in service.tasks if task not in service.of(second))
            done = service.release.status
            advance(service, toy, 2000.0)
            assert counts(service) == (4, 4)
            assert len(service.deployments) == 1
            return new, old, done
    raise AssertionError("it is never done")


def test_early_success_ends_a_deployment_while_old_tasks_leave_or_new_ones_start():
    assert rolled_out("DEFERRED", 100, 100) == (4, 4, "SUCCESSFUL")
    assert rolled_out("BLOCKING", 100, 100) == (4, 0, "SUCCESSFUL")
    new, old, done = rolled_out("DEFERRED", 50, 50)
    assert (new >= 2, old > 0, done) == (True, True, "SUCCESSFUL")


def test_a_healthy_task_resets_the_failure_count_by_default():
    for reset, expected in ((True, 0), (False, 2)):
        service, world = a_service(1), Toy(Run("exit", 5.0, 1))
        service.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]["resetOnHealthyTask"] = reset
        while service.primary.failed < 2:
            advance(service, world, next_due(service))
        world.how["run"] = Run()
        advance(service, world, 1000.0)
        assert service.primary.rollout == "COMPLETED"
        assert service.primary.failed == expected


def test_a_failing_rollback_does_not_roll_back_again():
    service, world = a_service(1), Toy()
    advance(service, world, 100.0)
    good = service.primary
    world.how["run"] = Run("exit", 5.0, 1)
    deploy(service, 100.0)
    service.settings["deploymentConfiguration"]["minimumHealthyPercent"] = 0  # the old task goes at once
    advance(service, world, 2000.0)
    assert service.primary is good
    assert good.rollout == "FAILED"
    assert service.release.status == "ROLLBACK_FAILED"
    assert counts(service) == (0, 0)


def test_time_alone_changes_nothing_in_a_service_at_rest():
    service = a_service(0)
    schedule(service, Toy(), 0.0, launch)
    service.agenda = {}
    before = copy.deepcopy(service)
    advance(service, Toy(), 10 * DAY)
    assert service == before
    assert service.primary.rollout == "COMPLETED"


def test_of_a_day_of_crashes_an_hour_of_tasks_is_remembered():
    service = a_service(2, breaker=False)
    advance(service, Toy(Run("exit", 5.0, 1)), DAY)
    assert service.launched > 4000
    ages = [DAY - task.moments["stopped"] for task in service.stopped]
    assert 3500 < max(ages) < 3600
    assert len(service.tasks) < 10
