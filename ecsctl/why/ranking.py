"""Ranks the causes that the facts support, the most likely first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ecsctl.parts import WEB
from ecsctl.releases import reading
from ecsctl.why.causes import BUILDS, causes_of, causes_of_worker, fixes
from ecsctl.why.causes.cause import Cause, Certainty
from ecsctl.why.evidence import Evidence, Facts

MOST = 6  # deleted or changed resources that are named
WANTS_IMAGE = ("image-missing", "no-image-yet")


@dataclass(frozen=True)
class Diagnosis:
    """The ranked causes, what works, and what could not be read."""

    causes: tuple[Cause, ...]
    well: tuple[Evidence, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken, as far as could be read; something may still be waited for."""
        return all(cause.waiting for cause in self.causes)

    def spelled(self, keys: Mapping[str, str]) -> Diagnosis:
        """Replace keys of ecsctl.toml in the fixes by those that the file uses."""
        causes = (replace(one, fix=tuple(fix.spelled(keys) for fix in one.fix)) for one in self.causes)
        return replace(self, causes=tuple(causes))

    def of(self, process: str) -> Diagnosis:
        """The part that concerns one process, or the app as a whole."""
        return replace(self, causes=tuple(one for one in self.causes if process in (one.process or process, *one.also)))

    @property
    def known(self) -> bool:
        """Whether a cause is certain: then nothing else is compared with what `ecsctl up` left."""
        return any(cause.certainty is Certainty.CERTAIN for cause in self.causes)

    def with_deleted(self, names: Sequence[str]) -> Diagnosis:
        """With what somebody has deleted, first, where no cause is certain: tasks may run without being reached, or
        pushes without being built.
        """
        if not names or self.known:
            return self
        created = Evidence("state file", "ecsctl up had created it; it was deleted, or has lost the app's tags")
        ways = (fixes.up("creates it again; ecsctl plan names what is there without tags"),)
        cause = Cause("deleted", f"not on AWS with the app's tags any more: {_first(names)}", (created,), ways)
        return replace(self, causes=(cause, *self.causes))

    def with_drift(self, changes: Sequence[str]) -> Diagnosis:
        """With what somebody has changed, where no cause is certain: it may be one, and it may be harmless."""
        if not changes or self.known:
            return self
        changed = Evidence("AWS", "differs from what ecsctl had set; whether it matters is not known")
        ways = (fixes.run("ecsctl plan", "shows it"), fixes.up("takes it back"))
        sentence = f"changed by somebody on AWS: {_first(changes)}"
        return self._with_possible("drift", sentence, changed, ways)

    def with_others(self, sentences: Sequence[str]) -> Diagnosis:
        """With what others have set around the app, where no cause is certain: ecsctl leaves it alone."""
        if not sentences or self.known:
            return self
        left = Evidence("AWS", "ecsctl neither sets it nor takes it back; whether it matters is not known")
        ways = (fixes.by_hand("have it taken back by whoever has set it, if it is not meant to be so"),)
        return self._with_possible("others", f"set by somebody on AWS: {_first(sentences, '; ')}", left, ways)

    def with_denials(self, sentences: Sequence[str]) -> Diagnosis:
        """With what denies the roles something, in place of fixes by which `ecsctl up` would give it to them again."""
        return replace(self, causes=tuple(_kept_from(cause, sentences) for cause in self.causes))

    @property
    def lacks_rights(self) -> bool:
        """Whether a role of the app lacks a permission, according to one of the causes."""
        return any(_of_role(fix) for cause in self.causes for fix in cause.fix)

    def _with_possible(self, name: str, sentence: str, evidence: Evidence, ways: tuple[fixes.Fix, ...]) -> Diagnosis:
        cause = Cause(name, sentence, (evidence,), ways, Certainty.POSSIBLE, waiting=not self.causes)
        return replace(self, causes=(*self.causes, cause))

    @property
    def line(self) -> str:
        """The diagnosis in one line."""
        if self.causes:
            return self.causes[0].sentence
        return "nothing is wrong" + (", as far as could be read" if self.unread else "")


def _of_role(fix: fixes.Fix) -> str:
    """The role whose permissions this fix would make right: execution, build or pipeline; empty for any other fix."""
    found = re.match(r"makes the permissions of the (\w+)", fix.note)
    return found[1] if found else ""


def _kept_from(cause: Cause, sentences: Sequence[str]) -> Cause:
    """The cause, with whoever can allow it as its fix where a policy above the role's own denies it."""
    role = next(filter(None, map(_of_role, cause.fix)), "")
    denies = [one for one in sentences if role and f"-{role}: " in one]
    above = role and any("control policy" in one.text for one in cause.evidence)
    if not denies and not above:
        return cause
    what = ("have it taken back by whoever has set it" if denies else
            "an administrator of the AWS organization must allow it: no permission here does")  # fmt: skip
    ways = tuple(
        fixes.by_hand(what, *(step.what for step in fix.steps if step.what != "ecsctl up")) if _of_role(fix) else fix
        for fix in cause.fix
    )
    said = tuple(Evidence("IAM", one) for one in denies)
    return replace(cause, evidence=(*cause.evidence, *said), fix=tuple(dict.fromkeys(ways)))


