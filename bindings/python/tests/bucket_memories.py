"""Memories for bucket maps and sets: heaps, and one that is as difficult as a memory may be."""

from __future__ import annotations

import ctypes
from typing import Any, Callable, Dict, Tuple

from drystone.bucket import BucketHeap, BucketMemory


class OwnMemory(BucketMemory):
    """A memory that moves at every allocation, and whose blocks are larger than requested and full of old bytes."""

    def __init__(self, limit: int = 1 << 20, **flags: Any) -> None:
        self.data = bytearray(64)
        self.limit, self.fail_after, self.roots, self.most_roots = limit, 0, [0], 0
        super().__init__(**flags)

    def window(self) -> Tuple[int, int]:
        return ctypes.addressof((ctypes.c_ubyte * len(self.data)).from_buffer(self.data)), len(self.data)

    def alloc(self, size: int) -> int:
        if self.fail_after:
            self.fail_after -= 1
            if not self.fail_after:
                return 0
        offset = (len(self.data) + 7) & ~7
        if offset + size + 24 > self.limit:
            return 0
        moved = bytearray(b"\xdd" * (offset + size + 24))
        moved[: len(self.data)] = self.data
        self.data = moved
        return offset

    def usable_size(self, offset: int) -> int:
        return len(self.data) - offset

    def push_root(self, offset: int) -> None:
        self.roots.append(offset)
        self.most_roots = max(self.most_roots, len(self.roots))

    def pop_roots(self, count: int) -> None:
        del self.roots[-count:]


MEMORIES: Dict[str, Callable[[], BucketMemory]] = {
    "heap": BucketHeap,
    "plain_heap": lambda: BucketHeap(plain=True),
    "copying_heap": lambda: BucketHeap(copy_strings=True),
    "own": OwnMemory,
    "own_plain": lambda: OwnMemory(plain=True),
    "own_copying": lambda: OwnMemory(copy_strings=True),
}
