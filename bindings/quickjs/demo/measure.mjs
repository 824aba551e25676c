// One message, one way: from before encode or postMessage in the sender until the receiver, which is warm and waits, has
// the ArrayBuffer. All sizes and both ways take turns, so that noise affects all of them.
import { wota } from "./drystone.so";
import * as os from "qjs:os";
import { hear, startReady } from "./director.mjs";
import { resetPeak, peakMemory } from "./memory.mjs";
import { KB, MB, SETTLING, bytesOf, content, now, open, send, sizeOf } from "./shared.mjs";

export const SIZES = [KB, 64 * KB, MB, 16 * MB, 64 * MB];
const ROUNDS = 25, MAILBOX_TURNS = 6, RECEIVERS = 4;
const SENDER = "sender", ARRIVALS = "arrivals";
const arrivals = open(ARRIVALS);

let nextId = 0;

/// The milliseconds of a message from this thread, which waits for the report in its event loop.
async function deliver(way, receiver, payload) {
    const value = content(nextId++, payload);
    const heard = hear("arrived", way.arrivals); // before the clock starts, because a program's event loop always listens
    const before = now();
    way.send(receiver, value);
    const { id, at, bytes } = await heard;
    if (id !== value.id || bytes !== sizeOf(payload))
        throw new Error("another message arrived");
    return at - before;
}

/// Sends each payload of a list to a waiting receiver, after a small message that shows that the receiver has freed
/// the last one; the milliseconds of each.
async function fromHere(way, receiver, payloads) {
    const took = [];
    for (const payload of payloads) {
        await deliver(way, receiver, new ArrayBuffer(8));
        os.sleep(SETTLING);
        took.push(await deliver(way, receiver, payload));
    }
    return took;
}

/// The same from an actor, which sends to the first receiver.
async function fromActor(way, { sender }, payloads) {
    send(sender, { payloads });
    return (await hear("took")).milliseconds;
}

async function startMailboxPair(number) {
    const name = `receiver ${number}`, mailbox = open(name);
    await startReady({ role: "mailboxReceiver", name, arrivals: ARRIVALS });
    if (number > 0)
        return { mailbox };
    const sender = open(SENDER);
    await startReady({ role: "mailboxSender", name: SENDER, to: name, arrivals: ARRIVALS });
    return { mailbox, sender };
}

const byMailbox = {
    arrivals,
    payload: view => view,
    send: ({ mailbox }, value) => send(mailbox, value),
    turns: MAILBOX_TURNS,
};

const ways = {
    drystone: {
        ...byMailbox,
        start: startMailboxPair,
        deliverAll: fromActor,
        stop({ mailbox, sender }) {
            mailbox.close();
            sender?.close();
        },
    },
    // from the main thread, to the receivers of the first way
    drystoneFromLoop: { ...byMailbox, deliverAll: fromHere },
    postMessage: {
        // the engine cannot send Blobs
        payload: view => bytesOf(view).buffer,
        start: async number => ({ worker: await startReady({ role: "messageReceiver", name: `receiver ${number}` }) }),
        send: ({ worker }, value) => worker.postMessage(value),
        deliverAll: fromHere,
        turns: 1,
        stop: ({ worker }) => worker.postMessage(null),
    },
};

const median = list => [...list].sort((one, other) => one - other)[list.length >> 1];

/// Sends the largest payload to all receivers at once; returns by how much the process grew at its peak.
async function growth(way, receivers, payload) {
    const before = resetPeak();
    if (before === undefined)
        return null;
    for (const receiver of receivers)
        way.send(receiver, content(nextId++, payload));
    for (let heard = 0; heard < receivers.length; heard++)
        await hear("arrived", way.arrivals);
    return peakMemory() - before;
}

/// `data`: the stone whose first bytes are the payload of every size.
export async function measure(data) {
    const names = Object.keys(ways), payloads = {}, receivers = {}, microseconds = {};
    for (const name of names) {
        const way = ways[name];
        payloads[name] = SIZES.map(bytes => way.payload(data.slice(0, bytes * 8).buffer));
        microseconds[name] = SIZES.map(() => []);
        receivers[name] = way.start === undefined ? receivers.drystone : [];
        for (let number = 0; number < RECEIVERS && way.start !== undefined; number++)
            receivers[name].push(await way.start(number));
    }
    for (let round = -1; round < ROUNDS; round++) { // the first round warms up
        for (const name of names) {
            const way = ways[name], [receiver] = receivers[name];
            const order = [0]; // so that the other way's content of the caches does not matter
            for (let turn = 0; turn < way.turns; turn++)
                SIZES.forEach((_, step) => order.push((step + round + turn + SIZES.length) % SIZES.length));
            const took = await way.deliverAll(way, receiver, order.map(which => payloads[name][which]));
            if (round >= 0)
                order.forEach((which, step) => step > 0 && microseconds[name][which].push(took[step] * 1000));
        }
    }
    const messageBytes = wota.encode(content(nextId, payloads.drystone[0])).length / 8;
    const memory = {};
    for (const name of ["drystone", "postMessage"]) {
        const largest = payloads[name][SIZES.length - 1];
        memory[name] = await growth(ways[name], receivers[name], largest);
        receivers[name].forEach(ways[name].stop);
    }
    return {
        payloads: SIZES.map((bytes, which) => {
            const drystone = median(microseconds.drystone[which]), postMessage = median(microseconds.postMessage[which]);
            return {
                bytes, drystone_us: drystone, drystone_from_loop_us: median(microseconds.drystoneFromLoop[which]),
                postmessage_us: postMessage, ratio: postMessage / drystone,
                // the words of the message, without the payload
                drystone_bytes_copied: messageBytes,
                // the engine writes it to a block, copies the block for the pipe, and copies it out again
                postmessage_bytes_copied: 3 * bytes,
            };
        }),
        samples: { drystone: microseconds.drystone[0].length, postMessage: microseconds.postMessage[0].length },
        memory: { receivers: RECEIVERS, drystone_growth: memory.drystone, postmessage_growth: memory.postMessage },
    };
}
