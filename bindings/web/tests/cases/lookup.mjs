// `import_lookup`, the short way of the core for integer keys, beside `import_call`, which knows every case: they agree
// on any map, and on any bytes.

import { functionImports } from "../../module.js";
import { layoutWords, usualLayout } from "../../options.js";
import { assert, generator } from "../assert.mjs";

const [STACK, LAYOUT, WORDS, NAME, TYPES, HEAP] = [0x8000, 0x8000, 0x8100, 0x8200, 0x8300, 0x9000];
const PAGES = 16;
const KINDS = { i32: 0, i64: 1, f64: 3 };
const [REFUSED, FOUND, ABSENT] = [0, 1, 2];
const FLAGS = { "": 0, plain: 1, "copied strings": 2 };

/** The core on a memory of its own, called as the module between it and a guest calls it. */
class Direct {
    constructor(core, flags) {
        this.memory = new WebAssembly.Memory({ initial: PAGES });
        this.bytes = new Uint8Array(this.memory.buffer);
        this.view = new DataView(this.memory.buffer);
        this.flags = flags;
        this.top = HEAP;
        const host = {
            alloc: (size) => this.alloc(size), usable_size: (_, asked) => asked, push_root() {}, pop_roots() {}, seed: () => 7n,
        };
        this.exports = new WebAssembly.Instance(core, { env: { memory: this.memory }, host }).exports;
        this.exports.__stack_pointer.value = STACK;
        layoutWords(usualLayout).forEach((word, place) => this.view.setUint32(LAYOUT + 4 * place, word, true));
        this.codes = new Map();
    }

    alloc(size) {
        const block = this.top;
        this.top = (block + size + 7) & ~7;
        return this.top > this.bytes.length ? 0 : block;
    }

    code(name, parameters, results) {
        const bytes = new TextEncoder().encode(name);
        this.bytes.set(bytes, NAME);
        this.bytes.set([...parameters, ...results].map((type) => KINDS[type]), TYPES);
        return this.exports.import_find(
            NAME, bytes.length, TYPES, parameters.length, TYPES + parameters.length, results.length, LAYOUT,
        );
    }

    looksUp(code) {
        return this.exports.import_looks_up(code, LAYOUT);
    }

    /** Calls an import, `[name, parameters, results]`: its status, and its words. */
    call([name, parameters, results], ...given) {
        const types = (list) => list.split(" ").filter(Boolean);
        if (!this.codes.has(name)) this.codes.set(name, this.code(name, types(parameters), types(results)));
        given.forEach((word, place) => this.view.setBigUint64(WORDS + 8 * place, BigInt.asUintN(64, BigInt(word)), true));
        const status = this.exports.import_call(this.flags, this.codes.get(name), LAYOUT, WORDS);
        return [status, ...this.words()];
    }

    lookup(kind, map, key) {
        this.bytes.fill(0xee, WORDS, WORDS + 16);
        return [this.exports.import_lookup(kind, map, key, WORDS), ...this.words()];
    }

    words() {
        return [this.view.getBigUint64(WORDS, true), this.view.getBigUint64(WORDS + 8, true)];
    }
}

/** A kind of value: the types of its parameters, random words for them, and the words of a result that count. */
const lower = (word) => BigInt.asUintN(32, word);
const VALUES = {
    i: { types: "i64", given: (chance) => [BigInt(chance(2 ** 30)) << BigInt(chance(34))], result: ([word]) => [word] },
    f: { types: "i64", is: "f64", given: (chance) => [BigInt(chance(2 ** 30)) << 33n], result: ([word]) => [word] },
    s: { types: "i32 i32", given: (chance) => [0x8200 + chance(90), chance(9)], result: (words) => words.map(lower) },
    b: { types: "i32", given: (chance) => [chance(2 ** 31 - 1)], result: ([word]) => [lower(word)] },
};
const LARGEST = 2n ** 63n - 1n;

