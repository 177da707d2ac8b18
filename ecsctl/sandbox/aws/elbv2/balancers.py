"""Load balancers: active after minutes, with unique names, and interfaces that remain for a while after deletion."""

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.wafv2.models import wafv2_backends

from ecsctl.sandbox.aws import iam
from ecsctl.sandbox.aws.ec2.interfaces import attach_interface, drop_released, release_interface
from ecsctl.sandbox.aws.elbv2 import attributes
from ecsctl.sandbox.aws.elbv2.checks import check_groups, check_name, check_quota, check_subnets
from ecsctl.sandbox.aws.elbv2.state import balancers_of
from ecsctl.sandbox.aws.elbv2.time import LINGERING
from ecsctl.sandbox.core import clock, overlay


@overlay.wraps(ELBV2Response)
def create_load_balancer(original: Any, self: ELBV2Response) -> ActionResult:
    """Create it once: the same name with the same settings returns the existing load balancer, whoever created it.

    That tags do not count as settings is an assumption. The service-linked role is created on first use.

    Raises Refusal.
    """
    params, backend = self._get_params(), self.elbv2_backend
    kind = params.get("Type", "application")
    params.setdefault("Scheme", "internet-facing")
    check_name(params["Name"])
    given = [*params.get("Subnets", []), *(m["SubnetId"] for m in params.get("SubnetMappings", []))]
    subnets = check_subnets(self, given, kind)
    vpc_id = subnets[0].vpc_id
    groups = check_groups(self, params.get("SecurityGroups", []), vpc_id, kind)
    iam.ensure_service_linked(backend.account_id, "elasticloadbalancing.amazonaws.com", backend.partition)
    asked = (params["Scheme"], {s.id for s in subnets}, set(groups), params.get("IpAddressType", "ipv4"))
    for existing in backend.load_balancers.values():
        if existing.name == params["Name"]:
            has = (
                existing.scheme,
                {s.id for s in existing.subnets},
                set(existing.security_groups),
                existing.ip_address_type,
            )
            if has != asked:
                message = f"A load balancer with the same name '{existing.name}' exists, but with different settings"
                raise overlay.Refusal("DuplicateLoadBalancerName", message)
            return ActionResult({"LoadBalancers": [existing]})
    gateways = backend.ec2_backend.internet_gateways.values()
    if params["Scheme"] == "internet-facing" and not any(g.vpc and g.vpc.id == vpc_id for g in gateways):
        raise overlay.Refusal("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")
    check_quota(backend)
    params["SecurityGroups"] = groups
    answer: ActionResult = original()
    [made] = answer.result["LoadBalancers"]  # type: ignore[index] # an ActionResult's result is any object
    made.attrs = attributes.of_balancer(made)
    if kind != "gateway":
        made.enable_prefix_for_ipv6_source_nat = "off"
    balancers_of(self.elbv2_backend).made[made.arn] = clock.now()
    _update_interfaces(self, made)
    return answer


def _update_interfaces(response: ELBV2Response, balancer: FakeLoadBalancer) -> None:
    """Give it an interface in each of its subnets, with its security groups, and release those in other subnets."""
    backend = response.elbv2_backend
    place = (backend.account_id, backend.region_name)
    interfaces = balancers_of(response.elbv2_backend).interfaces.setdefault(balancer.arn, {})
    wanted = {subnet.id for subnet in balancer.subnets}
    for subnet_id in [subnet_id for subnet_id in interfaces if subnet_id not in wanted]:
        release_interface(*place, interfaces.pop(subnet_id), LINGERING)
    text, public = f"ELB {balancer.arn.split(':loadbalancer/')[1]}", balancer.scheme == "internet-facing"
    for subnet_id in wanted - set(interfaces):
        groups = balancer.security_groups
        interfaces[subnet_id] = attach_interface(*place, subnet_id, groups, text, "amazon-elb", public=public).id
    for eni_id in interfaces.values():
        groups_of = (backend.ec2_backend.get_security_group_from_id(ident) for ident in balancer.security_groups)
        backend.ec2_backend.enis[eni_id]._group_set = [group for group in groups_of if group]


