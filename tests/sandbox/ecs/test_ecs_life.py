import pytest
from ecs_stack import ACCOUNT, PUBLIC, REGION, Stack

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.ecs import world


@pytest.fixture
def stack(aws, clock):
    return Stack(aws, clock).everything()


def states(stack):
    health = stack.aws("elbv2").describe_target_health(TargetGroupArn=stack.targets)["TargetHealthDescriptions"]
    return [target["TargetHealth"]["State"] for target in health]


def interfaces(stack):
    filters = [{"Name": "group-id", "Values": [stack.task_group]}]
    return stack.aws("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]


def update(stack, **change):
    return stack.ecs.update_service(cluster="app", service="web", **change)["service"]


def test_a_task_goes_from_provisioning_to_running_and_its_target_to_healthy(stack, clock):
    created = stack.service()
    assert (created["runningCount"], created["pendingCount"]) == (0, 0)
    assert created["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    observed = []
    for _ in range(8):
        observed.append((stack.tasks()[0]["lastStatus"], states(stack)))
        clock.sleep(8)
    assert observed[0] == ("PROVISIONING", [])
    assert ("PENDING", []) in observed
    assert ("RUNNING", ["initial"]) in observed
    assert observed[-1] == ("RUNNING", ["healthy"])
    service = stack.read()
    assert (service["runningCount"], service["pendingCount"]) == (1, 0)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert service["deployments"][0]["rolloutStateReason"].endswith(" completed.")


def test_a_target_is_healthy_after_threshold_times_interval(stack, clock):
    stack.service()
    while not states(stack):
        clock.sleep(1)
    clock.sleep(19)  # twice 10 s, after the few seconds in which the application starts
    assert states(stack) == ["initial"]
    clock.sleep(10)
    assert states(stack) == ["healthy"]


def test_the_events_tell_the_story_in_the_words_of_aws(stack):
    stack.service()
    identity = stack.steady()["deployments"][0]["id"]
    [task] = stack.tasks()
    assert stack.events() == [
        f"(service web) has started 1 tasks: (task {task['taskArn'].rsplit('/', 1)[1]}).",
        f"(service web) registered 1 targets in (target-group {stack.targets})",
        f"(service web) (deployment {identity}) deployment completed.",
        "(service web) has reached a steady state.",
    ]


def test_a_task_has_an_interface_in_the_services_subnet_with_the_services_groups(stack, clock):
    stack.service(desired=2)
    clock.sleep(15)
    found = interfaces(stack)
    assert {interface["SubnetId"] for interface in found} == set(stack.private)
    assert {interface["Status"] for interface in found} == {"in-use"}
    task = stack.tasks()[0]
    [attachment] = task["attachments"]
    details = {detail["name"]: detail["value"] for detail in attachment["details"]}
    mine = next(i for i in found if i["NetworkInterfaceId"] == details["networkInterfaceId"])
    assert mine["Description"] == f"arn:aws:ecs:{REGION}:{ACCOUNT}:attachment/{attachment['id']}"
    assert mine["PrivateIpAddress"] == details["privateIPv4Address"]
    assert mine["RequesterManaged"] is True
    assert "Association" not in mine


def test_a_task_with_a_public_address_has_one(stack, clock):
    network = stack.asked()["networkConfiguration"]["awsvpcConfiguration"]
    network |= {"subnets": stack.public, "assignPublicIp": "ENABLED"}
    stack.service(networkConfiguration={"awsvpcConfiguration": network})
    clock.sleep(15)
    assert interfaces(stack)[0]["Association"]["PublicIp"]
    assert stack.steady()["runningCount"] == 1


def test_the_interface_outlives_its_task_and_keeps_group_and_subnet_busy(stack, clock):
    stack.service()
    stack.steady()
    stack.ecs.delete_service(cluster="app", service="web", force=True)
    while stack.read()["status"] != "INACTIVE":
        clock.sleep(5)
    assert len(interfaces(stack)) == 1
    for delete, target in (
        (stack.aws("ec2").delete_security_group, {"GroupId": stack.task_group}),
        (stack.aws("ec2").delete_subnet, {"SubnetId": interfaces(stack)[0]["SubnetId"]}),
    ):
        with pytest.raises(Exception, match="DependencyViolation"):
            delete(**target)
    clock.sleep(60)
    assert interfaces(stack) == []
    stack.aws("ec2").delete_security_group(GroupId=stack.task_group)


def test_a_count_of_zero_is_steady_at_once(stack):
    stack.service(desired=0)
    service = stack.read()
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert stack.events()[-1] == "(service web) has reached a steady state."


def test_scaling_is_no_deployment(stack, clock):
    stack.service()
    before = stack.steady()["deployments"][0]["id"]
    update(stack, desiredCount=3)
    assert stack.read()["deployments"][0]["rolloutState"] == "COMPLETED"
    assert stack.read()["pendingCount"] == 2
    clock.sleep(90)
    assert stack.read()["runningCount"] == 3
    assert stack.events()[-1] == "(service web) has reached a steady state."
    update(stack, desiredCount=1)
    assert states(stack).count("draining") == 2
    clock.sleep(60)
    assert (stack.read()["runningCount"], states(stack)) == (1, ["healthy"])
    assert stack.read()["deployments"][0]["id"] == before
    stopped = stack.tasks("STOPPED")[0]
    assert stopped["stoppedReason"] == f"Scaling activity initiated by (deployment {before})"
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    assert stopped["containers"][0]["exitCode"] == 0


def test_a_deployment_replaces_the_tasks_and_the_old_ones_drain_first(stack, clock):
    stack.service(desired=2)
    old = stack.steady()["deployments"][0]["id"]
    second = stack.definition()
    update(stack, taskDefinition=second)
    primary, active = stack.read()["deployments"]
    assert (primary["status"], primary["rolloutState"], primary["taskDefinition"]) == ("PRIMARY", "IN_PROGRESS", second)
    assert (active["status"], active["rolloutState"], active["id"]) == ("ACTIVE", "COMPLETED", old)
    assert stack.read()["runningCount"] == 2
    clock.sleep(60)
    assert states(stack).count("draining") == states(stack).count("healthy") == 2
    assert stack.read()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    done = stack.steady()
    assert [deployment["id"] for deployment in done["deployments"]] == [primary["id"]]
    assert {task["taskDefinitionArn"] for task in stack.tasks()} == {second}
    assert {task["startedBy"] for task in stack.tasks()} == {primary["id"]}


def test_a_single_task_with_percentages_that_leave_no_room_is_stuck_and_says_so(stack, clock):
    configuration = {"minimumHealthyPercent": 50, "maximumPercent": 100}
    stack.service(deploymentConfiguration=configuration, availabilityZoneRebalancing="DISABLED")
    stack.steady()
    update(stack, taskDefinition=stack.definition())
    clock.sleep(3600)
    service = stack.read()
    assert [d["rolloutState"] for d in service["deployments"]] == ["IN_PROGRESS", "COMPLETED"]
    assert service["runningCount"] == 1
    assert stack.events()[-1] == (
        "(service web) was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    )
    update(stack, deploymentConfiguration={"maximumPercent": 200})
    assert len(stack.steady()["deployments"]) == 1


def test_stop_before_start_leaves_a_gap_and_works(stack, clock):
    configuration = {"minimumHealthyPercent": 0, "maximumPercent": 100}
    stack.service(deploymentConfiguration=configuration, availabilityZoneRebalancing="DISABLED")
    stack.steady()
    update(stack, taskDefinition=stack.definition())
    clock.sleep(5)
    assert states(stack) == ["draining"]
    assert stack.steady()["runningCount"] == 1


def test_a_stopped_task_is_replaced_and_remembered_for_an_hour(stack, clock):
    stack.service()
    stack.steady()
    [first] = stack.tasks()
    answer = stack.ecs.stop_task(cluster="app", task=first["taskArn"], reason="a drill")["task"]
    assert answer["desiredStatus"] == "STOPPED"
    assert [task["taskArn"] for task in stack.tasks()] != [first["taskArn"]]
    clock.sleep(120)
    [stopped] = stack.tasks("STOPPED")
    assert stopped["taskArn"] == first["taskArn"]
    assert (stopped["lastStatus"], stopped["stopCode"], stopped["stoppedReason"]) == (
        "STOPPED",
        "UserInitiated",
        "a drill",
    )
    clock.sleep(3600)
    assert stack.tasks("STOPPED") == []
    missing = stack.ecs.describe_tasks(cluster="app", tasks=[first["taskArn"]])
    assert missing["failures"] == [{"arn": first["taskArn"], "reason": "MISSING"}]


def test_tasks_carry_the_services_tags_only_when_propagated(stack, clock):
    tags = [{"key": "owner", "value": "me"}]
    stack.service(tags=tags, propagateTags="SERVICE", enableECSManagedTags=True)
    arns = stack.ecs.list_tasks(cluster="app")["taskArns"]
    shown = stack.ecs.describe_tasks(cluster="app", tasks=arns, include=["TAGS"])["tasks"][0]["tags"]
    assert tags[0] in shown
    assert {"key": "aws:ecs:serviceName", "value": "web"} in shown
    assert stack.tasks()[0]["tags"] == []
    stack.ecs.tag_resource(resourceArn=arns[0], tags=[{"key": "more", "value": "1"}])
    assert {"key": "more", "value": "1"} in stack.ecs.list_tags_for_resource(resourceArn=arns[0])["tags"]


def test_the_tagging_api_forgets_what_is_inactive_in_the_end(stack, clock, aws):
    tags = [{"key": "owner", "value": "me"}]

    def listed():
        found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "owner", "Values": ["me"]}])
        return [resource["ResourceARN"] for resource in found["ResourceTagMappingList"]]

    arn = stack.service(desired=0, tags=tags)["serviceArn"]
    clock.sleep(300)
    assert listed() == [arn]
    stack.ecs.delete_service(cluster="app", service="web")
    clock.sleep(300)
    assert stack.read()["status"] == "INACTIVE"
    listed()
    clock.sleep(24 * 3600)
    assert listed() == []
    assert stack.read()["status"] == "INACTIVE"


