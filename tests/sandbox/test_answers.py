"""The sandbox answers what AWS answers for the same resource: every key, and its default.

The facts are those of answers of AWS that go-to-k/cdk-real-drift recorded from June to August 2026 (commit c00ed982,
Apache-2.0), and of the API references.
"""

import json
import re

import pytest
from answers import refused
from ecs_stack import PUBLIC, Stack


class Ground:
    """A VPC with a subnet in each of two zones, a way out, and what is made in it."""

    def __init__(self, aws, clock):
        self.ec2, self.elb, self.clock = aws("ec2"), aws("elbv2"), clock
        self.vpc = self.ec2.create_vpc(CidrBlock="10.71.9.0/16")["Vpc"]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        clock.sleep(60)
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        [table] = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["RouteTables"]
        world = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}
        self.ec2.create_route(RouteTableId=table["RouteTableId"], **world)
        self.subnets = [
            self.ec2.create_subnet(
                VpcId=self.vpc, CidrBlock=f"10.71.{place}.0/24", AvailabilityZone=f"eu-central-1{zone}"
            )["Subnet"]["SubnetId"]
            for place, zone in enumerate("ab")
        ]
        clock.sleep(60)

    def balancer(self, kind, subnets=2, **more):
        scheme = {} if kind == "gateway" else {"Scheme": "internal"}
        made = self.elb.create_load_balancer(Name=kind, Type=kind, Subnets=self.subnets[:subnets], **scheme, **more)
        self.clock.sleep(300)
        [read] = self.elb.describe_load_balancers(Names=[made["LoadBalancers"][0]["LoadBalancerName"]])["LoadBalancers"]
        answer = self.elb.describe_load_balancer_attributes(LoadBalancerArn=read["LoadBalancerArn"])
        return read, pairs(answer)

    def group(self, **asked):
        place = {} if asked.get("TargetType") == "lambda" else {"VpcId": self.vpc}
        [made] = self.elb.create_target_group(Name="targets", **place, **asked)["TargetGroups"]
        return made, pairs(self.elb.describe_target_group_attributes(TargetGroupArn=made["TargetGroupArn"]))


def pairs(answer):
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


@pytest.fixture
def ground(aws, clock):
    return Ground(aws, clock)


def test_a_load_balancer_has_the_22_attributes_that_aws_tells(ground):
    balancer, attributes = ground.balancer("application")
    assert balancer["IpAddressType"] == "ipv4"
    assert balancer["EnablePrefixForIpv6SourceNat"] == "off"
    assert len(attributes) == 22
    logs = {f"{kind}_logs.s3.{key}": value for kind in ("access", "connection", "health_check")
            for key, value in (("bucket", ""), ("enabled", "false"), ("prefix", ""))}  # fmt: skip
    assert attributes.items() >= logs.items()
    assert attributes["client_keep_alive.seconds"] == "3600"
    assert attributes["load_balancing.cross_zone.enabled"] == "true"
    assert attributes["routing.http.desync_mitigation_mode"] == "defensive"
    assert attributes["routing.http.xff_header_processing.mode"] == "append"
    assert attributes["zonal_shift.config.enabled"] == "false"


@pytest.mark.parametrize(("kind", "subnets", "count"), [("network", 2, 8), ("network", 1, 8), ("gateway", 1, 2)])
def test_balancers_of_other_kinds_have_attributes_of_their_own(ground, kind, subnets, count):
    balancer, attributes = ground.balancer(kind, subnets)
    assert balancer["Type"] == kind
    assert balancer.get("SecurityGroups", []) == []
    assert len(attributes) == count
    assert attributes["load_balancing.cross_zone.enabled"] == "false"
    assert "idle_timeout.timeout_seconds" not in attributes


ROUND_ROBIN = {"load_balancing.algorithm.type": "round_robin", "stickiness.type": "lb_cookie"}
ENDS = "deregistration_delay.connection_termination.enabled"
CLIENT = "preserve_client_ip.enabled"


