// Maps of one type of keys and one of values, and sets, in the core's memory or in a stone.

import { Blob, bytesIn, bytesOf, harden, plain, takeBlob } from "./blob.js";
import { bytesAt, core, fields, give, giveTexts } from "./core.js";
import { END, NOT_FOUND, checked, refuse } from "./error.js";
import { TextBudget, textOfBytes } from "./text.js";

const TYPES = { integer: "i", number: "f", text: "s", logical: "b" };
const TYPE_OF = Object.fromEntries(Object.entries(TYPES).map(([type, letter]) => [letter.charCodeAt(0), type]));

const typeNumber = (type) =>
    Object.hasOwn(TYPES, type) ? TYPES[type].charCodeAt(0)
        : refuse("INVALID_ARGUMENT", 'a type is "integer", "number", "text" or "logical"');

const SMALLEST = -(2n ** 63n);

/** Writes a key or value to the field at `place`; a text is returned instead, to be written later. */
function put(type, value, place, isKey) {
    switch (type) {
        case "text":
            return typeof value === "string" ? value : refuse("INVALID_ARGUMENT", "no text");
        case "number":
            if (typeof value !== "number") refuse("INVALID_ARGUMENT", "no number");
            // A key is never -0, as in a Map.
            fields().setFloat64(place, isKey ? value + 0 : value, true);
            return "";
        case "integer": {
            const isWhole = typeof value === "bigint" ? value >= SMALLEST && value < -SMALLEST : Number.isSafeInteger(value);
            if (!isWhole) refuse("INVALID_ARGUMENT", "no integer of 64 bits");
            fields().setBigInt64(place, BigInt(value), true);
            return "";
        }
        default:
            if (typeof value !== "boolean") {
                if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 32))
                    refuse("INVALID_ARGUMENT", "neither true nor false");
            }
            fields().setBigUint64(place, BigInt(Number(value)), true);
            return "";
    }
}

const textLength = (found, place) => found.getUint32(place + 16, true);

/** The key or value of the field at `place`, whose text has its length in the field two further on. */
function take(type, place) {
    const found = fields();
    switch (type) {
        case "text":
            return textOfBytes(bytesAt(found.getUint32(place, true), textLength(found, place)), "a map or a set");
        case "number":
            return found.getFloat64(place, true);
        case "integer":
            return plain(found.getBigInt64(place, true));
        default: {
            // A stone from elsewhere may have any 32 bits here.
            const bits = found.getUint32(place, true);
            return bits > 1 ? bits : bits === 1;
        }
    }
}

const released = new FinalizationRegistry((map) => core().map_release(map));
const dropped = new FinalizationRegistry((stone) => core().blob_drop(stone));
const walked = new FinalizationRegistry((walk) => core().map_walk_end(walk));

const HEAP = -1;

/** Shared by maps and sets, in the heap and in stones. */
class Table {
    form = 0;
    map = 0;
    stone = HEAP;
    /** Of the stone, in bytes. */
    stoneLength = 0;
    keyType;
    valueType;

    constructor(kind, keyType, valueType) {
        [this.keyType, this.valueType] = [keyType, valueType];
        this.form = kind | (typeNumber(keyType) << 8) | (typeNumber(valueType) << 16);
    }

    static empty(kind, keyType, valueType, owner) {
        const table = new Table(kind, keyType, valueType);
        table.#adopt(checked(core().map_new(table.form), "a new map"), owner);
        return table;
    }

    /** The map or set of a stone. */
    static inStone(source, kind, owner) {
        const what = kind === 1 ? "new StoneSet" : "new StoneMap";
        const bytes = source instanceof Blob ? bytesIn(harden(source)) : bytesOf(source);
        if (!bytes) refuse("INVALID_ARGUMENT", what);
        give(bytes);
        const stone = checked(core().stone_new(8 * bytes.length), what);
        dropped.register(owner, stone);
        const form = checked(core().map_frozen(stone), what);
        if ((form & 1) !== kind) refuse("WRONG_TYPE", what);
        const table = new Table(kind, TYPE_OF[(form >> 8) & 255], TYPE_OF[(form >> 16) & 255]);
        [table.stone, table.stoneLength, table.map] = [stone, bytes.length, fields().getUint32(0, true)];
        return table;
    }

