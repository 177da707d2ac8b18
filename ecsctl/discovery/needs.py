"""What an app uses beside itself, by its compose files and Procfile, and which other processes its image runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ecsctl.discovery import depends, required
from ecsctl.discovery.compose import Service
from ecsctl.discovery.hosts import Host
from ecsctl.discovery.ports import EXAMPLES, sources
from ecsctl.discovery.tree import Tree, aside, within

_KINDS = (
    (
        "a database",
        r"postgres|postgis|timescale|pgvector|mysql|mariadb|percona|mssql|cockroach|mongo|cassandra|clickhouse|couchdb|"
        r"neo4j|influxdb|surrealdb|libsql",
    ),
    ("Redis", r"redis|valkey|keydb|dragonfly"),
    ("a cache", r"memcached"),
    ("a queue", r"rabbitmq|kafka|redpanda|nats|activemq|elasticmq|beanstalk|pulsar|mosquitto|emqx"),
    ("a search engine", r"elasticsearch|opensearch|meilisearch|typesense|solr"),
    ("object storage", r"minio|localstack|seaweedfs|garage"),
    ("a mail server", r"mailhog|mailpit|mailcatcher|maildev|smtp|postfix"),
)
_VARIABLES = (
    ("a database", r"(?:\w+_)?(?:DATABASE|DB)_(?:URL|URI|DSN|HOST|HOSTNAME)|DSN"
     r"|(?:POSTGRES(?:QL)?|PG|MYSQL|MARIADB|CLICKHOUSE|MONGO\w*)_?(?:PRISMA_)?(?:HOST|SERVER|URL|URI|DSN)(?:_NON_POOLING)?"
     r"|(?:\w+_)?MONGO(?:DB)?_UR[IL]|SPRING_DATASOURCE_URL|PGHOST"),
    ("Redis", r"\w*REDIS\w*_?(?:URL|HOST|URI|DSN)|REDIS(?:_\w+)?"),
    ("a queue", r"CELERY_BROKER\w*|AMQP\w*|RABBITMQ\w*|KAFKA\w*|BROKER_URL|NATS_\w+|\w*QUEUE_URL"),
    ("a search engine", r"(?:\w+_)?(?:ES|ELASTIC\w*|OPENSEARCH\w*|MEILI\w*)_(?:URL|HOST)S?"),
    ("a mail server", r"SMTP_(?:HOST|SERVER|URL)|(?:E?MAIL)_(?:HOST|SERVER|URL)"),
)  # fmt: skip
_WORKS = re.compile(r"worker|sidekiq|celery|\bqueue\b|resque|\brq\b|jobs?\b|scheduler|\bbeat\b|consumer|cron|horizon")
_MIGRATES = re.compile(r"migrat|db:(?:prepare|setup|deploy)|alembic|prestart|seed|schema:load|flyway|liquibase")


# Servers of the kinds above, by the name of their program: in a Procfile too they are none of the app's own processes.
_SERVERS = (
    ("a database", r"postgres|postmaster|mysqld|mariadbd|mongod"), ("Redis", r"redis-server|valkey-server"),
    ("a cache", r"memcached"), ("a queue", r"rabbitmq-server|nats-server"),
    ("a search engine", r"elasticsearch|meilisearch"), ("a mail server", r"mailpit|mailhog|mailcatcher"),
)  # fmt: skip
_SECRET = re.compile(
    r"(?:\w+_)?SECRET_KEY(?:_BASE)?|RAILS_MASTER_KEY|(?:LARAVEL_)?APP_(?:KEY|SECRET)|(?:\w+_?)?AUTH_SECRET"
    r"|(?:\w+_)?(?:ENCRYPTION_KEY|SESSION_SECRET|JWT_SECRET)|SALT"
)
_PASSWORD = re.compile(r"(?:\w+_)?(?:PASSWORD|MASTER_KEY)")
_PASSING = re.compile(r"/(?:logs?|tmp|run|cache|\.cache|node_modules|vendor|bundle|\.next|target|certs?|ssl)(?:/|$)")
"""Folders whose content may go."""

_READ_IN = (
    r"config\.(?:py|[cm]?[jt]s)|(?:.*settings.*|base|production)\.py|database\.(?:yml|[cm]?[jt]s)|env\.[cm]?[jt]s"
)
_READS = re.compile(
    r"(?:environ(?:\.get)?[\[(]|[gG]etenv\(|(?:Lookup|\bget)Env\(|GetEnvironmentVariable\(|ENV(?:\.fetch\()?\[?|\benv::var\("
    r"|\bprocess\.env(?:\.|\[)|\b(?:Bun|Deno)\.env\.(?:get\()?|\benv(?:\.\w+)?\()\s*[\"'`]?([A-Z][A-Z0-9_]+)\b"
)
_SHELL = re.compile(r"[$`|&;<>*?~]|^\w+=")
"""What only a shell understands: a command with it is run by one."""
_ONCE = re.compile(r"\b(?:rails|rake|artisan|manage\.py)\s+(?:\w+:clear|db:\w+|console|c|shell|test)\b")
"""What a person starts by hand."""
_WORKER = re.compile(r"\b(?:sidekiq|good_job|resque|delayed_job|celery\b[^|&;]*\b(?:worker|beat))\b")
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
            elif name != "web" and not _server(command)[0] and not _ONCE.search(command):
                yield Process(_name(name), command.strip(), path)


def _server(command: str) -> tuple[str, str]:
    """The kind and the program of a server that a command starts; empty for the app's own."""
    first = next((one for one in command.split() if one != "exec" and "=" not in one), "").rpartition("/")[2]
    return next(((kind, first) for kind, pattern in _SERVERS if re.fullmatch(pattern, first)), ("", ""))


