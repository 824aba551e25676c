// The objects for a stone's bytes: nothing in JavaScript can change the bytes or remove them.
import * as drystone from "./drystone.so";
import * as os from "qjs:os";
import * as std from "qjs:std";
import { bytesOf, engine, finish, leavesNothing, ok, same, throws, viewOf } from "./harness.mjs";

const { Blob, stone, isStone } = drystone;
const bjson = engine.immutableBuffers ? await import("qjs:bjson") : undefined;
const original = [1, 2, 3, 4, 5, 6, 7, 8];
const fresh = () => stone(new Uint8Array(original));
const unchanged = blob => same([...bytesOf(blob.buffer)], original, "unchanged");
const types = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array];

function arrayBuffers() {
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
    for (const type of types) {
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
    Object.setPrototypeOf(buffer, { byteLength: 100 });
    same([...new Uint8Array(buffer)], original, "whatever it inherits");
    Object.setPrototypeOf(buffer, ArrayBuffer.prototype);
    unchanged(blob);
}

// On other engines it is a Blob, and none of the language's functions for bytes can read it: they refuse it, or treat it as
// an object without elements.
function blobs() {
    const blob = fresh(), { buffer } = blob;
    ok(buffer === blob && buffer.buffer === buffer && isStone(buffer), "the Blob itself");
    same(Reflect.ownKeys(buffer), [], "nothing is added to it");
    const attempt = action => {
        try { action(); } catch (error) { ok(error instanceof TypeError, String(error)); }
        unchanged(blob);
    };
    const refuse = (action, code) => {
        const error = throws(action, { type: TypeError });
        if (code !== undefined)
            same(error.code, code);
        unchanged(blob);
    };
    // its own methods
    for (const [name, ...given] of [
        ["writeBytes", new Uint8Array(1)], ["write_bit", 1], ["write_fit", 1, 8], ["write_kim", 1], ["write_dec64", 1], ["write_text", "x"],
        ["write_blob", new Blob(8)], ["write_blob", buffer], ["write_pad", 8],
    ])
        refuse(() => buffer[name](...given), "IS_STONE");
    for (const target of [buffer, fresh(), buffer.slice(8, 24)])
        refuse(() => buffer.copyTo(target), "IS_STONE");
    refuse(() => buffer.copyTo(new Blob(64)), "INVALID_ARGUMENT");
    same([buffer.length, buffer.at(0), buffer.slice(8, 16).at(0)], [64, 1, 2]);

    // those of ArrayBuffers, which require one
    for (const name of ["transfer", "transferToFixedLength", "resize", "slice"])
        refuse(() => ArrayBuffer.prototype[name].call(buffer, 4));
    for (const name of ["grow", "slice"])
        refuse(() => SharedArrayBuffer.prototype[name].call(buffer, 4));
    for (const name of ["byteLength", "maxByteLength", "resizable", "detached"])
        refuse(() => Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, name).get.call(buffer));
    refuse(() => new DataView(buffer));
    for (const name of Object.getOwnPropertyNames(DataView.prototype).filter(name => name.startsWith("set")))
        refuse(() => DataView.prototype[name].call(buffer, 0, name.includes("Big") ? 9n : 9));

    // typed arrays made from it are independent
    for (const type of types) {
        const array = new type(buffer);
        ok(!isStone(array.buffer) && !isStone(array));
        attempt(() => array.fill(99));
        attempt(() => { array[0] = 99; });
        for (const [name, ...given] of [["fill", 99], ["set", [99]], ["copyWithin", 0, 1], ["reverse"], ["sort"], ["subarray", 1]])
            refuse(() => type.prototype[name].call(buffer, ...given));
    }
    for (const name of ["store", "add", "sub", "and", "or", "xor", "exchange", "compareExchange", "notify"])
        refuse(() => Atomics[name](buffer, 0, 9, 9));

    // properties of that name belong to the program, and have nothing to do with the bytes
    attempt(() => { buffer[0] = 99; });
    attempt(() => Reflect.set(buffer, 1, 99));
    attempt(() => Object.defineProperty(buffer, 2, { value: 99 }));
    attempt(() => Array.prototype.fill.call(buffer, 99));
    attempt(() => Array.prototype.reverse.call(buffer));
    attempt(() => { "use strict"; buffer.length = 0; });
    Object.setPrototypeOf(buffer, { length: 100 });
    ok(isStone(buffer) && stone(buffer) === buffer, "whatever it inherits");
    Object.setPrototypeOf(buffer, Blob.prototype);
    unchanged(blob);

    // the engine's own function to fill memory
    const [read, write] = os.pipe();
    os.write(write, new Uint8Array([9, 9]).buffer, 0, 2);
    refuse(() => os.read(read, buffer, 0, 2));
    os.close(read);
    os.close(write);
}
leavesNothing(drystone, engine.immutableBuffers ? arrayBuffers : blobs);

