"""Threads collected after errors in JSON were read as a whole; the line was written down before `why` was run.

Cases without `says` get the right cause, but quote another line.
"""

from __future__ import annotations

from tests.why.field.case import Case, case
from tests.why.field.lines import built, died
from tests.why.field.scene import box, exits, log

NOT_A_CANDIDATE = (
    "This may mean that the package is missing, has been obsoleted, or", "is only available from another source", "",
)  # fmt: skip
CHILD = "app exited: Hello.Application.start(:normal, []) returned an error: shutdown: failed to start child: "

REMARKS: tuple[Case, ...] = (
    died("Python, honcho", "stevenleeg/geemusic#187", "KeyError: 'DEBUG_MODE'",
         "13:57:55 web.1  | started with pid 7", "13:58:01 web.1  | Traceback (most recent call last):",
         '13:58:01 web.1  |   File "server.py", line 1, in <module>', "13:58:01 web.1  |     from geemusic import app",
         '13:58:01 web.1  |   File "/usr/lib/python3.6/os.py", line 669, in __getitem__',
         "13:58:01 web.1  |     raise KeyError(key) from None", "13:58:01 web.1  | KeyError: 'DEBUG_MODE'",
         "13:58:02 web.1  | exited with code 1", "13:58:02 system | sending SIGTERM to all processes"),
    died("Python, logging", "oss-aspen/8Knot#164", "",
         "[2022-09-26 16:18:45 +0000] [3593] [INFO] Booting worker with pid: 3593",
         'CRITICAL:root:Required environment variable "user" not available.',
         "CRITICAL:root:Could not get engine; check config or try later",
         "[2022-09-26 16:18:45 +0000] [3529] [INFO] Worker exiting (pid: 3529)",
         "[2022-09-26 16:18:45 +0000] [3721] [INFO] Booting worker with pid: 3721",
         'CRITICAL:root:Required environment variable "user" not available.',
         "CRITICAL:root:Could not get engine; check config or try later",
         "[2022-09-26 16:18:46 +0000] [3593] [INFO] Worker exiting (pid: 3593)"),
    died("Python", "Dielee/volvo2mqtt#86", "KeyError: 'debug does not exist'",
         "Traceback (most recent call last):", '  File "/volvoAAOS2mqtt/./main.py", line 11, in <module>',
         "    setup_logging()", '  File "/usr/local/lib/python3.9/site-packages/dynaconf/base.py", line 306, in '
         "__getitem__", '    raise KeyError(f"{item} does not exist")', "KeyError: 'debug does not exist'"),
    died("Haskell", "diogob/postgres-websockets#64", "could not translate host name",
         "postgres-websockets 0.8.0.1 / Connects websockets to PostgreSQL asynchronous notifications.",
         "Listening on port 3000", *[r'Error connecting notification listener to database: Just "could not translate '
         r'host name \"postgres\" to address: Name does not resolve\n"'] * 3),
    built("apt", "ipbc-dev/bittube#9", "Temporary failure resolving", "apt-get update && apt-get install -y cmake git",
          "W: Failed to fetch http://archive.ubuntu.com/ubuntu/dists/bionic/InRelease  Temporary failure resolving "
          "'archive.ubuntu.com'", "W: Failed to fetch http://security.ubuntu.com/ubuntu/dists/bionic-security/InRelease"
          "  Temporary failure resolving 'security.ubuntu.com'",
          "W: Some index files failed to download. They have been ignored, or old ones used instead.",
          "Reading package lists...", "Building dependency tree...", "Reading state information...",
          "Package ca-certificates is not available, but is referred to by another package.", *NOT_A_CANDIDATE,
          "E: Package 'ca-certificates' has no installation candidate", "E: Unable to locate package cmake",
          "E: Unable to locate package git", code=100),
    built("Gradle", "docker/for-win#13635", "Plugin [id: 'org.springframework.boot', version: '2.1.4.RELEASE'] was not "
          "found", "gradle build", "", "FAILURE: Build failed with an exception.", "", "* Where:",
          "Build file '/home/gradle/src/build.gradle' line: 2", "", "* What went wrong:",
          "Plugin [id: 'org.springframework.boot', version: '2.1.4.RELEASE'] was not found in any of the following "
          "sources:", "", "- Gradle Core Plugins (plugin is not in 'org.gradle' namespace)",
          "- Plugin Repositories (could not resolve plugin artifact 'org.springframework.boot:"
          "org.springframework.boot.gradle.plugin:2.1.4.RELEASE')", "  Searched in the following repositories:",
          "    Gradle Central Plugin Repository", "", "* Try:", "Run with --stacktrace option to get the stack trace. "
          "Run with --info or --debug option to get more log output. Run with --scan to get full insights.", "",
          "* Get more help at https://help.gradle.org", "", "BUILD FAILED in 2s"),
    built("Gradle", "abrensch/brouter#694", "./gradle: not found", "./gradle clean build",
          "/bin/sh: 1: ./gradle: not found", code=127),
    died("Ruby, Puma", "klausmeyer/docker-registry-browser#284", "uninitialized constant",
         "config/puma.rb:44:in `_load_from': uninitialized constant #<Class:#<Puma::DSL:0x0000562222a3a058>>::Rails "
         "(NameError)", "        from /usr/local/bundle/gems/puma-4.3.3/lib/puma/dsl.rb:46:in `instance_eval'",
         "        from /usr/local/bundle/gems/puma-4.3.3/bin/puma:8:in `<top (required)>'",
         "        from /usr/local/bundle/bin/puma:23:in `<main>'"),
    case("line, Ruby", "octobox/octobox#2174", "command-missing", exits(box(code=127)), log(
         "bin/docker-start: exec: line 27: rails: not found", "Unable to start, see the Skylight logs for more details",
         "No valid API key has been set, notifications will not be sent"), says="rails: not found"),
    built("Ruby", "hitobito/hitobito#3024", "uninitialized constant Niceql", "bundle exec rake assets:precompile",
          "+ RAILS_DB_ADAPTER=nulldb", "+ bundle exec rake assets:precompile", "rake aborted!",
          "NameError: uninitialized constant Niceql (NameError)",
          "/app-src/config/initializers/niceql.rb:3:in `<main>'",
          "/app-src/vendor/bundle/ruby/3.2.0/gems/railties-6.1.7.8/lib/rails/engine.rb:681:in `load'",
          "Tasks: TOP => environment", "(See full trace by running task with --trace)"),
    died("Ruby", "EricLondon/Docker-Rails-Elasticsearch-Logstash-Kibana#2", "was not generated by Bundler",
         "Your `bin/bundle` was not generated by Bundler, so this binstub cannot run.",
         "Replace `bin/bundle` by running `bundle binstubs bundler --force`, then run this command again."),
    died("Elixir", "dogweather/phoenix-docker-compose#4", 'could not read file "/app/config/config.exs"',
         '** (File.Error) could not read file "/app/config/config.exs": no such file or directory',
         "    (elixir 1.10.1) lib/file.ex:353: File.read!/1", "    (elixir 1.10.1) lib/code.ex:863: Code.eval_file/2",
         "    (mix 1.10.1) lib/mix/cli.ex:81: Mix.CLI.run_task/2"),
    died("Elixir", "nicbet/docker-phoenix#12", "Plug.Cowboy.child_spec/1 is undefined",
         f"[info] {CHILD}HelloWeb.Endpoint", "    ** (EXIT) an exception was raised:",
         "        ** (UndefinedFunctionError) function Plug.Cowboy.child_spec/1 is undefined (module Plug.Cowboy is "
         "not available)", '            Plug.Cowboy.child_spec([scheme: :http, plug: {HelloWeb.Endpoint, []}, '
         'options: [dispatch: [_: [{"/phoenix/live_reload/socket/websocket", Phoenix.Endpoint.CowboyWebSocket, '
         '{Phoenix.Transports.WebSocket, {HelloWeb.Endpoint, [path: "/websocket", timeout: 60000]}}}]]]])',
         "            (phoenix) lib/phoenix/endpoint/cowboy2_adapter.ex:44: "
         "Phoenix.Endpoint.Cowboy2Adapter.child_spec/3",
         f"** (Mix) Could not start application hello: {CHILD}HelloWeb.Endpoint",
         "    ** (EXIT) an exception was raised:", "        ** (UndefinedFunctionError) function "
         "Plug.Cowboy.child_spec/1 is undefined (module Plug.Cowboy is not available)"),
    died("Java, Spring", "cytomine/cytomine#187", "required a bean of type 'java.lang.String'",
         "***************************", "APPLICATION FAILED TO START", "***************************", "",
         "Description:", "", "Parameter 0 of constructor in "
         "be.cytomine.appengine.handlers.registry.impl.DockerRegistryHandler required a bean of type "
         "'java.lang.String' that could not be found.", "", "Action:", "",
         "Consider defining a bean of type 'java.lang.String' in your configuration."),
    died("Go", "l3montree-dev/devguard#1763", "FRONTEND_URL is not set",
         '{"time":"2026-03-01T10:00:00Z","level":"INFO","msg":"starting"}', "panic: FRONTEND_URL is not set", "",
         "goroutine 1 [running]:", "\t/go/src/app/integrations/gitlabint/gitlab_integration.go:141 +0x1d", code=2),
    died("Go", "gliderlabs/logspout#322", "connection refused", "# logspout v3.2.2 by gliderlabs",
         "# adapters: raw syslog tcp udp tls", "# options : persist:/mnt/routes",
         "!! dial tcp zzzzzz:514: getsockopt: connection refused"),
    built(".NET", "ManojNair/letskube#3", "Invalid static method invocation syntax", "dotnet publish -c Release",
          "Microsoft (R) Build Engine version 15.7.179.6572 for .NET Core", "", "  Restore completed in 296.43 ms for "
          "/app/LetsKube.csproj.", "/usr/share/dotnet/sdk/2.1.202/Sdks/Microsoft.NET.Sdk/build/"
          "Microsoft.PackageDependencyResolution.targets(557,9): error MSB4186: Invalid static method invocation "
          'syntax: "[System.IO.Directory]::GetParent().get_Name()". [/app/LetsKube.csproj]'),
)  # fmt: skip

