import pytest
from answers import refused
from elbv2_ground import make_balancer


def test_a_load_balancer_is_provisioning_for_two_and_a_half_minutes(elb, balancer, clock):
    def state():
        return elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"][0]["State"]["Code"]

    clock.sleep(149)
    assert state() == "provisioning"
    clock.sleep(1)
    assert state() == "active"


def test_a_load_balancer_has_interfaces_that_outlive_it(aws, elb, ground, balancer, clock):
    ec2 = aws("ec2")
    name = balancer.split(":loadbalancer/")[1]
    filters = [
        {"Name": "description", "Values": [f"ELB {name}"]},
        {"Name": "attachment.instance-owner-id", "Values": ["amazon-elb"]},
    ]

    def interfaces():
        return ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]

    found = interfaces()
    assert sorted(eni["SubnetId"] for eni in found) == sorted(ground.subnets[:2])
    assert all([one["GroupId"] for one in eni["Groups"]] == [ground.group] for eni in found)
    assert all(eni["Association"]["IpOwnerId"] == "amazon-elb" for eni in found)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert refused(elb.describe_load_balancers, Names=["app"])[0] == "LoadBalancerNotFound"
    clock.sleep(74)
    assert len(interfaces()) == 2
    assert refused(ec2.delete_security_group, GroupId=ground.group)[0] == "DependencyViolation"
    assert refused(ec2.delete_subnet, SubnetId=ground.subnets[0])[0] == "DependencyViolation"
    detach = {"InternetGatewayId": ground.gateway, "VpcId": ground.vpc}
    assert refused(ec2.detach_internet_gateway, **detach)[0] == "DependencyViolation"
    clock.sleep(1)
    assert interfaces() == []
    ec2.delete_security_group(GroupId=ground.group)
    ec2.delete_subnet(SubnetId=ground.subnets[0])
    ec2.detach_internet_gateway(**detach)


def test_the_interfaces_follow_subnets_and_groups(aws, elb, ground, balancer, clock):
    ec2 = aws("ec2")
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=ground.vpc)["GroupId"]
    elb.set_security_groups(LoadBalancerArn=balancer, SecurityGroups=[other])
    elb.set_subnets(LoadBalancerArn=balancer, Subnets=ground.subnets[1:])
    clock.sleep(75)
    found = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert sorted(eni["SubnetId"] for eni in found) == sorted(ground.subnets[1:])
    assert {one["GroupId"] for eni in found for one in eni["Groups"]} == {other}
    ec2.delete_security_group(GroupId=ground.group)


def test_the_same_settings_are_the_same_load_balancer_and_others_are_refused(aws, elb, ground, balancer):
    assert make_balancer(elb, ground) == balancer
    assert make_balancer(elb, ground, Tags=[{"Key": "owner", "Value": "somebody"}]) == balancer
    assert elb.describe_tags(ResourceArns=[balancer])["TagDescriptions"][0]["Tags"] == []
    error = refused(make_balancer, elb, ground, Scheme="internal")
    text = "A load balancer with the same name 'app' exists, but with different settings"
    assert error == ("DuplicateLoadBalancerName", text)
    assert len(elb.describe_load_balancers()["LoadBalancers"]) == 1
    assert len(aws("ec2").describe_network_interfaces()["NetworkInterfaces"]) == 2


def test_a_load_balancer_stands_in_two_zones(elb, ground):
    error = refused(make_balancer, elb, ground, Subnets=ground.subnets[:1])
    text = "At least two subnets in two different Availability Zones must be specified"
    assert error == ("ValidationError", text)
    error = refused(make_balancer, elb, ground, Subnets=[ground.subnets[0], ground.same_zone])
    text = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
    assert error == ("InvalidConfigurationRequest", text)
    error = refused(make_balancer, elb, ground, Subnets=[ground.subnets[0], "subnet-0123"])
    assert error == ("SubnetNotFound", "The subnet ID 'subnet-0123' does not exist")


def test_a_subnet_needs_room_for_a_load_balancer(aws, elb, ground):
    zones = [zone["ZoneName"] for zone in aws("ec2").describe_availability_zones()["AvailabilityZones"]]
    small = aws("ec2").create_subnet(VpcId=ground.vpc, CidrBlock="10.100.8.0/28", AvailabilityZone=zones[2])
    small = small["Subnet"]["SubnetId"]
    error = refused(make_balancer, elb, ground, Subnets=[ground.subnets[0], small])
    text = f"Not enough IP space available in {small}. ELB requires at least 8 free IP addresses in each subnet."
    assert error == ("InvalidSubnet", text)


def test_an_internet_facing_load_balancer_needs_a_gateway(aws, elb, ground):
    aws("ec2").detach_internet_gateway(InternetGatewayId=ground.gateway, VpcId=ground.vpc)
    error = refused(make_balancer, elb, ground)
    assert error == ("InvalidSubnet", f"VPC {ground.vpc} has no internet gateway")
    make_balancer(elb, ground, Scheme="internal")
    enis = aws("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert all("Association" not in eni for eni in enis)


def test_security_groups_that_do_not_exist_in_the_vpc_are_refused(aws, elb, ground):
    error = refused(make_balancer, elb, ground, SecurityGroups=["sg-0123456789abcdef0"])
    assert error == ("InvalidSecurityGroup", "One or more security groups are invalid")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a" * 33, "cannot be longer than '32' characters"),
        ("a_b", "can only contain characters that are alphanumeric characters and hyphens(-)"),
        ("-a", "cannot begin or end with '-'"),
        ("internal-a", "cannot begin with 'internal-'"),
    ],
)
def test_a_name_aws_does_not_take_is_refused(elb, ground, name, text):
    error = refused(make_balancer, elb, ground, name)
    assert error == ("ValidationError", f"The load balancer name '{name}' {text}")


def test_a_protected_load_balancer_is_not_deleted(elb, balancer):
    def protect(value):
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=attributes)

    protect("true")
    error = refused(elb.delete_load_balancer, LoadBalancerArn=balancer)
    text = f"Load balancer '{balancer}' cannot be deleted because deletion protection is enabled"
    assert error == ("OperationNotPermitted", text)
    protect("false")
    elb.delete_load_balancer(LoadBalancerArn=balancer)


def test_all_attributes_are_returned_and_unknown_ones_refused(elb, balancer):
    answer = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
    attributes = {each["Key"]: each["Value"] for each in answer}
    assert attributes["idle_timeout.timeout_seconds"] == "60"
    assert attributes["routing.http2.enabled"] == "true"
    wrong = [{"Key": "colour", "Value": "red"}]
    answer = refused(elb.modify_load_balancer_attributes, LoadBalancerArn=balancer, Attributes=wrong)
    assert answer == ("ValidationError", "Load balancer attribute key 'colour' is not recognized")


def test_a_missing_load_balancer_among_existing_ones_is_not_found(elb, balancer):
    error = refused(elb.describe_load_balancers, Names=["app", "gone"])
    assert error == ("LoadBalancerNotFound", "Load balancers '[gone]' not found")


def test_the_first_load_balancer_brings_its_service_linked_role(aws, balancer):
    assert aws("iam").get_role(RoleName="AWSServiceRoleForElasticLoadBalancing")


def test_the_quota_of_fifty_load_balancers_in_a_region_is_enforced(elb, ground, monkeypatch):
    monkeypatch.setattr("ecsctl.sandbox.aws.elbv2.checks.QUOTA", 1)
    make_balancer(elb, ground)
    error = refused(make_balancer, elb, ground, "second")
    assert error == ("TooManyLoadBalancers", "The maximum number of load balancers has been reached")
