"""What `backend/Dockerfile` says of the image. The image itself is not built here: these tests need no Docker engine.

Building it for arm64 and running it is what the pipeline does; here the file is read, and its command is run by
`test_app.py` with the Python of the tests.
"""

import fnmatch
import json
import re
from pathlib import PurePosixPath

import pytest

ECR_PUBLIC = "public.ecr.aws/docker/library/"


def pins(path):
    """`{distribution: version}` of a requirements file."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text(), re.MULTILINE))


def ignored(path, patterns):
    """Whether `.dockerignore` keeps a path out of the build: the last pattern that matches it or a parent decides."""
    decided = False
    for pattern in patterns:
        names = [str(path), *map(str, path.parents)]
        if any(fnmatch.fnmatch(name, pattern.removeprefix("!")) for name in names if name != "."):
            decided = not pattern.startswith("!")
    return decided


@pytest.fixture
def ignore_patterns(backend):
    lines = (backend / ".dockerignore").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_every_base_image_comes_from_ecr_public_or_from_the_file_itself(dockerfile):
    froms = [instruction.rest.split() for instruction in dockerfile if instruction.name == "FROM"]
    stages = {words[2] for words in froms if words[1:2] == ["AS"]}
    outside = {words[0] for words in froms} - stages

    assert len(froms) > 1
    assert outside
    assert all(image.startswith(ECR_PUBLIC) and ":" in image and "latest" not in image for image in outside)


def test_the_app_is_not_root_and_everybody_can_see_so(final_stage):
    user = final_stage["USER"]

    assert user.isdigit()
    assert int(user) > 0


def test_sigterm_reaches_python_because_no_shell_stands_between(final_stage):
    """In the shell form /bin/sh is process 1 and keeps the signal to itself."""
    assert json.loads(final_stage["CMD"])[0] == "python"
    assert "ENTRYPOINT" not in final_stage


def test_the_log_is_not_held_back(final_stage):
    assert "PYTHONUNBUFFERED=1" in final_stage["ENV"].split()


def test_the_image_carries_its_own_tag(final_stage):
    assert final_stage["ARG"].startswith("IMAGE_TAG=")
    assert "IMAGE_TAG=$IMAGE_TAG" in final_stage["ENV"].split()


def test_one_port_is_exposed(final_stage):
    assert final_stage["EXPOSE"] == "8000"


def test_only_the_environment_leaves_the_build_stage(dockerfile, final_stage):
    """The final stage installs nothing: no package index, no cache, no compiler."""
    copied = [instruction.rest for instruction in dockerfile if instruction.rest.startswith("--from=")]

    assert copied == ["--from=build /venv /venv"]
    assert "RUN" not in final_stage


def test_everything_that_is_copied_exists_and_reaches_the_builder(dockerfile, backend, ignore_patterns):
    copies = [instruction.rest.split() for instruction in dockerfile if instruction.name in ("COPY", "ADD")]
    sources = [source for words in copies if not words[0].startswith("--from=") for source in words[:-1]]

    assert sources
    for source in sources:
        assert (backend / source).is_file(), source
        assert not ignored(PurePosixPath(source), ignore_patterns), source


@pytest.mark.parametrize("path", [".env", ".git/config", "__pycache__/app.cpython-313.pyc", "id_rsa", "Dockerfile"])
def test_nothing_else_reaches_the_builder(path, ignore_patterns):
    assert ignored(PurePosixPath(path), ignore_patterns)


def test_every_requirement_is_pinned_and_hashed_and_names_no_index(backend):
    text = (backend / "requirements.txt").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())

    assert all(re.match(r"[a-z0-9._-]+==\S+", entry) and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert {"fastapi", "uvicorn"} == set((backend / "requirements.in").read_text().split())


def test_the_versions_that_ship_are_the_versions_that_are_tested(backend):
    tested = pins(backend.parent / "requirements" / "test.txt")

    for name, version in pins(backend / "requirements.txt").items():
        assert tested.get(name) == version, name
