"""Imports by their types, and the other conventions in which compilers differ."""

from __future__ import annotations

import pathlib
import struct
from typing import Any, Dict, List, Tuple

import pytest
import wasmtime

import drystone
from drystone.bucket import BucketMap
from drystone.wasmtime import Array, Host, Layout, Option

EXAMPLE = pathlib.Path(__file__).resolve().parents[3] / "examples" / "guest-imports" / "guest.wat"

#: Blocks are allocated from the top, full of old bytes; the size of each is before it.
ALLOCATOR = """
(memory (export "memory") 1)
(global (export "shadow_stack_pointer") (mut i32) (i32.const 0x100))
(global $top (mut i32) (i32.const 0x1000))
(global $left (export "left") (mut i32) (i32.const -1))
(func (export "alloc") (param $size i32) (result i32)
  (local $block i32)
  (global.set $left (i32.sub (global.get $left) (i32.const 1)))
  (if (i32.eqz (i32.add (global.get $left) (i32.const 1))) (then (return (i32.const 0))))
  (local.set $block (global.get $top))
  (global.set $top (i32.add (local.get $block) (i32.const 0x400)))
  (memory.fill (local.get $block) (i32.const 0xAA) (i32.const 0x3F0))
  (i32.store (i32.sub (local.get $block) (i32.const 4)) (i32.const 0x81))
  (local.get $block))
"""


@pytest.fixture(params=[True, False], ids=["native", "ctypes"])
def native(request: pytest.FixtureRequest) -> bool:
    given: bool = request.param
    return given


def ours(name: str) -> str:
    return name.replace("hashmap_", "map_").replace("hashset_", "set_")


class Running:
    """A guest that exports its imports."""

    def __init__(self, imports: Dict[str, str], names: Any = None, **options: Any) -> None:
        fields = [f'(import "env" "{name}" (func ${name} {kind}))' for name, kind in imports.items()]
        fields += [f'(export "{name}" (func ${name}))' for name in imports]
        self.store = wasmtime.Store()
        self.host = Host(**{"size_header": (-4, 1), **options})
        self.module = wasmtime.Module(self.store.engine, f"(module {' '.join(fields)} {ALLOCATOR})")
        linker = wasmtime.Linker(self.store.engine)
        assert self.host.define(linker, self.module, names) == list(imports)
        self.instance = linker.instantiate(self.store, self.module)
        self.exports: Any = self.instance.exports(self.store)
        self.host.attach(self.instance, self.store)

    def __call__(self, name: str, *arguments: Any) -> Any:
        return self.exports[name](self.store, *arguments)

    def words(self, offset: int, count: int) -> Tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.host.memory.read(offset, 4 * count))


@pytest.mark.parametrize("flag", ["", "plain", "zeroed"])
def test_the_example_uses_every_import(native: bool, flag: str) -> None:
    store = wasmtime.Store()
    module = wasmtime.Module(store.engine, EXAMPLE.read_text("utf-8"))
    linker, options = wasmtime.Linker(store.engine), {flag: True} if flag else {}
    host = Host(native=native, size_header=(-4, 1), **options)  # type: ignore[arg-type]
    assert len(host.define(linker, module, ours)) == len(module.imports) == 120
    instance = linker.instantiate(store, module)
    host.attach(instance, store)
    run: Any = instance.exports(store)["run"]
    assert run(store) == 0


GET = {"map_new": "(result i32)", "map_size": "(param i32) (result i64)"}
VALUES: List[Tuple[str, str, Tuple[Any, ...], Tuple[int, ...]]] = [
    ("i", "i64", (-2,), (0xFFFFFFFE, 0xFFFFFFFF)),
    ("f", "f64", (1.0,), (0, 0x3FF00000)),
    ("s", "i32 i32", (0x140, 6), (0x140, 6)),
    ("b", "i32", (77,), (77,)),
]


def of_tag(tag: str, types: str, **options: Any) -> Running:
    return Running(
        {
            **GET,
            f"map_insert_in_place$ki_v{tag}": f"(param i32 i64 {types})",
            f"map_get$ki_v{tag}": "(param i32 i64) (result i32)",
            f"map_values$v{tag}": "(param i32) (result i32 i32)",
        },
        **options,
    )