def _of_compose(services: Sequence[Service], app: Sequence[Service]) -> Iterator[Process]:
    built = {service.dockerfile for service in app if service.dockerfile}
    pushed = {service.image for service in app if service.image and not service.dockerfile}
    for service in services:
        words = f"{service.name} {service.command}"
        if service.command and (service.dockerfile in built or (not service.dockerfile and service.image in pushed)):
            if _MIGRATES.search(words):
                if command := _ends(service.command):
                    yield Process("", command, service.where)
            elif _WORKS.search(words) and not (service in app[:1] and service.ports):
                yield Process(_name(service.name), f"{service.entrypoint} {service.command}".strip(), service.where)


def _ends(command: str) -> str:
    """What of a command comes to an end: of a migration, after which a server is started, the migration alone."""
    shell = re.fullmatch(r"(?:/\S+/)?(?:sh|bash|ash)\s+-\w*c\s+(['\"])(.*)\1", command.strip(), re.DOTALL)
    parts = re.split(r"\s*(?:&&|;)\s*", (shell[2] if shell else command).strip())
    last = max((n for n, part in enumerate(parts) if _MIGRATES.search(part)), default=-1)
    if last in (-1, len(parts) - 1):
        return command if last >= 0 or not _SHELL.search(command) else ""
    return " && ".join(parts[: last + 1])


def _name(name: str) -> str:
    """As [workers.NAME] takes it (ecsctl.config.words, ProcessName)."""
    bare = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:20].strip("-")
    return bare if re.match("[a-z]", bare) and bare not in _TAKEN else f"worker-{bare}"[:20].strip("-")


