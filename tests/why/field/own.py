"""Errors of ECS, CodeBuild and CodePipeline, from their guides and public notes of operators.

Written down before `why` was run: of the 30, 21 were right, 9 honestly unknown, none wrong; of the 10 whose reason no
rule knew, 7 did not quote it.
"""

from __future__ import annotations

from tests.why.field.case import AUTH, INIT, PULL, Case, case
from tests.why.field.scene import IMAGE, SECRET, box, build, event, gives_up, routes, runs, stage, task

SHUT = {"subnet_routes": {"subnet-0a1": routes()}}
UNPLACED = "was unable to place a task. Reason: "
BETWEEN = "There is a connection issue between the task and "
CHECK = "Check your task network configuration. "
ECR = (f"{INIT}unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: {BETWEEN}"
       f"Amazon ECR. {CHECK}operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https "
       'response error StatusCode: 0, RequestID: , request send failed, Post '
       '"https://api.ecr.us-east-1.amazonaws.com/": '
       "dial tcp 44.213.79.104:443: i/o timeout.")  # fmt: skip
LOGS = (f"{INIT}failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the "
        f"task "
        f"definition. {BETWEEN}Amazon CloudWatch. Check your network configuration.")  # fmt: skip
ROLLED = "Service deployment rolled back because "
HOOK = f"{ROLLED}TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. "
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:myHook"
GREEN = "ECS guide: troubleshooting blue/green deployments, "


def taken_back(reason: str) -> dict[str, object]:
    """Return a deployment that ECS rolled back for this reason."""
    return gives_up("ROLLBACK_SUCCESSFUL", reason, breaker="DISABLED")


