"""What pipelines hand on: zips in the artifact bucket, which the roles may read and write or not."""

import io
import re
import zipfile

import pytest
from declared import DAY, declare, document, executions, state, statuses

BUCKET = "orders-artifacts"
LONG = "orders-of-the-whole-world"


def keys(aws):
    return sorted(one["Key"] for one in aws("s3").list_objects_v2(Bucket=BUCKET).get("Contents", []))


def error(pipeline, stage):
    return state(pipeline, stage)["actionStates"][0]["latestExecution"]["errorDetails"]


def test_source_and_build_leave_a_zip_each_under_the_cut_names(aws, pipeline, role, clock):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    aws("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    variables = {"REPOSITORY_URI": "1.dkr.ecr.eu-central-1.amazonaws.com/app", "CONTAINER_NAME": "app"}
    project = aws("codebuild").batch_get_projects(names=["orders-build"])["projects"][0]
    listed = [{"name": name, "value": value} for name, value in variables.items()]
    environment = {**project["environment"], "environmentVariables": listed}
    aws("codebuild").update_project(name="orders-build", environment=environment)
    pipeline.create_pipeline(pipeline=declare(role, name=LONG))
    clock.sleep(4)
    assert keys(aws) == []
    clock.sleep(DAY)
    built, sourced = keys(aws)
    assert re.fullmatch(r"orders-of-the-whole-/BuildOutpu/[A-Za-z0-9]{7}", built)
    assert re.fullmatch(r"orders-of-the-whole-/SourceOutp/[A-Za-z0-9]{7}", sourced)
    got = aws("s3").get_object(Bucket=BUCKET, Key=built)
    assert (got["ServerSideEncryption"], got["SSEKMSKeyId"]) == ("aws:kms", "alias/aws/s3")  # whatever the bucket says
    found = zipfile.ZipFile(io.BytesIO(got["Body"].read()))
    assert found.namelist() == ["docker_image_definition.json"]
    assert b'"name": "app"' in found.read("docker_image_definition.json")

    actions = pipeline.list_action_executions(pipelineName=LONG)["actionExecutionDetails"]
    places = {one["actionName"]: (one["input"]["inputArtifacts"], one["output"]["outputArtifacts"]) for one in actions}
    of = {"SourceOutput": sourced, "BuildOutput": built}
    place = {name: {"name": name, "s3location": {"bucket": BUCKET, "key": key}} for name, key in of.items()}
    assert places["Build"] == ([place["SourceOutput"]], [place["BuildOutput"]])
    assert places["Deploy"][0] == [place["BuildOutput"]]
    build = aws("codebuild").batch_get_builds(ids=aws("codebuild").list_builds()["ids"])["builds"][0]
    assert build["sourceVersion"] == f"arn:aws:s3:::{BUCKET}/{sourced}"
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{BUCKET}/{built}"


@pytest.fixture
def key(aws):
    """The ARN of a key with which the pipeline's artifacts are encrypted, and those of its builds."""
    arn = aws("kms").create_key()["KeyMetadata"]["Arn"]
    aws("codebuild").update_project(name="orders-build", encryptionKey=arn)
    return arn


def keyed(role, key):
    declared = declare(role)
    return {**declared, "artifactStore": {**declared["artifactStore"], "encryptionKey": {"type": "KMS", "id": key}}}


def test_artifacts_have_the_pipelines_key_and_the_builds(aws, pipeline, role, clock, key):
    pipeline.create_pipeline(pipeline=keyed(role, key))
    clock.sleep(DAY)
    assert statuses(pipeline) == ["Succeeded"]
    assert {aws("s3").head_object(Bucket=BUCKET, Key=one)["SSEKMSKeyId"] for one in keys(aws)} == {key}


@pytest.mark.parametrize(("who", "stage"), [("codepipeline", "Source"), ("codebuild", "Build")])
def test_who_may_not_use_the_key_fails_where_it_puts_or_gets(aws, pipeline, role, clock, key, who, stage):
    denied = document(Action="kms:*", Resource="*", Effect="Deny")
    aws("iam").put_role_policy(RoleName=who, PolicyName="deny", PolicyDocument=denied)
    pipeline.create_pipeline(pipeline=keyed(role, key))
    clock.sleep(DAY)
    assert statuses(pipeline) == ["Failed"]
    assert state(pipeline, stage)["latestExecution"]["status"] == "Failed"


def test_a_build_whose_role_may_only_decrypt_fails_as_it_uploads(aws, pipeline, role, clock, key):
    denied = document(Action="kms:GenerateDataKey", Resource="*", Effect="Deny")
    aws("iam").put_role_policy(RoleName="codebuild", PolicyName="deny", PolicyDocument=denied)
    pipeline.create_pipeline(pipeline=keyed(role, key))
    clock.sleep(DAY)
    build = aws("codebuild").batch_get_builds(ids=aws("codebuild").list_builds()["ids"])["builds"][0]
    [failed] = [one for one in build["phases"] if one.get("phaseStatus") == "FAILED"]
    assert failed["phaseType"] == "UPLOAD_ARTIFACTS"
    assert f"kms:GenerateDataKey on resource: {key}" in failed["contexts"][0]["message"]


def test_a_bucket_that_is_not_there_fails_the_source(aws, pipeline, made, clock):
    aws("s3").delete_bucket(Bucket=BUCKET)
    clock.sleep(DAY)
    message = "Upload to S3 failed with the following error: The specified bucket does not exist"
    assert error(pipeline, "Source") == {"code": "ConfigurationError", "message": message}
    assert statuses(pipeline) == ["Failed"]


def test_a_pipeline_that_may_not_write_fails_at_its_source(aws, pipeline, made, clock):
    without = document(Action="s3:PutObject", Resource="*", Effect="Deny")
    aws("iam").put_role_policy(RoleName="codepipeline", PolicyName="deny", PolicyDocument=without)
    clock.sleep(DAY)
    message = "Upload to S3 failed with the following error: Access Denied"
    assert error(pipeline, "Source") == {"code": "PermissionError", "message": message}


def test_a_bucket_policy_that_denies_all_does_so_to_the_pipeline_too(aws, pipeline, made, clock):
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    aws("s3").put_bucket_policy(Bucket=BUCKET, Policy=document(**denied))
    clock.sleep(DAY)
    assert error(pipeline, "Source")["message"].endswith("Access Denied")


@pytest.mark.parametrize(
    ("action", "phase", "expected"),
    [
        ("s3:GetObject", "DOWNLOAD_SOURCE", "AccessDenied: Access Denied status code: 403 for primary source and"),
        ("s3:PutObject", "UPLOAD_ARTIFACTS", "Error uploading artifacts: AccessDenied: Access Denied"),
    ],
)
def test_a_build_needs_rights_to_its_source_and_its_artifact(aws, pipeline, made, clock, action, phase, expected):
    deny = document(Effect="Deny", Action=action, Resource="*")
    aws("iam").put_role_policy(RoleName="codebuild", PolicyName="deny", PolicyDocument=deny)
    clock.sleep(DAY)
    assert error(pipeline, "Build")["message"] == "Build terminated with state: FAILED"
    build = aws("codebuild").batch_get_builds(ids=aws("codebuild").list_builds()["ids"])["builds"][0]
    failed = next(one for one in build["phases"] if one.get("phaseStatus") == "FAILED")
    assert failed["phaseType"] == phase
    assert failed["contexts"][0]["message"].startswith(expected)
    assert [key.split("/")[1] for key in keys(aws)] == ["SourceOutp"]


def test_a_retried_build_has_an_artifact_of_its_own(aws, pipeline, made, clock):
    deny = document(Effect="Deny", Action="s3:PutObject", Resource="*")
    aws("iam").put_role_policy(RoleName="codebuild", PolicyName="deny", PolicyDocument=deny)
    clock.sleep(DAY)
    aws("iam").delete_role_policy(RoleName="codebuild", PolicyName="deny")
    again = {"pipelineName": "orders", "stageName": "Build", "pipelineExecutionId": executions(pipeline)[0][0]}
    pipeline.retry_stage_execution(**again, retryMode="FAILED_ACTIONS")
    clock.sleep(DAY)
    runs = pipeline.list_action_executions(pipelineName="orders")["actionExecutionDetails"]
    outputs = [one["output"]["outputArtifacts"][0]["s3location"]["key"] for one in runs if one["actionName"] == "Build"]
    assert len(set(outputs)) == 2
    taken = runs[0]["input"]["inputArtifacts"][0]["s3location"]["key"]
    assert runs[0]["actionName"] == "Deploy"
    assert taken == outputs[0]
    assert taken in keys(aws)
