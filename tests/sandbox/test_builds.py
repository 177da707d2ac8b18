"""Builds in the sandbox's server: the buildspec really runs, with stand-ins for docker and aws."""

import io
import json
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import boto3
import pytest

from ecsctl.cli import main
from ecsctl.errors import ReleaseFailed
from ecsctl.operations import sandbox_push
from ecsctl.sandbox.github import checkout
from ecsctl.sandbox.github.checkout import Checkout
from ecsctl.sandbox.server import process
from tests import forked

ROOT = Path(__file__).parents[2]
URI = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello"
ARM = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
SPEED = 600.0
PAT = {"token": "ghp_1", "serverType": "GITHUB", "authType": "PERSONAL_ACCESS_TOKEN"}


def git(folder, *words):
    named = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
    return subprocess.run(named, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder, message):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def repository(folder):
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / "buildspec.yml", folder)
    (folder / "backend").mkdir()
    (folder / "backend" / "Dockerfile").write_text("FROM scratch\nCOPY app.py .\n")
    (folder / "backend" / "app.py").write_text("print()\n")
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "first")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server of a folder with a git repository, and in it a project whose webhook hears of pushes."""
    folder = repository(tmp_path_factory.mktemp("app") / "app")
    sandbox = forked.start(folder / ".ecsctl", speed=SPEED)
    process.call(folder / ".ecsctl", "agree_to_builds", {})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in process.environment(sandbox).items():
            patch.setenv(name, value)
        session = boto3.session.Session(region_name="eu-central-1")
    key = {"aws_access_key_id": sandbox.key, "aws_secret_access_key": "sandbox", "endpoint_url": sandbox.url}
    aws = {name: session.client(name, **key) for name in ("iam", "ecr", "codebuild", "logs", "secretsmanager", "ssm")}
    prepare(aws)
    yield folder, aws
    process.stop(folder / ".ecsctl")


def prepare(aws):
    allow = {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [allow]}
    role = aws["iam"].create_role(RoleName="build", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    aws["iam"].put_role_policy(RoleName="build", PolicyName="all", PolicyDocument=json.dumps(everything))
    aws["ecr"].create_repository(repositoryName="hello", imageTagMutability="MUTABLE")
    aws["secretsmanager"].create_secret(Name="canary", SecretString=json.dumps({"key": "CANARY-0123"}))
    aws["ssm"].put_parameter(Name="/canary", Value="PARAMETER-0123", Type="SecureString")
    aws["codebuild"].import_source_credentials(**PAT)
    variables = {"REPOSITORY_URI": URI, "AWS_ACCOUNT_ID": "123456789012", "AWS_STACK_REGION": "eu-central-1"}
    listed = [{"name": name, "value": value} for name, value in (variables | {"CONTAINER_NAME": "hello"}).items()]
    listed.append({"name": "CANARY", "value": "canary:key", "type": "SECRETS_MANAGER"})
    time.sleep(60 / SPEED)  # until the role can be assumed
    aws["codebuild"].create_project(
        name="hello",
        source={"type": "GITHUB", "location": "https://github.com/me/hello.git"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "ARM_CONTAINER", "image": ARM, "computeType": "BUILD_GENERAL1_SMALL",
                     "environmentVariables": listed},
        serviceRole=role,
    )  # fmt: skip
    aws["codebuild"].create_webhook(projectName="hello", filterGroups=[
        [{"type": "EVENT", "pattern": "PUSH"}, {"type": "HEAD_REF", "pattern": "^refs/heads/main$"}]
    ])  # fmt: skip


def built(aws, **configured):
    """A build, once it has ended."""
    number = aws["codebuild"].start_build(projectName="hello", **configured)["build"]["id"]
    for _ in range(600):
        build = aws["codebuild"].batch_get_builds(ids=[number])["builds"][0]
        if build["buildComplete"]:
            return build
        time.sleep(0.05)
    raise AssertionError(f"the build never ended: {build}")


def log(aws, build):
    logs = build["logs"]
    found = aws["logs"].get_log_events(logGroupName=logs["groupName"], logStreamName=logs["streamName"])
    return "".join(one["message"] for one in found["events"])


def tags(aws):
    found = aws["ecr"].describe_images(repositoryName="hello")["imageDetails"]
    return {tag for one in found for tag in one.get("imageTags", [])}


def failed(build):
    return next(
        (phase["phaseType"], phase["contexts"][0]) for phase in build["phases"] if phase.get("phaseStatus") == "FAILED"
    )


def test_a_build_leaves_the_image_of_its_commit_and_a_log(server):
    folder, aws = server
    head = git(folder, "rev-parse", "HEAD")
    build = built(aws, sourceVersion=head)
    assert build["buildStatus"] == "SUCCEEDED", log(aws, build)
    assert build["resolvedSourceVersion"] == head
    assert {head, "latest"} <= tags(aws)
    assert [phase["phaseType"] for phase in build["phases"]] == [
        "SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD",
        "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED",
    ]  # fmt: skip
    assert "Login Succeeded" in log(aws, build)
    assert {"name": "IMAGE_TAG", "value": head} in build["exportedEnvironmentVariables"]


def test_a_scan_stops_a_build_whose_image_has_known_vulnerabilities(server):
    folder, aws = server
    head, wanted = git(folder, "rev-parse", "HEAD"), [{"name": "BUILD_SCAN", "value": "HIGH"}]
    aws["ecr"].put_image_scanning_configuration(repositoryName="hello", imageScanningConfiguration={"scanOnPush": True})
    assert built(aws, sourceVersion=head, environmentVariablesOverride=wanted)["buildStatus"] == "SUCCEEDED"
    process.call(folder / ".ecsctl", "vulnerable", {"tag": head})
    build = built(aws, sourceVersion=head, environmentVariablesOverride=wanted)
    assert failed(build)[0] == "BUILD"
    assert "build.scan: ECR found 1 CRITICAL in" in log(aws, build)


def test_a_build_lists_what_is_in_the_image(server):
    folder, aws = server
    head, wanted = git(folder, "rev-parse", "HEAD"), [{"name": "BUILD_SBOM", "value": "yes"}]
    build = built(aws, sourceVersion=head, environmentVariablesOverride=wanted)
    assert build["buildStatus"] == "SUCCEEDED", log(aws, build)
    assert "Could not resolve host" not in log(aws, build)


def test_a_build_keeps_its_layers_by_tags_that_move(server):
    folder, aws = server
    cached = [{"name": "BUILD_CACHE", "value": "ecsctl-cache"}]
    moving = [{"filterType": "WILDCARD", "filter": tag} for tag in ("latest", "ecsctl-cache*")]
    aws["ecr"].put_image_tag_mutability(repositoryName="hello", imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                                        imageTagMutabilityExclusionFilters=moving)  # fmt: skip
    try:
        for _ in range(2):
            git(folder, "commit", "-q", "--allow-empty", "-m", "next")
            build = built(aws, sourceVersion=git(folder, "rev-parse", "HEAD"), environmentVariablesOverride=cached)
            assert build["buildStatus"] == "SUCCEEDED", log(aws, build)
    finally:
        aws["ecr"].put_image_tag_mutability(repositoryName="hello", imageTagMutability="MUTABLE")
    held = aws["ecr"].describe_images(repositoryName="hello")["imageDetails"]
    assert "ecsctl-cache" in tags(aws)
    assert [one for one in held if "imageTags" not in one], "the former one has lost its tag"


def digest(aws, command):
    inline = "version: 0.2\nphases: {build: {commands: [" + json.dumps(command) + "]}}\n"
    build = built(aws, buildspecOverride=inline)
    assert build["buildStatus"] == "SUCCEEDED", log(aws, build)
    found = aws["ecr"].describe_images(repositoryName="hello", imageIds=[{"imageTag": "twice"}])["imageDetails"]
    return found[0]["imageDigest"]


def test_two_builds_of_one_commit_are_two_images(server):
    _, aws = server
    login = f"aws ecr get-login-password | docker login --username AWS --password-stdin {URI.partition('/')[0]}"
    command = f"{login} && docker build -q -t {URI}:twice backend && docker push {URI}:twice"

    assert digest(aws, command) != digest(aws, command)


def test_a_buildspec_reads_what_its_role_may_and_its_log_hides_it(server):
    _, aws = server
    refer = (
        "version: 0.2\nenv: {{secrets-manager: {{FOUND: {}}}}}\nphases: {{build: {{commands: [echo it is $FOUND]}}}}\n"
    )
    both = refer.format("'canary:key'").replace("env: {", "env: {parameter-store: {KEPT: /canary}, ")
    build = built(aws, buildspecOverride=both.replace("echo it is $FOUND", "'echo it is $FOUND and $KEPT of ${#KEPT}'"))
    assert build["buildStatus"] == "SUCCEEDED"
    assert "it is *** and *** of 14" in log(aws, build)

    phase, context = failed(built(aws, buildspecOverride=refer.format("ghost")))
    assert (phase, context["statusCode"]) == ("DOWNLOAD_SOURCE", "Secrets Manager Error Message")

    parameter = refer.replace("secrets-manager", "parameter-store").format("/ghost")
    phase, context = failed(built(aws, buildspecOverride=parameter))
    assert (phase, context["statusCode"]) == ("DOWNLOAD_SOURCE", "Parameter Store Error Message")


def test_what_the_dockerfile_copies_must_be_there(server):
    _, aws = server
    inline = 'version: "0.2"\nphases: {build: {commands: ["rm backend/app.py", "docker build -t x backend"]}}\n'
    build = built(aws, buildspecOverride=inline)
    assert build["buildStatus"] == "FAILED"
    phase, context = failed(build)
    assert (phase, context["statusCode"]) == ("BUILD", "COMMAND_EXECUTION_ERROR")
    assert '"/app.py": not found' in log(aws, build)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"docker build -q -t {URI}:x backend && docker push {URI}:x", "no basic auth credentials"),
        ("docker build empty", 'path "empty" not found'),
        ("docker run hello", "does not know: docker run hello"),
        (f"echo wrong | docker login --username AWS --password-stdin {URI.partition('/')[0]}", "400 Bad Request"),
        ("aws s3 ls", "does not know: aws s3 ls"),
        ('echo "it is $CANARY" && false', "it is ***"),
    ],
)
def test_what_would_fail_on_codebuild_fails_here(server, command, said):
    _, aws = server
    inline = f'version: "0.2"\nphases: {{build: {{commands: [{json.dumps(command)}]}}}}\n'
    build = built(aws, buildspecOverride=inline)
    assert build["buildStatus"] == "FAILED"
    assert said in log(aws, build)
    assert "CANARY-0123" not in log(aws, build) + json.dumps(build, default=str)


def test_a_buildspec_that_is_not_there_fails_the_download(server):
    _, aws = server
    phase, context = failed(built(aws, buildspecOverride="ghost.yml"))
    assert (phase, context["statusCode"]) == ("DOWNLOAD_SOURCE", "YAML_FILE_ERROR")
    assert context["message"].endswith("ghost.yml: no such file or directory")


def test_a_push_is_built_once_and_a_second_one_without_a_commit_makes_one_up(server):
    folder, aws = server
    first = sandbox_push.push(folder / ".ecsctl", "main", "", "")
    lines = list(sandbox_push.followed(folder / ".ecsctl", first["commit"]))
    assert lines[-1].startswith("Build SUCCEEDED")
    second = sandbox_push.push(folder / ".ecsctl", "main", "", "me/hello")
    assert second["commit"] not in (first["commit"], git(folder, "rev-parse", "HEAD"))
    list(sandbox_push.followed(folder / ".ecsctl", second["commit"]))
    assert {first["commit"], second["commit"]} <= tags(aws)


def test_a_push_that_is_to_fail_ends_as_a_failure_and_prints_a_document(server, monkeypatch, capsys):
    folder, aws = server
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["ecsctl", "sandbox", "push", "--fail", "build", "--watch", "--output", "json"])
    with pytest.raises(SystemExit) as ended:
        main()
    output = json.loads(capsys.readouterr().out)
    assert (ended.value.code, output["kind"], output["outcome"]) == (ReleaseFailed.exit_code, "sandbox push", "Failed")
    assert output["began"][0]["project"] == "hello"
    assert [step["status"] for step in output["steps"]] == ["FAILED"]
    assert output["commit"] not in tags(aws)
    git(folder, "commit", "-q", "--allow-empty", "-m", "fixed")  # a commit that was pushed to fail goes on failing


def test_the_source_is_the_whole_repository_also_of_a_folder_in_it(tmp_path, monkeypatch):
    """CodeBuild clones the repository: a path in a buildspec, or to one, begins at its root."""
    monkeypatch.setattr(checkout, "current", None)
    source = repository(tmp_path / "mono")
    (source / "services" / "api").mkdir(parents=True)
    plain = tmp_path / "plain"
    plain.mkdir()

    assert checkout.use(source / "services" / "api").folder == source
    assert checkout.current.has_file("buildspec.yml")
    assert checkout.use(plain).folder == plain


def test_a_checkout_hands_out_commits_and_without_one_its_files(tmp_path):
    plain = tmp_path / "plain"
    (plain / ".ecsctl").mkdir(parents=True)
    (plain / ".ecsctl" / "state.json").write_text("{}")
    (plain / "a").write_text("1")
    Checkout(plain).export("0" * 40, tmp_path / "one")
    assert [path.name for path in (tmp_path / "one").rglob("*")] == ["a"]

    source = repository(tmp_path / "source")
    head = git(source, "rev-parse", "HEAD")
    (source / "uncommitted").write_text("")
    assert Checkout(source).another("main", set()) == head
    made_up = Checkout(source)
    other = made_up.another("main", {head})
    assert other != head
    made_up.export(other, tmp_path / "two")
    assert not (tmp_path / "two" / "uncommitted").exists()
    assert (tmp_path / "two" / "buildspec.yml").exists()
    assert zipfile.ZipFile(io.BytesIO(made_up.zipped(other))).namelist() == [
        "backend/", "backend/Dockerfile", "backend/app.py", "buildspec.yml",
    ]  # fmt: skip
    assert made_up.zipped("0" * 40) is None


def test_what_is_not_committed_can_be_pushed_and_nothing_of_the_repository_is_touched(tmp_path):
    source = repository(tmp_path / "source")
    (source / ".gitignore").write_text("ignored\n")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "ignores")
    head, aside = git(source, "rev-parse", "HEAD"), source / ".ecsctl" / "aside"
    pushed = Checkout(source, aside)
    assert pushed.another("main", set(), uncommitted=True) == head, "nothing differs"
    for name in ("backend/app.py", "new", "ignored"):
        (source / name).write_text("changed\n")
    before = (
        git(source, "status", "--porcelain", "--", ":!.ecsctl"),
        git(source, "count-objects"),
        git(source, "for-each-ref"),
    )
    assert pushed.left_out() == 2
    commit = pushed.another("main", set(), uncommitted=True)
    pushed.export(commit, tmp_path / "pushed")
    assert (tmp_path / "pushed" / "backend" / "app.py").read_text() == (tmp_path / "pushed" / "new").read_text()
    assert not [*(tmp_path / "pushed").rglob("ignored"), *(tmp_path / "pushed").rglob(".ecsctl")]
    assert set(pushed.changed(head, commit)) == {"backend/app.py", "new"}
    assert (git(source, "status", "--porcelain", "--", ":!.ecsctl"), git(source, "count-objects"),
            git(source, "for-each-ref")) == before  # fmt: skip
    pushed.forget()
    assert not aside.exists()
