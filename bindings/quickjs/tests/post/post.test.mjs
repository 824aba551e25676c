// Post offices over the store in this process. host_post.c has calls that wait, post_server.mjs a real server.
import * as drystone from "./drystone.so";
import * as os from "qjs:os";
import { finish, leavesNothing, ok, same, sized, takeWithin, throws } from "./harness.mjs";

const { Blob, Mailbox, PostOffice, stone, wota } = drystone;

const LONG = 20_000; // milliseconds, for what takes none
const box = name => Mailbox.open(`post.test ${name}`);
/// What flush(milliseconds) does, where the engine's main thread may not block.
const flushed = office => {
    for (let tries = LONG; office.counts().waiting > 0; tries--) {
        if (tries === 0)
            throw new Error("letters without a receipt");
        os.sleep(1);
    }
    office.flush(0);
};

// letters arrive, in order, with their stones
leavesNothing(drystone, () => {
    const [here, there] = PostOffice.pair(), own = box("painter");
    there.serve("painter", own);
    const to = here.mailbox("painter"), data = stone(new Uint8Array(sized(700_000, 100_000)).map((_, n) => n % 251));
    to.post(wota.encode({ name: "a picture", data: [data, data, data] }));
    to.post(stone(new Blob(24)));
    for (let n = 0; n < 100; n++)
        to.post(wota.encode({ n }));
    flushed(here);
    const value = wota.decode(takeWithin(own, LONG));
    same(value.name, "a picture");
    ok(value.data.length === 3 && value.data.every(one => stone(one).equals(data)));
    ok(takeWithin(own, LONG).equals(new Blob(24)), "a blob that is not a message is sent too");
    for (let n = 0; n < 100; n++)
        same(wota.decode(takeWithin(own, LONG)).n, n, "in order");
    const { sent, received, waiting, malformed, refused, returned, lost } = here.counts();
    same([sent, received, waiting, malformed, refused, returned, lost], [102, 0, 0, 0, 0, 0, 0]);
    same(there.counts().received, 102);
    here.close();
    there.close();
    here.close();
    throws(() => to.post(wota.encode(1)), { type: Error, code: "CLOSED" });
    for (const call of [() => here.flush(0), () => here.counts(), () => here.mailbox("a"), () => here.serve("a", own)])
        throws(call, { type: Error, code: "CLOSED" });
});

// an answer, and addresses of any letters
leavesNothing(drystone, () => {
    const [here, there] = PostOffice.pair(), question = box("question"), answer = box("answer");
    there.serve("question", question);
    here.serve("é \u{1f4a9}.*>", answer);
    here.mailbox("question").post(wota.encode("?"));
    same(wota.decode(takeWithin(question, LONG)), "?");
    there.mailbox("é \u{1f4a9}.*>").post(wota.encode("!"));
    same(wota.decode(takeWithin(answer, LONG)), "!");
    here.close();
    there.close();
});

// what has no room waits, or comes back as it was posted
leavesNothing(drystone, () => {
    const returned = box("returned");
    const [here, there] = PostOffice.pair(10_000, { returned, maxLetters: 2 }), to = here.mailbox("small");
    const large = stone(new Uint8Array(20_000));
    to.post(large);
    ok(takeWithin(returned, LONG).buffer === large.buffer, "the very stone");
    to.post(stone(new Uint8Array(6_000)));
    flushed(here);
    to.post(stone(new Uint8Array(7_000)));
    for (let tries = LONG; here.counts().full === 0 && tries > 0; tries--)
        os.sleep(1);
    throws(() => here.flush(0), { type: RangeError, code: "LIMIT_EXCEEDED" });
    throws(() => { for (let n = 0; n < 100; n++) to.post(wota.encode(n)); }, { type: RangeError, code: "LIMIT_EXCEEDED" });
    throws(() => here.close(), { type: RangeError, code: "LIMIT_EXCEEDED" });
    same(takeWithin(returned, LONG).length, 56_000);
    ok(here.close() === undefined, "it is closed nevertheless");
    there.close();
    returned.sweep();
});

