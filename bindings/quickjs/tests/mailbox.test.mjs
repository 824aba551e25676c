// Mailboxes within one thread; workers.test.mjs has the other threads.
import * as drystone from "./drystone.so";
import * as std from "qjs:std";
import { finish, leavesNothing, ok, same, sized, throws } from "./harness.mjs";

const { Blob, Mailbox, stone, wota } = drystone;

leavesNothing(drystone, () => {
    const box = Mailbox.open("mailbox.test first");
    same(Object.prototype.toString.call(box), "[object Mailbox]");
    ok(box instanceof Mailbox);
    same(box.length, 0);
    same(box.take(0), undefined);
    same(box.post(wota.encode({ n: 1 })), undefined);
    const other = Mailbox.open("mailbox.test first");
    ok(other !== box);
    same(other.length, 1, "the same mailbox by its name");
    other.post(wota.encode({ n: 2 }));
    same([wota.decode(box.take()).n, wota.decode(box.take(1000)).n, box.take(0)], [1, 2, undefined]);

    // letters are counted: the poster's object stays usable, and it is the same blob that comes out
    const letter = stone(new Uint8Array([1, 2, 3]));
    box.post(letter);
    box.post(letter);
    same([...new Uint8Array(letter.buffer)], [1, 2, 3]);
    const got = [box.take(0), box.take(0)];
    ok(got[0] !== letter && got[0].buffer === letter.buffer && got[1].buffer === letter.buffer);
});

// waiting
{
    const box = Mailbox.open("mailbox.test waiting");
    const before = performance.now();
    same(box.take(30), undefined);
    ok(performance.now() - before >= 29, "it waited");
    const start = performance.now();
    same([box.take(0), box.take(-0), box.take(0.0001), box.take(false)], [undefined, undefined, undefined, undefined]);
    ok(performance.now() - start < 600000, "and these did not, however loaded the machine");
    throws(() => box.take(NaN), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => box.take({ valueOf() { throw new EvalError("mine"); } }), { type: EvalError });
    throws(() => box.take(Symbol()), { type: TypeError });
    for (const forever of [undefined, -1, Infinity, 2 ** 60]) { // a letter is there, so none of these waits
        box.post(new Blob(8));
        same(box.take(forever).length, 8);
    }
}

// capacity
leavesNothing(drystone, () => {
    const box = Mailbox.open("mailbox.test small", 2);
    const letter = wota.encode("letter");
    box.post(letter);
    box.post(letter);
    const error = throws(() => box.post(letter), { code: "LIMIT_EXCEEDED" });
    ok(error instanceof Error);
    same(wota.decode(letter), "letter", "a letter that was refused is unharmed");
    same(box.length, 2);
    same(Mailbox.open("mailbox.test small", 99).length, 2, "the capacity of a mailbox that exists stays");
    throws(() => Mailbox.open("mailbox.test small", 99).post(letter), { code: "LIMIT_EXCEEDED" });
    box.take(0);
    box.post(letter);
    same(box.length, 2);
});

// closing
leavesNothing(drystone, () => {
    const box = Mailbox.open("mailbox.test closing");
    const letter = wota.encode("last");
    box.post(letter);
    box.close();
    box.close();
    const error = throws(() => box.post(letter), { code: "CLOSED" });
    ok(error instanceof Error);
    same(wota.decode(letter), "last");
    same(wota.decode(box.take()), "last", "what was there can still be taken");
    same([box.take(), box.take(0), box.take(50)], [null, null, null]);
    same(box.length, 0);
    const fresh = Mailbox.open("mailbox.test closing");
    same(fresh.take(0), undefined, "the name is free again");
});

// names
leavesNothing(drystone, () => {
    const names = ["a", "A", "é", "💩", "\ud800", "a\0b", "a\0c", " ", "x".repeat(10000)];
    const boxes = names.map(name => Mailbox.open(name));
    boxes.forEach((box, index) => box.post(wota.encode(index)));
    names.forEach((name, index) => same(wota.decode(Mailbox.open(name).take(0)), index));
});
for (const wrong of [undefined, null, 1, Symbol("s"), {}, ["name"]])
    throws(() => Mailbox.open(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
throws(() => Mailbox.open(""), { code: "INVALID_ARGUMENT" });
throws(() => Mailbox.open("x", -1), { type: RangeError });
throws(() => Mailbox.open("x", { valueOf() { throw new EvalError("mine"); } }), { type: EvalError });
throws(() => new Mailbox("x"), { type: TypeError, code: "INVALID_ARGUMENT" });
throws(() => Mailbox(), { type: TypeError });

// what is no letter
{
    const box = Mailbox.open("mailbox.test wrong");
    for (const wrong of [undefined, null, 1, "text", {}, new Uint8Array(8), wota.encode(1).buffer])
        throws(() => box.post(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    same(box.length, 0);
    for (const stranger of [undefined, {}, new Blob(8), Object.create(Mailbox.prototype)]) {
        for (const name of ["post", "take", "close"])
            throws(() => Mailbox.prototype[name].call(stranger, new Blob(8)), { type: TypeError, code: "WRONG_TYPE" });
        throws(() => Object.getOwnPropertyDescriptor(Mailbox.prototype, "length").get.call(stranger), { type: TypeError, code: "WRONG_TYPE" });
    }
}

// the last handle sweeps what nobody took, with everything the letters hold
{
    std.gc();
    const before = drystone.blobsAlive(), released = drystone.blobsReleased(), created = drystone.blobsCreated();
    (() => {
        const box = Mailbox.open("mailbox.test swept");
        const shared = stone(new Uint8Array(1000));
        for (let i = 0; i < sized(500, 20); i++)
            box.post(wota.encode({ i, shared, own: stone(new Uint8Array([i])), twice: [shared, shared], inner: wota.encode([shared]) }));
        same(box.length, sized(500, 20));
        box.loop = { box };
    })();
    std.gc();
    same(drystone.blobsAlive(), before);
    same(drystone.blobsReleased() - released, drystone.blobsCreated() - created, "everything that was made was given back");
    same(Mailbox.open("mailbox.test swept").length, 0);
}

finish();
