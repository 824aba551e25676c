// The values of messages, read in place: records and arrays that behave like frozen ones. A whole one is made only when a
// program asks for more than single fields.

import { takeBlob } from "./blob.js";
import { bytesAt, core, fields, giveTexts, takeList, unitsAt } from "./core.js";
import { NOT_FOUND, checked } from "./error.js";
import * as kinds from "./tape.js";
import { textOfBytes, textOfUnits } from "./text.js";

const WHAT = "reading a view";
const views = new WeakSet();

export const isView = (value) => views.has(value);

/** The value that the core has found. */
function value(entered) {
    const found = fields();
    const upper = found.getInt32(4, true);
    if ((upper & kinds.TAG) !== kinds.TAG) return found.getFloat64(0, true);
    const [lower, more] = [found.getInt32(0, true), found.getUint32(8, true)];
    switch (upper & 0xffff) {
        case kinds.INTEGER:
            return lower;
        case kinds.WIDE: {
            const wide = found.getBigInt64(8, true);
            return BigInt(Number(wide)) === wide ? Number(wide) : wide;
        }
        case kinds.TEXT:
            return textOfBytes(bytesAt(more, lower >>> 0), WHAT);
        case kinds.WIDE_TEXT:
            return textOfUnits(unitsAt(more, lower >>> 0));
        case kinds.ARRAY:
            return container(new Place(entered, more, lower >>> 0), []);
        case kinds.RECORD:
            return container(new Place(entered, more, lower >>> 0), {});
        case kinds.NULL:
            return null;
        case kinds.FALSE:
            return false;
        case kinds.TRUE:
            return true;
        case kinds.STONE: {
            const blob = entered.blobOf(more);
            if (!blob) return takeBlob(more);
            core().blob_drop(more);
            return blob;
        }
        case kinds.BITS:
            return takeBlob(more).buffer;
        default:
            return NaN;
    }
}

function read(entered, result) {
    checked(result, WHAT);
    return value(entered);
}

/** Where a container starts in a message. */
class Place {
    constructor(entered, offset, count) {
        this.entered = entered;
        this.offset = offset;
        this.count = count;
        /** Fields that were read, so that reading again returns the same object. */
        this.known = new Map();
        this.places = undefined;
    }

    /** The positions of its values, or of its keys and values in turn. */
    children() {
        this.places ??= takeList(checked(core().view_children(this.entered.number, this.offset), WHAT));
        return this.places;
    }

    /** The value at a position, remembered under its name. */
    at(offset, name) {
        if (!this.known.has(name)) this.known.set(name, read(this.entered, core().view_value(this.entered.number, offset)));
        return this.known.get(name);
    }

    element(number) {
        return this.at(this.children()[number], number);
    }

    /** The value of a key; undefined if there is none. */
    field(key) {
        if (this.known.has(key)) return this.known.get(key);
        const [length] = giveTexts(key);
        const result = core().view_field(this.entered.number, this.offset, length);
        if (result === NOT_FOUND) return undefined;
        const found = read(this.entered, result);
        this.known.set(key, found);
        return found;
    }

    /** Reads all of it into the proxy's target, and freezes that. */
    complete(target) {
        if (!Object.isExtensible(target)) return target;
        const places = this.children();
        const isArray = Array.isArray(target);
        for (let at = 0; at < this.count; at += 1) {
            if (isArray) {
                target[at] = this.element(at);
                continue;
            }
            const key = read(this.entered, core().view_value(this.entered.number, places[2 * at]));
            const value = this.at(places[2 * at + 1], key);
            Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
        }
        this.known.clear();
        this.places = undefined;
        return Object.freeze(target);
    }
}

const INDEX = /^(?:0|[1-9]\d*)$/;

function container(place, target) {
    const isArray = Array.isArray(target);
    const complete = () => place.complete(target);
    const whole = (name) => (_, ...rest) => Reflect[name](complete(), ...rest);
    const proxy = new Proxy(target, {
        get(_, key, receiver) {
            if (Object.isExtensible(target) && typeof key === "string") {
                if (isArray) {
                    if (key === "length") return place.count;
                    if (INDEX.test(key) && Number(key) < place.count) return place.element(Number(key));
                } else {
                    const found = place.field(key);
                    if (found !== undefined) return found;
                }
            }
            return Reflect.get(target, key, receiver);
        },
        has: whole("has"),
        ownKeys: whole("ownKeys"),
        getOwnPropertyDescriptor: whole("getOwnPropertyDescriptor"),
        isExtensible: whole("isExtensible"),
        preventExtensions: whole("preventExtensions"),
        set: () => false,
        defineProperty: () => false,
        deleteProperty: () => false,
        setPrototypeOf: () => false,
    });
    views.add(proxy);
    return proxy;
}

/** The value of a Message as a view. */
export function viewOf(message) {
    const entered = message.hold();
    return read(entered, core().view_value(entered.number, 0));
}
