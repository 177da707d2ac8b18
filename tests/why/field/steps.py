"""Dockerfile steps in which one line of many says why, written down before `why` was run."""

from __future__ import annotations

from tests.why.field.lines import built

BUILT = (
    built("pnpm", "C4T-BuT-S4D/S4DFarm#13", "Cannot perform a frozen installation", "pnpm install --frozen-lockfile",
          "! Corepack is about to download pnpm-9.4.0.tgz", "! The local project doesn't define a 'packageManager' "
          "field.", "", " ERR_PNPM_FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE  Cannot perform a frozen installation "
          "because "
          "the version of the lockfile is incompatible with this version of pnpm", "", "Try either:",
          "1. Aligning the version of pnpm that generated the lockfile with the version that installs from it, or",
          "2. Migrating the lockfile so that it is compatible with the newer version of pnpm, or",
          '3. Using "pnpm install --no-frozen-lockfile".',
          "Note that in CI environments, this setting is enabled by default."),
    built("pnpm", "HappyFox001/AI-Chat#98", "specifiers in the lockfile don't match", "pnpm install --frozen-lockfile",
          ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date '
          "with <ROOT>/package.json", "", "Note that in CI environments this setting is true by default. If you still "
          'need to run install in such cases, use "pnpm install --no-frozen-lockfile"', "", "  Failure reason:",
          "  specifiers in the lockfile don't match specifiers in package.json:",
          "* 1 dependencies were added: husky@^9.1.7"),
    built("pnpm", "UGR-Lan-Party/ulp-website#119", "not compatible with current pnpm", "pnpm install --frozen-lockfile",
          "! Corepack is about to download pnpm-10.2.0.tgz", " ERR_PNPM_LOCKFILE_BREAKING_CHANGE  Lockfile /app/"
          "pnpm-lock.yaml not compatible with current pnpm", "", "Run with the --force parameter to recreate the "
          "lockfile."),
    built("Ruby", "weg-li/weg-li#958", "yaml.h not found", "bundle install",
          "Gem::Ext::BuildError: ERROR: Failed to build gem native extension.", "",
          "    current directory: /usr/local/bundle/gems/psych-5.3.1/ext/psych", "/usr/local/bin/ruby extconf.rb",
          "checking for yaml.h... no", "yaml.h not found", "*** extconf.rb failed ***",
          "Could not create Makefile due to some reason, probably lack of necessary",
          "libraries and/or headers.  Check the mkmf.log file for more details.  You may",
          "need configuration options.", "", "Provided configuration options:", "\t--with-opt-dir", "",
          "To see why this extension failed to compile, please check the mkmf.log which can be found here:", "",
          "  /usr/local/bundle/extensions/x86_64-linux/3.4.0/psych-5.3.1/mkmf.log", "",
          "extconf failed, exit code 1", "", "Gem files will remain installed in /usr/local/bundle/gems/psych-5.3.1 "
          "for "
          "inspection.", "Results logged to /usr/local/bundle/extensions/x86_64-linux/3.4.0/psych-5.3.1/gem_make.out",
          "", "An error occurred while installing psych (5.3.1), and Bundler cannot continue.", "", "In Gemfile:",
          "  debug was resolved to 1.11.0, which depends on", "      psych", code=5),
    built("Python, Poetry", "wilhelm-lab/oktoberfest#27", "The lock file is not compatible", "poetry install",
          "Skipping virtualenv creation, as specified in config file.", "", "  RuntimeError", "",
          "  The lock file is not compatible with the current version of Poetry.", "  Upgrade Poetry to be able to "
          "read "
          "the lock file or, alternatively, regenerate the lock file with the `poetry lock` command.", "",
          "  at /usr/local/lib/python3.8/site-packages/poetry/packages/locker.py:482 in _get_lock_data",
          '      478\u2502                 "Upgrade Poetry to ensure the lock file is read properly or, '
          'alternatively, "',
          "    \u2192 482\u2502             raise RuntimeError(",
          '      483\u2502                 "The lock file is not compatible with the current version of Poetry.\\n"',
          "      486\u2502             )"),
    built("Python, Poetry", "podaac/hydrocron#246", "list index out of range", "~/.local/bin/poetry lock --no-update",
          "Creating virtualenv hydrocron-gz-fui-G-py3.10 in /root/.cache/pypoetry/virtualenvs",
          "Resolving dependencies...", "", "list index out of range"),
    built("Python, Poetry", "martin-ueding/geo-activity-playground#218", "No file/folder found for package",
          "pip install poetry && poetry install --only main", "Installing the current project: geo-activity-playground "
          "(0.36.1)", "", "Warning: The current project could not be installed: No file/folder found for package "
          "geo-activity-playground", "If you do not want to install the current project use --no-root.",
          "If you want to use Poetry only for dependency management but not for packaging, you can disable package "
          "mode "
          "by setting package-mode = false in your pyproject.toml file.", "If you did intend to install the current "
          "project, you may need to set `packages` in your pyproject.toml file.", ""),
    built("Python, uv", "astral-sh/uv#3308", "command 'gcc' failed", "uv sync --frozen",
          "Using CPython 3.13.0 interpreter at: /usr/local/bin/python", "Creating virtual environment at: .venv",
          "error: Failed to prepare distributions", "  Caused by: Failed to download and build "
          "`geventhttpclient==2.3.1`",
          "  Caused by: Build backend failed to build wheel through `build_wheel` (exit status: 1)", "", "[stderr]",
          "warning: no previously-included files matching '*' found under directory 'tests'",
          "error: command 'gcc' failed: No such file or directory", code=2),
    built("Python, uv", "astral-sh/uv#10661", "has an invalid ABI tag", "uv sync --frozen --no-dev",
          "Creating virtual environment at: .venv", "error: Failed to parse `uv.lock`",
          "  Caused by: TOML parse error at line 1479, column 10", "     |", "1479 | wheels = [", "     |          ^^",
          "failed to parse `pycryptodome-3.21.0-pp27-pypy_73.whl` as wheel filename: The wheel filename "
          '"pycryptodome-3.21.0-pp27-pypy_73.whl" has an invalid ABI tag: Missing major version in PyPy ABI tag: '
          "pypy_73", code=2),
    built("Python, uv", "Thysrael/Horizon#38", "Readme file does not exist: README.md", "uv sync --frozen --no-dev",
          "  \u00d7 Failed to build `horizon @ file:///app`", "  ├─▶ The build backend returned an error",
          "  ╰─▶ Call to `hatchling.build.build_editable` failed (exit status: 1)", "", "      [stderr]",
          "      Traceback (most recent call last):", '        File "<string>", line 11, in <module>', "        File",
          '      "/root/.cache/uv/builds-v0/.tmpBWG/lib/python3.12/site-packages/hatchling/metadata/core.py",',
          "      line 531, in readme", "          raise OSError(message)",
          "      OSError: Readme file does not exist: README.md", "",
          "      hint: This usually indicates a problem with the package or the build", "      environment."),
    built("Rust", "dvishal485/flipkart-scraper-api#21", "OpenSSL library directory does not exist", "cargo build "
          "--release",
          "error: failed to run custom build command for `openssl-sys v0.9.99`", "", "Caused by:",
          "  process didn't exit successfully: `/usr/src/app/target/release/build/openssl-sys-5a2a/build-script-main` "
          "(exit status: 101)", "  --- stdout", "  cargo:rerun-if-env-changed=OPENSSL_LIB_DIR",
          "  OPENSSL_LIB_DIR = /usr/lib/x86_64-linux-gnu", "", "  --- stderr",
          "  thread 'main' panicked at /usr/local/cargo/registry/src/openssl-sys-0.9.99/build/main.rs:84:9:",
          '  OpenSSL library directory does not exist: ["/usr/lib/x86_64-linux-gnu"]',
          "  note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
          "warning: build failed, waiting for other jobs to finish...", code=101),
    built("Node, Vite", "zclzone/qs-admin#6", "Rollup failed to resolve import", "pnpm build",
          ' ERROR  [vite]: Rollup failed to resolve import "/src/main.ts" from "/app/index.html".',
          "This is most likely unintended because it can break your application at runtime.",
          "If you do want to externalize this module explicitly add it to", "`build.rollupOptions.external`", "",
          " ERROR  error during build:", 'Error: [vite]: Rollup failed to resolve import "/src/main.ts" from '
          '"/app/index.html".', "This is most likely unintended because it can break your application at runtime.",
          "If you do want to externalize this module explicitly add it to", "`build.rollupOptions.external`",
          "    at viteWarn (file:///app/node_modules/vite/dist/node/chunks/dep-a8e37fae.js:48070:27)",
          " ELIFECYCLE  Command failed with exit code 1."),
    built("Node, Vite", "invoke-ai/InvokeAI#8509", "Could not resolve", "npx vite build",
          "vite v7.0.5 building for production...", "transforming...", "\u2713 1549 modules transformed.",
          "\u2717 Build failed in 5.84s", "error during build:", 'Could not resolve '
          '"../../../public/locales/en.json" from'
          ' "src/i18n.ts"', "file: /build/src/i18n.ts",
          "    at getRollupError (file:///build/node_modules/rollup/dist/es/shared/parseAst.js:401:41)"),
    built("Go", "vesoft-inc/nebula-studio#690", "missing go.sum entry", "go build -o /server/server .",
          "/go/pkg/mod/github.com/jcmturner/rpc/v2@v2.0.3/mstypes/claims.go:10:2: missing go.sum entry for module "
          "providing package golang.org/x/net/http2/hpack (imported by github.com/jcmturner/rpc/v2/mstypes); to add:",
          "\tgo get github.com/jcmturner/rpc/v2/mstypes@v2.0.3"),
    built("Python", "netbox-community/netbox#15040", "SECRET_KEY must be at least 50",
          "/opt/netbox/venv/bin/python manage.py collectstatic --no-input", "Traceback (most recent call last):",
          '  File "/opt/netbox/netbox/netbox/settings.py", line 76, in <module>', "    raise ImproperlyConfigured(",
          "django.core.exceptions.ImproperlyConfigured: SECRET_KEY must be at least 50 characters in length. To "
          "generate "
          "a suitable key, run the following command:", "  python /opt/netbox/netbox/generate_secret_key.py"),
    built("Elixir", "pinterest/elixometer#98", "./rebar: Command not found", "mix release --env=$MIX_ENV",
          "===> Compiling setup", "src/setup.erl:166: Warning: export_all flag enabled - all functions will be "
          "exported",
          "", "./rebar skip_deps=true escriptize", "make: ./rebar: Command not found",
          "Makefile:43: recipe for target 'escriptize' failed", "make: *** [escriptize] Error 127",
          "===> Hook for compile failed!", "", '** (Mix) Could not compile dependency :setup, "/root/.mix/rebar3 bare '
          'compile" command failed. You can recompile this dependency with "mix deps.compile setup", update it with '
          '"mix '
          'deps.update setup" or clean it with "mix deps.clean setup"'),
    built("Elixir", "blockscout/blockscout#1208", "You must configure a :tracer", "mix do deps.get, deps.compile",
          "== Compilation error in file lib/spandex_phoenix/instrumenter.ex ==",
          "** (RuntimeError) You must configure a :tracer for :spandex_phoenix",
          "    lib/spandex_phoenix/instrumenter.ex:21: (module)", 'could not compile dependency :spandex_phoenix, "mix '
          'compile" failed. You can recompile this dependency with "mix deps.compile spandex_phoenix", update it with '
          '"mix deps.update spandex_phoenix" or clean it with "mix deps.clean spandex_phoenix"'),
    built(".NET", "microsoft/DockerTools#152", "npm: not found", "dotnet publish Server.csproj -c Release -o /app",
          "  Server -> /src/Server/bin/Release/netcoreapp2.1/Server.dll",
          "  /bin/sh: 2: /tmp/tmpb0ceef6456f248ae84703cf17c13d605.exec.cmd: npm: not found",
          '/src/Server/Server.csproj(47,5): error MSB3073: The command "npm install" exited with code 127.'),
    built("PHP, Composer", "stefanvangastel/docker-cakephp#3", "simplexml is missing", "cd /app && composer -n install",
          "Loading composer repositories with package information", "Your requirements could not be resolved to an "
          "installable set of packages.", "", "  Problem 1", "    - squizlabs/php_codesniffer 3.0.0 requires "
          "ext-simplexml"
          " * -> the requested PHP extension simplexml is missing from your system.", "    - Installation request for "
          "cakephp/cakephp-codesniffer ^3.0 -> satisfiable by cakephp/cakephp-codesniffer[3.0.0].", "",
          "  To enable extensions, verify that they are enabled in your .ini files:", "    - /etc/php/7.0/cli/php.ini",
          "  You can also run `php --ini` inside terminal to see which files are used by PHP in CLI mode.", code=2),
    built("Ruby, Rails", "rails/cssbundling-rails#99", "yarn: not found", "bundle exec rails assets:precompile",
          "sh: 1: yarn: not found", "rails aborted!", "cssbundling-rails: Command css:build failed, ensure yarn is "
          "installed and `yarn build:css` runs without errors or add SKIP_YARN", "",
          "Tasks: TOP => assets:precompile => css:build", "(See full trace by running task with --trace)"),
)  # fmt: skip
