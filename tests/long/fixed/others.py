"""What others set around the app that no setting of ecsctl shows, and how they take it back."""

from __future__ import annotations

import json
from typing import Any

from tests.long.fixed.tasks import EXECUTION, anew
from tests.why.person import Person

BOUNDARY = "acme-boundary"


def _acls(person: Person) -> Any:
    (vpc,) = person.boto("ec2").describe_vpcs(Filters=[{"Name": "tag:ecsctl:app", "Values": ["hello"]}])["Vpcs"]
    filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    return person.boto("ec2").describe_network_acls(Filters=filters)["NetworkAcls"]


def _all_into(person: Person, acl: str) -> None:
    ec2 = person.boto("ec2")
    for link in [link for one in _acls(person) for link in one["Associations"] if one["NetworkAclId"] != acl]:
        ec2.replace_network_acl_association(AssociationId=link["NetworkAclAssociationId"], NetworkAclId=acl)


def closed_by_acl(person: Person) -> None:
    """A new ACL denies everything (VPC guide, "Custom network ACLs")."""
    acl = person.boto("ec2").create_network_acl(VpcId=_acls(person)[0]["VpcId"])["NetworkAcl"]["NetworkAclId"]
    _all_into(person, acl)
    anew(person)


def default_acl(person: Person) -> None:
    _all_into(person, next(one["NetworkAclId"] for one in _acls(person) if one["IsDefault"]))
    for one in _acls(person):
        if not one["IsDefault"]:
            person.boto("ec2").delete_network_acl(NetworkAclId=one["NetworkAclId"])


def pull_denied(person: Person) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    person.boto("ecr").set_repository_policy(repositoryName="hello", policyText=policy)
    anew(person)


def pull_allowed(person: Person) -> None:
    person.boto("ecr").delete_repository_policy(repositoryName="hello")


def bounded(person: Person) -> None:
    """As an account's automation does to roles that somebody has made."""
    iam = person.boto("iam")
    allow = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    arn = iam.create_policy(PolicyName=BOUNDARY, PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=EXECUTION, PermissionsBoundary=arn)
    anew(person)


def unbounded(person: Person) -> None:
    iam = person.boto("iam")
    iam.delete_role_permissions_boundary(RoleName=EXECUTION)
    for one in iam.list_policies(Scope="Local")["Policies"]:
        if one["PolicyName"] == BOUNDARY:
            iam.delete_policy(PolicyArn=one["Arn"])