/** The imports of maps from integers to values of a tag, and those of sets as if their elements had values. */
function importsOf(tag) {
    if (tag === "set")
        return {
            kind: 2, make: ["set_new", "", "i32"], put: ["set_add_in_place$ei", "i32 i64", ""], grow: ["set_add$ei", "i32 i64", "i32"],
            remove: ["set_remove_in_place$ei", "i32 i64", ""], has: ["set_contains$ei", "i32 i64", "i32"],
        };
    const type = VALUES[tag].is ?? VALUES[tag].types;
    return {
        kind: 1, make: ["map_new", "", "i32"], put: [`map_insert_in_place$ki_v${tag}`, `i32 i64 ${type}`, ""],
        grow: [`map_insert$ki_v${tag}`, `i32 i64 ${type}`, "i32"], remove: ["map_remove_in_place$ki", "i32 i64", ""],
        has: ["map_contains$ki", "i32 i64", "i32"], get: [`map_get$ki_v${tag}`, `i32 i64 ${type}`, type],
        option: [`map_get$ki_v${tag}`, "i32 i64", "i32"],
    };
}

/** A map of random entries, with holes and older versions, and the keys that it had at some time. */
function randomMap(direct, imports, value, chance, steps) {
    const done = ([status, word]) => {
        assert.equal(status, 0);
        return Number(lower(word));
    };
    let map = done(direct.call(imports.make));
    const keys = [];
    for (let step = 0; step < steps; step += 1) {
        const key = [BigInt(chance(2 * steps)), -BigInt(chance(9)), LARGEST - BigInt(chance(3)), -LARGEST - 1n][Math.max(chance(8) - 4, 0)];
        const words = value ? value.given(chance) : [];
        if (chance(6) === 0) done(direct.call(imports.remove, map, keys[chance(Math.max(keys.length, 1))] ?? 0n));
        else if (chance(4) === 0) map = done(direct.call(imports.grow, map, key, ...words));
        else done(direct.call(imports.put, map, key, ...words));
        keys.push(key);
    }
    return { map, keys };
}

/** What the short way says of a key, after comparing it with the other one. */
function compared(direct, imports, value, map, key, chance) {
    const [answer, ...words] = direct.lookup(imports.kind, map, key);
    if (answer === REFUSED) return answer;
    assert.ok(answer === FOUND || answer === ABSENT, `answer ${answer}`);
    const [status, has] = direct.call(imports.has, map, key);
    assert.equal(status, 0, "import_lookup accepts what import_call refuses:");
    assert.equal(lower(has), answer === FOUND ? 1n : 0n);
    if (value) {
        const otherwise = value.given(chance);
        const [status, ...got] = direct.call(imports.get, map, key, ...otherwise);
        assert.equal(status, 0);
        const expected = answer === FOUND ? value.result(words) : otherwise.map((word) => BigInt.asUintN(64, BigInt(word)));
        assert.deepEqual(value.result(got), expected);
    }
    return answer;
}

