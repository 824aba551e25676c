"""Every function of drystone.h, in one table.

A function that is not in the table cannot be called: ctypes would truncate its pointers to 32 bits.
"""

from __future__ import annotations

from ctypes import c_bool as Bool
from ctypes import c_char_p as Text
from ctypes import c_double as Double
from ctypes import c_int32 as Int32
from ctypes import c_int64 as Int64
from ctypes import c_size_t as Size
from ctypes import c_uint8 as Uint8
from ctypes import c_uint32 as Uint32
from ctypes import c_uint64 as Uint64
from ctypes import c_void_p as Pointer
from typing import Any, Dict, FrozenSet, Tuple

#: The number of the binary interface that the table describes.
ABI_VERSION = 0

Table = Dict[str, Tuple[Any, Tuple[Any, ...]]]
Status = Int32

#: name: (result, arguments). Arguments and results that are pointers are `Pointer`, which also accepts bytes and
#: `byref(…)`.
LIBRARY: Table = {
    "drystone_abi_version": (Uint32, ()),
    "drystone_blobs_alive": (Size, ()),
    "drystone_blobs_created": (Uint64, ()),
    "drystone_blobs_released": (Uint64, ()),
    "drystone_status_name": (Text, (Status,)),
    "drystone_status_text": (Text, (Status,)),
    "drystone_version": (Text, ()),
}

BLOBS: Table = {
    "blob_copy": (Status, (Pointer, Size, Size, Pointer)),
    "blob_data": (Pointer, (Pointer,)),
    "blob_destroy": (None, (Pointer,)),
    "blob_equal": (Bool, (Pointer, Pointer)),
    "blob_from_bytes": (Pointer, (Pointer, Size)),
    "blob_incref": (None, (Pointer,)),
    "blob_is_stone": (Bool, (Pointer,)),
    "blob_kept_bytes": (Size, (Pointer, Pointer)),
    "blob_length_bits": (Size, (Pointer,)),
    "blob_make_stone": (Status, (Pointer,)),
    "blob_new": (Pointer, (Size,)),
    "blob_new_filled": (Pointer, (Size, Bool)),
    "blob_refcount": (Int32, (Pointer,)),
    "blob_slice": (Status, (Pointer, Size, Size, Pointer)),
    "blob_with_capacity": (Pointer, (Size,)),
    "blob_wrap": (Pointer, (Pointer, Size)),
    "blob_wrap_owned": (Pointer, (Pointer, Size, Pointer, Pointer)),
}

FIELDS: Table = {
    "blob_is_pad": (Status, (Pointer, Size, Size, Pointer)),
    "blob_read_bit": (Status, (Pointer, Size, Pointer)),
    "blob_read_dec64": (Status, (Pointer, Size, Pointer)),
    "blob_read_fit": (Status, (Pointer, Size, Uint32, Pointer)),
    "blob_read_kim": (Status, (Pointer, Size, Pointer, Pointer)),
    "blob_read_text": (Status, (Pointer, Size, Pointer, Size, Pointer, Pointer)),
    "blob_write_bit": (Status, (Pointer, Bool)),
    "blob_write_blob": (Status, (Pointer, Pointer)),
    "blob_write_bytes": (Status, (Pointer, Pointer, Size)),
    "blob_write_dec64": (Status, (Pointer, Int64)),
    "blob_write_fit": (Status, (Pointer, Int64, Uint32)),
    "blob_write_kim": (Status, (Pointer, Int64)),
    "blob_write_pad": (Status, (Pointer, Size)),
    "blob_write_text": (Status, (Pointer, Pointer, Size)),
}

DEC64: Table = {
    "dec64_from_double": (Int64, (Double,)),
    "dec64_from_text": (Status, (Pointer, Size, Pointer)),
    "dec64_to_double": (Double, (Int64,)),
    "dec64_to_text": (Status, (Int64, Pointer, Size, Pointer)),
}

