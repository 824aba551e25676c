"""The value of a message, read in place: records as mappings, arrays as sequences.

Only values that are used are decoded. A view is a C struct that locates the value, and the message, which it keeps
alive. The struct never changes, so any number of threads may use a view.

Iterating over a container decodes several small children per call, completely. Their views have the decoded value,
and find their position through the container when it is needed.
"""

from __future__ import annotations

import ctypes
import operator
from collections.abc import ItemsView, Mapping, Sequence, ValuesView
from itertools import chain
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Tuple, Union, final, overload

from ._decode import plain_of
from ._library import library
from ._structs import View
from ._text import joined
from ._values import PLAIN_SYMBOLS, SYMBOL_PRIVATE, SYMBOL_SYSTEM, Carrier, Private, System
from ._view_whole import Viewed
from .blob import Blob
from .errors import NotFound, OutOfRange, check

_byref = ctypes.byref
_INTEGER, _FLOAT, _ARRAY, _RECORD, _TEXT, _SYMBOL = 0, 1, 2, 3, 5, 7
_ABSENT = object()
_second = operator.itemgetter(1)
_new = object.__new__
_CARRIERS = {SYMBOL_PRIVATE: Private, SYMBOL_SYSTEM: System}
#: For longer texts the length is read first.
_SHORT = 256
#: Iteration decodes children of up to this many words with their neighbours; a larger one is a view.
_SMALL = 256
#: The number of words decoded by the first call, and the maximum.
_FIRST, _MOST = 512, 16384
#: The types that are returned as views.
_CONTAINERS = frozenset((dict, list))


if TYPE_CHECKING:
    _Mapping = Mapping[str, Any]
    _Sequence = Sequence[Any]
else:
    # Registered below and not derived: `isinstance` asks the abstract classes in Python for every value that is not of a
    # derived class, which took a third of the time of programs that walk over views.

    class _Mapping:
        __slots__ = ()
        __eq__, __reversed__, keys = Mapping.__eq__, None, Mapping.keys

    class _Sequence:
        __slots__ = ()
        __contains__, __reversed__ = Sequence.__contains__, Sequence.__reversed__
        index, count = Sequence.index, Sequence.count


class _Items(ItemsView[str, Any]):
    """In the record's order, each looked up by its index."""

    _mapping: RecordView

    def __iter__(self) -> Iterator[Tuple[str, Any]]:
        return self._mapping._fields()


class _Values(ValuesView[Any]):
    __slots__ = ()

    _mapping: RecordView

    def __init__(self, mapping: RecordView) -> None:
        self._mapping = mapping

    def __iter__(self) -> Iterator[Any]:
        view, plain = self._mapping, self._mapping._plain
        if plain is None:
            return map(_second, view._fields())
        return iter(
            [_inside(view, key, value) if type(value) in _CONTAINERS else value for key, value in plain.items()]
        )


@final
class RecordView(Viewed, _Mapping):
    """A record of a message: like the dict that `wota.loads` returns, but immutable and decoded only as it is used.
    It equals a dict or another view with the same content, has a hash, and is its own copy."""

    __slots__ = ()

    def _find(self, key: object) -> Optional[bytes]:
        if not isinstance(key, str):
            hash(key)  # raises TypeError, as a dict does
            return None
        try:
            data = key.encode()
        except UnicodeEncodeError:
            if joined(key) != key:
                return None
            data = key.encode("utf-8", "surrogatepass")
        found = View()
        status = library.wota_view_field(self._view, data, len(data), _byref(found))
        if status == NotFound.status:
            return None
        check(status)
        return bytes(found)

    def __getitem__(self, key: str) -> Any:
        found = self.get(key, _ABSENT)
        if found is _ABSENT:
            raise NotFound(repr(key))
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """The value of the key, or the default."""
        if self._plain is not None:
            value = self._plain.get(key, _ABSENT)
            if value is _ABSENT:
                return default
            return _inside(self, str.__str__(key), value) if type(value) in _CONTAINERS else value
        found = self._find(key)
        return default if found is None else value_of(self._message, found)

    def __contains__(self, key: object) -> bool:
        return key in self._plain if self._plain is not None else self._find(key) is not None

    def _fields(self) -> Iterator[Tuple[str, Any]]:
        if self._plain is None:
            children = _children(self, 2 * len(self))
            return zip(children, children)
        return iter(
            [
                (key, _inside(self, key, value) if type(value) in _CONTAINERS else value)
                for key, value in self._plain.items()
            ]
        )

    def __iter__(self) -> Iterator[str]:
        return _children(self, 2 * len(self), 2) if self._plain is None else iter(self._plain)

    def items(self) -> ItemsView[str, Any]:
        """The keys and their values, in the message's order."""
        return _Items(self)

    def values(self) -> ValuesView[Any]:
        """The values, in the message's order."""
        return _Values(self)


