"""Why the app does not work: facts first, then what they prove, and nothing that they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ecsctl.why.causes import Act, Cause, Certainty, Fix, Step
from ecsctl.why.evidence import Evidence
from ecsctl.why.gathering import gather, gather_service
from ecsctl.why.ranking import Diagnosis, diagnose

if TYPE_CHECKING:
    from ecsctl.aws import Aws

__all__ = [
    "Act",
    "Cause",
    "Certainty",
    "Diagnosis",
    "Evidence",
    "Fix",
    "Step",
    "diagnose",
    "first_line",
    "gather",
    "why",
]


def why(
    aws: Aws, app: str, domain: str = "", also: Sequence[str] = (), spelled: Mapping[str, str] | None = None
) -> Diagnosis:
    """What is wrong with an app, ranked. Changes nothing; what could not be read is told.

    `spelled` tells which key the app's ecsctl.toml uses, where two can say the same.

    Raises Interrupted when a stop is asked for.
    """
    return diagnose(gather(aws, app, domain, also)).spelled(spelled or {})


def first_line(aws: Aws, app: str) -> str:
    """Why the service does not run, in one line and few calls; empty if nothing is wrong with it, or nobody knows.

    Raises Interrupted when a stop is asked for.
    """
    found = diagnose(gather_service(aws, app))
    broken = [cause for cause in found.causes if not cause.calm and cause.name not in ("unexplained", "no-service")]
    return broken[0].sentence if broken else ""
