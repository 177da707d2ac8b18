"""No module needs itself, however far round: also not for a type alone, nor from inside a function."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def modules() -> dict[str, Path]:
    paths = {path.relative_to(ROOT).with_suffix("").parts: path for path in (ROOT / "ecsctl").rglob("*.py")}
    return {".".join(parts[:-1] if parts[-1] == "__init__" else parts): path for parts, path in paths.items()}


def needed(text: str, known: Collection[str]) -> Iterator[str]:
    """The modules that are imported anywhere in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)
        elif isinstance(node, ast.ImportFrom):
            package = str(node.module)
            for name in node.names:
                inner = f"{package}.{name.name}"
                if inner in known or package in known:
                    yield inner if inner in known else package


def circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def test_no_imports_go_round_in_a_circle() -> None:
    known = modules()
    graph = {name: set(needed(path.read_text("utf-8"), known)) for name, path in known.items()}
    assert "ecsctl.engine.plan" in graph["ecsctl.engine.stack"]
    assert circle(graph) == []
    late = "if TYPE_CHECKING:\n    from ecsctl.engine.stack import Stack\ndef f():\n    from ecsctl.engine import stack"
    graph["ecsctl.engine.plan"] |= set(needed(late, known))
    assert set(circle(graph)) == {"ecsctl.engine.plan", "ecsctl.engine.stack"}
