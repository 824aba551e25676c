"""Bucket maps and sets of a WebAssembly guest that runs in wasmtime: ``pip install drystone[wasmtime]``.

The guest imports functions whose names say what they do, ``map_insert$ki_vs`` for instance, and keeps the maps in its
own memory. `Host` defines these imports.
"""

from __future__ import annotations

import importlib.metadata
import warnings
from contextlib import contextmanager
from typing import Iterator, List, Optional, Union

import wasmtime

from ._bucket_values import TextType
from ._wasmtime_guest import GuestMemory, HostMemory, Names
from ._wasmtime_imports import define as define_in_python
from ._wasmtime_native import NativeHost
from .bucket import BucketMap, BucketSet
from .errors import InvalidArgument, Unsupported

__all__ = ["NATIVE_VERSIONS", "Host"]

#: The major versions of wasmtime that the native imports were tried with.
NATIVE_VERSIONS = (50,)


class Host:
    """The host of one guest.

    ``host = Host(store)``, ``host.define(linker, module)``, then `attach` with the instance; or `instantiate`, which
    does it all. ``Host(store, instance)`` shows the maps of an instance whose imports somebody else has made. Each
    guest has a host and a linker of its own.

    `native`: the imports are functions of the library's, called by wasmtime with no Python between. When the installed
    wasmtime is another than those that this was tried with, a warning says so and they are functions in Python.

    The other arguments name the guest's exports, None for the usual name, "" for none: the `memory`; ``alloc(size)``;
    ``usable_size(offset)``; the globals `shadow_stack_pointer`, where the next root is pushed, and `shadow_stack_end`.
    `plain`: the guest knows the plain layout only. `copy_strings`: inserted strings are copied.

    A call that the guest makes and that fails raises one of `drystone.errors` from the guest's exported function. A
    trap in the guest's allocator raises that trap. Either way nothing has changed; the shadow stack's pointer is where the
    guest's own functions had it, and to be put back by whoever called the guest.
    """

    def __init__(
        self,
        store: wasmtime.Store,
        instance: Optional[wasmtime.Instance] = None,
        *,
        native: bool = True,
        memory: Optional[str] = None,
        alloc: Optional[str] = None,
        usable_size: Optional[str] = None,
        shadow_stack_pointer: Optional[str] = None,
        shadow_stack_end: Optional[str] = None,
        plain: bool = False,
        copy_strings: bool = False,
    ) -> None:
        names = Names(memory, alloc, usable_size, shadow_stack_pointer, shadow_stack_end)
        for name in names:
            if name is not None and "\0" in name:
                raise InvalidArgument("a name has no NUL")
        self._guest = GuestMemory(names, plain, copy_strings)
        self._native = _native_host(names, plain, copy_strings) if native else None
        self._store = store
        self._memory = HostMemory(store, self._guest)
        if instance is not None:
            self.attach(instance)

    @property
    def native(self) -> bool:
        """Whether the imports are the library's own functions."""
        return self._native is not None

    @property
    def memory(self) -> HostMemory:
        """The guest's memory, for `BucketMap` and `BucketSet`."""
        return self._memory

    def define(self, linker: wasmtime.Linker, module: wasmtime.Module) -> List[str]:
        """Defines those of the module's imports that have one of our names, and returns these.

        WrongType when one has other types than its name says, Busy when the linker has one already.
        """
        defined = []
        for item in module.imports:
            kind, name = item.type, item.name
            if name is None or not isinstance(kind, wasmtime.FuncType):
                continue
            if self._native is not None:
                done = self._native.define(linker, item.module, name, kind)
            else:
                done = define_in_python(linker, item.module, name, kind, self._guest)
            if done:
                defined.append(name)
        return defined

    def attach(self, instance: wasmtime.Instance) -> None:
        """Says which instance is the guest. NotFound or WrongType for its exports, Busy when there is another guest."""
        context = self._store._context()
        self._guest.bind(instance.exports(self._store).get, context)
        if self._native is not None:
            self._native.attach(context, instance)

    def instantiate(self, module: wasmtime.Module, linker: Optional[wasmtime.Linker] = None) -> wasmtime.Instance:
        """The module with our imports, and those of the linker."""
        linker = wasmtime.Linker(self._store.engine) if linker is None else linker
        self.define(linker, module)
        instance = linker.instantiate(self._store, module)
        self.attach(instance)
        return instance

    def map(self, offset: int, key: str, value: str, *, text: TextType = str) -> BucketMap:
        """The guest's map at an offset. Nothing here roots it, or the versions that are made of it: see `rooted`."""
        return BucketMap.at(self._memory, offset, key, value, text=text)

    def set(self, offset: int, element: str, *, text: TextType = str) -> BucketSet:
        """The guest's set at an offset. As `map`."""
        return BucketSet.at(self._memory, offset, element, text=text)

    @contextmanager
    def rooted(self, *kept: Union[int, BucketMap, BucketSet]) -> Iterator[None]:
        """Keeps maps, sets, or whatever lies at offsets, from being collected meanwhile."""
        guest = self._memory._open()
        if not guest.has_stack:
            yield
            return
        before = place = guest.stack_pointer()
        for one in kept:
            guest.write_root(place, one & 0xFFFFFFFF if isinstance(one, int) else one.offset)
            place += 4
        guest.set_stack_pointer(place)
        try:
            yield
        finally:
            guest.set_stack_pointer(before)


def _native_host(names: Names, plain: bool, copy_strings: bool) -> Optional[NativeHost]:
    version = importlib.metadata.version("wasmtime")
    reason = f"it was not tried with wasmtime {version}"
    if version.partition(".")[0] in map(str, NATIVE_VERSIONS):
        try:
            return NativeHost(names, plain, copy_strings)
        except Unsupported:
            reason = "wasmtime's types have other sizes than they had"
    warnings.warn(f"the guest's imports are functions in Python, not native: {reason}", RuntimeWarning, stacklevel=3)
    return None

