"""AWS's refusals as errors: who denied the call and who can fix that, which quota, what is wrong with the
credentials.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecsctl.aws import codes
from ecsctl.aws.sdk_errors import SIGNING_IN, signing_in
from ecsctl.errors import AccessError, AwsError, Denied, EcsctlError, QuotaReached
from ecsctl.github_token import TOKEN_HINT, TOKEN_REFUSED

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

AGAIN = "then run the same command again"
POLICY = f"ecsctl policy prints what ecsctl needs; {AGAIN}"
ORGANIZATION = (
    "only an administrator of the AWS organization can allow it: no permission in this account helps; where the policy "
    "asks for tags, a region, a path of roles or a boundary, set tags, region, role_path or permissions_boundary in "
    "ecsctl.toml"
)
BOUNDARY = "; where roles need a permissions boundary or a path, set permissions_boundary or role_path in ecsctl.toml"
# Who denied it, in AWS's own words (IAM User Guide, "Troubleshoot access denied error messages").
DENIERS = (
    ("service control policy", "a service control policy of the AWS organization", ORGANIZATION),
    ("resource control policy", "a resource control policy of the AWS organization", ORGANIZATION),
    ("BlockedByOrganizationPolicy", "a policy of the AWS organization", ORGANIZATION),  # ECR's own code
    ("permissions boundary", "the permissions boundary of the caller",
     f"an administrator must allow it in that boundary, as well as in the caller's own policies; {POLICY}"),
    ("session policy", "the policy of the caller's session",
     f"start a session whose policy allows it, or one without a policy; {POLICY}"),
    ("VPC endpoint policy", "the policy of the VPC endpoint that the call goes through",
     f"allow it in that policy, or call without that endpoint; {AGAIN}"),
    ("resource-based policy", "a policy on the resource itself", f"allow it in that policy; {AGAIN}"),
    ("explicit deny in an identity-based policy", "a policy of the caller, which denies it explicitly",
     f"remove the deny: an allow in another policy does not help; {AGAIN}"),
    ("identity-based policy", "no policy of the caller allows it", POLICY),
    # CloudWatch Logs' words (hashicorp/terraform-provider-aws#29282).
    ("The specified KMS key does not exist or is not allowed", "the policy of the KMS key",
     f"ecsctl plan prints the statement that it lacks, where it may be read (kms:GetKeyPolicy); {AGAIN}"),
    # Secrets Manager's words when KMS denied its caller (aws/aws-cdk#7677).
    ("Access to KMS is not allowed", "the KMS key of the secret", "ecsctl policy knows kms_key alone: the "
     f"key's own policy and the caller's must allow kms:Decrypt and kms:GenerateDataKey on it; {AGAIN}"),
)  # fmt: skip
LINKED = re.compile(r"perform: iam:CreateServiceLinkedRole on resource: \S+:role/aws-service-role/([\w.-]+)/")
"""How a service refuses when it may not create its own role, at its first use in the account
(kubernetes/kops#16218).
"""
CLOCK = re.compile(r"[Ss]ignature (?:has )?expired|not yet current")
# What AWS answers for an account that has not been activated, paid for or verified, or that it has blocked (EC2 API, S3
# API: "Error codes"; ECS API, RunTask; CodeBuild API, StartBuild).
UNUSABLE = frozenset("OptInRequired SubscriptionRequiredException NotSignedUp AccountProblem PendingVerification "
                     "Blocked BlockedException AccountSuspendedException".split())  # fmt: skip
# Some services send only the words: clowdhaus/eks-reference-architecture#12, coiled/feedback#225.
BLOCKED = re.compile(r"(?i)account (?:is|was|has been) (?:currently )?(?:blocked|suspended)|aws-verification@amazon")
HEAD = "403"  # the answer to a HEAD, which S3 sends, has no body that could say why (S3 API, HeadBucket)
ANOTHERS = (f"{POLICY}. Where all of that is allowed, the name belongs to another account, for bucket names are "
            "unique over all of AWS: then choose another name for the app in ecsctl.toml")  # fmt: skip
# EC2 encodes what its refusal is about (STS API, DecodeAuthorizationMessage): hundreds of characters.
ENCODED = re.compile(r"\s*Encoded authorization failure message: (\S+)")
DECODE = ("; an administrator sees which policy: aws sts decode-authorization-message --query DecodedMessage "
          "--encoded-message {}")  # fmt: skip
OVER = frozenset("ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired".split())
UNKNOWN = frozenset("InvalidClientTokenId InvalidAccessKeyId UnrecognizedClientException AuthFailure".split())
KEYS = "check that the keys are complete, active and of the right account: aws sts get-caller-identity"
# An opt-in region accepts only the keys of accounts that have enabled it (Account Management guide, "Enable or disable
# AWS Regions"; remotion-dev/github-unwrapped-2022#34, aws/aws-sdk-ruby#2850).
ENABLED = (" --region us-east-1; if that answers, the account has not enabled this region: aws account enable-region "
           "--region-name NAME, or take another one")  # fmt: skip

QUOTA = {
    "VpcLimitExceeded": "VPCs per region",
    "InternetGatewayLimitExceeded": "internet gateways per region",
    "AddressLimitExceeded": "elastic IP addresses per region",
    "NatGatewayLimitExceeded": "NAT gateways per availability zone",
    "SubnetLimitExceeded": "subnets per VPC",
    "RouteTableLimitExceeded": "route tables per VPC",
    "SecurityGroupLimitExceeded": "security groups per region",
    "RulesPerSecurityGroupLimitExceeded": "rules per security group",
    "TooManyLoadBalancers": "application load balancers per region",
    "TooManyTargetGroups": "target groups per region",
    "TooManyListeners": "listeners per load balancer",
    "TooManyBuckets": "S3 buckets per account",
    "AccountLimitExceededException": "concurrent CodeBuild builds",
    "TooManyTagsException": "tags per resource",
}
# GitHub's own words, which AWS passes on (GitHub docs, "About authentication with SAML single sign-on", "About OAuth
# app access restrictions"; cli/cli#2661).
SHUT_OUT = re.compile(r"SAML (?:enforcement|SSO)|OAuth App access restrictions|IP allow list")
# What AWS refuses ordinary accounts in its own words: what it means, and what helps. The words are those of its
# documentation ("Troubleshoot your Application Load Balancers", "Tag policies", "Amazon Resource Names (ARNs) and IDs"
# of the ECS guide) and of public threads: widdix/mastodon-on-aws#13, openemr/openemr-on-ecs#8, aws/aws-cdk#31726,
# 0x4447/0x4447_product_s3_email#22, aws/aws-cdk#4108, aws/aws-cdk#6015, hashicorp/terraform-provider-aws#30551,
# hashicorp/terraform-provider-aws#39251, aws-quickstart/quickstart-redhat-openshift#142, dask/dask-cloudprovider#299.
KNOWN = (
    (r"does not support creating load balancers", "this account may not create load balancers yet",
     f"ask AWS support for it (Account and billing): some new accounts are reviewed first; {AGAIN}"),
    (r"Availability Zones .* cannot be associated with a load balancer", "load balancers are not available in a "
                                                                         "zone of the subnets",
     "name subnets in other zones, of a VPC of yours (vpc.id, vpc.public_subnets, vpc.private_subnets), or take "
     "another region"),
    (r"Not enough IP space available in subnet", "a subnet has too few free addresses for a load balancer",
     f"free some: it takes 8 in each of vpc.public_subnets; or name larger ones there; {AGAIN}"),
    (r"tag policy does not allow|TagPolicyViolation", "a tag policy of the AWS organization forbids a tag",
     f"give tags in ecsctl.toml the values and the spelling that the policy asks for; {AGAIN}"),
    (r"new ARN and resource ID format must be enabled", "this account still has ECS's old ARNs, which take no tags",
     f"for each of serviceLongArnFormat, taskLongArnFormat and containerInstanceLongArnFormat: aws ecs "
     f"put-account-setting-default --name NAME --value enabled; {AGAIN}"),
    (r"[Uu]nable to assume the service linked role", "the account lacks ECS's service-linked role",
     f"have it made: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com; {AGAIN}"),
    (r"Unable to assume IAM role: \S*ApplicationAutoScaling",
     "the account lacks autoscaling's service-linked role for ECS",
     "have it made: aws iam create-service-linked-role --aws-service-name ecs.application-autoscaling.amazonaws.com; "
     f"{AGAIN}"),
    (r"'ECSService\w+HighResolution' at \S+ failed to satisfy", "autoscaling has no 20-second metrics in this region",
     f"set resolution_seconds = 60 where ecsctl.toml says 20, below autoscaling; {AGAIN}"),
    (r"Access denied to connection", "the connection to GitHub may not be used",
     "the caller needs codeconnections:UseConnection on it, and at GitHub its App must reach the repository; "
     f"{POLICY}"),
    (SHUT_OUT.pattern, "the organization at GitHub does not let the token or the app in",
     "authorize the token for the organization at GitHub (Settings, Developer settings, Configure SSO), or let an "
     f"owner of the organization approve the app; {AGAIN}"),
    (r"GitHub webhook limit reached", "the repository has as many webhooks as GitHub allows",
     f"delete some at GitHub, in the repository's settings, Webhooks; {AGAIN}"),
    (r"GitHub API limit reached", "GitHub takes no more calls from AWS for now",
     "wait an hour, then run the same command again"),
    (r"Webhook could not be registered|Failed to create webhook|Repository not found or permission denied",
     "GitHub does not let its webhook be made, or removed",
     "check github.repository; a token needs the scope admin:repo_hook and someone who administers the repository, "
     f"and a connection's App must reach it; {AGAIN}"),
    (r"not supported for projects with environment type|not supported for \w+_CONTAINER"  # aws/copilot-cli#3110
     r"|ARM_CONTAINER\b.* not (?:supported|available)",
     "CodeBuild has no such build machine in this region, or no such image for it",
     'set service.architecture = "X86_64", take another build.image, or build elsewhere: ecsctl up --image URI'),
    (r"requested bucket name is not available", "another account has a bucket of that name",
     "bucket names are unique over all of AWS: choose another name for the app in ecsctl.toml"),
    (r"limit of \d+ certificates in the last year", "ACM issues the account no more certificates this year",
     "deleted ones count as well: ask for more in Service Quotas, or name one that there is: domain.certificate_arn; "
     f"{AGAIN}"),
    (r"reached the limit on the number of|CPU configuration is above your limit",
     "the account's quota of Fargate vCPUs is used up, or it is new and has little",
     f"ask for more in Service Quotas (AWS Fargate), or set service.cpu to less; {AGAIN}"),
    (r"Subnets can currently only be created in|NotAvailableInZone|^UnsupportedAvailabilityZone",
     "AWS makes this no more in a zone that it lists",
     "name subnets in other zones, of a VPC of yours (vpc.id, vpc.public_subnets, vpc.private_subnets), or take "
     "another region"),
    (r"currently associated with another service", "another service leads to it, and keeps it",
     "delete what does, such as a VPC origin (aws cloudfront list-vpc-origins), a VPC link (aws apigatewayv2 "
     f"get-vpc-links) or an endpoint service (aws ec2 describe-vpc-endpoint-services); {AGAIN}"),
    (r"[Dd]isable deletion protection first", "someone has protected it against deletion",  # of a log group
     "aws logs put-log-group-deletion-protection --no-deletion-protection-enabled --log-group-identifier NAME, "
     f"{AGAIN}; "
     'or keep the logs: protect = ["logs"] in ecsctl.toml'),
    (r"Maximum policy size of \d+ bytes exceeded", "a role's permissions are too long for its policies",
     f"shorten permissions, or use patterns; IAM does not raise this quota; {AGAIN}"),
)  # fmt: skip
FAMILY = re.compile(r"(?:Limit|Quota)Exceeded(?:Exception|Fault)?$|^TooMany[A-Z]|^ServiceQuota")
"""How AWS's services name quotas that are in none of our tables. Throttling does not count as a quota."""
MORE = "free some, or ask for more in Service Quotas, then run the same command again"
_OWN = f"free some, ask for more in Service Quotas, or use a VPC of yours (vpc.id); {AGAIN}"
_DIRECT = f'free some, ask for more in Service Quotas, or set vpc.egress = "public", which takes none; {AGAIN}'
QUOTA_HINTS = {  # for CodeBuild, AWS documentation, "Quotas for CodeBuild": a new account may have none
    "VpcLimitExceeded": _OWN,  # aws/copilot-cli#2841
    "InternetGatewayLimitExceeded": _OWN,
    "AddressLimitExceeded": _DIRECT,
    "NatGatewayLimitExceeded": _DIRECT,
    "AccountLimitExceededException": "ask for more in Service Quotas and run the same command again; or build and push "
    "the image elsewhere and name it: ecsctl up --image URI",
}

NO_BUILDS = re.compile(r"more than 0 builds in queue")
"""A new account, whatever Service Quotas says (awslabs/landing-zone-accelerator-on-aws#1013; AWS's own words for a
compute type that it does not have: rebuy-de/aws-nuke#1209).
"""
OPENED = ("AWS opens builds to a new account once its payment is verified: ask AWS Support for it (Account and "
          "billing), whatever Service Quotas says; a smaller build.compute may be open already; or build and push the "
          "image elsewhere and name it: ecsctl up --image URI")  # fmt: skip


def as_error(error: ClientError, what: str) -> EcsctlError:
    """AWS's refusal in the user's terms. `what` says what was being done."""
    name, text, operation = codes.code(error), codes.text(error), error.operation_name
    why = f"{operation} answered {name}: {text}"
    if operation in SIGNING_IN:
        return signing_in(operation, name, text)
    if name in UNUSABLE or BLOCKED.search(text):
        return AccessError(f"{what}: this account may not use {operation} yet", why=why,
                           hint="check the account's billing page and mails: a new account is verified first, and "
                           f"AWS support knows more; {AGAIN}")  # fmt: skip
    if name in codes.DENIED:
        who, hint = denier(f"{name}: {text}")
        why = ENCODED.sub("", why)
        if not who and (encoded := ENCODED.search(text)):
            hint += DECODE.format(encoded[1])
        if name == HEAD:
            why = (
                f"{operation} answered 403, without a message: either it is not allowed, or another account has one "
                f"of that name"
            )
            hint = ANOTHERS
        return Denied(f"{what}: not allowed to call {operation}{who and f' ({who})'}", why=why, hint=hint)
    if name == "RequestTimeTooSkewed" or (name in codes.EXPIRED and CLOCK.search(text)):
        return AccessError("this machine's clock is wrong", why=why, hint=f"set the clock, {AGAIN}")
    if name in codes.EXPIRED:
        ended = name in OVER
        return AccessError(
            f"{what}: the AWS credentials {'have expired' if ended else 'are not valid'}", why=why,
            hint=f"log in again (aws sso login), or use newer keys, {AGAIN}" if ended else
            KEYS + (ENABLED if name in UNKNOWN else ""),
        )  # fmt: skip
    if TOKEN_REFUSED.search(text) and not SHUT_OUT.search(text):
        return AwsError(f"{what}: GitHub rejects the token", why=f"{name}: {text}", hint=TOKEN_HINT)
    if found := known(error):
        return AwsError(f"{what}: {found[0]}", why=why, hint=found[1])
    if name in QUOTA or (FAMILY.search(name) and not codes.is_throttled(error)):
        which = f"the quota of {QUOTA[name]}" if name in QUOTA else f"a quota of what {operation} makes"
        hint = OPENED if NO_BUILDS.search(text) else QUOTA_HINTS.get(name, MORE)
        return QuotaReached(f"{what}: {which} is reached", why=why, hint=hint)
    return AwsError(f"{what}: {operation} failed", why=f"{name}: {text}")


def known(error: BaseException) -> tuple[str, str] | None:
    """Explain a refusal whose words are known: what it means, and what helps. None for unknown words."""
    answer = f"{codes.code(error)}: {codes.text(error)}"
    return next(((says, hint) for words, says, hint in KNOWN if re.search(words, answer)), None)


def denier(text: str) -> tuple[str, str]:
    """Say who denied it, by AWS's words (nothing if they do not say), and what helps."""
    if linked := LINKED.search(text):
        return "", (f"an administrator makes the role once, for all: aws iam create-service-linked-role "
                    f"--aws-service-name {linked[1]}; {POLICY}")  # fmt: skip
    who, hint = next(((who, hint) for words, who, hint in DENIERS if words in text), ("", POLICY))
    of_roles = re.search(r"perform: iam:(?:Create|Put|Attach)\w*Role", text) and hint != ORGANIZATION
    return who, hint + (BOUNDARY if of_roles else "")
