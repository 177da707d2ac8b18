from collections import Counter

import pytest
from botocore.exceptions import ClientError

from ecsctl.aws.codes import exists_already, is_gone
from ecsctl.engine.label import Label
from ecsctl.engine.promises import Promise
from ecsctl.errors import Refused, Several
from ecsctl.resources.dns_record import DnsRecord
from ecsctl.resources.support.dns import normal, read, tag_value
from ecsctl.sandbox.aws.acm import validation_record
from ecsctl.sandbox.snapshot.taking import differences
from tests.desired_stack import usual
from tests.rows.network import DOMAIN, change_record, snapshot, stack_of, zone_of

WWW = f"_www.{DOMAIN}"
VALIDATION, TARGET = validation_record("123456789012", DOMAIN)


def records(cloud):
    """Name and type to values, without the zone's own."""
    listed = cloud.boto("route53").list_resource_record_sets(HostedZoneId=zone_of(cloud))["ResourceRecordSets"]
    return {
        (record["Name"], record["Type"]): [value["Value"] for value in record.get("ResourceRecords", [])]
        for record in listed
        if record["Type"] not in ("NS", "SOA")
    }


def request(cloud, domain, **more):
    return cloud.boto("acm").request_certificate(DomainName=domain, ValidationMethod="DNS", **more)["CertificateArn"]


def test_a_record_and_its_ownership_record_come_and_go_together(cloud):
    cloud.up(stack_of(cloud, "www"))
    label = cloud.label("www")
    assert records(cloud) == {
        (f"{WWW}.", "CNAME"): [DOMAIN],
        (f"_ecsctl.{WWW}.", "TXT"): [f'"ecsctl:app=shop ecsctl:id={label.id} ecsctl:resource=www ecsctl:type=CNAME"'],
    }
    cloud.down()
    assert records(cloud) == {}


def test_a_run_reads_the_other_zones_of_the_account_once(cloud, hear):
    route53, asked = cloud.boto("route53"), []
    others = {
        route53.create_hosted_zone(Name=f"other{number}.example", CallerReference=str(number))["HostedZone"]["Id"]
        for number in range(5)
    }

    def listed(params, **_):
        asked.append(params["HostedZoneId"])

    hear(cloud.aws.client("route53"), "before-parameter-build.route53.ListResourceRecordSets", listed)
    for run in (lambda: cloud.up(stack_of(cloud, "www")), cloud.down):
        asked.clear()
        run()
        read = Counter(zone for zone in asked if f"/hostedzone/{zone}" in others)
        assert (len(read), set(read.values())) == (5, {1})
        assert asked.count(zone_of(cloud).removeprefix("/hostedzone/")) > 1
    assert records(cloud) == {}


def test_a_record_deleted_beside_its_ownership_record_comes_back(cloud):
    compose = stack_of(cloud, "www")
    cloud.up(compose)
    whole = records(cloud)
    change_record(cloud, "DELETE", WWW, "CNAME", DOMAIN, 300)
    cloud.up(compose)
    assert records(cloud) == whole
    assert cloud.up(compose).work == ()


def test_a_zone_that_is_gone_with_its_records_stands_in_no_run_s_way(cloud):
    cloud.up(stack_of(cloud, "www"))
    gone, route53 = zone_of(cloud), cloud.boto("route53")
    for name, kind in records(cloud):
        [record] = [one for one in route53.list_resource_record_sets(HostedZoneId=gone)["ResourceRecordSets"]
                    if (one["Name"], one["Type"]) == (name, kind)]  # fmt: skip
        batch = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=gone, ChangeBatch=batch)
    route53.delete_hosted_zone(Id=gone)
    route53.create_hosted_zone(Name=DOMAIN, CallerReference="again")
    cloud.up(stack_of(cloud, "www"))
    assert (f"{WWW}.", "CNAME") in records(cloud)
    assert zone_of(cloud) != gone
    cloud.down()
    assert records(cloud) == {}


def test_an_ownership_record_whose_record_is_gone_goes_as_well(cloud):
    cloud.up(stack_of(cloud, "www"))
    change_record(cloud, "DELETE", WWW, "CNAME", DOMAIN, 300)
    cloud.down()
    assert records(cloud) == {}


