"""Says what moto works out again at every request, and never comes out otherwise: half of a call's time. Here it is
kept.
"""

import functools
import io
import re
import string
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape, quoteattr

import moto.backend_index
import moto.backends
import moto.core.errors
import moto.core.responses
import moto.core.utils
import moto.iam.models
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.serialize import (
    AttributePickerContext,
    BaseXMLSerializer,
    EC2Serializer,
    ResponseSerializer,
    RestXMLSerializer,
    S3Serializer,
)
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix
from moto.moto_api._internal.moto_random import MotoRandom
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.test import EnvironBuilder

from ecsctl.sandbox.core import overlay

# The members of a class, all of which moto walks through. First asked once all methods are added.
moto.core.responses.method_names_from_class = functools.cache(  # type: ignore[attr-defined] # moto's own import
    moto.core.utils.method_names_from_class
)
moto.core.responses.camelcase_to_underscores = functools.cache(  # type: ignore[attr-defined] # moto's own import
    moto.core.utils.camelcase_to_underscores
)
# It keeps the error shapes of each service, and moto makes a new one for each error.
moto.core.errors.ErrorLookupFactory = functools.cache(moto.core.errors.ErrorLookupFactory)  # type: ignore[misc,assignment] # it takes no argument
# The date of each answer: many fall into one moment.
moto.core.responses.http_date = functools.lru_cache(16)(moto.core.responses.http_date)  # type: ignore[attr-defined] # moto's own import

MISSING = object()
_FORM, _NONE = "application/x-www-form-urlencoded", ImmutableMultiDict[str, Any]()
_GET = dict.get
Responder = Callable[[Any, str, Any], tuple[Any, Any, Any]]


class _Way(NamedTuple):
    """Describes how a member is got from objects of a class."""

    key: str
    shape: Any
    parent: Any  # kept like its own, so that neither is reborn as another
    names: tuple[str, ...]  # any of which it may have there
    any_of: frozenset[str]  # the same, to see at once that a dictionary has none of them
    get: Callable[[Any, str, Any], Any]


_ways: dict[tuple[type, str, int, int], _Way] = {}  # by class of object, key, shape and parent
_members: dict[tuple[type, int], tuple[_Way, ...]] = {}  # by class of object, and parent
_ends: dict[tuple[int, int, str], tuple[str, dict[str, Any]]] = {}  # by transformers, which are kept alive, and path
_last: dict[tuple[int, int, str], tuple[bool, dict[str, Any]]] = {}  # by transformers, kept alive too, and member
_writers: dict[tuple[type, str], Callable[..., None]] = {}  # by class of serializer, and type


