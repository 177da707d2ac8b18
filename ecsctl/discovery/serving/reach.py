"""Why the app would not answer: it listens on 127.0.0.1, may not open the port, or does not start."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage, expanded
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, within
from ecsctl.discovery.serving.port_hints import FIRST_FILE, sources

_HOME = r"(?:localhost|127\.0\.0\.1)"
# Code that listens on 127.0.0.1, by file ending. Without a host so do Flask's own
# server ("Flask.run"), Uvicorn's run and Fastify's listen, each by its manual.
_ALONE = (
    (r"[cm]?[jt]s", rf"\.listen\([^)]{{0,80}}[\"'`]{_HOME}[\"'`]"),
    (r"py", rf"\.run\([^)]{{0,200}}\bhost\s*=\s*[\"']{_HOME}[\"']"),
    (r"go", rf"(?:Listen\w*|\.Run|\.Start)\(\s*(?:\"tcp\",\s*)?\"{_HOME}:|\bAddr:\s*\"{_HOME}:"),
    (r"rs", rf"\bbind\(\s*\(?&?\"{_HOME}\b|\(\[127, ?0, ?0, ?1\],"),
    (r"cs", rf"(?:UseUrls|\.Run)\(\s*\"https?://{_HOME}\b|ListenLocalhost\("),
    (r"rb", rf"\bset\s*\(?:bind,\s*[\"']{_HOME}[\"']"),
)  # fmt: skip
_SERVERS = re.compile(
    r"(?:^|[\s/;&\"'(])(uvicorn|hypercorn|daphne|granian|datasette|flask(?=[^;&\n]{0,80}\brun\b)|vite(?=\s+preview)|mkdocs(?=\s+serve)|artisan(?=\s+serve)|jekyll(?=\s+serve)|hugo(?=\s+serve))(?=[\s\"']|$)"
)
_OF_FASTIFY = r"\.listen\(\s*\{\s*port\b(?![^}]{0,200}host)[^}]{0,200}\}"
_STARTS_ALONE = r"\b(?:(?:app|application|server)\.run|uvicorn\.run)\((?![^)]*\bhost\b)[^)]*\)"
_EVERYWHERE = re.compile(r"0\.0\.0\.0|(?:^|[\s\"'\[=])::(?=[\s\"'\]:]|$)|\$\{?\w*HOST|\bHOST(?:NAME)?\b")
_SCRIPT = re.compile(r"(?:[\w./-]*/)?([\w.-]+)")


def only_on_loopback(
    tree: Tree, context: str, texts: Sequence[Text], known: Mapping[str, str], foreign: Sequence[str]
) -> Iterator[str]:
    """A sentence if a server or a source makes the app listen on 127.0.0.1, and nothing overrides it."""
    command = " ".join([*(one.text for one in texts), *known.values()])
    if _EVERYWHERE.search(command):
        return
    server = next((found[1] for text in texts if text.shell and (found := _SERVERS.search(text.text))), "")
    if server and not re.search(r"\s--?(?:host|bind|uds|fd|h|b|H)\b", command):
        yield f"{server} listens on 127.0.0.1 only, where no load balancer reaches it: its command needs --host 0.0.0.0"
        return
    for file in sources(tree, context):
        called = file.rpartition("/")[2]
        started = called in command and re.search(rf"\bpython3?\b.*\b{re.escape(called)}", command) is not None
        if not (started or FIRST_FILE.fullmatch(called)) or any(within(file, folder) for folder in foreign):
            continue
        text = tree.live(file)
        patterns = [pattern for ending, pattern in _ALONE if re.search(rf"\.(?:{ending})$", file)]
        patterns += [_STARTS_ALONE] if started else []
        patterns += [_OF_FASTIFY] if "fastify" in text.lower() else []
        if any(re.search(pattern, text) for pattern in patterns) and not _EVERYWHERE.search(text):
            yield f"{file} makes the app listen on 127.0.0.1 only, where no load balancer reaches it: 0.0.0.0 is needed"
            return


_ADDRESS = (
    r"((?:[A-Z]+_)*(?:BIND|LISTEN)(?:_(?:IP|ADDR(?:ESS)?|HOST|INTERFACE))?"
    r"|(?:(?:APP|SERVER|HTTP|WEB|NODE|SERVICE)_)?(?:HOST|ADDR(?:ESS)?|IP))"
)
# A default for such a variable, in JavaScript, Python, Go and Rust, and in a schema of zod.
_BY_DEFAULT = re.compile(
    rf"(?:process\.env\.{_ADDRESS}\s*(?:\|\||\?\?)"
    rf"|(?i:getenv\w*|environ\.get|env::var|env_or)\(\s*[\"']{_ADDRESS}[\"'])"
    rf"[^\n]{{0,60}}?[\"'`]{_HOME}(:\d+)?[\"'`]"
    rf"|default\([\"']{_HOME}[\"']\)[^\n]{{0,20}}describe\([\"']{_ADDRESS}[\"']"
)
_OPENS = re.compile(r"\b(?:[lL]isten\w*|run|serve|Serve|bind|Run|Start|ListenAndServe)\(")


def by_default(tree: Tree, context: str, known: Collection[str], foreign: Sequence[str]) -> Iterator[str]:
    """A sentence if a variable that nothing sets holds the address to listen on, and its default is 127.0.0.1.

    `known` are the variables that are set. A general name such as HOST only counts in a file that listens.
    """
    for file in sources(tree, context):
        if any(within(file, folder) for folder in foreign):
            continue
        text = tree.live(file)
        at_home = "127.0.0.1" in text or "localhost" in text
        for found in _BY_DEFAULT.finditer(text) if at_home else ():
            name = found[1] or found[2] or found[4]
            if name not in known and (re.search("BIND|LISTEN", name) or _OPENS.search(text)):
                yield (f"{file} makes the app listen on 127.0.0.1 unless {name} is set, where no load balancer reaches "
                       f'it: set {name} = "0.0.0.0{found[3] or ""}" in [service.environment]')  # fmt: skip
                return


def forbidden_port(read: Dockerfile, stage: Stage, port: int) -> Iterator[str]:
    """A sentence if the image's user may not open the port (aws/containers-roadmap#1721)."""
    user = expanded(read.last(stage, "USER"), read.variables(stage)).partition(":")[0]
    allowed = any(re.search(r"setcap|NET_BIND_SERVICE", rest) for one in read.stages for _, rest in one.instructions)
    if 0 < port < 1024 and user not in ("", "root", "0") and not allowed:
        yield (f"the image runs as {user}, who may not open port {port} on Fargate: use a port from 1024 on, "
               'or set user = "0" in [service]')  # fmt: skip


