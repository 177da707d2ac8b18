"""`status` shows what it may read, names what it may not in its row, and ends with the exit code for that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecsctl.sandbox.core import authorization
from tests.permissions.recorded import BARE, Runs
from tests.permissions.test_unused import an_app, deny, ends

WITH = {**BARE, "domain": {"name": "hello.ecsctl.example"},
        "github": {"repository": "ecsctl/hello", "token_secret": "github/token"}}  # fmt: skip
# What is denied, and a resource whose row must say so. Nothing else may appear wrong because of it.
DENIED = {
    "elasticloadbalancing:DescribeTargetGroups": "target-group",
    "elasticloadbalancing:*": "load-balancer",
    "ecs:DescribeClusters": "cluster",
    "ecs:*": "service",
    "ec2:*": "vpc",
    "ecr:*": "repository",
    "iam:*": "task-role",
    "logs:*": "app-logs",
    "s3:*": "artifacts",
    "acm:*": "certificate hello.ecsctl.example",
    "route53:*": "dns hello.ecsctl.example",
    "codebuild:*": "build",
    "codepipeline:*": "pipeline",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with an_app(tmp_path_factory.mktemp("app"), WITH) as runs:
        assert ends(runs, "up --yes") == {"up --yes": 0}
        yield runs


def status(runs: Runs) -> tuple[int, dict[str, Any], str]:
    command = "status -o json"
    runs.found.ended.pop(command, None)
    runs.run(command)
    code, said = runs.found.ended[command]
    document, end = json.JSONDecoder().raw_decode(said)
    return code, document, said[end:]


def test_all_that_is_allowed_is_shown(running: Runs) -> None:
    rows = {}
    for action in DENIED:
        authorization.enforce(deny(action), "service-control")
        code, document, said = status(running)
        assert (code, document["kind"]) == (3, "status"), (action, document)
        rows[action] = {one["name"]: one for one in document["resources"]}
        assert {one["condition"] for one in rows[action].values()} == {"right", "not known"}, action
        assert "not allowed to call" in said
        assert "a service control policy" in said or action == "s3:*"  # the answer to a HEAD says no more
    assert {action: rows[action][name]["condition"] for action, name in DENIED.items()} == dict.fromkeys(
        DENIED, "not known"
    )
    for action, name in DENIED.items():
        assert "not allowed to call" in rows[action][name]["note"]
        assert rows[action][name]["ids"]
    names = {frozenset(found) for found in rows.values()}
    assert len(names) == 1
    authorization.enforce(None, "service-control")


def test_without_a_record_what_is_in_a_denied_thing_is_not_called_missing(running: Runs, tmp_path: Path) -> None:
    state_file = running.folder / ".ecsctl" / "state.json"
    kept = state_file.rename(tmp_path / "state.json")
    (state_file.parent / "state.json.bak").rename(tmp_path / "state.json.bak")
    authorization.enforce(deny("elasticloadbalancing:DescribeLoadBalancers"), "service-control")
    code, document, _ = status(running)
    kept.rename(state_file)
    authorization.enforce(None, "service-control")
    found = {one["name"]: one for one in document["resources"]}
    assert code == 3
    assert found["load-balancer"]["condition"] == found["https"]["condition"] == "not known"
    assert "could not be checked: load-balancer" in found["https"]["note"]
    assert "missing" not in {one["condition"] for one in found.values()}


def test_the_table_names_it_and_plan_refuses(running: Runs) -> None:
    authorization.enforce(deny("elasticloadbalancing:DescribeTargetGroups"), "service-control")
    assert ends(running, "status", "plan") == {"status": 3, "plan": 3}
    authorization.enforce(None, "service-control")
    assert "? target group" in running.found.ended["status"][1]
    assert "✓ load balancer" in running.found.ended["status"][1]