@pytest.mark.parametrize("tag, types, value, words", VALUES)
def test_options_and_packed_arrays(native: bool, tag: str, types: str, value: Any, words: Any) -> None:
    guest = of_tag(tag, types, native=native)
    m = guest("map_new")
    assert guest(f"map_values$v{tag}", m) == [0, 0]
    for key in range(10):
        guest(f"map_insert_in_place$ki_v{tag}", m, key, *value)
    assert guest("map_size", m) == 10
    some = guest.words(guest(f"map_get$ki_v{tag}", m, 3), 4)
    at = 1 if tag in "sb" else 2
    assert some[0] == 1 and some[at : at + len(words)] == words
    assert guest.words(guest(f"map_get$ki_v{tag}", m, 10), 1) == (0,)
    first, count = guest(f"map_values$v{tag}", m)
    assert count == 10 and guest.words(first, 10 * len(words)) == 10 * words


@pytest.mark.parametrize("tag, types, value, words", VALUES)
def test_a_layout_of_the_guests_own(native: bool, tag: str, types: str, value: Any, words: Any) -> None:
    """The value comes first, then the tag; no value is no block; elements have 16 bytes."""
    option = Option(none=(0, 8), none_tag=7, some_tag=9, some=dict.fromkeys("ifsb", (16, 0)))
    array = Array(packed=dict.fromkeys("ifsb", 16))
    guest = of_tag(tag, types, native=native, layout=Layout(option=option, array=array))
    m = guest("map_new")
    guest(f"map_insert_in_place$ki_v{tag}", m, 1, *value)
    assert guest(f"map_get$ki_v{tag}", m, 2) == 0
    padding = (0,) * (2 - len(words))
    assert guest.words(guest(f"map_get$ki_v{tag}", m, 1), 4) == (*words, *padding, 9, 0)
    guest(f"map_insert_in_place$ki_v{tag}", m, 2, *value)
    first, _ = guest(f"map_values$v{tag}", m)
    assert guest.words(first, 8) == 2 * (*words, *padding, 0, 0)


def test_impossible_layouts_are_refused(native: bool) -> None:
    store = wasmtime.Store()
    module = wasmtime.Module(store.engine, '(module (import "env" "map_new" (func (result i32))))')
    for layout in (Layout(option=Option(none=(4, 1))), Layout(array=Array(packed=dict.fromkeys("ifsb", 4)))):
        with pytest.raises(drystone.InvalidArgument):
            Host(native=native, layout=layout).define(wasmtime.Linker(store.engine), module)


def test_a_definition_is_whole_or_none(native: bool) -> None:
    store = wasmtime.Store()
    good = '(import "env" "map_new" (func (result i32)))'
    bad = '(import "env" "map_size" (func (param i64) (result i32))) (import "env" "len" (func (result f32)))'
    host, linker = Host(native=native), wasmtime.Linker(store.engine)
    module = wasmtime.Module(store.engine, f"(module {good} {bad})")
    with pytest.raises(drystone.WrongType, match=r"map_size has the type \(i64\) -> \(i32\); set_size has .*f32"):
        host.define(linker, module, {"len": "set_size"})
    with pytest.raises(drystone.NotFound, match="map_length is not one of our imports"):
        host.define(linker, wasmtime.Module(store.engine, f"(module {good})"), {"map_new": "map_length"})
    # The linker is empty, so the second of these finds the first one's name free.
    whole = wasmtime.Module(store.engine, f'(module {good} (import "env" "set_new" (func (result i32))))')
    second = wasmtime.Module(store.engine, '(module (import "env" "set_new" (func (result i32))))')
    assert host.define(linker, second) == ["set_new"]
    with pytest.raises(drystone.Busy):
        host.define(linker, whole)
    assert host.define(linker, wasmtime.Module(store.engine, f"(module {good})")) == ["map_new"]


@pytest.mark.parametrize(
    "offset, code, text",
    [
        (-8, wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS, "out of bounds memory access"),
        (0x200, wasmtime.TrapCode.BAD_SIGNATURE, "indirect call type mismatch"),
    ],
)
def test_refusals_are_traps(native: bool, offset: int, code: Any, text: str) -> None:
    guest = Running({**GET, "map_insert$ki_vi": "(param i32 i64 i64) (result i32)"}, native=native, refuse="trap")
    # A decimal, which is not a map.
    guest.exports["memory"].write(guest.store, struct.pack("<III", 0xFEEDC003, 0, 0), 0x200)
    with pytest.raises(wasmtime.Trap, match=text) as raised:
        guest("map_size", offset)
    assert raised.value.trap_code == code
    m = guest("map_new")
    for allocations in range(10):
        guest.exports["left"].set_value(guest.store, allocations)
        try:
            made = guest("map_insert$ki_vi", m, 1, 1)
            break
        except wasmtime.Trap as trap:
            assert trap.trap_code == wasmtime.TrapCode.UNREACHABLE
            assert guest("map_size", m) == 0
    assert allocations > 1 and guest("map_size", made) == 1
    # From outside it is still one of our exceptions.
    with pytest.raises(drystone.WrongType):
        len(guest.host.map(0x200, "i", "i"))


