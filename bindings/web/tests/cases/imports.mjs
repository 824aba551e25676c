// The imports of guests: names that prototypes have, several modules on one host.

import { Refusal, hostBuckets } from "../../host.js";
import { assert } from "../assert.mjs";
import { Linear } from "../linear.mjs";
import { moduleThatImports } from "../module.mjs";

const SIZE = ["map_size", "i32", "i32"];
const NEW = ["map_new", "", "i32"];

export async function importCases({ coreBytes }) {
    const core = await WebAssembly.compile(coreBytes);
    return {
        async "names of prototypes are names like others"() {
            const before = Reflect.ownKeys(Object.prototype);
            for (const module of ["__proto__", "toString", "constructor"]) {
                const bytes = moduleThatImports([SIZE, ["__proto__", "i32", "i32"], ["toString", "i32", "i32"]], module);
                const host = hostBuckets(core, { names: () => "map_size" });
                const imports = host.imports(bytes);
                assert.deepEqual(Reflect.ownKeys(imports), [module]);
                assert.deepEqual(Reflect.ownKeys(imports[module]), ["map_size", "__proto__", "toString"]);
                await WebAssembly.instantiate(bytes, imports);
                assert.deepEqual(Reflect.ownKeys(Object.prototype), before);
                assert.equal({}.map_size, undefined);
            }
        },

        async "an import that nobody defines is not taken from a prototype"() {
            const bytes = moduleThatImports([SIZE, ["toString", "i32", "i32"]]);
            const host = hostBuckets(core);
            await assert.rejects(host.instantiate(bytes, { env: { log() {} } }), WebAssembly.LinkError);
        },

        "modules on one host have their own refusals"() {
            const guest = new Linear(core);
            assert.throws(() => guest.calls.map_size(-8), /^Refusal: map_size: malformed/);
            // One more module of the same guest, and its calls.
            const other = guest.host.imports(moduleThatImports([NEW])).env;
            assert.throws(() => guest.calls.map_size(-8), (error) => error instanceof Refusal && /map_size/.test(error));
            assert.equal(guest.calls.map_size(other.map_new()), 0);
        },

        "modules before the guest is attached are all bound"() {
            const [memory, host] = [new WebAssembly.Memory({ initial: 4 }), hostBuckets(core, { shadowStackPointer: null })];
            const [first, second] = [[SIZE, NEW], [NEW]].map((wanted) => host.imports(moduleThatImports(wanted)).env);
            let top = 1024;
            host.attach({ exports: { memory, alloc: (size) => (top += (size + 7) & ~7) - ((size + 7) & ~7) } });
            assert.equal(first.map_size(second.map_new()), 0);
        },
    };
}
