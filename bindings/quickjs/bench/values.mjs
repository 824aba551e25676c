// Stone values compared with wota.decode, on the document of encode.mjs in one run.
//   qjs -m values.mjs [--json] [--rounds=N]
// `--json`: the last line is one JSON object; times are milliseconds, medians over the rounds.
import * as std from "qjs:std";
import { stone, wota, version } from "./drystone.so";
import { document } from "./document.mjs";

const options = scriptArgs.slice(1);
const asJson = options.includes("--json");
const rounds = Number(options.find(option => option.startsWith("--rounds="))?.slice(9) ?? 21);

/// Visits every value below it, by name, as a program does.
function readAll(records) {
    let sum = 0;
    for (const { id, name, active, score, tags, address, note, parent, counts } of records) {
        sum += id + name.length + active + score + note.length + parent + address.zip + address.position[0] + address.position[1];
        sum += address.street.length + address.city.length + tags[0].length + tags[1].length + tags[2].length;
        sum += counts[0] + counts[1] + counts[2] + counts[3];
    }
    return sum;
}

const value = { records: document(3100) };
const expected = readAll(value.records);
const message = wota.encode(value);
const kept = stone(value), shared = Array.from({ length: 9 }, (_, n) => kept.records[n * 300]);

// The results are freed outside the measured time.
const steps = {
    decode_ms: () => wota.decode(message),
    decode_and_read_all_ms: () => {
        const read = wota.decode(message);
        return [read, readAll(read.records)];
    },
    view_and_read_all_ms: () => {
        const read = wota.view(message);
        return [read, readAll(read.records)];
    },
    view_read_all_again_ms: made => [made[0], readAll(made[0].records)],
    view_and_read_one_ms: () => wota.view(message).records[3000].address.zip,
    view_reach_records_ms: () => wota.view(message).records,
    encode_ms: () => wota.encode(value),
    stone_ms: () => stone(value),
    encode_mostly_stones_ms: () => wota.encode({ records: kept.records, shared, few: value.records.slice(0, 300) }),
    encode_mostly_stones_plain_ms: () => wota.encode({ records: value.records, few: value.records.slice(0, 300) }),
};
const times = Object.fromEntries(Object.keys(steps).map(name => [name, []]));
for (let round = -2; round < rounds; round++) { // the first two warm up
    let last;
    for (const [name, step] of Object.entries(steps)) {
        const before = performance.now();
        const made = step(last);
        const took = performance.now() - before;
        if (Array.isArray(made) && Math.abs(made[1] - expected) > 1e-6)
            throw new Error(`${name} did not read all`);
        last = made;
        if (round >= 0)
            times[name].push(took);
    }
    last = undefined;
    std.gc();
}

const median = list => [...list].sort((one, other) => one - other)[list.length >> 1];
const report = { bytes_wota: message.length / 8, rounds, version };
for (const name of Object.keys(steps))
    report[name] = Number(median(times[name]).toFixed(3));
report.read_all_to_decode = Number((report.view_and_read_all_ms / report.decode_and_read_all_ms).toFixed(3));
report.mostly_stones_to_plain = Number((report.encode_mostly_stones_ms / report.encode_mostly_stones_plain_ms).toFixed(3));
for (const [name, number] of Object.entries(report))
    console.log(`${name.padEnd(32)} ${number}`);
if (asJson)
    console.log(JSON.stringify(report));
