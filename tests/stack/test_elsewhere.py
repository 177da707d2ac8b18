"""domain.elsewhere: names whose DNS a person keeps elsewhere. `up` says which records to set, and waits for them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.events import Message
from ecsctl.errors import EcsctlError
from ecsctl.operations.policy import policies
from ecsctl.sandbox.aws.route53 import set_elsewhere
from ecsctl.sandbox.core import authorization
from ecsctl.why import why
from tests.stack.client import IMAGE
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same

NAME, OURS = "shop.elsewhere.example", "hello.ecsctl.example"
ALONE = desired_stack(github=None, domain={"name": NAME, "elsewhere": [NAME]})
MIXED = desired_stack(
    github=None, domain={"name": OURS, "names": [f"*.{NAME}", NAME], "elsewhere": [f"*.{NAME}", NAME]}
)
RECORD = re.compile(r"set this record: (\S+) CNAME (\S+)")


def setting(world: World) -> list[str]:
    """Somebody does what is said as soon as it is said; what that was."""
    said: list[str] = []

    def hear(*_call: object) -> None:
        for event in [*world.events]:
            for name, value in RECORD.findall(event.text) if isinstance(event, Message) else ():
                if name not in said:
                    said.append(name)
                    set_elsewhere(name, value)

    world.heard = hear
    return said


def records(world: World) -> set[str]:
    found = set()
    route53 = world.boto("route53")
    for zone in route53.list_hosted_zones()["HostedZones"]:
        listed = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        found |= {one["Name"] for one in listed if one["Type"] in ("A", "CNAME")}
    return found


@pytest.mark.parametrize("configured", [ALONE, MIXED], ids=["alone", "beside ours"])
def test_up_says_what_to_set_and_goes_on_when_it_is_there(world: World, configured: dict[str, Any]) -> None:
    before = world.account()
    said = setting(world)
    authorization.enforce(policies(Config.model_validate(configured), ACCOUNT, REGION))
    world.up(configured, image=IMAGE)
    assert len(said) == 1, "a name and its wildcard have one record between them"
    assert not any("elsewhere" in name for name in records(world))
    assert (f"{OURS}." in records(world)) is (configured is MIXED)
    assert world.plan(configured).work == ()
    session = world.open(configured)
    session.engine.plan(session.desired_stack)
    [note] = [one for one in session.notes if f"the DNS of {NAME} is" in one]
    assert "elb.amazonaws.com" in note
    world.down()
    authorization.enforce(None)
    world.clock.sleep(7200)
    same(before, world.account())


def test_without_it_up_gives_up_in_the_end_and_goes_on_from_there(world: World) -> None:
    with pytest.raises(EcsctlError):
        world.up(ALONE, image=IMAGE)
    [cause] = [one for one in why(world.aws(), "hello", NAME).causes if one.name == "certificate-pending"]
    assert f"where the DNS of {NAME} is, set _" in str(cause.fix)
    setting(world)
    world.up(ALONE, image=IMAGE)
    assert world.plan(ALONE).work == ()


def test_a_name_elsewhere_adds_no_right_to_a_zone() -> None:
    printed = str(policies(Config.model_validate(ALONE), ACCOUNT, REGION))
    assert "ChangeResourceRecordSets" not in printed
    assert "acm:RequestCertificate" in printed


def test_for_a_name_without_a_zone_the_message_says_that_its_dns_may_be_elsewhere(world: World) -> None:
    with pytest.raises(EcsctlError) as refused:
        world.open(desired_stack(github=None, domain={"name": NAME}))
    assert f'domain.elsewhere = ["{NAME}"]' in refused.value.hint