    #adopt(map, owner) {
        this.map = map;
        this.owner = new WeakRef(owner);
        released.register(owner, map, this);
    }

    /** Makes a call that may change the map's number. */
    #become(map) {
        if (map === this.map) return;
        released.unregister(this);
        this.map = map;
        const owner = this.owner.deref();
        if (owner) released.register(owner, map, this);
    }

    share(owner) {
        const other = new Table(this.form & 1, this.keyType, this.valueType);
        other.#adopt(checked(core().map_share(this.map), "with"), owner);
        return other;
    }

    size() {
        return checked(core().map_size(this.form, this.stone, this.map), "size");
    }

    #key(key) {
        const text = put(this.keyType, key, 0, true);
        return text === "" ? 0 : giveTexts(text)[0];
    }

    /** Whether the key is present; its value is in the second field. */
    find(key) {
        const found = core().map_get(this.form, this.stone, this.map, this.#key(key));
        if (found === NOT_FOUND) return false;
        checked(found, "get");
        return true;
    }

    value() {
        return take(this.valueType, 8);
    }

    set(key, value) {
        const keyText = put(this.keyType, key, 0, true);
        const valueText = this.form & 1 ? "" : put(this.valueType, value, 8, false);
        const [keyLength, valueLength] = keyText || valueText ? giveTexts(keyText, valueText) : [0, 0];
        this.#become(checked(core().map_set(this.form, this.map, keyLength, valueLength), "set"));
    }

    delete(key) {
        const map = core().map_delete(this.form, this.map, this.#key(key));
        if (map === NOT_FOUND) return false;
        this.#become(checked(map, "delete"));
        return true;
    }

    clear() {
        this.#become(checked(core().map_clear(this.form, this.map), "clear"));
    }

    toStone() {
        return takeBlob(checked(core().map_freeze(this.form, this.map), "toStone"));
    }

    /** Counts the texts of the entry in the fields. */
    #spendTexts(budget) {
        for (const [type, place] of [[this.keyType, 0], [this.valueType, 8]])
            if (type === "text") budget.spend(textLength(fields(), place), "iterating");
    }

    /** The entries, mapped by `pick`. Changes during the iteration are visible as in a Map. */
    *entries(pick) {
        // The iterator keeps the map alive.
        const owner = this.owner?.deref();
        if (this.stone !== HEAP) {
            const budget = new TextBudget(this.stoneLength);
            for (let cursor = 0; ; ) {
                cursor = core().map_next(this.form, this.stone, this.map, cursor);
                if (cursor === END) return;
                checked(cursor, "iterating");
                this.#spendTexts(budget);
                yield pick(this);
            }
        }
        const holder = {};
        const walk = checked(core().map_walk(this.map), "iterating");
        walked.register(holder, walk, holder);
        try {
            for (;;) {
                const found = core().map_walk_next(this.form, walk);
                if (found === END) return;
                checked(found, "iterating");
                yield pick(this);
            }
        } finally {
            walked.unregister(holder);
            core().map_walk_end(walk);
            void owner;
        }
    }
}

const key = (table) => take(table.keyType, 0);
const value = (table) => take(table.valueType, 8);
const pair = (table) => [key(table), value(table)];
const twice = (table) => {
    const element = key(table);
    return [element, element];
};

