"""The rules by which a log line is chosen, one by one."""

from __future__ import annotations

import json

import pytest

from ecsctl.why.log_events import Level, level, split
from ecsctl.why.log_lines import last_error

REASON = "cannot open the ledger"
TWICE = "2026-03-02 10:00:00 2026-03-02 10:00:00,1 ERROR [a.B] (main) "


@pytest.mark.parametrize(("line", "means"), [
    ('time="2025-07-21T01:49:02Z" level=fatal msg="dirty"', Level.LOUD),
    ("level=info msg=ready", Level.QUIET),
    ('{"level":60,"msg":"bye"}', Level.LOUD),
    ('{"level":30,"msg":"no failed job"}', Level.QUIET),
    ('{"severity":"NOTICE","message":"error budget"}', Level.QUIET),
    ("2022/03/04 17:05:32 [emerg] 1#1: mkdir() of a cache", Level.LOUD),
    ("2022/03/04 17:05:32 [warn] 1#1: the user is ignored", Level.QUIET),
    ("PANI[0000]main.go:903 setupDatabase dirty", Level.LOUD),
    ("INFO[0000]main.go:887 connected", Level.QUIET),
    ("F0602 14:21:48.219000 1 main.go:10] no leader", Level.LOUD),
    ("[12:00:01 FTL] Host terminated", Level.LOUD),
    ("2025-08-25T16:58:03.980Z warn: a client is gone", Level.QUIET),
    ("#9 2.217 [ERROR] /app/A.java:[3,8] symbol", Level.LOUD),
    ("[ERROR]   mvn <args> -rf :app", Level.PLAIN),  # it goes on with what stands before it
    ("2022-09-03 06:52:12.532743+00:00 [error] <0.131.0>     auth:init/1, line 80", Level.PLAIN),
    ("Traceback (most recent call last):", Level.PLAIN),
    ("the error is gone", Level.PLAIN),
])  # fmt: skip
def test_a_level_is_read_by_any_loggers_manner(line: str, means: Level) -> None:
    assert level(line) == means


@pytest.mark.parametrize(("event", "reads"), [
    ({"level": "fatal", "msg": "no store", "error": "disk gone"}, ["FATAL no store: disk gone"]),
    ({"level": 60, "msg": "no store", "err": {"message": "disk gone", "stack": "Error: disk gone\n    at a.js:1"}},
     ["no store: disk gone", "Error: disk gone", "    at a.js:1"]),
    ({"severity": "ERROR", "message": "disk gone", "stack_trace": "X: y\nCaused by: Z: w"},
     ["ERROR disk gone", "X: y", "Caused by: Z: w"]),
    ({"@t": "now", "@mt": "no store", "@x": "X: cannot\n   at F()", "@l": "Fatal"},
     ["no store: X: cannot", "   at F()"]),
    ({"stack_trace": "X: cannot\n" + "\tat com.example.F\n" * 99, "message": "bye", "level": "ERROR"},
     ["bye", "X: cannot", *["\tat com.example.F"] * 99]),
    ({"log": {"level": "ERROR"}, "Message": "cannot"}, ["cannot"]),
    ({"level": "error", "time": 1}, ['{"level": "error", "time": 1}']),
    ({"level": "info", "msg": "ready"}, ['{"level": "info", "msg": "ready"}']),
    ({"error": "no level"}, ['{"error": "no level"}']),
    ({"log": "\tat F (a.js:1)\n", "stream": "stderr", "time": "now"}, ["\tat F (a.js:1)"]),
    ({"log": "panic: no store", "source": "stderr", "container_name": "app"}, ["panic: no store"]),
    ({"log": "panic: no store"}, ['{"log": "panic: no store"}']),
])  # fmt: skip
def test_an_error_in_json_reads_as_its_message_and_its_stack(event: dict[str, object], reads: list[str]) -> None:
    assert [*split([json.dumps(event)])] == reads


PRETTY = json.dumps({"level": "error", "msg": "no store", "error": "disk is lost", "at": {"file": "a.go"}}, indent=2)


@pytest.mark.parametrize("entries", [
    PRETTY.split("\n"), [PRETTY], ["ready", *PRETTY.split("\n"), "{", "done"], [PRETTY[:40], PRETTY[40:]],
    [f"2026-03-02T10:00:00Z shop {json.dumps(json.loads(PRETTY))}"],
    [f"2026-03-02T10:00:00Z shop {PRETTY[0]}", *PRETTY[2:].split("\n")],
])  # fmt: skip
def test_an_event_in_json_is_whole_on_whatever_lines_and_behind_whatever_text_it_stands(entries: list[str]) -> None:
    assert last_error(entries) == "ERROR no store: disk is lost"


