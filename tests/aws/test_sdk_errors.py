"""What every error of the AWS SDK becomes: our error, its exit code, and a hint that names what fixes it."""

from __future__ import annotations

import inspect
import re
import string
from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    SSLError,
    WaiterError,
)
from botocore.parsers import ResponseParserError

from ecsctl.aws.codes import is_gone
from ecsctl.aws.explaining import explained, is_unanswered
from ecsctl.errors import AccessError, AwsError, EcsctlError, UsageError

LOGIN, WRITTEN, SETTING, ADDRESS = r"aws login", r"~/\.aws/config", r"environment variable AWS_", r"AWS_ENDPOINT_URL"
AGAIN, OURS, INSTALLED = r"^run the same command again: it goes on", r"a mistake of ecsctl", r"reinstall ecsctl"
SSO, ROLE, ALIVE = r"aws sso login", r"AWS_PROFILE=NAME", r"check the network"
BECOMES: dict[tuple[type[EcsctlError], int, str], str] = {
    (AccessError, 3, r"aws configure"): "NoCredentialsError NoAuthTokenError",
    (AccessError, 3, r"AWS_SECRET_ACCESS_KEY"): "PartialCredentialsError",
    (AccessError, 3, r"aws configure list-profiles"): "ProfileNotFound",
    (AccessError, 3, SSO): "SSOError SSOTokenLoadError UnauthorizedSSOTokenError TokenRetrievalError",
    (AccessError, 3, LOGIN): "LoginError LoginAuthorizationCodeError LoginRefreshRequired LoginTokenLoadError",
    (AccessError, 3, r"signin:CreateOAuth2Token"): "LoginInsufficientPermissions",
    (AccessError, 3, r"credential_process"): "CredentialRetrievalError",
    (AccessError, 3, ROLE): "MetadataRetrievalError InvalidIMDSEndpointError InvalidIMDSEndpointModeError",
    (AccessError, 3, r"asks for a code"): "RefreshWithMFAUnsupportedError",
    (AccessError, 3, WRITTEN): "InvalidConfigError InfiniteLoopConfigError ConfigNotFound ConfigParseError "
    "UnknownCredentialError UnknownTokenProviderError",
    (AccessError, 3, r"export-credentials"): "MissingDependencyException",
    (AccessError, 3, r"HTTPS_PROXY"): "ProxyConnectionError",
    (AccessError, 3, r"AWS_CA_BUNDLE"): "SSLError",
    (UsageError, 2, r"AWS_REGION"): "NoRegionError InvalidRegionError UnknownRegionError",
    (UsageError, 2, ADDRESS): "BaseEndpointResolverError EndpointVariantError UnknownEndpointError "
    "UnknownFIPSEndpointError EndpointProviderError EndpointResolutionError UnknownEndpointResolutionBuiltInName "
    "ServiceNotInRegionError InvalidEndpointConfigurationError InvalidHostLabelError InvalidDNSNameError",
    (UsageError, 2, SETTING): "InvalidRetryConfigurationError InvalidMaxRetryAttemptsError InvalidRetryModeError "
    "InvalidDefaultsMode InvalidProxiesConfigError InvalidS3AddressingStyleError InvalidChecksumConfigError "
    "InvalidS3UsEast1RegionalEndpointConfigError InvalidSTSRegionalEndpointsConfigError "
    "InvalidEndpointDiscoveryConfigurationError",
    (AwsError, 1, ALIVE): "ConnectionError ConnectTimeoutError EndpointConnectionError",
    (AwsError, 1, AGAIN): "HTTPClientError ConnectionClosedError ReadTimeoutError ResponseStreamingError "
    "IncompleteReadError ChecksumError FlexibleChecksumError AwsChunkedWrapperError CapacityNotAvailableError",
    (AwsError, 1, INSTALLED): "DataNotFoundError UnknownServiceError ApiVersionNotFoundError UnknownServiceStyle "
    "UnknownSignatureVersionError UnsupportedSignatureVersionError UnsupportedServiceProtocolsError "
    "UnknownClientMethodError MD5UnavailableError",
    (AwsError, 1, OURS): "BotoCoreError ValidationError AliasConflictParameterError RangeError UnknownKeyError "
    "UnknownParameterError ParamValidationError MissingParametersError InvalidExpressionError PaginationError "
    "OperationNotPageableError WaiterError WaiterConfigError StubResponseError StubAssertionError "
    "UnStubbedResponseError UnseekableStreamError UnsupportedOutpostResourceError UnsupportedS3ArnError "
    "UnsupportedS3AccesspointConfigurationError UnsupportedS3ConfigurationError UnsupportedS3ControlArnError "
    "UnsupportedS3ControlConfigurationError",
}
ROWS = {name: row for row, names in BECOMES.items() for name in names.split()}
EVERY = {
    name: kind
    for name, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
    if issubclass(kind, BotoCoreError)
}


