"""Releases to a service in the sandbox: what runs afterwards, the report, and what a refusal leaves untouched."""

from __future__ import annotations

import pytest

from ecsctl.errors import EcsctlError, Interrupted, Refused, UsageError
from ecsctl.releases.release import Release, cancel, deploy, rollback
from ecsctl.releases.verdict import Outcome
from ecsctl.sandbox.aws import ecs
from tests.releases.conftest import APP, REPOSITORY, Service
from tests.stack.conftest import ACCOUNT, REGION


def asked_nothing(now: str, then: str) -> None:
    """Agree."""


def release(service: Service, image: str = "", limit: float = 900.0) -> Release:
    return deploy(*service.app(), image, say=service.say, limit=limit)


def back(service: Service, revision: str = "", limit: float = 900.0) -> Release:
    return rollback(*service.app(), revision, agree=asked_nothing, say=service.say, limit=limit)


def images(service: Service) -> dict[str, str]:
    """The image of each container of what the service runs."""
    return {one["name"]: one["image"] for one in service.definition(service.runs)["containerDefinitions"]}


def test_the_newest_image_is_deployed_by_digest_and_nothing_else_changes(service: Service) -> None:
    service.start(service.push("v1"))
    newest = service.push("v2", "latest")
    done = release(service)
    assert (done.verdict.outcome, done.verdict.exit_code) == (Outcome.DEPLOYED, 0)
    assert done.verdict.sentence == "revision 2 is deployed: 1 of 1 tasks run it"
    assert service.runs == "hello:2"
    assert images(service) == {"hello": newest, "sidecar": "public.ecr.aws/nginx/nginx:1.27"}
    before, after = service.definition("hello:1"), service.definition("hello:2")
    for each in (before, after):
        for own in ("taskDefinitionArn", "revision", "registeredAt", "registeredBy"):
            del each[own]
        del each["containerDefinitions"][0]["image"]
    assert before == after


def test_a_named_image_is_deployed_by_the_digest_its_tag_stands_for(service: Service) -> None:
    first = service.push("v1")
    service.start(service.push("v2"))
    assert release(service, f"{REPOSITORY}:v1").verdict.outcome is Outcome.DEPLOYED
    assert images(service)["hello"] == first


def test_a_new_revision_has_our_tags(service: Service) -> None:
    service.start(service.push("v1"))
    untagged = service.register(service.push("v2"), tagged=False)  # as the pipeline's copy may be
    service.point(untagged)
    service.clock.sleep(600)
    service.push("v3")
    release(service)
    tags = service.ecs.list_tags_for_resource(resourceArn=service.read()["taskDefinition"])["tags"]
    assert {"key": "ecsctl:resource", "value": "task-definition"} in tags
    assert set(map(str, service.tags)) <= set(map(str, tags))


def test_what_runs_already_is_deployed_without_a_change(service: Service) -> None:
    service.start(service.push("v1"))
    done = release(service)
    assert (done.verdict.exit_code, done.changed) == (0, False)
    assert "runs already" in done.verdict.sentence
    assert (service.runs, service.revisions) == ("hello:1", 1)


def test_a_crashing_image_is_reported_as_rolled_back_and_the_old_one_runs(service: Service) -> None:
    service.start(service.push("v1"))
    ecs.script_tasks(ACCOUNT, "v2", "crash")
    service.push("v2")
    done = release(service)
    assert (done.verdict.outcome, done.verdict.exit_code) == (Outcome.ROLLED_BACK, 6)
    assert done.verdict.sentence == "revision 2 was rolled back by the circuit breaker: revision 1 runs again"
    assert service.runs == "hello:1"


def test_without_a_rollback_a_crashing_image_is_reported_as_failed(service: Service) -> None:
    service.start(service.push("v1"), rollback=False)
    ecs.script_tasks(ACCOUNT, "v2", "crash")
    service.push("v2")
    done = release(service)
    assert (done.verdict.outcome, done.verdict.exit_code) == (Outcome.FAILED, 1)
    ecs.script_tasks(ACCOUNT, "v2", "ok")
    assert release(service).verdict.outcome is Outcome.DEPLOYED  # the same image again: it was given up, not deployed


