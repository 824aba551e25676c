// The fields of blobs: writeBit … isPad.
import * as drystone from "./drystone.so";
import { bytesOf, engine, finish, generator, leavesNothing, ok, same, sized, throws } from "./harness.mjs";

const { Blob, Mailbox, stone, wota } = drystone;
const bits = blob => Array.from({ length: stone(blob).length }, (_, place) => blob.readBit(place) ? "1" : "0").join("");
const fixed = digits => { // a stone of these bits
    const blob = new Blob();
    for (const digit of digits)
        blob.writeBit(digit === "1");
    return stone(blob);
};

// all ones
leavesNothing(drystone, () => {
    same([bits(new Blob(13, true)), bits(new Blob(3, false)), bits(new Blob(3, 1)), bits(new Blob(3, 0)), bits(new Blob(3, undefined))],
        ["1".repeat(13), "000", "111", "000", "000"]);
    same(new Blob(0, true).length, 0);
    same([...bytesOf(stone(new Blob(13, true)).buffer)], [0xff, 0xf8]);
    same(bits(new Blob(13, true).writeFit(0, 4)), "1".repeat(13) + "0000");
    for (const fill of ["1", null, 2, {}, 1n, NaN])
        throws(() => new Blob(8, fill), { type: TypeError, code: "INVALID_ARGUMENT" });
    for (const source of [undefined, new Uint8Array(2), new Blob(8)])
        throws(() => new Blob(source, true), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => new Blob(-1, true), { type: RangeError });
    throws(() => new Blob(2 ** 53 - 1, true), { code: "NO_MEMORY" });
});

// written and read, one by one
leavesNothing(drystone, () => {
    const blob = new Blob();
    ok(blob.writeBit(true) === blob, "can be chained");
    blob.writeBit(false).writeBit(1).writeBit(0);
    same(bits(blob), "1010");

    for (const [value, length, digits, read = value] of [
        [5, 3, "101"], [-1, 4, "1111", 15], [-8, 4, "1000", 8], [15, 4, "1111"], [0, 1, "0"], [-0, 2, "00", 0], [1, 1, "1"], [-1, 1, "1", 1],
        [5n, 4, "0101", 5], [-(2n ** 55n), 56, `1${"0".repeat(55)}`], [2n ** 55n - 1n, 56, `0${"1".repeat(55)}`],
        [2n ** 56n - 1n, 56, "1".repeat(56), -1], [2n ** 55n - 1n, 55, "1".repeat(55)], [2 ** 53 - 1, 53, "1".repeat(53)], [-(2 ** 53 - 1), 56, undefined],
    ])
        for (const before of ["", "1", "0110101"]) {
            const field = fixed(before), written = new Blob(field).writeFit(value, length);
            same(written.length, before.length + length);
            if (digits !== undefined)
                same(bits(written), before + digits);
            same(stone(written).readFit(before.length, length), read, `fit ${value} in ${length}`);
        }
    same(bits(new Blob().writeKim(1000).writeKim(-1n).writeKim(0)), "10000111" + "01101000" + "10000000" + "00000001" + "00000000");
    for (const value of [0, 1, -1, 127, 128, -128, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 54n + 1n, -(2n ** 62n) - 1n, 2n ** 63n - 1n, -(2n ** 63n) + 1n]) {
        const written = stone(new Blob(3).writeKim(value));
        same(written.readKim(3), value, `kim ${value}`);
        same(written.kimBits(3), written.length - 3);
    }
    same([2n ** 53n - 1n, 2n ** 53n, -(2n ** 63n)].map(value => stone(new Blob().writeKim(value)).readKim(0)), [2 ** 53 - 1, 2n ** 53n, -(2n ** 63n)], "a Number where it is a safe one");
    for (const value of [0, 1, -1, 0.1, -98.6, 1e100, 1e-100, 123456789.125, 2 ** 53]) {
        same(stone(new Blob(5).writeDec64(value)).readDec64(5), value, `dec64 ${value}`);
        same(stone(new Blob().writeDec64(drystone.dec64.fromNumber(value))).readDec64(0), value, "or its word");
    }
    same(stone(new Blob().writeDec64(-0)).readDec64(0), 0);
    same(stone(new Blob().writeDec64(0.5)).readFit(56, 8), 0xff);
    for (const none of [NaN, Infinity, -Infinity, 1e300, 0x80n])
        same(stone(new Blob().writeDec64(none)).readDec64(0), NaN);
    for (const text of ["", "cat", "na\u00efve \u{1f4a9}", "\0", "\ud800", "\udfff!", "x".repeat(127), "\u20ac".repeat(sized(5000, 700)), "a".repeat(2048), "a".repeat(2049)]) {
        for (const before of [0, 3]) {
            const written = stone(new Blob(before).writeText(text).writeBit(1));
            same(written.readText(before), text);
            same(written.textBits(before), written.length - before - 1);
        }
    }
    same(bits(new Blob().writeText("\u{1f4a9}")), "00000001" + "10000111" + "11101001" + "00101001");

    const part = fixed("1100101");
    const joined = new Blob(2).writeBlob(part).writeBlob(new Blob(1, true));
    joined.writeBlob(joined);
    same(bits(joined), "0011001011".repeat(2), "a blob may be appended to itself");
    same(bits(joined.readBlob(2, 9)), "1100101");
    ok(joined.readBlob(2, 9).stone && joined.readBlob(2, 9) instanceof Blob);
    same([joined.readBlob().length, joined.readBlob(18).length, joined.readBlob(undefined, 3).length, joined.readBlob(4, 4).length], [20, 2, 3, 0]);

    for (const [length, block, digits] of [[0, 8, "10000000"], [3, 8, "10000"], [8, 8, "10000000"], [7, 8, "1"], [5, 1, "1"], [4, 3, "10"]]) {
        const padded = stone(new Blob(length).writePad(block));
        same(bits(padded).slice(length), digits);
        same(padded.isPad(length, block), true);
        if (digits.length > 1)
            same(padded.isPad(length + 1, block), false);
    }
    same([fixed("0010000").isPad(2, 8), fixed("00101000").isPad(2, 8), fixed("00100000").isPad(1, 8), fixed("00100000").isPad(2, 8)], [false, false, false, true]);
});

