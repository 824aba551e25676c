// Every import, in both conventions, on a guest whose collector runs at every allocation and overwrites all blocks that
// nothing leads to. The imports are those of the example's guest; maps and sets are compared with those of JavaScript.

import { hostBuckets } from "../../host.js";
import { functionImports } from "../../module.js";
import { usualLayout } from "../../options.js";
import { assert, generator } from "../assert.mjs";
import { moduleThatImports } from "../module.mjs";

const SIZE = 1 << 23;
/** The shadow stack: words for the test itself, then those that the host pushes. */
const [FRAME, PUSHED, END] = [64, 96, 1024];
const POISON = 0xdb;

/** A guest in JavaScript. Words that point at a block, or into one, keep it. */
class CollectedGuest {
    constructor(core, imports, options) {
        this.memory = new WebAssembly.Memory({ initial: SIZE >> 16 });
        this.bytes = new Uint8Array(this.memory.buffer);
        this.view = new DataView(this.memory.buffer);
        this.pointer = new WebAssembly.Global({ value: "i32", mutable: true }, PUSHED);
        this.end = new WebAssembly.Global({ value: "i32" }, END);
        this.blocks = [];
        this.freed = [];
        this.top = END;
        this.collections = 0;
        // With `zeroed` the allocator promises this.
        this.fresh = options.zeroed ? 0 : POISON;
        this.used = new Set();
        const ours = (name) => name.replace("hashmap_", "map_").replace("hashset_", "set_");
        const host = hostBuckets(core, { names: ours, usableSize: "usable_size", ...options });
        // Names alone decide which module an import is of, here.
        const wanted = imports.map(({ name, parameters, results }) => [name, parameters.join(" "), results.join(" ")]);
        this.calls = Object.fromEntries(
            Object.entries(host.imports(moduleThatImports(wanted)).env).map(([name, call]) => [
                name, (...given) => { this.used.add(name); return call(...given); },
            ]),
        );
        host.attach({
            exports: {
                memory: this.memory, alloc: (size) => this.alloc(size), usable_size: (block) => this.sizeOf(block),
                shadow_stack_pointer: this.pointer, shadow_stack_end: this.end,
            },
        });
        this.first = this.pointer.value;
    }

    alloc(size) {
        this.collect();
        const block = this.top;
        // Larger than requested, and still with its earlier contents.
        const given = (size + 7 & ~7) + 8;
        this.top += given + 8;
        if (this.top > SIZE) return 0;
        this.bytes.fill(this.fresh, block, block + given);
        this.blocks.push([block, given]);
        return block;
    }

    sizeOf(block) {
        return this.blockOf(block)[1];
    }

    /** The block that a word points at, or into. They are in the order of their places. */
    blockOf(word) {
        let [low, high] = [0, this.blocks.length];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.blocks[middle][0] <= word) low = middle + 1;
            else high = middle;
        }
        const block = this.blocks[low - 1];
        return block && word < block[0] + block[1] ? block : undefined;
    }

    collect() {
        this.collections += 1;
        const reached = new Set();
        const open = [[FRAME, this.pointer.value - FRAME]];
        for (let range; (range = open.pop()); )
            for (let at = range[0]; at < range[0] + range[1]; at += 4) {
                const word = this.view.getUint32(at, true);
                const block = word < END || word >= this.top ? undefined : this.blockOf(word);
                if (!block || reached.has(block)) continue;
                reached.add(block);
                // The first block has the core's stack, whose words would keep what the host has to root.
                if (block !== this.blocks[0]) open.push(block);
            }
        for (const block of this.blocks) {
            if (reached.has(block)) continue;
            this.bytes.fill(POISON, block[0], block[0] + block[1]);
            this.freed.push(block);
        }
        this.blocks = this.blocks.filter((block) => reached.has(block));
    }

    /** Nobody has written to a block after it was freed. */
    checkFreed() {
        for (const [start, size] of this.freed)
            assert.ok(this.bytes.subarray(start, start + size).every((byte) => byte === POISON), "a freed block was written to");
    }

    /** A word of the test's own, which is a root. */
    set(place, word) {
        this.view.setUint32(FRAME + 4 * place, word, true);
        return word;
    }

    get(place) {
        return this.view.getUint32(FRAME + 4 * place, true);
    }

    string(pointer, length) {
        return new TextDecoder().decode(this.bytes.slice(pointer, pointer + length));
    }
}

const [TABLE, OLDER, KEY, VALUE] = [0, 1, 2, 3];

/** Values by tag: random ones, their parameters, and reading them where an array or an option has them. */
const TAGS = {
    i: { any: (chance) => BigInt(chance(25)) - 5n, read: (guest, at) => guest.view.getBigInt64(at, true) },
    f: { any: (chance) => chance(25) / 4 - 2, read: (guest, at) => guest.view.getFloat64(at, true) },
    s: {
        any: (chance) => "key".repeat(chance(3)) + chance(25),
        read: (guest, at) => guest.string(guest.view.getUint32(at, true), guest.view.getUint32(at + 4, true)),
    },
    b: { any: (chance) => chance(25), read: (guest, at) => guest.view.getUint32(at, true) },
};

function parameters(guest, tag, value, place) {
    if (tag !== "s") return [value];
    const bytes = new TextEncoder().encode(value);
    const block = guest.set(place, guest.alloc(Math.max(bytes.length, 1)));
    guest.bytes.set(bytes, block);
    return [block, bytes.length];
}