def test_a_tag_is_resolved_once_for_a_deployment(stack, clock):
    def running():
        return {task["containers"][0]["imageDigest"] for task in stack.tasks()}

    stack.service(stack.definition(stack.image("latest", content="first")))
    stack.steady()
    first = running()
    stack.image("latest", content="second")
    update(stack, desiredCount=2)
    clock.sleep(60)
    assert len(stack.tasks()) == 2
    assert running() == first
    update(stack, forceNewDeployment=True)
    stack.steady()
    assert len(running()) == 1
    assert running() != first


def test_the_application_writes_its_log_into_a_stream_of_its_task(stack):
    stack.service()
    stack.steady()
    [task] = stack.tasks()
    stream = f"web/app/{task['taskArn'].rsplit('/', 1)[1]}"
    events = stack.aws("logs").get_log_events(logGroupName="/app", logStreamName=stream)["events"]
    assert "INFO:     Application startup complete." in [event["message"] for event in events]
    started = task["startedAt"].timestamp() * 1000
    assert all(started <= event["timestamp"] <= started + 1000 for event in events)


def test_counts_of_the_cluster_are_those_of_its_services(stack):
    stack.service(desired=2)
    cluster = stack.ecs.describe_clusters(clusters=["app"])["clusters"][0]
    assert (cluster["activeServicesCount"], cluster["pendingTasksCount"], cluster["runningTasksCount"]) == (1, 2, 0)
    stack.steady()
    cluster = stack.ecs.describe_clusters(clusters=["app"])["clusters"][0]
    assert (cluster["pendingTasksCount"], cluster["runningTasksCount"]) == (0, 2)


