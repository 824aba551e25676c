"""Links: letters between mailboxes of two processes of one host (Linux)."""

from __future__ import annotations

import ctypes
import select
import socket
import threading
from typing import Any, Dict, Optional, Union, final

from ._buffer import size
from ._library import library
from ._owned import own
from ._structs import LinkLimits, LinkOptions, LinkStatistics
from ._text import utf8
from .errors import Busy, Closed, End, InvalidArgument, check, error_of
from .mailbox import Mailbox, _is_over, _limit, _slice


@final
class Link:
    """One end of a connected `AF_UNIX` socket of type `SOCK_SEQPACKET`; another process makes a link of the other
    end.

    The link takes over the socket: a `socket.socket` is detached, a number must not be closed. Stones are sent as
    sealed memory files, which the other process maps (`Blob.to_shared` avoids a copy later). There is no hidden
    thread: `turn` does the work. One thread at a time may use it, others get Busy; any thread may use its mailboxes.
    """

    __slots__ = ("_handle", "_lock", "_owner", "__weakref__")

    def __init__(
        self,
        end: Union[socket.socket, int],
        *,
        max_letters: int = 0,
        max_queued_bytes: int = 0,
        max_stones: int = 0,
        max_bytes: int = 0,
        any_user: bool = False,
    ) -> None:
        """`max_letters` and `max_queued_bytes` bound the letters in a proxy (0: no bound), `max_stones` and
        `max_bytes` the stones that the peer makes this process keep (0: 4096 and 16 GiB). Raises Unsupported if the
        peer is another user's process, unless `any_user`."""
        limits = LinkLimits(ctypes.sizeof(LinkLimits), size(max_stones), size(max_bytes), 0, 0)
        options = LinkOptions(
            ctypes.sizeof(LinkOptions),
            ctypes.addressof(limits),
            size(max_letters),
            size(max_queued_bytes),
            bool(any_user),
        )
        descriptor = end.detach() if isinstance(end, socket.socket) else int(end)
        out = ctypes.c_void_p()
        check(library.link_new(descriptor, ctypes.byref(options), ctypes.byref(out)))
        self._handle = out.value or 0
        self._lock = threading.Lock()
        #: Frees it, once.
        self._owner: Optional[_Owner] = _Owner(self._handle)

    def mailbox(self, name: str) -> Mailbox:
        """The proxy of the mailbox that the peer serves under this name: letters posted to it go there, in order.

        It is closed if the peer does not serve the name, and when the link ends.
        """
        data, out = utf8(name), ctypes.c_void_p()
        self._call(library.link_mailbox, data, len(data), ctypes.byref(out))
        return Mailbox._of(out.value)

    def serve(self, name: str, mailbox: Mailbox) -> None:
        """Delivers the peer's letters for this name to a mailbox."""
        if not isinstance(mailbox, Mailbox):
            raise InvalidArgument(f"expected a Mailbox, not {type(mailbox).__name__}")
        data = utf8(name)
        self._call(library.link_serve, data, len(data), mailbox._handle)

    def turn(self, timeout: Optional[float] = 0) -> bool:
        """Sends and receives what it can, waiting for up to `timeout` seconds, or indefinitely for None.

        Returns False if there was nothing to do. Raises Closed when the peer has gone and everything it sent is
        delivered; Busy if a served mailbox is full: nothing more is read until letters are taken from it. Raises
        Malformed or LimitExceeded if the peer broke a rule, which ends the link; LimitExceeded also while the process
        has fewer free descriptors than the next letter needs, which loses nothing.
        """
        limit = _limit(timeout)
        with self._alone():
            poll = None
            while True:
                status = library.link_turn(self._handle, 0)
                if status == 0:
                    return True
                if status == Closed.status:
                    raise Closed("the other process has ended the link")
                if status != End.status:
                    raise error_of(status)
                if _is_over(limit):
                    return False
                # Waiting here lets other threads run and handles signals.
                if poll is None:
                    poll = select.poll()
                    poll.register(library.link_descriptor(self._handle), select.POLLIN)
                poll.poll(_slice(limit))

    def run(self) -> None:
        """Turns until the peer has gone. Raises Busy and whatever else `turn` raises."""
        while True:
            try:
                self.turn(None)
            except Closed:
                return

    def fileno(self) -> int:
        """A descriptor that is readable while `turn` has something to do, for `select` and event loops; call `turn`
        now and then, too. It belongs to the link: do not read, write or close it."""
        with self._alone():
            descriptor: int = library.link_descriptor(self._handle)
            return descriptor

    def statistics(self) -> Dict[str, int]:
        """Letters sent, received and refused, packets waiting for the socket, and the stones and bytes lent to the
        peer and borrowed from it."""
        statistics = LinkStatistics(struct_size=ctypes.sizeof(LinkStatistics))
        self._call(library.link_statistics, ctypes.byref(statistics))
        return {name: int(getattr(statistics, name)) for name, *_ in LinkStatistics._fields_[1:]}

    def close(self) -> None:
        """Ends the link and its proxies. Unsent letters are lost."""
        with self._alone(False):
            self._owner = None
            self._handle = 0

    def _call(self, function: Any, *arguments: Any) -> None:
        with self._alone():
            check(function(self._handle, *arguments))

    def _alone(self, wanted: bool = True) -> _Alone:
        return _Alone(self, wanted)

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("a Link belongs to its process")


class _Owner:
    """Frees the link when it is collected."""

    __slots__ = ("__weakref__",)

    def __init__(self, handle: int) -> None:
        own(self, library.link_free, handle)


class _Alone:
    """Admits one thread at a time, and checks that the link is open if required."""

    __slots__ = ("_link", "_wanted")

    def __init__(self, link: Link, wanted: bool) -> None:
        self._link, self._wanted = link, wanted

    def __enter__(self) -> None:
        if not self._link._lock.acquire(blocking=False):
            raise Busy()
        if self._wanted and not self._link._handle:
            self._link._lock.release()
            raise Closed("the link is closed")

    def __exit__(self, *_: object) -> None:
        self._link._lock.release()