@final
class ArrayView(Viewed, _Sequence):
    """An array of a message: like the list that `wota.loads` returns, but immutable and decoded only as it is used.
    It equals a list or another view with the same content, has a hash, and is its own copy."""

    __slots__ = ()

    def _element(self, number: int) -> Any:
        if self._plain is not None:
            value = self._plain[number]
            return _inside(self, number, value) if type(value) in _CONTAINERS else value
        found = View()
        check(library.wota_view_element(self._view, number, _byref(found)))
        return value_of(self._message, bytes(found))

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> List[Any]: ...

    def __getitem__(self, index: Union[int, slice]) -> Any:
        if isinstance(index, slice):
            return [self._element(number) for number in range(*index.indices(len(self)))]
        given = operator.index(index)
        number = given + len(self) if given < 0 else given
        if not 0 <= number < len(self):
            raise IndexError(given)
        return self._element(number)

    def __iter__(self) -> Iterator[Any]:
        if self._plain is None:
            return _children(self, len(self))
        if _CONTAINERS.isdisjoint(map(type, self._plain)):
            return iter(self._plain)
        return iter(
            [
                _inside(self, number, value) if type(value) in _CONTAINERS else value
                for number, value in enumerate(self._plain)
            ]
        )


def _inside(around: Viewed, name: Union[str, int], plain: Any) -> Any:
    """The view of a container that was decoded."""
    view = _new(RecordView if type(plain) is dict else ArrayView)
    view._message, view._plain, view._around, view._name = around._message, plain, around, name
    return view


def view_of(message: Blob) -> Any:
    """The value of a checked message: containers as views, everything else decoded."""
    view = View()
    check(library.wota_view_of(message._handle, 0, _byref(view)))
    return value_of(message, bytes(view))


def _children(view: Viewed, left: int, each: int = 1) -> Iterator[Any]:
    """A number of children of a container, in order: for a record each key and then its value, or only every second
    one."""
    return chain.from_iterable(_runs(view, left, each))


def _runs(view: Viewed, left: int, each: int) -> Iterator[List[Any]]:
    """The same in runs: several small children per call."""
    after, found, count, stream = View(), View(), ctypes.c_uint64(), ctypes.c_void_p()
    here, there, many, out = _byref(after), _byref(found), _byref(count), _byref(stream)
    check(library.wota_view_children(view._view, here))
    is_record, total, words = isinstance(view, RecordView), left, _FIRST
    key: Any = None
    while left:
        check(library.wota_view_next_pickle(here, left, _SMALL, words, out, many))
        run: List[Any] = plain_of(stream.value)
        at = total - left  # of the first one
        for number, value in enumerate(run):
            if type(value) in _CONTAINERS:
                name = at + number
                if is_record:
                    name = run[number - 1] if number else key
                run[number] = _inside(view, name, value)
        left -= len(run)
        if run:
            words = min(4 * words, _MOST)
            key = run[-1]
        else:
            check(library.wota_view_next(here, there))
            key = value_of(view._message, bytes(found))
            run, left = [key], left - 1
        yield run if each == 1 else run[-at % each :: each]


def value_of(message: Blob, view: bytes) -> Any:
    """The value there, in a message that holds it."""
    kind = _kind(view)
    if kind == _SYMBOL:
        return _of_symbol(message, view)
    return _value(message, view, kind)


def _of_symbol(message: Blob, view: bytes) -> Any:
    """Symbols may nest to any depth, so this does not recurse."""
    carriers: List[Carrier] = []
    value: Any
    while True:
        code, inside = ctypes.c_int32(), View()
        check(library.wota_view_symbol(view, _byref(code)))
        carrier = _CARRIERS.get(code.value)
        if carrier is None:
            value = PLAIN_SYMBOLS[code.value]
            break
        carriers.append(carrier())
        check(library.wota_view_element(view, 0, _byref(inside)))
        view = bytes(inside)
        kind = _kind(view)
        if kind != _SYMBOL:
            value = _value(message, view, kind)
            break
    for around in reversed(carriers):
        around.value = value
        value = around
    return value


def _kind(view: bytes) -> int:
    kind = ctypes.c_int32()
    check(library.wota_view_type(view, _byref(kind)))
    return kind.value


def _value(message: Blob, view: bytes, kind: int) -> Any:
    """A value of any other kind than a symbol."""
    if kind == _TEXT:
        return _text(view)
    if kind == _RECORD:
        return RecordView._of(message, view)
    if kind == _ARRAY:
        return ArrayView._of(message, view)
    if kind == _INTEGER:
        integer = ctypes.c_int64()
        check(library.wota_view_integer(view, _byref(integer)))
        return integer.value
    if kind == _FLOAT:
        number = ctypes.c_double()
        check(library.wota_view_number(view, _byref(number)))
        return number.value
    stone = ctypes.c_void_p()
    check(library.wota_view_blob(view, _byref(stone)))
    return Blob._of(stone.value)


def _text(view: bytes) -> str:
    length = ctypes.c_size_t()
    buffer = ctypes.create_string_buffer(_SHORT)
    status = library.wota_view_text(view, buffer, _SHORT, _byref(length))
    if status == OutOfRange.status:
        check(library.wota_view_text(view, None, 0, _byref(length)))
        buffer = ctypes.create_string_buffer(length.value)
        status = library.wota_view_text(view, buffer, length.value, _byref(length))
    check(status)
    return buffer.raw[: length.value].decode("utf-8", "surrogatepass")


Mapping.register(RecordView)
Sequence.register(ArrayView)
