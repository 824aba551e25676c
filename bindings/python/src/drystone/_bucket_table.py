"""What bucket maps and sets have in common: a wrapper in a memory, versions, and columns."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any, List, Optional, Tuple

from ._bucket_memory import BucketMemory
from ._bucket_values import TAGS, TextType, Value, column_of, scalar, text_bytes
from ._library import library
from .errors import InvalidArgument, NotFound, check

_byref = ctypes.byref


def _release(memory: BucketMemory, wrapper: int) -> None:
    library.bucket_release(memory._pointer, wrapper)


class Functions:
    """The library's functions for maps, or for sets."""

    __slots__ = (
        "column",
        "contains",
        "contains_text",
        "insert",
        "insert_in_place",
        "remove",
        "remove_in_place",
        "size",
    )

    def __init__(self, kind: str, insert: str, column: str) -> None:
        self.column = getattr(library, f"bucket_{kind}_{column}")
        self.contains = getattr(library, f"bucket_{kind}_contains")
        self.contains_text = getattr(library, f"bucket_{kind}_contains_text")
        self.insert = getattr(library, f"bucket_{kind}_{insert}")
        self.insert_in_place = getattr(library, f"bucket_{kind}_{insert}_in_place")
        self.remove = getattr(library, f"bucket_{kind}_remove")
        self.remove_in_place = getattr(library, f"bucket_{kind}_remove_in_place")
        self.size = getattr(library, f"bucket_{kind}_size")


MAPS = Functions("map", "insert", "keys")
SETS = Functions("set", "add", "elements")


class Table:
    """A version of a map or set, to be read."""

    _functions: Functions
    _memory: BucketMemory
    _wrapper: int
    _key: int
    _text: TextType

    def _open(self, memory: BucketMemory, wrapper: int, key: int, text: TextType) -> None:
        if text is not str and text is not bytes:
            raise InvalidArgument("strings are read as str or as bytes")
        self._memory, self._wrapper, self._key, self._text = memory, wrapper, key, text

    @property
    def offset(self) -> int:
        """Where its wrapper lies in the memory: what the guest knows it by."""
        return self._wrapper

    @property
    def memory(self) -> BucketMemory:
        """The memory that it lies in."""
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

    def _column(self, function: Any, letter: int) -> List[Any]:
        """All keys, elements or values."""
        count = len(self)
        if count == 0:
            return []
        raw = (ctypes.c_uint64 * count)()
        self._memory._made(function, self._wrapper, raw, count)
        return column_of(letter, raw, self._memory, self._text)

    def verify(self) -> None:
        """Looks through all of it: Malformed when it is not as the library makes it."""
        self._memory.verify(self._wrapper)

    def __reduce__(self) -> Any:
        raise TypeError("it lies in a memory: to_stone makes bytes of it")


class Versions(Table):
    """A version in a memory that can change.

    On a heap, a version that shares slots with others is never changed in place behind their back: it becomes another
    version first. In other memories that is the owner's to know.
    """

    _shared = False
    _finalizer: Any = None

    def _own(self, wrapper: int) -> None:
        """Has the version from now on."""
        self._wrapper = wrapper
        if self._memory._counts:
            self._finalizer = weakref.finalize(self, _release, self._memory, wrapper)
            # The process gives everything back anyway.
            self._finalizer.atexit = False

    def _another(self, wrapper: int) -> Any:
        """A new version that a call has made of this one."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._shared, other._finalizer = False, None
        other._own(wrapper)
        if self._memory._counts and self._bucket(wrapper) == self._bucket(self._wrapper):
            self._shared = other._shared = True
        return other

    def _bucket(self, wrapper: int) -> int:
        return self._memory._word(wrapper + 8)

    def _become(self, wrapper: int) -> None:
        """Is another version from now on."""
        old, finalizer = self._wrapper, self._finalizer
        self._shared = self._bucket(wrapper) == self._bucket(old)
        self._own(wrapper)
        if finalizer is not None:
            finalizer()

    def _inserted(self, *fields: Value) -> int:
        arguments = [_byref(field) for field in fields]
        return self._memory._made(self._functions.insert, self._wrapper, *arguments)

    def _insert_in_place(self, *fields: Value) -> None:
        if self._shared:
            self._become(self._inserted(*fields))
            return
        arguments = [_byref(field) for field in fields]
        self._memory._call(self._functions.insert_in_place, self._wrapper, *arguments)

    def _is_needless(self, key: object) -> bool:
        """Whether a string need not be put into somebody's memory to see that it is not there. On a heap, where it
        costs nothing for long, a version of its own is made even so, which may be changed in place."""
        return self._key == TAGS["s"] and not self._memory._counts and key not in self

    def _removed(self, field: Value) -> int:
        return self._memory._made(self._functions.remove, self._wrapper, _byref(field))

    def _remove_in_place(self, field: Value) -> None:
        if self._shared:
            self._become(self._removed(field))
            return
        self._memory._call(self._functions.remove_in_place, self._wrapper, _byref(field))


def frozen_tags(stone: Any) -> Tuple[int, Optional[int]]:
    """The tags that a stone says it has; a set has none for values."""
    key, value = ctypes.c_uint8(), ctypes.c_uint8()
    check(library.bucket_stone_tags(stone._handle, _byref(key), _byref(value)))
    return key.value, value.value or None


def absent(key: object) -> NotFound:
    """What is raised for a key that is not there."""
    return NotFound(repr(key))
