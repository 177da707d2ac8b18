"""What others set around a running app that is no setting of ecsctl's: plan, status and why name it; all leave it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecsctl.account import in_use
from ecsctl.operations import set_by_others
from ecsctl.sandbox.aws.ec2 import block_public_access
from ecsctl.sandbox.aws.ecs import script_tasks
from ecsctl.sandbox.core.authorization import enforce
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.server.inprocess import inprocess
from tests.commands.conftest import Ended, bring_up

Run = Callable[..., Ended]


@pytest.fixture
def live(folder: Path, live_by: Callable[[Clock], None], run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock of a sandbox in this process in which the ordinary app is up, since a while."""
    monkeypatch.setattr("ecsctl.engine.state_file.YOUNG", 0)
    monkeypatch.setenv("COLUMNS", "100")
    with inprocess() as clock:
        live_by(clock)
        bring_up(folder, clock, run)
        yield clock


def document(effect: str, actions: str | list[str], **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": actions, **more}]})


def an_acl() -> str:
    """A new ACL denies everything (VPC guide, "Custom network ACLs")."""
    ec2 = boto3.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:ecsctl:app", "Values": ["hello"]}])["Vpcs"]
    (default,) = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["NetworkAcls"]
    acl = ec2.create_network_acl(VpcId=vpc["VpcId"])["NetworkAcl"]["NetworkAclId"]
    for one in default["Associations"]:
        ec2.replace_network_acl_association(AssociationId=one["NetworkAclAssociationId"], NetworkAclId=acl)
    return f"the network ACL {acl} lets no TCP out of the subnet "


def a_repositorys_policy() -> str:
    deny = document("Deny", ["ecr:BatchGetImage", "ecr:PutImage"], Principal="*")
    boto3.client("ecr").set_repository_policy(repositoryName="hello", policyText=deny)
    return "hello denies ecr:BatchGetImage to hello-eu-central-1-execution: tasks that start from now on cannot pull"


def a_boundary() -> str:
    iam = boto3.client("iam")
    allow = document("Allow", "s3:*", Resource="*")
    arn = iam.create_policy(PolicyName="acme", PolicyDocument=allow)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="hello-eu-central-1-execution", PermissionsBoundary=arn)
    return f"the permissions boundary {arn} takes ecr:BatchCheckLayerAvailability, ecr:BatchGetImage"


def a_rule() -> str:
    elb = boto3.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    answer: Any = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]
    for one in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
        if one["Port"] == 443:
            elb.create_rule(ListenerArn=one["ListenerArn"], Priority=7, Actions=answer,
                            Conditions=[{"Field": "path-pattern", "Values": ["/*"]}])  # fmt: skip
    return "others have added rule 7 on port 443 to the load balancer"


def a_key() -> str:
    """aws-solutions-library-samples/guidance-for-claude-code-with-amazon-bedrock#355."""
    key, bucket = boto3.client("kms").create_key()["KeyMetadata"]["Arn"], "hello-artifacts-123456789012-eu-central-1"
    by: Any = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}
    boto3.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=by)
    return f"the bucket {bucket} encrypts with {key}, which ecsctl.toml does not name"


