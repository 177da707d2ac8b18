"""Reads Kubernetes manifests: the variables and the command of the container that runs the app.

Only plain YAML is read, so not the templates of a Helm chart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ecsctl.discovery.files.tree import Tree, is_auxiliary, within
from ecsctl.discovery.files.yaml_text import documents

PLACES = r"(?:^|/)(?:k8s|kube\w*|kustomize|manifests?|deploy\w*)/"
_MOST = 40  # files
_HOST = re.compile(r"(?:[A-Z0-9]+_)*(?:HOST|HOSTNAME|BIND|ADDR|ADDRESS|LISTEN|IP)")


@dataclass(frozen=True)
class Container:
    """A container of a Deployment or another workload."""

    file: str
    image: str
    command: tuple[str, ...]  # replaces the image's ENTRYPOINT
    arguments: tuple[str, ...]  # replaces its CMD
    environment: tuple[tuple[str, str], ...]  # variables with a value of their own
    ports: bool

    @property
    def binds(self) -> tuple[tuple[str, str], ...]:
        """The variables that make it listen on all addresses."""
        every = ("0.0.0.0", "::", "[::]")  # noqa: S104 - what others bind to
        return tuple(one for one in self.environment if one[1] in every and _HOST.fullmatch(one[0]))


def of(tree: Tree, context: str, names: Sequence[str]) -> Container | None:
    """The container whose image has one of these names; None without one, or if several have different commands."""
    wanted = {name.rpartition("/")[2].lower() for name in names if name}
    found = [one for one in _containers(tree, context) if _bare(one.image) in wanted]
    alike = {(one.command, one.arguments) for one in found if one.ports}
    return next((one for one in found if one.ports), None) if len(alike) == 1 else None


def _bare(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _containers(tree: Tree, context: str) -> Iterator[Container]:
    files = [one for one in tree.named(r".+\.ya?ml") if re.search(PLACES, one) and within(one, context)]
    for file in [one for one in files if not is_auxiliary(one)][:_MOST]:
        for document in documents(tree.read(file)) or ():
            pod = _table(_table(_table(document, "spec"), "template"), "spec")
            listed = pod.get("containers")
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict):
                    yield Container(
                        file, str(one.get("image") or ""), _words(one.get("command")), _words(one.get("args")),
                        tuple(_values(one.get("env"))), bool(one.get("ports")),
                    )  # fmt: skip


def _table(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _words(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _values(value: Any) -> Iterator[tuple[str, str]]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and isinstance(one.get("value"), str | int):
            yield str(one.get("name")), str(one["value"])
