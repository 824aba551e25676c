"""Statuses as exceptions: one class for each, named as in drystone.h."""

from __future__ import annotations

from typing import Dict, Optional, Type

from ._library import library


class DrystoneError(Exception):
    """What the library, or this package, refused.

    `status` is the number in drystone.h; `path` says where in a Python value (``$.users[3].id``), `offset` where in an
    input (words in Wota, bytes in Nota and JSON), when that is known.
    """

    status: int = -1
    path: Optional[str] = None
    offset: Optional[int] = None

    def __init__(
        self,
        message: Optional[str] = None,
        *,
        status: Optional[int] = None,
        path: Optional[str] = None,
        offset: Optional[int] = None,
    ) -> None:
        if status is not None:
            self.status = status
        self.path, self.offset = path, offset
        self.reason = status_text(self.status) if message is None else message
        super().__init__(self.reason)

    def __str__(self) -> str:
        text = self.reason if self.path is None else f"{self.path}: {self.reason}"
        return text if self.offset is None else f"{text} (offset {self.offset})"


class NoMemory(DrystoneError, MemoryError):
    """Memory could not be had."""

    status = 1


class InvalidArgument(DrystoneError, ValueError):
    """A value has no meaning here."""

    status = 2


class OutOfRange(DrystoneError, OverflowError):
    """A position, length or number lies outside what is allowed."""

    status = 3


class IsStone(DrystoneError):
    """A stone was to be changed."""

    status = 4


class NotStone(DrystoneError):
    """The call needs a stone."""

    status = 5


class Truncated(DrystoneError, ValueError):
    """The input, or what was written so far, ends too early."""

    status = 6


class Malformed(DrystoneError, ValueError):
    """The input, or a call, breaks a rule of the format."""

    status = 7


class LimitExceeded(DrystoneError):
    """A limit on depth, size or number was reached."""

    status = 8


class WrongType(DrystoneError, TypeError):
    """Something else stands there than the call asks for."""

    status = 9


class NotFound(DrystoneError, KeyError):
    """The key is not there."""

    status = 10


class End(DrystoneError):
    """There is nothing more."""

    status = 11


class Closed(DrystoneError):
    """The mailbox is closed."""

    status = 12


class StaleScope(DrystoneError):
    """The scope is not open any more."""

    status = 13


class OverBudget(DrystoneError):
    """The budget does not allow it."""

    status = 14


class ForeignReference(DrystoneError):
    """Plain bytes name a stone of some process."""

    status = 15


class Busy(DrystoneError):
    """It is in use, and may not be changed now."""

    status = 16


class Unsupported(DrystoneError, NotImplementedError):
    """Not offered by this version."""

    status = 17


class WrongThread(DrystoneError):
    """Another thread owns it."""

    status = 18


_CLASSES: Dict[int, Type[DrystoneError]] = {kind.status: kind for kind in DrystoneError.__subclasses__()}


def status_text(status: int) -> str:
    """The library's short text for a status, for an unknown number too."""
    text: bytes = library.drystone_status_text(status)
    return text.decode()


def error_of(status: int, message: Optional[str] = None, *, offset: Optional[int] = None) -> DrystoneError:
    """The exception of a status; DrystoneError itself for one that is not known here."""
    kind = _CLASSES.get(status, DrystoneError)
    return kind(message, status=status, offset=offset)


def check(status: int) -> None:
    """Raises what a status says, unless it is OK."""
    if status:
        raise error_of(status)
