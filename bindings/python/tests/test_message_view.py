"""Values of messages, read in place."""

from __future__ import annotations

import copy
import ctypes
import gc
import json
import math
import pickle
import random
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Dict, List

import numpy
import pytest

import drystone
from drystone import ArrayView, Blob, Dialect, Mailbox, Private, RecordView, System, nota, wota
from drystone._library import library
from drystone.bucket import BucketHeap, BucketMap, StoneMap
from test_read_only import reachable, writable
from test_vectors import FORMS
from test_wota import VALUES
from vectors import bytes_of, limits_of, load, same

of_each_dialect = pytest.mark.parametrize("dialect", Dialect)


def viewed(value: Any, **given: Any) -> Any:
    """The view of a value's message."""
    return wota.view(wota.dumps(value, **given))


def seen(root: Any) -> Any:
    """A view's content as plain values, by every kind of access; without recursion, because some vectors are deep."""
    result: List[Any] = [None]
    ahead: List[Any] = [(root, result, 0)]
    while ahead:
        value, around, place = ahead.pop()
        made: Any = value
        if isinstance(value, RecordView):
            made = dict(value.items())
            assert list(value) == list(value.keys()) == list(made) and len(value) == len(made)
            assert len(list(value.values())) == len(made)
            ahead += [(value[key], made, key) for key in made if key in value]
        elif isinstance(value, ArrayView):
            made = list(value)
            assert len(value) == len(made)
            ahead += [(value[number], made, number) for number in range(len(made))]
        elif isinstance(value, (Private, System)):
            carried = [None]
            made = type(value)(carried)
            ahead.append((value.value, carried, 0))
        around[place] = made
    return result[0]


def opened(value: Any) -> Any:
    """The same, with the values that `seen` put into a list in their places."""
    ahead = [value]
    while ahead:
        here = ahead.pop()
        if isinstance(here, (Private, System)):
            (here.value,) = here.value
            ahead.append(here.value)
        elif isinstance(here, (dict, list)):
            ahead += here.values() if isinstance(here, dict) else here
    return value


def agrees(message: Blob) -> None:
    """A view has the same content as the message."""
    value = wota.loads(message)
    assert same(opened(seen(wota.view(message))), value)
    view = wota.view(message)
    if isinstance(view, (RecordView, ArrayView)):
        assert same(view.copy(), value)
        assert view == wota.view(message) and hash(view) == hash(wota.view(message))
        assert len(repr(view)) < 4000


@pytest.mark.parametrize("name", FORMS)
def test_vectors(name: str) -> None:
    for vector in load(name)["valid"]:
        agrees(FORMS[name].to_message(bytes_of(vector), limits_of(vector)))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_values(value: Any) -> None:
    for given in (value, [value], {"key": value, "stone": Blob(b"pebble")}):
        agrees(wota.dumps(given))


def some(chance: random.Random, left: int, shared: List[Any]) -> Any:
    """Any value; sometimes an earlier view, of either dialect."""
    kind = chance.randrange(9 if left else 5)
    if kind < 5:
        leaves: List[Any] = [None, True, chance.randrange(-99, 99), chance.random(), "sea" * chance.randrange(99)]
        return leaves[kind] if chance.random() < 0.9 else Blob(b"pebble").slice(0, chance.randrange(48))
    if kind == 5 and shared:
        return chance.choice(shared)
    if kind == 6:
        return Private(some(chance, left - 1, shared))
    count = chance.choice((0, 1, 3, 20)) if left > 1 else chance.choice((0, 2, 60))
    if kind == 7:
        value: Any = {f"{'k' * chance.randrange(40)} {n}": some(chance, left - 1, shared) for n in range(count)}
    else:
        value = [some(chance, left - 1, shared) for _ in range(count)]
    if chance.random() < 0.3:
        shared.append(viewed(value, dialect=chance.choice(list(Dialect)), nearest=True))
    return value


@pytest.mark.parametrize("seed", range(20))
def test_generated_values_that_share(seed: int) -> None:
    chance = random.Random(seed)
    shared: List[Any] = []
    agrees(wota.dumps([some(chance, 3, shared) for _ in range(4)]))
    agrees(wota.dumps([some(chance, 3, shared) for _ in range(4)], dialect=Dialect.DEC64, nearest=True))


