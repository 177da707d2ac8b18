"""The commands `docker`, `aws` and `inspector-sbomgen` in a build of the sandbox.

Run as `python -IS tools.py docker ARGUMENTS`; it needs only the standard library, since a build starts it ten times.
They support what a buildspec that builds one image needs. If the sandbox has a container engine, the engine builds it:
the context is packed here, with what the build's commands may read, and sent. Otherwise no layers are made, and the
commands of the Dockerfile are not run; each build makes another image, as real ones do, since times and the order of
files get into layers. Anything else is an error.
"""

import argparse
import io
import json
import os
import re
import socket  # not urllib, which takes as long to import as all else together, and a build runs this ten times
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

_URL, _TOKEN = "ECSCTL_SANDBOX_URL", "ECSCTL_SANDBOX_BUILD"


class ToolError(Exception):
    """The tool fails with this message."""


def ask(**question: Any) -> int:
    """Send a request to the sandbox, print its output, and return its exit code."""
    answer = _answer("", json.dumps(question | {"token": os.environ[_TOKEN]}).encode())
    sys.stdout.write(answer["out"])
    sys.stderr.write(answer["err"])
    return int(answer["code"])


def _asked(**question: Any) -> Any:
    """Send a request to the sandbox, and return the document in its answer. Raises ToolError."""
    answer = _answer("", json.dumps(question | {"token": os.environ[_TOKEN]}).encode())
    if answer["code"]:
        raise ToolError(answer["err"].strip())
    return json.loads(answer["out"])


def _answer(way: str, body: bytes) -> dict[str, Any]:
    host, _, port = os.environ[_URL].rpartition("/")[2].partition(":")
    head = (f"POST /sandbox/tools{way} HTTP/1.1", f"Host: {host}:{port}", f"X-Sandbox-Build: {os.environ[_TOKEN]}",
            f"Content-Length: {len(body)}", "Connection: close", "", "")  # fmt: skip
    try:
        with socket.create_connection((host, int(port)), 60) as connection:
            connection.sendall("\r\n".join(head).encode() + body)
            with connection.makefile("rb") as answer:
                status = answer.readline().split()[1:2]
                while answer.readline().strip():
                    pass  # the end of the answer is that of the connection
                content = answer.read()
        if status != [b"200"]:
            raise OSError(content.decode(errors="replace"))
        found: dict[str, Any] = json.loads(content)
    except (OSError, ValueError) as error:
        raise ToolError(f"the sandbox cannot be reached: {error}") from None
    return found


