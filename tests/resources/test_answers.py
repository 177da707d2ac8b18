"""What AWS adds to an answer, sorts, spells otherwise and leaves out is no drift.

The facts are those of answers of AWS recorded from June to August 2026 by go-to-k/cdk-real-drift (commit c00ed982,
Apache-2.0), of the API references, and of the bug reports that are named. Each row of `REWRITTEN` is one answer that
comes back otherwise than the sandbox tells it; the plan of a stack that is up stays empty nevertheless.
"""

import json
from contextlib import contextmanager
from urllib.parse import quote, unquote

import pytest

from ecsctl.ids import ConnectionArn
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.pipeline_structure import ConnectionSource, same
from ecsctl.resources.policy_document import Statement, Trust, policy, same_spelling, statements, trust_of, trust_policy
from ecsctl.resources.security_group import Rule
from ecsctl.resources.subnet import Subnet
from ecsctl.resources.vpc import Vpc
from tests import cases_cicd, cases_ecs, cases_network

KEPT = ("Command", "Entrypoint", "Stages", "Actions")  # lists whose order is said
CLOSED = ("Filter", "configuration", "options", "tags", "Tags")  # in which whatever is added would mean something


def turned(value, key=""):
    """The same answer with every list of things the other way round, and with parts that nobody has heard of yet."""
    if isinstance(value, dict):
        more = {"addedByAws": "tomorrow"} if value and key not in CLOSED else {}
        return {name: turned(part, name) for name, part in value.items()} | more
    if not isinstance(value, list) or key.capitalize() in KEPT:
        return value if not isinstance(value, list) else [turned(part, key) for part in value]
    return [turned(part, key) for part in reversed(value)]


@contextmanager
def rewritten(cloud, service, operation, rewrite):
    """Meanwhile each answer to the operation is changed by `rewrite`, which is given the parsed answer."""

    def change(parsed, **_):
        if "Error" not in parsed:
            rewrite(parsed)

    events = cloud.aws.client(service).meta.events
    event = f"after-call.{events_name(cloud, service)}.{operation}"
    events.register(event, change)
    try:
        yield
    finally:
        events.unregister(event, change)


def events_name(cloud, service):
    return cloud.aws.client(service).meta.service_model.service_id.hyphenize()


def everywhere(cloud, services, rewrite):
    """The same for every answer of these services."""
    return rewritten_all(cloud, [(service, "*", rewrite) for service in services])


@contextmanager
def rewritten_all(cloud, rows):
    if not rows:
        yield
        return
    service, operation, rewrite = rows[0]
    with rewritten(cloud, service, operation, rewrite), rewritten_all(cloud, rows[1:]):
        yield


def turn_all(parsed):
    """In place: `ResponseMetadata` and what pages a listing stay."""
    paging = ("ResponseMetadata", "NextToken", "nextToken", "Marker", "NextMarker", "IsTruncated")
    parsed.update({name: turned(part, name) for name, part in parsed.items() if name not in paging})


def worth(plan):
    """What is not as desired."""
    return {step.name: step.changed for step in plan.work}


def test_a_network_told_the_other_way_round_is_no_drift(cloud):
    compose = cases_network.stack_of(cloud, *cases_network.ALL)
    cloud.up(compose)
    with everywhere(cloud, ("ec2", "elbv2", "acm", "route53"), turn_all):
        assert worth(cloud.plan(compose)) == {}


def test_a_pipeline_told_the_other_way_round_is_no_drift(cloud):
    compose = cases_cicd.stack_of(*cases_cicd.ALL)
    cloud.up(compose)
    with everywhere(cloud, ("iam", "s3", "logs", "codebuild"), turn_all):
        assert worth(cloud.plan(compose)) == {}


def test_a_service_told_the_other_way_round_is_no_drift(cloud):
    ground = cases_ecs.Ground(cloud)
    task = {"environment": (("B", "2"), ("A", "1"), ("C", "3")), "health_check": cases_health()}
    compose = ground.stack(definition=task, scaling={})
    cloud.up(compose)
    with everywhere(cloud, ("ecs", "application-autoscaling"), turn_all):
        assert worth(cloud.plan(compose)) == {}


