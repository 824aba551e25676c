// The vectors of whole values that every language reads: qjs -m vectors.test.mjs [--gc-stress] PATH
// Limits can be set only for a nota.Feeder: other vectors with limits are left to the languages that can set them, and
// their number is printed.
import * as drystone from "./drystone.so";
import { finish, leavesNothing, ok, same, throws } from "./harness.mjs";
import { bytesOf, load, Symbolic, valueOf } from "./vectors.mjs";

const { nota, stone, wota } = drystone;
const equalBytes = (one, other) => stone(one).equals(stone(other));

const dec64 = { dialect: "dec64" };
const forms = {
    "wota.json": {
        decode: bytes => wota.decode(bytes),
        toMessage: bytes => wota.fromBytes(bytes),
        fromMessage: message => wota.toBytes(message),
        encode: value => wota.toBytes(wota.encode(value)),
    },
    "wota-dec64.json": {
        decode: bytes => wota.decode(bytes, dec64),
        toMessage: bytes => wota.fromBytes(bytes, dec64),
        fromMessage: message => wota.toBytes(message),
        encode: value => wota.toBytes(wota.encode(value, dec64)),
    },
    "nota.json": {
        decode: nota.decode,
        toMessage: nota.toMessage,
        fromMessage: nota.fromMessage,
        encode: nota.encode,
        canonical: true, // a message does not keep how a number was written
        feed(bytes, limits) {
            const feeder = new nota.Feeder(limits);
            const fed = feeder.feed(bytes), message = feeder.take();
            if (fed.taken !== bytes.length)
                throw Object.assign(new Error("left over"), { code: "MALFORMED" });
            return message;
        },
    },
};

function limitsOf({ limits }) {
    const { max_depth: maxDepth, max_words: maxWords } = limits ?? {};
    return { maxDepth, maxWords };
}

/// A feeder only looks for the end: it refuses a count beyond its limits where other readers wait for the values, and
/// waits for the values where other readers already find a fault.
const feederMaySay = {
    TRUNCATED: ["TRUNCATED", "LIMIT_EXCEEDED"],
    MALFORMED: ["MALFORMED", "TRUNCATED"],
    LIMIT_EXCEEDED: ["LIMIT_EXCEEDED"],
};

function checkValid(form, vector) {
    const bytes = bytesOf(vector);
    const written = vector.written === undefined ? bytes : bytesOf(Array.isArray(vector.written) ? { words: vector.written } : { bytes: vector.written });
    ok(equalBytes(form.fromMessage(form.toMessage(bytes)), form.canonical ? written : bytes), `${vector.name}: there and back`);
    let expected;
    try {
        expected = valueOf(vector);
    } catch (error) {
        if (!(error instanceof Symbolic))
            throw error;
        throws(() => form.decode(bytes), { type: TypeError, code: "UNSUPPORTED" });
        return true;
    }
    same(form.decode(bytes), expected, vector.name);
    same(wota.decode(form.toMessage(bytes)), expected, vector.name);
    // records may have keys that JavaScript orders differently; blobs that end within a byte lose their length;
    // not every DEC64 number is a double
    if ("record" in vector || "dec64" in vector || JSON.stringify(vector).includes("blob_bits"))
        return false;
    ok(equalBytes(form.encode(expected), written), `${vector.name}: written`);
    return false;
}

for (const [file, form] of Object.entries(forms)) {
    const vectors = load(file);
    let limited = 0, symbolic = 0;
    leavesNothing(drystone, () => {
        for (const vector of vectors.valid) {
            if (form.feed)
                ok(form.feed(bytesOf(vector), limitsOf(vector)).stone, vector.name);
            if (vector.limits)
                limited++;
            else
                symbolic += checkValid(form, vector);
        }
        for (const vector of vectors.invalid) {
            const bytes = bytesOf(vector);
            if (form.feed) {
                const error = throws(() => form.feed(bytes, limitsOf(vector)));
                ok(feederMaySay[vector.status].includes(error?.code), `${vector.name}: fed, ${error?.code}`);
            }
            if (vector.limits) {
                limited++;
                continue;
            }
            throws(() => form.decode(bytes), { code: vector.status });
            throws(() => form.toMessage(bytes), { code: vector.status });
        }
    });
    ok(symbolic > 0 && limited > 0 && vectors.valid.length > 50 && vectors.invalid.length > 50, "the file is what it should be");
    console.log(`${file}: ${vectors.valid.length} valid and ${vectors.invalid.length} invalid vectors; ${limited} with limits of their own ${form.feed ? "only fed" : "were not looked at"}`);
}
finish();
