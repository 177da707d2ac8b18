import pytest
from botocore.exceptions import ConnectionClosedError

from ecsctl.engine.plan import Why
from ecsctl.engine.stack import deletion_order
from ecsctl.errors import Refused, ResourceFailed
from ecsctl.resources import kinds
from ecsctl.resources.cluster import Cluster
from ecsctl.resources.listener import Listener
from ecsctl.resources.load_balancer import LoadBalancer
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.nat_gateway import NatGateway
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.role import Role
from ecsctl.resources.scaling import Scaling
from ecsctl.resources.security_group import SecurityGroup
from ecsctl.resources.service import Service
from ecsctl.resources.subnet import Subnet
from ecsctl.resources.target_group import TargetGroup
from ecsctl.resources.task_definition import TaskDefinition
from ecsctl.sandbox.aws import ecs as sandbox
from tests.rows.ecs import Ground, heard, image

ACCOUNT = "123456789012"


@pytest.fixture
def ground(cloud):
    return Ground(cloud)


@pytest.fixture
def sent(cloud):
    """The parameters of every UpdateService and CreateService from here on."""
    calls = []

    def hear(params, model, **_):
        if model.name in ("UpdateService", "CreateService"):
            calls.append(params)

    with heard(cloud, "provide-client-params.ecs", hear):
        yield calls


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (Service, {Scaling}),
        (TaskDefinition, {Service}),
        (Cluster, {Service, Scaling}),
        (LogGroup, {Cluster, TaskDefinition}),
        (Role, {TaskDefinition}),
        (TargetGroup, {Service}),
        (SecurityGroup, {Service}),
        (Subnet, {Service}),
    ],
)
def test_nothing_is_unmade_before_what_uses_it(kind, first):
    assert deletion_order(kinds())[kind.kind] >= {one.kind for one in first}


@pytest.mark.parametrize("kind", [LoadBalancer, Listener, NatGateway, Service])
def test_what_takes_long_to_go_waits_for_nothing_that_takes_long(kind):
    assert deletion_order(kinds())[kind.kind].isdisjoint(one.kind for one in (Service, Pipeline, NatGateway, Cluster))


def step(plan, name="service"):
    return next(step for step in plan.steps if step.name == name)


def test_it_runs_behind_the_load_balancer_and_a_second_up_changes_nothing(cloud, ground):
    cloud.up(ground.stack())
    service = ground.described
    assert (service["status"], service["runningCount"], service["launchType"]) == ("ACTIVE", 1, "FARGATE")
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"
    breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    assert (breaker["enable"], breaker["rollback"]) == (True, True)
    assert (service["propagateTags"], service["enableECSManagedTags"]) == ("SERVICE", True)
    health = cloud.boto("elbv2").describe_target_health(TargetGroupArn=ground.target_group)
    assert [one["TargetHealth"]["State"] for one in health["TargetHealthDescriptions"]] == ["healthy"]
    assert cloud.up(ground.stack()).work == ()
    assert cloud.changes == 0


EDITS = (
    ({"desired_count": 1}, {"desiredCount"}),
    (
        {"minimum_healthy_percent": 50, "health_check_grace_period_seconds": 90},
        {"deploymentConfiguration", "healthCheckGracePeriodSeconds"},
    ),
    (
        {"minimum_healthy_percent": 0, "maximum_percent": 100},
        {"deploymentConfiguration", "availabilityZoneRebalancing"},
    ),
    ({"maximum_percent": 200, "availability_zone_rebalancing": "DISABLED"}, {"deploymentConfiguration"}),
    ({"circuit_breaker": False, "rollback": False}, {"deploymentConfiguration"}),
    ({"enable_execute_command": True}, {"enableExecuteCommand", "forceNewDeployment"}),
    ({"propagate_tags": "NONE", "enable_ecs_managed_tags": False}, {"propagateTags", "enableECSManagedTags"}),
    ({"platform_version": "1.4.0"}, {"platformVersion"}),
    ({"availability_zone_rebalancing": "ENABLED"}, {"availabilityZoneRebalancing"}),
)


def test_an_edit_sends_what_changed_and_nothing_else(cloud, ground, sent):
    ground.count = 0
    cloud.up(ground.stack())
    ground.deploy(2)
    configured = {}
    for changes, parameters in EDITS:
        sent.clear()
        configured |= changes
        desired = ground.stack(service=configured)
        cloud.up(desired)
        assert [set(call) - {"cluster", "service"} for call in sent] == [parameters], changes
    assert cloud.up(desired).work == ()
    assert ground.live()["containerDefinitions"][0]["image"] == image(2)


def test_another_port_reaches_definition_and_balancer_in_one_deployment(cloud, ground, sent):
    ground.count = 0
    cloud.up(ground.stack())
    sent.clear()
    cloud.up(
        ground.stack(
            {"container_port": 3000, "container_name": "web"}, {"container_port": 3000, "container_name": "web"}
        )
    )
    assert [set(call) - {"cluster", "service"} for call in sent] == [{"taskDefinition", "loadBalancers"}]
    assert ground.described["loadBalancers"][0]["containerName"] == "web"


