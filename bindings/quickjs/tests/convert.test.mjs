// The second dialect, wota.transcode, toJSON, fromJSON, dump, and the dec64 object.
import * as drystone from "./drystone.so";
import { bytesOf, engine, finish, generator, leavesNothing, ok, same, sized, throws } from "./harness.mjs";

const { Blob, dec64, isStone, nota, stone, wota } = drystone;
const hex = buffer => [...bytesOf(buffer)].map(byte => byte.toString(16).padStart(2, "0")).join("");
const words = blob => Array.from(new BigUint64Array(bytesOf(wota.toBytes(blob)).buffer), word => word.toString(16).padStart(16, "0"));

// written in the dialect with DEC64 numbers
leavesNothing(drystone, () => {
    const dialect = "dec64";
    for (const [value, expected] of [
        [0, ["0000000000000000"]], [2023, ["000000000007e700"]], [0.1, ["00000000000001ff"]], [-1.01, ["ffffffffffff9bfe"]],
        [null, ["0000000000000680"]], [false, ["0000000000002680"]], [true, ["0000000000003680"]], [[], ["0000000000000180"]], [{}, ["0000000000000280"]],
        ["cat", ["0000000000003480", "0000006300000061", "0000007400000000"]],
    ]) {
        const message = wota.encode(value, { dialect });
        same(words(message), expected);
        same(wota.decode(message), value, "a message knows its dialect");
        same(wota.decode(wota.toBytes(message), { dialect }), value, "bytes have to be told");
        ok(wota.fromBytes(wota.toBytes(message), { dialect }).equals(message));
    }
    throws(() => wota.decode(wota.toBytes(wota.encode([1], { dialect }))), { code: "MALFORMED" });
    throws(() => wota.fromBytes(wota.toBytes(wota.encode([1])), { dialect }), {});
    const data = stone(new Uint8Array([1, 2, 3]));
    const got = wota.decode(wota.encode({ data, big: 2n ** 54n + 1n, list: [1.5, "x"] }, { dialect }));
    ok(got.data === data.buffer, "stones go by reference");
    same([got.big, got.list], [2n ** 54n + 1n, [1.5, "x"]]);
    // what it cannot represent
    const awkward = 0.1234567890123456789e-5 + 1e-21, huge = 1e300;
    for (const number of [5e-324, 43.202338999999995])
        throws(() => wota.encode({ a: [number] }, { dialect }), { type: RangeError, code: "OUT_OF_RANGE", message: "$.a[0]: DEC64 cannot represent this number exactly" });
    throws(() => wota.encode([huge], { dialect }), { type: RangeError, code: "OUT_OF_RANGE", matches: /^\$\[0\]: / });
    throws(() => wota.encode([huge], { dialect, nearest: true }), { type: RangeError, code: "OUT_OF_RANGE", message: "$[0]: the number is too large for DEC64" });
    for (const number of [NaN, Infinity, -Infinity])
        for (const nearest of [false, true])
            throws(() => wota.encode({ n: number }, { dialect, nearest }), { type: RangeError, code: "OUT_OF_RANGE", message: "$.n: NaN and infinities cannot be represented" });
    same(wota.decode(wota.encode([5e-324, 1.5, 43.202338999999995], { dialect, nearest: true })), [0, 1.5, 43.202339]);
    ok(Math.abs(wota.decode(wota.encode(awkward, { dialect, nearest: true })) - awkward) < 1e-21);
    same(wota.decode(wota.encode([1, 2], { dialect })), [1, 2], "the writer is unharmed");
    // classic is the default
    for (const options of [undefined, {}, { dialect: "classic" }, { dialect: undefined }, { nearest: true }])
        same(words(wota.encode(0.5, options)), ["0000000000000001", "3fe0000000000000"]);
    same([1, 2].map(wota.encode).map(wota.decode), [1, 2], "a Number is not an option");
    for (const options of ["dec64", null, true, 1n, { dialect: "Dec64" }, { dialect: "" }, { dialect: 1 }, { dialect: null }])
        for (const call of [() => wota.encode(1, options), () => wota.decode(new ArrayBuffer(8), options), () => wota.fromBytes(new ArrayBuffer(8), options)])
            throws(call, { type: TypeError, code: "INVALID_ARGUMENT", matches: /^wota\.\w+: / });
    const mine = new EvalError("mine");
    ok(throws(() => wota.encode(1, { get dialect() { throw mine; } })) === mine);
    ok(throws(() => wota.encode(1, { get nearest() { throw mine; } })) === mine);
    ok(throws(() => wota.decode(new ArrayBuffer(8), { get dialect() { throw mine; } })) === mine);
    // an option's getter may change the decoded bytes
    const bytes = bytesOf(wota.toBytes(wota.encode([1]))).slice();
    throws(() => wota.decode(bytes, { get dialect() { bytes.buffer.transfer(); } }), { type: TypeError, code: "INVALID_ARGUMENT" });
    // nested calls
    const both = wota.encode({ get a() { return wota.decode(wota.encode({ get b() { return wota.decode(wota.encode(0.25, { dialect })); } }, { dialect })).b; } }, { dialect });
    same(wota.decode(both), { a: 0.25 });
});

