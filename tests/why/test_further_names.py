"""A problem with a further name of the app is reported with that name."""

from __future__ import annotations

from ecsctl.why.causes import fronting
from ecsctl.why.evidence import Answer, Facts

NAMES: Answer = {"domain": "shop.example.com", "also": ["example.com", "*.example.com"]}
REFUSED: Answer = {"DomainName": "shop.example.com", "Status": "FAILED"}


def test_a_further_name_taken_by_a_cname_is_reported() -> None:
    records = [{"Name": "\\052.example.com.", "Type": "CNAME", "ResourceRecords": [{"Value": "old.example.net"}]}]
    cause = fronting.name_taken(Facts("shop", names=records, **NAMES))
    assert cause is not None
    assert "*.example.com is taken by a CNAME" in cause.sentence
    assert "domain.names" in str(cause.fix)


def test_a_certificate_that_lacks_a_further_name_is_reported() -> None:
    served = {"DomainName": "shop.example.com", "SubjectAlternativeNames": ["shop.example.com", "*.example.com"]}
    cause = fronting.certificate_of_another(Facts("shop", served=served, **NAMES))
    assert cause is not None
    assert cause.sentence.endswith("does not hold for example.com")
    whole = {**served, "SubjectAlternativeNames": ["shop.example.com", "example.com", "*.example.com"]}
    assert fronting.certificate_of_another(Facts("shop", served=whole, **NAMES)) is None


def test_of_a_pending_certificate_the_names_that_are_not_proven_are_reported() -> None:
    options = [
        {"DomainName": name, "ValidationStatus": status, "ResourceRecord": {"Name": f"_x.{name}."}}
        for name, status in (("shop.example.com", "SUCCESS"), ("example.com", "PENDING_VALIDATION"))
    ]
    answer = {"DomainName": "shop.example.com", "Status": "PENDING_VALIDATION", "DomainValidationOptions": options}
    cause = fronting.certificate(Facts("shop", certificate=answer, **NAMES))
    assert cause is not None
    assert "the CNAME _x.example.com. is not visible" in cause.sentence


def test_a_refusal_that_another_request_would_meet_again_says_what_to_do_first() -> None:
    for reason in fronting.REFUSED:
        cause = fronting.certificate(Facts("shop", certificate={**REFUSED, "FailureReason": reason}, **NAMES))
        assert cause is not None
        assert reason in cause.sentence
        assert str(cause.fix[0].steps[0]) != "ecsctl up"
    late = fronting.certificate(Facts("shop", certificate={**REFUSED, "Status": "VALIDATION_TIMED_OUT"}, **NAMES))
    assert late is not None
    assert "not proven within 72 hours" in late.sentence
