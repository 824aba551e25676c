"""The imports of a guest: their list, and their implementation in Python, called by wasmtime through ctypes."""

from __future__ import annotations

import ctypes
import itertools
from typing import Any, Callable, Dict, NamedTuple

import wasmtime
from wasmtime import _ffi, _func

from ._library import library
from ._owned import Uncopied, own
from ._wasmtime_guest import GuestMemory, Trapped, caller_context
from ._wasmtime_layout import Struct
from .errors import Busy, DrystoneError, NotFound, WrongType, check

_byref = ctypes.byref

#: The numbers in wasm.h.
_KINDS = {"i32": 0, "i64": 1, "f32": 2, "f64": 3}


def type_text(kind: wasmtime.FuncType) -> str:
    """A function type as text."""
    parameters, results = ([str(one) for one in types] for types in (kind.params, kind.results))
    return f"({', '.join(parameters)}) -> ({', '.join(results)})"


class Import(Uncopied):
    """A `bucket_import`: the operation of a guest's import."""

    def __init__(self, name: str, kind: wasmtime.FuncType, layout: Struct) -> None:
        """The import of a name, such as ``map_insert$ki_vs``, and type. Raises NotFound if the name is not ours,
        WrongType."""
        text, out = name.encode(), ctypes.c_void_p()
        parameters, results = (
            bytes(_KINDS.get(str(one), 255) for one in types) for types in (kind.params, kind.results)
        )
        status = library.bucket_import_new(
            text,
            len(text),
            parameters,
            len(parameters),
            results,
            len(results),
            _byref(layout),
            _byref(out),
        )
        if status == NotFound.status:
            raise NotFound(f"{name} is not one of our imports")
        if status == WrongType.status:
            raise WrongType(f"{name} has the type {type_text(kind)}")
        check(status)
        self.handle, self.results = out.value or 0, len(results)
        own(self, library.bucket_import_free, self.handle)


class Wanted(NamedTuple):
    """An import that a module needs, and its operation."""

    module: str
    name: str
    kind: wasmtime.FuncType
    does: Import


class _Defined(NamedTuple):
    """One that a linker has."""

    does: Import
    memory: GuestMemory
    refuse: str

    def run(self, words: Any, count: int) -> None:
        """Runs it: `words` has its parameters, 16 bytes each, and then its results."""
        parameters, results = (ctypes.c_uint64 * (count + 1))(*words[: 2 * count : 2]), (ctypes.c_uint64 * 2)()
        self.memory._call(library.bucket_import_call, self.does.handle, parameters, count, results)
        for place in range(self.does.results):
            words[2 * place], words[2 * place + 1] = results[place], 0


#: The imports in use by a linker or store, by the number passed to wasmtime.
_imports: Dict[int, _Defined] = {}
_numbers = itertools.count(1)


def _surface(error: BaseException) -> int:
    """A trap that wasmtime's classes turn into this exception."""
    _func.LAST_EXCEPTION = error  # type: ignore[assignment]
    trap = wasmtime.Trap("python exception")._consume()
    return ctypes.cast(trap, ctypes.c_void_p).value or 0


def _trap(error: DrystoneError) -> int:
    """The WebAssembly trap that corresponds to a refusal."""
    trap = _ffi.wasmtime_trap_new_code(library.bucket_import_trap_code(error.status))
    return ctypes.cast(trap, ctypes.c_void_p).value or 0


def _call(env: int, caller: int, words: Any, count: int) -> int:
    defined = None
    try:
        defined = _imports[env]
        memory = defined.memory
        context = caller_context(caller)
        if memory.context != context:
            if memory.context:
                raise Busy("the host's guest is in another store")
            pointer = ctypes.cast(caller, ctypes.POINTER(_ffi.wasmtime_caller_t))
            found = _func.Caller(pointer)
            memory.bind(found.get, found._context())
        defined.run(words, count)
        return 0
    except Trapped as trapped:
        return trapped.pointer
    except DrystoneError as error:
        return _trap(error) if defined and defined.refuse == "trap" else _surface(error)
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


def define(linker: Any, wanted: Wanted, memory: GuestMemory, refuse: str) -> None:
    """Defines an import in a linker. Raises Busy if the linker has one of this name."""
    number = next(_numbers)
    _imports[number] = _Defined(wanted.does, memory, refuse)
    data, text = wanted.module.encode(), wanted.name.encode()
    error = _ffi.wasmtime_linker_define_func_unchecked(
        linker,
        ctypes.create_string_buffer(data),
        len(data),
        ctypes.create_string_buffer(text),
        len(text),
        wanted.kind.ptr(),
        ctypes.cast(_callback, _ffi.wasmtime_func_unchecked_callback_t),
        number,
        _finalizer,
    )
    if error:
        # wasmtime has called _forget.
        message = str(wasmtime.WasmtimeError._from_ptr(error))
        raise Busy(message)
