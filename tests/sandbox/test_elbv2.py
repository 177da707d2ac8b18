import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox import ec2 as sandbox_ec2
from ecsctl.sandbox import elbv2 as sandbox_elbv2
from ecsctl.sandbox.world import ACCOUNT

REGION = "eu-central-1"


def refused(call, *args, **kwargs):
    with pytest.raises(ClientError) as error:
        call(*args, **kwargs)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


class Ground:
    """A VPC with a gateway, three subnets in three zones, and a group."""

    def __init__(self, ec2):
        sandbox_ec2.lag(0)
        self.vpc = ec2.create_vpc(CidrBlock="10.100.0.0/16")["Vpc"]["VpcId"]
        zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.100.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for n, zone in enumerate(zones[:3])
        ]
        again = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.100.9.0/24", AvailabilityZone=zones[0])
        self.same_zone = again["Subnet"]["SubnetId"]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.group = ec2.create_security_group(GroupName="web", Description="web", VpcId=self.vpc)["GroupId"]


@pytest.fixture
def ground(aws):
    return Ground(aws("ec2"))


@pytest.fixture
def elb(aws):
    return aws("elbv2")


def make_balancer(elb, ground, name="app", **changed):
    settings = {"Subnets": ground.subnets[:2], "SecurityGroups": [ground.group], **changed}
    return elb.create_load_balancer(Name=name, **settings)["LoadBalancers"][0]["LoadBalancerArn"]


def make_group(elb, ground, name="app", **changed):
    settings = {"Protocol": "HTTP", "Port": 8000, "VpcId": ground.vpc, "TargetType": "ip", **changed}
    return elb.create_target_group(Name=name, **settings)["TargetGroups"][0]["TargetGroupArn"]


def forward(group):
    return [{"Type": "forward", "TargetGroupArn": group}]


def make_listener(elb, balancer, actions, port=80, protocol="HTTP", **more):
    made = elb.create_listener(LoadBalancerArn=balancer, Port=port, Protocol=protocol, DefaultActions=actions, **more)
    return made["Listeners"][0]["ListenerArn"]


@pytest.fixture
def balancer(elb, ground):
    return make_balancer(elb, ground)


@pytest.fixture
def group(elb, ground):
    return make_group(elb, ground)


def issue(aws, clock, name="app.ecsctl.example"):
    acm, dns = aws("acm"), aws("route53")
    arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"]
    clock.sleep(5)
    [option] = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
    record = {"Name": option["ResourceRecord"]["Name"], "Type": "CNAME", "TTL": 60}
    record["ResourceRecords"] = [{"Value": option["ResourceRecord"]["Value"]}]
    zone = dns.list_hosted_zones()["HostedZones"][0]["Id"]
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    clock.sleep(30)
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"
    return arn


# Load balancers


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
    assert all([worn["GroupId"] for worn in eni["Groups"]] == [ground.group] for eni in found)
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
    assert {worn["GroupId"] for eni in found for worn in eni["Groups"]} == {other}
    ec2.delete_security_group(GroupId=ground.group)


def test_the_same_settings_are_the_same_load_balancer_and_others_are_refused(aws, elb, ground, balancer):
    assert make_balancer(elb, ground) == balancer
    assert make_balancer(elb, ground, Tags=[{"Key": "owner", "Value": "somebody"}]) == balancer
    assert elb.describe_tags(ResourceArns=[balancer])["TagDescriptions"][0]["Tags"] == []
    told = refused(make_balancer, elb, ground, Scheme="internal")
    text = "A load balancer with the same name 'app' exists, but with different settings"
    assert told == ("DuplicateLoadBalancerName", text)
    assert len(elb.describe_load_balancers()["LoadBalancers"]) == 1
    assert len(aws("ec2").describe_network_interfaces()["NetworkInterfaces"]) == 2


def test_a_load_balancer_stands_in_two_zones(elb, ground):
    told = refused(make_balancer, elb, ground, Subnets=ground.subnets[:1])
    text = "At least two subnets in two different Availability Zones must be specified"
    assert told == ("ValidationError", text)
    told = refused(make_balancer, elb, ground, Subnets=[ground.subnets[0], ground.same_zone])
    text = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
    assert told == ("InvalidConfigurationRequest", text)
    told = refused(make_balancer, elb, ground, Subnets=[ground.subnets[0], "subnet-0123"])
    assert told == ("SubnetNotFound", "The subnet ID 'subnet-0123' does not exist")


def test_a_subnet_needs_room_for_a_load_balancer(aws, elb, ground):
    zones = [zone["ZoneName"] for zone in aws("ec2").describe_availability_zones()["AvailabilityZones"]]
    small = aws("ec2").create_subnet(VpcId=ground.vpc, CidrBlock="10.100.8.0/28", AvailabilityZone=zones[2])
    small = small["Subnet"]["SubnetId"]
    told = refused(make_balancer, elb, ground, Subnets=[ground.subnets[0], small])
    text = f"Not enough IP space available in {small}. ELB requires at least 8 free IP addresses in each subnet."
    assert told == ("InvalidSubnet", text)


