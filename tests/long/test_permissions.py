"""Every configuration in every partition: what the printed policies allow is enough, and none of it is too much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ecsctl.sandbox.core.permissions import decision, statements
from tests.crash.conftest import some
from tests.permissions import test_operator as quick
from tests.permissions.conftest import Record
from tests.permissions.conftest import recorded as recorded  # a fixture
from tests.permissions.recorded import CONFIGS, REGIONS, Recorded

NOT_BY_US = {
    "ssmmessages:OpenDataChannel": "called by the session-manager plugin that `exec` starts",
    "ssm:ResumeSession": "called by the session-manager plugin that `forward` starts, when its connection was lost",
    "application-autoscaling:DeleteScalingPolicy": "called when an aim has gone, by whoever has the policy of before "
    "still",
    "s3:DeleteObject": "objects are deleted by their versions, `null` where a bucket has none: whether AWS asks for "
    "s3:DeleteObjectVersion alone then, its guide does not say",
    "ec2:DescribeVpcBlockPublicAccessExclusions": "called where the account has closed its internet gateways",
    "wafv2:DisassociateWebACL": "called when the key has gone, by whoever has the policy of before still",
}
TWINS = ("codeconnections:", "codestar-connections:")  # of one ARN only one prefix is asked for


EVERYWHERE = [(name, partition) for name in CONFIGS if name not in quick.QUICK for partition in REGIONS]


def actions_of(policies: dict[str, Any]) -> Iterator[str]:
    for statement in statements(policies.values()):
        yield from [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


def without(action: str, policies: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of the policies, as if they did not name the action."""
    left = []
    for one in statements(policies.values()):
        named = [one["Action"]] if isinstance(one["Action"], str) else one["Action"]
        if rest := [each for each in named if each != action]:
            left.append({**one, "Action": rest})
    return left


@pytest.mark.parametrize(("name", "partition"), some(EVERYWHERE, 14))
def test_the_printed_policies_allow_every_call_of_every_command(name: str, partition: str, recorded: Record) -> None:
    quick.test_the_printed_policies_allow_every_call_of_every_command(name, partition, recorded)


@pytest.mark.parametrize("name", [name for name in CONFIGS if name not in quick.QUICK])
def test_no_change_is_allowed_of_what_neighbours_have(name: str, recorded: Record) -> None:
    quick.test_no_change_is_allowed_of_what_neighbours_have(name, recorded)


@pytest.mark.timeout(600)
def test_without_any_one_action_a_command_fails(recorded: Record) -> None:
    runs = [(found, found.policies()) for found in map(recorded, CONFIGS)]
    needless: set[str] = set()
    for action in {action for _, printed in runs for action in actions_of(printed)} - NOT_BY_US.keys():
        if not any(fails_without(action, *run) for run in runs):
            needless.add(action)
    twins = {action for action in needless if action.startswith(TWINS)}
    assert needless == twins
    assert not any({f"{prefix}{action.split(':')[1]}" for prefix in TWINS} <= twins for action in twins)


def fails_without(action: str, found: Recorded, printed: dict[str, Any]) -> str:
    """A command of this recording that is denied something once the action is taken out of the policies."""
    left = without(action, printed)
    return next(
        (
            command
            for command, needed in found.needed.items()
            if any(one.action.lower() == action.lower() and decision(left, one) != "Allow" for one in needed)
        ),
        "",
    )
