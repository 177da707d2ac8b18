"""What an app uses beside itself, by its compose files and Procfile, and which other processes its image runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ecsctl.discovery import depends, dotnet, required, stores
from ecsctl.discovery.compose import Service
from ecsctl.discovery.dockerfile import Dockerfile, Stage
from ecsctl.discovery.hosts import Host
from ecsctl.discovery.port_hints import EXAMPLES, sources
from ecsctl.discovery.stores import kind_of_image, kind_of_variable
from ecsctl.discovery.tree import Tree, aside, within

_WORKS = re.compile(r"worker|sidekiq|celery|\bqueue\b|resque|\brq\b|jobs?\b|scheduler|\bbeat\b|consumer|cron|horizon")
_MIGRATES = re.compile(r"migrat|db:(?:prepare|setup|deploy)|alembic|prestart|seed|schema:load|flyway|liquibase")


_SECRET = re.compile(
    r"SECRET|(?:\w+_)?SECRET_KEY(?:_BASE)?|RAILS_MASTER_KEY|(?:LARAVEL_)?APP_(?:KEY|SECRET)|(?:\w+_?)?AUTH_SECRET"
    r"|(?:\w+_)?(?:(?:ENCRYPTION|CREDENTIALS?|SIGNING|MASTER|COOKIE|SESSION|HASH)_KEY|JWT_KEY|SALT)"
    r"|(?:\w+_)?(?:SESSION|JWT|SHARED|COOKIE|SIGNING|TOKEN|HASH|INTERNAL|CSRF|NEXTAUTH)_SECRET"
    r"|(?:\w+_)?(?:BOT|DISCORD|TELEGRAM)_TOKEN"
)
# Without them Laravel and Rails do not start, or answer 500 ("Configuration", "Securing Rails Applications").
_OF_FRAMEWORKS = (
    ("artisan", "APP_KEY", "LARAVEL_APP_KEY", "Laravel"),
    ("config/environments/production.rb", "SECRET_KEY_BASE", "RAILS_MASTER_KEY", "Rails in production"),
)
_PASSWORD = re.compile(r"(?:\w+_)?(?:PASSWORD|MASTER_KEY)")
PERHAPS = "what may be for development alone"
_PASSING = re.compile(
    r"/(?:logs?|tmp|run|cache|\.cache|node_modules|vendor|bundle|\.next|target|certs?|ssl|go/pkg|\.cargo|\.m2|\.npm|\.gradle)(?:/|$)"
)
"""Folders whose content may go."""

_READ_IN = (
    r"config\.(?:py|[cm]?[jt]s)|(?:.*settings.*|base|production)\.py|database\.(?:yml|[cm]?[jt]s)|env\.[cm]?[jt]s"
)
_READS = re.compile(
    r"(?:environ(?:\.get)?[\[(]|[gG]etenv\(|(?:Lookup|\bget)Env\(|GetEnvironmentVariable\(|ENV(?:\.fetch\()?\[?|\benv::var\("
    r"|\bprocess\.env(?:\.|\[)|\b(?:Bun|Deno)\.env\.(?:get\()?|\benv(?:\.\w+)?\()\s*[\"'`]?([A-Z][A-Z0-9_]+)\b"
)
_ASSIGNED = re.compile(r"(?m)^[ \t]*(?:export\s+)?(\w+)\s*=")
_SHELL = re.compile(r"[$`|&;<>*?~]|^\w+=")
"""What only a shell understands: a command with it is run by one."""
_ONCE = re.compile(r"\b(?:rails|rake|artisan|manage\.py)\s+(?:\w+:clear|db:\w+|console|c|shell|test)\b")
"""What a person starts by hand."""
_WORKER = re.compile(r"\b(?:sidekiq|good_job|resque|delayed_job|celery\b[^|&;]*\b(?:worker|beat))\b")
_SERVES = re.compile(
    r"\b(?:uvicorn|gunicorn|hypercorn|daphne|granian|puma|unicorn|rails\s+s(?:erver)?|(?:next|nuxt)\s+start|runserver|fastapi\s+run|"
    r"artisan\s+(?:serve|octane))\b"
)
"""What answers requests: no worker, whatever it is called."""
_TAKEN = ("app", "release", "run", "web")


@dataclass(frozen=True)
class Process:
    """Another command of the same image: a worker, or what runs at each release (then `name` is empty)."""

    name: str
    command: str
    where: str

    @property
    def words(self) -> list[str]:
        """The command, word by word; by a shell, where it says what only one understands. None: the image's own."""
        if not self.command:
            return []
        try:
            words = shlex.split(self.command)
        except ValueError:
            words = []
        if len(words) == 3 and words[1] == "-c" and words[0].rpartition("/")[2] in ("sh", "bash", "ash"):
            return words
        return words if words and not _SHELL.search(self.command) else ["sh", "-c", self.command]


