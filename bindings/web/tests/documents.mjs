// Runs the JavaScript of the documents unchanged. `expression;   // → value` states the result.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = new URL("../../../", import.meta.url);
const PACKAGE = new URL("../index.js", import.meta.url).href;
const EXPECTS = /^(\s*)(?!const |let )(\S.*?);\s*\/\/ → (.+)$/gm;

/** A case for each piece of JavaScript in a document; the modules are fetched from the folder. */
export async function documentCases(document, built) {
    const text = await readFile(new URL(document, ROOT), "utf8");
    const cases = {};
    // What the pieces speak of.
    globalThis.fetch = async (name) =>
        new Response(await readFile(join(built, name)), { headers: { "Content-Type": "application/wasm" } });
    globalThis.check = (one, other) => assert.deepEqual(one, other);
    globalThis.log = () => {};
    globalThis.bytesOfTheGuest = await readFile(join(built, "guest.wasm"));
    const folder = join(built, "documents");
    await mkdir(folder, { recursive: true });
    let number = 0;
    for (const [, piece] of text.matchAll(/^```js\n(.*?)^```$/gms)) {
        number += 1;
        const checks = [...piece.matchAll(EXPECTS)].length;
        const program = piece.replaceAll(EXPECTS, "$1check($2, $3);").replaceAll('"drystone"', JSON.stringify(PACKAGE));
        const path = join(folder, `${document.replaceAll("/", "-")}-${number}.mjs`);
        await writeFile(path, program);
        cases[`${document}, piece ${number}: ${checks} checks`] = () => import(pathToFileURL(path).href);
    }
    assert.ok(number > 0);
    return cases;
}
