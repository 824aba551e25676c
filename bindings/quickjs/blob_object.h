/* Blob objects, without the methods of their class. */
#ifndef DRYSTONE_QUICKJS_BLOB_OBJECT_H
#define DRYSTONE_QUICKJS_BLOB_OBJECT_H

#include "runtime.h"

/* A Blob object for the blob. Takes over the caller's count, even on failure. */
static JSValue blob_object_new(JSContext *ctx, struct module *module, blob *owned);
/* The same in two steps, of which the second cannot fail, and the reverse of the second. */
static JSValue blob_object_empty(JSContext *ctx, struct module *module);
static void blob_object_fill(struct module *module, JSValueConst object, blob *owned);
static void blob_object_clear(struct module *module, JSValueConst object);
/* The blob of a Blob object, borrowed. NULL: the value is not a Blob; no exception. */
static blob *blob_of(struct module *module, JSValueConst value);
/* The same for a method's this_value. NULL: an exception is pending. */
static blob *this_blob(JSContext *ctx, struct module *module, JSValueConst this_value);

/* The number of bytes that contain its bits. */
static inline size_t blob_whole_bytes(const blob *blob) {
    size_t bits = blob_length_bits(blob);
    return bits / 8 + (bits % 8 != 0);
}

#endif
