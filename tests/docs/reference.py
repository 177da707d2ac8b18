"""The pages that are written from the code: `python -m tests.docs.reference` writes them again, and a test holds them.

The tables of options and the examples of JSON have writers of their own, ecsctl.config and tests.ui.json_docs; `make
pages` calls all three.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import typer.main
from botocore import xform_name

from ecsctl import errors
from ecsctl.cli import app
from ecsctl.commands.helping import value
from ecsctl.commands.options import SHARED
from ecsctl.costs import prices
from ecsctl.engine import events
from ecsctl.resources import by_name
from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.server.inprocess import inprocess
from tests.docs.pages import DOCS, anchor

WRITTEN = "<!-- `make pages` writes this page from the code: change it there. -->"
CLI = f"""\
# The command line

{WRITTEN}

`ecsctl --help` lists the commands, and `--help` after any of them its options. [Exit codes](../exit-codes.md) and
[JSON documents](../json.md) have pages of their own.

## Options that commands share
"""
RESOURCES = f"""\
# What is created on AWS

{WRITTEN}

For this `ecsctl.toml`, {{steps}} resources of {{kinds}} kinds. `ecsctl plan -o json` shows the same for yours.

```toml
{{toml}}```

Everything that can be tagged carries `ecsctl:app` (the name in `ecsctl.toml`), `ecsctl:id` (this deployment),
`ecsctl:resource` (the name in the first column below), `owner`, and the tags that you ask for. A value in brackets is
known once the other resource is created. Prices are {{prices}}.

| name | kind | a month |
|---|---|---|"""
POLICIES = f"""\
# Policies, action by action

{WRITTEN}

For an app called `hello` with a domain and a GitHub token, in `eu-central-1` of account 123456789012. `ecsctl policy`
prints yours as JSON; [Permissions](../permissions.md) explains them.

## Whoever runs ecsctl"""
EVENTS = f"""\
# Events

{WRITTEN}

The engine reports what happens as small values of `ecsctl.engine.events`; the progress in the terminal is one listener.
A Python program that runs the engine itself passes a listener of its own, as `emit`. For all other programs there is
[`--output json`](../json.md).

| event | fields | when |
|---|---|---|"""
ERRORS = re.compile(r"(?<=<!-- errors: `make pages` writes them -->\n).*?(?=<!-- end of errors -->)", re.DOTALL)
PRICES = re.compile(r"(?<=<!-- prices: `make pages` writes them -->\n).*?(?=<!-- end of prices -->)", re.DOTALL)
RUNS = re.compile(r"(?<=<!-- runs: `make pages` writes them -->\n).*?(?=<!-- end of runs -->)", re.DOTALL)
WORKERS = re.compile(r"(?<=<!-- workers: `make pages` writes them -->\n).*?(?=<!-- end of workers -->)", re.DOTALL)
MOTO = re.compile(r"(?<=<!-- moto: `make pages` writes this -->\n).*?(?=<!-- end of moto -->)", re.DOTALL)
GRAPH = re.compile(r"(?<=```mermaid\n).*?(?=```\n)", re.DOTALL)
ZONE = re.compile(r"\bZ[A-Z0-9]{20}\b")  # the sandbox's hosted zone has another id each time
ORDINARY = 'name = "hello"\n\n[domain]\nname = "hello.ecsctl.example"\n\n[github]\nrepository = "ecsctl/hello"\n'


def pages() -> dict[str, Callable[[], str]]:
    """Returns what writes each page, by the page's path below docs/."""
    return {
        "reference/cli.md": cli,
        "reference/resources.md": resources,
        "reference/policies.md": policies,
        "reference/events.md": told_events,
        "how-to/costs.md": lambda: PRICES.sub(lambda _: _bill(), (DOCS / "how-to/costs.md").read_text()),
        "workers.md": lambda: WORKERS.sub(lambda _: _tasks(), (DOCS / "workers.md").read_text()),
        "jobs.md": lambda: RUNS.sub(lambda _: _runs(), (DOCS / "jobs.md").read_text()),
        "how-it-works.md": lambda: GRAPH.sub(
            lambda _: _printed("plan", "--graph", "mermaid"), (DOCS / "how-it-works.md").read_text()
        ),
        "sandbox.md": lambda: MOTO.sub(lambda _: _beyond_moto(), (DOCS / "sandbox.md").read_text()),
        "exit-codes.md": lambda: ERRORS.sub(lambda _: _errors(), (DOCS / "exit-codes.md").read_text()),
    }


