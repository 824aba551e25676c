// Links: letters between two processes, and peers that break the protocol. host_link.c tests calls that wait.
import * as drystone from "./drystone.so";
import * as os from "qjs:os";
import { bytesOf, finish, leavesNothing, ok, same, sized, stress, throws } from "./harness.mjs";

const { Blob, Link, Mailbox, stone, wota } = drystone;

/// Runs until none of them has anything to do.
const settle = (...links) => {
    while (links.map(link => link.turn()).some(done => done))
        ;
};
const connected = options => Link.pair().map(end => new Link(end, options));
const isOpen = descriptor => {
    const copy = os.dup(descriptor);
    if (copy >= 0)
        os.close(copy);
    return copy >= 0;
};

/// Starts another process with the other end; `work` gets ours. Returns how the process ended.
function withPeer(how, work) {
    const [ours, theirs] = Link.pair();
    const command = [stress ? "./qjs-stress" : "./qjs", "--module", "link_peer.mjs", how];
    const process = os.exec(command, { block: false, stdin: theirs });
    os.close(theirs);
    work(new Link(ours));
    return os.waitpid(process, 0)[1];
}

const until = (link, box) => {
    while (box.length === 0)
        if (!link.turn())
            os.sleep(1);
    return wota.decode(box.take(0));
};

// round trips between processes, small and large, already shared or not
for (const how of ["sleep", "loop"]) {
    leavesNothing(drystone, () => {
        const ended = withPeer(how, link => {
            const box = Mailbox.open("link.test back"), to = link.mailbox("inbox");
            link.serve("back", box);
            const large = new Uint8Array(sized(300_000, 100_000)).map((_, n) => n % 251), copied = stone(large), shared = copied.toShared();
            ok(shared.equals(copied) && shared.stone);
            for (const data of [stone(new Uint8Array([1, 2, 3])), copied, shared, shared]) {
                to.post(wota.encode({ name: "a picture", data }));
                const value = until(link, box);
                same([value.name, value.seen], ["a picture", how]);
                ok(stone(value.data).equals(data));
            }
            for (let n = 0; n < 100; n++)
                to.post(wota.encode({ n }));
            for (let n = 0; n < 100; n++)
                same(until(link, box).n, n, "in order");
            const { sent, received, refused, waiting } = link.statistics();
            same([sent, received, refused, waiting], [104, 104, 0, 0]);
            if (how === "loop") {
                to.post(wota.encode({ end: true }));
                throws(() => { for (;;) link.turn(); }, { type: Error, code: "CLOSED" });
            }
            link.close();
            throws(() => to.post(wota.encode(1)), { type: Error, code: "CLOSED" });
        });
        same(ended, 0, `the peer that ${how}s has ended well`);
    });
}

// a peer that is killed
leavesNothing(drystone, () => {
    const ended = withPeer("die", link => {
        const to = link.mailbox("inbox");
        to.post(wota.encode(stone(new Uint8Array(100_000))));
        throws(() => { for (;;) if (!link.turn()) os.sleep(1); }, { type: Error, code: "CLOSED" });
        throws(() => link.turn(), { type: Error, code: "CLOSED" });
        throws(() => to.post(wota.encode(1)), { type: Error, code: "CLOSED" });
    });
    ok(ended !== 0);
});

// a stone that both have comes back as the same stone
leavesNothing(drystone, () => {
    const [one, other] = connected(), there = Mailbox.open("link.test there"), home = Mailbox.open("link.test home");
    other.serve("there", there);
    one.serve("home", home);
    const data = stone(new Uint8Array(100_000)).toShared();
    one.mailbox("there").post(data);
    settle(one, other);
    same([one.statistics().lentBytes, other.statistics().borrowedStones], [100_000, 1]);
    other.mailbox("home").post(there.take(0));
    settle(one, other);
    ok(home.take(0).buffer === data.buffer, "the very stone");
    settle(one, other);
    same([one.statistics().lentStones, other.statistics().borrowedStones], [0, 0]);
});

