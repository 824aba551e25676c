// What the director and the actors have in common.
import { Mailbox, wota } from "./drystone.so";

export const KB = 1024, MB = 1024 * KB;

/// Milliseconds on a clock that all threads share: each context's origin lies on the same monotonic one.
export const now = () => performance.timeOrigin + performance.now();

/// Depends on every bit and its place. Only shifts and exclusive ors, which the engine does fastest.
export function checksum(buffer) {
    const words = new Int32Array(buffer, 0, buffer.byteLength >> 2), { length } = words;
    let sum = length, index = 0;
    while (index + 4 <= length) {
        sum = sum << 3 ^ sum >> 29 ^ words[index++];
        sum = sum << 3 ^ sum >> 29 ^ words[index++];
        sum = sum << 3 ^ sum >> 29 ^ words[index++];
        sum = sum << 3 ^ sum >> 29 ^ words[index++];
    }
    for (const byte of new Uint8Array(buffer, index * 4))
        sum = sum << 3 ^ sum >> 29 ^ byte;
    return sum;
}

export const send = (mailbox, value) => mailbox.post(wota.encode(value));

/// The next letter's value; null when the mailbox is closed and empty.
export function receive(mailbox, milliseconds = -1) {
    const letter = mailbox.take(milliseconds);
    if (letter === undefined)
        throw new Error(`no letter within ${milliseconds} ms`);
    return letter === null ? null : wota.decode(letter);
}

export const REPORTS = "director", ASSIGNMENTS = "assignments";
export const open = name => Mailbox.open(name);
