"""Finds and loads libdrystone_post, and declares every function of drystone_post.h in one table."""

from __future__ import annotations

import ctypes
import functools
import os
from ctypes import c_bool as Bool
from ctypes import c_char_p as Text
from ctypes import c_int32 as Int32
from ctypes import c_int64 as Int64
from ctypes import c_size_t as Size
from ctypes import c_uint32 as Uint32
from ctypes import c_uint64 as Uint64
from ctypes import c_void_p as Pointer
from pathlib import Path
from types import SimpleNamespace
from typing import Iterator

from ._functions import Table

#: The number of the binary interface that the table describes.
ABI_VERSION = 0

Status = Int32

#: As the tables of `_functions`. None of these keeps the interpreter's lock: most of them wait.
POST: Table = {
    "post_abi_version": (Int32, ()),
    "post_carrier_free": (None, (Pointer,)),
    "post_carrier_memory": (Status, (Uint64, Pointer, Pointer)),
    "post_carrier_nats": (Status, (Pointer, Pointer)),
    "post_office_close": (Status, (Pointer, Int64)),
    "post_office_counts": (Status, (Pointer, Pointer)),
    "post_office_flush": (Status, (Pointer, Int64)),
    "post_office_mailbox": (Status, (Pointer, Pointer, Size, Pointer)),
    "post_office_open": (Status, (Pointer, Pointer, Pointer)),
    "post_office_serve": (Status, (Pointer, Pointer, Size, Pointer)),
}


class NatsOptions(ctypes.Structure):
    """`nats_carrier_options`."""

    _fields_ = [
        ("struct_size", Size),
        ("servers", Text),
        ("user", Text),
        ("password", Text),
        ("token", Text),
        ("tls_authority", Text),
        ("tls_certificate", Text),
        ("tls_key", Text),
        ("tls_required", Bool),
        ("stream", Text),
        ("prefix", Text),
        ("max_bytes", Uint64),
        ("replicas", Uint32),
        ("duplicate_window_ms", Uint64),
        ("acknowledge_ms", Uint64),
        ("connect_ms", Uint64),
    ]


class PostLimits(ctypes.Structure):
    """`post_limits`."""

    _fields_ = [
        ("struct_size", Size),
        ("max_letter_bytes", Uint64),
        ("max_parts", Size),
        ("max_depth", Uint32),
        ("max_words", Uint64),
    ]


class PostOptions(ctypes.Structure):
    """`post_options`."""

    _fields_ = [
        ("struct_size", Size),
        ("returned", Pointer),
        ("max_letters", Size),
        ("max_queued_bytes", Uint64),
        ("give_up_ms", Uint64),
        ("limits", Pointer),
    ]


class PostCounts(ctypes.Structure):
    """`post_counts`."""

    _fields_ = [
        ("struct_size", Size),
        *(
            (name, Uint64)
            for name in "sent received duplicates malformed refused returned lost offered_again full waiting".split()
        ),
    ]


def places() -> Iterator[str]:
    """Where to look: DRYSTONE_POST_LIBRARY, else next to this file, else the system's search path."""
    given = os.environ.get("DRYSTONE_POST_LIBRARY")
    if given:
        yield given
        return
    local = Path(__file__).resolve().with_name("libdrystone_post.so")
    if local.is_file():
        yield str(local)
    yield "libdrystone_post.so.0"


@functools.lru_cache(maxsize=None)
def post_library() -> SimpleNamespace:
    """The functions of the library, with their types. It calls the libdrystone that the package has loaded."""
    tried = []
    for place in places():
        try:
            library = ctypes.CDLL(place)
        except OSError as error:
            tried.append(str(error))
            continue
        functions = {}
        for name, (result, arguments) in POST.items():
            try:
                function = getattr(library, name)
            except AttributeError:
                raise ImportError(f"{place} has no {name}: it is a different version") from None
            function.argtypes, function.restype = arguments, result
            functions[name] = function
        version: int = functions["post_abi_version"]()
        if version != ABI_VERSION:
            raise ImportError(f"{place} has ABI {version}, this package needs {ABI_VERSION}")
        return SimpleNamespace(**functions)
    raise ImportError(f"libdrystone_post was not found ({'; '.join(tried)}); set DRYSTONE_POST_LIBRARY to its path")
