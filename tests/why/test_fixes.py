"""Every fix can be carried out as printed: its keys exist, its commands parse, and none leads back to `why`.

That it fixes the cause is proven in tests/long; these tests ensure that everything it names exists.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer.main
from typer.exceptions import TyperException

from ecsctl.cli import app
from ecsctl.config import Config
from ecsctl.config.tables.service import SHORT
from ecsctl.why import Act, Cause, Diagnosis, Fix, diagnose
from ecsctl.why.causes.build_commands import COMMAND_RULES
from ecsctl.why.causes.build_phases import PHASE_RULES, TOKEN, VARIABLE
from ecsctl.why.causes.delivering import STAGE_RULES
from ecsctl.why.evidence import Facts
from tests.why.field import scene
from tests.why.field.scene import Scene
from tests.why.field.threads import CASES, Case
from tests.why.recorded_failures import recorded

SCHEMA = Path(__file__).parents[2] / "ecsctl.schema.json"
DOCS = Path(__file__).parents[2] / "docs/why.md"
CAUSES = Path(__file__).parents[2] / "ecsctl/why/causes"
COMMAND = re.compile(r"\becsctl(?: (?!the |and |or |does |made |itself )[a-z][a-z-]*)+(?: --[a-z-]+(?: [A-Z]+)?)*")
STATES: dict[str, Scene] = {
    "a pipeline": scene.pipeline(),
    "no pipeline": {"pipeline": None},
    "no service": scene.never() | {"pipeline": None},
    "a first version that was given up": scene.gives_up("STOPPED") | {"pipeline": None},
    "back at the version before": scene.gives_up("ROLLBACK_SUCCESSFUL") | scene.pipeline(),
    "a service that could not be read": {"service": None, "unread": ["the service: no", "the pipeline: no"]},
}


def keys() -> set[str]:
    """All keys of ecsctl.toml, by the schema."""
    schema = json.loads(SCHEMA.read_text())

    def below(node: dict[str, Any], path: str) -> Iterator[str]:
        for name, one in node.get("properties", {}).items():
            yield f"{path}{name}"
            named = tuple(one.get("patternProperties", {}).values())  # tables that the user names
            for kind in (one, *one.get("anyOf", ()), one.get("items", {}), *named):
                if "$ref" in kind:
                    yield from below(schema["$defs"][kind["$ref"].rsplit("/", 1)[-1]], f"{path}{name}.")

    return set(below(schema, ""))


KEYS = keys()


def some_facts(case: Case) -> Iterator[Facts]:
    """The facts of a thread in every state that a stack may be in."""
    for state in STATES.values():
        yield scene.facts(*case.scenes, {name: value for name, value in state.items() if name != "definition"})
    if len(case.scenes) > 1 and "definition" in case.scenes[1]:
        yield scene.facts(*case.scenes, scene.as_sidecars(case.scenes[1]))


def some_diagnoses() -> Iterator[Diagnosis]:
    """Diagnoses of all recordings and threads. Of the threads with the same fixes, one is tried in every state."""
    yield from (diagnose(one.facts) for one in recorded())
    known = set()
    for case in CASES:
        found = diagnose(scene.facts(*case.scenes))
        yield found
        ways = tuple((cause.name, *map(str, cause.fix)) for cause in found.causes)
        if ways not in known:
            known.add(ways)
            yield from map(diagnose, some_facts(case))
    taken = {"Name": "shop.example.com.", "Type": "CNAME", "ResourceRecords": [{"Value": "other.example.net"}]}
    yield diagnose(scene.facts({"domain": "shop.example.com", "names": [taken]}))
    yield diagnose(scene.facts({"domain": "shop.example.com", "served": {"DomainName": "www.example.com"}}))
    servers = {"zone": ["shop.example.com"], "ours": ["ns-1.awsdns-01.org"], "above": ["example.com"], "parent": []}
    yield diagnose(scene.facts(scene.certificate("PENDING_VALIDATION"), {"delegation": servers}))


@pytest.fixture(scope="module")
def diagnoses() -> list[Diagnosis]:
    return [*some_diagnoses()]


@pytest.fixture(scope="module")
def causes(diagnoses: list[Diagnosis]) -> list[Cause]:
    return [cause for found in diagnoses for cause in found.causes]


@pytest.fixture(scope="module")
def fixes(causes: list[Cause]) -> list[Fix]:
    ours = [fix for cause in causes for fix in cause.fix]
    for state in STATES.values():
        facts = scene.facts(state)
        ours += [fix for rule in (*PHASE_RULES, TOKEN, VARIABLE) for fix in rule.fix(facts)]
        ours += [fix for rule in COMMAND_RULES for fix in rule.fix(facts)]
        ours += [fix for rule in STAGE_RULES for fix in rule.fix(facts)]
    return list(dict.fromkeys(ours))


def parse(command: str) -> None:
    """Parse a command with the real CLI, without running it. Raises what a user would see."""
    found: Any = typer.main.get_command(app)
    [_, *words] = shlex.split(command)
    while words and hasattr(found, "commands"):
        if words[0] not in found.commands:
            raise LookupError(f"there is no command {words[0]}: {command}")
        found = found.commands[words.pop(0)]
    found.make_context(command, words)


def aws_cli(command: str) -> None:
    """Check a command of the AWS CLI against AWS's models: the operation and its parameters."""
    [_, service, operation, *words] = shlex.split(command)
    if (service, operation) == ("logs", "tail"):  # made of several calls, and in no model
        return
    model = botocore.session.get_session().get_service_model(service)
    name = "".join(part.title() for part in operation.split("-"))
    shape = model.operation_model(name).input_shape
    members = shape.members if shape else {}
    options = {word.removeprefix("--").replace("-", "") for word in words if word.startswith("--")}
    takes = {member.lower() for member in members}
    simple = (
        {"protocol", "port", "sourcegroup"} if service == "ec2" else set()
    )  # the CLI's short forms of IpPermissions
    assert options <= takes | simple, command


