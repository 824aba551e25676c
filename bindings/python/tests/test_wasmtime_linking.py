"""Linking guests with hosts: the imports' names and types, the exports that hosts need, stores and linkers."""

from __future__ import annotations

import ctypes
import gc
from typing import Any, List

import pytest
import wasmtime

import drystone
from drystone.wasmtime import Host
from guest import Guest, compiled
from modules import ALLOC, MEMORY, NEW, STACK, module_of


def test_names_and_types(name: str) -> None:
    store = wasmtime.Store()
    made, linker = Host(store, native=name == "native"), wasmtime.Linker(store.engine)
    module = module_of(
        store,
        '(import "a" "map_new" (func (result i32)))',
        '(import "b" "map_get$ks_vf" (func (param i32 i32 i32 f64) (result f64)))',
        '(import "b" "set_remove_in_place$eb" (func (param i32 i32)))',
        '(import "b" "map_get$ks" (func))',
        '(import "b" "map_values$vi$" (func))',
        '(import "b" "log" (func (param i32)))',
        '(import "b" "map_size" (global i32))',
    )
    assert made.define(linker, module) == ["map_new", "map_get$ks_vf", "set_remove_in_place$eb"]
    with pytest.raises(drystone.Busy):
        made.define(linker, module)


def test_an_import_that_a_module_has_twice(name: str) -> None:
    store = wasmtime.Store()
    made = Host(store, native=name == "native")
    twice = '(import "env" "map_new" (func (result i32)))'
    module = module_of(store, twice, twice, NEW, MEMORY, ALLOC, STACK)
    linker = wasmtime.Linker(store.engine)
    assert made.define(linker, module) == ["map_new"]
    new: Any = linker.instantiate(store, module).exports(store)["new"]
    assert new(store) == 0x400


def test_other_engines(name: str) -> None:
    store, text = wasmtime.Store(), f"(module {NEW} {MEMORY} {ALLOC} {STACK})"
    made, module = Host(store, native=name == "native"), wasmtime.Module(store.engine, text)
    with pytest.raises(drystone.InvalidArgument, match="engine"):
        made.instantiate(module, wasmtime.Linker(wasmtime.Engine()))
    made.instantiate(module)
    # Older releases of wasmtime keep the foreign module in the store, and abort at the next function made in it.
    with pytest.raises(wasmtime.WasmtimeError, match="cross-`Engine`"):
        Host(wasmtime.Store(store.engine), native=made.native).instantiate(wasmtime.Module(wasmtime.Engine(), text))


@pytest.mark.parametrize(
    "wrong",
    [
        '"map_new" (func (result i64))',
        '"map_new" (func (param i32) (result i32))',
        '"map_insert$ki_vs" (func (param i32 i64 i32) (result i32))',
        '"map_insert_in_place$ki_vi" (func (param i32 i64 i64) (result i32))',
        '"map_get$ki_vf" (func (param i32 i64 f64) (result i64))',
        '"map_get$ki_vf" (func (param i32 i64 f32) (result f32))',
        '"map_contains$kb" (func (param i64 i32) (result i32))',
        '"set_elements$es" (func (param i32 i32) (result i32))',
        '"set_size" (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32))',
    ],
)
def test_a_type_that_is_not_the_names(name: str, wrong: str) -> None:
    store = wasmtime.Store()
    made, linker = Host(store, native=name == "native"), wasmtime.Linker(store.engine)
    with pytest.raises(drystone.WrongType, match=wrong.split('"')[1].replace("$", r"\$")):
        made.define(linker, module_of(store, f'(import "env" {wrong})'))


@pytest.mark.parametrize(
    "exports, error",
    [
        ([ALLOC, STACK], drystone.NotFound),
        ([MEMORY, STACK], drystone.NotFound),
        ([MEMORY, ALLOC], drystone.NotFound),
        (['(global (export "memory") i32 (i32.const 0))', ALLOC], drystone.WrongType),
        ([MEMORY, '(func (export "alloc") (param i64) (result i32) unreachable)'], drystone.WrongType),
        ([MEMORY, '(func (export "alloc") (param i32 i32) (result i32) unreachable)'], drystone.WrongType),
        ([MEMORY, '(func (export "alloc") (param i32))'], drystone.WrongType),
        ([MEMORY, ALLOC, '(func (export "usable_size"))'], drystone.WrongType),
        ([MEMORY, ALLOC, '(global (export "shadow_stack_pointer") i32 (i32.const 0))'], drystone.WrongType),
        ([MEMORY, ALLOC, '(global (export "shadow_stack_pointer") (mut i64) (i64.const 0))'], drystone.WrongType),
    ],
)
def test_exports_of_other_types(name: str, exports: List[str], error: Any) -> None:
    store = wasmtime.Store()
    made, linker = Host(store, native=name == "native"), wasmtime.Linker(store.engine)
    module = module_of(store, NEW, *exports)
    made.define(linker, module)
    instance = linker.instantiate(store, module)
    with pytest.raises(error):
        made.attach(instance)
    new: Any = instance.exports(store)["new"]
    with pytest.raises(error):
        new(store)


