// Starts actors and receives their reports.
import { blobsAlive, wota } from "./drystone.so";
import * as os from "qjs:os";
import * as std from "qjs:std";
import { ASSIGNMENTS, REPORTS, now, open, send } from "./shared.mjs";

const PATIENCE = 60000; // milliseconds
const assignments = open(ASSIGNMENTS);
const reports = open(REPORTS);

/// Workers take assignments in any order, so start one kind at a time if the order matters.
export function start(assignment) {
    send(assignments, assignment);
    return new os.Worker("./actor.mjs");
}

/// The next report, which must be of this kind; an actor's error is thrown here.
export async function hear(kind, from = reports) {
    const timer = os.setTimeout(() => { throw new Error(`no report within ${PATIENCE} ms`); }, PATIENCE);
    const letter = await from.next();
    os.clearTimeout(timer);
    const report = letter === null ? { kind: "the end" } : wota.decode(letter);
    if (report.kind !== kind)
        throw new Error(report.error ?? `"${report.kind}" instead of "${kind}"`);
    return report;
}

/// Starts an actor and waits until it is ready.
export async function startReady(assignment) {
    const worker = start(assignment);
    await hear("ready");
    return worker;
}

/// The number of live blobs after everything has ended: a runtime ends a little later than its actor.
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
