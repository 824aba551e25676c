"""Our hosts: what they refuse and raise, and how they treat memory that the guest damaged."""

from __future__ import annotations

import copy
import gc
import random
import struct
import weakref
from typing import Any, Callable, List, Tuple

import pytest
import wasmtime

import drystone
from drystone import _wasmtime_imports
from drystone.bucket import BucketMap, BucketSet, StoneMap
from drystone.wasmtime import Host
from guest import Guest
from hosts import HOSTS, host
from modules import module_of

TRAPS: Tuple[Any, ...] = (wasmtime.Trap, wasmtime.WasmtimeError)


def test_an_instance_that_exists(guest: Guest) -> None:
    m = guest.keep(guest("chain_int", 100))
    made = Host(guest.store, guest.instance, native=guest.host.native)
    assert dict(made.map(m, "i", "i")) == {k: 3 * k for k in range(100)}


def test_an_untested_wasmtime(monkeypatch: pytest.MonkeyPatch) -> None:
    store = wasmtime.Store()
    assert Host(store).native
    monkeypatch.setattr("drystone.wasmtime._warned", [])
    monkeypatch.setattr("drystone.wasmtime.NATIVE_VERSIONS", ())
    with pytest.warns(RuntimeWarning, match="not tested"):
        assert not Host(store).native
    # The warning is given once; in these tests a warning is an error.
    assert not Host(store).native
    monkeypatch.undo()
    monkeypatch.setattr("drystone.wasmtime._warned", [])
    monkeypatch.setattr("drystone._wasmtime_native.size_of", lambda _: 40)
    with pytest.warns(RuntimeWarning, match="changed their sizes"):
        assert not Host(store).native
    monkeypatch.setattr("drystone._wasmtime_guest.size_of", lambda _: 40)
    with pytest.raises(drystone.Unsupported, match="40 bytes"):
        Host(store)


def test_nothing_is_left(name: str) -> None:
    gc.collect()
    before = len(_wasmtime_imports._imports)
    guest = Guest(HOSTS[name])
    guest("chain_int", 10)
    alive = weakref.ref(guest.store), weakref.ref(guest.host)
    del guest
    gc.collect()
    assert [one() for one in alive] == [None, None]
    assert len(_wasmtime_imports._imports) == before


def test_imports_outlive_their_host(name: str) -> None:
    guest = Guest(HOSTS[name])
    guest.host = None
    gc.collect()
    m = guest.keep(guest("chain_int", 50))
    assert guest("size", m) == 50


# ---- failures ----


def test_statuses_are_exceptions(guest: Guest) -> None:
    m, s = guest.keep(guest("chain_int", 3)), guest.keep(guest("new_set"))
    with pytest.raises(drystone.WrongType):
        guest("size", s)
    with pytest.raises(drystone.WrongType):
        guest("add_int", m, 1)
    with pytest.raises(drystone.Malformed):
        guest("size", -8)
    guest["fail_alloc_after"] = 1
    with pytest.raises(drystone.NoMemory):
        guest("insert_int", m, 9, 9)
    assert guest("sum_int", m, 3) == 9


def test_the_newest_status() -> None:
    guest = Guest(HOSTS["native"])
    native = guest.host._native
    with pytest.raises(drystone.Malformed, match="^map_size: "):
        guest("size", -8)
    assert native.take_status() == drystone.Malformed.status
    assert native.take_status() == 0
    m = guest.keep(guest("new_map"))
    guest["trap_on_alloc_after"] = 1
    with pytest.raises(wasmtime.Trap):
        guest("insert_int", m, 1, 1)
    assert native.take_status() == 0


def test_a_full_shadow_stack(guest: Guest) -> None:
    m = guest.keep(guest("chain_int", 3))
    view = guest.host.map(m, "i", "i")
    before = guest["shadow_stack_pointer"]
    guest["shadow_stack_pointer"] = guest["shadow_stack_end"] - 2
    attempts: List[Callable[[], Any]] = [lambda: guest("insert_int", m, 9, 9), lambda: view.with_(9, 9)]
    for attempt in attempts:
        with pytest.raises(drystone.NoMemory):
            attempt()
        assert guest["shadow_stack_pointer"] == guest["shadow_stack_end"] - 2
    for outside in (-4, 2**31 - 4):
        guest["shadow_stack_pointer"] = outside
        with pytest.raises(drystone.NoMemory):
            guest("insert_int", m, 9, 9)
    guest["shadow_stack_pointer"] = before
    assert dict(view) == {0: 0, 1: 3, 2: 6}


