import pytest
from ec2_ground import Network

from ecsctl.sandbox.aws import ec2


@pytest.fixture
def client(aws):
    """EC2, where every fresh id shows at once."""
    ec2.lag(0)
    return aws("ec2")


@pytest.fixture
def network(client):
    return Network(client)
