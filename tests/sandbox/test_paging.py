"""Lists that AWS hands out in pages."""

import json

import pytest

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def repositories(aws, count):
    for number in range(count):
        aws("ecr").create_repository(repositoryName=f"r{number:03}")
    return "ecr", "describe_repositories", "repositories", {}


def images(aws, count):
    aws("ecr").create_repository(repositoryName="app")
    for number in range(count):
        config = {"digest": f"sha256:{number:064x}", "size": 1, "mediaType": _MANIFEST}
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": []}
        aws("ecr").put_image(repositoryName="app", imageManifest=json.dumps(manifest), imageTag=f"t{number}")
    return "ecr", "describe_images", "imageDetails", {"repositoryName": "app"}


def target_groups(aws, count):
    vpc = aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for number in range(count):
        aws("elbv2").create_target_group(
            Name=f"t{number}", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", HealthCheckPath="/"
        )
    return "elbv2", "describe_target_groups", "TargetGroups", {}


@pytest.mark.parametrize(("make", "page"), [(repositories, 100), (images, 100), (target_groups, 400)])
def test_a_page_is_as_long_as_awss_and_the_token_leads_on(aws, make, page):
    service, operation, member, asked = make(aws, page + 3)
    client = aws(service)
    assert len(getattr(client, operation)(**asked)[member]) == page
    pages = [one[member] for one in client.get_paginator(operation).paginate(**asked)]
    assert [len(one) for one in pages] == [page, 3]
    assert len({json.dumps(one, default=str) for part in pages for one in part}) == page + 3


def test_who_names_them_gets_them_at_once(aws):
    repositories(aws, 2)
    answer = aws("ecr").describe_repositories(repositoryNames=["r001"])
    assert [one["repositoryName"] for one in answer["repositories"]] == ["r001"]
    assert "nextToken" not in answer
