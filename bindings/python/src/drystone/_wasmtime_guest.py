"""A guest in wasmtime, through ctypes: its memory, its allocator, its shadow stack.

wasmtime's own classes take tens of microseconds a call, so its C functions are called with plain addresses here.
"""

from __future__ import annotations

import ctypes
import itertools
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple, Union

import wasmtime
from wasmtime import _ffi, _func

from ._bucket_memory import BucketMemory, MemoryStruct
from ._bucket_values import Value
from ._buffer import word32
from ._library import library
from .errors import Busy, InvalidArgument, NoMemory, NotFound, Unsupported, WrongType

_Pointer = ctypes.c_void_p
_WORD = 4

#: No store's address.
ENDED = -1

#: The sizes of the known types; the C library checks the same.
SIZES = {
    "wasmtime_func_t": 16,
    "wasmtime_memory_t": 24,
    "wasmtime_global_t": 24,
    "wasmtime_extern_t": 32,
    "wasmtime_val_t": 32,
    "wasmtime_val_raw_t": 16,
}


def size_of(name: str) -> int:
    """The size of a wasmtime type."""
    kind = getattr(_ffi, name, None)
    return 0 if kind is None else ctypes.sizeof(kind)


def check_sizes() -> None:
    """Raises Unsupported if wasmtime's types differ from the known ones."""
    for name, known in SIZES.items():
        if size_of(name) != known:
            raise Unsupported(f"this wasmtime's {name} has {size_of(name)} bytes, not {known}")


def address(name: str) -> int:
    """The address of a wasmtime C function."""
    return ctypes.cast(getattr(_ffi.dll, name), _Pointer).value or 0


def _function(kind: Any, name: str, result: Any, *arguments: Any) -> Any:
    return kind(result, *arguments)(address(name))


# Functions that run no guest code keep the interpreter's lock.
caller_context = _function(ctypes.PYFUNCTYPE, "wasmtime_caller_context", _Pointer, _Pointer)
_call = _function(
    ctypes.CFUNCTYPE, "wasmtime_func_call_unchecked", _Pointer, _Pointer, _Pointer, _Pointer, ctypes.c_size_t, _Pointer
)
_global_get = _function(ctypes.PYFUNCTYPE, "wasmtime_global_get", None, _Pointer, _Pointer, _Pointer)
_global_set = _function(ctypes.PYFUNCTYPE, "wasmtime_global_set", _Pointer, _Pointer, _Pointer, _Pointer)
_memory_data = _function(ctypes.PYFUNCTYPE, "wasmtime_memory_data", _Pointer, _Pointer, _Pointer)
_memory_size = _function(ctypes.PYFUNCTYPE, "wasmtime_memory_data_size", ctypes.c_size_t, _Pointer, _Pointer)


class Trapped(Exception):
    """A trap of the guest, which we own until it is taken."""

    def __init__(self, pointer: int) -> None:
        super().__init__("the guest trapped")
        self.pointer = pointer

    def as_exception(self) -> Exception:
        """wasmtime's exception for it."""
        return wasmtime.Trap._from_ptr(ctypes.cast(self.pointer, ctypes.POINTER(_ffi.wasm_trap_t)))


class Names(NamedTuple):
    """The names of a guest's exports; None for the usual name, "" for none."""

    memory: Optional[str]
    alloc: Optional[str]
    usable_size: Optional[str]
    shadow_stack_pointer: Optional[str]
    shadow_stack_end: Optional[str]


class Ways(NamedTuple):
    """How a guest's memory is used."""

    #: Of the memory: plain, copy_strings, zeroed.
    flags: int
    #: The offset of a block's size, and by how many bits it is shifted; None if there is no such rule.
    size_header: Optional[Tuple[int, int]]


class _Context:
    """The types that wasmtime's classes accept as a store."""

    def __init__(self, pointer: Any) -> None:
        self._pointer = pointer

    def _context(self) -> Any:
        return self._pointer


Find = Callable[[str], Any]


class _Roots:
    """The roots of one call: the old pointer, the number of roots, and how many of them it covers now."""

    __slots__ = ("base", "count", "shown")

    def __init__(self) -> None:
        self.base = self.count = self.shown = 0


