// As use.ts, for the module with post offices.
import { Mailbox, PostOffice, stone, wota } from "./drystone.so";
import type { PostCounts, PostOfficeOptions, PostOptions } from "./drystone.so";

const returned: Mailbox = Mailbox.open("returned"), own = Mailbox.open("own");
const bounds: PostOptions = { returned, maxLetters: 10, maxQueuedBytes: 1_000_000, giveUp: 60_000, maxLetterBytes: 1_000_000 };
const [here, there]: [PostOffice, PostOffice] = PostOffice.pair(1_000_000, bounds);
there.serve("painter", own);
const proxy: Mailbox = here.mailbox("painter");
proxy.post(wota.encode({ picture: stone(new Uint8Array(3)) }));
for (let counts: PostCounts = here.counts(); counts.waiting > 0; counts = here.counts())
    ;
here.flush(0);
const { sent, lost }: PostCounts = here.counts();
if (sent !== 1 || lost !== 0)
    throw new Error("the letter has no receipt");
for (const office of [here, there])
    office.close();
PostOffice.pair()[0].close(0);

const everywhere: PostOfficeOptions = {
    ...bounds, user: "u", password: "p", token: "t", tlsAuthority: "a", tlsCertificate: "c", tlsKey: "k", tlsRequired: true,
    stream: "S", prefix: "p", streamBytes: 1, replicas: 3, acknowledge: 1, connect: 1,
};
export function refused(): void {
    new PostOffice();
    new PostOffice("localhost", everywhere);
    // @ts-expect-error
    new PostOffice("localhost", { users: 1 });
    // @ts-expect-error
    new PostOffice({ servers: "localhost" });
    // @ts-expect-error
    PostOffice.pair(0, { stream: "S" });
    // @ts-expect-error
    there.serve("painter", here);
    // @ts-expect-error
    here.mailbox(5);
    // @ts-expect-error
    here.counts().posted;
}