def test_a_record_that_lost_its_ownership_record_is_no_longer_ours(cloud):
    compose = stack_of(cloud, "www")
    cloud.up(compose)
    (text,) = records(cloud)[f"_ecsctl.{WWW}.", "TXT"]
    change_record(cloud, "DELETE", f"_ecsctl.{WWW}", "TXT", text, 300)
    with pytest.raises(Refused, match="not ours"):
        cloud.up(compose)
    cloud.down()
    assert records(cloud) == {(f"{WWW}.", "CNAME"): [DOMAIN]}


def test_a_refusal_tells_how_to_hand_a_record_over_and_that_works(cloud):
    change_record(cloud, "CREATE", WWW, "CNAME", "old.example")
    compose = stack_of(cloud, "www")
    with pytest.raises(Refused) as refusal:
        cloud.up(compose)
    offer, text = refusal.value.hint.split(" with the value ")
    assert offer.endswith(f"make it ours by a TXT record _ecsctl.{WWW}")
    change_record(cloud, "CREATE", f"_ecsctl.{WWW}", "TXT", text)
    cloud.up(compose)
    assert records(cloud)[f"{WWW}.", "CNAME"] == [DOMAIN]


@pytest.mark.parametrize(("kind", "value"), [("CNAME", "old.example"), ("TXT", '"theirs"'), ("A", "192.0.2.1")])
def test_what_no_tag_can_make_ours_is_named_and_the_way_out_leads_out(cloud, kind, value):
    """A CNAME in the way of an alias, anything in the way of a CNAME: a TXT record beside it would change nothing."""
    configured = {"CNAME": "dns", "TXT": "www", "A": "www"}[kind]
    name = {"dns": DOMAIN, "www": WWW}[configured]
    compose = stack_of(cloud, configured)
    change_record(cloud, "CREATE", name, kind, value)
    with pytest.raises(Refused) as refusal:
        cloud.up(compose)
    assert f"{kind} {name} → {value}" in refusal.value.message
    assert f"delete that {kind} record in Route 53" in refusal.value.hint
    assert cloud.changes == 0
    change_record(cloud, "DELETE", name, kind, value)
    cloud.up(compose)
    assert cloud.up(compose).work == ()


def test_a_cname_over_our_own_ownership_record_is_deleted_alone(cloud):
    compose = stack_of(cloud, "dns")
    cloud.up(compose)
    ids = {step.name: step.ids for step in cloud.plan(compose).steps}
    (record,) = [one for one in cloud.boto("route53").list_resource_record_sets(HostedZoneId=zone_of(cloud))
                 ["ResourceRecordSets"] if one["Type"] == "A"]  # fmt: skip
    change = {"Action": "DELETE", "ResourceRecordSet": record}
    cloud.boto("route53").change_resource_record_sets(HostedZoneId=ids["dns"].zone, ChangeBatch={"Changes": [change]})
    change_record(cloud, "CREATE", DOMAIN, "CNAME", "old.example")
    with pytest.raises(Refused) as refusal:
        cloud.up(compose)
    assert "delete that CNAME record in Route 53" in refusal.value.hint
    change_record(cloud, "DELETE", DOMAIN, "CNAME", "old.example")
    cloud.up(compose)
    assert cloud.up(compose).work == ()


def test_a_record_of_another_type_that_took_its_place_is_not_touched(cloud):
    compose = stack_of(cloud, "www")
    cloud.up(compose)
    change_record(cloud, "DELETE", WWW, "CNAME", DOMAIN, 300)
    change_record(cloud, "CREATE", WWW, "A", "192.0.2.1")
    with pytest.raises(Refused, match="not ours"):
        cloud.up(compose)
    cloud.down()
    assert records(cloud) == {(f"{WWW}.", "A"): ["192.0.2.1"]}


def test_the_ownership_record_of_another_app_is_respected_even_where_its_record_is_missing(cloud):
    theirs = Label(app="other", id="1", account="", region="", resource="dns")
    change_record(cloud, "CREATE", f"_ecsctl.{WWW}", "TXT", tag_value(theirs, "CNAME"))
    with pytest.raises(Refused, match="belongs to other"):
        cloud.up(stack_of(cloud, "www"))
    assert cloud.changes == 0


def test_the_validation_record_of_a_certificate_is_made_and_deleted_with_it(cloud):
    before = snapshot()
    cloud.up(stack_of(cloud, "issued"))
    assert records(cloud)[VALIDATION, "CNAME"] == [normal(TARGET)]
    cloud.down()
    assert differences(before, snapshot()) == []


