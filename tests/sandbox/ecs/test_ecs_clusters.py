import pytest
from botocore.exceptions import ClientError
from ecs_stack import refused


@pytest.fixture
def ecs(aws, clock):
    """An ECS client in an account whose service-linked role has been there for a while."""
    aws("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    clock.sleep(60)
    return aws("ecs")


def test_the_first_use_of_ecs_in_an_account_meets_a_service_linked_role_nobody_can_assume_yet(aws, clock):
    message = "Unable to assume the service linked role. Please verify that the ECS service linked role exists."
    refused("InvalidParameterException", message, aws("ecs").create_cluster, clusterName="app")
    clock.sleep(60)
    assert aws("ecs").create_cluster(clusterName="app")["cluster"]["status"] == "ACTIVE"
    aws("iam").delete_service_linked_role(RoleName="AWSServiceRoleForECS")
    providers = {"cluster": "app", "capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": []}
    refused("InvalidParameterException", message, aws("ecs").put_cluster_capacity_providers, **providers)


def test_a_second_create_answers_the_cluster_that_is_there_and_changes_nothing(ecs):
    ecs.create_cluster(
        clusterName="app",
        tags=[{"key": "owner", "value": "me"}],
        settings=[{"name": "containerInsights", "value": "enabled"}],
    )
    again = ecs.create_cluster(
        clusterName="app",
        tags=[{"key": "owner", "value": "you"}],
        settings=[{"name": "containerInsights", "value": "disabled"}],
    )["cluster"]
    assert again["tags"] == [{"key": "owner", "value": "me"}]
    assert again["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    described = ecs.describe_clusters(clusters=["app"], include=["TAGS", "SETTINGS"])["clusters"][0]
    assert described["tags"] == [{"key": "owner", "value": "me"}]


def test_tags_and_settings_are_described_only_when_asked_for(ecs):
    ecs.create_cluster(clusterName="app", tags=[{"key": "owner", "value": "me"}])
    plain = ecs.describe_clusters(clusters=["app"])["clusters"][0]
    assert plain["tags"] == []
    assert plain["settings"] == []


def test_container_insights_can_be_changed_afterwards_and_nothing_else_can(ecs):
    ecs.create_cluster(clusterName="app")
    ecs.update_cluster_settings(cluster="app", settings=[{"name": "containerInsights", "value": "enhanced"}])
    settings = ecs.describe_clusters(clusters=["app"], include=["SETTINGS"])["clusters"][0]["settings"]
    assert settings == [{"name": "containerInsights", "value": "enhanced"}]
    with pytest.raises(ClientError, match="InvalidParameterException"):
        ecs.update_cluster_settings(cluster="app", settings=[{"name": "containerInsights", "value": "on"}])
    refused(
        "ClusterNotFoundException",
        "Cluster not found.",
        ecs.update_cluster_settings,
        cluster="none",
        settings=[{"name": "containerInsights", "value": "enabled"}],
    )


def test_a_deleted_cluster_is_inactive_unlisted_still_described_and_its_name_is_free(ecs):
    ecs.create_cluster(clusterName="app", tags=[{"key": "owner", "value": "me"}])
    assert ecs.delete_cluster(cluster="app")["cluster"]["status"] == "INACTIVE"
    assert ecs.list_clusters()["clusterArns"] == []
    assert ecs.describe_clusters(clusters=["app"])["clusters"][0]["status"] == "INACTIVE"
    refused("ClusterNotFoundException", "The referenced cluster was inactive.", ecs.delete_cluster, cluster="app")
    refused("ClusterNotFoundException", "The referenced cluster was inactive.", ecs.list_services, cluster="app")
    fresh = ecs.create_cluster(clusterName="app")["cluster"]
    assert fresh["status"] == "ACTIVE"
    assert fresh["tags"] == []


def test_an_unknown_cluster_is_missing_when_described_and_not_found_otherwise(ecs):
    failures = ecs.describe_clusters(clusters=["none"])["failures"]
    assert failures[0]["reason"] == "MISSING"
    assert failures[0]["arn"].endswith(":cluster/none")
    refused("ClusterNotFoundException", "Cluster not found.", ecs.delete_cluster, cluster="none")
