"""Every configuration in every partition: what the printed policies allow is enough, and none of it is too much."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from ecsctl.sandbox.core.permissions import Asked, Statements, decision, statements
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


def actions_of(statement: dict[str, Any]) -> list[str]:
    named: str | list[str] = statement["Action"]
    return [named] if isinstance(named, str) else named


def without(action: str, allowed: Statements) -> Statements:
    """The statements as if they did not name the action."""
    rest = [(one, [each for each in actions_of(one) if each != action]) for one in allowed]
    return [{**one, "Action": named} for one, named in rest if named]


@pytest.mark.parametrize(("name", "partition"), some(EVERYWHERE, 14))
def test_the_printed_policies_allow_every_call_of_every_command(name: str, partition: str, recorded: Record) -> None:
    quick.test_the_printed_policies_allow_every_call_of_every_command(name, partition, recorded)


@pytest.mark.parametrize("name", [name for name in CONFIGS if name not in quick.QUICK])
def test_no_change_is_allowed_of_what_neighbours_have(name: str, recorded: Record) -> None:
    quick.test_no_change_is_allowed_of_what_neighbours_have(name, recorded)


@pytest.mark.timeout(600)
def test_without_any_one_action_a_command_fails(recorded: Record) -> None:
    runs = [(statements(found.policies().values()), asked_by_action(found)) for found in map(recorded, CONFIGS)]
    named = {action for allowed, _ in runs for one in allowed for action in actions_of(one)}
    needless = {
        action
        for action in named - NOT_BY_US.keys()
        if not any(denied(action, allowed, asked[action.lower()]) for allowed, asked in runs)
    }
    twins = {action for action in needless if action.startswith(TWINS)}
    assert needless == twins
    assert not any({f"{prefix}{action.split(':')[1]}" for prefix in TWINS} <= twins for action in twins)


def asked_by_action(found: Recorded) -> dict[str, list[Asked]]:
    """What the commands of this recording ask for, by the action in lower case."""
    asked = defaultdict[str, list[Asked]](list)
    for one in (one for needed in found.needed.values() for one in needed):
        asked[one.action.lower()].append(one)
    return asked


def denied(action: str, allowed: Statements, asked: list[Asked]) -> bool:
    """Whether something of this is denied once the statements do not name the action."""
    return bool(asked) and any(decision(without(action, allowed), one) != "Allow" for one in asked)
