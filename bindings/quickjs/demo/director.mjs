// Starts actors and hears their reports.
import { blobsAlive } from "./drystone.so";
import * as os from "qjs:os";
import * as std from "qjs:std";
import { ASSIGNMENTS, REPORTS, now, open, receive, send } from "./shared.mjs";

const PATIENCE = 60000; // milliseconds
const assignments = open(ASSIGNMENTS);
const reports = open(REPORTS);

/// Assignments are taken in any order, so start one kind at a time where it matters which worker is which.
export function start(assignment) {
    send(assignments, assignment);
    return new os.Worker("./actor.mjs");
}

/// The next report, which must be of this kind; an actor's error is ours.
export function hear(kind) {
    const report = receive(reports, PATIENCE);
    if (report.kind !== kind)
        throw new Error(report.error ?? `"${report.kind}" instead of "${kind}"`);
    return report;
}

/// Starts an actor and waits until it is ready.
export function startReady(assignment) {
    const worker = start(assignment);
    hear("ready");
    return worker;
}

/// How many blobs are alive when everything has come to rest: a runtime ends a little after its actor.
export function settle() {
    const deadline = now() + 600_000;
    do {
        std.gc();
        if (blobsAlive() === 0)
            break;
        os.sleep(2);
    } while (now() < deadline);
    return blobsAlive();
}
