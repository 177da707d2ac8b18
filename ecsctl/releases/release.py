"""Releasing without the pipeline: another image, an earlier revision, or cancelling a rollout.

Each command reads first, refuses before it changes anything, makes one change to each process's service, and then
follows the very deployments that the changes started. Run again after a timeout, it finds those and continues to follow
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ecsctl.errors import Refused, ReleaseFailed
from ecsctl.names import Names
from ecsctl.registries import registry
from ecsctl.releases import jobs
from ecsctl.releases.images import build, chosen
from ecsctl.releases.process import Process, Say, answer, busy, every, stop
from ecsctl.releases.reading import described
from ecsctl.releases.verdict import Followed, Outcome, Release, Verdict, called, together
from ecsctl.releases.waiting import LIMIT
from ecsctl.resources.support.ecr import Reference
from ecsctl.resources.support.ecs import commands_of

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.state import State


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
    """Release an image: a named one, one that is built now, or the newest of the app's. Everything else stays
    unchanged.

    All processes get it at once; an app of jobs alone has it at once, too. `before` is called with the revision of the
    first of them that deploys it, before any task runs it: if it raises, nothing is deployed. If some of them have it
    already, it was called for it then.

    Raises UsageError or Refused, with nothing changed, for an image that does not exist or does not fit, without a
    service, and while something else is rolling out; ResourceFailed if the build fails.
    """
    names = Names.of(state.book)
    if jobs.has_only_jobs(aws, names):
        return _to_jobs(aws, state, names, build(aws, names, say) if build_it else image)
    processes = every(aws, state)
    if build_it:
        for one in processes:
            if one.rolling:
                raise busy(one.rolling)
        image = build(aws, processes[0].names, say)
        processes = every(aws, state)  # a build takes its time
    chosen_image = chosen(aws, processes[0].names, image, processes[0].live.architecture)
    following = {one: _brought(one, chosen_image, say) for one in processes if one.rolling}
    at_rest = [one for one in processes if not one.rolling]
    behind = [one for one in at_rest if one.observed.failed or not one.deploys(one.live, chosen_image)]
    if behind:
        with state.locked("deploy"):
            arns = {one: one.register(one.live, chosen_image) for one in behind}
            for arn in arns.values():
                say(f"{called(arn)} brings {chosen_image}")
            if Reference.of(chosen_image) is None:  # only the registry knows, and the tasks pull from it
                host = registry(chosen_image)
                say(f"{chosen_image} is pulled from {host}: whether it exists shows when the tasks start")
            if len(behind) == len(processes):
                _first(aws, before, list(arns.values()))
            following |= {one: one.update_service(arn) for one, arn in arns.items()}
    return _ended(processes[0], processes, following, chosen_image, limit, changed=behind)


def restart(aws: Aws, state: State, *, say: Say, limit: float = LIMIT) -> Release:
    """Start new tasks of what runs: they read secrets and parameters again. Nothing is released.

    Run again while that is in progress, it follows it, and starts it for processes that it had not reached yet: it
    takes one after the other. Raises Refused without a service, if no task is desired, and while something else is
    rolling out.
    """
    processes = every(aws, state)
    for one in processes:
        one.refuse_going_back()
        if one.rolling and not one.restarting:
            raise busy(one.rolling)
    following = {one: one.rolling for one in processes if one.rolling}
    for rolling in following.values():
        say(f"new tasks of {rolling.name} are starting already: following them")
    run = [one for one in processes if one.service.get("desiredCount", 0)]
    if not run:
        raise Refused("no task is desired, so none is restarted", why="service.desired_count is 0",
                      hint="a task reads its secrets when it starts: there is nothing to do")  # fmt: skip
    last = max((processes.index(one) for one in following), default=-1)
    since = processes[last].newest if following else None
    begun = [one for one in run if since is None or (processes.index(one) > last and one.newest < since)]
    for one in begun:
        live = one.live
        with state.locked("deploy"):
            following[one] = one.update_service(live.arn)
        say(f"new tasks of {called(live.arn)} take the place of those that run")
    first = processes[0]
    return _ended(first, processes, following, first.image(first.live), limit, changed=begun)


def rollback(
    aws: Aws, state: State, revision: str = "", *, agree: Callable[[str, str], None], say: Say, limit: float = LIMIT
) -> Release:
    """Roll back to the last release that succeeded for all, or to a named revision; with the image it had then.

    The release of the web decides, or of the first worker if there is no web, and all other processes roll back to its
    image: to their own last good revision with it, or as they are with that image. `agree` is called with the names of
    what runs and what will run, and may raise. Raises UsageError or Refused, with nothing changed, if there is nothing
    to roll back to, for a revision that is unknown or not the app's, or whose image is gone, and while something else
    is rolling out.
    """
    processes = every(aws, state)
    first, others = processes[0], processes[1:]
    following: dict[Process, Followed] = {}
    if first.rolling:
        first.refuse_going_back()
        if not first.is_going_to(revision):
            raise busy(first.rolling)
        say(f"{first.rolling.name} is rolling out already: following it")
        following[first] = first.rolling
        image = first.image(first.revision(first.rolling.task_definition))
    else:
        back = first.named(revision) if revision else first.last_good(say, others)
        stays = back.arn == first.runs and not first.observed.failed
        image = first.image(back) if stays else first.image_then(back)
    following |= {one: _brought(one, image, say) for one in others if one.rolling}
    behind = [one for one in others if not one.rolling and (one.observed.failed or not one.deploys(one.live, image))]
    goes = not first.rolling and not stays
    changed = [*([first] if goes else []), *behind]
    if changed:
        along = f", and {', '.join(one.names.process for one in behind)} with it" if behind else ""
        then = called(first.rolling.task_definition) if first.rolling else f"revision {back.number}"
        agree(called(first.runs), f"{then} ({image}){along}")
        with state.locked("rollback"):
            arns = {}
            if goes:
                arns[first] = back.arn
                if image != first.image(back):
                    arns[first] = first.register(back, image, back=True)
                    say(f"{called(arns[first])} is revision {back.number} with the image it had then, by digest")
            for one in behind:
                had = one.with_image(image)
                arns[one] = had.arn if had else one.register(one.live, image)
                say(f"{called(arns[one])} goes back to that image")
            following |= {one: one.update_service(arn) for one, arn in arns.items()}
    return _ended(first, processes, following, image, limit, changed=changed)


def cancel(aws: Aws, state: State, *, say: Say, limit: float = LIMIT) -> Release | None:
    """Stop what is rolling out and have ECS roll back; None if nothing is. Follows it to the end.

    A running release command is stopped, too.

    If it is already rolling back, it is only followed. If it ended in the meantime, its end is reported.
    """
    processes = every(aws, state)
    stopped = _stop_commands(processes[0], say)
    rolling = {one: one.rolling for one in processes if one.rolling}
    if not rolling:
        return stopped
    for one, deployment in rolling.items():
        if one.going_back:
            say(f"{deployment.name} is being rolled back already: following it")
        else:
            with state.locked("cancel"):
                stop(aws, deployment.arn)
            rolling[one] = replace(deployment, answered=one.held.hooks if one.held else frozenset())
    first, deployment = next(iter(rolling.items()))
    image = first.image(first.revision(deployment.task_definition))
    changed = [one for one in rolling if not one.going_back]
    return _ended(processes[0], list(rolling), rolling, image, limit, changed=changed)


def go_on(aws: Aws, state: State, *, back: bool = False, say: Say, limit: float = LIMIT) -> Release | None:
    """Continue what is held, or with `back` roll it back; None if nothing is rolling out. Follows it to its end, or to
    its next pause.

    What is not held, or is already rolling back, is only followed.
    """
    processes = every(aws, state)
    rolling = {one: one.rolling for one in processes if one.rolling}
    if not rolling:
        return None
    for one, deployment in rolling.items():
        if one.held:
            with state.locked("continue"):
                answer(aws, deployment.arn, one.held, back=back)
            rolling[one] = replace(deployment, answered=one.held.hooks)
        else:
            say(f"{deployment.name} is {'being rolled back' if one.going_back else 'not paused'}: following it")
    first, deployment = next(iter(rolling.items()))
    image = first.image(first.revision(deployment.task_definition))
    changed = [one for one in rolling if one.held]
    return _ended(processes[0], list(rolling), rolling, image, limit, changed=changed)


def _brought(one: Process, image: str, say: Say) -> Followed:
    """The deployment in progress, if it deploys the requested image. Raises Refused if it deploys another."""
    assert one.rolling  # noqa: S101 - asked by the caller
    one.refuse_going_back()
    coming = described(one.aws, one.rolling.task_definition)
    if coming is None or not one.deploys(coming, image):
        raise busy(one.rolling)
    say(f"{one.rolling.name} with this image is rolling out already: following it")
    return one.rolling


def _first(aws: Aws, before: Callable[[str], None], arns: list[str]) -> None:
    """The release command, before all processes; if it fails, what was registered for them is never run."""
    try:
        before(arns[0])
    except ReleaseFailed:
        for arn in arns:
            aws.ecs.deregister_task_definition(taskDefinition=arn)
        raise


def _ended(
    lead: Process,
    processes: list[Process],
    following: Mapping[Process, Followed],
    image: str,
    limit: float,
    *,
    changed: list[Process],
) -> Release:
    """Wait for the end of each process's rollout. They roll out side by side; the jobs follow."""
    clock = lead.aws.patience.clock
    ends = clock.now() + limit
    done = {}
    for one in processes:
        if deployment := following.get(one):
            left = max(0.0, ends - clock.now())
            done[one.names.process] = one.followed(deployment, image, left, changed=one in changed)
        else:
            done[one.names.process] = one.nothing_to_do(one.live, image)
    release = together(done)
    if lead.names.process in done and release.verdict.outcome is Outcome.DEPLOYED:
        jobs.set_image(lead.aws, lead.names, lead.image(lead.revision(done[lead.names.process].revision)))
    return release


