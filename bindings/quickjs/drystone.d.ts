// The module's exports for TypeScript and for editors; README.md says what they do. Lengths and positions of blobs are
// in bits, of buffers in bytes, times in milliseconds.

/** Anything that has bytes. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;
/** A message as a Blob or as the ArrayBuffer over it. */
export type Message = Blob | ArrayBuffer;
export type Dialect = "classic" | "dec64";
/** What JavaScript has for an integer: a Number where it is a safe one, else a BigInt. Both are taken. */
export type Integer = number | bigint;

/** Errors of the library have the name of the status. */
export interface DrystoneError extends Error {
    readonly code:
        | "NO_MEMORY" | "INVALID_ARGUMENT" | "OUT_OF_RANGE" | "IS_STONE" | "NOT_STONE" | "TRUNCATED" | "MALFORMED"
        | "LIMIT_EXCEEDED" | "WRONG_TYPE" | "NOT_FOUND" | "END" | "CLOSED" | "STALE_SCOPE" | "OVER_BUDGET"
        | "FOREIGN_REFERENCE" | "BUSY" | "UNSUPPORTED" | "WRONG_THREAD";
}

/** A counted bit string: an antestone, which can be written to, or a stone, which never changes again. */
export class Blob {
    /** An antestone of so many bits, all 0 or all `bit`, or with a copy of the source's bytes or bits. */
    constructor(bits?: number, bit?: boolean | 0 | 1);
    constructor(source: Bytes | Blob);
    /** In bits. */
    readonly length: number;
    readonly stone: boolean;
    /** Of a stone: the immutable ArrayBuffer over its own bytes. */
    readonly buffer: ArrayBuffer;
    writeBytes(source: Bytes): this;
    slice(from?: number, to?: number): Blob;
    equals(other: Blob): boolean;
    /** Of a stone: itself, or one copy, in a memory file that a Link sends without copying. */
    toShared(): Blob;
    /** Of a stone: a byte, from the back where the index is negative. */
    at(index: number): number | undefined;
    /** Of a stone: its bytes from that one on into a buffer, as far as both go; how many these are. */
    copyTo(target: Bytes, from?: number): number;

    writeBit(bit: boolean | 0 | 1): this;
    writeFit(value: Integer, width: number): this;
    writeKim(value: Integer): this;
    /** The nearest to a Number, or a DEC64 word. */
    writeDec64(number: Integer): this;
    writeText(text: string): this;
    writeBlob(other: Blob): this;
    writePad(block: number): this;
    readLogical(from: number): boolean | null;
    readFit(from: number, width: number): Integer | null;
    readKim(from: number): Integer | null;
    /** How many bits the Kim number there takes. */
    kimBits(from: number): number | null;
    readDec64(from: number): number | null;
    readText(from: number): string | null;
    /** How many bits the text there takes. */
    textBits(from: number): number | null;
    readBlob(from?: number, to?: number): Blob | null;
    isPad(from: number, block: number): boolean | null;

