// Makes a value from the tape that the core decoded a message to. Nothing here depends on the format of messages.

import { bytesAt, core, exports, unitsAt, wordsAt } from "./core.js";
import * as kinds from "./tape.js";
import { textOfUnits } from "./text.js";

/** How many units of text are decoded at once. A string may keep that many alive. */
const CHUNK = 1 << 14;

// For ASCII only: engines make one-byte strings of it.
const ascii = new TextDecoder();

// The tape that is being read, in place: no other code runs meanwhile.
let halves, doubles, wides, at;
let chunk, chunkStart, chunkEnd, textAt, textPlace, textLength;
let wideChunk, wideStart, wideEnd, wideAt, widePlace, wideLength;
let bitsAt, bitsPlace;
let shapes, stones;

/** Reads the tape; `stone(number)` returns the value of a stone. */
export function readTape(stone) {
    const part = (number) => [core().decoded_data(number) >>> 0, core().decoded_length(number)];
    const [[tape, items], [text, length], [wide, units], [bits]] = [part(0), part(1), part(2), part(6)];
    const { buffer } = exports.memory;
    halves = new Int32Array(buffer, tape, 2 * items);
    doubles = new Float64Array(buffer, tape, items);
    wides = new BigInt64Array(buffer, tape, items);
    [at, textPlace, textLength, widePlace, wideLength, bitsPlace, stones] = [0, text, length, wide, units, bits, stone];
    [textAt, chunkStart, chunkEnd, chunk, bitsAt] = [0, 0, 0, "", 0];
    [wideAt, wideStart, wideEnd, wideChunk] = [0, 0, 0, ""];
    shapes = readShapes(readKeys(...part(3), ...part(4)), ...part(5));
    try {
        return read();
    } finally {
        halves = doubles = wides = chunk = wideChunk = shapes = stones = undefined;
    }
}

function readKeys(lengths, count, units, all) {
    const text = unitsAt(units, all);
    let place = 0;
    return Array.from(wordsAt(lengths, count), (length) => {
        place += length;
        return textOfUnits(text.subarray(place - length, place));
    });
}

function readShapes(keys, place, length) {
    const numbers = wordsAt(place, length);
    const all = [];
    for (let at = 0; at < length; ) {
        const count = numbers[at];
        all.push(new Shape(Array.from(numbers.subarray(at + 1, at + 1 + count), (number) => keys[number])));
        at += 1 + count;
    }
    return all;
}

/** The shape of records with the same keys in the same order. */
class Shape {
    constructor(keys) {
        this.keys = keys;
        this.used = 0;
        this.template = undefined;
        // Assigning this key would set the prototype.
        this.plain = !keys.includes("__proto__");
    }

    /**
     * Makes the object that every record starts as a copy of. Its fields have held values of each type, so they take
     * any.
     */
    prepare() {
        for (const value of [1, 1.5, "", null]) {
            const record = {};
            for (const key of this.keys) record[key] = value;
            this.template = record;
        }
    }
}

function readText(length) {
    if (textAt + length > chunkEnd) {
        chunkStart = textAt;
        chunkEnd = Math.min(textAt + Math.max(length, CHUNK), textLength);
        chunk = ascii.decode(bytesAt(textPlace + chunkStart, chunkEnd - chunkStart));
    }
    const from = textAt - chunkStart;
    textAt += length;
    return chunk.substring(from, from + length);
}

function readWideText(length) {
    if (wideAt + length > wideEnd) {
        wideStart = wideAt;
        wideEnd = Math.min(wideAt + Math.max(length, CHUNK), wideLength);
        wideChunk = textOfUnits(unitsAt(widePlace + 2 * wideStart, wideEnd - wideStart));
    }
    const from = wideAt - wideStart;
    wideAt += length;
    return wideChunk.substring(from, from + length);
}

function readBits(bits) {
    const length = Math.ceil(bits / 8);
    const bytes = bytesAt(bitsPlace + bitsAt, length).slice().buffer;
    bitsAt += length;
    return bytes;
}

function readArray(length) {
    // An array of this length is too long to allocate at once, so it grows.
    if (length > 1 << 25) {
        const array = [];
        for (let number = 0; number < length; number += 1) array.push(read());
        return array;
    }
    const array = new Array(length);
    for (let number = 0; number < length; number += 1) array[number] = read();
    return array;
}

function readRecord(shape) {
    const { keys } = shape;
    if (!shape.plain) return readAnyRecord(keys);
    shape.used += 1;
    // A template does not pay for the first few.
    if (shape.used > 4) {
        if (shape.template === undefined) shape.prepare();
        const record = { ...shape.template };
        for (let number = 0; number < keys.length; number += 1) record[keys[number]] = read();
        return record;
    }
    const record = {};
    for (let number = 0; number < keys.length; number += 1) record[keys[number]] = read();
    return record;
}

function readAnyRecord(keys) {
    const record = {};
    for (const key of keys)
        Object.defineProperty(record, key, { value: read(), writable: true, enumerable: true, configurable: true });
    return record;
}

function read() {
    const upper = halves[2 * at + 1];
    if ((upper & kinds.TAG) !== kinds.TAG) return doubles[at++];
    const lower = halves[2 * at];
    at += 1;
    switch (upper & 0xffff) {
        case 0:
            return lower;
        case 1:
            return readText(lower >>> 0);
        case 2:
            return readArray(lower >>> 0);
        case 3:
            return readRecord(shapes[lower]);
        case 6:
            return null;
        case 7:
            return false;
        case 8:
            return true;
        case 9:
            return wides[at++];
        case 10:
            return stones(lower);
        case 11:
            return readBits(lower >>> 0);
        case 12:
            return readWideText(lower >>> 0);
        default:
            return NaN;
    }
}
