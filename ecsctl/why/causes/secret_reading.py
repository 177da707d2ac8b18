"""Why a task cannot read a secret or parameter: it does not exist, has no such value, or access is denied.

The messages are taken from the ECS guide, "ResourceInitializationError errors", and from public threads; the agent's
"Fetching secret data from" has no error code (aws/aws-cdk#4498). Secrets made by `ecsctl secret` are fixed by it,
others by the AWS CLI.
"""

from __future__ import annotations

import re

from ecsctl.why.causes.cause import Cause, Certainty
from ecsctl.why.causes.fixes import Act, Fix, Step, by_hand, change, renewed, run
from ecsctl.why.causes.wording import certainty_of, right_again, short
from ecsctl.why.evidence import Evidence, Facts, Place
from ecsctl.why.words import contains

PARAMETER = re.compile(r"invalid (?:ssm )?parameters?: \[?([^\s,\]]+)", re.IGNORECASE)
NAMED = re.compile(r"parameter name specified for secret (\S+) is invalid", re.IGNORECASE)
IMPOSSIBLE = re.compile(r"//|[^\w./-]|./$|^/?(?:aws|ssm)", re.IGNORECASE)
"""What a parameter's name cannot contain (Systems Manager API reference, PutParameter: Name). GetParameters reports it
like a missing parameter.
"""


def secret_misnamed(facts: Facts) -> Cause | None:
    """The task definition has an invalid name of a parameter."""
    found = facts.reason(
        (Place.SECRET, Place.PLACE, Place.OTHER),
        "parameter name specified for secret",
        "Parameter name: can't be prefixed",
        "invalid parameters:",
        "invalid ssm parameters:",
    )
    if not found:
        return None
    variable, listed = NAMED.search(found.text), PARAMETER.search(found.text)
    if listed and not variable and not IMPOSSIBLE.search(listed[1]):
        return None
    which = f" of {variable[1]}" if variable else f" {listed[1]}" if listed else ""
    sentence = f"the name{which} is not one that a parameter of Systems Manager can have"
    fix = (change("service.secrets", "to the parameter's whole ARN (arn:aws:ssm:REGION:ACCOUNT:parameter/NAME)"),)
    return Cause("secret-name", sentence, (found,), fix, certainty_of(found))


def secret_state(facts: Facts) -> Cause | None:
    """A secret of the task definition does not exist, is being deleted, or lacks a value or key."""
    return _empty(facts) or _lost(facts) or _without_key(facts)


def _empty(facts: Facts) -> Cause | None:
    found = facts.reason((Place.SECRET,), "can't find the specified secret value")
    if not found:
        return None
    name, lost = arn_in(found.text), any(state != "there" for state in facts.secrets.values())
    if not contains(found.text, "secret value") and (lost or facts.secrets.get(name) != "there"):
        return None
    sentence = f"{named_secret(name)} exists and has no value"
    return Cause("secret-empty", sentence, (found,), (_put(name, facts, "VALUE"),), certainty_of(found))


def _lost(facts: Facts) -> Cause | None:
    lost = {arn: state for arn, state in facts.secrets.items() if state != "there"}
    found = facts.reason((Place.SECRET,), "can't find the specified secret", "marked for deletion", "marked deleted",
                       "invalid parameters:", "invalid ssm parameters:", "ParameterNotFound")  # fmt: skip
    if not found and not (lost and not facts.healthy):
        return None
    name = next(iter(lost), "") or arn_in(found.text if found else "")
    what = named_secret(name)
    if found and not name and (parameter := PARAMETER.search(found.text)):
        name, what = parameter[1], f"the parameter {parameter[1]}"
    gone = found is not None and contains(found.text, "marked for deletion", "marked deleted")
    state = lost.get(name, "being deleted" if gone else "missing")
    observed = tuple(Evidence("Secrets Manager", f"{arn}: {how}") for arn, how in lost.items())
    fix: tuple[Fix, ...]
    if state == "being deleted":
        fix = (run(f"aws secretsmanager restore-secret --secret-id {name}", "with the value that it had"),)
        if own := facts.own_secrets.get(name):
            fix += (run(f"ecsctl secret set {own}", "restores it with another value"),)
    else:
        fix = (
            change(_key(name, facts), "to ARNs that exist"),
            renewed(f"create {what} with its value", _key(name, facts), "to its ARN, which is a new one"),
        )
        if own := _name_of_ours(name, facts):
            again = Fix(tuple(Step(Act.RUN, one) for one in (f"ecsctl secret set {own}", "ecsctl up")),
                        f'where {_key(name, facts)} says "{own}"')  # fmt: skip
            fix = (again, *fix)
    sentence = f"{what} is {state}"
    evidence = (*((found,) if found else ()), *observed)
    return Cause("secret-missing", sentence, evidence, fix, Certainty.CERTAIN if lost else certainty_of(found))


