from datetime import timedelta

import pytest

from ecsctl.ui.spans import age, lasting, ticking
from tests.ui.samples import NOW

TOOK = [(0, "0.0 s"), (0.44, "0.4 s"), (0.97, "1 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (192, "3 min 12 s"),
        (3900, "1 h 5 min"), (-1, "0.0 s")]  # fmt: skip
LASTS = [(0, "0:00"), (42.9, "0:42"), (600, "10:00"), (3900, "1:05:00"), (-3, "0:00")]
OLD = [({"seconds": 0}, "now"), ({"seconds": 42}, "42 s"), ({"minutes": 5}, "5 min"), ({"hours": 23}, "23 h"),
       ({"days": 1}, "1 day"), ({"days": 400}, "400 days"), ({"seconds": -9}, "now")]  # fmt: skip


@pytest.mark.parametrize(("seconds", "said"), TOOK)
def test_how_long_it_took(seconds, said):
    assert lasting(seconds) == said


@pytest.mark.parametrize(("seconds", "shown"), LASTS)
def test_how_long_it_lasts(seconds, shown):
    assert ticking(seconds) == shown


@pytest.mark.parametrize(("spent", "said"), OLD)
def test_how_old_it_is(spent, said):
    assert age(NOW - timedelta(**spent), NOW) == said


def test_a_time_without_a_zone_is_utc():
    assert age((NOW - timedelta(hours=2)).replace(tzinfo=None), NOW) == "2 h"
