"""Where the configuration is found, what wins, and what a file may not be."""

import json

import pytest

from ecsctl import config
from ecsctl.errors import ConfigError

SHOP = 'name = "shop"\n'


def refused(*given, **named):
    with pytest.raises(ConfigError) as caught:
        config.read(*given, **named)
    assert caught.value.exit_code == 2
    return caught.value.message


def test_the_file_is_found_from_any_folder_of_its_repository(project, monkeypatch):
    (project / "ecsctl.toml").write_text(SHOP)
    below = project / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert config.load().name == "shop"
    assert config.find() == project / "ecsctl.toml"


def test_nothing_is_taken_from_above_the_repository(tmp_path):
    (tmp_path / "ecsctl.toml").write_text(SHOP)
    inside = tmp_path / "repository" / "folder"
    inside.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    assert config.find(inside) is None
    assert refused(inside) == f"there is no ecsctl.toml in {inside} or above it"


def test_without_a_repository_only_the_folder_itself_counts(tmp_path):
    (tmp_path / "ecsctl.toml").write_text(SHOP)
    (tmp_path / "below").mkdir()
    assert config.find(tmp_path) == tmp_path / "ecsctl.toml"
    assert config.find(tmp_path / "below") is None


def test_the_nearest_folder_wins(project):
    (project / "ecsctl.toml").write_text(SHOP)
    below = project / "other"
    below.mkdir()
    (below / "pyproject.toml").write_text('[tool.ecsctl]\nname = "other"\n')
    assert config.load(below).name == "other"


def test_pyproject_toml_does_as_well_and_its_lines_are_reported(project):
    (project / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.ecsctl]\nname = "shop"\n')
    assert config.load().name == "shop"
    assert config.origins()["name"] == "pyproject.toml:5"
    (project / "pyproject.toml").write_text('[tool.ecsctl]\nname = "shop"\n[tool.ecsctl.service]\nport = "x"\n')
    assert refused().startswith("pyproject.toml:4: service.port: expected")


def test_a_pyproject_toml_of_others_is_none_of_our_business(project):
    (project / "pyproject.toml").write_text(
        "[tool.black]\nthis is not ecsctl's, and no TOML\n".replace("ecsctl", "our")
    )
    assert config.find() is None
    (project / "pyproject.toml").write_text('[project]\ndescription = "like ecsctl"\n')
    assert config.find() is None


def test_of_both_files_ecsctl_toml_counts_and_a_warning_says_so(project):
    (project / "ecsctl.toml").write_text(SHOP)
    (project / "pyproject.toml").write_text('[tool.ecsctl]\nname = "other"\n')
    loaded = config.read()
    assert loaded.config.name == "shop"
    assert loaded.warnings == ("pyproject.toml has [tool.ecsctl] too; ecsctl.toml counts",)


def test_a_broken_pyproject_toml_beside_ecsctl_toml_stops_nothing(project):
    (project / "ecsctl.toml").write_text(SHOP)
    (project / "pyproject.toml").write_text("[tool.ecsctl\n")
    assert config.load().name == "shop"


def test_options_win_over_the_environment_over_the_file_over_the_defaults(project, monkeypatch):
    (project / "ecsctl.toml").write_text(
        'name = "shop"\nregion = "eu-west-1"\n[service]\nport = 1\ncpu = 512\nmemory = 1024\n'
    )
    monkeypatch.setenv("ECSCTL_REGION", "eu-west-2")
    monkeypatch.setenv("ECSCTL_SERVICE__PORT", "2")
    loaded = config.read(
        overrides={"region": "eu-west-3", "owner": None, "service": {"cpu": 1024}, "service.memory": 2048}
    )
    wanted = loaded.config
    assert (wanted.region, wanted.service.port, wanted.service.cpu, wanted.service.memory) == (
        "eu-west-3",
        2,
        1024,
        2048,
    )
    keys = ("region", "service.port", "service.memory", "name", "service.health_path", "owner")
    assert [loaded.origins[key] for key in keys] == [
        "option region", "ECSCTL_SERVICE__PORT", "option service.memory", "ecsctl.toml:1", "default", "default",
    ]  # fmt: skip


