// Values that cannot be sent, with their paths; what getters may do while a value is walked.
import * as drystone from "./drystone.so";
import { bytesOf, engine, finish, leavesNothing, ok, same, sized, throws } from "./harness.mjs";

const { Blob, Mailbox, stone, wota } = drystone;
const refuse = (value, message, type = TypeError, code = "WRONG_TYPE") => throws(() => wota.encode(value), { type, code, message });

leavesNothing(drystone, () => {
    // paths
    refuse({ a: [0, 0, 0, { f() {} }] }, "$.a[3].f: a function cannot be sent");
    refuse(() => 1, "$: a function cannot be sent");
    refuse(class {}, "$: a function cannot be sent");
    refuse([[[async () => 1]]], "$[0][0][0]: a function cannot be sent");
    refuse({ "x y": 1, "1a": { "": [Symbol("s")] } }, '$["1a"][""][0]: a symbol cannot be sent');
    refuse({ 'quo"te\\': Symbol.iterator }, '$["quo\\"te\\\\"]: a symbol cannot be sent');
    refuse({ "line\nbreak": Symbol() }, '$["line\\u000abreak"]: a symbol cannot be sent');
    refuse({ "é": Symbol() }, '$["é"]: a symbol cannot be sent');
    refuse({ "\u{1f4a9}": Symbol() }, '$["\u{1f4a9}"]: a symbol cannot be sent');
    refuse({ $_a1: { 7: Symbol() } }, '$.$_a1["7"]: a symbol cannot be sent');
    refuse({ ["k".repeat(200)]: Symbol() }, `$["${"k".repeat(60)}\u2026"]: a symbol cannot be sent`);
    refuse({ ["\u00e9".repeat(59) + "x"]: Symbol() }, `$["${"\u00e9".repeat(30)}\u2026"]: a symbol cannot be sent`);
    refuse({ ["k" + "\u00e9".repeat(59)]: Symbol() }, `$["k${"\u00e9".repeat(29)}\u2026"]: a symbol cannot be sent`);
    const longPath = Array.from({ length: 100 }, (_, index) => `key${index}`);
    refuse(longPath.reduceRight((inner, key) => ({ [key]: inner }), Symbol()), `$.${longPath.join(".")}: a symbol cannot be sent`);
    refuse({ before: [1, 2], here: [{}, {}, [], { there: Symbol() }] }, "$.here[3].there: a symbol cannot be sent");

    // numbers
    const outside = "a BigInt outside -2^55 .. 2^55-1 cannot be sent";
    for (const number of [2n ** 55n, -(2n ** 55n) - 1n, 2n ** 63n, 2n ** 64n, 2n ** 64n + 5n, -(2n ** 64n), 2n ** 1000n, -(2n ** 63n) - 1n])
        refuse({ n: [number] }, `$.n[0]: ${outside}`, TypeError, "OUT_OF_RANGE");

    // undefined
    refuse(undefined, "$: undefined cannot be sent");
    throws(() => wota.encode(), { type: TypeError });

    // classes whose content would silently be lost
    const classes = {
        Map: new Map([[1, 2]]), Set: new Set([1]), WeakMap: new WeakMap(), WeakSet: new WeakSet(), Date: new Date(0), RegExp: /x/g,
        Promise: Promise.resolve(1), Error: new RangeError("x"), Number: new Number(1), String: new String("x"), Boolean: new Boolean(true),
        Symbol: Object(Symbol()), BigInt: Object(1n), WeakRef: new WeakRef({}), Generator: (function* () {})(),
        "Array Iterator": [][Symbol.iterator](), Mailbox: Mailbox.open("errors.test"),
        Arguments: (function () { "use strict"; return arguments; })(1, 2),
    };
    for (const [name, object] of Object.entries(classes)) {
        const known = engine.classNames || !["Generator", "Array Iterator", "Arguments"].includes(name);
        const matches = known ? /an object of class [A-Z].* cannot be sent$/ : /an exotic object cannot be sent$/;
        const error = throws(() => wota.encode({ [name]: [object] }), { type: TypeError, code: "WRONG_TYPE", matches });
        ok(error.message.startsWith(/^[A-Z]\w*$/i.test(name) ? `$.${name}[0]: ` : `$["${name}"][0]: `), error.message);
    }
    refuse([new Proxy({}, {})], "$[0]: a Proxy cannot be sent");
    refuse([new Proxy([], {})], "$[0]: a Proxy cannot be sent");
    refuse([new Proxy(() => 1, {})], "$[0]: a function cannot be sent");
    refuse({ m: drystone }, "$.m: an exotic object cannot be sent");
    const derived = Object.create(new Map());
    ok(wota.decode(wota.encode(derived)) !== null, "an ordinary object whatever it inherits from");

    // cycles
    const cycle = "a cycle: this value contains itself";
    const record = { a: { b: [1] } };
    record.a.b.push(record);
    refuse(record, `$.a.b[1]: ${cycle}`, TypeError, "INVALID_ARGUMENT");
    const list = [];
    list.push([list]);
    refuse(list, `$[0][0]: ${cycle}`, TypeError, "INVALID_ARGUMENT");
    refuse({ get self() { return this; } }, `$.self: ${cycle}`, TypeError, "INVALID_ARGUMENT");
    let link = {};
    const loop = link;
    for (let i = 0; i < 300; i++)
        link = link.next = {};
    link.next = loop;
    throws(() => wota.encode(loop), { type: TypeError, code: "INVALID_ARGUMENT", matches: /^\$(\.next){301}: a cycle/ });

    // depth
    const nest = (depth, wrap) => { let value = 1; for (let i = 0; i < depth; i++) value = wrap(value); return value; };
    for (const wrap of [value => [value], value => ({ d: value })]) {
        wota.encode(nest(512, wrap));
        throws(() => wota.encode(nest(513, wrap)), { type: RangeError, code: "LIMIT_EXCEEDED", matches: /^\$(\[0\]|\.d){512}: more than 512 nested containers$/ });
        throws(() => wota.encode(nest(sized(200000, 2000), wrap)), { type: RangeError, code: "LIMIT_EXCEEDED" });
    }
    throws(() => wota.encode(nest(513, value => { const wrapped = { get d() { return value; } }; return wrapped; })), { type: RangeError });
    let endless = 0;
    const bottomless = () => ({ get more() { endless++; return bottomless(); } });
    throws(() => wota.encode(bottomless()), { type: RangeError, code: "LIMIT_EXCEEDED" });
    ok(endless < 600);

    // more elements than a message can have: refused before anything is written
    const sparse = [];
    sparse.length = 2 ** 32 - 1;
    throws(() => wota.encode({ s: sparse }), { type: RangeError, code: "LIMIT_EXCEEDED", message: "$.s: too many elements for a message" });
    const many = [];
    many.length = 2 ** 28 + 1;
    throws(() => wota.encode(many), { type: RangeError, code: "LIMIT_EXCEEDED" });

    // detached buffers
    const detached = new Uint8Array(8);
    detached.buffer.transfer();
    const resizable = new ArrayBuffer(8, { maxByteLength: 8 });
    const views = [new Uint8Array(resizable, 4, 4), new DataView(resizable, 4, 4)];
    resizable.resize(2);
    for (const gone of [detached, detached.buffer, ...views])
        refuse({ gone: [gone] }, "$.gone[0]: the buffer is detached or the view out of its bounds", TypeError, "INVALID_ARGUMENT");
});

