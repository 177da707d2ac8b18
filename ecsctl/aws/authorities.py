"""The certificate authorities that AWS's hosts are verified with: read once, not again for each connection."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

_lock = threading.Lock()
_contexts: dict[str, ssl.SSLContext] = {}  # by the file with the authorities


def read_once(client: Any) -> None:
    """Let a client's connections share one TLS context with those of all other clients that use the same file.

    botocore has urllib3 read that file for every connection, which takes 30 ms of CPU each and was half of what a run
    with nothing to change took; and it has no public way to pass a context in. If its internals are other than
    expected, or nothing is to be verified, the client stays unchanged.
    """
    from botocore.httpsession import URLLib3Session

    usual: Any = URLLib3Session
    http: Any = getattr(getattr(client, "_endpoint", None), "http_session", None)
    known = ("_get_ssl_context", "_setup_ssl_cert", "_get_pool_manager_kwargs", "_manager", "_verify")
    if http.__class__ is not usual or not all(hasattr(http, name) for name in known):
        return
    if http._verify and client.meta.endpoint_url.startswith("https:"):
        http.__class__ = _once()
        http._manager.connection_pool_kw["ssl_context"] = http._get_ssl_context()


@functools.cache
def _once() -> Any:
    from botocore.httpsession import URLLib3Session, create_urllib3_context, get_cert_path

    base: Any = URLLib3Session  # its types do not cover its internals

    class Once(base):  # type: ignore[misc]  # as above
        """Like botocore's own, but the authorities are in the context already."""

        def _get_ssl_context(self) -> Any:
            file = str(get_cert_path(self._verify))
            with _lock:
                if file not in _contexts:
                    context = create_urllib3_context()
                    context.load_verify_locations(cafile=file)
                    _contexts[file] = context
                return _contexts[file]

        def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
            super()._setup_ssl_cert(conn, url, verify)
            conn.ca_certs = None

    return Once
