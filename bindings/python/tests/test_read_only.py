"""Nothing that can be reached from a view can change the stone."""

from __future__ import annotations

import array
import copy
import ctypes
import gc
import io
import os
import pickle
import struct
import sys
import types
import weakref
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Tuple

import numpy
import pytest

import drystone
from drystone import Arena, Blob, Mailbox, _view, wota
from drystone._buffer import PyBuffer
from drystone.bucket import BucketHeap, BucketMap, BucketSet, StoneMap

_WRITABLE = 1  # PyBUF_WRITABLE

_get = ctypes.pythonapi.PyObject_GetBuffer
_release = ctypes.pythonapi.PyBuffer_Release


def of_bytes() -> Blob:
    return Blob(b"pebbles and stones " * 9)


def of_a_slice() -> Blob:
    return of_bytes().slice(64, 800)


def of_a_message() -> Blob:
    return wota.dumps({"name": "ann", "numbers": [1, 2.5, None], "stone": of_bytes()})


def of_a_letter() -> Blob:
    mailbox = Mailbox()
    mailbox.post(of_a_message())
    return mailbox.take()


def of_a_value() -> Blob:
    stone: Blob = wota.loads(of_a_message())["stone"]
    return stone


def of_a_record() -> Blob:
    stone: Blob = wota.view(of_a_message())["stone"]
    return stone


def of_a_map() -> Blob:
    ages = BucketMap(BucketHeap(), key="s", value="i")
    ages.update({"ann": 41, "bob": 42})
    return ages.to_stone()


def of_a_set() -> Blob:
    return BucketSet.from_elements(BucketHeap(), [3, 4, 5], "i").to_stone()


def of_a_tree() -> Blob:
    with Arena().scope() as scope:
        stone: Blob = scope.decode(of_a_message())["stone"].value()
    return stone


def of_an_antestone() -> Blob:
    blob = Blob.new(800)
    blob.write_text("pebbles")
    return blob.make_stone()


STONES: List[Callable[[], Blob]] = [
    of_bytes,
    of_a_slice,
    of_a_message,
    of_a_letter,
    of_a_value,
    of_a_record,
    of_a_map,
    of_a_set,
    of_a_tree,
    of_an_antestone,
]


of_each_kind = pytest.mark.parametrize("make", STONES, ids=[make.__name__ for make in STONES])


@contextmanager
def unchanged(make: Callable[[], Blob]) -> Iterator[Blob]:
    """A stone; afterwards its bytes must be unchanged."""
    made = make()
    before = bytes(made)
    yield made
    assert bytes(made) == before and bytes(made.view()) == before[: len(made)]


def writable(thing: Any) -> List[Tuple[int, int]]:
    """The address and the length where an object allows writes."""
    buffer = PyBuffer()
    try:
        _get(thing, ctypes.byref(buffer), _WRITABLE)
    except Exception:
        return []
    place = (buffer.buf or 0, buffer.len)
    _release(ctypes.byref(buffer))
    return [place]


