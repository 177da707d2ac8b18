"""Reads the facts, as many as possible at once. What cannot be read is reported in `unread`, and never guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ecsctl.aws.codes import is_gone
from ecsctl.aws.explaining import explained
from ecsctl.engine.label import APP, flat
from ecsctl.errors import EcsctlError, Interrupted
from ecsctl.names import Names
from ecsctl.own_secrets import is_ours
from ecsctl.parts import RELEASE, RUN, WEB
from ecsctl.releases import reading
from ecsctl.resources.support import ecr
from ecsctl.resources.support.builds import newest_build
from ecsctl.resources.support.common import none_if_gone, where
from ecsctl.resources.support.ecs import BY, commands_of, groups_of, service_of, tasks_in, tasks_of
from ecsctl.resources.support.job_runs import missed, runs
from ecsctl.resources.support.schedules import may_have_schedules, schedules_in, tags_of
from ecsctl.why import logs
from ecsctl.why.causes import jobs
from ecsctl.why.causes.network import REACHES
from ecsctl.why.evidence import Facts, Place
from ecsctl.why.file_systems import mount_targets
from ecsctl.why.naming import certificate, zones

if TYPE_CHECKING:
    from ecsctl.aws.clients import Aws

READERS = 8


def gather(
    aws: Aws, app: str, domain: str = "", also: Sequence[str] = (), resting: Mapping[str, bool] | None = None
) -> list[Facts]:
    """Return the facts about the web process, with those about builds and domain names, then those about each worker.

    `resting` maps each configured process to whether it may have no tasks, if known. Without a web process, the first
    facts are only those of the app as a whole. Changes nothing. Raises only Interrupted: what could not be read is in
    `unread`.
    """
    aws.forget()
    facts = Facts(app, rests=_rests(WEB, resting), domain=domain, also=[*also])
    others = _others(aws, facts, resting)
    web = _Reading(aws, facts).all()
    workers = [
        Facts(app, process, _rests(process, resting), pipeline=web.pipeline, build=web.build) for process in others
    ]
    with ThreadPoolExecutor(READERS) as pool:
        return [web, *pool.map(lambda one: _Reading(aws, one).process(), workers)]


def gather_services(aws: Aws, app: str, resting: Mapping[str, bool] | None = None) -> Iterator[Facts]:
    """Yield the facts about each service, the web's first: enough to say why its tasks fail, with fewer calls.

    A healthy service needs even fewer. Cached answers are used.
    """
    facts = Facts(app, rests=_rests(WEB, resting))
    others = _others(aws, facts, resting)
    yield _Reading(aws, facts).service_only()
    for process in others:
        yield _Reading(aws, Facts(app, process, _rests(process, resting))).service_only()


def _rests(process: str, resting: Mapping[str, bool] | None) -> bool | None:
    return None if resting is None else resting.get(process, False)


def _others(aws: Aws, facts: Facts, resting: Mapping[str, bool] | None) -> list[str]:
    """Return the app's workers, and set whether no web process is configured.

    If they cannot be listed, return none, with a note in `unread`. If ecsctl.toml cannot be read, an app that has
    other services and no web process is taken to have none on purpose.
    """
    facts.no_web = resting is not None and WEB not in resting
    try:
        known = reading.processes(aws, Names(facts.app))
        if resting is None:
            facts.no_web = bool(known) and WEB not in known
        return [one for one in known if one != WEB]
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001 - explained() raises again what AWS did not answer
        if not is_gone(error):
            facts.unread.append(_short(explained(error, "the processes")))
        return []


class _Reading:
    """Reads in three rounds: what needs nothing else, then what needs the service, then what needs a failed task."""

    def __init__(self, aws: Aws, facts: Facts) -> None:
        self.aws, self.facts, self.names = aws, facts, Names(facts.app).on(facts.process)

    def all(self) -> Facts:
        self._together(self._service, self._build, self._pipeline, self._certificate, self._commands, self._jobs)
        self._together(*self._of_the_service, self._connection)
        self._together(*self._of_the_tasks, self._build_log, self._zone, self._command_log)
        return self.facts

    def process(self) -> Facts:
        """Read only what belongs to the process, not to the app as a whole."""
        self._together(self._service)
        self._together(*self._of_the_service)
        self._together(*self._of_the_tasks)
        return self.facts

    @property
    def _of_the_service(self) -> tuple[Callable[[], None], ...]:
        """The readers that need the service."""
        around = (self._targets, self._balancer, self._network, self._scaling)
        return self._stopped, self._starting, self._definition, *around

    @property
    def _of_the_tasks(self) -> tuple[Callable[[], None], ...]:
        """The readers that need the tasks and their definition."""
        return self._log, self._images, self._secrets, self._log_groups, self._roles, self._around

    def service_only(self) -> Facts:
        if self.facts.process == WEB and not self.facts.no_web:  # a worker's are read only if it is unhealthy
            self.aws.ahead([self._list_stopped, self._ask_targets])
        self._together(self._service)
        if self.facts.process != WEB and self.facts.healthy and not self.facts.given_up:
            return self.facts
        self._together(self._stopped, self._targets)
        if self.facts.healthy and not (self.facts.given_up or self.facts.failed):
            return self.facts
        self._together(self._starting, self._definition, self._balancer, self._network, self._scaling)
        self._together(self._log, self._images, self._secrets, self._around)
        return self.facts

    def _together(self, *readers: Callable[[], None]) -> None:
        with ThreadPoolExecutor(READERS) as pool:
            self.facts.unread += filter(None, pool.map(self._read, readers))

    def _read(self, reader: Callable[[], None]) -> str:
        """Call a reader, and return what it could not read and why; empty if it could, or there is nothing."""
        try:
            reader()
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001 - explained() raises again what AWS did not answer
            if is_gone(error):
                return ""
            what = (reader.__doc__ or "").rstrip(".")
            failure = explained(error, f"{what[0].lower()}{what[1:]}")
            return _short(failure)
        return ""

    def _service(self) -> None:
        """The service."""
        if self.facts.no_web:
            return
        observed = reading.read(self.aws, self.names)
        self.facts.service = observed.service
        self.facts.deployments = list(observed.deployments)
        self.facts.revisions = dict(observed.revisions)

    def _stopped(self) -> None:
        """The tasks that stopped."""
        if not self.facts.service:
            return
        found = tasks_of(self.aws, self.names.cluster, self.names.service, "STOPPED", most=100)
        self.facts.stopped = [dict(one) for one in found if one.get("lastStatus") == "STOPPED"]

    def _list_stopped(self) -> None:
        self.aws.read(
            self.aws.ecs.list_tasks,
            cluster=self.names.cluster,
            serviceName=self.names.service,
            desiredStatus="STOPPED",
        )

    def _ask_targets(self) -> None:
        service = service_of(self.aws, self.names.cluster, self.names.service)
        for arn in groups_of(service or {}):
            self.aws.read(self.aws.elbv2.describe_target_health, TargetGroupArn=arn)

    def _starting(self) -> None:
        """The tasks that start."""
        if not (self.facts.service or {}).get("pendingCount"):
            return
        found = tasks_of(self.aws, self.names.cluster, self.names.service, "RUNNING", most=100)
        self.facts.starting = [dict(one) for one in found if one.get("lastStatus") != "RUNNING"]

    def _scaling(self) -> None:
        """The autoscaling."""
        service = self.facts.service or {}
        if service.get("status") != "ACTIVE" or service.get("desiredCount") or self.facts.rests:
            return
        scaled = f"service/{self.names.service_path}"
        found = self.aws.read(
            self.aws.autoscaling.describe_scalable_targets, ServiceNamespace="ecs", ResourceIds=[scaled]
        )["ScalableTargets"]
        if found:
            self.facts.rests = not found[0]["MinCapacity"]

    def _commands(self) -> None:
        """The standalone tasks."""
        cluster = self.names.cluster
        over = sorted(tasks_in(self.aws, cluster, "STOPPED"), key=lambda one: one["createdAt"], reverse=True)
        others = (f"{BY}:{RELEASE}", f"{BY}:{RUN}")
        self.facts.job_tasks = [
            dict(one) for one in over if one.get("group", "").startswith(f"{BY}:") and one["group"] not in others
        ]
        stopped = [one for one in over if one.get("group") == f"{BY}:{RELEASE}"]
        every = [*stopped, *(commands_of(self.aws, cluster) if stopped else ())]
        self.facts.commands = [dict(one) for one in sorted(every, key=lambda one: one["createdAt"], reverse=True)]

    def _jobs(self) -> None:
        """The schedules of the jobs."""
        if not may_have_schedules(self.aws, self.names):
            return
        known, now = runs(self.aws, self.names.cluster, self.names.container), self.aws.now()
        for schedule in schedules_in(self.aws, self.names.schedule_group):
            if tags_of(schedule).get(APP) == self.facts.app and (due := missed(schedule, known, now)):
                self.facts.missed[schedule["Name"]] = due

    def _command_log(self) -> None:
        """The log of the release command, and of a job."""
        for task in self.facts.commands[:1]:
            self.facts.command_log = logs.of_task(self.aws, self.names.container, task)
        if failed := jobs.bad(self.facts):
            self.facts.job_log = logs.of_task(self.aws, self.names.container, failed)

    def _definition(self) -> None:
        """The task definition."""
        if self.facts.suspect:
            answer = self.aws.read(self.aws.ecs.describe_task_definition, taskDefinition=self.facts.suspect)
            self.facts.definition = dict(answer["taskDefinition"])

    def _targets(self) -> None:
        """The health of the targets."""
        for arn in groups_of(self.facts.service or {}):
            health = self.aws.read(self.aws.elbv2.describe_target_health, TargetGroupArn=arn)
            self.facts.targets += [dict(each) for each in health["TargetHealthDescriptions"]]

    def _balancer(self) -> None:
        """The load balancer."""
        elb = self.aws.elbv2
        for arn in groups_of(self.facts.service or {})[:1]:
            [group] = self.aws.read(elb.describe_target_groups, TargetGroupArns=[arn])["TargetGroups"]
            self.facts.target_group = dict(group)
            if group["LoadBalancerArns"]:
                found = self.aws.read(elb.describe_load_balancers, LoadBalancerArns=group["LoadBalancerArns"][:1])
                balancer = found["LoadBalancers"][0]
                self.facts.balancer_groups = list(balancer.get("SecurityGroups", ()))
                self.facts.balancer_subnets = [one["SubnetId"] for one in balancer.get("AvailabilityZones", ())]
                self._served(group["LoadBalancerArns"][0])

    def _served(self, balancer: str) -> None:
        """The certificate that the load balancer shows, if the app has a name that it must hold for."""
        if not self.facts.domain:
            return
        listeners = self.aws.read(self.aws.elbv2.describe_listeners, LoadBalancerArn=balancer)["Listeners"]
        arns = [str(one["CertificateArn"]) for each in listeners for one in each.get("Certificates", ())]
        if arns:
            found = self.aws.read(self.aws.acm.describe_certificate, CertificateArn=arns[0])
            self.facts.served = dict(found["Certificate"])

    def _network(self) -> None:
        """The network of the tasks."""
        network = ((self.facts.service or {}).get("networkConfiguration") or {}).get("awsvpcConfiguration")
        if not network:
            return
        ec2 = self.aws.ec2
        groups = self.aws.read(ec2.describe_security_groups, GroupIds=network.get("securityGroups", []))
        self.facts.groups = [dict(one) for one in groups["SecurityGroups"]]
        subnets = self.aws.read(ec2.describe_subnets, SubnetIds=network["subnets"])["Subnets"]
        for one in subnets:
            self.facts.zones[one["SubnetId"]] = one["AvailabilityZone"]
            if (mode := one.get("BlockPublicAccessStates", {}).get("InternetGatewayBlockMode", "off")) != "off":
                self.facts.blocked[one["SubnetId"]] = mode
        inside = [{"Name": "vpc-id", "Values": sorted({one["VpcId"] for one in subnets})}]
        tables = self.aws.read(ec2.describe_route_tables, Filters=inside)["RouteTables"]  # type: ignore[arg-type]  # a filter
        links = [(link, dict(table)) for table in tables for link in table.get("Associations", ())]
        main = next((table for link, table in links if link.get("Main")), None)
        own = {link["SubnetId"]: table for link, table in links if link.get("SubnetId")}
        for subnet in network["subnets"]:
            if table := own.get(subnet, main):
                self.facts.subnet_routes[subnet] = table
        found = self.aws.read(ec2.describe_vpc_endpoints, Filters=inside)["VpcEndpoints"]  # type: ignore[arg-type]  # a filter
        self.facts.endpoints = [dict(one) for one in found]

    def _around(self) -> None:
        """What may shut the tasks out: network ACLs, the rules of the load balancer, mount targets of volumes."""
        mount_targets(self.aws, self.facts)
        subnets, groups, ec2 = [*self.facts.subnet_routes], self.facts.balancer_groups, self.aws.ec2
        if not (self.facts.reason((*REACHES, Place.HEALTH)) or self.facts.unhealthy):
            return
        if groups:
            rules = self.aws.read(ec2.describe_security_groups, GroupIds=groups)["SecurityGroups"]
            self.facts.balancer_rules = [dict(one) for one in rules]
        used = where(association__subnet_id=[*subnets, *self.facts.balancer_subnets] or ["none"])
        self.facts.acls = [dict(one) for one in self.aws.read(ec2.describe_network_acls, Filters=used)["NetworkAcls"]]

    def _log(self) -> None:
        """The log of the app."""
        if not (self.facts.failed or self.facts.given_up):
            return
        self.facts.log = logs.of_container(self.aws, self.facts, self.names, self.facts.container)
        if self.facts.has_sidecar_ended:
            every = {one["name"]: one for one in self.facts.definition.get("containerDefinitions", ())}
            self.facts.beside_log = logs.of_container(
                self.aws, self.facts, self.names, every.get(self.facts.ended["name"], {})
            )

    def _images(self) -> None:
        """The images."""
        for container in self.facts.definition.get("containerDefinitions", ()):
            image = str(container.get("image", ""))
            named = ecr.Reference.of(image)
            if named is None or named.account not in self.facts.suspect or named.region not in self.facts.suspect:
                continue
            found = ecr.by_name(self.aws, named)
            self.facts.images[image] = found is not None
            if self.facts.reason((Place.PULL, Place.LOGIN)):
                self.facts.image_policies[image] = ecr.policy_of(self.aws, named.repository)
            if found:
                self.facts.processors[image] = sorted(ecr.processors(self.aws, named.repository, found["imageDigest"]))

    def _secrets(self) -> None:
        """The secrets."""
        every = self.facts.definition.get("containerDefinitions", ())
        for secret in (secret for one in every for secret in one.get("secrets") or ()):
            arn = ":".join(secret["valueFrom"].split(":")[:7])
            if ":secretsmanager:" in arn:
                found = none_if_gone(
                    lambda arn=arn: self.aws.read(  # type: ignore[misc]  # a default pins the loop's value
                        self.aws.secretsmanager.describe_secret, SecretId=arn
                    )
                )
                self.facts.secrets[arn] = (
                    "missing" if found is None else "being deleted" if found.get("DeletedDate") else "there"
                )
                if found and is_ours(self.facts.app, flat(found.get("Tags"))):
                    self.facts.own_secrets[arn] = found["Name"].removeprefix(f"{self.facts.app}/")

    def _log_groups(self) -> None:
        """The log group."""
        options = (self.facts.container.get("logConfiguration") or {}).get("options") or {}
        if name := options.get("awslogs-group"):
            listed = self.aws.read(self.aws.logs.describe_log_groups, logGroupNamePrefix=name)["logGroups"]
            made = options.get("awslogs-create-group") == "true"
            self.facts.log_groups[name] = made or any(one["logGroupName"] == name for one in listed)

    def _roles(self) -> None:
        """The roles of the tasks."""
        for which in ("executionRoleArn", "taskRoleArn"):
            if arn := self.facts.definition.get(which):
                name = arn.rsplit("/", 1)[-1]
                found = none_if_gone(lambda name=name: self.aws.read(self.aws.iam.get_role, RoleName=name))  # type: ignore[misc]  # as above
                self.facts.roles[arn] = dict(found["Role"]) if found else {}

    def _build(self) -> None:
        """The newest build."""
        found = newest_build(self.aws, self.names.project)
        self.facts.build = dict(found) if found else None

    def _build_log(self) -> None:
        """The log of the build."""
        where = (self.facts.build or {}).get("logs") or {}
        if (self.facts.build or {}).get("buildStatus") in ("FAILED", "TIMED_OUT") and where.get("streamName"):
            self.facts.build_log = logs.lines(self.aws, where["groupName"], where["streamName"], logs.OF_BUILD)

    def _pipeline(self) -> None:
        """The pipeline."""
        answer = none_if_gone(lambda: self.aws.read(self.aws.codepipeline.get_pipeline_state, name=self.names.pipeline))
        self.facts.pipeline = dict(answer) if answer else None

    def _connection(self) -> None:
        """The connection to GitHub."""
        if not self.facts.pipeline:
            return
        pipeline = self.aws.read(self.aws.codepipeline.get_pipeline, name=self.names.pipeline)["pipeline"]
        for action in pipeline["stages"][0]["actions"]:
            if arn := action.get("configuration", {}).get("ConnectionArn"):
                found = self.aws.read(self.aws.codeconnections.get_connection, ConnectionArn=arn)
                self.facts.connection = dict(found["Connection"])

    def _certificate(self) -> None:
        """The certificate."""
        certificate(self.aws, self.facts)

    def _zone(self) -> None:
        """The records of the app's names, and the delegation of their hosted zones."""
        zones(self.aws, self.facts)


def _short(error: EcsctlError) -> str:
    """One line for what could not be read."""
    return f"{error.message} ({error.why.splitlines()[0]})" if error.why else error.message
