"""Explains the exceptions that the AWS SDK raises by itself, before AWS has answered: one sentence for each family
of them.

botocore's own exceptions form a tree; a row covers a class and its subclasses, and the nearest row counts.
tests/aws/test_sdk_errors.py goes through every one of its classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from ecsctl.errors import AccessError, AwsError, EcsctlError, Unreachable, UsageError

AGAIN = "run the same command again"
EXPORTED = 'eval "$(aws configure export-credentials --format env)"'
SETTING = "fix it in ~/.aws/config, or in the environment variable AWS_… that sets it"
OURS = "this is a mistake of ecsctl, not yours: please report it"
INSTALLED = "reinstall ecsctl with the versions that it is locked to: the AWS SDK here is incomplete or too old"
ADDRESS = "check region, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and AWS_ENDPOINT_URL"
SPECIAL = re.compile(r"[-.]fips[.-]|\.api\.aws\b|\.api\.amazonwebservices\.|\.dualstack\.")
"""How the host names of FIPS and dual-stack endpoints differ from the usual ones. The SDK builds them by a pattern,
even for services and regions that have none (aws/aws-cli#8750, aws/aws-toolkit-vscode#5796).
"""


class Row(NamedTuple):
    """A family of exceptions: our error for it, and the sentence (after what was being done, unless it is about
    access).
    """

    names: str
    kind: type[EcsctlError]
    says: str
    hint: str


ROWS = (
    # Credentials.
    Row("NoCredentialsError NoAuthTokenError", AccessError, "there are no AWS credentials",
        "aws configure, or aws configure sso and aws sso login; then AWS_PROFILE=NAME or --profile NAME"),
    Row("PartialCredentialsError", AccessError, "a part of the AWS credentials is missing",
        "keys are a pair: set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither; a role_arn in a profile "
        "needs source_profile or credential_source beside it"),
    Row("ProfileNotFound", AccessError, "there is no such AWS profile",
        "aws configure list-profiles lists them"),
    Row("SSOError TokenRetrievalError", AccessError, "the AWS SSO session has not begun or has expired",
        "aws sso login"),
    Row("LoginError", AccessError, "the session of aws login has not begun or has expired", "aws login"),
    Row("LoginInsufficientPermissions", AccessError, "the session of aws login may not be used",
        "allow signin:CreateOAuth2Token to the user that logs in, then: aws login"),
    Row("CredentialRetrievalError", AccessError, "the profile does not give credentials",
        "run the profile's credential_process, or what else gives its credentials, by hand; then " + AGAIN),
    Row("MetadataRetrievalError InvalidIMDSEndpointError InvalidIMDSEndpointModeError", AccessError,
        "the credentials of this machine's or container's own role cannot be read",
        "check whether it has a role; or name a profile: AWS_PROFILE=NAME"),
    Row("RefreshWithMFAUnsupportedError", AccessError, "the session that an MFA code opened has ended",
        AGAIN + ": it asks for a code and goes on from here"),
    Row("InvalidConfigError ConfigNotFound ConfigParseError UnknownCredentialError UnknownTokenProviderError",
        AccessError, "the AWS profile is not valid",
        "fix it in ~/.aws/config; aws configure list shows which settings apply"),
    Row("MissingDependencyException", AccessError, "these credentials need a part of the AWS SDK that is not installed",
        "let the AWS CLI export them: " + EXPORTED),
    # Region and addresses.
    Row("NoRegionError", UsageError, "no AWS region", "set region in ecsctl.toml, or AWS_REGION, or --region"),
    Row("InvalidRegionError UnknownRegionError", UsageError, "there is no AWS region of that name",
        "fix region in ecsctl.toml, AWS_REGION or --region"),
    Row("BaseEndpointResolverError EndpointProviderError ServiceNotInRegionError InvalidEndpointConfigurationError "
        "InvalidHostLabelError InvalidDNSNameError", UsageError, "the AWS SDK has no endpoint for this", ADDRESS),
    # Settings of the SDK's own.
    Row("InvalidRetryConfigurationError InvalidDefaultsMode InvalidProxiesConfigError InvalidS3AddressingStyleError "
        "InvalidS3UsEast1RegionalEndpointConfigError InvalidSTSRegionalEndpointsConfigError "
        "InvalidEndpointDiscoveryConfigurationError InvalidChecksumConfigError", UsageError,
        "a setting of the AWS SDK has an invalid value", SETTING),
    # The network between here and AWS.
    Row("ProxyConnectionError", AccessError, "the proxy does not let the call through to AWS",
        "check HTTPS_PROXY and the name and password in it; NO_PROXY=.amazonaws.com bypasses the proxy"),
    Row("SSLError", AccessError, "the TLS certificate of AWS's endpoint, or of a proxy, is not trusted",
        "a proxy that inspects TLS needs its own CA certificate here: AWS_CA_BUNDLE=FILE, or ca_bundle in the profile"),
    Row("ConnectionError", Unreachable, "AWS cannot be reached", "check the network, then " + AGAIN),
    Row("HTTPClientError IncompleteReadError ChecksumError FlexibleChecksumError AwsChunkedWrapperError "
        "CapacityNotAvailableError ResponseParserError", AwsError, "the connection broke before AWS answered",
        AGAIN + ": it goes on from here"),
    # Caused only by a bug in the program, or a broken installation.
    Row("DataNotFoundError ApiVersionNotFoundError UnknownServiceStyle UnknownSignatureVersionError "
        "UnsupportedSignatureVersionError UnsupportedServiceProtocolsError UnknownClientMethodError "
        "MD5UnavailableError", AwsError, "the AWS SDK that is installed cannot do this", INSTALLED),
    Row("BotoCoreError", AwsError, "the AWS SDK does not take the call", OURS),
)  # fmt: skip

SIGNING_IN = frozenset(
    "AssumeRole AssumeRoleWithWebIdentity AssumeRoleWithSAML GetRoleCredentials CreateToken CreateOAuth2Token".split()
)
"""Calls that the SDK makes on its own to get credentials."""


def as_error(error: Exception, what: str) -> EcsctlError | None:
    """The SDK's error in the user's terms, or None for an error that is not the SDK's.

    `what` says what was being done.
    """
    row = next((found for parent in type(error).__mro__ if (found := _rows().get(parent.__name__))), None)
    if row is None:
        return None
    if (missing := bundle_missing(error)) is not None:
        return AccessError("the file of CA certificates cannot be read", why=missing,
                           hint="fix AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE, or ca_bundle in the profile")  # fmt: skip
    hint = row.hint
    if row.kind is Unreachable and SPECIAL.search(str(error)):
        hint = (
            "not every service has such an address in every region: unset AWS_USE_FIPS_ENDPOINT and AWS_USE_"
            f"DUALSTACK_ENDPOINT, and use_fips_endpoint and use_dualstack_endpoint in ~/.aws/config; {hint}"
        )
    alone = not issubclass(
        row.kind, AwsError
    )  # nothing in the run explains it, and everything that ran at the same time says the same
    return row.kind(row.says if alone else f"{what}: {row.says}", why=f"{type(error).__name__}: {error}", hint=hint)


def no_credentials(error: Exception) -> EcsctlError:
    """The error for a profile's credentials, whatever it is: the SDK passes on some that are not its own."""
    row = _rows()["CredentialRetrievalError"]
    return as_error(error, "signing in") or row.kind(row.says, why=f"{type(error).__name__}: {error}", hint=row.hint)


def bundle_missing(error: BaseException) -> str | None:
    """The reason, if the SDK could not read its file of CA certificates: sending the request again would not help."""
    cause = getattr(error, "kwargs", {}).get("error")
    return str(cause) if isinstance(cause, FileNotFoundError | PermissionError | IsADirectoryError) else None


def signing_in(operation: str, name: str, text: str) -> EcsctlError:
    """AWS's refusal of a call with which the SDK gets credentials."""
    why = f"{operation} answered {name}: {text}"
    if "MultiFactorAuthentication" in text or "MFA" in text:
        return AccessError("AWS does not take the MFA code, or needs one", why=why,
                           hint="each code counts once: wait for the next, then " + AGAIN + "; mfa_serial in the "
                           "profile names the device")  # fmt: skip
    if name == "RegionDisabledException":
        return AccessError("the account of the credentials has not activated STS in this region", why=why,
                           hint="activate it in IAM, Account settings; or take another region")  # fmt: skip
    if name == "ValidationError":  # role chaining gives an hour at most (IAM guide, "Roles terms and concepts")
        return AccessError("the role of the profile may not be assumed with the profile's settings", why=why,
                           hint="fix duration_seconds, role_session_name or external_id of the profile in "
                           "~/.aws/config: a role that another role assumes gives 3600 seconds at most")  # fmt: skip
    if operation.startswith("AssumeRole"):
        return AccessError("the role of the profile may not be assumed", why=why,
                           hint="the role's trust policy and the caller's own policies must both allow it; "
                           "aws sts get-caller-identity shows the caller")  # fmt: skip
    return AccessError("the AWS SSO session does not give these credentials", why=why, hint="aws sso login, and "
                       "check sso_account_id and sso_role_name of the profile")  # fmt: skip


@cache
def _rows() -> dict[str, Row]:
    return dict(_named())


def _named() -> Iterator[tuple[str, Row]]:
    for row in ROWS:
        for name in row.names.split():
            yield name, row