@of_each_dialect
def test_a_record_is_a_mapping(dialect: Dialect) -> None:
    plain = {"id": 7, "name": "sea", "Kiesel 🪨": [1], "\ud800": None, "": {}, "long key of more words": 2.5}
    view = viewed(plain, dialect=dialect)
    assert isinstance(view, RecordView) and isinstance(view, Mapping)
    assert view["id"] == 7 and view.get("name") == "sea" and view["\ud800"] is None
    assert view.get("none") is None and view.get("none", 3) == 3 and view.get(7) is None
    assert "none" not in view and 7 not in view and "\ud83e\udea8" not in viewed({"🪨": 1})
    assert list(view) == list(plain) and dict(view) == plain and {**view} == plain
    assert list(view.items()) == list(plain.items()) and list(view.values()) == list(plain.values())
    assert ("id", 7) in view.items() and view.keys() & {"id", "other"} == {"id"}
    absent: Any
    for absent in ("none", 7, None, "i", "idd"):
        with pytest.raises(KeyError) as caught:
            view[absent]
        assert type(caught.value) is drystone.NotFound
    for call in (view.__contains__, view.get, view.__getitem__):
        with pytest.raises(TypeError, match="unhashable"):
            call([])


@of_each_dialect
def test_an_array_is_a_sequence(dialect: Dialect) -> None:
    plain = [0, 0.5, "two", [3], None, {"five": 5}] * 30
    index: Any = numpy.int64(179)
    odd: Any
    view = viewed(plain, dialect=dialect)
    assert type(view) is ArrayView and isinstance(view, Sequence)
    assert len(view) == 180 and view[2] == "two" and view[-1] == {"five": 5} and view[index] == view[-1]
    for part in (slice(3), slice(-3, None), slice(None, None, -7), slice(170, 500), slice(5, 2)):
        assert view[part] == plain[part] and type(view[part]) is list
    assert list(reversed(view)) == plain[::-1] and view.index("two") == 2 and view.count(None) == 30
    assert [3] in view and [4] not in view
    for index in (180, -181, 1 << 70):
        with pytest.raises(IndexError):
            view[index]
    for odd in ("0", 0.0, None):
        with pytest.raises(TypeError):
            view[odd]


def test_walks_that_take_turns() -> None:
    plain: Any = [["x" * (n % 700), n, n / 3, None, [n], {"k" * (n % 90): "é" * n}] for n in range(300)]
    plain += [f"text {n}" * (n % 200) for n in range(500)] + list(range(500)) + [n / 7 for n in range(500)]
    view = viewed(plain)
    for one, other, wanted in zip(view, view, plain):
        assert one == wanted and other == wanted and type(one) is type(other)
    record = viewed({f"key {n}" * (n % 99 + 1): value for n, value in enumerate(plain)})
    names, items = iter(record), iter(record.items())
    for name, (key, value) in zip(record.copy(), items):
        assert next(names) == name == key and record[key] == value
    assert next(names, None) is None and next(items, None) is None


def test_values_that_are_not_containers_are_returned_decoded() -> None:
    for value in (None, True, 7, 2.5, "sea", Blob(b"pebble")):
        assert viewed(value) == value and type(viewed(value)) is type(value)
    private = viewed(Private(Private({"id": [7]})))
    assert type(private) is Private and type(private.value.value) is RecordView
    assert private == Private(Private({"id": [7]}))


def test_nothing_can_be_changed() -> None:
    for view in (viewed({"a": [1]}), viewed([[1], 2])):
        first = next(iter(view))
        for change in (
            lambda: view.__setitem__(first, 1),
            lambda: view.__delitem__(first),
            lambda: view.update({"a": 1}),
            lambda: view.append(1),
            lambda: view.clear(),
            lambda: setattr(view, "more", 1),
        ):
            with pytest.raises((TypeError, AttributeError)):
                change()
        assert view == view.copy()


def test_only_messages_have_views() -> None:
    for wrong in (Blob(b"12345678"), Blob.new(64)):
        with pytest.raises(drystone.WrongType, match="is not a message"):
            wota.view(wrong)
    with pytest.raises(TypeError, match="not bytes"):
        wota.view(b"12345678")  # type: ignore[arg-type]
    for kind in (RecordView, ArrayView):
        for given in ((), (Blob(), bytes(48)), ({"a": 1},)):
            with pytest.raises(TypeError, match="is made by wota.view"):
                kind(*given)


