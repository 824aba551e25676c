// Bytes from outside: whatever they are, decode and fromBytes return a value or throw, and leak nothing.
import * as drystone from "./drystone.so";
import { bytesOf, finish, generator, leavesNothing, ok, same, sized, stress, throws } from "./harness.mjs";

const { stone, wota } = drystone;
const codes = new Set(["TRUNCATED", "MALFORMED", "LIMIT_EXCEEDED", "FOREIGN_REFERENCE", "UNSUPPORTED"]);

function words(...list) {
    const view = new DataView(new ArrayBuffer(list.length * 8));
    list.forEach((word, index) => view.setBigUint64(index * 8, BigInt(word), true));
    return view.buffer;
}

/// Both ways of reading agree, and fail cleanly or not at all.
function attempt(bytes) {
    let decoded, message, decodeError, messageError;
    try { decoded = wota.decode(bytes); } catch (error) { decodeError = error; }
    try { message = wota.fromBytes(bytes); } catch (error) { messageError = error; }
    for (const error of [decodeError, messageError])
        if (error !== undefined && !codes.has(error.code))
            return `${error} ${error.code}`;
    // values that JavaScript does not have are valid messages
    if (decodeError?.code === "UNSUPPORTED")
        return messageError === undefined ? undefined : "fromBytes refuses what decode only does not support";
    if (decodeError?.code !== messageError?.code)
        return `decode ${decodeError?.code}, fromBytes ${messageError?.code}`;
    if (message !== undefined) {
        wota.decode(message);
        if (typeof decoded === "object" && decoded !== null)
            wota.encode(decoded);
    }
    return undefined;
}

leavesNothing(drystone, () => {
    const text = 0x05n, array = 0x02n, record = 0x03n, blob = 0x04n, symbol = 0x07n;
    const preamble = (kind, field) => BigInt(field) << 8n | kind;
    const a = [preamble(text, 1), 0x61n << 32n];
    for (const [name, code, bytes] of [
        ["nothing", "TRUNCATED", words()],
        ["half a word", "TRUNCATED", new ArrayBuffer(4)],
        ["a word and a half", "MALFORMED", new Uint8Array([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
        ["two values", "MALFORMED", words(0, 0)],
        ["unknown type", "MALFORMED", words(0x06n)],
        ["unknown symbol", "MALFORMED", words(preamble(symbol, 1))],
        ["a stone", "FOREIGN_REFERENCE", words(preamble(8n, 8), 0)],
        ["a stone in a list", "FOREIGN_REFERENCE", words(preamble(array, 1), preamble(8n, 8), 0)],
        ["a float cut short", "TRUNCATED", words(0x01n)],
        ["an array cut short", "TRUNCATED", words(preamble(array, 2), 0)],
        ["an array longer than any memory", "TRUNCATED", words(preamble(array, 2n ** 56n - 1n), 0)],
        ["a record longer than any memory", "TRUNCATED", words(preamble(record, 2n ** 56n - 1n), ...a, 0)],
        ["a text longer than any memory", "TRUNCATED", words(preamble(text, 2n ** 56n - 1n), 0)],
        ["a blob longer than any memory", "TRUNCATED", words(preamble(blob, 2n ** 56n - 1n), 0)],
        ["no character", "MALFORMED", words(preamble(text, 1), 0x110000n << 32n)],
        ["two halves of one character", "MALFORMED", words(preamble(text, 2), 0xd83dn << 32n | 0xdca9n)],
        ["padding in a text", "MALFORMED", words(preamble(text, 1), 0x61n << 32n | 1n)],
        ["padding in a blob", "MALFORMED", words(preamble(blob, 1), 1)],
        ["a key that is not a text", "MALFORMED", words(preamble(record, 1), 0, 0)],
        ["the same key twice", "MALFORMED", words(preamble(record, 2), ...a, 0, ...a, 0)],
    ]) {
        throws(() => wota.decode(bytes), { code });
        throws(() => wota.fromBytes(bytes), { code });
        same(attempt(bytes), undefined, name);
    }
    const deep = depth => new Uint8Array(depth * 8 + 8).map((_, place) => place % 8 === 0 ? 2 : place % 8 === 1 && place < depth * 8 ? 1 : 0);
    same(attempt(deep(511)), undefined);
    throws(() => wota.decode(deep(512)), { type: RangeError, code: "LIMIT_EXCEEDED" });
    throws(() => wota.decode(deep(sized(1_000_000, 2000))), { type: RangeError, code: "LIMIT_EXCEEDED" });

    // values of the format that JavaScript does not have
    throws(() => wota.decode(words(preamble(symbol, 8), 0)), { type: TypeError, code: "UNSUPPORTED" });
    throws(() => wota.decode(words(preamble(symbol, 9), preamble(record, 0))), { type: TypeError, code: "UNSUPPORTED" });
    throws(() => wota.decode(words(preamble(array, 2), 0x100n, preamble(symbol, 8), 0)), { matches: /word/ });

    // all NaNs become one, and keys may be any text
    ok(Number.isNaN(wota.decode(words(1, 0x7ff8000000000000n))));
    same(Object.keys(wota.decode(words(preamble(record, 1), preamble(text, 0), 0x500n))), [""]);
});

// a valid message, slightly changed
leavesNothing(drystone, () => {
    const random = generator(99);
    const value = { id: 7, "na\u00efve": [1.5, "text \u{1f4a9}", null, true, { x: -3, "\ud800": [[], {}] }], data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]), stone: stone(new Uint8Array(20)), big: 2n ** 54n + 1n };
    const good = bytesOf(wota.toBytes(wota.encode(value))).slice();
    let survived = 0;
    for (let i = 0; i < sized(20000, 600); i++) {
        const bytes = good.slice(0, random(3) === 0 ? random(good.length + 1) : good.length);
        for (let changes = 1 + random(4); changes > 0 && bytes.length > 0; changes--) {
            const place = random(bytes.length);
            bytes[place] = random(2) === 0 ? random(256) : bytes[place] ^ 1 << random(8);
        }
        const problem = attempt(bytes);
        if (problem !== undefined)
            same(problem, undefined, `changed message ${i}`);
        else
            survived++;
    }
    same(survived, sized(20000, 600));
    for (let length = 0; length < good.length; length++)
        throws(() => wota.decode(good.subarray(0, length)), { code: "TRUNCATED" });
});

// random bytes
leavesNothing(drystone, () => {
    const random = generator(3);
    let survived = 0;
    for (let i = 0; i < sized(30000, 600); i++) {
        const bytes = new Uint8Array(random(12) * 8 + (random(8) === 0 ? random(8) : 0));
        for (let place = 0; place < bytes.length; place++)
            bytes[place] = place % 8 === 0 ? random(10) : place % 8 === 1 ? random(6) : random(12) === 0 ? random(256) : 0;
        const problem = attempt(bytes);
        if (problem === undefined)
            survived++;
        else
            same(problem, undefined, `random bytes ${i}`);
    }
    same(survived, sized(30000, 600));
});

// bytes that another thread could change are read only once
if (!stress) {
    const good = bytesOf(wota.toBytes(wota.encode(["shared", 1])));
    const shared = new Uint8Array(new SharedArrayBuffer(good.length));
    shared.set(good);
    same(wota.decode(shared), ["shared", 1]);
    shared[0] = 6;
    throws(() => wota.decode(shared), { code: "MALFORMED" });
}

finish();
