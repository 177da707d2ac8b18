"""service.environment_file: variables of a dotenv file of the repository, as a source of ecsctl.toml's values.

python-dotenv parses it. `${NAME}` and `$NAME` stay unchanged: otherwise a container's variables would depend on the
environment of whoever runs ecsctl.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

from ecsctl import files
from ecsctl.config import words
from ecsctl.config.lines import Path
from ecsctl.config.mistakes import Source
from ecsctl.engine.errors import ConfigError

LARGEST = 65536  # bytes: no task definition has more
KEY = "service.environment_file"


def source(values: Mapping[str, Any], folder: File) -> tuple[Source | None, list[str]]:
    """The variables of the file that `values` name, below `folder`, and its mistakes; None if none is named.

    An invalid path is left to the check of the configuration as a whole.
    """
    table = values.get("service")
    name = table.get("environment_file") if isinstance(table, Mapping) else None
    if not isinstance(name, str) or not re.fullmatch(words.WITHIN, name):
        return None, []
    from dotenv.parser import parse_stream

    text = _text(folder, name)
    found: dict[str, str] = {}
    places: dict[Path, str] = {}
    wrong = []
    for one in parse_stream(io.StringIO(text)):
        place = f"{name}:{one.original.line}"
        if one.error:
            wrong.append(f"{place}: expected NAME=value, found a line that is not shown")
        elif one.key is not None and one.value is None:
            wrong.append(f"{place}: {_shown(one.key)} has no value: expected {_shown(one.key)}=value")
        elif one.key is not None:
            found[one.key] = one.value or ""
            places["service", "environment", one.key] = place
    return Source({"service": {"environment": found}}, places, name), wrong


def warnings(variables: Mapping[str, str], file: Source) -> Iterator[str]:
    """A sentence for each variable of the file that seems to contain a placeholder."""
    for name, value in file.values["service"]["environment"].items():
        if variables.get(name) == value and re.search(r"\$\{\w+", value):
            place = file.place(("service", "environment", name))
            problem = f"{_shown(name)} has ${{…}} in its value, which is not filled in"
            yield f"{place}: {problem}: the app gets it unchanged"


def _text(folder: File, name: str) -> str:
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ConfigError(f"{KEY}: {name} leads out of {folder}, by a link", hint="name a file below ecsctl.toml")
        content = files.read(path)
    except FileNotFoundError:
        raise ConfigError(f"{KEY}: there is no file {name} beside ecsctl.toml", hint="fix its path") from None
    except OSError as error:
        raise ConfigError(f"{KEY}: {name} cannot be read: {error.strerror}", hint="name a file of yours") from None
    if len(content) > LARGEST:
        raise ConfigError(f"{KEY}: {name} has {len(content)} bytes, expected at most {LARGEST}",
                          hint="a task definition has no room for more")  # fmt: skip
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{KEY}: {name} is not UTF-8 text", hint="save it as UTF-8") from None
    if "\0" in text:
        raise ConfigError(f"{KEY}: {name} has a NUL byte, which no environment variable can hold", hint="take it out")
    return text


def _shown(key: str) -> str:
    return key if re.fullmatch(r"\w{1,60}", key) else "a name that is not shown"
