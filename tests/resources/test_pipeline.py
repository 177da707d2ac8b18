import pytest
from moto.codepipeline.models import codepipeline_backends

from ecsctl.engine.secret import Secret
from ecsctl.errors import Refused
from ecsctl.ids import ClusterName, ConnectionArn, ProjectName, ServiceName
from ecsctl.resources.support.pipeline_structure import (
    Approval,
    Check,
    ConnectionSource,
    Deploy,
    has_our_structure,
    parts,
    structure,
)
from ecsctl.sandbox.aws.codeconnections import complete_handshake
from tests.rows.delivery import ACCOUNT_ID, CANARY, NAMES, NEXT, REGION, edit_pipeline, pushed, settings, stack_of

PIPELINE = stack_of("pipeline")


def with_(**changes):
    return stack_of("pipeline", pipeline=changes)


def described(cloud):
    """The pipeline as AWS shows it."""
    return cloud.boto("codepipeline").get_pipeline(name="shop")["pipeline"]


def kept(cloud):
    """The pipeline as AWS keeps it, with its real token."""
    return codepipeline_backends[ACCOUNT_ID][REGION].pipelines["shop"].pipeline


def actions(pipeline):
    return [
        (stage["name"], one["name"], one.get("runOrder", 1)) for stage in pipeline["stages"] for one in stage["actions"]
    ]


def deploying(cloud, status="InProgress"):
    """From here on AWS says that the Deploy stage is in this status."""
    states = [{"stageName": "Build", "latestExecution": {"status": "InProgress"}},
              {"stageName": "Deploy", "latestExecution": {"status": status}}]  # fmt: skip

    def say(parsed, **_):
        parsed["stageStates"] = states

    events = cloud.aws.client("codepipeline").meta.events
    events.register("after-call.codepipeline.GetPipelineState", say, unique_id="deploying")
    return lambda: events.unregister("after-call.codepipeline.GetPipelineState", unique_id="deploying")


def test_a_push_is_heard_of_by_the_webhook_alone(cloud):
    cloud.up(PIPELINE)
    source = settings(described(cloud), 0)
    assert source["PollForSourceChanges"] == "false"
    assert source["OAuthToken"] == "****"
    assert settings(kept(cloud), 0)["OAuthToken"] == CANARY


