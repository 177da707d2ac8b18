"""Secrets and parameters that ecsctl.toml names: whether the tasks and builds that read them will find a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ecsctl.account.token import split_secret
from ecsctl.account.unfit import unfit
from ecsctl.aws.codes import DENIED, code
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label
    from ecsctl.engine.plan import Step

CURRENT = "AWSCURRENT"  # the stage of the version that is read by default


def secret(aws: Aws, me: Label, key: str, arn: str) -> Iterator[Step]:
    """A secret or parameter that the tasks read when they start, or a build. Its value is not read here."""
    _, partition, service, region, account, *rest = arn.split(":")
    if partition != me.partition:
        return
    place = aws.elsewhere(region)
    title = "secret" if service == "secretsmanager" else "parameter"
    try:
        if service == "ssm":
            wrong = _parameter(place, rest[0].removeprefix("parameter/"), arn)
        else:
            wrong = _version(place, ":".join(arn.split(":")[:7]), *(*rest[2:], "", "", "")[1:3])
    except Exception as error:
        if account != me.account and code(error) in DENIED:
            return  # its policy may admit only the tasks
        raise
    if wrong:
        yield unfit(title, key, *wrong)


def _version(aws: Aws, arn: str, stage: str, version: str) -> tuple[str, str] | None:
    """Say what is wrong with a secret's version, and what to do."""
    found = none_if_gone(lambda: aws.read(aws.secretsmanager.describe_secret, SecretId=arn))
    region = arn.split(":")[3]
    if found is None:
        return f"there is no secret {arn}", "make it (aws secretsmanager create-secret), or fix its ARN in ecsctl.toml"
    if found.get("DeletedDate"):
        return (f"{arn} is scheduled for deletion",
                f"aws secretsmanager restore-secret --region {region} --secret-id {arn}")  # fmt: skip
    versions = found.get("VersionIdsToStages") or {}
    if not versions:
        return (f"{arn} has no value yet", f"aws secretsmanager put-secret-value --region {region} --secret-id {arn} "
                "--secret-string file://FILE")  # fmt: skip
    if version and version not in versions:
        return f"{arn} has no version {version}", "fix the version in ecsctl.toml, or leave it out"
    wanted = stage or ("" if version else CURRENT)
    stages = versions[version] if version else [one for held in versions.values() for one in held]
    if wanted and wanted not in stages:
        return f"{arn} has no version in the stage {wanted}", "fix the stage in ecsctl.toml, or leave it out"
    return None


def _parameter(aws: Aws, name: str, arn: str) -> tuple[str, str] | None:
    """The same for a parameter. A name without a path may or may not begin with `/`."""
    names = [f"/{name}"] if "/" in name else [name, f"/{name}"]
    filters = [{"Key": "Name", "Option": "Equals", "Values": names}]
    if aws.read(aws.ssm.describe_parameters, ParameterFilters=filters)["Parameters"]:
        return None
    return f"there is no parameter {arn}", "make it (aws ssm put-parameter), or fix its ARN in ecsctl.toml"


def keys(aws: Aws, config: Config, me: Label) -> dict[str, str]:
    """The ARNs of the keys of the account's own with which secrets are encrypted that roles of the app read, by theirs.

    A key that is named by an alias is left out: which one that is only the key's owner may be allowed to read.
    """
    named = [*config.task_secrets.values(), *(arn for _, arn in of_builds(config))]
    here = f"arn:{me.partition}:secretsmanager:{me.region}:{me.account}:"
    held = {":".join(arn.split(":")[:7]) for arn in named if arn.startswith(here)}
    if config.github and (config.github.deployments or not config.github.connection_arn):
        held.add(split_secret(config.github.token_secret)[0])
    found = {}
    for secret in sorted(held):
        described = _readable(partial(aws.read, aws.secretsmanager.describe_secret, SecretId=secret))
        key = str(described.get("KmsKeyId", "")) if described else ""
        if described and _KEY.fullmatch(key):
            place = described["ARN"].replace(":secretsmanager:", ":kms:").partition(":secret:")[0]
            found[str(described["ARN"])] = key if key.startswith("arn:") else f"{place}:key/{key}"
    return found


_KEY = re.compile(r"(?:arn:[^/]+:key/)?[A-Za-z0-9-]+")


def _readable(call: Callable[[], Any]) -> Mapping[str, Any] | None:
    """The answer; None where there is none for us: what is wrong with that is reported of the secret itself."""
    try:
        answer: Mapping[str, Any] | None = none_if_gone(call)
    except Exception as error:
        if code(error) in DENIED:
            return None
        raise
    return answer


def of_builds(config: Config) -> Iterator[tuple[str, str]]:
    """The secrets that builds read."""
    if config.github and config.pipeline.mode != "none":
        yield from config.build.named_secrets()
