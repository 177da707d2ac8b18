"""`ecsctl init` in real git repositories: what it finds, what it writes, and what it leaves alone."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ecsctl import config
from ecsctl.discovery.files import dockerfile as reading
from ecsctl.discovery.serving import ports
from ecsctl.errors import ConfigError, EcsctlError, UsageError
from ecsctl.operations.init import app_name, propose, write
from tests.config.checkouts import git
from tests.config.checkouts import plain_git as plain_git
from tests.config.checkouts import repository as repository

ROOT = Path(__file__).parents[2]


def files(folder):
    """What stands in a folder, git's own things apart."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_what_it_writes_is_right_and_says_what_was_found(repository):
    folder = repository()
    assert write(propose(folder)) == folder / "ecsctl.toml"
    loaded = config.read(folder, environ={})
    assert loaded.warnings == ()
    wanted = loaded.config
    assert (wanted.name, wanted.service.port) == ("shop", 9000)
    assert (wanted.github.repository, wanted.github.branch) == ("acme/shop", "trunk")
    assert (wanted.build.context, wanted.build.dockerfile) == ("backend", "backend/Dockerfile")
    assert wanted.build.environment == {}
    assert wanted.domain is None
    assert (folder / "ecsctl.toml").read_text().startswith("#:schema ./ecsctl.schema.json\n")
    assert (folder / "ecsctl.schema.json").read_text() == config.schema()
    assert not (folder / "buildspec.yml").exists()
    assert (folder / ".gitignore").read_text() == ".ecsctl/\n"


def test_the_processes_of_a_procfile_are_proposed_and_become_workers_once_they_are_no_comments(repository):
    folder = repository()
    (folder / "Procfile").write_text(
        "web: gunicorn app\nrelease: ./manage.py migrate\nsend_mail: celery -A app worker -l info\n"
        "App: python loop.py --every $EVERY\n"
    )
    (folder / "compose.yaml").write_text(
        "services:\n  web: {build: ./backend}\n"
        "  reports-worker: {build: ./backend, command: [python, reports.py, --all]}\n"
    )
    git(folder, "add", ".")
    proposal = propose(folder)
    write(proposal)
    assert config.read(folder, environ={}).config.workers == {}, "nothing runs that nobody has asked for"
    notes = [note for note in proposal.notes if "proposed" in note]
    assert notes == ["the same image runs a release command, send-mail, worker-app, reports-worker: "
                    "proposed in ecsctl.toml, as comments"]  # fmt: skip
    text = (folder / "ecsctl.toml").read_text()
    assert '# Procfile runs this at each release: command = ["./manage.py", "migrate"]' in text
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("# [workers."):
            lines[number : number + 2] = [one.removeprefix("# ") for one in lines[number : number + 2]]
    (folder / "ecsctl.toml").write_text("\n".join(lines))
    assert {name: one.command for name, one in config.read(folder, environ={}).config.workers.items()} == {
        "send-mail": ("celery", "-A", "app", "worker", "-l", "info"),
        "worker-app": ("sh", "-c", "python loop.py --every $EVERY"),
        "reports-worker": ("python", "reports.py", "--all"),
    }


def test_an_image_that_listens_nowhere_and_has_workers_may_have_no_web(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "Procfile").write_text("mailer: ./mailer\n")
    message = "# If this app serves no requests: web = false, and the workers below."
    assert message in propose(tmp_path).text
    (tmp_path / "Dockerfile").write_text("FROM scratch\nEXPOSE 9000\n")
    assert message not in propose(tmp_path).text


def test_a_bot_is_proposed_as_a_worker_that_runs_what_the_image_starts(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "Dockerfile").write_text('FROM scratch\nCOPY . .\nENTRYPOINT ["/bot"]\n')
    lines = propose(tmp_path).text.splitlines()
    lines[lines.index("# [workers.worker]")] = "[workers.worker]"
    lines.insert(lines.index("[service]") + 1, "web = false")
    (tmp_path / "ecsctl.toml").write_text("\n".join(lines))
    found = config.read(tmp_path, environ={}).config
    assert [(name, one.command) for name, one in found.processes.items()] == [("worker", ())]
    (tmp_path / "ecsctl.toml").write_text("\n".join(lines).replace("web = false", ""))
    with pytest.raises(ConfigError, match=r"workers\.worker\.command: is missing"):
        config.read(tmp_path, environ={})


def test_each_file_that_it_writes_is_named_once(repository):
    folder = repository()
    before, said = files(folder).keys(), []
    write(propose(folder), say=said.append)
    assert {one.partition(":")[0] for one in said} == files(folder).keys() - before - {"ecsctl.toml"}
    said.clear()
    write(propose(folder), say=said.append)
    assert said == []
    (folder / "buildspec.yml").write_text("# mine\n")
    write(propose(folder), say=said.append)
    assert [one for one in said if "left unchanged" in one] == said != []


