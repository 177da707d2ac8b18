"""Databases, caches, queues and the like: by the images that compose files run, by variables, and by settings files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ecsctl.discovery.files import dotnet, settings
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within, without_tests
from ecsctl.discovery.serving.port_hints import sources

# By kind: the images, the variables that hold an address of one, and Spring's settings that do (Spring Boot, "Common
# Application Properties"). The order is that of the lines in ecsctl.toml.
_KINDS = (
    ("a database",
     r"postgres|postgis|timescale|pgvector|mysql|mariadb|percona|mssql|azure-sql-edge|cockroach|mongo|cassandra|clickhouse|"
     r"couchdb|jawsdb|cleardb|ormongo|mongolab|neo4j|influxdb|surrealdb|libsql|dynamodb",
     r"(?:\w+_)?(?:DATABASE|DB)_{0,2}(?:URL|URI|DSN|HOST|HOSTNAME|SERVER)|DSN|ConnectionStrings__(?!.*(?:[Rr]edis|[Vv]al[Kk]ey|[Cc]ache|[Rr]abbit|[Qq]ueue|[Bb]us|[Bb]lob|[Ss]torage|[Ii]nsights|AppConfig|SignalR|Vault))\w+"
     r"|(?:\w+__)*(?:Cosmos|Mongo|Sql|Postgres|Database|Db)\w*__(?:ConnectionString|ConnectionURI|Uri|Url|Host|Server)"
     r"|(?:(?:DB|DATABASE|SQL|POSTGRES|DEFAULT|MYSQL|MSSQL)_)?CONNECTION_?STRING|(?:\w+_)?SUPABASE_URL|ROCKET_DATABASES"
     r"|(?:\w+_)?(?:POSTGRES(?:QL)?|PG|MYSQL|MARIADB|CLICKHOUSE|MONGO\w*|COUCH(?:DB)?|NEO4J|CASSANDRA|INFLUX(?:DB)?|SURREAL(?:DB)?)_?(?:PRISMA_)?(?:HOST|SERVER|URL|URI|DSN)(?:_NON_POOLING)?"
     r"|(?:\w+_)?MONGO(?:DB)?_UR[IL]|(?:\w+_)?DATASOURCE_(?:JDBC_|REACTIVE_)?URL|PGHOST",
     r"spring\.(?:datasource\.url|r2dbc\.url|(?:data\.)?mongodb\.(?:uri|host))|quarkus\.datasource\.jdbc\.url"),
    ("Redis", r"redis|valkey|keydb|dragonfly",
     r"\w*REDIS\w*_?(?:URL|HOST|URI|DSN)|REDIS(?:_(?:SERVERS?|ADDR(?:ESS)?|ENDPOINT|NODES?|CONNECTION\w*))?"
     r"|ConnectionStrings__\w*(?:[Rr]edis|[Vv]al[Kk]ey|[Cc]ache)\w*|(?:\w+__)*Redis\w*__(?:Connection\w*|Configuration|Host\w*|Ur[il]|End[Pp]oint\w*)",
     r"spring\.(?:data\.)?redis\.(?:host|url)|quarkus\.redis\.hosts"),
    ("a cache", r"memcach", r"\w*MEMCACHED?_?(?:SERVERS?|HOSTS?|URL|LOCATION)", "$."),
    ("a queue", r"rabbitmq|amqp|kafka|redpanda|nats|activemq|artemis|elasticmq|beanstalk|pulsar|mosquitto|emqx",
     r"CELERY_BROKER\w*|AMQP\w*|\w*RABBIT(?:MQ)?_?(?:URL|URI|HOST\w*|SERVER)|\w*KAFKA\w*(?:BROKERS?|SERVERS?|URL|HOSTS?)"
     r"|BROKER_URL|MP_MESSAGING_\w+_HOST|NATS_(?:URL|SERVERS?|HOST)|\w*QUEUE_URL|ConnectionStrings__\w*(?:[Rr]abbit|[Qq]ueue|[Bb]us)\w*"
     r"|(?:\w+__)*(?:Rabbit|Kafka|MassTransit|\w*Bus|Nats|\w*Broker)\w*__(?:Host\w*|Ur[il]|BootstrapServers|Connection\w*)",
     r"spring\.(?:rabbitmq\.(?:host|addresses)|kafka\.bootstrap-servers|artemis\.broker-url)|kafka\.bootstrap\.servers|mp\.messaging\.(?:\w+\.)+host"),
    ("a workflow server", r"temporalio/(?:auto-setup|server)|^temporal(?:ite)?$",
     r"(?:\w+_)?TEMPORAL_(?:ADDRESS|HOST\w*|URL|SERVER\w*|ENDPOINT|GRPC\w*)", "$."),
    ("a search engine", r"elasticsearch|bonsai|searchbox|opensearch|meilisearch|typesense|solr|zincsearch",
     r"(?:\w+_)?(?:ES|ELASTIC\w*|OPENSEARCH\w*|MEILI\w*|TYPESENSE)_(?:URL|HOST|NODE)S?|(?:\w+__)*Elastic\w*__(?:Ur[il]|Host|Nodes?)",
     r"spring\.(?:elasticsearch\.uris|data\.solr\.host)"),
    ("object storage", r"minio|localstack|seaweedfs|garage",
     r"(?:\w+_)?(?:MINIO|S3)_(?:ENDPOINT|URL|HOST|BUCKET)(?:_\w+)?|AWS_(?:S3_)?BUCKET(?:_NAME)?"
     r"|(?:\w+__)*(?:Minio|MinIO|S3|AWS|Blob\w*)\w*__(?:Endpoint|BucketName|Bucket|ServiceURL)", "$."),
    ("a vector store", r"chroma|qdrant|weaviate|milvus",
     r"(?:CHROMA|QDRANT|WEAVIATE|MILVUS)\w*_(?:URL|HOST|URI)", "$."),
    ("a model server", r"ollama|vllm|localai", r"(?:\w+_)?OLLAMA_(?:\w+_)?(?:URL|HOST)", "$."),
    ("an identity provider", r"keycloak|zitadel|authentik|^hydra$",
     r"(?:\w+_)?KEYCLOAK_(?:\w+_)?(?:URL|HOST|ISSUER\w*)|QUARKUS_OIDC_AUTH_SERVER_URL|\w*_JWT_ISSUER_URI",
     r"quarkus\.oidc\.auth-server-url|spring\.security\.oauth2\.resourceserver\.jwt\.issuer-uri"),
    ("a mail server", r"mailhog|mailpit|mailcatcher|maildev|smtp|postfix",
     r"(?:\w+_)?SMTP_(?:HOST|SERVER|URL)|(?:E?MAIL)_(?:HOST|SERVER|URL)|(?:\w+__)*(?:Smtp|E?[Mm]ail)\w*__(?:SmtpServer|Host|Server)",
     r"spring\.mail\.host"),
)  # fmt: skip
# Administration tools, exporters and backups: they are not stores themselves.
_TOOLS = re.compile(
    r"^(?:mc|mongo-express|redis-?(?:commander|insight)|pgadmin\d?|phpmyadmin|adminer|kafka-ui|elasticvue)$|exporter|backup|dashboard"
)
# Programs of such servers. A line of a Procfile that starts one is not a process of the app.
_SERVERS = (
    ("a database", r"postgres|postmaster|mysqld|mariadbd|mongod"), ("Redis", r"redis-server|valkey-server"),
    ("a cache", r"memcached"), ("a queue", r"rabbitmq-server|nats-server"),
    ("a search engine", r"elasticsearch|meilisearch"), ("a mail server", r"mailpit|mailhog|mailcatcher"),
)  # fmt: skip
_PLACE = re.compile(r"\$\{([A-Z][A-Z0-9_]+)[:}]")
_AT_HOME = re.compile(r"\bjdbc:h2:|:memory:|\bsqlite\b|(?i:data source=[^;]+\.(?:db|sqlite)\b)")
"""Addresses of a database inside the app: in memory, or a file."""

_FIXED = re.compile(
    r"[\"'`](?:jdbc:)?(?:postgres(?:ql)?|mysql|mariadb|mongodb|redis|amqp)(?:\+\w+)?://(?:[^\"'`\s@/]*@)?([\w.-]+)[:/\"'`]"
    r"|(?:[\"']HOST[\"']\s*:|\bendpoint_url\s*=)\s*[\"'](?:https?://)?([\w.-]+)(?::\d+)?[\"']"
)
_VARIES = re.compile(r"env|config|settings|default|\$\{|%s|args|flag|example|\|\||\?\?", re.IGNORECASE)
"""Signs that a variable may replace the address on this line, or that it is only an example."""

_PLATFORM = re.compile(r"(?:app\.json|render\.yaml|\.do/[\w.]+)$")
_STORE = re.compile(r"db|database|postgres|mysql|mariadb|mongo(?:db)?|redis|rabbitmq|kafka")

_EXAMPLE = re.compile(
    r"(?:^|[/._-])(?:examples?|samples?|demos?|contrib|tools?|k6|bench\w*|load[-_]?tests?)(?:[/._-]|$)"
)

ORDER = tuple(kind for kind, *_ in _KINDS)


def is_example(file: str) -> bool:
    """Whether a compose file is an example or a benchmark, so that its stores are only a hint."""
    return bool(_EXAMPLE.search(file))


def kind_of_image(image: str) -> str:
    """The kind of store that an image is; empty if it is none."""
    owner, _, last = re.sub(r"[:@].*", "", image).lower().rpartition("/")
    name = f"{owner}/{last}" if re.fullmatch(r"server|db|database|core|auto-setup", last) else last
    found = next((kind for kind, images, *_ in _KINDS if re.search(images, name)), "")
    return "" if _TOOLS.search(name) else found


def kind_of_variable(name: str) -> str:
    """The kind of store whose address a variable holds; empty if it is none."""
    if re.search(r"(?:^|_)TEST_", name):  # of the store that tests are run against
        return ""
    return next((kind for kind, _, variables, _ in _KINDS if re.fullmatch(variables, name)), "")


def kind_of_server(command: str) -> tuple[str, str]:
    """The kind and the program of a server that a command starts; both empty for any other command."""
    first = next((one for one in command.split() if one != "exec" and "=" not in one), "").rpartition("/")[2]
    return next(((kind, first) for kind, pattern in _SERVERS if re.fullmatch(pattern, first)), ("", ""))


def of_settings(tree: Tree, context: str, foreign: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """The variables that override a store's address in settings of Spring, Quarkus and ASP.NET, each with its file.

    That is the variable in the setting's value, else the setting's own name in capitals (Spring Boot, "Externalized
    Configuration"). For appsettings.json, two underscores separate the levels (ASP.NET Core, "Configuration").
    """
    for file in settings.applying(tree, context):
        for name, value in settings.read(file, tree.read(file)).items():
            kind = next((kind for kind, *_, keys in _KINDS if re.fullmatch(keys, name)), "")
            if kind and not _AT_HOME.search(value):
                given = [one for one in _PLACE.findall(value) if kind_of_variable(one)] or _PLACE.findall(value)
                bare = name.replace("-", "") if name.startswith("spring.") else name  # Quarkus has "_" for each of them
                yield (given[0] if given else re.sub(r"[.-]", "_", bare).upper()), file
    for file in _files(tree, context, r"Rocket\.toml"):
        for body in re.findall(r"(?m)^\[\w+\.databases\.\w+\][^\n]*\n((?:(?!\[)[^\n]*\n?)*)", tree.read(file)):
            if not re.search(r"(?m)^url\s*=", body):
                yield "ROCKET_DATABASES", file
    for name, (value, file) in dotnet.settings(tree, context, foreign).items():
        if kind_of_variable(name) and not _AT_HOME.search(value) and not re.search(r"\{\d\}", value):  # filled in later
            yield name, file


def _files(tree: Tree, context: str, pattern: str) -> list[str]:
    return [one for one in tree.named(pattern, context) if not is_auxiliary(one)][:10]


def by_name(texts: Sequence[Text], services: Sequence[Service]) -> Iterator[str]:
    """A sentence if the container's command connects to a store by a host name that only a compose file defines."""
    commands = "\n".join(text.text for text in texts if text.shell)
    for one in services:
        store = kind_of_image(one.image) or _STORE.fullmatch(one.name)
        if store and re.search(rf"(?<![\w./${{-]){re.escape(one.name)}:\d{{2,5}}\b", commands):
            yield (f"what the image starts connects to {one.name}, a host that only exists in {one.file}: set command "
                   "in [service]")  # fmt: skip
            return


def fixed(tree: Tree, context: str, foreign: Sequence[str]) -> Iterator[str]:
    """A sentence if a source contains a store's address that no variable can override."""
    for file in sources(tree, context):
        if any(within(file, folder) for folder in foreign) or re.search(
            r"(?:^|[/_.-])(?:tests?|\w*test\.config|spec|seed|dev|local|playwright|cypress)\b", file
        ):
            continue
        text = without_tests(tree.read(file))
        if "BaseSettings" in text:  # each field is a variable's default
            text = re.sub(r"(?m)^[ \t]+[A-Za-z]\w*[ \t]*:[^=\n]{1,80}=.*$", "", text)
        lines = text.splitlines() if _FIXED.search(text) else []
        for number, line in enumerate(lines):
            found = _FIXED.search(line)
            call = "".join(lines[max(0, number - 2) : number]).rstrip()  # whose argument it may be
            instead = re.search(
                r"\bif\b[^\n]*(?:==\s*\"\"|\bis None|\bnot\b|!\w)", "\n".join(lines[max(0, number - 2) : number])
            )
            varies = instead or _VARIES.search(line) or (call.endswith((",", "(")) and _VARIES.search(call))
            if found and not re.match(r"\s*(?:#|//|\*|--)", line) and not varies:
                yield (f"{file} has the address of a store in it, {found[1] or found[2]}: in a container it has to "
                       "come from a variable")  # fmt: skip
                return


def listed(
    running: Sequence[Service], named: Sequence[tuple[str, str]], drivers: Mapping[str, str], sure: Sequence[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """The kind and a line for each store that the app uses, by kind; and, apart from them, those with a single hint.

    `running` are the compose services beside the app, `named` variables with their sources, `drivers` the client
    libraries by kind, and `sure` the compose files whose stores count without further evidence.
    """
    lines: list[tuple[str, str]] = []
    perhaps: list[str] = []
    for kind in dict.fromkeys([*ORDER, *drivers]):
        variables: dict[str, str] = {}
        for name, where in named:
            if kind_of_variable(name) == kind:
                variables.setdefault(name, where)
        images = [one for one in running if kind_of_image(one.image) == kind]
        file = next((one.file for one in images), "")
        shown = dict.fromkeys(re.sub(r"[:@]\S*", "", one.image) for one in images if one.file == file)
        runs = f"{file} {'has' if _PLATFORM.search(file) else 'runs'} {', '.join(shown)}" if shown else ""
        first = list(variables)[:4]
        names = f"{', '.join(first)} ({variables[first[0]]})" if first else ""
        only_shown = bool(runs) and is_example(file)
        if names or (runs and (file in sure or kind in drivers) and not only_shown):
            lines.append((kind, f"{kind}: {'; '.join(one for one in (names, runs) if one)}"))
        elif runs:
            perhaps.append(f"{kind} ({runs})")
        if kind in drivers and not names and (only_shown or not runs):
            lines.append((kind, f"{kind}: {drivers[kind]}; the app may need one"))
    return lines, perhaps