def test_equality() -> None:
    view = viewed({"a": 1, "b": [1.5, True, {"c": None}], "p": Private([1])})
    plain: Dict[str, Any] = {"b": [1.5, 1, {"c": None}], "p": Private([1]), "a": 1.0}
    other = viewed(OrderedDict(plain))
    assert view == plain and plain == view and view == OrderedDict(plain) and view == other
    assert hash(view) == hash(other) and len({view, other}) == 1 and {view: 1}[other] == 1
    others: Dict[str, List[Any]] = {"a": [2], "b": [[1.5, 1, {"c": 0}], {}], "p": [System({}), Private([2])]}
    others["more"] = [0]
    for changed in ({key: value} for key, values in others.items() for value in values):
        unequal = {**plain, **changed}
        assert view != unequal and unequal != view and view != viewed(unequal)
    assert view["b"] == plain["b"] and plain["b"] == view["b"] and view["b"] != tuple(plain["b"])
    assert view != {"a": 1, "b": plain["b"], "q": Private([1])} and view != 1 and view != "a" and view["b"] != "abc"
    assert viewed([]) != viewed({}) and viewed([]) == [] and viewed([]) != {} and viewed({}) == {}
    ages = BucketMap(BucketHeap(), key="s", value="i")
    ages["ann"] = 41
    for mapping in (ages, StoneMap(ages.to_stone())):
        assert viewed({"ann": 41}) == mapping and viewed([{"ann": 41}]) == [mapping] and viewed({"ann": 42}) != mapping


def test_nan_is_equal_only_in_the_same_message() -> None:
    message = wota.dumps({"a": [math.nan]})
    view = wota.view(message)
    assert view == wota.view(message) and hash(view) == hash(wota.view(message)) and view in {wota.view(message)}
    assert view != wota.loads(message) and view != viewed({"a": [math.nan]})


def test_copies() -> None:
    view = viewed({"a": [1, [2]]})
    assert copy.copy(view) is view and copy.deepcopy(view) is view and copy.deepcopy([view])[0] is view
    for part in (view, view["a"], view["a"][1]):
        plain = part.copy()
        assert type(plain) in (dict, list) and plain == part
        plain.clear()
    assert view == {"a": [1, [2]]}
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(view, protocol)


def test_texts_for_people_are_short() -> None:
    plain = {"id": 7, "p": Private({}), "rows": list(range(100)), "data": Blob(b"ab"), "r": {}, "t": "x" * 10**6}
    view = viewed(plain)
    text = repr(view)
    assert text.startswith("<drystone.RecordView of 6: {'id': 7, 'p': Private(…), 'rows': […], 'data': <drystone.")
    assert "'r': {…}" in text and text.endswith("}>") and len(text) < 300
    assert repr(view["rows"]) == f"<drystone.ArrayView of 100: [{', '.join(map(str, range(16)))}, …]>"
    assert repr(viewed([])) == "<drystone.ArrayView of 0: []>" and repr(viewed({})) == "<drystone.RecordView of 0: {}>"


def test_json() -> None:
    view = viewed({"a": [1, {"b": None}]})
    assert json.dumps([view], default=lambda value: value.copy()) == '[{"a": [1, {"b": null}]}]'


@of_each_dialect
def test_views_go_by_reference(dialect: Dialect) -> None:
    document = wota.dumps({"rows": [[n, "row"] for n in range(1000)], "stone": Blob(b"pebble")}, dialect=dialect)
    view, before = wota.view(document), document.refcount
    outer = wota.dumps({"all": view, "row": view["rows"][700], "sys": System(view), "p": Private(view["rows"])})
    assert len(outer) < 300 and wota.held_count(outer) == 4 and document.refcount == before + 4
    again = wota.view(outer)
    assert again["all"] == view and again["row"] == [700, "row"] and again["p"].value[3][0] == 3
    assert wota.held_count(wota.dumps(again["row"])) == 1
    whole = wota.loads(document)
    plain = {"all": whole, "row": whole["rows"][700], "sys": System(whole), "p": Private(whole["rows"])}
    assert wota.loads(outer) == plain and wota.loads_bytes(wota.to_bytes(outer)) == plain
    assert wota.loads_bytes(wota.dumps_bytes(view, dialect=dialect), dialect=dialect) == whole
    assert nota.loads(nota.dumps([view["rows"]])) == [whole["rows"]]
    assert wota.loads(wota.dumps([view], dialect=Dialect.DEC64)) == [whole]
    del outer, again
    assert document.refcount == before


def test_refused_values_next_to_views_have_a_path() -> None:
    view = viewed([1])
    for given, path, refusal in (
        ({"a": [view, object()]}, "$.a[1]", drystone.WrongType),
        ([view, System(view)], "$[1].value", drystone.WrongType),
        ([1 << 60, view], "$[0]", drystone.OutOfRange),
        ({view: 1}, "$[<drystone.ArrayView of 1: [1]>]", drystone.WrongType),
    ):
        with pytest.raises(refusal) as caught:
            wota.dumps(given)
        assert caught.value.path == path
        del caught