def processes(
    tree: Tree, services: Sequence[Service], app: Sequence[Service], said: Sequence[Host] = ()
) -> tuple[Process, ...]:
    """The other processes of the image, each name once: of a Procfile, of other platforms' files, of compose files."""
    found: dict[str, Process] = {}
    others = [Process(_name(name), command, one.file) for one in said for name, command in one.commands]
    others += [Process("", one.release, one.file) for one in said if one.release]
    for one in (*_of_procfile(tree), *others, *_of_compose(services, app)):
        program = _WORKER.search(one.command)
        if not (program and one.name and any(program[0] in other.command for other in found.values()
                                             if other.where != one.where)):  # fmt: skip
            found.setdefault(one.name, one)
    return tuple(found.values())


def _of_procfile(tree: Tree) -> Iterator[Process]:
    for path in [one for one in tree.named("Procfile") if "/" not in one][:1]:
        for name, command in re.findall(r"(?m)^[ \t]*([\w-]+)\s*:\s*(\S.*)$", tree.read(path)):
            if name == "release":
                yield Process("", command.strip(), path)
            elif name != "web" and not stores.kind_of_server(command)[0] and not _ONCE.search(command):
                yield Process(_name(name), command.strip(), path)


def _of_compose(services: Sequence[Service], app: Sequence[Service]) -> Iterator[Process]:
    built = {service.dockerfile for service in app if service.dockerfile}
    pushed = {service.image for service in app if service.image and not service.dockerfile}
    for service in services:
        words = f"{service.name} {service.command}"
        if _built_otherwise(service, app):
            continue
        if service.command and (service.dockerfile in built or (not service.dockerfile and service.image in pushed)):
            if _MIGRATES.search(words):
                if command := _ends(service.command):
                    yield Process("", command, service.where)
            elif (
                _WORKS.search(words)
                and not _SERVES.search(service.command)
                and not (service in app[:1] and service.ports)
            ):
                yield Process(_name(service.name), f"{service.entrypoint} {service.command}".strip(), service.where)


def _built_otherwise(service: Service, app: Sequence[Service]) -> bool:
    """Whether it is made of the app's Dockerfile with other arguments or another stage: another image."""
    own = next((one for one in app if one.dockerfile), None)
    if own is None or service.dockerfile != own.dockerfile:
        return False
    given, others = dict(own.arguments), dict(service.arguments)
    return service.target != own.target or any(given.get(name) != value for name, value in others.items())


def _ends(command: str) -> str:
    """What of a command comes to an end: of a migration, after which a server is started, the migration alone."""
    shell = re.fullmatch(r"(?:/\S+/)?(?:sh|bash|ash)\s+-\w*c\s+(['\"])(.*)\1", command.strip(), re.DOTALL)
    parts = re.split(r"\s*(?:&&|;)\s*", (shell[2] if shell else command).strip())
    last = max((n for n, part in enumerate(parts) if _MIGRATES.search(part)), default=-1)
    if last in (-1, len(parts) - 1):
        return command if last >= 0 or not _SHELL.search(command) else ""
    return " && ".join(parts[: last + 1])


def _name(name: str) -> str:
    """As [workers.NAME] takes it (ecsctl.config.tables.texts, ProcessName)."""
    bare = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:20].strip("-")
    return bare if re.match("[a-z]", bare) and bare not in _TAKEN else f"worker-{bare}"[:20].strip("-")


@dataclass(frozen=True)
class Need:
    """Something that a person has to say the place of, in a line; `kind` says what it is in a word or two."""

    kind: str
    line: str


