"""The lifetime of objects in an arena."""

from __future__ import annotations

from typing import final

from .errors import StaleScope


@final
class Lease:
    """Whether its objects still exist. It keeps the arena alive."""

    __slots__ = ("_arena", "alive")

    def __init__(self, arena: object) -> None:
        self._arena = arena
        self.alive = True

    def check(self) -> None:
        """Raises StaleScope when it has ended."""
        if not self.alive:
            raise StaleScope()
