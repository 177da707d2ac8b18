"""The sample app on a sandbox with an engine, from the first build to the last container, as a person sees it."""

import json
import subprocess
import sys

from ecsctl.sandbox.containers.authority import AUTHORITY
from tests.containers import load
from tests.containers.conftest import BACKEND, Project

RATE = 500  # requests a second
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
    assert body["version"] == project.served


def test_http_leads_to_https_on_this_machine(project: Project) -> None:
    code, _, where = project.get("/healthz", url=project.urls[1])
    assert code == 200
    assert where == f"{project.url}/healthz"


def test_the_image_has_the_name_that_ecr_gives(project: Project) -> None:
    name = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello:{project.served}"
    assert project.engine.call("GET", f"/images/{name}/json")["Config"]["User"] == "10001"


def test_the_log_is_the_container_s_own(project: Project) -> None:
    assert "Application startup complete" in project.ecsctl("logs", "--sandbox").out


def test_a_container_has_no_more_than_it_needs(project: Project) -> None:
    task = next(one for one in project.tasks() if one["State"] == "running")
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


def test_exec_runs_in_the_container(project: Project) -> None:
    program = "import os; print(os.getuid()); raise SystemExit(3)"
    ran = project.ecsctl("exec", "--sandbox", "--", "python3", "-c", program, check=False)
    assert (ran.code, ran.out) == (3, "0\n")  # root, whatever the image's user: as ECS Exec


def test_exec_opens_a_shell_on_a_terminal(project: Project) -> None:
    ran = project.typed("echo $((6 * 7)) $APP_NAME\nexit 5\n", "exec", "--sandbox")
    assert ran.code == 5
    assert "42 hello" in ran.out


def test_a_command_by_itself_really_runs(project: Project) -> None:
    ended = project.ecsctl(
        "run", "--sandbox", "--", "python3", "-c", "import os; print(os.getcwd()); exit(5)", check=False
    )
    assert (ended.code, ended.out) == (5, "/app\n")


def test_a_push_replaces_the_app_while_it_serves(project: Project) -> None:
    project.write(app=(BACKEND / "app.py").read_text().replace('"status": "ok"', '"status": "new"'))
    port, authority = project.url.rpartition(":")[2], project.record / AUTHORITY
    words = [sys.executable, load.__file__, port, str(authority), str(RATE)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        try:
            project.ecsctl("sandbox", "push", "--watch")
        finally:
            told = json.loads(client.communicate("over", timeout=60)[0])
    project.served = project.git("rev-parse", "HEAD")
    assert project.get("/healthz")[1] == {"status": "new"}
    assert project.get()[1]["version"] == project.served
    assert told["failed"] == []
    assert told["answered"] > RATE * told["seconds"] * 0.5  # the client has to share the processors with all the rest


def test_a_version_that_crashes_is_rolled_back_and_why_names_the_exception(project: Project) -> None:
    project.write(app=BROKEN)
    pushed = project.ecsctl("sandbox", "push", "--watch", check=False)
    assert pushed.code == 6
    assert project.get()[1]["version"] == project.served
    why = project.ecsctl("why", "--sandbox", check=False)
    assert "RuntimeError: no flux in the capacitor" in why.out
