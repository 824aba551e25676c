// Every export as it is meant to be used, and what the compiler has to refuse. Checked and run: the compiler only
// takes the types away.
import {
    Blob, BucketMap, BucketSet, Link, Mailbox, Outbox, StoneMap, StoneSet, blobsAlive, blobsCreated, blobsReleased,
    bucketHeapLimit, bucketHeapUsed, dec64, isStone, nota, stone, version, wota,
} from "./drystone.so";
import type {
    Bytes, Dialect, DrystoneError, FieldType, Integer, LinkOptions, LinkStatistics, MailboxBounds, MailboxStatistics, Message, Stone,
} from "./drystone.so";

function same<T>(actual: T, expected: T): void {
    if (!Object.is(actual, expected))
        throw new Error(`${String(actual)} instead of ${String(expected)}`);
}

const bytes = new Uint8Array([1, 2, 3]);
const sources: Bytes[] = [bytes, bytes.buffer, new DataView(bytes.buffer), new SharedArrayBuffer(8)];
for (const source of sources)
    same(new Blob(source).stone, false);
const data: Blob = stone(bytes);
const buffer: ArrayBuffer = data.buffer;
same(isStone(buffer), true);
same(data.slice(8).equals(data.slice(8, 24)), true);
same(stone(buffer).length, new Blob(data).length);
const either: (Blob | Bytes)[] = [data, bytes];
same(either.map(one => stone(one)).length, 2);

const document = stone({ rows: [{ id: 1 }], title: "x", picture: bytes });
const picture: ArrayBuffer = document.picture, id: number = document.rows[0].id;
const inLetter: Stone<{ rows: { id: number }[] }> = wota.view(wota.encode({ rows: document.rows }));
same(inLetter.rows, document.rows);
same(isStone(document) && isStone(picture) && id === 1 && stone(document) === document && stone("text").length === 4, true);

const fields: Blob = new Blob(3, true).writeBit(0).writeFit(-3, 5).writeKim(2n ** 60n).writeDec64(-1.01)
    .writeText("text").writeBlob(data).writePad(64).writeBytes(bytes);
stone(fields);
const logical: boolean | null = fields.readBit(0);
const fit: Integer | null = fields.readFit(0, 4);
const kim: Integer | null = fields.readKim(9), kimBits: number = fields.kimBits(9) ?? 0;
const number: number | null = fields.readDec64(9 + kimBits);
const text: string | null = fields.readText(9 + kimBits + 64), textBits: number | null = fields.textBits(9 + kimBits + 64);
const part: Blob | null = fields.readBlob(0, 8), whole: Blob | null = fields.readBlob();
const pad: boolean | null = fields.isPad(0, 64);
same([logical, fit, kim, number, text, pad].join(), [true, 14, 2n ** 60n, -1.01, "text", false].join());
same(textBits !== null && part !== null && whole !== null, true);

const dialects: Dialect[] = ["classic", "dec64"];
for (const dialect of dialects) {
    const message: Message = wota.encode({ data, list: [1, "x", null] }, { dialect, nearest: true });
    same(wota.decode(message).data, buffer);
    same(wota.decode(wota.toBytes(message), { dialect }).list[1], "x");
    same(wota.decode(wota.fromBytes(wota.toBytes(message), { dialect })).list.length, 3);
    same(wota.decode(wota.transcode(message, "classic", { nearest: false })).list[0], 1);
    same(wota.dump(message).length > 0, true);
}
const parts: Blob[] = wota.toParts(wota.encode({ data, document }), { inlineBelow: 64 });
same(wota.decode(wota.fromParts(parts)).document.rows[0].id, 1);
same([1, 2].map(wota.encode).map(wota.decode)[1], 2);
same(wota.toJSON(wota.fromJSON('{"a":1}'), false), '{"a":1}');
same(nota.decode(nota.encode([1])).length, 1);
same(nota.fromMessage(nota.toMessage(nota.encode("x"))).byteLength, nota.encode("x").byteLength);
const feeder = new nota.Feeder({ maxWords: 100, maxDepth: 5 });
const { taken, complete } = feeder.feed(new Uint8Array(nota.encode(7)));
same(complete && taken > 0 && wota.decode(feeder.take()) === 7, true);
feeder.reset();
same(dec64.toText(dec64.fromText("12.5")), "12.5");
same(dec64.toNumber(dec64.fromNumber(12.5)), 12.5);

const box: Mailbox = Mailbox.open("types", 2);
box.post(wota.encode(1));
const letter: Blob | undefined | null = box.take(0);
same(letter instanceof Blob && box.length === 0 && box.take(0) === undefined, true);
const bounds: MailboxBounds = { maxLetters: 5, maxBytes: 1e6 };
const bounded: Mailbox = Mailbox.open("types bounded", bounds), to: Mailbox = Mailbox.find("types bounded");
to.post(wota.encode(1), { timeout: 0 });
[wota.encode(2)].forEach(to.post, to);
to.postUrgent(wota.encode(3));
const several: Blob[] | undefined | null = bounded.takeMany(2, 0);
same(several?.length, 2);
const counts: MailboxStatistics = bounded.statistics();
same(counts.posted - counts.taken - counts.swept - counts.refused === counts.letters, counts.bytes > 0);
const outbox: Outbox = new Outbox();
outbox.post(to, wota.encode(4));
const refusals: number = outbox.commit();
same(refusals + bounded.sweep(), 2);
outbox.discard();
const descriptor: number | undefined = bounded.fd;
same(descriptor === undefined || descriptor >= 0, counts.peakLetters === 3 && counts.peakBytes > 0);
const listen = async (): Promise<void> => {
    const first: Blob | null = await bounded.next();
    for await (const one of bounded)
        same(one.stone, first?.stone);
    bounded.onletter = function (one) { this.onletter = null; same(one.length > 0, true); };
    bounded.onletter = null;
};
to.post(wota.encode(5));
to.post(wota.encode(6));
to.close();
listen().then(() => same(bounded.length, 0));
box.close();
same(box.take(), null);

