"""The port that an app listens on: every place that names one, the most telling first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ecsctl.discovery import servers
from ecsctl.discovery.compose import Service
from ecsctl.discovery.dockerfile import Dockerfile, Stage, filled
from ecsctl.discovery.hosts import Host
from ecsctl.discovery.started import Text
from ecsctl.discovery.tree import Tree, aside, within

# Ports of metrics, debuggers, databases and other talk than HTTP's. An app that exposes one of them and another port
# serves people on the other.
_ASIDE = frozenset({
    21, 22, 25, 53, 110, 143, 443, 465, 587, 993, 995, 1025, 1110, 1433, 1883, 2019, 2222, 2375, 2525, 3306,
    3443, 3478, 4222, 4317, 4318, 4443, 5005, 5060, 5061, 5349, 5432, 5672, 5858, 6379, 6443, 8125, 8443, 9090,
    9091, 9092, 9093, 9100, 9102, 9113, 9187, 9200, 9216, 9229, 9230, 9253, 9300, 9443, 9464, 11211, 14250,
    14268, 15672, 27017, 35729, 50000, 50051,
})  # fmt: skip
# Of those, the ones that a few apps serve people on all the same, where they EXPOSE nothing else.
_SOMETIMES = frozenset({9090, 9091, 50000, 50051})
# Of those, the ones of protocols that no Application Load Balancer speaks.
PROTOCOLS = {
    21: "FTP", 22: "SSH", 25: "SMTP", 53: "DNS", 110: "POP3", 143: "IMAP", 465: "SMTP", 587: "SMTP", 993: "IMAP",
    995: "POP3", 1433: "SQL Server", 1883: "MQTT", 3306: "MySQL", 3478: "STUN and TURN", 4222: "NATS", 5060: "SIP",
    5061: "SIP", 5349: "STUN and TURN", 5432: "PostgreSQL", 5672: "AMQP", 6379: "Redis", 9092: "Kafka",
    11211: "memcached", 27017: "MongoDB",
}  # fmt: skip
# What well-known images EXPOSE themselves, and programs listen on where nothing else is said: each in its own manual.
_IMAGES = (
    (r"(?:.*/)?nginx-unprivileged", 8080),
    (r"(?:.*/)?(?:nginx|httpd|caddy|wordpress|nextcloud|traefik|frankenphp)", 80),
    (r"(?:.*/)?php:[\w.-]*apache[\w.-]*", 80), (r"(?:.*/)?(?:tomcat|jetty|wildfly|keycloak|payara)", 8080),
    (r"mcr\.microsoft\.com/dotnet/(?:core/)?aspnet:[1-7]\b.*", 80), (r"mcr\.microsoft\.com/dotnet/aspnet", 8080),
    (r"(?:.*/)?phusion/passenger-.*", 80), (r"(?:.*/)?tiangolo/(?:uvicorn|uwsgi|meinheld)-.*", 80),
    (r"(?:.*/)?serversideup/php:.*(?:nginx|apache|frankenphp|unit).*", 8080),
    (r"(?:.*/)?(?:ghost)", 2368), (r"(?:.*/)?(?:grafana|metabase)", 3000),
)  # fmt: skip
_PROGRAMS = (
    (r"\b(?:uvicorn|gunicorn|hypercorn|daphne|granian)\b|\bfastapi\s+(?:run|dev)\b|manage\.py\s+runserver\b"
     r"|\bartisan\s+(?:serve|octane)", 8000),
    (r"\bflask\b.*\brun\b", 5000), (r"\brails\s+(?:s|server)\b", 3000),
    (r"\b(?:next|nuxt|remix-serve|serve)\b\s+(?:start|-s|\./|build)", 3000),
    (r"\.output/server/index\.mjs", 3000), (r"\breact-router-serve\b", 3000),
    (r"\bvite\s+preview\b", 4173), (r"\bng\s+serve\b", 4200), (r"\bphx\.server\b", 4000), (r"\bstrapi\s+start\b", 1337),
    (r"\bstreamlit\s+run\b", 8501), (r"\bthrust\b", 80),
    (r"\b(?:nginx|apache2ctl|apache2-foreground|httpd|caddy|frankenphp)\b(?![.-])", 80),
    (r"\b(?:catalina\.sh|http-server|waitress-serve)\b", 8080), (r"\bpuma\b", 3000), (r"\brackup\b", 9292),
    (r"\bjupyter\b", 8888), (r"\bgradio\b", 7860),
)  # fmt: skip
# Servers that listen where they do by default, whatever EXPOSE says, unless their command or settings say otherwise.
_AS_IT_IS = re.compile(
    r"what (?:the image mcr\.microsoft\.com/dotnet/|(?:uvicorn|hypercorn|daphne|granian|flask|fastapi) )"
)
_MOVES = re.compile(
    r"UseUrls\(|ListenAnyIP|ListenLocalhost|\.Listen\(|\"Kestrel\"|\"[Uu]rls\"|\.Run\(\s*\$?\"http|\bPORT\b"
)
_NUMBER = r"([1-9]\d{1,4})(?!\d|\.\d)"
_OPTION = re.compile(
    r"(?:^|[\s'\",(])(?P<name>-[pblSH]|--?[\w.-]*(?:port|bind|listen|addr(?:ess)?|http|urls?|socket)|-Dserver\.port|"
    r"[A-Z_]*PORT)"
    r"(?:[=\s'\",]+|(?<=-[pb]))(?:\w+://)?(?:[\w.*+-]*:|\[[:0-9a-f]*\]:)?" + _NUMBER
)
_NOT_HTTP = re.compile(
    r"metric|chmod|admin|debug|grpc|management|db|database|redis|smtp|mysql|postgres|stat|ldap|ssh|ftp|imap|mqtt|turn|stun|sip",
    re.IGNORECASE,
)
_BIND = re.compile(r"(?:^|\n)[ \t]*(?:bind|port|http-socket|http|socket|listen)\s*[(=\s]\s*[^\n]*?[:\s'\"(=]" + _NUMBER)
FIRST = r"(?:main|index|server|app|start|www|__main__|wsgi)\.(?:[cm]?[jt]s|py)"
FIRST_FILE = re.compile(
    r"(?:main|index|server|app|start|www|bootstrap|wsgi|asgi|__main__|puma)\.(?:[cm]?[jt]s|go|py|rb|rs)|Program\.cs|runtime\.exs"
)
# Files that show which variables an app reads, with values to begin from.
EXAMPLES = (
    r"\.?env[._-](?:example|sample|dist|template|defaults?)(?:[._-][\w-]+)?"
    r"|(?:[\w-]*\.)?env[._-](?:example|sample|dist|template)|\.?(?:example|sample|dist|template)\.env"
)
_OWN = re.compile(
    r"(?m)^[ \t]*(?:export\s+)?((?:(?:APP|SERVER|HTTP|WEB|API|NODE|SERVICE)_)?PORT)\s*=\s*"
    r"[\"']?([1-9]\d{1,4})[\"']?\s*$"
)
_LISTENS = re.compile(
    r"\.listen\(\s*(?:(?:Number|parseInt)\()?(?:process\.env\.\w+\s*(?:\|\||\?\?)\s*)?['\"]?" + _NUMBER
    + r"|\b(?:PORT|port)\b[^\n;]{0,40}?(?:\|\||\?\?)\s*['\"]?" + _NUMBER
    + r"|(?:ListenAndServe\w*|\.(?:Run|Start|Listen))\(\s*\"[^\":]*:" + _NUMBER
    + r"|\.run\([^)]*\bport\s*=\s*" + _NUMBER
    + r"|[\"']PORT[\"']\s*,\s*['\"]?" + _NUMBER
    + r"|\bbind\(\s*\(?\"[\d.:\[\]a-z]*(?::|\"\s*,\s*)" + _NUMBER
    + r"|\(\[0, ?0, ?0, ?0\], ?" + _NUMBER
    + r"|(?::port\s*=>|\bset\s*\(?:port,)\s*" + _NUMBER
)  # fmt: skip
_SAMPLES = r"(?:config|conf|settings)[-_.](?:sample|example|default|dist)\.(?:ya?ml|toml)"
_SETTINGS = r"(?:base|default|config|configuration|settings|app|application|prod(?:uction)?)\.(?:ya?ml|toml)"
_SERVER_PORT = re.compile(
    r"(?m)^(?:application|app|server|http|web|api|service):\s*\n(?:[ \t]+[^\n]*\n)*?[ \t]+port:\s*" + _NUMBER
    + r"|^\[(?:application|app|server|http|web|api|service)\]\s*\n(?:(?!\[)[^\n]*\n)*?port\s*=\s*" + _NUMBER
)  # fmt: skip


@dataclass(frozen=True)
class Port:
    """A port, and where it is named."""

    number: int
    source: str
    sure: bool = True  # whether it is the image's own word, and no hint from elsewhere
    agreed: bool = False  # whether something else names it too
    against: int = 0  # the one that EXPOSE names, and nothing else

    @property
    def beside(self) -> bool:
        """Whether it is one of metrics, debuggers and the like."""
        return self.number in _ASIDE


def exposed(read: Dockerfile, stage: Stage) -> tuple[int, ...]:
    """The TCP ports that a stage and those it is made from EXPOSE, those that are no app's last."""
    known = read.variables(stage)
    found = [port for one in stage.chain for word, rest in one.instructions if word == "EXPOSE"
             for part in filled(rest, known).split() if (port := _exposed(part))]  # fmt: skip
    # Those that a variable names after another protocol than HTTP come last, as LDAP_PORT beside HTTP_PORT.
    others = {value for name, value in known.items() if name.endswith("_PORT") and _NOT_HTTP.search(name)}
    return _ordered(sorted(found, key=lambda one: str(one) in others))


