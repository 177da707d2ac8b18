"""Builds facts in the form of AWS's answers: an app `shop` with two tasks, and one failure.

A scene is a mapping of fields of Facts; scenes are merged with `|`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ecsctl.resources.support.containers import LABEL
from ecsctl.why import Cause, diagnose
from ecsctl.why.evidence import Facts

Scene = dict[str, Any]

BEGAN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
DEFINITION = "arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:3"
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:4f2a91c"
GROUP = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/73e2d6bc24d8a067"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/database-AbCdEf"  # noqa: S105 - a name
OURS = [{"Key": "ecsctl:app", "Value": "shop"}]
PHASES = ("SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD",
          "UPLOAD_ARTIFACTS", "FINALIZING")  # fmt: skip


def facts(*scenes: Scene) -> Facts:
    """The facts of an app that runs, with these scenes over them."""
    whole: Scene = runs()
    for scene in scenes:
        whole |= scene
    return Facts(app="shop", **whole)


def at(minutes: float) -> datetime:
    """A moment after the deployment began."""
    return BEGAN + timedelta(minutes=minutes)


def _service(running: int, rollout: str, *events: str, **deployment: Any) -> Scene:
    messages = [
        {"id": str(n), "createdAt": at(9 - n), "message": f"(service shop) {text}"} for n, text in enumerate(events)
    ]
    primary = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "taskDefinition": DEFINITION,
        "desiredCount": 2,
        "pendingCount": 0,
        "runningCount": running,
        "failedTasks": 0 if running else 3,
        "createdAt": BEGAN,
        "updatedAt": at(2),
        "rolloutState": rollout,
    } | deployment
    network = {"subnets": ["subnet-0a1"], "securityGroups": ["sg-0task"], "assignPublicIp": "DISABLED"}
    return {
        "serviceName": "shop",
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": running,
        "pendingCount": 0,
        "taskDefinition": DEFINITION,
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "shop", "containerPort": 8000}],
        "healthCheckGracePeriodSeconds": 60,
        "networkConfiguration": {"awsvpcConfiguration": network},
        "deployments": [primary],
        "events": messages,
    }


def runs() -> Scene:
    """Two tasks that run, behind a load balancer that finds them healthy."""
    options = {"awslogs-group": "/ecs/shop", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "ecs"}
    container = {
        "name": "shop",
        "image": IMAGE,
        "essential": True,
        "portMappings": [{"containerPort": 8000}],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    inward = {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000, "UserIdGroupPairs": [{"GroupId": "sg-0alb"}]}
    outward = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    return {
        "service": _service(2, "COMPLETED", "has reached a steady state."),
        "definition": {
            "taskDefinitionArn": DEFINITION,
            "memory": "512",
            "executionRoleArn": "arn:aws:iam::123456789012:role/shop-eu-central-1-execution",
            "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            "containerDefinitions": [container],
        },
        "images": {IMAGE: True},
        "log_groups": {"/ecs/shop": True},
        "groups": [{"GroupId": "sg-0task", "IpPermissions": [inward], "IpPermissionsEgress": [outward], "Tags": OURS}],
        "balancer_groups": ["sg-0alb"],
        "subnet_routes": {"subnet-0a1": routes(NatGatewayId="nat-1")},
        "target_group": {"TargetGroupArn": GROUP, "HealthCheckPath": "/health", "Matcher": {"HttpCode": "200"}},
        "targets": [_target("healthy"), _target("healthy")],
    }


def routes(tags: Sequence[Mapping[str, str]] = OURS, **way: str) -> Scene:
    """A route table, with this way out or none."""
    out = [{"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **way}] if way else []
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
    return {"RouteTableId": "rtb-0priv", "Routes": [local, *out], "Tags": list(tags)}


def _target(state: str, **more: str) -> Scene:
    return {"Target": {"Id": "10.0.2.17", "Port": 8000}, "TargetHealth": {"State": state, **more}}


def box(name: str = "shop", code: int | None = None, reason: str = "", **more: Any) -> Scene:
    """A container of a stopped task."""
    found: Scene = {"name": name, "image": IMAGE, "lastStatus": "STOPPED", **more}
    return found | ({} if code is None else {"exitCode": code}) | ({"reason": reason} if reason else {})


def task(stopped: str, *boxes: Scene, code: str = "TaskFailedToStart", events: Sequence[str] = ()) -> Scene:
    """Tasks that keep stopping for this reason."""
    one = {
        "taskArn": "arn:aws:ecs:eu-central-1:123456789012:task/shop/00000001c2d84f5f9d6d2a1c3e5b7f90",
        "taskDefinitionArn": DEFINITION,
        "lastStatus": "STOPPED",
        "createdAt": at(1),
        "startedAt": at(2),
        "stoppedAt": at(5),
        "stopCode": code,
        "stoppedReason": stopped,
        "containers": list(boxes) or [box()],
    }
    return {"stopped": [one], "targets": [], "service": _service(0, "IN_PROGRESS", *events)}


def exits(*boxes: Scene) -> Scene:
    """Tasks whose essential container ends."""
    return task("Essential container in task exited", *boxes, code="EssentialContainerExited")


def unhealthy(answer: str, reason: str = "Target.ResponseCodeMismatch") -> Scene:
    """Tasks that run, but are unhealthy for the load balancer."""
    why = f"Task failed ELB health checks in (target-group {GROUP})"
    scene = task(
        why,
        box(code=143),
        code="ServiceSchedulerInitiated",
        events=[f"(task 00000001) (port 8000) is unhealthy in (target-group {GROUP}) due to (reason {answer})"],
    )
    return scene | {"targets": [_target("unhealthy", Reason=reason, Description=answer)]}


def answers(code: int) -> Scene:
    """An app that answers its health check with this code."""
    return unhealthy(f"Health checks failed with these codes: [{code}]")


def event(text: str) -> Scene:
    """A service that cannot place its tasks, with this event."""
    return {"targets": [], "service": _service(0, "IN_PROGRESS", text)}


def spot(scene: Scene) -> Scene:
    """The same for a service all of whose tasks run on Fargate Spot."""
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    return scene | {"service": scene["service"] | {"capacityProviderStrategy": strategy}}


def checked(command: str) -> Scene:
    """An app whose own container has a health check."""
    found = runs()["definition"]
    own = found["containerDefinitions"][0] | {"healthCheck": {"command": ["CMD-SHELL", command], "interval": 30}}
    return {"definition": found | {"containerDefinitions": [own]}}


def waiting(name: str) -> Scene:
    """Tasks that stay PENDING: the app depends on a container that is unhealthy."""
    found = beside(name)["definition"]
    own, other = found["containerDefinitions"]
    own |= {"dependsOn": [{"containerName": name, "condition": "HEALTHY"}]}
    other |= {"healthCheck": {"command": ["CMD-SHELL", "exit 1"]}}
    service = _service(0, "IN_PROGRESS", "has started 2 tasks: (task 1) (task 2).", pendingCount=2, failedTasks=0)
    arn = "arn:aws:ecs:eu-central-1:123456789012:task/shop/00000001c2d84f5f9d6d2a1c3e5b7f90"
    boxes = [box(lastStatus="PENDING"), box(name, lastStatus="RUNNING", healthStatus="UNHEALTHY")]
    task = {"taskArn": arn, "taskDefinitionArn": DEFINITION, "lastStatus": "PENDING", "containers": boxes}
    return {"definition": found, "targets": [], "service": service | {"pendingCount": 2}, "starting": [task]}


def beside(*names: str) -> Scene:
    """A task definition with these containers beside the app's own, all essential."""
    found = runs()["definition"]
    more = [{"name": name, "image": f"public.ecr.aws/acme/{name}:1", "essential": True} for name in names]
    return {"definition": found | {"containerDefinitions": [*found["containerDefinitions"], *more]}}