MESSAGES: Table = {
    "wota_dump": (Status, (Pointer, Pointer)),
    "wota_flattened_words": (Status, (Pointer, Pointer, Pointer)),
    "wota_from_bytes": (Status, (Pointer, Size, Int32, Pointer, Pointer)),
    "wota_from_json": (Status, (Pointer, Size, Pointer, Pointer, Pointer)),
    "wota_from_parts": (Status, (Pointer, Size, Pointer, Pointer)),
    "wota_from_pickle": (Status, (Pointer, Size, Pointer, Pointer, Pointer)),
    "wota_held_count": (Size, (Pointer,)),
    "wota_held_get": (Pointer, (Pointer, Size)),
    "wota_is_message": (Bool, (Pointer,)),
    "wota_parts_count": (Size, (Pointer,)),
    "wota_parts_free": (None, (Pointer,)),
    "wota_parts_get": (Pointer, (Pointer, Size)),
    "wota_to_bytes": (Status, (Pointer, Pointer)),
    "wota_to_json": (Status, (Pointer, Bool, Pointer)),
    "wota_to_json_limited": (Status, (Pointer, Bool, Size, Pointer)),
    "wota_to_parts": (Status, (Pointer, Size, Pointer)),
    "wota_to_pickle": (Status, (Pointer, Pointer)),
    "wota_transcode": (Status, (Pointer, Int32, Pointer)),
    "wota_validate": (Status, (Pointer, Size, Int32, Pointer, Pointer)),
    "nota_from_message": (Status, (Pointer, Pointer)),
    "nota_to_message": (Status, (Pointer, Size, Pointer, Pointer)),
    "nota_validate": (Status, (Pointer, Size, Pointer, Pointer)),
}

WOTA_READER: Table = {
    "wota_enter": (Status, (Pointer, Pointer)),
    "wota_find": (Status, (Pointer, Pointer, Size)),
    "wota_read_array": (Status, (Pointer, Pointer)),
    "wota_read_blob": (Status, (Pointer, Pointer)),
    "wota_read_blob_bytes": (Status, (Pointer, Pointer, Size, Pointer)),
    "wota_read_dec64": (Status, (Pointer, Pointer)),
    "wota_read_integer": (Status, (Pointer, Pointer)),
    "wota_read_number": (Status, (Pointer, Pointer)),
    "wota_read_record": (Status, (Pointer, Pointer)),
    "wota_read_symbol": (Status, (Pointer, Pointer)),
    "wota_read_items": (Status, (Pointer, Pointer, Size, Pointer, Size, Pointer)),
    "wota_read_text": (Status, (Pointer, Pointer, Size, Pointer)),
    "wota_read_type": (Status, (Pointer, Pointer)),
    "wota_read_value": (Status, (Pointer, Pointer, Pointer)),
    "wota_reader_init": (Status, (Pointer, Pointer, Pointer)),
    "wota_reader_init_bytes": (Status, (Pointer, Pointer, Size, Int32, Pointer)),
    "wota_reader_offset": (Size, (Pointer,)),
    "wota_skip": (Status, (Pointer,)),
}

WOTA_VIEWS: Table = {
    "wota_view_blob": (Status, (Pointer, Pointer)),
    "wota_view_children": (Status, (Pointer, Pointer)),
    "wota_view_count": (Status, (Pointer, Pointer)),
    "wota_view_element": (Status, (Pointer, Uint64, Pointer)),
    "wota_view_field": (Status, (Pointer, Pointer, Size, Pointer)),
    "wota_view_field_at": (Status, (Pointer, Uint64, Pointer, Pointer)),
    "wota_view_integer": (Status, (Pointer, Pointer)),
    "wota_view_next": (Status, (Pointer, Pointer)),
    "wota_view_next_items": (Status, (Pointer, Pointer, Size, Pointer, Size, Pointer)),
    "wota_view_next_pickle": (Status, (Pointer, Uint64, Size, Size, Pointer, Pointer)),
    "wota_view_number": (Status, (Pointer, Pointer)),
    "wota_view_of": (Status, (Pointer, Size, Pointer)),
    "wota_view_place": (Status, (Pointer, Pointer, Pointer)),
    "wota_view_reader": (Status, (Pointer, Pointer)),
    "wota_view_symbol": (Status, (Pointer, Pointer)),
    "wota_view_text": (Status, (Pointer, Pointer, Size, Pointer)),
    "wota_view_type": (Status, (Pointer, Pointer)),
}

