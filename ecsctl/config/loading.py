"""The configuration in force: options over ECSCTL_* over ecsctl.toml over the defaults, checked as a whole."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError

from ecsctl.config import checks, environment, files
from ecsctl.config.json_schema import node
from ecsctl.config.mistakes import MOST, Source, blamed, key_shown, messages, unknown
from ecsctl.config.model import Config
from ecsctl.config.printing import may_be_secret, show
from ecsctl.config.tables.top import BY_NAME
from ecsctl.config.tree import Path, dotted, has_path, leaves, over
from ecsctl.errors import ConfigError


@dataclass(frozen=True)
class Loaded:
    """A configuration, its file (None: there is none), where each value is from, and warnings."""

    config: Config
    file: File | None
    origins: Mapping[str, str]
    warnings: tuple[str, ...]


def find(folder: File | None = None) -> File | None:
    """The configuration's file: ecsctl.toml, else a pyproject.toml with [tool.ecsctl], here or above."""
    return next(iter(files.candidates(folder or File.cwd())), None)


def load(folder: File | None = None, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration in force for a folder (default: the current one).

    `overrides` are the command's options by their keys, "region" or "service.desired_count"; None means not given.
    Raises ConfigError with every mistake, its file and line.
    """
    return read(folder, overrides).config


def origins(folder: File | None = None, overrides: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Returns where each value comes from, by its dotted key: "ecsctl.toml:7", "ECSCTL_REGION", "option region",
    "default".
    """
    return dict(read(folder, overrides).origins)


def read(
    folder: File | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Like `load`, with the file, the origin of each value, and warnings. `environ` replaces os.environ.

    Raises ConfigError.
    """
    folder = folder or File.cwd()
    found = files.candidates(folder)
    variables, wrong = environment.read(environ)
    # The gravest source first.
    sources = [_options(overrides or {}), variables, *map(files.source, found[:1])]
    values: dict[str, Any] = {}
    for source in sources:
        values = over(values, source.values)
    if not found and "name" not in values:
        above = " or above it" if len(files.upwards(folder)) > 1 else ""
        raise ConfigError(
            f"there is no {files.FILE} in {folder}{above}",
            hint="ecsctl init writes one for this repository",
        )
    more, missing = environment.dotenv(values, found[0].parent if found else folder)
    wrong += missing
    if more:
        sources.append(more)
        values = over(values, more.values)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _mistaken([*wrong, *messages(error, sources)], unsaid=max(0, error.error_count() - MOST)) from None
    if wrong:
        raise _mistaken(wrong)
    warnings = [
        *_warnings(config, found, sources),
        *(environment.dotenv_warnings(config.service.environment, more) if more else ()),
    ]
    return Loaded(config, next(iter(found), None), _origins(config, sources), tuple(warnings))


def mentions(word: str, folder: File) -> bool:
    """Whether a configuration that cannot be read may set this option: its file contains the word, or a variable is
    set.
    """
    written = (file.read_bytes() for file in files.candidates(folder)[:1] if os.access(file, os.R_OK))
    return bool(os.environ.get(environment.PREFIX + word.upper())) or any(word.encode() in text for text in written)


def _mistaken(wrong: list[str], unsaid: int = 0) -> ConfigError:
    """All mistakes in one error, each on its own line, in the order of the file."""

    def order(text: str) -> tuple[str, int]:
        place = re.match(r"([^:]*):([0-9]+): ", text)
        return (place[1], int(place[2])) if place else ("", 0)

    found = sorted(dict.fromkeys(wrong), key=order)
    head = f"the configuration has {len(found) + unsaid} mistakes:\n" if len(found) > 1 else ""
    tail = f"\n… and {unsaid} more" if unsaid else ""
    return ConfigError(head + "\n".join(found) + tail, hint="ecsctl config options lists every option")


def _options(overrides: Mapping[str, Any]) -> Source:
    values: dict[str, Any] = {}
    places: dict[Path, str] = {}
    for key, value in overrides.items():
        if value is None:
            continue
        path = tuple(key.split("."))
        if not node(path):
            raise ConfigError(f"option {unknown(path)}")
        places[path] = f"option {key}"
        nested = value
        for part in reversed(path):
            nested = {part: nested}
        values = over(nested, values)
    return Source(values, places, "the options")


def _origins(config: Config, sources: list[Source]) -> dict[str, str]:
    found = {}
    for path, _ in leaves(show(config)):
        holder = next((source for source in sources if has_path(source.values, path)), None)
        found[dotted(path)] = holder.place(path) if holder else "default"
    return found


def _warnings(config: Config, found: list[File], sources: list[Source]) -> Iterator[str]:
    for other in found[1:]:
        yield f"{files.named(other)} has [tool.ecsctl] too; {files.named(found[0])} counts"
    yield from config.idle
    yield from config.wide
    yield from checks.late(config)
    plain: list[tuple[Path, Mapping[str, str], str]] = [
        (("service",), config.service.environment, "[service.secrets]"),
        (("build",), config.build.environment, "env of the buildspec, as secrets-manager"),
        *(
            ((table, name), one.environment, f"[{table}.{name}.secrets]")
            for table in BY_NAME
            for name, one in getattr(config, table).items()
        ),
    ]
    for table, variables, better in plain:
        for name, value in variables.items():
            path = (*table, "environment", name)
            if may_be_secret(path[-1:], value):
                yield f"{blamed(path, sources)}: {key_shown(path)} seems to be a secret in plain text; better: {better}"
