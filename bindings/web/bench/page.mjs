// The benches in a page; the results go to the console.

import { benches } from "./benches.mjs";

const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());

async function run() {
    await benches({
        coreBytes: await bytes("/built/drystone-core.wasm"),
        allBytes: await bytes("/built/drystone.wasm"),
        guestBytes: await bytes("/built/guest.wasm"),
        native: Number(new URL(location.href).searchParams.get("native")) || undefined,
        print: (line) => console.log(line),
    });
}

globalThis.outcome = run().catch((error) => console.log(String(error?.stack ?? error)));
