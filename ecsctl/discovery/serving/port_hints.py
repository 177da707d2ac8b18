"""The sources of a port, one by one: variables, commands, images, compose files, code, settings, manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ecsctl.discovery.files import settings
from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import expanded
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within

# Ports of metrics, debuggers, databases and other protocols. An app that exposes one of them and another port serves
# HTTP on the other.
ASIDE = frozenset({
    21, 22, 25, 53, 110, 143, 443, 465, 587, 993, 995, 1025, 1110, 1433, 1883, 2019, 2222, 2375, 2525, 3306,
    3443, 3478, 4222, 4317, 4318, 4443, 5005, 5060, 5061, 5349, 5432, 5672, 5858, 6379, 6443, 8125, 8443, 9090,
    9091, 9092, 9093, 9100, 9102, 9113, 9187, 9200, 9216, 9229, 9230, 9253, 9300, 9443, 9464, 11211, 14250,
    14268, 15672, 27017, 35729, 50000, 50051,
})  # fmt: skip
# The default ports of well-known images, and below of programs, each from its own manual.
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
NUMBER = r"([1-9]\d{1,4})(?!\d|\.\d)"
_OPTION = re.compile(
    r"(?:^|[\s'\",(])(?P<name>-[pblSH]|--?[\w.-]*(?:port|bind|listen|addr(?:ess)?|http|urls?|socket)|-Dserver\.port|"
    r"[A-Z_]*PORT)"
    r"(?:[=\s'\",]+|(?<=-[pb]))(?:\w+://)?(?:[\w.*+-]*:|\[[:0-9a-f]*\]:)?" + NUMBER
)
NOT_HTTP = re.compile(
    r"metric|chmod|admin|debug|grpc|management|db|database|redis|smtp|mysql|postgres|stat|ldap|ssh|ftp|imap|mqtt|turn|stun|sip",
    re.IGNORECASE,
)
_BIND = re.compile(r"(?:^|\n)[ \t]*(?:bind|port|http-socket|http|socket|listen)\s*[(=\s]\s*[^\n]*?[:\s'\"(=]" + NUMBER)
FIRST = r"(?:main|index|server|app|start|www|__main__|wsgi)\.(?:[cm]?[jt]s|py)"
FIRST_FILE = re.compile(
    r"(?:main|index|server|app|start|www|bootstrap|wsgi|asgi|__main__|puma)\.(?:[cm]?[jt]s|go|py|rb|rs)|Program\.cs|runtime\.exs"
)
# Examples of .env files: the variables that an app reads, with values to start from.
EXAMPLES = (
    r"\.?env[._-](?:example|sample|dist|template|defaults?)(?:[._-][\w-]+)?"
    r"|(?:[\w-]*\.)?env[._-](?:example|sample|dist|template)|\.?(?:example|sample|dist|template)\.env"
)
_OWN = re.compile(
    r"(?m)^[ \t]*(?:export\s+)?((?:(?:APP|SERVER|HTTP|WEB|API|NODE|SERVICE)_)?PORT)\s*=\s*"
    r"[\"']?([1-9]\d{1,4})[\"']?\s*$"
)
_LISTENS = re.compile(
    r"\.listen\(\s*(?:(?:Number|parseInt)\()?(?:process\.env\.\w+\s*(?:\|\||\?\?)\s*)?['\"]?" + NUMBER
    + r"|\b(?:PORT|port)\b[^\n;]{0,40}?(?:\|\||\?\?)\s*['\"]?" + NUMBER
    + r"|(?:ListenAndServe\w*|\.(?:Run|Start|Listen))\(\s*\"[^\":]*:" + NUMBER
    + r"|\.run\([^)]*\bport\s*=\s*" + NUMBER
    + r"|[\"']PORT[\"']\s*,\s*['\"]?" + NUMBER
    + r"|\bbind\(\s*\(?\"[\d.:\[\]a-z]*(?::|\"\s*,\s*)" + NUMBER
    + r"|\(\[0, ?0, ?0, ?0\], ?" + NUMBER
    + r"|(?::port\s*=>|\bset\s*\(?:port,)\s*" + NUMBER
)  # fmt: skip
_SAMPLES = r"(?:config|conf|settings)[-_.](?:sample|example|default|dist)\.(?:ya?ml|toml)"
_SETTINGS = r"(?:base|default|config|configuration|settings|app|application|prod(?:uction)?)\.(?:ya?ml|toml)"
_SERVER_PORT = re.compile(
    r"(?m)^(?:application|app|server|http|web|api|service):\s*\n(?:[ \t]+[^\n]*\n)*?[ \t]+port:\s*" + NUMBER
    + r"|^\[(?:application|app|server|http|web|api|service)\]\s*\n(?:(?!\[)[^\n]*\n)*?port\s*=\s*" + NUMBER
)  # fmt: skip


@dataclass(frozen=True)
class Port:
    """A candidate for the app's port, and its source."""

    number: int
    source: str
    sure: bool = True  # whether it is from the image itself; False for a hint from elsewhere
    agreed: bool = False  # whether another source has the same port
    conflicting: int = 0  # the port in EXPOSE that no other source has; 0 if they agree
    fixed: bool = False  # whether a source file has it as a literal, so that no variable changes it

    @property
    def is_side_port(self) -> bool:
        """Whether it is a usual port of metrics, debuggers and the like."""
        return self.number in ASIDE


