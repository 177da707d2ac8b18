"""Serves the sample app as its image does, with two differences a test needs.

`/slow` answers once a line arrives on stdin, and the file system is read-only: opening a file to write it fails.
"""

import asyncio
import errno
import importlib
import os
import sys

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def read_only(event, arguments):
    if event == "open" and arguments[2] & WRITING and arguments[0] != os.devnull:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), arguments[0])


sys.addaudithook(read_only)
backend = importlib.import_module("app")  # after the hook, so that what it does on import counts too


@backend.app.get("/slow")
async def slow():
    sys.stderr.write("the slow request began\n")
    await asyncio.to_thread(sys.stdin.readline)
    return "finished"


backend.serve(backend.app)
