// The Blob class, stone() and isStone().
import * as drystone from "./drystone.so";
import { bytesOf, engine, finish, leavesNothing, ok, same, sized, throws, viewOf } from "./harness.mjs";

const { Blob, stone, isStone } = drystone;
const content = blob => [...bytesOf(stone(blob).buffer)];

leavesNothing(drystone, () => {
    const empty = new Blob();
    same(empty.length, 0);
    ok(!empty.stone);
    same(content(empty), []);
    ok(isStone(empty.buffer), "an empty stone's buffer is one");
    ok(new Blob(0) !== empty);

    const bits = new Blob(21);
    same(bits.length, 21);
    same(Object.prototype.toString.call(bits), "[object Blob]");
    same(content(bits), [0, 0, 0]);
    same(bits.length, 21);
    ok(bits instanceof Blob);
});

// what a blob can be made from
leavesNothing(drystone, () => {
    const source = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    same(content(new Blob(source.buffer)), [1, 2, 3, 4, 5, 6, 7, 8]);
    same(content(new Blob(source.subarray(2, 5))), [3, 4, 5]);
    same(content(new Blob(new Uint16Array(source.buffer, 2, 2))), [3, 4, 5, 6]);
    same(content(new Blob(new DataView(source.buffer, 6))), [7, 8]);
    const shared = new SharedArrayBuffer(3);
    new Uint8Array(shared).set([9, 8, 7]);
    same(content(new Blob(shared)), [9, 8, 7]);
    same(content(new Blob(new Uint8Array(shared, 1, 1))), [8]);

    const copied = new Blob(source);
    source[0] = 99;
    same(content(copied)[0], 1, "a copy");
    const overStone = new Blob(copied.buffer);
    ok(!overStone.stone, "a copy of a stone's bytes is antestone");
    overStone.writeBytes(new Uint8Array([50]));
    same([overStone.length, copied.length], [72, 64]);
    const odd = new Blob(13);
    same([new Blob(odd).length, new Blob(stone(odd)).length, new Blob(stone(odd)).stone], [13, 13, false]);
});

for (const [argument, expected] of [
    ["8", { type: TypeError, code: "INVALID_ARGUMENT" }],
    [{}, { type: TypeError, code: "INVALID_ARGUMENT" }],
    [null, { type: TypeError, code: "INVALID_ARGUMENT" }],
    [8n, { type: TypeError, code: "INVALID_ARGUMENT" }],
    [-1, { type: RangeError }],
    [2 ** 53, { type: RangeError }],
    [2 ** 53 - 1, { code: "NO_MEMORY" }],
])
    throws(() => new Blob(argument), expected);
throws(() => Blob(8), { type: TypeError });
throws(() => Blob.call({}, 8), { type: TypeError });
throws(() => new (class extends Blob { constructor() { super(-1); } })(), { type: RangeError });

// appending
leavesNothing(drystone, () => {
    const blob = new Blob();
    ok(blob.writeBytes(new Uint8Array([1, 2])) === blob, "can be chained");
    blob.writeBytes(new Uint8Array([3]).buffer).writeBytes(new DataView(new Uint8Array([4, 5]).buffer, 1));
    same(blob.length, 32);
    same(content(blob), [1, 2, 3, 5]);
    throws(() => blob.writeBytes(new Uint8Array(1)), { type: TypeError, code: "IS_STONE" });
    same(blob.length, 32);
    throws(() => new Blob().writeBytes("text"), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => new Blob().writeBytes(), { type: TypeError, code: "INVALID_ARGUMENT" });

    const unaligned = new Blob(3).writeBytes(new Uint8Array([0xff]));
    same(unaligned.length, 11);
    same(content(unaligned), [0x1f, 0xe0]);
});

// an antestone with another owner is not written
leavesNothing(drystone, () => {
    const box = drystone.Mailbox.open("blob.test busy");
    const blob = new Blob(8);
    box.post(blob);
    throws(() => blob.writeBytes(new Uint8Array(1)), { code: "BUSY" });
    same(blob.length, 8);
    ok(box.take(0).length === 8);
});

