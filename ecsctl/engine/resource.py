"""The contract between the engine and a resource.

A resource is a frozen dataclass; its fields are the desired state. `observe` returns a value of the same class:
what is true.
Everything else (comparing, planning, journaling, retrying, waiting, ownership) is the engine's and written once.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args, get_origin, get_type_hints

from ecsctl.engine.wording import called

if TYPE_CHECKING:
    from ecsctl.aws import Aws
    from ecsctl.engine.label import Label

Ids = TypeVar("Ids")
T = TypeVar("T")
R = TypeVar("R")


class Trait:
    """A property of a field that the engine heeds."""

    def __init__(self, name: str) -> None:
        self.name = name


FIXED, RENEWED, ORDER = Trait("fixed"), Trait("renewed"), Trait("order")

Fixed = Annotated[T, FIXED]
"""A field that AWS cannot change in place: a difference means replacement."""
Renewed = Annotated[T, RENEWED]
"""An id that an update moves on: a task definition's revision."""
Order = Annotated[T, ORDER]
"""A field that is an edge of the graph and nothing else: it is never compared."""


@dataclass(frozen=True)
class Found(Generic[Ids]):
    """One resource of a kind that carries our app's tags."""

    ids: Ids
    tags: Mapping[str, str]
    uses: frozenset[str] = frozenset()  # ids of others of its own kind that cannot go before it
    elsewhere: bool = False  # found in all regions, and perhaps of another region's deployment


@dataclass(frozen=True)
class Observed(Generic[R, Ids]):
    """What exists: its ids, the values of the resource's fields, and its tags."""

    ids: Ids
    actual: R
    tags: Mapping[str, str] | None = None  # None: it cannot carry tags, or they do not matter (borrowed)
    ready: bool = True
    failed: str = ""  # AWS accepted it and then gave up: why
    note: str = ""  # a word for status and for those who wait: "provisioning"
    since: datetime | None = None  # when AWS says it was made
    hint: str = ""  # where it has failed, is in the way or does not fit: what a person can do about it
    gone_back: str = ""  # in words: who went back to an older release, so that the difference is not drift
    released: frozenset[str] = frozenset()  # the fields that a release changes, and going back sets back
    ask: str = ""  # what a person must do before it can be ready
    paused: str = ""  # where AWS holds it until a person decides, in words; `hint` says how to
    residue: str = ""  # untagged, but ours: the AWS service that has created it by itself


@dataclass(frozen=True)
class Contents:
    """What a thing holds: in words, such as "12 images", empty if nothing would be lost with it; and its bytes."""

    summary: str = ""
    size: int = 0


