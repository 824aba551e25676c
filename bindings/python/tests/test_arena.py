"""Arenas: budgets, nested scopes, use after the end of a scope, messages decoded into them."""

from __future__ import annotations

import copy
import gc

import pytest

import drystone
from drystone import Arena, Blob, OutOfRange, OverBudget, StaleScope, WrongType, wota


def test_a_budget_holds_to_the_byte() -> None:
    arena = Arena()
    with arena.scope(budget=512) as scope:
        scope.alloc(256)
        scope.alloc(256)
        assert (scope.used, scope.remaining) == (512, 0)
        with pytest.raises(OverBudget):
            scope.alloc(1)
        assert len(scope.alloc(0)) == 0
    assert arena.statistics()["used"] == 0 and arena.stats() == arena.statistics()
    assert arena.scope().remaining is None


def test_arenas_are_not_copied() -> None:
    arena = Arena()
    with arena.scope(1000) as scope:
        for one in (arena, scope, scope.alloc(10)):
            with pytest.raises(TypeError):
                copy.copy(one)


def test_blocks_are_read_and_written_while_their_scope_is_open() -> None:
    arena = Arena()
    with arena.scope(1000) as scope:
        block = scope.alloc(10)
        assert block.read() == bytes(10)
        block.write(b"abc", 2)
        block.write(bytearray(b"z"), 9)
        assert (block.read(), block.read(2, 3)) == (b"\0\0abc\0\0\0\0z", b"abc")
        for offset, length in ((11, None), (0, 11), (-1, 1)):
            with pytest.raises(OutOfRange):
                block.read(offset, length)
        with pytest.raises(OutOfRange):
            block.write(b"ab", 9)
    with pytest.raises(StaleScope):
        block.read()
    with pytest.raises(StaleScope):
        block.write(b"a")
    with pytest.raises(StaleScope):
        block.address
    with pytest.raises(StaleScope):
        scope.used
    with pytest.raises(StaleScope):
        scope.exit()


def test_inner_scopes_end_with_outer_ones() -> None:
    arena = Arena()
    outer = arena.scope(1000)
    kept = outer.alloc(100)
    inner = arena.scope()
    assert inner.remaining == 900
    block = inner.alloc(50)
    with pytest.raises(StaleScope):
        outer.alloc(1)
    outer.rewind()
    for gone in (kept, block):
        with pytest.raises(StaleScope):
            gone.read()
    with pytest.raises(StaleScope):
        inner.exit()
    assert outer.used == 0
    assert outer.alloc(3).read() == bytes(3)
    outer.exit()


def test_committed_memory_lives_with_the_enclosing_scope() -> None:
    arena = Arena()
    with arena.scope() as outer:
        with arena.scope(100) as inner:
            block = inner.alloc(10)
            inner.commit()
        block.write(b"kept")
        assert (block.read(0, 4), outer.used) == (b"kept", 10)
    with pytest.raises(StaleScope):
        block.read()
    with arena.scope() as scope:
        block = scope.alloc(10)
        scope.commit()
    assert block.read() == bytes(10)
    arena.reset()
    with pytest.raises(StaleScope):
        block.read()


def test_messages_are_decoded_into_scopes() -> None:
    stone = Blob(b"a stone")
    value = {"name": "\u00e9 and more", "list": [1, 2.5, None, True, False], "data": stone, "": {}}
    message = wota.dumps(value)
    before = stone.refcount
    arena = Arena()
    with arena.scope(budget=65536) as scope:
        tree = scope.decode(message)
        assert stone.refcount == before + 1
        assert list(tree) == ["name", "list", "data", ""]
        assert tree["name"].value() == "\u00e9 and more"
        assert [element.value() for element in tree["list"]] == [1, 2.5, None, True, False]
        assert tree["list"][-1].value() is False
        assert bytes(tree["data"].value()) == b"a stone"
        assert ("data" in tree, "nothing" in tree, len(tree), len(tree[""])) == (True, False, 4, 0)
        with pytest.raises(drystone.NotFound):
            tree["nothing"]
        with pytest.raises(IndexError):
            tree["list"][5]
        with pytest.raises(WrongType):
            tree.value()
        with pytest.raises(WrongType):
            len(tree["name"])
    gc.collect()
    assert stone.refcount == before
    with pytest.raises(StaleScope):
        tree["name"]


def test_a_message_over_budget_leaks_nothing() -> None:
    message = wota.dumps({"key %d" % number: "text" * number for number in range(100)})
    arena = Arena()
    with arena.scope(budget=1000) as scope:
        with pytest.raises(OverBudget):
            scope.decode(message)
        assert scope.used == 0
    with arena.scope() as scope:
        assert scope.decode(message)["key 99"].value() == "text" * 99


def test_footprints_are_limited_and_trimmed() -> None:
    arena = Arena(footprint_limit=1 << 16)
    with arena.scope() as scope:
        with pytest.raises(drystone.LimitExceeded):
            scope.alloc(1 << 17)
        scope.alloc(1 << 15)
    assert arena.statistics()["footprint"] > 1 << 15
    arena.reset()
    arena.trim()
    assert arena.statistics()["footprint"] <= 1 << 16
