import pytest

from ecsctl.engine.errors import Refused
from ecsctl.resources.borrowed_network import BorrowedSubnet, BorrowedVpc
from ecsctl.resources.security_group import SecurityGroup
from ecsctl.sandbox.snapshot import differences
from tests.cases_network import snapshot


@pytest.fixture
def theirs(cloud):
    """A VPC of the user's: its id and its subnets by zone."""
    ec2 = cloud.boto("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    cloud.clock.sleep(60)

    def subnet(number, zone):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.50.{number}.0/24", AvailabilityZone=f"eu-central-1{zone}")
        return made["Subnet"]["SubnetId"]

    subnets = {name: subnet(number, name[0]) for number, name in enumerate(("a1", "a2", "b1", "c1"))}
    cloud.clock.sleep(60)
    return vpc, subnets


def borrowed(vpc, balancer, tasks):
    def compose(stack):
        found = stack.ensure("vpc", BorrowedVpc(vpc, frozenset(balancer), frozenset(tasks))).vpc_id
        for subnet in sorted({*balancer, *tasks}):
            stack.ensure(subnet, BorrowedSubnet(subnet, found))
        stack.ensure("group", SecurityGroup("shop", found, frozenset()))

    return compose


def test_it_is_used_and_stays(cloud, theirs):
    vpc, subnets = theirs
    before = snapshot()
    compose = borrowed(vpc, [subnets["a1"], subnets["b1"]], [subnets["a2"]])
    cloud.up(compose)
    assert cloud.up(compose).work == ()
    grown = differences(before, snapshot())
    assert [line[:1] for line in grown] == ["+"] * len(grown)
    cloud.down()
    assert differences(before, snapshot()) == []


@pytest.mark.parametrize(
    ("balancer", "words"),
    [
        (["a1"], "the load balancer needs subnets in two zones"),
        (["a1", "a2"], "the load balancer needs subnets in two zones"),
        (["a1", "a2", "b1"], "the load balancer takes one subnet in a zone"),
        (["a1", "subnet-0123456789abcdef0"], "its subnet subnet-0123456789abcdef0 is not there"),
    ],
)
def test_subnets_that_do_not_fit_are_refused_before_anything_is_made(cloud, theirs, balancer, words):
    vpc, subnets = theirs
    with pytest.raises(Refused, match=words):
        cloud.up(lambda stack: stack.ensure("vpc", BorrowedVpc(vpc, frozenset(subnets.get(b, b) for b in balancer),
                                                               frozenset({subnets["c1"]}))))  # fmt: skip
    assert cloud.changes == 0


def test_a_subnet_of_another_vpc_is_refused(cloud, theirs):
    vpc, subnets = theirs
    ec2 = cloud.boto("ec2")
    default = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    wish = BorrowedVpc(vpc, frozenset({subnets["a1"], subnets["b1"]}), frozenset({default["SubnetId"]}))
    with pytest.raises(Refused, match=f"is in {default['VpcId']}, not in {vpc}"):
        cloud.up(lambda stack: stack.ensure("vpc", wish))


def test_a_vpc_that_is_not_there_is_refused(cloud):
    wish = BorrowedVpc("vpc-0123456789abcdef0", frozenset({"subnet-1"}), frozenset())
    with pytest.raises(Refused, match="is not there"):
        cloud.up(lambda stack: stack.ensure("vpc", wish))
