"""What starts the program: until there is something to finish, Ctrl-C ends it at once and without a word.

Python would otherwise show a traceback of whatever it was importing, and pydantic's core one of its own.
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not if whoever started us ignores it
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> None:
    """Run the command line."""
    from ecsctl.cli import main

    main()
