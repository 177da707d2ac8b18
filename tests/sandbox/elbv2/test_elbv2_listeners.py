from answers import refused
from elbv2_ground import forward, issue, make_balancer, make_listener

from ecsctl.sandbox.aws.account import ACCOUNT

REGION = "eu-central-1"


def test_the_same_settings_are_the_same_listener_and_others_are_refused(elb, ground, balancer, group):
    listener = make_listener(elb, balancer, forward(group))
    assert make_listener(elb, balancer, forward(group)) == listener
    redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    text = f"A listener already exists on this port for this load balancer '{balancer}'"
    assert refused(make_listener, elb, balancer, redirect) == ("DuplicateListener", text)
    other = make_listener(elb, balancer, redirect, port=8080)
    assert make_listener(elb, balancer, redirect, port=8080) == other
    assert refused(elb.modify_listener, ListenerArn=other, Port=80) == ("DuplicateListener", text)


def test_actions_are_returned_with_all_that_was_left_out(elb, balancer, group):
    redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    make_listener(elb, balancer, redirect)
    make_listener(elb, balancer, forward(group), port=81)
    found = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    [first], [second] = (listener["DefaultActions"] for listener in found)
    assert first["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }
    assert second["TargetGroupArn"] == group
    assert second["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group, "Weight": 1}]
    assert "SslPolicy" not in found[0]


def test_https_needs_a_certificate_that_is_issued_and_known(aws, elb, balancer, group, clock):
    secure = {"port": 443, "protocol": "HTTPS"}
    error = refused(make_listener, elb, balancer, forward(group), **secure)
    assert error == ("ValidationError", "A certificate must be specified for HTTPS listeners")
    gone = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/gone"
    error = refused(make_listener, elb, balancer, forward(group), **secure, Certificates=[{"CertificateArn": gone}])
    assert error == ("CertificateNotFound", f"Certificate '{gone}' not found")
    fresh = aws("acm").request_certificate(DomainName="other.ecsctl.example", ValidationMethod="DNS")["CertificateArn"]
    text = "The certificate '{}' must have a fully-qualified domain name, a supported signature, and a supported key "
    text += "size."
    error = refused(make_listener, elb, balancer, forward(group), **secure, Certificates=[{"CertificateArn": fresh}])
    assert error == ("UnsupportedCertificate", text.format(fresh))
    issued = issue(aws, clock)
    certificates = [{"CertificateArn": issued}]
    error = refused(make_listener, elb, balancer, forward(group), **secure, Certificates=certificates)
    assert error == ("UnsupportedCertificate", text.format(issued))
    clock.sleep(10)
    listener = make_listener(elb, balancer, forward(group), **secure, Certificates=certificates)
    error = refused(elb.modify_listener, ListenerArn=listener, Certificates=[{"CertificateArn": fresh}])
    assert error == ("UnsupportedCertificate", text.format(fresh))
    assert aws("acm").describe_certificate(CertificateArn=issued)["Certificate"]["InUseBy"] == [balancer]


def test_a_certificate_is_held_until_after_its_listener_is_gone(aws, elb, balancer, group, clock):
    acm, issued = aws("acm"), issue(aws, clock)
    clock.sleep(10)
    certificates = [{"CertificateArn": issued}]
    listener = make_listener(elb, balancer, forward(group), 443, "HTTPS", Certificates=certificates)
    assert refused(acm.delete_certificate, CertificateArn=issued)[0] == "ResourceInUseException"
    elb.delete_listener(ListenerArn=listener)
    clock.sleep(59)
    assert refused(acm.delete_certificate, CertificateArn=issued)[0] == "ResourceInUseException"
    clock.sleep(1)
    acm.delete_certificate(CertificateArn=issued)


def test_a_certificate_that_was_replaced_is_released_too(aws, elb, balancer, group, clock):
    first, second = issue(aws, clock), issue(aws, clock, "www.ecsctl.example")
    clock.sleep(10)
    listener = make_listener(elb, balancer, forward(group), 443, "HTTPS", Certificates=[{"CertificateArn": first}])
    elb.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    clock.sleep(60)
    aws("acm").delete_certificate(CertificateArn=first)
    assert refused(aws("acm").delete_certificate, CertificateArn=second)[0] == "ResourceInUseException"


def test_the_policy_is_the_old_one_unless_named_and_must_exist(aws, elb, balancer, group, clock):
    certificates = [{"CertificateArn": issue(aws, clock)}]
    clock.sleep(10)
    secure = {"port": 443, "protocol": "HTTPS", "Certificates": certificates}
    error = refused(make_listener, elb, balancer, forward(group), **secure, SslPolicy="ELBSecurityPolicy-Best")
    assert error == ("SSLPolicyNotFound", "SSL policy 'ELBSecurityPolicy-Best' not found")
    listener = make_listener(elb, balancer, forward(group), **secure)
    [found] = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert found["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    error = refused(elb.modify_listener, ListenerArn=listener, SslPolicy="ELBSecurityPolicy-Best")
    assert error[0] == "SSLPolicyNotFound"
    elb.modify_listener(ListenerArn=listener, SslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")
    [found] = elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert found["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert found["Certificates"] == certificates


def test_todays_policies_are_offered(elb):
    names = ["ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"]
    names += ["ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"]
    assert {p["Name"] for p in elb.describe_ssl_policies(Names=names)["SslPolicies"]} == set(names)
    assert refused(elb.describe_ssl_policies, Names=["ELBSecurityPolicy-Best"])[0] == "SSLPolicyNotFound"


def test_plain_http_takes_neither_certificate_nor_policy(elb, balancer, group):
    certificates = [{"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/any"}]
    error = refused(make_listener, elb, balancer, forward(group), Certificates=certificates)
    assert error == ("ValidationError", "A certificate cannot be specified for HTTP listeners")
    error = refused(make_listener, elb, balancer, forward(group), SslPolicy="ELBSecurityPolicy-2016-08")
    assert error == ("ValidationError", "An SSL policy cannot be specified for HTTP listeners")


def test_a_target_group_serves_one_load_balancer(elb, ground, balancer, group):
    make_listener(elb, balancer, forward(group))
    other = make_balancer(elb, ground, "other")
    error = refused(make_listener, elb, other, forward(group))
    text = f"The following target groups cannot be associated with more than one load balancer: {group}"
    assert error == ("TargetGroupAssociationLimit", text)


def test_what_does_not_exist_is_refused_in_aws_words(elb, balancer):
    gone = balancer.replace("loadbalancer/app/app", "loadbalancer/app/gone")
    error = refused(make_listener, elb, gone, [])
    assert error == ("LoadBalancerNotFound", f"Load balancer '{gone}' not found")
    listener = balancer.replace(":loadbalancer/", ":listener/") + "/0"
    assert refused(elb.delete_listener, ListenerArn=listener) == (
        "ListenerNotFound",
        f"Listener '{listener}' not found",
    )
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert refused(elb.describe_tags, ResourceArns=[balancer])[0] == "LoadBalancerNotFound"
