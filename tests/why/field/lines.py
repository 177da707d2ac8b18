"""Threads in which one line of an app's or build's log says why, among many that do not.

The line was written down before `why` was run. Cases without `says` get the right cause, but quote another line.
"""

from __future__ import annotations

from tests.why.field.case import Case, case
from tests.why.field.scene import box, exits, fails, log

AT = "    at Module._compile (node:internal/modules/cjs/loader:1376:14)"
JAVA_AT = "\tat org.springframework.beans.factory.support.ConstructorResolver.instantiate(ConstructorResolver.java:657)"
ENTRY = "/docker-entrypoint.sh: "
FLYWAY = ("Validate failed: Migrations have failed validation", "Migration checksum mismatch for migration version 160",
          "-> Applied to database : -1015374055", "-> Resolved locally    : -291822826", "Either revert the changes to "
          "the migration, or run repair to update the schema history.", "Need more flexibility with validation rules? "
          "Learn more: https://rd.gt/3AbJUZE", JAVA_AT)  # fmt: skip
EXECUTION = "ERROR [org.keycloak.quarkus.runtime.cli.ExecutionExceptionHandler] (main) "


def died(what: str, thread: str, says: str, *lines: str, code: int = 1) -> Case:
    """Return an app that ended after these lines."""
    return case(f"line, {what}", thread, "crash", exits(box(code=code)), log(*lines), says=says)


def built(what: str, thread: str, says: str, command: str, *lines: str, code: int = 1, cause: str = "") -> Case:
    """Return a failed Dockerfile step in BuildKit's plain output: its lines, their repetition, and Docker's error."""
    ended = f'process "/bin/sh -c {command}" did not complete successfully: exit code: {code}'
    wrote = [f"#9 {n}.{n}17 {line}" for n, line in enumerate(lines)]
    again = [line.removeprefix("#9 ") for line in wrote[-10:]]
    end = (f"#9 ERROR: {ended}", "------", f" > [4/5] RUN {command}:", *again, "------", "Dockerfile:8",
           "--------------------", "   6 |", f"   8 | >>> RUN {command}", "   9 |     COPY . .", "--------------------",
           f"ERROR: failed to solve: {ended}")  # fmt: skip
    scene = fails("BUILD", "docker build -t $URI .", f"#9 [4/5] RUN {command}", *wrote, *end)
    return case(f"line, {what}", thread, cause or "docker-build", scene, says=says)