def _without_key(facts: Facts) -> Cause | None:
    found = facts.reason((Place.SECRET,), "did not contain json key", "invalid character")
    if not found:
        return None
    name, key = arn_in(found.text), re.search(r"did not contain json key (\S+)", found.text)
    sentence = f"{named_secret(name)} " + (
        f"has no key {key[1]}" if key else "is not JSON, but a key in it is configured"
    )
    fix = (change(_key(name, facts), "to a key that the secret has"), _put(name, facts, "JSON"))
    return Cause("secret-key-missing", sentence, (found,), fix, certainty_of(found))


def secret_denied(facts: Facts) -> Cause | None:
    """The execution role may not read a secret, or not use its KMS key."""
    found = facts.reason((Place.SECRET,), "Access to KMS is not allowed", "kms:Decrypt",
                       "The ciphertext refers to a customer master key")  # fmt: skip
    kms = found is not None
    found = found or facts.reason((Place.SECRET,), "AccessDenied", "not authorized to perform")
    if not found:
        return None
    role = short(facts.definition.get("executionRoleArn", "")) or "the execution role"
    arn = arn_in(found.text)
    sentence = f"{role} may not {'use the key of' if kms else 'read'} {named_secret(arn)}"
    if kms and contains(found.text, "does not exist"):  # AWS returns the same error, so as not to reveal what exists
        sentence = f"{role} may not use the key of {named_secret(arn)}, or the key no longer exists"
    allow = by_hand(f"allow {role} kms:Decrypt in the policy of the secret's key")
    named = change(_key(arn, facts), "to the secret's whole ARN")
    return Cause(
        "secret-denied", sentence, (found,), (*right_again(found, facts), allow if kms else named), certainty_of(found)
    )


def secret_unread(facts: Facts) -> Cause | None:
    """A secret could not be read, and AWS truncated the reason."""
    found = facts.reason((Place.SECRET,))
    if found is None or not found.text.rstrip().endswith(("...", "…")):
        return None
    sentence = (f"the task could not read {named_secret(arn_in(found.text))}, and AWS cut its reason short: either "
            f"it does not exist, "
            "or the execution role may not read it, or it is not reached: check first whether it exists")  # fmt: skip
    fix = (
        run("ecsctl plan", "says whether it exists, and whether role and network are as desired"),
        change(_key(arn_in(found.text), facts), "to ARNs that exist"),
    )
    return Cause("secret-unread", sentence, (found,), fix, Certainty.POSSIBLE,
                 either=("secret-missing", "secret-denied", "unreachable"))  # fmt: skip


def _put(arn: str, facts: Facts, what: str) -> Fix:
    """Return how to set a secret's value: by `ecsctl secret set` if that made it, which asks for the value.

    The AWS CLI reads it from a file: an argument would be visible in the process list.
    """
    if own := facts.own_secrets.get(arn):
        return run(f"ecsctl secret set {own}", "asks for its value" if what == "VALUE" else "asks for the whole JSON")
    return run(f"aws secretsmanager put-secret-value --secret-id {arn or 'ARN'} --secret-string file://{what}",
               "where the file has its value" if what == "VALUE" else "where the file has the whole JSON")  # fmt: skip


def _key(arn: str, facts: Facts) -> str:
    """Return the key of ecsctl.toml that lists the secret: the app's, unless only a sidecar uses it."""
    for one in facts.definition.get("containerDefinitions", ()) if arn else ():
        named = any(str(secret["valueFrom"]).startswith(arn) for secret in one.get("secrets") or ())
        if named and facts.is_sidecar(str(one.get("name"))):
            return f"sidecars.{one['name']}.secrets"
        if named:
            break
    return "service.secrets"


def _name_of_ours(arn: str, facts: Facts) -> str:
    """Return the name of a deleted secret in `ecsctl secret`; empty if it was made elsewhere."""
    found = re.search(rf":secret:{re.escape(facts.app)}/([\w+=.@-]+)-\w{{6}}$", arn)
    return found[1] if found else ""


def arn_in(text: str) -> str:
    """Return the ARN in a text, without key, stage and version, which a task definition may append."""
    found = re.search(r"arn:[\w-]+:(?:secretsmanager|ssm):[^\s,\"]+", text)
    return ":".join(found[0].split(":")[:7]).rstrip(".:…") if found else ""


def named_secret(arn: str) -> str:
    """Return the name of a secret or parameter, for a sentence."""
    if found := re.search(r":parameter/?(/?\S+)$", arn):
        name = found[1] if "/" not in found[1] or found[1].startswith("/") else f"/{found[1]}"
        return f"the parameter {name}"
    if arn.startswith("/"):
        return f"the parameter {arn}"
    name = arn.rsplit(":secret:", maxsplit=1)[-1].split(":", maxsplit=1)[0]
    return f"the secret {name}" if name and name != "arn" else "a secret"
