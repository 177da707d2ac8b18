"""Whatever of the user's ecsctl.toml names is examined before the first change: absent, elsewhere, unfit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ecsctl.config.json_schema import options
from ecsctl.errors import EcsctlError, Several
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, shared_session
from tests.stack.prepared import (
    GONE,
    ID,
    NOWHERE,
    OTHER,
    SM,
    SSM,
    THERE,
    Case,
    Named,
    access_point,
    acl,
    behind,
    beside,
    caa,
    certificate,
    connection,
    delegated_to_others,
    dying_secret,
    elsewhere,
    empty_token,
    file_system,
    gone_subnets,
    job,
    log_bucket,
    made_connection,
    made_secret,
    no_url,
    off,
    own,
    policy,
    private_subnets,
    private_zone,
    queue,
    record,
    registered,
    secret,
    shut_topic,
    subnets,
    subzone,
    token,
    topic,
    undelegated,
    undelegated_further,
    volume,
    wildcard_caa,
    worker,
)

THINGS: dict[str, tuple[Case, ...]] = {
    "kms_key": (
        Case("absent", lambda world: {"kms_key": "alias/nowhere"}, ("there is no key alias/nowhere",), "make it"),
        Case("elsewhere", lambda world: {"kms_key": f"arn:aws:kms:{THERE}:{ACCOUNT}:key/{ID}"}, (f"is of {THERE}",),
             "the account and region that it"),
        Case("unfit: disabled", off, ("alias/shop is Disabled",), "enable-key"),
        Case("unfit: asymmetric", lambda world: off(world, KeyUsage="ENCRYPT_DECRYPT", KeySpec="RSA_2048"),
             ("is RSA_2048", "symmetric"), "create-key"),
    ),
    "permissions_boundary": (
        Case("absent", lambda world: policy(), ("there is no policy", "policy/nowhere"), "make it"),
        Case("elsewhere", lambda world: policy(OTHER), (OTHER,), "the account and region that it"),
        Case("unfit", lambda world: policy(partition="aws-cn"), ("aws-cn",), "the account and region that it"),
    ),
    "vpc.id": (
        Case("absent", lambda world: subnets(world, f"vpc-{GONE}"), (f"vpc-{GONE}", "does not exist"), REGION),
        Case("elsewhere", lambda world: subnets(world, shared_session().client("ec2", THERE).describe_vpcs()
             ["Vpcs"][0]["VpcId"]), ("does not exist",), REGION),
        Case("unfit", subnets, ("is not public", "to an internet gateway"), "vpc.public_subnets"),
    ),
    "vpc.public_subnets": (
        Case("absent", gone_subnets, (f"subnet-{GONE} does not exist",), "fix vpc"),
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
        Case("elsewhere", lambda world: acl(THERE), (f"is of {THERE}",), "the account and region that it"),
        Case("of another account", lambda world: acl(account=OTHER), (f"is of account {OTHER}",),
             "the account and region that it"),
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
             ("the CAA records of hello.ecsctl.example", "no one"), "amazon.com"),
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
        Case("unfit: private", private_zone, ("no public hosted zone", "is private: neither ACM"), "make the zone"),
        Case("unfit: not delegated", undelegated, ("hello.ecsctl.example", "is not delegated", "has no NS record"),
             "set the NS record hello.ecsctl.example"),
        Case("unfit: others' servers", delegated_to_others, ("is not delegated", "names ns-1.other.example"), "to ns-"),
        Case("unfit: others' servers at the registrar", registered,
             ("is registered in this account with other name servers (ns-1.awsdns-01.com)",),
             "update-domain-nameservers --region us-east-1 --domain-name ecsctl.example"),
        Case("unfit: led away", elsewhere, ("is led away from ecsctl.example", "ns-1.other.example"),
             "domain.hosted_zone"),
    ),
    "domain.certificate_arn": (
        Case("absent", lambda world: own(f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{ID}"), (ID, "does not exist"),
             REGION),
        Case("elsewhere", lambda world: own(certificate(world, "hello.ecsctl.example", region=THERE)),
             ("is of us-east-1",), "the account and region that it"),
        Case("of another account", lambda world: own(f"arn:aws:acm:{REGION}:{OTHER}:certificate/{ID}"),
             (f"is of account {OTHER}",), "the account and region that it"),
        Case("unfit: not issued", lambda world: own(certificate(world, "hello.ecsctl.example", issued=False)),
             ("it is not issued yet", "ACM expects CNAME"), "set that record"),
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
    "workers.NAME.secrets": (
        Case("absent", lambda world: worker(secrets={"KEY": NOWHERE}), ("no secret", "no/such"), "create-secret"),
    ),
    "jobs.NAME.secrets": (
        Case("absent", lambda world: job(secrets={"KEY": NOWHERE}), ("no secret", "no/such"), "create-secret"),
    ),
    "jobs.NAME.policies": (
        Case("absent", lambda world: job(policies=[f"arn:aws:iam::{ACCOUNT}:policy/none"]),
             ("there is no policy", "jobs.nightly.policies"), "fix its ARN"),
    ),
    "workers.NAME.policies": (
        Case("absent", lambda world: worker(policies=[f"arn:aws:iam::{ACCOUNT}:policy/none"]),
             ("there is no policy", "workers.mailer.policies"), "fix its ARN"),
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
             (ID, "does not exist"), "fix"),
        Case("elsewhere", lambda world: connection(made_connection(world, region=THERE)), (THERE, "does not exist"),
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
        Case("elsewhere", lambda world: topic("alerts", THERE), (f"is of {THERE}",), "the account and region that it"),
        Case("of another account", lambda world: topic("alerts", account=OTHER), (f"is of account {OTHER}",),
             "the account and region that it"),
        Case("unfit", shut_topic, ("does not let EventBridge publish",), '"Service": "events.amazonaws.com"'),
    ),
    "deployment.alarms.names": (
        Case("absent", lambda world: {"deployment": {"alarms": {"names": ["no-such"]}}},
             ("there is no alarm no-such",), "put-metric-alarm"),
    ),
    "service.autoscaling.queue": (
        Case("absent", lambda world: queue(), ("there is no queue", ":mail"), "create-queue"),
        Case("elsewhere", lambda world: queue(region=THERE), (f"is of {THERE}",), "the account and region that it"),
        Case("of another account", lambda world: queue(account=OTHER), (f"is of account {OTHER}",),
             "the account and region that it"),
    ),
    "workers.NAME.autoscaling.queue": (
        Case("absent", lambda world: queue(worker=True), ("there is no queue", ":mail"), "create-queue"),
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
        Case("elsewhere", lambda world: {"account_id": OTHER}, (f"expected {OTHER}",), "account_id"),
    ),
}  # fmt: skip
OWN = "it is no thing that was there before"
NOT_EXAMINED = {
    "role_path": "a path is no thing of its own; which the organization allows only IAM says, when a role is created",
    "volumes.NAME.directory": "what is in a file system no call of AWS tells: `why` knows a folder that is not there",
    "domain.elsewhere": "what stands at another DNS provider no call of AWS tells: `up` says what is to stand there",
    "region": "a region that is not enabled, or is none, is refused by the first call: tests/aws/test_access.py",
    "github.repository": "GitHub's, and asked there: by the source's own error, and `why`",
    "github.branch": "as github.repository",
    "ecr.sign": "a profile may be another account's, whose holder alone may read it: ECR says whether it signs",
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
    + [f"{table}.NAME.{key}" for table in ("workers", "jobs") for key in (
        "command", "entrypoint", "environment", "user", "working_directory", "permissions", "sidecars")]
    + [f"workers.NAME.{key}" for key in (
        "health.command", "autoscaling.schedules.NAME.at", "autoscaling.schedules.NAME.time_zone")]
    + ["jobs.NAME.schedule", "jobs.NAME.time_zone"]
    + ["name", "owner", "tags", "protect", "secure", "vpc.cidr", "vpc.egress", "load_balancer.idle_timeout_seconds",
     "load_balancer.http2", "load_balancer.internal", "load_balancer.sticky_seconds",
     "load_balancer.access_logs.days", "load_balancer.access_logs.prefix", "load_balancer.slow_start_seconds",
     "load_balancer.deletion_protection", "logs.retention_days", "vpc.flow_logs", "vpc.close_default_group",
     "build.scan", "build.cache", "pipeline.mode",
     "pipeline.deploy_timeout_minutes", "pipeline.approvals", "pipeline.paths", "pipeline.tags",
     "pipeline.trigger", "pipeline.artifact_days", "volumes.NAME.path", "volumes.NAME.read_only", "volumes.NAME.uid",
     "volumes.NAME.gid", "sidecars.NAME.volumes", "notify.email", "raw.container",
     "raw.task_definition"], OWN)  # fmt: skip
PLAIN = (
    "service.",
    "workers.",
    "jobs.",
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
    errors = refused.value.errors if isinstance(refused.value, Several) else (refused.value,)
    fitting = [one for one in errors if all(word in f"{one.message} {one.why}" for word in case.says)]
    assert fitting, [one.message for one in errors]
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
