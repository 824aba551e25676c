// StoneMap and StoneSet: tables in stones, in messages, on other threads, and in untrusted bytes.
import * as drystone from "./drystone.so";
import * as os from "qjs:os";
import * as std from "qjs:std";
import { bytesOf, engine, finish, generator, leavesNothing, ok, same, takeWithin, sized, throws } from "./harness.mjs";

const { Blob, BucketMap, BucketSet, Mailbox, StoneMap, StoneSet, isStone, stone, wota } = drystone;
const contents = table => [...table];
const patience = sized(20000, 120000);

const samples = {
    integer: [0, -1, 2 ** 53 - 1, 2n ** 62n, -(2n ** 63n), ...Array.from({ length: 30 }, (_, n) => n * 1000 + 5)],
    number: [0, NaN, -Infinity, 0.1, 5e-324, ...Array.from({ length: 30 }, (_, n) => n / 3 + 0.5)],
    text: ["", "a", "é", "💩", "\ud800", "x".repeat(1000), ...Array.from({ length: 30 }, (_, n) => `key ${n}`)],
    logical: [true, false],
};
const words = Object.keys(samples);

// round trips, for all types and several sizes
leavesNothing(drystone, () => {
    for (const keyType of words) {
        for (const valueType of words) {
            for (const size of [0, 1, 2, 8, 9, 35]) {
                const values = samples[valueType];
                const entries = samples[keyType].slice(0, size).map((key, index) => [key, values[index % values.length]]);
                const map = new BucketMap(keyType, valueType, entries), made = map.toStone();
                ok(isStone(made) && made instanceof Blob);
                map.clear();
                const read = new StoneMap(made);
                same([read.keyType, read.valueType, read.size], [keyType, valueType, entries.length]);
                same(contents(read), entries);
                same([[...read.keys()], [...read.values()]], [entries.map(entry => entry[0]), entries.map(entry => entry[1])]);
                for (const [key, value] of entries)
                    same([read.get(key), read.has(key)], [value, true]);
                const other = { integer: 424242, number: -7.5, text: "not there" }[keyType];
                if (other !== undefined)
                    same([read.get(other), read.has(other)], [undefined, false]);
                const seen = [];
                read.forEach((value, key, of) => seen.push([key, value, of === read]));
                same(seen, entries.map(entry => [...entry, true]));
                ok(read.toStone() !== made && read.toStone().buffer === made.buffer, "the same stone");
            }
        }
        const set = new BucketSet(keyType, samples[keyType]), read = new StoneSet(set.toStone());
        same([read.elementType, read.size, contents(read), [...read.entries()]], [keyType, set.size, contents(set), [...set.entries()]]);
        same(contents(new BucketSet(keyType, read)), contents(set), "a set of what is read");
        for (const element of samples[keyType])
            ok(read.has(element));
    }
});

// the stone contains no holes, and no entries that other versions appended
{
    const map = new BucketMap("text", "integer", samples.text.map((key, index) => [key, index]));
    const more = map.with("more", 1);
    for (const key of samples.text.slice(3, 20))
        map.delete(key);
    same(contents(new StoneMap(map.toStone())), contents(map));
    same(contents(new StoneMap(more.toStone())), contents(more));
    same(new StoneMap(new BucketMap("text", "integer", map).toStone()).toStone().length, map.toStone().length);
}

