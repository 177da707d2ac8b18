import pytest
from elbv2_ground import Ground, make_balancer, make_group


@pytest.fixture
def ground(aws):
    return Ground(aws("ec2"))


@pytest.fixture
def elb(aws):
    return aws("elbv2")


@pytest.fixture
def balancer(elb, ground):
    return make_balancer(elb, ground)


@pytest.fixture
def group(elb, ground):
    return make_group(elb, ground)