@pytest.mark.parametrize(("line", "reads"), [
    ('{"level":"info","msg":"ready"}', "ready"),
    ('{"level":"error","time":1,"msg":"no store: cannot open \\"x\\" at', 'no store: cannot open "x" at'),
    ('2026-03-02T10:00:00Z ERROR shop {"message":"no store","error":{"message":"disk gone"},"tra', "no store"),
    ('{"message":"no store","error":{"message":"disk gone"}}', "no store: disk gone"),
    ('{"errorType":"Error","errorMessage":"disk gone"}', "disk gone"),
    ('Error: no store {"message":"disk gone"}', 'Error: no store {"message":"disk gone"}'),
    ('cannot parse {"a": 1', 'cannot parse {"a": 1'),
])  # fmt: skip
def test_of_an_event_in_json_only_the_message_is_quoted_even_where_it_was_cut_short(line: str, reads: str) -> None:
    assert last_error([line]) == reads


def test_a_field_of_an_event_in_json_that_is_called_error_makes_it_no_error() -> None:
    assert last_error([REASON, '{"msg":"bye","error":null,"errors":0}']) == REASON


@pytest.mark.parametrize("size", [16384, 262118])
def test_a_line_that_a_driver_cut_is_one_line(size: int) -> None:
    line = f"{REASON} {'.' * size}"[:size]
    assert [*split([line, "and the error goes on", "bye"])] == [f"{line}and the error goes on", "bye"]


def test_what_erlang_shows_as_bytes_reads_as_its_first_line() -> None:
    text = ",".join(str(one) for one in b"variable A is missing\nFor example: 1")
    assert last_error([f"{{'RuntimeError',message=><<{text}>>}}"]) == "{'RuntimeError',message=>variable A is missing}"
    assert last_error(["error <<1,2,3,4,5,6,7,999>>"]) == "error <<1,2,3,4,5,6,7,999>>"


def test_what_a_program_has_survived_is_no_reason_for_its_end() -> None:
    assert last_error(["error of long ago", *["served"] * 50]) == "served"
    assert last_error(["error of now", *["\tat com.example.F(F.java:1)"] * 400]) == "error of now"


@pytest.mark.parametrize("farewell", [
    'error: script "start" exited with code 1', 'ERROR: "check-db" exited with 1.', "extconf failed, exit code 1",
    " ELIFECYCLE  Command failed with exit code 1.", "===> Hook for compile failed!", "*** extconf.rb failed ***",
    'app.csproj(47,5): error MSB3073: The command "npm install" exited with code 127.', "2 errors",
    "ERROR: Elasticsearch did not exit normally - check the logs at /var/log/es.log", "Found 1 error in src/a.ts:3",
    "[ALERT] 013/235213 (1) : Error(s) found in configuration file : /haproxy.cfg", "error: metadata-generation-failed",
    "BEGIN failed--compilation aborted at app.psgi line 11.", "panic: (*logrus.Entry) 0xc0014ce380",
    "ERROR: Failed building wheel for zoneinfo", "nginx: configuration file /etc/nginx.conf test failed",
    "(node:1) UnhandledPromiseRejectionWarning: Unhandled promise rejection. This error originated either by throwing",
    "app@0.1.1 start: `npx pm2 start`", "Unable to start web server",
    "12:00:01 [error] GenServer #PID<0.26.0> terminating", "2021/06/11 21:19:25 signal: aborted",
    "psycopg2.errors.InFailedSqlTransaction: current transaction is aborted, commands ignored until end of transaction",
    "ERROR giving up after 30 tries", "Could not connect to the database after 30 attempts", "Max retries exceeded",
    "Aborted (core dumped)", "error: aborting due to 2 previous errors",
    "WARN: it died due to the following error, exiting",
    "Error: Export encountered errors on following paths:",
    "Error executing command: rm -rf ./a && npx prisma migrate deploy --schema ./a",
    "[26-Jan-2019 03:41:54] ERROR: FPM initialization failed",
])  # fmt: skip
def test_a_line_that_only_says_that_something_failed_counts_where_no_other_does(farewell: str) -> None:
    assert last_error([REASON, farewell]) == REASON
    assert last_error([farewell]) == farewell.strip()


