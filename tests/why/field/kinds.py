"""Failures that had no cause of their own before: KMS keys, names of parameters, the agent, volumes, SIGTERM.

The messages about KMS combine the thread's or reference's error with the usual prefix of ECS.
"""

from __future__ import annotations

from tests.why.field.case import AUTH, INIT, PULL, Case, case
from tests.why.field.scene import SECRET, box, exits, gives_up, log, routes, runs, task

KEY = "arn:aws:kms:us-east-1:123456789012:key/7e4d2a1b-0000-4000-8000-1234567890ab"
SSM = f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
ASM = (f"{AUTH}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret "
       f"{SECRET} from secrets manager: ")  # fmt: skip
LOGS = f"{INIT}failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log "
NAME = "it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers"

KINDS: tuple[Case, ...] = (
    # keys of KMS
    case("task, key", "segmentio/chamber#355", "key-unusable",
         task(f"{SSM}InvalidKeyId: {KEY} is pending deletion. (Service: AWSKMS; Status Code: 400; Error Code: "
              "KMSInvalidStateException; Request ID: a45f1c26; Proxy: null)"), says="is about to be deleted"),
    case("task, key", "KMS API reference: DisabledException, of a secret", "key-unusable",
         task(f"{ASM}operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, api error "
              f"DecryptionFailure: {KEY} is disabled. (Service: AWSKMS; Error Code: DisabledException)"),
         {"secrets": {SECRET: "there"}}, says="the secret shop/database-AbCdEf is encrypted with is disabled"),
    case("task, key", "ECR API reference: KmsException", "key-unusable",
         task(f"{PULL}pull image manifest has been retried 5 time(s): failed to resolve ref shop:1: KmsException: The "
              "operation failed due to a KMS exception."), says="the image's repository is encrypted with"),
    case("task, key", "KMS API reference: DisabledException, of an image", "key-unusable",
         task(f"{PULL}failed to copy: httpReadSeeker: failed open: KmsException: {KEY} is disabled."),
         says="is disabled"),
    case("task, key", "hashicorp/terraform-provider-aws#29282", "key-unusable",
         task(f"{LOGS}group: AccessDeniedException: The specified KMS key does not exist or is not allowed to be used "
              "with Arn 'arn:aws:logs:eu-west-2:123456789012:log-group:/ecs/shop'"), says="the app's log group"),
    case("task, key", "made up: Fargate and the key of the storage", "key-unusable",
         task(f"{INIT}failed to encrypt the ephemeral storage: {KEY} is disabled."), says="the tasks' own storage is"),
    # names of parameters
    case("task, secrets", "aws/amazon-ecs-cli#1020", "secret-name",
         task(f'{SSM}ValidationException: Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed '
              f"as a path, {NAME}")),
    case("task, secrets", "a deployment's notes: a parameter that nobody made", "secret-missing",
         task(f"{INIT}unable to pull secrets or registry auth: unable to retrieve secrets from ssm: invalid ssm "
              "parameters: /jobfit/staging/sentry-dsn, /jobfit/staging/key"), says="/jobfit/staging/sentry-dsn is"),
    case("task, secrets", "made up: a parameter without a path", "secret-missing",
         task("Fetching secret data from SSM Parameter Store in us-west-2: invalid parameters: database-url"),
         says="the parameter database-url is missing"),
    # the agent
    case("task, agent", "aws/amazon-ecs-agent#336", "agent-timeout",
         task("Task failed to start", box(reason="CannotInspectContainerError: Could not transition to inspecting; "
                                          "timed out after waiting 30s"))),
    case("task, agent", "aws/amazon-ecs-agent#2312", "agent-timeout",
         exits(box(reason="CannotInspectContainerError: Could not transition to inspecting; timed out after waiting "
                          "30s"))),
    case("task, agent", "ECS guide: CannotStopContainerError", "agent-timeout",
         exits(box(reason="CannotStopContainerError: failed sending SIGTERM to container: context deadline exceeded"))),
    case("task, agent", "made up: a container that does not start in time", "agent-timeout",
         task("ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m: timeout"),
         also=("unreachable",)),
    case("task, agent", "made up: the same where no way leads out", "no-way-out",
         task("ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m: timeout"),
         {"subnet_routes": {"subnet-0a1": routes()}}),
    # volumes
    case("volume", "aws/elastic-beanstalk-roadmap#244", "volume-unmounted",
         task("CannotCreateVolumeError: Error response from daemon: create Custom-b4b4: error looking up volume plugin "
              'amazon-ecs-volume-plugin: plugin "amazon-ecs-volume-plugin" not found'), says="volume-plugin"),
    case("volume", "aws/amazon-ecs-init#301", "volume-unmounted",
         task("CannotCreateVolumeError: VolumeDriver.Create: mounting volume failed: mount.nfs4: Connection reset by "
              "peer"), says="Connection reset"),
    # the role for load balancers
    case("release", "ECS guide: a role that ECS cannot assume", "infrastructure-role", runs(), gives_up(
         "ROLLBACK_SUCCESSFUL", "Service deployment rolled back because ECS was unable to assume the configured ECS "
         "Infrastructure Role 'arn:aws:iam::123456789012:role/shop-infrastructure'. Please verify that the role being "
         "passed has the proper trust relationship with Amazon ECS"), says="cannot assume"),
    # SIGTERM
    case("task, end", "docker-library/tomcat#146", "terminated", exits(box(code=143)),
         log("INFO [Thread-4] Stopping service [Catalina]"), says="AWS does not say by whom"),
    case("task, end", "made up: npm was asked to end", "terminated", exits(box(code=143)),
         log("npm error signal SIGTERM", "npm error command sh -c node server.js")),
)  # fmt: skip
