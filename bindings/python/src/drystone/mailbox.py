"""Mailboxes: any thread of the process posts, one takes, whatever language they run."""

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

#: The library cannot be interrupted: it waits so long at a time, and then Python looks for signals.
_SLICE_MS = 100

#: Room for so many letters is made at once.
_MANY = 4096


def _limit(timeout: Optional[float]) -> Optional[float]:
    """When a wait ends."""
    if timeout is None:
        return None
    if not timeout >= 0:
        raise InvalidArgument("a timeout is not negative")
    return time.monotonic() + timeout


def _slice(limit: Optional[float]) -> int:
    """The next milliseconds of a wait."""
    if limit is None:
        return _SLICE_MS
    # Up, so that a wait does not end as many short ones.
    rest = max(limit - time.monotonic(), 0.0) * 1000
    return _SLICE_MS if rest >= _SLICE_MS else int(rest + 0.999)


def _is_over(limit: Optional[float]) -> bool:
    return limit is not None and time.monotonic() >= limit


@final
class Mailbox:
    """Where letters wait: stones or antestones, messages or not.

    ``Mailbox(capacity)`` is a new one for so many letters, `Mailbox.open` the process's mailbox of a name, for who takes
    from it, and `Mailbox.find` the one that somebody has open, for who posts to it. When the last handle is gone, in
    whatever language, the letters that nobody took are dropped.
    """

    __slots__ = ("_handle", "_interrupted", "_waiting", "__weakref__")

    def __init__(self, capacity: int = 0, *, max_bytes: int = 0, name: Optional[str] = None) -> None:
        """For at most `capacity` letters that keep at most `max_bytes` bytes alive (0: no bound). Busy when somebody
        has a mailbox of that name open."""
        if isinstance(capacity, str):
            raise TypeError("the capacity is a number: name=… names a mailbox, Mailbox.open(…) opens one by name")
        data = None if name is None else utf8(name)
        if data == b"":
            raise InvalidArgument("a name has a character")
        options = MailboxOptions(
            ctypes.sizeof(MailboxOptions), size(capacity), size(max_bytes), data, 0 if data is None else len(data)
        )
        out = ctypes.c_void_p()
        check(library.mailbox_new_with(ctypes.byref(options), ctypes.byref(out)))
        self._adopt(out.value or 0)

    def _adopt(self, handle: int) -> None:
        self._handle = handle
        #: Letters that had come when a signal's handler raised.
        self._interrupted: Deque[Blob] = deque()
        #: Who waits in `get`, by event loop.
        self._waiting: Dict[Any, Any] = {}
        own(self, library.mailbox_destroy, handle)

    @classmethod
    def _of(cls, handle: Optional[int]) -> Mailbox:
        mailbox = cls.__new__(cls)
        mailbox._adopt(handle or 0)
        return mailbox

    @classmethod
    def open(cls, name: str, capacity: int = 0, *, max_bytes: int = 0) -> Mailbox:
        """The process's mailbox of that name: the one that somebody has open, or a new one with these bounds."""
        data, out = utf8(name), ctypes.c_void_p()
        if not max_bytes:
            check(library.mailbox_open(data, len(data), size(capacity), ctypes.byref(out)))
            return cls._of(out.value)
        while True:
            with suppress(NotFound):
                return cls.find(name)
            with suppress(Busy):  # somebody else was faster
                return cls(capacity, max_bytes=max_bytes, name=name)

    @classmethod
    def find(cls, name: str) -> Mailbox:
        """The mailbox of that name that somebody has open. NotFound: a letter would go to nobody."""
        data, out = utf8(name), ctypes.c_void_p()
        try:
            check(library.mailbox_find(data, len(data), ctypes.byref(out)))
        except NotFound:
            raise NotFound(f"nobody has a mailbox {name!r} open") from None
        return cls._of(out.value)

    def post(self, letter: Blob, timeout: Optional[float] = 0) -> None:
        """Puts a letter at the end; the Blob stays usable. Closed, or LimitExceeded when it is full.

        `timeout`: how many seconds to wait for room, None for as long as it takes. A letter that is larger than all
        that the mailbox may keep is refused at once.
        """
        if timeout == 0:
            self._post(library.mailbox_post, letter)
        else:
            self._post_waiting(letter, _limit(timeout))

    def post_urgent(self, letter: Blob) -> None:
        """As `post`: the letter is taken before the ordinary ones, and after the urgent ones that are there."""
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
        # A signal's handler may raise when the library has returned: whose the count is then must be known, so the
        # status goes to a list before Python looks for signals.
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
                # Refused long before its time, it is refused for good.
                hopeless = (time.monotonic() - began) * 2000 < wait
                if status != LimitExceeded.status or hopeless or _is_over(limit):
                    raise error_of(status)
        finally:
            if not statuses or statuses[-1]:
                library.blob_destroy(handle)

    def take(self, timeout: Optional[float] = None) -> Blob:
        """The oldest letter, waiting for one up to `timeout` seconds, or without end for None.

        Raises End when none came, Closed when the mailbox is closed and empty. Other threads run meanwhile, and
        signals (KeyboardInterrupt) are seen.
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
            # KeyboardInterrupt comes when the library has returned, perhaps with a letter: it must not be lost.
            if out.value and not hasattr(letter, "_handle"):
                self._interrupted.append(letter._adopt(out.value))
            raise

    def take_many(self, most: int = 256, timeout: Optional[float] = None) -> List[Blob]:
        """The oldest letters, at least one and at most so many, waiting for the first as `take` does."""
        limit, most = _limit(timeout), min(size(most), _MANY)
        if most == 0:
            raise InvalidArgument("no letter is wanted")
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

    def _wait(self, limit: Optional[float], function: Any, before: Any, behind: Any) -> None:
        while True:
            status = function(self._handle, *before, _slice(limit), *behind)
            if status == 0:
                return
            if status != End.status or _is_over(limit):
                raise error_of(status)

    async def get(self) -> Blob:
        """The oldest letter; the running event loop goes on while none is there. Closed when it is closed and empty.

        Any number of tasks may wait, on any number of loops. One that is cancelled takes no letter.
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
        """A descriptor that is readable while letters are there or the mailbox is closed, for `select` and event loops.

        It is the mailbox's: not to be read, written or closed.
        """
        out = ctypes.c_int32()
        check(library.mailbox_descriptor(self._handle, ctypes.byref(out)))
        return out.value

    def close(self) -> None:
        """No more letters; those that are there can still be taken. Gives up the name."""
        library.mailbox_close(self._handle)

    def sweep(self) -> int:
        """Drops the letters that are there; how many."""
        swept: int = library.mailbox_sweep(self._handle)
        while self._interrupted:
            with suppress(IndexError):
                self._interrupted.popleft()
                swept += 1
        return swept

    def statistics(self) -> Dict[str, int]:
        """How many letters were posted, taken, refused and swept, what is there (letters, bytes that they keep alive),
        and the most there ever was (peak_letters, peak_bytes)."""
        statistics = MailboxStatistics(struct_size=ctypes.sizeof(MailboxStatistics))
        check(library.mailbox_statistics(self._handle, ctypes.byref(statistics)))
        return {name: int(getattr(statistics, name)) for name, *_ in MailboxStatistics._fields_[1:]}

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

    def __repr__(self) -> str:
        return f"<Mailbox with {len(self)} letters at {self._handle:#x}>"

    def __reduce__(self) -> Any:
        raise TypeError("a Mailbox belongs to its process: open it by its name")


