"""What Session Manager refuses: documents that do not exist, and parameters that a document does not allow."""

import re
from typing import Any

from ecsctl.sandbox.core import constraints
from ecsctl.sandbox.core.overlay import Refusal

_PORT = r"([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"

# Parameters of AWS's documents, and their patterns (`aws ssm describe-document`, as copied by 18F/identity-terraform
# and others; Systems Manager User Guide, "Start a session (port forwarding to remote host)").
DOCUMENTS: dict[str, dict[str, str]] = {
    "SSM-SessionManagerRunShell": {},
    "AWS-StartPortForwardingSession": {"portNumber": _PORT, "localPortNumber": _PORT},
    "AWS-StartPortForwardingSessionToRemoteHost": {
        "portNumber": _PORT,
        "localPortNumber": _PORT,
        "host": r"[^,$^&\(\)!;'\"<>`{}\[\]\|#=]{3,}",
    },
}
_SHELL, OF_TASK, _ = DOCUMENTS


def check(ask: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The requested document and its parameters. Raises a refusal for those that AWS does not allow."""
    if wrong := constraints.violation("ssm", "StartSession", ask):
        raise Refusal("ValidationException", wrong)
    document = ask.get("DocumentName") or _SHELL
    if document not in DOCUMENTS:
        raise Refusal("InvalidDocument", f"Document with name {document} does not exist.")
    given = {name: "".join(values) for name, values in (ask.get("Parameters") or {}).items()}
    for name, value in given.items():
        pattern = DOCUMENTS[document].get(name)
        if pattern is None or not re.fullmatch(pattern, value):
            raise Refusal("ValidationException", f'Parameter "{name}" with value "{value}" is not allowed.')
    return document, given
