"""python -m ecsctl."""

from ecsctl.cli import main

main()