LAST: tuple[Case, ...] = (
    died("Python", "AbdBarho/stable-diffusion-webui-docker#699", "cannot import name 'Undefined'",
         '  File "/opt/conda/lib/python3.10/site-packages/fastapi/params.py", line 4, in <module>',
         "    from pydantic.fields import FieldInfo, Undefined", "ImportError: cannot import name 'Undefined' from "
         "'pydantic.fields' (/opt/conda/lib/python3.10/site-packages/pydantic/fields.py)"),
    died("Python", "sinaptik-ai/pandas-ai#1369", "`BaseSettings` has been moved to the `pydantic-settings` package",
         '  File "/app/core/config.py", line 3, in <module>', "    from pydantic import BaseSettings, PostgresDsn",
         '  File "/usr/local/lib/python3.11/site-packages/pydantic/__init__.py", line 402, in __getattr__',
         "    return _getattr_migration(attr_name)", "           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
         '  File "/usr/local/lib/python3.11/site-packages/pydantic/_migration.py", line 296, in wrapper',
         "    raise PydanticImportError(", "pydantic.errors.PydanticImportError: `BaseSettings` has been moved to the "
         "`pydantic-settings` package. See https://docs.pydantic.dev/2.9/migration/ for more details.", "",
         "For further information visit https://errors.pydantic.dev/2.9/u/import-error"),
    built("Maven", "diggsweden/DCAT-AP-SE-Processor#30", "release version 17 not supported", "./mvnw clean package",
          "[INFO] Compiling 39 source files with javac [debug release 17] to target/classes", "[INFO] BUILD FAILURE",
          "[INFO] Total time:  25.712 s", "[ERROR] Failed to execute goal org.apache.maven.plugins:"
          "maven-compiler-plugin:3.11.0:compile (default-compile) on project dcat-ap-processor: Fatal error compiling: "
          "error: release version 17 not supported -> [Help 1]", "[ERROR] ",
          "[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.",
          "[ERROR] Re-run Maven using the -X switch to enable full debug logging.", "[ERROR] ",
          "[ERROR] For more information about the errors and possible solutions, please read the following articles:",
          "[ERROR] [Help 1] http://cwiki.apache.org/confluence/display/MAVEN/MojoExecutionException"),
    built("npm", "Sorok-Dva/freenom-auto-renew-domains#18", 'Missing script: "build"', "npm run build",
          'npm ERR! Missing script: "build"', "npm ERR!", "npm ERR! To see a list of scripts, run:",
          "npm ERR!   npm run", "", "npm ERR! A complete log of this run can be found in:",
          "npm ERR!     /home/node/.npm/_logs/2022-08-29T10_43_27_147Z-debug-0.log"),
    died("Rust", "rustfs/rustfs#120", "CryptoError(ErrDecryptFailed(Error))",
         "thread 'main' panicked at /home/runner/work/rustfs/rustfs/crates/iam/src/manager.rs:103:41:", "",
         "called `Result::unwrap()` on an `Err` value: CryptoError(ErrDecryptFailed(Error))", "", "stack backtrace:",
         "",
         "   0:     0x7fec24258ea2 - <std::sys::backtrace::BacktraceLock::print::DisplayBacktrace as core::fmt::"
         "Display>::fmt::h755bd739a9a8330b", "",
         "   9:     0x7fec2425b07d - __rustc[4794b31dd7191200]::rust_begin_unwind",
         "", "  10:     0x7fec1e97fde0 - core::panicking::panic_fmt::h742c54b11a074f59", code=101),
    died("nginx", "pomerium/pomerium#1690", 'unknown directive "set_escape_uri"',
         "/docker-entrypoint.sh: Configuration complete; ready for start up",
         '2020/12/15 16:17:45 [emerg] 1#1: unknown directive "set_escape_uri" in /etc/nginx/proxy.conf:22',
         'nginx: [emerg] unknown directive "set_escape_uri" in /etc/nginx/proxy.conf:22'),
    died("nginx", "pipech/erpnext-docker-debian#67", 'open() "/run/nginx.pid" failed',
         'nginx: [alert] could not open error log file: open() "/var/log/nginx/error.log" failed (13: Permission '
         "denied)", '2019/10/16 14:59:59 [warn] 132#132: the "user" directive makes sense only if the master process '
         "runs with super-user privileges, ignored in /etc/nginx/nginx.conf:1",
         "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok",
         '2019/10/16 14:59:59 [emerg] 132#132: open() "/run/nginx.pid" failed (13: Permission denied)',
         "nginx: configuration file /etc/nginx/nginx.conf test failed"),
    died("PHP, Laravel", "johndavedecano/laragym#11", "SQLSTATE[HY000] [2002] No such file or directory",
         "In Connection.php line 664:", "", "  SQLSTATE[HY000] [2002] No such file or directory (SQL: select * from "
         "information_schema.tables where table_schema = homeste", "  ad and table_name = migrations)", "",
         "In PDOConnection.php line 50:", "", "  SQLSTATE[HY000] [2002] No such file or directory", ""),
    died("PHP, Laravel", "SreejithEzhakkad/laravel-docker#1", "could not find driver", "",
         "   Illuminate\\Database\\QueryException  : could not find driver (SQL: select * from "
         "information_schema.tables where table_schema = laravel)", "",
         "  at /var/www/vendor/laravel/framework/src/Illuminate/Database/Connection.php:664",
         "    660|         // If an exception occurs when attempting to run a query, we'll format the error",
         "    663|         catch (Exception $e) {", "  > 664|             throw new QueryException(", "    668| ", "",
         "  Exception trace:", "", '  1   PDOException::("could not find driver")',
         "      /var/www/vendor/laravel/framework/src/Illuminate/Database/Connectors/Connector.php:70", "",
         '  2   PDO::__construct("mysql:host=localhost;port=3306;dbname=laravel", "laraveluser", [])',
         "      /var/www/vendor/laravel/framework/src/Illuminate/Database/Connectors/Connector.php:70"),
    died("PHP, Laravel", "laradock/laradock#3191", "[2002] Connection refused",
         "[2022-04-07 12:11:23] local.INFO: migrating", "[2022-04-07 12:11:23] local.ERROR: SQLSTATE[HY000] [2002] "
         "Connection refused (SQL: select * from information_schema.tables where table_schema = swimrace) "
         '{"exception":"[object] (Illuminate\\\\Database\\\\QueryException(code: 2002): SQLSTATE[HY000] [2002] '
         "Connection refused at /var/www/vendor/laravel/framework/src/Illuminate/Database/Connection.php:712)",
         "[stacktrace]", "#0 /var/www/vendor/laravel/framework/src/Illuminate/Database/Connection.php(672): run()",
         "#1 {main}", '"}'),
    died("Python", "kvcache-ai/ktransformers#66", "No module named 'uvicorn'", "Traceback (most recent call last):",
         '  File "/opt/conda/bin/ktransformers", line 5, in <module>', "    import uvicorn.logging",
         "ModuleNotFoundError: No module named 'uvicorn'"),
)  # fmt: skip

