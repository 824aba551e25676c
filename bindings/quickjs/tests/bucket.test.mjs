// BucketMap and BucketSet compared with the engine's own Map and Set; the rest is in bucket_versions and bucket_stone.
import * as drystone from "./drystone.so";
import { finish, generator, ok, same, sized, throws } from "./harness.mjs";

const { BucketMap, BucketSet, bucketHeapUsed } = drystone;

const samples = {
    integer: [0, 1, -1, 7, 255, 2 ** 31, -(2 ** 31), 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER,
        2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 2n ** 60n + 1n],
    number: [0, -0, 1, -1, 0.1, NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 2 ** 53, 1 / 3, 1e100],
    text: ["", "a", "b", "A", "a\0", "\0", "é", "e\u0301", "€", "💩", "\ud83d", "\udca9", "x\ud800y", "__proto__",
        "constructor", "x".repeat(5000), "x".repeat(5001), " ", "0", "1"],
    logical: [true, false],
};
const words = Object.keys(samples);

const contents = table => [...table];
const sameTable = (table, model, what) => {
    same(table.size, model.size, `${what}: size`);
    same(contents(table), contents(model), what);
};

// every sample as key and as value
for (const keyType of words) {
    for (const valueType of words) {
        const map = new BucketMap(keyType, valueType), model = new Map();
        same([map.keyType, map.valueType, map.size], [keyType, valueType, 0]);
        samples[keyType].forEach((key, index) => {
            const value = samples[valueType][index % samples[valueType].length];
            ok(map.set(key, value) === map);
            model.set(key, value);
        });
        sameTable(map, model, `${keyType} to ${valueType}`);
        for (const key of samples[keyType])
            same([map.get(key), map.has(key)], [model.get(key), true], `${keyType} ${String(key).slice(0, 10)}`);
        for (const key of samples[keyType].slice(1))
            same([map.delete(key), map.delete(key)], [model.delete(key), false]);
        sameTable(map, model, "what is left");
        map.clear();
        same([map.size, contents(map), map.has(samples[keyType][0]), map.get(samples[keyType][0])], [0, [], false, undefined]);
    }
    const set = new BucketSet(keyType, samples[keyType]), model = new Set(samples[keyType]);
    same(set.elementType, keyType);
    sameTable(set, model, `set of ${keyType}`);
    same([...set.keys()], [...model.keys()]);
    same([...set.entries()], [...model.entries()]);
}

// equal keys
{
    const numbers = new BucketMap("number", "text", [[-0, "zero"], [NaN, "nan"]]);
    same([...numbers.keys()], [0, NaN], "a key is never -0, as with Map");
    same([numbers.get(0), numbers.get(-0), numbers.get(0 / 0)], ["zero", "zero", "nan"]);
    numbers.set(-0, "again");
    same(contents(numbers), [[0, "again"], [NaN, "nan"]], "overwriting keeps the place");
    const values = new BucketMap("integer", "number", [[-0, -0]]);
    same(contents(values), [[0, -0]], "a value stays what it is");
    const integers = new BucketMap("integer", "integer", [[5, 1], [5n, 2]]);
    same(contents(integers), [[5, 2]], "a BigInt and a Number that are equal are one integer");
    same([integers.get(5n), integers.get(5)], [2, 2]);
    integers.set(1, 2n ** 53n - 1n).set(2, 2n ** 53n);
    same([integers.get(1), integers.get(2)], [2 ** 53 - 1, 2n ** 53n], "a Number where it is a safe one");
    const texts = new BucketSet("text", ["é", "e\u0301", "\ud83d\udca9", "\ud83d", "\udca9"]);
    same([...texts], ["é", "e\u0301", "💩", "\ud83d", "\udca9"], "lone surrogates stay as they are");
    ok(!texts.has("\ufffd"));
}

