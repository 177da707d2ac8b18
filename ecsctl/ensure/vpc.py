"""The network: two zones, a public and a private subnet in each, and the way to the internet."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from itertools import islice
from typing import TYPE_CHECKING, Any

from ecsctl.engine.stack import Stack
from ecsctl.ensure import policies
from ecsctl.fargate import NO_FARGATE_ARM
from ecsctl.ids import InternetGatewayId, NatGatewayId, SubnetId, VpcId
from ecsctl.parts import FLOW_LOGS, PLACES, private_subnet, public_subnet
from ecsctl.resources.borrowed_network import BorrowedSubnet, BorrowedVpc
from ecsctl.resources.elastic_ip import ElasticIp
from ecsctl.resources.flow_log import FlowLog
from ecsctl.resources.internet_gateway import InternetGateway
from ecsctl.resources.log_group import LogGroup
from ecsctl.resources.nat_gateway import NatGateway
from ecsctl.resources.role import Role
from ecsctl.resources.route_table import RouteTable
from ecsctl.resources.subnet import Subnet
from ecsctl.resources.support.network_fitness import Need
from ecsctl.resources.support.rights import Scope
from ecsctl.resources.vpc import Vpc

if TYPE_CHECKING:
    from ecsctl.account.facts import Facts
    from ecsctl.config import Config
    from ecsctl.names import Names


@dataclass(frozen=True)
class Network:
    """The subnets of the load balancer, if there is one, and of the tasks. The gateway is None in an existing
    network.
    """

    vpc: VpcId
    balancer_subnets: frozenset[SubnetId]
    task_subnets: frozenset[SubnetId]
    lasting: frozenset[SubnetId]  # one in each zone of the tasks, whichever way they go out
    public_tasks: bool  # the tasks need public addresses: there is no other way out
    internet_gateway: InternetGatewayId | None = None
    way_out: tuple[object, ...] = ()  # what must exist before a task can reach anything


def ensure_vpc(stack: Stack, config: Config, facts: Facts, names: Names) -> Network:
    """The VPC that ecsctl.toml describes, or the existing one that it names."""
    if config.vpc.id:
        return _existing(stack, config, config.vpc.id, names)
    closed = True if config.vpc.close_default_group else None
    desired = Vpc(cidr=config.vpc.cidr, dns_hostnames=True, dns_support=True, default_group_closed=closed)
    vpc = stack.ensure("vpc", desired).vpc_id
    if config.vpc.flow_logs != "none":
        _flow_logs(stack, config, facts, names, vpc)
    nets = [str(net) for net in islice(ip_network(config.vpc.cidr).subnets(new_prefix=24), 4)]
    public, private = {}, {}
    for zone, zone_id in zip(PLACES, facts.zones, strict=True):
        index = PLACES.index(zone)
        public[zone] = stack.ensure(public_subnet(zone), Subnet(vpc=vpc, cidr=nets[index], zone_id=zone_id)).subnet_id
        if config.vpc.egress != "public":
            private[zone] = stack.ensure(
                private_subnet(zone), Subnet(vpc=vpc, cidr=nets[2 + index], zone_id=zone_id)
            ).subnet_id
    gateway = stack.ensure("internet-gateway", InternetGateway(vpc=vpc)).internet_gateway_id
    outside = frozenset(public.values())
    routes = stack.ensure(
        "public-routes", RouteTable(vpc=vpc, subnets=outside, internet_gateway=gateway, nat_gateway=None)
    ).route_table_id
    if config.vpc.egress == "public":
        return Network(vpc, outside, outside, outside, True, gateway, (routes,))
    nats: dict[str, NatGatewayId] = {}
    for zone in PLACES if config.vpc.egress == "nat-per-az" else PLACES[:1]:
        address = stack.ensure(f"nat-{zone}-address", ElasticIp()).allocation_id
        nat = NatGateway(subnet=public[zone], allocation=address, internet_gateway=gateway)
        nats[zone] = stack.ensure(f"nat-{zone}", nat).nat_gateway_id
    tables = []
    for zone, subnet in private.items():  # a table for each zone even with one gateway: a second needs no new table
        table = RouteTable(
            vpc=vpc, subnets=frozenset({subnet}), internet_gateway=None, nat_gateway=nats.get(zone, nats[PLACES[0]])
        )
        tables.append(stack.ensure(f"private-routes-{zone}", table).route_table_id)
    inside = frozenset(private.values())
    balancer = inside if config.load_balancer.internal else outside
    return Network(vpc, balancer, inside, outside, False, gateway, (routes, *tables))


def _flow_logs(stack: Stack, config: Config, facts: Facts, names: Names, vpc: VpcId) -> None:
    """The log group, the role with which AWS writes into it, and the flow log."""
    scope = Scope.of(facts.identity, names)
    logs = LogGroup(name=names.flow_logs, retention_in_days=config.logs.retention_days, kms_key=facts.key or None)
    role = Role(
        name=names.role(FLOW_LOGS),
        assume_role_policy=policies.flow_logs_trust(scope),
        statements=policies.flow_logs(scope),
        path=names.role_path,
        permissions_boundary=config.permissions_boundary,
        policies=frozenset(),
    )
    traffic: Any = config.vpc.flow_logs.upper()
    desired = FlowLog(
        vpc=vpc,
        traffic_type=traffic,
        log_group=stack.ensure(f"{FLOW_LOGS}-group", logs).name,
        role=stack.ensure(f"{FLOW_LOGS}-role", role).arn,
    )
    stack.ensure(FLOW_LOGS, desired)


def _need(config: Config, *, public_tasks: bool) -> Need:
    """The app's requirements for an existing network."""
    desired = config.service
    most = desired.autoscaling.max if desired.autoscaling else desired.desired_count
    web = most * desired.max_percent // 100 if desired.web else 0
    # AWS documentation, "Amazon ECR interface VPC endpoints": layers come from S3. Fargate's agent needs no endpoint.
    services = ["ecr.api", "ecr.dkr", "s3", "logs"]
    named = "".join(config.task_secrets.values())
    services += ["secretsmanager"] if ":secretsmanager:" in named else []
    services += ["ssm"] if ":ssm:" in named else []
    services += ["ssmmessages"] if desired.exec else []
    return Need(
        ports=(80, 443) if config.domain else (80,),
        port=desired.port,
        tasks=web + sum(one.most for one in config.workers.values()),
        public_tasks=public_tasks,
        internal=config.load_balancer.internal,
        services=tuple(services),
        no_fargate=tuple(NO_FARGATE_ARM) if desired.architecture == "ARM64" else (),
    )


def _existing(stack: Stack, config: Config, vpc_id: str, names: Names) -> Network:
    """An existing network: used, never changed."""
    private = config.vpc.private_subnets
    tasks = private or config.vpc.public_subnets
    front = tasks if config.load_balancer.internal else config.vpc.public_subnets
    front = front if config.service.web else ()
    need = _need(config, public_tasks=not private)
    groups = (names.balancer_group, names.tasks_group)
    vpc = stack.ensure(
        "vpc",
        BorrowedVpc(
            vpc_id=vpc_id, balancer_subnets=frozenset(front), task_subnets=frozenset(tasks), need=need, groups=groups
        ),
    ).vpc_id
    subnets = {}
    for number, subnet in enumerate(dict.fromkeys([*front, *tasks]), 1):
        subnets[subnet] = stack.ensure(f"subnet-{number}", BorrowedSubnet(subnet_id=subnet, vpc=vpc)).subnet_id
    return Network(
        vpc,
        frozenset(subnets[one] for one in front),
        frozenset(subnets[one] for one in tasks),
        frozenset(subnets[one] for one in tasks),
        public_tasks=not private,
    )