def test_a_service_that_nobody_watched_has_lived_all_the_same(stack, clock):
    stack.service()
    clock.sleep(7 * 24 * 3600)
    service = stack.read()
    assert service["runningCount"] == 1
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    created = service["createdAt"].timestamp()
    completed = next(event for event in service["events"] if "completed" in event["message"])
    assert completed["createdAt"].timestamp() - created < 120


def test_a_task_by_itself_blocks_its_cluster_until_it_is_stopped(stack, clock):
    network = stack.asked()["networkConfiguration"]
    run = {"cluster": "app", "taskDefinition": stack.definition(), "launchType": "FARGATE"}
    task = stack.ecs.run_task(**run, networkConfiguration=network)["tasks"][0]["taskArn"]
    clock.sleep(60)
    assert stack.ecs.describe_tasks(cluster="app", tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING"
    with pytest.raises(Exception, match="cannot be deleted while Tasks are active") as caught:
        stack.ecs.delete_cluster(cluster="app")
    assert caught.value.response["Error"]["Code"] == "ClusterContainsTasksException"
    stack.ecs.stop_task(cluster="app", task=task)
    clock.sleep(60)
    assert stack.ecs.delete_cluster(cluster="app")["cluster"]["status"] == "INACTIVE"


def test_a_task_needs_a_role_that_can_be_assumed_and_a_definition_that_is_active(stack, aws):
    network = stack.asked()["networkConfiguration"]
    arn = stack.definition()
    aws("iam").delete_role(RoleName="task")
    run = {"cluster": "app", "taskDefinition": arn, "launchType": "FARGATE", "networkConfiguration": network}
    with pytest.raises(Exception, match="ECS was unable to assume the role") as caught:
        stack.ecs.run_task(**run)
    assert caught.value.response["Error"]["Code"] == "ClientException"
    stack.ecs.deregister_task_definition(taskDefinition=arn)
    with pytest.raises(Exception, match="TaskDefinition is inactive"):
        stack.ecs.run_task(**run)


def test_another_service_of_the_sandbox_can_deploy_as_the_pipelines_action_does(stack, clock):
    stack.service()
    stack.steady()
    live = ecs.describe_service(ACCOUNT, REGION, "app", "web")["taskDefinition"]
    document = ecs.describe_task_definition(ACCOUNT, REGION, live)
    wanted = ("family", "containerDefinitions", "networkMode", "cpu", "memory", "requiresCompatibilities")
    roles = ("executionRoleArn", "taskRoleArn", "runtimePlatform")
    copy = {name: document[name] for name in (*wanted, *roles)}
    copy["containerDefinitions"][0]["image"] = PUBLIC.replace("1.27", "1.28")
    arn = ecs.register_task_definition(ACCOUNT, REGION, "arn:aws:iam::123456789012:role/pipeline", **copy)
    clock.sleep(600)  # while nobody reads the pipeline, whose action began 500 s ago
    began = clock.now() - 500
    answer = ecs.update_service(ACCOUNT, REGION, at=began, cluster="app", service="web", taskDefinition=arn)
    mine = answer["deployments"][0]
    assert mine["rolloutState"] == "IN_PROGRESS"
    assert mine["createdAt"].timestamp() == began
    state, since = ecs.rollout(ACCOUNT, REGION, "app", "web", mine["id"])
    assert state == "COMPLETED"
    assert began < since < began + 200
    assert stack.read()["taskDefinition"] == arn
    assert stack.tasks()[0]["containers"][0]["image"].endswith(":1.28")
    update(stack, forceNewDeployment=True)
    assert ecs.rollout(ACCOUNT, REGION, "app", "web", mine["id"])[0] == "REPLACED"
    stack.ecs.delete_service(cluster="app", service="web", force=True)
    assert ecs.rollout(ACCOUNT, REGION, "app", "web", mine["id"])[0] == "GONE"


def test_full_subnets_are_reported_as_an_event_until_there_is_room(stack, clock, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr("moto.ec2.models.subnets.Subnet.available_ip_address_count", 0)
        stack.service()
        clock.sleep(60)
        events = [event["message"] for event in stack.read()["events"]]
        assert any("was unable to place a task" in one and "InsufficientFreeAddressesInSubnet" in one for one in events)
        assert stack.aws("iam").list_roles()["Roles"]
    clock.sleep(3600)
    assert stack.read()["runningCount"] == 1


@pytest.mark.parametrize("step", ["attach", "start", "run", "target", "log", "detach"])
def test_a_step_that_breaks_is_an_event_and_no_end(stack, clock, monkeypatch, step):
    def breaks(*_):
        raise ZeroDivisionError("surprise")

    with monkeypatch.context() as broken:
        broken.setattr(world.Region, step, breaks)
        stack.service()
        clock.sleep(600)
        stack.aws("iam").list_roles()
        update(stack, desiredCount=0)
        clock.sleep(600)
        events = [event["message"] for event in stack.read()["events"]]
        assert any("the sandbox broke: ZeroDivisionError: surprise" in one for one in events)
    update(stack, desiredCount=1, forceNewDeployment=True)
    clock.sleep(3600)
    assert stack.read()["runningCount"] == 1
