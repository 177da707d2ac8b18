"""The zip files between a pipeline's actions: objects of the artifact bucket, written and read with a role's rights."""

import io
import zipfile
from collections.abc import Mapping

from moto.iam.access_control import PermissionResult
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeBucket, FakeKey, s3_backends

from ecsctl.sandbox.core import keys, overlay, permissions
from ecsctl.sandbox.core.overlay import Refusal

_CUT_PIPELINE, _CUT_ARTIFACT, _RANDOM = 20, 10, 7  # characters, as in public logs
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same zip


class _Artifacts(set[tuple[str, str]]):
    """Bucket and key of everything that pipelines have ever put there."""


def location(bucket: str, pipeline: str, artifact: str, partition: str = "aws") -> str:
    """The ARN of a new object: `<pipeline>/<artifact>/<random>`, both names truncated.

    No AWS page describes the scheme; public logs show it (awslabs/aws-refarch-cross-account-pipeline#5).
    """
    tail = mock_random.get_random_string(length=_RANDOM)
    return f"arn:{partition}:s3:::{bucket}/{pipeline[:_CUT_PIPELINE]}/{artifact[:_CUT_ARTIFACT]}/{tail}"


def parts(arn: str) -> tuple[str, str]:
    """Bucket and key of an object's ARN."""
    bucket, _, key = arn.rpartition(":::")[2].partition("/")
    return bucket, key


def put(account: str, role: str, arn: str, content: bytes, key_arn: str = "") -> None:
    """Write the object, encrypted with this KMS key, or with S3's own, whatever the bucket's default is.

    aws/aws-cdk#10086, #4182. Raises Refusal with S3's own answer.
    """
    bucket, key = parts(arn)
    check_put(account, role, arn, key_arn)
    backend = s3_backends[account][arn.split(":")[1]]
    backend.put_object(bucket, key, content, encryption="aws:kms", kms_key_id=key_arn or "alias/aws/s3")
    overlay.memory(backend, _Artifacts).add((bucket, key))


def get(account: str, role: str, arn: str) -> bytes:
    """Read the object. Raises Refusal with S3's own answer."""
    found = _bucket(account, role, arn, "s3:GetObject").keys.get(parts(arn)[1])
    if not isinstance(found, FakeKey):
        raise Refusal("NoSuchKey", "The specified key does not exist.")
    _use_store(account, role, found.kms_key_id or "", "Decrypt")
    content: bytes = found.value
    return content


def check_put(account: str, role: str, arn: str, key_arn: str = "") -> None:
    """Raises what `put` would."""
    _bucket(account, role, arn, "s3:PutObject")
    _use_store(account, role, key_arn, "GenerateDataKey")


def _use_store(account: str, role: str, key_arn: str, action: str) -> None:
    """Raise Refusal if a role may not use the key: S3 does so with the caller's rights.

    S3 guide, "Using server-side encryption with AWS KMS keys". The words are those of public logs
    (tests/why/field/threads.py).
    """
    key = keys.found(account, "", key_arn) if ":key/" in key_arn else None
    if key is None:
        return
    if key.key_state != "Enabled":
        raise Refusal("KMS.DisabledException", f"{key.arn} is disabled.")
    if not permissions.is_allowed(account, role, f"kms:{action}", key.arn):
        why = f"because no identity-based policy allows the kms:{action} action"
        message = f"User: {role} is not authorized to perform: kms:{action} on resource: {key.arn} {why}"
        raise Refusal("AccessDenied", message)


def is_artifact(account: str, bucket: str, key: str) -> bool:
    """Whether an object is one of these zip files: a pipeline's history, not a setting of the account."""
    return (bucket, key) in overlay.memory(s3_backends[account]["aws"], _Artifacts)


def _bucket(account: str, role: str, arn: str, action: str) -> FakeBucket:
    name, backend = parts(arn)[0], s3_backends[account][arn.split(":")[1]]
    owner = s3_backends.bucket_accounts.get(name, ("", ""))[1]
    if not owner:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist")
    allowed = owner == account and permissions.is_allowed(account, role, action, arn)
    if not allowed or backend.buckets[name].get_permission(action, arn) == PermissionResult.DENIED:
        raise Refusal("AccessDenied", "Access Denied")
    return backend.buckets[name]


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip file with these files."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
    return whole.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files in a zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
