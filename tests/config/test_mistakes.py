"""For keys of another tool in ecsctl.toml the message names ecsctl's own."""

from __future__ import annotations

import re

import pytest

from ecsctl import due
from ecsctl.config.json_schema import node
from ecsctl.config.mistakes import OTHER_TOOLS, of_other_tools, timetable, unknown


@pytest.mark.parametrize("key", OTHER_TOOLS)
def test_each_key_that_is_named_exists_and_no_other_name_of_it_does(key: str) -> None:
    for one in key.split(" and "):
        path = tuple(one.split("."))
        assert node(path) is not None, one
        for word in OTHER_TOOLS[key].split():
            assert node((*path[:-1], word)) is None, f"{word} is a word of ecsctl's own there"


def test_a_worker_s_mistake_names_its_own_key_or_the_app_s_where_it_has_none() -> None:
    assert unknown(("workers", "mailer", "replicas")).endswith("ecsctl has workers.mailer.desired_count for it")
    assert unknown(("service", "replicas")).endswith("ecsctl has service.desired_count for it")
    assert unknown(("vpc", "subnets")).endswith("vpc.public_subnets and vpc.private_subnets for it")
    assert of_other_tools("colour", ("service",), []) == ""


@pytest.mark.parametrize(("said", "aws"), [
    ("0 3 * * *", "cron(0 3 * * ? *)"),
    ("*/5 * * * *", "cron(0/5 * * * ? *)"),
    ("30 8 * * 1-5", "cron(30 8 ? * 2-6 *)"),
    ("0 0 */2 * *", "cron(0 0 1/2 * ? *)"),
    ("0 12 * * 0,3", "cron(0 12 ? * 1,4 *)"),
    ("0 12 * * MON", "cron(0 12 ? * MON *)"),
    ("@daily", "cron(0 0 * * ? *)"),
    ("@weekly", "cron(0 0 ? * 1 *)"),
    ("every 1 hour", "rate(1 hour)"),
    ("15m", "rate(15 minutes)"),
    ("0 0 1 * 1", ""),
    ("0 0 * * 5-7", ""),
    ("tomorrow", ""),
])  # fmt: skip
def test_a_time_in_crons_words_is_shown_in_those_of_aws(said: str, aws: str) -> None:
    assert timetable(said) == aws
    if aws:
        due.read(aws)
        assert re.match(r"cron|rate", aws)
