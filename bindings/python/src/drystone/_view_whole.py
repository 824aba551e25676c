"""The base class of views, and operations on a whole view: equality, hashes, plain values, and `repr`.

Messages may share values: ten levels of ten references are 10^10 values in a few hundred words. So every position is
visited once, however often it is referred to, nothing recurses, and plain values have the library's limits.
"""

from __future__ import annotations

import ctypes
import reprlib
from collections.abc import Mapping
from itertools import islice
from typing import Any, Dict, Iterable, List, Optional, Tuple, TypeVar, Union

from ._decode import decode
from ._library import library
from ._structs import View
from ._text import utf8
from ._values import Carrier, Dialect
from .blob import Blob
from .errors import check

_byref = ctypes.byref
_MASK = (1 << 61) - 1
#: The number of fields or elements that `repr` shows.
_SHOWN = 16
_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60

_V = TypeVar("_V", bound="Viewed")
#: A message, and an offset in it, in words.
_Place = Tuple[int, int]


class Viewed:
    """A record or an array of a message. `wota.view` returns them."""

    __slots__ = ("__weakref__", "_around", "_bytes", "_count", "_hash", "_message", "_name", "_plain", "_spot")

    # Attributes without a value here are set when they are needed, as there are many views.

    #: The outermost message, which holds all others that it refers to.
    _message: Blob
    #: The decoded value, or None; never exposed, as it must not change.
    _plain: Any
    #: A `wota_view` and the container's size; for a decoded value its container, and its key or index there.
    _bytes: bytes
    _count: int
    _around: Viewed
    _name: Union[str, int]
    _hash: int
    _spot: _Place

    def __new__(cls, *_arguments: Any, **_named: Any) -> Any:
        """Refused: only `wota.view` makes views, which the library trusts."""
        raise TypeError(f"a {cls.__name__} is made by wota.view")

    @classmethod
    def _of(cls, message: Blob, view: bytes) -> Any:
        count = ctypes.c_uint64()
        check(library.wota_view_count(view, _byref(count)))
        made = object.__new__(cls)
        made._message, made._plain, made._bytes, made._count = message, None, view, count.value
        return made

    @property
    def _view(self) -> bytes:
        """A `wota_view`."""
        ahead: List[Viewed] = [self]
        while not hasattr(ahead[-1], "_bytes"):
            ahead.append(ahead[-1]._around)
        known = ahead.pop()._bytes
        for inside in reversed(ahead):
            found, name = View(), inside._name
            if isinstance(name, int):
                check(library.wota_view_element(known, name, _byref(found)))
            else:
                data = utf8(name)
                check(library.wota_view_field(known, data, len(data), _byref(found)))
            known = inside._bytes = bytes(found)
        return known

    @property
    def _place(self) -> _Place:
        """The message of the value, and its offset: the same for every view of it."""
        if not hasattr(self, "_spot"):
            inner, offset = ctypes.c_void_p(), ctypes.c_size_t()
            check(library.wota_view_place(self._view, _byref(inner), _byref(offset)))
            library.blob_destroy(inner.value)  # the outermost message holds it
            self._spot = inner.value or 0, offset.value
        return self._spot

    def __len__(self) -> int:
        return self._count if self._plain is None else len(self._plain)

    def __eq__(self, other: object) -> bool:
        # Another type may know how to compare itself with a mapping or a sequence.
        if not isinstance(other, (Viewed, dict, list)):
            return NotImplemented
        return _equal(self, other)

    def __hash__(self) -> int:
        if not hasattr(self, "_hash"):
            _fill_hash(self)
        return self._hash

    def copy(self) -> Any:
        """All of it as plain values, as `wota.loads` returns them. Raises LimitExceeded if there are too many."""
        if self._place == (self._message._handle, 0):
            return decode(self._message)
        writer, message = ctypes.c_void_p(), ctypes.c_void_p()
        check(library.wota_writer_new(Dialect.CLASSIC, _byref(writer)))
        try:
            check(library.wota_write_view(writer, self._view))
            check(library.wota_writer_finish(writer, _byref(message)))
        finally:
            library.wota_writer_free(writer)
        return decode(Blob._of(message.value))

    def __copy__(self: _V) -> _V:
        return self

    def __deepcopy__(self: _V, _memo: Any) -> _V:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a view cannot be pickled: pickle its copy(), or the result of wota.dumps_bytes")

    def __repr__(self) -> str:
        kind = type(self).__name__
        if isinstance(self, Mapping):
            shown = [f"{_short.repr(key)}: {_shown(value)}" for key, value in islice(self.items(), _SHOWN)]
            opened, closed = "{}"
        else:
            shown = [_shown(value) for value in islice(_elements(self), _SHOWN)]
            opened, closed = "[]"
        more = ", …" if len(self) > _SHOWN else ""
        return f"<drystone.{kind} of {len(self)}: {opened}{', '.join(shown)}{more}{closed}>"


