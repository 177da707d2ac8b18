"""Variables that a framework needs in a container and that nothing sets yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.manifests import Container
from ecsctl.discovery.files.started import Text
from ecsctl.discovery.files.tree import Tree, is_auxiliary

EVERY = "0.0.0.0"  # noqa: S104 - what a server in a container binds to


@dataclass(frozen=True)
class Rule:
    """Where a file of the app says `has`, and the container starts `command`, the variable is set; not if `unless`."""

    variable: str
    value: str
    why: str
    file: str
    has: str
    unless: str  # in any of those files, or in what is started
    command: str = ""
    others: tuple[str, ...] = ()  # variables that do the same


# Rails, "Configuring Rails Applications"; Symfony, "Configuration Environments"; Rocket, "Configuration"; Gradio,
# "Environment Variables"; Phoenix, "Deploying with Releases".
_RULES = (
    Rule("RAILS_ENV", "production", "Rails starts for development without it",
         file=r"Gemfile", has=r"(?m)^\s*gem\s+[\"']rails[\"']", others=("RACK_ENV",),
         unless=r"RAILS_ENV=|-e\s*production",
         command=r"\brails\s+(?:s|server)\b|\bpuma\b|\bthrust\b|\bunicorn\b|\brackup\b"),
    Rule("NODE_ENV", "production", "the app listens on every address only then",
         file=r"(?:main|index|server|app)\.[cm]?[jt]s", command=r"\b(?:node|npm|yarn|pnpm|bun)\b",
         has=r"NODE_ENV\s*===?\s*[\"']production[\"'][^;]{0,120}0\.0\.0\.0", unless=r"NODE_ENV=production"),
    Rule("APP_ENV", "prod", "Symfony starts for development without it",
         file=r"composer\.json", has=r"\"symfony/framework-bundle\"", unless=r"APP_ENV=prod"),
    Rule("ROCKET_ADDRESS", EVERY, "Rocket listens on 127.0.0.1 without it",
         file=r"Cargo\.toml|Rocket\.toml|main\.rs|lib\.rs", has=r"(?m)^rocket\s*=",
         unless=r"address\s*=|ROCKET_ADDRESS",
         others=("ROCKET_CONFIG", "ROCKET_PROFILE")),
    Rule("GRADIO_SERVER_NAME", EVERY, "Gradio listens on 127.0.0.1 without it",
         file=r"requirements[\w.-]*\.txt|pyproject\.toml|[\w-]+\.py", has=r"(?m)^[\s\"']*gradio\b(?!-)",
         command=r"\bpython", unless=r"server_name\s*=|--listen|mount_gradio_app|--server[-_]name"),
    Rule("PHX_SERVER", "true", "a release of Phoenix serves nothing without it",
         file=r"(?:runtime|prod)\.exs", has=r"get_env\(\"PHX_SERVER\"\)", command=r"/\w+\s+start\b",
         unless=r"PHX_SERVER=|server:\s*true(?!\s*end\b)"),  # not the one under `if System.get_env("PHX_SERVER")`
)  # fmt: skip


def given(
    tree: Tree, context: str, services: Sequence[Service], texts: Sequence[Text], known: Mapping[str, str],
    pod: Container | None = None,
) -> Iterator[tuple[str, str, str]]:  # fmt: skip
    """Each variable with its value, and why it is set. `known` are those that the image sets."""
    if pod and not services:
        every = f"it makes the app listen on every address, as in {pod.file}: otherwise nothing reaches it"
        yield from ((name, value, every) for name, value in pod.binds if name not in known)
    for name, value, file in _profiles(tree, context, services):
        if name not in known:
            yield name, value, f"it selects {file}, and a compose file sets it"
    for service in services[:1]:
        every = f"it makes the app listen on every address, as in {service.where}: otherwise nothing reaches it"
        yield from ((name, value, every) for name, value in service.binds)
        answers = (
            f"with it the app answers the load balancer's check, whose host is an IP address, as in {service.where}"
        )
        yield from ((name, value, answers) for name, value in service.any_host)
    started = " ".join(one.text for one in texts)
    for rule in _RULES:
        if {rule.variable, *rule.others} & known.keys() or not re.search(rule.command, started):
            continue
        files = [one for one in tree.named(rule.file, context) if not is_auxiliary(one)][:100]
        texts_of_files = [tree.live(one) for one in files]
        if any(re.search(rule.has, one) for one in texts_of_files) and not re.search(
            rule.unless, "\n".join([started, *texts_of_files])
        ):
            yield rule.variable, rule.value, rule.why


_FOR_DEVELOPERS = re.compile(r"dev\w*|local\w*|test\w*", re.IGNORECASE)


def _profiles(tree: Tree, context: str, services: Sequence[Service]) -> Iterator[tuple[str, str, str]]:
    """The compose files' variable that selects a framework's non-default settings, its value, and their file."""
    for name, value in dict.fromkeys(pair for one in services for pair in one.profiles):
        if not _FOR_DEVELOPERS.fullmatch(value):
            files = [*tree.named(rf"application-{value}\.(?:properties|ya?ml)|appsettings\.{value}\.json", context)]
            sources = tree.named(r"Program\.cs|Startup\.cs", context) if name.endswith("_ENVIRONMENT") else ()
            files += [one for one in sources if f'"{value}"' in tree.read(one)]
            if files:
                yield name, value, files[0]
                return
