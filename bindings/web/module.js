// The imports of a WebAssembly module with their types, read from its bytes, because browsers do not report types.

const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const NUMBERS = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" };
/** References with a type of their own follow these: `ref`, `ref null`. */
const REFERENCES = [0x64, 0x63];
/** The first and the last of the abstract heap types, each also a type of references in short. */
const HEAP = [0x68, 0x75];
const PACKED = [0x77, 0x78];
const [RECURSIVE, OPEN, FINAL, FUNCTION, STRUCT, ARRAY] = [0x4e, 0x50, 0x4f, 0x60, 0x5f, 0x5e];

const refuse = (what) => {
    throw new WebAssembly.CompileError(`the module's imports cannot be read: ${what}`);
};
const unknown = (what, byte) => refuse(`${what} 0x${byte.toString(16)} is unknown`);

class Reader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    get left() {
        return this.bytes.length - this.at;
    }

    byte() {
        return this.left > 0 ? this.bytes[this.at++] : refuse("it ends too early");
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
        if (length > this.left) refuse("it ends too early");
        const start = this.at;
        this.at += length;
        return this.bytes.subarray(start, this.at);
    }

    text() {
        return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.take(this.number()));
    }

    vector(item) {
        const length = this.number();
        // Each item has a byte at least.
        if (length > this.left) refuse("it ends too early");
        return Array.from({ length }, item);
    }

    /** The type of a value: a number's name, or "other". */
    valueType() {
        const byte = this.byte();
        if (byte in NUMBERS) return NUMBERS[byte] === "v128" ? "other" : NUMBERS[byte];
        // A heap type is an abstract one, or the number of a type.
        if (REFERENCES.includes(byte)) this.number();
        else if (byte < HEAP[0] || byte > HEAP[1]) unknown("the type of values", byte);
        return "other";
    }

    limits() {
        const flags = this.byte();
        if (flags > 15) unknown("the kind of limits", flags);
        this.number();
        if (flags & 1) this.number();
        // The size of a page.
        if (flags & 8) this.number();
    }

    /** The types of an entry of the type section: one, or those of a group. */
    types() {
        const form = this.byte();
        return form === RECURSIVE ? this.vector(() => this.oneType(this.byte())) : [this.oneType(form)];
    }

    /** A function's type; undefined for any other. */
    oneType(form) {
        if (form === OPEN || form === FINAL) {
            this.vector(() => this.number());
            form = this.byte();
        }
        const values = () => this.vector(() => this.valueType());
        if (form === FUNCTION) return { parameters: values(), results: values() };
        if (form === STRUCT) this.vector(() => this.field());
        else if (form === ARRAY) this.field();
        else unknown("the form of types", form);
        return undefined;
    }

    field() {
        if (PACKED.includes(this.bytes[this.at])) this.byte();
        else this.valueType();
        this.byte();
    }

    /** `{ module, name, parameters, results }` of a function; undefined for any other import. */
    oneImport(types) {
        const [module, name, kind] = [this.text(), this.text(), this.byte()];
        if (kind === 0) return { module, name, ...(types[this.number()] ?? refuse(`${name} has no function's type`)) };
        if (kind === 1) this.valueType(), this.limits();
        else if (kind === 2) this.limits();
        else if (kind === 3) this.valueType(), this.byte();
        else if (kind === 4) this.byte(), this.number();
        else unknown("the kind of imports", kind);
        return undefined;
    }
}

/** The bytes of a buffer or a view. */
function bytesOf(source) {
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    // Buffers of other realms are not instances of this one's classes.
    const type = Object.prototype.toString.call(source);
    if (type === "[object ArrayBuffer]" || type === "[object SharedArrayBuffer]") return new Uint8Array(source);
    throw new TypeError("a module's imports are read from its bytes: a buffer or a view is needed");
}

/**
 * The functions that a module imports: `{ module, name, parameters, results }`, with types by name; those that are no
 * number's are "other". Throws a CompileError if there is anything that it does not know.
 */
export function functionImports(bytes) {
    const reader = new Reader(bytesOf(bytes));
    if (HEADER.some((byte, place) => reader.bytes[place] !== byte)) refuse("it is not a WebAssembly module");
    reader.take(HEADER.length);
    let types = [];
    while (reader.left > 0) {
        const [id, length] = [reader.byte(), reader.number()];
        const section = new Reader(reader.take(length));
        const items = (item) => {
            const found = section.vector(item);
            return section.left === 0 ? found : refuse("a section is longer than its items");
        };
        if (id === 1) types = items(() => section.types()).flat();
        if (id === 2) return items(() => section.oneImport(types)).filter(Boolean);
    }
    return [];
}