@pytest.mark.parametrize("dockerfile", ["", "Dockerfile", "backend/Dockerfile"])
def test_what_it_writes_warns_of_nothing_where_there_is_no_remote(tmp_path, dockerfile):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    if dockerfile:
        (tmp_path / dockerfile).parent.mkdir(exist_ok=True)
        (tmp_path / dockerfile).write_text("FROM scratch\nEXPOSE 9000\n")
    write(propose(tmp_path))
    assert config.read(tmp_path, environ={}).warnings == ()


def test_a_buildspec_is_written_only_when_asked_for(repository):
    folder = repository()
    write(propose(folder), buildspec=True)
    assert (folder / "buildspec.yml").read_text() == (ROOT / "buildspec.yml").read_text()


def test_proposing_changes_nothing(repository):
    folder = repository()
    before = files(folder)
    propose(folder)
    assert files(folder) == before


def test_from_a_folder_below_it_writes_to_the_repositorys_root(repository):
    folder = repository()
    assert write(propose(folder / "backend")) == folder / "ecsctl.toml"


def test_twice_is_as_once(repository):
    folder = repository()
    write(propose(folder))
    before = files(folder)
    write(propose(folder))
    assert files(folder) == before


def test_an_edited_file_is_replaced_by_force_only(repository):
    folder = repository()
    (folder / "ecsctl.toml").write_text("# mine\n")
    (folder / "ecsctl.schema.json").write_text("{}")
    (folder / "buildspec.yml").write_text("# mine too\n")
    before = files(folder)
    with pytest.raises(UsageError, match="exists already") as caught:
        write(propose(folder))
    assert caught.value.exit_code == 2
    assert "--force" in caught.value.hint
    assert files(folder) == before
    write(propose(folder), force=True)
    assert config.load(folder).name == "shop"
    assert (folder / "ecsctl.schema.json").read_text() == config.schema()
    assert (folder / "buildspec.yml").read_text() == "# mine too\n", "a buildspec is never replaced"


def test_a_run_that_died_before_its_end_is_completed_by_the_next(repository):
    folder = repository()
    write(propose(folder))
    whole = files(folder)
    (folder / "ecsctl.toml").unlink()  # it is written last
    write(propose(folder))
    assert files(folder) == whole


@pytest.mark.parametrize(("before", "after"), [
    (b"node_modules/", b"node_modules/\n.ecsctl/\n"),
    (b"a\r\nb\r\n", b"a\r\nb\r\n.ecsctl/\r\n"),
    (b"caf\xe9\n", b"caf\xe9\n.ecsctl/\n"),
    (b"/.ecsctl\n", b"/.ecsctl\n"),
    (b"x\n.ecsctl/", b"x\n.ecsctl/"),
])  # fmt: skip
def test_gitignore_keeps_what_it_has(repository, before, after):
    folder = repository()
    (folder / ".gitignore").write_bytes(before)
    write(propose(folder))
    assert (folder / ".gitignore").read_bytes() == after


def test_what_git_ignores_is_the_record(repository):
    folder = repository()
    write(propose(folder))
    (folder / ".ecsctl").mkdir()
    (folder / ".ecsctl" / "state.json").write_text("{}")
    shown = subprocess.run(
        ["git", "-C", str(folder), "status", "--porcelain"], capture_output=True, text=True, check=True
    )
    assert "ecsctl.toml" in shown.stdout
    assert ".ecsctl/" not in shown.stdout


def test_without_git_there_are_placeholders_and_it_is_said(tmp_path):
    proposal = propose(tmp_path)
    assert "git finds no repository here" in proposal.notes[1]
    assert "there is no Dockerfile here" in proposal.notes[2]
    write(proposal)
    wanted = config.load(tmp_path)
    assert (wanted.github, wanted.service.port, wanted.build.context) == (None, 8000, None)


def test_a_machine_without_git_is_no_bug(repository, monkeypatch):
    folder = repository()
    monkeypatch.setenv("PATH", "/nonexistent")
    proposal = propose(folder)
    assert (proposal.folder, proposal.repository, proposal.image.port) == (folder, None, 9000)


