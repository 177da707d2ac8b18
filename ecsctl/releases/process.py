"""The service of one process: as it was when a command read it, questions about it, and changes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ecsctl.aws.codes import code
from ecsctl.engine.label import APP, ID, RESOURCE, flat
from ecsctl.errors import Refused
from ecsctl.names import Names
from ecsctl.parts import TASK_DEFINITION, WEB, of_process
from ecsctl.releases.images import digest_of, in_registry, is_same_image
from ecsctl.releases.reading import active, described, processes, read, revision_named
from ecsctl.releases.verdict import Followed, Outcome, Release, Verdict
from ecsctl.releases.waiting import follow
from ecsctl.resources.support.deployments import Phase, Snapshot, began, phase_of
from ecsctl.resources.support.ecs import revision_of
from ecsctl.resources.support.pausing import Held, held_of
from ecsctl.resources.support.revisions import BACK, DIGEST, Revision, container_of, digest

if TYPE_CHECKING:
    from datetime import datetime

    from ecsctl.aws.clients import Aws
    from ecsctl.engine.state import State

Say = Callable[[str], None]


class Process:
    """A service, its revisions and images. Raises Refused if there is no service that could be changed."""

    def __init__(self, aws: Aws, state: State, names: Names) -> None:
        self.aws, self.place, self.names = aws, state.book, names
        self.observed = read(aws, self.names)
        self.service = active(self.observed, self.names)
        self.runs: str = self.service["taskDefinition"]
        going = self.observed.ongoing
        self.going_back = bool(going) and phase_of(going) is Phase.GOING_BACK
        self.held = held_of(going) if going else None
        self.rolling = (
            Followed(self.observed.task_definition_of(going), going["serviceDeploymentArn"]) if going else None
        )

    @property
    def live(self) -> Revision:
        """The revision that the service is set to run."""
        return self.revision(self.runs)

    def revision(self, arn: str) -> Revision:
        """A revision that the service runs or is to run. Raises Refused if it does not exist."""
        found = described(self.aws, arn)
        if found is None:
            raise Refused(f"there is no task definition {arn}", hint="ecsctl up creates it again")
        return found

    def image(self, revision: Revision) -> str:
        """The image of the app's container in a revision."""
        return revision.image(self.names.container)

    def image_then(self, revision: Revision) -> str:
        """The image that a revision ran when it was deployed: by digest if its name refers to another one by now.

        Raises Refused if it is gone from the registry.
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
                f"the image of revision {revision.number} is no longer in the registry: {ran or image}",
                hint="name another revision (ecsctl history), or build it again",
            )
        return f"{image.partition('@')[0].removesuffix(':' + named.tag)}@{ran}"

    def deploys(self, revision: Revision, image: str) -> bool:
        """Whether a revision deploys an image: by the digest of its own image when it was deployed, if that is
        known.
        """
        ran = self.observed.ran(revision.arn, self.names.container)
        if ran and "@" in image:
            return image.endswith(f"@{ran}")
        return is_same_image(self.aws, self.place, self.image(revision), image)

    def good(self, but: str = "") -> list[str]:
        """The revisions that were deployed successfully, the last one first, without this one."""
        return list(
            dict.fromkeys(
                arn
                for one in self.observed.succeeded
                if (arn := self.observed.task_definition_of(one)) not in ("", but)
            )
        )

    def last_good(self, say: Say, others: Iterable[Process] = ()) -> Revision:
        """The newest successful deployment's revision with another image than the running one, if it can still run.

        One whose image another process has tried, and never successfully, is no release to roll back to.

        Raises Refused if there is none.
        """
        missing: list[str] = []
        for arn in self.good(but=self.runs):
            found = described(self.aws, arn)
            if found is None or not found.active:
                missing.append(f"revision {revision_of(arn)} was deregistered")
                continue
            try:
                image = self.image_then(found)
            except Refused as refused:
                missing.append(refused.message)
                continue
            if failed := [one.names.process for one in others if one.has_failed_with(image)]:
                missing.append(f"revision {found.number}, whose image failed in {', '.join(failed)}")
                continue
            for what in missing:
                say(f"passed over: {what}")
            return found
        raise Refused(
            "there is nothing to roll back to",
            why="; ".join(missing) or "no other revision was deployed successfully in the last 90 days",
            hint="ecsctl history shows what was released; ecsctl deploy --image URI releases another image",
        )

    def named(self, revision: str) -> Revision:
        """The revision that a person names: a number, `family:number`, or an ARN. Raises Refused for one that is not
        ours.
        """
        found, app = revision_named(self.aws, self.names, revision), self.names.app
        # The pipeline's copies may lack our tags: that the service ran them shows that they are ours.
        if found.tags.get(APP) != app and found.arn not in self.observed.revisions.values():
            raise Refused(
                f"revision {found.number} of {app} is not ours: it has no ecsctl tags, and the service never ran it",
                hint="ecsctl history lists ours",
            )
        if not found.active:
            raise Refused(
                f"revision {found.number} of {app} was deregistered, and AWS no longer starts tasks from it",
                hint="name another one: ecsctl history lists them",
            )
        return found

    def is_going_to(self, revision: str) -> bool:
        """Whether the deployment in progress was started by the same rollback: then it is only followed."""
        coming = self.rolling.task_definition if self.rolling else ""
        if revision:
            return self.named(revision).arn == coming
        sources = {self.observed.revisions.get(one["arn"], "")
                   for one in self.observed.ongoing.get("sourceServiceRevisions", ())}  # fmt: skip
        earlier = set(self.good()) - sources
        ran = {self.observed.ran(arn, self.names.container) for arn in earlier} - {""}
        return coming in earlier or self.image(self.revision(coming)).partition("@")[2] in ran

    def with_image(self, image: str) -> Revision | None:
        """The newest revision that was deployed successfully with this image, and can still run."""
        found = (described(self.aws, arn) for arn in self.good())
        return next((one for one in found if one and one.active and self.deploys(one, image)), None)

    def has_failed_with(self, image: str) -> bool:
        """Whether it was released with this image, and never successfully."""
        tried = [one for one in self.observed.deployments if not phase_of(one).ongoing]
        ends = [phase_of(one) for one in tried if (found := described(self.aws, self.observed.task_definition_of(one)))
                and self.deploys(found, image)]  # fmt: skip
        return bool(ends) and Phase.DEPLOYED not in ends

    @property
    def newest(self) -> datetime:
        """The time at which the newest of its deployments began."""
        return began(self.observed.newest)

    @property
    def restarting(self) -> bool:
        """Whether the deployment in progress deploys what ran before: new tasks of the same revision."""
        sources = self.observed.ongoing.get("sourceServiceRevisions", ())
        before = {self.observed.revisions.get(one["arn"], "") for one in sources}
        return self.rolling is not None and before == {self.rolling.task_definition}

    def refuse_going_back(self) -> None:
        """Raise Refused while a rollback is in progress."""
        if self.rolling and self.going_back:
            raise Refused(
                f"{self.rolling.name} is being rolled back",
                hint="wait until that is done: ecsctl cancel follows it to its end",
            )

    def register(self, like: Revision, image: str, *, back: bool = False) -> str:
        """Register a revision with another image, with the tags of the one it is copied from, or the service's. Its
        ARN.

        `back` says that the service rolls back to the one it is copied from: it is tagged so, for `plan` to show. A
        lost answer leaves a revision that nothing uses, which does no harm: the call is repeated.
        """
        ours = container_of(like.definition, self.names.container)
        containers = [
            {**one, "image": image} if one is ours else one for one in like.definition["containerDefinitions"]
        ]
        request = {**like.definition, "containerDefinitions": containers}
        held, tags = flat(self.service.get("tags")), dict(like.tags)
        if any(tags.get(name) != held.get(name) for name in (APP, ID)):  # the pipeline's copy has none
            tags = {**held, RESOURCE: of_process(TASK_DEFINITION, self.names.process)}
        tags = {name: value for name, value in tags.items() if not name.startswith("aws:")} | {DIGEST: digest(request)}
        tags |= {BACK: str(like.number)} if back else {}
        listed = [{"key": name, "value": value} for name, value in tags.items()]
        answer = self.aws.patience.through(
            lambda: self.aws.ecs.register_task_definition(**request, tags=listed),  # type: ignore[arg-type]  # as AWS returned it
            what="registering the task definition",
        )
        return answer["taskDefinition"]["taskDefinitionArn"]

    def update_service(self, arn: str) -> Followed:
        """Set the service to run a revision, and return the deployment that this starts.

        Given the same revision twice, ECS starts nothing new, so a lost answer is no reason to stop. A revision whose
        deployment was given up needs to be forced, and is: then a lost answer ends the command.

        Raises Refused if another release changed the service meanwhile.
        """
        ecs, cluster, service = self.aws.ecs, self.names.cluster, self.names.service
        now = active(read(self.aws, self.names), self.names)["taskDefinition"]
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
        deployment = str(answer["service"].get("currentServiceDeployment", ""))
        known = deployment not in ("", *before) and Snapshot(answer["service"]).primary.get("taskDefinition") == arn
        return Followed(arn, deployment if known else "", before)

    def followed(self, deployment: Followed, image: str, limit: float, *, changed: bool = True) -> Release:
        """The result of the command, once the deployment has ended. The strategy's own waits are added to the limit."""
        limit += self.observed.waits
        return Release(follow(self.aws, self.names, deployment, limit), deployment.task_definition, image, changed)

    def nothing_to_do(self, revision: Revision, image: str) -> Release:
        """The result of the command if the service already runs it."""
        count = f"{self.service.get('runningCount', 0)} of {self.service.get('desiredCount', 0)} tasks run it"
        sentence = f"revision {revision.number} is what the service runs already: {count}"
        return Release(Verdict(Outcome.DEPLOYED, sentence), revision.arn, image, changed=False)


