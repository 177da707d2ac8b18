"""Reading logs, on the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from ecsctl.aws.clients import Aws
from ecsctl.errors import Interrupted, Refused, UsageError
from ecsctl.operations import logs
from ecsctl.sandbox.core.clock import Clock, Virtual
from ecsctl.ui import logs as shown

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
GROUP, STREAM = "/ecs/orders", "ecs/orders/0123456789abcdef"
BEGIN = Virtual().now() - 3600  # an hour before the sandbox begins: AWS takes no lines of long ago


@pytest.fixture
def write(aws: Aws) -> Callable[..., None]:
    """Write lines: (seconds, text), in this stream."""
    client = aws.client("logs")
    client.create_log_group(logGroupName=GROUP)
    streams: set[str] = set()

    def write(*lines: tuple[float, str], stream: str = STREAM) -> None:
        if stream not in streams:
            streams.add(stream)
            client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        events = [{"timestamp": int((BEGIN + at) * 1000), "message": text} for at, text in lines]
        client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)

    return write


def texts(lines: Iterator[logs.Line]) -> list[str]:
    return [line.text for line in lines]


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("10m", 600), ("2h", 7200), ("1d", 86400)])
def test_since_counts_back_from_now(text: str, seconds: int) -> None:
    assert logs.moment(text, NOW) == int(NOW.timestamp() - seconds) * 1000


@pytest.mark.parametrize("text", ["2026-11-23T07:00", "2026-11-23T07:00:00+00:00", "2026-11-23T09:00+02:00"])
def test_since_is_a_time_too(text: str) -> None:
    assert logs.moment(text, NOW) == int(NOW.timestamp() - 3600) * 1000


@pytest.mark.parametrize("text", ["", "10", "10 minutes", "-5m", "yesterday", "999999999d"])
def test_what_is_no_time_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UsageError, match="expected a time such as"):
        logs.moment(text, NOW)


def test_the_lines_of_all_tasks_come_in_the_order_of_their_times(aws: Aws, write: Callable[..., None]) -> None:
    write((1, "one"), (3, "three"))
    write((2, "two"), (4, "four"), stream="ecs/orders/ffff")
    assert texts(logs.lines(aws, logs.of_app(aws, "orders", 0))) == ["one", "two", "three", "four"]


def test_what_was_written_before_stays_out(aws: Aws, write: Callable[..., None]) -> None:
    write((1, "old"), (100, "new"))
    start = int((BEGIN + 50) * 1000)
    assert texts(logs.lines(aws, logs.of_app(aws, "orders", start))) == ["new"]


def test_a_log_of_many_pages_is_read_to_its_end(aws: Aws, write: Callable[..., None]) -> None:
    write(*[(number / 1000, f"line {number}") for number in range(500)])
    original, asked = aws.client("logs").filter_log_events, []

    def few(**parameters: Any) -> Any:
        asked.append(parameters)
        return original(**parameters, limit=200)

    aws.client("logs").filter_log_events = few
    try:
        assert texts(logs.lines(aws, logs.of_app(aws, "orders", 0))) == [f"line {number}" for number in range(500)]
    finally:
        del aws.client("logs").filter_log_events
    assert len(asked) > 2


def test_a_follower_sees_each_line_once_also_one_that_comes_late(aws: Aws, write: Callable[..., None]) -> None:
    write((1, "one"), (50, "two"))
    lines = logs.follow(aws, logs.of_app(aws, "orders", 0))
    assert texts(islice(lines, 2)) == ["one", "two"]
    write((51, "three"))
    assert texts(islice(lines, 1)) == ["three"]
    write((20, "late"), stream="ecs/orders/ffff")  # of a time before the last
    write((52, "four"))
    assert texts(islice(lines, 2)) == ["late", "four"]
    aws.patience.stop()
    with pytest.raises(Interrupted):
        next(lines)


def test_two_lines_alike_are_two(aws: Aws, write: Callable[..., None]) -> None:
    write((1, "tick"), (1, "tick"))
    assert texts(islice(logs.follow(aws, logs.of_app(aws, "orders", 0)), 2)) == ["tick", "tick"]


def test_a_follower_lives_through_throttling(aws: Aws, write: Callable[..., None], hear: Callable[..., None]) -> None:
    from botocore.exceptions import ClientError

    write((1, "one"))
    left = [3]

    def slow(**_: Any) -> None:
        if left[0]:
            left[0] -= 1
            answer: Any = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
            raise ClientError(answer, "FilterLogEvents")

    hear(aws.client("logs"), "before-call.cloudwatch-logs.FilterLogEvents", slow)
    assert texts(islice(logs.follow(aws, logs.of_app(aws, "orders", 0)), 1)) == ["one"]
    assert left == [0]


def test_without_a_log_it_says_so(aws: Aws) -> None:
    with pytest.raises(Refused, match="there is no log /ecs/orders"):
        next(logs.lines(aws, logs.of_app(aws, "orders", 0)))


def test_without_a_build_it_says_so(aws: Aws) -> None:
    with pytest.raises(Refused, match="orders-build has not built anything"):
        logs.of_last_build(aws, "orders")


def test_a_build_s_log_is_its_own_and_ends_with_it(aws: Aws, made: Callable[..., Any], clock: Clock) -> None:
    from ecsctl.operations import pipelines

    made()
    clock.sleep(10)
    log = logs.of_last_build(aws, "orders")
    assert log.build == pipelines.build_of(pipelines.read(aws, "orders"))
    client = aws.client("logs")
    for stream in (log.stream, "another-build"):
        if not client.describe_log_groups(logGroupNamePrefix=log.group)["logGroups"]:
            client.create_log_group(logGroupName=log.group)
        client.create_log_stream(logGroupName=log.group, logStreamName=stream)
        events = [{"timestamp": int(clock.now() * 1000), "message": f"of {stream}\n"}]
        client.put_log_events(logGroupName=log.group, logStreamName=stream, logEvents=events)
    assert texts(logs.follow(aws, log)) == [f"of {log.stream}"]
    assert pipelines.read(aws, "orders").stages[1].status != "InProgress"


def test_a_line_cannot_steer_the_terminal_and_is_exact_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    line = logs.Line(NOW, STREAM, "\x1b]0;evil\x07 [bold]x[/bold] \u202e", "1")
    shown.show([line], as_json=False)
    text = capsys.readouterr().out
    assert "\x1b]0" not in text
    assert "\u202e" not in text
    assert "[bold]x[/bold]" in text
    shown.show([line], as_json=True)
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out)["text"] == line.text


def test_an_event_of_several_lines_is_shown_as_several_and_none_passes_for_another_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    events = [logs.Line(NOW, STREAM, "if true; then\r\n\techo\nfi\n", "1"), logs.Line(NOW, STREAM, "next", "2")]
    shown.show(events, as_json=False)
    first, second, third, following = capsys.readouterr().out.splitlines()
    assert first.endswith(" if true; then")
    assert (second.strip(), third.strip(), following.split()[-1]) == ("echo", "fi", "next")
    head = len(first) - len("if true; then")
    assert {second[:head], third[:head]} == {" " * head}


def test_of_no_lines_stderr_tells(capsys: pytest.CaptureFixture[str]) -> None:
    shown.show([], as_json=True)
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "no lines\n")


def test_the_newest_lines_are_read_from_the_end_of_the_log(
    aws: Aws, write: Callable[..., None], hear: Callable[..., None]
) -> None:
    write(*[(number / 1000, f"line {number}") for number in range(500)])
    asked: list[Any] = []
    hear(aws.client("logs"), "before-call.cloudwatch-logs.FilterLogEvents", lambda **call: asked.append(call))
    log = logs.of_app(aws, "orders", 0)
    found, more = logs.newest(aws, log, 3)
    assert ([line.text for line in found], more, len(asked)) == (["line 497", "line 498", "line 499"], True, 1)
    assert logs.newest(aws, log, 500)[1] is False


def test_the_newest_lines_of_many_pages_are_in_order(
    aws: Aws, write: Callable[..., None], hear: Callable[..., None]
) -> None:
    write(*[(number // 3 / 1000, f"line {number}") for number in range(100)])  # three at each millisecond
    write((0.005, "another's"), stream="ecs/orders/ffff")

    def few(params: dict[str, Any], **_: Any) -> None:
        params["limit"] = 7  # a page may have fewer lines than were asked for

    hear(aws.client("logs"), "provide-client-params.cloudwatch-logs.FilterLogEvents", few)
    found, more = logs.newest(aws, logs.of_app(aws, "orders", 0), 60)
    assert ([line.text for line in found], more) == ([f"line {number}" for number in range(40, 100)], True)


def test_a_follower_begins_with_the_newest_lines(aws: Aws, write: Callable[..., None]) -> None:
    write((1, "one"), (2, "two"), (3, "three"))
    lines = logs.follow(aws, logs.of_app(aws, "orders", 0), tail=2)
    assert texts(islice(lines, 2)) == ["two", "three"]
    write((2.5, "late"), stream="ecs/orders/ffff")
    write((4, "four"))
    assert texts(islice(lines, 2)) == ["late", "four"]
