"""State of Session Manager's sessions."""

from dataclasses import dataclass, field

from moto.ssm.models import SimpleSystemManagerBackend

from ecsctl.sandbox.aws.ecs import views
from ecsctl.sandbox.aws.ecs.state import Task
from ecsctl.sandbox.core import overlay


@dataclass
class Session:
    """A session that was opened, and when it was terminated, if it was."""

    id: str
    task: Task
    target: str
    document: str
    given: dict[str, str]
    began: float
    owner: str
    ended: float | None = None

    @property
    def active(self) -> bool:
        """Whether it is active: not terminated, and its task and the agent in it still run."""
        return self.ended is None and views.is_agent_running(self.task)


@dataclass
class _Sessions:
    """All sessions, by id."""

    of: dict[str, Session] = field(default_factory=dict)


def sessions(backend: SimpleSystemManagerBackend) -> _Sessions:
    """The sessions of an account and region."""
    return overlay.memory(backend, _Sessions)
