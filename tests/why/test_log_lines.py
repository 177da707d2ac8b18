"""The line that says why is quoted, whatever a language's stack traces look like."""

from __future__ import annotations

import pytest

from ecsctl.why.log_lines import last_error

GO = """panic: open /app/config.yml: no such file or directory

goroutine 1 [running]:
example.com/shop/errors.Must(...)
\t/app/errors/must.go:12
main.main()
\t/app/main.go:9 +0x1d
exit status 2"""
NET = """Unhandled exception. System.AggregateException: One or more errors occurred.
 ---> Npgsql.NpgsqlException (0x80004005): Failed to connect to 10.0.3.7:5432
   at Npgsql.Internal.NpgsqlConnector.ThrowException()
   --- End of inner exception stack trace ---
   at Program.<Main>$(String[] args) in /src/Program.cs:line 7"""
JAVA = """java.lang.IllegalStateException: Failed to execute CommandLineRunner
\tat org.springframework.boot.SpringApplication.callRunner(SpringApplication.java:774)
Caused by: java.net.UnknownHostException: db.internal
\tat java.base/java.net.InetAddress.getErrorHandler(InetAddress.java:12)
\t... 5 more
2026-03-02 10:00:01 INFO  shutting down after 1 failed start"""
NODE_GYP = """npm error code 1
npm error path /app/node_modules/bcrypt
npm error command failed
npm error command sh -c node-gyp rebuild
npm error gyp info it worked if it ends with ok
npm error gyp ERR! find Python Could not find any Python installation to use
npm error A complete log of this run can be found in: /root/.npm/_logs/0-debug-0.log"""

JSON = """{"level":"fatal","msg":"failed to connect to 10.0.3.7:5432: timeout"}
{"level":"info","msg":"stopped","errors":0}
{"level":30,"time":1772445600000,"msg":"no failed job is left"}
level=warn msg="unable to flush" n=1"""
COLLISION = """   Illuminate\\Database\\QueryException

  SQLSTATE[HY000] [2002] Connection refused (Connection: mysql, SQL: select 1)

  at vendor/laravel/framework/src/Illuminate/Database/Connection.php:829
    825\u2595             throw new UniqueConstraintViolationException(
  \u279c 829\u2595             throw new QueryException(

      +37 vendor frames
  38  artisan:35"""
UVICORN = """Traceback (most recent call last):
  File "/app/main.py", line 3, in lifespan
    raise RuntimeError("no queue")
RuntimeError: QUEUE_URL is missing

ERROR:    Application startup failed. Exiting."""

NODE_OBJECT = """TypeError: fetch failed
    at node:internal/deps/undici/undici:12618:11 {
  [cause]: Error: getaddrinfo ENOTFOUND api.internal
      at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:107:26) {
    errno: -3008,
    hostname: 'api.internal',
    retries: 3,
    errorCode: undefined
  }
}"""
IN_USE = """      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use :::3000
    at Server.setupListenHandle [as _listen2] (node:net:1817:16)
Emitted 'error' event on Server instance at:
    at emitErrorNT (node:net:1796:8) {
  code: 'EADDRINUSE'
}"""
PYDANTIC = """pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings
secret_key
  Field required [type=missing, input_value={}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.9/v/missing"""
DOTNET = """You must install or update .NET to run this application.

No frameworks were found.

Learn about framework resolution:
https://aka.ms/dotnet/app-launch-failed"""
MAVEN = """#12 60.2 [ERROR] Failed to execute goal maven-compiler-plugin:3.11.0:compile on project app
#12 60.2 [ERROR] /app/src/A.java:[3,8] cannot find symbol
#12 60.2 [ERROR] -> [Help 1]
#12 60.2 [ERROR]
#12 60.2 [ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.
#12 60.2 [ERROR] [Help 1] http://cwiki.apache.org/confluence/display/MAVEN/MojoFailureException"""
GRADLE = """FAILURE: Build failed with an exception.

* What went wrong:
Execution failed for task ':compileJava'.

BUILD FAILED in 59s
Unable to list file systems to check whether they can be watched."""
CARGO = """error[E0432]: unresolved import `foo`
 --> src/main.rs:1:5

For more information about this error, try `rustc --explain E0432`.
error: could not compile `app` (bin "app") due to 1 previous error"""
NPM_GIT = """npm error code 128
npm error An unknown git error occurred
npm error command git --no-replace-objects ls-remote ssh://git@github.com/a/b.git
npm error Host key verification failed."""
APACHE = """(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80
no listening sockets available, shutting down
AH00015: Unable to open logs"""
GO_WITHOUT_TABS = """2018/05/10 03:06:04 starting
panic: NoCredentialProviders: no valid providers in chain. Deprecated.
For verbose messaging see aws.Config.CredentialsChainVerboseErrors
goroutine 1 [running]:
log.Panic(0xc4200c5eb0, 0x1, 0x1)
/usr/local/go/src/log/log.go:320 +0xc9
main.go:42: errors were shown"""


