"""Who listens to AWS's calls, as --trace and --debug do."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from ecsctl.aws import access
from ecsctl.aws.clients import Aws
from ecsctl.aws.codes import code
from ecsctl.aws.patience import Patience
from ecsctl.errors import NotOffered
from ecsctl.resources.support import signing
from ecsctl.sandbox.server.inprocess import inprocess


def test_a_refused_call_is_reported_as_refused_also_where_its_refusal_needs_no_other_words() -> None:
    ended: dict[str, BaseException | None] = {}

    def heard(_service: str, operation: str, _seconds: float, failure: BaseException | None, _given: object) -> None:
        ended[operation] = failure

    with inprocess() as clock:
        aws = Aws(Patience(clock), session=boto3.Session(), heard=heard, unanswered=access.not_offered)
        aws.sts.get_caller_identity()
        with pytest.raises(ClientError):
            aws.ecr.describe_repositories(repositoryNames=["none"])
    assert ended["get_caller_identity"] is None
    failure = ended["describe_repositories"]
    assert failure
    assert code(failure) == "RepositoryNotFoundException"


@pytest.mark.parametrize("unknown", ["UnknownOperationException", "InvalidAction"])
def test_a_region_that_does_not_know_an_operation_yet_does_not_offer_it(
    unknown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_call: object) -> None:
        error = ClientError({"Error": {"Code": unknown, "Message": ""}}, "GetSigningConfiguration")
        raise access.not_offered(error, aws.ecr, aws.session) or error

    with inprocess() as clock:
        aws = Aws(Patience(clock), session=boto3.Session())
        monkeypatch.setattr(aws, "read", refuse)
        with pytest.raises(NotOffered, match=f"ECR in {aws.session.region_name} does not know this operation"):
            signing.rules(aws)
        assert signing.rules_if_known(aws) == []
