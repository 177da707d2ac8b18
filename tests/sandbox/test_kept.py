"""What the sandbox caches, or serializes itself, is what moto would answer."""

from __future__ import annotations

import io
from typing import Any

import boto3
import pytest
import xmltodict
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from moto.core.base_backend import BackendDict
from moto.core.request import normalize_request
from moto.core.serialize import EC2Serializer, QuerySerializer, RestXMLSerializer, S3Serializer
from moto.core.utils import get_service_model
from moto.utilities.utils import load_resource

from ecsctl.sandbox.core import caching, overlay
from ecsctl.sandbox.server.inprocess import inprocess

BODY = {
    "Answer": {
        "@xmlns": 'https://example.com/"a"&b',
        "empty": "",
        "none": None,
        "yes": True,
        "number": 7,
        "text": "a < b & c > d",
        "list": [{"name": "one"}, {"name": "two", "values": ["x", "y"]}],
        "nested": {"#text": "inside", "@kind": "plain"},
    }
}


@pytest.mark.parametrize("kind", [QuerySerializer, EC2Serializer, RestXMLSerializer, S3Serializer])
def test_a_cached_body_equals_the_one_that_moto_writes(kind: Any) -> None:
    overlay.install(tests=True)
    model = get_service_model("elbv2").operation_model("DescribeRules")
    written = kind(operation_model=model)._serialize_body(BODY)
    whole = kind is not QuerySerializer
    assert written.startswith('<?xml version="1.0" encoding="utf-8"?>') is whole
    assert xmltodict.parse(written) == xmltodict.parse(xmltodict.unparse(BODY, full_document=whole))


def test_a_member_is_transformed_by_the_first_end_of_its_path_that_is_known_also_when_more_become_known() -> None:
    known = {"Role.Tags": "tags"}
    assert caching._transformed(known, "GetRole.Role.Tags") == "Role.Tags"
    assert caching._transformed(known, "GetRole.Role.Path") == ""
    known["Role.Path"] = "path"
    assert caching._transformed(known, "GetRole.Role.Path") == "Role.Path"


def test_an_account_that_is_left_is_forgotten_whatever_its_services_have_asked_of_each_other() -> None:
    for _ in range(2):
        with inprocess():
            boto3.client("secretsmanager", region_name="eu-central-1").list_secrets()
            boto3.client("iam").list_roles()
            held = list(BackendDict._instances)  # type: ignore[misc]  # moto's own list
        assert [one.service_name for one in held if len(one)] == []


def test_what_moto_no_longer_has_is_an_error() -> None:
    class Target:
        """A class of moto's, some versions later."""

    overlay.replaces(Target, "gone")(lambda _: None)
    _, apply = overlay._pending.pop()
    overlay.declared.pop()  # the docs list everything that is declared
    with pytest.raises(overlay.OverlayError, match="moto no longer has Target"):
        apply()


def test_the_types_of_instances_are_those_of_moto_in_every_region() -> None:
    types = load_resource("ec2/resources/instance_types.json")
    offers = load_resource("ec2/resources/instance_type_offerings/region/eu-west-1.json")
    with inprocess(region="eu-west-1"):
        ec2 = boto3.client("ec2", region_name="eu-west-1")
        [small] = ec2.describe_instance_types(InstanceTypes=["t3.small"])["InstanceTypes"]
        everything = ec2.get_paginator("describe_instance_types").paginate().build_full_result()["InstanceTypes"]
        there = ec2.describe_instance_type_offerings()["InstanceTypeOfferings"]
        with pytest.raises(ClientError, match="InvalidInstanceType"):
            ec2.describe_instance_types(InstanceTypes=["t3.smallest"])
    assert small["VCpuInfo"]["DefaultVCpus"] == types["t3.small"]["VCpuInfo"]["DefaultVCpus"]
    assert {one["InstanceType"] for one in everything} == set(types)
    assert {one["InstanceType"] for one in there} == {one["InstanceType"] for one in offers}
    assert {one["LocationType"] for one in there} == {"region"}


FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
JSON = {"X-Amz-Target": "x.ListClusters", "Content-Type": "application/x-amz-json-1.1"}
FILES = {"Content-Type": "multipart/form-data; boundary=x"}
FILE = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--x--\r\n'
S3 = "s3.eu-central-1.amazonaws.com"
REQUESTS: dict[str, tuple[str, str, dict[str, Any], Any]] = {
    "a form": ("POST", "https://ec2.eu-central-1.amazonaws.com/", FORM, b"Action=DescribeVpcs&Filter.1.Value=a%2Fb+c"),
    "JSON": ("POST", "https://ecs.eu-central-1.amazonaws.com/", JSON, '{"cluster": "ä"}'),
    "a path that is quoted": ("GET", f"https://bucket.{S3}/a%20b/%C3%A4%2Fc?versionId=1&x=%C3%A4", {}, None),
    "a double slash": (
        "PUT",
        f"https://{S3}//bucket//key",
        {"x-amz-meta-a_b": b"7", "Transfer-Encoding": "x"},
        b"b",
    ),
    "a length without a body": (
        "PUT",
        "http://127.0.0.1:5000/k",
        {"Content-Length": "0", "Host": "a.example"},
        b"",
    ),
    "nothing": ("HEAD", "https://iam.amazonaws.com", {}, None),
    "a file": ("PUT", f"https://{S3}/b/k?partNumber=1", {"Content-Type": "text/plain"}, io.BytesIO(b"content")),
    "a form's files": ("POST", f"https://{S3}/b", FILES, FILE),
}


@pytest.mark.parametrize("which", REQUESTS)
def test_a_request_is_parsed_as_moto_would_parse_it(which: str) -> None:
    method, url, expected, body = REQUESTS[which]

    def request() -> AWSPreparedRequest:
        headers = HTTPHeaders()
        for name, value in expected.items():
            headers[name] = value
        return AWSPreparedRequest(method, url, headers, body, stream_output=False)

    theirs = normalize_request(request())
    if hasattr(body, "seek"):
        body.seek(0)
    ours = caching.asked(request())
    for name in ("method", "url", "raw_url", "raw_path", "path", "query_string", "data", "content_length", "mimetype"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.values.to_dict(flat=False) == theirs.values.to_dict(flat=False)
    assert sorted(ours.headers) == sorted(theirs.headers)
    unlike = {"wsgi.input", "wsgi.errors", "werkzeug.request"}
    assert {k: v for k, v in ours.environ.items() if k not in unlike} == {
        k: v for k, v in theirs.environ.items() if k not in unlike
    }
