"""ecsctl config: what ecsctl.toml says, and what it may say."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import Common, folder, shares

app = typer.Typer(name="config", help="Show the configuration in force, and the schema of ecsctl.toml.",
                  no_args_is_help=True)  # fmt: skip


@app.command()
@shares("output")
def show(
    common: Common,
    origin: Annotated[bool, typer.Option("--origin", help="Show where each value comes from.")] = False,
) -> None:
    """Show every value in force: options over ECSCTL_* over ecsctl.toml over the defaults."""
    from ecsctl import config
    from ecsctl.ui import output as json
    from ecsctl.ui import words

    loaded = config.read(folder())
    for warning in loaded.warnings:
        words.warning(warning)
    values, sources = config.show(loaded.config), loaded.origins
    if common.json:
        json.emit(json.config_document(values, sources if origin else None))
        return
    for key, value in config.flatten(values):
        print(f"{key} = {config.toml(value)}" + (f"  # {sources.get(key, 'default')}" if origin else ""))  # noqa: T201 - stdout's data


@app.command()
def schema() -> None:
    """Print the JSON schema of ecsctl.toml, for editors."""
    from ecsctl import config

    print(config.schema(), end="")  # noqa: T201 - stdout's data
