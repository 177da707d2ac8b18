"""The findings of scans on push."""

from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecr.models import ecr_backends

from ecsctl.sandbox.aws.ecr.images import find_image
from ecsctl.sandbox.core import overlay, script


class _Vulnerable(dict[str, dict[str, int]]):
    """How many vulnerabilities of each severity a scan finds, by a part of the image's tag."""


@script.switch
def vulnerable(tag: str, severity: str = "CRITICAL", count: int = 1, account_id: str = DEFAULT_ACCOUNT_ID) -> None:
    """Let scans find `count` vulnerabilities of a severity in images whose tags contain `tag`."""
    overlay.memory(ecr_backends[account_id]["us-east-1"], _Vulnerable).setdefault(tag, {})[severity] = count


def scanned(account_id: str, region: str, repository: str, reference: str) -> dict[str, int] | None:
    """The number of vulnerabilities that a scan has found, by severity; None if the repository is not scanned on
    push.
    """
    found = ecr_backends[account_id][region].repositories.get(repository)
    image = find_image(account_id, region, repository, reference)
    settings: Any = found.image_scanning_configuration if found else None
    if image is None or not (settings or {}).get("scanOnPush"):
        return None
    known = overlay.memory(ecr_backends[account_id]["us-east-1"], _Vulnerable)  # scripts apply to the account
    return {severity: count for part, counts in known.items() if any(part in tag for tag in image.tags)
            for severity, count in counts.items()}  # fmt: skip
