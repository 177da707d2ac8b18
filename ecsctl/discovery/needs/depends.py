"""Databases and queues that an app may need, by the client libraries in its dependencies."""

from __future__ import annotations

import re
from collections.abc import Collection

from ecsctl.discovery.files.tree import Tree, is_auxiliary

# Drivers only: an ORM works with SQLite too, so it does not show that a server is needed.
_DRIVERS = (
    (
        r"package\.json",
        (
            (
                "a database",
                r'"(pg|postgres|mysql2?|mariadb|mongodb|mongoose|mssql|oracledb|@planetscale/database)"\s*:',
            ),
            ("Redis", r'"(ioredis|redis|bullmq|bull)"\s*:'),
            ("a queue", r'"(amqplib|kafkajs|nats)"\s*:'),
            ("a workflow server", r'"(@temporalio/(?:client|worker))"\s*:'),
        ),
    ),
    (
        r"requirements(?:[.-](?:base|prod|production))?\.(?:txt|in)|pyproject\.toml|Pipfile",
        (
            (
                "a database",
                r"(?m)^[\s\"']*(psycopg2?(?:-binary)?|asyncpg|mysqlclient|aiomysql|pymongo|motor|pymssql)\b(?!-)",
            ),
            ("Redis", r"(?m)^[\s\"']*(redis|django-redis|aioredis)\b(?!-)"),
            ("a queue", r"(?m)^[\s\"']*(pika|aiokafka|confluent-kafka)\b"),
            ("a workflow server", r"(?m)^[\s\"']*(temporalio)\b"),
        ),
    ),
    (
        r"pom\.xml|build\.gradle(?:\.kts)?",
        (
            (
                "a database",
                r"\b(spring-boot-starter-data-mongodb|quarkus-jdbc-\w+|quarkus-mongodb\w*|mysql-connector-j|"
                r"mariadb-java-client|mssql-jdbc|org\.postgresql)\b",
            ),
            ("Redis", r"\b(spring-boot-starter-data-redis|jedis|lettuce-core|quarkus-redis-client)\b"),
            ("a queue", r"\b(spring-kafka|spring-boot-starter-amqp|quarkus-messaging-\w+)\b"),
            ("a workflow server", r"\b(temporal-(?:sdk|spring-boot-starter))\b"),
        ),
    ),
    (
        r"composer\.json",
        (
            (
                "a database",
                r'"(ext-mongodb|mongodb/\w+|doctrine/mongodb-[\w-]+|ext-pdo_(?:pgsql|mysql)|ext-mysqli)"\s*:',
            ),
            ("Redis", r'"(predis/predis|ext-redis)"\s*:'),
            ("a queue", r'"(php-amqplib/php-amqplib|symfony/amqp-messenger|ext-rdkafka)"\s*:'),
        ),
    ),
    (
        r"Gemfile",
        (
            ("a database", r"(?m)^\s*gem\s+[\"'](pg|mysql2|trilogy|mongoid)[\"']"),
            ("Redis", r"(?m)^\s*gem\s+[\"'](redis|sidekiq|resque)[\"']"),
        ),
    ),
    (
        r"mix\.exs",
        (
            ("a database", r"\{:(postgrex|myxql|mongodb_driver)\b"),
            ("Redis", r"\{:(redix)\b"),
            ("a queue", r"\{:(amqp)\b"),
        ),
    ),
    (
        r"go\.mod",
        (
            ("a database", r"\b(lib/pq|jackc/pgx|go-sql-driver/mysql|mongo-driver)\b(?![^\n]*// indirect)"),
            ("Redis", r"\b(redis/go-redis|go-redis/redis)\b(?![^\n]*// indirect)"),
            ("a queue", r"\b(amqp091-go|nats\.go|sarama|kafka-go)\b(?![^\n]*// indirect)"),
            ("a workflow server", r"\b(go\.temporal\.io/sdk)\s(?![^\n]*// indirect)"),
        ),
    ),
    (
        r"Cargo\.toml",
        (
            ("a database", r"(?m)^(tokio-postgres|postgres|mongodb|mysql_async|deadpool-postgres)\s*="),
            ("a database", r"(?m)^((?:sqlx|diesel|sea-orm)\s*=[^\n]*(?:postgres|mysql))"),
            ("a database", r"(?m)^((?:rocket_db_pools|rocket_sync_db_pools)\s*=[^\n]*(?:postgres|mysql|mongo))"),
            ("Redis", r"(?m)^(redis|deadpool-redis|fred|bb8-redis|actix-session\s*=[^\n]*redis)"),
            ("a queue", r"(?m)^(lapin|rdkafka|async-nats)\s*="),
        ),
    ),
    (
        r"schema\.prisma",
        (("a database", r"(?m)^\s*provider\s*=\s*\"(postgresql|mysql|sqlserver|mongodb|cockroachdb)\""),),
    ),
    (
        r"[\w.-]+\.csproj|Directory\.Packages\.props",
        (
            (
                "a database",
                r"\b(Npgsql(?:\.\w+)*|Microsoft\.EntityFrameworkCore\.SqlServer|MySqlConnector|MongoDB\.Driver)\b",
            ),
            ("Redis", r"\b(StackExchange\.Redis)\b"),
            ("a queue", r"\b(RabbitMQ\.Client|Confluent\.Kafka)\b"),
        ),
    ),
)


