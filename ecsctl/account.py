"""What is true of the account before anything is made: who we are, where, and what the user has prepared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecsctl import access, in_use, prepared, webhook_url
from ecsctl.engine.attempt import patiently
from ecsctl.engine.errors import DENIED, AccessError, ConfigError, Denied, EcsctlError, NotOffered, code
from ecsctl.engine.explaining import explained
from ecsctl.engine.secret import Secret
from ecsctl.github_token import body_of, codebuild_reads
from ecsctl.names import Names
from ecsctl.parts import RELEASE
from ecsctl.releases import images
from ecsctl.resources.listener import TLS_POLICIES
from ecsctl.resources.support.common import none_if_gone
from ecsctl.resources.support.ecs import BY, tasks_in

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.config import Config
    from ecsctl.config.network import Domain
    from ecsctl.engine.label import Label
    from ecsctl.engine.plan import Step
    from ecsctl.engine.record import Entry

BUILD_IMAGES = {  # family of AL2023 images, and the one to take where the list cannot be read
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
}


@dataclass(frozen=True)
class Identity:
    """Who is calling, and where."""

    account: str
    region: str
    partition: str
    arn: str

    @property
    def caller(self) -> str:
        """The caller's name: of the user, or of the role's session."""
        return self.arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]

    @property
    def owner(self) -> str:
        """The caller's name in characters that every service takes in a tag."""
        return re.sub(r"[^\w .:/=+@-]", "-", self.caller, flags=re.ASCII)


@dataclass(frozen=True)
class Facts:
    """What the stack is composed from, beside ecsctl.toml. Read before the first change."""

    identity: Identity
    zones: tuple[str, ...] = ()  # none in a network that is not ours
    hosted_zones: Mapping[str, str] = field(default_factory=dict)  # by name of the app: the id of its zone
    certified: frozenset[str] = frozenset()  # the names in the certificate that was made before, as recorded
    zone_unread: str = ""  # why the account's zones could not be listed; the zone is then the recorded one
    tls_policy: str = ""
    build_image: str = ""
    past_commands: tuple[str, ...] = ()  # tasks of the release command that have ended
    curated_image: str = ""  # of those that AWS offers: what runs the release command, and registers jobs
    token: Secret | None = None
    webhook: Secret | None = None  # the URL that notifications are posted to
    token_arn: str = ""
    token_reference: str = ""  # as CodeBuild takes it: the secret's full ARN, and `:key` if there is one
    reporting: tuple[str, str] = ("", "")  # likewise, of the token that notifies GitHub of releases
    token_readable: bool = False  # the secret is in the form that CodeBuild reads by itself
    image: str = ""  # one that exists: given, in use, or the newest in the repository; empty: there is none
    given: str = ""  # the one that this run is to use, by digest if it is in the app's repository
    unobserved: tuple[EcsctlError, ...] = ()  # why some of these could not be read, and are as recorded
    cautions: tuple[str, ...] = ()  # what IAM will take without a word, and yet will not work
    unfit: tuple[Step, ...] = ()  # of what the user has prepared: it stands in the way of everything
    past_builds: tuple[str, ...] = ()  # that had ended before this run
    broken: str = ""  # the image of a first version that ECS has given up
    own_buildspec: bool | None = None  # whether the branch has a buildspec.yml; None: not known here
    context: str = "."  # the folder of the branch that ecsctl's own buildspec builds, where ecsctl.toml names none
    shifted: bool = False  # a strategy of before has brought a second target group, and the service knows it
    moving: bool = False  # the tasks are to change over to another processor, and their image was built for the old one


