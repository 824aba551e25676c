// Actors that pass stones around, compared with the engine's own messages.
//   qjs --module main.mjs [--json] FILES...      FILES: real data for the stones
// Exits with 1 if a checksum is wrong or a blob is alive at the end. With --json the last line is the
// report as one JSON object: times in microseconds, sizes in bytes.
import { Blob, blobsCreated, blobsReleased, version } from "./drystone.so";
import * as std from "qjs:std";
import { settle } from "./director.mjs";
import { mainJob } from "./job.mjs";
import { measure } from "./measure.mjs";
import { MB } from "./shared.mjs";
import { printJob, printMeasurements, printValues } from "./table.mjs";
import { measureValues } from "./measure_values.mjs";

const BYTES = 64 * MB;
const files = scriptArgs.slice(1).filter(argument => argument !== "--json");
if (files.length === 0) {
    console.log("usage: qjs --module main.mjs [--json] FILES...");
    std.exit(2);
}

/// A separate function, so that its values are garbage when the blobs are counted.
async function run() {
    const { data, ...job } = await mainJob(files, BYTES);
    if (data.buffer instanceof Blob)
        console.log("This engine has no immutable ArrayBuffers: stones arrive as Blobs, and a check copies what it reads.");
    printJob(job, BYTES);
    const measured = await measure(data);
    printMeasurements(measured);
    const values = await measureValues();
    printValues(values);
    return { job, measured, values };
}

/// Not at the top level of the module, where the engine returns to its event loop after every single job.
async function main() {
    const { job, measured, values } = await run();
    const alive = settle(), created = blobsCreated(), released = blobsReleased();
    console.log(`\nblobs made: ${created}, freed: ${released}, alive: ${alive}`);

    const round = value => Number(value.toFixed(3));
    const payloads = measured.payloads.map(payload => ({
        ...payload, drystone_us: round(payload.drystone_us), drystone_from_loop_us: round(payload.drystone_from_loop_us),
        postmessage_us: round(payload.postmessage_us), ratio: round(payload.ratio),
    }));
    const rounded = one => Object.fromEntries(Object.entries(one).map(([name, value]) => [name, value === null ? null : round(value)]));
    const failures = [
        job.good ? "" : "a checksum was wrong",
        alive === 0 && created === released ? "" : "not every blob was freed exactly once",
        job.left.refusal === "LIMIT_EXCEEDED" ? "" : "the full mailbox did not refuse",
    ].filter(failure => failure !== "");
    for (const failure of failures)
        console.log(`FAILED: ${failure}`);
    if (scriptArgs.includes("--json"))
        console.log(JSON.stringify({
            payloads, values: values.map(rounded), time_64mb_to_1kb: round(payloads[payloads.length - 1].drystone_us / payloads[0].drystone_us), memory: measured.memory,
            checks: job.checks, checks_good: job.good, left: job.left, version, blobs_alive: alive, released, created, failures,
        }));
    if (failures.length > 0)
        std.exit(1);
}

main().catch(error => {
    console.log(`FAILED: ${error}\n${error.stack}`);
    std.exit(1);
});
