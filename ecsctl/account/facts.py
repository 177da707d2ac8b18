"""What the stack is composed from, beside ecsctl.toml: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecsctl.account.identity import Identity
from ecsctl.engine.errors import EcsctlError
from ecsctl.engine.plan import Step
from ecsctl.engine.secret import Secret


@dataclass(frozen=True)
class Facts:
    """What the stack is composed from, beside ecsctl.toml. Read before the first change."""

    identity: Identity
    zones: tuple[str, ...] = ()  # none in a network that is not ours
    hosted_zones: Mapping[str, str] = field(default_factory=dict)  # by name of the app: the id of its zone
    certified: frozenset[str] = frozenset()  # the names in the certificate that was made before, as recorded
    zone_unread: str = ""  # why the account's zones could not be listed; the zone is then the recorded one
    tls_policy: str = ""
    build_image: str = ""
    past_commands: tuple[str, ...] = ()  # tasks of the release command that have ended
    curated_image: str = ""  # of those that AWS offers: what runs the release command, and registers jobs
    token: Secret | None = None
    webhook: Secret | None = None  # the URL that notifications are posted to
    token_arn: str = ""
    token_reference: str = ""  # as CodeBuild takes it: the secret's full ARN, and `:key` if there is one
    reporting: tuple[str, str] = ("", "")  # likewise, of the token that notifies GitHub of releases
    token_readable: bool = False  # the secret is in the form that CodeBuild reads by itself
    image: str = ""  # one that exists: given, in use, or the newest in the repository; empty: there is none
    given: str = ""  # the one that this run is to use, by digest if it is in the app's repository
    unobserved: tuple[EcsctlError, ...] = ()  # why some of these could not be read, and are as recorded
    cautions: tuple[str, ...] = ()  # what IAM will take without a word, and yet will not work
    unfit: tuple[Step, ...] = ()  # of what the user has prepared: it stands in the way of everything
    past_builds: tuple[str, ...] = ()  # that had ended before this run
    broken: str = ""  # the image of a first version that ECS has given up
    own_buildspec: bool | None = None  # whether the branch has a buildspec.yml; None: not known here
    context: str = "."  # the folder of the branch that ecsctl's own buildspec builds, where ecsctl.toml names none
    shifted: bool = False  # a strategy of before has brought a second target group, and the service knows it
    moving: bool = False  # the tasks are to change over to another processor, and their image was built for the old one
