"""Failures in the sandbox are diagnosed correctly, through the same API calls as on AWS."""

from __future__ import annotations

import json
from unittest import mock

import pytest
from moto.ec2.models.subnets import Subnet

from ecsctl.engine.state import State
from ecsctl.errors import EcsctlError, Interrupted
from ecsctl.sandbox.aws.codebuild.state import fail_next_build
from ecsctl.sandbox.aws.ecs import script_tasks
from ecsctl.sandbox.push import FATES, push, pushed
from ecsctl.why import Act, Cause, Diagnosis, first_line, why
from tests.stack.conftest import World, desired_stack, world

__all__ = ["world"]

PLAIN = desired_stack(domain=None, pipeline={"mode": "build-only"}, vpc={"egress": "public"})


def diagnose(world: World) -> Diagnosis:
    aws = world.aws()
    aws.read_only = True
    return why(aws, "hello")


def broken(world: World, kind: str) -> Diagnosis:
    """Return the diagnosis of a running stack after a deployment whose tasks fail this way."""
    world.running(PLAIN)
    return deployed(world, kind)


def deployed(world: World, kind: str) -> Diagnosis:
    script_tasks("", "", kind)
    world.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    world.clock.sleep(420)
    return diagnose(world)


def commands(cause: Cause) -> list[str]:
    """Return all commands of a cause's fixes."""
    return [step.what for way in cause.fix for step in way.steps if step.act == Act.RUN]


def test_what_happens_to_the_tasks_of_one_deployment_after_another_is_reported_each_time(world: World) -> None:
    expected = {
        "crash": "crash",
        "oom": "out-of-memory",
        "exec-format": "architecture",
        "unhealthy": "health-error",
        "sick": "container-check",
        "missing-image": "image-missing",
        "pull-denied": "pull-denied",
        "architecture": "architecture",
        "secret": "secret-missing",
        "secret-denied": "secret-denied",
        "log-group": "log-group-missing",
        "role": "role-not-assumable",
        "quota": "vcpu-quota",
        "egress": "unreachable",  # the sandbox's routes are right: nothing proves which of the other ways is shut
    }
    world.running(PLAIN)
    found = {}
    for kind in expected:
        diagnosis = deployed(world, kind)
        assert not diagnosis.healthy
        assert diagnosis.unread == ()
        found[kind] = diagnosis.causes[0].name
    assert found == expected
    assert deployed(world, "ok").causes == (), "and when it runs again, nothing is wrong"


def test_a_secret_whose_key_its_role_may_not_use_leads_to_up_which_gives_it_the_right(world: World) -> None:
    key = world.boto("kms").create_key()["KeyMetadata"]["Arn"]
    secret = world.boto("secretsmanager").create_secret(Name="db", SecretString="x", KmsKeyId=key)["ARN"]
    desired = {**PLAIN, "service": {"secrets": {"DB": secret}}}
    world.up(desired)
    iam, role = world.boto("iam"), {"RoleName": "hello-eu-central-1-execution", "PolicyName": "ecsctl"}
    document = iam.get_role_policy(**role)["PolicyDocument"]
    document["Statement"] = [one for one in document["Statement"] if one["Sid"] != "SecretKeys"]
    iam.put_role_policy(**role, PolicyDocument=json.dumps(document))
    cause = deployed(world, "ok").causes[0]
    assert (cause.name, commands(cause)[0]) == ("secret-denied", "ecsctl up")
    assert "use the key of" in cause.sentence
    world.up(desired)
    assert deployed(world, "ok").causes == ()


