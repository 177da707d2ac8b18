"""What is easily put on the wrong thing: another's address, registry, account, sidecar or port."""

from __future__ import annotations

import pytest

from ecsctl.why import Certainty, diagnose
from tests.why.field.scene import (
    SILENT,
    Scene,
    beside,
    box,
    checked,
    exits,
    facts,
    fails,
    first,
    log,
    routes,
    task,
)
from tests.why.field.second import AGENT


def test_somebody_elses_address_is_not_the_apps() -> None:
    """A database, a cache, an upstream: "listening" or "running" may be said of each."""
    for line in (
        "connected to postgres at localhost:5432",
        "redis running on 127.0.0.1:6379",
        "upstream listening on localhost:9000",
        "migrations running against localhost:5432",
        "kafka broker available at localhost:9092",
        "Debugger listening on ws://127.0.0.1:9229/5a0b",
        "metrics available at :9100",
        "exporter started, sending to http://10.0.1.1:4318",
        "worker started, polls http://10.0.0.9:7233/queue",
        "cron started on 2026-03-02",
    ):
        cause = first(SILENT, log(line))
        assert cause
        assert cause.name == "no-answer", line


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)", "loopback"),
        ("Starting development server at http://127.0.0.1:8000/", "loopback"),
        ("[INFO] Listening at: http://127.0.0.1:8000 (7)", "loopback"),
        ("* Listening on http://127.0.0.1:8000", "loopback"),
        (" * Running on http://127.0.0.1:8000", "loopback"),
        ("- Local:        http://localhost:8000", "loopback"),
        ("Server listening on port 3000", "port"),
        ("Listening on :3000", "port"),
        ("app is running at http://0.0.0.0:5000", "port"),
        ("Tomcat started on port 8080 (http) with context path ''", "port"),
        ("Now listening on: http://[::]:5000", "port"),
        ("> Ready on http://localhost:8000", "loopback"),
        (" * Running on http://10.0.1.2:5000", "port"),
        ("[info] Running ShopWeb.Endpoint with Bandit 1.5.7 at :::4000 (http)", "port"),
        ("Started ServerConnector@1{HTTP/1.1, (http/1.1)}{0.0.0.0:3000}", "port"),
        ('level=info msg="server listening" addr=:3000', "port"),
        ("Rocket has launched from http://127.0.0.1:8000", "loopback"),
        ("Server started on 3000", "port"),
        ("INFO:     Uvicorn running on http://0.0.0.0:8000", "no-answer"),
    ],
)
def test_where_an_app_says_that_it_listens_is_understood(line: str, name: str) -> None:
    cause = first(SILENT, log(line))
    assert cause
    assert cause.name == name
    assert cause.certainty <= Certainty.LIKELY


@pytest.mark.parametrize("registry", ["ghcr.io/acme/shop", "quay.io/acme/shop", "registry.gitlab.com/acme/shop"])
@pytest.mark.parametrize("status", ["403 Forbidden", "401 Unauthorized"])
def test_another_registrys_refusal_is_not_put_on_the_execution_role(registry: str, status: str) -> None:
    host = registry.partition("/")[0]
    message = (f"CannotPullContainerError: pull image manifest has been retried: failed to resolve ref {registry}:1: "
            f"unexpected status from HEAD request to https://{host}/v2/acme/shop/manifests/1: {status}")  # fmt: skip
    cause = first(task(message))
    assert cause
    assert (cause.name, cause.certainty) == ("pull-refused", Certainty.LIKELY)


def test_another_accounts_repository_is_not_changed_in_ones_own() -> None:
    image = "210987654321.dkr.ecr.eu-central-1.amazonaws.com/shop:1"
    message = (f"CannotPullContainerError: failed to resolve ref {image}: unexpected status from HEAD request to "
            f"https://210987654321.dkr.ecr.eu-central-1.amazonaws.com/v2/shop/manifests/1: 403 Forbidden")  # fmt: skip
    scene = task(message)
    definition = facts(scene).definition
    boxes = [{**one, "image": image} for one in definition["containerDefinitions"]]
    cause = first(scene, {"definition": {**definition, "containerDefinitions": boxes}})
    assert cause
    assert cause.name == "pull-denied"
    assert "210987654321" in str(cause.fix[0])


def test_a_sidecar_that_cannot_start_is_not_put_on_the_apps_dockerfile() -> None:
    why = 'CannotStartContainerError: exec: "/agent": stat /agent: no such file or directory: unknown'
    cause = first(task(why, box(), box("agent", reason=why)), beside("agent"))
    assert cause
    assert cause.name == "command-missing"
    assert "the container agent" in cause.sentence
    assert "Dockerfile" not in str(cause.fix)


@pytest.mark.parametrize("said", ["GET /health 200", '"path":"/health"'])
def test_a_check_that_reaches_the_app_is_not_put_on_its_tool_or_its_address(said: str) -> None:
    check = checked("curl -f http://localhost:8000/health || exit 1")
    sick = task("Task failed container health checks", box(code=143), code="ServiceSchedulerInitiated")
    doubtful, sure = first(check, sick, log("booted")), first(check, sick, log(said))
    assert doubtful
    assert sure
    assert "must have curl" in doubtful.sentence
    assert sure.sentence.endswith("|| exit 1")


