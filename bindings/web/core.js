// The core with its own memory, and access to that memory. The memory may grow in any call, which detaches all views of
// it, so each use makes new ones.

import { refuse } from "./error.js";
import { putText } from "./text.js";

/** The core's exports, once `load` has them. */
export let exports;

/**
 * Starts the core from a compiled module, its bytes, or a response with them (or a promise of one of these). Everything
 * except `hostBuckets` needs it. Later calls do nothing.
 */
export async function load(source) {
    if (exports) return;
    const given = await source;
    const isModule = given instanceof WebAssembly.Module;
    const response = typeof Response === "function" && given instanceof Response;
    const module = isModule ? given : await WebAssembly.compile(response ? await given.arrayBuffer() : given);
    exports ??= (await WebAssembly.instantiate(module, {})).exports;
}

let beforeUse;

/** Calls `run` once, before the next use of the core by anyone; undefined cancels that. */
export function watch(run) {
    beforeUse = run;
}

/** The core. Throws before `load` has finished. */
export function core() {
    if (beforeUse !== undefined) {
        const run = beforeUse;
        beforeUse = undefined;
        run();
    }
    return exports ?? refuse("UNSUPPORTED", "drystone is used before load()");
}

export const bytesAt = (at, length) => new Uint8Array(exports.memory.buffer, at, length);
export const unitsAt = (at, length) => new Uint16Array(exports.memory.buffer, at, length);
export const wordsAt = (at, length) => new Uint32Array(exports.memory.buffer, at, length);

const here = (at) => (at === 0 ? refuse("NO_MEMORY", "drystone") : at >>> 0);

/** Copies bytes into the core's input. */
export function give(bytes) {
    const at = here(core().input_room(bytes.length));
    bytesAt(at, bytes.length).set(bytes);
    return bytes.length;
}

/** Copies numbers into the core's list. */
export function giveList(numbers) {
    wordsAt(here(core().list_room(numbers.length)), numbers.length).set(numbers);
    return numbers.length;
}

export const takeList = (count) => Array.from(wordsAt(here(core().list_room(count)), count));

/** The core's four fields of 64 bits. */
export const fields = () => new DataView(exports.memory.buffer, exports.fields_room(), 32);

/** Copies texts into the core's input, one after another. Returns the length of each in bytes. */
export function giveTexts(...texts) {
    const most = texts.reduce((sum, text) => sum + 3 * text.length, 0);
    const room = bytesAt(here(core().input_room(most)), most);
    let at = 0;
    return texts.map((text) => {
        const length = putText(text, room.subarray(at));
        at += length;
        return length;
    });
}
