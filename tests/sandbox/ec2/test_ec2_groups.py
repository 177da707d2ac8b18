from answers import refused


def test_a_new_group_lets_everything_out_by_a_rule_with_an_id(client, network):
    group = client.create_security_group(GroupName="app", Description="app", VpcId=network.vpc)["GroupId"]
    filters = [{"Name": "group-id", "Values": [group]}]
    [rule] = client.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert rule["IsEgress"]
    assert rule["CidrIpv4"] == "0.0.0.0/0"
    assert rule["IpProtocol"] == "-1"
    client.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert client.describe_security_group_rules(Filters=filters)["SecurityGroupRules"] == []
    again = refused(
        client.revoke_security_group_egress, GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    text = f"The security group rule ID '{rule['SecurityGroupRuleId']}' does not exist"
    assert again == ("InvalidSecurityGroupRuleId.NotFound", text)


def test_a_group_name_is_unique_in_its_vpc(client, network):
    make = {"GroupName": "app", "Description": "app"}
    client.create_security_group(**make, VpcId=network.vpc)
    error = refused(client.create_security_group, **make, VpcId=network.vpc)
    assert error == ("InvalidGroup.Duplicate", f"The security group 'app' already exists for VPC '{network.vpc}'")
    other = client.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    client.create_security_group(**make, VpcId=other)
    odd = refused(client.create_security_group, GroupName="app2", Description="näh", VpcId=other)
    assert odd == ("InvalidParameterValue", "Value (näh) for parameter GroupDescription is invalid.")


def test_rules_are_added_all_or_none_and_distinguished_by_what_they_allow(client, network):
    group = client.create_security_group(GroupName="app", Description="app", VpcId=network.vpc)["GroupId"]

    def rule(port, note):
        ranges = [{"CidrIp": "0.0.0.0/0", "Description": note}]
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}

    made = client.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule(80, "web"), rule(443, "tls")])
    assert len(made["SecurityGroupRules"]) == 2
    both = [rule(8080, "new"), rule(80, "another note")]
    error = refused(client.authorize_security_group_ingress, GroupId=group, IpPermissions=both)
    text = 'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists'
    assert error == ("InvalidPermission.Duplicate", text)
    error = refused(client.revoke_security_group_ingress, GroupId=group, IpPermissions=[rule(80, ""), rule(81, "")])
    text = "The specified rule does not exist in this security group."
    assert error == ("InvalidPermission.NotFound", text)
    [answer] = client.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert sorted(p["FromPort"] for p in answer["IpPermissions"]) == [80, 443]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    error = refused(client.authorize_security_group_egress, GroupId=group, IpPermissions=everything)
    text = 'the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists'
    assert error == ("InvalidPermission.Duplicate", text)


def test_a_rule_naming_a_group_tells_its_description(client, network):
    group = client.create_security_group(GroupName="app", Description="app", VpcId=network.vpc)["GroupId"]
    pair = [{"GroupId": group, "Description": "ourselves"}]
    rule = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": pair}]
    [made] = client.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)["SecurityGroupRules"]
    assert made["Description"] == "ourselves"
    assert made["ReferencedGroupInfo"]["GroupId"] == group
    client.delete_security_group(GroupId=group)
