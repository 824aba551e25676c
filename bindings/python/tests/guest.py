"""The guest of bindings/wasmtime/guest.wat, instantiated with a host of the test's choice."""

from __future__ import annotations

import functools
import pathlib
from typing import Any, Callable, Tuple

import wasmtime

WAT = pathlib.Path(__file__).resolve().parents[2] / "wasmtime" / "guest.wat"


@functools.cache
def compiled(memory_moves: bool) -> Tuple[wasmtime.Engine, wasmtime.Module]:
    """Engine and module, compiled once for all tests. A memory that moves has another address whenever it
    has grown; otherwise enough address space is reserved that it stays where it is."""
    config = wasmtime.Config()
    if memory_moves:
        config.memory_reservation = 0
        config.memory_reservation_for_growth = 0
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module(engine, WAT.read_text("utf-8"))


class Guest:
    """`make_host(store, linker, module)` defines the guest's imports and returns a host; its
    `attach(instance)`, if it has one, is called with the instance."""

    def __init__(
        self,
        make_host: Callable[..., Any],
        collect_always: bool = False,
        poison_freed: bool = True,
        memory_size: int = -1,
        memory_moves: bool = False,
    ) -> None:
        engine, module = compiled(memory_moves)
        self.store = wasmtime.Store(engine)
        self.store.set_limits(memory_size=memory_size)
        linker = wasmtime.Linker(engine)
        self.host = make_host(self.store, linker, module)
        self.instance = linker.instantiate(self.store, module)
        self.exports: Any = self.instance.exports(self.store)
        if hasattr(self.host, "attach"):
            self.host.attach(self.instance)
        self["collect_always"] = int(collect_always)
        self["poison_freed"] = int(poison_freed)

    def __getitem__(self, name: str) -> Any:
        return self.exports[name].value(self.store)

    def __setitem__(self, name: str, value: int) -> None:
        self.exports[name].set_value(self.store, value)

    def __call__(self, name: str, *arguments: Any) -> Any:
        """Calls an export; if it traps, the shadow stack's pointer is restored."""
        before = self["shadow_stack_pointer"]
        try:
            return self.exports[name](self.store, *arguments)
        except BaseException:
            self["shadow_stack_pointer"] = before
            raise

    def keep(self, offset: int) -> int:
        """Roots a result; returns it."""
        self("keep", offset)
        return offset

    @property
    def memory(self) -> wasmtime.Memory:
        memory: wasmtime.Memory = self.exports["memory"]
        return memory

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self.memory.read(self.store, offset, offset + length))

    def write(self, offset: int, data: bytes) -> None:
        self.memory.write(self.store, data, offset)

    def text(self, number: int) -> Tuple[int, int]:
        """(pointer, length) of a number's text, rooted."""
        pointer, length = self("text_of", number)
        return self.keep(pointer), length

    def high_water_mark(self) -> int:
        """The largest size that the heap has had, in bytes."""
        mark: int = self["heap_top"] - self["heap_base"]
        return mark
