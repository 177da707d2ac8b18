"""What stands in the way of `down` is searched for before the first deletion: it is named, and what it needs stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecsctl.removal import blockers
from ecsctl.sandbox.aws.ec2 import attach_interface, release_interface
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended, bring_up

Run = Callable[..., Ended]
SMALL = 'name = "hello"\n[vpc]\negress = "public"\n'
REGION = "eu-central-1"


@pytest.fixture
def live(folder: Path, live_by: Callable[[Clock], None], run: Run) -> Iterator[Clock]:
    """The clock of a sandbox in this process in which a small stack is up."""
    (folder / "ecsctl.toml").write_text(SMALL)
    with inprocess() as clock:
        live_by(clock)
        bring_up(folder, clock, run)
        yield clock


def ours(kind: str) -> list[str]:
    client: Any = boto3.client("ec2")
    listed = getattr(client, f"describe_{kind}")(Filters=[{"Name": "tag:ecsctl:app", "Values": ["hello"]}])
    (found,) = [value for key, value in listed.items() if isinstance(value, list)]
    key = {"vpcs": "VpcId", "subnets": "SubnetId", "route_tables": "RouteTableId",
           "internet_gateways": "InternetGatewayId", "security_groups": "GroupId"}[kind]  # fmt: skip
    return sorted(one[key] for one in found)


def a_database(clock: Clock) -> Callable[[], Any]:
    made = boto3.client("ec2").create_network_interface(SubnetId=ours("subnets")[0], Description="RDSNetworkInterface")
    name = made["NetworkInterface"]["NetworkInterfaceId"]
    return lambda: boto3.client("ec2").delete_network_interface(NetworkInterfaceId=name)


def a_subnet(clock: Clock) -> Callable[[], Any]:
    made = boto3.client("ec2").create_subnet(VpcId=ours("vpcs")[0], CidrBlock="10.100.200.0/24")["Subnet"]["SubnetId"]
    return lambda: boto3.client("ec2").delete_subnet(SubnetId=made)


def guardduty(clock: Clock) -> Callable[[], Any]:
    ec2 = boto3.client("ec2")
    made = ec2.create_vpc_endpoint(VpcId=ours("vpcs")[0], ServiceName=f"com.amazonaws.{REGION}.guardduty-data",
                                   VpcEndpointType="Interface", SubnetIds=ours("subnets"))["VpcEndpoint"]  # fmt: skip
    return lambda: ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])


def a_group(clock: Clock) -> Callable[[], Any]:
    ec2 = boto3.client("ec2")
    group = ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=ours("vpcs")[0])["GroupId"]
    return lambda: ec2.delete_security_group(GroupId=group)


def a_default_groups_rule(clock: Clock) -> Callable[[], Any]:
    """The VPC's default group goes with the VPC, but what its rules name cannot go before (EC2 API reference,
    DeleteSecurityGroup).
    """
    ec2 = boto3.client("ec2")
    filters = [{"Name": "vpc-id", "Values": ours("vpcs")}, {"Name": "group-name", "Values": ["default"]}]
    group = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]  # type: ignore[arg-type]
    rule: Any = [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432,
                  "UserIdGroupPairs": [{"GroupId": one} for one in ours("security_groups")]}]  # fmt: skip
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
    return lambda: ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rule)


def a_table(clock: Clock) -> Callable[[], Any]:
    ec2 = boto3.client("ec2")
    table = ec2.create_route_table(VpcId=ours("vpcs")[0])["RouteTable"]["RouteTableId"]
    return lambda: ec2.delete_route_table(RouteTableId=table)


def an_acl(clock: Clock) -> Callable[[], Any]:
    ec2 = boto3.client("ec2")
    acl = ec2.create_network_acl(VpcId=ours("vpcs")[0])["NetworkAcl"]["NetworkAclId"]
    return lambda: ec2.delete_network_acl(NetworkAclId=acl)


def a_vpn_gateway(clock: Clock) -> Callable[[], Any]:
    ec2, vpc = boto3.client("ec2"), ours("vpcs")[0]
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)
    return lambda: ec2.detach_vpn_gateway(VpcId=vpc, VpnGatewayId=gateway)


def a_peering(clock: Clock) -> Callable[[], Any]:
    """hashicorp/terraform-provider-aws#3118."""
    ec2 = boto3.client("ec2")
    theirs = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    clock.sleep(30)
    made = ec2.create_vpc_peering_connection(VpcId=theirs, PeerVpcId=ours("vpcs")[0])["VpcPeeringConnection"]
    name = made["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=name)
    return lambda: ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=name)


