"""The policy simulator, for roles: which actions their policies, boundary and organization allow."""

from typing import Any

from moto.core.responses import ActionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse

from ecsctl.sandbox.aws.iam.state import find
from ecsctl.sandbox.core import overlay, permissions
from ecsctl.sandbox.core.permissions import Asked, Statements

_WILD = "*?"


@overlay.adds(IamResponse)
def simulate_principal_policy(self: IamResponse) -> ActionResult:
    """Evaluate each action for each resource (IAM API reference, SimulatePrincipalPolicy).

    A context key that was not given is missing from every condition that asks for it, and is named.
    """
    arn = self._get_param("PolicySourceArn")
    role = find(self.current_account, arn)
    if role is None:
        raise NotFoundException(f"The entity {arn} cannot be found.")
    actions, resources = self._get_param("ActionNames", []), self._get_param("ResourceArns", []) or ["*"]
    if wrong := next((one for one in actions if ":" not in one or set(one) & set(_WILD)), ""):
        raise overlay.Refusal("InvalidInput", f"Invalid Action Name: {wrong}")
    context = {one["ContextKeyName"]: tuple(one["ContextKeyValues"]) for one in self._get_param("ContextEntries", [])}
    named = {name: [text] for name, text in role.policies.items()}
    named |= {policy.name: list(permissions.current(policy)) for policy in role.managed_policies.values()}
    policies = {name: permissions.statements(documents) for name, documents in named.items()}
    boundary = permissions.boundary_of(role)
    results = [
        _evaluated(Asked(action, resource, context), policies, boundary) for action in actions for resource in resources
    ]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _evaluated(asked: Asked, policies: dict[str, Statements], boundary: Statements | None) -> dict[str, Any]:
    decided = {name: permissions.decision(some, asked) for name, some in policies.items()}
    missing = {
        key
        for some in policies.values()
        for one in some
        for tests in one.get("Condition", {}).values()
        for key in tests
        if key.lower() not in {known.lower() for known in asked.context}
    }
    organization = permissions.of_organization()
    details: dict[str, Any] = {}
    layers = [next((one for one in ("Deny", "Allow") if one in decided.values()), "")]
    if organization is not None:  # one with conditions is not evaluated (IAM user guide, "IAM policy simulator")
        layers.append(permissions.decision([one for one in organization if "Condition" not in one], asked))
        details["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": layers[-1] == "Allow"}
    if boundary is not None:
        layers.append(permissions.decision(boundary, asked))
        details["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": layers[-1] == "Allow"}
    verdict = "explicitDeny" if "Deny" in layers else "allowed" if set(layers) == {"Allow"} else "implicitDeny"
    effect = "Deny" if "Deny" in decided.values() else "Allow"
    return {
        "EvalActionName": asked.action,
        "EvalResourceName": asked.resource,
        "EvalDecision": verdict,
        "MatchedStatements": [{"SourcePolicyId": name, "SourcePolicyType": "IAM Policy"}
                              for name, found in decided.items() if found == effect],
        "MissingContextValues": sorted(missing),
        **details,
    }  # fmt: skip
