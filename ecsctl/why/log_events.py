"""Parses log lines: what printed a line, its level, and records in JSON.

A record in JSON may span several lines, or several log events if the log driver split it.

The levels are those of zap, slog, logrus, Pino and Bunyan, log4j and Logback, Python's logging, Serilog, Monolog,
nginx, PostgreSQL and Elastic Common Schema. A level's name counts only where a logger writes it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any

from ecsctl.why.log_prefixes import without_prefixes

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SHOWN_BY = re.compile(
    r"^(?:#\d+ (?=\d+\.\d+(?: |$)|ERROR))?(?:\d+\.\d+(?: |$))?"
    r"(?:\[[^\]]+\] WARNING: \[pool [^\]]+\] child \d+ said into std(?:err|out): \")?(?:\[\d+\] )?"
    r"(?:(?:\d\d:\d\d:\d\d )?[A-Za-z][\w.-]* +\| )?"
)
"""Prefixes that BuildKit, PHP-FPM, Puma and Foreman add to another program's output."""
LOGGED_BY = re.compile(
    r"^(?:(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,:]\d+)?(?:Z| ?[+-]\d\d:?\d\d| [A-Z]{3,4})?\]?\s){1,2}"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\[\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\] )?"
    r"(?:\[\d+\] )?(?:(?:ERROR|FATAL|WARN|INFO) +(?=\[))?(?:\[[\w.$/-]+\] )?(?:\([\w .-]+\) )?(?:<\d+\.\d+\.\d+> ?)?"
)
"""A logger's prefix: the time (twice if `docker logs -t` adds one), level, logger and thread.
"""
ERROR = re.compile(
    r"^E: |(?<!_)error(?!\.log\b)|_error(?!_)"
    r"|exception|fatal|fail|denied|refused|cannot|can't|could ?n[o']t|unable|not found|no such|panic|invalid"
    r"|missing|abort|killed|time(?:d ?)?out|err!|unauthori[sz]ed|authentication required|no match"
    r"|too ?many ?requests|no space left"
    r"|not (?:permitted|allowed|supported)|mismatch|is already running|already in use|incompatible|you must"
    r"|requires \S+ (?:>=|version)|only supports? |do(?:es)? ?n[o']t exist|not compatible|\bERR_[A-Z]|out of range"
    r"|is not (?:an? |set\b|defined|installed|available|writable|readable|executable|running|recogni[sz]ed)"
    r"|must (?:be|have|set|specify|configure|provide) |is too (?:low|high|small|large|long|short|old|new)\b"
    r"|closed connection|connection (?:was )?(?:closed|reset|lost)|socket hang up|throttl|rate exceeded"
    r"|segmentation fault|core dumped|has no attribute|un(?:known (?!pid)|supported|expected|resolved)"
    r"|\bnot \w+ successfully|SQLSTATE\[(?!00)",
    re.IGNORECASE,
)
"""Words that report an error."""
QUIET = re.compile(
    r"^(?:\S+ ){0,4}\W?(?:INFO|DEBUG|TRACE|WARN(?:ING)?|INF|DBG|WRN|DEBU|TRAC)\b|^(?:info|warn(?:ing)?|dbug|trce): \w"
    r"|^\d{4}-\d\S+ (?:info|debug|verbose|notice|warn(?:ing)?): "
    r"|^.{0,40}\[(?:info|debug|notice|trace|warn(?:ing)?)\] |^[IW]\d{4} \d\d:\d\d:\d\d"
    r"|^\[Nest\] \d+ +- .{0,40}? (?:LOG|WARN|DEBUG|VERBOSE) |^.{0,50}\[\d+\] LOG:  "
    r"|[\"']?\b(?:level|severity|lvl)[\"']?\s*[:=]\s*[\"']?(?:(?i:info|debug|trace|warn|notice)|[1-4]0\b)"
)
"""Levels below error, as a word or as a number below 50 (Pino, Bunyan); LOG is that of NestJS and PostgreSQL."""
NO_ERRORS = re.compile(
    r"\b(?:no|0|without(?: any)?) (?:errors?|failures?|failed|exceptions?)\b"
    r"|\b(?:error|exception) (?:handl(?:er|ing)|report(?:er|ing)|tracking|pages?|middleware|boundary|logs?)\b"
    r"|\b(?:errors?|failed|failures?)[\"']?[=:] ?(?:0|null|none|false|\[\])(?![\w.])",
    re.IGNORECASE,
)
"""Words of an error in a line that says that there is none, or what handles one."""
ASPNET = re.compile(r"^(trce|dbug|info|warn): \S+\[\d+\]$")
"""The first line of an event of .NET's console logger, below error; its message follows, indented."""
LOUD = re.compile(
    r"^(?:\S+ ){0,4}\W?(?:FATAL|CRITICAL|EMERGENCY|PANIC|SEVERE|ERROR|FTL|PANI|FATA|ERRO)\b"
    r"|^.{0,40}\[(?i:emerg|alert|crit(?:ical)?|fatal|panic|error|severe)\] |^[EF]\d{4} \d\d:\d\d:\d\d"
    r"|\b(?:level|severity|lvl)[\"']?\s*[:=]\s*[\"']?(?:(?i:err|fatal|crit|panic|alert|emerg)|[56]0\b)"
)
"""Levels of error and above."""
LONG = 1000  # characters
WIDE = 200  # lines that one record in JSON may span
CUT_AT = (16384, 262118)
"""Sizes in bytes of an event that continues in the next one: Docker's buffer (moby/moby, daemon/logger/copier.go), and
the maximum of awslogs (daemon/logger/awslogs/cloudwatchlogs.go).
"""
OPENS = re.compile(r"^.{0,80}?(?=\{(?:\s*\"|\s*$))")
"""Text before a record in JSON: a time, a level, a program's name."""
CHARACTERS = re.compile(r"<<((?:\d{1,3},\s*){7,}\d{1,3})>>")
"""A multi-line text, printed by Erlang as bytes."""
SHIPPED = ("container_id", "container_name", "source", "stream")
"""Fields that FireLens and Docker's json-file driver add to "log", which holds the app's line."""
LEVELS = ("level", "severity", "log.level", "levelname", "lvl", "@level", "@l", "loglevel", "log")
MESSAGES = ("msg", "message", "@message", "@m", "@mt", "event", "text")
ERRORS = ("error", "err", "exception", "cause", "error.message", "errormessage", "@x")
STACKS = ("stack", "stacktrace", "stack_trace", "exc_info", "error.stack_trace", "exception", "@x")
"""The names of these fields in JSON, in lower case."""
CUT_FIELD = r'"(?:{})"\s*:\s*"((?:[^"\\]|\\.)*)'
"""A field of a truncated record, which is not valid JSON any more."""
LEVEL_WORD = re.compile(r"\b(?:ERROR|FATAL|error|fatal)\b")
QUIET_LEVEL = re.compile(r"info|debug|verbose|trace|notice|warn|[1-4]0$", re.IGNORECASE)
LOUD_LEVEL = re.compile(r"err|fatal|crit|panic|alert|emerg|severe|[56]0$", re.IGNORECASE)