def a_deny() -> str:
    """As AWS attaches to what was leaked, and organizations to what they do not know."""
    iam, role = boto3.client("iam"), "hello-eu-central-1-pipeline"
    deny = document("Deny", "ecs:UpdateService", Resource="*")
    elsewhere = document(
        "Deny", "*", Resource="*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
    )
    unknown = document("Deny", "*", Resource="*", Condition={"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}})
    arn = iam.create_policy(PolicyName="quarantine", PolicyDocument=deny)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    iam.put_role_policy(RoleName=role, PolicyName="region", PolicyDocument=elsewhere)
    iam.put_role_policy(RoleName="hello-eu-central-1-build", PolicyName="inside", PolicyDocument=unknown)
    return f"the policy quarantine denies ecs:UpdateService to {role}: the pipeline may fail"


def an_organization() -> str:
    everything = json.loads(document("Allow", "*", Resource="*"))
    enforce({"full": everything, "logs": json.loads(document("Deny", "logs:PutLogEvents", Resource="*"))},
            layer="service-control")  # fmt: skip
    return "a service control policy of the AWS organization denies logs:PutLogEvents to hello-eu-central-1-execution"


def a_web_acl() -> str:
    """As Firewall Manager does (WAF guide, "Using AWS Firewall Manager AWS WAF policies")."""
    waf, elb = boto3.client("wafv2"), boto3.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    seen: Any = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "acme"}
    acl = waf.create_web_acl(Name="FMManagedWebACLV2-acme-1", Scope="REGIONAL", DefaultAction={"Allow": {}},
                             VisibilityConfig=seen)["Summary"]["ARN"]  # fmt: skip
    waf.associate_web_acl(WebACLArn=acl, ResourceArn=balancer["LoadBalancerArn"])
    return f"the web ACL {acl} filters what reaches the load balancer"


def closed_gateways() -> str:
    block_public_access("block-bidirectional", "eu-central-1", "declarative-policy")
    return "VPC Block Public Access is on in this region (block-bidirectional), and vpc-"


CHANGES = [an_acl, a_repositorys_policy, a_boundary, a_rule, a_key, a_deny, an_organization, a_web_acl, closed_gateways]


def test_each_is_named_and_left_alone(live: Clock, run: Run) -> None:
    for command in ("plan", "status", "why"):
        assert "warning" not in run(command).err
    says = [change() for change in CHANGES]
    live.sleep(5)
    for command in ("plan", "status"):
        ended = run(command)
        assert ended.code == 0
        assert [one for one in says if one not in ended.said] == []
        assert ended.said.count("warning: ") >= len(says)
        others = " ".join(json.loads(run(command, "--output", "json").out)["others"])
        assert [one for one in says if one not in others] == []
        assert "the policy inside" not in others, "where its builds run is not known"
        assert "the policy region" not in others
    why = run("why")
    assert says[0] in " ".join(why.out.split())
    assert "nothing is wrong" not in why.out
    assert run("why", "--exit-code").code == 0, "whether it matters is not known"


def test_a_boundary_that_takes_nothing_away_is_not_worth_a_word(live: Clock, run: Run) -> None:
    iam = boto3.client("iam")
    everything = iam.create_policy(PolicyName="acme", PolicyDocument=document("Allow", "*", Resource="*"))
    for one in iam.list_roles(PathPrefix="/ecsctl/")["Roles"]:
        iam.put_role_permissions_boundary(RoleName=one["RoleName"], PermissionsBoundary=everything["Policy"]["Arn"])
    live.sleep(60)
    assert "warning" not in run("status").err
    assert run("why").out.startswith("\u2713 nothing is wrong")


def test_a_search_that_aws_refuses_ends_no_command(live: Clock, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer: Any = {"Error": {"Code": "PolicyEvaluation", "Message": "too many resources"}}

    def refused(*_: object) -> None:
        raise ClientError(answer, "SimulatePrincipalPolicy")

    monkeypatch.setattr(set_by_others, "denials", refused)
    ended = run("plan")
    assert ended.code == 0
    assert "SimulatePrincipalPolicy failed, so what it shows is not known: PolicyEvaluation: too many resources" in (
        " ".join(ended.said.split())
    )


def test_why_names_it_beside_a_cause_that_is_not_certain(live: Clock, run: Run) -> None:
    """A check that times out may have many causes: what somebody has changed is one of them."""
    elb = boto3.client("elbv2")
    (group,) = elb.describe_target_groups()["TargetGroups"]
    elb.modify_target_group(TargetGroupArn=group["TargetGroupArn"], HealthCheckPath="/elsewhere")
    says = a_rule()
    script_tasks("", "", "unhealthy", reason="Request timed out")
    boto3.client("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
    live.sleep(150)
    said = " ".join(run("why").out.split())
    assert "gets no answer in time" in said
    assert "changed by somebody on AWS: target group (health_check_path)" in said
    assert f"set by somebody on AWS: {says}" in said


def test_closed_internet_gateways_are_said_before_the_first_up(folder: Path, cloud: None, run: Run) -> None:
    """VPC guide, "Block public access to VPCs and subnets"."""
    block_public_access("block-ingress", "eu-central-1")
    said = run("plan").said
    assert (
        "the VPC that ecsctl makes is not excluded from it: nobody reaches the load balancer from the internet" in said
    )
    assert "aws ec2 create-vpc-block-public-access-exclusion --vpc-id ID" in said
    (folder / "ecsctl.toml").write_text('name = "hello"\n[load_balancer]\ninternal = true\n')
    assert "Block Public Access" not in run("plan").said, "NAT gateways still work"


def test_a_first_plan_goes_on_where_ec2_does_not_know_block_public_access(
    folder: Path, cloud: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer: Any = {"Error": {"Code": "InvalidAction", "Message": "The action is not valid for this web service."}}

    def unknown(*_: object, **__: object) -> None:
        raise ClientError(answer, "DescribeVpcBlockPublicAccessOptions")

    monkeypatch.setattr(in_use, "closed", unknown)
    assert run("plan").code == 0
