"""Which line of a log says why something failed, and not only where, or that it did.

In this order: colours, what another program put before a line and a logger's prefix do not count (log_events); frames
of a stack, code and advice are dropped, and of npm's report all but one line; what follows the panic of a program's
own main thread is another's; a line that says only that something has failed counts if no other does, and so does
what a logger calls no error; of the rest the last counts. A heading, which is an error's name or code alone, takes
the line after it along, and an error the detail that follows it.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence

from ecsctl.why import log_patterns
from ecsctl.why.log_events import ERROR, Level, bare, forms, level, message_of, split
from ecsctl.why.log_patterns import joined

NOISE = joined(log_patterns.NOISE, re.IGNORECASE)
STACK = joined(log_patterns.STACK)
GO_FRAME = re.compile(r"^\s+\S+\.go:\d+|^\S+\.go:\d+(?: \+0x[0-9a-f]+)?$|^\s+\S+\.[cs]:\d+ \+0x")
"""Go's own frames; the second is one whose tab is lost."""
PYTHON_FRAME = re.compile(r"^\s*File \"[^\"]+\", line \d+")
SHOWN_CODE = re.compile(r"^\s*[~^]+\s*$")
"""What Python, Ruby and Node show beneath the code that failed."""
USAGE = re.compile(r"^Usage:(?: |$)")
HELP = re.compile(r"^\s+\S|^[A-Z][\w ]*:$|^Use \"")
"""How the help of a program begins that Cobra, Click and others make, and how it goes on."""
ADVICE = re.compile(r"^Action:$")
"""Spring Boot's heading over what one may do."""
REASON = re.compile(r"^Reason: |^\s+.*(?:\[type=\w+, input_|\(type=\w+)")
"""How Spring Boot goes on, a line further, with what it has described, and Pydantic with the field that it names."""
FAREWELL = joined(log_patterns.FAREWELL)
EXITED = joined(log_patterns.EXITED, re.IGNORECASE)
HEADING = re.compile(
    r"^\W*(?:(?:fatal |critical |internal )?error\b[:!]?\s*)?(?:[\w.:\\]*(?:Error|Exception)|[A-Z]{1,6}[-_]?\d{2,6}"
    r"|\[\d+\] [\w ]+ failed)?:?\W*$",
    re.IGNORECASE,
)
"""An error's name or code, alone in its line."""
REMARK = re.compile(r"^\W*(?:[a-z]+[.!]*(?: -)? ?){1,5}$", re.IGNORECASE)
"""A few plain words, which name no file, variable, version or host."""
UNFETCHED = re.compile(r"^(?:W: Failed to fetch|WARNING: (?:updating and )?(?:opening|Ignoring) \S+: )")
UNLISTED = re.compile(
    r"^(?:E: (?:Unable to locate package|Package \S+ has no)|.* \(no such package\):|ERROR: unable to s)"
)
"""What apt and apk say of an index that they did not get, and then of packages that are in none."""
ITEM = re.compile(r"^\s*[-*\u2022] ")
"""One of several things that a line before it announces with a colon."""
DETAIL = re.compile(r"^\s*(?:(?:DETAIL|Details?|Cause|Message):|what\(\):) +")
"""How PostgreSQL and C++ go on with what they have said of an error."""
PANIC = re.compile(r"^\s*thread 'main'(?: \(\d+\))? panicked at ")
"""With it a program of Rust ends, or a script of Cargo's build."""
NEAR = 50  # lines that may say why: those before them are of what the program has survived
EVENT = 4  # lines of an error that are quoted with the one that begins it
ENDED = re.compile(r"^BUILD FAILED in ")
"""After it Gradle says no more about the failure."""
CAUSED_BY = "Caused by:"
"""What Rust, Cargo and uv head the causes of an error with, which they indent."""
NPM = re.compile(r"^npm (?:ERR!|error)\s?")
NPM_SCRIPT = re.compile(r"code ELIFECYCLE|failed at the \S+ \S+ script", re.IGNORECASE)
"""With it npm reports that a script has failed, which has said why before."""
NPM_NOISE = re.compile(
    r"^\s*$|^(?:code|errno|path|syscall|dest|argv|command(?! failed))\b|^failed at the|^this is probably|^exit status"
    r"|^(?:Linux|Darwin|Windows_NT) \d|^(?:node|npm) +v\d"
    r"|complete log of this|_logs/|^gyp (?:info|verb|http)|^An unknown git error"
    r"|^(?:Clean install a project|Usage:|Options:|aliases:|Run \"npm help|\[-|npm \w+$)",
    re.IGNORECASE,
)