def steps(fixes: list[Fix], *acts: Act) -> Iterator[str]:
    for fix in fixes:
        for step in fix.steps:
            if step.act in acts:
                yield step.what


def test_each_key_in_a_fix_is_one_of_ecsctl_toml(fixes: list[Fix], causes: list[Cause]) -> None:
    sections = "|".join(sorted({key.partition(".")[0] for key in KEYS if "." in key}))
    texts = [*map(str, fixes), *(cause.sentence for cause in causes)]
    named = {key for text in texts for key in re.findall(rf"(?<![\w.-])(?:{sections})\.[a-z][a-z_]+(?![\w/])", text)}
    named |= set(steps(fixes, Act.SET))
    named = {re.sub(r"^sidecars\.[a-z_-]+", "sidecars", key) for key in named} - {"sidecars"}
    assert {"service.port", "sidecars.image"} <= named
    assert named - KEYS - {"ecr.api", "ecr.dkr"} == set(), "those two are endpoints of AWS's"


def test_each_command_in_a_fix_is_one_that_ecsctl_takes(fixes: list[Fix]) -> None:
    commands = {one for one in steps(fixes, Act.RUN) if one.startswith("ecsctl")}
    for fix in fixes:
        commands |= set(COMMAND.findall(" ".join([*steps([fix], Act.CODE, Act.ASK, Act.PUSH, Act.WAIT), fix.note])))
    assert len(commands) > 12
    for command in commands:
        parse(command)


def test_a_command_that_does_not_exist_would_be_found() -> None:
    for command in ("ecsctl nothing", "ecsctl up --nothing", "ecsctl pipeline nothing", "ecsctl deploy --image"):
        with pytest.raises((LookupError, TyperException)):
            parse(command)


def test_each_command_of_the_aws_cli_is_one_that_aws_takes(fixes: list[Fix]) -> None:
    commands = {one for one in steps(fixes, Act.RUN) if not one.startswith("ecsctl ")}
    assert commands
    for command in commands:
        assert command.startswith("aws ")
        aws_cli(command)


def test_no_fix_leads_back_to_why_nor_to_a_console_where_a_command_exists(fixes: list[Fix]) -> None:
    for fix in fixes:
        assert "ecsctl why" not in str(fix)
        if "console" in str(fix):
            assert "Connections" in str(fix), "only a connection is completed there: AWS has no call for it"


def test_no_fix_releases_the_broken_image_again(causes: list[Cause]) -> None:
    """`ecsctl deploy` releases the existing image, so it does not fix an error in the image."""
    for cause in causes:
        for fix in cause.fix:
            if any(step.act == Act.CODE for step in fix.steps):
                assert "ecsctl deploy" not in list(steps([fix], Act.RUN)), cause.name


