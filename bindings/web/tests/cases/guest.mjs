// The guest of bindings/wasmtime on the host in JavaScript, with its collector.

import { Refusal, hostBuckets } from "../../host.js";
import { usualLayout } from "../../options.js";
import { assert, generator } from "../assert.mjs";
import { sections } from "../module.mjs";

/** The cases, on modules as bytes. */
export async function guestCases({ coreBytes, guestBytes }) {
const core = await WebAssembly.compile(coreBytes);
const cases = {};
const test = (name, run) => {
    cases[name] = run;
};

async function guestWith(globals = {}, options = {}) {
    const host = hostBuckets(core, { usableSize: "usable_size", ...options });
    const { exports } = await host.instantiate(guestBytes);
    exports.poison_freed.value = 1;
    for (const [name, value] of Object.entries(globals)) exports[name].value = value;
    return { host, exports };
}

const ways = [{}, { collect_always: 1 }];
const sumOfChain = (inserts) => BigInt((3 * inserts * (inserts - 1)) / 2);

test("the core has no data, no state, and what it is said to have", () => {
    assert.ok(coreBytes.length <= 40 * 1024, `${coreBytes.length} bytes`);
    assert.deepEqual(
        WebAssembly.Module.imports(core).map(({ module, name }) => `${module}.${name}`).sort(),
        ["env.memory", "host.alloc", "host.pop_roots", "host.push_root", "host.seed", "host.usable_size"],
    );
    // The linker always exports the last two, which are constants.
    assert.deepEqual(
        WebAssembly.Module.exports(core).map(({ name }) => name).sort(),
        ["__data_end", "__heap_base", "__stack_pointer", "import_call", "import_find", "import_looks_up", "import_lookup"],
    );
    // Types, imports, functions, globals, exports, code: no tables, no start, no data.
    assert.deepEqual(sections(coreBytes).filter((id) => id !== 4), [1, 2, 3, 6, 7, 10]);
});

test("chains, with a collection at every allocation too", async () => {
    for (const globals of ways)
        for (const options of [{}, { plain: true }, { copyStrings: true }]) {
            const { exports } = await guestWith(globals, options);
            for (const chain of ["chain_int", "chain_int_unrooted", "chain_global", "fill_in_place"]) {
                const map = exports[chain](300n);
                exports.keep(map);
                assert.equal(exports.size(map), 300);
                assert.equal(exports.sum_int(map, 300n), sumOfChain(300));
                const odd = exports.remove_half(map, 300n);
                assert.equal(exports.count_contains(odd, 0n, 300n), 150);
            }
            const map = exports.chain_text(100n);
            exports.keep(map);
            assert.equal(exports.sum_text(map, 100n), sumOfChain(100));
        }
});

test("all that the guest computes, with a collection at every allocation too", async () => {
    const byPlace = (numbers) => BigInt(numbers.reduce((sum, number, place) => sum + (place + 1) * number, 0));
    const numbers = (from, to, step = 1) => Array.from({ length: Math.ceil((to - from) / step) }, (_, place) => from + step * place);
    const odd = byPlace(numbers(1, 50, 2));
    for (const globals of ways)
        for (const options of [{}, { plain: true }, { copyStrings: true }]) {
            const { exports } = await guestWith(globals, options);
            const kept = (block) => {
                exports.keep(block);
                return block;
            };
            for (const check of ["check_texts", "check_floats", "check_sets"]) assert.equal(exports[check](), 0, check);
            for (const count of [4n, 15n, 16n, 17n, 40n]) assert.equal(exports.old_versions(count), 0);
            assert.equal(exports.count_nested(kept(exports.nest(15n)), 15n), 15);

            const map = kept(exports.chain_int(50n));
            const over = kept(exports.overwrite(map, 50n, 1000n));
            assert.equal(exports.sum_values(over), byPlace(numbers(1000, 1050)));
            assert.equal(exports.sum_keys(over), byPlace(numbers(0, 50)));
            assert.equal(exports.sum_values(map), byPlace(numbers(0, 150, 3)));
            assert.equal(exports.sum_keys(kept(exports.remove_half(map, 50n))), odd);
            exports.remove_half_in_place(map, 50n);
            assert.equal(exports.sum_keys(map), odd);

            for (const chain of ["chain_text", "fill_text_in_place"]) {
                const texts = kept(exports[chain](40n));
                assert.equal(exports.sum_key_texts(texts), byPlace(numbers(0, 40)));
                assert.equal(exports.sum_value_texts(texts), byPlace(numbers(0, 120, 3)));
                assert.equal(exports.sum_key_texts(kept(exports.remove_half_text(texts, 40n))), byPlace(numbers(1, 40, 2)));
            }
            for (const chain of ["set_chain_int", "set_fill_in_place"]) {
                const set = kept(exports[chain](50n));
                assert.equal(exports.set_count(set), 50);
                assert.equal(exports.set_count_int(set, -5n, 55n), 50);
                assert.equal(exports.sum_elements(kept(exports.set_remove_half(set, 50n))), odd);
                exports.set_remove_half_in_place(set, 50n);
                assert.equal(exports.sum_elements(set), odd);
            }
            const texts = kept(exports.set_chain_text(50n));
            assert.equal(exports.set_count_text(texts, -5n, 55n), 50);
            assert.equal(exports.sum_element_texts(texts), byPlace(numbers(0, 50)));
        }
});

test("a trap in the allocator is the call's, and the map stays", async () => {
    for (const globals of ways)
        for (const [stop, expected] of [["trap_on_alloc_after", WebAssembly.RuntimeError], ["fail_alloc_after", Refusal]]) {
            const { exports } = await guestWith(globals);
            const map = exports.chain_int(16n);
            exports.keep(map);
            const stack = exports.shadow_stack_pointer.value;
            let stopped = 0;
            for (;;) {
                exports[stop].value = stopped + 1;
                try {
                    exports.overwrite(map, 1n, 5n);
                    break;
                } catch (error) {
                    assert.ok(error instanceof expected, String(error));
                    if (expected === Refusal) assert.equal(error.status, 1);
                    stopped += 1;
                }
                // The guest's own frame was on it.
                exports.shadow_stack_pointer.value = stack;
                assert.equal(exports.sum_int(map, 16n), sumOfChain(16));
            }
            assert.equal(stopped, 2);
        }
});

test("an offset that is not a map is refused", async () => {
    const { exports } = await guestWith();
    assert.throws(() => exports.size(-8), /map_size: malformed: memory access out of bounds/);
    assert.throws(() => exports.size(exports.new_set()), (error) => error instanceof Refusal && error.status === 9);
});

test("several guests at once, each with its memory", async () => {
    const guests = [await guestWith(), await guestWith()];
    const maps = guests.map(({ exports }, number) => exports.chain_int(BigInt(100 * (number + 1))));
    guests.forEach(({ exports }, number) => assert.equal(exports.size(maps[number]), 100 * (number + 1)));
    const read = guests[0].host.read(maps[0], "i", "i");
    assert.equal(read.size, 100);
    assert.equal(read.get(7n), 21n);
    assert.deepEqual([...read.keys()].slice(0, 3), [0n, 1n, 2n]);
});

test("memory that a guest broke", async () => {
    const chance = generator(1);
    for (let round = 0; round < 150; round += 1) {
        const { exports } = await guestWith({ poison_freed: 0 }, { plain: round % 5 === 0 });
        const map = exports[round % 2 ? "chain_text" : "chain_int"](BigInt([1, 8, 9, 60][chance(4)]));
        exports.keep(map);
        const bytes = new Uint8Array(exports.memory.buffer);
        const bucket = new DataView(exports.memory.buffer).getUint32(map + 8, true);
        for (let writes = [1, 3, 20][chance(3)]; writes > 0; writes -= 1) {
            const [start, size] = [[map, 12], [bucket, 8], [bucket, exports.usable_size(bucket)]][chance(3)];
            bytes[start + chance(size)] = [0, 1, 0x7f, 0xff, chance(256)][chance(5)];
        }
        const calls = [
            () => exports.size(map),
            () => exports.sum_int(map, 70n),
            () => exports.sum_keys(map),
            () => exports.sum_values(map),
            () => exports.remove_half(map, 20n),
            () => exports.remove_half_text(map, 20n),
            () => exports.insert_int(map, 1000n, 1n),
            () => exports.insert_text(map, 0x140, 6, 0x140, 6),
            () => exports.insert_int_in_place(map, 1001n, 1n),
            () => exports.remove_half_in_place(map, 20n),
        ];
        for (const call of calls.sort(() => chance(3) - 1))
            try {
                call();
            } catch (error) {
                assert.ok(error instanceof WebAssembly.RuntimeError, String(error));
            }
    }
});

test("what does not fit is listed, and nothing is defined", async () => {
    const wrong = { names: (name) => name.replace("map_size", "map_contains$ki") };
    assert.throws(() => hostBuckets(core, wrong).imports(guestBytes), /map_size as map_contains\$ki, \(i32\) -> \(i32\)/);
    const none = { names: (name) => name.replace("map_size", "map_length") };
    assert.throws(() => hostBuckets(core, none).imports(guestBytes), TypeError);
    const layout = { ...usualLayout, none: [4, 1] };
    assert.throws(() => hostBuckets(core, { layout }).imports(guestBytes), TypeError);
    for (const missing of ["memory", "alloc", "usableSize", "shadowStackPointer"]) {
        const host = hostBuckets(core, { [missing]: "somewhere" });
        await assert.rejects(host.instantiate(guestBytes), /exports no somewhere/);
    }
});

test("a chain is O(N), and its stack stays in its block", async () => {
    for (const inserts of [2_000n, 10_000n, 20_000n]) {
        const { exports } = await guestWith({ poison_freed: 0 });
        const map = exports.chain_int(inserts);
        assert.equal(exports.size(map), Number(inserts));
        assert.equal(exports.sum_int(map, inserts), sumOfChain(Number(inserts)));
        // The bound is on the heap, not on the clock.
        assert.ok(exports.heap_top.value - exports.heap_base.value < 200 * Number(inserts) + 200_000);
    }
});
return cases;
}
