// A guest's memory during a call: its allocator, its shadow stack, the sizes of its blocks.

const WORD = 4;
const USUAL_END = "shadow_stack_end";
/** The types of imports that accept a kind of export. */
const KINDS = { memory: [[2, 0, 0]], "mutable i32 global": [[3, 0x7f, 1]], "i32 global": [[3, 0x7f, 0], [3, 0x7f, 1]] };

/** Whether a value has a type, as the engine decides it: a module imports the value. */
function isOfType(value, type) {
    const imports = [1, 0, 0, ...type];
    const bytes = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, imports.length, ...imports];
    const module = new WebAssembly.Module(new Uint8Array(bytes));
    try {
        return new WebAssembly.Instance(module, { "": { "": value } }) !== undefined;
    } catch (error) {
        if (error instanceof WebAssembly.LinkError) return false;
        throw error;
    }
}

export class GuestMemory {
    /** Throws a TypeError when an export is missing, or is something else. */
    constructor(exports, options) {
        const named = (name, kind) => {
            const found = exports[name];
            if (found === undefined) throw new TypeError(`the guest exports no ${name}`);
            // A Number would be a global, too.
            const isObject = typeof found === "object" && KINDS[kind]?.some((type) => isOfType(found, type));
            if (kind === "function" ? typeof found !== kind : !isObject) {
                const article = kind.startsWith("i") ? "an" : "a";
                throw new TypeError(`the guest's export ${name} is not ${article} ${kind}`);
            }
            return found;
        };
        const { shadowStackPointer = "shadow_stack_pointer", shadowStackEnd } = options;
        this.memory = named(options.memory, "memory");
        this.alloc = named(options.alloc, "function");
        this.usableSize = options.usableSize == null ? undefined : named(options.usableSize, "function");
        this.sizeHeader = options.sizeHeader;
        // A guest without a shadow stack must be declared: otherwise blocks could be unrooted by mistake.
        this.stack = shadowStackPointer === null ? undefined : named(shadowStackPointer, "mutable i32 global");
        // Without an export of the usual name, the stack ends with the memory.
        const hasEnd = this.stack && (shadowStackEnd ?? exports[USUAL_END]) !== undefined;
        this.stackEnd = hasEnd ? named(shadowStackEnd ?? USUAL_END, "i32 global").value : 2 ** 32;
        this.roots = { base: 0, count: 0, shown: 0, lost: false };
        this.newest = [0, 0];
        this.trap = undefined;
        this.seed = options.seed ?? (() => crypto.getRandomValues(new BigInt64Array(1))[0]);
        this.hasRoom = () => true;
    }

    /** Returns and clears the error that the guest's allocator threw during a call. */
    takeTrap() {
        const trap = this.trap;
        this.trap = undefined;
        return trap;
    }

    /** The functions that the core imports. None of them throws, because the core must return normally. */
    functions() {
        return {
            alloc: (size) => this.#guarded(size),
            usable_size: (offset, asked) => (this.newest[0] === offset >>> 0 ? this.newest[1] : asked),
            push_root: (offset) => this.#push(offset >>> 0),
            pop_roots: (count) => this.#pop(count >>> 0),
            seed: this.seed,
        };
    }

    /** Allocates a block. Throws the allocator's error, or a RangeError when it returns no block. */
    allocate(size) {
        const block = this.alloc(size) >>> 0;
        if (block === 0 || block + size > this.memory.buffer.byteLength) throw new RangeError("the guest has no memory");
        return block;
    }

    /** Roots a block permanently. */
    keep(block) {
        if (this.stack) {
            const place = this.stack.value >>> 0;
            if (place + WORD > this.#end()) throw new RangeError("the guest's shadow stack is full");
            new DataView(this.memory.buffer).setUint32(place, block, true);
            this.stack.value = place + WORD;
        }
        return block;
    }

    #end() {
        return Math.min(this.stackEnd >>> 0 || 2 ** 32, this.memory.buffer.byteLength);
    }

    #guarded(size) {
        if (this.trap !== undefined || this.roots.lost || !this.hasRoom()) return 0;
        const roots = this.roots;
        if (this.stack && roots.count > roots.shown) {
            this.stack.value = roots.base + WORD * roots.count;
            roots.shown = roots.count;
        }
        // The allocator may call imports: a nested call has its own roots.
        this.roots = { base: 0, count: 0, shown: 0, lost: false };
        try {
            const block = this.alloc(size) >>> 0;
            // Asked here, because a trap must end the call before it changes anything.
            if (block !== 0) this.newest = [block, this.#sizeOf(block, size)];
            return block;
        } catch (error) {
            this.trap = error ?? new Error("the guest's allocator threw nothing");
            return 0;
        } finally {
            this.roots = roots;
        }
    }

    #sizeOf(block, asked) {
        if (this.usableSize) return this.usableSize(block) >>> 0;
        if (!this.sizeHeader) return asked;
        const [offset, shift] = this.sizeHeader;
        const at = block + offset;
        const inside = at >= 0 && at + WORD <= this.memory.buffer.byteLength;
        return inside ? new DataView(this.memory.buffer).getUint32(at, true) >>> shift : asked;
    }

    #push(offset) {
        if (!this.stack) return;
        const roots = this.roots;
        if (roots.count === 0) roots.base = this.stack.value >>> 0;
        const place = roots.base + WORD * roots.count;
        if (place + WORD <= this.#end()) new DataView(this.memory.buffer).setUint32(place, offset, true);
        else roots.lost = true;
        roots.count += 1;
    }

    #pop(count) {
        const roots = this.roots;
        roots.count = Math.max(roots.count - count, 0);
        if (roots.count !== 0) return;
        if (roots.shown !== 0) this.stack.value = roots.base;
        this.roots = { base: 0, count: 0, shown: 0, lost: false };
    }
}
