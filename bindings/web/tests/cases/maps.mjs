// BucketMap and BucketSet beside Map and Set.

import { BucketMap, BucketSet, DrystoneError, StoneMap, StoneSet, bucketHeapLimit, bucketHeapUsed, load } from "../../index.js";
import { assert, generator } from "../assert.mjs";

export async function mapCases({ allBytes }) {
    await load(allBytes);
    const chance = generator(1234);
    const VALUES = {
        integer: () => chance(40) - 20,
        number: () => [chance(20) / 4, NaN, -0, Infinity][chance(4)],
        text: () => ["", "a", "na\u00efve", "\u{1f4a9}", `key ${chance(20)}`][chance(5)],
        logical: () => chance(2) === 1,
    };
    return {
        "maps are like Maps, whatever the types"() {
            for (const keyType of Object.keys(VALUES))
                for (const valueType of Object.keys(VALUES)) {
                    const map = new BucketMap(keyType, valueType);
                    const model = new Map();
                    for (let step = 0; step < 120; step += 1) {
                        const [key, value] = [VALUES[keyType](), VALUES[valueType]()];
                        if (chance(3)) {
                            assert.equal(map.set(key, value), map);
                            model.set(key, value);
                        } else assert.equal(map.delete(key), model.delete(key));
                        assert.equal(map.size, model.size);
                        assert.equal(map.get(key), model.get(key));
                        assert.equal(map.has(key), model.has(key));
                    }
                    assert.deepEqual([...map], [...model]);
                    assert.deepEqual([...map.keys()], [...model.keys()]);
                    assert.deepEqual([...map.values()], [...model.values()]);
                    const stone = new StoneMap(map.toStone());
                    assert.deepEqual([...stone], [...model]);
                    for (const [key, value] of model) assert.equal(stone.get(key), value);
                    assert.deepEqual([stone.keyType, stone.valueType, stone.size], [keyType, valueType, model.size]);
                    map.clear();
                    assert.equal(map.size, 0);
                }
        },

        "sets are like Sets"() {
            for (const type of Object.keys(VALUES)) {
                const [set, model] = [new BucketSet(type), new Set()];
                for (let step = 0; step < 100; step += 1) {
                    const element = VALUES[type]();
                    if (chance(3)) {
                        set.add(element);
                        model.add(element);
                    } else assert.equal(set.delete(element), model.delete(element));
                }
                assert.deepEqual([...set], [...model]);
                assert.deepEqual([...set.entries()], [...model.entries()]);
                assert.deepEqual([...new StoneSet(set.toStone())], [...model]);
                assert.equal(set.elementType, type);
            }
        },

        "versions stay as they were"() {
            let version = new BucketMap("text", "integer");
            const versions = [];
            for (let number = 0; number < 50; number += 1) {
                version = version.with(`key ${number}`, number);
                versions.push(version);
            }
            versions.forEach((one, number) => assert.equal(one.size, number + 1));
            const without = version.without("key 3").without("nobody's");
            assert.equal(without.size, 49);
            assert.equal(version.get("key 3"), 3);
            assert.deepEqual([...new BucketSet("integer", [1]).with(2).without(1)], [2]);
        },

        "changes while iterating are as those of a Map"() {
            const [map, model] = [new BucketMap("integer", "integer", [[1, 1], [2, 2], [3, 3]]), new Map([[1, 1], [2, 2], [3, 3]])];
            const seen = (map) => {
                const keys = [];
                for (const [key] of map) {
                    keys.push(key);
                    if (key === 1) map.delete(2);
                    if (key < 6) map.set(key + 3, 0);
                }
                return keys;
            };
            assert.deepEqual(seen(map), seen(model));
            for (const [key] of map) if (key > 0) break;
            assert.equal(map.size, model.size);
        },

        "what does not fit is refused, and nothing changes"() {
            const map = new BucketMap("integer", "text", [[1, "one"]]);
            for (const run of [
                () => map.set("x", "y"), () => map.set(1.5, "y"), () => map.set(2 ** 53, "y"), () => map.set(2n ** 63n, "y"),
                () => map.set(2, 3), () => map.get(undefined), () => new BucketMap("integer"), () => new BucketMap("x", "text"),
                () => new BucketSet("constructor"), () => new StoneMap(new Uint8Array(100)), () => new StoneMap(new BucketSet("text").toStone()),
            ])
                assert.throws(run, DrystoneError);
            assert.deepEqual([...map], [[1, "one"]]);
            assert.equal(map.set(-(2n ** 63n), "far").get(-(2n ** 63n)), "far");
            assert.throws(() => bucketHeapLimit(1 << 20), (error) => error.code === "BUSY");
            assert.ok(bucketHeapUsed() > 0);
        },
    };
}
