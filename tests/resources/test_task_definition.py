from dataclasses import replace

import pytest
from botocore.exceptions import ConnectionClosedError

from ecsctl.engine.plan import Verb, Why
from ecsctl.errors import Refused
from ecsctl.resources.support.containers import HealthCheck
from ecsctl.resources.task_definition import TaskDefinition
from ecsctl.sandbox.aws import ecs as sandbox
from tests.rows.ecs import Ground, heard, image


@pytest.fixture
def ground(cloud):
    """Without tasks: what is deployed is what counts here, and a service of none is steady at once."""
    return Ground(cloud, count=0)


def changes(plan):
    """Returns what a plan would change: for each resource that is not kept, its fields."""
    return {step.name: set(step.changed) for step in plan.work}


def images(ground):
    return {container["name"]: container["image"] for container in ground.live()["containerDefinitions"]}


def environment(ground):
    return {pair["name"]: pair["value"] for pair in ground.live()["containerDefinitions"][0]["environment"]}


def test_a_first_up_registers_one_revision_that_is_ours_from_its_first_moment(cloud, ground):
    cloud.up(ground.stack())
    assert ground.revisions() == ["shop:1"]
    assert images(ground) == {"app": image(1)}
    tags = cloud.boto("ecs").list_tags_for_resource(resourceArn=ground.live()["taskDefinitionArn"])["tags"]
    named = {tag["key"]: tag["value"] for tag in tags}
    assert {named["ecsctl:app"], named["ecsctl:resource"], named["owner"]} == {"shop", "task-definition", "ann"}
    assert named["ecsctl:digest"]


