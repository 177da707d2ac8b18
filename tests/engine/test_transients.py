"""Every refusal that passes is waited out, and the same code with other words is not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from ecsctl.aws.codes import is_throttled
from ecsctl.aws.explaining import is_unanswered
from ecsctl.aws.patience import FIRST, PASSING_LIMIT, SLOW_DOWN, Patience
from ecsctl.engine.attempt import Attempt
from ecsctl.engine.transients import FRESH, TRANSIENTS, Transient, transient
from ecsctl.errors import EcsctlError, TimedOut
from tests.engine.toys import Clock, answer
from tests.requests.in_use import uses

ROWS = [
    pytest.param(row, operation, code, id=f"{operation}-{code}-{row.words[:20].replace(' ', '-')}")
    for row in TRANSIENTS
    for operation in row.operations.split()
    for code in row.codes.split()
]


@pytest.mark.parametrize(("row", "operation", "code"), ROWS)
def test_it_passes_on_its_code_and_message(row: Transient, operation: str, code: str) -> None:
    found = transient(answer(code, f"Prefix {row.words.upper()} suffix", operation))
    assert found is not None
    assert found.words in row.words


@pytest.mark.parametrize(("row", "operation", "code"), [one for one in ROWS if one.values[0].words])
def test_it_does_not_pass_on_the_same_code_with_another_message(row: Transient, operation: str, code: str) -> None:
    assert transient(answer(code, "something is simply wrong with the request", operation)) is None


ALONE = {  # codes that are matched without words, and what each of them means and nothing else
    "it names what is not there, and what is not there is what was just made": [
        *FRESH.split(), "NoSuchEntity", "NoSuchBucket", "ClusterNotFoundException", "CertificateNotFound",
        "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound", "FileSystemNotFound", "SubnetNotFound",
        "SecurityGroupNotFound",
        "WAFUnavailableEntityException", "WAFNonexistentItemException",
    ],
    "another change of the same thing is under way": [
        "ConcurrentAccess", "ResourceConflict",
        "PriorRequestNotComplete", "OperationAbortedException", "ConcurrentModificationException",
        "ConcurrentModification", "ConcurrentUpdateException", "UpdateInProgressException",
        "IncorrectFileSystemLifeCycleState", "IncorrectMountTargetState",
    ],
    "the run is ending": ["PipelineExecutionNotStoppableException", "DuplicatedStopRequestException"],
    "a run, a schedule, a certificate or its tags are being changed": ["ConflictException"],
    "GitHub has refused, which is for good except right after a new token (AWS says no more)": [
        "OAuthProviderException"],
    "something still holds what is to go; who does is searched for, and named, when the time is over": [
        "DependencyViolation", "InvalidGroup.InUse", "InvalidIPAddress.InUse", "ResourceInUseException",
        "ClusterContainsServicesException", "ClusterContainsTasksException",
        "ClusterContainsContainerInstancesException", "ClusterContainsCapacityProviderException", "DeleteConflict",
        "BucketNotEmpty", "FileSystemInUse",
    ],
}  # fmt: skip


def test_a_code_alone_is_waited_for_only_where_it_means_one_thing() -> None:
    matched = {code for row in TRANSIENTS if not row.words for code in row.codes.split()}
    assert matched == {code for codes in ALONE.values() for code in codes}


UNDER_WAY = re.compile(r"InProgress|Concurren|Conflict|Aborted|Incorrect|NotComplete|NotReady|InUse|Pending")
OTHERWISE = {  # operations and codes that sound like it, and are not, or are answered elsewhere
    "DeleteListener ResourceInUse": "of another service: see FOR_GOOD",
    "DeleteLoadBalancer ResourceInUse": "of another service: see FOR_GOOD",
    "CreateLoadBalancer ResourceInUse": "of another service, which a person takes away",
    "CreateRule PriorityInUse": "a rule that somebody has added to the app's listener",
    "CreateListener TrustStoreNotReady": "there are no trust stores",
    "ModifyListener TrustStoreNotReady": "there are no trust stores",
    "SetSubnets CapacityReservationPending": "no capacity is reserved",
    "CreateMountTarget IpAddressInUse": "no address is asked for",
    "CreatePipeline PipelineNameInUseException": "one of that name exists",
    "DeleteLogStream OperationAbortedException": "another run takes the lock over: run_lock.py",
    "RunTask ConflictException": "the token was used for another task: a mistake of ours",
    "StopServiceDeployment ConflictException": "a command's: releases/process.py",
    "RetryStageExecution ConflictException": "a command's: operations/pipeline_control.py",
    "StartPipelineExecution ConflictException": "a command's, which a person gives again",
    "RetryStageExecution ConcurrentPipelineExecutionsLimitExceededException": "a quota",
    "StartPipelineExecution ConcurrentPipelineExecutionsLimitExceededException": "a quota",
}


def test_whatever_a_service_may_answer_while_another_change_is_under_way_is_waited_for_or_has_its_reason() -> None:
    """By AWS's own models, of every change that the product makes: a bot of the account may be at work beside it."""
    said = {
        (use.model.name, shape.metadata.get("error", {}).get("code", shape.name))
        for use in uses()
        if not re.match("List|Describe|Get|Batch|Head", use.model.name)
        for shape in use.model.error_shapes
    }
    passing = {
        (operation, code) for row in TRANSIENTS for operation in row.operations.split() for code in row.codes.split()
    }
    left = {" ".join(one) for one in said - passing if UNDER_WAY.search(one[1])}
    assert left == OTHERWISE.keys()


