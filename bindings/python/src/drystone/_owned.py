"""Counts and handles of the library that are released with their objects."""

from __future__ import annotations

import atexit
import weakref
from typing import Any, Callable, Dict


class _Owned(weakref.ref):  # type: ignore[type-arg]
    """Smaller than `weakref.finalize`, as there is one for every blob."""

    __slots__ = ("release", "handle")

    release: Callable[[int], Any]
    handle: int


_owned: Dict[int, _Owned] = {}


def _gone(owned: _Owned, all_owned: Dict[int, _Owned] = _owned) -> None:
    if all_owned.pop(id(owned), None) is not None:
        owned.release(owned.handle)


def own(owner: Any, release: Callable[[int], Any], handle: int) -> None:
    """Releases a count when `owner` is collected.

    Not at exit: other threads may still be in a call with it, and the process frees everything anyway.
    """
    owned = _Owned(owner, _gone)
    owned.release, owned.handle = release, handle
    _owned[id(owned)] = owned


atexit.register(_owned.clear)


class Uncopied:
    """An object that refers to memory outside of Python: a copy would use it after its end."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled")
