"""Public repositories come up with an ecsctl.toml of at most 15 lines, checked by what each app really answers.

What an app answers is a fact of its sources or its manual. What `init` cannot know, a person adds: `by_hand`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ecsctl import config
from ecsctl.config import Config
from ecsctl.config.printing import toml
from ecsctl.errors import EcsctlError
from ecsctl.operations.init import propose
from ecsctl.sandbox.aws import ecs
from ecsctl.session import open_stack
from tests.config.more_shapes import MORE
from tests.config.required_shapes import REQUIRED
from tests.config.shapes import SHAPES, Shape
from tests.config.tried_shapes import TRIED
from tests.crash.conftest import some
from tests.stack.conftest import World, world  # noqa: F401 - a fixture

NETWORK = {"egress": "public"}
KNOWN = SHAPES | MORE | TRIED | REQUIRED


@dataclass(frozen=True)
class App:
    """Describes where an app listens and what it answers; every other path is 404 unless `otherwise` says so."""

    port: int
    answers: Mapping[str, int]
    otherwise: int = 404
    by_hand: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


APPS = {
    "nickjj/docker-flask-example": App(8000, {"/up": 200, "/": 200}),
    "nickjj/docker-rails-example": App(8000, {"/up": 200}),
    "umami-software/umami": App(3000, {"/api/heartbeat": 200, "/": 307}),
    "stefanprodan/podinfo": App(9898, {"/": 200, "/healthz": 200}),
    "fastapi/full-stack-fastapi-template": App(8000, {"/api/v1/utils/health-check/": 200}),
    "louislam/uptime-kuma": App(3001, {"/": 302}, by_hand={"service": {
        "health_path": None, "health": {"path": "/", "codes": "200-399"}}}),
    "outline/outline": App(3000, {"/_health": 200}, 302),
    "healthchecks/healthchecks": App(8000, {"/api/v3/status/": 200, "/": 302}),
    "mastodon/mastodon": App(3000, {"/health": 200}, 301),
    "rails new": App(80, {"/up": 200}, 301),
    "BretFisher/node-docker-good-defaults": App(3000, {"/healthz": 200, "/": 200}),
    "CorentinTh/it-tools": App(80, {}, 200),
    "Kludex/fastapi-microservices": App(80, {"/docs": 200}, by_hand={"service": {"health_path": "/docs"}}),
    "LemmyNet/lemmy": App(8536, {"/api/v3/site": 200}, by_hand={"service": {"health_path": "/api/v3/site"}}),
    "aws-containers/ecsdemo-frontend": App(3000, {"/health/": 200, "/": 200}),
    "aws-containers/retail-store-sample-app's cart": App(8080, {"/actuator/health": 200}),
    "aws-containers/retail-store-sample-app's catalog": App(8080, {"/health": 200}),
    "what cookiecutter-django makes": App(5000, {"/": 200}),
    "dotnet-architecture/eShopOnWeb": App(8080, {"/": 200}),
    "dunglas/symfony-docker": App(80, {}, 200, by_hand={"service": {"environment": {"SERVER_NAME": ":80"}}}),
    "formbricks/formbricks": App(3000, {"/health": 200, "/": 307}),
    "getredash/redash": App(5000, {"/ping": 200}, 302, by_hand={"service": {"health_path": "/ping"}}),
    "gotify/server": App(80, {"/health": 200, "/": 200}),
    "kanboard/kanboard": App(80, {"/healthcheck.php": 200, "/": 302}),
    "livebook-dev/livebook": App(8080, {"/public/health": 200}, 302, by_hand={"build": {"args": {
        "BASE_IMAGE": "hexpm/elixir:1.18-erlang-27-debian-bookworm", "VARIANT": "default"}}}),
    "lukevella/rallly": App(3000, {"/api/status": 200}),
    "mealie-recipes/mealie": App(9000, {"/api/app/about": 200, "/": 200}),
    "meilisearch/meilisearch": App(7700, {"/": 200, "/health": 200}),
    "miniflux/v2": App(8080, {"/": 200, "/healthcheck": 200}),
    "monicahq/monica": App(80, {"/up": 200}, 302),
    "sissbruecker/linkding": App(9090, {"/health": 200}, 302),
    "zulip/docker-zulip": App(80, {"/health": 200}, 302),
    "yotkadata/meteo_hist": App(8501, {"/_stcore/health": 200, "/": 200}),
    "what mix phx.gen.release makes": App(4000, {"/": 200}),
    "langfuse/langfuse": App(3000, {"/api/public/health": 200, "/": 307}),
    "ghostfolio/ghostfolio": App(3333, {"/api/v1/health": 200}, 302),
    "kestra-io/kestra": App(8080, {"/ping": 200, "/": 307}, by_hand={"service": {"health_path": "/ping"}}),
    "remix-run/indie-stack": App(8080, {"/healthcheck": 200, "/": 200}),
    "huggingface/chat-ui": App(3000, {"/healthcheck": 200}, 302),
    "snipe/snipe-it": App(80, {"/health": 200}, 302),
    "supabase/realtime": App(4000, {"/": 200, "/healthcheck": 200}),
    "bitwarden/server": App(5000, {"/alive": 200}),
    "lldap/lldap": App(17170, {"/": 200, "/health": 200}),
    "stonith404/pingvin-share": App(3000, {"/api/health": 200, "/": 200}),
    "ente-io/ente": App(8080, {"/ping": 200}, by_hand={"service": {"health_path": "/ping"}}),
    "Unleash/unleash": App(4242, {"/health": 200, "/": 302}),
    "errbit/errbit": App(80, {"/up": 200}, 302),
    "atuinsh/atuin": App(8888, {"/healthz": 200, "/": 200}, by_hand={"service": {"command": ["start"]}}),
    "svix/svix-webhooks": App(8071, {"/api/v1/health/ping": 204}, by_hand={"service": {
        "health": {"path": "/api/v1/health/ping", "codes": "200-399"}}}),
    "binwiederhier/ntfy": App(80, {"/": 200, "/v1/health": 200}),
}  # fmt: skip


def configuring(folder: Path, name: str, app: App) -> tuple[str, Config]:
    """The ecsctl.toml of what `init` finds and what a person adds, and what it means."""
    shape: Shape = KNOWN[name]
    repository = name.partition("'")[0] if "/" in name else "acme/hello"
    for path, text in shape.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for words in (["init", "-q", "-b", "main"], ["remote", "add", "origin", f"https://github.com/{repository}"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    chosen = shape.dockerfile if shape.asked else ""  # what a person answers
    found = propose(folder / shape.here, dockerfile=chosen).values | {"vpc": NETWORK}
    for table, added in app.by_hand.items():
        guess = {"health"} if added.get("health_path") else set[str]()  # who knows the path says it in its place
        kept = {key: value for key, value in found[table].items() if key not in guess}
        found[table] = {key: value for key, value in {**kept, **added}.items() if value is not None}
    lines = [f"{key} = {toml(value)}" for key, value in found.items() if not isinstance(value, dict)]
    for name, table in found.items():
        if isinstance(table, dict):
            lines += [f"[{name}]", *(f"{key} = {toml(value)}" for key, value in table.items())]
    text = "\n".join(lines) + "\n"
    (folder / "ecsctl.toml").write_text(text)
    return text, config.read(folder, environ={}).config


def up(world: World, configured: Config) -> None:  # noqa: F811 - the fixture
    session = open_stack(world.aws(), configured, world.state_file, emit=world.events.append, own_buildspec=False)
    session.engine.up(session.desired_stack, agree=lambda plan: None)


@pytest.mark.parametrize("name", some(APPS, 16))
def test_it_comes_up_and_its_own_check_is_answered(world: World, tmp_path: Path, name: str) -> None:  # noqa: F811
    app = APPS[name]
    text, configured = configuring(tmp_path / "checkout", name, app)
    assert len(text.splitlines()) <= 15, text
    ecs.script_tasks("", "", "app", port=app.port, answers=dict(app.answers), otherwise=app.otherwise)
    up(world, configured)
    service = world.boto("ecs").describe_services(cluster=configured.name, services=[configured.name])["services"][0]
    assert (service["runningCount"], service["deployments"][0]["rolloutState"]) == (1, "COMPLETED")
    group = world.boto("elbv2").describe_target_groups()["TargetGroups"][0]
    health = world.boto("elbv2").describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    assert [one["TargetHealth"]["State"] for one in health["TargetHealthDescriptions"]] == ["healthy"]
    given = {one["name"]: one["value"] for one in world.boto("codebuild").batch_get_projects(
        names=[f"{configured.name}-build"])["projects"][0]["environment"]["environmentVariables"]}  # fmt: skip
    shape = KNOWN[name]
    assert (given["BUILD_CONTEXT"], given["BUILD_DOCKERFILE"]) == (shape.context, shape.dockerfile)


@pytest.mark.parametrize("app", [App(4000, {"/": 200}), App(7700, {"/ready": 200})])
def test_an_app_that_listens_or_answers_elsewhere_does_not(world: World, tmp_path: Path, app: App) -> None:  # noqa: F811
    _, configured = configuring(tmp_path / "checkout", "meilisearch/meilisearch", app)
    ecs.script_tasks("", "", "app", port=app.port, answers=dict(app.answers), otherwise=404)
    with pytest.raises(EcsctlError):
        up(world, configured)
