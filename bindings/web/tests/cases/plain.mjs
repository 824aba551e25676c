// The plain layout, read and written by others too: a reader and writer in JavaScript that knows nothing of the core.

import { assert, generator } from "../assert.mjs";
import { Linear } from "../linear.mjs";
import { ReencodeHost } from "../reencode.mjs";

export async function plainCases({ coreBytes }) {
    const core = await WebAssembly.compile(coreBytes);
    return {
        "plain maps are changed by the core and by JavaScript in turn"() {
            const guest = new Linear(core, { plain: true });
            const [ours, theirs] = [guest.calls, new ReencodeHost()];
            theirs.attach(guest);
            const chance = generator(4711);
            let map = ours.map_new();
            const model = new Map();
            for (let step = 0; step < 500; step += 1) {
                const [key, value] = [BigInt(chance(50) - 25), BigInt(chance(1000) - 500)];
                switch (chance(6)) {
                    case 0:
                        map = ours.map_insert$ki_vi(map, key, value);
                        model.set(key, value);
                        break;
                    case 1:
                        map = theirs.insert(map, key, value);
                        model.set(key, value);
                        break;
                    case 2:
                        ours.map_insert_in_place$ki_vi(map, key, value);
                        model.set(key, value);
                        break;
                    case 3:
                        map = theirs.remove(map, key);
                        model.delete(key);
                        break;
                    case 4:
                        ours.map_remove_in_place$ki(map, key);
                        model.delete(key);
                        break;
                    default:
                        map = ours.map_remove$ki(map, key);
                        model.delete(key);
                }
                assert.equal(ours.map_size(map), model.size);
                assert.equal(ours.map_get$ki_vi(map, key, -1000n), model.get(key) ?? -1000n);
                assert.equal(theirs.get(map, key, -1000n), model.get(key) ?? -1000n);
                const signed = (field) => BigInt.asIntN(64, field);
                const entries = [...theirs.entries(map)].map(([key, value]) => [signed(key), signed(value)]);
                assert.deepEqual(entries, [...model]);
            }
            // What a map was filled to by one is read by the other.
            assert.ok(model.size > 10);
        },

        "a reader of the plain layout reads shared versions by the one rule more"() {
            const guest = new Linear(core);
            const [ours, theirs] = [guest.calls, new ReencodeHost({ versions: true })];
            theirs.attach(guest);
            const chance = generator(42);
            let map = ours.map_new();
            let model = new Map();
            const versions = [];
            for (let step = 0; step < 400; step += 1) {
                const [key, value] = [BigInt(chance(80) - 25), BigInt(chance(1000) - 500)];
                if (chance(5)) {
                    map = ours.map_insert$ki_vi(map, key, value);
                    model = new Map(model).set(key, value);
                } else {
                    map = ours.map_remove$ki(map, key);
                    model = new Map(model);
                    model.delete(key);
                }
                versions.push([map, model]);
            }
            const signed = (field) => BigInt.asIntN(64, field);
            for (const [map, model] of versions)
                assert.deepEqual([...theirs.entries(map)].map((entry) => entry.map(signed)), [...model]);
            // Most of these share a bucket; a reader without the rule reads entries of later versions.
            const buckets = new Set(versions.map(([map]) => guest.view.getUint32(map + 8, true)));
            assert.ok(buckets.size < versions.length, `${buckets.size} buckets`);
            const without = new ReencodeHost();
            without.attach(guest);
            assert.ok(versions.some(([map, model]) => without.entries(map).size !== model.size));
        },

        "what a collector wrote after the live slots of a plain map is nobody's"() {
            const guest = new Linear(core, { plain: true });
            const ours = guest.calls;
            let map = ours.map_new();
            for (let key = 0n; key < 12n; key += 1n) map = ours.map_insert$ki_vi(map, key, -key);
            const bucket = guest.view.getUint32(map + 8, true);
            const capacity = guest.view.getUint32(bucket, true);
            assert.ok(capacity >= 16);
            for (let slot = 12; slot < capacity; slot += 1)
                for (const [at, word] of [[0, slot % 2 ? 1 : 0x80000001], [4, slot], [8, 0]]) guest.view.setUint32(bucket + 8 + 20 * slot + at, word, true);
            assert.equal(ours.map_contains$ki(map, 13n), 0);
            assert.equal(ours.map_get$ki_vi(map, 13n, 7n), 7n);
            assert.equal(ours.map_keys$ki(map)[1], 12);
            const more = ours.map_insert$ki_vi(map, 13n, 1n);
            assert.deepEqual([ours.map_size(more), ours.map_contains$ki(more, 13n), ours.map_contains$ki(more, 15n)], [13, 1, 0]);
            assert.equal(ours.map_size(ours.map_remove$ki(map, 5n)), 11);
            ours.map_insert_in_place$ki_vi(map, 15n, 3n);
            assert.deepEqual([ours.map_size(map), ours.map_get$ki_vi(map, 15n, 0n), ours.map_contains$ki(map, 13n)], [13, 3n, 0]);
        },
    };
}
