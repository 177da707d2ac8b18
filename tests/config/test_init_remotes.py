"""`ecsctl init` and git: which repository and branch it finds, by whatever address."""

import os
import shutil
import subprocess

import pytest

from ecsctl import config
from ecsctl.github import checkout
from ecsctl.operations.init import propose, write
from tests.config.checkouts import git
from tests.config.checkouts import plain_git as plain_git
from tests.config.checkouts import repository as repository

TOKEN = "ghp_CANARYcanaryCANARYcanary0123456789"  # noqa: S105 - one that never was


def test_a_token_in_the_remotes_address_goes_nowhere(repository):
    proposal = propose(repository(f"https://x-access-token:{TOKEN}@github.com/acme/shop.git"))
    assert proposal.repository == "acme/shop"
    assert "CANARY" not in proposal.text + repr(proposal)


def test_an_address_with_a_token_that_is_not_on_github_is_not_repeated(repository):
    proposal = propose(repository(f"https://oauth2:{TOKEN}@gitlab.com/acme/shop.git"))
    assert proposal.repository is None
    assert "CANARY" not in proposal.text + repr(proposal)
    assert "the remote origin is not on GitHub" in proposal.notes[1]


def test_without_a_remote_there_is_no_pipeline_and_it_is_said(repository):
    folder = repository(remote=None)
    proposal = propose(folder)
    assert proposal.name == "checkout"
    assert "there is no remote: no build and no pipeline until [github] is filled in" in proposal.notes[1]
    write(proposal)
    assert config.load(folder).github is None


def test_the_remotes_default_branch_wins_over_the_current_one(tmp_path, repository):
    folder = repository(remote=None, branch="stable")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "first")
    here = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(folder), str(here)], check=True, capture_output=True)
    git(here, "checkout", "-q", "-b", "feature")
    assert propose(here).branch == "stable"


def test_a_detached_checkout_has_a_guessed_branch_and_says_so(repository):
    folder = repository()
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "first")
    git(folder, "checkout", "-q", "--detach")
    proposal = propose(folder)
    assert proposal.branch == "main"
    assert proposal.notes[1] == "GitHub's acme/shop, from the remote origin, branch main (a guess)"


def test_the_branchs_own_remote_wins_over_origin(repository):
    folder = repository("https://github.com/me/shop-fork.git")
    git(folder, "remote", "add", "upstream", "git@github.com:acme/shop.git")
    assert propose(folder).repository == "me/shop-fork"
    git(folder, "config", "branch.trunk.remote", "upstream")
    assert propose(folder).repository == "acme/shop"


def test_git_is_asked_for_the_address_it_would_use(repository):
    folder = repository("gh:acme/shop")
    git(folder, "config", "url.https://github.com/.insteadOf", "gh:")
    assert propose(folder).repository == "acme/shop"


@pytest.mark.parametrize(("url", "name"), [
    ("https://github.com/acme/shop.git", "acme/shop"),
    ("https://github.com/acme/shop/", "acme/shop"),
    ("http://user@github.com/acme/my.repo.git", "acme/my.repo"),
    ("https://GitHub.com/Acme/Shop", "Acme/Shop"),
    ("git@github.com:acme/shop.git", "acme/shop"),
    ("org-123@github.com:acme/shop.git", "acme/shop"),
    ("ssh://git@github.com/acme/shop", "acme/shop"),
    ("ssh://git@ssh.github.com:443/acme/shop.git", "acme/shop"),
    ("https://www.github.com/acme/shop", "acme/shop"),
    ("https://github.com/acme/shop.git/", "acme/shop"),
    ("git@github.com:acme/shop.git/", "acme/shop"),
    ("git@github.com:/acme/shop.git", "acme/shop"),
    ("github.com:acme/shop.git", "acme/shop"),
    ("git@github-work:acme/shop.git", "acme/shop"),
    ("git@github.com-work:acme/shop.git", "acme/shop"),
    ("ssh://git@work-github/acme/shop.git", "acme/shop"),
    ("ssh://git@github-work:22/acme/shop", "acme/shop"),
    ("git@github.acme.example:acme/shop.git", None),
    ("git@gitlab-work:acme/shop.git", None),
    ("git@-oProxyCommand=x:acme/shop.git", None),
    ("git://github.com/acme/shop.git", "acme/shop"),
    ("https://gitlab.com/acme/shop.git", None),
    ("https://github.com.evil.example/acme/shop", None),
    ("https://evil.example/github.com/acme/shop", None),
    ("/srv/git/shop.git", None),
    ("", None),
])  # fmt: skip
def test_an_address_on_github_becomes_owner_and_name(url, name):
    assert checkout.github(url) == name


@pytest.mark.skipif(shutil.which("ssh") is None, reason="no ssh")
def test_a_hosts_alias_of_ssh_is_known_by_sshs_own_settings(tmp_path, monkeypatch):
    settings = tmp_path / "config"
    settings.write_text("Host work\n  HostName github.com\nHost other\n  HostName gitlab.com\n")
    program = tmp_path / "ssh"
    program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {settings} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert checkout.github("git@work:acme/shop.git") == "acme/shop"
    assert checkout.github("git@other:acme/shop.git") is None
