"""Post offices: letters between mailboxes of two machines, through NATS JetStream."""

from __future__ import annotations

import ctypes
import threading
from typing import Any, Dict, Optional, Tuple, Union, final

from ._buffer import size
from ._owned import own
from ._post_library import NatsOptions, PostCounts, PostLimits, PostOptions, post_library
from ._text import utf8
from .errors import Busy, Closed, DrystoneError, InvalidArgument, check, error_of
from .mailbox import Mailbox, _is_over, _limit, _slice


def _text(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else utf8(text)


def _milliseconds(seconds: float) -> int:
    if not seconds >= 0:
        raise InvalidArgument("a time must not be negative")
    return int(seconds * 1000)


@final
class PostOffice:
    """Carries letters from proxies to a store, and from the store to mailboxes.

    Any thread may use it. It needs the separate library libdrystone_post, which runs threads of its own. `close` it,
    or use it in a `with`: letters without a receipt are lost if the program ends before.
    """

    __slots__ = ("_handle", "_lock", "_owner", "_users", "__weakref__")

    def __init__(
        self,
        servers: str = "localhost:4222",
        *,
        user: Optional[str] = None,
        password: Optional[str] = None,
        token: Optional[str] = None,
        tls_authority: Optional[str] = None,
        tls_certificate: Optional[str] = None,
        tls_key: Optional[str] = None,
        tls_required: bool = False,
        stream: Optional[str] = None,
        prefix: Optional[str] = None,
        stream_bytes: int = 0,
        replicas: int = 0,
        acknowledge: float = 0,
        connect: float = 0,
        returned: Optional[Mailbox] = None,
        max_letters: int = 0,
        max_queued_bytes: int = 0,
        give_up: float = 0,
        max_letter_bytes: int = 0,
    ) -> None:
        """Connects. `servers` are addresses, separated by commas; files are given by their paths; times are in
        seconds, and 0 means the default of the C interface, for all numbers. `stream_bytes` and `replicas` apply to a
        stream that is created here.

        Raises NotFound if no server answers in time, or it has no JetStream; Closed if it refuses the login, or its
        certificate is invalid; Unsupported if it forbids something that is needed.
        """
        library = post_library()
        nats = NatsOptions(
            ctypes.sizeof(NatsOptions),
            _text(servers),
            _text(user),
            _text(password),
            _text(token),
            _text(tls_authority),
            _text(tls_certificate),
            _text(tls_key),
            bool(tls_required),
            _text(stream),
            _text(prefix),
            size(stream_bytes),
            size(replicas),
            0,
            _milliseconds(acknowledge),
            _milliseconds(connect),
        )
        carrier = ctypes.c_void_p()
        status = library.post_carrier_nats(ctypes.byref(nats), ctypes.byref(carrier))
        if status == Closed.status:
            raise Closed("the server refuses the login or the client's certificate, or its own certificate is not valid")
        check(status)
        self._open(carrier, returned, max_letters, max_queued_bytes, give_up, max_letter_bytes)

    @classmethod
    def pair(
        cls,
        store_bytes: int = 0,
        *,
        returned: Optional[Mailbox] = None,
        max_letters: int = 0,
        max_queued_bytes: int = 0,
        give_up: float = 0,
        max_letter_bytes: int = 0,
    ) -> Tuple[PostOffice, PostOffice]:
        """Two offices that share a store in this process, for tests."""
        library = post_library()
        carriers = (ctypes.c_void_p(), ctypes.c_void_p())
        check(library.post_carrier_memory(size(store_bytes), ctypes.byref(carriers[0]), ctypes.byref(carriers[1])))
        offices = (cls.__new__(cls), cls.__new__(cls))
        for office, carrier in zip(offices, carriers):
            office._open(carrier, returned, max_letters, max_queued_bytes, give_up, max_letter_bytes)
        return offices

    def _open(
        self,
        carrier: ctypes.c_void_p,
        returned: Optional[Mailbox],
        max_letters: int,
        max_queued_bytes: int,
        give_up: float,
        max_letter_bytes: int,
    ) -> None:
        limits = PostLimits(ctypes.sizeof(PostLimits), size(max_letter_bytes), 0, 0, 0)
        options = PostOptions(
            ctypes.sizeof(PostOptions),
            None if returned is None else returned._handle,
            size(max_letters),
            size(max_queued_bytes),
            _milliseconds(give_up),
            ctypes.addressof(limits),
        )
        out = ctypes.c_void_p()
        check(post_library().post_office_open(carrier, ctypes.byref(options), ctypes.byref(out)))
        self._handle = out.value or 0
        self._lock, self._users = threading.Lock(), 0
        #: Ends it unless it was closed.
        self._owner: Optional[_Owner] = _Owner(self._handle)

    def mailbox(self, address: Union[str, bytes]) -> Mailbox:
        """The proxy of an address (1 to 64 bytes): letters posted to it go to the process that serves the address, in
        order."""
        data, out = _address(address), ctypes.c_void_p()
        self._call("post_office_mailbox", data, len(data), ctypes.byref(out))
        return Mailbox._of(out.value)

    def serve(self, address: Union[str, bytes], mailbox: Mailbox) -> None:
        """Delivers letters for an address to a mailbox. Letters that do not fit wait in the store."""
        if not isinstance(mailbox, Mailbox):
            raise InvalidArgument(f"expected a Mailbox, not {type(mailbox).__name__}")
        data = _address(address)
        self._call("post_office_serve", data, len(data), mailbox._handle)

    def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until every letter has a receipt, for up to `timeout` seconds, or indefinitely for None.

        If some have none in time, raises LimitExceeded if the store is full, NotFound if it cannot be reached, else
        End.
        """
        limit = _limit(timeout)
        with self._used() as handle:
            while True:
                # Short waits, so that signals are handled.
                status = post_library().post_office_flush(handle, _slice(limit))
                if not status:
                    return
                if status == Closed.status or _is_over(limit):
                    raise error_of(status)

    def counts(self) -> Dict[str, int]:
        """Counts of letters sent (with a receipt), received, malformed, refused, returned, lost and waiting; of heads
        that arrived twice (`duplicates`); how often letters were offered again, and how often the store was full."""
        counts = PostCounts(struct_size=ctypes.sizeof(PostCounts))
        self._call("post_office_counts", ctypes.byref(counts))
        return {name: int(getattr(counts, name)) for name, *_ in PostCounts._fields_[1:]}

    def close(self, timeout: Optional[float] = 10) -> None:
        """Ends it after `flush`, and then raises the exception of `flush`, if any; letters without a receipt are
        returned.

        Raises Busy if another thread is in a call with it. Closing again does nothing.
        """
        failure: Optional[DrystoneError] = None
        if self._handle:
            try:
                self.flush(timeout)
            except DrystoneError as error:
                failure = error
        with self._lock:
            if self._users:
                raise Busy()
            self._handle, self._owner = 0, None
        if failure is not None:
            raise failure

    def _call(self, name: str, *arguments: Any) -> None:
        with self._used() as handle:
            check(getattr(post_library(), name)(handle, *arguments))

    def _used(self) -> _Used:
        return _Used(self)

    def __enter__(self) -> PostOffice:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("a PostOffice belongs to its process")


def _address(address: Union[str, bytes]) -> bytes:
    return utf8(address) if isinstance(address, str) else bytes(address)


def _end(handle: int) -> None:
    post_library().post_office_close(handle, 0)


class _Owner:
    """Ends the office when it is collected."""

    __slots__ = ("__weakref__",)

    def __init__(self, handle: int) -> None:
        own(self, _end, handle)


class _Used:
    """An open office, which stays open during the block."""

    __slots__ = ("_office",)

    def __init__(self, office: PostOffice) -> None:
        self._office = office

    def __enter__(self) -> int:
        with self._office._lock:
            if not self._office._handle:
                raise Closed("the office is closed")
            self._office._users += 1
            return self._office._handle

    def __exit__(self, *_: object) -> None:
        with self._office._lock:
            self._office._users -= 1
