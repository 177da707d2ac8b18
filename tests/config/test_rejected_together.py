"""Values that are valid by themselves and not together, reported at the key that is to be changed."""

import pytest

CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/1b2c3d4e"
CONNECTION = "arn:aws:codeconnections:eu-central-1:123456789012:connection/1b2c3d4e-0000-4000-8000-000000000000"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"  # noqa: S105 - the ARN of one
VPC = 'name = "shop"\n[vpc]\nid = "vpc-0123abcd"\n'
TWO = 'public_subnets = ["subnet-0123aaaa", "subnet-0123bbbb"]\n'


MAILER = '[workers.mailer]\ncommand = ["a"]\n'
SHARED = f"{MAILER}[service]\nweb = false\n"
NO_WEB = "cannot be used without a web, and service.web is false"

TOGETHER = [
    ("[service]\nweb = false", 3,
     "service.web = false leaves nothing to run: expected [workers.NAME] or [jobs.NAME]"),
    (f"{MAILER}[service]\nweb = false\nport = 80", 6,
     "service.port: cannot be used with web = false: only a web has it"),
    (f'{SHARED}[domain]\nname = "a.example.com"', 6, f"domain: {NO_WEB}"),
    (f"{SHARED}[load_balancer]\ninternal = true", 7, f"load_balancer.internal: {NO_WEB}"),
    (f'{MAILER}[deployment]\nstrategy = "blue-green"', 5, f"deployment.strategy: {NO_WEB}"),
    (f'{MAILER}[raw.target_group]\nHealthCheckPort = "1"', 4, f"raw.target_group: {NO_WEB}"),
    ('[jobs.nightly]\ncommand = ["a"]\nschedule = "rate(1 day)"\n[release]\ncommand = ["b"]', 5,
     "release: cannot be used with jobs alone: nothing is deployed, and each run of a job is a new task"),
    (f'{MAILER}[vpc]\nid = "vpc-0123abcd"\n{TWO}private_subnets = ["subnet-0123cccc", "subnet-0123dddd"]', 6,
     "vpc.public_subnets: cannot be used without a load balancer: the tasks are in the private subnets"),
    ('[github]\nbranch = "main"', 2, 'github.repository is missing: expected text in quotes, such as "acme/shop"'),
    ("[domain]", 2, "domain.name: is missing: give name, or certificate_arn, or leave [domain] out for HTTP only"),
    (f'[domain]\ncertificate_arn = "{CERTIFICATE}"\nhosted_zone = "Z0123ABCD"', 4,
     "domain.hosted_zone: cannot be used without name"),
    ('[domain]\nname = "shop.example.org"\nhosted_zone = "example.com"', 3,
     "domain.name: does not end in its hosted zone example.com"),
    ('[domain]\nname = "notexample.com"\nhosted_zone = "example.com"', 3,
     "domain.name: does not end in its hosted zone example.com"),
    (f'[domain]\nname = "{"a" * 53}.example.com"', 3, "domain.name: has more than 64 characters, so that AWS issues no "
     "certificate for it; give certificate_arn"),
    (f'[github]\nrepository = "a/b"\ntoken_secret = "t"\nconnection_arn = "{CONNECTION}"', 4,
     "github.token_secret: cannot be used with connection_arn: one of the two is used"),
    ('[domain]\nname = "a.example.com"\nnames = ["b.example.com", "b.example.com"]', 4,
     "domain.names[1]: b.example.com is named already: expected each name once"),
    ('[domain]\nname = "a.example.com"\nnames = ["a.example.com"]', 4,
     "domain.names[0]: a.example.com is named already: expected each name once"),
    ('[domain]\nname = "a.example.com"\nnames = ["b.*.example.com"]', 4,
     "domain.names[0]: expected a domain name in lower case, without a dot at the end, such as \"www.example.com\", or "
     'with one "*." before it, found "b.*.example.com"'),
    (f'[domain]\ncertificate_arn = "{CERTIFICATE}"\nnames = ["a.example.com"]', 4,
     "domain.names: cannot be used without name: further names are in addition to it"),
    (f'[domain]\nname = "a.example.com"\nnames = {[f"{n}.example.com" for n in range(10)]}', 4,
     "domain.names: make 11 names with domain.name, and AWS issues a certificate for 10 unless the account's quota is "
     "raised: expected fewer, or certificate_arn"),
    ('[domain]\nname = "a.b.example.com"\nredirect = ["*.example.com"]', 4,
     "domain.redirect[0]: *.example.com also matches a.b.example.com, which must not be redirected"),
    ('[domain]\nname = "a.example.com"\nnames = ["b.example.com"]\nredirect = ["b.example.com"]', 5,
     "domain.redirect[0]: b.example.com is named already: expected each name once"),
    (f'[domain]\ncertificate_arn = "{CERTIFICATE}"\nredirect = ["a.example.com"]', 4,
     "domain.redirect: cannot be used without name: they redirect to it"),
    (f'[domain]\nname = "a.example.com"\nredirect = ["{"b." * 60}example.com"]', 4,
     "domain.redirect[0]: has 131 characters; at most 128 are expected"),
    (f'[domain]\nname = "{"a." * 120}example.com"\ncertificate_arn = "{CERTIFICATE}"', 3,
     "domain.name: has 251 characters; at most 247 are expected"),
    ('[service]\nautoscaling = { min = 1, max = 600 }', 3,
     "service.autoscaling.max = 600 may be 1200 tasks during a deployment (max_percent = 200), and the subnets have "
     "502 addresses for them: expected at most 251, or a network of your own with vpc.id"),
    ('[service]\ndesired_count = 500\n[vpc]\negress = "public"', 3,
     "service.desired_count = 500 may be 1000 tasks during a deployment (max_percent = 200), and the subnets have 486 "
     "addresses for them: expected at most 243, or a network of your own with vpc.id"),
    ('[build]\nimage = "aws/codebuild/amazonlinux-x86_64-standard:5.0"', 3,
     "build.image: runs on X86_64, but service.architecture is ARM64: expected one for ARM64"),
    ('[service]\narchitecture = "X86_64"\n[build]\nimage = "aws/codebuild/amazonlinux2-aarch64-standard:3.0"', 5,
     "build.image: runs on ARM64, but service.architecture is X86_64: expected one for X86_64"),
    ('[build]\nimage = "registry.example.com/tools:1"', 3,
     "build.image: is in the registry registry.example.com, which is not known to let anybody pull: expected "
     'build.image_credentials beside it, the ARN of a secret in Secrets Manager with {"username": …, "password": …}, '
     'or build.image_credentials = "none" where it needs no login'),
    (f'[build]\nimage_credentials = "{SECRET}"', 3, "build.image_credentials: cannot be used without build.image"),
    ('[deployment]\nstrategy = "canary"\ncircuit_breaker = { failures = 2 }', 4,
     'deployment.circuit_breaker: cannot be used with strategy = "canary": expected "rolling"'),
    ('[deployment]\nstrategy = "canary"\ncanary = { percent = 0.25 }', 4,
     "deployment.canary.percent: expected a multiple of 0.1, found 0.25"),
    ('[deployment]\nstrategy = "linear"\nlinear = { percent = 2 }', 4,
     "deployment.linear.percent: expected a number from 3 to 100, found 2"),
    ('[deployment]\nstrategy = "blue-green"\nbake_minutes = 1\nalarms = { errors_percent = 5 }', 4,
     "deployment.bake_minutes: expected at least deployment.alarms.minutes = 2, found 1: a slower alarm fires "
     "when the previous version is already gone"),
    ('[deployment]\nstrategy = "canary"\n[load_balancer]\nsticky_seconds = 60', 5,
     'load_balancer.sticky_seconds: cannot be combined with deployment.strategy = "canary": a client that is kept '
     "would not go over to the new version"),
    ('[deployment]\nstrategy = "linear"\n[service]\nautoscaling = { min = 1, max = 2, requests_per_minute = 9 }', 5,
     'service.autoscaling.requests_per_minute: cannot be combined with deployment.strategy = "linear": requests are '
     "counted for one target group, and the tasks change between two; expected cpu_percent or memory_percent"),
    ('[deployment]\nstrategy = "canary"\npause = { at = ["post-scale-up", "post-scale-up"] }', 4,
     "deployment.pause.at.1: is listed more than once: expected each once"),
    ('[deployment]\nstrategy = "canary"\npause = { at = ["pre-scale-up"] }\n'
     "[raw.service.deploymentConfiguration]\nlifecycleHooks = []", 6,
     "raw.service.deploymentConfiguration.lifecycleHooks: cannot be combined with deployment.pause: ECS has one list "
     "of hooks for both"),
    ('[github]\nrepository = "a/b"\n[deployment]\nstrategy = "blue-green"\nbake_minutes = 90', 4,
     "deployment: a release waits for 90 minutes by itself, the pipeline's deploy action for 60 at most, and the tasks "
     "need 10 of them to start: expected less, or another pipeline.mode"),
    ('[github]\nrepository = "a/b"\n[pipeline]\ndeploy_timeout_minutes = 9\n[deployment]\nstrategy = "blue-green"', 5,
     "pipeline.deploy_timeout_minutes: expected at least 15, found 9: a release waits for 5 minutes by itself, and the "
     "tasks need some to start"),
    ('[service]\ndesired_count = 300\nmax_percent = 100\nmin_healthy_percent = 50\n[deployment]\n'
     'strategy = "blue-green"', 3,
     'service.desired_count = 300 may be 600 tasks during a deployment (strategy = "blue-green"), and the subnets have '
     "502 addresses for them: expected at most 251, or a network of your own with vpc.id"),
    (f'[build]\nimage = "aws/codebuild/amazonlinux-aarch64-standard:3.0"\nimage_credentials = "{SECRET}"', 4,
     "build.image_credentials: cannot be used here: CodeBuild pulls its own images without any"),
    ('[build]\nimage = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/tools"\nimage_credentials = "none"', 4,
     "build.image_credentials: cannot be used here: the build's role pulls from ECR"),
    ('[build]\nimage = "registry.example.com/tools"\nimage_credentials = "registry-login"', 4,
     "build.image_credentials: expected the ARN of a "
     'secret with "username" and "password", "arn:aws:secretsmanager:…:secret:…", or "none", found a value that is not '
     "shown"),
    ('[build]\nimage = "aws/codebuild/windows-base:2019-3.0"', 3,
     "build.image: is one for windows; expected one for Linux containers, which build images"),
    ('account_id = "000000000000"\npermissions_boundary = "arn:aws:iam::123456789012:policy/b"', 3,
     "permissions_boundary: is of account 123456789012, but expected one of account 000000000000"),
    (f'[service.environment]\nA = "x"\nB = "y"\n[service.secrets]\nB = "{SECRET}"', 6,
     "service.secrets.B: is in service.environment too"),
    ('[service]\ndesired_count = 2\nautoscaling = { min = 2, max = 3 }', 3,
     "service.desired_count: cannot be used with autoscaling, which begins at its min"),
    ('[pipeline]\nmode = "build-only"\n[[pipeline.approvals]]\nname = "A"', 4,
     'pipeline.approvals: needs mode = "pipeline", and it is "build-only"'),
    ('[[pipeline.approvals]]\nname = "A"\n[[pipeline.tests]]\nname = "T"\nbuildspec = "t.yml"\n'
     '[[pipeline.approvals]]\nname = "A"', 3,
     "pipeline.approvals[0].name: A is listed more than once: each action needs its own name"),
    ('[service]\npolicies = [\n"arn:aws:iam::aws:policy/A",\n"arn:aws:iam::aws:policy/A",\n]', 5,
     "service.policies[1]: is listed twice"),
    ('account_id = "000000000000"\n[service]\npolicies = [\n"arn:aws:iam::000000000000:policy/A",\n'
     '"arn:aws:iam::123456789012:policy/A",\n]', 6,
     "service.policies[1]: is of account 123456789012, but expected one of account 000000000000"),
    ('[tags]\nteam = "a"\n"Team.x" = "a"\n"team.x" = "b"', 5,
     'tags."team.x": is Team.x in another case, and IAM treats the two as one: expected only one'),
    ('[build.logins]\n"000000000000.dkr.ecr.eu-central-1.amazonaws.com" = "role"\n'
     f'"registry.example.com" = "{SECRET}"\n"ghcr.io" = "role"', 5,
     'build.logins."ghcr.io": is not an ECR registry: expected the ARN of a secret'),
    ('[volumes.a]\npath = "/data"\n[volumes.b]\npath = "/srv/../data/"', 5,
     "volumes.b.path = /srv/../data/ is that of volumes.a too"),
    ('[volumes.a]\npath = "//"', 3,
     "volumes.a.path: is the root of the container's own file system: expected a folder of it"),
    ('[volumes.a]\npath = "/data"\n[sidecars.agent]\nimage = "a:1"\nvolumes = { a = "/." }', 6,
     "sidecars.agent.volumes.a: is the root of the container's own file system: expected a folder of it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), TOGETHER)
def test_what_does_not_go_together_is_reported_at_the_key_to_change(mistakes, text, line, message):
    assert mistakes(f'name = "shop"\n{text}\n')[0] == f"ecsctl.toml:{line}: {message}"


EXISTING = [
    ("", "ecsctl.toml:2: vpc.public_subnets: at least two different ones are needed"),
    ('public_subnets = ["subnet-0123aaaa", "subnet-0123aaaa"]', "ecsctl.toml:4: vpc.public_subnets: at least two"),
    (TWO, 'ecsctl.toml:2: vpc.private_subnets: at least two different ones are needed, or egress = "public" without'),
    (TWO + 'cidr = "10.1.0.0/16"', "ecsctl.toml:5: vpc.cidr: cannot be used with id"),
    (TWO + 'egress = "nat"', 'ecsctl.toml:5: vpc.egress: can only be "public" with id'),
    (TWO + TWO.replace("public", "private") + 'egress = "public"', "ecsctl.toml:5: vpc.private_subnets: cannot be"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), EXISTING)
def test_an_existing_vpc_takes_its_own_subnets_and_nothing_of_a_new_one(mistakes, lines, message):
    assert [line for line in mistakes(VPC + lines) if line.startswith(message)]


@pytest.mark.parametrize("lines", [TWO + 'egress = "public"', TWO + TWO.replace("public", "private")])
def test_an_existing_vpc_with_enough_subnets_is_taken(load, lines):
    assert load(VPC + lines).config.vpc.public_subnets == ("subnet-0123aaaa", "subnet-0123bbbb")


@pytest.mark.parametrize(("line", "message"), [
    ('region = "eu-west-1"',
     "is of eu-central-1, but a load balancer in eu-west-1 takes only certificates of its region"),
    ('account_id = "000000000000"', "is of account 123456789012, but expected one of account 000000000000"),
])  # fmt: skip
def test_a_certificate_of_another_place_is_refused(mistakes, line, message):
    text = f'name = "shop"\n{line}\n[domain]\ncertificate_arn = "{CERTIFICATE}"\n'
    assert mistakes(text) == [f"ecsctl.toml:4: domain.certificate_arn: {message}"]


def test_a_signing_profile_is_one_of_the_apps_region(load, mistakes):
    profile = "arn:aws:signer:eu-central-1:123456789012:/signing-profiles/images"
    text = f'name = "shop"\nregion = "%s"\n[ecr]\nsign = "{profile}"\n'
    message = "is of eu-central-1, but ECR signs images in eu-west-1 with profiles of that region alone"
    assert mistakes(text % "eu-west-1") == [f"ecsctl.toml:4: ecr.sign: {message}"]
    assert load(text % "eu-central-1").config.ecr.sign == profile
    [together] = mistakes(text % "eu-central-1" + "[build]\ncache = true\n")
    assert together.startswith("ecsctl.toml:6: build.cache: cannot be used with ecr.sign")
    [one] = mistakes('name = "shop"\n[ecr]\nsign = "images"\n')
    assert one.startswith("ecsctl.toml:3: ecr.sign: expected the ARN of a signing profile of AWS Signer")


def test_desired_count_of_nothing_needs_no_room_to_deploy(load):
    assert load('name = "shop"\n[service]\ndesired_count = 0\nmax_percent = 100\n').config.service.max_percent == 100


def test_with_autoscaling_its_least_count_needs_room_to_deploy(load, mistakes):
    text = (
        'name = "shop"\n[service]\nmin_healthy_percent = 50\nmax_percent = 100\nautoscaling = { min = %d, max = 9 }\n'
    )
    assert "with 1 task, a minimum of 50 %" in mistakes(text % 1)[0]
    assert load(text % 2).config.service.autoscaling.min == 2
