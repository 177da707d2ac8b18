"""Failures from public threads: what AWS said, in short and in our own words, and the cause that the thread came to.

The cause is taken from how the thread ended, never from what our rules say. Names in `also` are right as well, where
a thread's cause has two sides. An honest "I do not know" is no mistake; a wrong cause given as certain always is.
"""

from __future__ import annotations

from tests.why.field.after import AFTER
from tests.why.field.blind import BLIND
from tests.why.field.blind_builds import BLIND_BUILDS
from tests.why.field.builds import BUILDS
from tests.why.field.case import Case
from tests.why.field.ends import ENDS
from tests.why.field.final import FINAL
from tests.why.field.fresh import FRESH
from tests.why.field.kinds import KINDS
from tests.why.field.later import LATER
from tests.why.field.lines import LINES
from tests.why.field.newest import NEWEST
from tests.why.field.noisy import NOISY
from tests.why.field.own import OWN
from tests.why.field.plain import PLAIN
from tests.why.field.remarks import HARD, LAST, REMARKS
from tests.why.field.second import SECOND
from tests.why.field.steps import BUILT
from tests.why.field.tasks import RELEASES, RUNS, STARTS
from tests.why.field.traces import TRACES
from tests.why.field.trial import TRIAL
from tests.why.field.unseen import UNSEEN
from tests.why.field.ways import WAYS
from tests.why.field.words import WORDS

CASES: tuple[Case, ...] = (
    *(*BUILDS, *STARTS, *RUNS, *RELEASES, *FRESH, *LATER, *NEWEST, *UNSEEN, *TRACES, *WAYS, *TRIAL),
    *(
        *AFTER,
        *BLIND,
        *BLIND_BUILDS,
        *SECOND,
        *LINES,
        *BUILT,
        *WORDS,
        *ENDS,
        *PLAIN,
        *REMARKS,
        *LAST,
        *HARD,
        *FINAL,
        *NOISY,
        *OWN,
    ),
    *KINDS,
)
