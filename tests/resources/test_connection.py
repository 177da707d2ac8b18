import pytest

from ecsctl.engine.plan import Verb
from ecsctl.errors import Refused, TimedOut
from ecsctl.resources.connection import BorrowedConnection
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.snapshot.taking import differences, snapshot


@pytest.fixture
def arn(cloud):
    made = cloud.boto("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="ours")
    return made["ConnectionArn"]


def borrowed(arn):
    return lambda stack: stack.ensure("connection", BorrowedConnection(arn=arn))


def test_a_borrowed_connection_is_used_and_never_changed(cloud, arn):
    complete_handshake("ours")
    before = snapshot()
    cloud.up(borrowed(arn))
    cloud.down()
    assert (differences(before, snapshot()), cloud.changes) == ([], 0)


def test_a_handshake_that_nobody_completes_is_waited_for_with_a_link(cloud, arn):
    with pytest.raises(
        TimedOut, match=r"https://eu-central-1\.console\.aws\.amazon\.com/codesuite/settings/connections"
    ):
        cloud.up(borrowed(arn))
    complete_handshake("ours")
    assert cloud.up(borrowed(arn)).refusals == ()


def test_a_connection_that_failed_or_is_not_there_is_refused(cloud, arn):
    complete_handshake("ours", status="ERROR")
    assert [step.verb for step in cloud.plan(borrowed(arn)).steps] == [Verb.REFUSE]
    assert [step.verb for step in cloud.plan(borrowed(f"{arn}0")).steps] == [Verb.REFUSE]
    with pytest.raises(Refused, match="ERROR"):
        cloud.up(borrowed(arn))
