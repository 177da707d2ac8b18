"""Whatever of the user's ecsctl.toml names is examined before the first change: absent, elsewhere, unfit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ecsctl.config.form import options
from ecsctl.engine.errors import EcsctlError, Several
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, shared_session

Named = dict[str, Any]  # changes of ecsctl.toml
GONE = "0123456789abcdef0"
ID = "1b2c3d4e-0000-4000-8000-000000000000"
THERE, OTHER = "us-east-1", "999999999999"


@dataclass(frozen=True)
class Case:
    """What is wrong, what ecsctl.toml then says, and words that the refusal and its hint hold."""

    why: str
    name: Callable[[World], Named]
    says: tuple[str, ...]
    hint: str


def policy(account: str = ACCOUNT, partition: str = "aws", name: str = "nowhere") -> Named:
    return {"permissions_boundary": f"arn:{partition}:iam::{account}:policy/{name}"}


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
    """A build's own image in a private registry that this secret opens."""
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
    """As SNS makes one: its policy is about the account alone."""
    return {"notify": {"topic": world.boto("sns").create_topic(Name="alerts")["TopicArn"]}}


SM, SSM = "arn:aws:secretsmanager", "arn:aws:ssm"
NOWHERE = f"{SM}:{REGION}:{ACCOUNT}:secret:no/such-AbCdEf"


def beside(**said: Any) -> dict[str, Any]:
    return {"sidecars": {"agent": {"image": "public.ecr.aws/docker/library/nginx:1.27", **said}}}


