import pytest

HEAD = 'name = "shop"\n'
JOB = '[jobs.nightly]\ncommand = ["a"]\nschedule = "cron(0 3 * * ? *)"\n'

WRONG = [
    ('schedule = "daily"', 'jobs.nightly.schedule: expected "cron(minutes hours day-of-month month day-of-week year)" '
     'or "rate(15 minutes)", in minutes, hours or days, found "daily"'),
    ('schedule = "cron(0 3 * * * *)"', 'jobs.nightly.schedule = "cron(0 3 * * * *)": expected ? in one of day-of-month '
     "and day-of-week, and only in one"),
    ('schedule = "cron(0 25 * * ? *)"',
     'jobs.nightly.schedule = "cron(0 25 * * ? *)": 25 is not a valid value for hours: expected 0 to 23'),
    ('schedule = "rate(1 day)"\ntime_zone = "Europe/Berlim"',
     "jobs.nightly.time_zone: Europe/Berlim is not an IANA time zone"),
    ('schedule = "rate(1 day)"\noverlap = "skip"',
     'jobs.nightly.overlap: expected one of "allow", "refuse", found "skip"'),
    ('schedule = "rate(1 day)"\ncpu = 512\nmemory = 512', "jobs.nightly.memory: "),
    ('schedule = "rate(1 day)"\nsidecars = ["agent"]',
     "jobs.nightly.sidecars.0: is not one of [sidecars]: none"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), WRONG)
def test_what_is_wrong_with_a_job_is_reported(mistakes, lines, message):
    found = mistakes(f'{HEAD}[jobs.nightly]\ncommand = ["a"]\n{lines}\n')
    assert any(message in one for one in found), found


def test_a_name_stands_for_one_process_and_one_step(mistakes):
    worker = '[workers.nightly]\ncommand = ["a"]\n'
    assert "is also the name of a worker" in mistakes(HEAD + worker + JOB)[0]
    for name in ("web", "run", "release", "app", "Nightly", "a" * 21, "a_b"):
        assert mistakes(HEAD + JOB.replace("nightly", name))
    pipeline = '[github]\nrepository = "acme/shop"\n[pipeline]\napprovals = [{ name = "Jobs" }]\n'
    assert "is taken by what gives the jobs the new image" in mistakes(HEAD + pipeline + JOB)[0]
    helper = '[sidecars.ecsctl-timeout]\nimage = "a:1"\n'
    assert "a name that ecsctl uses itself" in mistakes(HEAD + helper + JOB + "timeout_minutes = 5\n")[0]


def test_a_job_takes_from_the_service_what_it_does_not_say(load):
    service = '[service]\ncpu = 512\nmemory = 1024\nenvironment = { A = "1", B = "2" }\nhealth_path = "/up"\n'
    own = 'memory = 2048\nenvironment = { B = "3" }\n'
    found = load(HEAD + service + JOB + own).config
    merged = found.jobs["nightly"].over(found.service)
    assert (merged.cpu, merged.memory, merged.command) == (512, 2048, ("a",))
    assert merged.environment == {"A": "1", "B": "3"}
    assert found.jobs["nightly"].paused is None
