"""Chooses the line of a log that says why a program failed.

Colours and prefixes are ignored (log_events). Stack frames, code and advice are dropped, and all but one line of npm's
report. A panic of a Rust program's main thread wins, since later lines are not its own. Otherwise the last line that
reports an error counts; lines that only say that something failed, or whose level is below error, count if there is
nothing better. The name or code of an error is quoted with the line after it, and an error with its detail.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence

from ecsctl.why import log_patterns
from ecsctl.why.log_events import ERROR, Level, bare, forms, has_error, level, message_of, split
from ecsctl.why.log_patterns import joined

NOISE = joined(log_patterns.NOISE, re.IGNORECASE)
STACK = joined(log_patterns.STACK)
GO_FRAME = re.compile(r"^\s+\S+\.go:\d+|^\S+\.go:\d+(?: \+0x[0-9a-f]+)?$|^\s+\S+\.[cs]:\d+ \+0x")
"""Stack frames of Go; the second form has lost its tab."""
PYTHON_FRAME = re.compile(r"^\s*File \"[^\"]+\", line \d+")
SHOWN_CODE = re.compile(r"^\s*[~^]+\s*$")
"""Markers that Python, Ruby and Node print below the code that failed."""
IGNORED = re.compile(r"^Exception ignored (?:in|on|while)\b")
TRACEBACK = re.compile(r"^Traceback \(most recent call last\):$")
USAGE = re.compile(r"^Usage:(?: |$)")
HELP = re.compile(r"^\s+\S|^[A-Z][\w ]*:$|^Use \"")
"""The beginning and the following lines of a usage message of Cobra, Click and others."""
ADVISES = re.compile(
    r"^\W*(?:Run|Try|Use|Please|Make sure|Ensure|Check|Verify|Consider|See|Did you|Have you"
    r"|(?:You|We) (?:can|could|may|might|should)|To (?:fix|resolve|solve|see|enable|allow|install|update|avoid)) "
)
"""An advice in a sentence."""
ADVICE = re.compile(r"^Action:$")
"""Spring Boot's heading of its advice."""
REASON = re.compile(r"^Reason: |^\s+.*(?:\[type=\w+, input_|\(type=\w+)")
"""The line that continues a description of Spring Boot, or a field of Pydantic."""
FAREWELL = joined(log_patterns.FAREWELL)
EXITED = joined(log_patterns.EXITED, re.IGNORECASE)
HEADING = re.compile(
    r"^\W*(?:(?:fatal |critical |internal )?error\b[:!]?\s*)?(?:[\w.:\\]*(?:Error|Exception)|[A-Z]{1,6}[-_]?\d{2,6}"
    r"|\[\d+\] [\w ]+ failed)?:?\W*$",
    re.IGNORECASE,
)
"""The name or code of an error, alone in its line."""
REMARK = re.compile(r"^\W*+(?:error: )?(?:[a-z]++[.!]*+(?: -)?+ ?+){1,5}$", re.IGNORECASE)
"""A few plain words without a file, variable, version or host. Possessive, or a long word would take minutes."""
UNFETCHED = re.compile(r"^(?:W: Failed to fetch|WARNING: (?:updating and )?(?:opening|Ignoring) \S+: )")
UNLISTED = re.compile(
    r"^(?:E: (?:Unable to locate package|Package \S+ has no)|.* \((?:no such package|missing)\):"
    r"|ERROR: un(?:able to s|satisfiable c))"
)
"""An index that apt or apk could not fetch, and then packages that are in no index."""
ITEM = re.compile(r"^\s*[-*\u2022] ")
"""An item of a list whose heading ends with a colon."""
DETAIL = re.compile(r"^\s*(?:(?:DETAIL|Details?|Cause|Message):|what\(\):) +")
"""The detail of an error, as PostgreSQL, C++ and color_eyre print it."""
PANIC = re.compile(r"^\s*thread 'main'(?: \(\d+\))? panicked at ")
"""The panic that ends a Rust program or a build script of Cargo."""
NEAR = 50  # last lines that may say why: the program has survived what it reported earlier
ROUTINE = 5
"""The rank of a line that its logger does not call an error, and that has no word of one."""
EVENT = 4  # lines quoted at most, the first one included
ENDED = re.compile(r"^BUILD FAILED in ")
"""The last line of Gradle about a failure."""
CAUSED_BY = "Caused by:"
"""The heading of an error's causes in Rust, Cargo and uv; the causes are indented."""
NPM = re.compile(r"^npm (?:ERR!|error)\s?")
NPM_SCRIPT = re.compile(r"code ELIFECYCLE|failed at the \S+ \S+ script|Lifecycle script", re.IGNORECASE)
"""npm's report that a script failed: the reason is in the script's own output."""
NPM_NOISE = re.compile(
    r"^\s*$|^(?:code|errno|path|syscall|dest|argv|command(?! failed))\b|^failed at the|^this is probably|^exit status"
    r"|^(?:Linux|Darwin|Windows_NT) \d|^(?:node|npm) +v\d"
    r"|complete log of this|_logs/|^gyp (?:info|verb|http)|^An unknown git error"
    r"|^(?:Clean install a project|Usage:|Options:|aliases:|Run \"npm help|\[-|npm \w+$)",
    re.IGNORECASE,
)


