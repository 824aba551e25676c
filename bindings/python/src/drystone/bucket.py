"""Maps and sets that are stored completely in a linear memory; no state is kept outside.

The memory is a heap of the library (`BucketHeap`), one with another owner (`BucketMemory`), a WebAssembly guest's
(`drystone.wasmtime`), or a stone (`StoneMap`, `StoneSet`). Keys and values have tags: ``"i"`` a 64-bit integer,
``"f"`` a double, ``"s"`` a string, ``"b"`` 32 bits. Keys compare as SameValueZero: NaN equals NaN, and 0 equals -0.
"""

from __future__ import annotations

import ctypes
from collections.abc import ItemsView, KeysView, Mapping, MutableMapping, MutableSet, Set, ValuesView
from typing import Any, Iterable, Iterator, List, Optional, Tuple, Union

from ._bucket_memory import Arguments, BucketHeap, BucketMemory, StoneMemory
from ._bucket_table import MAPS, SETS, Table, Versions, absent, frozen_tags
from ._bucket_values import TAGS, TextType, Value, python_of, scalar, tag, text_bytes
from ._buffer import word32
from ._library import library
from .blob import Blob
from .errors import NotFound, WrongType, error_of

__all__ = ["BucketHeap", "BucketMap", "BucketMemory", "BucketSet", "StoneMap", "StoneSet"]

_byref = ctypes.byref


class _Items(ItemsView[Any, Any]):
    """With two calls, not one for each key."""

    _mapping: _MapReading

    def __iter__(self) -> Iterator[Tuple[Any, Any]]:
        mapping = self._mapping
        keys = library.bucket_map_keys, mapping._key
        return zip(*mapping._columns(keys, (library.bucket_map_values, mapping._value)))


class _Values(ValuesView[Any]):
    _mapping: _MapReading

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mapping._values())


