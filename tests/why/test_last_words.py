"""The meaning of an app's last error, and similar lines that mean something else or nothing."""

from __future__ import annotations

import pytest

from ecsctl.why import Certainty, diagnose
from ecsctl.why.causes.last_words import meaning
from tests.why.field.scene import box, exits, facts, job, log, release

USER = "User: arn:aws:sts::123456789012:assumed-role/shop-task/9f"
ROLE = f"{USER} is not authorized to perform: s3:PutObject on resource: x"
GLIBC = "/app/run: /lib64/libc.so.6: version `GLIBC_2.28' not found (required by /app/run)"
BIND = "bind() to 0.0.0.0:80 failed (13: Permission denied)"


@pytest.mark.parametrize(("line", "means"), [
    ("ImportError: libGL.so.1: cannot open shared object file: No such file or directory", "library libGL.so.1"),
    ("stderr: Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by x)", "C library"),
    (GLIBC, "another C library than the image has (GLIBC_2.28)"),
    (f"2021/08/26 23:09:45 [emerg] 1#1: {BIND}", "only root may listen"),
    ("(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80", "only root may listen"),
    ("Error: listen EACCES: permission denied 0.0.0.0:443", "only root may listen"),
    ('Permission denied - bind(2) for "0.0.0.0" port 80 (Errno::EACCES)', "only root may listen"),
    ("OSError: [Errno 28] No space left on device: '/tmp/x'", "a disk of the task is full: its own has 20 GiB"),
    (f"{ROLE} because no identity-based policy allows the s3:PutObject action", "shop-task lacks s3:PutObject"),
    (f"{ROLE} with an explicit deny in a service control policy", "an explicit deny in a service control policy"),
    (f"{ROLE} because no permissions boundary allows the s3:PutObject action", "no permissions boundary allows"),
    ("ClientError: An error occurred (AccessDenied) when calling the SendMessage operation: no", "call SendMessage"),
    ("operation error S3: GetObject, https response error StatusCode: 403, api error AccessDenied: Access Denied",
     "role call GetObject"),
    ("Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: x)", "the app asks"),
    ("botocore.exceptions.NoCredentialsError: Unable to locate credentials", "finds no credentials for AWS"),
    ("SdkClientException: Unable to load AWS credentials from any provider in the chain", "no credentials for AWS"),
    ("Error: getaddrinfo ENOTFOUND db", "nothing is called db there"),
    ("Error: getaddrinfo EAI_AGAIN redis:6379", "nothing is called redis there"),
    ('could not translate host name "postgres" to address: Name or service not known', "nothing is called postgres"),
    ("java.net.UnknownHostException: kafka", "nothing is called kafka there"),
    ("dial tcp: lookup mysql on 10.0.0.2:53: no such host", "nothing is called mysql there"),
    ("Error: getaddrinfo ENOTFOUND undefined", "is not set"),
    ("SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate",
     "ca-certificates"),
    ("FATAL: no pg_hba.conf entry for host \"10.0.0.1\", user \"a\", database \"b\", no encryption", "without TLS"),
    ("bind() to [::]:80 failed (98: Address already in use)", "taken by another process of the task"),
    ("Error: listen EADDRINUSE :::8080", "taken by another process of the task"),
    ("Illegal instruction (core dumped)", "needs instructions that the task's processor does not have"),
    ("The TensorFlow library was compiled to use AVX instructions, but these aren't available on your machine.",
     "needs instructions"),
    ("PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to add 20480)", "memory_limit"),
])  # fmt: skip
def test_a_line_of_a_loader_a_kernel_or_aws_is_explained(line: str, means: str) -> None:
    known = meaning(line, facts())
    assert known
    assert means in known.text


