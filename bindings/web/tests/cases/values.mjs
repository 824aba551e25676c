// Blobs, messages and their values.

import { Blob, DrystoneError, isStone, load, nota, pack, receive, stone, wota } from "../../index.js";
import { assert, generator } from "../assert.mjs";

const code = (expected) => (error) => error instanceof DrystoneError && error.code === expected;

/** A value of every kind, as deep as that. */
function valueOf(chance, depth) {
    const texts = ["", "a", "plain text of some length", "na\u00efve \u2013 \u{1f4a9}", "\ud800", "\udc00x", "\ufeffmark", "\0"];
    switch (chance(depth > 0 ? 11 : 8)) {
        case 0:
            return chance(1000) - 500;
        case 1:
            return (chance(1e6) - 5e5) / 997;
        case 2:
            return [2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, 2 ** 53, 1e300, -0, Infinity, NaN, 5e-324][chance(9)];
        case 3:
        case 4:
            return texts[chance(texts.length)];
        case 5:
            return [null, true, false][chance(3)];
        case 6:
            return [2n ** 54n + 1n, -(2n ** 54n) - 3n][chance(2)];
        case 7:
            return new Uint8Array(Array.from({ length: chance(20) }, () => chance(256))).buffer;
        case 8:
            return Array.from({ length: chance(6) }, () => valueOf(chance, depth - 1));
        case 9: {
            // Many of the same shape.
            const make = () => ({ id: chance(10), name: texts[chance(5)], inner: valueOf(chance, depth - 2) });
            return Array.from({ length: chance(12) }, make);
        }
        default: {
            const record = {};
            const keys = ["a", "b", "key", "na\u00efve", "1", "0", "", "\ud800", "constructor", "__proto__"];
            for (let count = chance(7); count > 0; count -= 1) {
                const value = valueOf(chance, depth - 1);
                const key = keys[chance(keys.length)];
                Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
            }
            return record;
        }
    }
}

