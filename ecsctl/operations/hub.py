"""Images that a build pulls from Docker Hub, which limits anonymous pulls per address: CodeBuild's machines share
theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecsctl.buildspec import USUAL
from ecsctl.discovery import dockerfile
from ecsctl.github import checkout, committed

if TYPE_CHECKING:
    from ecsctl.config import Config
    from ecsctl.github.committed import Branch


def warning(found: Branch, config: Config) -> str:
    """What to know about the base images of the app's Dockerfile; empty if there is nothing."""
    if "docker.io" in config.build.logins or config.build.spec(found.has(USUAL)):
        return ""  # what a buildspec of the repository's own logs in to is not known here
    path = committed.dockerfile(found, config)
    text = checkout.text(found.root, found.ref, path) if found.ref else ""
    pulled = list(dict.fromkeys(_of_hub(text, dict(config.build.args))))
    if not pulled:
        return ""
    official = next((one for one in pulled if "/" not in one), "")
    other = f"; or take public.ecr.aws/docker/library/{official}, which is the same image" if official else ""
    return (
        f"{path} pulls {', '.join(pulled[:3])} from Docker Hub, which limits pulls without a login by address, and a "
        f'build shares its address with others: "docker.io" in [build.logins] logs in{other}'
    )


def _of_hub(text: str, arguments: dict[str, str]) -> Iterator[str]:
    read = dockerfile.parse(text)
    stages = {stage.name for stage in read.stages if stage.name}
    for stage in read.stages:
        named = [stage.base] if stage.parent is None else []
        named += [one for word, rest in stage.instructions if word in ("COPY", "ADD", "RUN")
                  for one in re.findall(r"(?:--|,)from=([^\s,]+)", rest)]  # fmt: skip
        for name in named:
            image = dockerfile.filled(name, arguments)
            if image.lower() in stages or image.isdigit() or image == "scratch" or "$" in image:
                continue
            host, slash, rest = image.partition("/")
            if slash and host == "docker.io":
                yield rest.removeprefix("library/")
            elif not slash or not re.search(r"[.:]|^localhost$", host):
                yield image
