// Stone values: stone(value) and wota.view return what wota.decode would, deeply frozen, and read in place.
import * as std from "qjs:std";
import * as drystone from "./drystone.so";
import { bytesOf, engine, finish, generator, leavesNothing, ok, same, sized, throws, viewOf } from "./harness.mjs";

const { Blob, stone, isStone, nota, wota } = drystone;
const view = value => wota.view(wota.encode(value));
const letters = "abcdefghijklmnopqrstuvwxyz";

/// A value of at most `depth` levels, of everything that can be sent except bytes.
function generated(random, depth) {
    switch (random(depth > 0 ? 11 : 7)) {
    case 0: return random(2000) - 1000;
    case 1: return (random(1e9) - 5e8) / 1024;
    case 2: return letters.slice(random(20), random(26)) + "é💩\ud800"[random(5)];
    case 3: return random(2) === 1;
    case 4: return null;
    case 5: return letters.repeat(random(100));
    case 6: return [9007199254740993n, -0, NaN, 2 ** 40, ""][random(5)];
    case 7: case 8: return Array.from({ length: random(random(10) === 0 ? 60 : 6) }, () => generated(random, depth - 1));
    default: return Object.fromEntries(Array.from({ length: random(random(10) === 0 ? 60 : 8) },
        () => [random(4) === 0 ? String(random(50)) : letters.slice(random(20)) + random(9), generated(random, depth - 1)]));
    }
}

/// Every container below is frozen, a stone, and of its plain class.
function frozen(value) {
    if (typeof value !== "object" || value === null || value instanceof ArrayBuffer || value instanceof Blob)
        return true;
    return isStone(value) && Object.isFrozen(value) && !Object.isExtensible(value)
        && Object.getPrototypeOf(value) === (Array.isArray(value) ? Array.prototype : Object.prototype)
        && Object.values(value).every(frozen);
}

// the same as decode, whatever is read first
{
    const random = generator(7), asks = [
        () => {},
        value => Object.keys(value),
        value => JSON.stringify(value, (_, inner) => typeof inner === "bigint" ? String(inner) : inner),
        value => Object.isFrozen(value),
        value => Object.keys(value).length && value[Object.keys(value).pop()],
        value => value.no ?? value[3],
    ];
    for (let n = 0; n < sized(400, 12); n++) {
        const value = { root: generated(random, 4) }, message = wota.encode(value), plain = wota.decode(message);
        const read = wota.view(message);
        asks[n % asks.length](read.root ?? read);
        same(read, plain, "view and decode");
        ok(frozen(read), "frozen");
        ok(wota.view(message) === read, "the same place is the same object");
        same(wota.decode(wota.encode(read)), plain, "by reference and back");
        same(wota.decode(wota.encode([read.root, 1, read.root])), [plain.root, 1, plain.root], "a part of it");
        same(stone(value), plain, "stone");
        same(wota.toJSON(wota.encode(1)), "1");
    }
}

// all scalars are unchanged
for (const value of [null, true, 0, -0, 0.5, NaN, "", "text", 2n ** 60n - 2n ** 60n, "\ud800"]) {
    same(stone(value), value);
    same(view(value), wota.decode(wota.encode(value)));
}
same(isStone("text"), false);
throws(() => stone(undefined), { type: TypeError, code: "WRONG_TYPE" });
throws(() => stone(() => 1), { type: TypeError, message: "$: a function cannot be sent" });
throws(() => stone({ a: [Symbol("s")] }), { type: TypeError, message: "$.a[0]: a symbol cannot be sent" });
throws(() => { const cycle = {}; cycle.a = cycle; stone(cycle); }, { type: TypeError, code: "INVALID_ARGUMENT" });

