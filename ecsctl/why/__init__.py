"""Why the app does not work: facts first, then what they prove, and nothing that they do not."""

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
    aws: Aws,
    app: str,
    domain: str = "",
    also: Sequence[str] = (),
    spelled: Mapping[str, str] | None = None,
    *,
    process: str = "",
    resting: Mapping[str, bool] | None = None,
) -> Diagnosis:
    """What is wrong with an app, ranked; or with one process of it. Changes nothing; what could not be read is listed.

    `spelled` says which key the app's ecsctl.toml uses, where two can say the same; `resting` says of each process
    that it asks for whether no task of it need run, where that is known.

    Raises Interrupted when a stop is asked for, Refused for a process that the app does not have.
    """
    if process and process not in (known := reading.ever(aws, Names(app))):
        raise reading.no_process(Names(app), process, known)
    found = diagnose(*gather(aws, app, domain, also, resting)).spelled(spelled or {})
    return found.of(process) if process else found


def first_line(aws: Aws, app: str, resting: Mapping[str, bool] | None = None, *, again: bool = True) -> str:
    """Why a service does not run, in one line and few calls; empty if nothing is wrong with any, or no cause is known.

    With `again` AWS is asked anew, whatever it has answered. Raises Interrupted when a stop is asked for.
    """
    if again:
        aws.forget()
    web: Facts | None = None
    for facts in gather_services(aws, app, resting):
        web = web or facts
        if web is not facts and reading.past(facts.releases, web.releases):
            continue
        found = diagnose(facts)
        broken = [cause for cause in found.causes if not cause.calm and cause.name not in ("unexplained", "no-service")]
        if broken:
            return broken[0].sentence
    return ""
