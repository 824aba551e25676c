// nota.encode, decode, fromMessage, toMessage and nota.Feeder.
import * as drystone from "./drystone.so";
import { bytesOf, engine, finish, generator, isStoneBuffer, leavesNothing, ok, same, sized, throws, viewOf } from "./harness.mjs";

const { Blob, isStone, nota, stone, wota } = drystone;
const hex = buffer => [...bytesOf(buffer)].map(byte => byte.toString(16).padStart(2, "0")).join("");
const bytes = digits => Uint8Array.from(digits.match(/../g) ?? [], pair => parseInt(pair, 16));

// values and their bytes
leavesNothing(drystone, () => {
    for (const [value, digits] of [
        [0, "60"], [-1, "69"], [7, "67"], [8, "e008"], [2023, "e08f67"], [-1023, "ef7f"], [2 ** 31 - 1, "e7ffffff7f"], [-(2 ** 31), "e88880808000"],
        ["", "10"], ["cat", "13636174"], ["\u{1f4a9}", "1187e929"], ["\ud800", "1183b000"],
        [["duck", "dragon"], "22146475636b16647261676f6e"], [{ Hello: 123456789 }, "311548656c6c6fe0baef9a15"],
        [-1.01, "5a65"], [98.6, "51875a"], [0.1, "5101"], [1e100, "c06401"], [-0.5772156649, "d80a95c0b0bd69"],
        [null, "70"], [false, "72"], [true, "73"], [[], "20"], [{}, "30"], [new Uint8Array([1, 2]), "80100102"],
    ]) {
        const encoded = nota.encode(value);
        same(hex(encoded), digits);
        ok(isStoneBuffer(encoded) && isStone(encoded), "as wota.toBytes gives bytes");
        if (value instanceof Uint8Array)
            same(nota.decode(encoded), value.buffer);
        else
            same(nota.decode(encoded), value, digits);
    }
    same(hex(nota.encode(-0)), "60", "-0 travels as 0");
    same(nota.decode(nota.encode([undefined, , 1])), [null, null, 1]);
    same(nota.decode(nota.encode({ a: undefined, b: 1 })), { b: 1 });
    same([nota.decode(nota.encode(2n ** 54n + 1n)), nota.decode(nota.encode(5n))], [2n ** 54n + 1n, 5]);
    same(nota.decode(nota.encode(2 ** 60)), 2 ** 60);
    same(nota.decode(bytes("e0fffffffffffffffe7f")), 2 ** 63 - 1, "an integer that a message has as a float");
    same(wota.decode(nota.toMessage(bytes("e0fffffffffffffffe7f"))), 2 ** 63 - 1);
});

// blobs: whole, odd, parts, in every kind of buffer
leavesNothing(drystone, () => {
    const source = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), whole = stone(source), odd = stone(new Blob(13, true));
    for (const sent of [whole, whole.buffer, source, source.buffer, new DataView(source.buffer), new Blob(source)]) {
        const [got] = nota.decode(nota.encode([sent]));
        ok(got instanceof ArrayBuffer && !got.immutable && !isStone(got), "an ordinary buffer");
        same(got, source.buffer);
        new Uint8Array(got)[0] = 9;
    }
    same(whole.read_fit(0, 8), 1);
    same([hex(nota.encode(odd)), hex(nota.encode(odd.buffer)), hex(nota.encode(viewOf(odd.buffer, 1)))], ["0dfff8", "0dfff8", "05f8"]);
    same(hex(nota.encode(viewOf(whole.buffer, 2, 1))), "0803");
    const message = wota.encode([1]);
    same(nota.decode(nota.encode({ message })).message.byteLength, 16, "a message without stones is bytes");
    const holding = wota.encode([whole]);
    throws(() => nota.encode({ a: [holding] }), { code: "FOREIGN_REFERENCE", message: "$.a[0]: a message that holds stones cannot be inlined" });
    throws(() => nota.encode([holding.buffer]), { code: "FOREIGN_REFERENCE" });
});

