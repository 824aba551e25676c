"""The imports of a guest as functions of the library, which wasmtime calls without Python."""

from __future__ import annotations

import ctypes
from typing import Any

import wasmtime
from wasmtime import _func

from ._library import library
from ._owned import Uncopied, own
from ._wasmtime_guest import Names, Ways, address, size_of
from ._wasmtime_imports import Wanted
from .errors import Busy, check, error_of, status_text

_SIZES = ("func", "memory", "global", "extern", "val")
_FUNCTIONS = (
    "wasm_byte_vec_delete",
    "wasmtime_caller_context",
    "wasmtime_caller_export_get",
    "wasmtime_error_delete",
    "wasmtime_error_message",
    "wasmtime_func_call_unchecked",
    "wasmtime_func_type",
    "wasm_functype_delete",
    "wasm_functype_params",
    "wasm_functype_results",
    "wasmtime_global_get",
    "wasmtime_global_set",
    "wasmtime_instance_export_get",
    "wasmtime_linker_define_func_unchecked",
    "wasmtime_memory_data",
    "wasmtime_memory_data_size",
    "wasmtime_trap_new",
    "wasm_valtype_kind",
    "wasmtime_trap_new_code",
    "wasmtime_func_new_unchecked",
)


class Calls(ctypes.Structure):
    """`bucket_wasmtime_calls`."""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        *((f"{name}_size", ctypes.c_size_t) for name in _SIZES),
        ("raw_size", ctypes.c_size_t),
        *((name.partition("_")[2], ctypes.c_void_p) for name in _FUNCTIONS),
    ]


_Failed = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_size_t)


class Options(ctypes.Structure):
    """`bucket_wasmtime_options`."""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("flags", ctypes.c_uint32),
        *((name, ctypes.c_char_p) for name in Names._fields),
        ("failed", _Failed),
        ("failed_context", ctypes.c_void_p),
        ("size_header_offset", ctypes.c_int32),
        ("size_header_shift", ctypes.c_uint32),
        ("trap_codes", ctypes.c_uint32),
    ]


def _tell(_context: Any, status: int, name: int, length: int) -> None:
    """The trap that follows becomes this exception."""
    text = ctypes.string_at(name, length).decode()
    error: Any = error_of(status, f"{text}: {status_text(status)}")
    _func.LAST_EXCEPTION = error


_failed = _Failed(_tell)
# wasmtime may call it as long as the process lives.
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_failed))


class NativeHost(Uncopied):
    """A `bucket_wasmtime`."""

    def __init__(self, names: Names, ways: Ways, refuse: str) -> None:
        sizes = [size_of(f"wasmtime_{name}_t") for name in (*_SIZES, "val_raw")]
        calls = Calls(ctypes.sizeof(Calls), *sizes, *map(address, _FUNCTIONS))
        texts = [None if name is None else name.encode() for name in names]
        failed = _failed if refuse == "raise" else _Failed()
        rule = ways.size_header or (0, 0)
        options = Options(ctypes.sizeof(Options), ways.flags, *texts, failed, None, *rule, refuse == "trap")
        out = ctypes.c_void_p()
        check(library.bucket_wasmtime_new(ctypes.byref(calls), ctypes.byref(options), ctypes.byref(out)))
        self._handle = out.value or 0
        own(self, library.bucket_wasmtime_free, self._handle)

    def define(self, linker: Any, wanted: Wanted) -> None:
        """Defines an import in a linker. Raises Busy if the linker has one of this name."""
        data, text = wanted.module.encode(), wanted.name.encode()
        status = library.bucket_wasmtime_define_import(
            self._handle, linker, data, len(data), text, len(text), wanted.kind.ptr(), wanted.does.handle
        )
        if status == Busy.status:
            raise Busy(f"the linker already has {wanted.module}.{wanted.name}")
        check(status)

    def attach(self, context: Any, instance: wasmtime.Instance) -> None:
        """Attaches the instance."""
        check(library.bucket_wasmtime_attach(self._handle, context, ctypes.byref(instance._instance)))

    def take_status(self) -> int:
        """Returns and clears the status of the last import that ended in a trap of the library."""
        status: int = library.bucket_wasmtime_take_status(self._handle)
        return status