def cases_health():
    from ecsctl.resources.task_definition import HealthCheck

    return HealthCheck(("CMD-SHELL", "true"), start_period=10)


def _security_rules(parsed):
    """EC2 tells every port as -1 of all but TCP, UDP and ICMP; sometimes as nothing."""
    for rule in parsed["SecurityGroupRules"]:
        if rule["IpProtocol"] == "-1":
            rule.pop("FromPort", None)
            rule.pop("ToPort", None)


def _listeners(parsed):
    """A forward tells its group in two places, and of one alone in one at times."""
    for listener in parsed["Listeners"]:
        for action in listener["DefaultActions"]:
            if action["Type"] == "forward":
                action.pop("TargetGroupArn", None)


def _records(parsed):
    """Names in lower case with a dot; Route 53's console puts `dualstack.` before a balancer's."""
    for record in parsed["ResourceRecordSets"]:
        if alias := record.get("AliasTarget"):
            alias["DNSName"] = f"dualstack.{alias['DNSName']}"
        for value in record.get("ResourceRecords", []) if record["Type"] == "CNAME" else []:
            value["Value"] = value["Value"].upper().removesuffix(".")


def _certificate(parsed):
    """Names of a certificate in no order and no case."""
    certificate = parsed["Certificate"]
    certificate["DomainName"] = certificate["DomainName"].upper()
    certificate["SubjectAlternativeNames"] = [name.upper() for name in certificate["SubjectAlternativeNames"]]


def _attributes(parsed):
    """Attributes that AWS adds from year to year: 22 of a load balancer where there were 17."""
    parsed["Attributes"].append({"Key": "routing.http.new_in_2027.enabled", "Value": "false"})


NETWORK = {
    "rules": ("ec2", "DescribeSecurityGroupRules", _security_rules),
    "listeners": ("elbv2", "DescribeListeners", _listeners),
    "records": ("route53", "ListResourceRecordSets", _records),
    "certificate": ("acm", "DescribeCertificate", _certificate),
    "attributes": ("elbv2", "DescribeLoadBalancerAttributes", _attributes),
    "target attributes": ("elbv2", "DescribeTargetGroupAttributes", _attributes),
}


def drifts(cloud, compose, rows):
    """By row of rewritten answers: what a plan of the stack, which is up, would change."""
    found = {}
    for what, row in rows.items():
        with rewritten(cloud, *row):
            found[what] = worth(cloud.plan(compose))
    return {what: work for what, work in found.items() if work}


def test_what_aws_spells_otherwise_of_a_network_is_no_drift(cloud):
    compose = cases_network.stack_of(cloud, *cases_network.ALL)
    cloud.up(compose)
    assert drifts(cloud, compose, NETWORK) == {}


def _bucket_policy(parsed):
    """A policy with everybody in the other form, lists for single words, and without or with another name."""
    document = json.loads(parsed["Policy"])
    for statement in document["Statement"]:
        statement |= {"Principal": {"AWS": "*"}, "Action": ["s3:*"], "Sid": "by-aws-1"}
        statement["Condition"] = {"Bool": {"aws:SecureTransport": False}}
        statement["Resource"].reverse()
    parsed["Policy"] = json.dumps(document)


def _lifecycle(parsed):
    """Which objects a rule means is told in two ways, and AWS adds what it does not ask for."""
    for rule in parsed["Rules"]:
        del rule["Filter"]
        rule["Prefix"] = ""
    parsed["Rules"].insert(0, {"ID": "ZjhhYmI1NmM", "Prefix": "tmp/", "Status": "Enabled", "Expiration": {"Days": 1}})


def _inline_policy(parsed):
    document = json.loads(unquote(parsed["PolicyDocument"]))
    document["Statement"] = one if isinstance(one := document["Statement"], list) else [one]
    for statement in document["Statement"]:
        statement["Sid"] = "GivenByAws"
        for word in ("Action", "Resource"):
            one = statement[word]
            statement[word] = [one] if isinstance(one, str) else one[::-1]
    document["Statement"].reverse()
    parsed["PolicyDocument"] = quote(json.dumps(document))


