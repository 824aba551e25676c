// Messages: in the core's memory while they are new, later in parts: bytes, and the Blobs that the message refers to.
// The core has placeholders for those Blobs, so stones are never copied, whatever their size.

import { blobOfMessage, bytesIn, messageOf } from "./blob.js";
import { bytesAt, core, give, giveList, takeList } from "./core.js";
import { checked } from "./error.js";

/** The most bytes of messages in the core's memory at once. */
const MOST_RESIDENT = 1 << 26;
const LARGE = 1 << 24;

/** Messages in the core's memory by number, oldest first. A message is dropped when none of its Blobs is alive. */
const resident = new Map();
let residentBytes = 0;

const collected = new FinalizationRegistry((number) => {
    forget(number);
    core().blob_drop(number);
});

function forget(number) {
    residentBytes -= resident.get(number).bytes;
    resident.delete(number);
}

/** Releases a view's message in the core's memory. */
const gone = new FinalizationRegistry((number) => core().blob_drop(number));

/** A message in the core's memory: its number, and its Blobs by the identity of their placeholders. */
class Entered {
    constructor(number, blobs) {
        this.number = number;
        this.blobs = blobs;
    }

    /** The Blob of a placeholder; undefined for a blob of the core itself. */
    blobOf(number) {
        return this.blobs.get(core().blob_identity(number));
    }

    drop() {
        core().blob_drop(this.number);
    }
}

/** A placeholder in the core for each Blob. */
export function standIns(blobs) {
    const numbers = [];
    try {
        for (const blob of blobs) numbers.push(checked(core().placeholder_new(blob.length), "Blob"));
    } catch (error) {
        numbers.forEach((number) => core().blob_drop(number));
        throw error;
    }
    return numbers;
}

export class Message {
    #entered;
    #parts;

    /** Takes over a message of the core; `blobs` are its Blobs by the identity of their placeholders. */
    constructor(number, blobs = new Map()) {
        this.bits = core().blob_bits(number);
        this.#entered = new Entered(number, blobs);
        resident.set(number, { message: new WeakRef(this), bytes: this.bits / 8 });
        residentBytes += this.bits / 8;
        collected.register(this, number, this);
        for (const { message } of resident.values()) {
            if (residentBytes <= MOST_RESIDENT) break;
            // A message that is about to be collected is skipped.
            message.deref()?.#leave();
        }
    }

    /** The message of these parts, bytes and Blobs, which are checked. */
    static ofParts(parts) {
        const { number, blobs } = enterParts(parts, standIns);
        return new Message(number, blobs);
    }

    /** Moves it out of the core's memory. */
    #leave() {
        this.#parts = this.parts();
        collected.unregister(this);
        forget(this.#entered.number);
        this.#entered.drop();
        this.#entered = undefined;
        this.trim();
    }

    /** Frees the core's buffers after work on a large message. */
    trim() {
        if (this.bits / 8 > LARGE) core().trim();
    }

    /** Its parts: bytes, and the Blobs. */
    parts() {
        if (!this.#entered) return this.#parts;
        const count = checked(core().message_to_parts(this.#entered.number, 0), "wota.toParts");
        return takeList(count).map((number) => {
            const blob = this.#entered.blobOf(number);
            const part = blob ?? bytesOfNumber(number).slice();
            core().blob_drop(number);
            return part;
        });
    }

    /** Runs with the message in the core's memory. */
    enter(run) {
        if (this.#entered) return run(this.#entered);
        const entered = enterParts(this.#parts, standIns);
        try {
            return run(entered);
        } finally {
            entered.drop();
        }
    }

    /** The message in the core's memory, as long as the result is alive. */
    hold() {
        const entered = this.enter(({ number, blobs }) => {
            return new Entered(checked(core().view_message(number), "wota.view"), blobs);
        });
        gone.register(entered, entered.number);
        return entered;
    }

    /** Runs with the message in the core's memory and all its stones copied there. */
    enterWhole(run) {
        const parts = this.parts();
        if (parts.every((part) => part instanceof Uint8Array)) return this.enter(run);
        const entered = enterParts(parts, (blobs) => blobs.map((blob) => stoneOfBlob(blob)));
        try {
            return run(entered);
        } finally {
            entered.drop();
        }
    }

    /** A copy of its words. */
    bytes() {
        return this.enter(({ number }) => bytesOfNumber(number).slice());
    }
}

export const bytesOfNumber = (number) => bytesAt(core().blob_data(number), Math.ceil(core().blob_bits(number) / 8));

/** A copy of a stone in the core; of a message that refers to others, all of it. */
function stoneOfBlob(blob) {
    const message = messageOf(blob);
    if (message) return message.enterWhole(({ number }) => checked(core().message_to_bytes(number), "wota.toBytes"));
    give(bytesIn(blob));
    return checked(core().stone_new(blob.length), "Blob");
}

function enterParts(parts, enterBlobs) {
    const blobs = parts.filter((part) => !(part instanceof Uint8Array));
    const numbers = enterBlobs(blobs);
    const own = [];
    try {
        const byIdentity = new Map(blobs.map((blob, at) => [core().blob_identity(numbers[at]), blob]));
        let next = 0;
        const all = parts.map((part) => {
            if (!(part instanceof Uint8Array)) return numbers[next++];
            give(part);
            own.push(checked(core().stone_new(8 * part.length), "Blob"));
            return own.at(-1);
        });
        giveList(all);
        return new Entered(checked(core().message_from_parts(all.length), "wota.fromParts"), byIdentity);
    } finally {
        [...numbers, ...own].forEach((number) => core().blob_drop(number));
    }
}

export const newMessage = (number, blobs) => blobOfMessage(new Message(number, blobs));

/** The Blob of the message of these parts, bytes and Blobs. */
export const messageOfParts = (parts) => blobOfMessage(Message.ofParts(parts));
