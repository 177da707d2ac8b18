"""What the user has to provide for an app: stores, secrets, required variables, persistent folders."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ecsctl.discovery.files import dotnet
from ecsctl.discovery.files.compose import IN_FILE, Service
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within
from ecsctl.discovery.needs import depends, folders, processes, required, stores, variables_read
from ecsctl.discovery.needs.stores import kind_of_image, kind_of_variable
from ecsctl.discovery.serving.port_hints import EXAMPLES, sources

_SECRET = re.compile(
    r"SECRET|(?:\w+_)?SECRET_KEY(?:_BASE)?|RAILS_MASTER_KEY|(?:LARAVEL_)?APP_(?:KEY|SECRET)|(?:\w+_?)?AUTH_SECRET"
    r"|(?:\w+_)?(?:(?:ENCRYPTION|CREDENTIALS?|SIGNING|MASTER|COOKIE|SESSION|HASH)_KEY|JWT_KEY|JWT_SIGNATURE|SALT)"
    r"|(?:\w+_)?(?:SESSION|JWT|SHARED|COOKIE|SIGNING|TOKEN|HASH|INTERNAL|CSRF|NEXTAUTH)_SECRET"
    r"|(?:\w+_)?(?:BOT|DISCORD|TELEGRAM)_TOKEN|SUPABASE_SERVICE(?:_ROLE)?_KEY"
)
# Without them Laravel and Rails do not start, or answer 500 ("Configuration", "Securing Rails Applications").
_OF_FRAMEWORKS = (
    ("artisan", "APP_KEY", "LARAVEL_APP_KEY", "Laravel"),
    ("config/environments/production.rb", "SECRET_KEY_BASE", "RAILS_MASTER_KEY", "Rails in production"),
    ("symfony.lock", "APP_SECRET", "APP_SECRET", "Symfony in production"),
)
_PASSWORD = re.compile(r"(?:\w+_)?(?:PASSWORD|MASTER_KEY)")
_BESIDE_STORES = ("a mail server", "object storage", "an identity provider", "a model server")
PERHAPS = "what may only be for development"

_READ_IN = (
    r"config\.(?:py|[cm]?[jt]s)|(?:.*settings.*|base|production)\.py|database\.(?:yml|[cm]?[jt]s)|env\.[cm]?[jt]s"
    r"|environment(?:\.prod(?:uction)?)?\.ts"
)
_READS = re.compile(
    r"(?:environ(?:\.get)?[\[(]|[gG]etenv\(|(?:Lookup|\bget)Env\(|GetEnvironmentVariable\(|ENV(?:\.fetch\()?\[?|\benv::var\("
    r"|\b[cC]onfiguration\[|\bprocess\.env(?:\.|\[)|\b(?:Bun|Deno)\.env\.(?:get\()?|\benv(?:\.\w+)?\()\s*[\"'`]?([A-Z][A-Z0-9_]+)\b"
)
_ASSIGNED = re.compile(r"(?m)^[ \t]*(?:export\s+)?(\w+)[ \t]*=[ \t]*[\"']?([^\"'\n]*)")


@dataclass(frozen=True)
class Need:
    """Something that the user has to provide, as a line of text; `kind` is its kind in a word or two."""

    kind: str
    line: str


def listed(
    tree: Tree, context: str, services: Sequence[Service], app: Sequence[Service], kept: Mapping[str, str],
    known: Collection[str] = (), built: str = "", port: int | None = None, platforms: Sequence[Host] = (),
    texts: Sequence[Text] = (),
) -> tuple[Need, ...]:  # fmt: skip
    """Each thing that the user has to provide, the most essential first.

    `app` are the compose services that run this image, `kept` the folders in which it keeps data, each with its source,
    and `known` the variables that it sets. `built` is the path of its Dockerfile, `port` the app's port, and `said` are
    the files of other platforms.
    """
    foreign = others(tree, built, context)
    named, samples = _named(tree, context, built, services, app, foreign)
    named = [*((name, one.file) for one in platforms for name in one.variables), *named]
    drivers = depends.of(tree, context, foreign)
    beside = _near(services, app, context)
    beside += [Service(one.file, name, name) for one in platforms for name in one.stores]
    called = {(one.file, name) for one in app for name in one.calls}
    sure = {one.file for one in app[:1] if not one.for_development and not one.mounts}
    sure |= {one.file for one in platforms}
    sure |= {one.file for one in beside if (one.file, one.name) in called and kind_of_image(one.image)}
    sure = {file for file in sure if not stores.is_example(file)}
    lines, perhaps = stores.listed(beside, named, drivers, tuple(sure))
    found = [Need(kind, line) for kind, line in lines]
    found += [Need(line.partition(":")[0], line) for line in _of_servers(tree)]
    secret = (
        named if any(_SECRET.fullmatch(name) or dotnet.is_secret(name) for name, _ in named) else [*named, *samples]
    )
    found += [Need("secrets", line) for line in _secrets(tree, context, secret, foreign)]
    named_yet = set(re.findall(r"[A-Z]\w{2,}", " ".join(one.line for one in found)))
    given = [(name, one.file) for one in platforms for name in one.secrets]
    given += required.of_scripts(tree, context, built, texts)
    lacking = required.listed(
        tree, context, named_yet | set(known), foreign, built.rpartition("/")[0] if foreign else "", given
    )
    found += [Need("required variables", line) for line in lacking]
    found += [Need("required variables", line) for line in _passed(app, [one.line for one in found], known)]
    found += [Need("required variables", f"{name}: a whole configuration file as one variable, in {app[0].where}")
              for name in (app[0].texts if app else ()) if name not in known]  # fmt: skip
    held = [one for one in services if not one.dockerfile or tree.has(one.dockerfile)]
    found += [Need(line.partition(":")[0], line) for line in _processes(held, app)]
    found += [Need("migrations", line) for line in _of_builders(tree, context, built, [one.line for one in found])]
    kept_lines = list(folders.listed(tree, app, kept, platforms))
    stored = any(kind == "a database" for kind, line in lines if not line.endswith("the app may need one"))
    if not kept_lines and not stored and (why := depends.of_file(tree, context, foreign)):
        kept_lines.append(f"a database that is a file, if the app uses one ({why}): a task's disk is deleted with "
                          "the task, and a volume is not")  # fmt: skip
    found += [Need("folders that are kept", line) for line in kept_lines]
    found += [Need("further ports", line) for line in _further(app, port)]
    found += [Need(PERHAPS, f"perhaps: {', '.join(perhaps)}")] if perhaps else []
    return tuple(dict.fromkeys(found))


def _named(
    tree: Tree, context: str, built: str, services: Sequence[Service], app: Sequence[Service], foreign: Sequence[str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The variables that an app gets or reads, each with its source; then those in examples of .env files alone.

    For the first, one kind of source after another is read until a variable is the address of a store.
    """
    named = [(name, one.where) for one in (*app, *_over(services, app)) for name in one.environment
             if name not in one.in_files or not kind_of_variable(name)]  # fmt: skip
    examples = [file for file in tree.named(EXAMPLES, context) if not is_auxiliary(file)]
    if context != ".":  # of the app's env_file, of which git only has an example
        folders_of_files = {one.file.rpartition("/")[0] for one in app if one.env_file}
        examples += [one for one in tree.named(EXAMPLES) if one.rpartition("/")[0] in folders_of_files]
    examples = [file for file in examples if not any(within(file, folder) for folder in foreign)]
    own = built.rpartition("/")[0]
    samples = [(name, file) for file in sorted(examples, key=lambda file: not (own and within(file, own)))
               for name in _assigned(tree.read(file))]  # fmt: skip

    def of_phoenix() -> Iterator[tuple[str, str]]:
        for file in tree.named(r"runtime\.exs", context):
            yield from ((name, file) for name in re.findall(r"(?:fetch_env!|get_env)\(\s*\"(\w+)\"", tree.read(file)))

    def of_sources() -> Iterator[tuple[str, str]]:  # only variables with the name of a store's address
        files = [one for one in sources(tree, context) if not any(within(one, folder) for folder in foreign)]
        yield from ((name, file) for name, file in _read_in(tree, files) if kind_of_variable(name))

    def of_defaults() -> Iterator[tuple[str, str]]:  # a committed .env file
        for file in [
            file for file in tree.named(r"\.env(?:\.(?:docker|production))?", context) if not is_auxiliary(file)
        ][:3]:
            yield from ((name, file) for name in _assigned(tree.read(file)) if kind_of_variable(name))

    for more in (lambda: samples, of_defaults, lambda: _of_manifests(tree, context), of_phoenix,
                 lambda: stores.of_settings(tree, context, foreign),
                 lambda: _read_in(tree, [one for one in tree.named(_READ_IN, context)[:20] if not is_auxiliary(one)]),
                 of_sources):  # fmt: skip
        if any(kind_of_variable(name) not in ("", *_BESIDE_STORES) for name, _ in named):
            break
        named += list(more())
    stock = tuple(begin for begin, _ in _OF_LARAVEL if begin != "REDIS_")
    named = [(name, file) for name, file in named
             if not (re.search(r"(?:^|/)config/\w+\.php$", file) and name.startswith(stock))]  # fmt: skip
    return named, samples


