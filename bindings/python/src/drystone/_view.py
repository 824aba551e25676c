"""Read-only views of memory that Python does not own.

Programs can reach the object under a view (`obj`, `gc.get_referents`), and every ctypes object allows writes to its
memory. So the view has none: it is over a bare address, and the interpreter's own record of the buffer, which
everything made from the view shares, refers to the object that keeps the memory alive.
"""

from __future__ import annotations

import ctypes
import gc
import warnings
from typing import Any, Optional

from ._buffer import PyBuffer

_READ, _FULL_RO = 0x100, 0x11C  # PyBUF_READ, PyBUF_FULL_RO

_from_memory = ctypes.pythonapi.PyMemoryView_FromMemory
_from_memory.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)
_from_memory.restype = ctypes.py_object
_fill = ctypes.pythonapi.PyBuffer_FillInfo
_fill.argtypes = (
    ctypes.c_void_p,
    ctypes.py_object,
    ctypes.c_void_p,
    ctypes.c_ssize_t,
    ctypes.c_int,
    ctypes.c_int,
)
_fill.restype = ctypes.c_int


class _Keeper:
    __slots__ = ()


def _find_record() -> Optional[int]:
    """The offset of the `Py_buffer` in the object that views share: at its end, as in CPython so far.

    None if the bytes there are not what this interpreter must have written.
    """
    data, keeper = ctypes.create_string_buffer(24), _Keeper()
    start, length = ctypes.addressof(data), ctypes.sizeof(data)
    shared = gc.get_referents(_from_memory(start, length, _READ))
    if len(shared) != 1 or type(shared[0]).__module__ != "builtins":
        return None
    offset = type(shared[0]).__basicsize__ - ctypes.sizeof(PyBuffer)
    if offset < object.__basicsize__:
        return None
    view = _from_memory(start, length, _READ)
    shared = gc.get_referents(view)
    record = PyBuffer.from_address(id(shared[0]) + offset)
    known = (record.buf, record.obj, record.len, record.itemsize, record.readonly, record.ndim)
    if known != (start, None, length, 1, 1, 1):
        return None
    _fill(id(shared[0]) + offset, keeper, start, length, 1, _FULL_RO)
    return offset if gc.get_referents(shared[0]) == [keeper] and view.obj is None else None


_record = _find_record()


def read_only(address: int, length: int, keeper: Any) -> memoryview:
    """The bytes there, without a copy and without a way to write to them; `keeper` lives as long as the view and
    everything made from it.

    An interpreter with another layout gets a copy, and a warning.
    """
    if _record is None:
        warnings.warn("the layout of this interpreter's views is unknown: views are copies", RuntimeWarning, stacklevel=3)
        return memoryview(ctypes.string_at(address, length))
    view: memoryview = _from_memory(address, length, _READ)
    _fill(id(gc.get_referents(view)[0]) + _record, keeper, address, length, 1, _FULL_RO)
    return view
