"""A row for every kind that is ours to make, in three stacks: what it is made of, and another value for each field."""

from __future__ import annotations

from ecsctl.engine.resource import AnyResource
from ecsctl.resources.borrowed_network import BorrowedSubnet, BorrowedVpc
from ecsctl.resources.connection import BorrowedConnection
from ecsctl.resources.first_image import FirstImage
from ecsctl.resources.first_release import FirstRelease
from ecsctl.resources.issued_certificate import BorrowedCertificate
from tests.rows import delivery, delivery_rows, ecs, ecs_rows, files, network, network_rows, schedules

STACKS = {"network": network.composition, "delivery": delivery.composition, "ecs": ecs.composition}
ROWS = (*network_rows.ROWS, *files.ROWS, *delivery_rows.ROWS, *ecs_rows.ROWS, *schedules.ROWS)

EXEMPT: dict[type[AnyResource], str] = {
    FirstImage: "a wait: nothing of its own is on AWS; tests/stack/test_first_image.py",
    FirstRelease: "a wait: nothing of its own is on AWS; tests/stack/test_first_release.py",
    BorrowedVpc: "only read; tests/resources/test_borrowed_network.py",
    BorrowedSubnet: "only read; tests/resources/test_borrowed_network.py",
    BorrowedCertificate: "only read; tests/resources/test_certificate.py",
    BorrowedConnection: "only read; tests/resources/test_connection.py",
}
