"""A create's token outlives what it made: when that is gone, the thing begins again with another token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ecsctl.engine import state_file
from tests.resources.conftest import Cloud, Died
from tests.rows.network import ids_of, stack_of


def end_of_the_nat_gateway(cloud: Cloud, ids: dict[str, Any]) -> None:
    cloud.boto("ec2").delete_nat_gateway(NatGatewayId=ids["nat"].nat_gateway_id)


def end_of_the_route_table(cloud: Cloud, ids: dict[str, Any]) -> None:
    cloud.boto("ec2").delete_route_table(RouteTableId=ids["public-routes"].route_table_id)


def end_of_the_certificate(cloud: Cloud, ids: dict[str, Any]) -> None:
    cloud.boto("acm").delete_certificate(CertificateArn=ids["certificate"].arn)


TOKENS: dict[str, tuple[str, str, Callable[[Cloud, dict[str, Any]], None]]] = {
    "nat": ("ec2", "CreateNatGateway", end_of_the_nat_gateway),
    "public-routes": ("ec2", "CreateRouteTable", end_of_the_route_table),
    "certificate": ("acm", "RequestCertificate", end_of_the_certificate),
}


@contextmanager
def dying(cloud: Cloud, moment: str, service: str, operation: str) -> Iterator[None]:
    """Within it, the run dies when AWS has done this and the answer is not heard; or at the next read after it."""
    events = cloud.aws.client(service).meta.events
    heard: list[str] = []

    def after(http_response: Any, **_: Any) -> None:
        if http_response.status_code >= 300:
            return  # what it refers to was not shown yet: it is tried again
        heard.append(operation)
        if moment == "before the answer is written down":
            raise Died

    def before(**_: Any) -> None:
        if heard:
            raise Died

    events.register(f"after-call.{service}.{operation}", after)
    events.register(f"before-call.{service}", before)
    try:
        with pytest.raises(Died):
            yield
    finally:
        events.unregister(f"after-call.{service}.{operation}", after)
        events.unregister(f"before-call.{service}", before)


@pytest.mark.parametrize("moment", ["before the answer is written down", "after the answer is written down"])
@pytest.mark.parametrize("part", TOKENS)
def test_killed_with_an_open_create_whose_thing_then_ends_the_next_run_makes_another(
    cloud: Cloud, part: str, moment: str
) -> None:
    service, operation, end = TOKENS[part]
    compose = stack_of(cloud, part)
    with dying(cloud, moment, service, operation):
        cloud.up(compose)
    cloud.clock.sleep(600)
    ids = ids_of(cloud, compose)
    end(cloud, ids)
    cloud.clock.sleep(600)
    cloud.up(compose)
    assert cloud.plan(compose).work == ()
    assert ids_of(cloud, compose)[part] not in (None, ids[part])


def test_a_thing_that_was_made_long_ago_and_is_gone_is_made_anew_without_a_wait(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = stack_of(cloud, "public-routes")
    with dying(cloud, "after the answer is written down", "ec2", "CreateRouteTable"):
        cloud.up(compose)
    cloud.clock.sleep(600)
    end_of_the_route_table(cloud, ids_of(cloud, compose))
    monkeypatch.setattr(state_file.Entry, "age", property(lambda _: 3600.0))
    began = cloud.clock.now()
    cloud.up(compose)
    assert cloud.clock.now() - began < 60
    assert cloud.plan(compose).work == ()


def test_a_token_that_was_used_in_a_network_that_is_gone_is_given_up(cloud: Cloud) -> None:
    """Another machine's `down` meanwhile: the same token with another subnet is refused by AWS."""
    compose = stack_of(cloud, "nat")
    with dying(cloud, "before the answer is written down", "ec2", "CreateNatGateway"):
        cloud.up(compose)
    cloud.clock.sleep(600)
    kept = {path: path.read_bytes() for path in cloud.folder.iterdir() if path.is_file()}
    cloud.down()
    for path, text in kept.items():
        path.write_bytes(text)
    cloud.up(compose)
    assert cloud.plan(compose).work == ()