def unstartable(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> Iterator[str]:
    """A sentence if the image starts a script that is not executable, or whose first line ends in CR LF.

    Such a container exits at once: "permission denied", or "no such file or directory" for the interpreter with a CR.
    """
    built = " ".join(rest for one in read.stages for word, rest in one.instructions if word in ("RUN", "COPY", "ADD"))
    for part in read.parts(stage):
        first = _SCRIPT.match(part.strip())
        files = tree.named(re.escape(first[1]), context) if first else ()
        if len(files) != 1 or not first:
            continue
        try:
            with (tree.root / files[0]).open("rb") as opened:
                line = next(iter(opened.read(200).splitlines(keepends=True)), b"")
        except OSError:
            continue
        if not line.startswith(b"#!"):
            continue
        if line.endswith(b"\r\n") and not re.search(r"dos2unix|\\r", built):
            yield f"{files[0]} has Windows line endings, so no container can start it: git add --renormalize"
        mode = (tree.root / files[0]).stat().st_mode
        if os.name == "posix" and not mode & 0o111 and not re.search(r"\bchmod\b|--chmod|\binstall\s+-m", built):
            yield f"{files[0]} is not executable, also after the build: git update-index --chmod=+x {files[0]}"


def unexpanded(stage: Stage) -> Iterator[str]:
    """A sentence if a command in exec form has a variable, which no shell expands (Docker, "Exec form")."""
    for word in ("ENTRYPOINT", "CMD"):
        rest = next((rest for one in stage.chain for known, rest in reversed(one.instructions) if known == word), "")
        listed = rest if rest.startswith("[") else ""
        found = re.search(r"\$\{?[A-Za-z_]\w*[^\"]*", listed)
        if found and not re.search(r"\b(?:ba|da|a|z)?sh\"|-\w*c\"|\beval\b|envsubst", listed):
            yield f"{word} is in exec form, in which {found[0]} is not expanded: set command in [service]"


def missing_on_fargate(services: Sequence[Service]) -> Iterator[str]:
    """A sentence if a compose file gives the app something that Fargate does not offer."""
    for one in services[:1]:
        if one.unsupported and not one.for_development:
            yield f"{one.where} has {', '.join(one.unsupported)}, which Fargate does not offer: what needs it fails"


def unset(read: Dockerfile, stage: Stage) -> str:
    """A variable in EXPOSE that nothing sets; empty if there is none."""
    known = read.variables(stage)
    exposed = " ".join(
        expanded(rest, known) for one in stage.chain for word, rest in one.instructions if word == "EXPOSE"
    )
    match = re.search(r"\$\{?(\w+)", exposed)
    return match[1] if match else ""
