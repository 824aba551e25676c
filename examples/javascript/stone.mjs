// A message that mentions a stone: the receiver gets the very same bytes, as an immutable ArrayBuffer.
//
// prints: a picture of 1000 bytes, the same stone: true
// prints: written to: no
import * as drystone from "./drystone.so";

const picture = drystone.stone(new Uint8Array(1000).fill(7));
const message = drystone.wota.encode({ name: "a picture", data: picture });

const inbox = drystone.Mailbox.open("painter"); // any runtime, on any thread of the process, finds it by its name
drystone.Mailbox.find("painter").post(message);

const letter = drystone.wota.decode(inbox.take(1000)); // waits up to a second
console.log(`${letter.name} of ${letter.data.byteLength} bytes, the same stone: ${letter.data === picture.buffer}`);

const pixels = new Uint8Array(letter.data);
try {
    pixels[0] = 8; // quickjs-ng ignores it; an engine may also throw a TypeError
} catch {}
console.log(`written to: ${pixels[0] === 7 ? "no" : "yes"}`);
