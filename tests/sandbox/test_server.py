import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import parsedate_to_datetime
from threading import Barrier

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from ecsctl.sandbox.server import process


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox") / ".ecsctl"
    yield process.start(folder)
    process.stop(folder)


@pytest.fixture
def client(sandbox, monkeypatch):
    for name, value in process.environment(sandbox).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it would keep the key of an earlier server
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=16)
    return lambda service: boto3.client(service, region_name="eu-central-1", config=once)


def ask(sandbox, method, path, body=None, **headers):
    with closing(http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=30)) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"X-Sandbox-Key": sandbox.key} | named)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")


def test_the_server_identifies_itself(sandbox):
    status, about = ask(sandbox, "GET", "/sandbox")
    assert status == 200
    assert about["nonce"] == sandbox.nonce
    assert about["pid"] == sandbox.pid
    assert about["speed"] == 60.0
    assert about["now"] > 1_700_000_000


def test_its_time_passes_faster(sandbox):
    first = ask(sandbox, "GET", "/sandbox")[1]["now"]
    second = ask(sandbox, "GET", "/sandbox")[1]["now"]
    assert second > first


def test_answers_are_dated_by_its_time(sandbox, client):
    before = ask(sandbox, "GET", "/sandbox")[1]["now"]
    headers = client("sts").get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
    after = ask(sandbox, "GET", "/sandbox")[1]["now"]
    assert before - 1 <= parsedate_to_datetime(headers["date"]).timestamp() <= after


def test_aws_is_answered_in_every_protocol(client):
    assert client("sts").get_caller_identity()["Account"] == "123456789012"  # query
    assert client("secretsmanager").get_secret_value(SecretId="github/token")["SecretString"]  # JSON
    assert client("route53").list_hosted_zones()["HostedZones"]  # XML
    assert client("ec2").describe_vpcs()["Vpcs"]  # EC2's own
    client("s3").create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    client("s3").put_object(Bucket="kept", Key="a", Body=b"x" * 100_000)
    assert client("s3").head_object(Bucket="kept", Key="a")["ContentLength"] == 100_000
    assert client("s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"x" * 100_000
    client("s3").delete_object(Bucket="kept", Key="a")
    client("s3").delete_bucket(Bucket="kept")


def test_a_region_has_only_the_services_that_it_has_on_aws(sandbox, monkeypatch):
    for name, value in process.environment(sandbox).items():
        monkeypatch.setenv(name, value)
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    with pytest.raises(ConnectionClosedError):
        boto3.client("codepipeline", region_name="ca-west-1", config=once).list_pipelines()
    assert boto3.client("codepipeline", region_name="eu-west-1", config=once).list_pipelines()["pipelines"] == []
    assert boto3.client("ecs", region_name="ca-west-1", config=once).list_clusters()["clusterArns"] == []


def test_a_connection_stays_open_for_many_requests(sandbox):
    with closing(http.client.HTTPConnection("127.0.0.1", sandbox.port)) as connection:
        connection.connect()
        socket = connection.sock
        for _ in range(3):
            connection.request("GET", "/sandbox")
            response = connection.getresponse()
            assert response.version == 11
            response.read()
            assert connection.sock is socket


def test_a_body_sent_in_chunks_is_read_whole(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    headers = {"X-Sandbox-Key": sandbox.key, "Transfer-Encoding": "chunked"}
    connection.request("POST", "/sandbox/script/unheard_of", iter([b"{", b"}"]), headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 400
    assert b"there is no switch 'unheard_of'" in response.read()
    connection.request("GET", "/sandbox", headers=headers)
    connection.close()


def test_many_threads_at_once_get_right_answers(client):
    iam, together = client("iam"), Barrier(16)
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})

    def make_and_read(number):
        together.wait()
        iam.create_role(RoleName=f"many-{number}", AssumeRolePolicyDocument=document)
        return iam.get_role(RoleName=f"many-{number}")["Role"]["RoleName"]

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(make_and_read, range(16))) == sorted(f"many-{number}" for number in range(16))


def test_who_does_not_know_the_key_is_refused(sandbox):
    stranger = boto3.client(
        "iam",
        endpoint_url=sandbox.url,
        region_name="eu-central-1",
        aws_access_key_id="AKIASANDBOXSANDBOX00",
        aws_secret_access_key="x",  # noqa: S106 - opens nothing
    )
    with pytest.raises(ClientError) as caught:
        stranger.list_roles()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert ask(sandbox, "POST", "/sandbox/reset", X_Sandbox_Key="wrong")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_name_that_points_here_is_refused(sandbox, host):
    assert ask(sandbox, "GET", "/sandbox", Host=host) == (403, {"message": "The sandbox answers to 127.0.0.1 only."})


def test_another_port_of_loopback_is_answered(sandbox):
    assert ask(sandbox, "GET", "/sandbox", Host="localhost:1")[0] == 200  # through a proxy


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}])
def test_a_web_page_is_refused(sandbox, header):
    assert ask(sandbox, "POST", "/sandbox/reset", **header)[0] == 403


def test_reset_brings_back_the_account_as_it_was_born(sandbox, client):
    client("ecr").create_repository(repositoryName="orders")
    client("secretsmanager").delete_secret(SecretId="github/token", ForceDeleteWithoutRecovery=True)
    assert ask(sandbox, "POST", "/sandbox/reset") == (200, {})
    assert client("ecr").describe_repositories()["repositories"] == []
    assert client("secretsmanager").get_secret_value(SecretId="github/token")["SecretString"]


def test_a_snapshot_tells_what_the_account_holds(sandbox, client):
    client("ecr").create_repository(repositoryName="images")
    status, held = ask(sandbox, "GET", "/sandbox/snapshot?ids=true")
    assert status == 200
    assert [one["repositoryName"] for one in held["eu-central-1"]["repositories"]] == ["images"]
    client("ecr").delete_repository(repositoryName="images")


def test_what_it_does_not_have_is_named(sandbox, client):
    assert ask(sandbox, "GET", "/sandbox/nothing")[0] == 404
    with pytest.raises(ClientError) as caught:
        client("codebuild").list_build_batches()
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    with pytest.raises(ClientError) as caught:
        client("route53").list_cidr_collections()
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert "/2013-04-01/cidrcollection" in caught.value.response["Error"]["Message"]
