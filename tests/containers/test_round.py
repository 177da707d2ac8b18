"""The sample app on a sandbox with an engine, from the first build to the last container, as a person sees it."""

import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ecsctl.sandbox.containers import fleet, leftovers
from ecsctl.sandbox.containers.authority import AUTHORITY
from ecsctl.sandbox.containers.registry import KINDS
from tests.containers import load
from tests.containers.agreement import Account
from tests.containers.conftest import COMMAND, SLOW, Project

RATE = 500  # requests a second
S3 = """\
import boto3, botocore.exceptions
files = boto3.client("s3")
files.create_bucket(Bucket="app-files", CreateBucketConfiguration={"LocationConstraint": files.meta.region_name})
files.put_object(Bucket="app-files", Key="a", Body=b"what was put")
print(files.get_object(Bucket="app-files", Key="a")["Body"].read().decode())
try: files.delete_object(Bucket="app-files", Key="a")
except botocore.exceptions.ClientError as error: print(error.response["Error"]["Message"].split(": ", 2)[2])
print(boto3.client("sts").get_caller_identity()["Arn"].split("/")[1])
try: boto3.client("s3", aws_access_key_id="AKIA", aws_secret_access_key="stranger", aws_session_token="").list_buckets()
except botocore.exceptions.ClientError as error: print(error.response["Error"]["Code"])
"""
ASKS = """\
import socket, sys
try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)
except OSError as error: print(type(error).__name__)
else: print("connected")
"""
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


