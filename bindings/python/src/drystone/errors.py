"""Statuses as exceptions: one class for each, named as in drystone.h. The library says the numbers."""

from __future__ import annotations

import re
from itertools import count
from typing import Any, Dict, Optional, Type

from ._library import library


def _numbers() -> Dict[str, int]:
    """The numbers of the statuses, by their names in drystone.h without ``DRYSTONE_``."""
    numbers: Dict[str, int] = {}
    for number in count(1):
        name = library.drystone_status_name(number).decode()
        if name == "UNKNOWN":
            break
        numbers[name] = number
    return numbers


_NUMBERS = _numbers()


class DrystoneError(Exception):
    """A call that the library, or this package, refused.

    `status` is the number in drystone.h; `path` is the path in a Python value (``$.users[3].id``), `offset` the
    position in an input (words in Wota, bytes in Nota and JSON), if known.
    """

    status: int = -1
    path: Optional[str] = None
    offset: Optional[int] = None

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if cls.__module__ == __name__:
            cls.status = _NUMBERS[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).upper()]

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
    """Memory could not be allocated."""


class InvalidArgument(DrystoneError, ValueError):
    """An argument is invalid."""


class OutOfRange(DrystoneError, OverflowError):
    """A position, length or number is out of range."""


class IsStone(DrystoneError):
    """A stone cannot be changed."""


class NotStone(DrystoneError):
    """The call needs a stone."""


class Truncated(DrystoneError, ValueError):
    """The input, or the written value, ends too early."""


class Malformed(DrystoneError, ValueError):
    """The input, or a call, breaks a rule of the format."""


class LimitExceeded(DrystoneError):
    """A limit on depth, size or number was reached."""


class WrongType(DrystoneError, TypeError):
    """The value has another type than the call expects."""


class NotFound(DrystoneError, KeyError):
    """The key is not there."""


class End(DrystoneError):
    """There is nothing more."""


class Closed(DrystoneError):
    """The mailbox is closed."""


class StaleScope(DrystoneError):
    """The scope is no longer open."""


class OverBudget(DrystoneError):
    """The budget does not allow it."""


class ForeignReference(DrystoneError):
    """Plain bytes refer to a stone of a process."""


class Busy(DrystoneError):
    """It is in use, and cannot be changed now."""


class Unsupported(DrystoneError, NotImplementedError):
    """Not supported by this version or system."""


class WrongThread(DrystoneError):
    """Another thread owns it."""


_CLASSES: Dict[int, Type[DrystoneError]] = {kind.status: kind for kind in DrystoneError.__subclasses__()}


def status_text(status: int) -> str:
    """The library's short text for a status, for an unknown number too."""
    text: bytes = library.drystone_status_text(status)
    return text.decode()


def error_of(status: int, message: Optional[str] = None, *, offset: Optional[int] = None) -> DrystoneError:
    """The exception for a status; DrystoneError itself for an unknown one."""
    kind = _CLASSES.get(status, DrystoneError)
    return kind(message, status=status, offset=offset)


def check(status: int) -> None:
    """Raises the exception for a status, unless it is OK."""
    if status:
        raise error_of(status)
