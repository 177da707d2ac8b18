"""Every value that is refused, with the line it stands on and what is meant."""

import pytest

from ecsctl.config.tables.service import Service

CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/1b2c3d4e"
CONNECTION = "arn:aws:codeconnections:eu-central-1:123456789012:connection/1b2c3d4e-0000-4000-8000-000000000000"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"  # noqa: S105 - the ARN of one
NAME = (
    "a name of 2 to 20 of a-z, 0-9 and single hyphens, from a letter to a letter or digit, "
    "not beginning with internal-, sg-, sthree- or amzn-s3-demo-"
)


@pytest.mark.parametrize("name", ["Shop", "s", "1shop", "shop-", "my--shop", "internal-shop", "sg-web", "sthree-x",
                                  "shop_1", "a" * 21, "shöp", "shop\\n"])  # fmt: skip
def test_a_name_that_aws_would_refuse_somewhere_is_refused(mistakes, name):
    (line,) = mistakes(f'# first\nname = "{name}"\n')
    assert line == f'ecsctl.toml:2: name: expected {NAME}, found "{name}"'


@pytest.mark.parametrize("name", ["ab", "a" * 20, "my-shop-2", "internals"])
def test_a_name_that_fits_everywhere_is_taken(load, name):
    assert load(f'name = "{name}"').config.name == name


AT_THE_TOP = [
    ('region = "Frankfurt"', 'region: expected a region such as "eu-central-1", found "Frankfurt"'),
    ("account_id = 123456789012", 'account_id: expected text in quotes, such as "123456789012", found '
     "123456789012"),
    ('account_id = "12345"',
     'account_id: expected the 12 digits of an account, in quotes: "123456789012", found "12345"'),
    ('owner = "a,b"',
     'owner: expected 1 to 255 letters, digits, spaces and _.:/=+-@, not beginning with aws:, found "a,b"'),
    ('protect = ["ecr", "database"]', 'protect[1]: expected one of "ecr", "bucket", "logs", found "database"'),
    ('protect = "ecr"', 'protect: expected a list of some of "ecr", "bucket", "logs", found "ecr"'),
    ('permissions_boundary = "boundary"',
     'permissions_boundary: expected a policy\'s ARN: "arn:aws:iam::123456789012:policy/…", found "boundary"'),
    ('tags = { team = 3 }', "tags.team: expected text in quotes, found 3"),
    ('tags = { team = "a;b" }', "tags.team: expected at most 255 letters, digits, spaces and _.:/=+-@, not "
     'beginning with aws:, found "a;b"'),
    ('tags = { team = "AWS:x" }', "tags.team: expected at most 255 letters, digits, spaces and _.:/=+-@, not "
     'beginning with aws:, found "AWS:x"'),
    (f'tags = {{ team = "{"v" * 256}" }}', "tags.team: expected at most 255 letters, digits, spaces and "
     f'_.:/=+-@, not beginning with aws:, found "{"v" * 60}…"'),
    ('tags = { team = "a", Team = "b" }',
     "tags.Team: is team in another case, and IAM treats the two as one: expected only one"),
    ('permissions_boundary = "arn:aws:iam::123456789012:policy/größe"',
     'permissions_boundary: expected a policy\'s ARN: "arn:aws:iam::123456789012:policy/…", found '
     '"arn:aws:iam::123456789012:policy/größe"'),
    ("service = 3", f"service: expected a table with {', '.join(Service.model_fields)}, found 3"),
    ("nmae = 1", "nmae: no such key; did you mean name?"),
    ("port = 8000", "port: no such key; it belongs in [service]"),
    ("approval = 1", "approval: no such key; known at the top: name, owner, region, account_id, tags, protect, "
     "permissions_boundary, role_path, kms_key, secure, vpc, domain, service, sidecars, volumes, workers, jobs, "
     "deployment, release, load_balancer, ecr, logs, github, build, pipeline, notify, raw"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), AT_THE_TOP)
