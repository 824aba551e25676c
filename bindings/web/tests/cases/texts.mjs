// Texts of maps that are not trusted: in a guest's memory, and in stones.

import { hostBuckets } from "../../host.js";
import { BucketMap, BucketSet, DrystoneError, StoneMap, StoneSet, load } from "../../index.js";
import { assert } from "../assert.mjs";
import { Linear, SIZE } from "../linear.mjs";

const code = (expected) => (error) => error instanceof DrystoneError && error.code === expected;

/** A guest's map from integers to strings, each given as its pointer and its length, as if they were integers. */
function mapOf(guest, strings) {
    const map = guest.calls.map_new();
    strings.forEach(([pointer, length], key) =>
        guest.calls.map_insert_in_place$ki_vi(map, BigInt(key), (BigInt(length) << 32n) | BigInt(pointer)));
    return map;
}

/** The bytes of a stone with other bytes where `bytes` are. */
function replaced(stone, bytes, others) {
    const all = new Uint8Array(stone.bytes);
    const at = all.findIndex((_, start) => bytes.every((byte, place) => all[start + place] === byte));
    assert.ok(at >= 0 && bytes.length === others.length);
    all.set(others, at);
    return all;
}

const ABCD = [...new TextEncoder().encode("abcd")];
const INVALID = [
    [0xf7, 0xbf, 0xbf, 0xbf], [0x80, 0x80, 0x80, 0x80], [0xc0, 0x80, 0x61, 0x62], [0xe0, 0x80, 0x80, 0x61], [0xf4, 0x90, 0x80, 0x80],
    [0x61, 0x62, 0x63, 0xe2], [0xed, 0xa0, 0x61, 0x62], [0xff, 0x61, 0x62, 0x63], [0xe2, 0x61, 0x62, 0x63],
];
const VALID = [
    [[0xef, 0xbf, 0xbd, 0x61], "\uFFFDa"], [[0xef, 0xbb, 0xbf, 0x61], "\uFEFFa"], [[0xed, 0xa0, 0x80, 0x61], "\uD800a"],
    [[0x61, 0xed, 0xbf, 0xbf], "a\uDFFF"], [[0xf4, 0x8f, 0xbf, 0xbf], "\u{10FFFF}"], [[0xed, 0x9f, 0xbf, 0x61], "\uD7FFa"],
];

export async function textCases({ coreBytes, allBytes }) {
    const core = await WebAssembly.compile(coreBytes);
    await load(allBytes);
    return {
        "overlapping strings of a guest are read up to a bound"() {
            const guest = new Linear(core, { plain: true });
            const half = [SIZE / 2, SIZE / 2];
            assert.throws(() => guest.host.read(mapOf(guest, Array(33).fill(half)), "i", "s"), code("LIMIT_EXCEEDED"));
            const few = guest.host.read(mapOf(guest, Array(4).fill(half)), "i", "s");
            assert.deepEqual([...few.values()].map((one) => one.length), Array(4).fill(SIZE / 2));
            // Keys and values together.
            const map = guest.calls.map_new();
            for (let key = 0; key < 17; key += 1)
                guest.calls.map_insert_in_place$ks_vi(map, SIZE / 2, SIZE / 2 - key, BigInt(SIZE / 2) * (2n ** 32n + 1n));
            assert.equal(guest.host.read(map, "s", "i").size, 17);
            assert.equal(guest.host.read(map, "i", "s").size, 17);
            assert.throws(() => guest.host.read(map, "s", "s"), code("LIMIT_EXCEEDED"));
        },

        "strings outside of a guest's memory, or not UTF-8, are malformed"() {
            const guest = new Linear(core);
            const of = (...strings) => guest.host.read(mapOf(guest, strings), "i", "s");
            for (const outside of [[SIZE - 3, 4], [8, SIZE], [0xfffffff8, 4], [8, 0xffffffff], [SIZE, 1]])
                assert.throws(() => of(outside), code("MALFORMED"));
            assert.deepEqual([...of([SIZE - 4, 4], [0xffffffff, 0]).values()], ["\0\0\0\0", ""]);
            const [at] = guest.text("abcd");
            for (const bytes of INVALID) {
                new Uint8Array(guest.memory.buffer).set(bytes, at);
                assert.throws(() => of([at, 4]), code("MALFORMED"));
            }
            for (const [bytes, text] of VALID) {
                new Uint8Array(guest.memory.buffer).set(bytes, at);
                assert.equal(of([at, 4]).get(0n), text);
            }
        },

        "what cannot be read is said"() {
            assert.throws(() => hostBuckets(core).read(8, "i", "i"), /TypeError: read: the host has no guest yet/);
            const guest = new Linear(core);
            assert.throws(() => guest.host.read(guest.calls.map_new(), "x", "i"), /TypeError: read: x is not a tag/);
            assert.throws(() => guest.host.read(4, "i", "i"), code("MALFORMED"));
        },

        "texts of stones that are not UTF-8 are malformed"() {
            const map = new BucketMap("integer", "text", [[1, "abcd"]]).toStone();
            const set = new BucketSet("text", ["abcd"]).toStone();
            for (const bytes of INVALID) {
                assert.throws(() => new StoneMap(replaced(map, ABCD, bytes)).get(1), code("MALFORMED"));
                assert.throws(() => [...new StoneMap(replaced(map, ABCD, bytes))], code("MALFORMED"));
                assert.throws(() => [...new StoneSet(replaced(set, ABCD, bytes))], code("MALFORMED"));
            }
            for (const [bytes, text] of VALID) {
                assert.equal(new StoneMap(replaced(map, ABCD, bytes)).get(1), text);
                assert.deepEqual([...new StoneSet(replaced(set, ABCD, bytes))], [text]);
            }
        },

        "overlapping texts of a stone are read up to a bound"() {
            const map = new BucketMap("integer", "text");
            for (let key = 0; key < 100; key += 1) map.set(key, `${key}`.padEnd(1000));
            const bytes = new Uint8Array(map.toStone().bytes);
            assert.equal([...new StoneMap(bytes)].length, 100);
            const words = new DataView(bytes.buffer);
            let changed = 0;
            for (let at = 4; at + 4 <= bytes.length; at += 4)
                if (words.getUint32(at, true) === 1000) {
                    // The first of them, and nearly all that follow.
                    words.setUint32(at, 50_000, true);
                    words.setUint32(at - 4, 16_000, true);
                    changed += 1;
                }
            assert.equal(changed, 100);
            const stone = new StoneMap(bytes);
            assert.equal(stone.get(7).length, 50_000);
            for (const read of [() => [...stone], () => [...stone.values()], () => stone.forEach(() => {})])
                assert.throws(read, code("LIMIT_EXCEEDED"));
        },
    };
}
