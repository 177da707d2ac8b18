"""Failures from public threads: what AWS reported, shortened, and the cause that the thread arrived at.

The cause is taken from the thread, never from the rules. Names in `also` are right as well, if a cause has two aspects.
"Unknown" is not an error; a wrong cause reported as certain always is.
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
