// Nota: the same values as bytes for files and networks.

import { Blob, bytesIn, bytesOf, messageOf, takeBlob } from "./blob.js";
import { core, give } from "./core.js";
import { checked, refuse } from "./error.js";
import { newMessage } from "./message.js";
import { wota } from "./wota.js";

function messageOfText(source, what) {
    const bytes = source instanceof Blob ? bytesIn(source) : bytesOf(source);
    if (!bytes) refuse("INVALID_ARGUMENT", what);
    give(bytes);
    return checked(core().nota_to_message(bytes.length), what);
}

export const nota = Object.freeze({
    encode(value) {
        return nota.fromMessage(wota.encode(value));
    },

    decode(source) {
        return wota.decode(newMessage(messageOfText(source, "nota.decode")));
    },

    fromMessage(message) {
        const what = "nota.fromMessage";
        const known = (message instanceof Blob && messageOf(message)) || refuse("WRONG_TYPE", what);
        return known.enterWhole(({ number }) => takeBlob(checked(core().nota_from_message(number), what)).buffer);
    },

    toMessage(source) {
        return newMessage(messageOfText(source, "nota.toMessage"));
    },
});