def a_service(clock: Clock) -> Callable[[], Any]:
    ecs = boto3.client("ecs")
    subnet = boto3.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    network = {"awsvpcConfiguration": {"subnets": [subnet[0]["SubnetId"]]}}
    ecs.create_service(cluster="hello", serviceName="theirs", taskDefinition="hello", desiredCount=0,
                       launchType="FARGATE", networkConfiguration=network)  # fmt: skip
    return lambda: ecs.delete_service(cluster="hello", service="theirs", force=True)


def a_task(clock: Clock) -> Callable[[], Any]:
    """Someone's `aws ecs run-task` in our cluster, in another network."""
    ecs = boto3.client("ecs")
    subnet = boto3.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    network = {"awsvpcConfiguration": {"subnets": [subnet[0]["SubnetId"]], "assignPublicIp": "ENABLED"}}
    ecs.run_task(cluster="hello", taskDefinition="hello", launchType="FARGATE", networkConfiguration=network)
    (arn,) = ecs.list_tasks(cluster="hello", startedBy="")["taskArns"][-1:]
    return lambda: ecs.stop_task(cluster="hello", task=arn)


def an_egress_only_gateway(clock: Clock) -> Callable[[], Any]:
    ec2 = boto3.client("ec2")
    made = ec2.create_egress_only_internet_gateway(VpcId=ours("vpcs")[0])["EgressOnlyInternetGateway"]
    name = made["EgressOnlyInternetGatewayId"]
    return lambda: ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=name)


NETWORK = ("vpcs", "subnets", "route_tables", "internet_gateways")
IN_THE_WAY: dict[Callable[[Clock], Callable[[], Any]], tuple[str, tuple[str, ...]]] = {
    a_database: ("(RDSNetworkInterface), held by", NETWORK),
    a_subnet: ("(10.100.200.0/24), which is not ours", NETWORK),
    guardduty: ("guardduty-data, made by GuardDuty's Runtime Monitoring), which is not ours", ("vpcs", "subnets")),
    a_group: ("(theirs), which is not ours", ("vpcs",)),
    a_default_groups_rule: ("(default), which is not ours and has rules that name sg-", ("vpcs",)),
    a_table: ("route table rtb-", ("vpcs",)),
    an_acl: ("network ACL acl-", ("vpcs",)),
    a_vpn_gateway: ("virtual private gateway vgw-", ("vpcs",)),
    an_egress_only_gateway: ("egress-only internet gateway eigw-", ("vpcs",)),
    a_peering: ("VPC peering connection pcx-", ("vpcs",)),
    a_service: ("ECS services of others in our cluster", ()),
    a_task: ("1 tasks in our cluster that are no part of our services", ()),
}


@pytest.mark.parametrize("move_in", IN_THE_WAY, ids=lambda one: one.__name__)
def test_what_blocks_a_removal_is_named_and_keeps_what_it_needs_and_the_rest_goes(
    live: Clock, run: Run, move_in: Callable[[Clock], Callable[[], Any]]
) -> None:
    says, stays = IN_THE_WAY[move_in]
    move_out = move_in(live)
    live.sleep(60)
    before = {kind: ours(kind) for kind in NETWORK}
    ended = run("down", "--yes")
    assert ended.code == 1
    assert says in " ".join(ended.err.split())
    assert {kind: ours(kind) for kind in NETWORK} == {kind: before[kind] if kind in stays else [] for kind in NETWORK}
    assert boto3.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    clusters = boto3.client("ecs").describe_clusters(clusters=["hello"])["clusters"]
    assert [one["status"] for one in clusters if one["status"] == "ACTIVE"] == (
        ["ACTIVE"] if move_in in (a_service, a_task) else []
    )
    move_out()
    live.sleep(600)
    finished = run("down", "--yes")
    assert finished.code == 0, finished.err
    assert "nothing of it is left" in finished.err


