"""Status changes of executions as events: EventBridge rules start builds and publish to topics.

CodePipeline user guide, "Monitoring CodePipeline events"; EventBridge user guide, "Amazon EventBridge targets". If
the rule's role lacks a permission, the target is not invoked, and nobody gets an error.
"""

import json
import re
from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.events.models import events_backends

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.codebuild import builds
from ecsctl.sandbox.aws.codepipeline import time
from ecsctl.sandbox.aws.codepipeline.state import Execution
from ecsctl.sandbox.aws.sns import delivery
from ecsctl.sandbox.core import overlay, permissions

_STATES = {"InProgress": "STARTED", "Succeeded": "SUCCEEDED", "Failed": "FAILED", "Stopping": "STOPPING",
           "Stopped": "STOPPED", "Superseded": "SUPERSEDED", "Cancelled": "CANCELED"}  # fmt: skip


def changed(runs: time.Runs, execution: Execution, before: str, at: float) -> None:
    """Invoke the targets of all rules that match the event of a status change."""
    state = "RESUMED" if before and execution.status == "InProgress" else _STATES[execution.status]
    account, region = runs.backend.account_id, runs.backend.region_name
    event: Any = {
        "source": "aws.codepipeline",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "account": account,
        "region": region,
        "detail": {"pipeline": runs.name, "execution-id": execution.id, "state": state},
    }
    for rule in list(events_backends[account][region].event_buses["default"].rules.values()):
        if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
            for target in rule.targets:
                if ":codebuild:" in target["Arn"]:
                    _start(account, region, rule, target, event, at)
                elif ":sns:" in target["Arn"]:
                    delivery.publish(account, region, rule.name, target["Arn"], str(_input(target, event)))


def _start(account: str, region: str, rule: Any, target: dict[str, Any], event: dict[str, Any], at: float) -> None:
    role, backend = target.get("RoleArn", ""), codebuild_backends[account][region]
    project = backend.codebuild_projects.get(target["Arn"].partition(":project/")[2])
    may = iam.can_be_assumed(account, role, "events.amazonaws.com", rule.arn) and permissions.is_allowed(
        account, role, "codebuild:StartBuild", target["Arn"]
    )
    if project is None or not may:
        return
    try:
        builds.start(backend, project.project_metadata, _input(target, event), f"rule/{rule.name}", at)
    except overlay.Refusal:
        return  # the account's quota is used up: EventBridge retries for a day; the sandbox does not


def _input(target: dict[str, Any], event: dict[str, Any]) -> Any:
    """The target's input. A value is inserted as JSON, but as plain text between quotes."""
    words = target.get("InputTransformer")
    if words is None:
        return {}

    def value(hole: str) -> Any:
        found: Any = event
        for name in words["InputPathsMap"][hole].removeprefix("$.").split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def filled(part: re.Match[str]) -> str:
        if not part[0].startswith('"'):
            return json.dumps(value(part[1]))
        return re.sub(r"<([\w-]+)>", lambda hole: json.dumps(str(value(hole[1])))[1:-1], part[0])

    return json.loads(re.sub(r'"(?:[^"\\]|\\.)*"|<([\w-]+)>', filled, words["InputTemplate"]))


time.on_status_change.append(changed)
