"""Single messages, and the questions. All on stderr."""

from __future__ import annotations

import getpass
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.text import Text

from ecsctl.errors import AccessError, Interrupted, Refused, UsageError
from ecsctl.ui.console import is_interactive, stderr_console, still, write
from ecsctl.ui.copied import copied
from ecsctl.ui.safe import plain


def say(text: str) -> None:
    """Print one message to stderr."""
    write(plain(copied(text)))


def warning(text: str) -> None:
    """One line about something that is allowed but most likely unintended."""
    write(plain(copied(text)), label=Text("warning: ", style="bold yellow"))


def hint(text: str) -> None:
    """One line that says what may help."""
    write(plain(copied(text)), label=Text("hint: ", style="bold cyan"))


def next_step(command: str, what: str = "") -> None:
    """One line with the command that a person most likely needs next, and what it does."""
    label = Text("next: ", style="dim")
    if what:
        write(plain(copied(f"{command} {what}"), "bold"), label=label)
    else:
        stderr_console().print(Text.assemble(label, plain(copied(command), "bold")), soft_wrap=True)


def heading(account: str, region: str, caller: str, app: str) -> None:
    """One line before anything changes: which app, where, and as whom."""
    words = (plain(app, "bold"), " in ", plain(region), " of account ", plain(account), ", as ", plain(caller, "dim"))
    write(Text.assemble(*words))


def confirm(question: str, *, command: str) -> None:
    """Ask yes or no. Anything but a yes raises Refused; without a terminal UsageError, naming `command`."""
    if _answer(f"{question} [y/N] ", command).lower() not in ("y", "yes"):
        raise Refused("not confirmed: nothing was changed")


def agrees(offer: str) -> bool:
    """Offer the better choice: whether a person takes it, by pressing Enter too. False without a terminal."""
    return is_interactive() and _asked(f"{offer} [Y/n] ", hide=False).lower() in ("", "y", "yes")


def choose(question: str, answers: Sequence[str]) -> str:
    """Have a person choose by number or by name; Enter takes the first. If there are no choices any line is
    accepted.
    """
    if not answers:
        return _asked(f"{question} ", hide=False)
    for number, one in enumerate(answers, 1):
        stderr_console().print(Text.assemble((f"  {number}  ", "bold"), plain(one)), soft_wrap=True)
    while True:
        line = _asked(f"{question} [1] ", hide=False) or "1"
        if line in answers:
            return line
        if line.isascii() and line.isdigit() and 0 < int(line) <= len(answers):
            return answers[int(line) - 1]
        say(f"expected a number from 1 to {len(answers)}")


def ask_name(app: str, *, command: str) -> None:
    """Have the app's name typed. Any other answer raises Refused; without a terminal UsageError."""
    if _answer(f"Type the app's name ({app}) to go on: ", command) != app:
        raise Refused("that is not the app's name: nothing was changed")


def ask_code(question: str) -> str:
    """Have the code of an MFA device typed. Without a terminal raises AccessError, which says what to do instead."""
    if not is_interactive():
        raise AccessError(
            "the AWS profile needs an MFA code, and there is no terminal to ask on",
            why="stdin or stderr is not a terminal, or CI is set",
            hint="aws sts get-caller-identity asks for it on a terminal; until its session ends, it is used here too",
        )
    return _asked(question, hide=False)


def ask_unseen(question: str, *, command: str) -> str:
    """Have a secret typed without echo. Raises UsageError without a terminal, naming `command`."""
    if not is_interactive():
        raise UsageError("there is no terminal to ask on", hint=command)
    return _asked(question, hide=True)


def piped(read: Callable[[], str]) -> str:
    """The text that `read` reads from stdin. Raises UsageError, which repeats none of it, for anything but text in
    UTF-8.

    If the locale is not UTF-8, Python lets other bytes through as lone surrogates (PEP 540).
    """
    try:
        text = read()
        text.encode()
    except UnicodeError:
        raise UsageError("what was read is not UTF-8 text: nothing was changed", hint="save it as UTF-8") from None
    return text


def _answer(question: str, command: str) -> str:
    """A person's answer. Raises UsageError without a terminal, Interrupted on Ctrl-C."""
    if not is_interactive():
        raise UsageError(
            "this needs a yes, and there is no terminal to ask on",
            why="stdin or stderr is not a terminal, or CI is set",
            hint=command,
        )
    return _asked(question, hide=False)


def _asked(question: str, *, hide: bool) -> str:
    """The one place where a person is asked: nothing moves on the screen meanwhile. Raises Interrupted on Ctrl-C."""
    with still():
        try:
            with ctrl_c_ends():
                stderr_console().print(plain(question.rstrip(), "bold"), end=" ", soft_wrap=True)
                line = piped(lambda: getpass.getpass("", stream=sys.stderr) + "\n" if hide else sys.stdin.readline())
        except KeyboardInterrupt:
            stderr_console().print()
            raise Interrupted("stopped as asked: nothing was changed") from None
        except EOFError:
            line = ""
        if not line.endswith("\n"):
            stderr_console().print()
    return line.strip()


@contextmanager
def ctrl_c_ends() -> Iterator[None]:
    """Within it, Ctrl-C ends the question at once: there is nothing in progress that must be finished first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
