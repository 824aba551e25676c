// A host for bucket maps as one writes it first: for each operation it decodes the whole bucket to a Map, changes that, and
// encodes it into a fresh bucket. Plain layout: no index, nothing shared between versions. To compare with, in benches and
// the demo; and an independent reader of the plain layout, for the tests.

import { functionImports } from "../module.js";

const MAP = 0xfeedc001;
const SLOT = 20;

export class ReencodeHost {
    /** With `versions`, it also reads maps that share a bucket, by the additional rule in docs/bucket.md. */
    constructor({ versions = false } = {}) {
        this.versions = versions;
    }

    /** The exports of a guest; blocks are rooted on its shadow stack, if it has one. */
    attach({ memory, alloc, shadow_stack_pointer: stack }) {
        [this.memory, this.alloc, this.stack] = [memory, alloc, stack];
    }

    /** The imports of a guest's module: those that its chain of inserts needs; all others throw. */
    imports(bytes) {
        const ours = {
            map_new: () => this.store(new Map()),
            map_size: (map) => this.entries(map).size,
            map_insert$ki_vi: (map, key, value) => this.insert(map, key, value),
            map_get$ki_vi: (map, key, otherwise) => this.get(map, key, otherwise),
        };
        const refuse = (name) => () => {
            throw new Error(`${name} is not offered`);
        };
        return { env: Object.fromEntries(functionImports(bytes).map(({ name }) => [name, ours[name] ?? refuse(name)])) };
    }

    get view() {
        return new DataView(this.memory.buffer);
    }

    /** The entries of a map of integers, by the keys' fields. */
    entries(map) {
        const view = this.view;
        if (view.getUint32(map, true) !== MAP) throw new TypeError("no map");
        const bucket = view.getUint32(map + 8, true);
        const found = new Map();
        if (bucket === 0) return found;
        let [capacity, count] = [view.getUint32(bucket, true), view.getUint32(bucket + 4, true)];
        const second = view.getUint32(map + 4, true);
        if (this.versions && second >>> 31) [capacity, count] = [second & 0x7fffffff, Infinity];
        for (let slot = 0; slot < capacity && found.size < count; slot += 1) {
            const at = bucket + 8 + SLOT * slot;
            if (view.getUint32(at, true) !== 1) continue;
            found.set(view.getBigUint64(at + 4, true), view.getBigUint64(at + 12, true));
        }
        return found;
    }

    /** A new map with the entries. */
    store(entries) {
        let capacity = 8;
        while (capacity < 2 * entries.size) capacity *= 2;
        const bucket = this.alloc(8 + SLOT * capacity) >>> 0;
        new Uint8Array(this.memory.buffer, bucket, 8 + SLOT * capacity).fill(0);
        let view = this.view;
        view.setUint32(bucket, capacity, true);
        view.setUint32(bucket + 4, entries.size, true);
        let at = bucket + 8;
        for (const [key, value] of entries) {
            view.setUint32(at, 1, true);
            view.setBigUint64(at + 4, BigInt.asUintN(64, key), true);
            view.setBigUint64(at + 12, BigInt.asUintN(64, value), true);
            at += SLOT;
        }
        const map = this.rooted(bucket, () => this.alloc(12) >>> 0);
        view = this.view;
        view.setUint32(map, MAP, true);
        view.setUint32(map + 4, 0, true);
        view.setUint32(map + 8, bucket, true);
        return map;
    }

    rooted(block, run) {
        if (!this.stack) return run();
        const place = this.stack.value;
        this.view.setUint32(place, block, true);
        this.stack.value = place + 4;
        try {
            return run();
        } finally {
            this.stack.value = place;
        }
    }

    insert(map, key, value) {
        return this.store(this.entries(map).set(BigInt.asUintN(64, key), BigInt.asUintN(64, value)));
    }

    remove(map, key) {
        const entries = this.entries(map);
        return entries.delete(BigInt.asUintN(64, key)) ? this.store(entries) : map;
    }

    get(map, key, otherwise) {
        const found = this.entries(map).get(BigInt.asUintN(64, key));
        return found === undefined ? otherwise : BigInt.asIntN(64, found);
    }
}