// a stone of the peer's outlives the link and the peer
leavesNothing(drystone, () => {
    const [one, other] = connected(), box = Mailbox.open("link.test outlives");
    other.serve("there", box);
    one.mailbox("there").post(wota.encode({ data: stone(new Uint8Array(100_000).fill(7)) }));
    settle(one, other);
    one.close();
    other.close();
    same(bytesOf(wota.decode(box.take(0)).data)[99_999], 7);
});

// ends
leavesNothing(drystone, () => {
    const [one, other] = connected(), proxy = one.mailbox("nobody");
    proxy.post(stone(new Blob(8)));
    settle(one, other);
    throws(() => proxy.post(stone(new Blob(8))), { type: Error, code: "CLOSED" });
    same(other.statistics().refused, 1);
    const { fd } = one;
    ok(isOpen(fd));
    one.close();
    one.close();
    ok(!isOpen(fd), "the descriptor goes with the link");
    for (const call of [() => one.turn(), () => one.run(), () => one.fd, () => one.statistics(), () => one.mailbox("a"), () => one.serve("a", Mailbox.open("link.test a"))])
        throws(call, { type: Error, code: "CLOSED" });
    throws(() => { for (;;) other.turn(); }, { type: Error, code: "CLOSED" });
    other.run();
});

// letters in a proxy can still be taken after its link has ended
leavesNothing(drystone, () => {
    let [one] = connected();
    const proxy = one.mailbox("a");
    ok(one.mailbox("a").length === 0, "the same mailbox");
    proxy.post(wota.encode("unsent"));
    same(one.mailbox("a").length, 1);
    one = undefined; // collected at once
    throws(() => proxy.post(wota.encode(1)), { type: Error, code: "CLOSED" });
    same(wota.decode(proxy.take(0)), "unsent");
});

// a full mailbox
leavesNothing(drystone, () => {
    const [one, other] = connected({ maxLetters: 5 }), proxy = one.mailbox("small"), own = Mailbox.open("link.test small", 1);
    other.serve("small", own);
    for (let n = 0; n < 2; n++)
        proxy.post(wota.encode(n));
    settle(one);
    throws(() => { for (let n = 0; n < 10; n++) { one.turn(); other.turn(); } }, { type: Error, code: "BUSY" });
    same(wota.decode(own.take(0)), 0);
    other.turn();
    same(wota.decode(own.take(0)), 1);
    for (let n = 0; n < 5; n++)
        proxy.post(wota.encode(n));
    throws(() => proxy.post(wota.encode(5)), { type: RangeError, code: "LIMIT_EXCEEDED" });
});

// limits on what the peer makes this process keep
leavesNothing(drystone, () => {
    const one = Link.pair(), sender = new Link(one[0]), taker = new Link(one[1], { maxBytes: 70_000, maxStones: 1 }), own = Mailbox.open("link.test limits");
    taker.serve("small", own);
    const proxy = sender.mailbox("small");
    settle(sender, taker);
    proxy.post(stone(new Uint8Array(200_000)));
    let refused;
    for (let n = 0; n < 50 && refused === undefined; n++) {
        try {
            sender.turn();
            taker.turn();
        } catch ({ code }) {
            refused = code;
        }
    }
    ok(own.length === 0 && (refused === "LIMIT_EXCEEDED" || refused === undefined && sender.statistics().refused === 1), `${refused}`);
});

