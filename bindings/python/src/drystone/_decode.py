"""Messages as Python values.

The words are unpacked here, which takes less time than a call of the library for every value. Only the library
can give the stones that a message holds: a reader goes to them afterwards.
"""

from __future__ import annotations

import codecs
import ctypes
import sys
from array import array
from typing import Any, Dict, List, Tuple

from ._fields import handle_of
from ._library import Reader, library
from ._values import (
    PLAIN_SYMBOLS,
    SYMBOL_PRIVATE,
    Carrier,
    Dialect,
    Limits,
    Private,
    System,
)
from .blob import Blob, from_bits
from .errors import Unsupported, WrongType, check

_byref = ctypes.byref
_INTEGER, _FLOAT, _ARRAY, _RECORD, _BLOB, _TEXT, _SYMBOL, _VALUE = 0, 1, 2, 3, 4, 5, 7, 9

#: A message was checked when it was made, with the limits that were wanted then.
_ANY = Limits(max_depth=65535, max_words=1 << 62)._argument()

#: Stones to come, by the word where they stand.
_Places = List[Tuple[int, Blob]]


def decode(message: Blob) -> Any:
    """The value of a message, of either dialect."""
    require_message(message)
    if dialect_of(message) != Dialect.CLASSIC:
        message = _flat(message)
    try:
        return _decode(message)
    except _Reference:
        # What it refers to then stands in its place.
        return _decode(_flat(message))


def _flat(message: Blob) -> Blob:
    out = ctypes.c_void_p()
    check(library.wota_transcode(message._handle, Dialect.CLASSIC, _byref(out)))
    return Blob._of(out.value)


class _Reference(Exception):
    """A value of another message is referred to."""


def _decode(message: Blob) -> Any:
    view = message.view()
    words = view.cast("q")  # with sign: a shift to the right gives an integer as it is
    turned = array("q")
    turned.frombytes(view)
    if sys.byteorder == "little":
        turned.byteswap()
    places: _Places = []
    ends: Dict[int, int] = {}
    value = _unpack(words, view.cast("d"), turned.tobytes(), places, ends)
    if places:
        _fetch(message, words, places, ends)
    return value


def require_message(message: Blob) -> None:
    """Raises unless it is one."""
    if not library.wota_is_message(handle_of(message)):
        raise WrongType("the blob is no message")


def dialect_of(message: Blob) -> Dialect:
    """Which dialect a message has."""
    reader, word = Reader(), ctypes.c_int64()
    check(library.wota_reader_init(_byref(reader), message._handle, _ANY))
    # In a classic message nothing is a DEC64 number, whatever stands there.
    status = library.wota_read_dec64(_byref(reader), _byref(word))
    return Dialect.CLASSIC if status == Unsupported.status else Dialect.DEC64


def _unpack(words: Any, floats: Any, texts: bytes, places: _Places, ends: Dict[int, int]) -> Any:
    """The value of classic words. `texts` are the same words, each with its most significant byte first."""
    utf_32 = codecs.utf_32_be_decode
    keys: Dict[bytes, str] = {}
    result: List[Any] = []
    # What is open: the container, what it still needs, its type, and where it began.
    stack: List[Tuple[Any, int, int, int]] = []
    target: Any = result
    left, kind, start, at = 1, _ARRAY, -1, 0
    key = ""
    value: Any
    while True:
        while left:
            left -= 1
            if kind == _RECORD:
                length = words[at] >> 8
                data = texts[at * 8 + 8 : at * 8 + 8 + length * 4]
                known = keys.get(data)
                if known is None:
                    known = keys[data] = utf_32(data, "surrogatepass")[0]
                key = known
                at += 1 + (length + 1) // 2
            word = words[at]
            tag = word & 0xFF
            at += 1
            if tag == _TEXT:
                length = word >> 8
                value = utf_32(texts[at * 8 : at * 8 + length * 4], "surrogatepass")[0]
                at += (length + 1) // 2
            elif tag == _INTEGER:
                value = word >> 8
            elif tag == _FLOAT:
                value = floats[at]
                at += 1
            elif tag == _ARRAY or tag == _RECORD or (tag == _SYMBOL and word >> 8 >= SYMBOL_PRIVATE):
                value = _container(tag, word >> 8)
                if kind == _RECORD:
                    target[key] = value
                elif kind == _ARRAY:
                    target.append(value)
                else:
                    target.value = value
                stack.append((target, left, kind, start))
                target, left, kind, start = value, 1 if tag == _SYMBOL else word >> 8, tag, at - 1
                continue
            elif tag == _SYMBOL:
                value = PLAIN_SYMBOLS[word >> 8]
            elif tag == _BLOB:
                bits = word >> 8
                value = from_bits(texts[at * 8 : at * 8 + (bits + 7) // 8], bits)
                at += (bits + 63) // 64
            elif tag == _VALUE:
                raise _Reference
            else:
                value = Blob.__new__(Blob)
                places.append((at - 1, value))
                at += 1
            if kind == _RECORD:
                target[key] = value
            elif kind == _ARRAY:
                target.append(value)
            else:
                target.value = value
        if not stack:
            return result[0]
        ends[start] = at
        target, left, kind, start = stack.pop()


def _container(tag: int, field: int) -> Any:
    if tag == _RECORD:
        return {}
    if tag == _ARRAY:
        return []
    carrier: Carrier = Private() if field == SYMBOL_PRIVATE else System()
    return carrier


def _fetch(message: Blob, words: Any, places: _Places, ends: Dict[int, int]) -> None:
    """Gives every stone its count: skips what has none, and enters what has."""
    reader = Reader()
    here, number, handle = _byref(reader), ctypes.c_uint64(), ctypes.c_void_p()
    check(library.wota_reader_init(here, message._handle, _ANY))
    enter = {_ARRAY: library.wota_read_array, _RECORD: library.wota_read_record}
    for place, stone in places:
        while True:
            at = library.wota_reader_offset(here)
            if at == place:
                break
            if ends.get(at, 0) <= place:
                check(library.wota_skip(here))
            else:
                check(enter.get(words[at] & 0xFF, library.wota_read_symbol)(here, _byref(number)))
        check(library.wota_read_blob(here, _byref(handle)))
        stone._adopt(handle.value)
