"""Whoever names a KMS key has all that is made encrypted with it, and learns before the first change what it lacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecsctl.engine.secret import Secret
from ecsctl.errors import EcsctlError, Refused
from ecsctl.own_secrets import put
from ecsctl.sandbox import push
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack
from tests.stack.keys import ALL, DATA, EVENTS, GRANTS, LOGS, ROOT, document, made_key

BUCKET = f"hello-artifacts-{ACCOUNT}-{REGION}"


def keyed(**more: Any) -> dict[str, Any]:
    return desired_stack(domain=None, kms_key="alias/shop", **more)


def keys(world: World) -> dict[str, str]:
    """By what it is: the key that AWS shows of it."""
    boto = world.boto
    repository = boto("ecr").describe_repositories()["repositories"][0]["encryptionConfiguration"]
    rules = boto("s3").get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    store = boto("codepipeline").get_pipeline(name="hello")["pipeline"]["artifactStore"]
    codebuild = boto("codebuild")
    projects = codebuild.batch_get_projects(names=codebuild.list_projects()["projects"])["projects"]
    groups = boto("logs").describe_log_groups()["logGroups"]
    cluster = boto("ecs").describe_clusters(clusters=["hello"], include=["CONFIGURATIONS"])["clusters"][0]
    topics = [boto("sns").get_topic_attributes(TopicArn=one["TopicArn"]) for one in boto("sns").list_topics()["Topics"]]
    return {
        "cluster": cluster["configuration"]["managedStorageConfiguration"]["fargateEphemeralStorageKmsKeyId"],
        **{one["Attributes"]["TopicArn"]: one["Attributes"].get("KmsMasterKeyId", "") for one in topics},
        **{one["FileSystemId"]: one["KmsKeyId"] for one in boto("efs").describe_file_systems()["FileSystems"]},
        "repository": repository.get("kmsKey", ""),
        "bucket": rules[0]["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID", ""),
        "pipeline": store.get("encryptionKey", {}).get("id", ""),
        **{one["name"]: one["encryptionKey"] for one in projects},
        **{one["logGroupName"]: one.get("kmsKeyId", "") for one in groups},
    }


def test_all_that_is_made_is_encrypted_with_it_and_a_push_goes_through(world: World) -> None:
    arn = made_key(world)
    desired = keyed(
        release={"command": ["./migrate"]},
        pipeline={"tests": [{"name": "unit", "buildspec": "t.yml"}]},
        notify={"email": ["ops@example.com"]},
        volumes={"data": {"path": "/data"}},
        vpc={"flow_logs": "reject"},
    )
    world.up(desired)
    found = keys(world)
    assert len(found) == 15
    assert set(found.values()) == {arn}
    assert world.plan(desired).work == ()
    push.push("main")
    world.clock.sleep(3600)
    runs = world.boto("codepipeline").list_pipeline_executions(pipelineName="hello")["pipelineExecutionSummaries"]
    assert runs[0]["status"] == "Succeeded"
    world.down()


@pytest.mark.parametrize(
    ("lacks", "says"),
    [
        (LOGS, "does not let logs.eu-central-1.amazonaws.com encrypt the log group"),
        (DATA, "does not let fargate.amazonaws.com encrypt the tasks' storage"),
        (GRANTS, "does not let fargate.amazonaws.com encrypt the tasks' storage"),
        (EVENTS, "does not let events.amazonaws.com publish to the topic of notifications"),
    ],
)
def test_a_statement_that_its_policy_lacks_is_printed_and_once_added_all_is_well(
    world: World, lacks: dict[str, Any], says: str
) -> None:
    arn = made_key(world, *(one for one in ALL if one is not lacks))
    desired = keyed(github=None, notify={"email": ["ops@example.com"]})
    before = world.exact()
    with pytest.raises(Refused, match=says) as refused:
        world.up(desired)
    assert world.exact() == before
    hints = [one.hint for one in getattr(refused.value, "errors", [refused.value])]
    [statement] = [json.loads(hint.partition("statement ")[2]) for hint in hints]
    policy = json.loads(world.boto("kms").get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    added = document(*policy["Statement"], statement)
    world.boto("kms").put_key_policy(KeyId=arn, PolicyName="default", Policy=added)
    world.up(desired)


def test_a_condition_that_fits_no_log_group_of_the_app_counts_as_nothing(world: World) -> None:
    """StringEquals knows no patterns, and another account's groups are not ours."""
    context = "kms:EncryptionContext:aws:logs:arn"
    for condition in (
        {"StringEquals": {context: f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"}},
        {"ArnLike": {context: f"arn:aws:logs:{REGION}:999999999999:*"}},
    ):
        arn = made_key(world, ROOT, {**LOGS, "Condition": condition}, DATA, GRANTS)
        with pytest.raises(Refused, match="encrypt the log group /ecs/hello"):
            world.up(desired_stack(domain=None, github=None, kms_key=arn))
        world.boto("kms").delete_alias(AliasName="alias/shop")


def test_a_policy_that_names_each_role_is_warned_of_and_no_refusal(world: World) -> None:
    made_key(world, *ALL[1:])
    session = world.open(keyed(github=None))
    assert session.facts is not None
    assert "must name the roles of the app" in "".join(session.facts.cautions)
    assert session.engine.plan(session.desired_stack).refusals == ()


def test_a_key_of_another_account_is_used_though_its_policy_cannot_be_read(world: World) -> None:
    arn = f"arn:aws:kms:{REGION}:999999999999:key/1b2c3d4e-0000-4000-8000-000000000000"

    def denied(*_: Any) -> None:
        raise AssertionError("the policy of another account's key was read")

    world.heard = lambda service, operation, *rest: denied() if operation == "GetKeyPolicy" else None
    with pytest.raises(EcsctlError, match="there is no key"):
        world.up(desired_stack(domain=None, github=None, kms_key=arn))


def test_a_key_added_later_is_refused_for_the_images_until_the_repository_goes(world: World) -> None:
    made_key(world)
    world.up(desired_stack(domain=None))
    before = world.exact()
    with pytest.raises(Refused, match="AWS cannot change kms_key in place") as refused:
        world.up(keyed())
    assert "aws ecr delete-repository" in refused.value.hint
    assert world.exact() == before
    world.boto("ecr").delete_repository(repositoryName="hello", force=True)
    world.up(keyed())
    assert len(set(keys(world).values())) == 1
    assert world.plan(keyed()).work == ()


def test_a_key_that_is_removed_stays_on_what_has_it_but_no_role_needs_it(world: World) -> None:
    arn = made_key(world)
    world.up(keyed())
    world.up(desired_stack(domain=None))
    found = keys(world)
    assert {name for name, key in found.items() if key != arn} == {"pipeline", "hello-build"}
    assert found["hello-build"].endswith("alias/aws/s3")
    iam = world.boto("iam")
    for role in ("build", "pipeline"):
        document = iam.get_role_policy(RoleName=f"hello-{REGION}-{role}", PolicyName="ecsctl")["PolicyDocument"]
        assert "kms:" not in json.dumps(document)
    push.push("main")
    world.clock.sleep(3600)
    runs = world.boto("codepipeline").list_pipeline_executions(pipelineName="hello")["pipelineExecutionSummaries"]
    assert runs[0]["status"] == "Succeeded"


def test_the_role_that_starts_tasks_decrypts_the_secrets_that_have_a_key_and_keeps_that_without_the_option(
    world: World,
) -> None:
    arn = made_key(world)
    desired = keyed(github=None)
    world.up(desired)
    session = world.open(desired)
    put(session.aws, session.engine.label, "db-url", Secret.of("postgres://"), arn)
    assert world.boto("secretsmanager").describe_secret(SecretId="hello/db-url")["KmsKeyId"] == arn
    for configured in (keyed(github=None), desired_stack(domain=None, github=None)):
        world.up({**configured, "service": {"secrets": {"DB": "db-url"}}})
        role = f"hello-{REGION}-execution"
        found = world.boto("iam").get_role_policy(RoleName=role, PolicyName="ecsctl")["PolicyDocument"]["Statement"]
        [right] = [one for one in found if "kms:Decrypt" in one["Action"]]
        assert right["Resource"] in (arn, [arn])
        assert "secretsmanager.eu-central-1.amazonaws.com" in str(right["Condition"])


def test_a_new_value_is_encrypted_with_the_key_and_so_is_the_one_before(world: World) -> None:
    session = world.open(desired_stack(domain=None, github=None))
    aws, me = session.aws, session.engine.label
    assert put(aws, me, "db-url", Secret.of("one")) == "made"
    arn = made_key(world)
    assert put(aws, me, "db-url", Secret.of("two"), arn) == "changed"
    secrets = world.boto("secretsmanager")
    assert secrets.describe_secret(SecretId="hello/db-url")["KmsKeyId"] == arn
    assert secrets.get_secret_value(SecretId="hello/db-url")["SecretString"] == "two"
    assert put(aws, me, "db-url", Secret.of("three"), arn) == "changed"
    assert secrets.get_secret_value(SecretId="hello/db-url")["SecretString"] == "three"
