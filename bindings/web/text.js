// Texts as UTF-8, in which a lone surrogate takes three bytes, and as UTF-16.

import { refuse } from "./error.js";

const encoder = new TextEncoder();
const utf16 = new TextDecoder("utf-16le");
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LONE = /[\uD800-\uDFFF]/gu;

const isWellFormed = (text) => (text.isWellFormed ? text.isWellFormed() : text.search(LONE) < 0);

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

/** The text of UTF-16 units, which may contain lone surrogates. */
export function textOfUnits(units) {
    const text = utf16.decode(units);
    if (text.length === units.length && !text.includes("\uFFFD")) return text;
    let exact = "";
    for (let at = 0; at < units.length; at += 4096) exact += String.fromCharCode(...units.subarray(at, at + 4096));
    return exact;
}

const isSurrogate = (bytes, at) => bytes[at] === 0xed && bytes[at + 1] >> 5 === 5 && bytes[at + 2] >> 6 === 2;

/** The text of UTF-8 that contains surrogates. Throws a TypeError if other bytes are not UTF-8. */
function textWithSurrogates(bytes) {
    let [text, from] = ["", 0];
    for (;;) {
        let at = from;
        while (at < bytes.length && !isSurrogate(bytes, at)) at += 1;
        if (at > from) text += utf8.decode(bytes.subarray(from, at));
        if (at === bytes.length) return text;
        const halves = [];
        for (from = at; halves.length < 4096 && isSurrogate(bytes, from); from += 3)
            halves.push(0xd000 | ((bytes[from + 1] & 63) << 6) | (bytes[from + 2] & 63));
        text += String.fromCharCode(...halves);
    }
}

/** The text of UTF-8. Bytes that are not UTF-8 are malformed. */
export function textOfBytes(bytes, what) {
    try {
        return utf8.decode(bytes);
    } catch {
        try {
            return textWithSurrogates(bytes);
        } catch (error) {
            if (!(error instanceof TypeError)) throw error;
            return refuse("MALFORMED", `${what}: a text that is not UTF-8`);
        }
    }
}

/**
 * How many bytes of texts a call or an iteration may still return. Texts in untrusted memory may overlap, so the memory's
 * length alone does not bound their sum; a multiple of it does, the same as in the core.
 */
export class TextBudget {
    #left;

    constructor(memoryLength) {
        this.#left = 16 * memoryLength + 4096;
    }

    spend(bytes, what) {
        this.#left -= bytes;
        if (this.#left < 0) refuse("LIMIT_EXCEEDED", what);
    }
}
