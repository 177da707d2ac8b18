"""AWS as the resources see it: a shared typed client per service, shared reads, and a read-only switch."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from ecsctl import __version__
from ecsctl.aws import authorities, partial
from ecsctl.names import ROLE_PATH

if TYPE_CHECKING:
    from boto3.session import Session
    from types_boto3_acm import ACMClient
    from types_boto3_application_autoscaling import ApplicationAutoScalingClient
    from types_boto3_codebuild import CodeBuildClient
    from types_boto3_codeconnections import CodeConnectionsClient
    from types_boto3_codepipeline import CodePipelineClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_ecr import ECRClient
    from types_boto3_ecs import ECSClient
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client
    from types_boto3_iam import IAMClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from types_boto3_route53 import Route53Client
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_service_quotas import ServiceQuotasClient
    from types_boto3_sts import STSClient

    from ecsctl.aws.patience import Patience

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 16  # for reads: more gain nothing
WIDE = 40  # for changes: many wait for AWS, and hold nobody up
AHEAD = 48  # threads for the reads that are sent first
SERVICES = {"autoscaling": "application-autoscaling", "tagging": "resourcegroupstaggingapi", "quotas": "service-quotas"}
"""Attributes of Aws whose names differ from boto3's name of the service."""
IN_TURN = "ecsctl-in-turn"  # the handler by which each client waits before a request
READS = ("describe_", "get_", "list_", "batch_get_", "head_", "filter_", "lookup_", "search_", "simulate_")


class ReadOnly(RuntimeError):
    """A changing call was made where only reading is allowed: always a bug, never the user's fault."""


class Call:
    """One operation of one service, ready to be called; and the key under which its answer is shared."""

    def __init__(self, aws: Aws, service: str, operation: str) -> None:
        self.aws, self.service, self.operation = aws, service, operation
        self.reads = operation.startswith(READS)

    def __call__(self, **parameters: Any) -> Any:
        """Make the call: a read is retried if it may be, a change is sent once, but delayed until AWS has time
        for it.
        """
        return self.aws._call(self, parameters)  # noqa: SLF001 - a call is a part of it


