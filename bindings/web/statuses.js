// Written by `cargo xtask declarations` from src/status.rs.

/** The names of the statuses, by number. */
export const STATUSES = [
    "OK", "NO_MEMORY", "INVALID_ARGUMENT", "OUT_OF_RANGE", "IS_STONE", "NOT_STONE", "TRUNCATED", "MALFORMED",
    "LIMIT_EXCEEDED", "WRONG_TYPE", "NOT_FOUND", "END", "CLOSED", "STALE_SCOPE", "OVER_BUDGET", "FOREIGN_REFERENCE",
    "BUSY", "UNSUPPORTED", "WRONG_THREAD",
];
