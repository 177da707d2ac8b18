import pytest
from answers import refused

from ecsctl.sandbox.aws import route53
from ecsctl.sandbox.aws.account import ACCOUNT

ZONE = "ecsctl.example."


@pytest.fixture
def dns(aws):
    return aws("route53")


@pytest.fixture
def zone(dns):
    return dns.list_hosted_zones()["HostedZones"][0]["Id"]


def record(name, *values, kind="A", ttl=60):
    values = values or ("192.0.2.1",)
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


def alias(name, target, zone, kind="A"):
    aimed = {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": False}
    return {"Name": name, "Type": kind, "AliasTarget": aimed}


def change(dns, zone, *changes):
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": records} for action, records in changes]}
    return dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]


def names(dns, zone, **start):
    listed = dns.list_resource_record_sets(HostedZoneId=zone, **start)["ResourceRecordSets"]
    return [(each["Name"], each["Type"]) for each in listed]


def test_a_change_is_pending_for_half_a_minute(dns, zone, clock):
    info = change(dns, zone, ("CREATE", record(f"www.{ZONE}")))
    assert info["Status"] == "PENDING"
    other = change(dns, zone, ("CREATE", record(f"other.{ZONE}")))
    assert other["Id"] != info["Id"]
    clock.sleep(29)
    assert dns.get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "PENDING"
    clock.sleep(1)
    assert dns.get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    error = refused(dns.get_change, Id="CNOTHERE")
    assert error == ("NoSuchChange", "Could not find resource with ID: CNOTHERE")


def test_a_record_is_created_once(dns, zone):
    change(dns, zone, ("CREATE", record(f"www.{ZONE}")))
    error = refused(change, dns, zone, ("CREATE", record("WWW.ecsctl.example", "192.0.2.2")))
    text = "[Tried to create resource record set [name='www.ecsctl.example.', type='A'] but it already exists]"
    assert error == ("InvalidChangeBatch", text)
    change(dns, zone, ("UPSERT", record(f"www.{ZONE}", "192.0.2.2")))
    [found] = dns.list_resource_record_sets(HostedZoneId=zone, StartRecordName="www.ecsctl.example")[
        "ResourceRecordSets"
    ]
    assert found["ResourceRecords"] == [{"Value": "192.0.2.2"}]


def test_a_record_is_deleted_by_its_exact_values_only(dns, zone):
    change(dns, zone, ("CREATE", record(f"www.{ZONE}", "192.0.2.1", "192.0.2.2")))
    differs = "[Tried to delete resource record set [name='www.ecsctl.example.', type='A'] but the values provided do "
    differs += "not match the current values]"
    for wrong in (record(f"www.{ZONE}"), record(f"www.{ZONE}", "192.0.2.1", "192.0.2.2", ttl=61)):
        assert refused(change, dns, zone, ("DELETE", wrong)) == ("InvalidChangeBatch", differs)
    change(dns, zone, ("DELETE", record(f"www.{ZONE}", "192.0.2.2", "192.0.2.1")))
    error = refused(change, dns, zone, ("DELETE", record(f"www.{ZONE}", "192.0.2.2", "192.0.2.1")))
    text = "[Tried to delete resource record set [name='www.ecsctl.example.', type='A'] but it was not found]"
    assert error == ("InvalidChangeBatch", text)


def test_an_alias_is_compared_too(dns, zone):
    target = "Dualstack.app-1.eu-central-1.elb.amazonaws.com"
    change(dns, zone, ("CREATE", alias(f"www.{ZONE}", target, "Z2P70J7EXAMPLE")))
    [found] = dns.list_resource_record_sets(HostedZoneId=zone, StartRecordName=f"www.{ZONE}")["ResourceRecordSets"]
    assert found["AliasTarget"]["DNSName"] == "dualstack.app-1.eu-central-1.elb.amazonaws.com."
    wrong = alias(f"www.{ZONE}", "app-2.eu-central-1.elb.amazonaws.com", "Z2P70J7EXAMPLE")
    assert "do not match the current values" in refused(change, dns, zone, ("DELETE", wrong))[1]
    change(dns, zone, ("DELETE", {key: found[key] for key in ("Name", "Type", "AliasTarget")}))
    own = alias(f"www.{ZONE}", "app-1.eu-central-1.elb.amazonaws.com", zone.replace("/hostedzone/", ""))
    code, text = refused(change, dns, zone, ("CREATE", own))
    assert code == "InvalidChangeBatch"
    assert "but the alias target name does not lie within the target zone" in text


