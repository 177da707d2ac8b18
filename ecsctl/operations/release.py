"""Releasing without the pipeline: another image, an earlier revision, or an end to what is rolling out.

Each looks first, refuses before it changes anything, makes one change, and then follows the very deployment that the
change began. Run again after a time-out, it finds that deployment and goes on following it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecsctl.engine.errors import Refused, code
from ecsctl.engine.label import APP
from ecsctl.operations import why
from ecsctl.operations.building import build
from ecsctl.operations.chosen import chosen, digest_of, ours, pinned
from ecsctl.operations.definitions import architecture_of, described, image_of, register, revision_named, with_image
from ecsctl.operations.following import LIMIT, follow, living, look, under_way
from ecsctl.operations.images import registry
from ecsctl.operations.verdict import GOING_BACK, Followed, Outcome, Snapshot, Verdict, primary_of
from ecsctl.resources.support.ecr import Reference
from ecsctl.resources.support.ecs import revision_of

if TYPE_CHECKING:
    from ecsctl.resources.task_definition_merge import Revision
    from ecsctl.session import Session

Say = Callable[[str], None]


@dataclass(frozen=True)
class Release:
    """What a command did: how it ended, which revision and image it was about, and whether it changed anything."""

    verdict: Verdict
    revision: str  # ARN of the task definition
    image: str
    changed: bool = True

    @property
    def number(self) -> int:
        """The revision's number."""
        return revision_of(self.revision)


def first_line(session: Session, release: Release) -> str:
    """The first line of the diagnosis, where there is something to diagnose: what ECS gave up, or is stuck."""
    if release.verdict.outcome not in (Outcome.ROLLED_BACK, Outcome.FAILED, Outcome.TIMED_OUT):
        return ""
    return why.first_line(session.aws, session.state.book.app)


def deploy(session: Session, image: str = "", *, build_it: bool = False, say: Say, limit: float = LIMIT) -> Release:
    """Release an image: the one named, one that is built now, or the newest of the app's. All else stays as it is.

    Raises UsageError or Refused, with nothing changed, for an image that is not there or does not fit, without a
    service, and while something else is rolling out; ResourceFailed when the build fails.
    """
    aws, app = session.aws, session.state.book.app
    seen = look(aws, app)
    service = living(seen, app)
    live = _revision(session, service["taskDefinition"])
    rolling = under_way(seen)
    if rolling and build_it:
        raise _busy(rolling)
    if build_it:
        image = build(session, say)
        seen = look(aws, app)  # a build takes its time
        service, rolling = living(seen, app), under_way(seen)
        live = _revision(session, service["taskDefinition"])
    wanted = chosen(aws, app, image, architecture_of(live))
    if rolling:
        _refuse_going_back(seen, rolling)
        coming = described(aws, rolling.task_definition)
        if coming is None or not _brings(session, seen, coming, wanted):
            raise _busy(rolling)
        say(f"{rolling.name} with this image is rolling out already: following it")
        return Release(follow(aws, app, rolling, limit), rolling.task_definition, wanted, changed=False)
    if primary_of(service).get("rolloutState") != "FAILED" and _brings(session, seen, live, wanted):
        return Release(_nothing_to_do(live.arn, service), live.arn, wanted, changed=False)
    with session.state.locked("deploy"):
        arn = register(aws, service, live, with_image(live.definition, app, wanted))
        say(f"revision {revision_of(arn)} brings {wanted}")
        if Reference.of(wanted) is None:  # nobody but the registry knows, and the tasks ask it
            say(f"{wanted} is pulled from {registry(wanted)}: whether it is there shows when the tasks start")
        following = _point(session, seen, arn)
    return Release(follow(aws, app, following, limit), arn, wanted)


