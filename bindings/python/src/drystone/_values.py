"""What messages have beyond the values of Python, and how they are laid out."""

from __future__ import annotations

import ctypes
import enum
from typing import Any, Dict, NamedTuple

from ._buffer import size
from ._structs import WotaLimits
from .errors import OutOfRange

SYMBOL_NULL, SYMBOL_FALSE, SYMBOL_TRUE, SYMBOL_PRIVATE, SYMBOL_SYSTEM = 0, 2, 3, 8, 9

#: The symbols that Python has values for.
PLAIN_SYMBOLS = {SYMBOL_NULL: None, SYMBOL_FALSE: False, SYMBOL_TRUE: True}


class Dialect(enum.IntEnum):
    """Which of the two published layouts of Wota. A message knows its own; bytes do not."""

    CLASSIC = 0
    DEC64 = 1


class Limits(NamedTuple):
    """What an input may make a reader do; 0 means the default."""

    #: How many containers may be open within each other: 512.
    max_depth: int = 0
    #: How many 64-bit words the message may have: 2^32.
    max_words: int = 0

    def _argument(self) -> Any:
        if not 0 <= self.max_depth < 1 << 32:
            raise OutOfRange(f"{self.max_depth} is no depth")
        return ctypes.byref(WotaLimits(ctypes.sizeof(WotaLimits), self.max_depth, size(self.max_words)))


class Carrier:
    """A symbol that carries one value."""

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and bool(self.value == getattr(other, "value", None))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class Private(Carrier):
    """An address, of an actor for instance: whatever value."""


class System(Carrier):
    """A message of the system: its value is a record, a dict."""

    value: Dict[str, Any]
