"""Progress, while it happens: a live view on a terminal, plain lines with the time elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ecsctl.engine import wording
from ecsctl.engine.events import Done, Event, Failed, Message, NotTried, Planned, Ready, Started, Waiting
from ecsctl.engine.plan import Verb
from ecsctl.errors import Interrupted
from ecsctl.ui.console import glyph, is_lively, moving, stderr_console, write
from ecsctl.ui.in_order import InOrder
from ecsctl.ui.names import called
from ecsctl.ui.safe import plain, safe
from ecsctl.ui.spans import Span, duration, ticking, where_time_went

READING = 0.7  # seconds of reading after which a live view says so
FIRST_WORD = 30.0  # seconds of waiting until a line without a terminal says so; then at each doubling
STALE = 15.0  # seconds after which a wait without a message has ended: two reads are at most 12 apart
STOPPING = "stopping after the calls in progress; Ctrl-C again stops at once"
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
DID = {
    Verb.CREATE: "created",
    Verb.UPDATE: "updated",
    Verb.REPLACE: "replaced",
    Verb.DELETE: "deleted",
    Verb.KEEP: "ready",
}

COUNTED = ("created", "updated", "replaced", "deleted", "failed", "stopped", "not tried", "ready", "unchanged")


@dataclass
class Task:
    """A resource that is being worked on, or waited for."""

    title: str
    name: str
    began: float
    waiting: str = ""
    waited: float = 0.0
    limit: float = 0.0
    heard: float = 0.0  # when it last said that it waits
    started: bool = True
    next_word: float = FIRST_WORD


class Progress:
    """Listens to a run, shows it while it lasts, and counts what was done. Its methods may be called by any thread.

    `quiet` leaves out everything but what a person must know: loud messages, and failures, which the command prints.
    """

    def __init__(
        self,
        quiet: bool = False,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.quiet, self.clock, self.now = quiet, clock, now
        self.console = stderr_console()
        self.counts: Counter[str] = Counter()
        self.total = 0  # steps that change something; a run may find more to do
        self._ended = 0
        self._tasks: dict[str, Task] = {}
        self._titles: dict[str, str] = {}
        self._lock = threading.RLock()  # a Live draws once while it is made
        self._stage = threading.RLock()  # held while the view begins or ends
        self._live: Live | None = None
        self._began = self._entered = clock()
        self._planned = False
        self._stopping = False
        self._paused = self._was_live = False
        self._paused_at = self._asked = 0.0  # since when a question is pending; how long questions took in total
        self._lines = InOrder({})
        self._spans: dict[str, Span] = {}  # what took how long; under "" reading what exists, until the plan
        moving.add(self)

    def __enter__(self) -> Self:
        self._show_live()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_live()
        self._lines.flush()
        if kind is not None and any(self.counts[word] for word in COUNTED[:-3]):
            self.summary(self.seconds)

    @property
    def seconds(self) -> float:
        """The seconds since it began, without the time in which a question was pending."""
        return self.clock() - self._entered - self._asked

    def __call__(self, event: Event) -> None:
        """Handle one event of the engine."""
        match event:
            case Planned():
                self._end_live()
                with self._lock:
                    self._planned = True
                    self._began = self.clock()
                    self._spans.setdefault("", Span("reading what exists", self._entered, self._began - self._asked))
                    self.total = len(event.plan.work)
                    self.counts["unchanged"] += event.plan.count(Verb.KEEP)
                    self._lines = InOrder(event.needs)
            case Message():
                self._line("", "", plain(event.text), loud=event.loud)
            case Started():
                with self._lock:
                    self._titles[event.name] = event.title
                    self._tasks[event.name] = Task(event.title, event.name, self.clock())
                if event.verb in (Verb.CREATE, Verb.DELETE):
                    self._lines.begin(event.name)
                self._show_live()
            case Waiting():
                self._waits(event)
            case Done():
                self._done(event)
            case Ready():
                with self._lock:
                    self._tasks.pop(event.name, None)
                    self._took(f"{event.name} is ready", called(event.title, event.name), event.seconds)
                ready = called(event.title, event.name).append(f" ready in {duration(event.seconds)}", "not bold")
                self._lines.print(event.name, lambda: self._line("✓", "ok", ready, style="green"))
            case Failed():
                stopped = isinstance(event.error, Interrupted)
                with self._lock:
                    task = self._tasks.pop(event.name, None)
                    if task:
                        self._took(event.name, called(event.title, event.name), self.clock() - task.began)
                    self.counts["stopped" if stopped else "failed"] += 1
                    self._ended += 1
                if not stopped:
                    self._line("✗", "x", plain(event.error.message, "red"), style="red")
                self._lines.end(event.name)
            case NotTried() if event.title:  # the second half of a resource has none: it is counted with the first
                with self._lock:
                    self.counts["not tried"] += 1
                    self._ended += 1

    def announces_stop(self) -> bool:
        """Called when a person asks to stop. Returns whether the live view says so; if not, the caller has to.

        Safe in a signal handler: it writes nothing and waits for no lock.
        """
        self._stopping = True
        return self._live is not None

    def pause(self) -> None:
        """Remove the live view from the screen and start none, whatever happens: someone is being asked."""
        with self._stage:
            self._paused, self._was_live, self._paused_at = True, self._live is not None, self.clock()
            self._end_live()

    def resume(self) -> None:
        """Let it show again, if it did before."""
        with self._stage:
            self._paused, self._asked = False, self._asked + self.clock() - self._paused_at
            if self._was_live:
                self._show_live()

    def plain(self, text: str) -> None:
        """Print a message, above the live view if there is one."""
        self._line("", "", plain(text))

    def summary(self, seconds: float) -> None:
        """Print how many were created, updated and so on, how long it took, and where that time went."""
        if self.quiet:
            return
        counts = ", ".join(f"{self.counts[word]} {word}" for word in COUNTED if self.counts[word])
        self.console.print(Text(f"{counts or 'nothing to do'} in {duration(seconds)}", style="bold"), soft_wrap=True)
        if self._spans.keys() - {""} and (words := where_time_went(self._spans.values(), seconds)):
            write(plain(words), label=Text("of which: ", style="dim"))

    def _took(self, key: str, what: Text, seconds: float) -> None:
        """Record how long something took that ends now."""
        now = self.clock()
        self._spans[key] = Span(what.plain, now - seconds, now)

    def _done(self, event: Done) -> None:
        with self._lock:
            self._tasks.pop(event.name, None)
            self.counts[DID[event.verb]] += 1
            self._ended += 1
            self._took(event.name, called(event.title, event.name), event.seconds)
        did = event.did or DID[event.verb]
        words = called(event.title, event.name).append(f" {did} in {duration(event.seconds)}", "not bold")
        if event.note:
            words.append(f" ({safe(event.note)})", style="dim")
        self._lines.print(event.name, lambda: self._line("✓", "ok", words, style="green"))
        self._lines.end(event.name)

    def _waits(self, event: Waiting) -> None:
        key = event.name or event.what
        with self._lock:
            title, began = self._titles.get(event.name, ""), self.clock() - event.waited
            task = self._tasks.setdefault(key, Task(title, event.name, began, started=False))
            again = event.waited < task.waited
            task.waiting, task.waited, task.limit = event.what, event.waited, event.limit
            task.heard = self.clock()
            if not event.name and not self._planned:  # something else is at work: neither reading, nor a resource
                self._spans[""] = Span(f"waiting for {event.what}", began, task.heard)
            if again:
                task.next_word = FIRST_WORD
            due = event.waited >= task.next_word
            while due and event.waited >= task.next_word:
                task.next_word *= 2
        if due and self._live is None:
            spent = f": {ticking(event.waited)} of at most {ticking(event.limit)}"
            self._line("…", "...", Text.assemble("waiting for ", plain(event.what), spent), style="dim")

    def _line(self, sign: str, instead: str, text: Text, *, style: str = "", loud: bool = False) -> None:
        """A line that stays: with the time if there is no terminal to watch."""
        if self.quiet and not loud:
            return
        when = Text() if is_lively() else Text(f"{self.now():%H:%M:%S} ", style="dim")
        lead = Text(f"{glyph(sign, instead)} ", style=style) if sign else Text()
        write(text, label=Text.assemble(when, lead))

    def _show_live(self) -> None:
        with self._stage:  # but not the other lock: drawing holds the view's own and then takes that one
            if self._live is not None or self._paused or self.quiet or not is_lively():
                return
            self._live = Live(
                get_renderable=self._view, console=self.console, refresh_per_second=8, transient=True,
                redirect_stdout=False,
            )  # fmt: skip
            self._live.start()
        self.console.show_cursor()  # a process that is killed must not leave a terminal without its cursor

    def _end_live(self) -> None:
        with self._stage:
            live, self._live = self._live, None
            if live is not None:
                live.stop()

    def _view(self) -> RenderableType:
        """The moving part: how far the run is, and everything in progress."""
        now = self.clock()
        with self._lock:
            tasks = [task for task in self._tasks.values() if task.started or now - task.heard < STALE]
            done, total = self._ended, max(self.total, self._ended + sum(task.started for task in tasks))
            planned, spent = self._planned, now - self._began
        if not planned and not tasks and spent < READING:
            return Text()
        frame = FRAMES[int(now * 8) % len(FRAMES)]
        spinner = Text(glyph(frame, "*"), style="cyan")
        stop = [Text(STOPPING, style="yellow")] if self._stopping else []
        if not planned and not tasks:
            return Group(Text.assemble(spinner, " reading what exists  ", (ticking(spent), "dim")), *stop)
        head = Table.grid(padding=(0, 1))
        head.add_row(
            spinner, ProgressBar(total or 1, done, width=24), f"{done} of {total}", Text(ticking(spent), "dim")
        )
        room = max(self.console.height - 4 - len(stop), 1)
        rows = Table.grid(padding=(0, 2))
        rows.width = self.console.width - len("^C") - 1  # room for the terminal's echo, which would break the last line
        rows.add_column(no_wrap=True, overflow="ellipsis")
        rows.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        rows.add_column(no_wrap=True, justify="right")
        for task in sorted(tasks, key=lambda task: task.began)[:room]:
            rows.add_row(*_row(task, now))
        more = [Text(f"  and {len(tasks) - room} more", style="dim")] if len(tasks) > room else []
        return Group(head, rows, *more, *stop)


def _row(task: Task, now: float) -> tuple[Text, Text, Text]:
    """A row: the resource, what it waits for, and for how long so far."""
    what = Text.assemble("  ", called(task.title, task.name))
    if not task.waiting:
        return what, Text(), Text(ticking(now - task.began), style="dim")
    waits = task.waiting.removeprefix(wording.called(task.title, task.name)).lstrip(": ")
    spent = f"{ticking(task.waited + now - task.heard)} of at most {ticking(task.limit)}"
    return what, plain(waits, "dim"), Text(spent, style="dim")
