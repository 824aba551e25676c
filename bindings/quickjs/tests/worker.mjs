// One actor of workers.test.mjs: takes an assignment, does it, and reports to the mailbox named in it.
import { Blob, BucketSet, Mailbox, StoneMap, isStone, stone, wota } from "./drystone.so";

const assignment = wota.decode(Mailbox.open("workers.test assignments").take());
const report = Mailbox.find(assignment.report);
const say = value => report.post(wota.encode(value));

/// The bytes of a stone: its memory, or a copy if the engine has no immutable ArrayBuffers.
const bytesOf = buffer => {
    if (buffer instanceof ArrayBuffer)
        return new Uint8Array(buffer);
    const copy = new Uint8Array(buffer.length / 8);
    buffer.copyTo(copy);
    return copy;
};
const sum = buffer => {
    let total = 0;
    for (const byte of bytesOf(buffer))
        total = total * 31 + byte | 0;
    return total;
};

const kinds = {
    // passes every letter on to the next actor, unchanged and with another signature
    relay({ name, next }) {
        const own = Mailbox.open(name), to = Mailbox.open(next); // which may not exist yet
        say({ ready: name });
        for (let letter; (letter = own.take()) !== null;) {
            const { data, same, seal, path, ...rest } = wota.decode(letter);
            if (!isStone(data) || data !== same || sum(data) !== seal)
                throw new Error("the stone is not what was sent");
            to.post(wota.encode({ ...rest, data, same, seal, path: [...path, name] }));
        }
    },
    // posts many letters to one mailbox
    flood({ id, target, count, stone: shared }) {
        const to = Mailbox.find(target);
        for (let n = 0; n < count; n++)
            to.post(wota.encode({ id, n, shared, own: stone(new Uint8Array([n])) }));
    },
    // reads a stone while others read it
    read({ data, seal, times }) {
        for (let n = 0; n < times; n++)
            if (sum(data) !== seal)
                throw new Error("changed");
        let refused = false;
        try { data instanceof ArrayBuffer ? new Uint8Array(data).fill(1) : data.write_bit(1); } catch { refused = true; }
        if (!refused || sum(data) !== seal)
            throw new Error("not immutable");
    },
    // reads a table while others read it, and answers with a new one
    look({ id, table, times }) {
        const map = new StoneMap(table);
        let sum, odd;
        for (let n = 0; n < times; n++) {
            sum = 0;
            odd = new BucketSet("text");
            for (const [key, value] of map) {
                if (map.get(key) !== value)
                    throw new Error(`${key} is not found`);
                sum += value;
                if (value % 2 === 1)
                    odd.add(key);
            }
        }
        say({ id, sum, odd: odd.toStone() });
    },
    // ends while it holds everything and its mailbox is full
    leave({ name, count, data }) {
        const own = Mailbox.open(name, count);
        for (let n = 0; n < count; n++)
            own.post(wota.encode({ n, data, own: stone(new Blob(8 * n)) }));
        let refused;
        try { own.post(wota.encode(0)); } catch (error) { refused = error.code; }
        const { buffer } = stone(new Uint8Array(10));
        globalThis.kept = { data, own, view: buffer instanceof ArrayBuffer ? new DataView(buffer) : buffer, message: wota.encode([data]), cycle: null };
        kept.cycle = kept;
        say({ refused });
    },
    // waits for letters and for room, with the given timeouts
    wait({ name }) {
        const own = Mailbox.open(name, { maxLetters: 1 }), start = performance.now();
        const results = [own.take(30), own.takeMany(5, 1), performance.now() - start >= 30];
        const again = performance.now();
        own.post(new Blob(4), { timeout: 1000 }); // there is room
        for (const forever of [undefined, -1, Infinity, 2 ** 60]) { // a letter is there, so none of these waits
            own.take(forever);
            own.post(new Blob(4));
        }
        results.push(performance.now() - again < 600000, own.length === 1, own.takeMany(5)[0].length);
        own.post(wota.encode("fills it"));
        try { own.post(new Blob(8), { timeout: 25 }); } catch (error) { results.push(error.code); }
        results.push(performance.now() - again >= 25, own.sweep());
        say({ results: results.map(result => result ?? "undefined") });
        for (let n = 0; n < 3; n++)
            say({ got: wota.decode(own.take()) });
        own.post(wota.encode("fills it"));
        say({ ready: "full" });
        own.post(wota.encode("second"), { timeout: 600000 });
        say({ posted: wota.decode(own.take()) === "second" });
    },
    // takes until no more letters arrive
    drain({ name }) {
        const own = Mailbox.open(name);
        say({ ready: name });
        let count = 0;
        for (; own.take() !== null; count++);
        say({ drained: count });
    },
};

try {
    kinds[assignment.kind](assignment);
    say({ done: assignment.kind, id: assignment.id });
} catch (error) {
    say({ error: `${assignment.kind}: ${error} ${error.stack}` });
}
