"""Each cause has a case in which its fixes are carried out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ecsctl.why.causes.build_commands import COMMAND_RULES
from ecsctl.why.causes.build_phases import PHASE_RULES, TOKEN, VARIABLE
from ecsctl.why.causes.delivering import STAGE_RULES
from tests.long.fixed.cases import AT_FIRST, CASES

CAUSES = Path(__file__).parents[2] / "ecsctl/why/causes"
FIRST = Path(__file__).parents[1] / "long/test_fixed_at_first.py"


def every_cause() -> set[str]:
    """All names of causes: those of the rules, and those that the code makes itself."""
    rules = {rule.name for rule in (*PHASE_RULES, TOKEN, VARIABLE, *COMMAND_RULES, *STAGE_RULES)}
    return rules.union(*(_made_in(path) for path in CAUSES.glob("*.py")))


def _made_in(path: Path) -> set[str]:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    made = [node.args[0] for node in calls if isinstance(node.func, ast.Name) and node.func.id == "Cause"]
    for name in made:  # a rule's name, or a word, or one of two words
        assert isinstance(name, ast.Constant | ast.IfExp | ast.Attribute), ast.unparse(name)
    return {one.value for name in made for one in ast.walk(name)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)}  # fmt: skip


def test_every_cause_has_a_case() -> None:
    cases = {name.partition(",")[0] for name in CASES}
    causes = every_cause()
    assert len(causes) > 90
    assert causes - cases - {*AT_FIRST} == set(), "add a case to tests/long/fixed"
    assert (cases | {*AT_FIRST}) - causes == set(), "there is no such cause any more"


@pytest.mark.parametrize("cause", AT_FIRST)
def test_what_can_only_be_at_first_has_its_test_there(cause: str) -> None:
    assert f'"{cause}"' in FIRST.read_text()


def test_a_case_that_skips_a_way_out_says_why() -> None:
    for case in CASES.values():
        assert all(why.split() for why in case.skips.values())