def test_a_fix_of_the_repository_comes_to_run_in_every_state() -> None:
    """A push has no effect without a pipeline."""
    broken = scene.exits(scene.box(code=1))
    found = {}
    for name, state in STATES.items():
        facts = scene.facts(broken, scene.build("BUILD", "", "", status="SUCCEEDED"), state)
        fixes = [fix for cause in diagnose(facts).causes for fix in cause.fix if fix.steps[0].act == Act.CODE]
        found[name] = [step.what for step in fixes[0].steps[1:]] if fixes else []
    assert found["a pipeline"] == ["commit and push it"]
    assert found["no pipeline"] == ["commit and push it", "ecsctl cancel", "ecsctl deploy --build"], "it rolls out"
    assert found["a first version that was given up"] == ["commit and push it", "ecsctl deploy --build", "ecsctl up"]
    failed = diagnose(scene.facts(scene.fails("BUILD", "make"), STATES["no service"])).causes[0]
    assert [step.what for step in failed.fix[-1].steps] == ["fix what it says", "commit and push it", "ecsctl up"]


def test_each_cause_has_a_way_out_that_says_who_must_act(causes: list[Cause]) -> None:
    for cause in causes:
        assert cause.fix, cause.name
        assert all(fix.steps for fix in cause.fix), cause.name


def test_the_docs_name_each_cause(causes: list[Cause]) -> None:
    rules = {rule.name for rule in (*PHASE_RULES, TOKEN, VARIABLE, *COMMAND_RULES, *STAGE_RULES)}
    code = "".join(path.read_text() for path in CAUSES.glob("*.py"))
    built = set(re.findall(r'\bCause\(\s*"([a-z-]+)"', code))
    text = set(re.findall(r"`([a-z][a-z-]+)`", DOCS.read_text()))
    assert {cause.name for cause in causes} | rules | built <= text


def test_a_failed_test_action_leads_to_its_own_log() -> None:
    facts = scene.facts(scene.stage("Test", "JobFailed", "Build terminated with state: FAILED", action="Smoke"))
    cause = diagnose(facts).causes[0]
    assert cause.name == "action-failed"
    assert next(iter(steps(list(cause.fix), Act.RUN))) == "ecsctl pipeline logs Smoke"


def test_what_waits_for_an_approval_leads_to_the_command_that_gives_it() -> None:
    waits = {"status": "InProgress", "token": "1a2b", "lastStatusChange": scene.at(6)}
    cause = diagnose(scene.facts(scene.pipeline("Approve", "Approve", **waits))).causes[0]
    assert (cause.name, cause.waiting) == ("approval", True)
    assert list(steps(list(cause.fix), Act.RUN)) == ["ecsctl pipeline approve", "ecsctl pipeline approve --reject"]


def test_what_is_right_again_is_released_where_nothing_else_would_begin_it() -> None:
    """After ECS has given up, a fixed role, quota or secret starts no task; while it retries, it does."""
    denied = scene.task("CannotPullContainerError: 403 Forbidden")
    rolled_back = scene.gives_up("ROLLBACK_SUCCESSFUL", breaker="TRIGGERED")
    other = {"revisions": {**rolled_back["revisions"], "r2": scene.DEFINITION.replace(":3", ":2")}}
    back_to = {"rollback": {"serviceRevisionArn": "r2"}}
    gone_back = {"deployments": [one | back_to for one in rolled_back["deployments"]], **other}
    states = {
        "it still tries": ({"pipeline": None}, ["ecsctl up"]),
        "it has given up": (gone_back, ["ecsctl up", "ecsctl deploy"]),
        "the pipeline's deployment was given up": (gone_back | scene.stage("Deploy", "JobFailed", "it failed"),
                                                   ["ecsctl up", "ecsctl pipeline retry"]),
        "a first version was given up": (scene.gives_up("STOPPED"), ["ecsctl up"]),
    }  # fmt: skip
    for name, (state, commands) in states.items():
        cause = diagnose(scene.facts(denied, state)).causes[0]
        assert cause.name == "pull-denied"
        assert list(steps([cause.fix[0]], Act.RUN)) == commands, name


