"""Reads what the stack needs to know about the account, all at once before anything is created."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ecsctl.account import (
    encryption_key,
    hosted_zone,
    in_use,
    prepared,
    prepared_rights,
    prepared_secrets,
    quotas,
    token,
    webhook_url,
)
from ecsctl.account.facts import Facts
from ecsctl.account.identity import Identity
from ecsctl.aws.explaining import explained
from ecsctl.engine.attempt import patiently
from ecsctl.errors import Denied, EcsctlError, NotOffered
from ecsctl.names import Names
from ecsctl.parts import RELEASE
from ecsctl.releases import images
from ecsctl.resources.listener import TLS_POLICIES
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.ecs import BY, tasks_in

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.label import Label
    from ecsctl.engine.state_file import Entry

BUILD_IMAGES = {  # family of AL2023 images, and the one to use if the list cannot be read
    "ARM64": ("aws/codebuild/amazonlinux-aarch64-standard", "3.0"),
    "X86_64": ("aws/codebuild/amazonlinux-x86_64-standard", "5.0"),
}

SOUGHT = {  # what is read, in words
    "zones": "the availability zones of the app's subnets",
    "zone": "the hosted zone of the domain",
    "domain": "the records at the domain",
    "tls_policy": "the TLS policies that this region offers",
    "build_image": "the build images that CodeBuild offers",
    "past_commands": "the tasks of the release command",
    "curated_image": "the build images that CodeBuild offers",
    "token": "the GitHub token",
    "reporting": "the GitHub token",
    "webhook": "the URL of the webhook",
    "unfit": "what ecsctl.toml names",
    "image": "the image to run",
    "shifted": "the service's target groups",
    "past_builds": "the app's builds",
    "cautions": "the permissions boundary",
    "quotas": "the quotas of the region",
    "shut": "whether internet gateways are closed",
    "key": "the KMS key",
    "key_cautions": "the KMS key",
    "secret_keys": "the keys of the secrets",
}


def gather(
    aws: Aws,
    config: Config,
    identity: Identity,
    me: Label,
    recorded: Mapping[str, Entry],
    *,
    fresh: bool,
    image: str,
    as_far: bool = False,
) -> Facts:
    """Read, all at once, what the user has prepared and what AWS offers.

    AWS's current offers apply to new apps only: for an existing one, what it has decides. `recorded` is what is known
    of it, by name; `fresh` says that the deployment's id is not known yet; `image` is one that the user names, or
    empty. `as_far` as permissions allow: what is denied is taken from the state file, and the refusals are in
    `unobserved`.

    Raises ConfigError for a hosted zone, a secret or an image that does not exist, before anything is changed.
    """
    github, domain = config.github, config.domain
    asked: dict[str, Any] = {}
    if not config.vpc.id:
        asked["zones"] = lambda: in_use.zones(aws, me, config.service.architecture, fresh=fresh)
    if domain and domain.zoned:
        asked["zone"] = lambda: hosted_zone.facts_of(aws, domain, me, recorded, as_far=as_far)
    if domain:
        asked["tls_policy"] = lambda: in_use.tls_policy(aws, me) or _tls_policy(aws)
    if github and config.pipeline.mode != "none":
        asked["build_image"] = lambda: config.build.image or _build_image(aws, me, config.service.architecture)
        if config.release or config.jobs or github.deployments:
            asked["curated_image"] = lambda: _build_image(aws, me, config.service.architecture)
        if not github.connection_arn:
            asked["token"] = lambda: token.facts_of(aws, github.token_secret, Names.of(me).project)
        if github.deployments:
            asked["reporting"] = lambda: token.reporting(aws, github.token_secret, Names.of(me).reports_project)
    if config.notify and (source := config.notify.webhook):
        asked["webhook"] = lambda: webhook_url.read(aws, config.name, source)
    if config.release:
        asked["past_commands"] = lambda: _past_commands(aws, Names.of(me).cluster)
    asked["unfit"] = lambda: prepared.examine(aws, config, me)
    if fresh:
        asked["shut"] = lambda: in_use.shut(aws, config)
    if fresh and not config.vpc.id:
        asked["quotas"] = lambda: quotas.reached(aws, addresses={"nat": 1, "nat-per-az": 2}.get(config.vpc.egress, 0))
    if config.permissions_boundary and (config.permissions or config.volumes):
        asked["cautions"] = lambda: prepared_rights.forbidden(aws, config, me)
    asked["secret_keys"] = lambda: prepared_secrets.keys(aws, config, me)
    if config.kms_key:
        asked["key"] = lambda: encryption_key.facts_of(aws, config)
        asked["key_cautions"] = lambda: encryption_key.cautions(aws, config, me)
    asked["image"] = lambda: images.known(aws, config, me, image)
    asked["shifted"] = lambda: in_use.can_shift_requests(aws, me)
    instead = in_use.as_recorded(recorded) if as_far else {}
    found, unobserved = _answers(aws, asked, instead)
    found |= found.pop("zone", {})
    if not found.get("zone_unread"):
        held = found.get("hosted_zones", {})
        about, also = _answers(aws, {"domain": lambda: tuple(prepared.domain(aws, config, held, me))}, instead)
        found["unfit"] += about["domain"]
        unobserved += also
    found |= found.pop("token", {}) | found.pop("key", {})
    each = ("shut", "quotas", "cautions", "key_cautions")
    found["cautions"] = tuple(one for name in each for one in found.pop(name, ()))
    known: images.Known = found.pop("image")
    if github and config.pipeline.mode != "none" and (not known.image or known.broken or known.moving):
        builds, also = _answers(aws, {"past_builds": lambda: images.past_builds(aws, Names.of(me))}, instead)
        found |= builds
        unobserved += also
    return Facts(identity, certified=in_use.certified(recorded), unobserved=unobserved, given=known.given,
                 image=known.image, broken=known.broken, moving=known.moving, **found)  # fmt: skip


def _answers(
    aws: Aws, asked: Mapping[str, Callable[[], Any]], instead: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[EcsctlError, ...]]:
    """The answers, all at once; and what AWS does not let us read, if there is something to use `instead`."""
    found: dict[str, Any] = {}
    unobserved: tuple[EcsctlError, ...] = ()
    with ThreadPoolExecutor(len(asked)) as pool:
        futures = {
            name: pool.submit(patiently, aws.patience, ask, f"reading {SOUGHT[name]}", aws.forget)
            for name, ask in asked.items()
        }
    for name, future in futures.items():
        try:
            found[name] = future.result()
        except Exception as error:
            failure = explained(error, f"reading {SOUGHT[name]}")
            if name not in instead or not isinstance(failure, Denied | NotOffered):
                raise failure from error
            found[name] = instead[name]
            unobserved += (failure,)
    return found, unobserved


def _tls_policy(aws: Aws) -> str:
    """The best of the currently recommended TLS policies that this region has."""
    offered = {policy["Name"] for policy in aws.read(aws.elbv2.describe_ssl_policies)["SslPolicies"]}
    return next((policy for policy in TLS_POLICIES if policy in offered), TLS_POLICIES[-1])


def _past_commands(aws: Aws, cluster: str) -> tuple[str, ...]:
    """The tasks of the release command that have ended, the newest first."""
    found = none_if_gone(lambda: tasks_in(aws, cluster, "STOPPED")) or []
    ours = [one for one in found if one.get("group") == f"{BY}:{RELEASE}"]
    return tuple(one["taskArn"] for one in sorted(ours, key=lambda one: one["createdAt"], reverse=True))


def _build_image(aws: Aws, me: Label, architecture: str) -> str:
    """The AL2023 image of this architecture that the app's project uses, or the newest that this region offers."""
    family, usual = BUILD_IMAGES[architecture]
    used = in_use.build_image(aws, Names.of(me).project)
    if used.startswith(f"{family}:"):
        return used
    platforms = aws.read(aws.codebuild.list_curated_environment_images)["platforms"]
    names = {
        image["name"]
        for platform in platforms
        for language in platform.get("languages", [])
        for image in language.get("images", [])
    }
    versions = [name.rsplit(":", 1)[1] for name in names if name.startswith(family + ":")]
    numbers = [version for version in versions if re.fullmatch(r"\d+\.\d+", version)]
    return f"{family}:{max(numbers, key=lambda v: tuple(map(int, v.split('.'))), default=usual)}"
