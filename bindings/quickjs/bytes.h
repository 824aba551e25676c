/* The bytes of anything that has bytes: ArrayBuffer, SharedArrayBuffer, typed array, DataView. */
#ifndef DRYSTONE_QUICKJS_BYTES_H
#define DRYSTONE_QUICKJS_BYTES_H

#include "runtime.h"

struct bytes {
    const uint8_t *data; /* valid until the next call that can run JavaScript */
    size_t length;
    blob *stone;     /* borrowed: the stone these bytes belong to, or NULL */
    size_t offset;   /* where in the stone they begin */
    bool immutable;  /* read-only */
    bool concurrent; /* a SharedArrayBuffer: other threads may write while we read */
};
enum { BYTES_NO = 0, BYTES_YES = 1, BYTES_GONE = -1 }; /* GONE: detached or out of bounds; no exception */
static int bytes_of(JSContext *ctx, struct module *module, JSValueConst value, struct bytes *out);
/* The same, but an object without bytes is an error. -1: an exception is pending. */
static int bytes_needed(JSContext *ctx, struct module *module, JSValueConst value, const char *doing,
                        struct bytes *out);
static JSValue throw_detached(JSContext *ctx, const char *doing);
/* A copy of bytes that other threads may change, because these must not be read twice; to be destroyed. */
static drystone_status bytes_settle(struct bytes *bytes, blob **copy);
/* The part of a stone that the bytes are, counted. */
static drystone_status bytes_share(const struct bytes *bytes, blob **shared);
/* The same, or a new stone with a copy of bytes that are not part of a stone. */
static drystone_status bytes_to_stone(const struct bytes *bytes, blob **stone);
static bool bytes_cover_stone(const struct bytes *bytes);

#endif
