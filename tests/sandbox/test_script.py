import pytest

from ecsctl.sandbox.core import script


@pytest.fixture(autouse=True)
def only_ours(monkeypatch):
    monkeypatch.setattr(script, "_switches", {})


def test_a_switch_is_called_by_its_name():
    @script.switch
    def break_it(how: str, times: int = 1) -> str:
        return how * times

    assert script.names() == ["break_it"]
    assert script.call("break_it", {"how": "ha", "times": 2}) == "haha"


def test_an_unknown_switch_is_reported_with_those_there_are():
    script.switch(len)
    with pytest.raises(script.ScriptError, match="there is no switch 'lend'; there are: len"):
        script.call("lend", {})


def test_wrong_arguments_are_reported_with_the_right_ones():
    @script.switch
    def break_it(how: str) -> None: ...

    with pytest.raises(script.ScriptError, match=r"break_it\(how: str\).*unexpected keyword argument 'who'"):
        script.call("break_it", {"how": "so", "who": "me"})


def test_two_switches_of_one_name_are_an_error():
    script.switch(len)
    with pytest.raises(ValueError, match="two switches called len"):
        script.switch(len)
