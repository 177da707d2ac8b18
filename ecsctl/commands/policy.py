"""ecsctl policy: the permissions that ecsctl needs."""

from __future__ import annotations

import json
import re
from typing import Annotated

import typer

from ecsctl.commands.options import folder


def policy(
    account: Annotated[str, typer.Option("--account", help="The account's twelve digits.")] = "",
    region: Annotated[str, typer.Option("--region", help="The region.")] = "",
) -> None:
    """Print the IAM policies that a person or a CI job needs to run ecsctl for this app. Makes no AWS calls."""
    from ecsctl.aws.access import agreed_region, region_of_environment
    from ecsctl.config import read
    from ecsctl.errors import UsageError
    from ecsctl.operations.policy import policies
    from ecsctl.session import Place, recorded_value
    from ecsctl.ui import words

    loaded = read(folder())
    config = loaded.config
    agreed_region(region, config.region, loaded.origins["region"])
    state_file = Place(folder()).state_file

    def recorded(word: str) -> str:
        """What an earlier run wrote down. It may have been one on the sandbox, so it is named."""
        if found := recorded_value(state_file, word):
            words.say(f"{word} {found}: from the state file; --{word} names another")
        return found or ""

    where = (
        account or config.account_id or recorded("account"),
        region or config.region or region_of_environment() or recorded("region"),
    )
    if account and not re.fullmatch(r"[0-9]{12}", account):
        raise UsageError(f"--account: expected the account's 12 digits, found {account}")
    if not all(where):
        raise UsageError(
            "policies name the account and the region",
            hint="ecsctl policy --account 123456789012 --region eu-central-1",
        )
    print(json.dumps(policies(config, *where), indent=2))  # noqa: T201 - what stdout carries
