import io

import pytest
from rich.console import Console

from ecsctl.ui.safe import padded, plain, safe

STEERING = {
    "colour": ("\x1b[31mred", r"\x1b[31mred"),
    "clear the screen": ("\x1b[2J\x1b[H", r"\x1b[2J\x1b[H"),
    "window title": ("\x1b]0;mine\x07", r"\x1b]0;mine\x07"),
    "OSC 8 link": ("\x1b]8;;https://evil\x1b\\x\x1b]8;;\x1b\\", "\\x1b]8;;https://evil\\x1b\\x\\x1b]8;;\\x1b\\"),
    "C1 control": ("\x9b31mred", r"\x9b31mred"),
    "DEL": ("a\x7fb", r"a\x7fb"),
    "NUL and bell": ("\x00\x07", r"\x00\x07"),
    "line break": ("error: x\nhint: rm -rf", r"error: x\nhint: rm -rf"),
    "carriage return": ("right\rwrong", r"right\rwrong"),
    "tab": ("a\tb", r"a\tb"),
    "backspace": ("a\bb", r"a\x08b"),
    "right-to-left override": ("user\u202etxt.exe", r"user\u202etxt.exe"),
    "isolate": ("\u2066x\u2069", r"\u2066x\u2069"),
    "zero-width space": ("a\u200bb", r"a\u200bb"),
    "joiner between letters": ("a\u200db", r"a\u200db"),
    "byte order mark": ("\ufeffx", r"\ufeffx"),
    "soft hyphen": ("a\u00adb", r"a\xadb"),
    "line separator": ("a\u2028b", r"a\u2028b"),
    "tag characters": ("x\U000e0041", r"x\U000e0041"),
    "lone surrogate": ("a\ud800", r"a\ud800"),
    "private use": ("\ue000vpc\ue000", r"\ue000vpc\ue000"),
}
HARMLESS = [
    *("shop", "Überraschung", "naïve café", "日本語", "العربية", "a → b …", "C:\\x", ""),
    *("🚀 done", "\U0001f469\u200d\U0001f4bb", "\U0001f469\U0001f3fd\u200d\U0001f4bb", "\u2764\ufe0f\u200d\U0001f525"),
]


@pytest.mark.parametrize(("text", "shown"), STEERING.values(), ids=STEERING)
def test_what_steers_a_terminal_is_written_out(text, shown):
    assert safe(text) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_letters_accents_and_emoji_stay(text):
    assert safe(text) == text


@pytest.mark.parametrize("text", [text for text, _ in STEERING.values()] + HARMLESS)
def test_what_is_safe_stays_as_it_is(text):
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize("text", ["[link=https://evil]click[/link]", "[bold]x[/]", ":bomb:", "[/nothing]"])
def test_markup_in_data_is_text(text):
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=80).print(plain(text))
    assert text in out.getvalue()


def test_a_cell_is_as_wide_as_its_column_whatever_is_in_it():
    assert {padded(plain(text), 12).cell_len for text in ("", "vpc", "日本語", "🚀", "\x1b[1m")} == {14}