// read-only: no methods that change it, and a BucketMap's methods refuse it
{
    const map = new BucketMap("text", "text", [["a", "b"]]), read = new StoneMap(map.toStone());
    for (const name of ["set", "delete", "clear", "with", "without", "add"]) {
        same(read[name], undefined);
        if (name !== "add")
            throws(() => BucketMap.prototype[name].call(read, "a", "c"), { type: TypeError, code: "WRONG_TYPE" });
    }
    throws(() => StoneMap.prototype.get.call(map, "a"), { type: TypeError, code: "WRONG_TYPE" });
    same([Object.prototype.toString.call(read), Object.prototype.toString.call(new StoneSet(new BucketSet("text").toStone()))], ["[object StoneMap]", "[object StoneSet]"]);
    for (const wrong of [1, undefined, {}, Symbol("s")])
        throws(() => read.get(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => StoneMap(map.toStone()), { type: TypeError });
    throws(() => StoneSet(map.toStone()), { type: TypeError });
    throws(() => new StoneSet(map.toStone()), { type: TypeError, code: "WRONG_TYPE" });
    throws(() => new StoneMap(new BucketSet("text").toStone()), { type: TypeError, code: "WRONG_TYPE" });
    throws(() => new StoneMap(new Blob(64)), { type: TypeError, code: "NOT_STONE" });
    for (const wrong of [undefined, null, 1, "text", {}, map, new ArrayBuffer(64), ...engine.immutableBuffers ? [new Uint8Array(map.toStone().buffer)] : []])
        throws(() => new StoneMap(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    for (const no_table of [stone(new Uint8Array(0)), stone(new Uint8Array(100)), wota.encode({ a: 1 }), wota.encode({ a: 1 }).buffer])
        throws(() => new StoneMap(no_table), { code: "MALFORMED" });
}

// in messages by reference, and the stone lives as long as its reader
leavesNothing(drystone, () => {
    const box = Mailbox.open("bucket_stone.test");
    const original = new BucketMap("text", "number", [["e", 2.718], ["pi", 3.1416]]).toStone();
    box.post(wota.encode({ table: original, again: original, sets: [new BucketSet("integer", [3, 1, 2]).toStone()] }));
    box.post(original);
    let letter = wota.decode(box.take(0));
    ok(letter.table === original.buffer && letter.again === letter.table);
    const map = new StoneMap(letter.table), set = new StoneSet(letter.sets[0]), whole = new StoneMap(box.take(0));
    letter = undefined;
    std.gc();
    same([contents(map), contents(set), whole.get("pi")], [[["e", 2.718], ["pi", 3.1416]], [3, 1, 2], 3.1416]);
    const iterator = new StoneSet(set.toStone()).values();
    std.gc();
    same([...iterator], [3, 1, 2]);
    same(contents(new StoneMap(stone(bytesOf(original.buffer).slice()))), contents(map), "bytes that were copied are as good");
});

// 32 bits from elsewhere that are neither true nor false: a guest's bytes and addresses
{
    const bytes = bytesOf(new BucketMap("integer", "logical", [[1, true], [2, false], [3, true]]).toStone().buffer).slice();
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 20 <= bytes.length; at++)
        if (view.getUint32(at, true) === 1 && view.getUint32(at + 4, true) === 3 && view.getUint32(at + 12, true) === 1)
            view.setUint32(at + 12, 0xFEED1234, true);
    same(contents(new StoneMap(stone(bytes))), [[1, true], [2, false], [3, 0xFEED1234]]);
    const keys = bytesOf(new BucketMap("logical", "integer", [[true, 5]]).toStone().buffer).slice();
    const keysView = new DataView(keys.buffer);
    for (let at = 0; at + 20 <= keys.length; at++)
        if (keysView.getUint32(at, true) === 1 && keysView.getUint32(at + 4, true) === 1 && keysView.getUint32(at + 12, true) === 5)
            keysView.setUint32(at + 4, 77, true);
    const read = new StoneMap(stone(keys));
    same([contents(read), read.get(77), read.get(true), read.has(77)], [[[77, 5]], 5, undefined, true]);
    for (const wrong of [-1, 1.5, 2 ** 32, NaN, "77"])
        throws(() => read.get(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
}

// every byte changed in turn, and every length: always a result or one of our errors
function useAll(bytes, type) {
    let read;
    const codes = ["MALFORMED", "WRONG_TYPE", "LIMIT_EXCEEDED", "INVALID_ARGUMENT"];
    const attempt = action => {
        try {
            return action();
        } catch (error) {
            if (!codes.includes(error?.code))
                throw error;
            return undefined;
        }
    };
    attempt(() => { read = new type(stone(bytes)); });
    if (read === undefined)
        return 0;
    attempt(() => read.size);
    for (const key of ["k3", "absent", 3, 0.5, true])
        attempt(() => [read.has(key), read.get?.(key)]);
    let count = 0;
    attempt(() => { for (const _ of read) if (++count > 100000) throw new Error("endless"); });
    attempt(() => { for (const _ of read.values()); });
    attempt(() => read.forEach(() => 0));
    attempt(() => new BucketSet(read.elementType ?? read.keyType, read.keys()));
    return 1;
}
leavesNothing(drystone, () => {
    const tables = [
        [StoneMap, new BucketMap("text", "text", Array.from({ length: 6 }, (_, n) => [`k${n}`, `value ${n}`]))],
        [StoneMap, new BucketMap("text", "integer", Array.from({ length: 20 }, (_, n) => [`k${n}`, n]))],
        [StoneMap, new BucketMap("number", "number", Array.from({ length: 9 }, (_, n) => [n / 2, n]))],
        [StoneSet, new BucketSet("integer", Array.from({ length: 12 }, (_, n) => n))],
        [StoneSet, new BucketSet("text")],
    ];
    let read = 0, tried = 0;
    for (const [type, table] of tables) {
        const whole = bytesOf(table.toStone().buffer).slice();
        for (let at = 0; at < whole.length; at += sized(1, 41)) {
            for (const change of [whole[at] ^ 0xFF, whole[at] ^ 1, 0, 0x80]) {
                const bytes = whole.slice();
                bytes[at] = change;
                read += useAll(bytes, type);
                tried++;
            }
        }
        for (let length = 0; length < whole.length; length += sized(1, 41))
            useAll(whole.slice(0, length), type);
        const random = generator(whole.length);
        for (let round = 0; round < sized(2000, 20); round++) {
            const bytes = whole.slice();
            for (let n = 1 + random(6); n > 0; n--)
                bytes[random(bytes.length)] = random(256);
            useAll(bytes, type);
        }
    }
    ok(read > 0 && read < tried, `${read} of ${tried} could be opened`);
});

// actors read one table at the same time, and send one back; last, as their runtimes hold it until they end
(() => {
    const report = Mailbox.open("bucket_stone.test report"), assignments = Mailbox.open("workers.test assignments");
    const entries = Array.from({ length: sized(5000, 40) }, (_, n) => [`key ${n}`, n * 7]);
    const table = new BucketMap("text", "integer", entries).toStone();
    for (let id = 0; id < 3; id++) {
        assignments.post(wota.encode({ kind: "look", id, table, times: sized(5, 1), report: "bucket_stone.test report" }));
        new os.Worker("./worker.mjs");
    }
    const ids = [];
    for (let n = 0; n < 6; n++) {
        const letter = takeWithin(report, patience);
        if (!letter)
            throw new Error("no report");
        const { error, sum, odd, id } = wota.decode(letter);
        if (error !== undefined)
            throw new Error(error);
        if (odd === undefined) {
            ids.push(id);
            continue;
        }
        same(sum, entries.reduce((total, entry) => total + entry[1], 0));
        same(contents(new StoneSet(odd)), entries.filter(entry => entry[1] % 2 === 1).map(entry => entry[0]), "the set that came back");
    }
    same(ids.sort(), [0, 1, 2]);
})();

finish();
