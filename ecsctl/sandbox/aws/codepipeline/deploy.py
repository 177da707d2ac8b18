"""The ECS deploy action: a new revision of what the service runs, with the images that the build names."""

import json
from dataclasses import dataclass
from typing import Any

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.codepipeline.actions import begins, failed, settings_of
from ecsctl.sandbox.aws.codepipeline.state import Attempt, Execution, Outcome, Work
from ecsctl.sandbox.aws.codepipeline.time import Runs
from ecsctl.sandbox.builds import artifacts
from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.core.principals import session

LIMIT = 60.0  # minutes; CodePipeline guide, "Amazon ECS deployment action reference": the default DeploymentTimeout

# The parameters of RegisterTaskDefinition. ECS sets everything else that DescribeTaskDefinition returns.
_COPIED = (
    "family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes",
    "placementConstraints", "requiresCompatibilities", "cpu", "memory", "pidMode", "ipcMode", "proxyConfiguration",
    "inferenceAccelerators", "ephemeralStorage", "runtimePlatform", "tags",
)  # fmt: skip


class _Unfit(Exception):
    """The action fails, with CodePipeline's message."""

    def __init__(self, message: str, code: str = "ConfigurationError") -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Deploying:
    """Waits until the action's deployment is the only one of the service."""

    account: str
    region: str
    cluster: str
    service: str
    deployment: str
    gives_up: float

    def ended(self, now: float) -> Outcome | None:
        """Returns how it ended: the deployment is complete, or the time is over.

        After a rollback by the circuit breaker the action keeps waiting until its time is over, as users report
        (aws/containers-roadmap#1399).
        """
        state, since = self._rollout()
        if state == "COMPLETED" and since <= min(now, self.gives_up):
            return Outcome(since, "Succeeded", "Deployment succeeded")
        if now < self.gives_up:
            return None
        message = f"The service {self.service} did not reach a steady state with deployment {self.deployment} in time"
        return Outcome(self.gives_up, "Failed", message, "JobFailed", message)

    def state(self) -> str:
        """The state of the deployment, such as IN_PROGRESS or FAILED; see `ecs.rollout`."""
        return self._rollout()[0]

    def _rollout(self) -> tuple[str, float]:
        return ecs.rollout(self.account, self.region, self.cluster, self.service, self.deployment)

    def stop(self, now: float) -> None:
        """Do nothing: the deployment goes on (CodePipeline guide, "Stop a pipeline execution")."""


@begins("Deploy", "AWS", "ECS")
def ecs_deploy(runs: Runs, execution: Execution, attempt: Attempt) -> Work:
    """Register a copy of the service's own revision with other images, and update the service to it.

    CodePipeline guide, "Amazon ECS standard deployment action": it starts from the revision that the service runs,
    not from the newest one. Error messages are those of public reports, if there are any.
    """
    account, region, settings = runs.backend.account_id, runs.backend.region_name, settings_of(attempt)
    cluster, service = settings["ClusterName"], settings["ServiceName"]
    role = execution.pipeline["roleArn"]
    arn = f"arn:{runs.backend.partition}:ecs:{region}:{account}"
    try:
        images = _images(account, execution, attempt)
        _ask(account, role, "ecs:DescribeServices", f"{arn}:service/{cluster}/{service}")
        found = ecs.describe_service(account, region, cluster, service)
        revision = ecs.describe_task_definition(account, region, found["taskDefinition"])
        fresh = _with_images(revision, images)
        family = revision["family"]
        _ask(account, role, "ecs:RegisterTaskDefinition", f"{arn}:task-definition/{family}:*")
        if fresh.get("tags"):
            _ask(account, role, "ecs:TagResource", f"{arn}:task-definition/{family}:*")
        for passed in filter(None, (revision.get("taskRoleArn"), revision.get("executionRoleArn"))):
            _ask(account, role, "iam:PassRole", passed)
        _ask(account, role, "ecs:UpdateService", f"{arn}:service/{cluster}/{service}")
        by = session(role, str(int(attempt.began * 1000)))  # as CodePipeline calls its sessions in public logs
        made = ecs.register_task_definition(account, region, by, **fresh)
        updated = ecs.update_service(
            account, region, at=attempt.began, cluster=cluster, service=service, taskDefinition=made
        )
    except _Unfit as unfit:
        return failed(attempt.began, str(unfit), unfit.code)
    except Refusal as refusal:
        return failed(attempt.began, str(refusal.message))
    deployment = next(one["id"] for one in updated["deployments"] if one["status"] == "PRIMARY")
    attempt.external_id = deployment
    attempt.external_url = (
        f"https://console.aws.amazon.com/ecs/home?region={region}#/clusters/{cluster}/services/{service}/deployments"
    )
    minutes = float(settings.get("DeploymentTimeout") or LIMIT)
    return Deploying(account, region, cluster, service, deployment, attempt.began + minutes * 60)


def _images(account: str, execution: Execution, attempt: Attempt) -> dict[str, str]:
    """The image of each container, from the file in the artifact's zip."""
    name = settings_of(attempt).get("FileName") or "imagedefinitions.json"
    where = execution.input_of(attempt)
    bucket, key = artifacts.parts(where)
    try:
        text = artifacts.unpacked(artifacts.get(account, execution.pipeline["roleArn"], where)).get(name)
    except Refusal:  # AWS's message even if it does not exist: without ListBucket, S3 does not say so
        message = f"Unable to access the artifact with Amazon S3 object key '{key}' located in the Amazon S3 artifact"
        why = f"{message} bucket '{bucket}'. The provided role does not have sufficient permissions."
        raise _Unfit(why, "PermissionError") from None
    if text is None:
        message = f"Did not find the image definition file {name} in the input artifacts ZIP file. Verify the file is"
        raise _Unfit(f"{message} stored in your pipeline's Amazon S3 artifact bucket: {bucket} key: {key}")
    try:
        return {one["name"]: one["imageUri"] for one in json.loads(text)}
    except (ValueError, TypeError, KeyError):
        raise _Unfit(f"The image definition file {name} contains invalid JSON format") from None


def _with_images(revision: dict[str, Any], images: dict[str, str]) -> dict[str, Any]:
    fresh = {name: revision[name] for name in _COPIED if revision.get(name)}
    containers = {one["name"]: dict(one) for one in fresh["containerDefinitions"]}
    for name, image in images.items():
        if name not in containers:
            raise _Unfit(f"The AWS ECS container {name} does not exist")
        containers[name]["image"] = image
    for one in containers.values():
        one.pop("versionConsistency", None)  # is lost in the copy (terraform-aws-modules/terraform-aws-ecs#356)
    return fresh | {"containerDefinitions": list(containers.values())}


def _ask(account: str, role: str, action: str, resource: str) -> None:
    if not permissions.is_allowed(account, role, action, resource):
        message = f"The provided role does not have sufficient permissions to access ECS: {action} on {resource}"
        raise _Unfit(message, "PermissionError")
