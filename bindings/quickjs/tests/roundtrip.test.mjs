// wota.encode and wota.decode: every value that can be sent survives a round trip.
import * as drystone from "./drystone.so";
import { bytesOf, finish, generator, isStoneBuffer, leavesNothing, ok, same, sized, throws, viewOf } from "./harness.mjs";

const { Blob, stone, isStone, wota } = drystone;
const back = value => wota.decode(wota.encode(value));
const bytes = (...list) => new Uint8Array(list).buffer;

// values that come out unchanged
for (const value of [
    null, true, false, 0, 1, -1, -0, 255, 256, 0x7fffffff, -0x80000000, 0x80000000, 2 ** 32, -(2 ** 32) - 1,
    Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 53, 2 ** 54, -(2 ** 55), 2 ** 55 - 8, 2 ** 55, 1e16, 1e17, 1e21,
    0.1, -1.01, 1e-300, 5e-324, Number.MAX_VALUE, Number.EPSILON, NaN, Infinity, -Infinity,
    "", "a", "cat", "duck", "naïve", "日本語", "💩", "\0", "a\0b", "\u007f\u0080\u07ff\u0800\uffff", "\u{10ffff}",
    "\ud800", "\udfff", "a\ud83d", "\udca9\ud83d", "\ud83d\ud83d\udca9\udca9", "x".repeat(5000), "é".repeat(3000), "\ud800".repeat(900),
    [], [[]], [1, "two", [3, [null]]], {}, { a: {} }, { a: 1, b: [true, { c: "d" }] },
    { "": 1 }, { "x y": 1, "é": 2, "💩": 3, "\ud800": 4 }, { 10: "ten", 9: "nine", a: 1, 4294967295: 2, "-1": 3, "01": 4 },
    { length: 3 }, { constructor: 1, toString: 2, hasOwnProperty: 3, toJSON: 4, then: 5 },
    9007199254740993n, -9007199254740993n, 36028797018963967n, -36028797018963967n,
])
    same(back(value), value);

// integers: a Number where one holds it exactly, else a BigInt
for (const [value, expected] of [[5n, 5], [-5n, -5], [0n, 0], [2n ** 40n, 2 ** 40], [2n ** 54n, 2 ** 54],
    [-(2n ** 55n), -(2 ** 55)], [2n ** 55n - 1n, 2n ** 55n - 1n]])
    same(back(value), expected);

