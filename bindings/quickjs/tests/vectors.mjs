// Reading the files of vectors: the path of wota.json is given, the others are next to it.
import * as std from "qjs:std";
import { dec64 } from "./drystone.so";
import { options } from "./harness.mjs";

export function load(name) {
    const path = options.find(given => !given.startsWith("--"));
    const place = path?.slice(0, path.lastIndexOf("/") + 1);
    const text = place === undefined ? null : std.loadFile(place + name);
    if (text === null)
        throw new Error(`no vectors: give the path of wota.json, with ${name} beside it`);
    return JSON.parse(text);
}

export const word = digits => BigInt(`0x${digits}`);
/// Digits, or a list of digits and `{"repeat": [digits, times]}`.
export function fromHex(given) {
    if (Array.isArray(given))
        given = given.map(part => typeof part === "string" ? part : part.repeat[0].repeat(part.repeat[1])).join("");
    return Uint8Array.from(given.match(/../g) ?? [], pair => parseInt(pair, 16));
}

/// The bytes of a vector that has words or bytes.
export function bytesOf({ words, bytes }) {
    if (bytes !== undefined)
        return fromHex(bytes);
    const list = words.flatMap(digits => typeof digits === "string" ? [word(digits)] : Array(digits.repeat[1]).fill(word(digits.repeat[0])));
    const view = new DataView(new ArrayBuffer(list.length * 8));
    list.forEach((value, index) => view.setBigUint64(index * 8, value, true));
    return new Uint8Array(view.buffer);
}

export function float(digits) {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, word(digits));
    return view.getFloat64(0);
}

/// UTF-8 in hex, where three bytes may be a lone surrogate.
export function string(digits) {
    const bytes = fromHex(digits);
    let result = "";
    for (let i = 0; i < bytes.length;) {
        const first = bytes[i], more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        let code = more === 0 ? first : first & 0x3f >> more;
        for (let n = 1; n <= more; n++)
            code = code << 6 | bytes[i + n] & 0x3f;
        result += String.fromCodePoint(code);
        i += more + 1;
    }
    return result;
}

export class Symbolic {} // private and system values, which JavaScript does not have

/// The JavaScript value that a vector describes.
export function valueOf(vector) {
    if ("symbol" in vector) {
        if (vector.symbol !== "null" && vector.symbol !== "false" && vector.symbol !== "true")
            throw new Symbolic();
        return JSON.parse(vector.symbol);
    }
    if ("nested_arrays" in vector) {
        // "value" is inside that many arrays; without it the innermost is empty
        let value = "value" in vector ? [valueOf(vector.value)] : [];
        for (let depth = 1; depth < vector.nested_arrays; depth++)
            value = [value];
        return value;
    }
    if ("json" in vector)
        return vector.json;
    if ("integer" in vector) {
        const big = BigInt(vector.integer);
        return BigInt(Number(big)) === big ? Number(big) : big;
    }
    if ("float_bits" in vector)
        return float(vector.float_bits);
    if ("dec64" in vector)
        return dec64.toNumber(word(vector.dec64));
    if ("text_bytes" in vector)
        return string(vector.text_bytes);
    if ("blob_bits" in vector) {
        const digits = vector.blob_bits.padEnd(Math.ceil(vector.blob_bits.length / 8) * 8, "0");
        return Uint8Array.from(digits.match(/.{8}/g) ?? [], byte => parseInt(byte, 2)).buffer;
    }
    if ("array" in vector)
        return vector.array.map(valueOf);
    if ("record" in vector) {
        const record = {};
        for (const [key, value] of vector.record)
            Object.defineProperty(record, typeof key === "string" ? key : valueOf(key), { value: valueOf(value), enumerable: true, configurable: true, writable: true });
        return record;
    }
    throw new Error(`a vector of an unknown form: ${JSON.stringify(vector)}`);
}