def made(kind: type[BotoCoreError]) -> BotoCoreError:
    """One of that class, with something in each place of its sentence."""
    fields = [field for _, field, _, _ in string.Formatter().parse(kind.fmt) if field]
    more = {"last_response": {}} if issubclass(kind, WaiterError) else {}
    return kind(**{**dict.fromkeys(fields, "something"), **more})


def test_no_class_of_the_sdk_is_without_a_row() -> None:
    """A newer SDK's are explained by the nearest class above: this test is red until someone has read that sentence."""
    assert EVERY.keys() == ROWS.keys()


@pytest.mark.parametrize("name", sorted(EVERY))
def test_an_error_of_the_sdk_is_explained_with_its_fix(name: str) -> None:
    kind, code, hint = ROWS[name]
    error = explained(made(EVERY[name]), "VPC vpc")
    assert isinstance(error, kind)
    assert error.exit_code == code
    assert re.search(hint, error.hint), error.hint
    assert name in error.why
    assert ("VPC vpc" in error.message) is (kind is AwsError), "what was being done is named where it helps"


def test_what_is_no_error_of_the_sdk_is_a_bug_and_raised_again() -> None:
    with pytest.raises(ZeroDivisionError):
        explained(ZeroDivisionError("x"), "VPC vpc")


def test_a_broken_answer_is_one_that_may_be_asked_again() -> None:
    error = explained(ResponseParserError("half a document"), "VPC vpc")
    assert (error.exit_code, re.search(AGAIN, error.hint) is not None) == (1, True)


def test_a_file_of_certificates_that_is_missing_is_no_lost_answer() -> None:
    """It would be asked for eight times, and then reported as a network that came and went."""
    error = HTTPClientError(error=FileNotFoundError(2, "No such file or directory", "/nowhere.pem"))
    assert not is_unanswered(error)
    found = explained(error, "VPC vpc")
    assert (found.exit_code, "AWS_CA_BUNDLE" in found.hint, "/nowhere.pem" in found.why) == (3, True, True)
    assert is_unanswered(HTTPClientError(error=OSError("reset")))
    assert not is_unanswered(made(SSLError))


def answered(code: str, message: str = "no", operation: str = "CreateVpc") -> EcsctlError:
    response: Any = {"Error": {"Code": code, "Message": message}}
    return explained(ClientError(response, operation), "VPC vpc")


