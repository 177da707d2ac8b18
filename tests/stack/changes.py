"""Changes of the configuration that together touch every key of ecsctl.toml, and the keys that need none, with the
reason.

A name in braces stands for a resource of the user: tests/stack/theirs.py creates it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from ecsctl.config import Config
from ecsctl.config.json_schema import NAME, options
from tests.stack.conftest import ACCOUNT, desired_stack
from tests.stack.theirs import EXAMPLES, Configured, filled

PLAIN = desired_stack(domain=None, github=None)
SECURE = desired_stack(github=None)
PUSHED = desired_stack(domain=None)
CONNECTED = desired_stack(domain=None, github={"connection_arn": "{connection}"})
MANY = desired_stack(github=None, domain={"names": ["ecsctl.example", "www.ecsctl.example", "*.hello.ecsctl.example"]})


def with_(**changed: Any) -> Configured:
    """A plain app with these additions."""
    return {**PLAIN, **changed}


NGINX = {"agent": {"image": "public.ecr.aws/docker/library/nginx:1.27"}}
HALF = {"desired_count": 2, "min_healthy_percent": 50, "max_percent": 100}
BORROWED = with_(vpc={"id": "{vpc}", "public_subnets": ["{open-a}", "{open-b}"],
                      "private_subnets": ["{shut-a}", "{shut-b}"]})  # fmt: skip

QUICK: dict[str, tuple[Configured, Configured]] = {
    "the domain is removed": (SECURE, PLAIN),
    "another domain": (SECURE, desired_stack(github=None, domain={"name": "other.ecsctl.example"})),
    "further names": (SECURE, MANY),
    "another port": (PLAIN, with_(service={"port": 9000})),
    "all at once": (PLAIN, desired_stack(service={"port": 9000, "exec": True}, vpc={"egress": "public"})),
}
LONG: dict[str, tuple[Configured, Configured]] = {
    "a domain is added": (PLAIN, SECURE),
    "names that redirect": (
        MANY,
        desired_stack(github=None, domain={"redirect": ["ecsctl.example", "www.ecsctl.example"]}),
    ),
    "fewer names": (MANY, desired_stack(github=None, domain={"names": ["*.hello.ecsctl.example"]})),
    "a name whose DNS is elsewhere": (
        SECURE, desired_stack(github=None, domain={"names": ["{elsewhere}"], "elsewhere": ["{elsewhere}"]})),
    "another hosted zone": (desired_stack(github=None, domain={"hosted_zone": "ecsctl.example"}),
                            desired_stack(github=None, domain={"hosted_zone": "hello.ecsctl.example"})),
    "a certificate of the user's": (SECURE, desired_stack(github=None, domain={"certificate_arn": "{certificate}"})),
    "one of ours again": (desired_stack(github=None, domain={"certificate_arn": "{certificate}"}), SECURE),
    "a port and more": (PLAIN, with_(service={"port": 9000, "cpu": 512, "memory": 1024})),
    "another processor": (PUSHED, {**PUSHED, "service": {"architecture": "X86_64"}}),
    "a health path": (PLAIN, with_(service={"health_path": "/ready"})),
    "a health check of one's own": (PLAIN, with_(service={"health": {
        "path": "/ready", "codes": "200-399", "interval_seconds": 15, "timeout_seconds": 6, "healthy_count": 3,
        "unhealthy_count": 4, "grace_seconds": 90, "container": {
            "command": ["CMD-SHELL", "true"], "interval_seconds": 10, "timeout_seconds": 3, "retries": 2,
            "start_seconds": 5}}})),
    "tasks in public subnets": (PLAIN, with_(vpc={"egress": "public"})),
    "tasks in private subnets": (with_(vpc={"egress": "public"}), PLAIN),
    "a gateway more": (PLAIN, with_(vpc={"egress": "nat-per-az"})),
    "a gateway less": (with_(vpc={"egress": "nat-per-az"}), PLAIN),
    "other private subnets": (BORROWED, with_(vpc={**BORROWED["vpc"], "private_subnets": ["{more-a}", "{more-b}"]})),
    "other public subnets": (BORROWED, with_(vpc={**BORROWED["vpc"], "public_subnets": ["{wide-a}", "{wide-b}"]})),
    "environment": (PLAIN, with_(service={"environment": {"GREETING": "hi"}, "environment_file": "app.env"})),
    "secrets": (PLAIN, with_(service={"secrets": {"DATABASE_URL": "{secret}"}})),
    "a command": (PLAIN, with_(service={"command": ["python", "-m", "app"]})),
    "exec": (PLAIN, with_(service={"exec": True})),
    "no exec": (with_(service={"exec": True}), PLAIN),
    "autoscaling": (PLAIN, with_(service={"autoscaling": {"min": 2, "max": 3, "cpu_percent": 50}})),
    "autoscaling by much": (PLAIN, with_(service={"autoscaling": {
        "min": 1, "max": 3, "memory_percent": 70, "requests_per_minute": 1000,
        "schedules": {"night": {"at": "cron(0 20 * * ? *)", "time_zone": "Europe/Berlin", "min": 0}}}})),
    "autoscaling by a queue": (PLAIN, with_(service={"autoscaling": {
        "min": 1, "max": 3, "queue": "{queue}", "messages_per_task": 100}})),
    "no autoscaling": (with_(service={"autoscaling": {"min": 2, "max": 3}}), PLAIN),
    "more tasks": (PLAIN, with_(service={"desired_count": 3})),
    "fewer tasks": (with_(service={"desired_count": 3}), PLAIN),
    "half of the tasks": (with_(service=HALF), with_(service={**HALF, "port": 9000})),
    "gRPC": (SECURE, desired_stack(github=None, service={"protocol": "grpc", "health_path": "/shop.Cart/Check"})),
    "no gRPC": (desired_stack(github=None, service={"protocol": "grpc"}), SECURE),
    "other limits of a release": (PLAIN, with_(service={**HALF, "cpu": 512, "memory": 1024})),
    "when a release is done or given up": (PLAIN, with_(deployment={
        "early_success": {"healthy_percent": 100, "cleanup": "blocking"},
        "circuit_breaker": {"percent": 100, "bounded": False, "reset_on_healthy_task": False}})),
    "given up by a number": (with_(deployment={"early_success": {}}),
                             with_(deployment={"circuit_breaker": {"failures": 2}})),
    "alarms at which a release is given up": (PLAIN, with_(deployment={"alarms": {
        "names": ["{alarm}"], "errors_percent": 5, "latency_seconds": 1.5, "minutes": 3}})),
    "no alarms": (with_(deployment={"alarms": {"errors_percent": 5}}), PLAIN),
    "blue-green": (PLAIN, with_(deployment={"strategy": "blue-green", "bake_minutes": 2})),
    "blue-green, and a canary": (with_(deployment={"strategy": "blue-green"}), with_(
        service={"environment": {"GREETING": "hi"}},
        deployment={"strategy": "canary", "canary": {"percent": 20, "minutes": 2}})),
    "held before requests go over": (with_(deployment={"strategy": "canary"}), with_(
        deployment={"strategy": "canary", "pause": {"at": ["pre-production-traffic-shift"]}})),
    "in steps": (with_(deployment={"strategy": "canary"}), with_(
        service={"environment": {"GREETING": "hi"}},
        deployment={"strategy": "linear", "linear": {"percent": 40, "minutes": 1}, "alarms": {"errors_percent": 5}})),
    "a domain is added to blue-green": (with_(deployment={"strategy": "blue-green"}), {
        **SECURE, "deployment": {"strategy": "blue-green"}}),
    "other patience": (PLAIN, with_(service={"health_check_grace_seconds": 0, "deregistration_delay_seconds": 0,
                                             "stop_timeout_seconds": 2})),
    "other ways of logging": (PLAIN, with_(service={"log_mode": "blocking"})),
    "another buffer for logs": (PLAIN, with_(service={"log_buffer_mib": 50})),
    "the load balancer's ways": (PLAIN, with_(load_balancer={"idle_timeout_seconds": 120, "http2": False})),
    "who may connect": (PLAIN, with_(load_balancer={"allow": ["0.0.0.0/1", "128.0.0.0/1"]})),
    "access logs and a web ACL": (PLAIN, with_(load_balancer={"access_logs": {"days": 30}, "waf": "{acl}"})),
    "access logs in a bucket of one's own": (with_(load_balancer={"access_logs": {}}), with_(load_balancer={
        "access_logs": {"bucket": "{bucket}", "prefix": "web"}})),
    "neither": (with_(load_balancer={"access_logs": {}, "waf": "{acl}"}), PLAIN),
    "clients stay with a task": (PLAIN, with_(load_balancer={"sticky_seconds": 3600, "slow_start_seconds": 60,
                                                             "deletion_protection": True})),
    "no insights": (PLAIN, with_(service={"container_insights": "disabled"})),
    "retention, tags and images": (PLAIN, with_(logs={"retention_days": 7}, tags={"team": "web"}, owner="eve",
                                                account_id=ACCOUNT, protect=["logs"], ecr={
        "mutability": "MUTABLE", "scan_on_push": False, "keep_images": 3,
        "sign": f"arn:aws:signer:eu-central-1:{ACCOUNT}:/signing-profiles/images"})),
    "how the container runs": (PLAIN, with_(service={
        "entrypoint": ["/entrypoint.sh"], "user": "10001", "working_directory": "/app", "read_only_root": True,
        "ephemeral_gib": 40, "ulimits": {"nofile": 65535}, "init_process": True})),
    "a volume": (PLAIN, with_(volumes={"data": {"path": "/data", "uid": 0, "gid": 0, "read_only": True}}, sidecars={
        "agent": {"image": "public.ecr.aws/docker/library/nginx:1.27", "volumes": {"data": "/data"}}})),
    "a volume less": (with_(volumes={"data": {"path": "/data"}}), PLAIN),
    "a volume of theirs": (BORROWED, with_(vpc=BORROWED["vpc"], volumes={
        "data": {"path": "/data", "file_system": "{files}", "access_point": "{point}"},
        "more": {"path": "/more", "file_system": "{files}", "directory": "/"}})),
    "Spot": (PLAIN, with_(service={"spot": {"percent": 75, "base": 1}, "desired_count": 2})),
    "no Spot": (with_(service={"spot": {"base": 1}, "desired_count": 2}), with_(service={"desired_count": 2})),
    "what no option says": (SECURE, desired_stack(github=None, raw={
        "task_definition": {"volumes": [{"name": "scratch"}]},
        "container": {"mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}]},
        "service": {"serviceConnectConfiguration": {"enabled": True, "namespace": "shop"}},
        "target_group": {"HealthCheckPort": "8000"},
        "target_group_attributes": {"load_balancing.algorithm.type": "least_outstanding_requests"},
        "load_balancer_attributes": {"client_keep_alive.seconds": 600},
        "listener": {"MutualAuthentication": {"Mode": "off"}},
        "listener_attributes": {"routing.http.response.x_frame_options.header_value": "DENY"},
        "build_project": {"description": "theirs"}})),
    "what a security review asks for": (SECURE, {**SECURE, "secure": True}),
    "a container as its image says": (with_(service={"user": "10001", "ephemeral_gib": 40}), PLAIN),
    "a container beside the app": (PLAIN, with_(service={"depends_on": {"agent": "HEALTHY"}}, sidecars={"agent": {
        "image": "public.ecr.aws/docker/library/nginx:1.27", "essential": False, "command": ["a"],
        "entrypoint": ["/b"], "port": 9090, "environment": {"A": "b"}, "secrets": {"KEY": "{secret}"},
        "depends_on": {}, "start_timeout_seconds": 60, "restart": True, "restart_after_seconds": 60,
        "restart_ignores": [0], "cpu": 32, "memory": 64, "user": "7", "read_only_root": True,
        "stop_timeout_seconds": 5, "health": {"command": ["CMD", "true"], "interval_seconds": 10,
                                              "timeout_seconds": 3, "retries": 2, "start_seconds": 5}},
        "migrate": {"image": "public.ecr.aws/docker/library/nginx:1.27", "depends_on": {"hello": "START"}}})),
    "no container beside the app any more": (with_(sidecars=NGINX), PLAIN),
    "a worker": (with_(sidecars=NGINX), with_(sidecars=NGINX, workers={"mailer": {
        "command": ["a"], "entrypoint": ["/b"], "environment": {"A": "b"}, "secrets": {"KEY": "{secret}"}, "cpu": 512,
        "memory": 1024, "ephemeral_gib": 40, "user": "7", "working_directory": "/app", "stop_timeout_seconds": 60,
        "permissions": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::{app}-uploads/*"]}],
        "policies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], "sidecars": [], "min_healthy_percent": 0,
        "max_percent": 150, "spot": {"percent": 100}, "desired_count": 2, "health": {
            "command": ["CMD", "true"], "interval_seconds": 10, "timeout_seconds": 3, "retries": 2,
            "start_seconds": 5}}})),
    "a job": (with_(sidecars=NGINX), with_(sidecars=NGINX, jobs={"nightly": {
        "command": ["a"], "entrypoint": ["/b"], "environment": {"A": "b"}, "secrets": {"KEY": "{secret}"}, "cpu": 512,
        "memory": 1024, "ephemeral_gib": 40, "user": "7", "working_directory": "/app", "stop_timeout_seconds": 60,
        "permissions": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::{app}-uploads/*"]}],
        "policies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], "sidecars": [], "start_retries": 3,
        "schedule": "cron(0 3 * * ? *)", "time_zone": "Europe/Berlin", "timeout_minutes": 60, "overlap": "refuse",
        "paused": True}})),
    "jobs in a pipeline": (PUSHED, {**PUSHED, "jobs": {"a": {"command": ["a"], "schedule": "rate(1 day)"}}}),
    "no job any more": ({**PUSHED, "jobs": {"a": {"command": ["a"], "schedule": "rate(1 day)"}}}, PUSHED),
    "workers less": (with_(workers={"a": {"command": ["a"]}, "b": {"command": ["b"]}}),
                     with_(workers={"a": {"command": ["a"]}})),
    "another group of the tasks": (BORROWED, with_(vpc=BORROWED["vpc"], service={"security_groups": ["{group}"]})),
    "rights of the app": (PLAIN, with_(service={
        "permissions": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::{app}-uploads/*"],
                         "conditions": {"StringEquals": {"aws:ResourceTag/team": ["web"]}}}],
        "policies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]})),
    "notifications by e-mail": (PLAIN, with_(notify={"email": ["ops@example.com"]})),
    "no notifications": (with_(notify={"email": ["ops@example.com"]}), PLAIN),
    "notifications to a chat": (PLAIN, with_(notify={"email": ["ops@example.com"], "webhook": "{chat}"})),
    "notifications to the user's topic": (with_(notify={"email": ["ops@example.com"]}),
                                          with_(notify={"topic": "{topic}"})),
    "a boundary": (PLAIN, with_(permissions_boundary="{boundary}")),
    "a key is removed": ({**PUSHED, "kms_key": "{key}"}, PUSHED),
    "delivery is added": (PLAIN, PUSHED),
    "delivery is removed": (PUSHED, PLAIN),
    "builds alone": (PUSHED, {**PUSHED, "pipeline": {"mode": "build-only"}}),
    "another repository and branch": (PUSHED, {**PUSHED, "github": {
        "repository": "ecsctl/other", "branch": "next", "token_secret": "{token}"}}),
    "a connection": (PUSHED, CONNECTED),
    "other builds": (PUSHED, {**PUSHED, "build": {
        "buildspec": "ci/build.yml", "compute": "medium", "scan": "high", "cache": True, "sbom": True,
        "image": "aws/codebuild/amazonlinux-aarch64-standard:2.0",
        "github_token": True, "timeout_minutes": 60, "environment": {"MODE": "fast"},
        "context": "backend", "dockerfile": "backend/Dockerfile", "target": "release", "args": {"A": "b"}}}),
    "builds inside the network": (PUSHED, {**PUSHED, "build": {"vpc": True}}),
    "secrets and logins of builds": (PUSHED, {**PUSHED, "build": {
        "secrets": {"NPM_TOKEN": "{secret}"}, "logins": {"docker.io": "{secret}"}}}),
    "a pipeline for one folder": (CONNECTED, {**CONNECTED, "pipeline": {"paths": ["backend/**"], "artifact_days": 7}}),
    "a pipeline for tags": (CONNECTED, {**CONNECTED, "pipeline": {"tags": ["v*"]}}),
    "a pipeline started by hand": (PUSHED, {**PUSHED, "pipeline": {"trigger": "manual"}}),
    "builds in an image of one's own": (PUSHED, {**PUSHED, "build": {
        "image": "registry.example.com/tools:1", "image_credentials": "{login}"}}),
    "a release command": (PUSHED, {**PUSHED, "release": {"command": ["./migrate"], "timeout_minutes": 5}}),
    "GitHub hears of releases": (PUSHED, {**PUSHED, "github": {**PUSHED["github"], "deployments": True}}),
    "no release command": ({**PUSHED, "release": {"command": ["./migrate"]}}, PUSHED),
    "a longer pipeline": (PUSHED, {**PUSHED, "pipeline": {
        "deploy_timeout_minutes": 30, "approvals": [{"name": "Review"}],
        "tests": [{"name": "Smoke", "buildspec": "tests.yml"}]}}),
}  # fmt: skip
REFUSED: dict[str, tuple[Configured, Configured]] = {
    "another path of the roles": (PLAIN, with_(role_path="/service/")),
    "a key of one's own": (PLAIN, with_(kms_key="{key}")),
    "another network": (PLAIN, with_(vpc={"cidr": "10.101.0.0/16"})),
    "the user's network": (PLAIN, BORROWED),
    "off the internet": (PLAIN, with_(load_balancer={"internal": True})),
    "a network of its own": (BORROWED, PLAIN),
}
"""Changes that cannot be made under a running app: `plan` says so, and `up` changes nothing."""

APART = {
    "name": "another name is another app: the state file is refused, and the one that runs is left alone",
    "region": "another region is another deployment: the state file is refused",
    "service.web": "who takes the web away wants nobody answered any more; test_no_web takes it away and brings it",
}


def unanswered() -> set[str]:
    """The keys of ecsctl.toml that no change touches and no reason excuses."""
    touched = {key for pair in (QUICK | LONG | REFUSED).values() for key in changed(*pair)}
    return {".".join(path) for path, _ in options() if ".".join(path) not in touched | APART.keys()}  # type: ignore[arg-type]  # of keys alone


def changed(before: Configured, after: Configured) -> Iterator[str]:
    """The keys that differ, including those that only one of the two has."""
    one, other = (Config.model_validate(filled(configured, EXAMPLES)) for configured in (before, after))
    for path, _ in options():
        if _at(one, path) != _at(other, path):
            yield ".".join(map(str, path))


def _at(found: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        if part == NAME:
            return [_at(one, path[path.index(NAME) + 1 :]) for _, one in sorted((found or {}).items())]
        found = getattr(found, part) if isinstance(found, BaseModel) else None
    return found
