"""`python -m ecsctl.sandbox.server`: what `process.start` runs."""

import gc

gc.set_threshold(100_000, 20, 100)  # before the imports: moto's and AWS's models are a million objects that stay

from ecsctl.sandbox.server.serve import main  # noqa: E402 - as said

main()