WOTA_WRITER: Table = {
    "wota_write_array": (Status, (Pointer, Uint64)),
    "wota_write_blob": (Status, (Pointer, Pointer)),
    "wota_write_blob_bytes": (Status, (Pointer, Pointer, Size)),
    "wota_write_blob_copy": (Status, (Pointer, Pointer)),
    "wota_write_dec64": (Status, (Pointer, Int64)),
    "wota_write_integer": (Status, (Pointer, Int64)),
    "wota_write_number": (Status, (Pointer, Double)),
    "wota_write_number_nearest": (Status, (Pointer, Double)),
    "wota_write_record": (Status, (Pointer, Uint64)),
    "wota_write_symbol": (Status, (Pointer, Int32)),
    "wota_write_text": (Status, (Pointer, Pointer, Size)),
    "wota_write_value": (Status, (Pointer, Pointer, Size)),
    "wota_write_view": (Status, (Pointer, Pointer)),
    "wota_writer_finish": (Status, (Pointer, Pointer)),
    "wota_writer_free": (None, (Pointer,)),
    "wota_writer_new": (Status, (Int32, Pointer)),
    "wota_writer_reset": (None, (Pointer,)),
}

NOTA: Table = {
    "nota_feeder_bytes": (Status, (Pointer, Pointer, Pointer)),
    "nota_feeder_feed": (Status, (Pointer, Pointer, Size, Pointer)),
    "nota_feeder_free": (None, (Pointer,)),
    "nota_feeder_new": (Status, (Pointer, Pointer)),
    "nota_feeder_reset": (None, (Pointer,)),
    "nota_feeder_take": (Status, (Pointer, Pointer, Pointer)),
    "nota_find": (Status, (Pointer, Pointer, Size)),
    "nota_read_array": (Status, (Pointer, Pointer)),
    "nota_read_blob": (Status, (Pointer, Pointer)),
    "nota_read_blob_bytes": (Status, (Pointer, Pointer, Size, Pointer)),
    "nota_read_integer": (Status, (Pointer, Pointer)),
    "nota_read_number": (Status, (Pointer, Pointer)),
    "nota_read_record": (Status, (Pointer, Pointer)),
    "nota_read_symbol": (Status, (Pointer, Pointer)),
    "nota_read_text": (Status, (Pointer, Pointer, Size, Pointer)),
    "nota_read_type": (Status, (Pointer, Pointer)),
    "nota_reader_feed": (Status, (Pointer, Pointer, Size, Pointer)),
    "nota_reader_init": (Status, (Pointer, Pointer, Size, Pointer)),
    "nota_reader_offset": (Size, (Pointer,)),
    "nota_skip": (Status, (Pointer,)),
    "nota_write_array": (Status, (Pointer, Uint64)),
    "nota_write_blob": (Status, (Pointer, Pointer)),
    "nota_write_blob_bytes": (Status, (Pointer, Pointer, Size)),
    "nota_write_integer": (Status, (Pointer, Int64)),
    "nota_write_number": (Status, (Pointer, Double)),
    "nota_write_record": (Status, (Pointer, Uint64)),
    "nota_write_symbol": (Status, (Pointer, Int32)),
    "nota_write_text": (Status, (Pointer, Pointer, Size)),
    "nota_writer_finish": (Status, (Pointer, Pointer)),
    "nota_writer_free": (None, (Pointer,)),
    "nota_writer_new": (Status, (Pointer,)),
    "nota_writer_reset": (None, (Pointer,)),
}

MAILBOXES: Table = {
    "mailbox_close": (None, (Pointer,)),
    "mailbox_descriptor": (Status, (Pointer, Pointer)),
    "mailbox_destroy": (None, (Pointer,)),
    "mailbox_find": (Status, (Pointer, Size, Pointer)),
    "mailbox_incref": (None, (Pointer,)),
    "mailbox_length": (Size, (Pointer,)),
    "mailbox_new": (Status, (Size, Pointer)),
    "mailbox_new_with": (Status, (Pointer, Pointer)),
    "mailbox_notify": (Status, (Pointer, Pointer, Pointer)),
    "mailbox_open": (Status, (Pointer, Size, Size, Pointer)),
    "mailbox_outbox_commit": (Status, (Pointer, Pointer)),
    "mailbox_outbox_discard": (None, (Pointer,)),
    "mailbox_outbox_free": (None, (Pointer,)),
    "mailbox_outbox_new": (Status, (Pointer,)),
    "mailbox_outbox_post": (Status, (Pointer, Pointer, Pointer)),
    "mailbox_post": (Status, (Pointer, Pointer)),
    "mailbox_post_urgent": (Status, (Pointer, Pointer)),
    "mailbox_post_wait": (Status, (Pointer, Pointer, Int64)),
    "mailbox_statistics": (Status, (Pointer, Pointer)),
    "mailbox_sweep": (Size, (Pointer,)),
    "mailbox_take": (Status, (Pointer, Int64, Pointer)),
    "mailbox_take_many": (Status, (Pointer, Pointer, Size, Int64, Pointer)),
}

