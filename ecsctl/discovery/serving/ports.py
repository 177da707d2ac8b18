"""The port that an app listens on: the candidates of all sources, the most reliable first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage, expanded
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within
from ecsctl.discovery.serving import port_hints, servers
from ecsctl.discovery.serving.port_hints import ASIDE, NOT_HTTP, NUMBER, Port, examples, sources

# Ports of metrics and the like that some apps nevertheless serve HTTP on, if they EXPOSE nothing else.
_SOMETIMES = frozenset({9090, 9091, 50000, 50051})
# Ports of protocols that an Application Load Balancer does not support.
PROTOCOLS = {
    21: "FTP", 22: "SSH", 25: "SMTP", 53: "DNS", 110: "POP3", 143: "IMAP", 465: "SMTP", 587: "SMTP", 993: "IMAP",
    995: "POP3", 1433: "SQL Server", 1883: "MQTT", 3306: "MySQL", 3478: "STUN and TURN", 4222: "NATS", 5060: "SIP",
    5061: "SIP", 5349: "STUN and TURN", 5432: "PostgreSQL", 5672: "AMQP", 6379: "Redis", 9092: "Kafka",
    11211: "memcached", 27017: "MongoDB",
}  # fmt: skip
# Servers that listen on their default port, whatever EXPOSE says, unless their command or settings change it.
_AS_IT_IS = re.compile(
    r"what (?:the image mcr\.microsoft\.com/dotnet/|(?:uvicorn|hypercorn|daphne|granian|flask|fastapi) )"
)
_OF_FRAMEWORK = re.compile(r"(?:^|/)application\.(?:properties|ya?ml)$")
_MOVES = re.compile(
    r"UseUrls\(|ListenAnyIP|ListenLocalhost|[kK]estrel\w*\.Listen\(|options\.Listen\(|\"Kestrel\"|\"[Uu]rls\"|\.Run\(\s*\$?\"http|\bPORT\b"
)


def exposed(read: Dockerfile, stage: Stage) -> tuple[int, ...]:
    """The TCP ports in EXPOSE, of a stage and those it is based on; usual ports of other protocols come last."""
    known = read.variables(stage)
    found = [port for one in stage.chain for word, rest in one.instructions if word == "EXPOSE"
             for part in expanded(rest, known).split() if (port := _exposed(part))]  # fmt: skip
    # Ports in the variable of another protocol than HTTP come last, such as LDAP_PORT beside HTTP_PORT.
    others = {value for name, value in known.items() if name.endswith("_PORT") and NOT_HTTP.search(name)}
    return _ordered(sorted(found, key=lambda one: str(one) in others))


def named(tree: Tree, context: str, read: Dockerfile, stage: Stage, texts: Sequence[Text],
          services: Sequence[Service], health: Sequence[tuple[int, str]] = (), hosts: Sequence[Host] = (),
          foreign: Sequence[str] = (), *, anywhere: bool = False) -> tuple[Port, ...]:  # fmt: skip
    """Every candidate, the likeliest first, each number once.

    `texts` are what the container starts, `services` the compose services that run this image, and `health` the ports
    that health checks ask, each with its source; `foreign` are the folders of other apps. `anywhere`: the app listens
    on $PORT, whatever its server's default is.
    """
    surer = [Port(one, "EXPOSE of the Dockerfile") for one in exposed(read, stage)]
    environment = read.environment(stage)
    written = " ".join(rest for one in read.stages for _, rest in one.instructions)
    given = [Port(int(value[-5:].rpartition(":")[2]), f"{name} of {one.where}", sure=False)
             for one in services[:1] if one.runs(stage.name) for name, value in one.listens]  # fmt: skip
    hints = [
        *port_hints.of_environment(environment),
        *port_hints.of_commands(texts, environment),
        *(Port(number, source) for number, source in health),
        *given,
        *port_hints.of_services([service for service in services if service.runs(stage.name)]),
        *(Port(one.port, one.file, sure=False) for one in hosts if one.port),
        *(Port(number, file) for number, file in servers.listened(tree, context, read, stage)),
        *port_hints.of_dotnet(tree, context, stage.image),
        *(() if anywhere else port_hints.of_programs(stage.image, texts)),
        *port_hints.of_services([service for service in services if not service.runs(stage.name)]),
        *port_hints.of_spring(tree, context),
        *port_hints.of_rocket(tree, context, environment),
        *port_hints.of_phoenix(tree, context),
        *port_hints.of_sources(tree, context, written, foreign),
        *port_hints.of_settings(tree, context),
        *port_hints.of_samples(tree, context),
        *(Port(number, source, sure=False) for _, number, source in examples(tree, context)),
        *port_hints.of_manifests(tree, context),
        *port_hints.of_readme(tree),
    ]
    # Of several ports in EXPOSE, one that another source has too comes first.
    agreed = {hint.number: hint for hint in reversed(hints)}
    usual = [one for one in surer if one.number not in ASIDE]
    if len(usual) > 1:
        # A health check may use another port than the users.
        asked = {number for number, _ in health} - {hint.number for hint in hints if "HEALTHCHECK" not in hint.source}
        served = agreed.keys() - asked
        surer.sort(key=lambda one: (one.number in ASIDE, one.number not in served, not _is_usual(one.number),
                                    one.number not in agreed))  # fmt: skip
    surer = [replace(one, agreed=one.number in agreed) for one in surer]
    runs = [one for one in hints if not one.is_side_port and (
        (one.sure and one.source.startswith(("its command", "HEALTHCHECK"))) or one in given
        or _OF_FRAMEWORK.search(one.source)
        or (not given and not anywhere and _AS_IT_IS.match(one.source) and not _moved(tree, context)))]  # fmt: skip
    if len(usual) == 1 and usual[0].number not in agreed and runs:  # EXPOSE opens no port: what runs wins
        surer = [replace(runs[0], conflicting=usual[0].number), *surer]
    # A web server's settings win over a port that only EXPOSE has.
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
    return tuple(found[number] for number in sorted(order, key=lambda number: number in ASIDE - lone))


def _moved(tree: Tree, context: str) -> str:
    """The source or settings file that changes where an ASP.NET app listens; empty if none does."""
    files = [one for one in tree.named(port_hints.DOTNET, context) if not is_auxiliary(one)]
    return next((one for one in files[:50] if _MOVES.search(tree.read(one))), "")


def moved_elsewhere(tree: Tree, context: str, found: Sequence[Port], port: int | None) -> Iterator[str]:
    """A sentence if a port is ASP.NET's default, and the app's own code sets where it listens."""
    by_default = any(one.number == port and one.source.startswith("what the image mcr.microsoft.com/dotnet/")
                     for one in found)  # fmt: skip
    if by_default and (file := _moved(tree, context)):
        yield f"port {port} is ASP.NET's default, but {file} sets where the app listens: see there"


def datagrams(read: Dockerfile, stage: Stage, services: Sequence[Service]) -> Iterator[str]:
    """A sentence about UDP ports, which an Application Load Balancer does not support (ELB, "Listeners")."""
    known = read.variables(stage)
    exposed_ports = " ".join(
        expanded(rest, known) for one in stage.chain for word, rest in one.instructions if word == "EXPOSE"
    )
    exposed = re.findall(r"(?<!\S)(\d{1,5}(?:-\d{1,5})?)/udp\b", exposed_ports, re.IGNORECASE)
    where = "EXPOSE of the Dockerfile" if exposed else next((one.where for one in services[:1]), "")
    if found := dict.fromkeys(exposed or [port for one in services[:1] for port in one.datagrams]):
        yield f"{where} has UDP ports, {', '.join(found)}, which an Application Load Balancer does not forward"


def choices(ports: Sequence[Port]) -> tuple[Port, ...]:
    """The ports to choose from: those in EXPOSE if there are several, else the likeliest one."""
    exposed_ports = [one for one in ports if one.source.startswith("EXPOSE") and one.number not in ASIDE]
    return tuple(exposed_ports) if len(exposed_ports) > 1 else tuple(ports[:1])


def undecided(ports: Sequence[Port], asked: bool) -> tuple[int, ...]:
    """The ports in EXPOSE if no other source decides between them and the user was not asked; else empty."""
    several = choices(ports)
    return tuple(one.number for one in several) if len(several) > 1 and not asked and not several[0].agreed else ()


def _is_usual(number: int) -> bool:
    return number == 80 or number // 1000 in (3, 4, 5, 8)


def contradiction(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> str:
    """A sentence if EXPOSE has none of the ports in the web server's settings; else empty."""
    exposed_ports, listened = exposed(read, stage), dict(servers.listened(tree, context, read, stage))
    if not exposed_ports or not listened or set(exposed_ports) & set(listened):
        return ""
    number, file = next(iter(listened.items()))
    return f"EXPOSE of the Dockerfile has {exposed_ports[0]}, but {file} makes the web server listen on {number}"


