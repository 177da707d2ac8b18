"""What fails first on AWS fails on a sandbox with an engine as it would there, and `why` says what it is."""

import struct
from collections.abc import Iterator

import pytest

from ecsctl.sandbox.containers.engine import Engine
from tests.containers import base
from tests.containers.conftest import BACKEND, CONFIG, DOCKERFILE, FAST, Project, up

APP = (BACKEND / "app.py").read_text()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[Project]:
    """An app that is up, where AWS's own waiting takes next to no time."""
    with up(tmp_path_factory.mktemp("project"), "fails", engine, FAST) as project:
        yield project


def pushed(project: Project, *, app: str = APP, dockerfile: str = DOCKERFILE) -> str:
    """Push a version that fails, see that the old one is served, and return what `why` says."""
    served = project.get()[1]["version"]
    project.write(app=app, dockerfile=dockerfile)
    ran = project.ecsctl("sandbox", "push", "--watch", check=False)
    assert ran.code in (1, 6), ran.err
    assert project.get()[1]["version"] == served
    return project.ecsctl("why", "--sandbox", check=False).out


def test_an_app_on_another_port(project: Project) -> None:
    why = pushed(project, app=APP.replace('os.environ.get("PORT", "8000")', '"9000"'))
    assert "9000" in why
    assert "8000" in why


def test_an_app_that_answers_404_to_the_health_check(project: Project) -> None:
    why = pushed(project, app=APP.replace('HEALTH = "/healthz"', 'HEALTH = "/health"'))
    assert "404" in why
    assert "/healthz" in why


def test_an_app_that_needs_more_memory(project: Project) -> None:
    why = pushed(project, app="grown = [bytearray(64 << 20) for _ in range(64)]\n" + APP)
    assert "memory" in why


def test_an_app_that_lacks_a_variable(project: Project) -> None:
    why = pushed(project, app=APP.replace("app = FastAPI(", 'os.environ["DATABASE_URL"]\napp = FastAPI('))
    assert "DATABASE_URL" in why


def test_a_program_that_is_not_there(project: Project) -> None:
    why = pushed(project, dockerfile=DOCKERFILE.replace('"python3", "-m", "app"', '"gunicorn", "app"'))
    assert "gunicorn" in why


def test_an_image_for_another_processor(project: Project) -> None:
    image = base.empty(project.engine, "amd64")  # a service is for arm64, if nothing else is said
    why = pushed(project, dockerfile=DOCKERFILE.replace(base.NAME, f"--platform=linux/amd64 {image}"))
    assert "linux/arm64" in why
    assert "amd64" in why


def test_a_program_for_another_processor(project: Project) -> None:
    machine = {"amd64": 183}.get(project.engine.architecture, 62)  # e_machine of AArch64, of x86-64
    program = project.folder / "server"
    program.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, machine, 1) + bytes(200))
    program.chmod(0o755)
    dockerfile = DOCKERFILE.replace("USER", "COPY server .\nUSER").replace('"python3", "-m", "app"', '"./server"')
    why = pushed(project, dockerfile=dockerfile)
    assert "a program in the image is for another processor" in why


def test_a_build_that_fails(project: Project) -> None:
    why = pushed(project, dockerfile=DOCKERFILE + "RUN false\n")
    assert "Dockerfile" in why or "docker build" in why


def test_a_secret_that_is_gone(project: Project) -> None:
    config = CONFIG.format(name="fails") + '\n[service.secrets]\nKEY = "nobody/knows"\n'
    served = project.get()[1]["version"]
    project.write(config=config)
    ran = project.ecsctl("up", "--sandbox", "--yes", check=False)
    assert ran.code != 0
    assert "service.secrets.KEY: there is no secret of that name" in ran.err
    assert project.get()[1]["version"] == served
    project.write(config=CONFIG.format(name="fails"))
