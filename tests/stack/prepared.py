"""What a user may have prepared and named in ecsctl.toml: existing or not, suitable or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.core.canned_answers import answer_next
from tests.stack.conftest import ACCOUNT, REGION, World, shared_session
from tests.stack.keys import made_key

Named = dict[str, Any]  # changes of ecsctl.toml
GONE = "0123456789abcdef0"
ID = "1b2c3d4e-0000-4000-8000-000000000000"
THERE, OTHER = "us-east-1", "999999999999"


@dataclass(frozen=True)
class Case:
    """What is wrong, what ecsctl.toml says, and words of the error and its hint."""

    why: str
    name: Callable[[World], Named]
    says: tuple[str, ...]
    hint: str


def policy(account: str = ACCOUNT, partition: str = "aws", name: str = "nowhere") -> Named:
    return {"permissions_boundary": f"arn:{partition}:iam::{account}:policy/{name}"}


def off(world: World, **how: str) -> Named:
    """A key that is disabled, or of another type."""
    arn = made_key(world, **how)
    if not how:
        world.boto("kms").disable_key(KeyId=arn.rpartition("/")[2])
    return {"kms_key": "alias/shop"}


def queue(name: str = "mail", region: str = REGION, account: str = ACCOUNT, *, worker: bool = False) -> Named:
    aims = {"min": 1, "max": 4, "queue": f"arn:aws:sqs:{region}:{account}:{name}", "messages_per_task": 100}
    if worker:
        return {"workers": {"mailer": {"command": ["work"], "autoscaling": aims}}}
    return {"service": {"autoscaling": aims}}


def volume(file_system: str, **more: str) -> Named:
    return {"volumes": {"data": {"path": "/data", "file_system": file_system, **more}}}


def file_system(world: World, called: str = "theirs", *, targets: bool = False) -> str:
    efs, ec2 = world.boto("efs"), world.boto("ec2")
    made: str = efs.create_file_system(CreationToken=called)["FileSystemId"]
    world.clock.sleep(60)
    if targets:  # in the account's own network
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        world.clock.sleep(10)
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
        world.clock.sleep(10)
        efs.create_mount_target(FileSystemId=made, SubnetId=subnet)
        world.clock.sleep(300)
    return made


def access_point(world: World) -> str:
    other = file_system(world, "other")
    made: str = world.boto("efs").create_access_point(ClientToken="theirs", FileSystemId=other)["AccessPointId"]
    world.clock.sleep(60)
    return made


def no_url(world: World) -> Named:
    world.boto("secretsmanager").create_secret(Name="chat", SecretString="chat.example.com")
    return {"notify": {"webhook": "chat"}}


def secret(arn: str) -> Named:
    return {"service": {"secrets": {"KEY": arn}}}


def made_secret(world: World, value: str = "x", region: str = REGION) -> str:
    client = shared_session().client("secretsmanager", region_name=region)
    made: str = client.create_secret(Name="shop/db", **({"SecretString": value} if value else {}))["ARN"]
    return made


def dying_secret(world: World) -> Named:
    arn = made_secret(world)
    world.boto("secretsmanager").delete_secret(SecretId=arn)
    return secret(arn)


def behind(login: str) -> Named:
    """An image for builds in a private registry, with the secret for its login."""
    return {"build": {"image": "registry.example.com/tools:1", "image_credentials": login}}


def certificate(world: World, *names: str, region: str = REGION, issued: bool = True) -> str:
    acm = shared_session().client("acm", region_name=region)
    more = {"SubjectAlternativeNames": [*names[1:]]} if names[1:] else {}
    arn: str = acm.request_certificate(DomainName=names[0], ValidationMethod="DNS", **more)["CertificateArn"]
    world.clock.sleep(30)
    for option in (
        acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"] if issued else ()
    ):
        record(world, option["ResourceRecord"]["Name"], "CNAME", option["ResourceRecord"]["Value"])
    world.clock.sleep(600)
    return arn


def log_bucket(world: World | None = None, *, region: str = REGION, key: bool = False) -> Named:
    if world is not None:
        s3 = shared_session().client("s3", region_name=region)
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket="their-logs", **place)
        if key:
            default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
            s3.put_bucket_encryption(Bucket="their-logs", ServerSideEncryptionConfiguration={"Rules": [default]})
    return {"load_balancer": {"access_logs": {"bucket": "their-logs"}}}


def acl(region: str = REGION, account: str = ACCOUNT) -> Named:
    return {"load_balancer": {"waf": f"arn:aws:wafv2:{region}:{account}:regional/webacl/shop/{ID}"}}


def own(arn: str) -> Named:
    return {"domain": {"certificate_arn": arn}}


def zone_of(world: World, name: str = "ecsctl.example.") -> str:
    zones = world.boto("route53").list_hosted_zones()["HostedZones"]
    return str(next(zone["Id"] for zone in zones if zone["Name"] == name))


def record(world: World, name: str, kind: str, *values: str, zone: str = "") -> None:
    one = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}
    world.boto("route53").change_resource_record_sets(
        HostedZoneId=zone or zone_of(world),
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": one}]},
    )


def caa(*values: str, name: str = "ecsctl.example") -> Callable[[World], Named]:
    def name_it(world: World) -> Named:
        record(world, name, "CAA", *values)
        return {}

    return name_it


def wildcard_caa(world: World) -> Named:
    record(world, "hello.ecsctl.example", "CAA", '0 issue "amazon.com"', '0 issuewild "letsencrypt.org"')
    return {"domain": {"names": ["*.hello.ecsctl.example"]}}


def undelegated_further(world: World) -> Named:
    world.boto("route53").create_hosted_zone(Name="other.ecsctl.example.", CallerReference="other")
    return {"domain": {"names": ["www.other.ecsctl.example"]}}


def subzone(world: World, *servers: str) -> str:
    made = world.boto("route53").create_hosted_zone(Name="hello.ecsctl.example.", CallerReference="sub")
    if servers:
        record(world, "hello.ecsctl.example", "NS", *servers)
    return str(made["HostedZone"]["Id"])


def elsewhere(world: World) -> Named:
    record(world, "hello.ecsctl.example", "NS", "ns-1.other.example")
    return {"domain": {"hosted_zone": "ecsctl.example"}}


def registered(world: World) -> Named:
    """The zone was made again since: each has servers of its own."""
    servers = [{"Name": "NS-1.awsdns-01.com."}]
    answer_next("route53domains", "GetDomainDetail", {"DomainName": "ecsctl.example", "Nameservers": servers})
    return {}


def undelegated(world: World) -> Named:
    subzone(world)
    return {}


def delegated_to_others(world: World) -> Named:
    subzone(world, "ns-1.other.example", "ns-2.other.example")
    return {}


def private_zone(world: World) -> Named:
    world.boto("route53").create_hosted_zone(
        Name="inner.example.", CallerReference="p", HostedZoneConfig={"PrivateZone": True, "Comment": ""},
        VPC={"VPCRegion": REGION, "VPCId": world.boto("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]},
    )  # fmt: skip
    return {"domain": {"name": "a.inner.example", "hosted_zone": "inner.example"}}


def connection(arn: str) -> Named:
    return {"github": {"connection_arn": arn}}


def made_connection(world: World, provider: str = "GitHub", status: str = "AVAILABLE", region: str = REGION) -> str:
    client = shared_session().client("codeconnections", region_name=region)
    arn: str = client.create_connection(ProviderType=provider, ConnectionName="ours")["ConnectionArn"]
    complete_handshake("ours", region=region, status=status)
    return arn


def subnets(world: World, vpc: str = "") -> Named:
    """Two subnets of the default VPC, which lead to its internet gateway if it has one."""
    listed = world.boto("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    two = sorted(listed, key=lambda one: str(one["AvailabilityZone"]))[:2]
    return {
        "vpc": {"id": vpc or two[0]["VpcId"], "egress": "public", "public_subnets": [one["SubnetId"] for one in two]}
    }


def gone_subnets(world: World) -> Named:
    return {"vpc": {**subnets(world)["vpc"], "public_subnets": [f"subnet-{GONE}", f"subnet-{GONE[::-1]}"]}}


def private_subnets(world: World) -> Named:
    """The default VPC's own, as private ones: they have no NAT gateway, and no endpoints."""
    of = subnets(world)["vpc"]
    return {"vpc": {"id": of["id"], "public_subnets": of["public_subnets"], "private_subnets": of["public_subnets"]}}


