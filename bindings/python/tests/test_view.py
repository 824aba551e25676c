"""Zero-copy views, and wrapped buffers."""

from __future__ import annotations

import gc
import threading
from typing import Any, List

import numpy
import pytest

import drystone
from drystone import Blob, Mailbox, wota
from drystone import blob as blob_module
from drystone._library import library


def address(buffer: Any) -> int:
    place: int = numpy.frombuffer(buffer, dtype="uint8").ctypes.data
    return place


def test_a_view_is_the_stone_itself_and_cannot_be_written() -> None:
    stone = Blob(b"pebbles")
    view = stone.view()
    assert bytes(view) == b"pebbles" and view.readonly and view.format == "B" and view.ndim == 1
    assert address(view) == address(stone.view())
    with pytest.raises(TypeError):
        view[0] = 1
    assert bytes(Blob().view()) == b""
    with pytest.raises(drystone.NotStone):
        Blob.new(8).view()


def test_a_view_lives_without_its_blob() -> None:
    view = Blob(b"pebbles" * 1000).view()
    part, items = view[7:14], numpy.frombuffer(view, dtype="uint8")
    gc.collect()
    assert drystone.blobs_alive() >= 1
    del view
    gc.collect()
    others = [Blob(b"\0" * 7000) for _ in range(20)]  # would reuse freed memory
    assert bytes(part) == b"pebbles" and bytes(items[:7]) == b"pebbles"
    before = drystone.blobs_alive()
    part.release()
    del part, items
    gc.collect()
    assert drystone.blobs_alive() == before - 1
    del others


def test_a_view_holds_one_count() -> None:
    stone = Blob(b"pebbles")
    view = stone.view()
    assert stone.refcount == 2
    del view
    assert stone.refcount == 1


def test_a_view_of_a_stone_that_ends_within_a_byte() -> None:
    stone = Blob(b"\xff\xff").slice(0, 12)
    assert len(stone.view()) == 2 == len(stone)
    assert stone.view()[1] & 0xF0 == 0xF0


def test_wrapped_buffers_are_not_copied_and_are_released_once() -> None:
    sources: List[Any] = [
        bytes(range(256)) * 40,
        bytearray(b"pebbles") * 1000,
        numpy.arange(5000, dtype="uint16"),
        numpy.arange(64, dtype="float64").reshape(8, 8),
    ]
    for source in sources:
        stone = Blob.wrap(source)
        assert stone.is_stone and bytes(stone) == memoryview(source).tobytes()
        assert address(stone.view()) == address(memoryview(source).cast("B"))
        assert len(blob_module._wrapped) == 1
        part = stone.slice(64, 128)
        del stone
        assert len(blob_module._wrapped) == 1 and len(part) == 8
        del part
        assert not blob_module._wrapped


def test_a_wrapped_bytearray_cannot_be_resized_meanwhile() -> None:
    source = bytearray(b"pebbles")
    stone = Blob.wrap(source)
    view = stone.view()
    del stone
    with pytest.raises(BufferError):
        source.append(0)
    del view
    source.append(0)
    assert source == b"pebbles\0"


def test_some_of_the_bits_and_nothing() -> None:
    assert bytes(Blob.wrap(b"\xff\xff", bits=9)) == b"\xff\x80"
    assert len(Blob.wrap(b"")) == 0 and len(Blob.wrap(bytearray())) == 0
    assert not blob_module._wrapped


def test_failures_release_the_buffer_too() -> None:
    source = bytearray(b"pebbles")
    for bits in (57, -1, 1 << 70):
        with pytest.raises(drystone.InvalidArgument):
            Blob.wrap(source, bits=bits)
    source.append(0)
    with pytest.raises(TypeError):
        Blob.wrap("text")
    with pytest.raises((BufferError, ValueError)):  # as numpy requests it
        Blob.wrap(numpy.arange(10)[::2])
    assert not blob_module._wrapped


def test_a_library_that_refuses_has_released(monkeypatch: pytest.MonkeyPatch) -> None:
    source, release = bytearray(b"pebbles"), blob_module._release

    def refuse(address: int, bits: int, _release: Any, number: int) -> None:
        release(number, address, bits)  # as `blob_wrap_owned` does before it returns NULL

    monkeypatch.setattr(library, "blob_wrap_owned", refuse)
    with pytest.raises(drystone.NoMemory):
        Blob.wrap(source)
    source.append(0)


def test_the_last_count_goes_on_another_thread() -> None:
    source, mailbox = bytearray(b"pebbles"), Mailbox()
    mailbox.post(wota.dumps({"data": Blob.wrap(source)}))
    with pytest.raises(BufferError):
        source.append(0)

    def last() -> None:
        value = wota.loads(mailbox.take())
        assert bytes(value["data"]) == b"pebbles"

    thread = threading.Thread(target=last)
    thread.start()
    thread.join()
    gc.collect()
    source.append(0)


def test_a_message_keeps_a_numpy_array() -> None:
    picture = numpy.zeros((480, 640), dtype="float32")
    picture[7, 9] = 2.5
    place = picture.ctypes.data
    message = wota.dumps({"size": list(picture.shape), "data": Blob.wrap(picture)})
    del picture
    gc.collect()
    value = wota.loads(message)
    back = numpy.frombuffer(value["data"].view(), dtype="float32").reshape(value["size"])
    del value, message
    gc.collect()
    assert back[7, 9] == 2.5 and back.ctypes.data == place and not back.flags.writeable
