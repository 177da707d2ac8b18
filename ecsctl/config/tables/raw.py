"""The table [raw]: parameters of AWS's own calls, for what no option sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from ecsctl.config.tables.section import Problem, Section

SAID = {
    "task_definition": {
        "family": "name", "containerDefinitions": "raw.container", "cpu": "service.cpu", "memory": "service.memory",
        "runtimePlatform": "service.architecture", "executionRoleArn": "service.secrets",
        "taskRoleArn": "service.permissions", "networkMode": "", "requiresCompatibilities": "", "tags": "tags",
        "ephemeralStorage": "service.ephemeral_gib",
    },
    "container": {
        "name": "name", "image": "", "essential": "", "portMappings": "service.port",
        "environment": "service.environment", "secrets": "service.secrets", "command": "service.command",
        "logConfiguration": "service.log_mode", "linuxParameters": "service.init_process",
        "stopTimeout": "service.stop_timeout_seconds", "readonlyRootFilesystem": "service.read_only_root",
        "healthCheck": "service.health.container", "entryPoint": "service.entrypoint", "user": "service.user",
        "workingDirectory": "service.working_directory", "ulimits": "service.ulimits",
    },
    "service": {
        "cluster": "", "serviceName": "name", "taskDefinition": "raw.task_definition", "loadBalancers": "",
        "desiredCount": "service.desired_count", "clientToken": "", "launchType": "", "role": "",
        "capacityProviderStrategy": "service.spot", "networkConfiguration": "vpc", "placementConstraints": "",
        "placementStrategy": "", "healthCheckGracePeriodSeconds": "service.health.grace_seconds",
        "schedulingStrategy": "", "deploymentController": "", "tags": "tags", "enableExecuteCommand": "service.exec",
        "deploymentConfiguration.alarms": "deployment.alarms",
        "deploymentConfiguration.deploymentCircuitBreaker": "deployment.circuit_breaker",
        "deploymentConfiguration.earlySuccessCriteria": "deployment.early_success",
        "deploymentConfiguration.maximumPercent": "service.max_percent",
        "deploymentConfiguration.minimumHealthyPercent": "service.min_healthy_percent",
        "deploymentConfiguration.strategy": "deployment.strategy",
        "deploymentConfiguration.bakeTimeInMinutes": "deployment.bake_minutes",
        "deploymentConfiguration.canaryConfiguration": "deployment.canary",
        "deploymentConfiguration.linearConfiguration": "deployment.linear",
    },
    "target_group": {
        "Name": "name", "Protocol": "", "ProtocolVersion": "service.protocol", "Port": "service.port",
        "VpcId": "vpc.id", "HealthCheckEnabled": "", "HealthCheckPath": "service.health.path",
        "HealthCheckIntervalSeconds": "service.health.interval_seconds",
        "HealthCheckTimeoutSeconds": "service.health.timeout_seconds",
        "HealthyThresholdCount": "service.health.healthy_count",
        "UnhealthyThresholdCount": "service.health.unhealthy_count", "Matcher": "service.health.codes",
        "TargetType": "", "Tags": "tags", "IpAddressType": "", "TargetControlPort": "",
    },
    "target_group_attributes": {
        "deregistration_delay.timeout_seconds": "service.deregistration_delay_seconds",
        "slow_start.duration_seconds": "load_balancer.slow_start_seconds",
        "stickiness.enabled": "load_balancer.sticky_seconds",
        "stickiness.lb_cookie.duration_seconds": "load_balancer.sticky_seconds",
    },
    "load_balancer_attributes": {
        "deletion_protection.enabled": "load_balancer.deletion_protection",
        "idle_timeout.timeout_seconds": "load_balancer.idle_timeout_seconds",
        "routing.http2.enabled": "load_balancer.http2", "load_balancing.cross_zone.enabled": "",
        "ipv6.deny_all_igw_traffic": "",
    },
    "listener": {
        "LoadBalancerArn": "", "Protocol": "domain", "Port": "", "Certificates": "domain.certificate_arn",
        "DefaultActions": "", "AlpnPolicy": "", "Tags": "tags",
    },
    "listener_attributes": {},
    "build_project": {
        "name": "name", "source.type": "", "source.location": "github.repository", "source.auth": "github",
        "source.buildspec": "build.buildspec", "source.sourceIdentifier": "", "sourceVersion": "github.branch",
        "artifacts": "", "serviceRole": "", "timeoutInMinutes": "build.timeout_minutes", "tags": "tags",
        "vpcConfig": "build.vpc", "environment.type": "service.architecture", "environment.image": "build.image",
        "environment.computeType": "build.compute", "environment.computeConfiguration": "build.compute",
        "environment.environmentVariables": "build.environment", "environment.privilegedMode": "",
        "environment.imagePullCredentialsType": "build.image_credentials",
        "environment.registryCredential": "build.image_credentials", "logsConfig.cloudWatchLogs": "logs",
    },
}  # fmt: skip
"""By table: the parameters that other options set, and which; empty if ecsctl alone decides."""
PARENTS = {"service": ("deploymentConfiguration",), "build_project": ("source", "environment", "logsConfig")}
"""Parameters whose members other options set: each member counts separately."""


class Raw(Section):
    """Parameters of AWS's own calls, by AWS's own names, for what no other option sets. Checked by the SDK's model."""

    task_definition: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of RegisterTaskDefinition, merged last; one that is removed here is removed on AWS.",
        examples=[{"volumes": [{"name": "scratch"}]}],
    )
    container: dict[str, Any] = Field(
        default_factory=dict,
        description="The same of the app's own container in it (ContainerDefinition).",
        examples=[{"mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}]}],
    )
    service: dict[str, Any] = Field(
        default_factory=dict,
        description="The same of CreateService and UpdateService.",
        examples=[{"serviceConnectConfiguration": {"enabled": True, "namespace": "shop"}}],
    )
    target_group: dict[str, Any] = Field(
        default_factory=dict,
        description="The same of CreateTargetGroup and ModifyTargetGroup.",
        examples=[{"HealthCheckPort": "9000"}],
    )
    target_group_attributes: dict[str, str | bool | int] = Field(
        default_factory=dict,
        description="Attributes of the target group.",
        examples=[{"load_balancing.algorithm.type": "least_outstanding_requests"}],
    )
    load_balancer_attributes: dict[str, str | bool | int] = Field(
        default_factory=dict,
        description="Attributes of the load balancer.",
        examples=[{"client_keep_alive.seconds": 600}],
    )
    listener: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of CreateListener and ModifyListener, for the listener that forwards to the app.",
        examples=[{"SslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}],
    )
    listener_attributes: dict[str, str | bool | int] = Field(
        default_factory=dict,
        description="Attributes of the same listener.",
        examples=[{"routing.http.response.strict_transport_security.header_value": "max-age=31536000"}],
    )
    build_project: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of CreateProject and UpdateProject, for the project that builds the image.",
        examples=[{"queuedTimeoutInMinutes": 60, "source": {"gitCloneDepth": 0}}],
    )

    def problems(self) -> Iterator[Problem]:
        """Mistakes: parameters that other options set."""
        for table, said in SAID.items():
            for name in self.paths(table):
                if name in said:
                    other = said[name]
                    why = f"is what {other} says: expected it there" if other else "is not to be chosen"
                    way = (name,) if table.endswith("_attributes") else name.split(".")
                    yield (table, *way), why

    def paths(self, table: str) -> dict[str, Any]:
        """A table's values by path: of some parameters each member separately; attributes as strings, as AWS has them.

        A parameter that is not a table where AWS has one is left unchanged, for the SDK's model to refuse.
        """
        found: dict[str, Any] = {}
        for name, value in getattr(self, table).items():
            if name in PARENTS.get(table, ()) and isinstance(value, dict):
                found |= {f"{name}.{member}": one for member, one in value.items()}
            elif table.endswith("_attributes"):
                found[name] = str(value).lower() if isinstance(value, bool) else str(value)
            else:
                found[name] = value
        return found
