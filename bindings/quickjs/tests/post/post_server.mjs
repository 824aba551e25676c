// Two offices over a real server. Usage: qjs post_server.mjs ADDRESS
import * as drystone from "./drystone.so";
import * as os from "qjs:os";
import { finish, leavesNothing, ok, options, same, takeWithin, throws } from "./harness.mjs";

const { Mailbox, PostOffice, blobsAlive, stone, wota } = drystone;
const address = options.at(-1);

leavesNothing(drystone, () => {
    const settings = { stream: "QUICKJS", prefix: "quickjs", streamBytes: 50_000_000, acknowledge: 5_000, connect: 5_000 };
    const here = new PostOffice(`nats://${address}`, settings), there = new PostOffice(address, settings), own = Mailbox.open("painter");
    there.serve("painter", own);
    const to = here.mailbox("painter"), data = stone(new Uint8Array(1_500_000).map((_, n) => n % 251));
    to.post(wota.encode({ name: "a picture", data: [data, data] }));
    for (let n = 0; n < 1000; n++)
        to.post(wota.encode({ n }));
    const value = wota.decode(takeWithin(own, 20_000));
    ok(value.name === "a picture" && value.data.length === 2 && value.data.every(one => stone(one).equals(data)));
    for (let n = 0; n < 1000; n++)
        same(wota.decode(takeWithin(own, 20_000)).n, n, "in order");
    for (let tries = 20_000; here.counts().waiting > 0 && tries > 0; tries--)
        os.sleep(1);
    here.flush(0);
    const { sent, lost, returned } = here.counts();
    same([sent, lost, returned, there.counts().received], [1001, 0, 0, 1001]);
    here.close();
    there.close();
    own.close();
    throws(() => to.post(wota.encode(1)), { type: Error, code: "CLOSED" });
});
throws(() => new PostOffice(address, { tlsRequired: true, connect: 2_000 }), { matches: /PostOffice/ });
ok(blobsAlive() === 0);
finish();
