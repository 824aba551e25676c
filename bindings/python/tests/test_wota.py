"""Values to messages and back, and the refused values with their paths."""

from __future__ import annotations

import ctypes
import enum
import math
import sys
import threading
from collections import OrderedDict, defaultdict, namedtuple
from decimal import Decimal
from typing import Any, Dict, List

import pytest

import drystone
from drystone import Blob, Dialect, Limits, Private, System, wota
from drystone._library import library
from drystone.errors import check
from vectors import same

VALUES: List[Any] = [
    None,
    True,
    False,
    0,
    -1,
    (1 << 55) - 1,
    -(1 << 55),
    0.5,
    -0.0,
    1e300,
    5e-324,
    math.inf,
    -math.inf,
    math.nan,
    "",
    "a",
    "pebble",
    "Kiesel, 小石, 🪨",
    "\0",
    "\ud800",
    "a\udc00b",
    [],
    {},
    [[], {}, [{}]],
    {"": "", "a": {"a": {"a": [1, "2", 3.5, None, True]}}},
    {"z": 1, "a": 2, "10": 3, "9": 4},
    {"\ud800": 1, "\udc00": 2},
    list(range(1000)),
    ["x" * length for length in range(70)],
    Private("actor-1"),
    Private(Private([])),
    System({"kind": "stop"}),
    {"from": Private({"id": 7}), "to": [Private(8)]},
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_values_come_back(value: Any) -> None:
    for given in (value, [value], {"key": value}):
        message = wota.dumps(given)
        assert wota.is_message(message) and message.is_stone
        assert same(wota.loads(message), given)
        # With a stone beside it, the library's own writer and reader convert it.
        stone = Blob(b"pebble")
        beside = wota.dumps({"value": given, "stone": stone})
        assert same(wota.loads(beside), {"value": given, "stone": stone})
        assert wota.to_bytes(message) == wota.to_bytes(wota.dumps(wota.loads(message)))
        assert same(wota.loads_bytes(wota.dumps_bytes(given)), given)


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


def test_values_that_are_converted() -> None:
    Point = namedtuple("Point", "x y")
    pairs: List[Any] = [
        ((1, 2), [1, 2]),
        (Point(1, 2), [1, 2]),
        (2.0, 2),
        (1e15, 10**15),
        (2.0**55, 2.0**55),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (b"abc", Blob(b"abc")),
        (bytearray(b"abc"), Blob(b"abc")),
        (memoryview(b"abcdef")[::2], Blob(b"ace")),
        (Level.HIGH, 2),
        ("\ud83e\udea8", "🪨"),
        ({"\ud83e\udea8": 1}, {"🪨": 1}),
    ]
    for given, comes in pairs:
        back = wota.loads(wota.dumps([given]))[0]
        assert same(back, comes) and type(back) is type(comes)
        assert same(wota.loads(wota.dumps([given, Blob(b"s")]))[0], comes)


def test_subclasses_are_written_as_their_base_type() -> None:
    class Text(str):
        def __str__(self) -> str:
            raise AssertionError("not asked")

    class Number(float):
        def is_integer(self) -> bool:
            raise AssertionError("not asked")

    class Bytes(bytes):
        pass

    value = {Text("key"): [Text("text"), Number(1.5), Bytes(b"abc")]}
    assert wota.loads(wota.dumps(value)) == {"key": ["text", 1.5, Blob(b"abc")]}
    assert type(wota.loads(wota.dumps(value))["key"][0]) is str


class Odd:
    pass


REFUSED: List[Any] = [
    ({"users": [0, 1, 2, {"id": 1 << 55}]}, "$.users[3].id", drystone.OutOfRange, OverflowError),
    ([-(1 << 55) - 1], "$[0]", drystone.OutOfRange, OverflowError),
    (1 << 200, "$", drystone.OutOfRange, OverflowError),
    ({"a": {"b c": ({1, 2},)}}, '$.a["b c"][0]', drystone.WrongType, TypeError),
    ([1, Odd()], "$[1]", drystone.WrongType, TypeError),
    (Odd(), "$", drystone.WrongType, TypeError),
    ([1j], "$[0]", drystone.WrongType, TypeError),
    ([Decimal(1)], "$[0]", drystone.WrongType, TypeError),
    ({"a": {"b": 1, 2: 3}}, "$.a[2]", drystone.WrongType, TypeError),
    ({"a": {None: 3}}, "$.a[None]", drystone.WrongType, TypeError),
    ([0, Private([Odd()])], "$[1].value[0]", drystone.WrongType, TypeError),
    ([System([1])], "$[0]", drystone.WrongType, TypeError),
    ([iter([])], "$[0]", drystone.WrongType, TypeError),
]


@pytest.mark.parametrize("value, path, ours, theirs", REFUSED, ids=lambda value: str(value)[:30])
def test_refusals_say_where(value: Any, path: str, ours: Any, theirs: Any) -> None:
    for given, where in ((value, path), ([Blob(b"stone"), value], "$[1]" + path[1:])):
        with pytest.raises(ours) as caught:
            wota.dumps(given)
        assert isinstance(caught.value, theirs)
        assert caught.value.path is not None
        assert caught.value.path.startswith(where) and str(caught.value).startswith(f"{where}")
        del caught
    if path.endswith("]") or path.endswith("d"):
        with pytest.raises(ours) as caught:
            wota.dumps(value)
        assert caught.value.path in (path, path + ".value")


def test_texts_of_refusals() -> None:
    with pytest.raises(TypeError, match=r"^\$\.a\[0\]: a set cannot be sent$"):
        wota.dumps({"a": [set()]})
    with pytest.raises(TypeError, match=r"^\$\[1\]: an int cannot be a key$"):
        wota.dumps({1: 2})
    with pytest.raises(OverflowError, match=r"^\$: the number does not fit in 56 bits$"):
        wota.dumps(1 << 60)


def test_cycles_are_refused() -> None:
    record: Dict[str, Any] = {"list": [1]}
    record["list"].append(record)
    array: List[Any] = []
    array += [array, array]
    private = Private()
    private.value = [private]
    for value, path in ((record, "$.list[1]"), (array, "$[0]"), (private, "$.value[0]")):
        for beside in ([value], [Blob(b"s"), value]):
            with pytest.raises(ValueError, match="contains itself") as caught:
                wota.dumps(beside)
            assert caught.value.path == f"$[{len(beside) - 1}]{path[1:]}"  # type: ignore[attr-defined]
    shared = [1]
    assert wota.loads(wota.dumps([shared, shared])) == [[1], [1]]
    record.clear()
    array.clear()
    private.value = None


def nested(depth: int) -> Any:
    value: Any = []
    for number in range(depth - 1):
        value = {"a": value} if number % 3 else [value]
    return value


def test_depth_is_bounded() -> None:
    stone = Blob(b"s")
    assert wota.loads(wota.dumps(nested(512))) == nested(512)
    assert wota.loads(wota.dumps([nested(511), stone]))[0] == nested(511)
    for value in (nested(513), [nested(512)], [stone, nested(512)], nested(100_000)):
        with pytest.raises(drystone.LimitExceeded, match="nested containers") as caught:
            wota.dumps(value)
        path = caught.value.path
        assert path is not None and 100 < len(path) < 210
        while value:  # from the outside in, because freeing it otherwise recurses
            value = value["a"] if isinstance(value, dict) else value[-1]


def test_the_interpreters_stack_does_not_matter() -> None:
    def deep(left: int) -> Any:
        return deep(left - 1) if left else wota.loads(wota.dumps(nested(512)))

    assert deep(sys.getrecursionlimit() - 150) == nested(512)


def test_deeper_bytes_with_limits() -> None:
    data = bytes.fromhex("0201000000000000") * 5000 + bytes.fromhex("0200000000000000")
    with pytest.raises(drystone.LimitExceeded):
        wota.loads_bytes(data)
    value = wota.loads_bytes(data, limits=Limits(max_depth=6000))
    depth = 0
    while value:
        value, depth = value[0], depth + 1
    assert depth == 5000
    with pytest.raises(drystone.LimitExceeded):
        wota.loads_bytes(data, limits=Limits(max_depth=6000, max_words=100))
    for limits in (Limits(max_depth=-1), Limits(max_depth=1 << 32), Limits(max_words=-1)):
        with pytest.raises(drystone.OutOfRange):
            wota.loads_bytes(data, limits=limits)


def test_stones_go_by_reference() -> None:
    stone = Blob(b"pebble" * 1000)
    message = wota.dumps({"a": [1, {"deep": [stone]}, stone], "p": Private([stone]), "z": [[1], {"b": 2}, stone]})
    assert wota.held_count(message) == 4 and len(message) < 700 and stone.refcount == 5
    value = wota.loads(message)
    back = [value["a"][1]["deep"][0], value["a"][2], value["p"].value[0], value["z"][2]]
    assert stone.refcount == 9 and all(one == stone for one in back)
    assert len({bytes(one.view()) for one in back}) == 1
    del message, value, back
    assert stone.refcount == 1


def test_messages_within_messages() -> None:
    inner = wota.dumps({"stone": Blob(b"pebble")})
    outer = wota.loads(wota.dumps([inner, inner]))
    assert bytes(wota.loads(outer[1])["stone"]) == b"pebble"
    assert bytes(wota.loads_bytes(wota.to_bytes(wota.dumps([inner])))[0]) == wota.to_bytes(inner)


def test_antestones_are_sent_as_their_bits() -> None:
    antestone = Blob.new(13, True)
    for value in ([antestone], [antestone, Blob(b"stone")]):
        back = wota.loads(wota.dumps(value))[0]
        assert back == antestone and back.is_stone and antestone.refcount == 1


def test_bytes_include_the_stones() -> None:
    value = {"data": Blob(b"pebble").slice(0, 43), "more": b"x"}
    assert wota.loads_bytes(wota.dumps_bytes(value)) == {"data": value["data"], "more": Blob(b"x")}


def test_other_blobs_are_not_messages() -> None:
    for given in (Blob(b"12345678"), Blob.new(64)):
        assert not wota.is_message(given)
        for call in (wota.loads, wota.to_bytes, wota.to_json, wota.dump, drystone.nota.from_message):
            with pytest.raises(drystone.WrongType, match="is not a message"):
                call(given)
    with pytest.raises(TypeError, match="not bytes"):
        wota.loads(b"12345678")  # type: ignore[arg-type]


def test_dec64() -> None:
    value = {"a": [0.1, 5, -2.5, "text"], "stone": Blob(b"s")}
    message = wota.dumps(value, dialect=Dialect.DEC64)
    assert wota.dialect(message) is Dialect.DEC64 and wota.loads(message) == value
    assert wota.held_count(message) == 1
    data = wota.dumps_bytes([0.1, 1], dialect=Dialect.DEC64)
    assert wota.loads_bytes(data, dialect=Dialect.DEC64) == [0.1, 1]
    for refused in (1e300, 0.36995516654807925):
        with pytest.raises(drystone.OutOfRange, match=r"^\$\.a\[1\]: DEC64 cannot represent this number exactly$"):
            wota.dumps({"a": [0.5, refused]}, dialect=Dialect.DEC64)
    for refused in (math.nan, math.inf):
        for nearest in (False, True):
            with pytest.raises(drystone.OutOfRange, match=r"^\$\.a\[1\]: NaN and infinities cannot be represented$"):
                wota.dumps({"a": [0.5, refused]}, dialect=Dialect.DEC64, nearest=nearest)
    near = wota.dumps([0.36995516654807925], dialect=Dialect.DEC64, nearest=True)
    assert abs(wota.loads(near)[0] - 0.36995516654807925) < 1e-15
    with pytest.raises(drystone.OutOfRange, match=r"^\$\[0\]: the number is too large for DEC64$"):
        wota.dumps([1e300], dialect=Dialect.DEC64, nearest=True)
    classic = wota.transcode(message, Dialect.CLASSIC)
    assert wota.dialect(classic) is Dialect.CLASSIC and wota.loads(classic) == value
    with pytest.raises(ValueError):
        wota.dumps(1, dialect=7)  # type: ignore[arg-type]
    with pytest.raises(drystone.OutOfRange):
        wota.transcode(wota.dumps([1e300]), Dialect.DEC64)


def test_json_and_dumps() -> None:
    message = wota.dumps({"a": [1, "two", None], "b": Blob(b"\xf0")})
    assert wota.to_json(message) == '{"a":[1,"two",null],"b":{"$blob":"8A=="}}'
    assert wota.loads(wota.from_json(wota.to_json(message, pretty=True))) == {"a": [1, "two", None], "b": Blob(b"\xf0")}
    assert "two" in wota.dump(message)
    with pytest.raises(drystone.Malformed) as caught:
        wota.from_json('{"a": 1, "a"; 2}')
    assert caught.value.offset is not None


def test_values_that_change_meanwhile_are_a_value_or_an_error() -> None:
    value: Dict[str, Any] = {"list": [[n] for n in range(200)], "record": {str(n): n for n in range(200)}}
    beside = [value, Blob(b"stone")]
    going = True

    def change() -> None:
        number = 0
        while going:
            number += 1
            value["record"][f"new {number % 50}"] = 0
            value["list"].append(number)
            value["record"].pop(f"new {(number + 25) % 50}", None)
            del value["list"][number % 200]

    thread = threading.Thread(target=change)
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(300):
            for given in (value, beside):
                try:
                    wota.loads(wota.dumps(given))
                except (drystone.DrystoneError, RuntimeError) as error:
                    assert str(error)
    finally:
        sys.setswitchinterval(interval)
        going = False
        thread.join()
    assert wota.loads(wota.dumps(value)) == value


def test_equality_of_carriers() -> None:
    assert Private(1) == Private(1) != Private(2) and Private({}) != System({})
    assert repr(Private([1])) == "Private([1])"
    with pytest.raises(TypeError):
        hash(Private(1))


def referring(message: Blob, offset: int, dialect: Dialect = Dialect.CLASSIC) -> Blob:
    """A message of two references to that value, as another language writes them."""
    writer, out, pebble = ctypes.c_void_p(), ctypes.c_void_p(), Blob(b"pebble")
    check(library.wota_writer_new(dialect, ctypes.byref(writer)))
    check(library.wota_write_array(writer, 3))
    check(library.wota_write_value(writer, message._handle, offset))
    check(library.wota_write_blob(writer, pebble._handle))
    check(library.wota_write_value(writer, message._handle, offset))
    check(library.wota_writer_finish(writer, ctypes.byref(out)))
    library.wota_writer_free(writer)
    return Blob._of(out.value)


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("inner", Dialect)
def test_references_are_read_as_their_values(dialect: Dialect, inner: Dialect) -> None:
    whole = {"numbers": [1, 2.5], "stone": Blob(b"stone"), "text": "sea"}
    message = referring(wota.dumps(whole, dialect=inner), 0, dialect)
    assert wota.loads(message) == [whole, Blob(b"pebble"), whole]
    assert wota.loads(referring(message, 0)) == [wota.loads(message), Blob(b"pebble"), wota.loads(message)]
    assert wota.loads(referring(wota.dumps([7, 8], dialect=inner), 2, dialect)) == [8, Blob(b"pebble"), 8]
