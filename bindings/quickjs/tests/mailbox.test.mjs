// Mailboxes within one thread; workers.test.mjs uses several.
import * as drystone from "./drystone.so";
import * as std from "qjs:std";
import { bytesOf, engine, finish, leavesNothing, ok, same, sized, throws } from "./harness.mjs";

const { Blob, Mailbox, Outbox, stone, wota } = drystone;

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
    same([...bytesOf(letter.buffer)], [1, 2, 3]);
    const got = [box.take(0), box.take(0)];
    ok(got[0] !== letter && got[0].buffer === letter.buffer && got[1].buffer === letter.buffer);
});

// only some threads may wait (workers.test.mjs)
{
    const box = Mailbox.open("mailbox.test waiting");
    same([box.take(0), box.take(-0), box.take(false)], [undefined, undefined, undefined]);
    for (const wait of [undefined, 0.0001, 30, -1, Infinity])
        throws(() => box.take(wait), { type: TypeError, code: "UNSUPPORTED", matches: /may not block.*onletter/ });
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
    same([box.take(), box.take(0), box.take(50), box.takeMany(2), box.takeMany(2, 0)], [null, null, null, null, null]);
    same(box.length, 0);
    throws(() => Mailbox.find("mailbox.test closing"), { code: "NOT_FOUND" });
    const fresh = Mailbox.open("mailbox.test closing");
    same(fresh.take(0), undefined, "the name is free again");
});