def test_a_check_on_another_port_than_the_apps_is_named() -> None:
    sick = task("Task failed container health checks", box(code=143), code="ServiceSchedulerInitiated")
    for line, port in (("Server listening on port 3000", 3000), ("connected to redis on :6379", 0)):
        cause = first(checked("wget -q http://127.0.0.1:8000/up"), sick, log(line))
        assert cause
        assert ("by its log the app listens on port 3000" in cause.sentence) == bool(port)


@pytest.mark.parametrize(("line", "file"), [
    ('ERROR: failed to solve: failed to compute cache key: "/tsconfig.json" not found: not found', "/tsconfig.json"),
    ('#12 ERROR: failed to calculate checksum of ref moby::1: "/go.sum": not found', "/go.sum"),
    ("COPY failed: file not found in build context or excluded by .dockerignore: stat app/run.sh: file does not exist",
     "app/run.sh"),
    ("COPY failed: stat /var/lib/docker/tmp/docker-builder1/run.sh: no such file or directory", "run.sh"),
])  # fmt: skip
def test_what_copy_does_not_find_is_named(line: str, file: str) -> None:
    cause = first(fails("BUILD", "docker build -t $URI .", "Step 3/8 : COPY", line, "ERROR: failed to solve: x"))
    assert cause
    assert cause.name == "docker-build"
    assert f"{file} is not in the build's context" in cause.sentence
    failed = 'ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 1'
    other = first(fails("BUILD", "docker build -t $URI .", f"#9 1.2 {line}", failed))
    assert other
    assert "build's context" not in other.sentence


@pytest.mark.parametrize(("said", "name", "words"), [
    ("failed to push shop:1: failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
     "https://auth.docker.io/token?scope=x: 401 Unauthorized", "registry-login", "Docker Hub"),
    ("failed to push ghcr.io/acme/shop:1: unexpected status from POST request to https://ghcr.io/v2/x: 403 Forbidden",
     "registry-login", "may not push there"),
    ("failed to solve: acme/base:1: failed to authorize: failed to fetch oauth token: unexpected status from GET "
     "request to https://auth.docker.io/token?scope=x: 401 Unauthorized", "base-image", "cannot be pulled"),
])  # fmt: skip
def test_a_refused_push_is_no_refused_pull(said: str, name: str, words: str) -> None:
    cause = first(fails("BUILD", "docker buildx build --push -t $TAG .", f"#14 ERROR: {said}", f"ERROR: {said}"))
    assert cause
    assert cause.name == name
    assert words in cause.sentence


def test_what_is_wrong_with_a_dockerfile_or_a_step_is_quoted_whatever_its_words() -> None:
    failed = 'process "/bin/sh -c go mod download" did not complete successfully: exit code: 1'
    step = ("#12 0.3 go: go.mod requires go >= 1.23 (running go 1.21.5)", f"#12 ERROR: {failed}", "------",
            " > [build 5/8] RUN go mod download:", f"ERROR: failed to solve: {failed}")  # fmt: skip
    parse = "dockerfile parse error on line 3: unknown instruction: RUNN"
    for lines, words in ((step, "requires go >= 1.23"), ((f"ERROR: failed to solve: {parse}",), parse)):
        cause = first(fails("BUILD", "docker build -t $URI .", *lines))
        assert cause
        assert cause.name == "docker-build"
        assert words in cause.sentence


def test_an_agent_that_was_not_pulled_is_a_hint_and_no_cause() -> None:
    cause = first(exits(box(code=1), AGENT), log("Error: boom"))
    assert cause
    assert (cause.name, len(cause.hints)) == ("crash", 1)
    assert "AmazonECSTaskExecutionRolePolicy" in cause.hints[0]
    assert not diagnose(facts(exits(box(code=1)), log("Error: boom"))).causes[0].hints


@pytest.mark.parametrize(("mode", "table", "shut"), [
    ("block-bidirectional", routes(NatGatewayId="nat-1"), True),
    ("block-ingress", routes(NatGatewayId="nat-1"), False),  # what only leads out stays open
    ("block-ingress", routes(GatewayId="igw-1"), True),
])  # fmt: skip
def test_vpc_block_public_access_is_likely_at_most(mode: str, table: Scene, shut: bool) -> None:
    """The VPC may be excluded from it, which the mode does not say for sure."""
    scene = {"blocked": {"subnet-0a1": mode}, "subnet_routes": {"subnet-0a1": table}}
    found = facts(task("ResourceInitializationError: unable to pull secrets or registry auth: i/o timeout"), scene)
    assert found.service
    found.service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] = "ENABLED"
    cause = diagnose(found).causes[0]
    assert cause.certainty == Certainty.LIKELY
    assert (cause.name, "Public Access is on" in cause.sentence) == (("no-way-out" if shut else "unreachable"), shut)
