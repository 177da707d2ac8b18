"""The behaviour of EFS that moto lacks (EFS user guide and API reference)."""

from ecsctl.sandbox.aws.efs import checks, state, time  # noqa: F401 - imported for their declarations
from ecsctl.sandbox.aws.efs.mounting import access_point, folder, way

__all__ = ["access_point", "folder", "way"]
