"""Which compose services run an image, and with which command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from ecsctl.discovery.files.build_context import HOLDERS
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage, is_base_image
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.discovery.needs import stores
from ecsctl.discovery.needs.processes import Process
from ecsctl.discovery.serving import port_hints

# Image names that many projects use: such an image is this project's only if the owner matches too.
_GENERIC = re.compile(
    r"(?:[\w-]+-)?(?:server|app|web|api|back[-_]?end|front[-_]?end|bot|site|service|core|client|ui|main)"
)
_TRIED = re.compile(r"(?:^|[./_-])(?:tests?|e2e|ci)(?:[./_-]|$)", re.IGNORECASE)
# A command that prints something and ends.
_SAYS = re.compile(r"(?:\S+\s+)?(?:-h|--?help|help|--?version|version)")


# Services that only make files for the app, or serve them to developers.
_BUILDS = re.compile(
    r"\b(?:webpack\w*|shakapacker-dev-server|bundler|bundle install|vite|esbuild|tailwind\w*|assets)\b(?!:)"
)


def services_of(
    services: Sequence[Service], path: str, names: Collection[str], owner: str, stage: Stage
) -> tuple[Service, ...]:
    """The services that run this image: those with ports first, those of another stage last.

    They build it, or use an image with the name of the repository or its folder, as compose files for releases do.
    Services in files for tests count only if there are no others.
    """
    built = [one for one in services if one.dockerfile == path]
    tags = {one.image for one in built if one.image}
    wanted = {_bare(name.rpartition("/")[2]) for name in names if name}
    pushed = [one for one in services if one.image and not one.dockerfile
              and (one.image in tags or _has_name(one.image, wanted, owner)
                   or _is_of_part(one.image, path, names))]  # fmt: skip
    found = [*built, *pushed]
    found = [one for one in found if not _TRIED.search(one.file)] or found

    def rank(one: Service) -> tuple[bool, ...]:
        beside = _BUILDS.search(f"{one.name} {one.command}") is not None
        return not one.runs(stage.name), one.for_development, beside, not one.ports, not one.health, bool(one.command)

    return tuple(sorted(found, key=rank))


def _has_name(image: str, wanted: Collection[str], owner: str) -> bool:
    parts = image.partition("@")[0].lower().split("/")
    name = _bare(parts[-1].partition(":")[0])
    if name not in wanted:  # unleash's image is called unleash-server
        name = re.sub(r"-(?:server|app|web|api|backend)$", "", name)
    owned = len(parts) > 1 and parts[-2] == owner.lower()
    if (
        owned
        and not stores.kind_of_image(image)
        and any(name.startswith(f"{one}-") for one in wanted if not _GENERIC.fullmatch(one))
    ):
        return True
    return name in wanted and (not _GENERIC.fullmatch(name) or owned)


def _is_of_part(image: str, path: str, names: Collection[str]) -> bool:
    """Whether an image is called after the repository and the Dockerfile's folder: shop/backend, or shop-backend."""
    folders = [part for part in path.lower().split("/")[:-1] if not HOLDERS.fullmatch(part)]
    called = image.partition("@")[0].lower().rpartition("/")
    last, before = called[2].partition(":")[0], called[0].rpartition("/")[2]
    wanted = {name.rpartition("/")[2].lower() for name in names if name}
    return bool(folders) and any(
        (before == one and last == folders[-1]) or last in (f"{one}-{folders[-1]}", f"{one}_{folders[-1]}")
        for one in wanted
    )


def _bare(name: str) -> str:
    """The name of a repository or an image, without a "docker-" before it or a "-docker" after it."""
    return re.sub(r"^docker-|-docker$", "", name.lower())


def command(read: Dockerfile, stage: Stage, services: Sequence[Service], notes: list[str]) -> tuple[str, ...]:
    """The command in a compose file, for an image that has none itself or from its base; empty if there is none.

    A command that needs files which the compose file mounts does not count. `notes` gets the source.
    """
    entry, own = read.parts(stage)
    says = bool(_SAYS.fullmatch(own.strip()))
    if (own and not says) or port_hints.of_image(stage.image):
        return ()
    first = services[0] if services and services[0].runs(stage.name) else None
    said = _added_words(entry, first) if first else ()
    if said and first and not any(word.startswith(place) for word in said for place in first.mount_targets):
        what = f"the image's own command is {own}" if says else "the image has no command of its own"
        notes.append(f"{what}; {first.where} runs: {shlex.join(said)}")
        return said
    if first and said:
        notes.append(f"{first.where} runs {shlex.join(said)} in the image, with files that it mounts: set command in "
                     "[service], and put the files into the image")  # fmt: skip
    elif says:
        notes.append(f"the image's own command is {own}, which prints something and exits: set command in [service]")
    return ()