def stop(aws: Aws, deployment: str) -> None:
    """Ask ECS to stop a deployment and roll back; asking twice has the same effect (ECS guide, "Stopping Amazon ECS
    service deployments").
    """
    try:
        aws.patience.through(
            lambda: aws.ecs.stop_service_deployment(serviceDeploymentArn=deployment, stopType="ROLLBACK"),
            what="stopping the deployment",
        )
    except Exception as error:
        if code(error) != "ConflictException":  # it has ended meanwhile: following it shows how
            raise


def answer(aws: Aws, deployment: str, held: Held, *, back: bool) -> None:
    """Continue a deployment that is held, or roll it back. Each of several hooks needs an answer of its own.

    One that has been answered already, by someone else or by an answer that was lost, is refused as invalid (ECS API
    reference, ContinueServiceDeployment): following the deployment shows the outcome.
    """
    for hook in sorted(held.hooks):
        try:
            aws.patience.through(
                lambda hook=hook: aws.ecs.continue_service_deployment(  # type: ignore[misc]  # a default pins the loop's value
                    serviceDeploymentArn=deployment, hookId=hook, action="ROLLBACK" if back else "CONTINUE"
                ),
                what="answering for the deployment",
            )
        except Exception as error:
            if code(error) not in ("InvalidParameterException", "ClientException"):
                raise


def busy(rolling: Followed) -> Refused:
    """The refusal of a release while another is rolling out."""
    return Refused(
        f"{rolling.name} is rolling out, and another release would end it halfway",
        hint="wait for it, or end it with ecsctl cancel; then run the same command again",
    )


def every(aws: Aws, state: State) -> list[Process]:
    """All processes that have a service, the one that leads first. Raises Refused if there is none."""
    names = Names.of(state.book)
    return [Process(aws, state, names.on(one)) for one in processes(aws, names) or [WEB]]
