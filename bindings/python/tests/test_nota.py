from __future__ import annotations

import math
from typing import Any, List

import pytest

import drystone
from drystone import Blob, Limits, Private, nota, wota
from vectors import Vector, bytes_of, limits_of, load, same, value_of

VALUES: List[Any] = [
    None,
    [True, False],
    -(1 << 55),
    0.1,
    -1e300,
    5e-324,
    "Kiesel, 小石, 🪨",
    "\udc00",
    {"a": [1, {"b": [2.5, "x"]}]},
    Private({"id": 7}),
]


def test_values_come_back() -> None:
    for value in [*VALUES, Blob(b"\xa5\x80").slice(0, 9)]:
        assert same(nota.loads(nota.dumps(value)), value)
        assert same(nota.loads(bytearray(nota.dumps([value]))), [value])
    assert nota.dumps([0, "a"]) == bytes.fromhex("22601161")


def test_stones_are_written_as_their_bits() -> None:
    stone = Blob(b"pebble")
    assert nota.loads(nota.dumps({"a": [stone], "b": 1.5})) == {"a": [stone], "b": 1.5}
    assert stone.refcount == 1
    assert nota.loads(nota.dumps(-0.0)) == 0


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_values_that_nota_does_not_have_are_refused_with_their_path(number: float) -> None:
    for value in ({"a": [0, number]}, {"a": [Blob(b"s"), number]}):
        with pytest.raises(OverflowError, match=r"^\$\.a\[1\]: NaN and infinities"):
            nota.dumps(value)


def test_messages_both_ways() -> None:
    message = wota.dumps({"a": [1, 2.5]})
    assert nota.to_message(nota.from_message(message)) == message
    holding = wota.dumps([wota.dumps([Blob(b"s")])])
    assert wota.to_bytes(wota.dumps([Blob(b"s")])) in bytes(nota.from_message(holding))


def test_offsets_and_limits() -> None:
    with pytest.raises(drystone.Malformed) as caught:
        nota.loads(bytes.fromhex("2260") + b"\x7f")
    assert caught.value.offset == 2
    with pytest.raises(drystone.LimitExceeded):
        nota.loads(bytes.fromhex("212160"), limits=Limits(max_depth=1))
    with pytest.raises(drystone.LimitExceeded):
        nota.loads(bytes.fromhex("23606060"), limits=Limits(max_words=3))
    for nothing in (5, "text", None):
        with pytest.raises(TypeError):
            nota.loads(nothing)


def test_a_feeder_takes_pieces() -> None:
    values = [{"a": 1}, [1, 2, 3], "text", 7]
    stream = b"".join(map(nota.dumps, values))
    for size in (1, 2, 3, 5, len(stream)):
        feeder, came = nota.Feeder(), []
        for at in range(0, len(stream), size):
            rest = stream[at : at + size]
            while rest:
                fed = feeder.feed(rest)
                rest = rest[fed.taken :]
                if fed.complete:
                    came.append(wota.loads(feeder.take()))
        assert came == values
        with pytest.raises(drystone.Truncated):
            feeder.take()


def test_a_feeder_refuses_and_recovers() -> None:
    feeder = nota.Feeder(Limits(max_words=10))
    with pytest.raises(drystone.LimitExceeded):
        feeder.feed(bytes.fromhex("9FFFFFFFFFFF7F") + b"a" * 1000)
    feeder.reset()
    assert feeder.feed(nota.dumps([1])).complete and wota.loads(feeder.take()) == [1]


@pytest.mark.parametrize("vector", load("nota.json")["valid"], ids=lambda vector: vector["name"])
def test_vectors_in_pieces(vector: Vector) -> None:
    data, feeder = bytes_of(vector), nota.Feeder(limits_of(vector))
    for byte in data[:-1]:
        assert feeder.feed(bytes((byte,))) == (1, False)
    assert feeder.feed(data[-1:] + b"\0") == (1, True)
    assert same(wota.loads(feeder.take()), value_of(vector))
