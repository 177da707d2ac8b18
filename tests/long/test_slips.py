"""Mistakes that are easily made when a kind is added or changed: the contract's tests must catch each of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecsctl.engine.resource import AnyResource
from ecsctl.resources.access_point import AccessPoint
from ecsctl.resources.bucket import Bucket
from ecsctl.resources.build_project import BuildProject
from ecsctl.resources.cluster import Cluster
from ecsctl.resources.elastic_ip import ElasticIp
from ecsctl.resources.file_system import FileSystem
from ecsctl.resources.flow_log import FlowLog, FlowLogIds
from ecsctl.resources.issued_certificate import IssuedCertificate
from ecsctl.resources.listener import Listener
from ecsctl.resources.load_balancer import LoadBalancer
from ecsctl.resources.mount_targets import MountTargets
from ecsctl.resources.nat_gateway import NatGateway
from ecsctl.resources.pipeline import Pipeline
from ecsctl.resources.repository import Repository
from ecsctl.resources.role import Role
from ecsctl.resources.scaling import Scaling
from ecsctl.resources.security_group import SecurityGroup
from ecsctl.resources.service import Service
from ecsctl.resources.subnet import Subnet
from ecsctl.resources.target_group import TargetGroup
from ecsctl.resources.task_definition import TaskDefinition
from ecsctl.resources.topic import Topic
from ecsctl.resources.vpc import Vpc
from ecsctl.resources.webhook import Webhook
from tests.crash.conftest import some
from tests.desired_stack import USUAL
from tests.resources import test_contract as contract
from tests.resources.lifecycle import Lifecycle, of, run_lifecycle
from tests.rows import ROWS
from tests.rows.row import Row

FORGOTTEN: list[tuple[type[AnyResource], str]] = [
    (TargetGroup, "matcher"),
    (TargetGroup, "unhealthy_threshold_count"),
    (Listener, "certificate"),
    (BuildProject, "role"),
    (BuildProject, "image"),
    (Pipeline, "role"),
    (Repository, "scan_on_push"),
    (Bucket, "abort_incomplete_multipart_upload_days"),
    (Role, "permissions_boundary"),
    (Service, "platform_version"),
    (TaskDefinition, "stop_timeout"),
    (Scaling, "cpu_percent"),
    (Scaling, "resolution"),
]

CREATED_SLOWLY: list[type[AnyResource]] = [
    FileSystem,
    AccessPoint,
    MountTargets,
    Vpc,
    Subnet,
    NatGateway,
    LoadBalancer,
    IssuedCertificate,
    Cluster,
    Service,
    Pipeline,
    Webhook,
]


def caught(kind: type[AnyResource], folder: Path) -> str:
    """Returns the first failure of the contract's tests for this kind; empty if there is none."""
    for stack in {row.stack for row in ROWS if row.kind is kind}:
        rows = [row for row in of(stack) if row.kind is kind]
        home = folder / stack
        home.mkdir()
        try:
            lifecycle = run_lifecycle(stack, home, rows)
        except Exception as error:  # noqa: BLE001 - a run that fails is caught too
            return f"{stack}: {error}"
        for test in _tests_of(stack, rows, lambda _, lifecycle=lifecycle: lifecycle):
            try:
                test()
            except (AssertionError, KeyError) as error:
                return f"{test.func.__name__}: {error}"
    return ""


