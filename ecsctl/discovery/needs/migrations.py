"""Database migrations in the repository that nothing runs: then the tables do not exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within
from ecsctl.discovery.serving.port_hints import sources


@dataclass(frozen=True)
class Tool:
    """A migration tool: patterns for its files and for code that runs the migrations, and the command to run them."""

    name: str
    files: str  # matched at the end of a path
    runs: str
    command: str


# Each by its own manual. Flyway and Liquibase are left out: Spring Boot runs both as it starts.
_TOOLS = (
    Tool("Prisma", r"prisma/migrations/.+\.sql", r"prisma\S*\s+(?:migrate|db\s+push)|\bmigrate[\s:]deploy\b",
         "npx prisma migrate deploy"),
    Tool("Alembic", r"alembic\.ini", r"\balembic\b[^\n]*\bupgrade\b|command\.upgrade\(|create_all\("
         r"|\bflask\s+db\s+upgrade\b|flask_migrate\s+import\s[^\n]*\bupgrade\b",
         "alembic upgrade head"),
    Tool("Django", r"migrations/0001_\w+\.py",
         r"manage(?:\.py)?[\"',\s]+migrate\b|django-admin\s+migrate|call_command\(\W*migrate",
         "python manage.py migrate"),
    Tool("Rails", r"db/migrate/\d+_\w+\.rb",
         r"db:(?:migrate|prepare|setup|schema:load)|(?:DatabaseTasks|migration_context)\.migrate\b",
         "bin/rails db:prepare"),
    Tool("Laravel", r"database/migrations/\d+_\w+\.php", r"\bartisan\b[\"',\s]+migrate|AUTORUN_(?:ENABLED|LARAVEL_MIG)",
         "php artisan migrate --force"),
    Tool("Doctrine", r"migrations/(?:.*/)?Version\d+\.php", r"doctrine:(?:migrations:migrate|schema:update)",
         "php bin/console doctrine:migrations:migrate --no-interaction"),
    Tool("Drizzle", r"drizzle\.config\.[cm]?[jt]s",
         r"drizzle-kit\s+(?:migrate|push)|\bmigrate\(\s*\w*(?:db|DB)|migrator",
         "npx drizzle-kit migrate"),
    Tool("Knex", r"knexfile\.[cm]?[jt]s", r"migrate[:.](?:latest|up)\b", "npx knex migrate:latest"),
    Tool("Sequelize", r"\.sequelizerc", r"db:migrate|\.sync\(|umzug", "npx sequelize db:migrate"),
    Tool("Ecto", r"priv/(?:\w+_)?repo/migrations/\d+_\w+\.exs",
         r"ecto\.(?:migrate|setup)|Ecto\.Migrator|Release\.migrate",
         "bin/APP eval APP.Release.migrate"),
    Tool("Diesel", r"diesel\.toml", r"diesel\s+(?:migration\s+run|setup)|embed_migrations!|run_pending_migrations",
         "diesel migration run"),
    Tool("EF Core", r"Migrations/\w+ModelSnapshot\.cs",
         r"\.Migrate(?:Async)?\(|EnsureCreated(?:Async)?\(|ef\s+database\s+update|efbundle",
         "dotnet ef database update"),
)  # fmt: skip
# A command of the app's own that runs them.
_OF_OWN = re.compile(r"(?<![\w./-])(?:db|database)[\s:](?:migrate|upgrade)\b|(?<![\w./-])migrate(?![\w./-])")
_RUNNERS = (
    r"[\w.-]+\.(?:sh|bash|ya?ml|mjs|cjs|cs|rake)|[\w-]*entry[\w-]*|Procfile|Makefile|"
    r"[\w-]*(?:migrat|start|init)[\w-]*\.\w+"
)
"""Files that may run migrations, besides what the container starts."""
_BY_HAND = re.compile(
    r"(?:^|/)rel/overlays/|(?:^|/)release\.exs?$|(?:^|/)(?:\.[^/]+/.*|[\w.-]*(?:deploy|setup|install|update|upgrade|local|dev|tests?|ci)(?:[._-][\w.-]*)?\.(?:sh|bash|ya?ml)|Makefile)$"
)
"""Files that somebody or another platform runs, not the container."""


# The entry point that Rails generates migrates only if the command ends in `./bin/rails server`.
_RAILS_ENTRY = re.compile(r"-2:1\}\"?\s*=+\s*\"\./bin/rails\"[^\n]*-1:1\}\"?\s*=+\s*\"server\"")
_SWITCH = re.compile(r"[\"'`]((?:[A-Z]+_)*(?:RUN|AUTO)_?(?:[A-Z]+_)?MIGRAT(?:E|IONS?)(?:_ON_\w+)?)[\"'`]")


_IN_SHELL = re.compile(
    r"\$\{?((?:[A-Z]+_)*(?:RUN|AUTO)_?(?:[A-Z]+_)?MIGRAT(?:E|IONS?)(?:_ON_\w+)?)(?::?-[\"']?(true|1|yes|on)\b)?",
    re.IGNORECASE,
)


def switched(tree: Tree, context: str, known: Collection[str], texts: Sequence[Text] = ()) -> Iterator[str]:
    """A line for the variable that decides whether the app runs its migrations as it starts."""
    for one in texts:
        for match in _IN_SHELL.finditer(one.text if one.shell else ""):
            if match[1] not in known and not match[2] and not re.match("SKIP|NO_|DISABLE", match[1]):
                yield f"migrations: {match[1]} decides whether {one.where} runs them"
            return
    for file in tree.named(r"[\w.-]+\.(?:go|py|[cm]?[jt]s|rb|rs)", context)[:800]:
        if "MIGRAT" in (text := tree.live(file)) and not is_auxiliary(file):
            for name in _SWITCH.findall(text)[:1]:
                if name not in known:
                    yield f"migrations: {name} decides whether the app runs them when it starts ({file})"
                return


def unrun(
    tree: Tree, context: str, texts: Sequence[Text], processes: Sequence[str], foreign: Collection[str]
) -> Iterator[str]:
    """A line for the first migration tool in use, if nothing runs its migrations.

    What is started, the other processes and the sources are searched. `processes` are the commands of workers and
    releases, `foreign` the folders of other apps.
    """
    below = [one for one in tree.files if within(one, context) and not is_auxiliary(one)]
    below = [one for one in below if not any(within(one, folder) for folder in foreign)]
    paths = "\n".join(below)
    command = texts[0].text if texts else ""
    idle = {
        one.where
        for one in texts
        if _RAILS_ENTRY.search(one.text)
        and one.text.count("db:prepare") < 2
        and not re.search(r"\./bin/rails\s+server\s*$", command)
    }
    commands = "\n".join([*(one.text for one in texts if one.where not in idle), *processes])
    if _OF_OWN.search(commands):
        return
    for tool in _TOOLS:
        match = re.search(rf"(?m)^(?:.*/)?{tool.files}$", paths)
        file = match[0] if match else ""
        if not file or re.search(tool.runs, commands):
            continue
        files = [*tree.named(_RUNNERS, context)[:200], *sources(tree, context)]
        files += tree.named(r"[\w.-]+\.rs", context)[:2000] if tool.name == "Diesel" else ()
        if not any(re.search(tool.runs, tree.live(one)) for one in files
                   if not _BY_HAND.search(one) and one not in idle):  # fmt: skip
            yield f"migrations: nothing runs those of {tool.name} ({file}): set command in [release] to {tool.command}"
        return