/** The reading methods for a class; `table(this)` returns its table. */
function defineReading(type, table, isSet) {
    const methods = {
        has(key) {
            return table(this).find(key);
        },
        *keys() {
            yield* table(this).entries(key);
        },
        *values() {
            yield* table(this).entries(isSet ? key : value);
        },
        *entries() {
            yield* table(this).entries(isSet ? twice : pair);
        },
        forEach(visit, thisArg) {
            for (const [key, value] of this.entries()) visit.call(thisArg, value, key, this);
        },
    };
    if (!isSet)
        methods.get = function get(key) {
            const found = table(this);
            return found.find(key) ? found.value() : undefined;
        };
    for (const [name, method] of Object.entries(methods))
        Object.defineProperty(type.prototype, name, { value: method, writable: true, configurable: true });
    const iterate = isSet ? methods.values : methods.entries;
    Object.defineProperty(type.prototype, Symbol.iterator, { value: iterate, writable: true, configurable: true });
    const getters = { size: (table) => table.size() };
    if (isSet) getters.elementType = (table) => table.keyType;
    else {
        getters.keyType = (table) => table.keyType;
        getters.valueType = (table) => table.valueType;
    }
    for (const [name, get] of Object.entries(getters))
        Object.defineProperty(type.prototype, name, { get() { return get(table(this)); }, configurable: true });
}

/** Passed instead of the first type: makes another version of the table. */
const VERSION = Symbol("version");

export class BucketMap {
    #table;

    constructor(keyType, valueType, entries) {
        if (keyType === VERSION) {
            this.#table = valueType.share(this);
            return;
        }
        this.#table = Table.empty(0, keyType, valueType, this);
        for (const [key, value] of entries ?? []) this.#table.set(key, value);
    }

    static fromEntries(keyType, valueType, entries) {
        return new BucketMap(keyType, valueType, entries);
    }

    set(key, value) {
        this.#table.set(key, value);
        return this;
    }

    delete(key) {
        return this.#table.delete(key);
    }

    clear() {
        this.#table.clear();
    }

    with(key, value) {
        return new BucketMap(VERSION, this.#table).set(key, value);
    }

    without(key) {
        const other = new BucketMap(VERSION, this.#table);
        other.delete(key);
        return other;
    }

    toStone() {
        return this.#table.toStone();
    }

    static {
        defineReading(BucketMap, (map) => map.#table, false);
    }
}

export class BucketSet {
    #table;

    constructor(elementType, elements) {
        if (elementType === VERSION) {
            this.#table = elements.share(this);
            return;
        }
        this.#table = Table.empty(1, elementType, "logical", this);
        for (const element of elements ?? []) this.#table.set(element);
    }

    add(element) {
        this.#table.set(element);
        return this;
    }

    delete(element) {
        return this.#table.delete(element);
    }

    clear() {
        this.#table.clear();
    }

    with(element) {
        return new BucketSet(VERSION, this.#table).add(element);
    }

    without(element) {
        const other = new BucketSet(VERSION, this.#table);
        other.delete(element);
        return other;
    }

    toStone() {
        return this.#table.toStone();
    }

    static {
        defineReading(BucketSet, (set) => set.#table, true);
    }
}

export class StoneMap {
    #table;
    #stone;

    constructor(stone) {
        this.#table = Table.inStone(stone, 0, this);
        this.#stone = stone;
    }

    toStone() {
        return this.#stone instanceof Blob ? this.#stone : new Blob(this.#stone);
    }

    static {
        defineReading(StoneMap, (map) => map.#table, false);
    }
}

export class StoneSet {
    #table;
    #stone;

    constructor(stone) {
        this.#table = Table.inStone(stone, 1, this);
        this.#stone = stone;
    }

    toStone() {
        return this.#stone instanceof Blob ? this.#stone : new Blob(this.#stone);
    }

    static {
        defineReading(StoneSet, (set) => set.#table, true);
    }
}

/** The total size of all BucketMaps and BucketSets in bytes. */
export const bucketHeapUsed = () => core().heap_used();

let limit = 2 ** 30;

/** The limit of that size; can be set only while none of them is alive. */
export function bucketHeapLimit(bytes) {
    if (bytes !== undefined) {
        if (!(Number.isInteger(bytes) && bytes > 0 && bytes < 2 ** 31)) refuse("OUT_OF_RANGE", "bucketHeapLimit");
        checked(core().heap_limit(bytes), "bucketHeapLimit");
        limit = bytes;
    }
    return limit;
}
