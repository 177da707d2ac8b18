"""GitHub, as far as AWS's services use it: whether the token still works, and which commit a name refers to."""

import hashlib
import re
from dataclasses import dataclass, field

from moto.codebuild.models import codebuild_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.core.defaults import REGION
from ecsctl.sandbox.core.script import switch
from ecsctl.sandbox.github import checkout


@dataclass
class _GitHub:
    token_works: bool = True
    heads: dict[tuple[str, str], str] = field(default_factory=dict)
    hooks: set[tuple[str, str]] = field(default_factory=set)  # repository and the URL that is called


def _of(account_id: str, region: str) -> _GitHub:
    return overlay.memory(codebuild_backends[account_id][region], _GitHub)


def is_token_valid(account_id: str, region: str) -> bool:
    """Whether GitHub still accepts the token that this region's services hold."""
    return _of(account_id, region).token_works


def commit(account_id: str, region: str, repository: str, ref: str) -> str:
    """The commit that `ref` (a branch, a tag or a commit) of `repository` (owner/name) stands for.

    In the server it is the one of the local repository. Else a branch that nobody has pushed to stands for a commit of
    its own, always the same.
    """
    if re.fullmatch("[0-9a-f]{40}", ref):
        return ref
    made_up = hashlib.sha1(f"{repository}@{ref}".encode(), usedforsecurity=False).hexdigest()
    pushed = _of(account_id, region).heads.get((repository, ref))
    local = checkout.current.head(ref) if checkout.current is not None and pushed is None else None
    return pushed or local or made_up


def push(account_id: str, region: str, repository: str, ref: str, commit_id: str) -> list[str]:
    """The branch stands for this commit from now on. Returns the URLs that GitHub calls."""
    found = _of(account_id, region)
    found.heads[repository, ref] = commit_id
    return sorted(url for owner, url in found.hooks if owner == repository)


def repositories(account_id: str, region: str) -> set[str]:
    """The repositories with a hook."""
    return {repository for repository, _ in _of(account_id, region).hooks}


def add_hook(account_id: str, region: str, repository: str, url: str) -> None:
    """AWS creates a webhook on GitHub that calls `url`."""
    _of(account_id, region).hooks.add((repository, url))


def remove_hook(account_id: str, region: str, repository: str, url: str) -> None:
    """AWS removes a webhook from GitHub."""
    _of(account_id, region).hooks.discard((repository, url))


@switch
def github_hooks(region: str = REGION) -> list[list[str]]:
    """The webhooks on GitHub: repository, and the URL they call. Including those that nobody owns any more."""
    return sorted([repository, url] for repository, url in _of(DEFAULT_ACCOUNT_ID, region).hooks)


@switch
def revoke_github_token(region: str = REGION, works: bool = False) -> None:
    """Make GitHub refuse (or, with `works`, accept again) the token that this region's services hold."""
    _of(DEFAULT_ACCOUNT_ID, region).token_works = works
