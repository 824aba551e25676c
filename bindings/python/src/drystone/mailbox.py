"""Mailboxes: any thread of the process posts or takes letters, in any language."""

from __future__ import annotations

import ctypes
import time
from collections import deque
from contextlib import suppress
from typing import Any, AsyncIterator, Deque, Dict, Iterator, List, Optional, final

from ._buffer import size
from ._fields import handle_of
from ._library import library
from ._owned import own
from ._structs import MailboxOptions, MailboxStatistics
from ._text import utf8
from .blob import Blob
from .errors import Busy, Closed, End, InvalidArgument, LimitExceeded, NotFound, check, error_of

#: The library cannot be interrupted: it waits this long at a time, and then Python handles signals.
_SLICE_MS = 100

#: The capacity for letters is allocated in steps of this size.
_MANY = 4096


def _limit(timeout: Optional[float]) -> Optional[float]:
    """When a wait ends."""
    if timeout is None:
        return None
    if not timeout >= 0:
        raise InvalidArgument("the timeout must not be negative")
    return time.monotonic() + timeout


def _slice(limit: Optional[float]) -> int:
    """The next milliseconds of a wait."""
    if limit is None:
        return _SLICE_MS
    # Rounded up, so that a wait does not end in many short ones.
    rest = max(limit - time.monotonic(), 0.0) * 1000
    return _SLICE_MS if rest >= _SLICE_MS else int(rest + 0.999)


def _is_over(limit: Optional[float]) -> bool:
    return limit is not None and time.monotonic() >= limit


