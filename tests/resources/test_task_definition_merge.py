import copy
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsctl.engine.label import Label
from ecsctl.engine.plan import diff
from ecsctl.resources.task_definition import HealthCheck, TaskDefinition
from ecsctl.resources.task_definition_merge import (
    DIGEST,
    Revision,
    container_of,
    digest,
    good_image,
    image_for,
    judge,
    laid,
    registrable,
    told,
)

REGION = "eu-central-1"
ME = Label(app="shop", id="1", account="123456789012", region=REGION, resource="task-definition", owner="ann")
ACCEPTED = set(
    botocore.session.get_session()
    .get_service_model("ecs")
    .operation_model("RegisterTaskDefinition")
    .input_shape.members
)
WISH = TaskDefinition(
    family="shop",
    container="app",
    port=8080,
    execution_role="arn:aws:iam::123456789012:role/execution",
    task_role="arn:aws:iam::123456789012:role/task",
    log_group="/ecs/shop",
    seed="repo:0",
)

words = st.text("abcXYZ019-_", min_size=1, max_size=6)
pairs = st.dictionaries(words, words, max_size=3).map(lambda found: tuple(found.items()))
checks = st.builds(
    HealthCheck,
    command=st.sampled_from([(), ("CMD-SHELL", "curl -f http://localhost/ || exit 1"), ("CMD", "true")]),
    interval=st.sampled_from([30, 10]),
    timeout=st.sampled_from([5, 2]),
    retries=st.sampled_from([3, 10]),
    start_period=st.sampled_from([0, 60]),
)
CHANGES = {
    "container": st.sampled_from(["app", "web"]),
    "port": st.sampled_from([8080, 3000]),
    "cpu": st.sampled_from([256, 512]),
    "memory": st.sampled_from([1024, 2048]),
    "architecture": st.sampled_from(["ARM64", "X86_64"]),
    "execution_role": st.sampled_from(["arn:aws:iam::123456789012:role/execution", "arn:aws:iam::123456789012:role/x"]),
    "task_role": st.sampled_from(["arn:aws:iam::123456789012:role/task", "arn:aws:iam::123456789012:role/y"]),
    "log_group": st.sampled_from(["/ecs/shop", "/ecs/other"]),
    "log_prefix": st.sampled_from(["app", "web"]),
    "environment": pairs,
    "secrets": pairs,
    "command": st.sampled_from([(), ("serve", "--port", "1"), ("--port", "serve", "1")]),
    "health_check": checks,
    "init_process": st.booleans(),
    "stop_timeout": st.sampled_from([30, 60, 2]),
    "read_only": st.booleans(),
}
changes = st.fixed_dictionaries({}, optional=CHANGES)
wishes = changes.map(lambda changed: replace(WISH, **changed))
SIDECAR = {"name": "agent", "image": "agent:7", "portMappings": [{"containerPort": 9000}], "environment": []}