def test_what_a_build_needs_is_put_right_and_then_it_is_built() -> None:
    for state, command in (("a pipeline", "ecsctl pipeline run"), ("no pipeline", "ecsctl deploy --build")):
        failed = scene.build("PROVISIONING", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "no such image")
        cause = diagnose(scene.facts(failed, STATES[state])).causes[0]
        assert list(steps([cause.fix[0]], Act.RUN)) == ["ecsctl up", command]
    first = diagnose(scene.facts(failed, STATES["no service"])).causes[0]
    assert list(steps([first.fix[0]], Act.RUN)) == ["ecsctl up"], "which builds"


def test_while_something_rolls_out_nothing_is_reported_that_would_be_refused() -> None:
    crash = scene.exits(scene.box(code=1))
    rolls = [{"serviceDeploymentArn": "d", "status": "IN_PROGRESS", "createdAt": scene.BEGAN}]
    state = {"deployments": rolls, "pipeline": None} | scene.build("BUILD", "", "", status="SUCCEEDED")
    cause = diagnose(scene.facts(crash, state)).causes[0]
    commands = list(steps(list(cause.fix), Act.RUN))
    assert "ecsctl rollback" not in commands
    assert commands.index("ecsctl cancel") < commands.index("ecsctl deploy --build")


@pytest.mark.parametrize(
    ("service", "spelled"),
    [
        ({}, {"service.health_path", "service.health_check_grace_seconds"}),
        ({"health": {"codes": "200"}}, {"service.health.path", "service.health.grace_seconds"}),
        (
            {"health": {"path": "/up"}, "health_check_grace_seconds": 90},
            {"service.health.path", "service.health_check_grace_seconds"},
        ),
    ],
)
def test_what_two_keys_can_say_is_set_where_the_file_says_it(
    diagnoses: list[Diagnosis], service: dict[str, Any], spelled: set[str]
) -> None:
    config = Config.model_validate({"name": "shop", "service": service})
    two = {key for short in SHORT.items() for key in (f"service.{short[0]}", f"service.health.{short[1]}")}
    causes = [cause for found in diagnoses for cause in found.spelled(config.service.spelled).causes]
    assert two & set(steps([fix for cause in causes for fix in cause.fix], Act.SET)) == spelled
    for key in spelled:  # it is the file's own: set there, the file is still one that is taken
        path = key.removeprefix("service.").split(".")
        table = {**service, path[0]: {**service.get("health", {}), path[-1]: "/x"} if path[1:] else "/x"}
        if path[-1] in ("grace_seconds", "health_check_grace_seconds"):
            table = json.loads(json.dumps(table).replace('"/x"', "120"))
        Config.model_validate({"name": "shop", "service": table})


