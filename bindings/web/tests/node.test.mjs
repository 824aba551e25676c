// The cases in Node: `BUILT=folder node --test node.test.mjs`, where the folder has the modules.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { allCases } from "./all.mjs";
import { documentCases } from "./documents.mjs";

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
for (const document of ["docs/web.md", "bindings/web/README.md"])
    for (const [name, run] of Object.entries(await documentCases(document, process.env.BUILT))) test(name, run);

test("what is declared is what is exported", async () => {
    const declared = await readFile(new URL("../drystone.d.ts", import.meta.url), "utf8");
    const names = [...declared.matchAll(/^export (?:class|function|const|namespace) (\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(names.sort(), Object.keys(await import("../index.js")).sort());
    const members = (name) => [...declared.match(new RegExp(`^export namespace ${name} \\{(.*?)^\\}`, "ms"))[1].matchAll(/function (\w+)/g)].map(([, member]) => member);
    const { nota, wota } = await import("../index.js");
    assert.deepEqual(members("wota").sort(), Object.keys(wota).sort());
    assert.deepEqual(members("nota").sort(), Object.keys(nota).sort());
});