// slices
leavesNothing(drystone, () => {
    const whole = stone(new Blob(Uint8Array.from({ length: 16 }, (_, index) => index)));
    same(content(whole.slice(8, 32)), [1, 2, 3]);
    same(whole.slice().length, 128);
    same(whole.slice(120).length, 8);
    same(whole.slice(undefined, 8).length, 8);
    same(whole.slice(64, 64).length, 0);
    ok(whole.slice(8, 16).stone);
    same(whole.slice(4, 13).length, 9);
    same(content(whole.slice(4, 16)), [0, 0x10]);
    ok(whole.slice(8).slice(8, 24).equals(whole.slice(16, 32)));
    throws(() => whole.slice(9, 8), { type: RangeError, code: "OUT_OF_RANGE" });
    throws(() => whole.slice(0, 129), { type: RangeError, code: "OUT_OF_RANGE" });
    throws(() => whole.slice(-1), { type: RangeError });
    throws(() => whole.slice({ valueOf() { throw new EvalError("mine"); } }), { type: EvalError, message: "mine" });
    throws(() => new Blob(8).slice(0, 8), { type: TypeError, code: "NOT_STONE" });
    const part = whole.slice(8, 16).buffer;
    same([...bytesOf(part)], [1], "a slice outlives what it is part of");
});

// equality
leavesNothing(drystone, () => {
    const one = new Blob(new Uint8Array([1, 2])), other = new Blob(new Uint8Array([1, 2]));
    ok(one.equals(other) && one.equals(one));
    ok(stone(one).equals(other), "stone or not");
    ok(!one.equals(new Blob(16)));
    ok(!new Blob(7).equals(new Blob(8)));
    throws(() => one.equals(new Uint8Array([1, 2])), { type: TypeError, code: "INVALID_ARGUMENT" });
});

// stone() and isStone()
leavesNothing(drystone, () => {
    const blob = new Blob(8);
    same([isStone(blob), blob.stone], [false, false]);
    throws(() => blob.buffer, { type: TypeError, code: "NOT_STONE" });
    ok(stone(blob) === blob && stone(blob) === blob, "in place, as often as one likes");
    same([isStone(blob), blob.stone, isStone(blob.buffer)], [true, true, true]);

    const bytes = new Uint8Array([1, 2, 3, 4]);
    const copy = stone(bytes);
    bytes[0] = 77;
    same(content(copy), [1, 2, 3, 4]);
    ok(copy.stone && copy instanceof Blob);
    same(content(stone(bytes.buffer)), [77, 2, 3, 4]);
    same(content(stone(new DataView(bytes.buffer, 1, 2))), [2, 3]);

    const again = stone(copy.buffer);
    ok(again.buffer === copy.buffer, "the same stone");
    same(again === copy, !engine.immutableBuffers, "its Blob is its buffer, where there is no other");
    same(content(viewOf(copy.buffer, 1, 2)), [2, 3]);
    const odd = stone(new Blob(13));
    same(bytesOf(odd.buffer).length, 2);
    same(stone(odd.buffer).length, 13, "the length in bits is kept");
    same(stone(viewOf(odd.buffer)).length, 13);
    same(stone(viewOf(odd.buffer, 1)).length, 5);
    same(stone(viewOf(odd.buffer, 0, 1)).length, 8);

    for (const other of [undefined, Symbol("s"), new Map(), () => 1, 2n ** 60n])
        throws(() => stone(other), { type: TypeError });
    for (const other of [undefined, 1, "text", {}, [1], bytes, bytes.buffer, new DataView(bytes.buffer),
        new SharedArrayBuffer(1), ...engine.immutableBuffers ? [new Uint8Array(copy.buffer), bytes.buffer.sliceToImmutable()] : []])
        same(isStone(other), false);
});

// detached buffers and views out of their bounds
{
    const detached = new Uint8Array(4);
    detached.buffer.transfer();
    const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
    const out = new Uint8Array(resizable, 4, 4), outView = new DataView(resizable, 4, 4), tracking = new Uint8Array(resizable);
    const trackingView = new DataView(resizable, 2);
    resizable.resize(12);
    same([stone(tracking).length, stone(trackingView).length], [96, 80], "views that follow their buffer");
    resizable.resize(6);
    same([stone(tracking).length, stone(trackingView).length], [48, 32]);
    for (const gone of [detached, detached.buffer, out, outView]) {
        throws(() => stone(gone), { type: TypeError, code: "INVALID_ARGUMENT" });
        throws(() => new Blob(gone), { type: TypeError, code: "INVALID_ARGUMENT" });
        throws(() => new Blob().writeBytes(gone), { type: TypeError, code: "INVALID_ARGUMENT" });
        same(isStone(gone), false);
    }
}

