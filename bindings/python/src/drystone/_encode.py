"""Python values as messages.

A value without stones and views is packed into words here and checked by the library in one call: a call for every
value would take longer. References can only be written by the library, so a value that has some is written by its
writer.
"""

from __future__ import annotations

import codecs
import ctypes
import struct
from array import array
from math import copysign, isfinite
from typing import Any, Callable, Dict, List

from ._buffer import BytesLike
from ._library import library
from ._message_view import ArrayView, RecordView
from ._text import joined, utf8
from ._values import SYMBOL_FALSE, SYMBOL_NULL, SYMBOL_TRUE, Dialect
from ._view_whole import Viewed
from ._walk import Sink, walk
from .blob import Blob
from .errors import OutOfRange, check

_TYPE_FLOAT, _TYPE_ARRAY, _TYPE_RECORD, _TYPE_BLOB, _TYPE_TEXT, _TYPE_SYMBOL = 1, 2, 3, 4, 5, 7
_WORD = struct.Struct(">q").pack
_TWO_WORDS = struct.Struct(">qd").pack
_NAN = bytes.fromhex("0000000000000001 7FF8000000000000")
_NEAREST = 256
#: Texts up to this length are packed once; longer ones are rarely met again.
_SHORT = 32


class HasReferences(Exception):
    """Words cannot say what only the library's writer can."""


def _not_finite() -> OutOfRange:
    return OutOfRange("NaN and infinities have no form here")


class Words(Sink):
    """Packs classic words: most significant byte first, as texts and blobs have them, and turned at the end."""

    def __init__(self, finite: bool) -> None:
        self.chunks: List[bytes] = []
        self.finite = finite
        self.texts: Dict[str, bytes] = {}
        add = self.add = self.chunks.append
        null, false, true = (
            _WORD(symbol << 8 | _TYPE_SYMBOL) for symbol in (SYMBOL_NULL, SYMBOL_FALSE, SYMBOL_TRUE)
        )

        def integer(value: int) -> None:
            try:
                add(_WORD(value << 8))
            except struct.error:
                raise OutOfRange("the number does not fit in 56 bits") from None

        self.leaves = {
            str: self.key,
            int: integer,
            float: self.number,
            bool: lambda value: add(true if value else false),
            type(None): lambda value: add(null),
            bytes: self.blob,
            bytearray: self.blob,
            memoryview: self.blob,
            Blob: self.drystone_blob,
            RecordView: self.view,
            ArrayView: self.view,
        }

    def number(self, value: float) -> None:
        """Whole numbers of 56 bits as integers, but for -0."""
        if value.is_integer():
            if -(2.0**55) <= value < 2.0**55 and (value or copysign(1.0, value) > 0):
                self.add(_WORD(int(value) << 8))
                return
        elif value != value:
            if self.finite:
                raise _not_finite()
            self.add(_NAN)
            return
        if self.finite and not isfinite(value):
            raise _not_finite()
        self.add(_TWO_WORDS(_TYPE_FLOAT, value))

    def blob(self, value: BytesLike) -> None:
        """Whole bytes, inline."""
        data = bytes(value)
        self._bits(data, len(data) * 8)

    def drystone_blob(self, value: Blob) -> None:
        """The bits of an antestone, inline."""
        if value.is_stone:
            raise HasReferences
        self._bits(bytes(value), value.length_bits)

    def view(self, _value: Viewed) -> None:
        """A reference."""
        raise HasReferences

    def _bits(self, data: bytes, bits: int) -> None:
        self.add(_WORD(bits << 8 | _TYPE_BLOB) + data + bytes(-len(data) % 8))

    def key(self, key: str) -> None:
        # Keys are met again and again, and many texts are.
        packed = self.texts.get(key)
        if packed is None:
            packed = packed_text(key)
            if len(key) <= _SHORT:
                self.texts[key] = packed
        self.add(packed)

    def array(self, count: int) -> None:
        self.add(_WORD(count << 8 | _TYPE_ARRAY))

    def record(self, pairs: int) -> None:
        self.add(_WORD(pairs << 8 | _TYPE_RECORD))

    def symbol(self, symbol: int) -> None:
        self.add(_WORD(symbol << 8 | _TYPE_SYMBOL))

    def little_endian(self) -> bytes:
        """The words as bytes that may leave the process."""
        words = array("Q", b"".join(self.chunks))
        words.byteswap()
        return words.tobytes()


def packed_text(text: str) -> bytes:
    """A text's words, most significant byte first."""
    try:
        data, length = codecs.utf_32_be_encode(text)
    except UnicodeEncodeError:
        data, length = codecs.utf_32_be_encode(joined(text), "surrogatepass")
    return _WORD(length << 8 | _TYPE_TEXT) + (data + b"\0\0\0\0" if length & 1 else data)


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
        """A number, as the dialect has it."""
        if self.finite and not isfinite(value):
            raise _not_finite()
        status = self.write_number(self.writer, value)
        if status == OutOfRange.status:
            raise OutOfRange(
                "DEC64 cannot hold this number"
                if self.write_number is library.wota_write_number_nearest
                else "DEC64 cannot hold this number exactly"
            )
        check(status)

    def blob(self, value: BytesLike) -> None:
        """Whole bytes, inline."""
        data = bytes(value)
        check(library.wota_write_blob_bytes(self.writer, data, len(data) * 8))

    def drystone_blob(self, value: Blob) -> None:
        """A stone by reference, an antestone's bits inline."""
        check(library.wota_write_blob(self.writer, value._handle))

    def view(self, value: Viewed) -> None:
        """By reference, whatever is in it."""
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


def encode(value: Any, dialect: Dialect, nearest: bool, finite: bool) -> Blob:
    """A message of a value; `finite` refuses what Nota has no form for."""
    words = Words(finite)
    try:
        walk(value, words)
    except HasReferences:
        return _written(value, dialect, nearest, finite)
    message, data = ctypes.c_void_p(), words.little_endian()
    check(library.wota_from_bytes(data, len(data), Dialect.CLASSIC, None, ctypes.byref(message)))
    classic = Blob._of(message.value)
    if dialect == Dialect.CLASSIC:
        return classic
    out, wanted = ctypes.c_void_p(), dialect | (_NEAREST if nearest else 0)
    status = library.wota_transcode(classic._handle, wanted, ctypes.byref(out))
    if status == OutOfRange.status:
        return _written(value, dialect, nearest, finite)  # says where the number is
    check(status)
    return Blob._of(out.value)


def _written(value: Any, dialect: Dialect, nearest: bool, finite: bool) -> Blob:
    writer = Writer(dialect, nearest, finite)
    try:
        walk(value, writer)
        return writer.finish()
    finally:
        writer.close()


