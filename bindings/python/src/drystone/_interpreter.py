"""Which of the process's interpreters this is, and what that means for C functions that call Python back.

ctypes takes the interpreter's lock for a callback as C programs do, by the state that the thread had first.

* Up to Python 3.11 that is always the main interpreter's. A thread that keeps the lock for another interpreter waits
  for itself then, for ever: every call that may call back has to give the lock away before.
* From 3.13 on an interpreter may have a lock of its own. A thread that comes from outside gets the main interpreter's,
  and so would run the callback beside the interpreter that it belongs to, or after its end.
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

#: Whether a call may keep the interpreter's lock and call Python back.
CALLS_BACK_LOCKED = IS_MAIN or sys.version_info >= (3, 12)

#: Whether a callback may come on a thread that does not have this interpreter's lock.
HAS_OWN_LOCK = _has_own_lock()