FOR_GOOD = [  # what AWS says with the same codes and does not take back by itself
    ("CreateLoadBalancer", "InvalidSubnet", "Not enough IP space available in subnet-1. ELB requires at least 8 free "
     "IP addresses in each subnet."),
    ("SetSubnets", "InvalidSubnet", "The specified subnet is out of available addresses."),
    ("DeleteLoadBalancer", "ResourceInUse", "Load balancer 'arn' cannot be deleted because it is currently associated "
     "with another service"),
    ("ReleaseAddress", "AuthFailure", "AWS was not able to validate the provided access credentials"),
    ("CreateProject", "InvalidInputException", "Invalid project source: location must be a valid GitHub repository"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "code", "words"), FOR_GOOD)
def test_what_stays_is_reported_at_once(operation: str, code: str, words: str) -> None:
    assert transient(answer(code, words, operation)) is None


@pytest.mark.parametrize(("row", "operation", "code"), ROWS)
def test_it_does_not_pass_for_another_operation(row: Transient, operation: str, code: str) -> None:
    assert transient(answer(code, row.words, "SomethingElse")) is None


@pytest.mark.parametrize("row", TRANSIENTS, ids=lambda row: row.says[:40])
def test_it_is_waited_for_up_to_its_limit_and_then_reported(row: Transient) -> None:
    clock = Clock()
    heard: list[str] = []
    attempt = Attempt(Patience(clock, lambda what, waited, limit: heard.append(what)), "thing")
    error = answer(row.codes.split()[0], row.words, row.operations.split()[0])

    def for_ever() -> None:
        for _ in range(10_000):
            attempt.wait_or_raise(error)

    with pytest.raises(EcsctlError, match="still after") as failure:
        for_ever()
    assert row.limit <= clock.now() <= row.limit + 15
    assert row.says in heard[0]
    assert "run the same command again" in failure.value.hint


FOR_SOME = [  # what passes in most accounts and in some does not: what is said then, and what helps
    ("CreateCluster", "InvalidParameterException", "Unable to assume the service linked role. Please verify that the "
     "ECS service linked role exists.", "lacks ECS's service-linked role", "create-service-linked-role"),
    ("CreateWebhook", "OAuthProviderException", "Failed to create webhook. GitHub webhook limit reached. Please delete "
     "a webhook from this repository.", "as many webhooks", "delete some at GitHub"),
    ("CreateWebhook", "OAuthProviderException", "Repository not found or permission denied.", "does not let its "
     "webhook be made", "admin:repo_hook"),
    ("CreateProject", "OAuthProviderException", "Access denied to connection arn:aws:codeconnections:eu-central-1:1:"
     "connection/1", "may not be used", "UseConnection"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "code", "words", "says", "hint"), FOR_SOME)
