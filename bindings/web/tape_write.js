// Writes a value to a tape, which the core encodes. Nothing here depends on the format of messages.

import { bytesAt, core, exports, watch } from "./core.js";
import { DrystoneError } from "./error.js";
import * as kinds from "./tape.js";
import { putText } from "./text.js";

const { TAG } = kinds;
const [INTEGER, TEXT, ARRAY, RECORD, KEY, NEW_KEY] = [0, 1, 2, 3, 4, 5].map((kind) => TAG | kind);
const [NULL, FALSE, TRUE, WIDE, STONE, BITS] = [6, 7, 8, 9, 10, 11].map((kind) => TAG | kind);
const NOT_NUMBER = TAG | kinds.NOT_NUMBER;

/** The depth limit of the core's writers. */
const MOST_DEPTH = 512;
/** From this many units on, a TextEncoder is faster. */
const LONG = 256;
const LEAST_ITEMS = 1 << 12;
const MOST_SPARE = 1 << 20;

// The tape that is being written. It is in the core's memory. A getter may use the core, which may need the tape's
// memory or grow: before that, the tape moves out, and it moves back when it is complete.
let halves, doubles, wides, at, end, isInCore;
let texts, textAt, textEnd;
let names, numbers, after, last;
let held, blobOf, depth, open;
// The memory of the last tape's texts, unless it is in use.
let spareTexts;
// The number of items to ask room for at the beginning.
let room = LEAST_ITEMS;

class Refused {
    constructor(code, what) {
        this.code = code;
        this.what = what;
        this.path = "";
    }
}

function use(buffer, place, items) {
    halves = new Int32Array(buffer, place, 2 * items);
    doubles = new Float64Array(buffer, place, items);
    wides = new BigInt64Array(buffer, place, items);
    end = items;
}

/** Uses the tape in the core's memory, with room for this many items. Existing items stay. */
function useCore(items) {
    const place = exports.tape_room(items) >>> 0;
    if (place === 0) throw new Refused("NO_MEMORY", "too large");
    use(exports.memory.buffer, place, items);
}

function useCopy(items) {
    const full = doubles.subarray(0, at);
    use(new ArrayBuffer(8 * items), 0, items);
    doubles.set(full);
}

function moveOut() {
    try {
        useCopy(end);
    } catch (error) {
        // No memory for a copy: until the tape is complete, every use of the core fails.
        watch(moveOut);
        throw error;
    }
    isInCore = false;
}

function grow() {
    if (isInCore) useCore(2 * end);
    else useCopy(2 * end);
}

function put(upper, lower) {
    if (at >= end) grow();
    halves[2 * at] = lower;
    halves[2 * at + 1] = upper;
    at += 1;
}

function growTexts(more) {
    const full = texts;
    try {
        texts = new Uint8Array(Math.max(2 * textEnd, textAt + more));
    } catch {
        throw new Refused("NO_MEMORY", "too large");
    }
    texts.set(full);
    textEnd = texts.length;
}

/** Writes the rest of a text from unit `number` on, in UTF-8; a lone surrogate takes three bytes. Returns the end. */
function putUnits(target, at, value, number) {
    for (const { length } = value; number < length; number += 1) {
        const unit = value.charCodeAt(number);
        if (unit < 0x80) {
            target[at++] = unit;
        } else if (unit < 0x800) {
            target[at++] = 0xc0 | (unit >> 6);
            target[at++] = 0x80 | (unit & 0x3f);
        } else if ((unit & 0xfc00) === 0xd800 && (value.charCodeAt(number + 1) & 0xfc00) === 0xdc00) {
            number += 1;
            const code = 0x10000 + ((unit & 0x3ff) << 10) + (value.charCodeAt(number) & 0x3ff);
            target[at++] = 0xf0 | (code >> 18);
            target[at++] = 0x80 | ((code >> 12) & 0x3f);
            target[at++] = 0x80 | ((code >> 6) & 0x3f);
            target[at++] = 0x80 | (code & 0x3f);
        } else {
            target[at++] = 0xe0 | (unit >> 12);
            target[at++] = 0x80 | ((unit >> 6) & 0x3f);
            target[at++] = 0x80 | (unit & 0x3f);
        }
    }
    return at;
}

/** Writes a short text, which is mostly ASCII. Returns the end. */
function putShort(target, at, value, length) {
    for (let number = 0; number < length; number += 1) {
        const unit = value.charCodeAt(number);
        if (unit > 127) return putUnits(target, at + number, value, number);
        target[at + number] = unit;
    }
    return at + length;
}

function putString(kind, value) {
    const { length } = value;
    if (textAt + 3 * length > textEnd) growTexts(3 * length);
    const from = textAt;
    textAt = length < LONG ? putShort(texts, from, value, length) : from + putText(value, texts.subarray(from));
    put(kind, textAt - from);
}

function putBytes(bytes, bits) {
    put(BITS, bits);
    if (textAt + bytes.length > textEnd) growTexts(bytes.length);
    texts.set(bytes, textAt);
    textAt += bytes.length;
}

function putNumber(value) {
    const small = value | 0;
    if (small === value && (small !== 0 || 1 / value > 0)) {
        put(INTEGER, small);
    } else if (value === value) {
        if (at >= end) grow();
        doubles[at] = value;
        at += 1;
    } else {
        put(NOT_NUMBER, 0);
    }
}

const SMALLEST = -(2n ** 55n);

