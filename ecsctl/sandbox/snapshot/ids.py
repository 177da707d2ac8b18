"""Replaces generated ids by names that follow from what a resource is and is connected to.

Two accounts that were created alike have different ids and the same names. Each id's name is a hash of its resource, in
which the ids of other resources are already replaced by their names; a few rounds of this propagate a difference from
one resource to all that refer to it (as the Weisfeiler-Leman test for equal graphs does).
"""

import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

_ROUNDS = 4
_IMAGE = re.compile(r"\bsha256:[0-9a-f]{64}\b")
_GENERATED = re.compile(
    "|".join(  # noqa: FLY002 - an alternative a line, each with what it is of
        [
            r"\b[a-z]+(?:-[a-z]+)?-(?:[0-9a-f]{17}|[0-9a-f]{8})\b",  # EC2: vpc-…, eni-attach-…, also moto's short ones
            r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",  # certificates, connections, builds, versions
            r"(?<=/)(?:[0-9a-f]{32}|[0-9a-f]{16})\b",  # tasks; load balancing
            r"(?<=/)(?:[0-9a-f]{21}|[0-9]{13,19})\b",  # deployments, revisions, sessions; listener rules
            r"(?<=\"Serial\": \")[0-9]+",
            # What follows from a revision's image among others: its parts are compared one by one.
            r"(?<=\"key\": \"ecsctl:digest\", \"value\": \")[0-9a-f]{16}",
            r"(?<=\"ecsctl:token\", \"Value\": \")[0-9a-f]{32}",  # of one incarnation
            r"(?<=\"ClientToken\": \")[0-9a-f]{32}\b",  # of an access point
            r"(?<=\"CreationToken\": \")[0-9a-f]{32}\b",  # of a file system
            r"\b[0-9a-f]{32}-[0-9]{10}\b",  # containers
            r"\becs-svc/[0-9]{10,}\b",
            r"\b(?:AROA|AIDA|ANPA|AIPA)[A-Z0-9]{12,}\b",
            r"(?<=\"PolicyId\": \")[A-Z0-9]{16,}\b",
            r"(?<=/hooks/)[0-9]+\b",  # on GitHub
            r"(?<=:scalable-target/)[0-9a-z]{36}\b",
            r"(?<=hostedzone/)[A-Z0-9]{8,}\b",
            r"(?<=:secret:)[\w/+=.@!-]+-[A-Za-z0-9]{6}\b",
            r"\bns-[0-9]+\.awsdns-[0-9]+\.[a-z]+(?:\.[a-z]+)?",  # name servers
            r"(?<=-)[0-9]{1,12}(?=\.[a-z0-9-]+\.elb\.amazonaws\.com)",
            r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b",  # network cards
            r"\b(?:ip|ec2)(?:-[0-9]{1,3}){4}\b",
            r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b(?!/)",  # addresses, but not ranges
        ]
    )
)


def without_ids(account: dict[str, Any]) -> Any:
    """`account` (region → kind → resources with an `id`) with every generated id replaced."""
    account = _without_digests(account)
    resources = [one for kinds in account.values() for found in kinds.values() for one in found]
    named = [(ids, _split(json.dumps(one, sort_keys=True)))
             for one in resources if (ids := _GENERATED.findall(str(one["id"])))]  # fmt: skip
    names: dict[str, str] = {}
    for _ in range(_ROUNDS):
        fresh: dict[str, str] = {}
        for ids, parts in named:
            tail = hashlib.sha256(_in_any_order(_replaced(parts, names))).hexdigest()[:8]
            fresh |= {token: _named(token, tail) for token in ids}
        names = fresh
    return json.loads(_replaced(_split(json.dumps(account)), names))


def _without_digests(account: dict[str, Any]) -> Any:
    """`account` with each image's digest replaced by the image's tags: two builds never make the same image."""
    tags: dict[str, list[str]] = {}
    for repository in (one for kinds in account.values() for one in kinds.get("repositories", ())):
        for image in repository["images"]:
            tags.setdefault(image["imageDigest"], []).append(image.get("imageTag", ""))
    names = {digest: f"~{','.join(sorted(those))}" for digest, those in tags.items()}
    return json.loads(_IMAGE.sub(lambda found: names.get(found[0], found[0]), json.dumps(account)))


def _in_any_order(text: str) -> bytes:
    """The same for the same JSON, whatever the order of its lists: most of AWS's have none."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: ordered(inner) for name, inner in value.items()}
        return sorted(map(ordered, value), key=json.dumps) if isinstance(value, list) else value

    return json.dumps(ordered(json.loads(text))).encode()


def _split(text: str) -> list[str]:
    """The text in parts: every second one is a generated id."""
    parts, end = [], 0
    for found in _GENERATED.finditer(text):
        parts += [text[end : found.start()], found[0]]
        end = found.end()
    return [*parts, text[end:]]


def _replaced(parts: list[str], names: Mapping[str, str]) -> str:
    """The text that was split, with a name in the place of each id."""
    ids = parts[1::2]
    named = [names.get(one) or _named(one, "") for one in ids]
    return "".join(itertools.chain.from_iterable(itertools.zip_longest(parts[::2], named, fillvalue="")))


def _named(token: str, tail: str) -> str:
    prefix = re.match(r"([a-z-]+)-(?:[0-9a-f]{17}|[0-9a-f]{8})$", token)
    return f"{prefix[1] if prefix else ''}~{tail}"
