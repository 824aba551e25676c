// The module's exports, for TypeScript and for editors; README.md describes them. Lengths and positions are in bits for
// blobs and in bytes for buffers; times are in milliseconds.

/** A message, as a Blob or as the ArrayBuffer over it. */
export type Message = Blob | ArrayBuffer;
export type Dialect = "classic" | "dec64";
/** A stone with a map or a set. */
export type StoneSource = Blob | ArrayBuffer;

/** Errors from the library. */
export interface DrystoneError extends Error {
    readonly code: StatusName;
}

/** A counted bit string: an antestone, which can be written to, or a stone, which never changes again. */
export class Blob {
    /** An antestone: `bits` bits that all equal `bit` (0 by default), or a copy of the source's bytes or bits. */
    constructor(bits?: number, bit?: boolean | 0 | 1);
    constructor(source: Bytes | Blob);
    /** In bits. */
    readonly length: number;
    readonly stone: boolean;
    /** Of a stone: the immutable ArrayBuffer over its own bytes. */
    readonly buffer: ArrayBuffer;
    slice(from?: number, to?: number): Blob;
    equals(other: Blob): boolean;
    /** Of a stone: itself, or one copy, in a memory file that a Link sends without copying. */
    toShared(): Blob;
    /** Of a stone: a byte; a negative index counts from the end. */
    at(index: number): number | undefined;
    /** Of a stone: copies its bytes, from byte `from` on, into a buffer until either ends; returns how many. */
    copyTo(target: Bytes, from?: number): number;
}

/** The type of a stone value: records and arrays are deeply frozen, bytes are those of stones. */
export type Stone<T> =
    T extends string | number | boolean | bigint | null ? T
    : T extends Blob | Bytes ? ArrayBuffer
    : T extends readonly unknown[] ? { readonly [Index in keyof T]: Stone<T[Index]> }
    : T extends object ? { readonly [Key in keyof T]: Stone<T[Key]> }
    : T;

/**
 * Makes a Blob stone and returns it; for a buffer, a new stone with a copy of the bytes; for bytes over a stone,
 * that stone, or the part that they cover, without a copy.
 */
export function stone(source: Blob | Bytes): Blob;
/** Any other value that can be sent: the same value, deeply immutable. */
export function stone<T>(value: T): T extends Blob | Bytes ? Blob : Stone<T>;
/** True for a stone Blob, the ArrayBuffer over a stone, and a record or an array that is a stone value. */
export function isStone(value: unknown): boolean;

export namespace wota {
    interface EncodeOptions {
        dialect?: Dialect;
        /** Numbers that DEC64 cannot represent exactly are rounded to the nearest DEC64 number. */
        nearest?: boolean;
    }
    interface DecodeOptions {
        dialect?: Dialect;
    }
    /** The message of a value. Options that are a Number are ignored, for `values.map(wota.encode)`. */
    function encode(value: unknown, options?: EncodeOptions | number): Blob;
    /** The value of a message, or of untrusted bytes in that dialect. */
    function decode(source: Blob | Bytes, options?: DecodeOptions | number): any;
    /** The value of a message, read in place: what `decode` would return, deeply frozen, without decoding. */
    function view(message: Message): any;
    function transcode(message: Message, dialect: Dialect, options?: { nearest?: boolean }): Blob;
    /** Portable bytes, including those of the message's stones. */
    function toBytes(message: Message): ArrayBuffer;
    function fromBytes(source: Bytes, options?: DecodeOptions | number): Blob;
    /**
     * The words of a message, and each stone and message in it once. Parts of fewer bits than `inlineBelow` are copied into
     * the first one.
     */
    function toParts(message: Message, options?: { inlineBelow?: number } | number): Blob[];
    /** The message of these parts, which are untrusted and checked. */
    function fromParts(parts: (Blob | Bytes)[]): Blob;
    function toJSON(message: Message, pretty?: boolean): string;
    function fromJSON(text: string): Blob;
    function dump(message: Message): string;
}

