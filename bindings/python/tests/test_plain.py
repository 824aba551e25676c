"""Plain values, which the interpreter and the library exchange as one stream: what may be in it, and what may not."""

from __future__ import annotations

import enum
import pickle
import sys
from collections import OrderedDict, namedtuple
from typing import Any, List

import pytest

import drystone
from drystone import Blob, Private, System, wota
from drystone._decode import _Values
from drystone._encode import plain

Point = namedtuple("Point", "x y")


class Colour(enum.IntEnum):
    RED = 3


class Loud(str):
    """Records that it was pickled."""

    said: List[str] = []

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.said.append("pickled")
        return super().__reduce_ex__(protocol)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [(), (1,), (1, (2, ())), ((((1,),),),), [(), ([], {}), ("a", "b", "c", "d")]],
        {"many": list(range(2500)), "keys": {f"key {number}": number for number in range(2500)}},
        [0, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**55 - 1, -(2**55)],
        ["", "a" * 255, "a" * 256, "\u00e9" * 300, "\U0001f4a9" * 70000, "same", "same"],
        [0.5, -0.0, float("inf"), 1e300],
        {"": {"": {"": []}}},
    ],
)
def test_plain_values_come_back(value: Any) -> None:
    def lists(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: lists(inner) for key, inner in value.items()}
        return [lists(inner) for inner in value] if isinstance(value, (list, tuple)) else value

    assert plain(value) is not None
    assert repr(wota.loads(wota.dumps(value))) == repr(lists(value))


def test_bytes_are_blobs() -> None:
    for given in (b"", b"abc", bytearray(b"abc" * 100), b"\xff" * 70000):
        assert plain([given]) is not None
        (blob,) = wota.loads(wota.dumps([given]))
        assert bytes(blob) == given and blob.is_stone and blob.refcount == 1


@pytest.mark.parametrize("value", [Point(1, [2]), Colour.RED, OrderedDict(a=1), Loud("a"), {Loud("a"): 1}, Private(1)])
def test_values_of_other_types_are_walked(value: Any) -> None:
    assert plain(value) is None
    assert wota.loads(wota.dumps([value, 1]))[1] == 1
    assert not Loud.said


def test_repeated_values_are_written_repeatedly() -> None:
    inner = ["a"]
    first, second = wota.loads(wota.dumps([inner, inner]))
    assert first == second == ["a"] and first is not second


def test_values_at_the_end_of_the_interpreters_stack_are_walked() -> None:
    deep: Any = 7
    for _ in range(512):
        deep = [deep]

    def called(more: int) -> Any:
        return called(more - 1) if more else wota.loads(wota.dumps(deep))

    value = called(sys.getrecursionlimit() - 200)
    for _ in range(512):
        (value,) = value
    assert value == 7


def test_a_cycle_is_refused_with_its_path() -> None:
    cycle: List[Any] = [1]
    cycle.append({"a": cycle})
    with pytest.raises(drystone.InvalidArgument, match="contains itself") as refused:
        wota.dumps(cycle)
    assert refused.value.path == "$[1].a"


def test_stones_keep_their_counts() -> None:
    stone = Blob(b"stone")
    message = wota.dumps([stone, Private(stone), System({"a": stone}), Private(Private([]))])
    value = wota.loads(message)
    assert value[0] == value[1].value == value[2].value["a"] == stone and stone.refcount == 7
    assert value[3] == Private(Private([]))
    del value
    assert stone.refcount == 4


def test_repeated_texts_are_one_object() -> None:
    first, second = wota.loads(wota.dumps([{"name": 1}, {"name": 2}]))
    assert next(iter(first)) is next(iter(second))


def test_no_stream_names_code() -> None:
    import io

    with pytest.raises(pickle.UnpicklingError, match=r"os\.getcwd in a message"):
        _Values(io.BytesIO(b"cos\ngetcwd\n.")).load()
