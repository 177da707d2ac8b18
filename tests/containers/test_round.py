"""The sample app on a sandbox with an engine, from the first build to the last container, as a person sees it."""

from tests.containers.conftest import BACKEND, Project

BROKEN = """\
raise RuntimeError("no flux in the capacitor")
"""


def test_up_says_what_runs_the_app_and_where_it_opens(project: Project) -> None:
    [up] = project.ups
    assert f"runs the app ({project.engine.path})" in up.err
    assert f"on this machine: {project.url}" in up.err
    assert project.url.startswith("https://localhost:")


def test_the_app_answers_over_https(project: Project) -> None:
    code, body, _ = project.get()
    assert code == 200
    assert body["app"] == "hello"
    assert body["version"] == project.git("rev-parse", "HEAD")


def test_http_leads_to_https_on_this_machine(project: Project) -> None:
    code, _, where = project.get("/healthz", url=project.urls[1])
    assert code == 200
    assert where == f"{project.url}/healthz"


def test_the_image_has_the_name_that_ecr_gives(project: Project) -> None:
    commit = project.git("rev-parse", "HEAD")
    name = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello:{commit}"
    assert project.engine.call("GET", f"/images/{name}/json")["Config"]["User"] == "10001"


def test_the_log_is_the_container_s_own(project: Project) -> None:
    assert "Application startup complete" in project.ecsctl("logs", "--sandbox").out


def test_a_container_has_no_more_than_it_needs(project: Project) -> None:
    [task] = [one for one in project.tasks() if one["State"] == "running"]
    about = project.engine.call("GET", f"/containers/{task['Id']}/json")
    host = about["HostConfig"]
    assert not host["Privileged"]
    assert not host["Binds"]
    assert not host["CapAdd"]
    assert host["NetworkMode"].startswith("ecsctl-")
    assert {bound["HostIp"] for bounds in host["PortBindings"].values() for bound in bounds} == {"127.0.0.1"}
    assert host["Memory"] == 2048 << 20
    assert host["NanoCpus"] == 1_000_000_000
    assert about["Config"]["User"] == "10001"


def test_a_push_replaces_the_app_while_it_serves(project: Project) -> None:
    project.write(app=(BACKEND / "app.py").read_text().replace('"status": "ok"', '"status": "new"'))
    project.ecsctl("sandbox", "push", "--watch")
    assert project.get("/healthz")[1] == {"status": "new"}
    assert project.get()[1]["version"] == project.git("rev-parse", "HEAD")


def test_a_version_that_crashes_is_rolled_back_and_why_names_the_exception(project: Project) -> None:
    served = project.get()[1]["version"]
    project.write(app=BROKEN)
    pushed = project.ecsctl("sandbox", "push", "--watch", check=False)
    assert pushed.code == 6
    assert project.get()[1]["version"] == served
    why = project.ecsctl("why", "--sandbox", check=False)
    assert "RuntimeError: no flux in the capacitor" in why.out