def test_more_arguments_than_the_shadow_stack_holds(guest: Guest) -> None:
    before = guest["shadow_stack_pointer"]
    room = (guest["shadow_stack_end"] - before) // 4
    texts = [f"element {k}" for k in range(room + 2)]
    with pytest.raises(drystone.NoMemory):
        BucketSet.from_elements(guest.host.memory, texts, "s")
    assert guest["shadow_stack_pointer"] == before
    # The next call's roots start where the guest left the pointer.
    guest["collect_always"] = 1
    with guest.host.rooted(guest.keep(guest("new_map"))):
        few = BucketSet.from_elements(guest.host.memory, texts[:50], "s")
        assert list(few) == texts[:50]


LOUD = """
(import "env" "log" (func $log (param i32)))
(import "env" "map_insert$ki_vi" (func $insert (param i32 i64 i64) (result i32)))
(import "env" "map_new" (func $new (result i32)))
(memory (export "memory") 4)
(global $top (mut i32) (i32.const 0x1000))
(global (export "shadow_stack_pointer") (mut i32) (i32.const 0x100))
(global $deep (export "deep") (mut i32) (i32.const 0))
(func (export "usable_size") (param i32) (result i32) (call $log (i32.const -1)) (i32.const 0))
(func (export "alloc") (param $size i32) (result i32)
  (local $block i32)
  (call $log (local.get $size))
  ;; Allocating allocates: a map of its own, once.
  (if (i32.eqz (global.get $deep)) (then
    (global.set $deep (i32.const 1))
    (drop (call $insert (call $new) (i64.const 7) (i64.const 7)))
    (global.set $deep (i32.const 0))))
  (local.set $block (global.get $top))
  (global.set $top (i32.and (i32.add (i32.add (global.get $top) (local.get $size)) (i32.const 7)) (i32.const -8)))
  (local.get $block))
(export "new" (func $new)) (export "insert" (func $insert))
"""


def loud(name: str, log: Any) -> Tuple[wasmtime.Store, Host, Any]:
    store = wasmtime.Store()
    linker = wasmtime.Linker(store.engine)
    linker.define_func("env", "log", wasmtime.FuncType([wasmtime.ValType.i32()], []), log)
    made = Host(store, native=name == "native")
    return store, made, made.instantiate(module_of(store, LOUD), linker).exports(store)


def test_an_allocator_that_calls_back(name: str) -> None:
    sizes: List[int] = []
    store, made, exports = loud(name, sizes.append)
    m = exports["new"](store)
    for key in range(10):
        m = exports["insert"](store, m, key, -key)
        view = made.map(m, "i", "i").with_(100, 1)
    assert dict(view) == {**{key: -key for key in range(10)}, 100: 1}
    assert dict(made.map(m, "i", "i")) == {key: -key for key in range(10)}
    assert exports["shadow_stack_pointer"].value(store) == 0x100
    assert len(sizes) > 60


