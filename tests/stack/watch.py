"""Checks at every call of a run that the image exists when a service is given tasks."""

from __future__ import annotations

from typing import Any

from ecsctl.sandbox.aws.ecr import find_image
from tests.stack.conftest import ACCOUNT, REGION, World

URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/hello"


class Watch:
    """Records every call, and checks the image at each call that creates or changes the service."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.checked = 0
        self.empty: list[str] = []  # images that were not there when a service with tasks was to run them
        world.heard = self

    def __call__(self, _service: str, operation: str, _seconds: float, error: object, sent: dict[str, Any]) -> None:
        self.calls.append((operation, sent))
        if operation in ("create_service", "update_service") and error is None:
            self.checked += 1
            image = image_of(self.world, sent.get("taskDefinition") or service(self.world)["taskDefinition"])
            if service(self.world)["desiredCount"] > 0 and not is_there(image):
                self.empty.append(image)

    def count(self, operation: str) -> int:
        """Returns how often an operation was called."""
        return sum(called == operation for called, _ in self.calls)


def service(world: World) -> dict[str, Any]:
    """The app's service as ECS describes it."""
    found: dict[str, Any] = world.boto("ecs").describe_services(cluster="hello", services=["hello"])["services"][0]
    return found


def definition(world: World, arn: str) -> dict[str, Any]:
    """A task definition as ECS describes it."""
    found: dict[str, Any] = world.boto("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return found


def image_of(world: World, arn: str) -> str:
    """The image in a task definition."""
    image: str = definition(world, arn)["containerDefinitions"][0]["image"]
    return image


def is_there(image: str) -> bool:
    """Whether an image exists, if it is in the app's repository; others are assumed to exist."""
    reference = image.removeprefix(URI)[1:]
    return not image.startswith(URI) or find_image(ACCOUNT, REGION, "hello", reference) is not None


def runs(world: World) -> tuple[str, int]:
    """The image that the service runs, and its desired number of tasks."""
    return image_of(world, service(world)["taskDefinition"]), service(world)["runningCount"]
