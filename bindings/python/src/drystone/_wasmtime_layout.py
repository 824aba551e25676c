"""The layout of optional values and arrays in a guest's memory."""

from __future__ import annotations

import ctypes
from typing import Any, Mapping, NamedTuple, Tuple

#: The tags, in the order of `bucket_layout`'s arrays.
TAGS = "ifsb"


class Option(NamedTuple):
    """An optional value in a block of its own: its tag, and the value.

    Each pair is a block's size and an offset in it, in bytes. `none`: the block of no value, and the offset of the
    tag (32 bits) in every block; with a size of 0, no value is the pointer 0, without a block. `none_tag`,
    `some_tag`: the values of the tag. `some`: the block of a value, and the offset of the value, for each tag.
    """

    none: Tuple[int, int] = (4, 0)
    none_tag: int = 0
    some_tag: int = 1
    some: Mapping[str, Tuple[int, int]] = {"i": (16, 8), "f": (16, 8), "s": (12, 4), "b": (8, 4)}


class Array(NamedTuple):
    """An array in a block of its own.

    `header`: the size of the header before the elements, and the offset of the count (32 bits) in it. `strides`:
    bytes from one element to the next, for each tag. `packed`: the same in an array without a header, for imports
    that return the address of the first element and the count.
    """

    header: Tuple[int, int] = (8, 0)
    strides: Mapping[str, int] = {"i": 8, "f": 8, "s": 8, "b": 8}
    packed: Mapping[str, int] = {"i": 8, "f": 8, "s": 8, "b": 4}


class Layout(NamedTuple):
    """The layout of optional values and arrays in a guest's memory."""

    option: Option = Option()
    array: Array = Array()

    def _struct(self) -> Struct:
        """Its form for the library."""
        option, array = self.option, self.array
        return Struct(
            ctypes.sizeof(Struct),
            _Place(*option.none),
            option.none_tag,
            option.some_tag,
            _four(_Place, (_Place(*option.some[tag]) for tag in TAGS)),
            _Place(*array.header),
            _four(ctypes.c_uint32, (array.strides[tag] for tag in TAGS)),
            _four(ctypes.c_uint32, (array.packed[tag] for tag in TAGS)),
        )


def _four(kind: Any, values: Any) -> Any:
    return (kind * 4)(*values)


class _Place(ctypes.Structure):
    """`bucket_place`."""

    _fields_ = [("size", ctypes.c_uint32), ("offset", ctypes.c_uint32)]


class Struct(ctypes.Structure):
    """`bucket_layout`."""

    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("none", _Place),
        ("none_tag", ctypes.c_uint32),
        ("some_tag", ctypes.c_uint32),
        ("some", _Place * 4),
        ("array_header", _Place),
        ("array_strides", ctypes.c_uint32 * 4),
        ("packed_strides", ctypes.c_uint32 * 4),
    ]
