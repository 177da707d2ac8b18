"""A case for each way out of causes that the sandbox does not bring about by itself: ECS gives their reason."""

from __future__ import annotations

from tests.long.fixed import tasks
from tests.long.fixed.case import Case
from tests.long.fixed.tasks import pushed, tasks_fail, well

KEY = "arn:aws:kms:eu-central-1:123456789012:key/7e4d2a1b-0000-4000-8000-1234567890ab"
INIT = "ResourceInitializationError: "

REASONS: dict[str, Case] = {
    "key-unusable": Case(
        tasks_fail("stopped", reason=f"CannotPullContainerError: failed open: KmsException: {KEY} is disabled."),
        hand=well,
    ),
    "secret-name": Case(
        tasks_fail("stopped", reason=f"{INIT}unable to pull secrets: invalid ssm parameters: /shop//key"),
        values={"service.secrets": tasks.another_secret},
        passes=well,
    ),
    "volume-unmounted": Case(
        tasks_fail("stopped", reason="CannotCreateVolumeError: mount.nfs4: Connection reset by peer"), passes=well
    ),
    "agent-timeout": Case(
        tasks_fail(
            "stopped",
            reason="CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s",
        ),
        hand=well,
        skips={1: "AWS's own, which passes by itself"},
    ),
    "infrastructure-role": Case(
        tasks_fail(
            "quota",
            reason="User: arn:aws:sts::123456789012:assumed-role/hello-infrastructure/ecs-service-scheduler is not "
            "authorized to perform: elasticloadbalancing:RegisterTargets",
        ),
        passes=well,
    ),
    "terminated": Case(pushed("crash", code=143)),
}