// senders find mailboxes that receivers have open
leavesNothing(drystone, () => {
    const missing = throws(() => Mailbox.find("mailbox.test näme"), { code: "NOT_FOUND", matches: /^Mailbox\.find: there is no open mailbox "mailbox\.test näme"$/ });
    ok(missing instanceof Error && !(missing instanceof TypeError));
    throws(() => Mailbox.find("é".repeat(1000)), { code: "NOT_FOUND", matches: /"é{50}…"/ });
    throws(() => Mailbox.find(""), { code: "INVALID_ARGUMENT" });
    for (const wrong of [undefined, null, 1, {}])
        throws(() => Mailbox.find(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    const box = Mailbox.open("mailbox.test found");
    Mailbox.find("mailbox.test found").post(wota.encode(1));
    same(wota.decode(box.take()), 1);
});

// bounds, urgent letters, many at once, statistics
leavesNothing(drystone, () => {
    const box = Mailbox.open("mailbox.test bounds", { maxLetters: 3, maxBytes: 6000 });
    const send = value => box.post(wota.encode(value));
    [1, 2].forEach(send);
    box.postUrgent(wota.encode("stop"));
    throws(() => box.postUrgent(wota.encode(4)), { type: RangeError, code: "LIMIT_EXCEEDED" });
    throws(() => box.post(wota.encode(4), { timeout: 0 }), { code: "LIMIT_EXCEEDED" });
    throws(() => box.post(wota.encode(4), { timeout: 5 }), { code: "UNSUPPORTED" });
    throws(() => box.post(wota.encode(4), "soon"), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => box.post(wota.encode(4), { timeout: NaN }), { type: TypeError, code: "INVALID_ARGUMENT" });
    const { bytes, peakBytes, ...counts } = box.statistics();
    same(counts, { posted: 3, taken: 0, refused: 3, swept: 0, letters: 3, peakLetters: 3 });
    ok(bytes > 0 && bytes === peakBytes);
    same(box.takeMany(2).map(letter => wota.decode(letter)), ["stop", 1]);
    same(box.takeMany(2, 0).map(letter => wota.decode(letter)), [2]);
    same(box.takeMany(2, 0), undefined);
    for (const wrong of [undefined, 0, -1, 1.5, "2"])
        throws(() => box.takeMany(wrong, 0), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => send("x".repeat(5000)), { code: "LIMIT_EXCEEDED" });
    send("x".repeat(1000));
    throws(() => send("x".repeat(1000)), { code: "LIMIT_EXCEEDED" });
    same([box.sweep(), box.sweep(), box.length], [1, 0, 0]);
    same([box.statistics().swept, box.statistics().bytes, box.statistics().taken], [1, 0, 3]);
    const many = Mailbox.open("mailbox.test many");
    const count = sized(1000, 40);
    for (let n = 0; n < count; n++)
        many.post(wota.encode(n));
    same(many.takeMany(count + 5).map(letter => wota.decode(letter)), Array.from({ length: count }, (_, n) => n));
    // called by array methods
    [wota.encode(1), wota.encode(2)].forEach(many.post, many);
    same(many.length, 2);
});

// a turn's letters are posted together or not at all
leavesNothing(drystone, () => {
    const one = Mailbox.open("mailbox.test one"), two = Mailbox.open("mailbox.test two", 1);
    const outbox = new Outbox();
    ok(outbox instanceof Outbox && Object.prototype.toString.call(outbox) === "[object Outbox]");
    const letter = wota.encode("kept");
    same(outbox.post(one, letter), undefined);
    outbox.post(two, wota.encode(2));
    outbox.post(two, wota.encode(3));
    same([one.length, two.length], [0, 0]);
    same(outbox.commit(), 1, "one was refused");
    same([one.length, two.length, outbox.commit()], [1, 1, 0]);
    same([wota.decode(letter), wota.decode(one.take()), wota.decode(two.take())], ["kept", "kept", 2]);
    outbox.post(one, letter);
    same([outbox.discard(), outbox.commit(), one.length], [undefined, 0, 0]);
    outbox.post(one, letter); // is destroyed with its outbox
    throws(() => outbox.post(one, "text"), { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => Outbox(), { type: TypeError, code: "INVALID_ARGUMENT" });
    class Turn extends Outbox {}
    ok(new Turn() instanceof Turn && new Turn().commit() === 0);
});

// a descriptor, one for each mailbox
{
    const box = Mailbox.open("mailbox.test descriptor"), same_box = Mailbox.find("mailbox.test descriptor");
    ok(Number.isInteger(box.fd) && box.fd === same_box.fd && box.fd !== Mailbox.open("mailbox.test other descriptor").fd);
    throws(() => { "use strict"; box.fd = 1; }, { type: TypeError });
}

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
throws(() => Mailbox.open("x", [1].map(() => 1n)[0]), { type: TypeError });
throws(() => Mailbox.open("x", { get maxLetters() { throw new EvalError("mine"); } }), { type: EvalError });
for (const wrong of [{ maxLetters: 0 }, { maxLetters: -1 }, { maxLetters: 1.5 }, { maxBytes: 0 }, { maxBytes: "many" }, { maxLetters: null }])
    throws(() => Mailbox.open("x", wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
throws(() => Mailbox.find("x"), { code: "NOT_FOUND" });
throws(() => new Mailbox("x"), { type: TypeError, code: "INVALID_ARGUMENT" });
throws(() => Mailbox(), { type: TypeError });

// values that are not letters
{
    const box = Mailbox.open("mailbox.test wrong");
    for (const wrong of [undefined, null, 1, "text", {}, new Uint8Array(8), ...engine.immutableBuffers ? [wota.encode(1).buffer] : []])
        throws(() => box.post(wrong), { type: TypeError, code: "INVALID_ARGUMENT" });
    same(box.length, 0);
    for (const stranger of [undefined, {}, new Blob(8), Object.create(Mailbox.prototype)]) {
        for (const name of ["post", "postUrgent", "take", "takeMany", "next", "sweep", "statistics", "close", Symbol.asyncIterator])
            throws(() => Mailbox.prototype[name].call(stranger, new Blob(8)), { type: TypeError, code: "WRONG_TYPE" });
        for (const name of ["length", "fd", "onletter"])
            throws(() => Object.getOwnPropertyDescriptor(Mailbox.prototype, name).get.call(stranger), { type: TypeError, code: "WRONG_TYPE" });
        throws(() => Object.getOwnPropertyDescriptor(Mailbox.prototype, "onletter").set.call(stranger, null), { type: TypeError, code: "WRONG_TYPE" });
        throws(() => Outbox.prototype.post.call(stranger, box, new Blob(8)), { type: TypeError, code: "WRONG_TYPE" });
        for (const name of ["commit", "discard"])
            throws(() => Outbox.prototype[name].call(stranger), { type: TypeError, code: "WRONG_TYPE" });
        throws(() => new Outbox().post(stranger, new Blob(8)), { type: TypeError, code: "INVALID_ARGUMENT" });
    }
}

// dropping the last handle destroys undelivered letters and everything they hold
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
    same(drystone.blobsReleased() - released, drystone.blobsCreated() - created, "every blob that was made was released");
    same(Mailbox.open("mailbox.test swept").length, 0);
}

finish();
