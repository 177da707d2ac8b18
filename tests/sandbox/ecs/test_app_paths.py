"""An app that was built here answers where its sources say, and a check that changes counts for tasks that run."""

from pathlib import Path

import pytest

from ecsctl.sandbox.aws.ecs.apps import answer
from ecsctl.sandbox.builds.tools import _words

SAMPLE = Path(__file__).parents[3]


@pytest.mark.parametrize(("path", "code"), [("/", 200), ("/healthz", 200), ("/healthz?deep=1", 200), ("/nowhere", 404)])
def test_the_sample_app_knows_its_own_paths(tmp_path: Path, path: str, code: int) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "ecsctl.toml").write_text('health_path = "/nowhere"\n')
    for name in ("app.py", "Dockerfile"):
        (tmp_path / "backend" / name).write_text((SAMPLE / "backend" / name).read_text())
    assert answer({}, frozenset(_words(tmp_path / "backend")), path) == code


@pytest.mark.parametrize(
    ("file", "text", "path"),
    [
        ("config/routes.rb", 'get "up" => "rails/health#show"', "/up"),
        ("app/api/heartbeat/route.ts", "export async function GET() {}", "/api/heartbeat"),
        ("pom.xml", "<artifactId>spring-boot-starter-actuator</artifactId>", "/actuator/health/readiness"),
        ("main.go", 'r.HandleFunc("/_health", ok)', "/_health"),
        ("urls.py", 'path("staff/", admin.site.urls)', "/staff/login/"),
        ("main.py", "app = FastAPI()", "/docs"),
        ("pom.xml", "<artifactId>springdoc-openapi-starter-webmvc-ui</artifactId>", "/shop/v3/api-docs"),
        ("build.gradle", "implementation 'io.quarkus:quarkus-smallrye-openapi'", "/q/openapi"),
        ("urls.py", 'path("api/v1/utils/health-check/", ok)', "/api/v1/utils/health-check/"),
        ("docker/healthcheck.sh", "curl http://${addr}/alive", "/alive"),
    ],
)
def test_a_path_is_known_however_a_framework_spells_it(tmp_path: Path, file: str, text: str, path: str) -> None:
    source = tmp_path / file
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text)
    words = frozenset(_words(tmp_path))
    assert answer({}, words, path) == 200
    assert answer({}, words, "/zzz") == 404


def test_of_an_image_without_sources_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM nginx\n")
    assert _words(tmp_path) == set()
    assert answer({}, frozenset(), "/anything") == 200


def test_what_is_scripted_counts_before_what_is_known() -> None:
    app = {"answers": {"/login": 302}, "otherwise": 500}
    assert [answer(app, frozenset({"ready"}), path) for path in ("/login", "/ready")] == [302, 500]


def test_of_sources_that_are_too_many_to_read_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "words.js").write_text(" ".join(f"word{n:05}" for n in range(20_000)))
    (tmp_path / "app.js").write_text("app.get('/healthz')\n")
    assert "healthz" in _words(tmp_path)
    for name in ("more.js", "most.js"):
        (tmp_path / name).write_text(" ".join(f"{name[:4]}{n:05}" for n in range(20_000)))
    assert _words(tmp_path) == set()
