"""Changes are PENDING until they have reached every name server."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.route53.responses import Route53

from ecsctl.sandbox.aws.route53.state import changes_of
from ecsctl.sandbox.core import clock, overlay

IN_SYNC = 30.0  # Route 53 guide: "changes generally propagate … within 60 seconds"


@overlay.wraps(Route53)
def change_resource_record_sets(original: Any, self: Route53) -> ActionResult:
    """Apply all the changes or none; PENDING for a while."""
    original()
    ident = "C" + mock_random.get_random_string(length=20, include_digits=True).upper()
    changes_of(self.current_account).asked[ident] = clock.now()
    info = {"Id": f"/change/{ident}", "Status": "PENDING", "SubmittedAt": utcnow()}
    return ActionResult({"ChangeInfo": info})


@overlay.wraps(Route53)
def get_change(original: Any, self: Route53) -> ActionResult:  # noqa: ARG001 - it knows no change
    """Return a change, PENDING until it has reached every name server. Raises Refusal."""
    ident = self._get_param("Id").replace("/change/", "")
    asked = changes_of(self.current_account).asked.get(ident)
    if asked is None:
        raise overlay.Refusal("NoSuchChange", f"Could not find resource with ID: {ident}")
    status = "INSYNC" if clock.now() - asked >= IN_SYNC else "PENDING"
    return ActionResult({"ChangeInfo": {"Id": f"/change/{ident}", "Status": status, "SubmittedAt": utcnow()}})