@final
class Mailbox:
    """Where letters wait: stones or antestones, messages or not.

    ``Mailbox(capacity)`` is a new one for that many letters. The receiver calls `Mailbox.open` for the process's
    mailbox of a name; senders call `Mailbox.find`, which finds it while it is open. Dropping the last handle, in any
    language, destroys any undelivered letters.
    """

    __slots__ = ("_handle", "_interrupted", "_waiting", "__weakref__")

    def __init__(self, capacity: int = 0, *, max_bytes: int = 0, name: Optional[str] = None) -> None:
        """For at most `capacity` letters that keep at most `max_bytes` bytes alive (0: no bound). Raises Busy if a
        mailbox of that name is open."""
        if isinstance(capacity, str):
            raise TypeError("the capacity must be a number: name=… names a mailbox, Mailbox.open(…) opens one by name")
        data = None if name is None else utf8(name)
        if data == b"":
            raise InvalidArgument("the name must not be empty")
        options = MailboxOptions(
            ctypes.sizeof(MailboxOptions), size(capacity), size(max_bytes), data, 0 if data is None else len(data)
        )
        out = ctypes.c_void_p()
        check(library.mailbox_new_with(ctypes.byref(options), ctypes.byref(out)))
        self._adopt(out.value or 0)

    def _adopt(self, handle: int) -> None:
        self._handle = handle
        #: Letters that had arrived when a signal handler raised.
        self._interrupted: Deque[Blob] = deque()
        #: The tasks that wait in `get`, by event loop.
        self._waiting: Dict[Any, Any] = {}
        own(self, library.mailbox_destroy, handle)

    @classmethod
    def _of(cls, handle: Optional[int]) -> Mailbox:
        mailbox = cls.__new__(cls)
        mailbox._adopt(handle or 0)
        return mailbox

    @classmethod
    def open(cls, name: str, capacity: int = 0, *, max_bytes: int = 0) -> Mailbox:
        """The process's mailbox of that name: the one that is open, or a new one with these bounds."""
        data, out = utf8(name), ctypes.c_void_p()
        if not max_bytes:
            check(library.mailbox_open(data, len(data), size(capacity), ctypes.byref(out)))
            return cls._of(out.value)
        while True:
            with suppress(NotFound):
                return cls.find(name)
            with suppress(Busy):  # another thread was faster
                return cls(capacity, max_bytes=max_bytes, name=name)

    @classmethod
    def find(cls, name: str) -> Mailbox:
        """The mailbox of that name that is open. Raises NotFound if there is none: nobody would receive a letter."""
        data, out = utf8(name), ctypes.c_void_p()
        try:
            check(library.mailbox_find(data, len(data), ctypes.byref(out)))
        except NotFound:
            raise NotFound(f"no mailbox {name!r} is open") from None
        return cls._of(out.value)

    def post(self, letter: Blob, timeout: Optional[float] = 0) -> None:
        """Appends a letter; the Blob stays usable.

        Raises Closed, or LimitExceeded if the mailbox is full. `timeout`: how many seconds to wait for room, or None
        to wait indefinitely. A letter larger than the mailbox's bound is refused at once.
        """
        if timeout == 0:
            self._post(library.mailbox_post, letter)
        else:
            self._post_waiting(letter, _limit(timeout))

    def post_urgent(self, letter: Blob) -> None:
        """As `post`, but the letter is taken before all ordinary letters, and after earlier urgent ones."""
        self._post(library.mailbox_post_urgent, letter)

    def _post(self, function: Any, letter: Blob) -> None:
        handle = handle_of(letter)
        library.blob_incref(handle)
        status = function(self._handle, handle)
        if status:
            library.blob_destroy(handle)
            raise error_of(status)

    def _post_waiting(self, letter: Blob, limit: Optional[float]) -> None:
        handle = handle_of(letter)
        # A signal handler may raise after the library has returned. The owner of the count must be known then, so the
        # status is stored in a list before Python handles signals.
        statuses: List[int] = []
        post = type(library.mailbox_post_wait)(ctypes.cast(library.mailbox_post_wait, ctypes.c_void_p).value)
        post.argtypes, post.restype = library.mailbox_post_wait.argtypes, statuses.append
        library.blob_incref(handle)
        try:
            while True:
                wait, began = _slice(limit), time.monotonic()
                post(self._handle, handle, wait)
                status = statuses[-1]
                if status == 0:
                    return
                # A refusal long before the timeout is final.
                hopeless = (time.monotonic() - began) * 2000 < wait
                if status != LimitExceeded.status or hopeless or _is_over(limit):
                    raise error_of(status)
        finally:
            if not statuses or statuses[-1]:
                library.blob_destroy(handle)

    def take(self, timeout: Optional[float] = None) -> Blob:
        """The oldest letter, waiting for up to `timeout` seconds, or indefinitely for None.

        Raises End if none came, Closed if the mailbox is closed and empty. Other threads run meanwhile, and signals
        (KeyboardInterrupt) are handled.
        """
        limit = _limit(timeout)
        if self._interrupted:
            with suppress(IndexError):  # another thread was faster
                return self._interrupted.popleft()
        letter, out = Blob.__new__(Blob), ctypes.c_void_p()
        try:
            self._wait(limit, library.mailbox_take, (), (ctypes.byref(out),))
            return letter._adopt(out.value)
        except BaseException:
            # KeyboardInterrupt is raised after the library has returned, perhaps with a letter, which must not be
            # lost.
            if out.value and not hasattr(letter, "_handle"):
                self._interrupted.append(letter._adopt(out.value))
            raise

    def take_many(self, most: int = 256, timeout: Optional[float] = None) -> List[Blob]:
        """The oldest letters, at least one and at most that many, waiting for the first as `take` does."""
        limit, most = _limit(timeout), min(size(most), _MANY)
        if most == 0:
            raise InvalidArgument("the count must be a whole number above 0")
        came: List[Blob] = []
        while self._interrupted and len(came) < most:
            with suppress(IndexError):
                came.append(self._interrupted.popleft())
        if came:
            return came
        handles, count = (ctypes.c_void_p * most)(), ctypes.c_size_t()
        try:
            self._wait(limit, library.mailbox_take_many, (handles, most), (ctypes.byref(count),))
            came = [Blob.__new__(Blob) for _ in range(count.value)]
            for letter, handle in zip(came, handles):
                letter._adopt(handle)
            return came
        except BaseException:
            # As in `take`.
            came += [Blob.__new__(Blob) for _ in range(count.value - len(came))]
            for letter, handle in zip(came, handles):
                self._interrupted.append(letter if hasattr(letter, "_handle") else letter._adopt(handle))
            raise

    def _wait(self, limit: Optional[float], function: Any, before: Any, after: Any) -> None:
        while True:
            status = function(self._handle, *before, _slice(limit), *after)
            if status == 0:
                return
            if status != End.status or _is_over(limit):
                raise error_of(status)

    async def get(self) -> Blob:
        """The oldest letter; the event loop keeps running while there is none.

        Raises Closed if the mailbox is closed and empty. Any number of tasks may wait, on any number of loops. A
        cancelled task takes no letter.
        """
        from . import _mailbox_waiting

        waiting: Any = None
        while True:
            try:
                return self.take(0)
            except End:
                waiting = waiting or _mailbox_waiting.Waiter(self)
                await waiting.until_readable()

    async def __aiter__(self) -> AsyncIterator[Blob]:
        """Gets letters until the mailbox is closed and empty."""
        while True:
            try:
                letter = await self.get()
            except Closed:
                return
            yield letter

    def fileno(self) -> int:
        """A descriptor that is readable while there are letters or the mailbox is closed, for `select` and event
        loops.

        It belongs to the mailbox: do not read, write or close it.
        """
        out = ctypes.c_int32()
        check(library.mailbox_descriptor(self._handle, ctypes.byref(out)))
        return out.value

    def close(self) -> None:
        """Accepts no more letters; those in it can still be taken. Frees the name."""
        library.mailbox_close(self._handle)

    def sweep(self) -> int:
        """Destroys the letters in it; returns their number."""
        swept: int = library.mailbox_sweep(self._handle)
        while self._interrupted:
            with suppress(IndexError):
                self._interrupted.popleft()
                swept += 1
        return swept

    def statistics(self) -> Dict[str, int]:
        """Counts of letters posted, taken, refused and swept, the current content (letters, and the bytes they keep
        alive), and its maximum (peak_letters, peak_bytes)."""
        statistics = MailboxStatistics(struct_size=ctypes.sizeof(MailboxStatistics))
        check(library.mailbox_statistics(self._handle, ctypes.byref(statistics)))
        return {name: int(getattr(statistics, name)) for name, *_ in MailboxStatistics._fields_[1:]}

    def __len__(self) -> int:
        length: int = library.mailbox_length(self._handle)
        return length + len(self._interrupted)

    def __bool__(self) -> bool:
        # An empty mailbox is true as well.
        return True

    def __iter__(self) -> Iterator[Blob]:
        """Takes letters until the mailbox is closed and empty."""
        while True:
            try:
                letter = self.take()
            except Closed:
                return
            yield letter

    def __repr__(self) -> str:
        return f"<Mailbox with {len(self)} letters at {self._handle:#x}>"

    def __reduce__(self) -> Any:
        raise TypeError("a Mailbox belongs to its process: open it by its name")