@pytest.mark.parametrize("other", [
    "DeprecationWarning: unhandled errors are not supported", "hint: this usually is an error of the package",
    "npm notice an error of npm", "Run with the --force parameter if it fails", "For more details of the error run it",
    "    at Server.fail (/app/server.js:3:1)", "at Server.fail (/app/server.js:3:1)", "  > 671|  throw new Error(",
    "Consider wrapping code producing error in: 'if (x)'", "  = note: No such file or directory (os error 2)",
    "web.1    |     at Server.fail (/app/server.js:3:1)",
    "gyp ERR! not ok", "gyp ERR! stack     at Finder.fail (/app/find.js:1:2)", "gyp ERR! configure error",
    "Feb 21 13:10:51 at Parser.fail (/app/parser.js:287:98)",
    "  Severity: FATAL", "    sqlState: 28P01", "    hint: a missing role",
    "In case this error is unexpected for you, please report it in https://example.com/issues",
    "During handling of the above exception, another exception occurred:", "Traceback (most recent call last):",
    "/docker-entrypoint.sh: Configuration complete; ready for start up", "2026-03-02 10:00:00 [info] no failed job",
    "Usage:\n  app [flags]\n\nFlags:\n  --check   fail if the file is missing\n\nUse \"app --help\" on an error.",
])  # fmt: skip
def test_advice_frames_help_and_what_is_no_error_to_its_logger_are_passed_over(other: str) -> None:
    assert last_error([REASON, *other.split("\n")]) == REASON


@pytest.mark.parametrize(("lines", "whole"), [
    (["Error: P3005", "", "The schema is not empty."], "Error: P3005 The schema is not empty."),
    (["  RuntimeError", "", "  The lock file is old."], "RuntimeError The lock file is old."),
    (["ERROR: unable to select packages:", "  curl-7:", "    breaks: world[curl=7]", "done"],
     "ERROR: unable to select packages: curl-7: breaks: world[curl=7]"),
    (["error: cannot read uv.lock", "  Caused by: unexpected operator"],
     "error: cannot read uv.lock: unexpected operator"),
    (["UTC [1] FATAL:  files are incompatible", "UTC [1] ready"], "UTC [1] FATAL:  files are incompatible"),
    (["2026-02-22 10:00:00.000 UTC [1] FATAL:  wrong files", "2026-02-22 10:00:00.000 UTC [1] DETAIL:  of version 13"],
     "2026-02-22 10:00:00.000 UTC [1] FATAL:  wrong files DETAIL:  of version 13"),
    (["terminate called after throwing an instance of 'x' (error)", "  what():  too long"],
     "terminate called after throwing an instance of 'x' (error) what():  too long"),
    (["ERROR migrations failed", "", "Caused by:", "    no view is made"],
     "ERROR migrations failed Caused by: no view is made"),
    (["thread 'main' panicked at a.rs:1:2:", "pool: TimedOut", "ERROR: the wrapper failed"],
     "thread 'main' panicked at a.rs:1:2: pool: TimedOut"),
])  # fmt: skip
def test_a_heading_is_quoted_with_what_it_is_the_heading_of(lines: list[str], whole: str) -> None:
    assert last_error(lines) == whole


@pytest.mark.parametrize(("lines", "why"), [
    (["error app@1: engine yarn 3 is expected", "error Found incompatible module."],
     "error app@1: engine yarn 3 is expected"),
    (["plugin x is not found in:", "- the core (not in x)", "- the others (could not resolve x)"],
     "plugin x is not found in: - the core (not in x)"),
    (["W: Failed to fetch http://a.example/x  Temporary failure", "E: Unable to locate package y"],
     "W: Failed to fetch http://a.example/x  Temporary failure"),
    (["E: Unable to locate package y"], "E: Unable to locate package y"),
    (["error of /app/a", "ready", "Segmentation fault"], "Segmentation fault"),
    (["error of /app/a", "INFO gave up: error state", "[on_failure] Fatal state - shutting down"], "error of /app/a"),
    (["error of /app/a", "[exit_on_failure] SIGTERM pid=28"], "error of /app/a"),
    (["The app panicked.", "Message:  no port", "   1: a::panic::b"], "The app panicked. Message:  no port"),
    ([f"{TWICE}cannot", f"{TWICE}For more details run it"], f"{TWICE}cannot"),
    (["cannot bind", "npm ERR! code ELIFECYCLE", "npm ERR! app@ start: `node a.js`", "npm ERR! Exit status 1"],
     "cannot bind"),
])  # fmt: skip
def test_plain_words_items_of_a_list_and_unlisted_packages_stand_back_behind_the_error_before_them(
    lines: list[str], why: str
) -> None:
    assert last_error(lines) == why


def test_colours_are_no_part_of_a_line() -> None:
    assert last_error(["\x1b[31mError: gone\x1b[0m", "\x1b[32minfo\x1b[39m: no error"]) == "Error: gone"