def last_error(lines: Sequence[str]) -> str:
    """The last line of a log that reports an error, else the last line that says anything; empty if none does."""
    kept = _of_its_own([*_telling([*_without_help([*split(lines)])])])[-NEAR:]
    chosen = _chosen(kept)
    if chosen is None:
        return ""
    if head := _headed(kept, chosen):
        return head
    before = kept[chosen - 1 : chosen] if chosen and REASON.match(kept[chosen]) else []
    every = (*before, kept[chosen], *_more(kept, chosen))
    return " ".join(message_of(line).split("\n")[0] or line.strip() for line in every)


def _chosen(kept: Sequence[str]) -> int | None:
    """Which of the lines says why: the last of the best kind that there is; None if there is no line."""
    if panics := [n for n, line in enumerate(kept) if PANIC.match(bare(line))]:
        return panics[-1]
    best: dict[int, int] = {}
    for n in range(len(kept) - 1, -1, -1):
        best.setdefault(_kind(kept[n]), n)
        if 0 in best:
            break
    return _named(kept, best[min(best)]) if best else None


def _named(kept: Sequence[str], chosen: int) -> int:
    """The line itself; of a list the error that heads it, of a few plain words the one before that names something.

    Of packages that no index lists it is the index that was not fetched.
    """
    before = chosen - 1
    if UNLISTED.match(bare(kept[chosen])):
        return next((n for n in range(before, -1, -1) if UNFETCHED.match(bare(kept[n]))), chosen)
    if ITEM.match(bare(kept[chosen])):
        while before > 0 and ITEM.match(bare(kept[before])):
            before -= 1
        return before if before >= 0 and kept[before].endswith(":") and _kind(kept[before]) == 0 else chosen
    if not REMARK.match(forms(kept[chosen])[2]):
        return chosen
    while before > 0 and _kind(kept[before]) in (1, 2, 4):  # what neither says why nor is of anything else
        before -= 1
    named = before >= 0 and _kind(kept[before]) == 0 and not REMARK.match(forms(kept[before])[2])
    return before if named else chosen


def _kind(line: str) -> int:
    """What a line is, the best first: an error, one that its logger calls none, a farewell, no error, and neither."""
    farewell = _farewell(line)
    if _errs(line):
        return 2 if farewell else int(level(line) == Level.QUIET)
    return 4 if farewell else 3


def _errs(line: str) -> bool:
    """Whether a line reports an error: by its logger's level, or by its words."""
    _, said, message = forms(line)
    if message != said and message.startswith(" "):  # a logger's line that goes on with the one before it
        return bool(ERROR.search(message))
    return level(line) == Level.LOUD or bool(ERROR.search(message if message.strip() else said))


def _farewell(line: str) -> bool:
    """Whether a line says only that something has failed."""
    return any(FAREWELL.search(form) or EXITED.search(form) for form in {*forms(line)[1:]})


def _of_its_own(kept: list[str]) -> list[str]:
    """The lines up to where Gradle ended: what follows is said of other things."""
    ends = [n for n, line in enumerate(kept) if ENDED.match(bare(line))]
    return kept[: ends[-1]] if ends and ends[-1] else kept