// a hostile peer: packets that no link sends, a socket that is closed, silence
leavesNothing(drystone, () => {
    const packets = [new Uint8Array(1), new Uint8Array(8).fill(255), new Uint8Array(4096), new Uint8Array(100).map((_, n) => n), new Uint8Array(60_000).fill(1)];
    for (const packet of packets) {
        const [ours, raw] = Link.pair(), link = new Link(ours), own = Mailbox.open("link.test hostile");
        link.serve("a", own);
        const proxy = link.mailbox("b");
        proxy.post(wota.encode(1));
        os.write(raw, packet.buffer, 0, packet.length);
        let code;
        try {
            for (let n = 0; n < 10; n++)
                link.turn();
        } catch (error) {
            ({ code } = error);
        }
        ok(["MALFORMED", "LIMIT_EXCEEDED"].includes(code), `${packet.length} bytes: ${code}`);
        throws(() => link.turn(), { type: Error, code: "CLOSED" });
        throws(() => proxy.post(wota.encode(1)), { type: Error, code: "CLOSED" });
        same(own.length, 0);
        os.close(raw);
    }
    const [ours, raw] = Link.pair(), link = new Link(ours);
    same(link.turn(), true, "the greeting goes");
    same(link.turn(), false, "silence is no error");
    os.close(raw);
    throws(() => { for (let n = 0; n < 10; n++) link.turn(); }, { type: Error, code: "CLOSED" });
});

// arguments: a refusal by the binding leaves the descriptor open, every other outcome takes it over
leavesNothing(drystone, () => {
    const wrong = { type: TypeError, code: "INVALID_ARGUMENT" };
    for (const make of [(...given) => new Link(...given), Mailbox.link]) {
        for (const end of [undefined, null, "0", -1, 0.5, 2 ** 31, NaN, {}, 5n])
            throws(() => make(end), wrong);
        const [ours, theirs] = Link.pair();
        for (const options of [null, "x", true, { maxLetters: 0 }, { maxStones: -1 }, { maxBytes: "5" }, { maxQueuedBytes: 0.5 }])
            throws(() => make(ours, options), wrong);
        throws(() => make(ours, { get anyUser() { throw new EvalError("mine"); } }), { type: EvalError });
        ok(isOpen(ours));
        const link = make(ours, { maxLetters: 1, maxQueuedBytes: 1e6, maxStones: 2, maxBytes: 1e6, anyUser: true });
        ok(link instanceof Link && link.turn());
        for (const name of ["", "n".repeat(256)]) {
            throws(() => link.mailbox(name), wrong);
            throws(() => link.serve(name, Mailbox.open("link.test names")), wrong);
        }
        for (const name of [undefined, null, 5, {}]) {
            throws(() => link.mailbox(name), wrong);
            throws(() => link.serve(name, Mailbox.open("link.test names")), wrong);
        }
        for (const own of [undefined, null, "a", link, new Blob()])
            throws(() => link.serve("a", own), wrong);
        throws(() => link.turn(NaN), wrong);
        throws(() => link.turn({ valueOf() { throw new EvalError("mine"); } }), { type: EvalError });
        throws(() => link.turn({ valueOf() { link.close(); return 0; } }), { type: Error, code: "CLOSED" });
        os.close(theirs);
        const [reading, writing] = os.pipe();
        throws(() => make(reading), wrong);
        ok(!isOpen(reading), "what the library refuses is closed");
        os.close(writing);
    }
    throws(() => Link(0), wrong);
    class Own extends Link {}
    const [ours, theirs] = Link.pair(), own = new Own(ours);
    ok(own instanceof Own && own.turn());
    os.close(theirs);
    for (const stranger of [undefined, {}, Object.create(Link.prototype), Mailbox.open("link.test stranger")])
        for (const name of ["mailbox", "serve", "turn", "run", "statistics", "close"])
            throws(() => Link.prototype[name].call(stranger), { type: TypeError, code: "WRONG_TYPE" });
    same(Object.prototype.toString.call(own), "[object Link]");
    throws(() => new Blob(8).toShared(), { type: TypeError, code: "NOT_STONE" });
    throws(() => wota.encode(1).toShared(), { type: TypeError, code: "WRONG_TYPE" });
});

// a turn that waits in a runtime that must not block
leavesNothing(drystone, () => {
    const [one, other] = connected();
    settle(one, other);
    for (const timeout of [5, -1, Infinity])
        throws(() => one.turn(timeout), { type: TypeError, code: "UNSUPPORTED" });
    throws(() => one.run(), { type: TypeError, code: "UNSUPPORTED" });
    same([one.turn(), one.turn(0)], [false, false]);
});

finish();
