"""`python -m ecsctl.sandbox.server`: what `process.start` runs."""

import gc

gc.disable()  # moto's and AWS's models are a million objects that stay: to walk them as they come is a waste

from ecsctl.sandbox.server.serve import main  # noqa: E402 - as said

gc.freeze()
gc.set_threshold(100_000, 20, 100)
gc.enable()
main()
