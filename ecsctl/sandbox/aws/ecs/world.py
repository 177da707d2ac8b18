"""How ECS tasks use the sandbox's other services: interfaces, target groups, log streams."""

from typing import Any

from moto.ec2.models import ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend
from moto.elbv2.models import elbv2_backends

from ecsctl.sandbox.aws import cloudwatch, ec2, elbv2
from ecsctl.sandbox.aws.ecs import container_states, engine_tasks, streams, task_outcomes
from ecsctl.sandbox.aws.ecs.container_states import Outcome
from ecsctl.sandbox.aws.ecs.outside import Checks, Facts, Run, Start
from ecsctl.sandbox.aws.ecs.state import Definition, Interface, Task, arn_of, balancers, memory, services
from ecsctl.sandbox.containers import machine
from ecsctl.sandbox.core import clock, overlay

_OWNER = "amazon-ecs"  # owner of the interfaces; that AWS shows this id is an assumption


class Region:
    """One account and region's services besides ECS, as a `World` (see `outside`)."""

    def __init__(self, backend: EC2ContainerServiceBackend) -> None:
        self.backend = backend
        self.account = backend.account_id
        self.name = backend.region_name

    def in_alarm(self, alarms: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these CloudWatch alarms are in ALARM."""
        return cloudwatch.in_alarm(self.account, self.name, alarms)

    def takes(self, alarms: tuple[str, ...]) -> float:
        """The longest period of these alarms, in seconds."""
        return cloudwatch.takes(self.account, self.name, alarms)

    def refuses(self, definition: Definition) -> str | None:
        """Returns why no task can be launched from the definition."""
        return task_outcomes.refusal(self.backend, definition)

    def attach(self, task: Task) -> Interface | str:
        """Create an interface in the subnet with the fewest, with the task's groups and AWS's description."""
        network = task.terms["networkConfiguration"]["awsvpcConfiguration"]
        vpc: Any = ec2_backends[self.account][self.name]
        subnets = {subnet.id: subnet for zone in vpc.subnets.values() for subnet in zone.values()}
        found = [name for name in network["subnets"] if name in subnets]
        public = network.get("assignPublicIp") == "ENABLED"
        if not found:
            return _no_interface(public, network["subnets"][0], "InvalidSubnetID.NotFound")
        chosen = min(found, key=lambda name: sum(eni.subnet.id == name for eni in vpc.enis.values()))
        groups = network.get("securityGroups") or [vpc.get_default_security_group(subnets[chosen].vpc_id).id]
        if any(vpc.get_security_group_from_id(group) is None for group in groups):
            return _no_interface(public, chosen, "InvalidGroup.NotFound")
        description = arn_of(self.backend, f"attachment/{task.attachment}")
        try:
            eni: Any = ec2.attach_interface(self.account, self.name, chosen, groups, description, _OWNER, public)
        except overlay.Refusal as refusal:  # a full subnet
            return _no_interface(public, chosen, refusal.code)
        zone = subnets[chosen].availability_zone
        return Interface(eni.id, eni.private_ip_address, chosen, eni.mac_address, zone, tuple(groups))

    def detach(self, task: Task, when: float) -> None:
        """Delete the interface at that time."""
        if machine.current:
            machine.current.forget(task.id)
        if task.interface is not None:
            ec2.release_interface(self.account, self.name, task.interface.id, max(0.0, when - clock.now()))

    def start(self, task: Task) -> Start:
        """The outcome of the task's preparation."""
        return task_outcomes.prepare(self.backend, task)

    def run(self, task: Task) -> Run:
        """What happens to the started task."""
        if engine_tasks.task_run(task) is not None:
            return task_outcomes.blocked(self.backend, task) or Run("real")
        return task_outcomes.go_on(self.backend, task)

    def outcomes(self, task: Task) -> dict[str, Outcome]:
        """The known outcomes of the containers beside the main one, by name."""
        return task_outcomes.beside(self.backend, task)

    def checks(self, target_group_arn: str) -> Checks:
        """The target group's health check and deregistration delay."""
        group: Any = elbv2_backends[self.account][self.name].target_groups.get(target_group_arn)
        if group is None:
            return Checks(30.0, 5, 2, 0.0)
        return Checks(
            float(group.health_check_interval_seconds),
            int(group.healthy_threshold_count),
            int(group.unhealthy_threshold_count),
            float(group.attributes["deregistration_delay.timeout_seconds"]),
        )

    def target(self, task: Task, balancer: dict[str, Any], state: str, reason: str = "", description: str = "") -> None:
        """Register the task's address, set its health, or deregister it."""
        arn, port = balancer["targetGroupArn"], balancer["containerPort"]
        group: Any = elbv2_backends[self.account][self.name].target_groups.get(arn)
        if group is None or task.interface is None:
            return
        address = task.interface.address
        if state == "gone":
            group.targets.pop(address, None)
            return
        if address not in group.targets:
            group.register([{"Id": address, "Port": port}])
        elbv2.set_target_health(self.account, self.name, arn, address, port, state, reason or None, description or None)

    def log(self, task: Task, t: float, lines: tuple[str, ...], container: str = "") -> None:
        """Write lines into the log stream of `container`, by default the main one.

        Containers that really run are skipped, since they write their own logs.
        """
        named = container or container_states.own(task)["name"]
        for one in task.definition.containers if engine_tasks.task_run(task) is None else ():
            if one["name"] == named:
                streams.write(self.backend, task, one, t, lines)

    def weights(self, rule: str) -> dict[str, int]:
        """The weights of a rule's target groups, by ARN; empty if it does not exist, or does not only forward."""
        return elbv2.weights(self.account, self.name, rule)

    def shift(self, rule: str, weights: dict[str, float]) -> None:
        """Set the weights of a rule's target groups, by ARN."""
        elbv2.shift(self.account, self.name, rule, weights)

    def prepare(self, task: Task) -> None:
        """Create its containers, if it really runs."""
        engine_tasks.prepare(self.backend, task)

    def launch(self, task: Task) -> None:
        """Start its containers, if it really runs."""
        engine_tasks.launch(task)

    def halt(self, task: Task) -> None:
        """Stop its containers; requests in progress have the target groups' deregistration delay to end."""
        delays = [self.checks(one["targetGroupArn"]).delay for one in balancers(task)]
        engine_tasks.halt(task, max(delays, default=0.0))

    def facts(self, task: Task) -> Facts | None:
        """The state of its containers; None for a simulated task."""
        return engine_tasks.facts(self.backend, task)

    def pace(self) -> float:
        """Seconds of sandbox time between two checks of real containers."""
        return engine_tasks.pace()


def _no_interface(public: bool, subnet: str, code: str) -> str:
    how = "enabled" if public else "disabled"
    return (
        f"Unexpected EC2 error while attempting to Create Network Interface with public IP assignment {how} in subnet "
        f"'{subnet}': {code}"
    )


@overlay.wraps(EC2ContainerServiceBackend)
def iter_tagged_resources(original: Any, backend: EC2ContainerServiceBackend) -> Any:
    """Skip inactive resources, which can be described, but are not listed by the tagging API."""
    dead = {service.arn for service in services(backend) if service.status == "INACTIVE"}
    dead |= {cluster.arn for cluster in backend.clusters.values() if cluster.status != "ACTIVE"}
    for owner in [*services(backend), *memory(backend).standalone.values()]:
        dead |= {task.arn for task in owner.known if task.status == "STOPPED"}
    for known in backend.task_definitions.values():
        dead |= {definition.arn for definition in known.values() if definition.status == "DELETE_IN_PROGRESS"}
    yield from (resource for resource in original() if resource.arn not in dead)