def last_error(lines: Sequence[str]) -> str:
    """Return the line that says why, else the last line that is not noise; empty if there is none."""
    every = [*split(lines)]
    kept = _of_its_own([*_telling([*_without_help([*_without_ignored(every)] or every)])])[-NEAR:]
    kept = [line for line in kept if rank(line) != ROUTINE] or kept
    chosen = _chosen(kept)
    if chosen is None:
        return ""
    if head := _headed(kept, chosen):
        return head
    before = kept[chosen - 1 : chosen] if chosen and REASON.match(kept[chosen]) else []
    shown = (*before, kept[chosen], *_more(kept, chosen))
    return " ".join(message_of(line).split("\n")[0] or line.strip() for line in shown)


def _chosen(kept: Sequence[str]) -> int | None:
    """Return the index of the line that says why: the last one of the best kind; None if there are no lines."""
    if panics := [n for n, line in enumerate(kept) if PANIC.match(bare(line))]:
        return panics[-1]
    best: dict[int, int] = {}
    for n in range(len(kept) - 1, -1, -1):
        best.setdefault(rank(kept[n]), n)
        if 0 in best:
            break
    return _named(kept, best[min(best)]) if best else None


def _named(kept: Sequence[str], chosen: int) -> int:
    """Replace an item of a list by its heading, and a few plain words by the more specific error before them.

    A missing package is replaced by the index that could not be fetched.
    """
    before = chosen - 1
    if UNLISTED.match(bare(kept[chosen])):
        return next((n for n in range(before, -1, -1) if UNFETCHED.match(bare(kept[n]))), chosen)
    if ITEM.match(bare(kept[chosen])):
        while before > 0 and ITEM.match(bare(kept[before])):
            before -= 1
        return before if before >= 0 and kept[before].endswith(":") and rank(kept[before]) == 0 else chosen
    if not REMARK.match(forms(kept[chosen])[2]):
        return chosen
    while before > 0 and rank(kept[before]) in (1, 2, 4):  # these lines say nothing about the error
        before -= 1
    named = before >= 0 and rank(kept[before]) == 0 and not REMARK.match(forms(kept[before])[2])
    return before if named else chosen


def rank(line: str) -> int:
    """Rank a line: 0 error, 1 error at a lower level, 2 farewell or advice with an error, 3 no error, 4 other farewell,
    5 no error, and its logger says so.
    """
    farewell, quiet = _is_farewell(line), level(line) == Level.QUIET
    if _has_error(line):
        return 2 if farewell or ADVISES.match(forms(line)[2]) else int(quiet)
    return 4 if farewell else ROUTINE if quiet else 3


