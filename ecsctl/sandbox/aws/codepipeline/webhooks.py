"""CodePipeline's webhooks: put by name, and registered with GitHub with the token of the pipeline's source action."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.codepipeline.responses import CodePipelineResponse
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from ecsctl.sandbox.aws.codepipeline.checks import MASK, actions
from ecsctl.sandbox.aws.codepipeline.pipelines import asked, found, page
from ecsctl.sandbox.core import overlay
from ecsctl.sandbox.core.overlay import Refusal
from ecsctl.sandbox.github import remote


@dataclass
class Webhook:
    """A webhook; `registered` is the GitHub repository whose hook calls it."""

    definition: dict[str, Any]
    url: str
    arn: str
    tags: dict[str, str] = field(default_factory=dict)
    registered: str | None = None

    def described(self) -> dict[str, Any]:
        """The webhook as ListWebhooks returns it, without its secret."""
        shown = copy.deepcopy(self.definition)
        if "SecretToken" in shown["authenticationConfiguration"]:
            shown["authenticationConfiguration"]["SecretToken"] = MASK
        tags = [{"key": key, "value": value} for key, value in sorted(self.tags.items())]
        return {"definition": shown, "url": self.url, "arn": self.arn, "tags": tags}


class Webhooks(dict[str, Webhook]):
    """Webhooks by name."""


def webhooks(backend: Any) -> Webhooks:
    """The webhooks of an account and region."""
    return overlay.memory(backend, Webhooks)


@overlay.adds(CodePipelineResponse)
def put_webhook(response: CodePipelineResponse) -> ActionResult:
    """Create a webhook, or update the one with that name, which keeps its URL. Raises Refusal."""
    params = asked(response)
    wanted, tags = params["webhook"], _tags(params.get("tags", []))
    pipeline = found(response, wanted["targetPipeline"]).pipeline
    sources = [one["name"] for one in pipeline["stages"][0]["actions"]]
    if wanted["targetAction"] not in sources:
        message = f"Pipeline '{pipeline['name']}' does not have a source action '{wanted['targetAction']}'"
        raise Refusal("ValidationException", message)
    _check(wanted)
    held, name = webhooks(response.codepipeline_backend), wanted["name"]
    if name not in held:
        arn = f"arn:{response.partition}:codepipeline:{response.region}:{response.current_account}:webhook:{name}"
        url = f"https://{response.region}.webhooks.aws/trigger?t={mock_random.uuid4()}&v=1"
        held[name] = Webhook({}, url, arn)
    held[name].definition = copy.deepcopy(wanted)
    held[name].tags |= tags
    return ActionResult({"webhook": held[name].described()})


@overlay.adds(CodePipelineResponse)
def list_webhooks(response: CodePipelineResponse) -> ActionResult:
    """List all webhooks, without their secrets."""
    params = asked(response)
    listed = [one.described() for _, one in sorted(webhooks(response.codepipeline_backend).items())]
    return ActionResult(page("webhooks", listed, {"maxResults": params.get("MaxResults")} | params))


@overlay.adds(CodePipelineResponse)
def delete_webhook(response: CodePipelineResponse) -> ActionResult:
    """Delete it; a missing one is no error (API reference). GitHub's hook stays if it was not deregistered."""
    webhooks(response.codepipeline_backend).pop(asked(response)["name"], None)
    return ActionResult({})


@overlay.adds(CodePipelineResponse)
def register_webhook_with_third_party(response: CodePipelineResponse) -> ActionResult:
    """Create the hook on GitHub."""
    webhook = _found(response)
    repository = _repository(response, webhook, "registered with")
    remote.add_hook(response.current_account, response.region, repository, webhook.url)
    webhook.registered = repository
    return ActionResult({})


