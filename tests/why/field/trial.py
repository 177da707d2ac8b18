"""Threads of all kinds, written down with their outcome before any rule was changed for them.

Of the 70, 33 were right, 7 right among several, 20 had the right name without what `says` requires (6 of these quoted a
misleading line), 6 were honestly unknown, and 4 wrong as likely: shared libraries were taken for programs, and a
proxy's answer for the app's.
"""

from __future__ import annotations

from tests.why.field.case import AUTH, PULL, case
from tests.why.field.scene import (
    Scene,
    answers,
    beside,
    box,
    build,
    checked,
    event,
    exits,
    fails,
    log,
    pipeline,
    release,
    routes,
    runs,
    stage,
    task,
    unhealthy,
)  # fmt: skip

SILENT = ("Health checks failed", "Target.FailedHealthChecks")
SLOW = ("Request timed out", "Target.Timeout")
STANDALONE = "for more information on configuring HTTPS see https://go.microsoft.com/fwlink/?linkid=848054."
KESTREL = ("Unable to configure HTTPS endpoint. No server certificate was specified, and the default developer "
           "certificate could not be found or is out of date.")  # fmt: skip
NGINX = (
    "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
    "/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/",
    "/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh",
    "10-listen-on-ipv6-by-default.sh: info: can not modify /etc/nginx/conf.d/default.conf (read-only file system?)",
    "/docker-entrypoint.sh: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh",
    "/docker-entrypoint.sh: Configuration complete; ready for start up",
)
NO_DOCKER = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
HELD = {"endpoints": [{"ServiceName": f"com.amazonaws.eu-central-1.{one}"} for one in ("ecr.api", "ecr.dkr", "logs")]}
NO_S3 = {"subnet_routes": {"subnet-0a1": routes()}} | HELD
LAYERS = "https://prod-us-east-1-starport-layer-bucket.s3.amazonaws.com/61d6a6b7-a74d-4472-96e4-710ec9a7a96b/d834cc02"
SICK = ("Task failed container health checks", box(code=143, healthStatus="UNHEALTHY"))
READ_ONLY = runs()["definition"]
READ_ONLY = {"definition": READ_ONLY | {"containerDefinitions": [
    READ_ONLY["containerDefinitions"][0] | {"readonlyRootFilesystem": True}]}}  # fmt: skip


def sick(command: str) -> tuple[Scene, Scene]:
    return checked(command), task(*SICK, code="ServiceSchedulerInitiated") | {"targets": runs()["targets"]}


def on(port: int, *lines: str) -> tuple[Scene, Scene]:
    scene = unhealthy(*SILENT)
    balanced = [scene["service"]["loadBalancers"][0] | {"containerPort": port}]
    return scene | {"service": scene["service"] | {"loadBalancers": balanced}, "groups": []}, log(*lines)


def unprivileged(scene: Scene) -> Scene:
    bare = scene["build"]["environment"] | {"privilegedMode": False}
    return scene | {"build": scene["build"] | {"environment": bare}}


