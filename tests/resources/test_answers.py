"""What AWS adds to an answer, sorts, spells otherwise and leaves out is no drift.

The facts are those of answers of AWS recorded from June to August 2026 by go-to-k/cdk-real-drift (commit c00ed982,
Apache-2.0), of the API references, and of the bug reports that are named. Each row of `NETWORK`, `ECS` and `CICD` is an
answer that comes back otherwise than the sandbox tells it; the plan of a stack that is up stays empty nevertheless.
"""

import json
from contextlib import contextmanager
from urllib.parse import quote, unquote

from ecsctl.resources.support.containers import HealthCheck
from tests.rows import delivery, ecs, files, network

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
    """Returns what is not as desired."""
    return {step.name: step.changed for step in plan.work}


def test_a_network_described_the_other_way_round_is_no_drift(cloud):
    compose = network.stack_of(cloud, *network.ALL, *files.DESIRED)
    cloud.up(compose)
    with everywhere(cloud, ("ec2", "elbv2", "acm", "route53", "efs", "cloudwatch"), turn_all):
        assert worth(cloud.plan(compose)) == {}


def test_a_pipeline_described_the_other_way_round_is_no_drift(cloud):
    compose = delivery.stack_of(*delivery.ALL)
    cloud.up(compose)
    with everywhere(cloud, ("iam", "s3", "logs", "codebuild"), turn_all):
        assert worth(cloud.plan(compose)) == {}


def test_a_service_described_the_other_way_round_is_no_drift(cloud):
    ground = ecs.Ground(cloud)
    task = {
        "environment": (("B", "2"), ("A", "1"), ("C", "3")),
        "health_check": HealthCheck(("CMD-SHELL", "true"), start_period=10),
    }
    compose = ground.stack(definition=task, scaling={})
    cloud.up(compose)
    with everywhere(cloud, ("ecs", "application-autoscaling"), turn_all):
        assert worth(cloud.plan(compose)) == {}


def _definition(parsed):
    """A definition comes with empty parts for all that was not said; what may be said in any order comes in another."""
    definition = parsed["taskDefinition"]
    definition |= {"volumes": [], "placementConstraints": [], "inferenceAccelerators": []}
    lists = ("command", "entryPoint", "dependsOn", "links", "secrets", "ulimits", "environmentFiles", "extraHosts",
             "dnsServers", "dnsSearchDomains", "dockerSecurityOptions", "resourceRequirements",
             "credentialSpecs")  # fmt: skip
    for container in definition["containerDefinitions"]:
        for name in lists:
            container.setdefault(name, [])
        container.setdefault("dockerLabels", {})
        container["portMappings"].insert(0, {"containerPort": 9443, "hostPort": 9443, "protocol": "tcp"})
        container["logConfiguration"]["secretOptions"] = []
        container["linuxParameters"] = {"devices": [], "tmpfs": [], **container.get("linuxParameters", {})}
    sidecar = {"name": "agent", "image": "agent:1", "essential": False, "portMappings": [{"containerPort": 8126}]}
    definition["containerDefinitions"].insert(0, sidecar)


def _service(parsed):
    """A service comes with the defaults of this year, and with what another has added to it."""
    for service in parsed["services"]:
        deployment = service["deploymentConfiguration"]
        deployment |= {"lifecycleHooks": [], "alarms": {"alarmNames": [], "enable": False, "rollback": False}}
        service |= {"placementConstraints": [], "serviceRegistries": [], "volumeConfigurations": []}
        more = {"targetGroupArn": "arn:aws:elasticloadbalancing:x", "containerName": "app", "containerPort": 9443}
        service["loadBalancers"].insert(0, more)


def _older_service(parsed):
    """And without what AWS did not tell of older ones."""
    for service in parsed["services"]:
        for name in ("strategy", "bakeTimeInMinutes"):
            del service["deploymentConfiguration"][name]
        service["deploymentConfiguration"]["deploymentCircuitBreaker"] = {"enable": True, "rollback": True}


def _followed(parsed):
    for one in parsed["ScalingPolicies"]:
        tracking = one["TargetTrackingScalingPolicyConfiguration"]
        tracking |= {"TargetValue": float(tracking["TargetValue"]), "DisableScaleIn": False}


def _scaled(parsed):
    suspended = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    for target in parsed["ScalableTargets"]:
        target["SuspendedState"] = dict.fromkeys(suspended, False)


ECS = {
    "definition": ("ecs", "DescribeTaskDefinition", _definition),
    "service": ("ecs", "DescribeServices", _service),
    "older service": ("ecs", "DescribeServices", _older_service),
    "policy": ("application-autoscaling", "DescribeScalingPolicies", _followed),
    "target": ("application-autoscaling", "DescribeScalableTargets", _scaled),
}


def test_what_aws_spells_otherwise_of_a_service_is_no_drift(cloud):
    compose = ecs.Ground(cloud).stack(scaling={})
    cloud.up(compose)
    assert drifts(cloud, compose, ECS) == {}


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


def _old_balancer(parsed):
    """Nor is everything returned of each: what is missing has its default."""
    parsed["Attributes"] = [one for one in parsed["Attributes"] if one["Key"].startswith("routing.http.drop")]


def _nat(parsed):
    """A gateway may have got a secondary address, in any place."""
    for gateway in parsed["NatGateways"]:
        secondary = {"AllocationId": "eipalloc-00000000000000000", "PublicIp": "192.0.2.9", "IsPrimary": False}
        gateway["NatGatewayAddresses"].insert(0, secondary)
        gateway["AutoProvisionZones"] = "disabled"


NETWORK = {
    "gateway": ("ec2", "DescribeNatGateways", _nat),
    "few attributes": ("elbv2", "DescribeLoadBalancerAttributes", _old_balancer),
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
    compose = network.stack_of(cloud, *network.ALL)
    cloud.up(compose)
    assert drifts(cloud, compose, NETWORK) == {}


def _bucket_policy(parsed):
    """A policy with everybody in the other form, lists for single words, and without or with another name."""
    document = json.loads(parsed["Policy"])
    for statement in document["Statement"]:
        statement |= {"Action": [statement["Action"]], "Sid": "by-aws-1"}
        if statement["Effect"] == "Allow":
            statement["Resource"] = [statement["Resource"]]
            continue
        statement |= {"Principal": {"AWS": "*"}, "Condition": {"Bool": {"aws:SecureTransport": False}}}
        statement["Resource"].reverse()
    parsed["Policy"] = json.dumps(document)


def _lifecycle(parsed):
    """There are two forms for the objects that a rule means, and AWS adds what was not asked for."""
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
            action |= {"commands": [], "outputVariables": [], "region": delivery.REGION}
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
    compose = delivery.stack_of(*delivery.ALL)
    cloud.up(compose)
    assert drifts(cloud, compose, CICD) == {}