function putOther(value) {
    switch (typeof value) {
        case "boolean":
            return put(value ? TRUE : FALSE, 0);
        case "bigint":
            if (value < SMALLEST || value >= -SMALLEST)
                throw new Refused("OUT_OF_RANGE", "a BigInt outside -2^55 .. 2^55-1 cannot be sent");
            put(WIDE, 0);
            if (at >= end) grow();
            wides[at] = value;
            at += 1;
            return undefined;
        case "undefined":
            throw new Refused("WRONG_TYPE", "undefined cannot be sent");
        default:
            throw new Refused("WRONG_TYPE", `a ${typeof value} cannot be sent`);
    }
}

function putValue(value) {
    if (typeof value === "string") putString(TEXT, value);
    else if (typeof value === "number") putNumber(value);
    else if (typeof value === "object") {
        if (value === null) put(NULL, 0);
        else putObject(value);
    } else putOther(value);
}

const objects = Object.prototype;
const classOf = (value) => objects.toString.call(value).slice(8, -1);

function putObject(value) {
    if (Array.isArray(value)) return putArray(value);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === objects) return putRecord(value, value);
    const blob = blobOf(value);
    if (blob === undefined) {
        const name = classOf(value);
        if (name !== "Object") throw new Refused("WRONG_TYPE", `an object of class ${name} cannot be sent`);
        return putRecord(ownFields(value), value);
    }
    if (blob.stone) {
        put(STONE, held.length);
        held.push(blob.stone);
    } else putBytes(blob.bytes, blob.bits);
    return undefined;
}

/** Begins a container. The caller decrements `depth` after the last value. */
function enter(container) {
    if (depth === MOST_DEPTH) {
        const cycle = new Set(open).size < depth;
        throw cycle
            ? new Refused("INVALID_ARGUMENT", "a cycle: this value contains itself")
            : new Refused("LIMIT_EXCEEDED", "more than 512 nested containers");
    }
    open[depth] = container;
    depth += 1;
}

function putArray(array) {
    enter(array);
    const { length } = array;
    put(ARRAY, length);
    let number = 0;
    try {
        for (; number < length; number += 1) {
            const value = array[number];
            if (value === undefined) put(NULL, 0);
            else putValue(value);
        }
    } catch (refused) {
        if (refused instanceof Refused) refused.path = `[${number}]${refused.path}`;
        throw refused;
    }
    depth -= 1;
}

// A key mostly follows the same key as the last time. Number 0 is not a key.
function putKey(key) {
    const guess = after[last];
    if (names[guess] === key) {
        put(KEY, guess - 1);
        last = guess;
        return;
    }
    let number = numbers.get(key);
    if (number === undefined) {
        number = names.length;
        numbers.set(key, number);
        names.push(key);
        after.push(0);
        putString(NEW_KEY, key);
    } else put(KEY, number - 1);
    after[last] = number;
    last = number;
}

// `for in` is the fastest way, and finds nothing else in plain records.
function putRecord(record, container) {
    enter(container);
    const place = at;
    put(RECORD, 0);
    let count = 0;
    let name = "";
    try {
        for (const key in record) {
            const value = record[key];
            if (value === undefined) continue;
            name = key;
            count += 1;
            putKey(key);
            if (typeof value === "string") putString(TEXT, value);
            else putValue(value);
        }
    } catch (refused) {
        if (refused instanceof Refused) refused.path = `.${name}${refused.path}`;
        throw refused;
    }
    halves[2 * place] = count;
    depth -= 1;
}

/** An object's own fields, for one that inherits others. */
function ownFields(object) {
    const plain = Object.create(null);
    for (const key of Object.keys(object)) plain[key] = object[key];
    return plain;
}

/**
 * Writes a value to the core's tape, and calls `encode(items, text, held)` with the number of items, the bytes of text,
 * and the stones. `blob(value)` returns `{ stone }` or `{ bytes, bits }` for an object that is a blob, and undefined
 * for others.
 */
export function writeTape(value, blob, what, encode) {
    // First, an outer tape moves out.
    core();
    const outer = [
        halves, doubles, wides, at, end, isInCore, texts, textAt, textEnd, names, numbers, after, last, held, blobOf, depth, open,
    ];
    texts = spareTexts ?? new Uint8Array(8 * LEAST_ITEMS);
    spareTexts = undefined;
    [at, textAt, textEnd] = [0, 0, texts.length];
    [names, numbers, after, last] = [[undefined], new Map(), [0], 0];
    [held, blobOf, depth, open] = [[], blob, 0, []];
    try {
        useCore(room);
        isInCore = true;
        watch(moveOut);
        putValue(value);
        return encode(giveTape(), giveTexts(), held);
    } catch (refused) {
        if (refused instanceof Refused) throw new DrystoneError(refused.code, `${what}: $${refused.path}: ${refused.what}`);
        throw refused;
    } finally {
        watch(undefined);
        room = Math.min(Math.max(end, LEAST_ITEMS), MOST_SPARE);
        if (texts.length <= 8 * MOST_SPARE) spareTexts = texts;
        [
            halves, doubles, wides, at, end, isInCore, texts, textAt, textEnd, names, numbers, after, last, held, blobOf, depth,
            open,
        ] = outer;
    }
}

/** Puts the complete tape into the core's memory. Returns the number of its items. */
function giveTape() {
    watch(undefined);
    if (!isInCore) {
        const full = doubles.subarray(0, at);
        useCore(at);
        doubles.set(full);
    }
    return at;
}

function giveTexts() {
    const place = core().text_room(textAt) >>> 0;
    if (place === 0) throw new Refused("NO_MEMORY", "too large");
    bytesAt(place, textAt).set(texts.subarray(0, textAt));
    return textAt;
}
