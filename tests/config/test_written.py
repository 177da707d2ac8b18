"""What is written from the model: the schema, the page, a new file, and the repository's own."""

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from ecsctl import config
from ecsctl.config import json_schema, writing
from ecsctl.config.tree import dotted

ROOT = Path(__file__).parents[2]
EXAMPLES = [(path, option["examples"][0]) for path, option in json_schema.options() if "examples" in option]


def nested(path, value):
    for part in ("some" if part == json_schema.NAME else part for part in reversed(path)):
        value = {part: value}
    return value


def test_the_schema_is_the_models():
    assert (ROOT / "ecsctl.schema.json").read_text() == config.schema(), "write it anew: python -m ecsctl.config"


def test_the_page_is_the_models():
    page = (ROOT / "docs/config.md").read_text()
    assert page == writing.refreshed(page), "write it anew: python -m ecsctl.config"


def test_every_option_is_listed_with_what_it_takes_and_found_by_a_part_of_its_name():
    assert [name for name, _, _ in writing.listed()] == [dotted(path) for path, _ in json_schema.options()]
    assert ("service.port", "an integer from 1 to 65535; default: 8000") in [
        one[:2] for one in writing.listed("Service.P")
    ]
    assert list(writing.listed("no_such_option")) == []


def test_the_page_shows_mistakes_as_they_are_printed(mistakes):
    page = (ROOT / "docs/config.md").read_text()
    said = mistakes('name = "shop"\n[service]\nport = "8000"\nhelth_path = "/"\n')
    assert "\n".join(["error: the configuration has 2 mistakes:", *(f"       {one}" for one in said)]) in page


def test_a_page_without_a_place_for_the_options_is_refused():
    with pytest.raises(ValueError, match="lacks"):
        writing.refreshed("# ecsctl.toml\n")


def test_every_option_is_described_and_has_a_default_or_an_example():
    for path, option in json_schema.options():
        assert option.get("description"), path
        assert option.get("default") not in (None, [], {}) or "examples" in option or option["type"] == "string", path


def test_the_schema_knows_no_null_and_no_other_key():
    assert '"null"' not in config.schema()
    document = json.loads(config.schema())
    for node in (document, *document["$defs"].values()):
        assert node["additionalProperties"] is False


@pytest.mark.parametrize(("path", "example"), EXAMPLES)
def test_an_example_is_right(path, example):
    try:
        config.Config.model_validate({"name": "shop"} | nested(path, example))
    except ValidationError as error:
        wrong = [one for one in error.errors() if one["type"] not in ("together", "missing")]
        assert not wrong


def test_the_repositorys_own_file_is_right():
    loaded = config.read(ROOT, environ={})
    assert loaded.warnings == ()
    assert loaded.config.domain.name.endswith("." + loaded.config.domain.hosted_zone)


def test_a_new_file_sets_what_is_asked_for_and_nothing_else(load):
    values = {
        "name": "shop",
        "service": {"port": 99, "environment": {"A": 'quote " and \\ and ü'}},
        "github": {"repository": "acme/shop", "branch": "trunk"},
        "pipeline": {"approvals": [{"name": "Review", "note": "ok?"}]},
    }
    wanted = load(writing.template(values)).config
    assert wanted == config.Config.model_validate(values)


def test_a_new_files_comments_are_the_defaults(load):
    text = writing.template({"name": "shop", "github": {"repository": "acme/shop"}}, every=True)
    examples = r"^# (\w+ = .*)  # an example$"
    assert len(re.findall(examples, text, flags=re.MULTILINE)) > 10
    awake = re.sub(r"^# (\w+ = .*)$", r"\1", re.sub(examples, "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    assert awake.count("\n") == text.count("\n")
    loaded = load(awake)
    assert config.show(loaded.config) == config.show(load(text).config)
    assert sum(place != "default" for place in loaded.origins.values()) > 25


def test_a_new_file_is_short_and_says_how_to_get_tls(load):
    values = {"name": "shop", "service": {"port": 99}, "github": {"repository": "acme/shop"}}
    text = writing.template(values, {"build": ["Found: it"], "release": ["Procfile runs this"]})
    assert text.splitlines()[4:] == [
        "", 'name = "shop"', "",
        "# TLS needs a name in a public hosted zone. Without one the app is served by", "# HTTP only.",
        "# [domain]", '# name = "shop.example.com"', '# hosted_zone = "example.com"', "",
        "[service]", "port = 99", "", "# [release]", "# Procfile runs this", "",
        "[github]", 'repository = "acme/shop"', "", "[build]", "# Found: it",
    ]  # fmt: skip
    awake = re.sub(r"^# (\[domain\]|\w+ = .*)$", r"\1", text, flags=re.MULTILINE)
    assert load(awake).config.domain.name == "shop.example.com"
    assert "# [domain]" not in writing.template({**values, "domain": {"name": "a.example"}})


def test_a_new_file_names_every_option_if_asked():
    text = writing.template({"name": "shop"}, every=True)
    for path, _ in json_schema.options():
        # Of a table within a table the table is named, with an example.
        assert re.search(
            rf"^(?:# )?{(path[:1] if json_schema.NAME in path else path[:2])[-1]} = ", text, re.MULTILINE
        ), path
    for key in ("cpu_percent = 60", "# [domain]", "# [github]", "\n[service]"):
        assert key in text


@pytest.mark.parametrize(("value", "text"), [
    (None, "(not set)"), (True, "true"), (3, "3"), ('a"b\n', '"a\\"b\\n"'), ([], "[]"), ({}, "{}"),
    ([{"a": 1, "b c": "x"}], '[{ a = 1, "b c" = "x" }]'),
])  # fmt: skip
def test_a_value_is_shown_as_the_file_has_it(value, text):
    assert config.toml(value) == text