// errors of values that cannot be encoded have the path, and change nothing
leavesNothing(drystone, () => {
    const refuse = (value, expected) => {
        throws(() => nota.encode(value), expected);
        same(hex(nota.encode([1])), "2161");
    };
    for (const number of [NaN, Infinity, -Infinity])
        refuse({ a: [0, { "x y": number }] }, { type: RangeError, code: "OUT_OF_RANGE", message: '$.a[1]["x y"]: NaN and infinities cannot be represented' });
    refuse(NaN, { type: RangeError, code: "OUT_OF_RANGE", matches: /^\$: NaN/ });
    refuse([2n ** 55n], { type: TypeError, code: "OUT_OF_RANGE", matches: /^\$\[0\]: a BigInt outside/ });
    refuse({ f() {} }, { type: TypeError, code: "WRONG_TYPE", message: "$.f: a function cannot be sent" });
    refuse([new Map()], { type: TypeError, matches: /^\$\[0\]: an object of class Map/ });
    refuse(undefined, { type: TypeError, code: "WRONG_TYPE" });
    const loop = [];
    loop.push(loop);
    refuse(loop, { type: TypeError, code: "INVALID_ARGUMENT", matches: /^\$\[0\]: a cycle/ });
    const nest = depth => { let value = 1; for (let i = 0; i < depth; i++) value = [value]; return value; };
    refuse(nest(513), { type: RangeError, code: "LIMIT_EXCEEDED", matches: /^\$(\[0\]){512}: more than 512 nested containers$/ });
    ok(nota.decode(nota.encode(nest(512)))[0][0][0].length === 1);
    const detached = new Uint8Array(4);
    detached.buffer.transfer();
    refuse([detached], { type: TypeError, code: "INVALID_ARGUMENT" });
    const mine = new EvalError("mine");
    ok(throws(() => nota.encode({ get a() { throw mine; } })) === mine);
    // encode within encode, in every format
    const inner = nota.encode({ get a() { return nota.decode(nota.encode([{ get b() { return wota.decode(wota.encode(0.5, { dialect: "dec64" })); } }]))[0].b; } });
    same(nota.decode(inner), { a: 0.5 });
});