def test_network_and_target_group_are_corrected_where_they_drift(cloud, ground, sent):
    ground.count = 0
    cloud.up(ground.stack())
    network = {"subnets": [min(ground.subnets)], "securityGroups": [ground.front], "assignPublicIp": "DISABLED"}
    cloud.boto("ecs").update_service(
        cluster="shop", service="shop", networkConfiguration={"awsvpcConfiguration": network}
    )
    assert step(cloud.plan(ground.stack())).changed == {"subnets", "security_groups", "assign_public_ip"}
    sent.clear()
    cloud.up(ground.stack())
    assert [set(call) - {"cluster", "service"} for call in sent] == [{"networkConfiguration"}]
    assert cloud.plan(ground.stack()).work == ()


def test_a_count_changed_by_hand_is_drift_unless_nobody_minds(cloud, ground):
    cloud.up(ground.stack())
    cloud.boto("ecs").update_service(cluster="shop", service="shop", desiredCount=3)
    assert cloud.plan(ground.stack(service={"desired_count": None})).work == ()
    (change,) = step(cloud.plan(ground.stack())).changes
    assert (change.field, change.before, change.after, change.why) == ("desired_count", 3, 1, Why.DRIFT)
    cloud.up(ground.stack(service={"desired_count": None}))
    assert ground.described["desiredCount"] == 3
    cloud.up(ground.stack())
    assert ground.described["desiredCount"] == 1


def test_without_a_count_it_begins_with_the_first_count(cloud, ground):
    cloud.up(ground.stack(service={"desired_count": None, "first_count": 2}))
    assert ground.described["runningCount"] == 2


def test_it_waits_until_the_tasks_it_was_scaled_to_run(cloud, ground):
    cloud.up(ground.stack(service={"desired_count": 0}))
    cloud.up(ground.stack(service={"desired_count": 2}))
    assert ground.described["runningCount"] == 2


def test_a_release_that_is_rolled_back_is_a_failure_with_its_reasons_and_the_old_version_serves(cloud, ground):
    cloud.up(ground.stack())
    sandbox.script_tasks(ACCOUNT, ":2", "crash")
    with pytest.raises(ResourceFailed) as caught:
        cloud.up(ground.stack({"image": image(2)}))
    assert "revision 2 was rolled back" in caught.value.why
    assert "ended with exit code 1" in caught.value.why
    ground.wait()
    assert ground.live()["containerDefinitions"][0]["image"] == image(1)
    assert ground.described["runningCount"] == 1
    sandbox.script_tasks(ACCOUNT, ":2", "ok")
    cloud.up(ground.stack({"image": image(2)}))
    assert ground.live()["containerDefinitions"][0]["image"] == image(2)
    assert ground.revisions() == ["shop:1", "shop:2"]


def test_a_first_release_that_fails_is_reported_and_tried_again_by_the_next_up(cloud, ground):
    sandbox.script_tasks(ACCOUNT, ":1", "missing-image")
    with pytest.raises(ResourceFailed) as caught:
        cloud.up(ground.stack())
    assert "CannotPullContainerError" in caught.value.why
    made = ground.described["createdAt"]
    assert step(cloud.plan(ground.stack())).changed == {"settled"}
    with pytest.raises(ResourceFailed):
        cloud.up(ground.stack())
    sandbox.script_tasks(ACCOUNT, ":1", "ok")
    cloud.up(ground.stack())
    assert (ground.described["runningCount"], ground.described["createdAt"]) == (1, made)
    assert cloud.up(ground.stack()).work == ()


def test_a_deployment_of_somebody_else_is_reported_and_waited_for(cloud, ground):
    cloud.up(ground.stack())
    theirs = ground.deploy(2, settle=False)
    observed = cloud.see("service", ground.service("shop", theirs))
    assert (observed.ready, observed.note) == (False, "revision 2 is rolling out: 0 of 1 running")
    cloud.up(ground.stack())
    assert cloud.changes == 0
    assert ground.described["deployments"][0]["rolloutState"] == "COMPLETED"


def test_a_deployment_that_overtook_ours_is_not_undone(cloud, ground):
    cloud.up(ground.stack())
    ours = ground.live()["taskDefinitionArn"]
    ground.deploy(2)
    desired = ground.service("shop", ours)
    observed = cloud.see("service", desired)
    assert (observed.actual.task_definition, observed.note, observed.ready) == (ours, "superseded by revision 2", True)


