from ecsctl.resources.support.elb import tags_of
from ecsctl.sandbox.snapshot.taking import differences
from tests.rows.network import ids_of, snapshot, stack_of


def test_up_ends_only_when_it_is_active(cloud):
    compose = stack_of(cloud, "balancer")
    cloud.up(compose)
    balancer = cloud.boto("elbv2").describe_load_balancers(Names=["shop"])["LoadBalancers"][0]
    assert balancer["State"]["Code"] == "active"


def test_its_interfaces_outlive_it_and_nothing_is_left_in_the_end(cloud):
    cloud.boto("iam").create_service_linked_role(AWSServiceName="elasticloadbalancing.amazonaws.com")
    before = snapshot()
    compose = stack_of(cloud, "balancer")
    cloud.up(compose)
    arn = ids_of(cloud, compose)["balancer"].arn
    cloud.boto("elbv2").delete_load_balancer(LoadBalancerArn=arn)
    lingering = cloud.boto("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert all(one["Description"].startswith("ELB app/shop/") for one in lingering)
    assert len(lingering) == 2
    cloud.down()
    assert differences(before, snapshot()) == []


def test_it_moves_to_other_subnets_of_its_network(cloud):
    cloud.up(stack_of(cloud, "balancer"))
    moved = stack_of(cloud, "balancer", balancer={"subnets": lambda parts: parts.subnets("public-b", "private-a")})
    before = ids_of(cloud, moved)["balancer"]
    cloud.up(moved)
    assert ids_of(cloud, moved)["balancer"] == before
    assert cloud.plan(moved).work == ()


def test_another_apps_balancer_of_a_longer_name_is_not_ours(cloud):
    compose = stack_of(cloud, "balancer")
    cloud.up(compose)
    ids, elb = ids_of(cloud, compose), cloud.boto("elbv2")
    subnets = [ids[name].subnet_id for name in ("public-a", "public-b")]
    tags = [{"Key": "ecsctl:app", "Value": "shop-2"}, {"Key": "ecsctl:resource", "Value": "balancer"}]
    theirs = elb.create_load_balancer(Name="shop-2", Subnets=subnets, Tags=tags)["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_load_balancer(Name="shopping", Subnets=subnets)
    assert cloud.up(compose).work == ()
    assert theirs not in [str(step.ids) for step in cloud.plan(compose).steps]


def test_tags_of_many_take_a_call_for_twenty_and_the_vanished_are_left_out(cloud):
    vpc = cloud.boto("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    elb = cloud.boto("elbv2")
    arns = []
    for number in range(25):
        group = elb.create_target_group(
            Name=f"many-{number}", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip",
            Tags=[{"Key": "number", "Value": str(number)}],
        )  # fmt: skip
        arns.append(group["TargetGroups"][0]["TargetGroupArn"])
    calls, aws = [], cloud.aws
    aws._heard = lambda service, operation, *_: calls.append(operation)
    found = tags_of(aws, arns)
    assert {arn: tags["number"] for arn, tags in found.items()} == {arn: str(n) for n, arn in enumerate(arns)}
    assert calls == ["describe_tags", "describe_tags"]
    elb.delete_target_group(TargetGroupArn=arns[7])
    assert tags_of(cloud.aws, arns).keys() == set(arns) - {arns[7]}
