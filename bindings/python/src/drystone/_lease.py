"""How long what is in an arena may be used."""

from __future__ import annotations

from typing import final

from .errors import StaleScope


@final
class Lease:
    """Whether what was made under it is still there. It keeps the arena."""

    __slots__ = ("_arena", "alive")

    def __init__(self, arena: object) -> None:
        self._arena = arena
        self.alive = True

    def check(self) -> None:
        """StaleScope when it has ended."""
        if not self.alive:
            raise StaleScope()
