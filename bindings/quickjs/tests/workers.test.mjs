// Actors: each has its own runtime and thread, and they share only mailboxes.
import * as drystone from "./drystone.so";
import * as os from "qjs:os";
import * as std from "qjs:std";
import { bytesOf, finish, ok, same, sized, takeWithin } from "./harness.mjs";

const { Mailbox, stone, wota } = drystone;
const assignments = Mailbox.open("workers.test assignments");
/// Longer than any machine takes, however loaded.
const patience = 600000;

function start(assignment) {
    assignments.post(wota.encode(assignment));
    return new os.Worker("./worker.mjs");
}

/// The next report; a failed or silent actor ends the test.
function hear(box) {
    const letter = takeWithin(box, patience);
    if (letter === undefined || letter === null)
        throw new Error(`no report within ${patience} ms`);
    const report = wota.decode(letter);
    if (report.error !== undefined)
        throw new Error(report.error);
    return report;
}

/// A runtime ends a little later than its actor's last report.
function settles(expected, what) {
    const deadline = performance.now() + patience;
    do {
        std.gc();
        if (drystone.blobsAlive() === expected)
            break;
        os.sleep(5);
    } while (performance.now() < deadline);
    same(drystone.blobsAlive(), expected, what);
}

const bytes = Uint8Array.from({ length: sized(100000, 300) }, (_, index) => index * 7);
const seal = bytes.reduce((total, byte) => total * 31 + byte | 0, 0);

std.gc();
const before = drystone.blobsAlive();

// Functions, not blocks: the engine keeps a block's variables until its function returns.

// a ring of four actors, several letters on their way at once, two rounds
(() => {
    const report = Mailbox.open("workers.test ring report"), home = Mailbox.open("workers.test home");
    const names = ["north", "east", "south", "west"];
    names.forEach((name, index) => start({ kind: "relay", name, next: names[index + 1] ?? "workers.test home", report: "workers.test ring report" }));
    same(names.map(() => hear(report).ready).sort(), [...names].sort());
    const first = Mailbox.find("north");
    const original = stone(bytes);
    const letters = sized(40, 4);
    for (let n = 0; n < letters; n++)
        first.post(wota.encode({ n, data: original, same: original, seal, path: [], nested: [{ text: "\u{1f4a9}", list: [n, null] }] }));
    for (let n = 0; n < letters; n++) {
        const got = wota.decode(takeWithin(home, patience));
        ok(got.data === original.buffer, "the very same stone comes home");
        same([got.n, got.path, got.nested, got.seal], [n, names, [{ text: "\u{1f4a9}", list: [n, null] }], seal]);
    }
    for (const name of names)
        Mailbox.find(name).close();
    names.forEach(() => same(hear(report).done, "relay"));
})();
settles(before, "after the ring");

// four actors post to one, each in its own order
(() => {
    const report = Mailbox.open("workers.test flood report"), target = Mailbox.open("workers.test flood");
    const shared = stone(bytes), count = sized(2000, 30), next = [0, 0, 0, 0];
    for (let id = 0; id < 4; id++)
        start({ kind: "flood", id, target: "workers.test flood", count, stone: shared, report: "workers.test flood report" });
    let wrong = 0;
    for (let n = 0; n < 4 * count; n++) {
        const got = wota.decode(takeWithin(target, patience));
        if (got.n !== next[got.id]++ || got.shared !== shared.buffer || bytesOf(got.own)[0] !== (got.n & 255))
            wrong++;
    }
    same(wrong, 0);
    same(next, [count, count, count, count]);
    same([0, 1, 2, 3].map(() => hear(report).id).sort(), [0, 1, 2, 3]);
})();
settles(before, "after the flood");

// four actors read one stone at the same time
(() => {
    const report = Mailbox.open("workers.test read report"), data = stone(bytes);
    for (let id = 0; id < 4; id++)
        start({ kind: "read", id, data, seal, times: sized(5, 2), report: "workers.test read report" });
    for (let id = 0; id < 4; id++)
        same(hear(report).done, "read");
})();
settles(before, "after reading");

// actors that end with a full mailbox while they hold everything else
(() => {
    const report = Mailbox.open("workers.test leave report"), data = stone(bytes);
    for (let id = 0; id < 3; id++) {
        start({ kind: "leave", id, name: `workers.test leaving ${id}`, count: sized(200, 10), data, report: "workers.test leave report" });
        same([hear(report).refused, hear(report).done], ["LIMIT_EXCEEDED", "leave"]);
    }
})();
settles(before, "after they left");

// a mailbox that is closed while its actor waits
(() => {
    const report = Mailbox.open("workers.test drain report"), box = Mailbox.open("workers.test drain");
    start({ kind: "drain", name: "workers.test drain", report: "workers.test drain report" });
    same(hear(report).ready, "workers.test drain");
    for (let n = 0; n < 3; n++)
        box.post(wota.encode(n));
    os.sleep(20);
    box.close();
    same([hear(report).drained, hear(report).done], [3, "drain"]);
})();
settles(before, "after closing");

// calls that wait, on a thread that may wait
(() => {
    const report = Mailbox.open("workers.test wait report");
    start({ kind: "wait", name: "workers.test waiting", report: "workers.test wait report" });
    same(hear(report).results, [undefined, undefined, true, true, true, 4, "LIMIT_EXCEEDED", true, 1].map(result => result ?? "undefined"));
    const box = Mailbox.find("workers.test waiting");
    for (let n = 0; n < 3; n++) {
        os.sleep(n * 15);
        box.post(wota.encode(n));
        same(hear(report).got, n, "it woke up");
    }
    same(hear(report).ready, "full");
    os.sleep(30);
    same(wota.decode(box.take(0)), "fills it");
    same([hear(report).posted, hear(report).done], [true, "wait"]);
})();
settles(before, "at the end");

finish();
