// The collector knows of stones: cycles of objects that keep large stones alive are collected before the engine's own
// memory requires a collection. The test calls the collector only at the beginning.
import * as std from "qjs:std";
import { Blob, BucketMap, Mailbox, StoneMap, blobsAlive, stone, wota } from "./drystone.so";
import { finish, generator, ok, same, sized, viewOf } from "./harness.mjs";

const size = sized(8 << 20, 2 << 20), cycles = sized(200, 20);
const bytes = new Uint8Array(size).fill(7);
const box = Mailbox.open("weight");
const names = new BucketMap("integer", "integer", Array.from({ length: sized(20000, 2000) }, (_, n) => [n, n]));

/// The peak number of live blobs during that many cycles of two objects that hold the result of `make`.
function most(count, make) {
    std.gc();
    const before = blobsAlive();
    let most = 0;
    // a function, not a block: the engine keeps a block's variables until its function returns
    const cycle = n => {
        const a = { kept: make(n) }, b = { a };
        a.b = b;
    };
    for (let n = 0; n < count; n++) {
        cycle(n);
        most = Math.max(most, blobsAlive() - before);
    }
    std.gc();
    same(blobsAlive(), before, "all of them go");
    return most;
}

function bounded(what, make, count = cycles, limit = 10) {
    const alive = most(count, make);
    ok(alive <= limit, `${what}: ${alive} blobs alive at once`);
}

bounded("Blobs", () => stone(bytes));
bounded("ArrayBuffers", () => stone(bytes).buffer);
bounded("views", () => viewOf(stone(bytes).buffer, 1, 2));
bounded("slices", () => stone(bytes).slice(8, 16));
bounded("messages", () => wota.encode(stone(bytes)));
bounded("messages in messages", () => wota.encode([wota.encode({ a: stone(bytes) })]));
bounded("decoded messages", () => wota.decode(wota.encode({ a: [stone(bytes)] })));
bounded("stone values", () => stone({ a: [bytes] }));
bounded("viewed messages", () => wota.view(wota.encode({ a: stone(bytes), b: {} })));
bounded("parts of viewed messages", () => wota.view(wota.encode({ a: stone(bytes), rows: [{}, [1]] })).rows[1]);
bounded("letters", () => {
    box.post(wota.encode({ a: stone(bytes) }));
    return box.take();
});
bounded("antestones", () => new Blob(size * 8));
bounded("antestones that grow", () => new Blob().writeBytes(bytes));
bounded("antestones that grow by fields", () => new Blob().write_blob(new Blob(size * 8)));
bounded("StoneMaps", () => new StoneMap(names.toStone()), sized(1000, 40), 40);

// Small stones add up as well; here the engine's own bytes cause collections, but not soon enough.
const piece = new Uint8Array(64 << 10);
ok(most(sized(5000, 100), () => stone(piece)) <= 1200, "small ones");

// One stone counts once, however many objects refer to it: it causes no collection. A cycle with a blob in it stays.
(() => {
    const before = blobsAlive(), seen = [];
    const one = stone(new Uint8Array(4 << 20)); // first, because the engine may collect when it makes its own array
    std.gc();
    (() => {
        const a = { kept: new Blob(8) }, b = { a };
        a.b = b;
    })();
    for (let n = 0; n < sized(1000, 5); n++)
        seen.push(one.buffer, viewOf(one.buffer), wota.decode(wota.encode(1)));
    box.post(one);
    const also = box.take(); // a second object for the same blob
    ok(also.buffer === one.buffer && seen.length > 0);
    if (sized(true, false))
        same(blobsAlive() - before, 2, "nothing was collected");
})();

// In whatever order blobs are made and freed, the sum returns to zero: after large ones, small cycles cause no collection.
(() => {
    const random = generator(11), kept = [];
    for (let n = 0; n < sized(20000, 300); n++) {
        const place = random(60);
        const one = random(3) === 0 ? undefined : stone(new Uint8Array(1025 + random(5000)));
        kept[place] = one;
        if (one && random(4) === 0)
            kept[random(60)] = one.buffer;
        if (one && random(4) === 0)
            kept[random(60)] = one.slice(8 * random(100));
    }
})();
bounded("Blobs afterwards", () => stone(bytes));

// A past large sum does not defer collections for ever.
(() => {
    const many = [];
    for (let n = 0; n < 8; n++)
        many.push(new Blob(size * 8 * 8));
})();
bounded("Blobs after a peak", () => stone(bytes));

// the peak memory of the process in kB, if the system reports it
const peak = std.loadFile("/proc/self/status")?.match(/^VmHWM:\s*(\d+) kB$/m);
if (peak)
    ok(Number(peak[1]) < 100 << 10, `at most ${peak[1]} kB of memory`);
box.close();
finish();
