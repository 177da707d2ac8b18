import pytest
from botocore.exceptions import ClientError

PATTERN = '{"source": ["aws.ecs"]}'


@pytest.fixture
def rule(aws):
    return aws("events").put_rule(Name="failures", EventPattern=PATTERN, Tags=[{"Key": "a", "Value": "b"}])["RuleArn"]


def test_tags_are_ignored_for_a_rule_that_is_there(aws, rule):
    aws("events").put_rule(Name="failures", EventPattern=PATTERN, Tags=[{"Key": "a", "Value": "c"}])
    assert aws("events").list_tags_for_resource(ResourceARN=rule)["Tags"] == [{"Key": "a", "Value": "b"}]


def test_limits_of_the_model_hold(aws):
    with pytest.raises(ClientError, match="less than or equal to 64"):
        aws("events").put_rule(Name="a" * 65, EventPattern=PATTERN)


@pytest.mark.parametrize("template", ["no JSON: <a>", '"<b>"'])
def test_a_template_must_be_json_with_known_placeholders(aws, rule, template):
    words = {"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": template}
    with pytest.raises(ClientError, match="Invalid InputTemplate for target one"):
        aws("events").put_targets(Rule="failures", Targets=[{"Id": "one", "Arn": "arn:x", "InputTransformer": words}])
