import pytest

from ecsctl.ui import console, copied


@pytest.fixture(autouse=True)
def screen(monkeypatch):
    """80 columns, no colour, no terminal, no CI: what is printed is the same everywhere."""
    for name in ("FORCE_COLOR", "CI", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    for option, nothing in (("sandbox", False), ("profile", ""), ("region", "")):
        monkeypatch.setattr(copied, option, nothing)
    console._made.cache_clear()


@pytest.fixture
def terminal(monkeypatch):
    """As if a person sat there."""
    monkeypatch.setattr(console, "_is_terminal", lambda stream: True)