def test_a_wrong_value_at_the_top_is_reported_with_its_line(mistakes, line, message):
    assert mistakes(f'name = "shop"\n\n{line}\n') == [f"ecsctl.toml:3: {message}"]


@pytest.mark.parametrize(
    "key", ["aws:team", "AWS:team", "ecsctl:app", "ECSctl:app", "owner", "Owner", "Name", "a;b", " a", "", "k" * 128]
)
def test_a_tag_that_is_not_the_users_to_set_is_refused(mistakes, key):
    (line,) = mistakes(f'name = "shop"\n[tags]\n"{key}" = "x"\n')
    assert line.startswith("ecsctl.toml:3: tags.")
    assert "a tag's key of 1 to 127" in line


def test_more_tags_than_leave_room_for_ours_are_refused(mistakes):
    tags = "".join(f'k{n} = "v"\n' for n in range(41))
    assert mistakes(f'name = "shop"\n[tags]\n{tags}') == [
        "ecsctl.toml:2: tags: expected a table of names and texts, at most 40, found a table"
    ]


IN_TABLES = [
    ("service", 'port = "8000"', 'service.port: expected an integer from 1 to 65535, found "8000"'),
    ("service", "port = 0", "service.port: expected an integer from 1 to 65535, found 0"),
    ("service", "port = 65536", "service.port: expected an integer from 1 to 65535, found 65536"),
    ("service", "port = 8000.0", "service.port: expected an integer from 1 to 65535, found 8000.0"),
    ("service", "port = true", "service.port: expected an integer from 1 to 65535, found true"),
    ("service", "exec = 1", "service.exec: expected true or false, found 1"),
    ("service", "prot = 1", "service.prot: no such key; did you mean service.port?"),
    ("service", "retention_days = 1", "service.retention_days: no such key; it belongs in [logs]"),
    ("service", 'name = "x"', "service.name: no such key; it belongs at the top, above the first [table]"),
    ("service", 'health_path = "healthz"',
     'service.health_path: expected a path that begins with "/" and has no spaces, found "healthz"'),
    ("service", 'architecture = "arm"', 'service.architecture: expected one of "ARM64", "X86_64", found "arm"'),
    ("service", "stop_timeout_seconds = 121",
     "service.stop_timeout_seconds: expected an integer from 2 to 120, found 121"),
    ("service", 'log_buffer_mib = 4\nlog_mode = "blocking"',
     'service.log_buffer_mib: cannot be used with log_mode = "blocking", which keeps no lines'),
    ("service", "log_buffer_mib = 129", "service.log_buffer_mib = 129 is more than a quarter of memory = 512"),
    ("service", 'command = ["a", ""]', "service.command: has an empty word"),
    ("service", 'environment = { "a b" = "x" }',
     'service.environment."a b": expected a variable\'s name of letters, digits and _'),
    ("service", "environment = { A = 1 }", "service.environment.A: expected text in quotes, found 1"),
    ("service", 'environment = { ECS_AGENT_URI = "x" }', "service.environment.ECS_AGENT_URI: is set by ECS itself"),
    ("service", 'health = { codes = "500" }',
     'service.health.codes: expected codes from 200 to 499, such as "200", "200,302" or "200-399", found "500"'),
    ("service", 'health = { codes = "399-200" }',
     "service.health.codes: has the range 399-200, in which there is no code"),
    ("service", "health = { timeout_seconds = 10 }",
     "service.health.timeout_seconds = 10 is not less than interval_seconds = 10"),
    ("service", 'health = { path = "/b" }\nhealth_path = "/a"',
     "service.health.path: is also set by health_path: expected only one of the two"),
    ("service", 'health = { container = { command = ["CMD-SHELL", "curl", "x"] } }',
     "service.health.container.command: has CMD-SHELL first: expected one line for the shell after it, as a single "
     "text"),
    ("service", 'permissions = [{ actions = ["*"], resources = ["*"] }]',
     "service.permissions[0].actions: has every action of AWS: expected the actions that the app needs"),
    ("service", 'permissions = [{ actions = ["s3"], resources = ["*"] }]',
     'service.permissions[0].actions[0]: expected an action such as "s3:GetObject", found "s3"'),
    ("service", 'permissions = [{ actions = ["s3:GetObject"], resources = ["arn:aws:s3:::{name}/*"] }]',
     "service.permissions[0].resources: has {name}, and only {account}, {region}, {app}, {partition} are filled "
     "in"),
    ("service", 'policies = ["ReadOnlyAccess"]',
     'service.policies[0]: expected a policy\'s ARN: "arn:aws:iam::aws:policy/…" or '
     '"arn:aws:iam::123456789012:policy/…", found "ReadOnlyAccess"'),
    ("service", "ephemeral_gib = 20", "service.ephemeral_gib: expected an integer from 21 to 200, found 20"),
    ("service", 'user = "a b"',
     'service.user: expected a user of the image, such as "1000", "app" or "1000:1000", found "a b"'),
    ("service", "read_only_root = true\nexec = true",
     "service.read_only_root: cannot be combined with exec: ECS Exec needs a root file system that can be written"),
    ("service", "ulimits = { nofile = 9 }",
     "service.ulimits.nofile: expected an integer from 1024 to 1048576, found 9"),
    ("raw", 'container = { user = "1" }', "raw.container.user: is what service.user says: expected it there"),
    ("raw", 'service = { desiredCount = 2 }', "raw.service.desiredCount: is what service.desired_count says: expected "
     "it there"),
    ("raw", 'service = { deploymentConfiguration = { maximumPercent = 150 } }',
     "raw.service.deploymentConfiguration.maximumPercent: is what service.max_percent says: expected it there"),
    ("raw", 'build_project = { source = { type = "S3" } }', "raw.build_project.source.type: is not to be chosen"),
    ("raw", 'load_balancer_attributes = { "routing.http2.enabled" = true }',
     'raw.load_balancer_attributes."routing.http2.enabled": is what load_balancer.http2 says: expected it there'),
    ("raw", 'task_definition = { networkMode = "host" }', "raw.task_definition.networkMode: is not to be chosen"),
    ("deployment", 'strategy = "bluegreen"', 'deployment.strategy: expected one of "rolling", "blue-green", "canary", '
     '"linear", found "bluegreen"'),
    ("deployment", "bake_minutes = 3", 'deployment.bake_minutes: cannot be used with strategy = "rolling": expected '
     '"blue-green" or "canary" or "linear"'),
    ("deployment", 'pause = { at = ["post-scale-up"] }', 'deployment.pause: cannot be used with strategy = "rolling": '
     'expected "blue-green" or "canary" or "linear"'),
    ("deployment", "alarms = { errors_percent = 0 }",
     "deployment.alarms.errors_percent: expected a number from more than 0 to 100, found 0"),
    ("service", "autoscaling = { min = 1 }", "service.autoscaling.max is missing: expected an integer from 1 to "
     "5000"),
    ("service", "autoscaling = { min = 3, max = 2 }", "service.autoscaling.max = 2 is below min = 3"),
    ("load_balancer", "idle_timeout_seconds = 4001",
     "load_balancer.idle_timeout_seconds: expected an integer from 1 to 4000, found 4001"),
    ("ecr", 'mutability = "immutable"', 'ecr.mutability: expected one of "MUTABLE", "IMMUTABLE", '
     '"MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION", found "immutable"'),
    ("ecr", "keep_images = 0", "ecr.keep_images: expected an integer from 1 to 1000, found 0"),
    ("logs", "retention_days = 8", "logs.retention_days: expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, "
     "180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, found 8"),
    ("vpc", 'cidr = "10.1.0.0/24"', "vpc.cidr: expected a /16 to /20, found a /24"),
    ("vpc", 'cidr = "8.8.0.0/16"',
     "vpc.cidr: expected a private network, within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"),
    ("vpc", 'cidr = "10.1.2.0/16"',
     'vpc.cidr: expected a network such as "10.100.0.0/16", with no bits set beside the mask'),
    ("vpc", 'egress = "natt"', 'vpc.egress: expected one of "nat", "nat-per-az", "public", found "natt"'),
    ("vpc", 'public_subnets = ["subnet-0123aaaa", "subnet-0123bbbb"]',
     "vpc.public_subnets: needs id, the VPC that the subnets are of"),
    ("vpc", 'id = "subnet-1"', 'vpc.id: expected the id of a VPC: "vpc-…", found "subnet-1"'),
    ("domain", 'name = "Shop.example.com"', "domain.name: expected a domain name in lower case, without a dot at "
     'the end, such as "shop.example.com", found "Shop.example.com"'),
    ("domain", 'name = "shop"', "domain.name: expected a domain name in lower case, without a dot at the end, "
     'such as "shop.example.com", found "shop"'),
    ("domain", 'certificate_arn = "cert"',
     'domain.certificate_arn: expected a certificate\'s ARN: "arn:aws:acm:…:certificate/…", found "cert"'),
    ("build", 'compute = "huge"', 'build.compute: expected one of "small", "medium", "large", "xlarge", found '
     '"huge"'),
    ("build", 'buildspec = "../x.yml"',
     'build.buildspec: expected a path within the repository, without .., found "../x.yml"'),
    ("build", "timeout_minutes = 4", "build.timeout_minutes: expected an integer from 5 to 2160, found 4"),
    ("build", 'environment = { CODEBUILD_X = "x" }',
     "build.environment.CODEBUILD_X: begins with CODEBUILD_, which AWS keeps for itself"),
    ("build", 'environment = { REPOSITORY_URI = "x" }', "build.environment.REPOSITORY_URI: is set by ecsctl itself"),
    ("pipeline", 'mode = "off"', 'pipeline.mode: expected one of "pipeline", "build-only", "none", found "off"'),
    ("pipeline", "deploy_timeout_minutes = 61",
     "pipeline.deploy_timeout_minutes: expected an integer from 1 to 60, found 61"),
    ("pipeline", 'approvals = ["Review"]', "pipeline.approvals[0]: expected a table with name, note, found "
     '"Review"'),
    ("pipeline", 'tests = [{ name = "Smoke@1", buildspec = "t.yml" }]',
     'pipeline.tests[0].name: expected 1 to 100 letters, digits, _ and -, found "Smoke@1"'),
    ("pipeline", 'tests = [{ name = "Build", buildspec = "t.yml" }]',
     "pipeline.tests[0].name: Build is listed more than once: each action needs its own name"),
    ("github", 'repository = "https://github.com/a/b"', 'github.repository: expected "owner/name" as on GitHub, '
     'not a URL and without .git, found "https://github.com/a/b"'),
    ("github", 'repository = "acme/shop.git"', 'github.repository: expected "owner/name" as on GitHub, not a URL '
     'and without .git, found "acme/shop.git"'),
]  # fmt: skip


