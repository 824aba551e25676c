// A guest in JavaScript: a memory, and an allocator that never frees.

import { hostBuckets } from "../host.js";
import { moduleThatImports } from "./module.mjs";

export const FUNCTIONS = [
    ["map_new", "", "i32"],
    ["map_size", "i32", "i32"],
    ["map_insert$ki_vi", "i32 i64 i64", "i32"],
    ["map_insert_in_place$ki_vi", "i32 i64 i64", ""],
    ["map_remove$ki", "i32 i64", "i32"],
    ["map_remove_in_place$ki", "i32 i64", ""],
    ["map_get$ki_vi", "i32 i64 i64", "i64"],
    ["map_contains$ki", "i32 i64", "i32"],
    ["map_insert$ks_vi", "i32 i32 i32 i64", "i32"],
    ["map_insert_in_place$ks_vi", "i32 i32 i32 i64", ""],
    ["map_remove$ks", "i32 i32 i32", "i32"],
    ["map_get$ks_vi", "i32 i32 i32 i64", "i64"],
    ["map_keys$ki", "i32", "i32 i32"],
];

/** How many bytes its memory has. */
export const SIZE = 1 << 22;
/** Where its first block is, which is the core's. */
export const FIRST = 1024;

export class Linear {
    constructor(core, options = {}) {
        this.memory = new WebAssembly.Memory({ initial: SIZE / 65536 });
        this.top = FIRST;
        this.alloc = (size) => {
            const block = this.top;
            this.top = (block + size + 15) & ~15;
            return this.top > SIZE ? 0 : block;
        };
        const host = hostBuckets(core, { shadowStackPointer: null, ...options });
        this.host = host;
        this.calls = host.imports(moduleThatImports(FUNCTIONS)).env;
        host.attach({ exports: { memory: this.memory, alloc: this.alloc } });
        /** The first byte after the core's block. */
        this.start = this.top;
    }

    get view() {
        return new DataView(this.memory.buffer);
    }

    text(string) {
        const bytes = new TextEncoder().encode(string);
        const block = this.alloc(Math.max(bytes.length, 1));
        new Uint8Array(this.memory.buffer, block).set(bytes);
        return [block, bytes.length];
    }
}
