"""Secrets that a build needs: secret mounts, build arguments that are secrets, and tokens of package registries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ecsctl.discovery.files.dockerfile import Dockerfile, Stage
from ecsctl.discovery.files.tree import Tree, is_auxiliary

_TOKEN = re.compile(
    r"(?:\w+_)?(?:TOKEN|PASSWORD|PASSWD|PAT|SECRET(?:_KEY)?|CREDENTIALS?|PRIVATE_KEY|SSH_KEY|API_KEY|ACCESS_KEY(?:_ID)?|"
    r"LICENSE_KEY|AUTH_KEY)|BUNDLE_\w+__\w+|COMPOSER_AUTH|NPM_AUTH|NPMRC|(?:PIP|UV)_EXTRA_INDEX_URL"
)
# What a build can do without: public values of frontends, and tokens of services that are only notified.
_OF_NO_WEIGHT = re.compile(
    r"(?:NEXT_PUBLIC|VITE|REACT_APP|NUXT_PUBLIC|VUE_APP|EXPO_PUBLIC|GATSBY)_\w+|(?:SENTRY|POSTHOG|CODECOV|TURBO)_\w+"
)
# Settings of package managers that can name a variable with a token: npm and pnpm ("npmrc", "Environment replacement"),
# Yarn (".yarnrc.yml"), NuGet ("nuget.config", environment variables), Maven ("Settings reference").
_CONFIGURED = r"\.npmrc|\.yarnrc\.yml|nuget\.config|settings\.xml|bunfig\.toml"
_NAMED = re.compile(r"\$\{(?:env\.)?([A-Z]\w*)\}|\$([A-Z]\w+)\b|%([A-Z]\w*)%")
_MOUNT = "RUN --mount=type=secret,id={0},env={0}"
_INSTALLS = re.compile(r"\b(?:npm|pnpm|yarn|bun|dotnet|mvn|mvnw|nuget)\b")


def notes(tree: Tree, context: str, path: str, read: Dockerfile, used: Sequence[Stage]) -> Iterator[str]:
    """A sentence for each kind of secret that the user has to give to the build.

    A mounted secret that is missing is empty, unless the mount has `required` (Docker, "RUN --mount=type=secret").
    """
    mounted: dict[str, None] = {}
    for stage in used:
        for word, rest in stage.instructions:
            if word == "RUN":
                mounts = [one for one in re.findall(r"--mount=(\S+)", rest) if "type=secret" in one]
                mounted |= {match[1]: None for one in mounts if (match := re.search(r"\bid=([\w.-]+)", one))}
    if mounted:
        yield f"the build mounts the secrets {', '.join(mounted)}: set them in [build.secrets], with the same ids"
    arguments = dict.fromkeys(_arguments(read, used))
    if arguments:
        first = next(iter(arguments))
        yield (f"the build takes {', '.join(list(arguments)[:5])} as an argument, which anyone with the "
               f"image can read: use {_MOUNT.format(first)} in {path}, and [build.secrets]")  # fmt: skip
    for file, names in _registries(tree, context, used):
        if lacking := [name for name in names if name not in mounted and name not in arguments]:
            yield (f"{file} takes a registry's token from {', '.join(lacking[:3])}, which the build does not have: "
                   f"use {_MOUNT.format(lacking[0])} in {path}, and [build.secrets]")  # fmt: skip


def _arguments(read: Dockerfile, used: Sequence[Stage]) -> Iterator[str]:
    """ARGs without a value that are secrets, judging by their name, in stages that run commands."""
    for stage in used:
        known = read.variables(stage)
        runs = any(word == "RUN" for word, _ in stage.instructions)
        for word, rest in stage.instructions:
            name = rest.partition("=")[0].strip()
            secret = _TOKEN.fullmatch(name) and not _OF_NO_WEIGHT.fullmatch(name)
            if word == "ARG" and runs and secret and not known.get(name):
                yield name


def _registries(tree: Tree, context: str, used: Sequence[Stage]) -> Iterator[tuple[str, list[str]]]:
    """Package managers' settings files that take a token from a variable, each with the variables.

    None if the build installs no packages.
    """
    if not any(word == "RUN" and _INSTALLS.search(rest) for stage in used for word, rest in stage.instructions):
        return
    set_yet = {name for stage in used for word, rest in stage.instructions if word in ("ENV", "ARG")
               for name in re.findall(r"(\w+)=\S", rest)}  # fmt: skip
    for file in [one for one in tree.named(_CONFIGURED, context) if not is_auxiliary(f"{one.rpartition('/')[0]}/x")][
        :5
    ]:
        live = re.sub(r"(?m)^[ \t]*[#;].*$|<!--.*?-->", "", tree.read(file))
        names = dict.fromkeys(next(filter(None, match)) for match in _NAMED.findall(live))
        if found := [name for name in names if _TOKEN.fullmatch(name) and name not in set_yet]:
            yield file, found