    // The names that engines of this family use, for the same methods.
    write_bytes(source: Bytes): this;
    write_bit(bit: boolean | 0 | 1): this;
    write_fit(value: Integer, width: number): this;
    write_kim(value: Integer): this;
    write_dec64(number: Integer): this;
    write_text(text: string): this;
    write_blob(other: Blob): this;
    write_pad(block: number): this;
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

/** What a stone value is of a value: its records and arrays frozen, deeply, and its bytes those of stones. */
export type Stone<T> =
    T extends string | number | boolean | bigint | null ? T
    : T extends Blob | Bytes ? ArrayBuffer
    : T extends readonly unknown[] ? { readonly [Index in keyof T]: Stone<T[Index]> }
    : T extends object ? { readonly [Key in keyof T]: Stone<T[Key]> }
    : T;

/**
 * Makes a Blob stone and returns it; of a buffer a new stone with a copy of the bytes; of bytes that lie over a stone
 * that stone, or the part that they are, uncopied.
 */
export function stone(source: Blob | Bytes): Blob;
/** Of any other value that can be sent: the same as a stone, deep and for ever. */
export function stone<T>(value: T): T extends Blob | Bytes ? Blob : Stone<T>;
/** Whether it is a stone Blob, the ArrayBuffer over a stone, or a record or an array that is a stone value. */
export function isStone(value: unknown): boolean;

export namespace wota {
    interface EncodeOptions {
        dialect?: Dialect;
        /** Numbers that DEC64 cannot hold become the nearest that it can. */
        nearest?: boolean;
    }
    interface DecodeOptions {
        dialect?: Dialect;
    }
    /** A message of a value. A Number for the options is ignored, for `values.map(wota.encode)`. */
    function encode(value: unknown, options?: EncodeOptions | number): Blob;
    /** The value of a message, or of untrusted bytes in that dialect. */
    function decode(source: Blob | Bytes, options?: DecodeOptions | number): any;
    /** The value of a message, read where it is: what `decode` would give, deeply frozen, and nothing decoded. */
    function view(message: Message): any;
    function transcode(message: Message, dialect: Dialect, options?: { nearest?: boolean }): Blob;
    /** Portable bytes, with those of the stones in them. */
    function toBytes(message: Message): ArrayBuffer;
    function fromBytes(source: Bytes, options?: DecodeOptions | number): Blob;
    /**
     * The words of a message, and each stone and message in it once. Those of fewer bits than `inlineBelow` are copied into
     * the first part.
     */
    function toParts(message: Message, options?: { inlineBelow?: number } | number): Blob[];
    /** The message of its parts, which may come from anywhere. */
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
    /** Collects one value after the other from pieces. */
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

/** What a new mailbox may hold; without a bound where there is none. */
export interface MailboxBounds {
    maxLetters?: number;
    /** Of the letters and, each as often as it is held, of the stones and messages in them. */
    maxBytes?: number;
}

/** Letters, but for the bytes; since the mailbox was made, and now. */
export interface MailboxStatistics {
    posted: number;
    taken: number;
    refused: number;
    swept: number;
    letters: number;
    bytes: number;
    peakLetters: number;
    peakBytes: number;
}

/** Where letters wait for an actor, whichever runtime and thread it is on. */
export class Mailbox implements AsyncIterable<Blob> {
    private constructor();
    /** For who takes the letters: the process's mailbox of that name, or a new one. A Number is maxLetters, 0 for no bound. */
    static open(name: string, bounds?: number | MailboxBounds): Mailbox;
    /** For who sends: the mailbox of that name that somebody has open. */
    static find(name: string): Mailbox;
    /** The same as `new Link(descriptor, options)`. */
    static link(descriptor: number, options?: LinkOptions): Link;
    readonly length: number;
    /** Readable for poll while there are letters, or it is closed; not to be read or closed. */
    readonly fd: number | undefined;
    /** Without a timeout a full mailbox refuses at once. A Number for the options is ignored, for `letters.forEach(box.post, box)`. */
    post(letter: Blob, options?: { timeout?: number } | number): void;
    /** Ahead of the ordinary letters, behind the urgent ones. */
    postUrgent(letter: Blob): void;
    /** The oldest letter; undefined when none came in time, null when the mailbox is closed and empty. */
    take(timeout?: number): Blob | undefined | null;
    /** At least one letter, and as many more as are there, up to `count`. */
    takeMany(count: number, timeout?: number): Blob[] | undefined | null;
    /** The next letter; null when the mailbox is closed and empty. */
    next(): Promise<Blob | null>;
    /** Ends when the mailbox is closed and empty. */
    [Symbol.asyncIterator](): AsyncIterableIterator<Blob>;
    /** Called with each letter, one in a turn of the host's loop. */
    onletter: ((this: Mailbox, letter: Blob) => unknown) | null;
    statistics(): MailboxStatistics;
    /** Drops the letters that are there; how many. */
    sweep(): number;
    close(): void;
}

/** The letters of a turn, which go when it has ended well. */
export class Outbox {
    constructor();
    post(to: Mailbox, letter: Blob): void;
    /** Posts them in their order; how many were refused, and dropped. */
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
    /** Ends the link and its proxies. What was not sent yet is lost. */
    close(): void;
}

/** The types of keys, values and elements. */
export interface FieldTypes {
    integer: Integer;
    number: number;
    text: string;
    logical: boolean;
}
export type FieldType = keyof FieldTypes;

/** A map of one type of keys and one of values, in memory outside the engine. */
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
    /** A new version with the entry; this one stays as it is. */
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

/** A map in a stone, read where it lies. Logicals of stones that were made elsewhere may be Numbers. */
export class StoneMap<K extends FieldType = FieldType, V extends FieldType = FieldType> {
    constructor(stone: Blob | ArrayBuffer);
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

/** A set in a stone. */
export class StoneSet<E extends FieldType = FieldType> {
    constructor(stone: Blob | ArrayBuffer);
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

/** The bytes that this runtime's BucketMaps and BucketSets take. */
export function bucketHeapUsed(): number;
/** How large they may get together; sets it while none is alive. */
export function bucketHeapLimit(bytes?: number): number;

/** The blobs of the process. */
export function blobsAlive(): number;
export function blobsCreated(): number;
export function blobsReleased(): number;
/** The library's. */
export const version: string;