def token(arn: str) -> Named:
    return {"github": {"token_secret": arn}}


def empty_token(world: World) -> Named:
    world.boto("secretsmanager").create_secret(Name="empty", SecretString=" ")
    return token("empty")


def topic(name: str, region: str = REGION, account: str = ACCOUNT) -> Named:
    return {"notify": {"topic": f"arn:aws:sns:{region}:{account}:{name}"}}


def shut_topic(world: World) -> Named:
    """A topic with SNS's default policy, which allows only its own account."""
    return {"notify": {"topic": world.boto("sns").create_topic(Name="alerts")["TopicArn"]}}


SM, SSM = "arn:aws:secretsmanager", "arn:aws:ssm"
NOWHERE = f"{SM}:{REGION}:{ACCOUNT}:secret:no/such-AbCdEf"


def worker(**said: Any) -> dict[str, Any]:
    return {"workers": {"mailer": {"command": ["python", "worker.py"], **said}}}


def job(**said: Any) -> dict[str, Any]:
    return {"jobs": {"nightly": {"command": ["python", "report.py"], "schedule": "rate(1 day)", **said}}}


def beside(**said: Any) -> dict[str, Any]:
    return {"sidecars": {"agent": {"image": "public.ecr.aws/docker/library/nginx:1.27", **said}}}
