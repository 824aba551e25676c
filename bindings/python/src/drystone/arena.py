"""Arenas: memory with budgets exact to the byte, freed all at once; and messages decoded into it.

Objects that refer to an arena's memory know when it is gone, and then raise StaleScope.
"""

from __future__ import annotations

import ctypes
from typing import Any, Dict, List, Optional, Type, final

from ._buffer import BytesLike, Held, size
from ._fields import handle_of
from ._lease import Lease
from ._library import library
from ._owned import Uncopied, own
from ._structs import ArenaOptions, ArenaStats
from ._tree import Tree
from .blob import Blob
from .errors import OutOfRange, StaleScope, check, error_of

_NO_BUDGET = ctypes.c_size_t(-1).value


@final
class Block(Uncopied):
    """Bytes in an arena, all zero at first."""

    __slots__ = ("_address", "_lease", "_size")

    def __init__(self, lease: Lease, address: int, length: int) -> None:
        self._lease, self._address, self._size = lease, address, length

    def __len__(self) -> int:
        return self._size

    @property
    def address(self) -> int:
        """Its address, for C functions that use it while the scope is open."""
        self._lease.check()
        return self._address

    def read(self, offset: int = 0, length: Optional[int] = None) -> bytes:
        """A copy of some of it."""
        length = self._size - offset if length is None else length
        return ctypes.string_at(self._place(offset, length), length)

    def write(self, data: BytesLike, offset: int = 0) -> None:
        """Puts bytes into it."""
        with Held(data) as held:
            ctypes.memmove(self._place(offset, held.size), held.address, held.size)

    def _place(self, offset: int, length: int) -> int:
        self._lease.check()
        if not (0 <= offset <= self._size and 0 <= length <= self._size - offset):
            raise OutOfRange("not within the block")
        return self._address + offset


@final
class Scope(Uncopied):
    """An open scope. As a context manager it ends with the block; `commit` keeps what was made in it."""

    __slots__ = ("_arena", "_handle", "_leases")

    def __init__(self, arena: Arena, budget: Optional[int]) -> None:
        handle = ctypes.c_uint64()
        limit = _NO_BUDGET if budget is None else size(budget)
        check(library.arena_scope_enter(arena._handle, limit, ctypes.byref(handle)))
        self._arena, self._handle = arena, handle.value
        self._leases = [Lease(arena)]
        arena._scopes.append(self)

    def __enter__(self) -> Scope:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], *_: object) -> None:
        if self in self._arena._scopes:
            self.exit()

    def alloc(self, length: int) -> Block:
        """A block of that many bytes. Raises OverBudget if the scope has less left, StaleScope unless it is the
        innermost scope."""
        if self._arena._scopes[-1:] != [self]:
            raise StaleScope("not the innermost scope")
        address = library.arena_calloc(self._arena._handle, 1, size(length))
        if not address:
            raise self._arena._failure()
        return Block(self._leases[-1], address, length)

    def decode(self, message: Blob) -> Tree:
        """The message's value, in the scope. If it raises OverBudget, everything is freed."""
        if self._arena._scopes[-1:] != [self]:
            raise StaleScope("not the innermost scope")
        root = ctypes.c_void_p()
        status = library.wota_decode(handle_of(message), self._arena._handle, ctypes.byref(root))
        if status:
            library.arena_clear_error(self._arena._handle)
            raise error_of(status)
        return Tree(self._leases[-1], root.value or 0)

    @property
    def used(self) -> int:
        """The bytes used in it."""
        self._check()
        return int(library.arena_scope_used(self._arena._handle, self._handle))

    @property
    def remaining(self) -> Optional[int]:
        """The bytes that are left; None without a limit."""
        self._check()
        left = int(library.arena_scope_remaining(self._arena._handle, self._handle))
        return None if left == _NO_BUDGET else left

    def exit(self) -> None:
        """Frees everything; nested scopes end too. Raises StaleScope when it has ended."""
        check(library.arena_scope_exit(self._arena._handle, self._handle))
        for scope in self._close():
            scope._end_leases()

    def rewind(self) -> None:
        """Frees everything and stays open; nested scopes end."""
        check(library.arena_scope_rewind(self._arena._handle, self._handle))
        for scope in self._close():
            scope._end_leases()
        self._leases = [Lease(self._arena)]
        self._arena._scopes.append(self)

    def commit(self) -> None:
        """Ends it, but keeps its memory until the enclosing scope ends. Nested scopes are committed too."""
        check(library.arena_scope_commit(self._arena._handle, self._handle))
        closed = self._close()
        around = self._arena._scopes[-1]._leases if self._arena._scopes else self._arena._leases
        for scope in closed:
            around[:0] = scope._leases
            scope._leases = []

    def _check(self) -> None:
        if self not in self._arena._scopes:
            raise StaleScope()

    def _close(self) -> List[Scope]:
        """This scope and those nested in it, which are no longer open."""
        scopes = self._arena._scopes
        closed = scopes[scopes.index(self) :]
        del scopes[-len(closed) :]
        return closed

    def _end_leases(self) -> None:
        for lease in self._leases:
            lease.alive = False
        self._leases = []


@final
class Arena(Uncopied):
    """An arena. Only one thread may use it at a time.

    ``with Arena().scope(budget=65536) as scope: tree = scope.decode(message)``
    """

    __slots__ = ("_handle", "_leases", "_scopes", "__weakref__")

    def __init__(
        self, *, budget: int = 0, footprint_limit: int = 0, initial_chunk: int = 0, max_chunk: int = 0
    ) -> None:
        options = ArenaOptions(
            struct_size=ctypes.sizeof(ArenaOptions),
            initial_chunk=size(initial_chunk),
            max_chunk=size(max_chunk),
            footprint_limit=size(footprint_limit),
            budget=size(budget),
        )
        out = ctypes.c_void_p()
        check(library.arena_new(ctypes.byref(options), ctypes.byref(out)))
        self._handle: int = out.value or 0
        self._scopes: List[Scope] = []
        #: The lifetime of memory that was committed from the outermost scope.
        self._leases: List[Lease] = []
        own(self, library.arena_free, self._handle)

    def scope(self, budget: Optional[int] = None) -> Scope:
        """Opens a scope in which at most `budget` bytes may be used, or as many as the enclosing scope has left."""
        return Scope(self, budget)

    def reset(self) -> None:
        """Ends all scopes and frees everything; the arena keeps the memory for reuse."""
        check(library.arena_reset(self._handle, 0, 0))
        for scope in self._scopes:
            scope._end_leases()
        for lease in self._leases:
            lease.alive = False
        self._scopes, self._leases = [], []

    def trim(self, keep: int = 0) -> None:
        """Returns unused memory to the system, except for that many bytes."""
        check(library.arena_trim(self._handle, size(keep)))

    def statistics(self) -> Dict[str, int]:
        """Its statistics: sizes in bytes, and counts (chunks, large, depth, failures)."""
        stats = ArenaStats(struct_size=ctypes.sizeof(ArenaStats))
        check(library.arena_statistics(self._handle, ctypes.byref(stats)))
        return {name: int(getattr(stats, name)) for name, *_ in ArenaStats._fields_[1:]}

    #: The older name.
    stats = statistics

    def _failure(self) -> Any:
        status = library.arena_error(self._handle)
        library.arena_clear_error(self._handle)
        return error_of(status)
