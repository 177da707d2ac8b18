"""Releasing without the pipeline: another image, an earlier revision, or an end to what is rolling out.

Each looks first, refuses before it changes anything, makes one change, and then follows the very deployment that the
change began. Run again after a time-out, it finds that deployment and goes on following it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecsctl.engine.errors import Refused, ReleaseFailed, code
from ecsctl.engine.label import APP, ID, RESOURCE, flat
from ecsctl.names import Names
from ecsctl.parts import TASK_DEFINITION
from ecsctl.registries import registry
from ecsctl.releases.images import build, chosen, digest_of, in_registry, same
from ecsctl.releases.reading import active, described, look, revision_named
from ecsctl.releases.verdict import Followed, Outcome, Verdict
from ecsctl.releases.waiting import LIMIT, follow
from ecsctl.resources.support.deployments import Phase, Snapshot, phase_of
from ecsctl.resources.support.ecr import Reference
from ecsctl.resources.support.ecs import commands_of, revision_of
from ecsctl.resources.support.revisions import BACK, DIGEST, Revision, container_of, digest

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.engine.state import State

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

    @property
    def to_diagnose(self) -> bool:
        """Whether there is something to diagnose: what ECS gave up, or is stuck."""
        return self.verdict.outcome in (Outcome.ROLLED_BACK, Outcome.FAILED, Outcome.TIMED_OUT)


def deploy(
    aws: Aws,
    state: State,
    image: str = "",
    *,
    build_it: bool = False,
    say: Say,
    limit: float = LIMIT,
    before: Callable[[str], None] = lambda _: None,
) -> Release:
    """Release an image: the one named, one that is built now, or the newest of the app's. All else stays as it is.

    `before` is called with the revision that brings it, before any task runs it: if it raises, nothing is deployed.

    Raises UsageError or Refused, with nothing changed, for an image that is not there or does not fit, without a
    service, and while something else is rolling out; ResourceFailed when the build fails.
    """
    app = _App(aws, state)
    live = app.live
    if app.rolling and build_it:
        raise _busy(app.rolling)
    if build_it:
        image = build(aws, app.names, say)
        app = _App(aws, state)  # a build takes its time
        live = app.live
    wanted = chosen(aws, app.names, image, live.architecture)
    if app.rolling:
        app.refuse_going_back()
        coming = described(aws, app.rolling.task_definition)
        if coming is None or not app.brings(coming, wanted):
            raise _busy(app.rolling)
        say(f"{app.rolling.name} with this image is rolling out already: following it")
        return app.followed(app.rolling, wanted, limit, changed=False)
    if not app.observed.failed and app.brings(live, wanted):
        return app.nothing_to_do(live, wanted)
    with state.locked("deploy"):
        arn = app.register(live, wanted)
        say(f"revision {revision_of(arn)} brings {wanted}")
        if Reference.of(wanted) is None:  # nobody but the registry knows, and the tasks ask it
            say(f"{wanted} is pulled from {registry(wanted)}: whether it is there shows when the tasks start")
        try:
            before(arn)
        except ReleaseFailed:
            aws.ecs.deregister_task_definition(taskDefinition=arn)
            raise
        following = app.point(arn)
    return app.followed(following, wanted, limit)


def restart(aws: Aws, state: State, *, say: Say, limit: float = LIMIT) -> Release:
    """Start new tasks of what runs: they read secrets and parameters again. Nothing is released.

    Run again while that is under way it is followed. Raises Refused without a service, where no task is to run, and
    while something else is rolling out.
    """
    app = _App(aws, state)
    if app.rolling:
        app.refuse_going_back()
        if not app.restarting:
            raise _busy(app.rolling)
        say(f"new tasks of {app.rolling.name} are starting already: following them")
        return app.followed(app.rolling, app.image(app.live), limit, changed=False)
    if not app.service.get("desiredCount", 0):
        raise Refused("no task is to run, so none is started anew", why="service.desired_count is 0 there",
                      hint="a task reads its secrets when it starts: there is nothing to do")  # fmt: skip
    live = app.live
    with state.locked("deploy"):
        following = app.point(live.arn)
        say(f"new tasks of revision {live.number} take the place of those that run")
    return app.followed(following, app.image(live), limit)


def rollback(
    aws: Aws, state: State, revision: str = "", *, agree: Callable[[str, str], None], say: Say, limit: float = LIMIT
) -> Release:
    """Go back to the last good release before what runs now, or to a named revision; with the image it had then.

    `agree` is asked with the name of what runs and of what is to run, and may raise. Raises UsageError or Refused,
    with nothing changed, when there is nothing to go back to, for a revision that is unknown or not the app's, or
    whose image is gone, and while something else is rolling out.
    """
    app = _App(aws, state)
    if app.rolling:
        app.refuse_going_back()
        if not app.goes_to(revision):
            raise _busy(app.rolling)
        say(f"{app.rolling.name} is rolling out already: following it")
        return app.followed(app.rolling, app.image(app.revision(app.rolling.task_definition)), limit, changed=False)
    back = app.named(revision) if revision else app.last_good(say)
    if back.arn == app.runs and not app.observed.failed:
        return app.nothing_to_do(back, app.image(back))
    image, arn = app.image_then(back), back.arn
    agree(f"revision {revision_of(app.runs)}", f"revision {back.number} ({image})")
    with state.locked("rollback"):
        if image != app.image(back):
            arn = app.register(back, image, back=True)
            say(f"revision {revision_of(arn)} is revision {back.number} with its image of then, by digest")
        following = app.point(arn)
    return app.followed(following, image, limit)


def cancel(aws: Aws, state: State, *, say: Say, limit: float = LIMIT) -> Release | None:
    """Stop what is rolling out and have ECS go back; None when nothing is. Follows it to the end.

    A release command that runs is stopped, too.

    One that goes back already is only followed. One that ended in the meantime is told as it ended.
    """
    app = _App(aws, state)
    stopped = app.stop_commands(say)
    if app.rolling is None:
        return stopped
    image = app.image(app.revision(app.rolling.task_definition))
    if app.going_back:
        say(f"{app.rolling.name} is being rolled back already: following it")
    else:
        with state.locked("cancel"):
            _stop(aws, app.rolling.arn)
    return app.followed(app.rolling, image, limit, changed=not app.going_back)


class _App:
    """The app's service as it was when the command looked, and what is asked about it and done to it.

    Raises Refused when there is no service that could be changed.
    """

    def __init__(self, aws: Aws, state: State) -> None:
        self.aws, self.place, self.names = aws, state.book, Names.of(state.book)
        self.observed = look(aws, self.names)
        self.service = active(self.observed, self.names)
        self.runs: str = self.service["taskDefinition"]
        going = self.observed.ongoing
        self.going_back = bool(going) and phase_of(going) is Phase.GOING_BACK
        self.rolling = Followed(self.observed.brings(going), going["serviceDeploymentArn"]) if going else None

    @property
    def live(self) -> Revision:
        """What the service is told to run."""
        return self.revision(self.runs)

    def revision(self, arn: str) -> Revision:
        """A revision that the service runs or is to run."""
        found = described(self.aws, arn)
        if found is None:
            raise Refused(f"there is no task definition {arn}", hint="ecsctl up creates it again")
        return found

    def image(self, revision: Revision) -> str:
        """The image that stands in a revision."""
        return revision.image(self.names.container)

    def image_then(self, revision: Revision) -> str:
        """The image that a revision ran when it was deployed: by digest if its name stands for another one by now.

        Raises Refused when it is gone from the registry.
        """
        image = self.image(revision)
        named = in_registry(image, self.place)
        if named is None:
            return image
        ran, now = self.observed.ran(revision.arn, self.names.container), digest_of(self.aws, named)
        if now and ran in ("", now):
            return image
        if not ran or not digest_of(self.aws, replace(named, tag="", digest=ran)):
            raise Refused(
                f"the image of revision {revision.number} is not in the registry any more: {ran or image}",
                hint="name another revision (ecsctl history), or build it again",
            )
        return f"{image.partition('@')[0].removesuffix(':' + named.tag)}@{ran}"

    def brings(self, revision: Revision, image: str) -> bool:
        """Whether a revision brings an image: by what its own image stood for when it was deployed, if it is known."""
        ran = self.observed.ran(revision.arn, self.names.container)
        if ran and "@" in image:
            return image.endswith(f"@{ran}")
        return same(self.aws, self.place, self.image(revision), image)

    def good(self, but: str = "") -> list[str]:
        """The revisions that were deployed with success, the last one first, without one of them."""
        return list(
            dict.fromkeys(arn for one in self.observed.good if (arn := self.observed.brings(one)) not in ("", but))
        )

    def last_good(self, say: Say) -> Revision:
        """The revision of the newest deployment that succeeded with another one than what runs, and can run again."""
        missing: list[str] = []
        for arn in self.good(but=self.runs):
            found = described(self.aws, arn)
            if found is None or not found.active:
                missing.append(f"revision {revision_of(arn)} was deregistered")
                continue
            try:
                self.image_then(found)
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

    def named(self, revision: str) -> Revision:
        """The revision that a person names: a number, `family:number`, or an ARN."""
        found, app = revision_named(self.aws, self.names, revision), self.names.app
        # The pipeline's copies may be without our tags: that the service ran them vouches for them.
        if found.tags.get(APP) != app and found.arn not in self.observed.revisions.values():
            raise Refused(
                f"revision {found.number} of {app} is not ours: it has no ecsctl tags, and the service never ran it",
                hint="ecsctl history lists those that are",
            )
        if not found.active:
            raise Refused(
                f"revision {found.number} of {app} was deregistered, and AWS starts nothing from it any more",
                hint="name another one: ecsctl history lists them",
            )
        return found

    def goes_to(self, revision: str) -> bool:
        """Whether what is rolling out is what the same rollback began before: then it is only followed."""
        coming = self.rolling.task_definition if self.rolling else ""
        if revision:
            return self.named(revision).arn == coming
        sources = {self.observed.revisions.get(one["arn"], "")
                   for one in self.observed.ongoing.get("sourceServiceRevisions", ())}  # fmt: skip
        earlier = set(self.good()) - sources
        ran = {self.observed.ran(arn, self.names.container) for arn in earlier} - {""}
        return coming in earlier or self.image(self.revision(coming)).partition("@")[2] in ran

    @property
    def restarting(self) -> bool:
        """Whether what is rolling out is what ran before: new tasks of the same revision."""
        sources = self.observed.ongoing.get("sourceServiceRevisions", ())
        before = {self.observed.revisions.get(one["arn"], "") for one in sources}
        return self.rolling is not None and before == {self.rolling.task_definition}

    def stop_commands(self, say: Say) -> Release | None:
        """Stop the release command that runs, here or in the pipeline: nothing is deployed then."""
        stopped = None
        for task in commands_of(self.aws, self.names.cluster):
            self.aws.ecs.stop_task(cluster=self.names.cluster, task=task["taskArn"], reason="ecsctl cancel")
            say(f"the release command in task {task['taskArn'].rpartition('/')[2]} is stopped")
            told = "the release command was stopped, because someone asked for it: nothing was deployed"
            found = described(self.aws, task["taskDefinitionArn"])
            image = self.image(found) if found else ""
            stopped = Release(Verdict(Outcome.STOPPED, told), task["taskDefinitionArn"], image)
        return stopped

    def refuse_going_back(self) -> None:
        """Raise Refused while what rolls out is on its way back."""
        if self.rolling and self.going_back:
            raise Refused(
                f"{self.rolling.name} is being rolled back at this moment",
                hint="wait until that is done: ecsctl cancel follows it to its end",
            )

    def register(self, like: Revision, image: str, *, back: bool = False) -> str:
        """Register a revision with another image, tagged as the one it is made from, or as the service. Its ARN.

        `back` says that the service goes back to the one it was made from: it is tagged so, for `plan` to tell.
        A lost answer leaves a revision that nobody uses, which harms nothing: the call is repeated.
        """
        ours = container_of(like.definition, self.names.container)
        containers = [
            {**one, "image": image} if one is ours else one for one in like.definition["containerDefinitions"]
        ]
        wanted = {**like.definition, "containerDefinitions": containers}
        mark, tags = flat(self.service.get("tags")), dict(like.tags)
        if any(tags.get(name) != mark.get(name) for name in (APP, ID)):  # the pipeline's copy came without them
            tags = {**mark, RESOURCE: TASK_DEFINITION}
        tags = {name: value for name, value in tags.items() if not name.startswith("aws:")} | {DIGEST: digest(wanted)}
        tags |= {BACK: str(like.number)} if back else {}
        listed = [{"key": name, "value": value} for name, value in tags.items()]
        answer = self.aws.patience.through(
            lambda: self.aws.ecs.register_task_definition(**wanted, tags=listed),  # type: ignore[arg-type]  # as AWS told it
            what="registering the task definition",
        )
        return answer["taskDefinition"]["taskDefinitionArn"]

    def point(self, arn: str) -> Followed:
        """Tell the service to run a revision, and know the deployment that this begins.

        Told the same revision twice, ECS begins nothing new, so a lost answer is no reason to stop. A revision whose
        deployment was given up needs to be forced, and is: then a lost answer ends the command.
        """
        ecs, cluster, service = self.aws.ecs, self.names.cluster, self.names.service
        now = active(look(self.aws, self.names), self.names)["taskDefinition"]
        if now != self.runs:
            was = revision_of(self.runs)
            raise Refused(
                f"someone else released revision {revision_of(now)} just now, in place of revision {was}",
                hint="see ecsctl history, then run the same command again",
            )
        if arn == now:
            answer = ecs.update_service(cluster=cluster, service=service, taskDefinition=arn, forceNewDeployment=True)
        else:
            answer = self.aws.patience.through(
                lambda: ecs.update_service(cluster=cluster, service=service, taskDefinition=arn),
                what="updating the service",
            )
        before = frozenset(one["serviceDeploymentArn"] for one in self.observed.deployments)
        told = str(answer["service"].get("currentServiceDeployment", ""))
        known = told not in ("", *before) and Snapshot(answer["service"]).primary.get("taskDefinition") == arn
        return Followed(arn, told if known else "", before)

    def followed(self, deployment: Followed, image: str, limit: float, *, changed: bool = True) -> Release:
        """What the command did, once the deployment has ended. What the strategy itself waits comes on top."""
        limit += self.observed.waits
        return Release(follow(self.aws, self.names, deployment, limit), deployment.task_definition, image, changed)

    def nothing_to_do(self, revision: Revision, image: str) -> Release:
        """What the command did where the service runs it already."""
        count = f"{self.service.get('runningCount', 0)} of {self.service.get('desiredCount', 0)} tasks run it"
        told = f"revision {revision.number} is what the service runs already: {count}"
        return Release(Verdict(Outcome.DEPLOYED, told), revision.arn, image, changed=False)


def _stop(aws: Aws, deployment: str) -> None:
    """Ask ECS to stop a deployment and go back; asked twice it goes on doing so (ECS guide, "Stopping Amazon ECS
    service deployments").
    """
    try:
        aws.patience.through(
            lambda: aws.ecs.stop_service_deployment(serviceDeploymentArn=deployment, stopType="ROLLBACK"),
            what="stopping the deployment",
        )
    except Exception as error:
        if code(error) != "ConflictException":  # it has ended meanwhile: following it tells how
            raise


def _busy(rolling: Followed) -> Refused:
    return Refused(
        f"{rolling.name} is rolling out at this moment, and another release would end it halfway",
        hint="wait for it, or end it with ecsctl cancel; then run the same command again",
    )