# What others may have written into our container and around it, odd and old spellings included.
containers = st.fixed_dictionaries(
    {"name": st.sampled_from(["app", "web", "old"]), "image": words},
    optional={
        "portMappings": st.sampled_from([[], [{"containerPort": 3000, "protocol": "udp"}], [{"containerPort": 8080}],
                                         [{"containerPort": 1, "name": "http", "appProtocol": "http"},
                                          {"containerPort": 8080}]]),
        "environment": pairs.map(lambda found: [{"name": name, "value": value} for name, value in found]),
        "secrets": pairs.map(lambda found: [{"name": name, "valueFrom": value} for name, value in found]),
        "command": st.sampled_from([[], ["x"]]),
        "essential": st.booleans(),
        "cpu": st.just(0),
        "user": st.just("1000"),
        "dockerLabels": st.just({"a": "b"}),
        "logConfiguration": st.sampled_from([
            {"logDriver": "awsfirelens", "options": {"Name": "x"}},
            {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/shop", "mode": "non-blocking"}},
        ]),
        "linuxParameters": st.sampled_from([{"initProcessEnabled": True}, {"capabilities": {"drop": ["ALL"]}}]),
        "healthCheck": st.sampled_from([{"command": ["NONE"]}, {"command": ["CMD", "true"], "interval": 7}]),
        "stopTimeout": st.sampled_from([30, 5]),
        "readonlyRootFilesystem": st.booleans(),
    },
)  # fmt: skip
definitions = st.fixed_dictionaries(
    {"family": st.just("shop"), "containerDefinitions": st.lists(containers, min_size=1, max_size=2)},
    optional={
        "cpu": st.just("1024"),
        "memory": st.just("2048"),
        "networkMode": st.sampled_from(["awsvpc", "bridge"]),
        "requiresCompatibilities": st.sampled_from([[], ["EC2"], ["FARGATE"], ["EC2", "FARGATE"]]),
        "runtimePlatform": st.sampled_from([{}, {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}]),
        "executionRoleArn": st.just("arn:aws:iam::123456789012:role/execution"),
        "volumes": st.just([{"name": "data"}]),
        "ephemeralStorage": st.just({"sizeInGiB": 40}),
    },
)


@given(wishes, definitions, words)
@settings(max_examples=300)
def test_whatever_the_wish_is_laid_over_says_afterwards_exactly_what_is_wished(wish, definition, image):
    merged = laid(wish, definition, image, REGION)
    assert told(Revision("", merged, {}), wish, REGION) == replace(wish, image=image)
    assert laid(wish, merged, image, REGION) == merged


@given(wishes, definitions)
def test_what_is_not_ours_is_carried_over(wish, definition):
    before = copy.deepcopy(definition)
    merged = laid(wish, definition, "repo:1", REGION)
    assert definition == before, "the live definition was changed in place"
    managed = {"family", "cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform",
               "executionRoleArn", "taskRoleArn", "containerDefinitions"}  # fmt: skip
    assert {name: merged[name] for name in merged.keys() - managed} == {
        name: definition[name] for name in definition.keys() - managed
    }
    ours = definition["containerDefinitions"].index(container_of(definition, wish.container))
    for place, container in enumerate(definition["containerDefinitions"]):
        if place != ours:
            assert merged["containerDefinitions"][place] == container
    kept = merged["containerDefinitions"][ours]
    for name in ("user", "dockerLabels", "cpu"):
        assert kept.get(name) == definition["containerDefinitions"][ours].get(name)


def test_what_others_added_inside_of_what_is_ours_is_kept():
    container = {
        "name": "app",
        "image": "repo:1",
        "portMappings": [{"containerPort": 1, "name": "http", "appProtocol": "http"}, {"containerPort": 9090}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "x", "mode": "non-blocking"}},
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
    }
    live = {"requiresCompatibilities": ["EC2"], "containerDefinitions": [container]}
    merged = laid(WISH, live, "repo:1", REGION)
    ours = merged["containerDefinitions"][0]
    port = {"containerPort": 8080, "hostPort": 8080, "protocol": "tcp", "name": "http", "appProtocol": "http"}
    assert ours["portMappings"] == [port, {"containerPort": 9090}]
    assert ours["logConfiguration"]["options"]["mode"] == "non-blocking"
    assert ours["linuxParameters"] == {"capabilities": {"drop": ["ALL"]}, "initProcessEnabled": False}
    assert merged["requiresCompatibilities"] == ["EC2", "FARGATE"]


def test_a_port_is_not_mapped_twice():
    live = laid(WISH, {}, "repo:1", REGION)
    live["containerDefinitions"][0]["portMappings"].append({"containerPort": 9090})
    ours = laid(replace(WISH, port=9090), live, "repo:1", REGION)["containerDefinitions"][0]
    assert [port["containerPort"] for port in ours["portMappings"]] == [9090]