class Level(IntEnum):
    """The level of a line; PLAIN if it has none."""

    QUIET = -1
    PLAIN = 0
    LOUD = 1


@functools.lru_cache(2048)
def level(line: str) -> Level:
    """Return the level of a line in any logger's format. A continuation line has none."""
    if called := _text(_json(line), LEVELS):
        return Level.LOUD if LOUD_LEVEL.match(called) else Level.QUIET if QUIET_LEVEL.match(called) else Level.PLAIN
    line, said, message = forms(line)
    if QUIET.search(line) or QUIET.search(said):
        return Level.QUIET
    loud = (LOUD.search(line) or LOUD.search(said)) and message.strip() and not message.startswith(" ")
    return Level.LOUD if loud else Level.PLAIN


def has_error(text: str) -> bool:
    """Whether a text has a word of an error, and does not say that there is none."""
    return bool(ERROR.search(NO_ERRORS.sub("", text)))


def bare(line: str) -> str:
    """Return a line without the prefix of the program that printed it."""
    return SHOWN_BY.sub("", line, count=1)


@functools.lru_cache(2048)
def forms(line: str) -> tuple[str, str, str]:
    """Return a line as it is, without the printing program's prefix, and without the logger's prefix as well.

    For a record in JSON the last two are its message. Long lines are truncated to LONG characters.
    """
    event = message_of(line)
    line = line[:LONG]
    said = event[:LONG] or bare(line)
    return line, said, LOGGED_BY.sub("", said, count=1)


@functools.lru_cache(2048)
def message_of(line: str) -> str:
    """Return message and error of a record in JSON, even a truncated one; empty if the line has neither."""
    opens = OPENS.match(line)
    if not opens or ERROR.search(LEVEL_WORD.sub("", opens[0])):  # the text before it is more than a time and a name
        return ""
    text = line[opens.end() :]
    if event := {key.lower(): value for key, value in _parsed(text).items()}:
        return _said(event)
    return (
        ""
        if text.endswith("}")
        else _said({key: _cut(text, keys) for key, keys in (("msg", MESSAGES), ("err", ERRORS))})
    )


