"""What bucket maps and sets have in common: a wrapper in a memory, versions, and columns."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any, Iterator, List, Optional, Tuple

from ._bucket_memory import BucketMemory
from ._bucket_values import TAGS, TextType, Value, column_of, python_of, scalar, text_bytes
from ._library import library
from .errors import End, InvalidArgument, LimitExceeded, NotFound, check

_byref = ctypes.byref


def _release(memory: BucketMemory, wrapper: ctypes.c_uint32) -> None:
    library.bucket_release(memory._pointer, wrapper.value)


class Functions:
    """The library's functions for maps, or for sets."""

    __slots__ = (
        "clear",
        "column",
        "contains",
        "contains_text",
        "delete",
        "insert",
        "insert_in_place",
        "remove",
        "remove_in_place",
        "set",
        "size",
    )

    def __init__(self, kind: str, insert: str, change: str, column: str) -> None:
        self.clear = getattr(library, f"bucket_{kind}_clear")
        self.column = getattr(library, f"bucket_{kind}_{column}")
        self.contains = getattr(library, f"bucket_{kind}_contains")
        self.contains_text = getattr(library, f"bucket_{kind}_contains_text")
        self.delete = getattr(library, f"bucket_{kind}_delete")
        self.insert = getattr(library, f"bucket_{kind}_{insert}")
        self.insert_in_place = getattr(library, f"bucket_{kind}_{insert}_in_place")
        self.remove = getattr(library, f"bucket_{kind}_remove")
        self.remove_in_place = getattr(library, f"bucket_{kind}_remove_in_place")
        self.set = getattr(library, f"bucket_{kind}_{change}")
        self.size = getattr(library, f"bucket_{kind}_size")


MAPS = Functions("map", "insert", "set", "keys")
SETS = Functions("set", "add", "put", "elements")


class Table:
    """A version of a map or set, read-only."""

    _functions: Functions
    _memory: BucketMemory
    _wrapper: int
    _key: int
    _text: TextType

    def _open(self, memory: BucketMemory, wrapper: int, key: int, text: TextType) -> None:
        if text is not str and text is not bytes:
            raise InvalidArgument("text must be str or bytes")
        self._memory, self._wrapper, self._key, self._text = memory, wrapper, key, text

    @property
    def offset(self) -> int:
        """The offset of its wrapper in the memory, by which a guest refers to it."""
        return self._wrapper

    @property
    def memory(self) -> BucketMemory:
        """Its memory."""
        return self._memory

    def __len__(self) -> int:
        return self._memory._made(self._functions.size, self._wrapper)

    def __bool__(self) -> bool:
        return len(self) != 0

    def __contains__(self, key: object) -> bool:
        found = ctypes.c_bool()
        if self._key == TAGS["s"]:
            data = text_bytes(key)
            arguments: Tuple[Any, ...] = (self._functions.contains_text, self._wrapper, data, len(data))
        else:
            arguments = (self._functions.contains, self._wrapper, _byref(scalar(self._key, key)))
        self._memory._call(*arguments, _byref(found))
        return found.value

    def _raw(self, function: Any) -> Any:
        """The raw fields of all keys, elements or values."""
        count = len(self)
        raw = (ctypes.c_uint64 * count)()
        if count:
            self._memory._made(function, self._wrapper, raw, count)
        return raw

    def _bound(self, *columns: Tuple[int, Any]) -> None:
        """Checks the length of all strings in columns together: in a damaged memory they may overlap. On a heap they
        may be one string. Raises LimitExceeded."""
        texts = [raw for letter, raw in columns if letter == TAGS["s"]]
        limit = _MOST_TEXT * self._memory._struct.length
        # The offsets in the lower halves make the first sum a little larger.
        if not self._memory._counts and sum(map(sum, texts)) >> 32 > limit:
            if sum(bits >> 32 for raw in texts for bits in raw) > limit:
                raise LimitExceeded(f"the strings are more than {_MOST_TEXT} times as long as the memory")

    def _columns(self, *wanted: Tuple[Any, int]) -> List[List[Any]]:
        """Columns, each by its function and its tag."""
        raw = [(letter, self._raw(function)) for function, letter in wanted]
        self._bound(*raw)
        return [column_of(letter, one, self._memory, self._text) if len(one) else [] for letter, one in raw]

    def _column(self, function: Any, letter: int) -> List[Any]:
        """All keys, elements or values."""
        return self._columns((function, letter))[0]

    def verify(self) -> None:
        """Checks all of it; raises Malformed if it is damaged."""
        self._memory.verify(self._wrapper)

    def __reduce__(self) -> Any:
        raise TypeError("it is part of a memory: to_stone makes bytes of it")