@pytest.mark.parametrize(
    ("asked", "count", "some"),
    [
        ({"Protocol": "HTTP", "Port": 80, "TargetType": "ip"}, 14, ROUND_ROBIN),
        ({"Protocol": "HTTPS", "Port": 443}, 14, ROUND_ROBIN),
        ({"Protocol": "TCP", "Port": 80, "TargetType": "ip"}, 13, {CLIENT: "false", ENDS: "false"}),
        ({"Protocol": "TCP", "Port": 80}, 13, {CLIENT: "true", ENDS: "false"}),
        ({"Protocol": "TLS", "Port": 443}, 13, {CLIENT: "true", ENDS: "false"}),
        ({"Protocol": "UDP", "Port": 53, "TargetType": "ip"}, 13, {CLIENT: "true", ENDS: "true"}),
        ({"Protocol": "TCP_UDP", "Port": 53, "TargetType": "ip"}, 13, {CLIENT: "true", ENDS: "true"}),
        ({"Protocol": "GENEVE", "Port": 6081}, 5, {"target_failover.on_unhealthy": "no_rebalance"}),
        ({"TargetType": "lambda"}, 1, {"lambda.multi_value_headers.enabled": "false"}),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_target_group_has_the_attributes_of_its_protocol(ground, asked, count, some):
    made, attributes = ground.group(**asked)
    assert len(attributes) == count
    assert attributes.items() >= some.items()
    if count > 1:
        assert attributes["deregistration_delay.timeout_seconds"] == "300"
    if "HTTP" in asked.get("Protocol", ""):
        health = ("HealthCheckPath", "HealthCheckPort", "Matcher", "ProtocolVersion")
        assert [made[key] for key in health] == ["/", "traffic-port", {"HttpCode": "200"}, "HTTP1"]


def test_an_attribute_that_the_kind_does_not_have_is_refused(ground):
    made, _ = ground.group(Protocol="TCP", Port=80)
    wrong = [{"Key": "slow_start.duration_seconds", "Value": "30"}]
    error = refused(ground.elb.modify_target_group_attributes, TargetGroupArn=made["TargetGroupArn"], Attributes=wrong)
    assert error == ("ValidationError", "Target group attribute key 'slow_start.duration_seconds' is not recognized")


def test_listeners_have_11_attributes_or_19_and_actions_are_returned_whole(aws, clock, ground):
    balancer = ground.balancer("application")[0]["LoadBalancerArn"]
    group = ground.group(Protocol="HTTP", Port=80)[0]["TargetGroupArn"]
    aws("iam").upload_server_certificate(ServerCertificateName="own", CertificateBody=PEM, PrivateKey=PEM)
    own = aws("iam").get_server_certificate(ServerCertificateName="own")["ServerCertificate"]
    certificate = own["ServerCertificateMetadata"]["Arn"]
    clock.sleep(60)

    def listener(port, action, **more):
        asked = {"Protocol": "HTTP", **more}
        made = ground.elb.create_listener(LoadBalancerArn=balancer, Port=port, DefaultActions=[action], **asked)
        arn = made["Listeners"][0]["ListenerArn"]
        answer = ground.elb.describe_listener_attributes(ListenerArn=arn)
        return ground.elb.describe_listeners(ListenerArns=[arn])["Listeners"][0], pairs(answer)

    plain, attributes = listener(80, {"Type": "forward", "TargetGroupArn": group})
    assert len(attributes) == 11
    assert plain["DefaultActions"][0]["ForwardConfig"] == {
        "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }
    assert not {"SslPolicy", "AlpnPolicy", "MutualAuthentication"} & plain.keys()
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    moved, _ = listener(81, redirect)
    assert moved["DefaultActions"][0]["RedirectConfig"] == {
        "Host": "#{host}", "Path": "/#{path}", "Port": "#{port}", "Query": "#{query}",
        "Protocol": "HTTPS", "StatusCode": "HTTP_301",
    }  # fmt: skip
    secure, attributes = listener(
        443,
        {"Type": "forward", "TargetGroupArn": group},
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate}],
    )
    assert len(attributes) == 19
    assert secure["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    assert secure["MutualAuthentication"] == {"Mode": "off"}


PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"  # nobody reads it


def test_a_network_is_returned_with_what_aws_adds(ground):
    [vpc] = ground.ec2.describe_vpcs(VpcIds=[ground.vpc])["Vpcs"]
    assert vpc["CidrBlock"] == "10.71.0.0/16"
    subnet = ground.ec2.describe_subnets(SubnetIds=ground.subnets)["Subnets"][0]
    blocked = {"InternetGatewayBlockMode": "off"}
    assert subnet["BlockPublicAccessStates"] == vpc["BlockPublicAccessStates"] == blocked
    assert [subnet[key] for key in ("AssignIpv6AddressOnCreation", "EnableDns64", "Ipv6Native")] == [False] * 3
    assert subnet["PrivateDnsNameOptionsOnLaunch"] == {
        "HostnameType": "ip-name",
        "EnableResourceNameDnsARecord": False,
        "EnableResourceNameDnsAAAARecord": False,
    }
    taken = ground.ec2.allocate_address(Domain="vpc")["AllocationId"]
    ground.clock.sleep(60)
    [address] = ground.ec2.describe_addresses(AllocationIds=[taken])["Addresses"]
    assert (address["NetworkBorderGroup"], address["PublicIpv4Pool"]) == ("eu-central-1", "amazon")
    assert "NetworkInterfaceId" not in address
    [group] = ground.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [ground.vpc]}])[
        "SecurityGroups"
    ]
    everybody = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.7/24"}]}
    ground.ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[everybody])
    mine = [{"Name": "group-id", "Values": [group["GroupId"]]}]
    rules = ground.ec2.describe_security_group_rules(Filters=mine)["SecurityGroupRules"]
    assert {rule["GroupOwnerId"] for rule in rules} == {"123456789012"}
    assert [rule["CidrIpv4"] for rule in rules if rule["IpProtocol"] == "tcp"] == ["10.0.0.0/24"]
    [out] = [rule for rule in rules if rule["IsEgress"]]
    assert (out["IpProtocol"], out["FromPort"], out["ToPort"]) == ("-1", -1, -1)
    ground.ec2.create_nat_gateway(SubnetId=ground.subnets[0], AllocationId=taken)
    ground.clock.sleep(300)
    [nat] = ground.ec2.describe_nat_gateways()["NatGateways"]
    assert (nat["AvailabilityMode"], nat["ConnectivityType"]) == ("zonal", "public")


