"""A build that registers a revision with the built image for each family of jobs.

Its commands are recognized by its variables and simulated call by call, as those of a release command are.
"""

import json
from dataclasses import dataclass
from typing import Any

from moto.ecs.exceptions import ECSException

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.codebuild.releasing import DENIED, EndsError, Releasing, built, variables
from ecsctl.sandbox.aws.codebuild.state import Build
from ecsctl.sandbox.core.overlay import Refusal

_EACH = 4.0  # seconds for each of the families


def registers(build: Build) -> bool:
    """Whether a build's commands are those that register revisions of jobs."""
    return "JOB_FAMILIES" in variables(build) and "\n" in str(build.facts["source"].get("buildspec", ""))


@dataclass
class Registering(Releasing):
    """Starts and ends like a build that runs a release command; in between it only registers revisions."""

    def advance(self, build: Build, now: float) -> None:
        """Bring it up to `now`: everything happens at once, when its time is over."""
        commands = build.commands
        if commands is None or commands.done or build.stopped is not None:
            return
        given = variables(build)
        families = json.loads(given["JOB_FAMILIES"])
        ends = commands.steps[-1].began + _EACH * len(families)
        if now < ends:
            return
        code = 0
        try:
            image = built(self.account, build, given["CONTAINER_NAME"])
            for family in families:
                self._register(build, family, given["CONTAINER_NAME"], image, ends)
        except EndsError as error:
            self._say(build, ends, str(error))
            code = error.code
        self._end(build, ends, code)

    def _register(self, build: Build, family: str, container: str, image: str, at: float) -> None:
        self._may(build, "ecs:DescribeTaskDefinition", "*")
        try:
            found = ecs.describe_task_definition(self.account, self.region, family)
            own: Any = next(one for one in found["containerDefinitions"] if one["name"] == container)
            if own["image"] == image:
                self._say(build, at, f"{family} has the image already: {image}")
                return
            tags = [one for one in found["tags"] if not one["key"].startswith("aws:")]
            arn = self._registered(build, found, container, image, tags)
        except ECSException as error:
            raise EndsError(f"An error occurred: {error}", DENIED) from None
        except Refusal as refusal:
            raise EndsError(f"An error occurred ({refusal.code}): {refusal.message}", DENIED) from None
        self._say(build, at, f"{family} runs {image} from revision {arn.rpartition(':')[2]} on")