def test_a_lost_answer_to_its_making_makes_it_once(cloud, ground):
    lost = []

    def lose(**_):
        if not lost:
            lost.append("lost")
            raise ConnectionClosedError(endpoint_url="https://ecs")

    with heard(cloud, "after-call.ecs.CreateService", lose):
        cloud.up(ground.stack())
    assert lost == ["lost"]
    assert len(cloud.boto("ecs").list_services(cluster="shop")["serviceArns"]) == 1


def test_a_service_deleted_by_hand_is_created_again_once_its_name_is_free(cloud, ground):
    cloud.up(ground.stack())
    cloud.boto("ecs").delete_service(cluster="shop", service="shop", force=True)
    assert ground.described["status"] == "DRAINING"
    cloud.up(ground.stack())
    assert (ground.described["status"], ground.described["runningCount"]) == ("ACTIVE", 1)


def test_a_draining_service_is_found_until_it_is_inactive(cloud, ground):
    cloud.up(ground.stack())
    cloud.clock.sleep(3600)  # the tagging API, which alone knows a draining service, hears late of new ones
    (found,) = Service.find(cloud.aws, cloud.label("service"))
    Service.delete(cloud.aws, found.ids)
    assert ground.described["status"] == "DRAINING"
    assert [one.ids for one in Service.find(cloud.aws, cloud.label("service"))] == [found.ids]
    cloud.clock.sleep(1200)
    assert ground.described["status"] == "INACTIVE"
    assert list(Service.find(cloud.aws, cloud.label("service"))) == []


def test_a_down_that_died_while_it_drained_is_carried_on(cloud, ground):
    cloud.up(ground.stack())
    cloud.boto("ecs").delete_service(cluster="shop", service="shop", force=True)
    cloud.lose_state()
    cloud.down()
    assert cloud.boto("ecs").list_clusters()["clusterArns"] == []


def test_a_strangers_service_of_the_same_name_is_refused(cloud, ground):
    cloud.up(ground.stack())
    ecs = cloud.boto("ecs")
    ecs.untag_resource(
        resourceArn=ground.described["serviceArn"], tagKeys=["ecsctl:app", "ecsctl:id", "ecsctl:resource"]
    )
    with pytest.raises(Refused, match="exists and is not ours"):
        cloud.up(ground.stack(service={"desired_count": 0}))
    assert ground.described["desiredCount"] == 1


def neighbour(cloud, ground):
    """Another cluster with a service named like ours, on a family of its own."""
    ecs = cloud.boto("ecs")
    ecs.create_cluster(clusterName="shop-next", tags=[{"key": "owner", "value": "neighbour"}])
    cloud.clock.sleep(60)
    copy = ground.live()
    theirs = ecs.register_task_definition(
        family="next", containerDefinitions=copy["containerDefinitions"], cpu="256", memory="512",
        networkMode="awsvpc", requiresCompatibilities=["FARGATE"], executionRoleArn=ground.role,
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    network = {"awsvpcConfiguration": {"subnets": sorted(ground.subnets), "assignPublicIp": "ENABLED"}}
    ecs.create_service(cluster="shop-next", serviceName="shop", taskDefinition=theirs, desiredCount=1,
                       launchType="FARGATE", networkConfiguration=network)  # fmt: skip
    cloud.clock.sleep(600)


def settings(cloud):
    (service,) = cloud.boto("ecs").describe_services(cluster="shop-next", services=["shop"], include=["TAGS"])[
        "services"
    ]
    return {name: value for name, value in service.items() if name != "events"}


def test_down_ends_the_service_and_the_cluster_and_nothing_of_the_neighbours(cloud, ground):
    cloud.up(ground.stack())
    neighbour(cloud, ground)
    before = settings(cloud)
    cloud.down()
    assert [arn.rsplit("/", 1)[-1] for arn in cloud.boto("ecs").list_clusters()["clusterArns"]] == ["shop-next"]
    assert settings(cloud) == before
    cloud.down()
    assert cloud.changes == 0


def test_another_service_in_our_cluster_is_not_found_as_ours(cloud, ground):
    cloud.up(ground.stack())
    network = {"awsvpcConfiguration": {"subnets": sorted(ground.subnets), "assignPublicIp": "ENABLED"}}
    cloud.boto("ecs").create_service(cluster="shop", serviceName="shop-theirs", taskDefinition="shop:1", desiredCount=0,
                                     launchType="FARGATE", networkConfiguration=network)  # fmt: skip
    assert [found.ids.name for found in Service.find(cloud.aws, cloud.label())] == ["shop"]


def test_everything_can_be_made_again_under_the_same_names_with_another_token(cloud, ground, sent):
    cloud.up(ground.stack())
    before = {call["clientToken"] for call in sent if "desiredCount" in call}
    cloud.down()
    sent.clear()
    cloud.up(ground.stack())
    after = {call["clientToken"] for call in sent if "desiredCount" in call}
    assert ground.described["runningCount"] == 1
    assert ground.revisions() == ["shop:2"]
    assert before.isdisjoint(after)
    assert all(0 < len(token) <= 36 for token in before | after)
