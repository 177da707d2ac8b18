"""The resources that the tests of ELB need."""

from ecsctl.sandbox.aws import ec2 as sandbox_ec2


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
