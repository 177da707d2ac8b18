"""Why a KMS key keeps a task from starting: it is disabled, about to be deleted, or its policy does not allow the use.

Messages are KMS's own (API reference, Decrypt: DisabledException, KMSInvalidStateException; segmentio/chamber#355) and
those of CloudWatch Logs (hashicorp/terraform-provider-aws#29282) and ECR (API reference, KmsException), which pass them
on. Secrets that the execution role may not decrypt are in secret_reading.py.
"""

from __future__ import annotations

import re

from ecsctl.why.causes.cause import Cause, Check
from ecsctl.why.causes.fixes import Fix, by_hand
from ecsctl.why.causes.secret_reading import arn_in, named_secret
from ecsctl.why.causes.wording import certainty_of
from ecsctl.why.evidence import Facts, Place, Reason
from ecsctl.why.words import contains

READS = (Place.PULL, Place.LOGIN, Place.SECRET, Place.LOG, Place.VOLUME, Place.FILE, Place.STORAGE)
DISABLED = ("DisabledException", " is disabled")
DELETED = ("KMSInvalidStateException", " is pending deletion")
DENIED = (
    "KMS key does not exist or is not allowed to be used",
    "not authorized to perform: kms:",
    "Access to KMS is not allowed",
    "The ciphertext refers to a customer master key",
    "KmsException",
    "KMSAccessDenied",
)
ENCRYPTED = {
    Place.PULL: "the image's repository",
    Place.LOGIN: "the image's repository",
    Place.LOG: "the app's log group",
    Place.VOLUME: "a file system",
    Place.FILE: "an environment file",
    Place.STORAGE: "the tasks' own storage",
}


def key_unusable(facts: Facts) -> Cause | None:
    """The key cannot be used, which no permission of ecsctl's roles can change."""
    for phrases, state, command in (
        (DISABLED, "is disabled", "aws kms enable-key --key-id {key}"),
        (DELETED, "is about to be deleted", "aws kms cancel-key-deletion --key-id {key}, then aws kms enable-key"),
    ):
        found = facts.reason(READS, *phrases)
        if found and contains(found.text, "kms"):
            fix = by_hand(f"let it be used again: {command.format(key=_key(found) or 'KEY')}")
            return _cause(found, state, fix)
    found = facts.reason(tuple(ENCRYPTED), *DENIED)
    if not found or not contains(found.text, "kms", "customer master key"):
        return None
    named = f" {_key(found)}" if _key(found) else ""
    fix = by_hand(f"allow it in the policy of the key{named}: the statements for kms_key are printed by ecsctl plan")
    return _cause(found, "does not exist, or its policy does not allow the use", fix)


def _cause(found: Reason, state: str, fix: Fix) -> Cause:
    what = ENCRYPTED.get(found.place) or named_secret(arn_in(found.text))
    named = f" ({_key(found)})" if _key(found) else ""
    sentence = f"the KMS key that {what} is encrypted with {state}{named}"
    return Cause("key-unusable", sentence, (found,), (fix,), certainty_of(found))


def _key(found: Reason) -> str:
    hit = re.search(r"arn:[\w-]+:kms:[\w-]+:\d*:(?:key|alias)/[\w/-]+", found.text)
    return hit[0] if hit else ""


CHECKS: tuple[Check, ...] = (key_unusable,)
