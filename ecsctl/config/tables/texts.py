"""The kinds of text in ecsctl.toml: each with its pattern, and the message if it does not match."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ecsctl.aws import partitions


@dataclass(frozen=True)
class Word:
    """Text that matches `pattern` as a whole. `meant` completes the sentence "expected …"."""

    pattern: str
    meant: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._matched, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _matched(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise PydanticCustomError("word", "{meant}", {"meant": self.meant})
        return value


def no_names(*patterns: str) -> dict[str, Any]:
    """For the schema: no key of a table may be one of these, which the loader refuses with a sentence for each."""
    return {"propertyNames": {"not": {"pattern": f"^(?:{'|'.join(patterns)})$"}}}


_ARN = r"arn:aws[a-z-]*:"
_HERE = r":[a-z0-9-]+:[0-9]{12}:"
_DOMAIN = r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
_SECRET = r"[A-Za-z0-9/_+=.@-]{1,512}"  # noqa: S105 - the characters of a secret's name, not a secret
WITHIN = r"(?![/-])(?!(?:.*/)?\.\.(?:/|$))[\x21-\x7e]{1,255}"

# 20 characters leave room for the longest suffix within the 32 of a load balancer's name. A load balancer must not
# begin with internal- (Elastic Load Balancing API reference, CreateLoadBalancer), a security group not with sg-
# (Amazon EC2 API reference, CreateSecurityGroup), a bucket not with sthree- or amzn-s3-demo- (S3 user guide, "General
# purpose bucket naming rules").
Name = Annotated[
    str,
    Word(
        r"(?!internal-|sg-|sthree-|amzn-s3-demo-)(?!.*--)[a-z][a-z0-9-]{0,18}[a-z0-9]",
        "a name of 2 to 20 of a-z, 0-9 and single hyphens, from a letter to a letter or digit, "
        "not beginning with internal-, sg-, sthree- or amzn-s3-demo-",
    ),
]
Region = Annotated[str, Word(partitions.REGION, 'a region such as "eu-central-1"')]
Account = Annotated[str, Word(r"[0-9]{12}", 'the 12 digits of an account, in quotes: "123456789012"')]
# Every service of the stack takes these characters in tags (IAM user guide, "Tags for IAM resources", the narrowest),
# and so many of them (CodeBuild API reference, Tag: a key of 127, a value of 255). IAM's keys ignore case. "Do not use
# aws:, AWS:, or any upper or lowercase combination of such as a prefix for either keys or values" (ECS API, Tag).
_NOT_AWS = "(?![aA][wW][sS]:)(?! )"
TagKey = Annotated[
    str,
    Word(
        rf"(?![eE][cC][sS][cC][tT][lL]:|[oO][wW][nN][eE][rR]$|Name$){_NOT_AWS}[A-Za-z0-9 _.:/=+@-]{{1,127}}(?<! )",
        "a tag's key of 1 to 127 letters, digits, spaces and _.:/=+-@, and not one that AWS or ecsctl writes itself "
        "(aws:…, ecsctl:…, owner in any case, Name)",
    ),
]
TagValue = Annotated[
    str,
    Word(
        _NOT_AWS + r"[A-Za-z0-9 _.:/=+@-]{0,255}(?<! )",
        "at most 255 letters, digits, spaces and _.:/=+-@, not beginning with aws:",
    ),
]
Owner = Annotated[
    str,
    Word(
        _NOT_AWS + r"[A-Za-z0-9 _.:/=+@-]{1,255}(?<! )",
        "1 to 255 letters, digits, spaces and _.:/=+-@, not beginning with aws:",
    ),
]
BoundaryArn = Annotated[
    str,
    Word(
        _ARN + r"iam::(?:[0-9]{12}|aws):policy/(?:[!-~]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,128}",
        'a policy\'s ARN: "arn:aws:iam::123456789012:policy/…"',
    ),
]
PolicyArn = Annotated[
    str,
    Word(
        _ARN + "iam::(?:[0-9]{12}|aws):policy/(?:[!-~]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,128}",
        'a policy\'s ARN: "arn:aws:iam::aws:policy/…" or "arn:aws:iam::123456789012:policy/…"',
    ),
]
# KMS API reference, CreateAlias: alias/aws/ is for AWS's own keys, which take no other key policy.
_ALIAS = "alias/(?!aws/)[A-Za-z0-9/_-]{1,250}"
KmsKey = Annotated[
    str,
    Word(
        rf"{_ALIAS}|{_ARN}kms{_HERE}(?:key/[A-Za-z0-9-]{{1,64}}|{_ALIAS})",
        'a KMS key of your own: "alias/…", or an ARN: "arn:aws:kms:eu-central-1:123456789012:key/…"',
    ),
]
# IAM API reference, CreateRole: a path; AWS keeps /aws-service-role/ to itself.
RolePath = Annotated[
    str,
    Word(
        r"(?!/aws-service-role/)(?=.{1,100}$)/(?:[A-Za-z0-9_+=,.@-]+/)*",
        'a path that begins and ends with "/", such as "/service/"',
    ),
]
IamAction = Annotated[str, Word(r"\*|[a-z0-9*-]+:[A-Za-z0-9*?]+", 'an action such as "s3:GetObject"')]
IamResource = Annotated[
    str,
    Word(
        r"\*|arn:[!-~]{3,2000}(?: [!-~]+)*",
        'an ARN such as "arn:aws:s3:::{app}-uploads/*", or "*"',
    ),
]
ContainerUser = Annotated[
    str,
    Word(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?",
        'a user of the image, such as "1000", "app" or "1000:1000"',
    ),
]
# ECS API reference, ContainerDefinition: name, image.
ContainerName = Annotated[str, Word(r"[A-Za-z0-9_-]{1,255}", "a container's name of letters, digits, _ and -")]
SidecarImage = Annotated[
    str,
    Word(
        r"(?![a-z]+://)[A-Za-z0-9][A-Za-z0-9._:/#-]{0,254}(?:@sha256:[0-9a-f]{64})?",
        'an image such as "public.ecr.aws/nginx/nginx:1.27"',
    ),
]
ScheduleName = Annotated[
    str, Word(r"[A-Za-z][A-Za-z0-9-]{0,31}", "a name of letters, digits and - that begins with a letter")
]
# Its service and family are called after the app and it; the longest role's name has 64 characters (IAM User Guide).
ProcessName = Annotated[
    str,
    Word(
        r"(?!(?:app|release|run|web)$)[a-z][a-z0-9-]{0,19}",
        "a name of at most 20 small letters, digits and - that begins with a letter, and not app, release, run or web",
    ),
]
TimeZone = Annotated[str, Word(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}", 'a time zone such as "Europe/Berlin"')]
# Six fields (Application Auto Scaling user guide, "Schedule recurring scaling actions using cron expressions").
Moment = Annotated[
    str,
    Word(
        r"cron\([^ ()]+(?: [^ ()]+){5}\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)",
        '"cron(minutes hours day-of-month month day-of-week year)" or "at(2027-01-31T20:00:00)"',
    ),
]
# EventBridge Scheduler user guide, "Schedule types in EventBridge Scheduler".
Timetable = Annotated[
    str,
    Word(
        r"cron\([^ ()]+(?: [^ ()]+){5}\)|rate\([1-9][0-9]{0,8} (?:minute|hour|day)s?\)",
        '"cron(minutes hours day-of-month month day-of-week year)" or "rate(15 minutes)", in minutes, hours or days',
    ),
]
ContainerPath = Annotated[str, Word(r"/[\x21-\x7e]{0,1023}", 'a path in the container that begins with "/"')]
VolumeName = Annotated[
    str, Word(r"[A-Za-z][A-Za-z0-9-]{0,31}", "a name of at most 32 letters, digits and - that begins with a letter")
]
FileSystemId = Annotated[str, Word(r"fs-[0-9a-f]{8,40}", 'the id of a file system: "fs-…"')]
AccessPointId = Annotated[str, Word(r"fsap-[0-9a-f]{8,40}", 'the id of an access point: "fsap-…"')]
# S3 user guide, "General purpose bucket naming rules".
BucketName = Annotated[
    str,
    Word(
        r"(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "the name of a bucket: 3 to 63 of a-z, 0-9, hyphens and dots",
    ),
]
# "must not include AWSLogs" (Application Load Balancers guide, "Enable access logs").
LogPrefix = Annotated[
    str,
    Word(
        r"(?!.*AWSLogs)(?:[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)?",
        'a folder such as "web" or "logs/web", without AWSLogs in it',
    ),
]
WebAclArn = Annotated[
    str,
    Word(
        _ARN + r"wafv2" + _HERE + r"regional/webacl/[A-Za-z0-9_-]{1,128}/[0-9a-f-]{36}",
        'the ARN of a regional web ACL, "arn:aws:wafv2:…:regional/webacl/…/…": global ones are for CloudFront',
    ),
]
SecurityGroup = Annotated[str, Word(r"sg-[0-9a-f]{8,17}", 'the id of a security group: "sg-…"')]
VpcId = Annotated[str, Word(r"vpc-[0-9a-f]{8,17}", 'the id of a VPC: "vpc-…"')]
SubnetId = Annotated[str, Word(r"subnet-[0-9a-f]{8,17}", 'the id of a subnet: "subnet-…"')]
Source = Annotated[
    str,
    Word(
        r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2}|sg-[0-9a-f]{8,17}",
        'an IPv4 network such as "203.0.113.0/24", or the id of a security group: "sg-…"',
    ),
]
Domain = Annotated[
    str, Word(_DOMAIN, 'a domain name in lower case, without a dot at the end, such as "shop.example.com"')
]
FurtherDomain = Annotated[
    str,
    Word(
        rf"(?:\*\.)?{_DOMAIN}",
        'a domain name in lower case, without a dot at the end, such as "www.example.com", or with one "*." before it',
    ),
]
Zone = Annotated[
    str, Word(rf"Z[A-Z0-9]{{3,31}}|{_DOMAIN}", 'the id of a hosted zone, "Z…", or its name, such as "example.com"')
]
CertificateArn = Annotated[
    str,
    Word(_ARN + "acm" + _HERE + r"certificate/[A-Za-z0-9-]+", 'a certificate\'s ARN: "arn:aws:acm:…:certificate/…"'),
]
ConnectionArn = Annotated[
    str,
    Word(
        _ARN + "(?:codeconnections|codestar-connections)" + _HERE + r"connection/[0-9a-f-]{36}",
        'a connection\'s ARN: "arn:aws:codeconnections:…:connection/…"',
    ),
]
# Signer API reference, PutSigningProfile: profileName.
ProfileArn = Annotated[
    str,
    Word(
        _ARN + r"signer" + _HERE + r"/signing-profiles/[a-zA-Z0-9_]{2,64}",
        'the ARN of a signing profile of AWS Signer: "arn:aws:signer:…:/signing-profiles/…"',
    ),
]
# SQS API reference, CreateQueue: QueueName.
QueueArn = Annotated[
    str,
    Word(
        _ARN + "sqs" + _HERE + r"(?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?",
        'the ARN of an SQS queue: "arn:aws:sqs:eu-central-1:123456789012:mail"',
    ),
]
AlarmName = Annotated[
    str, Word(r"[ -~]{1,255}", "the name of a CloudWatch alarm, 1 to 255 printable characters, not its ARN")
]
# No FIFO topic, whose name ends with .fifo: EventBridge does not publish to one, and none has e-mail subscriptions (SNS
# developer guide, "Amazon SNS FIFO topics").
TopicArn = Annotated[
    str,
    Word(
        _ARN + "sns" + _HERE + "[A-Za-z0-9_-]{1,256}",
        'the ARN of a standard SNS topic: "arn:aws:sns:eu-central-1:123456789012:alerts"',
    ),
]
Email = Annotated[
    str,
    Word(
        r"(?=.{6,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
        r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]",
        'an e-mail address such as "ops@example.com"',
    ),
]
# After a secret's name stand all of key, stage and version, or none (ECS developer guide, "Pass Secrets Manager
# secrets through environment variables"). A bare name is ambiguous there.
SecretArn = Annotated[
    str,
    Word(
        _ARN + "secretsmanager" + _HERE + rf"secret:{_SECRET}(?::[^:\s]*:[^:\s]*:[^:\s]*)?"
        "|" + _ARN + "ssm" + _HERE + r"parameter/[A-Za-z0-9/_.-]{1,1011}",
        'the ARN of a secret, "arn:aws:secretsmanager:…:secret:…" (for one key of it followed by ":key::"), '
        'or of a parameter, "arn:aws:ssm:…:parameter/…"',
    ),
]
# The secret as a whole: CodeBuild reads `username` and `password` out of it (CodeBuild user guide, "Private registry
# with AWS Secrets Manager sample").
ImageCredentials = Annotated[
    str,
    Word(
        r"none|" + _ARN + "secretsmanager" + _HERE + rf"secret:{_SECRET}",
        'the ARN of a secret with "username" and "password", "arn:aws:secretsmanager:…:secret:…", or "none"',
    ),
]
OF_ECR = re.compile(r"public\.ecr\.aws|[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+(?:\.[a-z0-9-]+)+")
RegistryHost = Annotated[
    str, Word(r"[a-z0-9]+([.-][a-z0-9]+)*\.[a-z0-9-]+(:[0-9]{1,5})?", 'a registry such as "docker.io" or "ghcr.io"')
]
RegistryLogin = Annotated[
    str,
    Word(
        r"role|" + _ARN + "secretsmanager" + _HERE + rf"secret:{_SECRET}",
        'the ARN of a secret with "username" and "password", "arn:aws:secretsmanager:…:secret:…"; or "role" for a '
        "registry of ECR",
    ),
]
# A bare name is one of Secrets Manager, perhaps with a key of its JSON; a name with a slash in front one of Parameter
# Store. Prefixes of well-known tokens give away a value that was pasted in place of a name.
TaskSecret = Annotated[
    str,
    Word(
        _ARN + "secretsmanager" + _HERE + rf"secret:{_SECRET}(?::[^:\s]*:[^:\s]*:[^:\s]*)?"
        "|" + _ARN + "ssm" + _HERE + r"parameter/[A-Za-z0-9/_.-]{1,1011}"
        r"|(?!arn:|gh[a-z]_|github_pat_|sk[-_]|xox[a-z]-|AKIA)[A-Za-z0-9_+=.@-][A-Za-z0-9/_+=.@-]{0,511}(?::[^:\s]+)?"
        r"|/[A-Za-z0-9/_.-]{1,1010}",
        'the name of a secret, "shop/db" (for one key of its JSON "shop/db:url"), the name of a parameter, '
        '"/shop/key", or the ARN of either',
    ),
]
# A token pasted here by mistake has a name's shape too: GitHub's own prefixes give it away.
TokenSecret = Annotated[
    str,
    Word(
        r"(?!gh[a-z]_|github_pat_)"
        rf"(?:{_ARN}secretsmanager{_HERE}secret:)?{_SECRET}(?::[^:\s]+)?",
        "the name or ARN of a secret in Secrets Manager that holds the token (never the token itself), "
        'for one key of a JSON secret followed by ":key"',
    ),
]
# A URL pasted in place of the secret's name begins with its scheme, and so does no name that is taken here.
WebhookSecret = Annotated[
    str,
    Word(
        rf"(?!https?:)(?:{_ARN}secretsmanager{_HERE}secret:)?{_SECRET}(?::[^:\s]+)?",
        "the name or ARN of a secret in Secrets Manager that holds the URL (never the URL itself), for one key of a "
        'JSON secret followed by ":key"',
    ),
]
HealthPath = Annotated[str, Word(r"/[\x21-\x7e]{0,1023}", 'a path that begins with "/" and has no spaces')]
# Elastic Load Balancing API reference, Matcher: an Application Load Balancer takes 200 to 499, of gRPC 0 to 99; one,
# several or a range.
_CODE = r"(?:[2-4][0-9]{2}|[0-9]{1,2})"
HealthCodes = Annotated[
    str,
    Word(
        rf"{_CODE}(?:-{_CODE})?(?:,{_CODE}(?:-{_CODE})?)*",
        'codes from 200 to 499, such as "200", "200,302" or "200-399"',
    ),
]
Variable = Annotated[str, Word(r"[A-Za-z_][A-Za-z0-9_]*", "a variable's name of letters, digits and _")]
Repository = Annotated[
    str,
    Word(
        r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!.*\.git$)[A-Za-z0-9._-]{1,100}",
        '"owner/name" as on GitHub, not a URL and without .git',
    ),
]
# git-check-ref-format's rules, for a branch's short name.
Branch = Annotated[
    str,
    Word(
        r"(?!refs/)(?![-/.])(?!.*(?:\.\.|//|/\.|@\{|\.lock(?:/|$)|[/.]$))[^\x00-\x20\x7f~^:?*\[\\]{1,244}",
        'a branch\'s short name, such as "main"',
    ),
]
Stage = Annotated[str, Word(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}", "a stage's name as FROM … AS says it")]
# CodePipeline API reference, GitFilePathFilterCriteria and GitTagFilterCriteria.
Pattern = Annotated[
    str, Word(r"(?![/\s])[^\n]{1,255}(?<!\s)", 'a pattern from the repository\'s root, such as "backend/**"')
]
RepositoryPath = Annotated[str, Word(WITHIN, "a path within the repository, without ..")]
Image = Annotated[str, Word(r"[\x21-\x7e]{1,255}", 'an image such as "aws/codebuild/amazonlinux-aarch64-standard:3.0"')]
# A test's name is a part of its CodeBuild project's name, which takes fewer characters than an action's.
TestName = Annotated[str, Word(r"[A-Za-z0-9_-]{1,100}", "1 to 100 letters, digits, _ and -")]
ActionName = Annotated[str, Word(r"[A-Za-z0-9.@_-]{1,100}", "1 to 100 letters, digits and .@_-")]
