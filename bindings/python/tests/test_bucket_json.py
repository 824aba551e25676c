"""JSON text as nested maps in memories of every kind, and back."""

from __future__ import annotations

import json

import pytest

from drystone import LimitExceeded, Malformed, NoMemory, Truncated
from drystone.bucket import BucketHeap, BucketMap
from guest import Guest
from hosts import HOSTS

TEXT = '{"name":"\u00e9","list":[1,2.5,null,true,{"a":[]}],"inner":{"x":{"y":"z"}},"":""}'
OBJECT = 0xFFFC0004


def test_text_comes_back_from_a_heap() -> None:
    heap = BucketHeap()
    word = heap.parse_json(TEXT)
    assert json.loads(heap.print_json(word)) == json.loads(TEXT)
    assert word >> 32 == OBJECT
    map = BucketMap.at(heap, word & 0xFFFFFFFF, "s", "i")
    assert list(map) == ["name", "list", "inner", ""]
    inner = map["inner"] & 0xFFFFFFFFFFFFFFFF
    assert heap.print_json(inner) == '{"x":{"y":"z"}}'
    for number in (0, -1, 1 << 60, 0.1, 1e300):
        assert json.loads(heap.print_json(heap.parse_json(json.dumps(number)))) == number


def test_bad_text_has_a_place() -> None:
    heap = BucketHeap()
    with pytest.raises(Truncated) as cut:
        heap.parse_json("[1,")
    with pytest.raises(Malformed) as wrong:
        heap.parse_json(b"[1 2]")
    assert (cut.value.offset, wrong.value.offset) == (3, 3)
    with pytest.raises((LimitExceeded, Malformed)):
        heap.parse_json("[" * 1000 + "]" * 1000)
    with pytest.raises(Malformed):
        heap.print_json(0xFFFC0002FFFFFFF0)
    with pytest.raises(NoMemory):
        BucketHeap(0, 1 << 12).parse_json(json.dumps({str(number): number for number in range(1000)}))


@pytest.mark.parametrize("case", [name for name in HOSTS if name != "reencode"])
@pytest.mark.parametrize("collect_always", [False, True])
def test_a_guest_holds_five_thousand_objects_one_after_the_other(case: str, collect_always: bool) -> None:
    guest = Guest(HOSTS[case], collect_always=collect_always)
    memory = guest.host.memory
    rounds = 200 if collect_always else 5000
    top = 0
    for number in range(rounds):
        text = '{"id":%d,"name":"an object","tags":["a","b",{"c":null}],"inner":{"x":1.5}}' % (number % 7)
        word = memory.parse_json(text)
        assert memory.print_json(word) == text
        if number == rounds // 2:
            top = guest["heap_top"]
    assert guest["heap_top"] == top
    assert guest["shadow_stack_pointer"] == guest["shadow_stack_base"]
