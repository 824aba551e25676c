"""The value of a message, read where it is: records as mappings, arrays as sequences.

Nothing is decoded but what is asked for. A view is some bytes of the library's, which lead into the message, and the
message itself, which keeps it all there. The bytes cannot change, so any number of threads may use a view.
"""

from __future__ import annotations

import ctypes
import operator
import struct
from collections.abc import ItemsView, Mapping, Sequence, ValuesView
from itertools import chain, islice
from typing import Any, Callable, Iterator, List, Optional, Tuple, Union, final, overload

from ._library import library
from ._structs import View
from ._text import joined
from ._values import PLAIN_SYMBOLS, SYMBOL_PRIVATE, SYMBOL_SYSTEM, Carrier, Private, System
from ._view_whole import Viewed
from .blob import Blob
from .errors import NotFound, OutOfRange, check

_byref = ctypes.byref
_INTEGER, _FLOAT, _ARRAY, _RECORD, _TEXT, _SYMBOL = 0, 1, 2, 3, 5, 7
_CARRIERS = {SYMBOL_PRIVATE: Private, SYMBOL_SYSTEM: System}
#: Longer texts are asked for their length first.
_SHORT = 256
#: `wota_item`, with the integer of its union, which symbols and the places of texts are too; and the way to its double.
_ITEM, _INT64, _DOUBLE = struct.Struct("@iIq"), struct.Struct("@q"), struct.Struct("@d")
#: How many items come in one call at the most, and room for them and their texts.
_FEW = (24, ctypes.c_char * (24 * _ITEM.size), ctypes.c_char * 512)
_MANY = (128, ctypes.c_char * (128 * _ITEM.size), ctypes.c_char * 4096)


class _Items(ItemsView[str, Any]):
    """In the record's order, each found by its number."""

    _mapping: RecordView

    def __iter__(self) -> Iterator[Tuple[str, Any]]:
        return self._mapping._fields()


class _Values(ValuesView[Any]):
    _mapping: RecordView

    def __iter__(self) -> Iterator[Any]:
        return (value for _, value in self._mapping._fields())


@final
class RecordView(Viewed, Mapping[str, Any]):
    """A record of a message: like the dict that `wota.loads` would give, but nobody can change it, and what is not
    asked for is not decoded. It equals a dict or another view with the same in it, has a hash, and is its own copy."""

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
        found = self._find(key)
        if found is None:
            raise NotFound(repr(key))
        return value_of(self._message, found)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of the key, or the default."""
        found = self._find(key)
        return default if found is None else value_of(self._message, found)

    def __contains__(self, key: object) -> bool:
        return self._find(key) is not None

    def _fields(self) -> Iterator[Tuple[str, Any]]:
        children = _children(self, 2 * self._count)
        return zip(children, children)

    def __iter__(self) -> Iterator[str]:
        return _children(self, 2 * self._count, 2)

    def items(self) -> ItemsView[str, Any]:
        """The keys and their values, in the message's order."""
        return _Items(self)

    def values(self) -> ValuesView[Any]:
        """The values, in the message's order."""
        return _Values(self)


@final
class ArrayView(Viewed, Sequence[Any]):
    """An array of a message: like the list that `wota.loads` would give, but nobody can change it, and what is not
    asked for is not decoded. It equals a list or another view with the same in it, has a hash, and is its own copy."""

    __slots__ = ()

    def _element(self, number: int) -> Any:
        found = View()
        check(library.wota_view_element(self._view, number, _byref(found)))
        return value_of(self._message, bytes(found))

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> List[Any]: ...

    def __getitem__(self, index: Union[int, slice]) -> Any:
        if isinstance(index, slice):
            return [self._element(number) for number in range(*index.indices(self._count))]
        given = operator.index(index)
        number = given + self._count if given < 0 else given
        if not 0 <= number < self._count:
            raise IndexError(given)
        return self._element(number)

    def __iter__(self) -> Iterator[Any]:
        return _children(self, self._count)


def view_of(message: Blob) -> Any:
    """The value of a message, which is one: what contains others as a view, everything else as it is."""
    view = View()
    check(library.wota_view_of(message._handle, 0, _byref(view)))
    return value_of(message, bytes(view))


def _children(view: Viewed, left: int, each: int = 1) -> Iterator[Any]:
    """So many children of a container one after the other, of a record each key and then its value; or only every second
    one."""
    return chain.from_iterable(_runs(view, left, each))


def _runs(view: Viewed, left: int, each: int) -> Iterator[List[Any]]:
    """The same in runs: those that have nothing in them come several in a call."""
    room, items_of, text_of = _FEW if left <= _FEW[0] else _MANY
    items, text = items_of(), text_of()
    behind, found, count = View(), View(), ctypes.c_size_t()
    here, there, many = _byref(behind), _byref(found), _byref(count)
    check(library.wota_view_children(view._view, here))
    place = 0  # of the next child, modulo `each`
    while left:
        wanted = min(left, room)
        check(library.wota_view_next_items(here, items, wanted, text, len(text), many))
        run: List[Any] = []
        got = count.value
        if got:
            came = _ITEM.iter_unpack(items.raw[: got * _ITEM.size])
            _add_items(run.append, islice(came, -place % each, None, each), text.raw)
            left, place = left - got, (place + got) % each
        if got != wanted:
            # What contains others, a blob, or a text for which there was no room.
            check(library.wota_view_next(here, there))
            if place == 0:
                run.append(value_of(view._message, bytes(found)))
            left, place = left - 1, (place + 1) % each
        yield run


def _add_items(add: Callable[[Any], None], items: Iterator[Tuple[int, int, int]], texts: bytes) -> None:
    for kind, length, value in items:
        if kind == _TEXT:
            add(texts[value : value + length].decode("utf-8", "surrogatepass"))
        elif kind == _INTEGER:
            add(value)
        elif kind == _FLOAT:
            add(_DOUBLE.unpack(_INT64.pack(value))[0])
        else:
            add(PLAIN_SYMBOLS[value])


def value_of(message: Blob, view: bytes) -> Any:
    """What stands there, in a message that holds it."""
    kind = _kind(view)
    if kind == _SYMBOL:
        return _of_symbol(message, view)
    return _value(message, view, kind)


def _of_symbol(message: Blob, view: bytes) -> Any:
    """Symbols carry symbols as deep as somebody has written them: here is no recursion."""
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
    """What is no symbol."""
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
