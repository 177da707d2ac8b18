import pytest
from botocore.exceptions import ClientError

from ecsctl.sandbox.aws.codeconnections import complete_handshake, connection
from ecsctl.sandbox.core import script

TAGS = [{"Key": "owner", "Value": "me"}]
MISSING = "arn:aws:codeconnections:eu-central-1:123456789012:connection/00000000-0000-0000-0000-000000000000"


@pytest.fixture
def made(aws):
    return aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="orders", Tags=TAGS)


def code(caught):
    return caught.value.response["Error"]["Code"]


def test_a_connection_is_pending_until_a_human_completes_it(aws, made):
    arn = made["ConnectionArn"]
    assert arn.startswith("arn:aws:codeconnections:eu-central-1:123456789012:connection/")
    assert made["Tags"] == TAGS
    found = aws("codeconnections").get_connection(ConnectionArn=arn)["Connection"]
    assert found["ConnectionStatus"] == "PENDING"
    assert found["OwnerAccountId"] == "123456789012"
    assert complete_handshake("orders") == arn
    assert aws("codeconnections").get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"] == "AVAILABLE"


def test_it_is_listed_by_provider_and_page_by_page(aws, made):
    client = aws("codeconnections")
    client.create_connection(ProviderType="GitLab", ConnectionName="other")
    first = client.list_connections(MaxResults=1)
    assert [one["ConnectionName"] for one in first["Connections"]] == ["orders"]
    second = client.list_connections(MaxResults=1, NextToken=first["NextToken"])
    assert [one["ConnectionName"] for one in second["Connections"]] == ["other"]
    assert "NextToken" not in second
    assert len(client.list_connections(ProviderTypeFilter="GitHub")["Connections"]) == 1


def test_a_second_one_of_the_same_name_is_a_second_one(aws, made):
    again = aws("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="orders")
    assert again["ConnectionArn"] != made["ConnectionArn"]
    assert len(aws("codeconnections").list_connections()["Connections"]) == 2


def test_tags_are_added_changed_and_taken(aws, made):
    client, arn = aws("codeconnections"), made["ConnectionArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "you"}, {"Key": "app", "Value": "orders"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["app", "unheard-of"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "you"}]


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_connection", {"ConnectionArn": MISSING}),
        ("delete_connection", {"ConnectionArn": MISSING}),
        ("list_tags_for_resource", {"ResourceArn": MISSING}),
        ("tag_resource", {"ResourceArn": MISSING, "Tags": TAGS}),
    ],
)
def test_an_unknown_connection_is_refused(aws, operation, arguments):
    with pytest.raises(ClientError) as caught:
        getattr(aws("codeconnections"), operation)(**arguments)
    assert code(caught) == "ResourceNotFoundException"


def test_a_deleted_connection_is_gone(aws, made):
    aws("codeconnections").delete_connection(ConnectionArn=made["ConnectionArn"])
    assert aws("codeconnections").list_connections()["Connections"] == []
    assert connection("123456789012", made["ConnectionArn"]) is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"ProviderType": "GitHub", "ConnectionName": "x" * 33},
        {"ProviderType": "Gitea", "ConnectionName": "x"},
        {"ConnectionName": "x"},
    ],
)
def test_what_the_model_does_not_allow_is_refused(aws, arguments):
    with pytest.raises(ClientError) as caught:
        aws("codeconnections").create_connection(**arguments)
    assert code(caught) == "ValidationException"


def test_too_many_tags_are_refused(aws, made):
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(200)]
    with pytest.raises(ClientError) as caught:
        aws("codeconnections").tag_resource(ResourceArn=made["ConnectionArn"], Tags=tags)
    assert code(caught) == "LimitExceededException"


def test_the_older_name_of_the_service_knows_the_same_connections(aws, made):
    old = aws("codestar-connections")
    assert old.get_connection(ConnectionArn=made["ConnectionArn"])["Connection"]["ConnectionName"] == "orders"
    arn = old.create_connection(ProviderType="GitHub", ConnectionName="older")["ConnectionArn"]
    assert arn.startswith("arn:aws:codestar-connections:")


def test_other_regions_do_not_know_it(aws, made):
    assert aws("codeconnections", "eu-west-1").list_connections()["Connections"] == []


def test_no_handshake_for_what_is_not_there(aws):
    with pytest.raises(script.ScriptError, match="there is no connection 'orders'"):
        complete_handshake("orders")
