"""Real git repositories, as a new machine has them."""

import os
import subprocess

import pytest


@pytest.fixture(autouse=True)
def plain_git(monkeypatch):
    """git as it is on a new machine, in whatever language."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")


def git(folder, *words):
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    """`repository(remote)`: a new git repository with a Dockerfile in backend/."""

    def made(remote="https://github.com/acme/shop.git", branch="trunk"):
        folder = tmp_path / "checkout"
        (folder / "backend").mkdir(parents=True)
        git(folder, "init", "-q", "-b", branch)
        if remote:
            git(folder, "remote", "add", "origin", remote)
        (folder / "backend" / "Dockerfile").write_text("FROM scratch\nEXPOSE 9000\n")
        return folder

    return made
