from __future__ import annotations

import array
import copy
import gc
import pickle
from typing import Any, Callable, List

import pytest

import drystone
from drystone import Blob, wota
from drystone.blob import from_bits


def test_a_blob_of_bytes_is_a_stone() -> None:
    for source in (b"pebble", bytearray(b"pebble"), memoryview(b"pebble"), array.array("B", b"pebble")):
        blob = Blob(source)
        assert blob.is_stone and len(blob) == 6 and blob.length_bits == 48 and bytes(blob) == b"pebble"
    assert len(Blob()) == 0 and bytes(Blob(b"")) == b""
    assert repr(Blob(b"ab")) == "<drystone.Blob: stone of 16 bits>"


def test_objects_without_bytes_are_refused() -> None:
    for source in ("text", 5, None, [1]):
        with pytest.raises(TypeError):
            Blob(source)
    with pytest.raises(BufferError):
        Blob(memoryview(b"abcdef")[::2])


def test_other_objects_are_not_passed_to_the_library() -> None:
    calls: List[Callable[[Any], object]] = [
        Blob.new().write_blob,
        drystone.Mailbox().post,
        wota.is_message,
        wota.held_count,
        wota.loads,
    ]
    for call in calls:
        for given in (b"bytes", None, 12345):
            with pytest.raises(TypeError, match="expected a Blob"):
                call(given)


def test_antestones_grow_until_they_are_stone() -> None:
    blob = Blob.new()
    assert not blob.is_stone
    blob.write_bytes(b"ab")
    blob.write_bit(True)
    assert bytes(blob) == b"ab\x80" and blob.length_bits == 17 and len(blob) == 3
    with pytest.raises(TypeError):
        hash(blob)
    assert blob.make_stone() is blob and blob.is_stone
    with pytest.raises(drystone.IsStone):
        blob.write_bit(True)
    assert bytes(Blob.new(12, True)) == b"\xff\xf0"
    assert Blob.with_capacity(1000).length_bits == 0


def test_impossible_sizes_are_refused() -> None:
    for size in (-1, 1 << 64, 1 << 200):
        with pytest.raises(drystone.OutOfRange):
            Blob.new(size)
    with pytest.raises(drystone.NoMemory):
        Blob.new((1 << 63) - 1)


def test_slices_and_copies() -> None:
    blob = Blob(b"pebbles")
    part = blob.slice(8, 24)
    assert bytes(part) == b"eb" and part.is_stone
    assert bytes(blob.slice(4, 12)) == b"\x06"
    assert bytes(blob.slice(48)) == b"s"
    copied = blob.copy(0, 16)
    assert not copied.is_stone and bytes(copied) == b"pe"
    for start, stop in ((0, 57), (57, 57), (9, 8)):
        with pytest.raises(drystone.OutOfRange):
            blob.slice(start, stop)
    with pytest.raises(drystone.NotStone):
        copied.slice()


def test_equality_and_hash_are_of_bits() -> None:
    one, other = Blob(b"abc"), Blob(b"abc")
    assert one == other and hash(one) == hash(other) and one != Blob(b"abd") and one != b"abc"
    assert Blob.new(3) != Blob.new(4) and Blob.new(3) == Blob.new(3)
    cut = Blob(b"\xff").slice(0, 3)
    assert cut == from_bits(b"\xe0", 3) and hash(cut) == hash(from_bits(b"\xe0", 3))
    assert {one: 1}[other] == 1


def test_bits_after_the_last_one_are_zero_in_bytes() -> None:
    assert bytes(Blob(b"\xff\xff").slice(0, 11)) == b"\xff\xe0"
    assert bytes(Blob.new(1, True)) == b"\x80"


def test_copying_and_pickling() -> None:
    stone, antestone = from_bits(b"\xa5\x80", 9), Blob.new(5, True)
    assert copy.copy(stone) is stone and copy.deepcopy([stone])[0] is stone
    other = copy.copy(antestone)
    other.write_bit(False)
    assert antestone.length_bits == 5 and other.length_bits == 6
    for blob in (stone, antestone):
        back = pickle.loads(pickle.dumps(blob))
        assert back == blob and back.is_stone == blob.is_stone
    with pytest.raises(TypeError):
        pickle.dumps(wota.dumps([stone]))


def test_counts_are_released() -> None:
    created, released = drystone.blobs_created(), drystone.blobs_released()
    blobs = [Blob(b"x") for _ in range(100)]
    assert drystone.blobs_created() == created + 100
    assert all(blob.refcount == 1 for blob in blobs)
    del blobs
    gc.collect()
    assert drystone.blobs_released() == released + 100


def test_making_it_again_leaks_nothing() -> None:
    blob = Blob(b"first")
    blob.__init__(b"second")
    assert bytes(blob) == b"second"
