"""A toy cloud and toy resources: the engine is tested on them, so that a failure is the engine's and no one else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NewType

from botocore.exceptions import ClientError, ConnectionClosedError

from ecsctl.engine.label import APP, Label
from ecsctl.engine.resource import Contents, Fixed, Found, Observed, Order, Renewed, Resource

BoxId = NewType("BoxId", str)
BallId = NewType("BallId", str)
BallRevision = NewType("BallRevision", str)
LidId = NewType("LidId", str)
GuestId = NewType("GuestId", str)


class Clock:
    """A clock that costs nothing."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Thing:
    """Describes what the toy cloud holds."""

    kind: str
    id: str
    values: dict[str, Any]
    tags: dict[str, str]
    created_at: float = 0.0
    revision: int = 1
    failed: str = ""


@dataclass
class Cloud:
    """A cloud with everything that makes clouds hard, on one clock."""

    clock: Clock
    things: list[Thing] = field(default_factory=list)
    lag: float = 0.0  # seconds in which reads miss what is new
    slow: float = 0.0  # seconds until what is new is ready
    calls: list[str] = field(default_factory=list)
    faults: dict[str, list[Any]] = field(default_factory=dict)  # operation -> what the next calls do: an error to raise
    count: int = 0
    misshapen: float = 0.0  # until when such a box is shown with another size
    late: tuple[str, float] = ("", 0.0)  # the colour that a hesitant box is shown with, and until when

    def change(self, operation: str, effect: Any) -> Any:
        """One changing call: a fault may come before it, or after it."""
        self.calls.append(operation)
        fault = self.faults.get(operation, [])
        fault = fault.pop(0) if fault else None
        if isinstance(fault, tuple) and fault[0] == "after":
            effect()
            raise fault[1]
        if fault is not None:
            raise fault
        return effect()

    def find(self, kind: str, name: str | None = None) -> list[Thing]:
        """Returns what a read shows."""
        return [
            thing for thing in self.things
            if thing.kind == kind and self.clock.now() - thing.created_at >= self.lag
            and (name is None or thing.values.get("name") == name)
        ]  # fmt: skip

    def make(self, kind: str, values: dict[str, Any], tags: dict[str, str]) -> Thing:
        """Put a thing there."""
        self.count += 1
        thing = Thing(kind, f"{kind}-{self.count}", values, tags, self.clock.now())
        self.things.append(thing)
        return thing


def answer(code: str, message: str = "", operation: str = "Toy", status: int = 400) -> ClientError:
    """An error as AWS sends it."""
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


def lost() -> Exception:
    """No answer at all."""
    return ConnectionClosedError(endpoint_url="toy")


@dataclass(frozen=True)
class BoxIds:
    box: BoxId


@dataclass(frozen=True)
class Box(Resource[BoxIds]):
    """A thing found by its tags alone: nothing but the engine keeps it from being doubled."""

    kind = "box"
    title = "box"
    limit_seconds = 600.0

    size: Fixed[int] = 1
    colour: str = "red"
    note: str | None = None

    def observe(self, aws: Any, me: Label) -> Observed[Box, BoxIds] | None:
        for thing in aws.cloud.find("box"):
            if me.matches(thing.tags):
                ready = aws.cloud.clock.now() - thing.created_at >= aws.cloud.slow
                ids = BoxIds(BoxId(thing.id))
                return Observed(ids, Box(**thing.values), thing.tags, ready=ready, failed=thing.failed)
        return None

    @classmethod
    def find(cls, aws: Any, me: Label) -> Iterator[Found[BoxIds]]:
        for thing in aws.cloud.find("box"):
            if thing.tags.get(APP) == me.app:
                yield Found(BoxIds(BoxId(thing.id)), thing.tags)

    def create(self, aws: Any, me: Label) -> BoxIds:
        values = {"size": self.size, "colour": "red", "note": None}
        return BoxIds(BoxId(aws.cloud.change("CreateBox", lambda: aws.cloud.make("box", values, me.tags)).id))

    def update(self, aws: Any, me: Label, ids: BoxIds, changed: frozenset[str]) -> None:
        thing = next(thing for thing in aws.cloud.things if thing.id == ids.box)

        def effect() -> None:
            if "colour" in changed:
                thing.values["colour"] = self.colour
            if "note" in changed:
                thing.values["note"] = self.note
            if "tags" in changed:
                thing.tags.update(me.tags)

        aws.cloud.change("ChangeBox", effect)

    @classmethod
    def delete(cls, aws: Any, ids: BoxIds) -> None:
        def effect() -> None:
            if any(thing.values.get("box") == ids.box for thing in aws.cloud.things):
                raise answer("DependencyViolation", "has dependencies", "DeleteVpc")
            aws.cloud.things = [thing for thing in aws.cloud.things if thing.id != ids.box]

        aws.cloud.change("DeleteBox", effect)


