"""RunTask: what may be overridden, what is refused and in which words, and how a command without an engine goes."""

import pytest
from ecs_stack import ACCOUNT, Stack, refused

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.ecs.commands import played

INVALID, CLIENT = "InvalidParameterException", "ClientException"


@pytest.fixture
def stack(aws, clock):
    """Everything a task stands on."""
    return Stack(aws, clock).everything()


def asked(stack, **more):
    """What run_task is asked for."""
    settings = stack.asked()
    return {"cluster": "app", "launchType": "FARGATE", "taskDefinition": settings["taskDefinition"],
            "networkConfiguration": settings["networkConfiguration"], **more}  # fmt: skip


def command(*words, **more):
    """Overrides of the command."""
    return {"containerOverrides": [{"name": "app", "command": list(words)}], **more}


def look(stack, arn):
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


def test_a_command_runs_to_its_end_with_its_size_and_is_told_by_whoever_started_it(stack, clock, aws):
    overrides = command("sh", "-c", "echo begun && sleep 30; exit 7", cpu="512", memory="2048")
    tags = [{"key": "owner", "value": "me"}]
    ask = asked(stack, startedBy="someone", group="ours:run", overrides=overrides, tags=tags)
    arn = stack.ecs.run_task(**ask)["tasks"][0]["taskArn"]
    clock.sleep(60)
    assert stack.ecs.list_tasks(cluster="app", startedBy="someone")["taskArns"] == [arn]
    assert look(stack, arn)["lastStatus"] == "RUNNING"
    clock.sleep(60)
    task = look(stack, arn)
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert (task["containers"][0]["exitCode"], task["cpu"], task["memory"]) == (7, "512", "2048")
    assert (task["group"], task["tags"], task["overrides"]["cpu"]) == ("ours:run", tags, "512")
    events = aws("logs").filter_log_events(logGroupName="/app", logStreamNamePrefix=f"web/app/{task['taskArn'][-32:]}")
    assert [one["message"] for one in events["events"]] == ["begun"]


def test_a_task_that_no_service_keeps_is_not_stopped_for_its_health(stack, clock):
    check = {"command": ["CMD", "true"], "interval": 10, "timeout": 5, "retries": 2}
    arn = stack.definition(healthCheck=check)
    ecs.behave(ACCOUNT, "", "sick")
    task = stack.ecs.run_task(**{**asked(stack), "taskDefinition": arn})["tasks"][0]["taskArn"]
    clock.sleep(300)
    assert (look(stack, task)["lastStatus"], look(stack, task)["healthStatus"]) == ("RUNNING", "UNHEALTHY")


def test_of_a_shell_so_much_is_played_that_exit_codes_can_be_tried():
    def ends(*words):
        run = played(words)
        return run.code, run.lines

    assert ends("false") == (1, ())
    assert ends("sh", "-c", "false && echo no; echo yes") == (0, ("yes",))
    assert ends("/bin/bash", "-ec", "true && exit 4; echo never") == (4, ())
    code, lines = ends("python", "manage.py", "migrate")
    assert (code, len(lines)) == (0, 1)
    code, lines = ends("sh", "-c", "exit $CODE")
    assert (code, len(lines)) == (0, 1)  # what needs a real shell is taken to work
