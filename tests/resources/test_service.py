import pytest

from tests.cases_ecs import Ground


@pytest.fixture
def ground(cloud):
    return Ground(cloud)


def test_a_second_up_changes_nothing(cloud, ground):
    cloud.up(ground.stack())
    assert ground.described["runningCount"] == 1
    assert cloud.up(ground.stack()).work == ()
    assert cloud.changes == 0
