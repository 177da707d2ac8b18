"""The values of Systems Manager's parameters, decrypted, as tasks and builds read them."""

from typing import Any


def parameter_value(account: str, region: str, name: str) -> str | None:
    """The value of the parameter with that name, whose leading slash is optional; None if it does not exist."""
    from moto.ssm.models import ssm_backends  # imported only when a parameter is read

    held: Any = ssm_backends[account][region]
    found = held.get_parameter(name) or held.get_parameter(name.lstrip("/"))
    return str(found.decrypt(found.value)) if found else None
