"""Services that some regions lack: no host has the service's name there, so nothing answers at all."""

import functools
import re

import boto3.session

_NOT_EVERYWHERE = frozenset({"codebuild", "codepipeline"})
# AWS Signature Version 4: the scope of a signature names the region and the service that a request is for.
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/aws4_request")


def has_host(authorization: str | bytes) -> bool:
    """Whether there is a host for a request with this header."""
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    scope = _SCOPE.search(text)
    return scope is None or is_offered(scope["service"], scope["region"])


@functools.cache
def is_offered(service: str, region: str) -> bool:
    """Whether the region has the service, as far as the SDK knows."""
    if service not in _NOT_EVERYWHERE:
        return True
    session = boto3.session.Session()
    regions = session.get_available_regions(service, session.get_partition_for_region(region))
    return not regions or region in regions
