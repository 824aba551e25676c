// The vectors that every language reads: qjs -m vectors.test.mjs [--gc-stress] PATH
// Those with limits of their own are left to the languages that can set limits; how many is printed.
import * as drystone from "./drystone.so";
import * as std from "qjs:std";
import { finish, leavesNothing, ok, options, same, throws } from "./harness.mjs";

const { stone, wota } = drystone;
const path = options.find(given => !given.startsWith("--"));
const text = path === undefined ? null : std.loadFile(path);
if (text === null)
    throw new Error("no vectors: give the path of wota.json");
const vectors = JSON.parse(text);

const hex = digits => BigInt(`0x${digits}`);

function bytesOf({ words, bytes }) {
    if (bytes !== undefined)
        return Uint8Array.from(bytes.match(/../g) ?? [], digits => parseInt(digits, 16));
    const list = words.flatMap(word => typeof word === "string" ? [hex(word)] : Array(word.repeat[1]).fill(hex(word.repeat[0])));
    const view = new DataView(new ArrayBuffer(list.length * 8));
    list.forEach((word, index) => view.setBigUint64(index * 8, word, true));
    return new Uint8Array(view.buffer);
}

function float(bits) {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, hex(bits));
    return view.getFloat64(0);
}

// UTF-8 in hex, where three bytes may be a lone surrogate
function string(digits) {
    const bytes = (digits.match(/../g) ?? []).map(pair => parseInt(pair, 16));
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

class Symbolic {} // private and system values: no form in JavaScript

/// The JavaScript value that a vector describes.
function valueOf(vector) {
    if ("symbol" in vector) {
        if (vector.symbol !== "null" && vector.symbol !== "false" && vector.symbol !== "true")
            throw new Symbolic();
        return JSON.parse(vector.symbol);
    }
    if ("nested_arrays" in vector) {
        // "value" stands within as many arrays; without it the innermost is empty
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

const equalBytes = (one, other) => stone(one).equals(stone(other));
let limited = 0, symbolic = 0;

leavesNothing(drystone, () => {
    for (const vector of vectors.valid) {
        if (vector.limits) {
            limited++;
            continue;
        }
        const bytes = bytesOf(vector);
        ok(equalBytes(wota.toBytes(wota.fromBytes(bytes)), bytes), `${vector.name}: there and back`);
        let expected;
        try {
            expected = valueOf(vector);
        } catch (error) {
            if (!(error instanceof Symbolic))
                throw error;
            symbolic++;
            throws(() => wota.decode(bytes), { type: TypeError, code: "UNSUPPORTED" });
            continue;
        }
        same(wota.decode(bytes), expected, vector.name);
        same(wota.decode(wota.fromBytes(bytes)), expected, vector.name);
        // records may have keys that JavaScript orders differently; blobs that end within a byte lose their length
        if ("record" in vector || vector.blob_bits?.length % 8 > 0 || JSON.stringify(vector).includes("blob_bits"))
            continue;
        const written = vector.written === undefined ? bytes : bytesOf({ words: vector.written });
        ok(equalBytes(wota.toBytes(wota.encode(expected)), written), `${vector.name}: written`);
    }
    for (const vector of vectors.invalid) {
        if (vector.limits) {
            limited++;
            continue;
        }
        const bytes = bytesOf(vector);
        throws(() => wota.decode(bytes), { code: vector.status });
        throws(() => wota.fromBytes(bytes), { code: vector.status });
    }
});
ok(symbolic > 0 && limited > 0 && vectors.valid.length > 50 && vectors.invalid.length > 50, "the file is what it should be");
console.log(`${vectors.valid.length} valid and ${vectors.invalid.length} invalid vectors; ${limited} with limits of their own were not looked at`);
finish();
