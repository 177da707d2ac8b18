"""The table [raw]: parameters of AWS's own calls, for what no option says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from ecsctl.config.section import Problem, Section

SAID = {
    "task_definition": {
        "family": "name", "containerDefinitions": "raw.container", "cpu": "service.cpu", "memory": "service.memory",
        "runtimePlatform": "service.architecture", "executionRoleArn": "service.secrets",
        "taskRoleArn": "service.permissions", "networkMode": "", "requiresCompatibilities": "", "tags": "tags",
        "ephemeralStorage": "service.ephemeral_gib",
    },
    "container": {
        "name": "name", "image": "", "essential": "", "portMappings": "service.port",
        "environment": "service.environment", "secrets": "service.secrets", "command": "service.command",
        "logConfiguration": "service.log_mode", "linuxParameters": "service.exec",
        "stopTimeout": "service.stop_timeout_seconds", "readonlyRootFilesystem": "service.read_only_root",
        "healthCheck": "service.health.container", "entryPoint": "service.entrypoint", "user": "service.user",
        "workingDirectory": "service.working_directory", "ulimits": "service.ulimits",
    },
}  # fmt: skip
"""By table: the parameters that other options say, and which; empty where ecsctl alone decides."""


class Raw(Section):
    """Parameters of AWS's own calls, by AWS's own names, for what no other option says. Checked by the SDK's model."""

    task_definition: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of RegisterTaskDefinition, merged last; one that is taken out here is taken back.",
        examples=[{"volumes": [{"name": "scratch"}]}],
    )
    container: dict[str, Any] = Field(
        default_factory=dict,
        description="The same of the app's own container in it (ContainerDefinition).",
        examples=[{"mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}]}],
    )

    def problems(self) -> Iterator[Problem]:
        """What other options say."""
        for table, said in SAID.items():
            for name in getattr(self, table):
                if name in said:
                    other = said[name]
                    why = f"is what {other} says: expected it there" if other else "is not to be chosen"
                    yield f"{table}.{name}", why
