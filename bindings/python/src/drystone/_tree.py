"""A message's value in an arena: only values that are used become Python objects."""

from __future__ import annotations

import ctypes
from typing import Any, Iterator, Union, final

from ._lease import Lease
from ._library import library
from ._text import utf8
from ._values import PLAIN_SYMBOLS
from .blob import Blob
from .errors import NotFound, WrongType

INTEGER, FLOAT, ARRAY, RECORD, BLOB, TEXT, SYMBOL = 0, 1, 2, 3, 4, 5, 7


class _Text(ctypes.Structure):
    _fields_ = [("utf8", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Array(ctypes.Structure):
    _fields_ = [("items", ctypes.c_void_p), ("count", ctypes.c_size_t)]


class _Record(ctypes.Structure):
    _fields_ = [("keys", ctypes.c_void_p), ("values", ctypes.c_void_p), ("count", ctypes.c_size_t)]


class _Symbol(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int32), ("value", ctypes.c_void_p)]


class _Content(ctypes.Union):
    _fields_ = [
        ("integer", ctypes.c_int64),
        ("number", ctypes.c_double),
        ("text", _Text),
        ("array", _Array),
        ("record", _Record),
        ("stone", ctypes.c_void_p),
        ("symbol", _Symbol),
    ]


class Node(ctypes.Structure):
    """`wota_value`."""

    _fields_ = [("type", ctypes.c_int32), ("indexed", ctypes.c_uint32), ("content", _Content)]


def _string(text: Any) -> str:
    return ctypes.string_at(text.utf8, text.length).decode("utf-8", "surrogatepass") if text.length else ""


@final
class Tree:
    """A value in a scope of an arena. Raises StaleScope when the scope has ended."""

    __slots__ = ("_address", "_lease")

    def __init__(self, lease: Lease, address: int) -> None:
        self._lease, self._address = lease, address

    def _node(self, *types: int) -> Any:
        self._lease.check()
        node = Node.from_address(self._address)
        if types and node.type not in types:
            raise WrongType()
        return node

    def __len__(self) -> int:
        """The number of elements of an array, or fields of a record."""
        node = self._node(ARRAY, RECORD)
        return int(node.content.array.count if node.type == ARRAY else node.content.record.count)

    def __getitem__(self, key: Union[int, str]) -> Tree:
        """An array's element, or the value of a record's key."""
        if isinstance(key, str):
            self._node(RECORD)
            name = utf8(key)
            found = library.wota_value_find(self._address, name, len(name))
            if not found:
                raise NotFound(key)
            return Tree(self._lease, found)
        array = self._node(ARRAY).content.array
        place = key + array.count if key < 0 else key
        if not 0 <= place < array.count:
            raise IndexError(key)
        return Tree(self._lease, array.items + place * ctypes.sizeof(Node))

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str):
            return False
        self._node(RECORD)
        name = utf8(key)
        return bool(library.wota_value_find(self._address, name, len(name)))

    def __iter__(self) -> Iterator[Any]:
        """An array's elements, or a record's keys."""
        if self._node(ARRAY, RECORD).type == RECORD:
            return self.keys()
        return (self[place] for place in range(len(self)))

    def keys(self) -> Iterator[str]:
        """A record's keys, in the message's order."""
        record = self._node(RECORD).content.record
        for place in range(record.count):
            self._lease.check()
            yield _string(_Text.from_address(record.keys + place * ctypes.sizeof(_Text)))

    def value(self) -> Any:
        """A number, a text, None, a bool or a Blob, as a Python object. Raises WrongType for a container."""
        node = self._node(INTEGER, FLOAT, TEXT, BLOB, SYMBOL)
        if node.type == INTEGER:
            return node.content.integer
        if node.type == FLOAT:
            return node.content.number
        if node.type == TEXT:
            return _string(node.content.text)
        if node.type == BLOB:
            library.blob_incref(node.content.stone)
            return Blob.__new__(Blob)._adopt(node.content.stone)
        if node.content.symbol.code not in PLAIN_SYMBOLS:
            raise WrongType()
        return PLAIN_SYMBOLS[node.content.symbol.code]