def test_the_digest_is_what_a_registry_computes_and_the_size_what_it_stores(project: Project, a_registry: None) -> None:
    aws = Account(project).client("ecr")
    [image] = aws.describe_images(repositoryName="hello", imageIds=[{"imageTag": project.served}])["imageDetails"]
    [config] = Path(tempfile.gettempdir()).glob(
        f"ecsctl-sandbox-{leftovers.whose(project.record)}-*/ecsctl-registry-*/config.yml"
    )
    place = json.loads(config.read_text())["http"]["addr"]
    name = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello/manifests/{project.served}"
    asked = urllib.request.Request(f"http://{place}/v2/{name}", headers={"Accept": KINDS})
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - on loopback
        content = answer.read()
    assert image["imageDigest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert image["imageSizeInBytes"] == sum(layer["size"] for layer in json.loads(content)["layers"])
    ident = json.loads(content)["config"]["digest"].removeprefix("sha256:")
    assert running(project)["hello"]["Image"].removeprefix("sha256:") == ident


def test_the_log_is_the_container_s_own(project: Project) -> None:
    assert "Application startup complete" in project.ecsctl("logs", "--sandbox").out


def running(project: Project) -> dict[str, Any]:
    """The containers that run, by name, as the engine tells of them."""
    ids = [one["Id"] for one in project.tasks() if one["State"] == "running"]
    found = [project.engine.call("GET", f"/containers/{ident}/json") for ident in ids]
    return {one["Config"]["Labels"][fleet.NAME]: one for one in found}


def test_a_container_has_no_more_than_it_needs(project: Project) -> None:
    boxes = running(project)
    about, host = boxes["hello"], boxes["hello"]["HostConfig"]
    assert not host["Privileged"]
    assert not [one for one in host["Binds"] or () if one.startswith("/")]  # volumes alone, as Podman tells them
    assert not host["CapAdd"]
    helper = boxes["helper"]["HostConfig"]
    assert all(name.startswith("ecsctl-") for name in boxes["helper"]["NetworkSettings"]["Networks"])
    assert {bound["HostIp"] for bounds in helper["PortBindings"].values() for bound in bounds} == {"127.0.0.1"}
    assert host["Memory"] == 2048 << 20
    limits = {one["Name"].removeprefix("RLIMIT_").lower(): (one["Soft"], one["Hard"]) for one in host["Ulimits"]}
    assert limits["nofile"] == (2048, 2048)
    assert [(one["Type"], one["Destination"]) for one in about["Mounts"]] == [("volume", "/data")]
    assert host["NanoCpus"] == 1_000_000_000
    assert about["Config"]["User"] == "10001"


def test_a_sidecar_shares_network_and_volume_with_the_app_and_is_well_before_that_starts(project: Project) -> None:
    boxes = running(project)
    assert boxes["hello"]["HostConfig"]["NetworkMode"] == f"container:{boxes['helper']['Id']}"
    shared = {name: [one["Name"] for one in box["Mounts"]] for name, box in boxes.items()}
    assert shared["hello"] == shared["helper"] != []
    assert boxes["hello"]["State"]["StartedAt"] > boxes["helper"]["State"]["StartedAt"]


def test_exec_runs_in_the_container(project: Project) -> None:
    program = "import os; print(os.getuid()); raise SystemExit(3)"
    ran = project.ecsctl("exec", "--sandbox", "--", "python3", "-c", program, check=False)
    assert (ran.code, ran.out) == (3, "0\n")  # root, whatever the image's user: as ECS Exec


def test_exec_opens_a_shell_on_a_terminal(project: Project) -> None:
    ran = project.typed("echo $((6 * 7)) $APP_NAME\nexit 5\n", "exec", "--sandbox")
    assert ran.code == 5
    assert "42 hello" in ran.out


def test_a_tunnel_leads_to_the_containers_port_and_ctrl_c_ends_it(project: Project) -> None:
    words, where = [*COMMAND, "forward", "0:8000", "--sandbox"], project.environment()
    with subprocess.Popen(words, cwd=project.folder, env=where, stdout=subprocess.PIPE, text=True) as tunnel:
        assert tunnel.stdout is not None
        address = tunnel.stdout.readline().strip()
        with urllib.request.urlopen(f"http://{address}/healthz", timeout=10) as answer:
            assert answer.status == 200
        tunnel.send_signal(signal.SIGINT)
        assert tunnel.wait(timeout=20) == 130


def test_a_command_by_itself_really_runs(project: Project) -> None:
    ended = project.ecsctl(
        "run", "--sandbox", "--", "python3", "-c", "import os; print(os.getcwd()); exit(5)", check=False
    )
    assert (ended.code, ended.out) == (5, "/app\n")


def test_the_release_command_and_a_job_really_run(project: Project) -> None:
    assert "migrated hello" in project.ecsctl("logs", "--sandbox").out
    assert project.ecsctl("jobs", "run", "report", "--sandbox").out == "reported\n"


def test_a_browser_opens_the_app_once_it_trusts_the_authority(project: Project, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("there is no chromium here")
    authority = x509.load_pem_x509_certificate((project.record / AUTHORITY).read_bytes())
    key = hashlib.sha256(authority.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    words = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    trust = f"--ignore-certificate-errors-spki-list={base64.b64encode(key).decode()}"

    def opened(profile: str, *more: str) -> str:
        """The page, or why there is none: versions differ in whether they dump the page of an error or log it.

        Each has a profile of its own: a browser that has only just ended may still hold its.
        """
        command = [*words, f"--user-data-dir={tmp_path / profile}", *more, project.urls[1]]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        return ended.stdout + ended.stderr

    assert '"app":"hello"' in opened("trusts", trust)  # by way of the redirect from http
    assert "ERR_CERT_AUTHORITY_INVALID" in opened("does-not")


def test_the_app_reaches_s3_in_the_sandbox_as_its_role_as_far_as_that_may(project: Project) -> None:
    ran = project.ecsctl("exec", "--sandbox", "--", "python3", "-c", S3)
    put, denied, role, stranger = ran.out.splitlines()
    assert put == "what was put"
    assert denied.startswith('s3:DeleteObject on resource: "arn:aws:s3:::app-files/a" because no identity-based policy')
    assert role == "hello-eu-central-1-task"
    assert stranger == "UnrecognizedClientException"


def test_the_app_does_not_reach_what_listens_on_this_machine(project: Project) -> None:
    [network] = project.engine.ours("networks", leftovers.whose(project.record))
    gateway = network["IPAM"]["Config"][0]["Gateway"]
    filters = os.geteuid() == 0 and shutil.which("iptables")  # else what listens on all addresses can be reached
    for address in ("127.0.0.1", "") if filters else ("127.0.0.1",):
        with socket.create_server((address, 0)) as stranger:
            port = str(stranger.getsockname()[1])
            ran = project.ecsctl("exec", "--sandbox", "--", "python3", "-c", ASKS, gateway, port)
            assert ran.out.strip() != "connected"


@contextmanager
def under_load(project: Project) -> Iterator[dict[str, Any]]:
    """Requests at that rate from the beginning to the end of the block; then what became of them."""
    port, authority, figures = project.url.rpartition(":")[2], project.record / AUTHORITY, dict[str, Any]()
    words = [sys.executable, load.__file__, port, str(authority), str(RATE)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        try:
            yield figures
        finally:
            figures |= json.loads(client.communicate("over", timeout=60)[0])


def test_a_push_replaces_the_app_while_it_serves_and_what_is_in_a_volume_stays(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = ("exec", "--sandbox", "--", "python3", "-c")
    project.ecsctl(*inside, "open('/data/kept', 'w').write('kept')")
    project.write(app=SLOW.replace('"status": "ok"', '"status": "new"'))
    with under_load(project) as load:
        project.ecsctl("sandbox", "push", "--watch")
    project.served = project.git("rev-parse", "HEAD")
    assert project.get("/healthz")[1] == {"status": "new"}
    assert project.get()[1]["version"] == project.served
    assert load["failed"] == []
    with capsys.disabled():
        held = load["answered"] / load["seconds"]
        print(f"\nload: {held:.0f} of {RATE} requests a second through a deployment of {load['seconds']:.0f} s")  # noqa: T201 - asked for
    assert held > RATE * 0.5  # the client has to share the processors with all the rest
    assert load["slow"]
    assert project.ecsctl(*inside, "print(open('/data/kept').read())").out == "kept\n"


def test_a_version_that_crashes_is_rolled_back_and_why_names_the_exception(project: Project) -> None:
    project.write(app=BROKEN)
    with under_load(project) as load:
        pushed = project.ecsctl("sandbox", "push", "--watch", check=False)
    assert pushed.code == 6
    assert load["failed"] == [], "the version before serves all the time"
    assert load["answered"]
    assert project.get()[1]["version"] == project.served
    why = project.ecsctl("why", "--sandbox", check=False)
    assert "RuntimeError: no flux in the capacitor" in why.out
