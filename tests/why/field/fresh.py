"""Threads collected after the rules were written, and scored before any rule was changed for them.

Of the 31, 26 were right, 2 honestly unknown, 3 wrong as likely, and none wrong as certain.
"""

from __future__ import annotations

from tests.why.field.case import AUTH, DENIED, PULL, case
from tests.why.field.scene import SECRET, answers, beside, box, build, exits, fails, log, routes, stage, task

CLOSED = {"groups": [{"GroupId": "sg-0task", "IpPermissions": [], "IpPermissionsEgress": []}]}
NO_ROUTE = {"subnet_routes": {"subnet-0a1": routes()}}
NO_ADDRESS = {"subnet_routes": {"subnet-0a1": routes(GatewayId="igw-1")}}

FRESH = (
    case("build, build", "nathanpeck/socket.io-chat-fargate#9", "dockerfile-missing",
         fails("BUILD", 'docker build --tag "${IMAGE_URI}" ./src', 'unable to prepare context: path "./s" not found')),
    case("build, build", "aws-samples/aws-modern-application-workshop#290", "build-image",
         fails("BUILD", "docker build -t shop:latest .", "Sending build context to Docker daemon  14.85kB",
               "Step 1/13 : FROM ubuntu:latest", "missing signature key")),
    case("build, post_build", "aws/aws-cli#7231", "push-denied",
         fails("POST_BUILD", "docker push $REPOSITORY_URI:latest", "The push refers to repository [1.dkr.ecr/shop]",
               "6a37c076ad0a: Preparing", "845237c43dbf: Retrying in 1 second", "EOF")),
    case("build, build", "aws-samples/aws-codepipeline-codebuild-with-postman#8", "build-failed",
         fails("BUILD", "aws cloudformation package --template-file t.yaml --s3-bucket b", "", exit=255)),
    case("build, post_build", "awslabs/genomics-secondary-analysis#6", "push-denied",
         fails("POST_BUILD", "docker push $IMAGE", "The push refers to repository [x]",
               f"denied: {DENIED}ecr:CompleteLayerUpload on resource: arn:aws:ecr:us-west-1:1:repository/spades")),
    case("build, provisioning", "awsdocs/aws-codebuild-user-guide#28", "build-image",
         build("PROVISIONING", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "Unable to pull customer's container image.")),
    case("build, install", "aws/aws-cdk#23343", "build-failed",
         fails("INSTALL", "npm ci", "npm ERR! Cannot read property 'aws-cdk-lib' of undefined")),
    case("build, install", "npm/cli#3916", "build-network",
         fails("INSTALL", "npm ci", "npm ERR! code ETIMEDOUT", "npm ERR! network request to https://r.example/g "
               "failed, reason: connect ETIMEDOUT 104.16.18.35:443")),
    case("build, build", "docker/buildx#680", "pull-limit-build",
         fails("BUILD", "docker build -t $URI .", "#3 ERROR: unexpected status code [manifests 3.8]: 403 Forbidden",
               "failed to solve with frontend dockerfile.v0: failed to create LLB definition: unexpected status code "
               "[manifests 3.8]: 403 Forbidden"), also=("base-image", "docker-build")),
    case("task, pull", "aws/aws-xray-daemon#146", "pull-limit",
         task(PULL + "ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: failed open: unexpected "
              "status code https://registry-1.docker.io/v2/amazon/aws-xray-daemon/manifests/sha256:2d964e1dbe7a8c9f0...")),
    case("task, pull", "aws/containers-roadmap#2687", "image-missing",
         task(PULL + "pull image manifest has been retried 1 time(s): failed to resolve ref "
              "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1@sha256:aa: "
              "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1@sha256:aa: not found")),
    case("task, pull", "deepfence/terraform-aws-cloud-scanner#13", "unreachable",
         task(PULL + "pull image manifest has been retried 5 time(s): failed to resolve ref quay.io/acme/s:latest: "
              'failed to do request: Head "https://quay.io/v2/acme/s/manifests/latest": dial tcp 3.210.148.47:443: '
              "i/o timeout")),
    case("task, pull", "docker-archive/compose-cli#911", "no-way-out",
         task(PULL + 'inspect image has been retried 5 time(s): failed to resolve ref "docker.io/docker/sidecar:1.0": '
              'failed to do request: Head https://registry-1.docker.io/v2/docker/sidecar/manifests/1.0: dial tcp '
              '34.197.189.129:443: i/o timeout'), NO_ROUTE),
    case("task, pull", "aws-samples/dify-self-hosted-on-aws#3", "unexplained",
         task(PULL + "ref pull has been retried 1 time(s): failed to unpack image on snapshotter overlayfs: mismatched "
              "image rootfs and manifest layers")),
    case("task, pull", "aws/containers-roadmap#1120", "unexplained",
         task(PULL + "failed to find a descriptor for platform {linux/amd64}"), also=("architecture",)),
    case("task, secrets", "Releem/releem-agent#195", "egress-closed",
         task(f"{AUTH}unable to retrieve secret from asm: service call has been retried 5 time(s): failed to fetch "
              f"secret {SECRET} from secrets manager: RequestCanceled: request context canceled caused by: context "
              f"deadline exceeded. Please check your network configuration."), CLOSED, {"secrets": {SECRET: "there"}}),
    case("task, secrets", "rileydakota/valheim-ecs-fargate-cdk#9", "secret-key-missing",
         task(f"{AUTH}unable to retrieve secret from asm: service call has been retried 1 time(s): invalid character "
              r"'\'' looking for beginning of value"), {"secrets": {SECRET: "there"}}),
    case("task, secrets", "aws-samples/dataops-platform-airflow-dbt#12", "no-way-out",
         task(f"{AUTH}unable to retrieve secret from asm: service call has been retried 5 time(s): failed to fetch..."),
         NO_ADDRESS, also=("secret-unread",)),
    case("task, pull", "aws/aws-app-mesh-examples#413", "no-way-out",
         task(f"{AUTH}unable to retrieve ecr registry auth: service call has been retried 5 time(s): RequestError: "
              f"send request failed caused by: Post https://api.ecr...."), NO_ROUTE),
    case("build, build", "aws-actions/aws-codebuild-run-build#53", "build-failed",
         fails("BUILD", "docker build -t $NAME:$TAG .", '"docker build" requires exactly 1 argument.',
               "See 'docker build --help'.")),
    case("build, build", "aws-samples/aws-modern-application-workshop#122", "build-failed",
         fails("BUILD", "docker tag shop:latest $REPOSITORY_URI:latest", "Error parsing reference: invalid format",
               then=("POST_BUILD", "UPLOAD_ARTIFACTS"))),
    case("build, build", "acantril/learn-cantrill-io-labs#155", "build-failed",
         fails("BUILD", "buildspec.yml", "script.sh: line 4: buildspec.yml: command not found", exit=127)),
    case("build, post_build", "qiita.com/Ryo-0131: no basic auth credentials", "registry-login",
         fails("POST_BUILD", "docker push $REPOSITORY_URI:latest", "The push refers to repository [x]",
               "no basic auth credentials")),
    case("build, source", "aws-samples/aws-container-devsecops-workshop#7", "buildspec",
         build("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "wrong number of container tags, expected 1")),
    case("sidecar", "aws/aws-for-fluent-bit#659", "sidecar",
         exits(box(code=143), box("logrouter", code=1)), beside("logrouter")),
    case("sidecar", "aws/aws-for-fluent-bit#231", "sidecar",
         exits(box(code=137), box("logrouter", code=136)), beside("logrouter"), log("GET / 200")),
    case("task, crash", "PostgREST/postgrest#4286", "crash", exits(box(code=255)), log("pool: connection terminated")),
    case("task, crash", "aws/amazon-ecs-agent#625", "crash", exits(box(code=139))),
    case("health", "awsdocs/elastic-beanstalk-samples#159", "health-path", answers(301)),
    case("health", "nathanpeck/nodejs-aws-workshop#5", "health-path", answers(404)),
    case("pipeline, deploy", "ministryofjustice/modernisation-platform#8443", "pipeline-denied",
         stage("Deploy", "PermissionError", "User: arn:aws:sts::123456789012:assumed-role/pipeline/1 is not authorized "
               "to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/task because no identity-based "
               "policy allows the iam:PassRole action")),
)  # fmt: skip
