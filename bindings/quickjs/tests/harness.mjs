// Assertions that count, and the exit code. Test files end with finish().
import * as os from "qjs:os";
import * as std from "qjs:std";

export const options = globalThis.scriptArgs?.slice(1) ?? [];
/// With `--gc-stress` the engine collects before every allocation: the same checks on small sizes.
export const stress = options.includes("--gc-stress");
export const sized = (usual, small) => stress ? small : usual;

const name = options.find(option => option.startsWith("--engine="))?.slice("--engine=".length);
/// Differences between engines. Without `--engine=NAME` those of the newest release.
export const engine = {
    name,
    /// Others have a Blob in place of an immutable ArrayBuffer.
    immutableBuffers: name !== "bellard",
    /// The engine reports the name of an object's class. Elsewhere the constructor's name is used, if there is one.
    classNames: !["bellard", "0.14.0"].includes(name),
};

/// Whether it is an object for the bytes of a stone.
export const isStoneBuffer = value => engine.immutableBuffers
    ? value instanceof ArrayBuffer && value.immutable
    : Object.prototype.toString.call(value) === "[object Blob]" && value.stone;

/// The bytes of an ArrayBuffer, or of the Blob that replaces an immutable one.
export function bytesOf(buffer) {
    if (buffer instanceof ArrayBuffer)
        return new Uint8Array(buffer);
    if (!isStoneBuffer(buffer))
        throw new TypeError("neither an ArrayBuffer nor what a stone's bytes come out as");
    const copy = new Uint8Array(Math.ceil(buffer.length / 8));
    buffer.copyTo(copy);
    return copy;
}

/// A part of a stone's `buffer` that shares its memory: a view; without ArrayBuffers a slice of the Blob, or the Blob
/// itself for all of it.
export function viewOf(buffer, from = 0, count = undefined, type = Uint8Array) {
    if (engine.immutableBuffers)
        return new type(buffer, from, count);
    if (from === 0 && count === undefined)
        return buffer;
    return buffer.slice(from * 8, count === undefined ? undefined : Math.min((from + count) * 8, buffer.length));
}

let checked = 0, failed = 0;

function report(what) {
    failed++;
    const where = new Error().stack.split("\n").find(line => line.includes(".test.mjs")) ?? "";
    console.log(`FAILED: ${what} ${where.trim()}`);
}

export function ok(condition, what = "condition") {
    checked++;
    if (!condition)
        report(what);
}

export function same(actual, expected, what = "") {
    checked++;
    const difference = differ(actual, expected, "$");
    if (difference !== undefined)
        report(`${what} ${difference}`);
}

const show = value => {
    try {
        return typeof value === "bigint" ? `${value}n` : Object.is(value, -0) ? "-0" : JSON.stringify(value) ?? String(value);
    } catch {
        return String(value);
    }
};

const isBuffer = value => value instanceof ArrayBuffer || isStoneBuffer(value);

/// The path where two trees differ, or undefined. Order of keys, -0, NaN and the classes of buffers matter.
export function differ(actual, expected, path) {
    if (Object.is(actual, expected))
        return undefined;
    if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null)
        return `${path}: ${show(actual)} instead of ${show(expected)}`;
    if (isBuffer(actual) && isBuffer(expected))
        return differ([...bytesOf(actual)], [...bytesOf(expected)], `${path}(bytes)`);
    if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected) && Object.getPrototypeOf(expected) !== null)
        return `${path}: another class`;
    const keys = Object.keys(actual), expectedKeys = Object.keys(expected);
    if (keys.length !== expectedKeys.length || keys.some((key, index) => key !== expectedKeys[index]))
        return `${path}: keys ${show(keys)} instead of ${show(expectedKeys)}`;
    if (Array.isArray(expected) && actual.length !== expected.length)
        return `${path}: length ${actual.length} instead of ${expected.length}`;
    for (const key of keys) {
        const difference = differ(actual[key], expected[key], `${path}[${show(key)}]`);
        if (difference !== undefined)
            return difference;
    }
    return undefined;
}

/// `expected` may have: type (constructor), code, message (exact), matches (regular expression).
export function throws(action, expected = {}) {
    checked++;
    let error;
    try {
        const result = action();
        report(`nothing thrown, ${show(result)} returned`);
        return undefined;
    } catch (thrown) {
        error = thrown;
    }
    const wrong = [];
    if (expected.type && !(error instanceof expected.type))
        wrong.push(`type ${error?.constructor?.name} instead of ${expected.type.name}`);
    if ("code" in expected && error?.code !== expected.code)
        wrong.push(`code ${error?.code} instead of ${expected.code}`);
    if ("message" in expected && error?.message !== expected.message)
        wrong.push(`message "${error?.message}" instead of "${expected.message}"`);
    if (expected.matches && !expected.matches.test(error?.message))
        wrong.push(`message "${error?.message}" does not match ${expected.matches}`);
    if (wrong.length > 0)
        report(wrong.join(", "));
    return error;
}

/// The same numbers in every run.
export function generator(seed) {
    let state = seed >>> 0;
    return limit => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 4294967296 * limit);
    };
}

/// Runs the actions, then checks that all blobs made meanwhile are freed.
export function leavesNothing(drystone, action) {
    std.gc();
    const before = drystone.blobsAlive();
    action();
    std.gc();
    same(drystone.blobsAlive(), before, "blobs alive");
}

/// Replaces take(milliseconds) where the engine's main thread must not block.
export function takeWithin(box, milliseconds) {
    for (const deadline = performance.now() + milliseconds; ; os.sleep(1)) {
        const letter = box.take(0);
        if (letter !== undefined || performance.now() > deadline)
            return letter;
    }
}

/// On success the engine ends normally and frees everything, which is part of the test.
export function finish() {
    console.log(`${checked} assertions, ${failed} failed`);
    if (failed > 0 || checked === 0)
        std.exit(1);
}