def rollback(
    session: Session, revision: str = "", *, agree: Callable[[str, str], None], say: Say, limit: float = LIMIT
) -> Release:
    """Go back to the last good release before what runs now, or to a named revision; with the image it had then.

    `agree` is asked with the name of what runs and of what is to run, and may raise. Raises UsageError or Refused,
    with nothing changed, when there is nothing to go back to, for a revision that is unknown or not the app's, or
    whose image is gone, and while something else is rolling out.
    """
    aws, app = session.aws, session.state.book.app
    seen = look(aws, app)
    service = living(seen, app)
    rolling = under_way(seen)
    if rolling:
        _refuse_going_back(seen, rolling)
        if not _is_rollback(session, seen, rolling, revision):
            raise _busy(rolling)
        say(f"{rolling.name} is rolling out already: following it")
        back = _revision(session, rolling.task_definition)
        return Release(follow(aws, app, rolling, limit), back.arn, image_of(back, app), changed=False)
    back = _named(session, seen, revision) if revision else _last_good(session, seen, service, say)
    if back.arn == service["taskDefinition"] and primary_of(service).get("rolloutState") != "FAILED":
        return Release(_nothing_to_do(back.arn, service), back.arn, image_of(back, app), changed=False)
    image = _image_then(session, seen, back)
    agree(f"revision {revision_of(service['taskDefinition'])}", f"revision {revision_of(back.arn)} ({image})")
    with session.state.locked("rollback"):
        arn = back.arn
        if image != image_of(back, app):
            arn = register(aws, service, back, with_image(back.definition, app, image), back=True)
            say(f"revision {revision_of(arn)} is revision {revision_of(back.arn)} with its image of then, by digest")
        following = _point(session, seen, arn)
    return Release(follow(aws, app, following, limit), arn, image)


def cancel(session: Session, *, say: Say, limit: float = LIMIT) -> Release | None:
    """Stop what is rolling out and have ECS go back; None when nothing is. Follows it to the end.

    One that goes back already is only followed. One that ended in the meantime is told as it ended.
    """
    aws, app = session.aws, session.state.book.app
    seen = look(aws, app)
    living(seen, app)
    rolling = under_way(seen)
    if rolling is None:
        return None
    image = image_of(_revision(session, rolling.task_definition), app)
    going = (seen.find(rolling) or {}).get("status") in GOING_BACK
    if going:
        say(f"{rolling.name} is being rolled back already: following it")
    else:
        with session.state.locked("cancel"):
            _stop(session, rolling.arn)
    return Release(follow(aws, app, rolling, limit), rolling.task_definition, image, changed=not going)


def _stop(session: Session, deployment: str) -> None:
    """Ask ECS to stop a deployment and go back; asked twice it goes on doing so (ECS guide, "Stopping Amazon ECS
    service deployments")."""
    aws = session.aws
    try:
        aws.patience.through(
            lambda: aws.ecs.stop_service_deployment(serviceDeploymentArn=deployment, stopType="ROLLBACK"),
            what="stopping the deployment",
        )
    except Exception as error:
        if code(error) != "ConflictException":  # it has ended meanwhile: following it tells how
            raise


def _point(session: Session, seen: Snapshot, arn: str) -> Followed:
    """Tell the service to run a revision, and know the deployment that this begins.

    Told the same revision twice, ECS begins nothing new, so a lost answer is no reason to stop. A revision whose
    deployment was given up needs to be forced, and is: then a lost answer ends the command.
    """
    aws, app = session.aws, session.state.book.app
    before = frozenset(one["serviceDeploymentArn"] for one in seen.deployments)
    service = living(look(aws, app), app)
    if (now := service["taskDefinition"]) != (was := (seen.service or {})["taskDefinition"]):
        raise Refused(
            f"somebody else released revision {revision_of(now)} just now, in place of revision {revision_of(was)}",
            hint="see ecsctl history, then run the same command again",
        )
    if arn == now:
        answer = aws.ecs.update_service(cluster=app, service=app, taskDefinition=arn, forceNewDeployment=True)
    else:
        answer = aws.patience.through(
            lambda: aws.ecs.update_service(cluster=app, service=app, taskDefinition=arn), what="updating the service"
        )
    told = str(answer["service"].get("currentServiceDeployment", ""))
    primary = primary_of(answer["service"])
    known = told and told not in before and primary.get("taskDefinition") == arn
    return Followed(arn, told if known else "", before)


def _revision(session: Session, arn: str) -> Revision:
    found = described(session.aws, arn)
    if found is None:
        raise Refused(f"there is no task definition {arn}", hint="ecsctl up creates it again")
    return found


def _named(session: Session, seen: Snapshot, revision: str) -> Revision:
    """The revision that a person names: a number, `family:number`, or an ARN."""
    app = session.state.book.app
    found = revision_named(session.aws, app, revision)
    number = revision_of(found.arn)
    # The pipeline's copies may be without our mark: that the service ran them vouches for them.
    if found.tags.get(APP) != app and found.arn not in seen.revisions.values():
        raise Refused(
            f"revision {number} of {app} is not ours: it has no ecsctl tags, and the service never ran it",
            hint="ecsctl history lists those that are",
        )
    if not found.active:
        raise Refused(
            f"revision {number} of {app} was deregistered, and AWS starts nothing from it any more",
            hint="name another one: ecsctl history lists them",
        )
    return found


