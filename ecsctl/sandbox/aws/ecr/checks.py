"""What ECR refuses: unusable KMS keys, and contradictory rules of lifecycle policies and of signing."""

import json
import re
from typing import Any

from moto.ecr.models import ECRBackend
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

from ecsctl.sandbox.aws import kms
from ecsctl.sandbox.core import overlay

_PROFILE = re.compile(r"arn:aws(-[a-z]+)*:signer:(?P<region>[a-z0-9-]+):[0-9]{12}:/signing-profiles/[a-zA-Z0-9_]{2,}")
_FILTER = re.compile(r"(?:[a-z0-9*]+(?:[._-][a-z0-9*]+)*/)*[a-z0-9*]+(?:[._-][a-z0-9*]+)*")
MOST = 10
_INVALID = (
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: {}'"
)


@overlay.wraps(ECRBackend)
def create_repository(original: Any, self: ECRBackend, *args: Any, **kwargs: Any) -> Any:
    """Check the KMS key, which must exist and be enabled, and store its ARN, however it was named.

    ECR calls KMS as the caller: DescribeKey, then CreateGrant (Amazon ECR user guide, "Encryption at rest").
    API reference, CreateRepository, has the code; the message is KMS's own.

    Raises Refusal.
    """
    encryption = kwargs.get("encryption_config") or {}
    if named := encryption.get("kmsKey"):
        if wrong := kms.refusal(self.account_id, self.region_name, named):
            raise overlay.Refusal("KmsException", wrong)
        kwargs["encryption_config"] = {**encryption, "kmsKey": kms.arn(self.account_id, self.region_name, named)}
    return original(*args, **kwargs)


@overlay.wraps(ECRBackend)
def put_lifecycle_policy(
    original: Any, _self: ECRBackend, registry_id: str, repository_name: str, lifecycle_policy_text: str
) -> Any:
    """Refuse contradictory rules: moto checks only the syntax of each."""
    EcrLifecyclePolicyValidator(lifecycle_policy_text).validate()
    if wrong := _contradiction(json.loads(lifecycle_policy_text)["rules"]):
        raise overlay.Refusal("InvalidParameterException", _INVALID.format(wrong))
    return original(registry_id, repository_name, lifecycle_policy_text)


def _contradiction(rules: list[dict[str, Any]]) -> str:
    """Returns a contradiction among the rules (ECR user guide, "Lifecycle policy properties"); empty without one. The
    messages on `any`, `untagged` and `tagged` are from public reports, the others are assumptions.
    """  # fmt: skip
    priorities = [int(rule["rulePriority"]) for rule in rules]
    if len({*priorities}) < len(priorities):
        return "Rule priorities must be unique"
    selections = {int(rule["rulePriority"]): rule["selection"] for rule in rules}
    status = {priority: one["tagStatus"] for priority, one in selections.items()}
    if any(one == "any" and priority != max(priorities) for priority, one in status.items()):
        return "Rule for tagStatus=ANY must have the lowest priority per storage class"
    if list(status.values()).count("untagged") > 1:
        return "Only one rule can select Untagged images per storage class"
    for one in selections.values():
        named = one.get("tagPrefixList") or one.get("tagPatternList")
        if one["tagStatus"] == "tagged" and not named:
            return "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED"
        if one["tagStatus"] != "tagged" and ("tagPrefixList" in one or "tagPatternList" in one):
            return "tagPrefixList and tagPatternList are for tagStatus=TAGGED alone"
        if (one["countType"] == "sinceImagePushed") != ("countUnit" in one):
            return "countUnit is for countType=sinceImagePushed, and required there"
    return ""


def check_signing(rules: list[dict[str, Any]], region: str) -> None:
    """Refuse rules that the API reference, PutSigningConfiguration, excludes; the wordings are assumptions."""
    if len(rules) > MOST:
        raise _invalid(f"A signing configuration cannot have more than {MOST} rules.")
    for rule in rules:
        profile = _PROFILE.fullmatch(rule["signingProfileArn"])
        if profile is None:
            raise _invalid("signingProfileArn is not the ARN of a signing profile.")
        if profile["region"] != region:
            raise _invalid("The signing profile must be in the region of the registry.")
        for one in rule.get("repositoryFilters") or ():
            if one["filterType"] != "WILDCARD_MATCH" or not _FILTER.fullmatch(one["filter"]):
                raise _invalid("repositoryFilters is not valid.")


def _invalid(message: str) -> overlay.Refusal:
    return overlay.Refusal("ValidationException", message)
