import json

import pytest
from ecs_stack import ACCOUNT, PUBLIC, REGION, REPOSITORY, Stack

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.core import script


@pytest.fixture
def stack(aws, clock):
    return Stack(aws, clock).everything()


def failing(stack, clock, seconds=400, **settings):
    """The first task of a service that stopped."""
    stack.service(**settings)
    for _ in range(seconds // 5):
        if stopped := [task for task in stack.tasks("STOPPED") if task["lastStatus"] == "STOPPED"]:
            return stopped[-1]
        clock.sleep(5)
    raise AssertionError(stack.events())


def not_started(task):
    assert task["stopCode"] == "TaskFailedToStart"
    assert "exitCode" not in task["containers"][0]
    assert "startedAt" not in task
    return task["stoppedReason"]


def test_an_image_that_is_not_there_cannot_be_pulled(stack, clock):
    stack.image("there")
    task = failing(stack, clock, definition=stack.definition(f"{REPOSITORY}:nope"))
    reference = f"{REPOSITORY}:nope"
    reason = (
        "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref "
        f"{reference}: {reference}: not found"
    )
    assert not_started(task) == reason
    assert task["containers"][0]["reason"] == reason
    assert f"(service web) was unable to place a task. Reason: {reason}." in stack.events()


def test_an_unknown_digest_or_repository_cannot_be_pulled(stack, clock):
    stack.image("there")
    missing = f"{REPOSITORY}@sha256:{'0' * 64}"
    other = missing.replace("/app@", "/none@")
    for n, image in enumerate((missing, other)):
        arn = stack.definition(image)
        stack.ecs.create_service(**stack.asked(arn) | {"serviceName": f"s{n}"})
    clock.sleep(200)
    tasks = stack.ecs.list_tasks(cluster="app", desiredStatus="STOPPED")["taskArns"]
    reasons = {task["stoppedReason"] for task in stack.ecs.describe_tasks(cluster="app", tasks=tasks)["tasks"]}
    assert len(reasons) == 2
    assert all(reason.endswith(": not found") for reason in reasons)


@pytest.mark.parametrize("image", ["Dockerfile", "acme//web", "web.", "acme/web:"])
def test_what_can_be_no_images_name_is_not_pulled(stack, clock, image):
    task = failing(stack, clock, definition=stack.definition(image))
    assert not_started(task) == f'CannotPullContainerError: failed to normalize image reference "{image}"'


def test_an_image_runs_by_its_tag_and_by_its_digest(stack, clock):
    reference = stack.image("v1")
    stack.service(stack.definition(reference))
    assert stack.steady()["runningCount"] == 1
    digest = stack.tasks()[0]["containers"][0]["imageDigest"]
    stack.ecs.update_service(cluster="app", service="web", taskDefinition=stack.definition(f"{REPOSITORY}@{digest}"))
    assert stack.steady()["runningCount"] == 1


def test_an_image_for_another_processor_cannot_be_pulled(stack, clock):
    task = failing(stack, clock, definition=stack.definition(stack.image("x86", architecture="amd64")))
    assert not_started(task) == (
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'"
    )


def test_an_image_for_both_processors_runs_on_both(stack, clock):
    document = stack.document(stack.image("x86", architecture="amd64"))
    document["runtimePlatform"]["cpuArchitecture"] = "X86_64"
    arn = stack.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    stack.service(arn)
    assert stack.steady()["runningCount"] == 1


def test_a_subnet_without_a_way_out_reaches_no_registry(stack, clock):
    stack.aws("ec2").delete_route(RouteTableId=stack.private_table, DestinationCidrBlock="0.0.0.0/0")
    task = failing(stack, clock, definition=stack.definition(stack.image("v1")))
    reason = not_started(task)
    assert reason.startswith(
        "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from "
        "Amazon ECR: There is a connection issue between the task and Amazon ECR."
    )
    assert reason.endswith("i/o timeout")
    stack.open_egress()
    stack.ecs.update_service(cluster="app", service="web", forceNewDeployment=True)
    assert stack.steady()["runningCount"] == 1


def test_a_public_subnet_is_no_way_out_without_a_public_address(stack, clock):
    network = {"subnets": stack.public, "securityGroups": [stack.task_group], "assignPublicIp": "DISABLED"}
    task = failing(stack, clock, networkConfiguration={"awsvpcConfiguration": network})
    reason = not_started(task)
    assert reason.startswith(
        f"CannotPullContainerError: The task cannot pull {PUBLIC} from the registry public.ecr.aws."
    )
    assert reason.endswith("i/o timeout")


def test_endpoints_in_the_vpc_are_a_way_to_ecr(stack, clock):
    ec2 = stack.aws("ec2")
    ec2.delete_route(RouteTableId=stack.private_table, DestinationCidrBlock="0.0.0.0/0")
    for name in ("ecr.api", "ecr.dkr", "s3"):
        kind = "Gateway" if name == "s3" else "Interface"
        service = f"com.amazonaws.{REGION}.{name}"
        ec2.create_vpc_endpoint(VpcId=stack.vpc, ServiceName=service, VpcEndpointType=kind, SubnetIds=stack.private)
    stack.service(stack.definition(stack.image("v1")))
    assert stack.steady()["runningCount"] == 1


def test_a_missing_secret_stops_the_task_before_it_starts(stack, clock):
    arn = stack.aws("secretsmanager").create_secret(Name="key", SecretString="x")["ARN"]
    definition = stack.definition(secrets=[{"name": "KEY", "valueFrom": arn}])
    stack.service(definition)
    assert stack.steady()["runningCount"] == 1
    stack.aws("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    stack.ecs.update_service(cluster="app", service="web", forceNewDeployment=True)
    clock.sleep(60)
    [task] = [t for t in stack.tasks("STOPPED") if t["stopCode"] == "TaskFailedToStart"][-1:]
    reason = not_started(task)
    assert reason.startswith(
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
        f"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {arn}"
    )
    assert reason.endswith("Secrets Manager can't find the specified secret.")


def test_a_secret_with_a_key_that_the_execution_role_may_not_use_stops_the_task(stack, clock):
    key = stack.aws("kms").create_key()["KeyMetadata"]["Arn"]
    arn = stack.aws("secretsmanager").create_secret(Name="key", SecretString="x", KmsKeyId=key)["ARN"]
    definition = stack.definition(secrets=[{"name": "KEY", "valueFrom": arn}])
    denied = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": key}}
    role = stack.execution_role.rpartition("/")[2]
    stack.aws("iam").put_role_policy(RoleName=role, PolicyName="key", PolicyDocument=json.dumps(denied))
    stack.service(definition)
    clock.sleep(60)
    assert "AccessDeniedException: Access to KMS is not allowed" in not_started(stack.tasks("STOPPED")[-1])


def test_a_secret_without_the_key_that_is_asked_for_stops_the_task_in_the_agent_s_own_words(stack, clock):
    arn = stack.aws("secretsmanager").create_secret(Name="key", SecretString='{"other": "x"}')["ARN"]
    stack.service(stack.definition(secrets=[{"name": "KEY", "valueFrom": f"{arn}:user::"}]))
    clock.sleep(60)
    reason = not_started(stack.tasks("STOPPED")[-1])
    assert reason.endswith("1 time(s): retrieved secret from Secrets Manager did not contain json key user")


def test_a_missing_log_group_stops_the_task_before_it_starts(stack, clock):
    stack.aws("logs").delete_log_group(logGroupName="/app")
    reason = not_started(failing(stack, clock))
    assert reason.startswith("ResourceInitializationError: failed to validate logger args: create stream has been")
    assert "The specified log group does not exist." in reason


def test_a_log_group_can_be_made_by_the_task(stack, clock):
    stack.aws("logs").delete_log_group(logGroupName="/app")
    document = stack.document()
    document["containerDefinitions"][0]["logConfiguration"]["options"]["awslogs-create-group"] = "true"
    arn = stack.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    stack.service(arn)
    assert stack.steady()["runningCount"] == 1
    assert stack.aws("logs").describe_log_groups(logGroupNamePrefix="/app")["logGroups"]


def test_a_role_that_cannot_be_assumed_is_reported_by_an_event_and_no_task_appears(stack, clock, aws):
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    aws("iam").update_assume_role_policy(RoleName="execution", PolicyDocument=json.dumps(trust))
    stack.service()
    clock.sleep(300)
    assert stack.tasks("STOPPED") == stack.tasks() == []
    message = (
        f"(service web) failed to launch a task with (error ECS was unable to assume the role '{stack.execution_role}' "
        "that was provided for this task. Please verify that the role being passed has the proper trust relationship "
        "and permissions and that your IAM user has permissions to pass this role.)."
    )
    assert stack.events().count(message) == 1
    assert stack.read()["deployments"][0]["rolloutState"] == "FAILED"


def test_a_role_that_was_made_a_moment_ago_only_delays_the_service(stack, clock, aws):
    trust = aws("iam").get_role(RoleName="task")["Role"]["AssumeRolePolicyDocument"]
    made = aws("iam").create_role(RoleName="fresh", AssumeRolePolicyDocument=json.dumps(trust))
    document = stack.document() | {"taskRoleArn": made["Role"]["Arn"]}
    arn = stack.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    stack.service(arn)
    assert "unable to assume the role" in stack.events()[0]
    service = stack.steady()
    assert service["runningCount"] == 1
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"


def test_a_crash_leaves_an_exit_code_and_its_last_words(stack, clock):
    ecs.script_tasks(ACCOUNT, "nginx", "crash", reason="KeyError: 'DATABASE_URL'")
    task = failing(stack, clock)
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["containers"][0]["exitCode"] == 1
    assert "reason" not in task["containers"][0]
    stream = f"web/app/{task['taskArn'].rsplit('/', 1)[1]}"
    events = stack.aws("logs").get_log_events(logGroupName="/app", logStreamName=stream)["events"]
    assert events[-1]["message"] == "KeyError: 'DATABASE_URL'"


def test_out_of_memory_is_exit_code_137_with_a_reason(stack, clock):
    ecs.script_tasks(ACCOUNT, "nginx", "oom")
    task = failing(stack, clock)
    container = task["containers"][0]
    assert (container["exitCode"], container["reason"]) == (
        137,
        "OutOfMemoryError: Container killed due to memory usage",
    )
    assert task["stoppedReason"] == "Essential container in task exited"


def test_an_entrypoint_of_another_processor_says_so_in_the_log(stack, clock):
    ecs.script_tasks(ACCOUNT, "nginx", "exec-format")
    assert failing(stack, clock)["containers"][0]["exitCode"] == 1
    events = stack.aws("logs").filter_log_events(logGroupName="/app")["events"]
    assert events[0]["message"].endswith("exec format error")


def test_an_unhealthy_target_is_tolerated_for_the_grace_period_and_then_replaced(stack, clock):
    ecs.script_tasks(ACCOUNT, "nginx", "unhealthy", reason="Health checks failed with these codes: [404]")
    stack.service(healthCheckGracePeriodSeconds=90)
    clock.sleep(80)
    [health] = stack.aws("elbv2").describe_target_health(TargetGroupArn=stack.targets)["TargetHealthDescriptions"]
    assert health["TargetHealth"] == {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [404]",
    }
    [task] = stack.tasks()
    ident = task["taskArn"].rsplit("/", 1)[1]
    assert stack.events()[-1] == (
        f"(service web) (task {ident}) (port 8000) is unhealthy in (target-group {stack.targets}) due to (reason "
        "Health checks failed with these codes: [404])."
    )
    clock.sleep(120)
    stopped = stack.tasks("STOPPED")[-1]
    assert stopped["taskArn"] == task["taskArn"]
    assert stopped["stoppedReason"] == f"Task failed ELB health checks in (target-group {stack.targets})"
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    assert (stopped["stoppingAt"] - stopped["startedAt"]).total_seconds() == 90
    assert stack.read()["deployments"][0]["failedTasks"] == 1


def test_a_slow_start_needs_a_grace_period(stack, clock):
    ecs.script_tasks(ACCOUNT, "nginx", "slow", seconds=100)
    stack.service(healthCheckGracePeriodSeconds=0)
    clock.sleep(120)
    assert stack.read()["deployments"][0]["failedTasks"] > 0
    stack.ecs.update_service(cluster="app", service="web", healthCheckGracePeriodSeconds=150, forceNewDeployment=True)
    assert stack.steady()["deployments"][0]["failedTasks"] == 0
    [task] = stack.tasks()
    clock.sleep(300)
    assert [now["taskArn"] for now in stack.tasks()] == [task["taskArn"]]


def test_a_failing_container_health_check_is_a_reason_of_its_own(stack, clock):
    ecs.script_tasks(ACCOUNT, "nginx", "sick")
    check = {"command": ["CMD", "false"], "interval": 10, "retries": 2}
    task = failing(stack, clock, definition=stack.definition(healthCheck=check))
    assert task["stoppedReason"] == "Task failed container health checks"
    assert task["healthStatus"] == task["containers"][0]["healthStatus"] == "UNHEALTHY"
    ident = task["taskArn"].rsplit("/", 1)[1]
    assert f"(service web) (task {ident}) failed container health checks." in stack.events()


def test_a_closed_security_group_is_a_timeout(stack, clock):
    stack.aws("ec2").revoke_security_group_ingress(GroupId=stack.task_group, IpPermissions=[stack.rule])
    stack.service(healthCheckGracePeriodSeconds=90)
    clock.sleep(80)
    [health] = stack.aws("elbv2").describe_target_health(TargetGroupArn=stack.targets)["TargetHealthDescriptions"]
    assert health["TargetHealth"]["Reason"] == "Target.Timeout"
    assert stack.events()[-1].endswith("due to (reason Request timed out).")


def test_a_load_balancer_whose_way_out_is_closed_times_out_as_well(stack, clock):
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    stack.aws("ec2").revoke_security_group_egress(GroupId=stack.balancer_group, IpPermissions=[everything])
    stack.service(healthCheckGracePeriodSeconds=90)
    clock.sleep(80)
    assert stack.events()[-1].endswith("due to (reason Request timed out).")


def test_a_zone_the_load_balancer_is_not_in_serves_nobody(stack, clock):
    ec2 = stack.aws("ec2")
    made = ec2.create_subnet(VpcId=stack.vpc, CidrBlock="10.100.50.0/24", AvailabilityZone=f"{REGION}c")
    subnet = made["Subnet"]["SubnetId"]
    clock.sleep(5)
    ec2.associate_route_table(RouteTableId=stack.private_table, SubnetId=subnet)
    network = {"subnets": [subnet], "securityGroups": [stack.task_group]}
    stack.service(networkConfiguration={"awsvpcConfiguration": network})
    clock.sleep(300)
    [health] = stack.aws("elbv2").describe_target_health(TargetGroupArn=stack.targets)["TargetHealthDescriptions"]
    assert health["TargetHealth"] == {
        "State": "unused",
        "Reason": "Target.NotInUse",
        "Description": "Target is in an Availability Zone that is not enabled for the load balancer",
    }
    assert stack.read()["deployments"][0]["rolloutState"] == "IN_PROGRESS"


def test_a_quota_leaves_the_service_waiting(stack, clock):
    ecs.script_tasks(ACCOUNT, "", "quota")
    stack.service(deploymentConfiguration={})
    clock.sleep(600)
    message = "You've reached the limit on the number of vCPUs you can run concurrently."
    assert stack.events() == [
        f"(service web) was unable to place a task. Reason: {message}",
        "(service web) is unable to consistently start tasks successfully.",
    ]
    assert stack.read()["pendingCount"] == 0
    ecs.script_tasks(ACCOUNT, "", "ok")
    assert stack.steady(1200)["runningCount"] == 1


def test_what_cannot_be_broken_easily_can_be_scripted_for_each_image(stack, clock):
    expected = {
        "missing-image": "not found",
        "architecture": "descriptor matching platform 'linux/arm64'",
        "pull-denied": "403 Forbidden",
        "secret": "can't find the specified secret.",
        "secret-denied": "is not authorized to perform: secretsmanager:GetSecretValue",
        "egress": "i/o timeout",
        "log-group": "The specified log group does not exist.",
    }
    for kind in expected:
        ecs.script_tasks(ACCOUNT, f":{kind}-please", kind)
        definition = stack.definition(PUBLIC.replace(":1.27", f":{kind}-please"))
        stack.ecs.create_service(**stack.asked(definition) | {"serviceName": kind})
    clock.sleep(200)
    for kind, fragment in expected.items():
        arns = stack.ecs.list_tasks(cluster="app", serviceName=kind, desiredStatus="STOPPED")["taskArns"]
        task = stack.ecs.describe_tasks(cluster="app", tasks=arns[-1:])["tasks"][0]
        assert fragment in not_started(task), kind


def test_a_script_fits_by_tag_also_when_the_definition_names_the_digest(stack, clock):
    reference = stack.image("broken")
    digest = stack.aws("ecr").describe_images(repositoryName="app")["imageDetails"][0]["imageDigest"]
    ecs.script_tasks(ACCOUNT, "broken", "crash")
    assert "@" not in reference
    task = failing(stack, clock, definition=stack.definition(f"{REPOSITORY}@{digest}"))
    assert task["containers"][0]["exitCode"] == 1


def test_a_script_is_a_switch_of_the_sandbox(stack, clock):
    script.call("script_tasks", {"account": ACCOUNT, "image_fragment": "nginx", "kind": "crash", "seconds": 20})
    task = failing(stack, clock)
    assert (task["stoppingAt"] - task["startedAt"]).total_seconds() == 20


def test_an_unknown_script_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match="there is no kind 'explode'; there are: ok, crash"):
        ecs.script_tasks(ACCOUNT, "", "explode")


def test_a_subnet_that_is_gone_can_hold_no_interface(stack, clock, aws):
    made = aws("ec2").create_subnet(VpcId=stack.vpc, CidrBlock="10.100.60.0/24", AvailabilityZone=f"{REGION}a")
    subnet = made["Subnet"]["SubnetId"]
    clock.sleep(5)
    network = {"subnets": [subnet], "securityGroups": [stack.task_group]}
    stack.service(networkConfiguration={"awsvpcConfiguration": network}, desired=0)
    aws("ec2").delete_subnet(SubnetId=subnet)
    stack.ecs.update_service(cluster="app", service="web", desiredCount=1)
    clock.sleep(30)
    reason = not_started(stack.tasks("STOPPED")[-1])
    assert reason.startswith("Unexpected EC2 error while attempting to Create Network Interface with public IP")
    assert reason.endswith(f"disabled in subnet '{subnet}': InvalidSubnetID.NotFound")