CHECKED = replace(WISH, health_check=HealthCheck(("CMD", "true")))


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"sound"}, {"networkMode": "bridge"}),
        ({"sound"}, {"requiresCompatibilities": ["EC2"]}),
        ({"sound"}, {"runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "WINDOWS_SERVER_2022"}}),
        ({"architecture"}, {"runtimePlatform": {}}),
        ({"cpu", "memory"}, {"cpu": "1024", "memory": "2048"}),
        ({"execution_role"}, {"executionRoleArn": "arn:aws:iam::123456789012:role/other"}),
        ({"task_role"}, {"taskRoleArn": None}),
    ],
)
def test_drift_of_the_task_is_named(fields, change):
    assert drifted({**laid(CHECKED, {}, "repo:1", REGION), **change}) == fields


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"sound"}, {"essential": False}),
        ({"port"}, {"portMappings": [{"containerPort": 8080, "protocol": "udp"}]}),
        ({"port"}, {"portMappings": []}),
        ({"log_group"}, {"logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/ecs/shop", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}}}),
        ({"log_group", "log_prefix"}, {"logConfiguration": {"logDriver": "awsfirelens", "options": {}}}),
        ({"health_check"}, {"healthCheck": {"command": ["NONE"]}}),
        ({"health_check"}, {"healthCheck": {"command": ["CMD", "true"], "interval": 7}}),
        (set(), {"healthCheck": {"command": ["CMD", "true"], "startPeriod": None}}),
        ({"stop_timeout"}, {"stopTimeout": 5}),
        (set(), {"stopTimeout": 30, "readonlyRootFilesystem": False, "cpu": 0, "linuxParameters": {}}),
        ({"read_only", "init_process"}, {"readonlyRootFilesystem": True, "linuxParameters": {
            "initProcessEnabled": True}}),
        ({"environment", "secrets"}, {"environment": [{"name": "A", "value": "1"}], "secrets": [
            {"name": "B", "valueFrom": "arn"}]}),
        ({"command"}, {"command": ["sh"]}),
        (set(), {"image": "repo:2"}),
    ],
)  # fmt: skip
def test_drift_of_our_container_is_named_and_the_image_is_none(fields, change):
    definition = laid(CHECKED, {}, "repo:1", REGION)
    definition["containerDefinitions"][0] |= change
    assert drifted(definition) == fields


def drifted(definition):
    actual = told(Revision("", definition, {}), CHECKED, REGION)
    return {change.field for change in diff(CHECKED, actual, None)}


def test_a_revision_that_was_deregistered_is_not_sound():
    definition = laid(CHECKED, {}, "repo:1", REGION)
    assert told(Revision("", definition, {}), CHECKED, REGION).sound
    assert not told(Revision("", definition, {}, active=False), CHECKED, REGION).sound


def test_a_placeholder_is_sound_until_there_is_an_image():
    waiting = replace(CHECKED, seed=None, placeholder="none")
    revision = Revision("", laid(waiting, {}, "none", REGION), {})
    assert told(revision, waiting, REGION).sound
    assert not told(revision, replace(waiting, seed="repo:1"), REGION).sound


def test_a_renamed_container_takes_the_place_of_its_old_self():
    live = laid(WISH, {}, "repo:1", REGION)
    live["containerDefinitions"].append(SIDECAR)
    merged = laid(replace(WISH, container="web"), live, "repo:1", REGION)
    assert [container["name"] for container in merged["containerDefinitions"]] == ["web", "agent"]


def test_only_what_can_be_registered_is_registered_and_none_of_it_is_lost():
    described = {
        "taskDefinitionArn": "arn", "family": "shop", "revision": 3, "status": "ACTIVE", "volumes": [], "tags": [{}],
        "requiresAttributes": [{"name": "x"}], "compatibilities": ["FARGATE"], "registeredAt": datetime.now(UTC),
        "registeredBy": "somebody", "enableFaultInjection": True, "ephemeralStorage": {"sizeInGiB": 40},
        "trustedExecutionConfiguration": {"isolationMode": "x"}, "pidMode": "task", "containerDefinitions": [SIDECAR],
    }  # fmt: skip
    assert registrable(described, ACCEPTED).keys() == {
        "family", "enableFaultInjection", "ephemeralStorage", "trustedExecutionConfiguration", "pidMode",
        "containerDefinitions",
    }  # fmt: skip


@given(wishes, st.randoms())
def test_the_digest_does_not_depend_on_order_or_on_what_aws_fills_in_as_empty(wish, chance):
    definition = laid(wish, {}, "repo:1", REGION)
    spelled = copy.deepcopy(definition)
    container = spelled["containerDefinitions"][0]
    chance.shuffle(container.setdefault("environment", []))
    chance.shuffle(container.setdefault("secrets", []))
    container |= {"mountPoints": [], "volumesFrom": []}
    spelled = {name: spelled[name] for name in reversed(spelled)} | {"volumes": []}
    assert digest(spelled) == digest(definition)


