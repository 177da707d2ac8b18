"""What the proofs bring up: the usual stack, one of everything that goes together, and one of what does not.

What no `ecsctl.toml` has together with the whole stack is in the one beside it: something is borrowed or made, and a
push starts a pipeline or a build alone. Every kind is in one of the two: `test_stacks.py`.
"""

from __future__ import annotations

from typing import Any

from tests.stack.conftest import ACCOUNT, REGION, desired_stack

# Two tasks of each, because where a single one comes to stand is ECS's choice.
USUAL = desired_stack(
    service={"desired_count": 2},
    vpc={"flow_logs": "all", "close_default_group": True},
    workers={"mailer": {"command": ["python", "worker.py"], "desired_count": 2}},
    release={"command": ["python", "manage.py", "migrate"]},
    jobs={"yearly": {"command": ["python", "report.py"], "schedule": "cron(0 3 1 1 ? *)"}},
)
# A message waits in the queue for good, so that there is always the one task, of which `settled` knows.
SCALED = {"min": 0, "max": 1, "queue": "{queue}", "messages_per_task": 1, "cpu_percent": 60, "resolution_seconds": 20}
WHOLE = desired_stack(
    service={"desired_count": 2},
    vpc={"flow_logs": "all", "close_default_group": True},
    domain={"names": ["also.hello.ecsctl.example"], "redirect": ["old.hello.ecsctl.example"]},
    load_balancer={"access_logs": {}, "waf": "{acl}"},
    deployment={"strategy": "blue-green", "alarms": {"errors_percent": 5, "latency_seconds": 1}},
    volumes={"data": {"path": "/data"}},
    workers={"sender": {"command": ["python", "worker.py"], "autoscaling": SCALED, "policies": ["{boundary}"]}},
    release={"command": ["python", "manage.py", "migrate"]},
    jobs={"yearly": {"command": ["python", "report.py"], "schedule": "cron(0 3 1 1 ? *)", "overlap": "refuse"}},
    ecr={"sign": f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/images"},
    build={"vpc": True},
    github={"deployments": True},
    pipeline={"tests": [{"name": "Smoke", "buildspec": "tests.yml"}]},
    notify={"email": ["ops@example.com"], "webhook": "{chat}"},
)
BESIDE = desired_stack(
    service={"desired_count": 2},
    vpc={"id": "{vpc}", "public_subnets": ["{open-a}", "{open-b}"], "private_subnets": ["{shut-a}", "{shut-b}"]},
    domain={"certificate_arn": "{certificate}"},
    github={"connection_arn": "{connection}"},
    pipeline={"mode": "build-only"},
)
STACKS: dict[str, dict[str, Any]] = {"usual": USUAL, "whole": WHOLE, "beside": BESIDE}