@pytest.mark.parametrize(("table", "line", "message"), IN_TABLES)
def test_a_wrong_value_in_a_table_is_reported_with_its_line(mistakes, table, line, message):
    (found,) = mistakes(f'name = "shop"\n\n[{table}]\n# a comment\n{line}\n')
    assert found == f"ecsctl.toml:5: {message}"


# What Fargate sells, and how it deploys, is reported in the words of ecsctl.fargate.
ON_FARGATE = [
    ("cpu = 300",
     "service.cpu: cpu = 300 is not a Fargate size"),
    ("memory = 300",
     "service.memory: memory = 300 cannot be combined with cpu = 256"),
    ("cpu = 1024", "service.cpu: memory = 512 cannot be combined with cpu = 1024"),
    ("max_percent = 100",
     "service.max_percent: with 1 task, a minimum of 100 % keeps 1 running and a maximum of 100 % allows 1"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), ON_FARGATE)
def test_what_fargate_does_not_do_is_reported_with_the_line_of_the_key_that_was_written(mistakes, line, message):
    (found,) = mistakes(f'name = "shop"\n[service]\n{line}\n')
    assert found.startswith(f"ecsctl.toml:3: {message}")


IN_GITHUB = [
    ('branch = "refs/heads/main"', 'branch: expected a branch\'s short name, such as "main", found '
     '"refs/heads/main"'),
    ('branch = "a..b"', 'branch: expected a branch\'s short name, such as "main", found "a..b"'),
    ('branch = "-x"', 'branch: expected a branch\'s short name, such as "main", found "-x"'),
    ('branch = "a b"', 'branch: expected a branch\'s short name, such as "main", found "a b"'),
    (f'connection_arn = "{SECRET}"', "connection_arn: expected a connection's ARN: "
     f'"arn:aws:codeconnections:…:connection/…", found "{SECRET[:60]}…"'),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), IN_GITHUB)
