"""A rule publishes what becomes of an execution to a topic, if the topic and its key let EventBridge."""

import json

import pytest
from declared import DAY, declare, document
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from ecsctl.sandbox.aws.codebuild.state import fail_next_build

EVENTS = {"Service": "events.amazonaws.com"}
KEY = document(Principal=EVENTS, Action=["kms:GenerateDataKey*", "kms:Decrypt"], Resource="*")
PATTERN = {"source": ["aws.codepipeline"], "detail": {"state": ["FAILED"]}}
SAID = {"InputPathsMap": {"pipeline": "$.detail.pipeline"}, "InputTemplate": '"<pipeline> has failed"'}


@pytest.mark.parametrize(
    ("key", "enabled", "principal", "published"),
    [
        (None, True, EVENTS, ["orders has failed"]),
        (KEY, True, EVENTS, ["orders has failed"]),
        (KEY, False, EVENTS, []),
        (document(Principal={"AWS": "*"}, Action="kms:Encrypt", Resource="*"), True, EVENTS, []),
        (None, True, {"Service": "cloudwatch.amazonaws.com"}, []),
    ],
)
def test_a_failure_is_published_where_topic_and_key_let_eventbridge(
    aws, role, clock, key, enabled, principal, published
):
    kms, events = aws("kms"), aws("events")
    settings = {"Policy": document(Principal=principal, Action="sns:Publish", Resource="*")}
    if key:
        settings["KmsMasterKeyId"] = kms.create_key(Policy=key)["KeyMetadata"]["Arn"]
    topic = aws("sns").create_topic(Name="failures", Attributes=settings)["TopicArn"]
    if not enabled:
        kms.disable_key(KeyId=settings["KmsMasterKeyId"].rpartition("/")[2])
    events.put_rule(Name="failures", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="failures", Targets=[{"Id": "one", "Arn": topic, "InputTransformer": SAID}])
    fail_next_build("BUILD", "exit status 1")
    aws("codepipeline").create_pipeline(pipeline=declare(role))
    clock.sleep(DAY)
    aws("codepipeline").list_pipelines()
    sent = sns_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].topics[topic].sent_notifications
    assert [one[1] for one in sent] == published
    named = {"Namespace": "AWS/Events", "MetricName": "FailedInvocations"}
    assert bool(aws("cloudwatch").list_metrics(**named)["Metrics"]) != bool(published)
