import pytest
from answers import refused

from ecsctl.sandbox.aws import acm as sandbox_acm
from ecsctl.sandbox.aws.account import ACCOUNT
from ecsctl.sandbox.aws.route53 import delegation

REGION = "eu-central-1"
NAME = "app.ecsctl.example"


@pytest.fixture
def acm(aws):
    return aws("acm")


def request(acm, name=NAME, **more):
    return acm.request_certificate(DomainName=name, ValidationMethod="DNS", **more)["CertificateArn"]


def described(acm, arn):
    return acm.describe_certificate(CertificateArn=arn)["Certificate"]


def validate(aws, arn, action="UPSERT", **changed):
    """Put the validation records where they belong, once each, as a person would."""
    dns, options = aws("route53"), described(aws("acm"), arn)["DomainValidationOptions"]
    records = {option["ResourceRecord"]["Name"]: option["ResourceRecord"]["Value"] for option in options}
    changes = [
        {
            "Action": action,
            "ResourceRecordSet": {
                "Name": name,
                "Type": "CNAME",
                "TTL": 60,
                "ResourceRecords": [{"Value": changed.get("value", value)}],
            },
        }
        for name, value in records.items()
    ]
    zone = dns.list_hosted_zones()["HostedZones"][0]["Id"]
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def test_a_fresh_certificate_is_unknown_first_and_its_records_come_later(acm, clock):
    arn = request(acm)
    assert refused(described, acm, arn)[0] == "ResourceNotFoundException"
    clock.sleep(1)
    [option] = described(acm, arn)["DomainValidationOptions"]
    assert option["ValidationStatus"] == "PENDING_VALIDATION"
    assert "ResourceRecord" not in option
    clock.sleep(4)
    [option] = described(acm, arn)["DomainValidationOptions"]
    assert option["ResourceRecord"]["Type"] == "CNAME"
    assert option["ResourceRecord"]["Name"].endswith(f".{NAME}.")
    assert option["ResourceRecord"]["Value"].endswith(".acm-validations.aws.")


def test_a_certificate_is_issued_half_a_minute_after_its_record_stands(aws, acm, clock):
    arn = request(acm)
    clock.sleep(3600)
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    validate(aws, arn)
    clock.sleep(29)
    pending = described(acm, arn)
    assert pending["Status"] == "PENDING_VALIDATION"
    assert "IssuedAt" not in pending
    assert "NotAfter" not in pending
    clock.sleep(1)
    issued = described(acm, arn)
    assert issued["Status"] == "ISSUED"
    assert issued["DomainValidationOptions"][0]["ValidationStatus"] == "SUCCESS"
    assert issued["IssuedAt"].timestamp() == clock.now()


def test_time_alone_or_a_wrong_record_issues_nothing(aws, acm, clock):
    arn = request(acm)
    clock.sleep(5)
    validate(aws, arn, value="something.else.example.")
    clock.sleep(7200)
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    validate(aws, arn)
    validate(aws, arn, action="DELETE")
    clock.sleep(7200)
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"


def test_every_name_needs_its_record(aws, acm, clock):
    arn = request(acm, SubjectAlternativeNames=[NAME, f"*.{NAME}", "www.ecsctl.example"])
    clock.sleep(5)
    options = {o["DomainName"]: o["ResourceRecord"] for o in described(acm, arn)["DomainValidationOptions"]}
    assert list(options) == [NAME, f"*.{NAME}", "www.ecsctl.example"]
    assert options[NAME] == options[f"*.{NAME}"]
    assert options[NAME]["Name"] != options["www.ecsctl.example"]["Name"]
    dns = aws("route53")
    zone = dns.list_hosted_zones()["HostedZones"][0]["Id"]
    first = {"Name": options[NAME]["Name"], "Type": "CNAME", "TTL": 60}
    first["ResourceRecords"] = [{"Value": options[NAME]["Value"]}]
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": first}]}
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    clock.sleep(60)
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    validate(aws, arn)
    clock.sleep(30)
    assert described(acm, arn)["Status"] == "ISSUED"


def test_the_validation_record_is_the_same_for_every_certificate_of_a_name(aws, acm, clock):
    first, second, other = request(acm), request(acm), request(acm, "www.ecsctl.example")
    clock.sleep(5)

    def record(arn):
        return described(acm, arn)["DomainValidationOptions"][0]["ResourceRecord"]

    assert first != second
    assert record(first) == record(second) != record(other)
    validate(aws, first)
    clock.sleep(30)
    assert described(acm, second)["Status"] == "ISSUED"


def test_a_certificate_never_validated_times_out_after_three_days(acm, clock):
    arn = request(acm)
    clock.sleep(72 * 3600)
    assert described(acm, arn)["Status"] == "VALIDATION_TIMED_OUT"


def test_an_idempotency_token_counts_for_an_hour(acm, clock):
    arn = request(acm, IdempotencyToken="once")
    assert request(acm, IdempotencyToken="once") == arn
    assert request(acm, IdempotencyToken="twice") != arn
    assert request(acm, "www.ecsctl.example", IdempotencyToken="once") != arn
    acm.delete_certificate(CertificateArn=arn)
    clock.sleep(3599)
    assert request(acm, IdempotencyToken="once") == arn
    clock.sleep(1)
    assert request(acm, IdempotencyToken="once") != arn