def test_the_digest_tells_apart_what_differs():
    told_apart = {
        digest(laid(wish, {}, image, REGION))
        for wish in (WISH, replace(WISH, command=("a", "b")), replace(WISH, command=("b", "a")), replace(WISH, cpu=512))
        for image in ("repo:1", "repo:2")
    }
    assert len(told_apart) == 8


@pytest.mark.parametrize(
    ("wish", "running", "good", "image"),
    [
        ({}, None, None, "repo:0"),
        ({}, "repo:7", None, "repo:7"),
        ({}, "repo:7", "repo:6", "repo:6"),
        ({"image": "repo:9"}, "repo:7", "repo:6", "repo:9"),
        ({"placeholder": "none"}, "none", None, "repo:0"),
        ({"placeholder": "none"}, "repo:7", None, "repo:7"),
        ({"placeholder": "none", "seed": None}, None, None, "none"),
        ({"placeholder": "none", "seed": None}, "none", None, "none"),
    ],
)
def test_which_image_is_registered(wish, running, good, image):
    assert image_for(replace(WISH, **wish), running, good) == image


MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def deployment(number, status):
    return {"createdAt": MOMENT + timedelta(number), "status": status, "targetServiceRevisionArn": f"r{number}"}


@pytest.mark.parametrize(
    ("state", "history", "image"),
    [
        ("COMPLETED", ["SUCCESSFUL"], None),
        ("IN_PROGRESS", ["SUCCESSFUL", "IN_PROGRESS"], None),
        (None, ["SUCCESSFUL"], None),
        ("FAILED", ["SUCCESSFUL", "STOPPED"], "repo:0"),
        ("FAILED", ["SUCCESSFUL", "SUCCESSFUL", "STOPPED"], "repo:1"),
        ("FAILED", ["SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"], "repo:0"),
        ("FAILED", ["STOPPED"], None),
        ("FAILED", [], None),
    ],
)
def test_the_good_image_is_that_of_the_last_deployment_that_succeeded(state, history, image):
    service = {"deployments": [{"status": "ACTIVE", "rolloutState": "COMPLETED"},
                               {"status": "PRIMARY", "rolloutState": state}]}  # fmt: skip
    deployments = [deployment(number, status) for number, status in enumerate(history)]
    revisions = [
        {"serviceRevisionArn": f"r{number}", "containerImages": [{"containerName": "agent", "image": "agent:7"},
                                                                 {"containerName": "app", "image": f"repo:{number}"}]}
        for number in range(len(history))
    ]  # fmt: skip
    assert good_image(service, deployments, revisions, "app") == image
    assert good_image(service, deployments[::-1], revisions[::-1], "app") == image


@dataclass
class Account:
    """One family and the service that uses it: what AWS, the pipeline and others do, without AWS."""

    chance: random.Random
    revisions: list[Revision] = field(default_factory=list)
    live: Revision | None = None

    def register(self, definition, tags):
        """AWS fills in, reorders, and adds what it knows better."""
        described = copy.deepcopy(definition)
        for container in described["containerDefinitions"]:
            self.chance.shuffle(container.setdefault("environment", []))
            self.chance.shuffle(container.setdefault("secrets", []))
            for name, value in (
                ("cpu", 0),
                ("essential", True),
                ("mountPoints", []),
                ("versionConsistency", "enabled"),
            ):
                container.setdefault(name, value)
            for port in container.get("portMappings", []):
                port.setdefault("hostPort", port["containerPort"])
                port.setdefault("protocol", "tcp")
        number = len(self.revisions) + 1
        described |= {"revision": number, "status": "ACTIVE", "compatibilities": ["FARGATE"], "volumes": []}
        arn = f"arn:aws:ecs:{REGION}:123456789012:task-definition/shop:{number}"
        made = Revision(arn, registrable(described, ACCEPTED), tags)
        self.revisions.append(made)
        return made

    def copy(self, tags, change):
        """What the pipeline, or a person, does: copy what runs, change it, use it."""
        definition = copy.deepcopy(self.live.definition)
        change(definition)
        self.live = self.register(definition, dict(self.live.tags) if tags else {})

    def up(self, wish, killed=False):
        """What a run does. Returns how many revisions it registered; `killed` ends it before the service is told."""
        before = len(self.revisions)
        if self.live is None:
            registered = laid(wish, {}, image_for(wish), REGION)
            chosen = self.register(registered, {**ME.tags, DIGEST: digest(registered)})
        else:
            judged = self.judged(wish)
            chosen = judged.right
            if chosen is None:
                self.register(judged.wanted, {**ME.tags, DIGEST: digest(judged.wanted)})
                chosen = self.judged(wish).right
        if not killed or self.live is None:
            self.live = chosen
        return len(self.revisions) - before

    def judged(self, wish):
        later = [one for one in reversed(self.revisions) if self.number(one) > self.number(self.live)]
        return judge(wish, self.live, later, None, ME)

    @staticmethod
    def number(revision):
        return int(revision.arn.rpartition(":")[2])

    @property
    def image(self):
        return container_of(self.live.definition, "app")["image"]


