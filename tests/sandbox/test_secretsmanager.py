import pytest
from botocore.exceptions import ClientError

DAY = 24 * 3600
MARKED = "You can't perform this operation on the secret because it was marked for deletion."
TAKEN = "You can't create this secret because a secret with this name is already scheduled for deletion."
MISSING = "Secrets Manager can't find the specified secret."


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def secrets(aws):
    return aws("secretsmanager")


@pytest.fixture
def made(secrets):
    return secrets.create_secret(Name="orders/db", SecretString="hush")


def test_a_deleted_secret_is_described_but_not_read(secrets, made):
    answer = secrets.delete_secret(SecretId="orders/db")
    found = secrets.describe_secret(SecretId="orders/db")
    assert found["DeletedDate"] == answer["DeletionDate"]
    for call, arguments in (
        (secrets.get_secret_value, {}),
        (secrets.put_secret_value, {"SecretString": "new"}),
        (secrets.update_secret, {"Description": "new"}),
        (secrets.tag_resource, {"Tags": [{"Key": "owner", "Value": "me"}]}),
        (secrets.delete_secret, {}),
    ):
        assert refusal(call, SecretId="orders/db", **arguments) == ("InvalidRequestException", MARKED)


def test_it_is_listed_only_when_asked_for(secrets, made):
    secrets.delete_secret(SecretId="orders/db")
    assert [one["Name"] for one in secrets.list_secrets()["SecretList"]] == ["github/token"]
    whole = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert sorted(one["Name"] for one in whole) == ["github/token", "orders/db"]


def test_its_name_is_taken_for_thirty_days(secrets, made, clock):
    secrets.delete_secret(SecretId="orders/db")
    clock.sleep(29 * DAY)
    assert refusal(secrets.create_secret, Name="orders/db", SecretString="x") == ("InvalidRequestException", TAKEN)
    clock.sleep(2 * DAY)
    assert refusal(secrets.describe_secret, SecretId="orders/db") == ("ResourceNotFoundException", MISSING)
    again = secrets.create_secret(Name="orders/db", SecretString="x")
    assert again["ARN"] != made["ARN"]


def test_a_shorter_window_is_kept_to(secrets, made, clock):
    secrets.delete_secret(SecretId="orders/db", RecoveryWindowInDays=7)
    clock.sleep(7 * DAY + 1)
    secrets.create_secret(Name="orders/db", SecretString="x")


def test_a_restored_secret_is_as_it_was(secrets, made):
    secrets.delete_secret(SecretId="orders/db")
    secrets.restore_secret(SecretId="orders/db")
    assert secrets.get_secret_value(SecretId="orders/db")["SecretString"] == "hush"
    assert "DeletedDate" not in secrets.describe_secret(SecretId="orders/db")


def test_without_recovery_it_is_gone_but_its_name_is_free_only_later(secrets, made, clock):
    secrets.delete_secret(SecretId="orders/db", ForceDeleteWithoutRecovery=True)
    assert refusal(secrets.describe_secret, SecretId="orders/db") == ("ResourceNotFoundException", MISSING)
    assert refusal(secrets.restore_secret, SecretId="orders/db") == ("ResourceNotFoundException", MISSING)
    assert refusal(secrets.create_secret, Name="orders/db", SecretString="x") == ("InvalidRequestException", TAKEN)
    clock.sleep(10)
    secrets.create_secret(Name="orders/db", SecretString="x")


def test_the_old_arn_does_not_open_a_new_secret(secrets, made, clock):
    secrets.delete_secret(SecretId="orders/db", ForceDeleteWithoutRecovery=True)
    clock.sleep(10)
    new = secrets.create_secret(Name="orders/db", SecretString="new")["ARN"]
    assert refusal(secrets.get_secret_value, SecretId=made["ARN"]) == ("ResourceNotFoundException", MISSING)
    for known in (new, new[:-7], "orders/db"):
        assert secrets.get_secret_value(SecretId=known)["SecretString"] == "new"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"RecoveryWindowInDays": 6}, "must be between 7 and 30 days"),
        ({"RecoveryWindowInDays": 31}, "must be between 7 and 30 days"),
        ({"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}, "in conjunction with RecoveryWindowInDays"),
    ],
)
def test_windows_that_cannot_be_are_refused(secrets, made, arguments, expected):
    code, message = refusal(secrets.delete_secret, SecretId="orders/db", **arguments)
    assert code == "InvalidParameterException"
    assert expected in message
    assert "An error occurred" not in message


def test_a_name_in_use_and_a_name_that_cannot_be_are_refused(secrets, made):
    assert refusal(secrets.create_secret, Name="orders/db", SecretString="x")[0] == "ResourceExistsException"
    assert refusal(secrets.create_secret, Name="orders db", SecretString="x")[0] == "ValidationException"
    assert refusal(secrets.create_secret, Name="x" * 513, SecretString="x")[0] == "ValidationException"


def test_the_same_token_makes_the_same_secret(secrets):
    token = "0" * 32
    first = secrets.create_secret(Name="one", SecretString="x", ClientRequestToken=token)
    again = secrets.create_secret(Name="one", SecretString="x", ClientRequestToken=token)
    assert again["ARN"] == first["ARN"]
    assert first["VersionId"] == token
    other = {"Name": "one", "SecretString": "y", "ClientRequestToken": token}
    assert refusal(secrets.create_secret, **other)[0] == "ResourceExistsException"


def test_deleting_what_is_not_there_is_refused_but_not_by_force(secrets):
    assert refusal(secrets.delete_secret, SecretId="ghost") == ("ResourceNotFoundException", MISSING)
    assert secrets.delete_secret(SecretId="ghost", ForceDeleteWithoutRecovery=True)["Name"] == "ghost"
