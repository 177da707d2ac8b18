"""What moto works out again at every request, and never comes out otherwise: half of a call's time. Here it is kept."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import moto.backend_index
import moto.backends
import moto.core.responses
import moto.core.utils
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.serialize import AttributePickerContext, BaseXMLSerializer, ResponseSerializer

from ecsctl.sandbox.core import overlay

# The members of a class, of which moto looks through all. First asked once all methods are added.
moto.core.responses.method_names_from_class = functools.cache(  # type: ignore[attr-defined] # moto's own import
    moto.core.utils.method_names_from_class
)
moto.core.responses.camelcase_to_underscores = functools.cache(  # type: ignore[attr-defined] # moto's own import
    moto.core.utils.camelcase_to_underscores
)


MISSING = object()
Responder = Callable[[Any, str, Any], tuple[Any, Any, Any]]


class _Way(NamedTuple):
    """How a member is got from objects of a class."""

    names: tuple[str, ...]  # any of which it may have there
    get: Callable[[Any, str, Any], Any]
    shapes: tuple[Any, Any]  # its own and its parent's, so that none of them is reborn as another


_ways: dict[tuple[type, str, int, int], _Way] = {}  # by class of object, key, shape and parent


@overlay.replaces(ResponseSerializer)
def get_value(self: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
    """A member's value, by the first of its names that the object has."""
    picker = self._value_picker
    parent = getattr(shape, "parent", None)
    which = (type(value), key, id(shape), id(parent))
    if (way := _ways.get(which)) is None:
        context = AttributePickerContext(value, key, shape, self.operation_model, self.service_model)
        names = tuple(dict.fromkeys(picker.get_possible_keys(context)))
        way = _ways[which] = _Way(names, _getter(type(value), names), (shape, parent))
    get, found = way.get, None
    for name in way.names:
        if (given := get(value, name, MISSING)) is not MISSING:
            found = given
            break
    if picker.response_transformers:
        path = f"{'.'.join(self.path)}.{key}"
        for end, transform in picker.response_transformers.items():
            if path.endswith(end):
                return transform(found)
    return found


def _getter(kind: type, names: tuple[str, ...]) -> Callable[[Any, str, Any], Any]:
    if any("." in name for name in names):
        return moto.core.utils.get_value
    if kind is dict:
        return dict.get
    return moto.core.utils.get_value if hasattr(kind, "__getitem__") else getattr


@overlay.replaces(BaseXMLSerializer)
def _serialize_body(_self: BaseXMLSerializer, body: Mapping[str, Any]) -> str:
    """xmltodict goes through a SAX writer, which is made for files, and checks the name of every element."""
    parts: list[str] = []
    for name, value in body.items():
        _write(parts, name, value)
    return "".join(parts)


def _write(parts: list[str], name: str, value: Any) -> None:
    if isinstance(value, dict):
        parts.append(f"<{name}")
        inner = []
        for key, one in value.items():
            if key.startswith("@"):
                parts.append(f" {key[1:]}={quoteattr(_text(one))}")
            else:
                inner.append((key, one))
        parts.append(">")
        for key, one in inner:
            if key == "#text":
                parts.append(escape(_text(one)))
            else:
                _write(parts, key, one)
        parts.append(f"</{name}>")
    elif isinstance(value, list | tuple):
        for one in value:
            _write(parts, name, one)
    else:
        parts.append(f"<{name}>{escape(_text(value))}</{name}>")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.decode() if isinstance(value, bytes) else str(value)


@overlay.replaces(BackendDict)
def __getitem__(  # noqa: N807 - the method that it replaces
    self: BackendDict[Any], account_id: str
) -> AccountSpecificBackend[Any]:
    """An account that is there is on moto's list of what is in use; to look for it there takes long."""
    if (found := dict.get(self, account_id)) is None:
        self._create_account_specific_backend(account_id)
        found = dict.__getitem__(self, account_id)
    return found


@overlay.replaces(AccountSpecificBackend)
def _generate_regions(_self: AccountSpecificBackend[Any], service_name: str) -> list[str]:
    """A copy for each account; moto asks the SDK again for each."""
    return list(_regions_of(service_name))


@functools.cache
def _regions_of(service_name: str) -> tuple[str, ...]:
    session = AccountSpecificBackend.get_session()
    partitions = session.get_available_partitions()
    return tuple(
        region
        for partition in partitions
        for region in session.get_available_regions(service_name, partition_name=partition)
    )


@functools.lru_cache(maxsize=1024)
def responder(url: str) -> Responder | None:
    """What answers at an address; moto matches it with the patterns of all services at every request."""
    for service, pattern in moto.backend_index.backend_url_patterns:
        if pattern.match(url):
            held: Any = moto.backends.get_backend(service)  # type: ignore[call-overload] # of all that moto has
            where = held[DEFAULT_ACCOUNT_ID] if isinstance(held, BackendDict) else held
            backend = next(where[name] for name in ("us-east-1", "aws", "global") if name in where)
            urls: dict[str, Responder] = backend.urls
            for known, answer in urls.items():
                if re.match(known, url):
                    return answer
    return None
