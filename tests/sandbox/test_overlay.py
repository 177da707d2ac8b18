"""What becomes of the sandbox when moto changes under it."""

import subprocess
import sys
import tomllib
from pathlib import Path

# In a process of its own: what the overlay does to moto's classes, it does once and for good.
GROWN = """
import warnings
from moto.codebuild.responses import CodeBuildResponse

CodeBuildResponse.list_curated_environment_images = lambda self: "moto's"
from ecsctl.sandbox.core import overlay

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    overlay.install({how})
print([str(one.message) for one in told if one.category is RuntimeWarning])
print(CodeBuildResponse.list_curated_environment_images.__module__)
"""


def process(how):
    return subprocess.run(
        [sys.executable, "-c", GROWN.format(how=how)], capture_output=True, text=True, timeout=60, check=False
    )


def test_in_a_users_process_ours_wins_with_a_warning():
    warned, module = process("").stdout.splitlines()
    assert "moto now has CodeBuildResponse.list_curated_environment_images, too" in warned
    assert module == "ecsctl.sandbox.aws.codebuild.images"


def test_in_tests_it_is_an_error():
    done = process("tests=True")
    assert done.returncode == 1
    assert "moto now has CodeBuildResponse.list_curated_environment_images: compare it and drop ours" in done.stderr


def test_moto_is_bounded_above():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    [moto] = [one for one in project["project"]["optional-dependencies"]["sandbox"] if one.startswith("moto")]
    assert ",<" in moto
