// The main job: one actor makes a stone of 64 MB, four others read it, check it and pass it on, and one of
// them is shut down while its mailbox is full of letters that hold the stone.
import { Mailbox, stone, wota } from "./drystone.so";
import { hear, start, startReady } from "./director.mjs";
import { now, open, send } from "./shared.mjs";

export const READERS = ["north", "east", "south", "west"];
const LEAVING = "west", CAPACITY = 32;

/// Returns what happened, and the stone for the measurements.
export async function mainJob(files, bytes) {
    const began = now();
    // our handles keep the mailboxes findable until the actors have opened them
    const boxes = Object.fromEntries(READERS.map(name => [name, Mailbox.open(name, name === LEAVING ? CAPACITY : 0)]));
    const control = open(`${LEAVING} control`);
    for (const name of READERS)
        await startReady({ role: "reader", name, capacity: name === LEAVING ? CAPACITY : 0 });
    start({ role: "maker", files, bytes, readers: READERS });
    const { big, seals } = await hear("made");
    const checks = [];
    while (checks.length < 2 * READERS.length)
        checks.push(await hear("checked"));

    // one stops reading; it is shut down when its mailbox is full
    send(boxes[LEAVING], { kind: "leave" });
    await hear("stopped");
    let unread = 0, refusal;
    for (; refusal === undefined; unread++) {
        try {
            send(boxes[LEAVING], { kind: "unread", big, letter: unread, own: stone(new Uint8Array([unread])), inner: wota.encode([big]) });
        } catch (error) {
            refusal = error.code;
            break;
        }
    }
    send(control, { kind: "go" });
    const left = await hear("left");
    for (const name of READERS)
        boxes[name].close();
    return {
        data: stone(big), seals, files: files.length,
        checks: checks.length, good: checks.every(check => check.good),
        passedOn: checks.filter(check => check.path.length > 1).length,
        left: { name: left.name, unread: left.unread, refusal },
        seconds: (now() - began) / 1000,
    };
}