def test_the_key_of_a_program_or_a_subnet_is_the_one_that_decides() -> None:
    missing = scene.task('CannotStartContainerError: exec: "serve": executable file not found in $PATH')
    full = scene.event("was unable to place a task: InsufficientFreeAddressesInSubnet")
    theirs = {"subnet_routes": {"subnet-0a1": scene.routes(tags=(), GatewayId="igw-1")}}
    with_entry = scene.runs()["definition"]
    with_entry["containerDefinitions"][0]["entryPoint"] = ["serve"]
    public = scene.event("was unable to place a task: InsufficientFreeAddressesInSubnet")
    public["service"]["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] = "ENABLED"
    expected = [
        ((missing,), "service.command"),
        ((missing, {"definition": with_entry}), "service.entrypoint"),
        ((full, theirs), "vpc.private_subnets"),
        ((public, theirs), "vpc.public_subnets"),
    ]
    for scenes, key in expected:
        assert [*steps([*diagnose(scene.facts(*scenes)).causes[0].fix], Act.SET)] == [key]


@pytest.mark.parametrize(
    ("reason", "name", "key"),
    [
        ('CannotPullContainerError: failed to normalize image reference "Agent"', "image-name", "image"),
        ("CannotPullContainerError: pull access denied for acme/agent", "pull-refused", "image"),
        ("CannotPullContainerError: toomanyrequests: You have reached your pull rate limit", "pull-limit", "image"),
        ("CannotPullContainerError: ref: public.ecr.aws/acme/agent:1: not found", "image-missing", "image"),
        ("CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
         "architecture", "image"),
        ('CannotStartContainerError: exec: "agent": executable file not found in $PATH', "command-missing", "command"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_sidecars_image_is_put_right_at_the_sidecar(reason: str, name: str, key: str) -> None:
    """No release and no build changes a sidecar's image."""
    beside = scene.beside("agent")
    stopped = scene.task(reason, scene.box(), scene.box("agent", reason=reason))
    ours = diagnose(scene.facts(beside, stopped, scene.as_sidecars(beside))).causes[0]
    assert ours.name == name
    assert set(steps([*ours.fix], Act.SET)) == {f"sidecars.agent.{key}"}
    assert not {*steps([*ours.fix], Act.CODE)}
    assert not [one for one in steps([*ours.fix], Act.RUN) if one.startswith("ecsctl deploy")]


def secret_fixes(text: str, state: Scene) -> list[list[str]]:
    reason = f"ResourceInitializationError: unable to retrieve secret from asm: failed to fetch secret {scene.SECRET}: "
    found = diagnose(scene.facts(scene.task(reason + text), {"pipeline": None}, state)).causes[0]
    return [[str(step) for step in way.steps] for way in found.fix]


OWN = {"own_secrets": {scene.SECRET: "database"}}


def test_a_fix_fits_whose_secret_it_is() -> None:
    """Secrets made by `ecsctl secret` are set by it, without showing the value; others by the AWS CLI."""
    put = f"aws secretsmanager put-secret-value --secret-id {scene.SECRET} --secret-string file://"
    existing, empty = {"secrets": {scene.SECRET: "there"}}, "can't find the specified secret value for staging label"
    assert secret_fixes(empty, existing)[0][0] == f"{put}VALUE"
    assert secret_fixes(empty, existing | OWN)[0][0] == "ecsctl secret set database"
    no_key = "retrieved secret from Secrets Manager did not contain json key url"
    assert secret_fixes(no_key, existing)[1][0] == f"{put}JSON"
    assert secret_fixes(no_key, existing | OWN)[1][0] == "ecsctl secret set database"
    deleted = {"secrets": {scene.SECRET: "being deleted"}}
    restore = f"aws secretsmanager restore-secret --secret-id {scene.SECRET}"
    assert [way[0] for way in secret_fixes("marked for deletion", deleted)] == [restore]
    assert [way[0] for way in secret_fixes("marked for deletion", deleted | OWN)] == [
        restore, "ecsctl secret set database"]  # fmt: skip
    gone = secret_fixes("can't find the specified secret.", {"secrets": {scene.SECRET: "missing"}})
    assert gone[0] == ["ecsctl secret set database", "ecsctl up"], "its name begins with the app's"


def test_a_secret_that_only_a_sidecar_has_is_put_right_there() -> None:
    beside = scene.beside("agent")
    named = scene.as_sidecars(beside)
    named["definition"]["containerDefinitions"][1]["secrets"] = [{"name": "KEY", "valueFrom": scene.SECRET}]
    state = named | {"secrets": {scene.SECRET: "missing"}}
    keys = [step for way in secret_fixes("can't find the specified secret.", state) for step in way if "set " in step]
    assert any(one.startswith("set sidecars.agent.secrets") for one in keys)
    assert not [one for one in keys if one.startswith("set service.secrets")]


def test_a_release_that_an_alarm_ended_leads_to_the_alarms_too() -> None:
    rung = {"alarms": {"status": "TRIGGERED", "triggeredAlarmNames": ["shop-errors"]}}
    gone_back = scene.gives_up("ROLLBACK_SUCCESSFUL", breaker="MONITORING")
    state = gone_back | {"deployments": [one | rung for one in gone_back["deployments"]], "pipeline": None}
    found = next(cause for cause in diagnose(scene.facts(state)).causes if cause.name == "rolled-back")
    assert "by the alarm shop-errors" in found.sentence
    assert [*steps([*found.fix], Act.SET)] == ["deployment.alarms"]


def test_a_container_that_another_waits_for_in_vain_is_reported_while_the_task_is_pending() -> None:
    waits = scene.waiting("proxy")
    found = diagnose(scene.facts(waits)).causes[0]
    assert (found.name, found.certainty.name) == ("container-check", "CERTAIN")
    assert "shop waits until it is healthy" in found.sentence
    fine = waits | {"starting": [{**waits["starting"][0], "containers": [scene.box("proxy", healthStatus="UNKNOWN")]}]}
    assert diagnose(scene.facts(fine)).causes[0].name == "rolling-out"
