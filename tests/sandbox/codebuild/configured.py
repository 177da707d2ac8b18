"""A build project as CreateProject takes it, and what it needs."""

import json

ARM = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
PAIRING = "Invalid input: when using CodePipeline both sourceType, and artifactType must be set to: CODEPIPELINE"
PAT = {"serverType": "GITHUB", "authType": "PERSONAL_ACCESS_TOKEN", "token": "ghp_1"}
SECRET = {"authType": "SECRETS_MANAGER", "token": "arn:aws:secretsmanager:eu-central-1:1:secret:x-AbCdEf"}


def trust(service):
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def desired(role, **changed):
    return {
        "name": "orders",
        "source": {"type": "GITHUB", "location": "https://github.com/me/orders.git"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {"type": "ARM_CONTAINER", "image": ARM, "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": role,
    } | changed
