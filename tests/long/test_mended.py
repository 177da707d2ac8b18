"""What `ecsctl why` says mends a cause does fix it: the sandbox is broken, the printed way out is done, it is gone.

One account and one app for all cases of a process. Each way out of each cause is a case, but those that only show
more (`ecsctl logs`): they are typed too, and must work. What the sandbox cannot break stands in CANNOT with the reason.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox import push
from ecsctl.sandbox.aws import ecr, ecs
from ecsctl.sandbox.aws.codebuild import builds as codebuild_builds
from ecsctl.sandbox.github import remote
from ecsctl.why import Cause
from tests.crash.conftest import some
from tests.stack.conftest import ACCOUNT, REGION
from tests.why.person import HOUR, ORDINARY, Person, first, named, only_looks, somebody

Deed = Callable[[Person], object]
INIT = "ResourceInitializationError: "
PULL = "CannotPullContainerError: "
EXECUTION, BUILD_ROLE, PIPELINE = (
    "hello-eu-central-1-execution",
    "hello-eu-central-1-build",
    "hello-eu-central-1-pipeline",
)
TLS = "The plain HTTP request was sent to HTTPS port"
DJANGO = "Invalid HTTP_HOST header: '10.0.2.17:8000'. You may need to add it to ALLOWED_HOSTS."


@dataclass(frozen=True)
class Case:
    """How the account is broken, what only the user knows, and what he does elsewhere. `skips`: ways not done here."""

    breaks: Deed
    values: Mapping[str, Any] = field(default_factory=dict)
    hand: Deed | None = None
    skips: Mapping[int, str] = field(default_factory=dict)
    toml: Mapping[str, Any] = field(default_factory=dict)


# how things break


def pushed(kind: str, **options: Any) -> Deed:
    """A commit whose image goes that way, delivered by the pipeline."""

    def breaks(person: Person) -> None:
        commit = push.push("main")["commit"]
        ecs.behave("", commit, kind, **options)
        person.clock.sleep(HOUR / 2)

    return breaks


def befallen(kind: str, **options: Any) -> Deed:
    """All tasks go that way from the next on."""

    def breaks(person: Person) -> None:
        ecs.behave("", "", kind, **options)
        anew(person)

    return breaks


def anew(person: Person) -> None:
    person.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    person.clock.sleep(420)


def well(_: Person) -> None:
    """Somebody mends it elsewhere, or it passes."""
    ecs.behave("", "", "ok")


def built(phase: str, message: str, code: str = "CLIENT_ERROR") -> Deed:
    """A commit of which no build succeeds."""

    def breaks(person: Person) -> None:
        commit = push.push("main")["commit"]
        codebuild_builds.fail_builds(commit, phase, message, code)
        person.clock.sleep(HOUR / 2)

    return breaks


def once(phase: str, message: str, code: str = "CLIENT_ERROR") -> Deed:
    """The next build fails, whatever its commit: what mends it in AWS is not played."""

    def breaks(person: Person) -> None:
        codebuild_builds.fail_next_build(phase, message, code)
        push.push("main")
        person.clock.sleep(HOUR / 2)

    return breaks


def said(command: str, *lines: str, phase: str = "BUILD") -> Deed:
    """A commit of which a command fails and writes these lines to the build's log."""

    def breaks(person: Person) -> None:
        reason = f"Error while executing command: {command}. Reason: exit status 1"
        built(phase, reason, "COMMAND_EXECUTION_ERROR")(person)
        builds = person.boto("codebuild")
        newest = builds.list_builds()["ids"][:1]
        logs = builds.batch_get_builds(ids=newest)["builds"][0]["logs"]
        mark = "[Container] 2026/03/02 10:03:00.123456"
        told = [f"{mark} Running command {command}", *lines,
                f"{mark} Command did not exit successfully {command} exit status 1"]  # fmt: skip
        where = {"logGroupName": logs["groupName"], "logStreamName": logs["streamName"]}
        client = person.boto("logs")
        if not client.describe_log_streams(logGroupName=logs["groupName"], logStreamNamePrefix=logs["streamName"])[
            "logStreams"
        ]:
            client.create_log_stream(**where)
        now = int(person.clock.now() * 1000)
        client.put_log_events(
            **where, logEvents=[{"timestamp": now + n, "message": text} for n, text in enumerate(told)]
        )

    return breaks


def denied(role: str, *actions: str, then: Deed = anew) -> Deed:
    """Somebody takes rights away from a role: every policy of it loses these actions."""

    def breaks(person: Person) -> None:
        iam = person.boto("iam")
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in document["Statement"]:
                held = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                statement["Action"] = [one for one in held if one not in actions] or ["none:Nothing"]
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
        then(person)

    return breaks