// values that JSON also omits or turns into null
same(back([undefined, 1, undefined]), [null, 1, null]);
same(back([, 1, , ]), [null, 1, null]);
same(back({ a: undefined, b: 1, c: undefined }), { b: 1 });
same(back({ a: undefined }), {});
same(back({ [Symbol("s")]: 1, b: 2 }), { b: 2 });
same(back(Object.defineProperty({ b: 2 }, "hidden", { value: 1 })), { b: 2 });
same(back(Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } })), { own: 2 });
same(back(Object.assign(Object.create(null), { z: 1, a: 2 })), { z: 1, a: 2 });
same(back(new (class Point { x = 1; y = 2; #hidden = 3; get sum() { return this.x + this.y; } })()), { x: 1, y: 2 });
same(back(Object.assign([1, 2], { extra: 3 })), [1, 2]);
same(back({ get a() { return [1, { get b() { return 2; } }]; } }), { a: [1, { b: 2 }] });
same(back(new (class extends Array {})(3).fill(7)), [7, 7, 7]);
same(back({ toJSON() { return 1; } }.x ?? null), null);

// "__proto__" is a key like any other
{
    const sent = JSON.parse('{"__proto__":{"polluted":true},"a":1}');
    const got = back(sent);
    same(Object.keys(got), ["__proto__", "a"]);
    ok(Object.getPrototypeOf(got) === Object.prototype && !("polluted" in got) && got["__proto__"].polluted === true);
    same(back({ "__proto__": null, a: 1 }), { a: 1 });
}

// many records of many kinds in one message: each has its own keys, in their order
{
    const long = "k".repeat(41), many = Array.from({ length: 40 }, (_, n) => [`many ${n}`, n]);
    const kinds = [
        n => ({ id: n, name: `${n}`, at: { x: n, y: -n } }), n => ({ name: `${n}`, id: n }), n => ({ id: n, name: [n], at: null }),
        n => JSON.parse(`{"__proto__":{"in":${n}},"id":${n},"trap":${n}}`), n => ({ [long]: n, [`${long}2`]: n, b: n }), () => ({}),
        n => ({ 7: n, a: n, 3: n }), n => ({ "": n, "\0": n, "\u00e9": n, "caf\u00e9 \u20ac": n }), () => Object.fromEntries(many),
        n => ({ abcdefgh: n, abcdefgi: n, abcdefghi: n, bbcdefghi: n, a: n, ab: n, abc: n, abcd: n, abcde: n, abcdefg: n }),
        n => ({ [`own ${n % 97}`]: n, also: n }),
    ];
    let called = 0;
    Object.defineProperty(Object.prototype, "trap", { configurable: true, get() { return 1; }, set() { called++; } });
    const sent = Array.from({ length: 1500 }, (_, n) => kinds[(n < 500 ? n : n * n) % kinds.length](n));
    const keys = value => JSON.stringify(value, (_, each) => Array.isArray(each) || Object(each) !== each ? each : Object.entries(each));
    const text = keys(sent);
    for (const got of [back(sent), back(sent), drystone.nota.decode(drystone.nota.encode(sent))])
        ok(keys(got) === text && got.every(each => Object.getPrototypeOf(each) === Object.prototype));
    delete Object.prototype.trap;
    same(called, 0);
}

// arrays that end before, at and after the end of a batch of values, plain or with containers at every place in them
{
    const plain = n => Array.from({ length: n }, (_, i) => i % 3 === 0 ? `text ${i % 7}` : i % 3 === 1 ? i / 4 : null);
    const sent = Array.from({ length: 300 }, (_, n) => ({ id: n, list: plain(n), mixed: [...plain(n % 130), [n], { n }, ...plain(n % 5)], after: [[], {}, n] }));
    for (const value of [sent, sent.map(each => each.list), sent.slice(120, 140), { sent }])
        for (const got of [back(value), drystone.nota.decode(drystone.nota.encode(value))])
            ok(JSON.stringify(got) === JSON.stringify(value));
}

// setters and read-only properties on Object.prototype are not used
{
    let called = 0;
    Object.defineProperty(Object.prototype, "trap", { configurable: true, get() { return 1; }, set() { called++; } });
    Object.defineProperty(Array.prototype, 0, { configurable: true, set() { called++; } });
    const got = back({ trap: 5, list: [6, 7] });
    delete Object.prototype.trap;
    delete Array.prototype[0];
    same([called, got.trap, got.list], [0, 5, [6, 7]]);
}

// property order
same(Object.keys(back({ z: 1, a: 2, m: 3, 2: 0, 1: 0 })), ["1", "2", "z", "a", "m"]);

// ordinary buffers are copied, and come out as ordinary ArrayBuffers
leavesNothing(drystone, () => {
    const source = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [sent, expected] of [
        [source.buffer, [1, 2, 3, 4, 5, 6, 7, 8, 9]], [source, [1, 2, 3, 4, 5, 6, 7, 8, 9]], [source.subarray(3, 6), [4, 5, 6]],
        [new Uint16Array(source.buffer, 2, 2), [3, 4, 5, 6]], [new DataView(source.buffer, 7), [8, 9]], [new ArrayBuffer(0), []],
        [new Float64Array([1.5]), [0, 0, 0, 0, 0, 0, 0xf8, 0x3f]], [new Blob(source), [1, 2, 3, 4, 5, 6, 7, 8, 9]],
        [new Blob(0), []], [new Blob(new Uint8Array([255])).writeBytes(new Uint8Array([1])), [255, 1]], [new Uint8Array(source.buffer, 9), []],
    ]) {
        const got = back({ sent }).sent;
        ok(got instanceof ArrayBuffer && !got.immutable && !isStone(got));
        same([...new Uint8Array(got)], expected);
        if (got.byteLength > 0) {
            new Uint8Array(got)[0] ^= 255;
            same(got.transfer(100).byteLength, 100, "it can be written, moved and grown");
        }
    }
    same([...source], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const shared = new SharedArrayBuffer(4);
    new Uint8Array(shared).set([4, 3, 2, 1]);
    const got = back([shared, new Uint8Array(shared, 1, 2)]);
    same(got, [bytes(4, 3, 2, 1), bytes(3, 2)]);
    ok(!(got[0] instanceof SharedArrayBuffer));
    same([...new Uint8Array(back(new Blob(13)))], [0, 0]);
    same(back(Uint8Array.from({ length: 100001 }, (_, index) => index)).byteLength, 100001);
});

// stones are sent by reference, and come out as the same bytes
leavesNothing(drystone, () => {
    const blob = stone(Uint8Array.from({ length: 64 }, (_, index) => index));
    const message = wota.encode({ blob, buffer: blob.buffer, array: viewOf(blob.buffer), view: viewOf(blob.buffer, 0, undefined, DataView), part: viewOf(blob.buffer, 8, 4), rest: viewOf(blob.buffer, 60, undefined, DataView) });
    const got = wota.decode(message);
    for (const name of ["blob", "buffer", "array", "view"])
        ok(got[name] === blob.buffer, `${name} is the same ArrayBuffer, as the whole stone was sent`);
    ok(isStoneBuffer(got.part) && isStone(got.part));
    same([...bytesOf(got.part)], [8, 9, 10, 11]);
    same([...bytesOf(got.rest)], [60, 61, 62, 63]);
    same(bytesOf(back(viewOf(blob.buffer, 64))).length, 0);

    const odd = stone(new Blob(13));
    same(bytesOf(back(odd)).length, 2);
    same(stone(back(odd)).length, 13, "the length in bits stays");
    same(stone(back(viewOf(odd.buffer, 1))).length, 5);
    ok(isStone(back(stone(new Blob()))));
});

// a stone takes a word or two, whatever its size
{
    const length = size => wota.encode(stone(new Blob(size * 8))).length;
    same(length(1), 128);
    same(length(sized(10_000_000, 1000)), 128);
}

// a message in a message: its words as a buffer, which can be decoded
leavesNothing(drystone, () => {
    const data = stone(new Uint8Array([1, 2, 3]));
    const inner = wota.encode({ data, n: 1 });
    const got = back({ inner, again: [inner] });
    ok(got.inner === inner.buffer && got.again[0] === got.inner);
    const opened = wota.decode(got.inner);
    ok(opened.data === data.buffer && opened.n === 1);
    same(wota.decode(inner.buffer).n, 1);
    let nested = 1;
    for (let i = 0; i < sized(2000, 40); i++)
        nested = wota.encode([nested]);
    for (let i = 0; i < 3; i++)
        nested = wota.decode(nested)[0];
    ok(isStone(nested));
});

// to bytes and back
leavesNothing(drystone, () => {
    const value = { list: [1, "two", null], blob: stone(new Uint8Array([5, 6, 7])), copy: bytes(8, 9) };
    const message = wota.encode(value);
    const portable = wota.toBytes(message);
    ok(isStoneBuffer(portable) && bytesOf(portable).length % 8 === 0);
    const expected = { list: [1, "two", null], blob: bytes(5, 6, 7), copy: bytes(8, 9) };
    const copy = bytesOf(portable).slice();
    const elsewhere = new Uint8Array(copy.length + 3);
    elsewhere.set(copy, 3);
    const shared = new SharedArrayBuffer(copy.length);
    new Uint8Array(shared).set(copy);
    for (const given of [portable, viewOf(portable), copy, copy.buffer, new DataView(copy.buffer), elsewhere.subarray(3), shared, new Uint8Array(shared)]) {
        const got = wota.decode(given);
        same(got, expected);
        ok(!got.blob.immutable, "nothing in bytes refers to a stone of this process");
        const again = wota.fromBytes(given);
        ok(again instanceof Blob && again.stone);
        same(wota.decode(again), expected);
    }
    ok(wota.fromBytes(portable).equals(wota.fromBytes(copy)));
    same(bytesOf(wota.toBytes(wota.fromBytes(copy))).length, copy.length);
    same(bytesOf(wota.toBytes(message.buffer)).length, copy.length, "the ArrayBuffer over a message is one too");
    const inner = wota.encode([stone(new Blob(8))]);
    same(new Uint8Array(wota.decode(wota.toBytes(wota.encode([inner])))[0]), bytesOf(wota.toBytes(inner)), "a message within leaves as its bytes");
});

// integers in an array of every size around the edges of each representation
same(back(Array.from({ length: 64 }, (_, bit) => [2 ** bit - 1, 2 ** bit, -(2 ** bit), -(2 ** bit) - 1])),
    Array.from({ length: 64 }, (_, bit) => [2 ** bit - 1, 2 ** bit, -(2 ** bit), -(2 ** bit) - 1]));

// wide and deep
{
    const wide = Array.from({ length: sized(100000, 300) }, (_, index) => index % 3 === 0 ? index : `k${index}`);
    same(back(wide), wide);
    const record = Object.fromEntries(wide.map((value, index) => [`key ${index}`, value]));
    same(back(record), record);
    let deep = "bottom", deepRecord = "bottom";
    for (let depth = 0; depth < 512; depth++) {
        deep = [deep];
        deepRecord = { d: deepRecord };
    }
    same(back(deep), deep);
    same(back(deepRecord), deepRecord);
    const chain = Array.from({ length: sized(300, 30) }, () => ({}));
    same(back(chain.map(item => ({ item, again: item }))), chain.map(() => ({ item: {}, again: {} })), "twice the same object is no cycle");
}

// generated trees
{
    const random = generator(7);
    const alphabet = ["a", "Z", "0", " ", "\u00e9", "\u20ac", "\u{1f4a9}", "\ud800", "\udc00", "\0", "_"];
    const text = () => Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join("");
    const key = () => random(4) === 0 ? text() : ["id", "name", "value", "7", "__proto__", "data"][random(6)];
    const number = () => [random(100), -random(1e9), random(1e9) / 1000, 2 ** random(70), -0, NaN, Infinity, random(2) - 0.5][random(8)];
    const leaf = () => [number, text, () => null, () => true, () => false, () => BigInt(random(1e9)) * 36028797n | 1n << 54n | 1n,
        () => Uint8Array.from({ length: random(20) }, () => random(256)).buffer,
        () => stone(Uint8Array.from({ length: random(20) }, () => random(256))).buffer][random(8)]();
    const tree = depth => {
        const kind = depth === 0 ? 0 : random(4);
        if (kind === 1)
            return Array.from({ length: random(6) }, () => tree(depth - 1));
        if (kind === 2) {
            const record = {};
            for (let i = random(6); i > 0; i--)
                Object.defineProperty(record, key(), { value: tree(depth - 1), enumerable: true, configurable: true, writable: true });
            return record;
        }
        return leaf();
    };
    leavesNothing(drystone, () => {
        for (let i = 0; i < sized(3000, 150); i++) {
            const value = tree(5);
            const message = wota.encode(value);
            same(wota.decode(message), value);
            same(wota.decode(wota.toBytes(message)), value);
        }
    });
}

finish();