THINGS: dict[str, tuple[Case, ...]] = {
    "permissions_boundary": (
        Case("absent", lambda world: policy(), ("there is no policy", "policy/nowhere"), "make it"),
        Case("elsewhere", lambda world: policy(OTHER), (OTHER,), "the place that it is of"),
        Case("unfit", lambda world: policy(partition="aws-cn"), ("aws-cn",), "the place that it is of"),
    ),
    "vpc.id": (
        Case("absent", lambda world: subnets(world, f"vpc-{GONE}"), (f"vpc-{GONE}", "is not there"), REGION),
        Case("elsewhere", lambda world: subnets(world, shared_session().client("ec2", THERE).describe_vpcs()
             ["Vpcs"][0]["VpcId"]), ("is not there",), REGION),
        Case("unfit", subnets, ("is not public", "to an internet gateway"), "vpc.public_subnets"),
    ),
    "vpc.public_subnets": (
        Case("absent", gone_subnets, (f"subnet-{GONE} is not there",), "fix vpc"),
        Case("unfit", subnets, ("is not public", "subnet-"), "lead"),
    ),
    "load_balancer.allow": (
        Case("absent", lambda world: {**gone_subnets(world), "load_balancer": {"allow": [f"sg-{GONE}"]}},
             (f"there is no security group sg-{GONE}",), "fix its id"),
    ),
    "load_balancer.access_logs.bucket": (
        Case("absent", lambda world: log_bucket(), ("there is no bucket their-logs",), "make it"),
        Case("elsewhere", lambda world: log_bucket(world, region=THERE), ("their-logs is of us-east-1",), "region"),
        Case("unfit", log_bucket, ("does not let the load balancer write",),
             '"Principal": {"AWS": "arn:aws:iam::054676820928:root"}'),
        Case("unfit: a key of KMS", lambda world: log_bucket(world, key=True), ("encrypts with aws:kms",), "SSE-S3"),
    ),
    "load_balancer.waf": (
        Case("absent", lambda world: acl(), ("there is no web ACL", ID), "create-web-acl"),
        Case("elsewhere", lambda world: acl(THERE), (f"is of {THERE}",), "the place that it is of"),
        Case("of another account", lambda world: acl(account=OTHER), (f"is of account {OTHER}",),
             "the place that it is of"),
    ),
    "vpc.private_subnets": (
        Case("unfit", private_subnets, ("reach nothing", "ecr.api"), "vpc.private_subnets"),
    ),
    "domain.name": (
        Case("elsewhere", lambda world: {"domain": {"name": "a.of-others.example"}},
             ("no public hosted zone here holds",),
             "delegate"),
        Case("unfit", caa('0 issue "letsencrypt.org"'), ("the CAA records of ecsctl.example", "letsencrypt.org"),
             'add 0 issue "amazon.com"'),
        Case("unfit by its own record", caa('0 issue ";"', name="hello.ecsctl.example"),
             ("the CAA records of hello.ecsctl.example", "nobody"), "amazon.com"),
    ),
    "domain.names": (
        Case("elsewhere", lambda world: {"domain": {"names": ["www.of-others.example"]}},
             ("no public hosted zone here holds www.of-others.example",), "delegate"),
        Case("unfit: a wildcard", wildcard_caa, ("the CAA records of hello.ecsctl.example", "letsencrypt.org"),
             'add 0 issuewild "amazon.com"'),
        Case("unfit: not delegated", undelegated_further, ("other.ecsctl.example", "is not delegated"),
             "set the NS record other.ecsctl.example"),
        Case("unfit: a certificate without it", lambda world: {"domain": {
            "certificate_arn": certificate(world, "hello.ecsctl.example"), "names": ["www.ecsctl.example"]}},
             ("not for www.ecsctl.example",), "leave it out"),
    ),
    "domain.redirect": (
        Case("elsewhere", lambda world: {"domain": {"redirect": ["www.of-others.example"]}},
             ("no public hosted zone here holds www.of-others.example",), "delegate"),
        Case("unfit: a certificate without it", lambda world: {"domain": {
            "certificate_arn": certificate(world, "hello.ecsctl.example"), "redirect": ["www.ecsctl.example"]}},
             ("not for www.ecsctl.example",), "leave it out"),
    ),
    "domain.hosted_zone": (
        Case("absent", lambda world: {"domain": {"hosted_zone": "Z0123456789"}}, ("no public hosted zone Z0123456789",),
             "make the zone"),
        Case("unfit: private", private_zone, ("no public hosted zone",), "make the zone"),
        Case("unfit: not delegated", undelegated, ("hello.ecsctl.example", "is not delegated", "has no NS record"),
             "set the NS record hello.ecsctl.example"),
        Case("unfit: others' servers", delegated_to_others, ("is not delegated", "names ns-1.other.example"), "to ns-"),
        Case("unfit: led away", elsewhere, ("is led away from ecsctl.example", "ns-1.other.example"),
             "domain.hosted_zone"),
    ),
    "domain.certificate_arn": (
        Case("absent", lambda world: own(f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{ID}"), (ID, "is not there"),
             REGION),
        Case("elsewhere", lambda world: own(certificate(world, "hello.ecsctl.example", region=THERE)),
             ("is of us-east-1",), "the place that it is of"),
        Case("of another account", lambda world: own(f"arn:aws:acm:{REGION}:{OTHER}:certificate/{ID}"),
             (f"is of account {OTHER}",), "the place that it is of"),
        Case("unfit: not issued", lambda world: own(certificate(world, "hello.ecsctl.example", issued=False)),
             ("it is not issued yet", "ACM looks for CNAME"), "set that record"),
        Case("unfit: another name", lambda world: own(certificate(world, "ecsctl.example", "*.a.ecsctl.example")),
             ("it is for *.a.ecsctl.example, ecsctl.example, not for hello.ecsctl.example",), "leave it out"),
    ),
    "service.security_groups": (
        Case("absent", lambda world: {"service": {"security_groups": [f"sg-{GONE}"]}}, (f"sg-{GONE}",), "fix its id"),
    ),
    "service.policies": (
        Case("absent", lambda world: {"service": {"policies": [f"arn:aws:iam::{ACCOUNT}:policy/nowhere"]}},
             ("there is no policy", "policy/nowhere"), "fix"),
    ),
    "service.secrets": (
        Case("absent", lambda world: secret(f"{SM}:{REGION}:{ACCOUNT}:secret:no/such-AbCdEf"), ("no secret", "no/such"),
             "create-secret"),
        Case("elsewhere", lambda world: secret(made_secret(world, region=THERE).replace(THERE, "eu-west-1")),
             ("no secret arn:aws:secretsmanager:eu-west-1",), "fix its ARN"),
        Case("unfit: dying", dying_secret, ("is scheduled for deletion",), "restore-secret"),
        Case("unfit: no value", lambda world: secret(made_secret(world, "")), ("has no value yet",),
             "put-secret-value"),
        Case("unfit: no such stage", lambda world: secret(f"{made_secret(world)}:key:NEXT:"), ("in the stage NEXT",),
             "fix"),
        Case("unfit: no such version", lambda world: secret(f"{made_secret(world)}:::{ID}"), (f"no version {ID}",),
             "fix"),
        Case("no such parameter", lambda world: secret(f"{SSM}:{REGION}:{ACCOUNT}:parameter/shop/key"),
             ("no parameter", "parameter/shop/key"), "put-parameter"),
    ),
    "sidecars.NAME.secrets": (
        Case("absent", lambda world: beside(secrets={"KEY": NOWHERE}), ("no secret", "no/such"), "create-secret"),
    ),
    "sidecars.NAME.image": (
        Case("absent", lambda world: beside(image=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/agent:1"),
             ("there is no image", "agent:1"), "sidecars.agent.image"),
    ),
    "github.token_secret": (
        Case("absent", lambda world: token("no/such"), ("there is no secret no/such",), "create-secret"),
        Case("elsewhere", lambda world: token(made_secret(world, region=THERE)), ("us-east-1",), "token_secret"),
        Case("unfit", empty_token, ("the secret empty is empty",), "token_secret"),
    ),
    "github.connection_arn": (
        Case("absent", lambda world: connection(f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/{ID}"),
             (ID, "is not there"), "fix"),
        Case("elsewhere", lambda world: connection(made_connection(world, region=THERE)), (THERE, "is not there"),
             REGION),
        Case("unfit: broken", lambda world: connection(made_connection(world, status="ERROR")), ("status ERROR",),
             "github.connection_arn"),
        Case("unfit: another provider", lambda world: connection(made_connection(world, "Bitbucket")),
             ("leads to Bitbucket",), "make a connection to GitHub"),
    ),
    "build.image": (
        Case("absent", lambda world: {"build": {"image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tools:1"}},
             ("there is no image", "tools:1"), "push it"),
    ),
    "build.image_credentials": (
        Case("absent", lambda world: behind(f"{SM}:{REGION}:{ACCOUNT}:secret:no/such-AbCdEf"), ("no secret", "no/such"),
             "create-secret"),
        Case("elsewhere", lambda world: behind(made_secret(world, region=THERE).replace(THERE, "eu-west-1")),
             ("no secret arn:aws:secretsmanager:eu-west-1",), "fix its ARN"),
        Case("unfit: dying", lambda world: behind(dying_secret(world)["service"]["secrets"]["KEY"]),
             ("is scheduled for deletion",), "restore-secret"),
    ),
    "build.secrets": (
        Case("absent", lambda world: {"build": {"secrets": {"NPM": NOWHERE}}},
             ("no secret", "no/such"), "create-secret"),
    ),
    "build.logins": (
        Case("absent", lambda world: {"build": {"logins": {"docker.io": NOWHERE}}},
             ("no secret", "no/such"), "create-secret"),
    ),
    "notify.webhook": (
        Case("absent", lambda _: {"notify": {"webhook": "chat"}}, ("there is no secret chat",), "fix that"),
        Case("unfit", no_url, ("holds no URL",), "fix that"),
    ),
    "notify.topic": (
        Case("absent", lambda world: topic("no-such"), ("there is no topic", ":no-such"), "create-topic"),
        Case("elsewhere", lambda world: topic("alerts", THERE), (f"is of {THERE}",), "the place that it is of"),
        Case("of another account", lambda world: topic("alerts", account=OTHER), (f"is of account {OTHER}",),
             "the place that it is of"),
        Case("unfit", shut_topic, ("does not let EventBridge publish",), '"Service": "events.amazonaws.com"'),
    ),
    "deployment.alarms.names": (
        Case("absent", lambda world: {"deployment": {"alarms": {"names": ["no-such"]}}},
             ("there is no alarm no-such",), "put-metric-alarm"),
    ),
    "volumes.NAME.file_system": (
        Case("absent", lambda world: volume(f"fs-{GONE}"), ("there is no file system", GONE), "fix its id"),
        Case("unfit", lambda world: volume(file_system(world)), ("has no mount target",), "create-mount-target"),
        Case("elsewhere", lambda world: volume(file_system(world, targets=True)),
             ("is reached from", "expected the VPC"), "vpc.id"),
    ),
    "volumes.NAME.access_point": (
        Case("absent", lambda world: volume(file_system(world), access_point=f"fsap-{GONE}"),
             ("there is no access point", GONE), "fix its id"),
        Case("elsewhere", lambda world: volume(file_system(world), access_point=access_point(world)),
             ("is of fs-",), "fix one of the two"),
    ),
    "account_id": (
        Case("elsewhere", lambda world: {"account_id": OTHER}, (f"wants {OTHER}",), "account_id"),
    ),
}  # fmt: skip
OWN = "it is no thing that was there before"
NOT_EXAMINED = {
    "volumes.NAME.directory": "what is in a file system no call of AWS tells: `why` knows a folder that is not there",
    "domain.elsewhere": "what stands at another DNS provider no call of AWS tells: `up` says what is to stand there",
    "region": "a region that is not enabled, or is none, is told by the first call: tests/test_access.py",
    "github.repository": "GitHub's, and asked there: by the source's own error, and `why`",
    "github.branch": "as github.repository",
    "build.buildspec": "a file of the repository: its build says what is wrong with it",
    "pipeline.tests": "as build.buildspec",
    **dict.fromkeys(("raw.service", "raw.target_group", "raw.target_group_attributes", "raw.load_balancer_attributes",
                     "raw.listener", "raw.listener_attributes", "raw.build_project"),
                    "held against the SDK's model; what its values name, AWS alone knows: tests/stack/test_raw.py"),
} | dict.fromkeys(
    ["sidecars.NAME." + key for key in (
        "essential", "command", "entrypoint", "port", "environment", "depends_on", "start_timeout_seconds", "restart",
        "restart_after_seconds", "restart_ignores", "cpu", "memory", "user", "read_only_root", "stop_timeout_seconds",
        *(f"health.{key}" for key in ("command", "interval_seconds", "timeout_seconds", "retries", "start_seconds")))]
    + ["name", "owner", "tags", "protect", "secure", "vpc.cidr", "vpc.egress", "load_balancer.idle_timeout_seconds",
     "load_balancer.http2", "load_balancer.internal", "load_balancer.sticky_seconds",
     "load_balancer.access_logs.days", "load_balancer.access_logs.prefix", "load_balancer.slow_start_seconds",
     "load_balancer.deletion_protection", "logs.retention_days",
     "build.scan", "pipeline.mode",
     "pipeline.deploy_timeout_minutes", "pipeline.approvals", "pipeline.paths", "pipeline.tags",
     "pipeline.trigger", "pipeline.artifact_days", "volumes.NAME.path", "volumes.NAME.read_only", "volumes.NAME.uid",
     "volumes.NAME.gid", "sidecars.NAME.volumes", "notify.email", "raw.container",
     "raw.task_definition"], OWN)  # fmt: skip
PLAIN = (
    "service.",
    "build.",
    "ecr.",
    "github.",
    "deployment.",
    "release.",
)  # tables whose other keys are sizes, numbers and switches


def test_every_key_that_names_a_thing_has_its_cases() -> None:
    """A new key that is text, or a list or table of text, needs cases or a reason."""
    keys = {".".join(map(str, path)): node for path, node in options()}
    textual = {key for key, node in keys.items() if "pattern" in str(node) and "enum" not in node}
    answered = THINGS.keys() | NOT_EXAMINED.keys()
    own_words = {"service.environment", "service.environment_file",
                 "service.health_path", "service.health.path", "service.health.codes",
                 "service.depends_on", "service.user", "service.working_directory",
                 "service.autoscaling.schedules.NAME.at", "service.autoscaling.schedules.NAME.time_zone",
                 "build.environment", "build.args", "build.target",
                 "build.context", "build.dockerfile"}  # fmt: skip
    assert textual - answered - own_words == set()
    assert {key for key in keys if not key.startswith(PLAIN)} - answered == set()
    assert answered - keys.keys() == set()


CASES = [pytest.param(case, id=f"{key}: {case.why}") for key, cases in THINGS.items() for case in cases]


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_by_its_name_before_the_first_change(world: World, case: Case) -> None:
    named = case.name(world)
    if "token_secret" not in named.get("github", {}) and "connection_arn" not in named.get("github", {}):
        named = {"github": None, **named} if "build" not in named else named
    before = world.exact()
    with pytest.raises(EcsctlError) as refused:
        world.up(desired_stack(**named))
    told = refused.value.errors if isinstance(refused.value, Several) else (refused.value,)
    fitting = [one for one in told if all(word in f"{one.message} {one.why}" for word in case.says)]
    assert fitting, [one.message for one in told]
    assert any(case.hint in one.hint for one in fitting), [one.hint for one in fitting]
    assert world.exact() == before


@pytest.mark.parametrize(
    "change",
    [caa('0 issue "letsencrypt.org"', '0 issue "amazon.com"'), caa('0 iodef "mailto:a@ecsctl.example"'),
     caa('0 issue "letsencrypt.org"', name="other.ecsctl.example"),
     caa('0 issue "amazonaws.com; validationmethods=dns"')],
)  # fmt: skip
def test_caa_records_that_let_amazon_issue_stand_in_nobodys_way(world: World, change: Callable[[World], Named]) -> None:
    change(world)
    assert world.plan(desired_stack(github=None)).refusals == ()


def test_a_zone_that_its_parent_names_is_right(world: World) -> None:
    zone = subzone(world)
    listed = world.boto("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    servers = [value["Value"] for one in listed if one["Type"] == "NS" for value in one["ResourceRecords"]]
    record(world, "hello.ecsctl.example", "NS", *servers)
    assert world.plan(desired_stack(github=None)).refusals == ()


def test_secrets_of_other_regions_and_paths_are_used(world: World) -> None:
    far = made_secret(world, region=THERE)
    ssm = world.boto("ssm")
    for name in ("/shop/key", "plain", "/single"):
        ssm.put_parameter(Name=name, Value="x", Type="SecureString")
    named = {"FAR": far, "KEY": f"{SSM}:{REGION}:{ACCOUNT}:parameter/shop/key"}
    named |= {name: f"{SSM}:{REGION}:{ACCOUNT}:parameter/{name.lower()}" for name in ("PLAIN", "SINGLE")}
    assert world.plan(desired_stack(github=None, domain=None, service={"secrets": named})).refusals == ()


def test_what_is_gone_later_refuses_no_release_of_what_runs(world: World) -> None:
    arn = made_secret(world)
    named = desired_stack(github=None, domain=None, service={"secrets": {"KEY": arn}})
    world.up(named)
    world.boto("secretsmanager").delete_secret(SecretId=arn)
    session = world.open(named)
    part = session.engine.part(session.desired_stack, {"service", "task-definition"})
    assert session.engine.plan(part, prune=False).refusals == ()
    assert [step.name for step in world.plan(named).refusals] == ["service.secrets.KEY"]


def test_a_wildcard_covers_one_label(world: World) -> None:
    named = desired_stack(github=None, **own(certificate(world, "*.ecsctl.example")))
    assert world.plan(named).refusals == ()
