// wota.encode + wota.decode beside the engine's own JSON and bjson, on one document in one run.
//   qjs -m encode.mjs [--json] [--rounds=N]
// `--json`: the last line is one JSON object; times are milliseconds, medians over the rounds.
import { wota, version } from "./drystone.so";
import * as bjson from "qjs:bjson";

const options = scriptArgs.slice(1);
const asJson = options.includes("--json");
const rounds = Number(options.find(option => option.startsWith("--rounds="))?.slice(9) ?? 41);

// Small and seeded: the same document in every run.
function generator(seed) {
    let state = seed >>> 0;
    return limit => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 4294967296 * limit);
    };
}

function document(records) {
    const random = generator(20240229);
    const words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"];
    const sentence = count => Array.from({ length: count }, () => words[random(words.length)]).join(" ");
    return Array.from({ length: records }, (_, id) => ({
        id,
        name: sentence(2),
        active: random(2) === 1,
        score: random(1e6) / 997,
        tags: [sentence(1), sentence(1), sentence(1)],
        address: { street: sentence(3), city: sentence(1), zip: random(99999), position: [random(18000) / 100 - 90, random(36000) / 100 - 180] },
        note: id % 8 === 0 ? "na\u00efve \u2013 \u{1f4a9} " + sentence(4) : sentence(9),
        parent: id === 0 ? null : id >> 1,
        counts: [random(100), random(10000), random(1e6), -random(1000)],
    }));
}

const value = document(3100);
const text = JSON.stringify(value);
const message = wota.encode(value);
if (JSON.stringify(wota.decode(message)) !== text)
    throw new Error("the document does not survive");

// Each is given what the one before it made.
const steps = {
    wota_encode_ms: () => wota.encode(value),
    wota_decode_ms: encoded => wota.decode(encoded),
    json_stringify_ms: () => JSON.stringify(value),
    json_parse_ms: encoded => JSON.parse(encoded),
    bjson_write_ms: () => bjson.write(value),
    bjson_read_ms: encoded => bjson.read(encoded, 0, encoded.byteLength),
};
const times = Object.fromEntries(Object.keys(steps).map(name => [name, []]));

for (let round = -3; round < rounds; round++) { // the first three warm up
    let last;
    for (const [name, step] of Object.entries(steps)) {
        const before = performance.now();
        const made = step(last);
        const took = performance.now() - before;
        last = made;
        if (round >= 0)
            times[name].push(took);
    }
}

const median = list => [...list].sort((one, other) => one - other)[list.length >> 1];
const report = { bytes_json: text.length, bytes_wota: message.length / 8, rounds, version };
for (const name of Object.keys(steps))
    report[name] = Number(median(times[name]).toFixed(3));
const wotaTotal = report.wota_encode_ms + report.wota_decode_ms;
const jsonTotal = report.json_stringify_ms + report.json_parse_ms;
const bjsonTotal = report.bjson_write_ms + report.bjson_read_ms;
report.ratio_to_json = Number((wotaTotal / jsonTotal).toFixed(3));
report.ratio_to_bjson = Number((wotaTotal / bjsonTotal).toFixed(3));

const row = (name, out, back) =>
    console.log(`${name.padEnd(28)}${out.toFixed(2).padStart(10)}${back.toFixed(2).padStart(10)}${(out + back).toFixed(2).padStart(10)}`);
console.log(`drystone ${version}: a document of ${text.length} bytes of JSON, ${report.bytes_wota} bytes of Wota; medians of ${rounds} rounds, in ms`);
console.log(`${"".padEnd(28)}${"write".padStart(10)}${"read".padStart(10)}${"both".padStart(10)}`);
row("wota.encode, wota.decode", report.wota_encode_ms, report.wota_decode_ms);
row("JSON.stringify, JSON.parse", report.json_stringify_ms, report.json_parse_ms);
row("bjson.write, bjson.read", report.bjson_write_ms, report.bjson_read_ms);
console.log(`wota takes ${report.ratio_to_json} of JSON's time and ${report.ratio_to_bjson} of bjson's`);
if (asJson)
    console.log(JSON.stringify(report));
