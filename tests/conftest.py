"""For all tests: AWS's models are read once in a process, not once for every session."""

import functools

import botocore.loaders

botocore.loaders.create_loader = functools.cache(botocore.loaders.create_loader)