def untrusted(role: str, then: Deed = anew) -> Deed:
    """Somebody lets another service take a role."""

    def breaks(person: Person) -> None:
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                 "Principal": {"Service": "lambda.amazonaws.com"}}]}  # fmt: skip
        person.boto("iam").update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
        then(person)

    return breaks


def delivered(person: Person) -> None:
    person.push()


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
    """Somebody lets the service run an image of this name."""

    def breaks(person: Person) -> None:
        ecs.behave("", image, "stopped", **fate)
        redefined(person, lambda document: document["containerDefinitions"][0].update(image=image))

    return breaks


def redefined(person: Person, change: Callable[[dict[str, Any]], object]) -> None:
    """Somebody registers another task definition and lets the service run it."""
    client = person.boto("ecs")
    there = client.describe_task_definition(taskDefinition="hello")["taskDefinition"]
    taken = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions",
             "requiresCompatibilities", "cpu", "memory", "runtimePlatform")  # fmt: skip
    document = {name: there[name] for name in taken if name in there}
    change(document)
    arn = client.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    client.update_service(cluster="hello", service="hello", taskDefinition=arn)
    person.clock.sleep(420)


def secret(person: Person, value: str = "s3cr3t") -> str:
    """A secret that somebody makes; its ARN."""
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


def secret_deleted(**how: Any) -> Deed:
    def deletes(person: Person) -> None:
        person.boto("secretsmanager").delete_secret(SecretId=person.toml["service"]["secrets"]["KEY"], **how)
        anew(person)

    return deletes


def emptied(person: Person) -> None:
    """It loses the label AWSCURRENT, as by hand; an `up` would have refused one that never had a value."""
    backend: Any = secretsmanager_backends[ACCOUNT][REGION]
    for version in backend.secrets[person.toml["service"]["secrets"]["KEY"]].versions.values():
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


def cancelled(person: Person) -> None:
    push.push("main")
    client, arns = person.boto("ecs"), []
    for _ in range(60):
        person.clock.sleep(10)
        found = client.list_service_deployments(cluster="hello", service="hello", status=["IN_PROGRESS"])
        if arns := [one["serviceDeploymentArn"] for one in found["serviceDeployments"]]:
            break
    client.stop_service_deployment(serviceDeploymentArn=arns[0], stopType="ROLLBACK")
    person.clock.sleep(HOUR / 2)


def no_room(person: Person) -> None:
    person.boto("ecs").update_service(
        cluster="hello", service="hello", availabilityZoneRebalancing="DISABLED",
        deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100})  # fmt: skip
    anew(person)


def waits(person: Person) -> None:
    push.push("main")
    person.clock.sleep(HOUR / 2)


def rejected(person: Person) -> None:
    waits(person)
    assert person.ecsctl("ecsctl pipeline approve --reject")[0] == 0
    person.clock.sleep(60)


def smoke_fails(person: Person) -> None:
    push.push("main")
    person.clock.sleep(40)
    person.boto("codepipeline").get_pipeline_state(name="hello")  # by now its build has begun
    codebuild_builds.fail_next_build("BUILD", "smoke is out", "COMMAND_EXECUTION_ERROR")
    person.clock.sleep(HOUR / 2)


def shut(person: Person) -> None:
    person.boto("codepipeline").disable_stage_transition(
        pipelineName="hello", stageName="Deploy", transitionType="Inbound", reason="a freeze")  # fmt: skip


def revoked(person: Person) -> None:
    remote.revoke_github_token()
    push.push("main")
    person.clock.sleep(HOUR / 2)


def new_token_works(_: Person) -> None:
    remote.revoke_github_token(works=True)


