"""What CodePipeline checks about a declaration (stages, action types, artifacts, configuration), and masked secrets.

From the CodePipeline guide, "CodePipeline pipeline structure reference" and "Action structure reference".
"""

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ecsctl.sandbox.core.overlay import Refusal

MASK = "****"
_ACTIONS = 50  # in a stage (CodePipeline guide, "Quotas in AWS CodePipeline")
SECRETS = ("OAuthToken",)

Declared = dict[str, Any]


@dataclass(frozen=True)
class ActionType:
    """How many input and output artifacts an action of this type has, and its required and optional settings."""

    inputs: range
    outputs: range
    required: frozenset[str]
    optional: frozenset[str] = frozenset()


def _type(inputs: range, outputs: range, required: str, optional: str = "") -> ActionType:
    return ActionType(inputs, outputs, frozenset(required.split()), frozenset(optional.split()))


_NONE, _ONE, _CODEBUILD = range(1), range(1, 2), "BatchEnabled CombineArtifacts EnvironmentVariables PrimarySource"

# (category, owner, provider). The types that this project uses; AWS has more, which the sandbox does not run.
ACTION_TYPES = {
    ("Source", "ThirdParty", "GitHub"): _type(_NONE, _ONE, "Owner Repo Branch OAuthToken", "PollForSourceChanges"),
    ("Source", "AWS", "CodeStarSourceConnection"): _type(
        _NONE, _ONE, "ConnectionArn FullRepositoryId BranchName", "OutputArtifactFormat DetectChanges"
    ),
    ("Build", "AWS", "CodeBuild"): _type(range(1, 6), range(6), "ProjectName", _CODEBUILD),
    ("Test", "AWS", "CodeBuild"): _type(range(1, 6), range(6), "ProjectName", _CODEBUILD),
    ("Approval", "AWS", "Manual"): _type(_NONE, _NONE, "", "CustomData ExternalEntityLink NotificationArn"),
    ("Deploy", "AWS", "ECS"): _type(_ONE, _NONE, "ClusterName ServiceName", "FileName DeploymentTimeout"),
}

_V2_FIELDS = ("triggers", "variables")


def actions(pipeline: Declared) -> Iterator[tuple[str, Declared]]:
    """All actions, each with the name of its stage."""
    for stage in pipeline["stages"]:
        for action in stage["actions"]:
            yield stage["name"], action


def action_type(action: Declared) -> tuple[str, str, str]:
    """The action's type, without its version."""
    named = action["actionTypeId"]
    return named["category"], named["owner"], named["provider"]


def check(pipeline: Declared) -> None:
    """Refuse a declaration as AWS does. If only AWS's error code is known, the message is an assumption."""
    if ("artifactStore" in pipeline) == ("artifactStores" in pipeline):
        _structure("Exactly one of artifactStore and artifactStores must be declared")
    if len(pipeline["stages"]) < 2:
        count = f"Pipeline has only {len(pipeline['stages'])} stage(s)."
        _structure(f"{count} There should be a minimum of 2 stages in a pipeline")
    _unique((stage["name"] for stage in pipeline["stages"]), "Stage", "pipeline")
    for number, stage in enumerate(pipeline["stages"]):
        if not stage["actions"]:
            _structure(f"Stage {stage['name']} has no actions")
        if len(stage["actions"]) > _ACTIONS:
            _structure(f"Stage {stage['name']} has {len(stage['actions'])} actions. The maximum is {_ACTIONS}")
        _unique((action["name"] for action in stage["actions"]), "Action", f"stage {stage['name']}")
        sources = [action["actionTypeId"]["category"] == "Source" for action in stage["actions"]]
        if number == 0 and not all(sources):
            _structure("Pipeline should start with a stage that only contains source actions")
        if number > 0 and any(sources):
            _structure("Pipeline contains source actions in a stage that is not the first one")
    for _, action in actions(pipeline):
        _check_action(action)
    _check_artifacts(pipeline)
    _check_triggers(pipeline)
    newer = [field for field in _V2_FIELDS if pipeline.get(field)]
    newer += ["executionMode"] if pipeline.get("executionMode", "SUPERSEDED") != "SUPERSEDED" else []
    if pipeline.get("pipelineType") == "V1" and newer:
        _structure(f"{', '.join(newer)} can only be used with pipelines of type V2")