export async function valueCases({ allBytes }) {
    await load(allBytes);
    return {
        "the module has the imports and exports that it is said to have"() {
            assert.ok(allBytes.length <= 150 * 1024, `${allBytes.length} bytes`);
            const module = new WebAssembly.Module(allBytes);
            assert.deepEqual(WebAssembly.Module.imports(module), []);
            const names = WebAssembly.Module.exports(module).map(({ name }) => name).sort();
            assert.deepEqual(names, EXPORTS);
        },

        "values come back, by all ways"() {
            const chance = generator(20240229);
            for (let round = 0; round < 400; round += 1) {
                const value = valueOf(chance, 4);
                const message = wota.encode(value);
                assert.deepEqual(wota.decode(message), value);
                if (round % 4 === 0) {
                    assert.deepEqual(wota.decode(wota.toBytes(message)), value);
                    assert.deepEqual(wota.decode(wota.fromParts(wota.toParts(message))), value);
                    assert.deepEqual(wota.view(message), value);
                    assert.deepEqual(wota.decode(wota.encode(wota.view(message))), value);
                }
            }
        },

        "texts of any characters come back, short and long"() {
            const chance = generator(8);
            const ranges = [[0, 0x80], [0x80, 0x780], [0x800, 0xd000], [0xd800, 0x400], [0xdc00, 0x400], [0xe000, 0x2000], [0x10000, 0x100000]];
            const text = (length, most) => {
                const all = [];
                for (let left = length; left > 0; left -= 1) {
                    const [from, count] = ranges[chance(most)];
                    all.push(String.fromCodePoint(from + chance(count)));
                }
                return all.join("");
            };
            const values = [];
            // Up to where an encoder takes over, and across it.
            for (const length of [0, 1, 2, 3, 7, 8, 9, 17, 60, 128, 254, 255, 256, 257, 300, 1000, 40_000])
                for (const most of [1, 2, 3, 5, 7]) {
                    const one = text(length, most);
                    values.push(one, text(length, 1) + one, { [one]: one, [text(3, most)]: 1 });
                }
            values.push("\ud83d", "\udca9", "\ud83d".repeat(300), "\udca9\ud83d", "\ufffd", "\ufeffa", ["\ud83d", "\udca9"]);
            assert.deepEqual(wota.decode(wota.encode(values)), values);
            for (const value of values.slice(-40)) {
                assert.deepEqual(wota.decode(wota.encode(value)), value);
                assert.deepEqual(nota.decode(nota.encode(value)), value);
            }
        },

        "a view is like the frozen value"() {
            const value = { name: "x", list: [1, { deep: "\u00e9" }], none: null, bytes: new ArrayBuffer(3) };
            const view = wota.view(wota.encode(value));
            assert.equal(view.name, "x");
            assert.equal(view.missing, undefined);
            assert.equal(view.toString, Object.prototype.toString);
            assert.equal(view.list, view.list);
            assert.equal(view.list.length, 2);
            assert.equal(view.list[1].deep, "\u00e9");
            assert.equal(view.list[2], undefined);
            assert.ok(Array.isArray(view.list) && isStone(view.list));
            assert.throws(() => { view.name = "y"; }, TypeError);
            assert.deepEqual(Object.keys(view), Object.keys(value));
            assert.ok("none" in view && !("other" in view) && Object.isFrozen(view) && Object.isFrozen(view.list));
            assert.deepEqual(view.list.map((one) => typeof one), ["number", "object"]);
            assert.equal(view.list[1], view.list.at(1));
            assert.equal(wota.view(wota.encode("text")), "text");
        },

        "stones are named, never copied"() {
            const picture = stone(new Uint8Array(100000).fill(7));
            const message = wota.encode({ picture, again: [picture] });
            assert.ok(message.length < 10000);
            const back = wota.decode(message);
            assert.ok(back.picture === picture && back.again[0] === picture && wota.view(message).picture === picture);
            assert.equal(wota.decode(wota.toBytes(message)).picture.byteLength, 100000);
            const inner = wota.encode({ message, picture });
            assert.ok(wota.decode(inner).message.equals(message));
            assert.equal(wota.decode(wota.decode(inner).message).picture, picture);
            // Parts that lie about which of them are words are refused.
            const parts = wota.toParts(wota.encode({ picture, list: Array.from({ length: 9000 }, (_, at) => at) }));
            assert.equal(parts.length, 3);
            assert.throws(() => wota.fromParts([parts[0], parts[2], parts[1]]), code("MALFORMED"));
        },

        "many messages leave the core's memory, and are still there"() {
            const text = "x".repeat(100000);
            const messages = Array.from({ length: 150 }, (_, number) => wota.encode({ number, text }));
            messages.forEach((message, number) => assert.equal(wota.decode(message).number, number));
        },

        "fields of blobs"() {
            const blob = new Blob();
            blob.writeBit(true).writeFit(5, 7).writeKim(-3000).writeText("na\u00efve \u{1f4a9}").writeDec64(1.5);
            blob.writeBlob(new Blob(new Uint8Array([1, 2]))).writePad(64);
            assert.ok(!blob.stone);
            assert.throws(() => blob.readBit(0), code("NOT_STONE"));
            assert.ok(stone(blob) === blob && blob.stone && isStone(blob));
            assert.throws(() => blob.writeBit(1), code("IS_STONE"));
            assert.equal(blob.readBit(0), true);
            assert.ok(blob.readLogical === blob.readBit && blob.read_logical === blob.readBit && blob.read_bit === blob.readBit);
            assert.equal(blob.readFit(1, 7), 5);
            assert.equal(blob.readKim(8), -3000);
            const at = 8 + blob.kimBits(8);
            assert.equal(blob.readText(at), "na\u00efve \u{1f4a9}");
            const next = at + blob.textBits(at);
            assert.equal(blob.readDec64(next), 1.5);
            assert.equal(blob.isPad(next + 80, 64), true);
            assert.equal(blob.readKim(blob.length), null);
            const long = stone(new Blob().writeText("\u00e9".repeat(5000)));
            assert.equal(long.read_text(0), "\u00e9".repeat(5000));
            assert.ok(new Blob(12, true).slice(3, 9).equals(stone(new Blob(6, 1))));
            assert.equal(new Blob(9, 1).length, 9);
            const names = Object.getOwnPropertyNames(Blob.prototype).filter((name) => name.includes("_"));
            assert.equal(names.length, 18);
            for (const name of names)
                assert.equal(Blob.prototype[name], Blob.prototype[name.replace(/_(.)/, (_, letter) => letter.toUpperCase())]);
        },

        "buffers go in and come out"() {
            const bytes = new Uint8Array([1, 2, 3, 4]);
            const blob = stone(bytes);
            bytes[0] = 9;
            assert.deepEqual(new Uint8Array(blob.buffer), new Uint8Array([1, 2, 3, 4]));
            assert.equal(blob.at(-1), 4);
            const target = new Uint8Array(3);
            assert.equal(blob.copyTo(target, 2), 2);
            assert.deepEqual(target, new Uint8Array([3, 4, 0]));
            assert.deepEqual(new Uint8Array(stone(new DataView(bytes.buffer, 1, 2)).buffer), new Uint8Array([2, 3]));
            assert.throws(() => new Blob("text"), code("INVALID_ARGUMENT"));
            assert.throws(() => new Blob(-1), code("OUT_OF_RANGE"));
        },

        "what cannot be sent is refused, with its place"() {
            const cycle = {};
            cycle.inner = [cycle];
            let deep = 1;
            for (let depth = 0; depth < 513; depth += 1) deep = [deep];
            for (const [value, expected] of [
                [undefined, /wota.encode: \$: undefined/], [{ a: [() => 1] }, /\$\.a\[0\]: a function/],
                [Symbol("x"), /a symbol/], [new Map(), /class Map/], [{ a: 2n ** 55n }, /\$\.a: a BigInt/],
                [cycle, /a cycle/], [deep, /more than 512 nested containers/], [{ get a() { throw new RangeError("mine"); } }, /mine/],
            ])
                assert.throws(() => wota.encode(value), expected);
            // A getter that encodes, and one that lets the memory grow.
            const inner = { get a() { return wota.decode(wota.encode([1, "two"]))[1]; }, b: 3, get c() { return new Blob(1 << 24).length; } };
            assert.deepEqual(wota.decode(wota.encode({ x: "before", inner, y: "after" })), { x: "before", inner: { a: "two", b: 3, c: 1 << 24 }, y: "after" });
            // Getters at random places, which encode and decode values with such getters, fail, or make room.
            const chance = generator(77);
            const tree = (depth) => {
                if (depth === 0) return chance(1000);
                const items = Array.from({ length: chance(6) * chance(300) }, (_, number) => number / 2);
                const work = [
                    () => wota.decode(wota.encode(tree(depth - 1))) !== undefined,
                    () => wota.encode(Array.from({ length: 20_000 }, () => "x")).length > 0,
                    () => new Blob(1 << (10 + chance(12))).length > 0,
                    () => { try { return wota.encode({ a: Symbol("no") }); } catch { return true; } },
                ][chance(4)];
                return { items, get one() { return work(); }, inner: tree(depth - 1), more: items };
            };
            for (let round = 0; round < 60; round += 1) {
                const value = tree(4);
                const expected = JSON.parse(JSON.stringify(value));
                assert.deepEqual(wota.decode(wota.encode(value)), expected);
                const stops = { before: value, get stop() { wota.encode([1]); throw new RangeError("mine"); } };
                if (round % 8 === 0) assert.throws(() => wota.encode(stops), /mine/);
            }
            assert.deepEqual(wota.decode(wota.encode([undefined, , 1])), [null, null, 1]);
            assert.deepEqual(wota.decode(wota.encode({ a: undefined, b: 1 })), { b: 1 });
        },

        "hostile bytes are refused or are a value"() {
            const chance = generator(99);
            const good = new Uint8Array(wota.toBytes(wota.encode({ a: [1, 2.5, "text"], b: { c: null }, d: new ArrayBuffer(5) })));
            for (let round = 0; round < 600; round += 1) {
                const bytes = good.slice(0, chance(4) ? good.length : chance(good.length));
                for (let writes = 1 + chance(3); writes > 0 && bytes.length > 0; writes -= 1) bytes[chance(bytes.length)] = chance(256);
                for (const read of [wota.decode, wota.fromBytes, nota.decode, (bytes) => wota.fromParts([bytes])])
                    try {
                        read(bytes);
                    } catch (error) {
                        assert.ok(error instanceof DrystoneError, String(error));
                    }
            }
        },

        "nota"() {
            const value = { x: 0.1, list: [1, "text", null], bytes: new Uint8Array([1, 2]).buffer };
            assert.deepEqual(nota.decode(nota.encode(value)), value);
            const message = nota.toMessage(nota.encode(value));
            assert.deepEqual(wota.decode(message), value);
            assert.deepEqual(nota.decode(nota.fromMessage(message)), value);
            assert.throws(() => nota.decode(new Uint8Array([255])), DrystoneError);
        },

        "what is packed for another worker comes out there"() {
            const picture = stone(new Uint8Array(1000).fill(3));
            const message = wota.encode({ picture, list: [1, 2, 3] });
            const { data, transfer, sharing } = pack([message, picture]);
            const [there, again] = receive(structuredClone(data, { transfer }));
            assert.equal(wota.decode(there).picture.at(999), 3);
            assert.equal(wota.decode(there).picture, again);
            if (sharing === "shared") assert.equal(picture.at(0), 3);
            else assert.throws(() => picture.at(0), code("CLOSED"));
            for (const hostile of [null, {}, { drystone: null }, { drystone: { bits: 9, bytes: new Uint8Array(1) } }, { drystone: { parts: [] } }])
                assert.throws(() => receive(hostile), DrystoneError);
        },
    };
}

const EXPORTS = [
    "__data_end", "__heap_base", "antestone_new", "antestone_of", "blob_bits", "blob_copy", "blob_data",
    "blob_drop", "blob_identity", "blob_is_pad", "blob_make_stone", "blob_read_bit", "blob_read_dec64",
    "blob_read_fit", "blob_read_kim", "blob_read_text", "blob_same", "blob_write_bit", "blob_write_bits",
    "blob_write_dec64", "blob_write_fit", "blob_write_kim", "blob_write_pad", "blob_write_text",
    "dec64_from_double", "dec64_to_double", "decoded_data", "decoded_length", "fields_room", "heap_limit",
    "heap_used", "input_room", "list_room", "map_clear", "map_delete", "map_freeze", "map_frozen", "map_get",
    "map_new", "map_next", "map_release", "map_set", "map_share", "map_size", "map_walk", "map_walk_end",
    "map_walk_next", "memory", "message_decode", "message_encode", "message_from_bytes", "message_from_parts",
    "message_to_bytes", "message_to_parts", "nota_from_message", "nota_to_message", "parts_of_words",
    "placeholder_new", "stone_new", "tape_room", "text_room", "trim", "view_children", "view_field", "view_message",
    "view_value",
];