def _first(names: Sequence[str], between: str = ", ") -> str:
    return between.join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")


def diagnose(*every: Facts) -> Diagnosis:
    """Run every check, and sort: root causes before effects, failures before waiting, certain before uncertain.

    Takes the facts of the web and of each worker, or of only one of them.
    """
    app = next((one for one in every if one.process == WEB), None)
    found = _merged(cause for facts in every if not _is_out_of_date(facts, app) for cause in _causes(facts))
    roots = [cause for cause in found if not cause.effect and not cause.waiting]
    whose = {cause.process for cause in roots}
    found = [
        cause for cause in found if not (cause.name in ("unexplained", "rolling-out") and whose & {"", cause.process})
    ]
    if roots:
        found = [cause for cause in found if cause.name != "action-failed"]
    if any(one.undelivered for one in every) and any(cause.name == "stopped" for cause in found):  # that is the reason
        found = [cause for cause in found if cause.name not in ("deploy-failed", "deploy-timeout")]
    if any(cause.name == "paused" for cause in found):  # the pipeline waits for an hour at most
        found = [cause for cause in found if cause.name != "deploy-timeout"]
    explained = {cause.process for cause in found if cause.name != "unexplained"}
    found = [
        cause for cause in found if cause.name != "unexplained" or cause.either or not explained & {"", cause.process}
    ]
    ranked = sorted(found, key=lambda cause: (cause.effect, cause.waiting, -cause.certainty))
    wanting = any(cause.name in WANTS_IMAGE for cause in ranked)
    builds = [cause for check in BUILDS if wanting and app and (cause := check(app))]
    if builds:  # the missing image is an effect of the failed build
        ranked.sort(key=lambda cause: cause.name not in {one.name for one in builds})
    for facts in every:
        ranked = _with_agent(ranked, facts)
    well = tuple(fact for facts in every for fact in _well(facts))
    return Diagnosis(tuple(ranked), well, tuple(one for facts in every for one in _unread(facts)))


def _with_agent(ranked: list[Cause], facts: Facts) -> list[Cause]:
    """Add a hint to the process's first cause if its tasks run without GuardDuty's agent, which is never the cause."""
    whose = ("", facts.process)
    first = next((n for n, one in enumerate(ranked) if one.process in whose and not one.waiting), None)
    if not facts.without_agent or first is None:
        return ranked
    hint = (
        "GuardDuty's agent was not pulled, and the task ran without it, which ends no task; where the execution role "
        f"may not pull it, attach AmazonECSTaskExecutionRolePolicy to that: {facts.without_agent}"
    )
    hints = (*ranked[first].hints, hint)
    return [replace(one, hints=hints) if n == first else one for n, one in enumerate(ranked)]


def _is_out_of_date(facts: Facts, app: Facts | None) -> bool:
    """Whether a worker's failure belongs to an earlier release."""
    return app is not None and facts.process != WEB and reading.is_out_of_date(facts.releases, app.releases)


def _causes(facts: Facts) -> Iterator[Cause]:
    return causes_of(facts) if facts.process == WEB else causes_of_worker(facts)


def _merged(causes: Iterable[Cause]) -> list[Cause]:
    """Merge a worker's cause into the web's if both are the same."""
    found: list[Cause] = []
    for cause in causes:
        known = (cause.name, cause.sentence.removeprefix(f"{cause.process}: "))
        worker = cause.process not in ("", WEB)
        same = next((n for n, one in enumerate(found) if worker and (one.name, one.sentence) == known), None)
        if same is None:
            found.append(cause)
        else:
            alike = Evidence(cause.process, "the same is wrong with it")
            whole = found[same]
            found[same] = replace(whole, evidence=(*whole.evidence, alike), also=(*whole.also, cause.process))
    return found


def _unread(facts: Facts) -> Iterator[str]:
    for text in facts.unread:
        yield text if facts.process == WEB else f"{facts.process}: {text}"


def _well(facts: Facts) -> tuple[Evidence, ...]:
    """What works, in short."""
    healthy = []
    service = facts.service or {}
    if facts.releases.steady and (service.get("desiredCount") or facts.rests):
        counts = f"{service['runningCount']} of {service['desiredCount']} tasks run, and its deployment is done"
        healthy.append(Evidence("service" if facts.process == WEB else facts.process, counts))
    good = [one for one in facts.targets if one["TargetHealth"]["State"] == "healthy"]
    if good:
        healthy.append(Evidence("load balancer", f"{len(good)} of {len(facts.targets)} targets are healthy"))
    if facts.process == WEB and (facts.build or {}).get("buildStatus") == "SUCCEEDED":
        healthy.append(Evidence("build", "the newest succeeded", (facts.build or {}).get("endTime")))
    return tuple(healthy)