def identify(aws: Aws, config: Config | None = None) -> Identity:
    """Ask AWS who we are. Raises AccessError without usable credentials, or in another account than the one desired."""
    region = access.checked_region(aws.session)
    try:
        who = aws.read(aws.sts.get_caller_identity)
    except Exception as error:
        raise access.located(error, aws.session) from error
    partition = who["Arn"].split(":")[1]
    found = Identity(who["Account"], region, partition, who["Arn"])
    if config and config.account_id and config.account_id != found.account:
        raise AccessError(
            f"these credentials are of account {found.account}, expected {config.account_id}, as in ecsctl.toml",
            why=f"the caller is {found.arn}",
            hint="use the other account's credentials (AWS_PROFILE), or change account_id",
        )
    return found


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
    """Read, all at once, what the user has prepared and what AWS offers here.

    What AWS offers is for what is new: where the app stands already, that decides. `recorded` is what is known of it,
    by name; `fresh` says that the deployment's id is not known yet; `image` is one that the user names, or empty.
    `as_far` as we may read: what is denied is taken from the record, and the refusals are in `unobserved`.

    Raises ConfigError for a hosted zone, a secret or an image that does not exist, before anything is changed.
    """
    github, domain = config.github, config.domain
    asked: dict[str, Any] = {}
    if not config.vpc.id:
        asked["zones"] = lambda: in_use.zones(aws, me, config.service.architecture, fresh=fresh)
    if domain and domain.zoned:
        asked["zone"] = lambda: _zones(aws, domain, me, recorded)
    if domain:
        asked["tls_policy"] = lambda: in_use.tls_policy(aws, me) or _tls_policy(aws)
    if github and config.pipeline.mode != "none":
        asked["build_image"] = lambda: config.build.image or _build_image(aws, me, config.service.architecture)
        if config.release or config.jobs or github.deployments:
            asked["curated_image"] = lambda: _build_image(aws, me, config.service.architecture)
        if not github.connection_arn:
            asked["token"] = lambda: _token(aws, github.token_secret, Names.of(me).project)
        if github.deployments:
            asked["reporting"] = lambda: _reporting(aws, github.token_secret, Names.of(me).reports_project)
    if config.notify and (source := config.notify.webhook):
        asked["webhook"] = lambda: webhook_url.read(aws, config.name, source)
    if config.release:
        asked["past_commands"] = lambda: _past_commands(aws, Names.of(me).cluster)
    asked["unfit"] = lambda: prepared.examine(aws, config, me)
    if config.permissions_boundary and (config.permissions or config.volumes):
        asked["cautions"] = lambda: prepared.forbidden(aws, config, me)
    asked["image"] = lambda: images.known(aws, config, me, image)
    asked["shifted"] = lambda: in_use.shifted(aws, me)
    instead = in_use.as_recorded(recorded) if as_far else {}
    found, unobserved = _answers(aws, asked, instead)
    found |= found.pop("zone", {})
    if not found.get("zone_unread"):
        held = found.get("hosted_zones", {})
        about, also = _answers(aws, {"domain": lambda: tuple(prepared.domain(aws, config, held, me))}, instead)
        found["unfit"] += about["domain"]
        unobserved += also
    found |= found.pop("token", {})
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
    """The answers, all at once; and what AWS does not let us read, where something stands `instead` of it."""
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


def _zones(aws: Aws, domain: Domain, me: Label, recorded: Mapping[str, Entry]) -> dict[str, Any]:
    """The hosted zones' facts. A running app does not need the list of zones: who may not read it, keeps its zones.

    Raises what `hosted_zone` does where no record of a name stands yet, or another zone is named by its id.
    """
    first, configured = domain.name or "", domain.hosted_zone
    try:
        return {"hosted_zones": {name: hosted_zone(aws, name, configured, me, further=name != first)
                                 for name in domain.zoned}}  # fmt: skip
    except Exception as error:
        used = {name: in_use.recorded_zone(recorded, name) for name in domain.zoned}
        named = (
            configured and "." not in configured and configured != used.get(first)
        )  # an id has no dot, and the name of a zone has
        if code(error) not in DENIED or not all(used.values()) or named:
            raise
        return {
            "hosted_zones": used,
            "zone_unread": explained(error, f"finding the hosted zone of {first}").message,
        }


def hosted_zone(
    aws: Aws, domain: str, configured: str | None, me: Label | None = None, *, further: bool = False
) -> str:
    """The id of the public hosted zone that holds the domain: the one desired, or the longest that ends its name.

    A zone in which the app's own record stands already stays the one, whatever others there are. A `further` name need
    not lie in the one desired.
    """
    zones = [zone for zone in aws.read(aws.route53.list_hosted_zones)["HostedZones"]
             if not zone.get("Config", {}).get("PrivateZone")]  # fmt: skip
    named = {zone["Id"].rsplit("/", 1)[-1]: zone["Name"].rstrip(".").lower() for zone in zones}
    if further and configured and not f".{domain}".endswith(f".{named.get(configured, configured)}"):
        configured = None
    if configured in named:
        fitting = [configured]
    else:
        ends = [name for name in named.values() if domain == name or domain.endswith("." + name)]
        if me and not configured and len(ends) > 1:
            able = [zone for zone, name in named.items() if name in ends]
            if used := in_use.hosted_zone(aws, me, domain, able):
                return used
        best = configured.rstrip(".").lower() if configured else max(ends, key=len, default="")
        fitting = [zone for zone, name in named.items() if name == best]
    if not fitting:
        known = ", ".join(sorted(named.values())) or "none"
        raise ConfigError(
            f"no public hosted zone here holds {domain}"
            if not configured
            else f"there is no public hosted zone {configured}",
            why=f"the account's public hosted zones: {known}",
            hint=f"make the zone and delegate the domain to it; or, if its DNS is elsewhere, domain.elsewhere = "
            f'["{domain}"]',
        )
    if len(fitting) > 1:
        raise ConfigError(
            f"{len(fitting)} public hosted zones are called {named[fitting[0]]}",
            why=", ".join(sorted(fitting)),
            hint="name the one that the domain is delegated to by its id: domain.hosted_zone",
        )
    if not (domain == named[fitting[0]] or domain.endswith("." + named[fitting[0]])):
        raise ConfigError(
            f"{domain} does not lie in the hosted zone {named[fitting[0]]}", hint="fix domain in ecsctl.toml"
        )
    return fitting[0]


