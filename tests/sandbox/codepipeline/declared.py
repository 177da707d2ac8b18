"""A pipeline's declaration as CreatePipeline takes it, and how its executions stand."""

import json

TOKEN = "ghp_" + "x" * 36
DAY = 24 * 3600


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def action(name, category, provider, owner="AWS", inputs=(), outputs=(), order=1, **configuration):
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": owner, "provider": provider, "version": "1"},
        "configuration": configuration,
        "inputArtifacts": [{"name": one} for one in inputs],
        "outputArtifacts": [{"name": one} for one in outputs],
        "runOrder": order,
    }


def source(**changed):
    settings = {"Owner": "me", "Repo": "orders", "Branch": "main", "OAuthToken": TOKEN, "PollForSourceChanges": "false"}
    return action("Source", "Source", "GitHub", "ThirdParty", outputs=["SourceOutput"], **settings | changed)


BUILD = action(
    "Build", "Build", "CodeBuild", inputs=["SourceOutput"], outputs=["BuildOutput"], ProjectName="orders-build"
)
ECS = {"ClusterName": "orders", "ServiceName": "orders"}
DEPLOY = action("Deploy", "Deploy", "ECS", inputs=["BuildOutput"], **ECS)
APPROVE = action("Approve", "Approval", "Manual")


def stages(*approvals, first=None):
    middle = [{"name": "Approval", "actions": list(approvals)}] if approvals else []
    named = [("Source", [first or source()]), ("Build", [BUILD]), ("Deploy", [DEPLOY])]
    made = [{"name": name, "actions": found} for name, found in named]
    return made[:2] + middle + made[2:]


def declare(role, *approvals, **changed):
    return {
        "name": "orders",
        "roleArn": role,
        "artifactStore": {"type": "S3", "location": "orders-artifacts"},
        "stages": stages(*approvals),
        "pipelineType": "V2",
    } | changed


def executions(pipeline):
    executions = pipeline.list_pipeline_executions(pipelineName="orders")["pipelineExecutionSummaries"]
    return [(one["pipelineExecutionId"], one["status"]) for one in executions]


def statuses(pipeline):
    return [status for _, status in executions(pipeline)]


def state(pipeline, stage):
    return next(one for one in pipeline.get_pipeline_state(name="orders")["stageStates"] if one["stageName"] == stage)


def prepared(aws, clock):
    """The ARN of a role that a pipeline may have, in an account with a build project and a bucket for artifacts.

    `aws("iam")` is a boto3 client.
    """
    iam = aws("iam")
    for name in ("codepipeline", "codebuild"):
        trust = document(Principal={"Service": f"{name}.amazonaws.com"}, Action="sts:AssumeRole")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document(Action="*", Resource="*"))
    here = {"LocationConstraint": "eu-central-1"}
    aws("s3").create_bucket(Bucket="orders-artifacts", CreateBucketConfiguration=here)
    clock.sleep(60)
    aws("codebuild").create_project(
        name="orders-build",
        source={"type": "GITHUB", "location": "https://github.com/me/orders"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "ARM_CONTAINER",
            "image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole="arn:aws:iam::123456789012:role/codebuild",
    )
    return "arn:aws:iam::123456789012:role/codepipeline"
