"""Read-only views of memory that is not Python's.

What a view is made over can be asked for (`obj`, `gc.get_referents`), and every object of ctypes lets its memory be
written. So there is none: the view lies over a bare address, and the interpreter's own record of the buffer, which all
that is made from the view shares, has a reference to what keeps the memory there.
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
    """Where the `Py_buffer` lies in the object that views share: at its end, as long as CPython has it there.

    None when what lies there is not what this interpreter must have written.
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
    """The bytes there, not copied, which cannot be written by any way from the view; `keeper` lives as long as the
    view and all that is made from it.

    An interpreter that keeps buffers in another way gets a copy, and a warning.
    """
    if _record is None:
        warnings.warn("this interpreter's views are not known: they get copies", RuntimeWarning, stacklevel=3)
        return memoryview(ctypes.string_at(address, length))
    view: memoryview = _from_memory(address, length, _READ)
    _fill(id(gc.get_referents(view)[0]) + _record, keeper, address, length, 1, _FULL_RO)
    return view
