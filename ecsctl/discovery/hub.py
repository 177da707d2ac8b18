"""Images that a build pulls from Docker Hub, which limits pulls by IP address; CodeBuild's machines share theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ecsctl.discovery.files import dockerfile
from ecsctl.discovery.files.dockerfile import Dockerfile


def warning(path: str, read: Dockerfile, arguments: Mapping[str, str]) -> Iterator[str]:
    """A sentence if base images of a Dockerfile come from Docker Hub."""
    pulled = list(dict.fromkeys(_pulled(read, arguments)))
    if not pulled:
        return
    names = [one.partition("@")[0] for one in pulled]
    official = next((one for one in names if "/" not in one), "")
    other = f", or use public.ecr.aws/docker/library/{official}, the same image" if official else ""
    yield (
        f"{path} pulls {', '.join(names[:3])} from Docker Hub, which limits pulls without a login: log in with "
        f'"docker.io" in [build.logins]{other}'
    )


def _pulled(read: Dockerfile, arguments: Mapping[str, str]) -> Iterator[str]:
    stages = {stage.name for stage in read.stages if stage.name}
    for stage in read.stages:
        named = [stage.base] if stage.parent is None else []
        named += [one for word, rest in stage.instructions if word in ("COPY", "ADD", "RUN")
                  for one in re.findall(r"(?:--|,)from=([^\s,]+)", rest)]  # fmt: skip
        for name in named:
            image = dockerfile.expanded(name, arguments)
            if image.lower() in stages or image.isdigit() or image == "scratch" or "$" in image:
                continue
            host, slash, rest = image.partition("/")
            if slash and host == "docker.io":
                yield rest.removeprefix("library/")
            elif not slash or not re.search(r"[.:]|^localhost$", host):
                yield image
