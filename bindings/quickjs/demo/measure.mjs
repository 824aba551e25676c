// One message, one way: from before encode or postMessage in the sender to the ArrayBuffer in hand in the
// receiver, which is warm and waits. All sizes and both ways take turns, so that noise meets all alike.
import { wota } from "./drystone.so";
import * as os from "qjs:os";
import { hear, startReady } from "./director.mjs";
import { resetPeak, peakMemory } from "./memory.mjs";
import { KB, MB, bytesOf, now, open, sizeOf } from "./shared.mjs";

export const SIZES = [KB, 64 * KB, MB, 16 * MB, 64 * MB];
const ROUNDS = 25, MAILBOX_TURNS = 6, RECEIVERS = 4;
const SETTLING = 1; // milliseconds, in which the receiver gets back to waiting

const content = (id, payload) => ({ id, from: "director", list: ["one", [2, 3.5, null]], note: { text: "the payload is beside this", ok: true }, payload });

const ways = {
    drystone: {
        start: async number => ({ mailbox: open(`receiver ${number}`), worker: await startReady({ role: "mailboxReceiver", name: `receiver ${number}` }) }),
        payload: view => view,
        send: ({ mailbox }, value) => mailbox.post(wota.encode(value)),
        stop: ({ mailbox }) => mailbox.close(),
    },
    postMessage: {
        start: async number => ({ worker: await startReady({ role: "messageReceiver", name: `receiver ${number}` }) }),
        // the engine sends no Blobs
        payload: view => bytesOf(view).buffer,
        send: ({ worker }, value) => worker.postMessage(value),
        stop: ({ worker }) => worker.postMessage(null),
    },
};

let nextId = 0;

/// Milliseconds on the way.
async function deliver(way, receiver, payload) {
    const value = content(nextId++, payload);
    const before = now();
    way.send(receiver, value);
    const { id, at, bytes } = await hear("arrived");
    if (id !== value.id || bytes !== sizeOf(payload))
        throw new Error("another message arrived");
    return at - before;
}

/// Microseconds of one message to a receiver that waits: a small one before it shows that the receiver is
/// done with the last one, whose memory it may still have been giving back.
async function oneMessage(way, receiver, payload) {
    await deliver(way, receiver, new ArrayBuffer(8));
    os.sleep(SETTLING);
    return await deliver(way, receiver, payload) * 1000;
}

const median = list => [...list].sort((one, other) => one - other)[list.length >> 1];

/// Sends the largest payload to all receivers at once and says by how much the process grew at its peak.
async function growth(way, receivers, payload) {
    const before = resetPeak();
    if (before === undefined)
        return null;
    for (const receiver of receivers)
        way.send(receiver, content(nextId++, payload));
    for (let heard = 0; heard < receivers.length; heard++)
        await hear("arrived");
    return peakMemory() - before;
}

/// `data`: the stone whose beginning is the payload of every size.
export async function measure(data) {
    const names = Object.keys(ways), payloads = {};
    for (const name of names)
        payloads[name] = SIZES.map(bytes => ways[name].payload(data.slice(0, bytes * 8).buffer));
    const receivers = {}, times = {};
    for (const name of names) {
        receivers[name] = [];
        for (let number = 0; number < RECEIVERS; number++)
            receivers[name].push(await ways[name].start(number));
        times[name] = SIZES.map(() => []);
    }
    const turns = { drystone: MAILBOX_TURNS, postMessage: 1 };
    for (let round = -1; round < ROUNDS; round++) { // the first round warms up
        for (const name of names) {
            const way = ways[name], [receiver] = receivers[name];
            await oneMessage(way, receiver, payloads[name][0]); // what the other way left in the caches is not this one's
            for (let turn = 0; turn < turns[name]; turn++) {
                for (let step = 0; step < SIZES.length; step++) {
                    const which = (step + round + turn + SIZES.length) % SIZES.length;
                    const took = await oneMessage(way, receiver, payloads[name][which]);
                    if (round >= 0)
                        times[name][which].push(took);
                }
            }
        }
    }
    const messageBytes = wota.encode(content(nextId, payloads.drystone[0])).length / 8;
    const memory = {};
    for (const name of names)
        memory[name] = await growth(ways[name], receivers[name], payloads[name][SIZES.length - 1]);
    for (const name of names)
        receivers[name].forEach(ways[name].stop);
    return {
        payloads: SIZES.map((bytes, which) => {
            const drystone = median(times.drystone[which]), postMessage = median(times.postMessage[which]);
            return {
                bytes, drystone_us: drystone, postmessage_us: postMessage, ratio: postMessage / drystone,
                // the message's words; nothing of the payload is among them
                drystone_bytes_copied: messageBytes,
                // the engine writes it to a block, copies the block for the pipe, and copies it out again
                postmessage_bytes_copied: 3 * bytes,
            };
        }),
        samples: { drystone: times.drystone[0].length, postMessage: times.postMessage[0].length },
        memory: { receivers: RECEIVERS, drystone_growth: memory.drystone, postmessage_growth: memory.postMessage },
    };
}
