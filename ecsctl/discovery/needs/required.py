"""Variables without which an app does not start, found in its sources, app.json and render.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence

from ecsctl.discovery.files import dotnet, settings
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.discovery.needs import pydantic_settings, variables_read

_MOST = 12
"""How many names a line lists."""
_ANYWHERE = 400  # files that are read of each language
_NAME = r"([A-Z][A-Z0-9_]{2,60})"
# Go: the tags that packages for environment variables use (envdecode, caarlos0/env, envconfig).
_GO = re.compile(
    rf"`[^`\n]{{0,200}}\benv(?:config)?:\"{_NAME}(?:,[^\"`\n]{{0,80}})?,[ \t]{{0,9}}(?:required|notEmpty)\b"
)
_ENVCONFIG = re.compile(
    rf"`(?=[^`\n]{{0,200}}\brequired:\"true\")(?![^`\n]{{0,200}}\bdefault:\")[^`\n]{{0,200}}\benvconfig:\"{_NAME}\""
)
# Python raises KeyError; so does Ruby's fetch without a default and without a block.
_PYTHON = re.compile(
    r"(?m)^(?![^\n]{0,300}\bif\b)[A-Za-z_][\w.]{0,80}[ \t]{0,9}=[^\n#]{0,200}?"
    rf"\bos\.environ\[[\"']{_NAME}[\"']\]"
)
_RUBY = re.compile(
    rf"\bENV\.fetch\([ \t]{{0,9}}[\"']{_NAME}[\"'][ \t]{{0,9}}\)(?![ \t]{{0,9}}(?:\{{|do\b|rescue|if\b))"
)
# go-flags and kong; python-decouple and django-environ, which raise where there is no default.
_GO_FLAGS = re.compile(
    rf"`(?=[^`\n]{{0,300}}\brequired:\"(?:true|1|yes)?\")(?![^`\n]{{0,300}}\bdefault:)[^`\n]{{0,300}}\benv:\"{_NAME}\""
)
_DECOUPLE = re.compile(
    rf"(?<![\w.])(?:config|env)(?:\.(?:str|int|bool|list|url|db))?\([ \t]{{0,9}}[\"']{_NAME}[\"']"
    r"[ \t]{0,9}(?:,[ \t]{0,9}cast=\w+[ \t]{0,9})?\)"
)
# The message with which a program ends if a variable is not set, in any language, also on a line of its own.
_SET = r"(?:set|provided|defined|given|specified|configured|present)"
_DEMANDED = re.compile(
    r"\b(?:raise|throw|[Ff]atal\w*|panic|abort|exit|die|expect|error|Errorf|errors\.New)\b[^\n]{0,80}?(?:\(\s{0,40})?"
    rf"[\"'`][^\"'`\n]{{0,40}}?\b{_NAME}\b[^\"'`\n]{{0,60}}?"
    rf"\b(?:not set|required|missing|must be {_SET}|not defined|undefined|unset|not found)\b"
)
# zod and t3-env: where a field of a schema begins. A field is required unless it has a default or is optional.
_FIELD = re.compile(rf"(?m)^[ \t]{{0,40}}{_NAME}:[ \t]{{0,9}}")
_MAY_LACK = re.compile(r"optional|Optional|default\(|prefault\(|nullish\(|catch\(|preprocess\(|nullable\(|\bdefault:")
# A table of options in JavaScript, each with its variable.
_OPTION = re.compile(
    rf"\benv:\s{{0,20}}[\"']{_NAME}[\"'](?=[^{{}}]{{0,600}}\brequired:\s{{0,9}}true\b)(?![^{{}}]{{0,600}}\bdefault:)"
)
_TABLES = re.compile(r"(?m)^(?=(?:module\.)?exports\.\w+[ \t]*=|(?:export )?(?:const|let|var) )")
_ENVALID = re.compile(r"(?:str|num|port|url|bool|host|email|json)\(")
# Variables that every container has, that init sets, that only a build uses, or that are for tests.
_GIVEN = re.compile(
    r"NODE_ENV|(?:ASPNETCORE|DOTNET)_ENVIRONMENT|DEV|MODE|PROD|RAILS_ENV|RACK_ENV|PORT|HOST|HOSTNAME|HOME|PATH|PWD|USER|CI|TZ|LANG|(?:HEROKU|VERCEL|TEST)\w*|"
    r"(?:NEXT_PUBLIC|VITE)_\w+|\w+_TEST"
)
_SETTINGS = r"[\w-]*(?:settings|config|env)[\w-]*\.py|(?:base|prod|production)\.py"
_STARTS = (
    r"(?:[\w-]*(?:config|settings|environment)|env|session|db|database|main|index|app|server|constants?|__init__)"
    r"\.(?:py|[cm]?[jt]s|go|rs|rb|php|exs?)"
)
_SCHEMAS = (
    r"(?:[\w-]+\.)?config\.[cm]?[jt]s|(?:index|[dD]efinitions|[oO]ptions)\.[cm]?[jt]s|"
    r"[\w.-]*env(?:ironment)?(?:[.-]?(?:server|schema|config|validation))?\.[cm]?[jt]s"
)


def listed(
    tree: Tree, context: str, known: Collection[str], foreign: Collection[str] = (), own: str = "",
    given: Sequence[tuple[str, str]] = (),
) -> Iterator[str]:  # fmt: skip
    """A line for each file that requires variables.

    `known` are variables that are set or listed already, `foreign` the folders of other apps, and `own` is the app's
    folder in a repository with several. `given` are further ones, each with its file.
    """
    found: dict[str, str] = {}
    for name, file in (*given, *_named(tree, context, foreign)):
        if any(file.startswith(f"{folder}/") for folder in foreign):
            continue
        if name not in known and not _GIVEN.fullmatch(name):
            found.setdefault(name, file)
    files = list(dict.fromkeys(found.values()))
    if own and any(file.startswith(f"{own}/") for file in files):  # one line for all of the app's packages
        packages = [file for file in files if not file.startswith(f"{own}/")]
        shared = f"{packages[0]} and {len(packages) - 1} more" if len(packages) > 1 else ""
        found = {name: shared if shared and where in packages else where for name, where in found.items()}
    for file in sorted(dict.fromkeys(found.values()), key=lambda file: not file.startswith(f"{own}/")):
        names = [name for name, where in found.items() if where == file]
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        yield f"{', '.join(names[:_MOST])}{more}: required by {file}"


def _named(tree: Tree, context: str, foreign: Collection[str]) -> Iterator[tuple[str, str]]:
    if context == ".":
        yield from _of_heroku(tree)
        yield from _of_render(tree)
    yield from dotnet.required(tree, context, foreign)
    yield from _of_spring(tree, context)
    for file in _files(tree, r"[\w.-]+(?<!_test)\.go", context):
        text = tree.read(file)
        yield from ((name, file) for name in (
            *_GO.findall(text), *_ENVCONFIG.findall(text), *_GO_FLAGS.findall(text)))  # fmt: skip
    for file in _files(tree, r"(?:runtime|releases)\.exs", context):
        live = re.sub(r"(?m)^[ \t]*#.*$", "", tree.read(file))
        yield from ((name, file) for name in re.findall(rf"\bfetch_env!\(\s{{0,9}}\"{_NAME}\"", live))
        yield from ((name, file) for name in re.findall(rf"\{{:system,\s{{0,9}}\"{_NAME}\"\s{{0,9}}\}}", live))
    programs = {one.rpartition("/")[0] for one in _files(tree, r"main\.go", context) if "cmd/" in one}
    for file in _files(tree, _STARTS, context):
        if len(programs) > 1 and any(file.startswith(f"{one}/") for one in programs):
            continue  # of one of several programs, which may not be the image's
        text = tree.live(file)
        for name in _DEMANDED.findall(text):
            if re.search(rf"(?i:env|config)[\w.:!\[(\"'` ]{{0,30}}[\"'.\[(]{name}\b", text):
                yield name, file
    for file in _files(tree, _SETTINGS, context):
        live = re.sub(r"(?m)^[ \t]*#.*$", "", tree.read(file))
        yield from ((name, file) for name in _PYTHON.findall(live))
        if re.search(r"\b(?:decouple|environ)\b", live):
            scheme = set(re.findall(r"(?m)^[ \t]+([A-Z]\w+)=\(", live))  # of environ.Env: each with its default
            names = [name for name in _DECOUPLE.findall(live) if name not in scheme]
            yield from ((name, file) for name in names if not re.search(r"(?:test|dev|local)", file))
    yield from pydantic_settings.required(tree, _files(tree, r"[\w-]+\.py", context))
    for file in _files(tree, r"[\w-]+\.rb", context):
        if re.search(r"(?:^|/)config/(?:environments/production|application|initializers/[\w-]+)\.rb$", file):
            live = re.sub(r"(?m)^[ \t]*#.*$", "", tree.read(file))
            asked = set(re.findall(r"\bENV(?:\[|\.(?:key|has_key|include)\?\()[\"'](\w+)[\"']", live))
            yield from ((name, file) for name in _RUBY.findall(live) if "if ENV" not in live and name not in asked)
    for file in _files(tree, r"(?:database|cable|mongoid|storage|redis|sidekiq)\.yml", context):
        if file.endswith(f"config/{file.rpartition('/')[2]}"):  # each environment has its own table
            text = re.sub(r"(?m)^[ \t]*#.*$", "", tree.read(file))
            tables = re.split(r"(?m)^production:", text)
            own = re.split(r"(?m)^\w+:", tables[-1])[0] if len(tables) > 1 else ""
            yield from ((name, file) for name in _RUBY.findall(re.sub(r"ENV\.fetch\([^)]*\)\s*\|\|[^%]*", "", own)))
    for file in _files(tree, _SCHEMAS, context):
        text = tree.read(file)
        tables = _TABLES.split(text)  # the smaller ones are values of single options
        yield from ((name, file) for name in _OPTION.findall(max(tables, key=len)))
        if re.search(r"\bcleanEnv\(", text):  # envalid
            for name, rest in _fields(text):
                if _ENVALID.match(rest) and not _MAY_LACK.search(rest.split("),")[0]):
                    yield name, file
        if "process.env." in text and not re.search(r"discriminatedUnion|\bz\.union\(", text):
            yield from ((name, file) for name in _parsed(text))
        if re.search(r"\bz\s{0,40}\.object\(|createEnv\(", text):
            for name, rest in _fields(text):
                if re.match(r"z\s{0,40}\.", rest) and not _MAY_LACK.search(rest[:600]):
                    yield name, file
    yield from variables_read.demanded(tree, context)


def _of_spring(tree: Tree, context: str) -> Iterator[tuple[str, str]]:
    """Placeholders without a default: a Spring Boot app does not start if one has no value.

    (Spring Boot, "Externalized Configuration", property placeholders.)
    """
    for file in settings.applying(tree, context):
        chosen = re.search(r"application-([\w-]+)\.", file)
        if chosen and settings.is_spring(tree, context) and not settings.selects(tree, context, chosen[1]):
            yield "SPRING_PROFILES_ACTIVE", file
        if "src/main/resources/" in file:
            live = re.sub(r"(?m)^[ \t]*#.*$", "", tree.read(file))
            yield from ((name, file) for name in re.findall(rf"\$\{{{_NAME}\}}", live))


_WAITS = re.compile(
    r"(?m)^[^\n#]*(?:\b(?:while|until)\b[^\n]*\b(?:nc|pg_isready|psql|mysqladmin|mysql|redis-cli|curl)"
    r"|\b(?:wait[-_]for\S*|dockerize))\s[^\n]*"
)


def of_scripts(tree: Tree, context: str, built: str, texts: Sequence[Text]) -> Iterator[tuple[str, str]]:
    """The variables without which a script waits for a server forever, or supervisord ends (its `%(ENV_X)s`).

    Of several settings of supervisord, those count that the Dockerfile at `built` copies.
    """
    alike = [one for one in tree.named(r"supervisor[\w.-]*\.(?:conf|ini)", context) if not is_auxiliary(one)]
    for one in texts:
        name = one.where if context == "." else one.where.removeprefix(f"{context}/")
        if len(alike) == 1 or name in tree.read(built):
            yield from ((found, one.where) for found in re.findall(r"(?m)^[^;#\n]*?%\(ENV_(\w+)\)s", one.text))
        for line in _WAITS.findall(one.text) if one.shell else ():
            for name in re.findall(rf"\$(?:\{{{_NAME}\}}|{_NAME}\b)", line):
                whole = name[0] or name[1]
                if not re.search(rf"(?m)(?:^|[\s;]){whole}=|\$\{{{whole}:?[-=?]|-[nz]\s+\"?\$\{{?{whole}\b", one.text):
                    yield whole, one.where


def _fields(text: str) -> list[tuple[str, str]]:
    """The fields of a schema, each with what follows its name."""
    found = _FIELD.split(re.sub(r"(?m)^[ \t]*//.*$", "", text))[1:]
    return list(zip(found[::2], found[1::2], strict=True))


_PART = re.compile(r"(?m)^[ \t]{0,40}([a-z]\w{0,60}):[ \t]{0,9}(?=z\b)")
_VALUE = re.compile(
    rf"(?m)^[ \t]{{0,40}}([a-z]\w{{0,60}}):[ \t]{{0,9}}(?:\w{{1,40}}\()?process\.env\.{_NAME}\b(?!\s*(?:\?|\|\|))"
)


def _parsed(text: str) -> Iterator[str]:
    """The variables that a zod schema requires by other names, as in `schema.parse({ url: process.env.SHOP_URL })`."""
    values: dict[str, set[str]] = {}
    for field, name in _VALUE.findall(text):
        values.setdefault(field, set()).add(name)
    parts = _PART.split(text)[1:]
    fields = parts[::2]
    for field, rest in zip(fields, parts[1::2], strict=True):
        names = values.get(field, set())
        if len(names) == 1 and fields.count(field) == 1 and "z.object(" not in rest.partition("\n")[0]:
            said = re.split(r"(?m)^[ \t]*\}", rest)[0] if "superRefine(" not in rest else rest
            if not _MAY_LACK.search(said[:400]) and "z.null()" not in said[:400]:
                yield next(iter(names))


def _of_render(tree: Tree) -> Iterator[tuple[str, str]]:
    """Variables of render.yaml that are entered in Render's dashboard ("Blueprint YAML Reference", sync: false)."""
    text = re.sub(r"(?m)[ \t]+#.*$", "", tree.read("render.yaml"))
    yield from (
        (name, "render.yaml") for name in re.findall(rf"-[ \t]*key:[ \t]*{_NAME}\s*\n\s*sync:[ \t]*false", text)
    )


def _of_heroku(tree: Tree) -> Iterator[tuple[str, str]]:
    """Variables of app.json without a value, unless they are marked as optional (Heroku, "app.json Schema")."""
    try:
        read = json.loads(tree.read("app.json") or "{}").get("env", {})
        for name, said in read.items():
            free = isinstance(said, dict) and not (said.get("value") or said.get("required") is False)
            if free and re.fullmatch(_NAME, name):
                yield name, "app.json"
    except (ValueError, AttributeError, RecursionError):
        return


def _files(tree: Tree, pattern: str, context: str) -> list[str]:
    return [one for one in tree.named(pattern, context) if not is_auxiliary(one)][:_ANYWHERE]
