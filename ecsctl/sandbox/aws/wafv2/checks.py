"""One web ACL per resource, and only for resources that exist."""

from collections.abc import Callable
from typing import Any

from moto.elbv2.models import elbv2_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import WAFV2Backend

from ecsctl.sandbox.aws import elbv2
from ecsctl.sandbox.core import overlay


class _Unavailable(WAFv2ClientError):
    def __init__(self) -> None:
        super().__init__(
            "WAFUnavailableEntityException",
            "AWS WAF couldn\u2019t retrieve the resource that you requested. Retry your request.",
        )


@overlay.wraps(WAFV2Backend)
def associate_web_acl(original: Callable[..., Any], backend: WAFV2Backend, web_acl_arn: str, resource_arn: str) -> None:
    """Replace the resource's web ACL: "You can associate each AWS resource with only one web ACL" (WAF guide).

    Fails while a new load balancer is provisioned (kubernetes-sigs/aws-load-balancer-controller#685).
    """
    if web_acl_arn not in backend.wacls:
        raise WAFNonexistentItemException
    if ":loadbalancer/" in resource_arn:
        existing = elbv2_backends[backend.account_id][backend.region_name].load_balancers
        if resource_arn not in existing:
            raise WAFNonexistentItemException
        if not elbv2.is_provisioned(resource_arn):
            raise _Unavailable
    backend.disassociate_web_acl(resource_arn)
    original(web_acl_arn, resource_arn)


@overlay.wraps(WAFV2Backend)
def get_web_acl_for_resource(original: Callable[..., Any], backend: WAFV2Backend, resource_arn: str) -> Any:
    """Refuse for a load balancer that does not exist."""
    balancers = elbv2_backends[backend.account_id][backend.region_name].load_balancers
    if ":loadbalancer/" in resource_arn and resource_arn not in balancers:
        raise WAFNonexistentItemException
    return original(resource_arn)
