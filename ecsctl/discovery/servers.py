"""Where a web server in the image listens, by its settings that the Dockerfile puts there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ecsctl.discovery.dockerfile import PLATFORM, Dockerfile, Stage, filled, words
from ecsctl.discovery.tree import Tree, within

# nginx's `listen`, Caddy's addresses, Apache's `Listen` and virtual hosts; ports of TLS are none of a load balancer's.
_NGINX = re.compile(
    r"(?m)^[ \t]*listen\s+(?:\[[:0-9a-f]*\]:|[\d.]+:|\*:)?([1-9]\d{1,4})\b(?![^;\n]*\b(?:ssl|quic)\b)[^;\n]*;"
)
_CADDY = re.compile(r"(?m)^[ \t]*(?:http://)?[\w.*-]*:(?:\{\$\w+:)?([1-9]\d{1,4})\}?\s*(?:,[^{\n]*)?\{")
_APACHE = re.compile(r"(?mi)^[ \t]*(?:listen\s+(?:\S+:)?|<virtualhost\s+\S*:)([1-9]\d{1,4})\b(?!\s+https)")
_KINDS = (("nginx", _NGINX), ("caddy", _CADDY), ("apache", _APACHE), ("httpd", _APACHE))
_OF_TLS = frozenset({443, 8443})


def listened(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> Iterator[tuple[int, str]]:
    """Each port, and the file that names it."""
    for one in stage.chain:
        known = PLATFORM | read.variables(one)
        for word, rest in one.instructions:
            if word not in ("COPY", "ADD") or re.match(r"(?:--\S+\s+)*--from=", rest):
                continue
            *sources, place = [filled(part, known) for part in words(rest)] or [""]
            for source in sources:
                for kind, pattern in _KINDS:
                    if kind in place.lower():
                        for file in _files(tree, context, source):
                            numbers = dict.fromkeys(int(found) for found in pattern.findall(tree.read(file)))
                            yield from (
                                (number, file) for number in numbers if number < 65536 and number not in _OF_TLS
                            )


def _files(tree: Tree, context: str, source: str) -> list[str]:
    """The file that is copied, or the settings in the folder that is."""
    whole = os.path.normpath(os.path.join(context, source.lstrip("/") or "."))
    if tree.has(whole):
        return [whole]
    settings = tree.named(r".+\.(?:conf|template|tpl|conf\.\w+)|Caddyfile", whole) if whole in tree.folders else ()
    return [one for one in settings if within(one, whole)][:20]
