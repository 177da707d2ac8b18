"""The IAM policies that a person or a CI job needs to run ecsctl for one app."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecsctl.ensure.names import Names
from ecsctl.ensure.operator_policy import operator
from ecsctl.ensure.policies import Scope
from ecsctl.resources.policy_document import policy

if TYPE_CHECKING:
    from ecsctl.config import Config


def policies(config: Config, account: str, region: str, partition: str = "aws") -> dict[str, Any]:
    """The policies by name, as IAM takes them. What ecsctl.toml does not name exactly is left to a `*`."""
    scope = Scope(Names(config.name, account, region), account, region, partition)
    zone = (config.domain.hosted_zone or "") if config.domain else ""
    github = config.github
    secret = github.token_secret if github and not github.connection_arn else ""
    if secret and not secret.startswith("arn:"):
        # Secrets Manager ends a secret's ARN with six characters of its own (Secrets Manager User Guide, "Secret ARN").
        secret = f"arn:{partition}:secretsmanager:{region}:{account}:secret:{secret.split(':')[0]}-??????"
    wanted = operator(
        scope,
        zone=zone if zone.startswith("Z") else "*" if config.domain and config.domain.name else "",
        connection=(github.connection_arn or "") if github else "",
        secret=secret,
    )
    return {name: json.loads(policy(statements)) for name, statements in wanted.items()}
