// Values to messages, and back.

import { Blob, bytesIn, bytesOf, harden, messageOf, stoneOf, takeBlob } from "./blob.js";
import { core, give, giveList, takeList } from "./core.js";
import { checked, refuse } from "./error.js";
import { Message, messageOfParts, newMessage, standIns } from "./message.js";
import { readTape } from "./tape_read.js";
import { writeTape } from "./tape_write.js";
import { isView, viewOf } from "./view.js";

/** Tells the writer of tapes whether an object is a blob. */
function blobOf(value) {
    if (value instanceof Blob)
        return value.stone ? { stone: value } : { bytes: bytesIn(value).slice(), bits: value.length };
    const bytes = bytesOf(value);
    return bytes && { bytes, bits: 8 * bytes.length };
}

/** The core's message of a value, and the Blobs that it refers to. */
function encodeToNumber(value, what) {
    let blobs;
    const number = writeTape(value, blobOf, what, (items, text, held) => {
        if (held.length === 0) return core().message_encode(items, text, 0);
        const unique = [...new Set(held)];
        const numbers = standIns(unique);
        try {
            const numberOf = new Map(unique.map((blob, at) => [blob, numbers[at]]));
            giveList(held.map((blob) => numberOf.get(blob)));
            blobs = new Map(unique.map((blob, at) => [core().blob_identity(numbers[at]), blob]));
            return core().message_encode(items, text, held.length);
        } finally {
            numbers.forEach((number) => core().blob_drop(number));
        }
    });
    return [checked(number, what), blobs];
}

/** The value of a message in the core; `blobOf` returns the Blob of a placeholder. */
function decodeNumber(number, blobOf, what) {
    const count = checked(core().message_decode(number), what);
    const stones = count === 0 ? [] : takeList(count);
    const blobs = stones.map((stone) => {
        const blob = blobOf(stone);
        if (blob) core().blob_drop(stone);
        return blob ?? takeBlob(stone);
    });
    return readTape((number) => blobs[number]);
}

/** The Message of a Blob or of bytes. */
function messageOfSource(source, what) {
    const message = source instanceof Blob ? messageOf(source) : undefined;
    if (message) return message;
    const bytes = source instanceof Blob ? bytesIn(source) : bytesOf(source);
    if (!bytes) refuse("INVALID_ARGUMENT", what);
    give(bytes);
    return new Message(checked(core().message_from_bytes(bytes.length), what));
}

const theMessage = (blob, what) =>
    (blob instanceof Blob && messageOf(blob)) || refuse("WRONG_TYPE", `${what}: no message`);

export const wota = Object.freeze({
    encode(value) {
        return newMessage(...encodeToNumber(value, "wota.encode"));
    },

    decode(source) {
        const what = "wota.decode";
        const message = messageOfSource(source, what);
        const blobOf = (entered) => (number) => entered.blobOf(number);
        const value = message.enter((entered) => decodeNumber(entered.number, blobOf(entered), what));
        message.trim();
        return value;
    },

    view(message) {
        return viewOf(theMessage(message, "wota.view"));
    },

    toBytes(message) {
        return theMessage(message, "wota.toBytes").enterWhole(({ number }) =>
            takeBlob(checked(core().message_to_bytes(number), "wota.toBytes")),
        ).buffer;
    },

    fromBytes(source) {
        const what = "wota.fromBytes";
        const bytes = source instanceof Blob ? bytesIn(source) : bytesOf(source);
        if (!bytes) refuse("INVALID_ARGUMENT", what);
        give(bytes);
        return newMessage(checked(core().message_from_bytes(bytes.length), what));
    },

    toParts(message) {
        const parts = theMessage(message, "wota.toParts").parts();
        return parts.map((part) => (part instanceof Uint8Array ? stoneOf(part, 8 * part.length) : part));
    },

    fromParts(parts) {
        const what = "wota.fromParts";
        const given = [...parts].map((part) => (part instanceof Blob ? harden(part) : stone(part)));
        if (given.length === 0) refuse("MALFORMED", what);
        // The core reads the words; the rest is not copied.
        const words = new Set([0, ...partsOfWords(bytesIn(given[0]), what)]);
        return messageOfParts(given.map((part, at) => (words.has(at) ? bytesIn(part) : part)));
    },
});

function partsOfWords(first, what) {
    give(first);
    const number = checked(core().stone_new(8 * first.length), what);
    try {
        core().list_room(first.length / 8);
        return takeList(checked(core().parts_of_words(number), what));
    } finally {
        core().blob_drop(number);
    }
}

/** Makes a Blob stone and returns it; of bytes, makes a stone with a copy of them. */
export function stone(source) {
    if (source instanceof Blob) return harden(source);
    const bytes = bytesOf(source) ?? refuse("INVALID_ARGUMENT", "stone");
    return stoneOf(bytes.slice(), 8 * bytes.length);
}

export const isStone = (value) => (value instanceof Blob && value.stone) || isView(value);
