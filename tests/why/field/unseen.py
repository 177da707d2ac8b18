"""Threads scored before any rule was changed for them.

Of the 23, 12 were right, 10 honestly unknown, one too vague to help ("a step of the Dockerfile fails"), none wrong.
"""

from __future__ import annotations

from tests.why.field.case import PULL, case
from tests.why.field.scene import (
    beside,
    box,
    exits,
    fails,
    log,
    routes,
    runs,
    stage,
    task,
    unhealthy,
)  # fmt: skip

ENV = "ResourceInitializationError: failed to download env files: file download command: non empty error stream: "
WAITED = "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"
WORKER = "[2018-06-05 02:17:13 +0000] [57] [CRITICAL] WORKER TIMEOUT (pid:64)"
PG = ("Unable to start:", "{", '  "errno": -110,', '  "code": "ETIMEDOUT",', '  "syscall": "connect",', "}",
      "Error object: {", '  "name": "Error",', '  "message": "connect ETIMEDOUT 100.28.151.148:5432",',
      '  "stack": "Error: connect ETIMEDOUT 100.28.151.148:5432\\n    at /app/node_modules/pg-pool/index.js:45:11"',
      "}")  # fmt: skip

UNSEEN = (
    # before the start
    case("task, env file", "aws/aws-cdk#12720", "no-way-out",
         task(f"{ENV}RequestCanceled: request context canceled caused by: context deadline exceeded"),
         {"subnet_routes": {"subnet-0a1": routes(GatewayId="igw-1")}}, also=("unreachable",)),
    case("task, env file", "aws/aws-cdk#12720, the other answer", "env-file-unread",
         task(f"{ENV}failed to download file 1.env: failed to write to a temporary file: AccessDenied: Access Denied")),
    case("task, volume", "aws/containers-roadmap#1425", "volume-unmounted",
         task("CannotCreateVolumeError: unable to copy contents to volume on host: containerd: failed to get image "
              "reference: context deadline exceeded")),
    case("task, pull", "aws/containers-roadmap#1302", "unexplained",
         task(PULL + 'inspect image has been retried 1 time(s): failed to copy: failed commit on ref "manifest-sha256:'
              '9d4a": commit failed: unexpected commit digest sha256:77c1, expected sha256:9d4a: failed precondition'),
         also=("image-broken",)),
    case("task, pull", "aws/amazon-ecs-agent#2061", "unreachable",
         task(PULL + f"Error response from daemon: Get https://registry-1.docker.io/v2/: {WAITED}"),
         also=("no-way-out",)),
    case("task, pull", "aws/amazon-ecs-agent#1680", "unreachable",
         task(PULL + f"API error (500): Get https://123456789012.dkr.ecr.ap-southeast-2.amazonaws.com/v2/: {WAITED}"),
         {"service": runs()["service"] | {"runningCount": 0, "networkConfiguration": {"awsvpcConfiguration": {
             "subnets": ["subnet-0a1"], "securityGroups": ["sg-0task"], "assignPublicIp": "ENABLED"}}}},
         {"subnet_routes": {"subnet-0a1": routes(GatewayId="igw-1")}}),
    case("task, log", "aws-samples/amazon-ecs-firelens-examples#29", "unexplained",
         task("CannotStartContainerError: ResourceInitializationError: failed to initialize logging driver: failed to "
              "get fluentd log driver arguments: logging driver specified of container app, but no log configuration "
              "specified"), also=("log-options",), says="log"),
    # running
    case("task, crash", "DefectDojo/django-DefectDojo#10477", "crash",
         exits(box(code=139)), log("*** Operational MODE: preforking ***", "spawned uWSGI master process (pid: 1)",
                                   "!!! uWSGI process 14479 got Segmentation Fault !!!"), says="Segmentation Fault"),
    case("task, memory", "aws/amazon-ecs-agent#1187", "out-of-memory",
         exits(box(code=137, reason="OutOfMemoryError: Container killed due to memory usage"))),
    case("task, memory", "benoitc/gunicorn#1377", "crash",
         exits(box(code=1)), log("Unhandled exception in main loop", "Traceback (most recent call last):",
                                 '  File "/usr/local/lib/python2.7/site-packages/gunicorn/arbiter.py", line 590, in '
                                 "spawn_worker", "    pid = os.fork()", "OSError: [Errno 12] Cannot allocate memory"),
         also=("out-of-memory",)),
    case("task, crash", "sciety/sciety#3287", "crash", exits(box(code=1)), log(*PG), says="ETIMEDOUT"),
    case("task, crash", "aws/aws-sdk-js#3304", "crash",
         exits(box(code=1)), log("Error [CredentialsError]: Missing credentials in config, if using AWS_CONFIG_FILE, "
                                 "set AWS_SDK_LOAD_CONFIG=1", "    at Request.extractError (/home/u/node_modules/"
                                 "aws-sdk/lib/protocol/query.js:50:29)"), says="Missing credentials"),
    case("health", "hackoregon/civic-devops#157", "no-answer",
         unhealthy("Request timed out", "Target.Timeout"), log(WORKER, WORKER.replace("64", "65"),
                                                               "[64] [INFO] Worker exiting (pid: 64)")),
    case("sidecar", "signalfx/splunk-otel-collector#1945", "container-check",
         beside("otel-collector"),
         task("Task failed container health checks", box(code=143), box("otel-collector", code=143,
                                                                        healthStatus="UNHEALTHY"),
              code="ServiceSchedulerInitiated"), says="otel-collector"),
    # build
    case("build, build", "aws/copilot-cli#3158", "base-architecture",
         fails("BUILD", "docker build -t $URI .", "Step 4/15 : RUN apk add git openssh-client",
               " ---> [Warning] The requested image's platform (linux/arm64/v8) does not match the detected host "
               "platform (linux/amd64) and no specific platform was requested", " ---> Running in 82ae210f5727",
               "standard_init_linux.go:228: exec user process caused: exec format error",
               "The command '/bin/sh -c apk add git openssh-client' returned a non-zero code: 1")),
    case("build, build", "bluesky-social/social-app#7973", "build-network",
         fails("BUILD", "docker build -t $URI .", "237.6 info There appears to be trouble with your network connection."
               " Retrying...", "377.1 error Error: https://registry.example.org/date-fns-2.30.0.tgz: ESOCKETTIMEDOUT",
               "377.1 info Visit https://yarn.example.org/docs/install for documentation about this command.",
               'ERROR: failed to solve: process "/bin/sh -c yarn install" did not complete successfully: exit code: 1'),
         also=("docker-build",)),
    case("build, push", "aws/aws-cdk#30591", "build-network",
         fails("POST_BUILD", "docker push $REPOSITORY_URI:latest", "The push refers to repository [123456789012.dkr."
               "ecr.ap-northeast-2.amazonaws.com/shop]", 'Post "https://123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/'
               'v2/shop/blobs/uploads/": net/http: TLS handshake timeout')),
    case("build, push", "aws-samples/sagemaker-studio-image-build-cli#25", "push-denied",
         fails("POST_BUILD", "docker push $REPOSITORY_URI:latest", "The push refers to repository [123456789012.dkr."
               "ecr.eu-west-1.amazonaws.com/shop]", "919b9aaa34c1: Retrying in 2 seconds",
               "919b9aaa34c1: Retrying in 1 second", "EOF")),
    case("build, push", "aws/aws-codebuild-docker-images#488", "tag-missing",
         fails("POST_BUILD", "docker push $REPOSITORY_URI", "Using default tag: latest", "The push refers to "
               "repository [123456789012.dkr.ecr.us-east-1.amazonaws.com/shop]",
               "tag does not exist: 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:latest")),
    case("build, push", "moby/buildkit#3776", "immutable-tag",
         fails("POST_BUILD", "docker buildx bake shop --push --provenance=false", "ERROR: tag invalid: The image tag "
               "'4f2a91c' already exists in the 'shop' repository and cannot be overwritten because the repository is "
               "immutable.")),
    # pipeline
    case("pipeline, build", "aws-samples/aws-gateway-load-balancer-suricata-ids-ips-nsm#12", "build-quota",
         stage("Build", "JobFailed", "Error calling startBuild: Cannot have more than 1 builds in queue for the "
               "account (Service: AWSCodeBuild; Status Code: 400; Error Code: AccountLimitExceededException; Request "
               "ID: 1; Proxy: null)")),
    case("pipeline, source", "awslabs/landing-zone-accelerator-on-aws#828", "pipeline-denied",
         stage("Source", "PermissionError", "Unable to use Connection: arn:aws:codestar-connections:eu-west-1:"
               "123456789012:connection/1. The provided role does not have sufficient permissions."),
         also=("connection-denied",)),
    case("pipeline, deploy", "YumaInaura/YumaInaura#3424", "deploy-failed",
         stage("Deploy", "JobFailed", "Exception while trying to read the task definition artifact file from: Build"),
         also=("definitions-missing",), says="task definition artifact"),
)  # fmt: skip
