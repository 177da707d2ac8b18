"""Too many requests, and two changes of one resource at once."""

import threading

import pytest
from answers import refused
from botocore.exceptions import ClientError

from ecsctl.aws.codes import is_throttled
from ecsctl.sandbox.core import congestion, overlay

READS = {
    "acm": "list_certificates",
    "application-autoscaling": ("describe_scalable_targets", {"ServiceNamespace": "ecs"}),
    "codebuild": "list_projects",
    "codeconnections": "list_connections",
    "codepipeline": "list_pipelines",
    "ec2": "describe_vpcs",
    "ecr": "describe_repositories",
    "ecs": "list_clusters",
    "elbv2": "describe_load_balancers",
    "iam": "list_roles",
    "logs": "describe_log_groups",
    "resourcegroupstaggingapi": "get_resources",
    "route53": "list_hosted_zones",
    "s3": "list_buckets",
    "secretsmanager": "list_secrets",
    "sts": "get_caller_identity",
}


@pytest.mark.filterwarnings("ignore:.*does not match an error shape")
@pytest.mark.parametrize("service", READS)
def test_each_service_says_in_its_own_words_that_it_was_asked_too_often(aws, clock, service):
    congestion.throttle(0.001)  # the fewest requests, and a long time until the next
    named = READS[service]
    operation, arguments = (named, {}) if isinstance(named, str) else named
    ask = getattr(aws(service), operation)
    for _ in range(int(congestion.LEAST)):
        ask(**arguments)
    limit = congestion.LIMITS.get(f"{service} reads") or congestion.LIMITS[service]
    with pytest.raises(ClientError) as caught:
        ask(**arguments)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (limit.code, limit.message)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == limit.status
    assert is_throttled(caught.value)
    clock.sleep(1000 / limit.refill)
    ask(**arguments)
    congestion.throttle(0)
    ask(**arguments)


@pytest.mark.filterwarnings("ignore:.*does not match an error shape")
def test_ec2s_changes_and_reads_are_counted_apart(aws):
    congestion.throttle(0.001)
    ec2 = aws("ec2")
    for number in range(int(congestion.LEAST)):
        ec2.describe_vpcs()
        ec2.create_security_group(GroupName=f"group-{number}", Description="one of many")
    assert refused(ec2.describe_vpcs)[0] == "RequestLimitExceeded"
    assert refused(ec2.create_security_group, GroupName="more", Description="more")[0] == "RequestLimitExceeded"


@pytest.fixture
def at_once(monkeypatch):
    """Make calls that all come in before the first of them is answered, and return what became of each."""
    arrived = congestion.arrived

    def at_once(*calls):
        came, answers = threading.Semaphore(0), []

        def counted():
            arrived()
            came.release()

        def make(call):
            try:
                call()
                answers.append("done")
            except ClientError as error:
                answers.append(error.response["Error"]["Code"])

        threads = [threading.Thread(target=make, args=(call,)) for call in calls]
        with monkeypatch.context() as patch, overlay.lock:
            patch.setattr(congestion, "arrived", counted)
            for thread in threads:
                thread.start()
            for _ in threads:
                came.acquire()
        for thread in threads:
            thread.join()
        return sorted(answers)

    return at_once


@pytest.fixture
def changes(aws):
    """Returns what changes a thing, by service, each by its number."""
    here = {"LocationConstraint": "eu-central-1"}
    aws("s3").create_bucket(Bucket="app-artifacts", CreateBucketConfiguration=here)
    aws("logs").create_log_group(logGroupName="/ecs/app")
    aws("logs").create_log_group(logGroupName="/ecs/other")
    vpc = aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    group = aws("elbv2").create_target_group(Name="app", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    days = [1, 3, 5]
    return {
        "logs": lambda n: aws("logs").put_retention_policy(logGroupName="/ecs/app", retentionInDays=days[n]),
        "others": lambda n: aws("logs").put_retention_policy(logGroupName="/ecs/other", retentionInDays=days[n]),
        "elbv2": lambda n: aws("elbv2").modify_target_group(TargetGroupArn=arn, HealthCheckPath=f"/{n}"),
        "s3": lambda _: aws("s3").put_bucket_tagging(Bucket="app-artifacts", Tagging=tags),
    }


@pytest.mark.filterwarnings("ignore:.*does not match an error shape")
def test_of_two_changes_of_one_thing_at_once_one_is_refused(at_once, changes):
    congestion.refuse_overlaps()
    codes = {"logs": "OperationAbortedException", "elbv2": "PriorRequestNotComplete", "s3": "OperationAborted"}
    for service, code in codes.items():
        change = changes[service]
        assert at_once(lambda change=change: change(0), lambda change=change: change(1)) == sorted([code, "done"])
        change(2)  # one after the other is well
    assert at_once(lambda: changes["logs"](0), lambda: changes["others"](0)) == ["done", "done"]


def test_by_default_it_refuses_none(at_once, changes):
    assert at_once(lambda: changes["logs"](0), lambda: changes["logs"](1)) == ["done", "done"]
