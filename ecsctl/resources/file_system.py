"""An EFS file system: files that outlive the tasks that wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.engine.label import Label, flat
from ecsctl.engine.resource import Contents, Fixed, Found, Observed, Resource
from ecsctl.ids import FileSystemId
from ecsctl.resources.support import efs
from ecsctl.resources.support.common import none_if_gone, only

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.resources.support.policy_document import Statement
    from ecsctl.resources.support.rights import Scope, Uses

EMPTY = 64 * 1024  # bytes: the most that is counted for one with nothing but a few folders in it; an assumption
ENCRYPTED = {
    "Sid": "OnlyEncryptedOnItsWay",
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
"""EFS user guide, "Creating file system policies": enforce in-transit encryption for all clients.

A file system with a policy of its own is no longer open to everyone who can reach it: "The default policy is not in
effect whenever a user-configured file system policy is in place" ("Using IAM to control access to file systems").
"""


@dataclass(frozen=True)
class FileSystemIds:
    """A file system's ids."""

    file_system: FileSystemId
    arn: str


@dataclass(frozen=True, kw_only=True)
class FileSystem(Resource[FileSystemIds]):
    """An EFS file system that requires IAM authorization from everyone. Without a key it has the account's for EFS.

    Its contents are the user's, and exist nowhere else.
    """

    kind = "file-system"
    title = "file system"
    holds_until_gone = True
    arns = "elasticfilesystem:file-system"
    tagging_type = "elasticfilesystem"
    per_gigabyte = 0.30  # "Amazon EFS pricing": Standard storage; reading and writing come on top
    by_use = True
    usual_seconds = 8.0
    limit_seconds = 300.0
    kept_because = "its files are nowhere else"
    console = "{console}/efs/home?region={region}#/file-systems/{file_system}"

    kms_key: Fixed[str | None]  # the ARN of the KMS key of its files; None: whatever it has
    encrypted_only: bool  # in transit: it can be mounted in no other way, nor without IAM's permission

    def summary(self) -> str:
        """Says what it costs."""
        return "encrypted; $0.30 a month for each GB that is in it, and what is read and written"

    @property
    def replacement_advice(self) -> str:
        """What is in it is nowhere else."""
        return (
            "set it back; or name the volume otherwise in ecsctl.toml: that makes another file system, and this one is "
            "kept with its files until ecsctl down --volumes"
        )

    @classmethod
    def rights(cls, scope: Scope, uses: Uses) -> Iterator[Statement]:
        """The permissions to make, read, change and delete it."""
        return efs.rights(scope, uses)

    def observe(self, aws: Aws, me: Label) -> Observed[FileSystem, FileSystemIds] | None:
        """Read by its tags, which the listing has."""
        ours = {_ids(one): one for one in efs.listed(aws) if me.matches(flat(one.get("Tags")))}
        ids = only(ours, "file systems", me)
        if ids is None:
            return None
        one = ours[ids]
        state = one["LifeCycleState"]
        actual = FileSystem(
            kms_key=one.get("KmsKeyId", ""), encrypted_only=any(map(_requires_tls, _statements(aws, ids)))
        )
        failed = hint = ""
        if state == "error":  # EFS guide, "File system status": unrecoverable, its files are in its backups alone
            failed = "AWS has lost it, or could not make it (LifeCycleState error)"
            hint = "restore a backup of it to another one, and name that in ecsctl.toml; or delete it, then ecsctl up"
        note = "" if state == "available" else state
        return Observed(ids, actual, flat(one.get("Tags")), state == "available", failed, note,
                        since=one.get("CreationTime"), hint=hint)  # fmt: skip

    @classmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[FileSystemIds]]:
        """One listing of the whole region."""
        for one in efs.mine(aws, me):
            yield Found(_ids(one), flat(one.get("Tags")))

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: FileSystemIds) -> Iterator[Callable[[], object]]:
        """Read what its listing leaves out."""
        yield partial(_statements, aws, ids)

    def create(self, aws: Aws, me: Label) -> FileSystemIds:
        """The token makes a repeated call the same call: AWS refuses it, and names the existing file system."""
        answer = aws.efs.create_file_system(
            CreationToken=me.token(),
            Encrypted=True,
            **({"KmsKeyId": self.kms_key} if self.kms_key else {}),
            PerformanceMode="generalPurpose",
            ThroughputMode="elastic",
            Tags=me.upper(Name=me.name),
        )
        return _ids(answer)

    def update(self, aws: Aws, me: Label, ids: FileSystemIds, changed: frozenset[str]) -> None:
        """Its policy keeps the statements of others."""
        if "encrypted_only" in changed:
            with aws.uncached():
                others = [one for one in _statements(aws, ids) if one.get("Sid") != ENCRYPTED["Sid"]]
            wanted = [*others, *([{**ENCRYPTED, "Resource": ids.arn}] if self.encrypted_only else [])]
            policy = json.dumps({"Version": "2012-10-17", "Statement": wanted})
            aws.efs.put_file_system_policy(FileSystemId=ids.file_system, Policy=policy)
        if "tags" in changed:
            aws.efs.tag_resource(ResourceId=ids.file_system, Tags=me.upper())

    @classmethod
    def delete(cls, aws: Aws, ids: FileSystemIds) -> None:
        """Delete it with everything in it. AWS refuses while it has mount targets."""
        aws.efs.delete_file_system(FileSystemId=ids.file_system)

    @classmethod
    def contents(cls, aws: Aws, ids: FileSystemIds) -> Contents:
        """Says how much is in it; the number may be some hours old (EFS API reference, FileSystemSize)."""
        answer = none_if_gone(lambda: aws.read(aws.efs.describe_file_systems, FileSystemId=ids.file_system))
        size = answer["FileSystems"][0]["SizeInBytes"]["Value"] if answer else 0
        return Contents(f"{size / 1e9:.1f} GB of files" if size > EMPTY else "", size)


def _ids(one: dict[str, Any]) -> FileSystemIds:
    return FileSystemIds(FileSystemId(one["FileSystemId"]), one["FileSystemArn"])


def _statements(aws: Aws, ids: FileSystemIds) -> list[dict[str, Any]]:
    """The statements of its policy; without a policy AWS answers that it is not found."""
    answer = none_if_gone(lambda: aws.read(aws.efs.describe_file_system_policy, FileSystemId=ids.file_system))
    found = json.loads(answer["Policy"])["Statement"] if answer else []
    return found if isinstance(found, list) else [found]


def _requires_tls(statement: dict[str, Any]) -> bool:
    who = statement.get("Principal")
    everybody = who == "*" or (isinstance(who, dict) and who.get("AWS") in ("*", ["*"]))
    test = (statement.get("Condition") or {}).get("Bool") or {}
    off = str(test.get("aws:SecureTransport", "")).lower() == "false" and len(statement.get("Condition") or {}) == 1
    return bool(statement.get("Effect") == "Deny" and everybody and statement.get("Action") in ("*", ["*"]) and off)
