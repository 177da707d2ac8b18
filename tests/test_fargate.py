import functools
import json
import math
from importlib.util import find_spec
from pathlib import Path

import pytest

from ecsctl.fargate import MEMORY, fargate_pair, percentages

SIZES = "data/schemas/extensions/aws_ecs_taskdefinition/fargate_cpu_memory.json"


@functools.cache
def of_cfn_lint():
    """Its file alone: to import it takes a second."""
    return json.loads((Path(find_spec("cfnlint").origin).parent / SIZES).read_text())["then"]["anyOf"]


def allowed_by_cfn_lint(cpu, memory):
    """Returns what another project has written down of the same page."""
    for pair in of_cfn_lint():
        rules = [pair["properties"][name]["then"] for name in ("Cpu", "Memory")]
        if all(fits(rule, value) for rule, value in zip(rules, (cpu, memory), strict=True)):
            return True
    return False


def fits(rule, value):
    if "enum" in rule:
        return str(value) in map(str, rule["enum"])
    return rule["minimum"] <= value <= rule["maximum"] and value % rule["multipleOf"] == 0


@pytest.mark.parametrize("cpu", [*MEMORY, 128, 300, 65536])
def test_a_size_is_right_if_and_only_if_aws_lists_it(cpu):
    for memory in (*range(0, 262144, 512), 300, 1000):
        try:
            fargate_pair(cpu, memory)
            right = True
        except ValueError:
            right = False
        assert right == allowed_by_cfn_lint(cpu, memory), (cpu, memory)


def test_a_wrong_size_tells_the_right_ones():
    with pytest.raises(ValueError, match=r"cpu = 300 .* one of 256, 512, 1024, 2048, 4096, 8192, 16384, 32768"):
        fargate_pair(300, 512)
    with pytest.raises(ValueError, match=r"memory = 4096 cannot be combined with cpu = 256: choose 512, 1024 or 2048"):
        fargate_pair(256, 4096)
    with pytest.raises(ValueError, match=r"8192 to 30720 in steps of 1024"):
        fargate_pair(4096, 512)


def deploys(desired, minimum, maximum):
    """Play a rolling deployment: whether it comes to its end."""
    floor, ceiling = math.ceil(desired * minimum / 100), math.floor(desired * maximum / 100)
    old, new = desired, 0
    while (old, new) != (0, desired):
        if new < desired and old + new + 1 <= ceiling:
            new += 1
        elif old and old + new - 1 >= floor:
            old -= 1
        else:
            return False
    return True


@pytest.mark.parametrize("desired", range(13))
def test_percentages_are_refused_if_and_only_if_a_deployment_with_them_would_stand_still(desired):
    for minimum in (0, 1, 33, 49, 50, 51, 67, 99, 100):
        for maximum in (100, 101, 110, 125, 133, 150, 199, 200):
            try:
                percentages(desired, minimum, maximum)
                right = True
            except ValueError:
                right = False
            assert right == deploys(desired, minimum, maximum), (desired, minimum, maximum)


def test_the_refusal_says_what_stands_in_the_way_and_what_works():
    with pytest.raises(ValueError, match=r"with 1 task, a minimum of 50 % keeps 1 running and a maximum of 100 % "
                                         r"allows 1: .* 100 and 200 always work"):  # fmt: skip
        percentages(1, 50, 100)


def test_a_minimum_above_the_maximum_is_no_range():
    with pytest.raises(ValueError, match="not 0 ≤ minimum ≤ maximum"):
        percentages(0, 150, 100)