WHO = "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: ec2:CreateVpc on resource: * "


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
@pytest.mark.parametrize(
    ("reason", "who", "hint", "policy"),
    [
        ("with an explicit deny in a service control policy", "service control policy", "organization", False),
        ("because no service control policy allows the ec2:CreateVpc action", "service control", "organization", False),
        ("with an explicit deny in a resource control policy", "resource control policy", "organization", False),
        (
            "because no permissions boundary allows the ec2:CreateVpc action",
            "boundary",
            "an administrator must allow it",
            True,
        ),
        ("with an explicit deny in a permissions boundary", "boundary", "an administrator must allow it", True),
        ("because no session policy allows the ec2:CreateVpc action", "session", "start a session", True),
        ("because no VPC endpoint policy allows the ec2:CreateVpc action", "VPC endpoint", "without that", False),
        ("with an explicit deny in a resource-based policy", "on the resource", "allow it in that policy", False),
        ("with an explicit deny in an identity-based policy", "denies it explicitly", "remove the deny", False),
        ("because no identity-based policy allows the ec2:CreateVpc action", "no policy of the caller", "", True),
        ("", "", "", True),
    ],
)
def test_a_denial_says_who_denied_it_and_who_can_change_that(
    code: str, reason: str, who: str, hint: str, policy: bool
) -> None:
    error = answered(code, WHO + reason)
    assert isinstance(error, AccessError)
    assert error.message.startswith("VPC vpc: not allowed to call CreateVpc")
    assert who in error.message
    assert hint in error.hint
    assert ("ecsctl policy" in error.hint) is policy, "what an allow cannot change does not lead to more allows"


@pytest.mark.parametrize(
    ("code", "message", "says", "hint"),
    [
        ("ExpiredToken", "The security token is expired", "have expired", "aws sso login"),
        ("ExpiredTokenException", "expired", "have expired", "aws sso login"),
        ("InvalidClientTokenId", "The security token is invalid", "are not valid", "complete, active"),
        ("SignatureDoesNotMatch", "The request signature does not match", "are not valid", "complete, active"),
        ("SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than", "clock", "set the clock"),
        ("RequestTimeTooSkewed", "The difference is too large", "clock", "set the clock"),
        ("UnrecognizedClientException", "The security token included in the request is invalid.", "are not valid",
         "aws account enable-region"),
        ("AuthFailure", "AWS was not able to validate the provided access credentials", "are not valid",
         "--region us-east-1; if that answers"),
        ("OptInRequired", "You are not subscribed to this service", "may not use CreateVpc yet", "verified"),
        ("BlockedException", "Your AWS account was blocked.", "may not use CreateVpc yet", "AWS support"),
        ("AccountSuspendedException", "suspended", "may not use CreateVpc yet", "AWS support"),
        ("InvalidParameterException", "This account is currently blocked and not recognized as a valid account. Please "
         "contact aws-verification@amazon.com if you have questions.", "may not use CreateVpc yet", "AWS support"),
        ("AccessDeniedException", "Account is currently blocked and not recognized as a valid account", "may not use",
         "verified"),
        ("PendingVerification", "Your account is currently being verified", "may not use", "verified"),
    ],
)  # fmt: skip
def test_credentials_that_are_refused_are_reported_with_the_fix(code: str, message: str, says: str, hint: str) -> None:
    error = answered(code, message)
    assert isinstance(error, AccessError)
    assert says in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("code", "message", "says", "hint"),
    [
        ("OperationNotPermitted", "This AWS account currently does not support creating load balancers.",
         "may not create load balancers yet", "AWS support"),
        ("ValidationError", "The following Availability Zones us-west-1a cannot be associated with a load balancer.",
         "load balancers are not available", "vpc.public_subnets"),
        ("UnsupportedAvailabilityZone", "EFS is not available in this zone", "in a zone that it lists", "other zones"),
        ("InvalidSubnet", "Not enough IP space available in subnet-0a1. ELB requires at least 8 free IP addresses",
         "too few free addresses", "8 in each"),
        ("TagPolicyViolation", "The tag policy does not allow the specified value for the following tag key: 'Env'.",
         "a tag policy", "tags in ecsctl.toml"),
        ("InvalidParameterException", "The new ARN and resource ID format must be enabled to add tags to the service.",
         "old ARNs", "put-account-setting-default"),
        ("InvalidParameterException", "Unable to assume the service linked role. Please verify that it exists.",
         "service-linked role", "create-service-linked-role"),
        ("ValidationException", "Unable to assume IAM role: arn:aws:iam::1:role/aws-service-role/ecs.application-"
         "autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService", "autoscaling's service-linked",
         "--aws-service-name ecs.application-autoscaling.amazonaws.com"),
        ("InvalidInputException", "Failed to call CreateWebhook, reason: Access denied to connection arn:aws:code",
         "the connection to GitHub", "UseConnection"),
        ("OAuthProviderException", "Repository not found or permission denied.", "its webhook", "admin:repo_hook"),
        ("ValidationException", "Webhook could not be registered with GitHub. Error cause: Resource protected by "
         "organization SAML enforcement. You must grant your Personal Access token access [StatusCode: 403]",
         "organization at GitHub", "Configure SSO"),
        ("OAuthProviderException", "Failed to create webhook. GitHub webhook limit reached. Please delete a webhook "
                                   "from "
         "this repository.", "as many webhooks", "settings, Webhooks"),
        ("OAuthProviderException", "Failed to create webhook. GitHub API limit reached. Please try again later.",
         "no more calls", "wait an hour"),
        ("LimitExceededException", "Error: you have reached your limit of 20 certificates in the last year.",
         "no more certificates this year", "domain.certificate_arn"),
        ("Failed", "The requested CPU configuration is above your limit", "vCPUs", "Service Quotas"),
        ("ClientException", "You've reached the limit on the number of vCPUs you can run concurrently", "vCPUs",
         "Service Quotas"),
        ("InvalidParameterValue", "Value (us-west-1b) for parameter availabilityZone is invalid. Subnets can currently "
         "only be created in the following availability zones: us-west-1a, us-west-1c.", "a zone that it lists",
         "vpc.public_subnets"),
        ("ValidationException", "1 validation error detected: Value 'ECSServiceAverageCPUUtilizationHighResolution' at "
         "'targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType' failed to "
         "satisfy constraint: Member must satisfy enum value set", "no 20-second metrics", "resolution_seconds = 60"),
        ("InvalidInputException", "AWS CodeBuild curated image aws/codebuild/amazonlinux-aarch64-standard:3.0 is not "
         "supported for projects with environment type ARM_CONTAINER and compute type BUILD_GENERAL1_SMALL",
         "no such build machine in this region", "service.architecture"),
        ("VpcLimitExceeded", "The maximum number of VPCs has been reached.", "VPCs per region", "vpc.id"),
        ("AddressLimitExceeded", "The maximum number of addresses has been reached.", "elastic IP", "vpc.egress"),
        ("BucketAlreadyExists", "The requested bucket name is not available.", "another account", "another name"),
        ("ValidationException", "Cannot delete log group with deletion protection enabled. Disable deletion protection "
         "first.", "protected it against deletion", "--no-deletion-protection-enabled"),
        ("LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role shop", "too long", "shorten"),
    ],
)  # fmt: skip
def test_what_ordinary_accounts_refuse_is_reported_with_what_helps(
    code: str, message: str, says: str, hint: str
) -> None:
    error = answered(code, message)
    assert says in error.message
    assert hint in error.hint
    assert message in error.why


