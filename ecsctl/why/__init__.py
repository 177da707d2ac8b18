"""Why an app does not work: the facts are read first, and a cause is reported only if they support it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ecsctl.names import Names
from ecsctl.releases import reading
from ecsctl.why.causes import Act, Cause, Certainty, Fix, Step
from ecsctl.why.evidence import Evidence, Facts
from ecsctl.why.gathering import gather, gather_services
from ecsctl.why.ranking import Diagnosis, diagnose

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

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
    aws: Aws,
    app: str,
    domain: str = "",
    also: Sequence[str] = (),
    spelled: Mapping[str, str] | None = None,
    *,
    process: str = "",
    resting: Mapping[str, bool] | None = None,
) -> Diagnosis:
    """Return the ranked causes for an app, or for one of its processes. Makes no changes; lists what could not be read.

    `spelled` maps a key to the one that the app's ecsctl.toml uses instead; `resting` maps each configured process to
    whether it may have no tasks, if known.

    Raises Interrupted if the run is stopped, Refused if the app has no such process.
    """
    if process and process not in (known := reading.ever(aws, Names(app))):
        raise reading.no_process(Names(app), process, known)
    found = diagnose(*gather(aws, app, domain, also, resting)).spelled(spelled or {})
    return found.of(process) if process else found


def first_line(aws: Aws, app: str, resting: Mapping[str, bool] | None = None, *, again: bool = True) -> str:
    """Return in one line, with few calls, why a service does not run; empty if all are well or no cause is known.

    With `again`, cached answers are not used. Raises Interrupted if the run is stopped.
    """
    if again:
        aws.forget()
    web: Facts | None = None
    for facts in gather_services(aws, app, resting):
        web = web or facts
        if web is not facts and reading.is_out_of_date(facts.releases, web.releases):
            continue
        found = diagnose(facts)
        broken = [
            cause for cause in found.causes if not cause.waiting and cause.name not in ("unexplained", "no-service")
        ]
        if broken:
            return broken[0].sentence
    return ""