/** The values of an array, in either convention. */
function elements(guest, tag, given) {
    const packed = Array.isArray(given);
    const first = packed ? given[0] : given + usualLayout.arrayHeader[0];
    const count = packed ? given[1] : guest.view.getUint32(given + usualLayout.arrayHeader[1], true);
    if (packed && count === 0) assert.equal(first, 0);
    const stride = (packed ? usualLayout.packedStrides : usualLayout.arrayStrides)[tag];
    return Array.from({ length: count }, (_, number) => TAGS[tag].read(guest, first + stride * number));
}

/** The result of `map_get`: a value, or an optional one in a block; undefined for none. */
function got(guest, tag, second, call, map, key) {
    if (second) {
        const option = call(map, ...key);
        if (guest.view.getUint32(option, true) === usualLayout.noneTag) return undefined;
        return TAGS[tag].read(guest, option + usualLayout.some[tag][1]);
    }
    const none = { i: [-999n], f: [-999], s: [0, 9999], b: [999] }[tag];
    const given = [call(map, ...key, ...none)].flat();
    if (given.at(-1) === none.at(-1)) return undefined;
    return tag === "s" ? guest.string(...given) : given[0];
}

function sameTable(guest, table, model, calls) {
    assert.equal(Number(calls.size(table)), model.size);
    assert.deepEqual(calls.keys(table), [...model.keys()]);
    if (calls.values) assert.deepEqual(calls.values(table), [...model.values()]);
}

/** The calls of a convention on maps or sets of these tags, in one form. */
function callsOf(guest, second, key, value) {
    const [map, set] = second ? ["hashmap_", "hashset_"] : ["map_", "set_"];
    const call = (name) => guest.calls[name];
    const array = (name, tag) => (table) => elements(guest, tag, call(name)(table));
    if (value === undefined)
        return {
            make: call(`${set}new`), size: call(`${set}size`), contains: call(`${set}contains$e${key}`),
            insert: call(`${set}add$e${key}`), insertInPlace: call(`${set}add_in_place$e${key}`),
            remove: call(`${set}remove$e${key}`), removeInPlace: call(`${set}remove_in_place$e${key}`),
            keys: array(`${set}${second ? "to_array" : "elements"}$e${key}`, key),
        };
    const pair = `$k${key}_v${value}`;
    return {
        make: call(`${map}new`), size: call(`${map}size`), contains: call(`${map}contains$k${key}`),
        insert: call(`${map}insert${pair}`), insertInPlace: call(`${map}insert_in_place${pair}`),
        remove: call(`${map}remove$k${key}`), removeInPlace: call(`${map}remove_in_place$k${key}`),
        keys: array(`${map}keys$k${key}`, key), values: array(`${map}values$v${value}`, value),
        get: (table, parameters) => got(guest, value, second, call(`${map}get${pair}`), table, parameters),
    };
}

function run(guest, second, key, value, chance) {
    const calls = callsOf(guest, second, key, value);
    const model = new Map();
    guest.set(TABLE, calls.make());
    guest.set(OLDER, guest.get(TABLE));
    let older;
    sameTable(guest, guest.get(TABLE), model, calls);
    for (let step = 0; step < 40; step += 1) {
        const [one, other] = [TAGS[key].any(chance), value === undefined ? undefined : TAGS[value].any(chance)];
        const keyed = parameters(guest, key, one, KEY);
        const whole = value === undefined ? keyed : [...keyed, ...parameters(guest, value, other, VALUE)];
        // Nothing of the test's own keeps them from here on.
        guest.set(KEY, 0);
        guest.set(VALUE, 0);
        const table = guest.get(TABLE);
        assert.equal(calls.contains(table, ...keyed), model.has(one) ? 1 : 0);
        const [inserts, inPlace] = [chance(3) < 2, chance(2) === 1];
        guest.set(OLDER, table);
        // In place is a promise that no other version is in use.
        older = inPlace ? model : new Map(model);
        if (inPlace) inserts ? calls.insertInPlace(table, ...whole) : calls.removeInPlace(table, ...keyed);
        else guest.set(TABLE, inserts ? calls.insert(table, ...whole) : calls.remove(table, ...keyed));
        if (inserts) model.set(one, other);
        else model.delete(one);
        guest.checkFreed();
        sameTable(guest, guest.get(TABLE), model, calls);
        sameTable(guest, guest.get(OLDER), older, calls);
        if (value === undefined) continue;
        for (const wanted of [one, TAGS[key].any(chance)])
            assert.deepEqual(calls.get(guest.get(TABLE), parameters(guest, key, wanted, KEY)), model.get(wanted));
    }
    assert.ok(model.size > 3, "a map has stayed empty");
}

export async function collectedCases({ coreBytes, exampleBytes }) {
    const core = await WebAssembly.compile(coreBytes);
    const imports = functionImports(exampleBytes);
    const cases = {};
    for (const options of [{}, { plain: true }, { copyStrings: true }, { zeroed: true }])
        cases[`every import, with a collection at every allocation: ${Object.keys(options)[0] ?? "usual"}`] = () => {
            const used = new Set();
            for (const second of [false, true])
                for (const [key, value] of [["i", "i"], ["s", "f"], ["f", "s"], ["b", "b"], ["i"], ["f"], ["s"], ["b"]]) {
                    const guest = new CollectedGuest(core, imports, options);
                    run(guest, second, key, value, generator(17));
                    assert.ok(guest.collections >= 40);
                    // No root of the host's is left.
                    assert.equal(guest.pointer.value, guest.first);
                    guest.used.forEach((name) => used.add(name));
                }
            assert.deepEqual([...used].sort(), imports.map(({ name }) => name).sort());
            assert.equal(used.size, 120);
        };
    return cases;
}
