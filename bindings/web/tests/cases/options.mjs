// Options of hosts, and guests' exports, that are not what they must be.

import { Refusal, hostBuckets } from "../../host.js";
import { usualLayout } from "../../options.js";
import { assert } from "../assert.mjs";
import { FIRST } from "../linear.mjs";
import { moduleThatImports } from "../module.mjs";

const MODULE = moduleThatImports([["map_new", "", "i32"], ["map_size", "i32", "i32"]]);
const global = (value, mutable, initial) => new WebAssembly.Global({ value, mutable }, initial);

/** Exports of a guest whose allocator never frees. */
function guestExports(others = {}) {
    let top = FIRST;
    const alloc = (size) => (top += (size + 7) & ~7) - ((size + 7) & ~7);
    return { memory: new WebAssembly.Memory({ initial: 4 }), alloc, shadow_stack_pointer: global("i32", true, 64), ...others };
}

export async function optionCases({ coreBytes }) {
    const core = await WebAssembly.compile(coreBytes);
    function attached(exports, options) {
        const host = hostBuckets(core, options);
        const { env } = host.imports(MODULE);
        host.attach({ exports });
        assert.equal(env.map_size(env.map_new()), 0);
        return { env, host };
    }
    return {
        "options out of range are refused by name"() {
            const strides = (i) => ({ layout: { ...usualLayout, packedStrides: { ...usualLayout.packedStrides, i } } });
            const cases = [
                [strides(2 ** 32 + 8), /RangeError: layout\.packedStrides\.i /], [strides(-8), /RangeError: layout\.packedStrides\.i /],
                [strides(NaN), /TypeError: layout\.packedStrides\.i /], [strides("8"), /TypeError: layout\.packedStrides\.i /],
                [strides(8.5), /TypeError: layout\.packedStrides\.i /], [strides(undefined), /TypeError: layout\.packedStrides\.i /],
                [{ layout: { ...usualLayout, none: [2 ** 32 + 4, 0] } }, /RangeError: layout\.none /],
                [{ layout: { ...usualLayout, none: [4] } }, /TypeError: layout\.none /],
                [{ layout: { ...usualLayout, some: undefined } }, /TypeError: layout\.some\.i /],
                [{ layout: { ...usualLayout, someTag: 2 ** 32 + 1 } }, /RangeError: layout\.someTag /],
                [{ layout: { ...usualLayout, arrayHeader: "ab" } }, /TypeError: layout\.arrayHeader /], [{ layout: 8 }, /TypeError: layout /],
                [{ sizeHeader: [-4, 33] }, /RangeError: sizeHeader\[1\] /], [{ sizeHeader: [-4, -1] }, /RangeError: sizeHeader\[1\] /],
                [{ sizeHeader: [2 ** 31, 1] }, /RangeError: sizeHeader\[0\] /], [{ sizeHeader: [NaN, NaN] }, /TypeError: sizeHeader\[0\] /],
                [{ sizeHeader: "ab" }, /TypeError: sizeHeader /], [{ sizeHeader: [-4] }, /TypeError: sizeHeader /],
                [{ sizeHeader: ["-4", 1] }, /TypeError: sizeHeader\[0\] /],
                [{ sizeHeader: [-4, 1], usableSize: "usable_size" }, /TypeError: give sizeHeader or usableSize, not both/],
                [{ usableSize: () => 8 }, /TypeError: usableSize /], [{ memory: 7 }, /TypeError: memory /],
                [{ names: { map: "map_new" } }, /TypeError: names /], [{ seed: 7n }, /TypeError: seed /],
            ];
            for (const [options, expected] of cases) assert.throws(() => hostBuckets(core, options), expected);
            for (const options of [{ sizeHeader: [-4, 0] }, { sizeHeader: [-4, 31] }, strides(8), { layout: null, sizeHeader: null }])
                attached(guestExports(), options);
        },

        "exports of other types are refused by name"() {
            const pointers = [
                () => 64, new WebAssembly.Memory({ initial: 1 }), global("externref", true, null), global("f64", true, 64),
                global("f32", true, 64), global("i64", true, 64n), global("i32", false, 64), 64, null, { value: 64 },
            ];
            for (const shadow_stack_pointer of pointers)
                assert.throws(() => attached(guestExports({ shadow_stack_pointer })), /TypeError: .* shadow_stack_pointer is not a mutable i32 global/);
            for (const shadow_stack_end of [() => 64, global("f64", false, 4096), global("i64", false, 64n), 4096, null])
                assert.throws(() => attached(guestExports({ shadow_stack_end })), /TypeError: .* shadow_stack_end is not an i32 global/);
            for (const memory of [new ArrayBuffer(65536), {}, () => 0, global("i32", true, 0)])
                assert.throws(() => attached(guestExports({ memory })), /TypeError: .* memory is not a memory/);
            assert.throws(() => attached(guestExports({ alloc: 1024 })), /TypeError: .* alloc is not a function/);
            assert.throws(() => attached(guestExports({ size: 8 }), { usableSize: "size" }), /TypeError: .* size is not a function/);
        },

        "an export that an option names must exist"() {
            const end = { shadow_stack_end: global("i32", false, 4096) };
            assert.throws(() => attached(guestExports(end), { shadowStackEnd: "shadow_stack_ende" }), /TypeError: the guest exports no shadow_stack_ende/);
            for (const exports of [{}, end, { shadow_stack_end: global("i32", true, 4096) }]) attached(guestExports(exports));
            attached(guestExports({ ende: end.shadow_stack_end }), { shadowStackEnd: "ende" });
            // Of a stack that ends where the host's block would be rooted.
            assert.throws(() => attached(guestExports({ shadow_stack_end: global("i32", false, 64) })), /RangeError: .* shadow stack is full/);
        },

        "an error says that the guest removed the host's block"() {
            const exports = guestExports();
            const { env, host } = attached(exports);
            assert.throws(() => env.map_size(4), /malformed: memory access out of bounds/);
            const block = new DataView(exports.memory.buffer).getUint32(64, true);
            // As a collector does with a block that nothing leads to.
            exports.shadow_stack_pointer.value = 64;
            new Uint8Array(exports.memory.buffer).fill(0xdb, block, block + 33280);
            assert.throws(() => env.map_size(4), (error) => error instanceof Refusal && /host's block was overwritten/.test(error));
            assert.throws(() => host.read(4, "i", "i"), /host's block was overwritten/);
        },
    };
}