class Versions(Table):
    """A version in a memory that can change.

    On a heap the library tracks which versions share their slots, and a change never affects another version. In
    other memories the owner has to know this.
    """

    #: On a heap: the version; a change may replace its wrapper.
    _own_wrapper: Optional[ctypes.c_uint32] = None

    def _own(self, wrapper: int) -> None:
        """Takes over the version."""
        self._wrapper = wrapper
        if self._memory._counts:
            self._own_wrapper = ctypes.c_uint32(wrapper)
            finalizer = weakref.finalize(self, _release, self._memory, self._own_wrapper)
            # The process frees everything anyway.
            finalizer.atexit = False

    def _another(self, wrapper: int) -> Any:
        """The new version that a call made from this one."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._own_wrapper = None
        other._own(wrapper)
        return other

    def _change(self, function: Any, *arguments: Any) -> int:
        """The result of a change of this version."""
        own = self._own_wrapper
        assert own is not None
        status = self._memory._status(function, _byref(own), *arguments)
        self._wrapper = own.value
        return status

    def _each(self) -> Iterator[Any]:
        """The current keys or elements. Only those that are used are read; changes in the meantime copy the version
        first."""
        if self._own_wrapper is None or len(self) <= _FEW:
            return iter(self._column(self._functions.column, self._key))
        return _each_of(self._another(self._memory._made(library.bucket_share, self._wrapper)))

    def _first(self) -> Tuple[Value, Value]:
        """The first entry or element. Raises NotFound."""
        cursor, key, value = ctypes.c_uint32(), Value(), Value()
        status = self._next(cursor, key, value)
        if status == End.status:
            raise NotFound("it is empty")
        check(status)
        return key, value

    def _next(self, cursor: ctypes.c_uint32, key: Value, value: Value) -> int:
        raise NotImplementedError

    def _clear(self) -> bool:
        """Removes everything, where one call does that."""
        if self._own_wrapper is None:
            return False
        check(self._change(self._functions.clear))
        return True

    def _inserted(self, *fields: Value) -> int:
        arguments = [_byref(field) for field in fields]
        return self._memory._made(self._functions.insert, self._wrapper, *arguments)

    def _insert_in_place(self, *fields: Value) -> None:
        arguments = [_byref(field) for field in fields]
        if self._own_wrapper is not None:
            check(self._change(self._functions.set, *arguments))
        else:
            self._memory._call(self._functions.insert_in_place, self._wrapper, *arguments)

    def _is_needless(self, key: object) -> bool:
        """Whether a lookup needs no copy of the string in the memory. On a heap the copy is cheap, and a private
        version is made even so, which may be changed in place."""
        return self._key == TAGS["s"] and not self._memory._counts and key not in self

    def _removed(self, field: Value) -> int:
        return self._memory._made(self._functions.remove, self._wrapper, _byref(field))

    def _remove_in_place(self, field: Value) -> None:
        if self._own_wrapper is None:
            self._memory._call(self._functions.remove_in_place, self._wrapper, _byref(field))
            return
        status = self._change(self._functions.delete, _byref(field))
        if status != NotFound.status:
            check(status)


#: The strings of a call are at most this many times as long as the memory.
_MOST_TEXT = 16

#: The number of entries read one by one before all are read at once.
_FEW = 8


def _each_of(version: Versions) -> Iterator[Any]:
    """The keys or elements of a version that is not shared."""
    cursor, key, value = ctypes.c_uint32(), Value(), Value()
    for _ in range(_FEW):
        check(version._next(cursor, key, value))
        yield python_of(key, version._memory, version._text)
    rest = version._column(version._functions.column, version._key)[_FEW:]
    del version
    yield from rest


def frozen_tags(stone: Any) -> Tuple[int, Optional[int]]:
    """The tags recorded in a stone; a set has none for values."""
    key, value = ctypes.c_uint8(), ctypes.c_uint8()
    check(library.bucket_stone_tags(stone._handle, _byref(key), _byref(value)))
    return key.value, value.value or None


def absent(key: object) -> NotFound:
    """The exception for a missing key."""
    return NotFound(repr(key))
