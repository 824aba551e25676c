// Hosts of WebAssembly guests that keep their maps and sets in their own memory: in browsers and in Node.

import { DrystoneError, refuse, wordsOf } from "./error.js";
import { makeGlue, makeStubs } from "./glue.js";
import { GuestMemory } from "./memory.js";
import { functionImports } from "./module.js";
import { checkedOptions } from "./options.js";
import { STATUSES } from "./statuses.js";
import { TextBudget, textOfBytes } from "./text.js";

const KINDS = { i32: 0, i64: 1, f32: 2, f64: 3 };
const WORDS = { 7: "memory access out of bounds", 9: "indirect call type mismatch" };
const DROPPED = "the host's block was overwritten; the guest must not remove it from its shadow stack";
const FLAGS = { plain: 1, copyStrings: 2, zeroed: 4 };

/** The error of a guest's call that was refused; no map has changed. */
export class Refusal extends WebAssembly.RuntimeError {
    constructor(name, status, reason = WORDS[status] ?? "unreachable") {
        super(`${name}: ${wordsOf(STATUSES[status] ?? `status ${status}`)}: ${reason}`);
        this.name = "Refusal";
        this.status = status;
    }
}

/** Offsets in the core's block in the guest's memory. */
const STACK = 32768;
const PLACES = { words: STACK, layout: STACK + 64, types: STACK + 192, name: STACK + 256 };
const SCRATCH = STACK + 512;
const [TYPES, NAME] = [PLACES.name - PLACES.types, SCRATCH - PLACES.name];

/** The core on a memory; the block at `block` has its stack and its arguments. */
class Core {
    #layoutWords;

    constructor(module, memory, block, host, { layoutWords }) {
        this.memory = memory;
        this.block = block;
        this.#layoutWords = layoutWords;
        this.exports = new WebAssembly.Instance(module, { env: { memory }, host }).exports;
        // Blocks are aligned to 8 bytes, the stack to 16.
        this.exports.__stack_pointer.value = (block + STACK) & ~15;
        const view = new DataView(memory.buffer);
        layoutWords.forEach((word, place) => view.setUint32(this.at("layout") + 4 * place, word, true));
    }

    /** Whether the block still has the layout: nobody but this writes there while the block is rooted. */
    get isWhole() {
        const view = new DataView(this.memory.buffer);
        return this.#layoutWords.every((word, place) => view.getUint32(this.at("layout") + 4 * place, true) === word);
    }

    /** Why a call failed, if it is not the call's own fault. */
    get reason() {
        return this.isWhole ? undefined : DROPPED;
    }

    at(place) {
        return this.block + PLACES[place];
    }

    /** The number of the library's import of that name and type; below 0 a status. */
    find(name, parameters, results) {
        const bytes = new TextEncoder().encode(name);
        // No import of the library has that many types, but the name decides whether it is one of those.
        if (parameters.length + results.length > TYPES) [parameters, results] = [["other"], []];
        const kinds = [...parameters, ...results].map((one) => KINDS[one] ?? 255);
        if (bytes.length > NAME) return -10;
        const memory = new Uint8Array(this.memory.buffer);
        memory.set(bytes, this.at("name"));
        memory.set(kinds, this.at("types"));
        const types = this.at("types");
        return this.exports.import_find(
            this.at("name"), bytes.length, types, parameters.length, types + parameters.length, results.length,
            this.at("layout"),
        );
    }
}

const nobody = { alloc: () => 0, usable_size: () => 0, push_root() {}, pop_roots() {}, seed: () => 0n };

/**
 * A host of one guest.
 *
 * `core` is the compiled module `drystone-core.wasm`. Options: `names(name)` maps a name of the guest to one of the
 * library's imports; `layout`; the names of the guest's exports `memory`, `alloc`, `usableSize`, `shadowStackPointer`
 * (null for a guest without one: then nothing is rooted) and `shadowStackEnd`; `sizeHeader: [-4, 1]` instead of
 * `usableSize`; `plain`, `copyStrings`, `zeroed`.
 */
export function hostBuckets(core, options = {}) {
    return new HostBuckets(core, options);
}

class HostBuckets {
    #core;
    #guest;
    #module;
    #options;
    /** The imports of modules, each with its stubs, that no guest is attached for yet. */
    #waiting = [];

    constructor(module, options) {
        this.#module = module;
        this.#options = checkedOptions(options);
    }

