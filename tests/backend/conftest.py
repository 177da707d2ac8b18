from pathlib import Path
from typing import NamedTuple

import pytest

BACKEND = Path(__file__).parents[2] / "backend"


class Instruction(NamedTuple):
    name: str
    rest: str


@pytest.fixture(scope="session")
def backend():
    """The folder that is built into the image."""
    return BACKEND


@pytest.fixture(scope="session")
def dockerfile():
    """The instructions of `backend/Dockerfile`, in order."""
    text = (BACKEND / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="session")
def final_stage(dockerfile):
    """The instructions that make the image itself: those after the last FROM, as `{name: rest}`."""
    start = max(number for number, instruction in enumerate(dockerfile) if instruction.name == "FROM")
    return dict(dockerfile[start:])
