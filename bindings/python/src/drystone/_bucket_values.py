"""Keys and values of bucket maps and sets: conversion between the library's form and Python's."""

from __future__ import annotations

import ctypes
import operator
from typing import Any, Callable, Dict, List, Protocol, Type, Union

from ._buffer import int64
from ._text import utf8
from .errors import InvalidArgument, Malformed, OutOfRange, WrongType

#: How strings are returned: as str, or as bytes, which need not be UTF-8.
TextType = Union[Type[str], Type[bytes]]


class Memory(Protocol):
    """Where strings lie."""

    def _bytes(self, offset: int, length: int) -> bytes: ...


class Text(ctypes.Structure):
    """`bucket_text`."""

    _fields_ = [("ptr", ctypes.c_uint32), ("len", ctypes.c_uint32)]


class Field(ctypes.Union):
    """`bucket_field`."""

    _fields_ = [("i", ctypes.c_int64), ("f", ctypes.c_double), ("s", Text), ("b", ctypes.c_uint32)]


class Value(ctypes.Structure):
    """`bucket_value`. `field` is called `as` in C."""

    _fields_ = [("tag", ctypes.c_uint8), ("field", Field)]


#: The letters of the tags: a 64-bit integer, a double, a string, 32 bits.
TAGS = {"i": ord("i"), "f": ord("f"), "s": ord("s"), "b": ord("b")}


def tag(letter: str) -> int:
    """The number of a tag's letter."""
    try:
        return TAGS[letter]
    except (KeyError, TypeError):
        raise InvalidArgument(f"{letter!r} is not a tag (i, f, s or b)") from None


def _integer(number: int) -> Value:
    return Value(TAGS["i"], Field(i=int64(number)))


def _float(number: float) -> Value:
    if isinstance(number, (str, bytes)):
        raise WrongType("expected a number")
    return Value(TAGS["f"], Field(f=float(number)))


def _bits(bits: int) -> Value:
    bits = operator.index(bits)
    if not 0 <= bits < 1 << 32:
        raise OutOfRange("the number does not fit in 32 bits")
    return Value(TAGS["b"], Field(b=bits))


_SCALARS: Dict[int, Callable[[Any], Value]] = {TAGS["i"]: _integer, TAGS["f"]: _float, TAGS["b"]: _bits}


def scalar(letter: int, value: Any) -> Value:
    """A value that is not a string."""
    try:
        return _SCALARS[letter](value)
    except TypeError:
        raise WrongType(f"{value!r} does not have the tag {chr(letter)}") from None


def text_bytes(text: Any) -> bytes:
    """A string's bytes."""
    if isinstance(text, str):
        return utf8(text)
    if isinstance(text, (bytes, bytearray, memoryview)):
        return bytes(text)
    raise WrongType(f"{text!r} is not a string")


def text_of(data: bytes, text: TextType) -> Union[str, bytes]:
    """A string in Python's form."""
    if text is bytes:
        return data
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Malformed("a string is not UTF-8: text=bytes reads it") from None


def python_of(value: Value, memory: Memory, text: TextType) -> Any:
    """The Python value of a library value."""
    if value.tag == TAGS["i"]:
        return value.field.i
    if value.tag == TAGS["f"]:
        return value.field.f
    if value.tag == TAGS["b"]:
        return value.field.b
    return text_of(memory._bytes(value.field.s.ptr, value.field.s.len), text)


#: How the raw fields of a column are read.
_COLUMNS: Dict[int, Any] = {TAGS["i"]: ctypes.c_int64, TAGS["f"]: ctypes.c_double}


def column_of(letter: int, raw: Any, memory: Memory, text: TextType) -> List[Any]:
    """A column of raw fields in Python."""
    kind = _COLUMNS.get(letter)
    if kind is not None:
        return list((kind * len(raw)).from_buffer(raw))
    if letter == TAGS["b"]:
        return [bits & 0xFFFFFFFF for bits in raw]
    return [text_of(memory._bytes(bits & 0xFFFFFFFF, bits >> 32), text) for bits in raw]
