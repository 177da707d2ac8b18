"""Shows how processes were scaled: a line for each on stdout, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ecsctl.ui.console import glyph, put, stdout_console
from ecsctl.ui.copied import copied
from ecsctl.ui.output import VERSION
from ecsctl.ui.safe import plain

if TYPE_CHECKING:
    from ecsctl.operations.scale import Scaled


def show(lines: Iterable[str]) -> None:
    """Print the result for each process."""
    console = stdout_console()
    for line in lines:
        put(Text.assemble((f"{glyph('✓', 'ok', console)} ", "green"), plain(copied(line))), console)


def document(found: Sequence[Scaled], where: Mapping[str, str]) -> dict[str, Any]:
    """The JSON document with the same content."""
    return {
        "version": VERSION,
        "kind": "scale",
        **where,
        "processes": [
            {
                "process": one.process,
                "before": one.before,
                "desired": one.desired,
                "running": one.running,
                "configured": one.configured,
                "autoscaling": {"min": one.bounds[0], "max": one.bounds[1]} if one.bounds else None,
                "temporary": one.temporary,
            }
            for one in found
        ],
    }