BUCKET_MEMORIES: Table = {
    "bucket_heap_free": (None, (Pointer,)),
    "bucket_heap_memory": (Pointer, (Pointer,)),
    "bucket_heap_new": (Status, (Size, Size, Pointer)),
    "bucket_heap_used": (Size, (Pointer,)),
    "bucket_map_to_stone": (Status, (Pointer, Uint32, Uint8, Uint8, Pointer)),
    "bucket_map_to_stone_limited": (Status, (Pointer, Uint32, Uint8, Uint8, Size, Pointer)),
    "bucket_memory_of_stone": (Status, (Pointer, Pointer, Pointer)),
    "bucket_release": (Status, (Pointer, Uint32)),
    "bucket_share": (Status, (Pointer, Uint32, Pointer)),
    "bucket_set_to_stone": (Status, (Pointer, Uint32, Uint8, Pointer)),
    "bucket_set_to_stone_limited": (Status, (Pointer, Uint32, Uint8, Size, Pointer)),
    "bucket_stone_tags": (Status, (Pointer, Pointer, Pointer)),
    "bucket_string_data": (Status, (Pointer, Pointer, Pointer, Pointer)),
    "bucket_string_new": (Status, (Pointer, Pointer, Uint32, Pointer)),
    "bucket_string_release": (Status, (Pointer, Pointer)),
    "bucket_verify": (Status, (Pointer, Uint32)),
    "bucket_walk_begin": (Status, (Pointer, Uint32, Pointer)),
    "bucket_walk_end": (Status, (Pointer, Uint32)),
    "bucket_walk_next": (Status, (Pointer, Uint32, Uint8, Uint8, Pointer, Pointer)),
}

BUCKET_MAPS: Table = {
    "bucket_map_clear": (Status, (Pointer, Pointer)),
    "bucket_map_contains": (Status, (Pointer, Uint32, Pointer, Pointer)),
    "bucket_map_contains_text": (Status, (Pointer, Uint32, Pointer, Size, Pointer)),
    "bucket_map_delete": (Status, (Pointer, Pointer, Pointer)),
    "bucket_map_delete_text": (Status, (Pointer, Pointer, Pointer, Size)),
    "bucket_map_from_entries": (Status, (Pointer, Pointer, Pointer, Uint32, Pointer)),
    "bucket_map_get": (Status, (Pointer, Uint32, Pointer, Uint8, Pointer)),
    "bucket_map_get_text": (Status, (Pointer, Uint32, Pointer, Size, Uint8, Pointer)),
    "bucket_map_insert": (Status, (Pointer, Uint32, Pointer, Pointer, Pointer)),
    "bucket_map_insert_in_place": (Status, (Pointer, Uint32, Pointer, Pointer)),
    "bucket_map_keys": (Status, (Pointer, Uint32, Pointer, Uint32, Pointer)),
    "bucket_map_new": (Status, (Pointer, Pointer)),
    "bucket_map_next": (Status, (Pointer, Uint32, Uint8, Uint8, Pointer, Pointer, Pointer)),
    "bucket_map_open": (Status, (Pointer, Uint32, Pointer)),
    "bucket_map_remove": (Status, (Pointer, Uint32, Pointer, Pointer)),
    "bucket_map_remove_in_place": (Status, (Pointer, Uint32, Pointer)),
    "bucket_map_set": (Status, (Pointer, Pointer, Pointer, Pointer)),
    "bucket_map_set_text": (Status, (Pointer, Pointer, Pointer, Size, Pointer)),
    "bucket_map_size": (Status, (Pointer, Uint32, Pointer)),
    "bucket_map_values": (Status, (Pointer, Uint32, Pointer, Uint32, Pointer)),
    "bucket_table_contains": (Status, (Pointer, Pointer, Pointer)),
    "bucket_table_contains_text": (Status, (Pointer, Pointer, Size, Pointer)),
    "bucket_table_get": (Status, (Pointer, Pointer, Uint8, Pointer)),
    "bucket_table_get_integer": (Status, (Pointer, Int64, Pointer)),
    "bucket_table_get_text": (Status, (Pointer, Pointer, Size, Uint8, Pointer)),
}

