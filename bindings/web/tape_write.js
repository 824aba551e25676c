// A value onto a tape, for the core to encode: nothing here knows how messages look.

import { bytesAt, core, encoder, exports, putText } from "./core.js";
import { DrystoneError } from "./error.js";
import * as kinds from "./tape.js";

const { TAG } = kinds;
const [INTEGER, TEXT, ARRAY, RECORD, KEY, NEW_KEY] = [0, 1, 2, 3, 4, 5].map((kind) => TAG | kind);
const [NULL, FALSE, TRUE, WIDE, STONE, BITS] = [6, 7, 8, 9, 10, 11].map((kind) => TAG | kind);
const NOT_NUMBER = TAG | kinds.NOT_NUMBER;

/** As deep as the core's writers go. */
const MOST_DEPTH = 512;
/** Texts are put into the core's memory when so many units have come together. */
const PENDING = 1 << 16;
const LEAST_ITEMS = 1 << 12;
const MOST_SPARE = 1 << 20;
/** What the core says of a replacement character that may stand for something else. */
const REPLACED = -15;

// The tape that is being written. A getter may encode something itself, or let the core's memory grow: the tape goes there
// when it is complete.
let halves, doubles, wides, at, end;
let pieces, pending;
let names, numbers, after, last;
let held, blobOf, depth, open;
// The memory of the tape before, if nobody writes to it.
let spare;

class Refused {
    constructor(code, what) {
        this.code = code;
        this.what = what;
        this.path = "";
    }
}

function use(buffer) {
    halves = new Int32Array(buffer);
    doubles = new Float64Array(buffer);
    wides = new BigInt64Array(buffer);
    end = doubles.length;
}

function grow() {
    const full = doubles;
    use(new ArrayBuffer(16 * end));
    doubles.set(full);
}

function put(upper, lower) {
    if (at >= end) grow();
    halves[2 * at] = lower;
    halves[2 * at + 1] = upper;
    at += 1;
}

function endPiece() {
    if (pending !== "") pieces.push(pending);
    pending = "";
}

function putString(kind, value) {
    put(kind, value.length);
    pending += value;
    if (pending.length >= PENDING) endPiece();
}

function putBytes(bytes, bits) {
    endPiece();
    put(BITS, bits);
    pieces.push(bytes);
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
    if (Array.isArray(value)) return putContainer(value, putArray);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === objects) return putContainer(value, putRecord);
    const blob = blobOf(value);
    if (blob === undefined) {
        const name = classOf(value);
        if (name !== "Object") throw new Refused("WRONG_TYPE", `an object of class ${name} cannot be sent`);
        return putContainer(value, putOtherRecord);
    }
    if (blob.stone) {
        put(STONE, held.length);
        held.push(blob.stone);
    } else putBytes(blob.bytes, blob.bits);
    return undefined;
}

function putContainer(container, put) {
    if (depth === MOST_DEPTH) {
        const cycle = new Set(open).size < depth;
        throw cycle
            ? new Refused("INVALID_ARGUMENT", "a cycle: this is one of the values that contain it")
            : new Refused("LIMIT_EXCEEDED", "too deep");
    }
    open[depth] = container;
    depth += 1;
    put(container);
    depth -= 1;
}

function putArray(array) {
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
}

// Mostly a key comes after the one that it came after before. Number 0 is no key.
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

// `for in` is the quickest; plain records have nothing else to be found.
function putRecord(record) {
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
}

function putOtherRecord(record) {
    const plain = Object.create(null);
    for (const key of Object.keys(record)) plain[key] = record[key];
    putRecord(plain);
}

/**
 * Writes a value onto the core's tape, and runs `encode(items, text, held, exact)` with how many items and bytes of text
 * these are, and the stones. `blob(value)` says of an object what blob it is: `{ stone }`, `{ bytes, bits }`, or undefined.
 */
export function writeTape(value, blob, what, encode) {
    const outer = [halves, doubles, wides, at, end, pieces, pending, names, numbers, after, last, held, blobOf, depth, open];
    use(spare ?? new ArrayBuffer(8 * LEAST_ITEMS));
    spare = undefined;
    [at, pieces, pending] = [0, [], ""];
    [names, numbers, after, last] = [[undefined], new Map(), [0], 0];
    [held, blobOf, depth, open] = [[], blob, 0, []];
    try {
        putValue(value);
        endPiece();
        const items = giveTape();
        // Few texts have halves of surrogate pairs; the core sees what the encoder has put in their place.
        const message = encode(items, giveTexts((text, room) => encoder.encodeInto(text, room).written), held, 0);
        return message === REPLACED ? encode(items, giveTexts(putText), held, 1) : message;
    } catch (refused) {
        if (refused instanceof Refused) throw new DrystoneError(refused.code, `${what}: $${refused.path}: ${refused.what}`);
        throw refused;
    } finally {
        if (doubles.length <= MOST_SPARE) spare = doubles.buffer;
        [halves, doubles, wides, at, end, pieces, pending, names, numbers, after, last, held, blobOf, depth, open] = outer;
    }
}

function giveTape() {
    const place = core().tape_room(at) >>> 0;
    if (place === 0) throw new Refused("NO_MEMORY", "too large");
    new Float64Array(exports.memory.buffer, place, at).set(doubles.subarray(0, at));
    return at;
}

function giveTexts(putText) {
    const most = pieces.reduce((sum, piece) => sum + (typeof piece === "string" ? 3 : 1) * piece.length, 0);
    const place = core().text_room(most) >>> 0;
    if (place === 0) throw new Refused("NO_MEMORY", "too large");
    const room = bytesAt(place, most);
    let length = 0;
    for (const piece of pieces) {
        if (typeof piece === "string") length += putText(piece, room.subarray(length));
        else {
            room.set(piece, length);
            length += piece.length;
        }
    }
    return length;
}
