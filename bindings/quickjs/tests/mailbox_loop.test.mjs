// Mailboxes in the engine's own loop, together with its timers; host_wait.c tests other hosts' loops. Nothing is awaited at
// the top level of the module, because quickjs-ng returns to its loop after every single job there.
import * as drystone from "./drystone.so";
import * as os from "qjs:os";
import * as std from "qjs:std";
import { finish, ok, same, sized, throws } from "./harness.mjs";

const { Mailbox, wota } = drystone;
const numbers = count => Array.from({ length: count }, (_, n) => n);
const later = action => new Promise(resolve => os.setTimeout(() => resolve(action()), 1));

// promises
async function promises() {
    const box = Mailbox.open("loop.test promises"), to = Mailbox.find("loop.test promises");
    os.setTimeout(() => to.post(wota.encode("in time")), 5);
    same(wota.decode(await box.next()), "in time");
    to.post(wota.encode("there"));
    same(wota.decode(await box.next()), "there");
    const three = [box.next(), box.next(), to.next()];
    ok(three.every(promise => promise instanceof Promise));
    numbers(3).forEach(n => to.post(wota.encode(n)));
    same((await Promise.all(three)).map(letter => wota.decode(letter)), [0, 1, 2]);
    os.setTimeout(() => to.close(), 1);
    same([await box.next(), await box.next()], [null, null]);
}

// loops take all letters in order, timers run meanwhile, and closing the mailbox ends them
async function letters() {
    const box = Mailbox.open("loop.test all"), count = sized(3000, 150);
    numbers(count).forEach(n => box.post(wota.encode(n)));
    const got = [], timers = [];
    os.setTimeout(() => timers.push(got.length), 0);
    let ended = false;
    for await (const letter of box) {
        got.push(wota.decode(letter));
        if (got.length === count)
            later(() => { ended = true; box.close(); });
    }
    same(got, numbers(count));
    ok(ended && timers.length === 1 && timers[0] < count, "a full mailbox does not stop timers");
}

// a loop that is left early leaves the letters in the mailbox
async function brokenOff() {
    const box = Mailbox.open("loop.test broken"), count = 200;
    numbers(count).forEach(n => box.post(wota.encode(n)));
    const got = [];
    for (const stop of [0, 63, 64, 65, 130]) {
        try {
            for await (const letter of box) {
                got.push(wota.decode(letter));
                if (got.length - 1 === stop && stop % 2 === 0)
                    break;
                if (got.length - 1 === stop)
                    throw new EvalError("mine");
            }
        } catch (error) {
            ok(error instanceof EvalError);
        }
    }
    same(got.length + box.length, count);
    same(got, numbers(131));
    same(wota.decode(await box.next()), 131);
    box.sweep();
    // an iterator that is dropped while it waits takes no letter
    const iterator = box[Symbol.asyncIterator]();
    ok(iterator[Symbol.asyncIterator]() === iterator && Object.prototype.toString.call(iterator) === "[object Mailbox Iterator]");
    const waiting = [iterator.next(), iterator.next()];
    const winner = await Promise.race([iterator.next(), later(() => "time is over")]);
    same(winner, "time is over");
    same(await iterator.return("back"), { value: "back", done: true });
    box.post(wota.encode("not lost"));
    same(await Promise.all(waiting), [{ value: undefined, done: true }, { value: undefined, done: true }]);
    same(await iterator.next(), { value: undefined, done: true });
    same(wota.decode(box.take()), "not lost");
    for (const name of ["next", "return"])
        throws(() => iterator[name].call(box), { type: TypeError, code: "WRONG_TYPE" });
}

// functions: one letter per turn, with the jobs that follow it
async function handlers() {
    const log = [];
    let box = Mailbox.open("loop.test handler");
    const to = Mailbox.find("loop.test handler");
    same(box.onletter, null);
    const done = new Promise(resolve => {
        const handler = function (letter) {
            log.push(wota.decode(letter));
            Promise.resolve().then(() => log.push("job"));
            if (wota.decode(letter) === 3) {
                this.onletter = null;
                resolve();
            }
        };
        box.onletter = handler;
        ok(box.onletter === handler && to.onletter === handler);
    });
    box = null;
    std.gc();
    numbers(6).forEach(n => os.setTimeout(() => to.post(wota.encode(n)), n));
    await done;
    same(log.slice(0, 7), [0, "job", 1, "job", 2, "job", 3]);
    same(to.onletter, null);
    await later(() => {});
    for (const wrong of [1, "text", {}, wota])
        throws(() => { to.onletter = wrong; }, { type: TypeError, code: "INVALID_ARGUMENT" });
    while (to.length < 2)
        await later(() => {});
    same([wota.decode(to.take()), wota.decode(to.take())], [4, 5], "what came after its removal stays");
}

// two that always have letters share the loop
async function fairness() {
    const boxes = ["left", "right"].map(name => Mailbox.open(`loop.test ${name}`)), got = [0, 0];
    boxes.forEach((box, which) => numbers(20).forEach(n => box.post(wota.encode(n))));
    await new Promise(resolve => boxes.forEach((box, which) => {
        box.onletter = () => {
            ok(Math.abs(++got[which] - got[1 - which]) <= 2, `fair: ${got}`);
            if (got[0] + got[1] === 40)
                resolve();
        };
    }));
    boxes.forEach(box => box.close()); // which removes their functions, so that the program can end
}

// a promise that was awaited keeps no letter
async function nothingKept() {
    std.gc();
    const before = drystone.blobsAlive();
    await (async () => {
        const box = Mailbox.open("loop.test left");
        box.post(wota.encode(1));
        same(wota.decode(await box.next()), 1);
        box.onletter = () => {};
        box.onletter = null;
    })();
    await later(() => {});
    std.gc();
    same(drystone.blobsAlive(), before, "blobs alive");
}

async function all() {
    for (const part of [promises, letters, brokenOff, handlers, fairness, nothingKept])
        await part();
}

all().then(finish, error => {
    console.log(`FAILED: ${error} ${error.stack}`);
    std.exit(1);
});