def test_a_batch_is_made_whole_or_not_at_all(dns, zone):
    before = names(dns, zone)
    batch = [("CREATE", record(f"new.{ZONE}")), ("DELETE", record(f"gone.{ZONE}")), ("DELETE", record(f"too.{ZONE}"))]
    code, text = refused(change, dns, zone, *batch)
    assert code == "InvalidChangeBatch"
    assert text == (
        "[Tried to delete resource record set [name='gone.ecsctl.example.', type='A'] but it was not found, "
        "Tried to delete resource record set [name='too.ecsctl.example.', type='A'] but it was not found]"
    )
    assert names(dns, zone) == before


def test_the_same_record_twice_in_a_batch_is_refused(dns, zone):
    twice = [("UPSERT", record(f"www.{ZONE}")), ("UPSERT", record("www.ecsctl.example"))]
    text = "[The request contains an invalid set of changes for a resource record set 'A www.ecsctl.example.']"
    assert refused(change, dns, zone, *twice) == ("InvalidChangeBatch", text)
    error = refused(change, dns, zone, ("CREATE", record(f"www.{ZONE}", "192.0.2.1", "192.0.2.1")))
    assert error == ("InvalidChangeBatch", "[Duplicate Resource Record: '192.0.2.1']")


def test_nothing_stands_beside_a_cname(dns, zone):
    def cname(name):
        return record(name, "elsewhere.example.", kind="CNAME")

    change(dns, zone, ("CREATE", cname(f"c.{ZONE}")), ("CREATE", record(f"a.{ZONE}")))
    error = refused(change, dns, zone, ("CREATE", record(f"c.{ZONE}")))
    text = "[RRSet of type A with DNS name c.ecsctl.example. is not permitted because a conflicting RRSet of type CNAME"
    assert error == ("InvalidChangeBatch", f"{text} with the same DNS name already exists in zone {ZONE}]")
    error = refused(change, dns, zone, ("CREATE", cname(f"a.{ZONE}")))
    text = "[RRSet of type CNAME with DNS name a.ecsctl.example. is not permitted as it conflicts with other records"
    assert error == ("InvalidChangeBatch", f"{text} with the same DNS name in zone {ZONE}]")
    error = refused(change, dns, zone, ("CREATE", cname(ZONE)))
    text = f"[RRSet of type CNAME with DNS name {ZONE} is not permitted at apex in zone {ZONE}]"
    assert error == ("InvalidChangeBatch", text)
    change(dns, zone, ("DELETE", cname(f"c.{ZONE}")), ("CREATE", record(f"c.{ZONE}")))


def test_records_lie_in_their_zone_and_are_well_formed(dns, zone):
    error = refused(change, dns, zone, ("CREATE", record("www.notecsctl.example")))
    text = "[RRSet with DNS name www.notecsctl.example. is not permitted in zone ecsctl.example.]"
    assert error == ("InvalidChangeBatch", text)
    error = refused(change, dns, zone, ("CREATE", record(f"www.{ZONE}", "localhost")))
    assert error[0] == "InvalidChangeBatch"
    assert "ARRDATAIllegalIPv4Address" in error[1]
    bare = {"Name": f"www.{ZONE}", "Type": "A"}
    code, text = refused(change, dns, zone, ("DELETE", bare))
    assert code == "InvalidInput"
    assert "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]" in text


def test_names_come_back_as_aws_stores_them(dns, zone):
    change(dns, zone, ("CREATE", record("*.ECSCTL.example")), ("CREATE", record("under_score.ecsctl.example")))
    found = {name for name, kind in names(dns, zone) if kind == "A"}
    assert found == {r"\052.ecsctl.example.", "under_score.ecsctl.example."}
    assert names(dns, zone, StartRecordName="*.ecsctl.example", StartRecordType="A", MaxItems="1") == [
        (r"\052.ecsctl.example.", "A")
    ]
    change(dns, zone, ("DELETE", record(r"\052.ecsctl.example.")))