def _more(kept: Sequence[str], chosen: int) -> list[str]:
    """The lines with which an error goes on, where the chosen one is but its heading, or the detail after it."""
    head, *rest = (bare(line) for line in kept[chosen : chosen + EVENT])
    if not rest:
        return []
    if head.endswith(":"):
        least = _indent(head) if PANIC.match(head) and _indent(head) else _indent(head) + 1
        further = itertools.takewhile(lambda line: _indent(line) >= least, rest[1:])
        return [rest[0], *(further if _indent(rest[0]) >= least else ())]
    if HEADING.match(head):
        return rest[:1]
    if rest[0].strip() == CAUSED_BY:
        return [rest[0], *itertools.takewhile(lambda line: _indent(line) > _indent(rest[0]), rest[1:])]
    said = forms(rest[0])[2]
    return [said] if DETAIL.match(said) else []


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _headed(kept: Sequence[str], chosen: int) -> str:
    """An error with its cause, of which the line is one; empty if it is none."""
    at = chosen
    while at and bare(kept[at]).startswith(" "):
        at -= 1
    if at < chosen and (cause := bare(kept[chosen]).strip()).startswith(f"{CAUSED_BY} "):
        return f"{kept[at].strip()}: {cause.removeprefix(CAUSED_BY).strip()}"
    if not 0 < at < chosen or bare(kept[at]).strip() != CAUSED_BY:
        return ""
    error = kept[at - 1].strip()
    cause = " ".join(one.strip() for one in (re.sub(r"^\d+: ", "", bare(kept[chosen]).strip()), *_more(kept, chosen)))
    return error if cause.split("'")[0] in error else f"{error}: {cause}"


def _telling(lines: Sequence[str]) -> Iterator[str]:
    """The lines that may say why: no part of a stack, no advice, and of what npm says of an error the one line."""
    n, before = 0, ""
    while n < len(lines):
        block = _npm(lines[n:])
        if block:
            yield from _of_npm(block)
            n, before = n + len(block), ""
            continue
        line, said = lines[n], bare(lines[n])
        after = bare(lines[n + 1]) if n + 1 < len(lines) else ""
        framed = (
            (PYTHON_FRAME.match(before) and said.startswith(" "))
            or ADVICE.match(before)
            or (GO_FRAME.match(after) and said.endswith(")"))
            or (SHOWN_CODE.match(after) and said.strip())
        )
        if not framed and not _noise(line):
            yield line
        before = said or before
        n += 1


@functools.lru_cache(2048)
def _noise(line: str) -> bool:
    """Whether a line is a frame of a stack, code, advice or decoration."""
    every = forms(line)
    return any(map(NOISE.search, {*every})) or any(map(STACK.search, {*every[1:]}))


def _without_help(lines: Sequence[str]) -> Iterator[str]:
    """The lines without the help that a program shows of itself when it is called wrongly, or when it fails."""
    helps = False
    for line in lines:
        said = bare(line)
        helps = bool(USAGE.match(said)) or (helps and (not said.strip() or bool(HELP.match(said))))
        if not helps:
            yield line


def _npm(lines: Sequence[str]) -> list[str]:
    """The lines of npm's report that these begin with."""
    end = next((n for n, line in enumerate(lines) if not NPM.match(bare(line)) and bare(line).strip()), len(lines))
    block = [*lines[:end]]
    return block if block and NPM.match(bare(block[0])) else []


def _of_npm(block: Sequence[str]) -> list[str]:
    """What npm says first, or of a command that it has run, what that said last: the rest is advice."""
    said = [(line, NPM.sub("", bare(line))) for line in block]
    if any(NPM_SCRIPT.match(text) for _, text in said):
        return [line for line, text in said if re.match(r"\S+@\S* ", text)][:1]
    ran = any(re.match(r"command failed", text) for _, text in said)
    said = [one for one in said if not NPM_NOISE.search(one[1])]
    if not ran:
        return [line for line, _ in said[:1]]
    errors = [line for line, text in said if ERROR.search(text) and not NOISE.search(text) and not STACK.search(text)]
    return errors[-1:]