// getters
leavesNothing(drystone, () => {
    const mine = new EvalError("mine");
    ok(throws(() => wota.encode({ a: 1, get b() { throw mine; }, c: 2 })) === mine);
    ok(throws(() => wota.encode([{ a: [{ get b() { throw mine; } }] }])) === mine);
    const list = [1, 2, 3];
    Object.defineProperty(list, 1, { get() { throw mine; } });
    ok(throws(() => wota.encode({ list })) === mine);
    same(wota.decode(wota.encode({ ok: true })), { ok: true }, "the next message is unharmed");

    // they change what is being walked
    const shrinking = [1, 2, 3, 4];
    Object.defineProperty(shrinking, 0, { get() { shrinking.length = 1; return "first"; }, configurable: true });
    same(wota.decode(wota.encode(shrinking)), ["first", null, null, null]);
    const growing = [1];
    Object.defineProperty(growing, 0, { get() { growing.push(5, 6); return 0; } });
    same(wota.decode(wota.encode(growing)), [0]);
    const deleting = { get a() { delete this.b; this.d = 4; return 1; }, b: 2, c: 3 };
    same(wota.decode(wota.encode(deleting)), { a: 1, c: 3 });
    const parent = { list: [{ get x() { parent.list = null; parent.other = null; return 1; } }, 2], other: { y: 1 } };
    same(wota.decode(wota.encode(parent)), { list: [{ x: 1 }, 2], other: { y: 1 } });
    // both calls need more than the memory on the stack, the inner one while the outer one uses its own
    const many = count => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
    const nested = { first: many(300), get again() { return wota.decode(wota.encode({ deep: many(5000) })).deep; }, last: many(1000) };
    same(wota.decode(wota.encode(nested)), { first: many(300), again: many(5000), last: many(1000) });
    const replaced = { a: { get b() { replaced.c = Symbol(); return 1; } }, c: [1] };
    same(wota.decode(wota.encode(replaced)), { a: { b: 1 }, c: [1] }, "a record's values are read once, together");
    const typed = [];
    Object.setPrototypeOf(typed, { get 0() { return "inherited"; } });
    typed.length = 1;
    same(wota.decode(wota.encode(typed)), ["inherited"]);

    // they detach, resize and collect
    const buffer = new ArrayBuffer(1024, { maxByteLength: 4096 });
    const bytes = new Uint8Array(buffer);
    throws(() => wota.encode([{ get x() { buffer.transfer(); return 1; } }, bytes]), { type: TypeError, code: "INVALID_ARGUMENT" });
    const other = new ArrayBuffer(1024, { maxByteLength: 4096 });
    same(wota.decode(wota.encode([{ get x() { other.resize(2); return 1; } }, new Uint8Array(other)]))[1].byteLength, 2);
    const stones = { get a() { stones.b = undefined; return 1; }, b: stone(new Uint8Array([1, 2, 3])) };
    same(bytesOf(wota.decode(wota.encode({ deep: { s: stones.b.buffer }, stones })).deep.s).length, 3);

    // they encode other messages
    let inner;
    const outer = wota.encode({ a: [1], get b() { inner = wota.encode({ c: [2, { get d() { return wota.decode(wota.encode([3]))[0]; } }] }); return 4; }, e: 5 });
    same(wota.decode(outer), { a: [1], b: 4, e: 5 });
    same(wota.decode(inner), { c: [2, { d: 3 }] });
    ok(throws(() => wota.encode({ get a() { throws(() => wota.encode(Symbol())); throw mine; } })) === mine);
    same(wota.decode(wota.encode([{ get a() { throws(() => wota.encode({ f() {} })); return 1; } }])), [{ a: 1 }]);
});

