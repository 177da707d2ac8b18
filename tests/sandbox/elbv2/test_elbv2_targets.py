from answers import refused
from elbv2_ground import forward, make_group, make_listener

from ecsctl.sandbox.aws import elbv2 as sandbox_elbv2
from ecsctl.sandbox.aws.account import ACCOUNT

REGION = "eu-central-1"


def test_the_same_settings_are_the_same_target_group_and_others_are_refused(elb, ground, group):
    assert make_group(elb, ground) == group
    assert make_group(elb, ground, Tags=[{"Key": "owner", "Value": "somebody"}]) == group
    assert elb.describe_tags(ResourceArns=[group])["TagDescriptions"][0]["Tags"] == []
    text = "A target group with the same name 'app' exists, but with different settings"
    for changed in ({"Port": 9000}, {"HealthCheckPath": "/health"}, {"TargetType": "instance"}):
        assert refused(make_group, elb, ground, **changed) == ("DuplicateTargetGroupName", text)
    assert len(elb.describe_target_groups()["TargetGroups"]) == 1


def test_a_target_group_in_use_is_not_deleted_and_a_little_longer(elb, balancer, group, clock):
    listener = make_listener(elb, balancer, forward(group))
    in_use = ("ResourceInUse", f"Target group '{group}' is currently in use by a listener or a rule")
    assert refused(elb.delete_target_group, TargetGroupArn=group) == in_use
    elb.delete_listener(ListenerArn=listener)
    clock.sleep(4)
    assert refused(elb.delete_target_group, TargetGroupArn=group) == in_use
    clock.sleep(1)
    elb.delete_target_group(TargetGroupArn=group)


def test_a_target_group_knows_its_load_balancer_as_long_as_a_listener_names_it(elb, balancer, group):
    def balancers():
        return elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]["LoadBalancerArns"]

    assert balancers() == []
    make_listener(elb, balancer, forward(group))
    assert balancers() == [balancer]
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert balancers() == []


def test_only_targets_of_its_kind_are_registered(elb, ground, group):
    error = refused(elb.register_targets, TargetGroupArn=group, Targets=[{"Id": "i-0123456789abcdef0"}])
    assert error == ("ValidationError", "The IP address 'i-0123456789abcdef0' is not a valid IPv4 address")
    other = make_group(elb, ground, "other", TargetType="instance")
    error = refused(elb.register_targets, TargetGroupArn=other, Targets=[{"Id": "10.100.0.9"}])
    assert error == ("ValidationError", "Instance ID '10.100.0.9' is not valid")


def test_the_health_that_was_set_for_a_target_is_described(elb, balancer, group, clock):
    def health(**asked):
        found = elb.describe_target_health(TargetGroupArn=group, **asked)["TargetHealthDescriptions"]
        return [(t["Target"]["Id"], t["TargetHealth"]["State"], t["TargetHealth"].get("Reason")) for t in found]

    place = (ACCOUNT, REGION, group, "10.100.0.9", 8000)
    target = [{"Id": "10.100.0.9", "Port": 8000}]
    elb.register_targets(TargetGroupArn=group, Targets=target)
    assert health() == [("10.100.0.9", "unused", "Target.NotInUse")]
    make_listener(elb, balancer, forward(group))
    assert health() == [("10.100.0.9", "initial", "Elb.RegistrationInProgress")]
    sandbox_elbv2.set_target_health(*place, "unhealthy", "Target.ResponseCodeMismatch", "codes: [404]")
    assert health() == [("10.100.0.9", "unhealthy", "Target.ResponseCodeMismatch")]
    sandbox_elbv2.set_target_health(*place, "healthy")
    assert health() == [("10.100.0.9", "healthy", None)]
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    elb.deregister_targets(TargetGroupArn=group, Targets=target)
    assert health() == [("10.100.0.9", "draining", "Target.DeregistrationInProgress")]
    clock.sleep(30)
    assert health() == []
    assert health(Targets=target) == [("10.100.0.9", "unused", "Target.NotRegistered")]
    elb.register_targets(TargetGroupArn=group, Targets=target)
    assert health() == [("10.100.0.9", "initial", "Elb.RegistrationInProgress")]


def test_a_deregistration_delay_above_an_hour_is_refused(elb, group):
    def delay(value):
        attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": value}]
        return {"TargetGroupArn": group, "Attributes": attributes}

    elb.modify_target_group_attributes(**delay("3600"))
    found = elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    assert delay("3600")["Attributes"][0] in found
    assert refused(elb.modify_target_group_attributes, **delay("3601"))[0] == "ValidationError"
