import pytest
from ecs_stack import PUBLIC, Stack, refused


@pytest.fixture
def stack(aws, clock):
    return Stack(aws, clock).everything()


INVALID = "InvalidParameterException"
BREAKER = {
    "resetOnHealthyTask": True,
    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
}  # unless sent


def create_refused(stack, message, code=INVALID, **settings):
    refused(code, message, stack.ecs.create_service, **stack.asked(**settings))


def test_everything_that_was_sent_can_be_read_back(stack):
    tags = [{"key": "owner", "value": "me"}]
    breaker = {"enable": True, "rollback": True}
    stack.service(
        enableExecuteCommand=True,
        propagateTags="SERVICE",
        enableECSManagedTags=True,
        availabilityZoneRebalancing="DISABLED",
        deploymentConfiguration={"maximumPercent": 150, "deploymentCircuitBreaker": breaker},
        tags=tags,
    )
    shown = stack.read()
    assert shown["status"] == "ACTIVE"
    assert shown["desiredCount"] == 1
    assert shown["launchType"] == "FARGATE"
    assert shown["platformVersion"] == "LATEST"
    assert shown["healthCheckGracePeriodSeconds"] == 60
    assert shown["enableExecuteCommand"] is shown["enableECSManagedTags"] is True
    assert shown["propagateTags"] == "SERVICE"
    assert shown["availabilityZoneRebalancing"] == "DISABLED"
    assert shown["loadBalancers"][0]["targetGroupArn"] == stack.targets
    assert shown["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == stack.private
    assert shown["deploymentConfiguration"] == {
        "maximumPercent": 150,
        "minimumHealthyPercent": 100,
        "deploymentCircuitBreaker": {**breaker, **BREAKER},
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    }
    assert "tags" not in shown
    tagged = stack.ecs.describe_services(cluster="app", services=["web"], include=["TAGS"])["services"][0]
    assert tagged["tags"] == tags


def test_an_unknown_or_a_deleted_cluster_is_not_found(stack):
    create_refused(stack, "Cluster not found.", "ClusterNotFoundException", cluster="none")
    stack.ecs.create_cluster(clusterName="gone")
    stack.ecs.delete_cluster(cluster="gone")
    create_refused(stack, "The referenced cluster was inactive.", "ClusterNotFoundException", cluster="gone")


def test_a_cluster_made_a_moment_ago_is_not_known_yet(stack, clock):
    stack.ecs.create_cluster(clusterName="fresh")
    create_refused(stack, "Cluster not found.", "ClusterNotFoundException", cluster="fresh")
    clock.sleep(3)
    assert stack.service(cluster="fresh")["status"] == "ACTIVE"


def test_a_role_for_the_load_balancer_must_be_assumable_by_ecs(stack):
    create_refused(
        stack,
        "Unable to assume role and validate the listeners configured on your load balancer. Please verify that the "
        "ECS service role being passed has the proper permissions.",
        role=stack.task_role,
    )


def test_a_task_definition_must_be_there_and_active(stack):
    create_refused(stack, "TaskDefinition not found.", "ClientException", definition="nothing:1")
    arn = stack.definition()
    stack.ecs.deregister_task_definition(taskDefinition=arn)
    create_refused(stack, "TaskDefinition is inactive", "ClientException", definition=arn)


def test_the_same_token_is_the_same_service(stack):
    first = stack.service(clientToken="token-1")
    again = stack.service(first["taskDefinition"], desired=3, clientToken="token-1")
    assert again["serviceArn"] == first["serviceArn"]
    assert again["desiredCount"] == 1


def test_the_same_request_answers_the_service_that_is_there_and_another_one_is_refused(stack):
    asked = stack.asked()
    first = stack.ecs.create_service(**asked)["service"]
    assert stack.ecs.create_service(**asked)["service"]["createdAt"] == first["createdAt"]
    refused(INVALID, "Creation of service was not idempotent.", stack.ecs.create_service, **asked | {"desiredCount": 2})
    stack.ecs.update_service(cluster="app", service="web", desiredCount=2)
    refused(INVALID, "Creation of service was not idempotent.", stack.ecs.create_service, **asked)


def test_a_target_group_needs_a_listener(stack):
    other = stack.target_group("other")
    create_refused(
        stack,
        f"The target group with targetGroupArn {other} does not have an associated load balancer.",
        loadBalancers=[{"targetGroupArn": other, "containerName": "app", "containerPort": 8000}],
    )


def test_a_target_group_of_instances_does_not_fit_awsvpc(stack):
    other = stack.target_group("other", TargetType="instance")
    create_refused(
        stack,
        f"The provided target group {other} has target type instance, which is incompatible with the awsvpc network "
        "mode specified in the task definition.",
        loadBalancers=[{"targetGroupArn": other, "containerName": "app", "containerPort": 8000}],
    )


def test_the_load_balancer_names_a_container_and_a_port_of_the_definition(stack):
    balancer = {"targetGroupArn": stack.targets, "containerName": "app", "containerPort": 8000}
    create_refused(
        stack,
        "The container nginx does not exist in the task definition.",
        loadBalancers=[balancer | {"containerName": "nginx"}],
    )
    create_refused(
        stack,
        "The container app did not have a container port 80 defined.",
        loadBalancers=[balancer | {"containerPort": 80}],
    )


def test_awsvpc_needs_a_network_that_is_there(stack):
    asked = stack.asked()
    network = asked.pop("networkConfiguration")["awsvpcConfiguration"]
    create = stack.ecs.create_service
    message = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    refused(INVALID, message, create, **asked)
    missing = "subnet-0123456789abcdef0"
    refused(
        INVALID,
        f"Error retrieving subnet information for [{missing}]: The subnet ID '{missing}' does not exist "
        "(ErrorCode: InvalidSubnetID.NotFound)",
        create,
        **asked | {"networkConfiguration": {"awsvpcConfiguration": network | {"subnets": [missing]}}},
    )
    group = "sg-0123456789abcdef0"
    refused(
        INVALID,
        f"Error retrieving security group information for [{group}]: The security group '{group}' does not exist "
        "(ErrorCode: InvalidGroup.NotFound)",
        create,
        **asked | {"networkConfiguration": {"awsvpcConfiguration": network | {"securityGroups": [group]}}},
    )


def test_a_grace_period_is_for_load_balancers(stack):
    create_refused(
        stack,
        "Health check grace period is only valid for services configured to use load balancers.",
        loadBalancers=[],
    )


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (100, 100, "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."),
        (
            50,
            100,
            "Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration.",
        ),
    ],
)
def test_percentages_that_block_are_refused(stack, low, high, message):
    configuration = {"minimumHealthyPercent": low, "maximumPercent": high}
    create_refused(stack, message, deploymentConfiguration=configuration)


