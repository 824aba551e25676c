"""Python values as messages.

Python's own writer of the `pickle` format, written in C, writes a plain value as a stream, which the library converts
to a message in one call. Values that are not plain (references, subclasses) or are refused there are walked, with a
library call for every value: that is slower, but knows the path of each value.
"""

from __future__ import annotations

import ctypes
import io
import pickle
from math import isfinite
from typing import Any, Callable, NoReturn, Optional

from ._buffer import BytesLike
from ._library import library
from ._message_view import ArrayView, RecordView
from ._text import utf8
from ._values import SYMBOL_FALSE, SYMBOL_NULL, SYMBOL_TRUE, Dialect
from ._view_whole import Viewed
from ._walk import Sink, walk
from .blob import Blob
from .errors import OutOfRange, check

_NEAREST = 256


class _NotPlain(Exception):
    """The value needs the library's writer, to be written or to be refused with a reason."""


class _Plain(pickle.Pickler):
    """A stream of plain values."""

    def reducer_override(self, obj: Any) -> NoReturn:
        """Refuses every value that is not exactly of one of the types that the interpreter writes itself."""
        raise _NotPlain


class Writer(Sink):
    """Calls the library's writer for every value."""

    def __init__(self, dialect: Dialect, nearest: bool, finite: bool) -> None:
        out = ctypes.c_void_p()
        check(library.wota_writer_new(dialect, ctypes.byref(out)))
        self.writer, self.dialect, self.finite = out.value, dialect, finite
        self.write_number = library.wota_write_number_nearest if nearest else library.wota_write_number
        symbol: Callable[[int], None] = self.symbol
        self.leaves = {
            str: self.key,
            int: self.integer,
            float: self.number,
            bool: lambda value: symbol(SYMBOL_TRUE if value else SYMBOL_FALSE),
            type(None): lambda value: symbol(SYMBOL_NULL),
            bytes: self.blob,
            bytearray: self.blob,
            memoryview: self.blob,
            Blob: self.drystone_blob,
            RecordView: self.view,
            ArrayView: self.view,
        }

    def close(self) -> None:
        """Ends the library's writer."""
        library.wota_writer_free(self.writer)

    def integer(self, value: int) -> None:
        """A whole number of 56 bits."""
        if not -(1 << 55) <= value < 1 << 55:
            raise OutOfRange("the number does not fit in 56 bits")
        check(library.wota_write_integer(self.writer, value))

    def number(self, value: float) -> None:
        """A number, in the dialect's form."""
        if self.finite and not isfinite(value):
            raise OutOfRange("NaN and infinities cannot be represented")
        status = self.write_number(self.writer, value)
        if status == OutOfRange.status:
            if not isfinite(value):
                raise OutOfRange("NaN and infinities cannot be represented")
            raise OutOfRange(
                "the number is too large for DEC64"
                if self.write_number is library.wota_write_number_nearest
                else "DEC64 cannot represent this number exactly"
            )
        check(status)

    def blob(self, value: BytesLike) -> None:
        """Whole bytes, inline."""
        data = bytes(value)
        check(library.wota_write_blob_bytes(self.writer, data, len(data) * 8))

    def drystone_blob(self, value: Blob) -> None:
        """Writes a stone by reference, an antestone's bits inline."""
        check(library.wota_write_blob(self.writer, value._handle))

    def view(self, value: Viewed) -> None:
        """By reference, whatever its content."""
        check(library.wota_write_view(self.writer, value._view))

    def key(self, key: str) -> None:
        data = utf8(key)
        check(library.wota_write_text(self.writer, data, len(data)))

    def array(self, count: int) -> None:
        check(library.wota_write_array(self.writer, count))

    def record(self, pairs: int) -> None:
        check(library.wota_write_record(self.writer, pairs))

    def symbol(self, symbol: int) -> None:
        check(library.wota_write_symbol(self.writer, symbol))

    def finish(self) -> Blob:
        """The message."""
        out = ctypes.c_void_p()
        check(library.wota_writer_finish(self.writer, ctypes.byref(out)))
        return Blob._of(out.value)


def encode(value: Any, dialect: Dialect, nearest: bool) -> Blob:
    """A message of a value."""
    classic = plain(value)
    if classic is None:
        return written(value, dialect, nearest)
    if dialect == Dialect.CLASSIC:
        return classic
    out, wanted = ctypes.c_void_p(), dialect | (_NEAREST if nearest else 0)
    status = library.wota_transcode(classic._handle, wanted, ctypes.byref(out))
    if status == OutOfRange.status:
        return written(value, dialect, nearest)  # reports the path of the number
    check(status)
    return Blob._of(out.value)


def plain(value: Any) -> Optional[Blob]:
    """The message of a plain value; None for any other, and for a value that is refused."""
    stream = io.BytesIO()
    pickler = _Plain(stream, 5)
    pickler.fast = True  # repeats shared values
    try:
        pickler.dump(value)
    except (_NotPlain, pickle.PicklingError, RecursionError, ValueError, RuntimeError, OverflowError):
        return None
    data, message = stream.getvalue(), ctypes.c_void_p()
    if library.wota_from_pickle(data, len(data), None, ctypes.byref(message), None):
        return None
    return Blob._of(message.value)


def written(value: Any, dialect: Dialect, nearest: bool = False, finite: bool = False) -> Blob:
    """The same, value by value; a refusal is raised with the path of the value. `finite` refuses numbers that Nota
    cannot represent."""
    writer = Writer(dialect, nearest, finite)
    try:
        walk(value, writer)
        return writer.finish()
    finally:
        writer.close()
