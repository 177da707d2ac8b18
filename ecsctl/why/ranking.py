"""From facts to the causes, the one to look at first in front."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ecsctl.why.causes import BUILDS, judged
from ecsctl.why.causes.cause import Cause
from ecsctl.why.evidence import Evidence, Facts

WANTS_IMAGE = ("image-missing", "no-image-yet")


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, ranked; what speaks for the app's health; and what could not be read."""

    causes: tuple[Cause, ...]
    well: tuple[Evidence, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is broken, as far as could be read: at most something is waited for."""
        return all(cause.calm for cause in self.causes)

    def spelled(self, keys: Mapping[str, str]) -> Diagnosis:
        """With other keys of ecsctl.toml to set, where the file has others for the same."""
        causes = (replace(one, fix=tuple(fix.spelled(keys) for fix in one.fix)) for one in self.causes)
        return replace(self, causes=tuple(causes))

    @property
    def line(self) -> str:
        """The whole in one line."""
        if self.causes:
            return self.causes[0].sentence
        return "nothing is wrong" + (", as far as could be read" if self.unread else "")


def diagnose(facts: Facts) -> Diagnosis:
    """Ask every judge, and put the roots before their effects, the broken before what only waits, the sure first."""
    found = list(judged(facts))
    roots = [cause for cause in found if not cause.effect and not cause.calm]
    if roots:
        found = [cause for cause in found if cause.name not in ("unexplained", "action-failed", "rolling-out")]
    if facts.undelivered and any(cause.name == "stopped" for cause in found):  # that is why it was not delivered
        found = [cause for cause in found if cause.name not in ("deploy-failed", "deploy-timeout")]
    if any(cause.name != "unexplained" for cause in found):
        found = [cause for cause in found if cause.name != "unexplained" or cause.either]
    ranked = sorted(found, key=lambda cause: (cause.effect, cause.calm, -cause.certainty))
    wanting = any(cause.name in WANTS_IMAGE for cause in ranked)
    builds = [cause for judge in BUILDS if (cause := judge(facts))]
    if wanting and builds:  # no image is the effect, the build the root
        ranked.sort(key=lambda cause: cause.name not in {one.name for one in builds})
    return Diagnosis(tuple(ranked), _well(facts), tuple(facts.unread))


def _well(facts: Facts) -> tuple[Evidence, ...]:
    """What is right, in few words."""
    told = []
    service = facts.service or {}
    if facts.releases.steady and service.get("desiredCount"):
        told.append(
            Evidence(
                "service",
                f"{service['runningCount']} of {service['desiredCount']} tasks run, and its deployment is done",
            )
        )
    good = [one for one in facts.targets if one["TargetHealth"]["State"] == "healthy"]
    if good:
        told.append(Evidence("load balancer", f"{len(good)} of {len(facts.targets)} targets are healthy"))
    if (facts.build or {}).get("buildStatus") == "SUCCEEDED":
        told.append(Evidence("build", "the newest succeeded", (facts.build or {}).get("endTime")))
    return tuple(told)
