// The heap of BucketMap and BucketSet: everything is freed; and what happens when it is full.
import * as drystone from "./drystone.so";
import * as std from "qjs:std";
import { finish, ok, same, sized, throws } from "./harness.mjs";

const { BucketMap, BucketSet, bucketHeapLimit, bucketHeapUsed } = drystone;
const contents = table => [...table];

same(bucketHeapUsed(), 0, "nothing is there before it is needed");

// everything is freed
// Functions, not blocks: the engine keeps a block's variables until its function returns.
(() => {
    const strings = 1 << 17; // loose strings wait for their sweep
    std.gc();
    const before = bucketHeapUsed();
    same(before, 0);
    (() => {
        let map = new BucketMap("integer", "integer");
        const count = sized(100000, 300);
        for (let n = 0; n < count; n++)
            map = map.with(n, n);
        same([map.size, map.get(count - 1)], [count, count - 1]);
        ok(bucketHeapUsed() < 100 * count + 10000, `dropped versions are freed: ${bucketHeapUsed()}`);
        for (let n = 0; n < sized(300, 30); n++)
            map = map.with(n, -1); // copies, and the previous copy is freed
        ok(bucketHeapUsed() < 200 * count + 20000, `so are copies: ${bucketHeapUsed()}`);
        for (let n = 0; n < sized(100, 30); n++)
            map.with(-1, n); // each branch except the first is a copy, and is freed at once
        ok(bucketHeapUsed() < 200 * count + 20000);
    })();
    std.gc();
    same(bucketHeapUsed(), before, "numbers leave nothing");
    (() => {
        let map = new BucketMap("text", "text");
        for (let n = 0; n < sized(100000, 200); n++)
            map = n % 3 === 0 ? map.without(`k${n - 20}`) : map.with(`k${n % 1000}`, `v${n}`.repeat(n % 5));
    })();
    std.gc();
    new BucketSet("text", Array.from({ length: sized(3000, 10) }, (_, n) => "a longer string that makes a sweep due " + n));
    ok(bucketHeapUsed() < before + 3 * strings, `texts: ${bucketHeapUsed()}`);
})();

// a full heap: garbage in cycles of objects is collected, and a refused entry changes nothing
(() => {
    std.gc();
    same(bucketHeapLimit(), 2 ** 30);
    const alive = new BucketSet("integer");
    throws(() => bucketHeapLimit(1 << 20), { type: Error, code: "BUSY" });
    same(alive.size, 0);
})();
(() => {
    std.gc();
    for (const wrong of [0, -1, 1.5, NaN])
        throws(() => bucketHeapLimit(wrong), { type: RangeError, code: "OUT_OF_RANGE" });
    for (const wrong of ["1", null, 1n, {}])
        throws(() => bucketHeapLimit(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    same(bucketHeapLimit(1 << 20), 1 << 20);
    same(bucketHeapUsed(), 0);
    const entries = Array.from({ length: 400 }, (_, key) => [key, key]);
    for (let n = 0; n < sized(500, 60); n++) { // 24 kB each, which the engine does not know of
        const map = new BucketMap("integer", "integer", entries);
        map.itself = map;
    }
})();
(() => {
    std.gc();
    bucketHeapLimit(1 << 20);
    const map = new BucketMap("text", "text"), model = new Map();
    const error = throws(() => {
        for (let n = 0; ; n++) {
            map.set(`key ${n}`, `value ${n}`.repeat(50));
            model.set(`key ${n}`, `value ${n}`.repeat(50));
        }
    }, { code: "NO_MEMORY" });
    ok(/BucketMap\.prototype\.set/.test(error.message));
    ok(model.size > 500, `${model.size} entries fit`);
    same(contents(map), contents(model), "whole after it");
    throws(() => map.with("another", "x".repeat(1 << 20)), { code: "NO_MEMORY" });
    throws(() => new BucketSet("text", ["a", "x".repeat(1 << 20)]), { code: "NO_MEMORY" });
    for (const key of model.keys())
        ok(map.has(key));
    map.clear();
    same(contents(map.set("a", "b")), [["a", "b"]], "and good for more");
})();
(() => {
    std.gc();
    for (const small of [1, 64, 100, 1000]) {
        same(bucketHeapLimit(small), small);
        let made;
        throws(() => { made = new BucketMap("integer", "integer"); for (let n = 0; ; n++) made.set(n, n); }, { code: "NO_MEMORY" });
        made = undefined;
        std.gc();
    }
    same(bucketHeapLimit(2 ** 40) > 0, true, "more than can be had is as much as can be had");
    same([...new BucketSet("integer", [1])], [1]);
})();

// Removed entries are freed before the last one is.
(() => {
    std.gc();
    bucketHeapLimit(1 << 26);
    const count = sized(50000, 300), set = new BucketSet("integer");
    const fill = () => { for (let n = 0; n < count; n++) set.add(n); };
    fill();
    const full = bucketHeapUsed();
    let expected = 0;
    while (set.size > 1) { // the first one, repeatedly
        const [first] = set;
        same(first, expected++);
        same([set.delete(first), set.delete(first)], [true, false]);
    }
    same(contents(set), [count - 1]);
    ok(bucketHeapUsed() < full / 4 + 2000, `${bucketHeapUsed()} of ${full}`);
    fill();
    expected = 0;
    const order = [count - 1, ...Array.from({ length: count - 1 }, (_, n) => n)];
    for (const element of set) { // each during the iteration
        same(element, order[expected++]);
        set.delete(element);
    }
    same([set.size, expected], [0, count]);
    // A worklist: elements are added and removed at the same rate.
    set.add(0);
    for (const element of set) {
        set.delete(element);
        if (element < count)
            set.add(element + 1);
    }
    same(set.size, 0);
    ok(bucketHeapUsed() < 5000, `${bucketHeapUsed()} for nothing`);
})();

finish();
