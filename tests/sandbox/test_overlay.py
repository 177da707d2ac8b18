"""What happens to the sandbox when moto changes."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

AWS = Path(__file__).parents[2] / "ecsctl/sandbox/aws"

# In a process of its own: what the overlay does to moto's classes, it does once and for good.
GROWN = """
import os
import warnings
from moto.codebuild.responses import CodeBuildResponse

CodeBuildResponse.list_curated_environment_images = lambda self: "moto's"
from ecsctl.sandbox.core import overlay

for module in overlay.MODULES:
    __import__(f"ecsctl.sandbox.{module}")
if os.fork() == 0:
    overlay.install(tests=True)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.wait()[1]))
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    overlay.install()
print([str(one.message) for one in told if one.category is RuntimeWarning])
print(CodeBuildResponse.list_curated_environment_images.__module__)
"""


@pytest.fixture(scope="module")
def grown():
    return subprocess.run([sys.executable, "-c", GROWN], capture_output=True, text=True, timeout=60, check=True)


def test_in_a_users_process_ours_wins_with_a_warning(grown):
    _, warned, module = grown.stdout.splitlines()
    assert "moto now has CodeBuildResponse.list_curated_environment_images, too" in warned
    assert module == "ecsctl.sandbox.aws.codebuild.images"


def test_in_tests_it_is_an_error(grown):
    assert grown.stdout.splitlines()[0] == "1"
    assert "moto now has CodeBuildResponse.list_curated_environment_images: compare it and drop ours" in grown.stderr


def test_moto_is_bounded_above():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    [moto] = [one for one in project["project"]["optional-dependencies"]["sandbox"] if one.startswith("moto")]
    assert ",<" in moto


def test_each_service_is_a_package_whose_modules_have_the_same_names():
    services = {path.parent.name: {one.stem for one in path.parent.glob("*.py")} for path in AWS.glob("*/__init__.py")}
    assert [path.stem for path in AWS.glob("*.py") if path.stem != "__init__"] == ["account"]
    assert "ecs" in services
    assert [name for name, modules in services.items() if not modules & {"state", "checks", "time"}] == []
