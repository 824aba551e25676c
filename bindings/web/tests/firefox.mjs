// The cases in Firefox: `BUILT=folder FIREFOX=program node firefox.mjs`, where the folder has the modules. There is no driver: the
// browser opens a page, which posts its results to the server.

import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PAGES, Report } from "./report.mjs";
import { serve } from "./server.mjs";

const { BUILT, FIREFOX } = process.env;
/** When a browser that does not answer is ended, in milliseconds. */
const LONGEST = 300_000;
const PREFERENCES = {
    "app.update.enabled": false,
    "browser.shell.checkDefaultBrowser": false,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
};

/** Opens a page in a browser of its own, with a new profile, until `answer` is there. */
async function open(url, answer) {
    const profile = await mkdtemp(join(tmpdir(), "drystone-firefox-"));
    const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
    await writeFile(join(profile, "user.js"), lines.join(""));
    const browser = spawn(FIREFOX, ["--headless", "--no-remote", "--profile", profile, url], {
        stdio: "ignore", detached: true, env: { ...process.env, HOME: profile },
    });
    const ended = new Promise((resolve, reject) => {
        browser.once("error", reject);
        browser.once("exit", (status) => resolve(`Firefox ended with status ${status}`));
    });
    let timer;
    const late = new Promise((resolve) => {
        timer = setTimeout(() => resolve("Firefox did not answer"), LONGEST);
    });
    try {
        const outcome = await Promise.race([answer, ended, late]);
        if (typeof outcome === "string") throw new Error(`${url}: ${outcome}`);
        return outcome;
    } finally {
        clearTimeout(timer);
        // The browser's own processes, too.
        if (browser.exitCode === null) process.kill(-browser.pid);
        await ended;
        await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
}

console.log(execFileSync(FIREFOX, ["--version"], { encoding: "utf8" }).trim());
const report = new Report();
let posted;
const server = await serve(BUILT, 0, (text) => posted(JSON.parse(text)));
try {
    for (const path of PAGES) {
        const answer = new Promise((resolve) => {
            posted = resolve;
        });
        const outcome = await open(`${server.address}${path}?post`, answer);
        if (outcome.length === 0) throw new Error(`${path} ran no cases`);
        for (const one of outcome) report.add(one);
    }
} finally {
    server.close();
}
report.finish();
