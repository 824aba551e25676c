"""Messages: from and to Python values with `dumps` and `loads`, as portable bytes, and as readable text.

A message is a stone Blob that holds the stones it mentions: they are sent by reference.
"""

from __future__ import annotations

import ctypes
from typing import Any, List, Optional, Sequence

from ._buffer import BytesLike, plain_bytes, size
from ._decode import decode, dialect_of, require_message
from ._encode import encode
from ._fields import handle_of
from ._library import library
from ._message_view import ArrayView, RecordView, view_of
from ._text import utf8
from ._values import Dialect, Limits, Private, System
from .blob import Blob
from .errors import check, error_of

__all__ = [
    "ArrayView",
    "Dialect",
    "Limits",
    "Private",
    "RecordView",
    "System",
    "dialect",
    "dump",
    "dumps",
    "dumps_bytes",
    "from_bytes",
    "from_json",
    "from_parts",
    "held_count",
    "is_message",
    "loads",
    "loads_bytes",
    "to_bytes",
    "to_json",
    "to_parts",
    "transcode",
    "view",
]

_byref = ctypes.byref
_NEAREST = 256


def dumps(value: Any, *, dialect: Dialect = Dialect.CLASSIC, nearest: bool = False) -> Blob:
    """The message of a value.

    dict with keys that are str, list, tuple, str, int of 56 bits, float, bool, None, Private, System; bytes,
    bytearray and memoryview by copy, stone Blobs and views by reference, the bits of other Blobs by copy. `nearest`
    rounds numbers that DEC64 cannot represent; otherwise they are refused.
    """
    return encode(value, Dialect(dialect), nearest)


def loads(message: Blob) -> Any:
    """The value of a message: dict, list, str, int, float, bool, None, Blob, Private, System."""
    return decode(message)


def view(message: Blob) -> Any:
    """The value of a message, read in place: a RecordView or an ArrayView, which decodes only values that are used. A
    value that is not a container is returned as by `loads`.

    A view keeps the message alive. In another message it is sent by reference, whatever its size. Any thread may use
    it.
    """
    require_message(message)
    return view_of(message)


def dumps_bytes(value: Any, *, dialect: Dialect = Dialect.CLASSIC, nearest: bool = False) -> bytes:
    """A value as portable bytes, including those of its stones."""
    return to_bytes(dumps(value, dialect=dialect, nearest=nearest))


def loads_bytes(
    data: BytesLike, *, dialect: Dialect = Dialect.CLASSIC, limits: Optional[Limits] = None
) -> Any:
    """The value of untrusted bytes, which are checked completely. Bytes do not record their dialect."""
    return decode(from_bytes(data, dialect=dialect, limits=limits))


def to_bytes(message: Blob) -> bytes:
    """A message as portable bytes in its dialect, including those of its stones."""
    require_message(message)
    out = ctypes.c_void_p()
    check(library.wota_to_bytes(message._handle, _byref(out)))
    return bytes(Blob._of(out.value))


def from_bytes(
    data: BytesLike, *, dialect: Dialect = Dialect.CLASSIC, limits: Optional[Limits] = None
) -> Blob:
    """The message of untrusted bytes, which are checked completely."""
    data, kind = plain_bytes(data), Dialect(dialect)
    bounds = None if limits is None else limits._argument()
    out, offset = ctypes.c_void_p(), ctypes.c_size_t()
    status = library.wota_from_bytes(data, len(data), kind, bounds, _byref(out))
    if status:
        place = None
        if library.wota_validate(data, len(data), kind, bounds, _byref(offset)) == status:
            place = offset.value
        raise error_of(status, offset=place)
    return Blob._of(out.value)


def to_parts(message: Blob, *, inline_below_bits: int = 0) -> List[Blob]:
    """A message as a list of stones, for other transports: the first one describes the message; the others are every
    stone and every message that it holds, once, not copied. Parts of fewer bits than the limit are copied into the
    first one."""
    require_message(message)
    out = ctypes.c_void_p()
    check(library.wota_to_parts(message._handle, size(inline_below_bits), _byref(out)))
    try:
        parts = []
        for number in range(library.wota_parts_count(out)):
            handle = library.wota_parts_get(out, number)
            library.blob_incref(handle)
            parts.append(Blob._of(handle))
        return parts
    finally:
        library.wota_parts_free(out)


def from_parts(parts: Sequence[Blob], *, limits: Optional[Limits] = None) -> Blob:
    """The message of its parts, which are untrusted and checked completely. They are kept, not copied, except for the
    first one and parts that are not aligned for words."""
    handles = [handle_of(part) for part in parts]
    bounds = None if limits is None else limits._argument()
    out = ctypes.c_void_p()
    check(
        library.wota_from_parts((ctypes.c_void_p * len(handles))(*handles), len(handles), bounds, _byref(out))
    )
    return Blob._of(out.value)


def transcode(message: Blob, dialect: Dialect, *, nearest: bool = False) -> Blob:
    """The same value as a message in that dialect; its stones stay references."""
    require_message(message)
    out = ctypes.c_void_p()
    wanted = Dialect(dialect) | (_NEAREST if nearest else 0)
    check(library.wota_transcode(message._handle, wanted, _byref(out)))
    return Blob._of(out.value)


def dialect(message: Blob) -> Dialect:
    """The dialect of a message."""
    require_message(message)
    return dialect_of(message)


def is_message(blob: Blob) -> bool:
    """Whether a blob is a message."""
    message: bool = library.wota_is_message(handle_of(blob))
    return message


def held_count(message: Blob) -> int:
    """The number of stones and messages that a message holds, each counted as often as it was written; 0 for other
    blobs."""
    count: int = library.wota_held_count(handle_of(message))
    return count


def to_json(message: Blob, *, pretty: bool = False) -> str:
    """JSON text, on one line or many; blobs are ``{"$blob": "BASE64"}``."""
    require_message(message)
    out = ctypes.c_void_p()
    check(library.wota_to_json(message._handle, pretty, _byref(out)))
    return bytes(Blob._of(out.value)).decode()


def from_json(text: str, *, limits: Optional[Limits] = None) -> Blob:
    """The message of JSON text; errors have the byte offset in its UTF-8."""
    data = utf8(text)
    bounds = None if limits is None else limits._argument()
    out, offset = ctypes.c_void_p(), ctypes.c_size_t()
    status = library.wota_from_json(data, len(data), bounds, _byref(out), _byref(offset))
    if status:
        raise error_of(status, offset=offset.value)
    return Blob._of(out.value)


def dump(message: Blob) -> str:
    """The words of a message as text, a line for each value, for bug reports; the format may change."""
    require_message(message)
    out = ctypes.c_void_p()
    check(library.wota_dump(message._handle, _byref(out)))
    return bytes(Blob._of(out.value)).decode()