def test_a_deploy_of_the_pipeline_meanwhile_is_reported_as_superseded(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.start(service.push("v1"))
    pipeline = service.register(service.push("v2"), tagged=False)
    service.push("v3")
    sleep = service.clock.sleep
    pointed: list[str] = []

    def another(seconds: float) -> None:
        sleep(seconds)
        if service.runs == "hello:3" and not pointed:
            pointed.append(pipeline)
            service.point(pipeline)

    monkeypatch.setattr(service.clock, "sleep", another)
    found = release(service)
    assert (found.verdict.outcome, found.verdict.exit_code) == (Outcome.SUPERSEDED, 7)
    assert found.verdict.sentence == "revision 3 was superseded by revision 2 before it was done"


def test_a_time_out_is_resumed_by_the_same_command_without_another_deployment(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    first = release(service, limit=5)
    assert (first.verdict.outcome, first.verdict.exit_code, first.changed) == (Outcome.TIMED_OUT, 4, True)
    again = release(service)
    assert (again.verdict.outcome, again.changed) == (Outcome.DEPLOYED, False)
    assert service.revisions == 2


def test_with_no_tasks_desired_a_release_is_deployed_and_says_that_nothing_runs(service: Service) -> None:
    service.start(service.push("v1"), desired=0)
    service.push("v2")
    done = release(service)
    assert done.verdict.outcome is Outcome.DEPLOYED
    assert "nothing runs: the service's desired count is 0" in done.verdict.sentence


BAD = {
    "no image's name": ("What? this", "expected the name of an image"),
    "a name with an empty part": ("nginx//nginx", "expected the name of an image"),
    "a name that ends in a dot": ("nginx.", "expected the name of an image"),
    "a name with two dots": ("acme/web..app:1", "expected the name of an image"),
    "a digest without its name": ("0" * 64, "expected the name of an image"),
    "a name that is too long": ("a" * 256, "expected the name of an image"),
    "a digest that is cut": (f"nginx@sha256:{'0' * 63}", "expected the name of an image"),
    "a tag that is not there": (f"{REPOSITORY}:none", "there is no image"),
    "a digest that is not there": (f"{REPOSITORY}@sha256:{'0' * 64}", "there is no image"),
    "another processor": (f"{REPOSITORY}:intel", "for amd64"),
}


def test_of_a_public_image_it_is_reported_that_only_its_registry_knows_it(service: Service) -> None:
    service.start(service.push("v1"))
    for image, host in {"nope": "docker.io", "acme/web:1": "docker.io", "Quay.io/acme/web_app:1.2": "Quay.io",
                        "localhost:5000/web": "localhost:5000"}.items():  # fmt: skip
        messages: list[str] = []
        deploy(*service.app(), image, say=messages.append)
        assert f"{image} is pulled from {host}: whether it exists shows when the tasks start" in messages


def test_a_wrong_image_is_refused_and_nothing_changed(service: Service) -> None:
    service.push("intel", architecture="amd64")
    service.start(service.push("v1"))
    session = service.session()
    for image, message in BAD.values():
        with pytest.raises(EcsctlError, match=message):
            deploy(session.aws, session.state, image, say=service.say)
    assert session.aws.changes == 0
    assert (service.runs, service.revisions) == ("hello:1", 1)


def test_without_an_image_or_a_service_there_is_nothing_to_deploy(service: Service) -> None:
    with pytest.raises(Refused, match="there is no ECS service hello"):
        release(service)
    service.start("public.ecr.aws/nginx/nginx:1.27")
    with pytest.raises(Refused, match="there is no image to release"):
        release(service)
    service.ecs.delete_service(cluster=APP, service=APP, force=True)
    with pytest.raises(Refused, match="is being deleted"):
        release(service)


def test_another_release_is_refused_while_one_rolls_out(service: Service) -> None:
    first = service.push("v1")
    service.start(first)
    service.push("v2")
    release(service, limit=5)
    with pytest.raises(Refused, match="revision 2 is rolling out"):
        release(service, first)
    with pytest.raises(Refused, match="revision 2 is rolling out"):
        back(service, "1")
    assert service.runs == "hello:2"


def test_rollback_goes_to_the_last_good_release_and_there_and_back_again(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    release(service)
    ecs.script_tasks(ACCOUNT, "v3", "crash")
    service.push("v3")
    release(service)  # rolled back: no good release
    assert service.runs == "hello:2"
    done = back(service)
    assert (done.verdict.outcome, service.runs) == (Outcome.DEPLOYED, "hello:1")
    assert back(service).verdict.outcome is Outcome.DEPLOYED
    assert service.runs == "hello:2"


def test_rollback_goes_to_a_named_revision(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    release(service)
    family = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/hello"
    for name, runs in (("1", "hello:1"), ("hello:2", "hello:2"), (f"{family}:1", "hello:1")):
        assert back(service, name).verdict.outcome is Outcome.DEPLOYED
        assert service.runs == runs
    assert not back(service, "1").changed


def test_rollback_runs_the_image_of_then_although_its_tag_has_moved(service: Service) -> None:
    then = service.push("stable")
    service.start(f"{REPOSITORY}:stable")
    service.push("v2", "stable")
    release(service, f"{REPOSITORY}:v2")
    assert back(service).verdict.outcome is Outcome.DEPLOYED
    assert images(service)["hello"] == then
    assert service.runs == "hello:3"


def test_a_rollback_that_timed_out_is_resumed_by_the_same_command(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    release(service)
    assert back(service, limit=5).verdict.outcome is Outcome.TIMED_OUT
    again = back(service)
    assert (again.verdict.outcome, again.changed, service.runs) == (Outcome.DEPLOYED, False, "hello:1")


def test_the_hint_of_a_stopped_rollback_is_not_to_roll_back_once_more(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    release(service)
    aws, state = service.app()
    aws.patience.say = lambda *_: aws.patience.stop()
    with pytest.raises(Interrupted) as caught:
        rollback(aws, state, agree=asked_nothing, say=service.say)
    assert service.runs == "hello:1"
    assert caught.value.hint.startswith("the deployment goes on: ecsctl status --watch follows it")


def test_a_rollback_needs_agreement_before_anything_changes(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    release(service)
    asked: list[tuple[str, str]] = []

    def no(now: str, then: str) -> None:
        asked.append((now, then.partition(" (")[0]))
        raise Refused("not agreed to")

    session = service.session()
    with pytest.raises(Refused, match="not agreed to"):
        rollback(session.aws, session.state, agree=no, say=service.say)
    assert (asked, session.aws.changes, service.runs) == ([("revision 2", "revision 1")], 0, "hello:2")


def test_with_nothing_to_go_back_to_a_rollback_is_refused(service: Service) -> None:
    service.start(service.push("v1"))
    session = service.session()
    with pytest.raises(Refused, match="there is nothing to roll back to"):
        rollback(session.aws, session.state, agree=asked_nothing, say=service.say)
    assert session.aws.changes == 0


def test_a_release_whose_image_is_gone_is_passed_over(service: Service) -> None:
    first = service.push("v1")
    service.start(first)
    for tag in ("v2", "v3"):
        service.push(tag)
        release(service)
    gone = images(service)["hello"]
    assert back(service, "1").verdict.outcome is Outcome.DEPLOYED
    service.boto("ecr").batch_delete_image(repositoryName=APP, imageIds=[{"imageDigest": gone.partition("@")[2]}])
    with pytest.raises(Refused, match="the image of revision 3 is no longer in the registry"):
        back(service, "3")
    assert back(service).verdict.outcome is Outcome.DEPLOYED
    assert service.runs == "hello:2"
    assert any("passed over" in line and "revision 3" in line for line in service.said)


NO_REVISION: dict[str, tuple[type[EcsctlError], str]] = {
    "yesterday": (UsageError, "is not a revision"),
    "-1": (UsageError, "is not a revision"),
    "99": (Refused, "there is no revision 99"),
    "other:1": (Refused, "not a revision of hello"),
    "2": (Refused, "revision 2 of hello is not ours"),
    "3": (Refused, "revision 3 of hello was deregistered"),
}


def test_a_revision_that_cannot_be_is_refused_and_nothing_changed(service: Service) -> None:
    image = service.push("v1")
    service.start(image)
    service.register(image, family="other")
    service.register(image, tagged=False)  # someone's experiment
    service.ecs.deregister_task_definition(taskDefinition=service.register(image))
    session = service.session()
    for name, (kind, message) in NO_REVISION.items():
        with pytest.raises(kind, match=message):
            rollback(session.aws, session.state, name, agree=asked_nothing, say=service.say)
    assert (session.aws.changes, service.runs) == (0, "hello:1")


def test_cancel_stops_what_rolls_out_and_the_old_release_runs_on(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    release(service, limit=5)
    done = cancel(*service.app(), say=service.say)
    assert done is not None
    assert (done.verdict.outcome, done.number) == (Outcome.STOPPED, 2)
    assert "revision 1 runs again" in done.verdict.sentence
    assert service.runs == "hello:1"


def test_cancel_with_nothing_rolling_out_changes_nothing(service: Service) -> None:
    service.start(service.push("v1"))
    session = service.session()
    assert cancel(session.aws, session.state, say=service.say) is None
    assert session.aws.changes == 0


def test_cancel_is_resumed_and_a_deploy_sees_it_going_back(service: Service) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    release(service, limit=5)
    first = cancel(*service.app(), say=service.say, limit=1)
    assert first is not None
    assert first.verdict.outcome is Outcome.TIMED_OUT
    with pytest.raises(Refused, match="is being rolled back"):
        release(service)
    again = cancel(*service.app(), say=service.say)
    assert again is not None
    assert (again.verdict.outcome, again.changed) == (Outcome.STOPPED, False)


def test_a_lost_answer_to_the_update_is_one_deployment_all_the_same(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.start(service.push("v1"))
    service.push("v2")
    session = service.session()
    lost: list[object] = []
    client = session.aws.client("ecs")
    update = client.update_service

    def once(**asked: object) -> object:
        from botocore.exceptions import ConnectionClosedError

        answer = update(**asked)
        if not lost:
            lost.append(asked)
            raise ConnectionClosedError(endpoint_url="loopback")
        return answer

    monkeypatch.setattr(client, "update_service", once)
    done = deploy(session.aws, session.state, say=service.say)
    assert (done.verdict.outcome, len(lost)) == (Outcome.DEPLOYED, 1)
    listed = service.ecs.list_service_deployments(cluster=APP, service=APP)["serviceDeployments"]
    assert len(listed) == 2
