"""RunTask: what may be overridden, what is refused and in which words, and how a command without an engine goes."""

import json

import pytest
from ecs_stack import ACCOUNT, Stack, refused

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.ecs.simulated_commands import simulated

INVALID, CLIENT = "InvalidParameterException", "ClientException"


@pytest.fixture
def stack(aws, clock):
    """Everything that a task needs."""
    return Stack(aws, clock).everything()


def asked(stack, **more):
    """Returns what run_task is asked for."""
    settings = stack.asked()
    return {"cluster": "app", "launchType": "FARGATE", "taskDefinition": settings["taskDefinition"],
            "networkConfiguration": settings["networkConfiguration"], **more}  # fmt: skip


def command(*words, **more):
    """Overrides of the command."""
    return {"containerOverrides": [{"name": "app", "command": list(words)}], **more}


def read(stack, arn):
    [found] = stack.ecs.describe_tasks(cluster="app", tasks=[arn], include=["TAGS"])["tasks"]
    return found


def test_what_cannot_be_overridden_or_is_too_much_is_refused(stack):
    ask = asked(stack)
    other = {"containerOverrides": [{"name": "db", "command": ["x"]}]}
    message = "Override for container named db is not a container in the TaskDefinition."
    refused(INVALID, message, stack.ecs.run_task, **ask, overrides=other)
    message = "Container Overrides length must be at most 8192"
    refused(INVALID, message, stack.ecs.run_task, **ask, overrides=command("x" * 8192))
    message = ("No Fargate configuration exists for given values: 256 CPU, 4096 memory. "
               "See the Amazon ECS documentation for the valid values.")  # fmt: skip
    refused(CLIENT, message, stack.ecs.run_task, **ask, overrides=command("x", memory="4096"))
    with pytest.raises(Exception, match="Network Configuration must be provided"):
        stack.ecs.run_task(**{**ask, "networkConfiguration": {}})
    network = {"awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]}}
    with pytest.raises(Exception, match=r"InvalidSubnetID\.NotFound"):
        stack.ecs.run_task(**{**ask, "networkConfiguration": network})
    with pytest.raises(Exception, match="count must be between 1 and 10"):
        stack.ecs.run_task(**ask, count=11)
    with pytest.raises(Exception, match="startedBy can have"):
        stack.ecs.run_task(**ask, startedBy="a b")
    assert stack.ecs.list_tasks(cluster="app")["taskArns"] == []


def test_a_token_is_one_task_and_other_parameters_are_a_conflict(stack):
    ask = asked(stack, clientToken="once")
    first = stack.ecs.run_task(**ask)["tasks"][0]["taskArn"]
    assert stack.ecs.run_task(**ask)["tasks"][0]["taskArn"] == first
    with pytest.raises(Exception, match="ConflictException"):
        stack.ecs.run_task(**ask, group="another")
    assert stack.ecs.list_tasks(cluster="app")["taskArns"] == [first]


def test_a_command_runs_to_its_end_with_its_size_and_is_listed_by_who_started_it(stack, clock, aws):
    overrides = command("sh", "-c", "echo begun && sleep 30; exit 7", cpu="512", memory="2048")
    tags = [{"key": "owner", "value": "me"}]
    ask = asked(stack, startedBy="someone", group="ours:run", overrides=overrides, tags=tags)
    arn = stack.ecs.run_task(**ask)["tasks"][0]["taskArn"]
    clock.sleep(60)
    assert stack.ecs.list_tasks(cluster="app", startedBy="someone")["taskArns"] == [arn]
    assert read(stack, arn)["lastStatus"] == "RUNNING"
    clock.sleep(60)
    task = read(stack, arn)
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert (task["containers"][0]["exitCode"], task["cpu"], task["memory"]) == (7, "512", "2048")
    assert (task["group"], task["tags"], task["overrides"]["cpu"]) == ("ours:run", tags, "512")
    events = aws("logs").filter_log_events(logGroupName="/app", logStreamNamePrefix=f"web/app/{task['taskArn'][-32:]}")
    assert [one["message"] for one in events["events"]] == ["begun"]


def test_a_task_that_no_service_keeps_is_not_stopped_for_its_health(stack, clock):
    check = {"command": ["CMD", "true"], "interval": 10, "timeout": 5, "retries": 2}
    arn = stack.definition(healthCheck=check)
    ecs.script_tasks(ACCOUNT, "", "sick")
    task = stack.ecs.run_task(**{**asked(stack), "taskDefinition": arn})["tasks"][0]["taskArn"]
    clock.sleep(300)
    assert (read(stack, task)["lastStatus"], read(stack, task)["healthStatus"]) == ("RUNNING", "UNHEALTHY")


def test_of_a_shell_so_much_is_played_that_exit_codes_can_be_tried():
    def ends(*words):
        run = simulated(words)
        return run.code, run.lines

    assert ends("false") == (1, ())
    assert ends("sh", "-c", "false && echo no; echo yes") == (0, ("yes",))
    assert ends("/bin/bash", "-ec", "true && exit 4; echo never") == (4, ())
    code, lines = ends("python", "manage.py", "migrate")
    assert (code, len(lines)) == (0, 1)
    code, lines = ends("sh", "-c", "exit $CODE")
    assert (code, len(lines)) == (0, 1)  # what needs a real shell is taken to work


SLEEPS = {"name": "limit", "image": "public.ecr.aws/docker/library/busybox:1.37", "command": ["sleep", "120"]}
ASKS = {
    "name": "guard",
    "image": "public.ecr.aws/aws-cli/aws-cli:latest",
    "essential": False,
    "entryPoint": ["/bin/sh", "-c"],
    "command": ["aws ecs list-tasks …; aws ecs describe-tasks …"],
    "environment": [{"name": "CLUSTER", "value": "app"}, {"name": "FAMILY", "value": "app"}],
}


def beside(stack, seconds, *others, **own):
    """A revision whose command takes so many seconds, with other containers beside it."""
    document = stack.document(command=["sh", "-c", f"sleep {seconds}"], **own)
    document["containerDefinitions"] += others
    return stack.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]