export namespace nota {
    function encode(value: unknown): ArrayBuffer;
    function decode(source: Bytes): any;
    function fromMessage(message: Message): ArrayBuffer;
    function toMessage(source: Bytes): Blob;
    /** Collects values one after another from pieces. */
    class Feeder {
        constructor(limits?: { maxDepth?: number; maxWords?: number });
        feed(source: Bytes): { taken: number; complete: boolean };
        take(): Blob;
        reset(): void;
    }
}

/** DEC64 numbers are BigInt words of 64 bits. */
export namespace dec64 {
    function fromNumber(number: number): bigint;
    function toNumber(word: bigint): number;
    function toText(word: bigint): string;
    function fromText(text: string): bigint;
}

/** The bounds of a new mailbox. A bound that is left out does not apply. */
export interface MailboxBounds {
    maxLetters?: number;
    /** The bytes of the letters and of the stones and messages in them, each counted as often as it is held. */
    maxBytes?: number;
}

/** Counts of letters, and bytes where the name says so. */
export interface MailboxStatistics {
    /** These four: since the mailbox was made. */
    posted: number;
    taken: number;
    refused: number;
    swept: number;
    /** These two: now. */
    letters: number;
    bytes: number;
    peakLetters: number;
    peakBytes: number;
}

/** A queue of letters for an actor, on any runtime and thread of the process. */
export class Mailbox implements AsyncIterable<Blob> {
    private constructor();
    /** For takers: the process's mailbox of that name, or a new one. A Number is maxLetters; 0 for no bound. */
    static open(name: string, bounds?: number | MailboxBounds): Mailbox;
    /** For senders: the open mailbox of that name. Throws with code "NOT_FOUND" if there is none. */
    static find(name: string): Mailbox;
    /** The same as `new Link(descriptor, options)`. */
    static link(descriptor: number, options?: LinkOptions): Link;
    readonly length: number;
    /** A descriptor for poll, readable while letters are queued or the mailbox is closed. Do not read or close it. */
    readonly fd: number | undefined;
    /** Without a timeout a full mailbox refuses at once. Options that are a Number are ignored, for `letters.forEach(box.post, box)`. */
    post(letter: Blob, options?: { timeout?: number } | number): void;
    /** Queues a letter ahead of the ordinary ones and after the urgent ones. */
    postUrgent(letter: Blob): void;
    /** The oldest letter; undefined if none came in time, null if the mailbox is closed and empty. */
    take(timeout?: number): Blob | undefined | null;
    /** As `take`, but all queued letters, at most `count`. */
    takeMany(count: number, timeout?: number): Blob[] | undefined | null;
    /** The next letter; null if the mailbox is closed and empty. */
    next(): Promise<Blob | null>;
    /** Ends once the mailbox is closed and empty. */
    [Symbol.asyncIterator](): AsyncIterableIterator<Blob>;
    /** Called with each letter, at most once per turn of the host's loop. */
    onletter: ((this: Mailbox, letter: Blob) => unknown) | null;
    statistics(): MailboxStatistics;
    /** Drops the queued letters; returns how many. */
    sweep(): number;
    close(): void;
}

/** The letters of a turn, which are posted only when it has ended well. */
export class Outbox {
    constructor();
    post(to: Mailbox, letter: Blob): void;
    /** Posts the letters in order; returns how many were refused, which are dropped. */
    commit(): number;
    discard(): void;
}

/** Bounds of a link; those that are left out are the library's. */
export interface LinkOptions {
    /** How many letters may wait in a proxy; otherwise without a bound. */
    maxLetters?: number;
    /** How many bytes they may keep alive; otherwise without a bound. */
    maxQueuedBytes?: number;
    /** How many stones of the peer this process keeps at a time; otherwise 4096. */
    maxStones?: number;
    /** How many bytes of them, and in one letter; otherwise 16 GiB. */
    maxBytes?: number;
    /** Whether the peer may be another user's process. */
    anyUser?: boolean;
}

/** Letters, packets that wait for the socket, and stones and their bytes. */
export interface LinkStatistics {
    sent: number;
    received: number;
    refused: number;
    waiting: number;
    lentStones: number;
    lentBytes: number;
    borrowedStones: number;
    borrowedBytes: number;
}

