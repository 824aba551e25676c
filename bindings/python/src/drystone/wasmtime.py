"""Bucket maps and sets of a WebAssembly guest in wasmtime: ``pip install "./bindings/python[wasmtime]"`` from a checkout.

The guest imports functions whose names encode the operation, such as ``map_insert$ki_vs``, and keeps the maps in its
own memory. `Host` defines these imports.
"""

from __future__ import annotations

import importlib.metadata
import warnings
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple, Union

import wasmtime
from wasmtime import _ffi

from ._bucket_memory import COPY_STRINGS, PLAIN, ZEROED
from ._bucket_values import TextType
from ._buffer import word32
from ._owned import Uncopied
from ._wasmtime_guest import GuestMemory, HostMemory, Names, Ways
from ._wasmtime_imports import Import, Wanted, define as define_in_python, type_text
from ._wasmtime_layout import Array, Layout, Option
from ._wasmtime_native import NativeHost
from .bucket import BucketMap, BucketSet
from .errors import Busy, InvalidArgument, NotFound, Unsupported, WrongType

__all__ = ["NATIVE_VERSIONS", "Array", "Host", "HostMemory", "Layout", "Option"]

#: The major versions of wasmtime that the native imports were tested with. Their types have the same sizes.
NATIVE_VERSIONS = (46, 47, 48, 49, 50)

#: Maps the names of a guest's imports to our names; None for an import that is not ours.
ImportNames = Union[Mapping[str, str], Callable[[str], Optional[str]]]