moves = st.one_of(
    st.tuples(st.just("deploy"), st.booleans(), st.booleans()),  # with our tags; with a field lost on the way
    st.tuples(st.just("edit"), changes.map(lambda changed: {k: v for k, v in changed.items() if k != "container"})),
    st.tuples(st.just("up")),
    st.tuples(st.just("killed")),
    st.tuples(st.just("back"), st.integers(0, 30)),
    st.tuples(st.just("sidecar")),
    st.tuples(st.just("environment"), pairs),
)


@given(st.lists(moves, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_no_order_of_deploys_edits_ups_deaths_and_rollbacks_moves_the_image_back_or_loses_an_edit(story, chance):
    account, wish, pushes, agents = Account(chance), WISH, 0, 0
    account.up(wish)
    for move, *given_ in story:
        if move == "deploy":
            pushes += 1
            tags, loses = given_

            def push(definition, number=pushes, loses=loses):
                container_of(definition, "app")["image"] = f"repo:{number}"
                if loses:
                    container_of(definition, "app").pop("versionConsistency", None)

            account.copy(tags, push)
        elif move == "edit":
            wish = replace(wish, **given_[0])
        elif move == "back":
            account.live = account.revisions[given_[0] % len(account.revisions)]
        elif move == "sidecar":
            agents += 1
            agent = {**SIDECAR, "name": f"agent-{agents}"}
            account.copy(False, lambda definition, agent=agent: definition["containerDefinitions"].append(agent))
        elif move == "environment":
            drifted = [{"name": name, "value": value} for name, value in given_[0]]
            account.copy(
                False, lambda definition, drifted=drifted: container_of(definition, "app").update(environment=drifted)
            )
        else:
            running, before = account.image, copy.deepcopy(account.live.definition)
            right = told(account.live, wish, REGION) == replace(wish, image=running)
            registered = account.up(wish, killed=move == "killed")
            assert registered <= (0 if right else 1)
            assert account.up(wish, killed=move == "killed") == 0, "the same run once more registers nothing"
            if move == "killed":
                continue
            assert account.image == running, "the image moved"
            assert told(account.live, wish, REGION) == replace(wish, image=running), "an edit was lost"
            if right:
                assert account.live.definition == before, "something changed though nothing had"
            kept = [container for container in before["containerDefinitions"] if container["name"] != "app"]
            assert [one["name"] for one in kept] == [
                one["name"] for one in account.live.definition["containerDefinitions"] if one["name"] != "app"
            ]


def test_a_copy_that_carries_our_tags_and_a_bad_image_is_not_mistaken_for_ours():
    account = Account(random.Random(1))  # noqa: S311 - shuffles, guards nothing
    account.up(WISH)
    old = account.live
    edited = replace(WISH, environment=(("A", "1"),))
    account.up(edited)
    account.copy(True, lambda definition: container_of(definition, "app").update(image="repo:bad"))
    account.live = old  # rolled back by hand, past our edit
    account.up(edited)
    assert account.image == "repo:0"
    assert told(account.live, edited, REGION).environment == (("A", "1"),)
