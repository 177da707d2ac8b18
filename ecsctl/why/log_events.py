"""What a line of a log is before anyone reads its words: who showed it, at what level, and whether it is JSON.

An event in JSON may stand on several lines, or in several events of the log that a driver has cut it into.

The levels are those of zap, slog, logrus, Pino and Bunyan, log4j and Logback, Python's logging, Serilog, Monolog,
nginx, PostgreSQL and ECS's own fields in JSON; a level in a word counts only where a logger writes it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SHOWN_BY = re.compile(
    r"^(?:#\d+ (?=\d+\.\d+(?: |$)|ERROR))?(?:\d+\.\d+(?: |$))?"
    r"(?:\[[^\]]+\] WARNING: \[pool [^\]]+\] child \d+ said into std(?:err|out): \")?(?:\[\d+\] )?"
    r"(?:(?:\d\d:\d\d:\d\d )?[A-Za-z][\w.-]* +\| )?"
)
"""What BuildKit, PHP-FPM, Puma and Foreman put before a line that something else has written."""
LOGGED_BY = re.compile(
    r"^(?:(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,:]\d+)?(?:Z| ?[+-]\d\d:?\d\d| [A-Z]{3,4})?\]?\s){1,2}"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\[\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\] )?"
    r"(?:\[\d+\] )?(?:(?:ERROR|FATAL|WARN|INFO) +(?=\[))?(?:\[[\w.$/-]+\] )?(?:\([\w .-]+\) )?(?:<\d+\.\d+\.\d+> ?)?"
)
"""What a logger puts before its message: the time (twice where `docker logs` adds one), a level, its own name and the
thread's.
"""
ERROR = re.compile(
    r"^E: |error|exception|fatal|fail|denied|refused|cannot|can't|could ?n[o']t|unable|not found|no such|panic|invalid"
    r"|missing|abort|killed|time(?:d ?)?out|err!|unauthori[sz]ed|authentication required|no match"
    r"|too ?many ?requests|no space left"
    r"|not (?:permitted|allowed|supported)|mismatch|is already running|already in use|incompatible|you must"
    r"|requires \S+ (?:>=|version)|only supports? |do(?:es)? ?n[o']t exist|not compatible|\bERR_[A-Z]|out of range"
    r"|is not (?:an? |set\b|defined|installed|available|writable|readable|executable|running|recogni[sz]ed)"
    r"|must (?:be|have|set|specify|configure|provide) |is too (?:low|high|small|large|long|short|old|new)\b"
    r"|closed connection|connection (?:was )?(?:closed|reset|lost)|socket hang up|throttl|rate exceeded"
    r"|segmentation fault|core dumped|has no attribute|un(?:known (?!pid)|supported|expected|resolved)",
    re.IGNORECASE,
)
"""The words by which a line reports an error."""
QUIET = re.compile(
    r"^(?:\S+ ){0,4}\W?(?:INFO|DEBUG|TRACE|WARN(?:ING)?|INF|DBG|WRN|DEBU|TRAC)\b|^(?:info|warn(?:ing)?|dbug|trce): \w"
    r"|^\d{4}-\d\S+ (?:info|debug|verbose|notice|warn(?:ing)?): "
    r"|^.{0,40}\[(?:info|debug|notice|trace|warn(?:ing)?)\] |^[IW]\d{4} \d\d:\d\d:\d\d"
    r"|[\"']?\b(?:level|severity|lvl)[\"']?\s*[:=]\s*[\"']?(?:(?i:info|debug|trace|warn|notice)|[1-4]0\b)"
)
"""What a logger calls no error, in a word or, as Pino and Bunyan do, by a number below 50."""
LOUD = re.compile(
    r"^(?:\S+ ){0,4}\W?(?:FATAL|CRITICAL|EMERGENCY|PANIC|SEVERE|ERROR|FTL|PANI|FATA|ERRO)\b"
    r"|^.{0,40}\[(?i:emerg|alert|crit(?:ical)?|fatal|panic|error|severe)\] |^[EF]\d{4} \d\d:\d\d:\d\d"
    r"|\b(?:level|severity|lvl)[\"']?\s*[:=]\s*[\"']?(?:(?i:err|fatal|crit|panic|alert|emerg)|[56]0\b)"
)
"""What a logger calls an error, whatever its words are."""
LONG = 1000  # characters
WIDE = 200  # lines on which one event in JSON may stand
CUT_AT = (16384, 262118)
"""So many bytes has an event that goes on in the next: Docker's buffer (moby/moby, daemon/logger/copier.go), and what
awslogs writes at most (daemon/logger/awslogs/cloudwatchlogs.go).
"""
OPENS = re.compile(r"^.{0,80}?(?=\{(?:\s*\"|\s*$))")
"""What may stand before an event in JSON: a time, a level, a program's name."""
CHARACTERS = re.compile(r"<<((?:\d{1,3},\s*){7,}\d{1,3})>>")
"""How Erlang shows the bytes of a text of several lines."""
SHIPPED = ("container_id", "container_name", "source", "stream")
"""What FireLens and Docker's own driver put beside the "log" of an event that is one of the app's lines."""
LEVELS = ("level", "severity", "log.level", "levelname", "lvl", "@level", "@l", "loglevel", "log")
MESSAGES = ("msg", "message", "@message", "@m", "@mt", "event", "text")
ERRORS = ("error", "err", "exception", "cause", "error.message", "errormessage", "@x")
STACKS = ("stack", "stacktrace", "stack_trace", "exc_info", "error.stack_trace", "exception", "@x")
"""What loggers call these in JSON, in small letters."""
CUT_FIELD = r'"(?:{})"\s*:\s*"((?:[^"\\]|\\.)*)'
"""How a field begins in an event that was cut short, so that it is no JSON any more."""
LEVEL_WORD = re.compile(r"\b(?:ERROR|FATAL|error|fatal)\b")
QUIET_LEVEL = re.compile(r"info|debug|verbose|trace|notice|warn|[1-4]0$", re.IGNORECASE)
LOUD_LEVEL = re.compile(r"err|fatal|crit|panic|alert|emerg|severe|[56]0$", re.IGNORECASE)