SOURCE = r"[\w.-]+\.(?:go|[cm]?[jt]sx?|py|rb|rs|cr|java|kt|cs|php|ex|exs|hs|clj)"


def sources(tree: Tree, context: str) -> list[str]:
    """Source files that are no more than three folders deep, the nearest first; at most 300."""
    files = tree.named(SOURCE, context)
    deepest = (0 if context == "." else context.count("/") + 1) + 3
    return [one for one in files if one.count("/") <= deepest and not is_auxiliary(one)][:300]


def of_environment(environment: Mapping[str, str]) -> Iterator[Port]:
    """Ports in ENV: `PORT` first, then variables that end in it, and ASP.NET's own."""
    for name in sorted(environment, key=lambda one: (one != "PORT", one)):
        match = None
        if name in ("ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS"):
            match = re.search(NUMBER, environment[name])
        elif re.fullmatch(r"(?:\w+_)?(?:PORT|BIND|LISTEN|LISTEN_ADDR(?:ESS)?)", name) and not NOT_HTTP.search(name):
            match = re.fullmatch(rf"(?:\S*:)?{NUMBER}", environment[name])
        if match and int(match[1]) < 65536:
            yield Port(int(match[1]), f"ENV {name} of the Dockerfile")


def of_commands(texts: Sequence[Text], environment: Mapping[str, str]) -> Iterator[Port]:
    """The ports in what the container starts: options, and calls that listen."""
    for text in texts:
        command = expanded(text.text, environment)
        if re.search(
            "uwsgi", f"{text.where} {command}", re.IGNORECASE
        ):  # its own protocol, which no load balancer speaks
            command = re.sub(r"(?m)(?:^|--)(?:uwsgi-)?socket\b[^\n]*?:\d+", "", re.sub(r"[\"']", "", command))
        for match in _OPTION.finditer(command):
            if not NOT_HTTP.search(match["name"]) and int(match[2]) < 65536:
                yield Port(int(match[2]), text.where)
        if not text.shell:
            for found in _LISTENS.finditer(command):
                if (number := int(next(one for one in found.groups() if one))) < 65536:
                    yield Port(number, text.where)
        if text.where.endswith((".py", ".rb", ".ini", ".toml", ".conf")):
            yield from (Port(int(one), text.where) for one in _BIND.findall(command) if int(one) < 65536)


def of_image(image: str) -> int:
    """The default port of a well-known server image; 0 for other images."""
    return next((port for pattern, port in _IMAGES if re.fullmatch(rf"{pattern}(?:[:@].*)?", image)), 0)


def of_programs(image: str, texts: Sequence[Text]) -> Iterator[Port]:
    """The default ports of a server image, and of a server program that the container starts."""
    started = " ".join(one.text for one in texts)
    php = "frankenphp" in image and bool(started.strip()) and not re.search(r"frankenphp|caddy", started, re.IGNORECASE)
    if (port := of_image(image)) and not php:  # Octane starts it on another port
        yield Port(port, f"what the image {image.partition('@')[0]} listens on", sure=False)
    for pattern, port in _PROGRAMS:
        for text in texts:
            if text.shell and (found := re.search(pattern, text.text)):
                yield Port(port, f"what {found[0].split()[0]} listens on", sure=False)
                break


DOTNET = r"Program\.cs|Startup\.cs|appsettings(?:\.Production)?\.json"
_OF_DOTNET = re.compile(
    r"(?:UseUrls|\.Run)\([^;\n]{0,80}?\"https?://[^\":/]{0,80}:" + NUMBER
    + r"|\bListenAnyIP\(\s*" + NUMBER
    + r"|\"[Uu]rls?\"\s*:\s*\"http://[^\":/]{0,80}:" + NUMBER
)  # fmt: skip


