import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox.aws.sns import PENDING, WAITS, confirm_email


@pytest.fixture
def topic(aws):
    return aws("sns").create_topic(Name="alerts", Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]


def listed(aws, topic):
    return {
        one["Endpoint"]: one["SubscriptionArn"]
        for one in aws("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    }


def test_an_email_waits_until_its_person_confirms(aws, topic):
    sns = aws("sns")
    for _ in range(2):
        answer = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        assert answer["SubscriptionArn"] == "pending confirmation"
    assert listed(aws, topic) == {"a@example.com": PENDING}
    with pytest.raises(ClientError, match="SubscriptionArn"):
        sns.unsubscribe(SubscriptionArn=PENDING)
    assert (confirm_email("a@example.com"), confirm_email("a@example.com")) == (1, 0)
    arn = listed(aws, topic)["a@example.com"]
    assert arn.startswith(f"{topic}:")
    assert sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")["SubscriptionArn"] == arn
    sns.unsubscribe(SubscriptionArn=arn)
    assert listed(aws, topic) == {}


def test_what_nobody_confirms_is_forgotten_after_two_days(aws, clock, topic):
    for address in ("a@example.com", "b@example.com"):
        aws("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    confirm_email("a@example.com")
    clock.sleep(WAITS - 1)
    assert listed(aws, topic).keys() == {"a@example.com", "b@example.com"}
    clock.sleep(1)
    assert listed(aws, topic).keys() == {"a@example.com"}


def test_a_topic_of_the_name_is_answered_unless_its_tags_differ(aws, topic):
    assert aws("sns").create_topic(Name="alerts", Tags=[{"Key": "a", "Value": "b"}])["TopicArn"] == topic
    with pytest.raises(ClientError, match="already exists with different tags"):
        aws("sns").create_topic(Name="alerts", Tags=[{"Key": "a", "Value": "c"}])


def test_a_policy_has_statements(aws, topic):
    for policy in ('{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}', "no JSON"):
        with pytest.raises(ClientError, match="Policy Error"):
            aws("sns").create_topic(Name="others", Attributes={"Policy": policy})
        with pytest.raises(ClientError, match="Policy Error"):
            aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