def named(tree: Tree, context: str, read: Dockerfile, stage: Stage, texts: Sequence[Text],
          services: Sequence[Service], health: Sequence[tuple[int, str]] = (), hosts: Sequence[Host] = (),
          *, anywhere: bool = False) -> tuple[Port, ...]:  # fmt: skip
    """Every port that something names, the likeliest first, each number once.

    `texts` are what the container starts, `services` those of compose files that run this image, and `health` the
    ports that health checks ask. `anywhere`: the app listens wherever $PORT says, whatever its server's default is.
    """
    surer = [Port(one, "EXPOSE of the Dockerfile") for one in exposed(read, stage)]
    environment = read.environment(stage)
    given = [Port(int(value[-5:].rpartition(":")[2]), f"{name} of {one.where}", sure=False)
             for one in services[:1] if one.runs(stage.name) for name, value in one.listens]  # fmt: skip
    hints = [
        *_of_environment(environment),
        *_of_commands(texts, environment),
        *(Port(number, source) for number, source in health),
        *given,
        *_of_services([service for service in services if service.runs(stage.name)]),
        *(Port(one.port, one.file, sure=False) for one in hosts if one.port),
        *(Port(number, file) for number, file in servers.listened(tree, context, read, stage)),
        *(() if anywhere else _of_image(stage.image, texts)),
        *_of_services([service for service in services if not service.runs(stage.name)]),
        *_of_spring(tree, context),
        *_of_sources(tree, context),
        *_of_settings(tree, context),
        *_of_samples(tree, context),
        *(Port(number, source, sure=False) for _, number, source in examples(tree, context)),
        *_of_manifests(tree, context),
        *_of_readme(tree),
    ]
    # Of several that are EXPOSEd, the one that something else names too.
    agreed = {hint.number: hint for hint in reversed(hints)}
    usual = [one for one in surer if one.number not in _ASIDE]
    if len(usual) > 1:
        # A container may be asked for its health elsewhere than where it serves people.
        asked = {number for number, _ in health} - {hint.number for hint in hints if "HEALTHCHECK" not in hint.source}
        served = agreed.keys() - asked
        surer.sort(key=lambda one: (one.number in _ASIDE, one.number not in served, not _usual(one.number),
                                    one.number not in agreed))  # fmt: skip
    surer = [replace(one, agreed=one.number in agreed) for one in surer]
    runs = [one for one in hints if not one.beside and (
        (one.sure and one.source.startswith(("its command", "HEALTHCHECK"))) or one in given
        or (not given and not anywhere and _AS_IT_IS.match(one.source) and not _moved(tree, context)))]  # fmt: skip
    if len(surer) == 1 and not surer[0].agreed and runs:  # EXPOSE opens nothing: what runs wins over it
        surer = [replace(runs[0], against=surer[0].number), *surer]
    # A web server's settings hold, whatever EXPOSE says that nothing else does.
    listened = [Port(number, file) for number, file in servers.listened(tree, context, read, stage)]
    if listened and surer and not {one.number for one in surer} & ({one.number for one in listened} | agreed.keys()):
        surer = [*listened, *surer]
    found = {one.number: one for one in reversed([*surer, *hints])}
    kinds: dict[int, set[str]] = {}
    for hint in hints:
        kinds.setdefault(hint.number, set()).add(hint.source)
    found = {
        number: replace(one, agreed=True) if len(kinds.get(number, ())) > 1 else one for number, one in found.items()
    }
    order = list(dict.fromkeys(one.number for one in [*surer, *hints]))
    lone = {one.number for one in surer} & _SOMETIMES if not usual else set()
    return tuple(found[number] for number in sorted(order, key=lambda number: number in _ASIDE - lone))


