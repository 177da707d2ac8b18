"""A case for each way out of each cause."""

from __future__ import annotations

from tests.long.fixed import deliveries, others, tasks
from tests.long.fixed.case import Case
from tests.long.fixed.deliveries import built, delivered, once, once_said, refused, said
from tests.long.fixed.reasons import REASONS
from tests.long.fixed.tasks import (
    BUILD_ROLE,
    EXECUTION,
    PIPELINE,
    TASK,
    anew,
    denied,
    pushed,
    tasks_fail,
    untrusted,
    well,
)
from tests.why.person import HOUR

INIT = "ResourceInitializationError: "


PULL = "CannotPullContainerError: "


TLS = "The plain HTTP request was sent to HTTPS port"


DJANGO = "Invalid HTTP_HOST header: '10.0.2.17:8000'. You may need to add it to ALLOWED_HOSTS."


MEMORY = {"service.memory": 1024}


CASES: dict[str, Case] = {
    "image-missing": Case(tasks.no_image),
    "image-name": Case(tasks.with_name("Dockerfile"), values={"URI": tasks.good_image}),
    "pull-refused": Case(
        tasks.with_image(
            "acme/private",
            reason=PULL + "pull access denied for acme/private, repository does not exist or may require authorization",
        ),
        values={"URI": tasks.good_image},
    ),
    "image-format": Case(
        pushed(
            "stopped",
            reason=PULL + "failed to get stream processor for application/vnd.in-toto+json: no processor for "
            "media-type: unknown",
        )
    ),
    "image-user": Case(
        pushed(
            "stopped",
            reason="CannotCreateContainerError: mount callback failed on /tmp/c: open "
            "/tmp/c/etc/passwd: no such file or directory",
        )
    ),
    "architecture": Case(pushed("architecture"), skips={1: "the fate is the image's; see test_leads_out"}),
    "pull-limit": Case(
        pushed("stopped", reason=PULL + "toomanyrequests: You have reached your pull rate limit"), hand=well
    ),
    "task-disk-full": Case(
        pushed("stopped", reason=PULL + "failed to extract layer: no space left on device"),
        skips={0: "the fate is the image's"},
    ),
    "command-missing": Case(
        pushed("stopped", reason='CannotStartContainerError: exec: "/run.sh": stat /run.sh: no such file or directory'),
        skips={1: "the fate is the image's"},
    ),
    "pull-denied": Case(denied(EXECUTION, "ecr:BatchGetImage")),
    "pull-denied, by the repository's policy": Case(others.pull_denied, hand=others.pull_allowed),
    "log-denied": Case(denied(EXECUTION, "logs:CreateLogStream")),
    "log-denied, by a permissions boundary": Case(others.bounded, hand=others.unbounded),
    "secret-empty": Case(tasks.with_secret("s3cr3t", then=tasks.emptied), values={"VALUE": "s3cr3t"}),
    "secret-missing": Case(
        tasks.with_secret("s3cr3t", then=tasks.secret_deleted(ForceDeleteWithoutRecovery=True)),
        values={"service.secrets": tasks.another_secret},
        hand=well,
    ),
    "secret-missing, of the app's own": Case(
        tasks.with_own_secret(tasks.secret_deleted(ForceDeleteWithoutRecovery=True)),
        values={"service.secrets": tasks.another_secret},
        hand=well,
    ),
    "secret-missing, of the app's own, being deleted": Case(
        tasks.with_own_secret(tasks.secret_deleted(RecoveryWindowInDays=7))
    ),
    "secret-empty, of the app's own": Case(tasks.with_own_secret(tasks.emptied)),
    "secret-unread": Case(tasks.failed("secret-unread"), values={"service.secrets": tasks.another_secret}),
    "secret-unread, of a parameter": Case(tasks.parameter_gone, values={"service.secrets": tasks.another_secret}),
    "secret-missing, being deleted": Case(
        tasks.with_secret("s3cr3t", then=tasks.secret_deleted(RecoveryWindowInDays=7))
    ),
    "secret-key-missing": Case(
        tasks.with_secret('{"user": "me"}', "password"),
        values={"service.secrets": tasks.another_secret, "JSON": '{"password": "s3cr3t"}'},
    ),
    "env-file-unread": Case(
        pushed("stopped", reason=INIT + "failed to download env files: AccessDenied: Access Denied"), hand=well
    ),
    "volume-missing": Case(tasks.with_volume(tasks.targets_deleted), skips={1: "ecsctl up makes them again"}),
    "volume-unreachable": Case(tasks.with_volume(tasks.volumes_shut), skips={1: "ecsctl up opens it again"}),
    "volume-denied": Case(
        tasks.with_volume(denied(TASK, "elasticfilesystem:ClientMount")),
        skips={1: "the policy is ecsctl's own; ecsctl up repairs the role"},
    ),
    "secret-denied": Case(
        tasks.with_secret("s3cr3t", then=denied(EXECUTION, "secretsmanager:GetSecretValue")),
        values={"service.secrets": tasks.another_secret},
    ),
    "role-not-assumable": Case(untrusted(EXECUTION)),
    "vcpu-quota": Case(tasks_fail("quota"), hand=well, skips={1: "256 units are the least there is"}),
    "account-blocked": Case(
        tasks_fail("quota", reason="Your AWS account is currently blocked and thus cannot launch any Fargate tasks"),
        hand=well,
    ),
    "capacity": Case(
        tasks_fail(
            "quota",
            reason="Capacity is unavailable at this time. Please try again later or in a different availability zone.",
        ),
        hand=well,
    ),
    "subnet-full": Case(
        tasks_fail(
            "stopped",
            reason="Unexpected EC2 error while attempting to Create Network Interface "
            "with public IP assignment enabled in subnet 'subnet-1': InsufficientFreeAddressesInSubnet",
        ),
        hand=well,
    ),
    "network-interface": Case(
        tasks_fail("stopped", reason="Timeout waiting for network interface provisioning to complete."),
        hand=well,
        skips={1: "AWS's own, which passes by itself"},
    ),
    "log-group-missing": Case(
        lambda person: (person.boto("logs").delete_log_group(logGroupName="/ecs/hello"), anew(person))
    ),
    "egress-closed": Case(tasks.closed_out),
    "no-way-out": Case(tasks.no_route),
    "network-acl": Case(others.closed_by_acl, hand=others.default_acl),
    "crash": Case(pushed("crash")),
    "ended": Case(pushed("crash", code=0)),
    "killed": Case(pushed("app", memory=1024, quiet=True), values=MEMORY, skips={1: "it is memory here"}),
    "out-of-memory": Case(pushed("app", memory=1024), values=MEMORY),
    "container-check": Case(pushed("sick")),
    "port": Case(pushed("app", port=3000)),
    "loopback": Case(pushed("app", host="127.0.0.1")),
    "health-path": Case(pushed("app", answers={"/": 404}), values={"service.health_path": "/ready"}),
    "health-host": Case(pushed("app", answers={"/": 400}, lines=[DJANGO]), values={"service.health_path": "/ready"}),
    "health-tls": Case(pushed("app", answers={"/": 400}, lines=[TLS])),
    "health-error": Case(pushed("app", answers={"/": 503}), values={"service.health_path": "/ready"}),
    "security-group": Case(tasks.closed_in),
    "not-in-use": Case(tasks.no_listener),
    "scaled-to-zero": Case(
        lambda person: (
            person.boto("ecs").update_service(cluster="hello", service="hello", desiredCount=0),
            person.clock.sleep(420),
        )
    ),
    "rolled-back": Case(tasks.rolled_back),
    "rolled-back, by an alarm": Case(
        tasks.alarm_rings,
        toml={"deployment": {"alarms": {"errors_percent": 5}}},
        values={"deployment.alarms": {"latency_seconds": 9}},
        hand=tasks.alarm_is_quiet,
    ),
    "stopped": Case(tasks.cancelled),
    "percentages": Case(tasks.no_room),
    "build-network": Case(
        once_said(
            "docker build -t $URI .", "#9 80.1 npm error network request to https://example.com failed: ETIMEDOUT"
        )
    ),
    "tag-missing": Case(said("docker push $URI", "tag does not exist: $URI", phase="POST_BUILD")),
    "image-vulnerable": Case(
        once_said("aws ecr describe-image-scan-findings", "build.scan: ECR found 2 CRITICAL in u:1"),
        values={"build.scan": "low"},
    ),
    "image-unscanned": Case(
        once_said("aws ecr describe-image-scan-findings", "build.scan: ECR could not scan u:1: FAILED"),
        values={"build.scan": "low"},
    ),
    "image-unlisted": Case(
        once_said(
            '[[ -z "$BUILD_SBOM" ]] || test -s docker_image_sbom.json',
            "build.sbom: could not list what is in u:1",
        ),
        values={"build.sbom": False},
    ),
    "docker-build": Case(said("docker build -t $URI .", "ERROR: failed to solve: it did not complete successfully")),
    "dockerfile-missing": Case(
        said("docker build -t $URI .", "ERROR: failed to read dockerfile: open Dockerfile: no such file or directory")
    ),
    "build-cache": Case(
        said(
            "docker buildx build -t $URI .",
            "ERROR: failed to solve: error writing manifest blob: "
            'failed commit on ref "sha256:4687": unexpected status: 400 Bad Request',
        )
    ),
    "base-image": Case(said("docker build -t $URI .", "ERROR: failed to solve: acme/base:1: not found")),
    "base-architecture": Case(
        said("docker build -t $URI .", "no matching manifest for linux/arm64/v8 in the manifest list entries"),
        skips={1: "the build is played: its commit fails for any processor"},
    ),
    "pull-limit-build": Case(
        said("docker build -t $URI .", "toomanyrequests: You have reached your pull rate limit."),
        skips={1: "the build is played: its commit fails at any time"},
    ),
    "build-failed": Case(said("make", "boom")),
    "immutable-tag": Case(
        said("docker push $IMAGE", "it cannot be overwritten because the tag is immutable."),
        skips={1: "the build is played: its commit fails with any setting"},
    ),
    "buildspec": Case(built("DOWNLOAD_SOURCE", "YAML file does not exist", "YAML_FILE_ERROR")),
    "artifact-missing": Case(built("UPLOAD_ARTIFACTS", "no matching artifact paths found")),
    "artifact-denied": Case(denied(BUILD_ROLE, "s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", then=delivered)),
    "build-fault": Case(once("PROVISIONING", "internal error", "INTERNAL_SERVICE_ERROR")),
    "build-stopped": Case(deliveries.stopped_build),
    "build-timeout": Case(once("BUILD", "", "BUILD_TIMED_OUT"), values={"build.timeout_minutes": 60}),
    "release-command": Case(
        deliveries.release_fails,
        toml={"release": {"command": ["python", "manage.py", "migrate"]}},
        skips={1: "the fate is the image's"},
    ),
    "job": Case(
        deliveries.release_fails,  # the app is well with that commit, and any other command is not
        toml={
            "service": {"port": 8000},
            "jobs": {"often": {"command": ["python", "report.py"], "schedule": "rate(5 minutes)"}},
        },
        skips={1: "the fate is the image's"},
    ),
    "job-missed": Case(
        denied("hello-eu-central-1-scheduler", "ecs:RunTask", then=lambda person: person.clock.sleep(HOUR / 2)),
        toml={
            "service": {"port": 8000},
            "jobs": {"often": {"command": ["python", "report.py"], "schedule": "rate(5 minutes)"}},
        },
    ),
    "action-failed": Case(
        deliveries.smoke_fails, toml={"pipeline": {"tests": [{"name": "Smoke", "buildspec": "s.yml"}]}}
    ),
    "approval": Case(deliveries.waits, toml={"pipeline": {"approvals": [{"name": "Go"}]}}, skips={1: "it refuses"}),
    "approval-refused": Case(deliveries.rejected, toml={"pipeline": {"approvals": [{"name": "Go"}]}}),
    "transition-closed": Case(deliveries.shut),
    "pipeline-denied": Case(denied(PIPELINE, "ecs:UpdateService", "ecs:RegisterTaskDefinition", then=delivered)),
    "source-token": Case(deliveries.revoked, values={"a new token": deliveries.new_token_works}),
    "maintenance": Case(
        tasks.some_tasks_fail("ECS is performing maintenance on the underlying infrastructure hosting the task."),
        hand=well,
    ),
    "spot-interruption": Case(
        tasks.some_tasks_fail("Your Spot Task was interrupted."),
        values={"service.spot.base": 1},
        passes=well,
        toml={"service": {"spot": {"percent": 50}}},
    ),
    "unreachable": Case(
        tasks_fail(
            "stopped",
            reason=PULL + "pull image manifest has been retried 5 time(s): failed to do "
            "request: dial tcp 3.210.148.47:443: i/o timeout",
        ),
        hand=well,
    ),
    "sidecar": Case(tasks.sidecar_crashes, toml=tasks.WITH_AGENT, values={"sidecars.agent.image": tasks.OTHER_AGENT}),
    "sidecar, that the app waits for": Case(
        tasks.sidecar_crashes, toml=tasks.WITH_MIGRATION, values={"sidecars.agent.image": tasks.OTHER_AGENT}
    ),
    "unexplained": Case(tasks.all_tasks_fail("Something that nobody has seen before"), passes=well),
    "draining": Case(tasks.goes),
    "rolling-out": Case(tasks.rolling, hand=well),
    "slow-start": Case(tasks.failed("slow-start"), values={"service.health_check_grace_seconds": 120}),
    "no-answer": Case(
        pushed("app", port=3000, silent=True), values={"service.port": 3000}, skips={2: "it is the port here"}
    ),
    "certificate-other": Case(tasks.other_certificate, toml={"domain": {"name": "hello.ecsctl.example"}}),
    "build-memory": Case(once_said("docker build -t $URI .", "#9 12.1 Killed")),
    "disk-full": Case(once_said("docker build -t $URI .", "write /var/lib/docker/x: no space left on device")),
    "registry-login": Case(said("docker push $IMAGE", "no basic auth credentials")),
    "push-denied": Case(
        once_said(
            "docker push $IMAGE",
            "denied: User: arn:aws:sts::123456789012:assumed-role/b/c is not "
            "authorized to perform: ecr:InitiateLayerUpload on resource: hello",
        )
    ),
    "repository-missing": Case(
        once_said(
            "docker push $IMAGE",
            "name unknown: The repository with name 'hello' does not exist in the registry with id '123456789012'",
        )
    ),
    "no-docker": Case(
        once_said(
            "docker build -t $URI .",
            "Cannot connect to the Docker daemon at unix:///var/run/d.sock. Is the docker daemon running?",
        )
    ),
    "build-denied": Case(
        once_said(
            "aws s3 cp a s3://b", "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied"
        ),
        hand=well,
    ),
    "build-image": Case(
        once("PROVISIONING", "no such image", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"),
        toml={"build": {"image": "registry.example.com/tools:1", "image_credentials": "none"}},
        values={"build.image": "public.ecr.aws/acme/tools:1", "build.image_credentials": deliveries.registry_login},
    ),
    "build-role": Case(
        untrusted(
            BUILD_ROLE,
            then=once("SUBMITTED", "CodeBuild is not authorized to perform: sts:AssumeRole on the build's role"),
        )
    ),
    "build-logs-denied": Case(
        denied(
            BUILD_ROLE,
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            then=once(
                "SUBMITTED",
                "The policy's default version was not created by enough. User is not authorized to "
                "perform: logs:CreateLogStream",
            ),
        )
    ),
    "build-quota": Case(
        deliveries.no_builds,
        hand=deliveries.builds_again,
        skips={1: "the app runs, and the pipeline's run has failed all the same"},
    ),
    "build-variable": Case(
        once(
            "DOWNLOAD_SOURCE",
            "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
            "Secrets Manager Error Message",
        ),
        hand=well,
    ),
    "source-secret": Case(
        once(
            "DOWNLOAD_SOURCE",
            "AccessDeniedException: User: b is not authorized to perform: secretsmanager:GetSecretValue",
            "Secrets Manager Error Message",
        ),
        toml={"build": {"github_token": True}},
    ),
    "source-access": Case(
        once("DOWNLOAD_SOURCE", "authentication required for primary source and source version 1a2b"),
        values={"github.repository": "ecsctl/hello"},
        hand=well,
    ),
    "source-branch": Case(
        once("DOWNLOAD_SOURCE", "reference not found for primary source and source version 1a2b"),
        values={"github.branch": "main"},
    ),
    "source-failed": Case(once("DOWNLOAD_SOURCE", "the archive is empty"), hand=well),
    "artifact-gone": Case(once("DOWNLOAD_SOURCE", "NoSuchKey: The specified key does not exist.")),
    "branch-missing": Case(
        refused("Source", "No Branch [main] found for FullRepositoryName [ecsctl/hello]"),
        values={"github.branch": "main", "github.repository": "ecsctl/hello"},
    ),
    "repository-gone": Case(
        refused("Source", "Unable to find repository ecsctl/hello"),
        hand=well,
        values={"github.repository": "ecsctl/hello"},
    ),
    "connection-pending": Case(deliveries.withdrawn, hand=deliveries.completed, toml=deliveries.connected),
    "connection-denied": Case(
        denied(PIPELINE, "codeconnections:UseConnection", "codestar-connections:UseConnection", then=delivered),
        toml=deliveries.connected,
    ),
    "definitions-invalid": Case(
        refused("Deploy", "The image definition file docker_image_definition.json contains invalid JSON format")
    ),
    "definitions-missing": Case(
        refused(
            "Deploy",
            "Did not find the image definition file docker_image_definition.json in the input artifacts ZIP file.",
        )
    ),
    "artifact-size": Case(refused("Deploy", "The artifact exceeds the maximum artifact size of 3 MB")),
    "container-name": Case(refused("Deploy", "The AWS ECS container web does not exist")),
    "deploy-failed": Case(refused("Deploy", "An internal failure occurred while deploying", "JobFailed")),
    "deploy-timeout": Case(refused("Deploy", "The deployment timed out", "JobFailed")),
    **REASONS,
}

AT_FIRST = ("no-service", "name-taken", "no-image-yet", "gave-up", "certificate-pending", "zone-not-delegated",
            "certificate-failed", "paused")  # fmt: skip
"""Causes of an app that never came to run, or is made otherwise: tests/long/test_fixed_at_first.py."""
