"""Secrets and parameters that ecsctl.toml gives by name, not by ARN: looked up in the account and region of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecsctl import own_secrets
from ecsctl.aws.codes import DENIED, code
from ecsctl.engine.attempt import patiently
from ecsctl.engine.label import flat
from ecsctl.errors import ConfigError
from ecsctl.resources.support.common import none_if_gone

if TYPE_CHECKING:
    from types_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef

    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.report import Where

SUFFIX = "-??????"
"""Secrets Manager ends a secret's ARN with six characters of its own (User Guide, "Secret ARN")."""


def patterns(config: Config, place: Where) -> dict[str, str]:
    """The ARNs by key without calling AWS: the suffix that Secrets Manager adds is left open."""
    return {
        key: _arn(place, source, f"{source.partition(':')[0]}{SUFFIX}")
        for key, source in config.task_secrets.items()
        if not source.startswith("arn:")
    }


def found(aws: Aws, config: Config, place: Where, *, as_far: bool = False) -> Config:
    """The configuration with the ARN of each secret and parameter. Values are not read.

    `as_far` as permissions allow: what does not exist, or may not be read, gets an ARN that belongs to no secret, which
    is enough to read the rest. Otherwise raises ConfigError for secrets that do not exist. The name may be a secret
    itself, pasted by mistake: it is not repeated.
    """
    named = {key: source for key, source in config.task_secrets.items() if not source.startswith("arn:")}
    arns, missing = {}, []
    for key, source in named.items():
        if source.startswith("/"):
            arns[key] = _arn(place, source, "")
            continue
        name = source.partition(":")[0]
        answer = _own(aws, config.name, name, key, as_far=as_far) or _described(aws, name, key, as_far=as_far)
        if answer is None and as_far:
            arns[key] = _arn(place, source, f"{name}{SUFFIX}")
        elif answer is None:
            missing.append(key)
        else:
            arns[key] = _keyed(answer["ARN"], source)
    if missing:
        raise ConfigError(
            f"{', '.join(missing)}: there is no secret of that name in {place.region} of account {place.account}",
            hint="ecsctl secret set NAME creates one of the app's own; or fix its name in ecsctl.toml; a parameter's "
            "name begins with /",
        )
    return config.with_task_secrets(arns) if arns else config


def _own(aws: Aws, app: str, name: str, key: str, *, as_far: bool) -> DescribeSecretResponseTypeDef | None:
    """The secret that `ecsctl secret set` has created with that name; it takes precedence over another of the same
    name.
    """
    if not own_secrets.NAME.fullmatch(name):
        return None
    found = _described(aws, own_secrets.full(app, name), key, as_far=as_far)
    return found if found and own_secrets.is_ours(app, flat(found.get("Tags"))) else None


def _described(aws: Aws, name: str, key: str, *, as_far: bool) -> DescribeSecretResponseTypeDef | None:
    try:
        return patiently(
            aws.patience,
            lambda: none_if_gone(lambda: aws.read(aws.secretsmanager.describe_secret, SecretId=name)),
            f"finding the secret of {key}",
            aws.forget,
        )
    except Exception as error:
        if as_far and code(error) in DENIED:
            return None
        raise


def _arn(place: Where, source: str, secret: str) -> str:
    if source.startswith("/"):
        return f"arn:{place.partition}:ssm:{place.region}:{place.account}:parameter{source}"
    return _keyed(f"arn:{place.partition}:secretsmanager:{place.region}:{place.account}:secret:{secret}", source)


def _keyed(arn: str, source: str) -> str:
    """With the key of a JSON secret in ECS's form (ECS developer guide, "Pass Secrets Manager secrets …")."""
    _, _, key = source.partition(":")
    return f"{arn}:{key}::" if key else arn
