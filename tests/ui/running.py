"""A small app that runs: what the commands about releases, the pipeline and the token show of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ecsctl.github import creds
from ecsctl.operations import ps
from ecsctl.operations.jobs import Job
from ecsctl.operations.logs import Line
from ecsctl.operations.outdated import Outdated
from ecsctl.operations.pipelines import Action, Run, Stage
from ecsctl.operations.processes import Process, Release
from ecsctl.operations.processes import compared as of_one_image
from ecsctl.operations.scale import Scaled
from ecsctl.operations.status import Deployment, Live, Service, Target, Task
from ecsctl.own_secrets import Held
from ecsctl.releases.history import Difference, PastRelease
from ecsctl.releases.release import Release as Released
from ecsctl.releases.verdict import Outcome, Verdict
from ecsctl.resources.support.job_runs import Run as JobRun
from ecsctl.why import Act, Cause, Diagnosis, Evidence, Fix, Step
from tests.ui.samples import NOW, TASKS

COMMIT = "8486d5c1e0b7a3f29d4c6b5a8e7f0d1c2b3a4958"
BUILD = "https://eu-central-1.console.aws.amazon.com/codesuite/codebuild/projects/shop-build/build/shop-build%3A0f3a"

CAUSE = "the app crashed (exit code 1): KeyError: 'DATABASE_URL'"
DIGEST = f"sha256:{'2b' * 32}"
IMAGE = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop@{DIGEST}"


def run(status: str = "InProgress", error: str = "") -> Run:
    """A run of the pipeline that deploys."""
    began = NOW - timedelta(minutes=4)

    def action(name: str, provider: str, status: str, minutes: float, **more: str) -> Action:
        return Action(name, provider, status, began, began + timedelta(minutes=minutes), **more)

    return Run(
        pipeline="shop",
        id="212bdfaa-7c1e-4c58-9d0a-3f6b1e2d4c5a",
        status=status,
        trigger="Webhook",
        commit=COMMIT,
        message="Greet by name",
        url=f"https://github.com/acme/shop/commit/{COMMIT}",
        began=began,
        stages=(
            Stage("Source", "Succeeded", (action("Source", "GitHub", "Succeeded", 0.1),)),
            Stage("Build", "Succeeded", (action("Build", "CodeBuild", "Succeeded", 2.5, url=BUILD),)),
            Stage("Deploy", status, (action("Deploy", "ECS", status, 1, error=error),)),
        ),
    )


def jobs() -> list[Job]:
    """One that has failed, and one that is paused."""
    last = JobRun("nightly", "9a8b7c6d5e4f30210fedcba987654321", NOW - timedelta(minutes=9), NOW - timedelta(minutes=8),
                  NOW - timedelta(minutes=6), "failed", 2, "", IMAGE, scheduled=True)  # fmt: skip
    return [
        Job("nightly", "cron(0 3 * * ? *)", "Europe/Berlin", False, NOW + timedelta(hours=7), last, None),
        Job("weekly", "rate(7 days)", "UTC", True, None, None, NOW - timedelta(days=3)),
    ]


def tasks() -> list[ps.Task]:
    """One of the web, on Fargate Spot, one of a worker, and a command that has failed."""
    web = ps.Task("web", "1f2e3d4c5b6a79880123456789abcdef", 8, IMAGE, DIGEST, "running", NOW - timedelta(hours=3),
                  "eu-central-1a", 256, 512, True, None, "", ())  # fmt: skip
    worker = ps.Task("mailer", "5e6f70811f2e3d4c0123456789abcdef", 3, IMAGE, DIGEST, "running",
                     NOW - timedelta(hours=3), "eu-central-1b", 512, 1024, False, None, "", ())  # fmt: skip
    once = ps.Task("run", "9a8b7c6d5e4f30210fedcba987654321", 8, IMAGE, DIGEST, "stopped", NOW - timedelta(minutes=9),
                   "eu-central-1b", 256, 512, False, 2, "Essential container in task exited",
                   ("python", "manage.py", "migrate"))  # fmt: skip
    return [web, worker, once]


def processes() -> tuple[Process, ...]:
    """A web, a worker that runs another image, and one of which no task is asked for."""
    done = Release("deployed", "revision 8 is deployed: 2 of 2 tasks run it")
    other = f"{IMAGE.partition('@')[0]}@sha256:{'9f' * 32}"
    return of_one_image(
        (
            Process("web", "shop", 8, IMAGE, DIGEST, 2, 2, 0, done),
            Process("mailer", "shop_mailer", 3, other, other.partition("@")[2], 2, 1, 1, done),
            Process("thumbnails", "shop_thumbnails", 5, IMAGE, DIGEST, 0, 0, 0, done),
        )
    )


def several() -> Live:
    """An app of several processes, of which one was rolled back."""
    web, mailer, thumbnails = processes()
    gone = Release(
        "rolled back", "revision 4 of mailer was rolled back by the circuit breaker: revision 3 of mailer runs again"
    )
    return Live(
        at=NOW,
        service=Service("ACTIVE", 8, 2, 2, 0),
        release=web.release,
        processes=(web, replace(mailer, release=gone), thumbnails),
        deployments=(
            Deployment(8, "PRIMARY", "COMPLETED", 2, 2, 0, 0, NOW - timedelta(minutes=9)),
            Deployment(3, "PRIMARY", "COMPLETED", 2, 1, 1, 0, NOW - timedelta(minutes=4), "mailer"),
        ),
        tasks=(
            Task("0f3a12bc4d5e6f70", 8, "RUNNING", "", "10.100.1.5", NOW - timedelta(minutes=9), ""),
            Task("5e6f70811f2e3d4c", 3, "RUNNING", "", "10.100.1.6", NOW - timedelta(days=3), "", "mailer"),
            Task("9c1d5e0f2b7a48d3", 4, "STOPPED", "", "", NOW - timedelta(minutes=5),
                 "Essential container in task exited", "mailer"),
        ),
        targets=(Target("10.100.1.5", 8080, "healthy", ""),),
        cause="the worker mailer crashed (exit code 1): KeyError: 'QUEUE'",
    )  # fmt: skip


def rolling() -> Live:
    """Revision 8 comes, revision 7 goes."""
    return Live(
        at=NOW,
        service=Service("ACTIVE", 8, 2, 3, 1),
        release=Release("rolling out", "revision 8: 1 of 2 tasks run, 1 starting, 2 of the version before"),
        processes=(Process("web", "shop", 7, IMAGE, DIGEST, 2, 3, 1, Release("rolling out", "1 of 2 tasks run")),),
        deployments=(
            Deployment(8, "PRIMARY", "IN_PROGRESS", 2, 1, 1, 0, NOW - timedelta(seconds=42)),
            Deployment(7, "ACTIVE", "COMPLETED", 2, 2, 0, 0, NOW - timedelta(days=3)),
        ),
        tasks=(
            Task("9c1d5e0f2b7a48d3", 8, "PENDING", "", "", NOW - timedelta(seconds=12), ""),
            Task("0f3a12bc4d5e6f70", 8, "RUNNING", "HEALTHY", "10.100.1.5", NOW - timedelta(seconds=20), ""),
            Task("77aa12bc4d5e6f70", 7, "RUNNING", "HEALTHY", "10.100.0.9", NOW - timedelta(days=3), ""),
        ),
        targets=(
            Target("10.100.1.5", 8080, "initial", "Target registration is in progress"),
            Target("10.100.0.9", 8080, "healthy", ""),
        ),
        run=run(),
    )


def crashed() -> Live:
    """Revision 8 crashed five times and was rolled back; the targets may not be read."""
    reason = "Essential container in task exited"
    return Live(
        at=NOW,
        service=Service("ACTIVE", 7, 2, 2, 0),
        release=Release("rolled back", "revision 8 was rolled back by the circuit breaker: revision 7 runs again"),
        deployments=(Deployment(7, "PRIMARY", "COMPLETED", 2, 2, 0, 0, NOW - timedelta(minutes=9)),),
        tasks=(
            Task("77aa12bc4d5e6f70", 7, "RUNNING", "UNHEALTHY", "10.100.0.9", NOW - timedelta(days=3), ""),
            *(Task(f"{n}f3a12bc", 8, "STOPPED", "", "", NOW - timedelta(minutes=9), reason) for n in range(5)),
        ),
        run=run("Failed", "The service shop did not reach a steady state"),
        cause=CAUSE,
        unread={"targets": "not readable: not allowed to call DescribeTargetHealth"},
    )


def diagnosis() -> Diagnosis:
    """Returns what `why` finds of a crash."""
    reason = "Essential container in task exited: shop ended with exit code 1"
    shown = (Evidence("task 00000001", reason, NOW), Evidence("log", "KeyError: 'DATABASE_URL'", NOW))
    fix = Step(Act.CODE, "fix the app"), Step(Act.PUSH, "commit and push it")
    ways = Fix(fix), Fix((Step(Act.RUN, "ecsctl rollback"),), "what ran before runs again")
    return Diagnosis((Cause("crash", CAUSE, shown, ways, process="web"),))


def line() -> Line:
    """A line of the app's log."""
    return Line(NOW, "app/shop/0f3a12bc4d5e6f70", "GET / 200", "3741936", "web")


