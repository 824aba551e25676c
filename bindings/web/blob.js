// Counted bit strings. An antestone is in the core's memory. A stone has its own ArrayBuffer or SharedArrayBuffer,
// which the engine's collector and other workers can reach. A message is a stone that refers to others.

import { bytesAt, core, fields, give, giveTexts } from "./core.js";
import { checked, refuse } from "./error.js";
import { textOfBytes } from "./text.js";

const TYPED = Object.getPrototypeOf(Uint8Array.prototype);
const tag = Object.getOwnPropertyDescriptor(TYPED, Symbol.toStringTag).get;
const isShared = (value) => typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer;

/** The bytes of a buffer or a view, not copied; undefined for any other value. */
export function bytesOf(value) {
    if (tag.call(value) !== undefined || value instanceof DataView)
        return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return value instanceof ArrayBuffer || isShared(value) ? new Uint8Array(value) : undefined;
}

// Releases the core's blobs of collected antestones.
const gone = new FinalizationRegistry((number) => core().blob_drop(number));

/** Passed instead of a source: the caller sets all fields. */
const OURS = Symbol("ours");

// For the other files of the package.
/** A stone that takes over the bytes. */
export let stoneOf;
/** A message's Blob. */
export let blobOfMessage;
/** The Message of a Blob, if it is one. */
export let messageOf;
/** A Blob's bytes in place; valid until the next call. */
export let bytesIn;
/** Moves a stone to an equal copy of its bytes; undefined: the bytes are gone. */
export let moveTo;
/** Makes a Blob stone. */
export let harden;

/** The most bytes of a stone that reading one field needs. */
const FIELD = 20;
const TEXT = 256;

/** An integer for the core. */
function integer(value, what) {
    if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? value : refuse("OUT_OF_RANGE", what);
    return Number.isSafeInteger(value) ? BigInt(value) : refuse("INVALID_ARGUMENT", `${what}: no integer`);
}

/** A Number if it is a safe integer, else a BigInt. */
export const plain = (value) => {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
};

const count = (value, what) =>
    Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : refuse("OUT_OF_RANGE", what);

export class Blob {
    /** The core's number of an antestone; else -1. */
    #number = -1;
    #bits = 0;
    /** A stone's bytes. */
    #bytes;
    /** The Message, if this is one. */
    #message;

    constructor(source = 0, bit = 0) {
        if (source === OURS) return;
        if (typeof source === "number") {
            this.#adopt(checked(core().antestone_new(count(source, "new Blob"), bit ? 1 : 0), "new Blob"));
            return;
        }
        const bytes = source instanceof Blob ? source.#read() : bytesOf(source);
        if (!bytes) refuse("INVALID_ARGUMENT", "new Blob");
        const bits = source instanceof Blob ? source.length : 8 * bytes.length;
        give(bytes);
        this.#adopt(checked(core().antestone_of(count(bits, "new Blob")), "new Blob"));
    }

