"""Bucket maps and sets from Python: on heaps, in memories with other owners, in stones."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import random
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

import drystone
from bucket_memories import MEMORIES, OwnMemory
from drystone import wota
from drystone.bucket import BucketHeap, BucketMap, BucketMemory, BucketSet, StoneMap, StoneSet


@pytest.fixture(params=MEMORIES)
def memory(request: pytest.FixtureRequest) -> Any:
    return MEMORIES[request.param]()


def test_like_a_dict(memory: BucketMemory) -> None:
    m = BucketMap(memory, "s", "i")
    assert (len(m), bool(m), list(m), dict(m)) == (0, False, [], {})
    m["one"], m["two"], m["drei é \U0001f600"] = 1, 2, -3
    m["one"] = 10
    assert dict(m) == {"one": 10, "two": 2, "drei é \U0001f600": -3}
    assert list(m) == list(m.keys()) == ["one", "two", "drei é \U0001f600"]
    assert list(m.values()) == [10, 2, -3]
    assert list(m.items()) == [("one", 10), ("two", 2), ("drei é \U0001f600", -3)]
    assert "two" in m and b"two" in m and "" not in m
    assert m.get("two") == 2 and m.get("") is None and m.get("", 7) == 7
    del m["two"]
    with pytest.raises(drystone.NotFound, match="'two'"):
        del m["two"]
    with pytest.raises(KeyError):
        m["two"]
    m[""] = 0
    m["two"] = 22
    assert list(m.items()) == [("one", 10), ("drei é \U0001f600", -3), ("", 0), ("two", 22)]
    assert m.pop("two") == 22 and m.pop("two", None) is None
    assert m.popitem() == ("one", 10)
    assert m == {"drei é \U0001f600": -3, "": 0}
    m.update({"a": 1}, b=2)
    assert m.setdefault("a", 5) == 1
    m.clear()
    assert not m
    with pytest.raises(KeyError):
        m.popitem()
    m.verify()
    assert "BucketMap" in repr(m)


def test_like_a_set(memory: BucketMemory) -> None:
    s = BucketSet(memory, "s")
    s.add("b")
    s.add("a")
    s.add("b")
    assert list(s) == ["b", "a"] and len(s) == 2 and "a" in s and "c" not in s
    t = s.with_("c")
    assert list(t.without("b")) == ["a", "c"]
    assert list(s) == ["b", "a"] and list(t) == ["b", "a", "c"]
    assert s | {"z"} == {"a", "b", "z"} and s & {"a"} == {"a"} and s < {"a", "b", "c"}
    s.discard("zz")
    s.remove("b")
    with pytest.raises(KeyError):
        s.remove("b")
    assert list(s) == ["a"]
    assert not memory._counts or list(t) == ["b", "a", "c"]
    assert s.without("q") == s
    s.clear()
    assert not s and "BucketSet" in repr(s)
    assert list(BucketSet.from_elements(memory, [3, 1, 3, 2], "i")) == [3, 1, 2]


def test_fields(memory: BucketMemory) -> None:
    integers = BucketMap.from_entries(memory, [(0, 0.5), (-(2**63), math.inf), (2**63 - 1, -0.0)], "i", "f")
    assert list(integers.items()) == [(0, 0.5), (-(2**63), math.inf), (2**63 - 1, 0.0)]
    assert math.copysign(1, integers[2**63 - 1]) == -1
    floats = BucketMap.from_entries(memory, {-0.0: 1, math.nan: 2**32 - 1}, "f", "b")
    assert floats[0.0] == 1 and floats[-math.nan] == 2**32 - 1 and floats[0] == 1
    floats[0] = 7
    assert math.copysign(1, next(iter(floats))) == -1
    raw = BucketMap.from_entries(memory, [(b"\xff\x00", b"\xfe"), (b"", "text")], "s", "s", text=bytes)
    assert dict(raw) == {b"\xff\x00": b"\xfe", b"": b"text"}
    as_text = BucketMap.at(memory, raw.offset, "s", "s")
    assert as_text[""] == "text"
    with pytest.raises(drystone.Malformed, match="text=bytes"):
        list(as_text)
    surrogate = BucketSet.from_elements(memory, ["\ud800"], "s")
    assert list(surrogate) == ["\ud800"]


@pytest.mark.parametrize(
    "tags, key, value, error",
    [
        ("ii", "1", 1, drystone.WrongType),
        ("ii", 1.5, 1, drystone.WrongType),
        ("ii", 2**63, 1, drystone.OutOfRange),
        ("ib", 1, -1, drystone.OutOfRange),
        ("ib", 1, 2**32, drystone.OutOfRange),
        ("if", 1, "1.5", drystone.WrongType),
        ("si", 1, 1, drystone.WrongType),
        ("is", 1, None, drystone.WrongType),
    ],
)
def test_values_that_do_not_fit(memory: BucketMemory, tags: str, key: Any, value: Any, error: Any) -> None:
    m = BucketMap(memory, *tags)
    with pytest.raises(error):
        m[key] = value
    with pytest.raises(error):
        m.with_(key, value)
    assert not m
    if isinstance(memory, OwnMemory):
        assert memory.roots == [0]


def test_tags_and_texts_are_checked(memory: BucketMemory) -> None:
    for key, value in (("x", "i"), ("i", ""), ("", "i"), ("i", "ii")):
        with pytest.raises(drystone.InvalidArgument):
            BucketMap(memory, key, value)
    with pytest.raises(drystone.InvalidArgument):
        BucketMap(memory, "i", "i", text=int)  # type: ignore[arg-type]
    s, m = BucketSet(memory, "i"), BucketMap(memory, "i", "i")
    with pytest.raises(drystone.WrongType):
        BucketMap.at(memory, s.offset, "i", "i")
    with pytest.raises(drystone.WrongType):
        BucketSet.at(memory, m.offset, "i")
    with pytest.raises(drystone.Malformed):
        BucketMap.at(memory, 2**32 - 8, "i", "i")
    with pytest.raises(TypeError, match="to_stone"):
        m.__reduce__()


def test_numbers_that_do_not_fit(memory: BucketMemory) -> None:
    m, s = BucketMap(memory, "i", "i"), BucketSet(memory, "i")
    attempts: List[Callable[[], Any]] = [
        lambda: BucketMap.at(memory, m.offset + 2**40, "i", "i"),
        lambda: BucketMap.at(memory, m.offset - 2**32, "i", "i"),
        lambda: BucketSet.at(memory, s.offset + 2**32, "i"),
        lambda: memory.verify(m.offset + 2**32),
        lambda: memory.print_json(2**64),
        lambda: memory.print_json(-(2**63) - 1),
    ]
    for attempt in attempts:
        with pytest.raises(drystone.OutOfRange):
            attempt()


def test_memories_are_not_copied(memory: BucketMemory) -> None:
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            attempt(memory)


def test_versions(memory: BucketMemory) -> None:
    versions: List[Tuple[BucketMap, Dict[str, int]]] = [(BucketMap(memory, "s", "i"), {})]
    for number in range(40):
        m, model = versions[-1]
        versions.append((m.with_(str(number), number), {**model, str(number): number}))
    for m, model in versions:
        assert dict(m) == model
    old, model = versions[20]
    assert dict(old.with_("other", 1)) == {**model, "other": 1}
    assert dict(old.with_("3", 33)) == {**model, "3": 33}
    assert old.without("absent") == old == model
    assert dict(old.without("3")) == {key: value for key, value in model.items() if key != "3"}
    for m, model in versions:
        assert dict(m) == model
        m.verify()


def test_changes_in_place_on_a_heap_do_not_change_other_versions() -> None:
    heap = BucketHeap()
    first = BucketMap(heap, "i", "i")
    for number in range(20):
        first[number] = number
    second = first.with_(20, 20)
    same = second.with_(20, 20)
    first[3] = 33
    second[21] = 21
    del second[0]
    same[22] = 22
    assert dict(first) == {**{number: number for number in range(20)}, 3: 33}
    assert dict(second) == {number: number for number in range(1, 22)}
    assert dict(same) == {**{number: number for number in range(21)}, 22: 22}


def test_a_heap_is_empty_after_everything_is_freed() -> None:
    heap = BucketHeap()
    heap_before = heap.used
    m = BucketMap(heap, "s", "s")
    for number in range(500):
        m = m.with_(str(number), "x" * number)
        m["again"] = str(number)
        m = m.without(str(number // 2))
    del m
    gc.collect()
    # Strings without a count are swept when there are many.
    assert heap.used < heap_before + (1 << 18)
    for _ in range(50):
        BucketMap.from_entries(heap, {str(number): "y" * 100 for number in range(100)}, "s", "s")
    assert heap.used < heap_before + (1 << 18)


def test_a_heap_outlives_its_name() -> None:
    m = BucketMap(BucketHeap(), "i", "i")
    m[1] = 2
    gc.collect()
    assert dict(m) == {1: 2}


def test_a_full_heap() -> None:
    heap = BucketHeap(0, 1 << 16)
    m = BucketMap(heap, "i", "i")
    with pytest.raises(drystone.NoMemory):
        for number in range(10_000):
            m[number] = number
    assert dict(m) == {number: number for number in range(len(m))}
    m.verify()
    with pytest.raises(drystone.InvalidArgument):
        BucketHeap(10, 5)


# ---- memories with other owners ----


def test_callables_make_a_memory() -> None:
    own, calls = OwnMemory(), []

    def alloc(size: int) -> int:
        calls.append(size)
        return own.alloc(size)

    memory = BucketMemory(own.window, alloc)
    m = BucketMap.from_entries(memory, [(1, "one")], "i", "s")
    assert dict(m) == {1: "one"}
    assert calls[-1] == 12 and 3 in calls
    reading = BucketMap.at(BucketMemory(own.window), m.offset, "i", "s")
    assert reading[1] == "one"
    with pytest.raises(drystone.IsStone):
        reading[2] = "two"
    with pytest.raises(NotImplementedError):
        BucketMap(BucketMemory(), "i", "i")


def test_needed_blocks_are_rooted() -> None:
    memory = OwnMemory()
    m = BucketMap(memory, "s", "s").with_("key", "value")
    assert memory.roots == [0]
    assert memory.most_roots >= 4
    BucketMap.from_entries(memory, [("a", "b"), ("c", "d")], "s", "s")
    assert memory.roots == [0]
    assert dict(m) == {"key": "value"}


@pytest.mark.parametrize("name", ["alloc", "usable_size", "push_root", "pop_roots", "window"])
def test_exceptions_of_a_memory_are_raised(name: str) -> None:
    memory = OwnMemory()
    m = BucketMap(memory, "s", "i").with_("a", 1)

    def fail(*_: int) -> Any:
        raise ZeroDivisionError(name)

    good = getattr(memory, name)
    setattr(memory, name, fail)
    with pytest.raises(ZeroDivisionError, match=name):
        m.with_("b", 2)
    setattr(memory, name, good)
    if name == "pop_roots":
        memory.roots[:] = [0]
    assert memory.roots == [0]
    assert dict(m) == {"a": 1}
    assert dict(m.with_("b", 2)) == {"a": 1, "b": 2}


@pytest.mark.parametrize("change", ["with_", "without", "set", "build"])
def test_every_allocation_may_fail(change: str) -> None:
    memory = OwnMemory()
    model = {str(number): str(number) for number in range(8)}
    m = BucketMap.from_entries(memory, model, "s", "s")

    def attempt() -> Optional[BucketMap]:
        if change == "with_":
            return m.with_("new", "value")
        if change == "without":
            return m.without("3")
        if change == "set":
            m["new"] = "value"
            return None
        return BucketMap.from_entries(memory, model, "s", "s")

    for after in range(1, 100):
        memory.fail_after = after
        try:
            attempt()
        except drystone.NoMemory:
            assert memory.fail_after == 0
            assert dict(m) == model
            assert memory.roots == [0]
        else:
            assert after > 2
            break
    m.verify()


# ---- a model ----


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tags", ["ii", "ss", "fs", "bi"])
def test_random_steps(memory: BucketMemory, tags: str, seed: int) -> None:
    chance = random.Random(f"{tags} {seed}")

    def field(letter: str) -> Any:
        number = chance.randrange(40)
        return {"i": number - 20, "f": number / 4, "s": "k" * (number % 3) + str(number), "b": number}[letter]

    kept: List[Tuple[BucketMap, Dict[Any, Any]]] = [(BucketMap(memory, *tags), {})]
    heap = isinstance(memory, BucketHeap)
    steps = 400 if heap else 120
    for _ in range(steps):
        place = chance.randrange(len(kept))
        m, model = kept[place]
        key, value, step = field(tags[0]), field(tags[1]), chance.random()
        if step < 0.3:
            kept.append((m.with_(key, value), {**model, key: value}))
        elif step < 0.45:
            kept.append((m.without(key), {one: two for one, two in model.items() if one != key}))
        elif step < 0.5:
            kept.append((BucketMap.from_entries(memory, model, *tags), dict(model)))
        elif heap and step < 0.8:
            m[key], model[key] = value, value
        elif heap and step < 0.9:
            assert m.pop(key, None) == model.pop(key, None)
        else:
            assert m.get(key) == model.get(key)
            assert (key in m) == (key in model)
        if len(kept) > 6:
            del kept[chance.randrange(len(kept))]
        m, model = kept[-1]
        assert len(m) == len(model)
        assert list(m.items()) == list(model.items())
    for m, model in kept:
        m.verify()
        assert list(m.items()) == list(model.items())
        assert list(StoneMap(m.to_stone()).items()) == list(model.items())


# ---- stones ----


def test_stones_in_messages(memory: BucketMemory) -> None:
    model = {str(number): "value " * number for number in range(30)}
    stone = BucketMap.from_entries(memory, model, "s", "s").to_stone()
    letter = wota.dumps({"map": stone, "set": BucketSet.from_elements(memory, [1.5, 2.5], "f").to_stone()})
    received = wota.loads(letter)
    m, s = StoneMap(received["map"]), StoneSet(received["set"])
    assert dict(m) == model and m["7"] == model["7"] and "x" not in m
    assert list(s) == [1.5, 2.5] and 1.5 in s and s | {3} == {1.5, 2.5, 3}
    assert m == model and dict(StoneMap(m.to_stone())) == model
    assert m.get(b"7") == model["7"]
    assert StoneMap(received["map"], text=bytes)["2"] == b"value value "
    with pytest.raises(drystone.WrongType):
        StoneSet(stone)
    with pytest.raises(drystone.WrongType):
        StoneMap(received["set"])
    with pytest.raises(drystone.Malformed):
        StoneMap(letter)
    with pytest.raises(drystone.NotStone):
        StoneMap(stone.copy())
    with pytest.raises(TypeError):
        m["7"] = "x"  # type: ignore[index]


def test_a_stone_lives_as_long_as_its_map() -> None:
    m = StoneMap(BucketMap.from_entries(BucketHeap(), {1: "one"}, "i", "s").to_stone())
    gc.collect()
    assert dict(m) == {1: "one"}


def test_iterating_covers_the_entries_at_its_start() -> None:
    heap = BucketHeap()
    for count in (0, 3, 8, 9, 1000):
        m = BucketMap(heap, "i", "i")
        for key in range(count):
            m[key] = -key
        seen = []
        for key in m:
            seen.append(key)
            del m[key]
            m[key + 5000] = 0
        assert seen == list(range(count)) and len(m) == count
        s = BucketSet.from_elements(heap, range(count), "i")
        half = iter(s)
        assert list(zip(range(4), half)) == [(n, n) for n in range(min(4, count))]
        s.clear()
        assert len(s) == 0 and list(half) == list(range(count))[4:]


def test_removing_all_entries_from_the_front() -> None:
    heap = BucketHeap()
    count = 20_000
    s = BucketSet.from_elements(heap, range(count), "i")
    m = BucketMap.from_entries(heap, ((key, -key) for key in range(count)), "i", "i")
    full = heap.used
    for key in range(count - 1):
        assert next(iter(s)) == key
        s.remove(key)
        assert m.popitem() == (key, -key)
    assert heap.used < full / 20
    assert s.pop() == count - 1
    with pytest.raises(KeyError):
        s.pop()
    assert list(s) == [] and list(m.items()) == [(count - 1, 1 - count)]


def test_versions_that_share_a_wrapper() -> None:
    heap = BucketHeap()
    m = BucketMap.from_entries(heap, {1: 10}, "i", "i")
    same = m.with_(1, 10)
    m[2] = 20
    same[3] = 30
    assert (dict(m), dict(same)) == ({1: 10, 2: 20}, {1: 10, 3: 30})
    del m, same
    gc.collect()
    assert heap.used == 0
