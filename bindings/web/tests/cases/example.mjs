// The guest that uses every import in both conventions, on its host of at most twenty lines.

import { hostBuckets } from "../../index.js";
import { assert } from "../assert.mjs";

export async function exampleCases({ coreBytes, exampleBytes }) {
    const core = await WebAssembly.compile(coreBytes);
    return {
        async "a guest uses every import, in both conventions"() {
            const names = (name) => name.replace("hashmap_", "map_").replace("hashset_", "set_");
            const host = hostBuckets(core, { names, sizeHeader: [-4, 1] });
            const { exports } = await host.instantiate(exampleBytes);
            assert.equal(exports.run(), 0);
            assert.deepEqual([...host.read(exports.ages(), "s", "f").keys()].includes("bert"), true);
            assert.throws(() => exports.broken(), /out of bounds/);
        },
    };
}
