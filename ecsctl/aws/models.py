"""AWS's own models of its services, as botocore loads them, at less cost."""

from __future__ import annotations

import functools
import gzip
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.session import Session


def read_as_dicts(core: Session) -> None:
    """Let a session read models into plain dictionaries, and know a service by its folder.

    botocore reads them into OrderedDicts, which take twice the time and half as much memory again, though Python's
    dictionaries keep their order anyway; and before it reads one it lists which of all 400 services have a file of that
    type, by reading each of them.
    """
    named: str = core.get_config_variable("data_path") or ""  # AWS_DATA_PATH
    paths = (str(Path(os.path.expandvars(path)).expanduser()) for path in named.split(os.pathsep) if path)
    core.register_component("data_loader", loader(tuple(paths)))


@functools.cache
def loader(paths: tuple[str, ...]) -> Loader:
    """The loader for models from these folders and the SDK's own, each model once."""
    from botocore.loaders import JSONFileLoader, Loader

    class Plain(JSONFileLoader):
        """Reads JSON, compressed or not."""

        def load_file(self, file_path: str) -> Any:
            """The content of the file with this name plus an ending; None if there is none."""
            for ending, opened in ((".json", open), (".json.gz", gzip.open)):
                if Path(file_path + ending).is_file():
                    with opened(file_path + ending, "rb") as file:
                        return _undocumented(json.loads(file.read()))
            return None

    class Light(Loader):
        """Queries the file system less."""

        def list_available_services(self, type_name: str) -> list[str]:
            """All that have a folder; whether a file of this type is in it turns out when it is read."""
            del type_name
            return _folders(tuple(dict.fromkeys(self.search_paths)))

    return Light([*paths], Plain())


@functools.cache
def _folders(paths: tuple[str, ...]) -> list[str]:
    return sorted({one.name for path in paths if Path(path).is_dir() for one in os.scandir(path) if one.is_dir()})


def _undocumented(model: Any) -> Any:
    """Without the documentation, which is not needed here; of identical members, one is kept."""
    if isinstance(model, dict) and "shapes" in model:
        known: dict[tuple[Any, ...], Any] = {}  # a member has a few words: most of EC2's ten thousand are alike
        for part in [*model.get("operations", {}).values(), *model["shapes"].values()]:
            part.pop("documentation", None)
            members = part.get("members", {})
            for name, member in members.items():
                member.pop("documentation", None)
                if all(isinstance(word, str) for word in member.values()):
                    members[name] = known.setdefault(tuple(member.items()), member)
    return model