// random steps
const pick = {
    integer: random => random(3) === 0 ? samples.integer[random(samples.integer.length)] : random(200),
    number: random => random(3) === 0 ? samples.number[random(samples.number.length)] : random(400) / 4,
    text: random => random(3) === 0 ? samples.text[random(samples.text.length)] : `key ${random(200)} ${"é".repeat(random(5))}`,
    logical: random => random(2) === 1,
};
for (let seed = 1; seed <= sized(12, 2); seed++) {
    const random = generator(seed);
    const keyType = words[seed % words.length], valueType = words[seed * 7 % words.length];
    let map = new BucketMap(keyType, valueType), model = new Map();
    let set = new BucketSet(keyType), modelSet = new Set();
    const growing = random(2) === 1 ? 8 : 5;
    for (let step = 0; step < sized(3000, 60); step++) {
        const key = pick[keyType](random), value = pick[valueType](random);
        const what = random(10);
        if (what < growing) {
            map.set(key, value), model.set(key, value);
            ok(set.add(key) === set), modelSet.add(key);
        } else if (what < 9) {
            same(map.delete(key), model.delete(key));
            same(set.delete(key), modelSet.delete(key));
        } else if (random(100) === 0) {
            map.clear(), model.clear();
            set.clear(), modelSet.clear();
        } else {
            same([map.get(key), map.has(key), set.has(key)], [model.get(key), model.has(key), modelSet.has(key)]);
        }
        if (step % 100 === 0 || step < 40) {
            sameTable(map, model, `seed ${seed}, step ${step}`);
            sameTable(set, modelSet, `set, seed ${seed}, step ${step}`);
        }
    }
    sameTable(map, model, `seed ${seed}`);
    sameTable(set, modelSet, `set, seed ${seed}`);
    sameTable(new BucketMap(keyType, valueType, map), model, "a map of a map");
    sameTable(new BucketSet(keyType, set), modelSet, "a set of a set");
    same([...map.keys()], [...model.keys()]);
    same([...map.values()], [...model.values()]);
}