def test_a_view_keeps_its_message() -> None:
    inner = wota.dumps({"rows": [["sea", Blob(b"pebble")]] * 50})
    alive = drystone.blobs_alive()  # the message and its stones
    view = wota.view(wota.dumps([wota.view(inner)]))[0]["rows"][49]
    assert drystone.blobs_alive() == alive + 1
    del inner
    others = [wota.dumps(["xxx"] * 300) for _ in range(20)]  # would reuse freed memory
    assert view == ["sea", Blob(b"pebble")] and view.copy() == view
    rows = iter(view)
    del view
    assert next(rows) == "sea" and bytes(next(rows)) == b"pebble"
    stone = wota.view(others[0])
    del others
    assert drystone.blobs_alive() == alive + 2
    del rows
    assert drystone.blobs_alive() == 1 and stone[299] == "xxx"


def test_a_letter_is_read_in_place() -> None:
    mailbox, rows = Mailbox(), [{"n": n, "text": "x" * (n % 9)} for n in range(5000)]
    mailbox.post(wota.dumps({"rows": rows, "picture": Blob(b"pixels")}))
    letter = wota.view(mailbox.take())
    picture = letter["picture"].view()
    assert letter["rows"][4321] == rows[4321] and picture.readonly and bytes(picture) == b"pixels"


def test_any_number_of_threads_use_one_view() -> None:
    rows = [{f"k{field}": [number, field] for field in range(40)} for number in range(20)]
    view = viewed(rows)
    wrong: List[Any] = []
    start = threading.Barrier(8)

    def read(seed: int) -> None:
        chance = random.Random(seed)
        start.wait()
        for _ in range(100):
            row, field = chance.randrange(20), chance.randrange(40)
            if view[row][f"k{field}"][1] != field or view[row].get("none") or len(view[row]) != 40:
                wrong.append((row, field))
        if view != rows or hash(view) != hash(viewed(rows)):
            wrong.append(seed)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def shared(levels: int) -> Blob:
    """10^levels values in a few hundred words."""
    message = wota.dumps([1])
    for _ in range(levels):
        message = wota.dumps({"a": [wota.view(message)] * 10})
    return message


def test_sharing_may_be_exponential() -> None:
    one, other = wota.view(shared(30)), wota.view(shared(30))
    assert one == other and hash(one) == hash(other) and one != wota.view(shared(29))
    assert repr(one) == "<drystone.RecordView of 1: {'a': […]}>"
    assert one["a"][9]["a"][8]["a"][7] == other["a"][0]["a"][0]["a"][0]
    message = wota.dumps([one, other])
    assert len(message) < 100
    flatten: List[Callable[[], Any]] = [lambda: one.copy(), lambda: one["a"].copy(), lambda: wota.loads(message)]
    flatten += [lambda: nota.dumps(one), lambda: wota.to_bytes(message)]
    for call in flatten:
        with pytest.raises(drystone.LimitExceeded):
            call()


def test_depth_goes_through_references() -> None:
    def deep(levels: int) -> Any:
        view = viewed([])
        for number in range(levels):
            view = viewed([view] if number % 2 else Private({"a": view}))
        return view

    one = deep(5000)
    assert one == deep(5000) and hash(one) == hash(deep(5000)) and one != deep(4998)
    assert one == one.copy() and len(repr(one)) < 100
    view, depth = one, 0
    while len(view):
        view, depth = view[0].value["a"], depth + 2
    assert depth == 5000
    with pytest.raises(drystone.LimitExceeded):
        wota.loads_bytes(wota.to_bytes(wota.dumps(one)))


def test_no_chain_of_references_leads_to_writable_memory() -> None:
    message = wota.dumps({"rows": [[n] for n in range(100)], "stone": Blob(b"pebbles " * 20)})
    before = bytes(message)
    start = numpy.frombuffer(message.view(), dtype="uint8").ctypes.data
    view = wota.view(message)
    kept = [view, view["rows"], view["rows"][50], view.items(), view.keys(), iter(view), iter(view["rows"])]
    for made in [*kept, view["stone"]]:
        hash(made) if isinstance(made, (RecordView, ArrayView)) else None
        for thing in reachable(made):
            for place, size in writable(thing):
                assert place + size <= start or start + len(message) <= place, type(thing)
        del thing
    for view in (view, view["rows"]):
        with pytest.raises(TypeError):
            memoryview(view)
        # Its position cannot be changed either, because the library trusts it.
        assert type(view._view) is bytes
        assert not [thing for thing in gc.get_referents(view) if isinstance(thing, (ctypes.Structure, ctypes.Array))]
    assert bytes(message) == before