const linkBounds: LinkOptions = { maxLetters: 5, maxQueuedBytes: 1e6, maxStones: 9, maxBytes: 1e9, anyUser: false };
const [here, there]: [number, number] = Link.pair();
const link: Link = new Link(here, linkBounds), peer: Link = Mailbox.link(there);
const linked: Mailbox = Mailbox.open("types linked"), proxy: Mailbox = link.mailbox("linked");
peer.serve("linked", linked);
proxy.post(data.toShared());
while ([link.turn(), peer.turn(0)].some(done => done))
    same(link.fd >= 0, true);
const figures: LinkStatistics = link.statistics();
same(figures.sent - figures.refused === linked.length && figures.waiting + figures.received === 0, true);
same(figures.lentStones + figures.lentBytes, figures.borrowedStones + figures.borrowedBytes);
link.close();
peer.run();

const prices = new BucketMap("text", "number", [["tea", 2.5]]).set("salt", 0.75);
const later: BucketMap<"text", "number"> = prices.with("tea", 3).without("salt");
const price: number | undefined = later.get("tea");
same(price, 3);
for (const [name, value] of prices)
    same(typeof name + typeof value, "stringnumber");
prices.forEach((value, key, map) => same(map.get(key), value));
same([...prices.keys(), ...prices.values(), ...prices.entries()].length, 6);
same(prices.has("tea") && prices.delete("tea") && prices.size === 1, true);
same(BucketMap.fromEntries("integer", "logical", new Map([[1, true]])).get(1n), true);
const words = new BucketSet("text", ["a"]).add("b").with("c").without("a");
words.forEach((element, again, set) => same(set.has(element), element === again));
same([...words, ...words.keys(), ...words.values(), ...words.entries()].length, 8);
same(words.delete("b") && words.size === 1 && words.elementType === "text", true);
const stored = new StoneMap<"text", "number">(later.toStone());
same(stored.get("tea"), 3);
stored.forEach((value, key, map) => same(map.get(key), value));
same([...stored, ...stored.keys(), ...stored.values(), ...stored.entries()].length, 4);
same(stored.has("tea") && stored.size === 1 && stored.toStone().stone, true);
const types: FieldType[] = [new StoneMap(later.toStone().buffer).keyType, stored.valueType, prices.keyType, prices.valueType];
same(types.join(), "text,number,text,number");
const members = new StoneSet<"text">(words.toStone());
members.forEach((element, again, set) => same(set.has(element), element === again));
same([...members, ...members.keys(), ...members.values(), ...members.entries()].length, 4);
same(members.size === 1 && members.elementType === "text" && members.toStone().stone, true);
prices.clear();
words.clear();
const limit: number = bucketHeapLimit();
same(limit > bucketHeapUsed() && version.length > 0 && blobsAlive() === blobsCreated() - blobsReleased(), true);
try {
    data.writeBytes(bytes);
} catch (error) {
    same((error as DrystoneError).code, "IS_STONE");
}

// what is wrong is refused; never run
export const refused = (): void => {
    // @ts-expect-error: not a source
    new Blob("text");
    // @ts-expect-error: read only
    data.length = 8;
    // @ts-expect-error: no width
    fields.writeFit(1);
    // @ts-expect-error: not a bit
    fields.writeBit(2);
    // @ts-expect-error: may be null
    fields.readText(0).length;
    // @ts-expect-error: not a Blob
    data.equals(bytes);
    // @ts-expect-error: stone values do not change
    document.rows[0].id = 2;
    // @ts-expect-error: stone values do not change
    document.rows.push({ id: 2 });
    // @ts-expect-error: a message, not a value
    wota.view({ a: 1 });
    // @ts-expect-error: no such dialect
    wota.encode(1, { dialect: "new" });
    // @ts-expect-error: a message, not a value
    wota.toJSON({ a: 1 });
    // @ts-expect-error: not text
    wota.fromJSON(bytes);
    // @ts-expect-error: Nota is bytes
    nota.decode(data);
    // @ts-expect-error: words are BigInts
    dec64.toNumber(1);
    // @ts-expect-error: a mailbox has a name
    new Mailbox();
    // @ts-expect-error: letters are Blobs
    box.post({ a: 1 });
    // @ts-expect-error: a mailbox, not its name
    outbox.post("types", wota.encode(1));
    // @ts-expect-error: how many
    box.takeMany();
    // @ts-expect-error: not a bound
    Mailbox.open("types", { letters: 1 });
    // @ts-expect-error: may be null
    bounded.next().then(one => one.length);
    // @ts-expect-error: not a function
    box.onletter = "letter";
    // @ts-expect-error: may be nothing
    box.take(0).length;
    // @ts-expect-error: a descriptor, not a name
    new Link("painter");
    // @ts-expect-error: not a bound
    new Link(here, { letters: 1 });
    // @ts-expect-error: what is served is a mailbox
    link.serve("linked");
    // @ts-expect-error: no such type
    new BucketMap("text", "object");
    // @ts-expect-error: an entry of other types
    new BucketMap("text", "number", [["a", "b"]]);
    // @ts-expect-error: a key of another type
    prices.get(1);
    // @ts-expect-error: an element of another type
    words.add(1);
    // @ts-expect-error: stones do not change
    stored.set("a", 1);
    // @ts-expect-error: stones do not change
    members.add("a");
    // @ts-expect-error: not a limit
    bucketHeapLimit("much");
    // @ts-expect-error: a constant
    version();
};
