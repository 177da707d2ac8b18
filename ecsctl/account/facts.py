"""The facts that the stack is composed from, besides ecsctl.toml: plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ecsctl.account.identity import Identity
from ecsctl.engine.plan import Step
from ecsctl.engine.secret import Secret
from ecsctl.errors import EcsctlError


@dataclass(frozen=True)
class Facts:
    """The facts that the stack is composed from, besides ecsctl.toml. Read before the first change."""

    identity: Identity
    zones: tuple[str, ...] = ()  # none in an existing network
    hosted_zones: Mapping[str, str] = field(default_factory=dict)  # by name of the app: the id of its zone
    certified: frozenset[str] = frozenset()  # the names in the existing certificate, as recorded
    zone_unread: str = ""  # why the zone is the recorded one: the account's could not be listed, or it is gone
    tls_policy: str = ""
    build_image: str = ""
    past_commands: tuple[str, ...] = ()  # tasks of the release command that have ended
    curated_image: str = ""  # from those that AWS offers: runs the release command, and updates the jobs
    token: Secret | None = None
    webhook: Secret | None = None  # the URL that notifications are posted to
    token_arn: str = ""
    token_reference: str = ""  # as CodeBuild takes it: the secret's full ARN, and `:key` if there is one
    reporting: tuple[str, str] = ("", "")  # the same for the token that notifies GitHub of releases
    token_readable: bool = False  # the secret is in the form that CodeBuild reads directly
    image: str = ""  # an existing one: given, in use, or the newest in the repository; empty: there is none
    given: str = ""  # the one that this run is to use, by digest if it is in the app's repository
    unobserved: tuple[EcsctlError, ...] = ()  # why some of these could not be read, and are as recorded
    cautions: tuple[str, ...] = ()  # what IAM will accept silently, though it will not work
    unfit: tuple[Step, ...] = ()  # from what the user has prepared: it blocks everything
    past_builds: tuple[str, ...] = ()  # that had ended before this run
    broken: str = ""  # the image of a first version that ECS has given up
    own_buildspec: bool | None = None  # whether the branch has a buildspec.yml; None: not known here
    context: str = "."  # the folder of the branch that ecsctl's own buildspec builds, if ecsctl.toml names none
    shifted: bool = False  # an earlier strategy has created a second target group, and the service uses it
    key: str = ""  # the ARN of the KMS key that encrypts what is created; empty: AWS's own keys do
    storage_key: str = ""  # the same for the tasks' storage, which takes fewer kinds of keys
    secret_keys: Mapping[str, str] = field(default_factory=dict)  # the keys of secrets that are read, by their ARNs
    moving: bool = False  # the tasks are to change to another processor, and their image was built for the old one

    def keys_of(self, secrets: Iterable[str]) -> frozenset[str]:
        """The KMS keys of these secrets, whose ARNs may go on with what is read of them."""
        held = {":".join(arn.split(":")[:7]) for arn in secrets}
        return frozenset(key for arn, key in self.secret_keys.items() if arn in held)
