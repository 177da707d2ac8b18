"""Whose account and which region: boto3's own chain, the AWS CLI's credential cache, one prompt for MFA."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecsctl.aws import partitions, sdk_errors
from ecsctl.aws.codes import EXPIRED, code
from ecsctl.aws.explaining import explained
from ecsctl.aws.models import read_as_dicts
from ecsctl.errors import AccessError, EcsctlError, NotOffered, Unreachable, UsageError

if TYPE_CHECKING:
    from boto3.session import Session

REGION = re.compile(partitions.REGION)
ZONE = re.compile(rf"({REGION.pattern})(?:-[a-z]+-[0-9])?[a-z]")  # of a region, and of a Local Zone in it
# The variables that AWS's own tools read a region from. boto3 knows only the second (AWS SDKs and Tools Reference
# Guide, "AWS Region").
VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")

ALWAYS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""By partition: a region that every account has."""
# AWS Account Management Reference Guide, "Region availability": those that are enabled by default and stay so.
ALWAYS_ON = frozenset(
    "us-east-1 us-east-2 us-west-1 us-west-2 ap-south-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 "
    "ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 "
    "cn-north-1 cn-northwest-1 us-gov-west-1 us-gov-east-1".split()
)

Ask = Callable[[str], str]


def region_of_environment() -> str | None:
    """The region in the environment, as AWS's own tools read it."""
    return next((named for name in VARIABLES if (named := os.environ.get(name))), None)


def agreed_region(asked: str | None, home: str | None, where: str) -> None:
    """Raise UsageError if an option names another region than the app's own, which `where` names.

    Creating an app a second time in another region would take over the first one's DNS name.
    """
    if asked and home and asked != home:
        raise UsageError(
            f"--region {asked} contradicts {where}, which says that the app lives in {home}",
            hint=f"leave --region out; or take region out of ecsctl.toml to run one app in several regions, "
            f"each with a state file of its own: ECSCTL_STATE=FILE ecsctl up --region {asked}",
        )


def session(profile: str | None, region: str | None, otherwise: str | None, ask: Ask | None) -> Session:
    """A boto3 session over the whole of boto3's chain. `otherwise` is the region if the chain has none.

    The role of a profile is assumed once for all runs until it expires, as the AWS CLI does, and in its cache; `ask` is
    called for the code of an MFA device. Raises AccessError for a profile that does not exist.
    """
    import boto3.session
    import botocore.session
    from botocore.utils import JSONFileCache

    core = botocore.session.get_session()
    try:
        if profile:
            core.set_config_variable("profile", profile)
        named = region or os.environ.get(VARIABLES[0]) or core.get_config_variable("region") or otherwise
        read_as_dicts(core)
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_in_utc)
        made = boto3.session.Session(botocore_session=core, region_name=named)
        roles = core.get_component("credential_provider").get_provider("assume-role")
    except Exception as error:
        raise explained(error, "signing in") from error
    roles.cache = JSONFileCache(str(Path("~/.aws/cli/cache").expanduser()))
    roles._prompter = ask or _nobody  # noqa: SLF001 - botocore offers no other way to it but to build the whole chain again
    return made


def sign_in(session: Session) -> None:
    """Get the credentials ready, prompting or fetching whatever they need.

    Raises AccessError for credentials that cannot be obtained; if there are none at all, AWS's refusal says so.
    """
    try:
        found = session.get_credentials()
        if found is not None:
            found.get_frozen_credentials()
    except (OSError, ValueError, KeyError) as error:  # of a credential_process that is no program, or prints nonsense
        raise sdk_errors.no_credentials(error) from error
    except Exception as error:
        raise explained(error, "signing in") from error


# What a region answers that has the service, but not all of it yet: in JSON protocols, and in query protocols ("The
# action ... is not valid for this web service"; Amazon EC2 API Reference, "Error codes").
UNKNOWN_OPERATION = frozenset({"UnknownOperationException", "InvalidAction"})