BUCKET_SETS: Table = {
    "bucket_set_add": (Status, (Pointer, Uint32, Pointer, Pointer)),
    "bucket_set_add_in_place": (Status, (Pointer, Uint32, Pointer)),
    "bucket_set_clear": (Status, (Pointer, Pointer)),
    "bucket_set_contains": (Status, (Pointer, Uint32, Pointer, Pointer)),
    "bucket_set_contains_text": (Status, (Pointer, Uint32, Pointer, Size, Pointer)),
    "bucket_set_delete": (Status, (Pointer, Pointer, Pointer)),
    "bucket_set_delete_text": (Status, (Pointer, Pointer, Pointer, Size)),
    "bucket_set_elements": (Status, (Pointer, Uint32, Pointer, Uint32, Pointer)),
    "bucket_set_from_elements": (Status, (Pointer, Pointer, Uint32, Pointer)),
    "bucket_set_new": (Status, (Pointer, Pointer)),
    "bucket_set_next": (Status, (Pointer, Uint32, Uint8, Pointer, Pointer)),
    "bucket_set_open": (Status, (Pointer, Uint32, Pointer)),
    "bucket_set_put": (Status, (Pointer, Pointer, Pointer)),
    "bucket_set_put_text": (Status, (Pointer, Pointer, Pointer, Size)),
    "bucket_set_remove": (Status, (Pointer, Uint32, Pointer, Pointer)),
    "bucket_set_remove_in_place": (Status, (Pointer, Uint32, Pointer)),
    "bucket_set_size": (Status, (Pointer, Uint32, Pointer)),
}

BUCKET_IMPORTS: Table = {
    "bucket_import_call": (Status, (Pointer, Pointer, Pointer, Size, Pointer)),
    "bucket_import_free": (None, (Pointer,)),
    "bucket_import_new": (Status, (Pointer, Size, Pointer, Size, Pointer, Size, Pointer, Pointer)),
    "bucket_import_refusal": (Text, (Status,)),
    "bucket_import_trap_code": (Uint8, (Status,)),
}

BUCKET_WASMTIME: Table = {
    "bucket_wasmtime_attach": (Status, (Pointer, Pointer, Pointer)),
    "bucket_wasmtime_define": (Status, (Pointer, Pointer, Pointer, Size, Pointer, Size, Pointer)),
    "bucket_wasmtime_define_import": (
        Status,
        (Pointer, Pointer, Pointer, Size, Pointer, Size, Pointer, Pointer),
    ),
    "bucket_wasmtime_free": (None, (Pointer,)),
    "bucket_wasmtime_new": (Status, (Pointer, Pointer, Pointer)),
    "bucket_wasmtime_take_status": (Status, (Pointer,)),
}

BUCKET_JSON: Table = {
    "bucket_json_parse": (Status, (Pointer, Pointer, Size, Pointer, Pointer)),
    "bucket_json_print": (Status, (Pointer, Pointer, Pointer)),
    "bucket_json_print_limited": (Status, (Pointer, Pointer, Size, Pointer)),
}