@overlay.adds(CodePipelineResponse)
def deregister_webhook_with_third_party(response: CodePipelineResponse) -> ActionResult:
    """Delete the hook on GitHub."""
    webhook = _found(response)
    if webhook.registered is not None:
        _repository(response, webhook, "deregistered from")
        remote.remove_hook(response.current_account, response.region, webhook.registered, webhook.url)
        webhook.registered = None
    return ActionResult({})


@overlay.wraps(CodePipelineResponse)
def list_tags_for_resource(original: Callable[..., Any], response: CodePipelineResponse) -> Any:
    """The same for webhooks, which have tags too."""
    webhook = _tagged(response)
    return original() if webhook is None else ActionResult({"tags": webhook.described()["tags"]})


@overlay.wraps(CodePipelineResponse)
def tag_resource(original: Callable[..., Any], response: CodePipelineResponse) -> Any:
    """The same for webhooks, which have tags too."""
    webhook = _tagged(response)
    if webhook is None:
        return original()
    webhook.tags |= _tags(asked(response)["tags"])
    return ActionResult({})


@overlay.wraps(CodePipelineResponse)
def untag_resource(original: Callable[..., Any], response: CodePipelineResponse) -> Any:
    """The same for webhooks, which have tags too."""
    webhook = _tagged(response)
    if webhook is None:
        return original()
    for key in asked(response)["tagKeys"]:
        webhook.tags.pop(key, None)
    return ActionResult({})


def _tagged(response: CodePipelineResponse) -> Webhook | None:
    _, webhook, name = asked(response)["resourceArn"].rpartition(":webhook:")
    return _named(response, name) if webhook else None


def _tags(tags: list[dict[str, str]]) -> dict[str, str]:
    if any(tag["key"].startswith("aws:") for tag in tags):
        raise Refusal("InvalidTagsException", "Not allowed to modify system tags. System tags start with 'aws:'.")
    return {tag["key"]: tag["value"] for tag in tags}


def _found(response: CodePipelineResponse) -> Webhook:
    return _named(response, asked(response).get("webhookName", ""), "WebhookNotFoundException")


def _named(response: CodePipelineResponse, name: str, code: str = "ResourceNotFoundException") -> Webhook:
    held = webhooks(response.codepipeline_backend)
    if name not in held:
        raise Refusal(code, f"Webhook '{name}' was not found")
    return held[name]


def _repository(response: CodePipelineResponse, webhook: Webhook, verb: str) -> str:
    """The repository of the pipeline's source. Refuses if the source's token does not work.

    The wording is the one that users report (0x4447/0x4447_product_s3_email#22 for the 404).
    """
    pipeline = response.codepipeline_backend.pipelines.get(webhook.definition["targetPipeline"])
    wanted = webhook.definition["targetAction"]
    declared = actions(pipeline.pipeline) if pipeline is not None else iter(())
    settings: dict[str, str] = next((one.get("configuration", {}) for _, one in declared if one["name"] == wanted), {})
    works = remote.is_token_valid(response.current_account, response.region)
    if not works or settings.get("OAuthToken", MASK) == MASK:
        cause = 'Invalid credentials [StatusCode: 401, Body: {"message":"Bad credentials"}]'
        raise Refusal("ValidationException", f"Webhook could not be {verb} GitHub. Error cause: {cause}")
    return f"{settings['Owner']}/{settings['Repo']}"


def _check(wanted: dict[str, Any]) -> None:
    """Refuse invalid webhooks. Error codes: API reference, PutWebhook; the messages are assumptions."""
    needed = {"GITHUB_HMAC": "SecretToken", "IP": "AllowedIPRange"}.get(wanted["authentication"])
    if set(wanted["authenticationConfiguration"]) != ({needed} if needed else set()):
        message = f"authenticationConfiguration must hold {needed or 'nothing'} for {wanted['authentication']}"
        raise Refusal("InvalidWebhookAuthenticationParametersException", message)
    for one in wanted["filters"]:
        if not one["jsonPath"].startswith("$"):
            raise Refusal("InvalidWebhookFilterPatternException", f"Invalid JSON path: {one['jsonPath']}")
