"""Threads collected after the rules were changed for trial.py, to see whether they hold for others.

Of the 34, 27 were right at first, 4 had the right name without what `says` requires, 2 were honestly unknown, and 1 was
wrong as likely: a push to Docker Hub was taken for a base image's pull.
"""

from __future__ import annotations

from tests.why.field.case import case
from tests.why.field.scene import answers, box, checked, exits, fails, log, release, runs, stage, task

SPRING = (
    "***************************",
    "APPLICATION FAILED TO START",
    "***************************",
    "",
    "Description:",
    "",
    "Failed to configure a DataSource: 'url' attribute is not specified and no embedded datasource could be "
    "configured.",
    "",
    "Reason: Failed to determine a suitable driver class",
    "",
    "",
    "Action:",
    "",
    "Consider the following:",
    "\tIf you want an embedded database (H2, HSQL or Derby), please put it on the classpath.",
    "\tIf you have database settings to be loaded from a particular profile you may need to activate it (no profiles "
    "are "
    "currently active).",
)
SITE = "/opt/venv/lib/python3.11/site-packages/gunicorn"
SHIM = "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: "

AFTER = (
    case("trace, Java", "thombergs/buckpal#8", "crash", exits(box(code=1)), log(*SPRING),
         says="Failed to configure a DataSource"),
    case("trace, Java", "ElinaValieva/spring-microservices#14", "crash",
         exits(box(code=1)), log(*SPRING, "", "OpenJDK 64-Bit Server VM warning: Option InitialRAMFraction was "
                                              "deprecated "
                                 "in version 10.0 and will likely be removed in a future release.", "OpenJDK 64-Bit "
                                 "Server VM warning: Option MinRAMFraction was deprecated in version 10.0 and will "
                                 "likely "
                                 "be removed in a future release."), says="Failed to configure a DataSource"),
    case("trace, Java", "bytechefhq/bytechef#5740", "crash",
         exits(box(code=1)),
         log('{"level":"ERROR","message":"Application run failed","stack_trace":"org.springframework.beans.factory.'
             "BeanCreationException: Failed to instantiate [com.zaxxer.hikari.HikariDataSource]: Factory method "
             "'dataSource' threw exception with message: 'url' must start with \\\"jdbc\\\"\\n\\tat "
             "org.springframework."
             'beans.factory.support.AbstractBeanFactory.doGetBean(AbstractBeanFactory.java:322)"}'),
         says="'url' must start with"),
    case("trace, Python", "Quenary/cardholder_pwa#48", "crash",
         exits(box(code=1)),
         log("2026-06-26 10:51:03,603 INFO spawned: 'backend' with pid 8", "Traceback (most recent call last):",
             '  File "", line 203, in _run_module_as_main', '  File "", line 88, in _run_code',
             '  File "/app/backend/start.py", line 4, in ', "    import uvicorn",
             "ModuleNotFoundError: No module named 'uvicorn'"), says="No module named 'uvicorn'"),
    case("trace, Python", "NeySlim/ultimate-ca-manager#3", "crash",
         exits(box(code=3)),
         log("Traceback (most recent call last):", f'  File "{SITE}/arbiter.py", line 609, in spawn_worker',
             "    worker.init_process()", f'  File "{SITE}/workers/base.py", line 146, in load_wsgi',
             "    self.wsgi = self.app.wsgi()", "                ^^^^^^^^^^^^^^^",
             f'  File "{SITE}/app/wsgiapp.py", line 48, in load_wsgiapp',
             "ModuleNotFoundError: No module named 'webauthn'", "[2026-01-08 10:00:00 +0000] [7] [INFO] Worker exiting "
             "(pid: 7)", "[2026-01-08 10:00:00 +0000] [1] [ERROR] Worker (pid:7) exited with code 3",
             "[2026-01-08 10:00:00 +0000] [1] [ERROR] Shutting down: Master",
             "[2026-01-08 10:00:00 +0000] [1] [ERROR] Reason: Worker failed to boot."), says="'webauthn'"),
    case("task, start", "docker/python-docker#4", "command-missing",
         exits(box(code=127)), log("/bin/sh: 1: gunicorn: not found"), says="gunicorn"),
    case("task, start", "wsvincent/lithium#86", "command-missing",
         task(f'{SHIM}OCI runtime create failed: runc create failed: unable to start container process: exec: '
              f'"gunicorn": '
              "executable file not found in $PATH: unknown"), says="gunicorn"),
    case("task, start", "aws/containers-roadmap#906", "unexplained",
         exits(box(reason=f'{SHIM}OCI runtime create failed: container_linux.go:349: starting container process caused '
                          r'"process_linux.go:449: container init caused \"rootfs_linux.go:58:...')),
         says="container init caused"),
    case("task, start", "aws/aws-cdk#7529", "unexplained", task("Task failed to start")),
    case("task, start", "hjacobs/kube-resource-report#146", "crash",
         exits(box(code=1)), log("2020/04/15 02:38:08 [emerg] 1#1: bind() to 0.0.0.0:80 failed (13: Permission denied)",
                                 "nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)"),
         says="below 1024"),
    case("trace, Go", "grafana/loki#714", "crash",
         exits(box(code=2)),
         log('level=info ts=2019-07-03T16:12:32.406Z caller=server.go:120 http=[::]:80 grpc=[::]:9095 msg="server '
             'listening on addresses"', "level=info ts=2019-07-03T16:12:32.407Z caller=loki.go:125 msg=initialising "
             "module=table-manager", "panic: runtime error: invalid memory address or nil pointer dereference",
             "[signal SIGSEGV: segmentation violation code=0x1 addr=0x38 pc=0xfa49f9]", "", "goroutine 1 [running]:",
             "github.com/grafana/loki/vendor/github.com/cortexproject/cortex/pkg/chunk/storage.NewTableClient(0x135"
             "1139, "
             "0x3, 0x0, ...)", "\t/go/src/github.com/grafana/loki/vendor/github.com/cortexproject/cortex/pkg/chunk/"
             "storage/factory.go:160 +0x79", "github.com/grafana/loki/pkg/loki.(*Loki).initTableManager(0xc0000bb800)",
             "\t/go/src/github.com/grafana/loki/pkg/loki/modules.go:193 +0xf7"), says="nil pointer dereference"),
    case("trace, Elixir", "electric-sql/electric#1510", "crash",
         exits(box(code=1)),
         log("ERROR! Config provider Config.Reader failed with:", " ** (RuntimeError) Required environment variable "
             "LOGICAL_PUBLISHER_HOST is not set", " /app/releases/0.8.1/runtime.exs:34: (file)"),
         says="LOGICAL_PUBLISHER_HOST"),
    case("trace, Rust", "valeriansaliou/vigil#43", "crash",
         exits(box(code=101)),
         log("thread 'vigil-responder' panicked at 'Cannot assign requested address (os error 99)', /usr/local/cargo/"
             "registry/src/rocket-0.4.2/src/error.rs:192:17"),
         says="Cannot assign requested address"),
    case("trace, Node", "aws/aws-sdk-js#3284", "crash",
         exits(box(code=1)),
         log("Error: ENOENT: no such file or directory, open '/root/.aws/config'", "at Object.openSync (fs.js:440:3)",
             "at /usr/src/app/node_modules/dd-trace/packages/dd-trace/src/tracer.js:91:53",
             "at Scope._activate (/usr/src/app/node_modules/dd-trace/packages/dd-trace/src/scope/async_hooks.js:51:14)",
             "at Object.readFileSync (fs.js:342:35)"), says="open '/root/.aws/config'"),
    case("trace, PHP", "hitalos/laravel#5", "release-command",
         release("PDOException in Connector.php line 55:", "could not find driver"), says="could not find driver"),
    case("trace, PHP", "ucan-lab/docker-laravel#225", "release-command",
         release("   Illuminate\\Database\\QueryException ", "", "  could not find driver (Connection: mysql, SQL: "
                                                                 "select * "
                 "from information_schema.tables where table_schema = laravel)", "",
                 "  at vendor\\laravel\\framework\\src\\Illuminate\\Database\\Connection.php:793",
                 "    789\u2595         // If an exception occurs when attempting to run a query, we'll format the "
                 "error",
                 "    790\u2595         // message to include the bindings with SQL", "    792\u2595         catch "
                 "(Exception $e) {", "  \u279c 793\u2595             throw new QueryException("),
         says="could not find driver"),
    case("trace, PHP", "bitnami/containers#40778", "crash",
         exits(box(code=1)),
         log("laravel 03:25:45.86 INFO  ==> ** Running Laravel setup **", "laravel 03:25:45.91 INFO  ==> Validating "
             "settings in LARAVEL_* env vars", "laravel 03:26:46.10 ERROR ==> Could not connect to the database"),
         says="Could not connect to the database"),
    case("health", "LikeLionTeam4/slash-infra#62", "health-path", answers(401), says="login"),
    case("health", "pegasystems/pega-helm-charts#934", "health-path", answers(302), says="redirect"),
    case("health", "pomerium/pomerium-helm#201", "health-path",
         answers(404), log('{"level":"info","service":"envoy","upstream-cluster":"","method":"GET","authority":'
                           '"10.200.2.244","path":"/","user-agent":"ELB-HealthChecker/2.0","referer":""}')),
    case("health, check", "fredrikburmester/streamystats#268", "container-check",
         checked("wget -q --spider http://localhost:3000/api/health || exit 1"),
         task("Task failed container health checks", box(code=143, healthStatus="UNHEALTHY"),
              code="ServiceSchedulerInitiated") | {"targets": runs()["targets"]}, says="127.0.0.1"),
    case("build, install", "aws/aws-codebuild-docker-images#419", "build-failed",
         fails("INSTALL", "apt-get update -y", "Reading package lists...", "W: GPG error: "
                                                                           "https://dl.yarnpkg.com/debian "
               "stable InRelease: The following signatures were invalid: EXPKEYSIG 23E7166788B63E1E Yarn Packaging",
               "E: The repository 'https://dl.yarnpkg.com/debian stable InRelease' is not signed.", exit=100),
         says="is not signed"),
    case("build, install", "aws/aws-codebuild-docker-images#154", "build-failed",
         fails("INSTALL", "pip install --upgrade pip", "/codebuild/output/tmp/script.sh: 4: /codebuild/output/tmp/"
               "script.sh: pip: not found", exit=127), says="pip: not found"),
    case("build, install", "aws/chalice#773", "build-failed",
         fails("INSTALL", "sudo pip install --upgrade awscli", "sh: 1: sudo: not found", exit=127),
         says="sudo: not found"),
    case("pipeline, build", "awslabs/cdk-eks-blueprints#483", "pipeline-denied",
         stage("Build", "JobFailed", "Error calling startBuild: User: arn:aws:sts::123456789012:assumed-role/pipeline-"
               "stack-role/1660759156951 is not authorized to perform: codebuild:StartBuild on resource: arn:aws:"
               "codebuild:us-west-2:123456789012:project/shop-build because no identity-based policy allows the "
               "codebuild:StartBuild action (Service: AWSCodeBuild; Status Code: 400; Error Code: "
               "AccessDeniedException; "
               "Request ID: 9915b819; Proxy: null)"), says="codebuild:StartBuild"),
    case("build, pre_build", "aws/aws-cdk#1319", "push-denied",
         fails("PRE_BUILD", "$(aws ecr get-login --no-include-email --region us-east-1)", "An error occurred "
               "(AccessDeniedException) when calling the GetAuthorizationToken operation: User: arn:aws:sts::xxx is "
               "not "
               "authorized to perform: ecr:GetAuthorizationToken on resource: *"), also=("build-denied",)),
    case("build, push", "kciter/aws-ecr-action#1", "registry-login",
         fails("POST_BUILD", "docker push $IMAGE", "The push refers to repository [1.dkr.ecr.us-east-1.amazonaws.com/"
               "my-app]", "6403477052d0: Preparing", "no basic auth credentials")),
    case("build, push", "pulumi/pulumi-docker-build#241", "registry-login",
         fails("BUILD", "docker buildx build --push -t agency-portal:1272 .", "#14 pushing layers 0.1s done", "#14 "
                                                                                                              "ERROR: "
               "failed to push agency-portal:1272: failed to authorize: failed to fetch oauth token: unexpected status "
               "from GET request to "
               "https://auth.docker.io/token?scope=repository%3Alibrary%2Fagency-portal%3Apull%2Cpush"
               "&service=registry.docker.io: 401 Unauthorized"), says="Docker Hub"),
    case("build, push", "Shippable/support#4452", "registry-login",
         fails("POST_BUILD", "docker push $REPOSITORY_URI:latest", "203ac7c888b0: Buffering to Disk", "203ac7c888b0: "
                                                                                                      "Image "
               "push failed", "", "Please login prior to push:", "Username: EOF")),
    case("build, build", "openillumi.com/?p=116190", "docker-build",
         fails("BUILD", "docker build -t $URI .", "Step 65/154 : RUN  apt-get install -y python3-pip", " ---> "
                                                                                                       "Running in "
               "29f078573813", "Reading package lists...", "E: Unable to locate package python3-pip", "The command "
               "'/bin/sh -c apt-get install -y python3-pip' returned a non-zero code: 100"),
         says="Unable to locate package python3-pip"),
    case("build, build", "spring-guides/gs-spring-boot-docker#45", "docker-build",
         fails("BUILD", "docker build -t $URI .", "Step 3/4 : ADD complete.jar app.jar", "ADD failed: stat "
                                                                                         "/var/lib/docker/"
               "tmp/docker-builder766598442/complete.jar: no such file or directory"),
         says="complete.jar is not in the build's context"),
    case("build, build", "oss-review-toolkit/ort#1155", "docker-build",
         fails("BUILD", "docker build -t $URI .", "E: Version '1.17.3-1' for 'bundler' was not found", "The command "
               "'/bin/sh -c apt-get install -y bundler=1.17.3-1' returned a non-zero code: 100"),
         says="for 'bundler' was not found"),
    case("build, build", "YoungWilliamZ/fisco-bcos-browser-docker#9", "docker-build",
         fails("BUILD", "docker build -t $URI .", "#8 0.769 Welcome to Gradle 7.1!", "#8 5.268 FAILURE: Build failed "
                                                                                     "with "
               "an exception.", "#8 5.268 ", "#8 5.268 * Where:", "#8 5.268 Build file '/app/build.gradle' line: 3",
               "#8 5.269 ", "#8 5.269 * What went wrong:", "#8 5.269 A problem occurred evaluating root project 'app'.",
               "#8 5.269 > Plugin with id 'maven' not found.", "#8 5.270 ", "#8 5.270 * Try:", "#8 5.270 Run with "
               "--stacktrace option to get the stack trace.", "#8 5.271 * Get more help at https://help.gradle.org",
               "#8 5.271 ", "#8 5.271 BUILD FAILED in 4s", "#8 5.272 Unable to list file systems to check whether they "
               "can be watched. The whole state of the virtual file system has been discarded. Reason: Could not query "
               "file systems", 'ERROR: failed to solve: process "/bin/sh -c gradle build" did not complete '
                               'successfully: '
               "exit code: 1"), says="Plugin with id 'maven' not found"),
    case("task, crash", "jlesage/docker-crashplan-pro#3", "crash",
         exits(box(code=1)),
         log("[cont-init.d] 10-certs.sh: exited 0.", "[cont-init.d] 10-nginx.sh: executing...", "ERROR: No "
                                                                                                "modification "
             "applied to /etc/nginx/default_site.conf.", "", "[cont-init.d] 10-nginx.sh: exited 1.", "[cont-finish.d] "
             "executing container finish scripts...", "[cont-finish.d] done.", "[s6-finish] syncing disks.",
             "[s6-finish] sending all processes the TERM signal."), says="No modification applied"),
)  # fmt: skip
