"""Give the app's jobs the image that was just deployed: a revision of each family, which its schedule runs from now on.

It runs in CodeBuild after Deploy, on whichever Python its image has, with the AWS CLI beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def aws(*words: str) -> Any:
    """Run the AWS CLI and return its answer. Where it fails it has said why, and so ends the build."""
    done = subprocess.run(["aws", *words, "--output", "json"], stdout=subprocess.PIPE, check=False, text=True)  # noqa: S603, S607 - the image's own, and no shell
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout or "{}")


def say(*words: object) -> None:
    """A line of the build's log."""
    print(*words, flush=True)  # noqa: T201 - it is all that it has


def main() -> int:
    """Returns the exit code: 0 once all jobs have the image."""
    families, container = json.loads(os.environ["JOB_FAMILIES"]), os.environ["CONTAINER_NAME"]
    images = {one["name"]: one["imageUri"] for one in json.loads(Path("docker_image_definition.json").read_text())}
    if container not in images:
        say("there is no image of", container)
        return 1
    accepted = aws("ecs", "register-task-definition", "--generate-cli-skeleton", "input")
    for family in families:
        # A family without a revision is its latest ACTIVE one, which is what a schedule runs.
        answer = aws("ecs", "describe-task-definition", "--task-definition", family, "--include", "TAGS")
        described = answer["taskDefinition"]
        own = next(one for one in described["containerDefinitions"] if one["name"] == container)
        if own["image"] == images[container]:
            say(family, "has the image already:", images[container])
            continue
        own["image"] = images[container]
        request = {name: value for name, value in described.items() if name in accepted}
        tags = [one for one in answer.get("tags", []) if not one["key"].startswith("aws:")]
        said = json.dumps({**request, **({"tags": tags} if tags else {})})
        made = aws("ecs", "register-task-definition", "--cli-input-json", said)["taskDefinition"]
        say(family, "runs", images[container], "from revision", made["revision"], "on")
    return 0


if __name__ == "__main__":
    sys.exit(main())
