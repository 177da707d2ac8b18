"""For all tests: AWS's models are read once in a process, and who waits on a clock that costs nothing looks seldom."""

import functools

import botocore.loaders

from ecsctl.engine import patience

botocore.loaders.create_loader = functools.cache(botocore.loaders.create_loader)
patience.FIRST = 2.0  # seconds, virtual ones; a look is what costs here
