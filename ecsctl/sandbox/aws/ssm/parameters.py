"""Says what a parameter of Systems Manager holds, as a task or a build reads it: decrypted."""

from typing import Any


def parameter_value(account: str, region: str, name: str) -> str | None:
    """The value of the parameter of that name, which may lack its first slash; None if there is none."""
    from moto.ssm.models import ssm_backends  # only who asks for one pays for it

    held: Any = ssm_backends[account][region]
    found = held.get_parameter(name) or held.get_parameter(name.lstrip("/"))
    return str(found.decrypt(found.value)) if found else None
