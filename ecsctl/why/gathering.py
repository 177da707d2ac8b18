"""Reading the facts: everything at once, and what cannot be read is told instead of guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ecsctl.engine.errors import EcsctlError, Interrupted, explained, is_gone
from ecsctl.engine.label import APP, flat
from ecsctl.names import Names
from ecsctl.own_secrets import is_ours
from ecsctl.parts import RELEASE, RUN
from ecsctl.releases import reading
from ecsctl.resources.support import ecr
from ecsctl.resources.support.builds import newest_build
from ecsctl.resources.support.common import there
from ecsctl.resources.support.deployments import Told
from ecsctl.resources.support.dns import normal
from ecsctl.resources.support.ecs import BY, commands_of, groups_of, tasks_in, tasks_of
from ecsctl.resources.support.job_runs import missed, runs
from ecsctl.resources.support.revisions import container_of, revision
from ecsctl.resources.support.schedules import runs_jobs, schedules_in, tags_of
from ecsctl.why.causes import jobs
from ecsctl.why.evidence import Facts, moment

if TYPE_CHECKING:
    from ecsctl.aws import Aws

READERS = 8
LINES = 50  # of the app's log
BUILD_LINES = 1000  # of a build's: what the failed command wrote stands before all that ran after it


def gather(aws: Aws, app: str, domain: str = "", also: Sequence[str] = ()) -> Facts:
    """All facts about an app. Changes nothing, and raises only Interrupted: what could not be read is in `unread`."""
    aws.forget()
    return _Reading(aws, Facts(app, domain=domain, also=[*also])).all()


def gather_service(aws: Aws, app: str) -> Facts:
    """The facts about the running service alone: enough to tell why its tasks fail, and fewer calls."""
    aws.forget()
    return _Reading(aws, Facts(app)).service_only()


class _Reading:
    """One reading: what needs nothing first, then what needs the service, then what needs a failed task."""

    def __init__(self, aws: Aws, facts: Facts) -> None:
        self.aws, self.facts, self.names = aws, facts, Names(facts.app)

    def all(self) -> Facts:
        self._together(self._service, self._build, self._pipeline, self._certificate, self._commands, self._jobs)
        self._together(self._stopped, self._starting, self._definition, self._balancer, self._network, self._connection)
        self._together(
            self._log,
            self._images,
            self._secrets,
            self._log_groups,
            self._roles,
            self._build_log,
            self._zone,
            self._command_log,
        )
        return self.facts

    def service_only(self) -> Facts:
        self._together(self._service)
        self._together(self._stopped, self._starting, self._definition, self._balancer, self._network)
        self._together(self._log, self._images, self._secrets)
        return self.facts

    def _together(self, *readers: Callable[[], None]) -> None:
        with ThreadPoolExecutor(READERS) as pool:
            self.facts.unread += filter(None, pool.map(self._read, readers))

    def _read(self, reader: Callable[[], None]) -> str:
        """What could not be read, and why; empty if it was read, or is not there."""
        try:
            reader()
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001 - explained() raises again what AWS did not answer
            if is_gone(error):
                return ""
            what = (reader.__doc__ or "").rstrip(".")
            told = explained(error, f"{what[0].lower()}{what[1:]}")
            return _short(told)
        return ""

    def _service(self) -> None:
        """The service."""
        observed = reading.look(self.aws, self.names)
        self.facts.service = observed.service
        self.facts.deployments = list(observed.deployments)
        self.facts.revisions = dict(observed.revisions)

    def _stopped(self) -> None:
        """The tasks that stopped."""
        if not self.facts.service:
            return
        found = tasks_of(self.aws, self.names.cluster, self.names.service, "STOPPED", most=100)
        self.facts.stopped = [dict(one) for one in found if one.get("lastStatus") == "STOPPED"]

    def _starting(self) -> None:
        """The tasks that start."""
        if not (self.facts.service or {}).get("pendingCount"):
            return
        found = tasks_of(self.aws, self.names.cluster, self.names.service, "RUNNING", most=100)
        self.facts.starting = [dict(one) for one in found if one.get("lastStatus") != "RUNNING"]

    def _commands(self) -> None:
        """The tasks that no service keeps."""
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
        if not runs_jobs(self.aws, self.names):
            return
        known, now = runs(self.aws, self.names.cluster, self.names.container), self.aws.now()
        for told in schedules_in(self.aws, self.names.schedule_group):
            if tags_of(told).get(APP) == self.facts.app and (due := missed(told, known, now)):
                self.facts.missed[told["Name"]] = due

    def _command_log(self) -> None:
        """The log of the release command, and of a job."""
        for task in self.facts.commands[:1]:
            self.facts.command_log = self._written_by(task)
        if failed := jobs.bad(self.facts):
            self.facts.job_log = self._written_by(failed)

    def _written_by(self, task: Told) -> list[Told]:
        ran = revision(self.aws, task["taskDefinitionArn"])
        container = container_of(ran.definition, self.names.container)
        options = (container.get("logConfiguration") or {}).get("options") or {}
        if not (group := options.get("awslogs-group")):
            return []
        prefix, ident = options.get("awslogs-stream-prefix", "ecs"), task["taskArn"].rpartition("/")[2]
        return self._lines(group, f"{prefix}/{container['name']}/{ident}")

    def _definition(self) -> None:
        """The task definition."""
        if self.facts.suspect:
            answer = self.aws.look(self.aws.ecs.describe_task_definition, taskDefinition=self.facts.suspect)
            self.facts.definition = dict(answer["taskDefinition"])

    def _balancer(self) -> None:
        """The health of the targets."""
        groups, elb = groups_of(self.facts.service or {}), self.aws.elbv2
        for arn in groups:
            health = self.aws.look(elb.describe_target_health, TargetGroupArn=arn)
            self.facts.targets += [dict(each) for each in health["TargetHealthDescriptions"]]
        for arn in groups[:1]:
            [group] = self.aws.look(elb.describe_target_groups, TargetGroupArns=[arn])["TargetGroups"]
            self.facts.target_group = dict(group)
            if group["LoadBalancerArns"]:
                found = self.aws.look(elb.describe_load_balancers, LoadBalancerArns=group["LoadBalancerArns"][:1])
                self.facts.balancer_groups = list(found["LoadBalancers"][0].get("SecurityGroups", ()))
                self._served(group["LoadBalancerArns"][0])

    def _served(self, balancer: str) -> None:
        """The certificate that the load balancer shows, if the app has a name that it must hold for."""
        if not self.facts.domain:
            return
        listeners = self.aws.look(self.aws.elbv2.describe_listeners, LoadBalancerArn=balancer)["Listeners"]
        arns = [str(one["CertificateArn"]) for each in listeners for one in each.get("Certificates", ())]
        if arns:
            found = self.aws.look(self.aws.acm.describe_certificate, CertificateArn=arns[0])
            self.facts.served = dict(found["Certificate"])

    def _network(self) -> None:
        """The network of the tasks."""
        network = ((self.facts.service or {}).get("networkConfiguration") or {}).get("awsvpcConfiguration")
        if not network:
            return
        ec2 = self.aws.ec2
        groups = self.aws.look(ec2.describe_security_groups, GroupIds=network.get("securityGroups", []))
        self.facts.groups = [dict(one) for one in groups["SecurityGroups"]]
        subnets = self.aws.look(ec2.describe_subnets, SubnetIds=network["subnets"])["Subnets"]
        inside = [{"Name": "vpc-id", "Values": sorted({one["VpcId"] for one in subnets})}]
        tables = self.aws.look(ec2.describe_route_tables, Filters=inside)["RouteTables"]  # type: ignore[arg-type]  # a filter
        links = [(link, dict(table)) for table in tables for link in table.get("Associations", ())]
        main = next((table for link, table in links if link.get("Main")), None)
        own = {link["SubnetId"]: table for link, table in links if link.get("SubnetId")}
        for subnet in network["subnets"]:
            if table := own.get(subnet, main):
                self.facts.subnet_routes[subnet] = table
        found = self.aws.look(ec2.describe_vpc_endpoints, Filters=inside)["VpcEndpoints"]  # type: ignore[arg-type]  # a filter
        self.facts.endpoints = [dict(one) for one in found]

    def _log(self) -> None:
        """The log of the app."""
        if not (self.facts.failed or self.facts.given_up):
            return
        self.facts.log = self._log_of(self.facts.container)
        if self.facts.beside:
            every = {one["name"]: one for one in self.facts.definition.get("containerDefinitions", ())}
            self.facts.beside_log = self._log_of(every.get(self.facts.ended["name"], {}))

    def _log_of(self, container: Told) -> list[Any]:
        options = (container.get("logConfiguration") or {}).get("options") or {}
        group = options.get("awslogs-group")
        if not group:
            return []
        streams = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/"
        if self.facts.failed:
            stream = streams + self.facts.failed[0]["taskArn"].rsplit("/", 1)[-1]
        else:
            stream = self._stream_of_then(group, streams)
        return self._lines(group, stream) if stream else []

    def _stream_of_then(self, group: str, streams: str) -> str:
        """Where a task of the newest deployment wrote that ECS has forgotten; empty if no stream fits.

        A stream that began and ended during the deployment, and of no task that runs: those that went on or began
        before are of other versions. Looks at the 50 streams written to last.
        """
        began, ended = self.facts.since, self.facts.releases.newest.get("finishedAt")
        if not ended:
            return ""
        running = self.aws.look(
            self.aws.ecs.list_tasks,
            cluster=self.names.cluster,
            serviceName=self.names.service,
            desiredStatus="RUNNING",
        )
        alive = {arn.rsplit("/", 1)[-1] for arn in running["taskArns"]}
        found = self.aws.logs.describe_log_streams(
            logGroupName=group, orderBy="LastEventTime", descending=True, limit=50
        )["logStreams"]
        for one in found:
            first, last = moment(one.get("firstEventTimestamp")), moment(one.get("lastEventTimestamp"))
            name = one["logStreamName"]
            then = first is not None and last is not None and began <= first <= last <= ended
            if then and name.startswith(streams) and name.removeprefix(streams) not in alive:
                return name
        return ""

    def _images(self) -> None:
        """The images."""
        for container in self.facts.definition.get("containerDefinitions", ()):
            image = str(container.get("image", ""))
            named = ecr.Reference.of(image)
            if named is None or named.account not in self.facts.suspect or named.region not in self.facts.suspect:
                continue
            found = ecr.by_name(self.aws, named)
            self.facts.images[image] = found is not None
            if found:
                self.facts.processors[image] = sorted(ecr.processors(self.aws, named.repository, found["imageDigest"]))

    def _secrets(self) -> None:
        """The secrets."""
        every = self.facts.definition.get("containerDefinitions", ())
        for secret in (secret for one in every for secret in one.get("secrets") or ()):
            arn = ":".join(secret["valueFrom"].split(":")[:7])
            if ":secretsmanager:" in arn:
                found = there(lambda arn=arn: self.aws.look(self.aws.secretsmanager.describe_secret, SecretId=arn))  # type: ignore[misc]  # a default pins the loop's value
                self.facts.secrets[arn] = (
                    "missing" if found is None else "being deleted" if found.get("DeletedDate") else "there"
                )
                if found and is_ours(self.facts.app, flat(found.get("Tags"))):
                    self.facts.own_secrets[arn] = found["Name"].removeprefix(f"{self.facts.app}/")

    def _log_groups(self) -> None:
        """The log group."""
        options = (self.facts.container.get("logConfiguration") or {}).get("options") or {}
        if name := options.get("awslogs-group"):
            listed = self.aws.look(self.aws.logs.describe_log_groups, logGroupNamePrefix=name)["logGroups"]
            made = options.get("awslogs-create-group") == "true"
            self.facts.log_groups[name] = made or any(one["logGroupName"] == name for one in listed)

    def _roles(self) -> None:
        """The roles of the tasks."""
        for which in ("executionRoleArn", "taskRoleArn"):
            if arn := self.facts.definition.get(which):
                name = arn.rsplit("/", 1)[-1]
                found = there(lambda name=name: self.aws.look(self.aws.iam.get_role, RoleName=name))  # type: ignore[misc]  # as above
                self.facts.roles[arn] = dict(found["Role"]) if found else {}

    def _build(self) -> None:
        """The newest build."""
        found = newest_build(self.aws, self.names.project)
        self.facts.build = dict(found) if found else None

    def _build_log(self) -> None:
        """The log of the build."""
        logs = (self.facts.build or {}).get("logs") or {}
        if (self.facts.build or {}).get("buildStatus") in ("FAILED", "TIMED_OUT") and logs.get("streamName"):
            self.facts.build_log = self._lines(logs["groupName"], logs["streamName"], BUILD_LINES)

    def _pipeline(self) -> None:
        """The pipeline."""
        answer = there(lambda: self.aws.look(self.aws.codepipeline.get_pipeline_state, name=self.names.pipeline))
        self.facts.pipeline = dict(answer) if answer else None

    def _connection(self) -> None:
        """The connection to GitHub."""
        if not self.facts.pipeline:
            return
        pipeline = self.aws.look(self.aws.codepipeline.get_pipeline, name=self.names.pipeline)["pipeline"]
        for action in pipeline["stages"][0]["actions"]:
            if arn := action.get("configuration", {}).get("ConnectionArn"):
                found = self.aws.look(self.aws.codeconnections.get_connection, ConnectionArn=arn)
                self.facts.connection = dict(found["Connection"])

    def _certificate(self) -> None:
        """The certificate."""
        domain = self.facts.domain
        if not domain:
            return
        every = self.aws.look(
            self.aws.acm.list_certificates,
            CertificateStatuses=[
                "PENDING_VALIDATION",
                "ISSUED",
                "EXPIRED",
                "VALIDATION_TIMED_OUT",
                "REVOKED",
                "FAILED",
            ],
        )["CertificateSummaryList"]
        ours = [one["CertificateArn"] for one in every if one.get("DomainName") == domain]
        found = [self.aws.look(self.aws.acm.describe_certificate, CertificateArn=arn)["Certificate"] for arn in ours]
        wanted = {domain, *self.facts.also}  # one for other names is of before
        found.sort(key=lambda one: (not wanted <= {*one.get("SubjectAlternativeNames", ()), one["DomainName"]},
                                    one["Status"] != "ISSUED"))  # fmt: skip
        self.facts.certificate = dict(found[0]) if found else None

    def _zone(self) -> None:
        """The hosted zones of the app's names: what stands there, and to which of them the world is not led."""
        if not self.facts.domain:
            return
        listed = self.aws.look(self.aws.route53.list_hosted_zones)["HostedZones"]
        zones: dict[str, list[Any]] = {}
        for name in (self.facts.domain, *self.facts.also):
            if above := _zones_above(listed, name):
                zones[above[0]["Id"]] = above
                self.facts.names += self._records(above[0]["Id"], name)
        if (self.facts.certificate or {}).get("Status") != "PENDING_VALIDATION":
            return
        found = [self._delegation(*above) for above in zones.values()]
        astray = (one for one in found if "parent" in one and {*one["parent"]} != {*one["ours"]})
        self.facts.delegation = next(astray, found[0] if found else {})

    def _delegation(self, zone: Any, *parents: Any) -> dict[str, list[str]]:
        """The name servers of a zone, and those to which the nearest zone above leads."""
        ours = [one for one in self._records(zone["Id"], zone["Name"]) if one["Type"] == "NS"]
        found = {"zone": [zone["Name"].rstrip(".")], "ours": _values(ours)}
        for parent in parents[:1]:
            leads = [one for one in self._records(parent["Id"], zone["Name"]) if one["Type"] == "NS"]
            found |= {"above": [parent["Name"].rstrip(".")], "parent": _values(leads)}
        return found

    def _records(self, zone: str, name: str) -> list[Any]:
        """What stands at a name: Route 53 lists from there on, in its own order."""
        zone = zone.removeprefix("/hostedzone/")  # as ListHostedZones tells it; with it, an id may be too long
        found = self.aws.route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName=name, MaxItems="20")
        return [dict(one) for one in found["ResourceRecordSets"] if normal(one["Name"]) == normal(name)]

    def _lines(self, group: str, stream: str, limit: int = LINES) -> list[Any]:
        """The last lines of a log, none if there is no such stream."""
        answer = there(
            lambda: self.aws.look(
                self.aws.logs.get_log_events, logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False
            )
        )
        return list(answer["events"]) if answer else []


def _zones_above(zones: list[Any], domain: str) -> list[Any]:
    """The public zones that a name is in, the nearest first."""
    public = [one for one in zones if not one.get("Config", {}).get("PrivateZone")]
    fits = [one for one in public if f".{normal(domain)}".endswith(f".{normal(one['Name'])}")]
    return sorted(fits, key=lambda one: -len(one["Name"]))


def _values(records: list[Any]) -> list[str]:
    return [normal(one["Value"]) for record in records for one in record.get("ResourceRecords", ())]


def _short(error: EcsctlError) -> str:
    """One line for what could not be read."""
    return f"{error.message} ({error.why.splitlines()[0]})" if error.why else error.message
