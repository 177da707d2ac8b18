"""Recorded failures: AWS's answers in their own form, and the expected causes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from ecsctl.why.evidence import Facts

FOLDER = Path(__file__).parent / "recorded"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Recorded:
    """One recorded failure. `cause` is the only right answer, or "" where nothing is wrong.

    `either` names the causes that the facts cannot distinguish: `why` must not guess.
    """

    name: str
    about: str
    source: str
    facts: Facts
    cause: str
    either: frozenset[str]


def recorded() -> list[Recorded]:
    """All of them, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.json"))]


def _read(path: Path) -> Recorded:
    body = json.loads(path.read_text())
    known = {field.name for field in fields(Facts)}
    unknown = set(body["facts"]) - known
    assert not unknown, f"{path.name}: no such facts: {unknown}"
    facts = Facts(**{name: _timed(value) for name, value in body["facts"].items()})
    return Recorded(path.stem, body["about"], body["source"], facts, body["cause"], frozenset(body.get("either", ())))


def _timed(value: Any) -> Any:
    """Convert timestamps to datetimes, as boto3 does."""
    if isinstance(value, dict):
        return {name: _timed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_timed(one) for one in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return datetime.fromisoformat(value)
    return value
