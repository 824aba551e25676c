// A host for guest.wat in JavaScript, in Node or a browser: `node host.mjs CORE GUEST`, both compiled to .wasm.

import { readFile } from "node:fs/promises";

import { hostBuckets } from "../../bindings/web/host.js";

const [core, guest] = await Promise.all(process.argv.slice(2, 4).map((path) => readFile(path)));
// Maps the compiler's names to the library's.
const names = (name) => name.replace("hashmap_", "map_").replace("hashset_", "set_");
const host = hostBuckets(await WebAssembly.compile(core), { names, sizeHeader: [-4, 1] });
const { exports } = await host.instantiate(guest);

console.log("the first check that failed:", exports.run());
console.log("read by the host:", Object.fromEntries(host.read(exports.ages(), "s", "f")));
try {
    exports.broken();
} catch (refusal) {
    console.log("no map:", refusal.message);
}
