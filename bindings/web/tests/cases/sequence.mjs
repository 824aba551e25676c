// Random calls give the same bytes as natively: tests/web_sequence.rs makes the same calls and has the same digests.

import { assert, generator } from "../assert.mjs";
import { Linear } from "../linear.mjs";

/** FNV-1a of what the calls have left in the memory. */
function digest(bytes) {
    let hash = 0x811c9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    return hash >>> 0;
}

/** As `run` in tests/web_sequence.rs, step by step. */
export function run(core, seed, plain) {
    let seeds = 0n;
    const guest = new Linear(core, { plain, seed: () => ++seeds });
    const { calls } = guest;
    const chance = generator(seed);
    let numbers = calls.map_new();
    let names = calls.map_new();
    const versions = [numbers];
    for (let step = 0; step < 600; step += 1) {
        const [key, value] = [BigInt(chance(90)), BigInt(chance(1000))];
        switch (chance(8)) {
            case 0:
            case 1:
                numbers = calls.map_insert$ki_vi(numbers, key, value);
                break;
            case 2:
                numbers = calls.map_remove$ki(numbers, key);
                break;
            case 3:
                // In place is a promise that no other version is in use.
                calls.map_insert_in_place$ki_vi(numbers, key, value);
                versions.length = 0;
                break;
            case 4:
                calls.map_remove_in_place$ki(numbers, key);
                versions.length = 0;
                break;
            case 5:
                names = calls.map_insert$ks_vi(names, ...guest.text(`key ${key % 40n}`), value);
                break;
            case 6:
                names = calls.map_remove$ks(names, ...guest.text(`key ${key % 40n}`));
                break;
            default:
                versions.push(numbers);
                numbers = versions[chance(versions.length)];
        }
    }
    calls.map_keys$ki(numbers);
    return digest(new Uint8Array(guest.memory.buffer, guest.start, guest.top - guest.start));
}

export async function sequenceCases({ coreBytes, digests }) {
    const core = await WebAssembly.compile(coreBytes);
    return {
        "random calls leave the same bytes as natively"() {
            assert.ok(digests.length >= 40);
            for (const { seed, plain, digest } of digests) assert.equal(run(core, seed, plain), digest, `seed ${seed}`);
        },
    };
}