# Variables that every .env.example of Laravel has, and the setting that shows whether the app uses them.
_OF_LARAVEL = (
    ("MEMCACHED_", r"^(?:CACHE|SESSION)_\w+=memcached"), ("AWS_", r"^FILESYSTEM_\w+=s3|^QUEUE_CONNECTION=sqs"),
    ("MAIL_", r"^MAIL_(?:MAILER|DRIVER)=(?:smtp|ses|mailgun|postmark)"),
    ("REDIS_", r"^(?:CACHE|SESSION|QUEUE|BROADCAST)_\w+=redis"),
)  # fmt: skip


def _assigned(text: str) -> Iterator[str]:
    """The variables of an .env file, without those that hold the address of a database in a file.

    Of what every .env.example of Laravel has, only what is switched on counts ("Configuration").
    """
    laravel = re.search(r"(?m)^APP_KEY=", text) and re.search(r"(?m)^(?:CACHE|SESSION|QUEUE)_\w+=", text)
    idle = tuple(begin for begin, use in _OF_LARAVEL if laravel and not re.search(rf"(?m){use}", text))
    for name, value in _ASSIGNED.findall(text):
        if not (kind_of_variable(name) and (IN_FILE.match(value) or name.startswith(idle))):
            yield name


def _read_in(tree: Tree, files: Sequence[str]) -> list[tuple[str, str]]:
    """The variables that files read, each with its file; comments do not count."""
    live = ((file, tree.live(file)) for file in dict.fromkeys(files))
    return [
        (name, file)
        for file, text in live
        if re.search("(?i:env|configuration)", text)
        for name in _READS.findall(text)
    ]


