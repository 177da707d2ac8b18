import pytest

from ecsctl.engine.plan import Verb
from ecsctl.errors import EcsctlError, Refused, TimedOut
from ecsctl.resources.certificate import Certificate
from ecsctl.resources.issued_certificate import BorrowedCertificate, IssuedCertificate
from ecsctl.resources.support.acm import covers
from ecsctl.sandbox.aws.acm import validation_record
from ecsctl.sandbox.snapshot.taking import differences
from tests.desired_stack import usual
from tests.rows.network import DOMAIN, change_record, ids_of, snapshot, stack_of, zone_of

VALIDATION, TARGET = validation_record("123456789012", DOMAIN)


def arns(cloud):
    kinds = {"keyTypes": ["RSA_2048", "EC_prime256v1"]}
    return [
        one["CertificateArn"] for one in cloud.boto("acm").list_certificates(Includes=kinds)["CertificateSummaryList"]
    ]


def without_our_dns(stack):
    """For a domain whose DNS is elsewhere."""
    stack.ensure(
        "issued", IssuedCertificate(certificate=stack.ensure("certificate", usual(Certificate, domain=DOMAIN)).arn)
    )


def test_it_is_distinguished_from_others_of_the_same_domain_by_its_tags(cloud):
    acm = cloud.boto("acm")
    acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")
    acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS", KeyAlgorithm="EC_prime256v1")
    acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS", Tags=[{"Key": "ecsctl:app", "Value": "other"}])
    cloud.clock.sleep(60)
    others = arns(cloud)
    compose = stack_of(cloud, "certificate")
    cloud.up(compose)
    (ours,) = set(arns(cloud)) - set(others)
    assert ids_of(cloud, compose)["certificate"].arn == ours
    cloud.down()
    assert sorted(arns(cloud)) == sorted(others)


def test_a_request_repeated_in_one_life_is_the_same_certificate(cloud):
    me = cloud.label("certificate")
    desired = usual(Certificate, domain=DOMAIN)
    first = desired.create(cloud.aws, me.of("certificate", "one"))
    assert desired.create(cloud.aws, me.of("certificate", "one")) == first
    assert desired.create(cloud.aws, me.of("certificate", "two")) != first


def test_it_is_not_ready_before_its_record_is_known(cloud):
    me = cloud.label("certificate")
    desired = usual(Certificate, domain=DOMAIN)
    desired.create(cloud.aws, me)
    assert desired.observe(cloud.aws, me) is None
    cloud.clock.sleep(2)
    observed = desired.observe(cloud.aws, me)
    assert (observed.ready, observed.ids.record_name) == (False, "")
    cloud.clock.sleep(10)
    observed = desired.observe(cloud.aws, me)
    assert observed.ready
    assert observed.ids.record_name == VALIDATION.removesuffix(".")


def test_where_the_dns_is_elsewhere_the_record_is_shown_and_waited_for(cloud):
    with pytest.raises(TimedOut):
        cloud.up(without_our_dns)
    (arn,) = arns(cloud)
    observed = cloud.see("issued", IssuedCertificate(certificate=arn))
    assert (observed.ready, observed.note) == (False, f"ACM expects CNAME {VALIDATION} {TARGET}")
    change_record(cloud, "CREATE", VALIDATION, "CNAME", TARGET)
    cloud.up(without_our_dns)
    assert cloud.up(without_our_dns).work == ()


def test_one_that_was_never_validated_is_replaced(cloud):
    with pytest.raises(TimedOut):
        cloud.up(without_our_dns)
    (dead,) = arns(cloud)
    cloud.clock.sleep(73 * 3600)
    with pytest.raises(EcsctlError):
        cloud.up(without_our_dns)
    change_record(cloud, "CREATE", VALIDATION, "CNAME", TARGET)
    cloud.up(without_our_dns)
    (alive,) = arns(cloud)
    assert alive != dead
    assert cloud.up(without_our_dns).work == ()


