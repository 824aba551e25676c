"""Nota: the same values for networks and files, in bytes without references."""

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
    """A value as Nota bytes. Stones are written as their bits, -0 as 0; NaN and infinities are refused."""
    message = plain(value)
    if message is not None:
        try:
            return from_message(message)
        except OutOfRange:
            pass  # NaN or an infinity; the walk reports its path
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
    """The message (classic) of untrusted bytes, which are checked completely."""
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
    """The result of feeding bytes."""

    #: How many bytes it took; the rest belongs to the next value.
    taken: int
    #: Whether the value is now complete.
    complete: bool


class Feeder:
    """Collects values one after another from pieces, such as those of a socket.

    Set `limits` for untrusted peers: they bound a value's message, and the bytes that are kept.
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
        """Takes bytes until the value is complete. After an error, call `reset` before using it again."""
        data, taken = plain_bytes(data), ctypes.c_size_t()
        status = library.nota_feeder_feed(self._handle, data, len(data), _byref(taken))
        if status not in (0, Truncated.status):
            raise error_of(status)
        return Fed(taken.value, status == 0)

    def take(self) -> Blob:
        """The complete value as a message; the feeder is then ready for the next one. Raises Truncated before
        that."""
        out = ctypes.c_void_p()
        check(library.nota_feeder_take(self._handle, self._bounds(), _byref(out)))
        return Blob._of(out.value)

    def reset(self) -> None:
        """Discards everything fed so far."""
        library.nota_feeder_reset(self._handle)

    def __reduce__(self) -> Any:
        raise TypeError("a Feeder cannot be copied")
