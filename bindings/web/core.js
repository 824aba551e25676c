// The core with its own memory, and access to that memory. The memory may grow in any call, which detaches all views of
// it, so each use makes new ones.

import { refuse } from "./error.js";

/** The core's exports, once `load` has them. */
export let exports;

/**
 * Starts the core from a compiled module, its bytes, or a response with them (or a promise of one of these). Everything
 * except `hostBuckets` needs it. Later calls do nothing.
 */
export async function load(source) {
    if (exports) return;
    const given = await source;
    const isModule = given instanceof WebAssembly.Module;
    const response = typeof Response === "function" && given instanceof Response;
    const module = isModule ? given : await WebAssembly.compile(response ? await given.arrayBuffer() : given);
    exports ??= (await WebAssembly.instantiate(module, {})).exports;
}

let beforeUse;

/** Calls `run` once, before the next use of the core by anyone; undefined cancels that. */
export function watch(run) {
    beforeUse = run;
}

/** The core. Throws before `load` has finished. */
export function core() {
    if (beforeUse !== undefined) {
        const run = beforeUse;
        beforeUse = undefined;
        run();
    }
    return exports ?? refuse("UNSUPPORTED", "drystone is used before load()");
}

export const bytesAt = (at, length) => new Uint8Array(exports.memory.buffer, at, length);
export const unitsAt = (at, length) => new Uint16Array(exports.memory.buffer, at, length);
export const wordsAt = (at, length) => new Uint32Array(exports.memory.buffer, at, length);

const here = (at) => (at === 0 ? refuse("NO_MEMORY", "drystone") : at >>> 0);

/** Copies bytes into the core's input. */
export function give(bytes) {
    const at = here(core().input_room(bytes.length));
    bytesAt(at, bytes.length).set(bytes);
    return bytes.length;
}

/** Copies numbers into the core's list. */
export function giveList(numbers) {
    wordsAt(here(core().list_room(numbers.length)), numbers.length).set(numbers);
    return numbers.length;
}

export const takeList = (count) => Array.from(wordsAt(here(core().list_room(count)), count));

/** The core's four fields of 64 bits. */
export const fields = () => new DataView(exports.memory.buffer, exports.fields_room(), 32);

export const encoder = new TextEncoder();
const utf16 = new TextDecoder("utf-16le");
const utf8 = new TextDecoder();
const LONE = /[\uD800-\uDFFF]/gu;

export const isWellFormed = (text) => (text.isWellFormed ? text.isWellFormed() : text.search(LONE) < 0);

/**
 * Writes a text as UTF-8 to a target of at least three bytes per unit; a lone surrogate takes three. Returns the
 * length.
 */
export function putText(text, target) {
    if (isWellFormed(text)) return encoder.encodeInto(text, target).written;
    let [from, at] = [0, 0];
    for (const { index } of text.matchAll(LONE)) {
        at += encoder.encodeInto(text.slice(from, index), target.subarray(at)).written;
        const half = text.charCodeAt(index);
        target.set([0xe0 | (half >> 12), 0x80 | ((half >> 6) & 63), 0x80 | (half & 63)], at);
        [from, at] = [index + 1, at + 3];
    }
    return at + encoder.encodeInto(text.slice(from), target.subarray(at)).written;
}

/** Copies texts into the core's input, one after another. Returns the length of each in bytes. */
export function giveTexts(...texts) {
    const most = texts.reduce((sum, text) => sum + 3 * text.length, 0);
    const room = bytesAt(here(core().input_room(most)), most);
    let at = 0;
    return texts.map((text) => {
        const length = putText(text, room.subarray(at));
        at += length;
        return length;
    });
}

/** The text of UTF-16 units, which may contain lone surrogates. */
export function textOfUnits(units) {
    const text = utf16.decode(units);
    if (text.length === units.length && !text.includes("\uFFFD")) return text;
    let exact = "";
    for (let at = 0; at < units.length; at += 4096) exact += String.fromCharCode(...units.subarray(at, at + 4096));
    return exact;
}

/** The text of UTF-8, in which a lone surrogate takes three bytes. */
export function textOfBytes(bytes) {
    const text = utf8.decode(bytes);
    if (!text.includes("\uFFFD") && !(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)) return text;
    const units = [];
    for (let at = 0; at < bytes.length; ) {
        const first = bytes[at++];
        const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        let code = more === 0 ? first : first & (0x3f >> more);
        for (let left = more; left > 0; left -= 1) code = (code << 6) | (bytes[at++] & 63);
        units.push(code);
    }
    return units.map((code) => String.fromCodePoint(code)).join("");
}