def test_a_key_of_its_own_that_a_secret_has_is_reported_with_the_rights_it_asks_for() -> None:
    error = answered("AccessDeniedException", "Access to KMS is not allowed", "GetSecretValue")
    assert isinstance(error, AccessError)
    assert "KMS key of the secret" in error.message
    assert "kms:Decrypt" in error.hint


def test_a_key_whose_policy_keeps_the_log_service_out_is_reported_as_that() -> None:
    words = "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:eu-central-1:1:x'"
    error = answered("AccessDeniedException", words, "CreateLogGroup")
    assert "the policy of the KMS key" in error.message
    assert "ecsctl plan prints the statement" in error.hint


def test_what_ec2_encodes_is_shown_where_aws_does_not_say_who_denied_it() -> None:
    blob = "Encoded authorization failure message: GHJk-xyz_1"
    unnamed = answered("UnauthorizedOperation", f"You are not authorized to perform this operation. {blob}")
    assert "decode-authorization-message" in unnamed.hint
    assert "GHJk-xyz_1" in unnamed.hint
    named = answered("UnauthorizedOperation", f"{WHO}with an explicit deny in a service control policy. {blob}")
    assert "GHJk" not in f"{unnamed.why} {named.why} {named.hint}"


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("codepipeline-fips.eu-central-1.amazonaws.com", True),
        ("sts.eu-central-1.api.aws", True),
        ("s3.dualstack.eu-central-1.amazonaws.com", True),
        ("sts.eu-central-1.amazonaws.com", False),
    ],
)
def test_an_address_that_a_setting_of_the_sdk_made_up_is_reported_with_the_setting(host: str, *, named: bool) -> None:
    error = explained(EndpointConnectionError(endpoint_url=f"https://{host}/"), "signing in")
    assert ("AWS_USE_DUALSTACK_ENDPOINT" in error.hint) is named


