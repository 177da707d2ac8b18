"""What the sandbox works out once, or writes by itself, is what moto would come to."""

from __future__ import annotations

import boto3
import pytest
import xmltodict
from moto.core.base_backend import BackendDict
from moto.core.serialize import QuerySerializer
from moto.core.utils import get_service_model

from ecsctl.sandbox.core import overlay
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


def test_a_body_says_the_same_as_the_one_that_moto_writes() -> None:
    overlay.install(tests=True)
    model = get_service_model("elbv2").operation_model("DescribeRules")
    written = QuerySerializer(operation_model=model)._serialize_body(BODY)
    assert xmltodict.parse(written) == xmltodict.parse(xmltodict.unparse(BODY, full_document=False))


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
    with pytest.raises(overlay.OverlayError, match="moto no longer has Target"):
        apply()
