"""IAM policies from a file: one, or several by name. Imports neither moto nor boto3."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecsctl.errors import UsageError

EFFECTS = ("Allow", "Deny")


def read(path: Path) -> dict[str, Any]:
    """The policies of the file, by name. Raises UsageError, saying what is wrong with it."""
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise UsageError(f"{path} cannot be read", why=str(error.strerror), hint=_HINT) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON", why=str(error), hint=_HINT) from None
    many = {"policy": found} if isinstance(found, dict) and "Statement" in found else found
    if not isinstance(many, dict) or not many:
        raise UsageError(f"{path} has no IAM policy", hint=_HINT)
    for name, policy in many.items():
        if wrong := next(_mistakes(policy), ""):
            raise UsageError(f"{path}: {name} is not an IAM policy", why=wrong, hint=_HINT)
    return many


_HINT = "ecsctl policy > policy.json, then: ecsctl sandbox start --as-policy policy.json"


def _mistakes(policy: Any) -> Iterator[str]:
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if not isinstance(statements, dict | list):
        yield "it has no Statement"
        return
    for one in [statements] if isinstance(statements, dict) else statements:
        if not isinstance(one, dict) or one.get("Effect") not in EFFECTS:
            yield f"each statement has an Effect, {' or '.join(EFFECTS)}"
        elif not one.keys() & {"Action", "NotAction"} or not one.keys() & {"Resource", "NotResource"}:
            yield "each statement has an Action and a Resource"