@dataclass(frozen=True)
class Shared(Box):
    """A box that someone may still know by its old colour: it gets the new one when all else is there."""

    def interim(self, actual: Box) -> Shared:
        return replace(self, colour=actual.colour)

    def impact(self, actual: Box) -> str:
        return f"whoever looks for {actual.colour} finds {self.colour}" if self.colour != actual.colour else ""


@dataclass(frozen=True)
class Early(Box):
    """A box that is of use before it is ready."""

    early = True


@dataclass(frozen=True)
class Lowered(Box):
    """A box whose colour the cloud takes as it is sent, and keeps in small letters."""

    def update(self, aws: Any, me: Label, ids: BoxIds, changed: frozenset[str]) -> None:
        Box.update(replace(self, colour=self.colour.lower()), aws, me, ids, changed)


@dataclass(frozen=True)
class Hesitant(Box):
    """A box of which the cloud shows the old colour for a minute after each change."""

    def observe(self, aws: Any, me: Label) -> Observed[Box, BoxIds] | None:
        observed = super().observe(aws, me)
        old, until = aws.cloud.late
        if observed is None or aws.cloud.clock.now() >= until:
            return observed
        return replace(observed, actual=replace(observed.actual, colour=old))

    def update(self, aws: Any, me: Label, ids: BoxIds, changed: frozenset[str]) -> None:
        old = next(thing for thing in aws.cloud.things if thing.id == ids.box).values["colour"]
        if old != self.colour:
            aws.cloud.late = (old, aws.cloud.clock.now() + 60)
        Box.update(self, aws, me, ids, changed)


@dataclass(frozen=True)
class Misshapen(Box):
    """A box that the cloud shows with another size at first."""

    def observe(self, aws: Any, me: Label) -> Observed[Box, BoxIds] | None:
        observed = super().observe(aws, me)
        if observed is None or aws.cloud.clock.now() >= aws.cloud.misshapen:
            return observed
        return replace(observed, actual=replace(observed.actual, size=0))


@dataclass(frozen=True)
class BallIds:
    ball: BallId
    revision: Renewed[BallRevision]


