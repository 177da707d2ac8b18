import json
from types import SimpleNamespace

import pytest
from answers import refused

from ecsctl.sandbox.aws import ecr as sandbox_ecr
from ecsctl.sandbox.aws.account import ACCOUNT
from ecsctl.sandbox.aws.ecr.time import DAY
from ecsctl.sandbox.core.overlay import Refusal

REGION = "eu-central-1"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LATEST = [{"filterType": "WILDCARD", "filter": "latest"}]
COMMITS = [{"filterType": "WILDCARD", "filter": "commit-*"}]


@pytest.fixture
def ecr(aws):
    return aws("ecr")


def manifest(number):
    layers = [{"digest": f"sha256:{number:064d}", "size": 5}]
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": layers})


def push(ecr, tag, number, repository="app"):
    made = ecr.put_image(repositoryName=repository, imageManifest=manifest(number), imageTag=tag)
    return made["image"]["imageId"]["imageDigest"]


def tags(ecr):
    images = ecr.describe_images(repositoryName="app")["imageDetails"]
    return {image["imageDigest"]: image.get("imageTags", []) for image in images}


def immutable(tag):
    text = f"The image tag '{tag}' already exists in the 'app' repository and cannot be overwritten because the tag is"
    return "ImageTagAlreadyExistsException", f"{text} immutable."


def test_a_repository_has_a_key_by_any_of_its_names_if_it_is_there_and_enabled(aws, ecr):
    kms = aws("kms")
    made = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=made["KeyId"])
    for number, named in enumerate((made["KeyId"], made["Arn"], "alias/app")):
        settings = {"encryptionType": "KMS", "kmsKey": named}
        found = ecr.create_repository(repositoryName=f"app{number}", encryptionConfiguration=settings)["repository"]
        assert found["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": made["Arn"]}
    missing = {"encryptionType": "KMS", "kmsKey": "alias/nowhere"}
    error = refused(ecr.create_repository, repositoryName="app", encryptionConfiguration=missing)
    assert error == ("KmsException", "Key 'alias/nowhere' does not exist")
    kms.disable_key(KeyId=made["KeyId"])
    error = refused(ecr.create_repository, repositoryName="app", encryptionConfiguration=settings)
    assert error == ("KmsException", f"{made['Arn']} is disabled.")


def test_a_repository_is_made_once_and_kept_while_it_holds_images(ecr):
    ecr.create_repository(repositoryName="app")
    error = refused(ecr.create_repository, repositoryName="app")
    text = f"The repository with name 'app' already exists in the registry with id '{ACCOUNT}'"
    assert error == ("RepositoryAlreadyExistsException", text)
    push(ecr, "v1", 1)
    error = refused(ecr.delete_repository, repositoryName="app")
    text = f"The repository with name 'app' in registry with id '{ACCOUNT}' cannot be deleted because it still contains"
    assert error == ("RepositoryNotEmptyException", f"{text} images")
    ecr.delete_repository(repositoryName="app", force=True)
    assert refused(ecr.describe_repositories, repositoryNames=["app"])[0] == "RepositoryNotFoundException"


def test_a_tag_moves_and_leaves_the_old_image_without_it(ecr):
    ecr.create_repository(repositoryName="app")
    old = push(ecr, "latest", 1)
    new = push(ecr, "latest", 2)
    assert tags(ecr) == {old: [], new: ["latest"]}
    assert push(ecr, "latest", 1) == old
    assert tags(ecr) == {old: ["latest"], new: []}


def test_an_immutable_tag_does_not_move(ecr):
    ecr.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    push(ecr, "latest", 1)
    assert refused(push, ecr, "latest", 2) == immutable("latest")


def test_all_but_the_excluded_tags_are_immutable(ecr):
    mutability = {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": LATEST}
    ecr.create_repository(repositoryName="app", **mutability)
    for number in (1, 2):
        push(ecr, "latest", number)
    push(ecr, "latest-but-not", 1)
    assert refused(push, ecr, "latest-but-not", 2) == immutable("latest-but-not")


def test_the_excluded_tags_alone_are_immutable(ecr):
    mutability = {"imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": COMMITS}
    ecr.create_repository(repositoryName="app", **mutability)
    push(ecr, "latest", 1)
    push(ecr, "latest", 2)
    push(ecr, "commit-abc", 1)
    assert refused(push, ecr, "commit-abc", 2) == immutable("commit-abc")


def test_the_same_image_under_the_same_tag_is_there_already(ecr):
    ecr.create_repository(repositoryName="app")
    digest = push(ecr, "v1", 1)
    text = (
        f"Image with digest '{digest}' and tag 'v1' already exists in the repository with name 'app' in registry with"
    )
    assert refused(push, ecr, "v1", 1) == ("ImageAlreadyExistsException", f"{text} id '{ACCOUNT}'")
    assert push(ecr, "v2", 1) == digest
    assert tags(ecr) == {digest: ["v1", "v2"]}


def test_a_digest_is_the_manifests_own(ecr):
    ecr.create_repository(repositoryName="app")
    wrong = {"imageManifest": manifest(1), "imageTag": "v1", "imageDigest": "sha256:" + "0" * 64}
    assert refused(ecr.put_image, repositoryName="app", **wrong)[0] == "ImageDigestDoesNotMatchException"
    digest = push(ecr, "v1", 1)
    [image] = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageDigest": digest}])["images"]
    assert image["imageManifest"] == manifest(1)


def test_pushing_where_nothing_is_is_refused(ecr):
    text = f"The repository with name 'gone' does not exist in the registry with id '{ACCOUNT}'"
    assert refused(push, ecr, "v1", 1, "gone") == ("RepositoryNotFoundException", text)
    ecr.create_repository(repositoryName="app")
    code, text = refused(ecr.describe_images, repositoryName="app", imageIds=[{"imageTag": "gone"}])
    assert code == "ImageNotFoundException"
    assert "imageTag:'gone'" in text


def test_the_docker_stand_in_pushes_what_can_be_pulled(ecr, clock):
    ecr.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    place = (ACCOUNT, REGION, "app")
    digest = sandbox_ecr.put_image(*place, ["abc", "latest"], content="one")
    assert sandbox_ecr.put_image(*place, ["abc"], content="one") == digest
    facts = sandbox_ecr.find_image(*place, "abc")
    assert facts == sandbox_ecr.find_image(*place, digest)
    assert facts == sandbox_ecr.ImageFacts(digest, ("abc", "latest"), ("arm64",))
    [image] = ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "abc"}])["imageDetails"]
    assert image["imagePushedAt"].timestamp() == int(clock.now())
    assert image["imageSizeInBytes"] == 31_457_280
    with pytest.raises(Refusal, match="cannot be overwritten because the tag is immutable"):
        sandbox_ecr.put_image(*place, ["latest"])
    assert sandbox_ecr.find_image(*place, "gone") is None
    assert sandbox_ecr.find_image(ACCOUNT, REGION, "gone", "abc") is None


