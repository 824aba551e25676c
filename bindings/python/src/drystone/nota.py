"""Nota: the same values for networks and files, a byte at a time, without references."""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple, Optional

from ._buffer import BytesLike, plain_bytes
from ._decode import decode, require_message
from ._encode import plain, written
from ._library import library
from ._owned import own
from ._values import Dialect, Limits
from .blob import Blob
from .errors import OutOfRange, Truncated, check, error_of

__all__ = ["Fed", "Feeder", "Limits", "dumps", "from_message", "loads", "to_message"]

_byref = ctypes.byref


def dumps(value: Any) -> bytes:
    """A value as Nota bytes. Stones travel as their bits, -0 as 0; NaN and infinities do not travel."""
    message = plain(value)
    if message is not None:
        try:
            return from_message(message)
        except OutOfRange:
            pass  # NaN or an infinity; the walk says where
    return from_message(written(value, Dialect.CLASSIC, finite=True))


def loads(data: BytesLike, *, limits: Optional[Limits] = None) -> Any:
    """The value of untrusted bytes, which are checked completely."""
    return decode(to_message(data, limits=limits))


def from_message(message: Blob) -> bytes:
    """A message's value as Nota bytes."""
    require_message(message)
    out = ctypes.c_void_p()
    check(library.nota_from_message(message._handle, _byref(out)))
    return bytes(Blob._of(out.value))


def to_message(data: BytesLike, *, limits: Optional[Limits] = None) -> Blob:
    """A message (classic) of untrusted bytes, which are checked completely."""
    data = plain_bytes(data)
    bounds = None if limits is None else limits._argument()
    out, offset = ctypes.c_void_p(), ctypes.c_size_t()
    status = library.nota_to_message(data, len(data), bounds, _byref(out))
    if status:
        place = None
        if library.nota_validate(data, len(data), bounds, _byref(offset)) == status:
            place = offset.value
        raise error_of(status, offset=place)
    return Blob._of(out.value)


class Fed(NamedTuple):
    """What a feeder did with bytes."""

    #: How many of them it took; the rest belongs to the next value.
    taken: int
    #: Whether the value is complete now.
    complete: bool


class Feeder:
    """Collects one value after the other from pieces, as a socket gives them.

    Set `limits` where strangers write: they bound the message that a value makes, and what is kept of its bytes.
    """

    def __init__(self, limits: Optional[Limits] = None) -> None:
        self._limits = limits
        out = ctypes.c_void_p()
        check(library.nota_feeder_new(self._bounds(), _byref(out)))
        self._handle = out.value
        own(self, library.nota_feeder_free, out.value or 0)

    def _bounds(self) -> Any:
        return None if self._limits is None else self._limits._argument()

    def feed(self, data: BytesLike) -> Fed:
        """Takes bytes until the value is complete. After an error it is of no use before `reset`."""
        data, taken = plain_bytes(data), ctypes.c_size_t()
        status = library.nota_feeder_feed(self._handle, data, len(data), _byref(taken))
        if status not in (0, Truncated.status):
            raise error_of(status)
        return Fed(taken.value, status == 0)

    def take(self) -> Blob:
        """The complete value as a message; the feeder is ready for the next one. Truncated before that."""
        out = ctypes.c_void_p()
        check(library.nota_feeder_take(self._handle, self._bounds(), _byref(out)))
        return Blob._of(out.value)

    def reset(self) -> None:
        """Forgets what was fed."""
        library.nota_feeder_reset(self._handle)

    def __reduce__(self) -> Any:
        raise TypeError("a Feeder cannot be copied")
