"""The sample app: `/` tells which version answers and where, `/healthz` that it answers at all.

`python -m app` serves it. HOST, PORT, APP_NAME and FORWARDED_ALLOW_IPS may be set; the image itself sets IMAGE_TAG.
"""

import logging
import os
import platform
import signal
import socket
import sys

import uvicorn
from fastapi import FastAPI

# The load balancer keeps idle connections for 60 s. Were the app to close one first, a request already on its way
# would meet a closed socket and its client a 502. (Elastic Load Balancing guide: "Connection idle timeout".)
KEEP_ALIVE = 75
# ECS takes a task out of the load balancer, waits the deregistration delay (30 s), then sends SIGTERM and 30 s later
# SIGKILL. Running requests get less than either, so that the process ends by itself. (ECS guide: "Task lifecycle".)
DRAIN = 25
# The load balancer reaches the app from inside the VPC. Only such a peer is believed what it says of the client;
# with "*" the client itself could choose the address it is logged under.
PROXIES = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,127.0.0.1"
HEALTH = "/healthz"

app = FastAPI(title=os.environ.get("APP_NAME", "backend"), version=os.environ.get("IMAGE_TAG", "dev"))


@app.get("/")
async def about() -> dict[str, str]:
    """Which version this is, and which task answered."""
    return {
        "app": app.title,
        "version": app.version,
        "hostname": socket.gethostname(),
        "architecture": platform.machine(),
    }


@app.get(HEALTH)
async def health() -> dict[str, str]:
    """Whether this process answers. It asks nothing else: a database that is down must not restart every task."""
    return {"status": "ok"}


def serve(app: FastAPI) -> None:
    """Serve until SIGTERM, let running requests finish, then exit with 0."""
    # uvicorn repeats the signal to whoever handled it before; by default that would end a clean shutdown with 143.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # A health check every few seconds would bury the requests that people made.
    logging.getLogger("uvicorn.access").addFilter(lambda record: f" {HEALTH} " not in record.getMessage())
    uvicorn.run(
        app,
        host=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104  # a container is reached from outside itself
        port=int(os.environ.get("PORT", "8000")),
        forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", PROXIES),
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=DRAIN,
    )


if __name__ == "__main__":
    serve(app)
