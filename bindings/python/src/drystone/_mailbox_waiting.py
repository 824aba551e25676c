"""Asyncio tasks that wait for letters: one registration with the event loop for all tasks that wait for a mailbox."""

from __future__ import annotations

import asyncio
import itertools
import os
from typing import Any, Dict, Protocol

from ._owned import Uncopied, own

_tickets = itertools.count()


class Mailbox(Protocol):
    """The event to wait for."""

    #: The waiting tasks of each event loop.
    _waiting: Dict[Any, Any]

    def fileno(self) -> int:
        """A descriptor that is readable while there is something to take."""

    def __len__(self) -> int: ...


class _Waiting(Uncopied):
    """The tasks that wait on one event loop. It exists while there are any."""

    __slots__ = ("_descriptor", "_loop", "_mailbox", "futures", "__weakref__")

    def __init__(self, mailbox: Mailbox, loop: asyncio.AbstractEventLoop) -> None:
        self._mailbox, self._loop = mailbox, loop
        #: By ticket: the first task is woken first, even if another was faster and it has to wait again.
        self.futures: Dict[int, asyncio.Future[None]] = {}
        # A loop registers each descriptor once; there may be other handles on the same mailbox.
        self._descriptor = os.dup(mailbox.fileno())
        own(self, os.close, self._descriptor)
        loop.add_reader(self._descriptor, self._wake)

    def _wake(self) -> None:
        """Wakes one task per letter; all of them if there is no letter, as the mailbox is closed or another taker was
        faster."""
        letters = len(self._mailbox) or len(self.futures)
        # Those that are done were woken earlier and have not run yet.
        for ticket in sorted(self.futures)[:letters]:
            if not self.futures[ticket].done():
                self.futures[ticket].set_result(None)

    def end(self) -> None:
        """Nobody waits any more."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._descriptor)


class Waiter:
    """One task, from its first attempt to its letter."""

    __slots__ = ("_loop", "_mailbox", "_ticket")

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox, self._loop, self._ticket = mailbox, asyncio.get_running_loop(), next(_tickets)

    async def until_readable(self) -> None:
        """Waits until there is something to take, for this task or for another."""
        everybody = self._mailbox._waiting
        waiting = everybody.get(self._loop)
        if waiting is None:
            waiting = everybody[self._loop] = _Waiting(self._mailbox, self._loop)
        future = waiting.futures[self._ticket] = self._loop.create_future()
        try:
            await future
        finally:
            del waiting.futures[self._ticket]
            if not waiting.futures:
                del everybody[self._loop]
                waiting.end()
