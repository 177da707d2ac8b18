"""ecsctl.toml: its model, and how it is found, read, checked and shown. All options are in docs/config.md.

- `tables/`: the options, a file for each table; `model.py` puts them together, `checks.py` compares several of them.
- `loading.py` reads: options of the command line over `environment.py` over `files.py` over the defaults.
- `mistakes.py` says what is wrong, where, and what was expected; `json_schema.py` says what each option takes.
- `printing.py`, `writing.py` and `editing.py`: for the terminal, as a new file or page, and in the user's file.
"""

from ecsctl.config.files import FILE
from ecsctl.config.json_schema import schema
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