def test_a_push_is_heard_of_by_the_connection_alone(cloud):
    arn = cloud.boto("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="ours")["ConnectionArn"]
    complete_handshake("ours")
    desired = with_(source=ConnectionSource(ConnectionArn(arn), "ann/shop", "main"))
    cloud.up(desired)
    assert settings(described(cloud), 0)["DetectChanges"] == "true"
    [trigger] = described(cloud)["triggers"]  # AWS adds it: each push to the source's branch
    assert trigger["gitConfiguration"]["push"] == [{"branches": {"includes": ["main"]}}]
    assert cloud.boto("codepipeline").list_webhooks()["webhooks"] == []
    assert cloud.plan(desired).work == ()


def test_from_a_token_to_a_connection_and_back(cloud):
    arn = cloud.boto("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="ours")["ConnectionArn"]
    complete_handshake("ours")
    cloud.up(PIPELINE)
    cloud.clock.sleep(3600)
    desired = with_(source=ConnectionSource(ConnectionArn(arn), "ann/shop", "main"))
    assert {step.name: step.changed for step in cloud.plan(desired).work} == {"pipeline": {"source"}}
    cloud.up(desired)
    assert CANARY not in str(kept(cloud))
    cloud.up(PIPELINE)
    assert settings(kept(cloud), 0)["OAuthToken"] == CANARY


def test_tests_and_any_number_of_approvals_stand_between_build_and_deploy(cloud):
    desired = with_(
        tests=(Check("unit", ProjectName(NAMES.project)), Check("lint", ProjectName(NAMES.project))),
        approvals=(Approval("Ann", "Is it good?"), Approval("Bob"), Approval("Eve")),
    )
    cloud.up(desired)
    assert actions(described(cloud)) == [
        ("Source", "Source", 1),
        ("Build", "Build", 1),
        ("Test", "unit", 1),
        ("Test", "lint", 1),
        ("Approve", "Ann", 1),
        ("Approve", "Bob", 2),
        ("Approve", "Eve", 3),
        ("Deploy", "Deploy", 1),
    ]
    assert cloud.plan(desired).work == ()


def test_the_ecs_action_reads_our_file_and_gives_up_in_time(cloud):
    cloud.up(PIPELINE)
    assert settings(described(cloud), -1) == {
        "ClusterName": "shop",
        "ServiceName": "shop",
        "FileName": "docker_image_definition.json",
        "DeploymentTimeout": "15",
    }


def test_every_change_sends_the_real_token_again(cloud):
    cloud.up(PIPELINE)
    cloud.clock.sleep(3600)
    changed = with_(source=pushed(branch="next"))
    cloud.up(changed)
    assert (settings(kept(cloud), 0)["Branch"], settings(kept(cloud), 0)["OAuthToken"]) == ("next", CANARY)


def test_a_new_token_is_known_by_its_digest_alone(cloud):
    cloud.up(PIPELINE)
    cloud.clock.sleep(3600)
    assert cloud.plan(with_(source=pushed(CANARY))).work == ()
    plan = cloud.plan(with_(source=pushed(NEXT)))
    assert {step.name: step.changed for step in plan.work} == {"pipeline": {"source"}}
    assert NEXT not in repr(plan)
    cloud.up(with_(source=pushed(NEXT)))
    assert settings(kept(cloud), 0)["OAuthToken"] == NEXT
    assert cloud.plan(with_(source=pushed(NEXT))).work == ()


def test_a_death_between_a_new_token_and_its_digest_repeats_it(cloud):
    cloud.up(PIPELINE)
    cloud.clock.sleep(3600)
    with cloud.dying_before("codepipeline", "TagResource"):
        cloud.up(with_(source=pushed(NEXT)))
    assert [step.name for step in cloud.plan(with_(source=pushed(NEXT))).work] == ["pipeline"]
    cloud.up(with_(source=pushed(NEXT)))
    assert cloud.plan(with_(source=pushed(NEXT))).work == ()


def test_a_stage_or_an_action_that_others_have_added_is_drift(cloud):
    cloud.up(PIPELINE)
    cloud.clock.sleep(3600)
    lambda_ = {
        "name": "Ask",
        "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
    }
    edit_pipeline(cloud, lambda found: found["stages"].insert(2, {"name": "More", "actions": [lambda_]}))
    assert {step.name: step.changed for step in cloud.plan(PIPELINE).work} == {"pipeline": {"approvals", "exact"}}
    cloud.up(PIPELINE)
    assert [stage["name"] for stage in described(cloud)["stages"]] == ["Source", "Build", "Deploy"]


def test_a_pipeline_is_not_changed_while_it_deploys(cloud):
    cloud.up(PIPELINE)
    over = deploying(cloud)
    try:
        version = described(cloud)["version"]
        with pytest.raises(Refused, match="is deploying"):
            cloud.up(with_(source=pushed(branch="next")))
        assert described(cloud)["version"] == version
        assert cloud.up(PIPELINE).work == ()
    finally:
        over()
    cloud.up(with_(source=pushed(branch="next")))
    assert described(cloud)["version"] == version + 1


def test_a_running_pipeline_is_deleted(cloud):
    cloud.up(PIPELINE)
    cloud.boto("codepipeline").start_pipeline_execution(name="shop")
    running = cloud.boto("codepipeline").list_pipeline_executions(pipelineName="shop")["pipelineExecutionSummaries"]
    assert running[0]["status"] == "InProgress"
    cloud.down()
    assert cloud.boto("codepipeline").list_pipelines()["pipelines"] == []


DEPLOY = Deploy("Deploy", ClusterName("c"), ServiceName("s"))


def whole(**changes):
    desired = {"role": "r", "bucket": "b", "source": pushed(), "build": ProjectName("p"), "tests": (), "approvals": (),
            "deploys": (DEPLOY,)} | changes  # fmt: skip
    from ecsctl.resources.support.pipeline_structure import Parts

    return Parts(**desired)


@pytest.mark.parametrize(
    "desired",
    [
        whole(),
        whole(source=ConnectionSource(ConnectionArn("arn"), "ann/shop", "main")),
        whole(source=ConnectionSource(ConnectionArn("arn"), "ann/shop", "main", paths=("web/**", "*.json"))),
        whole(source=ConnectionSource(ConnectionArn("arn"), "ann/shop", "main", tags=("v*",))),
        whole(source=ConnectionSource(ConnectionArn("arn"), "ann/shop", "main", manual=True)),
        whole(tests=(Check("unit", ProjectName("t")),), approvals=(Approval("A", "?"), Approval("B"))),
    ],
)
def test_what_aws_hands_back_is_what_was_sent(desired):
    sent = structure("shop", desired, CANARY)
    assert parts(sent, Secret.of(CANARY).digest) == desired
    assert has_our_structure(sent | {"version": 7}, desired, REGION)


def noise(found):
    """Add what AWS and its console add, and what makes no difference."""
    found["version"] = 12
    found["triggers"] = []
    del found["executionMode"]
    for stage in found["stages"]:
        for action in stage["actions"]:
            action["region"] = REGION
            action.setdefault("inputArtifacts", [])
            action.setdefault("outputArtifacts", [])
            del action["runOrder"]


@pytest.mark.parametrize(
    ("equal", "change"),
    [
        (True, noise),
        (False, lambda found: settings(found, 0).pop("PollForSourceChanges")),
        (False, lambda found: settings(found, 0).update(PollForSourceChanges="true")),
        (False, lambda found: found.update(executionMode="PARALLEL")),
        (False, lambda found: found.update(pipelineType="V1")),
        (False, lambda found: found.update(triggers=[{"providerType": "CodeStarSourceConnection"}])),
        (False, lambda found: found["stages"][1]["actions"][0].update(region="us-east-1")),
        (False, lambda found: found["stages"][1].update(onFailure={"result": "ROLLBACK"})),
        (False, lambda found: found["stages"].reverse()),
        (False, lambda found: settings(found, 1).update(EnvironmentVariables="[]")),
        (False, lambda found: found["stages"][1]["actions"].append(found["stages"][1]["actions"][0])),
    ],
)
def test_only_a_real_difference_between_pipelines_counts(equal, change):
    found = structure("shop", whole(), "****")
    change(found)
    assert has_our_structure(found, parts(found, ""), REGION) is equal


def test_the_token_is_in_no_word_of_a_desired_resource():
    desired = whole()
    assert CANARY not in f"{desired!r} {desired} {desired.source!r} {desired.source}"
