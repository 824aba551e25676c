// The cases in a page. `outcome` has the results; with `?post` the page posts them to the server, for browsers without a driver.

import { allCases } from "./all.mjs";
import { workerCases } from "./cases/workers.mjs";

const fetched = async (name) => new Uint8Array(await (await fetch(new URL(name, location.origin + "/built/"))).arrayBuffer());

async function run() {
    const given = {
        coreBytes: await fetched("drystone-core.wasm"),
        allBytes: await fetched("drystone.wasm"),
        guestBytes: await fetched("guest.wasm"),
        exampleBytes: await fetched("guest-imports.wasm"),
        digests: await (await fetch(new URL("digests.json", import.meta.url))).json(),
    };
    const all = { workers: workerCases() };
    // Cases that do not need an isolated page run once.
    if (crossOriginIsolated) Object.assign(all, await allCases(given));
    const outcome = [];
    for (const [file, cases] of Object.entries(all))
        for (const [name, test] of Object.entries(cases)) {
            const start = performance.now();
            let error;
            try {
                await test();
            } catch (caught) {
                error = String(caught?.stack ?? caught);
            }
            outcome.push({ name: `${file}: ${name}`, error, took: Math.round(performance.now() - start) });
        }
    return outcome;
}

globalThis.outcome = run().catch((error) => [{ name: "the page", error: String(error?.stack ?? error), took: 0 }]);
if (new URLSearchParams(location.search).has("post"))
    globalThis.outcome.then((outcome) => fetch("/outcome", { method: "POST", body: JSON.stringify(outcome) }));
