// wota.encode + wota.decode compared with the engine's own JSON and bjson, on one document in one run.
//   qjs -m encode.mjs [--json] [--rounds=N]
// `--json`: the last line is one JSON object; times are milliseconds, medians over the rounds.
import { wota, version } from "./drystone.so";
import * as bjson from "qjs:bjson";
import { document } from "./document.mjs";

const options = scriptArgs.slice(1);
const asJson = options.includes("--json");
const rounds = Number(options.find(option => option.startsWith("--rounds="))?.slice(9) ?? 41);

const value = document(3100);
const text = JSON.stringify(value);
const message = wota.encode(value);
if (JSON.stringify(wota.decode(message)) !== text)
    throw new Error("the document does not survive");

// Each gets the result of the previous one.
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
