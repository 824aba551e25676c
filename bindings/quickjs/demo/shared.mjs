// Code that the director and the actors share.
import { Blob, Mailbox, wota } from "./drystone.so";

export const KB = 1024, MB = 1024 * KB;

/// Milliseconds on a clock that all threads share: the origin of each context, if it has one, is on the same monotonic clock.
export const now = () => (performance.timeOrigin ?? 0) + performance.now();

/// The bytes of a stone; a copy of the Blob's bytes if the engine has no immutable ArrayBuffers.
export function bytesOf(view) {
    if (!(view instanceof Blob))
        return new Uint8Array(view);
    const copy = new Uint8Array(sizeOf(view));
    view.copyTo(copy);
    return copy;
}

export const sizeOf = view => view.byteLength ?? view.length / 8;

/// A checksum that depends on every bit and its position. Uses only shifts and exclusive ors, the engine's fastest operations.
export function checksum(view) {
    const bytes = bytesOf(view), words = new Int32Array(bytes.buffer, 0, bytes.byteLength >> 2), { length } = words;
    let sum = length, index = 0;
    while (index + 4 <= length) {
        sum = sum << 3 ^ sum >> 29 ^ words[index++];
        sum = sum << 3 ^ sum >> 29 ^ words[index++];
        sum = sum << 3 ^ sum >> 29 ^ words[index++];
        sum = sum << 3 ^ sum >> 29 ^ words[index++];
    }
    for (const byte of bytes.subarray(index * 4))
        sum = sum << 3 ^ sum >> 29 ^ byte;
    return sum;
}

/// One field of a record of the second table: the length of the title, which comes after everything else.
export const readOne = record => record.title.length;

/// Every value of it.
export function readAll({ kind, rows, title }) {
    let sum = kind.length + title.length;
    for (const { id, name, active, score, tags, address } of rows) {
        const { street, zip, position } = address;
        sum += id + name.length + Number(active) + score + tags[0].length + tags[1].length + tags[2].length;
        sum += street.length + zip + position[0] + position[1];
    }
    return sum;
}

export const send = (mailbox, value) => mailbox.post(wota.encode(value));

/// The next letter's value; null when the mailbox is closed and empty. For workers: the main thread may not wait.
export function receive(mailbox) {
    const letter = mailbox.take();
    return letter ? wota.decode(letter) : null;
}

export const REPORTS = "director", ASSIGNMENTS = "assignments";
export const SETTLING = 1; // milliseconds, in which the receiver starts to wait again

/// A measured message.
export const content = (id, payload) => ({ id, from: "director", list: ["one", [2, 3.5, null]], note: { text: "the payload is beside this", ok: true }, payload });

/// The receiver calls `open`, senders call `find`.
export const open = name => Mailbox.open(name);
export const find = name => Mailbox.find(name);
