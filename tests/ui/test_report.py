from dataclasses import fields
from datetime import timedelta
from types import SimpleNamespace

import pytest

from ecsctl.engine.plan import Plan, Step, Verb
from ecsctl.engine.report import Condition, console, flat, main_id, reports
from ecsctl.engine.resource import Observed, identity
from ecsctl.resources import kinds
from tests.ui import samples
from tests.ui.samples import NOW, Identity

VPC_PAGE = "{console}/vpcconsole/home?region={region}#VpcDetails:VpcId={vpc_id}"
LOG_PAGE = "{console}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name}"


class Book:
    """A state file in memory."""

    def __init__(self, **entries):
        self.entries = {name: SimpleNamespace(kind=kind, since=since) for name, (kind, since) in entries.items()}

    def entry(self, name):
        return self.entries.get(name)


AHEAD = timedelta(hours=1)  # of AWS's clock before this machine's


def read(*steps, observed=None, book=None):
    kind = SimpleNamespace(kind="vpc", console=VPC_PAGE)
    return reports(Plan(steps), observed or {}, [kind], book or Book(), Identity(), lambda moment: moment + AHEAD)


def test_what_is_there_has_its_page_and_its_age():
    (found,) = read(samples.VPC, observed={"vpc": Observed(samples.VPC.ids, None, {}, since=NOW)})
    assert found.healthy
    assert found.since == NOW
    assert found.console == (
        "https://eu-central-1.console.aws.amazon.com/vpcconsole/home?region=eu-central-1"
        "#VpcDetails:VpcId=vpc-0a1b2c3d4e5f60718"
    )


def test_the_state_file_tells_the_age_where_aws_does_not():
    observed = {"vpc": Observed(samples.VPC.ids, None, {})}
    (found,) = read(samples.VPC, observed=observed, book=Book(vpc=("vpc", NOW - timedelta(days=1))))
    assert found.since == NOW - timedelta(days=1) + AHEAD


def test_what_is_missing_has_neither_page_nor_age():
    (found,) = read(samples.doing(samples.VPC, Verb.CREATE), observed={"vpc": None}, book=Book(vpc=("vpc", NOW)))
    assert (found.condition, found.console, found.since) == (Condition.MISSING, "", None)


def test_a_leftover_is_not_taken_for_the_desired_resource_of_its_name():
    leftover = Step("vpc", "vpc", "VPC", Verb.DELETE, ids=samples.VpcIds("vpc-old"))
    desired = Step("vpc", "other", "other", Verb.KEEP, ids=samples.VpcIds("vpc-new"))
    observed = {"vpc": Observed(desired.ids, None, {}, since=NOW)}
    new, old = read(desired, leftover, observed=observed, book=Book(vpc=("other", NOW)))
    assert (new.condition, new.since) == (Condition.RIGHT, NOW)
    assert (old.condition, old.since) == (Condition.UNCONFIGURED, None)


def test_only_what_is_right_is_healthy():
    assert [report.condition for report in samples.reports() if report.healthy] == [Condition.RIGHT]


def test_a_failure_is_graver_than_a_difference():
    ids = samples.VPC.ids
    step = samples.doing(samples.VPC, Verb.UPDATE, *samples.changed().steps[1].changes)
    (found,) = read(step, observed={"vpc": Observed(ids, None, {}, failed="gave up")})
    assert (found.condition, found.note) == (Condition.FAILED, "gave up")


def test_a_borrowed_resource_that_is_not_there_is_refused():
    (found,) = read(samples.doing(samples.VPC, Verb.REFUSE, reason="not there"), observed={"vpc": None})
    assert (found.condition, found.note) == (Condition.REFUSED, "not there")


BASES = {
    ("aws", "eu-central-1"): "https://eu-central-1.console.aws.amazon.com",
    ("aws-cn", "cn-north-1"): "https://cn-north-1.console.amazonaws.cn",
    ("aws-us-gov", "us-gov-west-1"): "https://console.amazonaws-us-gov.com",
}


@pytest.mark.parametrize(("place", "base"), BASES.items(), ids=[partition for partition, _ in BASES])
def test_each_partition_has_its_console(place, base):
    partition, region = place
    link = console(VPC_PAGE, {"vpc_id": "vpc-1"}, Identity(partition=partition, region=region))
    assert link == f"{base}/vpcconsole/home?region={region}#VpcDetails:VpcId=vpc-1"


def test_an_unknown_partition_or_id_gets_no_link():
    assert console(VPC_PAGE, {"vpc_id": "vpc-1"}, Identity(partition="aws-iso")) == ""
    assert console(VPC_PAGE, {"vpc_id": ""}, Identity()) == ""
    assert console(VPC_PAGE, {}, Identity()) == ""
    assert console("", {"vpc_id": "vpc-1"}, Identity()) == ""


def test_an_id_cannot_leave_its_place_in_the_address():
    link = console(VPC_PAGE, {"vpc_id": "x?a=b&c#d \x1b%\u202e"}, Identity())
    assert link.endswith("VpcId=x%3Fa%3Db%26c%23d%20%1B%25%E2%80%AE")


def test_a_log_group_is_named_as_its_console_reads_it():
    assert console(LOG_PAGE, {"name": "/ecs/shop"}, Identity()).endswith("/log-group/$252Fecs$252Fshop")


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.kind)
def test_every_kind_has_a_page_that_its_ids_fill(kind):
    ids = {item.name: "x-1" for item in fields(identity(kind))}
    link = console(kind.console, ids, Identity())
    assert bool(link) is bool(kind.console)
    assert "{" not in link
    assert link.startswith("https://") or not link


ARN = "arn:aws:elasticloadbalancing:eu-central-1:123456789012"
TELLING = [
    ({"vpc_id": "vpc-1"}, "vpc-1"),
    ({"allocation_id": "eipalloc-1", "public_ip": "1.2.3.4"}, "eipalloc-1"),
    ({"name": "shop", "arn": "arn:x"}, "shop"),
    ({"cluster": "shop", "name": "web", "arn": "arn:x"}, "web"),
    ({"arn": f"{ARN}:loadbalancer/app/shop/50dc", "dns_name": "d", "zone_id": "Z1"}, "shop/50dc"),
    ({"arn": f"{ARN}:targetgroup/shop/6d0e"}, "shop/6d0e"),
    ({"arn": f"{ARN}:listener/app/shop/50dc/f2f7"}, "f2f7"),
    ({"arn": "arn:aws:acm:eu-central-1:123456789012:certificate/12-34"}, "12-34"),
    ({"family": "shop", "arn": f"{samples.TASKS}:12", "image": "x"}, "shop:12"),
    ({"arn": "arn:aws:s3:::shop"}, "shop"),
    ({"target": "service/shop/shop"}, "service/shop/shop"),
    ({}, ""),
    (None, ""),
]


@pytest.mark.parametrize(("ids", "expected"), TELLING)
def test_the_most_telling_id_is_shown(ids, expected):
    assert main_id(ids) == expected


def test_ids_are_shown_by_name_whether_a_value_or_recorded():
    assert flat(samples.VpcIds("vpc-1")) == flat({"vpc_id": "vpc-1"}) == {"vpc_id": "vpc-1"}
    assert flat(None) == {}
