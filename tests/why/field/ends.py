"""Threads like those of lines.py, collected after the rules were changed for words.py."""

from __future__ import annotations

from tests.why.field.lines import built, died

TRACE = "Traceback (most recent call last):"
NO_CONFIG = "/etc/prometheus/prometheus1.yaml"

ENDS = (
    built("Gradle", "appunite/docker#63", "Remote host closed connection during handshake", "./gradlew build",
          "FAILURE: Build failed with an exception.", "", "* What went wrong:",
          "A problem occurred configuring root project 'workspace'.",
          "> Could not resolve all dependencies for configuration ':classpath'.",
          "   > Could not resolve com.android.tools.build:gradle:2.2.2.", "     Required by:", "         project :",
          "         > Could not GET "
          "'https://jcenter.bintray.com/com/android/tools/build/gradle/2.2.2/gradle-2.2.2.pom'.",
          "            > Remote host closed connection during handshake", "", "* Try:", "Run with --stacktrace "
          "option to "
          "get the stack trace. Run with --info or --debug option to get more log output.", "",
          "BUILD FAILED", "", "Total time: 5.4 secs"),
    built("apt", "nokn0wthing/CVE-2023-20052#1", "Unable to locate package wget", "apt-get install -y gnupg wget",
          "Package ca-certificates is not available, but is referred to by another package.",
          "This may mean that the package is missing, has been obsoleted, or",
          "is only available from another source", "",
          "E: Package 'gnupg' has no installation candidate", "E: Unable to locate package wget",
          "Package gnupg is not available, but is referred to by another package.",
          "This may mean that the package is missing, has been obsoleted, or", "is only available from another source",
          code=100),
    built("apt", "cross-the-world/ssh-scp-ssh-pipelines#16", "does not have a Release file", "apt-get update -y",
          "Ign:1 http://security.debian.org/debian-security buster/updates InRelease",
          "Err:5 http://deb.debian.org/debian buster Release", "  404  Not Found [IP: 151.101.202.132 80]",
          "Reading package lists...",
          "E: The repository 'http://deb.debian.org/debian buster Release' does not have a Release file.",
          "E: The repository 'http://deb.debian.org/debian buster-updates Release' does not have a Release file.",
          code=100),
    built("Node, Next.js", "readest/readest#1977", "Property 'prevMark' does not exist on type 'TTS'", "pnpm build-web",
          " \u2713 Compiled successfully in 90s", "   Linting and checking validity of types ...",
          "Failed to compile.", "",
          "./src/services/tts/TTSController.ts:279:46", "Type error: Property 'prevMark' does not exist on type 'TTS'.",
          "", "  277 |     if (this.state === 'playing') {", "  278 |       await this.stop();",
          "> 279 |       if (byMark) this.#speak(this.view.tts?.prevMark());",
          "      |                                              ^", "  280 |       else "
          "this.#speak(this.view.tts?.prev());",
          "Next.js build worker exited with code: 1 and signal: null", " ELIFECYCLE  Command failed with exit code 1."),
    built("Haskell", "haskell/hackage-server#602", "'library' expects no argument", "cabal install --only-dependencies",
          "cabal: hackage-server.cabal:86: 'library' expects no argument"),
    built("Node, Next.js", "craigary/nobelium#47", "", "npm run build", "> Build error occurred",
          "Error [ERR_REQUIRE_ESM]: Must use import to load ES Module: "
          "/app/node_modules/react-notion-x/build/cjs/index.js",
          "require() of ES modules is not supported.", "require() of "
          "/app/node_modules/react-notion-x/build/cjs/index.js "
          "from /app/.next/server/pages/[slug].js is an ES module file as it is a .js file whose nearest parent "
          "package."
          'json contains "type": "module" which defines all .js files in that package scope as ES modules.', "Instead "
          "rename index.js to end in .cjs, change the requiring code to use import().", "",
          "    at Object.Module._extensions..js (internal/modules/cjs/loader.js:1102:13)"),
    died("PHP, Laravel", "Bottelet/DaybydayCRM#320", "php_network_getaddresses",
         "   Illuminate\\Database\\QueryException ", "", "  SQLSTATE[HY000] [2002] php_network_getaddresses: "
         "getaddrinfo "
         "failed: Name or service not known (SQL: select * from information_schema.tables)", "",
         "  at vendor/laravel/framework/src/Illuminate/Database/Connection.php:671",
         "    667|         // If an exception occurs when attempting to run a query, we'll format the error",
         "  > 671|             throw new QueryException(",
         "    672|                 $query, $this->prepareBindings($bindings), $e", "", "      +36 vendor frames ",
         "  37  artisan:30", "      Illuminate\\Foundation\\Console\\Kernel::handle(Object(Symfony\\Component\\"
         "Console\\"
         "Input\\ArgvInput), Object(Symfony\\Component\\Console\\Output\\ConsoleOutput))"),
    died("PHP, Laravel", "alexjustesen/speedtest-tracker#784", "Connection refused",
         "#37 /var/www/html/artisan(35): Illuminate\\\\Foundation\\\\Console\\\\Kernel->handle()", "#38 {main}",
         '"} ', "",
         "In Connection.php line 801:", "", "  SQLSTATE[HY000] [2002] Connection refused (Connection: mysql, SQL: "
         "select "
         "*  ", "   from information_schema.tables where table_schema = speedtest_tracker and   ",
         "  table_name = migrations and table_type = 'BASE TABLE')", "", "", "In Connector.php line 65:", "",
         "  SQLSTATE[HY000] [2002] Connection refused  ", "", ""),
    died("Elixir", "code-corps/code-corps-api#275", "the database system is starting up",
         "** (Mix) The database for CodeCorps.Repo couldn't be created: FATAL (cannot_connect_now): the database "
         "system "
         "is starting up", "", "19:12:16.425 [error] GenServer #PID<0.286.0> terminating",
         "** (Postgrex.Error) FATAL (cannot_connect_now): the database system is starting up",
         "    (db_connection) lib/db_connection/connection.ex:148: DBConnection.Connection.connect/2",
         "    (stdlib) proc_lib.erl:247: :proc_lib.init_p_do_apply/3", "Last message: nil", "State: Postgrex.Protocol"),
    died("Elixir", "plausible/community-edition#27", ":econnrefused",
         "17:23:12.479 [error] GenServer #PID<0.267.0> terminating",
         "** (UndefinedFunctionError) function :econnrefused.exception/1 is undefined (module :econnrefused is not "
         "available)", "    :econnrefused.exception([])",
         "    (db_connection 2.2.2) lib/db_connection/connection.ex:87: DBConnection.Connection.connect/2",
         "    (stdlib 3.12.1) proc_lib.erl:249: :proc_lib.init_p_do_apply/3", "Last message: nil",
         "17:23:12.482 [error] GenServer #PID<0.268.0> terminating"),
    died("Go, logfmt", "dbluxo/quickstart-thanos#164", "permission denied",
         'caller=main.go:184 level=info msg="Experimental OTLP write receiver enabled"',
         f'caller=main.go:438 level=error msg="Error loading config (--config.file={NO_CONFIG})" file={NO_CONFIG} '
         f'err="open '
         f'{NO_CONFIG}: permission denied"', code=2),
    died("Go, logfmt", "vegasbrianc/prometheus#97", "",
         'level=info ts=2021-08-05T09:38:03.562Z caller=main.go:969 msg="Loading configuration file"',
         'level=error ts=2021-08-05T09:38:03.571Z caller=manager.go:956 component="rule manager" msg="loading groups '
         'failed" err="/prometheus_rules.yml: group \\"instance_down\\", rule 1: invalid annotation name: '
         'd:wqescription"',
         'level=error ts=2021-08-05T09:38:03.571Z caller=main.go:995 msg="Failed to apply configuration" err="error '
         'loading rules, previous rule set restored"',
         'level=error ts=2021-08-05T09:38:03.600Z caller=main.go:784 err="error loading config from '
         '\\"/prometheus.yml\\":'
         ' one or more errors occurred while applying the new configuration"'),
    died("Go, Cobra", "mattermost/docker#85", "site_url.app_error",
         "Error: failed to load configuration: failed to create store: unable to load on store creation: invalid "
         "config: "
         "Config.IsValid: model.config.is_valid.site_url.app_error", "", "Usage:", "  mattermost [flags]",
         "  mattermost [command]", "", "Available Commands:", "  channel                   Management of channels",
         "  integrity                 Check database data integrity",
         "  reset                     Reset the database to initial state", "", "Flags:",
         "  -c, --config string         Configuration file to use.",
         "      --disableconfigwatch    When set config.json will not be loaded from disk when the file is missing", "",
         'Use "mattermost [command] --help" for more information about a command.'),
    died("Python, Django", "cookiecutter/cookiecutter-django#1057", "is applied before its dependency",
         TRACE, '  File "manage.py", line 23, in <module>', "    execute_from_command_line(sys.argv)",
         '  File "/usr/local/lib/python3.5/site-packages/django/db/migrations/loader.py", line 292, in '
         "check_consistent_history", "    connection.alias,", "django.db.migrations.exceptions."
         "InconsistentMigrationHistory: Migration admin.0001_initial is applied before its dependency "
         "users.0001_initial "
         "on database 'default'."),
    died("Python, Django", "caprover/caprover#200", "already exists",
         "WARNINGS:", "Users.CustomUser: (auth.W004) 'CustomUser.phone_number' is named as the 'USERNAME_FIELD', but "
         "it "
         "is not unique.", "        HINT: Ensure that your authentication backend(s) can handle non-unique usernames.",
         "Running migrations:", f"  Applying Exams.0002_auto_20180309_1911...{TRACE}",
         '  File "/usr/local/lib/python3.6/site-packages/django/db/backends/utils.py", line 85, in _execute',
         "    return self.cursor.execute(sql, params)",
         'psycopg2.ProgrammingError: column "owner_id" of relation "Exams_topic" already exists', "", "",
         "The above exception was the direct cause of the following exception:", "", TRACE,
         '  File "manage.py", line 10, in <module>', "    execute_from_command_line(sys.argv)",
         'django.db.utils.ProgrammingError: column "owner_id" of relation "Exams_topic" already exists', ""),
    died("Node", "rajnandan1/kener#398", "Cannot find package '@sveltejs/kit'",
         "node:internal/modules/package_json_reader:267", "  throw new ERR_MODULE_NOT_FOUND(packageName, "
         "fileURLToPath(base), null);", "        ^", "", "Error [ERR_MODULE_NOT_FOUND]: Cannot find package "
         "'@sveltejs/kit' imported from /app/src/lib/server/services/gamedigCall.js",
         "    at Object.getPackageJSONURL (node:internal/modules/package_json_reader:267:9)",
         "    at #cachedDefaultResolve (node:internal/modules/esm/loader:643:25)",
         "    at ModuleJob._link (node:internal/modules/esm/module_job:136:49) {", "  code: 'ERR_MODULE_NOT_FOUND'",
         "}",
         "", "Node.js v23.7.0"),
    died(".NET", "markjprice/web-dev-net9#36", "Unable to resolve service for type",
         "Unhandled exception. System.AggregateException: Some services are not able to be constructed",
         " ---> System.InvalidOperationException: Error while validating the service descriptor 'ServiceType: "
         "Northwind."
         "ICustomerRepository': Unable to resolve service for type 'Northwind.EntityModels.NorthwindContext' while "
         "attempting to activate 'Northwind.Repositories.CustomerRepository'.",
         "   at Microsoft.Extensions.DependencyInjection.ServiceProvider..ctor(ICollection`1 serviceDescriptors)",
         "   --- End of inner exception stack trace ---",
         "   at Program.<Main>$(String[] args) in /src/Program.cs:line 40", code=134),
    died("Java, Kafka", "Websoft9/docker-library#345", "There must be at least one advertised listener",
         "[2023-08-08 04:58:55,865] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)",
         "java.lang.IllegalArgumentException: requirement failed: There must be at least one advertised listener.",
         "\tat scala.Predef$.require(Predef.scala:281)", "\tat kafka.Kafka.main(Kafka.scala)"),
    died("Java, Kafka", "wurstmeister/kafka-docker#72", "already registered on the path",
         "[2016-02-04 15:35:04,556] INFO [Kafka Server 102011155], shut down completed (kafka.server.KafkaServer)",
         "[2016-02-04 15:35:04,557] FATAL Fatal error during KafkaServerStartable startup. Prepare to shutdown "
         "(kafka.server.KafkaServerStartable)", "java.lang.RuntimeException: A broker is already registered on the "
         "path "
         "/brokers/ids/102011155. This probably indicates that you either have configured a brokerid that is already "
         "in "
         "use.", "\tat kafka.utils.ZkUtils.registerBrokerInZk(ZkUtils.scala:295)", "\tat kafka.Kafka.main(Kafka.scala)",
         "[2016-02-04 15:35:04,558] INFO [Kafka Server 102011155], shutting down (kafka.server.KafkaServer)"),
    died("Rust", "matrix-construct/tuwunel#374", "Address already in use",
         "2026-03-15T13:42:07.671593Z  WARN main:start: tuwunel_service::migrations: Created new RocksDB database", "",
         "thread 'tuwunel:worker' (18) panicked at src/router/serve.rs:43:18:", "Failed to bind configured "
         "TcpListener to "
         '{addr:?}: Os { code: 98, kind: AddrInUse, message: "Address already in use" }', "note: run with "
         "`RUST_BACKTRACE=1` environment variable to display a backtrace",
         "2026-03-15T13:42:07.681175Z  INFO main:stop: tuwunel_service::services: Shutting down services..."),
    died("Rust", "t-rex-tileserver/t-rex#117", "Address already in use",
         "2019-01-25 19:16:02.718 INFO Reading configuration from 'osm.toml'",
         "thread 'main' panicked at 'Can not start server on given IP/Port: Os { code: 98, kind: AddrInUse, message: "
         "\"Address already in use\" }', libcore/result.rs:1009:5", "stack backtrace:", "   0: <unknown>",
         "   1: <unknown>", "  11: __libc_start_main", code=101),
)  # fmt: skip