@pytest.mark.parametrize(("log", "why"), [
    (MAVEN, "#12 60.2 [ERROR] /app/src/A.java:[3,8] cannot find symbol"),
    (GRADLE, "Execution failed for task ':compileJava'."),
    (CARGO, "error[E0432]: unresolved import `foo`"),
    (NPM_GIT, "npm error Host key verification failed."),
    (IN_USE, "Error: listen EADDRINUSE: address already in use :::3000"),
    (PYDANTIC, "secret_key Field required [type=missing, input_value={}, input_type=dict]"),
    (DOTNET, "You must install or update .NET to run this application."),
    ("InvalidMessage: it is another key\n\n    raise InvalidMessage\n    ^^^^^^^^^^\n/app/a.rb:5:in `<main>'",
     "InvalidMessage: it is another key"),
    (NODE_OBJECT, "[cause]: Error: getaddrinfo ENOTFOUND api.internal"),
    (APACHE, "(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80"),
    (GO_WITHOUT_TABS, "main.go:42: errors were shown"),
    (GO_WITHOUT_TABS.rpartition("\n")[0], "panic: NoCredentialProviders: no valid providers in chain. Deprecated."),
    ("Failed to configure a DataSource.\n\nReason: Failed to find a driver class\n\nAction:\n\nConsider it:",
     "Failed to configure a DataSource. Reason: Failed to find a driver class"),
    ("W: GPG error: keys expired\nE: The repository is not signed.\nDone", "E: The repository is not signed."),
    ("error: 'disk is lost'\n  error: 'gone'\n  retries: 3", "error: 'gone'"),
    ("A server is already running (pid: 10).\nExiting", "A server is already running (pid: 10)."),
    ('boot failed\n10.0.0.1 "GET /health HTTP/1.1" 503 2 "error" "ELB-HealthChecker/2.0"', "boot failed"),
    (JSON, "failed to connect to 10.0.3.7:5432: timeout"),
    (COLLISION, "SQLSTATE[HY000] [2002] Connection refused (Connection: mysql, SQL: select 1)"),
    (UVICORN, "RuntimeError: QUEUE_URL is missing"),
    ("thread 'main' panicked at src/main.rs:9:5:\nDATABASE_URL: NotPresent\nnote: run with `RUST_BACKTRACE=1`",
     "thread 'main' panicked at src/main.rs:9:5: DATABASE_URL: NotPresent"),
    (GO, "panic: open /app/config.yml: no such file or directory"),
    (NET, "---> Npgsql.NpgsqlException (0x80004005): Failed to connect to 10.0.3.7:5432"),
    (JAVA, "Caused by: java.net.UnknownHostException: db.internal"),
    (NODE_GYP, "npm error gyp ERR! find Python Could not find any Python installation to use"),
    ("ready\nbin/rails aborted!", "bin/rails aborted!"),
    ("starting\n  \nlistening on :8080", "listening on :8080"),
    ("\n \n", ""),
])  # fmt: skip
def test_the_line_that_says_why_is_reported_and_none_of_the_stack(log: str, why: str) -> None:
    assert last_error(log.split("\n")) == why
    assert last_error([log]) == why


@pytest.mark.parametrize("unit", ["a", "@a", "a.", "Error: "])
def test_a_line_without_an_end_is_read_at_once(unit: str) -> None:
    """Patterns that try every way to divide a word took minutes for a word of 500 letters."""
    line = f"error: {unit * (1000 // len(unit))}".rstrip()
    assert last_error(["Starting", line]) == line