REJECTED = (
    "(node:30) UnhandledPromiseRejectionWarning: Unhandled promise rejection. This error originated either by throwing "
    "inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). "
    "(rejection id: 1)", "(node:30) [DEP0018] DeprecationWarning: Unhandled promise rejections are deprecated. In the "
    "future, promise rejections that are not handled will terminate the Node.js process with a non-zero exit code.",
)  # fmt: skip
ROLLUP = (
    "This is most likely unintended because it can break your application at runtime.",
    "If you do want to externalize this module explicitly add it to", "`build.rollupOptions.external`",
)  # fmt: skip

HARD: tuple[Case, ...] = (
    died("Node", "pelith/node-eauth-server#19", "SequelizeConnectionRefusedError: connect ECONNREFUSED",
         "(node:30) UnhandledPromiseRejectionWarning: SequelizeConnectionRefusedError: connect ECONNREFUSED "
         "172.21.0.2:3306", "    at Promise.tap.then.catch.err (/usr/src/node_modules/sequelize/lib/dialects/mysql/"
         "connection-manager.js:123:19)", "    at processImmediate (timers.js:658:5)", *REJECTED),
    died("Node", "rewanthtammana/Damn-Vulnerable-Bank#20", "getaddrinfo ENOTFOUND mysql",
         "(node:19) UnhandledPromiseRejectionWarning: SequelizeHostNotFoundError: getaddrinfo ENOTFOUND mysql "
         "mysql:3306", "    at ConnectionManager.connect (/home/node/dvba/node_modules/sequelize/lib/dialects/mysql/"
         "connection-manager.js:120:17)", *REJECTED),
    died("Node, nodemon", "alexeagleson/docker-node-postgres-template#3", "connect ECONNREFUSED 172.25.0.2:5432",
         "[nodemon] starting `node server.js`", "(node:29) UnhandledPromiseRejectionWarning: oops",
         "(Use `node --trace-warnings ...` to show where the warning was created)", *REJECTED,
         "(node:29) UnhandledPromiseRejectionWarning: Error: connect ECONNREFUSED 172.25.0.2:5432",
         "    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1159:16)", REJECTED[0]),
    built("apk", "google/mtail#761", "temporary error (try again later)", "apk add --update git make",
          "WARNING: updating and opening https://dl-cdn.alpinelinux.org/alpine/v3.18/main: temporary error (try again "
          "later)", "WARNING: updating and opening https://dl-cdn.alpinelinux.org/alpine/v3.18/community: temporary "
          "error (try again later)", "ERROR: unable to select packages:", "  git (no such package):",
          "    required by: world[git]", "  make (no such package):", "    required by: world[make]", code=2),
    built("apk", "m-lab/piecewise#229", "python (no such package)", "apk add --no-cache build-base python",
          "fetch https://dl-cdn.alpinelinux.org/alpine/v3.16/main/x86_64/APKINDEX.tar.gz",
          "ERROR: unable to select packages:", "python (no such package):", "required by: world[python]"),
    built("Vite", "p0lloc/perfice#43", 'failed to resolve import "perfice-android"', "npm run build",
          "error during build:", "[vite-plugin-pwa:build] [plugin vite-plugin-pwa:build] There was an error during the "
          "build:", '  [vite]: Rollup failed to resolve import "perfice-android" from "/app/src/local.ts".', *ROLLUP,
          "Additionally, handling the error in the 'buildEnd' hook caused the following error:",
          '  [vite]: Rollup failed to resolve import "perfice-android" from "/app/src/local.ts".', *ROLLUP,
          "    at getRollupError (file:///app/node_modules/vite/node_modules/rollup/dist/es/shared/parseAst.js:401:41)"),
    built("Gradle", "nuclio/nuclio#678", "Received status code 504 from server", "gradle build",
          "FAILURE: Build failed with an exception.", "", "* What went wrong:",
          "A problem occurred configuring root project 'java'.",
          "> Could not resolve all files for configuration ':classpath'.",
          "   > Could not resolve org.ow2.asm:asm:6.0.", "     Required by:", "         project :",
          "      > Could not resolve org.ow2.asm:asm:6.0.",
          "         > Could not get resource 'https://plugins.gradle.org/m2/org/ow2/asm/asm/6.0/asm-6.0.pom'.",
          "            > Could not GET 'https://plugins.gradle.org/m2/org/ow2/asm/asm/6.0/asm-6.0.pom'. Received "
          "status code 504 from server: Gateway Time-out", "", "BUILD FAILED in 3s", cause="build-network"),
)  # fmt: skip