def test_a_list_starts_at_or_after_its_start(dns, zone):
    change(dns, zone, *[("CREATE", record(f"{name}.{ZONE}")) for name in ("a", "c", "e")])
    start = {"StartRecordName": "B.ecsctl.example", "StartRecordType": "A"}
    assert names(dns, zone, **start) == [("c.ecsctl.example.", "A"), ("e.ecsctl.example.", "A")]
    assert names(dns, zone, **start, MaxItems="1") == [("c.ecsctl.example.", "A")]


def test_a_zones_own_records_are_whole(dns, zone):
    own = {r["Type"]: r for r in dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]}
    assert all(value["Value"].endswith(".") for value in own["NS"]["ResourceRecords"])
    [soa] = own["SOA"]["ResourceRecords"]
    assert soa["Value"].endswith(" 1 7200 900 1209600 86400")
    error = refused(change, dns, zone, ("DELETE", own["NS"]))
    text = "[A HostedZone must contain at least one NS record for the zone itself.]"
    assert error == ("InvalidChangeBatch", text)


def test_zones_by_name_are_a_sort_and_not_a_filter(dns):
    for number, name in enumerate(("zzz.example", "aaa.example", "ecsctl.example")):
        dns.create_hosted_zone(Name=name, CallerReference=str(number))

    def listed(**start):
        return [each["Name"] for each in dns.list_hosted_zones_by_name(**start)["HostedZones"]]

    assert listed() == ["aaa.example.", ZONE, ZONE, "zzz.example."]
    assert listed(DNSName="ecsctl.example") == [ZONE, ZONE, "zzz.example."]
    assert listed(DNSName="nothing.example") == ["zzz.example."]
    page = dns.list_hosted_zones_by_name(DNSName="ecsctl.example", MaxItems="2")
    assert page["IsTruncated"]
    assert page["NextDNSName"] == "zzz.example."
    again = refused(dns.create_hosted_zone, Name="other.example", CallerReference="0")
    assert again[0] == "HostedZoneAlreadyExists"


def test_a_zone_with_records_is_not_deleted(dns, zone):
    change(dns, zone, ("CREATE", record(f"www.{ZONE}")))
    error = refused(dns.delete_hosted_zone, Id=zone)
    text = "The specified hosted zone contains non-required resource record sets  and so cannot be deleted."
    assert error == ("HostedZoneNotEmpty", text)
    change(dns, zone, ("DELETE", record(f"www.{ZONE}")))
    dns.delete_hosted_zone(Id=zone)
    assert refused(dns.get_hosted_zone, Id=zone)[0] == "NoSuchHostedZone"


def test_a_zone_can_be_made_busy(dns, zone):
    route53.busy_zone(2)
    text = "The request was rejected because Route 53 was still processing a prior request."
    for _ in range(2):
        error = refused(change, dns, zone, ("CREATE", record(f"www.{ZONE}")))
        assert error == ("PriorRequestNotComplete", text)
    change(dns, zone, ("CREATE", record(f"www.{ZONE}")))


def test_only_a_record_of_a_public_zone_resolves_publicly(dns, zone, clock):
    value = "x.acm-validations.aws."
    cname = record(f"_x.{ZONE}", value, kind="CNAME")

    def since():
        return route53.unchanged_since(ACCOUNT, "_X.ecsctl.example", "CNAME", value)

    assert since() is None
    change(dns, zone, ("CREATE", cname))
    made = clock.now()
    clock.sleep(10)
    change(dns, zone, ("UPSERT", cname))
    assert since() == made
    change(dns, zone, ("DELETE", cname))
    assert since() is None
    vpc = {"VPCRegion": "eu-central-1", "VPCId": "vpc-1"}
    private = dns.create_hosted_zone(Name=ZONE, CallerReference="p", HostedZoneConfig={"PrivateZone": True}, VPC=vpc)
    change(dns, private["HostedZone"]["Id"], ("CREATE", cname))
    assert since() is None