def test_the_task_definition_is_one_that_fargate_accepts(cloud, ground):
    check = HealthCheck(("CMD-SHELL", "true"), interval=15)
    cloud.up(ground.stack({"health_check": check, "init_process_enabled": True, "memory": 1024}))
    live = ground.live()
    assert (live["networkMode"], live["cpu"], live["memory"]) == ("awsvpc", "256", "1024")
    assert live["requiresCompatibilities"] == ["FARGATE"]
    assert live["runtimePlatform"] == {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
    container = live["containerDefinitions"][0]
    assert container["logConfiguration"]["options"] == {
        "awslogs-group": "/ecs/shop", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "app",
        "mode": "non-blocking", "max-buffer-size": "25m"}  # fmt: skip
    assert container["linuxParameters"]["initProcessEnabled"]
    assert container["healthCheck"]["interval"] == 15


@pytest.mark.parametrize("tags", [True, False], ids=["tags come along", "tags stay behind"])
def test_pipeline_deploys_are_right_as_they_are(cloud, ground, tags):
    cloud.up(ground.stack())
    for number in (2, 3, 4):
        ground.deploy(number, tags=tags)
    assert cloud.plan(ground.stack()).work == ()
    cloud.up(ground.stack())
    assert cloud.changes == 0
    assert images(ground) == {"app": image(4)}


@pytest.mark.parametrize("tags", [True, False], ids=["tags come along", "tags stay behind"])
def test_an_edit_after_pipeline_deploys_keeps_the_newest_image(cloud, ground, tags):
    cloud.up(ground.stack())
    for number in (2, 3):
        ground.deploy(number, tags=tags)
    edited = ground.stack({"environment": (("MODE", "fast"),), "memory": 1024})
    plan = cloud.plan(edited)
    assert changes(plan) == {"task-definition": {"environment", "memory"}, "service": {"task_definition"}}
    assert {change.why for step in plan.steps if step.name == "task-definition" for change in step.changes} == {
        Why.CONFIG
    }
    cloud.up(edited)
    assert (images(ground), environment(ground)) == ({"app": image(3)}, {"MODE": "fast"})
    assert len(ground.revisions()) == 4
    assert ground.described["deployments"][0]["rolloutState"] == "COMPLETED"
    assert cloud.up(edited).work == ()
    assert cloud.changes == 0


def test_deploys_and_lost_state_between_edits_change_nothing_of_that(cloud, ground):
    cloud.up(ground.stack())
    ground.deploy(2)
    cloud.lose_state()
    edited = ground.stack({"environment": (("MODE", "fast"),)})
    cloud.up(edited)
    ground.deploy(3)
    cloud.lose_state()
    cloud.up(edited)
    assert cloud.changes == 0
    assert (images(ground), environment(ground)) == ({"app": image(3)}, {"MODE": "fast"})


def test_drift_of_the_environment_is_named_as_such_and_corrected_with_the_image_that_runs(cloud, ground):
    desired = ground.stack({"environment": (("MODE", "fast"),)})
    cloud.up(desired)
    by_hand = ground.register(
        lambda copy: copy["containerDefinitions"][0].update(
            image=image(7), environment=[{"name": "MODE", "value": "slow"}]
        )
    )
    cloud.boto("ecs").update_service(cluster="shop", service="shop", taskDefinition=by_hand)
    ground.wait()
    (change,) = next(step for step in cloud.plan(desired).steps if step.name == "task-definition").changes
    assert (change.field, change.why) == ("environment", Why.DRIFT)
    cloud.up(desired)
    assert (images(ground), environment(ground)) == ({"app": image(7)}, {"MODE": "fast"})


def test_sidecars_and_settings_that_are_not_ours_stay(cloud, ground):
    cloud.up(ground.stack())

    def by_hand(copy):
        copy["containerDefinitions"].append({"name": "agent", "image": "public.ecr.aws/x/agent:1", "essential": False})
        copy["containerDefinitions"][0]["dockerLabels"] = {"team": "blue"}
        copy["ephemeralStorage"] = {"sizeInGiB": 40}

    arn = ground.register(by_hand)
    cloud.boto("ecs").update_service(cluster="shop", service="shop", taskDefinition=arn)
    ground.wait()
    assert cloud.plan(ground.stack()).work == ()
    cloud.up(ground.stack({"cpu": 512, "memory": 1024}))
    live = ground.live()
    assert (live["cpu"], live["ephemeralStorage"]) == ("512", {"sizeInGiB": 40})
    assert live["containerDefinitions"][0]["dockerLabels"] == {"team": "blue"}
    assert images(ground) == {"app": image(1), "agent": "public.ecr.aws/x/agent:1"}


def test_somebodys_experiment_in_the_family_is_not_taken_for_what_runs(cloud, ground):
    cloud.up(ground.stack())
    ground.register(lambda copy: copy["containerDefinitions"][0].update(image="public.ecr.aws/x/experiment:1"))
    assert cloud.plan(ground.stack()).work == ()
    cloud.up(ground.stack({"memory": 1024}))
    assert images(ground) == {"app": image(1)}


def test_an_image_that_the_configuration_names_is_deployed(cloud, ground):
    cloud.up(ground.stack())
    ground.deploy(5)
    cloud.up(ground.stack({"image": image(3)}))
    assert images(ground) == {"app": image(3)}
    ground.deploy(6)
    assert cloud.plan(ground.stack()).work == ()


def test_a_deploy_between_the_read_and_the_change_keeps_its_image(cloud, ground):
    cloud.up(ground.stack())
    edited, me, aws = ground.definition(memory=1024), replace(cloud.label("task-definition"), owner="ann"), cloud.aws
    observed = edited.observe(aws, me)
    ground.deploy(2)
    edited.update(aws, me, observed.ids, frozenset({"memory"}))
    last = cloud.boto("ecs").describe_task_definition(taskDefinition="shop:3")["taskDefinition"]
    assert (last["memory"], last["containerDefinitions"][0]["image"]) == ("1024", image(2))


def test_a_run_that_died_before_the_service_was_updated_is_carried_on_without_another_revision(cloud, ground):
    cloud.up(ground.stack())
    ground.deploy(2)
    edited, me = ground.definition(memory=1024), replace(cloud.label("task-definition"), owner="ann")
    observed = edited.observe(cloud.aws, me)
    edited.update(cloud.aws, me, observed.ids, frozenset({"memory"}))
    edited.update(cloud.aws, me, observed.ids, frozenset({"memory"}))
    assert len(ground.revisions()) == 3
    assert changes(cloud.plan(ground.stack({"memory": 1024}))) == {"service": {"task_definition"}}
    cloud.up(ground.stack({"memory": 1024}))
    assert len(ground.revisions()) == 3
    assert (ground.live()["memory"], images(ground)) == ("1024", {"app": image(2)})


def test_lost_answers_leave_no_extra_revisions(cloud, ground):
    lost = []

    def lose(**_):
        if len(lost) % 2 == 0:
            lost.append("lost")
            raise ConnectionClosedError(endpoint_url="https://ecs")
        lost.append("answered")

    with heard(cloud, "after-call.ecs.RegisterTaskDefinition", lose):
        cloud.up(ground.stack())
        assert ground.revisions() == ["shop:1"]
        lost.clear()
        cloud.up(ground.stack({"memory": 1024}))
    assert lost == ["lost"]
    assert ground.revisions() == ["shop:1", "shop:2"]


def test_a_deregistered_revision_that_still_runs_is_registered_anew(cloud, ground):
    cloud.up(ground.stack())
    ground.deploy(2)
    cloud.boto("ecs").deregister_task_definition(taskDefinition="shop:2")
    assert changes(cloud.plan(ground.stack()))["task-definition"] == {"usable"}
    cloud.up(ground.stack())
    assert (ground.live()["status"], images(ground)) == ("ACTIVE", {"app": image(2)})


def test_the_placeholder_gives_way_to_the_first_image(cloud, ground):
    nothing = {"seed": None, "placeholder": image(0)}
    cloud.up(ground.stack(nothing))
    assert images(ground) == {"app": image(0)}
    assert cloud.up(ground.stack(nothing)).work == ()
    cloud.up(ground.stack({"placeholder": image(0), "seed": image(1)}, {"desired_count": 1}))
    assert images(ground) == {"app": image(1)}
    assert ground.described["runningCount"] == 1


def test_after_a_deployment_that_was_given_up_the_last_good_image_goes_on(cloud, ground):
    no_way_back = {"rollback": False, "desired_count": 1}
    cloud.up(ground.stack(service=no_way_back))
    ground.deploy(2)
    sandbox.script_tasks("123456789012", ":3", "crash")
    ground.deploy(3)
    assert ground.described["deployments"][0]["rolloutState"] == "FAILED"
    assert "last good one is kept" in cloud.see("task-definition", ground.definition()).note
    cloud.up(ground.stack({"memory": 1024}, no_way_back))
    assert (ground.live()["memory"], images(ground)) == ("1024", {"app": image(2)})
    assert ground.described["deployments"][0]["rolloutState"] == "COMPLETED"


def test_a_service_deleted_by_hand_comes_back_with_the_image_that_ran(cloud, ground):
    cloud.up(ground.stack())
    ground.deploy(2)
    cloud.boto("ecs").delete_service(cluster="shop", service="shop", force=True)
    cloud.up(ground.stack())
    assert images(ground) == {"app": image(2)}
    assert ground.described["status"] == "ACTIVE"


def test_tags_that_somebody_took_are_put_back(cloud, ground):
    cloud.up(ground.stack())
    arn = ground.live()["taskDefinitionArn"]
    cloud.boto("ecs").untag_resource(resourceArn=arn, tagKeys=["owner"])
    assert changes(cloud.plan(ground.stack()))["task-definition"] == {"tags"}
    cloud.up(ground.stack())
    assert ground.revisions() == ["shop:1"]
    tags = cloud.boto("ecs").list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "owner", "value": "ann"} in tags