@pytest.mark.parametrize(("dockerfile", "exposed"), [
    ("FROM a\nEXPOSE 8080", (8080,)),
    ("FROM a\nexpose 53/udp 8080/tcp 9090", (8080, 9090)),
    ("FROM a\nEXPOSE 9090 8080", (8080, 9090)),
    ("FROM a\nEXPOSE 1000\nFROM b\nEXPOSE 2000\nEXPOSE 3000", (2000, 3000)),
    ("FROM a\nEXPOSE 1000\nFROM b", ()),
    ("FROM a AS base\nEXPOSE 1000\nFROM base", (1000,)),
    ("FROM a as Base\nENV PORT=1001\nEXPOSE $PORT\nFROM base as app\nFROM app", (1001,)),
    ("FROM a\nENV PORT=7000\nEXPOSE $PORT", (7000,)),
    ("FROM a\nENV PORT 7000\nEXPOSE ${PORT}", (7000,)),
    ('FROM a\nENV A=1 PORT="7000" B=\'x y\'\nEXPOSE ${PORT}', (7000,)),
    ('FROM a\nARG PORT="7001"\nEXPOSE ${PORT:-1}/tcp', (7001,)),
    ("FROM a\nARG PORT\nEXPOSE ${PORT:-7002}", (7002,)),
    ("ARG PORT=7003\nFROM a\nARG PORT\nENV APP_PORT=$PORT\nEXPOSE ${APP_PORT}", (7003,)),
    ("ARG PORT=7003\nFROM a\nEXPOSE ${PORT:-7004}", (7004,)),
    ("FROM a\nEXPOSE \\\r\n  8443", (8443,)),
    ("# escape=`\nFROM a\nEXPOSE `\n# a comment\n  8444", (8444,)),
    ("FROM a\nRUN <<EOF\nFROM b\nEXPOSE 1\nEOF\nEXPOSE 2", (2,)),
    ("FROM a\n  EXPOSE 8000-8010", (8000,)),
    ("FROM a\n# EXPOSE 1\nEXPOSE $UNKNOWN 99999 x 80", (80,)),
    ("FROM a\nEXPOSE", ()),
])  # fmt: skip
def test_the_ports_that_an_image_exposes_are_read_as_docker_does(dockerfile, exposed):
    read = reading.parse(dockerfile)
    assert ports.exposed(read, read.stage()) == exposed


def test_the_repositorys_own_is_understood():
    image = propose(ROOT).image
    assert (image.port, image.context) == (config.load(ROOT).service.port, "backend")


@pytest.mark.parametrize(("name", "app"), [
    ("shop", "shop"),
    ("My_Shop.App", "my-shop-app"),
    ("internal-tools", "tools"),
    ("123", "app-123"),
    ("Ünïcode--x", "n-code-x"),
    ("a-very-long-name-of-a-repository", "a-very-long-name-of"),
    ("a" * 30, "a" * 20),
    ("x", "app"),
    ("...", "app"),
    ("", "app"),
])  # fmt: skip
def test_any_repositorys_name_becomes_an_apps_name(load, name, app):
    assert app_name(name) == app
    assert load(f'name = "{app}"').config.name == app


def test_a_folder_that_cannot_be_written_is_reported_and_left_as_it_was(repository, monkeypatch):
    folder = repository()
    proposal = propose(folder)
    before = files(folder)

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(EcsctlError, match="cannot be written") as caught:
        write(proposal)
    assert caught.value.why == "No space left on device"
    assert files(folder) == before


@pytest.mark.parametrize(("commands", "artifacts", "missing"), [
    (["docker build -t $REPOSITORY_URI .", "docker push ${REPOSITORY_URI}:latest",
      "printf '[{\"name\":\"%s\"}]' $CONTAINER_NAME > docker_image_definition.json"],
     "docker_image_definition.json", []),
    (["docker buildx build --push -t $REPOSITORY_URI .",
      "echo \"$CONTAINER_NAME\" > docker_image_definition.json"], "'**/*'", []),
    (["docker push $ECR_URI", "echo > imagedefinitions.json"], "imagedefinitions.json",
     ["$REPOSITORY_URI", "write docker_image_definition.json", "under artifacts", "$CONTAINER_NAME"]),
    (["npm test"], "dist/app.js", ["push an image", "$REPOSITORY_URI", "write", "under artifacts", "$CONTAINER_NAME"]),
])  # fmt: skip
def test_a_buildspec_that_is_there_is_read(repository, commands, artifacts, missing):
    folder, said = repository(), []
    listed = "".join(f"      - {json.dumps(one)}\n" for one in commands)
    (folder / "buildspec.yml").write_text(
        f"version: 0.2\nphases:\n  build:\n    commands:\n{listed}artifacts:\n  files:\n    - {artifacts}\n"
    )
    write(propose(folder), say=said.append)
    note = next(one for one in said if one.startswith("buildspec.yml"))
    assert all(word in note for word in missing)
    assert ('buildspec = "ecsctl" in [build]' in note) is bool(missing)