def test_listeners_and_rules_of_others_are_shown_before_they_go_with_the_balancer(live: Clock, run: Run) -> None:
    """A second service that somebody has put behind the same load balancer (aws/containers-roadmap#2196)."""
    elb = boto3.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    answer: Any = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    elb.create_rule(ListenerArn=listener["ListenerArn"], Priority=7, Actions=answer,
                    Conditions=[{"Field": "path-pattern", "Values": ["/theirs"]}])  # fmt: skip
    elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=8080, DefaultActions=answer)
    live.sleep(60)
    ended = run("down", "--yes")
    assert ended.code == 2
    said = " ".join(ended.err.split())
    assert "what others have added (rule 7 on port 80, a listener on port 8080) in the load balancer" in said
    assert len(elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]) == 2
    assert run("down", "--yes", "--force").code == 0
    assert elb.describe_load_balancers()["LoadBalancers"] == []


def test_a_task_by_ecsctl_run_is_in_nobodys_way(live: Clock, run: Run) -> None:
    live.sleep(600)
    image = "public.ecr.aws/nginx/nginx:1.27"
    assert run("run", "--detach", "--image", image, "--", "sleep", "9000").code == 0
    ended = run("down", "--yes")
    assert ended.code == 0, ended.err
    assert "nothing of it is left" in ended.err


def test_a_worker_and_a_job_are_in_nobodys_way(live: Clock, run: Run, folder: Path) -> None:
    file = folder / "ecsctl.toml"
    jobs = '[jobs.nightly]\ncommand = ["b"]\nschedule = "rate(1 day)"\n'
    file.write_text(f'{file.read_text()}\n[service]\nport = 8000\n[workers.mailer]\ncommand = ["a"]\n{jobs}')
    assert run("up", "--yes").code == 0
    ended = run("down", "--yes")
    assert ended.code == 0, ended.err
    assert "nothing of it is left" in ended.err


def test_a_balancer_that_ecsctl_toml_protects_goes_after_it_was_said(live: Clock, run: Run, folder: Path) -> None:
    file = folder / "ecsctl.toml"
    file.write_text(file.read_text() + "\n[load_balancer]\ndeletion_protection = true\n")
    assert run("up", "--yes").code == 0
    ended = run("down", "--yes")
    assert ended.code == 0, ended.err
    assert "deletion protection (load_balancer.deletion_protection) is lifted first" in " ".join(ended.err.split())
    assert boto3.client("elbv2").describe_load_balancers()["LoadBalancers"] == []


def test_a_protected_balancer_keeps_everything_up(live: Clock, run: Run) -> None:
    elb = boto3.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=on)
    ended = run("down", "--yes")
    assert ended.code == 1
    assert "is protected against deletion: nothing was removed" in " ".join(ended.err.split())
    assert "Key=deletion_protection.enabled,Value=false" in ended.err
    services = boto3.client("ecs").describe_services(cluster="hello", services=["hello"])["services"]
    assert [one["status"] for one in services] == ["ACTIVE"]
    off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=off)
    assert run("down", "--yes").code == 0


def a_vpc_origin(clock: Clock) -> Callable[[], Any]:
    """What CloudFront makes for one: a security group of its own, and interfaces (ekristen/aws-nuke#615)."""
    ec2 = boto3.client("ec2")
    made = ec2.create_security_group(GroupName=blockers.VPC_ORIGINS, Description="theirs", VpcId=ours("vpcs")[0])
    group = made["GroupId"]
    clock.sleep(30)
    made = ec2.create_network_interface(SubnetId=ours("subnets")[0], Groups=[group])["NetworkInterface"]

    def move_out() -> None:
        ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
        ec2.delete_security_group(GroupId=group)

    return move_out


def a_vpc_link(clock: Clock) -> Callable[[], Any]:
    """Its interfaces are of a type of their own (EC2 API reference, NetworkInterface)."""
    place = ("123456789012", REGION)
    made = attach_interface(*place, ours("subnets")[0], [], "VPC link", "apigateway", kind="api_gateway_managed")
    return lambda: release_interface(*place, made.id, 1)


@pytest.mark.parametrize(
    ("move_in", "says"), [(a_vpc_origin, "a CloudFront VPC origin leads"), (a_vpc_link, "a VPC link of API Gateway")]
)
def test_what_leads_to_the_balancer_is_found_before_the_first_deletion(
    live: Clock, run: Run, move_in: Callable[[Clock], Callable[[], Any]], says: str
) -> None:
    """AWS would not delete the load balancer, and say so only after the service is gone."""
    move_out = move_in(live)
    live.sleep(60)
    ended = run("down", "--yes")
    assert ended.code == 1
    assert says in ended.said
    assert "nothing was removed" in ended.said
    services = boto3.client("ecs").describe_services(cluster="hello", services=["hello"])["services"]
    assert [one["status"] for one in services] == ["ACTIVE"]
    move_out()
    live.sleep(60)
    assert run("down", "--yes").code == 0


