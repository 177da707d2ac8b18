from rich.text import Text

from ecsctl.ui import tables


def lines(*rows):
    return [line.plain for line in tables.aligned(("task", "state", "exit"), [[*map(Text, row)] for row in rows])]


def test_a_column_in_which_no_row_has_anything_is_left_out():
    assert lines(("a", "running", ""), ("bcdef", "pending", "")) == ["task   state", "a      running", "bcdef  pending"]
    assert lines(("a", "stopped", "137"))[0] == "task  state    exit"
    assert lines() == ["task  state  exit"]
