"""ecsctl.toml as a whole: its tables, and whether they fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import ModelWrapValidatorHandler, PrivateAttr, model_validator

from ecsctl import registries
from ecsctl.config import checks
from ecsctl.config.tables.delivery import Build
from ecsctl.config.tables.section import Problem
from ecsctl.config.tables.sidecars import shares, together
from ecsctl.config.tables.top import Tables
from ecsctl.config.tables.volumes import fitting
from ecsctl.config.tree import dotted
from ecsctl.parts import ALARMED


class Config(Tables):
    """ecsctl.toml: the app, where it runs, and how it is built and released."""

    _unsaid: bool = PrivateAttr(False)

    @model_validator(mode="wrap")
    @classmethod
    def _filled(cls, written: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """The file's values, together with what they imply."""
        if not isinstance(written, Mapping):
            return handler(written)
        asked = {"service", "domain", "load_balancer"} & written.keys()
        unsaid = not asked and bool(written.get("workers") or written.get("jobs"))
        if unsaid:
            written = {**written, "service": {"web": False}}
        found = handler(checks.preset(written) if written.get("secure") is True else written)
        found._unsaid = unsaid  # noqa: SLF001 - its own
        return found

    @property
    def leaves_out_web(self) -> bool:
        """Whether there is no web because the file does not mention one, and not because it says so."""
        return self._unsaid

    def problems(self) -> Iterator[Problem]:
        """Mistakes: values of several tables that contradict each other, though each is valid by itself."""
        yield from self._doubled_tags()
        yield from self.strange(self.account_id, self.region)
        yield from self._build_image()
        if self.build.scan and not self.ecr.scan_on_push:
            yield "ecr.scan_on_push", "= false leaves build.scan without findings"
        if self.build.cache and self.ecr.mutability == "IMMUTABLE":
            yield "build.cache", "needs tags that move, and ecr.mutability is IMMUTABLE"
        if self.build.cache and self.ecr.sign:
            yield "build.cache", "cannot be used with ecr.sign, which would sign each cached layer too"
        if self.github and self.github.deployments and self.pipeline.mode != "pipeline":
            yield "github.deployments", f'needs pipeline.mode = "pipeline", and it is "{self.pipeline.mode}"'
        yield from self._too_many_tasks()
        yield from self._processes()
        yield from self._filters()
        yield from self._inside()
        yield from checks.front(self) if self.service.web else checks.without_web(self)
        yield from self._deployment()
        yield from self._release()
        if self.secure:
            yield from checks.security(self)
        app = self.service
        checked = bool(app.checked.container)
        yield from together(self.name, app.depends_on, checked, app.port, self.sidecars)
        yield from shares(app.cpu, app.memory, self.sidecars)
        beside = {name: one.volumes for name, one in self.sidecars.items()}
        raw = {"task_definition": self.raw.task_definition, "container": self.raw.container}
        yield from fitting(self.volumes, beside, raw)

    def _deployment(self) -> Iterator[Problem]:
        """Mistakes: a share of tasks that is too small; an alarm of ecsctl's that is listed as the user's.

        ECS API reference, DeploymentEarlySuccessCriteria: "must be greater than or equal to" the minimum.
        """
        for number, name in enumerate(self.deployment.alarms.names if self.deployment.alarms else ()):
            if name in {f"{self.name}-{about}" for about in ALARMED}:
                problem = "is what ecsctl calls an alarm of its own: expected errors_percent or latency_seconds instead"
                yield f"deployment.alarms.names.{number}", problem
        yield from checks.releasing(self)
        early, least = self.deployment.early_success, self.service.min_healthy_percent
        if self.service.web and early and early.healthy_percent < least:
            problem = f"expected at least service.min_healthy_percent = {least}, found {early.healthy_percent}"
            yield "deployment.early_success.healthy_percent", problem

    @property
    def deploy_minutes(self) -> int:
        """Returns how long the pipeline's deploy action waits: as configured, or as long as the strategy needs."""
        return checks.deploy_minutes(self)

    def _doubled_tags(self) -> Iterator[Problem]:
        """Mistakes: keys that differ only in case, which IAM ignores (IAM user guide, "Tags for IAM resources")."""
        first: dict[str, str] = {}
        for key in self.tags:
            if (other := first.setdefault(key.lower(), key)) != key:
                yield ("tags", key), f"is {other} in another case, and IAM treats the two as one: expected only one"

    def strange(self, account: str | None, region: str | None, partition: str | None = None) -> Iterator[Problem]:
        """Mistakes: ARNs of another account, region or partition than the current ones, as far as these are known, if
        AWS accepts no other.
        """
        yield from checks.strange(self, account, region, partition)

    def _build_image(self) -> Iterator[Problem]:
        """Mistakes: one of CodeBuild's own images that does not run on the build machine.

        CodeBuild user guide, "Docker images provided by CodeBuild": those for ARM have aarch64 in their names.
        """
        image, wanted = self.build.image or "", self.service.architecture
        yield from self._login(image)
        if not image.startswith(registries.CURATED):
            return
        if other := next((word for word in ("lambda", "windows", "macos") if word in image), ""):
            yield "build.image", f"is one for {other}; expected one for Linux containers, which build images"
        elif (found := "ARM64" if "aarch64" in image else "X86_64") != wanted:
            yield "build.image", f"runs on {found}, but service.architecture is {wanted}: expected one for {wanted}"

    def _login(self, image: str) -> Iterator[Problem]:
        """Mistakes: unused credentials, or a registry that may require some.

        "When this is set: imagePullCredentialsType must be set to SERVICE_ROLE; images cannot be curated or an Amazon
        ECR image" (CodeBuild API reference, ProjectEnvironment: registryCredential).
        """
        key = "build.image_credentials"
        if self.build.image_credentials:
            if not image:
                yield key, "cannot be used without build.image"
            elif image.startswith(registries.CURATED):
                yield key, "cannot be used here: CodeBuild pulls its own images without any"
            elif registries.is_ecr(image):
                yield key, "cannot be used here: the build's role pulls from ECR"
        elif image and not registries.is_public(image) and not registries.is_ecr(image):
            problem = (
                f"is in the registry {registries.registry(image)}, which is not known to let anybody pull: expected"
            )
            secret = f'{key} beside it, the ARN of a secret in Secrets Manager with {{"username": …, "password": …}}'
            yield "build.image", f'{problem} {secret}, or {key} = "none" where it needs no login'

    def _too_many_tasks(self) -> Iterator[Problem]:
        """Mistakes: more tasks than the network that ecsctl creates has addresses."""
        key = "autoscaling.max" if self.service.autoscaling else "desired_count"
        percent, most, peak = self._percent, self._most, self._peak
        room = self.vpc.room(internal=self.load_balancer.internal)
        if not self.vpc.id and peak > room:
            why = f"max_percent = {percent}"
            why = f'strategy = "{self.deployment.strategy}"' if self.deployment.shifts_requests else why
            yield (
                f"service.{key}",
                f"= {most} may be {peak} tasks during a deployment ({why}), and the subnets have "
                f"{room} addresses for them: expected at most {room * 100 // percent}, "
                "or a network of your own with vpc.id",
            )

    @property
    def _most(self) -> int:
        scaling = self.service.autoscaling
        if not self.service.web:
            return 0
        return scaling.highest if scaling else self.service.desired_count

    @property
    def _percent(self) -> int:
        return max(200, self.service.max_percent) if self.deployment.shifts_requests else self.service.max_percent

    @property
    def _peak(self) -> int:
        """The most tasks of the web that run at the same time, during a deployment."""
        return self._most * self._percent // 100

    def _processes(self) -> Iterator[Problem]:
        """Mistakes: workers and jobs that contradict [service], and more tasks in total than there are addresses."""
        for table, those in (("workers", self.workers), ("jobs", self.jobs)):
            for name, one in those.items():
                for key, why in one.size_problems(self.service, self.sidecars):
                    yield f"{table}.{name}.{key}", why
        for name, worker in self.workers.items() if self.service.web else ():
            if not worker.command:
                yield f"workers.{name}.command", "is missing: without one it would be a second web"
        for name in self.jobs.keys() & self.workers.keys():
            yield (
                f"jobs.{name}",
                "is also the name of a worker: expected another, since logs and tasks are named after it",
            )
        room = self.vpc.room(internal=self.load_balancer.internal)
        most = {name: one.most for name, one in self.workers.items()}
        if not self.vpc.id and self._peak <= room < self._peak + sum(most.values()):
            name = max(most, key=most.__getitem__)
            problem = f"are up to {most[name]} tasks; with all others {self._peak + sum(most.values())}"
            yield f"workers.{name}", f"{problem}, and the subnets have {room} addresses: expected fewer, or vpc.id"

    def _release(self) -> Iterator[Problem]:
        """Mistakes: a pipeline step with the name of the one that runs the release command, or updates the jobs."""
        taken = {"Release": "the release command"} if self.release else {}
        taken |= {"Jobs": "what gives the jobs the new image"} if self.jobs else {}
        for key in ("tests", "approvals"):
            for number, one in enumerate(getattr(self.pipeline, key)):
                if who := taken.get(one.name):
                    yield ("pipeline", key, number, "name"), f"is taken by {who}: choose another name"

    def _filters(self) -> Iterator[Problem]:
        """Connections alone report what starts a pipeline beyond a push to a branch.

        A webhook of CodePipeline compares values of GitHub's call with fixed texts: it knows neither a list of files
        nor a pattern (CodePipeline API reference, WebhookFilterRule).
        """
        for key in self.pipeline.given("paths", "tags"):
            if self.github and not self.github.connection_arn:
                yield (
                    f"pipeline.{key}",
                    "needs github.connection_arn: with a token, a push reaches AWS by a webhook that does not say "
                    f"{key} apart",
                )

    @property
    def wide(self) -> tuple[str, ...]:
        """Warnings about permissions of the app that cover everything in the account."""
        wide = ((key, one) for key, one in self.permissions.items() if "*" in one.resources)
        return tuple(
            f"{dotted(key)} allows {', '.join(one.actions)} on every resource (*); better: the ARNs of "
            "those that the app uses"
            for key, one in wide
        )

    def _inside(self) -> Iterator[Problem]:
        """Mistakes: builds in subnets without internet access, since CodeBuild gives them no public address.

        CodeBuild user guide, "Use AWS CodeBuild with Amazon Virtual Private Cloud".
        """
        if self.build.vpc and self.vpc.egress == "public":
            yield (
                "build.vpc",
                'needs another vpc.egress than "public": builds get no public address, and have no other way out',
            )

    @property
    def idle(self) -> tuple[str, ...]:
        """Warnings about options that have no effect."""
        if self.github:
            return ()
        wanted = {"build": {*self.build.given()} - {*Build.FOUND}, "pipeline": self.pipeline.given()}
        return tuple(f"[{name}] has no effect without [github]" for name, keys in wanted.items() if keys)
