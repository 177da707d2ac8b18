"""GitHub's REST API, as far as releases report to it: statuses of commits, deployments and their statuses.

GitHub docs, "REST API endpoints for commit statuses", "… for deployments", "… for deployment statuses".
"""

import re
from dataclasses import dataclass, field
from typing import Any

from moto.codebuild.models import codebuild_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.script import switch
from ecsctl.sandbox.github import remote

_OF_COMMIT = {"error", "failure", "pending", "success"}
_OF_DEPLOYMENT = {"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}
_LONGEST = 140  # characters of a description


@dataclass
class _GitHub:
    """The newest last; what GitHub lists begins with the newest."""

    statuses: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)


class ApiError(Exception):
    """GitHub refuses with this code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def call(account_id: str, region: str, token: str, method: str, path: str, said: Any = None) -> Any:
    """Returns what GitHub answers to a request of the holder of this token. Raises ApiError."""
    if not token or not remote.is_token_valid(account_id, region):
        raise ApiError(401, "Bad credentials")
    github = _of(account_id, region)
    where, _, query = path.partition("?")
    asked = dict(part.partition("=")[::2] for part in query.split("&")) if query else {}
    for verb, pattern, answer in _CALLS:
        if verb == method and (found := re.fullmatch(pattern, where)):
            return answer(github, found.groupdict(), said if method == "POST" else asked)
    raise ApiError(404, "Not Found")


def _of(account_id: str, region: str) -> _GitHub:
    return overlay.memory(codebuild_backends[account_id][region], _GitHub)


def _described(said: dict[str, Any], states: set[str]) -> None:
    if said.get("state") not in states:
        raise ApiError(422, "Validation Failed: state is not included in the list")
    if len(said.get("description") or "") > _LONGEST:
        raise ApiError(422, f"Validation Failed: description is too long (maximum is {_LONGEST} characters)")
    for name in ("target_url", "log_url", "environment_url"):
        if said.get(name) and not re.match(r"https?://", said[name]):
            raise ApiError(422, f"Validation Failed: {name} must use http(s) scheme")


def _status(github: _GitHub, where: dict[str, str], said: dict[str, Any]) -> Any:
    _described(said, _OF_COMMIT)
    made = {"context": "default", **said, "repository": where["repository"], "sha": where["sha"]}
    github.statuses.append(made)
    return made


def _combined(github: _GitHub, where: dict[str, str], _asked: dict[str, str]) -> Any:
    """The last status of each context."""
    of = [one for one in github.statuses if (one["repository"], one["sha"]) == (where["repository"], where["sha"])]
    return {"statuses": list({one["context"]: one for one in of}.values())}


def _deployment(github: _GitHub, where: dict[str, str], said: dict[str, Any]) -> Any:
    """Without `required_contexts` every status of the commit has to be a success first: 409."""
    if not said.get("ref"):
        raise ApiError(422, "Validation Failed: ref is missing")
    of = _combined(github, {**where, "sha": said["ref"]}, {})["statuses"]
    if said.get("required_contexts") is None and any(one["state"] != "success" for one in of):
        raise ApiError(409, "Conflict: Commit status checks failed")
    made = {"task": "deploy", "environment": "production", "payload": {}, **said, "id": len(github.deployments) + 1,
            "sha": said["ref"], "repository": where["repository"], "states": []}  # fmt: skip
    github.deployments.append(made)
    return made


def _deployments(github: _GitHub, where: dict[str, str], asked: dict[str, str]) -> Any:
    wanted = {name: asked[name] for name in ("sha", "environment", "task") if name in asked} | where
    return [one for one in reversed(github.deployments) if all(one[name] == value for name, value in wanted.items())]


def _found(github: _GitHub, where: dict[str, str]) -> dict[str, Any]:
    for one in github.deployments:
        if str(one["id"]) == where["id"] and one["repository"] == where["repository"]:
            return one
    raise ApiError(404, "Not Found")


def _deployment_status(github: _GitHub, where: dict[str, str], said: dict[str, Any]) -> Any:
    """A success leaves the earlier deployments of its environment inactive, unless `auto_inactive` is false."""
    found = _found(github, where)
    _described(said, _OF_DEPLOYMENT)
    found["states"].append(dict(said))
    if said["state"] == "success" and said.get("auto_inactive", True):
        for one in github.deployments:
            same = (one["repository"], one["environment"]) == (found["repository"], found["environment"])
            if same and one is not found and one["states"] and one["states"][-1]["state"] == "success":
                one["states"].append({"state": "inactive"})
    return said


def _deployment_statuses(github: _GitHub, where: dict[str, str], _asked: dict[str, str]) -> Any:
    return list(reversed(_found(github, where)["states"]))


_REPOSITORY = "/repos/(?P<repository>[^/]+/[^/]+)"
_CALLS = (
    ("POST", rf"{_REPOSITORY}/statuses/(?P<sha>[0-9a-f]{{40}})", _status),
    ("GET", rf"{_REPOSITORY}/commits/(?P<sha>[0-9a-f]{{40}})/status", _combined),
    ("POST", rf"{_REPOSITORY}/deployments", _deployment),
    ("GET", rf"{_REPOSITORY}/deployments", _deployments),
    ("POST", rf"{_REPOSITORY}/deployments/(?P<id>\d+)/statuses", _deployment_status),
    ("GET", rf"{_REPOSITORY}/deployments/(?P<id>\d+)/statuses", _deployment_statuses),
)


@switch
def github_deployments(region: str = REGION) -> dict[str, list[dict[str, Any]]]:
    """Returns what was reported to GitHub about commits and deployments, the oldest first."""
    github = _of(DEFAULT_ACCOUNT_ID, region)
    return {"statuses": github.statuses, "deployments": github.deployments}
