"""Reads sent ahead: everything that a run needs to know is read at its very start, all at once, before it is used.

The state file says what to read, and nothing else is taken from it: the answers are AWS's, as fresh as the run, and
every later read of the same shares them (`Aws.read`). A needless read costs a call; a missing one is made when its
answer is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ecsctl.names import Names

if TYPE_CHECKING:
    from pathlib import Path

    from ecsctl.aws.clients import Aws
    from ecsctl.config import Config
    from ecsctl.engine.state_file import Entry

Read = Callable[[], object]


def start(aws: Aws, app: str, state_file: Path, config: Config | None = None, *, everywhere: bool = True) -> None:
    """Begin to read everything recorded of an app. Returns at once.

    With `config`, also what a stack is composed from; without a state file, what its names and tags lead to.
    `everywhere`: also everything that carries its tags, whether recorded or not.
    """
    aws.ahead([partial(aws.read, aws.sts.get_caller_identity)])  # while the rest is imported
    from ecsctl.engine.codec import ids_from
    from ecsctl.engine.label import APP, Label
    from ecsctl.engine.state_file import peek
    from ecsctl.engine.survey import hints
    from ecsctl.resources import kinds

    book = peek(state_file)
    aws.role_path = roles_under(config, book.entries.values() if book and book.app == app else ())
    if book is None or book.app != app or book.region != aws.session.region_name:
        if config:
            aws.ahead([partial(_by_name, aws, app, config)])
        return
    me = Label(book.app, book.id, book.account, book.region, _partition(book.region))
    known = {kind.kind: kind for kind in kinds()}
    reads: list[Read] = [*_facts(aws, config, Names.of(me))] if config else []
    for kind in known.values() if everywhere else ():  # first, since others depend on their answers
        ids = [entry.ids for entry in book.entries.values() if entry.kind == kind.kind and entry.ids]
        if not config or not (kind.many_in_account or kind.tagging_type):
            reads += [partial(_found, kind.find, aws, me)]
        elif ids:  # with a stack its own kinds are enough: see `Survey.all`
            reads += [partial(_found, kind.find_recorded, aws, me, ids)]
    if config:
        reads += [partial(aws.tagged, APP, me.app, hints(known.values()))]
    for name, entry in book.entries.items() if config else ():  # whoever removes all of it need not know its settings
        with suppress(KeyError, TypeError):  # if the state file's ids do not fit
            kind = known[entry.kind]
            reads += kind.prefetch(aws, me.of(name), ids_from(kind, entry.ids or {}))
    aws.ahead(reads)


def roles_under(config: Config | None, entries: Iterable[Entry]) -> str:
    """Under which path the app's roles are listed: as configured, or else as recorded.

    Without either they may be under any.
    """
    arns = {str((one.ids or {}).get("arn", "")) for one in entries if one.kind == "role"} - {""}
    paths = {arn.partition(":role")[2].rpartition("/")[0] + "/" for arn in arns}
    return config.role_path if config else paths.pop() if len(paths) == 1 else "/"


def _by_name(aws: Aws, app: str, config: Config) -> None:
    """Begin to read what an app without a state file may have, and what a new one is composed from."""
    from ecsctl.engine.label import Label
    from ecsctl.releases import images
    from ecsctl.resources import kinds
    from ecsctl.resources.support.revisions import revisions_of

    account, region = aws.read(aws.sts.get_caller_identity)["Account"], aws.session.region_name or ""
    me = Label(app, "", account, region, _partition(region))
    names = Names.of(me)
    reads: list[Read] = [*_facts(aws, config, names), *(partial(_found, kind.find, aws, me) for kind in kinds())]
    reads += [partial(aws.read, aws.ecr.describe_images, repositoryName=names.repository),
              partial(revisions_of, aws, names.family, "INACTIVE"),
              partial(aws.read, aws.ec2.describe_internet_gateways)]  # fmt: skip
    roles = ["execution", "task"]
    if config.domain:
        reads += [partial(aws.read, aws.elbv2.describe_ssl_policies)]
    if config.github and config.pipeline.mode != "none":
        roles += ["build", "pipeline"]
        reads += [partial(images.past_builds, aws, names),
                  partial(aws.read, aws.codepipeline.get_pipeline_state, name=names.pipeline)]  # fmt: skip
    reads += [partial(aws.read, aws.iam.get_role, RoleName=names.role(part)) for part in roles]
    aws.ahead(reads)


def _facts(aws: Aws, config: Config, names: Names) -> Iterator[Read]:
    """Those reads of `account.gather` that depend on nothing else."""
    if config.domain and config.domain.name:
        yield partial(aws.read, aws.route53.list_hosted_zones)
    if config.github and config.pipeline.mode != "none":
        yield partial(aws.read, aws.codebuild.batch_get_projects, names=[names.project])
        if not config.github.connection_arn:
            secret = _secret(config.github.token_secret)
            yield partial(aws.read, aws.secretsmanager.describe_secret, SecretId=secret)
            yield partial(aws.read, aws.secretsmanager.get_secret_value, SecretId=secret)


def _secret(named: str) -> str:
    from ecsctl.account.token import split_secret

    return split_secret(named)[0]


def _found(find: Callable[..., Iterator[object] | None], *given: object) -> None:
    for _ in find(*given) or ():
        pass


def _partition(region: str) -> str:
    """The partition of a region, judging by its name: it is used in no call but for a bucket's policy."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
