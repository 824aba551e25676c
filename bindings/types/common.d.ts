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