def listed(
    tree: Tree, context: str, services: Sequence[Service], app: Sequence[Service], kept: Mapping[str, str],
    known: Collection[str] = (), built: str = "", port: int | None = None, said: Sequence[Host] = (),
) -> tuple[Need, ...]:  # fmt: skip
    """Each thing that a person has to say the place of, what an app does not start without first.

    `app` are the services that run this image, `kept` the folders that the Dockerfile keeps data in, each with what
    says so, `known` the variables that it sets. `built` is its path, `port` the app's, and `said` are other
    platforms' files.
    """
    foreign = others(tree, built) if context == "." else ()
    named, samples = _named(tree, context, built, services, app, foreign)
    drivers = depends.of(tree, context, foreign)
    beside = _near(services, app, context)
    beside += [Service(one.file, name, name) for one in said for name in one.stores]
    called = {(one.file, name) for one in app for name in one.calls}
    sure = {one.file for one in app[:1] if not one.trial and not one.mounts}
    sure |= {one.file for one in said}
    sure |= {one.file for one in beside if (one.file, one.name) in called and kind_of_image(one.image)}
    lines, perhaps = stores.listed(beside, named, drivers, tuple(sure))
    found = [Need(kind, line) for kind, line in lines]
    found += [Need(line.partition(":")[0], line) for line in _of_servers(tree)]
    secret = named if any(_SECRET.fullmatch(name) for name, _ in named) else [*named, *samples]
    found += [Need("secrets", line) for line in _secrets(tree, context, secret)]
    named_yet = set(re.findall(r"[A-Z]\w{2,}", " ".join(one.line for one in found)))
    lacking = required.listed(
        tree, context, named_yet | set(known), foreign, built.rpartition("/")[0] if foreign else ""
    )
    found += [Need("required variables", line) for line in lacking]
    held = [one for one in services if not one.dockerfile or tree.has(one.dockerfile)]
    found += [Need(line.partition(":")[0], line) for line in _processes(held, app)]
    found += [Need("migrations", line) for line in _of_builders(tree, context, built, [one.line for one in found])]
    folders = list(_kept(tree, app, kept))
    stored = any(kind == "a database" for kind, line in lines if not line.endswith("the app may need one"))
    if not folders and not stored and (why := depends.of_file(tree, context, foreign)):
        folders.append(f"a database that is a file, if the app uses one ({why}): a task's disk ends with the task, and "
                       "volumes outlive it")  # fmt: skip
    found += [Need("folders that are kept", line) for line in folders]
    found += [Need("further ports", line) for line in _further(app, port)]
    found += [Need(PERHAPS, f"perhaps: {', '.join(perhaps)}")] if perhaps else []
    return tuple(dict.fromkeys(found))