def cli() -> str:
    """Every command with its arguments and options."""
    commands = list(_commands(typer.main.get_command(app), ("ecsctl",)))
    shared = {
        one.name: one for _, command in commands for one in command.params if one.name in SHARED and not one.hidden
    }
    lines = [CLI, *_table(shared[name] for name in SHARED)]
    for path, command in commands:
        own = [one for one in command.params if not one.hidden and one.name not in SHARED]
        with_it = ", ".join(f"`{one.opts[0]}`" for one in command.params if one.name in SHARED and not one.hidden)
        lines += [f"## {' '.join(path)}\n", inspect.cleandoc(command.help or ""), ""]
        lines += [f"```text\n{_usage(path, command)}\n```\n"]
        lines += _table(own) if own else []
        lines += [f"[Shared](#options-that-commands-share): {with_it}.\n"] if with_it else []
    return "\n".join(lines).rstrip() + "\n"


def _table(parameters: Iterable[Any]) -> list[str]:
    return ["| option | meaning |", "|---|---|", *(row for one in parameters for row in _parameter(one)), ""]


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if len(path) > 1:
        yield path, command
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from _commands(below, (*path, name))


def _usage(path: tuple[str, ...], command: Any) -> str:
    arguments = [_called(one) for one in command.params if one.param_type_name == "argument"]
    options = "[OPTIONS]" if any(one.param_type_name == "option" for one in command.params) else ""
    own = getattr(command, "subcommand_metavar", "").removeprefix("COMMAND [ARGS]...")
    tail = ["COMMAND"] if getattr(command, "commands", None) and not command.invoke_without_command else [own]
    return " ".join(filter(None, [*path, options, *arguments, *tail]))


def _called(argument: Any) -> str:
    called = argument.metavar or argument.name.upper()
    many = "…" if argument.nargs == -1 else ""
    return f"{called}{many}" if argument.required else f"[{called}]{many}"


def _parameter(one: Any) -> Iterator[str]:
    if one.param_type_name == "argument":
        spelled = f"`{_called(one)}`"
    else:
        spelled = ", ".join(f"`{f'{word} {value(one)}'.rstrip()}`" for word in (*one.opts, *one.secondary_opts))
    about = [_cell(one.help or "")]
    default = one.default
    if one.required and one.param_type_name == "option":
        about.append("Required.")
    elif default not in (None, False, "", ()) and not callable(default):
        about.append(f"Default: `{'yes' if default is True else default}`.")
    if one.envvar:
        about.append(f"In the environment: `{one.envvar}`.")
    yield f"| {spelled} | {' '.join(filter(None, about))} |"


@cache
def _planned() -> tuple[dict[str, Any], ...]:
    """Returns what `ecsctl plan` would make of an ordinary ecsctl.toml in an empty account."""
    return tuple(json.loads(ZONE.sub("Z0123456789EXAMPLE", _printed("plan", "-o", "json")))["steps"])


