// The tests in Chromium: `BUILT=folder MODULES=folder node chromium.mjs`, where the folders have the modules, and
// playwright-core. With `--bench` the benches instead.

import { createRequire } from "node:module";
import { join } from "node:path";

import { demoTests } from "./demo.mjs";
import { PAGES, Report } from "./report.mjs";
import { serve } from "./server.mjs";

const { BUILT, MODULES, CHROMIUM, NATIVE_GET } = process.env;
const { chromium } = createRequire(join(MODULES, "package.json"))("playwright-core");

const server = await serve(BUILT);
// Containers have no room for a sandbox of its own when one is root.
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const report = new Report();
try {
    console.log(`Chromium ${browser.version()}`);
    if (process.argv.includes("--bench")) {
        const page = await browser.newPage();
        page.on("console", (message) => console.log(message.text()));
        await page.goto(`${server.address}/bindings/web/bench/page.html?native=${NATIVE_GET ?? ""}`);
        await page.evaluate(() => globalThis.outcome);
    } else {
        for (const path of PAGES) {
            const page = await browser.newPage();
            page.on("pageerror", (error) => report.add({ name: path, error }));
            await page.goto(server.address + path);
            await page.waitForFunction(() => globalThis.outcome !== undefined);
            for (const one of await page.evaluate(() => globalThis.outcome)) report.add(one);
            await page.close();
        }
        for (const [name, run] of Object.entries(demoTests(browser, server.address, BUILT))) {
            const start = performance.now();
            const error = await run().then(() => undefined, (error) => error);
            report.add({ name: `demo: ${name}`, error, took: Math.round(performance.now() - start) });
        }
    }
} finally {
    await browser.close();
    server.close();
}
report.finish();