def stranger(cloud, ground, count=1):
    for number in range(count):
        cloud.boto("ecs").register_task_definition(
            family="shop",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=ground.role,
            containerDefinitions=[{"name": "theirs", "image": f"public.ecr.aws/theirs/app:{number}"}],
            tags=[{"key": "owner", "value": "neighbour"}],
        )


def test_a_strangers_family_is_refused(cloud, ground):
    stranger(cloud, ground)
    assert list(TaskDefinition.find(cloud.aws, cloud.label())) == []
    with pytest.raises(Refused, match="exists and is not ours"):
        cloud.up(ground.stack())
    assert ground.revisions() == ["shop:1"]
    cloud.down()
    assert ground.revisions() == ["shop:1"]


def test_what_a_stranger_has_deregistered_stays_when_ours_goes(cloud, ground):
    stranger(cloud, ground, 2)
    for number in (1, 2):
        cloud.boto("ecs").deregister_task_definition(taskDefinition=f"shop:{number}")
    cloud.up(ground.stack())
    assert ground.revisions() == ["shop:3"]
    cloud.down()
    assert (ground.revisions(), ground.revisions("INACTIVE")) == ([], ["shop:1", "shop:2"])


def test_down_takes_every_revision_the_pipelines_too(cloud, ground):
    cloud.up(ground.stack())
    for number in range(2, 14):
        ground.deploy(number)
    cloud.boto("ecs").deregister_task_definition(taskDefinition="shop:4")
    cloud.down()
    assert (ground.revisions(), ground.revisions("INACTIVE")) == ([], [])


