"""Which line of a log says why something failed, and not only where, or that it did.

Every language shows the stack in its own manner, and many programs end with a word about an error that they logged
before. A name in a stack that sounds like an error (`standard_exception_handling`) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

ERROR = re.compile(
    r"^E: |error|exception|fatal|fail|denied|refused|cannot|can't|could ?n[o']t|unable|not found|no such|panic|invalid"
    r"|missing|abort|killed|time(?:d ?)?out|err!|unauthori[sz]ed|too ?many ?requests|no space left|no match"
    r"|not (?:permitted|allowed|supported)|mismatch|is already running|already in use|incompatible|you must"
    r"|requires \S+ (?:>=|version)|only supports? ",
    re.IGNORECASE,
)
SHOWN_BY = re.compile(
    r"^(?:#\d+ (?=\d+\.\d+(?: |$)|ERROR))?(?:\d+\.\d+(?: |$))?"
    r"(?:\[[^\]]+\] WARNING: \[pool [^\]]+\] child \d+ said into std(?:err|out): \")?(?:\[\d+\] )?"
)
"""What BuildKit, PHP-FPM and Puma put before a line that something else has written."""
NOISE = re.compile(
    r"^\[Container\]|^\s*$|^make(\[\d+\])?: \*\*\*|^Makefile:\d+: recipe|^(error |info )?(command failed|visit https://)"
    r"|^-{3,}(?! no \w+ application)|^={3,}$|^\[pid: \d+\|app: |^# ?$|^# An error report file|^# \S+\.log$"
    r"|^>? ?\d+ \||^\(Background on this error at: |^\[(?:SQL|parameters): "
    r"|^\s*For (?:more|verbose|further|additional) \w+|ELB-HealthChecker/|^[\]})\s;,]+$|^Emitted 'error' event on "
    r"|^\s*https?://\S+$"
    r"|^\[ERROR\]\s*(?:$|\[Help \d|-> \[Help|To see the full stack|Re-run Maven|For more |After corr)",
    re.IGNORECASE,
)
STACK = re.compile(
    r"^\s+at |^\s*\.\.\. \d+ more$|^\s*--- End of "  # JavaScript, Java and .NET
    r"|^\s*File \"[^\"]+\", line \d+|^\s*[~^]+\s*$"  # Python
    r"|:\d+:in [`'][^`']+'$"  # Ruby; its first line goes on with what is wrong
    r"|^#\d+ (?:\{main\}|\[internal function\]|\S+\.php\(\d+\): )|^\s+thrown in "  # PHP
    r"|^Stack trace:|^\[stacktrace\]|^\s*(?:\S\s+)?\d+\u2595|^\s+\+?\d+\s+(?:vendor frames?|\S+\.php:\d+)"
    r"|^\s*\(\w+ \d[\w.-]*\) \S+\.(?:exs?|erl):\d+|^\s*'__\w+__' => "  # Elixir
    r"|^\s+\S+\.go:\d+|^\S+\.go:\d+(?: \+0x[0-9a-f]+)?$|^\s+\S+\.[cs]:\d+ \+0x|^goroutine \d+ \["  # Go
    r"|^\s+\d+:\s+0x[0-9a-f]+ - |^\s+\d+: (?:<?\w+(?:<.*>)?::)+\S+$"  # Rust
    r"|^\s+\[?(?:code|errno|syscall|severity|detail|hint|position|where|file|line|routine|length|requireStack|address"
    r"|port|digest|fatal|sqlState)\]?: "  # what Node shows of an error's properties
    r"|^\s+(?!(?i:message|msg|error|err|reason|cause)\b)\w+: (?:undefined|null|true|false|\d+|'[^' ]*'),?$"
)
GO_FRAME = re.compile(r"^\s+\S+\.go:\d+|^\S+\.go:\d+(?: \+0x[0-9a-f]+)?$|^\s+\S+\.[cs]:\d+ \+0x")
"""Go's own frames; the second is one whose tab is lost."""
PYTHON_FRAME = re.compile(r"^\s*File \"[^\"]+\", line \d+")
SHOWN_CODE = re.compile(r"^\s*[~^]+\s*$")
"""What Python, Ruby and Node show beneath the code that failed."""
ADVICE = re.compile(r"^Action:$")
"""Spring Boot's heading over what one may do."""
REASON = re.compile(r"^Reason: |^\s+.*\[type=\w+, input_")
"""How Spring Boot goes on, a line further, with what it has described, and Pydantic with the field that it names."""
LEVEL = re.compile(
    r"^(?:\S+ ){0,4}\W?(?:INFO|DEBUG|TRACE|WARN(?:ING)?)\b|^(?:info|warn(?:ing)?|dbug|trce): \w"
    r"|[\"']?\b(?:level|severity|lvl)[\"']?\s*[:=]\s*[\"']?(?:(?i:info|debug|trace|warn|notice)|[1-4]0\b)"
)
"""What a logger calls no error, in a word or, as Pino and Bunyan do, by a number below 50."""
FAREWELL = re.compile(
    r"Cannot perform an interactive login from a non TTY device|write: broken pipe$"  # the second command of a pipe
    r"|Worker failed to boot|Worker \(pid:\d+\) (?:exited|was sent)|Shutting down: Master"  # Gunicorn
    r"|^(?:\S*rails|rake) aborted!|this and all later migrations canceled|Exiting due to an error"
    r"|^Runtime terminating during boot|init terminating in do_boot|Kernel pid terminated|Crash dump is being written"
    r"|^exited: \S+ \(exit status|ELIFECYCLE|Lifecycle script|Application startup failed\. Exiting|^Exiting\W*$"
    r"|^(?:s6-rc|prog|\S+/rc\.init): (?:warning|fatal): |AH00015: Unable to open logs|^no listening sockets available"
    r"|^unable to load app \d+ \(mountpoint=|^\*{3} no app loaded|^-{3} no \w+ application found"  # uWSGI
    r"|^The exception occurred while attempting to log|CalledProcessError: Command .+ returned non-zero exit status"
    r"|^(?:Error: )?> (?:Build|Export) (?:error|failed|encountered)|^Failed to compile\.?$"
    r"|^Error occurred prerendering page"  # Next.js
    r"|^\s*Failed to restore \S+ \(in "  # Monolog, Python and NuGet
    r"|^BUILD FAILED in |^FAILURE: Build failed with|^error: could not compile `"  # Gradle and Cargo
)
"""What only says that something has failed, after the line that says what."""
ENDED = re.compile(r"^BUILD FAILED in ")
"""After it Gradle says no more about the failure."""
CAUSED_BY = "Caused by:"
"""What Rust and Cargo head the causes of an error with, which they indent."""
NPM = re.compile(r"^npm (?:ERR!|error)\s?")
NPM_NOISE = re.compile(
    r"^\s*$|^(?:code|errno|path|syscall|dest|command(?! failed))\b|^failed at the|^this is probably|^exit status"
    r"|complete log of this|_logs/|^gyp (?:info|verb|http)|^An unknown git error"
    r"|^(?:Clean install a project|Usage:|Options:|aliases:|Run \"npm help|\[-|npm \w+$)",
    re.IGNORECASE,
)


