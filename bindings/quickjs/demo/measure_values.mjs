// One record of values, from one runtime to another: the time until one field of it has been read, and until all of it
// has. Compared with the engine's own messages, and with bjson within one runtime, by which the engine makes these.
import { stone, wota } from "./drystone.so";
import * as os from "qjs:os";
import * as std from "qjs:std";
import { hear, startReady } from "./director.mjs";
import { KB, MB, SETTLING, now, open, readAll, readOne } from "./shared.mjs";

export const VALUE_SIZES = [KB, 64 * KB, MB, 16 * MB, 64 * MB];
const BURST = 200, BURSTS = 7;

// some builds of an engine do not have it
const bjson = await import("qjs:bjson").catch(() => null);

const row = id => ({
    id, name: `the name of number ${id}`, active: id % 3 === 0, score: id / 7, tags: ["one", "another", `tag ${id % 10}`],
    address: { street: "a street with a name", zip: 10000 + id % 89999, position: [id % 90, -(id % 180)] },
});

/// A record whose message has about that many bytes. The field that is read comes after all of its rows.
function recordOf(bytes) {
    const size = rows => wota.encode({ kind: "catalogue", rows, title: "what is read" }).length / 8;
    const sample = Array.from({ length: 100 }, (_, id) => row(id));
    const few = size([]), each = (size(sample) - few) / sample.length;
    return { kind: "catalogue", rows: Array.from({ length: Math.max(1, Math.round((bytes - few) / each)) }, (_, id) => row(id)), title: "what is read" };
}

const median = list => [...list].sort((one, other) => one - other)[list.length >> 1];
const micros = milliseconds => milliseconds * 1000;

/// The number of repetitions for that size.
const roundsFor = bytes => bytes > 16 * MB ? 1 : bytes > MB ? 3 : 15;

/// The medians of functions that take turns, in microseconds; each returns milliseconds.
async function medians(steps, rounds) {
    const times = steps.map(() => []);
    for (let round = rounds > 1 ? -1 : 0; round < rounds; round++) { // the first of several rounds warms up
        for (let step = 0; step < steps.length; step++) {
            os.sleep(SETTLING);
            const took = await steps[step]();
            if (round >= 0)
                times[step].push(micros(took));
        }
    }
    return times.map(median);
}

const check = (got, expected) => {
    if (got !== expected)
        throw new Error(`${got} was read instead of ${expected}`);
};

/// Milliseconds from before `send` until the receiver has read.
async function oneWay(send, expected) {
    const heard = hear("read"); // before the clock starts, because a program's event loop always listens
    const before = now();
    send();
    const { at, read } = await heard;
    check(read, expected);
    return at - before;
}

/// The milliseconds that a message costs its sender and its receiver if neither waits for the other.
async function withoutWaking(box, go, value) {
    box.post(wota.encode({ mode: "burst", count: BURST }));
    await hear("waits");
    const before = now();
    for (let n = 0; n < BURST; n++)
        box.post(wota.encode({ mode: "one", value }));
    const posted = now() - before;
    go.post(wota.encode(true));
    const { took, read } = await hear("burst");
    check(read, BURST * value.title.length);
    return (posted + took) / BURST;
}

function bjsonTime(value, read, expected) {
    const before = now();
    const bytes = bjson.write(value);
    const got = read(bjson.read(bytes, 0, bytes.byteLength));
    const took = now() - before;
    check(got, expected);
    return took;
}

async function measureSize(bytes, { box, go, worker }) {
    const value = recordOf(bytes), title = readOne(value), all = readAll(value);
    let before = now();
    const kept = stone(value);
    const stoneTime = micros(now() - before);
    const rounds = roundsFor(bytes);
    const [viewAll, decodeAll, postOne, postAll] = await medians([
        () => oneWay(() => box.post(wota.encode({ mode: "all", value: kept })), all),
        () => oneWay(() => box.post(wota.encode({ mode: "decode", value })), all),
        () => oneWay(() => worker.postMessage({ mode: "one", value }), title),
        () => oneWay(() => worker.postMessage({ mode: "all", value }), all),
    ], rounds);
    const [waking] = await medians([() => oneWay(() => box.post(wota.encode({ mode: "one", value: kept })), title)], 15);
    const [one] = await medians([() => withoutWaking(box, go, kept)], BURSTS);
    const [bjsonOne, bjsonAll] = bjson === null ? [null, null] : await medians([
        () => bjsonTime(value, readOne, title), () => bjsonTime(value, readAll, all),
    ], rounds);
    return {
        bytes: wota.encode(value).length / 8, stone_us: stoneTime, one_us: one, one_with_waking_us: waking, all_us: viewAll,
        decode_all_us: decodeAll, postmessage_one_us: postOne, postmessage_all_us: postAll, bjson_one_us: bjsonOne, bjson_all_us: bjsonAll,
    };
}

export async function measureValues() {
    const box = open("values"), go = open("values go");
    await startReady({ role: "valueReceiver", name: "values" });
    const worker = await startReady({ role: "valueMessageReceiver", name: "values" });
    const sizes = [];
    for (const bytes of VALUE_SIZES) {
        sizes.push(await measureSize(bytes, { box, go, worker }));
        std.gc();
    }
    worker.postMessage(null);
    box.close();
    return sizes;
}