def build(words: list[str]) -> int:
    """`docker build`: checks the Dockerfile and what it copies, and tells the sandbox which image that makes."""
    parser = argparse.ArgumentParser(prog="docker build", add_help=False)
    parser.add_argument("context")
    parser.add_argument("-t", "--tag", action="append", default=[])
    parser.add_argument("-f", "--file")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--secret", action="append", default=[])
    parser.add_argument("--cache-from", action="append", default=[])  # an engine here keeps its layers itself
    parser.add_argument("--platform", default="")
    parser.add_argument("--target", default="")
    parser.add_argument("--provenance", default="")
    for flag in ("--pull", "--no-cache", "--load"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    chosen = parser.parse_args(words)
    secrets: dict[str, str] = {}
    for secret in chosen.secret:
        settings = dict(part.partition("=")[::2] for part in secret.split(","))
        ident = str(settings.get("id") or "")
        name = str(settings.get("env") or ident)
        if name not in os.environ:
            raise ToolError(f"ERROR: failed to stat secret {ident}: its variable is not set")
        secrets[ident] = os.environ[name]
    context = Path(chosen.context)
    if not context.is_dir():
        raise ToolError(f'ERROR: unable to prepare context: path "{chosen.context}" not found')
    dockerfile = Path(chosen.file) if chosen.file else context / "Dockerfile"
    if not dockerfile.is_file():
        raise ToolError(f"ERROR: failed to read dockerfile: open {dockerfile.name}: no such file or directory")
    if _asked(do="engine"):
        return _really(chosen, secrets, context, dockerfile)
    text = dockerfile.read_text(errors="replace")
    stages = {match.lower() for match in re.findall(r"(?im)^\s*FROM\s.*\sAS\s+(\S+)\s*$", text)}
    if chosen.target and chosen.target.lower() not in stages and not chosen.target.isdigit():
        raise ToolError(f'ERROR: failed to solve: target stage "{chosen.target}" could not be found')
    for number, line in enumerate(_instructions(text, context), 1):
        print(f"#{number} {line}", flush=True)  # noqa: T201 - a program of its own
    compose = Path(os.environ.get("CODEBUILD_SRC_DIR") or context).glob("*compose*.y*ml")
    known = _words(context, compose)
    return ask(do="build", tags=chosen.tag, platform=chosen.platform, words=sorted(known))


def _really(chosen: argparse.Namespace, secrets: dict[str, str], context: Path, dockerfile: Path) -> int:
    """Let the engine build it, and print its output."""
    inside = dockerfile.resolve().is_relative_to(context.resolve())
    name = str(dockerfile.resolve().relative_to(context.resolve())) if inside else ".ecsctl.Dockerfile"
    packed = _answer("/context", _packed(context, dockerfile, name))
    given = [
        one if "=" in one else f"{one}={os.environ[one]}" for one in chosen.build_arg if "=" in one or one in os.environ
    ]
    text = dockerfile.read_text(errors="replace")
    job = _asked(do="begin", context=packed["context"], dockerfile=name, arguments=given, secrets=secrets,
                 target=chosen.target, platform=chosen.platform, pull=chosen.pull, no_cache=chosen.no_cache,
                 tags=chosen.tag, text=text)  # fmt: skip
    return _followed(job)


def _followed(job: str) -> int:
    """Print the output of a job of the engine as it comes, and return its exit code."""
    said = 0
    while True:
        progress = _asked(do="progress", job=job, said=said)
        for line in progress["lines"]:
            print(line, flush=True)  # noqa: T201 - a program of its own
        said += len(progress["lines"])
        if progress["code"] is not None and not progress["lines"]:
            return int(progress["code"])
        if not progress["lines"]:
            time.sleep(_POLL)


def _packed(context: Path, dockerfile: Path, name: str) -> bytes:
    """The context as an archive, without what .dockerignore excludes, but always with the Dockerfile."""
    import tarfile  # which takes as long as all else, and only one of the ten needs it

    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    listed = own if own.is_file() else context / ".dockerignore"
    ignored = _ignored(listed.read_text(errors="replace") if listed.is_file() else "")
    made = io.BytesIO()
    # Uncompressed files come first, since Docker's tool recognizes an archive by the first 512 bytes.
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(dockerfile.resolve(), name, recursive=False)
        for folder, folders, names in os.walk(context):
            for each in sorted([*folders, *names]):
                path = Path(folder, each)
                inner = path.relative_to(context).as_posix()
                if not ignored(inner) and inner != name:
                    tar.add(path, inner, recursive=False)
    return made.getvalue()


def _ignored(text: str) -> Callable[[str], bool]:
    """A test whether a .dockerignore excludes a path: the last line that matches it or a folder above it decides."""
    rules: list[tuple[bool, re.Pattern[str]]] = []
    for line in map(str.strip, text.splitlines()):
        kept = line.startswith("!")
        pattern = os.path.normpath(line.lstrip("!").strip().lstrip("/") or ".")
        if line and not line.startswith("#") and pattern != ".":
            parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])", pattern)
            known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
            made = "".join(known.get(part) or (part if part.startswith("[") and part.endswith("]") else re.escape(part))
                           for part in parts)  # fmt: skip
            rules.append((kept, re.compile(f"{made}(?:/.*)?")))

    def ignored(path: str) -> bool:
        return not next((kept for kept, rule in reversed(rules) if rule.fullmatch(path)), True)

    return ignored


_POLL = 0.05  # seconds between two reads of a build without output
_ASIDE = frozenset(".git .ecsctl .github .venv node_modules vendor tests test docs ecsctl.toml pyproject.toml".split())
_TEXT = frozenset(".md .lock .rst .svg .png .jpg .ico .woff .woff2 .pdf .zip .gz .sum .schema.json".split())
_MOST = 200_000  # bytes of one source, and half of those of all words
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.~-]{1,39}")


def _words(root: Path, besides: Iterable[Path] = ()) -> set[str]:
    """The words in the sources and in their file names, in lower case: the app's paths are made of them.

    `besides` are files elsewhere that contain paths of the app. Empty if there is no source but a Dockerfile, since the
    image then contains something else, and if the sources have more words than can be read.
    """
    found: set[str] = set()
    sources = 0
    for path in (*sorted(root.rglob("*")), *besides):
        inside = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
        if _ASIDE & {*inside.parts} or path.suffix in _TEXT or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size > _MOST:
            continue
        if len(found) * 10 > 2 * _MOST:
            return set()
        sources += not re.search(r"(?i)dockerfile|containerfile|compose|buildspec", path.name)
        text = " ".join((*inside.parts, path.stem, path.read_text(errors="ignore")))
        whole = {word.lower().strip(".-~") for word in _WORD.findall(text)}
        found |= whole | {part for word in whole for part in re.split(r"[.-]", word)}
    return found if sources else set()