def as_sidecars(scene: Scene) -> Scene:
    """The same task definition, with the containers beside the app's own as ecsctl makes those of [sidecars]."""
    found = scene["definition"]
    label = {"dockerLabels": {LABEL: "yes"}}
    every = [one if one["name"] == "shop" else one | label for one in found["containerDefinitions"]]
    return {"definition": found | {"containerDefinitions": every}}


def log(*lines: str, after: float = 2) -> Scene:
    """The app's log, from this minute on."""
    start = int(at(after).timestamp() * 1000)
    return {"log": [{"timestamp": start + 1000 * n, "message": line} for n, line in enumerate(lines)]}


def build(phase: str, code: str, message: str, *lines: str, status: str = "FAILED", then: Sequence[str] = ()) -> Scene:
    """A build that fails in a phase; `then` are phases that fail after it."""
    phases: list[Scene] = []
    for name in PHASES:
        failed = name == phase or name in then
        said = {"statusCode": code, "message": message} if name == phase else {"statusCode": "", "message": ""}
        this: Scene = {"phaseType": name, "phaseStatus": status if failed else "SUCCEEDED", "contexts": [said]}
        phases.append(this | {"startTime": at(1), "endTime": at(4)})
        if name == phase and phase in PHASES[:6] and not then:
            break
    phases.append({"phaseType": "COMPLETED"})
    environment = {"type": "LINUX_CONTAINER", "privilegedMode": True, "environmentVariables": [
        {"name": "GITHUB_AUTH_TOKEN", "type": "SECRETS_MANAGER", "value": "shop/github"}]}  # fmt: skip
    return {
        "build": {
            "id": "shop-build:1f2e3d4c",
            "projectName": "shop-build",
            "serviceRole": "arn:aws:iam::123456789012:role/shop-eu-central-1-build",
            "buildStatus": status,
            "environment": environment,
            "phases": phases,
        },
        "build_log": [
            {"timestamp": int(at(3).timestamp() * 1000) + n, "message": line} for n, line in enumerate(lines)
        ],
    }


