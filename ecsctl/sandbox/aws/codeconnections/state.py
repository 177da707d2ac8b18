"""Connections, which moto lacks entirely, and the person who completes their handshake."""

import re
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

import moto.backend_index
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.models import DEFAULT_ACCOUNT_ID

from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.overlay import Refusal, report_gained
from ecsctl.sandbox.core.script import ScriptError, switch


@dataclass
class Connection:
    """A connection, PENDING until someone has completed the handshake in the console."""

    arn: str
    name: str
    provider: str
    owner: str
    status: str = "PENDING"
    tags: dict[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, str]:
        """The connection as GetConnection returns it."""
        return {
            "ConnectionName": self.name,
            "ConnectionArn": self.arn,
            "ProviderType": self.provider,
            "OwnerAccountId": self.owner,
            "ConnectionStatus": self.status,
        }


class CodeConnectionsBackend(BaseBackend):
    """The connections of an account and region."""

    paths: ClassVar[dict[str, Any]] = {}  # the handlers, by the request's path

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.connections: dict[str, Connection] = {}

    @property
    def _url_module(self) -> Any:
        bases = [
            rf"https?://{service}\.(.+)\.amazonaws\.com" for service in ("codeconnections", "codestar-connections")
        ]
        return SimpleNamespace(url_bases=bases, url_paths=self.paths)

    def find(self, arn: str) -> Connection:
        """The connection. Raises a refusal if there is none; its message is an assumption, since AWS documents none."""
        if arn not in self.connections:
            raise Refusal("ResourceNotFoundException", f"Connection {arn} not found")
        return self.connections[arn]


codeconnections_backends = BackendDict(CodeConnectionsBackend, "codebuild")  # its regions: botocore lists none here


def connection(account_id: str, arn: str) -> Connection | None:
    """The connection with this ARN, or None: for the services that use it."""
    backends = codeconnections_backends[account_id]
    region = (arn.split(":") + [""] * 4)[3]
    return backends[region].connections.get(arn) if region in backends else None


@switch
def complete_handshake(name: str, region: str = REGION, status: str = "AVAILABLE") -> str:
    """Do what a person does in the console: the connection `name` becomes AVAILABLE (or ERROR). Returns its ARN.

    Raises ScriptError.
    """
    found = codeconnections_backends[DEFAULT_ACCOUNT_ID][region].connections.values()
    for one in found:
        if one.name == name:
            one.status = status
            return one.arn
    raise ScriptError(f"there is no connection {name!r} in {region}; there are: {[one.name for one in found]}")


def _register() -> None:
    for service in ("codeconnections", "codestar-connections"):
        if any(known == service for known, _ in moto.backend_index.backend_url_patterns):
            report_gained(service)
        pattern = re.compile(rf"https?://{service}\.(.+)\.amazonaws\.com")
        moto.backend_index.backend_url_patterns.insert(0, (service, pattern))  # before moto's, in case it gets one
        sys.modules[f"moto.{service.replace('-', '')}"] = sys.modules[__name__]  # where moto finds its backends


codestarconnections_backends = codeconnections_backends
_register()