def test_a_validation_record_that_stands_already_is_used_and_stays(cloud):
    change_record(cloud, "CREATE", VALIDATION, "CNAME", TARGET)
    before = snapshot()
    compose = stack_of(cloud, "issued")
    cloud.up(compose)
    assert cloud.up(compose).work == ()
    assert records(cloud) == {(VALIDATION, "CNAME"): [TARGET]}
    cloud.down()
    assert differences(before, snapshot()) == []


def test_a_standing_record_is_used_also_by_a_run_that_starts_before_its_name_is_known(cloud):
    change_record(cloud, "CREATE", VALIDATION, "CNAME", TARGET)
    compose = stack_of(cloud, "issued")
    with cloud.dying_before("acm", "DescribeCertificate"):
        cloud.up(compose)
    cloud.clock.sleep(2)
    cloud.up(compose)
    assert cloud.up(compose).work == ()
    assert records(cloud) == {(VALIDATION, "CNAME"): [TARGET]}


def test_a_validation_record_with_another_value_is_somebody_elses(cloud):
    change_record(cloud, "CREATE", VALIDATION, "CNAME", "elsewhere.acm-validations.aws.")
    with pytest.raises(Several, match="not ours"):
        cloud.up(stack_of(cloud, "issued"))
    assert records(cloud) == {(VALIDATION, "CNAME"): ["elsewhere.acm-validations.aws."]}


@pytest.mark.parametrize("names", [(DOMAIN, []), (f"*.{DOMAIN}", []), ("example.org", [DOMAIN])])
def test_a_validation_record_stays_without_our_ownership_record_while_another_certificate_needs_it(cloud, names):
    cloud.up(stack_of(cloud, "issued"))
    domain, others = names
    request(cloud, domain, **({"SubjectAlternativeNames": others} if others else {}))
    cloud.clock.sleep(600)
    cloud.down()
    assert records(cloud) == {(VALIDATION, "CNAME"): [normal(TARGET)]}


def test_a_certificate_of_another_name_does_not_keep_the_record(cloud):
    cloud.up(stack_of(cloud, "issued"))
    request(cloud, f"api.{DOMAIN}")
    cloud.clock.sleep(600)
    cloud.down()
    assert records(cloud) == {}


def test_names_are_normal_in_every_spelling():
    assert normal("WWW.Example.COM.") == normal("www.example.com") == "www.example.com"
    assert normal("\\052.example.com.") == "*.example.com"
    promise = Promise("certificate", "record_name")
    assert normal(promise) is promise


def test_an_ownership_record_names_the_owner_whatever_the_part_is_called():
    label = Label(app="shop", id="1", account="", region="", resource='a "part" of ' + "x" * 300)
    written = tag_value(label, "A")
    assert all(len(string) <= 255 for string in written.strip('"').split('" "'))
    tags = read([written])
    assert label.matches(tags)
    assert tags["ecsctl:type"] == "A"


@pytest.mark.parametrize("values", [[], ['"v=spf1 -all"'], ['"ecsctl:app=shop"', '"more"']])
def test_what_is_not_exactly_one_ownership_record_is_none(values):
    assert read(values) == {}


def test_an_alias_with_the_consoles_prefix_is_the_same_alias():
    one, other = ("dualstack.shop-1.eu-central-1.elb.amazonaws.com.", "Shop-1.eu-central-1.elb.amazonaws.com")
    desired = usual(DnsRecord, zone="/hostedzone/Z1", name=DOMAIN, type="A", alias_dns_name=other, alias_zone="Z2")
    assert desired.zone == "Z1"
    assert desired.alias_dns_name == normal(one).removeprefix("dualstack.")


@pytest.mark.parametrize(
    ("words", "there", "gone"),
    [
        ("[Tried to create resource record set [name='a.', type='A'] but it already exists]", True, False),
        ("[Tried to delete resource record set [name='a.', type='A'] but it was not found]", False, True),
        ("[Tried to delete … but the values provided do not match the current values]", False, False),
        ("[RRSet with DNS name b. is not permitted in zone a.]", False, False),
    ],
)
def test_route_53_says_in_words_alone_what_is_there_already_and_what_is_not(words, there, gone):
    error = ClientError({"Error": {"Code": "InvalidChangeBatch", "Message": words}}, "ChangeResourceRecordSets")
    assert (exists_already(error), is_gone(error)) == (there, gone)
    other = ClientError({"Error": {"Code": "InvalidInput", "Message": words}}, "ChangeResourceRecordSets")
    assert (exists_already(other), is_gone(other)) == (False, False)
