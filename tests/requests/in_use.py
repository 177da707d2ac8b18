"""The operations that the product's source calls, and how: through `read`, `first_page`, or at once."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import botocore.model

import ecsctl
from ecsctl.aws.clients import SERVICES, Aws
from ecsctl.sandbox.core.requirements import PREFIXES
from tests.requests.recorded import known, operation

SPELLING = {  # where IAM's word for a call is not the call's own: S3's predate its API's names
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObjects": "s3:DeleteObjectVersion",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
_SERVICES = {name: SERVICES.get(name, name) for name in Aws.__annotations__}


@dataclass(frozen=True)
class Use:
    """One place in the source that names an operation of AWS."""

    service: str
    operation: str
    how: str  # "read", "first_page", "call"
    place: str

    @property
    def model(self) -> botocore.model.OperationModel:
        """AWS's model of the operation."""
        return operation(self.service, self.operation)

    @property
    def name(self) -> str:
        """`service.operation`, as boto3 calls both."""
        return f"{self.service}.{self.operation}"

    @property
    def action(self) -> str:
        """The action that IAM checks for it."""
        action = f"{PREFIXES.get(self.service, self.service)}:{self.model.name}"
        return SPELLING.get(action, action)


@functools.cache
def uses() -> tuple[Use, ...]:
    """Every operation that the source names, outside the sandbox."""
    root = Path(ecsctl.__file__).parent
    files = [path for path in root.rglob("*.py") if "sandbox" not in path.relative_to(root).parts]
    return tuple(use for path in sorted(files) for use in _of(path, str(path.relative_to(root))))


def _of(path: Path, name: str) -> Iterator[Use]:
    tree = ast.parse(path.read_text())
    reads: dict[int, str] = {}
    for node in ast.walk(tree):
        match node:
            case (
                ast.Call(func=ast.Attribute(attr="read" | "first_page" as how), args=[call, *_])
                | ast.Call(args=[ast.Attribute(attr="read" | "first_page" as how), call, *_])  # partial(aws.read, call)
            ):
                reads[id(call)] = how
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute | ast.Name):
            service = _SERVICES.get(node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id)
            if service and known(service, node.attr):
                yield Use(service, node.attr, reads.get(id(node), "call"), f"{name}:{node.lineno}")
