from ecsctl.ui import pipeline
from tests.ui import running


def shown(run, **more):
    return "\n".join(line.plain for line in pipeline.table(run, **more))


def test_a_run_is_a_line_for_each_stage_and_action(snapshot):
    assert shown(running.run("Failed", "The service shop did not reach a steady state")) == snapshot


def test_where_there_is_no_console_its_pages_are_left_out(capsys):
    assert running.BUILD in shown(running.run())
    pipeline.show(running.run(), [], links=False)
    assert "https://" not in capsys.readouterr().out


def test_another_run_that_is_under_way_is_named(capsys):
    pipeline.show(running.run(), ["abcd-1234"])
    assert capsys.readouterr().out.endswith("another run is under way: abcd-1234\n")


def test_each_change_is_reported_once_and_a_failure_with_its_reason():
    before, after = running.run(), running.run("Failed", "no steady state")
    assert list(pipeline.changes(None, before)) == [
        "Source: Source Succeeded",
        "Build: Build Succeeded",
        "Deploy: Deploy InProgress",
    ]
    assert list(pipeline.changes(before, after)) == ["Deploy: Deploy Failed: no steady state"]
    assert list(pipeline.changes(after, after)) == []