def test_an_unknown_way_to_refuse() -> None:
    with pytest.raises(drystone.InvalidArgument):
        Host(refuse="silently")


def test_blocks_are_zeroed_to_where_their_rule_says(native: bool) -> None:
    for options, rubbish in (({}, 0), ({"zeroed": True}, 0xAAAAAAAA), ({"size_header": None}, 0xAAAAAAAA)):
        guest = Running({"map_new": "(result i32)"}, native=native, **options)
        m = guest("map_new")
        # By the rule the block has 0x40 bytes, of which the wrapper takes twelve.
        words = guest.words(m, 17)
        assert words[3:] == (rubbish,) * 13 + (0xAAAAAAAA,)
    for rule in ((0, 1), (-4, 32), (-4, -1)):
        with pytest.raises(drystone.InvalidArgument):
            Host(size_header=rule)
    with pytest.raises(drystone.InvalidArgument):
        Host(size_header=(-4, 1), usable_size="size_of")


def test_a_rule_that_points_outside(native: bool) -> None:
    guest = Running({"map_new": "(result i32)"}, native=native, size_header=(2**31 - 1, 1))
    assert len(guest.host.map(guest("map_new"), "i", "i")) == 0


WALKER = (
    """(module
(import "env" "map_size" (func $size (param i32) (result i32)))
(import "env" "json_parse" (func $parse (param i32 i32) (result i64)))
(import "env" "json_print" (func $print (param i64) (result i32 i32)))
(data (i32.const 0x200) "{\\"ann\\":[1,2]}")
(func $read (export "read") (result i64) (call $parse (i32.const 0x200) (i32.const 13)))
(func (export "again") (result i32 i32) (call $print (call $read)))
(func (export "entries") (result i32) (call $size (i32.wrap_i64 (call $read))))
"""
    + ALLOCATOR
    + ")"
)


@pytest.mark.parametrize("attached", [True, False])
def test_functions_of_the_hosts_own(native: bool, attached: bool) -> None:
    store = wasmtime.Store()
    host, linker = Host(native=native), wasmtime.Linker(store.engine)
    i32, i64 = wasmtime.ValType.i32(), wasmtime.ValType.i64()

    def parse(caller: wasmtime.Caller, pointer: int, length: int) -> int:
        memory = host.memory_of(caller)
        word = memory.parse_json(memory.read(pointer, length))
        assert list(BucketMap.at(memory, word & 0xFFFFFFFF, "s", "i")) == ["ann"]
        return word - (1 << 64) if word >> 63 else word

    def print_(caller: wasmtime.Caller, word: int) -> Tuple[int, int]:
        memory = host.memory_of(caller)
        return memory.string(memory.print_json(word & 0xFFFF_FFFF_FFFF_FFFF))

    linker.define_func("env", "json_parse", wasmtime.FuncType([i32, i32], [i64]), parse, access_caller=True)
    linker.define_func("env", "json_print", wasmtime.FuncType([i64], [i32, i32]), print_, access_caller=True)
    module = wasmtime.Module(store.engine, WALKER)
    assert host.define(linker, module) == ["map_size"]
    instance = linker.instantiate(store, module)
    exports: Any = instance.exports(store)
    if attached:
        host.attach(instance, store)
    pointer, length = exports["again"](store)
    assert exports["entries"](store) == 1
    if not attached:
        with pytest.raises(drystone.InvalidArgument, match="attach"):
            host.memory.read(pointer, length)
        host.attach(instance, store)
    assert host.memory.read(pointer, length) == b'{"ann":[1,2]}'
    with pytest.raises(drystone.Malformed):
        host.memory.read(-4, 8)


def test_a_host_without_a_store(native: bool) -> None:
    host, store = Host(native=native, shadow_stack_pointer=""), wasmtime.Store()
    module = wasmtime.Module(store.engine, "(module)")
    with pytest.raises(drystone.InvalidArgument, match="store"):
        host.attach(wasmtime.Instance(store, module, []))
    with pytest.raises(drystone.InvalidArgument, match="store"):
        host.instantiate(module)