def _to_jobs(aws: Aws, state: State, names: Names, image: str) -> Release:
    """The release of an app that keeps no task running: each run from now on has the image."""
    first = jobs.latest(aws, names)
    chosen_image = chosen(aws, names, image, first.architecture)
    with state.locked("deploy"):
        given = jobs.set_image(aws, names, chosen_image)
    sentence = f"the next runs of {', '.join(given)} have it" if given else "the next run of each job has it already"
    return Release(Verdict(Outcome.DEPLOYED, sentence), jobs.latest(aws, names).arn, chosen_image, changed=bool(given))


def _stop_commands(first: Process, say: Say) -> Release | None:
    """Stop the running release command, here or in the pipeline: nothing is deployed then."""
    stopped = None
    for task in commands_of(first.aws, first.names.cluster):
        first.aws.ecs.stop_task(cluster=first.names.cluster, task=task["taskArn"], reason="ecsctl cancel")
        say(f"the release command in task {task['taskArn'].rpartition('/')[2]} is stopped")
        sentence = "the release command was stopped, because someone asked for it: nothing was deployed"
        found = described(first.aws, task["taskDefinitionArn"])
        image = first.image(found) if found else ""
        stopped = Release(Verdict(Outcome.STOPPED, sentence), task["taskDefinitionArn"], image)
    return stopped
