"""All that moto holds is forgotten: the account is empty."""

from __future__ import annotations

from typing import Any

from ecsctl.sandbox.core import instance_types  # noqa: F401 - before moto's EC2, which reads them as it is imported

# isort: split
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.ec2.models.subnets import Subnet


def forget() -> None:
    """Throw away everything that moto holds.

    `mock_aws` takes as long for it as many a test: it creates each EC2 again, default network and all, before it throws
    it away, and intercepts the requests library too, which nobody uses here.
    """
    used: list[Any] = list(BackendDict._instances)  # type: ignore[misc] # moto's own list of what is in use
    for backends in used:
        if backends.service_name == "ec2":
            backends.clear()
    Subnet._base_avail_ip_iterator.cache_clear()  # it would hold each subnet, and with it the whole account, for good
    BackendDict.reset()
    for backends in used:  # a service that is reset may have asked one that was thrown away already
        backends.clear()
    reset_model_data()
