"""The contract between the engine and a resource.

A resource is a frozen dataclass; its fields are the desired state. `observe` returns a value of the same class: the
observed state. Everything else (comparing, planning, journaling, retrying, waiting, ownership) is done by the engine
and written once.
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
    from ecsctl.aws.clients import Aws
    from ecsctl.engine.label import Label

Ids = TypeVar("Ids")
T = TypeVar("T")
R = TypeVar("R")


class Trait:
    """A property of a field that the engine takes into account."""

    def __init__(self, name: str) -> None:
        self.name = name


FIXED, RENEWED, ORDER = Trait("fixed"), Trait("renewed"), Trait("order")

Fixed = Annotated[T, FIXED]
"""A field that AWS cannot change in place: a difference means replacement."""
Renewed = Annotated[T, RENEWED]
"""An id that an update replaces: a task definition's revision."""
Order = Annotated[T, ORDER]
"""A field that is only an edge of the graph: it is never compared."""


@dataclass(frozen=True)
class Found(Generic[Ids]):
    """One resource of a kind that carries our app's tags."""

    ids: Ids
    tags: Mapping[str, str]
    uses: frozenset[str] = frozenset()  # ids of others of its own kind that cannot go before it
    elsewhere: bool = False  # found in all regions, and perhaps of another region's deployment


@dataclass(frozen=True)
class Observed(Generic[R, Ids]):
    """A resource as it exists on AWS: its ids, the values of its fields, and its tags."""

    ids: Ids
    actual: R
    tags: Mapping[str, str] | None = None  # None: it cannot carry tags, or they do not matter (borrowed)
    ready: bool = True
    failed: str = ""  # why AWS gave up on it after accepting it
    note: str = ""  # a word for status and for those who wait: "provisioning"
    since: datetime | None = None  # when AWS says it was created
    hint: str = ""  # if it has failed, is in the way or does not fit: what a person can do about it
    rolled_back: str = ""  # in words: who rolled back to an older release, so that the difference is not drift
    released: frozenset[str] = frozenset()  # the fields that a release changes, and a rollback sets back
    ask: str = ""  # what a person must do before it can be ready
    paused: str = ""  # if AWS holds it until a person decides, in words; `hint` says how to
    residue: str = ""  # untagged, but ours: the AWS service that created it on its own


@dataclass(frozen=True)
class Contents:
    """The contents of a resource: in words, such as "12 images", empty if nothing would be lost with it; and in
    bytes.
    """

    summary: str = ""
    size: int = 0