def _last_good(session: Session, seen: Snapshot, service: Mapping[str, Any], say: Say) -> Revision:
    """The revision of the newest deployment that succeeded with another one than what runs, and can run again."""
    missing: list[str] = []
    for arn in _good(seen, service["taskDefinition"]):
        found = described(session.aws, arn)
        if found is None or not found.active:
            missing.append(f"revision {revision_of(arn)} was deregistered")
            continue
        try:
            _image_then(session, seen, found)
        except Refused as refused:
            missing.append(refused.message)
            continue
        for told in missing:
            say(f"passed over: {told}")
        return found
    raise Refused(
        "there is nothing to go back to",
        why="; ".join(missing) or "no other revision was ever deployed with success in the last 90 days",
        hint="ecsctl history shows what was released; ecsctl deploy --image URI releases another image",
    )


def _good(seen: Snapshot, now: str) -> Iterator[str]:
    """The revisions that were deployed with success, the last one first, without the one that runs."""
    good = [one for one in seen.deployments if one["status"] == "SUCCESSFUL"]
    good.sort(key=lambda one: one["createdAt"], reverse=True)
    yield from dict.fromkeys(arn for one in good if (arn := seen.brings(one)) not in ("", now))


def _image_then(session: Session, seen: Snapshot, revision: Revision) -> str:
    """The image that a revision ran when it was deployed: by digest if its name stands for another one by now.

    Raises Refused when it is gone from the registry.
    """
    image = image_of(revision, session.state.book.app)
    named = Reference.of(image)
    if named is None or not ours(named, session.identity):
        return image
    ran = _ran(session, seen, revision.arn)
    now = digest_of(session.aws, named)
    if now and ran in ("", now):
        return image
    then = replace(named, tag="", digest=ran)
    if not ran or not digest_of(session.aws, then):
        raise Refused(
            f"the image of revision {revision_of(revision.arn)} is not in the registry any more: {ran or image}",
            hint="name another revision (ecsctl history), or build it again",
        )
    return pinned(image, named, ran)


def _ran(session: Session, seen: Snapshot, arn: str) -> str:
    """The digest that a revision's image had in its last deployment that succeeded; empty if nobody tells."""
    good = [one for one in seen.deployments if one["status"] == "SUCCESSFUL" and seen.brings(one) == arn]
    newest = max(good, key=lambda one: one["createdAt"], default=None)
    return seen.digest_of(newest, session.state.book.app) if newest else ""


def _is_rollback(session: Session, seen: Snapshot, rolling: Followed, revision: str) -> bool:
    """Whether what is rolling out is what the same command began before: then it is only followed."""
    if revision:
        return _named(session, seen, revision).arn == rolling.task_definition
    running = seen.find(rolling) or {}
    sources = {seen.revisions.get(one["arn"], "") for one in running.get("sourceServiceRevisions", ())}
    earlier = set(_good(seen, "")) - sources
    image = image_of(_revision(session, rolling.task_definition), session.state.book.app)
    return rolling.task_definition in earlier or image.partition("@")[2] in {
        _ran(session, seen, a) for a in earlier
    } - {""}


def _brings(session: Session, seen: Snapshot, revision: Revision, image: str) -> bool:
    """Whether a revision brings an image: by what its own image stood for when it was deployed, if that is known."""
    own, digest = image_of(revision, session.state.book.app), _ran(session, seen, revision.arn)
    if digest and "@" in image:
        return image.endswith(f"@{digest}")
    return own == image or _resolved(session, own) == _resolved(session, image)


def _resolved(session: Session, image: str) -> str:
    named = Reference.of(image)
    if named is None or not ours(named, session.identity):
        return image
    return f"{named.repository}@{named.digest or digest_of(session.aws, named) or named.tag}"


def _nothing_to_do(arn: str, service: Mapping[str, Any]) -> Verdict:
    count = f"{service.get('runningCount', 0)} of {service.get('desiredCount', 0)} tasks run it"
    return Verdict(Outcome.DEPLOYED, f"revision {revision_of(arn)} is what the service runs already: {count}")


def _refuse_going_back(seen: Snapshot, rolling: Followed) -> None:
    if (seen.find(rolling) or {}).get("status") in GOING_BACK:
        raise Refused(
            f"{rolling.name} is being rolled back at this moment",
            hint="wait until that is done: ecsctl cancel follows it to its end",
        )


def _busy(rolling: Followed) -> Refused:
    return Refused(
        f"{rolling.name} is rolling out at this moment, and another release would end it halfway",
        hint="wait for it, or end it with ecsctl cancel; then run the same command again",
    )
