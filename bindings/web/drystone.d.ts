/** How a guest has optional values and arrays; pairs are a block's size in bytes, and where something lies in it. */
export interface Layout {
    none: readonly [number, number];
    noneTag: number;
    someTag: number;
    some: Record<"i" | "f" | "s" | "b", readonly [number, number]>;
    arrayHeader: readonly [number, number];
    arrayStrides: Record<"i" | "f" | "s" | "b", number>;
    packedStrides: Record<"i" | "f" | "s" | "b", number>;
}

/** The usual one. */
export const usualLayout: Readonly<Layout>;

export interface HostOptions {
    /** Which of our imports a name of the guest's stands for; the name itself where it is no other. */
    names?(name: string): string;
    layout?: Layout;
    /** Names of the guest's exports: "memory" and "alloc" where nothing is said. */
    memory?: string;
    alloc?: string;
    /** Where not said, and without `sizeHeader`, a block has what was asked for. */
    usableSize?: string;
    /** How many bytes from a block its size is (u32), and by how many bits it is shifted right. */
    sizeHeader?: readonly [number, number];
    /** "shadow_stack_pointer" where nothing is said; null when there is none, and nothing is rooted. */
    shadowStackPointer?: string | null;
    shadowStackEnd?: string;
    /** Others read the maps who know the plain layout only. */
    plain?: boolean;
    copyStrings?: boolean;
    /** The guest's blocks come zeroed. */
    zeroed?: boolean;
}

/** A call of a guest's that was refused: no map has changed. */
export class Refusal extends WebAssembly.RuntimeError {
    /** The number in drystone.h. */
    readonly status: number;
}

type Field = bigint | number | string;

/** The host of one guest. */
export interface HostBuckets {
    /** The functions for a module's imports that are ours, by module and name. A TypeError lists those that do not fit. */
    imports(bytes: BufferSource): Record<string, Record<string, Function>>;
    /** Says which instance is the guest, before it calls an import. Exports that are missing are a TypeError. */
    attach(instance: { readonly exports: WebAssembly.Exports }): void;
    /** Compiles a module, starts it with our imports and others, and attaches it. */
    instantiate(bytes: BufferSource, others?: WebAssembly.Imports): Promise<WebAssembly.Instance>;
    /** A copy of the map at an offset, for which the guest allocates; tags "i" (bigint), "f", "s", "b". */
    read(map: number, key: string, value: string): Map<Field, Field>;
}

/** A host; `core` is drystone-core.wasm, compiled, which several hosts may share. */
export function hostBuckets(core: WebAssembly.Module, options?: HostOptions): HostBuckets;
