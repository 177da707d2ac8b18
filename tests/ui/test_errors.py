from ecsctl.aws.explaining import in_the_way
from ecsctl.errors import AwsError, Interrupted, Several
from ecsctl.ui import errors
from tests.ui import samples


def printed(error, capsys):
    errors.show(error)
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_an_error_tells_what_why_and_what_now(capsys):
    error = AwsError("VPC vpc: CreateVpc failed", why="Nope: no", hint="ecsctl up")
    assert printed(error, capsys) == "error: VPC vpc: CreateVpc failed\n  why: Nope: no\n  hint: ecsctl up\n"


def test_an_error_without_why_and_hint_is_one_line(capsys):
    assert printed(AwsError("no"), capsys) == "error: no\n"


def test_several_are_shown_each_with_what_was_not_tried(capsys, snapshot):
    assert printed(samples.failure(), capsys) == snapshot


def test_a_hint_that_all_share_is_shown_once(capsys):
    text = printed(samples.expired(), capsys)
    assert text.count("aws sso login") == 1
    assert text.count("error:") == 2


def test_the_same_error_from_many_threads_is_shown_once(capsys):
    text = printed(Several([samples.stopped() for _ in range(16)]), capsys)
    assert text.count("error:") == 1
    assert isinstance(errors.parts_of(Several([samples.stopped()] * 3))[0], Interrupted)


def test_a_removal_that_a_person_stopped_names_nothing_that_is_in_the_way():
    stopped = Several([samples.stopped()], ["VPC"])
    assert in_the_way(stopped, ["network interface eni-1"]).errors[0].hint == samples.stopped().hint
    refused = Several([AwsError("no")], ["VPC"])
    assert in_the_way(refused, ["network interface eni-1"]).errors[0].why == "in the way: network interface eni-1"


def test_a_resource_not_tried_is_named_once_and_its_second_half_not_at_all(capsys):
    error = Several([AwsError("no")], ["alb", "alb is ready", "nat is ready", "alb"])
    assert "not tried: alb, nat is ready\n" in printed(error, capsys)


def test_errors_within_errors_are_all_shown():
    inner = Several([AwsError("one"), AwsError("two")], ["x"])
    outer = Several([inner, AwsError("three")], ["y"])
    assert [part.message for part in errors.parts_of(outer)] == ["one", "two", "three"]
    assert errors.untried(outer) == ["y", "x"]


def test_a_long_hint_stays_one_line_to_copy(capsys):
    hint = "ecsctl " + "--very-long-option " * 20
    assert f"  hint: {hint}\n" in printed(AwsError("no", hint=hint), capsys)


def test_lines_of_a_message_stay_lines_below_each_other(capsys):
    assert printed(AwsError("two mistakes:\nline 3: port\nline 4: cpu"), capsys) == (
        "error: two mistakes:\n       line 3: port\n       line 4: cpu\n"
    )


def test_what_aws_says_steers_nothing(capsys):
    text = printed(AwsError("\x1b[2Jx", why="\x9b1m\u202e", hint="\x1b]8;;u\x07"), capsys)
    assert text == "error: \\x1b[2Jx\n  why: \\x9b1m\\u202e\n  hint: \\x1b]8;;u\\x07\n"


def test_many_that_were_not_tried_are_counted(capsys):
    names = [f"thing-{number}" for number in range(30)]
    assert printed(Several([AwsError("no")], names), capsys).endswith("thing-7, and 22 more\n")
    assert "thing-8\n" in printed(Several([AwsError("no")], names[:9]), capsys)
