"""Load balancers as ports of this machine: configures the front process from listeners, rules and targets."""

from typing import Any

from moto.elbv2.models import FakeLoadBalancer, elbv2_backends

from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.core import script

_PROTOCOLS = ("HTTP", "HTTPS")


def show() -> None:
    """Configure the front process for the current load balancers."""
    here = machine.current
    if here is None:
        return
    table: dict[str, Any] = {"listeners": [], "targets": {}}
    for account in list(elbv2_backends.values()):
        for backend in list(account.values()):
            for balancer in backend.load_balancers.values():
                if balancer.state == "active":
                    table["listeners"] += [_listener(here, balancer, one) for one in balancer.listeners.values()
                                           if one.protocol in _PROTOCOLS]  # fmt: skip
            for arn in backend.target_groups:
                table["targets"][arn] = _ports(here, backend, arn)
    here.show(table)


def _listener(here: machine.Machine, balancer: FakeLoadBalancer, listener: Any) -> dict[str, Any]:
    others = sorted(
        (one for one in listener.rules.values() if one.priority != "default"), key=lambda r: int(r.priority)
    )
    rules = [{"conditions": one.conditions, "action": _plain(one.actions[-1])} for one in others]
    secure = {"certificate": here.certificate()} if listener.protocol == "HTTPS" else {}
    return secure | {
        "key": listener.arn,
        "balancer": balancer.arn,
        "port": int(listener.port),
        "protocol": listener.protocol,
        "idle": float(balancer.attrs.get("idle_timeout.timeout_seconds") or 60),
        "rules": [*rules, {"conditions": [], "action": _plain(listener.default_actions[-1])}],
    }


def _plain(action: Any) -> dict[str, Any]:
    return dict(getattr(action, "data", action))


def _ports(here: machine.Machine, backend: Any, arn: str) -> list[int]:
    """The local ports of a group's healthy targets; if there are none, of all unhealthy ones (fail open)."""
    found: dict[str, list[int]] = {}
    for each in backend.describe_target_health(arn, []):
        port = here.places.get((each.instance_id, int(each.port)))
        if port is not None:
            found.setdefault(each.status, []).append(port)
    return sorted(found.get("healthy") or found.get("unhealthy") or [])


def local(balancer: FakeLoadBalancer, port: int) -> str | None:
    """The local URL of a load balancer's listener; None if it is not served on this machine."""
    here = machine.current
    for listener in balancer.listeners.values() if here else ():
        if int(listener.port) == port and here is not None and listener.arn in here.front.ports:
            return f"{listener.protocol.lower()}://localhost:{here.front.ports[listener.arn]}"
    return None


@script.switch
def fronts() -> dict[str, list[str]]:
    """The local URLs of each load balancer by its DNS name, HTTPS first."""
    found: dict[str, list[str]] = {}
    show()
    if machine.current:
        machine.current.front.settled()
    for account in list(elbv2_backends.values()):
        for backend in list(account.values()):
            for balancer in backend.load_balancers.values():
                urls = [url for one in balancer.listeners.values() if (url := local(balancer, int(one.port)))]
                if urls:
                    found[balancer.dns_name] = sorted(urls, reverse=True)
    return found