@pytest.mark.parametrize("line", [
    "python: error while loading shared libraries: libc.so.6: cannot open shared object file: Permission denied",
    "open /app/lib.so.json: no such file or directory",
    "listen tcp :8080: bind: permission denied",
    "httpd: bind: Permission denied",
    "Error: connect EACCES 10.0.0.1:80",
    "23:09:45 could not bind the variable: permission denied",
    "ENOSPC: System limit for number of file watchers reached, watch '/app'",
    "write /dev/shm/x: no space left on device",
    "Error: getaddrinfo ENOTFOUND shop.abcdef.eu-central-1.rds.amazonaws.com",
    "java.net.UnknownHostException: ip-10-0-2-17: ip-10-0-2-17: Name or service not known",
    "dial tcp: lookup api.example.com on 10.0.0.2:53: no such host",
    "FATAL: no pg_hba.conf entry for host \"10.0.0.1\", user \"a\", database \"b\", SSL on",
    "SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired",
    "mkdir /data: Read-only file system",  # it is a volume: the container's own is not
    "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: s3:PutObject on resource: x",
    "HTTP 403: you are not authorized to perform this: ask an admin",
    "PermissionError: Access Denied",
    "Could not load the credentials of the app's admin",
])  # fmt: skip
def test_a_line_that_only_sounds_alike_is_left_to_the_app(line: str) -> None:
    assert meaning(line, facts()) is None


@pytest.mark.parametrize("line", [
    "fatal error: runtime: out of memory",
    "[FATAL] failed to allocate memory (NoMemoryError)",
    "Unhandled exception. System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException' was thrown.",
    'eheap_alloc: Cannot allocate 1140328 bytes of memory (of type "heap").',
    "memory allocation of 4294967296 bytes failed",
    "OSError: [Errno 12] Cannot allocate memory",
    "Error: spawn ENOMEM",
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 4.00 GiB for an array with shape (1, 2)",
])  # fmt: skip
def test_a_runtime_that_has_no_memory_left_says_so_in_its_own_words(line: str) -> None:
    cause = diagnose(facts(exits(box(code=1)), log(line))).causes[0]
    assert (cause.name, cause.certainty) == ("out-of-memory", Certainty.LIKELY)


def test_a_library_that_is_loaded_too_late_is_not_taken_for_a_lack_of_memory() -> None:
    line = "ImportError: /app/libgomp.so.1: cannot allocate memory in static TLS block"
    assert diagnose(facts(exits(box(code=1)), log(line))).causes[0].name == "crash"


def test_of_a_role_that_is_not_the_apps_no_key_is_set() -> None:
    other = {"definition": facts().definition | {"taskRoleArn": "arn:aws:iam::123456789012:role/shop-app"}}
    known = meaning(ROLE, facts(other))
    assert known
    assert str(known.fix[0]) == "allow shop-task s3:PutObject"


def test_what_a_release_command_or_a_job_says_last_is_explained_too() -> None:
    for last in (release(GLIBC), job(GLIBC)):
        cause = diagnose(facts(last)).causes[0]
        assert "; that is, a program in the image is built for a newer or another C library" in cause.sentence


@pytest.mark.parametrize(("shown", "line"), [
    ("cannot reach postgres://app:***@db:5432/shop", "cannot reach postgres://app:hunter2@db:5432/shop"),
    ("cannot reach postgres://app:***@db", "cannot reach postgres://app:hunt@er2@db"),
    ("cannot reach amqp://app:***@mq", "cannot reach amqp://app:**@mq"),
    ("error of http://npm:4873/@acme/ui", "error of http://npm:4873/@acme/ui"),
    ("***", "invalid key AKIAABCDEFGHIJKLMNOP for postgres://app:hunter2@db"),
])  # fmt: skip
def test_of_an_address_only_the_password_is_covered(shown: str, line: str) -> None:
    cause = diagnose(facts(exits(box(code=1)), log(line))).causes[0]
    assert cause.sentence == f"the app crashed (exit code 1): {shown}"
    assert "hunt" not in str(cause)


@pytest.mark.parametrize("line", [
    "/docker-entrypoint.sh: line 12: /app/start.sh: Permission denied",
    "sh: 1: exec: ./start.sh: cannot execute: required file not found",
    "bash: ./start.sh: /bin/bash^M: bad interpreter: No such file or directory",
])  # fmt: skip
def test_a_file_that_a_shell_cannot_execute_is_kept_apart_from_a_crash(line: str) -> None:
    found = [diagnose(facts(exits(box(code=code)), log("starting", line))).causes[0] for code in (126, 1)]
    assert [one.name for one in found] == ["command-missing", "crash"]
    assert "runs a file that may not be executed (exit code 126)" in found[0].sentence
    assert "chmod" in str(found[0].fix[0])