LINES = (
    died("Elixir", "papercups-io/papercups#663", "environment variable DATABASE_URL is missing",
         "ERROR! Config provider Config.Reader failed with:",
         "** (RuntimeError) environment variable DATABASE_URL is missing.",
         "For example: ecto://USER:PASS@HOST/DATABASE", "", "    (stdlib 3.12.1) erl_eval.erl:680: "
         ":erl_eval.do_apply/6",
         "    (elixir 1.10.4) lib/config/reader.ex:37: Config.Reader.load/2", "",
         "{\"init terminating in do_boot\",{#{'__exception__'=>true,'__struct__'=>'Elixir.RuntimeError',message=><<101,"
         "110,118>>},[{erl_eval,do_apply,6,[{file,\"erl_eval.erl\"},{line,680}]}]}}",
         "init terminating in do_boot ({,[{erl_eval,do_apply,6,[{_},{_}]}]})", "",
         "Crash dump is being written to: erl_crash.dump...done"),
    died("Elixir", "ClaperCo/Claper#24", "host is not present",
         "** (Ecto.InvalidURLError) invalid url claper-db, host is not present. The parsed URL is: %URI{authority: "
         "nil, "
         "fragment: nil, host: nil, path: \"claper-db\", port: nil}",
         "    lib/ecto/repo/supervisor.ex:92: Ecto.Repo.Supervisor.parse_url/1",
         "    (claper 1.2.0) lib/claper/release.ex:14: anonymous fn/2 in Claper.Release.migrate/0",
         "    (elixir 1.13.2) lib/enum.ex:2396: Enum.\"-reduce/3-lists^foldl/2-0-\"/3"),
    died("Erlang", "helium/blockchain-http#352", "Missing DATABASE_URL",
         "11:58:06.967 [error] CRASH REPORT Process <0.828.0> with 0 neighbours crashed with reason: no match of right "
         "hand value {error,\"Missing DATABASE_URL.~n\"} in bh_sup:pool_opts/1 line 73",
         "11:58:06.968 [info] Application blockchain_http exited with reason: {{{badmatch,{error,\"Missing "
         "DATABASE_URL.~n\"}},[{bh_sup,pool_opts,1,[{file,\"/app/src/bh_sup.erl\"},{line,73}]}]}}",
         "Kernel pid terminated (application_controller) ({application_start_failure,blockchain_http,bad_return})", "",
         "Crash dump is being written to: erl_crash.dump...done"),
    died("Go, logfmt", "pixie-io/pixie#2238", "Dirty database version 7",
         'time="2025-07-21T01:49:02Z" level=info msg="Setting up database" db_hostname=postgres.plc.svc db_port=5432',
         'time="2025-07-21T01:49:02Z" level=info msg="Connected to Postgres"',
         'time="2025-07-21T01:49:02Z" level=fatal msg="Failed to apply migrations" error="Dirty database version 7. '
         'Fix '
         'and force version."'),
    died("Go", "goharbor/harbor#12847", "Dirty database version 30",
         "2020-08-21T09:19:47Z [INFO] [/common/dao/pgsql.go:119]: Upgrading schema for pgsql ...",
         '2020-08-21T09:19:47Z [ERROR] [/common/dao/pgsql.go:124]: Failed to upgrade schema, error: "Dirty database '
         'version 30. Fix and force version."',
         "2020-08-21T09:19:47Z [FATAL] [/core/main.go:181]: failed to initialize database: Dirty database version 30. "
         "Fix and force version."),
    died("Go, logrus", "ente-io/ente#6952", "Dirty database version 103",
         "INFO[0000]main.go:887 setupDatabase Connected to DB",
         "INFO[0000]main.go:901 setupDatabase Loaded migration scripts",
         "PANI[0000]main.go:903 setupDatabase Dirty database version 103. Fix and force version.",
         "panic: (*logrus.Entry) 0xc0014ce380", "", "goroutine 1 [running]:",
         "github.com/sirupsen/logrus.Entry.log({0x1ff42a0, 0xc000c456e0, {0x0, 0x0, 0x0}, 0x0, 0x0, {0x0, 0x0}, ...)",
         "\t/go/pkg/mod/github.com/sirupsen/logrus@v1.6.0/entry.go:259 +0x2fc",
         "main.main()", "\t/etc/ente/cmd/museum/main.go:128 +0x492", code=2),
    died("Go, JSON", "alfg/openencoder#47", "no rows in result set",
         '{"level":"info","msg":"connected","time":"2020-10-22T12:04:55Z"}',
         '{"level":"fatal","msg":"sql: no rows in result set","time":"2020-10-22T12:04:56Z"}'),
    died("Go, JSON", "atareao/self-hosted#34", "field not found, node: middlewares",
         '{"level":"info","version":"3.5.0","time":"2025-08-21T16:06:50+02:00","message":"Traefik version 3.5.0"}',
         '{"level":"error","error":"command traefik error: field not found, node: '
         'middlewares","time":"2025-08-21T16:06:'
         '51+02:00","message":"Command error"}'),
    died("Go, Caddy", "searxng/searxng-docker#337", "wrong argument count",
         '{"level":"info","ts":1739554488.5259776,"msg":"using config from file","file":"/etc/caddy/Caddyfile"}',
         "Error: adapting config using caddyfile: parsing caddyfile tokens for 'tls': wrong argument count or "
         "unexpected"
         " line ending after 'tls', at /etc/caddy/Caddyfile:25"),
    died("Node, Prisma", "umami-software/umami#3673", "01_init",
         "> umami@2.19.0 check-db /app", "> node scripts/check-db.js", "", "✓ DATABASE_URL is defined.",
         "✓ Database connection successful.", "Error: P3009", "", "migrate found failed migrations in the target "
         "database, new migrations will not be applied. Read more about how to resolve migration issues in a "
         "production "
         "database: https://pris.ly/d/migrate-resolve",
         "The `01_init` migration started at 2025-10-27 17:06:00.831525 UTC failed", "", "",
         "✗ Command failed: prisma migrate deploy", " ELIFECYCLE  Command failed with exit code 1.",
         'ERROR: "check-db" exited with 1.', " ELIFECYCLE  Command failed with exit code 1."),
    died("Node, Prisma", "inji/inji-certify#122", "The database schema is not empty",
         "> did-l3-ms@1.0.0 start:migrate:prod", "> npx prisma migrate deploy && node dist/main", "",
         "6 migrations found in prisma/migrations", "", "Error: P3005", "", "The database schema is not empty. Read "
         "more"
         " about how to baseline an existing production database: https://pris.ly/d/migrate-baseline", "",
         "npm notice ",
         "npm notice New minor version of npm available! 10.2.4 -> 10.9.0", "npm notice Changelog: <https://github.com/"
         "npm/cli/releases/tag/v10.9.0>", "npm notice Run `npm install -g npm@10.9.0` to update!", "npm notice "),
    died("Java, Keycloak", "DARPA-ASKEM/terarium#6948", "keycloak: System error",
         f"{EXECUTION}ERROR: Failed to start server in (nonserver) mode", f"{EXECUTION}ERROR: Unable to start HTTP "
         f"server",
         f"{EXECUTION}ERROR: Unable to start the management interface on keycloak:9000",
         f"{EXECUTION}ERROR: keycloak: System error", f"{EXECUTION}For more details run the same command passing the "
         "'--verbose' option. Also you can use '--help' to see the details about the usage of the particular command."),
    died("Java, Spring", "apache/hertzbeat#3325", "checksum mismatch for migration version 160",
         "2025-05-21 17:41:10.329 [main] ERROR org.springframework.boot.SpringApplication Line:857 - Application run "
         "failed", "org.springframework.beans.factory.BeanCreationException: Error creating bean with name "
         f"'delayedFlywayInitializer': Factory method 'delayedFlywayInitializer' threw exception with message: "
         f"{FLYWAY[0]}",
         *FLYWAY[1:], f"Caused by: org.flywaydb.core.api.exception.FlywayValidateException: {FLYWAY[0]}", *FLYWAY[1:],
         "\t... 25 common frames omitted"),
    died("Scala, Play", "vinyldns/vinyldns#317", "No configuration setting found for key 'users'",
         "Oops, cannot start the server.", "com.google.inject.CreationException: Unable to create injector, see the "
         "following errors:", "", "1) No implementation for controllers.ChangeLogStore was bound.",
         "  while locating controllers.ChangeLogStore", "    for the 4th parameter of controllers.VinylDNS.<init>"
         "(VinylDNS.scala:94)", "", "2) An exception was caught and reported. Message: No configuration setting "
         "found for"
         " key 'users'", "  at com.google.inject.util.Modules$OverrideModule.configure(Modules.java:177)", "",
         "2 errors",
         "\tat com.google.inject.internal.Errors.throwCreationExceptionIfErrorsExist(Errors.java:470)"),
    died("Scala, Play", "TechEmpower/FrameworkBenchmarks#2904", "No application loader is configured",
         "Oops, cannot start the server.", "java.lang.RuntimeException: No application loader is configured. Please "
         "configure an application loader either using the play.application.loader configuration property, or by "
         "depending on a module that configures one.", "\tat scala.sys.package$.error(package.scala:27)",
         "\tat play.core.server.ProdServerStart.main(ProdServerStart.scala)", code=255),
    died("Clojure", "moclojer/moclojer#259", "clojure.lang.Var",
         'Exception in thread "main" java.lang.NoClassDefFoundError: clojure/lang/Var',
         "\tat com.moclojer.core.<clinit>(Unknown Source)",
         "Caused by: java.lang.ClassNotFoundException: clojure.lang.Var",
         "\tat java.base/jdk.internal.loader.BuiltinClassLoader.loadClass(Unknown Source)", "\t... 1 more"),
    died("Java, Elasticsearch", "spujadas/elk-docker#347", "vm.max_map_count",
         "waiting for Elasticsearch to be up (12/30)", "ERROR: [1] bootstrap checks failed", "[1]: max virtual memory "
         "areas vm.max_map_count [65530] is too low, increase to at least [262144]", "ERROR: Elasticsearch did not "
         "exit "
         "normally - check the logs at /var/log/elasticsearch/elasticsearch.log", code=78),
    died("s6", "just-containers/s6-overlay#376", "20-config: Permission denied",
         "s6-rc: info: service legacy-cont-init: starting", "cont-init: info: running /etc/cont-init.d/20-config",
         "/package/admin/s6-overlay-3.0.0.0-1/etc/s6-rc/scripts/cont-init: line 14: /etc/cont-init.d/20-config: "
         "Permission denied", "cont-init: info: /etc/cont-init.d/20-config exited 126",
         "cont-init: warning: some scripts exited nonzero", "s6-rc: warning: unable to start service legacy-cont-init: "
         "command exited 1", "/run/s6/basedir/scripts/rc.init: warning: s6-rc failed to properly bring all the "
         "services "
         "up! Check your logs (in /run/uncaught-logs/current if you have in-container logging) for more information.",
         "/run/s6/basedir/scripts/rc.init: fatal: stopping the container."),
    died("s6", "alexbelgium/hassio-addons#1517", "init-tor/run: Permission denied",
         "s6-rc: info: service init-tor: starting", "s6-rc-oneshot-run: fatal: unable to exec /etc/s6-overlay/s6-rc.d/"
         "init-tor/run: Permission denied", "s6-rc: warning: unable to start service init-tor: command exited 126",
         "/run/s6/basedir/scripts/rc.init: warning: s6-rc failed to properly bring all the services up! Check your "
         "logs "
         "(in /run/uncaught-logs/current if you have in-container logging) for more information.",
         "/run/s6/basedir/scripts/rc.init: fatal: stopping the container."),
    died("Node, Strapi", "strapi/strapi#9403", "connect ETIMEDOUT",
         "Starting your app...", "[2021-02-15T10:35:21.519Z] debug ⛔️ Server wasn't able to start properly.",
         "[2021-02-15T10:35:21.521Z] error Error: connect ETIMEDOUT",
         "at Connection._handleConnectTimeout (/srv/app/node_modules/mysql/lib/Connection.js:409:13)",
         "at Object.onceWrapper (events.js:420:28)", "From previous event:",
         "at Client_MySQL.acquireRawConnection (/srv/app/node_modules/knex/lib/dialects/mysql/index.js:61:12)"),
    died("Node, Strapi", "caprover/caprover#1916", "Cannot find module 'pg'",
         "at createConnection (/srv/app/node_modules/@strapi/database/lib/connection.js:55:24)", "Error: Knex: run",
         "$ npm install pg --save", "Cannot find module 'pg'", "Require stack:",
         "- /srv/app/node_modules/knex/lib/dialects/postgres/index.js",
         "- /srv/app/node_modules/knex/lib/dialects/index.js",
         "at Client_PG._driver (/srv/app/node_modules/knex/lib/dialects/postgres/index.js:63:12)"),
    died("Node, Strapi", "SGFGOV/medusa-strapi-repo#86", "Unknown dialect undefined",
         "$ strapi start", "[2024-09-28 21:27:01.769] debug: ⛔️ Server wasn't able to start properly.",
         "[2024-09-28 21:27:01.769] error: Unknown dialect undefined", "Error: Unknown dialect undefined",
         "    at getDialectName (/opt/app/node_modules/@strapi/database/lib/dialects/index.js:36:13)",
         "error Command failed with exit code 1.", "info Visit https://yarnpkg.com/en/docs/cli/run for documentation "
         "about this command."),
    died("Node, Nest", "devfullcycle/imersao15#19", 'database "nest" does not exist',
         "[Nest] 70  - 10/31/2023, 3:14:05 PM   ERROR [TypeOrmModule] Unable to connect to the database. Retrying "
         "(9)...",
         'error: database "nest" does not exist', "    at Parser.parseErrorMessage (/home/node/app/node_modules/pg-"
         "protocol/src/parser.ts:369:69)", "[Nest] 70  - 10/31/2023, 3:14:08 PM   ERROR [ExceptionHandler] database "
         '"nest" does not exist', 'error: database "nest" does not exist',
         "    at Socket.emit (node:events:517:28)"),
    died("Node", "bluesky-social/pds#108", "default level:all must be included in custom levels",
         "/app/node_modules/.pnpm/pino@8.21.0/node_modules/pino/lib/levels.js:194",
         "    throw Error(`default level:${defaultLevel} must be included in custom levels`)", "    ^", "",
         "Error: default level:all must be included in custom levels", AT, "", "Node.js v20.11.1"),
    died("Bun", "akhilmulpurii/aperture#67", "require-hook",
         "$ bun --bun next start", "error: Cannot find module '../server/require-hook' from "
         "'/app/node_modules/.bin/next'", "Bun v1.3.10 (Linux x64 baseline)", 'error: "next" exited with code 1',
         'error: script "start" exited with code 1'),
    died("Deno", "denoland/deno_docker#317", "writefile 'hello.txt'",
         "error: Uncaught (in promise) PermissionDenied: Permission denied (os error 13): writefile 'hello.txt'",
         'await Deno.writeTextFile("hello.txt", "Hello World");', "^",
         "    at async writeFile (ext:deno_fs/30_fs.js:805:7)", "    at async file:///app/main.ts:1:1"),
    died("Python, Celery", "nickjj/docker-django-example#12", "takes 1 positional argument but 2 were given",
         "[2022-03-01 10:38:31,399: CRITICAL/MainProcess] Unrecoverable error: TypeError('Connection.disconnect() "
         "takes "
         "1 positional argument but 2 were given')", "Traceback (most recent call last):",
         '  File "/home/python/.local/lib/python3.10/site-packages/kombu/transport/virtual/base.py", line 923, in '
         "create_channel", "    return self._avail_channels.pop()", "IndexError: pop from empty list", "",
         "During handling of the above exception, another exception occurred:", "", "Traceback (most recent call "
         "last):",
         '  File "/home/python/.local/lib/python3.10/site-packages/redis/connection.py", line 608, in <lambda>',
         "    lambda: self._connect(), lambda error: self.disconnect(error)",
         "TypeError: Connection.disconnect() takes 1 positional argument but 2 were given"),
    died("Python, Alembic", "onyx-dot-app/onyx#1510", "Multiple head revisions are present",
         "INFO  [alembic.runtime.migration] Will assume transactional DDL.", "ERROR [alembic.util.messaging] Multiple "
         "head revisions are present for given argument 'head'; please specify a specific target revision, "
         "'<branchname>@head' to narrow to a specific head, or 'heads' for all heads", "  FAILED: Multiple head "
         "revisions"
         " are present for given argument 'head'; please specify a specific target revision, '<branchname>@head' to "
         "narrow to a specific head, or 'heads' for all heads", code=255),
    died("R", "PavlopoulosLab/Flame#4", "there is no package called \u2018shiny\u2019",
         "> shiny::runApp('/root/Flame/')", "Error in loadNamespace(x) : there is no package called \u2018shiny\u2019",
         "Calls: loadNamespace -> withRestarts -> withOneRestart -> doWithOneRestart", "Execution halted"),
    died("Perl", "metacpan/metacpan-web#3196", "Can't locate Config/ZOMG.pm",
         "Error while loading /app/app.psgi: Can't locate Config/ZOMG.pm in @INC (you may need to install the "
         "Config::ZOMG module) (@INC contains: /app/local/lib/perl5 /usr/local/lib/perl5/5.36.3) at /app/app.psgi line "
         "11.", "BEGIN failed--compilation aborted at /app/app.psgi line 11.",
         "unable to find PSGI function entry point.", "*** no app loaded. GAME OVER ***", code=22),
    died("Perl", "RotherOSS/otobo-docker#165", "Can't locate Kernel/Config.pm",
         "Error while loading /opt/otobo/bin/psgi-bin/otobo.psgi: No such file or directory at (eval 5) line 4.",
         "Can't locate Kernel/Config.pm in @INC (you may need to install the Kernel::Config module) (@INC entries "
         "checked: . Kernel/cpan-lib/ /opt/otobo/local/lib/perl5).", "BEGIN failed--compilation aborted.", code=2),
    died("nginx", "namespacelabs/foundation#47", 'client_temp" failed',
         f"{ENTRY}Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh", "10-listen-on-ipv6-by-default.sh: "
         "info: can not modify /etc/nginx/conf.d/default.conf (read-only file system?)",
         f"{ENTRY}Configuration complete; ready for start up",
         '2022/03/04 17:05:32 [warn] 1#1: the "user" directive makes sense only if the master process runs with '
         "super-user privileges, ignored in /etc/nginx/nginx.conf:2",
         '2022/03/04 17:05:32 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)',
         'nginx: [emerg] mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)'),
    died("nginx", "eoscostarica/lifebank#779", "unknown directive",
         "10-listen-on-ipv6-by-default.sh: /etc/nginx/conf.d/default.conf differs from the packaged version, exiting",
         '2021/05/31 12:06:23 [emerg] 1#1: unknown directive "server " in /etc/nginx/conf.d/default.conf:1',
         'nginx: [emerg] unknown directive "server " in /etc/nginx/conf.d/default.conf:1',
         f"{ENTRY}Launching /docker-entrypoint.d/20-envsubst-on-templates.sh",
         f"{ENTRY}Configuration complete; ready for start up"),
    died("PHP, Symfony", "shlinkio/shlink#561", "Unable to load yaml configuration files",
         "Updating database...", "", "In ProcessHelper.php line 106:", "", "  The command \"'/usr/local/bin/php' "
         "'vendor/doctrine/migrations/bin/doctrine-migrations.php' 'migrations:migrate'\" failed.", "",
         "  Exit Code: 1(General error)", "", "  Working directory: /etc/shlink", "", "  Output:", "  ================",
         "", "  Error Output:", "  ================", "", "  In YamlNotAvailable.php line 13:", "",
         "    Unable to load yaml configuration files, please run `composer require symfony/yaml` to load yaml "
         "configuration files.", "", "  migrations:migrate [--write-sql [WRITE-SQL]] [--dry-run] "
         "[--allow-no-migration] "
         "[--] [<version>]", "", "db:migrate"),
    died("PHP, Symfony", "coloso/symfony-docker#17", "could not find driver",
         '[critical] Error thrown while running command "make:migration". Message: "An exception occurred in the '
         'driver:'
         ' could not find driver"', "", "In ExceptionConverter.php line 87:", "  An exception occurred in the driver: "
         "could not find driver  ", "In Driver.php line 35:", "  could not find driver  ", "make:migration", "",
         '2023-09-22T14:00:01+02:00 [info] User Deprecated: Method "Bundle::build()" might add "void" as a native '
         'return'
         " type declaration in the future. Do the same now to avoid errors."),
    died("PHP, Symfony", "tchapi/davis#89", 'unexpected variable "$this"',
         "In Version20230209142217.php line 38:", "", '  syntax error, unexpected variable "$this"', "", "",
         "doctrine:migrations:migrate [--write-sql [WRITE-SQL]] [--dry-run] [--allow-no-migration] [--all-or-nothing "
         "[ALL-OR-NOTHING]] [--configuration CONFIGURATION] [--em EM] [--conn CONN] [--] [<version>]", code=255),
    died("Rust", "DefGuard/defguard#889", "PoolTimedOut",
         "thread 'main' panicked at /build/src/db/mod.rs:20:10:", "Database connection failed: PoolTimedOut",
         "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
         "ERROR: failed to create VPN network", code=101),
    died("Rust", "stefano-garzarella/snp-svsm-vtpm#7", "",
         "Error: database pool init error for pool named `diesel`", "   >> timed out waiting for connection: Unable to "
         "open the database file", "   >> missing database fairing for `reference_kbs::Db`",
         "thread 'main' panicked at src/main.rs:313:43:", "database connection", "stack backtrace:",
         "   0:     0x55f05c6141da - std::backtrace_rs::backtrace::libunwind::trace::h99efb0985cae5d78",
         "                               at /rustc/f6e511eec7342f59a25f7c0534f1dbea00d01b14/library/std/src/../../"
         "backtrace/src/backtrace/libunwind.rs:116:5", code=101),
    died("Postgres", "opf/openproject-docker-compose#148", "initialized by PostgreSQL version 13",
         "PostgreSQL Database directory appears to contain a database; Skipping initialization", "",
         "2026-02-22 10:00:00.000 UTC [1] FATAL:  database files are incompatible with server",
         "2026-02-22 10:00:00.000 UTC [1] DETAIL:  The data directory was initialized by PostgreSQL version 13, "
         "which is"
         " not compatible with this version 17.8."),
    died("Postgres", "immauss/openvas#329", "is not a database cluster directory",
         "Starting PostgreSQL...", '2025-02-09 11:30:03.593 GMT [101] LOG:  skipping missing configuration file '
         '"/data/database/postgresql.auto.conf"', 'pg_ctl: directory "/data/database" is not a database cluster '
         "directory", "pg exit with 1 .", 'It looks like postgres failed to start. ( Exit code: "0" ',
         "Assuming this is due to different database version and starting upgrade."),
)  # fmt: skip