// encode within encode within encode, until the engine's stack ends it
leavesNothing(drystone, () => {
    const recursive = { get a() { return wota.encode(recursive); } };
    const error = throws(() => wota.encode(recursive));
    ok(error instanceof Error && !("code" in error), "the engine's own error");
    same(wota.decode(wota.encode([1])), [1]);
});

// errors thrown from a program's own Error.prepareStackTrace do not break us
{
    const previous = Error.prepareStackTrace;
    Error.prepareStackTrace = () => { wota.encode({ nested: [1] }); return "mine"; };
    throws(() => wota.encode([Symbol()]), { type: TypeError, message: "$[0]: a symbol cannot be sent" });
    throws(() => wota.decode(new Uint8Array(9)), {});
    Error.prepareStackTrace = previous;
}

// what decode, toBytes and fromBytes refuse
for (const wrong of [undefined, null, 1, "text", {}, [], new Map()]) {
    throws(() => wota.decode(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => wota.toBytes(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => wota.fromBytes(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
}
throws(() => wota.decode(new Blob(64)), { type: TypeError, code: "NOT_STONE" });
throws(() => wota.toBytes(new Blob(64)), { type: TypeError });
throws(() => wota.toBytes(stone(new Blob(64))), { type: TypeError });
if (engine.immutableBuffers) {
    throws(() => wota.decode(stone(new Blob(64))), { type: TypeError, code: "WRONG_TYPE" });
    throws(() => wota.fromBytes(wota.encode(1)), { type: TypeError, code: "INVALID_ARGUMENT" });
} else { // a stone Blob represents its bytes, which are untrusted like any others
    same(wota.decode(stone(new Blob(64))), 0);
    throws(() => wota.decode(stone(new Blob(56))), { code: "TRUNCATED" });
    throws(() => wota.decode(stone(new Blob(64, true))), { code: "MALFORMED" });
    ok(wota.fromBytes(wota.encode(1)).equals(wota.encode(1)));
    throws(() => wota.fromBytes(wota.encode([stone(new Blob(8))])), { code: "FOREIGN_REFERENCE" });
    throws(() => wota.fromBytes(new Blob(64)), { type: TypeError, code: "INVALID_ARGUMENT" });
}
{
    const detached = new ArrayBuffer(8);
    detached.transfer();
    throws(() => wota.decode(detached), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => wota.fromBytes(new Uint8Array(detached)), { type: TypeError });
}
finish();
