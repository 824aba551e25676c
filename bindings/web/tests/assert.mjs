// Assertions for the cases, in Node and in browsers.

function fail(what) {
    throw new Error(what);
}

const show = (value) =>
    typeof value === "bigint" ? `${value}n` : JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner));

function same(one, other) {
    if (Object.is(one, other)) return true;
    if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
    if (one instanceof ArrayBuffer && other instanceof ArrayBuffer) return same(new Uint8Array(one), new Uint8Array(other));
    if (Array.isArray(one) !== Array.isArray(other)) return false;
    const [keys, others] = [Object.keys(one), Object.keys(other)];
    return keys.length === others.length && keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]));
}

function matches(error, expected) {
    if (expected instanceof RegExp) return expected.test(String(error));
    return Object.prototype.isPrototypeOf.call(Error, expected) || expected === Error ? error instanceof expected : expected(error);
}

export const assert = {
    ok(value, what = "not so") {
        if (!value) fail(what);
    },
    equal(one, other, what = "") {
        if (!Object.is(one, other)) fail(`${what} ${show(one)} is not ${show(other)}`);
    },
    deepEqual(one, other, what = "") {
        if (!same(one, other)) fail(`${what} ${show(one)} is not ${show(other)}`);
    },
    throws(run, expected) {
        let result;
        try {
            result = run();
        } catch (error) {
            if (!matches(error, expected)) fail(`another error: ${error.stack ?? error}`);
            return;
        }
        fail(`no error, but ${show(result)}`);
    },
    async rejects(promise, expected) {
        let result;
        try {
            result = await promise;
        } catch (error) {
            if (!matches(error, expected)) fail(`another error: ${error.stack ?? error}`);
            return;
        }
        fail(`no error, but ${show(result)}`);
    },
};

/** Numbers that are the same in every run, and in sequence.rs. */
export function generator(seed) {
    let state = seed;
    return (below) => {
        state = (state * 48271) % 0x7fffffff;
        return state % below;
    };
}
