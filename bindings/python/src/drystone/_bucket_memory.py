"""The memories of bucket maps and sets."""

from __future__ import annotations

import ctypes
from types import TracebackType
from typing import Any, Callable, List, Optional, Tuple, Type, Union

from ._bucket_values import TAGS, Field, Value, scalar, text_bytes
from ._buffer import int64, size, word32
from ._library import library
from ._owned import Uncopied, own
from ._text import utf8
from .blob import Blob
from .errors import Malformed, OutOfRange, check, error_of

PLAIN, COPY_STRINGS, ZEROED = 1, 2, 4

_Alloc = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32)
_OnOffset = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32)


class MemoryStruct(ctypes.Structure):
    """`bucket_memory`."""

    _fields_ = [
        ("base", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("context", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("alloc", _Alloc),
        ("push_root", _OnOffset),
        ("pop_roots", _OnOffset),
        ("usable_size", _Alloc),
    ]


Window = Callable[[], Tuple[int, int]]


class BucketMemory(Uncopied):
    """A linear memory of another owner, and the functions that the owner provides.

    A subclass has these as methods, or they are passed as arguments:

    * ``window()``: the address of the memory's first byte and its length, now. It is called before each use and after
      each allocation.
    * ``alloc(size)``: the offset of a new block, or 0 for lack of memory. It may move or grow the memory.
      Without it the memory can only be read.
    * ``push_root(offset)``, ``pop_roots(count)``: for memories in which `alloc` may run a collector.
    * ``usable_size(offset)``: the real size of a block.

    Their exceptions propagate from the call that used them, which then changes nothing. `plain`: other readers of the
    memory know the plain layout only. `copy_strings`: inserted strings are copied. `zeroed`: new blocks are zeroed.
    """

    #: Whether versions and strings are released individually, as on a heap.
    _counts = False
    #: How many of the newest roots of the call were not pushed; the library pops them too.
    _unpushed = 0
    alloc: Any = None
    push_root: Any = None
    pop_roots: Any = None
    usable_size: Any = None

    def __init__(
        self,
        window: Optional[Window] = None,
        alloc: Optional[Callable[[int], int]] = None,
        push_root: Optional[Callable[[int], None]] = None,
        pop_roots: Optional[Callable[[int], None]] = None,
        usable_size: Optional[Callable[[int], int]] = None,
        *,
        plain: bool = False,
        copy_strings: bool = False,
        zeroed: bool = False,
    ) -> None:
        if window is not None:
            self.window = window  # type: ignore[method-assign]
        for name, hook in (
            ("alloc", alloc),
            ("push_root", push_root),
            ("pop_roots", pop_roots),
            ("usable_size", usable_size),
        ):
            if hook is not None:
                setattr(self, name, hook)
        flags = PLAIN * plain | COPY_STRINGS * copy_strings | ZEROED * zeroed
        struct = MemoryStruct(flags=flags)
        self._raised: Optional[BaseException] = None
        self._newest = (0, 0)
        if self.alloc is not None:
            struct.alloc = _Alloc(self._alloc)
        if self.push_root is not None and self.pop_roots is not None:
            struct.push_root, struct.pop_roots = _OnOffset(self._push), _OnOffset(self._pop)
        if self.usable_size is not None:
            struct.usable_size = _Alloc(self._usable_size)
        self._adopt(struct)

    def _adopt(self, struct: MemoryStruct) -> None:
        self._struct = struct
        self._pointer = ctypes.addressof(struct)

    def window(self) -> Tuple[int, int]:
        """The address of the memory's first byte, and its length in bytes."""
        raise NotImplementedError("a subclass of BucketMemory must define window")

    # Called by the library. It must return, even after an exception.

    def _alloc(self, _memory: Any, count: int) -> int:
        if self._raised is not None:
            return 0
        try:
            offset: int = self.alloc(count)
            if self.usable_size is not None and offset:
                # Here, where a failure ends the call before it has changed anything.
                self._newest = (offset, self.usable_size(offset))
            self._look()
            return offset & 0xFFFFFFFF
        except BaseException as error:
            self._raised = error
            return 0

    def _usable_size(self, _memory: Any, offset: int) -> int:
        newest, count = self._newest
        return count & 0xFFFFFFFF if newest == offset else 0

    def _push(self, _memory: Any, offset: int) -> None:
        # After an exception nothing is allocated, so roots are not needed.
        if self._raised is None:
            try:
                self.push_root(offset)
                return
            except BaseException as error:
                self._raised = error
        self._unpushed += 1

    def _pop(self, _memory: Any, count: int) -> None:
        unpushed = min(count, self._unpushed)
        self._unpushed -= unpushed
        if count == unpushed:
            return
        try:
            self.pop_roots(count - unpushed)
        except BaseException as error:
            self._raised = self._raised or error

    def _look(self) -> None:
        self._struct.base, self._struct.length = self.window()

    def _status(self, function: Any, *arguments: Any) -> int:
        """The result of a call on this memory; re-raises exceptions of the owner's functions."""
        self._look()
        status: int = function(self._pointer, *arguments)
        raised = self._raised
        if raised is not None:
            self._raised = None
            raise raised
        return status

    def _call(self, function: Any, *arguments: Any) -> None:
        check(self._status(function, *arguments))

    def _made(self, function: Any, *arguments: Any) -> int:
        """A call that returns a number."""
        out = ctypes.c_uint32()
        self._call(function, *arguments, ctypes.byref(out))
        return out.value

    def _bytes(self, offset: int, length: int) -> bytes:
        """What lies there now."""
        if length == 0:
            return b""
        if offset + length > self._struct.length:
            raise Malformed("a string is outside the memory")
        return ctypes.string_at(self._struct.base + offset, length)

    def parse_json(self, text: Union[str, bytes]) -> int:
        """Builds the value of JSON text in the memory. Returns its 64 bits, which docs/bucket.md describes.

        In a guest's memory the next allocation may collect it, unless its lower half is rooted. An object is
        ``BucketMap.at(memory, word & 0xFFFFFFFF, "s", "i")``. Raises Truncated, Malformed (with the offset),
        NoMemory.
        """
        data = utf8(text) if isinstance(text, str) else text
        value, offset = Value(), ctypes.c_size_t()
        status = self._status(library.bucket_json_parse, data, len(data), ctypes.byref(value), ctypes.byref(offset))
        if status:
            raise error_of(status, offset=offset.value)
        return int(value.field.i) & 0xFFFF_FFFF_FFFF_FFFF

    def print_json(self, word: int) -> str:
        """The JSON text of such a value. Raises Malformed, LimitExceeded, OutOfRange."""
        signed = word - (1 << 64) if 1 << 63 <= word < 1 << 64 else word
        value, out = Value(TAGS["i"], Field(i=int64(signed))), ctypes.c_void_p()
        self._call(library.bucket_json_print, ctypes.byref(value), ctypes.byref(out))
        return bytes(Blob.__new__(Blob)._adopt(out.value)).decode()

    def verify(self, wrapper: int) -> None:
        """Checks the whole map or set at an offset. Raises Malformed, WrongType, OutOfRange."""
        self._call(library.bucket_verify, word32(wrapper))


class BucketHeap(BucketMemory):
    """A memory owned by the library, for hosts that have none. It grows up to `maximum` bytes (0: 4 GiB)."""

    _counts = True

    def __init__(self, initial: int = 0, maximum: int = 0, *, plain: bool = False, copy_strings: bool = False) -> None:
        out = ctypes.c_void_p()
        check(library.bucket_heap_new(size(initial), size(maximum), ctypes.byref(out)))
        self._handle = out.value or 0
        own(self, library.bucket_heap_free, self._handle)
        self._raised = None
        self._adopt(MemoryStruct.from_address(library.bucket_heap_memory(self._handle)))
        self._struct.flags |= PLAIN * plain | COPY_STRINGS * copy_strings

    def _look(self) -> None:
        """The library updates it."""

    @property
    def used(self) -> int:
        """The bytes of all blocks in use; strings count until they are swept."""
        used: int = library.bucket_heap_used(self._handle)
        return used


class StoneMemory(BucketMemory):
    """The memory of a stone, which it keeps alive."""

    def __init__(self, stone: Blob) -> None:
        struct, wrapper = MemoryStruct(), ctypes.c_uint32()
        check(library.bucket_memory_of_stone(stone._handle, ctypes.byref(struct), ctypes.byref(wrapper)))
        self.stone, self.wrapper = stone, wrapper.value
        self._raised = None
        self._adopt(struct)

    def _look(self) -> None:
        """A stone stays."""


class Arguments:
    """Keys and values for one call. Their strings are in the memory until the end of the call."""

    def __init__(self, memory: BucketMemory, *roots: int) -> None:
        self._memory = memory
        self._collects = memory.push_root is not None
        self._roots = list(roots) if self._collects else []
        self._strings: List[Value] = []
        self._pushed = 0

    def __enter__(self) -> Arguments:
        return self

    def value(self, letter: int, value: Any) -> Value:
        """A value of a tag."""
        if letter != TAGS["s"]:
            return scalar(letter, value)
        memory, data, made = self._memory, text_bytes(value), Value()
        if len(data) >= 1 << 32:
            raise OutOfRange("a string must be shorter than 4 GiB")
        self._root_all()
        memory._call(library.bucket_string_new, data, len(data), ctypes.byref(made))
        self._strings.append(made)
        if made.field.s.len and self._collects:
            self._roots.append(made.field.s.ptr)
        return made

    def _root_all(self) -> None:
        """Roots the strings made so far during an allocation."""
        for root in self._roots:
            self._memory.push_root(root)
            self._pushed += 1
        self._roots.clear()

    def __exit__(
        self, _kind: Optional[Type[BaseException]], _error: Optional[BaseException], _trace: Optional[TracebackType]
    ) -> None:
        if self._pushed:
            self._memory.pop_roots(self._pushed)
        if self._memory._counts:
            for string in self._strings:
                check(library.bucket_string_release(self._memory._pointer, ctypes.byref(string)))