def not_offered(error: Exception, client: Any, session: Session) -> NotOffered | None:
    """Returns what it means that the region does not know the operation; or that nothing answers, if the SDK knows
    regions that have the service, and the client's is not one of them.
    """
    from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError

    if code(error) in UNKNOWN_OPERATION:
        meta = client.meta
        return NotOffered(
            f"{meta.service_model.service_id} in {meta.region_name} does not know this operation",
            why=str(error),
            hint="use another region, or leave out of ecsctl.toml what needs it",
        )
    if not isinstance(error, EndpointConnectionError | ConnectionClosedError | ConnectTimeoutError):
        return None
    meta = client.meta
    offered = session.get_available_regions(meta.service_model.service_name, meta.partition)
    if not offered or meta.region_name in offered:
        return None
    return NotOffered(
        f"{meta.region_name} has no {meta.service_model.service_id}",
        why=str(error),
        hint='use another region; or set mode in [pipeline] of ecsctl.toml: "build-only" needs no CodePipeline, '
        '"none" neither it nor CodeBuild',
    )


def checked_region(session: Session) -> str:
    """The session's region. Raises UsageError if there is none, or no region has that name."""
    region = session.region_name
    if not region:
        raise UsageError("no AWS region", hint="set region in ecsctl.toml, or AWS_REGION, or --region")
    if zone := ZONE.fullmatch(region):
        raise UsageError(f"{region} is an availability zone, not a region", hint=f"its region is {zone[1]}")
    # An endpoint of one's own answers in any region: nothing else would say that this one does not exist.
    simulated = "AWS_ENDPOINT_URL" in os.environ and region not in _regions(session)
    if simulated or not REGION.fullmatch(region):
        raise _no_region(region, session)
    return region


def located(error: BaseException, session: Session) -> EcsctlError:
    """The error of a first call in the user's terms; or that the region is the reason, if it is.

    A region that the account has not enabled refuses all credentials as if they were wrong (AWS Account Management
    Reference Guide, "Enable or disable AWS Regions in your account"), so the same call is made in another one.
    """
    region, failure = session.region_name or "", explained(error, "asking AWS who we are")
    if isinstance(failure, Unreachable) and region not in _regions(session):
        return _no_region(region, session)
    other = ALWAYS.get(_partition(session, region), "")
    if code(error) not in EXPIRED or not other or region in ALWAYS_ON:
        return failure
    try:
        account = session.client("sts", region_name=other).get_caller_identity()["Account"]
    except Exception:  # noqa: BLE001 - then it is the credentials themselves, as the first error says
        return failure
    return AccessError(
        f"{region} does not take these credentials, and {other} does: account {account} has not enabled {region}",
        why=f"{failure.why}; a token of STS's global endpoint is refused likewise by regions that must be enabled",
        hint=f"aws account enable-region --region-name {region} (it takes minutes), or use another region",
    )


def _partition(session: Session, region: str) -> str:
    try:
        return session.get_partition_for_region(region)
    except Exception:  # noqa: BLE001 - the SDK's word for a region that it does not know
        return ""


def _regions(session: Session) -> Iterable[str]:
    """All regions that the SDK knows, of every partition."""
    for partition in session.get_available_partitions():
        yield from session.get_available_regions("ec2", partition)


def _no_region(region: str, session: Session) -> UsageError:
    near = difflib.get_close_matches(region, list(_regions(session)), 1)
    return UsageError(
        f"{region} is not a region that the AWS SDK knows",
        hint=f"did you mean {near[0]}?" if near else "a region has a name such as eu-central-1",
    )


def _in_utc(value: Any) -> datetime:
    """A time in AWS's answer. botocore's own are in this machine's time zone, or in UTC, by the service's protocol."""
    from botocore.utils import parse_timestamp

    found: datetime = parse_timestamp(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _nobody(_question: str) -> str:
    raise AccessError("this profile needs an MFA code, and there is no terminal here to ask for one")