def test_an_internet_facing_load_balancer_needs_a_gateway(aws, elb, ground):
    aws("ec2").detach_internet_gateway(InternetGatewayId=ground.gateway, VpcId=ground.vpc)
    told = refused(make_balancer, elb, ground)
    assert told == ("InvalidSubnet", f"VPC {ground.vpc} has no internet gateway")
    make_balancer(elb, ground, Scheme="internal")
    enis = aws("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert all("Association" not in eni for eni in enis)


def test_groups_are_of_the_vpc(aws, elb, ground):
    told = refused(make_balancer, elb, ground, SecurityGroups=["sg-0123456789abcdef0"])
    assert told == ("InvalidSecurityGroup", "One or more security groups are invalid")


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
    told = refused(make_balancer, elb, ground, name)
    assert told == ("ValidationError", f"The load balancer name '{name}' {text}")


def test_a_protected_load_balancer_is_not_deleted(elb, balancer):
    def protect(value):
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=attributes)

    protect("true")
    told = refused(elb.delete_load_balancer, LoadBalancerArn=balancer)
    text = f"Load balancer '{balancer}' cannot be deleted because deletion protection is enabled"
    assert told == ("OperationNotPermitted", text)
    protect("false")
    elb.delete_load_balancer(LoadBalancerArn=balancer)


def test_all_attributes_are_told_and_unknown_ones_refused(elb, balancer):
    told = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
    attributes = {each["Key"]: each["Value"] for each in told}
    assert attributes["idle_timeout.timeout_seconds"] == "60"
    assert attributes["routing.http2.enabled"] == "true"
    wrong = [{"Key": "colour", "Value": "red"}]
    told = refused(elb.modify_load_balancer_attributes, LoadBalancerArn=balancer, Attributes=wrong)
    assert told == ("ValidationError", "Load balancer attribute key 'colour' is not recognized")


def test_the_missing_are_missed_among_the_present(elb, balancer):
    told = refused(elb.describe_load_balancers, Names=["app", "gone"])
    assert told == ("LoadBalancerNotFound", "Load balancers '[gone]' not found")


def test_the_first_load_balancer_brings_its_service_linked_role(aws, balancer):
    assert aws("iam").get_role(RoleName="AWSServiceRoleForElasticLoadBalancing")


def test_fifty_load_balancers_a_region(elb, ground, monkeypatch):
    monkeypatch.setattr("ecsctl.sandbox.elbv2_balancers.QUOTA", 1)
    make_balancer(elb, ground)
    told = refused(make_balancer, elb, ground, "second")
    assert told == ("TooManyLoadBalancers", "The maximum number of load balancers has been reached")


# Target groups


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
    told = refused(elb.register_targets, TargetGroupArn=group, Targets=[{"Id": "i-0123456789abcdef0"}])
    assert told == ("ValidationError", "The IP address 'i-0123456789abcdef0' is not a valid IPv4 address")
    other = make_group(elb, ground, "other", TargetType="instance")
    told = refused(elb.register_targets, TargetGroupArn=other, Targets=[{"Id": "10.100.0.9"}])
    assert told == ("ValidationError", "Instance ID '10.100.0.9' is not valid")


def test_a_targets_health_is_what_was_said_of_it(elb, balancer, group, clock):
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


# Listeners


def test_the_same_settings_are_the_same_listener_and_others_are_refused(elb, ground, balancer, group):
    listener = make_listener(elb, balancer, forward(group))
    assert make_listener(elb, balancer, forward(group)) == listener
    redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    text = f"A listener already exists on this port for this load balancer '{balancer}'"
    assert refused(make_listener, elb, balancer, redirect) == ("DuplicateListener", text)
    other = make_listener(elb, balancer, redirect, port=8080)
    assert make_listener(elb, balancer, redirect, port=8080) == other
    assert refused(elb.modify_listener, ListenerArn=other, Port=80) == ("DuplicateListener", text)