def _tls_policy(aws: Aws) -> str:
    """The best of today's recommended TLS policies that this region has."""
    offered = {policy["Name"] for policy in aws.read(aws.elbv2.describe_ssl_policies)["SslPolicies"]}
    return next((policy for policy in TLS_POLICIES if policy in offered), TLS_POLICIES[-1])


def _past_commands(aws: Aws, cluster: str) -> tuple[str, ...]:
    """The tasks of the release command that have ended, the newest first."""
    found = none_if_gone(lambda: tasks_in(aws, cluster, "STOPPED")) or []
    ours = [one for one in found if one.get("group") == f"{BY}:{RELEASE}"]
    return tuple(one["taskArn"] for one in sorted(ours, key=lambda one: one["createdAt"], reverse=True))


def _build_image(aws: Aws, me: Label, architecture: str) -> str:
    """The AL2023 image of the architecture that the app's project has, or the newest that this region offers."""
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


def _token(aws: Aws, secret: str, project: str) -> dict[str, Any]:
    """The token's facts. A running app does not need its secret: where it cannot be read, they are as they stand.

    Raises what `read_token` does where nothing stands yet.
    """
    try:
        token, arn, readable = read_token(aws, secret)
    except Exception as error:
        standing = in_use.token(aws, project) if isinstance(error, ConfigError) or code(error) in DENIED else None
        if standing is None:
            raise
        auth, reference = standing
        readable = auth.type == "SECRETS_MANAGER"
        arn = str(auth.resource) if readable else split_secret(reference)[0]
        token = Secret("", unread=explained(error, f"reading the secret {secret}").message)
    else:
        key = split_secret(secret)[1] or ("Token" if readable else "")
        reference = f"{arn}:{key}" if key else arn
    return {"token": token, "token_arn": arn, "token_reference": reference, "token_readable": readable}


def _reporting(aws: Aws, secret: str, project: str) -> tuple[str, str]:
    """The secret's ARN, and its reference in a build, of the token that notifies GitHub of releases."""
    found = _token(aws, secret, project)
    return found["token_arn"], found["token_reference"]


def read_token(aws: Aws, secret: str) -> tuple[Secret, str, bool]:
    """The GitHub token out of Secrets Manager, the secret's full ARN, and whether CodeBuild can read it by itself.

    `secret` is a name or ARN, perhaps `:key`. Raises ConfigError when it does not exist, is scheduled for deletion, or
    holds no such key.
    """
    name, key = split_secret(secret)
    hint = f"aws secretsmanager create-secret --name {name} --secret-string file://FILE, or fix github.token_secret"
    try:
        described = aws.read(aws.secretsmanager.describe_secret, SecretId=name)
        if described.get("DeletedDate"):
            raise ConfigError(f"the secret {name} is scheduled for deletion", hint="aws secretsmanager restore-secret")
        value = aws.read(aws.secretsmanager.get_secret_value, SecretId=name).get("SecretString", "")
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            raise ConfigError(f"there is no secret {name} with the GitHub token", hint=hint) from None
        raise
    readable = key in ("", "Token") and codebuild_reads(value)
    if key or readable:
        key = key or "Token"
        try:
            value = json.loads(value)[key]
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f"the secret {name} has no key {key}", hint='write it as JSON: {"key": "…"}') from None
    elif keys := body_of(value):
        raise ConfigError(
            f"the secret {name} is JSON, and github.token_secret does not say which key holds the token",
            why=f"its keys: {', '.join(sorted(keys))}",
            hint=f'github.token_secret = "{secret}:KEY"; or give it the keys ServerType, AuthType and Token, which '
            "CodeBuild reads by itself",
        )
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"the secret {name} is empty", hint=hint)
    # Only a key of the account's own is named (Secrets Manager API, DescribeSecret): the build's role may not use it.
    return Secret.of(value.strip()), described["ARN"], readable and not described.get("KmsKeyId")


def split_secret(secret: str) -> tuple[str, str]:
    """A secret's name or ARN, and the JSON key after it, if any."""
    parts = secret.split(":")
    length = 7 if secret.startswith("arn:") else 1
    return ":".join(parts[:length]), ":".join(parts[length:])
