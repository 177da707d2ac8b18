"""What an app uses beside itself, as compose files and Procfile tell: ecsctl makes none of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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


def listed(tree: Tree, context: str, services: Sequence[Service], app: Sequence[Service]) -> tuple[str, ...]:
    """A line for each thing that a person has to say the place of. `app` are the services that run this image."""
    named = [(name, service.where) for service in app for name in service.environment]
    if not any(_kind(name) for name, _ in named):
        named += [(name, file) for file in tree.named(EXAMPLES, context) if not aside(file)
                  for name in re.findall(r"(?m)^\s*(?:export\s+)?(\w+)\s*=", tree.read(file))]  # fmt: skip
    found = dict.fromkeys(
        [*_beside([one for one in services if one not in app]), *_variables(named), *_processes(tree, services, app)]
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


def _processes(tree: Tree, services: Sequence[Service], app: Sequence[Service]) -> Iterator[str]:
    """Workers and migrations: other commands of the same image."""
    built = {service.dockerfile for service in app if service.dockerfile}
    for service in services:
        told = f"{service.name} {service.command}"
        if service.dockerfile in built and (service.command or service.name not in {one.name for one in app[:1]}):
            if _MIGRATES.search(told):
                yield f"migrations: {service.where} runs {_short(service.command or service.name)}"
            elif _WORKS.search(told):
                yield f"a worker: {service.where} runs {_short(service.command or service.name)}"
        elif service.dockerfile and service.dockerfile not in built and _WORKS.search(service.name):
            yield f"a worker: {service.where} is another image, built from {service.dockerfile}"
    for path in [one for one in tree.named("Procfile") if "/" not in one][:1]:
        for name, command in re.findall(r"(?m)^\s*([\w-]+)\s*:\s*(\S.*)$", tree.read(path)):
            if name == "release":
                yield f"migrations: {path} runs {_short(command)} at each release"
            elif name != "web":
                yield f"a worker: {name} in {path} runs {_short(command)}"


def _short(command: str) -> str:
    bare = " ".join(re.sub(r"[^\x20-\x7e]", " ", command).split())
    return bare if len(bare) <= 60 else f"{bare[:57]}..."
