// The imports of a WebAssembly module with their types, read from its bytes, because browsers do not report types.

const TYPES = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64" };

class Reader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    byte() {
        if (this.at >= this.bytes.length) throw new WebAssembly.CompileError("the module ends too early");
        return this.bytes[this.at++];
    }

    number() {
        let number = 0;
        for (let scale = 1; ; scale *= 128) {
            const byte = this.byte();
            number += (byte & 127) * scale;
            if (byte < 128) return number;
        }
    }

    take(length) {
        const start = this.at;
        this.at += length;
        return this.bytes.subarray(start, this.at);
    }

    text() {
        return new TextDecoder().decode(this.take(this.number()));
    }

    vector(item) {
        return Array.from({ length: this.number() }, item);
    }

    limits() {
        const flags = this.byte();
        this.number();
        if (flags & 1) this.number();
    }
}

/** The functions that a module imports: `{ module, name, parameters, results }`, with types by name. */
export function functionImports(bytes) {
    const reader = new Reader(new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength));
    reader.take(8);
    let types = [];
    while (reader.at < reader.bytes.length) {
        const [id, length] = [reader.byte(), reader.number()];
        const section = new Reader(reader.take(length));
        const kinds = () => section.vector(() => TYPES[section.byte()] ?? "other");
        if (id === 1) types = section.vector(() => functionType(section, kinds));
        if (id === 2) return section.vector(() => oneImport(section, types)).filter(Boolean);
    }
    return [];
}

function functionType(section, kinds) {
    // Types other than functions, as in the garbage collection proposal, cannot be read here.
    if (section.byte() !== 0x60) throw new WebAssembly.CompileError("a type that is no function's");
    const parameters = kinds();
    return { parameters, results: kinds() };
}

function oneImport(section, types) {
    const [module, name, kind] = [section.text(), section.text(), section.byte()];
    if (kind === 0) return { module, name, ...types[section.number()] };
    if (kind === 1) section.byte();
    if (kind === 1 || kind === 2) section.limits();
    if (kind === 3) section.take(2);
    if (kind === 4) section.take(1), section.number();
    return undefined;
}