TRIAL = (
    # an app's own words
    case("task, start", "imgproxy/imgproxy#787", "crash",
         exits(box(code=1)), log("Can't start server: listen tcp :80: bind: permission denied"), says="below 1024"),
    case("task, start", "plankanban/planka#730", "crash",
         exits(box(code=1)),
         log("node:internal/process/promises:288", "            triggerUncaughtException(err, true /* fromPromise */);",
             "            ^", "Error: self-signed certificate in certificate chain",
             "    at TLSSocket.onConnectSecure (node:_tls_wrap:1659:34)",
             "    at ssl.onhandshakedone (node:_tls_wrap:856:12) {", "  code: 'SELF_SIGNED_CERT_IN_CHAIN'", "}",
             "Node.js v18.20.2"), says="self-signed certificate in certificate chain"),
    case("task, start", "hudy9x/namviek#301", "crash",
         exits(box(code=1)),
         log("Unable to require(`/app/node_modules/.prisma/client/libquery_engine-linux-musl.so.node`).", "",
             "The Prisma engines do not seem to be compatible with your system. Please refer to the documentation "
             "about "
             "Prisma's system requirements: https://pris.ly/d/system-requirements", "",
             "Details: Error loading shared library libssl.so.1.1: No such file or directory (needed by /app/"
             "node_modules/.prisma/client/libquery_engine-linux-musl.so.node)", "",
             "    at vn.handleRequestError (/app/node_modules/@prisma/client/runtime/library.js:123:7003)", "",
             "    at async l (/app/node_modules/@prisma/client/runtime/library.js:128:9763) {", "",
             "  clientVersion: '5.2.0',", "", "  errorCode: undefined", "", "}"), says="libssl.so.1.1"),
    case("task, start", "sozu-proxy/sozu#292", "crash",
         exits(box(code=127)),
         log("Error loading shared library libgcc_s.so.1: No such file or directory (needed by /sozu)"),
         says="library libgcc_s.so.1"),
    case("task, start", "GoogleContainerTools/container-structure-test#59", "crash",
         exits(box(code=127)),
         log("/go_default_test: error while loading shared libraries: libstdc++.so.6: cannot open shared object file: "
             "No such file or directory"), says="library libstdc++.so.6"),
    case("task, start", "MatthiasLohr/docker-f5fpc#26", "crash",
         exits(box(code=127)),
         log("Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by "
             "/usr/local/bin/f5fpc)"), says="library ld-linux-x86-64.so.2"),
    case("task, start", "lhns/docker-swarm-keepalived#4", "crash",
         exits(box(code=1)),
         log("docker: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.32' not found (required by docker)",
             "docker: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by docker)"),
         says="GLIBC_2.34"),
    case("task, start", "namespacelabs/foundation#47", "crash",
         READ_ONLY, exits(box(code=1)),
         log(*NGINX, '2022/03/04 17:05:32 [warn] 1#1: the "user" directive makes sense only if the master process runs '
             "with super-user privileges, ignored in /etc/nginx/nginx.conf:2", '2022/03/04 17:05:32 [emerg] 1#1: '
                                                                               'mkdir() '
             '"/var/cache/nginx/client_temp" failed (30: Read-only file system)', 'nginx: [emerg] mkdir() "/var/cache/'
             'nginx/client_temp" failed (30: Read-only file system)'), says="/var/cache/nginx/client_temp"),
    case("task, start", "chainguard-images/images#288", "crash",
         READ_ONLY, exits(box(code=111)), log("s6-svscan: fatal: unable to mkdir .s6-svscan: Read-only file system"),
         says="Read-only file system"),
    case("task, start", "aspnetrun/run-aspnetcore-microservices#85", "crash",
         exits(box(code=134)),
         log("fail: Microsoft.Extensions.Hosting.Internal.Host[11]", "      Hosting failed to start",
             f"      System.InvalidOperationException: {KESTREL}", "      To generate a developer certificate run "
                                                                   "'dotnet "
             "dev-certs https'. To trust the certificate (Windows and macOS only) run 'dotnet dev-certs https "
             "--trust'.",
             f"      {STANDALONE.capitalize()}", "         at "
                                                 "Microsoft.AspNetCore.Hosting.ListenOptionsHttpsExtensions."
             "UseHttps(ListenOptions listenOptions, Action`1 configureOptions)"),
         says="Unable to configure HTTPS endpoint"),
    case("task, start", "dotnet/dotnet-docker#630", "crash",
         exits(box(code=139)),
         log("crit: Microsoft.AspNetCore.Server.Kestrel[0]", "      Unable to start Kestrel.",
             f"System.InvalidOperationException: {KESTREL}", "To generate a developer certificate run 'dotnet "
                                                             "dev-certs "
             "https'. To trust the certificate (Windows and macOS only) run 'dotnet dev-certs https --trust'.",
             STANDALONE.capitalize(), "   at Microsoft.AspNetCore.Hosting.ListenOptionsHttpsExtensions.UseHttps("
             "ListenOptions listenOptions, Action`1 configureOptions)"), says="Unable to configure HTTPS endpoint"),
    case("task, start", "Freika/dawarich#689", "crash",
         exits(box(code=1)),
         log("=> Booting Puma", "=> Rails 8.0.1 application starting in development ", "=> Run `bin/rails server "
                                                                                       "--help` "
             "for more startup options", "A server is already running (pid: 10, file: /var/app/tmp/pids/server.pid).",
             "Exiting"), says="A server is already running"),
    case("task, start", "linuxserver/docker-mastodon#40", "crash",
         exits(box(code=1)),
         log("=> Booting Puma", "=> Rails 6.1.7 application starting in production", "=> Run `bin/rails server --help` "
             "for more startup options", "A server is already running. Check /app/www/tmp/pids/server.pid.", "Exiting"),
         says="server.pid"),
    case("task, start", "StudyDrift/lextures#475", "crash",
         exits(box(code=1)),
         log(*NGINX, 'nginx: [emerg] host not found in upstream "server" in /etc/nginx/conf.d/default.conf:12'),
         says='host not found in upstream "server"'),
    case("task, start", "Droplr/aws-env#15", "crash",
         exits(box(code=2)),
         log("2018/05/10 03:06:04 NoCredentialProviders: no valid providers in chain. Deprecated.",
             "For verbose messaging see aws.Config.CredentialsChainVerboseErrors",
             "panic: NoCredentialProviders: no valid providers in chain. Deprecated.",
             "For verbose messaging see aws.Config.CredentialsChainVerboseErrors", "goroutine 1 [running]:",
             "panic(0x6adf20, 0xc42000bfc0)", "/usr/local/Cellar/go/1.7.4/libexec/src/runtime/panic.go:500 +0x1a1",
             "log.Panic(0xc4200c5eb0, 0x1, 0x1)", "/usr/local/Cellar/go/1.7.4/libexec/src/log/log.go:320 +0xc9",
             "main.ExportVariables(0xc42001200d, 0x19, 0x0, 0x0)", "/Users/aorfin/go/aws-env/aws-env.go:42 +0x254"),
         says="NoCredentialProviders"),
    case("task, start", "rdforte/gomaxecs#14", "crash",
         exits(box(code=2)),
         log("panic: runtime error: invalid memory address or nil pointer dereference",
             "[signal SIGSEGV: segmentation violation code=0x1 addr=0x48 pc=0xece092]",
             "github.com/rdforte/gomaxecs/internal/task.(*Task).getContainerMeta(0xc000417d58)",
             "\t/go/pkg/mod/github.com/rdforte/gomaxecs@v1.1.1/internal/task/meta.go:53",
             "github.com/rdforte/gomaxecs/maxprocs.Set({0xc000417e00?, 0x1d084c0?, 0x0?})",
             "\t/go/pkg/mod/github.com/rdforte/gomaxecs@v1.1.1/maxprocs/maxprocs.go:37 +0x4c6",
             "github.com/rdforte/gomaxecs.init.0()",
             "\t/go/pkg/mod/github.com/rdforte/gomaxecs@v1.1.1/gomaxecs.go:32 +0xf"), says="nil pointer dereference"),
    case("task, start", "tryretool/retool-onpremise#143", "no-answer",
         *on(8000, "Error sending hot-shots message: Error: getaddrinfo ENOTFOUND host.docker.internal",
             "Failed to init Redis for Multiplayer connect ECONNREFUSED 127.0.0.1:6379")),
    case("task, start", "Nitya-003/CropChain#288", "crash",
         exits(box(code=1)), log("Redis error: Error: connect ECONNREFUSED 127.0.0.1:6379"),
         says="ECONNREFUSED 127.0.0.1:6379"),
    case("task, start", "brendanhay/amazonka#455", "crash",
         exits(box(code=1)), log('executable: MissingFileError "/root/.aws/credentials"'), says="MissingFileError"),
    case("task, start", "hackoregon/civic-devops#252", "crash",
         exits(box(code=255)),
         log("An error occurred (AccessDeniedException) when calling the GetParameters operation: User: arn:aws:sts::"
             "123456789012:assumed-role/ecs-service-2017Emergency-1OUW/047bdf30 is not authorized to perform: "
             "ssm:GetParameters on resource: arn:aws:ssm:us-west-2:123456789012:parameter/production/2017/API/"
             "emergency-service/POSTGRES_PASSWORD"), says="ssm:GetParameters"),
    case("task, start", "CloudSnorkel/cdk-github-runners#444", "crash",
         exits(box(code=134)),
         log("Unhandled exception. System.IO.IOException: No space left on device : '/home/runner/_diag/"
             "Runner_20231012-152020-utc.log'"), says="disk of the task"),
    case("task, start", "nextflow-io/nextflow#3662", "crash",
         exits(box(code=1)),
         log("zerolog: could not write event: write /tmp/fusionfs.log175481470: no space left on device"),
         says="disk of the task"),
    case("task, start", "fossasia/eventyay#2849", "command-missing",
         exits(box(code=1)), log("exec /usr/src/app/entrypoint.sh: no such file or directory"), says="line endings"),
    case("task, start", "cedya77/aiometadata#578", "command-missing",
         exits(box(code=127)), log("[FATAL tini (6)] exec /usr/local/bin/entrypoint.sh failed: No such file or "
                                   "directory"), says="line endings"),
    # databases
    case("trace, data", "alexjustesen/speedtest-tracker#862", "crash",
         exits(box(code=1)),
         log("In Connection.php line 801:", " " * 70, "  SQLSTATE[HY000] [2002] Connection refused (Connection: mysql, "
             "SQL: select *  ", "   from information_schema.tables where table_schema = forge and table_name =  ",
             "   migrations and table_type = 'BASE TABLE')  ", " " * 70, "", "In Connector.php line 65:", " " * 40,
             "  SQLSTATE[HY000] [2002] Connection refused  ", " " * 40, "", "s6-rc: warning: unable to start service "
             "laravel-automations: command exited 1", "/run/s6/basedir/scripts/rc.init: warning: s6-rc failed to "
                                                      "properly "
             "bring all the services up! Check your logs (in /run/uncaught-logs/current if you have in-container "
             "logging) for more information.", "prog: fatal: stopping the container."),
         says="SQLSTATE[HY000] [2002] Connection refused"),
    case("trace, data", "LycheeOrg/Lychee-Docker#28", "crash",
         exits(box(code=1)),
         log("**** Migrate the database ****", "", "In Connection.php line 669:", " " * 70,
             "  SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo failed: Name o  ",
             "  r service not known (SQL: select * from information_schema.tables where tab  ",
             "  le_schema = lychee_db and table_name = migrations and table_type = 'BASE TA  ", "  BLE')"),
         says="getaddrinfo failed"),
    case("trace, data", "Netflix/security_monkey#185", "crash",
         exits(box(code=1)),
         log("OperationalError: (OperationalError) FATAL:  remaining connection slots are reserved for non-replication "
             "superuser connections"), says="remaining connection slots"),
    case("trace, data", "Automattic/mongoose#9274", "crash",
         exits(box(code=1)),
         log("erro MongooseServerSelectionError: Could not connect to any servers in your MongoDB Atlas cluster. One "
             "common reason is that you're trying to access the database from an IP that isn't whitelisted. Make sure "
             "your current IP address is on your Atlas cluster's IP whitelist: https://docs.atlas.mongodb.com/"
             "security-whitelist/", "    at NativeConnection.Connection.openUri (/app/node_modules/mongoose/lib/"
             "connection.js:828:32)", "    at Object.<anonymous> (/app/file.js:4:10)"), says="MongoDB Atlas"),
    case("trace, data", "intri-in/manage-my-damn-life-nextjs#231", "crash",
         exits(box(code=1)),
         log("Db Connection Failed: Error [SequelizeConnectionError]: Access denied for user 'mmdl'@'%' to database "
             "'mmdl'", "    at async i (.next/server/chunks/3769.js:1:2168)", "  parent: [Error: Access denied for "
                                                                              "user "
             "'mmdl'@'%' to database 'mmdl'] {", "    code: 'ER_DBACCESS_DENIED_ERROR',", "    errno: 1044,",
             "    sqlState: '42000',", "    sqlMessage: \"Access denied for user 'mmdl'@'%' to database 'mmdl'\",",
             "    sql: undefined", "  },", "  original: [Error: Access denied for user 'mmdl'@'%' to database "
                                           "'mmdl'] {",
             "    code: 'ER_DBACCESS_DENIED_ERROR',", "    sql: undefined", "  }", "}"),
         says="Access denied for user 'mmdl'"),
    case("trace, data", "alphagov/govuk-docker#550", "release-command",
         release("ActiveRecord::ConnectionNotEstablished: Plugin caching_sha2_password could not be loaded: /usr/lib/"
                 "x86_64-linux-gnu/mariadb19/plugin/caching_sha2_password.so: cannot open shared object file: No such "
                 "file or directory"), says="caching_sha2_password could not be loaded"),
    case("trace, data", "eikek/docspell#1517", "release-command",
         release("Migration checksum mismatch for migration version 1.32.1", "-> Applied to database : -741341079",
                 "-> Resolved locally    : -722702183", "Either revert the changes to the migration, or run repair to "
                 "update the schema history."), says="Migration checksum mismatch"),
    # beside the app
    case("sidecar", "awslabs/ecs-nginx-reverse-proxy#4", "sidecar",
         beside("nginx"), exits(box(code=137), box("nginx", code=1)),
         {"beside_log": log(*NGINX, 'nginx: [emerg] host not found in upstream "app" in /etc/nginx/nginx.conf:24'
                           )["log"]},
         says='host not found in upstream "app"'),
    case("sidecar", "aws/aws-for-fluent-bit#234", "pull-limit",
         task(PULL + "inspect image has been retried 5 time(s): httpReaderSeeker: failed open: unexpected status code "
              "https://registry-1.docker.io/v2/amazon/aws-for-fluent-bit/manifests/sha256:330a24bcd4e0058d70e70a0bb1ff"
              "805065161ffe3aa96296f09b555...")),
    # health
    case("health", "wemake-services/wemake-django-template#1023", "health-path", answers(301), says="redirect"),
    case("health", "cds-snc/covid-alert-portal#157", "health-host", answers(400), also=("health-path",)),
    case("health", "aprin-labs/archimedes#1055", "health-error", answers(502), says="502"),
    case("health", "EasyEngine/easyengine#1457", "health-host",
         answers(503), log('123.23.12.234 - - [10/Jul/2020:06:33:12 +0000] "GET /elb-status HTTP/1.1" 503 206 "-" '
                           '"ELB-HealthChecker/2.0" "-"')),
    case("health", "hackforla/311-data#994", "no-answer",
         unhealthy(*SLOW), log("[2021-03-04 10:02:11 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:10)"), says="slow"),
    case("health", "open-runtimes/open-runtimes#330", "no-answer",
         unhealthy(*SLOW), log("HTTP server successfully started!", "[2024-11-05 09:25:59 +0000] [16] [CRITICAL] "
                                                                    "WORKER "
                               "TIMEOUT (pid:17)", "[2024-11-05 09:26:00 +0000] [16] [ERROR] Worker (pid:17) was sent "
                               "SIGKILL! Perhaps out of memory?"), says="slow"),
    case("health", "kubernetes-sigs/aws-load-balancer-controller#2694", "no-answer",
         unhealthy(*SILENT), {"target_group": runs()["target_group"] | {"ProtocolVersion": "HTTP2"}}, says="HTTP/2"),
    case("health", "viraj-workstuff.blogspot.com/2025/07/resolving-nextjs-standalone-build.html", "loopback",
         *on(3000, "- Local: http://ip-10-0-5-61.us-west-2.compute.internal:3000",
             "- Network: http://10.0.5.61:3000"), also=("no-answer",), says="HOSTNAME"),
    case("health", "qiita.com/koshikawa-masato/items/9aac87853fa3fe4b2ac7", "loopback",
         *on(8080, "▲ Next.js 16.0.7", "- Local: http://ip-10-0-104-219.ap-northeast-1.compute.internal:8080",
             "- Network: http://ip-10-0-104-219.ap-northeast-1.compute.internal:8080", "✓ Ready in 151ms"),
         also=("no-answer",), says="HOSTNAME"),
    case("health, check", "strausmann/mcp-dockhand#92", "container-check",
         *sick("wget -qO- http://localhost:8080/health || exit 1"), log("listening on 0.0.0.0:8080"), says="127.0.0.1"),
    case("health, check", "wrzonance/WrzDJ#279", "container-check",
         *sick("wget -q --spider http://localhost:3000 || exit 1"), log("- Local: http://localhost:3000",
                                                                       "- Network: http://0.0.0.0:3000"),
         says="127.0.0.1"),
    case("health, check", "openillumi.com/en/en-ecs-healthcheck-fail-fix-127-0-0-1", "container-check",
         *sick("curl -f http://localhost:3000/health || exit 1"), says="127.0.0.1"),
    case("health, check", "shoaibm-rakbank/ai-demo#56", "container-check",
         *sick("curl -f http://localhost:4000/health || exit 1"), says="have curl"),
    case("health, check", "slskd/slskd#99", "container-check",
         *sick("wget -q -O - http://localhost:5000/health || exit 1"), says="have wget"),
    # AWS before the start
    case("task, pull", "caddyserver/caddy#5884", "unexplained",
         task("CannotPullContainerError: containerd: pull command failed: panic: runtime error: invalid memory address "
              "or nil pointer dereference [signal SIGSEGV: segmentation violation code=0x1 addr=0x40 pc=0x1369f41] "
              "goroutine 1 [running]: main.(*puller).pullWithClient(0xc00066bbc0) "
              "/root/go/src/puller/"
              "pull.go:198 +0x501 : exit status 2"), says="panic"),
    case("task, pull", "7thzero.com/blog/limiting-outbound-egress-traffic-while-using-aws-fargate-and-ecr",
         "no-way-out",
         exits(box(reason=f"CannotPullContainerError: error pulling image configuration: Get {LAYERS}?X-Amz-Algorithm="
                          "AWS4-HMAC-SHA256&X-A...")), NO_S3, says="s3"),
    case("task, pull", "7thzero.com/blog: context canceled", "no-way-out",
         exits(box(reason="CannotPullContainerError: context canceled")), NO_S3, says="s3"),
    case("task, start", "7thzero.com/blog: DockerTimeoutError", "no-way-out",
         exits(box(reason="DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s")), NO_S3,
         also=("unreachable", "unexplained")),
    case("task, pull", "aws/amazon-ecs-agent#422", "image-missing",
         exits(box(reason="CannotPullContainerError: Tag latest not found in repository docker.io/library/owncloud"))),
    case("task, pull", "aws-observability/aws-otel-collector#1308", "pull-denied",
         task(PULL + 'inspect image has been retried 1 time(s): failed to resolve ref "611364707713.dkr.ecr.us-west-2.'
              'amazonaws.com/amazon/aws-otel-goxray-sample-app:v0.0.1": pulling from host 611364707713.dkr.ecr.us-west-'
              "2.amazonaws.com failed with status code [manifests v0.0.1]: 403 Forbidden"), also=("pull-refused",)),
    case("task, placing", "aws/copilot-cli#3064", "vcpu-quota",
         event("was unable to place a task. Reason: You've reached the limit on the number of tasks you can run "
               "concurrently. For more information, see the Troubleshooting section of the Amazon ECS Developer "
               "Guide.")),
    case("task, secrets", "artilleryio/artillery#2194", "pull-denied",
         task(f"{AUTH}unable to retrieve ecr registry auth: service call has been retried 1 time(s): "
              "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/artilleryio-ecs-worker-role/9f is "
              "not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy "
              "allows the ecr:GetAuthorizationToken action")),
    # build
    case("build, build", "aws/aws-codebuild-docker-images#177", "no-docker",
         unprivileged(fails("POST_BUILD", "docker build -t $REPOSITORY_URI:latest .", NO_DOCKER)), says="privileged"),
    case("build, build", "aws/aws-codebuild-docker-images#214", "no-docker",
         fails("BUILD", "sh test.sh", "Couldn't connect to Docker daemon at http+docker://localhost - is it "
                                      "running?", "",
               "If it's at a non-standard location, specify the URL with the DOCKER_HOST environment variable.")),
    case("build, build", "aws/aws-codebuild-docker-images#1", "no-docker",
         unprivileged(fails("PRE_BUILD", "$(aws ecr get-login)", "Cannot connect to the Docker daemon. Is the docker "
                            "daemon running on this host?")), says="privileged"),
    case("build, build", "www.bioerrorlog.work/entry/codebuild-colon-error", "buildspec",
         build("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "Expected Commands[0] to be of string type: found subkeys instead "
               "at line 6, value of the key tag on line 5 might be empty"), says="Commands[0]"),
    case("build, build", "awslabs/open-data-registry#1082", "buildspec",
         build("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "Unknown runtime version named '10' of nodejs. This build image "
                                                     "has "
               "the following versions: 12, 14"), says="12, 14"),
    case("build, build", "aws/aws-codebuild-docker-images#302", "buildspec",
         build("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "stat /codebuild/output/srcDownload/buildspecs/build.yml: no such "
               "file or directory"), says="there is no buildspec"),
    case("build, build", "awslabs/aws-codebuild-jenkins-plugin#106", "build-image",
         build("PROVISIONING", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "Unable to pull customer's container image. "
               "CannotPullContainerError: Error response from daemon: pull access denied for 123456789012.dkr.ecr."
               "eu-west-1.amazonaws.com/myrepo/codebuild-ansible, repository does not exist or may require 'docker "
               "login': denied: User: arn:aws:sts::131992011433"), says="may not"),
    case("build, build", "aws/copilot-cli#3518", "base-image",
         fails("BUILD", "docker build -t $URI .", "pull access denied for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/"
               "redis, repository does not exist or may require 'docker login': denied: User: "
               "arn:aws:sts::123456789012:"
               "assumed-role/pipeline-BuildProjectRole/AWSCodeBuild-1 is not authorized to perform: "
               "ecr:BatchGetImage on "
               "resource: arn:aws:ecr:eu-west-1:123456789012:repository/redis because no identity-based policy "
               "allows the "
               "ecr:BatchGetImage action"), says="may not"),
    case("build, build", "docker/compose#8487", "docker-build",
         fails("BUILD", "docker build -t $URI .", 'failed to solve: rpc error: code = Unknown desc = failed to compute '
               'cache key: "B/package.jar" not found: not found'), says="B/package.jar"),
    case("build, build", "moby/buildkit#4128", "docker-build",
         fails("BUILD", "docker build -t $URI .", "ERROR: failed to solve: failed to compute cache key: failed to "
               "calculate checksum of ref pzhz5wxhfuk4nt6gvf90y7xb3::uydm9wxbcjq4otmpf0mm502cn: "
               '"/docker-entrypoint.sh": not found'), says="/docker-entrypoint.sh"),
    case("build, build", "prisma/orm#9624", "docker-build",
         fails("BUILD", "docker build -t $URI .", "#9 2.192 Prisma schema loaded from schema.prisma", "#9 2.884 Error: "
               "Unable to require(`/usr/src/app/node_modules/prisma/libquery_engine-linux-musl.so.node`)", "",
               "#9 2.884  Error loading shared library libssl.so.3: No such file or directory (needed by /usr/src/app/"
               "node_modules/prisma/libquery_engine-linux-musl.so.node)", "#9 ERROR: executor failed running "
                                                                          "[/bin/sh -c "
               "npx prisma generate]: exit code: 1"), says="libssl.so.3"),
    case("build, build", "prisma/orm#16232", "docker-build",
         fails("BUILD", "docker build -t $URI .", "#0 1.101 Error: Unknown binaryTarget "
                                                  "linux-arm64-openssl-undefined and "
               "no custom engine files were provided", "#0 1.446 error Command failed with exit code 1.",
               'failed to solve: executor failed running [/bin/sh -c yarn prisma generate]: exit code: 1'),
         says="Unknown binaryTarget"),
    # pipeline
    case("pipeline, source", "awslabs/aws-refarch-cross-account-pipeline#1", "pipeline-denied",
         stage("Source", "PermissionError", "The service role or action role doesn\u2019t have the permissions "
                                            "required to "
               "access the Amazon S3 bucket named pre-reqs-artifactbucket-1. Update the IAM role permissions, and then "
               "try again. Error: Amazon S3:AccessDenied:Access Denied (Service: Amazon S3; Status Code: 403; Error "
               "Code: "
               "AccessDenied; Request ID: 1)")),
    case("pipeline, source", "awslabs/aws-refarch-cross-account-pipeline#5", "artifact-denied",
         build("DOWNLOAD_SOURCE", "CLIENT_ERROR", "AccessDenied: Access Denied status code: 403, request id: "
               "R4TTGRC9KXJMWDFE, host id: Lk4yDF7ZKrFMyTMdI for primary source and source version arn:aws:s3:::shop-"
               "artifacts/shop/Source/a1")),
    case("pipeline, source", "XgridInc/xc3#115", "connection-pending",
         pipeline(), {"connection": {"ConnectionName": "github", "ConnectionStatus": "PENDING"}}),
)  # fmt: skip
