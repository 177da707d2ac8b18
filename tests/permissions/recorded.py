"""The permissions that every command needs, recorded once per configuration, in an account with other apps."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from botocore.exceptions import ClientError

from ecsctl.aws import access
from ecsctl.aws.clients import Aws
from ecsctl.aws.patience import Patience
from ecsctl.cli import main
from ecsctl.config import Config
from ecsctl.engine.promises import resolve
from ecsctl.errors import AccessError, EcsctlError
from ecsctl.operations.policy import policies
from ecsctl.sandbox import push
from ecsctl.sandbox.aws.ec2.public_access import block_public_access
from ecsctl.sandbox.aws.sns import confirm_email
from ecsctl.sandbox.core import authorization
from ecsctl.sandbox.core.clock import Clock
from ecsctl.sandbox.core.permissions import Asked
from ecsctl.sandbox.server.inprocess import inprocess
from ecsctl.session import Place, open_stack
from tests.permissions.neighbours import ACCOUNT, Made, prepare

REGIONS = {"aws": "eu-central-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

Desired = Callable[[Made], dict[str, Any]]

BARE: dict[str, Any] = {"name": "hello"}
TOKEN: dict[str, Any] = {**BARE, "github": {"repository": "ecsctl/hello", "token_secret": "hello/token"}}
TESTS = {"tests": [{"name": "Smoke", "buildspec": "tests.yml"}], "approvals": [{"name": "Review"}]}

CONFIGS: Mapping[str, Desired] = {
    "bare": lambda made: BARE,
    "domain": lambda made: {**BARE, "domain": {"name": "hello.ecsctl.example"}},
    "names": lambda made: {**BARE, "domain": {
        "name": "hello.ecsctl.example", "hosted_zone": made["zone"], "names": ["ecsctl.example", "*.ecsctl.example"],
        "redirect": ["www.hello.ecsctl.example"]}},
    "zone by id": lambda made: {**BARE, "domain": {"name": "hello.ecsctl.example", "hosted_zone": made["zone"]}},
    "borrowed VPC": lambda made: {**BARE, "vpc": {
        "id": made["vpc"], "public_subnets": [made["a"], made["b"]], "egress": "public"}},
    "token": lambda made: {**TOKEN, "github": {**TOKEN["github"], "deployments": True}, "pipeline": TESTS, "service": {
        "autoscaling": {"min": 1, "max": 3, "cpu_percent": 60}, "exec": True}, "release": {"command": ["./migrate"]},
        "jobs": {"nightly": {"command": ["./report"], "schedule": "cron(0 3 * * ? *)", "overlap": "refuse"}},
        "workers": {"mailer": {"command": ["./mail"], "permissions": [], "autoscaling": {"min": 1, "max": 2}}}},
    "build only": lambda made: {
        **BARE, "github": {"repository": "ecsctl/hello"}, "pipeline": {"mode": "build-only"}},
    "connection": lambda made: {
        **BARE, "github": {"repository": "ecsctl/hello", "connection_arn": made["connection"]},
        "service": {"exec": True}},
    "secrets": lambda made: {**BARE, "service": {"secrets": {"DB": made["secret"], "KEY": made["key"]}}},
    "own secrets": lambda made: {**BARE, "service": {"secrets": {"DB": "own"}}},
    "boundary": lambda made: {**BARE, "permissions_boundary": made["boundary"]},
    "key": lambda made: {**BARE, "kms_key": "alias/shop", "github": {"repository": "ecsctl/hello"},
        "service": {"secrets": {"DB": "own"}}, "volumes": {"data": {"path": "/data"}},
        "notify": {"email": ["ops@example.com"], "webhook": "chat"}},
    "notify": lambda made: {**BARE, "notify": {"email": ["ops@example.com"], "webhook": "chat"}},
    "gRPC": lambda made: {**BARE, "domain": {"name": "hello.ecsctl.example"}, "service": {"protocol": "grpc"}},
    "volumes": lambda made: {**BARE, "volumes": {"data": {"path": "/data"}}},
    "borrowed volume": lambda made: {**BARE, "vpc": {
        "id": made["vpc"], "public_subnets": [made["a"], made["b"]], "egress": "public"},
        "volumes": {"data": {"path": "/data", "file_system": made["files"]}}},
    "access logs": lambda made: {**BARE, "load_balancer": {"access_logs": {}, "waf": made["acl"]}},
    "bucket of logs": lambda made: {**BARE, "load_balancer": {"access_logs": {"bucket": made["bucket"]}}},
    "blue-green": lambda made: {**BARE, "deployment": {
        "strategy": "blue-green", "alarms": {"errors_percent": 5, "latency_seconds": 1}}},
    "alarms": lambda made: {**BARE, "service": {},
        "deployment": {"alarms": {"errors_percent": 5, "latency_seconds": 1}},
        "workers": {"mailer": {"command": ["work"], "autoscaling": {
            "min": 0, "max": 2, "queue": made["queue"], "messages_per_task": 5}}}},
}  # fmt: skip
MENDED = {
    "domain",
    "token",
    "build only",
    "boundary",
    "key",
    "notify",
    "alarms",
    "volumes",
    "blue-green",
    "access logs",
    "names",
}  # with every change that an `up` may come to make
USED = {"token", "build only"}  # with the commands that examine what runs
MOVED = {("domain", "aws-us-gov"), ("token", "aws-cn")}  # recorded there; the others are written again for there


@dataclass
class Recorded:
    """One configuration with the account's ids, and what each command needed."""

    desired: dict[str, Any]
    region: str = REGIONS["aws"]
    needed: dict[str, list[Asked]] = field(default_factory=dict)
    ended: dict[str, tuple[int, str]] = field(default_factory=dict)  # the exit code of each and what it said; 3 stays

    def policies(self) -> dict[str, Any]:
        """Returns what `ecsctl policy` prints for it."""
        return policies(Config.model_validate(self.desired), ACCOUNT, self.region)

    def moved(self, partition: str) -> Recorded:
        """The same in another partition and its region: ARNs are written again."""
        needed = {
            command: [
                Asked(one.action, moved(one.resource, partition),
                      {key: tuple(moved(list(values), partition)) for key, values in one.context.items()})
                for one in asked
            ]
            for command, asked in self.needed.items()
        }  # fmt: skip
        return Recorded(moved(self.desired, partition), REGIONS[partition], needed, self.ended)


