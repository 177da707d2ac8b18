"""python -m ecsctl."""

from ecsctl.program import main

main()