def listed(
    tree: Tree, context: str, services: Sequence[Service], app: Sequence[Service], kept: Sequence[str] = (),
    known: Collection[str] = (), built: str = "", port: int | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """A line for each thing that a person has to say the place of. `app` are the services that run this image.

    `kept` are the folders that the Dockerfile has as volumes, `known` the variables that it sets. `built` is its
    path, and `port` the app's.
    """
    named = [(name, one.where) for one in (*app, *_over(services, app)) for name in one.environment]
    samples = [(name, file) for file in tree.named(EXAMPLES, context) if not aside(file)
               for name in re.findall(r"(?m)^[ \t]*(?:export\s+)?(\w+)\s*=", tree.read(file))]  # fmt: skip
    if not any(_kind(name) for name, _ in named):
        named += samples
    if not any(_kind(name) for name, _ in named):
        named += list(_of_manifests(tree, context))
    if not any(_kind(name) for name, _ in named):  # what Phoenix reads at its start
        named += [(name, file) for file in tree.named(r"runtime\.exs", context)
                  for name in re.findall(r"(?:fetch_env!|get_env)\(\s*\"(\w+)\"", tree.read(file))]  # fmt: skip
    if not any(_kind(name) for name, _ in named):  # what settings in the sources read
        named += _read_in(tree, [file for file in tree.named(_READ_IN, context)[:20] if not aside(file)])
    foreign = others(tree, built) if context == "." else ()
    if not any(_kind(name) for name, _ in named):  # what any of them reads, as far as its name says what it is
        files = [one for one in sources(tree, context) if not any(within(one, folder) for folder in foreign)]
        named += [(name, file) for name, file in _read_in(tree, files) if _kind(name)]
    found = dict.fromkeys(
        [
            *_beside(_near(services, app, context)),
            *_of_servers(tree),
            *_variables(named),
            *_secrets(
                tree, context, named if any(_SECRET.fullmatch(name) for name, _ in named) else [*named, *samples]
            ),
            *_kept(tree, app, kept),
            *_processes(services, app),
        ]
    )
    lines = tuple(found)
    said = set(re.findall(r"[A-Z][A-Z0-9_]{2,}", " ".join(lines)))
    return (
        *lines,
        *depends.listed(tree, context, kinds(lines), foreign),
        *_further(app, port),
        *_of_builders(tree, context, built, lines),
        *required.listed(tree, context, said | set(known), foreign),
    )


def _read_in(tree: Tree, files: Sequence[str]) -> list[tuple[str, str]]:
    """The variables that files read, each with its file; what a comment says does not count."""
    live = {file: re.sub(r"(?m)^[ \t]*(?:#|//).*$", "", tree.read(file)) for file in files}
    return [(name, file) for file, text in live.items() for name in _READS.findall(text)]


def others(tree: Tree, built: str) -> tuple[str, ...]:
    """The folders of a repository of several apps that a Dockerfile neither lies in nor names, if it does another."""
    text = f"{built}\n{tree.read(built)}"
    apps = [one for one in tree.folders if re.fullmatch(r"(?:apps|services)/[^/]+", one)]
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
    near = [one for one in near if not aside(one.file)]
    if context != "." and any(within(one.rpartition("/")[0] or ".", context) for one in files):
        near = [one for one in near if one.file in files]
    return near


def kinds(lines: Sequence[str]) -> tuple[str, ...]:
    """What the lines are about, in a word or two each."""
    found: dict[str, None] = {}
    for line in lines:
        head, _, rest = line.partition(": ")
        if "secrets of the app's own" in rest:
            found["secrets"] = None
        elif head.startswith("port "):
            found["further ports"] = None
        elif rest.startswith("required by"):
            found["required variables"] = None
        elif head.startswith("what the app keeps"):
            found["folders that are kept"] = None
        elif match := re.match(r"(?:the address of )?(\w[\w ]*?)(?:'s address)?, which", rest):
            found[match[1]] = None
        else:
            found[head] = None
    return tuple(found)


def _of_servers(tree: Tree) -> Iterator[str]:
    for path in [one for one in tree.named("Procfile") if "/" not in one][:1]:
        for command in re.findall(r"(?m)^[ \t]*[\w-]+\s*:\s*(\S.*)$", tree.read(path)):
            kind, program = _server(command)
            if kind:
                yield f"{kind}: {path} runs {program}; ecsctl creates none"


def _kept(tree: Tree, app: Sequence[Service], kept: Sequence[str]) -> Iterator[str]:
    """Folders whose content is to outlive a container: a task's disk ends with the task.

    What a compose file puts in from the repository is no such folder: the image has it.
    """
    folders = dict.fromkeys((one.rstrip("/") for one in kept if not _PASSING.search(one)), "VOLUME of the Dockerfile")
    for service in app[:1]:
        for source, place in service.keeps:
            held = source in tree.folders or tree.has(source)
            if not held and not _PASSING.search(place):
                folders.setdefault(place, f"a volume of {service.where}")
    for folder, where in folders.items():
        yield f"what the app keeps in {folder} ({where}): a task's disk ends with the task, and volumes outlive it"


def _secrets(tree: Tree, context: str, named: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Secrets without which a framework does not start, by the names that compose files, examples and sources use."""
    found: dict[str, str] = {}
    for name, where in named:
        if _SECRET.fullmatch(name) or (" in " in where and _PASSWORD.fullmatch(name)):  # of a compose file's service
            found.setdefault(name, where)
    for path in tree.named(r"credentials\.yml\.enc|runtime\.exs", context):
        if path.endswith("config/credentials.yml.enc") and "SECRET_KEY_BASE" not in found:
            found.setdefault("RAILS_MASTER_KEY", path)
        for name in re.findall(r"(?:fetch_env!\(|get_env\()\s*\"(\w+)\"", tree.read(path)):
            if _SECRET.fullmatch(name):
                found.setdefault(name, path)
    if found:
        first = next(iter(found))
        yield (f"{', '.join(found)}, which {found[first]} names: secrets of the app's own; ecsctl secret set {first} "
               "stores one")  # fmt: skip


def _beside(services: Sequence[Service]) -> Iterator[str]:
    observed = set()
    for service in services:
        image = re.sub(r"[:@].*", "", service.image)
        kind = next((kind for kind, pattern in _KINDS if re.search(pattern, image)), "")
        if kind and (kind, image) not in observed:
            observed.add((kind, image))
            yield f"{kind}: {service.file} runs {image} as {service.name}; ecsctl creates none"


def _kind(name: str) -> str:
    return next((kind for kind, pattern in _VARIABLES if re.fullmatch(pattern, name)), "")


def _variables(named_in: Sequence[tuple[str, str]]) -> Iterator[str]:
    named: dict[str, dict[str, str]] = {}
    for name, where in named_in:
        if (kind := _kind(name)) and re.fullmatch(r"\w+", name):
            named.setdefault(kind, {}).setdefault(name, where)
    for kind, names in named.items():
        yield (
            f"{', '.join(names)}: {kind}'s address, which {next(iter(names.values()))} names"
            if kind != "Redis"
            else (f"{', '.join(names)}: the address of Redis, which {next(iter(names.values()))} names")
        )


def _processes(services: Sequence[Service], app: Sequence[Service]) -> Iterator[str]:
    """Workers and migrations that cannot be proposed: of another image, or with a command that is not known."""
    built = {service.dockerfile for service in app if service.dockerfile}
    for service in services:
        if service.dockerfile in built and not service.command and service.name not in {one.name for one in app[:1]}:
            if _MIGRATES.search(service.name):
                yield f"migrations: {service.where}"
            elif _WORKS.search(service.name):
                yield f"a worker: {service.where}"
        elif service.file.startswith(".devcontainer/") or aside(service.file):
            continue
        elif service.dockerfile and service.dockerfile not in built and _WORKS.search(service.name):
            yield f"a worker: {service.where} is another image, built from {service.dockerfile}"
