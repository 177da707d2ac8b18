"""A made-up run on this terminal, for eyes: `python -m tests.ui.demo up|down|plan|status|errors`."""

from __future__ import annotations

import sys
import threading
import time

from ecsctl.engine import events
from ecsctl.engine.plan import Step, Verb
from ecsctl.ui import errors, plan, status, words
from ecsctl.ui.progress import Progress
from tests.ui import samples


def run(verb: Verb, whole: bool = True) -> None:
    """The events of a run, from several threads."""
    steps = samples.first().steps if verb is Verb.CREATE else samples.removal().work
    with Progress() as tell:
        words.heading("123456789012", "eu-central-1", "arn:aws:iam::123456789012:user/ann", "shop")
        time.sleep(2)
        found = samples.first() if verb is Verb.CREATE else samples.removal()
        tell(events.Planned(found))
        plan.show(found, removal=verb is Verb.DELETE)
        threads = [threading.Thread(target=work, args=(tell, step, verb, 1 + 2 * n)) for n, step in enumerate(steps)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    tell.summary(14.2)


def work(tell: Progress, step: Step, verb: Verb, seconds: int) -> None:
    """One resource's events."""
    time.sleep(seconds / 4)
    tell(events.Started(step.name, step.title, verb))
    for spent in range(seconds):
        tell(events.Waiting(step.name, f"{step.title} {step.name} to be ready (pending)", spent, 600))
        time.sleep(1)
    if step.name == "alb" and verb is Verb.CREATE:
        tell(events.Failed(step.name, step.title, samples.failure().errors[0]))
    else:
        tell(events.Done(step.name, step.title, verb, seconds))


if __name__ == "__main__":
    match sys.argv[1]:
        case "up":
            run(Verb.CREATE)
        case "down":
            run(Verb.DELETE)
        case "plan":
            for one in (samples.first(), samples.settled(), samples.changed()):
                plan.show(one)
            plan.show(samples.removal(), removal=True)
        case "status":
            status.show(samples.reports(), url=samples.URL, links="--links" in sys.argv)
        case "errors":
            for error in (samples.failure(), samples.expired(), samples.stopped()):
                errors.show(error)
        case "ask":
            words.confirm("This ends the life of what is marked with a minus. Go on?", command="ecsctl up --yes")
            words.ask_name("shop", command="ecsctl down --yes")