def test_protected_logs_keep_everything_up_unless_they_are_kept_anyway(live: Clock, run: Run, folder: Path) -> None:
    """hashicorp/terraform-provider-aws#45278."""
    logs, ecs = boto3.client("logs"), boto3.client("ecs")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/ecs/hello", deletionProtectionEnabled=True)
    ended = run("down", "--yes")
    assert ended.code == 1
    assert "is protected against deletion: nothing was removed" in " ".join(ended.err.split())
    assert "--no-deletion-protection-enabled" in ended.err
    services = ecs.describe_services(cluster="hello", services=["hello"])["services"]
    assert [one["status"] for one in services] == ["ACTIVE"]
    file = folder / "ecsctl.toml"
    file.write_text(f'protect = ["logs"]\n{file.read_text()}')
    assert run("down", "--yes").code == 0
    assert "/ecs/hello" in [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]


def test_a_read_that_fails_hides_nothing(live: Clock, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "DescribeNetworkAcls")

    monkeypatch.setitem(blockers.SEARCHES, "network ACLs", denied)
    a_group(live)
    live.sleep(60)
    ended = run("down", "--yes", "--output", "json")
    assert ended.code == 1
    said = " ".join(ended.err.split())
    assert "(theirs), which is not ours" in said
    assert "network ACLs could not be searched for" in said


def test_all_that_is_in_the_way_is_named_together(live: Clock, run: Run) -> None:
    """Each alone keeps another part: of none the names are lost for another's sake."""
    movers = (guardduty, a_group, an_acl, a_service, an_egress_only_gateway)
    gone = [move_in(live) for move_in in movers]
    live.sleep(60)
    ended = run("down", "--yes")
    assert ended.code == 1
    said = " ".join(ended.err.split())
    assert [move_in.__name__ for move_in in movers if IN_THE_WAY[move_in][0] not in said] == []
    for move_out in gone:
        move_out()
    live.sleep(600)
    assert run("down", "--yes").code == 0


def test_a_certificate_that_others_use_stays_with_its_validation_record(
    folder: Path, live_by: Callable[[Clock], None], run: Run
) -> None:
    (folder / "ecsctl.toml").write_text(SMALL + '[domain]\nname = "hello.ecsctl.example"\n')
    with inprocess() as clock:
        live_by(clock)
        assert run("up", "--yes").code == 0
        elb = boto3.client("elbv2")
        (certificate,) = boto3.client("acm").list_certificates()["CertificateSummaryList"]
        arn = certificate["CertificateArn"]
        theirs = _a_balancer(clock, arn)
        ended = run("down", "--yes")
        assert ended.code == 1, ended.err
        assert f"{theirs}, which is not ours and uses the certificate {arn}" in " ".join(ended.err.split())
        assert [one["CertificateArn"] for one in boto3.client("acm").list_certificates()["CertificateSummaryList"]] == [
            arn
        ]
        assert _types() == ["CNAME", "TXT"]  # the validation record and its tags; the app's own are gone
        assert ours("vpcs") == []
        elb.delete_load_balancer(LoadBalancerArn=theirs)
        clock.sleep(600)
        assert run("down", "--yes").code == 0
        assert (boto3.client("acm").list_certificates()["CertificateSummaryList"], _types()) == ([], [])


def _types() -> list[str]:
    """The types of the records at the app's name and below it."""
    route53 = boto3.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return sorted(one["Type"] for one in records if "hello.ecsctl.example" in one["Name"])


def _a_balancer(clock: Clock, certificate: str) -> str:
    """Someone's load balancer in the default network, with this certificate."""
    ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
    subnets = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    two = [one["SubnetId"] for one in subnets[:2]]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    clock.sleep(60)
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=subnets[0]["VpcId"])
    arn = elb.create_load_balancer(Name="theirs", Subnets=two)["LoadBalancers"][0]["LoadBalancerArn"]
    clock.sleep(300)
    elb.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    return str(arn)
