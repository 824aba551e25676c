"""Values of messages that Python does not have, dialects and limits."""

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
    """One of the two published layouts of Wota. A message records its own; bytes do not."""

    CLASSIC = 0
    DEC64 = 1


class Limits(NamedTuple):
    """Limits of a reader; 0 means the default."""

    #: The maximum nesting of containers: 512.
    max_depth: int = 0
    #: The maximum size of the message in 64-bit words: 2^32.
    max_words: int = 0

    def _argument(self) -> Any:
        if not 0 <= self.max_depth < 1 << 32:
            raise OutOfRange(f"{self.max_depth} is not a valid depth")
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
    """An address, for instance of an actor: any value."""


class System(Carrier):
    """A message of the system: its value is a record, a dict."""

    value: Dict[str, Any]
