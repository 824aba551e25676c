// The package's exports for TypeScript and editors; README.md explains them. Lengths and positions of blobs are in bits, those
// of buffers in bytes.

// ---- hosts of guests ----

/** How a guest lays out optional values and arrays. A pair is a block's size and an offset in it, in bytes. */
export interface Layout {
    none: readonly [number, number];
    noneTag: number;
    someTag: number;
    some: Record<"i" | "f" | "s" | "b", readonly [number, number]>;
    arrayHeader: readonly [number, number];
    arrayStrides: Record<"i" | "f" | "s" | "b", number>;
    packedStrides: Record<"i" | "f" | "s" | "b", number>;
}

/** The default. */
export const usualLayout: Readonly<Layout>;

export interface HostOptions {
    /** Maps a name of the guest to the name of an import here; other hosts' imports keep their names. */
    names?(name: string): string;
    layout?: Layout;
    /** Names of the guest's exports; the defaults are "memory" and "alloc". */
    memory?: string;
    alloc?: string;
    /** Without it, and without `sizeHeader`, a block's size is the requested one. */
    usableSize?: string;
    /** Instead of `usableSize`: the offset in bytes from a block to its size (u32), and by how many bits that is shifted right. */
    sizeHeader?: readonly [number, number];
    /** The default is "shadow_stack_pointer"; null if the guest has none, so that nothing is rooted. */
    shadowStackPointer?: string | null;
    /** A missing "shadow_stack_end" means that the stack ends with the memory; an export named here must exist. */
    shadowStackEnd?: string;
    /** Other readers of the maps know only the plain layout. */
    plain?: boolean;
    copyStrings?: boolean;
    /** The guest's allocator returns zeroed blocks. */
    zeroed?: boolean;
    /** Seeds of the hashes; random ones by default. For tests that compare memory. */
    seed?(): bigint;
}

/** Thrown into the guest when its call is refused; no map has changed. */
export class Refusal extends WebAssembly.RuntimeError {
    /** The number in drystone.h. */
    readonly status: number;
}

type Field = bigint | number | string;

/** The host of one guest. */
export interface HostBuckets {
    /**
     * The library's functions for a module's imports, by module and name, in objects without prototypes. A TypeError lists
     * imports that do not fit; a CompileError says what cannot be read.
     */
    imports(bytes: BufferSource): Record<string, Record<string, Function>>;
    /** Attaches the guest's instance, before it calls an import. A missing export, or one of another type, is a TypeError. */
    attach(instance: { readonly exports: WebAssembly.Exports }): void;
    /** Compiles a module, instantiates it with the library's imports and others, and attaches it. */
    instantiate(bytes: BufferSource, others?: WebAssembly.Imports): Promise<WebAssembly.Instance & { readonly exports: any }>;
    /**
     * Copies the map at an offset; tags "i" (bigint), "f", "s", "b". Allocates in the guest's memory. A DrystoneError if there
     * is not a map, if a string is outside of the memory or not UTF-8, or if all strings together are longer than 16 times
     * the memory.
     */
    read(map: number, key: string, value: string): Map<Field, Field>;
}

/** Makes a host. An option that is not possible is a TypeError or a RangeError. `core` is drystone-core.wasm, compiled, which several hosts may share. */
export function hostBuckets(core: WebAssembly.Module, options?: HostOptions): HostBuckets;

// ---- values ----

/** drystone.wasm: compiled, as bytes, or as a response with them. */
export type Source = WebAssembly.Module | BufferSource | Response;

/** Starts the core, which everything below needs. Later calls do nothing. */
export function load(source: Source | PromiseLike<Source>): Promise<void>;

/** A stone with a map or a set. */
export type StoneSource = Blob | Bytes;

/** Thrown when a call is refused; nothing has changed. */
export class DrystoneError extends Error {
    readonly code: StatusName;
}

/** A counted bit string: an antestone, which is written to, or a stone, which never changes again. */
export class Blob {
    /** An antestone of this many bits, all 0 or all `bit`; or with a copy of the source's bytes or bits. */
    constructor(bits?: number, bit?: boolean | 0 | 1);
    constructor(source: Bytes | Blob);
    /** In bits. */
    readonly length: number;
    readonly stone: boolean;
    /** Of a stone: the buffer with its bytes, copied only if they are part of one. It must not be written to. */
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    /** Of a stone: a view of the bytes, copied only for a message. */
    readonly bytes: Uint8Array;
    slice(from?: number, to?: number): Blob;
    equals(other: Blob): boolean;
    /** Of a stone: a byte; a negative index counts from the end. */
    at(index: number): number | undefined;
    /** Of a stone: copies its bytes from position `from` on, as many as both have. Returns how many. */
    copyTo(target: Bytes, from?: number): number;
}

/** Makes a Blob stone and returns it; of bytes, makes a stone with a copy of them. */
export function stone(source: Blob | Bytes): Blob;
/** Whether it is a stone Blob, or a record or an array of a view. */
export function isStone(value: unknown): boolean;

export namespace wota {
    /** A message of a value, which refers to stones. */
    function encode(value: unknown): Blob;
    /** The value of a message, or of untrusted bytes. Stones are Blobs, other bits ArrayBuffers. */
    function decode(source: Blob | Bytes): any;
    /** The value of a message, read in place: as `decode` returns it, deeply frozen. */
    function view(message: Blob): any;
    /** Portable bytes, which include those of the stones. */
    function toBytes(message: Blob): ArrayBuffer;
    function fromBytes(source: Blob | Bytes): Blob;
    /** The words of a message, and each of its stones once. */
    function toParts(message: Blob): Blob[];
    /** The message of these parts, which are not trusted. */
    function fromParts(parts: Iterable<Blob | Bytes>): Blob;
}

export namespace nota {
    function encode(value: unknown): ArrayBuffer;
    function decode(source: Blob | Bytes): any;
    function fromMessage(message: Blob): ArrayBuffer;
    function toMessage(source: Blob | Bytes): Blob;
}

// ---- workers ----

/** How stones get to other workers of this page: both sides use the memory, or the sender's Blob is empty afterwards. */
export type Sharing = "shared" | "transferred";
export function sharing(): Sharing;

/** The arguments of `postMessage` for stones and messages: the data, what to transfer, and how they are sent. */
export function pack(blobs: Blob | readonly Blob[]): { data: unknown; transfer: ArrayBuffer[]; sharing: Sharing };
/** Posts stones or messages to a worker or a port. Returns how they were sent. */
export function post(target: { postMessage(message: unknown, transfer: Transferable[]): void }, blobs: Blob | readonly Blob[]): Sharing;
/** What was posted, from the `data` of the event: a Blob, or an array of them. The data is not trusted. */
export function receive(data: unknown): any;

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