// sources of entries
{
    const pairs = [["a", 1], ["b", 2], ["a", 3]];
    const sources = [pairs, new Map(pairs), new Map(pairs).entries(), (function* () { yield* pairs; })(),
        new BucketMap("text", "integer", pairs), [{ 0: "a", 1: 3 }, new Map([[0, "b"], [1, 2]]) && ["b", 2]]];
    for (const source of sources)
        same(contents(BucketMap.fromEntries("text", "integer", source)), [["a", 3], ["b", 2]]);
    for (const nothing of [undefined, null, [], new Map()])
        same([new BucketMap("text", "text", nothing).size, new BucketSet("text", nothing).size], [0, 0]);
    same([...new BucketSet("text", "hello")], ["h", "e", "l", "o"]);
    ok(BucketMap.fromEntries("text", "integer", []) instanceof BucketMap);
    for (const nothing of [undefined, null])
        throws(() => BucketMap.fromEntries("text", "integer", nothing), { type: TypeError, code: "INVALID_ARGUMENT" });
    for (const wrong of [5, {}, true, Symbol("s"), { [Symbol.iterator]: () => 1 }, { [Symbol.iterator]: 1 }])
        throws(() => new BucketMap("text", "integer", wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => new BucketMap("text", "integer", ["ab"]), { type: TypeError, matches: /an entry is not an array/ });

    // arrays are read without their iterator, which no program can tell
    {
        const made = source => contents(BucketMap.fromEntries("text", "integer", source));
        const arrays = Object.getPrototypeOf([][Symbol.iterator]()), next = arrays.next;
        let asked = 0;
        arrays.next = function () { asked++; return next.call(this); };
        same([made([["a", 1], ["b", 2]]), asked], [[["a", 1], ["b", 2]], 3]);
        arrays.next = next;
        let ended = 0;
        arrays.return = () => { ended++; return {}; };
        throws(() => made([["a", 1], ["b", "2"]]), { code: "INVALID_ARGUMENT" });
        delete arrays.return;
        same(ended, 1);
        same(made(Object.assign([["a", 1]], { [Symbol.iterator]: function* () { yield ["c", 3]; } })), [["c", 3]]);
        same(made({ length: 1, 0: ["a", 1], [Symbol.iterator]: Array.prototype.values }), [["a", 1]]);
        const changing = change => {
            const array = [0, ["b", 2], ["c", 3]];
            Object.defineProperty(array, 0, { get() { change(array); return ["a", 1]; } });
            return made(array);
        };
        same(changing(array => { array.length = 2; }), [["a", 1], ["b", 2]]);
        same(changing(array => array.push(["d", 4])), [["a", 1], ["b", 2], ["c", 3], ["d", 4]]);
        throws(() => made([["a", 1], , ["b", 2]]), { code: "INVALID_ARGUMENT" });
        throws(() => changing(() => { throw new RangeError("no"); }), { type: RangeError });
        const bytes = Object.assign(new Uint8Array([1, 2]), { [Symbol.iterator]: Array.prototype.values });
        same([...new BucketSet("integer", bytes)], [1, 2]);
    }

    // an iterator is closed if its entry is invalid, and its own errors are passed on
    let closed = 0;
    const iterator = items => ({
        [Symbol.iterator]: () => ({ next: () => ({ done: items.length === 0, value: items.shift() }), return() { closed++; throw new EvalError("hidden"); } }),
    });
    throws(() => new BucketSet("integer", iterator([1, "x", 2])), { type: TypeError, code: "INVALID_ARGUMENT" });
    same(closed, 1);
    same([...new BucketSet("integer", iterator([1, 2]))], [1, 2]);
    same(closed, 1);
    throws(() => new BucketSet("integer", (function* () { yield 1; throw new EvalError("mine"); })()), { type: EvalError, message: "mine" });
    throws(() => new BucketMap("text", "text", [["a", "b"], { 0: "c", get 1() { throw new EvalError("mine"); } }]), { type: EvalError });
    throws(() => new BucketMap("text", "text", [["a", "b"], ["c", 1]]), { type: TypeError });
    throws(() => new BucketSet("integer", { [Symbol.iterator]: () => ({ next: () => 1 }) }), { type: TypeError });
}

// values of other types are refused, and nothing changes
const wrongs = {
    integer: [1.5, NaN, Infinity, 2 ** 53, -(2 ** 53), 2n ** 63n, -(2n ** 63n) - 1n, "1", true, null, undefined, {}, [1], Symbol("s"), { valueOf() { throw new EvalError("asked"); } }],
    number: [1n, "1", true, null, undefined, {}, Symbol("s"), new Number(1)],
    text: [1, 1n, true, null, undefined, {}, ["a"], Symbol("s"), new String("a")],
    logical: [0, 1, "true", null, undefined, {}, Symbol("s"), new Boolean(true)],
};
for (const type of words) {
    const [good] = samples[type];
    const map = new BucketMap(type, type, [[good, good]]), set = new BucketSet(type, [good]);
    for (const wrong of wrongs[type]) {
        const expected = { type: TypeError, code: "INVALID_ARGUMENT" };
        for (const action of [() => map.set(wrong, good), () => map.set(good, wrong), () => map.get(wrong), () => map.has(wrong),
            () => map.delete(wrong), () => map.with(wrong, good), () => map.with(good, wrong), () => map.without(wrong),
            () => set.add(wrong), () => set.has(wrong), () => set.delete(wrong), () => set.with(wrong), () => set.without(wrong),
            () => new BucketMap(type, type, [[wrong, good]]), () => new BucketMap(type, type, [[good, wrong]]), () => new BucketSet(type, [wrong])])
            throws(action, expected);
    }
    same([contents(map), contents(set)], [[[good, good]], [good]]);
}
for (const wrong of [undefined, null, 1, "string", "Integer", "i", "", {}, Symbol("s"), "integer\0"]) {
    throws(() => new BucketMap(wrong, "text"), { type: TypeError, code: "INVALID_ARGUMENT", matches: /a type must be/ });
    throws(() => new BucketMap("text", wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => new BucketSet(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
}
throws(() => BucketMap("text", "text"), { type: TypeError });
throws(() => BucketSet("text"), { type: TypeError });
for (const [type, methods] of [[BucketMap, ["get", "set", "has", "delete", "clear", "with", "without", "keys", "values", "entries", "forEach", "toStone"]],
    [BucketSet, ["add", "has", "delete", "clear", "with", "without", "keys", "values", "entries", "forEach", "toStone"]]]) {
    const other = type === BucketMap ? new BucketSet("text") : new BucketMap("text", "text");
    for (const stranger of [undefined, {}, new Map(), other, Object.create(type.prototype), type.prototype]) {
        for (const name of methods)
            throws(() => type.prototype[name].call(stranger, "a", "b"), { type: TypeError, code: "WRONG_TYPE" });
        for (const name of type === BucketMap ? ["size", "keyType", "valueType"] : ["size", "elementType"])
            throws(() => Object.getOwnPropertyDescriptor(type.prototype, name).get.call(stranger), { type: TypeError, code: "WRONG_TYPE" });
    }
}

// the shape of the classes
{
    const map = new BucketMap("text", "text"), set = new BucketSet("text");
    same([Object.prototype.toString.call(map), Object.prototype.toString.call(set)], ["[object BucketMap]", "[object BucketSet]"]);
    ok(BucketMap.prototype[Symbol.iterator] === BucketMap.prototype.entries);
    ok(BucketSet.prototype[Symbol.iterator] === BucketSet.prototype.values && BucketSet.prototype.keys === BucketSet.prototype.values);
    class Own extends BucketMap { first() { return this.keys().next().value; } }
    const own = new Own("text", "integer", [["a", 1]]);
    ok(own instanceof Own && own instanceof BucketMap && own.first() === "a" && !(own.with("b", 2) instanceof Own));
    same([...new Set(["a", "c"]).union(new BucketSet("text", ["b", "a"]))], ["a", "c", "b"], "the engine's sets take ours");
    same(set.size, 0);
}

// a heap that is used for many small values does not grow
{
    const map = new BucketMap("text", "text");
    for (let round = 0; round < 3; round++) {
        for (let n = 0; n < sized(20000, 100); n++)
            map.set(`key ${n % 50}`, `value ${n}`);
        ok(bucketHeapUsed() < 500000, `round ${round}: ${bucketHeapUsed()} bytes`);
    }
    same([map.size, map.get("key 7")], [50, `value ${sized(19957, 57)}`]);
}

finish();
