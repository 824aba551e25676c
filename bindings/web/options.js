// The options of a host: their defaults, and checks that they are what the core and the guest's memory need.

/**
 * The usual layout of optional values and arrays, see `docs/bucket.md`. A pair is a block's size and an offset in it,
 * in bytes.
 */
export const usualLayout = Object.freeze({
    none: [4, 0],
    noneTag: 0,
    someTag: 1,
    some: { i: [16, 8], f: [16, 8], s: [12, 4], b: [8, 4] },
    arrayHeader: [8, 0],
    arrayStrides: { i: 8, f: 8, s: 8, b: 8 },
    packedStrides: { i: 8, f: 8, s: 8, b: 4 },
});

const NAMES = ["memory", "alloc", "usableSize", "shadowStackPointer", "shadowStackEnd"];
const FUNCTIONS = ["names", "seed"];

function checkInteger(value, option, least, most) {
    if (!Number.isInteger(value)) throw new TypeError(`${option} is not an integer: ${String(value)}`);
    if (value < least || value > most) throw new RangeError(`${option} is not from ${least} to ${most}: ${value}`);
    return value;
}

function checkPair(pair, option) {
    if (!Array.isArray(pair) || pair.length !== 2) throw new TypeError(`${option} is not a pair of integers`);
}

/** A layout as the words that the core reads. */
export function layoutWords(layout) {
    const word = (value, option) => checkInteger(value, `layout.${option}`, 0, 2 ** 32 - 1);
    const pair = (value, option) => {
        checkPair(value, `layout.${option}`);
        return value.map((one) => word(one, option));
    };
    const four = (option, item) => {
        const of = layout[option] ?? {};
        return ["i", "f", "s", "b"].flatMap((tag) => item(of[tag], `${option}.${tag}`));
    };
    return [
        ...pair(layout.none, "none"), word(layout.noneTag, "noneTag"), word(layout.someTag, "someTag"), ...four("some", pair),
        ...pair(layout.arrayHeader, "arrayHeader"), ...four("arrayStrides", word), ...four("packedStrides", word),
    ];
}

/** The options with their defaults. Throws a TypeError or a RangeError that names the option that cannot be. */
export function checkedOptions(options) {
    const given = (option) => options[option] !== undefined && options[option] !== null;
    for (const option of NAMES)
        if (given(option) && typeof options[option] !== "string") throw new TypeError(`${option} is not the name of an export`);
    for (const option of FUNCTIONS)
        if (given(option) && typeof options[option] !== "function") throw new TypeError(`${option} is not a function`);
    if (given("sizeHeader")) {
        if (given("usableSize")) throw new TypeError("give sizeHeader or usableSize, not both");
        checkPair(options.sizeHeader, "sizeHeader");
        const [offset, shift] = options.sizeHeader;
        checkInteger(offset, "sizeHeader[0]", -(2 ** 31), 2 ** 31 - 1);
        checkInteger(shift, "sizeHeader[1]", 0, 31);
    }
    if (given("layout") && typeof options.layout !== "object") throw new TypeError("layout is not an object");
    const layout = options.layout ?? usualLayout;
    const checked = { ...options, layout, layoutWords: layoutWords(layout) };
    for (const [option, usual] of Object.entries({ memory: "memory", alloc: "alloc", names: (name) => name }))
        checked[option] ??= usual;
    return checked;
}
