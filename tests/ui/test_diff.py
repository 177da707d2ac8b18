import json

from hypothesis import given
from hypothesis import strategies as st

from ecsctl.ui.diff import Difference, compact, differences

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def shown(before, after):
    return list(differences(before, after))


def test_an_object_is_compared_key_by_key():
    assert shown({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 5, "d": 4}) == [
        Difference("~", "b", "2", "5"),
        Difference("-", "c", before="3"),
        Difference("+", "d", after="4"),
    ]


def test_pairs_are_compared_like_an_object():
    before, after = [["LOG", "info"], ["OLD", "1"]], [["NEW", ""], ["LOG", "debug"]]
    assert shown(before, after) == [
        Difference("~", "LOG", "info", "debug"),
        Difference("-", "OLD", before="1"),
        Difference("+", "NEW", after='""'),
    ]


def test_elements_with_names_are_found_by_their_names():
    before = [{"name": "Source", "actions": 1}, {"name": "Build", "actions": 1}]
    after = [{"name": "Build", "actions": 2}, {"name": "Source", "actions": 1}]
    assert shown(before, after) == [Difference("~", "Build", "1", "2")]


def test_rules_are_compared_line_by_line():
    ssh, web = {"port": 22, "cidr": "0.0.0.0/0", "group": None}, {"port": 443, "cidr": "0.0.0.0/0", "group": None}
    assert shown([ssh, web], [web, {**web, "port": 80}]) == [
        Difference("-", "", before="port=22 cidr=0.0.0.0/0"),
        Difference("+", "", after="port=80 cidr=0.0.0.0/0"),
    ]


def test_a_document_in_a_string_is_compared_as_a_document():
    before, after = ({"Statement": [{"Sid": "Pull", "Action": action}]} for action in ("ecr:*", "ecr:Get*"))
    found = [Difference("~", "Statement.Pull", "ecr:*", "ecr:Get*")]
    assert shown(json.dumps(before), json.dumps(after)) == found


def test_text_that_only_begins_like_a_document_is_text():
    assert shown("{x", "[y") == [Difference("~", "", "{x", "[y")]


def test_two_short_lists_are_shown_whole():
    assert shown([], ["CMD", "true"]) == [Difference("~", "", "none", "CMD, true")]


def test_two_long_lists_are_shown_by_element():
    before = [f"arn:aws:s3:::bucket-number-{number}" for number in range(5)]
    assert shown(before, before[1:]) == [Difference("-", "", before=before[0])]


def test_a_list_that_names_twice_is_compared_by_element():
    twice = [["a", 1], ["a", 2]]
    assert shown(twice, [["a", 1]]) == [Difference("-", "", before="a, 2")]


def test_an_empty_value_is_visible():
    assert [compact(value) for value in (None, "", " x", [], {}, True, False, 0)] == [
        "none", '""', '" x"', "none", "none", "yes", "no", "0"
    ]  # fmt: skip


@given(VALUES)
def test_what_is_the_same_does_not_differ(value):
    assert all(one.sign == "~" and one.before == one.after for one in differences(value, value))


@given(VALUES, VALUES)
def test_any_two_values_can_be_compared(before, after):
    if before != after:
        assert all(one.sign in ("+", "-", "~") for one in differences(before, after))
