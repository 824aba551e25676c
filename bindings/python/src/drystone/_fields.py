"""Bit fields: writes append to an antestone, reads start at any bit of a stone."""

from __future__ import annotations

import ctypes
from typing import Tuple

from ._buffer import BytesLike, Held, int64, size
from ._library import library
from ._text import utf8
from .errors import WrongType, check

_byref = ctypes.byref


def _width(bits: int) -> int:
    # The library refuses every invalid width alike; ctypes would truncate large ones.
    return bits if 0 <= bits < 1 << 32 else 0


def handle_of(blob: Fields) -> int:
    """The blob's pointer, which the library trusts."""
    if not isinstance(blob, Fields):
        raise WrongType(f"expected a Blob, not {type(blob).__name__}")
    return blob._handle


class Fields:
    """The bit fields of a Blob. A refused write changes nothing."""

    __slots__ = ()

    _handle: int

    def write_bit(self, bit: bool) -> None:
        """Appends one bit."""
        check(library.blob_write_bit(self._handle, bit))

    def write_fit(self, value: int, bits: int) -> None:
        """Appends the low `bits` bits (1 to 56) of a number in -2^(bits-1) .. 2^bits - 1."""
        check(library.blob_write_fit(self._handle, int64(value), _width(bits)))

    def write_kim(self, value: int) -> None:
        """Appends a signed 64-bit number as Kim."""
        check(library.blob_write_kim(self._handle, int64(value)))

    def write_dec64(self, word: int) -> None:
        """Appends a DEC64 word, such as the result of `dec64.from_float`."""
        check(library.blob_write_dec64(self._handle, int64(word)))

    def write_text(self, text: str) -> None:
        """Appends the number of characters, then each character, all as Kim."""
        data = utf8(text)
        check(library.blob_write_text(self._handle, data, len(data)))

    def write_blob(self, other: Fields) -> None:
        """Appends the bits of another blob, or of the same one."""
        check(library.blob_write_blob(self._handle, handle_of(other)))

    def write_bytes(self, source: BytesLike) -> None:
        """Appends bytes, at any bit position."""
        with Held(source) as held:
            check(library.blob_write_bytes(self._handle, held.address, held.size))

    def write_pad(self, block_bits: int) -> None:
        """Appends a 1 bit, then 0 bits up to a multiple of `block_bits`."""
        check(library.blob_write_pad(self._handle, size(block_bits)))

    def read_bit(self, at: int) -> bool:
        """The bit there."""
        bit = ctypes.c_bool()
        check(library.blob_read_bit(self._handle, size(at), _byref(bit)))
        return bit.value

    def read_fit(self, at: int, bits: int) -> int:
        """The number in `bits` bits (1 to 56): unsigned below 56 bits, signed at 56."""
        value = ctypes.c_int64()
        check(library.blob_read_fit(self._handle, size(at), _width(bits), _byref(value)))
        return value.value

    def read_kim(self, at: int) -> Tuple[int, int]:
        """The Kim number there, and its size in bits."""
        value, taken = ctypes.c_int64(), ctypes.c_size_t()
        check(library.blob_read_kim(self._handle, size(at), _byref(value), _byref(taken)))
        return value.value, taken.value

    def read_dec64(self, at: int) -> int:
        """The DEC64 word there, for `dec64.to_float`."""
        word = ctypes.c_int64()
        check(library.blob_read_dec64(self._handle, size(at), _byref(word)))
        return word.value

    def read_text(self, at: int) -> Tuple[str, int]:
        """The text there, and its size in bits."""
        start, length, taken = size(at), ctypes.c_size_t(), ctypes.c_size_t()
        check(library.blob_read_text(self._handle, start, None, 0, _byref(length), _byref(taken)))
        buffer = ctypes.create_string_buffer(length.value + 1)
        check(
            library.blob_read_text(self._handle, start, buffer, length.value, _byref(length), _byref(taken))
        )
        return buffer.raw[: length.value].decode("utf-8", "surrogatepass"), taken.value

    def is_pad(self, at: int, block_bits: int) -> bool:
        """Whether the rest of the blob is a pad, as written by `write_pad`."""
        pad = ctypes.c_bool()
        check(library.blob_is_pad(self._handle, size(at), size(block_bits), _byref(pad)))
        return pad.value