MEMORY = {"service.memory": 1024}
CASES: dict[str, Case] = {
    "image-missing": Case(no_image),
    "image-name": Case(with_image("Dockerfile", reason='failed to normalize image reference "Dockerfile"'),
                       values={"URI": good_image}),
    "pull-refused": Case(with_image("acme/private", reason=PULL + "pull access denied for acme/private, repository "
                         "does not exist or may require authorization"), values={"URI": good_image}),
    "image-user": Case(pushed("stopped", reason="CannotCreateContainerError: mount callback failed on /tmp/c: open "
                       "/tmp/c/etc/passwd: no such file or directory")),
    "architecture": Case(pushed("architecture"), skips={1: "the fate is the image's; see test_leads_out"}),
    "pull-limit": Case(pushed("stopped", reason=PULL + "toomanyrequests: You have reached your pull rate limit"),
                       hand=well),
    "task-disk-full": Case(pushed("stopped", reason=PULL + "failed to extract layer: no space left on device")),
    "command-missing": Case(pushed("stopped", reason='CannotStartContainerError: exec: "/run.sh": stat /run.sh: no '
                            'such file or directory'), skips={1: "the fate is the image's"}),
    "pull-denied": Case(denied(EXECUTION, "ecr:BatchGetImage")),
    "log-denied": Case(denied(EXECUTION, "logs:CreateLogStream")),
    "secret-empty": Case(with_secret("s3cr3t", then=emptied), values={"VALUE": "s3cr3t"}),
    "secret-missing": Case(with_secret("s3cr3t", then=secret_deleted(ForceDeleteWithoutRecovery=True)),
                           values={"service.secrets": another_secret}, hand=well),
    "secret-missing, being deleted": Case(with_secret("s3cr3t", then=secret_deleted(RecoveryWindowInDays=7))),
    "secret-key-missing": Case(with_secret('{"user": "me"}', "password"),
                               values={"service.secrets": another_secret, "JSON": '{"password": "s3cr3t"}'}),
    "secret-denied": Case(with_secret("s3cr3t", then=denied(EXECUTION, "secretsmanager:GetSecretValue")),
                          values={"service.secrets": another_secret}),
    "role-not-assumable": Case(untrusted(EXECUTION)),
    "vcpu-quota": Case(befallen("quota"), hand=well, skips={1: "256 units are the least there is"}),
    "capacity": Case(befallen("quota", reason="Capacity is unavailable at this time. Please try again later or in a "
                     "different availability zone."), hand=well),
    "subnet-full": Case(befallen("stopped", reason="Unexpected EC2 error while attempting to Create Network Interface "
                        "with public IP assignment enabled in subnet 'subnet-1': InsufficientFreeAddressesInSubnet"),
                        hand=well),
    "network-interface": Case(befallen("stopped", reason="Timeout waiting for network interface provisioning to "
                              "complete."), hand=well, skips={1: "AWS's own, which passes by itself"}),
    "log-group-missing": Case(lambda person: (person.boto("logs").delete_log_group(logGroupName="/ecs/hello"),
                              anew(person))),
    "egress-closed": Case(closed_out),
    "no-way-out": Case(no_route),
    "crash": Case(pushed("crash")),
    "ended": Case(pushed("crash", code=0)),
    "killed": Case(pushed("app", memory=1024, quiet=True), values=MEMORY, skips={1: "it is memory here"}),
    "out-of-memory": Case(pushed("app", memory=1024), values=MEMORY),
    "container-check": Case(pushed("sick")),
    "port": Case(pushed("app", port=3000)),
    "loopback": Case(pushed("app", host="127.0.0.1")),
    "health-path": Case(pushed("app", answers={"/": 404}), values={"service.health_path": "/ready"}),
    "health-host": Case(pushed("app", answers={"/": 400}, lines=[DJANGO]), values={"service.health_path": "/ready"}),
    "health-tls": Case(pushed("app", answers={"/": 400}, lines=[TLS])),
    "health-error": Case(pushed("app", answers={"/": 503}), values={"service.health_path": "/ready"}),
    "security-group": Case(closed_in),
    "not-in-use": Case(no_listener),
    "scaled-to-zero": Case(lambda person: (person.boto("ecs").update_service(cluster="hello", service="hello",
                           desiredCount=0), person.clock.sleep(420))),
    "rolled-back": Case(rolled_back),
    "stopped": Case(cancelled),
    "percentages": Case(no_room),
    "docker-build": Case(said("docker build -t $URI .", "ERROR: failed to solve: it did not complete successfully")),
    "dockerfile-missing": Case(said("docker build -t $URI .", "ERROR: failed to read dockerfile: open Dockerfile: no "
                               "such file or directory")),
    "base-image": Case(said("docker build -t $URI .", "ERROR: failed to solve: acme/base:1: not found")),
    "base-architecture": Case(said("docker build -t $URI .", "no matching manifest for linux/arm64/v8 in the manifest "
                              "list entries"), skips={1: "the build is played: its commit fails for any processor"}),
    "pull-limit-build": Case(said("docker build -t $URI .", "toomanyrequests: You have reached your pull rate limit."),
                             skips={1: "the build is played: its commit fails at any time"}),
    "build-failed": Case(said("make", "boom")),
    "immutable-tag": Case(said("docker push $IMAGE", "it cannot be overwritten because the tag is immutable."),
                          skips={1: "the build is played: its commit fails with any setting"}),
    "buildspec": Case(built("DOWNLOAD_SOURCE", "YAML file does not exist", "YAML_FILE_ERROR")),
    "artifact-missing": Case(built("UPLOAD_ARTIFACTS", "no matching artifact paths found")),
    "artifact-denied": Case(denied(BUILD_ROLE, "s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", then=delivered)),
    "build-fault": Case(once("PROVISIONING", "internal error", "INTERNAL_SERVICE_ERROR")),
    "build-stopped": Case(lambda person: stopped_build(person)),
    "build-timeout": Case(once("BUILD", "", "BUILD_TIMED_OUT"), values={"build.timeout_minutes": 60}),
    "action-failed": Case(smoke_fails, toml={"pipeline": {"tests": [{"name": "Smoke", "buildspec": "s.yml"}]}}),
    "approval": Case(waits, toml={"pipeline": {"approvals": [{"name": "Go"}]}}, skips={1: "it refuses"}),
    "approval-refused": Case(rejected, toml={"pipeline": {"approvals": [{"name": "Go"}]}}),
    "transition-closed": Case(shut),
    "pipeline-denied": Case(denied(PIPELINE, "ecs:UpdateService", "ecs:RegisterTaskDefinition", then=delivered)),
    "source-token": Case(revoked, values={"a new token": new_token_works}),
}  # fmt: skip


