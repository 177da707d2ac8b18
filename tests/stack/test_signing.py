"""[ecr] sign: ECR signs what is pushed, by one rule among those of the account."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsctl.config import Config
from ecsctl.engine.label import Label
from ecsctl.engine.plan import Plan, Verb
from ecsctl.errors import ResourceFailed
from ecsctl.ids import ImageUri, RepositoryName, RepositoryUri
from ecsctl.operations.policy import policies
from ecsctl.resources.repository import Repository, RepositoryIds
from ecsctl.resources.signing_rule import SigningRule, SigningRuleIds
from ecsctl.sandbox import push
from tests.stack.conftest import ACCOUNT, REGION, World, desired_stack

PROFILE = f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/"
PLAIN = desired_stack(domain=None)
SIGNED = {**PLAIN, "ecr": {"sign": f"{PROFILE}images"}}
THEIRS = {
    "signingProfileArn": f"{PROFILE}theirs",
    "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD_MATCH"}],
}


def rule(profile: str) -> dict[str, Any]:
    return {
        "signingProfileArn": f"{PROFILE}{profile}",
        "repositoryFilters": [{"filter": "hello", "filterType": "WILDCARD_MATCH"}],
    }


def rules(world: World) -> list[Any]:
    found: list[Any] = world.boto("ecr").get_signing_configuration()["signingConfiguration"]["rules"]
    return found


def test_the_rules_of_others_stay_as_they_are(world: World) -> None:
    world.running(PLAIN)
    theirs = {"signingProfileArn": f"{PROFILE}all"}
    world.boto("ecr").put_signing_configuration(signingConfiguration={"rules": [THEIRS, theirs]})
    assert not world.plan(PLAIN).work
    made = {step.name: step.verb for step in world.plan(SIGNED).work}
    assert made == {"repository": Verb.UPDATE, "signing": Verb.CREATE, "build-role": Verb.UPDATE}
    world.up(SIGNED)
    assert rules(world) == [THEIRS, theirs, rule("images")]
    assert not world.plan(SIGNED).work
    world.boto("ecr").put_signing_configuration(signingConfiguration={"rules": [THEIRS, rule("hers"), theirs]})
    [drifted] = [step for step in world.plan(SIGNED).work if step.name == "signing"]
    assert drifted.changed == {"profile"}
    world.up(SIGNED)
    assert rules(world) == [THEIRS, theirs, rule("images")]
    world.up(PLAIN)
    assert rules(world) == [THEIRS, theirs]
    world.up(SIGNED)
    world.down()
    assert rules(world) == [THEIRS, theirs]


def test_what_a_build_pushes_is_signed_and_a_signature_is_no_version(world: World) -> None:
    world.running(SIGNED)
    commit = push.push("main")["commit"]
    world.clock.sleep(3600)
    details = world.boto("ecr").describe_images(repositoryName="hello")["imageDetails"]
    [image] = [one for one in details if commit in one.get("imageTags", [])]
    signatures = [one for one in details if "imageTags" not in one]
    assert len(signatures) == len(details) - len(signatures)
    assert max(one["imagePushedAt"] for one in signatures) >= image["imagePushedAt"]
    assert not world.plan(SIGNED).work
    policy = json.loads(world.boto("ecr").get_lifecycle_policy(repositoryName="hello")["lifecyclePolicyText"])
    assert {one["selection"]["tagStatus"] for one in policy["rules"]} == {"tagged"}
    plans: list[Plan] = []
    world.down(agree=plans.append)
    assert [step.reason for step in plans[0].steps if step.name == "repository"] == [f"{len(signatures)} images"]
    with pytest.raises(ClientError, match="SigningConfigurationNotFoundException"):
        rules(world)


def test_a_rule_whose_repository_goes_meanwhile_goes_too_and_others_stay(world: World) -> None:
    """Nobody would know it by its repository's tags any more."""
    ecr = world.boto("ecr")
    ecr.create_repository(repositoryName="hello")
    ecr.put_signing_configuration(signingConfiguration={"rules": [THEIRS]})

    def heard(_service: str, name: str, *_: object) -> None:
        if name == "put_signing_configuration" and ecr.describe_repositories()["repositories"]:
            ecr.delete_repository(repositoryName="hello")

    world.heard = heard
    signing = SigningRule(repository=RepositoryName("hello"), profile=f"{PROFILE}images")
    me = Label(app="hello", id="1", account=ACCOUNT, region=REGION, resource="signing")
    with pytest.raises(ResourceFailed, match="was deleted meanwhile"):
        signing.update(world.aws(), me, SigningRuleIds(signing.repository), frozenset({"profile"}))
    assert rules(world) == [THEIRS]


def test_a_repository_takes_the_rule_along_that_came_after_the_search(world: World) -> None:
    ecr = world.boto("ecr")
    made = ecr.create_repository(repositoryName="hello")["repository"]
    uri, latest = RepositoryUri(made["repositoryUri"]), ImageUri(f"{made['repositoryUri']}:latest")
    ids = RepositoryIds(RepositoryName("hello"), uri, latest, made["repositoryArn"])
    ecr.put_signing_configuration(signingConfiguration={"rules": [THEIRS, rule("images")]})
    Repository.delete(world.aws(), ids)
    assert rules(world) == [THEIRS]
    ecr.put_signing_configuration(signingConfiguration={"rules": [rule("images")]})
    ecr.create_repository(repositoryName="hello")
    Repository.delete(world.aws(), ids)
    with pytest.raises(ClientError, match="SigningConfigurationNotFoundException"):
        rules(world)


def test_rights_are_printed_only_where_they_are_used() -> None:
    def allowed(configured: dict[str, Any]) -> bool:
        return "ecr:PutSigningConfiguration" in json.dumps(policies(Config.model_validate(configured), ACCOUNT, REGION))

    assert (allowed(PLAIN), allowed(SIGNED)) == (False, True)
