// The page: two workers with a stone of 64 MB, and a guest on two hosts.

import { hostBuckets, load, post, sharing, stone, wota } from "../index.js";
import { ReencodeHost } from "../tests/reencode.mjs";
import { drawPoints } from "./chart.js";

const find = (id) => document.getElementById(id);
const query = new URL(location.href).searchParams;
/** For tests: smaller, so that they end soon. */
const BYTES = Number(query.get("bytes")) || 64 * 1024 * 1024;
const MOST_INSERTS = Number(query.get("inserts")) || 10_000;
const HOPS = 20;

const show = (milliseconds) =>
    milliseconds < 1 ? `${(milliseconds * 1000).toFixed(0)} µs`
        : milliseconds < 1000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
const median = (times) => [...times].sort((one, other) => one - other)[times.length >> 1];

function fillTable(id, rows) {
    const body = find(id).tBodies[0];
    body.replaceChildren(
        ...rows.map((cells) => {
            const row = document.createElement("tr");
            cells.forEach((text, at) => {
                const cell = document.createElement(at === 0 ? "th" : "td");
                if (at === 0) cell.scope = "row";
                cell.textContent = text;
                row.append(cell);
            });
            return row;
        }),
    );
}

/** Makes a button run something, and reports it in a status line. */
function onRun(name, run) {
    const [button, status] = [find(`${name}-run`), find(`${name}-status`)];
    button.addEventListener("click", async () => {
        button.disabled = true;
        try {
            status.textContent = await run((text) => (status.textContent = text));
        } catch (error) {
            status.textContent = `It failed: ${error.message}`;
        }
        button.disabled = false;
    });
}

// ---- stones ----

function workers() {
    const made = [1, 2].map(() => new Worker(new URL("worker.js", import.meta.url), { type: "module" }));
    const channel = new MessageChannel();
    made[0].postMessage({ port: channel.port1 }, [channel.port1]);
    made[1].postMessage({ port: channel.port2 }, [channel.port2]);
    return made;
}

/** One way there and back, through both workers, as often as asked; after each hop `hopped(times)`. */
function passOn(first, start, hopped) {
    return new Promise((resolve, reject) => {
        const times = [];
        first.onerror = (event) => reject(new Error(event.message ?? "a worker failed"));
        first.onmessage = ({ data }) => {
            times.push(data.took / 2);
            hopped(times);
            if (times.length === HOPS) resolve(times);
        };
        start(HOPS);
    });
}

onRun("stones", async (say) => {
    say("Making 64 MB…");
    const [first, second] = workers();
    const series = { ours: [], theirs: [] };
    const draw = () => drawPoints(find("stones-chart"), series, { format: show, most: HOPS });
    const bytes = new Uint8Array(BYTES).fill(7);
    const picture = stone(bytes);
    const ours = await passOn(first, (hops) => {
        say(`Passing a stone (${sharing()})…`);
        post(first, wota.encode({ picture, hops }));
    }, (times) => {
        series.ours = times.map((time, at) => [at + 1, time]);
        draw();
    });
    const theirs = await passOn(first, (hops) => {
        say("Copying by postMessage…");
        first.postMessage({ copy: bytes, hops }, [bytes.buffer]);
    }, (times) => {
        series.theirs = times.map((time, at) => [at + 1, time]);
        draw();
    });
    first.terminate();
    second.terminate();
    const row = (name, times) => [name, times.length, show(median(times)), show(times.reduce((sum, time) => sum + time, 0))];
    fillTable("stones-table", [row(`stone, ${sharing()}`, ours), row("copied", theirs)]);
    return `A hop with the stone took ${show(median(ours))}, with a copy ${show(median(theirs))}.`;
});

// ---- chains ----

const bytesOf = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());

onRun("chain", async (say) => {
    const [core, guestBytes] = [await WebAssembly.compileStreaming(fetch("/built/drystone-core.wasm")), await bytesOf("/built/guest.wasm")];
    const ways = {
        async ours() {
            const { exports } = await hostBuckets(core, { usableSize: "usable_size" }).instantiate(guestBytes);
            return exports;
        },
        async theirs() {
            const host = new ReencodeHost();
            const { instance } = await WebAssembly.instantiate(guestBytes, host.imports(guestBytes));
            host.attach(instance.exports);
            return instance.exports;
        },
    };
    const series = { ours: [], theirs: [] };
    const rows = [];
    for (const part of [0.1, 0.2, 0.4, 0.7, 1]) {
        const inserts = Math.round(MOST_INSERTS * part);
        say(`${inserts} inserts…`);
        const took = {};
        for (const way of ["ours", "theirs"]) {
            const guest = await ways[way]();
            // Lets the page be drawn in between.
            await new Promise((resolve) => setTimeout(resolve));
            const start = performance.now();
            guest.chain_int(BigInt(inserts));
            took[way] = performance.now() - start;
            series[way].push([inserts, took[way]]);
        }
        drawPoints(find("chain-chart"), series, { format: show, most: MOST_INSERTS });
        rows.push([String(inserts), show(took.ours), show(took.theirs), `${(took.theirs / took.ours).toFixed(0)}×`]);
        fillTable("chain-table", rows);
    }
    return `${rows.at(-1)[0]} inserts: ${rows.at(-1)[1]} beside ${rows.at(-1)[2]}.`;
});

await load(fetch("/built/drystone.wasm"));
find("isolation").textContent = crossOriginIsolated
    ? "This page is isolated: workers share stones."
    : "This page is not isolated: stones are transferred between workers.";
document.documentElement.dataset.ready = "yes";
