"""What an app uses beside itself, as compose files and Procfile tell, and which other processes its image runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecsctl.discovery.compose import Service
from ecsctl.discovery.ports import EXAMPLES
from ecsctl.discovery.tree import Tree, aside

_KINDS = (
    (
        "a database",
        r"postgres|postgis|timescale|pgvector|mysql|mariadb|percona|mssql|cockroach|mongo|cassandra|clickhouse|couchdb|"
        r"neo4j|influxdb|surrealdb|libsql",
    ),
    ("Redis", r"redis|valkey|keydb|dragonfly"),
    ("a cache", r"memcached"),
    ("a queue", r"rabbitmq|kafka|redpanda|nats|activemq|elasticmq|beanstalk|pulsar|mosquitto|emqx"),
    ("search", r"elasticsearch|opensearch|meilisearch|typesense|solr"),
    ("object storage", r"minio|localstack|seaweedfs|garage"),
    ("mail", r"mailhog|mailpit|mailcatcher|maildev|smtp|postfix"),
)
_VARIABLES = (
    ("a database", r"DATABASE_URL|DB_(?:HOST|URL|HOSTNAME)"
     r"|(?:POSTGRES|PG|MYSQL|MARIADB|MONGO\w*)_?(?:HOST|SERVER|URL|URI)|SQLALCHEMY_DATABASE_URI|\w+_DATABASE_URL|MONGO(?:DB)?_UR[IL]|SPRING_DATASOURCE_URL|PGHOST"),
    ("Redis", r"\w*REDIS\w*_?(?:URL|HOST|URI)|REDIS(?:_\w+)?"),
    ("a queue", r"CELERY_BROKER\w*|AMQP\w*|RABBITMQ\w*|KAFKA\w*|BROKER_URL|NATS_\w+|\w*QUEUE_URL"),
    ("search", r"(?:ELASTIC|OPENSEARCH|MEILI)\w*_(?:URL|HOST)\w*"),
    ("mail", r"SMTP_(?:HOST|SERVER|URL)|(?:E?MAIL)_(?:HOST|SERVER|URL)"),
)  # fmt: skip
_WORKS = re.compile(r"worker|sidekiq|celery|\bqueue\b|resque|\brq\b|jobs?\b|scheduler|\bbeat\b|consumer|cron|horizon")
_MIGRATES = re.compile(r"migrat|db:(?:prepare|setup|deploy)|alembic|prestart|seed|schema:load|flyway|liquibase")


_SHELL = re.compile(r"[$`|&;<>*?~]|^\w+=")
"""What only a shell understands: a command with it is run by one."""
_TAKEN = ("app", "release", "run", "web")


@dataclass(frozen=True)
class Process:
    """Another command of the same image: a worker, or what runs at each release (then `name` is empty)."""

    name: str
    command: str
    where: str

    @property
    def words(self) -> list[str]:
        """The command, word by word; by a shell, where it says what only one understands."""
        try:
            words = shlex.split(self.command)
        except ValueError:
            words = []
        return words if words and not _SHELL.search(self.command) else ["sh", "-c", self.command]


def processes(tree: Tree, services: Sequence[Service], app: Sequence[Service]) -> tuple[Process, ...]:
    """The other processes of the image, each name once: those of a Procfile before those of compose files."""
    found: dict[str, Process] = {}
    for one in (*_of_procfile(tree), *_of_compose(services, app)):
        found.setdefault(one.name, one)
    return tuple(found.values())


def _of_procfile(tree: Tree) -> Iterator[Process]:
    for path in [one for one in tree.named("Procfile") if "/" not in one][:1]:
        for name, command in re.findall(r"(?m)^\s*([\w-]+)\s*:\s*(\S.*)$", tree.read(path)):
            if name == "release":
                yield Process("", command.strip(), path)
            elif name != "web":
                yield Process(_name(name), command.strip(), path)


def _of_compose(services: Sequence[Service], app: Sequence[Service]) -> Iterator[Process]:
    built = {service.dockerfile for service in app if service.dockerfile}
    for service in services:
        told = f"{service.name} {service.command}"
        if service.dockerfile in built and service.command:
            if _MIGRATES.search(told):
                yield Process("", service.command, service.where)
            elif _WORKS.search(told):
                yield Process(_name(service.name), service.command, service.where)


def _name(name: str) -> str:
    """As [workers.NAME] takes it (ecsctl.config.words, ProcessName)."""
    bare = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:20].strip("-")
    return bare if re.match("[a-z]", bare) and bare not in _TAKEN else f"worker-{bare}"[:20].strip("-")


def listed(tree: Tree, context: str, services: Sequence[Service], app: Sequence[Service]) -> tuple[str, ...]:
    """A line for each thing that a person has to say the place of. `app` are the services that run this image."""
    named = [(name, service.where) for service in app for name in service.environment]
    if not any(_kind(name) for name, _ in named):
        named += [(name, file) for file in tree.named(EXAMPLES, context) if not aside(file)
                  for name in re.findall(r"(?m)^\s*(?:export\s+)?(\w+)\s*=", tree.read(file))]  # fmt: skip
    found = dict.fromkeys(
        [*_beside([one for one in services if one not in app]), *_variables(named), *_processes(services, app)]
    )
    return tuple(found)


def _beside(services: Sequence[Service]) -> Iterator[str]:
    observed = set()
    for service in services:
        image = re.sub(r"[:@].*", "", service.image)
        kind = next((kind for kind, pattern in _KINDS if re.search(pattern, image)), "")
        if kind and (kind, image) not in observed:
            observed.add((kind, image))
            yield f"{kind}: {service.file} runs {image} as {service.name}; ecsctl makes none"


def _kind(name: str) -> str:
    return next((kind for kind, pattern in _VARIABLES if re.fullmatch(pattern, name)), "")


def _variables(told: Sequence[tuple[str, str]]) -> Iterator[str]:
    named: dict[str, dict[str, str]] = {}
    for name, where in told:
        if (kind := _kind(name)) and re.fullmatch(r"\w+", name):
            named.setdefault(kind, {}).setdefault(name, where)
    for kind, names in named.items():
        yield (
            f"{', '.join(names)}: {kind}'s address, which {next(iter(names.values()))} sets"
            if kind != "Redis"
            else (f"{', '.join(names)}: the address of Redis, which {next(iter(names.values()))} sets")
        )


def _processes(services: Sequence[Service], app: Sequence[Service]) -> Iterator[str]:
    """Workers and migrations that cannot be proposed: of another image, or with a command that is not told."""
    built = {service.dockerfile for service in app if service.dockerfile}
    for service in services:
        if service.dockerfile in built and not service.command and service.name not in {one.name for one in app[:1]}:
            if _MIGRATES.search(service.name):
                yield f"migrations: {service.where}"
            elif _WORKS.search(service.name):
                yield f"a worker: {service.where}"
        elif service.dockerfile and service.dockerfile not in built and _WORKS.search(service.name):
            yield f"a worker: {service.where} is another image, built from {service.dockerfile}"
