"""Which pushes through a connection start a pipeline."""

import pytest
from answers import refused
from declared import action, declare, stages

from ecsctl.sandbox import push as played
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from ecsctl.sandbox.aws.codepipeline.triggers import MOST, Pushed, _compiled, why_not_started


@pytest.mark.parametrize(("pattern", "name", "fits"), [
    ("backend/**", "backend/a/b.py", True), ("backend/**", "backend2/a.py", False),
    ("backend/*", "backend/a/b.py", False),
    ("*.json", "package.json", True), ("*.json", "web/package.json", False), ("**/*.md", "docs/a.md", True),
    ("v*", "v1.2.3", True), ("v?.*", "v1.0", True), ("{web,api}/**", "api/x", True), ("{web,api}/**", "docs/x", False),
    ("[a-c].txt", "b.txt", True), ("[!a-c].txt", "b.txt", False), ("a.b", "axb", False), ("[", "[", True),
])  # fmt: skip
def test_patterns_are_those_of_a_shell_with_two_stars(pattern, name, fits):
    assert bool(_compiled(pattern).fullmatch(name)) is fits


def pipeline(**push):
    about = {"sourceActionName": "Source", "push": [push]}
    return {"name": "orders", "triggers": [{"providerType": "CodeStarSourceConnection", "gitConfiguration": about}]}


WEB = pipeline(branches={"includes": ["main"]}, filePaths={"includes": ["web/**"], "excludes": ["**/*.md"]})
TAGS = pipeline(tags={"includes": ["v*"], "excludes": ["v0*"]})


@pytest.mark.parametrize(("declared", "pushed", "starts"), [
    (WEB, Pushed("main", files=("web/a.js", "docs/x")), True),
    (WEB, Pushed("main", files=("docs/x", "web/README.md")), False),
    (WEB, Pushed("other", files=("web/a.js",)), False),
    (WEB, Pushed("main"), True),
    (WEB, Pushed("main", files=tuple(f"docs/{number}" for number in range(MOST))), False),
    (WEB, Pushed("main", files=tuple(f"docs/{number}" for number in range(MOST + 1))), True),
    (WEB, Pushed("main", tag="v1", files=("web/a.js",)), False),
    (TAGS, Pushed("main", tag="v1.0"), True),
    (TAGS, Pushed("main", tag="v0.1"), False),
    (TAGS, Pushed("main"), False),
    ({"name": "orders"}, Pushed("main"), False),
])  # fmt: skip
def test_a_push_starts_what_its_filters_let_through(declared, pushed, starts):
    assert (why_not_started(declared, "Source", pushed) == "") is starts


@pytest.fixture
def connected(aws, role):
    arn = aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="hub")["ConnectionArn"]
    complete_handshake("hub")
    configured = {"ConnectionArn": arn, "FullRepositoryId": "me/orders", "BranchName": "main", "DetectChanges": "false"}
    source = action("Source", "Source", "CodeStarSourceConnection", outputs=["SourceOutput"], **configured)
    return declare(role, stages=stages(first=source))


def runs(aws):
    return len(aws("codepipeline").list_pipeline_executions(pipelineName="orders")["pipelineExecutionSummaries"])


def test_a_tag_builds_its_own_commit_and_the_branch_starts_nothing(aws, connected, clock):
    aws("codepipeline").create_pipeline(pipeline=connected | {"triggers": TAGS["triggers"]})
    clock.sleep(600)
    assert played.push(repository="me/orders")["began"] == []
    pushed = played.push(repository="me/orders", tag="v2.0")
    assert [one["pipeline"] for one in pushed["began"]] == ["orders"]
    clock.sleep(600)
    newest = aws("codepipeline").list_pipeline_executions(pipelineName="orders")["pipelineExecutionSummaries"][0]
    assert newest["sourceRevisions"][0]["revisionId"] == pushed["commit"]


def test_a_push_that_changes_something_else_starts_nothing_and_says_why(aws, connected, clock):
    aws("codepipeline").create_pipeline(pipeline=connected | {"triggers": WEB["triggers"]})
    before = runs(aws)
    pushed = played.push(repository="me/orders", files=["docs/a.txt"])
    assert pushed["unheard"] == ["pipeline orders does not listen to what this push changes: docs/a.txt"]
    assert played.push(repository="me/orders", files=["web/a.js"])["began"]
    assert runs(aws) == before + 1


def test_without_detection_no_push_starts_it(aws, connected):
    aws("codepipeline").create_pipeline(pipeline=connected)
    pushed = played.push(repository="me/orders")
    assert (pushed["began"], pushed["unheard"]) == ([], ["pipeline orders does not listen to pushes"])


@pytest.mark.parametrize("push", [
    {"branches": {"includes": ["main"]}, "tags": {"includes": ["v*"]}}, {"filePaths": {"includes": ["web/**"]}}, {},
])  # fmt: skip
def test_a_combination_of_filters_that_aws_does_not_know_is_refused(aws, connected, push):
    code, _ = refused(
        aws("codepipeline").create_pipeline, pipeline=connected | {"triggers": pipeline(**push)["triggers"]}
    )
    assert code == "InvalidStructureException"