class Resource(ABC, Generic[Ids]):
    """One resource on AWS, in its desired state. A subclass is a frozen dataclass; its fields are the desired state.

    A field that is None is not compared: whatever AWS has is fine.
    """

    kind: ClassVar[str]
    title: ClassVar[str]  # in a sentence: "NAT gateway"
    done: ClassVar[str] = ""  # the word in place of "created" if nothing is created: "first image ready"
    within: ClassVar[tuple[str, ...]] = ()  # fields naming the parent it cannot exist without
    inside: ClassVar[bool] = False  # finding all of them means reading other people's too; a state file avoids it
    independent_of: ClassVar[tuple[str, ...]] = ()  # fields naming what may be removed before it: it does not use that
    many_in_account: ClassVar[bool] = (
        False  # an account may have very many of others: a plan reads those in the state file alone
    )
    tagging_type: ClassVar[str] = ""  # its type in the tagging API: a plan does not search for what that does not list
    known_by: ClassVar[str] = ""  # another kind, by title: it is searched for only where one of that exists
    borrowed: ClassVar[bool] = False  # only read: we never create, change or delete it
    wait: ClassVar[bool] = False  # only a wait for another resource: it has nothing of its own on AWS
    tagged: ClassVar[bool] = True  # `update` can fix its tags (the change is then called "tags")
    limit_seconds: ClassVar[float] = 120.0  # seconds at most until it is ready, or gone
    usual_seconds: ClassVar[float] = 3.0  # seconds that it usually takes until it is ready
    repeats: ClassVar[tuple[str, ...]] = ()  # the calls that show its state: waiting for it repeats only these
    disposable: ClassVar[bool] = False  # a failed one is removed and made again, once, before its failure is reported
    stable_ids: ClassVar[frozenset[str]] = (
        frozenset()
    )  # those of its ids that stay the same when a failed one is replaced
    early: ClassVar[bool] = False  # its dependents may start before it is ready
    soon: ClassVar[bool] = False  # its dependents may start once the create call has returned: they need only the id
    answered: ClassVar[bool] = False  # the same, but only after the changes that follow the create have returned too
    serves: ClassVar[bool] = False  # without it the app no longer answers: `down` says so when it comes to it
    changed_by_delete: ClassVar[tuple[str, ...]] = ()  # fields that its removal changes before it is gone
    holds_until_gone: ClassVar[bool] = (
        False  # its dependencies are removed only after it is gone, not after the request
    )
    deleted_before: ClassVar[tuple[str, ...]] = ()  # kinds that AWS keeps in use for a while after it is deleted
    usual_delete_seconds: ClassVar[float] = (
        5.0  # seconds that it usually takes until it is gone, or its users have released it
    )
    hourly: ClassVar[float] = 0.0  # dollars for one, by list price (us-east-1), however it is used
    per_gigabyte: ClassVar[float] = 0.0  # dollars a month for what is in it
    by_use: ClassVar[bool] = False  # it is billed by the second, the build or the action
    protect: ClassVar[str] = ""  # its name in `protect` of ecsctl.toml; empty: it cannot be kept
    data: ClassVar[bool] = False  # its contents cannot be created again
    kept_because: ClassVar[str] = ""  # why it stays when it is no longer desired: only `down` removes it, on request
    arns: ClassVar[str] = ""  # its ARNs: the service, or service:type where one service has many
    console: ClassVar[str] = ""  # its page in the AWS console: a template over its ids, {region} and {console}

    @classmethod
    def rights(cls, scope: Any, uses: Any) -> Iterator[Any]:
        """The permissions that an operator needs for it, depending on what the app uses that is not its own.

        The engine never calls it: the types belong to its callers (`resources/support/rights.py`).
        """
        del scope, uses
        yield from ()

    @abstractmethod
    def observe(self, aws: Aws, me: Label) -> Observed[Self, Ids] | None:
        """Read it, by name or tags, without changing anything. None: it does not exist."""

    def keeping(self, actual: Self) -> Self:
        """This resource, with AWS's values in place of defaults that only apply to new ones."""
        del actual
        return self

    @classmethod
    @abstractmethod
    def find(cls, aws: Aws, me: Label) -> Iterator[Found[Ids]]:
        """Every one of this kind in the account and region that carries the app's tags, until AWS no longer shows
        it.
        """

    @classmethod
    def find_recorded(cls, aws: Aws, me: Label, recorded: Collection[Mapping[str, str]]) -> Iterator[Found[Ids]] | None:
        """Like `find`, but only among what is recorded, by its ids: for a caller who may not search the whole account.

        None: without the search nothing can be said about this kind.
        """
        del aws, me, recorded
        return None

    def interim(self, actual: Self) -> Self:
        """The state it has until the whole stack is up: nothing is taken away that running parts may need.

        The rest follows when everything else exists and is ready.
        """
        del actual
        return self

    def initial(self) -> Self:
        """The state in which it is created. The rest follows when everything else exists and is ready."""
        return self

    def as_created(self) -> Self:
        """The state that its create call sets: this, without what only an update can set. That update follows at
        once.
        """
        return self

    @classmethod
    def known_as(cls, name: str) -> str:
        """The name that messages use for the one of this kind with this name in the stack."""
        return called(cls.title, name)

    @property
    def called(self) -> str:
        """The name that messages use for something that is only used: its id or ARN, as in ecsctl.toml."""
        return str(next(iter(vars(self).values()), ""))

    @property
    def replacement_advice(self) -> str:
        """Advice for a change that AWS cannot make in place, while others need the resource."""
        return "set it back, or run ecsctl down and then ecsctl up"

    @property
    def ready_within(self) -> float:
        """Seconds at most until it is ready, where that depends on what is desired."""
        return self.limit_seconds

    def summary(self) -> str:
        """A line or two to read before it is created: what it opens, allows, holds or costs."""
        return ""

    def reason(self, field: str, actual: Self) -> str:
        """Say what is wrong with a field that nobody sets, but that follows from what exists. Empty for all others."""
        del field, actual
        return ""

    def impact(self, actual: Self) -> str:
        """Say what the app's clients notice while it is updated or replaced; empty if nothing."""
        del actual
        return ""

    def exceeded_limit(self) -> str:
        """Say which limit of AWS's the desired state exceeds, though each part of it is valid; empty if none."""
        return ""

    @classmethod
    def prefetch(cls, aws: Aws, me: Label, ids: Ids) -> Iterator[Callable[[], object]]:
        """The reads of `observe` that do not depend on each other, for a recorded resource: all sent at once, up front.

        Later reads of the same share the answers: see `ecsctl.prefetch`. A run is correct without them.
        """
        del aws, me, ids
        yield from ()

    def create(self, aws: Aws, me: Label) -> Ids:
        """Create it, tagged in the same call, and return the ids that AWS answered with. One change."""
        raise NotImplementedError(f"{self.kind} is never made by us")

    def update(self, aws: Aws, me: Label, ids: Ids, changed: frozenset[str]) -> None:
        """Change the named fields to their desired values. May be repeated."""
        raise NotImplementedError(f"{self.kind} cannot be changed")

    @classmethod
    def delete(cls, aws: Aws, ids: Ids) -> None:
        """Ask AWS to remove it. May be repeated; the engine waits until it is gone."""
        raise NotImplementedError(f"{cls.kind} is never deleted by us")

    @classmethod
    def detaches_slowly(cls, aws: Aws, ids: Ids) -> bool:
        """Whether what uses it takes long to detach: then `drain` comes before all of that is removed."""
        del aws, ids
        return False

    @classmethod
    def drain(cls, aws: Aws, ids: Ids) -> None:
        """Release what takes long to detach. May be repeated."""
        raise NotImplementedError(f"{cls.kind} needs no draining")

    @classmethod
    def contents(cls, aws: Aws, ids: Ids) -> Contents:
        """Say what is lost when it is deleted."""
        del aws, ids
        return Contents()


AnyResource = Resource[Any]


@functools.cache
def identity(kind: type[AnyResource]) -> type[Any]:
    """The class of a kind's ids, from `class Vpc(Resource[VpcIds])`."""
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


def types_in(annotation: Any) -> Iterator[Any]:
    """Every NewType inside a type annotation, however deeply nested."""
    if hasattr(annotation, "__supertype__"):
        yield annotation
    for part in get_args(annotation):
        if not isinstance(part, Trait | str):
            yield from types_in(part)
    if isinstance(annotation, type) and hasattr(annotation, "__dataclass_fields__"):
        for hint in get_type_hints(annotation, include_extras=True).values():
            yield from types_in(hint)


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
    "traits",
    "types_in",
]  # fmt: skip