def _has_error(line: str) -> bool:
    """Whether a line reports an error, by its level or its words."""
    _, said, message = forms(line)
    if message != said and message.startswith(" "):  # a logger's line that goes on with the one before it
        return has_error(message)
    return level(line) == Level.LOUD or has_error(message if message.strip() else said)


def _is_farewell(line: str) -> bool:
    """Whether a line only says that something failed."""
    return any(FAREWELL.search(form) or EXITED.search(form) for form in {*forms(line)[1:]})


def _of_its_own(kept: list[str]) -> list[str]:
    """Return the lines up to the end of Gradle's report."""
    ends = [n for n, line in enumerate(kept) if ENDED.match(bare(line))]
    return kept[: ends[-1]] if ends and ends[-1] else kept


def _more(kept: Sequence[str], chosen: int) -> list[str]:
    """Return the lines that continue the chosen one: the text below a heading, or the detail of an error."""
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
    """Return an error together with its cause if the line is a cause; empty otherwise."""
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
    """Drop stack frames and advice, and all but one line of npm's report."""
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
            _is_code(said, before)
            or ADVICE.match(before)
            or (GO_FRAME.match(after) and said.endswith(")"))
            or (SHOWN_CODE.match(after) and said.strip())
        )
        if not framed and not _is_noise(line):
            yield line
        before = said or before
        n += 1


def _is_code(said: str, before: str) -> bool:
    """Whether a line is the code of the frame of Python before it: it is indented more, if the log has kept that."""
    if not (frame := PYTHON_FRAME.match(before)):
        return False
    return _indent(said) > _indent(before) or (not _indent(before) and not frame[0].startswith('File "<'))


@functools.lru_cache(2048)
def _is_noise(line: str) -> bool:
    """Whether a line is a frame of a stack, code, advice or decoration."""
    every = {*forms(line)[1:]}
    return any(map(NOISE.search, every)) or any(map(STACK.search, every))


def _without_ignored(lines: Sequence[str]) -> Iterator[str]:
    """Drop the exceptions that Python ignores while it ends, each with its stack."""
    ignored = False
    for line in lines:
        said = bare(line)
        if IGNORED.match(said):
            ignored = True
        elif not ignored:
            yield line
        elif said.strip() and not said.startswith(" ") and not TRACEBACK.match(said):  # the exception, after its stack
            ignored = False


def _without_help(lines: Sequence[str]) -> Iterator[str]:
    """Drop usage messages, which programs print when they are called wrongly or fail."""
    helps = False
    for line in lines:
        said = bare(line)
        helps = bool(USAGE.match(said)) or (helps and (not said.strip() or bool(HELP.match(said))))
        if not helps:
            yield line


def _npm(lines: Sequence[str]) -> list[str]:
    """Return the lines of npm's report at the beginning of these lines."""
    end = next((n for n, line in enumerate(lines) if not NPM.match(bare(line)) and bare(line).strip()), len(lines))
    block = [*lines[:end]]
    return block if block and NPM.match(bare(block[0])) else []


def _of_npm(block: Sequence[str]) -> list[str]:
    """Return npm's first line, or the last error of a command that it ran. The rest is advice."""
    said = [(line, NPM.sub("", bare(line))) for line in block]
    if any(NPM_SCRIPT.match(text) for _, text in said):
        return [line for line, text in said if re.match(r"\S+@\S* ", text)][:1]
    ran = any(re.match(r"command failed", text) for _, text in said)
    said = [one for one in said if not NPM_NOISE.search(one[1])]
    if not ran:
        vague = len(said) > 1 and REMARK.match(said[0][1]) and said[0][1].split(" ")[0] == said[1][1].split(" ")[0]
        return [line for line, _ in said[int(bool(vague)) :][:1]]
    errors = [line for line, text in said if ERROR.search(text) and not NOISE.search(text) and not STACK.search(text)]
    return errors[-1:]
