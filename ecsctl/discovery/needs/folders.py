"""Folders whose files must outlive a task: its disk is deleted with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ecsctl.discovery.files.compose import Service
from ecsctl.discovery.files.dockerfile import Dockerfile, Stage, expanded
from ecsctl.discovery.files.hosts import Host
from ecsctl.discovery.files.tree import Tree, is_auxiliary, within

_PASSING = re.compile(
    r"/(?:logs?|tmp|run|cache|\.cache|node_modules|vendor|bundle|\.next|target|certs?|ssl|go/pkg|\.cargo|\.m2|\.npm|\.gradle)(?:/|$)"
)
"""Folders whose content may be lost: logs, caches, temporary files."""
_WRITTEN = re.compile(r"/(?:uploads?|media|storage|data|db|database)$")
"""Folders that an app writes to even if the repository has files in them."""
_DATA_FOLDER = re.compile(
    r"(?:\w+_)?(?:DATA|DB|DATABASE|SQLITE|STORAGE|STORE|UPLOADS?|MEDIA|WORK)_?(?:PATH|DIR|DIRECTORY|LOCATION|FOLDER|ROOT|FILE)"
)


def of_image(read: Dockerfile, stage: Stage) -> dict[str, str]:
    """The folders in which an image keeps data, each with the instruction that shows it.

    They come from VOLUME, from variables such as DATA_DIR, and from a RUN that creates /data. WORK_DIR does not count
    if it is the WORKDIR or a folder for code.
    """
    volumes, environment, workdir = read.volumes(stage), read.environment(stage), read.last(stage, "WORKDIR")
    of_code = {workdir.rstrip("/"), "/app", "/code", "/src", "/usr/src/app"}
    found = dict.fromkeys((one.rstrip("/") for one in volumes), "VOLUME of the Dockerfile")
    for name, value in sorted(environment.items()):
        if _DATA_FOLDER.fullmatch(name) and re.fullmatch(r"/[\w-]+(?:/[\w.-]+)*/?", value):
            folder = value.rstrip("/")
            folder = folder.rpartition("/")[0] if re.search(r"\.\w+$", folder) else folder
            if not any(within(folder, one) for one in found) and not ("WORK" in name and folder in of_code):
                found[folder] = f"ENV {name} of the Dockerfile"
    made = any(word == "RUN" and re.search(r"\bmkdir\s[^&;|]*(?<=\s)/data(?=[\s/;&]|$)", rest)
               for one in stage.chain for word, rest in one.instructions)  # fmt: skip
    if made and not any(within(one, "/data") for one in found):
        found["/data"] = "RUN of the Dockerfile"
    return {folder: where for folder, where in found.items() if folder}


def of_frameworks(tree: Tree, context: str, read: Dockerfile, stage: Stage) -> dict[str, str]:
    """The folders in which frameworks keep what users upload, each with the file that says so.

    Django's MEDIA_ROOT, and Rails' Active Storage on disk ("File storage", "Active Storage Overview").
    """
    workdir = expanded(read.last(stage, "WORKDIR"), read.variables(stage)).rstrip("/")
    for file in [one for one in tree.named(r"settings\.py|base\.py|common\.py|prod\w*\.py", context)
                 if not is_auxiliary(one)][:5]:  # fmt: skip
        text = tree.live(file)
        root = re.search(r"(?m)^MEDIA_ROOT\s*=\s*[^\n]*?[\"'](/?[\w/-]+)[\"']\W*$", text)
        elsewhere = re.search(r"storages\.backends|S3Boto|cloudinary|GoogleCloudStorage|AzureStorage", text)
        if root and not elsewhere and any("FileField(" in (said := tree.read(one)) or "ImageField(" in said
                                          for one in tree.named(r"\w*models?\w*\.py", context)[:200]):  # fmt: skip
            return {root[1] if root[1].startswith("/") else f"{workdir}/{root[1]}": f"MEDIA_ROOT of {file}"}
    for file in tree.named(r"production\.rb", context)[:3]:
        models = [one for one in tree.named(r"\w+\.rb", context) if "app/models/" in one][:400]
        if re.search(r"active_storage\.service\s*=\s*:local\b", tree.live(file)) and any(
            re.search(r"\bhas_(?:one|many)_attached\b|\bhas_rich_text\b", tree.read(one)) for one in models
        ):
            return {f"{workdir}/storage": f"Active Storage in {file}"}
    return {}


def listed(
    tree: Tree, app: Sequence[Service], kept: Mapping[str, str], platforms: Sequence[Host] = ()
) -> Iterator[str]:
    """A line with the folders whose content must outlive a container: a task's disk is deleted with the task.

    A folder that a compose file mounts from the repository does not count: the image has it.
    """
    folders = {folder: where for folder, where in kept.items() if not _PASSING.search(folder)}
    for place in re.findall(
        r"(?m)^[ \t]*disk:[ \t]*\n(?:[ \t]+\w+:[^\n]*\n)*?[ \t]+mountPath:[ \t]*(/\S+)", tree.read("render.yaml")
    ):
        folders.setdefault(place, "a disk of render.yaml")
    for host in platforms:
        for place in host.volumes:
            if not _PASSING.search(place):
                folders.setdefault(place, f"a volume of {host.file}")
    for service in app[:1]:
        for source, place in service.writable_mounts:
            inside = [one for one in tree.files if within(one, source)]
            held = any(not one.rpartition("/")[2].startswith(".git") and not one.endswith(".keep") for one in inside)
            if (not held or _WRITTEN.search(place)) and not _PASSING.search(place):
                folders.setdefault(place, f"a volume of {service.where}")
    if folders:
        listed = ", ".join(f"{folder} ({where})" for folder, where in folders.items())
        yield f"what the app keeps in {listed}: a task's disk is deleted with the task, and a volume is not"