/** One end of a link between two processes of one Linux host. */
export class Link {
    /** Over a connected AF_UNIX socket of type SOCK_SEQPACKET, which the link takes over. */
    constructor(descriptor: number, options?: LinkOptions);
    /** The two ends of such a socket: one for a link here, one to become another process's standard input. */
    static pair(): [number, number];
    /** The proxy of the peer's mailbox that it serves by this name. */
    mailbox(name: string): Mailbox;
    /** Delivers the peer's letters for this name to a mailbox. */
    serve(name: string, mailbox: Mailbox): void;
    /** Sends and receives what there is; false when there was nothing in time. */
    turn(timeout?: number): boolean;
    /** Turns until the peer has gone. Blocks. */
    run(): void;
    /** Readable for os.setReadHandler and poll while `turn` has something to do; not to be read or closed. */
    readonly fd: number;
    statistics(): LinkStatistics;
    /** Ends the link and its proxies. Letters that are not sent yet are lost. */
    close(): void;
}

// ---- common to the QuickJS module and the browser package: written from bindings/types/common.d.ts ----

/** Anything that has bytes. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;
/** An integer: a Number if it is a safe one, else a BigInt. Arguments may be either. */
export type Integer = number | bigint;

/** The name of a status, without `DRYSTONE_`. */
export type StatusName =
    | "NO_MEMORY" | "INVALID_ARGUMENT" | "OUT_OF_RANGE" | "IS_STONE" | "NOT_STONE" | "TRUNCATED" | "MALFORMED"
    | "LIMIT_EXCEEDED" | "WRONG_TYPE" | "NOT_FOUND" | "END" | "CLOSED" | "STALE_SCOPE" | "OVER_BUDGET"
    | "FOREIGN_REFERENCE" | "BUSY" | "UNSUPPORTED" | "WRONG_THREAD";

/** The fields of a Blob: writes append to an antestone, reads start at any bit of a stone. */
export interface Blob {
    writeBytes(source: Bytes): this;
    writeBit(bit: boolean | 0 | 1): this;
    writeFit(value: Integer, width: number): this;
    writeKim(value: Integer): this;
    /** The DEC64 number nearest to a Number, or a DEC64 word. */
    writeDec64(number: Integer): this;
    writeText(text: string): this;
    writeBlob(other: Blob): this;
    writePad(block: number): this;
    readBit(from: number): boolean | null;
    readFit(from: number, width: number): Integer | null;
    readKim(from: number): Integer | null;
    /** The size in bits of the Kim number there. */
    kimBits(from: number): number | null;
    readDec64(from: number): number | null;
    readText(from: number): string | null;
    /** The size in bits of the text there. */
    textBits(from: number): number | null;
    readBlob(from?: number, to?: number): Blob | null;
    isPad(from: number, block: number): boolean | null;

    // Aliases: the names that engines of this family use.
    write_bytes(source: Bytes): this;
    write_bit(bit: boolean | 0 | 1): this;
    write_fit(value: Integer, width: number): this;
    write_kim(value: Integer): this;
    write_dec64(number: Integer): this;
    write_text(text: string): this;
    write_blob(other: Blob): this;
    write_pad(block: number): this;
    read_bit(from: number): boolean | null;
    readLogical(from: number): boolean | null;
    read_logical(from: number): boolean | null;
    read_fit(from: number, width: number): Integer | null;
    read_kim(from: number): Integer | null;
    kim_bits(from: number): number | null;
    read_dec64(from: number): number | null;
    read_text(from: number): string | null;
    text_bits(from: number): number | null;
    read_blob(from?: number, to?: number): Blob | null;
    is_pad(from: number, block: number): boolean | null;
}

/** The types of keys, values and elements. */
export interface FieldTypes {
    integer: Integer;
    number: number;
    text: string;
    logical: boolean;
}
export type FieldType = keyof FieldTypes;