def last_error(lines: Sequence[str]) -> str:
    """The last line of a log that reports an error, else the last line that says anything; empty if none does."""
    kept = [*_telling([line.rstrip() for entry in lines for line in entry.split("\n")])]
    ends = [n for n, line in enumerate(kept) if ENDED.match(_bare(line))]
    kept = kept[: ends[-1]] if ends and ends[-1] else kept
    errors = [n for n, line in enumerate(kept) if ERROR.search(line) or ERROR.search(_bare(line))]
    own = [n for n in errors if not FAREWELL.search(_bare(kept[n]))]
    loud = [n for n in own if not LEVEL.search(kept[n]) and not LEVEL.search(_bare(kept[n]))]
    plain = [n for n, line in enumerate(kept) if not FAREWELL.search(_bare(line))]
    chosen = next(iter([*loud[-1:], *own[-1:], *errors[-1:], *plain[-1:], *range(len(kept))[-1:]]), None)
    if chosen is None:
        return ""
    if head := _headed(kept, chosen):
        return head
    more = kept[chosen + 1 : chosen + 2] if kept[chosen].endswith(":") else []
    before = kept[chosen - 1 : chosen] if chosen and REASON.match(kept[chosen]) else []
    return " ".join(line.strip() for line in (*before, kept[chosen], *more))


def _headed(kept: Sequence[str], chosen: int) -> str:
    """An error with its cause, of which the line is one; empty if it is none."""
    at = chosen
    while at and _bare(kept[at]).startswith(" "):
        at -= 1
    if not 0 < at < chosen or _bare(kept[at]).strip() != CAUSED_BY:
        return ""
    error, cause = kept[at - 1].strip(), re.sub(r"^\d+: ", "", _bare(kept[chosen]).strip())
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
        line, bare = lines[n], _bare(lines[n])
        after = lines[n + 1] if n + 1 < len(lines) else ""
        framed = (
            (PYTHON_FRAME.match(before) and bare.startswith(" "))
            or ADVICE.match(before)
            or (GO_FRAME.match(after) and bare.endswith(")"))
            or (SHOWN_CODE.match(after) and bare.strip())
        )
        if not framed and not NOISE.search(line) and not NOISE.search(bare) and not STACK.search(bare):
            yield line
        before = bare or before
        n += 1


def _bare(line: str) -> str:
    return SHOWN_BY.sub("", line, count=1)


def _npm(lines: Sequence[str]) -> list[str]:
    """The lines of npm's report that these begin with."""
    end = next((n for n, line in enumerate(lines) if not NPM.match(_bare(line)) and _bare(line).strip()), len(lines))
    block = [*lines[:end]]
    return block if block and NPM.match(_bare(block[0])) else []


def _of_npm(block: Sequence[str]) -> list[str]:
    """What npm says first, or of a command that it has run, what that said last: the rest is advice."""
    said = [(line, NPM.sub("", _bare(line))) for line in block]
    ran = any(re.match(r"command failed", text) for _, text in said)
    said = [one for one in said if not NPM_NOISE.search(one[1])]
    if not ran:
        return [line for line, _ in said[:1]]
    errors = [line for line, text in said if ERROR.search(text) and not NOISE.search(text) and not STACK.search(text)]
    return errors[-1:]
