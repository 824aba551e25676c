// What the director and the actors have in common.
import { Blob, Mailbox, wota } from "./drystone.so";

export const KB = 1024, MB = 1024 * KB;

/// Milliseconds on a clock that all threads share: each context's origin, if it has one, lies on the same monotonic one.
export const now = () => (performance.timeOrigin ?? 0) + performance.now();

/// The bytes of a stone: where the engine has no immutable ArrayBuffers, a copy of what the Blob holds.
export function bytesOf(view) {
    if (!(view instanceof Blob))
        return new Uint8Array(view);
    const copy = new Uint8Array(sizeOf(view));
    view.copyTo(copy);
    return copy;
}

export const sizeOf = view => view.byteLength ?? view.length / 8;

/// Depends on every bit and its place. Only shifts and exclusive ors, which the engine does fastest.
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

/// One field of a record of the second table: how long the title is, which lies behind everything else.
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
export const SETTLING = 1; // milliseconds, in which the receiver gets back to waiting

/// A measured message.
export const content = (id, payload) => ({ id, from: "director", list: ["one", [2, 3.5, null]], note: { text: "the payload is beside this", ok: true }, payload });

/// `open` is for the one who takes the letters, `find` for those who send.
export const open = name => Mailbox.open(name);
export const find = name => Mailbox.find(name);