// reads that find no field return null, whatever the reason
leavesNothing(drystone, () => {
    const blob = fixed("1".repeat(24)), open = new Blob(128), read = {
        readBit: [[24], [2 ** 53 - 1], [2 ** 60], [-1], [0.5], [NaN], [Infinity]],
        readFit: [[24, 1], [20, 5], [0, 0], [0, 57], [0, -1], [0, 1.5], [0, 2 ** 32 + 8], [-1, 4], [NaN, 4], [Infinity, 8], [2 ** 53 - 1, 56]],
        readKim: [[24], [0], [-1], [17], [2 ** 53 - 1]],
        kimBits: [[24], [0], [-1], [17], [2 ** 53 - 1]],
        readDec64: [[0], [24], [-1], [2 ** 53 - 1]],
        readText: [[24], [0], [-1], [17], [2 ** 53 - 1]],
        textBits: [[24], [0], [-1], [17], [2 ** 53 - 1]],
        readBlob: [[0, 25], [25], [9, 8], [-1], [0, 0.5], [NaN], [2 ** 53 - 1], [0, 2 ** 53 - 1]],
        isPad: [[24, 8], [25, 8], [-1, 8], [0.5, 8], [2 ** 53 - 1, 8], [0, 0], [0, -8], [0, 1.5]],
    };
    for (const [name, calls] of Object.entries(read)) {
        for (const given of calls)
            same(blob[name](...given), name === "isPad" && given[0] === 24 ? false : null, `${name}(${given})`);
        same(open[name](0, 8), null, `${name} of an antestone`);
        for (const wrong of ["0", 0n, null, {}, true, { valueOf() { throw new EvalError("never asked"); } }])
            throws(() => blob[name](wrong, 8), { type: TypeError, code: "INVALID_ARGUMENT", matches: new RegExp(`^Blob\\.prototype\\.${name}: `) });
        if (name !== "readBlob")
            throws(() => blob[name](), { type: TypeError, code: "INVALID_ARGUMENT" });
        for (const stranger of [undefined, {}, new Uint8Array(1), Object.create(Blob.prototype)])
            throws(() => Blob.prototype[name].call(stranger, 0, 1), { type: TypeError, code: "WRONG_TYPE" });
    }
    for (const name of ["readFit", "isPad"])
        throws(() => blob[name](0, "8"), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => blob.readBlob(0, "8"), { type: TypeError, code: "INVALID_ARGUMENT" });
    // malformed: not the shortest form, invalid characters, two halves of one, a count of missing characters
    for (const digits of ["1000000010000000", "1000000000000000", "1".repeat(96)])
        same([fixed(digits).readKim(0), fixed(digits).kimBits(0)], [null, null]);
    for (const build of [blob => blob.writeKim(1).writeKim(0x110000), blob => blob.writeKim(2).writeKim(0xd83d).writeKim(0xdca9), blob => blob.writeKim(-1).writeKim(65),
        blob => blob.writeKim(3).writeKim(65), blob => blob.writeKim(2n ** 62n).writeKim(65), blob => blob.writeKim(1).writeKim(-65)])
        same([stone(build(new Blob())).readText(0), stone(build(new Blob())).textBits(0)], [null, null]);
});