class Host(Uncopied):
    """The host of one guest.

    ``host = Host()``, ``host.define(linker, module)``, then `attach` with the instance and its store; or
    ``Host(store).instantiate(module)``, which does all of this. ``Host(store, instance)`` accesses the maps of an
    instance with other imports. Each guest needs its own host and linker.

    `native`: the imports are functions of the library, which wasmtime calls without Python. If the installed wasmtime
    is not one of those that this was tested with, they are functions in Python, and a warning says so once.

    `layout` describes the guest's optional values and arrays. `refuse`: a failing call raises one of `drystone.errors`
    from the guest's exported function ("raise"), or ends in a `wasmtime.Trap` ("trap"), as if the guest itself had
    made the mistake: "out of bounds memory access" for Malformed. A trap in the guest's allocator raises that trap. In
    any case nothing has changed. The shadow stack's pointer stays where the guest's own functions left it; the caller
    of the guest has to restore it.

    These are the names of the guest's exports, None for the usual name, "" for none: the `memory`; ``alloc(size)``;
    ``usable_size(offset)``; the globals `shadow_stack_pointer`, where the next root is pushed, and `shadow_stack_end`.
    A guest without a shadow stack has nothing rooted, which is NotFound unless its name is "".
    `size_header`: instead of ``usable_size``, the offset in bytes from a block's start to its size (u32), and the
    number of bits by which that is shifted: (-4, 1) is the number four bytes before the block, shifted right by one.
    `plain`: the guest knows only the plain layout. `copy_strings`: inserted strings are copied. `zeroed`: the guest's
    blocks are zeroed to their very end.
    """

    def __init__(
        self,
        store: Optional[wasmtime.Store] = None,
        instance: Optional[wasmtime.Instance] = None,
        *,
        native: bool = True,
        layout: Layout = Layout(),
        refuse: str = "raise",
        memory: Optional[str] = None,
        alloc: Optional[str] = None,
        usable_size: Optional[str] = None,
        size_header: Optional[Tuple[int, int]] = None,
        shadow_stack_pointer: Optional[str] = None,
        shadow_stack_end: Optional[str] = None,
        plain: bool = False,
        copy_strings: bool = False,
        zeroed: bool = False,
    ) -> None:
        names = Names(memory, alloc, usable_size, shadow_stack_pointer, shadow_stack_end)
        for name in names:
            if name is not None and "\0" in name:
                raise InvalidArgument("a name must not contain NUL")
        if refuse not in ("raise", "trap"):
            raise InvalidArgument("refuse must be 'raise' or 'trap'")
        if size_header is not None and (usable_size or not size_header[0] or not 0 <= size_header[1] < 32):
            raise InvalidArgument("a block's size needs an export, or a rule (offset, shift below 32)")
        ways = Ways(PLAIN * plain | COPY_STRINGS * copy_strings | ZEROED * zeroed, size_header)
        self._guest = GuestMemory(names, ways)
        self._native = _native_host(names, ways, refuse) if native else None
        self._layout, self._refuse = layout._struct(), refuse
        self._store = store
        self._memory = HostMemory(store, self._guest)
        if instance is not None:
            self.attach(instance)

    @property
    def native(self) -> bool:
        """Whether the imports are native functions of the library."""
        return self._native is not None

    @property
    def memory(self) -> HostMemory:
        """The guest's memory, for `BucketMap` and `BucketSet`, and for the host's own functions."""
        return self._memory

    def memory_of(self, caller: wasmtime.Caller) -> HostMemory:
        """The guest's memory for one of the host's own functions (``linker.define_func(…, access_caller=True)``), while
        the guest calls it, even before the instance is attached. Raises the exceptions of `attach`, and Busy if another
        instance calls it."""
        find, context = caller.get, caller._context()
        if not self._guest.context:
            self._guest.bind(find, context)
        elif not self._guest.is_of(find, context):
            raise Busy("the host has another guest")
        return HostMemory(caller, self._guest)

    def define(
        self, linker: wasmtime.Linker, module: wasmtime.Module, names: Optional[ImportNames] = None
    ) -> List[str]:
        """Defines those of the module's imports that have one of our names, and returns their names in the module.

        `names` maps the guest's names to ours, as a mapping or a function: ``{"hashmap_len": "map_size"}``. Either all
        imports are defined or none. Raises WrongType, which lists those with other types than ours; NotFound for names
        that are not ours; Busy for one that the linker has already.
        """
        wanted = self._wanted(module, names)
        # Definitions in a linker cannot be undone, so all are tried on a copy first.
        copy = _ffi.wasmtime_linker_clone(linker.ptr())
        try:
            for one in wanted:
                self._define(copy, one)
        finally:
            _ffi.wasmtime_linker_delete(copy)
        for one in wanted:
            self._define(linker.ptr(), one)
        return [one.name for one in wanted]

    def _wanted(self, module: wasmtime.Module, names: Optional[ImportNames]) -> List[Wanted]:
        # A module may have an import twice.
        wanted: Dict[Tuple[str, str, str], Wanted] = {}
        misfits: List[Union[NotFound, WrongType]] = []
        for item in module.imports:
            kind, name = item.type, item.name
            if name is None or not isinstance(kind, wasmtime.FuncType):
                continue
            given = names(name) if callable(names) else names.get(name) if names is not None else None
            try:
                does = Import(given or name, kind, self._layout)
                # wasmtime aborts on a type of another engine; this one has no engine.
                own_kind = wasmtime.FuncType(kind.params, kind.results)
                wanted[item.module, name, type_text(kind)] = Wanted(item.module, name, own_kind, does)
            except NotFound as error:
                if given not in (None, name):
                    misfits.append(error)
            except WrongType as error:
                misfits.append(error)
        if misfits:
            raise type(misfits[0])("; ".join(error.reason for error in misfits))
        return list(wanted.values())

    def _define(self, linker: Any, wanted: Wanted) -> None:
        if self._native is not None:
            self._native.define(linker, wanted)
        else:
            define_in_python(linker, wanted, self._guest, self._refuse)

    def attach(self, instance: wasmtime.Instance, store: Optional[wasmtime.Store] = None) -> None:
        """Attaches the instance, and its store if the host was made without one.

        Raises NotFound or WrongType for its exports, Busy if there is another guest.
        """
        store = self._store if store is None else store
        if store is None:
            raise InvalidArgument("the instance's store is missing")
        context = store._context()
        self._guest.bind(instance.exports(store).get, context)
        if self._native is not None:
            self._native.attach(context, instance)
        self._store = self._memory._store = store

    def instantiate(self, module: wasmtime.Module, linker: Optional[wasmtime.Linker] = None) -> wasmtime.Instance:
        """Instantiates the module in the host's store, with our imports and those of the linker."""
        if self._store is None:
            raise InvalidArgument("the host was made without a store")
        linker = wasmtime.Linker(self._store.engine) if linker is None else linker
        if linker.engine is not self._store.engine:
            # wasmtime aborts.
            raise InvalidArgument("the linker has another engine than the store")
        self.define(linker, module)
        instance = linker.instantiate(self._store, module)
        self.attach(instance)
        return instance

    def map(self, offset: int, key: str, value: str, *, text: TextType = str) -> BucketMap:
        """The guest's map at an offset. Nothing roots it, or versions made from it: see `rooted`."""
        return BucketMap.at(self._memory, offset, key, value, text=text)

    def set(self, offset: int, element: str, *, text: TextType = str) -> BucketSet:
        """The guest's set at an offset. As `map`."""
        return BucketSet.at(self._memory, offset, element, text=text)

    @contextmanager
    def rooted(self, *kept: Union[int, BucketMap, BucketSet]) -> Iterator[None]:
        """Protects maps, sets, or blocks at offsets from collection during the block."""
        guest = self._memory._open()
        if not guest.has_stack:
            yield
            return
        store, before = guest.context, guest.stack_pointer()
        place = before
        for one in kept:
            guest.write_root(place, word32(one) if isinstance(one, int) else one.offset)
            place += 4
        guest.set_stack_pointer(place)
        try:
            yield
        finally:
            # The store may have been closed.
            if guest.context == store:
                guest.set_stack_pointer(before)


#: The warnings given so far; each is given once.
_warned: List[str] = []


def _native_host(names: Names, ways: Ways, refuse: str) -> Optional[NativeHost]:
    version = importlib.metadata.version("wasmtime")
    reason = f"it was not tested with wasmtime {version}"
    if version.partition(".")[0] in map(str, NATIVE_VERSIONS):
        try:
            return NativeHost(names, ways, refuse)
        except Unsupported:
            reason = "wasmtime's types have changed their sizes"
    if reason not in _warned:
        _warned.append(reason)
        text = f"the guest's imports are functions in Python, not native: {reason}"
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    return None
