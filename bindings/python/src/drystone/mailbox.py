"""Mailboxes: any thread of the process posts, one takes, whatever language they run."""

from __future__ import annotations

import ctypes
import time
from collections import deque
from contextlib import suppress
from typing import Any, Deque, Iterator, Optional, final

from ._buffer import size
from ._fields import handle_of
from ._library import library
from ._owned import own
from ._text import utf8
from .blob import Blob
from .errors import Closed, End, InvalidArgument, check, error_of

#: The library cannot be interrupted: it waits so long at a time, and then Python looks for signals.
_SLICE_MS = 100


@final
class Mailbox:
    """Where letters wait: stones or antestones, messages or not.

    ``Mailbox(capacity)`` is a new one (0: no bound); `Mailbox.open` the process's mailbox of a name. When the last
    handle is gone, in whatever language, the letters that nobody took are dropped.
    """

    __slots__ = ("_handle", "_interrupted", "__weakref__")

    def __init__(self, capacity: int = 0) -> None:
        out = ctypes.c_void_p()
        check(library.mailbox_new(size(capacity), ctypes.byref(out)))
        self._adopt(out.value or 0)

    def _adopt(self, handle: int) -> None:
        self._handle = handle
        #: Letters that had come when a signal's handler raised.
        self._interrupted: Deque[Blob] = deque()
        own(self, library.mailbox_destroy, handle)

    @classmethod
    def open(cls, name: str, capacity: int = 0) -> Mailbox:
        """The process's mailbox of that name: the one that somebody has open, or a new one."""
        data, out = utf8(name), ctypes.c_void_p()
        check(library.mailbox_open(data, len(data), size(capacity), ctypes.byref(out)))
        mailbox = cls.__new__(cls)
        mailbox._adopt(out.value or 0)
        return mailbox

    def post(self, letter: Blob) -> None:
        """Puts a letter at the end; the Blob stays usable. Closed, or LimitExceeded when it is full."""
        handle = handle_of(letter)
        library.blob_incref(handle)
        status = library.mailbox_post(self._handle, handle)
        if status:
            library.blob_destroy(handle)
            raise error_of(status)

    def take(self, timeout: Optional[float] = None) -> Blob:
        """The oldest letter, waiting for one up to `timeout` seconds, or without end for None.

        Raises End when none came, Closed when the mailbox is closed and empty. Other threads run meanwhile, and
        signals (KeyboardInterrupt) are seen.
        """
        if timeout is not None and not timeout >= 0:
            raise InvalidArgument("a timeout is not negative")
        limit = None if timeout is None else time.monotonic() + timeout
        if self._interrupted:
            with suppress(IndexError):  # another thread was faster
                return self._interrupted.popleft()
        letter, out = Blob.__new__(Blob), ctypes.c_void_p()
        try:
            self._wait(limit, out)
            return letter._adopt(out.value)
        except BaseException:
            # KeyboardInterrupt comes when the library has returned, perhaps with a letter: it must not be lost.
            if out.value and not hasattr(letter, "_handle"):
                self._interrupted.append(letter._adopt(out.value))
            raise

    def _wait(self, limit: Optional[float], out: ctypes.c_void_p) -> None:
        while True:
            wait = _SLICE_MS
            if limit is not None:
                # Up, so that a wait does not end as many short ones.
                rest = max(limit - time.monotonic(), 0.0) * 1000
                wait = _SLICE_MS if rest >= _SLICE_MS else int(rest + 0.999)
            status = library.mailbox_take(self._handle, wait, ctypes.byref(out))
            if status == 0:
                return
            if status != End.status or (limit is not None and time.monotonic() >= limit):
                raise error_of(status)

    def close(self) -> None:
        """No more letters; those that are there can still be taken. Gives up the name."""
        library.mailbox_close(self._handle)

    def __len__(self) -> int:
        length: int = library.mailbox_length(self._handle)
        return length + len(self._interrupted)

    def __bool__(self) -> bool:
        # An empty mailbox is one as well.
        return True

    def __iter__(self) -> Iterator[Blob]:
        """Takes letters until the mailbox is closed and empty."""
        while True:
            try:
                letter = self.take()
            except Closed:
                return
            yield letter

    def __reduce__(self) -> Any:
        raise TypeError("a Mailbox belongs to its process: open it by its name")