@overlay.replaces(ResponseSerializer)
def _serialize(self: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write a value, by the method for its type."""
    which = (type(self), shape.type_name)
    if (write := _writers.get(which)) is None:
        name = f"_serialize_type_{shape.type_name}"
        write = _writers[which] = getattr(type(self), name, type(self)._default_serialize)
    self.path.append(key or shape.name)
    write(self, serialized, value, shape, key)
    self.path.pop()


@overlay.replaces(ResponseSerializer)
def _serialize_type_structure(self: ResponseSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write a structure's members. What a REST API has in headers is left to moto."""
    if value is None:
        return
    wrapper = self.MAP_TYPE() if key else serialized
    ways = _members.get((type(value), id(shape))) or _members_of(self, value, shape)
    if type(self)._serialize_structure_member is ResponseSerializer._serialize_structure_member:
        for way in ways:
            if (found := _found(self, value, way)) is not None:
                self._serialize(wrapper, found, way.shape, way.key)
    else:
        for way in ways:
            self._serialize_structure_member(wrapper, value, way.shape, way.key)
    if key:
        self._default_serialize(serialized, wrapper, shape, key)


@overlay.replaces(ResponseSerializer)
def get_value(self: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
    """A member's value."""
    return _found(self, value, _way(self, value, key, shape))


def _members_of(self: ResponseSerializer, value: Any, shape: Any) -> tuple[_Way, ...]:
    ways = []
    for key, member in shape.members.items():
        member.parent = shape
        ways.append(_way(self, value, key, member))
    return _members.setdefault((type(value), id(shape)), tuple(ways))


def _way(self: ResponseSerializer, value: Any, key: str, shape: Any) -> _Way:
    parent = getattr(shape, "parent", None)
    which = (type(value), key, id(shape), id(parent))
    if (way := _ways.get(which)) is None:
        context = AttributePickerContext(value, key, shape, self.operation_model, self.service_model)
        names = tuple(dict.fromkeys(self._value_picker.get_possible_keys(context)))
        way = _ways[which] = _Way(key, shape, parent, names, frozenset(names), _getter(type(value), names))
    return way


def _found(self: ResponseSerializer, value: Any, way: _Way) -> Any:
    """By the first of its names that the object has."""
    found = None
    if way.get is not _GET or not way.any_of.isdisjoint(value):
        for name in way.names:
            if (given := way.get(value, name, MISSING)) is not MISSING:
                found = given
                break
    transformers = self._value_picker.response_transformers
    if transformers and _may_end_path(transformers, way.key):
        path = f"{'.'.join(self.path)}.{way.key}"
        if end := _transformed(transformers, path):
            return transformers[end](found)
    return found


def _may_end_path(transformers: dict[str, Any], key: str) -> bool:
    """Whether the path of a class's transformer may end in this member: of most none does, and they need no path."""
    which = (id(transformers), len(transformers), key)
    if (kept := _last.get(which)) is None:
        ends = any(one.rpartition(".")[2] == key if "." in one else key.endswith(one) for one in transformers)
        kept = _last[which] = (ends, transformers)
    return kept[0]


def _transformed(transformers: dict[str, Any], path: str) -> str:
    """The end of the path for which a class has a transformer; empty if there is none."""
    which = (id(transformers), len(transformers), path)
    if (kept := _ends.get(which)) is None:
        end = next(filter(path.endswith, transformers), "")
        kept = _ends[which] = (end, transformers)
    return kept[0]


def _getter(kind: type, names: tuple[str, ...]) -> Callable[[Any, str, Any], Any]:
    if any("." in name for name in names):
        return moto.core.utils.get_value
    if kind is dict:
        return _GET
    return moto.core.utils.get_value if hasattr(kind, "__getitem__") else getattr


@overlay.replaces(BaseXMLSerializer)
def _serialize_body(_self: BaseXMLSerializer, body: Mapping[str, Any]) -> str:
    """xmltodict goes through a SAX writer, which is made for files, and checks the name of every element."""
    parts: list[str] = []
    for name, value in body.items():
        _write(parts, name, value)
    return "".join(parts)


def _serialize_document(self: BaseXMLSerializer, body: Mapping[str, Any]) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_serialize_body(self, body)}'


for _kind in (EC2Serializer, RestXMLSerializer, S3Serializer):
    overlay.replaces(_kind, "_serialize_body")(_serialize_document)


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


def _random_string(self: MotoRandom, length: int = 20, include_digits: bool = True, lower_case: bool = False) -> str:
    """As moto's, in one go: each answer has one of 52 letters for its request's id."""
    made = self.randbytes(length).translate(_letters(include_digits)).decode()
    return made.lower() if lower_case else made


@functools.cache
def _letters(include_digits: bool) -> bytes:
    """A letter for each byte."""
    pool = string.ascii_letters + (string.digits if include_digits else "")
    return (pool * 5)[:256].encode()


MotoRandom.get_random_string = _random_string  # type: ignore[method-assign]


@overlay.replaces(BackendDict)
def __getitem__(  # noqa: N807 - the method that it replaces
    self: BackendDict[Any], account_id: str
) -> AccountSpecificBackend[Any]:
    """An account that exists is on moto's list of what is in use; a search of that list takes long."""
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


_enriched = moto.core.responses.BaseResponse._enrich_response


def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
    """An answer with its request's id. moto searches each for a place where it stands in the text."""
    if isinstance(body, str) and "<RequestId>" not in body:
        return _enriched(headers, "")[0], body
    return _enriched(headers, body)


overlay.replaces(moto.core.responses.BaseResponse)(staticmethod(_enrich_response))


def _account_of(access_key: str) -> str:
    """Returns a key's account. moto makes IAM anew in every partition, to find that it has no keys there."""
    for account, places in list(moto.iam.models.iam_backends.items()):
        if any(access_key in backend.access_keys for backend in list(places.values())):
            return account
    return DEFAULT_ACCOUNT_ID


moto.iam.models.get_account_id_from = _account_of


@functools.lru_cache(maxsize=1024)
def responder(url: str) -> Responder | None:
    """Returns what answers at an address; moto matches it with the patterns of all services at every request."""
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


def asked(request: Any) -> Request:
    """botocore's request as moto's own. moto takes apart the address and writes down the whole anew for each."""
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    kind = _text(request.headers.get("Content-Type"))
    if not isinstance(body, bytes | bytearray) or kind.startswith("multipart/"):
        return Request.from_primitives(request.method, request.url, request.headers, request.body)
    address, _, query = request.url.partition("?")
    first, root = _environ(address)
    environ = dict(first)
    headers: dict[str, str] = {}
    preserved = {}
    for name, given in request.headers.items():
        key, kept = _header(name)
        if not key:
            continue
        headers[key] = f"{headers[key]}, {_text(given)}" if key in headers else _text(given)
        if kept:
            preserved[key] = name
    environ.update(headers)
    environ |= {
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": query.partition("#")[0].encode().decode("latin1"),
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)) if body else _text(request.headers.get("Content-Length")) or "0",
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: preserved,
    }
    if kind:
        environ["CONTENT_TYPE"] = kind
    made = Request(environ)
    if not headers.get("HTTP_CONTENT_ENCODING"):  # as werkzeug leaves it once it has read the body
        form = kind.partition(";")[0].strip().lower() == _FORM
        held = vars(made)
        held["form"] = ImmutableMultiDict(_pairs(body.decode())) if form else _NONE
        held["files"], held["data"] = _NONE, b"" if form else body
        made._cached_data = held["data"]
    if environ["HTTP_HOST"] == first["HTTP_HOST"]:  # no header names another
        made.root_url = root
    return made


