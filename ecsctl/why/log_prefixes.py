"""Removes what whoever shows a log puts in front of all its lines: a time, a name, a container.

The forms are those of `docker logs -t`, GitHub Actions and consoles that show a time; Compose and pm2; syslog, journald
and Heroku; `aws logs tail` and `kubectl logs --prefix`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

FORMS = tuple(
    map(
        re.compile,
        (
            r"^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?\]?(?:[ \t]|$)",
            r"^\d\d:\d\d:\d\d(?:[.,]\d+)?(?: |$)",
            r"^(?:\d+\|)?[A-Za-z][\w.-]* *\|(?: |$)",
            r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]+ [\w./-]+(?:\[\d+\])?:(?: |$)",
            r"^[A-Za-z][\w./-]*\[[\w.]+\]:(?: |$)",
            r"^[\w.-]+/[\w.-]+/[0-9a-f]{32}(?: |$)",
            r"^\[pod/[^\]]+\](?: |$)",
            r"^(?:out|err):(?: |$)",
        ),
    )
)
MOST = 0.6
"""The part of the lines that must begin with a form: other programs may write in between."""
FEWEST = 3
"""The lines that show that a prefix is one."""
DEPTH = 4  # prefixes in front of each other


def without_prefixes(lines: Sequence[str]) -> list[str]:
    """Return the lines without the prefixes that most of them share."""
    found = [*lines]
    for _ in range(DEPTH):
        form = next((one for one in FORMS if _is_shared(one, found)), None)
        if form is None:
            break
        found = [form.sub("", line, count=1) for line in found]
    return found


def _is_shared(form: re.Pattern[str], lines: Sequence[str]) -> bool:
    written = [line for line in lines if line.strip()]
    return sum(1 for line in written if form.match(line)) >= max(FEWEST, MOST * len(written))