@final
class Outbox:
    """The letters of a turn: they are posted, in order, when it has ended well, and dropped when it has not.

    ``with Outbox() as outbox: outbox.post(painter, letter)``
    """

    __slots__ = ("_handle", "refused", "__weakref__")

    def __init__(self) -> None:
        out = ctypes.c_void_p()
        check(library.mailbox_outbox_new(ctypes.byref(out)))
        self._handle = out.value or 0
        #: How many letters the newest commit could not deliver: to mailboxes that were closed or full.
        self.refused = 0
        own(self, library.mailbox_outbox_free, self._handle)

    def post(self, mailbox: Mailbox, letter: Blob) -> None:
        """Holds a letter for a mailbox, both of which stay usable."""
        if not isinstance(mailbox, Mailbox):
            raise InvalidArgument(f"a Mailbox is wanted, not {type(mailbox).__name__}")
        handle = handle_of(letter)
        library.blob_incref(handle)
        status = library.mailbox_outbox_post(self._handle, mailbox._handle, handle)
        if status:
            library.blob_destroy(handle)
            raise error_of(status)

    def commit(self) -> int:
        """Posts all, and holds nothing then; how many were refused, which are dropped."""
        refused = ctypes.c_size_t()
        check(library.mailbox_outbox_commit(self._handle, ctypes.byref(refused)))
        self.refused = refused.value
        return refused.value

    def discard(self) -> None:
        """Drops all that it holds."""
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
