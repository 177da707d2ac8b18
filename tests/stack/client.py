"""A client of the app: it resolves the name, and follows load balancer, listener and target group of the sandbox to a
healthy task.
"""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from moto.acm.models import acm_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.route53.models import route53_backends

from ecsctl.sandbox.aws.ecs import network
from ecsctl.sandbox.core.clock import Virtual
from tests.saved import untouched
from tests.stack.conftest import ACCOUNT, REGION, World

IMAGE = "public.ecr.aws/docker/library/nginx:1.27"
CLIENT = "198.51.100.7/32"  # one of all: `allow` may let in the world by several networks


class Ticking(Virtual):
    """A clock that calls its listeners every second."""

    def __init__(self) -> None:
        super().__init__()
        self.each: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        while seconds > 0:
            super().sleep(min(seconds, 1.0))
            seconds -= 1.0
            self.each()


class Client:
    """Sends requests to the given addresses, of which one must answer, and records when none did, and why."""

    def __init__(self, world: World, *urls: str) -> None:
        self.world, self.urls = world, list(urls)
        self.asked = 0
        self.failed: list[str] = []
        self._once = threading.Lock()

    def __call__(self, *_call: object) -> None:
        if not self._once.acquire(blocking=False):  # another thread asks just now
            return
        try:
            self.asked += 1
            why = [f"{url}: {trouble}" for url in self.urls if (trouble := self.trouble(url))]
            if len(why) == len(self.urls) and why not in self.failed[-1:]:
                self.failed.append("; ".join(why))
        finally:
            self._once.release()

    def never_failed(self) -> None:
        """Fail if there was a moment without an answer."""
        assert self.asked > 20
        assert self.failed == []

    def trouble(self, url: str) -> str:
        """Return why no healthy task answers there, or "". Reads the sandbox's memory, for calls would take minutes."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", 443 if parts.scheme == "https" else 80
        balancer = _balancer(host)
        if balancer is None:
            return "the name leads nowhere"
        if not any(network._allows(ec2_backends[ACCOUNT][REGION], group, port, outward=False, address=CLIENT)
                   for group in balancer.security_groups):  # fmt: skip
            return f"port {port} is closed"
        listener = next((one for one in list(balancer.listeners.values()) if int(one.port) == port), None)
        if listener is None:
            return f"nobody listens on {port}"
        if port == 443 and not _covers(listener.certificate, host):
            return "the certificate is of another name"
        action = _action(listener, host)
        if action["Type"] == "redirect" and (to := action["RedirectConfig"].get("Host", "#{host}")) != "#{host}":
            return self.trouble(f"https://{to}") if to != host else "it goes in a circle"
        if action["Type"] == "redirect":
            return "" if port == 80 and not self.trouble(f"https://{host}") else "sent on to where nobody is"
        groups = action["ForwardConfig"]["TargetGroups"]  # each that gets any request must answer
        asked = [one["TargetGroupArn"] for one in groups if one.get("Weight", 1) or len(groups) == 1]
        return "; ".join(filter(None, map(_unhealthy, asked))) if asked else "no group gets any request"


def _balancer(host: str) -> Any:
    wildcard = f"\\052.{host.partition('.')[2]}"
    for zone in list(route53_backends[ACCOUNT]["aws"].zones.values()):
        for record in list(zone.rrsets):
            if record.name.rstrip(".") in (host, wildcard) and record.type == "A" and record.alias_target:
                host = record.alias_target["DNSName"].rstrip(".").removeprefix("dualstack.")
    balancers = list(elbv2_backends[ACCOUNT][REGION].load_balancers.values())
    return next((one for one in balancers if one.dns_name.lower() == host.lower()), None)


def _action(listener: Any, host: str) -> Any:
    """Return the action for a request: of the first rule that matches its host or any path, else the default."""
    rules = [one for one in list(listener.rules.values()) if not one.is_default]
    for rule in sorted(rules, key=lambda one: int(one.priority)):
        [condition] = rule.conditions
        if condition["Field"] == "path-pattern" and condition["PathPatternConfig"]["Values"] == ["/*"]:
            return rule.actions[0].data
        patterns = condition["HostHeaderConfig"]["Values"]
        if any(fnmatch.fnmatchcase(host, pattern) for pattern in patterns):
            return rule.actions[0].data
    return listener.default_actions[0].data


def _covers(arn: str, host: str) -> bool:
    certificate = acm_backends[ACCOUNT][REGION]._certificates[arn]
    return bool({host, f"*.{host.partition('.')[2]}"} & {certificate.common_name, *certificate.sans})


def _unhealthy(group: str) -> str:
    elb, ec2 = elbv2_backends[ACCOUNT][REGION], ec2_backends[ACCOUNT][REGION]
    interfaces = {one.private_ip_address: one for one in list(ec2.enis.values())}
    why = ["no target"]
    for target in elb.describe_target_health(group, []):
        address, port = target.instance_id, int(target.port)
        if target.status != "healthy":
            why.append(f"{address}:{port} is {target.status}")
            continue
        interface = interfaces[address]
        groups = [one.id for one in interface.group_set]
        subnet = interface.subnet.id
        if not (cut := network.trouble(ACCOUNT, REGION, group, subnet, address, groups, port)):
            return ""
        why.append(f"{address}:{port} is cut off: {cut}")
    return ", ".join(why)


def watched(world: World, before: dict[str, Any], after: dict[str, Any]) -> Client:
    """Bring the app up as `before` says; from then on a client sends a request at each call and each second.

    It uses the app's current address and, if another is desired, that one too: either may answer.
    """
    image = "" if "github" in before else IMAGE
    if untouched():
        world.running(before, image)
    else:
        world.up(before, image=image)
    client = Client(world, url(world, before))
    client()
    assert client.failed == [], "it is up before the change"
    plain = url(world, {key: value for key, value in before.items() if key not in ("domain", "service")})
    client.urls.append(f"https://{after['domain']['name']}" if "domain" in after else plain)
    world.clock.each = world.heard = client  # type: ignore[attr-defined]  # the clock is a ticking one
    return client


def url(world: World, configured: dict[str, Any]) -> str:
    """Return the app's address."""
    session = world.open(configured)
    session.engine.plan(session.desired_stack)
    return session.url