@dataclass(frozen=True)
class Ball(Resource[BallIds]):
    """A thing found by its name, which stands in a box; each change makes a new revision of it."""

    kind = "ball"
    title = "ball"
    changed_by_delete = ("weight",)

    name: Fixed[str]
    box: Fixed[BoxId]
    weight: int = 1

    def observe(self, aws: Any, me: Label) -> Observed[Ball, BallIds] | None:
        for thing in aws.cloud.find("ball", self.name):
            ids = BallIds(BallId(thing.id), BallRevision(f"{thing.id}:{thing.revision}"))
            return Observed(ids, Ball(**thing.values), thing.tags, failed=thing.failed)
        return None

    @classmethod
    def find(cls, aws: Any, me: Label) -> Iterator[Found[BallIds]]:
        for thing in aws.cloud.find("ball"):
            if thing.tags.get(APP) == me.app:
                yield Found(BallIds(BallId(thing.id), BallRevision(f"{thing.id}:{thing.revision}")), thing.tags)

    def create(self, aws: Any, me: Label) -> BallIds:
        def effect() -> Thing:
            if aws.cloud.find("ball", self.name):
                raise answer("EntityAlreadyExists", "it is there", "CreateBall")
            made: Thing = aws.cloud.make("ball", {"name": self.name, "box": self.box, "weight": self.weight}, me.tags)
            return made

        thing = aws.cloud.change("CreateBall", effect)
        return BallIds(BallId(thing.id), BallRevision(f"{thing.id}:1"))

    def update(self, aws: Any, me: Label, ids: BallIds, changed: frozenset[str]) -> None:
        thing = next(thing for thing in aws.cloud.things if thing.id == ids.ball)

        def effect() -> None:
            thing.values["weight"] = self.weight
            thing.tags.update(me.tags)
            thing.revision += 1

        aws.cloud.change("ChangeBall", effect)

    @classmethod
    def delete(cls, aws: Any, ids: BallIds) -> None:
        def effect() -> None:
            aws.cloud.things = [thing for thing in aws.cloud.things if thing.id != ids.ball]

        aws.cloud.change("DeleteBall", effect)

    @classmethod
    def contents(cls, aws: Any, ids: BallIds) -> Contents:
        return Contents("one squeak")


@dataclass(frozen=True)
class LidIds:
    lid: LidId


@dataclass(frozen=True)
class Lid(Resource[LidIds]):
    """A thing that cannot exist without its box, and is found through it."""

    kind = "lid"
    title = "lid"
    within = ("box",)

    box: Fixed[BoxId]

    def observe(self, aws: Any, me: Label) -> Observed[Lid, LidIds] | None:
        assert self.box.startswith("box-"), f"searched for a lid with {self.box!r}"
        for thing in aws.cloud.find("lid"):
            if thing.values["box"] == self.box:
                return Observed(LidIds(LidId(thing.id)), Lid(thing.values["box"]), thing.tags)
        return None

    @classmethod
    def find(cls, aws: Any, me: Label) -> Iterator[Found[LidIds]]:
        for thing in aws.cloud.find("lid"):
            if thing.tags.get(APP) == me.app:
                yield Found(LidIds(LidId(thing.id)), thing.tags)

    def create(self, aws: Any, me: Label) -> LidIds:
        thing = aws.cloud.change("CreateLid", lambda: aws.cloud.make("lid", {"box": self.box}, me.tags))
        return LidIds(LidId(thing.id))

    @classmethod
    def delete(cls, aws: Any, ids: LidIds) -> None:
        def effect() -> None:
            aws.cloud.things = [thing for thing in aws.cloud.things if thing.id != ids.lid]

        aws.cloud.change("DeleteLid", effect)


@dataclass(frozen=True)
class GuestIds:
    guest: GuestId


@dataclass(frozen=True)
class Guest(Resource[GuestIds]):
    """Someone else's thing, only used."""

    kind = "guest"
    title = "guest"
    borrowed = True

    name: str
    ball: Order[BallRevision] | None = None

    def observe(self, aws: Any, me: Label) -> Observed[Guest, GuestIds] | None:
        for thing in aws.cloud.find("guest", self.name):
            return Observed(GuestIds(GuestId(thing.id)), self)
        return None

    @classmethod
    def find(cls, aws: Any, me: Label) -> Iterator[Found[GuestIds]]:
        yield from ()


@dataclass(frozen=True)
class DryingIds:
    guest: GuestId


@dataclass(frozen=True)
class Drying(Resource[DryingIds]):
    """A wait for the box's paint, and nothing on the cloud."""

    kind = "drying"
    title = "drying paint"
    wait = True
    tagged = False

    box: Order[BoxId]

    def observe(self, aws: Any, me: Label) -> Observed[Drying, DryingIds] | None:
        return Observed(DryingIds(GuestId(self.box)), self)

    @classmethod
    def find(cls, aws: Any, me: Label) -> Iterator[Found[DryingIds]]:
        yield from ()


KINDS = (Box, Ball, Lid, Guest, Drying)