class Resource(ABC, Generic[Ids]):
    """One thing on AWS, in its desired state. A subclass is a frozen dataclass; its fields are the desired state.

    A field that is None is not compared: whatever AWS has is fine.
    """

    kind: ClassVar[str]
    title: ClassVar[str]  # in a sentence: "NAT gateway"
    done: ClassVar[str] = ""  # what is said of it in place of "created", where nothing is: "first image built"
    within: ClassVar[tuple[str, ...]] = ()  # fields naming the parent it cannot exist without
    inside: ClassVar[bool] = False  # it is a part of its parent: one that was just created cannot have it yet
    lets_go: ClassVar[tuple[str, ...]] = ()  # fields naming what may be removed before it: it does not use that
    vast: ClassVar[bool] = False  # finding all of them means reading others' too, which a record makes unnecessary
    hinted_by: ClassVar[str] = ""  # its type in the tagging API: what that does not list is not searched for by a plan
    known_by: ClassVar[str] = ""  # another kind, by title: one of this kind is found only where one of that exists
    borrowed: ClassVar[bool] = False  # only read: never made, changed or deleted by us
    wait: ClassVar[bool] = False  # only a wait for another: nothing of its own is on AWS
    tagged: ClassVar[bool] = True  # `update` can fix its tags (the change is then called "tags")
    limit: ClassVar[float] = 120.0  # seconds at most until it is ready, or gone
    usual: ClassVar[float] = 3.0  # seconds that it usually takes to be made, for the estimate that a person is given
    repeats: ClassVar[tuple[str, ...]] = ()  # the calls that show its state: a wait for it repeats these alone
    disposable: ClassVar[bool] = False  # a failed one is removed and made again, once, before its failure is reported
    lasting: ClassVar[frozenset[str]] = frozenset()  # of its ids, those that the one in a failed one's place has too
    early: ClassVar[bool] = False  # what depends on it may go on before it is ready
    soon: ClassVar[bool] = False  # what depends on it may go on once its create has answered: it needs the id alone
    answered: ClassVar[bool] = False  # the same, once also the changes have answered that follow its create
    serves: ClassVar[bool] = False  # when the first of its kind is removed, the app's clients get no more answers
    lingers: ClassVar[bool] = False  # what it depends on is removed once it is gone; the request alone is not enough
    frees: ClassVar[tuple[str, ...]] = ()  # kinds that are free once it is gone: what AWS releases late uses both
    goes: ClassVar[float] = 5.0  # seconds that it usually takes to be gone, or released by what uses it
    hourly: ClassVar[float] = 0.0  # dollars for one, by list price (us-east-1), whatever is done with it
    per_gigabyte: ClassVar[float] = 0.0  # dollars a month for what is in it
    by_use: ClassVar[bool] = False  # it costs by the second, the build or the action
    protect: ClassVar[str] = ""  # what `protect` in ecsctl.toml calls it; empty: it cannot be kept
    data: ClassVar[bool] = False  # what it holds cannot be made again
    outlasts: ClassVar[str] = ""  # why it stays when it is no longer desired: `down` alone removes it, on request
    arns: ClassVar[str] = ""  # its ARNs: the service, or service:type where one service has many
    console: ClassVar[str] = ""  # its page in the AWS console: a template over its ids, {region} and {console}

    @classmethod
    def rights(cls, scope: Any, uses: Any) -> Iterator[Any]:
        """What an operator must be allowed for it, by what the app uses that is not its own.

        The engine never calls it: the types are those of its callers (`resources/support/rights.py`).
        """
        del scope, uses
        yield from ()

    @abstractmethod
    def observe(self, aws: Aws, me: Label) -> Observed[Self, Ids] | None:
        """Read it, by name or tags; change nothing. None: it does not exist."""

    def keeping(self, actual: Self) -> Self:
        """This resource, with AWS's values in place of defaults that were read, which are for new ones only."""
        del actual
        return self

    @classmethod
    @abstractmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[Ids]]:
        """Every one of this kind in the account and region that carries the app's tags, until AWS no longer shows
        it.
        """

    @classmethod
    def among(cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]) -> Iterator[Found[Ids]] | None:
        """As `find`, but only among what is recorded, by its ids: for one who may not search all of the account.

        None: without the search nothing can be said of this kind.
        """
        del aws, me, recorded
        return None

    def meanwhile(self, actual: Self) -> Self:
        """What it is to be until all of the stack is up: nothing is taken away that what still runs may need.

        The rest follows when everything else exists and is ready.
        """
        del actual
        return self

    def at_first(self) -> Self:
        """What it is made as. The rest follows when everything else exists and is ready."""
        return self

    def as_made(self) -> Self:
        """What its create makes: this, without what only an update can set. That update follows at once."""
        return self

    @classmethod
    def known_as(cls, name: str) -> str:
        """What a person calls the one of this kind that is so named in the stack."""
        return called(cls.title, name)

    @property
    def called(self) -> str:
        """What a person calls a thing that is only used: its id or ARN, as in ecsctl.toml."""
        return str(next(iter(vars(self).values()), ""))

    @property
    def ready_within(self) -> float:
        """Seconds at most until it is ready, where that depends on what is desired."""
        return self.limit

    def summary(self) -> str:
        """What a person should know of it before it is made, in a line or two: what it opens, may do, holds, costs."""
        return ""

    def reason(self, field: str, actual: Self) -> str:
        """What is wrong with a field that no one sets, but that follows from what exists. Empty for all others."""
        del field, actual
        return ""

    def impact(self, actual: Self) -> str:
        """What the app's clients notice while it is updated or replaced, in words; empty if nothing."""
        del actual
        return ""

    def beyond(self) -> str:
        """What in the desired state exceeds a limit of AWS's, though each part of it is valid; empty if nothing
        does.
        """
        return ""

    @classmethod
    def ahead(cls, aws: Aws, me: Label, ids: Ids) -> Iterator[Callable[[], object]]:
        """The reads of `observe` that do not wait for each other, for one that is recorded: made all at once, first.

        Their answers are shared with later reads of the same: see `ecsctl.ahead`. A run is correct without them.
        """
        del aws, me, ids
        yield from ()

    def create(self, aws: Aws, me: Label) -> Ids:
        """Make it exist, tagged in the same call, and return the ids AWS answered with. One change."""
        raise NotImplementedError(f"{self.kind} is never made by us")

    def update(self, aws: Aws, me: Label, ids: Ids, changed: frozenset[str]) -> None:
        """Change the named fields to what is desired. May be repeated."""
        raise NotImplementedError(f"{self.kind} cannot be changed")

    @classmethod
    def delete(cls, aws: Aws, ids: Ids) -> None:
        """Ask AWS to remove it. May be repeated; the engine waits until it is gone."""
        raise NotImplementedError(f"{cls.kind} is never deleted by us")

    @classmethod
    def unhand(cls, aws: Aws, ids: Ids) -> None:
        """Before all that uses it is removed: release what would take long to leave it. May be repeated."""
        del aws, ids

    @classmethod
    def contents(cls, aws: Aws, ids: Ids) -> Contents:
        """What a person should know of before it is deleted."""
        del aws, ids
        return Contents()


AnyResource = Resource[Any]


@functools.cache
def identity(kind: type[AnyResource]) -> type[Any]:
    """The class of a kind's ids, out of `class Vpc(Resource[VpcIds])`."""
    for parent in kind.__mro__:
        for base in getattr(parent, "__orig_bases__", ()):
            if get_origin(base) is Resource:
                found: type[Any] = get_args(base)[0]
                return found
    raise TypeError(f"{kind.__name__} does not say which ids it has")


@functools.cache
def traits(kind: type[Any]) -> Mapping[str, Trait]:
    """The traits of the fields of a dataclass, by field name. Fields without any are left out."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for item in fields(kind):
        for extra in getattr(hints[item.name], "__metadata__", ()):
            if isinstance(extra, Trait):
                found[item.name] = extra
    return found


def mentions(annotation: Any) -> Iterator[Any]:
    """Every NewType inside a type annotation, however deep."""
    if hasattr(annotation, "__supertype__"):
        yield annotation
    for part in get_args(annotation):
        if not isinstance(part, Trait | str):
            yield from mentions(part)
    if isinstance(annotation, type) and hasattr(annotation, "__dataclass_fields__"):
        for hint in get_type_hints(annotation, include_extras=True).values():
            yield from mentions(hint)


__all__ = [
    "AnyResource",
    "Fixed",
    "Found",
    "Ids",
    "Observed",
    "Order",
    "Renewed",
    "Resource",
    "Trait",
    "field",
    "identity",
    "mentions",
    "traits",
]  # fmt: skip
