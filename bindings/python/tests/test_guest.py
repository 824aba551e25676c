"""What the guest computes on every host; and how its allocator and collector behave on the comparison host."""

from __future__ import annotations

import ctypes
import struct
from typing import Any, Iterable

import pytest
import wasmtime

from guest import Guest
from hosts import CASES, HOSTS, ReencodeHost, Roots, make_guest


def sum_of_chain(n: int) -> int:
    return sum(3 * k for k in range(n))


def by_place(numbers: Iterable[int]) -> int:
    return sum(place * number for place, number in enumerate(numbers, 1))


@pytest.fixture(params=CASES)
def guest(request: pytest.FixtureRequest) -> Guest:
    return make_guest(request.param)


@pytest.fixture
def calm() -> Guest:
    """A guest that collects only when it must."""
    return Guest(ReencodeHost)


# ---- what it computes ----

CHAINS = ["chain_int", "chain_int_unrooted", "chain_global", "fill_in_place"]


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 100])
@pytest.mark.parametrize("chain", CHAINS)
def test_chains_of_integers(guest: Guest, chain: str, n: int) -> None:
    m = guest.keep(guest(chain, n))
    assert guest("size", m) == n
    assert guest("sum_int", m, n) == sum_of_chain(n)
    assert guest("count_contains", m, -5, n + 5) == n
    assert guest("sum_keys", m) == by_place(range(n))
    assert guest("sum_values", m) == by_place(range(0, 3 * n, 3))


@pytest.mark.parametrize("n", [0, 1, 9, 60])
@pytest.mark.parametrize("chain", ["chain_text", "fill_text_in_place"])
def test_chains_of_texts(guest: Guest, chain: str, n: int) -> None:
    m = guest.keep(guest(chain, n))
    assert guest("size", m) == n
    assert guest("sum_text", m, n) == sum_of_chain(n)
    assert guest("sum_text", m, n + 2) == sum_of_chain(n) - 2
    assert guest("sum_key_texts", m) == by_place(range(n))
    assert guest("sum_value_texts", m) == by_place(range(0, 3 * n, 3))


def test_remove_and_overwrite(guest: Guest) -> None:
    m = guest.keep(guest("chain_int", 50))
    odd = guest.keep(guest("remove_half", m, 50))
    assert guest("size", odd) == 25
    assert guest("sum_keys", odd) == by_place(range(1, 50, 2))
    over = guest.keep(guest("overwrite", m, 50, 1000))
    assert guest("sum_values", over) == by_place(range(1000, 1050))
    assert guest("sum_keys", over) == by_place(range(50))
    assert guest("sum_int", m, 50) == sum_of_chain(50)
    again = guest.keep(guest("overwrite", odd, 50, 0))
    assert guest("sum_keys", again) == by_place([*range(1, 50, 2), *range(0, 50, 2)])
    guest("remove_half_in_place", m, 50)
    assert guest("sum_keys", m) == by_place(range(1, 50, 2))


def test_remove_texts(guest: Guest) -> None:
    m = guest.keep(guest("chain_text", 40))
    odd = guest.keep(guest("remove_half_text", m, 40))
    assert guest("sum_key_texts", odd) == by_place(range(1, 40, 2))
    assert guest("sum_key_texts", m) == by_place(range(40))


@pytest.mark.parametrize("n", [4, 15, 16, 17, 40])
def test_old_versions_stay(guest: Guest, n: int) -> None:
    assert guest("old_versions", n) == 0


@pytest.mark.parametrize("name", ["check_texts", "check_floats", "check_sets"])
def test_checks(guest: Guest, name: str) -> None:
    assert guest(name) == 0


def test_maps_in_maps(guest: Guest) -> None:
    m = guest.keep(guest("nest", 15))
    assert guest("count_nested", m, 15) == 15


@pytest.mark.parametrize("chain", ["set_chain_int", "set_fill_in_place"])
def test_sets_of_integers(guest: Guest, chain: str) -> None:
    s = guest.keep(guest(chain, 50))
    assert guest("set_count", s) == 50
    assert guest("set_count_int", s, -5, 55) == 50
    assert guest("sum_elements", s) == by_place(range(50))
    odd = guest.keep(guest("set_remove_half", s, 50))
    assert guest("sum_elements", odd) == by_place(range(1, 50, 2))
    assert guest("set_count", s) == 50
    guest("set_remove_half_in_place", s, 50)
    assert guest("sum_elements", s) == by_place(range(1, 50, 2))


def test_sets_of_texts(guest: Guest) -> None:
    s = guest.keep(guest("set_chain_text", 50))
    assert guest("set_count_text", s, -5, 55) == 50
    assert guest("sum_element_texts", s) == by_place(range(50))


