// Errors, named after the statuses in drystone.h.

import { STATUSES } from "./statuses.js";

export const NOT_FOUND = -10;
export const END = -11;

/** A status' name as words. */
export const wordsOf = (code) => code.toLowerCase().replaceAll("_", " ");

/** An error of the library; `code` is the name of its status. */
export class DrystoneError extends Error {
    constructor(code, what) {
        super(`${what}: ${wordsOf(code)}`);
        this.name = "DrystoneError";
        this.code = code;
    }
}

/** Checks a result of the core: below 0 it is a status, and thrown. */
export function checked(result, what) {
    if (result < 0) throw new DrystoneError(STATUSES[-result] ?? String(result), what);
    return result;
}

export function refuse(code, what) {
    throw new DrystoneError(code, what);
}
