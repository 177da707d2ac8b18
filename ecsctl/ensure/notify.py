"""Notifications of failures and pending approvals: topic and webhook, and the rules that send events to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecsctl.ensure import policies
from ecsctl.ids import ApiDestinationArn, RoleArn, TopicArn
from ecsctl.parts import (
    APPROVALS,
    FAILED_DEPLOYMENTS,
    FAILED_JOBS,
    FAILED_RUNS,
    NOTIFY_ROLE,
    PAUSED_RELEASES,
    TIMER,
    TOPIC,
    WEBHOOK,
)
from ecsctl.resources.role import Role
from ecsctl.resources.rule import Rule
from ecsctl.resources.support.job_runs import group_of
from ecsctl.resources.support.rights import Scope
from ecsctl.resources.topic import Topic
from ecsctl.resources.webhook import Webhook

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.config.tables.notify import Notify
    from ecsctl.engine.stack import Stack
    from ecsctl.names import Names

RUN = ("run", "$.detail.execution-id")


@dataclass(frozen=True)
class Notice:
    """A notification: the events, as EventBridge's pattern; the message; and where in an event the values for `<>`
    are.
    """

    pattern: dict[str, Any]
    message: str
    paths: tuple[tuple[str, str], ...]


def ensure_notify(stack: Stack, config: Config, notify: Notify, facts: Facts, names: Names) -> None:
    """The topic for e-mail, what a webhook needs, and a rule for each possible notification."""
    scope = Scope.of(facts.identity, names)
    topic = TopicArn(notify.topic or "")
    if notify.email:
        desired = Topic(
            name=names.topic, policy=publishing(scope), kms_master_key=facts.key or None, emails=frozenset(notify.email)
        )
        topic = stack.ensure(TOPIC, desired).arn
    webhook, caller = ApiDestinationArn(""), RoleArn("")
    if facts.webhook:
        role = Role(
            name=names.role("notify"),
            assume_role_policy=policies.notify_trust(scope),
            statements=policies.notify(scope),
            path=names.role_path,
            permissions_boundary=config.permissions_boundary,
            policies=frozenset(),
        )
        may = stack.ensure(NOTIFY_ROLE, role)
        webhook = stack.ensure(
            WEBHOOK, Webhook(name=names.webhook, invocation_endpoint=facts.webhook, role=may.name)
        ).arn
        caller = may.arn
    for about, one in notices(config, scope).items():
        rule = Rule(
            name=names.rule(about),
            enabled=True,
            pattern=json.dumps(one.pattern),
            topic=topic,
            webhook=webhook,
            role=caller,
            message=one.message,
            input_paths_map=one.paths,
        )
        stack.ensure(about, rule)


def publishing(scope: Scope) -> str:
    """The topic's policy: EventBridge may publish, and no one else from outside.

    Without a condition, as in AWS's own example (EventBridge user guide, "Using resource-based policies for Amazon
    EventBridge"): with one that does not match, every message is lost silently.
    """
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Resource": scope.topic}]})


def notices(config: Config, scope: Scope) -> dict[str, Notice]:
    """The notifications, by the rule's part.

    CodePipeline user guide, "Monitoring CodePipeline events"; ECS developer guide, "Amazon ECS service deployment hook
    state change events", and "Amazon ECS service deployment state change events": a circuit breaker that rolls back
    reports first that the deployment has failed.
    """
    names, place = scope.names, f"in {scope.region} (account {scope.account})"
    found = {
        FAILED_DEPLOYMENTS: Notice(
            {
                "source": ["aws.ecs"],
                "detail-type": ["ECS Deployment State Change"],
                "resources": [scope.service[0]],
                "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
            },
            f"A deployment of {names.app} {place} has failed (<deployment>): <reason> If an older version was running, "
            "ECS goes back to it. To see why, run: ecsctl why",
            (("deployment", "$.detail.deploymentId"), ("reason", "$.detail.reason")),
        )
    }
    if config.deployment.pause:
        found[PAUSED_RELEASES] = Notice(
            {
                "source": ["aws.ecs"],
                "detail-type": ["ECS Hook State Change"],
                "detail": {
                    "eventName": ["HOOK_AWAITING_ACTION"],
                    "hookType": ["PAUSE"],
                    "serviceArn": [scope.service[0]],
                },
            },
            f"A release of {names.app} {place} is paused at <stage>, until <until> at most. To let it go on, run: "
            "ecsctl continue (or, to take it back: ecsctl cancel)",
            (("stage", "$.detail.lifecycleStage"), ("until", "$.detail.expiresAt")),
        )
    if config.jobs:
        found[FAILED_JOBS] = Notice(
            failed_jobs(config, scope),
            f"A job of {names.app} {place} has failed: <group>, task <task> (<reason>). To see why, run: ecsctl why",
            (("group", "$.detail.group"), ("task", "$.detail.taskArn"), ("reason", "$.detail.stoppedReason")),
        )
    if not config.github or config.pipeline.mode != "pipeline":
        return found
    found[FAILED_RUNS] = Notice(
        {
            "source": ["aws.codepipeline"],
            "detail-type": ["CodePipeline Pipeline Execution State Change"],
            "detail": {"pipeline": [names.pipeline], "state": ["FAILED"]},
        },
        f"The pipeline of {names.app} {place} has failed in run <run>. To see why, run: ecsctl pipeline logs",
        (RUN,),
    )
    if config.pipeline.approvals:
        found[APPROVALS] = Notice(
            {
                "source": ["aws.codepipeline"],
                "detail-type": ["CodePipeline Action Execution State Change"],
                "detail": {"pipeline": [names.pipeline], "state": ["STARTED"], "type": {"category": ["Approval"]}},
            },
            f"The pipeline of {names.app} {place} waits for an approval: <action>, in run <run>. To answer, run: "
            "ecsctl pipeline approve (or: ecsctl pipeline approve --reject)",
            (("action", "$.detail.action"), RUN),
        )
    return found


UNSTARTED = ("CannotPull", "ResourceInitializationError", "CannotCreateContainer", "Unexpected EC2 error", "Capacity")
"""How the reason begins if ECS has not started a task (ECS guide, "Stopped tasks error messages")."""
SIGTERM = 143


def failed_jobs(config: Config, scope: Scope) -> dict[str, Any]:
    """The end of a task of a job whose command failed, took too long, or did not start.

    ECS developer guide, "Amazon ECS task state change events". All conditions on one container are in one object:
    EventBridge compares each object of an array by itself (aws/event-ruler, README, "And and Or with arrays"). A run
    that is refused because another is in progress ends with SIGTERM's code and is no failure, and neither is one that a
    person has stopped. A run that took too long may end with 0 when it is stopped: its timer has slept to the end.
    """
    failed = {"name": [scope.names.container], "exitCode": [{"anything-but": [0, SIGTERM]}]}
    late = {"name": [TIMER], "exitCode": [0]}
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [scope.cluster],
            "lastStatus": ["STOPPED"],
            "group": [group_of(name) for name in sorted(config.jobs)],
            "stopCode": [{"anything-but": ["UserInitiated"]}],
            "$or": [
                {"containers": failed},
                {"containers": late},
                {"stoppedReason": [{"prefix": one} for one in UNSTARTED]},
            ],
        },
    }
