#ifndef DRYSTONE_QUICKJS_BUCKET_ENTRIES_H
#define DRYSTONE_QUICKJS_BUCKET_ENTRIES_H

#include "bucket_table.h"

/* A new BucketMap, or with value tag 0 a BucketSet, with these entries or elements, unless they are undefined or null.
   `target` is what `new` was applied to, or undefined. JS_EXCEPTION. */
static JSValue bucket_new(JSContext *ctx, struct module *module, JSValueConst target, uint8_t key_tag,
                          uint8_t value_tag, JSValueConst entries, const char *doing);

#endif