// from one dialect to the other
leavesNothing(drystone, () => {
    const data = stone(new Uint8Array([1, 2, 3]));
    const message = wota.encode({ data, list: [0.1, -7, "\u{1f4a9}", null] });
    const other = wota.transcode(message, "dec64");
    ok(other instanceof Blob && other.stone && !other.equals(message));
    ok(wota.decode(other).data === data.buffer, "stones stay references");
    ok(wota.transcode(other, "classic").equals(message) && wota.transcode(message, "classic").equals(message) && wota.transcode(other, "dec64").equals(other));
    ok(wota.transcode(message.buffer, "dec64").equals(other));
    ok(wota.transcode(other, "classic", { nearest: true }).equals(message), "nearest asks nothing of classic");
    throws(() => wota.transcode(wota.encode(5e-324), "dec64"), { type: RangeError, code: "OUT_OF_RANGE", matches: /^wota\.transcode: / });
    throws(() => wota.transcode(wota.encode(5e-324), "dec64", { nearest: false }), { code: "OUT_OF_RANGE" });
    same(wota.decode(wota.transcode(wota.encode([5e-324, 2]), "dec64", { nearest: true })), [0, 2]);
    throws(() => wota.transcode(wota.encode(NaN), "dec64", { nearest: true }), { type: RangeError, code: "OUT_OF_RANGE" });
    for (const dialect of [undefined, null, 1, "", "DEC64", {}])
        throws(() => wota.transcode(message, dialect), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => wota.transcode(message, "dec64", "nearest"), { type: TypeError, code: "INVALID_ARGUMENT" });
    const mine = new EvalError("mine");
    ok(throws(() => wota.transcode(message, "dec64", { get nearest() { throw mine; } })) === mine);
});

// JSON
leavesNothing(drystone, () => {
    const value = { id: 7, list: [1.5, "na\u00efve \u{1f4a9} \"quoted\"\n", null, true, [], {}], n: { m: -0.25 } };
    const message = wota.encode(value);
    same(wota.toJSON(message), JSON.stringify(value));
    same(JSON.parse(wota.toJSON(message, true)), value);
    ok(wota.toJSON(message, true).split("\n").length > 5 && !wota.toJSON(message, false).includes("\n"));
    same(wota.toJSON(message.buffer), JSON.stringify(value));
    same(wota.toJSON(wota.transcode(message, "dec64")), JSON.stringify(value));
    same(wota.toJSON(wota.encode({ b: stone(new Uint8Array([1, 2, 3])), $blob: 1 })), '{"b":{"$blob":"AQID"},"$$blob":1}');
    same(JSON.parse(wota.toJSON(wota.encode(new Blob(3, true)))), { $blob: "4A==", bits: 3 });

    const back = wota.fromJSON(JSON.stringify(value));
    ok(back instanceof Blob && back.stone && back.equals(message));
    same(wota.decode(wota.fromJSON('{"b":{"$blob":"AQID"},"$$blob":1}')), { b: new Uint8Array([1, 2, 3]).buffer, $blob: 1 });
    same(wota.decode(wota.fromJSON("[36028797018963967, 36028797018963968, 1e3, 1.0]")), [36028797018963967n, 2 ** 55, 1000, 1]);
    for (const [text, code, place] of [
        ["", "TRUNCATED", 0], ["{", "TRUNCATED"], ['{"a":}', "MALFORMED", 5], ["[1] 2", "MALFORMED", 4], ['{"a":1,"a":2}', "MALFORMED"], ["nul", "TRUNCATED"], ['{"$blob":"*"}', "MALFORMED"],
        ['"\ud800"', "MALFORMED"], ["\u00e9", "MALFORMED", 0], ["[".repeat(2000), "LIMIT_EXCEEDED"], ["01", "MALFORMED"], ["'a'", "MALFORMED"],
    ]) {
        const error = throws(() => wota.fromJSON(text), { code });
        ok(error.message.startsWith(`wota.fromJSON at byte ${place ?? ""}`), error.message);
    }
    for (const wrong of [undefined, null, 1, {}, new Uint8Array([0x31]), new String("1")])
        throws(() => wota.fromJSON(wrong), { type: TypeError, code: "INVALID_ARGUMENT", matches: /^wota\.fromJSON: / });
    for (const number of [NaN, Infinity])
        throws(() => wota.toJSON(wota.encode([number])), { type: RangeError, code: "OUT_OF_RANGE", matches: /^wota\.toJSON: / });
    throws(() => wota.toJSON(wota.encode("\ud800")), { type: RangeError, code: "OUT_OF_RANGE" });

    const random = generator(8);
    const text = JSON.stringify(value);
    let survived = 0;
    for (let i = 0; i < sized(5000, 200); i++) {
        const place = random(text.length), changed = text.slice(0, place) + '{}[]",:0e\\u\u00e9'[random(14)] + text.slice(place + random(3));
        try {
            const message = wota.fromJSON(changed);
            same(wota.toJSON(wota.fromJSON(wota.toJSON(message))), wota.toJSON(message));
            survived++;
        } catch (error) {
            if (!["MALFORMED", "TRUNCATED", "OUT_OF_RANGE"].includes(error.code))
                same(`${error}`, "", changed);
        }
    }
    ok(survived > 0, "some changes are harmless");
});

