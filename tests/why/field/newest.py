"""Threads scored before any rule was changed for them.

Of the 42, 29 were right, 12 honestly unknown (6 of them volumes, for which there was no rule), one wrong as possible,
and none wrong as certain.
"""

from __future__ import annotations

from tests.why.field.case import AUTH, INIT, PULL, case
from tests.why.field.scene import (
    SECRET,
    answers,
    beside,
    box,
    build,
    checked,
    event,
    exits,
    fails,
    gives_up,
    log,
    pipeline,
    routes,
    runs,
    spot,
    stage,
    task,
    waiting,
)  # fmt: skip

EFS = f"{INIT}failed to invoke EFS utils commands to set up EFS volumes: stderr: "
CODE = " : unsuccessful EFS utils command execution; code: "
BOTO = ("Attempting to lookup mount target ip address using botocore. Failed to import necessary dependency botocore, "
        f"please install botocore first.{CODE}1")  # fmt: skip
RESOLVE = (' - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this '
           f"file system ID. See https://docs.aws.amazon.com/console/efs/mount-dns-name for more. {BOTO}")  # fmt: skip
SSM = f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
NEXT = ("▲ Next.js 16.1.6", "- Local: http://ip-10-93-1-178.eu-west-1.compute.internal:3000",
        "- Network: http://ip-10-93-1-178.eu-west-1.compute.internal:3000", "✓ Ready in 355ms")  # fmt: skip