def others(tree: Tree, built: str, context: str) -> tuple[str, ...]:
    """The folders of the other apps in a repository: those that the Dockerfile is not in and does not mention.

    None if it mentions no app's folder at all.
    """
    programs = dotnet.others(tree, built)
    if context != ".":
        return programs
    text = f"{built}\n{tree.read(built)}"
    apps = [one for one in tree.folders if re.fullmatch(r"(?:apps|services)/[^/]+", one)]
    # A workspace's Dockerfile copies the dependency lists of all apps, whichever it builds.
    text = re.sub(r"(?m)^COPY\s+\S+/(?:package\.json|pyproject\.toml|Cargo\.toml|[\w.]+\.csproj)\s+\S+\s*$", "", text)
    named = [one for one in apps if re.search(rf"{re.escape(one)}(?![\w-])", text)]
    return (*programs, *(one for one in apps if one not in named and named))


def _further(app: Sequence[Service], port: int | None) -> Iterator[str]:
    """A line on further ports of the app that a compose file publishes: a target group has only one."""
    beside = [str(one) for one in (app[0].ports if app and port in app[0].ports else ()) if one != port]
    if beside:
        listed = ", ".join(beside[:5])
        yield f"port {listed}, which {app[0].where} publishes too: the load balancer only forwards to {port}"


def _passed(app: Sequence[Service], lines: Sequence[str], known: Collection[str]) -> Iterator[str]:
    """A line with the variables that the app's compose file takes from whoever starts it."""
    for one in [one for one in app[:1] if not one.for_development]:
        named = {*re.findall(r"[A-Z]\w{2,}", " ".join(lines)), *known, "PORT", "NODE_ENV", "TZ"}
        names = [name for name in one.passed if name not in named and not name.startswith(("NEXT_PUBLIC_", "VITE_"))]
        if names:
            more = f" and {len(names) - 12} more" if len(names) > 12 else ""
            yield f"{', '.join(names[:12])}{more}: {one.where} passes them on, without a default"


def _of_builders(tree: Tree, context: str, built: str, lines: Sequence[str]) -> Iterator[str]:
    """Migrations with an image of their own: a Dockerfile with "migrat" in its name or its folder's."""
    for file in tree.named(r"(?:[\w-]+\.)?(?:docker|container)file(?:[.-][\w.-]+)?", context):
        called = "/".join(file.split("/")[-2:]).lower()
        if (
            file != built
            and not is_auxiliary(file)
            and re.search(r"migrat", called)
            and not any(file in one for one in lines)
        ):
            yield f"migrations: {file} builds another image, which runs them"


def _over(services: Sequence[Service], app: Sequence[Service]) -> Iterator[Service]:
    """Services in further compose files that only override the app's: they have neither an image nor a build."""
    places = {(one.file.rpartition("/")[0], one.name) for one in app}
    for one in services:
        if not one.image and not one.dockerfile and (one.file.rpartition("/")[0], one.name) in places:
            yield one


def _of_manifests(tree: Tree, context: str) -> Iterator[tuple[str, str]]:
    """The variables of containers in Kubernetes manifests."""
    for file in tree.named(r".+\.ya?ml", context):
        if not is_auxiliary(file) and re.search(r"(?:^|/)(?:k8s|kube\w*|kustomize|manifests?|deploy\w*)/", file):
            yield from ((name, file) for name in re.findall(
                r"(?m)^[ \t]*- name:\s*[\"']?([A-Z][A-Z0-9_]+)[\"']?\s*\n\s*value", tree.read(file)))  # fmt: skip