def _shown(value: Any) -> str:
    if isinstance(value, Viewed):
        return "{…}" if isinstance(value, Mapping) else "[…]"
    if isinstance(value, Carrier):
        return f"{type(value).__name__}(…)"
    return repr(value) if isinstance(value, Blob) else _short.repr(value)


def _elements(view: Any) -> Iterable[Any]:
    elements: Iterable[Any] = view
    return elements


def _equal(one: Any, other: Any) -> bool:
    """Whether a view is the same value as another one or as a plain one."""
    ahead: List[Tuple[Any, Any]] = [(one, other)]
    known: Dict[Tuple[_Place, Any], Any] = {}
    while ahead:
        one, other = ahead.pop()
        if not isinstance(one, Viewed):
            one, other = other, one
        pairs: Iterable[Tuple[Any, Any]]
        if isinstance(one, Viewed) and isinstance(other, (Viewed, dict, list)):
            there = other._place if isinstance(other, Viewed) else id(other)
            if one._place == there or (one._place, there) in known:
                continue
            known[one._place, there] = other  # so nothing else gets its id
            is_record = isinstance(one, Mapping)
            if isinstance(other, Mapping) != is_record or len(one) != len(other):
                return False
            pairs = _fields(one, other) if is_record else zip(_elements(one), _elements(other))
        elif isinstance(one, Carrier) and type(one) is type(other):
            pairs = ((one.value, other.value),)
        elif one == other:
            continue
        else:
            return False
        for mine, theirs in pairs:
            if isinstance(mine, _DEEP) or isinstance(theirs, _DEEP):
                ahead.append((mine, theirs))
            elif mine != theirs:
                return False
    return True


_ABSENT = object()
#: Types that contain values, to any depth.
_DEEP = (Viewed, Carrier)


def _fields(one: Any, other: Any) -> Iterable[Tuple[Any, Any]]:
    return ((value, other.get(key, _ABSENT)) for key, value in one.items())


def _fill_hash(root: Viewed) -> None:
    """Computes the hash of a view, from the inside out."""
    done: Dict[_Place, int] = {}
    ahead = [root]
    while ahead:
        view = ahead[-1]
        if view._place not in done:
            inside = [found for _, found in map(_carried, _values(view)) if isinstance(found, Viewed)]
            missing = [found for found in inside if found._place not in done]
            if missing:
                ahead.extend(missing)
                continue
            done[view._place] = _hash_of(view, done)
        ahead.pop()
    root._hash = done[root._place]


def _values(view: Any) -> Iterable[Any]:
    values: Iterable[Any] = view.values() if isinstance(view, Mapping) else view
    return values


def _carried(value: Any) -> Tuple[int, Any]:
    """The payload of nested symbols, and the symbols."""
    carriers = 0
    while isinstance(value, Carrier):
        carriers = hash((carriers, type(value).__name__))
        value = value.value
    return carriers, value


def _hash_of(view: Any, done: Dict[_Place, int]) -> int:
    """Equal dicts may differ in order; all NaNs have the same hash."""

    def of(value: Any) -> int:
        carriers, inside = _carried(value)
        if isinstance(inside, Viewed):
            known = done[inside._place]
        else:
            known = hash(inside) if inside == inside else 0
        return hash((carriers, known)) if carriers else known

    if isinstance(view, Mapping):
        total = 1
        for key, value in view.items():
            total = (total + hash((key, of(value)))) & _MASK
        return hash(total)
    total = 2
    for value in view:
        total = hash((total, of(value)))
    return total
