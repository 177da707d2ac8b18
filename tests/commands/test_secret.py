"""ecsctl secret: the app's own secrets, stored without being shown, kept by `down`, restored within their window."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecsctl import own_secrets
from tests.commands.conftest import Ended
from tests.why.person import Person, somebody

VALUE = "s3cr3t-value-nobody-sees"


@pytest.fixture
def person(tmp_path: Path) -> Any:
    with somebody(tmp_path) as found:
        found.stdin = VALUE + "\n"
        yield found


def value(person: Person, name: str = "hello/db") -> str:
    return str(person.boto("secretsmanager").get_secret_value(SecretId=name)["SecretString"])


def test_a_value_is_stored_under_the_app_and_shown_nowhere(person: Person) -> None:
    code, output = person.ecsctl("ecsctl secret set db -")
    assert (code, value(person)) == (0, VALUE)
    assert 'VARIABLE = "db" in ecsctl.toml' in output
    person.set("service.secrets", {"DB": "db"})
    code, listed = person.ecsctl("ecsctl secret list")
    assert (code, "db" in listed, "used by service.secrets.DB" in listed) == (0, True, True)
    _, document = person.ecsctl("ecsctl secret list --output json")
    [one] = json.loads(document)["secrets"]
    assert (one["name"], one["used_by"], one["deleted"]) == ("db", ["service.secrets.DB"], None)
    assert VALUE not in output + listed + document
    tags = person.boto("secretsmanager").describe_secret(SecretId="hello/db")["Tags"]
    assert {"Key": "ecsctl:app", "Value": "hello"} in tags
    _, output = person.ecsctl("ecsctl secret set db -")
    assert "ecsctl deploy --restart" in output


def test_a_value_is_never_an_argument(person: Person) -> None:
    code, output = person.ecsctl(f"ecsctl secret set db {VALUE}")
    assert (code, VALUE in output) == (2, False)
    assert "never given as an argument" in output


@pytest.mark.parametrize("command", ["ecsctl secret set db -", "ecsctl creds set -"])
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_what_is_no_text_is_refused_and_not_repeated(
    person: Person, monkeypatch: pytest.MonkeyPatch, command: str, errors: str
) -> None:
    """As Python reads stdin in a locale of UTF-8, and in one of none."""
    piped = io.TextIOWrapper(io.BytesIO(b"caf\xe9-s3cr3t\n"), encoding="utf-8", errors=errors)
    monkeypatch.setattr(person, "stdin", piped)
    code, output = person.ecsctl(command)
    assert (code, "not UTF-8" in output, "s3cr3t" in output) == (2, True, False)
    assert [one["Name"] for one in person.boto("secretsmanager").list_secrets()["SecretList"]] == ["github/token"]


@pytest.mark.parametrize("name", ["a/b", "", "a b", "x" * 201])
def test_what_can_be_no_name_is_refused_before_anything_is_stored(person: Person, name: str) -> None:
    code, output = person.ecsctl(f"ecsctl secret set '{name}' -")
    assert (code, "expected a name" in output) == (2, True)
    stored = person.boto("secretsmanager").list_secrets()["SecretList"]
    assert [one["Name"] for one in stored] == ["github/token"]


def test_another_ones_secret_is_left_alone(person: Person) -> None:
    person.boto("secretsmanager").create_secret(Name="hello/db", SecretString="theirs")
    code, output = person.ecsctl("ecsctl secret set db -")
    assert (code != 0, "ecsctl has not made it for hello" in output, value(person)) == (True, True, "theirs")
    code, _ = person.ecsctl("ecsctl secret rm db --yes")
    assert (code != 0, value(person)) == (True, "theirs")


def test_one_that_is_deleted_can_be_had_again_and_one_in_use_is_not_deleted(person: Person) -> None:
    person.ecsctl("ecsctl secret set db -")
    person.set("service.secrets", {"DB": "db"})
    code, output = person.ecsctl("ecsctl secret rm db --yes")
    assert (code != 0, "is used: service.secrets.DB" in output) == (True, True)
    person.set("service.secrets", None)
    code, output = person.ecsctl("ecsctl secret rm db --yes --days 7")
    assert (code, "is deleted in 7 days" in output) == (0, True)
    assert "scheduled for deletion" in person.ecsctl("ecsctl secret list")[1]
    code, output = person.ecsctl("ecsctl secret set db -")
    assert (code, "is restored" in output, value(person)) == (0, True, VALUE)


def test_the_tasks_get_it_by_its_simple_name_and_the_role_may_read_it_alone(person: Person) -> None:
    person.ecsctl("ecsctl secret set db -")
    person.boto("secretsmanager").create_secret(Name="db", SecretString="another's")
    person.set("service.secrets", {"DB": "db"})
    code, output = person.ecsctl("ecsctl up")
    assert code == 0, output
    definition = person.boto("ecs").describe_task_definition(taskDefinition="hello")["taskDefinition"]
    [secret] = definition["containerDefinitions"][0]["secrets"]
    assert ":secret:hello/db-" in secret["valueFrom"]
    assert VALUE not in (person.folder / ".ecsctl" / "state.json").read_text()
    _, policies = person.ecsctl("ecsctl policy --account 123456789012")
    assert "secretsmanager:RestoreSecret" in policies
    code, output = person.ecsctl("ecsctl down --yes --force")
    assert (code, value(person)) == (0, VALUE), output
    assert "hello/db" in output
    code, output = person.ecsctl("ecsctl down --yes --force --secrets")
    assert code == 0, output
    described = person.boto("secretsmanager").describe_secret(SecretId="hello/db")
    assert described["DeletedDate"]


def test_down_passes_over_a_secret_that_only_the_tags_still_tell_of(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.ecsctl("ecsctl secret set db -")
    monkeypatch.setattr(own_secrets, "kept", lambda *_: ("db", "gone"))
    code, output = person.ecsctl("ecsctl down --yes --force --secrets")
    assert code == 0, output
    assert person.boto("secretsmanager").describe_secret(SecretId="hello/db")["DeletedDate"]


def test_what_is_deleted_without_a_plan_is_asked_for_too(person: Person) -> None:
    """Nothing of the app is there but a secret."""
    person.ecsctl("ecsctl secret set db -")
    person.clock.sleep(3600)  # AWS's tags tell late of what is new
    code, output = person.typed("ecsctl down --secrets")
    assert (code, "ecsctl down --secrets --yes" in output) == (2, True), output
    assert "DeletedDate" not in person.boto("secretsmanager").describe_secret(SecretId="hello/db")


def test_an_app_without_secrets_needs_no_permission_for_them(person: Person) -> None:
    person.set("service.secrets", {"DB": "shop/db"})
    assert "secretsmanager:RestoreSecret" not in person.ecsctl("ecsctl policy --account 123456789012")[1]


@pytest.mark.parametrize("words", [["set", "no/name"], ["set", "db-url"]])
def test_what_is_wrong_is_said_before_the_value_is_typed(
    folder: Path, run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    (folder / "ecsctl.toml").unlink()
    monkeypatch.setattr("ecsctl.ui.words.ask_unseen", lambda *_, **__: pytest.fail("a value was asked for"))
    assert run("secret", *words).code == 2


def test_only_a_secret_that_is_there_is_asked_about(person: Person) -> None:
    assert person.ecsctl("ecsctl secret set db -")[0] == 0
    code, output = person.ecsctl("ecsctl secret rm other")
    assert (code, "hello has no secret other" in output, "[y/N]" in output) == (1, True, False)
    assert person.ecsctl("ecsctl secret rm db --yes")[0] == 0
    code, output = person.ecsctl("ecsctl secret rm db")
    assert (code, "was scheduled for deletion already" in output) == (0, True)
