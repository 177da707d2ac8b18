"""Why the app is not reached although it runs: its certificate or its name."""

from __future__ import annotations

from ecsctl.operations.why.causes.cause import Cause, Judge
from ecsctl.operations.why.evidence import Evidence, Facts


def certificate(facts: Facts) -> Cause | None:
    """The certificate is not issued (ACM guide, "Troubleshoot certificate validation", "Certificate request fails")."""
    found = facts.certificate or {}
    status = found.get("Status", "ISSUED")
    if status == "ISSUED":
        return None
    name = found.get("DomainName", "")
    why = found.get("FailureReason", "")
    seen = Evidence("certificate", f"{name}: {status}" + (f", {why}" if why else ""), found.get("CreatedAt"))
    if status == "PENDING_VALIDATION":
        records = [one["ResourceRecord"] for one in found.get("DomainValidationOptions", ()) if "ResourceRecord" in one]
        proof = f"the CNAME {records[0]['Name']}" if records else "its CNAME"
        told = f"the certificate of {name} waits for its proof: {proof} is not seen in DNS"
        mend = (f"look whether the domain's name servers are those of its hosted zone: dig NS {name}", "ecsctl up")
        return Cause("certificate-pending", told, (seen,), mend)
    told = f"the certificate of {name} is {status.lower().replace('_', ' ')}" + (f": {why}" if why else "")
    return Cause("certificate-failed", told, (seen,), ("ecsctl up   (asks for a new one)",))


JUDGES: tuple[Judge, ...] = (certificate,)
