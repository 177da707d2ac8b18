"""Asks whether a repository's commands may run on this machine, before the sandbox builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ecsctl.commands.options import Common
    from ecsctl.config import Config


def agreed_to_builds(common: Common, folder: Path, config: Config, command: str) -> None:
    """Before a repository's commands run on this machine, say whose they are and what they can reach; ask once per
    sandbox.

    ecsctl's own buildspec runs none of them, as long as no variable contains anything that a shell would act on. Raises
    Refused, and UsageError without a terminal to answer in.
    """
    from getpass import getuser

    from ecsctl.buildspec import ours
    from ecsctl.config.tables.delivery import BUILD_SETS
    from ecsctl.github import committed
    from ecsctl.sandbox.server import process
    from ecsctl.ui import words

    build = config.build
    branch = committed.branch(folder, config, local=True)
    theirs = build.spec(committed.own_buildspec(branch))
    specs = ([theirs] if theirs else []) + [test.buildspec for test in config.pipeline.tests]
    if not theirs:
        known = [*BUILD_SETS, "BUILD_CONTEXT", *build.variables, *build.passwords]
        process.call(folder / ".ecsctl", "trust", {"text": ours(*build.parts), "variables": known})
        specs += ["[build.environment]"] if build.environment or build.secrets else []
    paths = [committed.dockerfile(branch, config) if one.startswith("[") else one for one in specs]
    about = [process.call(folder / ".ecsctl", "builds", {"spec": path}) for path in paths]
    found = [spec for spec, one in zip(specs, about, strict=True) if one["real"] and not one["agreed"]]
    if not found:
        return
    one = next(one for one in about if one["real"])
    reach = (
        "they see neither your home folder, your credentials nor other processes, and can write nowhere else"
        if one["confined"]
        else "this machine cannot keep them from your files: they can read and change what you can"
    )
    asks = common.must_ask(command)
    if asks or not (common.quiet or common.is_json):
        whose = " and ".join(found)
        words.say(f"The sandbox's build runs the commands of {whose} in {one['folder']} on this machine, "
                  f"as {getuser()}, in a folder of its own. They can use the network; {reach}.")  # fmt: skip
    if asks:
        words.confirm("Let them run, until the sandbox is stopped?", command=f"{command} --yes")
    process.call(folder / ".ecsctl", "agree_to_builds", {})
