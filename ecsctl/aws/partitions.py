"""How names differ between AWS's partitions: regions, and the domains of their hosts (the SDK's data,
partitions.json).
"""

from __future__ import annotations

REGION = r"[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}"
SUFFIXES = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-us-gov": "amazonaws.com",
}
"""By partition: the suffix of its host names."""
SUFFIX = "(?:" + "|".join(sorted({one.replace(".", r"\.") for one in SUFFIXES.values()}, key=len, reverse=True)) + ")"


def suffix(partition: str) -> str:
    """The suffix of a partition's host names; for an unknown one, the most common suffix."""
    return SUFFIXES.get(partition, SUFFIXES["aws"])
