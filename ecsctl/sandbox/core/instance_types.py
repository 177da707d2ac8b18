"""EC2's types of instances are read when somebody asks: moto reads all, for each region, as it is imported.

That is a fifth of a server's start, and no app on Fargate has an instance. Imported before moto's EC2.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import moto.utilities.utils

_read = functools.cache(moto.utilities.utils.load_resource)
_TYPES, _OFFERS = "ec2/resources/instance_types.json", "ec2/resources/instance_type_offerings/"


class Types(dict[str, Any]):
    """The types by their names. There are none while moto is imported, which goes through them then."""

    known = False

    def keys(self) -> Any:
        """The names of all instance types."""
        return _read(_TYPES).keys() if self.known else super().keys()

    def __getitem__(self, name: str) -> Any:
        return _read(_TYPES)[name]

    def __contains__(self, name: object) -> bool:
        return name in _read(_TYPES)


class Later(list[Any]):
    """A list that is made when somebody goes through it."""

    def __init__(self, make: Callable[[], Iterable[Any]]) -> None:
        super().__init__()
        self._make: Callable[[], Iterable[Any]] | None = make

    def __iter__(self) -> Iterator[Any]:
        if self._make is not None and types.known:
            make, self._make = self._make, None
            self.extend(make())
        return super().__iter__()

    def __contains__(self, one: object) -> bool:
        return any(one == other for other in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


types = Types()


def _later(resource: str) -> Any:
    if resource == _TYPES:
        return types
    return Later(functools.partial(_offered, resource)) if resource.startswith(_OFFERS) else _read(resource)


def _offered(resource: str) -> list[dict[str, Any]]:
    kind = resource.removeprefix(_OFFERS).partition("/")[0]
    return [{**one, "LocationType": kind} for one in _read(resource)]


moto.utilities.utils.load_resource = _later
import moto.ec2.models.instance_types as theirs  # noqa: E402 - which reads them so

moto.utilities.utils.load_resource = _read.__wrapped__
theirs.INSTANCE_FAMILIES = Later(lambda: {name.split(".")[0] for name in types.keys()})  # noqa: SIM118 - they are its own
theirs.InstanceTypeBackend.instance_types = Later(lambda: map(theirs.InstanceType, types.keys()))
types.known = True
