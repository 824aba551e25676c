"""Which of the process's interpreters this is, and what that means for C functions that call back into Python.

For a callback, ctypes takes the interpreter's lock as C programs do, with the first state of the thread.

* Up to Python 3.11 that is always the main interpreter's. A thread that holds the lock for another interpreter then
  deadlocks: every call that may call back has to release the lock before.
* From 3.13 on an interpreter may have a lock of its own. A foreign thread gets the main interpreter's lock, and so
  would run the callback concurrently with the interpreter that it belongs to, or after its end.
"""

from __future__ import annotations

import ctypes
import sys
from importlib import import_module


def _is_main() -> bool:
    api = ctypes.pythonapi
    current, main = api.PyInterpreterState_Get, api.PyInterpreterState_Main
    current.argtypes = main.argtypes = ()
    current.restype = main.restype = ctypes.c_void_p
    return bool(current() == main())


def _has_own_lock() -> bool:
    if IS_MAIN or sys.version_info < (3, 13):
        return False
    try:
        interpreters = import_module("_interpreters")
        return bool(interpreters.get_config(interpreters.get_current()[0]).gil == "own")
    except Exception:
        return True


IS_MAIN = _is_main()

#: Whether a call may keep the interpreter's lock and call back into Python.
CALLS_BACK_LOCKED = IS_MAIN or sys.version_info >= (3, 12)

#: Whether a callback may come on a thread that does not have this interpreter's lock.
HAS_OWN_LOCK = _has_own_lock()
