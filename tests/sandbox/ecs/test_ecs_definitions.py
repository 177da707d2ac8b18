import pytest
from botocore.exceptions import ClientError
from ecs_stack import PUBLIC, REPOSITORY, Stack, refused


@pytest.fixture
def stack(aws, clock):
    made = Stack(aws, clock)
    made.roles()
    return made


def described(stack, reference, **arguments):
    return stack.ecs.describe_task_definition(taskDefinition=reference, **arguments)


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        ("256", "256", "256 CPU, 256 memory"),
        ("256", "4096", "256 CPU, 4096 memory"),
        ("512", "512", "512 CPU, 512 memory"),
        ("300", "512", "300 CPU, 512 memory"),
        ("1 vCPU", "1 GB", "1024 CPU, 1024 memory"),
        ("8192", "17408", "8192 CPU, 17408 memory"),
    ],
)
def test_a_size_that_fargate_does_not_have_is_refused(stack, cpu, memory, expected):
    message = (
        f"No Fargate configuration exists for given values: {expected}. "
        "See the Amazon ECS documentation for the valid values."
    )
    asked = stack.document() | {"cpu": cpu, "memory": memory}
    refused("ClientException", message, stack.ecs.register_task_definition, **asked)


@pytest.mark.parametrize(
    ("cpu", "memory"), [("256", "512"), ("256", "2048"), (".5 vcpu", "1GB"), ("4096", "30720"), ("16384", "122880")]
)
def test_sizes_that_fargate_has_are_taken_in_any_spelling(stack, cpu, memory):
    assert stack.ecs.register_task_definition(**stack.document() | {"cpu": cpu, "memory": memory})


def test_fargate_needs_its_size_its_network_and_an_execution_role(stack):
    register, whole = stack.ecs.register_task_definition, stack.document()
    for size in ("cpu", "memory"):
        less = {key: value for key, value in whole.items() if key != size}
        refused("ClientException", f"Fargate requires that '{size}' be defined at the task level.", register, **less)
    refused(
        "ClientException",
        "Fargate only supports network mode ‘awsvpc’.",  # noqa: RUF001 - AWS writes these quotes
        register,
        **whole | {"networkMode": "bridge"},
    )
    message = "Fargate requires task definition to have execution role ARN to support {}."
    without = {key: value for key, value in whole.items() if key != "executionRoleArn"}
    refused("ClientException", message.format("log driver awslogs"), register, **without)
    container = {"name": "app", "image": f"{REPOSITORY}:1"}
    refused(
        "ClientException", message.format("ECR images"), register, **without | {"containerDefinitions": [container]}
    )
    public = {"name": "app", "image": PUBLIC}
    assert register(**without | {"containerDefinitions": [public]})


