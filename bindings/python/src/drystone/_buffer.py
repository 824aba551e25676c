"""Memory of other objects: the address of a buffer, and a lock that holds it."""

from __future__ import annotations

import ctypes
import operator
from typing import Any, Union

from .errors import OutOfRange

#: What `memoryview` accepts: bytes, bytearray, array, numpy arrays …
BytesLike = Union[bytes, bytearray, memoryview, Any]


class PyBuffer(ctypes.Structure):
    """`Py_buffer` of CPython. ctypes alone cannot get the address of read-only memory."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_void_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


_get = ctypes.pythonapi.PyObject_GetBuffer
_get.argtypes, _get.restype = (ctypes.py_object, ctypes.c_void_p, ctypes.c_int), ctypes.c_int
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes, _release.restype = (ctypes.c_void_p,), None


class Held:
    """A contiguous buffer that does not move until `release`, which is called once."""

    __slots__ = ("_buffer", "_place", "address", "size")

    def __init__(self, source: BytesLike) -> None:
        self._buffer = PyBuffer()
        self._place = ctypes.addressof(self._buffer)
        _get(source, self._place, 0)  # raises TypeError, or BufferError when it is not contiguous
        self.address: int = self._buffer.buf or 0
        self.size: int = self._buffer.len

    def release(self, _release: Any = _release) -> None:
        """Returns it to its owner, even if the interpreter that held it and all its modules are gone."""
        _release(self._place)

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def plain_bytes(source: BytesLike) -> bytes:
    """A copy as bytes, which cannot change while the library reads them."""
    return source if type(source) is bytes else memoryview(source).tobytes()


def size(value: int) -> int:
    """A position or length: ctypes itself would truncate large numbers."""
    value = operator.index(value)
    if not 0 <= value < 1 << 63:
        raise OutOfRange(f"{value} is not a position or length")
    return value


def int64(value: int) -> int:
    """A signed 64-bit number."""
    value = operator.index(value)
    if not -1 << 63 <= value < 1 << 63:
        raise OutOfRange("the number does not fit in 64 bits")
    return value


def word32(value: int) -> int:
    """An offset or a length in a memory; a guest's i32 may be negative."""
    value = operator.index(value)
    if not -1 << 31 <= value < 1 << 32:
        raise OutOfRange(f"{value} does not fit in 32 bits")
    return value & 0xFFFFFFFF