class GuestMemory(BucketMemory):
    """The guest's memory during a call into its store. It does not keep the store alive."""

    def __init__(self, names: Names, ways: Ways) -> None:
        check_sizes()
        super().__init__()
        self._struct.flags, self._size_header = ways.flags, ways.size_header
        self._names, self._roots = names, _Roots()
        #: The address of the store's context; 0 before the guest is known, `ENDED` after the store's end.
        self.context = 0
        self._memory_words: Any = None
        self._alloc_words: Any = None
        self._usable: Any = None
        self._stack: Any = None
        self._stack_end = (1 << 32) - 1

    # Finding the exports.

    def bind(self, find: Find, context: Any) -> None:
        """Attaches the instance whose exports `find` returns; raises Busy if there is another guest."""
        store: Any = _Context(context)
        memory = self._export(find, "memory", wasmtime.Memory, True)
        alloc = self._function(find, "alloc", store, True)
        usable = None if self._size_header else self._function(find, "usable_size", store, False)
        stack = self._global(find, "shadow_stack_pointer", store, self._names.shadow_stack_pointer != "")
        end = self._global(find, "shadow_stack_end", store, False)
        where = ctypes.cast(context, _Pointer).value or 0
        if self.context:
            if (self.context, bytes(self._alloc_words)) != (where, bytes(alloc._func)):
                raise Busy("the host has another guest")
            return
        if stack is not None:
            try:
                stack.set_value(store, stack.value(store))
            except wasmtime.WasmtimeError:
                raise WrongType("the shadow stack's pointer is constant") from None
        self._memory_words, self._alloc_words = memory._memory, alloc._func
        self._usable = None if usable is None else usable._func
        if stack is not None:
            self._stack = stack._global
            self._stack_end = (1 << 32) - 1 if end is None else end.value(store) & 0xFFFFFFFF
        _watch(self, context)
        self.context = where

    def is_of(self, find: Find, context: Any) -> bool:
        """Whether the instance whose exports `find` returns is the guest."""
        name = "alloc" if self._names.alloc is None else self._names.alloc
        if self.context != ctypes.cast(context, _Pointer).value:
            return False
        found = find(name)
        return isinstance(found, wasmtime.Func) and bytes(found._func) == bytes(self._alloc_words)

    def _export(self, find: Find, name: str, kind: Any, required: bool) -> Any:
        given = getattr(self._names, name)
        if given == "" and not required:
            return None
        found = find(name if given is None else given)
        if found is None:
            if required or given is not None:
                without = ' (a guest that collects nothing: shadow_stack_pointer="")' if "stack" in name else ""
                raise NotFound(f"the guest exports no {name if given is None else given!r}{without}")
            return None
        if not isinstance(found, kind):
            raise WrongType(f"the guest's export {given or name!r} has another type")
        return found

    def _function(self, find: Find, name: str, store: Any, required: bool) -> Any:
        found = self._export(find, name, wasmtime.Func, required)
        if found is not None:
            kind, i32 = found.type(store), [wasmtime.ValType.i32()]
            # wasmtime does not check the types of these calls, so this does.
            if kind.params != i32 or kind.results != i32:
                raise WrongType(f"the guest's {name} does not have the type i32 -> i32")
        return found

    def _global(self, find: Find, name: str, store: Any, required: bool) -> Any:
        found = self._export(find, name, wasmtime.Global, required)
        if found is not None and found.type(store).content != wasmtime.ValType.i32():
            raise WrongType(f"the guest's {name} is not an i32")
        return found

    # Called by the library.

    def window(self) -> Tuple[int, int]:
        memory = ctypes.byref(self._memory_words)
        return _memory_data(self.context, memory), _memory_size(self.context, memory)

    def alloc(self, size: int) -> int:
        self._show()
        return self._run(self._alloc_words, size)

    def usable_size(self, offset: int) -> int:
        if self._size_header is not None:
            before, shift = self._size_header
            base, length = self.window()
            at = offset + before
            if not 0 <= at <= length - _WORD:
                return 0
            return int.from_bytes(ctypes.string_at(base + at, _WORD), "little") >> shift
        return offset and self._usable is not None and self._run(self._usable, offset) or 0

    def _run(self, function: Any, argument: int) -> int:
        raw, trap = (ctypes.c_uint64 * 2)(argument, 0), _Pointer()
        error = _call(self.context, ctypes.byref(function), raw, 1, ctypes.byref(trap))
        if error or trap.value:
            if _func.LAST_EXCEPTION is not None:
                # Raised by a function in Python that the guest called.
                last, _func.LAST_EXCEPTION = _func.LAST_EXCEPTION, None
                if error:
                    _ffi.wasmtime_error_delete(ctypes.cast(error, ctypes.POINTER(_ffi.wasmtime_error_t)))
                else:
                    _ffi.wasm_trap_delete(ctypes.cast(trap, ctypes.POINTER(_ffi.wasm_trap_t)))
                raise last
            if error:
                pointer = ctypes.cast(error, ctypes.POINTER(_ffi.wasmtime_error_t))
                raise wasmtime.WasmtimeError._from_ptr(pointer)
            raise Trapped(trap.value or 0)
        return raw[0] & 0xFFFFFFFF

    def push_root(self, offset: int) -> None:
        if self._stack is None:
            return
        roots = self._roots
        if roots.count == 0:
            roots.base = self.stack_pointer()
        self.write_root(roots.base + _WORD * roots.count, offset)
        roots.count += 1

    def pop_roots(self, count: int) -> None:
        roots = self._roots
        roots.count = max(roots.count - count, 0)
        if roots.count == 0:
            if roots.shown:
                self.set_stack_pointer(roots.base)
            roots.shown = 0

    def _show(self) -> None:
        """Moves the pointer over the roots, as the guest is about to run."""
        roots = self._roots
        if self._stack is not None and roots.count > roots.shown:
            self.set_stack_pointer(roots.base + _WORD * roots.count)
            roots.shown = roots.count

    def _status(self, function: Any, *arguments: Any) -> int:
        # The guest's allocator may call back: a nested call has roots of its own, above those of the outer call.
        self._show()
        outer, self._roots = self._roots, _Roots()
        try:
            return super()._status(function, *arguments)
        finally:
            self._roots = outer

    # The shadow stack.

    def stack_pointer(self) -> int:
        """The address at which the guest's collector stops looking for roots."""
        value = _ffi.wasmtime_val_t()
        _global_get(self.context, ctypes.byref(self._stack), ctypes.byref(value))
        return int(value.of.i32) & 0xFFFFFFFF

    def set_stack_pointer(self, offset: int) -> None:
        """Moves it."""
        value = _ffi.wasmtime_val_t(0, _ffi.wasmtime_valunion(i32=offset))
        # It was set before, so setting it cannot fail.
        _global_set(self.context, ctypes.byref(self._stack), ctypes.byref(value))

    def write_root(self, place: int, offset: int) -> None:
        """Stores a word there. Raises NoMemory if the stack is full."""
        base, length = self.window()
        if place + _WORD > min(self._stack_end, length):
            raise NoMemory("the guest's shadow stack is full")
        ctypes.memmove(base + place, offset.to_bytes(_WORD, "little"), _WORD)

    @property
    def has_stack(self) -> bool:
        """Whether the guest has a shadow stack."""
        return self._stack is not None