def test_vpc_block_public_access_is_read_with_the_subnets(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shut = {"InternetGatewayBlockMode": "block-bidirectional"}
    world.running(PLAIN)
    monkeypatch.setattr(Subnet, "block_public_access_states", shut)
    cause = deployed(world, "egress").causes[0]
    assert cause.name == "no-way-out"
    assert "block-bidirectional" in " ".join(one.text for one in cause.evidence)


def test_where_ecs_has_gone_back_no_fix_says_to_go_back_further(world: World) -> None:
    world.running(PLAIN)
    ecs = world.boto("ecs")
    runs = ecs.describe_task_definition(taskDefinition="hello")["taskDefinition"]
    taken = "family taskRoleArn executionRoleArn networkMode containerDefinitions requiresCompatibilities cpu memory"
    another = {name: runs[name] for name in [*taken.split(), "runtimePlatform"] if name in runs}
    new = ecs.register_task_definition(**another)["taskDefinition"]["taskDefinitionArn"]
    script_tasks("", "", "crash")
    ecs.update_service(cluster="hello", service="hello", taskDefinition=new)
    world.clock.sleep(60)
    going = diagnose(world).causes[0]
    world.clock.sleep(1200)
    assert ecs.describe_services(cluster="hello", services=["hello"])["services"][0]["taskDefinition"] != new
    gone_back = diagnose(world).causes[0]
    assert (going.name, gone_back.name) == ("crash", "crash")
    assert commands(going)[-1] == "ecsctl cancel"
    assert not {"ecsctl rollback", "ecsctl cancel"} & set(commands(gone_back))
    world.clock.sleep(2 * 3600)
    assert world.boto("ecs").list_tasks(cluster="hello", desiredStatus="STOPPED")["taskArns"] == []
    forgotten = diagnose(world).causes[0]
    assert forgotten.name == "rolled-back"
    assert forgotten.sentence.endswith("said last: RuntimeError: the application could not start")
    assert [one.text for one in forgotten.evidence[1:]] == [one.text for one in gone_back.evidence[1:]]


def test_a_stack_that_runs_has_nothing_wrong_and_costs_no_change(world: World) -> None:
    world.running(PLAIN)
    found = diagnose(world)
    assert (found.causes, found.unread, found.line) == ((), (), "nothing is wrong")
    assert {fact.source for fact in found.well} >= {"service", "load balancer"}
    assert first_line(world.aws(), "hello") == ""


def test_a_stack_that_was_never_made_is_reported_as_such(world: World) -> None:
    found = diagnose(world)
    assert [cause.name for cause in found.causes] == ["no-service"]
    assert commands(found.causes[0]) == ["ecsctl up"]


def test_a_failed_first_build_is_reported(world: World) -> None:
    fail_next_build("DOWNLOAD_SOURCE", "YAML file does not exist", "YAML_FILE_ERROR")
    with pytest.raises(EcsctlError):
        world.up(PLAIN)
    found = diagnose(world)
    assert found.causes[0].name == "buildspec"
    assert "no-service" in [one.name for one in found.causes]


def test_the_one_line_tells_the_cause_with_few_calls(world: World) -> None:
    broken(world, "crash")
    calls: list[str] = []
    world.heard = lambda _service, operation, *_: calls.append(operation)
    line = first_line(world.aws(), "hello")
    assert "the app crashed (exit code 1)" in line
    assert "RuntimeError: the application could not start" in line
    assert len(calls) <= 20


def test_a_token_in_a_log_is_covered(world: World) -> None:
    world.running(PLAIN)
    token = "ghp_" + "a1b2c3d4e5f6" * 3
    script_tasks("", "", "crash", reason=f"refused: {token}")
    world.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    world.clock.sleep(300)
    found = diagnose(world)
    assert found.causes[0].sentence == "the app crashed (exit code 1): ***"
    assert token not in repr(found)


def test_a_closed_security_group_is_found(world: World) -> None:
    world.running(PLAIN)
    ec2 = world.boto("ec2")
    [group] = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["hello-tasks"]}])[
        "SecurityGroups"
    ]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    world.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    world.clock.sleep(300)
    assert diagnose(world).causes[0].name == "security-group"


def test_after_a_down_that_was_stopped_the_deleted_service_is_the_cause(world: World) -> None:
    world.running(PLAIN)
    begin = State.begin
    deleted: list[str] = []

    def stopped(state: State, name: str, kind: str, verb: str) -> str:
        if "service" in deleted:
            raise Interrupted("stopped as asked")
        deleted.append(kind)
        return begin(state, name, kind, verb)

    with mock.patch.object(State, "begin", stopped), pytest.raises(EcsctlError, match="stopped as asked"):
        world.down()
    found = diagnose(world)
    assert [cause.name for cause in found.causes] == ["no-service"]
    assert found.line == "the service has been deleted"
    assert commands(found.causes[0]) == ["ecsctl up", "ecsctl down"]


def test_what_may_not_be_read_is_named_and_the_rest_is_diagnosed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    from ecsctl.resources.support import ecr

    def refused(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeImages")

    broken(world, "crash")
    monkeypatch.setattr(ecr, "by_name", refused)
    found = diagnose(world)
    assert found.causes[0].name == "crash"
    [unread] = found.unread
    assert unread.startswith("the images: not allowed to call DescribeImages")


def test_each_way_a_push_can_fail_is_named_by_its_cause(world: World) -> None:
    """`ecsctl sandbox push --fail KIND`: what ECS or CodeBuild reports, and the first cause."""
    expected = {
        "build": ("docker build", "docker-build"),
        "crash": ("Essential container in task exited", "crash"),
        "unhealthy": ("Task failed ELB health checks", "health-error"),
        "oom": ("OutOfMemoryError", "out-of-memory"),
        "missing-image": ("CannotPullContainerError", "image-missing"),
        "health": ("Task failed ELB health checks", "health-path"),
        "slow-start": ("Task failed ELB health checks", "slow-start"),
        "secret-unread": ("failed to fetch secret...", "secret-unread"),
        "wrong-arch": ("does not contain descriptor matching platform 'linux/arm64'", "architecture"),
    }
    assert expected.keys() | {"release"} == FATES.keys()  # that one is in tests/commands/test_release_command.py
    world.up(desired_stack(domain=None, vpc={"egress": "public"}))
    world.clock.sleep(3600)
    causes = {}
    for kind, (words, _) in expected.items():
        commit = push("main", kind)["commit"]
        world.clock.sleep(600)
        causes[kind] = diagnose(world).causes[0].name
        assert words in _status_of(world, commit), kind
        world.clock.sleep(3600)
        assert pushed(commit)["outcome"] == ("Failed" if kind == "build" else "RolledBack"), kind
    assert causes == {kind: cause for kind, (_, cause) in expected.items()}


def _status_of(world: World, commit: str) -> str:
    """Return all messages of CodeBuild about the commit's build, and of ECS about the tasks of its image."""
    codebuild, ecs = world.boto("codebuild"), world.boto("ecs")
    builds = codebuild.batch_get_builds(ids=codebuild.list_builds()["ids"][:1])["builds"]
    found = [phase["contexts"] for one in builds if one["resolvedSourceVersion"] == commit for phase in one["phases"]
             if phase.get("contexts")]  # fmt: skip
    arns = ecs.list_tasks(cluster="hello", desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster="hello", tasks=arns)["tasks"] if arns else []
    return json.dumps([found, [one for one in tasks if commit in str(one["containers"])]], default=str)