def fails(phase: str, command: str, *output: str, exit: int = 1, before: Sequence[str] = (),
          after: Sequence[str] = (), then: Sequence[str] = ()) -> Scene:  # fmt: skip
    """A build whose command fails. `before` is the output of earlier commands, `after` that of later phases."""
    prefix = "[Container] 2026/03/02 10:03:00.123456"
    reason = f"Error while executing command: {command}. Reason: exit status {exit}"
    lines = [f"{prefix} Running command prepare", *before, f"{prefix} Entering phase {phase}",
        f"{prefix} Running command {command}",
             *output, "", f"{prefix} Command did not exit successfully {command} exit status {exit}",
             f"{prefix} Phase complete: {phase} State: FAILED",
             f"{prefix} Phase context status code: COMMAND_EXECUTION_ERROR Message: {reason}", *after]  # fmt: skip
    return build(phase, "COMMAND_EXECUTION_ERROR", reason, *lines, then=then)


def stage(name: str, code: str, message: str, action: str = "") -> Scene:
    """A pipeline whose action failed."""
    details = {"code": code, "message": message}
    return pipeline(name, action or name, status="Failed", errorDetails=details)


def pipeline(stage: str = "Source", action: str = "Source", **latest: Any) -> Scene:
    """A pipeline with this last run of an action."""
    run = {"pipelineExecutionId": "1111", "lastStatusChange": at(6), "status": "Succeeded", **latest}
    way = {"stageName": stage, "inboundTransitionState": {"enabled": True}}
    return {"pipeline": {"pipelineName": "shop",
                         "stageStates": [way | {"actionStates": [{"actionName": action,
                         "latestExecution": run}]}]}}  # fmt: skip


def never() -> Scene:
    """An app that has never run: there is no service yet."""
    return {"service": None, "definition": {}, "targets": [], "images": {}, "target_group": {}, "groups": []}


def gives_up(status: str = "ROLLBACK_FAILED", reason: str = "", breaker: str = "TRIGGERED") -> Scene:
    """ECS gave up the newest deployment."""
    arn = "arn:aws:ecs:eu-central-1:123456789012:service-revision/shop/shop/3"
    one = {"serviceDeploymentArn": "d3", "createdAt": BEGAN, "finishedAt": at(30), "status": status,
        "statusReason": reason,
           "targetServiceRevision": {"arn": arn}, "deploymentCircuitBreaker": {"status": breaker}}  # fmt: skip
    return {"deployments": [one], "revisions": {arn: DEFINITION}}


def release(*lines: str, code: int = 1) -> Scene:
    """A release command that failed, so that nothing was deployed."""
    return {"commands": [_ended("release", code)], "command_log": log(*lines)["log"]}


def job(*lines: str, name: str = "nightly", code: int = 1) -> Scene:
    """A job whose last run failed."""
    return {"job_tasks": [_ended(name, code)], "job_log": log(*lines)["log"]}


def _ended(name: str, code: int) -> Scene:
    """A standalone task that has ended."""
    return {
        "taskArn": "arn:aws:ecs:eu-central-1:123456789012:task/shop/00000002c2d84f5f9d6d2a1c3e5b7f90",
        "group": f"ecsctl:{name}",
        "createdAt": at(6),
        "startedAt": at(7),
        "stoppedAt": at(8),
        "desiredStatus": "STOPPED",
        "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [box(code=code)],
    }


def certificate(status: str, why: str = "", **more: Any) -> Scene:
    """The certificate of shop.example.com."""
    record = {"Name": "_a1.shop.example.com.", "Type": "CNAME", "Value": "_b2.acm-validations.aws."}
    details = {"DomainName": "shop.example.com", "Status": status, "CreatedAt": BEGAN,
            "DomainValidationOptions": [{"DomainName": "shop.example.com", "ResourceRecord": record}]}  # fmt: skip
    return {"certificate": details | ({"FailureReason": why} if why else {}) | more}


SILENT = unhealthy("Health checks failed", "Target.FailedHealthChecks")


def first(*scenes: Scene) -> Cause | None:
    """The most likely cause in these scenes."""
    causes = diagnose(facts(*scenes)).causes
    return causes[0] if causes else None
