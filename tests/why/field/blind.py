"""Crashes of apps in many languages, and hooks, scored before any rule was changed for them.

Of the first 52 (with blind_builds.py), 28 were right with what helps, 21 had the right name but another line of the
log, or did not say what it means; 1 was wrong as likely and 2 as certain: a JVM without memory was taken for a crash,
and a failed hook for a stop by a person.
"""

from __future__ import annotations

from tests.why.field.case import case
from tests.why.field.scene import Scene, answers, box, exits, job, log, release, runs

NODE = (
    "    at Module._resolveFilename (node:internal/modules/cjs/loader:1140:15)",
    "    at node:internal/main/run_main_module:28:49 {",
)
HBA = 'no pg_hba.conf entry for host "10.0.2.17", user "shop", database "shop"'
EMERG = 'nginx: [emerg] host not found in upstream "{}" in /etc/nginx/conf.d/default.conf:3'


def ends(*lines: str, code: int = 1) -> tuple[Scene, Scene]:
    """Return an app that ends after these lines."""
    return exits(box(code=code)), log(*lines)


BLIND = (
    # Node, Bun, Deno
    case("task, crash", "prisma/orm#8705", "crash",
         *ends('{"level":30,"time":1628723419319,"msg":"listening soon"}',
               '{"level":50,"time":1628723419319,"type":"Error","msg":"Query engine exited with code 127 '
               '/app/node_modules/'
               '.prisma/client/query-engine-debian-openssl-1.1.x: error while loading shared libraries: libssl.so.1.1: '
               'cannot open shared object file: No such file or directory"}'),
         says="does not have the library libssl.so.1.1"),
    case("task, crash", "opengovsg/isomer#926", "crash",
         *ends("Unable to require(`/app/node_modules/.prisma/client/libquery_engine-linux-musl.so.node`).",
               "The Prisma engines do not seem to be compatible with your system.",
               "Details: Error loading shared library libssl.so.1.1: No such file or directory (needed by /app/"
               "node_modules/.prisma/client/libquery_engine-linux-musl.so.node)",
               "    at vn.handleRequestError (/app/node_modules/@prisma/client/runtime/library.js:123:7003) {",
               "  clientVersion: '5.2.0',", "  errorCode: undefined", "}"),
         says="does not have the library libssl.so.1.1"),
    case("task, crash", "aws-samples/sample-collaborative-ai-dlc#225", "crash",
         *ends("node:internal/modules/cjs/loader:1143", "  throw err;", "  ^", "",
               "Error: Cannot find module './branch-cleanup'", "Require stack:", "- /opt/acp-client/pool-worker.js",
               *NODE, "  code: 'MODULE_NOT_FOUND',", "  requireStack: [ '/opt/acp-client/pool-worker.js' ]", "}", "",
               "Node.js v20.11.0"), says="Cannot find module './branch-cleanup'"),
    case("task, crash", "docker/getting-started-app#39", "crash",
         *ends("node:internal/modules/cjs/loader:1143", "  throw err;", "  ^", "",
               "Error: Cannot find module '/app/src/index.js'", *NODE, "  code: 'MODULE_NOT_FOUND',",
               "  requireStack: []", "}", "", "Node.js v18.20.0"), says="Cannot find module '/app/src/index.js'"),
    case("task, crash", "orangecoding/fredy#341", "crash",
         *ends("node:internal/modules/esm/resolve:274", "    throw new ERR_MODULE_NOT_FOUND(", "          ^", "",
               "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/fredy/mcp/mcpHttpRoute.js' imported from /fredy/lib/"
               "api/api.js", "    at finalizeResolution (node:internal/modules/esm/resolve:274:11)",
               "  code: 'ERR_MODULE_NOT_FOUND',", "  url: 'file:///fredy/mcp/mcpHttpRoute.js'", "}", "",
               "Node.js v22.14.0"), says="/fredy/mcp/mcpHttpRoute.js"),
    case("task, crash", "colanode/colanode#45", "crash",
         *ends("Redis client error: SocketClosedUnexpectedlyError: Socket closed unexpectedly",
               "    at Socket.<anonymous> (/app/node_modules/@redis/client/dist/lib/client/socket.js:189:33)",
               "    at TCP.<anonymous> (node:net:343:12)", "", "node:events:502",
               "      throw er; // Unhandled 'error' event", "      ^", "",
               "SocketClosedUnexpectedlyError: Socket closed unexpectedly",
               "    at Socket.<anonymous> (/app/node_modules/@redis/client/dist/lib/client/socket.js:189:33)",
               "Emitted 'error' event on Commander instance at:", "    at TCP.<anonymous> (node:net:343:12)", "",
               "Node.js v20.19.1"), says="Socket closed unexpectedly"),
    case("task, crash", "danny-avila/LibreChat#9263", "crash",
         *ends("2025-08-25T16:58:03.979Z error: ioredis client error: Failed to refresh slots cache.",
               "2025-08-25T16:58:03.980Z error: Session store Redis error for namespace OPENID_SESSION:: Failed to "
               "refresh slots cache.", "2025-08-25T16:58:03.980Z warn: ioredis client connection closed",
               "2025-08-25T16:58:03.981Z info: ioredis cluster reconnecting... attempt 6, delay 600ms"),
         says="Failed to refresh slots cache"),
    case("task, crash", "oven-sh/bun#17621", "crash",
         *ends("============================================================", "Bun v1.2.3 (8c4d3ff8) Linux x64 "
                                                                               "(baseline)",
               "Linux Kernel v6.0.18 | glibc v2.31", "CPU: sse42 popcnt avx avx2", 'Args: "bun" "./index.ts"',
               "Features: jsc ", "Elapsed: 2ms | User: 1ms | Sys: 2ms",
               "RSS: 1.07GB | Peak: 10.43MB | Commit: 1.07GB | Faults: 0", "",
               "panic(main thread): Segmentation fault at address 0x7FFE9E54B588",
               "oh no: Bun has crashed. This indicates a bug in Bun, not your code.", "",
               "To send a redacted crash report to Bun's team,", "please file a GitHub issue using the link below:", "",
               " https://bun.report/1.2.3/Ba18c4d3ffAgggQ", "", code=132), says="Segmentation fault at address"),
    case("task, crash", "upstash/context7#156", "crash",
         *ends('error: Uncaught (in promise) NotCapable: Requires env access to "DOTENV_KEY", run again with the '
               "--allow-env flag", "    if (process.env.DOTENV_KEY && process.env.DOTENV_KEY.length > 0) {",
               "                    ^", "    at Object.getEnv [as get] (ext:deno_os/30_os.js:124:10)"),
         says="--allow-env"),
    case("task, crash", "denoland/deno#35617", "crash",
         *ends("error: Uncaught NotCapable: Requires --allow-run permissions to spawn subprocess with LD_LIBRARY_PATH "
               "environment variable. Alternatively, spawn with the environment variable unset.",
               "  const worker = cluster.fork();", "                         ^",
               "    at nodeSpawnChild (ext:deno_process/40_process.js:1:5438)"), says="--allow-run"),
    # Python
    case("task, crash", "DataDog/datadog-agent#13318", "crash",
         *ends("Traceback (most recent call last):", '  File "/app/db.py", line 12, in connect',
               f"psycopg2.OperationalError: FATAL:  {HBA}, SSL off"), says="TLS"),
    case("task, crash", "meeb/tubesync#458", "crash",
         *ends("[2024-01-13 10:29:44 +0000] [1038] [INFO] Starting gunicorn 21.2.0",
               "[2024-01-13 10:29:44 +0000] [1038] [ERROR] Unhandled exception in main loop",
               "Traceback (most recent call last):", '  File "/usr/lib/gunicorn/workers/workertmp.py", line 23, in '
               "__init__", '    fd, name = tempfile.mkstemp(prefix="wgunicorn-", dir=fdir)',
               "FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp', "
               "'/app']"), says="No usable temporary directory found"),
    case("task, crash", "HHS/simpler-grants-gov#7819", "crash",
         *ends("FileNotFoundError: [Errno 2] No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp', "
               "'/api']"),
         {"definition": runs()["definition"] | {"containerDefinitions": [
             runs()["definition"]["containerDefinitions"][0] | {"readonlyRootFilesystem": True}]}},
         says="service.read_only_root"),
    case("task, crash", "langflow-ai/langflow#2905", "crash",
         *ends('  File "/home/user/.local/lib/python3.10/site-packages/alembic/script/base.py", line 283, in '
               "_catch_revision_errors", "    raise util.CommandError(resolution) from re",
               "alembic.util.exc.CommandError: Can't locate revision identified by 'bc804d8e7a18'",
               "[2024-07-24 03:11:41 +0000] [31] [ERROR] Application startup failed. Exiting.",
               "[2024-07-24 03:11:41 +0000] [31] [INFO] Worker exiting (pid: 31)",
               "[2024-07-24 03:11:42 +0000] [1] [ERROR] Worker (pid:31) exited with code 3",
               "[2024-07-24 03:11:42 +0000] [1] [ERROR] Shutting down: Master",
               "[2024-07-24 03:11:42 +0000] [1] [ERROR] Reason: Worker failed to boot.", code=3),
         says="Can't locate revision identified by"),
    case("release", "snoups/3xui-shop#16", "release-failed",
         release("INFO  [alembic.runtime.migration] Will assume transactional DDL.",
                 "ERROR [alembic.util.messaging] Can't locate revision identified by '9728d4a4062e'",
                 "FAILED: Can't locate revision identified by '9728d4a4062e'", code=255),
         also=("release-command", "release"), says="Can't locate revision"),
    case("health", "unbit/uwsgi#1172", "health-error", answers(500),
         log("Traceback (most recent call last):", '  File "/app/wsgi.py", line 1, in <module>',
             "ModuleNotFoundError: No module named 'app'",
             "unable to load app 0 (mountpoint='') (callable not found or import error)",
             "*** no app loaded. going in full dynamic mode ***", "*** uWSGI is running in multiple interpreter mode "
                                                                  "***",
             "spawned uWSGI worker 1 (and the only) (pid: 1, cores: 1)",
             "--- no python application found, check your startup logs for errors ---",
             "[pid: 1|app: -1|req: -1/1] 10.0.2.9 () {28 vars in 337 bytes} [Wed Oct 19 09:35:49 2022] GET /health => "
             "generated 21 bytes in 0 msecs (HTTP/1.1 500) 2 headers in 83 bytes (0 switches on core 0)"),
         says="No module named 'app'"),
    case("health", "muccg/rdrf#997", "health-error", answers(500),
         log("spawned uWSGI worker 4 (pid: 38, cores: 2)",
             "--- no python application found, check your startup logs for errors ---",
             "[pid: 31|app: -1|req: -1/1] 127.0.0.1 () {54 vars in 926 bytes} [Fri Sep 27 06:18:46 2019] GET /crc => "
             "generated 21 bytes in 0 msecs (HTTP/1.1 500) 2 headers in 83 bytes (0 switches on core 0)"),
         says="no python application found"),
    # Ruby
    case("release", "Freika/dawarich#3429", "release-failed",
         release("Running primary database migrations...", "bin/rails aborted!",
                 "ActiveRecord::ConcurrentMigrationError:  (ActiveRecord::ConcurrentMigrationError)", "",
                 "Cannot run migrations because another migration process is currently running.", "",
                 "/var/app/vendor/bundle/ruby/3.4.0/gems/activerecord-8.1.3.1/lib/active_record/migration.rb:1670:in "
                 "'ActiveRecord::Migrator#with_advisory_lock'",
                 "/var/app/bin/rails:5:in '<main>'", "Tasks: TOP => db:migrate",
                 "(See full trace by running task with --trace)"),
         also=("release-command", "release"), says="another migration process"),
    case("task, crash", "meme-search/meme-search#200", "crash",
         *ends("bin/rails aborted!", "ActiveRecord::RecordNotUnique: PG::UniqueViolation: ERROR:  duplicate key value "
               'violates unique constraint "pg_extension_name_index" (ActiveRecord::RecordNotUnique)',
               "DETAIL:  Key (extname)=(vector) already exists.",
               "/rails/db/schema.rb:15:in 'block in <main>'", "/rails/db/schema.rb:13:in '<main>'", "", "Caused by:",
               'PG::UniqueViolation: ERROR:  duplicate key value violates unique constraint "pg_extension_name_index" '
               "(PG::UniqueViolation)", "DETAIL:  Key (extname)=(vector) already exists.",
               "/rails/db/schema.rb:15:in 'block in <main>'", "Tasks: TOP => db:prepare => db:schema:load",
               "(See full trace by running task with --trace)"), says="duplicate key value violates unique constraint"),
    case("task, crash", "interactive-pioneers/capistrano-docker-compose#15", "crash",
         *ends("rake aborted!", "PG::ConnectionBad: could not connect to server: Connection refused",
               '\tIs the server running on host "db" (172.20.0.2) and accepting', "\tTCP/IP connections on port 5432?"),
         says="could not connect to server: Connection refused"),
    # Elixir
    case("task, crash", "hexpm/hexpm#992", "crash",
         *ends("ERROR! Config provider Config.Reader failed with:",
               '** (ArgumentError) could not fetch environment variable "HEXPM_HOST" because it is not set',
               "    (elixir 1.11.0) lib/system.ex:529: System.fetch_env!/1",
               "    (stdlib 3.13.2) erl_eval.erl:680: :erl_eval.do_apply/6", "",
               "{\"init terminating in "
               "do_boot\",{#{'__exception__'=>true,'__struct__'=>'Elixir.ArgumentError',message=>"
               "<<\"could not fetch environment variable \\\"HEXPM_HOST\\\" because it is not "
               "set\">>},[{'Elixir.System',"
               "'fetch_env!',1,[{file,\"lib/system.ex\"},{line,529}]}]}}",
               "init terminating in do_boot "
               "({,[{Elixir.System,fetch_env!,1,[{_},{_}]},{erl_eval,do_apply,6,[{_},{_}]}]})",
               "", "Crash dump is being written to: erl_crash.dump...done"),
         says='could not fetch environment variable "HEXPM_HOST" because it is not set'),
    case("task, crash", "jbonet/tvhstats#8", "crash",
         *ends("ERROR! Config provider Config.Reader failed with:",
               "** (RuntimeError) environment variable PHX_ALLOWED_HOSTS is missing.", "For example: localhost:8080",
               "",
               "    /app/releases/0.0.1/runtime.exs:70: (file)",
               "    (elixir 1.14.1) src/elixir.erl:298: anonymous fn/4 in :elixir.eval_external_handler/1", "", "{",
               '    "init terminating in do_boot", {', "         # {", "            '__exception__' => true,",
               "            '__struct__' => 'Elixir.RuntimeError',", "            message =>  << 101,", "            "
                                                                                                        "110,",
               "            118,", "            105 >>", "        },", "    }", "}"),
         says="environment variable PHX_ALLOWED_HOSTS is missing"),
    # Rust
    case("task, crash", "ddbnl/office365-audit-log-collector#77", "crash",
         *ends("thread 'main' panicked at src/config.rs:112:53:", "called `Result::unwrap()` on an `Err` value: Os { "
                                                                  "code:"
               ' 13, kind: PermissionDenied, message: "Permission denied" }',
               "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace", code=101),
         says="PermissionDenied"),
    case("task, crash", "fanout/condure#12", "crash",
         *ends("[INFO] 2023-05-17 12:19:37.604 [proxy] starting...",
               "QThread::start: Thread creation error (Operation not permitted)",
               "thread 'main' panicked at 'called `Result::unwrap()` on an `Err` value: Os { code: 1, kind: "
               'PermissionDenied, message: "Operation not permitted" }\', src/zhttpsocket.rs:707:14',
               "stack backtrace:",
               "   0:     0x5614b405ba2c - <unknown>", "   1:     0x5614b407944e - <unknown>",
               "  12:     0x5614b3fa66ba - core::result::unwrap_failed::h1f2",
               "  13:     0x5614b3fa66ba - std::panicking::begin_panic::hc4c5",
               "                        at /rustc/9eb3afe9/library/core/src/panicking.rs:64:14"),
         says="Operation not permitted"),
    case("task, crash", "ClassmateLin/dm-ticket#200", "crash",
         *ends("thread 'tokio-runtime-worker' panicked at 'called `Result::unwrap()` on an `Err` value: error sending "
               "request for url (http://172.88.0.2:8080/?key=bx_token): error trying to connect: tcp connect error: "
               "Connection refused (os error 111)", "", "Caused by:",
               "    0: error trying to connect: tcp connect error: Connection refused (os error 111)",
               "    1: tcp connect error: Connection refused (os error 111)",
               "    2: Connection refused (os error 111)', src/bin/ticket.rs:31:66",
               "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace", code=101),
         says="http://172.88.0.2:8080"),
    case("task, crash", "zama-ai/terraform-mpc-modules#59", "crash",
         *ends(f"Error: error returned from database: {HBA}, no encryption"), says="TLS"),
    # Go
    case("task, crash", "leg100/otf#696", "crash",
         *ends('ERROR checking latest terraform version error="Get \\"https://api.releases.hashicorp.com/v1/releases/'
               'terraform/latest\\": tls: failed to verify certificate: x509: certificate signed by unknown '
               'authority"'),
         says="ca-certificates"),
    case("job", "bytebase/relay#5", "job",
         job('Failed to send to Lark: do request: Post "https://open.feishu.cn/open-apis/bot/v2/hook/d9": x509: '
             "certificate signed by unknown authority"), says="ca-certificates"),
    # Java
    case("task, crash", "openworm/org.geppetto#381", "out-of-memory",
         *ends("OpenJDK 64-Bit Server VM warning: INFO: os::commit_memory(0x00000000da9eb000, 54128640, 0) failed; "
               "error='Cannot allocate memory' (errno=12)", "#",
               "# There is insufficient memory for the Java Runtime Environment to continue.",
               "# Native memory allocation (malloc) failed to allocate 54128640 bytes for committing reserved memory.",
               "# An error report file with more information is saved as:", "# /tmp/jvm-2926/hs_error.log")),
    case("task, crash", "tchiotludo/akhq#1199", "crash",
         *ends('[0.003s][warning][os,thread] Failed to start thread "GC Thread#0" - pthread_create failed (EPERM) for '
               "attributes: stacksize: 1024k, guardsize: 4k, detached.", "#",
               "# There is insufficient memory for the Java Runtime Environment to continue.",
               "# Cannot create worker GC thread. Out of system resources.",
               "# An error report file with more information is saved as:", "# /app/hs_err_pid10.log"),
         says="Cannot create worker GC thread"),
    # PHP, nginx, MySQL, volumes
    case("health", "geekr-dev/geekchat#8", "health-error", answers(500),
         log('NOTICE: PHP message: PHP Fatal error:  Uncaught UnexpectedValueException: The stream or file '
             '"/var/www/html/'
             'storage/logs/laravel.log" could not be opened in append mode: Failed to open stream: Permission denied',
             "The exception occurred while attempting to log: boom in "
             "/var/www/html/vendor/monolog/StreamHandler.php:146",
             "Stack trace:", "#0 /var/www/html/vendor/monolog/AbstractProcessingHandler.php(44): write(Array)",
             "  thrown in /var/www/html/vendor/monolog/StreamHandler.php on line 146",
             '10.0.2.9 -  19/Mar/2023:10:00:00 +0000 "GET /index.php" 500'), says="Permission denied"),
    case("task, crash", "cfn-modules/docs#35", "crash",
         *ends("/docker-entrypoint.sh: Configuration complete; ready for start up",
               f"2020/04/16 10:00:00 [emerg] 1#1: {EMERG.format('app:3000').removeprefix('nginx: [emerg] ')}",
               EMERG.format("app:3000")), says="127.0.0.1"),
    case("task, crash", "codedge/aws-fargate-with-php#1", "crash", *ends(EMERG.format("php-fpm:9000")),
         says="127.0.0.1"),
    case("task, crash", "1Password/connect#70", "crash",
         *ends("Error: Server: (failed to setupServer), Wrapped: (failed to NewController), Can't continue.",
               'We can\'t safely access "/mnt/opc/data/.op/data/files" because it\'s not owned by the current',
               "user. Change the owner or logged in user and try again."), says="not owned by the current"),
    case("job", "selim13/docker-automysqlbackup#6", "job",
         job("ERROR 2059 (HY000): Authentication plugin 'caching_sha2_password' cannot be loaded: Error loading shared "
             "library /usr/lib/mysql/plugin/caching_sha2_password.so: No such file or directory"),
         says="caching_sha2_password"),
    # health
    case("health", "dekkerglen/CubeCobra#2596", "health-path", answers(301), says="redirects"),
    case("health", "kubernetes-sigs/aws-load-balancer-controller#3846", "health-path", answers(302), says="redirects"),
)  # fmt: skip