    #adopt(number) {
        this.#number = number;
        gone.register(this, number, this);
    }

    static {
        stoneOf = (bytes, bits) => {
            const blob = new Blob(OURS);
            blob.#bytes = bytes;
            blob.#bits = bits;
            return blob;
        };
        blobOfMessage = (message) => {
            const blob = new Blob(OURS);
            blob.#message = message;
            return blob;
        };
        messageOf = (blob) => blob.#message;
        bytesIn = (blob) => blob.#read();
        moveTo = (blob, bytes) => {
            blob.#bytes = bytes;
        };
        harden = (blob) => blob.#harden();
    }

    get length() {
        if (this.#number >= 0) return core().blob_bits(this.#number);
        return this.#message ? this.#message.bits : this.#bits;
    }

    get stone() {
        return this.#number < 0;
    }

    /** The bytes in place; valid until the next call. */
    #read() {
        if (this.#number >= 0) return bytesAt(core().blob_data(this.#number), Math.ceil(this.length / 8));
        if (this.#message) return this.#message.bytes();
        return this.#bytes ?? refuse("CLOSED", "the blob was transferred to another worker");
    }

    #harden() {
        if (this.#number < 0) return this;
        const number = this.#number;
        this.#bits = this.length;
        this.#bytes = this.#read().slice();
        this.#number = -1;
        gone.unregister(this);
        core().blob_drop(number);
        return this;
    }

    get buffer() {
        if (!this.stone) refuse("NOT_STONE", "Blob.prototype.buffer");
        const bytes = this.#read();
        const whole = !this.#message && bytes.byteLength === bytes.buffer.byteLength;
        return whole ? bytes.buffer : bytes.slice().buffer;
    }

    get bytes() {
        if (!this.stone) refuse("NOT_STONE", "Blob.prototype.bytes");
        return this.#message ? this.#read().slice() : this.#read();
    }

    at(index) {
        if (!this.stone) refuse("NOT_STONE", "Blob.prototype.at");
        return this.#read().at(index);
    }

    copyTo(target, from = 0) {
        if (!this.stone) refuse("NOT_STONE", "Blob.prototype.copyTo");
        const to = bytesOf(target) ?? refuse("INVALID_ARGUMENT", "Blob.prototype.copyTo");
        const part = this.#read().subarray(from, from + to.length);
        to.set(part);
        return part.length;
    }

    slice(from = 0, to = this.length) {
        const what = "Blob.prototype.slice";
        if (!(from >= 0 && from <= to && to <= this.length)) refuse("OUT_OF_RANGE", what);
        if (this.stone && !this.#message && from % 8 === 0 && to % 8 === 0)
            return stoneOf(this.#read().subarray(from / 8, to / 8), to - from);
        return this.#within(from, to, (number, first) => {
            return takeBlob(checked(core().blob_copy(number, first, first + to - from), what));
        });
    }

    equals(other) {
        if (!(other instanceof Blob)) refuse("INVALID_ARGUMENT", "Blob.prototype.equals");
        if (this.length !== other.length) return false;
        const [one, two] = [this.#read(), other.#read()];
        return one.every((byte, at) => byte === two[at]);
    }

    /** Runs with the number of a blob in the core that covers a range of bits, and the position of the first bit in it. */
    #within(from, to, run) {
        if (this.#number >= 0) return run(this.#number, from);
        const bytes = this.#read();
        const first = Math.min(from >>> 3, bytes.length);
        const last = Math.min(Math.ceil(Math.max(to, from) / 8), bytes.length);
        give(bytes.subarray(first, last));
        const bits = Math.min(8 * last, this.length) - 8 * first;
        const number = checked(core().stone_new(bits), "Blob");
        try {
            return run(number, from - 8 * first);
        } finally {
            core().blob_drop(number);
        }
    }

    // ---- fields ----

    #write(result, what) {
        checked(result, what);
        return this;
    }

    #open(what) {
        return this.#number >= 0 ? this.#number : refuse("IS_STONE", what);
    }

    writeBytes(source) {
        const what = "Blob.prototype.writeBytes";
        const number = this.#open(what);
        const bytes = bytesOf(source) ?? refuse("INVALID_ARGUMENT", what);
        return this.#write(core().blob_write_bits(number, 8 * give(bytes)), what);
    }

    writeBit(bit) {
        return this.#write(core().blob_write_bit(this.#open("writeBit"), bit ? 1 : 0), "writeBit");
    }

    writeFit(value, width) {
        const number = this.#open("writeFit");
        return this.#write(core().blob_write_fit(number, integer(value, "writeFit"), width), "writeFit");
    }

    writeKim(value) {
        const number = this.#open("writeKim");
        return this.#write(core().blob_write_kim(number, integer(value, "writeKim")), "writeKim");
    }

    writeDec64(value) {
        const number = this.#open("writeDec64");
        const word = typeof value === "bigint" ? value : core().dec64_from_double(value);
        return this.#write(core().blob_write_dec64(number, word), "writeDec64");
    }

    writeText(text) {
        const number = this.#open("writeText");
        const [length] = giveTexts(String(text));
        return this.#write(core().blob_write_text(number, length), "writeText");
    }

    writeBlob(other) {
        const number = this.#open("writeBlob");
        if (!(other instanceof Blob)) refuse("INVALID_ARGUMENT", "writeBlob");
        give(other.#read());
        return this.#write(core().blob_write_bits(number, other.length), "writeBlob");
    }

    writePad(block) {
        return this.#write(core().blob_write_pad(this.#open("writePad"), count(block, "writePad")), "writePad");
    }

    /** A field; null if there is none at that bit. */
    #field(from, bytes, read, take) {
        if (!this.stone) refuse("NOT_STONE", "Blob");
        if (!(from >= 0 && from < this.length)) return null;
        return this.#within(from, from + 8 * bytes, (number, first) => {
            if (read(number, first) < 0) return null;
            return take(fields());
        });
    }

    readBit(from) {
        const read = (number, first) => core().blob_read_bit(number, first);
        return this.#field(from, 1, read, (fields) => fields.getUint8(0) === 1);
    }

    readFit(from, width) {
        const read = (number, first) => core().blob_read_fit(number, first, width);
        return this.#field(from, FIELD, read, (fields) => plain(fields.getBigInt64(0, true)));
    }

    readKim(from) {
        const read = (number, first) => core().blob_read_kim(number, first);
        return this.#field(from, FIELD, read, (fields) => plain(fields.getBigInt64(0, true)));
    }

    kimBits(from) {
        const read = (number, first) => core().blob_read_kim(number, first);
        return this.#field(from, FIELD, read, (fields) => fields.getUint32(8, true));
    }

    readDec64(from) {
        const read = (number, first) => core().blob_read_dec64(number, first);
        return this.#field(from, FIELD, read, (fields) => {
            const number = core().dec64_to_double(fields.getBigInt64(0, true));
            return Number.isNaN(number) ? null : number;
        });
    }

    #text(from, take) {
        const read = (number, first) => core().blob_read_text(number, first);
        const there = Math.ceil((this.length - from) / 8) + 1;
        // Its length is not known before it is read.
        for (let bytes = TEXT; ; bytes *= 8) {
            const found = this.#field(from, bytes, read, take);
            if (found !== null || bytes >= there) return found;
        }
    }

    readText(from) {
        const bytes = (fields) => bytesAt(core().input_room(0), fields.getUint32(0, true));
        return this.#text(from, (fields) => textOfBytes(bytes(fields), "readText"));
    }

    textBits(from) {
        return this.#text(from, (fields) => fields.getUint32(8, true));
    }

    readBlob(from = 0, to = this.length) {
        if (!this.stone) refuse("NOT_STONE", "readBlob");
        return from >= 0 && from <= to && to <= this.length ? new Blob(this.slice(from, to)) : null;
    }

    isPad(from, block) {
        if (!this.stone) refuse("NOT_STONE", "isPad");
        return this.#within(0, this.length, (number) => {
            const found = core().blob_is_pad(number, from, block);
            return found < 0 ? null : found === 1;
        });
    }
}

function alias(name, of) {
    Object.defineProperty(Blob.prototype, name, { value: Blob.prototype[of], writable: true, configurable: true });
}

// Aliases in the style of related engines: readLogical for readBit, write_bit for writeBit.
alias("readLogical", "readBit");
for (const name of Object.getOwnPropertyNames(Blob.prototype).filter((name) => /^(write|read|is|kim|text)[A-Z]/.test(name)))
    alias(name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`), name);

/** A stone with the bits of a blob of the core, which is dropped. */
export function takeBlob(number) {
    const bits = core().blob_bits(number);
    const bytes = bytesAt(core().blob_data(number), Math.ceil(bits / 8)).slice();
    core().blob_drop(number);
    return stoneOf(bytes, bits);
}