def test_a_new_bucket_is_private_and_encrypted(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="nobodys-yet", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    block = s3.get_public_access_block(Bucket="nobodys-yet")["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    [rule] = s3.get_bucket_encryption(Bucket="nobodys-yet")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": False,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
    s3.delete_bucket_encryption(Bucket="nobodys-yet")  # back to what every bucket has
    [left] = s3.get_bucket_encryption(Bucket="nobodys-yet")["ServerSideEncryptionConfiguration"]["Rules"]
    assert left == rule
    [owned] = s3.get_bucket_ownership_controls(Bucket="nobodys-yet")["OwnershipControls"]["Rules"]
    assert owned == {"ObjectOwnership": "BucketOwnerEnforced"}
    error = refused(s3.put_bucket_acl, Bucket="nobodys-yet", ACL="public-read")
    assert error == ("AccessControlListNotSupported", "The bucket does not allow ACLs")


def test_a_lifecycle_rule_without_a_name_is_given_one(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="nobodys-yet", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    expire = {"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
    named = {**expire, "ID": "mine", "Filter": {"Prefix": "tmp/"}}
    s3.put_bucket_lifecycle_configuration(Bucket="nobodys-yet", LifecycleConfiguration={"Rules": [expire, named]})
    rules = s3.get_bucket_lifecycle_configuration(Bucket="nobodys-yet")["Rules"]
    assert rules[1]["ID"] == "mine"
    assert re.fullmatch(r"[A-Za-z0-9]{48}", rules[0]["ID"])


def test_a_log_group_and_a_role_are_returned_whole(aws):
    aws("logs").create_log_group(logGroupName="/a")
    [group] = aws("logs").describe_log_groups()["logGroups"]
    assert group["arn"] == f"{group['logGroupArn']}:*"
    assert group["logGroupClass"] == "STANDARD"
    assert group["deletionProtectionEnabled"] is group["bearerTokenAuthenticationEnabled"] is False
    assert "retentionInDays" not in group
    made = aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]
    found = aws("iam").get_role(RoleName="r")["Role"]
    assert (found["Description"], found["MaxSessionDuration"], made["Path"]) == ("", 3600, "/")


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": ["codebuild.amazonaws.com", "codepipeline.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        },
    }
)


