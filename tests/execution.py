"""What an execution role that a test makes by hand must be allowed, for its tasks to start."""

import json
from typing import Any

# The managed policy AmazonECSTaskExecutionRolePolicy, and what secrets and parameters take besides (ECS guide, "Amazon
# ECS task execution IAM role").
_ACTIONS = (
    "ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
    "logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue", "ssm:GetParameters",
)  # fmt: skip
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(_ACTIONS), "Resource": "*"}]}
)


def allowed(iam: Any, role: str) -> None:
    """Let the role do what an execution role does."""
    iam.put_role_policy(RoleName=role, PolicyName="execution", PolicyDocument=POLICY)