def stopped_build(person: Person) -> None:
    push.push("main")
    person.clock.sleep(45)
    builds = person.boto("codebuild")
    builds.stop_build(id=builds.list_builds()["ids"][0])
    person.clock.sleep(HOUR / 2)


CANNOT = {
    "certificate-pending, certificate-failed, certificate-other, zone-not-delegated": "the sandbox issues every "
    "certificate whose proof stands in a zone of the account; what is to be done is in DNS or ecsctl.toml",
    "connection-pending, connection-denied": "a person completes a connection in the console; there is no call for it",
    "source-*, build-role, build-image, build-quota, no-docker, push-denied, repository-missing and the like": "the "
    "sandbox plays these builds: that the way is right is held by test_mends alone",
    "definitions-*, container-name, artifact-size": "the sandbox's build writes the right file by itself",
    "disk-full, build-memory": "the sandbox's builds are the same on every machine",
    "sidecar": "ecsctl's task definition has none: a person mends it where he added it",
    "slow-start, no-answer": "either … or: what to do is found in the log that the first way shows",
    "secret-unread": "a sentence that AWS cut; what is true is one of the three others",
    "unreachable": "a network ACL or firewall, which nothing that is read tells: a person must look",
    "maintenance": "AWS's own, and nothing is broken",
}


class Account:
    """One account for all cases of a process, and another as soon as one is broken for good."""

    def __init__(self, folders: Callable[[], Path]) -> None:
        self.folders, self.open = folders, contextlib.ExitStack()
        self.person: Person | None = None

    def at_rest(self) -> Person:
        """Somebody whose app runs, with nothing wrong and the ordinary configuration."""
        if self.person and _rests(self.person):
            return self.person
        self.open.close()
        self.person = self.open.enter_context(somebody(self.folders()))
        code, told = self.person.ecsctl("ecsctl up")
        assert code == 0, told
        self.person.push()
        return self.person


def _rests(person: Person) -> bool:
    well(person)
    changed = person.toml != ORDINARY
    person.write(ORDINARY)
    if changed or person.why().causes:
        person.push()
        person.ecsctl("ecsctl up")
        person.clock.sleep(HOUR)
    return person.why().causes == ()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    found = Account(lambda: tmp_path_factory.mktemp("app"))
    with found.open:
        yield found


@pytest.mark.parametrize("case", some(CASES, 30))
def test_each_printed_way_out_leads_out(account: Account, case: str) -> None:
    """Broken anew for each; what only shows more is typed before the first that mends."""
    name, told, number = case.partition(",")[0], CASES[case], 0
    while True:
        person = account.at_rest()
        found = broken(person, told)
        assert found.name == name, str(found)
        mending = [way for n, way in enumerate(found.mend) if not only_looks(way) and n not in told.skips]
        if number == 0:
            assert mending
            for way in filter(only_looks, found.mend):
                person.do(way, {}, None)
        values = {key: one(person) if callable(one) else one for key, one in told.values.items()}
        person.do(mending[number], values, told.hand)
        person.clock.sleep(HOUR)
        after = person.why()
        assert (after.sound, [one for one in named(after) if one == name]) == (True, []), str(after)
        number += 1
        if number == len(mending):
            break


def broken(person: Person, case: Case) -> Cause:
    """The cause that is told first once the account is broken so."""
    if case.toml:
        person.write({**ORDINARY, **case.toml})
        code, said = person.ecsctl("ecsctl up")
        assert code == 0, said
        person.clock.sleep(HOUR / 2)
    case.breaks(person)
    return first(person.why())