// dumps
leavesNothing(drystone, () => {
    const message = wota.encode({ a: [1, 0.5, "x", null, stone(new Uint8Array(3))] });
    for (const dumped of [wota.dump(message), wota.dump(message.buffer)]) {
        const lines = dumped.trimEnd().split("\n");
        same(lines.length, 8);
        ok(lines[0].includes("0000000000000103") && /^\s*\d+ /.test(lines[7]), dumped);
    }
    ok(wota.dump(wota.transcode(message, "dec64")).includes("0000000000001280"));
    ok(wota.dump(wota.encode("\ud800\n\0")).length > 0);
});

// all of these accept only messages
for (const call of [message => wota.transcode(message, "dec64"), wota.toJSON, wota.dump]) {
    for (const wrong of [undefined, null, 1, "text", {}, [], new Uint8Array(8), new ArrayBuffer(8), ...engine.immutableBuffers ? [stone(new Blob(64)).buffer] : []])
        throws(() => call(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => call(new Blob(64)), { type: TypeError, code: "NOT_STONE" });
    throws(() => call(stone(new Blob(64))), { type: TypeError, code: "WRONG_TYPE" });
}

// DEC64 words
leavesNothing(drystone, () => {
    for (const [number, word, text] of [
        [0, 0n, "0"], [1, 0x100n, "1"], [0.5, 0x5ffn, "0.5"], [0.1, 0x1ffn, "0.1"], [-1.01, 0xffffffffffff9bfen, "-1.01"], [98.6, 0x3daffn, "98.6"], [1e100, 0x164n, "1e100"],
        [NaN, 0x80n, "null"],
    ]) {
        same(dec64.fromNumber(number), word, `${number}`);
        same([dec64.toNumber(word), dec64.toNumber(BigInt.asIntN(64, word))], [number, number], "with sign or without");
        same(dec64.fromText(dec64.toText(word)), word);
        same(dec64.toText(word), text);
    }
    same([dec64.fromNumber(-0), dec64.fromNumber(Infinity), dec64.fromNumber(1e300), dec64.fromNumber(5e-324)], [0n, 0x80n, 0x80n, 0n]);
    same([dec64.fromText("+1.50e2"), dec64.fromText("-0"), dec64.fromText("1e-127"), dec64.fromText("3.1415926535897932")], [dec64.fromNumber(150), 0n, 0x181n, 0x6f9c9e6576434cf0n]);
    for (const text of ["", "x", "1x", " 1", "1 ", "--1", "1e", ".", "NaN", "1\0", "\ud800", "\uff11"])
        throws(() => dec64.fromText(text), { type: Error, code: "MALFORMED", matches: /^dec64\.fromText: / });
    for (const text of ["1e300", "-9e200", "1e99999999999999999999"])
        throws(() => dec64.fromText(text), { type: RangeError, code: "OUT_OF_RANGE" });
    for (const wrong of [undefined, null, 1, 1n, {}])
        throws(() => dec64.fromText(wrong), { type: TypeError, code: "INVALID_ARGUMENT", matches: /^dec64\.fromText: / });
    for (const wrong of [undefined, null, "1", 1n, {}, { valueOf() { throw new EvalError("never asked"); } }])
        throws(() => dec64.fromNumber(wrong), { type: TypeError, code: "INVALID_ARGUMENT", matches: /^dec64\.fromNumber: / });
    for (const name of ["toNumber", "toText"])
        for (const wrong of [undefined, null, 1, "1", {}, 2n ** 64n, -(2n ** 63n) - 1n, 2n ** 200n])
            throws(() => dec64[name](wrong), { type: TypeError, code: "INVALID_ARGUMENT", matches: new RegExp(`^dec64\\.${name}: `) });
    const random = generator(2);
    for (let i = 0; i < sized(2000, 100); i++) {
        const word = BigInt.asUintN(64, BigInt(random(2 ** 32)) << 32n | BigInt(random(2 ** 32)));
        ok(dec64.toText(word).length <= 32);
        if ((word & 0xffn) === 0x80n)
            continue;
        const number = (random(2 ** 31) - 2 ** 30) / 10 ** random(20);
        same(dec64.toNumber(dec64.fromNumber(number)), number);
        same(Number(dec64.toText(word)), dec64.toNumber(word), "the text is the number");
    }
});
ok(hex(nota.encode(1)) === "61" && !isStone({}) && Object.prototype.toString.call(dec64) === "[object dec64]");

finish();
