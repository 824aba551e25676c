// The cases in Node: `BUILT=folder node --test node.test.mjs`, where the folder has the modules.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { allCases } from "./all.mjs";

const built = (name) => readFile(join(process.env.BUILT, name));
const given = {
    coreBytes: await built("drystone-core.wasm"),
    allBytes: await built("drystone.wasm"),
    guestBytes: await built("guest.wasm"),
    exampleBytes: await built("guest-imports.wasm"),
    digests: JSON.parse(await readFile(new URL("digests.json", import.meta.url))),
};
for (const [file, cases] of Object.entries(await allCases(given)))
    for (const [name, run] of Object.entries(cases)) test(`${file}: ${name}`, run);
