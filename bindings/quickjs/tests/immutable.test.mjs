// A stone's ArrayBuffer: nothing that JavaScript can do changes its bytes or takes them away.
import * as drystone from "./drystone.so";
import * as std from "qjs:std";
import * as bjson from "qjs:bjson";
import { finish, leavesNothing, ok, same, throws } from "./harness.mjs";

const { Blob, stone, isStone } = drystone;
const original = [1, 2, 3, 4, 5, 6, 7, 8];
const fresh = () => stone(new Uint8Array(original));
const unchanged = blob => same([...new Uint8Array(blob.buffer)], original, "unchanged");

leavesNothing(drystone, () => {
    const blob = fresh(), { buffer } = blob;
    ok(buffer instanceof ArrayBuffer && buffer.immutable && !buffer.resizable && !buffer.detached);
    ok(blob.buffer === buffer, "the same object each time");
    same(buffer.byteLength, 8);
    same(Reflect.ownKeys(buffer), [], "nothing is added to it");

    const refused = { type: TypeError };
    throws(() => buffer.transfer(), refused);
    throws(() => buffer.transfer(0), refused);
    throws(() => buffer.transfer(4), refused);
    throws(() => buffer.transfer(64), refused);
    throws(() => buffer.transferToFixedLength(), refused);
    throws(() => buffer.transferToImmutable(), refused);
    throws(() => buffer.resize(4), refused);
    unchanged(blob);

    // each write throws or is ignored
    const attempt = action => {
        try { action(); } catch (error) { ok(error instanceof TypeError, String(error)); }
        unchanged(blob);
    };
    const bytes = new Uint8Array(buffer);
    attempt(() => { bytes[0] = 99; });
    attempt(() => Reflect.set(bytes, 0, 99));
    attempt(() => Object.defineProperty(bytes, 0, { value: 99 }));
    for (const type of [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array]) {
        const view = new type(buffer);
        attempt(() => { view[0] = 99; });
        attempt(() => view.fill(99));
        attempt(() => view.set([99]));
        attempt(() => view.copyWithin(0, 1));
        attempt(() => view.reverse());
        attempt(() => view.sort((one, other) => other - one));
    }
    for (const type of [BigInt64Array, BigUint64Array])
        attempt(() => { new type(buffer)[0] = 99n; });
    const view = new DataView(buffer);
    for (const name of Object.getOwnPropertyNames(DataView.prototype).filter(name => name.startsWith("set")))
        attempt(() => view[name](0, name.includes("Big") ? 9n : 9));
    for (const name of ["store", "add", "sub", "and", "or", "xor", "exchange"])
        attempt(() => Atomics[name](new Int32Array(buffer), 0, 99));
    attempt(() => Atomics.compareExchange(new Int32Array(buffer), 0, new Int32Array(buffer)[0], 99));
    throws(() => Atomics.store(new Uint8Array(buffer), 0, 99), refused);
    attempt(() => bytes.subarray(2).fill(0));
    attempt(() => Uint8Array.prototype.set.call(bytes, [9]));
    if (bytes.setFromHex)
        attempt(() => bytes.setFromHex("ffff"));
    if (bytes.setFromBase64)
        attempt(() => bytes.setFromBase64("/////w=="));
    if (globalThis.structuredClone)
        attempt(() => structuredClone(buffer, { transfer: [buffer] }));
    attempt(() => Object.setPrototypeOf(buffer, { byteLength: 100 }));
    Object.setPrototypeOf(buffer, ArrayBuffer.prototype);
});

// Atomics works as before on everything else
{
    const words = new Int32Array(2);
    same([Atomics.store(words, 1, 5), Atomics.add(words, 1, 2), Atomics.exchange(words, 1, 9), Atomics.compareExchange(words, 1, 9, 3), words[1]], [5, 5, 7, 9, 3]);
    same([Atomics.load(new Int32Array(fresh().buffer), 1), Atomics.store.name, Atomics.store.length, Atomics.compareExchange.length], [0x08070605, "store", 3, 4]);
    throws(() => Atomics.store(words, 9, 1), { type: RangeError });
    throws(() => Atomics.store(), { type: TypeError });
}

// copies are ordinary
leavesNothing(drystone, () => {
    const blob = fresh();
    const copy = new Uint8Array(blob.buffer).slice();
    copy[0] = 50;
    unchanged(blob);
    same(isStone(copy.buffer), false);
    const serialised = bjson.write({ b: blob.buffer });
    const back = bjson.read(serialised, 0, serialised.byteLength).b;
    new Uint8Array(back)[0] = 60;
    unchanged(blob);
    same(isStone(back), false);
});

// what an object looks like does not make it a stone
leavesNothing(drystone, () => {
    const blob = fresh(), forged = new ArrayBuffer(8);
    for (const key of Reflect.ownKeys(blob.buffer))
        Object.defineProperty(forged, key, { value: blob.buffer[key] });
    same(isStone(forged), false);
    same(isStone(Object.create(blob.buffer)), false);
    same(isStone(new Proxy(blob.buffer, {})), false);
    same(isStone(Object.create(blob)), false);
});

// the buffer keeps the bytes when the Blob is gone, and lets go of them afterwards
{
    std.gc();
    const before = drystone.blobsAlive();
    let view = (() => new DataView(stone(new Uint8Array(original)).buffer))();
    std.gc();
    same(drystone.blobsAlive(), before + 1);
    same(view.getUint8(7), 8);
    const slices = [];
    slices.push(stone(view.buffer).slice(8, 24).buffer);
    view = undefined;
    std.gc();
    same([...new Uint8Array(slices[0])], [2, 3], "a slice keeps the whole");
    slices.pop();
    std.gc();
    same(drystone.blobsAlive(), before);
}

// cycles through a buffer do not leak
leavesNothing(drystone, () => {
    for (let i = 0; i < 20; i++) {
        const blob = fresh();
        blob.self = blob;
        blob.buffer.owner = blob;
        new WeakRef(blob.buffer);
        blob.registry = new FinalizationRegistry(() => {});
        blob.registry.register(blob.buffer, i);
    }
});

// a buffer that was let go is made again
leavesNothing(drystone, () => {
    const blob = fresh();
    const weak = new WeakRef(blob.buffer);
    std.gc();
    const again = blob.buffer;
    ok(weak.deref() === undefined || weak.deref() === again);
    same([...new Uint8Array(again)], original);
});

// frozen, sealed and extended buffers are stones as before
leavesNothing(drystone, () => {
    const { buffer } = fresh();
    buffer.note = 1;
    Object.freeze(buffer);
    ok(isStone(buffer) && drystone.wota.decode(drystone.wota.encode(buffer)) === buffer);
});

finish();
