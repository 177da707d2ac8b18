"""Patterns of log lines that do not say why something failed, by tool, each with an example.

To add one, put it below its tool with an example from a case in `tests/why`. `tests/why/test_log_patterns.py` checks
that the example is in a case, and that this pattern alone of its table matches it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Patterns = Mapping[str, Mapping[str, str]]

ANY = "any"  # what many tools write

NOISE: Patterns = {
    ANY: {
        r"^\s*$": "",
        r"^-{3,}(?! no \w+ application)": "----------------------------------",
        r"^={3,}$": "===========",
        r"^\s*>?\s*\d+ ?\|": "   1 |     FROM node:18-alpine",
        r"^\s*For (?:more|verbose|further|additional) \w+": "For more details of the error run it",
        r"^[\]})\s;,]+$": "        },",
        r"^\s*https?://\S+$": " https://bun.report/1.3.6/ln1d530ed9",
        r"DeprecationWarning": "DeprecationWarning: unhandled errors are not supported",
        r"^(?!.*\b(?:error|fatal)\b).*\b(?:is|are) deprecated\b": "warning: constant ::Fixnum is deprecated",
        r"^(?:In case|If you|If this|Please)\b.*\breport\b": (
            "In case this error is unexpected for you, please report it in"
        ),
        r"^\s*(?:= )?(?:hint|help|note): ": "hint: See above for details.",
    },
    "web servers": {
        r"\"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S+ HTTP/[\d.]+\" [1-4]\d\d\b": (
            '172.31.33.98   - - [24/Aug/2026 16:07:21] "GET /healthz HTTP/1.1" 404 -'
        ),
    },
    "Preact": {
        r"^Consider \w+ing\b": "Consider wrapping code producing error in:",
    },
    "make": {
        r"^make(\[\d+\])?: \*\*\*": "make: *** [escriptize] Error 127",
        r"^Makefile:\d+: recipe": "Makefile:31: recipe for target 'build' failed",
    },
    "Yarn": {
        r"^(error |info )?(command failed|visit https://)": "error Command failed with exit code 1.",
    },
    "uWSGI": {
        r"^\[pid: \d+\|app: ": "[pid: 31|app: -1|req: -1/1] 127.0.0.1 () {54 vars in 926 bytes}",
    },
    "Java": {
        r"^# An error report file": "# An error report file with more information is saved as:",
        r"^# \S+\.log$": "# /tmp/jvm-2926/hs_error.log",
    },
    "apt": {
        r"^Package \S+ is not available, but is referred to": (
            "Package gnupg is not available, but is referred to by another package."
        ),
        r"^This may mean that the package is missing": (
            "This may mean that the package is missing, has been obsoleted, or"
        ),
    },
    "SQLAlchemy": {
        r"^\(Background on this error at: ": "(Background on this error at: https://sqlalche.me/e/20/f405)",
        r"^\[(?:SQL|parameters): ": '[SQL: ALTER TABLE "Token" RENAME TO "Token_old"]',
    },
    "the load balancer": {
        r"ELB-HealthChecker/": "10.180.13.204 GET /emergency/ HTTP/1.1 400 26 - ELB-HealthChecker/2.0",
    },
    "asyncio": {
        r"^(?:client_session|connector|connections|task|future): [<\[]": (
            "client_session: <aiohttp.client.ClientSession object"
        ),
    },
    "Sentry": {
        r"^(?:Sentry is attempting to send|Waiting up to [\d.]+ seconds$|Press Ctrl-C to quit$)": (
            "Press Ctrl-C to quit"
        ),
    },
    "tini": {
        r"^\[WARN +tini \(\d+\)\]": "[WARN  tini (7)] Tini is not running as PID 1",
    },
    "Node": {
        r"^Node\.js v\d+": "Node.js v20.11.1",
        r"^Emitted 'error' event on ": "Emitted 'error' event on Server instance at:",
    },
    "PHP": {
        r"User Deprecated: ": 'User Deprecated: Method "Bundle::build()" might add "void"',
    },
    "node-gyp": {
        r"^gyp ERR! (?:not ok|(?:configure|build) error|System|command|cwd|node|stack\s+at)\b": "gyp ERR! not ok",
    },
    "npm": {
        r"^npm (?:notice|warn)\b": "npm notice an error of npm",
    },
    "Cargo": {
        r"^warning: build failed, waiting for other jobs": (
            "warning: build failed, waiting for other jobs to finish..."
        ),
    },
    "pip": {
        r"^\s*\[end of output\]$": "        [end of output]",
    },
    "Meson": {
        (
            r"^\s*(?:Running `\S+ --version` gave|The following exception\(s\) were encountered:$"
            r"|A full log can be found at)"
        ): "      The following exception(s) were encountered:",
    },
    "Gradle": {
        r"^Run with (?:the )?-": "Run with the --force parameter if it fails",
    },
    "RubyGems": {
        r"^To see why ": (
            "To see why this extension failed to compile, please check the mkmf.log which can be found here:"
        ),
    },
    "systemd": {
        r"^\S+\.service: ": "rancher-system-agent.service: Failed with result 'exit-code'.",
    },
    "Heroku": {
        r"^at=\w+ code=H\d+ ": 'at=error code=H10 desc="App crashed" method=GET path="/"',
    },
    "Bundler": {
        r"^Run `bundle install` to install missing gems": "Run `bundle install` to install missing gems.",
    },
    "R": {
        r"^Execution halted$": "Execution halted",
        r"^Calls: .* -> ": "Calls: loadNamespace -> withRestarts -> withOneRestart -> doWithOneRestart",
    },
    "Erlang": {
        r"^init terminating in do_boot \(\)$": "init terminating in do_boot ()",
        r"^Node is not running!$": "Node is not running!",
    },
    "supervisord": {
        r"^RESULT \d+$": "RESULT 2",
        r"\bSupervisor (?:is )?running as root\b": "CRIT Supervisor running as root (no user in config file)",
    },
    "nginx": {
        r"^/docker-entrypoint\.sh: (?:Configuration complete|Launching|Looking for|/docker-entrypoint\.d/)": (
            "/docker-entrypoint.sh: Configuration complete; ready for start up"
        ),
    },
    "Maven": {
        (
            r"^(?:\[ERROR\]|.{0,12}ERROR org\.apache\.maven\.cli\.MavenCli -)\s*"
            r"(?:$|\[Help \d|-> \[Help|To see the full stack|Re-run Maven|For more |After corr)"
        ): "[ERROR] -> [Help 1]",
    },
}
"""Advice, decoration, source code and other lines that say nothing about an error. Case is ignored."""

STACK: Patterns = {
    "Java, JavaScript, .NET": {
        r"^\s+at ": "    at /fp/float.cjs:105:4009",
        r"^\s*\.\.\. \d+ (?:common frames omitted|more)$": "\t... 20 common frames omitted",
        r"^\s*--- End of ": "   --- End of inner exception stack trace ---",
        r"^at (?:async |new )?(?:[\w.$<>\[\] ]+ )?\(?\S+:\d+(?::\d+)?\)?$": "at Object.openSync (fs.js:440:3)",
    },
    "Python": {
        r"^\s*File \"[^\"]+\", line \d+": '  File "manage.py", line 23, in <module>',
        r"^\s*[~^]+\s*$": "                ^^^^^^^^^^^^^^^",
        r"^Traceback \(most recent call last\):$": "Traceback (most recent call last):",
        (
            r"^(?:The above exception was the direct cause of"
            r"|During handling of the above exception, another exception )"
        ): "During handling of the above exception, another exception occurred:",
    },
    "Ruby": {
        r":\d+:in [`'][^`']+'$": "/var/app/bin/rails:5:in '<main>'",
    },
    "PHP": {
        r"^#\d+ (?:\{main\}|\[internal function\]|\S+\.php\(\d+\): )": "#46 {main}",
        r"^\s+thrown in ": "  thrown in /var/www/app/vendor/StreamHandler.php on line 127",
        r"^Stack trace:": "Stack trace:",
        r"^\s*(?:\S\s+)?\d+[\u2502\u2595]": "      1193\u2502                 )",
        r"^\s+\+?\d+\s+(?:vendor frames?|\S+\.php:\d+)": "      +37 vendor frames",
    },
    "Elixir": {
        r"^\s*\(\w+ \d[\w.-]*\) \S+\.(?:exs?|erl):\d+": "    (elixir 1.10.1) lib/file.ex:353: File.read!/1",
        r"^\s*'__\w+__' => ": "            '__exception__' => true,",
    },
    "Go": {
        r"^\s+\S+\.go:\d+": "\t/app/errors/must.go:12",
        r"^\S+\.go:\d+(?: \+0x[0-9a-f]+)?$": "/go/release/main.go:70 +0x3ed",
        r"^\s+\S+\.[cs]:\d+ \+0x": "\t/usr/lib/go/src/pkg/runtime/panic.c:279 +0xf5",
        r"^[\w./*()-]+\(\{?0x[0-9a-f]+[,}]": "log.Panic(0xc4200c5eb0, 0x1, 0x1)",
        r"^goroutine \d+ \[": "goroutine 16 [IO wait, 3 minutes]:",
    },
    "Rust": {
        r"^\s+\d+:\s+(?:0x[0-9a-f]+ - |[\w<]\S*::\S+$)": "   1:     0x5614b407944e - <unknown>",
    },
    "Node": {
        (
            r"^\s+\[?(?:code|errno|syscall|detail|where|length|requireStack|address|port|digest|fatal"
            r"|(?i:severity|hint|position|file|line|routine|sqlState))\]?: "
        ): "    Routine: check_safe_enum_use",
        r"^\s+(?!(?i:message|msg|error|err|reason|cause)\b)\w+: (?:undefined|null|true|false|\d+|'[^' ]*'),?$": (
            "    hostname: 'api.internal',"
        ),
    },
}
"""Stack frames, source code, and properties of an error."""

FAREWELL: Patterns = {
    "Docker": {
        r"Cannot perform an interactive login from a non TTY device": (
            "Error: Cannot perform an interactive login from a non TTY device"
        ),
    },
    "apt": {
        r"^E: Some index files failed to download": (
            "E: Some index files failed to download. They have been ignored, or old ones used instead."
        ),
    },
    "WildFly": {
        r"\bSee previous messages for details": (
            "Server boot has failed in an unrecoverable manner; exiting. See previous messages for details."
        ),
    },
    "venv": {
        r"^Failing command: ": (
            "Failing command: ['/opt/poetry/venv/bin/python3', '-Im', 'ensurepip', '--upgrade', '--default-pip']"
        ),
    },
    "Gunicorn": {
        r"Worker \(pid:\d+\) was sent SIG(?:TERM|INT|QUIT)!": "Worker (pid:8) was sent SIGTERM!",
        r"Worker failed to boot": "Reason: Worker failed to boot.",
        r"Shutting down: Master": "Shutting down: Master",
    },
    "Node": {
        r"Exiting due to an error": "Error: Exiting due to an error.",
        r"Unhandled promise rejection\. This error originated": (
            "(node:1) UnhandledPromiseRejectionWarning: Unhandled promise rejection. This error originated either by"
        ),
    },
    "Erlang": {
        r"^Runtime terminating during boot": "Runtime terminating during boot ({",
        r"init terminating in do_boot": '    "init terminating in do_boot", {',
        r"Kernel pid terminated": (
            "Kernel pid terminated (application_controller) ({application_start_failure,blockchain_http,bad_return})"
        ),
    },
    "asyncio": {
        r"\bUnclosed (?:client session|connector|connection)\b": "ERROR asyncio: Unclosed client session",
        r"\bTask (?:exception was never retrieved|was destroyed but it is pending)": (
            "Task exception was never retrieved"
        ),
    },
    "telemetry": {
        r"\b[Ee]xporting (?:failed|traces|spans|metrics|logs)\b": "Exporting failed. Dropping data.",
        r"\bdropping \d+ traces\b": "failed to send, dropping 2 traces to intake at http://localhost:8126/v0.5/traces",
    },
    "shells": {
        (
            r"^\S+: (?:line )?\d+:\s+\d+ (?:Aborted|Killed|Terminated|Bus error|Illegal instruction"
            r"|Segmentation fault)\b"
        ): "/entrypoint.sh: line 12:     7 Aborted                 (core dumped) ./server",
    },
    "Uvicorn": {
        r"Application startup failed\. Exiting": "Application startup failed. Exiting.",
    },
    "C": {
        r"^Aborted\b\W*(?:core dumped)?\W*$": "Aborted (core dumped)",
    },
    "s6": {
        r"^(?:s6-rc|prog|\S+/rc\.init): (?:warning|fatal): ": "prog: fatal: stopping the container.",
    },
    "Apache": {
        r"AH00015: Unable to open logs": "AH00015: Unable to open logs",
    },
    "uWSGI": {
        r"^unable to load app \d+ \(mountpoint=": (
            "unable to load app 0 (mountpoint='') (callable not found or import error)"
        ),
        r"^-{3} no \w+ application found": "--- no python application found, check your startup logs for errors ---",
    },
    "PHP": {
        r"^The exception occurred while attempting to log": "The exception occurred while attempting to log: ",
    },
    "PHP-FPM": {
        r"FPM initialization failed": "ERROR: FPM initialization failed",
        r"failed to post process the configuration": "ERROR: failed to post process the configuration",
    },
    "Next.js": {
        r"^(?:Error: )?(?:> )?(?:Build|Export) (?:error occurred|failed|encountered)": "> Build error occurred",
        r"^Error occurred prerendering page": 'Error occurred prerendering page "/".',
    },
    "Elixir": {
        r"GenServer .* terminating$": "12:00:01 [error] GenServer #PID<0.26.0> terminating",
        r"^(?:\*\* \(Mix\) )?[Cc]ould not compile dependency ": "could not compile dependency :",
    },
    "Perl": {
        r"BEGIN failed--compilation aborted": "BEGIN failed--compilation aborted.",
        r"unable to find PSGI function entry point": "unable to find PSGI function entry point.",
    },
    "Go": {
        r"\b(?:context canceled|http: Server closed|use of closed network connection)\b": (
            "accept tcp [::]:8080: use of closed network connection"
        ),
        r"^panic: \(\*?[\w./*]+\) 0x[0-9a-f]+": "panic: (*logrus.Entry) 0xc0014ce380",
    },
    "Ruby": {
        r"Could not create Makefile due to some": (
            "Could not create Makefile due to some reason, probably lack of necessary"
        ),
        r"^failed to execute:$": "failed to execute:",
        r"^An error occurred while installing \S+ \(": (
            "An error occurred while installing pg (0.18.4), and Bundler cannot continue."
        ),
        r"^\*\*\* \S+ failed": "*** extconf.rb failed ***",
    },
    "Cargo": {
        r"^error: could not compile `": 'error: could not compile `app` (bin "app") due to 1 previous error',
        r"^error: aborting due to": "error: aborting due to previous error",
    },
    "PostgreSQL": {
        r"current transaction is aborted, commands ignored": (
            "current transaction is aborted, commands ignored until end of transaction"
        ),
    },
    "Turborepo": {
        r"^\s*Failed: +\S+#\S+$": " Failed:    categorisation-app#build",
    },
    "Sidekiq": {
        r"\bdue to the following (?:error|exception)\b[^:]*$": (
            "Sidekiq died due to the following error, cannot recover, process exiting"
        ),
    },
    ANY: {
        r"\b(?:retries|attempts|tries)\b(?! left)[^:]*$": "ERROR giving up after 30 tries",
    },
}
"""Lines that only say that something failed, printed after the line that says why."""

EXITED: Patterns = {
    ANY: {
        (
            r"\b(?:exit(?:ed|s)?|failed|returned|ended|terminated|finished)\b[^:]{0,40}?\b(?:code"
            r"|status|value)\b\W{0,4}\d+\W*(?:-> \[Help 1\])?$"
        ): 'error: "next" exited with code 1',
        r"\bexit(?:ed|s)? (?:with \d+|\(\d+\))\W*$": 'ERROR: "check-db" exited with 1.',
        r"^\W*error (?:while )?(?:executing|running) (?:the )?command\b": (
            "Error executing command: rm -rf ./a && npx prisma migrate deploy --schema ./a"
        ),
        r"did not exit (?:normally|successfully)": (
            "ERROR: Elasticsearch did not exit normally - check the logs at /var/log/es.log"
        ),
        r"^\W*(?:ELIFECYCLE\s+)?Command failed\b": "\u2717 Command failed: prisma migrate deploy",
        r"\bCommand \S+ failed(?:,|\W*$)": "cssbundling-rails: Command css:build failed, ensure",
        r"^\W*(?:Found \d+ errors?\b|\d+ errors?\b[^:]*$)": "Found 1 error in src/a.ts:3",
        r"\berrors?(?:\(s\))? (?:found in\b|occurred\W*$)": "> Build error occurred",
        (
            r"^(?!.*\b(?:because|without|unless)\b)\W*(?:error\b\W*)?(?:failed|could not|unable"
            r"|cannot)(?: to)? (?:build|compile|install|start|run|boot|launch)(?:ing)?\b[^:'\"`/]{0,100}$"
        ): "      Unable to start Kestrel.",
        (
            r"\b(?:build|compil\w+|command|script|hook(?: for \w+)?|task|test|step"
            r"|migrations?)\s+(?:has )?failed\b(?: in [\d.]+ ?m?s| \*+)?\W*$"
        ): "===> Hook for compile failed!",
    },
    "config loaders": {
        r"\bdue to (?:the |these |previous |above )*errors?\b[^:]*$": (
            "Can't continue due to the errors loading the configuration"
        ),
    },
    "Go": {
        r"signal: aborted$": "signal: aborted",
    },
    "supervisord": {
        r"\bexited: \S+ \(exit status \d+; not expected\)$": (
            "2025-10-12 10:25:35,461 WARN exited: api (exit status 1; not expected)"
        ),
    },
    "pip": {
        r"^\s*\u00d7 .*(?:did not run success|Encountered error)": (
            "  \xd7 Getting requirements to build wheel did not run successfully."
        ),
        r"^\s*error: [a-z]+(?:-[a-z]+){2,}$": "error: metadata-generation-failed",
    },
    "npm": {
        r"(?<!\S)@?[^\s@]+@\S* [\w:.-]+: `[^`]*`$": "app@0.1.1 start: `npx pm2 start`",
    },
}
"""Lines that only say that a program failed, or that something was not built or started. Case is ignored."""


def joined(patterns: Patterns, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """Join all patterns into one expression."""
    return re.compile("|".join(one for of_tool in patterns.values() for one in of_tool), flags)