def _check_triggers(pipeline: Declared) -> None:
    """Each source action with a connection may have one trigger, with tags, branches, or branches and paths.

    CodePipeline guide, "Trigger filtering in the pipeline JSON (CLI)"; the message is that of
    hashicorp/terraform-provider-aws#43105.
    """
    connected = {one["name"] for _, one in actions(pipeline) if action_type(one)[2] == "CodeStarSourceConnection"}
    named = [trigger["gitConfiguration"]["sourceActionName"] for trigger in pipeline.get("triggers") or []]
    for name in named:
        if name not in connected or named.count(name) > 1:
            _structure(f"The trigger configuration for the source action {name} is not valid")
    for trigger in pipeline.get("triggers") or []:
        for push in trigger["gitConfiguration"].get("push") or []:
            filters = {key for key in ("tags", "branches", "filePaths") if push.get(key)}
            if filters not in ({"tags"}, {"branches"}, {"branches", "filePaths"}):
                _structure(
                    "The trigger configuration for the source action is not valid. Make sure to choose valid filter "
                    "combinations."
                )


def _check_action(action: Declared) -> None:
    name, named = action["name"], action["actionTypeId"]
    kind = ACTION_TYPES.get(action_type(action))
    if kind is None or named["version"] != "1":  # the message: hashicorp/terraform-provider-aws#4667
        described = ", ".join(
            f"{field.capitalize()}: '{named[field]}'" for field in ("category", "provider", "owner", "version")
        )
        _action(f"ActionType ({described}) in action '{name}' is not available")
        return
    for word, counts in (("input", kind.inputs), ("output", kind.outputs)):
        count = len(action.get(f"{word}Artifacts") or [])
        if count < counts.start:  # the message: awsdocs/aws-cloudformation-user-guide#941
            _action(
                f"Action {name} declares {count} {word} artifacts which is less than the minimum count ({counts.start})"
            )
        if count >= counts.stop:
            most = counts.stop - 1
            _action(f"Action {name} declares {count} {word} artifacts which is more than the maximum count ({most})")
    configuration = action.get("configuration") or {}
    for key in configuration:
        if key not in kind.required | kind.optional:
            _action(f"Action configuration for action '{name}' contains unknown configuration '{key}'")
    for key in sorted(kind.required - configuration.keys()):
        _action(f"Action configuration for action '{name}' is missing required configuration '{key}'")
    timeout = configuration.get("DeploymentTimeout", "1")
    if not timeout.isdigit() or not 1 <= int(timeout) <= 60:
        _action(f"Action configuration for action '{name}': DeploymentTimeout must be between 1 and 60")


def _check_artifacts(pipeline: Declared) -> None:
    """An input must be the output of an action that runs earlier, and output names must be unique."""
    made: set[str] = set()
    for stage in pipeline["stages"]:
        for order in sorted({action.get("runOrder", 1) for action in stage["actions"]}):
            together = [action for action in stage["actions"] if action.get("runOrder", 1) == order]
            for action in together:
                for artifact in action.get("inputArtifacts") or []:
                    if artifact["name"] not in made:
                        _structure(
                            f"Input Artifact Bundle {artifact['name']} in action {action['name']} is not declared as "
                            "Output Artifact Bundle in any of the preceding actions"
                        )
            for action in together:
                for artifact in action.get("outputArtifacts") or []:
                    if artifact["name"] in made:
                        message = f"{artifact['name']} has been used more than once"
                        _structure(f"Output Artifact Bundle name must be unique within the pipeline. {message}")
                    made.add(artifact["name"])


def _unique(names: Iterator[str], what: str, where: str) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            _structure(f"{what} name '{name}' is used more than once in the {where}")


def _structure(message: str) -> None:
    raise Refusal("InvalidStructureException", message)


def _action(message: str) -> None:
    raise Refusal("InvalidActionDeclarationException", message)


def masked(pipeline: Declared) -> Declared:
    """The declaration as AWS returns it, with each secret replaced by four asterisks."""
    shown = copy.deepcopy(pipeline)
    for _, action in actions(shown):
        for key in SECRETS:
            if key in action.get("configuration", {}):
                action["configuration"][key] = MASK
    return shown


def unmasked(pipeline: Declared, before: Declared | None) -> Declared:
    """The declaration to store, if the one that was sent may contain masked secrets.

    The stored secret is kept only if nothing else in the action's configuration changed; otherwise the four asterisks
    are stored (CodePipeline guide, "Configure GitHub (via OAuth app) source action"). A new action cannot have them
    (the message: alantech/iasql#1594).
    """
    kept = copy.deepcopy(pipeline)
    known = {(stage, one["name"]): one.get("configuration", {}) for stage, one in actions(before or {"stages": []})}
    for stage, action in actions(kept):
        configuration = action.get("configuration") or {}
        for key in SECRETS:
            if configuration.get(key) != MASK:
                continue
            if (stage, action["name"]) not in known:
                _action(
                    f'Action configuration for the new action "{action["name"]}" contains an invalid configuration for '
                    f'the secret property "{key}". "{MASK}" may be used in secret properties only when updating an '
                    "existing action."
                )
            stored = known[stage, action["name"]]
            if _public(stored) == _public(configuration):
                configuration[key] = stored.get(key, MASK)
    return kept


def _public(configuration: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in configuration.items() if key not in SECRETS}