    /**
     * The library's imports of a module, for `WebAssembly.instantiate`: by module, then name. Their types are read from the
     * module's bytes. If some do not fit, a TypeError lists them.
     */
    imports(bytes) {
        const trial = new Core(this.#module, new WebAssembly.Memory({ initial: 1 }), 1024, nobody, this.#options);
        const [found, misfits] = [[], []];
        for (const one of functionImports(bytes)) {
            const ours = this.#options.names(one.name);
            const code = trial.find(ours, one.parameters, one.results);
            if (code > 0) found.push({ ...one, code });
            else if (code !== -10 || ours !== one.name) {
                const type = `(${one.parameters.join(", ")}) -> (${one.results.join(", ")})`;
                misfits.push(`${one.name} as ${ours}, ${type}: ${wordsOf(STATUSES[-code] ?? `status ${-code}`)}`);
            }
        }
        if (misfits.length) throw new TypeError(misfits.join("; "));
        const stubs = new WebAssembly.Instance(new WebAssembly.Module(makeStubs(found))).exports;
        // Names are the guest's, and may be those of a prototype.
        const imports = Object.create(null);
        found.forEach(({ module, name }, number) => ((imports[module] ??= Object.create(null))[name] = stubs[number]));
        if (this.#guest) this.#bind(found, stubs);
        else this.#waiting.push([found, stubs]);
        return imports;
    }

    /** Attaches the guest's instance, or `{ exports }`, before it calls an import. */
    attach(instance) {
        if (this.#guest) throw new TypeError("the host already has a guest");
        const guest = new GuestMemory(instance.exports, this.#options);
        const block = guest.keep(guest.allocate(SCRATCH));
        const core = new Core(this.#module, guest.memory, block, guest.functions(), this.#options);
        // An allocator may call imports, which allocate again: that must not overflow the stack.
        guest.hasRoom = () => core.exports.__stack_pointer.value - block > STACK / 2;
        [this.#guest, this.#core] = [guest, core];
        this.#waiting.splice(0).forEach(([imports, stubs]) => this.#bind(imports, stubs));
    }

    /** Makes the stubs call the core on the guest's memory. */
    #bind(found, stubs) {
        const [core, guest] = [this.#core, this.#guest];
        const flags = Object.entries(FLAGS).reduce((all, [name, bit]) => (this.#options[name] ? all | bit : all), 0);
        const [layout, words] = [core.at("layout"), core.at("words")];
        const imports = found.map((one) => ({ ...one, lookup: core.exports.import_looks_up(one.code, layout) }));
        const glue = makeGlue(imports, { flags, layout, words });
        const refuse = (status, number) => {
            throw guest.takeTrap() ?? new Refusal(found[number].name, status, core.reason);
        };
        const bound = new WebAssembly.Instance(new WebAssembly.Module(glue), {
            glue: { memory: guest.memory, call: core.exports.import_call, lookup: core.exports.import_lookup, refuse },
        });
        found.forEach((_, number) => stubs.table.set(number, bound.exports[number]));
    }

    /** Compiles a module and instantiates it with the library's imports and others. */
    async instantiate(bytes, others = {}) {
        const imports = this.imports(bytes);
        for (const [module, functions] of Object.entries(others))
            imports[module] = Object.assign(Object.create(null), functions, imports[module]);
        const { instance } = await WebAssembly.instantiate(bytes, imports);
        this.attach(instance);
        return instance;
    }

    /**
     * Copies the map at an offset to a Map; tags `i` (BigInt), `f`, `s`, `b`. Allocates in the guest's memory. Throws a
     * DrystoneError if that is not a map with such strings, a TypeError before a guest is attached.
     */
    read(map, key, value) {
        if (!this.#guest) throw new TypeError("read: the host has no guest yet; attach its instance");
        if (!this.#core.isWhole) refuse("INVALID_ARGUMENT", `read: ${DROPPED}`);
        const budget = new TextBudget(this.#core.memory.buffer.byteLength);
        const keys = this.#column(`map_keys$k${key}`, map, key, budget);
        const values = this.#column(`map_values$v${value}`, map, value, budget);
        return new Map(keys.map((one, place) => [one, values[place]]));
    }

    #column(name, map, tag, budget) {
        const core = this.#core;
        const code = core.find(name, ["i32"], ["i32", "i32"]);
        if (code < 0) throw new TypeError(`read: ${tag} is not a tag: i, f, s or b`);
        const words = core.at("words");
        new DataView(core.memory.buffer).setUint32(words, map, true);
        const status = core.exports.import_call(0, code, core.at("layout"), words);
        if (status !== 0) throw this.#guest.takeTrap() ?? new DrystoneError(STATUSES[status], `read: ${name}`);
        const view = new DataView(core.memory.buffer);
        const [first, count] = [view.getUint32(words, true), view.getUint32(words + 8, true)];
        const stride = this.#options.layout.packedStrides[tag];
        return Array.from({ length: count }, (_, place) => field(view, first + stride * place, tag, budget));
    }
}

function field(view, at, tag, budget) {
    if (tag === "i") return view.getBigInt64(at, true);
    if (tag === "f") return view.getFloat64(at, true);
    if (tag === "b") return view.getUint32(at, true);
    const [pointer, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (length === 0) return "";
    if (pointer + length > view.byteLength) refuse("MALFORMED", "read: a string outside of the memory");
    budget.spend(length, "read");
    // A copy: decoders do not take shared memory.
    return textOfBytes(new Uint8Array(view.buffer, pointer, length).slice(), "read");
}