def test_another_domain_is_another_certificate(cloud):
    cloud.up(stack_of(cloud, "certificate"))
    other = stack_of(cloud, "certificate", certificate={"domain": "API.ecsctl.example."})
    (step,) = cloud.plan(other).work
    assert (step.verb, step.changed) == (Verb.REPLACE, {"domain"})
    cloud.up(other)
    (arn,) = arns(cloud)
    assert (
        cloud.boto("acm").describe_certificate(CertificateArn=arn)["Certificate"]["DomainName"] == "api.ecsctl.example"
    )


def issued(cloud, region="eu-central-1"):
    arn = cloud.boto("acm", region).request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    change_record(cloud, "UPSERT", VALIDATION, "CNAME", TARGET)
    cloud.clock.sleep(600)
    return arn


def borrow(arn):
    return lambda stack: stack.ensure("certificate", BorrowedCertificate(arn=arn))


def test_the_users_own_certificate_is_used_and_stays_as_it_is(cloud):
    arn = issued(cloud)
    before = snapshot()
    cloud.up(borrow(arn))
    assert cloud.up(borrow(arn)).work == ()
    cloud.down()
    assert differences(before, snapshot()) == []


def test_a_certificate_of_another_region_is_refused(cloud):
    with pytest.raises(Refused, match="is in us-east-1, and a load balancer takes those of its own, eu-central-1"):
        cloud.up(borrow(issued(cloud, "us-east-1")))


def test_a_certificate_of_another_account_is_refused(cloud):
    with pytest.raises(Refused, match="is of account 999999999999"):
        cloud.up(borrow("arn:aws:acm:eu-central-1:999999999999:certificate/0"))


def test_a_certificate_that_is_not_issued_is_refused(cloud):
    arn = cloud.boto("acm").request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    cloud.clock.sleep(60)
    with pytest.raises(Refused, match="it is not issued yet"):
        cloud.up(borrow(arn))


@pytest.mark.parametrize(
    "arn", ["arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"]
)
def test_a_certificate_that_is_not_there_is_refused(cloud, arn):
    with pytest.raises(Refused, match="does not exist"):
        cloud.up(borrow(arn))


def test_what_is_no_arn_at_all_is_refused(cloud):
    with pytest.raises(Refused, match="shop is in no region"):
        cloud.up(borrow("shop"))


def test_a_refusal_by_caa_records_is_reported_with_its_cure(cloud):
    """Of a zone that is not the account's the records are only known to ACM."""
    caa = {"Name": DOMAIN, "Type": "CAA", "TTL": 60, "ResourceRecords": [{"Value": '0 issue "other.example"'}]}
    cloud.boto("route53").change_resource_record_sets(
        HostedZoneId=zone_of(cloud), ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": caa}]}
    )
    with pytest.raises(EcsctlError) as failed:
        cloud.up(stack_of(cloud, "issued"))
    assert "CAA_ERROR" in failed.value.why
    assert 'add 0 issue "amazon.com" to the CAA records' in failed.value.hint
    (dead,) = arns(cloud)
    change_record(cloud, "DELETE", DOMAIN, "CAA", '0 issue "other.example"')
    cloud.up(stack_of(cloud, "issued"))
    (alive,) = arns(cloud)
    assert alive != dead, "the cure leads out: another certificate, with the same proof"
    assert cloud.plan(stack_of(cloud, "issued")).work == ()


@pytest.mark.parametrize(
    ("name", "domain", "fits"),
    [
        ("shop.example", "shop.example", True),
        ("*.example", "shop.example", True),
        ("*.example", "a.shop.example", False),
        ("*.shop.example", "shop.example", False),
        ("shop.example", "a.shop.example", False),
    ],
)
def test_a_certificates_name_covers_one_label(name, domain, fits):
    assert covers(name, domain) is fits


def test_a_certificate_for_another_name_is_refused(cloud):
    arn = issued(cloud)
    with pytest.raises(Refused, match=f"it is for {DOMAIN}, not for other.{DOMAIN}"):
        cloud.up(lambda stack: stack.ensure("certificate", BorrowedCertificate(arn=arn, domain=f"other.{DOMAIN}")))
    assert cloud.changes == 0
    cloud.up(lambda stack: stack.ensure("certificate", BorrowedCertificate(arn=arn, domain=DOMAIN)))
