"""What one does with the pipeline, on the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecsctl.aws.clients import Aws
from ecsctl.errors import Interrupted, Refused, ReleaseFailed, Stopped, Superseded, TimedOut, UsageError
from ecsctl.operations import pipeline_control, pipelines
from ecsctl.sandbox.aws.codebuild.state import fail_next_build
from ecsctl.sandbox.core.clock import Clock
from ecsctl.ui import pipeline as shown
from tests.sandbox.codepipeline.declared import APPROVE, TOKEN, action

Made = Callable[..., Any]


def ended(aws: Aws) -> pipelines.Run:
    return pipelines.watch(aws, "orders", "", lambda run: None)


def until_it_waits(aws: Aws) -> pipelines.Waiting:
    found = aws.patience.until(lambda: pipelines.waiting(aws, "orders") or None, what="an approval", limit=3600)
    return found[0]


def executions(aws: Aws) -> list[Any]:
    listed: list[Any] = aws.client("codepipeline").list_pipeline_executions(pipelineName="orders")[
        "pipelineExecutionSummaries"
    ]
    return listed


def test_a_run_tells_its_commit_and_every_action_with_its_link(aws: Aws, made: Made) -> None:
    made()
    run = ended(aws)
    assert run.status == "Succeeded"
    assert [(stage.name, stage.status) for stage in run.stages] == [("Source", "Succeeded"), ("Build", "Succeeded")]
    source, build = run.stages[0].actions[0], run.stages[1].actions[0]
    assert len(run.commit) == 40
    assert source.url == f"https://github.com/me/orders/commit/{run.commit}"
    assert build.external.startswith("orders-build:")
    assert build.external in build.url
    assert pipelines.failure_of(run) is None
    assert pipelines.build_of(run) == build.external


def test_watching_tells_each_change_once_and_in_order(aws: Aws, made: Made) -> None:
    made()
    observed: list[pipelines.Run] = []
    last = pipelines.watch(aws, "orders", "", observed.append)
    changes = [
        line for before, now in zip([None, *observed], observed, strict=False) for line in shown.changes(before, now)
    ]
    assert changes[-1] == "Build: Build Succeeded"
    assert len(changes) == len(set(changes))
    assert observed[-1] == last


def test_a_watch_ends_at_its_limit_and_the_run_goes_on(aws: Aws, made: Made) -> None:
    made(APPROVE)
    with pytest.raises(TimedOut) as caught:
        pipelines.watch(aws, "orders", "", lambda run: None, limit=1800)
    assert "Approval: Approve waits for an approval" in caught.value.message
    assert pipelines.read(aws, "orders").running


def test_the_hint_of_a_stopped_watch_is_to_follow_the_run_and_not_to_start_another(aws: Aws, made: Made) -> None:
    made(APPROVE)
    aws.patience.say = lambda *_: aws.patience.stop()
    with pytest.raises(Interrupted) as caught:
        pipelines.watch(aws, "orders", "", lambda run: None)
    assert caught.value.hint.startswith("the run goes on: ecsctl pipeline status --watch follows it")


def test_a_failed_build_is_reported_with_its_reason_and_retried_in_the_same_run(aws: Aws, made: Made) -> None:
    fail_next_build("BUILD", "the tests fail")
    made()
    run = ended(aws)
    error = pipelines.failure_of(run)
    assert isinstance(error, ReleaseFailed)
    assert "Build: Build terminated with state: FAILED" in error.why
    assert pipeline_control.retry(aws, "orders") == ("Build", run.id)
    again = ended(aws)
    assert (again.id, again.status) == (run.id, "Succeeded")


def test_a_run_that_succeeded_is_not_retried(aws: Aws, made: Made) -> None:
    made()
    run = ended(aws)
    with pytest.raises(Refused, match="nothing to retry: it is Succeeded"):
        pipeline_control.retry(aws, "orders")
    assert pipelines.read(aws, "orders") == run


def test_an_approval_lets_the_run_go_on_and_keeps_the_comment(aws: Aws, made: Made) -> None:
    made(APPROVE)
    until_it_waits(aws)
    done = pipeline_control.answer(aws, "orders", approved=True, comment="looks good")
    run = ended(aws)
    assert (done.action, done.run, run.status) == ("Approve", run.id, "Succeeded")
    assert run.stages[2].actions[0].summary == "looks good"


def test_a_rejection_fails_the_run_with_its_comment(aws: Aws, made: Made) -> None:
    made(APPROVE)
    until_it_waits(aws)
    pipeline_control.answer(aws, "orders", approved=False, comment="not on a friday")
    error = pipelines.failure_of(ended(aws))
    assert isinstance(error, ReleaseFailed)
    assert "not on a friday" in error.why


def test_of_two_approvals_one_must_be_named(aws: Aws, made: Made) -> None:
    made(APPROVE, action("Security", "Approval", "Manual"))
    until_it_waits(aws)
    with pytest.raises(UsageError, match="several approvals wait"):
        pipeline_control.answer(aws, "orders", approved=True)
    assert len(pipelines.waiting(aws, "orders")) == 2
    assert pipeline_control.answer(aws, "orders", approved=True, action="Security").action == "Security"
    assert [one.action for one in pipelines.waiting(aws, "orders")] == ["Approve"]


def test_an_approval_of_another_run_than_the_one_named_is_left_alone(aws: Aws, made: Made) -> None:
    made(APPROVE)
    until_it_waits(aws)
    with pytest.raises(Refused, match="by that name or of that run"):
        pipeline_control.answer(aws, "orders", approved=True, run="ffff-none")
    assert len(pipelines.waiting(aws, "orders")) == 1


def test_too_long_a_comment_is_refused_before_anything_is_sent(aws: Aws, made: Made) -> None:
    made(APPROVE)
    until_it_waits(aws)
    with pytest.raises(UsageError, match="513 characters"):
        pipeline_control.answer(aws, "orders", approved=True, comment="x" * 513)
    assert len(pipelines.waiting(aws, "orders")) == 1


def test_a_stop_is_reported_as_one_and_asked_for_twice_it_stays_one(aws: Aws, made: Made) -> None:
    made()
    run = pipelines.read(aws, "orders")
    assert pipeline_control.stop(aws, "orders", reason="wrong branch") == run.id
    assert pipeline_control.stop(aws, "orders") == run.id
    stopped = ended(aws)
    assert isinstance(pipelines.failure_of(stopped), Stopped)
    assert stopped.summary == "wrong branch"


def test_an_abandoned_run_ends_without_waiting_for_its_actions(aws: Aws, made: Made, clock: Clock) -> None:
    made(APPROVE)
    until_it_waits(aws)
    pipeline_control.stop(aws, "orders", abandon=True)
    run = ended(aws)
    assert run.status == "Stopped"
    assert run.stages[2].actions[0].status == "Abandoned"


def test_where_nothing_runs_nothing_is_stopped_or_approved(aws: Aws, made: Made) -> None:
    made()
    run = ended(aws)
    with pytest.raises(Refused, match="no run is under way"):
        pipeline_control.stop(aws, "orders")
    with pytest.raises(Refused, match="nothing waits for an approval"):
        pipeline_control.answer(aws, "orders", approved=True)
    assert pipelines.read(aws, "orders") == run


def test_a_new_run_overtakes_one_that_waits_behind_an_approval(aws: Aws, made: Made) -> None:
    made(APPROVE)
    first = until_it_waits(aws).run
    second, third = pipeline_control.start(aws, "orders"), None
    aws.patience.clock.sleep(600)
    third = pipeline_control.start(aws, "orders")
    aws.patience.clock.sleep(600)
    assert set(pipelines.elsewhere(aws, pipelines.read(aws, "orders"))) == {first}
    overtaken = pipelines.read(aws, "orders", second)
    assert isinstance(pipelines.failure_of(overtaken), Superseded)
    assert pipelines.read(aws, "orders").id == third


def test_a_lost_answer_to_a_start_makes_no_second_run(aws: Aws, made: Made, hear: Callable[..., None]) -> None:
    from botocore.exceptions import ReadTimeoutError

    made()
    ended(aws)
    before = len(executions(aws))
    client = aws.client("codepipeline")
    lost: list[bool] = []

    def lose(**_: Any) -> None:
        if not lost:
            lost.append(True)
            raise ReadTimeoutError(endpoint_url="https://127.0.0.1")

    hear(client, "after-call.codepipeline.StartPipelineExecution", lose)
    started = pipeline_control.start(aws, "orders")
    assert lost
    assert next(one["pipelineExecutionId"] for one in executions(aws)) == started
    assert len(executions(aws)) == before + 1


def test_an_approval_whose_answer_is_lost_is_known_to_be_given(aws: Aws, made: Made, hear: Callable[..., None]) -> None:
    from botocore.exceptions import ReadTimeoutError

    made(APPROVE)
    until_it_waits(aws)

    def lose(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://127.0.0.1")

    hear(aws.client("codepipeline"), "after-call.codepipeline.PutApprovalResult", lose)
    pipeline_control.answer(aws, "orders", approved=True)
    assert ended(aws).status == "Succeeded"


@pytest.mark.parametrize(
    "call",
    [
        lambda aws: pipelines.read(aws, "orders"),
        lambda aws: pipeline_control.start(aws, "orders"),
        lambda aws: pipeline_control.retry(aws, "orders"),
        lambda aws: pipeline_control.stop(aws, "orders"),
        lambda aws: pipeline_control.answer(aws, "orders", approved=True),
    ],
)
def test_without_a_pipeline_it_says_so(aws: Aws, call: Callable[[Aws], object]) -> None:
    with pytest.raises(Refused, match="there is no pipeline orders"):
        call(aws)


def test_a_run_is_found_by_the_beginning_of_its_id(aws: Aws, made: Made) -> None:
    made()
    run = ended(aws)
    assert pipelines.read(aws, "orders", run.id[:8]) == run
    with pytest.raises(Refused, match="there is no run zzz"):
        pipelines.read(aws, "orders", "zzz")


def test_a_run_as_a_table_shows_no_token_and_no_byte_that_steers(
    aws: Aws, made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    made(APPROVE)
    waits = until_it_waits(aws)
    pipeline_control.answer(aws, "orders", approved=False, comment="\x1b[2Jgone")
    run = ended(aws)
    shown.show(run, [])
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    assert "\\x1b[2Jgone" in out
    assert TOKEN not in out + str(shown.document(run, [], {}))
    assert waits.token not in out + str(shown.document(run, [], {}))