// writes that fail throw and change nothing
leavesNothing(drystone, () => {
    const calls = {
        writeBit: { good: [1], bad: [[], [2], ["1"], [null], [1n], [0.5]] },
        writeFit: { good: [5, 4], bad: [[], [1.5, 4], ["5", 4], [NaN, 4], [2 ** 53, 56], [-(2 ** 53), 56], [null, 4], [2n ** 64n, 56], [-(2n ** 64n), 56], [2n ** 63n, 56], [1], [1, "4"], [1, 4n]],
            range: [[16, 4], [-9, 4], [2, 1], [0, 0], [0, 57], [0, -1], [0, 1.5], [0, 2 ** 32 + 4], [2n ** 56n, 56], [-(2n ** 55n) - 1n, 56], [2n ** 63n - 1n, 56]] },
        writeKim: { good: [5], bad: [[], [1.5], ["5"], [Infinity], [2 ** 53], [2n ** 63n], [-(2n ** 63n) - 1n], [2n ** 1000n], [{}]] },
        writeDec64: { good: [5], bad: [[], ["5"], [null], [2n ** 64n], [-(2n ** 63n) - 1n], [{}]] },
        writeText: { good: ["5"], bad: [[], [5], [null], [{}], [Symbol()], [new String("5")]] },
        writeBlob: { good: [new Blob(8)], bad: [[], [5], [null], ["5"], [new Uint8Array(1)], ...engine.immutableBuffers ? [[stone(new Blob(8)).buffer]] : []] },
        writePad: { good: [8], bad: [[], [0], [-8], [1.5], ["8"], [8n], [NaN]] },
    };
    const box = Mailbox.open("fields.test busy");
    for (const [name, { good, bad, range = [] }] of Object.entries(calls)) {
        const blob = new Blob(new Uint8Array([0xa5, 0x5a])), untouched = new Blob(blob);
        const doing = new RegExp(`^Blob\\.prototype\\.${name}: `);
        for (const given of bad)
            throws(() => blob[name](...given), { type: TypeError, code: "INVALID_ARGUMENT", matches: doing });
        for (const given of range)
            throws(() => blob[name](...given), { type: RangeError, code: "OUT_OF_RANGE", matches: doing });
        box.post(blob);
        throws(() => blob[name](...good), { type: Error, code: "BUSY", matches: doing });
        box.take(0);
        ok(blob.equals(untouched), `${name} changed nothing`);
        stone(untouched);
        throws(() => untouched[name](...good), { type: TypeError, code: "IS_STONE", matches: doing });
        ok(untouched.length === 16 && untouched.equals(blob));
        for (const stranger of [undefined, {}, new Uint8Array(1), Object.create(Blob.prototype)])
            throws(() => Blob.prototype[name].call(stranger, ...good), { type: TypeError, code: "WRONG_TYPE" });
        throws(() => blob[name]({ valueOf() { throw new EvalError("never asked"); }, toString() { throw new EvalError("never asked"); } }, 4), { type: TypeError });
    }
    throws(() => new Blob(8).writePad(2 ** 53 - 1), { code: "NO_MEMORY" });
});

