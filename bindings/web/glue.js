// A small WebAssembly module between a guest and the core, with one function for each import, of the type that the guest
// expects. It stores the parameters for the core, calls the core, and loads the results. When the core returns an error, it
// calls `refuse`, which throws. No JavaScript runs between the guest and the core.

const I32 = 0x7f;
const [LOCAL_GET, CALL, CALL_INDIRECT, IF, END, EMPTY] = [0x20, 0x10, 0x11, 0x04, 0x0b, 0x40];
const [I32_CONST, I32_EQ, I32_SUB, LOCAL_TEE, LOCAL_SIZE, RETURN] = [0x41, 0x46, 0x6b, 0x22, 1, 0x0f];
const LOADS = { i32: [0x28, 2], i64: [0x29, 3], f64: [0x2b, 3] };
const STORES = { i32: [0x36, 2], i64: [0x37, 3], f64: [0x39, 3] };
const TYPES = { i32: I32, i64: 0x7e, f64: 0x7c };

/** An unsigned number in LEB128. */
function unsigned(number) {
    const bytes = [];
    do {
        const rest = Math.floor(number / 128);
        bytes.push((number % 128) | (rest ? 128 : 0));
        number = rest;
    } while (number);
    return bytes;
}

/** A signed number of 32 bits in LEB128. */
function signed(number) {
    const bytes = [];
    number |= 0;
    for (;;) {
        const byte = number & 127;
        number >>= 7;
        if ((number === 0 && !(byte & 64)) || (number === -1 && byte & 64)) return [...bytes, byte];
        bytes.push(byte | 128);
    }
}

const vector = (items) => [...unsigned(items.length), ...items.flat()];
const text = (name) => vector([...new TextEncoder().encode(name)]);
const section = (id, bytes) => [id, ...unsigned(bytes.length), ...bytes];
const type = (parameters, results) => [
    0x60,
    ...vector(parameters.map((one) => TYPES[one])),
    ...vector(results.map((one) => TYPES[one])),
];

/**
 * The module for these imports, each `{ code, lookup, parameters, results }`, where `lookup` is the result of the core's
 * `import_looks_up`. It imports `glue.memory`, `glue.call` and `glue.lookup` (the core's `import_call` and
 * `import_lookup`) and `glue.refuse(status, number)`, and exports functions "0", "1" ….
 */
export function makeGlue(imports, { flags, layout, words }) {
    const types = [
        type(["i32", "i32", "i32", "i32"], ["i32"]),
        type(["i32", "i32"], []),
        type(["i32", "i32", "i64", "i32"], ["i32"]),
    ];
    types.push(...imports.map((one) => type(one.parameters, one.results)));
    const constant = (number) => [I32_CONST, ...signed(number)];
    const first = types.length - imports.length;
    const bodies = imports.map(({ code, lookup, parameters, results }, number) => {
        const status = parameters.length;
        const get = (local) => [LOCAL_GET, ...unsigned(local)];
        const loads = results.flatMap((one, place) => {
            const [load, alignment] = LOADS[one];
            return [...constant(0), load, alignment, ...unsigned(words + 8 * place)];
        });
        // `import_lookup` returned 1 (found) or 2 (absent). An absent key's value is the default, a parameter.
        const answer =
            parameters.length === 2
                ? [...constant(2), ...get(status), I32_SUB, RETURN]
                : [
                      ...get(status), ...constant(1), I32_EQ, IF, EMPTY, ...loads, RETURN, END,
                      ...parameters.flatMap((_, local) => (local < 2 ? [] : get(local))), RETURN,
                  ];
        const look = [
            ...constant(lookup), ...get(0), ...get(1), ...constant(words), CALL, 2, LOCAL_TEE, ...unsigned(status),
            IF, EMPTY, ...answer, END,
        ];
        const body = [
            ...unsigned(1), LOCAL_SIZE, I32,
            ...(lookup ? look : []),
            ...parameters.flatMap((one, place) => {
                const [store, alignment] = STORES[one];
                const at = unsigned(words + 8 * place);
                return [...constant(0), LOCAL_GET, ...unsigned(place), store, alignment, ...at];
            }),
            ...constant(flags), ...constant(code), ...constant(layout), ...constant(words),
            CALL, 0, LOCAL_TEE, ...unsigned(status),
            IF, EMPTY, LOCAL_GET, ...unsigned(status), ...constant(number), CALL, 1, END,
            ...loads, END,
        ];
        return [...unsigned(body.length), ...body];
    });
    const ours = text("glue");
    return new Uint8Array([
        0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
        ...section(1, vector(types)),
        ...section(2, vector([
            [...ours, ...text("call"), 0x00, 0],
            [...ours, ...text("refuse"), 0x00, 1],
            [...ours, ...text("lookup"), 0x00, 2],
            [...ours, ...text("memory"), 0x02, 0x00, 0],
        ])),
        ...section(3, vector(imports.map((_, number) => unsigned(number + first)))),
        ...section(7, vector(imports.map((_, number) => [...text(String(number)), 0x00, ...unsigned(number + first)]))),
        ...section(10, vector(bodies)),
    ]);
}

/**
 * The module whose functions a guest imports before its memory exists: each has the type of an import, and calls the
 * function of the same number in a table, which is exported as "table".
 */
export function makeStubs(imports) {
    const types = imports.map((one) => type(one.parameters, one.results));
    const bodies = imports.map(({ parameters }, number) => {
        const body = [
            ...unsigned(0),
            ...parameters.flatMap((_, place) => [LOCAL_GET, ...unsigned(place)]),
            I32_CONST, ...signed(number), CALL_INDIRECT, ...unsigned(number), 0, END,
        ];
        return [...unsigned(body.length), ...body];
    });
    return new Uint8Array([
        0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
        ...section(1, vector(types)),
        ...section(3, vector(imports.map((_, number) => unsigned(number)))),
        ...section(4, vector([[0x70, 0x00, ...unsigned(imports.length)]])),
        ...section(7, vector([
            [...text("table"), 0x01, 0],
            ...imports.map((_, number) => [...text(String(number)), 0x00, ...unsigned(number)]),
        ])),
        ...section(10, vector(bodies)),
    ]);
}
