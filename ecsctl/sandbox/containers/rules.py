"""What a listener does with a request: its rules in their order, then its default action. Pure functions."""

import ipaddress
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote


@dataclass(frozen=True)
class Request:
    """A request, as far as rules consider it. Names of headers are in lower case."""

    method: str
    target: str  # path and query
    headers: Mapping[str, str]
    source: str
    scheme: str

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0] or "/"

    @property
    def host(self) -> str:
        """The host without the port."""
        name = self.headers.get("host", "")
        return name if name.endswith("]") else re.sub(r":\d*$", "", name)


def chosen(rules: Sequence[Mapping[str, Any]], request: Request) -> Mapping[str, Any]:
    """The action of the first rule whose conditions are all met; the last rule has none."""
    return next(rule["action"] for rule in rules if all(_is_met(one, request) for one in rule["conditions"]))


def _is_met(condition: Mapping[str, Any], request: Request) -> bool:
    """Whether a condition is met. Patterns have `*` and `?`; hosts and headers ignore case.

    ELB guide, "Condition types".
    """
    field = condition["Field"]
    config: Mapping[str, Any] = next((value for name, value in condition.items() if name.endswith("Config")), {})
    values = config.get("Values") or condition.get("Values") or []
    if field == "host-header":
        return any(_matches(one.lower(), request.host.lower()) for one in values)
    if field == "path-pattern":
        return any(_matches(one, request.path) for one in values)
    if field == "http-request-method":
        return request.method in values
    if field == "http-header":
        found = request.headers.get(config["HttpHeaderName"].lower(), "")
        return any(_matches(one.lower(), found.lower()) for one in values)
    if field == "query-string":
        given = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
        return any(
            _matches(one["Value"].lower(), value.lower()) and one.get("Key", name).lower() == name.lower()
            for one in values
            for name, value in given
        )
    if field == "source-ip":
        return any(ipaddress.ip_address(request.source) in ipaddress.ip_network(one) for one in values)
    return False


def _matches(pattern: str, text: str) -> bool:
    parts = [{"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern)]
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def redirect(config: Mapping[str, Any], request: Request, port: int, local: Mapping[int, int]) -> str:
    """The URL that a redirect leads to, with the port of this machine that stands for the load balancer's.

    ELB guide, "Redirect actions": `#{host}` and the like are replaced with the request's own.
    """
    path, _, query = request.target.partition("?")
    own = {"protocol": request.scheme, "host": request.host, "port": str(port), "query": query}
    own["path"] = path.lstrip("/")

    def filled(name: str, usual: str) -> str:
        return re.sub(r"#\{(\w+)\}", lambda match: own.get(match[1], ""), str(config.get(name) or usual))

    scheme, host = filled("Protocol", "#{protocol}").lower(), filled("Host", "#{host}")
    asked = int(filled("Port", "#{port}"))
    query, path = filled("Query", "#{query}"), filled("Path", "/#{path}")
    where = quote(path, safe="/%:@!$&()*+,;=~")
    return f"{scheme}://{host}:{local.get(asked, asked)}{where}" + (f"?{query}" if query else "")


def group(action: Mapping[str, Any]) -> str | None:
    """The target group of a forward action, chosen at random by weight if there are several."""
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if not groups:
        return action.get("TargetGroupArn")
    weights = [int(one.get("Weight", 1)) for one in groups]
    if not any(weights):
        return None
    return str(random.choices(groups, weights)[0]["TargetGroupArn"])  # noqa: S311 - spreads load, guards nothing