def _moved(tree: Tree, context: str) -> bool:
    """Whether sources or settings of an ASP.NET app, or a script, have it listen elsewhere than by default."""
    files = [
        one
        for one in tree.named(r"Program\.cs|Startup\.cs|appsettings(?:\.Production)?\.json", context)
        if not aside(one)
    ]
    return any(_MOVES.search(tree.read(one)) for one in files[:50])


def choices(ports: Sequence[Port]) -> tuple[Port, ...]:
    """Those that a person is to choose from: several are EXPOSEd and nothing says which. Metrics' are no choice."""
    said = [one for one in ports if one.source.startswith("EXPOSE") and one.number not in _ASIDE]
    return tuple(said) if len(said) > 1 else tuple(ports[:1])


def torn(ports: Sequence[Port], asked: bool) -> tuple[int, ...]:
    """Those of several EXPOSEd ports of which nothing says which one serves the app."""
    several = choices(ports)
    return tuple(one.number for one in several) if len(several) > 1 and not asked and not several[0].agreed else ()


def _usual(number: int) -> bool:
    return number == 80 or number // 1000 in (3, 4, 5, 8)


def contrary(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> str:
    """A sentence where EXPOSE names none of the ports on which the web server in the image listens."""
    said, listened = exposed(read, stage), dict(servers.listened(tree, context, read, stage))
    if not said or not listened or set(said) & set(listened):
        return ""
    number, file = next(iter(listened.items()))
    return f"EXPOSE of the Dockerfile names {said[0]}, but {file} makes the web server listen on {number}"


def unbound(texts: Sequence[Text], environment: Mapping[str, str]) -> bool:
    """Whether Gunicorn is started without an address: it listens on its own machine alone then, unless PORT is set."""
    gunicorn = any(text.shell and re.search(r"\bgunicorn\b(?![\w.-]*\.py)", text.text) for text in texts)
    bound = any(re.search(r"\s-b\b|\bbind\b|0\.0\.0\.0|uvicorn\.run|\$\{?\w*PORT", text.text) for text in texts)
    return gunicorn and not bound and not {"PORT", "GUNICORN_CMD_ARGS"} & environment.keys()


def wants_variable(read: Dockerfile, stage: Stage, texts: Sequence[Text]) -> bool:
    """Whether the container listens on $PORT and nothing sets it: as on platforms that give each app its port."""
    if "PORT" in read.environment(stage):
        return False
    known = read.variables(stage)
    exposes = [filled(rest, known) for one in stage.chain for word, rest in one.instructions if word == "EXPOSE"]
    command = texts[0].text if texts else ""
    return bool(re.search(r"\$(?:PORT\b|\{PORT\})", " ".join([*exposes, command])))


_READS = re.compile(
    r"(?:os\.Getenv\(|process\.env(?:\.|\[)|Bun\.env\.|Deno\.env\.get\(|ENV(?:\.fetch\()?\[?|environ(?:\.get)?[\[(]|getenv\(|"
    r"env::var\(|System\.getenv\(|getEnv\s*)[\"'`]?PORT\b"
)


def sources(tree: Tree, context: str) -> list[str]:
    """The files of programs that lie no more than three folders deep, the nearest first; at most 300."""
    files = tree.named(r"[\w.-]+\.(?:go|[cm]?[jt]sx?|py|rb|rs|cr|java|kt|cs|php|ex|exs|hs|clj)", context)
    deepest = (0 if context == "." else context.count("/") + 1) + 3
    return [one for one in files if one.count("/") <= deepest and not aside(one)][:300]


def read_from_environment(tree: Tree, context: str) -> tuple[int, str] | None:
    """The file that reads $PORT, and what it begins from if that is near it; 0 if nothing is."""
    for file in sources(tree, context):
        text = tree.read(file)
        if found := _READS.search(text):
            near = re.search(r"(?:PORT|port)\b[^\n]{0,40}?" + _NUMBER, text[found.start() : found.start() + 300])
            return (int(near[1]) if near and int(near[1]) < 65536 else 0), file
    return None


def _exposed(text: str) -> int | None:
    match = re.fullmatch(r"([0-9]{1,5})(?:-[0-9]+)?(?:/tcp)?", text.strip("\"'"), re.IGNORECASE)
    return int(match[1]) if match and 1 <= int(match[1]) <= 65535 else None


def _ordered(numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(dict.fromkeys(numbers), key=lambda one: one in _ASIDE))


def _of_environment(environment: Mapping[str, str]) -> Iterator[Port]:
    """`PORT` first, then whatever ends in it, and ASP.NET's own."""
    for name in sorted(environment, key=lambda one: (one != "PORT", one)):
        match = None
        if name in ("ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS"):
            match = re.search(_NUMBER, environment[name])
        elif re.fullmatch(r"(?:\w+_)?(?:PORT|BIND|LISTEN|LISTEN_ADDR(?:ESS)?)", name) and not _NOT_HTTP.search(name):
            match = re.fullmatch(rf"(?:\S*:)?{_NUMBER}", environment[name])
        if match and int(match[1]) < 65536:
            yield Port(int(match[1]), f"ENV {name} of the Dockerfile")


def _of_commands(texts: Sequence[Text], environment: Mapping[str, str]) -> Iterator[Port]:
    for text in texts:
        said = filled(text.text, environment)
        if re.search("uwsgi", f"{text.where} {said}", re.IGNORECASE):  # its own protocol, which no load balancer speaks
            said = re.sub(r"(?m)(?:^|--)(?:uwsgi-)?socket\b[^\n]*?:\d+", "", re.sub(r"[\"']", "", said))
        for match in _OPTION.finditer(said):
            if not _NOT_HTTP.search(match["name"]) and int(match[2]) < 65536:
                yield Port(int(match[2]), text.where)
        if not text.shell:
            for found in _LISTENS.finditer(said):
                if (number := int(next(one for one in found.groups() if one))) < 65536:
                    yield Port(number, text.where)
        if text.where.endswith((".py", ".rb", ".ini", ".toml", ".conf")):
            yield from (Port(int(one), text.where) for one in _BIND.findall(said) if int(one) < 65536)


def of_image(image: str) -> int:
    """The port of an image that serves by itself; 0 for one that is not known to."""
    return next((port for pattern, port in _IMAGES if re.fullmatch(rf"{pattern}(?:[:@].*)?", image)), 0)


def _of_image(image: str, texts: Sequence[Text]) -> Iterator[Port]:
    if port := of_image(image):
        yield Port(port, f"what the image {image.partition('@')[0]} listens on", sure=False)
    for pattern, port in _PROGRAMS:
        for text in texts:
            if text.shell and (found := re.search(pattern, text.text)):
                yield Port(port, f"what {found[0].split()[0]} listens on", sure=False)
                break


def _of_services(services: Sequence[Service]) -> Iterator[Port]:
    for service in services:
        yield from (Port(one, f"the ports of {service.where}", sure=False) for one in service.ports)


def _of_spring(tree: Tree, context: str) -> Iterator[Port]:
    builds = [one for one in tree.named(r"pom\.xml|build\.gradle(?:\.kts)?", context) if not aside(one)]
    if not any(re.search("spring-boot|quarkus|micronaut", tree.read(one)) for one in builds[:20]):
        return
    found: dict[int, str] = {}
    files = [one for one in tree.named(r"application\.(?:properties|ya?ml)", context) if not aside(one)]
    modules = {file.partition("src/")[0] for file in files}
    for file in files:
        text = tree.read(file)
        if match := re.search(
            rf"(?m)^(?:server|quarkus\.http)\.port\s*[=:]\s*(?:\$\{{\w+:)?{_NUMBER}", text
        ) or re.search(rf"(?ms)^server:\s*\n(?:[ \t]+[^\n]*\n)*?[ \t]+port:\s*(?:\$\{{\w+:)?{_NUMBER}", text):
            found.setdefault(int(match[1]), file)
    if len(found) > 1 or (found and len(modules) > 1):  # several apps, and nothing here says which of them is built
        return
    yield from (Port(number, file, sure=False) for number, file in found.items())
    yield Port(8080, f"what the framework of {builds[0]} listens on", sure=False)


def _of_sources(tree: Tree, context: str) -> Iterator[Port]:
    files = [one for one in tree.named(FIRST_FILE.pattern, context) if not aside(one)]
    for file in files[:40]:
        for match in _LISTENS.finditer(tree.read(file)):
            number = int(next(one for one in match.groups() if one))
            if number < 65536:
                yield Port(number, file, sure=False)


def _of_settings(tree: Tree, context: str) -> Iterator[Port]:
    """Settings in YAML or TOML, whose first level has a table for the server."""
    for file in tree.named(_SETTINGS, context):
        within_settings = re.search(r"(?:^|/)(?:config\w*|settings|conf|resources)/[^/]+$", file)
        if (
            within_settings
            and "src/main/resources/" not in file
            and not aside(file)
            and (match := _SERVER_PORT.search(tree.read(file)))
        ):
            yield Port(int(match[1] or match[2]), file, sure=False)


def _of_samples(tree: Tree, context: str) -> Iterator[Port]:
    """Settings to begin from, beside the sources, whose first level has the port itself."""
    for file in tree.named(_SAMPLES, context):
        if not aside(file) and (match := re.search(rf"(?m)^port\s*[:=]\s*{_NUMBER}", tree.read(file))):
            yield Port(int(match[1]), file, sure=False)


def examples(tree: Tree, context: str) -> Iterator[tuple[str, int, str]]:
    """The variables of an example of an environment that hold the app's own port: name, port, file."""
    for file in tree.named(EXAMPLES, context):
        if not aside(file):
            yield from ((name, int(port), file) for name, port in _OWN.findall(tree.read(file)) if int(port) < 65536)


def _of_readme(tree: Tree) -> Iterator[Port]:
    """The container's side of what a README publishes, where it shows how the image is run."""
    for file in [one for one in tree.files if one.lower() in ("readme.md", "readme.rst", "docker.md")]:
        for one in re.findall(
            rf"\b(?:docker|podman) run\b[^`]{{0,400}}?\s(?:-p|--publish)[ =](?:[\d.]+:)?\d+:{_NUMBER}", tree.read(file)
        ):
            if int(one) < 65536:
                yield Port(int(one), file, sure=False)


def _of_manifests(tree: Tree, context: str) -> Iterator[Port]:
    """`containerPort` of Kubernetes' manifests, of the whole repository where the app is its root."""
    files = [one for one in tree.named(r".+\.ya?ml") if re.search(r"k8s|kube|kustomi|manifest|deploy|chart|helm", one)]
    for file in [one for one in files if within(one, context)][:40]:
        for one in re.findall(rf"containerPort:\s*{_NUMBER}", tree.read(file)):
            if int(one) < 65536:
                yield Port(int(one), file, sure=False)