def _cut(text: str, keys: tuple[str, ...]) -> str:
    """Return what is left of the first of these fields in a truncated record."""
    found = re.search(CUT_FIELD.format("|".join(map(re.escape, keys))), text)
    try:
        return str(json.loads(f'"{found[1]}"')) if found else ""
    except ValueError:
        return found[1] if found else ""


def _said(event: Mapping[str, Any]) -> str:
    """Return the message of a record, with its error field."""
    message, error = _text(event, MESSAGES), _text(event, ERRORS)
    return message if error in message else f"{message}: {error}" if message else error


def split(entries: Iterable[str]) -> Iterator[str]:
    """Split log entries into lines without colours; an error in JSON becomes its message and its stack."""
    raw = without_prefixes([line.rstrip() for entry in _whole(entries) for line in _plain(entry).split("\n")])
    lines = without_prefixes([line.rstrip() for one in raw for line in _unpacked(one).split("\n")])
    n, below = 0, ""
    while n < len(lines):
        line, width = _event(lines, n)
        below = head[1] if (head := ASPNET.match(line)) else below if line.startswith("      ") else ""
        yield from _spread(f"{below}: {line.strip()}" if below and not head else line)
        n += width


def _whole(entries: Iterable[str]) -> Iterator[str]:
    """Join the entries that a log driver has split."""
    held = ""
    for entry in entries:
        held += entry
        if len(entry.encode()) not in CUT_AT:
            yield held
            held = ""
    if held:
        yield held


def _plain(entry: str) -> str:
    """Return an entry without colours, and bytes printed by Erlang as text."""
    return CHARACTERS.sub(lambda found: _text_of(found[1]), ANSI.sub("", _unpacked(entry)))


def _unpacked(entry: str) -> str:
    """Return what the app wrote, if a log driver has put it into a field of JSON."""
    event = _parsed(entry.strip()) if '"log"' in entry else {}
    packed = isinstance(event.get("log"), str) and any(key in event for key in SHIPPED)
    return ANSI.sub("", event["log"].rstrip()) if packed else entry


def _text_of(codes: str) -> str:
    try:
        return bytes(map(int, codes.split(","))).decode().partition("\n")[0]
    except ValueError:
        return f"<<{codes}>>"


def _event(lines: Sequence[str], start: int) -> tuple[str, int]:
    """Return the line at `start`, or the record in JSON that begins in it, and the number of lines that it spans."""
    opens = OPENS.match(lines[start])
    if not opens or _parsed(lines[start][opens.end() :]):
        return lines[start], 1
    text = lines[start][opens.end() :]
    for width, line in enumerate(lines[start + 1 : start + WIDE], 2):
        text += line
        if line.endswith("}") and _parsed(text):
            return opens[0] + text, width
    return lines[start], 1


def _spread(line: str) -> Iterator[str]:
    """Convert an error in JSON to the lines of a text log: its message, then its stack.

    The level is put in front of a message without a word of an error.
    """
    event = _json(line)
    called = _text(event, LEVELS)
    if not LOUD_LEVEL.match(called):
        yield line
        return
    error, said = _text(event, ERRORS), _said(event)
    if not said:
        yield line
        return
    nested: Mapping[str, Any] = next((event[key] for key in ERRORS if isinstance(event.get(key), Mapping)), {})
    stack = _text(event, STACKS) or _text(nested, STACKS)
    if not ERROR.search(f"{said}\n{stack}"):
        said = f"{'ERROR' if called.isdigit() else called.upper()} {said}"
    yield from (one.rstrip() for one in said.split("\n"))
    if stack and stack != error:
        yield from (one.rstrip() for one in stack.split("\n"))


def _json(line: str) -> Mapping[str, Any]:
    """Parse a line as a record in JSON, with keys in lower case; empty if it is none or has no level."""
    opens = OPENS.match(line)
    event = {key.lower(): value for key, value in _parsed(line[opens.end() :]).items()} if opens else {}
    return event if any(key in event for key in LEVELS) else {}


def _parsed(text: str) -> Mapping[str, Any]:
    """Parse a JSON object; empty if the text is none."""
    if not text.endswith("}"):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(event: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """Return the first non-empty one of these fields; of a nested object its message."""
    for key in keys:
        value = event.get(key)
        if isinstance(value, Mapping):
            value = next((value[one] for one in ("message", "msg", "level") if isinstance(value.get(one), str)), None)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
