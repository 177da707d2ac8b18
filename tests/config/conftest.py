import os

import pytest

from ecsctl import config
from ecsctl.errors import ConfigError


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No option of the machine that runs the tests gets in."""
    for name in [name for name in os.environ if name.startswith("ECSCTL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty git repository that one stands in."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def load(project):
    """`load(text)`: the configuration of a file with that text."""

    def loaded(text, **environ):
        (project / "ecsctl.toml").write_text(text)
        return config.read(environ=environ)

    return loaded


@pytest.fixture
def mistakes(load):
    """`mistakes(text)`: what the error says, line by line, without its heading."""

    def refused(text, **environ):
        with pytest.raises(ConfigError) as caught:
            load(text, **environ)
        lines = caught.value.message.splitlines()
        return lines[1:] if lines[0].endswith("mistakes:") else lines

    return refused
