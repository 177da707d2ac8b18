"""Network interfaces that AWS's services create and manage: those of NAT gateways, load balancers and tasks."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.responses import EC2Response
from moto.ec2.utils import random_eni_id, random_public_ip

from ecsctl.sandbox.core import clock, overlay


class ServiceInterface(NetworkInterface):
    """An interface in a user's subnet that only the service that created it can detach or delete."""

    def __init__(self, backend: EC2Backend, subnet: Any, groups: list[str], description: str, owner: str) -> None:
        super().__init__(backend, subnet, subnet.get_available_subnet_ip(self), None, 0, False, groups, description)
        if not groups:
            self._group_set = []  # moto would take the VPC's default group; a NAT gateway's interface has none
        self.requester_managed = True
        self.requester_id = owner
        self.status = "in-use"
        self.attach_time = utcnow()
        self.attachment_id = random_eni_id().replace("eni-", "ela-attach-" if owner == "amazon-elb" else "eni-attach-")

    @property
    def attachment(self) -> Any:
        """The attachment: to a service, not to an instance."""
        return SimpleNamespace(
            attach_time=self.attach_time,
            attachment_id=self.attachment_id,
            delete_on_termination=False,
            device_index=1,
            network_card_index=0,
            instance_owner_id=self.requester_id,
            status="attached",
        )

    @property
    def association(self) -> dict[str, Any]:
        """The public address, which belongs to the service unless it is an elastic IP."""
        mine: dict[str, Any] = super().association
        if mine and "allocationId" not in mine:
            mine["ipOwnerId"] = self.requester_id
        return mine

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """Support filters that moto implements only for interfaces of instances."""
        if filter_name == "attachment.instance-owner-id":
            return self.requester_id
        if filter_name == "attachment.status":
            return "attached"
        if filter_name == "association.public-ip":
            return self.public_ip
        return super().get_filter_value(filter_name, method_name)


@dataclass
class _Leaving:
    """When each released interface disappears, in sandbox time."""

    due: dict[str, float] = field(default_factory=dict)


def attach_interface(
    account_id: str,
    region: str,
    subnet_id: str,
    groups: list[str],
    description: str,
    owner: str,
    public: bool = False,
    kind: str = "interface",
) -> ServiceInterface:
    """Create an interface as a service does: in use at once, and managed by `owner` (such as `amazon-elb`) only.

    With `public` it gets a public address that belongs to the service. Release it with `release_interface`. Raises
    overlay.Refusal, as EC2 does, if the subnet is full.
    """
    backend = ec2_backends[account_id][region]
    if backend.get_subnet(subnet_id).available_ip_address_count < 1:
        message = f"There are not enough free addresses in subnet '{subnet_id}' to satisfy the requested number of"
        raise overlay.Refusal("InsufficientFreeAddressesInSubnet", f"{message} instances.")
    make: Any = ServiceInterface  # moto's classes have abstract methods that nobody calls
    eni: ServiceInterface = make(backend, backend.get_subnet(subnet_id), groups, description, owner)
    eni.interface_type = kind
    if public:
        eni.public_ip = random_public_ip()
    backend.enis[eni.id] = eni
    return eni


def release_interface(account_id: str, region: str, eni_id: str, after: float = 0.0) -> None:
    """Delete the interface after `after` seconds of sandbox time; a missing one is no error."""
    backend = ec2_backends[account_id][region]
    overlay.memory(backend, _Leaving).due[eni_id] = clock.now() + after
    drop_released(backend)


def drop_released(backend: EC2Backend) -> None:
    """Remove released interfaces that are due."""
    due = overlay.memory(backend, _Leaving).due
    for eni_id in [eni_id for eni_id, when in due.items() if when <= clock.now()]:
        del due[eni_id]
        if eni_id in backend.enis:
            backend.enis[eni_id].delete()


@overlay.wraps(EC2Response)
def delete_network_interface(original: Any, self: EC2Response) -> Any:
    """Refuse while it is in use, with the same error for interfaces of AWS's services."""
    eni = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
    if eni.attachment_id:
        raise overlay.Refusal("InvalidParameterValue", f"Network interface '{eni.id}' is currently in use.")
    return original()


@overlay.wraps(EC2Response)
def detach_network_interface(original: Any, self: EC2Response) -> Any:
    """Refuse to detach an interface from the service that made it."""
    wanted = self._get_param("AttachmentId")
    for eni in self.ec2_backend.enis.values():
        if eni.attachment_id == wanted and eni.requester_managed:
            raise overlay.Refusal("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.")
    return original()
