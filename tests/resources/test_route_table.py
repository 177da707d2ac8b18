from tests.rows.network import ids_of, stack_of

PEER = "172.16.0.0/12"


def test_routes_and_subnets_of_others_are_left_alone_and_mentioned(cloud):
    compose = stack_of(cloud, "public-routes")
    cloud.up(compose)
    ec2, ids = cloud.boto("ec2"), ids_of(cloud, compose)
    table, gateway = ids["public-routes"].route_table_id, ids["gateway"].internet_gateway_id
    subnet = ec2.create_subnet(VpcId=ids["vpc"].vpc_id, CidrBlock="10.9.99.0/24")["Subnet"]["SubnetId"]
    cloud.clock.sleep(60)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=PEER, GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    cloud.up(compose)
    assert cloud.plan(compose).work == ()
    found = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    assert {route["DestinationCidrBlock"] for route in found["Routes"]} >= {PEER, "0.0.0.0/0"}
    assert subnet in [association.get("SubnetId") for association in found["Associations"]]


def test_a_default_route_to_somewhere_else_is_led_back(cloud):
    compose = stack_of(cloud, "private-routes")
    cloud.up(compose)
    ids = ids_of(cloud, compose)
    cloud.boto("ec2").replace_route(
        RouteTableId=ids["private-routes"].route_table_id,
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=ids["gateway"].internet_gateway_id,
    )
    (step,) = cloud.plan(compose).work
    assert (step.name, step.changed) == ("private-routes", {"nat_gateway"})
    cloud.up(compose)
    assert cloud.plan(compose).work == ()