@pytest.fixture
def role(aws, clock):
    iam = aws("iam")
    arn = iam.create_role(RoleName="all", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam.put_role_policy(RoleName="all", PolicyName="all", PolicyDocument=json.dumps(document))
    clock.sleep(300)
    return arn


def test_a_build_project_comes_with_key_queue_and_cache(aws, role):
    machine = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"}
    made = aws("codebuild").create_project(
        name="project",
        serviceRole=role,
        source={"type": "S3", "location": "b/source.zip", "buildspec": "version: 0.2"},
        artifacts={"type": "S3", "location": "b", "name": "out"},
        environment={**machine, "environmentVariables": [{"name": "Z", "value": "1"}, {"name": "A", "value": "2"}]},
        encryptionKey="alias/aws/s3",
    )["project"]
    key = "arn:aws:kms:eu-central-1:123456789012:alias/aws/s3"
    assert (made["encryptionKey"], made["queuedTimeoutInMinutes"], made["timeoutInMinutes"]) == (key, 480, 60)
    assert (made["cache"], made["badge"]) == ({"type": "NO_CACHE"}, {"badgeEnabled": False})
    assert made["projectVisibility"] == "PRIVATE"
    assert made["source"]["insecureSsl"] is made["artifacts"]["encryptionDisabled"] is False
    assert made["environment"] == {
        **machine,
        "environmentVariables": [
            {"name": "Z", "value": "1", "type": "PLAINTEXT"},
            {"name": "A", "value": "2", "type": "PLAINTEXT"},
        ],
        "privilegedMode": False,
        "imagePullCredentialsType": "CODEBUILD",
    }
    assert not {"logsConfig", "vpcConfig", "webhook"} & made.keys()


@pytest.mark.parametrize(("detects", "expected"), [({}, ["main"]), ({"DetectChanges": "false"}, [])])
def test_a_pipeline_is_of_type_v2_and_a_connection_gets_its_trigger(aws, role, detects, expected):
    connection = aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="c")["ConnectionArn"]
    about = {"ConnectionArn": connection, "FullRepositoryId": "ann/shop", "BranchName": "main", **detects}
    source = {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"}
    gate = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}
    fetch = {"name": "S", "actionTypeId": source, "configuration": about, "outputArtifacts": [{"name": "o"}]}
    stages = [
        {"name": "Source", "actions": [fetch]},
        {"name": "Gate", "actions": [{"name": "G", "actionTypeId": gate}]},
    ]
    store = {"type": "S3", "location": "store"}
    aws("codepipeline").create_pipeline(
        pipeline={"name": "p", "roleArn": role, "artifactStore": store, "stages": stages}
    )
    found = aws("codepipeline").get_pipeline(name="p")["pipeline"]
    assert (found["pipelineType"], found["executionMode"], found["version"]) == ("V2", "SUPERSEDED", 1)
    pushes = [one["gitConfiguration"]["push"][0]["branches"]["includes"][0] for one in found.get("triggers", [])]
    assert pushes == expected


