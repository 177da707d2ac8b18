"""The app's own secrets: in Secrets Manager with our tags, under the app's name. Their values are never read here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ecsctl.aws.asking import asking
from ecsctl.aws.codes import DENIED, code
from ecsctl.engine.label import APP, RESOURCE, flat
from ecsctl.engine.secret import Secret
from ecsctl.errors import Refused, UsageError
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from types_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label

NAME = re.compile(r"[A-Za-z0-9_+=.@-]{1,200}")
LARGEST = 65536  # bytes (Secrets Manager User Guide, "AWS Secrets Manager quotas")
PART = "secret "
"""The prefix of a secret's part in the stack, in its tags: its name follows."""
WINDOW = 30  # days in which a deleted one can be restored: the maximum, and AWS's default


@dataclass(frozen=True)
class Held:
    """One of the app's secrets: its short name, when it was last changed, and until when it can be restored."""

    name: str
    changed: datetime | None
    deleted: datetime | None


def full(app: str, name: str) -> str:
    """The name of one of the app's secrets in Secrets Manager. Raises UsageError for an invalid name."""
    if not NAME.fullmatch(name):
        raise UsageError(f"expected a name of at most 200 letters, digits and _+=.@-, found {name!r}")
    return f"{app}/{name}"


def checked(text: str) -> Secret:
    """A value as it was typed or read, without the newline at its end. Raises UsageError, which never repeats the
    value.
    """
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError("the value is empty: nothing was changed")
    if "\0" in value:
        raise UsageError("the value has a NUL byte, which no environment variable can hold: nothing was changed")
    if (size := len(value.encode())) > LARGEST:
        raise UsageError(f"the value has {size} bytes, expected at most {LARGEST}: nothing was changed")
    return Secret.of(value)


@asking("storing the secret")
def put(aws: Aws, me: Label, name: str, value: Secret, key: str = "") -> str:
    """Store a value. Returns what was done: "made", "changed", or "restored" if it was scheduled for deletion.

    `key` is the ARN of the KMS key that is to encrypt it; empty: one that is new is encrypted with AWS's. The same call
    may be repeated. Raises Refused for a secret of that name that is not the app's.
    """
    known, call = full(me.app, name), str(uuid.uuid4())
    described = _ours(aws, me.app, known)
    if described is None:
        aws.patience.through(
            lambda: aws.secretsmanager.create_secret(
                Name=known, SecretString=value.reveal(), ClientRequestToken=call, Tags=me.of(f"{PART}{name}").upper(),
                Description=f"{name}, a secret of {me.app}", **encrypted({}, key),
            ),
            what="making the secret",
        )  # fmt: skip
        return "made"
    if gone := described.get("DeletedDate"):
        aws.patience.through(lambda: aws.secretsmanager.restore_secret(SecretId=known), what="restoring the secret")
    store(aws, described, known, value.reveal(), call, key)
    return "restored" if gone else "changed"


def store(aws: Aws, described: DescribeSecretResponseTypeDef, secret: str, value: str, call: str, key: str) -> None:
    """Store a value in a secret that exists; with another key it is encrypted anew, and so are its versions.

    Secrets Manager API reference, UpdateSecret: KmsKeyId.
    """
    more = encrypted(described, key)
    into = aws.secretsmanager.update_secret if more else aws.secretsmanager.put_secret_value
    aws.patience.through(
        lambda: into(SecretId=secret, SecretString=value, ClientRequestToken=call, **more), what="storing the secret"
    )


def encrypted(described: Mapping[str, Any], key: str) -> Any:
    """Returns what to send so that a secret is encrypted with this key; nothing where it is, or no key is named."""
    return {"KmsKeyId": key} if key and described.get("KmsKeyId") != key else {}


@asking("reading the app's secrets")
def held(aws: Aws, app: str) -> tuple[Held, ...]:
    """All of the app's, including those scheduled for deletion, sorted by name."""
    with aws.uncached():
        answer = aws.read(
            aws.secretsmanager.list_secrets,
            Filters=[{"Key": "name", "Values": [f"{app}/"]}],
            IncludePlannedDeletion=True,
        )
    ours = (one for one in answer["SecretList"] if is_ours(app, flat(one.get("Tags"))))
    found = (Held(one["Name"].removeprefix(f"{app}/"), one.get("LastChangedDate") or one.get("CreatedDate"),
                  one.get("DeletedDate")) for one in ours)  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.name))


@asking("reading the secret")
def is_scheduled_for_deletion(aws: Aws, app: str, name: str) -> bool:
    """Whether a secret is scheduled for deletion already. Raises Refused if there is none."""
    return bool(_existing(aws, app, name).get("DeletedDate"))


@asking("deleting the secret")
def remove(aws: Aws, app: str, name: str, days: int = WINDOW) -> bool:
    """Schedule a secret for deletion after this many days, within which `put` restores it. Whether it was not
    already.
    """
    return _schedule(aws, full(app, name), _existing(aws, app, name), days)


def _existing(aws: Aws, app: str, name: str) -> DescribeSecretResponseTypeDef:
    described = _ours(aws, app, full(app, name))
    if described is None:
        raise Refused(f"{app} has no secret {name}", hint="ecsctl secret list lists them")
    return described


@asking("deleting the app's secrets")
def remove_all(aws: Aws, app: str, names: Iterable[str]) -> None:
    """The same for all of these that exist: for hours the tagging API still lists deleted ones."""
    for known in (full(app, name) for name in names):
        if (described := _ours(aws, app, known)) is not None:
            _schedule(aws, known, described, WINDOW)


def _schedule(aws: Aws, known: str, described: DescribeSecretResponseTypeDef, days: int) -> bool:
    if described.get("DeletedDate"):
        return False
    aws.patience.through(
        lambda: aws.secretsmanager.delete_secret(SecretId=known, RecoveryWindowInDays=days), what="deleting the secret"
    )
    return True


def is_ours(app: str, tags: dict[str, str]) -> bool:
    """Whether a secret with these tags was made by `secret set` for the app."""
    return tags.get(APP) == app and tags.get(RESOURCE, "").startswith(PART)


def kept(aws: Aws, app: str) -> tuple[str, ...]:
    """The names of the app's secrets, as far as the tagging API lists them by now."""
    try:
        answer = aws.read(aws.tagging.get_resources, TagFilters=[{"Key": APP, "Values": [app]}],
                          ResourceTypeFilters=["secretsmanager:secret"])  # fmt: skip
    except ClientError as error:
        if code(error) in DENIED:
            return ()  # a missing permission for tags is reported where it matters
        raise
    tags = (flat(mapping.get("Tags")) for mapping in answer["ResourceTagMappingList"])
    return tuple(sorted(one[RESOURCE].removeprefix(PART) for one in tags if is_ours(app, one)))


def _ours(aws: Aws, app: str, known: str) -> DescribeSecretResponseTypeDef | None:
    with aws.uncached():
        described = none_if_gone(lambda: aws.read(aws.secretsmanager.describe_secret, SecretId=known))
    if described is not None and not is_ours(app, flat(described.get("Tags"))):
        raise Refused(f"there is a secret {known}, and ecsctl has not made it for {app}",
                      why="it lacks the tags that ecsctl secret set writes",
                      hint=f"use it by its whole name: [service.secrets] VARIABLE = \"{known}\"")  # fmt: skip
    return described
