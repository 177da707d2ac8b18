"""Tasks on Fargate Spot: made, changed under a running service, and taken back; somebody's own strategy stays."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsctl.config import Config
from ecsctl.costs.estimate import _share
from tests.stack.conftest import World, desired_stack

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"


def plain(**service: Any) -> dict[str, Any]:
    return {**desired_stack(domain=None, github=None), "service": {"desired_count": 2, **service}}


def placement(world: World) -> tuple[str | None, dict[str, tuple[int, int]]]:
    ecs = world.boto("ecs")
    service = ecs.describe_services(cluster="hello", services=["hello"])["services"][0]
    strategy = service.get("capacityProviderStrategy", [])
    return service.get("launchType"), {one["capacityProvider"]: (one["base"], one["weight"]) for one in strategy}


def test_spot_is_added_changed_and_removed_under_a_running_service(world: World) -> None:
    spot = plain(spot={"base": 1})
    world.up(spot, image=IMAGE)
    assert placement(world) == (None, {"FARGATE": (1, 0), "FARGATE_SPOT": (0, 1)})
    assert world.plan(spot).work == ()
    world.up(plain(spot={"percent": 75}))
    assert placement(world) == (None, {"FARGATE": (0, 1), "FARGATE_SPOT": (0, 3)})
    world.up(plain())
    assert placement(world) == ("FARGATE", {})
    assert world.plan(plain()).work == ()
    world.up(spot)
    assert placement(world) == (None, {"FARGATE": (1, 0), "FARGATE_SPOT": (0, 1)})
    assert world.plan(spot).work == ()


def test_a_strategy_that_somebody_has_set_is_left_alone_where_ecsctl_toml_says_nothing(world: World) -> None:
    world.up(plain(), image=IMAGE)
    ecs, only = world.boto("ecs"), [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    asked: dict[str, Any] = {"cluster": "hello", "service": "hello", "capacityProviderStrategy": only}
    with pytest.raises(ClientError, match="not associated with the cluster"):
        ecs.update_service(**asked, forceNewDeployment=True)
    ecs.put_cluster_capacity_providers(
        cluster="hello", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    with pytest.raises(ClientError, match="you must force a new deployment"):
        ecs.update_service(**asked)
    ecs.update_service(**asked, forceNewDeployment=True)
    world.clock.sleep(1800)
    assert world.plan(plain()).work == ()


@pytest.mark.parametrize(
    ("spot", "count", "share"),
    [({}, 2, 0.3), ({"base": 1}, 1, 1.0), ({"base": 1}, 2, 0.65), ({"percent": 50}, 4, 0.65), ({"base": 3}, 2, 1.0)],
)
def test_what_runs_on_spot_costs_less(spot: dict[str, int], count: int, share: float) -> None:
    said = Config.model_validate({"name": "shop", "service": {"spot": spot}}).service.spot
    assert said is not None
    assert _share(count, said.strategy) == pytest.approx(share)