def _trust(parsed):
    document = json.loads(unquote(parsed["Role"]["AssumeRolePolicyDocument"]))
    statement = document["Statement"]
    statement["Sid"] = ""
    statement["Principal"] = {"Service": [statement["Principal"]["Service"]]}
    statement["Action"] = [statement["Action"]]
    for tests in statement.get("Condition", {}).values():
        for key in [*tests]:
            tests[key.lower()] = [tests.pop(key)]
    document["Statement"] = [statement]
    parsed["Role"]["AssumeRolePolicyDocument"] = quote(json.dumps(document))


def _project(parsed):
    """A project comes with a key of S3's, a time in the queue, a badge; its variables in another order."""
    for project in parsed["projects"]:
        project["environment"]["environmentVariables"].reverse()
        project["source"] |= {"gitSubmodulesConfig": {"fetchSubmodules": False}, "insecureSsl": False}
        project["artifacts"] |= {"encryptionDisabled": False}
        project |= {"encryptionKey": "arn:aws:kms:eu-central-1:123456789012:alias/aws/s3", "autoRetryLimit": 0}


def _pipeline(parsed):
    """A pipeline comes with empty lists for all that was not said, as deep as its artifacts."""
    pipeline = parsed["pipeline"]
    pipeline |= {"variables": [], "triggers": []}
    for stage in pipeline["stages"]:
        stage["blockers"] = []
        for action in stage["actions"]:
            action |= {"commands": [], "outputVariables": [], "region": cases_cicd.REGION}
            for artifact in action.get("outputArtifacts", []):
                artifact["files"] = []


CICD = {
    "bucket policy": ("s3", "GetBucketPolicy", _bucket_policy),
    "lifecycle": ("s3", "GetBucketLifecycleConfiguration", _lifecycle),
    "rights": ("iam", "GetRolePolicy", _inline_policy),
    "trust": ("iam", "GetRole", _trust),
    "project": ("codebuild", "BatchGetProjects", _project),
    "pipeline": ("codepipeline", "GetPipeline", _pipeline),
}


def test_what_aws_spells_otherwise_of_a_pipeline_is_no_drift(cloud):
    compose = cases_cicd.stack_of(*cases_cicd.ALL)
    cloud.up(compose)
    assert drifts(cloud, compose, CICD) == {}


def _declared(triggers):
    source = ConnectionSource(ConnectionArn("arn:aws:codeconnections:eu-central-1:1:connection/c"), "ann/shop", "main")
    from ecsctl.ids import BucketName, ClusterName, ProjectName, RoleArn, ServiceName
    from ecsctl.resources.pipeline_structure import Deploy, Parts, structure

    parts = Parts(
        role=RoleArn("arn:aws:iam::1:role/r"),
        bucket=BucketName("b"),
        source=source,
        build=ProjectName("p"),
        tests=(),
        approvals=(),
        deploy=Deploy(ClusterName("c"), ServiceName("s")),
    )
    return {**structure("shop", parts, ""), "version": 1, "triggers": triggers}, parts


def _trigger(push, **more):
    about = {"sourceActionName": "Source", "push": push, **more}
    return [{"providerType": "CodeStarSourceConnection", "gitConfiguration": about}]


OWN = [{"branches": {"includes": ["main"], "excludes": []}}]


@pytest.mark.parametrize("triggers", [[], _trigger(OWN), _trigger(OWN, pullRequest=[]), _trigger([])])
def test_the_trigger_that_aws_adds_to_a_connection_is_no_drift(triggers):
    found, parts = _declared(triggers)
    assert same(found, parts, "eu-central-1")


OTHER = [{"branches": {"includes": ["release/*"]}}]
CHOOSY = [{"branches": {"includes": ["main"]}, "filePaths": {"includes": ["app/**"]}}]


@pytest.mark.parametrize(
    "triggers", [_trigger(OTHER), _trigger(CHOOSY), _trigger(OWN, pullRequest=[{"events": ["OPEN"]}])]
)
def test_a_trigger_of_somebody_else_is_drift(triggers):
    found, parts = _declared(triggers)
    assert not same(found, parts, "eu-central-1")