def rolled_back() -> Released:
    """A release that ECS rolled back."""
    sentence = "revision 8 was rolled back by the circuit breaker: revision 7 runs again"
    why = "ECS deployment circuit breaker: tasks failed to start."
    return Released(Verdict(Outcome.ROLLED_BACK, sentence, why), f"{TASKS}:8", IMAGE)


def past() -> PastRelease:
    """A release of the pipeline's."""
    since = NOW - timedelta(days=3)
    return PastRelease(7, "deployed", True, IMAGE, DIGEST, (COMMIT, "latest"), COMMIT, "Greet by name", "pipeline",
                       since, since + timedelta(minutes=3), "")  # fmt: skip


def compared() -> tuple[str, str, list[Difference]]:
    """Two revisions, and what they say differently."""
    changed = Difference("container.shop.env.LOG_LEVEL", "info", "debug")
    return f"{TASKS}:7", f"{TASKS}:8", [Difference("cpu", "256", "512"), changed]


def token() -> creds.Status:
    """The GitHub token, which the webhook does not have yet."""
    places = (
        creds.Place("github-credentials", "CodeBuild's GitHub credentials", "current"),
        creds.Place("pipeline-webhook", "pipeline webhook", "old", "GitHub answered 401"),
    )
    return creds.Status("github/token", NOW - timedelta(days=30), places)


def outdated() -> list[Outdated]:
    """A secret that has changed since two tasks read it."""
    return [Outdated("shop/db", NOW - timedelta(hours=1), 2)]


def own_secrets() -> list[tuple[Held, list[str]]]:
    """A secret that is used, and one that is scheduled for deletion."""
    then = NOW - timedelta(days=3)
    return [(Held("db-url", NOW, None), ["service.secrets.DATABASE_URL"]), (Held("old", then, then), [])]


def scaled() -> list[Scaled]:
    return [Scaled("web", 2, 6, 6, 2, None), Scaled("mailer", 1, 3, 3, None, (0, 10))]
