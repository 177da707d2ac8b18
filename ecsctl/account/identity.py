"""The caller's identity, account and region."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecsctl.aws import access
from ecsctl.errors import AccessError

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config


@dataclass(frozen=True)
class Identity:
    """The caller's ARN and account, and the region."""

    account: str
    region: str
    partition: str
    arn: str

    @property
    def caller(self) -> str:
        """The caller's name: of the user, or of the role's session."""
        return self.arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]

    @property
    def owner(self) -> str:
        """The caller's name in characters that every service accepts in a tag."""
        return re.sub(r"[^\w .:/=+@-]", "-", self.caller, flags=re.ASCII)


def identify(aws: Aws, config: Config | None = None) -> Identity:
    """Ask AWS who we are. Raises AccessError without usable credentials, or in another account than the
    configured one.
    """
    region = access.checked_region(aws.session)
    try:
        who = aws.read(aws.sts.get_caller_identity)
    except Exception as error:
        raise access.located(error, aws.session) from error
    partition = who["Arn"].split(":")[1]
    found = Identity(who["Account"], region, partition, who["Arn"])
    if config and config.account_id and config.account_id != found.account:
        raise AccessError(
            f"these credentials are of account {found.account}, expected {config.account_id}, as in ecsctl.toml",
            why=f"the caller is {found.arn}",
            hint="use the other account's credentials (AWS_PROFILE), or change account_id",
        )
    return found