def test_exceptions_of_the_allocators_imports(name: str) -> None:
    left = [1000]

    def log(_size: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise ZeroDivisionError("while allocating")

    store, made, exports = loud(name, log)
    m = exports["insert"](store, exports["new"](store), 1, 1)
    view = made.map(m, "i", "i")
    attempts: List[Callable[[], Any]] = [lambda: exports["insert"](store, m, 2, 2), lambda: view.with_(2, 2)]
    for attempt in attempts:
        for after in range(1, 100):
            left[0] = after
            try:
                attempt()
            except ZeroDivisionError:
                assert dict(view) == {1: 1}
                assert exports["shadow_stack_pointer"].value(store) == 0x100
                exports["deep"].set_value(store, 0)
            else:
                assert after > 8
                break


# ---- from outside ----


@pytest.mark.parametrize("collect_always", [False, True])
def test_views(name: str, collect_always: bool) -> None:
    guest = Guest(HOSTS[name], collect_always=collect_always)
    m = guest.host.map(guest.keep(guest("chain_text", 30)), "s", "s")
    assert isinstance(m, BucketMap)
    assert dict(m) == {str(k): str(3 * k) for k in range(30)}
    m["new"] = "value"
    del m["4"]
    other = m.with_("more", "text" * 50)
    guest.keep(other.offset)
    assert guest("size", other.offset) == 31 and guest("size", m.offset) == 30
    with guest.host.rooted(other.without("3")):
        guest("collect")
    third = other.without("3")
    with guest.host.rooted(third):
        for _ in range(5):
            guest("alloc", 100)
        assert len(third) == 30 and "3" not in third
        assert StoneMap(third.to_stone())["more"] == "text" * 50
    s = BucketSet.from_elements(guest.host.memory, [str(k) for k in range(20)], "s")
    guest.keep(s.offset)
    assert guest("set_count_text", s.offset, 0, 30) == 20
    assert list(guest.host.set(s.offset, "s")) == [str(k) for k in range(20)]
    m.verify()
    s.verify()


def test_traps_and_failures_from_outside(guest: Guest) -> None:
    m = guest.host.map(guest.keep(guest("chain_text", 8)), "s", "s")
    before = guest["shadow_stack_pointer"]
    for after in range(1, 4):
        guest["trap_on_alloc_after"] = after
        with pytest.raises(wasmtime.Trap):
            m.with_("key", "value")
        guest["trap_on_alloc_after"] = 0
        guest["fail_alloc_after"] = after
        with pytest.raises(drystone.NoMemory):
            m.with_("key", "value")
        guest["fail_alloc_after"] = 0
        assert guest["shadow_stack_pointer"] == before
        assert len(m) == 8


def test_a_store_that_is_closed(guest: Guest) -> None:
    m = guest.host.map(guest.keep(guest("chain_int", 8)), "i", "i")
    guest.store.close()
    with pytest.raises(ValueError, match="closed"):
        len(m)


def test_numbers_that_do_not_fit(guest: Guest) -> None:
    m = guest.keep(guest("chain_int", 8))
    read, rooted = guest.host.memory.read, guest.host.rooted
    attempts: List[Callable[[], Any]] = [
        lambda: read(2**40, 5),
        lambda: read(8, 2**32 + 1),
        lambda: guest.host.map(m + 2**40, "i", "i"),
        lambda: rooted(m + 2**40).__enter__(),
    ]
    for attempt in attempts:
        with pytest.raises(drystone.OutOfRange):
            attempt()


def test_hosts_are_not_copied(guest: Guest) -> None:
    for one in (guest.host, guest.host.memory):
        with pytest.raises(TypeError):
            copy.copy(one)


def test_a_store_that_is_closed_while_maps_are_rooted(guest: Guest) -> None:
    m = guest.host.map(guest.keep(guest("chain_int", 8)), "i", "i")
    with guest.host.rooted(m):
        guest.store.close()
    with pytest.raises(ValueError, match="closed"):
        len(m)


# ---- memory that the guest wrote into ----


def blocks_of(guest: Guest, m: int) -> List[Tuple[int, int]]:
    """Offset and size in bytes of the wrapper, the bucket's header, the bucket, its index, a key's string."""
    (bucket,) = struct.unpack("<I", guest.read(m + 8, 4))
    (capacity,) = struct.unpack("<I", guest.read(bucket, 4))
    found = [(m, 12), (bucket, 8), (bucket, guest("usable_size", bucket))]
    slots_end = 8 + 20 * capacity
    if found[-1][1] > slots_end:
        found.append((bucket + slots_end, found[-1][1] - slots_end))
    key, _ = struct.unpack("<II", guest.read(bucket + 12, 8))
    return [*found, (key, 2)] if key > 0x210400 else found


@pytest.mark.parametrize("seed", range(250))
def test_corrupt_memory(name: str, seed: int) -> None:
    chance = random.Random(seed)
    made = host(native=name == "native", plain=seed % 5 == 0)
    guest = Guest(made, poison_freed=False)
    count = chance.choice([1, 8, 9, 60])
    m = guest.keep(guest("chain_text" if seed % 2 else "chain_int", count))
    blocks = blocks_of(guest, m)
    for _ in range(chance.choice([1, 3, 20])):
        start, size = chance.choice(blocks)
        guest.write(start + chance.randrange(size), bytes([chance.choice([0, 1, 0x7F, 0xFF, chance.randrange(256)])]))
    steps: List[Tuple[Any, ...]] = [
        ("size", m),
        ("sum_int", m, 70),
        ("count_contains", m, -5, 70),
        ("sum_keys", m),
        ("sum_values", m),
        ("sum_text", m, 70),
        ("sum_key_texts", m),
        ("remove_half", m, 20),
        ("remove_half_text", m, 20),
        ("overwrite", m, 20, 5),
        ("insert_int", m, 1000, 1),
        ("insert_text", m, 0x140, 6, 0x140, 6),
        ("insert_int_in_place", m, 1001, 1),
        ("remove_half_in_place", m, 20),
    ]
    chance.shuffle(steps)
    for step in steps:
        try:
            guest(*step)
        except (drystone.DrystoneError, *TRAPS):
            pass
    for tags in ("ii", "ss"):
        try:
            view = guest.host.map(m, *tags, text=bytes)
            dict(view)
            view.to_stone()
            view.verify()
            view.with_(5 if tags == "ii" else "5", 5 if tags == "ii" else "5")
        except (drystone.DrystoneError, *TRAPS):
            pass
    # The host is unchanged.
    other = Guest(made)
    assert other("size", other("chain_int", 20)) == 20