def _balancer(response: ELBV2Response) -> FakeLoadBalancer:
    arn = response._get_param("LoadBalancerArn")
    if arn not in response.elbv2_backend.load_balancers:
        raise overlay.Refusal("LoadBalancerNotFound", f"Load balancer '{arn}' not found")
    return response.elbv2_backend.load_balancers[arn]


@overlay.wraps(ELBV2Response)
def set_subnets(original: Any, self: ELBV2Response) -> Any:
    """Change the subnets of its interfaces too."""
    balancer = _balancer(self)
    params = self._get_params()
    given = [*params.get("Subnets", []), *(m["SubnetId"] for m in params.get("SubnetMappings", []))]
    check_subnets(self, given, balancer.type or "application")
    answer = original()
    _update_interfaces(self, balancer)
    return answer


@overlay.wraps(ELBV2Response)
def set_security_groups(original: Any, self: ELBV2Response) -> Any:
    """Change the security groups of its interfaces too."""
    balancer = _balancer(self)
    check_groups(self, self._get_param("SecurityGroups", []), balancer.vpc_id)
    answer = original()
    _update_interfaces(self, balancer)
    return answer


@overlay.wraps(ELBV2Response)
def describe_load_balancers(original: Any, self: ELBV2Response) -> Any:
    """Refuse if one of the requested load balancers does not exist."""
    balancers = self.elbv2_backend.load_balancers.values()
    names = [name for name in self._get_param("Names", []) if name not in [b.name for b in balancers]]
    missing = names or [arn for arn in self._get_param("LoadBalancerArns", []) if arn not in [b.arn for b in balancers]]
    if missing:
        raise overlay.Refusal("LoadBalancerNotFound", f"Load balancers '[{', '.join(missing)}]' not found")
    return original()


@overlay.wraps(ELBV2Response)
def delete_load_balancer(original: Any, self: ELBV2Response) -> Any:
    """Refuse while it is protected, or used by another service. Its interfaces remain for a while. A missing one is no
    error.
    """
    arn = self._get_param("LoadBalancerArn")
    balancer = self.elbv2_backend.load_balancers.get(arn)
    if balancer is not None and str(balancer.attrs.get("deletion_protection.enabled")).lower() == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise overlay.Refusal("OperationNotPermitted", message)
    backend = self.elbv2_backend
    if balancer is not None and _is_used(backend, balancer):
        message = f"Load balancer '{arn}' cannot be deleted because it is currently associated with another service"
        raise overlay.Refusal("ResourceInUse", message)
    for eni_id in balancers_of(self.elbv2_backend).interfaces.pop(arn, {}).values():
        release_interface(backend.account_id, backend.region_name, eni_id, LINGERING)
    drop_released(backend.ec2_backend)
    wafv2_backends[backend.account_id][backend.region_name].disassociate_web_acl(arn)
    return original()


_VPC_ORIGINS = "CloudFront-VPCOrigins-Service-SG"  # hashicorp/terraform-provider-aws#40683


def _is_used(backend: Any, balancer: FakeLoadBalancer) -> bool:
    """Whether a VPC origin of CloudFront or a VPC link of API Gateway uses it (the message: pulumi/pulumi-cloud#332).

    The sandbox has neither: they are recognized by an interface in its subnets, with CloudFront's security group or of
    API Gateway's type.
    """
    subnets = {subnet.id for subnet in balancer.subnets}
    return any(
        eni.interface_type == "api_gateway_managed" or any(group.name == _VPC_ORIGINS for group in eni.group_set)
        for eni in backend.ec2_backend.enis.values()
        if eni.subnet.id in subnets
    )


@overlay.wraps(ELBV2Response)
def describe_tags(original: Any, self: ELBV2Response) -> Any:
    """Refuse for resources that do not exist: moto keeps the tags of deleted ones."""
    for arn in self._get_param("ResourceArns", []):
        self.elbv2_backend._get_resource_by_arn(arn)
    return original()