// a view is like an ordinary frozen object
{
    const read = view({ b: 1, a: [1, [2, { c: 3 }]], 7: "seven", "": 0, nothing: null });
    same(Object.keys(read), ["7", "b", "a", "", "nothing"], "integer keys come first");
    same(Object.entries(read).map(([key]) => key), Object.keys(read));
    same(Reflect.ownKeys(read), Object.keys(read));
    same(Reflect.ownKeys(read.a), ["0", "1", "length"], "nothing hidden");
    same(Object.getOwnPropertySymbols(read.a), []);
    same({ ...read }, wota.decode(wota.encode(read)));
    same([...read.a], [1, [2, { c: 3 }]]);
    const { b, a: [one, [two]] } = read;
    same([b, one, two], [1, 1, 2]);
    ok("b" in read && !("z" in read) && "toString" in read && 1 in read.a && !(2 in read.a));
    ok(Object.hasOwn(read, "b") && !Object.hasOwn(read, "toString") && read.toString === Object.prototype.toString);
    same(Object.getOwnPropertyDescriptor(read, "b"), { value: 1, writable: false, enumerable: true, configurable: false });
    same(Object.getOwnPropertyDescriptor(read.a, 0), { value: 1, writable: false, enumerable: true, configurable: false });
    same(Object.getOwnPropertyDescriptor(read.a, "length"),
        { value: 2, writable: false, enumerable: false, configurable: false });
    same(Object.getOwnPropertyDescriptor(read, "z"), undefined);
    same(JSON.stringify(read), '{"7":"seven","b":1,"a":[1,[2,{"c":3}]],"":0,"nothing":null}');
    const walked = [];
    for (const key in read)
        walked.push(key);
    same(walked, Object.keys(read));
    ok(Array.isArray(read.a) && Array.isArray(read.a[1]) && !Array.isArray(read) && read.a instanceof Array);
    same(String(read), "[object Object]");
    same(read.a.map(String).length, 2);
    same(read.a.concat([5]).length, 3);
    ok(read.a === read.a && read.a[1][1] === read.a[1][1] && read[Symbol.iterator] === undefined);
    ok(!("length" in read) && read.__proto__ === Object.prototype);
    ok(Object.freeze(read) === read && Object.seal(read) === read && Object.preventExtensions(read.a) === read.a);

    // writing throws: this is a module, and strict
    for (const target of [read, read.a, read.a[1], read.a[1][1]]) {
        const before = JSON.stringify(target);
        for (const key of [...Object.keys(target), "new", 99, Symbol("s")]) {
            throws(() => { target[key] = 5; }, { type: TypeError });
            ok(Reflect.set(target, key, 5) === false);
            ok(Reflect.defineProperty(target, key, { value: 5 }) === false);
            throws(() => Object.defineProperty(target, key, { get() { return 1; } }), { type: TypeError });
        }
        for (const key of Object.keys(target)) {
            throws(() => { delete target[key]; }, { type: TypeError });
            ok(Reflect.deleteProperty(target, key) === false);
            ok(Reflect.defineProperty(target, key, { value: target[key], enumerable: true }) === true, "as it is");
            ok(Reflect.defineProperty(target, key, { enumerable: false }) === false);
        }
        ok(delete target.nothingThere && Reflect.deleteProperty(target, "nothingThere"));
        ok(Reflect.setPrototypeOf(target, null) === false);
        throws(() => Object.setPrototypeOf(target, {}), { type: TypeError });
        same(JSON.stringify(target), before);
    }
    // as with the engine's own frozen arrays
    const outcome = (action, list) => {
        try {
            return action(list);
        } catch (error) {
            return error.constructor.name;
        }
    };
    for (const action of [list => list.push(1), list => list.pop(), list => list.sort(), list => { list.length = 0; },
        list => list.fill(0), list => list.splice(0, 1), list => list.reverse(), list => list.shift(), list => list.unshift(1)])
        same(outcome(action, read.a), outcome(action, Object.freeze([1, Object.freeze([2, { c: 3 }])])), String(action));
    same(read.a, [1, [2, { c: 3 }]]);
    same(new Function("value", "value.b = 2; value.z = 3; value.a[0] = 9; delete value.b; return value.b + value.a[0]")(read), 2);

    // objects that inherit from it have their own properties
    const child = Object.create(read);
    same([child.b, Object.keys(child)], [1, []]);
    throws(() => { child.b = 2; }, { type: TypeError });
    child.z = 4;
    same([child.z, read.z, isStone(child)], [4, undefined, false]);
    const list = Object.setPrototypeOf([8], read.a);
    same([isStone(list), wota.decode(wota.encode(list))], [false, [8]]);
}

// keys with a meaning in ordinary objects
{
    const sent = JSON.parse('{"__proto__":{"x":1},"constructor":2,"length":3,"then":4,"toJSON":5}');
    for (const first of ["__proto__", "constructor", "other"]) {
        const read = view(sent);
        void read[first];
        same([Object.keys(read), read.__proto__.x, read.constructor, read.length], [Object.keys(sent), 1, 2, 3]);
        ok(Object.getPrototypeOf(read) === Object.prototype);
    }
}

