"""Frameworks that refuse or redirect a load balancer's check before the app sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ecsctl.discovery.files.tree import Tree, is_auxiliary

_FOR_OTHERS = re.compile(r"(?:^|_)(?:local|dev\w*|tests?|ci)(?:_|\.)")
"""Settings files for development and tests, which do not apply in a container."""


def redirects_to_tls(tree: Tree, context: str) -> str:
    """The file that makes the app redirect every HTTP request to HTTPS, the health check too; empty if none does.

    Rails, "config.force_ssl" and "config.assume_ssl"; Django, "SECURE_SSL_REDIRECT".
    """
    for file in _files(tree, context, r"production\.rb"):
        text = _live(tree.read(file))
        if re.search(r"(?m)^[ \t]*config\.force_ssl\s*=\s*true\b", text) and not re.search(
            r"(?m)^[ \t]*config\.(?:assume_ssl\s*=\s*true\b|ssl_options\s*=)", text
        ):
            return file
    for file in _files(tree, context, r"[\w-]+\.py"):
        text = _live(tree.read(file)) if re.search(r"settings|prod|config/", file) else ""
        if re.search(r"(?m)^SECURE_SSL_REDIRECT\s*=\s*True\b", text) and "SECURE_REDIRECT_EXEMPT" not in text:
            return file
    return ""


def checked_by_tls(checks: Sequence[str], port: int) -> Iterator[str]:
    """A sentence if a check inside the container uses TLS on the app's port: a load balancer uses HTTP."""
    for check in checks:
        found = re.search(r"https://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):(\d{1,5})", check)
        if found and int(found[1]) == port:
            yield f"the container's own check uses TLS, {found[0]}: the load balancer sends HTTP to the tasks"
            return


def allowed_hosts(tree: Tree, context: str, opened: bool = False) -> Iterator[str]:
    """A sentence if the app only accepts certain host names (Django, "ALLOWED_HOSTS"; Rails, "config.hosts").

    `opened`: a variable already makes it accept all of them.
    """
    for file in _files(tree, context, r"production\.rb|application\.rb"):
        text = _live(tree.read(file))
        if (
            file.endswith(("config/environments/production.rb", "config/application.rb"))
            and re.search(r"(?m)^[ \t]*config\.hosts\s*(?:<<|\+?=\s*(?!nil|\[\s*\]))", text)
            and not re.search(r"host_authorization|hosts\.clear|config\.hosts\s*=\s*nil", text)
        ):
            yield (f"{file} has config.hosts: Rails answers 403 to other hosts, and the load balancer's check uses the "
                   "task's IP address; config.host_authorization can exclude the check's path")  # fmt: skip
            return
    if opened or not tree.named(r"manage\.py", context):
        return
    settings: dict[str, str] = {}
    for file in _files(tree, context, r"[\w-]+\.py"):
        if re.search(r"settings|config/", file) and not _FOR_OTHERS.search(file.rpartition("/")[2]):
            for rest in re.findall(
                r"(?m)^[ \t]*ALLOWED_HOSTS\s*(?::[^=\n]*)?\+?=\s*([^\n]*(?:\n\s+[^\n]*)?)", _live(tree.read(file))
            ):
                settings[file] = rest
    if settings and not any(re.search(r"[\"']\*[\"']", rest) for rest in settings.values()):
        file, rest = next(iter(settings.items()))
        name = re.search(r"[\"'](\w*HOSTS?\w*)[\"']", rest)
        set_by = f"; {name[1]} in [service.environment] sets them" if name else ""
        yield (f"{file} has ALLOWED_HOSTS: Django answers 400 to other hosts, and the load balancer's check uses "
               f"the task's IP address{set_by}")  # fmt: skip


def _files(tree: Tree, context: str, pattern: str) -> list[str]:
    return [path for path in tree.named(pattern, context) if not is_auxiliary(path)][:300]


def _live(text: str) -> str:
    return re.sub(r"(?m)^[ \t]*#.*$", "", text)