def of_dotnet(tree: Tree, context: str, image: str) -> Iterator[Port]:
    """The port in an ASP.NET app's own code or settings, which wins over the image's default.

    (ASP.NET Core, "Configure endpoints for the Kestrel web server".)
    """
    files = tree.named(DOTNET, context) if "/dotnet/" in image else ()
    for file in [one for one in files if not is_auxiliary(one)][:50]:
        if match := _OF_DOTNET.search(re.sub(r"(?m)^[ \t]*//.*$", "", tree.read(file))):
            number = int(next(one for one in match.groups() if one))
            if number < 65536:
                yield Port(number, file, sure=False)


def of_services(services: Sequence[Service]) -> Iterator[Port]:
    """The container ports in compose files."""
    for service in services:
        yield from (Port(one, f"the ports of {service.where}", sure=False) for one in service.ports)


def of_spring(tree: Tree, context: str) -> Iterator[Port]:
    """The port in the settings of Spring Boot, Quarkus and Micronaut, or their default."""
    builds = [one for one in tree.named(r"pom\.xml|build\.gradle(?:\.kts)?", context) if not is_auxiliary(one)]
    if not any(re.search("spring-boot|quarkus|micronaut", tree.read(one)) for one in builds[:20]):
        return
    if without_web(tree, context):
        return
    found: dict[int, str] = {}
    files = [one for one in tree.named(r"application\.(?:properties|ya?ml)", context) if not is_auxiliary(one)]
    modules = {file.partition("src/")[0] for file in files}
    for file in files:
        values = settings.read(file, tree.read(file))
        for key in ("server.port", "quarkus.http.port", "micronaut.server.port"):
            if match := re.fullmatch(rf"(?:\$\{{[\w.]+:)?{NUMBER}\}}?", values.get(key, "")):
                found.setdefault(int(match[1]), file)
    if len(found) > 1 or (found and len(modules) > 1):  # several apps, and it is not known which of them is built
        return
    yield from (Port(number, file, sure=False) for number, file in found.items())
    if not found:
        yield Port(8080, f"what the framework of {builds[0]} listens on", sure=False)


_SPRING_WEB = re.compile(
    r"starter-(?:web|jersey|data-rest|hateoas|graphql|rsocket|oauth2-authorization|actuator)|spring-web|webmvc|webflux|gateway|"
    r"eureka-server|config-server|springdoc|vaadin|servlet|undertow|tomcat|jetty|netty|quarkus|micronaut|admin-server|camel|zipkin"
)


def without_web(tree: Tree, context: str) -> str:
    """The build file of a Spring Boot app that has no web starter, and so serves no requests; else empty."""
    builds = [
        one
        for one in tree.named(r"pom\.xml|build\.gradle(?:\.kts)?|libs\.versions\.toml", context)
        if not is_auxiliary(one)
    ][:40]
    texts = [tree.read(one) for one in builds]
    starts = any(re.search(r"spring-boot-starter-(?!parent|test)", text) for text in texts) and not any(
        "<modules>" in text for text in texts
    )
    return builds[0] if starts and not any(_SPRING_WEB.search(text) for text in texts) else ""


_GO_DEFAULT = re.compile(r"\b\w*[pP]ort\w*\s*(?:int\s*)?:?=\s*\"?:?" + NUMBER)
_GO_SERVES = re.compile(r"ListenAndServe|net\.Listen\(|\.(?:Run|Start|Listen)\(")


def of_sources(tree: Tree, context: str, built: str = "", foreign: Sequence[str] = ()) -> Iterator[Port]:
    """The ports on which a program's main files listen.

    `built` is the Dockerfile's text, which names the program, and `foreign` are the folders of other apps.
    """
    files = [one for one in tree.named(FIRST_FILE.pattern, context) if not is_auxiliary(one)]
    files = [one for one in files if not any(within(one, folder) for folder in foreign)]
    programs = {one.rpartition("/")[0] for one in files if re.search(r"(?:^|/)cmd/[^/]+/main\.go$", one)}
    own = [one for one in programs if re.search(rf"{re.escape('/'.join(one.split('/')[-2:]))}(?![\w-])", built)]
    files = [one for one in files if not own or not any(within(one, other) for other in programs - set(own))]
    for file in files[:40]:
        for match in _LISTENS.finditer(tree.live(file)):
            number = int(next(one for one in match.groups() if one))
            if number < 65536:
                fixed = re.match(r"\.(?:listen|Run|Start|Listen)\(\s*[\"']?(?:[\d.]*:)?\d", match[0]) is not None
                yield Port(number, file, sure=False, fixed=fixed)
        if file.endswith(".go") and _GO_SERVES.search(text := tree.live(file)):
            found = (int(one) for one in _GO_DEFAULT.findall(text))
            yield from (Port(one, file, sure=False) for one in islice((one for one in found if one < 65536), 1))


