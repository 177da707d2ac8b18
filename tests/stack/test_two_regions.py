"""One app in two regions: two deployments, of which only roles and DNS records are found in both."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.engine.plan import Verb
from ecsctl.errors import Refused
from tests.stack.conftest import World, desired_stack

OTHER = "us-east-1"


class Elsewhere(World):
    """The same account from a fresh clone, in another region."""

    def aws(self) -> Aws:
        return Aws(Patience(self.clock), session=boto3.session.Session(region_name=OTHER), heard=self.heard)


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> Elsewhere:
    return Elsewhere(world.clock, tmp_path / "elsewhere")


def _record(world: World) -> str:
    route53 = world.boto("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    found = next(one for one in records if one["Name"] == "hello.ecsctl.example." and one["Type"] == "A")
    return str(found["AliasTarget"]["DNSName"])


def test_a_record_that_leads_to_the_apps_balancer_in_another_region_is_never_moved(
    world: World, elsewhere: Elsewhere
) -> None:
    world.running()
    before, leads = world.exact(), _record(world)
    refused = elsewhere.plan().refusals
    assert [step.name for step in refused] == ["dns hello.ecsctl.example"]
    with pytest.raises(Refused) as caught:
        elsewhere.up()
    assert (elsewhere.changes, _record(world)) == (0, leads)
    assert world.exact() == before
    assert f"A hello.ecsctl.example → {leads.rstrip('.')}" in caught.value.message
    assert "hello serves hello.ecsctl.example from eu-central-1" in caught.value.hint
    assert "ecsctl down --name hello --region eu-central-1" in caught.value.hint
    assert 'region = "eu-central-1"' in caught.value.hint


def test_what_the_refusal_advises_leads_out(world: World, elsewhere: Elsewhere) -> None:
    world.running()
    with pytest.raises(Refused):
        elsewhere.up()
    here = World(world.clock, elsewhere.state_file.parent.parent / "empty")
    here.down()  # as `ecsctl down --name hello --region eu-central-1` does, without a state file
    elsewhere.up()
    assert f".{OTHER}.elb." in _record(world)


def test_two_regions_without_a_common_name_live_side_by_side_and_recover_by_themselves(
    world: World, elsewhere: Elsewhere
) -> None:
    bare = desired_stack(domain=None)
    world.running()
    elsewhere.up(bare)
    for one, configured in ((world, desired_stack()), (elsewhere, bare)):
        one.state_file.unlink()
        assert one.up(configured).count(Verb.KEEP) == len(one.plan(configured).steps)
    elsewhere.state_file.unlink()
    elsewhere.down()
    assert "eu-central-1" in _record(world)
    assert world.plan().work == ()


def test_a_down_in_the_wrong_region_leaves_the_record_alone(world: World, elsewhere: Elsewhere) -> None:
    world.running()
    before = world.exact()
    assert elsewhere.down().work == ()
    assert world.exact() == before
