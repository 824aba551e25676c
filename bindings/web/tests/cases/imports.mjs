// The imports of guests: names that prototypes have, several modules on one host.

import { Refusal, hostBuckets } from "../../host.js";
import { functionImports } from "../../module.js";
import { assert } from "../assert.mjs";
import { Linear } from "../linear.mjs";
import { moduleOf, moduleThatImports, text, vector } from "../module.mjs";

const SIZE = ["map_size", "i32", "i32"];
const NEW = ["map_new", "", "i32"];

const [FUNCTION, I32, EXTERN] = [0x60, 0x7f, 0x6f];
/** The types of references: in short, nullable and not, with an abstract heap type and with a type's number. */
const REFERENCES = [[0x70], [0x6f], [0x6e], [0x69], [0x63, 0x6f], [0x64, 0x6f], [0x64, 0x00], [0x63, 0x80, 0x01], [0x7b]];
const ofType = (parameters, results) => [FUNCTION, ...vector(parameters), ...vector(results)];
const sizeOf = (type) => [...text("env"), ...text("map_size"), 0x00, type];
const other = (kind, ...description) => [...text("x"), ...text("g"), kind, ...description];
const found = { module: "env", name: "map_size", parameters: ["i32"], results: ["i32"] };

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

        "functions of others may have any number of types, and any types"() {
            const host = hostBuckets(core);
            for (const count of [64, 65, 100, 200])
                for (const [parameters, results] of [[count, 0], [0, count], [count, count]]) {
                    const types = (length) => Array(length).fill("i32").join(" ");
                    const wide = (name) => [name, types(parameters), types(results)];
                    assert.deepEqual(Object.keys(host.imports(moduleThatImports([wide("log"), SIZE])).env), ["map_size"]);
                    assert.throws(() => host.imports(moduleThatImports([wide("map_size")])), /TypeError: map_size.*wrong type/);
                }
            for (const type of REFERENCES) {
                const types = [ofType([I32], [I32]), ofType([type, I32], [type])];
                const log = [...text("env"), ...text("log"), 0x00, 1];
                const bytes = moduleOf(types, [log, sizeOf(0)]);
                assert.deepEqual(functionImports(bytes), [{ module: "env", name: "log", parameters: ["other", "i32"], results: ["other"] }, found]);
                assert.deepEqual(Object.keys(host.imports(bytes).env), ["map_size"]);
            }
        },

        "types and imports of every kind are read"() {
            const [plain, field] = [ofType([I32], [I32]), [0x78, 1]];
            for (const [types, number] of [
                [[[0x4f, 0, ...plain]], 0], [[[0x50, 0, ...plain]], 0], [[[0x5f, ...vector([field, [0x64, 0x6f, 0]])], plain], 1],
                [[[0x4e, ...vector([[0x5e, ...field], [0x50, 1, 0, 0x5e, ...field], plain])]], 2], [[[0x4e, 0], plain], 0],
            ])
                assert.deepEqual(functionImports(moduleOf(types, [sizeOf(number)])), [found]);
            for (const type of REFERENCES)
                for (const one of [other(3, ...type, 0), other(1, ...type, 1, 0, 9)])
                    assert.deepEqual(functionImports(moduleOf([plain], [one, sizeOf(0)])), [found]);
            for (const one of [other(2, 0, 1), other(2, 3, 1, 0x80, 1), other(2, 5, 1, 2), other(2, 8, 1, 0), other(4, 0, 0)])
                assert.deepEqual(functionImports(moduleOf([plain], [one, sizeOf(0)])), [found]);
            assert.deepEqual(functionImports(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])), []);
        },

        "what is unknown in a module is said"() {
            const plain = ofType([I32], [I32]);
            const [whole, wrong] = [moduleOf([plain], [other(3, 0x64, EXTERN, 0), sizeOf(0)]), WebAssembly.CompileError];
            assert.deepEqual(functionImports(whole), [found]);
            // The ends of the header and of the type section are ends of modules without imports.
            for (let end = 0; end < whole.length; end += 1)
                if (end !== 8 && end !== 8 + 8) assert.throws(() => functionImports(whole.subarray(0, end)), wrong);
            for (const bytes of [
                moduleOf([plain], [other(5, 0), sizeOf(0)]), moduleOf([plain], [other(3, 0x10, 0), sizeOf(0)]),
                moduleOf([plain], [other(2, 16, 0), sizeOf(0)]), moduleOf([[0x10]], []), moduleOf([ofType([0x20], [])], []),
                moduleOf([plain], [sizeOf(1)]), moduleOf([[0x5f, 0]], [sizeOf(0)]), new Uint8Array(40), new ArrayBuffer(0),
                new Uint8Array([...whole.subarray(0, 8), 1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]), new Uint8Array([...whole.subarray(0, 8), 2, 2, 0, 0]),
            ])
                assert.throws(() => functionImports(bytes), wrong);
            const host = hostBuckets(core);
            for (const source of [new WebAssembly.Module(moduleOf([plain], [sizeOf(0)])), "text", undefined, null, 7, {}, { byteLength: 9 }, [0, 0x61]])
                assert.throws(() => host.imports(source), /TypeError: a module's imports are read from its bytes/);
            for (const source of [whole.buffer, new DataView(whole.buffer)])
                assert.deepEqual(Object.keys(host.imports(source).env), ["map_size"]);
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