def _printed(*words: str) -> str:
    """Returns what a command prints for an ordinary ecsctl.toml in an empty account."""
    before, out = os.getcwd(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, inprocess():
        Path(folder, ".git").mkdir()
        Path(folder, "ecsctl.toml").write_text(ORDINARY)
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                app([*words], standalone_mode=False)
        finally:
            os.chdir(before)
    return out.getvalue()


def resources() -> str:
    """Each kind of thing in an ordinary stack: what it is, what it costs, and its fields as they are made."""
    steps = _planned()
    kinds = list(dict.fromkeys(step["kind"] for step in steps))
    lines = [RESOURCES.format(steps=len(steps), kinds=len(kinds), toml=ORDINARY, prices=prices.AS_OF)]
    for step in steps:
        kind = f"[{step['title']}](#{anchor(step['title'])})"
        lines.append(f"| `{step['name']}` | {kind} | {_price(step['kind'])} |")
    for kind in kinds:
        of_kind = [step for step in steps if step["kind"] == kind]
        about = inspect.cleandoc(by_name()[kind].__doc__ or "").partition("\n\n")[0]
        lines += ["", f"## {_title(of_kind[0]['title'])}\n", about]
        if any(step["fields"] for step in of_kind):
            lines += ["", "| field | " + " | ".join(f"`{step['name']}`" for step in of_kind) + " |"]
            lines += ["|---" * (len(of_kind) + 1) + "|"]
            for field in of_kind[0]["fields"]:
                values = (_rights(step) if field == "statements" else _shown(step["fields"][field]) for step in of_kind)
                lines.append(f"| `{field}` | " + " | ".join(values) + " |")
    return "\n".join(lines).rstrip() + "\n"


def _title(title: str) -> str:
    return title[0].upper() + title[1:]


def _price(kind: str) -> str:
    facts = by_name()[kind]
    parts = [f"${prices.monthly(kind):.2f}"] if facts.hourly else []
    parts += [f"${facts.per_gigabyte:.2f} a GB"] if facts.per_gigabyte else []
    parts += ["by use"] if facts.by_use else []
    return " + ".join(parts) or "nothing"


def _shown(value: Any) -> str:
    """A field's value in a cell: what AWS writes as JSON is JSON here too."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, dict):
        value = {key: one for key, one in value.items() if one not in ("", None)}
    if isinstance(value, str):
        return f"`{_cell(value)}`" if value else "empty"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(f"`{_cell(one)}`" for one in value) or "none"
    if value is None:
        return "not set"
    if isinstance(value, list) and value:
        return "<br>".join(f"`{_cell(json.dumps(one))}`" for one in value)
    return f"`{_cell(json.dumps(value))}`" if value != [] else "none"


def bill() -> dict[str, float]:
    """Returns what the parts of an ordinary stack cost a month that are paid by the hour."""
    task = prices.task(256, 512, "ARM64", public=False)
    return {
        "the load balancer": prices.monthly("load-balancer"),
        "its two public addresses": 2 * prices.ADDRESS,
        "one NAT gateway (`nat-per-az`: two)": prices.monthly("nat-gateway"),
        "the NAT gateway's address": prices.ADDRESS,
        "one task of the default size": task,
    }


def _bill() -> str:
    parts = bill()
    rows = [f"| {part} | ${price:.2f} |" for part, price in parts.items()]
    lines = ["| part | a month |", "|---|--:|", *rows, f"| together | ${sum(parts.values()):.2f} |"]
    return "\n".join(lines) + "\n"


def _tasks() -> str:
    """Returns what a task costs that never stops, by its size."""
    lines = ["| size | a month on ARM64 | on X86_64 |", "|---|--:|--:|"]
    for cpu, memory in ((256, 512), (512, 1024), (1024, 2048), (4096, 8192)):
        arm, x86 = (prices.task(cpu, memory, one, public=False) for one in ("ARM64", "X86_64"))
        lines.append(f"| {cpu} CPU units, {memory} MiB | ${arm:.2f} | ${x86:.2f} |")
    return "\n".join(lines) + "\n"


def _runs() -> str:
    """Returns what a job costs, by its size, for a run of ten minutes each night."""
    lines = ["| size | a minute on ARM64 | on X86_64 | ten minutes each night, a month |", "|---|--:|--:|--:|"]
    for cpu, memory in ((256, 512), (512, 1024), (1024, 2048), (4096, 8192)):
        arm, x86 = (prices.minute(cpu, memory, one) for one in ("ARM64", "X86_64"))
        lines.append(f"| {cpu} CPU units, {memory} MiB | ${arm:.5f} | ${x86:.5f} | ${arm * 10 * 365 / 12:.2f} |")
    return "\n".join(lines) + "\n"


def _rights(role: dict[str, Any]) -> str:
    return f"[{len(role['fields']['statements']) or 'no'} statements](policies.md#{role['name']})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def policies() -> str:
    """Returns what whoever runs ecsctl must be allowed, and what each role may do."""
    from ecsctl import config
    from ecsctl.operations.policy import policies as operators

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "ecsctl.toml").write_text(ORDINARY)
        wanted = operators(config.read(Path(folder), environ={}).config, "123456789012", "eu-central-1")
    lines = [POLICIES]
    for name, document in wanted.items():
        found = document["Statement"]  # one alone is no list
        lines += ["", f"### {name}\n", *_statements(found if isinstance(found, list) else [found])]
    lines += ["", "## The roles that ecsctl creates"]
    for step in _planned():
        if step["kind"] == "role":
            trust = step["fields"]["assume_role_policy"]["service"]
            lines += ["", f"### {step['name']}\n", f"Assumed by `{trust}` for this app.\n"]
            rights = [_as_policy(one) for one in step["fields"]["statements"]]
            lines += _statements(rights) if rights else ["It may do nothing, unless `ecsctl.toml` asks for more."]
    return "\n".join(lines).rstrip() + "\n"


def _as_policy(statement: dict[str, Any]) -> dict[str, Any]:
    conditions: dict[str, Any] = {}
    for one in statement["conditions"]:
        conditions.setdefault(one["operator"], {})[one["key"]] = one["values"]
    return {"Sid": statement["sid"], "Action": statement["actions"], "Resource": statement["resources"],
            "Condition": conditions}  # fmt: skip


def _statements(statements: list[dict[str, Any]]) -> list[str]:
    lines = ["| statement | actions | on | if |", "|---|---|---|---|"]
    for one in statements:
        conditions = [
            f"`{_cell(key)}` {operator}: {_many(values)}"
            for operator, tests in one.get("Condition", {}).items()
            for key, values in tests.items()
        ]
        cells = (one["Sid"], _many(one["Action"]), _many(one["Resource"]), "<br>".join(conditions))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _many(values: Any) -> str:
    return ", ".join(f"`{_cell(value)}`" for value in ([values] if isinstance(values, str) else values))


def told_events() -> str:
    """Returns what the engine tells while it works, for programs in Python."""
    lines = [EVENTS]
    for event in events.Event.__subclasses__():
        own = ", ".join(f"`{one.name}`" for one in fields(event))
        lines.append(f"| `{event.__name__}` | {own} | {_cell(inspect.getdoc(event) or '')} |")
    return "\n".join(lines) + "\n"


def _errors() -> str:
    lines = ["| `type` | code | when |", "|---|---|---|"]

    def below(kind: type[errors.EcsctlError]) -> Iterator[type[errors.EcsctlError]]:
        for one in kind.__subclasses__():
            if one.__module__ == errors.__name__:
                yield one
                yield from below(one)

    for one in below(errors.EcsctlError):
        code = one.exit_code if isinstance(one.exit_code, int) else "the gravest of its parts"
        lines.append(f"| `{one.__name__}` | {code} | {_cell(inspect.getdoc(one) or '')} |")
    return "\n".join(lines) + "\n"


def _beyond_moto() -> str:
    """Returns what the sandbox adds to moto and what it changes of it, by service."""
    overlay.install(tests=True)
    found: dict[str, dict[str, set[str]]] = {}
    session = botocore.session.Session()
    for how, target, method in overlay.declared:
        service = target.__module__.split(".")[1]
        known = {"applicationautoscaling": "application-autoscaling"}.get(service, service)
        if service != "core" and method in map(xform_name, session.get_service_model(known).operation_names):
            found.setdefault(service, {"adds": set(), "wraps": set()})["adds" if how == "adds" else "wraps"].add(method)
    lines = ["| service in moto | operations that it lacks | answers that are unlike AWS's |", "|---|---|---|"]
    lines += [
        f"| {service} | {_many(sorted(those['adds']))} | {_many(sorted(those['wraps']))} |"
        for service, those in sorted(found.items())
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for path, write in pages().items():
        (DOCS / path).write_text(write(), encoding="utf-8")
