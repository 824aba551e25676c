"""The structs of drystone.h that Python fills or reads, and its function types."""

from __future__ import annotations

import ctypes
from ctypes import c_bool as Bool
from ctypes import c_char_p as Text
from ctypes import c_size_t as Size
from ctypes import c_uint32 as Uint32
from ctypes import c_uint64 as Uint64
from ctypes import c_void_p as Pointer


class ArenaOptions(ctypes.Structure):
    """`arena_options`."""

    _fields_ = [
        ("struct_size", Size),
        ("initial_chunk", Size),
        ("max_chunk", Size),
        ("footprint_limit", Size),
        ("budget", Size),
        ("max_depth", Uint32),
        ("flags", Uint32),
        ("backing", Pointer),
        ("shared", Pointer),
    ]


class ArenaStats(ctypes.Structure):
    """`arena_stats_t`."""

    _fields_ = [
        (name, Size)
        for name in "struct_size used peak footprint chunks spare abandoned large depth failures".split()
    ]


class LinkLimits(ctypes.Structure):
    """`link_limits`."""

    _fields_ = [
        ("struct_size", Size),
        ("max_stones", Size),
        ("max_bytes", Uint64),
        ("max_depth", Uint32),
        ("max_words", Uint64),
    ]


class LinkOptions(ctypes.Structure):
    """`link_options`."""

    _fields_ = [
        ("struct_size", Size),
        ("limits", Pointer),
        ("max_letters", Size),
        ("max_queued_bytes", Uint64),
        ("any_user", Bool),
    ]


class LinkStatistics(ctypes.Structure):
    """`link_statistics_t`."""

    _fields_ = [
        ("struct_size", Size),
        *(
            (name, Uint64)
            for name in "sent received refused waiting lent_stones lent_bytes borrowed_stones borrowed_bytes".split()
        ),
    ]


class MailboxOptions(ctypes.Structure):
    """`mailbox_options`."""

    _fields_ = [
        ("struct_size", Size),
        ("max_letters", Size),
        ("max_bytes", Uint64),
        ("name", Text),
        ("name_length", Size),
    ]


class MailboxStatistics(ctypes.Structure):
    """`mailbox_statistics_t`."""

    _fields_ = [
        ("struct_size", Size),
        *((name, Uint64) for name in "posted taken refused swept letters bytes peak_letters peak_bytes".split()),
    ]


class WotaLimits(ctypes.Structure):
    """`wota_limits`."""

    _fields_ = [("struct_size", Size), ("max_depth", Uint32), ("max_words", Uint64)]


class Reader(ctypes.Structure):
    """`wota_reader`, and `nota_reader`."""

    _fields_ = [("reserved", Uint64 * 12)]


class View(ctypes.Structure):
    """`wota_view`."""

    _fields_ = [("reserved", Uint64 * 6)]


#: `blob_release`.
BlobRelease = ctypes.CFUNCTYPE(None, Pointer, Pointer, Size)
