"""The permissions that a task's execution role needs before the task starts, and ECS's messages if one is missing.

ECS guide, "Amazon ECS task execution IAM role". The sentences are those of public threads (aws/amazon-ecs-agent#4181,
doctorray117/minecraft-ondemand#12, aws/aws-cdk#11544, aws/copilot-cli#4504).
"""

from collections.abc import Iterator

from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends

from ecsctl.sandbox.aws.ecs.state import Task, Wire
from ecsctl.sandbox.core import keys, permissions, principals

_AUTH = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
_ONCE = "service call has been retried 1 time(s): "


def lacking(account: str, region: str, task: Task) -> str | None:
    """The stoppedReason of a task whose execution role lacks a permission; None if it has all it needs."""
    role = task.definition.document.get("executionRoleArn", "")
    held = next((one for one in iam_backends[account]["aws"].get_roles() if one.arn == role), None)
    if held is None:
        return None
    user = principals.session(role, task.id)
    for action, resource, words in _needs(account, region, task):
        if denied := permissions.denied_by(account, role, action, resource):
            why = (f"AccessDeniedException: User: {user} is not authorized to perform: {action} on resource: "
                   f"{resource} {denied}")  # fmt: skip
            return words.format(why=why, role=role)
    return None


def _needs(account: str, region: str, task: Task) -> Iterator[tuple[str, str, str]]:
    """Each needed permission: action, resource, and ECS's message around IAM's."""
    for container in task.definition.containers:
        yield from _secrets(container)
        yield from _log(account, container)
        yield from _image(account, region, container)


def _secrets(container: Wire) -> Iterator[tuple[str, str, str]]:
    for secret in container.get("secrets") or []:
        arn = ":".join(secret["valueFrom"].split(":")[:7])
        if ":secretsmanager:" in arn:
            words = f"unable to retrieve secret from asm: {_ONCE}failed to fetch secret {arn} from secrets manager: "
            yield "secretsmanager:GetSecretValue", arn, _AUTH + words + "{why}"
            # Secrets Manager's message, which has no more details (aws/aws-cdk#7677).
            if key := _key(arn):
                denied = "AccessDeniedException: Access to KMS is not allowed status code: 400"
                yield "kms:Decrypt", key, _AUTH + words + denied
        elif ":ssm:" in arn:
            yield "ssm:GetParameters", arn, f"{_AUTH}unable to retrieve secrets from ssm: {_ONCE}{{why}}"


def _key(secret: str) -> str:
    """The customer managed key that encrypts a secret; empty if there is none."""
    region, account = secret.split(":")[3:5]
    held = secretsmanager_backends[account][region].secrets.get(secret)
    named = getattr(held, "kms_key_id", "") or ""
    key = keys.found(account, region, named) if named else None
    return key.arn if key else ""


def _log(account: str, container: Wire) -> Iterator[tuple[str, str, str]]:
    configuration = container.get("logConfiguration") or {}
    if configuration.get("logDriver") == "awslogs":
        options = configuration["options"]
        group = f"arn:aws:logs:{options['awslogs-region']}:{account}:log-group:{options['awslogs-group']}"
        words = ("ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
                 "failed to create Cloudwatch log stream: {why} : exit status 1")  # fmt: skip
        yield "logs:CreateLogStream", f"{group}:log-stream:ecs/{container['name']}/x", words


def _image(account: str, region: str, container: Wire) -> Iterator[tuple[str, str, str]]:
    host, _, name = container["image"].partition("/")
    if host != f"{account}.dkr.ecr.{region}.amazonaws.com":
        return
    words = f"unable to retrieve ecr registry auth: {_ONCE}"
    yield "ecr:GetAuthorizationToken", "*", _AUTH + words + "{why}"
    repository = name.partition("@")[0].partition(":")[0]
    arn = f"arn:aws:ecr:{region}:{account}:repository/{repository}"
    for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"):
        why = (f"CannotPullContainerError: The task can't pull the image '{container['image']}' from Amazon ECR using "
               f"the task execution role '{{role}}'. To fix this, verify that the role has {action}")  # fmt: skip
        yield action, arn, why
