"""Finds and loads the library, and declares the types of every function."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Iterator, Optional

from ._functions import ABI_VERSION, AREAS, CONCURRENT
from ._interpreter import CALLS_BACK_LOCKED


def places() -> Iterator[Path]:
    """The path of the library: DRYSTONE_LIBRARY, else next to this file."""
    given = os.environ.get("DRYSTONE_LIBRARY")
    if given:
        yield Path(given)
        return
    names = {"win32": "drystone.dll", "darwin": "libdrystone.dylib"}
    yield Path(__file__).resolve().with_name(names.get(sys.platform, "libdrystone.so"))


def giving_lock(function: Any, turn: Any) -> Any:
    """A function called without this interpreter's lock; a lock of our own still serialises the calls."""

    def call(*arguments: Any) -> Any:
        with turn:
            return function(*arguments)

    return call


def load(path: Optional[Path] = None) -> SimpleNamespace:
    """The functions of the library, with their types."""
    tried = [path] if path is not None else list(places())
    found = next((place for place in tried if place.is_file()), None)
    if found is None:
        where = ", ".join(str(place) for place in tried)
        raise ImportError(f"the drystone library is not at {where}; set DRYSTONE_LIBRARY to its path")
    keeps_lock, gives_lock = ctypes.PyDLL(str(found)), ctypes.CDLL(str(found))
    functions: Dict[str, Any] = {}
    turn = threading.RLock()
    for area in AREAS:
        for name, (result, arguments) in area.items():
            library = gives_lock if name in CONCURRENT or not CALLS_BACK_LOCKED else keeps_lock
            try:
                function = getattr(library, name)
            except AttributeError:
                raise ImportError(f"{found} has no {name}: it is a different version") from None
            function.argtypes, function.restype = arguments, result
            # All of them, not only those that may run a release function: memories and hosts call back too.
            functions[name] = function if name in CONCURRENT or CALLS_BACK_LOCKED else giving_lock(function, turn)
    version: int = functions["drystone_abi_version"]()
    if version != ABI_VERSION:
        raise ImportError(f"{found} has ABI {version}, this package needs {ABI_VERSION}")
    return SimpleNamespace(**functions)


library = load()
