"""Notifies GitHub of each release: a rule for the pipeline's runs, and the small build that it starts at each
change.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ecsctl.buildspec import reporting
from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.ensure.release import ensure_step
from ecsctl.parts import REPORTS
from ecsctl.resources.build_rule import BuildRule
from ecsctl.resources.role import Role
from ecsctl.resources.support.rights import Scope

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.names import Names

MINUTES = 10
CHANGES = ("STARTED", "RESUMED", "SUCCEEDED", "FAILED", "STOPPED", "SUPERSEDED", "CANCELED")
"""The states of a run, as its events spell them (CodePipeline user guide, "Monitoring CodePipeline events")."""


def ensure_deployments(stack: Stack, config: Config, facts: Facts, names: Names) -> None:
    """The project that notifies GitHub, and the rule that starts it, with a role that may start only this one."""
    assert config.github is not None  # noqa: S101 - asked by the blueprint
    scope = Scope.of(facts.identity, names)
    arn, reference = facts.reporting
    console = f"https://{scope.region}.{_CONSOLES.get(scope.partition, _CONSOLES['aws'])}"
    project = ensure_step(
        stack,
        config,
        facts,
        names,
        "reporting",
        names.reports_project,
        allowed=policies.reporting(scope, arn, facts.keys_of([arn])),
        buildspec=reporting(),
        variables={
            "PIPELINE": names.pipeline,
            "REPOSITORY": config.github.repository,
            "ENVIRONMENT": names.app,
            "ENVIRONMENT_URL": f"https://{config.domain.name}" if config.domain else "",
            "RUN_URL": f"{console}/codesuite/codepipeline/pipelines/{names.pipeline}/executions/RUN_ID/timeline"
            f"?region={scope.region}",
        },
        secrets={"GITHUB_AUTH_TOKEN": reference},
        minutes=MINUTES,
    )
    role = Role(
        name=names.role(REPORTS),
        assume_role_policy=policies.notify_trust(scope),
        statements=policies.starts(scope),
        path=names.role_path,
        permissions_boundary=config.permissions_boundary,
        policies=frozenset(),
    )
    caller = stack.ensure(f"{REPORTS}-role", role)
    pattern = {
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "detail": {"pipeline": [names.pipeline], "state": list(CHANGES)},
    }
    rule = BuildRule(
        name=names.rule(REPORTS),
        enabled=True,
        pattern=json.dumps(pattern),
        project=project,
        role=caller.arn,
        variables=(("PIPELINE_RUN", "$.detail.execution-id"),),
    )
    stack.ensure(REPORTS, rule)


_CONSOLES = {"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn",
             "aws-us-gov": "console.amazonaws-us-gov.com"}  # fmt: skip
