"""What could no longer be found: the run that has just made it removes it again."""

from __future__ import annotations

from ecsctl.engine.errors import ResourceFailed, TimedOut
from ecsctl.engine.observing import Reader
from ecsctl.engine.resource import AnyResource

WINDOW = 15.0  # seconds in which a create whose answer was lost may still show up


class Knowing(Reader):
    """Makes sure that whatever a run has made can be found again."""

    def _stays_known(self, desired: AnyResource, name: str, ids: object) -> None:
        """Take back what was just made where it is found by another resource that is gone: another machine's `down`.

        That one has searched before this was made; and no `down` after it would find it. Raises ResourceFailed.
        """
        if not desired.known_by:
            return
        what = f"{desired.known_as(name)} to be found by its {desired.known_by}"
        try:
            self.patience.until(lambda: self._ours(type(desired), name) or None, what=what, limit=WINDOW)
        except TimedOut as error:
            desired.delete(self.aws, ids)
            self.state.forget(name)
            raise ResourceFailed(
                f"{desired.known_as(name)}: the {desired.known_by} by which it is found was deleted meanwhile",
                hint="see whether another machine runs ecsctl down; then run the same command again",
            ) from error