class Service:
    """A client that retries reads patiently, and sends changes once and only if changing is allowed."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws, self._name = aws, name

    def __getattr__(self, operation: str) -> Any:
        if operation in ("meta", "exceptions", "get_waiter", "get_paginator"):
            return getattr(self._aws.client(self._name), operation)
        return Call(self._aws, self._name, operation)


class Aws:
    """One account and region, through boto3's own chain of credentials, profiles and endpoints.

    A change is never repeated by the SDK: after a lost answer to a create, that would create the resource twice. The
    engine reads again and decides. Only a throttled change is sent again: it had no effect. A read is repeated through
    throttling and lost answers, on the one clock. Each service is an attribute; its client is created at its first use.
    """

    sts: STSClient
    ec2: EC2Client
    elbv2: ElasticLoadBalancingv2Client
    acm: ACMClient
    route53: Route53Client
    iam: IAMClient
    ecr: ECRClient
    ecs: ECSClient
    autoscaling: ApplicationAutoScalingClient
    logs: CloudWatchLogsClient
    s3: S3Client
    secretsmanager: SecretsManagerClient
    scheduler: Any  # few calls: not worth the stubs
    sns: Any  # likewise
    kms: Any  # likewise
    events: Any  # likewise
    cloudwatch: Any  # likewise
    efs: Any  # likewise
    wafv2: Any  # likewise
    route53domains: Any  # likewise
    sqs: Any  # likewise
    ssm: Any  # only parameters are read: not worth all of its stubs
    codebuild: CodeBuildClient
    codeconnections: CodeConnectionsClient
    codepipeline: CodePipelineClient
    tagging: ResourceGroupsTaggingAPIClient
    quotas: ServiceQuotasClient

    def __init__(
        self,
        patience: Patience,
        *,
        session: Session | Callable[[], Session],
        heard: Callable[[str, str, float, BaseException | None, dict[str, Any]], None] | None = None,
        unanswered: Callable[[Exception, Any, Session], Exception | None] | None = None,
    ) -> None:
        self.patience = patience
        self.read_only = False
        self.role_path = ROLE_PATH  # of the roles that are listed
        self.additions = True  # whether to read also what others added to ours: it is reported, and left alone
        self.changes = 0  # how many changing calls were sent
        self._made = session
        self._place: str | None = None  # another region than the session's
        self._heard, self._unanswered = heard, unanswered
        self._lock = threading.RLock()
        self._making = threading.Lock()  # of clients
        self._clients: dict[str, Any] = {}
        self._paginators: dict[tuple[str, str], Any] = {}
        self._answers: dict[tuple[str, str, str], tuple[float, Future[Any]]] = {}
        self._thread = threading.local()
        self._date = ("", datetime.now(UTC))  # the time in AWS's last answer, and when that came

    if not TYPE_CHECKING:  # for which the annotations are all

        def __getattr__(self, name):  # noqa: ANN001, ANN204
            """The service that an annotation names."""
            if name not in Aws.__annotations__:
                raise AttributeError(name)
            return Service(self, SERVICES.get(name, name))

    @property
    def session(self) -> Session:
        """The boto3 session, created at its first use."""
        with self._lock:
            if callable(self._made):
                self._made = self._made()
            return self._made

    def elsewhere(self, region: str) -> Aws:
        """The same account in another region, read-only; itself for its own region."""
        if region == self.session.region_name:
            return self
        other = Aws(self.patience, session=self.session, heard=self._heard, unanswered=self._unanswered)
        other._place, other.read_only = region, True
        return other

    def client(self, service: str) -> Any:
        """The underlying client of a service, created at its first use. Prefer the attributes."""
        with self._making:
            if service not in self._clients:
                from botocore.config import Config

                config = Config(
                    retries={"mode": "standard", "total_max_attempts": 1},
                    connect_timeout=5,
                    read_timeout=60,
                    max_pool_connections=AHEAD,
                    user_agent_extra=f"ecsctl/{__version__}",
                )
                made = self.session.client(service, region_name=self._place, config=config)  # type: ignore[call-overload]  # the name is a variable here
                authorities.read_once(made)
                made.meta.events.register("before-call", functools.partial(self._in_turn, service), IN_TURN)
                self._clients[service] = made
            return self._clients[service]

    def _in_turn(self, service: str, model: Any, **_: Any) -> None:
        """Called before each request, including those for the next page of an answer."""
        self.patience.turn(service, model.name)

    @contextmanager
    def no_older_than(self, moment: float) -> Iterator[None]:
        """Within it, this thread accepts no shared answer that was requested before `moment` (time.monotonic)."""
        before = getattr(self._thread, "moment", 0.0)
        self._thread.moment = max(before, moment)
        try:
            yield
        finally:
            self._thread.moment = before

    @contextmanager
    def uncached(self, *operations: str) -> Iterator[None]:
        """Within it, this thread reads from AWS again; only for some `operations`, if they are named."""
        if not operations:
            with self.no_older_than(time.monotonic()):
                yield
            return
        before = getattr(self._thread, "alone", {})
        self._thread.alone = {**before, **dict.fromkeys(operations, time.monotonic())}
        try:
            yield
        finally:
            self._thread.alone = before

    def forget(self) -> None:
        """Let every read from here on go to AWS again, in all threads: time has passed."""
        with self._lock:
            self._answers.clear()

    def ahead(self, reads: Iterable[Callable[[], object]]) -> None:
        """Begin these reads and return: whoever reads the same soon shares their answers. A failed one is repeated
        then.

        They accept no older answer than this thread does.
        """
        from concurrent.futures import ThreadPoolExecutor

        def begin(read: Callable[[], object]) -> None:
            with suppress(Exception), self.no_older_than(moment):  # whoever needs the answer gets the error
                read()

        moment = getattr(self._thread, "moment", 0.0)

        pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="ecsctl-ahead")
        for one in reads:
            pool.submit(begin, one)
        pool.shutdown(wait=False)

    def read(self, call: Callable[P, R], *_: P.args, **parameters: P.kwargs) -> R:
        """The complete answer to a read, all its pages, requested once for all who read the same at the same time.

        Raises botocore's ClientError like the call itself.
        """
        return cast(R, self._shared(cast(Call, call), parameters, whole=True))

    def first_page(self, call: Callable[P, R], *_: P.args, **parameters: P.kwargs) -> R:
        """Like `read`, but only the first page: if AWS lists the newest first, and no more is needed."""
        return cast(R, self._shared(cast(Call, call), parameters, whole=False))

    def answered(self, call: Callable[P, R], *_: P.args, **parameters: P.kwargs) -> R | None:
        """The answer that `read` has already had to this in the run, if it is fresh enough for this thread. Sends no
        request.
        """
        asked = cast(Call, call)
        key, moment = self._key(asked, parameters, whole=True), self._oldest(asked)
        with self._lock:
            at, answer = self._answers.get(key, (-1.0, None))
        if answer is None or at < moment or not answer.done() or answer.exception():
            return None
        return cast(R, answer.result())

    def tagged(self, key: str, value: str, types: Collection[str]) -> list[str]:
        """The ARNs of these types that AWS lists by a tag: new ones appear a minute late, deleted ones stay for long. A
        hint.
        """
        answer = self.read(
            self.tagging.get_resources,
            TagFilters=[{"Key": key, "Values": [value]}],
            ResourceTypeFilters=sorted(types),
        )
        return [one["ResourceARN"] for one in answer["ResourceTagMappingList"]]

    def _shared(self, asked: Call, parameters: dict[str, Any], *, whole: bool) -> Any:
        if not asked.reads:
            raise ReadOnly(f"{asked.service}.{asked.operation} is not a read")
        key, moment = self._key(asked, parameters, whole=whole), self._oldest(asked)
        with self._lock:
            at, answer = self._answers.get(key, (-1.0, None))
            mine = answer is None or at < moment
            if mine:
                at, answer = time.monotonic(), Future()
                self._answers[key] = (at, answer)
        assert answer is not None  # noqa: S101 - for the type checker
        if mine:
            try:
                answer.set_result(self._call(asked, dict(parameters), whole=whole))
            except BaseException as error:  # noqa: BLE001 - whoever waits for the shared answer must get it
                if not self.patience.is_answer(error):
                    with self._lock:
                        self._answers.pop(key, None)
                answer.set_exception(error)
        return answer.result()

    def _key(self, asked: Call, parameters: Mapping[str, Any], *, whole: bool) -> tuple[str, str, str]:
        return asked.service, asked.operation, json.dumps([whole, parameters], sort_keys=True, default=str)

    def _oldest(self, asked: Call) -> float:
        """The moment before which this thread accepts no shared answer."""
        alone: dict[str, float] = getattr(self._thread, "alone", {})
        return max(getattr(self._thread, "moment", 0.0), alone.get(asked.operation, 0.0))

    def _call(self, call: Call, parameters: dict[str, Any], *, whole: bool = False) -> Any:
        client = self.client(call.service)
        if not call.reads:
            if self.read_only:
                raise ReadOnly(f"{call.service}.{call.operation} would change something")
            self.patience.check()
            with self._lock:
                self.changes += 1
            return self.patience.in_time(
                lambda: self._timed(call, parameters, lambda: getattr(client, call.operation)(**parameters)),
                what=f"{call.service} {call.operation}",
            )
        ask: Callable[[], Any] = lambda: getattr(client, call.operation)(**parameters)  # noqa: E731 - one of three
        if whole and client.can_paginate(call.operation):
            paginator = self._paginator(call)
            ask = lambda: paginator.paginate(**parameters).build_full_result()  # noqa: E731 - one of three
        elif whole:
            ask = lambda: _every_page(getattr(client, call.operation), parameters)  # noqa: E731 - one of three
        return self.patience.through(
            lambda: self._timed(call, parameters, ask), what=f"{call.service} {call.operation}"
        )

    def _paginator(self, call: Call) -> Any:
        """One for each operation: boto3 creates a class of its own, with its docs, each time it is asked."""
        which = (call.service, call.operation)
        if (found := self._paginators.get(which)) is None:
            found = self._paginators[which] = self.client(call.service).get_paginator(call.operation)
        return found

    def now(self) -> datetime:
        """The time by AWS's clock, from its last answer: this machine's may be wrong, the sandbox's runs fast."""
        date, heard = self._date
        ahead = timedelta()
        with suppress(ValueError, TypeError):  # anything but a date is ignored
            ahead = parsedate_to_datetime(date) - heard
        return datetime.now(UTC) + ahead

    def at(self, moment: datetime) -> datetime:
        """Returns what AWS's clock showed at a moment of this machine's. The sandbox's runs faster."""
        return self.now() - (datetime.now(UTC) - moment) * self.patience.speed

    def _timed(self, call: Call, parameters: dict[str, Any], make: Callable[[], Any]) -> Any:
        began = time.monotonic()
        failure: BaseException | None = None
        try:
            answer = make()
            self._set_clock(answer)
            partial.check(call.service, call.operation, answer)
            return answer
        except Exception as error:
            failure = error
            if self._unanswered and (reason := self._unanswered(error, self.client(call.service), self.session)):
                raise reason from error
            raise
        finally:
            if self._heard:
                self._heard(call.service, call.operation, time.monotonic() - began, failure, parameters)

    def _set_clock(self, answer: Any) -> None:
        """Set the clock by an answer's date. Answers of several pages have none."""
        if date := answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date"):
            self._date = (date, datetime.now(UTC))


def _every_page(ask: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    """All pages of an operation that the SDK has no paginator for: its items, one page after the other.

    EC2 spells the token NextToken, other services nextToken, in the request as in the answer.
    """
    whole = ask(**parameters)
    name = "NextToken" if "NextToken" in whole else "nextToken"
    while token := whole.pop(name, None):
        for member, more in ask(**parameters, **{name: token}).items():
            whole[member] = [*whole.get(member, []), *more] if isinstance(more, list) else more
    return whole
