from dataclasses import replace

import pytest

from ecsctl.engine.report import Condition, Report
from ecsctl.ui import console, status
from tests.ui import running, samples


def shown(reports):
    return "\n".join(line.plain for line in status.table(reports, samples.NOW))


def test_each_condition_is_shown_with_its_cause(snapshot):
    assert shown(samples.reports()) == snapshot
    assert {report.condition for report in samples.reports()} == set(Condition)


def test_an_id_that_does_not_fit_has_a_line_of_its_own():
    lines = [line.plain for line in status.table(samples.reports(), samples.NOW, room=60)]
    assert "    vpc-0a1b2c3d4e5f60718" in lines
    assert any(line.endswith(" shop") for line in lines)


def test_a_screen_shows_the_beginning_of_a_digest_and_a_file_all_of_it():
    digest = "1f" * 32
    image = Report(replace(samples.VPC, ids=samples.VpcIds(f"shop@sha256:{digest}")), None)
    screen, file = ([line.plain for line in status.table([image], samples.NOW, room=room)][1] for room in (80, None))
    assert screen.endswith(f" shop@sha256:{digest[:12]}")
    assert file.endswith(f" shop@sha256:{digest}")


def test_a_name_longer_than_most_stands_above_its_row_and_moves_no_other():
    long = replace(samples.VPC, name="n" * 50)
    lines = [line.plain for line in status.table([*samples.reports(), Report(long, None)], samples.NOW, room=80)]
    at = next(number for number, line in enumerate(lines) if line.endswith("n" * 50))
    column = lines[0].index("state")
    assert (lines[at + 1][:column].isspace(), lines[at + 1].endswith(samples.VPC.ids.vpc_id)) == (True, True)
    assert lines[:at] == [line.plain for line in status.table(samples.reports(), samples.NOW, room=80)]


def test_the_counts_are_shown_below():
    assert status.summary(samples.reports()[:2]).plain == "1 up to date, 1 drifted"


def test_stdout_has_the_url_first_and_stderr_nothing(capsys):
    status.show(samples.reports(), samples.NOW, url=samples.URL, links=False)
    out, err = capsys.readouterr()
    assert out.startswith(samples.URL + "\n")
    assert err == ""


def test_why_the_service_does_not_run_stands_below_the_table(capsys):
    status.show(samples.reports(), samples.NOW, url="", links=False, cause="the app crashed\x1b[2J")
    assert capsys.readouterr().out.splitlines()[-1] == "✗ the app crashed\\x1b[2J"


def test_several_processes_have_a_table_of_their_own_and_one_alone_has_none(capsys, snapshot):
    status.show(samples.reports()[:1], samples.NOW, url="", links=False, every=running.processes())
    assert capsys.readouterr().out == snapshot
    status.show(samples.reports()[:1], samples.NOW, url="", links=False, every=running.processes()[:1])
    assert "process" not in capsys.readouterr().out


def test_links_are_written_out_on_demand_only(capsys):
    status.show(samples.reports(), samples.NOW, url="", links=False)
    assert "console.aws" not in capsys.readouterr().out
    status.show(samples.reports(), samples.NOW, url="", links=True)
    assert f"\nVPC                {samples.reports()[0].console}\n" in capsys.readouterr().out


@pytest.mark.parametrize(("force", "linked"), [("1", True), ("", False)])
def test_ids_are_links_where_a_terminal_shows_them(monkeypatch, capsys, force, linked):
    monkeypatch.setenv("FORCE_COLOR", force)
    status.show(samples.reports(), samples.NOW, url="", links=False)
    assert ("\x1b]8;" in capsys.readouterr().out) is linked


def test_signs_are_ascii_where_the_encoding_has_no_others(monkeypatch):
    monkeypatch.setattr(type(console.stdout_console()), "encoding", "ascii")
    shown(samples.reports()).encode("ascii")


def test_a_name_from_a_tag_steers_nothing(capsys):
    step = samples.doing(samples.VPC, samples.VPC.verb, reason="\x1b[2J")
    status.show([Report(step, None)], samples.NOW, url="https://x/\x1b]8;;", links=True)
    assert "\x1b" not in capsys.readouterr().out
