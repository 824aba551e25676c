// The actors: each runs this module in its own runtime and thread. The first letter says which actor it is.
import { Blob, Mailbox, isStone, stone, wota } from "./drystone.so";
import * as os from "qjs:os";
import * as std from "qjs:std";
import {
    ASSIGNMENTS, REPORTS, SETTLING, checksum, content, find, now, open, readAll, readOne, receive, send, sizeOf,
} from "./shared.mjs";

const assignment = receive(find(ASSIGNMENTS));
const reports = find(REPORTS);

function load(path) {
    const file = std.open(path, "rb");
    if (file === null)
        throw new Error(`cannot read ${path}`);
    file.seek(0, std.SEEK_END);
    const bytes = new Uint8Array(Number(file.tell()));
    file.seek(0, std.SEEK_SET);
    const read = file.read(bytes.buffer, 0, bytes.length);
    file.close();
    return bytes.subarray(0, read);
}

/// One stone of real data: the text of the files, repeated until it is full.
function maker({ files, bytes, readers }) {
    const data = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
        for (const path of files) {
            const text = load(path);
            data.set(text.subarray(0, bytes - filled), filled);
            filled += Math.min(text.length, bytes - filled);
        }
        if (filled === 0)
            throw new Error("the files are empty");
        if (filled < bytes) { // doubles the content, which is faster than reading again
            const first = filled;
            while (filled < bytes) {
                data.copyWithin(filled, 0, Math.min(first, bytes - filled));
                filled += Math.min(first, bytes - filled);
            }
        }
    }
    const big = stone(data), small = stone(data.subarray(0, 4096)), part = big.slice(8 * 1024, 8 * 5120);
    const seals = { big: checksum(big.buffer), small: checksum(small.buffer), part: checksum(part.buffer) };
    readers.forEach((name, number) => send(find(name), {
        kind: "read", number, next: readers[(number + 1) % readers.length], hops: 1, path: [], seals,
        about: { files: files.length, "bytes in all": bytes, made: new Date(0).toISOString(), exact: 2n ** 54n + 1n },
        nested: [[big, [small]], { part, copy: data.slice(0, 16) }], big, again: big,
    }));
    send(reports, { kind: "made", big, seals });
}

/// Checks what it receives, and passes it on.
function reader({ name, capacity }) {
    const own = Mailbox.open(name, capacity);
    send(reports, { kind: "ready", name });
    for (let letter; (letter = receive(own)) !== null && letter.kind !== "leave";) {
        const { big, again, nested, seals, path, hops, next, ...rest } = letter;
        const [[inList, [small]], { part, copy }] = nested;
        const whole = isStone(big) && (big.immutable || big instanceof Blob) && again === big && inList === big && copy.byteLength === 16;
        const good = whole && checksum(big) === seals.big && checksum(small) === seals.small && checksum(part) === seals.part;
        let refused = false;
        try { big instanceof Blob ? big.write_bit(0) : new Uint8Array(big).fill(0); } catch { refused = true; }
        const walked = [...path, name];
        send(reports, { kind: "checked", name, number: letter.number, path: walked, good: good && refused });
        if (hops > 0)
            send(find(next), { ...rest, big, again, nested, seals, path: walked, hops: hops - 1, next });
    }
    if (capacity > 0) { // stops reading until its mailbox is full, and ends with all letters in it
        send(reports, { kind: "stopped", name });
        receive(find(`${name} control`));
        send(reports, { kind: "left", name, unread: own.length });
    }
}

/// The receiver of a measured message by mailbox: waits, gets the ArrayBuffer, reports the time.
function mailboxReceiver({ name, arrivals }) {
    const own = open(name), sender = find(arrivals);
    send(reports, { kind: "ready", name });
    for (let letter; (letter = receive(own)) !== null;) {
        const at = now(), { id, payload } = letter;
        send(sender, { kind: "arrived", id, at, bytes: sizeOf(payload) });
    }
}

/// The sender of measured messages by mailbox: an actor like the receiver, which waits for each report in `take`.
function mailboxSender({ name, to, arrivals }) {
    const own = open(name), receiver = find(to), arrived = find(arrivals);
    let nextId = 0;
    function deliver(payload) {
        const value = content(nextId++, payload);
        const before = now();
        send(receiver, value);
        const { id, at, bytes } = receive(arrived);
        if (id !== value.id || bytes !== sizeOf(payload))
            throw new Error("another message arrived");
        return at - before;
    }
    send(reports, { kind: "ready", name });
    for (let letter; (letter = receive(own)) !== null;) {
        const milliseconds = letter.payloads.map(payload => {
            deliver(new ArrayBuffer(8)); // when this one arrives, the receiver has freed the last one
            os.sleep(SETTLING);
            return deliver(payload);
        });
        send(reports, { kind: "took", milliseconds });
    }
}

/// The same by the engine's own messages.
function messageReceiver({ name }) {
    const parent = os.Worker.parent;
    parent.onmessage = ({ data }) => {
        const at = now();
        if (data === null) {
            parent.onmessage = null;
            return;
        }
        const { id, payload } = data;
        send(reports, { kind: "arrived", id, at, bytes: sizeOf(payload) });
    };
    send(reports, { kind: "ready", name });
}

/// On request, reads that many letters that have already arrived; returns the time.
function burst(own, count) {
    const go = find("values go");
    send(reports, { kind: "waits" });
    receive(go);
    let read = 0;
    const before = now();
    for (let n = 0; n < count; n++)
        read += readOne(wota.view(own.take()).value);
    send(reports, { kind: "burst", took: now() - before, read });
}

/// The receiver of a record of values by mailbox: reads one field or all of it in place, or decodes it.
function valueReceiver({ name }) {
    const own = open(name);
    send(reports, { kind: "ready", name });
    for (let letter; (letter = own.take()) !== null;) {
        const { mode, value, count } = wota.view(letter);
        if (mode === "burst") {
            burst(own, count);
            continue;
        }
        const read = mode === "one" ? readOne(value) : readAll(mode === "decode" ? wota.decode(letter).value : value);
        send(reports, { kind: "read", at: now(), read });
    }
}

/// The same by the engine's own messages.
function valueMessageReceiver({ name }) {
    const parent = os.Worker.parent;
    parent.onmessage = ({ data }) => {
        if (data === null) {
            parent.onmessage = null;
            return;
        }
        const read = data.mode === "one" ? readOne(data.value) : readAll(data.value);
        send(reports, { kind: "read", at: now(), read });
    };
    send(reports, { kind: "ready", name });
}

try {
    ({ maker, reader, mailboxReceiver, mailboxSender, messageReceiver, valueReceiver, valueMessageReceiver })[assignment.role](assignment);
} catch (error) {
    send(reports, { kind: "error", error: `${assignment.role} ${assignment.name ?? ""}: ${error}\n${error.stack}` });
}
