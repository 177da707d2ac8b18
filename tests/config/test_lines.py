"""The line of every key, whatever way of writing TOML was chosen."""

import tomllib

import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from ecsctl.config.files import lines

TRICKY = '''# comment [not.a.table]
name = "a # no comment"   # a = 1
"quoted key" = 'literal " \\'
a."b.c".d = """two "" quotes
[not a table]
x = 1 \\""" still
""" # after
e = \'\'\'
it''s
[[neither]]
\'\'\'\'
list = [ # comment
  1, [2,
  "]", ], { x = 1, y.z = "}" },
]
inline = { one = [1, 2], "two" = {}, three.four = 1979-05-27T07:32:00Z }
[ table . sub ]
key=1
[[many]]
k = 1
[[many]]
k = 2
[many.below]
deep = true
[[many.nested]]
n = """"quote at both ends""""
[[many]]
[empty]
'''


def paths(value, path=()):
    """Every path of a parsed document."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from paths(below, (*path, key))


def test_every_key_and_element_has_its_line():
    found = lines(TRICKY)
    assert set(found) == set(paths(tomllib.loads(TRICKY)))
    written = TRICKY.splitlines()
    for path, line in found.items():
        if isinstance(path[-1], str):
            assert path[-1] in written[line - 1], path
    assert found["list", 1, 1] == 14
    assert (found["many", 0, "k"], found["many", 1, "k"], found["many", 2]) == (20, 22, 27)


def test_lines_that_windows_ends_are_counted_too():
    found = lines(TRICKY.replace("\n", "\r\n"))
    assert found == lines(TRICKY)


OBSERVED = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
KEYS = st.text(OBSERVED, min_size=1, max_size=6)
VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.text(OBSERVED, max_size=9) | st.just("a\nb\"'''\\"),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_whatever_a_document_holds_each_part_of_it_is_found(document):
    text = tomlkit.dumps(document)
    parsed = tomllib.loads(text)
    assert set(paths(parsed)) == set(lines(text))


@given(st.text(alphabet="ab=.[]{}\"'#,\n\\ 1", max_size=40))
def test_what_is_no_toml_does_no_harm(text):
    try:
        expected = set(paths(tomllib.loads(text)))
    except ValueError:
        expected = None
    found = lines(text)
    if expected is not None:
        assert set(found) == expected