def of_phoenix(tree: Tree, context: str) -> Iterator[Port]:
    """The port in Phoenix's settings for production, or in those for all environments ("Phoenix.Endpoint", "http")."""
    for name in (r"prod\.exs", r"config\.exs"):
        for file in [one for one in tree.named(name, context) if one.endswith(f"config/{one.rpartition('/')[2]}")][:3]:
            if match := re.search(r"\bhttp:\s*\[[^\]]{0,200}?\bport:\s*" + NUMBER, tree.live(file)):
                yield Port(int(match[1]), file, sure=False)


def of_rocket(tree: Tree, context: str, environment: Mapping[str, str]) -> Iterator[Port]:
    """The port in Rocket.toml, of the profile that the image runs, or Rocket's default ("Configuration")."""
    builds = [one for one in tree.named(r"Cargo\.toml", context) if not is_auxiliary(one)][:20]
    build = next((one for one in builds if re.search(r"(?m)^rocket\s*=|^\[dependencies\.rocket\]", tree.read(one))), "")
    if not build:
        return
    for file in tree.named(r"Rocket\.toml", context)[:1]:
        tables = dict(re.findall(r"(?m)^\[(\w+)\][^\n]*\n((?:(?!\[)[^\n]*\n?)*)", tree.read(file)))
        for profile in ("global", environment.get("ROCKET_PROFILE", "release"), "default"):
            if match := re.search(rf"(?m)^port\s*=\s*{NUMBER}", tables.get(profile, "")):
                yield Port(int(match[1]), file, sure=False)
                return
    yield Port(8000, f"what Rocket in {build} listens on", sure=False)


def of_settings(tree: Tree, context: str) -> Iterator[Port]:
    """Ports in YAML or TOML settings that have a table for the server at the top level."""
    for file in tree.named(_SETTINGS, context):
        within_settings = re.search(r"(?:^|/)(?:config\w*|settings|conf|resources)/[^/]+$", file)
        if (
            within_settings
            and "src/main/resources/" not in file
            and not is_auxiliary(file)
            and (match := _SERVER_PORT.search(tree.read(file)))
        ):
            yield Port(int(match[1] or match[2]), file, sure=False)


def of_samples(tree: Tree, context: str) -> Iterator[Port]:
    """Ports at the top level of sample settings."""
    for file in tree.named(_SAMPLES, context):
        if not is_auxiliary(file) and (match := re.search(rf"(?m)^port\s*[:=]\s*{NUMBER}", tree.read(file))):
            yield Port(int(match[1]), file, sure=False)


def examples(tree: Tree, context: str) -> Iterator[tuple[str, int, str]]:
    """The variables of .env examples that hold the app's own port: name, port, file."""
    for file in tree.named(EXAMPLES, context):
        if not is_auxiliary(file):
            yield from ((name, int(port), file) for name, port in _OWN.findall(tree.read(file)) if int(port) < 65536)


def of_readme(tree: Tree) -> Iterator[Port]:
    """The container ports in a README's `docker run` commands."""
    for file in [one for one in tree.files if one.lower() in ("readme.md", "readme.rst", "docker.md")]:
        for one in re.findall(
            rf"\b(?:docker|podman) run\b[^`]{{0,400}}?\s(?:-p|--publish)[ =](?:[\d.]+:)?\d+:{NUMBER}", tree.read(file)
        ):
            if int(one) < 65536:
                yield Port(int(one), file, sure=False)


def of_manifests(tree: Tree, context: str) -> Iterator[Port]:
    """`containerPort` in Kubernetes manifests below the build context."""
    files = [one for one in tree.named(r".+\.ya?ml") if re.search(r"k8s|kube|kustomi|manifest|deploy|chart|helm", one)]
    for file in [one for one in files if within(one, context)][:40]:
        for one in re.findall(rf"containerPort:\s*{NUMBER}", tree.read(file)):
            if int(one) < 65536:
                yield Port(int(one), file, sure=False)