def test_every_value_that_is_shown_has_an_origin(load):
    loaded = load(SHOP + '[tags]\nteam = "web"\n')
    assert set(dict(config.flatten(config.show(loaded.config)))) == set(loaded.origins)
    assert loaded.origins["tags.team"] == "ecsctl.toml:3"


def test_tables_are_merged_and_lists_replaced(load):
    text = SHOP + 'protect = ["ecr", "logs"]\n[service.environment]\nA = "file"\nB = "file"\n'
    wanted = load(text, ECSCTL_SERVICE__ENVIRONMENT__B="variable", ECSCTL_PROTECT='["bucket"]').config
    assert wanted.service.environment == {"A": "file", "B": "variable"}
    assert wanted.protect == ("bucket",)


def test_a_wrong_option_is_reported_as_one(load):
    load(SHOP)
    assert refused(overrides={"region": "x"}).startswith("option region: region: expected a region")
    assert refused(overrides={"reigon": "x"}) == "option reigon: no such key; did you mean region?"


@pytest.mark.parametrize(("name", "text", "key", "value"), [
    ("ECSCTL_OWNER", "team a", "owner", "team a"),
    ("ECSCTL_SERVICE__PORT", " 81 ", "service.port", 81),
    ("ECSCTL_SERVICE__EXEC", "True", "service.exec", True),
    ("ECSCTL_SERVICE__EXEC", "0", "service.exec", False),
    ("ECSCTL_LOGS__RETENTION_DAYS", "7", "logs.retention_days", 7),
    ("ECSCTL_SERVICE__COMMAND", '["a", "b"]', "service.command", ["a", "b"]),
    ("ECSCTL_PIPELINE__TESTS", '[{"name": "T", "buildspec": "t.yml"}]', "pipeline.tests",
     [{"name": "T", "buildspec": "t.yml"}]),
    ("ECSCTL_SERVICE__ENVIRONMENT__Log_Level", "x", "service.environment.Log_Level", "x"),
    ("ECSCTL_SERVICE__ENVIRONMENT__A__B", "x", "service.environment.A__B", "x"),
    ("ECSCTL_TAGS__cost", "1", "tags.cost", "1"),
])  # fmt: skip
def test_a_variable_becomes_its_options_kind_of_value(load, name, text, key, value):
    loaded = load(SHOP, **{name: text})
    assert dict(config.flatten(config.show(loaded.config)))[key] == value
    assert loaded.origins[key] == name


@pytest.mark.parametrize(("name", "text", "message"), [
    ("ECSCTL_SERVICE__PORT", "abc", 'service.port: expected an integer from 1 to 65535, found "abc"'),
    ("ECSCTL_SERVICE__EXEC", "yes", 'service.exec: expected true or false, found "yes"'),
    ("ECSCTL_PROTECT", "ecr", 'protect: expected a list of some of "ecr", "bucket", "logs", found "ecr"'),
    ("ECSCTL_PROTECT", "[" * 100_000,
     'protect: expected a list of some of "ecr", "bucket", "logs", found "' + "[" * 60 + "…"),
    ("ECSCTL_SERVICE__PROT", "1", "no such option; did you mean ECSCTL_SERVICE__PORT?"),
    ("ECSCTL_PORT", "1", "no such option; did you mean ECSCTL_SERVICE__PORT?"),
    ("ECSCTL_SERVICE", "{}", "no such option; did you mean ECSCTL_"),
    ("ECSCTL_PIPELINE__TESTS__0__NAME", "x", "no such option; did you mean ECSCTL_"),
    ("ECSCTL_SANDBX", "1", "no such option; did you mean ECSCTL_SANDBOX?"),
    ("ECSCTL_QQQQ", "1", "no such option; ecsctl config options lists them all"),
    ("ECSCTL_SERVICE__ENVIRONMENT__A-B", "x",
     "service.environment.A-B: expected a variable's name of letters, digits and _"),
])  # fmt: skip
def test_a_wrong_variable_is_reported_by_its_name(mistakes, name, text, message):
    (line,) = mistakes(SHOP, **{name: text})
    assert line.startswith(f"{name}: {message}")


OTHERS = (
    "ECSCTL_STATE",
    "ECSCTL_SANDBOX",
    "ECSCTL_SANDBOX_SPEED",
    "ECSCTL_CONTAINERS",
    "ECSCTL_REGISTRY",
    "ECSCTL_DEBUG",
    "ECSCTL_YES",
    "OTHER",
    "_ECSCTL_COMPLETE",
)