def _instructions(text: str, context: Path) -> Iterator[str]:
    """The Dockerfile's instructions, one by one; raises ToolError if something that is copied does not exist."""
    joined = re.sub(r"\\\s*\n(\s*#.*\n)*", " ", text)
    lines = [" ".join(line.split()) for line in joined.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not any(line.upper().startswith("FROM ") for line in lines):
        raise ToolError("ERROR: failed to solve: no build stage in current context")
    for line in lines:
        word, _, rest = line.partition(" ")
        yield f"{word.upper()} {rest}" + (" (not run by the sandbox)" if word.upper() == "RUN" else "")
        if word.upper() in ("COPY", "ADD") and "--from=" not in rest and "<<" not in rest and "$" not in rest:
            for source in _sources(rest):
                found = context.glob(source.strip("/")) if source.strip("/.") else [context]
                if not any(found):
                    message = (
                        f'failed to compute cache key: failed to calculate checksum of ref: "/{source}": not found'
                    )
                    raise ToolError(f"ERROR: failed to solve: {message}")


def _sources(rest: str) -> list[str]:
    words = [word for word in rest.split() if not word.startswith("--")]
    if words and words[0].startswith("["):
        words = json.loads(" ".join(words))
    return [word.removeprefix("./") for word in words[:-1] if "://" not in word]


def docker(words: list[str]) -> int:
    """The few commands of docker that are supported."""
    command = words[0] if words else ""
    if command == "buildx" and words[1:2] == ["build"]:
        command, words = "build", words[1:]
    if command == "build":
        return build(words[1:])
    if command == "login":
        parser = argparse.ArgumentParser(prog="docker login", add_help=False)
        parser.add_argument("-u", "--username", required=True)
        parser.add_argument("--password-stdin", action="store_true", required=True)
        parser.add_argument("host")
        chosen = parser.parse_args(words[1:])
        password = sys.stdin.readline().strip()
        return ask(do="login", host=chosen.host, username=chosen.username, password=password)
    plain = [word for word in words[1:] if word not in ("-q", "--quiet")]
    if command == "pull" and len(plain) == 1:
        return ask(do="pull", image=plain[0])
    if command == "push" and len(plain) == 1:
        return _followed(_asked(do="push", image=plain[0]))
    if command == "tag" and len(plain) == 2:
        return ask(do="tag", image=plain[0], name=plain[1])
    if command == "version":
        return ask(do="version", format=_format(words[1:])[0])
    if (command == "image" and words[1:2] == ["inspect"]) or command == "inspect":
        wanted, rest = _format(words[2:] if command == "image" else words[1:])
        if len(rest) == 1:
            return ask(do="inspect", format=wanted, image=rest[0])
    raise ToolError(f"the sandbox's docker does not know: docker {' '.join(words)}")


def _format(words: list[str]) -> tuple[str, list[str]]:
    """The value of `--format`, and the other words."""
    parser = argparse.ArgumentParser(prog="docker", add_help=False)
    parser.add_argument("-f", "--format", default="")
    chosen, rest = parser.parse_known_args(words)
    return chosen.format, rest


def aws(words: list[str]) -> int:
    """The few commands of the AWS CLI that are supported."""
    parser = argparse.ArgumentParser(prog="aws", add_help=False)
    parser.add_argument("service")
    parser.add_argument("operation")
    parser.add_argument("--region", default=os.environ.get("AWS_REGION", ""))
    parser.add_argument("--registry-id")
    parser.add_argument("--repository-name")
    parser.add_argument("--image-ids", nargs="*", default=[])
    parser.add_argument("--image-id", default="")
    parser.add_argument("--query", default="")
    parser.add_argument("--no-paginate", action="store_true")
    parser.add_argument("--output")
    chosen = parser.parse_args(words)
    if chosen.operation == "get-login-password" and chosen.service in ("ecr", "ecr-public"):
        return ask(do="password", region=chosen.region, service=chosen.service)
    if (chosen.service, chosen.operation) == ("ecr", "describe-images") and chosen.repository_name:
        references = [one.partition("=")[2] for one in chosen.image_ids]
        return ask(do="describe", region=chosen.region, registry=chosen.registry_id,
                   repository=chosen.repository_name, references=references)  # fmt: skip
    if (chosen.service, chosen.operation, chosen.output) == ("ecr", "describe-image-scan-findings", "text"):
        return ask(do="findings", region=chosen.region, repository=chosen.repository_name, query=chosen.query,
                   reference=chosen.image_id.partition("=")[2])  # fmt: skip
    raise ToolError(f"the sandbox's aws does not know: aws {chosen.service} {chosen.operation}")


def sbomgen(words: list[str]) -> int:
    """Amazon Inspector's generator: prints an empty list for an image that exists here, since no layer is read."""
    parser = argparse.ArgumentParser(prog="inspector-sbomgen", add_help=False)
    parser.add_argument("what", choices=["container"])
    parser.add_argument("--image", required=True)
    parser.add_argument("-o", "--outfile", required=True)
    chosen = parser.parse_args(words)
    code = ask(do="inspect", format="{{.Architecture}}", image=chosen.image)
    if not code:
        document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"name": chosen.image}}}
        Path(chosen.outfile).write_text(json.dumps({**document, "components": []}))
    return code


def main() -> int:
    """Run the tool that the first argument names, and return its exit code."""
    tool = {"docker": docker, "aws": aws, "inspector-sbomgen": sbomgen}[sys.argv[1]]
    try:
        return tool(sys.argv[2:])
    except ToolError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program of its own
    return 1


if __name__ == "__main__":
    sys.exit(main())
