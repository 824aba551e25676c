// BucketMap compared with the engine's own Map: nanoseconds for each step, in one run.
//   qjs -m bucket.mjs [--json] [--rounds=N] [--size=N]
// `--json`: the last line is one JSON object; times are medians over the rounds. The only peer of persistent steps is
// copying the Map each time, which is measured with fewer steps.
import { BucketMap, StoneMap, version } from "./drystone.so";

const options = scriptArgs.slice(1);
const asJson = options.includes("--json");
const option = (name, usual) => Number(options.find(each => each.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual);
const rounds = option("rounds", 7), size = option("size", 10000), copies = 200;

const integers = Array.from({ length: size }, (_, n) => n * 7919 % 1000003);
const texts = integers.map(number => `key ${number}`);

function fill(map, keys) {
    for (let n = 0; n < keys.length; n++)
        map.set(keys[n], n);
    return map;
}

function read(map, keys) {
    let sum = 0;
    for (let n = 0; n < keys.length; n++)
        sum += map.get(keys[n]);
    return sum;
}

function iterate(map) {
    let sum = 0;
    for (const [, value] of map)
        sum += value;
    return sum;
}

function empty(map, keys) {
    for (let n = 0; n < keys.length; n++)
        map.delete(keys[n]);
    return map.size;
}

function chain(map, keys) {
    for (let n = 0; n < keys.length; n++)
        map = map.with(keys[n], n);
    return map;
}

function copying(map, keys) {
    for (let n = 0; n < copies; n++)
        map = new Map(map).set(keys[n], -1);
    return map;
}

const median = list => [...list].sort((one, other) => one - other)[list.length >> 1];
const report = { size, rounds, version };

function measure(name, count, ours, theirs) {
    const times = [[], []];
    for (let round = -1; round < rounds; round++) { // the first one warms up
        [ours, theirs].forEach((action, which) => {
            const given = action.prepare?.();
            const before = performance.now();
            action.run(given);
            const took = (performance.now() - before) * 1e6 / (action.count ?? count);
            if (round >= 0)
                times[which].push(took);
        });
    }
    const [bucket, map] = times.map(median);
    report[name] = { bucket_ns: Number(bucket.toFixed(1)), map_ns: Number(map.toFixed(1)), ratio: Number((bucket / map).toFixed(2)) };
    console.log(`${name.padEnd(40)}${bucket.toFixed(0).padStart(12)}${map.toFixed(0).padStart(12)}${(bucket / map).toFixed(2).padStart(10)}`);
}

console.log(`drystone ${version}: ${size} entries, medians of ${rounds} rounds, nanoseconds for each`);
console.log(`${"".padEnd(40)}${"BucketMap".padStart(12)}${"Map".padStart(12)}${"ratio".padStart(10)}`);
for (const [type, keys] of [["integer", integers], ["text", texts]]) {
    const ours = () => new BucketMap(type, "integer"), filled = fill(ours(), keys), model = fill(new Map(), keys);
    if (read(filled, keys) !== read(model, keys) || iterate(filled) !== iterate(model))
        throw new Error("they differ");
    const stone = new StoneMap(filled.toStone());
    measure(`${type}: set, growing`, size, { run: () => fill(ours(), keys) }, { run: () => fill(new Map(), keys) });
    measure(`${type}: set, overwriting`, size, { run: () => fill(filled, keys) }, { run: () => fill(model, keys) });
    measure(`${type}: get`, size, { run: () => read(filled, keys) }, { run: () => read(model, keys) });
    measure(`${type}: get from a StoneMap`, size, { run: () => read(stone, keys) }, { run: () => read(model, keys) });
    measure(`${type}: iteration of entries`, size, { run: () => iterate(filled) }, { run: () => iterate(model) });
    measure(`${type}: delete`, size, { prepare: () => fill(ours(), keys), run: map => empty(map, keys) },
        { prepare: () => fill(new Map(), keys), run: map => empty(map, keys) });
    measure(`${type}: with, a chain (Map: a copy each)`, size, { run: () => chain(ours(), keys) },
        { run: () => copying(model, keys), count: copies });
    const entries = keys.map((key, n) => [key, n]);
    measure(`${type}: made of an array of entries`, size, { run: () => new BucketMap(type, "integer", entries) }, { run: () => new Map(entries) });
}
if (asJson)
    console.log(JSON.stringify(report));
