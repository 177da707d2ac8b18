"""A function that answers yes or no is named so that its call reads as a statement, and no other function is.

Properties may also be adjectives (`deployment.failed`). Functions inside functions are left to their authors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1] / "ecsctl"
PATHS = [path for path in sorted(ROOT.rglob("*.py")) if "discovery" not in path.parts]  # its names are its own work
BEGINNINGS = ("are_", "can_", "has_", "is_", "may_", "must_", "needs_", "was_")
VERBS = {
    "agrees", "allows", "announces", "awaits", "blocks", "contains", "continues", "covers",
    "denies", "deploys", "detaches", "detects", "differs", "exists", "fits", "includes", "knows",
    "looks", "matches", "mentions", "owns", "parses", "passes", "requires", "shifts", "supports", "uses",
}  # fmt: skip
DOES = {  # does something, and returns whether that changed or ended anything
    "_do", "_forward", "_go_on", "_met", "_schedule", "_skip", "_start_some", "_step", "_stop_some", "_take",
    "answer", "applied", "cleared", "drained", "halt", "pause", "put", "remove", "restore", "scale", "schedule",
    "settled", "stop", "try_at_github",
}  # fmt: skip
GIVEN = {"__contains__", "_never"}  # by Python, and by the column of a table that the function stands in
BEGINNING = re.compile(
    r"^(?: *@(?P<before>.+)\n)?(?P<indent> *)(?:async )?(?P<kind>def|class) (?P<name>\w+)", re.MULTILINE
)
RETURNS = re.compile(r"\) -> ([^:]+):$", re.MULTILINE)


def functions(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Each function of a module or class: its name, whether it returns bool, and whether it is a property.

    It reads lines, which takes a tenth of the time that `ast` needs for all modules.
    """
    inside = []  # the indents of the functions around it
    for found in BEGINNING.finditer(text):
        indent = len(found["indent"])
        inside = [one for one in inside if one < indent]
        if found["kind"] != "class" and not inside:
            returns = RETURNS.search(text, found.end())
            is_property = found["before"] is not None and found["before"].endswith("property")
            yield found["name"], returns is not None and returns[1] == "bool", is_property
        if found["kind"] != "class":
            inside.append(indent)


def reads_as_statement(name: str) -> bool:
    bare = name.strip("_")
    return bare.startswith(BEGINNINGS) or bare.partition("_")[0] in VERBS


def misnamed(found: Iterable[tuple[str, bool, bool]]) -> list[str]:
    return [
        name
        for name, is_bool, is_property in found
        if (is_bool and not is_property and name not in DOES | GIVEN and not reads_as_statement(name))
        or (not is_bool and reads_as_statement(name))
    ]


def test_functions_that_answer_yes_or_no_read_as_statements_and_no_others_do() -> None:
    assert misnamed(functions("def steady() -> bool:\n")) == ["steady"]
    assert misnamed(functions("class One:\n    @property\n    def steady(self) -> bool:\n")) == []
    assert misnamed(functions("def is_steady(\n    one: int,\n) -> str:\n    def no() -> bool:\n")) == ["is_steady"]
    found = {str(path.relative_to(ROOT)): [*functions(path.read_text("utf-8"))] for path in PATHS}
    assert {path: names for path, some in found.items() if (names := misnamed(some))} == {}
    used = {name for some in found.values() for name, is_bool, is_property in some if is_bool and not is_property}
    assert used >= DOES | GIVEN, "every exception is in use"
    assert {name.strip("_").partition("_")[0] for name in used} >= VERBS, "and so is every verb"