def _tests_of(stack: str, rows: list[Row], lifecycles: Callable[[str], Lifecycle]) -> Iterator[functools.partial[None]]:
    for test in (
        contract.test_the_second_plan_is_empty,
        contract.test_the_state_file_is_not_needed,
        contract.test_a_create_sends_the_idempotency_token_that_aws_takes,
        contract.test_what_may_not_be_read_is_not_taken_for_absent,
        contract.test_a_change_that_aws_denies_is_not_taken_for_made,
        contract.test_what_is_planned_as_an_update_is_sent,
        contract.test_the_ids_that_a_create_returns_are_those_that_are_observed,
        contract.test_changed_values_are_applied,
        contract.test_drift_is_corrected,
        contract.test_what_others_do_by_hand_is_reported_as_drift,
        contract.test_what_others_did_by_hand_is_corrected,
        contract.test_a_snapshot_of_the_account_shows_it,
        contract.test_down_leaves_nothing_though_every_delete_is_repeated,
    ):
        yield functools.partial(test, lifecycles, stack)
    for row in rows:
        for name in {**row.made, **row.observed}:
            yield functools.partial(contract.test_another_value_of_a_field_is_observed, lifecycles, row, name)
        if not row.kind.wait:
            yield functools.partial(contract.test_it_is_found_by_its_tags_alone_and_by_nobody_else, lifecycles, row)
            yield functools.partial(contract.test_it_is_tagged_by_its_create_call, lifecycles, row)
            yield functools.partial(
                contract.test_what_another_app_has_is_refused_and_what_nobody_has_tagged, lifecycles, row
            )
        yield functools.partial(contract.test_what_aws_is_still_creating_is_not_ready, lifecycles, row)
        yield functools.partial(contract.test_the_operators_policy_covers_every_call_of_it, lifecycles, row)
        yield functools.partial(contract.test_the_rights_of_a_kind_name_every_call_in_its_file, row.kind)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kind", "name"), some(FORGOTTEN, 4), ids=lambda one: one if isinstance(one, str) else one.kind
)
def test_a_field_that_observe_forgets_to_read_is_noticed(
    kind: type[AnyResource], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """mypy reports a field that is left out, so it gets a made-up value: the usual or the desired one."""
    observe = kind.observe

    def forgetful(self: Any, aws: Any, me: Any) -> Any:
        observed = observe(self, aws, me)
        value = USUAL.get(kind, {}).get(name, getattr(self, name))
        return observed and replace(observed, actual=replace(observed.actual, **{name: value}))

    monkeypatch.setattr(kind, "observe", forgetful)
    assert caught(kind, tmp_path)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", some(CREATED_SLOWLY, 2), ids=lambda kind: kind.kind)
def test_a_kind_that_is_always_ready_is_noticed(
    kind: type[AnyResource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe = kind.observe

    def ready(self: Any, aws: Any, me: Any) -> Any:
        observed = observe(self, aws, me)
        return observed and replace(observed, ready=True)

    monkeypatch.setattr(kind, "observe", ready)
    assert caught(kind, tmp_path)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", some([Repository, ElasticIp, Scaling], 1), ids=lambda kind: kind.kind)
def test_a_kind_that_finds_nothing_is_noticed(
    kind: type[AnyResource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "find", classmethod(lambda cls, aws, me: iter(())))
    assert caught(kind, tmp_path)


@pytest.mark.timeout(600)
def test_a_refusal_that_a_kind_takes_for_absence_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    observe = Topic.observe

    def forgiving(self: Any, aws: Any, me: Any) -> Any:
        try:
            return observe(self, aws, me)
        except ClientError:
            return None

    monkeypatch.setattr(Topic, "observe", forgiving)
    assert caught(Topic, tmp_path)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", some([SecurityGroup, ElasticIp], 1), ids=lambda kind: kind.kind)
def test_a_delete_that_hides_a_refusal_is_noticed(
    kind: type[AnyResource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = kind.delete

    def silent(cls: Any, aws: Any, ids: Any) -> None:
        with suppress(ClientError):
            delete(aws, ids)

    monkeypatch.setattr(kind, "delete", classmethod(silent))
    assert caught(kind, tmp_path)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kind", "name"), [(Topic, "tags"), (LoadBalancer, "web_acl")], ids=["tags", "what is only planned"]
)
def test_what_update_forgets_is_noticed(
    kind: type[AnyResource], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = kind.update

    def forgetful(self: Any, aws: Any, me: Any, ids: Any, changed: frozenset[str]) -> None:
        update(self, aws, me, ids, changed - {name})

    monkeypatch.setattr(kind, "update", forgetful)
    assert caught(kind, tmp_path)


@pytest.mark.timeout(600)
def test_wrong_ids_from_a_create_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = Topic.create

    def mistaken(self: Any, aws: Any, me: Any) -> Any:
        return replace(create(self, aws, me), arn="arn:aws:sns:eu-central-1:123456789012:shop-topic")

    monkeypatch.setattr(Topic, "create", mistaken)
    assert caught(Topic, tmp_path)


@pytest.mark.timeout(600)
def test_a_create_without_its_token_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def create(self: Any, aws: Any, me: Any) -> Any:
        answer = aws.ec2.create_flow_logs(
            ResourceType="VPC",
            ResourceIds=[self.vpc],
            TrafficType=self.traffic_type,
            LogGroupName=self.log_group,
            DeliverLogsPermissionArn=self.role,
            TagSpecifications=me.specification("vpc-flow-log"),
        )
        return FlowLogIds(answer["FlowLogIds"][0])

    monkeypatch.setattr(FlowLog, "create", create)
    assert caught(FlowLog, tmp_path)


@pytest.mark.timeout(600)
def test_a_delete_that_cannot_be_repeated_halfway_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def delete(cls: Any, aws: Any, ids: Any) -> None:
        aws.events.delete_api_destination(Name=ids.name)
        aws.events.delete_connection(Name=ids.name)

    monkeypatch.setattr(Webhook, "delete", classmethod(delete))
    assert caught(Webhook, tmp_path)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kind", "action"),
    some(
        [
            (Topic, "sns:Unsubscribe"),  # not called in the lifecycle: nobody confirms the subscription
            (Repository, "ecr:PutLifecyclePolicy"),
            (Scaling, "ecs:UpdateService"),
        ],
        1,
    ),
)
def test_a_right_that_a_kind_does_not_say_is_noticed(
    kind: type[AnyResource], action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = kind.rights

    def silent(cls: Any, scope: Any, uses: Any) -> Iterator[Any]:
        for one in says(scope, uses):
            yield replace(one, actions=tuple(each for each in one.actions if each != action))

    monkeypatch.setattr(kind, "rights", classmethod(silent))
    assert caught(kind, tmp_path)


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("per_gigabyte", contract.test_every_kind_has_a_price_or_is_known_to_be_free),
        ("contents", contract.test_what_is_billed_by_its_size_reports_its_contents),
    ],
)
def test_a_fact_that_a_kind_does_not_say_is_noticed(
    name: str, test: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Repository, name)
    with pytest.raises(AssertionError):
        test()


@pytest.mark.timeout(600)
def test_nothing_is_noticed_where_nothing_is_wrong(tmp_path: Path) -> None:
    assert caught(Repository, tmp_path) == ""