def test_actions_are_told_with_all_that_was_left_out(elb, balancer, group):
    redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    make_listener(elb, balancer, redirect)
    make_listener(elb, balancer, forward(group), port=81)
    told = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    [first], [second] = (listener["DefaultActions"] for listener in told)
    assert first["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }
    assert second["TargetGroupArn"] == group
    assert second["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group, "Weight": 1}]
    assert "SslPolicy" not in told[0]


def test_https_needs_a_certificate_that_is_issued_and_known(aws, elb, balancer, group, clock):
    secure = {"port": 443, "protocol": "HTTPS"}
    told = refused(make_listener, elb, balancer, forward(group), **secure)
    assert told == ("ValidationError", "A certificate must be specified for HTTPS listeners")
    gone = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/gone"
    told = refused(make_listener, elb, balancer, forward(group), **secure, Certificates=[{"CertificateArn": gone}])
    assert told == ("CertificateNotFound", f"Certificate '{gone}' not found")
    fresh = aws("acm").request_certificate(DomainName="other.ecsctl.example", ValidationMethod="DNS")["CertificateArn"]
    text = "The certificate '{}' must have a fully-qualified domain name, a supported signature, and a supported key "
    text += "size."
    told = refused(make_listener, elb, balancer, forward(group), **secure, Certificates=[{"CertificateArn": fresh}])
    assert told == ("UnsupportedCertificate", text.format(fresh))
    issued = issue(aws, clock)
    certificates = [{"CertificateArn": issued}]
    told = refused(make_listener, elb, balancer, forward(group), **secure, Certificates=certificates)
    assert told == ("UnsupportedCertificate", text.format(issued))
    clock.sleep(10)
    listener = make_listener(elb, balancer, forward(group), **secure, Certificates=certificates)
    told = refused(elb.modify_listener, ListenerArn=listener, Certificates=[{"CertificateArn": fresh}])
    assert told == ("UnsupportedCertificate", text.format(fresh))
    assert aws("acm").describe_certificate(CertificateArn=issued)["Certificate"]["InUseBy"] == [balancer]


def test_a_certificate_is_held_until_after_its_listener_is_gone(aws, elb, balancer, group, clock):
    acm, issued = aws("acm"), issue(aws, clock)
    clock.sleep(10)
    certificates = [{"CertificateArn": issued}]
    listener = make_listener(elb, balancer, forward(group), 443, "HTTPS", Certificates=certificates)
    assert refused(acm.delete_certificate, CertificateArn=issued)[0] == "ResourceInUseException"
    elb.delete_listener(ListenerArn=listener)
    clock.sleep(59)
    assert refused(acm.delete_certificate, CertificateArn=issued)[0] == "ResourceInUseException"
    clock.sleep(1)
    acm.delete_certificate(CertificateArn=issued)


def test_a_certificate_replaced_is_let_go_too(aws, elb, balancer, group, clock):
    first, second = issue(aws, clock), issue(aws, clock, "www.ecsctl.example")
    clock.sleep(10)
    listener = make_listener(elb, balancer, forward(group), 443, "HTTPS", Certificates=[{"CertificateArn": first}])
    elb.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    clock.sleep(60)
    aws("acm").delete_certificate(CertificateArn=first)
    assert refused(aws("acm").delete_certificate, CertificateArn=second)[0] == "ResourceInUseException"


def test_the_policy_is_the_old_one_unless_named_and_must_exist(aws, elb, balancer, group, clock):
    certificates = [{"CertificateArn": issue(aws, clock)}]
    clock.sleep(10)
    secure = {"port": 443, "protocol": "HTTPS", "Certificates": certificates}
    told = refused(make_listener, elb, balancer, forward(group), **secure, SslPolicy="ELBSecurityPolicy-Best")
    assert told == ("SSLPolicyNotFound", "SSL policy 'ELBSecurityPolicy-Best' not found")
    listener = make_listener(elb, balancer, forward(group), **secure)
    [found] = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert found["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    told = refused(elb.modify_listener, ListenerArn=listener, SslPolicy="ELBSecurityPolicy-Best")
    assert told[0] == "SSLPolicyNotFound"
    elb.modify_listener(ListenerArn=listener, SslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")
    [found] = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert found["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert found["Certificates"] == certificates


def test_todays_policies_are_offered(elb):
    names = ["ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"]
    names += ["ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"]
    assert {p["Name"] for p in elb.describe_ssl_policies(Names=names)["SslPolicies"]} == set(names)
    assert refused(elb.describe_ssl_policies, Names=["ELBSecurityPolicy-Best"])[0] == "SSLPolicyNotFound"


def test_plain_http_takes_neither_certificate_nor_policy(elb, balancer, group):
    certificates = [{"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/any"}]
    told = refused(make_listener, elb, balancer, forward(group), Certificates=certificates)
    assert told == ("ValidationError", "A certificate cannot be specified for HTTP listeners")
    told = refused(make_listener, elb, balancer, forward(group), SslPolicy="ELBSecurityPolicy-2016-08")
    assert told == ("ValidationError", "An SSL policy cannot be specified for HTTP listeners")


def test_a_target_group_serves_one_load_balancer(elb, ground, balancer, group):
    make_listener(elb, balancer, forward(group))
    other = make_balancer(elb, ground, "other")
    told = refused(make_listener, elb, other, forward(group))
    text = f"The following target groups cannot be associated with more than one load balancer: {group}"
    assert told == ("TargetGroupAssociationLimit", text)


def test_what_is_not_there_is_told_in_aws_words(elb, balancer):
    gone = balancer.replace("loadbalancer/app/app", "loadbalancer/app/gone")
    told = refused(make_listener, elb, gone, [])
    assert told == ("LoadBalancerNotFound", f"Load balancer '{gone}' not found")
    listener = balancer.replace(":loadbalancer/", ":listener/") + "/0"
    assert refused(elb.delete_listener, ListenerArn=listener) == (
        "ListenerNotFound",
        f"Listener '{listener}' not found",
    )
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert refused(elb.describe_tags, ResourceArns=[balancer])[0] == "LoadBalancerNotFound"
