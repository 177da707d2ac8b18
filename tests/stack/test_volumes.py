"""[volumes]: files that outlive the tasks, and the app; made, borrowed, mounted, kept, and found again."""

from __future__ import annotations

from typing import Any

import pytest

from ecsctl.config import Config
from ecsctl.engine.plan import Verb
from ecsctl.errors import EcsctlError, Several
from ecsctl.operations.policy import policies
from ecsctl.removal.kept import keeper
from ecsctl.removal.receipt import left
from ecsctl.session import open_app
from ecsctl.why import Certainty
from tests.stack.client import IMAGE
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack, same
from tests.why.test_live import diagnose

PLAIN = desired_stack(domain=None, github=None)
SIDECAR = {"agent": {"image": "public.ecr.aws/docker/library/nginx:1.27", "volumes": {"data": "/shared"}}}


def with_(volumes: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**PLAIN, "volumes": volumes, **changed}


MADE = with_({"data": {"path": "/data"}})


def efs(world: World) -> Any:
    return world.boto("efs")


def systems(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = efs(world).describe_file_systems()["FileSystems"]
    return found


def definition(world: World) -> dict[str, Any]:
    ecs = world.boto("ecs")
    arn = ecs.describe_services(cluster="hello", services=["hello"])["services"][0]["taskDefinition"]
    found: dict[str, Any] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return found


def running(world: World) -> int:
    world.clock.sleep(300)
    count: int = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]["runningCount"]
    return count


def role(world: World) -> dict[str, Any]:
    """Returns what the app's role may do."""
    iam = world.boto("iam")
    found: dict[str, Any] = iam.get_role_policy(RoleName=f"hello-{REGION}-task", PolicyName="ecsctl")["PolicyDocument"]
    return found


def test_the_release_command_starts_once_its_volumes_can_be_mounted(world: World) -> None:
    volumes, release = {"data": {"path": "/data"}}, {"command": ["./migrate"]}
    graph = world.open(desired_stack(domain=None, volumes=volumes, release=release)).desired_stack.graph
    assert "targets data" in graph["release-command"]


def kept_files(world: World, plan: Any) -> list[Any]:
    session = open_app(world.aws(), "hello", world.state_file, emit=world.events.append)
    return [one for one in left(session.aws, session.engine.label, plan, {}) if one.kind == "file system"]


def test_one_that_is_made_is_encrypted_guarded_and_mounted_through_its_access_point(world: World) -> None:
    world.running(with_({"data": {"path": "/data"}}, sidecars=SIDECAR), image=IMAGE)
    (system,) = systems(world)
    assert system["Encrypted"]
    zones = {one["AvailabilityZoneId"] for one in
             efs(world).describe_mount_targets(FileSystemId=system["FileSystemId"])["MountTargets"]}  # fmt: skip
    assert len(zones) == 2
    (point,) = efs(world).describe_access_points(FileSystemId=system["FileSystemId"])["AccessPoints"]
    (volume,) = definition(world)["volumes"]
    assert volume["efsVolumeConfiguration"] == {
        "fileSystemId": system["FileSystemId"],
        "rootDirectory": "/",
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"accessPointId": point["AccessPointId"], "iam": "ENABLED"},
    }
    mounts = {one["name"]: one["mountPoints"][0]["containerPath"] for one in definition(world)["containerDefinitions"]}
    assert mounts == {"hello": "/data", "agent": "/shared"}
    (statement,) = (
        [role(world)["Statement"]] if isinstance(role(world)["Statement"], dict) else role(world)["Statement"]
    )
    assert statement["Resource"] == system["FileSystemArn"]
    assert statement["Condition"] == {"StringEquals": {"elasticfilesystem:AccessPointArn": point["AccessPointArn"]}}
    assert sorted(statement["Action"]) == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert running(world) == 1
    assert not world.plan(with_({"data": {"path": "/data"}}, sidecars=SIDECAR)).work


def test_down_keeps_the_files_and_a_later_up_finds_them_again_without_a_state_file(world: World) -> None:
    world.running(MADE, image=IMAGE)
    (before,) = systems(world)
    plan = world.down(keep=keeper(()))
    assert [one["FileSystemId"] for one in systems(world)] == [before["FileSystemId"]]
    assert world.boto("ec2").describe_vpcs(Filters=[{"Name": "tag:ecsctl:app", "Values": ["hello"]}])["Vpcs"] == []
    (kept,) = kept_files(world, plan)
    assert "ecsctl down --volumes" in kept.why
    world.state_file.unlink()
    world.clock.sleep(3600)
    world.up(MADE, image=IMAGE)
    assert [one["FileSystemId"] for one in systems(world)] == [before["FileSystemId"]]
    assert running(world) == 1
    world.down(keep=keeper((), volumes=True))
    assert systems(world) == []


def test_a_volume_that_is_no_longer_configured_is_kept_and_unmounted(world: World) -> None:
    world.running(MADE, image=IMAGE)
    (before,) = systems(world)
    plan = world.up(PLAIN)
    assert [step.verb for step in plan.steps if step.kind == "file-system"] == [Verb.KEEP]
    world.clock.sleep(300)
    assert systems(world)[0]["NumberOfMountTargets"] == 0
    assert "volumes" not in definition(world) or definition(world)["volumes"] == []
    assert not world.plan(PLAIN).work
    world.up(MADE)
    assert [one["FileSystemId"] for one in systems(world)] == [before["FileSystemId"]]