class _MapReading(Table, Mapping[Any, Any]):
    """A map, read-only. Iteration covers the entries at its start, in the order of insertion."""

    _functions = MAPS
    _value: int

    def _find(self, key: Any) -> Optional[Value]:
        found = Value()
        if self._key == TAGS["s"]:
            data = text_bytes(key)
            arguments: Tuple[Any, ...] = (library.bucket_map_get_text, self._wrapper, data, len(data))
        else:
            arguments = (library.bucket_map_get, self._wrapper, _byref(scalar(self._key, key)))
        status = self._memory._status(*arguments, self._value, _byref(found))
        if status == NotFound.status:
            return None
        if status:
            raise error_of(status)
        return found

    def __getitem__(self, key: Any) -> Any:
        found = self._find(key)
        if found is None:
            raise absent(key)
        return python_of(found, self._memory, self._text)

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of the key, or the default."""
        found = self._find(key)
        return default if found is None else python_of(found, self._memory, self._text)

    def _keys(self) -> List[Any]:
        return self._column(library.bucket_map_keys, self._key)

    def _values(self) -> List[Any]:
        return self._column(library.bucket_map_values, self._value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys())

    def keys(self) -> KeysView[Any]:
        """The keys, in the order of insertion. Raises LimitExceeded if the strings have more than 16 times the memory's
        length together, which they have only in a damaged memory, and on no heap; all calls that read many do."""
        # The caller may be `dict`, which looks up each of them.
        if not self._memory._counts and self._value == TAGS["s"]:
            keys, values = self._raw(library.bucket_map_keys), self._raw(library.bucket_map_values)
            self._bound((self._key, keys), (self._value, values))
        return super().keys()

    def items(self) -> ItemsView[Any, Any]:
        """The entries, in the order of insertion."""
        return _Items(self)

    def values(self) -> ValuesView[Any]:
        """The values, in the order of insertion."""
        return _Values(self)

    def to_stone(self) -> Blob:
        """A stone of it, with its strings inside: for `StoneMap`, in any thread, in any message."""
        out = ctypes.c_void_p()
        self._memory._call(library.bucket_map_to_stone, self._wrapper, self._key, self._value, _byref(out))
        return Blob._of(out.value)

    def __repr__(self) -> str:
        return f"<drystone.bucket.{type(self).__name__}: {dict(self.items())!r}>"


class StoneMap(_MapReading):
    """The map in a stone, which never changes."""

    def __init__(self, stone: Blob, *, text: TextType = str) -> None:
        memory = StoneMemory(stone)
        key, value = frozen_tags(stone)
        if value is None:
            raise WrongType("the stone contains a set, not a map")
        self._open(memory, memory.wrapper, key, text)
        self._value = value


class BucketMap(Versions, _MapReading, MutableMapping[Any, Any]):
    """A map in a memory.

    ``BucketMap(memory, key="i", value="s")`` is a new, empty one; `from_entries` makes one of many entries, `at`
    refers to the one whose wrapper is at an offset. `with_` and `without` return new versions and do not change this
    one; assigning and deleting change this one.
    """

    def __init__(self, memory: BucketMemory, key: str, value: str, *, text: TextType = str) -> None:
        self._prepare(memory, key, value, text)
        self._own(memory._made(library.bucket_map_new))

    def _prepare(self, memory: BucketMemory, key: str, value: str, text: TextType) -> None:
        self._open(memory, 0, tag(key), text)
        self._value = tag(value)

    @classmethod
    def from_entries(
        cls,
        memory: BucketMemory,
        entries: Union[Mapping[Any, Any], Iterable[Tuple[Any, Any]]],
        key: str,
        value: str,
        *,
        text: TextType = str,
    ) -> BucketMap:
        """A map of these entries, sized once; for equal keys the position of the first and the value of the last are
        kept."""
        made = cls.__new__(cls)
        made._prepare(memory, key, value, text)
        pairs = list(entries.items() if isinstance(entries, Mapping) else entries)
        keys, values = (Value * len(pairs))(), (Value * len(pairs))()
        with Arguments(memory) as arguments:
            for number, (one, other) in enumerate(pairs):
                keys[number] = arguments.value(made._key, one)
                values[number] = arguments.value(made._value, other)
            made._own(memory._made(library.bucket_map_from_entries, keys, values, len(pairs)))
        return made

    @classmethod
    def at(cls, memory: BucketMemory, offset: int, key: str, value: str, *, text: TextType = str) -> BucketMap:
        """The map whose wrapper is at an offset. It belongs to another owner: even on a heap it is not released
        here."""
        made = cls.__new__(cls)
        made._prepare(memory, key, value, text)
        made._wrapper = word32(offset)
        len(made)  # raises WrongType, Malformed
        return made

    def with_(self, key: Any, value: Any) -> BucketMap:
        """A new version in which the key has the value; this one does not change. A new key needs no copy while there
        is room."""
        with Arguments(self._memory, self._wrapper) as arguments:
            fields = arguments.value(self._key, key), arguments.value(self._value, value)
            other: BucketMap = self._another(self._inserted(*fields))
            return other

    def without(self, key: Any) -> BucketMap:
        """A new version without the key; this one does not change."""
        if self._is_needless(key):
            return self
        with Arguments(self._memory, self._wrapper) as arguments:
            other: BucketMap = self._another(self._removed(arguments.value(self._key, key)))
            return other

    def __setitem__(self, key: Any, value: Any) -> None:
        with Arguments(self._memory, self._wrapper) as arguments:
            self._insert_in_place(arguments.value(self._key, key), arguments.value(self._value, value))

    def __delitem__(self, key: Any) -> None:
        if key not in self:
            raise absent(key)
        with Arguments(self._memory, self._wrapper) as arguments:
            self._remove_in_place(arguments.value(self._key, key))

    def __iter__(self) -> Iterator[Any]:
        return self._each()

    def _next(self, cursor: ctypes.c_uint32, key: Value, value: Value) -> int:
        outs = (_byref(cursor), _byref(key), _byref(value))
        return self._memory._status(library.bucket_map_next, self._wrapper, self._key, self._value, *outs)

    def popitem(self) -> Tuple[Any, Any]:
        """Takes the first entry."""
        key, value = self._first()
        found = python_of(key, self._memory, self._text), python_of(value, self._memory, self._text)
        self._remove_in_place(key)
        return found

    def clear(self) -> None:
        """Takes all entries out."""
        if not self._clear():
            for key in self._keys():
                del self[key]


class _SetReading(Table, Set[Any]):
    """A set, read-only. Iteration covers the elements at its start, in the order of insertion."""

    _functions = SETS

    @classmethod
    def _from_iterable(cls, elements: Iterable[Any]) -> Any:
        # The result of &, |, - and ^: there is no memory for a new set.
        return frozenset(elements)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._column(library.bucket_set_elements, self._key))

    def to_stone(self) -> Blob:
        """A stone of it, with its strings inside: for `StoneSet`, in any thread, in any message."""
        out = ctypes.c_void_p()
        self._memory._call(library.bucket_set_to_stone, self._wrapper, self._key, _byref(out))
        return Blob._of(out.value)

    def __repr__(self) -> str:
        return f"<drystone.bucket.{type(self).__name__}: {list(self)!r}>"


class StoneSet(_SetReading):
    """The set in a stone, which never changes."""

    def __init__(self, stone: Blob, *, text: TextType = str) -> None:
        memory = StoneMemory(stone)
        key, value = frozen_tags(stone)
        if value is not None:
            raise WrongType("the stone contains a map, not a set")
        self._open(memory, memory.wrapper, key, text)


class BucketSet(Versions, _SetReading, MutableSet[Any]):
    """A set in a memory. As `BucketMap`, without values."""

    def __init__(self, memory: BucketMemory, element: str, *, text: TextType = str) -> None:
        self._open(memory, 0, tag(element), text)
        self._own(memory._made(library.bucket_set_new))

    @classmethod
    def from_elements(
        cls, memory: BucketMemory, elements: Iterable[Any], element: str, *, text: TextType = str
    ) -> BucketSet:
        """A set of these elements, sized once."""
        made = cls.__new__(cls)
        made._open(memory, 0, tag(element), text)
        given = list(elements)
        values = (Value * len(given))()
        with Arguments(memory) as arguments:
            for number, one in enumerate(given):
                values[number] = arguments.value(made._key, one)
            made._own(memory._made(library.bucket_set_from_elements, values, len(given)))
        return made

    @classmethod
    def at(cls, memory: BucketMemory, offset: int, element: str, *, text: TextType = str) -> BucketSet:
        """The set whose wrapper is at an offset. It belongs to another owner: even on a heap it is not released
        here."""
        made = cls.__new__(cls)
        made._open(memory, word32(offset), tag(element), text)
        len(made)  # raises WrongType, Malformed
        return made

    def with_(self, element: Any) -> BucketSet:
        """A new version with the element; this one does not change."""
        with Arguments(self._memory, self._wrapper) as arguments:
            other: BucketSet = self._another(self._inserted(arguments.value(self._key, element)))
            return other

    def without(self, element: Any) -> BucketSet:
        """A new version without the element; this one does not change."""
        if self._is_needless(element):
            return self
        with Arguments(self._memory, self._wrapper) as arguments:
            other: BucketSet = self._another(self._removed(arguments.value(self._key, element)))
            return other

    def add(self, value: Any) -> None:
        """Adds the element to this set."""
        with Arguments(self._memory, self._wrapper) as arguments:
            self._insert_in_place(arguments.value(self._key, value))

    def discard(self, value: Any) -> None:
        """Removes the element from this set, if it is there."""
        if self._key == TAGS["s"] and value not in self:
            return
        with Arguments(self._memory, self._wrapper) as arguments:
            self._remove_in_place(arguments.value(self._key, value))

    def __iter__(self) -> Iterator[Any]:
        return self._each()

    def _next(self, cursor: ctypes.c_uint32, key: Value, value: Value) -> int:
        return self._memory._status(library.bucket_set_next, self._wrapper, self._key, _byref(cursor), _byref(key))

    def pop(self) -> Any:
        """Removes and returns the first element."""
        element, _ = self._first()
        found = python_of(element, self._memory, self._text)
        self._remove_in_place(element)
        return found

    def clear(self) -> None:
        """Removes all elements."""
        if not self._clear():
            for element in list(self):
                self.discard(element)
