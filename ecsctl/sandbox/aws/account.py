"""What a user would have prepared by hand before the first run: the sandbox's account has it from the beginning.

It is made together with moto's backends, so every reset brings it back and every region has it.
"""

from collections.abc import Callable
from typing import Any

from moto.route53.models import Route53Backend
from moto.secretsmanager.models import SecretsManagerBackend

from ecsctl.sandbox.aws.route53 import delegation
from ecsctl.sandbox.core import defaults, overlay

ACCOUNT = defaults.ACCOUNT
TOKEN_SECRET = "github/token"  # noqa: S105 - the secret's name
TOKEN = "ghp_sandboxCANARY0000000000000000000000"  # noqa: S105 - has the form of GitHub's and opens nothing
ZONE = "ecsctl.example."


@overlay.wraps(SecretsManagerBackend, "__init__")
def add_github_token(original: Callable[..., Any], backend: Any, region_name: str, account_id: str) -> None:
    """Add the secret that holds the GitHub token, in every region."""
    original(region_name, account_id)
    if account_id == ACCOUNT:
        backend.create_secret(
            name=TOKEN_SECRET,
            secret_string=TOKEN,
            secret_binary=None,
            description="A GitHub token that opens nothing",
            tags=[],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )


@overlay.wraps(Route53Backend, "__init__")
def add_hosted_zone(original: Callable[..., Any], backend: Any, region_name: str, account_id: str) -> None:
    """Add the public hosted zone of `ecsctl.example.`, and delegate the domain to it."""
    original(region_name, account_id)
    if account_id == ACCOUNT:
        zone = backend.create_hosted_zone(
            name=ZONE,
            private_zone=False,
            caller_reference="prepared-by-hand",
            vpcid=None,
            vpcregion=None,
            comment="The sandbox's domain",
            delegation_set_id=None,
        )
        delegation.register(backend, zone.resource_id)