NEWEST = (
    # EFS
    case("volume", "aws/amazon-ecs-cli#1083", "volume-unreachable",
         task(f'{EFS}Failed to resolve "fs-0abc1234.efs.us-east-1.amazonaws.com" - check that your file system ID is '
              "correct."), also=("volume-missing",)),
    case("volume", "rileydakota/valheim-ecs-fargate-cdk#28", "volume-unreachable",
         task(f'{EFS}Failed to resolve "fs-0abc1234.efs.us-east-1.amazonaws.com"{RESOLVE}'), also=("volume-missing",)),
    case("volume", "cn-terraform/terraform-aws-jenkins#23", "volume-unreachable",
         task(f'{EFS}Failed to resolve "fs-0867a83d8ed398433.efs...'), also=("volume-missing",)),
    case("volume", "strongdm/accessbot#282", "volume-unreachable",
         task(f"{EFS}b'mount.nfs4: Connection timed out'{CODE}32")),
    case("volume", "acp-io/terraform-grafana#4", "volume-missing",
         task(f"{EFS}b'mount.nfs4: mounting fs-0abc1234.efs.us-east-1.amazonaws.com:/grafana failed, reason given by "
              f"server: No such file or directory'{CODE}32")),
    case("volume", "aws-samples/aws-cdk-examples#920", "volume-denied",
         task(f"{EFS}b'mount.nfs4: access denied by server while mounting fs-0abc1234.efs.us-east-1.amazonaws.com:/'"
              f"{CODE}32")),
    case("volume", "docker-archive/compose-cli#1490", "volume-unmounted",
         task(f"{EFS}mount.nfs4: Connection reset by peer{CODE}32")),
    # secrets
    case("task, secrets", "GiamPy5/terraform-aws-directus#10", "secret-denied",
         task(f"{AUTH}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch "
              f"secret {SECRET} from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: "
              "400, request id: a87a66d9"), {"secrets": {SECRET: "there"}}, says="key"),
    case("task, secrets", "HHS/simpler-grants-gov#4330", "secret-name",
         task(f"{SSM}invalid ssm parameters: /api//new-relic-license-key"), says="/api//new-relic-license-key"),
    case("task, secrets", "aws/copilot-cli#4504", "secret-denied",
         task(f"{SSM}AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/demo-ExecutionRole/f83b "
              "is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-2:123456789012:"
              "parameter/GOOGLE_CLIENT_ID because no identity-based policy allows the ssm:GetParameters action")),
    case("task, secrets", "aws/aws-cdk#4498", "secret-denied",
         task("Fetching secret data from SSM Parameter Store in eu-central-1: AccessDeniedException: The ciphertext "
              "refers to a customer master key that does not exist, does not exist in this region, or you are not "
              "allowed to access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1)"
              " status code: 400, request id: 2")),
    case("task, secrets", "newrelic/nri-ecs#10", "secret-denied",
         task("Fetching secret data from SSM Parameter Store in ap-northeast-1: AccessDeniedException: User: "
              "arn:aws:sts::123456789012:assumed-role/NewRelic-TaskExecution/1 is not authorized to perform: "
              "ssm:GetParameters on resource: arn:aws:ssm:ap-northeast-1:123456789012:parameter/aws/reference/"
              "secretsmanager/NewRelicLicenseKeySecret-1")),
    # pull
    case("task, pull", "RafalWilinski/deploy-with-serverless#11", "pull-refused",
         exits(box(reason="CannotPullContainerError: API error (404): repository serverless-batch not found: does not "
                          "exist or no pull access")), also=("image-missing", "image-name")),
    case("task, pull", "aws/aws-cdk#29876", "pull-denied",
         task(PULL + "pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr."
              "eu-central-1.amazonaws.com/shop:latest: pulling from host 123456789012.dkr.ecr.eu-central-1.amazonaws."
              "com failed with status code [manifests latest]: 403 Forbidden")),
    case("task, pull", "anomalyco/sst#3542", "task-disk-full",
         task(PULL + "ref pull has been retried 1 time(s): failed to extract layer sha256:7c524a86: write /var/lib/"
              "containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/86/fs/home/u/numpy/linalg.cpython-310.pyc: "
              "no space left on device: unknown")),
    case("task, pull", "aws/containers-roadmap#384", "task-disk-full",
         task(PULL + "failed to register layer: Error processing tar file(exit status 1): write /app/data/model.npy: "
              "no space left on device")),
    case("task, pull", "OvertureMaps/overture-tiles#20", "pull-denied",
         task("CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/"
              "OvertureTilesContainer... is not authorized to perform: ecr:GetAuthorizationToken on r")),
    case("task, pull", "JetBrains/teamcity-amazon-ecs-plugin#17", "no-way-out",
         task("CannotPullContainerError: API error (500): Get https://123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/:"
              " net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting "
              "headers)\n"), {"subnet_routes": {"subnet-0a1": routes(GatewayId="igw-1")}}),
    # placing
    case("task, placing", "telia-oss/terraform-aws-ecs-fargate#58", "role-not-assumable",
         event("failed to launch a task with (error ECS was unable to assume the role "
               "'arn:aws:iam::123456789012:role/shop-task-execution-role' that was provided for this task. Please "
               "verify that the role being passed has the proper trust relationship and permissions and that your IAM "
               "user has permissions to pass this role.).")),
    case("task, spot", "aws/containers-roadmap#852", "capacity",
         spot(event("was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later "
                    "or in a different availability zone. For more information, see the Troubleshooting section.")),
         says="Spot"),
    # starting and running
    case("task, start", "aws/containers-roadmap#2561", "unexplained", task("Task failed to start")),
    case("task, crash", "TrafeX/docker-php-nginx#101", "crash",
         exits(box(code=1)), log("[emerg] 19#19: bind() to [::]:80 failed (13: Permission denied)"), says="bind()"),
    case("task, crash", "docker-archive/compose-cli#2093", "crash",
         exits(box(code=1)), log("mkdir: cannot create directory '/tmp/app': Read-only file system"),
         says="Read-only file system"),
    case("task, crash", "hackoregon/civic-devops#238", "crash",
         exits(box(code=1)), log('Unable to locate credentials. You can configure credentials by running "aws '
                                 'configure".', "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting "
                                 "must not be empty.")),
    # health
    case("health", "YumaInaura/YumaInaura#3393", "container-check",
         checked("curl -f http://127.0.0.1:80/ || exit 1"), task("Task failed container health checks", box(code=137),
                                                                 code="ServiceSchedulerInitiated")),
    case("health", "DefangLabs/samples#654", "container-check",
         checked("curl -f http://localhost:3000/api/health || exit 1"), log(*NEXT),
         task("Task failed container health checks", box(code=137), code="ServiceSchedulerInitiated"),
         {"targets": runs()["targets"]}),
    case("health", "PostHog/posthog#8968", "container-check",
         checked("curl -f http://localhost:6738/_ready || exit 1"), log("starting", "loading plugins"),
         task("Task failed container health checks", box(code=143), code="ServiceSchedulerInitiated")),
    case("health", "prowler-cloud/prowler#9973", "health-path", answers(404), log(*NEXT)),
    case("health", "prowler-cloud/prowler#9973, a redirection", "health-path", answers(307), log(*NEXT)),
    # sidecar
    case("sidecar", "aws/aws-toolkit-jetbrains#1464", "sidecar",
         exits(box(code=143), box("xray-daemon", code=1)), beside("xray-daemon")),
    case("sidecar", "aws/containers-roadmap#2379", "sidecar", waiting("init-proxy"), also=("container-check",)),
    # build
    case("build, provisioning", "aws/chalice#799", "build-image",
         build("PROVISIONING", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "Unable to pull customer's container image. "
               "ErrorCode: 404, Reason: pull access denied for python3.6, repository does not exist or may require "
               "'docker login'")),
    case("build, provisioning", "aws/aws-cdk#12705", "build-role",
         build("PROVISIONING", "VPC_CLIENT_ERROR", "Unexpected EC2 error: UnauthorizedOperation")),
    case("build, build", "aws-samples/aws-codecommit-serverless-backup#11", "build-failed",
         fails("BUILD", "./backup_codecommit.sh", "/codebuild/output/tmp/script.sh: 4: /codebuild/output/tmp/script.sh:"
               " ./backup_codecommit.sh: not found", exit=127)),
    case("build, build", "iam-veeramalla/aws-devops-zero-to-hero#112", "push-denied",
         fails("BUILD", 'docker push "$REGISTRY/$USERNAME/flask-app:latest"', "The push refers to repository "
               "[docker.io/acme/flask-app]", "6512f535df6e: Preparing", "1767e4d52b5a: Waiting",
               "denied: requested access to the resource is denied"), also=("registry-login",)),
    case("build, install", "aws/copilot-cli#2989", "build-failed",
         fails("INSTALL", "git submodule update --init", "Submodule 'shared' registered for path 'shared'",
               "fatal: unable to access 'https://git-codecommit.us-west-2.amazonaws.com/v1/repos/shared/': The "
               "requested URL returned error: 403", exit=128), also=("source-access",)),
    case("build, build", "devonfw/my-thai-star#199", "build-memory",
         fails("BUILD", "docker build -t $URI .", "$ ng build --configuration=docker", "Killed",
               "error Command failed with exit code 137.", "info Visit https://yarnpkg.com/en/docs/cli/run for "
               "documentation about this command.")),
    case("build, build", "langfuse/langfuse#2673", "build-memory",
         fails("BUILD", "docker build -t $URI .", "#12 80.1 FATAL ERROR: Ineffective mark-compacts near heap limit "
               "Allocation failed - JavaScript heap out of memory", 'ERROR: failed to solve: process "/bin/sh -c npm '
               'run build" did not complete successfully: exit code: 134')),
    case("build, pre_build", "ZhangYuanhan-AI/CelebASpoofChallengeSubmissionExample#6", "build-failed",
         fails("PRE_BUILD", "aws ecr get-login-password --region us-west-2 | docker login --username AWS "
               "--password-stdin 123456789012.dkr.ecr.us-west-2.amazonaws.com",
               'Connect timeout on endpoint URL: "https://api.ecr.us-west-2.amazonaws.com/"',
               "Error: Cannot perform an interactive login from a non TTY device"),
         says='timeout on endpoint URL: "https://api.ecr'),
    # pipeline and release
    case("pipeline, source", "awslabs/aws-refarch-cross-account-pipeline#12", "pipeline-denied",
         stage("Source", "PermissionError", "The provided role does not have permissions to perform this action. "
               "Underlying error: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; "
               "Request ID: BDA77A60ED10A069)")),
    case("pipeline, source", "aws-samples/aws-secure-environment-accelerator#974", "source-token",
         stage("Source", "PermissionError", 'Could not access the GitHub repository: "shop". The access token might be '
               "invalid or has been revoked. Edit the pipeline to reconnect with GitHub.")),
    case("release", "aws/containers-roadmap#1488", "health-path",
         answers(404), gives_up("STOPPED", "ECS deployment circuit breaker: tasks failed to start."), pipeline()),
)  # fmt: skip