SAME_RULES = [
    (Rule(0, 65535, "all", "0.0.0.0/0"), Rule(-1, -1, "-1", "0.0.0.0/0")),
    (Rule(0, 0, "-1", "::/0"), Rule(-1, -1, "-1", "0:0:0:0:0:0:0:0/0")),
    (Rule(443, 443, "6", "10.0.0.0/24"), Rule(443, 443, "TCP", "10.0.0.7/24")),
    (Rule(53, 53, "17", "2001:DB8::/32"), Rule(53, 53, "udp", "2001:db8:0::/32")),
    (Rule(8, -1, "1", "10.0.0.0/8"), Rule(8, -1, "icmp", "10.0.0.0/8")),
    (Rule(1, 2, "50", "10.0.0.0/8"), Rule(-1, -1, "50", "10.0.0.0/8")),
    (Rule(80, 80, cidr="pl-0767c9e96a31aed5a"), Rule(80, 80, "tcp", "pl-0767c9e96a31aed5a")),
]


@pytest.mark.parametrize(("one", "other"), SAME_RULES, ids=lambda rule: str(rule))
def test_a_rule_is_the_same_however_it_is_spelled(one, other):
    assert one == other


def test_ranges_of_addresses_are_brought_to_their_canonical_form():
    assert Vpc("100.68.0.18/18").cidr == "100.68.0.0/18"  # the example of EC2's API reference, CreateVpc
    assert Subnet("vpc-1", "10.0.0.9/24", "euc1-az1").cidr == "10.0.0.0/24"


def test_names_and_values_of_dns_are_the_same_however_they_are_spelled():
    plain = DnsRecord("Z1", "*.shop.example", "A", value="192.0.2.1, 192.0.2.2")
    assert DnsRecord("/hostedzone/Z1", "\\052.Shop.Example.", "A", value="192.0.2.2, 192.0.2.1") == plain
    alias = DnsRecord("Z1", "shop.example", "A", alias_dns="b-1.eu-central-1.elb.amazonaws.com", alias_zone="Z2")
    told = DnsRecord(
        "Z1", "SHOP.example.", "A", alias_dns="dualstack.B-1.eu-central-1.elb.amazonaws.com.", alias_zone="Z2"
    )
    assert told == alias


DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": ["b", "a"], "Principal": "*"}
SAME_POLICIES = [
    (DENY, {**DENY, "Sid": "x", "Action": ["s3:*"], "Resource": ["a", "b"], "Principal": {"AWS": ["*"]}}),
    ({"Principal": {"AWS": "111111111111"}}, {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}),
    (
        {"Condition": {"Bool": {"aws:SecureTransport": False}}},
        {"Condition": {"Bool": {"aws:securetransport": ["false"]}}},
    ),
    (
        {"Condition": {"NumericLessThan": {"s3:max-keys": 10}}},
        {"Condition": {"NumericLessThan": {"s3:max-keys": "10"}}},
    ),
    ({"Version": "2012-10-17", "Statement": DENY}, {"Id": "by-aws", "Statement": [DENY]}),
]


@pytest.mark.parametrize(("one", "other"), SAME_POLICIES, ids=lambda each: json.dumps(each)[:40])
def test_a_policy_is_the_same_however_it_is_spelled(one, other):
    assert same_spelling(one) == same_spelling(json.dumps(other))


def test_what_a_statement_allows_is_compared_and_not_its_name():
    one = Statement("Pull", ("ecr:GetAuthorizationToken",), ("*",))
    assert statements(policy([one])) == (Statement("", ("ecr:GetAuthorizationToken",), ("*",)),)
    assert statements(policy([one])) != (Statement("Pull", ("ecr:*",), ("*",)),)


def test_a_trust_with_another_condition_is_another_trust():
    trust = Trust("ecs-tasks.amazonaws.com", source_account="123456789012")
    document = json.loads(trust_policy(trust))
    assert trust_of(document) == trust
    document["Statement"]["Condition"]["StringEquals"]["aws:PrincipalOrgID"] = "o-1"
    assert trust_of(document) != trust
