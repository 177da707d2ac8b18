import pytest

from ecsctl.sandbox.aws.cloudwatch.metricmath import value

UNSERVED = "IF(waiting > 0 AND FILL(running, 0) < 1, 1, 0)"


@pytest.mark.parametrize(
    ("expression", "known", "expected"),
    [
        ("m1 / m2", {"m1": 10.0, "m2": 4.0}, 2.5),
        ("m1 / m2", {"m1": 10.0, "m2": 0.0}, None),
        ("m1 / m2", {"m1": 10.0, "m2": None}, None),
        ("100 * FILL(m1, 0) / m2", {"m1": None, "m2": 8.0}, 0.0),
        ("-(m1 - 3) + 1.5", {"m1": 1.0}, 3.5),
        ("m1 > 1 OR m1 == 0", {"m1": 0.0}, 1.0),
        ("m1 >= 1 AND m1 <= 2 AND m1 != 2", {"m1": 2.0}, 0.0),
        ("m1 > 1 AND m2 > 1", {"m1": 2.0, "m2": None}, None),
        ("IF(m1, 1, 2)", {"m1": None}, None),
        (UNSERVED, {"waiting": 1.0, "running": None}, 1.0),
        (UNSERVED, {"waiting": 1.0, "running": 2.0}, 0.0),
        (UNSERVED, {"waiting": 0.0, "running": None}, 0.0),
        (UNSERVED, {"waiting": None, "running": None}, None),
    ],
)
def test_an_expression_comes_to_what_cloudwatch_makes_of_it(expression, known, expected):
    assert value(expression, known) == expected


@pytest.mark.parametrize("expression", ["m1 +", "m9", "AVG(m1)", "m1 ** 2", "__import__('os')", "[m1]"])
def test_what_is_no_expression_or_not_understood_is_reported(expression):
    with pytest.raises(ValueError, match=r"is no expression|does not know"):
        value(expression, {"m1": 1.0})
