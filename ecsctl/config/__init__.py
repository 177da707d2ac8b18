"""ecsctl.toml: its model, and how it is found, read, checked and shown. All options are in docs/config.md."""

from ecsctl.config.files import FILE
from ecsctl.config.form import schema
from ecsctl.config.loading import Loaded, find, load, mentions, origins, read
from ecsctl.config.model import Config
from ecsctl.config.printing import flatten, show, toml

__all__ = [
    "FILE",
    "Config",
    "Loaded",
    "find",
    "flatten",
    "load",
    "mentions",
    "origins",
    "read",
    "schema",
    "show",
    "toml",
]
