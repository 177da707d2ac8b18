import boto3
import pytest
from botocore.config import Config

from ecsctl.sandbox.core import clock as sandbox_clock
from ecsctl.sandbox.server.inprocess import inprocess


@pytest.fixture
def clock():
    """The sandbox, answering this test alone; its clock moves when the test calls `clock.sleep(seconds)`."""
    with inprocess(sandbox_clock.Virtual()) as ours:
        yield ours


_clients = {}  # making a client costs more than most tests; the sandbox behind it is a new one for each test


@pytest.fixture
def aws(clock):
    """`aws("ec2")`: a boto3 client of the sandbox that tries once; the same one each time."""

    def client(service, region="eu-central-1"):
        if (service, region) not in _clients:
            once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, region_name=region)
            _clients[service, region] = boto3.client(service, config=once)
        return _clients[service, region]

    return client
