// Modules as bytes: lists sections, and makes modules that only import.

/** The numbers of a module's sections, without those that are for people. */
export function sections(bytes) {
    const found = [];
    for (let at = 8; at < bytes.length; ) {
        const id = bytes[at++];
        let [length, shift, byte] = [0, 0, 0];
        do {
            byte = bytes[at++];
            length |= (byte & 127) << shift;
            shift += 7;
        } while (byte & 128);
        if (id !== 0) found.push(id);
        at += length;
    }
    return found;
}

const TYPES = { i32: 0x7f, i64: 0x7e, f64: 0x7c };
/** Bytes of modules: a vector, a name, and a module with a type section and an import section. */
export const vector = (items) => [items.length & 127 | (items.length > 127 ? 128 : 0), ...(items.length > 127 ? [items.length >> 7] : []), ...items.flat()];
export const text = (name) => vector([...new TextEncoder().encode(name)]);
const section = (id, content) => [id, ...vector(content)];
export const moduleOf = (types, imports) =>
    new Uint8Array([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, vector(types)), ...section(2, vector(imports))]);

/** A module that imports functions from a module: `[name, parameters, results]`, types with spaces between. */
export function moduleThatImports(functions, module = "env") {
    const types = (list) => vector(list.split(" ").filter(Boolean).map((type) => TYPES[type]));
    return moduleOf(
        functions.map(([, parameters, results]) => [0x60, ...types(parameters), ...types(results)]),
        functions.map(([name], number) => [...text(module), ...text(name), 0x00, number]),
    );
}