def test_what_was_waited_for_in_vain_is_reported_with_what_helps(
    operation: str, code: str, words: str, says: str, hint: str
) -> None:
    attempt = Attempt(Patience(Clock()), "thing")

    def for_ever() -> None:
        while True:
            attempt.wait_or_raise(answer(code, words, operation))

    with pytest.raises(EcsctlError, match="still after") as failure:
        for_ever()
    assert says in failure.value.message
    assert hint in failure.value.hint


@pytest.mark.parametrize("code", ["Throttling", "RequestLimitExceeded", "ThrottledException", "SlowDown"])
def test_throttling_is_distinguished_from_failure(code: str) -> None:
    assert is_throttled(answer(code))
    assert not is_unanswered(answer(code, status=503))


def test_a_change_that_aws_has_no_time_for_is_sent_as_it_was_until_it_has() -> None:
    left = [answer("Throttling"), answer("RequestLimitExceeded", status=503), answer("SlowDown")]

    def change() -> str:
        if left:
            raise left.pop()
        return "made"

    assert Patience(Clock()).in_time(change, what="it") == "made"


def _throttled(clock: Clock, *, times: int = 10**9, seconds: float = float("inf")) -> Callable[[], int]:
    """A call that answers how often it was made, after so many refusals, or so long."""
    made = 0

    def call() -> int:
        nonlocal made
        made += 1
        if made <= times and clock.now() < seconds:
            raise answer("Throttling", "Rate exceeded")
        return made

    return call


def test_a_call_that_is_throttled_a_few_times_in_a_row_is_answered_within_a_second() -> None:
    for _ in range(50):  # pauses are spread by chance
        read, change = Clock(), Clock()
        Patience(read).through(_throttled(read, times=7), what="it")
        Patience(change).in_time(_throttled(change, times=7), what="it")
        assert max(read.now(), change.now()) < 1.0


def test_a_read_is_made_through_two_minutes_of_throttling_ever_more_seldom() -> None:
    clock = Clock()
    assert Patience(clock).through(_throttled(clock, seconds=100.0), what="it") < 80
    clock = Clock()
    never = _throttled(clock)
    with pytest.raises(ClientError, match="Rate exceeded"):
        Patience(clock).through(never, what="it")
    assert PASSING_LIMIT <= clock.now() <= PASSING_LIMIT + 15


def test_an_aws_that_never_has_time_is_reported_at_the_limit_and_any_other_error_at_once() -> None:
    clock = Clock()

    def refused(error: Exception) -> None:
        raise error

    with pytest.raises(TimedOut, match="AWS asks to slow down, still after 300 seconds") as failure:
        Patience(clock).in_time(lambda: refused(answer("Throttling", "Rate exceeded")), what="it")
    assert SLOW_DOWN <= clock.now() <= SLOW_DOWN + 15
    assert failure.value.why == "Throttling: Rate exceeded"
    with pytest.raises(ClientError):
        Patience(Clock()).in_time(lambda: refused(answer("InternalFailure", status=500)), what="it")


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError", "LimitExceededException"])
def test_what_will_not_pass_is_raised_at_once(code: str) -> None:
    clock = Clock()
    with pytest.raises(EcsctlError):
        Attempt(Patience(clock), "thing").wait_or_raise(answer(code, "no"))
    assert clock.now() == 0


@pytest.mark.parametrize("limit", [0.1, 15.0, 120.0])  # seconds
def test_the_last_read_of_a_wait_is_at_its_limit_and_not_a_whole_pause_later(limit: float) -> None:
    clock = Clock()
    began = clock.now()
    reads = []
    with pytest.raises(TimedOut, match=f"a thing: not yet, after {round(limit)} seconds"):
        Patience(clock).until(lambda: reads.append(clock.now()), what="a thing", limit=limit)
    assert reads[0] == began
    assert limit <= reads[-1] - began <= limit + FIRST