def test_a_wrong_value_in_github_is_reported_with_its_line(mistakes, line, message):
    text = f'name = "shop"\n[github]\nrepository = "acme/shop"\n{line}\n'
    assert mistakes(text) == [f"ecsctl.toml:4: github.{message}"]


@pytest.mark.parametrize("arn", [SECRET + ":password", "a b", "ghp_0123456789", "arn:aws:s3:::bucket"])
def test_a_secret_that_is_neither_name_nor_full_arn_is_refused(mistakes, arn):
    (line,) = mistakes(f'name = "shop"\n[service.secrets]\nDB = "{arn}"\n')
    assert line.startswith("ecsctl.toml:3: service.secrets.DB: expected the name of a secret")
    assert arn not in line


@pytest.mark.parametrize("arn", [SECRET, SECRET + ":password::", "db", "shop/db:password", "/shop/db",
                                 "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/db"])  # fmt: skip
def test_a_secret_by_arn_is_taken(load, arn):
    assert load(f'name = "shop"\n[service.secrets]\nDB = "{arn}"\n').config.service.secrets == {"DB": arn}


@pytest.mark.parametrize("secret", ["github/token", "github:token", SECRET, SECRET + ":token"])
def test_a_token_is_named_by_its_secret(load, secret):
    text = f'name = "shop"\n[github]\nrepository = "acme/shop"\ntoken_secret = "{secret}"\n'
    assert load(text).config.github.token_secret == secret


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file(mistakes):
    text = """nam = "shop"
[service]
port = "8000"
[servce]
[vpc]
egress = "x"
[[pipeline.approvals]]


[[pipeline.approvals]]
name = 1
"""
    assert [line.split(" ")[0] for line in mistakes(text)] == [
        "ecsctl.toml:", "ecsctl.toml:1:", "ecsctl.toml:3:", "ecsctl.toml:4:", "ecsctl.toml:6:", "ecsctl.toml:7:",
        "ecsctl.toml:11:",
    ]  # fmt: skip
    assert mistakes(text)[0] == 'ecsctl.toml: name is missing: expected text in quotes, such as "shop"'


def test_terminal_escapes_and_direction_marks_are_shown_and_not_sent(mistakes):
    (line,) = mistakes('name = "shop"\nregion = "\\u001b[2J\\u202eevil\\u009b"\n')
    assert line.isprintable()
    assert 'found "\\x1b[2J\\u202eevil\\x9b"' in line


def test_a_list_with_only_wrong_elements_is_not_called_too_short_as_well(mistakes):
    (found,) = mistakes('name = "shop"\n\n[load_balancer]\nallow = ["0.0.0.0"]\n')
    assert found.startswith("ecsctl.toml:4: load_balancer.allow[0]: ")
    (empty,) = mistakes('name = "shop"\n\n[load_balancer]\nallow = []\n')
    assert empty.startswith("ecsctl.toml:4: load_balancer.allow: expected a list of at most 30 texts, found")
