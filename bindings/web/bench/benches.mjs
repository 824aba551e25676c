// Side by side in one run: chains of inserts beside a host in JavaScript, lookups, messages beside JSON.

import { document } from "../../quickjs/bench/document.mjs";
import { BucketMap, hostBuckets, load, wota } from "../index.js";
import { ReencodeHost } from "../tests/reencode.mjs";

const median = (times) => [...times].sort((one, other) => one - other)[times.length >> 1];
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(4)} s`;

function timed(run) {
    const start = performance.now();
    const result = run();
    return [performance.now() - start, result];
}

async function ours(core, guestBytes) {
    const host = hostBuckets(core, { usableSize: "usable_size" });
    return (await host.instantiate(guestBytes)).exports;
}

async function inJavaScript(guestBytes) {
    const host = new ReencodeHost();
    const { instance } = await WebAssembly.instantiate(guestBytes, host.imports(guestBytes));
    host.attach(instance.exports);
    return instance.exports;
}

async function chain(make, inserts, runs) {
    const times = [];
    for (let run = 0; run < runs; run += 1) {
        const guest = await make();
        times.push(timed(() => guest.chain_int(BigInt(inserts)))[0]);
    }
    return Math.min(...times);
}

/** Everything, as lines for `print`; `native` is how many nanoseconds a lookup takes natively, if that is known. */
export async function benches({ coreBytes, allBytes, guestBytes, native, print }) {
    const core = await WebAssembly.compile(coreBytes);
    await load(allBytes);

    const make = () => ours(core, guestBytes);
    const [one, ten, twenty] = [await chain(make, 1000, 15), await chain(make, 10_000, 9), await chain(make, 20_000, 9)];
    print(`chain of inserts, the core:  1 000: ${seconds(one)}, 10 000: ${seconds(ten)} (target 0.2 s), 20 000: ${seconds(twenty)}`);
    print(`  20 000 to 10 000: ${(twenty / ten).toFixed(2)} (2 is O(N))`);
    const theirs = await chain(() => inJavaScript(guestBytes), 10_000, 1);
    print(`chain of 10 000, a host in JavaScript that decodes and encodes: ${seconds(theirs)}: ${(theirs / ten).toFixed(0)} times as long (target 50)`);

    const guest = await make();
    const map = guest.chain_int(10_000n);
    guest.keep(map);
    const lookups = Array.from({ length: 41 }, () => timed(() => guest.sum_int(map, 10_000n))[0]);
    const get = (Math.min(...lookups) * 1e6) / 10_000;
    const beside = native ? `, natively ${native.toFixed(1)} ns: ${(get / native).toFixed(2)} times (target 3)` : "";
    print(`map_get from a guest: ${get.toFixed(1)} ns${beside}`);
    const bucket = new BucketMap("integer", "integer", Array.from({ length: 10_000 }, (_, key) => [key, key]));
    const reads = Array.from({ length: 15 }, () => timed(() => { for (let key = 0; key < 10_000; key += 1) bucket.get(key); })[0]);
    print(`BucketMap.prototype.get: ${((Math.min(...reads) * 1e6) / 10_000).toFixed(0)} ns`);

    const text = JSON.stringify(document(3100));
    // As programs have it: strings that are not in pieces, which stringify would put together each time.
    const value = JSON.parse(text);
    if (JSON.stringify(wota.decode(wota.encode(value))) !== text) throw new Error("the document does not survive");
    const steps = {
        encode: () => wota.encode(value),
        decode: (message) => wota.decode(message),
        stringify: () => JSON.stringify(value),
        parse: (json) => JSON.parse(json),
    };
    const times = Object.fromEntries(Object.keys(steps).map((name) => [name, []]));
    for (let round = -15; round < 61; round += 1) {
        let last;
        for (const [name, step] of Object.entries(steps)) {
            const [took, made] = timed(() => step(last));
            last = made;
            if (round >= 0) times[name].push(took);
        }
        // As between the turns of a page.
        await new Promise((resolve) => setTimeout(resolve));
    }
    const [encode, decode, stringify, parse] = Object.values(times).map(median);
    const least = Object.values(times).map((all) => Math.min(...all));
    print(`a document of ${text.length} bytes of JSON, medians: wota.encode ${encode.toFixed(2)} ms + wota.decode ${decode.toFixed(2)} ms`);
    print(`  JSON.stringify ${stringify.toFixed(2)} ms + JSON.parse ${parse.toFixed(2)} ms; wota takes ${((encode + decode) / (stringify + parse)).toFixed(2)} of that (target 1),`);
    print(`  and ${((least[0] + least[1]) / (least[2] + least[3])).toFixed(2)} by the shortest times, ${least.map((one) => one.toFixed(2)).join(" + ")} ms`);
}
