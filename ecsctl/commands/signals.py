"""Ctrl-C once: finish the calls in progress, save, say how to continue. Twice: stop at once, which is still safe."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecsctl.aws.patience import Patience

SIGNALS = (signal.SIGINT, signal.SIGTERM) + ((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ())


@contextmanager
def stopping(
    patience: Patience, announced: Callable[[], bool] = lambda: False, twice: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Within it, the first signal asks the run to stop after the calls in progress, the second ends the process.

    `announced` is called on the first, and returns whether the screen already shows it; `twice` on the second. The
    journal holds every change that was begun, so that neither loses anything.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        if patience.stopping:
            twice()
            os._exit(128 + number)
        patience.stop()
        if not announced():
            os.write(sys.stderr.fileno(), f"\n{STOPPING}\n".encode())

    from ecsctl.ui.progress import STOPPING

    before = {one: signal.signal(one, stop) for one in SIGNALS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
