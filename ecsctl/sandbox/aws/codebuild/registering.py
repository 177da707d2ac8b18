"""The build that registers a revision with the built image for each job's family.

Like a release command's build, it is recognized by its variables, and its AWS calls are simulated one by one.
"""

import json
from dataclasses import dataclass
from typing import Any

from moto.ecs.exceptions import ECSException

from ecsctl.sandbox.aws import ecs
from ecsctl.sandbox.aws.codebuild.releasing import DENIED, EndsError, Releasing, built, variables
from ecsctl.sandbox.aws.codebuild.state import Build
from ecsctl.sandbox.core.overlay import Refusal

_EACH = 4.0  # seconds for each family


def is_registering(build: Build) -> bool:
    """Whether a build's commands are those that register revisions of jobs."""
    return "JOB_FAMILIES" in variables(build) and "\n" in str(build.facts["source"].get("buildspec", ""))


@dataclass
class Registering(Releasing):
    """Starts and ends like the build that runs a release command, but only registers revisions."""

    def advance(self, build: Build, now: float) -> None:
        """Advance to `now`: all calls happen at once, at the end of the build's time."""
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
