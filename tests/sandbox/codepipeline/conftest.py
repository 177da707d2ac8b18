import pytest
from declared import declare, prepared

from ecsctl.sandbox.aws.codepipeline import actions, time
from ecsctl.sandbox.aws.codepipeline.state import Outcome


@pytest.fixture(autouse=True)
def deployments_that_take_90_seconds(monkeypatch, clock):
    """These tests are about pipelines: what ECS's Deploy action does stands in test_runs.py.

    After `clock`, by which the sandbox has declared the action that this one takes the place of.
    """

    def deploy(_runs, _execution, attempt):
        done = Outcome(attempt.began + 90.0, "Succeeded")
        return actions.Timed(done)

    monkeypatch.setitem(time.BEGIN, ("Deploy", "AWS", "ECS"), deploy)


@pytest.fixture
def role(aws, clock):
    return prepared(aws, clock)


@pytest.fixture
def pipeline(aws):
    return aws("codepipeline")


@pytest.fixture
def made(pipeline, role):
    return pipeline.create_pipeline(pipeline=declare(role), tags=[{"key": "owner", "value": "me"}])["pipeline"]
