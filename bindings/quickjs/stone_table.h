/* Maps and sets in stones, such as those in messages, read in place. */
#ifndef DRYSTONE_QUICKJS_STONE_TABLE_H
#define DRYSTONE_QUICKJS_STONE_TABLE_H

#include "bucket_table.h"

/* A StoneMap or StoneSet over `source`: a stone Blob, or the ArrayBuffer over a stone. JS_EXCEPTION. */
static JSValue stone_table_new(JSContext *ctx, struct module *module, JSValueConst target, JSValueConst source, int kind);

#endif
