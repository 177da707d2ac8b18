from ecsctl.engine.plan import Verb
from tests.rows.network import ids_of, stack_of


def actions(cloud, listener):
    return cloud.boto("elbv2").describe_listeners(ListenerArns=[listener])["Listeners"][0]["DefaultActions"]


def test_a_redirect_is_for_good_and_keeps_host_path_and_query(cloud):
    compose = stack_of(cloud, "http")
    cloud.up(compose)
    (action,) = actions(cloud, ids_of(cloud, compose)["http"].arn)
    assert action["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }


def test_traffic_shared_with_another_group_is_drift(cloud):
    compose = stack_of(cloud, "http", http={"redirect": False, "forward": lambda parts: parts["targets"].arn})
    cloud.up(compose)
    elb, ids = cloud.boto("elbv2"), ids_of(cloud, compose)
    other = elb.create_target_group(
        Name="other", Protocol="HTTP", Port=80, VpcId=ids["vpc"].vpc_id, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    both = [{"TargetGroupArn": arn, "Weight": 1} for arn in (ids["targets"].arn, other)]
    elb.modify_listener(
        ListenerArn=ids["http"].arn, DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": both}}]
    )
    (step,) = cloud.plan(compose).work
    assert (step.name, step.verb, step.changed) == ("http", Verb.UPDATE, {"forward"})
    cloud.up(compose)
    (action,) = actions(cloud, ids["http"].arn)
    assert action["TargetGroupArn"] == ids["targets"].arn


def test_a_listener_of_somebody_else_on_our_balancer_goes_only_with_it(cloud):
    compose = stack_of(cloud, "balancer")
    cloud.up(compose)
    elb, arn = cloud.boto("elbv2"), ids_of(cloud, compose)["balancer"].arn
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    elb.create_listener(LoadBalancerArn=arn, Port=8080, Protocol="HTTP", DefaultActions=answer)
    assert cloud.up(compose).work == ()
    assert [one["Port"] for one in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]] == [8080]


def test_from_http_alone_to_https_and_back(cloud):
    plain = stack_of(cloud, "http", http={"redirect": False, "forward": lambda parts: parts["targets"].arn})
    secure = stack_of(cloud, "http", "https")
    cloud.up(plain)
    before = ids_of(cloud, plain)["http"]
    cloud.up(secure)
    assert cloud.up(secure).work == ()
    assert ids_of(cloud, secure)["http"] == before
    cloud.up(plain)
    assert cloud.up(plain).work == ()
    assert cloud.boto("acm").list_certificates()["CertificateSummaryList"] == []
