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
    };
}