def forms(view: memoryview) -> Dict[str, Any]:
    """The objects that can be made from a view."""
    made: Dict[str, Any] = {
        "view": view,
        "slice": view[3:],
        "steps": view[::-1],
        "cast": view.cast("b"),
        "cast twice": view.cast("c").cast("B"),
        "cast to rows": view[: len(view) // 4 * 4].cast("B", (len(view) // 4, 4)),
        "read only": view.toreadonly(),
        "memoryview": memoryview(view),
        "pickle buffer": pickle.PickleBuffer(view),
        "raw pickle buffer": pickle.PickleBuffer(view).raw(),
        "by a pickle buffer": memoryview(pickle.PickleBuffer(view)),
        "frombuffer": numpy.frombuffer(view, dtype="uint8"),
        "asarray": numpy.asarray(view),
        "array of a cast": numpy.asarray(view.cast("b")),
        "numpy view": numpy.frombuffer(view, dtype="uint8").view("int8"),
        "ndarray": numpy.ndarray(len(view), dtype="uint8", buffer=view),
    }
    if sys.version_info >= (3, 12):
        made["__buffer__"] = view.__buffer__(0)
    return made


@of_each_kind
def test_nothing_that_is_made_from_a_view_is_writable(make: Callable[[], Blob]) -> None:
    with unchanged(make) as stone:
        for name, made in forms(stone.view()).items():
            assert (name, writable(made)) == (name, [])
            again = memoryview(made)
            assert (name, again.readonly) == (name, True)
            with pytest.raises(TypeError):
                again[(0,) * again.ndim] = again[(0,) * again.ndim]


@of_each_kind
def test_a_view_has_no_exporter(make: Callable[[], Blob]) -> None:
    with unchanged(make) as stone:
        view = stone.view()
        assert view.obj is None
        for made in (view[3:], view.cast("b"), view.toreadonly(), memoryview(view), view[::2]):
            assert made.obj is None


@of_each_kind
def test_functions_that_write_into_buffers_refuse_a_view(make: Callable[[], Blob]) -> None:
    with unchanged(make) as stone:
        view = stone.view()
        zeros = io.BytesIO(bytes(len(view)))
        reading, writing = os.pipe()
        os.write(writing, b"zeros")
        for write in (
            lambda: (ctypes.c_ubyte * len(view)).from_buffer(view),
            lambda: ctypes.c_ubyte.from_buffer(view, 1),
            lambda: struct.pack_into("B", view, 0, 90),
            lambda: zeros.readinto(view),
            lambda: os.readv(reading, [view]),
            lambda: array.array("B", view).buffer_info() and memoryview(view).__setitem__(0, 90),
            lambda: numpy.copyto(numpy.frombuffer(view, dtype="uint8"), 90),
            lambda: numpy.asarray(view).__setitem__(0, 90),
            lambda: memoryview(view).cast("B").__delitem__(0),  # type: ignore[attr-defined]
        ):
            with pytest.raises((TypeError, ValueError, BufferError, AttributeError)):
                write()
        os.close(reading)
        os.close(writing)


@of_each_kind
def test_numpy_does_not_make_an_array_writable(make: Callable[[], Blob]) -> None:
    with unchanged(make) as stone:
        view = stone.view()
        for made in (
            numpy.frombuffer(view, dtype="uint8"),
            numpy.frombuffer(memoryview(view)[1:], dtype="uint8"),
            numpy.asarray(view),
            numpy.array(view, copy=False),
            numpy.ndarray(len(view), dtype="uint8", buffer=view),
            numpy.frombuffer(view, dtype="uint8")[2:].view("int8"),
        ):
            assert not made.flags.writeable
            with pytest.raises(ValueError):
                made.setflags(write=True)
            with pytest.raises(ValueError):
                made.flags.writeable = True
            base: Any = made
            while base is not None:
                assert writable(base) == []
                base = getattr(base, "base", None) if isinstance(base, numpy.ndarray) else getattr(base, "obj", None)


@of_each_kind
def test_pickles_and_copies_are_not_the_stone(make: Callable[[], Blob]) -> None:
    with unchanged(make) as stone:
        view, out_of_band = stone.view(), []  # type: Any, List[pickle.PickleBuffer]
        data = pickle.dumps(pickle.PickleBuffer(view), protocol=5, buffer_callback=out_of_band.append)
        for buffer in out_of_band:
            assert writable(buffer) == [] and writable(buffer.raw()) == []
        assert writable(pickle.loads(data, buffers=[view])) == []
        assert writable(pickle.loads(data, buffers=out_of_band)) == []
        pickled = pickle.dumps(numpy.frombuffer(view, dtype="uint8"), protocol=5, buffer_callback=out_of_band.append)
        back = pickle.loads(pickled, buffers=out_of_band[1:])
        assert not back.flags.writeable
        with pytest.raises(ValueError):
            back.setflags(write=True)
        if not wota.is_message(stone) or not wota.held_count(stone):
            assert pickle.loads(pickle.dumps(stone)) == stone
        for copied in (copy.copy(stone), copy.deepcopy(stone)):
            assert copied is stone
        ours = (ctypes.c_ubyte * len(view)).from_buffer_copy(view)
        ours[0] ^= 255  # a copy: the stone must not have changed


def reachable(start: Any) -> Iterator[Any]:
    """Everything reachable by the collector's references, attributes and weak references, except through modules."""
    seen, ahead = {id(start)}, [start]
    while ahead:
        thing = ahead.pop()
        yield thing
        further = gc.get_referents(thing) + weakref.getweakrefs(thing)
        if isinstance(thing, weakref.ref):
            further.append(thing())
        for name in ("obj", "base", "_objects", "_b_base_", "__self__", "mv"):
            further.append(getattr(thing, name, None))
        for one in further:
            if id(one) not in seen and not isinstance(one, (type, types.ModuleType, types.FrameType, str, int)):
                seen.add(id(one))
                if not (isinstance(one, dict) and "__builtins__" in one):
                    ahead.append(one)


@of_each_kind
def test_no_chain_of_references_leads_to_writable_memory(make: Callable[[], Blob]) -> None:
    with unchanged(make) as stone:
        view = stone.view()
        start, length = numpy.frombuffer(view, dtype="uint8").ctypes.data, len(view)
        for made in forms(view).values():
            for thing in reachable(made):
                for place, size in writable(thing):
                    assert place + size <= start or start + length <= place, type(thing)
            del thing


@of_each_kind
def test_no_object_of_the_process_lets_it_be_written(make: Callable[[], Blob]) -> None:
    with unchanged(make) as stone:
        kept = forms(stone.view())
        start, length = kept["frombuffer"].ctypes.data, len(stone)
        for thing in gc.get_objects():
            for place, size in writable(thing):
                assert place + size <= start or start + length <= place, type(thing)
        assert kept
        del thing


def test_a_message_is_complete_by_the_older_call() -> None:
    message = of_a_message()
    view = message.view()
    with pytest.raises(TypeError):
        memoryview(view.obj).cast("B")[0] = 0x5A
    assert wota.loads(message)["name"] == "ann"


@of_each_kind
def test_objects_made_from_a_view_keep_the_stone(make: Callable[[], Blob]) -> None:
    with unchanged(make) as stone:
        data = bytes(stone)
        for name, made in forms(Blob(data).view()).items():
            gc.collect()
            others = [Blob(bytes(len(data))) for _ in range(5)]  # would reuse freed memory
            place = memoryview(made).tobytes()
            assert place in (data, data[3:], data[::-1], data[: len(data) // 4 * 4]), name
            del others


def test_each_kind_of_end_drops_the_count() -> None:
    stone = of_bytes()
    view = stone.view()
    part, user = view[4:], pickle.PickleBuffer(view)
    assert stone.refcount == 2
    with pytest.raises(BufferError):
        view.release()
    user.release()
    view.release()
    assert stone.refcount == 2
    with pytest.raises(ValueError):
        view[0]
    with part as entered:
        assert entered[0] == b"pebbles"[4]
    assert stone.refcount == 1
    view = stone.view()
    cycle = [view]
    cycle.append(cycle)  # type: ignore[arg-type]
    del view, cycle
    gc.collect()
    assert stone.refcount == 1


def test_the_owner_of_a_stone_can_be_reached_and_cannot_change_it() -> None:
    stone = of_bytes()
    view = stone.view()
    (shared,) = gc.get_referents(view)
    (keeper,) = gc.get_referents(shared)
    assert type(keeper) is Blob and keeper == stone
    with pytest.raises(TypeError):
        memoryview(keeper)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        memoryview(shared)
    with pytest.raises(drystone.IsStone):
        keeper.write_bytes(b"z")
    part, before = view[1:], bytes(stone)
    view.release()
    del view, shared, keeper, stone
    assert bytes(part) == before[1:]


def test_a_map_in_a_stone_cannot_be_changed() -> None:
    stone = of_a_map()
    before = bytes(stone)
    frozen = StoneMap(stone)
    for name in ("__setitem__", "__delitem__", "update", "pop", "clear", "setdefault"):
        assert not hasattr(frozen, name)
    mine = BucketMap.at(frozen._memory, frozen._wrapper, "s", "i")
    for change in (
        lambda: mine.__setitem__("ann", 1),
        lambda: mine.__setitem__("new", 1),
        lambda: mine.__delitem__("ann"),
        lambda: mine.clear(),
        lambda: mine.with_("ann", 1),
        lambda: mine.without("ann"),
        lambda: frozen._memory.parse_json('{"a": 1}'),
    ):
        with pytest.raises(drystone.DrystoneError):
            change()
    assert bytes(stone) == before


def test_a_wrapped_array_cannot_be_reached() -> None:
    source = numpy.arange(100, dtype="uint16")
    place_of_source = source.ctypes.data
    for thing in reachable(Blob.wrap(source).view()):
        for place, size in writable(thing):
            assert place + size <= place_of_source or place_of_source + 200 <= place, type(thing)
    del thing


def test_an_interpreter_with_other_views_gets_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    stone = of_bytes()
    assert _view._find_record() == _view._record is not None
    monkeypatch.setattr(_view, "_record", None)
    with pytest.warns(RuntimeWarning, match="copies"):
        view = stone.view()
    assert bytes(view) == bytes(stone) and view.readonly and stone.refcount == 1


def test_an_unknown_layout_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Longer(ctypes.Structure):
        _fields_ = [*PyBuffer._fields_, ("more", ctypes.c_void_p)]

    monkeypatch.setattr(_view, "PyBuffer", Longer)
    assert _view._find_record() is None