// a large record and a large array: any position, before anything else is read
{
    const count = sized(20000, 300);
    const message = wota.encode({
        record: Object.fromEntries(Array.from({ length: count }, (_, n) => [`key ${n}`, { n }])),
        list: Array.from({ length: count }, (_, n) => ({ n, twice: [n, n] })),
    });
    const read = wota.view(message);
    same(read.record[`key ${count - 1}`].n, count - 1);
    same(read.record["key none"], undefined);
    same(read.list[count - 1].twice, [count - 1, count - 1]);
    same([read.list.length, Object.keys(read.record).length], [count, count]);
    ok(read.record["key 7"] === wota.view(message).record["key 7"]);
    same(read.list.reduce((sum, { n }) => sum + n, 0), count * (count - 1) / 2);
}

// a place has one object while it is referenced, by whatever path it is reached
{
    const document = stone({ rows: [{ id: 1 }, { id: 2 }], empty: [], nested: [[[]], {}] });
    const { rows, nested } = document, row = rows[1];
    const letter = wota.view(wota.encode({ all: document, rows, one: row, again: [row, rows, nested[0]] }));
    ok(letter.all === document && letter.rows === rows && letter.one === row);
    ok(letter.again[0] === row && letter.again[1] === rows && letter.again[2] === nested[0]);
    ok(stone(document) === document && stone(rows) === rows && stone(row) === row);
    ok(isStone(document) && isStone(rows) && isStone(row) && !isStone([...rows]) && !isStone({ ...row }));
    const outer = stone({ rows, more: [row] });
    ok(outer.rows === rows && outer.more[0] === row);
    same(wota.decode(wota.encode(outer)), { rows: [{ id: 1 }, { id: 2 }], more: [{ id: 2 }] });
    ok(wota.view(wota.encode(rows)) === rows, "a message that is a reference");
}

// by reference: a few words, whatever the size, in both dialects
{
    const heavy = stone({ rows: Array.from({ length: sized(5000, 50) }, (_, n) => ({ n, text: letters })) });
    for (const dialect of ["classic", "dec64"]) {
        const message = wota.encode({ a: heavy, b: heavy.rows, c: heavy.rows[3], d: [heavy.rows[3].n] }, { dialect });
        ok(message.length < 64 * 24, `${message.length / 64} words`);
        const plain = wota.decode(message);
        same(plain.b.length, heavy.rows.length);
        same(plain.c, { n: 3, text: letters });
        ok(!isStone(plain) && !isStone(plain.b) && !Object.isFrozen(plain.c), "decode gives what can be changed");
        same(wota.decode(wota.toBytes(message), { dialect }), plain);
        same(wota.view(wota.fromBytes(wota.toBytes(message), { dialect })), plain);
        same(JSON.parse(wota.toJSON(message)), plain);
        same(nota.decode(nota.fromMessage(message)), plain);
    }
    same(nota.decode(nota.encode({ heavy, one: heavy.rows[1] })), { heavy: wota.decode(wota.encode(heavy)), one: { n: 1, text: letters } });
}

// bytes that decode would copy are stones here
{
    const bytes = new Uint8Array([1, 2, 3]), antestone = new Blob(bytes);
    const value = { copied: bytes, antestone, held: stone(bytes), view: viewOf(stone(bytes).buffer, 1, 2) };
    const made = stone(value);
    bytes[0] = 9;
    antestone.writeBytes(bytes);
    const content = buffer => [...bytesOf(buffer)];
    same([content(made.copied), content(made.antestone), content(made.held), content(made.view)],
        [[1, 2, 3], [1, 2, 3], [1, 2, 3], [2, 3]]);
    ok(["copied", "antestone", "held", "view"].every(key => isStone(made[key])), "all of them stones");
    ok(made.copied === made.copied && Object.isFrozen(made));
    ok(!antestone.stone, "the program's own stays what it was");
    same(content(view({ bytes }).bytes), [9, 2, 3]);
    if (engine.immutableBuffers)
        throws(() => new Uint8Array(made.copied).fill(1), { type: TypeError });
}