@functools.lru_cache(maxsize=1024)
def _header(name: str) -> tuple[str, bool]:
    """Returns where a header stands among a request's variables, and whether its name is kept; empty if it has none."""
    if (lower := name.lower()) in ("transfer-encoding", "content-type", "content-length"):
        return "", False
    return environ_key_for_header(name), should_preserve_original_header_name(lower)


def _pairs(form: str) -> list[tuple[str, str]]:
    return parse_qsl(form, keep_blank_values=True, errors="werkzeug.url_quote")


@functools.lru_cache(maxsize=1024)
def _environ(address: str) -> tuple[dict[str, Any], str]:
    """Returns what a request to an address begins with, and the root of that address."""
    parts = urlsplit(address)
    place = f"{parts.scheme}://{parts.netloc}"
    environ = EnvironBuilder(path=parts.path, base_url=place, query_string="").get_environ()
    return environ, Request(dict(environ)).root_url


@overlay.replaces(TaggedEC2Resource)
def get_tags(self: Any) -> list[dict[str, str]]:
    """The tags of one resource of EC2. moto compares its id, as a pattern, with those of all tags of the region."""
    tags = self.ec2_backend.tags.get(self.id) if self.id else None
    if not tags:
        return []
    kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "")
    return [{"resource_id": self.id, "key": key, "value": value, "resource_type": kind} for key, value in tags.items()]