def test_without_a_token_each_request_is_a_certificate(acm):
    assert request(acm) != request(acm)


def test_only_rsa_certificates_are_listed_unless_asked_for(acm):
    rsa, ec = request(acm), request(acm, KeyAlgorithm="EC_prime256v1")

    def listed(**includes):
        found = acm.list_certificates(**({"Includes": includes} if includes else {}))["CertificateSummaryList"]
        return {each["CertificateArn"] for each in found}

    assert listed() == {rsa}
    assert listed(keyTypes=["EC_prime256v1"]) == {ec}
    assert listed(keyTypes=["RSA_2048", "EC_prime256v1"]) == {rsa, ec}


def test_a_certificate_in_use_is_not_deleted_and_use_ends_late(acm, clock):
    arn, balancer = request(acm), "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/x/1"
    sandbox_acm.release_if_unused(ACCOUNT, REGION, arn, balancer)
    clock.sleep(59)
    assert described(acm, arn)["InUseBy"] == [balancer]
    refusal = refused(acm.delete_certificate, CertificateArn=arn)
    assert refusal == ("ResourceInUseException", f"Certificate {arn} in account {ACCOUNT} is in use.")
    clock.sleep(1)
    assert described(acm, arn)["InUseBy"] == []
    acm.delete_certificate(CertificateArn=arn)
    assert refused(acm.delete_certificate, CertificateArn=arn)[0] == "ResourceNotFoundException"


def _zone(dns, name):
    made = dns.create_hosted_zone(Name=name, CallerReference=name)
    return made["HostedZone"]["Id"], [f"{server}." for server in made["DelegationSet"]["NameServers"]]


def _into(dns, zone, name, kind, *values):
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)


def _asked_and_answered(acm, dns, clock, zone, name):
    """A certificate whose validation record stands in the zone, for hours."""
    arn = request(acm, name)
    clock.sleep(5)
    record = described(acm, arn)["DomainValidationOptions"][0]["ResourceRecord"]
    _into(dns, zone, record["Name"], "CNAME", record["Value"])
    clock.sleep(7200)
    return arn


def test_a_certificate_waits_until_the_registrar_names_the_zones_servers(aws, acm, clock):
    dns = aws("route53")
    zone, _ = _zone(dns, "shop.example")
    arn = _asked_and_answered(acm, dns, clock, zone, "api.shop.example")
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    delegation.delegate_zone(zone)
    clock.sleep(30)
    assert described(acm, arn)["Status"] == "ISSUED"


def test_a_zone_below_another_is_found_by_the_records_that_name_its_servers(aws, acm, clock):
    dns = aws("route53")
    parent = dns.list_hosted_zones()["HostedZones"][0]["Id"]
    zone, servers = _zone(dns, "dev.ecsctl.example")
    arn = _asked_and_answered(acm, dns, clock, zone, "api.dev.ecsctl.example")
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    _into(dns, parent, "dev.ecsctl.example", "NS", "ns-1.elsewhere.example.")
    clock.sleep(7200)
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    _into(dns, parent, "dev.ecsctl.example", "NS", *servers)
    clock.sleep(30)
    assert described(acm, arn)["Status"] == "ISSUED"


def test_what_stands_above_a_delegation_is_found_by_nobody(aws, acm, clock):
    dns = aws("route53")
    parent = dns.list_hosted_zones()["HostedZones"][0]["Id"]
    _into(dns, parent, "dev.ecsctl.example", "NS", "ns-1.elsewhere.example.")
    arn = _asked_and_answered(acm, dns, clock, parent, "api.dev.ecsctl.example")
    assert described(acm, arn)["Status"] == "PENDING_VALIDATION"
    delegation.undelegate_zone(parent)
    gone = _asked_and_answered(acm, dns, clock, parent, "www.ecsctl.example")
    assert described(acm, gone)["Status"] == "PENDING_VALIDATION"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (['0 issue "letsencrypt.org"'], "FAILED"),
        (['0 issue ";"'], "FAILED"),
        (['0 issue "letsencrypt.org"', '0 issue "amazon.com"'], "ISSUED"),
        (['0 iodef "mailto:ann@ecsctl.example"'], "ISSUED"),
    ],
)
def test_caa_records_may_forbid_a_certificate(aws, acm, clock, values, status):
    zone = aws("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    caa = {"Name": "ecsctl.example", "Type": "CAA", "TTL": 60, "ResourceRecords": [{"Value": one} for one in values]}
    changes = [{"Action": "CREATE", "ResourceRecordSet": caa}]
    aws("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    arn = request(acm)
    clock.sleep(60)
    validate(aws, arn)
    clock.sleep(600)
    found = described(acm, arn)
    assert (found["Status"], found.get("FailureReason")) == (status, "CAA_ERROR" if status == "FAILED" else None)