def test_numbers_as_texts(guest: Guest) -> None:
    for number in [0, 9, 10, -1, 2**63 - 1, -(2**63)]:
        pointer, length = guest.text(number)
        assert guest.read(pointer, length) == str(number).encode()


def test_one_call_each(guest: Guest) -> None:
    m = guest.keep(guest("new_map"))
    key, value, absent = guest.text(12), guest.text(34), guest.text(56)
    m = guest.keep(guest("insert_text", m, *key, *value))
    assert guest.read(*guest("get_text", m, *key, *absent)) == guest.read(*value) == b"34"
    assert guest("get_text", m, *absent, 5, 0) == [5, 0]
    m = guest.keep(guest("insert_int", guest("new_map"), 2**63 - 1, -(2**63)))
    guest("insert_int_in_place", m, -1, 7)
    assert guest("get_int", m, 2**63 - 1, 0) == -(2**63)
    assert guest("get_int", m, -1, 0) == 7
    assert guest("contains_int", guest.keep(guest("remove_int", m, -1)), -1) == 0
    s = guest.keep(guest("add_int", guest("new_set"), 5))
    assert guest("set_count", s) == 1


# ---- the allocator ----

def test_blocks(calm: Guest) -> None:
    blocks = [calm("alloc", size) for size in range(200)]
    for size, block in enumerate(blocks):
        assert block % 16 == 8
        assert size <= calm("usable_size", block) < size + 16 + 8
    ends = [block + calm("usable_size", block) for block in blocks]
    assert all(end < block for end, block in zip(ends, blocks[1:]))


def test_a_freed_block_is_reused_whole_with_its_old_content(calm: Guest) -> None:
    calm["poison_freed"] = 0
    block = calm("alloc", 1000)
    calm.write(block, b"stale" * 200)
    calm("collect")
    again = calm("alloc", 12)
    assert again == block
    assert calm("usable_size", again) >= 1000
    # All except the link of the free list.
    assert calm.read(again + 4, 996) == (b"stale" * 200)[4:]
    assert calm("alloc", 12) > block


def test_stale_words_keep_blocks(calm: Guest) -> None:
    """The reason why a host should clear the bytes of a block beyond the requested ones."""
    calm["poison_freed"] = 0
    large, small = calm("alloc", 1000), calm("alloc", 20)
    calm.write(large + 500, struct.pack("<I", small))
    calm("collect")
    assert calm["live_bytes"] == 0
    again = calm.keep(calm("alloc", 12))
    held = calm("alloc", 20)
    assert (again, held) == (large, small)
    calm("collect")
    assert calm["live_bytes"] == calm("usable_size", large) + calm("usable_size", small)


def test_first_fit_takes_the_lowest_that_is_large_enough(calm: Guest) -> None:
    blocks = [calm("alloc", size) for size in (24, 100, 400, 200)]
    calm("collect")
    assert calm("alloc", 150) == blocks[2]
    assert calm("alloc", 150) == blocks[3]
    assert calm("alloc", 8) == blocks[0]


# ---- the collector ----

def test_roots_and_what_they_reach_are_kept(calm: Guest) -> None:
    blocks = [calm("alloc", 40) for _ in range(6)]
    calm.keep(blocks[0])
    calm.write(blocks[0] + 36, struct.pack("<I", blocks[1]))
    calm.write(blocks[1] + 4, struct.pack("<I", blocks[2]))
    calm.write(blocks[2], struct.pack("<I", blocks[0]))  # a cycle
    calm["global_map"] = blocks[3]
    calm.write(blocks[3] + 6, struct.pack("<I", blocks[4]))  # not aligned, so not a pointer
    calm.write(blocks[3], struct.pack("<I", blocks[5] + 4))  # into a block, not at its start
    calm("collect")
    poison = b"\xdd" * 8
    dead = [calm.read(block + 8, 8) == poison for block in blocks]
    assert dead == [False, False, False, False, True, True]
    calm("forget")
    calm("collect")
    assert calm["live_bytes"] == 0


def test_a_long_chain_of_blocks_is_marked(calm: Guest) -> None:
    """The mark stack has no limit: the chain could be a million deep."""
    calm["minimum_threshold"] = 2**30
    first = calm.keep(calm("alloc", 8))
    last = first
    for _ in range(5000):
        block = calm("alloc", 8)
        calm.write(last, struct.pack("<I", block))
        last = block
    calm("collect")
    assert calm["live_bytes"] == 5001 * 8
    wide = calm.keep(calm("alloc", 4000))
    calm.write(wide, b"".join(struct.pack("<I", calm("alloc", 8)) for _ in range(1000)))
    calm("collect")
    assert calm["live_bytes"] == 6001 * 8 + calm("usable_size", wide)