// in parts: each stone and message once, and from outside
{
    const picture = stone(new Uint8Array(sized(100000, 2000)).fill(7));
    const document = stone({ rows: [{ picture }, { picture }], small: stone(new Uint8Array([1])) });
    const message = wota.encode({ document, row: document.rows[1], picture, again: document });
    const parts = wota.toParts(message);
    same(parts.length, 4, "the message's words, the document's, the picture and the small one");
    ok(parts.every(part => part instanceof Blob && part.stone) && parts.some(part => part.equals(picture)));
    const expected = wota.toBytes(message);
    const bytesOf = part => {
        const copy = new Uint8Array(part.length / 8);
        part.copyTo(copy);
        return copy;
    };
    for (const given of [parts, parts.map(bytesOf), parts.map(part => bytesOf(part).buffer), parts.map(part => part.buffer)]) {
        const back = wota.fromParts(given), read = wota.view(back);
        ok(stone(wota.toBytes(back)).equals(stone(expected)));
        ok(read.row === read.document.rows[1] && read.document === read.again, "what is shared stays so");
    }
    same(wota.toParts(message, { inlineBelow: 64 }).length, 3);
    same(wota.view(wota.fromParts(wota.toParts(message, { inlineBelow: 1e9 }))).document.rows.length, 2);
    same([message].map(wota.toParts)[0].length, 4, "a Number is not an option");
    for (const wrong of [[], parts.slice(0, 3), [...parts, parts[0]], [parts[1]], [bytesOf(parts[0]).subarray(1)]])
        throws(() => wota.fromParts(wrong));
    for (const wrong of [undefined, "text", {}, parts[0], [undefined], [1], [{}], [new Blob(64)]])
        throws(() => wota.fromParts(wrong), { type: TypeError });
    throws(() => wota.toParts({}), { type: TypeError });
    throws(() => wota.toParts(message, { inlineBelow: -1 }), { type: TypeError });
    throws(() => wota.fromParts([bytesOf(parts[0]), { get length() { throw new EvalError("mine"); } }]), { type: TypeError });
    // damaged parts are refused, or are another message
    const random = generator(5), damaged = parts.map(bytesOf);
    for (let n = 0; n < sized(300, 10); n++) {
        const which = random(2), at = random(damaged[which].length), was = damaged[which][at];
        damaged[which][at] ^= 1 << random(8);
        try {
            JSON.stringify(wota.view(wota.fromParts(damaged)), (_, inner) => typeof inner === "bigint" ? 0 : inner);
        } catch (error) {
            ok(error.code !== undefined, String(error));
        }
        damaged[which][at] = was;
    }
}

// hostile: values that are not messages
for (const wrong of [undefined, null, 1, "text", {}, [], new ArrayBuffer(8), new Blob(64), stone(new Uint8Array(8)), stone({})])
    throws(() => wota.view(wrong), { type: TypeError });

// hostile: sharing that is exponential when expanded
{
    let shared = stone([1]);
    for (let level = 0; level < 40; level++)
        shared = wota.view(wota.encode([shared, shared, shared, shared]));
    const message = wota.encode({ shared });
    let found = wota.view(message).shared;
    for (let level = 0; level < 40; level++)
        found = found[level % 4];
    same(found, [1], "views share");
    for (const flatten of [() => wota.decode(message), () => wota.toBytes(message), () => wota.toJSON(message),
        () => nota.fromMessage(message), () => nota.encode(shared), () => nota.encode({ shared }), () => wota.transcode(message, "dec64")])
        throws(flatten, { type: RangeError, code: "LIMIT_EXCEEDED" });
}

// hostile: depth through references
{
    let deep = stone({ end: true });
    for (let level = 0; level < sized(3000, 600); level++)
        deep = stone({ in: deep });
    let list = stone([]);
    for (let level = 0; level < sized(3000, 600); level++)
        list = stone([list]);
    throws(() => wota.decode(wota.encode(deep)), { type: RangeError, code: "LIMIT_EXCEEDED" });
    throws(() => wota.decode(wota.encode(list)), { type: RangeError, code: "LIMIT_EXCEEDED" });
    let levels = 0;
    for (; !deep.end; deep = deep.in)
        levels++;
    for (; list.length > 0; list = list[0])
        levels--;
    same(levels, 0);
}

// getters run while a message is made: a repeated object stays the same
{
    const inner = stone({ n: 1 });
    const made = stone({ get a() { return stone({ inner }); }, get b() { return [wota.view(wota.encode(inner))]; } });
    ok(made.a.inner === inner && made.b[0] === inner);
}

// nothing leaks
leavesNothing(drystone, () => {
    const read = view({ a: [1, { b: [stone(new Uint8Array(9))] }], c: {} });
    void read.a[1].b;
    throws(() => { read.c.x = 1; }, { type: TypeError });
    const a = { read }, b = { a, part: read.a };
    a.b = b;
    Object.keys(read.c);
});
leavesNothing(drystone, () => {
    const part = view({ rows: [{ a: 1 }, { a: 2 }] }).rows[1];
    same(part.a, 2, "a part keeps the message");
    std.gc();
    same({ ...part }, { a: 2 });
});
leavesNothing(drystone, () => {
    const weak = new WeakMap([[view({}), view([1])]]), map = new Map([[view({}), 1]]);
    ok(weak && map.size === 1);
});
finish();