_INTERPRETED = re.compile(r"\b(?:node|npm|yarn|pnpm|bun|tsx|pm2|python3?)\b")
_MCP = re.compile(r"@modelcontextprotocol/(?:sdk|server)|[\"']fastmcp\b|[\"']mcp(?:\[cli\])?[\"'<>=~ ]")
_MCP_FILES = r"(?:main|index|server|app|cli|env|config|__main__|__init__)\.(?:[cm]?[jt]s|py)"
_READ = re.compile(r"process\.env\.((?:[A-Z0-9]+_)?PORT)\b|environ\[[\"']((?:[A-Z0-9]+_)?PORT)[\"']\]")


# Entry points that run their arguments, and do nothing without any.
_RUNS_OTHERS = re.compile(
    r"(?:\S*/)?(?:yarn|npm|pnpm|bun|npx|node|deno|python3?|ruby|php|java|dotnet|bash|sh|bundle exec|"
    r"(?:poetry|uv|pipenv) run|(?:tini|dumb-init|catatonit|gosu|su-exec)(?: (?:-\w+|--|\w+))*)"
)
_FOR_DEVELOPERS = re.compile(
    r"\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?(?:dev|start:dev|develop)\b|\b(?:next|nuxt|astro|remix|strapi)\s+dev(?:elop)?\b|\bnodemon\b|"
    r"\bmanage(?:\.py)?\s+runserver\b|\breact-scripts\s+start\b|\bwebpack(?:-dev-server|\s+serve)\b|\bvue-cli-service\s+serve\b|"
    r"\bgatsby\s+develop\b|\bfastapi\s+dev\b|\bhugo\s+serve(?:r)?\b|\bjekyll\s+serve\b|\bmkdocs\s+serve\b|\bng\s+serve\b|\bvite\b(?!\s+(?:preview|build))|--reload\b"
)


def started_commands(tree: Tree, texts: Sequence[Text]) -> str:
    """What an image starts: its command, and the scripts in package.json and the Makefile recipe that it runs."""
    found = [one.text for one in texts if one.where == "its command" or one.where.endswith("of package.json")]
    found += [one.text for one in texts[1:4] if one.shell and re.search(r"\.sh$|(?:^|/)(?!Procfile)[^./]+$", one.where)]
    for name in re.findall(r"\bmake\s+([\w-]+)", found[0] if found else "")[:3]:
        found += re.findall(rf"(?m)^{name}\s*:[^\n]*((?:\n\t[^\n]*)+)", tree.read("Makefile"))[:1]
    return " ".join(found)