export async function lookupCases({ coreBytes, exampleBytes }) {
    const core = await WebAssembly.compile(coreBytes);
    const cases = {};
    for (const [flag, bits] of Object.entries(FLAGS))
        for (const tag of [...Object.keys(VALUES), "set"])
            cases[`agrees with import_call: ${[tag, flag].filter(Boolean).join(", ")}`] = () => {
                const [imports, value, chance] = [importsOf(tag), VALUES[tag], generator(31 + bits)];
                const answers = [0, 0, 0];
                for (const steps of [0, 1, 8, 9, 30, 300]) {
                    const direct = new Direct(core, bits);
                    const { map, keys } = randomMap(direct, imports, value, chance, steps);
                    for (const key of [...keys, ...keys.map((key) => BigInt.asIntN(64, key + 1n)), 0n, -5n, LARGEST, 2n ** 40n])
                        answers[compared(direct, imports, value, map, key, chance)] += 1;
                }
                // It is the one that answers, wherever there is an index.
                if (flag === "plain") assert.deepEqual(answers.slice(1), [0, 0]);
                else assert.ok(answers[FOUND] > 250 && answers[ABSENT] > 100 && answers[REFUSED] < 60, String(answers));
            };

    cases["agrees on damaged memory"] = () => {
        const answers = [0, 0, 0];
        for (const tag of [...Object.keys(VALUES), "set"]) {
            const [imports, value, chance] = [importsOf(tag), VALUES[tag], generator(97)];
            for (const steps of [12, 60]) {
                const direct = new Direct(core, 0);
                const { map, keys } = randomMap(direct, imports, value, chance, steps);
                const [bucket, end, whole] = [direct.view.getUint32(map + 8, true), direct.top, direct.bytes.slice()];
                for (let round = 0; round < 400; round += 1) {
                    for (let writes = [1, 3, 20][chance(3)]; writes > 0; writes -= 1) {
                        const [start, size] = [[map, 12], [bucket, 8], [bucket, end - bucket]][chance(3)];
                        direct.bytes[start + chance(size)] = [0, 1, 0x7f, 0xff, chance(256)][chance(5)];
                    }
                    const at = chance(9) ? map : [0, 4, map + 1, bucket, 0xfffffff8, 65536 * PAGES - 4][chance(6)];
                    for (let tries = 0; tries < 6; tries += 1) {
                        const key = chance(3) ? keys[chance(keys.length)] : BigInt(chance(200));
                        answers[compared(direct, imports, value, at, key, chance)] += 1;
                    }
                    direct.bytes.set(whole);
                }
            }
        }
        assert.ok(Math.min(...answers) > 500, String(answers));
    };

    cases["a place for the value that is outside the memory is no answer"] = () => {
        const [imports, direct] = [importsOf("i"), new Direct(core, 0)];
        const { map, keys } = randomMap(direct, imports, VALUES.i, generator(3), 30);
        const key = keys.find((key) => direct.lookup(1, map, key)[0] === FOUND);
        const size = direct.bytes.length;
        assert.equal(direct.exports.import_lookup(1, map, key, size - 16), FOUND);
        for (const outside of [size - 15, size - 8, size, -8, -1]) assert.equal(direct.exports.import_lookup(1, map, key, outside), REFUSED);
    };

    cases["is for integer keys whose values are results, in both conventions"] = () => {
        const direct = new Direct(core, 0);
        const ours = (name) => name.replace("hashmap_", "map_").replace("hashset_", "set_");
        const found = {};
        for (const { module, name, parameters, results } of functionImports(exampleBytes)) {
            const code = direct.code(ours(name), parameters, results);
            assert.ok(code > 0, name);
            const kind = direct.looksUp(code);
            if (kind !== 0) found[`${module}.${name}`] = kind;
        }
        assert.deepEqual(found, {
            "env.map_get$ki_vi": 1, "env.map_contains$ki": 1, "env.set_contains$ei": 2,
            "rt.hashmap_contains$ki": 1, "rt.hashset_contains$ei": 2,
        });
        for (const no of [0, -1, 1, 0x7fffffff]) assert.equal(direct.looksUp(no), 0);
    };

    cases["an optional value is the one that it finds"] = () => {
        for (const [tag, value] of Object.entries(VALUES)) {
            const [imports, chance, direct] = [importsOf(tag), generator(5), new Direct(core, 0)];
            const { map, keys } = randomMap(direct, imports, value, chance, 60);
            const code = direct.code(imports.option[0], ["i32", "i64"], ["i32"]);
            assert.ok(code > 0 && direct.looksUp(code) === 0);
            for (const key of [...keys, 2n ** 40n]) {
                const [answer, ...words] = direct.lookup(1, map, key);
                direct.view.setBigUint64(WORDS, BigInt(map), true);
                direct.view.setBigInt64(WORDS + 8, key, true);
                assert.equal(direct.exports.import_call(0, code, LAYOUT, WORDS), 0);
                const option = Number(lower(direct.words()[0]));
                assert.equal(direct.view.getUint32(option, true), answer === FOUND ? 1 : 0);
                if (answer !== FOUND) continue;
                const at = option + usualLayout.some[tag][1];
                const word = (place) => BigInt(direct.view.getUint32(at + place, true));
                assert.deepEqual(
                    value.result(words),
                    { i: () => [direct.view.getBigUint64(at, true)], f: () => [direct.view.getBigUint64(at, true)],
                      s: () => [word(0), word(4)], b: () => [word(0)] }[tag](),
                );
            }
        }
    };
    return cases;
}