def codes(task):
    return {one["name"]: one.get("exitCode") for one in task["containers"]}


def test_an_essential_container_that_sleeps_ends_the_task_after_its_time_and_not_before(stack, clock):
    for seconds, ends in ((600, {"app": 0, "limit": 0}), (30, {"app": 0, "limit": 143})):
        ask = {**asked(stack), "taskDefinition": beside(stack, seconds, SLEEPS)}
        arn = stack.ecs.run_task(**ask)["tasks"][0]["taskArn"]
        clock.sleep(400)
        task = read(stack, arn)
        assert (task["lastStatus"], codes(task)) == ("STOPPED", ends)
        ran = (task["executionStoppedAt"] - task["startedAt"]).total_seconds()
        assert ran < 150


def test_a_container_that_asks_for_other_tasks_of_the_family_lets_only_the_oldest_run(stack, clock, aws):
    waits = {"dependsOn": [{"containerName": "guard", "condition": "SUCCESS"}]}
    ask = {**asked(stack), "taskDefinition": beside(stack, 300, ASKS, **waits)}

    def run():
        return stack.ecs.run_task(**ask)["tasks"][0]["taskArn"]

    denied = run()
    clock.sleep(120)
    assert codes(read(stack, denied))["guard"] == 254
    reads = [{"Effect": "Allow", "Action": ["ecs:ListTasks", "ecs:DescribeTasks"], "Resource": "*"}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": reads})
    aws("iam").put_role_policy(RoleName="task", PolicyName="reads", PolicyDocument=policy)
    first = run()
    clock.sleep(60)
    second = run()
    clock.sleep(120)
    assert codes(read(stack, second)) == {"app": 143, "guard": 75}
    assert read(stack, first)["lastStatus"] == "RUNNING"
    clock.sleep(600)
    third = run()
    clock.sleep(60)
    assert (read(stack, first)["lastStatus"], read(stack, third)["lastStatus"]) == ("STOPPED", "RUNNING")
    assert codes(read(stack, first)) == {"app": 0, "guard": 0}
