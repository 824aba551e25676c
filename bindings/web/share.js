// Stones between workers: shared if the page is isolated, otherwise transferred.

import { Blob, bytesIn, bytesOf, harden, messageOf, moveTo, stoneOf } from "./blob.js";
import { refuse } from "./error.js";
import { messageOfParts } from "./message.js";

const canShare = () => typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;

/**
 * How stones get to other workers: "shared" (in SharedArrayBuffers that both sides use) or "transferred" (the sender's
 * Blob is empty afterwards).
 */
export const sharing = () => (canShare() ? "shared" : "transferred");

/** Puts a stone into a buffer that can be shared, or that belongs to it alone. */
function ownBuffer(blob, shared, transfer) {
    let bytes = bytesIn(blob);
    const isShared = !(bytes.buffer instanceof ArrayBuffer);
    if (shared && !isShared) {
        const buffer = new SharedArrayBuffer(bytes.byteLength);
        const moved = new Uint8Array(buffer);
        moved.set(bytes);
        moveTo(blob, moved);
        return moved;
    }
    if (!shared) {
        const whole = !isShared && bytes.byteLength === bytes.buffer.byteLength;
        if (!whole) bytes = bytes.slice();
        transfer.add(bytes.buffer);
        moveTo(blob, undefined);
    }
    return bytes;
}

/**
 * The arguments of `postMessage`, `{ data, transfer, sharing }`, for a stone, a message, or an array of these.
 * `receive` on the other side makes Blobs of them.
 */
export function pack(blobs) {
    const shared = canShare();
    const transfer = new Set();
    const packed = new Map();
    const one = (blob) => {
        if (!(blob instanceof Blob)) refuse("INVALID_ARGUMENT", "pack");
        if (packed.has(blob)) return packed.get(blob);
        harden(blob);
        const message = messageOf(blob);
        const form = message
            ? { parts: message.parts().map((part) => (part instanceof Uint8Array ? part : one(part))) }
            : { bits: blob.length, bytes: ownBuffer(blob, shared, transfer) };
        packed.set(blob, form);
        return form;
    };
    const data = Array.isArray(blobs) ? blobs.map(one) : one(blobs);
    return { data: { drystone: data }, transfer: [...transfer], sharing: sharing() };
}

/** Posts stones to a worker or a port. Returns how they were sent. */
export function post(target, blobs) {
    const { data, transfer, sharing } = pack(blobs);
    target.postMessage(data, transfer);
    return sharing;
}

/** The Blobs of the `data` of an event that `post` caused. */
export function receive(data) {
    const seen = new Map();
    const one = (form) => {
        if (seen.has(form)) return seen.get(form);
        const blob = Array.isArray(form?.parts)
            ? messageOfParts(form.parts.map((part) => bytesOf(part) ?? one(part)))
            : stoneOfForm(form);
        seen.set(form, blob);
        return blob;
    };
    const given = data?.drystone ?? refuse("INVALID_ARGUMENT", "receive");
    return Array.isArray(given) ? given.map(one) : one(given);
}

function stoneOfForm(form) {
    const bytes = bytesOf(form?.bytes) ?? refuse("INVALID_ARGUMENT", "receive");
    const { bits } = form;
    if (!(Number.isInteger(bits) && Math.ceil(bits / 8) === bytes.length)) refuse("MALFORMED", "receive");
    return stoneOf(bytes, bits);
}
