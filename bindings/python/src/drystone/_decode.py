"""Messages as Python values.

The library writes a message as a stream in the `pickle` format, which Python's own reader, written in C, turns into
values. The stream names no code; values without a Python equivalent are persistent IDs.
"""

from __future__ import annotations

import ctypes
import io
import pickle
from typing import Any, NoReturn, Optional, Tuple, Union

from ._fields import handle_of
from ._library import library
from ._structs import Reader
from ._values import SYMBOL_PRIVATE, SYMBOL_SYSTEM, Dialect, Limits, Private, System
from .blob import Blob, from_bits
from .errors import Unsupported, WrongType, check

_byref = ctypes.byref
_CARRIERS = {-SYMBOL_PRIVATE: Private, -SYMBOL_SYSTEM: System}

#: A message was checked when it was made, with the limits given then.
_ANY = Limits(max_depth=65535, max_words=1 << 62)._argument()


class _Values(pickle.Unpickler):
    """The values of one message."""

    message: Blob

    def persistent_load(self, pid: Union[int, Tuple[bytes, int]]) -> Any:
        """A stone by its number, an inline blob by its bits, or the class of a symbol by its code."""
        if isinstance(pid, tuple):
            return from_bits(*pid)
        if pid < 0:
            return _CARRIERS[pid]
        stone = library.wota_held_get(self.message._handle, pid)
        library.blob_incref(stone)
        return Blob._of(stone)

    def find_class(self, module_name: str, global_name: str, /) -> NoReturn:
        """Refused: messages never name code."""
        raise pickle.UnpicklingError(f"{module_name}.{global_name} in a message")


def decode(message: Blob) -> Any:
    """The value of a message, of either dialect."""
    out = ctypes.c_void_p()
    status = library.wota_to_pickle(handle_of(message), _byref(out))
    if status:
        require_message(message)
    if status == WrongType.status:
        # It refers to a value of another message, which replaces it.
        message = _flat(message)
        status = library.wota_to_pickle(message._handle, _byref(out))
    check(status)
    values = _Values(_file_of(out.value))
    values.message = message
    return values.load()


def plain_of(stream: Optional[int]) -> Any:
    """The value of a stream that refers to no stone; its count is dropped."""
    return _Values(_file_of(stream)).load()


def _file_of(stream: Optional[int]) -> io.BytesIO:
    try:
        return io.BytesIO(ctypes.string_at(library.blob_data(stream), library.blob_length_bits(stream) // 8))
    finally:
        library.blob_destroy(stream)


def _flat(message: Blob) -> Blob:
    out = ctypes.c_void_p()
    check(library.wota_transcode(message._handle, Dialect.CLASSIC, _byref(out)))
    return Blob._of(out.value)


def require_message(message: Blob) -> None:
    """Raises unless it is a message."""
    if not library.wota_is_message(handle_of(message)):
        raise WrongType("the blob is not a message")


def dialect_of(message: Blob) -> Dialect:
    """The dialect of a message."""
    reader, word = Reader(), ctypes.c_int64()
    check(library.wota_reader_init(_byref(reader), message._handle, _ANY))
    # In a classic message no value is a DEC64 number.
    status = library.wota_read_dec64(_byref(reader), _byref(word))
    return Dialect.CLASSIC if status == Unsupported.status else Dialect.DEC64
