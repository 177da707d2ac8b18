"""The buckets: one through which the pipeline's stages pass artifacts, and one for access logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Contents, Fixed, Found, Observed, Resource
from ecsctl.ids import BucketName
from ecsctl.names import Names
from ecsctl.resources.support.bucket_settings import (
    allow_log_delivery,
    allows_log_delivery,
    block_public_access,
    blocks_public_access,
    encrypt,
    encryption,
    expire,
    expiry,
    require_tls,
    requires_tls,
)
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.policy_document import Statement
from ecsctl.resources.support.rights import of

if TYPE_CHECKING:
    from types_boto3_s3.literals import BucketLocationConstraintType
    from types_boto3_s3.type_defs import (
        CreateBucketConfigurationTypeDef,
        DeleteMarkerEntryTypeDef,
        ObjectIdentifierTypeDef,
        ObjectVersionTypeDef,
        TagTypeDef,
    )

    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.rights import Scope, Uses

AT_ONCE = 1000  # objects that one DeleteObjects takes (S3 API)


@dataclass(frozen=True)
class BucketIds:
    """A bucket's ids, and the account that owns it: every call names it, so that none reaches someone else's bucket."""

    name: BucketName
    arn: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class Bucket(Resource[BucketIds]):
    """A private S3 bucket, found by its name: `<app>-artifacts-<account>-<region>`, since names are unique across all
    of AWS.
    """

    kind = "bucket"
    title = "artifact bucket"
    answered = True
    per_gigabyte = 0.023  # "Amazon S3 pricing"
    protect = "bucket"
    data = True
    arns = "s3"
    console = "{console}/s3/buckets/{name}?region={region}"

    name: Fixed[str]
    public_access_block: bool  # nothing in it can be made public
    encryption: str | None  # `AES256`, `aws:kms`, or a key's ARN; None: whatever the account puts there
    tls_only: bool
    expiration_days: int
    abort_incomplete_multipart_upload_days: int  # of uploads that were never finished

    def summary(self) -> str:
        """Shows its settings."""
        with_key = "encrypted with a KMS key of yours" if (self.encryption or "").startswith("arn:") else ""
        how = f"private, by TLS only, {with_key or self.encryption or 'encrypted'}"
        return f"{self.name}: {how}; objects for {self.expiration_days} days"

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to create, read, change and delete it. With access logs, one statement covers both
        buckets.
        """
        yield from _rights("Bucket", scope.bucket, encrypted=uses.access_logs or bool(uses.key))

    def observe(self, aws: Aws, me: Label) -> Observed[Self, BucketIds] | None:
        """Read by name, in this account. S3 has a call for each setting."""
        tags = _tags(aws, self.name, me.account)
        if tags is None:
            return None
        return Observed(_ids(self.name, me), type(self)(**self._settings(aws, me)), tags)

    def _settings(self, aws: Aws, me: Label) -> dict[str, Any]:
        """The values of all fields."""
        expire_days, abort_days = expiry(aws, self.name, me.account)
        return {
            "name": self.name,
            "public_access_block": blocks_public_access(aws, self.name, me.account),
            "encryption": encryption(aws, self.name, me.account) if self.encryption else None,
            "tls_only": requires_tls(aws, self.name, me.account, me.partition),
            "expiration_days": expire_days,
            "abort_incomplete_multipart_upload_days": abort_days,
        }

    @classmethod
    def named(cls, me: Label) -> str:
        """The name that ours has."""
        return Names.of(me).bucket

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[BucketIds]]:
        """The one with our name."""
        name = cls.named(me)
        tags = _tags(aws, name, me.account)
        if tags is not None:
            yield Found(_ids(name, me), tags)

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: BucketIds) -> Iterator[Callable[[], object]]:
        """S3 has a call for each setting."""
        yield partial(aws.read, aws.s3.get_bucket_tagging, Bucket=ids.name, ExpectedBucketOwner=ids.owner)
        for setting in (expiry, blocks_public_access):
            yield partial(setting, aws, ids.name, ids.owner)
        yield partial(requires_tls, aws, ids.name, ids.owner, me.partition)

    def as_created(self) -> Self:
        """As S3 makes them (S3 user guide, "Blocking public access", "Setting default server-side encryption")."""
        made = self.encryption and "AES256"
        return replace(
            self,
            public_access_block=True,
            encryption=made,
            tls_only=False,
            expiration_days=0,
            abort_incomplete_multipart_upload_days=0,
        )

    def create(self, aws: Aws, me: Label) -> BucketIds:
        """The name prevents duplicates; in us-east-1 a repetition changes nothing (S3 API, CreateBucket).

        The tags are part of the call: it needs s3:TagResource.
        """
        settings: CreateBucketConfigurationTypeDef = {"Tags": me.upper()}
        if me.region != "us-east-1":  # the only region that must not be named (S3 API, CreateBucket)
            settings["LocationConstraint"] = cast("BucketLocationConstraintType", me.region)
        aws.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration=settings)
        return _ids(self.name, me)

    def update(self, aws: Aws, me: Label, ids: BucketIds, changed: frozenset[str]) -> None:
        """One setting after the other: S3 refuses two at once (409, OperationAborted)."""
        if "public_access_block" in changed:
            block_public_access(aws, ids.name, ids.owner, on=self.public_access_block)
        if "encryption" in changed and self.encryption:
            encrypt(aws, ids.name, ids.owner, self.encryption)
        if "tls_only" in changed:
            require_tls(aws, ids.name, ids.owner, me.partition, on=self.tls_only)
        if changed & {"expiration_days", "abort_incomplete_multipart_upload_days"}:
            expire(aws, ids.name, ids.owner, self.expiration_days, self.abort_incomplete_multipart_upload_days)
        if "tags" in changed:  # the call replaces all tags, so what others have set is kept
            with aws.uncached():
                there_are = _tags(aws, ids.name, ids.owner) or {}
            tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in {**there_are, **me.tags}.items()]
            aws.s3.put_bucket_tagging(Bucket=ids.name, Tagging={"TagSet": tags}, ExpectedBucketOwner=ids.owner)

    @classmethod
    def delete(cls, aws: Aws, ids: BucketIds) -> None:
        """Delete it with every version of every object in it."""
        with aws.uncached():
            held = _everything(aws, ids)
        to_delete: list[ObjectIdentifierTypeDef] = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in held]
        for start in range(0, len(to_delete), AT_ONCE):
            aws.s3.delete_objects(
                Bucket=ids.name,
                Delete={"Objects": to_delete[start : start + AT_ONCE], "Quiet": True},
                ExpectedBucketOwner=ids.owner,
            )
        aws.s3.delete_bucket(Bucket=ids.name, ExpectedBucketOwner=ids.owner)

    @classmethod
    def contents(cls, aws: Aws, ids: BucketIds) -> Contents:
        """Says how many objects are deleted with it, old versions included."""
        held = _everything(aws, ids)
        summary = f"{len(held)} object{'s' if len(held) > 1 else ''}" if held else ""
        return Contents(summary, sum(cast("int", one.get("Size", 0)) for one in held))