def test_secrets_need_an_execution_role(stack):
    asked = stack.document(secrets=[{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-central-1:1:secret:k"}])
    del asked["executionRoleArn"]
    message = "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
    refused("ClientException", message, stack.ecs.register_task_definition, **asked)


def test_what_cannot_be_run_is_refused(stack):
    register, whole = stack.ecs.register_task_definition, stack.document()
    container = whole["containerDefinitions"][0]
    refused(
        "ClientException",
        "cpuArchitecture should be one of [X86_64,ARM64]",
        register,
        **whole | {"runtimePlatform": {"cpuArchitecture": "ARM"}},
    )
    refused("ClientException", "Role is not valid", register, **whole | {"taskRoleArn": "task"})
    refused(
        "ClientException",
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
        register,
        **whole | {"containerDefinitions": [container | {"portMappings": [{"containerPort": 80, "hostPort": 8080}]}]},
    )
    refused(
        "ClientException",
        "A TaskDefinition must have at least one essential container.",
        register,
        **whole | {"containerDefinitions": [container | {"essential": False}]},
    )


def test_describe_fills_in_what_was_not_said(stack):
    health = {"command": ["CMD", "true"]}
    shown = described(stack, stack.definition(healthCheck=health))["taskDefinition"]
    container = shown["containerDefinitions"][0]
    assert container["cpu"] == 0
    assert container["essential"] is True
    assert container["portMappings"] == [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}]
    for name in ("environment", "mountPoints", "volumesFrom", "systemControls"):
        assert container[name] == []
    assert "versionConsistency" not in container  # AWS leaves it out unless it was sent
    assert container["healthCheck"] == {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert shown["volumes"] == shown["placementConstraints"] == []
    assert shown["compatibilities"] == ["EC2", "FARGATE"]
    assert shown["status"] == "ACTIVE"
    assert {"name": "ecs.capability.task-eni"} in shown["requiresAttributes"]


def test_every_registration_is_one_more_revision_also_an_identical_one(stack):
    assert [stack.definition().rsplit(":", 1)[1] for _ in range(3)] == ["1", "2", "3"]


def test_revisions_never_restart_not_even_after_deletion_of_the_whole_family(stack, clock):
    arns = [stack.definition(), stack.definition()]
    for arn in arns:
        stack.ecs.deregister_task_definition(taskDefinition=arn)
    assert stack.ecs.delete_task_definitions(taskDefinitions=arns)["failures"] == []
    clock.sleep(24 * 3600)
    assert stack.ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"] == []
    refused("ClientException", "Unable to describe task definition.", described, stack=stack, reference=arns[0])
    assert stack.definition().endswith(":3")


def test_a_deleted_revision_is_in_progress_while_a_service_refers_to_it(stack, clock, aws):
    arn = stack.definition()
    refused(
        "ClientException",
        "Revision is missing.",
        stack.ecs.deregister_task_definition,
        taskDefinition="app",
    )
    active = stack.ecs.delete_task_definitions(taskDefinitions=[arn])["failures"]
    assert active[0]["reason"].startswith("The specified task definition is still in ACTIVE status.")
    assert stack.ecs.deregister_task_definition(taskDefinition=arn)["taskDefinition"]["status"] == "INACTIVE"
    assert "deregisteredAt" in described(stack, arn)["taskDefinition"]
    assert stack.ecs.delete_task_definitions(taskDefinitions=[arn])["taskDefinitions"][0]["status"] == (
        "DELETE_IN_PROGRESS"
    )
    assert described(stack, arn)["taskDefinition"]["status"] == "DELETE_IN_PROGRESS"
    assert stack.ecs.list_task_definitions(status="DELETE_IN_PROGRESS")["taskDefinitionArns"] == [arn]
    unknown = stack.ecs.delete_task_definitions(taskDefinitions=["app:99"])["failures"][0]["reason"]
    assert unknown.startswith("The specified task definition does not exist.")


def test_at_most_ten_revisions_are_deleted_at_once(stack):
    refused(
        "InvalidParameterException",
        "Size of TaskDefinition references list cannot exceed 10",
        stack.ecs.delete_task_definitions,
        taskDefinitions=[f"app:{n}" for n in range(11)],
    )


def test_a_family_alone_is_its_latest_active_revision(stack):
    first, second = stack.definition(), stack.definition()
    assert described(stack, "app")["taskDefinition"]["taskDefinitionArn"] == second
    stack.ecs.deregister_task_definition(taskDefinition=second)
    assert described(stack, "app")["taskDefinition"]["taskDefinitionArn"] == first
    assert stack.ecs.list_task_definitions(familyPrefix="app", sort="DESC")["taskDefinitionArns"] == [first]
    stack.ecs.deregister_task_definition(taskDefinition=first)
    refused("ClientException", "Unable to describe task definition.", described, stack=stack, reference="app")
    assert stack.ecs.list_task_definition_families(status="INACTIVE")["families"] == ["app"]


def test_tags_are_answered_only_when_asked_for(stack):
    tags = [{"key": "owner", "value": "me"}]
    arn = stack.ecs.register_task_definition(**stack.document(), tags=tags)["taskDefinition"]["taskDefinitionArn"]
    assert "tags" not in described(stack, arn)
    assert described(stack, arn, include=["TAGS"])["tags"] == tags
    stack.ecs.tag_resource(resourceArn=arn, tags=[{"key": "more", "value": "1"}])
    assert {"key": "more", "value": "1"} in described(stack, arn, include=["TAGS"])["tags"]


def test_a_definition_of_more_than_64_kilobytes_is_refused(stack):
    whole = stack.document()
    [container] = whole["containerDefinitions"]
    container["environment"] = [{"name": "LARGE", "value": "x" * 66_000}]
    with pytest.raises(ClientError) as caught:
        stack.ecs.register_task_definition(**whole)
    error = caught.value.response["Error"]
    assert error["Code"] == "ClientException"
    assert error["Message"].endswith("Max allowed length is '65536' bytes.")