class Level(IntEnum):
    """What a logger calls a line; PLAIN where none has."""

    QUIET = -1
    PLAIN = 0
    LOUD = 1


@functools.lru_cache(2048)
def level(line: str) -> Level:
    """The level of a line, by any logger's manner; one that goes on with what the line before it says has none."""
    if called := _text(_json(line), LEVELS):
        return Level.LOUD if LOUD_LEVEL.match(called) else Level.QUIET if QUIET_LEVEL.match(called) else Level.PLAIN
    line, said, message = forms(line)
    if QUIET.search(line) or QUIET.search(said):
        return Level.QUIET
    loud = (LOUD.search(line) or LOUD.search(said)) and message.strip() and not message.startswith(" ")
    return Level.LOUD if loud else Level.PLAIN


def bare(line: str) -> str:
    """A line without what another program has put before it."""
    return SHOWN_BY.sub("", line, count=1)


@functools.lru_cache(2048)
def forms(line: str) -> tuple[str, str, str]:
    """A line as it stands, without who showed it, and without what its logger wrote before the message.

    Of an event in JSON the last two are its message. Of a very long line only the beginning is read.
    """
    event = message_of(line)
    line = line[:LONG]
    said = event[:LONG] or bare(line)
    return line, said, LOGGED_BY.sub("", said, count=1)


@functools.lru_cache(2048)
def message_of(line: str) -> str:
    """The message of an event in JSON, with its error, whole or cut short; empty if the line is none or has neither."""
    opens = OPENS.match(line)
    if not opens or ERROR.search(
        LEVEL_WORD.sub("", opens[0])
    ):  # what stands before it says more than a time and a name
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
    """What is left of the first of these fields in an event that was cut short."""
    found = re.search(CUT_FIELD.format("|".join(map(re.escape, keys))), text)
    try:
        return str(json.loads(f'"{found[1]}"')) if found else ""
    except ValueError:
        return found[1] if found else ""


def _said(event: Mapping[str, Any]) -> str:
    """The message of an event, and the error that it names beside that."""
    message, error = _text(event, MESSAGES), _text(event, ERRORS)
    return message if error in message else f"{message}: {error}" if message else error


def split(entries: Iterable[str]) -> Iterator[str]:
    """The lines of a log's entries, without colours; an error in JSON as its message and the lines of its stack."""
    lines = [line.rstrip() for entry in _whole(entries) for line in _plain(entry).split("\n")]
    n = 0
    while n < len(lines):
        line, width = _event(lines, n)
        yield from _spread(line)
        n += width


def _whole(entries: Iterable[str]) -> Iterator[str]:
    """The entries, those that a driver has cut as one."""
    held = ""
    for entry in entries:
        held += entry
        if len(entry.encode()) not in CUT_AT:
            yield held
            held = ""
    if held:
        yield held


def _plain(entry: str) -> str:
    """An entry as the app wrote it, without colours, and with the first line of a text that Erlang shows as bytes."""
    event = _parsed(entry.strip()) if '"log"' in entry else {}
    if isinstance(event.get("log"), str) and any(key in event for key in SHIPPED):
        entry = event["log"].rstrip()
    return CHARACTERS.sub(lambda found: _text_of(found[1]), ANSI.sub("", entry))


def _text_of(codes: str) -> str:
    try:
        return bytes(map(int, codes.split(","))).decode().partition("\n")[0]
    except ValueError:
        return f"<<{codes}>>"


def _event(lines: Sequence[str], start: int) -> tuple[str, int]:
    """The line that begins there, or the event in JSON that begins in it, and on how many lines that stands."""
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
    """An error that is logged in JSON, as a text log has it: its message, then its stack.

    Its level is put before a message that does not sound like an error.
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
    """The event that a line is in JSON, its keys in small letters; empty if it is none with a level."""
    opens = OPENS.match(line)
    event = {key.lower(): value for key, value in _parsed(line[opens.end() :]).items()} if opens else {}
    return event if any(key in event for key in LEVELS) else {}


def _parsed(text: str) -> Mapping[str, Any]:
    """The object that a text is in JSON; empty if it is none."""
    if not text.endswith("}"):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(event: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The first of these fields that says something, or of a field with fields of its own the one that does."""
    for key in keys:
        value = event.get(key)
        if isinstance(value, Mapping):
            value = next((value[one] for one in ("message", "msg", "level") if isinstance(value.get(one), str)), None)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
