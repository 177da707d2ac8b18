import pytest

from ecsctl.engine.plan import Verb
from ecsctl.errors import Refused
from ecsctl.resources.cluster import Cluster
from tests.desired_stack import usual


@pytest.fixture
def ecs(cloud):
    cloud.boto("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    cloud.clock.sleep(60)
    return cloud.boto("ecs")


def cluster(**changes):
    return lambda stack: stack.ensure("cluster", usual(Cluster, **{"name": "shop", **changes}))


def described(ecs):
    return ecs.describe_clusters(clusters=["shop"], include=["TAGS", "SETTINGS"])["clusters"][0]


def test_the_cluster_is_created_with_our_tags_and_container_insights(cloud, ecs):
    usual(Cluster, name="shop").create(cloud.aws, cloud.label("cluster"))
    made = described(ecs)
    assert {tag["key"]: tag["value"] for tag in made["tags"]}["ecsctl:resource"] == "cluster"
    assert made["settings"] == [{"name": "containerInsights", "value": "enabled"}]


def test_the_first_use_of_ecs_in_an_account_is_waited_for(cloud):
    cloud.up(cluster())
    assert cloud.up(cluster()).work == ()
    assert cloud.changes == 0


@pytest.mark.parametrize("insights", ["enhanced", "disabled"])
def test_insights_follow_the_configuration_and_drift_is_corrected(cloud, ecs, insights):
    cloud.up(cluster())
    cloud.up(cluster(container_insights=insights))
    assert described(ecs)["settings"][0]["value"] == insights
    ecs.update_cluster_settings(cluster="shop", settings=[{"name": "containerInsights", "value": "enabled"}])
    assert cloud.plan(cluster(container_insights=insights)).steps[0].changed == {"container_insights"}
    cloud.up(cluster(container_insights=insights))
    assert cloud.plan(cluster(container_insights=insights)).work == ()


def test_a_neighbours_cluster_is_refused_and_not_taken_as_the_answer_to_our_create(cloud, ecs):
    ecs.create_cluster(clusterName="shop", tags=[{"key": "owner", "value": "neighbour"}])
    before = described(ecs)
    with pytest.raises(Refused, match="exists and is not ours"):
        cloud.up(cluster())
    cloud.down()
    assert described(ecs) == before


def test_a_deleted_one_is_absent_though_aws_still_describes_it(cloud, ecs):
    cloud.up(cluster())
    cloud.down()
    assert described(ecs)["status"] == "INACTIVE"
    assert cloud.plan(cluster()).steps[0].verb is Verb.CREATE
    cloud.up(cluster(container_insights="enhanced"))
    assert described(ecs)["status"] == "ACTIVE"


def test_clusters_of_others_are_not_asked_about(cloud, ecs):
    cloud.up(cluster())
    ecs.create_cluster(clusterName="shop-api", tags=[{"key": "ecsctl:app", "value": "shop"}])
    assert [found.ids.name for found in Cluster.find(cloud.aws, cloud.label())] == ["shop"]
    cloud.lose_state()
    cloud.down()
    assert [arn.rpartition("/")[2] for arn in ecs.list_clusters()["clusterArns"]] == ["shop-api"]


def test_tags_that_somebody_took_are_put_back(cloud, ecs):
    cloud.up(cluster())
    ecs.untag_resource(resourceArn=described(ecs)["clusterArn"], tagKeys=["owner"])
    assert cloud.plan(cluster()).steps[0].changed == {"tags"}
    cloud.up(cluster())
    assert {"key": "owner", "value": "ann"} in described(ecs)["tags"]