// Atomics works as before on everything else
{
    const words = new Int32Array(2);
    same([Atomics.store(words, 1, 5), Atomics.add(words, 1, 2), Atomics.exchange(words, 1, 9), Atomics.compareExchange(words, 1, 9, 3), words[1]], [5, 5, 7, 9, 3]);
    same([Atomics.load(engine.immutableBuffers ? new Int32Array(fresh().buffer) : new Int32Array(bytesOf(fresh()).buffer), 1), Atomics.store.name, Atomics.store.length, Atomics.compareExchange.length], [0x08070605, "store", 3, 4]);
    throws(() => Atomics.store(words, 9, 1), { type: RangeError });
    throws(() => Atomics.store(), { type: TypeError });
}

// copies are ordinary
leavesNothing(drystone, () => {
    const blob = fresh();
    const copy = bytesOf(blob.buffer).slice();
    copy[0] = 50;
    unchanged(blob);
    same(isStone(copy.buffer), false);
    if (bjson !== undefined) { // the other family's `qjs` has no such module
        const serialised = bjson.write({ b: blob.buffer });
        const back = bjson.read(serialised, 0, serialised.byteLength).b;
        new Uint8Array(back)[0] = 60;
        unchanged(blob);
        same(isStone(back), false);
    }
});

// an object that looks like a stone is not one
leavesNothing(drystone, () => {
    const blob = fresh(), forged = new ArrayBuffer(8);
    for (const key of Reflect.ownKeys(blob.buffer))
        Object.defineProperty(forged, key, { value: blob.buffer[key] });
    same(isStone(forged), false);
    const also = Object.setPrototypeOf(new ArrayBuffer(8), Blob.prototype);
    same(isStone(also), false);
    throws(() => also.at(0), { type: TypeError, code: "WRONG_TYPE" });
    same(isStone(Object.create(blob.buffer)), false);
    same(isStone(new Proxy(blob.buffer, {})), false);
    same(isStone(Object.create(blob)), false);
});

// the buffer keeps the bytes after the Blob is freed, and then releases them
{
    std.gc();
    const before = drystone.blobsAlive();
    let view = (() => viewOf(stone(new Uint8Array(original)).buffer, 0, undefined, DataView))();
    std.gc();
    same(drystone.blobsAlive(), before + 1);
    same(engine.immutableBuffers ? view.getUint8(7) : view.at(7), 8);
    const slices = [];
    slices.push(stone(view.buffer).slice(8, 24).buffer);
    view = undefined;
    std.gc();
    same([...bytesOf(slices[0])], [2, 3], "a slice keeps the whole");
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

// a buffer that was freed is made again
leavesNothing(drystone, () => {
    const blob = fresh();
    const weak = new WeakRef(blob.buffer);
    std.gc();
    const again = blob.buffer;
    ok(weak.deref() === undefined || weak.deref() === again);
    same([...bytesOf(again)], original);
});

// frozen, sealed and extended buffers are stones as before
leavesNothing(drystone, () => {
    const { buffer } = fresh();
    buffer.note = 1;
    Object.freeze(buffer);
    ok(isStone(buffer) && drystone.wota.decode(drystone.wota.encode(buffer)) === buffer);
});

finish();
