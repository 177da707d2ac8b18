"""service.environment_file: read as it stands, checked as if it were written in ecsctl.toml, and nowhere outside."""

import os

import pytest

from ecsctl.errors import ConfigError

TOML = 'name = "shop"\n[service]\nenvironment_file = "app.env"\n'


def test_its_variables_are_the_apps_and_those_of_the_table_win(load, project):
    (project / "app.env").write_text(
        "# comment\n\nA=1\nexport B='two words'\nC=\"line\\nend\"\nD=from-file # why\nE=\nF=a#b\nA=2\n"
    )
    loaded = load(f'{TOML}environment = {{ D = "from-toml" }}\n')
    assert loaded.config.service.environment == {
        "A": "2", "B": "two words", "C": "line\nend", "D": "from-toml", "E": "", "F": "a#b"}  # fmt: skip
    assert loaded.origins["service.environment.B"] == "app.env:4"
    assert loaded.origins["service.environment.D"].startswith("ecsctl.toml")


def test_a_variable_of_the_command_goes_before_the_file(load, project):
    (project / "app.env").write_text("A=file\n")
    assert load(TOML, ECSCTL_SERVICE__ENVIRONMENT__A="outside").config.service.environment == {"A": "outside"}


def test_nothing_in_a_value_is_filled_in_and_a_warning_says_so(load, project, monkeypatch):
    monkeypatch.setenv("HOME_OF", "/somewhere")
    (project / "app.env").write_text("A=x\nB=${A}/y\nC=$HOME_OF\nD=${HOME_OF}\n")
    loaded = load(TOML)
    assert loaded.config.service.environment == {"A": "x", "B": "${A}/y", "C": "$HOME_OF", "D": "${HOME_OF}"}
    warnings = [one for one in loaded.warnings if "not filled in" in one]
    assert [one.split(": ")[0] for one in warnings] == ["app.env:2", "app.env:4"]


def test_what_looks_like_a_secret_is_warned_of_at_its_line_and_not_shown(load, project):
    (project / "app.env").write_text("A=1\nAPI_KEY=abc123\nURL=postgres://me:hunter2@db/x\n")
    loaded = load(TOML)
    warnings = [one for one in loaded.warnings if "seems to be a secret" in one]
    assert [one.split(": ")[0] for one in warnings] == ["app.env:2", "app.env:3"]
    assert "hunter2" not in str(loaded.warnings)
    assert "better: [service.secrets]" in warnings[0]


WRONG = [
    ("A", "app.env:1: A has no value: expected A=value"),
    ("A=1\nwhat is this?\n", "app.env:2: expected NAME=value, found a line that is not shown"),
    ("A=1\n1B=2\n", "app.env:2: service.environment.1B: expected a variable's name of letters, digits and _"),
    ("AWS_EXECUTION_ENV=x\n", "app.env:1: service.environment.AWS_EXECUTION_ENV: is set by ECS itself"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_in_it_is_reported_with_its_line(mistakes, project, text, message):
    (project / "app.env").write_text(text)
    assert message in mistakes(TOML)


def test_a_variable_that_is_a_secret_too_is_refused(mistakes, project):
    (project / "app.env").write_text("DATABASE_URL=x\n")
    [found] = mistakes(f'{TOML}secrets = {{ DATABASE_URL = "db" }}\n')
    assert "service.secrets.DATABASE_URL: is in service.environment too" in found


@pytest.mark.parametrize("name", ["../app.env", "/etc/passwd", "a/../../b.env", ""])
def test_a_path_that_leads_out_of_the_repository_is_refused(mistakes, name):
    [found] = mistakes(f'name = "shop"\n[service]\nenvironment_file = "{name}"\n')
    assert "service.environment_file: expected a path within the repository" in found


def refused(load, toml=TOML):
    with pytest.raises(ConfigError) as caught:
        load(toml)
    return str(caught.value)


def test_a_link_is_not_followed_wherever_it_leads(load, project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "app.env").write_text("SECRET_OF=another\n")
    os.symlink(outside / "app.env", project / "app.env")
    assert "by a link" in refused(load)
    os.symlink(outside, project / "sub")
    assert "by a link" in refused(load, TOML.replace("app.env", "sub/app.env"))
    (project / "real.env").write_text("A=1\n")
    (project / "app.env").unlink()
    os.symlink(project / "real.env", project / "app.env")
    assert "expected a file, found a symbolic link" in refused(load)


@pytest.mark.parametrize(("content", "message"), [
    (None, "there is no file app.env beside ecsctl.toml"),
    (b"A=" + b"x" * 65536, "expected at most 65536"),
    (b"A=\xff\n", "is not UTF-8 text"),
    (b"A=\0\n", "has a NUL byte"),
])  # fmt: skip
def test_a_file_of_no_use_is_reported(load, project, content, message):
    if content is not None:
        (project / "app.env").write_bytes(content)
    assert message in refused(load)


def test_a_pipe_does_not_make_it_wait(load, project):
    os.mkfifo(project / "app.env")
    assert "expected a file, found a named pipe" in refused(load)