@pytest.mark.parametrize("name", OTHERS)
def test_a_variable_of_the_command_line_is_no_option(load, name):
    assert load(SHOP, **{name: "1"}).config.name == "shop"


def test_an_empty_variable_is_not_set(load):
    assert load(SHOP + 'owner = "me"\n', ECSCTL_OWNER="", ECSCTL_NONSENSE="").config.owner == "me"


def test_mistakes_of_the_file_and_of_the_environment_come_together(mistakes):
    assert mistakes(SHOP + "port = 1\n", ECSCTL_X="1") == [
        "ECSCTL_X: no such option; ecsctl config options lists them all",
        "ecsctl.toml:2: port: no such key; it belongs in [service]",
    ]


def test_what_is_missing_in_a_table_is_missed_in_the_file(mistakes):
    (line,) = mistakes(SHOP + "[github]\n", ECSCTL_GITHUB__BRANCH="x")
    assert line.startswith("ecsctl.toml:2: github.repository is missing")
    (line,) = mistakes(SHOP, ECSCTL_GITHUB__BRANCH="x")
    assert line.startswith("the environment: github.repository is missing")


def test_the_environment_alone_is_enough(project):
    loaded = config.read(environ={"ECSCTL_NAME": "shop"})
    assert (loaded.config.name, loaded.file) == ("shop", None)


def test_no_file_at_all_is_reported_with_the_way_out(tmp_path):
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path)
    assert caught.value.message == f"there is no ecsctl.toml in {tmp_path}"
    assert caught.value.hint == "ecsctl init writes one for this repository"


@pytest.mark.parametrize(("text", "message"), [
    ("name = shop\n", "ecsctl.toml:1: not TOML: Invalid value, column 8"),
    ('\n\nname "shop"\n', "ecsctl.toml:3: not TOML: Expected '=' after a key in a key/value pair, column 6"),
    ('name = "shop"\nname = "x"\n', "ecsctl.toml:2: not TOML: a key or a table is defined twice"),
    ('[service]\n[vpc]\n[service]\n', "ecsctl.toml:3: not TOML: a key or a table is defined twice"),
    ('a = 1\nprotect = [\n"ecr"\n', "ecsctl.toml:3: not TOML: Unclosed array"),
    ("a" * 9 + "\n", "ecsctl.toml:1: not TOML: "),
    ("x = " + "1" * 5000, "ecsctl.toml:1: a number is too long"),
    ("\n" + ".".join(["a"] * 21) + " = 1", "ecsctl.toml:2: a key or a list is nested deeper than any option"),
    ("\nx = " + "[" * 30000, "ecsctl.toml:2: a key or a list is nested deeper than any option"),
    ("\nx = " + "{a=" * 30000, "ecsctl.toml:2: a key or a list is nested deeper than any option"),
    ("[" + ".".join(["a"] * 60000) + "]", "ecsctl.toml:1: a key or a list is nested deeper than any option"),
])  # fmt: skip
def test_what_is_no_toml_is_reported_with_its_line(mistakes, text, message):
    assert mistakes(text)[0].startswith(message)


def test_a_file_that_is_too_large_is_not_parsed(project):
    (project / "ecsctl.toml").write_bytes(b"#" * (256 * 1024 + 1))
    assert refused() == "ecsctl.toml is larger than 256 kB"
    (project / "ecsctl.toml").write_bytes(SHOP.encode().ljust(256 * 1024, b"\n"))
    assert config.load().name == "shop"


def test_of_very_many_mistakes_the_first_are_reported(mistakes):
    lines = mistakes(SHOP + "".join(f"k{n} = 1\n" for n in range(20_000)))
    assert lines[0].startswith("ecsctl.toml:2: k0: no such key; known at the top: name, owner, ")
    assert (len(lines), lines[-1]) == (51, "… and 19950 more")


def test_a_file_that_is_not_utf_8_is_reported_with_its_line(project):
    (project / "ecsctl.toml").write_bytes(b'name = "shop"\nowner = "J\xfcrgen"\n')
    assert refused() == "ecsctl.toml:2: not UTF-8, which TOML is written in"


