"""Threads in which one line of many says why, written down before `why` was run.

Scored before any rule was changed for them. Cases without `says` get the right cause, but quote another line.
"""

from __future__ import annotations

from tests.why.field.case import Case
from tests.why.field.lines import built, died

REQUIRE = "    at Module._resolveFilename (node:internal/modules/cjs/loader:1145:15)"
NEST = "Nest can't resolve dependencies of the"
SOLUTIONS = ("", "Potential solutions:", "- If ModulesContainer is a provider, is it part of the current Module?",
             "- If ModulesContainer is exported from a separate @Module, is that module imported within Module?",
             "  @Module({", "    imports: [ /* the Module containing ModulesContainer */ ]", "  })", "")  # fmt: skip
EXTCONF = ("*** extconf.rb failed ***", "Could not create Makefile due to some reason, probably lack of necessary",
           "libraries and/or headers.  Check the mkmf.log file for more details.  You may", "need configuration "
           "options.", "", "Provided configuration options:", "\t--with-opt-dir", "\t--without-opt-dir")  # fmt: skip

PLAIN: tuple[Case, ...] = (
    died("Node, pnpm", "lowercasename/gathio#165", "Cannot find module '/app/dist/start.js'",
         "> gathio@1.5.0 start /app", "> node dist/start.js", "", "node:internal/modules/cjs/loader:1148",
         "  throw err;", "  ^", "", "Error: Cannot find module '/app/dist/start.js'", REQUIRE,
         "    at node:internal/main/run_main_module:28:49 {", "  code: 'MODULE_NOT_FOUND',", "  requireStack: []", "}",
         "", "Node.js v20.16.0", " ELIFECYCLE  Command failed with exit code 1."),
    died("Node, JSON", "docmost/docmost#1992", f"{NEST} UserService (UserRepo, ?)",
         "> server@0.70.1 start:prod /app/apps/server", "> cross-env NODE_ENV=production node dist/main", "",
         '{"level":"error","pid":43,"timestamp":1772676168503,"message":"UnknownDependenciesException [Error]: '
         f"{NEST} UserService (UserRepo, ?). Please make sure that the argument Symbol(AUDIT_SERVICE) at index [1] is "
         r"available in the UserModule context.\n\nPotential solutions:\n- Is UserModule a valid NestJS module?\n- If "
         r"Symbol(AUDIT_SERVICE) is a provider, is it part of the current UserModule?\n- If Symbol(AUDIT_SERVICE) is "
         r"exported from a separate @Module, is that module imported within UserModule?\n  @Module({\n    imports: [ "
         r"/* the Module containing Symbol(AUDIT_SERVICE) */ ]\n  })\n\nFor more common dependency resolution issues, "
         r"see: https://docs.nestjs.com/faq/common-errors" + r"\n    at Injector.lookup (/app/node_modules/.pnpm/"
         r"@nestjs+core@11.1.14/node_modules/@nestjs/core/injector/injector.js:290:19)" * 5 + '"}',
         "/app/apps/server:", " ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL  server@0.70.1 start:prod: `cross-env "
         "NODE_ENV=production node dist/main`", "Exit status 1", " ELIFECYCLE  Command failed with exit code 1."),
    died("Node, Nest", "MetinSeylan/Nestjs-OpenTelemetry#21", f"{NEST} ControllerInjector (?)",
         f"[Nest] 95411  - 2022-01-21, 9:42:21 a.m.   ERROR [ExceptionHandler] {NEST} ControllerInjector (?). Please "
         "make sure that the argument ModulesContainer at index [0] is available in the OpenTelemetryModule context.",
         *SOLUTIONS, f"Error: {NEST} ControllerInjector (?). Please make sure that the argument ModulesContainer at "
         "index [0] is available in the OpenTelemetryModule context.", *SOLUTIONS),
    died("Node, PM2", "GridPlus/lattice-connect#5", "Script not found: /usr/src/app/dist/index.js",
         "[PM2] Spawning PM2 daemon with pm2_home=/root/.pm2", "[PM2] PM2 Successfully daemonized",
         "[PM2][ERROR] Script not found: /usr/src/app/dist/index.js", "npm ERR! code ELIFECYCLE", "npm ERR! errno 1",
         "npm ERR! lattice-connect@0.1.1 start: `npx pm2 start dist/index.js --name lattice-connect --watch`",
         "npm ERR! Exit status 1", "npm ERR! ", "npm ERR! Failed at the lattice-connect@0.1.1 start script.",
         "npm ERR! This is probably not a problem with npm. There is likely additional logging output above."),
    died("Node, nodemon", "vuestorefront/vue-storefront-api#278", "Cannot find module '/var/www/dist'",
         "$ nodemon", "[nodemon] 1.19.1", "[nodemon] to restart at any time, enter `rs`", "[nodemon] watching: *.*",
         "[nodemon] starting `node dist`", "internal/modules/cjs/loader.js:638", "    throw err;", "    ^", "",
         "Error: Cannot find module '/var/www/dist'",
         "    at Function.Module._resolveFilename (internal/modules/cjs/loader.js:636:15)",
         "    at bootstrapNodeJSCore (internal/bootstrap/node.js:622:3)",
         "[nodemon] app crashed - waiting for file changes before starting..."),
    built("pnpm", "stx-labs/explorer#1323", "node-gyp-build: not found", "pnpm i",
          ".../node_modules/bufferutil install$ node-gyp-build",
          ".../node_modules/bufferutil install: sh: node-gyp-build: not found", " ELIFECYCLE  Command failed.",
          ".../node_modules/utf-8-validate install$ node-gyp-build"),
    built("pnpm", "builderz-labs/mission-control#702", "Ignored build scripts", "pnpm install --frozen-lockfile",
          " ERR_PNPM_IGNORED_BUILDS  Ignored build scripts: @parcel/watcher@2.5.6, @swc/core@1.15.18,",
          "better-sqlite3@12.6.2, esbuild@0.21.5, node-pty@1.1.0, sharp@0.34.5, unrs-resolver@1.11.1,",
          "vue-demi@0.14.10.", 'Run "pnpm approve-builds" to pick which dependencies should be allowed to run '
          "scripts."),
    built("pip", "rolandu/nextcloud-tests#2", "command 'gcc' failed: No such file", "pip install -r requirements.txt",
          "  gcc -Wno-unused-result -Wsign-compare -DNDEBUG -g -fwrapv -O3 -Wall -fPIC -I/usr/local/include/python3.8 "
          "-c lib/zoneinfo_module.c -o build/temp.linux-aarch64-3.8/lib/zoneinfo_module.o -std=c99",
          "  error: command 'gcc' failed: No such file or directory", "  [end of output]", "",
          "  note: This error originates from a subprocess, and is likely not a problem with pip.",
          "  ERROR: Failed building wheel for backports.zoneinfo", "Failed to build backports.zoneinfo",
          "ERROR: Could not build wheels for backports.zoneinfo, which is required to install pyproject.toml-based "
          "projects"),
    built("pip", "kalaspuff/tomodachi#1539", "unable to execute 'gcc': No such file", "pip install tomodachi",
          "  gcc -pthread -Wno-unused-result -Wsign-compare -DNDEBUG -g -fwrapv -O3 -Wall -fPIC -Isrc/ext/uchardet/src "
          "-c src/cchardet/_cchardet.cpp -o build/temp.linux-aarch64-3.8/src/cchardet/_cchardet.o",
          "  unable to execute 'gcc': No such file or directory", "  error: command 'gcc' failed with exit status 1",
          "  ----------------------------------------", "  ERROR: Failed building wheel for cchardet",
          "  Running setup.py clean for cchardet", "  Building wheel for wrapt (setup.py): started",
          "  Building wheel for wrapt (setup.py): finished with status 'done'", "Failed to build cchardet"),
    built("Poetry", "emkademy/cybulde-project-template#1", "poetry: not found", "poetry install",
          "/bin/sh: 1: poetry: not found", code=127),
    built("Poetry", "piglei/ai-vocabulary-builder#83", "/app/voc_builder does not contain any element",
          "poetry install --no-interaction --no-ansi", "Installing dependencies from lock file", "",
          "  - Installing rich (14.2.0)", "", "Installing the current project: ai-vocabulary-builder (1.4.1)", "",
          "/app/voc_builder does not contain any element"),
    built("Ruby", "ruby/rubygems#5307", "Please install either the `pkg-config`", "bundle install",
          "Gem::Ext::BuildError: ERROR: Failed to build gem native extension.", " ", "current directory:",
          "/usr/local/lib/ruby/gems/3.2.0+2/gems/sqlite3-1.5.2/ext/sqlite3",
          "/usr/local/bin/ruby -I /usr/local/lib/ruby/3.2.0+2 extconf.rb",
          "Running 'install' for sqlite3 3.39.4... OK", "Activating sqlite3 3.39.4...", " ",
          "Could not configure the build properly. Please install either the `pkg-config`",
          "utility or the `pkg-config` rubygem.", " ", *EXTCONF, code=5),
    built("Ruby", "ossf/best-practices-badge#413", "Can't find the 'libpq-fe.h header", "bundle install",
          "Gem::Ext::BuildError: ERROR: Failed to build gem native extension.", "",
          "    current directory: /usr/local/bundle/gems/pg-0.18.4/ext",
          "/usr/local/bin/ruby -r ./siteconf20160601-26363-o1gf0v.rb extconf.rb", "checking for pg_config... no",
          "No pg_config... trying anyway. If building fails, please try again with",
          " --with-pg-config=/path/to/pg_config", "checking for libpq-fe.h... no",
          "Can't find the 'libpq-fe.h header", *EXTCONF, "", "extconf failed, exit code 1", "",
          "Gem files will remain installed in /usr/local/bundle/gems/pg-0.18.4 for inspection.",
          "Results logged to /usr/local/bundle/extensions/x86_64-linux/2.3.0/pg-0.18.4/gem_make.out",
          "An error occurred while installing pg (0.18.4), and Bundler cannot continue.",
          "Make sure that `gem install pg -v '0.18.4'` succeeds before bundling.", code=5),
    built(".NET", "docker/docker-dotnet-sample#1", "MSB1011: Specify which project", "dotnet publish -o /app",
          "MSBuild version 17.3.2+561848881 for .NET", "MSBUILD : error MSB1011: Specify which project or solution "
          "file to use because this folder contains more than one project or solution file."),
    built(".NET", "dotnet/dotnet-docker#1294", 'The specified task executable location "/" is invalid',
          "dotnet publish -c Release -o out", "  Restore completed in 34.48 ms for /app/dotnetapp/dotnetapp.csproj.",
          "  You are using a preview version of .NET Core. See: https://aka.ms/dotnet-core-preview",
          "/usr/share/dotnet/sdk/3.0.100-preview9-014004/Roslyn/Microsoft.CSharp.Core.targets(59,5): error MSB6004: "
          'The specified task executable location "/" is invalid. [/app/utils/utils.csproj]'),
    built("Rust", "software-mansion/smelter#656", "could not find `Cargo.toml`", "cargo build --release",
          "error: could not find `Cargo.toml` in `/root/project` or any parent directory", code=101),
    built("Rust", "boundless-xyz/blobstream0#59", "Risc Zero Rust toolchain not found", "cargo build",
          "error: failed to run custom build command for `light-client-guest v0.1.0 (/app/light-client-guest)`", "",
          "Caused by:", "  process didn't exit successfully: `/app/target/debug/build/light-client-guest-14b21507feb5/"
          "build-script-build` (exit status: 101)", "  --- stdout", "  cargo:rerun-if-env-changed=RISC0_USE_DOCKER",
          "  Building guest package: light-client-guest.light-client-guest", "", "  --- stderr",
          "  thread 'main' panicked at /usr/local/cargo/registry/src/index.crates.io-6f17d22b/risc0-build-2.1.1/src/"
          "lib.rs:377:9:", "  Risc Zero Rust toolchain not found. Try running `rzup install rust`",
          "  note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace", code=101),
    built("PHP", "sherifabdlnaby/kubephp#12", "but it is missing from your system", "post-build-base",
          "► Running Composer Install...", "PHP Warning:  PHP Startup: Unable to load dynamic library 'zip.so' (tried: "
          "/usr/local/lib/php/extensions/no-debug-non-zts-20190902/zip.so (Error loading shared library libzip.so.5: "
          "No such file or directory (needed by /usr/local/lib/php/extensions/zip.so))) in Unknown on line 0",
          "Installing dependencies from lock file", "Verifying lock file contents can be installed on current "
          "platform.", "Your lock file does not contain a compatible set of packages. Please run composer update.", "",
          "  Problem 1", "    - Root composer.json requires PHP extension ext-zip * but it is missing from your "
          "system. Install or enable PHP's zip extension.", "  Problem 2", "    - Root composer.json requires PHP "
          "extension ext-pcntl * but it is missing from your system. Install or enable PHP's pcntl extension.", "",
          "To enable extensions, verify that they are enabled in your .ini files:", "    - /usr/local/etc/php/php.ini",
          "You can also run `php --ini` in a terminal to see which files are used by PHP in CLI mode.", code=2),
    built("Yarn", "yarnpkg/berry#4480", 'The engine "yarn" is incompatible', "yarn install --frozen-lockfile",
          "yarn install v1.22.19", "[1/5] Validating package.json...",
          'error weathercompanion@1.0.0: The engine "yarn" is incompatible with this module. Expected version '
          '"3.2.1". Got "1.22.19"', "error Found incompatible module.",
          "info Visit https://yarnpkg.com/en/docs/cli/install for documentation about this command."),
    died("Python, Django", "PokeAPI/pokeapi#1172", 'connection to server at "db"',
         "Traceback (most recent call last):",
         '  File "/usr/local/lib/python3.10/site-packages/django/db/backends/base/base.py", line 219, in connect',
         "    self.connect()",
         'psycopg2.OperationalError: connection to server at "db" (172.18.0.2), port 5432 failed: '
         "Connection refused", "\tIs the server running on that host and accepting TCP/IP connections?", "", "",
         "The above exception was the direct cause of the following exception:", "",
         "Traceback (most recent call last):", '  File "/code/manage.py", line 10, in <module>',
         "    execute_from_command_line(sys.argv)", 'django.db.utils.OperationalError: connection to server at "db" '
         "(172.18.0.2), port 5432 failed: Connection refused",
         "\tIs the server running on that host and accepting TCP/IP connections?"),
    died("Go", "TwiN/gatus#1501", "panic: configuration file not found",
         "2026/01/21 17:49:37 [main.configureLogging] Log Level is set to INFO", "panic: configuration file not found",
         "", "goroutine 1 [running]:", "main.main()", "\t/app/main.go:32 +0x20f", code=2),
    died("Java, Quarkus", "quarkusio/quarkus#14206", "ClassNotFoundException: org.jboss.threads.JBossThreadFactory",
         "exec java -Dquarkus.http.host=0.0.0.0 -XX:+ExitOnOutOfMemoryError -cp . -jar /deployments/app.jar",
         "Jan 09, 2021 11:35:14 PM io.quarkus.runtime.ApplicationLifecycleManager run",
         "ERROR: Failed to start application (with profile prod)",
         "java.lang.ClassNotFoundException: org.jboss.threads.JBossThreadFactory",
         "        at java.base/jdk.internal.loader.BuiltinClassLoader.loadClass(BuiltinClassLoader.java:581)",
         "        at java.base/java.lang.ClassLoader.loadClass(ClassLoader.java:522)"),
)  # fmt: skip