ARENAS: Table = {
    "arena_add_cleanup": (Status, (Pointer, Pointer, Pointer)),
    "arena_alloc": (Pointer, (Pointer, Size)),
    "arena_alloc_aligned": (Pointer, (Pointer, Size, Size)),
    "arena_alloc_array": (Pointer, (Pointer, Size, Size, Size)),
    "arena_calloc": (Pointer, (Pointer, Size, Size)),
    "arena_cancel_cleanup": (Status, (Pointer, Pointer, Pointer)),
    "arena_clear_error": (None, (Pointer,)),
    "arena_contains": (Bool, (Pointer, Pointer)),
    "arena_error": (Status, (Pointer,)),
    "arena_free": (None, (Pointer,)),
    "arena_free_last": (Bool, (Pointer, Pointer, Size)),
    "arena_new": (Status, (Pointer, Pointer)),
    "arena_new_fixed": (Status, (Pointer, Size, Pointer)),
    "arena_realloc": (Pointer, (Pointer, Pointer, Size, Size, Size)),
    "arena_reset": (Status, (Pointer, Int32, Size)),
    "arena_scope_commit": (Status, (Pointer, Uint64)),
    "arena_scope_enter": (Status, (Pointer, Size, Pointer)),
    "arena_scope_exit": (Status, (Pointer, Uint64)),
    "arena_scope_remaining": (Size, (Pointer, Uint64)),
    "arena_scope_rewind": (Status, (Pointer, Uint64)),
    "arena_scope_used": (Size, (Pointer, Uint64)),
    "arena_set_footprint_limit": (None, (Pointer, Size)),
    "arena_statistics": (Status, (Pointer, Pointer)),
    "arena_stats": (Status, (Pointer, Pointer)),
    "arena_strndup": (Pointer, (Pointer, Pointer, Size)),
    "arena_trim": (Status, (Pointer, Size)),
    "arena_try_extend": (Bool, (Pointer, Pointer, Size, Size)),
    "mem_limit_free": (None, (Pointer,)),
    "mem_limit_new": (Status, (Size, Pointer)),
    "mem_limit_set": (None, (Pointer, Size)),
    "mem_limit_used": (Size, (Pointer,)),
}

TREES: Table = {
    "wota_decode": (Status, (Pointer, Pointer, Pointer)),
    "wota_encode": (Status, (Pointer, Int32, Pointer)),
    "wota_value_find": (Pointer, (Pointer, Pointer, Size)),
}

LINKS: Table = {
    "blob_descriptor": (Status, (Pointer, Pointer, Pointer)),
    "blob_from_descriptor": (Status, (Int32, Size, Size, Pointer, Pointer)),
    "blob_new_shared": (Pointer, (Size,)),
    "blob_to_shared": (Status, (Pointer, Pointer)),
    "blob_writable": (Status, (Pointer, Pointer)),
    "link_descriptor": (Int32, (Pointer,)),
    "link_free": (None, (Pointer,)),
    "link_mailbox": (Status, (Pointer, Pointer, Size, Pointer)),
    "link_new": (Status, (Int32, Pointer, Pointer)),
    "link_serve": (Status, (Pointer, Pointer, Size, Pointer)),
    "link_statistics": (Status, (Pointer, Pointer)),
    "link_turn": (Status, (Pointer, Int64)),
}

AREAS: Tuple[Table, ...] = (
    LIBRARY,
    BLOBS,
    FIELDS,
    DEC64,
    MESSAGES,
    WOTA_READER,
    WOTA_VIEWS,
    WOTA_WRITER,
    NOTA,
    MAILBOXES,
    LINKS,
    BUCKET_MEMORIES,
    BUCKET_MAPS,
    BUCKET_SETS,
    BUCKET_IMPORTS,
    BUCKET_WASMTIME,
    BUCKET_JSON,
    ARENAS,
    TREES,
)

#: These release the interpreter's lock: they wait, or process a whole message, and read nothing that can change. All
#: others keep the lock. That is cheaper; it protects antestones, readers, writers and feeders, which only one thread
#: at a time may use; and the package's release functions need not wait for the lock, which a thread would never get when
#: the interpreter ends. In a sub-interpreter of an older Python no call may keep it (`_interpreter.py`): there the package
#: has a lock of its own for the same purpose.
CONCURRENT: FrozenSet[str] = frozenset(
    (
        "mailbox_notify",
        "mailbox_post_wait",
        "mailbox_take",
        "mailbox_take_many",
        "nota_from_message",
        "nota_to_message",
        "nota_validate",
        "wota_dump",
        "wota_from_bytes",
        "wota_from_json",
        "wota_from_parts",
        "wota_from_pickle",
        "wota_to_bytes",
        "wota_to_json",
        "wota_to_parts",
        "wota_to_pickle",
        "wota_transcode",
        "wota_validate",
    )
)
