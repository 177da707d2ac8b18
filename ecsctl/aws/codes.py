"""What the error codes of AWS's services mean."""

from __future__ import annotations

import re

GONE = re.compile(r"NotFound|NotExist|Non[Ee]xist|^NoSuch|NotAttached|NotActive|^404$")
"""AWS's codes for what does not exist, in all its services; 404 is the answer to a HEAD, which has no body that could
hold a code.
"""
EXISTS = frozenset(
    "InvalidGroup.Duplicate InvalidPermission.Duplicate InvalidSubnet.Conflict RouteAlreadyExists "
    "Resource.AlreadyAssociated DuplicateLoadBalancerName DuplicateTargetGroupName DuplicateListener "
    "EntityAlreadyExists RepositoryAlreadyExistsException ResourceAlreadyExistsException BucketAlreadyOwnedByYou "
    "PipelineNameInUseException FileSystemAlreadyExists AccessPointAlreadyExists".split()
)
THROTTLED = frozenset(
    "Throttling ThrottlingException ThrottledException RequestLimitExceeded RequestThrottled RequestThrottledException "
    "TooManyRequestsException BandwidthLimitExceeded RequestLimitExceeded SlowDown EC2ThrottledException "
    "TransactionInProgressException ProvisionedThroughputExceededException".split()
)
PASSING = frozenset("InternalError InternalFailure InternalServerError ServiceUnavailable Unavailable ServerException "
                    "ServiceUnavailableException InternalServiceError ServiceFailure RequestTimeout "
                    "RequestTimeoutException HttpTimeoutException".split())  # fmt: skip
EXPIRED = frozenset("ExpiredToken ExpiredTokenException RequestExpired InvalidClientTokenId InvalidAccessKeyId "
                    "UnrecognizedClientException AuthFailure SignatureDoesNotMatch InvalidSignatureException "
                    "IncompleteSignature RequestTimeTooSkewed TokenRefreshRequired".split())  # fmt: skip
DENIED = frozenset("AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized "
                   "AuthorizationError UnauthorizedAccess OptInRequired BlockedByOrganizationPolicyException "
                   "403".split())  # fmt: skip
"""403 is the answer to a HEAD, which S3 sends: it has no body that could hold a code."""


def code(error: BaseException) -> str:
    """AWS's error code of a botocore ClientError; an empty string for any other error."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def text(error: BaseException) -> str:
    """AWS's own message of a botocore ClientError; the error's text for any other."""
    response = getattr(error, "response", None)
    found = response.get("Error", {}).get("Message", "") if isinstance(response, dict) else ""
    return str(found or error)


def status(error: BaseException) -> int:
    """The HTTP status of AWS's answer; 0 if there was none."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return 0
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_gone(error: BaseException) -> bool:
    """Whether AWS says that what was asked for does not exist."""
    return bool(GONE.search(code(error))) or (
        code(error) == "InvalidChangeBatch" and "but it was not found" in text(error)
    )


def exists_already(error: BaseException) -> bool:
    """Whether AWS says that a resource of this name or content exists already."""
    return code(error) in EXISTS or (code(error) == "InvalidChangeBatch" and "but it already exists" in text(error))


def is_of_another(error: BaseException) -> bool:
    """Whether AWS says that a create's token was used before, with other parameters."""
    return "idempoten" in f"{code(error)} {text(error)}".lower()


def is_throttled(error: BaseException) -> bool:
    """Whether AWS asks us to slow down. The request had no effect."""
    return code(error) in THROTTLED or status(error) == 429