OWN: tuple[Case, ...] = (
    case("network", "ECS guide: no way to Secrets Manager", "no-way-out", event(
         f"{UNPLACED}{INIT}unable to pull secrets or registry auth: unable to retrieve secret from asm: {BETWEEN}AWS "
         f"Secrets Manager. {CHECK}failed to fetch secret {SECRET} from secrets manager: operation error Secrets "
         "Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline "
         "exceeded."), SHUT),
    case("network", "ECS guide: no way to ECR", "no-way-out", event(UNPLACED + ECR), SHUT),
    case("network", "ECS guide: no answer of ECR", "unreachable", event(UNPLACED + ECR)),
    case("network", "ECS guide: no way to CloudWatch", "no-way-out", event(UNPLACED + LOGS), SHUT),
    case("network", "ECS guide: no answer of CloudWatch", "unreachable", task(f"{LOGS} : signal: killed")),
    case("network", "ECS guide: no way to Parameter Store", "no-way-out", task(
         f"{INIT}unable to pull secrets or registry auth: unable to retrieve secrets from ssm: The task cannot pull "
         f"secrets "
         f"from AWS Systems Manager. {BETWEEN}AWS Systems Manager Parameter Store. {CHECK}RequestCanceled: request "
         f"context "
         "canceled caused by: context deadline exceeded"), SHUT),
    case("task, placing", "ECS guide: no such image", "image-missing", event(
         f"{UNPLACED}{PULL}pull image manifest has been retried 7 time(s): failed to resolve ref {IMAGE}: {IMAGE}: not "
         "found."), {"images": {IMAGE: False}}),
    case("task, placing", "a secret that is no JSON", "secret-key-missing", event(
         f"{UNPLACED}{AUTH}unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved "
         f"secret "
         f"from Secrets Manager did not parse: {SECRET}: invalid character 'p' in literal true (expecting 'r')."),
         {"secrets": {SECRET: "there"}}),
    case("task, placing", "ECS guide: ECR's login is denied", "pull-denied", event(
         f"{UNPLACED}{AUTH}unable to retrieve ecr registry auth: service call has been retried 1 time(s): operation "
         f"error "
         "ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: 415e6826, api error "
         "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/CruddurServiceExecutionRole/2c0e is not "
         "authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the "
         "ecr:GetAuthorizationToken action.")),
    case("task, placing", "ECS guide: internal error", "unexplained", event(f"{UNPLACED}Internal error."),
         says="Internal error"),
    case("task, placing", "ECS guide: memory above the limit", "vcpu-quota",
         event(f"{UNPLACED}The requested MEMORY configuration is above your limit.")),
    case("task, placing", "ECS guide: subnet without addresses", "subnet-full", task(
         "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in "
         "subnet "
         "'subnet-0a1': InsufficientFreeAddressesInSubnet")),
    case("task, placing", "an interface that EC2 does not make", "unexplained", task(
         "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0a1': AuthFailure"),
         says="AuthFailure"),
    case("task, pull", "a layer of an unknown kind", "image-format", task(
         f"{PULL}ref pull has been retried 1 time(s): failed to unpack image on snapshotter overlayfs: failed to "
         f"extract "
         "layer sha256:c02342326b04: failed to get stream processor for application/vnd.in-toto+json: no processor for "
         "media-type: unknown")),
    case("task, start", "ECS guide: no container status", "unexplained", task("Task failed to start", box(
         reason="CannotStartContainerError: failed to get container status: context deadline exceeded")),
         says="failed to get container status"),
    case("release", f"{GREEN}write permissions", "infrastructure-role", event(
         "failed to register targets in (target-group shop) with (error User: arn:aws:sts::123456789012:assumed-role/"
         "myELBRole/ecs-service-scheduler is not authorized to perform: elasticloadbalancing:RegisterTargets on "
         "resource: "
         "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/shop/abc123 because no identity-based policy "
         "allows the elasticloadbalancing:RegisterTargets action)"), says="elasticloadbalancing:RegisterTargets"),
    case("release", "boltops-tools/ufo: failed to register targets", "unexplained", event(
         "failed to register targets in (target-group "
         "arn:aws:elasticloadbalancing:us-west-2:111111111111:targetgroup/demo"
         "/3cc9518a30c0f229) with (error The following targets are not in the target group VPC 'vpc-11111111': "
         "'i-0381a63c79abcf413')"), says="not in the target group VPC"),
    case("release", f"{GREEN}infrastructure role", "infrastructure-role", runs(), taken_back(
         f"{ROLLED}of invalid networking configuration. ECS was unable to manage the ELB resources due to missing "
         "permissions on ECS Infrastructure Role 'arn:aws:iam::123456789012:role/Admin'."),
         says="the infrastructure role Admin lacks a permission"),
    case("release", f"{GREEN}hook that answers FAILED", "rolled-back", runs(), taken_back(
         f"{HOOK}Lifecycle hook target {FUNCTION} returned FAILED status."), says="myHook returned FAILED status"),
    case("release", f"{GREEN}hook that may not be invoked", "rolled-back", runs(), taken_back(
         f"{HOOK}ECS was unable to invoke hook target {FUNCTION} due to User: arn:aws:sts::123456789012:assumed-role/"
         "myLambdaRole/ECS-Lambda-Execution is not authorized to perform: lambda:InvokeFunction"),
         says="lambda:InvokeFunction"),
    case("build, source", "CodeBuild guide: connection", "source-access", build("DOWNLOAD_SOURCE", "CLIENT_ERROR",
         "authorization failed for primary source and source version d7e3388d1f3c5a")),
    case("build, source", "CodeBuild guide: VPC without NAT", "build-network", build("DOWNLOAD_SOURCE", "CLIENT_ERROR",
         'RequestError: send request failed caused by: Get "https://shop-artifacts.s3.eu-central-1.amazonaws.com/shop/'
         'Source/a1": dial tcp 52.219.170.10:443: i/o timeout')),
    case("build, source", "CodeBuild guide: Git without NAT", "build-network", build("DOWNLOAD_SOURCE", "CLIENT_ERROR",
         'Get "https://github.com/acme/shop.git/info/refs?service=git-upload-pack": dial tcp 140.82.121.4:443: i/o '
         'timeout '
         "for primary source and source version main")),
    case("build", "CodeBuild guide: build container found dead", "build-memory", build("BUILD",
         "SINGLE_BUILD_CONTAINER_DEAD", "Build container found dead before completing the build. Build container died "
         "because it was out of memory, or the Docker image is not supported.", "#12 [7/9] RUN npm run build")),
    case("build", "CodeBuild guide: subnet without addresses", "build-failed", build("PROVISIONING", "VPC_CLIENT_ERROR",
         "Unexpected EC2 error: InsufficientFreeAddressesInSubnet"), says="InsufficientFreeAddressesInSubnet"),
    case("pipeline, deploy", "stackoverflow.com/questions/62022787", "definitions-missing", stage("Deploy",
         "ConfigurationError", "Exception while trying to read the image artifact file from: BuildArtifact.")),
    case("pipeline, deploy", "aws/copilot-cli#3455", "definitions-invalid", stage("Deploy", "JobFailed",
         "Container.image repository should not be null or empty.")),
    case("pipeline, deploy", "aws-actions/amazon-ecs-deploy-task-definition#584", "definitions-invalid", stage("Deploy",
         "JobFailed", "Container.image repository contains invalid characters.")),
    case("pipeline, deploy", "CodePipeline guide: artifact access", "pipeline-denied", stage("Deploy",
         "PermissionError", "Unable to access the artifact with Amazon S3 object key 'shop/BuildOutpu/a1' located in "
         "the Amazon S3 artifact bucket 'shop-artifacts'. The provided role does not have sufficient permissions.")),
    case("pipeline, source", "CodePipeline guide: connection access", "pipeline-denied", stage("Source",
         "PermissionError", "Could not access the CodeStar connection arn:aws:codestar-connections:eu-central-1:"
         "123456789012:connection/aa. The provided role does not have sufficient permissions."),
         also=("connection-denied",)),
    # later, and not of the 30
    case("task, network", "an interface that the agent does not set up", "network-interface", task(
         f"{INIT}failed to configure ENI: failed to setup regular eni: netplugin failed with no error message")),
    case("task", "ECS guide: operations are throttled", "unexplained", event(
         "operations are being throttled on tasks. Will try again later."), says="are being throttled"),
)  # fmt: skip
