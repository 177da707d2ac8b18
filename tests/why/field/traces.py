"""Crashes of apps in many languages, with the reason above or below a stack trace.

Scored before any rule was changed for them: all 29 got the right cause, but 24 quoted a line of the stack, of a
farewell or of advice.
"""

from __future__ import annotations

from tests.why.field.case import case
from tests.why.field.scene import answers, box, exits, fails, job, log, release

PG = "node_modules/.pnpm/pg-pool@3.10.0_pg@8.16.0/node_modules/pg-pool/index.js"
RAKE = "/usr/local/bundle/gems/rake-13.2.1/lib/rake/application.rb:214:in `standard_exception_handling'"
RECORD = "/usr/local/bundle/gems/activerecord-5.1.7/lib/active_record"
LARAVEL = "/var/www/html/vendor/laravel/framework/src/Illuminate"
NPM = "docker build -t $URI ."

TRACES = (
    # Node
    case("trace, Node", "bytebase/dbhub#90", "crash",
         exits(box(code=1)),
         log('Fatal error: error: no pg_hba.conf entry for host "10.0.162.7", user "reader", database "meta", no '
             "encryption", f"    at /app/{PG}:45:11", "    at process.processTicksAndRejections "
             "(node:internal/process/task_queues:105:5)", "  length: 168,", "  severity: 'FATAL',", "  code: '28000',",
             "  detail: undefined,", "  file: 'auth.c',", "  routine: 'ClientAuthentication'", "}"),
         says="no pg_hba.conf entry"),
    case("trace, Node", "decolua/9router#1055", "crash",
         exits(box(code=1)),
         log("node:internal/modules/cjs/loader:1143", "  throw err;", "  ^", "", "Error: Cannot find module "
             "'/app/server.js'", "    at Module._resolveFilename (node:internal/modules/cjs/loader:1140:15) {",
             "  code: 'MODULE_NOT_FOUND',", "  requireStack: []", "}", "", "Node.js v20.11.0"),
         says="Cannot find module '/app/server.js'"),
    case("trace, Node", "mpash/pnpm-next-docker#3", "crash",
         exits(box(code=1)),
         log("Error: Cannot find module 'next/dist/server/next-server'", "Require stack:", "- /app/server.js",
             "    at Module._resolveFilename (node:internal/modules/cjs/loader:956:15)", "  requireStack: [ "
             "'/app/server.js', '/app/lib/error-page.js' ]", "}"), says="Cannot find module 'next/"),
    case("trace, Node", "n8n-io/n8n#11743", "crash",
         exits(box(code=1)),
         log("n8n ready on 0.0.0.0, port 5678", "Error: EACCES: permission denied, mkdir '/home/node/.cache/n8n'",
             "    at mkdir (node:internal/fs/promises:858:10)", "Exiting due to an error.",
             "Error: Exiting due to an error.", "    at Start.exitWithCrash (/usr/lib/n8n/base-command.js:181:9)"),
         says="EACCES"),
    case("trace, Node", "aws/amazon-ecs-agent#2231", "out-of-memory",
         exits(box(code=134)),
         log("<--- Last few GCs --->", "[7:0x3c41360]   184521 ms: Mark-sweep 489.1 (495.8) -> 488.9 (496.3) MB",
             "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory",
             " 1: 0x8fb090 node::Abort() [node]", " 2: 0x8fb0dc  [node]")),
    # Ruby
    case("trace, Ruby", "rails/rails#32622", "release-command",
         release("rake aborted!", "ActiveRecord::ConcurrentMigrationError:", "", "Failed to release advisory lock", "",
                 f"{RECORD}/migration.rb:1366:in `with_advisory_lock'", RAKE, "Tasks: TOP => db:migrate",
                 "(See full trace by running task with --trace)"), says="Failed to release advisory lock"),
    case("trace, Ruby", "standardnotes/syncing-server#70", "release-command",
         release("ActiveRecord::ConcurrentMigrationError:", "Cannot run migrations because another migration process "
                 "is currently running.", f"{RECORD}/migration.rb:1315:in `with_advisory_lock'", RAKE),
         says="another migration process is currently running"),
    case("trace, Ruby", "manyfold3d/manyfold#2502", "release-command",
         release("bin/rails aborted!", "StandardError: An error has occurred, this and all later migrations canceled: "
                 "(StandardError)", "", "PG::UndefinedColumn: ERROR:  column federails_actors.entity_id does not "
                 "exist", 'LINE 1: ...derails_actors".* FROM "federails_actors"', "                   ^",
                 f"{RECORD}/connection_adapters/postgresql_adapter.rb:966:in `rescue in prepare'", RAKE,
                 "Tasks: TOP => db:migrate"), says="federails_actors.entity_id does not exist"),
    case("trace, Ruby", "mirego/killswitch#17", "release-command",
         release("rake aborted!", "StandardError: An error has occurred, this and all later migrations canceled:", "",
                 "Directly inheriting from ActiveRecord::Migration is not supported. Please specify the Rails release",
                 "", "  class CreateApplications < ActiveRecord::Migration[4.2]", RAKE),
         says="Directly inheriting from ActiveRecord::Migration is not supported"),
    case("trace, Ruby", "puma/puma#3744", "crash",
         exits(box(code=1)),
         log("[2092] + Gemfile in context: /rails/Gemfile", "[2092] ! Unable to start worker",
             "[2092] Could not find web-console-4.2.1, brakeman-7.1.0 in locally installed gems",
             "[2092] /usr/local/lib/ruby/site_ruby/3.4.0/bundler/definition.rb:683:in 'materialize'",
             "    /usr/local/lib/ruby/site_ruby/3.4.0/bundler/friendly_errors.rb:117:in 'with_friendly_errors'"),
         says="Could not find web-console"),
    case("trace, Ruby", "basecamp/once#3", "crash",
         exits(box(code=1)),
         log("bin/rails aborted!", "ArgumentError: Missing `secret_key_base` for 'production' environment, set this "
             "string with `bin/rails credentials:edit` (ArgumentError)",
             "/rails/vendor/ruby/3.4.0/railties/lib/rails/application.rb:651:in 'validate_secret_key_base'",
             "/rails/vendor/ruby/3.4.0/actionpack/lib/action_dispatch/middleware/show_exceptions.rb:23:in 'call'", "",
             "Tasks: TOP => db:prepare => environment"), says="Missing `secret_key_base`"),
    # Python
    case("trace, Python", "sbomify/sbomify#45", "release-command",
         release("Traceback (most recent call last):", '  File "/code/manage.py", line 22, in <module>',
                 "django.db.utils.OperationalError: connection to server at \"db\" (10.0.2.9), port 5432 failed: FATAL:"
                 '  password authentication failed for user "app"', ""), says="password authentication failed"),
    case("trace, Python", "airflow-helm/charts#840", "release-command",
         release("sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) SSL connection has been closed "
                 "unexpectedly", "", "(Background on this error at: https://sqlalche.me/e/14/e3q8)"),
         says="SSL connection has been closed"),
    case("trace, Python", "conbench/conbench#1117", "crash",
         exits(box(code=3)),
         log("Traceback (most recent call last):", '  File "/app/db.py", line 31, in get_engine',
             "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) could not connect to server: Connection "
             "refused", '\tIs the server running on host "db" (10.0.3.2) and accepting', "\tTCP/IP connections on port "
             "5432?", "", "(Background on this error at: https://sqlalche.me/e/14/e3q8)", "[2023-04-14 09:00:29 +0000] "
             "[8] [INFO] Worker exiting (pid: 8)", "[2023-04-14 09:00:29 +0000] [1] [ERROR] Worker (pid:8) exited with "
             "code 3", "[2023-04-14 09:00:29 +0000] [1] [ERROR] Shutting down: Master",
             "[2023-04-14 09:00:29 +0000] [1] [ERROR] Reason: Worker failed to boot."),
         says="could not connect to server: Connection refused"),
    # PHP
    case("trace, PHP", "alexjustesen/speedtest-tracker#891", "health-error",
         answers(500),
         log('[2023-11-08 19:16:11] production.ERROR: No application encryption key has been specified. {"exception":'
             '"[object] (Illuminate\\\\Encryption\\\\MissingAppKeyException(code: 0): No application encryption key '
             'has been specified. at EncryptionServiceProvider.php:79)', "", "[stacktrace]",
             f"#0 {LARAVEL}/Support/helpers.php(307): Illuminate\\\\Encryption\\\\EncryptionServiceProvider->key()",
             f"#1 {LARAVEL}/Foundation/Exceptions/Handler.php(77): tap()", "#46 {main}", '"}'),
         says="No application encryption key"),
    case("trace, PHP", "cachethq/Docker#322", "health-error",
         answers(500),
         log('[15-Nov-2018 12:06:42] WARNING: [pool www] child 79 said into stderr: "NOTICE: PHP message: '
             "production.ERROR: RuntimeException: No supported encrypter found. The cipher and / or key length are "
             f'invalid. in {LARAVEL}/Encryption/EncryptionServiceProvider.php:45"',
             '[15-Nov-2018 12:06:42] WARNING: [pool www] child 79 said into stderr: "Stack trace:"',
             f'[15-Nov-2018 12:06:42] WARNING: [pool www] child 79 said into stderr: "#0 {LARAVEL}/Foundation/'
             'Exceptions/Handler.php(25): IlluminateContainer->make()"'), says="No supported encrypter found"),
    case("trace, PHP", "investbrainapp/investbrain#57", "health-error",
         answers(500),
         log('The stream or file "/var/www/app/storage/logs/laravel.log" could not be opened in append mode: Failed to '
             'open stream: Permission denied', "Stack trace:", f"#0 {LARAVEL}/Log/LogManager.php(11): "
             "Monolog\\ErrorHandler->write()", "  thrown in /var/www/app/vendor/StreamHandler.php on line 127"),
         says="laravel.log"),
    # Elixir
    case("trace, Elixir", "sergiotapia/magnetissimo#148", "crash",
         exits(box(code=1)),
         log("ERROR! Config provider Config.Reader failed with:", "** (RuntimeError) environment variable "
             "SECRET_KEY_BASE is missing.", "You can generate one by calling: mix phx.gen.secret", "",
             "    /app/releases/2.0.0/runtime.exs:46: (file)", "    (elixir 1.14.4) src/elixir.erl:309: anonymous fn/4 "
             "in :elixir.eval_external_handler/1", "    (stdlib 4.1.1) error_logger.erl:748: :erl_eval.do_apply/7", "",
             "Runtime terminating during boot ({#{message=><<\"environment variable\">>,'__struct__'=>"
             "'Elixir.RuntimeError'},[]})", "Crash dump is being written to: erl_crash.dump...done"),
         says="SECRET_KEY_BASE is missing"),
    case("trace, Elixir", "danschultzer/elixir-terraform-aws-ecs-example#3", "release-command",
         release('14:19:54.828 [error] Postgrex.Protocol (#PID<0.1.0>) failed to connect: ** (Postgrex.Error) FATAL '
                 '28000 (invalid_authorization_specification) no pg_hba.conf entry for host "10.0.2.166", user "app", '
                 'database "core", no encryption', "** (exit) exited in: DBConnection.run",
                 "    (db_connection 2.7.0) lib/db_connection/connection_error.ex:27: raise/1"),
         says="no pg_hba.conf entry"),
    # Rust, Java, .NET
    case("trace, Rust", "joshstevens19/rindexer#116", "crash",
         exits(box(code=1)),
         log('ERROR Error connecting to database: db error: FATAL: no pg_hba.conf entry for host "10.0.2.7", user '
             '"postgres", database "postgres", no encryption',
             'Error: "The DATABASE_URL mapped is not running please make sure it is correct"')),
    case("trace, Java", "apache/skywalking#3696", "crash",
         exits(box(code=1)),
         log("***************************", "APPLICATION FAILED TO START", "***************************", "",
             "Description:", "", "The Tomcat connector configured to listen on port 8080 failed to start. The port may "
             "already be in use or the connector may be misconfigured.", "", "Action:", "", "Verify the connector's "
             "configuration, identify and stop any process that's listening on port 8080, or configure this "
             "application to listen on another port to avoid the error."),
         says="The Tomcat connector configured to listen on port 8080 failed"),
    case("trace, files", "aws/copilot-cli#4431", "crash",
         exits(box(code=1)),
         log("Changing user to ipfs", "chown: /data/ipfs: Operation not permitted", "entrypoint: step 3 of 9"),
         says="Operation not permitted"),
    case("trace, files", "aws/aws-cdk#15675", "crash",
         exits(box(code=1)),
         log("Traceback (most recent call last):", '  File "/app/index.py", line 8, in <module>', "PermissionError: "
             "[Errno 13] Permission denied: '/data/index'"), says="Permission denied: '/data/index'"),
    # npm
    case("build, npm", "microsoft/sample-app-aoai-chatGPT#1083", "docker-build",
         fails("BUILD", NPM, "#12 0.61 npm error code EUSAGE", "#12 0.61 npm error", "#12 0.61 npm error The `npm ci` "
               "command can only install with an existing package-lock.json or", "#12 0.61 npm error "
               "npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 or", "#12 0.61 npm error",
               "#12 0.61 npm error Usage:", "#12 0.61 npm error npm ci", '#12 0.61 npm error Run "npm help ci" for '
               "more info", "#12 0.61 npm error A complete log of this run can be found in: /root/.npm/_logs/0.log",
               'ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1'),
         says="can only install with an existing package-lock.json"),
    case("build, npm", "requinDr/tsukiweb-public#109", "docker-build",
         fails("BUILD", NPM, "#9 0.742 npm error code EUSAGE", "#9 0.742 npm error", "#9 0.742 npm error `npm ci` can "
               "only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync.",
               "#9 0.742 npm error", "#9 0.742 npm error Missing: @emnapi/runtime@1.10.0 from lock file",
               "#9 0.742 npm error", "#9 0.742 npm error Clean install a project", "#9 0.742 npm error Options:",
               "#9 0.742 npm error [--strict-peer-deps] [--foreground-scripts] [--ignore-scripts] [--no-audit]",
               '#9 0.742 npm error Run "npm help ci" for more info', "#9 0.742 npm notice",
               'ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1'),
         says="are in sync"),
    case("build, npm", "Ezka77/xen-orchestra-ce#56", "docker-build",
         fails("BUILD", NPM, "#35 20.47 npm ERR! code ERESOLVE", "#35 20.48 npm ERR! ERESOLVE could not resolve",
               "#35 20.48 npm ERR!", "#35 20.48 npm ERR! While resolving: eslint-config-standard@17.0.0",
               "#35 20.48 npm ERR! Found: eslint-plugin-n@16.0.0", "#35 20.48 npm ERR! Fix the upstream dependency "
               "conflict, or retry", "#35 20.48 npm ERR! this command with --force or --legacy-peer-deps",
               "#35 20.48 npm ERR! For a full report see:", "#35 20.48 npm ERR! /root/.npm/_logs/eresolve-report.txt",
               "ERROR: failed to solve: process \"/bin/sh -c npm prune\" did not complete successfully: exit code: 1"),
         says="ERESOLVE could not resolve"),
    case("build, npm", "IBM/CodeEngine#61", "docker-build",
         fails("BUILD", NPM, '#6 1.741 npm ERR! Tracker "idealTree" already exists', "#6 1.744 ", "#6 1.744 npm ERR! A "
               "complete log of this run can be found in:", "#6 1.744 npm ERR!     /root/.npm/_logs/0-debug-0.log",
               '#6 ERROR: process "/bin/sh -c npm install" did not complete successfully: exit code: 1', "------",
               " > [2/3] RUN npm install:", '1.741 npm ERR! Tracker "idealTree" already exists', "1.744 ",
               "1.744 npm ERR! A complete log of this run can be found in:", "1.744 npm ERR!     /root/.npm/_logs/0",
               "------", "Dockerfile:2", "--------------------", "   1 |     FROM node:18-alpine",
               "   2 | >>> RUN npm install", 'error: failed to solve: process "/bin/sh -c npm install" did not '
               "complete successfully: exit code: 1"), says='Tracker "idealTree" already exists'),
    case("build, mix", "etalab/transport-site#1456", "docker-build",
         fails("BUILD", NPM, '#11 1.304 ** (ArgumentError) could not fetch environment variable "SECRET_KEY_BASE" '
               "because it is not set", "#11 1.304     (elixir 1.10.4) lib/system.ex:520: System.fetch_env!/1",
               "#11 1.304     (stdlib 3.12.1) error_handler.erl:680: :erl_eval.do_apply/6",
               'ERROR: failed to solve: process "/bin/sh -c mix deps.get" did not complete successfully: exit code: 1'),
         says='"SECRET_KEY_BASE" because it is not set'),
    # a job
    case("job", "ethyca/fides#1174", "job",
         job("Traceback (most recent call last):", '  File "/fides/core/utils.py", line 64, in get_db_engine',
             '    raise util.raise_(error, with_traceback=trace)', "sqlalchemy.exc.OperationalError: "
             '(psycopg2.OperationalError) could not translate host name "fides-db" to address: Name or service not '
             "known", "", "(Background on this error at: https://sqlalche.me/e/14/e3q8)"),
         says="could not translate host name"),
)  # fmt: skip