def test_a_pair_that_can_never_deploy_is_taken_all_the_same(stack):
    configuration = {"minimumHealthyPercent": 50, "maximumPercent": 100}
    assert stack.service(deploymentConfiguration=configuration, availabilityZoneRebalancing="DISABLED")


def test_exec_needs_a_task_role(stack):
    document = stack.document()
    del document["taskRoleArn"]
    arn = stack.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    create_refused(
        stack,
        "The service couldn't be created because a valid taskRoleArn is not being used. "
        "Specify a valid task role in your task definition and try again.",
        definition=arn,
        enableExecuteCommand=True,
    )


def test_fargate_needs_a_definition_for_fargate(stack):
    document = stack.document() | {"requiresCompatibilities": ["EC2"]}
    arn = stack.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    create_refused(stack, "Task definition does not support launch_type FARGATE.", definition=arn)


def test_a_service_nobody_knows_is_missing_when_described_and_not_found_otherwise(stack):
    failure = stack.ecs.describe_services(cluster="app", services=["none"])["failures"][0]
    assert failure["reason"] == "MISSING"
    for call in (stack.ecs.update_service, stack.ecs.delete_service):
        refused("ServiceNotFoundException", "Service not found.", call, cluster="app", service="none")


def test_deletion_needs_a_count_of_zero_or_force(stack):
    stack.service()
    message = "The service cannot be stopped while it is scaled above 0."
    refused(INVALID, message, stack.ecs.delete_service, cluster="app", service="web")
    stack.ecs.update_service(cluster="app", service="web", desiredCount=0)
    assert stack.ecs.delete_service(cluster="app", service="web")["service"]["status"] == "DRAINING"


