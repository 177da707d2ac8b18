"""What `ecsctl policy` prints is enough for every command, in an account with neighbours, and nothing is too much.

Every call of every command was recorded as IAM evaluates it: by action, resource and condition keys. All of it ran with
the printed policies enforced.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ecsctl.errors import AccessError
from ecsctl.sandbox.core.permissions import Asked, decision, statements
from tests.permissions.conftest import Record
from tests.permissions.recorded import REGIONS

QUICK = ("bare", "domain", "connection")  # all of them: tests/long/test_permissions.py


def changes(asked: Asked) -> bool:
    reads = ("Get", "List", "Describe", "BatchGet", "Filter")
    return not asked.action.split(":")[1].startswith(reads)


@pytest.mark.parametrize("partition", REGIONS)
@pytest.mark.parametrize("name", QUICK)
def test_the_printed_policies_allow_every_call_of_every_command(name: str, partition: str, recorded: Record) -> None:
    found = recorded(name, partition)
    allowed = statements(found.policies().values())
    denied = [
        (command, asked)
        for command, needed in found.needed.items()
        for asked in needed
        if decision(allowed, asked) != "Allow"
    ]
    assert denied == []
    assert {command: said for command, (code, said) in found.ended.items() if code == AccessError.exit_code} == {}
    assert {"plan", "up --yes", "status", "why", "down --yes --force"} <= found.needed.keys()


@pytest.mark.parametrize("name", QUICK)
def test_no_change_is_allowed_of_what_neighbours_have(name: str, recorded: Record) -> None:
    """What commands change of app `hello` may not be changed of `hello-api`, whose names begin alike."""
    found = recorded(name)
    allowed = statements(found.policies().values())
    theirs = [
        replace(asked, resource=other)
        for needed in found.needed.values()
        for asked in needed
        if changes(asked) and (other := of_a_neighbour(asked.resource)) != asked.resource
    ]
    assert len(theirs) > 30
    assert [one for one in theirs if decision(allowed, one) == "Allow"] == []


def of_a_neighbour(arn: str) -> str:
    """The ARN with the app's name in it made into a neighbour's."""
    return re.sub(r"(?<![\w-])hello(?!\w)", "hello-api", arn)


@pytest.mark.parametrize(
    ("name", "action", "key"),
    [
        ("domain", "route53:ChangeResourceRecordSets", "route53:ChangeResourceRecordSetsNormalizedRecordNames"),
        ("connection", "codeconnections:UseConnection", "codeconnections:FullRepositoryId"),
        ("connection", "codeconnections:PassConnection", "codeconnections:PassedToService"),
    ],
)
def test_the_same_for_anything_else_in_the_zone_or_behind_the_connection_is_denied(
    name: str, action: str, key: str, recorded: Record
) -> None:
    found = recorded(name)
    allowed = statements(found.policies().values())
    asked = [one for needed in found.needed.values() for one in needed if one.action == action]
    assert {decision(allowed, one) for one in asked} == {"Allow"}
    others = [replace(one, context={**one.context, key: ("other.ecsctl.example",)}) for one in asked]
    assert {decision(allowed, one) for one in others} == {""}
