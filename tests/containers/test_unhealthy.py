"""An app that runs and does not serve fails on a sandbox with an engine as on AWS, and `why` says what it is."""

from tests.containers.agreement import pushed
from tests.containers.conftest import LIGHT, Project


def test_an_app_on_another_port(fast: Project) -> None:
    why = pushed(fast, "wrong-port", app=LIGHT.replace("PORT = 8000", "PORT = 9000"))
    assert "9000" in why
    assert "8000" in why


def test_an_app_that_answers_404_to_the_health_check(fast: Project) -> None:
    why = pushed(fast, "health-path", app=LIGHT.replace('HEALTH = "/healthz"', 'HEALTH = "/health"'))
    assert "404" in why
    assert "/healthz" in why


def test_an_app_that_needs_more_memory(fast: Project) -> None:
    why = pushed(fast, "out-of-memory", app="grown = [bytearray(64 << 20) for _ in range(64)]\n" + LIGHT)
    assert "memory" in why


def test_an_app_that_lacks_a_variable(fast: Project) -> None:
    why = pushed(fast, "crash-at-start", app='import os\n\nos.environ["DATABASE_URL"]\n' + LIGHT)
    assert "DATABASE_URL" in why