def test_a_cluster_tells_its_providers_sorted_and_their_strategy_whole(aws, clock):
    aws("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    clock.sleep(60)
    strategy = [
        {"capacityProvider": "FARGATE_SPOT", "weight": 2},
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
    ]
    aws("ecs").create_cluster(
        clusterName="c", capacityProviders=["FARGATE_SPOT", "FARGATE"], defaultCapacityProviderStrategy=strategy
    )
    clock.sleep(60)
    [found] = aws("ecs").describe_clusters(clusters=["c"], include=["SETTINGS"])["clusters"]
    assert found["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert found["defaultCapacityProviderStrategy"] == [{**strategy[0], "base": 0}, strategy[1]]
    assert found["settings"] == [{"name": "containerInsights", "value": "disabled"}]


def test_a_task_definition_keeps_what_it_was_given_and_no_order(aws, clock):
    given = [{"name": name, "value": name.lower()} for name in ("ZEBRA", "ALPHA", "MIKE", "BRAVO", "YANKEE", "CHARLIE")]
    container = {"name": "app", "image": PUBLIC, "memory": 128, "portMappings": [{"containerPort": 80}]}
    definition = aws("ecs").register_task_definition(
        family="f",
        networkMode="host",
        containerDefinitions=[{**container, "environment": given}],
        volumes=[{"name": "cache"}],
    )["taskDefinition"]
    [ours] = definition["containerDefinitions"]
    assert (ours["cpu"], ours["essential"]) == (0, True)
    assert ours["portMappings"] == [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]
    assert ours["mountPoints"] == ours["volumesFrom"] == ours["systemControls"] == []
    assert "versionConsistency" not in ours
    names = [pair["name"] for pair in ours["environment"]]
    assert ours["environment"] != given
    assert names != sorted(names)
    assert sorted(ours["environment"], key=str) == sorted(given, key=str)
    assert definition["volumes"] == [{"name": "cache", "host": {}}]
    assert definition["placementConstraints"] == []


def test_a_service_is_returned_with_its_strategy_and_breaker(aws, clock):
    stack = Stack(aws, clock).everything()
    aws("ecs").put_cluster_capacity_providers(
        cluster="app", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    aws("ecs").create_service(
        cluster="app",
        serviceName="bare",
        taskDefinition=stack.definition(),
        desiredCount=0,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 2}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": stack.private}},
    )
    [found] = aws("ecs").describe_services(cluster="app", services=["bare"])["services"]
    assert found["deploymentConfiguration"] == {
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "deploymentCircuitBreaker": {
            "enable": False,
            "rollback": False,
            "resetOnHealthyTask": True,
            "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
        },
    }
    assert found["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 2, "base": 0}]
    assert "launchType" not in found
    assert (found["platformVersion"], found["healthCheckGracePeriodSeconds"]) == ("LATEST", 0)
    assert found["availabilityZoneRebalancing"] == "ENABLED"
    assert found["deploymentController"] == {"type": "ECS"}
    assert found["schedulingStrategy"] == "REPLICA"
    assert found["enableECSManagedTags"] is found["enableExecuteCommand"] is False
    assert found["placementConstraints"] == found["placementStrategy"] == []


def test_zones_ids_begin_with_z_and_names_come_back_in_lower_case_and_escaped(aws):
    dns = aws("route53")
    made = dns.create_hosted_zone(Name="Shop.Example", CallerReference="1")
    assert made["HostedZone"]["Id"].startswith("/hostedzone/Z")
    record = {"Name": "*.API.shop.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    dns.change_resource_record_sets(HostedZoneId=made["HostedZone"]["Id"], ChangeBatch=changes)
    listed = dns.list_resource_record_sets(HostedZoneId=made["HostedZone"]["Id"])["ResourceRecordSets"]
    assert {one["Name"] for one in listed} == {"shop.example.", "\\052.api.shop.example."}
    [servers] = [one["ResourceRecords"] for one in listed if one["Type"] == "NS"]
    assert [one["Value"].removesuffix(".") for one in servers] == made["DelegationSet"]["NameServers"]
    assert len({server.split(".")[2] for server in made["DelegationSet"]["NameServers"]}) == 4
