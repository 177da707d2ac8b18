"""Threads like those of lines.py, collected after the rules were changed for those."""

from __future__ import annotations

from tests.why.field.lines import built, died

BOOT = "2022-09-03 06:52:12.532743+00:00 [error] <0.131.0>"
TRACE = "Traceback (most recent call last):"
ALERT = "[ALERT] 013/235213 (1) : "

WORDS = (
    built("Node, Angular", "avatsaev/angular4-docker-example#3", "Can't resolve './$$_gendir", "ng build --aot --prod",
          "ERROR in ./src/main.ts", "Module not found: Error: Can't resolve './$$_gendir/app/app.module.ngfactory' in "
          "'/app/src'", " @ ./src/main.ts 4:0-74", " @ multi ./src/main.ts"),
    built("Node, Angular", "openMF/web-app#1988", "error NG6002", "ng build --configuration production",
          "\u2714 Browser application bundle generation complete.", "", "Warning: "
          "/usr/src/app/src/app/pipes/pretty-print"
          ".pipe.ts depends on 'vkbeautify'. CommonJS or AMD dependencies can cause optimization bailouts.",
          "For more info see: https://angular.io/guide/build#configuring-commonjs-dependencies", "", "",
          "Error: src/app/app.module.ts:84:5 - error NG6002: This import contains errors, which may affect components "
          "that depend on this NgModule.", "", "84     NgxGraphModule,", "       ~~~~~~~~~~~~~~", "", ""),
    built("apk", "gruberdev/tf-free#85", "curl=7.77.0-r0", "apk add --update --no-cache curl=7.77.0-r0",
          "fetch https://dl-cdn.alpinelinux.org/alpine/v3.13/main/x86_64/APKINDEX.tar.gz",
          "ERROR: unable to select packages:", "  curl-7.77.0-r1:", "    breaks: world[curl=7.77.0-r0]"),
    built("apk", "obynio/docker-flood#1", "python (no such package)", "apk add --update git python make",
          "fetch https://dl-cdn.alpinelinux.org/alpine/v3.17/community/x86_64/APKINDEX.tar.gz",
          "ERROR: unable to select packages:", "  python (no such package):", "    required by: world[python]"),
    built("CMake", "volkszaehler/vzlogger#680", "does not appear to contain CMakeLists.txt", "cmake -DBUILD_TEST=off",
          "CMake Warning:", "  No source or binary directory provided.  Both will be assumed to be the",
          "  same as the current working directory, but note that this warning will",
          "  become a fatal error in future CMake releases.", "", "", 'CMake Error: The source directory "/vzlogger" '
          'does '
          "not appear to contain CMakeLists.txt.",
          "Specify --help for usage, or press the help button on the CMake GUI."),
    built("CMake", "ad-freiburg/qlever-petrimaps#18", "does not contain a CMakeLists.txt", "cmake .. && make -j8",
          "-- Detecting CXX compile features - done", "CMake Error at //src/CMakeLists.txt:7 (add_subdirectory):",
          "  The source directory", "", "    //src/util", "", "  does not contain a CMakeLists.txt file.", "", "",
          "-- Configuring incomplete, errors occurred!",
          'See also "//build/CMakeFiles/CMakeOutput.log".'),
    built("Rust", "cloudwalk/stratus#133", "is `cmake` not installed?", "cargo build --release",
          "error: failed to run custom build command for `librocksdb-sys v0.16.0`", "", "Caused by:",
          "  process didn't exit successfully: `/app/target/release/build/librocksdb-sys-3c/build-script-build` (exit "
          "status: 101)", "  --- stderr", "  thread 'main' panicked at /usr/local/cargo/registry/src/cmake-0.1.50/src/"
          "lib.rs:1098:5:", "", "  failed to execute command: No such file or directory (os error 2)",
          "  is `cmake` not installed?", "", "  build script failed, must exit now",
          "  note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
          "warning: build failed, waiting for other jobs to finish...", code=101),
    built("Maven", "dicoogle/dicoogle#636", "Could not transfer artifact", "mvn install",
          "[INFO] BUILD FAILURE", "[INFO] Total time:  06:41 min", "[ERROR] Failed to execute goal on project "
          "dicoogle: "
          "Could not resolve dependencies for project pt.ua.ieeta:dicoogle:jar:3.2.1-SNAPSHOT: Failed to collect "
          "dependencies at com.bmd.archive:aclmanager:jar:1.2.0: Could not transfer artifact "
          "com.bmd.archive:aclmanager:"
          "pom:1.2.0 from/to mi (https://bioinformatics.ua.pt/maven/content/repositories/mi) -> [Help 1]", "[ERROR] ",
          "[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.",
          "[ERROR] For more information about the errors and possible solutions, please read the following articles:",
          "[ERROR] [Help 1] http://cwiki.apache.org/confluence/display/MAVEN/DependencyResolutionException", "[ERROR] ",
          "[ERROR] After correcting the problems, you can resume the build with the command",
          "[ERROR]   mvn <args> -rf :dicoogle"),
    built("pip", "serengil/deepface#720", "No such file or directory: 'requirements.txt'", "pip install -e .",
          "Obtaining file:///app", "  Preparing metadata (setup.py): finished with status 'error'",
          "  error: subprocess-exited-with-error", "  ", "  \u00d7 python setup.py egg_info did not run successfully.",
          "  \u2502 exit code: 1", "  \u2570\u2500> [6 lines of output]", f"      {TRACE}",
          '        File "<string>", line 2, in <module>', '        File "/app/setup.py", line 6, in <module>',
          '          with open("requirements.txt", "r", encoding="utf-8") as f:',
          "      FileNotFoundError: [Errno 2] No such file or directory: 'requirements.txt'", "      [end of output]",
          "  ", "  note: This error originates from a subprocess, and is likely not a problem with pip.",
          "error: metadata-generation-failed", "", "\u00d7 Encountered error while generating package metadata.",
          "\u2570\u2500> See above for output.", "", "note: This is an issue with the package mentioned above, not "
          "pip.",
          "hint: See above for details."),
    built("pip", "robbrad/UKBinCollectionData#551", "Unknown compiler(s)", "pip install -r requirements.txt",
          "  error: subprocess-exited-with-error", "  \u00d7 Preparing metadata (pyproject.toml) did not run "
          "successfully.",
          "  \u2502 exit code: 1", "  \u2570\u2500> [20 lines of output]", "      + meson setup "
          "/tmp/pip-install-jr0nm9xw/"
          "pandas_89ae", "      ../../meson.build:2:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang'], "
          "['icpx']]",
          "      The following exception(s) were encountered:",
          "      Running `cc --version` gave \"[Errno 2] No such file or directory: 'cc'\"",
          "      Running `icpx --version` gave \"[Errno 2] No such file or directory: 'icpx'\"", "",
          "      A full log can be found at /tmp/pip-install-jr0nm9xw/pandas_89ae/meson-logs/meson-log.txt",
          "      [end of output]", "", "  note: This error originates from a subprocess, and is likely not a problem "
          "with "
          "pip.", "error: metadata-generation-failed", "", "\u00d7 Encountered error while generating package "
          "metadata.",
          "\u2570\u2500> See above for output.", "", "note: This is an issue with the package mentioned above, not "
          "pip.",
          "hint: See above for details.", "", "[notice] A new release of pip is available: 23.2.1 -> 23.3.2",
          "[notice] To update, run: pip install --upgrade pip"),
    built("pip", "conweave-project/conweave-ns3#5", "No matching distribution found for install", "pip3 install "
          "install",
          "ERROR: Could not find a version that satisfies the requirement install (from versions: none)",
          "ERROR: No matching distribution found for install"),
    died(".NET", "isaacrlevin/presencelight#325", "BIO_new_file:no such file",
         "Unhandled exception. Interop+Crypto+OpenSslCryptographicException: error:2006D080:BIO "
         "routines:BIO_new_file:no "
         "such file", "   at Interop.Crypto.CheckValidOpenSslHandle(SafeHandle handle)",
         "   at Microsoft.AspNetCore.Server.Kestrel.KestrelConfigurationLoader.Load()", code=139),
    died("Python, Pydantic", "florgon/api#171", "cache_dsn",
         TRACE, '  File "/srv/www/florgon/api/app/config.py", line 201, in <module>', "    _settings = Settings()",
         '  File "pydantic/main.py", line 342, in pydantic.main.BaseModel.__init__',
         "pydantic.error_wrappers.ValidationError: 2 validation errors for Settings", "mail_from",
         "  value is not a valid email address (type=value_error.email)", "cache_dsn",
         "  invalid or missing URL scheme (type=value_error.url.scheme)"),
    died("Python, Pydantic", "langflow-ai/langflow#1470", "REMOVE_API_KEYS",
         '  File "/usr/local/lib/python3.10/site-packages/pydantic/main.py", line 171, in __init__',
         "    self.__pydantic_validator__.validate_python(data, self_instance=self)",
         "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings", "REMOVE_API_KEYS",
         "  Input should be a valid boolean, unable to interpret input [type=bool_parsing, input_value='', "
         "input_type=str]",
         "    For further information visit https://errors.pydantic.dev/2.6/v/bool_parsing", "",
         "ERROR:    Application startup failed. Exiting.", code=3),
    died("Python, Pydantic", "fastapi/full-stack-fastapi-template#445", "SQLALCHEMY_DATABASE_URI",
         "Running script /app/prestart.sh", TRACE, '  File "/app/app/core/config.py", line 92, in <module>',
         "    settings = Settings()", "pydantic.error_wrappers.ValidationError: 1 validation error for Settings",
         "SQLALCHEMY_DATABASE_URI", '  can only concatenate str (not "NoneType") to str (type=type_error)'),
    died("RabbitMQ", "docker-library/rabbitmq#571", ".erlang.cookie': eacces",
         "BOOT FAILED", f"{BOOT} BOOT FAILED", f"{BOOT} ===========", f"{BOOT} Exception during startup:", BOOT,
         f"{BOOT} error:{{badmatch,{{error,{{{{shutdown,{{failed_to_start_child,auth,{{\"Failed to create cookie file "
         "'/var/lib/rabbitmq/.erlang.cookie': "
         "eacces\",[{auth,init_no_setcookie,0,[{file,\"auth.erl\"},{line,313}]}]}}}}}}",
         BOOT, f"{BOOT}     rabbit_prelaunch_dist:duplicate_node_check/1, line 80",
         f"{BOOT}     rabbit_prelaunch:run_prelaunch_first_phase/0, line 27"),
    died("Ruby", "Freika/dawarich#1292", "invalid value for Integer()",
         "=> Booting Puma", "[dotenv] Loaded .env.development", "Exiting",
         "<internal:kernel>:288:in 'Kernel#Integer': invalid value for Integer(): \"7/0\" (ArgumentError)",
         "        from /var/app/vendor/bundle/ruby/3.4.0/gems/redis-client-0.24.0/lib/redis_client/url_config.rb:33:in "
         "'RedisClient::URLConfig#db'", "        from /var/app/config/initializers/geocoder.rb:7:in 'Class#new'"),
    died("Ruby", "dismantl/onetimesecret-docker#2", "no password is set",
         "Generating OTS secret",
         "/var/lib/onetime/vendor/bundle/ruby/2.3.0/gems/redis-2.2.2/lib/redis/client.rb:47:in "
         "`call': ERR Client sent AUTH, but no password is set (RuntimeError)",
         "\tfrom /var/lib/onetime/vendor/bundle/ruby/2.3.0/gems/redis-2.2.2/lib/redis/client.rb:24:in `connect'",
         "\tfrom /var/lib/onetime/vendor/bundle/ruby/2.3.0/gems/redis-2.2.2/lib/redis.rb:273:in `block in ping'"),
    died("Ruby", "onetimesecret/onetimesecret#265", "",
         "/app/lib/onetime/core_ext.rb:30: warning: constant ::Fixnum is deprecated",
         "onetime[1]: no implicit conversion of nil into String", "Error loading config: ",
         "onetime[1]: Error loading config: "),
    died("Ruby, Rails", "basecamp/kamal#1580", "MessageEncryptor::InvalidMessage",
         "bin/rails aborted!", "ActiveSupport::MessageEncryptor::InvalidMessage: ActiveSupport::MessageEncryptor::"
         "InvalidMessage", "/rails/config/environment.rb:5:in '<main>'", "Tasks: TOP => db:prepare => db:load_config "
         "=> "
         "environment", "(See full trace by running task with --trace)"),
    died("Python, asyncio", "PhasecoreX/docker-red-discordbot#122", "Cannot connect to host discord.com:443",
         "[2025-11-20 19:20:45] [CRITICAL] red.main: The main bot task didn't handle an exception and has crashed",
         TRACE,
         '  File "/data/venv/lib/python3.11/site-packages/aiohttp/connector.py", line 1203, in '
         '_create_direct_connection',
         "    hosts = await self._resolve_host(host, port, traces=traces)",
         "            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
         "socket.gaierror: [Errno -3] Temporary failure in name resolution", "",
         "The above exception was the direct cause of the following exception:", "", TRACE,
         '  File "/data/venv/lib/python3.11/site-packages/redbot/__main__.py", line 477, in red_exception_handler',
         "    red_task.result()", "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host "
         "discord.com:443 "
         "ssl:default [Temporary failure in name resolution]",
         "[2025-11-20 19:20:45] [WARNING] red.main: Attempting to die as gracefully as possible...",
         "[2025-11-20 19:20:45] [INFO] red.main: Shutting down with exit code: 1"),
    died("Node, Ghost", "TryGhost/docker-library-ghost#332", "connect ECONNREFUSED 127.0.0.1:3306",
         "[2022-08-23 20:48:23] INFO Ghost server started in 1.905s",
         "[2022-08-23 20:48:24] ERROR connect ECONNREFUSED 127.0.0.1:3306", "", "connect ECONNREFUSED 127.0.0.1:3306",
         "",
         '"Unknown database error"', "", "Error ID:", "    500", "", "Error Code: ", "    ECONNREFUSED", "",
         "----------------------------------------", "", "Error: connect ECONNREFUSED 127.0.0.1:3306",
         "    at /var/lib/ghost/versions/5.10.1/node_modules/knex-migrator/lib/database.js:57:19",
         "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1247:16)", "",
         "[2022-08-23 20:48:24] WARN Ghost is shutting down", "[2022-08-23 20:48:24] WARN Your site is now offline"),
    died("HAProxy", "Tecnativa/docker-tcp-proxy#4", "unexpected character 'e'",
         f"{ALERT}parsing [/usr/local/etc/haproxy/haproxy.cfg:12] : unexpected character 'e' in 'timeout server-fin'",
         f"{ALERT}parsing [/usr/local/etc/haproxy/haproxy.cfg:13] : unexpected character 'e' in 'timeout tunnel'",
         f"{ALERT}Error(s) found in configuration file : /usr/local/etc/haproxy/haproxy.cfg",
         f"{ALERT}Fatal errors found in configuration."),
    died("HAProxy", "Websoft9/docker-library#443", "Missing LF on last line",
         "[NOTICE]   (1) : path to executable is /usr/local/sbin/haproxy",
         "[ALERT]    (1) : config : parsing [/usr/local/etc/haproxy/haproxy.cfg:41]: Missing LF on last line, file "
         "might "
         "have been truncated at position 29.",
         "[ALERT]    (1) : config : Error(s) found in configuration file : /usr/local/etc/haproxy/haproxy.cfg",
         "[ALERT]    (1) : config : Fatal errors found in configuration."),
    died("C++", "TrueBlocks/trueblocks-docker#305", "basic_string::_M_create",
         "terminate called after throwing an instance of 'std::length_error'", "  what():  basic_string::_M_create",
         "2021/06/11 21:19:25 signal: aborted", code=134),
    died("C++", "Project-OSRM/osrm-backend#5413", "Transport endpoint is not connected",
         "[info] running and waiting for requests", "terminate called after throwing an instance of 'boost::"
         "exception_detail::clone_impl<boost::exception_detail::error_info_injector<boost::system::system_error> >'",
         "  what():  remote_endpoint: Transport endpoint is not connected", code=134),
    died("Java, Quarkus", "quarkusio/quarkus#6466", "One or more configuration errors",
         'Exception in thread "main" java.lang.RuntimeException: Failed to start quarkus',
         "\tat io.quarkus.runner.ApplicationImpl.doStart(ApplicationImpl.zig:307)",
         "Caused by: io.quarkus.runtime.configuration.ConfigurationException: One or more configuration errors has "
         "prevented the application from starting", "\tat io.quarkus.runtime.generated.Config.readConfig(Config.zig:"
         "28134)", "\t... 3 more"),
    died("Java, Quarkus", "quarkusio/quarkus#15389", "Could not expand value HTTP_PORT",
         "One or more configuration errors have prevented the application from starting. The errors are:",
         "  - SRCFG00011: Could not expand value HTTP_PORT in property quarkus.http.port"),
    died("Kotlin, Ktor", "ktorio/ktor#775", "Neither port nor sslPort specified",
         'Exception in thread "main" java.lang.IllegalArgumentException: Neither port nor sslPort specified. Use '
         'command '
         "line options -port/-sslPort or configure connectors in application.conf",
         "\tat io.ktor.server.engine.CommandLineKt.commandLineEnvironment(CommandLine.kt:50)",
         "\tat com.gurpreetsk.ApplicationKt.main(Application.kt:36)"),
)  # fmt: skip
