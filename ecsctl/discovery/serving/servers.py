"""Web servers in the image: the ports in their settings, and whether they only serve files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ecsctl.discovery.files.dockerfile import PLATFORM, Dockerfile, Stage, expanded, words
from ecsctl.discovery.files.tree import Tree, within

# nginx's `listen`, Caddy's addresses, Apache's `Listen` and virtual hosts; ports with TLS are
# left out, since the load balancer uses HTTP.
_NGINX = re.compile(
    r"(?m)^[ \t]*listen\s+(?:\[[:0-9a-f]*\]:|[\d.]+:|\*:)?([1-9]\d{1,4})\b(?![^;\n]*\b(?:ssl|quic)\b)[^;\n]*;"
)
_CADDY = re.compile(r"(?m)^[ \t]*(?:http://)?[\w.*-]*:(?:\{\$\w+:)?([1-9]\d{1,4})\}?\s*(?:,[^{\n]*)?\{")
_APACHE = re.compile(r"(?mi)^[ \t]*(?:listen\s+(?:\S+:)?|<virtualhost\s+\S*:)([1-9]\d{1,4})\b(?!\s+https)")
_KINDS = (("nginx", _NGINX), ("caddy", _CADDY), ("apache", _APACHE), ("httpd", _APACHE))
_OF_TLS = frozenset({443, 8443})


_IMAGE = re.compile(r"(?:.*/)?(nginx|nginx-unprivileged|caddy|httpd|static-web-server)(?:[:@].*)?")
_ROOTS = frozenset({"/usr/share/nginx/html", "/usr/local/apache2/htdocs", "/usr/share/caddy", "/srv", "/public",
                    "/var/www/html", "/var/www"})  # fmt: skip
_ANSWERS_OTHERWISE = re.compile(
    r"(?:auth_basic|auth_request|basicauth|basic_auth|AuthType)\b"
    r"|location\s*=?\s*/\s*\{[^}]{0,2000}?\b(?:proxy_pass|fastcgi_pass|return\s+[45]\d\d)\b|reverse_proxy|ProxyPass\b"
)


def of_files(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> Iterator[str]:
    """The name of the web server, if the image only serves static files, so that "/" answers 200.

    The files are in the server's root folder, it starts nothing else, and its settings neither ask for a login nor
    forward or refuse "/".
    """
    server = _IMAGE.fullmatch(stage.image)
    started = read.command(stage)
    if not server or (started and not re.search(r"\b(?:nginx|caddy|httpd|static-web-server)\b", started)):
        return
    folder, filled_root = "/", False
    for word, rest in (pair for one in reversed(stage.chain) for pair in one.instructions):
        known = PLATFORM | read.variables(stage)
        if word == "WORKDIR":
            folder = os.path.normpath(os.path.join(folder, expanded(rest, known)))
        elif word in ("COPY", "ADD"):
            target = expanded([".", *words(rest)][-1], known)
            filled_root = filled_root or os.path.normpath(os.path.join(folder, target)) in _ROOTS
    own = [file for _, file in _settings(tree, context, read, stage)]
    if filled_root and not any(_ANSWERS_OTHERWISE.search(tree.read(file)) for file in own):
        yield server[1]


def has_proxy(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> bool:
    """Whether the image has a web server of its own, which may be in front of an app that listens on 127.0.0.1."""
    runs = " ".join(rest for one in stage.chain for word, rest in one.instructions if word == "RUN")
    installed = re.search(r"\b(?:install|add)\b[^;&|]*\b(?:nginx|caddy|apache2|haproxy|traefik)\b", runs)
    return bool(installed) or next(_settings(tree, context, read, stage), None) is not None


def listened(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> Iterator[tuple[int, str]]:
    """Each port in a web server's settings, and the file."""
    for pattern, file in _settings(tree, context, read, stage):
        numbers = dict.fromkeys(int(found) for found in pattern.findall(tree.read(file)))
        yield from ((number, file) for number in numbers if number < 65536 and number not in _OF_TLS)


def _settings(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> Iterator[tuple[re.Pattern[str], str]]:
    """The web server settings that the Dockerfile copies, each with the pattern that finds the ports in it."""
    for one in stage.chain:
        known = PLATFORM | read.variables(one)
        for word, rest in one.instructions:
            if word not in ("COPY", "ADD") or re.match(r"(?:--\S+\s+)*--from=", rest):
                continue
            *sources, place = [expanded(part, known) for part in words(rest)] or [""]
            for source in sources:
                for kind, pattern in _KINDS:
                    if kind in place.lower():
                        yield from ((pattern, file) for file in _files(tree, context, source))


def _files(tree: Tree, context: str, source: str) -> list[str]:
    """The file that is copied, or the settings files in the folder that is."""
    whole = os.path.normpath(os.path.join(context, source.lstrip("/") or "."))
    if tree.has(whole):
        return [whole]
    settings = tree.named(r".+\.(?:conf|template|tpl|conf\.\w+)|Caddyfile", whole) if whole in tree.folders else ()
    return [one for one in settings if within(one, whole)][:20]