// letters beyond the receiver's limits are counted and ended
leavesNothing(drystone, () => {
    const [here, there] = PostOffice.pair(0, { maxLetterBytes: 5_000 }), own = box("limited");
    there.serve("limited", own);
    here.mailbox("limited").post(stone(new Uint8Array(6_000)));
    here.mailbox("limited").post(wota.encode("short"));
    same(wota.decode(takeWithin(own, LONG)), "short");
    same(there.counts().refused, 1);
    here.close();
    there.close();
});

// offices that are collected end, and so do those of a cycle
leavesNothing(drystone, () => {
    let offices = PostOffice.pair();
    const to = offices[0].mailbox("a");
    to.post(wota.encode(1));
    offices[0].other = offices[1];
    offices[1].other = offices[0];
    offices = undefined;
    drystone.blobsAlive();
});

// faulty calls
leavesNothing(drystone, () => {
    const [here, there] = PostOffice.pair(), own = box("own");
    for (const address of ["", "x".repeat(65)]) {
        throws(() => here.mailbox(address), { type: TypeError, code: "INVALID_ARGUMENT" });
        throws(() => here.serve(address, own), { type: TypeError, code: "INVALID_ARGUMENT" });
    }
    here.mailbox("x".repeat(64));
    for (const call of [
        () => here.mailbox(), () => here.mailbox(5), () => here.serve("a"), () => here.serve("a", here), () => here.serve(5, own),
        () => here.flush(NaN), () => here.close(NaN), () => PostOffice("localhost"), () => new PostOffice(5),
        () => new PostOffice("a\0b"), () => new PostOffice("no server at all:x"), () => new PostOffice("localhost", "options"),
        () => new PostOffice("localhost", { user: 1 }), () => new PostOffice("localhost", { user: "without a password" }),
        () => new PostOffice("localhost", { stream: "a\0" }), () => new PostOffice("localhost", { stream: "a.b" }),
        () => new PostOffice("localhost", { replicas: 2 ** 40 }), () => new PostOffice("localhost", { replicas: 6 }),
        () => new PostOffice("localhost", { connect: -1 }), () => new PostOffice("localhost", { returned: {} }),
        () => new PostOffice("localhost", { tlsCertificate: "without a key" }), () => new PostOffice("localhost", { tlsAuthority: "no such file" }),
        () => PostOffice.pair(-1), () => PostOffice.pair(1.5), () => PostOffice.pair("much"), () => PostOffice.pair(2 ** 60),
        () => PostOffice.pair(0, { maxLetters: 0 }), () => PostOffice.pair(0, { returned: 1 }), () => PostOffice.pair(0, true),
    ])
        throws(call, { type: TypeError, code: "INVALID_ARGUMENT" });
    throws(() => new PostOffice("127.0.0.1:9", { connect: 200 }), { type: Error, code: "NOT_FOUND" });
    const thrown = new Error("mine");
    throws(() => new PostOffice("localhost", { get tlsKey() { throw thrown; } }), { message: "mine" });
    throws(() => PostOffice.pair(0, { returned: own, get maxLetters() { throw thrown; } }), { message: "mine" });
    for (const name of ["mailbox", "serve", "flush", "counts", "close"])
        for (const other of [{}, own, undefined])
            throws(() => PostOffice.prototype[name].call(other), { type: TypeError, code: "WRONG_TYPE" });
    here.close();
    there.close();
    own.close();
});

// the main thread may not block, so that only flush(0) is for it
leavesNothing(drystone, () => {
    const [here, there] = PostOffice.pair(1_000);
    here.flush();
    here.mailbox("a").post(stone(new Uint8Array(900)));
    flushed(here);
    here.mailbox("a").post(stone(new Uint8Array(900)));
    throws(() => here.flush(), { type: TypeError, code: "UNSUPPORTED" });
    throws(() => here.flush(1), { type: TypeError, code: "UNSUPPORTED" });
    throws(() => here.close(1), { type: TypeError, code: "UNSUPPORTED" });
    same(here.counts().waiting, 1, "it is open still");
    throws(() => here.close(), { matches: /./ });
    there.close();
});

finish();