// one after the other, with the lengths that the reader needs
leavesNothing(drystone, () => {
    const random = generator(11);
    for (let round = 0; round < sized(300, 10); round++) {
        const blob = new Blob(random(9)), start = blob.length, wrote = [];
        for (let i = 0; i < 30; i++) {
            const kind = random(6);
            if (kind === 0) {
                const width = 1 + random(30), value = random(2 ** width);
                blob.writeFit(value, width);
                wrote.push(at => [blob.readFit(at, width), value, width]);
            } else if (kind === 1) {
                const value = random(2) === 0 ? random(300) - 150 : (random(2 ** 30) - 2 ** 29) * 2 ** random(20);
                blob.writeKim(value);
                wrote.push(at => [blob.readKim(at), value, blob.kimBits(at)]);
            } else if (kind === 2) {
                const value = (random(2 ** 30) - 2 ** 29) / 10 ** random(9);
                blob.writeDec64(value);
                wrote.push(at => [blob.readDec64(at), value, 64]);
            } else if (kind === 3) {
                const value = "a\u00e9\u20ac\u{1f4a9}".slice(0, random(6)).repeat(random(30));
                blob.writeText(value);
                wrote.push(at => [blob.readText(at), value, blob.textBits(at)]);
            } else if (kind === 4) {
                const bit = random(2) === 1;
                blob.writeBit(bit);
                wrote.push(at => [blob.readBit(at), bit, 1]);
            } else {
                const part = fixed(random(2 ** 20).toString(2));
                blob.writeBlob(part);
                wrote.push(at => [blob.readBlob(at, at + part.length)?.equals(part), true, part.length]);
            }
        }
        const end = blob.length;
        blob.writePad(64);
        stone(blob);
        let at = start;
        for (const read of wrote) {
            const [value, expected, length] = read(at);
            same(value, expected);
            at += length;
        }
        same([at, blob.isPad(end, 64), blob.length % 64], [end, true, 0]);
    }
});

// any read on any bits
leavesNothing(drystone, () => {
    const random = generator(29);
    let tried = 0;
    for (let round = 0; round < sized(3000, 100); round++) {
        const blob = stone(new Blob(new Uint8Array(random(40)).map(() => random(3) === 0 ? random(4) : random(256))).writeFit(random(8), 3));
        for (let from = 0; from <= blob.length; from += 1 + random(20)) {
            const text = blob.readText(from), kim = blob.readKim(from);
            ok(text === null ? blob.textBits(from) === null : stone(new Blob().writeText(text)).equals(blob.readBlob(from, from + blob.textBits(from))));
            ok(kim === null ? blob.kimBits(from) === null : stone(new Blob().writeKim(kim)).length <= blob.kimBits(from));
            blob.isPad(from, 1 + random(70));
            tried++;
        }
    }
    ok(tried > 0);
    same(wota.decode(wota.encode(new Blob(3, true))).byteLength, 1);
});

// the names that engines of this family use are the same functions
for (const name of ["write_bytes", "write_bit", "write_fit", "write_kim", "write_dec64", "write_text", "write_blob", "write_pad", "read_bit", "read_logical",
        "read_fit", "read_kim", "kim_bits", "read_dec64", "read_text", "text_bits", "read_blob", "is_pad"])
    ok(Blob.prototype[name] === Blob.prototype[name.replace(/_./g, part => part[1].toUpperCase())], name);
ok(Blob.prototype.readLogical === Blob.prototype.readBit);

finish();
