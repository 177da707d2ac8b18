"""One thing in two spellings of AWS is one value: triggers, rules, ranges of addresses, names, policies."""

import json

import pytest

from ecsctl.ids import BucketName, ClusterName, ConnectionArn, ProjectName, RoleArn, ServiceName
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.security_group import Rule
from ecsctl.resources.subnet import Subnet
from ecsctl.resources.support.pipeline_structure import ConnectionSource, Deploy, Parts, has_our_structure, structure
from ecsctl.resources.support.policy_document import (
    Statement,
    Trust,
    policy,
    same_spelling,
    statements,
    trust_of,
    trust_policy,
)
from ecsctl.resources.vpc import Vpc
from tests.desired_stack import usual


def _declared(triggers):
    source = ConnectionSource(ConnectionArn("arn:aws:codeconnections:eu-central-1:1:connection/c"), "ann/shop", "main")
    parts = Parts(
        role=RoleArn("arn:aws:iam::1:role/r"),
        bucket=BucketName("b"),
        source=source,
        build=ProjectName("p"),
        tests=(),
        approvals=(),
        deploys=(Deploy("Deploy", ClusterName("c"), ServiceName("s")),),
    )
    return {**structure("shop", parts, ""), "version": 1, "triggers": triggers}, parts


def _trigger(push, **more):
    about = {"sourceActionName": "Source", "push": push, **more}
    return [{"providerType": "CodeStarSourceConnection", "gitConfiguration": about}]


OWN = [{"branches": {"includes": ["main"], "excludes": []}}]


@pytest.mark.parametrize("triggers", [[], _trigger(OWN), _trigger(OWN, pullRequest=[]), _trigger([])])
def test_the_trigger_that_aws_adds_to_a_connection_is_no_drift(triggers):
    found, parts = _declared(triggers)
    assert has_our_structure(found, parts, "eu-central-1")


OTHER = [{"branches": {"includes": ["release/*"]}}]
CHOOSY = [{"branches": {"includes": ["main"]}, "filePaths": {"includes": ["app/**"]}}]


@pytest.mark.parametrize(
    "triggers", [_trigger(OTHER), _trigger(CHOOSY), _trigger(OWN, pullRequest=[{"events": ["OPEN"]}])]
)
def test_a_trigger_of_somebody_else_is_drift(triggers):
    found, parts = _declared(triggers)
    assert not has_our_structure(found, parts, "eu-central-1")


SAME_RULES = [
    (Rule(0, 65535, "all", "0.0.0.0/0"), Rule(-1, -1, "-1", "0.0.0.0/0")),
    (Rule(0, 0, "-1", "::/0"), Rule(-1, -1, "-1", "0:0:0:0:0:0:0:0/0")),
    (Rule(443, 443, "6", "10.0.0.0/24"), Rule(443, 443, "TCP", "10.0.0.7/24")),
    (Rule(53, 53, "17", "2001:DB8::/32"), Rule(53, 53, "udp", "2001:db8:0::/32")),
    (Rule(8, -1, "1", "10.0.0.0/8"), Rule(8, -1, "icmp", "10.0.0.0/8")),
    (Rule(1, 2, "50", "10.0.0.0/8"), Rule(-1, -1, "50", "10.0.0.0/8")),
    (Rule(80, 80, cidr="pl-0767c9e96a31aed5a"), Rule(80, 80, "tcp", "pl-0767c9e96a31aed5a")),
]


@pytest.mark.parametrize(("one", "other"), SAME_RULES, ids=str)
def test_a_rule_is_the_same_however_it_is_spelled(one, other):
    assert one == other


def test_ranges_of_addresses_are_brought_to_their_canonical_form():
    assert usual(Vpc, cidr="100.68.0.18/18").cidr == "100.68.0.0/18"  # the example of EC2's API reference, CreateVpc
    assert Subnet(vpc="vpc-1", cidr="10.0.0.9/24", zone_id="euc1-az1").cidr == "10.0.0.0/24"


def test_names_and_values_of_dns_are_the_same_however_they_are_spelled():
    plain = usual(DnsRecord, zone="Z1", name="*.shop.example", type="A", resource_record="192.0.2.1, 192.0.2.2")
    assert (
        usual(
            DnsRecord,
            zone="/hostedzone/Z1",
            name="\\052.Shop.Example.",
            type="A",
            resource_record="192.0.2.2, 192.0.2.1",
        )
        == plain
    )
    alias = usual(
        DnsRecord,
        zone="Z1",
        name="shop.example",
        type="A",
        alias_dns_name="b-1.eu-central-1.elb.amazonaws.com",
        alias_zone="Z2",
    )
    spelled = usual(
        DnsRecord,
        zone="Z1",
        name="SHOP.example.",
        type="A",
        alias_dns_name="dualstack.B-1.eu-central-1.elb.amazonaws.com.",
        alias_zone="Z2",
    )
    assert spelled == alias


DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": ["b", "a"], "Principal": "*"}
SAME_POLICIES = [
    (DENY, {**DENY, "Sid": "x", "Action": ["s3:*"], "Resource": ["a", "b"], "Principal": {"AWS": ["*"]}}),
    ({"Principal": {"AWS": "111111111111"}}, {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}),
    (
        {"Condition": {"Bool": {"aws:SecureTransport": False}}},
        {"Condition": {"Bool": {"aws:securetransport": ["false"]}}},
    ),
    (
        {"Condition": {"NumericLessThan": {"s3:max-keys": 10}}},
        {"Condition": {"NumericLessThan": {"s3:max-keys": "10"}}},
    ),
    ({"Version": "2012-10-17", "Statement": DENY}, {"Id": "by-aws", "Statement": [DENY]}),
]


@pytest.mark.parametrize(("one", "other"), SAME_POLICIES, ids=lambda each: json.dumps(each)[:40])
def test_a_policy_is_the_same_however_it_is_spelled(one, other):
    assert same_spelling(one) == same_spelling(json.dumps(other))


def test_what_a_statement_allows_is_compared_and_not_its_name():
    one = Statement("Pull", ("ecr:GetAuthorizationToken",), ("*",))
    assert statements(policy([one])) == (Statement("", ("ecr:GetAuthorizationToken",), ("*",)),)
    assert statements(policy([one])) != (Statement("Pull", ("ecr:*",), ("*",)),)


def test_a_trust_with_another_condition_is_another_trust():
    trust = Trust("ecs-tasks.amazonaws.com", source_account="123456789012")
    document = json.loads(trust_policy(trust))
    assert trust_of(document) == trust
    document["Statement"]["Condition"]["StringEquals"]["aws:PrincipalOrgID"] = "o-1"
    assert trust_of(document) != trust
