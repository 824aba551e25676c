// The benches in Node: `BUILT=folder node node.mjs`.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { benches } from "./benches.mjs";

const built = (name) => readFile(join(process.env.BUILT, name));
await benches({
    coreBytes: await built("drystone-core.wasm"),
    allBytes: await built("drystone.wasm"),
    guestBytes: await built("guest.wasm"),
    native: Number(process.env.NATIVE_GET) || undefined,
    print: console.log,
});
