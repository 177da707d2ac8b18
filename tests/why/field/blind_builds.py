"""Those of the threads in blind.py that are about builds of images, buildspecs and hooks."""

from __future__ import annotations

from tests.why.field.case import case
from tests.why.field.scene import Scene, build, fails, gives_up, log, unhealthy

BUILDX = "docker buildx build -t $REPOSITORY_URI:$TAG --push ."


def image(*lines: str, step: str, code: int = 1) -> Scene:
    """A step of the Dockerfile fails under BuildKit after these lines."""
    return fails("BUILD", BUILDX, f"#9 [4/6] RUN {step}", *(f"#9 0.645 {one}" for one in lines),
                 f'#9 ERROR: process "/bin/sh -c {step}" did not complete successfully: exit code: {code}',
                 "------", f" > [4/6] RUN {step}:", *(f"0.645 {one}" for one in lines[-10:]), "------",
                 "Dockerfile:12", "--------------------", f"  12 | >>> RUN {step}", "--------------------",
                 f'ERROR: failed to solve: process "/bin/sh -c {step}" did not complete successfully: exit code: '
                 f'{code}',
                 )  # fmt: skip


BLIND_BUILDS = (
    # image builds
    case("build, build", "bloodworks-io/phlox#6", "docker-build",
         image("npm error code EUSAGE", "npm error", "npm error The `npm ci` command can only install with an existing "
               "package-lock.json or", "npm error npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with "
                                       "npm@5"
               " or", "npm error later to generate a package-lock.json file, then try again.", "npm error",
               "npm error Clean install a project", "npm error", "npm error Usage:", "npm error npm ci", "npm error",
               "npm error Options:", "npm error [--install-strategy <hoisted|nested|shallow|linked>]",
               "npm error aliases: clean-install, ic, install-clean, isntall-clean", "npm error",
               'npm error Run "npm help ci" for more info', "npm error A complete log of this run can be found in: "
               "/root/.npm/_logs/2024-06-24T04_33_45-debug-0.log", step="npm ci"),
         says="can only install with an existing package-lock.json"),
    case("build, build", "sh1nj1/plan42#1324", "docker-build",
         image("npm error code EUSAGE", "npm error", "npm error `npm ci` can only install packages when your "
                                                     "package.json "
               "and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm "
               "install` "
               "before continuing.", "npm error", "npm error Missing: @emnapi/core@1.11.1 from lock file",
               "npm error Missing: @emnapi/runtime@1.11.1 from lock file", "npm error",
               "npm error Clean install a project", "npm error", "npm error Usage:", "npm error npm ci", "npm error",
               'npm error Run "npm help ci" for more info', "npm error A complete log of this run can be found in: "
               "/root/.npm/_logs/2026-06-18T04_33_45-debug-0.log", step="npm ci"), says="are in sync"),
    case("build, build", "Tecnativa/doodba#669", "docker-build",
         image("Ign:1 http://deb.debian.org/debian buster InRelease", "Err:5 http://deb.debian.org/debian buster "
                                                                      "Release",
               "  404  Not Found [IP: 151.101.130.132 80]", "Reading package lists...",
               "E: The repository 'http://deb.debian.org/debian buster Release' does not have a Release file.",
               "E: The repository 'http://deb.debian.org/debian buster-updates Release' does not have a Release file.",
               "Traceback (most recent call last):", '  File "/opt/odoo/common/build", line 30, in <module>',
               "    subprocess.check_call(command)", '  File "/usr/local/lib/python3.8/subprocess.py", line 364, in '
               "check_call", "    raise CalledProcessError(retcode, cmd)", "subprocess.CalledProcessError: Command "
               "'/opt/odoo/common/build.d/250-postgres-client' returned non-zero exit status 100.",
               step="/opt/odoo/common/build && sync"), says="does not have a Release file"),
    case("build, build", "bihealth/sodar-server#2220", "docker-build",
         image("Err:4 http://deb.debian.org/debian buster Release", "  404  Not Found [IP: 146.75.122.132 80]",
               "Reading package lists...", "E: The repository 'http://deb.debian.org/debian buster Release' does not "
                                           "have a"
               " Release file.", step="apt-get update && apt-get install -y gcc", code=100),
         says="does not have a Release file"),
    case("build, build", "phplaber/yawf#1", "docker-build",
         image("error: externally-managed-environment", "", "\u00d7 This environment is externally managed",
               "\u2570\u2500> To install Python packages system-wide, try apt install",
               "    python3-xyz, where xyz is the package you are trying to", "    install.", "    ",
               "    If you wish to install a non-Debian-packaged Python package,",
               "    create a virtual environment using python3 -m venv path/to/venv.",
               "    Then use path/to/venv/bin/python and path/to/venv/bin/pip. Make",
               "    sure you have python3-full installed.", "",
               "note: If you believe this is a mistake, please contact your Python installation or OS distribution "
               "provider. You can override this, at the risk of breaking your Python installation or OS, by passing "
               "--break-system-packages.", "hint: See PEP 668 for the detailed specification.",
               step="pip3 install -r requirements.txt"), says="externally"),
    case("build, build", "MicrosoftDocs/mslearn-dotnet-kubernetes#4", "build-network",
         image("  Determining projects to restore...", "/src/backend.csproj : error NU1301: Unable to load the service "
               "index for source https://api.nuget.org/v3/index.json.", "  Failed to restore /src/backend.csproj (in "
                                                                        "17.31"
               " sec).", step="dotnet restore"), also=("docker-build",)),
    case("build, build", "rust-openssl/rust-openssl#1455", "docker-build",
         image("   Compiling regex v1.4.5", "error: failed to run custom build command for `openssl-sys v0.9.61`", "",
               "Caused by:", "  process didn't exit successfully: `/app/target/release/build/openssl-sys-bd53/"
               "build-script-main` (exit code: 101)", "  --- stdout", "  cargo:rustc-cfg=const_fn",
               '  running "perl" "./Configure" "--prefix=/app/target/release/build/openssl-sys-5765/out" "no-dso"', "",
               "  --- stderr", "  thread 'main' panicked at 'called `Result::unwrap()` on an `Err` value: Os { code: "
                               "2, "
               'kind: NotFound, message: "No such file or directory" }\', '
               '/root/.cargo/registry/src/openssl-src/src/lib.rs'
               ":469:39", "  note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
               "warning: build failed, waiting for other jobs to finish...", step="cargo build --release", code=101),
         says="openssl-sys"),
    case("build, build", "overhangio/tutor#1118", "build-cache",
         fails("BUILD", "docker buildx build --push --cache-to=type=registry,mode=max,ref=$URI:cache -t $URI:1 .",
               "------", " > exporting cache to registry:", "------", "ERROR: failed to solve: rpc error: code = "
                                                                      "Unknown "
               "desc = error writing manifest blob: failed commit on ref \"sha256:dbddfa9d\": unexpected status from "
               "PUT "
               "request to https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/shop/manifests/cache: 400 Bad "
               "Request"), says="image-manifest=true"),
    case("build, build", "kagent-dev/kagent#1331", "docker-build",
         image("panic: Segmentation fault at address 0x13518", "oh no: Bun has crashed. This indicates a bug in Bun, "
                                                               "not "
               "your code.", "", "To send a redacted crash report to Bun's team,", "please file a GitHub issue using "
                                                                                   "the "
               "link below:", "", " https://bun.report/1.3.6/ln1d530ed9", "",
               'error: script "build" was terminated by signal SIGILL (Illegal instruction)',
               "Illegal instruction (core dumped)", step="bun install && bun run build", code=132),
         says="Illegal instruction"),
    case("build, build", "microsoft/DockerTools#84", "docker-build",
         fails("BUILD", "docker build -t $URI .", "Step 7/16 : RUN dotnet restore -nowarn:msb3202,nu1503",
               " ---> Running in 7b165cda3f88", "/usr/share/dotnet/sdk/2.1.101/NuGet.targets(229,5): error MSB3202: "
                                                "The "
               'project file "/src/docker-compose.dcproj" was not found. [/src/DockerTest.sln]',
               "The command '/bin/sh -c dotnet restore -nowarn:msb3202,nu1503' returned a non-zero code: 1"),
         says="MSB3202"),
    # buildspec and hooks
    case("build, source", "aws-samples/bedrock-chat#441", "buildspec",
         build("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "did not find expected ',' or ']' at line 19"), says="line 19"),
    case("build, source", "meanjs/mean#1865", "buildspec",
         build("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "YAML file does not exist"), says="there is no buildspec"),
    case("build, source", "awsdocs/aws-codebuild-user-guide#25", "buildspec",
         build("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "found character that cannot start any token at line 3"),
         says="line 3"),
    case("release", "aws/containers-roadmap#2664", "rolled-back",
         gives_up("ROLLBACK_SUCCESSFUL", "deployment failed: hook execution failure(s) detected.", breaker="DISABLED"),
         also=("hook-failed",), says="hook"),
    case("health", "redis/node-redis#2276", "no-answer", unhealthy("Request timed out", "Target.Timeout"),
         log("Error: Socket closed unexpectedly"), also=("slow-answer",)),
)  # fmt: skip