def unset(texts: Sequence[Text], environment: Mapping[str, str]) -> str:
    """The variable in the command that holds the port, if nothing gives it a value; else empty."""
    command = expanded(texts[0].text, {name: value for name, value in environment.items() if value}) if texts else ""
    found = re.search(r"\$(?:\{([A-Z]\w*_PORT)\}|([A-Z]\w*_PORT)\b)", command)
    return str(found[1] or found[2]) if found and not NOT_HTTP.search(found[0]) else ""


def is_unbound(texts: Sequence[Text], environment: Mapping[str, str]) -> bool:
    """Whether Gunicorn is started without an address: then it listens on 127.0.0.1, unless PORT is set."""
    gunicorn = any(text.shell and re.search(r"\bgunicorn\b(?![\w.-]*\.py)", text.text) for text in texts)
    bound = any(re.search(r"\s-b\b|\bbind\b|0\.0\.0\.0|uvicorn\.run|\$\{?\w*PORT", text.text) for text in texts)
    return gunicorn and not bound and not {"PORT", "GUNICORN_CMD_ARGS"} & environment.keys()


def wants_variable(read: Dockerfile, stage: Stage, texts: Sequence[Text]) -> bool:
    """Whether the container listens on $PORT and nothing sets it, as on platforms that assign the port."""
    if "PORT" in read.environment(stage):
        return False
    known = read.variables(stage)
    exposes = [expanded(rest, known) for one in stage.chain for word, rest in one.instructions if word == "EXPOSE"]
    command = texts[0].text if texts else ""
    return bool(re.search(r"\$(?:PORT\b|\{PORT\})", " ".join([*exposes, command])))


