// Stones between web workers.

import { DrystoneError, load, post, receive, sharing, stone, wota } from "../../index.js";
import { assert } from "../assert.mjs";

const next = (worker) =>
    new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => reject(new Error(event.message ?? "a worker's error"));
    });

export function workerCases() {
    return {
        async "two workers exchange a stone and a message that names it"() {
            await load(fetch("/built/drystone.wasm"));
            const how = crossOriginIsolated ? "shared" : "transferred";
            assert.equal(sharing(), how);
            const workers = [1, 2].map(() => new Worker(new URL("../worker.mjs", import.meta.url), { type: "module" }));
            try {
                const channel = new MessageChannel();
                workers[0].postMessage({ port: channel.port1 }, [channel.port1]);
                workers[1].postMessage({ port: channel.port2 }, [channel.port2]);
                const picture = stone(new Uint8Array(1 << 20).fill(7));
                const { buffer } = picture;
                const answer = next(workers[1]);
                assert.equal(post(workers[0], wota.encode({ picture, hops: [] })), how);
                const back = wota.decode(receive(await answer));
                assert.deepEqual(back.hops, [how, how]);
                assert.equal(back.sum, 7 * (1 << 20));
                assert.equal(back.picture.at(12345), 7);
                if (how === "shared") {
                    // The same memory after two workers: a write here is visible there.
                    assert.ok(back.picture.buffer instanceof SharedArrayBuffer);
                    assert.equal(picture.at(0), 7);
                    new Uint8Array(picture.buffer)[0] = 9;
                    assert.equal(back.picture.at(0), 9);
                } else {
                    assert.throws(() => picture.at(0), (error) => error instanceof DrystoneError && error.code === "CLOSED");
                    assert.equal(buffer.byteLength, 0);
                }
            } finally {
                workers.forEach((worker) => worker.terminate());
            }
        },
    };
}