def test_a_file_that_windows_wrote_is_read(project):
    (project / "ecsctl.toml").write_bytes(b'\xef\xbb\xbfname = "shop"\r\n[service]\r\nport = 99\r\n')
    assert config.origins()["service.port"] == "ecsctl.toml:3"


def test_a_file_that_cannot_be_opened_is_reported(project):
    (project / "ecsctl.toml").symlink_to(project / "ecsctl.toml.d" / "gone")
    assert config.find() is None
    (project / "ecsctl.toml").unlink()
    (project / "ecsctl.toml").write_text(SHOP)
    reading = type(project).open

    def denied(path, *given, **named):
        if path.name == "ecsctl.toml":
            raise PermissionError(13, "Permission denied")
        return reading(path, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(project), "open", denied)
        assert refused() == "ecsctl.toml cannot be read"


CANARY = "ghp_CANARYcanaryCANARYcanary0123456789"


@pytest.mark.parametrize("text", [
    f'[github]\nrepository = "a/b"\ntoken_secret = "{CANARY}"',
    f'[github]\nrepository = "a/b"\ntoken_secret = " {CANARY} "',
    f'[github]\nrepository = "https://x:{CANARY}@github.com/a/b"',
    f'[github]\nrepository = "a/b"\n{CANARY} = 1',
    f'[github]\nrepository = "a/b"\ntoken = "{CANARY}"',
    f'[service.secrets]\nDB = "{CANARY}"',
    f'[service.environment]\n"{CANARY} " = "x"',
    f'[build]\ncompute = "{CANARY}"',
    f'[{CANARY}]\nx = 1',
    f'[github]\nrepository = "a/b"\n{CANARY} = 1\n{CANARY} = 2',
    f'[github.{CANARY}]\n[github.{CANARY}]',
    f"x = {CANARY}",
    f"{CANARY}",
    f'x = {{ {CANARY} = 1, {CANARY} = 2 }}',
    f'[service]\nport = ["{CANARY}"]',
])  # fmt: skip
def test_a_token_in_the_wrong_place_is_never_repeated(mistakes, text):
    assert mistakes(f"{SHOP}{text}\n")
    assert not [line for line in mistakes(f"{SHOP}{text}\n") if "CANARY" in line]


def test_a_refused_secret_stands_in_no_traceback_either(load):
    import traceback

    with pytest.raises(ConfigError) as caught:
        load(f'{SHOP}[github]\nrepository = "a/b"\ntoken_secret = "{CANARY}"\n', ECSCTL_SERVICE__PORT="x")
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_variable_that_looks_like_a_secret_is_warned_of_and_covered(load):
    loaded = load(
        SHOP
        + '[service.environment]\nLOG_LEVEL = "info"\nDB_PASSWORD = "CANARY-1"\nDB = "postgres://u:CANARY-2@db/x"\n'
        'KEYBOARD = "qwertz"\n[github]\nrepository = "a/b"\n'
    )
    shown = config.show(loaded.config)
    assert shown["service"]["environment"] == {
        "LOG_LEVEL": "info", "DB_PASSWORD": "***", "DB": "***", "KEYBOARD": "qwertz",
    }  # fmt: skip
    assert "CANARY" not in json.dumps(shown)
    assert loaded.warnings == (
        "ecsctl.toml:4: service.environment.DB_PASSWORD seems to be a secret in plain text; better: [service.secrets]",
        "ecsctl.toml:5: service.environment.DB seems to be a secret in plain text; better: [service.secrets]",
    )
    assert shown["github"]["token_secret"] == "github/token"  # noqa: S105 - the name of a secret is no secret


def test_what_has_no_effect_is_warned_of(load):
    assert load(SHOP + '[build]\ncompute = "large"\n[pipeline]\n').warnings == (
        "[build] has no effect without [github]",
    )


def test_a_configuration_cannot_be_changed(load):
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        load(SHOP).config.service.port = 1


def test_the_subnets_of_a_network_are_its_first_four(load):
    wanted = load(SHOP + '[vpc]\ncidr = "172.20.16.0/20"\n').config
    assert wanted.vpc.networks() == ("172.20.16.0/24", "172.20.17.0/24", "172.20.18.0/24", "172.20.19.0/24")
