"""Messages from EventBridge to a topic: lost without an error if the topic's policy or its key does not allow them.

EventBridge user guide, "Troubleshooting Amazon EventBridge" ("… I don't see any messages published into my Amazon SNS
topic"); SNS developer guide, "Key management", for the key. Only the metric FailedInvocations shows it.
"""

from typing import Any

from moto.cloudwatch.models import MetricDatum, cloudwatch_backends
from moto.core.utils import utcnow
from moto.sns.models import sns_backends

from ecsctl.sandbox.aws import kms
from ecsctl.sandbox.core import permissions
from ecsctl.sandbox.core.permissions import Asked

_EVENTS = "events.amazonaws.com"


def publish(account: str, region: str, rule: str, arn: str, message: str) -> None:
    """Publish a rule's message to a topic of the account, or count a failed invocation."""
    topic: Any = sns_backends[account][region].topics.get(arn)
    if topic is not None and _allows(topic) and _can_encrypt(account, region, topic.kms_master_key_id):
        topic.publish(message)
        return
    where = [{"Name": "RuleName", "Value": rule}]
    datum = MetricDatum("AWS/Events", "FailedInvocations", 1.0, where, utcnow(), "Count")
    cloudwatch_backends[account][region].metric_data.append(datum)


def _allows(topic: Any) -> bool:
    some = [
        one for one in permissions.statements([topic.policy]) if kms.includes_service(one.get("Principal"), _EVENTS)
    ]
    return permissions.decision(some, Asked("sns:Publish", topic.arn)) == "Allow"


def _can_encrypt(account: str, region: str, key: str) -> bool:
    if not key:
        return True
    usable = not kms.refusal(account, region, key)
    return usable and kms.allows(kms.arn(account, region, key), _EVENTS, ("GenerateDataKey", "Decrypt"), {})
