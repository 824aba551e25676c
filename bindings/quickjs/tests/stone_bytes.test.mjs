// The objects for the bytes of stones: an immutable ArrayBuffer, or a Blob if the engine has none.
import * as drystone from "./drystone.so";
import * as std from "qjs:std";
import { engine, finish, leavesNothing, ok, same, throws } from "./harness.mjs";

const { Blob, Mailbox, StoneMap, BucketMap, isStone, nota, stone, wota } = drystone;
const Expected = engine.immutableBuffers ? ArrayBuffer : Blob;
const bytes = view => {
    const copy = new Uint8Array(stone(view).length / 8);
    stone(view).copyTo(copy);
    return [...copy];
};

leavesNothing(drystone, () => {
    const original = stone(new Uint8Array([1, 2, 3, 4])), { buffer } = original;
    ok(buffer instanceof Expected && isStone(buffer));
    same(bytes(buffer), [1, 2, 3, 4]);
    ok(original.buffer === buffer, "the same object each time");
    ok((buffer === original) === !engine.immutableBuffers, "the Blob itself, where it is the first that was asked");
    ok(stone(buffer).equals(original) && new Blob(buffer).equals(original));

    const got = wota.decode(wota.encode({ original, buffer, list: [original] }));
    ok(got.original === buffer && got.buffer === buffer && got.list[0] === buffer, "by reference, and the same object");
    const box = Mailbox.open("stone_bytes.test");
    box.post(wota.encode([stone(new Uint8Array([7]))]));
    const [fresh] = wota.decode(box.take(0));
    ok(fresh instanceof Expected && isStone(fresh));
    same(bytes(fresh), [7]);
    if (!engine.immutableBuffers) {
        ok(fresh.buffer === fresh && wota.decode(wota.encode(fresh)) === fresh);
        for (const write of [() => fresh.write_bit(1), () => fresh.writeBytes(new Uint8Array(1)), () => original.copyTo(fresh)])
            throws(write, { type: TypeError, code: "IS_STONE" });
    }
    same(bytes(fresh), [7]);
    box.close();
});

// bytes of messages and of Nota
leavesNothing(drystone, () => {
    const value = { id: 7, list: [1, "x", null] };
    const portable = wota.toBytes(wota.encode(value)), encoded = nota.encode(value);
    ok(portable instanceof Expected && encoded instanceof Expected && nota.fromMessage(wota.encode(1)) instanceof Expected);
    same(wota.decode(portable), value);
    same(wota.decode(wota.fromBytes(portable)), value);
    same(nota.decode(encoded), value);
    same(wota.decode(nota.toMessage(encoded)), value);
    const feeder = new nota.Feeder();
    ok(feeder.feed(encoded).complete);
    same(wota.decode(feeder.take()), value);
    const inner = wota.encode([2]);
    same(wota.decode(wota.decode(wota.encode([inner]))[0]), [2], "a message in a message");
    same(wota.decode(new Uint8Array(bytes(portable))), value, "a copy of the bytes");
});

// tables in stones
leavesNothing(drystone, () => {
    const map = new BucketMap("text", "number", [["a", 1], ["b", 2]]);
    const got = wota.decode(wota.encode(map.toStone()));
    ok(got instanceof Expected);
    same([...new StoneMap(got)], [["a", 1], ["b", 2]]);
});

// objects are freed; the stone lives as long as one of them
{
    std.gc();
    const before = drystone.blobsAlive();
    (() => {
        let blob = stone(new Uint8Array([1, 2, 3]));
        let view = blob.buffer;
        view.self = view;
        blob = undefined;
        std.gc();
        same(drystone.blobsAlive(), before + 1);
        same(bytes(view), [1, 2, 3]);
        view = undefined;
    })();
    std.gc();
    same(drystone.blobsAlive(), before);
}

finish();
