"""What fails first on AWS fails on a sandbox with an engine too, in AWS's words, and `why` says what it is."""

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

from ecsctl.sandbox.containers import fleet
from tests.containers import base
from tests.containers.agreement import Account, ending, pushed, recorded_ending
from tests.containers.conftest import DOCKERFILE, LIGHT, PLAIN, Project, until

SECRETS = """
[service.secrets]
KEY = "app/key"
OF_KEY = "app/key:of"
PARAMETER = "/app/parameter"
"""


def test_an_app_on_another_port_is_diagnosed(fast: Project) -> None:
    why = pushed(fast, "wrong-port", app=LIGHT.replace("PORT = 8000", "PORT = 9000"))
    assert "9000" in why
    assert "8000" in why


def test_an_app_that_answers_404_to_the_health_check_is_diagnosed(fast: Project) -> None:
    why = pushed(fast, "health-path", app=LIGHT.replace('HEALTH = "/healthz"', 'HEALTH = "/health"'))
    assert "404" in why
    assert "/healthz" in why


def test_an_app_that_needs_more_memory_is_diagnosed(fast: Project) -> None:
    why = pushed(fast, "out-of-memory", app="grown = [bytearray(64 << 20) for _ in range(64)]\n" + LIGHT)
    assert "memory" in why


def test_an_app_that_lacks_a_variable_is_diagnosed(fast: Project) -> None:
    why = pushed(fast, "crash-at-start", app='import os\n\nos.environ["DATABASE_URL"]\n' + LIGHT)
    assert "DATABASE_URL" in why


def test_a_program_that_is_not_there_is_diagnosed(fast: Project) -> None:
    why = pushed(fast, "command-missing", dockerfile=DOCKERFILE.replace('"python3", "-m", "app"', '"gunicorn", "app"'))
    assert "gunicorn" in why


def test_an_image_for_another_processor_is_diagnosed(fast: Project) -> None:
    image = base.empty(fast.engine, "amd64")  # a service is for arm64, if nothing else is said
    why = pushed(
        fast, "architecture-manifest", dockerfile=DOCKERFILE.replace(base.NAME, f"--platform=linux/amd64 {image}")
    )
    assert "linux/arm64" in why
    assert "amd64" in why


def test_a_program_for_another_processor_is_diagnosed(fast: Project) -> None:
    machine = {"amd64": 183}.get(fast.engine.architecture, 62)  # e_machine of AArch64, of x86-64
    program = fast.folder / "server"
    program.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, machine, 1) + bytes(200))
    program.chmod(0o755)
    dockerfile = DOCKERFILE.replace("USER", "COPY server .\nUSER").replace('"python3", "-m", "app"', '"./server"')
    why = pushed(fast, "architecture-exec-format", dockerfile=dockerfile)
    assert "a program in the image is for another processor" in why


def test_a_build_that_fails_is_diagnosed(fast: Project) -> None:
    why = pushed(fast, "docker-build-error", dockerfile=DOCKERFILE + "RUN false\n")
    assert "Dockerfile" in why or "docker build" in why


def test_secrets_reach_the_container_and_nobody_else_until_one_is_deleted(fast: Project) -> None:
    account = Account(fast)
    secrets = account.client("secretsmanager")
    secrets.create_secret(Name="app/key", SecretString=json.dumps({"of": "s3cr3t-of-a-key"}))
    account.client("ssm").put_parameter(Name="/app/parameter", Value="s3cr3t-parameter", Type="SecureString")
    fast.write(config=PLAIN.format(name="fails") + SECRETS)
    ran = [fast.ecsctl("up", "--sandbox", "--yes")]
    ids = [one["Id"] for one in fast.tasks() if one["State"] == "running"]
    [given] = [fast.engine.call("GET", f"/containers/{ident}/json")["Config"]["Env"] for ident in ids]
    assert {'KEY={"of": "s3cr3t-of-a-key"}', "OF_KEY=s3cr3t-of-a-key", "PARAMETER=s3cr3t-parameter"} <= {*given}
    for words in (("status",), ("logs",)):
        ran += [fast.ecsctl(*words, "--sandbox", check=False)]
    kept = [path.read_bytes() for path in fast.record.rglob("*") if path.is_file()]
    for arguments in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            kept.append(arguments.read_bytes())
    assert not [one for one in [*kept, *map(str.encode, map(str, ran))] if b"s3cr3t-" in one]
    secrets.delete_secret(SecretId="app/key", RecoveryWindowInDays=7)
    try:
        why = pushed(fast, "secret-being-deleted")
        assert "app/key" in why
    finally:
        secrets.restore_secret(SecretId="app/key")


ENDS = {  # by itself, as the record has it; what waits is killed
    "ends-by-itself": "print('done')",
    "rolled-back-crash": "import shop",
    "segmentation-fault": "import ctypes; ctypes.string_at(0)",
    "killed": "import time; time.sleep(600)",
}


def test_tasks_end_as_the_recorded_ones(fast: Project) -> None:
    account = Account(fast)
    ecs = account.client("ecs")
    [service] = ecs.describe_services(cluster="fails", services=["fails"])["services"]
    begun = {}
    for name, program in ENDS.items():
        command = [{"name": "fails", "command": ["python3", "-c", program]}]
        run = ecs.run_task(cluster="fails", taskDefinition=service["taskDefinition"], launchType="FARGATE",
                           networkConfiguration=service["networkConfiguration"],
                           overrides={"containerOverrides": command})  # fmt: skip
        begun[name] = run["tasks"][0]["taskArn"]

    def tasks() -> dict[str, dict[str, Any]]:
        found = ecs.describe_tasks(cluster="fails", tasks=list(begun.values()))["tasks"]
        return {one["taskArn"]: one for one in found}

    until(lambda: tasks()[begun["killed"]]["lastStatus"] == "RUNNING")
    [ident] = [one["Id"] for one in fast.tasks() if one["Labels"][fleet.TASK] == begun["killed"].rpartition("/")[2]]
    fast.engine.call("POST", f"/containers/{ident}/kill")
    until(lambda: all(one["lastStatus"] == "STOPPED" for one in tasks().values()))
    ended = {name: ending(tasks()[arn]) for name, arn in begun.items()}
    assert ended == {name: recorded_ending(name) for name in ENDS}
