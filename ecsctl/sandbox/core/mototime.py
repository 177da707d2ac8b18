"""moto's timestamps by the sandbox's clock, so that "created", "expires" and "older than" agree everywhere.

moto asks its own `utcnow` in most services, and each module has its own name for it. They all get ours.
"""

import sys
from datetime import datetime
from types import SimpleNamespace

import moto.applicationautoscaling.models
import moto.core.utils
import moto.secretsmanager.models

from ecsctl.sandbox.core import clock


def utcnow() -> datetime:
    """The sandbox's time, naive, as moto wants it."""
    return clock.today().replace(tzinfo=None)


_moto_utcnow = moto.core.utils.utcnow
for _name, _module in list(sys.modules.items()):
    if _name.startswith("moto.") and getattr(_module, "utcnow", None) is _moto_utcnow:
        _module.utcnow = utcnow  # type: ignore[attr-defined] # modules loaded later take it from moto.core.utils
for _module in (moto.secretsmanager.models, moto.applicationautoscaling.models):  # these two ask the system's clock
    _module.time = SimpleNamespace(time=clock.now)  # type: ignore[attr-defined] # they use time.time() alone
