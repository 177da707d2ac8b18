"""Load balancers take minutes to become active and to release their interfaces; ELB and ACM notice changes late."""

from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer, FakeTargetGroup, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from ecsctl.sandbox.aws import acm
from ecsctl.sandbox.aws.elbv2.state import balancers_of, targets_of
from ecsctl.sandbox.core import clock, overlay

PROVISIONING = 150.0  # public Terraform logs: 2 m 15 s to 3 m 10 s until active
LINGERING = 75.0  # how long interfaces outlive it; 1 to 3 min in practice (hashicorp/terraform-provider-aws, elbv2)

# Seconds for which ELB does not find a new certificate (hashicorp/terraform-provider-aws#41789: observed even
# after ACM says ISSUED; it retries for five minutes). The number is an assumption.
CERTIFICATE_LAG = 10.0
RELEASE_LAG = 5.0  # "currently in use" outlasts the listener; Terraform retries for two minutes. An assumption


@overlay.wraps(FakeLoadBalancer)
def activate(original: Any, self: FakeLoadBalancer) -> None:
    """Make it active after PROVISIONING seconds."""
    if is_provisioned(self.arn):
        original()


def is_provisioned(arn: str) -> bool:
    """Whether a load balancer has been provisioned."""
    parts = arn.split(":")
    made = balancers_of(elbv2_backends[parts[4]][parts[3]]).made
    return clock.now() - made.get(arn, float("-inf")) >= PROVISIONING


@overlay.wraps(ELBV2Response)
def call_action(original: Any, self: ELBV2Response) -> Any:
    """Record which certificates and target groups a call stops using: other APIs notice that later."""
    backend = self.elbv2_backend
    certificates, groups = _addresses(backend)
    answer = original()
    certificates_now, groups_now = _addresses(backend)
    for arn, balancer in certificates - certificates_now:
        acm.release_if_unused(backend.account_id, backend.region_name, arn, balancer)
    for group in backend.target_groups.values():
        group.load_balancer_arns = sorted(balancer for arn, balancer in groups_now if arn == group.arn)
    note_released(backend, {arn for arn, _ in groups} - {arn for arn, _ in groups_now})
    return answer


def _addresses(backend: ELBv2Backend) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The certificates and target groups in use, each with its load balancer."""
    certificates, groups = set(), set()
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            certificates |= {(arn, balancer.arn) for arn in listener.certificates}
            for action in (action for rule in listener.rules.values() for action in rule.actions):
                groups |= {(arn, balancer.arn) for arn in backend._get_target_group_arns_from(action.data)}
    return certificates, groups


def note_released(backend: ELBv2Backend, arns: set[str]) -> None:
    """Record that no listener uses these target groups any more; they can be deleted a moment later."""
    targets_of(backend).released.update(dict.fromkeys(arns, clock.now()))


@overlay.wraps(FakeTargetGroup)
def deregister(original: Any, self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
    """Let a deregistered target drain for the group's deregistration delay."""
    leaving = targets_of(elbv2_backends[self.account_id][self.region_name]).leaving.setdefault(self.arn, {})
    delay = float(self.attributes["deregistration_delay.timeout_seconds"])  # type: ignore[arg-type] # a number or its text
    for target in targets:
        known = self.targets.get(target["Id"])
        if known:
            leaving[target["Id"]] = (int(known["Port"]), clock.now() + delay)
    original(targets)