def test_garbage_is_used_again(calm: Guest) -> None:
    calm("chain_int", 200)
    assert calm["collections"] > 3
    allocated = sum(8 + 20 * max(8, 1 << (2 * k - 1).bit_length()) for k in range(1, 201))
    assert calm.high_water_mark() < allocated / 4
    before = calm.high_water_mark()
    for _ in range(3):
        calm("chain_int", 200)
    assert calm.high_water_mark() < 1.5 * before


def test_collect_always_keeps_the_heap_small() -> None:
    guest = Guest(ReencodeHost, collect_always=True)
    guest("chain_int", 100)
    # The last bucket, the one before it, and their smaller predecessors.
    assert guest.high_water_mark() < 4 * (8 + 20 * 256)
    assert guest["collections"] == guest["allocations"]


def test_the_memory_grows(calm: Guest) -> None:
    before = calm.memory.data_len(calm.store)
    block = calm("alloc", 1_000_000)
    assert calm.memory.data_len(calm.store) - before >= 900_000
    assert calm.read(block, 1_000_000) == bytes(1_000_000)


def test_a_memory_that_moves() -> None:
    guest = Guest(ReencodeHost, memory_moves=True)
    address = ctypes.addressof(guest.memory.data_ptr(guest.store).contents)
    guest("alloc", 1_000_000)
    assert ctypes.addressof(guest.memory.data_ptr(guest.store).contents) != address


# ---- no memory ----

def inserts(guest: Guest, stop: str, refused: Any) -> None:
    """The n-th allocation of an insert fails, for every n; the map stays valid."""
    stopped = 0
    while True:
        m = guest.keep(guest("chain_int", 20))
        guest[stop] = stopped + 1
        try:
            made = guest.keep(guest("insert_int", m, 20, 60))
        except refused:
            stopped += 1
            assert guest[stop] == 0
            assert guest("size", m) == 20
            assert guest("sum_int", m, 20) == sum_of_chain(20)
            assert guest("sum_int", guest.keep(guest("insert_int", m, 20, 60)), 21) == sum_of_chain(21)
        else:
            assert guest[stop] > 0
            guest[stop] = 0
            assert guest("sum_int", made, 21) == sum_of_chain(21)
            assert stopped > 0
            return


def test_trap_in_alloc_leaves_the_map_whole(guest: Guest) -> None:
    inserts(guest, "trap_on_alloc_after", (wasmtime.Trap, wasmtime.WasmtimeError))
    guest["trap_on_alloc_after"] = 15
    with pytest.raises((wasmtime.Trap, wasmtime.WasmtimeError)):
        guest("chain_int", 20)


def test_alloc_that_returns_nothing(guest: Guest) -> None:
    inserts(guest, "fail_alloc_after", MemoryError)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("traps", [1, 0])
def test_memory_that_may_not_grow(traps: int, host: str) -> None:
    guest = Guest(HOSTS[host], memory_size=40 * 65536)
    guest["out_of_memory_traps"] = traps
    m = guest.keep(guest("chain_int", 100))
    refused: Any = (wasmtime.Trap, wasmtime.WasmtimeError) if traps else MemoryError
    rooted = guest["shadow_stack_pointer"]
    with pytest.raises(refused):
        for _ in range(1000):
            guest.keep(guest("chain_int", 100))
    assert guest["collections"] > 0
    assert guest("sum_int", m, 100) == sum_of_chain(100)
    # Freed memory can be allocated again.
    guest["shadow_stack_pointer"] = rooted
    for _ in range(10):
        assert guest("size", guest("chain_int", 100)) == 100
    assert guest("sum_int", m, 100) == sum_of_chain(100)


@pytest.mark.parametrize("size", [2**28, 2**31, 2**32 - 1])
def test_more_than_there_can_be(calm: Guest, size: int) -> None:
    as_i32 = size - 2**32 if size >= 2**31 else size
    with pytest.raises(wasmtime.Trap):
        calm("alloc", as_i32)
    calm["out_of_memory_traps"] = 0
    assert calm("alloc", as_i32) == 0


# ---- the tests detect mistakes ----

class CarelessHost(ReencodeHost):
    """Forgets to root the blocks that it allocates."""

    def _roots(self, *offsets: int) -> Roots:
        return super()._roots()


@pytest.mark.parametrize("chain, result", [
    ("chain_int_unrooted", "sum_int"), ("chain_text", "sum_text"), ("set_chain_text", "set_count_text")])
def test_a_host_that_does_not_root_is_detected(chain: str, result: str) -> None:
    guest = Guest(CarelessHost, collect_always=True)
    arguments = [0, 30] if result.startswith("set") else [30]
    found: Any
    try:
        m = guest.keep(guest(chain, 30))
        found = guest(result, m, *arguments)
    except (ValueError, wasmtime.Trap):
        return
    assert found != (30 if result.startswith("set") else sum_of_chain(30))
