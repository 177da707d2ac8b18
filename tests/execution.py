"""The permissions of an execution role that a test creates itself."""

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
    """Attach the permissions that an execution role needs."""
    iam.put_role_policy(RoleName=role, PolicyName="execution", PolicyDocument=POLICY)
