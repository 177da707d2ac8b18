"""Threads about tasks, builds, pipelines and jobs, scored before any rule was changed for them.

Of the 33, 28 were right, 1 of them without the program's name, 3 honestly unknown, 1 wrong as likely and 1 wrong as
certain: a script that the kernel does not find was taken for a crash of the app.
"""

from __future__ import annotations

from tests.why.field.case import AUTH, PULL, case
from tests.why.field.scene import (
    SECRET,
    at,
    beside,
    box,
    build,
    checked,
    event,
    exits,
    fails,
    log,
    routes,
    runs,
    stage,
    task,
    unhealthy,
)  # fmt: skip

START = "CannotStartContainerError: Error response from daemon: "
RUNC = f"{START}failed to create shim task: OCI runtime create failed: runc create failed: unable to start container "
STREAM = f"{START}failed to initialize logging driver: failed to create Cloudwatch log stream: "
CONNECT = "ecs-service-connect-5dyzcs"
REFUSED = "Health checks failed"

WAYS = (
    # pull
    case("task, pull", "CircleCI-Public/circleci-demo-aws-ecs-ecr#4", "image-missing",
         exits(box(reason="CannotPullContainerError: Error response from daemon: manifest for nginx:0f6b3cdf not "
                          "found"))),
    case("task, pull", "aws/amazon-ecs-agent#1266", "no-way-out",
         task(PULL + "API error (500): Get https://123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: request "
              "canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"),
         {"subnet_routes": {"subnet-0a1": routes(GatewayId="igw-1")}}),
    case("task, pull", "aws/amazon-ecs-agent#3035", "unreachable",
         task(PULL + 'inspect image has been retried 5 time(s): failed to resolve ref "docker.io/acme/tool:1": failed '
              'to do request: Head "https://registry-1.docker.io/v2/acme/tool/manifests/1": dial tcp 34.237.244.67:443'
              ": i/o timeout"), also=("no-way-out",)),
    # secrets
    case("task, secrets", "aws/copilot-cli#5639", "secret-denied", beside("django-sidecar"),
         task(f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
              "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/django-app-ExecutionRole-0Gk/10f3 "
              "is...")),
    case("task, secrets", "aws/copilot-cli#3104", "secret-denied",
         task(f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
              "AccessDeniedException: User: ....")),
    case("task, secrets", "GovWifi/govwifi-terraform#450", "secret-unread",
         task(f"{AUTH}unable to retrieve secret from asm: service call has been retried 5 time(s): failed to fetch "
              "secret arn:aws:secretsmanager:eu-west-2:123456789012..."), also=("secret-denied",)),
    case("task, secrets", "aws/aws-cdk#17156", "secret-denied",
         task(f"{AUTH}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch "
              f"secret {SECRET} from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: "
              "400"), {"secrets": {SECRET: "there"}}, says="key"),
    # start
    case("task, start", "appleboy/scp-action#164", "command-missing",
         exits(box(reason=f"{RUNC}process: exec /bin/entrypoint.sh: permission denied: unknown")), says="chmod"),
    case("task, start", "OCSInventory-NG/OCSInventory-Docker-Image#40", "command-missing",
         exits(box(reason=f"{START}OCI runtime create failed: container_linux.go:349: starting container process "
                          'caused "exec: \\"/usr/bin/docker-entrypoint.sh\\": permission denied": unknown')),
         says="/usr/bin/docker-entrypoint.sh: it may not"),
    case("task, start", "wso2/docker-is#463", "command-missing",
         exits(box(reason=f'{RUNC}process: exec: "/home/wso2carbon/docker-entrypoint.sh": permission denied: unknown')),
         says="/home/wso2carbon/docker-entrypoint.sh: it may not"),
    case("task, start", "aws/graph-explorer#198", "command-missing",
         exits(box(code=1)), log("exec ./docker-entrypoint.sh: no such file or directory"), says="line endings"),
    case("task, start", "aws-samples/aws-lex-conv-faq#8", "architecture",
         exits(box(code=1)), log("exec ./entrypoint.sh: exec format error")),
    case("task, start", "docker/for-mac#6791", "architecture",
         exits(box(code=1)), log("exec /usr/local/bin/jenkins-agent: exec format error")),
    case("task, start", "aws/amazon-ecs-agent#4702", "unexplained",
         task("CannotCreateContainerError: Error response from daemon: failed to copy file info for /var/lib/ecs/"
              "volumes/ecs-shop-2-config-b4b9: failed to chown /var/lib/ecs/volumes/ecs-shop-2-config-b4b9: lchown "
              "/var/lib/ecs/volumes/ecs-shop-2-config-b4b9: operation not permitted"), also=("volume-denied",),
         says="operation not permitted"),
    # log
    case("task, log", "ryfeus/stepfunctions2processing#5", "log-group-missing",
         exits(box(reason=f"{STREAM}ResourceNotFoundException: The specified log group does not exist."))),
    case("task, log", "cn-terraform/terraform-aws-nexus#35", "log-group-missing",
         task(f"{STREAM}ResourceNotFoundException: The specified log group does not exist")),
    case("task, log", "prakhar1989/docker-curriculum#260", "log-denied",
         task(f"{START}failed to initialize logging driver: failed to create Cloudwatch log group: "
              "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/setup-EcsInstanceRole-1II7")),
    case("task, log", "aws-samples/amazon-ecs-firelens-examples#35", "unexplained",
         task("CannotStartContainerError: ResourceInitializationError: failed to initialize logging driver: failed to "
              "get fluentd logdriver arguments: logging driver specified of container vernemq"), says="vernemq"),
    # placing
    case("task, placing", "aws-samples/aws-modern-application-workshop#88", "role-not-assumable",
         event("failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::123456789012:role/"
               "CoreStack-ECSTaskRole-FXO3' that was provided for this task. Please verify that the role being passed "
               "has the proper trust relationship and permissions and that your IAM user has permissions to pass this "
               "role.)."), says="CoreStack-ECSTaskRole-FXO3"),
    case("task, network", "aws-solutions/distributed-load-testing-on-aws#82", "network-interface",
         task("Timeout waiting for network interface provisioning to complete.")),
    # beside the app
    case("sidecar, proxy", "aws/amazon-ecs-service-connect-agent#41", "container-check",
         task("Task failed container health checks", box(code=143), box(CONNECT, code=137, healthStatus="UNHEALTHY"),
              code="ServiceSchedulerInitiated"), says=CONNECT),
    case("sidecar, proxy", "aws/aws-app-mesh-roadmap#333", "container-check", beside("envoy"),
         task("Task failed container health checks", box(code=143), box("envoy", code=137, healthStatus="UNHEALTHY"),
              code="ServiceSchedulerInitiated"), says="envoy"),
    case("sidecar, log", "aws/aws-for-fluent-bit#302", "sidecar", beside("log_router"),
         exits(box(code=143), box("log_router", code=1)),
         {"beside_log": [{"timestamp": 1, "message": "AWS for Fluent Bit Container Image Version 2.21.3[2022/02/16 "
                          "17:23:35] [ Error] File /fluent-bit/etc/fluent-bit.conf"}, {"timestamp": 2, "message":
                          "[2022/02/16 17:23:35] [ Error] Error in line 1: Invalid indentation level"}]},
         says="Invalid indentation level"),
    # health
    case("health", "aws/copilot-cli#4284", "container-check",
         checked("curl -f http://localhost:3000/api/health || exit 1"), log("Worker state changed", "polling"),
         task("Task failed container health checks", box(code=137, healthStatus="UNHEALTHY"),
              code="ServiceSchedulerInitiated")),
    case("health", "jberlyn/kosync-dotnet#6", "port",
         unhealthy(REFUSED, "Target.FailedHealthChecks"),
         log("info: Microsoft.Hosting.Lifetime[14]", "      Now listening on: http://[::]:8080"), says="8080"),
    case("health", "pglombardo/PasswordPusher#220", "port",
         unhealthy(REFUSED, "Target.FailedHealthChecks"),
         log("[7] Puma starting in cluster mode...", "[7] * Listening on http://0.0.0.0:5200"), says="5200"),
    # build
    case("build, provisioning", "aws/aws-cdk#12179", "build-logs-denied",
         build("SUBMITTED", "ACCESS_DENIED", "Service role arn:aws:iam::123456789012:role/shop-build does not allow "
               "AWS CodeBuild to create Amazon CloudWatch Logs log streams for build arn:aws:codebuild:eu-central-1:"
               "123456789012:build/shop-build:2ca4. Error message: User: arn:aws:sts::123456789012:assumed-role/"
               "shop-build/AWSCodeBuild-2ca4 is not authorized to perform: logs:CreateLogStream on resource: "
               "arn:aws:logs:eu-central-1:123456789012:log-group:shop")),
    case("build, build", "aws/copilot-cli#1869", "base-image",
         fails("BUILD", "docker build -t $URI .", "Step 1/8 : FROM 123456789012.dkr.ecr.eu-west-1.amazonaws.com/base:1",
               "pull access denied for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/base, repository does not exist or "
               "may require 'docker login'")),
    case("build, build",
         "aws-solutions-library-samples/guidance-for-game-server-hosting-using-agones-and-open-match-on-amazon-eks#71",
         "base-image",
         fails("BUILD", "docker buildx build -t $URI --push .", "ERROR: failed to solve: public.ecr.aws/docker/library/"
               "golang:1.24-alpine: failed to resolve source metadata for public.ecr.aws/docker/library/golang:1.24-"
               "alpine: unexpected status from HEAD request to https://public.ecr.aws/v2/docker/library/golang/"
               "manifests/1.24-alpine: 403 Forbidden"), also=("pull-limit-build", "registry-login")),
    case("build, build", "buildkite/elastic-ci-stack-for-aws#178", "registry-login",
         fails("POST_BUILD", "docker push $URI", "The push refers to repository [123456789012.dkr.ecr.eu-west-1."
               "amazonaws.com/shop]", "denied: Your Authorization Token has expired. Please run 'aws ecr get-login' to "
               "fetch a new one.")),
    # pipeline and jobs
    case("pipeline, source", "aws/aws-cdk#13733", "pipeline-denied",
         stage("Source", "InternalError", "Upload to S3 failed with the following error: Access Denied")),
    case("pipeline, deploy", "stackoverflow.com/questions/56781776", "pipeline-denied",
         stage("Deploy", "PermissionError", "The provided role does not have sufficient permissions to access "
               "CodeDeploy")),
    case("job", "cn-terraform/terraform-aws-ecs-fargate-scheduled-task#6", "job-missed", runs(),
         {"missed": {"nightly": at(3)}}, says="nightly"),
)  # fmt: skip