def test_other_names_of_exports(name: str) -> None:
    store = wasmtime.Store()
    fields = [NEW, '(memory (export "m") 1)', ALLOC.replace('"alloc"', '"malloc"')]
    options: Any = {"native": name == "native", "memory": "m", "alloc": "malloc", "shadow_stack_pointer": ""}
    made = Host(store, **options)
    instance = made.instantiate(module_of(store, *fields))
    new: Any = instance.exports(store)["new"]
    assert new(store) == 0x400
    assert len(made.map(0x400, "i", "i")) == 0
    with made.rooted(0x400):
        pass
    for missing in ("usable_size", "shadow_stack_pointer"):
        with pytest.raises(drystone.NotFound):
            Host(store, **{**options, missing: "size"}).instantiate(module_of(store, *fields))
    with pytest.raises(drystone.InvalidArgument):
        Host(store, alloc="a\0b")


def test_one_guest_for_each_host(guest: Guest) -> None:
    guest.host.attach(guest.instance)
    _, module = compiled(False)
    linker = wasmtime.Linker(guest.store.engine)
    guest.host.define(linker, module)
    other = linker.instantiate(guest.store, module)
    with pytest.raises(drystone.Busy):
        guest.host.attach(other)
    elsewhere = wasmtime.Store(guest.store.engine)
    new: Any = linker.instantiate(elsewhere, module).exports(elsewhere)["new_map"]
    with pytest.raises(drystone.Busy):
        new(elsewhere)


def test_one_linker_for_many_stores(name: str) -> None:
    engine = wasmtime.Engine()
    module = wasmtime.Module(engine, f"(module {NEW} {MEMORY} {ALLOC} {STACK})")
    linker = wasmtime.Linker(engine)
    made = Host(native=name == "native")
    made.define(linker, module)
    first, contexts = True, []
    for _ in range(8):
        store = wasmtime.Store(engine)
        contexts.append(ctypes.cast(store._context(), ctypes.c_void_p).value)
        instance = linker.instantiate(store, module)
        new: Any = instance.exports(store)["new"]
        if first:
            assert new(store) == 0x400
            first = False
        else:
            # The first guest's store is gone; this one may have its address.
            with pytest.raises(drystone.Busy):
                new(store)
            with pytest.raises(drystone.Busy):
                made.attach(instance, store)
        del store, instance, new
        gc.collect()


@pytest.mark.parametrize("same_store", [False, True])
def test_the_memory_of_another_caller(name: str, same_store: bool) -> None:
    engine, results = wasmtime.Engine(), []
    fields = ['(import "env" "look" (func $look))', NEW, MEMORY, ALLOC, STACK]
    module = wasmtime.Module(engine, f"(module {' '.join(fields)} (func (export \"look\") (call $look)))")
    linker, store = wasmtime.Linker(engine), wasmtime.Store(engine)
    made = Host(native=name == "native")

    def look(caller: wasmtime.Caller) -> None:
        results.append(made.memory_of(caller).window())

    made.define(linker, module)
    linker.define_func("env", "look", wasmtime.FuncType([], []), look, access_caller=True)
    instance = linker.instantiate(store, module)
    looks: Any = instance.exports(store)["look"]
    looks(store)
    looks(store)
    assert results[0] == results[1]
    other_store = store if same_store else wasmtime.Store(engine)
    other_looks: Any = linker.instantiate(other_store, module).exports(other_store)["look"]
    with pytest.raises(drystone.Busy):
        other_looks(other_store)
    assert len(results) == 2


def test_imports_in_a_start_function(name: str) -> None:
    store = wasmtime.Store()
    fields = [NEW, MEMORY, ALLOC, STACK, "(func $start (drop (call $new))) (start $start)"]
    made = Host(store, native=name == "native")
    made.instantiate(module_of(store, *fields))
    assert len(made.map(0x400, "i", "i")) == 0


def test_maps_before_there_is_a_guest(name: str) -> None:
    made = Host(wasmtime.Store(), native=name == "native")
    with pytest.raises(drystone.InvalidArgument, match="attach"):
        made.map(8, "i", "i")