/** A map whose keys have one type and whose values have one type, in memory outside the engine. */
export class BucketMap<K extends FieldType, V extends FieldType> {
    constructor(keyType: K, valueType: V, entries?: Iterable<readonly [FieldTypes[K], FieldTypes[V]]> | null);
    static fromEntries<K extends FieldType, V extends FieldType>(
        keyType: K, valueType: V, entries: Iterable<readonly [FieldTypes[K], FieldTypes[V]]>): BucketMap<K, V>;
    readonly size: number;
    readonly keyType: K;
    readonly valueType: V;
    get(key: FieldTypes[K]): FieldTypes[V] | undefined;
    has(key: FieldTypes[K]): boolean;
    set(key: FieldTypes[K], value: FieldTypes[V]): this;
    delete(key: FieldTypes[K]): boolean;
    clear(): void;
    /** A new version with the entry; this one does not change. */
    with(key: FieldTypes[K], value: FieldTypes[V]): BucketMap<K, V>;
    without(key: FieldTypes[K]): BucketMap<K, V>;
    toStone(): Blob;
    keys(): IterableIterator<FieldTypes[K]>;
    values(): IterableIterator<FieldTypes[V]>;
    entries(): IterableIterator<[FieldTypes[K], FieldTypes[V]]>;
    [Symbol.iterator](): IterableIterator<[FieldTypes[K], FieldTypes[V]]>;
    forEach(visit: (value: FieldTypes[V], key: FieldTypes[K], map: this) => void, thisArg?: unknown): void;
}

/** A set of elements of one type. */
export class BucketSet<E extends FieldType> {
    constructor(elementType: E, elements?: Iterable<FieldTypes[E]> | null);
    readonly size: number;
    readonly elementType: E;
    has(element: FieldTypes[E]): boolean;
    add(element: FieldTypes[E]): this;
    delete(element: FieldTypes[E]): boolean;
    clear(): void;
    with(element: FieldTypes[E]): BucketSet<E>;
    without(element: FieldTypes[E]): BucketSet<E>;
    toStone(): Blob;
    keys(): IterableIterator<FieldTypes[E]>;
    values(): IterableIterator<FieldTypes[E]>;
    entries(): IterableIterator<[FieldTypes[E], FieldTypes[E]]>;
    [Symbol.iterator](): IterableIterator<FieldTypes[E]>;
    forEach(visit: (element: FieldTypes[E], same: FieldTypes[E], set: this) => void, thisArg?: unknown): void;
}

/** A map in a stone, read in place. Logicals in stones made by other programs may be Numbers. */
export class StoneMap<K extends FieldType = FieldType, V extends FieldType = FieldType> {
    constructor(stone: StoneSource);
    readonly size: number;
    readonly keyType: K;
    readonly valueType: V;
    get(key: FieldTypes[K]): FieldTypes[V] | undefined;
    has(key: FieldTypes[K]): boolean;
    toStone(): Blob;
    keys(): IterableIterator<FieldTypes[K]>;
    values(): IterableIterator<FieldTypes[V]>;
    entries(): IterableIterator<[FieldTypes[K], FieldTypes[V]]>;
    [Symbol.iterator](): IterableIterator<[FieldTypes[K], FieldTypes[V]]>;
    forEach(visit: (value: FieldTypes[V], key: FieldTypes[K], map: this) => void, thisArg?: unknown): void;
}

/** A set in a stone, read in place. */
export class StoneSet<E extends FieldType = FieldType> {
    constructor(stone: StoneSource);
    readonly size: number;
    readonly elementType: E;
    has(element: FieldTypes[E]): boolean;
    toStone(): Blob;
    keys(): IterableIterator<FieldTypes[E]>;
    values(): IterableIterator<FieldTypes[E]>;
    entries(): IterableIterator<[FieldTypes[E], FieldTypes[E]]>;
    [Symbol.iterator](): IterableIterator<FieldTypes[E]>;
    forEach(visit: (element: FieldTypes[E], same: FieldTypes[E], set: this) => void, thisArg?: unknown): void;
}

/** The bytes that all BucketMaps and BucketSets of this runtime use. */
export function bucketHeapUsed(): number;
/** The maximum for all of them together, in bytes; an argument sets it, which is possible while none is alive. */
export function bucketHeapLimit(bytes?: number): number;

// ---- end of the common declarations ----

/** Counts of the process's blobs. */
export function blobsAlive(): number;
export function blobsCreated(): number;
export function blobsReleased(): number;
/** The library's version. */
export const version: string;
