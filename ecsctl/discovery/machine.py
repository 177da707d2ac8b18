"""The processor that an image needs: by default ARM64, unless the Dockerfile binds it to another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecsctl.discovery.dockerfile import Dockerfile, Stage, filled

_X86 = re.compile(r"linux/(?:amd64|x86_64)", re.IGNORECASE)
# Images that their registries list for amd64 alone; nothing here asks them.
_ONLY_X86 = re.compile(
    r"(?:.*/)?(?:mssql/server|oracle/database|openjdk:\d+[\w.-]*alpine|adoptopenjdk(?:/\w+)?:[\w.-]*alpine|mysql:5(?:\.\d+)*|"
    r"anapsix/alpine-java|browserless/chrome|ibmcom/.*|circleci/.*|dotnet/framework/.*|amd64/.*|android-.*|[^/]*[-_.](?:amd64|x86_64)(?:[-_.][\w.-]*)?)(?:[:@].*)?",
    re.IGNORECASE,
)
_FETCHED = re.compile(
    r"(?:linux|unknown)[-_./](?:amd64|x86[-_]64|x64)\b|[-_.](?:amd64|x86_64)\.(?:deb|rpm|apk|tar|tgz|zip|AppImage)"
    r"|x86_64-(?:unknown-)?linux|\bGOARCH=amd64\b",
    re.IGNORECASE,
)
_CHOSEN = re.compile(r"(?:TARGET|BUILD)(?:ARCH|PLATFORM)|uname\s+-m|--print-architecture|arm64|aarch64|dpkg\s+-")


def bound(read: Dockerfile, stage: Stage) -> str:
    """Why the image is one for X86_64; empty if nothing says so."""
    return next(_reasons(read, stage), "")


def _reasons(read: Dockerfile, stage: Stage) -> Iterator[str]:
    used = _used(read, stage)
    for one in stage.chain:
        if _X86.fullmatch(one.platform):
            yield f"FROM --platform={one.platform} of the Dockerfile"
    for one in used:
        if _X86.fullmatch(one.platform):
            yield f"FROM --platform={one.platform} of the Dockerfile"
        if _ONLY_X86.fullmatch(one.base):
            yield f"the image {one.base} is for X86_64 alone"
        known = read.variables(one)
        for word, rest in one.instructions:
            taken = word in ("ADD", "COPY", "ENV", "RUN") or rest == "GOARCH=amd64"  # an ARG is in RUN's environment
            said = filled(rest, known) if taken else ""
            if (found := _FETCHED.search(said)) and not _CHOSEN.search(rest):
                yield f"{word} of the Dockerfile takes what is for {found[0].strip('-_./')}"


def _used(read: Dockerfile, stage: Stage) -> list[Stage]:
    """The stage, those it is made from and those it copies from."""
    found: list[Stage] = []

    def take(one: Stage) -> None:
        for part in one.chain:
            if part in found:
                continue
            found.append(part)
            for word, rest in part.instructions:
                names = (
                    re.findall(r"--from=(\S+)", rest)
                    if word in ("COPY", "ADD")
                    else re.findall(r"from=([^,\s]+)", rest)
                )
                for name in names if word in ("COPY", "ADD", "RUN") else ():
                    index = int(name) if name.isdigit() else -1
                    other = read.stages[index] if 0 <= index < len(read.stages) else read.stage(name)
                    if other:
                        take(other)

    take(stage)
    return found
