"""AWS's codeconnections, which moto does not have at all: connections to GitHub that a human completes.

The older name of the service, codestar-connections, answers alike; each makes ARNs with its own prefix.
"""

import json
import re
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import moto.backend_index
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult, BaseResponse
from moto.moto_api._internal import mock_random

from ecsctl.sandbox.core import constraints
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.overlay import Refusal, grown
from ecsctl.sandbox.core.script import ScriptError, switch

_MOST_TAGS = 200


@dataclass
class Connection:
    """A connection, PENDING until someone has gone through the handshake in the console."""

    arn: str
    name: str
    provider: str
    owner: str
    status: str = "PENDING"
    tags: dict[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, str]:
        """As GetConnection answers."""
        return {
            "ConnectionName": self.name,
            "ConnectionArn": self.arn,
            "ProviderType": self.provider,
            "OwnerAccountId": self.owner,
            "ConnectionStatus": self.status,
        }


class CodeConnectionsBackend(BaseBackend):
    """The connections of an account in a region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.connections: dict[str, Connection] = {}

    @property
    def _url_module(self) -> Any:
        bases = [
            rf"https?://{service}\.(.+)\.amazonaws\.com" for service in ("codeconnections", "codestar-connections")
        ]
        return SimpleNamespace(url_bases=bases, url_paths={"{0}/$": CodeConnectionsResponse.dispatch})

    def find(self, arn: str) -> Connection:
        """The connection, or a refusal. AWS's message is not documented; this one is an assumption."""
        if arn not in self.connections:
            raise Refusal("ResourceNotFoundException", f"Connection {arn} not found")
        return self.connections[arn]


codeconnections_backends = BackendDict(CodeConnectionsBackend, "codebuild")  # its regions: botocore lists none of ours


class CodeConnectionsResponse(BaseResponse):
    """The operations on connections; hosts, links and syncs are not there."""

    def __init__(self) -> None:
        super().__init__(service_name="codeconnections")

    @property
    def _backend(self) -> CodeConnectionsBackend:
        return codeconnections_backends[self.current_account][self.region]

    def _asked(self) -> dict[str, Any]:
        params: dict[str, Any] = json.loads(self.body or "{}")
        wrong = constraints.violation("codeconnections", self._get_action(), params)
        if wrong is not None:
            raise Refusal("ValidationException", wrong)
        return params

    def create_connection(self) -> ActionResult:
        """A pending connection.

        AWS documents names as unique in an account and models no error for a second one of the same name (API
        reference, Connection and CreateConnection). The harsher reading is taken: it makes a second one.
        """
        asked = self._asked()
        if ("ProviderType" in asked) == ("HostArn" in asked):
            raise Refusal("ValidationException", "Either ProviderType or HostArn must be given, and not both")
        if "HostArn" in asked:
            raise Refusal("ResourceNotFoundException", f"Host {asked['HostArn']} not found")
        prefix = "codestar-connections" if "codestar" in self.headers.get("X-Amz-Target", "") else "codeconnections"
        name = f"{self.current_account}:connection/{mock_random.uuid4()}"
        arn = f"arn:{self.partition}:{prefix}:{self.region}:{name}"
        made = Connection(arn, asked["ConnectionName"], asked["ProviderType"], self.current_account)
        _tag(made, asked.get("Tags", []))
        self._backend.connections[arn] = made
        return ActionResult({"ConnectionArn": arn, "Tags": asked.get("Tags", [])})

    def get_connection(self) -> ActionResult:
        """One connection."""
        return ActionResult({"Connection": self._backend.find(self._asked()["ConnectionArn"]).described()})

    def list_connections(self) -> ActionResult:
        """All connections, a page at a time."""
        asked = self._asked()
        wanted = asked.get("ProviderTypeFilter")
        found = [one.described() for one in self._backend.connections.values() if wanted in (None, one.provider)]
        begin, size = int(asked.get("NextToken", 0)), asked.get("MaxResults") or 100
        page: dict[str, Any] = {"Connections": found[begin : begin + size]}
        if begin + size < len(found):
            page["NextToken"] = str(begin + size)
        return ActionResult(page)

    def delete_connection(self) -> ActionResult:
        """Gone at once."""
        found = self._backend.find(self._asked()["ConnectionArn"])
        del self._backend.connections[found.arn]
        return ActionResult({})

    def list_tags_for_resource(self) -> ActionResult:
        """The tags of a connection."""
        tags = self._backend.find(self._asked()["ResourceArn"]).tags
        return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def tag_resource(self) -> ActionResult:
        """Add to or change the tags of a connection."""
        asked = self._asked()
        _tag(self._backend.find(asked["ResourceArn"]), asked["Tags"])
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        """Take tags from a connection."""
        asked = self._asked()
        tags = self._backend.find(asked["ResourceArn"]).tags
        for key in asked["TagKeys"]:
            tags.pop(key, None)
        return ActionResult({})


def _tag(connection: Connection, tags: list[dict[str, str]]) -> None:
    merged = connection.tags | {tag["Key"]: tag["Value"] for tag in tags}
    if len(merged) > _MOST_TAGS:
        raise Refusal("LimitExceededException", f"A resource cannot have more than {_MOST_TAGS} tags")
    connection.tags = merged


def connection(account_id: str, arn: str) -> Connection | None:
    """The connection with this ARN, or None: for the services that go through one."""
    backends = codeconnections_backends[account_id]
    region = (arn.split(":") + [""] * 4)[3]
    return backends[region].connections.get(arn) if region in backends else None


@switch
def complete_handshake(name: str, region: str = REGION, status: str = "AVAILABLE") -> str:
    """Do what a human does in the console: the connection called `name` becomes AVAILABLE (or ERROR). Its ARN."""
    found = codeconnections_backends[DEFAULT_ACCOUNT_ID][region].connections.values()
    for one in found:
        if one.name == name:
            one.status = status
            return one.arn
    raise ScriptError(f"there is no connection {name!r} in {region}; there are: {[one.name for one in found]}")


def _register() -> None:
    for service in ("codeconnections", "codestar-connections"):
        if any(known == service for known, _ in moto.backend_index.backend_url_patterns):
            grown(service)
        pattern = re.compile(rf"https?://{service}\.(.+)\.amazonaws\.com")
        moto.backend_index.backend_url_patterns.insert(0, (service, pattern))  # before moto's, should it have one
        sys.modules[f"moto.{service.replace('-', '')}"] = sys.modules[__name__]  # where moto finds its backends


codestarconnections_backends = codeconnections_backends
_register()