@final
class Outbox:
    """The letters of a turn: posted, in order, if the turn succeeds, and destroyed if it fails.

    ``with Outbox() as outbox: outbox.post(painter, letter)``
    """

    __slots__ = ("_handle", "refused", "__weakref__")

    def __init__(self) -> None:
        out = ctypes.c_void_p()
        check(library.mailbox_outbox_new(ctypes.byref(out)))
        self._handle = out.value or 0
        #: How many letters the last commit could not deliver, to mailboxes that were closed or full.
        self.refused = 0
        own(self, library.mailbox_outbox_free, self._handle)

    def post(self, mailbox: Mailbox, letter: Blob) -> None:
        """Holds a letter for a mailbox, both of which stay usable."""
        if not isinstance(mailbox, Mailbox):
            raise InvalidArgument(f"expected a Mailbox, not {type(mailbox).__name__}")
        handle = handle_of(letter)
        library.blob_incref(handle)
        status = library.mailbox_outbox_post(self._handle, mailbox._handle, handle)
        if status:
            library.blob_destroy(handle)
            raise error_of(status)

    def commit(self) -> int:
        """Posts all letters and empties the outbox; returns how many were refused, which are destroyed."""
        refused = ctypes.c_size_t()
        check(library.mailbox_outbox_commit(self._handle, ctypes.byref(refused)))
        self.refused = refused.value
        return refused.value

    def discard(self) -> None:
        """Destroys all letters in it."""
        library.mailbox_outbox_discard(self._handle)

    def __enter__(self) -> Outbox:
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.discard()

    def __reduce__(self) -> Any:
        raise TypeError("an Outbox belongs to its process")
