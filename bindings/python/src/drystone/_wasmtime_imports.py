"""The imports of a guest as functions in Python, which wasmtime calls through ctypes."""

from __future__ import annotations

import ctypes
import itertools
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import wasmtime
from wasmtime import _ffi, _func

from ._bucket_table import MAPS, SETS, Functions
from ._bucket_values import TAGS, Field, Text, Value
from ._library import library
from ._wasmtime_guest import GuestMemory, Trapped, caller_context
from .errors import Busy, NotFound, WrongType, error_of

_byref = ctypes.byref

#: The operations of maps and of sets: the letters of the tags that follow in the name.
OPERATIONS = {
    "map_new": "",
    "map_size": "",
    "map_get": "kv",
    "map_contains": "k",
    "map_insert": "kv",
    "map_insert_in_place": "kv",
    "map_remove": "k",
    "map_remove_in_place": "k",
    "map_keys": "k",
    "map_values": "v",
    "set_new": "",
    "set_size": "",
    "set_contains": "e",
    "set_add": "e",
    "set_add_in_place": "e",
    "set_remove": "e",
    "set_remove_in_place": "e",
    "set_elements": "e",
}

_KINDS = {"i": ["i64"], "f": ["f64"], "s": ["i32", "i32"], "b": ["i32"]}


class Import(NamedTuple):
    """An import of ours: what it does, and the tags of its fields."""

    operation: str
    tags: Tuple[str, ...]

    def types(self) -> Tuple[List[str], List[str]]:
        """Its parameters and results, as wasmtime names types."""
        fields = [kind for tag in self.tags for kind in _KINDS[tag]]
        name = self.operation[4:]
        if name == "new":
            return [], ["i32"]
        if name in ("keys", "values", "elements"):
            return ["i32"], ["i32"]
        results = _KINDS[self.tags[1]] if name == "get" else [] if name.endswith("_in_place") else ["i32"]
        return ["i32", *fields], results


def parse(name: str) -> Optional[Import]:
    """The import of a name, such as ``map_insert$ki_vs``; None when it is none of ours."""
    operation, dollar, suffix = name.partition("$")
    letters = OPERATIONS.get(operation)
    if letters is None or bool(dollar) != bool(letters):
        return None
    parts = suffix.split("_") if letters else []
    if len(parts) != len(letters):
        return None
    for part, letter in zip(parts, letters):
        if len(part) != 2 or part[0] != letter or part[1] not in _KINDS:
            return None
    return Import(operation, tuple(part[1] for part in parts))


def check_type(found: Import, name: str, kind: wasmtime.FuncType) -> None:
    """WrongType when the import has other types than its name says: calls are not checked."""
    given = [str(one) for one in kind.params], [str(one) for one in kind.results]
    if given != found.types():
        raise WrongType(f"{name} has the type {given[0]} -> {given[1]}")


class _Words:
    """The parameters of a call, then its results: 16 bytes each."""

    __slots__ = ("_place", "_words")

    def __init__(self, words: Any) -> None:
        self._words, self._place = words, 0

    def word(self) -> int:
        bits: int = self._words[self._place]
        self._place += 2
        return bits & 0xFFFFFFFF

    def field(self, tag: str) -> Value:
        if tag == "s":
            return Value(TAGS["s"], Field(s=Text(self.word(), self.word())))
        if tag == "b":
            return Value(TAGS["b"], Field(b=self.word()))
        bits: int = self._words[self._place]
        self._place += 2
        return Value(TAGS[tag], Field(i=bits))  # a double's bits as well

    def give(self, *results: int) -> None:
        for place, bits in enumerate(results):
            self._words[2 * place], self._words[2 * place + 1] = bits, 0

    def give_field(self, value: Value) -> None:
        if value.tag == TAGS["s"]:
            self.give(value.field.s.ptr, value.field.s.len)
        else:
            self.give(value.field.b if value.tag == TAGS["b"] else value.field.i)


Run = Callable[[_Words], None]


def function_of(found: Import, memory: GuestMemory) -> Run:
    """What an import does."""
    kind, operation = found.operation[:3], found.operation[4:]
    functions = MAPS if kind == "map" else SETS
    if operation == "new":
        new = library.bucket_map_new if kind == "map" else library.bucket_set_new
        return lambda words: words.give(memory._made(new))
    if operation in ("size", "contains", "get"):
        return _reading(operation, functions, found.tags, memory)
    if operation in ("keys", "values", "elements"):
        return _array(library.bucket_map_values if operation == "values" else functions.column, functions, memory)
    return _change(operation, functions, found.tags, memory)


