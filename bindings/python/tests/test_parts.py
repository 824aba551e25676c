"""Messages in parts."""

from __future__ import annotations

import pytest

import drystone
from drystone import Blob, Limits, wota
from test_message_view import agrees, shared


def test_parts() -> None:
    stone, small = Blob(b"pebble" * 1000), Blob(b"s")
    inner = wota.dumps({"rows": ["row"] * 2000, "stone": stone})
    message = wota.dumps([wota.view(inner), stone, small, wota.view(inner)["rows"], stone])
    parts = wota.to_parts(message, inline_below_bits=64)
    assert len(parts) == 3 and parts.count(stone) == 1 and len(parts[0]) < 300
    before = stone.refcount
    back = wota.from_parts(parts)
    assert stone.refcount > before and wota.view(back) == wota.view(message) and wota.loads(back) == wota.loads(message)
    sent = [Blob(bytes(part)) for part in parts]
    assert wota.loads(wota.from_parts(tuple(sent))) == wota.loads(message)
    assert len(wota.to_parts(message)) == 4 and len(wota.to_parts(wota.dumps(1))) == 1
    # Shared ones stay shared: flattened, this message would be too large.
    many = shared(30)
    assert wota.view(wota.from_parts(wota.to_parts(many))) == wota.view(many)


def test_parts_from_anywhere_are_checked() -> None:
    message = wota.dumps([Blob(b"pebble"), wota.view(wota.dumps({"a": [1, 2, 3]}))["a"], "sea"])
    parts = wota.to_parts(message)
    refused = 0
    for wrong in ([], parts[:1], parts[:-1], [*parts, parts[0]], parts[::-1], [*parts[:-1], Blob()]):
        with pytest.raises(drystone.DrystoneError):
            wota.from_parts(wrong)
    for number, part in enumerate(parts):
        data = bytes(part)
        hostile = [data[:length] for length in range(0, len(data), 3)]
        hostile += [data[:at] + bytes((byte,)) + data[at + 1 :] for at in range(len(data)) for byte in (0, 1, 9, 0xFF)]
        for changed in hostile:
            try:
                made = wota.from_parts([*parts[:number], Blob(changed), *parts[number + 1 :]])
            except drystone.DrystoneError:
                refused += 1
            else:
                agrees(made)
    assert refused > 200
    with pytest.raises(drystone.LimitExceeded):
        wota.from_parts(parts, limits=Limits(max_words=2))
    with pytest.raises(drystone.NotStone):
        wota.from_parts([Blob.new(64)])
    for odd in ([b"bytes"], [None], [7]):
        with pytest.raises(TypeError):
            wota.from_parts(odd)  # type: ignore[arg-type]
    with pytest.raises(drystone.OutOfRange):
        wota.to_parts(message, inline_below_bits=-1)
