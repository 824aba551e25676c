// Passes what it receives to the other worker, or back. The first worker measures the time.

import { load, post, receive, wota } from "../index.js";

const ready = load(fetch("/built/drystone.wasm"));
let partner;
let left = 0;
let start = 0;

/** Sends it on, as it came. */
function send(what) {
    if (what.copy) partner.postMessage(what);
    else post(partner, wota.encode(what));
}

function read(data) {
    return data.copy ? data : wota.decode(receive(data));
}

onmessage = async ({ data }) => {
    await ready;
    if (data.port) {
        partner = data.port;
        partner.onmessage = ({ data }) => {
            const what = read(data);
            if (left === 0) return send(what);
            const took = performance.now() - start;
            left -= 1;
            postMessage({ took });
            if (left > 0) hop(what);
            return undefined;
        };
        return;
    }
    const what = read(data);
    left = what.hops;
    hop(what);
};

function hop(what) {
    start = performance.now();
    send(what);
}
