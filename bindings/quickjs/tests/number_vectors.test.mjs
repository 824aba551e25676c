// The vectors of numbers and of bit fields that every language reads: qjs -m number_vectors.test.mjs PATH
import * as drystone from "./drystone.so";
import { finish, leavesNothing, ok, same, throws } from "./harness.mjs";
import { float, fromHex, load, string, word } from "./vectors.mjs";

const { Blob, dec64, stone } = drystone;

// Kim in blobs is signed. The unsigned form is left to the languages that can read it separately.
leavesNothing(drystone, () => {
    const vectors = load("kim.json");
    let unsigned = 0;
    for (const vector of vectors.valid) {
        if (vector.form === "unsigned") {
            unsigned++;
            continue;
        }
        const bytes = fromHex(vector.bytes), value = BigInt(vector.integer);
        const written = stone(new Blob().write_kim(value));
        ok(written.equals(new Blob(bytes)), `kim ${vector.name}: written`);
        for (const before of [0, 3]) {
            const field = stone(new Blob(before).write_blob(written).write_bit(1));
            same(BigInt(field.read_kim(before)), value, `kim ${vector.name}`);
            same(field.kim_bits(before), bytes.length * 8);
        }
    }
    for (const vector of vectors.invalid) {
        if (vector.form === "unsigned") {
            unsigned++;
            continue;
        }
        for (const before of [0, 3]) {
            const field = stone(new Blob(before).writeBytes(fromHex(vector.bytes)));
            same([field.read_kim(before), field.kim_bits(before)], [null, null], `kim ${vector.name}`);
        }
    }
    ok(unsigned > 0 && vectors.valid.length > unsigned && vectors.invalid.length > 10, "the file is what it should be");
    console.log(`kim.json: ${vectors.valid.length} valid and ${vectors.invalid.length} invalid vectors; ${unsigned} without sign were not looked at`);
});

leavesNothing(drystone, () => {
    const { doubles, words, texts, written, refused } = load("dec64.json");
    for (const vector of doubles) {
        const number = float(vector.float_bits), expected = word(vector.dec64);
        same(dec64.fromNumber(number), expected, vector.name);
        if (vector.exact)
            ok(dec64.toNumber(expected) === number, `${vector.name}: and back`);
        else
            ok(dec64.toNumber(expected) !== number, `${vector.name}: not exactly`);
    }
    for (const vector of words)
        same(dec64.toNumber(word(vector.dec64)), float(vector.float_bits), vector.name);
    for (const vector of texts) {
        same(dec64.fromText(vector.text), word(vector.dec64), vector.name);
        same(dec64.toNumber(dec64.fromText(dec64.toText(word(vector.dec64)))), dec64.toNumber(word(vector.dec64)), vector.name);
    }
    for (const vector of written)
        same(dec64.toText(word(vector.dec64)), vector.text, vector.name);
    for (const vector of refused)
        throws(() => dec64.fromText(vector.text ?? string(vector.text_bytes)), { code: vector.status });
    ok([doubles, words, texts, written, refused].every(list => list.length > 10), "the file is what it should be");
    console.log(`dec64.json: ${doubles.length + words.length + texts.length + written.length + refused.length} vectors`);
});

// Blobs: successive writes, the resulting bits, and reads.
const bitsOf = blob => Array.from({ length: blob.length }, (_, place) => blob.readBit(place) ? "1" : "0").join("");

function blobOf(digits) {
    const blob = new Blob();
    for (const digit of digits)
        blob.write_bit(digit === "1");
    return blob;
}

const writes = {
    bit: (blob, bit) => blob.write_bit(bit),
    fit: (blob, [value, bits]) => blob.write_fit(BigInt(value), bits),
    kim: (blob, value) => blob.write_kim(BigInt(value)),
    bytes: (blob, digits) => blob.writeBytes(fromHex(digits)),
    dec64: (blob, digits) => blob.write_dec64(word(digits)),
    text: (blob, text) => blob.write_text(text),
    text_bytes: (blob, digits) => blob.write_text(string(digits)),
    blob_bits: (blob, digits) => blob.write_blob(stone(blobOf(digits))),
    self: blob => blob.write_blob(blob),
    pad: (blob, block) => blob.write_pad(block),
};

/// The result of a read, and the expected one.
const reads = {
    bit: (blob, at, { gives }) => [blob.readBit(at), gives],
    fit: (blob, [at, bits], { gives }) => [blob.read_fit(at, bits), gives, value => String(value)],
    kim: (blob, at, { gives, bits }) => [blob.read_kim(at), gives, value => String(value), blob.kim_bits(at), bits],
    dec64: (blob, at, { gives }) => [blob.read_dec64(at), gives && dec64.toNumber(word(gives))],
    text: (blob, at, { gives, gives_bytes, bits }) => [blob.read_text(at), gives_bytes === undefined ? gives : string(gives_bytes), text => text, blob.text_bits(at), bits],
    blob: (blob, [from, to], { gives }) => [blob.read_blob(from, to), gives, bitsOf],
    is_pad: (blob, [at, block], { gives }) => [blob.is_pad(at, block), gives],
};

const kindOf = (step, table) => Object.keys(step).find(name => Object.hasOwn(table, name));

leavesNothing(drystone, () => {
    const { vectors } = load("blob.json");
    let impossible = 0;
    for (const { name, writes: steps, bits, reads: looks } of vectors) {
        const blob = new Blob();
        for (const step of steps) {
            const kind = kindOf(step, writes);
            if (step.status === undefined) {
                same(writes[kind](blob, step[kind]), blob, name);
            } else if (kind === "text_bytes") {
                impossible++; // bytes that no string can have
            } else {
                const before = new Blob(blob);
                throws(() => writes[kind](blob, step[kind]), { code: step.status });
                ok(blob.equals(before), `${name}: a refused write changes nothing`);
            }
        }
        same(blob.length, bits.length, name);
        stone(blob);
        same(bitsOf(blob), bits, name);
        for (const look of looks) {
            const kind = kindOf(look, reads);
            const [value, gives, shown = value => value, length, lengthGiven] = reads[kind](blob, look[kind], look);
            if (look.status !== undefined)
                same([value, length ?? null], [null, null], `${name}: ${JSON.stringify(look)}`);
            else
                same([shown(value), length], [gives, lengthGiven], `${name}: ${JSON.stringify(look)}`);
        }
    }
    ok(vectors.length > 50 && impossible > 0, "the file is what it should be");
    console.log(`blob.json: ${vectors.length} vectors; ${impossible} writes of bytes that no string has were not looked at`);
});

finish();
