// The report for people.
import { KB, MB } from "./shared.mjs";

const size = bytes => bytes >= MB ? `${bytes / MB} MB` : `${bytes / KB} KB`;
const amount = bytes => bytes >= MB ? `${(bytes / MB).toFixed(bytes >= 100 * MB ? 0 : 1)} MB` : bytes >= KB ? `${(bytes / KB).toFixed(1)} KB` : `${bytes} B`;
const micros = value => value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(1)} µs`;
const row = cells => console.log("  " + cells.map((cell, index) => index === 0 ? cell.padEnd(9) : cell.padStart(index < 4 ? 13 : 17)).join(""));

export function printJob(job, bytes) {
    console.log(`One actor made a stone of ${size(bytes)} from ${job.files} files and sent it to four others, in records that also contain`);
    console.log(`other fields, nested arrays and more stones, and this one three times. They checked it ${job.checks} times (${job.good ? "all correct" : "WRONG"})`);
    console.log(`and passed it on ${job.passedOn} times, in ${job.seconds.toFixed(2)} s. "${job.left.name}" was shut down with ${job.left.unread} unread letters (the next one was refused: ${job.left.refusal}).`);
}

export function printMeasurements(measured) {
    console.log(`\nThe time of one message, one way, between two actors, each a runtime in its own thread. Medians of ${measured.samples.drystone} (drystone) and ${measured.samples.postMessage} (os.Worker.postMessage)`);
    row(["payload", "drystone", "postMessage", "ratio", "copied: drystone", "postMessage"]);
    for (const payload of measured.payloads)
        row([size(payload.bytes), micros(payload.drystone_us), micros(payload.postmessage_us), `${payload.ratio.toFixed(1)} ×`,
            amount(payload.drystone_bytes_copied), amount(payload.postmessage_bytes_copied)]);
    const { payloads, memory } = measured, first = payloads[0], last = payloads[payloads.length - 1];
    const fromLoop = payloads.map(payload => payload.drystone_from_loop_us);
    console.log(`  from the main thread, which must not block in take and returns to its event loop: ${micros(Math.min(...fromLoop))} to ${micros(Math.max(...fromLoop))}`);
    console.log(`  ${size(last.bytes)} compared with ${size(first.bytes)}: drystone takes ${(last.drystone_us / first.drystone_us).toFixed(2)} times as long, postMessage ${(last.postmessage_us / first.postmessage_us).toFixed(0)} times`);
    if (memory.drystone_growth === null || memory.postmessage_growth === null)
        console.log("  peak memory: this system does not let a process reset its peak");
    else
        console.log(`  peak memory while ${size(last.bytes)} are sent to ${memory.receivers} workers: drystone + ${amount(memory.drystone_growth)}, postMessage + ${amount(memory.postmessage_growth)}`);
}

const cells = list => console.log("  " + list.map((cell, index) => index === 0 ? cell.padEnd(9) : cell.padStart(13)).join(""));
const time = value => value === null ? "none" : micros(value);

export function printValues(sizes) {
    console.log("\nOne record of values, sent from one runtime to another, where one field (the last) or all of it is read. Medians.");
    console.log("drystone sends a stone value, made once; \"decoded\" converts it to plain values. bjson encodes and decodes in one runtime.");
    cells(["", "one field", "", "", "all of it", "", "", "", "making"]);
    cells(["record", "drystone", "postMessage", "bjson", "drystone", "decoded", "postMessage", "bjson", "a stone"]);
    for (const one of sizes)
        cells([amount(one.bytes), time(one.one_us), time(one.postmessage_one_us), time(one.bjson_one_us), time(one.all_us),
            time(one.decode_all_us), time(one.postmessage_all_us), time(one.bjson_all_us), time(one.stone_us)]);
    const first = sizes[0], last = sizes[sizes.length - 1];
    console.log(`  ${amount(last.bytes)} compared with ${amount(first.bytes)}: drystone takes ${(last.one_us / first.one_us).toFixed(2)} times as long for one field, postMessage ${(last.postmessage_one_us / first.postmessage_one_us).toFixed(0)} times`);
    console.log(`  drystone's times for one field do not include waking the receiver; with it they are ${time(first.one_with_waking_us)} and ${time(last.one_with_waking_us)}`);
}
