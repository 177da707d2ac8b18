"""Threads collected after fresh.py, and scored before any rule was changed for them.

Of the 41, 39 were right and 2 honestly unknown.
"""

from __future__ import annotations

from tests.why.field.case import AUTH, PULL, case
from tests.why.field.scene import (
    answers,
    beside,
    box,
    build,
    event,
    exits,
    fails,
    log,
    pipeline,
    routes,
    stage,
    task,
    unhealthy,
)  # fmt: skip

NO_ADDRESS = {"subnet_routes": {"subnet-0a1": routes(GatewayId="igw-1")}}
NO_ROUTE = {"subnet_routes": {"subnet-0a1": routes()}}
START = "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: "
RUNC = f"{START}failed to create shim task: OCI runtime create failed: runc create failed: "
PARAMETER = "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/key"

LATER = (
    # pull
    case("task, pull", "aws-samples/aws-modern-application-workshop#71", "no-way-out",
         task(PULL + "API error (500): Get https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/: "
              "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting "
              "headers)"), NO_ADDRESS),
    case("task, pull", "aws/aws-cdk#14457", "pull-denied",
         task(PULL + 'inspect image has been retried 1 time(s): failed to resolve ref "123456789012.dkr.ecr.eu-west-1.'
              'amazonaws.com/shop:1": unexpected status code [manifests 6981141]: 403 Forbidden')),
    # start
    case("task, start", "jenkinsci/amazon-ecs-plugin#258", "command-missing",
         task(START + 'failed to create shim: OCI runtime create failed: container_linux.go:380: starting container '
              'process caused: exec: "-url": executable file not found in')),
    case("task, start", "aws/amazon-ecs-agent#3526", "unexplained",
         task(RUNC + "unable to start container process: error during container init: error creating device nodes: "
              "mknod /run/containerd/runtime.v2.task/fargate/9/rootfs/dev/null: errno 524: unknown")),
    case("task, start", "aws/amazon-ecs-agent#2442", "unexplained",
         task(START + 'OCI runtime create failed: container_linux.go:349: starting container process caused '
              r'"process_linux.go:449: container init caused \"rootfs_linux.go:58')),
    case("task, start", "ryerkerk/aws-batch-python-tutorial#1", "command-missing",
         exits(box(code=1)), log("standard_init_linux.go:228: exec user process caused: no such file or directory"),
         also=("crash",)),
    case("task, start", "aws/amazon-ecs-agent#1568", "command-missing",
         exits(box(code=1)), log('standard_init_linux.go:190: exec user process caused "permission denied"'),
         also=("crash",)),
    # secrets
    case("task, secrets", "aws-samples/serverless-jenkins-on-aws-fargate#7", "no-way-out",
         task(f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 5 time(s): RequestCanceled: "
              "request context canceled caused by: context deadli..."), NO_ROUTE),
    case("task, secrets", "aws/copilot-cli#2095", "secret-missing",
         task(f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 1 time..."),
         {"secrets": {PARAMETER: "missing"}}, also=("secret-unread",)),
    case("task, secrets", "aws-samples/keycloak-on-aws#222", "no-way-out",
         task(f"{AUTH}unable to get registry auth from asm: service call has been retried 5 time(s): asm fetching "
              "secret from the service for ..."), NO_ROUTE, also=("secret-unread", "unreachable")),
    # logs
    case("task, logs", "Rayraegah/terraform-aws-hasura#25", "log-group-missing",
         task("CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to "
              "create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. "
              "status code: 400"), {"log_groups": {"/ecs/shop": False}}),
    # placing
    case("task, placing", "aws-samples/aws-modern-application-workshop#230", "role-not-assumable",
         event("failed to launch a task with (error ECS was unable to assume the role "
               "'arn:aws:iam::123456789012:role/shop-eu-central-1-execution' that was provided for this task.")),
    # network
    case("network", "camptocamp/terraboard#61", "crash",
         exits(box(code=1)), log('level=fatal msg="dial tcp: lookup db on 172.16.0.2:53: no such host"'),
         says="lookup db"),
    case("network", "ziedbentahar/strapi-on-aws-with-cdk#2", "crash",
         exits(box(code=1)), log("Server wasn't able to start properly.", "Error: connect ETIMEDOUT 10.0.0.109:5432",
                                 "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1247:16)"),
         says="ETIMEDOUT 10.0.0.109:5432"),
    case("network", "fastapi/full-stack-fastapi-template#300", "crash",
         exits(box(code=1)), log('psycopg2.OperationalError: could not translate host name "db" to address: Name or '
                                 'service not known'), says="could not translate host name"),
    case("network", "sosedoff/pgweb#495", "crash",
         exits(box(code=1)), log("Error: dial tcp: lookup shop.cluster-x.eu-central-1.rds.amazonaws.com: i/o timeout")),
    # sidecar
    case("sidecar", "aws/copilot-cli#3255", "sidecar",
         exits(box(code=143), box("firelens_log_router", code=1)), beside("firelens_log_router")),
    case("sidecar", "aws/amazon-ecs-agent#5084", "sidecar",
         exits(box(code=143), box("log_router", code=255)), beside("log_router"), log("started")),
    case("sidecar", "quay/clair#1212", "sidecar",
         exits(box(code=137), box("db", code=0)), beside("db"),
         log('pgsql: could not open database: dial tcp 127.0.0.1:5432: connect: connection refused'),
         also=("killed",)),
    # health
    case("health", "aws/amazon-ecs-agent#1872", "no-answer",
         unhealthy("Request timed out", "Target.Timeout"), log("listening on 0.0.0.0:8000"), also=("slow-start",)),
    case("health", "craftcms/image#15", "health-error",
         answers(502), log("connect() to unix:/var/run/php/php-fpm.sock failed (13: Permission denied) while "
                           'connecting to upstream, client: 10.0.128.102, request: "GET /ping HTTP/1.1"')),
    case("health", "awslabs/aws-sigv4-proxy#193", "health-error", answers(502), also=("health-path",)),
    case("health", "redis/RedisInsight#4780", "health-path", answers(304), also=("health-error",)),
    case("health", "aws-observability/aws-otel-collector#2014", "security-group",
         unhealthy("Request timed out", "Target.Timeout"),
         {"groups": [{"GroupId": "sg-0task", "IpPermissions": [], "IpPermissionsEgress": [{"IpProtocol": "-1"}]}]}),
    case("health", "hackoregon/civic-devops#244", "health-host",
         answers(400), log("Invalid HTTP_HOST header: '10.0.1.5:8000'. You may need to add '10.0.1.5' to "
                           "ALLOWED_HOSTS.")),
    # build
    case("build, source", "aws-samples/mlops-e2e#68", "buildspec",
         build("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "stat /codebuild/output/src2740/src/s3/00/buildspecs/build.yml: "
               "no such file or directory")),
    case("build, source", "awslabs/aws-deployment-framework#616", "source-access",
         build("DOWNLOAD_SOURCE", "CLIENT_ERROR", "authorization failed for primary source and source version 3f2c1d"),
         also=("source-failed",)),
    case("build, source", "awslabs/aws-codebuild-jenkins-plugin#42", "source-failed",
         build("DOWNLOAD_SOURCE", "CLIENT_ERROR", "AccessDenied: Access Denied status code: 403, request id: 1 for "
               "primary source and source version 3f2c1d"), also=("source-access", "artifact-denied")),
    case("build, provisioning", "awslabs/aws-codebuild-jenkins-plugin#18", "build-image",
         build("PROVISIONING", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "Unable to pull customer's container image. AWS "
               "CodeBuild is not authorized to perform ecr:BatchGetImage on resource tools")),
    case("build, install", "aws/aws-codebuild-docker-images#102", "build-failed",
         fails("INSTALL", "juawefhkejfhekj", "/codebuild/output/tmp/script.sh: 4: juawefhkejfhekj: not found",
               exit=127)),
    case("build, build", "apache/superset#6488", "build-memory",
         fails("BUILD", "docker build -t $URI .", " 92% chunk asset optimization TerserPluginKilled",
               "error Command failed with exit code 137.", "The command '/bin/sh -c yarn run build' returned a "
               "non-zero code: 1"), also=("docker-build",)),
    case("build, build", "twosigma/beakerx#7282", "build-memory",
         fails("BUILD", "docker build -t $URI .", "$ webpack --config webpack.prod.config.js",
               "The command '/bin/sh -c /home/beakerx/setup.sh' returned a non-zero code: 137"),
         also=("docker-build",)),
    case("build, build", "uswds/uswds#2288", "build-memory",
         fails("BUILD", "npm install", "npm WARN prefer global node-gyp@3.6.2 should be installed with -g", "Killed",
               exit=137)),
    case("build, post_build", "LondheShubham153/online_shopping_app#16", "build-failed",
         fails("POST_BUILD", "docker push $IMAGE_NAME:latest"), also=("push-denied",)),
    # pipeline and release
    case("pipeline, deploy", "aws-samples/twelve-factor-app-ecs-blog#2", "container-name",
         stage("Deploy", "ConfigurationError", "The AWS ECS container twelve-factor-app-service does not exist")),
    case("pipeline, source", "aws-samples/aws-cdk-examples#307", "source-token",
         stage("Source", "PermissionError", "Unable to connect to the GitHub repository 'acme/shop'. Use the console "
               "to reconnect your pipeline to GitHub.")),
    case("pipeline, source", "aws/copilot-cli#5507", "branch-missing",
         stage("Source", "ConfigurationError", "[GitHub] No Branch [main] found for FullRepositoryName [acme/shop]")),
    case("pipeline, source", "duduribeiro/terraform_ecs_fargate_example#9", "branch-missing",
         stage("Source", "ConfigurationError", 'The GitHub repository "acme/shop" or branch "master" does not exist.'),
         also=("source-access",)),
    case("pipeline, source", "awslabs/landing-zone-accelerator-on-aws#1083", "pipeline-denied",
         stage("Source", "PermissionError", "Unable to use Connection: arn:aws:codeconnections:eu-central-1:"
               "123456789012:connection/1. The provided role does not have sufficient permissions."),
         also=("connection-denied",)),
    case("release", "aws/copilot-cli#5586", "crash",
         exits(box(code=1)), log("node:internal/modules/cjs/loader:1078", "Error: Cannot find module "
                                 "'/directus/cli.js'"), pipeline()),
    case("release", "aws/copilot-cli#1879", "crash", exits(box(code=1)), pipeline()),
    # Words that everybody meets, without a thread to name: each got a wrong cause, or none, when they were tried.
    case("build, build", "made up: COPY of a file that is not there", "docker-build",
         fails("BUILD", "docker build -t $URI .", 'ERROR: failed to solve: failed to compute cache key: failed to '
               'calculate checksum of ref 1a2b::3c4d: "/package.json": not found')),
    case("build, build", "made up: a test in the Dockerfile speaks of a full disk", "docker-build",
         fails("BUILD", "docker build -t $URI .", "#12 3.1 E  AssertionError: no space left on device expected",
               'ERROR: failed to solve: process "/bin/sh -c pytest" did not complete successfully: exit code: 1')),
    case("build, build", "made up: a step of the Dockerfile is killed", "build-memory",
         fails("BUILD", "docker build -t $URI .", 'ERROR: failed to solve: process "/bin/sh -c npm run build" did not '
               "complete successfully: exit code: 137"), also=("docker-build",)),
    case("build, source", "made up: git asks for a name", "source-access",
         build("DOWNLOAD_SOURCE", "CLIENT_ERROR", "fatal: could not read Username for 'https://github.com': terminal "
               "prompts disabled for primary source")),
    case("task, secrets", "made up: a parameter that is not there", "secret-missing",
         task(f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 5 time(s): invalid ssm "
              "parameters: /shop/key"), says="/shop/key"),
    case("health", "made up: Spring Boot on its own port", "port",
         unhealthy("Health checks failed", "Target.FailedHealthChecks"),
         log("Tomcat started on port(s): 8080 (http) with context path ''"), says="port 8080"),
    case("health", "made up: a server on another port, with both of its addresses", "port",
         unhealthy("Health checks failed", "Target.FailedHealthChecks"),
         log("- Local: http://localhost:3000", "- Network: http://0.0.0.0:3000"), says="port 3000"),
)  # fmt: skip