// messages to Nota and back
leavesNothing(drystone, () => {
    const value = { id: 7, list: [1.5, "na\u00efve \u{1f4a9}", null, true], data: stone(new Uint8Array([1, 2, 3])) };
    const message = wota.encode(value), encoded = nota.fromMessage(message);
    same(hex(encoded), hex(nota.encode(value)));
    ok(isStoneBuffer(encoded) && isStone(encoded));
    same(hex(nota.fromMessage(message.buffer)), hex(encoded), "of the ArrayBuffer over a message too");
    same(hex(nota.fromMessage(wota.transcode(message, "dec64"))), hex(encoded), "of both dialects");
    const back = nota.toMessage(encoded);
    ok(back instanceof Blob && back.stone);
    same(wota.decode(back), { ...value, data: new Uint8Array([1, 2, 3]).buffer });
    same(hex(wota.toBytes(back)), hex(wota.toBytes(message)));
    throws(() => nota.fromMessage(wota.encode(NaN)), { type: RangeError, code: "OUT_OF_RANGE", matches: /^nota\.fromMessage: / });
    same(new Uint8Array(nota.decode(nota.fromMessage(wota.encode([message])))[0]), bytesOf(wota.toBytes(message)), "a message within leaves as its bytes");
    throws(() => nota.fromMessage(new Blob(8)), { type: TypeError, code: "NOT_STONE" });
    throws(() => nota.fromMessage(stone(new Blob(8))), { type: TypeError, code: "WRONG_TYPE" });
    for (const wrong of [undefined, null, 1, "text", {}, new Uint8Array(1), ...engine.immutableBuffers ? [encoded] : []])
        throws(() => nota.fromMessage(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    for (const wrong of [undefined, null, 1, "text", {}, new Blob(8), ...engine.immutableBuffers ? [message] : []])
        for (const take of [nota.decode, nota.toMessage, wrong => new nota.Feeder().feed(wrong)])
            throws(() => take(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    if (!engine.immutableBuffers) { // a stone Blob represents its bytes
        throws(() => nota.fromMessage(encoded), { type: TypeError, code: "WRONG_TYPE" });
        for (const take of [nota.decode, nota.toMessage])
            throws(() => take(message), { code: "MALFORMED" });
        ok(new nota.Feeder().feed(stone(bytes("60"))).complete && nota.decode(stone(bytes("61"))) === 1);
    }
    const shared = new Uint8Array(new SharedArrayBuffer(bytesOf(encoded).length));
    shared.set(bytesOf(encoded));
    same(hex(wota.toBytes(nota.toMessage(shared))), hex(wota.toBytes(back)));
    same(nota.decode(shared).id, 7);
    same(nota.decode(viewOf(encoded, 0, undefined, DataView)).id, 7);
    const detached = new ArrayBuffer(8);
    detached.transfer();
    for (const take of [nota.decode, nota.toMessage, gone => new nota.Feeder().feed(gone)])
        throws(() => take(detached), { type: TypeError, code: "INVALID_ARGUMENT", matches: /detached/ });
});

// bytes that are not Nota
const invalid = [
    ["", "TRUNCATED", 0], ["21", "TRUNCATED"], ["e0", "TRUNCATED"], ["6161", "MALFORMED", 1], ["71", "MALFORMED"], ["316060", "MALFORMED"],
    ["32116161116162", "MALFORMED"], ["0101", "MALFORMED"], ["2f".repeat(3), "TRUNCATED"], ["f0", "TRUNCATED"], ["e08007", "MALFORMED"],
];
leavesNothing(drystone, () => {
    for (const [digits, code, offset] of invalid) {
        for (const [name, take] of [["nota.decode", nota.decode], ["nota.toMessage", nota.toMessage]]) {
            const error = throws(() => take(bytes(digits)), { code });
            ok(error.message.startsWith(`${name} at byte ${offset ?? ""}`), error.message);
        }
    }
    throws(() => nota.decode(bytes("21".repeat(513) + "60")), { type: RangeError, code: "LIMIT_EXCEEDED" });
    throws(() => nota.decode(bytes("7860")), { type: TypeError, code: "UNSUPPORTED", matches: /^nota\.decode at byte 1: / });
    ok(nota.toMessage(bytes("7860")) instanceof Blob, "which a message may have");
});

// whatever the bytes are: both ways of reading agree, a feeder too, and nothing leaks
function attempt(given) {
    const outcomes = [nota.decode, nota.toMessage, whole => {
        const feeder = new nota.Feeder(), middle = whole.length >> 1;
        const first = feeder.feed(whole.subarray(0, middle));
        const rest = whole.subarray(first.taken);
        const second = first.complete ? { taken: 0 } : feeder.feed(rest);
        const message = feeder.take();
        if (second.taken !== rest.length)
            throw Object.assign(new Error("more"), { code: "MALFORMED" });
        return message;
    }].map(take => {
        try { take(given); return "good"; } catch (error) { return error.code ?? `${error}`; }
    });
    if (outcomes[0] === "UNSUPPORTED")
        outcomes[0] = "good";
    if (outcomes[0] !== outcomes[1])
        return `decode ${outcomes[0]}, toMessage ${outcomes[1]}`;
    if (!["good", "TRUNCATED", "MALFORMED", "LIMIT_EXCEEDED"].includes(outcomes[0]))
        return outcomes[0];
    return (outcomes[0] === "good") === (outcomes[2] === "good") ? undefined : `toMessage ${outcomes[1]}, Feeder ${outcomes[2]}`;
}
leavesNothing(drystone, () => {
    const random = generator(17);
    const good = bytesOf(nota.encode({ id: 7, "na\u00efve": [1.5, "text \u{1f4a9}", null, true, { x: -3e30, "\ud800": [[], {}] }], data: new Uint8Array(9), big: 2n ** 54n + 1n }));
    for (let length = 0; length < good.length; length++)
        throws(() => nota.decode(good.subarray(0, length)), { code: "TRUNCATED" });
    let survived = 0;
    const rounds = sized(20000, 500);
    for (let i = 0; i < rounds; i++) {
        let given;
        if (i % 2 === 0) {
            given = good.slice(0, random(3) === 0 ? random(good.length + 1) : good.length);
            for (let changes = 1 + random(4); changes > 0 && given.length > 0; changes--)
                given[random(given.length)] = random(256);
        } else {
            given = new Uint8Array(random(24)).map(() => random(4) === 0 ? random(256) : random(8) << 4 | random(4));
        }
        const problem = attempt(given);
        if (problem !== undefined)
            same(problem, undefined, `bytes ${hex(given)}`);
        else
            survived++;
    }
    same(survived, rounds);
});

// the feeder
leavesNothing(drystone, () => {
    const values = [{ id: 1, text: "\u00e9" }, [], "", new Uint8Array([1, 2, 3]), -0.25, { list: [1, [2, [3]]] }];
    const stream = values.flatMap(value => [...bytesOf(nota.encode(value))]);
    for (const size of [1, 2, 3, 7, stream.length]) {
        const feeder = new nota.Feeder(), got = [];
        for (let place = 0; place < stream.length; place += size) {
            let piece = new Uint8Array(stream.slice(place, place + size));
            while (piece.length > 0) {
                const fed = feeder.feed(piece);
                same(Object.keys(fed), ["taken", "complete"]);
                if (!fed.complete && fed.taken !== piece.length)
                    same(fed.taken, piece.length);
                piece = piece.subarray(fed.taken);
                if (fed.complete)
                    got.push(wota.decode(feeder.take()));
            }
        }
        same(got, values.map(value => value instanceof Uint8Array ? value.buffer : value), `pieces of ${size}`);
    }
    const feeder = new nota.Feeder();
    same(Object.prototype.toString.call(feeder), "[object Feeder]");
    throws(() => feeder.take(), { type: Error, code: "TRUNCATED" });
    same(feeder.feed(bytes("")), { taken: 0, complete: false });
    same(feeder.feed(bytes("13")), { taken: 1, complete: false });
    throws(() => feeder.take(), { code: "TRUNCATED", matches: /^nota\.Feeder\.prototype\.take: / });
    same(feeder.feed(bytes("63617461")), { taken: 3, complete: true });
    same(feeder.feed(bytes("61")), { taken: 0, complete: true }, "complete stays complete");
    same(wota.decode(feeder.take()), "cat");
    throws(() => feeder.take(), { code: "TRUNCATED" });
    feeder.feed(bytes("21"));
    same(feeder.reset(), undefined);
    same(feeder.feed(bytes("60")), { taken: 1, complete: true });
    feeder.reset();
    throws(() => feeder.feed(bytes("e0" + "ff".repeat(11))), { type: Error, code: "MALFORMED" });
    feeder.reset();
    same(feeder.feed(bytes("61").buffer), { taken: 1, complete: true });
    const shared = new Uint8Array(new SharedArrayBuffer(1)).fill(0x73);
    feeder.take();
    same([feeder.feed(shared).complete, wota.decode(feeder.take())], [true, true]);
    // a complete but invalid value
    same(feeder.feed(bytes("32116161116162")), { taken: 7, complete: true });
    throws(() => feeder.take(), { code: "MALFORMED" });
    feeder.reset();
    feeder.feed(bytes("1361")); // and one that stays incomplete

    // limits
    const deep = new nota.Feeder({ maxDepth: 2 });
    for (const [digits, fits] of [["212160", true], ["21212160", false]]) {
        deep.reset();
        deep.feed(bytes(digits));
        if (fits)
            ok(deep.take() instanceof Blob);
        else
            throws(() => deep.take(), { type: RangeError, code: "LIMIT_EXCEEDED" });
    }
    const small = new nota.Feeder({ maxWords: 3 });
    small.feed(bytes("2260606060".slice(0, 6)));
    ok(small.take() instanceof Blob);
    small.feed(bytes("23606060"));
    throws(() => small.take(), { type: RangeError, code: "LIMIT_EXCEEDED" });
    small.reset();
    throws(() => small.feed(new Uint8Array(100).fill(0x2f)), { type: RangeError, code: "LIMIT_EXCEEDED" });
    for (const limits of [{ maxDepth: 0 }, { maxWords: -1 }, { maxWords: 1.5 }, { maxDepth: "4" }, { maxWords: NaN }, "deep", null])
        throws(() => new nota.Feeder(limits), { type: TypeError, code: "INVALID_ARGUMENT" });
    const mine = new EvalError("mine");
    ok(throws(() => new nota.Feeder({ get maxDepth() { throw mine; } })) === mine);
    ok(throws(() => new nota.Feeder({ get maxWords() { throw mine; } })) === mine);

    throws(() => nota.Feeder(), { type: TypeError, code: "INVALID_ARGUMENT" });
    class Named extends nota.Feeder {}
    ok(new Named() instanceof Named && new Named({}).feed(bytes("60")).complete);
    for (const stranger of [undefined, {}, new Blob(8), Object.create(nota.Feeder.prototype), nota])
        for (const name of ["feed", "take", "reset"])
            throws(() => nota.Feeder.prototype[name].call(stranger), { type: TypeError, code: "WRONG_TYPE" });
    for (const name of ["slice", "read_fit", "write_bit"])
        throws(() => Blob.prototype[name].call(feeder, 1, 1), { type: TypeError, code: "WRONG_TYPE" });
    throws(() => nota.encode([feeder]), { type: TypeError, message: "$[0]: an object of class Feeder cannot be sent" });
});

// random trees, unchanged through every format
leavesNothing(drystone, () => {
    const random = generator(5);
    const tree = depth => {
        switch (random(depth > 4 ? 6 : 8)) {
        case 0: return random(2 ** 31) - 2 ** 30;
        case 1: return (random(2 ** 31) - 2 ** 30) / 1000;
        case 2: return [null, true, false][random(3)];
        case 3: return "t\u00e9\u{1f4a9}".slice(0, random(5)).repeat(random(4));
        case 4: return new Uint8Array(random(9)).fill(random(256)).buffer;
        case 5: return random(2) === 0 ? 10 ** random(300) : -(10 ** -random(300));
        case 6: return Array.from({ length: random(5) }, () => tree(depth + 1));
        default: return Object.fromEntries(Array.from({ length: random(5) }, (_, index) => [`k${index}`, tree(depth + 1)]));
        }
    };
    for (let i = 0; i < sized(1500, 40); i++) {
        const value = tree(0), encoded = nota.encode(value), message = nota.toMessage(encoded);
        same(nota.decode(encoded), value, `tree ${i}`);
        same(wota.decode(message), value, `tree ${i}, its message`);
        same(hex(nota.fromMessage(message)), hex(encoded));
        same(hex(wota.toBytes(message)), hex(wota.toBytes(wota.encode(value))));
    }
});

finish();