def _reading(operation: str, functions: Functions, tags: Tuple[str, ...], memory: GuestMemory) -> Run:
    def size(words: _Words) -> None:
        words.give(memory._made(functions.size, words.word()))

    def contains(words: _Words) -> None:
        present = ctypes.c_bool()
        memory._call(functions.contains, words.word(), _byref(words.field(tags[0])), _byref(present))
        words.give(int(present.value))

    def get(words: _Words) -> None:
        wrapper, key, value = words.word(), words.field(tags[0]), Value()
        status = memory._status(library.bucket_map_get, wrapper, _byref(key), TAGS[tags[1]], _byref(value))
        if status == NotFound.status:
            value = words.field(tags[1])
        elif status:
            raise error_of(status)
        words.give_field(value)

    return {"size": size, "contains": contains, "get": get}[operation]


def _change(operation: str, functions: Functions, tags: Tuple[str, ...], memory: GuestMemory) -> Run:
    in_place = operation.endswith("_in_place")
    name = "remove" if operation.startswith("remove") else "insert"
    function = getattr(functions, name + "_in_place" if in_place else name)

    def change(words: _Words) -> None:
        wrapper = words.word()
        fields = [words.field(tag) for tag in tags]
        pointers = [_byref(field) for field in fields]
        if in_place:
            memory._call(function, wrapper, *pointers)
        else:
            words.give(memory._made(function, wrapper, *pointers))

    return change


def _array(column: Any, functions: Functions, memory: GuestMemory) -> Run:
    """A block with how many (u32), 0 (u32), then the fields."""

    def array(words: _Words) -> None:
        wrapper, made = words.word(), Value()
        count = memory._made(functions.size, wrapper)
        fields = (ctypes.c_uint64 * (count + 1))(count)
        if count:
            memory._made(column, wrapper, ctypes.addressof(fields) + 8, count)
        # The strings in it are reached through the map.
        memory.push_root(wrapper)
        try:
            size = ctypes.sizeof(fields)
            memory._call(library.bucket_string_new, ctypes.addressof(fields), size, _byref(made))
        finally:
            memory.pop_roots(1)
        words.give(made.field.s.ptr)

    return array


#: The imports that some linker or store has, by the number that wasmtime was given for them.
_imports: Dict[int, Tuple[Run, GuestMemory]] = {}
_numbers = itertools.count(1)


def _surface(error: BaseException) -> int:
    """A trap which wasmtime's classes make this exception of."""
    _func.LAST_EXCEPTION = error  # type: ignore[assignment]
    trap = wasmtime.Trap("python exception")._consume()
    return ctypes.cast(trap, ctypes.c_void_p).value or 0


def _call(env: int, caller: int, words: Any, _count: int) -> int:
    try:
        run, memory = _imports[env]
        context = caller_context(caller)
        if memory.context != context:
            if memory.context:
                raise Busy("the host's guest is in another store")
            pointer = ctypes.cast(caller, ctypes.POINTER(_ffi.wasmtime_caller_t))
            found = _func.Caller(pointer)
            memory.bind(found.get, found._context())
        run(_Words(words))
        return 0
    except Trapped as trapped:
        return trapped.pointer
    except BaseException as error:
        return _surface(error)


def _forget(env: int, _pop: Callable[..., Any] = _imports.pop) -> None:
    _pop(env, None)


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint64), ctypes.c_size_t
)
_callback = _Callback(_call)
_finalizer = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_forget)
for _kept in (_callback, _finalizer):
    # wasmtime may call them as long as the process lives.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_kept))


def define(linker: wasmtime.Linker, module: str, name: str, kind: wasmtime.FuncType, memory: GuestMemory) -> bool:
    """Defines an import when its name is one of ours."""
    found = parse(name)
    if found is None:
        return False
    check_type(found, name, kind)
    number = next(_numbers)
    _imports[number] = function_of(found, memory), memory
    data, text = module.encode(), name.encode()
    error = _ffi.wasmtime_linker_define_func_unchecked(
        linker.ptr(),
        ctypes.create_string_buffer(data),
        len(data),
        ctypes.create_string_buffer(text),
        len(text),
        kind.ptr(),
        ctypes.cast(_callback, _ffi.wasmtime_func_unchecked_callback_t),
        number,
        _finalizer,
    )
    if error:
        # wasmtime has called _forget.
        message = str(wasmtime.WasmtimeError._from_ptr(error))
        raise Busy(message)
    return True