def test_deletion_without_force_waits_for_deployments(stack):
    stack.service()
    stack.steady()
    stack.ecs.update_service(cluster="app", service="web", taskDefinition=stack.definition(), desiredCount=0)
    message = "The service cannot be stopped while deployments are active."
    refused(INVALID, message, stack.ecs.delete_service, cluster="app", service="web")


def test_a_deleted_service_drains_first_and_blocks_its_name_and_its_cluster_meanwhile(stack, clock):
    stack.service()
    stack.steady()
    stack.ecs.delete_service(cluster="app", service="web", force=True)
    clock.sleep(25)  # of 30 s deregistration delay
    assert stack.read()["status"] == "DRAINING"
    assert stack.ecs.list_services(cluster="app")["serviceArns"] == []
    create_refused(stack, "Unable to Start a service that is still Draining.")
    refused(
        "ServiceNotActiveException",
        "Service was not ACTIVE.",
        stack.ecs.update_service,
        cluster="app",
        service="web",
        desiredCount=1,
    )
    refused(
        "ClusterContainsServicesException",
        "The Cluster cannot be deleted while Services are active.",
        stack.ecs.delete_cluster,
        cluster="app",
    )
    assert stack.ecs.delete_service(cluster="app", service="web", force=True)["service"]["status"] == "DRAINING"
    clock.sleep(35)
    refused("ServiceNotFoundException", "Service not found.", stack.ecs.delete_service, cluster="app", service="web")
    stopped = stack.tasks("STOPPED")
    gone = stack.read()
    assert gone["status"] == "INACTIVE"
    assert (gone["runningCount"], gone["pendingCount"], gone["deployments"]) == (0, 0, [])
    assert stack.service(desired=0)["status"] == "ACTIVE"
    assert stack.tasks("STOPPED") == stopped != []


def test_a_service_without_tasks_is_inactive_after_a_moment(stack, clock):
    stack.service(desired=0)
    stack.ecs.delete_service(cluster="app", service="web")
    assert stack.read()["status"] == "DRAINING"
    clock.sleep(15)
    assert stack.read()["status"] == "INACTIVE"
    assert stack.ecs.delete_cluster(cluster="app")["cluster"]["status"] == "INACTIVE"


def test_an_update_of_these_changes_the_service_in_place(stack):
    stack.service()
    before = stack.steady()["deployments"][0]["id"]
    changes = {
        "desiredCount": 2,
        "deploymentConfiguration": {"maximumPercent": 150},
        "healthCheckGracePeriodSeconds": 90,
        "enableExecuteCommand": True,
        "propagateTags": "SERVICE",
        "availabilityZoneRebalancing": "DISABLED",
        "enableECSManagedTags": True,
    }
    for name, value in changes.items():
        stack.ecs.update_service(cluster="app", service="web", **{name: value})
        after = stack.read()
        assert [deployment["id"] for deployment in after["deployments"]] == [before], name
        assert after[name] == value if not isinstance(value, dict) else value.items() <= after[name].items()