def of(tree: Tree, context: str, foreign: Collection[str] = ()) -> dict[str, str]:
    """By kind of store, the file that lists a driver for it, and the driver. `foreign` are folders of other apps."""
    found: dict[str, str] = {}
    for pattern, kinds in _DRIVERS:
        files = [one for one in tree.named(pattern, context) if not is_auxiliary(one)]
        for file in [one for one in files if not any(one.startswith(f"{folder}/") for folder in foreign)][:60]:
            text = tree.read(file)
            own = text.partition('"devDependencies"')[0] if file.endswith("package.json") else text
            for kind, driver in kinds:
                if kind not in found and (match := re.search(driver, own)):
                    name = match[1].split()[0]
                    variable = next((one for pattern, framework, one in _ADDRESSES
                                     if re.search(pattern, name) and framework in text), "")  # fmt: skip
                    found[kind] = f"{file} has {name}{variable and f', whose address {variable} sets'}"
    return found


# Variables of frameworks' own settings (Spring Boot, "Common Application Properties"; Quarkus, "All configuration").
_ADDRESSES = (
    ("quarkus-jdbc", "quarkus", "QUARKUS_DATASOURCE_JDBC_URL"),
    ("quarkus-mongodb", "quarkus", "QUARKUS_MONGODB_CONNECTION_STRING"),
    ("quarkus-redis", "quarkus", "QUARKUS_REDIS_HOSTS"),
    ("data-mongodb", "spring-boot", "SPRING_DATA_MONGODB_URI"),
    ("data-redis", "spring-boot", "SPRING_DATA_REDIS_HOST"),
    ("spring-kafka", "spring-boot", "SPRING_KAFKA_BOOTSTRAP_SERVERS"),
    ("starter-amqp", "spring-boot", "SPRING_RABBITMQ_HOST"),
    ("mysql-connector-j|mariadb-java-client|mssql-jdbc|org.postgresql", "spring-boot-starter", "SPRING_DATASOURCE_URL"),
)


# SQLite libraries and settings, by the file that they are in.
_FILES = (
    (r"package\.json", r'"(better-sqlite3|sqlite3|sqlite|node-sqlite3-wasm)"\s*:'),
    (
        r"go\.mod",
        r"\b(mattn/go-sqlite3|modernc\.org/sqlite|glebarez/(?:go-)?sqlite|ncruces/go-sqlite3|gorm\.io/driver/sqlite)\b",
    ),
    (r"requirements[\w.-]*\.txt|pyproject\.toml|Pipfile", r"(?m)^[\s\"']*(aiosqlite|datasette|sqlite-utils)\b"),
    (r"Cargo\.toml", r"(?m)^\s*(rusqlite|sqlx|diesel|sea-orm|libsqlite3-sys)\b[^\n]*(?:rusqlite|sqlite)"),
    (r"[\w.-]+\.csproj|Directory\.Packages\.props", r"\b(Microsoft\.(?:EntityFrameworkCore|Data)\.Sqlite)\b"),
    (r"Gemfile", r"(?m)^\s*gem\s+[\"'](sqlite3)[\"']"),
    (r"mix\.exs", r"\{:(ecto_sqlite3|exqlite)\b"),
    (r"schema\.prisma", r"(?m)^\s*provider\s*=\s*\"(sqlite)\""),
    (r"(?:database|db|models?|config|main|app|__init__)\.py", r"[\"'](sqlite):///"),
    (r"settings\.py|base\.py|production\.py|database\.php", r"(django\.db\.backends\.sqlite3|'sqlite')"),
)


def of_file(tree: Tree, context: str, foreign: Collection[str] = ()) -> str:
    """The file that shows that the app may use SQLite, and what in it does; empty if none does."""
    for pattern, library in _FILES:
        for file in [one for one in tree.named(pattern, context) if not is_auxiliary(one)][:20]:
            own = tree.read(file).partition('"devDependencies"')[0]
            if not any(one and file.startswith(f"{one}/") for one in foreign) and (match := re.search(library, own)):
                return f"{file} has {match[1].strip(chr(39))}"
    return ""
