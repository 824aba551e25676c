"""Maps and stones that others wrote into: every call ends with a value or one of the package's exceptions."""

from __future__ import annotations

import random
import struct
from typing import Any, Callable, Dict, List, Tuple

import pytest

import drystone
from bucket_memories import OwnMemory
from drystone.bucket import BucketHeap, BucketMap, BucketSet, StoneMap


def use(m: BucketMap) -> None:
    """Makes every call, whatever its result."""
    steps: List[Any] = [
        lambda: len(m),
        lambda: dict(m),
        lambda: [m.get(key) for key in list(m)[:50]],
        lambda: m["3"],
        lambda: "nothing" in m,
        lambda: m.verify(),
        lambda: StoneMap(m.to_stone()),
        lambda: dict(m.with_("new", "value")),
        lambda: dict(m.without("3")),
        lambda: m.update({"5": "five"}),
        lambda: m.popitem(),
    ]
    for step in steps:
        try:
            step()
        except drystone.DrystoneError:
            pass


@pytest.mark.parametrize("seed", range(300))
def test_corrupt_memory(seed: int) -> None:
    chance = random.Random(seed)
    memory = OwnMemory(1 << 18, plain=seed % 5 == 0)
    count = chance.choice([3, 8, 20, 200])
    m = BucketMap.from_entries(memory, {str(number): str(number) for number in range(count)}, "s", "s")
    start = chance.choice([64, m.offset, m.offset + 8])
    for _ in range(chance.choice([1, 2, 10])):
        place = chance.randrange(start, len(memory.data)) if chance.random() < 0.7 else m.offset + chance.randrange(12)
        memory.data[place] = chance.choice([0, 1, 0x7F, 0xFF, chance.randrange(256)])
    use(m)


@pytest.mark.parametrize("seed", range(100))
def test_corrupt_stones(seed: int) -> None:
    chance = random.Random(seed)
    entries = {str(number): str(number) for number in range(chance.choice([0, 3, 20, 100]))}
    data = bytearray(bytes(BucketMap.from_entries(BucketHeap(), entries, "s", "s").to_stone()))
    for _ in range(chance.choice([1, 5, 20])):
        data[chance.randrange(len(data))] = chance.choice([0, 1, 0x80, 0xFF, chance.randrange(256)])
    if seed % 4 == 0:
        del data[chance.randrange(len(data)) :]
    try:
        m = StoneMap(drystone.Blob(data))
        assert len(list(m)) == len(m)
        dict(m)
        m.get("3")
        m.to_stone()
    except drystone.DrystoneError:
        pass


# ---- strings that overlap ----


def overlapping(entries: int) -> Tuple[OwnMemory, BucketMap]:
    """A map whose values are the same half of the memory."""
    memory = OwnMemory(1 << 18)
    m = BucketMap.from_entries(memory, {str(k): str(k) for k in range(entries)}, "s", "s")
    (bucket,) = struct.unpack_from("<I", memory.data, m.offset + 8)
    for slot in range(entries):
        struct.pack_into("<II", memory.data, bucket + 8 + 20 * slot + 12, 0, len(memory.data) // 2)
    return memory, BucketMap.at(memory, m.offset, "s", "s", text=bytes)


EXPANSIONS: Dict[str, Callable[[Any], Any]] = {
    "values": lambda m: list(m.values()),
    "items": lambda m: list(m.items()),
    "dict": dict,
    "repr": repr,
    "equal": lambda m: m == {},
}


@pytest.mark.parametrize("name", EXPANSIONS)
def test_overlapping_strings_have_a_bound(name: str) -> None:
    expand = EXPANSIONS[name]
    memory, many = overlapping(40)
    with pytest.raises(drystone.LimitExceeded):
        expand(many)
    with pytest.raises(drystone.LimitExceeded):
        expand(StoneMap(many.to_stone(), text=bytes))
    assert len(list(many)) == 40
    _, few = overlapping(30)
    expand(few)


def test_equal_strings_of_a_heap_have_no_bound() -> None:
    m = BucketMap.from_entries(BucketHeap(), {k: "text" * 5000 for k in range(100)}, "i", "s")
    assert len("".join(dict(m).values())) == 2_000_000


def test_an_element_that_is_most_of_the_memory() -> None:
    memory = OwnMemory(1 << 18)
    s = BucketSet.from_elements(memory, map(str, range(40)), "s")
    (bucket,) = struct.unpack_from("<I", memory.data, s.offset + 8)
    for slot in range(40):
        struct.pack_into("<II", memory.data, bucket + 8 + 20 * slot + 4, 0, len(memory.data) // 2)
    with pytest.raises(drystone.LimitExceeded):
        list(s)