def test_of_a_role_that_needs_a_boundary_the_message_says_where_to_set_it() -> None:
    denied = "User: ann is not authorized to perform: iam:CreateRole on resource: shop because no identity-based policy"
    assert "permissions_boundary" in answered("AccessDenied", f"{denied} allows it", "CreateRole").hint
    assert "permissions_boundary" not in answered("AccessDenied", f"{WHO}because no identity-based policy allows").hint


def test_a_service_that_may_not_make_its_own_role_is_reported_with_who_makes_it() -> None:
    role = (
        "arn:aws:iam::1:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing"
    )
    denied = f"User: ann is not authorized to perform: iam:CreateServiceLinkedRole on resource: {role} because no "
    hint = answered("AccessDenied", f"{denied}identity-based policy allows it", "CreateLoadBalancer").hint
    assert "create-service-linked-role --aws-service-name elasticloadbalancing.amazonaws.com" in hint
    assert "permissions_boundary" not in hint


@pytest.mark.parametrize("operation", ["AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials"])
def test_a_refusal_to_sign_in_is_none_of_ecsctls_permissions(operation: str) -> None:
    error = answered("AccessDenied", "no", operation)
    assert (error.exit_code, "ecsctl policy" in error.hint) == (3, False)
    wrong = answered("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", operation)
    assert "MFA code" in wrong.message


def test_a_role_that_is_asked_for_too_long_a_session_is_no_matter_of_its_trust_policy() -> None:
    """Sceptre/sceptre#1466: of a chain of roles each but the first gives an hour, whatever its own maximum is."""
    chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    hint = answered("ValidationError", chained, "AssumeRole").hint
    assert "duration_seconds" in hint
    assert "trust policy" not in hint


def test_what_the_organization_blocks_in_ecr_is_a_denial_of_the_organization() -> None:
    error = answered("BlockedByOrganizationPolicyException", "The operation did not succeed.", "CreateRepository")
    assert (error.exit_code, "AWS organization" in error.hint) == (3, True)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("VpcLimitExceeded", "the quota of VPCs per region is reached"),
        ("LimitExceeded", "a quota of what CreateVpc makes is reached"),
        ("LimitExceededException", "a quota of what CreateVpc makes is reached"),
        ("TooManyUniqueTargetGroupsPerLoadBalancer", "a quota of what CreateVpc makes is reached"),
        ("ServiceQuotaExceededException", "a quota of what CreateVpc makes is reached"),
        ("ResourceLimitExceeded", "a quota of what CreateVpc makes is reached"),
    ],
)
def test_a_quota_is_reported_in_a_sentence(code: str, says: str) -> None:
    error = answered(code)
    assert error.message == f"VPC vpc: {says}"
    assert "Service Quotas" in error.hint


@pytest.mark.parametrize("code", ["TooManyRequestsException", "RequestLimitExceeded", "Throttling"])
def test_to_be_asked_to_slow_down_is_no_quota(code: str) -> None:
    assert "quota" not in answered(code).message


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "NoSuchBucket", "WAFNonexistentItemException", "404",
                                  "AWS.SimpleQueueService.NonExistentQueue", "DoesNotExistException"])  # fmt: skip
def test_what_services_say_of_what_does_not_exist_is_understood(code: str) -> None:
    assert is_gone(ClientError({"Error": {"Code": code}}, "GetIt"))
    assert not is_gone(ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetIt"))