def moved(value: Any, partition: str) -> Any:
    """The same in another partition and its region: ARNs are written again."""
    text = json.dumps(value)
    return json.loads(text.replace("arn:aws:", f"arn:{partition}:").replace(REGIONS["aws"], REGIONS[partition]))


def record(name: str, partition: str = "aws") -> Recorded:
    """The configuration of this name, brought up, used, and taken down, in a region of the partition."""
    region = REGIONS[partition]
    with inprocess(region=region) as clock, tempfile.TemporaryDirectory() as folder:
        session = boto3.session.Session(region_name=region)
        with authorization.administrator():
            made = prepare(session.client, clock, region)
        desired = CONFIGS[name](made)
        runs = Runs(made, Recorded(desired, region), session, clock, Path(folder))
        runs.all(fixed=partition == "aws" and name in MENDED, used=partition == "aws" and name in USED)
        return runs.found


class Runs:
    """Runs all commands with one configuration, and every change that an `up` may make."""

    def __init__(self, made: Made, found: Recorded, session: boto3.session.Session, clock: Clock, folder: Path) -> None:
        self.made, self.found, self.session, self.clock, self.folder = made, found, session, clock, folder
        self.config = Config.model_validate(found.desired)

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """Within it, commands run in the folder, on the sandbox of this process, with a Session Manager plugin."""
        plugin = self.folder / "bin" / "session-manager-plugin"
        plugin.parent.mkdir()
        plugin.write_text("#!/bin/sh\n[ $1 = --version ] && echo 1.2.700.0\nexit 0\n")
        plugin.chmod(0o755)
        way = {"PATH": f"{plugin.parent}:{os.environ['PATH']}"}
        aws = mock.patch.object(Place, "aws", lambda *_, **__: self._aws())  # noqa: PT008 - one for each command
        with contextlib.chdir(self.folder), aws, mock.patch.dict(os.environ, way):
            yield

    def all(self, *, fixed: bool, used: bool) -> None:
        with self.here():
            self.write(self.found.desired)
            authorization.enforce(self.found.policies())
            if self.found.desired.get("github", {}).get("token_secret"):
                self.run("creds set -")
            own = "own" in self.found.desired.get("service", {}).get("secrets", {}).values()
            if own:
                self.run("secret set own -", "secret list")
            if own and self.config.kms_key:
                with self._free():
                    usual = {"SecretId": "hello/own", "KmsKeyId": "alias/aws/secretsmanager"}
                    self._client("secretsmanager").update_secret(**usual)
                self.run("secret set own -")
            self.run("plan", "up --yes", "status", "why")
            if fixed:
                self._repaired()
            if used:
                self._used()
            if self.config.github:
                self._releases()
            if self.config.vpc.id:
                with self._free():  # then names are found by others' servers, if at all
                    self._client("ec2").modify_vpc_attribute(VpcId=self.made["vpc"], EnableDnsSupport={"Value": False})
                block_public_access("block-ingress", self.found.region)
                self.run("plan")
                block_public_access("off", self.found.region)
            if self.found.desired.get("domain", {}).get("redirect"):  # `down` leaves them to their load balancer
                self.write({name: table for name, table in self.found.desired.items() if name != "domain"})
                self.run("up --yes")
            if used:
                self.run("run --detach -- sleep 900000")  # it runs still when the app goes
            self.run("down --yes --force")
            if "volumes" in self.found.desired:
                self.run("down --yes --force --volumes")
            if own:
                self.run("secret rm own --yes --force", "secret set own -", "down --yes --force --secrets")

    def _repaired(self) -> None:
        with self._noted("up that repairs"):
            self._repair()
        with self._free():
            others = self._disturb()
        self.run("up --yes")
        with self._free():
            for one in others:
                self._client("ec2").delete_route_table(RouteTableId=one)

    def _used(self) -> None:
        self.clock.sleep(900)
        self.run("history", "logs", "logs --build", "exec -- ls", "forward 0:db.internal:5432", "run -- ls", "ps")
        if self.config.workers:
            self.run("history mailer", "logs mailer", "exec --process mailer -- ls", "run --process mailer -- ls")
        self.run("scale web=1")
        if self.config.jobs:
            self.run("jobs list", "jobs run nightly", "jobs pause nightly", "jobs resume nightly")
        if self.config.github:
            self.run("creds status", "creds rotate -", f"creds use-connection {self.made['connection']}")
            self.write(self.found.desired)
        if self.config.github and self.config.pipeline.mode == "pipeline":
            self._pipeline()

    def _releases(self) -> None:
        self.run("deploy --build", "rollback --yes", "status")
        with self._free():
            self._client("ecs").update_service(cluster="hello", service="hello", forceNewDeployment=True)
        self.run("cancel")
        assert self.config.github is not None
        with self._free():
            push.push(self.config.github.branch, "crash", self.config.github.repository)
        self.clock.sleep(7200)  # as long as ECS tells of stopped tasks, and longer
        self.run("why")
        with self._free():
            self._client("codebuild").start_build(projectName="hello-build")

    def _disturb(self) -> list[str]:
        """Returns what someone may do by hand, and `up` or `down` puts right. Returns the route tables that it made."""
        ec2, region = self._client("ec2"), self.found.region
        self._client("iam").attach_role_policy(RoleName=f"hello-{region}-task", PolicyArn=self.made["boundary"])
        if "notify" in self.found.desired:
            topic = f"arn:aws:sns:{region}:{ACCOUNT}:hello"
            self._client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="somebody@example.com")
            confirm_email("somebody@example.com", region)
            events = self._client("events")
            connection = events.describe_connection(Name="hello-webhook")["ConnectionArn"]
            events.update_api_destination(
                Name="hello-webhook", ConnectionArn=connection, InvocationEndpoint="https://elsewhere.example.com"
            )
        ours = [{"Name": "tag:ecsctl:app", "Values": ["hello"]}]
        for group in ec2.describe_security_groups(Filters=ours)["SecurityGroups"]:
            ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
        if "volumes" in self.found.desired:
            efs = self._client("efs")
            (system,) = [one["FileSystemId"] for one in efs.describe_file_systems()["FileSystems"] if one["Tags"]]
            (group, *_) = ec2.describe_security_groups(Filters=ours)["SecurityGroups"]
            for one in efs.describe_mount_targets(FileSystemId=system)["MountTargets"]:
                efs.modify_mount_target_security_groups(
                    MountTargetId=one["MountTargetId"], SecurityGroups=[group["GroupId"]]
                )
        made = []
        for vpc in ec2.describe_vpcs(Filters=ours)["Vpcs"]:
            other = ec2.create_route_table(VpcId=vpc["VpcId"])["RouteTable"]["RouteTableId"]
            made.append(other)
            self.clock.sleep(60)
            for table in ec2.describe_route_tables(Filters=ours)["RouteTables"]:
                for one in table["Associations"]:
                    ec2.replace_route_table_association(
                        AssociationId=one["RouteTableAssociationId"], RouteTableId=other
                    )
            self.clock.sleep(60)
        return made

    def _pipeline(self) -> None:
        assert self.config.github is not None
        branch, repository = self.config.github.branch, self.config.github.repository
        with self._free():
            push.push(branch, "build", repository)
        self.clock.sleep(900)
        self.run("why", "pipeline logs", "pipeline retry", "pipeline stop")
        self.clock.sleep(900)
        with self._free():
            push.push(branch, repository=repository)
        self.clock.sleep(900)
        self.run("pipeline approve", "pipeline run", "pipeline status", "history")
        self.clock.sleep(900)

    def _aws(self) -> Aws:
        return Aws(Patience(self.clock), session=self.session, unanswered=access.not_offered)

    def _client(self, service: str) -> Any:
        return self.session.client(service)  # type: ignore[call-overload]  # the name is a variable here

    @contextlib.contextmanager
    def _free(self) -> Iterator[None]:
        """Within it, calls are an administrator's."""
        with authorization.administrator():
            yield

    def write(self, desired: dict[str, Any]) -> None:
        (self.folder / "ecsctl.toml").write_text(_toml(desired))

    def run(self, *commands: str) -> None:
        for words in commands:
            with self._noted(words.split(" arn:")[0]), mock.patch.object(sys, "argv", ["ecsctl", *words.split()]):
                out, err = io.StringIO(), io.StringIO()
                code: Any = 0
                with (
                    contextlib.redirect_stdout(out),
                    contextlib.redirect_stderr(err),
                    mock.patch.object(sys, "stdin", io.StringIO("ghp_" + "x" * 36 + "\n")),
                ):
                    try:
                        main()
                    except SystemExit as ended:
                        code = ended.code
                said = out.getvalue() + err.getvalue()
                if self.found.ended.get(words, (0, ""))[0] != AccessError.exit_code:
                    self.found.ended[words] = (code or 0, said)

    @contextlib.contextmanager
    def _noted(self, command: str) -> Iterator[None]:
        with authorization.recording() as heard:
            yield
        held = self.found.needed.setdefault(command, [])
        held += [one for asked in heard.values() for one in asked if one not in held]

    def _repair(self) -> None:
        """Run each update of each resource, as if every field had drifted."""
        opened = open_stack(self._aws(), self.config, self.folder / ".ecsctl" / "state.json")
        opened.engine.plan(opened.desired_stack)
        known = {name: opened.engine.ids(name) for name in opened.desired_stack.nodes}
        for name, node in opened.desired_stack.nodes.items():
            if known[name] is None:
                continue
            desired = resolve(node.desired, known)
            changed = frozenset(
                {one.name for one in fields(desired) if getattr(desired, one.name) is not None} | {"tags"}
            )
            changed -= (
                {"role"} if desired.kind == "source-credentials" else set()
            )  # its tags would go from the same role
            changed -= {"repository"} if desired.kind == "build-project" else set()  # its webhook would be made again
            changed -= {
                one for one in ("capacity_providers", "scheduled_actions", "web_acl") if not getattr(desired, one, True)
            }
            with contextlib.suppress(ClientError, EcsctlError, NotImplementedError):
                desired.update(opened.aws, opened.engine.label.of(name), known[name], changed)


def _toml(desired: Mapping[str, Any], prefix: str = "") -> str:
    plain = [f"{key} = {json.dumps(value)}" for key, value in desired.items() if not _is_table(value)]
    tables = [(f"{prefix}{key}", value) for key, value in desired.items() if _is_table(value)]
    text = "\n".join(plain) + "\n"
    for name, value in tables:
        for one in value if isinstance(value, list) else [value]:
            head = f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            text += f"\n{head}\n{_toml(one, f'{name}.')}"
    return text


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))