def test_an_update_of_one_percentage_leaves_the_circuit_breaker_as_it_was(stack):
    stack.service()
    stack.ecs.update_service(cluster="app", service="web", deploymentConfiguration={"maximumPercent": 150})
    kept = stack.read()["deploymentConfiguration"]
    assert kept["deploymentCircuitBreaker"] == {"enable": True, "rollback": True, **BREAKER}
    assert kept["maximumPercent"] == 150


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"earlySuccessCriteria": {"enable": True}},
         "earlySuccessCriteria requires healthyPercent and sourceServiceRevisionCleanup when enabled."),
        ({"earlySuccessCriteria": {"enable": True, "healthyPercent": 50, "sourceServiceRevisionCleanup": "DEFERRED"}},
         "healthyPercent must be at most 100 and not less than minimumHealthyPercent."),
        ({"deploymentCircuitBreaker": {"enable": True, "rollback": True,
                                       "thresholdConfiguration": {"type": "COUNT", "value": 0}}},
         "thresholdConfiguration value must be greater than 0."),
    ],
)  # fmt: skip
def test_what_no_deployment_can_be_checked_by_is_refused(stack, sent, expected):
    stack.service()
    change = {"cluster": "app", "service": "web", "deploymentConfiguration": sent}
    refused("InvalidParameterException", expected, stack.ecs.update_service, **change)


def test_an_update_of_these_starts_a_new_deployment(stack):
    stack.service()
    observed = {stack.steady()["deployments"][0]["id"]}
    network = stack.asked()["networkConfiguration"]["awsvpcConfiguration"]
    changes = [
        {"taskDefinition": stack.definition()},
        {"networkConfiguration": {"awsvpcConfiguration": network | {"subnets": stack.private[:1]}}},
        {"platformVersion": "1.4.0"},
        {"loadBalancers": []},
        {"forceNewDeployment": True},
    ]
    for change in changes:
        stack.ecs.update_service(cluster="app", service="web", **change)
        primary = stack.read()["deployments"][0]
        assert primary["id"] not in observed, change
        assert primary["status"] == "PRIMARY"
        observed.add(primary["id"])


def test_the_same_task_definition_again_is_no_new_deployment(stack):
    arn = stack.service()["taskDefinition"]
    before = stack.steady()["deployments"][0]["id"]
    stack.ecs.update_service(cluster="app", service="web", taskDefinition=arn)
    assert [deployment["id"] for deployment in stack.read()["deployments"]] == [before]


def test_an_update_is_checked_like_a_creation(stack):
    stack.service()
    update = stack.ecs.update_service
    configuration = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    message = "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
    refused(INVALID, message, update, cluster="app", service="web", deploymentConfiguration=configuration)
    other = stack.definition(PUBLIC, name="other")
    message = "The container app does not exist in the task definition."
    refused(INVALID, message, update, cluster="app", service="web", taskDefinition=other)
    assert stack.read()["deploymentConfiguration"]["maximumPercent"] == 200


def test_scaling_down_is_possible_when_the_listener_is_gone(stack):
    stack.service()
    stack.aws("elbv2").delete_listener(ListenerArn=stack.listener)
    assert stack.ecs.update_service(cluster="app", service="web", desiredCount=0)["service"]["desiredCount"] == 0


def test_at_most_ten_services_are_described_at_once(stack):
    refused(
        INVALID,
        "Services cannot have more than 10 elements.",
        stack.ecs.describe_services,
        cluster="app",
        services=[f"s{n}" for n in range(11)],
    )


def test_the_service_linked_role_race_meets_services_too(aws, clock):
    stack = Stack(aws, clock)
    stack.network()
    stack.balancer()
    stack.roles()
    message = "Unable to assume the service linked role. Please verify that the ECS service linked role exists."
    refused(INVALID, message, stack.ecs.create_cluster, clusterName="app")
    clock.sleep(60)
    stack.ecs.create_cluster(clusterName="app")
    clock.sleep(60)
    aws("iam").delete_service_linked_role(RoleName="AWSServiceRoleForECS")
    refused(INVALID, message, stack.ecs.create_service, **stack.asked())
    clock.sleep(60)
    assert stack.service()