#: The guests whose stores have not ended, by the number passed to wasmtime.
_watched: Dict[int, GuestMemory] = {}
_numbers = itertools.count(1)


def _watch(guest: GuestMemory, context: Any) -> None:
    """Tells the guest when its store ends: another store may have the same address then. This adds a function to the
    store, which the store drops at its end, and which nothing calls."""
    number, made = next(_numbers), _ffi.wasmtime_func_t()
    _watched[number] = guest
    kind = wasmtime.FuncType([], [])
    _ffi.wasmtime_func_new_unchecked(context, kind.ptr(), _not_called, number, _ended, ctypes.byref(made))


def _end(number: int, _pop: Callable[..., Any] = _watched.pop) -> None:
    guest = _pop(number, None)
    if guest is not None:
        guest.context = ENDED


_not_called = _ffi.wasmtime_func_unchecked_callback_t(lambda *_: 0)
_ended = ctypes.CFUNCTYPE(None, _Pointer)(_end)
for _kept in (_not_called, _ended):
    # wasmtime may call them as long as the process lives.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_kept))


class HostMemory(BucketMemory):
    """The guest's memory for use outside of our imports: for `BucketMap` and `BucketSet`, `parse_json` and
    `print_json`, from the host and in the host's own functions that the guest imports. It keeps the store alive."""

    def __init__(self, store: Any, guest: GuestMemory) -> None:
        self._store, self._guest = store, guest
        self._raised = None
        self._adopt(guest._struct)
        self._newest = (0, 0)

    def _adopt(self, struct: MemoryStruct) -> None:
        self._struct, self._pointer = struct, self._guest._pointer

    def read(self, offset: int, length: int) -> bytes:
        """A copy of the bytes there. Raises Malformed outside the memory, OutOfRange for more than 32 bits."""
        self._look()
        return self._bytes(word32(offset), word32(length))

    def string(self, data: Union[bytes, str]) -> Tuple[int, int]:
        """A new string in the memory: its offset and its size in bytes. It is not rooted. Raises NoMemory."""
        text, made = data.encode() if isinstance(data, str) else data, Value()
        self._call(library.bucket_string_new, text, len(text), ctypes.byref(made))
        return made.field.s.ptr, made.field.s.len

    def _open(self) -> GuestMemory:
        if self._store is not None:
            self._store._context()  # raises when the store is closed
        if self._store is None or not self._guest.context:
            raise InvalidArgument("the host has no guest yet: attach the instance")
        if self._guest.context == ENDED:
            raise InvalidArgument("the guest's store has ended")
        return self._guest

    def window(self) -> Tuple[int, int]:
        return self._open().window()

    def alloc(self, size: int) -> int:
        return self._surface(self._open().alloc, size)

    def push_root(self, offset: int) -> None:
        self._open().push_root(offset)

    def pop_roots(self, count: int) -> None:
        self._open().pop_roots(count)

    def _status(self, function: Any, *arguments: Any) -> int:
        return self._surface(self._open()._status, function, *arguments)

    def _surface(self, function: Any, *arguments: Any) -> int:
        try:
            result: int = function(*arguments)
            return result
        except Trapped as trapped:
            error = trapped.as_exception()
        raise error