@dataclass(frozen=True, kw_only=True)
class LogBucket(Bucket):
    """The same for the load balancer's access logs: `<app>-access-logs-<account>-<region>`. ELB may write to it."""

    kind = "log-bucket"
    title = "access log bucket"
    protect = "logs"
    tagging_type = "s3"

    delivery: bool  # ELB may put the logs of this account's load balancers into it

    @classmethod
    def named(cls, me: Label) -> str:
        """Returns what ours is called."""
        return Names.of(me).log_bucket

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """As for any bucket; it is also searched for once logs are no longer configured."""
        if uses.access_logs:
            yield from _rights("LogBucket", scope.log_bucket, encrypted=True)
        else:
            yield Statement("LogBucket", of("s3", "GetBucketTagging ListBucket"), (scope.log_bucket,))

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: BucketIds) -> Iterator[Callable[[], object]]:
        """ELB requires S3's own encryption."""
        yield from super().prefetch(aws, me, ids)
        yield partial(encryption, aws, ids.name, ids.owner)

    def _settings(self, aws: Aws, me: Label) -> dict[str, Any]:
        return {**super()._settings(aws, me), "delivery": allows_log_delivery(aws, self.name, me)}

    def as_created(self) -> Self:
        """Nobody may deliver logs."""
        return replace(super().as_created(), delivery=False)

    def update(self, aws: Aws, me: Label, ids: BucketIds, changed: frozenset[str]) -> None:
        """With the statement on who may deliver logs."""
        super().update(aws, me, ids, changed)
        if "delivery" in changed:
            allow_log_delivery(aws, ids.name, me, on=self.delivery)


def _rights(sid: str, bucket: str, *, encrypted: bool) -> Iterator[Statement]:
    actions = (
        "CreateBucket DeleteBucket GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging "
        "GetLifecycleConfiguration ListBucket ListBucketVersions PutBucketPolicy PutBucketPublicAccessBlock "
        "PutBucketTagging PutLifecycleConfiguration TagResource"
    )
    keys = " GetEncryptionConfiguration" + " PutEncryptionConfiguration" * encrypted
    yield Statement(sid, of("s3", f"{actions}{keys}"), (bucket,))
    yield Statement(f"{sid}Objects", of("s3", "DeleteObject DeleteObjectVersion"), (f"{bucket}/*",))


def _ids(name: str, me: Label) -> BucketIds:
    return BucketIds(BucketName(name), f"arn:{me.partition}:s3:::{name}", me.account)


def _tags(aws: Aws, name: str, owner: str) -> dict[str, str] | None:
    """The bucket's tags, an empty dictionary if there are none. None: this account has no such bucket."""
    from botocore.exceptions import ClientError

    def head() -> object | None:
        return none_if_gone(lambda: aws.read(aws.s3.head_bucket, Bucket=name, ExpectedBucketOwner=owner))

    try:
        answer = none_if_gone(lambda: aws.read(aws.s3.get_bucket_tagging, Bucket=name, ExpectedBucketOwner=owner))
    except ClientError:
        head()  # if that is refused too, its error says more: another account's bucket may be in the way
        raise
    if answer is not None:
        return flat(answer["TagSet"])
    return None if head() is None else {}


def _everything(aws: Aws, ids: BucketIds) -> list[ObjectVersionTypeDef | DeleteMarkerEntryTypeDef]:
    """Every version of every object, and every delete marker."""
    answer = aws.read(aws.s3.list_object_versions, Bucket=ids.name, ExpectedBucketOwner=ids.owner)
    return [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
