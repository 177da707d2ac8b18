"""AWS's refusals, as the sandbox's tests compare them."""

import pytest
from botocore.exceptions import ClientError


def refused(call, *args, **kwargs):
    """The code and the message of the error that `call` must raise."""
    with pytest.raises(ClientError) as error:
        call(*args, **kwargs)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]
