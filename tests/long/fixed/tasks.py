"""How the service and its tasks are broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecr, ecs
from tests.long.fixed.case import Deed
from tests.stack.conftest import ACCOUNT, REGION
from tests.why.person import HOUR, Person

TASK, EXECUTION, BUILD_ROLE, PIPELINE = (
    "hello-eu-central-1-task",
    "hello-eu-central-1-execution",
    "hello-eu-central-1-build",
    "hello-eu-central-1-pipeline",
)


def pushed(kind: str, **options: Any) -> Deed:
    """A commit whose image goes that way, delivered by the pipeline."""

    def breaks(person: Person) -> None:
        commit = push.push("main")["commit"]
        ecs.script_tasks("", commit, kind, **options)
        person.clock.sleep(HOUR / 2)

    return breaks


def failed(fail: str) -> Deed:
    """Returns what `ecsctl sandbox push --fail` plays."""

    def breaks(person: Person) -> None:
        push.push("main", fail)
        person.clock.sleep(HOUR / 2)

    return breaks


def tasks_fail(kind: str, **options: Any) -> Deed:
    """All tasks go that way from the next on."""

    def breaks(person: Person) -> None:
        ecs.script_tasks("", "", kind, **options)
        anew(person)

    return breaks


def some_tasks_fail(reason: str) -> Deed:
    """The next tasks stop for this reason, too few for ECS to give the deployment up."""

    def breaks(person: Person) -> None:
        ecs.script_tasks("", "", "stopped", reason=reason)
        person.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
        person.clock.sleep(45)

    return breaks


def all_tasks_fail(reason: str) -> Deed:
    """The tasks that run end, and those in their place stop for this reason: no deployment is to blame."""

    def breaks(person: Person) -> None:
        ecs.script_tasks("", "", "stopped", reason=reason)
        client = person.boto("ecs")
        for arn in client.list_tasks(cluster="hello", serviceName="hello")["taskArns"]:
            client.stop_task(cluster="hello", task=arn, reason="a test")
        person.clock.sleep(420)

    return breaks


def anew(person: Person) -> None:
    person.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    person.clock.sleep(420)


def well(_: Person) -> None:
    """Someone fixes it elsewhere, or it passes."""
    ecs.script_tasks("", "", "ok")


def denied(role: str, *actions: str, then: Deed = anew) -> Deed:
    """Someone takes rights away from a role: every policy of it loses these actions."""

    def breaks(person: Person) -> None:
        iam = person.boto("iam")
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            every = document["Statement"]
            for statement in every if isinstance(every, list) else [every]:
                held = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                statement["Action"] = [one for one in held if one not in actions] or ["none:Nothing"]
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
        then(person)

    return breaks


def untrusted(role: str, then: Deed = anew) -> Deed:
    """Someone lets another service take a role."""

    def breaks(person: Person) -> None:
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                 "Principal": {"Service": "lambda.amazonaws.com"}}]}  # fmt: skip
        person.boto("iam").update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
        then(person)

    return breaks


AGENT, OTHER_AGENT = "registry.example.com/agent:1", "registry.example.com/agent:2"
WITH_AGENT = {"sidecars": {"agent": {"image": AGENT}}}
WITH_MIGRATION = {"sidecars": {"agent": {"image": AGENT, "essential": False}},
                  "service": {"depends_on": {"agent": "SUCCESS"}}}  # fmt: skip


def sidecar_crashes(person: Person) -> None:
    """The container beside the app ends with an error whenever it starts, from now on."""
    ecs.script_tasks("", AGENT, "crash", code=3)
    anew(person)


def no_image(person: Person) -> None:
    running = image_of(person).rsplit(":", 1)[-1]
    found = person.boto("ecr").describe_images(repositoryName="hello")["imageDetails"]
    ids = [{"imageDigest": one["imageDigest"]} for one in found if running in one.get("imageTags", ())]
    person.boto("ecr").batch_delete_image(repositoryName="hello", imageIds=ids)
    anew(person)


def image_of(person: Person) -> str:
    service = person.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    arn = service["taskDefinition"]
    definition = person.boto("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return str(definition["containerDefinitions"][0]["image"])


def good_image(person: Person) -> str:
    """An image that is there and runs."""
    tag = f"good-{person.clock.now():.0f}"
    ecr.put_image(ACCOUNT, REGION, "hello", [tag])
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/hello:{tag}"


def with_image(image: str, **fate: Any) -> Deed:
    """Someone lets the service run an image of this name."""

    def breaks(person: Person) -> None:
        ecs.script_tasks("", image, "stopped", **fate)
        redefined(person, lambda document: document["containerDefinitions"][0].update(image=image))

    return breaks


def with_name(image: str) -> Deed:
    """Someone lets the service run an image of this name, and nothing else is scripted."""
    return lambda person: redefined(person, lambda document: document["containerDefinitions"][0].update(image=image))


def redefined(person: Person, change: Callable[[dict[str, Any]], object]) -> None:
    """Someone registers another task definition and lets the service run it."""
    client = person.boto("ecs")
    definition = client.describe_task_definition(taskDefinition="hello")["taskDefinition"]
    taken = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions",
             "requiresCompatibilities", "cpu", "memory", "runtimePlatform")  # fmt: skip
    document = {name: definition[name] for name in taken if name in definition}
    change(document)
    arn = client.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    client.update_service(cluster="hello", service="hello", taskDefinition=arn)
    person.clock.sleep(420)


def secret(person: Person, value: str = "s3cr3t") -> str:
    """A secret that someone makes; its ARN."""
    name = f"app/{person.clock.now():.0f}"
    arn: str = person.boto("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]
    return arn


def with_secret(value: str, key: str = "", then: Deed = lambda _: None) -> Deed:
    """The app is given a secret."""

    def breaks(person: Person) -> None:
        arn = secret(person, value)
        person.set("service.secrets", {"KEY": f"{arn}:{key}::" if key else arn})
        person.ecsctl("ecsctl up")
        then(person)
        person.clock.sleep(420)

    return breaks


def with_volume(then: Deed) -> Deed:
    """The app is given a volume, and something happens to it."""

    def breaks(person: Person) -> None:
        person.set("volumes.data", {"path": "/data"})
        person.ecsctl("ecsctl up")
        then(person)
        person.clock.sleep(420)

    return breaks


def with_own_secret(then: Deed) -> Deed:
    """The app is given a secret that `ecsctl secret set` has stored."""

    def breaks(person: Person) -> None:
        name = f"key-{person.clock.now():.0f}"
        code, output = person.ecsctl(f"ecsctl secret set {name}")
        assert code == 0, output
        person.set("service.secrets", {"KEY": name})
        person.ecsctl("ecsctl up")
        then(person)
        person.clock.sleep(420)

    return breaks


def targets_deleted(person: Person) -> None:
    efs = person.boto("efs")
    system = efs.describe_file_systems()["FileSystems"][0]["FileSystemId"]
    for one in efs.describe_mount_targets(FileSystemId=system)["MountTargets"]:
        efs.delete_mount_target(MountTargetId=one["MountTargetId"])
    anew(person)


def volumes_shut(person: Person) -> None:
    ec2 = person.boto("ec2")
    named = [{"Name": "group-name", "Values": ["hello-volumes"]}]
    (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    anew(person)


def parameter_gone(person: Person) -> None:
    """A parameter that the app is given is deleted, and ECS's sentence breaks off before it says so."""
    name = f"/app/{person.clock.now():.0f}"
    person.boto("ssm").put_parameter(Name=name, Value="s3cr3t", Type="SecureString")
    person.set("service.secrets", {"KEY": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{name}"})
    person.ecsctl("ecsctl up")
    person.boto("ssm").delete_parameter(Name=name)
    ecs.script_tasks("", "", "ok", length=180)
    anew(person)


def known_secret(person: Person) -> str:
    """Returns what Secrets Manager calls the secret that the app has."""
    source: str = person.toml["service"]["secrets"]["KEY"]
    return source if source.startswith("arn:") else f"hello/{source}"


def secret_deleted(**how: Any) -> Deed:
    def deletes(person: Person) -> None:
        person.boto("secretsmanager").delete_secret(SecretId=known_secret(person), **how)
        anew(person)

    return deletes


def emptied(person: Person) -> None:
    """It loses the label AWSCURRENT, as by hand; an `up` would have refused one that never had a value."""
    backend: Any = secretsmanager_backends[ACCOUNT][REGION]
    for version in backend.secrets[known_secret(person)].versions.values():
        version.pop("secret_string")
    anew(person)


def another_secret(person: Person) -> dict[str, str]:
    return {"KEY": secret(person)}


def group_of(person: Person) -> dict[str, Any]:
    filters = [{"Name": "group-name", "Values": ["hello-tasks"]}]
    found: dict[str, Any] = person.boto("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0]
    return found


def closed_out(person: Person) -> None:
    group = group_of(person)
    person.boto("ec2").revoke_security_group_egress(
        GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"]
    )
    anew(person)


def closed_in(person: Person) -> None:
    group = group_of(person)
    person.boto("ec2").revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    anew(person)


def no_route(person: Person) -> None:
    ec2 = person.boto("ec2")
    for table in ec2.describe_route_tables()["RouteTables"]:
        if any(route.get("GatewayId", "").startswith("igw-") for route in table["Routes"]):
            ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    anew(person)


def no_listener(person: Person) -> None:
    elb = person.boto("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    for one in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
        elb.delete_listener(ListenerArn=one["ListenerArn"])
    anew(person)


def rolled_back(person: Person) -> None:
    pushed("crash")(person)
    person.clock.sleep(3 * HOUR)  # ECS has forgotten the tasks


def begun(person: Person) -> str:
    """A push whose version has begun to roll out; the service deployment."""
    push.push("main")
    for _ in range(60):
        person.clock.sleep(10)
        found = person.boto("ecs").list_service_deployments(cluster="hello", service="hello", status=["IN_PROGRESS"])
        for one in found["serviceDeployments"]:
            return str(one["serviceDeploymentArn"])
    raise AssertionError("nothing began")


def cancelled(person: Person) -> None:
    person.boto("ecs").stop_service_deployment(serviceDeploymentArn=begun(person), stopType="ROLLBACK")
    person.clock.sleep(HOUR / 2)


def alarm_rings(person: Person) -> None:
    """One of the alarms that are made for the app rings while a version rolls out."""
    begun(person)
    person.boto("cloudwatch").set_alarm_state(AlarmName="hello-errors", StateValue="ALARM", StateReason="a test")
    person.clock.sleep(HOUR / 2)


def alarm_is_quiet(person: Person) -> None:
    person.boto("cloudwatch").set_alarm_state(AlarmName="hello-errors", StateValue="OK", StateReason="a test")


def no_room(person: Person) -> None:
    person.boto("ecs").update_service(
        cluster="hello", service="hello", availabilityZoneRebalancing="DISABLED",
        deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100})  # fmt: skip
    anew(person)


def goes(person: Person) -> None:
    """Someone deletes the service, and its tasks are still ending."""
    person.boto("ecs").delete_service(cluster="hello", service="hello", force=True)
    person.clock.sleep(1)


def rolling(person: Person) -> None:
    """A deployment is under way, and nothing speaks against it."""
    ecs.script_tasks("", "", "slow", seconds=100)
    person.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    person.clock.sleep(20)


def other_certificate(person: Person) -> None:
    """Someone lets the load balancer show a certificate of another name."""
    acm, elb, dns = person.boto("acm"), person.boto("elbv2"), person.boto("route53")
    arn = acm.request_certificate(DomainName="other.ecsctl.example", ValidationMethod="DNS")["CertificateArn"]
    person.clock.sleep(30)
    proof = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
    record = {"Name": proof["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": proof["Value"]}]}
    zone = dns.list_hosted_zones()["HostedZones"][0]["Id"]
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    person.clock.sleep(HOUR)
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    for one in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
        if one["Port"] == 443:
            elb.modify_listener(ListenerArn=one["ListenerArn"], Certificates=[{"CertificateArn": arn}])
