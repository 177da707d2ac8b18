"""Which image a task definition is registered with, in any order of deploys, edits, runs and rollbacks."""

import copy
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsctl.resources.support import containers
from ecsctl.resources.support.definitions import actual_of, decide, image_for, merged
from ecsctl.resources.support.deployments import Snapshot
from ecsctl.resources.support.revisions import DIGEST, Revision, container_of, digest, registrable
from tests.resources.merging import ACCEPTED, CONFIG, ME, REGION, SIDECAR, changes, pairs


@pytest.mark.parametrize(
    ("desired", "running", "good", "image"),
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
def test_the_image_to_register_is_chosen_in_this_order(desired, running, good, image):
    assert image_for(replace(CONFIG, **desired), running, good) == image


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
    images = {
        f"r{number}": [{"containerName": "agent", "image": "agent:7"},
                       {"containerName": "app", "image": f"repo:{number}"}]
        for number in range(len(history))
    }  # fmt: skip
    assert Snapshot(service, deployments, images=images).good_image("app") == image
    assert Snapshot(service, deployments[::-1], images=images).good_image("app") == image


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
        """Do what the pipeline, or a person, does: copy what runs, change it, use it."""
        definition = copy.deepcopy(self.live.definition)
        change(definition)
        self.live = self.register(definition, dict(self.live.tags) if tags else {})

    def up(self, desired, killed=False):
        """Returns what a run does. Returns how many revisions it registered; `killed` ends it before the service is
        updated.
        """
        before = len(self.revisions)
        if self.live is None:
            registered = merged(desired, {}, image_for(desired), REGION)
            chosen = self.register(registered, {**ME.tags, DIGEST: digest(registered)})
        else:
            decided = self.decided(desired)
            chosen = decided.right
            if chosen is None:
                self.register(decided.definition, {**ME.tags, DIGEST: digest(decided.definition)})
                chosen = self.decided(desired).right
        if not killed or self.live is None:
            self.live = chosen
        return len(self.revisions) - before

    def decided(self, desired):
        later = [one for one in reversed(self.revisions) if self.number(one) > self.number(self.live)]
        return decide(desired, self.live, later, None, ME)

    @staticmethod
    def number(revision):
        return int(revision.arn.rpartition(":")[2])

    @property
    def image(self):
        return container_of(self.live.definition, "app")["image"]


moves = st.one_of(
    st.tuples(st.just("deploy"), st.booleans(), st.booleans()),  # with our tags; with a field lost on the way
    st.tuples(
        st.just("edit"), changes.map(lambda changed: {k: v for k, v in changed.items() if k != "container_name"})
    ),
    st.tuples(st.just("up")),
    st.tuples(st.just("killed")),
    st.tuples(st.just("back"), st.integers(0, 30)),
    st.tuples(st.just("sidecar")),
    st.tuples(st.just("environment"), pairs),
)


@given(st.lists(moves, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_no_order_of_deploys_edits_ups_deaths_and_rollbacks_moves_the_image_back_or_loses_an_edit(story, chance):
    account, desired, pushes, agents = Account(chance), CONFIG, 0, 0
    account.up(desired)
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
            desired = replace(desired, **given_[0])
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
            right = actual_of(account.live, desired, REGION) == replace(desired, image=running)
            registered = account.up(desired, killed=move == "killed")
            assert registered <= (0 if right else 1)
            assert account.up(desired, killed=move == "killed") == 0, "the same run once more registers nothing"
            if move == "killed":
                continue
            assert account.image == running, "the image moved"
            assert actual_of(account.live, desired, REGION) == replace(desired, image=running), "an edit was lost"
            if right:
                assert account.live.definition == before, "something changed though nothing had"
            assert _others(before, desired) == _others(account.live.definition, desired), "another's container"


def _others(definition, desired):
    """The containers that nobody asked for in ecsctl.toml, today or before."""
    asked = {"app", *(one.name for one in desired.sidecars)}
    defined = definition["containerDefinitions"]
    return [one["name"] for one in defined if one["name"] not in asked and not containers.is_our_sidecar(one)]


def test_a_copy_that_carries_our_tags_and_a_bad_image_is_not_mistaken_for_ours():
    account = Account(random.Random(1))  # noqa: S311 - shuffles, guards nothing
    account.up(CONFIG)
    old = account.live
    edited = replace(CONFIG, environment=(("A", "1"),))
    account.up(edited)
    account.copy(True, lambda definition: container_of(definition, "app").update(image="repo:bad"))
    account.live = old  # rolled back by hand, past our edit
    account.up(edited)
    assert account.image == "repo:0"
    assert actual_of(account.live, edited, REGION).environment == (("A", "1"),)