def test_refusals_of_the_library_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    view = viewed({"a": "text", "b": [1], "n": 1, "f": 0.5, "s": Blob(b"s")})
    uses: Dict[str, Callable[[], Any]] = {
        "wota_view_of": lambda: viewed(1),
        "wota_view_count": lambda: view["b"],
        "wota_view_type": lambda: view["n"],
        "wota_view_field": lambda: view["a"],
        "wota_view_children": lambda: list(view),
        "wota_view_next_pickle": lambda: list(view),
        "wota_view_next": lambda: list(viewed([Blob(b"a")])),
        "wota_view_element": lambda: viewed([1])[0],
        "wota_view_integer": lambda: view["n"],
        "wota_view_number": lambda: view["f"],
        "wota_view_symbol": lambda: viewed([None])[0],
        "wota_view_text": lambda: view["a"],
        "wota_view_blob": lambda: view["s"],
        "wota_view_place": lambda: hash(viewed([])),
        "wota_write_view": lambda: wota.dumps([view]),
        "wota_to_parts": lambda: wota.to_parts(wota.dumps(1)),
        "wota_from_parts": lambda: wota.from_parts([Blob()]),
    }
    for name, use in uses.items():
        with monkeypatch.context() as patch:
            patch.setattr(library, name, lambda *_: drystone.NoMemory.status)
            with pytest.raises(drystone.NoMemory):
                use()


def test_iteration_decodes_the_values_in_their_positions() -> None:
    small = {"n": 7, "in": [{"deep": [1]}, {}], "text": "sea"}
    value = [small, {"large": ["x" * 100] * 100}, small, [[]], {"blob": Blob(b"stone")}, *([small] * 300)]
    root = wota.view(wota.dumps({"before": "x" * 2000, "rows": value, "after": {"a": {"b": small}}}))
    rows = root["rows"]
    assert list(rows) == value and dict(root.items()) == {"before": "x" * 2000, "rows": value, "after": {"a": {"b": small}}}
    for number, row in enumerate(rows):
        found = rows[number]
        assert row == found and hash(row) == hash(found) and len(row) == len(found)
        assert row._place == found._place and wota.dumps([row]) == wota.dumps([found])
        assert wota.held_count(wota.dumps([row])) == 1
    row = next(iter(rows))
    assert row["in"][-2]["deep"]._place == rows[0]["in"][0]["deep"]._place
    assert (row["n"], row.get("n"), row.get("none"), row.get("none", small)) == (7, 7, None, small)
    assert "n" in row and "none" not in row and 7 not in row and list(row) == ["n", "in", "text"]
    assert [key for key, _ in row.items()] == list(row) and list(row.values()) == list(small.values())
    with pytest.raises(drystone.NotFound):
        row["none"]
    with pytest.raises(TypeError):
        row[[]]
    inner = next(iter(dict(root.items())["after"].values()))
    assert inner == {"b": small} and inner["b"]["in"].copy() == small["in"] and inner._place == root["after"]["a"]._place


def test_repeated_keys_are_kept() -> None:
    writer, out = ctypes.c_void_p(), ctypes.c_void_p()
    assert library.wota_writer_new(Dialect.CLASSIC, ctypes.byref(writer)) == 0
    library.wota_write_array(writer, 1)
    library.wota_write_record(writer, 2)
    for number in (1, 2):
        library.wota_write_text(writer, b"a", 1)
        library.wota_write_integer(writer, number)
    assert library.wota_writer_finish(writer, ctypes.byref(out)) == 0
    library.wota_writer_free(writer)
    (record,) = wota.view(Blob._of(out.value))
    assert len(record) == 2 and list(record.items()) == [("a", 1), ("a", 2)] and record["a"] == 1


def test_changed_bytes_are_refused_or_have_a_view() -> None:
    for dialect in Dialect:
        data = wota.dumps_bytes({"a": [1, 0.5, {"b": Private("x")}], "c": Blob(b"abc")}, dialect=dialect)
        seen_some = 0
        for at in range(len(data)):
            for byte in (0, 1, 2, 5, 8, 9, 0x7F, 0xFF):
                try:
                    message = wota.from_bytes(data[:at] + bytes((byte,)) + data[at + 1 :], dialect=dialect)
                except drystone.DrystoneError:
                    continue
                agrees(message)
                seen_some += 1
        assert seen_some > 100
