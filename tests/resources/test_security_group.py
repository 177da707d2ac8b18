from ecsctl.resources.security_group import Rule, SecurityGroup
from tests.desired_stack import usual
from tests.rows.network import HTTP, HTTPS, ids_of, stack_of

SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def rules(cloud, group):
    found = cloud.boto("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return {(rule["FromPort"], rule.get("CidrIpv4")) for rule in found["SecurityGroupRules"] if not rule["IsEgress"]}


def test_a_rule_of_somebody_else_stays_and_is_mentioned(cloud):
    compose = stack_of(cloud, "balancer-group")
    cloud.up(compose)
    ids = ids_of(cloud, compose)
    group = ids["balancer-group"].group_id
    cloud.boto("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[SSH])
    cloud.clock.sleep(60)
    assert cloud.up(compose).work == ()
    assert (22, "0.0.0.0/0") in rules(cloud, group)
    desired = usual(SecurityGroup, name="shop-balancer", vpc=ids["vpc"].vpc_id, ingress=frozenset({HTTP, HTTPS}))
    observed = cloud.see("balancer-group", desired)
    assert observed.note == "lets in, by rules that are not ours: tcp 22 from 0.0.0.0/0"


def test_somebody_elses_rule_that_allows_the_same_is_enough(cloud):
    compose = stack_of(cloud, "balancer-group", balancer_group={"ingress": frozenset({HTTPS})})
    cloud.up(compose)
    group = ids_of(cloud, compose)["balancer-group"].group_id
    http = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    cloud.boto("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[http])
    cloud.clock.sleep(60)
    assert cloud.plan(stack_of(cloud, "balancer-group")).work == ()


def test_a_rule_that_is_no_longer_desired_is_revoked(cloud):
    cloud.up(stack_of(cloud, "balancer-group"))
    less = stack_of(cloud, "balancer-group", balancer_group={"ingress": frozenset({HTTPS})})
    cloud.up(less)
    assert rules(cloud, ids_of(cloud, less)["balancer-group"].group_id) == {(443, "0.0.0.0/0")}


def test_two_groups_of_which_one_names_the_other_can_both_go(cloud):
    compose = stack_of(cloud, "tasks-group")
    cloud.up(compose)
    ids = ids_of(cloud, compose)
    front, back = ids["balancer-group"].group_id, ids["tasks-group"].group_id
    pair = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": back}]}
    cloud.boto("ec2").authorize_security_group_ingress(GroupId=front, IpPermissions=[pair])
    cloud.clock.sleep(60)
    cloud.down()
    groups = [group["GroupName"] for group in cloud.boto("ec2").describe_security_groups()["SecurityGroups"]]
    assert groups == ["default"]


def test_rules_read_as_sentences():
    assert str(Rule(80, 80, cidr="0.0.0.0/0")) == "tcp 80 from 0.0.0.0/0"
    assert str(Rule(8000, 8999, "udp", group="sg-1")) == "udp 8000-8999 from sg-1"
    assert str(Rule(-1, -1, "-1", "10.0.0.0/8")) == "everything from 10.0.0.0/8"
