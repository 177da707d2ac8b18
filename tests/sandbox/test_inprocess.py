import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import EndpointConnectionError

from ecsctl.sandbox.aws import account
from ecsctl.sandbox.core import clock as sandbox_clock
from ecsctl.sandbox.server.forgetting import forget
from ecsctl.sandbox.server.inprocess import inprocess


def test_the_account_holds_what_a_user_would_have_prepared(aws):
    assert aws("sts").get_caller_identity()["Account"] == account.ACCOUNT
    assert aws("secretsmanager").get_secret_value(SecretId="github/token")["SecretString"] == account.TOKEN
    zones = aws("route53").list_hosted_zones()["HostedZones"]
    assert [zone["Name"] for zone in zones] == ["ecsctl.example."]
    assert not zones[0]["Config"]["PrivateZone"]


def test_every_region_has_the_token(aws):
    assert aws("secretsmanager", "us-east-1").get_secret_value(SecretId="github/token")["SecretString"] == account.TOKEN


def test_a_region_has_only_the_services_that_it_has_on_aws(aws):
    with pytest.raises(EndpointConnectionError):
        aws("codepipeline", "ca-west-1").list_pipelines()
    assert aws("codepipeline", "eu-west-1").list_pipelines()["pipelines"] == []
    assert aws("ecs", "ca-west-1").list_clusters()["clusterArns"] == []


def test_sleeping_moves_the_virtual_clock_and_nothing_else_does(clock):
    before = clock.now()
    assert sandbox_clock.now() == before
    clock.sleep(3600)
    assert sandbox_clock.now() == before + 3600


def test_many_threads_are_answered_one_at_a_time(aws):
    iam = aws("iam")
    trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'  # noqa: E501 - one document

    def make_and_read(number):
        iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=trust)
        return len(iam.list_roles()["Roles"])

    with ThreadPoolExecutor(16) as pool:
        observed = list(pool.map(make_and_read, range(64)))
    assert max(observed) == 64


def test_the_environment_is_clean_inside_and_as_before_outside(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", "https://ecs.example")
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    with inprocess(region="eu-west-1"):
        assert "AWS_PROFILE" not in os.environ
        assert "AWS_ENDPOINT_URL_ECS" not in os.environ
        assert os.environ["AWS_REGION"] == os.environ["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert os.environ["AWS_PROFILE"] == "production"
    assert os.environ["AWS_REGION"] == "ap-south-1"


def test_an_account_that_is_emptied_twice_is_empty(aws, clock):
    for _ in range(2):
        aws("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
        clock.sleep(120)
        aws("ecs").create_cluster(clusterName="hello")
        aws("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")  # which asks ECS
        aws("ecr").create_repository(repositoryName="hello")
        aws("logs").create_log_group(logGroupName="/ecs/hello")
        forget()
        assert aws("ecs").list_clusters()["clusterArns"] == []
        assert aws("ecr").describe_repositories()["repositories"] == []
        assert aws("logs").describe_log_groups()["logGroups"] == []