_READS = re.compile(
    r"(?:os\.Getenv\(|process\.env(?:\.|\[)|Bun\.env\.|Deno\.env\.get\(|ENV(?:\.fetch\()?\[?|environ(?:\.get)?[\[(]|getenv\(|"
    r"env::var\(|System\.getenv\(|getEnv\s*)[\"'`]?PORT\b"
)


def read_from_environment(tree: Tree, context: str, foreign: Sequence[str] = ()) -> tuple[int, str] | None:
    """The port that a source uses without $PORT, 0 if it has no default, and the file; None if none reads $PORT.

    `foreign` are the folders of other apps.
    """
    for file in [one for one in sources(tree, context) if not any(within(one, folder) for folder in foreign)]:
        text = tree.read(file)
        if found := _READS.search(text):
            near = re.search(r"(?:PORT|port)\b[^\n]{0,40}?" + NUMBER, text[found.start() : found.start() + 300])
            return (int(near[1]) if near and int(near[1]) < 65536 else 0), file
    return None


def _exposed(text: str) -> int | None:
    match = re.fullmatch(r"([0-9]{1,5})(?:-[0-9]+)?(?:/tcp)?", text.strip("\"'"), re.IGNORECASE)
    return int(match[1]) if match and 1 <= int(match[1]) <= 65535 else None


def _ordered(numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(dict.fromkeys(numbers), key=lambda one: one in ASIDE))
