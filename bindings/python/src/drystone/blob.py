"""Blobs: counted bit strings. An antestone can grow; a stone never changes again."""

from __future__ import annotations

import ctypes
import itertools
from typing import Any, Dict, Optional, Tuple, final

from ._buffer import BytesLike, Held, size
from ._fields import Fields
from ._interpreter import HAS_OWN_LOCK
from ._library import library
from ._owned import own
from ._structs import BlobRelease
from ._view import read_only
from .errors import InvalidArgument, NoMemory, NotStone, Unsupported, check

_byref = ctypes.byref

#: The buffers of wrapped stones, by the number passed to the library as their context.
_wrapped: Dict[int, Held] = {}
_numbers = itertools.count(1)


def _unwrap(context: Optional[int], _data: Optional[int], _bits: int, wrapped: Dict[int, Held] = _wrapped) -> None:
    held = wrapped.pop(context or 0, None)
    if held is not None:
        held.release()


_release = BlobRelease(_unwrap)
# The library may call it as long as the process lives: it must outlive this module's names.
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_release))
_release_address = ctypes.cast(_release, ctypes.c_void_p)


@final
class Blob(Fields):
    """A counted bit string.

    ``Blob(source)`` is a stone with a copy of any bytes-like object. `len` counts bytes, including a partly filled
    last one; `length_bits` and all positions are in bits.
    """

    __slots__ = ("_handle", "_hash", "__weakref__")

    _handle: int
    _hash: Optional[int]

    def __init__(self, source: BytesLike = b"") -> None:
        with Held(source) as held:
            handle = library.blob_from_bytes(held.address, held.size)
        self._adopt(handle)
        check(library.blob_make_stone(handle))

    def _adopt(self, handle: Optional[int]) -> Blob:
        """Takes over the caller's count."""
        if not handle:
            raise NoMemory()
        self._handle, self._hash = handle, None
        own(self, library.blob_destroy, handle)
        return self

    @classmethod
    def _of(cls, handle: Optional[int]) -> Blob:
        return cls.__new__(cls)._adopt(handle)

    @classmethod
    def new(cls, bits: int = 0, bit: bool = False) -> Blob:
        """An antestone of that many bits, all 0 or all 1."""
        return cls._of(library.blob_new_filled(size(bits), bit))

    @classmethod
    def with_capacity(cls, bits: int) -> Blob:
        """An empty antestone with a capacity of that many bits."""
        return cls._of(library.blob_with_capacity(size(bits)))

    def to_shared(self) -> Blob:
        """A stone whose bytes another process can map: this one, or one copy of it, in a sealed memory file (Linux).

        A `Link` needs no copy of it. Raises WrongType for a message, which a link carries whole.
        """
        out = ctypes.c_void_p()
        check(library.blob_to_shared(self._handle, _byref(out)))
        return Blob._of(out.value)

    def descriptor(self) -> Tuple[int, int]:
        """A new descriptor of the memory file with the bytes, which the caller closes, and their offset in it, in
        bytes.

        Raises WrongType unless the stone is in a memory file: see `to_shared`.
        """
        descriptor, place = ctypes.c_int32(), ctypes.c_size_t()
        check(library.blob_descriptor(self._handle, _byref(descriptor), _byref(place)))
        return descriptor.value, place.value

    @classmethod
    def from_descriptor(cls, descriptor: int, bits: int, place: int = 0) -> Blob:
        """A stone over a sealed memory file from another process, starting at a byte; nothing is copied.

        The descriptor is closed in any case. Raises NotStone unless the file is sealed.
        """
        out = ctypes.c_void_p()
        check(library.blob_from_descriptor(descriptor, size(place), size(bits), None, _byref(out)))
        return cls._of(out.value)

    @classmethod
    def wrap(cls, buffer: BytesLike, bits: Optional[int] = None) -> Blob:
        """A stone over a contiguous buffer (bytes, bytearray, a numpy array …), which is not copied.

        The buffer is held until the last count of the stone, its slices and the messages that hold it is dropped, on
        any thread; until then a bytearray cannot be resized, and nobody may write to the buffer: the library relies
        on it not to change. `bits`: its length, if less than all. Raises Unsupported in a sub-interpreter with a lock
        of its own, as others may drop the last count without that lock.
        """
        if HAS_OWN_LOCK:
            raise Unsupported("an interpreter with a lock of its own cannot lend buffers: Blob(source) copies")
        held = Held(buffer)
        bits = held.size * 8 if bits is None else bits
        number = next(_numbers)
        try:
            if not 0 <= bits <= held.size * 8:
                raise InvalidArgument(f"the buffer has {held.size * 8} bits, not {bits}")
            _wrapped[number] = held
        except BaseException:
            held.release()
            raise
        # On failure the library has already called _unwrap.
        return cls._of(library.blob_wrap_owned(held.address, bits, _release_address, number))

    @property
    def is_stone(self) -> bool:
        """Whether it is a stone, and so never changes again."""
        stone: bool = library.blob_is_stone(self._handle)
        return stone

    @property
    def length_bits(self) -> int:
        """The length in bits."""
        bits: int = library.blob_length_bits(self._handle)
        return bits

    @property
    def refcount(self) -> int:
        """The number of counts: a hint, for tests and tools."""
        count: int = library.blob_refcount(self._handle)
        return count

    def __len__(self) -> int:
        return (self.length_bits + 7) // 8

    def make_stone(self) -> Blob:
        """Makes it a stone, in place, and returns it."""
        check(library.blob_make_stone(self._handle))
        return self

    def view(self) -> memoryview:
        """The bytes of a stone, not copied, read-only; valid as long as the view or anything made from it lives, even
        without the Blob.

        Nothing writable can be reached from it: its `obj` is None. If the length is not a multiple of 8, the bits
        after the last one in the last byte have no meaning.
        """
        handle = self._handle
        if not library.blob_is_stone(handle):
            raise NotStone()
        length = (library.blob_length_bits(handle) + 7) // 8
        if length == 0:
            return memoryview(b"")
        library.blob_incref(handle)
        return read_only(library.blob_data(handle), length, Blob.__new__(Blob)._adopt(handle))

    def __bytes__(self) -> bytes:
        length = len(self)
        data = ctypes.string_at(library.blob_data(self._handle), length) if length else b""
        rest = self.length_bits % 8
        if rest:
            data = data[:-1] + bytes((data[-1] & 0xFF00 >> rest & 0xFF,))
        return data

    def slice(self, start: int = 0, stop: Optional[int] = None) -> Blob:
        """A stone of the bits `start` to `stop` (exclusive) of a stone: shares the bytes when `start` is a
        multiple of 8."""
        return self._part(library.blob_slice, start, stop)

    def copy(self, start: int = 0, stop: Optional[int] = None) -> Blob:
        """An antestone with a copy of the bits `start` to `stop` (exclusive)."""
        return self._part(library.blob_copy, start, stop)

    def _part(self, function: Any, start: int, stop: Optional[int]) -> Blob:
        out = ctypes.c_void_p()
        end = self.length_bits if stop is None else size(stop)
        check(function(self._handle, size(start), end, _byref(out)))
        return self._of(out.value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Blob):
            return NotImplemented
        if self._handle == other._handle:
            return True
        equal: bool = library.blob_equal(self._handle, other._handle)
        return equal

    def __hash__(self) -> int:
        if self._hash is None:
            if not self.is_stone:
                raise TypeError("an antestone can change: it has no hash")
            self._hash = hash((self.length_bits, bytes(self)))
        return self._hash

    def __repr__(self) -> str:
        return f"<drystone.Blob: {'stone' if self.is_stone else 'antestone'} of {self.length_bits} bits>"

    def __copy__(self) -> Blob:
        return self if self.is_stone else self.copy()

    def __deepcopy__(self, _memo: Any) -> Blob:
        return self.__copy__()

    def __reduce__(self) -> Tuple[Any, ...]:
        # Another process does not have the stones that a message holds.
        if library.wota_held_count(self._handle):
            raise TypeError("a message that holds stones cannot be pickled: use wota.to_bytes")
        return _rebuild, (bytes(self), self.length_bits, self.is_stone)


def _rebuild(data: bytes, bits: int, stone: bool) -> Blob:
    blob = from_bits(data, bits)
    return blob if stone else blob.copy()


def from_bits(data: BytesLike, bits: int) -> Blob:
    """A stone of the first `bits` bits of some bytes."""
    blob = Blob(data)
    return blob if bits == len(blob) * 8 else blob.slice(0, bits)


def blobs_alive() -> int:
    """The number of blobs alive in this process."""
    count: int = library.drystone_blobs_alive()
    return count


def blobs_created() -> int:
    """The number of blobs this process has made so far."""
    count: int = library.drystone_blobs_created()
    return count


def blobs_released() -> int:
    """The number of blobs this process has freed so far."""
    count: int = library.drystone_blobs_released()
    return count
