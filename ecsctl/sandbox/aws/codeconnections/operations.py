"""The operations of CodeConnections, none of which moto has."""

import json
from typing import Any

from moto.core.responses import ActionResult, BaseResponse
from moto.moto_api._internal import mock_random

from ecsctl.sandbox.aws.codeconnections.checks import check, check_provider, check_tags
from ecsctl.sandbox.aws.codeconnections.state import (
    CodeConnectionsBackend,
    Connection,
    codeconnections_backends,
)


class CodeConnectionsResponse(BaseResponse):
    """The operations on connections; those on hosts, repository links and syncs are missing."""

    def __init__(self) -> None:
        super().__init__(service_name="codeconnections")

    @property
    def _backend(self) -> CodeConnectionsBackend:
        return codeconnections_backends[self.current_account][self.region]

    def _asked(self) -> dict[str, Any]:
        return check(self._get_action(), json.loads(self.body or "{}"))

    def create_connection(self) -> ActionResult:
        """Create a connection, which is pending.

        AWS documents names as unique in an account, but no error for a second connection of the same name (API
        reference, Connection and CreateConnection). The sandbox creates a second one, the harder case for a client.
        """
        asked = self._asked()
        check_provider(asked)
        prefix = "codestar-connections" if "codestar" in self.headers.get("X-Amz-Target", "") else "codeconnections"
        name = f"{self.current_account}:connection/{mock_random.uuid4()}"
        arn = f"arn:{self.partition}:{prefix}:{self.region}:{name}"
        made = Connection(arn, asked["ConnectionName"], asked["ProviderType"], self.current_account)
        _tag(made, asked.get("Tags", []))
        self._backend.connections[arn] = made
        return ActionResult({"ConnectionArn": arn, "Tags": asked.get("Tags", [])})

    def get_connection(self) -> ActionResult:
        """Return one connection."""
        return ActionResult({"Connection": self._backend.find(self._asked()["ConnectionArn"]).described()})

    def list_connections(self) -> ActionResult:
        """List all connections, a page at a time."""
        asked = self._asked()
        wanted = asked.get("ProviderTypeFilter")
        found = [one.described() for one in self._backend.connections.values() if wanted in (None, one.provider)]
        begin, size = int(asked.get("NextToken", 0)), asked.get("MaxResults") or 100
        page: dict[str, Any] = {"Connections": found[begin : begin + size]}
        if begin + size < len(found):
            page["NextToken"] = str(begin + size)
        return ActionResult(page)

    def delete_connection(self) -> ActionResult:
        """Delete a connection at once."""
        found = self._backend.find(self._asked()["ConnectionArn"])
        del self._backend.connections[found.arn]
        return ActionResult({})

    def list_tags_for_resource(self) -> ActionResult:
        """List the tags of a connection."""
        tags = self._backend.find(self._asked()["ResourceArn"]).tags
        return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def tag_resource(self) -> ActionResult:
        """Add or change tags of a connection."""
        asked = self._asked()
        _tag(self._backend.find(asked["ResourceArn"]), asked["Tags"])
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        """Remove tags from a connection."""
        asked = self._asked()
        tags = self._backend.find(asked["ResourceArn"]).tags
        for key in asked["TagKeys"]:
            tags.pop(key, None)
        return ActionResult({})


CodeConnectionsBackend.paths["{0}/$"] = CodeConnectionsResponse.dispatch


def _tag(connection: Connection, tags: list[dict[str, str]]) -> None:
    connection.tags = check_tags(connection.tags | {tag["Key"]: tag["Value"] for tag in tags})
