"""ecsctl config: what ecsctl.toml says, and what it may say."""

from __future__ import annotations

from typing import Annotated

import typer

from ecsctl.commands.options import Common, folder, shares

app = typer.Typer(name="config", help="Show the configuration in force, and what ecsctl.toml can contain.",
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
    if common.is_json:
        json.emit(json.config_document(values, sources if origin else None))
        return
    for key, value in config.flatten(values):
        print(f"{key} = {config.toml(value)}" + (f"  # {sources.get(key, 'default')}" if origin else ""))  # noqa: T201 - stdout's data


@app.command()
def options(
    word: Annotated[
        str, typer.Argument(metavar="WORD", help="Only options whose name contains this, such as service.health.")
    ] = "",
) -> None:
    """List every option of ecsctl.toml: what it takes, its default, and what it means."""
    from rich.text import Text

    from ecsctl.config.writing import listed
    from ecsctl.errors import UsageError
    from ecsctl.ui import tables

    lines = [
        line
        for name, takes, meaning in listed(word)
        for line in (Text.assemble((name, "bold"), (f"  {takes}", "dim")), Text(f"    {meaning}"))
    ]
    if not lines:
        raise UsageError(f"no option has {word} in its name", hint="ecsctl config options lists them all")
    tables.show(lines)


@app.command()
def schema() -> None:
    """Print the JSON schema of ecsctl.toml, for editors."""
    from ecsctl import config

    print(config.schema(), end="")  # noqa: T201 - stdout's data
