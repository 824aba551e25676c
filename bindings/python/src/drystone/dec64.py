"""DEC64 numbers: 64-bit words, as signed Python integers."""

from __future__ import annotations

import ctypes

from ._buffer import int64
from ._library import library
from ._text import utf8
from .errors import check

#: The not-a-number value.
NULL = 128


def from_float(value: float) -> int:
    """The number nearest to the shortest decimal of a float; NULL for NaN, infinities and numbers that are too
    large."""
    word: int = library.dec64_from_double(value)
    return word


def to_float(word: int) -> float:
    """The nearest float; NaN for NULL."""
    value: float = library.dec64_to_double(int64(word))
    return value


def from_text(text: str) -> int:
    """The number of a text: digits with an optional sign, point and exponent, or ``null``."""
    data, word = utf8(text), ctypes.c_int64()
    check(library.dec64_from_text(data, len(data), ctypes.byref(word)))
    return word.value


def to_text(word: int) -> str:
    """Its text; ``null`` for NULL."""
    buffer, length = ctypes.create_string_buffer(32), ctypes.c_size_t()
    check(library.dec64_to_text(int64(word), buffer, len(buffer), ctypes.byref(length)))
    return buffer.raw[: length.value].decode()
