import pytest
from botocore.exceptions import ClientError


@pytest.mark.filterwarnings("ignore:.*does not match an error shape")
@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("codebuild", "list_build_batches", {}),  # JSON
        ("iam", "list_mfa_device_tags", {"SerialNumber": "arn:aws:iam::1:mfa/x"}),  # query
        ("ec2", "describe_trunk_interface_associations", {}),  # query, EC2's own
    ],
)
def test_what_the_sandbox_does_not_know_is_named(aws, service, operation, arguments):
    with pytest.raises(ClientError) as caught:
        getattr(aws(service), operation)(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == "NotImplemented"
    name = aws(service).meta.method_to_api_mapping[operation]
    assert error["Message"] == f"The sandbox does not have {service} {name}."