def test_a_down_that_died_halfway_is_carried_on(cloud, ground):
    cloud.up(ground.stack())
    for number in range(2, 14):
        ground.deploy(number)
    (ours,) = TaskDefinition.find(cloud.aws, cloud.label("task-definition"))
    calls = []

    def die(**_):
        calls.append("died")
        raise KeyboardInterrupt

    with heard(cloud, "after-call.ecs.DeleteTaskDefinitions", die), pytest.raises(KeyboardInterrupt):
        TaskDefinition.delete(cloud.aws, ours.ids)
    assert (calls, ground.revisions(), len(ground.revisions("INACTIVE"))) == (["died"], [], 3)
    cloud.lose_state()
    cloud.down()
    assert (ground.revisions(), ground.revisions("INACTIVE")) == ([], [])


def test_a_family_after_many_deploys_is_still_found_by_its_first_revision(cloud, ground):
    cloud.up(ground.stack())
    for number in range(2, 30):
        ground.register(lambda copy, number=number: copy["containerDefinitions"][0].update(image=image(number)))
    found = list(TaskDefinition.find(cloud.aws, cloud.label("task-definition")))
    assert [one.tags["ecsctl:app"] for one in found] == ["shop"]


def test_in_a_long_family_the_tagging_api_finds_ours_in_the_middle(cloud, ground):
    for number in range(15):
        stranger(cloud, ground)
        cloud.boto("ecs").deregister_task_definition(taskDefinition=f"shop:{number + 1}")
    cloud.up(ground.stack())
    for number in range(2, 30):
        ground.register(lambda copy, number=number: copy["containerDefinitions"][0].update(image=image(number)))
    for arn in ground.revisions():
        cloud.boto("ecs").deregister_task_definition(taskDefinition=arn)
    cloud.clock.sleep(3600)  # the tagging API has heard of it by now
    found = list(TaskDefinition.find(cloud.aws, cloud.label("task-definition")))
    assert [one.ids.arn.rsplit("/", 1)[-1] for one in found] == ["shop:16"]


def test_a_family_whose_name_begins_like_ours_is_not_ours(cloud, ground):
    cloud.up(ground.stack())
    copy = ground.live()
    theirs = cloud.boto("ecs").register_task_definition(
        family="shop-admin", containerDefinitions=copy["containerDefinitions"], cpu="256", memory="512",
        networkMode="awsvpc", requiresCompatibilities=["FARGATE"], executionRoleArn=ground.role,
    )  # fmt: skip
    cloud.down()
    described = cloud.boto("ecs").describe_task_definition(taskDefinition=theirs["taskDefinition"]["taskDefinitionArn"])
    assert described["taskDefinition"]["status"] == "ACTIVE"


def test_a_task_definition_needs_no_service(cloud, ground):
    def alone(stack):
        stack.ensure("task-definition", ground.definition(cluster="", service=""))

    cloud.up(alone)
    assert cloud.up(alone).work == ()
    assert [step.verb for step in cloud.plan(lambda stack: None).steps] == [Verb.DELETE]
    cloud.down()
    assert (ground.revisions(), ground.revisions("INACTIVE")) == ([], [])
