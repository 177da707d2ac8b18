"""The machine that an image needs: its processor, by default ARM64, and its size, by default the smallest one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ecsctl.discovery.files.compose import Service, mebibytes
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage, expanded
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.tree import Tree, is_auxiliary
from ecsctl.fargate import MEMORY

_X86 = re.compile(r"linux/(?:amd64|x86_64)", re.IGNORECASE)
# Images that their registries list for amd64 only. The registries are not asked here.
_ONLY_X86 = re.compile(
    r"(?:.*/)?(?:mssql/server|oracle/database|openjdk:\d+[\w.-]*alpine|adoptopenjdk(?:/\w+)?:[\w.-]*alpine|mysql:5(?:\.\d+)*|"
    r"frolvlad/.*|fabric8/java.*|java:\d.*|selenium/[\w-]*(?:chrome|edge)|puppeteer/puppeteer|lambci/.*|fpco/stack-build.*|"
    r"ekidd/rust-musl-builder|nvidia/cuda:(?:8|9|10)\..*|mhart/alpine-node|heroku/heroku:(?:1\d|20|22).*|"
    r"microsoft/(?:dotnet|aspnetcore).*|"
    r"anapsix/alpine-java|browserless/chrome|ibmcom/.*|circleci/.*|dotnet/framework/.*|amd64/.*|android-.*|[^/]*[-_.](?:amd64|x86_64)(?:[-_.][\w.-]*)?)(?:[:@].*)?",
    re.IGNORECASE,
)
_FETCHED = re.compile(
    r"(?:linux|unknown)[-_./](?:amd64|x86[-_]64|x64)\b|[-_.](?:amd64|x86_64)(?:-static)?\.(?:deb|rpm|apk|tar|tgz|zip|AppImage)"
    r"|(?<=\w)/(?:amd64|x86_64)/(?=[\w$])|google-chrome-(?:stable|beta)|microsoft-edge-stable|\[arch=amd64\b|x86_64-(?:unknown-)?linux|\bGOARCH=amd64\b",
    re.IGNORECASE,
)
_CHOSEN = re.compile(r"(?:TARGET|BUILD)(?:ARCH|PLATFORM)|uname\s+-m|--print-architecture|arm64|aarch64|dpkg\s+-")


def bound(read: Dockerfile, stage: Stage) -> str:
    """Why the image only runs on X86_64; empty if nothing shows it."""
    return next(_reasons(read, stage), "")


# What needs more than the default of 512 MiB, by the command, what RUN installs, and dependency lists: a
# JVM takes a quarter of the memory for its heap (Oracle, "Ergonomics"), a browser hundreds of MiB, a model its weights.
_LARGE = (
    (4096, re.compile(r"(?<![\w-])(?:torch|tensorflow|sentence-transformers|transformers|vllm)(?![\w-])")),
    (2048, re.compile(r"(?<![\w@/-])(?:playwright|puppeteer|chromium|google-chrome[\w-]*|libreoffice)(?![\w-])")),
    (1024, re.compile(r"\bjava\s[^\n]{0,300}-jar\b|\bcatalina\.sh\b|JarLauncher")),
)  # fmt: skip
_LISTS = r"requirements(?:[.-](?:base|prod|production))?\.txt|pyproject\.toml|package\.json"


def size(
    tree: Tree, context: str, read: Dockerfile, stage: Stage, services: Sequence[Service], hosts: Sequence[Host]
) -> tuple[int, int, str]:
    """CPU units, memory in MiB, and the reason, if the app needs more than the default; otherwise zeros.

    A limit in a compose file or in another platform's file wins over what the image contains.
    """
    limits = [(one.memory, one.where) for one in services[:1]] + [(one.memory, one.file) for one in hosts]
    wanted, why = next(((size, where) for size, where in limits if size), (0, ""))
    if not wanted:
        built = "\n".join(rest for one in stage.chain for word, rest in one.instructions if word == "RUN")
        texts = {"its command": read.command(stage), "RUN of the Dockerfile": built}
        for file in [one for one in tree.named(_LISTS, context) if not is_auxiliary(one)][:5]:
            said_there = tree.read(file).partition('"devDependencies"')[0]
            packages = re.findall(r"\"([\w@/.-]+)\"\s*:\s*\"(?:[\^~>=*\d]|workspace|latest|npm)", said_there)
            texts[file] = "\n".join(packages) if file.endswith(".json") else said_there
        wanted, why = next(((size, f"{where} has {found[0].split()[0]}") for size, pattern in _LARGE
                            for where, text in texts.items() if (found := pattern.search(text))), (0, ""))  # fmt: skip
    said_of_heap = " ".join([read.command(stage), *read.environment(stage).values()])
    heap = max((mebibytes(size) for size in re.findall(r"-Xmx(\d+[mMgG])\b", said_of_heap)), default=0)
    if wanted < heap * 5 // 4:  # a JVM needs about a quarter more than its heap
        wanted, why = heap * 5 // 4, "-Xmx of the Dockerfile"
    if wanted <= MEMORY[256][0]:
        return 0, 0, ""
    cpu = next((cpu for cpu, sizes in MEMORY.items() if cpu > 256 and sizes[-1] >= wanted), 0)
    return (cpu, next(one for one in MEMORY[cpu] if one >= wanted), why) if cpu else (0, 0, "")


def _reasons(read: Dockerfile, stage: Stage) -> Iterator[str]:
    parts = used(read, stage)
    for one in stage.chain:
        if _X86.fullmatch(one.platform):
            yield f"FROM --platform={one.platform} of the Dockerfile"
    for one in parts:
        if _X86.fullmatch(one.platform):
            yield f"FROM --platform={one.platform} of the Dockerfile"
        if _ONLY_X86.fullmatch(one.base):
            yield f"the image {one.base} is for X86_64 only"
        known = read.variables(one)
        for word, rest in one.instructions:
            taken = word in ("ADD", "COPY", "ENV", "RUN") or rest == "GOARCH=amd64"  # an ARG is in RUN's environment
            text = expanded(rest, known) if taken else ""
            if (found := _FETCHED.search(text)) and not _CHOSEN.search(rest):
                yield f"{word} of the Dockerfile uses something for {found[0].strip('-_./')}"


def used(read: Dockerfile, stage: Stage) -> list[Stage]:
    """The stage, those it is based on and those it copies from."""
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