def _near(services: Sequence[Service], app: Sequence[Service], context: str) -> list[Service]:
    """The services beside the app: those in the app's own compose files if its folder has any, else all that are near.

    Near is a file in the app's folder, below it or above it.
    """
    files = {one.file for one in app}
    places = [one.file.rpartition("/")[0] or "." for one in services]
    near = [one for one, folder in zip(services, places, strict=True)
            if one not in app and (within(folder, context) or within(context, folder))]  # fmt: skip
    near = [one for one in near if not is_auxiliary(one.file) or one.file in files]
    if context != "." and any(within(one.rpartition("/")[0] or ".", context) for one in files):
        near = [one for one in near if one.file in files]
    return near


def _of_servers(tree: Tree) -> Iterator[str]:
    for path in [one for one in tree.named("Procfile") if "/" not in one][:1]:
        for command in re.findall(r"(?m)^[ \t]*[\w-]+\s*:\s*(\S.*)$", tree.read(path)):
            kind, program = stores.kind_of_server(command)
            if kind:
                yield f"{kind}: {path} runs {program}"


def _demanded_by_phoenix(tree: Tree, file: str) -> list[str]:
    """The variables without which a runtime.exs raises. Those read with a plain `get_env` are optional."""
    text = tree.read(file)
    return re.findall(r"fetch_env!\(\s*\"(\w+)\"", text) + re.findall(
        r"get_env\(\s*\"(\w+)\"\s*\)\s*\|\|\s*\(?raise\b", text
    )


def _secrets(tree: Tree, context: str, named: Sequence[tuple[str, str]], foreign: Sequence[str]) -> Iterator[str]:
    """Secrets without which a framework does not start, by the names that compose files, examples and sources use."""
    found: dict[str, str] = {}
    for name, where in named:
        if where.endswith("runtime.exs") and name not in _demanded_by_phoenix(tree, where):
            continue
        if (
            _SECRET.fullmatch(name) or dotnet.is_secret(name) or (" in " in where and _PASSWORD.fullmatch(name))
        ):  # of a compose file's service
            found.setdefault(name, where)
    for path in tree.named(r"credentials\.yml\.enc|runtime\.exs", context):
        if path.endswith("config/credentials.yml.enc") and "SECRET_KEY_BASE" not in found:
            found.setdefault("RAILS_MASTER_KEY", path)
        for name in _demanded_by_phoenix(tree, path):
            if _SECRET.fullmatch(name):
                found.setdefault(name, path)
    for name, file in (
        *dotnet.secrets(tree, context, foreign),
        *(() if found else variables_read.secrets(tree, context)),
    ):
        found.setdefault(name, file)
    for file in tree.named(r"Cargo\.toml", context)[:20]:  # Rocket, "Secret Key": a release does not start without one
        if re.search(r"(?m)^rocket\s*=[^\n]*\bsecrets\b", tree.read(file)):
            found.setdefault("ROCKET_SECRET_KEY", file)
    for file, name, other, framework in _OF_FRAMEWORKS:
        place = "" if context == "." else f"{context}/"
        begun = re.search(rf"(?m)^{name}=[^\s#]", tree.read(f"{place}.env") + tree.read(f"{place}.env.prod"))
        if tree.has(f"{place}{file}") and not {name, other} & found.keys() and not (begun and "symfony" in file):
            found[name] = framework
    if found:
        first = next(iter(found))
        yield (f"{', '.join(found)} ({found[first]}): secrets of the app's own; ecsctl secret set {first} "
               "stores one")  # fmt: skip


def _processes(services: Sequence[Service], app: Sequence[Service]) -> Iterator[str]:
    """Workers and migrations that cannot be proposed: they have another image, or their command is not known."""
    built = {service.dockerfile for service in app if service.dockerfile}
    for service in services:
        if (
            processes.has_other_image(service, app)
            and not service.for_development
            and processes.WORKS.search(service.name)
        ):
            said = ", ".join([*([f"stage {service.target}"] if service.target else []),
                              *(f"{name}={value}" for name, value in service.arguments)])  # fmt: skip
            yield f"a worker: {service.where} is another image, built with {said}"
        elif service.dockerfile in built and not service.command and service.name not in {one.name for one in app[:1]}:
            if processes.MIGRATES.search(service.name):
                yield f"migrations: {service.where}"
            elif processes.WORKS.search(service.name):
                yield f"a worker: {service.where}"
        elif service.file.startswith(".devcontainer/") or is_auxiliary(service.file):
            continue
        elif service.dockerfile and service.dockerfile not in built and processes.WORKS.search(service.name):
            yield f"a worker: {service.where} is another image, built from {service.dockerfile}"
