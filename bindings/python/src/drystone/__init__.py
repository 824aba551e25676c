"""Immutable blobs, messages, maps and mailboxes that threads and runtimes share without copying."""

from . import dec64, nota, wota
from ._message_view import ArrayView, RecordView
from ._values import Dialect, Limits, Private, System
from ._version import __version__
from .arena import Arena
from .blob import Blob, blobs_alive, blobs_created, blobs_released
from .errors import (
    Busy,
    Closed,
    DrystoneError,
    End,
    ForeignReference,
    InvalidArgument,
    IsStone,
    LimitExceeded,
    Malformed,
    NoMemory,
    NotFound,
    NotStone,
    OutOfRange,
    OverBudget,
    StaleScope,
    Truncated,
    Unsupported,
    WrongThread,
    WrongType,
)
from .link import Link
from .mailbox import Mailbox, Outbox
from .post import PostOffice

__all__ = [
    "Arena",
    "ArrayView",
    "Blob",
    "Busy",
    "Closed",
    "Dialect",
    "DrystoneError",
    "End",
    "ForeignReference",
    "InvalidArgument",
    "IsStone",
    "LimitExceeded",
    "Limits",
    "Link",
    "Mailbox",
    "Malformed",
    "NoMemory",
    "NotFound",
    "NotStone",
    "OutOfRange",
    "Outbox",
    "OverBudget",
    "PostOffice",
    "Private",
    "RecordView",
    "StaleScope",
    "System",
    "Truncated",
    "Unsupported",
    "WrongThread",
    "WrongType",
    "__version__",
    "blobs_alive",
    "blobs_created",
    "blobs_released",
    "dec64",
    "nota",
    "wota",
]
