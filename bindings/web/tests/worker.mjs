// A worker of the tests: adds up the bytes that it receives, and passes them on.

import { load, post, receive, sharing, wota } from "../index.js";

const ready = load(fetch("/built/drystone.wasm"));
let partner;

async function handle(data, to) {
    await ready;
    const { picture, hops } = wota.decode(receive(data));
    const sum = picture.bytes.reduce((sum, byte) => sum + byte, 0);
    post(to, wota.encode({ picture, sum, hops: [...hops, sharing()] }));
}

onmessage = ({ data }) => {
    if (data.port) {
        partner = data.port;
        // From the other worker to the page.
        partner.onmessage = ({ data }) => handle(data, globalThis);
    } else handle(data, partner);
};
