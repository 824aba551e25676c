"""Every vector of whole values, read and written as bytes and as messages."""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional

import pytest

import drystone
from drystone import Blob, Dialect, Limits, Private, System, nota, wota
from vectors import Vector, bytes_of, error_named, from_hex, from_words, limits_of, load, same, value_of


class Form(NamedTuple):
    """A file of vectors, and the functions that it tests."""

    loads: Callable[[bytes, Optional[Limits]], Any]
    to_message: Callable[[bytes, Optional[Limits]], Blob]
    from_message: Callable[[Blob], bytes]
    dumps: Callable[[Any], bytes]


def wota_form(dialect: Dialect) -> Form:
    return Form(
        lambda data, limits: wota.loads_bytes(data, dialect=dialect, limits=limits),
        lambda data, limits: wota.from_bytes(data, dialect=dialect, limits=limits),
        wota.to_bytes,
        lambda value: wota.dumps_bytes(value, dialect=dialect),
    )


FORMS = {
    "wota.json": wota_form(Dialect.CLASSIC),
    "wota-dec64.json": wota_form(Dialect.DEC64),
    "nota.json": Form(
        lambda data, limits: nota.loads(data, limits=limits),
        lambda data, limits: nota.to_message(data, limits=limits),
        nota.from_message,
        nota.dumps,
    ),
}


def cases(section: str) -> List[Any]:
    return [
        pytest.param(name, vector, id=f"{name}: {vector['name']}")
        for name in FORMS
        for vector in load(name)[section]
    ]


def written(vector: Vector) -> bytes:
    if "written" not in vector:
        return bytes_of(vector)
    given = vector["written"]
    return from_words(given) if "words" in vector else from_hex(given)


@pytest.mark.parametrize("name, vector", cases("valid"))
def test_valid(name: str, vector: Vector) -> None:
    form, data, limits, value = FORMS[name], bytes_of(vector), limits_of(vector), value_of(vector)
    # The classic layout has a negative zero, as a float; the other formats have only one zero.
    assert same(form.loads(data, limits), value)
    message = form.to_message(data, limits)
    assert same(wota.loads(message), value)
    if name != "nota.json":
        assert form.from_message(message) == data
    if vector.get("nested_arrays", 0) > 512:
        with pytest.raises(drystone.LimitExceeded):
            form.dumps(value)
        return
    if "dec64" in str(vector):
        # More digits than a float has: the nearest float is written.
        assert same(form.loads(form.dumps(value), None), value)
        return
    assert form.dumps(value) == written(vector)
    # With a stone beside it, the library's own writer and reader must give the same result.
    if name == "wota.json" and not depth_is_full(vector):
        stone = Blob(b"pebble")
        assert same(wota.loads(wota.dumps([value, stone])), [wota.loads_bytes(written(vector)), stone])


def depth_is_full(vector: Vector) -> bool:
    return bool(vector.get("nested_arrays", 0) >= 511)


@pytest.mark.parametrize("name, vector", cases("invalid"))
def test_invalid(name: str, vector: Vector) -> None:
    form, data, limits = FORMS[name], bytes_of(vector), limits_of(vector)
    for call in (form.loads, form.to_message):
        with pytest.raises(error_named(vector["status"])) as caught:
            call(data, limits)
        assert caught.value.offset is not None
        assert caught.value.offset <= len(data)
        del caught


@pytest.mark.parametrize("name", FORMS)
def test_cut_and_changed_bytes_end_in_a_value_or_an_error(name: str) -> None:
    form = FORMS[name]
    refused = 0
    for vector in load(name)["valid"]:
        data = bytes_of(vector)
        if len(data) > 200:
            continue
        changed = [data[:length] for length in range(len(data))]
        changed += [data[:at] + bytes((byte,)) + data[at + 1 :] for at in range(len(data)) for byte in (0, 0x80, 0xFF)]
        changed += [data + b"\0", data + data]
        for hostile in changed:
            try:
                value = form.loads(hostile, None)
            except drystone.DrystoneError as error:
                refused += error.offset is not None
            else:
                walk(value)
    assert refused > 1000


def walk(value: Any) -> None:
    """Visits every value."""
    if isinstance(value, dict):
        for key, item in value.items():
            assert type(key) is str
            walk(item)
    elif isinstance(value, list):
        for item in value:
            walk(item)
    elif isinstance(value, (Private, System)):
        walk(value.value)
    elif isinstance(value, Blob):
        assert len(bytes(value)) == len(value)
    else:
        assert value is None or type(value) in (str, int, float, bool)
