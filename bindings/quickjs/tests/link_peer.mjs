// The other process of link.test.mjs: its end of the link is its standard input. Usage: link_peer.mjs HOW
import { Link, Mailbox, wota } from "./drystone.so";
import * as os from "qjs:os";

const how = scriptArgs[1];
const link = new Link(0), inbox = Mailbox.open("link_peer");
link.serve("inbox", inbox);
const back = link.mailbox("back");

/// Sends a letter back with an added word. Returns false if it says that this is the end.
function answer(letter) {
    const value = wota.decode(letter);
    if (!value.end)
        back.post(wota.encode({ ...value, seen: how }));
    return !value.end;
}

/// Runs until there is nothing to do. Returns false when the link has ended.
function turn() {
    try {
        while (link.turn())
            ;
    } catch (error) {
        if (error.code !== "CLOSED")
            throw error;
        return false;
    }
    return true;
}

/// Answers all letters; the answers make the link readable again. Returns false at the end.
function work() {
    let open = turn();
    for (let letter; letter = inbox.take(0);)
        open = answer(letter) && open;
    return open;
}

if (how === "loop") {
    // the engine's loop watches the link
    os.setReadHandler(link.fd, () => { if (!work()) os.setReadHandler(link.fd, null); });
} else if (how === "die") {
    // in the middle of the exchange
    while (inbox.length === 0)
        link.turn();
    os.kill(os.getpid(), 9);
} else {
    while (work())
        os.sleep(1);
}