def test_for_another_user_there_is_another_way_in_before_the_old_one_goes(world: World) -> None:
    world.running(MADE, image=IMAGE)
    (old,) = efs(world).describe_access_points()["AccessPoints"]
    changed = with_({"data": {"path": "/data", "uid": 0, "gid": 0, "read_only": True}})
    assert world.plan(changed).refusals == ()
    world.up(changed)
    (new,) = efs(world).describe_access_points()["AccessPoints"]
    assert new["PosixUser"] == {"Uid": 0, "Gid": 0}
    assert new["RootDirectory"]["Path"] == old["RootDirectory"]["Path"]
    statement = role(world)["Statement"]
    one = statement if isinstance(statement, dict) else statement[0]
    assert sorted(one["Action"]) == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess"]
    assert running(world) == 1


def test_volumes_that_others_have_added_stay(world: World) -> None:
    raw = {"task_definition": {"volumes": [{"name": "scratch"}]},
           "container": {"mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}]}}  # fmt: skip
    with_raw = {**PLAIN, "raw": raw}
    world.running(with_raw, image=IMAGE)
    assert [one["name"] for one in definition(world)["volumes"]] == ["scratch"]
    assert not world.plan(with_raw).work


def borrowed(world: World, port: int = 2049, zones: int = 2, cidr: str = "10.0.0.0/8") -> dict[str, Any]:
    """A file system that the user has, in the network of the app."""
    ec2 = world.boto("ec2")
    mine = [{"Name": "tag:ecsctl:resource", "Values": ["private-a", "private-b"]}]
    subnets = sorted(ec2.describe_subnets(Filters=mine)["Subnets"], key=lambda one: str(one["CidrBlock"]))
    group = ec2.create_security_group(GroupName="files", Description="files", VpcId=subnets[0]["VpcId"])["GroupId"]
    world.clock.sleep(10)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}])  # fmt: skip
    system = efs(world).create_file_system(CreationToken="mine", Encrypted=True)["FileSystemId"]
    world.clock.sleep(30)
    for subnet in subnets[:zones]:
        efs(world).create_mount_target(FileSystemId=system, SubnetId=subnet["SubnetId"], SecurityGroups=[group])
    world.clock.sleep(300)
    return {"path": "/data", "file_system": system}


def test_an_existing_one_is_used_and_never_changed(world: World) -> None:
    world.running(PLAIN, image=IMAGE)
    mine = borrowed(world)
    before = efs(world).describe_file_systems()["FileSystems"]
    both = with_({"data": mine, "more": {**mine, "path": "/more"}})
    world.up(both)
    assert running(world) == 1
    assert not world.plan(both).work
    world.up(PLAIN)
    assert [one["FileSystemId"] for one in efs(world).describe_file_systems()["FileSystems"]] == [
        one["FileSystemId"] for one in before]  # fmt: skip
    assert systems(world)[0]["NumberOfMountTargets"] == 2


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"port": 2050}, "lets the tasks in on port 2049"),
        ({"cidr": "192.0.2.0/24"}, "lets the tasks in on port 2049"),
        ({"zones": 1}, "has no mount target in"),
        ({"zones": 0}, "has no mount target"),
    ],
)
def test_one_that_the_tasks_would_not_reach_is_refused_before_any_change(
    world: World, how: dict[str, Any], says: str
) -> None:
    world.running(PLAIN, image=IMAGE)
    mine = borrowed(world, **how)
    before = world.exact()
    with pytest.raises(EcsctlError) as refused:
        world.up(with_({"data": mine}))
    found = refused.value.errors if isinstance(refused.value, Several) else (refused.value,)
    assert all(says in one.message for one in found)
    same(before, world.exact())


def _shut(world: World) -> None:
    ec2 = world.boto("ec2")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["hello-volumes"]}])[
        "SecurityGroups"]  # fmt: skip
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])


def _unled(world: World) -> None:
    for one in efs(world).describe_mount_targets(FileSystemId=systems(world)[0]["FileSystemId"])["MountTargets"]:
        efs(world).delete_mount_target(MountTargetId=one["MountTargetId"])


def _forbidden(world: World) -> None:
    world.boto("iam").delete_role_policy(RoleName=f"hello-{REGION}-task", PolicyName="ecsctl")


def _no_point(world: World) -> None:
    (point,) = efs(world).describe_access_points()["AccessPoints"]
    efs(world).delete_access_point(AccessPointId=point["AccessPointId"])


@pytest.mark.parametrize(
    ("breaks", "cause", "words"),
    [
        (_shut, "volume-unreachable", "no security group of its mount target allows 2049"),
        (_unled, "volume-missing", "has no mount target in eu-central-1"),
        (_forbidden, "volume-denied", "may not mount the file system"),
        (_no_point, "volume-missing", "the access point of a volume does not exist"),
    ],
)
def test_why_knows_what_keeps_a_task_from_its_files_and_up_repairs_it(
    world: World, breaks: Any, cause: str, words: str
) -> None:
    world.running(MADE, image=IMAGE)
    breaks(world)
    world.boto("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    world.clock.sleep(500)
    diagnosis = diagnose(world)
    found = diagnosis.causes[0]
    assert (found.name, found.certainty, diagnosis.unread) == (cause, Certainty.CERTAIN, ())
    assert words in found.sentence
    assert "ecsctl up" in [step.what for way in found.fix for step in way.steps]
    world.up(MADE)
    assert not world.plan(MADE).work


def test_rights_to_file_systems_are_printed_only_where_they_are_made() -> None:
    def changes(configured: dict[str, Any]) -> bool:
        return "elasticfilesystem:CreateFileSystem" in str(policies(Config.model_validate(configured), ACCOUNT, REGION))

    assert not changes(PLAIN)
    assert not changes(with_({"data": {"path": "/data", "file_system": "fs-0123456789abcdef0"}}))
    assert changes(MADE)