def in_development(environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence if the image sets a variable that makes a framework run in development mode."""
    for name in ("RAILS_ENV", "RACK_ENV", "NODE_ENV", "APP_ENV", "FLASK_ENV", "ASPNETCORE_ENVIRONMENT", "MIX_ENV"):
        if environment.get(name, "").lower() in ("dev", "development", "local"):
            value = environment[name]
            yield f"ENV of the Dockerfile sets {name} to {value}: for production, set it in [service.environment]"


def for_developers(command: str) -> str:
    """A sentence if the image starts a development server; else empty."""
    chosen = re.search(r"\bif\b[\s\S]*\belse\b", command)  # a shell decides at the start
    found = None if chosen else _FOR_DEVELOPERS.search(command)
    return (
        f"the image starts a development server, {found[0]}: set command in [service] to start another" if found else ""
    )


def hosted(
    tree: Tree, read: Dockerfile, stage: Stage, platforms: Sequence[Host], notes: list[str]
) -> tuple[tuple[str, ...], str]:
    """The command in a Procfile or another platform's file, for an image that has none; else a sentence about that."""
    entry, own = read.parts(stage)
    if own or (entry and not _RUNS_OTHERS.fullmatch(entry.strip())) or port_hints.of_image(stage.image):
        return (), ""
    found = [(one.file, one.start) for one in platforms if one.start]
    for path in [one for one in tree.named("Procfile") if "/" not in one][:1]:
        found += [(path, one) for one in re.findall(r"(?m)^[ \t]*web\s*:\s*(\S.*?)\s*$", tree.read(path))]
    if not found:
        nothing = entry or is_base_image(stage.image)
        return (), "the image starts nothing by itself: set command in [service]" if nothing else ""
    where, start = found[0]
    words = Process("web", start, where).words
    notes.append(f"the image has no command of its own; {where} runs: {start}")
    return tuple(words), ""


def _added_words(entry: str, service: Service) -> tuple[str, ...]:
    """What a service adds to the image's entry point: its command, or the further words of its own entry point."""
    words_of_service = service.command
    if service.entrypoint and not words_of_service and entry and service.entrypoint.startswith(f"{entry} "):
        words_of_service = service.entrypoint.removeprefix(entry)
    elif service.entrypoint:
        return ()
    try:
        return tuple(word for word in shlex.split(words_of_service) if word != "--reload")  # for development only
    except ValueError:
        return ()


_SUBCOMMANDS = re.compile(
    r"\.subcommand_required\(true\)"
    r"|#\[(?:command|clap)\(subcommand\)\]\s{0,80}(?:pub\s{1,9})?\w+\s{0,9}:\s{0,9}(?!Option)\w"
)


def without_subcommand(
    tree: Tree, context: str, read: Dockerfile, stage: Stage, texts: Sequence[Text]
) -> Iterator[str]:
    """A sentence if an entry point does nothing without a subcommand, and has none.

    Cobra prints help for a command without Run; clap exits if the subcommand is not an Option ("Command",
    "Subcommand"); a shell script prints its usage.
    """
    entry, own = read.parts(stage)
    for script in texts[1:]:
        word = own.strip() or entry.strip()
        if (
            script.shell
            and word.rpartition("/")[2] == script.where.rpartition("/")[2]
            and _only_prints_usage(script.text)
        ):
            known = re.findall(r"(?m)^\s*([a-z][\w-]*)\)\s*$", script.text)
            to = f", to one of {', '.join(known[:6])}" if known else ""
            yield f"{script.where} prints its usage and exits without an argument: set command in [service]{to}"
            return
    if not entry or own or " " in entry or entry.endswith(".sh"):
        return
    program = entry.rpartition("/")[2]
    files = [one for one in tree.named(r"root\.go|main\.rs|cli\.rs", context) if not is_auxiliary(one)]
    for file in sorted(files, key=lambda one: program not in one)[:5]:
        text = tree.read(file)
        if file.endswith(".go"):
            silent = "cobra.Command{" in text and not re.search(r"\bRunE?\s*[:=]", text)
        else:
            silent = _SUBCOMMANDS.search(text) is not None
        if silent:
            yield f"{entry} needs a subcommand ({file}), and the image has none: set command in [service] to one"
            return


def _only_prints_usage(script: str) -> bool:
    """Whether a shell script looks at its first argument, and only prints something if it does not know it."""
    begin = re.search(r"\bcase\s+[\"']?\$\{?1\b", script)
    other = re.search(r"(?m)^\s*\*\)\s*(?:echo|printf|cat|usage|show_help)\b", script[begin.end() :]) if begin else None
    return other is not None and "exec" not in script[(begin.end() if begin else 0) + other.start() :][:300]


def port_variable(tree: Tree, context: str, texts: Sequence[Text], known: Mapping[str, str]) -> str:
    """The variable from which an app's main file reads its port without a default; empty if there is none."""
    if not any(text.shell and _INTERPRETED.search(text.text) for text in texts):
        return ""
    for file in [one for one in tree.named(port_hints.FIRST, context) if not is_auxiliary(one)][:20]:
        text = tree.read(file)
        for match in islice(_READ.finditer(text), 20):
            name = match[1] or match[2]
            other = re.search(rf"\b{name}\b[\"'\])]*\s*(?:\|\||\?\?|or\b)", text)
            own = re.fullmatch(r"(?:(?:APP|SERVER|HTTP|WEB|API|NODE|SERVICE|LISTEN)_)?PORT", name)
            called = name.removesuffix("_PORT").lower() in tree.root.name.lower()
            if (own or called) and not other and name not in known:
                return str(name)
    return ""


def other_entry_point(read: Dockerfile, stage: Stage, services: Sequence[Service]) -> Iterator[str]:
    """A sentence if a compose file starts the image with another entry point."""
    entry, own = read.parts(stage)
    first = services[0] if services and services[0].runs(stage.name) else None
    if first and first.entrypoint and not (entry and not own and first.entrypoint.startswith(f"{entry} ")):
        yield f"{first.where} starts the image with another entry point: {first.entrypoint}"


def served_otherwise(read: Dockerfile, stage: Stage, services: Sequence[Service]) -> Iterator[str]:
    """A sentence if a compose file runs an image twice, and only the run with another command has ports."""
    own = read.command(stage)
    plain = next((one for one in services if not one.command and not one.entrypoint), None)
    if not own or plain is None or set(plain.ports) - port_hints.ASIDE:
        return
    for one in services:
        if one.ports and one.command and (one.dockerfile, one.file) == (plain.dockerfile, plain.file):
            yield (f"the image's own command is {own}, as {plain.where} runs it; {one.where} serves on port "
                   f"{one.ports[0]} with {one.command}: set command in [service] to that, or web = false")  # fmt: skip
            return


def speaks_elsewhere(tree: Tree, context: str, command: str, known: Mapping[str, str]) -> Iterator[str]:
    """A sentence if a Model Context Protocol server may use standard input and output, as by default.

    (modelcontextprotocol.io, "Transports": stdio and Streamable HTTP.)
    """
    settings = " ".join([command, *(value for name, value in known.items() if "TRANSPORT" in name)])
    folder = "" if context == "." else f"{context}/"
    depends = any(_MCP.search(tree.read(folder + one)) for one in ("package.json", "pyproject.toml"))
    if depends and not re.search(r"streamable|\bhttp\b|\bsse\b", settings, re.IGNORECASE):
        files = [one for one in tree.named(_MCP_FILES, context) if not is_auxiliary(one)]
        if any(re.search(r"StdioServerTransport|[\"']stdio[\"']", tree.read(one)) for one in files[:50]):
            yield ("the app is an MCP server, which may only use standard input and output: make it serve HTTP, with "
                   "command or a variable in [service]")  # fmt: skip