@pytest.mark.parametrize("index", [False, True])
def test_an_image_says_for_which_machine_it_is(ecr, index):
    ecr.create_repository(repositoryName="app")
    sandbox_ecr.put_image(ACCOUNT, REGION, "app", ["abc"], architecture="amd64", index=index)
    assert sandbox_ecr.find_image(ACCOUNT, REGION, "app", "abc").architectures == ("amd64",)
    [image] = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "abc"}])["images"]
    assert '"amd64"' in image["imageManifest"].replace("\\", "")


def rule(priority, **selection):
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


OLD_UNTAGGED = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
NEWEST_TWO = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 2}


def keep(ecr, *rules):
    ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=json.dumps({"rules": rules}))


def test_images_expire_within_a_day_by_number_and_untagged_ones_by_age(ecr, clock):
    ecr.create_repository(repositoryName="app")
    keep(ecr, rule(1, **OLD_UNTAGGED), rule(2, **NEWEST_TWO))
    pushed = []
    for number in range(3):
        pushed.append(push(ecr, f"v{number}", number))
        clock.sleep(60)
    untagged = push(ecr, "moves", 3)
    pushed.append(push(ecr, "moves", 4))
    assert len(tags(ecr)) == 5
    clock.sleep(DAY)
    assert tags(ecr).keys() == {pushed[3], untagged}, "who has no tags counts, and an earlier rule decides about it"
    clock.sleep(7 * DAY)
    assert tags(ecr) == {pushed[3]: ["moves"]}


def test_a_rule_with_patterns_is_about_images_that_have_all_of_them_among_their_tags(ecr, clock):
    ecr.create_repository(repositoryName="app")
    for number, names in enumerate((["layers-a"], ["v1", "layers-b"], ["v2"])):
        for name in names:
            push(ecr, name, number)
    old = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}
    keep(ecr, rule(1, tagStatus="tagged", tagPatternList=["v*", "layers-*"], **old))
    clock.sleep(DAY + 1)
    assert sorted(tags(ecr).values()) == [["layers-a"], ["v2"]]


def test_an_image_that_expires_goes_out_of_the_machines_engine_and_its_signature_goes_with_it(ecr, clock, monkeypatch):
    dropped = []
    monkeypatch.setattr(
        "ecsctl.sandbox.aws.ecr.images.machine", SimpleNamespace(current=SimpleNamespace(drop=dropped.append))
    )
    ecr.create_repository(repositoryName="app")
    keep(ecr, rule(1, **OLD_UNTAGGED), rule(2, **NEWEST_TWO | {"tagStatus": "tagged", "tagPatternList": ["*"]}))
    images = [f"sha256:{number:064d}" for number in range(3)]
    made = []
    for number, image in enumerate(images):
        made.append(sandbox_ecr.put_image(ACCOUNT, REGION, "app", [f"v{number}"], content=image))
        clock.sleep(1)
    clock.sleep(DAY - 10)
    signature = {"schemaVersion": 2, "mediaType": MANIFEST, "subject": {"digest": made[0]}, "layers": []}
    ecr.put_image(repositoryName="app", imageManifest=json.dumps(signature))
    clock.sleep(10)
    assert list(tags(ecr)) == made[1:]
    assert dropped == [images[0]]


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ([rule(1, **NEWEST_TWO), rule(2, **OLD_UNTAGGED)], "tagStatus=ANY must have the lowest priority"),
        ([rule(1, **OLD_UNTAGGED), rule(2, **OLD_UNTAGGED)], "Only one rule can select Untagged images"),
        ([rule(1, **OLD_UNTAGGED), rule(1, **NEWEST_TWO)], "Rule priorities must be unique"),
        ([rule(1, **NEWEST_TWO | {"tagStatus": "tagged"})], "Must specify tagPrefixList or tagPatternList"),
    ],
)
def test_a_policy_whose_rules_contradict_each_other_is_refused_and_the_old_one_stays(ecr, rules, why):
    ecr.create_repository(repositoryName="app")
    keep(ecr, rule(1, **NEWEST_TWO))
    code, message = refused(keep, ecr, *rules)
    assert code == "InvalidParameterException"
    assert why in message
    held = ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]
    assert json.loads(held)["rules"] == [rule(1, **NEWEST_TWO)]