// methods on other objects
for (const stranger of [undefined, {}, new Uint8Array(1), drystone.Mailbox.open("blob.test stranger"), Object.create(Blob.prototype)]) {
    for (const name of ["slice", "equals", "writeBytes"])
        throws(() => Blob.prototype[name].call(stranger), { type: TypeError, code: "WRONG_TYPE" });
    for (const name of ["length", "stone", "buffer"])
        throws(() => Object.getOwnPropertyDescriptor(Blob.prototype, name).get.call(stranger), { type: TypeError, code: "WRONG_TYPE" });
}

// classes derived from Blob, and programs that replace functions that we use
leavesNothing(drystone, () => {
    class Named extends Blob {
        constructor(bits, name) { super(bits); this.name = name; }
    }
    const named = new Named(8, "n");
    ok(named instanceof Named && named.length === 8 && named.name === "n");
    const odd = Reflect.construct(Blob, [8], Object.assign(function () {}, { prototype: null }));
    ok(odd instanceof Blob);

    const view = new DataView(new ArrayBuffer(8), 2, 2);
    for (const [name, value] of [["buffer", new ArrayBuffer(1)], ["byteOffset", 100], ["byteLength", 1e9]])
        Object.defineProperty(view, name, { value });
    same(stone(view).length, 16, "own properties of a view do not mislead");
    const array = new Uint8Array(4);
    for (const [name, value] of [["buffer", new ArrayBuffer(1)], ["byteOffset", 100], ["byteLength", 1e9], ["length", 1e9]])
        Object.defineProperty(array, name, { value });
    same(stone(array).length, 32);
});

// many blobs, dropped in any order
leavesNothing(drystone, () => {
    const kept = [];
    for (let i = 0; i < sized(5000, 60); i++) {
        const blob = stone(new Blob(new Uint8Array([i, i >> 8])));
        kept.push(i % 3 === 0 ? blob : i % 3 === 1 ? blob.buffer : viewOf(blob.buffer));
        if (i % 7 === 0)
            kept.splice(i % kept.length, 1);
    }
    ok(kept.every(item => item instanceof Blob || isStone(item.buffer ?? item)));
});

// bytes of a stone without a buffer
leavesNothing(drystone, () => {
    const blob = stone(new Uint8Array([1, 2, 3, 4, 255])), half = stone(new Blob(12, true));
    same([0, 4, -1, -5, 5, -6, 1.9, NaN, "2"].map(index => blob.at(index)), [1, 255, 255, 1, undefined, undefined, 2, 1, 3]);
    same([half.at(0), half.at(1), half.at(2), half.at()], [255, 0xf0, undefined, 255]);
    const target = new Uint8Array(8).fill(9);
    same([blob.copyTo(target.subarray(1, 4)), [...target]], [3, [9, 1, 2, 3, 9, 9, 9, 9]]);
    same([blob.copyTo(target, 3), [...target]], [2, [4, 255, 2, 3, 9, 9, 9, 9]]);
    same([blob.copyTo(target.buffer, 5), blob.copyTo(target, 2 ** 40), blob.copyTo(new DataView(target.buffer, 7))], [0, 0, 1]);
    same([blob.copyTo(new SharedArrayBuffer(2)), target[7]], [2, 1]);
    throws(() => blob.copyTo(target, -1), { type: RangeError });
    for (const wrong of [undefined, null, {}, [1, 2], "x"])
        throws(() => blob.copyTo(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    for (const mine of engine.immutableBuffers ? [half.buffer, new Uint8Array(half.buffer), new DataView(half.buffer), new ArrayBuffer(4).transferToImmutable()] : [half, half.buffer])
        throws(() => blob.copyTo(mine), { type: TypeError, code: "IS_STONE" });
    same([half.at(0), half.at(1)], [255, 0xf0]);
    for (const action of [() => new Blob(8).at(0), () => new Blob(8).copyTo(target)])
        throws(action, { type: TypeError, code: "NOT_STONE" });
});

finish();
