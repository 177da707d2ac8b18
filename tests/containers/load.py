"""Load on a loopback port, by a process of its own: `python load.py PORT AUTHORITY RATE`, until its stdin ends.

Beside that it asks for a page that takes its time, again and again. It prints how many requests were answered with
200, and what else became of any. It stops by itself after LONGEST.
"""

import asyncio
import json
import ssl
import sys
import time

CONNECTIONS, LONGEST = 20, 120.0
REQUEST = "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def main(port: int, authority: str, rate: float) -> dict[str, object]:
    """Send requests at the rate until stdin ends; each connection one at a time, and again where it is closed."""
    trust, over, answered, failed = ssl.create_default_context(cafile=authority), asyncio.Event(), [0, 0], list[str]()
    began, turn = time.monotonic(), iter(range(1 << 60))
    asyncio.get_running_loop().add_reader(sys.stdin, over.set)

    async def client(path: str, which: int) -> None:
        streams = None
        while not over.is_set() and time.monotonic() - began < LONGEST:
            if not which:
                await asyncio.sleep(max(0.0, began + next(turn) / rate - time.monotonic()))
            try:
                reader, writer = streams = streams or await asyncio.open_connection("localhost", port, ssl=trust)
                writer.write(REQUEST.format(path).encode())
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                await reader.readexactly(length)
                if head.startswith(b"HTTP/1.1 200"):
                    answered[which] += 1
                else:
                    failed.append(head.split(b"\r\n")[0].decode())
                if b"connection: close" in head.lower():
                    streams = None
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                failed.append(repr(error))
                streams = None

    await asyncio.gather(client("/slow", 1), *(client("/healthz", 0) for _ in range(CONNECTIONS)))
    return {"answered": answered[0], "slow": answered[1], "failed": failed, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3])))))