def _named(
    tree: Tree, context: str, built: str, services: Sequence[Service], app: Sequence[Service], foreign: Sequence[str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The variables that an app is given or reads, each with where: those of the first source that names a store.

    After them those of examples of an environment.
    """
    named = [(name, one.where) for one in (*app, *_over(services, app)) for name in one.environment]
    examples = [file for file in tree.named(EXAMPLES, context) if not aside(file)]
    examples = [file for file in examples if not any(within(file, folder) for folder in foreign)]
    own = built.rpartition("/")[0]
    samples = [(name, file) for file in sorted(examples, key=lambda file: not (own and within(file, own)))
               for name in _ASSIGNED.findall(tree.read(file))]  # fmt: skip

    def of_phoenix() -> Iterator[tuple[str, str]]:
        for file in tree.named(r"runtime\.exs", context):
            yield from ((name, file) for name in re.findall(r"(?:fetch_env!|get_env)\(\s*\"(\w+)\"", tree.read(file)))

    def of_sources() -> Iterator[tuple[str, str]]:  # any of them, as far as its name says what it is
        files = [one for one in sources(tree, context) if not any(within(one, folder) for folder in foreign)]
        yield from ((name, file) for name, file in _read_in(tree, files) if kind_of_variable(name))

    def of_defaults() -> Iterator[tuple[str, str]]:  # a file of an environment that is committed
        for file in [file for file in tree.named(r"\.env(?:\.(?:docker|production))?", context) if not aside(file)][:3]:
            yield from ((name, file) for name in _ASSIGNED.findall(tree.read(file)) if kind_of_variable(name))

    for more in (lambda: samples, of_defaults, lambda: _of_manifests(tree, context), of_phoenix,
                 lambda: stores.of_settings(tree, context),
                 lambda: _read_in(tree, [file for file in tree.named(_READ_IN, context)[:20] if not aside(file)]),
                 of_sources):  # fmt: skip
        if any(kind_of_variable(name) for name, _ in named):
            break
        named += list(more())
    return named, samples


def _read_in(tree: Tree, files: Sequence[str]) -> list[tuple[str, str]]:
    """The variables that files read, each with its file; what a comment says does not count."""
    live = {file: re.sub(r"(?m)^[ \t]*(?:#|//).*$", "", tree.read(file)) for file in files}
    return [(name, file) for file, text in live.items() for name in _READS.findall(text)]


def others(tree: Tree, built: str) -> tuple[str, ...]:
    """The folders of a repository of several apps that a Dockerfile neither lies in nor names, if it does another."""
    text = f"{built}\n{tree.read(built)}"
    apps = [one for one in tree.folders if re.fullmatch(r"(?:apps|services)/[^/]+", one)]
    # A list of packages is copied of every app in the workspace, whichever is built.
    text = re.sub(r"(?m)^COPY\s+\S+/(?:package\.json|pyproject\.toml|Cargo\.toml|[\w.]+\.csproj)\s+\S+\s*$", "", text)
    named = [one for one in apps if re.search(rf"{re.escape(one)}(?![\w-])", text)]
    return tuple(one for one in apps if one not in named) if named else ()


def _further(app: Sequence[Service], port: int | None) -> Iterator[str]:
    """Further ports that a compose file publishes of the app: a load balancer's target group has one."""
    beside = [str(one) for one in (app[0].ports if app and port in app[0].ports else ()) if one != port]
    if beside:
        listed = ", ".join(beside[:5])
        yield f"port {listed}, which {app[0].where} publishes too: the load balancer forwards to {port} alone"


def _of_builders(tree: Tree, context: str, built: str, lines: Sequence[str]) -> Iterator[str]:
    """Migrations that have an image of their own: a Dockerfile that is called so, or whose folder is."""
    for file in tree.named(r"(?:[\w-]+\.)?(?:docker|container)file(?:[.-][\w.-]+)?", context):
        called = "/".join(file.split("/")[-2:]).lower()
        if file != built and not aside(file) and re.search(r"migrat", called) and not any(file in one for one in lines):
            yield f"migrations: {file} builds another image, which runs them"


def _over(services: Sequence[Service], app: Sequence[Service]) -> Iterator[Service]:
    """What a further compose file beside the app's own adds to its service: neither an image nor a build of its own."""
    places = {(one.file.rpartition("/")[0], one.name) for one in app}
    for one in services:
        if not one.image and not one.dockerfile and (one.file.rpartition("/")[0], one.name) in places:
            yield one


def _of_manifests(tree: Tree, context: str) -> Iterator[tuple[str, str]]:
    """The variables that Kubernetes' manifests give to containers."""
    for file in tree.named(r".+\.ya?ml", context):
        if not aside(file) and re.search(r"(?:^|/)(?:k8s|kube\w*|kustomize|manifests?|deploy\w*)/", file):
            yield from ((name, file) for name in re.findall(
                r"(?m)^[ \t]*- name:\s*[\"']?([A-Z][A-Z0-9_]+)[\"']?\s*\n\s*value", tree.read(file)))  # fmt: skip


def _near(services: Sequence[Service], app: Sequence[Service], context: str) -> list[Service]:
    """What runs beside the app: in the files that run it too, if there are any; not what is another folder's app's."""
    files = {one.file for one in app}
    folders = [one.file.rpartition("/")[0] or "." for one in services]
    near = [one for one, folder in zip(services, folders, strict=True)
            if one not in app and (within(folder, context) or within(context, folder))]  # fmt: skip
    near = [one for one in near if not aside(one.file) or one.file in files]
    if context != "." and any(within(one.rpartition("/")[0] or ".", context) for one in files):
        near = [one for one in near if one.file in files]
    return near


def _of_servers(tree: Tree) -> Iterator[str]:
    for path in [one for one in tree.named("Procfile") if "/" not in one][:1]:
        for command in re.findall(r"(?m)^[ \t]*[\w-]+\s*:\s*(\S.*)$", tree.read(path)):
            kind, program = stores.kind_of_server(command)
            if kind:
                yield f"{kind}: {path} runs {program}"


_DATA_FOLDER = re.compile(
    r"(?:\w+_)?(?:DATA|DB|DATABASE|SQLITE|STORAGE|STORE|UPLOADS?|MEDIA|WORK)_?(?:PATH|DIR|DIRECTORY|LOCATION|FOLDER|ROOT|FILE)"
)


def data_folders(read: Dockerfile, stage: Stage) -> dict[str, str]:
    """Where a Dockerfile has the app keep data, each folder with what says so.

    VOLUME does, a variable that is named after data, and a folder /data that a RUN makes. Where a variable names a
    folder of work, and that is WORKDIR or one for code, it is no data's.
    """
    volumes, environment, workdir = read.volumes(stage), read.environment(stage), read.last(stage, "WORKDIR")
    of_code = {workdir.rstrip("/"), "/app", "/code", "/src", "/usr/src/app"}
    found = dict.fromkeys((one.rstrip("/") for one in volumes), "VOLUME of the Dockerfile")
    for name, value in sorted(environment.items()):
        if _DATA_FOLDER.fullmatch(name) and re.fullmatch(r"/[\w-]+(?:/[\w.-]+)*/?", value):
            folder = value.rstrip("/")
            folder = folder.rpartition("/")[0] if re.search(r"\.\w+$", folder) else folder
            if not any(within(folder, one) for one in found) and not ("WORK" in name and folder in of_code):
                found[folder] = f"ENV {name} of the Dockerfile"
    made = any(word == "RUN" and re.search(r"\bmkdir\s[^&;|]*(?<=\s)/data(?=[\s/;&]|$)", rest)
               for one in stage.chain for word, rest in one.instructions)  # fmt: skip
    if made and not any(within(one, "/data") for one in found):
        found["/data"] = "RUN of the Dockerfile"
    return {folder: where for folder, where in found.items() if folder}


def _kept(tree: Tree, app: Sequence[Service], kept: Mapping[str, str]) -> Iterator[str]:
    """Folders whose content is to outlive a container: a task's disk ends with the task.

    What a compose file puts in from the repository is no such folder: the image has it.
    """
    folders = {folder: where for folder, where in kept.items() if not _PASSING.search(folder)}
    for service in app[:1]:
        for source, place in service.keeps:
            inside = [one for one in tree.files if within(one, source)]
            held = any(not one.rpartition("/")[2].startswith(".git") and not one.endswith(".keep") for one in inside)
            if not held and not _PASSING.search(place):
                folders.setdefault(place, f"a volume of {service.where}")
    if folders:
        listed = ", ".join(f"{folder} ({where})" for folder, where in folders.items())
        yield f"what the app keeps in {listed}: a task's disk ends with the task, and volumes outlive it"


def _demanded_by_phoenix(tree: Tree, file: str) -> list[str]:
    """The variables without which a runtime.exs raises: what `get_env` alone reads may be missing."""
    text = tree.read(file)
    return re.findall(r"fetch_env!\(\s*\"(\w+)\"", text) + re.findall(
        r"get_env\(\s*\"(\w+)\"\s*\)\s*\|\|\s*\(?raise\b", text
    )


def _secrets(tree: Tree, context: str, named: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Secrets without which a framework does not start, by the names that compose files, examples and sources use."""
    found: dict[str, str] = {}
    for name, where in named:
        if where.endswith("runtime.exs") and name not in _demanded_by_phoenix(tree, where):
            continue
        if (
            _SECRET.fullmatch(name) or dotnet.secret(name) or (" in " in where and _PASSWORD.fullmatch(name))
        ):  # of a compose file's service
            found.setdefault(name, where)
    for path in tree.named(r"credentials\.yml\.enc|runtime\.exs", context):
        if path.endswith("config/credentials.yml.enc") and "SECRET_KEY_BASE" not in found:
            found.setdefault("RAILS_MASTER_KEY", path)
        for name in _demanded_by_phoenix(tree, path):
            if _SECRET.fullmatch(name):
                found.setdefault(name, path)
    for name, file in dotnet.secrets(tree, context):
        found.setdefault(name, file)
    for file, name, other, framework in _OF_FRAMEWORKS:
        if tree.has(file if context == "." else f"{context}/{file}") and not {name, other} & found.keys():
            found[name] = framework
    if found:
        first = next(iter(found))
        yield (f"{', '.join(found)}, which {found[first]} names: secrets of the app's own; ecsctl secret set {first} "
               "stores one")  # fmt: skip


def _processes(services: Sequence[Service], app: Sequence[Service]) -> Iterator[str]:
    """Workers and migrations that cannot be proposed: of another image, or with a command that is not known."""
    built = {service.dockerfile for service in app if service.dockerfile}
    for service in services:
        if _built_otherwise(service, app) and not service.trial and _WORKS.search(service.name):
            said = ", ".join([*([f"stage {service.target}"] if service.target else []),
                              *(f"{name}={value}" for name, value in service.arguments)])  # fmt: skip
            yield f"a worker: {service.where} is another image, built with {said}"
        elif service.dockerfile in built and not service.command and service.name not in {one.name for one in app[:1]}:
            if _MIGRATES.search(service.name):
                yield f"migrations: {service.where}"
            elif _WORKS.search(service.name):
                yield f"a worker: {service.where}"
        elif service.file.startswith(".devcontainer/") or aside(service.file):
            continue
        elif service.dockerfile and service.dockerfile not in built and _WORKS.search(service.name):
            yield f"a worker: {service.where} is another image, built from {service.dockerfile}"
